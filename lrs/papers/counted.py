"""Figures that were counted are held, so that a page of a large agency need not count anew.

What is held is told as long as nothing has changed since. When something has, what is soon counted
is counted again at once; what took long is told as it was, with the moment it was counted, and
counted again behind it. So a small agency always sees the last record, and a large one a page in
the time of a page. Files are never made of what is held.

What took long is also held in the database, for every process and after a start; and `ahead`, which
the worker calls, counts again what was asked for lately, and what the first page shows, as soon as
something changed: then not even the first who looks has to wait.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import blake2b
from time import perf_counter
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from lrs import reporting
from lrs.reports import suppression
from lrs.reports.shapes import Figure, Slice
from lrs.store import papers, practice, register
from lrs.store.engine import Database
from lrs.store.papers import HeldFigure

#: What took no longer is counted again at once.
SOON: Final = 0.05

#: For so long what took longer is told as it was.
WHILE: Final = timedelta(minutes=10)

#: What took long is not counted again sooner than this, however much comes in; and letters that go
#: out change no record: after so long what counts them is counted again in any case.
AT_MOST: Final = timedelta(minutes=1)

#: Figures of letters that went out.
LETTERS: Final = frozenset({"M3", "M4"})

#: So many figures are held in a process; those asked for longest ago go first.
MANY: Final = 1000

#: What the first page shows, taken apart by nothing.
FIRST: Final = ("M1", "M2", "M12", "M9", "funnel", "M8")

#: What was asked for so lately is counted ahead, at most so many questions of an agency.
LATELY: Final = timedelta(days=7)
AHEAD: Final = 100

#: When it was last asked for is noted no more often than this.
NOTED: Final = timedelta(days=1)

#: The worker rests so many times as long as it counted.
REST: Final = 20

#: Where the day of the readers is reckoned: west, middle, east.
ZONES: Final = tuple(ZoneInfo(f"Asia/{each}") for each in ("Jakarta", "Makassar", "Jayapura"))

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked: a figure of a part, taken apart by something. Nothing is hidden in it."""

    id: str
    slice: Slice
    by: str | None = None

    @property
    def digest(self) -> bytes:
        """The name under which it is held."""
        return blake2b(msgspec.json.encode(self), digest_size=16).digest()

    def on(self, day: date) -> "Asked":
        """The same of another day."""
        return replace(self, slice=replace(self.slice, as_of=day))


@dataclass(frozen=True, slots=True)
class Held:
    """A figure, when it was counted, of which state, and in how many seconds."""

    figure: Figure
    at: datetime
    state: tuple[int, ...]
    took: float

    def told(self, published: bool) -> "Held":
        """As it may be shown."""
        return replace(self, figure=suppression.hide(self.figure)) if published else self

    def fresh(self, asked: Asked, state: tuple[int, ...], now: datetime) -> bool:
        """Whether nothing has changed since it was counted."""
        return self.state == state and (asked.id not in LETTERS or now - self.at < AT_MOST)


class Counted:
    """The figures of one process. Its thread begins with the first figure that is counted again."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], soon: float = SOON
    ) -> None:
        self._database, self._clock, self._soon = database, clock, soon
        self._held: OrderedDict[tuple[int, Asked], Held] = OrderedDict()
        self._under_way: set[tuple[int, Asked]] = set()
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
        key = (tenant_id, Asked(id, slice, by))
        return self._find(connection, key).told(published)

    def _find(self, connection: Connection, key: tuple[int, Asked]) -> Held:
        tenant_id, asked = key
        now, state = self._clock(), _state(connection, tenant_id)
        with self._lock:
            held = self._held.get(key)
            if held is not None:
                self._held.move_to_end(key)
        if held is not None and held.fresh(asked, state, now):
            return held
        if held is None or held.took > self._soon:
            row = papers.held_figure(connection, tenant_id, asked.digest)
            if row is not None and (held is None or row.at > _micros(held.at)):
                held = _of_row(row)
                self._keep(key, held)
                if _moment(row.asked) < now - NOTED:
                    self._behind(key, self._write)
        if held is not None:
            age = now - held.at
            if held.fresh(asked, state, now):
                return held
            if held.took > self._soon and age < WHILE:
                if age >= AT_MOST:
                    self._behind(key, self._count_again)
                return held
        held = _count(connection, key, now, state)
        self._keep(key, held)
        if held.took > self._soon:
            self._behind(key, self._write)
        return held

    def _keep(self, key: tuple[int, Asked], held: Held) -> None:
        with self._lock:
            self._held[key] = held
            while len(self._held) > MANY:
                self._held.popitem(last=False)

    def _behind(self, key: tuple[int, Asked], work: Callable[[tuple[int, Asked]], None]) -> None:
        """Have something done behind the page, once."""
        with self._lock:
            if key in self._under_way:
                return
            self._under_way.add(key)
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, thread_name_prefix="figures")
        self._pool.submit(self._do, key, work)

    def _do(self, key: tuple[int, Asked], work: Callable[[tuple[int, Asked]], None]) -> None:
        try:
            work(key)
        except Exception as error:  # nobody waits for it: the next page counts, and fails in sight
            told = {"figure": key[1].id, "error": repr(error)[:200]}
            log.warning("figure_not_counted", extra=told)
            with self._lock:
                self._held.pop(key, None)
        finally:
            with self._lock:
                self._under_way.discard(key)

    def _count_again(self, key: tuple[int, Asked]) -> None:
        with self._database.read() as connection:
            held = _count(connection, key, self._clock(), _state(connection, key[0]))
        self._keep(key, held)
        _hold(self._database, key, held, self._clock())

    def _write(self, key: tuple[int, Asked]) -> None:
        held = self._held.get(key)
        if held is not None:
            _hold(self._database, key, held, self._clock())

    def close(self) -> None:
        """Wait for what is under way."""
        if self._pool is not None:
            self._pool.shutdown()


def ahead(
    database: Database,
    tenant_id: int,
    now: datetime,
    review_days: int,
    soon: float = SOON,
) -> tuple[int, float]:
    """Count what readers will ask for, where something changed since it was counted: what the first
    page shows, and what was asked for lately; answers how many figures, and in how many seconds.

    Of an agency whose figures are soon counted, nothing is held.
    """
    begun, done = perf_counter(), 0
    days = sorted({now.astimezone(zone).date() for zone in ZONES})
    with database.read() as connection:
        questions = _questions(connection, tenant_id, now, days[0], review_days)
        for question in questions:
            for asked in {question.on(day) for day in days}:
                key = (tenant_id, asked)
                state = _state(connection, tenant_id)
                row = papers.held_figure(connection, tenant_id, asked.digest)
                if row is not None and _of_row(row).fresh(asked, state, now):
                    continue
                held = _count(connection, key, now, state)
                if held.took > soon:
                    last = now if row is None else _moment(row.asked)
                    _hold(database, key, held, last)
                    done += 1
    since = _micros(now - LATELY)
    database.write(lambda c: papers.forget_held_figures(c, tenant_id, since))
    return done, perf_counter() - begun


def _questions(
    connection: Connection, tenant_id: int, now: datetime, day: date, review_days: int
) -> Iterable[Asked]:
    """Of today, whatever day they were asked."""
    first = [Asked(id, Slice(as_of=day, review_days=review_days)) for id in FIRST]
    since = _micros(now - LATELY)
    lately = [
        msgspec.json.decode(body, type=Asked).on(day)
        for body in papers.asked_lately(connection, tenant_id, since, AHEAD)
    ]
    return dict.fromkeys([*first, *lately])


def _count(
    connection: Connection, key: tuple[int, Asked], now: datetime, state: tuple[int, ...]
) -> Held:
    tenant_id, asked = key
    began = perf_counter()
    made = reporting.figure(connection, tenant_id, asked.id, asked.slice, by=asked.by)
    return Held(made, now, state, perf_counter() - began)


def _hold(database: Database, key: tuple[int, Asked], held: Held, asked_at: datetime) -> None:
    tenant_id, asked = key
    # What is asked of a day gone by is asked of that day, and not of each that follows.
    lasting = asked.slice.as_of >= held.at.date()
    row = HeldFigure(
        asked=_micros(asked_at),
        at=_micros(held.at),
        took=round(held.took * 1_000_000),
        state=msgspec.json.encode(held.state),
        question=msgspec.json.encode(asked) if lasting else None,
        body=msgspec.json.encode(held.figure),
    )
    database.write(lambda c: papers.hold_figure(c, tenant_id, asked.digest, row))


def _of_row(row: HeldFigure) -> Held:
    return Held(
        msgspec.json.decode(row.body, type=Figure),
        _moment(row.at),
        msgspec.json.decode(row.state, type=tuple[int, ...]),
        row.took / 1_000_000,
    )


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1_000_000, ZONES[0])


def _state(connection: Connection, tenant_id: int) -> tuple[int, ...]:
    """What figures are worked out of: how far the log was read, and the register's last entry."""
    read = practice.state(connection, tenant_id) or (0, 0)
    return (*read, register.last(connection, tenant_id))
