"""Who is signed in, and how often signing in failed.

Kept are hashes of what browsers hold, never the thing itself: whoever reads the table can sign in
as nobody. Every function takes the connection first and never commits.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from lrs.store import accounts, tables
from lrs.store.accounts import Tenant, User, _micros, _moment
from lrs.store.engine import insert, run

#: Stages of a row: signed in; the second factor is awaited; a link that sets a new password.
IN: Final = "in"
SECOND: Final = "second"
RESET: Final = "reset"

#: How exact `seen` is.
SEEN_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody's row: who, how far they are, and what is to be remembered between two pages."""

    digest: bytes
    tenant: Tenant
    user: User
    stage: str
    created: datetime
    seen: datetime
    ends: datetime
    body: Mapping[str, Any] = field(default_factory=dict)


def digest(token: str) -> bytes:
    """What is kept of what the browser holds."""
    return hashlib.sha256(token.encode()).digest()


def create(
    connection: Connection, user: User, token: str, *, stage: str, now: datetime, lasts: timedelta
) -> None:
    """A new row for `token`, of which only the hash is kept."""
    moment = _micros(now)
    row = (
        *(digest(token), user.tenant_id, user.id, stage),
        *(moment, moment, _micros(now + lasts), None),
    )
    insert(connection, tables.sessions, [row])


def find(
    connection: Connection, token: str, *, now: datetime, idle: timedelta | None = None
) -> Session | None:
    """Whose token it is: None where nobody's, past its end, idle too long, or of one who may no
    longer sign in."""
    row = run(
        connection,
        "SELECT digest, user_id, stage, created, seen, ends, body FROM sessions WHERE digest = ?",
        (digest(token),),
    ).one_or_none()
    if row is None:
        return None
    seen, ends = _moment(int(row[4])), _moment(int(row[5]))
    if ends <= now or (idle is not None and seen + idle <= now):
        return None
    whose = accounts.user_by_id(connection, int(row[1]))
    if whose is None or whose[1].ended is not None:
        return None
    body = {} if row[6] is None else json.loads(bytes(row[6]))
    created = _moment(int(row[3]))
    return Session(bytes(row[0]), *whose, row[2], created, seen, ends, body)


def see(connection: Connection, session: Session, now: datetime) -> None:
    """Note that a session was used."""
    run(connection, "UPDATE sessions SET seen = ? WHERE digest = ?", (_micros(now), session.digest))


def remember(connection: Connection, session: Session, body: Mapping[str, Any]) -> None:
    """Keep something for the next page of this session, in the place of what was kept."""
    run(
        connection,
        "UPDATE sessions SET body = ? WHERE digest = ?",
        (json.dumps(body).encode(), session.digest),
    )


def end(connection: Connection, session: Session) -> None:
    """Sign out."""
    run(connection, "DELETE FROM sessions WHERE digest = ?", (session.digest,))


def end_others(connection: Connection, user: User, keep: bytes | None = None) -> None:
    """End every session of a user but the one with the digest `keep`: the password changed."""
    run(
        connection,
        "DELETE FROM sessions WHERE user_id = ? AND digest <> ?",
        (user.id, keep or bytes(32)),
    )


def count(connection: Connection, user: User, now: datetime) -> int:
    """On how many devices a user is signed in."""
    sql = "SELECT count(*) FROM sessions WHERE user_id = ? AND stage = ? AND ends > ?"
    return int(run(connection, sql, (user.id, IN, _micros(now))).scalar_one())


def sweep(connection: Connection, now: datetime) -> int:
    """Drop what has ended, and attempts of which nothing follows any more."""
    gone = run(connection, "DELETE FROM sessions WHERE ends <= ?", (_micros(now),)).rowcount
    old = _micros(now - timedelta(days=1))
    gone += run(connection, "DELETE FROM attempts WHERE last <= ?", (old,)).rowcount
    return int(gone)


# Failures -----------------------------------------------------------------------------------


def attempts(connection: Connection, who: bytes) -> tuple[int, datetime, datetime]:
    """How often somebody failed, when last, and until when they are locked out."""
    row = run(
        connection, "SELECT failed, last, until FROM attempts WHERE who = ?", (who,)
    ).one_or_none()
    if row is None:
        return 0, _moment(0), _moment(0)
    return int(row[0]), _moment(int(row[1])), _moment(int(row[2]))


def fail(
    connection: Connection, who: bytes, failed: int, *, now: datetime, until: datetime
) -> None:
    """Note the `failed`-th failure, and until when nobody is let in."""
    forgive(connection, who)
    row = (who, failed, _micros(now), _micros(until))
    insert(connection, tables.attempts, [row], ignore=True)


def forgive(connection: Connection, who: bytes) -> None:
    """Forget failures: the password was right."""
    run(connection, "DELETE FROM attempts WHERE who = ?", (who,))
