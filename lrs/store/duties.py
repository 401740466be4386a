"""When the worker did each of its duties last, and what failed: for who looks after the service.

Functions take a connection first and never commit. Moments are microseconds since 1970 UTC.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from lrs.store import tables
from lrs.store.engine import insert, run


@dataclass(frozen=True, slots=True)
class Noted:
    """A duty as it was last done, and as it last failed; None: never."""

    name: str
    done: int | None
    took: int | None
    changed: int | None
    failed: int | None
    error: str | None

    @property
    def broken(self) -> bool:
        """Whether it failed after it was last done."""
        return self.failed is not None and (self.done is None or self.failed > self.done)


def note_done(connection: Connection, name: str, at: int, took: int, changed: int) -> None:
    """Note that a duty was done: `took` milliseconds, and changed so many things."""
    insert(connection, tables.duties, [(name, None, None, None, None, None)], ignore=True)
    run(
        connection,
        "UPDATE duties SET done = ?, took = ?, changed = ? WHERE name = ?",
        (at, took, changed, name),
    )


def note_failed(connection: Connection, name: str, at: int, error: str) -> None:
    """Note that a duty failed, with the kind of error."""
    insert(connection, tables.duties, [(name, None, None, None, None, None)], ignore=True)
    run(
        connection,
        "UPDATE duties SET failed = ?, error = ? WHERE name = ?",
        (at, error[:500], name),
    )


def every(connection: Connection) -> dict[str, Noted]:
    """All duties that were ever done or failed, by name."""
    rows = run(connection, "SELECT name, done, took, changed, failed, error FROM duties")
    return {row[0]: Noted(*row) for row in rows}
