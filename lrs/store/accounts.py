"""Tenants, their sources and keys, the issuers they trust, the people who sign in.

A *tenant* is an organisation with two stores. A *source* is one LMS or other system: it owns an
authority and any number of keys. What a tenant has is only ever asked for with the tenant in
hand; the two look-ups that begin without one, `credential` and `trusts`, are those of signing in,
and both hand the tenant back.

Every function takes the connection first and never commits.
"""

import hashlib
import json
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Connection, Row, Select, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from lrs import errors
from lrs.store import tables
from lrs.xapi import actors
from schemas.accounts import DEFAULT_SCOPES

HOME_PAGE = "https://jejak.invalid"
"""Home page of authorities made here while no public address is set; a name that, by RFC 2606,
nobody can own."""

SERVICE = "jejak"
"""The source that the service itself is."""

SERVICE_AUTHORITY: Mapping[str, Any] = {
    "objectType": "Agent",
    "account": {"homePage": "https://w3id.org/xapi/jejak/service", "name": SERVICE},
}
"""Under whom the service writes: the same in every installation, since an archive of practice
records means the same everywhere."""

SEEN_EVERY = timedelta(minutes=1)
"""How exact `last_seen` is: it is written at most this often."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoreRef:
    """What the log needs of a store: its id, and the 16 bytes that key its digests."""

    id: int
    salt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organisation, and its two stores."""

    id: int
    name: str
    learning: StoreRef
    practice: StoreRef
    created: datetime


#: After so many days without anything a source is silent, unless it says otherwise: longer than a
#: weekend; and the most that it may say.
SILENT_DAYS = 3
SILENT_MOST = 365


@dataclass(frozen=True, slots=True)
class Source:
    """One system that sends. `authority` is the JSON of an Agent; `last_seen` None means never;
    `silent_days` None: the alarm is raised after the usual time, 0: never."""

    id: int
    tenant_id: int
    name: str
    authority: bytes
    created: datetime
    last_seen: datetime | None
    silent_days: int | None = None

    @property
    def authority_tree(self) -> dict[str, Any]:
        tree: dict[str, Any] = json.loads(self.authority)
        return tree

    @property
    def silent_after(self) -> int:
        """After how many days without anything the alarm is raised; 0: never."""
        return SILENT_DAYS if self.silent_days is None else self.silent_days

    def state(self, now: datetime) -> str:
        """How it fares: `sends`, `silent` (for longer than the alarm allows), `never` seen."""
        if self.last_seen is None:
            return "never"
        after = timedelta(days=self.silent_after)
        return "silent" if after and now - self.last_seen > after else "sends"


@dataclass(frozen=True, slots=True)
class Kindness:
    """What the owner of a key chose for a sender that cannot be mended; strict as made."""

    salvage: bool = False
    repairs: frozenset[str] = frozenset()
    duplicates: str = "off"

    def changed(self, given: Mapping[str, Any]) -> "Kindness":
        """This, but for what is given, by the names of `schemas.accounts.KeySchema`."""
        return Kindness(
            given.get("salvage", self.salvage),
            frozenset(given.get("repairs", self.repairs)),
            given.get("duplicates", self.duplicates),
        )


@dataclass(frozen=True, slots=True)
class Key:
    """A credential of a source, without its secret.

    `expires` None: never. `revoked` None: in force, unless expired.
    """

    id: int
    source_id: int
    source: str
    public: str
    scopes: frozenset[str]
    kindness: Kindness
    label: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None

    def state(self, now: datetime) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "active"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secret, which is nowhere kept and cannot be had again."""

    key: Key
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """All that signing in with a key needs, found by its public name."""

    tenant: Tenant
    source: Source
    key: Key
    secret_hash: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Issuer:
    """An OpenID Connect issuer that a tenant trusts.

    `clients` maps a client id to the name of the source it speaks for; other clients speak for
    `source`, or are turned away where that is None. `prefix` stands before our scopes in its
    tokens.
    """

    id: int
    tenant_id: int
    issuer: str
    audience: str
    prefix: str
    source: str | None
    clients: Mapping[str, str]
    created: datetime


@dataclass(frozen=True, slots=True)
class Trust:
    """An issuer with the tenant that trusts it and the sources it names, by their names."""

    tenant: Tenant
    issuer: Issuer
    sources: Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in to the pages. `has_password` False: only through an issuer.

    `person` is whom of the register they are. `locale`, `zone`, `theme` None: they chose none.
    `second_factor`: a code is asked for beside the password. `has_subject`: the sign-in provider
    knows them. `ended` None: they may sign in.
    """

    id: int
    tenant_id: int
    login: str
    roles: frozenset[str]
    has_password: bool
    created: datetime
    person: bytes | None = None
    mail: str | None = None
    locale: str | None = None
    zone: str | None = None
    theme: str | None = None
    second_factor: bool = False
    has_subject: bool = False
    ended: datetime | None = None

    @property
    def address(self) -> str | None:
        """Where a letter reaches them: their mail, or a login that is one."""
        return self.mail or (self.login if "@" in self.login else None)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a sign-in is checked against. `recovery` are hashes of the codes that are left."""

    password: str | None = field(repr=False)
    totp: str | None = field(repr=False)
    totp_step: int | None
    recovery: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, and what they may do: what signing in gives.

    `authority` is the JSON that is written into what they send, `authority_tree` the same
    parsed (not to be changed). `key_id` is None for a bearer token. `name` is for logs.
    `as_source` False: a person, or an application that is not mapped, came with a token and
    speaks under an authority of its own; what is theirs are statements of just this authority,
    not all of the source's.
    """

    tenant_id: int
    learning: StoreRef
    practice: StoreRef
    source_id: int
    key_id: int | None
    authority: bytes
    authority_tree: dict[str, Any]
    scopes: frozenset[str]
    kindness: Kindness
    name: str
    as_source: bool = True

    @classmethod
    def of(
        cls,
        tenant: Tenant,
        source: Source,
        *,
        key_id: int | None = None,
        scopes: frozenset[str] = frozenset(),
        kindness: Kindness | None = None,
    ) -> "Principal":
        """A source that speaks for itself: by a key, or, without one, through the service."""
        return cls(
            tenant_id=tenant.id,
            learning=tenant.learning,
            practice=tenant.practice,
            source_id=source.id,
            key_id=key_id,
            authority=source.authority,
            authority_tree=source.authority_tree,
            scopes=scopes,
            kindness=kindness or Kindness(),
            name=source.name,
        )


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What a new installation was given; the two secrets are to be printed now or never."""

    tenant: Tenant
    key: Key
    login: str
    secret: str = field(repr=False)
    password: str = field(repr=False)


# Tenants ------------------------------------------------------------------------------------


def create_tenant(connection: Connection, name: str, now: datetime) -> Tenant:
    """A new tenant with its two empty stores. Raises Conflict when the name is taken."""
    with _unique(f"There is already a tenant {name}.", "Choose another name."):
        made = connection.execute(insert(tables.tenants).values(name=name, created=_micros(now)))
    tenant_id = _id(made.inserted_primary_key)
    for kind in ("learning", "practice"):
        connection.execute(
            insert(tables.stores).values(
                tenant_id=tenant_id, kind=kind, salt=secrets.token_bytes(16)
            )
        )
    return tenant(connection, name)


def tenant(connection: Connection, name: str) -> Tenant:
    """Raises NotFound."""
    row = connection.execute(_tenants().where(tables.tenants.c.name == name)).first()
    if row is None:
        raise errors.NotFound(f"a tenant {name}")
    return _tenant(row)


def tenants(connection: Connection) -> list[Tenant]:
    """All of them, by name: for the operator of the installation, never for a tenant."""
    return [_tenant(row) for row in connection.execute(_tenants().order_by(tables.tenants.c.name))]


# Sources ------------------------------------------------------------------------------------


def default_authority(home_page: str, name: str) -> dict[str, Any]:
    """The Agent that a source gets when the operator names none: an account here."""
    return {"objectType": "Agent", "account": {"homePage": home_page, "name": name}}


def create_source(
    connection: Connection, tenant: Tenant, name: str, authority: Mapping[str, Any], now: datetime
) -> Source:
    """A new source. Raises Conflict when its name or its authority is another source's, or the
    service's own."""
    ours = actors.ifi(dict(SERVICE_AUTHORITY))
    if (name == SERVICE) != (actors.ifi(dict(authority)) == ours):
        raise errors.Conflict(
            f"{SERVICE} is the service itself, and its authority no other's.",
            "Choose another name and another authority.",
        )
    _alone(connection, tenant, name, authority)
    with _unique(f"There is already a source {name}.", "Choose another name."):
        connection.execute(
            insert(tables.sources).values(
                tenant_id=tenant.id,
                name=name,
                authority=_json(authority),
                created=_micros(now),
                last_seen=None,
            )
        )
    return source(connection, tenant, name)


def service_source(connection: Connection, tenant: Tenant, now: datetime) -> Source:
    """The service itself as a source, under whose authority the practice store is written. Made
    when it is first asked for; no key can be made for it."""
    try:
        return source(connection, tenant, SERVICE)
    except errors.NotFound:
        return create_source(connection, tenant, SERVICE, SERVICE_AUTHORITY, now)


def service_id(connection: Connection, tenant: Tenant) -> int | None:
    """The number of that source; None where the service has written nothing yet."""
    table = tables.sources
    found: int | None = connection.execute(
        select(table.c.id).where(table.c.tenant_id == tenant.id, table.c.name == SERVICE)
    ).scalar_one_or_none()
    return found


def source(connection: Connection, tenant: Tenant, name: str) -> Source:
    """Raises NotFound, also for a source of another tenant."""
    sources = tables.sources
    row = connection.execute(
        select(sources).where(sources.c.tenant_id == tenant.id, sources.c.name == name)
    ).first()
    if row is None:
        raise errors.NotFound(f"a source {name} of tenant {tenant.name}")
    return _source(row)


def sources(connection: Connection, tenant: Tenant) -> list[Source]:
    """The sources of a tenant, by name."""
    table = tables.sources
    found = connection.execute(
        select(table).where(table.c.tenant_id == tenant.id).order_by(table.c.name)
    )
    return [_source(row) for row in found]


def set_authority(
    connection: Connection, tenant: Tenant, name: str, authority: Mapping[str, Any]
) -> Source:
    """Change what a source asserts from now on; what it sent keeps the authority it came with."""
    there = source(connection, tenant, name)
    _alone(connection, tenant, name, authority)
    connection.execute(
        update(tables.sources)
        .where(tables.sources.c.id == there.id)
        .values(authority=_json(authority))
    )
    return replace(there, authority=_json(authority))


def set_silence(connection: Connection, tenant: Tenant, name: str, days: int | None) -> Source:
    """Say after how many days without anything a source is silent (0: never; None: as usual)."""
    there = source(connection, tenant, name)
    if days is not None and not 0 <= days <= SILENT_MOST:
        wrong = f"Give a number of days from 0 (never) to {SILENT_MOST}."
        raise errors.Refused(errors.Problem("silent_days", wrong))
    connection.execute(
        update(tables.sources).where(tables.sources.c.id == there.id).values(silent_days=days)
    )
    return replace(there, silent_days=days)


def note_seen(connection: Connection, source_id: int, now: datetime) -> None:
    """Note that a source signed in, unless that was noted less than a minute ago."""
    table = tables.sources
    connection.execute(
        update(table)
        .where(
            table.c.id == source_id,
            or_(table.c.last_seen.is_(None), table.c.last_seen <= _micros(now - SEEN_EVERY)),
        )
        .values(last_seen=_micros(now))
    )


# Keys ---------------------------------------------------------------------------------------


def new_secret(size: int) -> str:
    """A secret of `size` random bytes, as text that no command line takes for an option."""
    while (secret := secrets.token_urlsafe(size)).startswith("-"):
        pass
    return secret


def digest(secret: str) -> bytes:
    """What is kept of a secret: its SHA-256.

    A slow hash (argon2, bcrypt) makes guessing dear where a person chose the secret. Ours are 32
    random bytes: there is nothing to guess, a stolen hash leads nowhere, and a check costs
    microseconds in every request instead of tenths of a second.
    """
    return hashlib.sha256(secret.encode()).digest()


def create_key(
    connection: Connection,
    tenant: Tenant,
    source_name: str,
    *,
    now: datetime,
    scopes: Collection[str] = DEFAULT_SCOPES,
    label: str = "",
    expires: datetime | None = None,
    kindness: Kindness = Kindness(),
) -> NewKey:
    """A new key of a source, with its secret. Raises NotFound when there is no such source, and
    Conflict for the service itself: whoever had such a key could forge verdicts."""
    if source_name == SERVICE:
        raise errors.Conflict(
            "The service itself has no keys.", "Make a source for the system that is to send."
        )
    owner = source(connection, tenant, source_name)
    public, secret = secrets.token_hex(12), new_secret(32)
    connection.execute(
        insert(tables.keys).values(
            source_id=owner.id,
            public=public,
            secret_hash=digest(secret),
            created=_micros(now),
            expires=None if expires is None else _micros(expires),
            revoked=None,
            **_columns(scopes, label, kindness),
        )
    )
    return NewKey(key(connection, tenant, public), secret)


def key(connection: Connection, tenant: Tenant, public: str) -> Key:
    """Raises NotFound, also for a key of another tenant."""
    row = connection.execute(
        _keys().where(tables.sources.c.tenant_id == tenant.id, tables.keys.c.public == public)
    ).first()
    if row is None:
        raise errors.NotFound(f"a key {public} of tenant {tenant.name}")
    return _key(row)


def keys(connection: Connection, tenant: Tenant, source_name: str | None = None) -> list[Key]:
    """The keys of a tenant, or of one of its sources, oldest first; also those out of force."""
    query = _keys().where(tables.sources.c.tenant_id == tenant.id).order_by(tables.keys.c.id)
    if source_name is not None:
        query = query.where(tables.keys.c.source_id == source(connection, tenant, source_name).id)
    return [_key(row) for row in connection.execute(query)]


def change_key(
    connection: Connection,
    tenant: Tenant,
    public: str,
    *,
    scopes: Collection[str] | None = None,
    label: str | None = None,
    kindness: Kindness | None = None,
) -> Key:
    """Change what is given (None: left as it is). Raises NotFound."""
    old = key(connection, tenant, public)
    connection.execute(
        update(tables.keys)
        .where(tables.keys.c.id == old.id)
        .values(
            _columns(
                old.scopes if scopes is None else scopes,
                old.label if label is None else label,
                old.kindness if kindness is None else kindness,
            )
        )
    )
    return key(connection, tenant, public)


def revoke_key(connection: Connection, tenant: Tenant, public: str, now: datetime) -> Key:
    """End a key for good; one that has ended keeps the time it first did. Raises NotFound."""
    old = key(connection, tenant, public)
    if old.revoked is None:
        connection.execute(
            update(tables.keys).where(tables.keys.c.id == old.id).values(revoked=_micros(now))
        )
    return key(connection, tenant, public)


def rotate_key(
    connection: Connection, tenant: Tenant, public: str, *, overlap: timedelta, now: datetime
) -> NewKey:
    """A second key with the same rights, after which the first ends.

    For `overlap` both work, so that nothing is lost until the sender has the new one; none at
    all revokes the first at once. A key that had a lifetime hands on one of the same length.
    Raises NotFound, and Conflict for a revoked key.
    """
    old = key(connection, tenant, public)
    if old.revoked is not None:
        raise errors.Conflict(f"The key {public} is revoked.", "Create a key instead.")
    made = create_key(
        connection,
        tenant,
        old.source,
        now=now,
        scopes=old.scopes,
        label=old.label,
        expires=None if old.expires is None else now + (old.expires - old.created),
        kindness=old.kindness,
    )
    if overlap <= timedelta(0):
        revoke_key(connection, tenant, public, now)
    else:
        end = now + overlap if old.expires is None else min(old.expires, now + overlap)
        connection.execute(
            update(tables.keys).where(tables.keys.c.id == old.id).values(expires=_micros(end))
        )
    return made


def credential(connection: Connection, public: str) -> Credential | None:
    """The key of that public name, whatever its state, with its source and tenant; or None."""
    row = connection.execute(
        select(tables.keys.c.secret_hash, tables.sources.c.tenant_id)
        .join(tables.sources, tables.sources.c.id == tables.keys.c.source_id)
        .where(tables.keys.c.public == public)
    ).first()
    if row is None:
        return None
    owner = _tenant_by_id(connection, row.tenant_id)
    found = key(connection, owner, public)
    return Credential(owner, source(connection, owner, found.source), found, bytes(row.secret_hash))


# Issuers ------------------------------------------------------------------------------------


def add_issuer(
    connection: Connection,
    tenant: Tenant,
    issuer: str,
    audience: str,
    *,
    now: datetime,
    prefix: str = "",
    source_name: str | None = None,
    clients: Mapping[str, str] | None = None,
) -> Issuer:
    """Trust an issuer's tokens that are made out to `audience`.

    Raises NotFound for a source that is not the tenant's. Raises Conflict when that pair is
    trusted already, by whichever tenant: a token must lead to one.
    """
    default = None if source_name is None else source(connection, tenant, source_name).id
    with _unique(
        f"The issuer {issuer} with the audience {audience} is already trusted.",
        "Give each tenant an audience of its own, or remove the other first.",
    ):
        made = connection.execute(
            insert(tables.issuers).values(
                tenant_id=tenant.id,
                issuer=issuer,
                audience=audience,
                prefix=prefix,
                source_id=default,
                created=_micros(now),
            )
        )
    number = _id(made.inserted_primary_key)
    for client, name in (clients or {}).items():
        connection.execute(
            insert(tables.issuer_clients).values(
                issuer_id=number, client=client, source_id=source(connection, tenant, name).id
            )
        )
    return next(known for known in issuers(connection, tenant) if known.id == number)


def issuers(connection: Connection, tenant: Tenant) -> list[Issuer]:
    """The issuers that a tenant trusts, oldest first."""
    table = tables.issuers
    rows = connection.execute(
        select(table).where(table.c.tenant_id == tenant.id).order_by(table.c.id)
    ).all()
    names = {there.id: there.name for there in sources(connection, tenant)}
    return [_issuer(connection, row, names) for row in rows]


def remove_issuer(connection: Connection, tenant: Tenant, number: int) -> None:
    """Trust it no more. Raises NotFound, also for another tenant's."""
    table = tables.issuers
    gone = connection.execute(
        delete(table).where(table.c.id == number, table.c.tenant_id == tenant.id)
    )
    if gone.rowcount == 0:
        raise errors.NotFound(f"an issuer {number} of tenant {tenant.name}")
    clients = tables.issuer_clients
    connection.execute(delete(clients).where(clients.c.issuer_id == number))


def trusts(connection: Connection, issuer: str) -> list[Trust]:
    """Everyone who trusts this issuer: the audience of a token tells whom it is meant for."""
    owners = connection.execute(
        select(tables.issuers.c.tenant_id).where(tables.issuers.c.issuer == issuer).distinct()
    ).scalars()
    found = []
    for tenant_id in list(owners):
        owner = _tenant_by_id(connection, tenant_id)
        theirs = {there.name: there for there in sources(connection, owner)}
        for known in issuers(connection, owner):
            if known.issuer == issuer:
                found.append(Trust(owner, known, theirs))
    return found


# Users --------------------------------------------------------------------------------------


def hash_password(password: str) -> str:
    """What is kept of a password: argon2id, slow on purpose. To be called outside a write."""
    return PasswordHasher().hash(password)


def create_user(
    connection: Connection,
    tenant: Tenant,
    login: str,
    password: str | None,
    roles: Collection[str],
    now: datetime,
) -> User:
    """A new person; `password` is what `hash_password` gave (None: signs in through an issuer).

    Raises Conflict: the login is taken.
    """
    with _unique(f"There is already a user {login}.", "Choose another login."):
        connection.execute(
            insert(tables.users).values(
                tenant_id=tenant.id,
                login=login,
                password=password,
                roles=_roles(roles),
                created=_micros(now),
            )
        )
    return user(connection, tenant, login)


def set_password(connection: Connection, tenant: Tenant, login: str, password: str) -> User:
    """`password` is what `hash_password` gave. Raises NotFound, also for another tenant's user."""
    return change_user(connection, tenant, login, password=password)


def user(connection: Connection, tenant: Tenant, login: str) -> User:
    """Raises NotFound, also for another tenant's user."""
    table = tables.users
    row = connection.execute(
        select(table).where(table.c.tenant_id == tenant.id, table.c.login == login)
    ).first()
    if row is None:
        raise errors.NotFound(f"a user {login} of tenant {tenant.name}")
    return _user(row)


def change_user(connection: Connection, tenant: Tenant, login: str, **values: Any) -> User:
    """Change what is given, by the columns of the table; `roles` as words, `ended` as a moment,
    `recovery` as hashes. Raises NotFound, also for another tenant's user."""
    there = user(connection, tenant, login)
    if "roles" in values:
        values["roles"] = _roles(values["roles"])
    if values.get("ended") is not None:
        values["ended"] = _micros(values["ended"])
    if values.get("recovery") is not None:
        values["recovery"] = json.dumps(list(values["recovery"])).encode()
    connection.execute(update(tables.users).where(tables.users.c.id == there.id).values(**values))
    return user(connection, tenant, login)


def use_step(connection: Connection, user_id: int, step: int) -> bool:
    """Note that the code of a step was used; False where it, or a later one, was used before."""
    table = tables.users
    changed = connection.execute(
        update(table)
        .where(table.c.id == user_id, or_(table.c.totp_step.is_(None), table.c.totp_step < step))
        .values(totp_step=step)
    )
    return changed.rowcount == 1


def users_called(connection: Connection, login: str) -> list[tuple[Tenant, User]]:
    """Everybody of whatever tenant who signs in by that name: the password tells who is meant."""
    rows = connection.execute(
        select(tables.users).where(tables.users.c.login == login).order_by(tables.users.c.id)
    ).all()
    return [(_tenant_by_id(connection, row.tenant_id), _user(row)) for row in rows]


def users_of_subject(connection: Connection, subject: str) -> list[tuple[Tenant, User]]:
    """Everybody whom the sign-in issuer calls so."""
    rows = connection.execute(
        select(tables.users).where(tables.users.c.subject == subject).order_by(tables.users.c.id)
    ).all()
    return [(_tenant_by_id(connection, row.tenant_id), _user(row)) for row in rows]


def user_by_id(connection: Connection, number: int) -> tuple[Tenant, User] | None:
    """Whose session it is, with their tenant; None where they are gone."""
    row = connection.execute(select(tables.users).where(tables.users.c.id == number)).first()
    return None if row is None else (_tenant_by_id(connection, row.tenant_id), _user(row))


def secrets_of(connection: Connection, user_id: int) -> Secrets:
    """What a sign-in of this user is checked against."""
    table = tables.users
    columns = (table.c.password, table.c.totp, table.c.totp_step, table.c.recovery)
    row = connection.execute(select(*columns).where(table.c.id == user_id)).one()
    kept = () if row.recovery is None else tuple(json.loads(bytes(row.recovery)))
    return Secrets(row.password, row.totp, row.totp_step, kept)


def users(connection: Connection, tenant: Tenant) -> list[User]:
    """The people of a tenant, by login."""
    table = tables.users
    found = connection.execute(
        select(table).where(table.c.tenant_id == tenant.id).order_by(table.c.login)
    )
    return [_user(row) for row in found]


# The first run ------------------------------------------------------------------------------


def first_run(
    connection: Connection, *, now: datetime, home_page: str = HOME_PAGE
) -> FirstRun | None:
    """Give a new installation what it needs to be used; None where there is a tenant already.

    The tenant `default`, a source `first-source` with a key that holds the scope `all`, and the
    user `admin`. Hashes a password inside the write, which is slow, and happens once.
    """
    if connection.execute(select(tables.tenants.c.id).limit(1)).first() is not None:
        return None
    owner = create_tenant(connection, "default", now)
    authority = default_authority(home_page, "first-source")
    create_source(connection, owner, "first-source", authority, now)
    made = create_key(
        connection, owner, "first-source", now=now, scopes=("all",), label="made on the first run"
    )
    password = new_secret(15)
    create_user(connection, owner, "admin", hash_password(password), ("admin", "operator"), now)
    return FirstRun(owner, made.key, "admin", made.secret, password)


# Rows and what they become ------------------------------------------------------------------


def _tenants() -> Select[Any]:
    learning, practice = tables.stores.alias("learning"), tables.stores.alias("practice")
    table = tables.tenants
    return select(
        table,
        learning.c.id.label("learning_id"),
        learning.c.salt.label("learning_salt"),
        practice.c.id.label("practice_id"),
        practice.c.salt.label("practice_salt"),
    ).where(
        learning.c.tenant_id == table.c.id,
        learning.c.kind == "learning",
        practice.c.tenant_id == table.c.id,
        practice.c.kind == "practice",
    )


def _tenant(row: Row[Any]) -> Tenant:
    return Tenant(
        row.id,
        row.name,
        StoreRef(row.learning_id, bytes(row.learning_salt)),
        StoreRef(row.practice_id, bytes(row.practice_salt)),
        _moment(row.created),
    )


def _tenant_by_id(connection: Connection, number: int) -> Tenant:
    return _tenant(connection.execute(_tenants().where(tables.tenants.c.id == number)).one())


def _source(row: Row[Any]) -> Source:
    return Source(
        row.id,
        row.tenant_id,
        row.name,
        bytes(row.authority),
        _moment(row.created),
        None if row.last_seen is None else _moment(row.last_seen),
        row.silent_days,
    )


def _keys() -> Select[Any]:
    return select(tables.keys, tables.sources.c.name.label("source_name")).join(
        tables.sources, tables.sources.c.id == tables.keys.c.source_id
    )


def _key(row: Row[Any]) -> Key:
    return Key(
        row.id,
        row.source_id,
        row.source_name,
        row.public,
        frozenset(row.scopes.split()),
        Kindness(bool(row.salvage), frozenset(row.repairs.split()), row.duplicates),
        row.label,
        _moment(row.created),
        None if row.expires is None else _moment(row.expires),
        None if row.revoked is None else _moment(row.revoked),
    )


def _columns(scopes: Collection[str], label: str, kindness: Kindness) -> dict[str, Any]:
    return {
        "scopes": " ".join(sorted(scopes)),
        "label": label,
        "salvage": int(kindness.salvage),
        "repairs": " ".join(sorted(kindness.repairs)),
        "duplicates": kindness.duplicates,
    }


def _issuer(connection: Connection, row: Row[Any], names: Mapping[int, str]) -> Issuer:
    table = tables.issuer_clients
    clients = connection.execute(
        select(table).where(table.c.issuer_id == row.id).order_by(table.c.client)
    )
    return Issuer(
        row.id,
        row.tenant_id,
        row.issuer,
        row.audience,
        row.prefix,
        None if row.source_id is None else names[row.source_id],
        {client.client: names[client.source_id] for client in clients},
        _moment(row.created),
    )


def _user(row: Row[Any]) -> User:
    return User(
        row.id,
        row.tenant_id,
        row.login,
        frozenset(row.roles.split()),
        row.password is not None,
        _moment(row.created),
        None if row.person is None else bytes(row.person),
        row.mail,
        row.locale,
        row.zone,
        row.theme,
        row.totp is not None,
        row.subject is not None,
        None if row.ended is None else _moment(row.ended),
    )


def _roles(words: Collection[str]) -> str:
    return " ".join(sorted(set(words)))


def _alone(connection: Connection, tenant: Tenant, name: str, authority: Mapping[str, Any]) -> None:
    """Two sources with one authority would read each other's statements as their own."""
    wanted = actors.ifi(dict(authority))
    for other in sources(connection, tenant):
        if other.name != name and actors.ifi(other.authority_tree) == wanted:
            raise errors.Conflict(
                f"The source {other.name} has that authority.", "Give each source its own."
            )


@contextmanager
def _unique(what: str, mend: str) -> Iterator[None]:
    """Turn the database's word for a taken name into ours."""
    try:
        yield
    except IntegrityError as taken:
        raise errors.Conflict(what, mend) from taken


def _id(made: Any) -> int:
    return int(made[0])


def _json(tree: Mapping[str, Any]) -> bytes:
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


def _micros(moment: datetime) -> int:
    """A moment as the tables keep it: microseconds since 1970 UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    """What `_micros` gave, as an aware moment again."""
    return _EPOCH + timedelta(microseconds=micros)
