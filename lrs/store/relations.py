"""How people stand to one another on a day, by the register and the ledger of who was asked.

Functions take a connection first and never commit.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from lrs.store.engine import pieces, placeholders, run

_ON_THE_DAY = "(first_day IS NULL OR first_day <= ?) AND (last_day IS NULL OR last_day >= ?)"


@dataclass(frozen=True, slots=True)
class Posted:
    """Where somebody works on a day, and under whom; `state` says how sure that is."""

    person: bytes
    unit: bytes | None
    superior: bytes | None
    state: str | None


def led_by(
    connection: Connection, tenant_id: int, superiors: Collection[bytes], day: int
) -> list[Posted]:
    """Whose superior one of these is on that day."""
    return _posted(connection, tenant_id, "superior", superiors, day)


def working_in(
    connection: Connection, tenant_id: int, units: Collection[bytes], day: int
) -> list[Posted]:
    """Who works in these units on that day."""
    return _posted(connection, tenant_id, "unit", units, day)


def posts_of(
    connection: Connection, tenant_id: int, people: Collection[bytes], day: int
) -> list[Posted]:
    """The posts of these people on that day."""
    return _posted(connection, tenant_id, "person", people, day)


def asked_about(
    connection: Connection, tenant_id: int, raters: Collection[bytes], role: str, day: int
) -> set[bytes]:
    """About whom these are asked in a role on that day: while the window is open and nobody said
    that it is not needed."""
    return {
        bytes(row[0])
        for piece in pieces(sorted(raters))
        for row in run(
            connection,
            "SELECT DISTINCT c.subject FROM invitations i JOIN cases c ON c.id = i.case_id"
            f" WHERE i.tenant_id = ? AND i.rater IN ({placeholders(piece)}) AND i.role = ?"
            " AND i.state IN ('due', 'sent') AND i.due_day <= ? AND i.closes_day >= ?",
            (tenant_id, *piece, role, day, day),
        )
    }


def _posted(
    connection: Connection, tenant_id: int, column: str, values: Collection[bytes], day: int
) -> list[Posted]:
    return [
        Posted(
            bytes(row[0]),
            None if row[1] is None else bytes(row[1]),
            None if row[2] is None else bytes(row[2]),
            row[3],
        )
        for piece in pieces(sorted(values))
        for row in run(
            connection,
            "SELECT person, unit, superior, superior_state FROM employments"
            f" WHERE tenant_id = ? AND {column} IN ({placeholders(piece)}) AND {_ON_THE_DAY}",
            (tenant_id, *piece, day, day),
        )
    ]
