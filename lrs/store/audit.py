"""The trail of who saw and changed what: ids, never names or contents.

Whoever changes something notes it in the same transaction; what is only seen is noted after it
was shown. Every function takes the connection first and never commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from lrs.store import tables
from lrs.store.accounts import _micros, _moment
from lrs.store.engine import insert, run


@dataclass(frozen=True, slots=True)
class Entry:
    """`who` (`user:<login>`, `key:<public>`) did `action` to `subject` (`<kind> <id>`)."""

    number: int
    at: datetime
    who: str
    action: str
    subject: str


def note(
    connection: Connection, tenant_id: int, *, at: datetime, who: str, action: str, subject: str
) -> None:
    """Add one entry."""
    notes(connection, tenant_id, at=at, who=who, done=[(action, subject)])


def notes(
    connection: Connection,
    tenant_id: int,
    *,
    at: datetime,
    who: str,
    done: Sequence[tuple[str, str]],
) -> None:
    """Add an entry for each (action, subject)."""
    moment = _micros(at)
    rows = [(tenant_id, moment, who[:200], what[:60], whom[:200]) for what, whom in done]
    insert(connection, tables.audit, rows)


def page(
    connection: Connection,
    tenant_id: int,
    *,
    who: str = "",
    subject: str = "",
    action: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Newest first, those before the entry numbered `before`; of one person, one thing, or whose
    action begins so, where that is given."""
    clauses = ["tenant_id = ?"]
    parameters: list[object] = [tenant_id]
    for clause, value in (("who = ?", who), ("subject = ?", subject)):
        if value:
            clauses.append(clause)
            parameters.append(value)
    if action:
        clauses.append("action >= ? AND action < ?")
        parameters += [action, action + "\U0010ffff"]
    if before is not None:
        clauses.append("id < ?")
        parameters.append(before)
    rows = run(
        connection,
        f"SELECT id, at, who, action, subject FROM audit WHERE {' AND '.join(clauses)}"
        " ORDER BY id DESC LIMIT ?",
        (*parameters, limit),
    )
    return [Entry(int(row[0]), _moment(int(row[1])), row[2], row[3], row[4]) for row in rows]
