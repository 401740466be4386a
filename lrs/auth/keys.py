"""Signing in: from an Authorization header to a principal.

Keys sign in by HTTP Basic (RFC 7617): the key's public name and its secret. Bearer tokens are
`lrs.auth.oidc`'s. What was looked up is remembered for a few seconds, so that a busy sender costs
one look-up every `key_cache_seconds`; remembered are hashes, never secrets, and only what was
found, so that a new key works at once. A key that ends stops working within that time, and at
once in the process that ends it if it does so by `revoke`.
"""

import base64
import binascii
import hmac
import logging
import re
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from lrs.auth import oidc
from lrs.errors import Unauthenticated
from lrs.settings import Settings
from lrs.store import accounts
from lrs.store.accounts import Credential, Key, Principal, Tenant, Trust
from lrs.store.engine import Database

CACHE_MOST = 1024
"""Entries remembered of each kind; a flood of valid keys must not eat the memory."""

PUBLIC = re.compile(r"[0-9a-f]{24}")
"""What `accounts.create_key` makes. Anything else is no key, and never reaches the database."""

_NOBODY = bytes(32)

log = logging.getLogger(__name__)

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Known:
    """A key as remembered: what a secret is checked against, and what it then stands for."""

    credential: Credential
    principal: Principal


class _Recent(Generic[V]):
    """What was found lately: bounded in number and age, safe between threads."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[datetime, V]] = {}
        self._lock = threading.Lock()

    def get(
        self, name: Hashable, find: Callable[[], V | None], lifetime: timedelta, now: datetime
    ) -> V | None:
        """What is remembered under `name`, else what `find` finds; a None is not remembered."""
        with self._lock:
            kept = self._kept.get(name)
        # Either way: threads read the clock before they get here, and clocks are set back.
        if kept is not None and abs(now - kept[0]) < lifetime:
            return kept[1]
        found = find()
        with self._lock:
            self._kept.pop(name, None)
            if found is not None and lifetime:
                if len(self._kept) >= CACHE_MOST:
                    del self._kept[next(iter(self._kept))]
                self._kept[name] = (now, found)
        return found

    def forget(self, name: Hashable | None = None) -> None:
        """Let go of one name, or of all."""
        with self._lock:
            if name is None:
                self._kept.clear()
            else:
                self._kept.pop(name, None)


class _Memory:
    """What one process remembers about one database."""

    def __init__(self) -> None:
        self.keys: _Recent[_Known] = _Recent()
        self.trusts: _Recent[list[Trust]] = _Recent()
        self.keyrings = oidc.Keyrings()
        self.seen: dict[int, datetime] = {}
        self.lock = threading.Lock()


_memories: "WeakKeyDictionary[Database, _Memory]" = WeakKeyDictionary()
_memories_lock = threading.Lock()


def authenticate(
    database: Database, authorization: str | None, settings: Settings, now: datetime
) -> Principal:
    """Who sent a request with this Authorization header. Raises Unauthenticated."""
    if authorization is None or not authorization.strip():
        raise Unauthenticated("send the Authorization header, with a key by HTTP Basic.")
    scheme, _, rest = authorization.strip().partition(" ")
    memory = _memory(database)
    lifetime = timedelta(seconds=settings.key_cache_seconds)
    if scheme.lower() == "basic":
        principal = _by_key(database, memory, rest.strip(), lifetime, now)
    elif scheme.lower() == "bearer":
        principal = _by_token(database, memory, rest.strip(), lifetime, now)
    else:
        raise Unauthenticated("the Authorization header must be of the scheme Basic or Bearer.")
    _note_seen(database, memory, principal.source_id, now)
    return principal


def revoke(database: Database, tenant: Tenant, public: str, now: datetime) -> Key:
    """End a key, and here at once. Raises NotFound, also for another tenant's key."""
    ended = database.write(lambda c: accounts.revoke_key(c, tenant, public, now))
    _memory(database).keys.forget(public)
    return ended


def forget(database: Database) -> None:
    """Look everything up anew from now on: to be called after a change to sources or keys."""
    memory = _memory(database)
    memory.keys.forget()
    memory.trusts.forget()


def parse_basic(credentials: str) -> tuple[str, str]:
    """(name, secret) from what follows `Basic `; the secret may hold colons (RFC 7617, 2).

    Raises Unauthenticated with a sentence on what is wrong with it.
    """
    try:
        text = base64.b64decode(credentials.encode("ascii"), validate=True).decode()
    except UnicodeError:
        raise Unauthenticated("the Basic credentials are not Base64 of UTF-8 text.") from None
    except binascii.Error:
        raise Unauthenticated(
            "the Basic credentials are not Base64; encode `public:secret` as it stands."
        ) from None
    name, colon, secret = text.partition(":")
    if not colon:
        raise Unauthenticated("the Basic credentials have no colon between name and secret.")
    if not name and not secret:
        raise Unauthenticated("the Basic credentials are empty; send a key's name and secret.")
    return name, secret


def _by_key(
    database: Database, memory: _Memory, credentials: str, lifetime: timedelta, now: datetime
) -> Principal:
    public, secret = parse_basic(credentials)

    def find() -> _Known | None:
        with database.read() as connection:
            found = accounts.credential(connection, public)
        return None if found is None else _Known(found, _principal(found))

    is_name = PUBLIC.fullmatch(public) is not None
    known = memory.keys.get(public, find, lifetime, now) if is_name else None
    kept = _NOBODY if known is None else known.credential.secret_hash
    # Whether the name or the secret is wrong is told neither by the words nor by the time taken.
    if not hmac.compare_digest(accounts.digest(secret), kept) or known is None:
        raise Unauthenticated("there is no such key, or that is not its secret.")
    state = known.credential.key.state(now)
    if state != "active":
        raise Unauthenticated(f"the key is {state}; ask the operator for a new one.")
    return known.principal


def _by_token(
    database: Database, memory: _Memory, token: str, lifetime: timedelta, now: datetime
) -> Principal:
    def trusts(issuer: str) -> list[Trust]:
        def find() -> list[Trust] | None:
            with database.read() as connection:
                return accounts.trusts(connection, issuer) or None

        return memory.trusts.get(issuer, find, lifetime, now) or []

    return oidc.authenticate(token, trusts, memory.keyrings, now)


def _principal(found: Credential) -> Principal:
    key = found.key
    return Principal.of(
        found.tenant, found.source, key_id=key.id, scopes=key.scopes, kindness=key.kindness
    )


def _note_seen(database: Database, memory: _Memory, source_id: int, now: datetime) -> None:
    """Note the visit, at most once a minute, beside the request and never in its way.

    In a thread of its own: a read must not wait for the writer because of a time of day, and a
    thread a minute costs less than one that waits for work.
    """
    with memory.lock:
        last = memory.seen.get(source_id)
        if last is not None and abs(now - last) < accounts.SEEN_EVERY:
            return
        memory.seen[source_id] = now

    def note() -> None:
        try:
            database.write(lambda connection: accounts.note_seen(connection, source_id, now))
        except Exception as failure:
            log.warning(
                "last_seen_not_noted",
                extra={"source": source_id, "why": type(failure).__name__},
            )

    threading.Thread(target=note, name="jejak-last-seen", daemon=True).start()


def _memory(database: Database) -> _Memory:
    memory = _memories.get(database)
    if memory is None:
        with _memories_lock:
            memory = _memories.setdefault(database, _Memory())
    return memory
