"""Figures that were counted are held, so that a page of a large agency need not count anew.

What is held is told as long as nothing has changed since. When something has, what is soon counted
is counted again at once; what took long is told as it was for a while, with the moment it was
counted, and counted again behind it. So a small agency always sees the last record, and a large
one a page in the time of a page. Files are never made of what is held.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, Final

from sqlalchemy import Connection

from lrs import reporting
from lrs.reports.shapes import Figure, Slice
from lrs.store import practice, register
from lrs.store.engine import Database

#: What took no longer is counted again at once.
SOON: Final = 0.05

#: For so long what took longer is told as it was.
WHILE: Final = timedelta(minutes=10)

#: Letters that go out change no record: after so long a figure is counted again in any case.
AT_MOST: Final = timedelta(minutes=1)

#: So many figures are held; those asked for longest ago go first.
MANY: Final = 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """A figure, when it was counted, of which state, and in how many seconds."""

    figure: Figure
    at: datetime
    state: tuple[Any, ...]
    took: float


class Counted:
    """The figures of one process. Its thread begins with the first figure that is counted again."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], soon: float = SOON
    ) -> None:
        self._database, self._clock, self._soon = database, clock, soon
        self._held: OrderedDict[tuple[Any, ...], Held] = OrderedDict()
        self._under_way: set[tuple[Any, ...]] = set()
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    def figure(
        self,
        connection: Connection,
        tenant_id: int,
        id: str,
        slice: Slice,
        *,
        by: str | None = None,
        published: bool = False,
    ) -> Held:
        """As `reporting.figure`, or as it was held."""
        key = (tenant_id, id, slice, by, published)
        now, state = self._clock(), _state(connection, tenant_id)
        with self._lock:
            held = self._held.get(key)
            if held is not None:
                self._held.move_to_end(key)
        if held is not None:
            age = now - held.at
            if held.state == state and age < AT_MOST:
                return held
            if held.took > self._soon and age < WHILE:
                self._again(key)
                return held
        return self._count(connection, key, now, state)

    def _count(
        self,
        connection: Connection,
        key: tuple[Any, ...],
        now: datetime,
        state: tuple[Any, ...],
    ) -> Held:
        tenant_id, id, slice, by, published = key
        began = perf_counter()
        made = reporting.figure(connection, tenant_id, id, slice, by=by, published=published)
        held = Held(made, now, state, perf_counter() - began)
        with self._lock:
            self._held[key] = held
            while len(self._held) > MANY:
                self._held.popitem(last=False)
        return held

    def _again(self, key: tuple[Any, ...]) -> None:
        """Have it counted behind the page, once."""
        with self._lock:
            if key in self._under_way:
                return
            self._under_way.add(key)
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, thread_name_prefix="figures")
        self._pool.submit(self._behind, key)

    def _behind(self, key: tuple[Any, ...]) -> None:
        try:
            with self._database.read() as connection:
                self._count(connection, key, self._clock(), _state(connection, key[0]))
        except Exception as error:  # nobody waits for it: the next page counts, and fails in sight
            log.warning("figure_not_counted", extra={"figure": key[1], "error": repr(error)[:200]})
            with self._lock:
                self._held.pop(key, None)
        finally:
            with self._lock:
                self._under_way.discard(key)

    def close(self) -> None:
        """Wait for what is under way."""
        if self._pool is not None:
            self._pool.shutdown()


def _state(connection: Connection, tenant_id: int) -> tuple[Any, ...]:
    """What figures are worked out of: how far the log was read, and the register's last entry."""
    return (practice.state(connection, tenant_id), register.last(connection, tenant_id))
