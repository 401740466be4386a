"""Hooks: where a system that knows no xAPI delivers, by which mapping, signed with which secret.

Every function takes the connection first and never commits. A tenant's hooks are asked for with
the tenant in hand; `find`, by the address of a delivery, hands the tenant's number back.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from lrs.errors import NotFound
from lrs.store import accounts, tables
from lrs.store.accounts import Tenant
from lrs.store.engine import run

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = (
    "id, tenant_id, source_id, name, public, secret, earlier, earlier_until, created, mapping"
)


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook, its secret included. `earlier` is the secret before, until `earlier_until`."""

    id: int
    tenant_id: int
    source_id: int
    name: str
    public: str
    secret: str = field(repr=False)
    earlier: str | None = field(repr=False)
    earlier_until: datetime | None
    created: datetime
    mapping: Mapping[str, Any]

    @property
    def path(self) -> str:
        """Where it is delivered to, after our own address."""
        return f"/hooks/{self.public}"

    def secrets(self, now: datetime) -> list[str]:
        """The secrets that are good now."""
        if self.earlier is None or self.earlier_until is None or self.earlier_until <= now:
            return [self.secret]
        return [self.secret, self.earlier]


def create(
    connection: Connection,
    tenant: Tenant,
    mapping: Mapping[str, Any],
    home_page: str,
    now: datetime,
) -> Hook:
    """A new hook, with a source of its own: `hook-` and its name, also where a hook of that name
    was there before."""
    name = str(mapping["name"])
    called = f"hook-{name}"
    try:
        source = accounts.source(connection, tenant, called)
    except NotFound:
        authority = accounts.default_authority(home_page, called)
        source = accounts.create_source(connection, tenant, called, authority, now)
    values = {
        "tenant_id": tenant.id,
        "source_id": source.id,
        "name": name,
        "public": secrets.token_hex(12),
        "secret": accounts.new_secret(32).encode(),
        "earlier": None,
        "earlier_until": None,
        "created": _micros(now),
        "mapping": _json(mapping),
    }
    connection.execute(tables.hooks.insert().values(**values))
    return hook(connection, tenant, name)


def change(connection: Connection, tenant: Tenant, mapping: Mapping[str, Any]) -> Hook:
    """Give the hook of this name another mapping. Raises NotFound."""
    there = hook(connection, tenant, str(mapping["name"]))
    run(connection, "UPDATE hooks SET mapping = ? WHERE id = ?", (_json(mapping), there.id))
    return hook(connection, tenant, there.name)


def apply(
    connection: Connection,
    tenant: Tenant,
    mapping: Mapping[str, Any],
    home_page: str,
    now: datetime,
) -> tuple[Hook, bool]:
    """Have a hook deliver by this mapping; whether it is a new one (see `create`)."""
    try:
        return change(connection, tenant, mapping), False
    except NotFound:
        return create(connection, tenant, mapping, home_page, now), True


def rotate(
    connection: Connection, tenant: Tenant, name: str, *, overlap: timedelta, now: datetime
) -> Hook:
    """Give a hook a new secret; the one it had stays good for `overlap`. Raises NotFound."""
    there = hook(connection, tenant, name)
    run(
        connection,
        "UPDATE hooks SET secret = ?, earlier = ?, earlier_until = ? WHERE id = ?",
        (
            accounts.new_secret(32).encode(),
            there.secret.encode(),
            _micros(now + overlap),
            there.id,
        ),
    )
    return hook(connection, tenant, name)


def remove(connection: Connection, tenant: Tenant, name: str) -> None:
    """Close a hook; what it delivered stays, and so does its source. Raises NotFound."""
    there = hook(connection, tenant, name)
    run(connection, "DELETE FROM hooks WHERE id = ?", (there.id,))


def hook(connection: Connection, tenant: Tenant, name: str) -> Hook:
    """Raises NotFound, also for another tenant's."""
    for each in hooks(connection, tenant):
        if each.name == name:
            return each
    raise NotFound(f"a hook {name} of tenant {tenant.name}")


def hooks(connection: Connection, tenant: Tenant) -> list[Hook]:
    """The hooks of a tenant, by name."""
    rows = run(connection, f"SELECT {_COLUMNS} FROM hooks WHERE tenant_id = ?", (tenant.id,))
    return sorted((_hook(row) for row in rows), key=lambda each: each.name)


def find(connection: Connection, public: str) -> Hook | None:
    """The hook of an address, whoever's it is."""
    row = run(connection, f"SELECT {_COLUMNS} FROM hooks WHERE public = ?", (public,)).one_or_none()
    return None if row is None else _hook(row)


def _hook(row: Any) -> Hook:
    return Hook(
        row[0],
        row[1],
        row[2],
        row[3],
        row[4],
        bytes(row[5]).decode(),
        None if row[6] is None else bytes(row[6]).decode(),
        None if row[7] is None else _EPOCH + timedelta(microseconds=row[7]),
        _EPOCH + timedelta(microseconds=row[8]),
        json.loads(bytes(row[9])),
    )


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _json(tree: Mapping[str, Any]) -> bytes:
    return json.dumps(tree, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
