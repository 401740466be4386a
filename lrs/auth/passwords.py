"""Signing in by password: who it is, and for how long nobody is let in who keeps failing.

Failing is counted by login, be there such a one or not, so that neither words nor time tell which
logins there are. After a few failures each further one locks that login for longer. It is not
counted by address: behind one proxy a whole agency has one.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import blake2b
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection

from lrs.errors import Unauthenticated
from lrs.store import accounts, sessions
from lrs.store.accounts import Tenant, User
from lrs.store.engine import Database
from schemas.accounts import PASSWORD_MOST

#: How many failures lock nobody out.
FREE: Final = 5

#: How long the first lock-out lasts; each further one twice as long, up to LONGEST.
FIRST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(minutes=15)

#: After so long without a failure, all is forgotten.
FORGOTTEN: Final = timedelta(hours=12)

#: Checks at once in one process: each takes a core for a tenth of a second and 64 MiB.
_turns = threading.Semaphore(2)


class LockedOut(Unauthenticated):
    """Too many failures: nobody is let in under that login until then, right or wrong."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(f"too many tries; try again after {until:%H:%M} UTC.")


@dataclass(frozen=True, slots=True)
class Signed:
    """Whose login and password these are; `again` is a fresh hash where the kept one is dated."""

    tenant: Tenant
    user: User
    again: str | None = None


def sign_in(database: Database, login: str, password: str, now: datetime) -> Signed:
    """Whose login and password these are. Raises LockedOut and Unauthenticated."""
    login = login.strip().lower()[:200]
    who = _who(login)
    with database.read() as connection:
        check_lock(connection, who, now)
        known = accounts.users_called(connection, login)
        kept = [accounts.secrets_of(connection, user.id).password for _, user in known]
    found: Signed | None = None
    for (tenant, user), hashed in zip(known, kept, strict=True):
        if hashed is not None and verify(hashed, password) and found is None:
            dated = PasswordHasher().check_needs_rehash(hashed)
            found = Signed(tenant, user, accounts.hash_password(password) if dated else None)
    if not any(kept):
        verify(_nobody(), password)
    if found is None or found.user.ended is not None:
        count_failure(database, who, now)
        raise Unauthenticated("there is no such login, or that is not its password.")
    done = found

    def forgive(connection: Connection) -> None:
        sessions.forgive(connection, who)
        if done.again is not None:
            accounts.set_password(connection, done.tenant, done.user.login, done.again)

    database.write(forgive)
    return done


def verify(hashed: str, password: str) -> bool:
    """Whether that is the password of this hash."""
    with _turns:
        try:
            return PasswordHasher().verify(hashed, password[: PASSWORD_MOST + 1])
        except (Argon2Error, InvalidHashError):
            return False


def check_lock(connection: Connection, who: bytes, now: datetime) -> None:
    """Raises LockedOut."""
    _, last, until = sessions.attempts(connection, who)
    if last <= now < until:
        raise LockedOut(until)


def count_failure(database: Database, who: bytes, now: datetime) -> None:
    """One failure more. Two at once count as two: they are read and written in one write."""

    def work(connection: Connection) -> None:
        failed, last, _ = sessions.attempts(connection, who)
        failed = failed + 1 if now - last < FORGOTTEN else 1
        over = failed - FREE
        span = min(FIRST * 2 ** min(over, 10), LONGEST) if over >= 0 else timedelta()
        sessions.fail(connection, who, failed, now=now, until=now + span)

    database.write(work)


def second_of(user: User) -> bytes:
    """By which failures of somebody's second factor are counted, apart from the password's."""
    return _who(f"second factor of {user.id}")


def reset_of(login: str) -> bytes:
    """By which letters that set a new password are counted."""
    return _who(f"letter for {login}")


def _who(login: str) -> bytes:
    return blake2b(login.encode(), digest_size=16, person=b"jejak sign-in").digest()


@cache
def _nobody() -> str:
    """What a password is checked against where there is no such login, to take as long."""
    return accounts.hash_password(accounts.new_secret(15))
