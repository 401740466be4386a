"""Deliveries of systems that know no xAPI: checked, made into statements, handed to intake.

Each hook is a source of its own. An event that was delivered before is acknowledged and left as it
first came, whatever its mapping makes of it today; what cannot be made a statement is refused and
kept aside, raw, like any other refusal.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from lrs import inbound, intake, workplace
from lrs.errors import NotFound, Problem, Refused
from lrs.practice import names
from lrs.practice.people import canonical
from lrs.store import accounts, practice, register, statements
from lrs.store import hooks as store
from lrs.store.accounts import Principal, Tenant
from lrs.store.engine import Database
from lrs.store.hooks import Hook
from lrs.xapi import check
from lrs.xapi.statements import parse
from lrs.xapi.versions import V1
from schemas.statements import explain


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a delivery: ids of its statements in order, how many of them stood already,
    and how many of its events count for nothing (`when` of the mapping)."""

    ids: tuple[str, ...]
    again: int
    skipped: int


def deliver(
    database: Database,
    public: str,
    header: Callable[[str], str | None],
    body: bytes,
    now: datetime,
    most: int | None = None,
) -> Delivered:
    """Take a delivery in. Raises NotFound, Unauthenticated, Refused.

    `most` is how many statements one may come to.
    """
    with database.read() as connection:
        hook = store.find(connection, public)
        if hook is None:
            raise NotFound("a hook at this address")
        inbound.check(hook.mapping.get("signature") or {}, hook.secrets(now), header, body, now)
        tenant = _tenant(connection, hook)
        principal = _principal(connection, tenant, hook)
        try:
            made = _made(connection, tenant, hook, body)
            standing = _standing(connection, tenant, made)
        except Refused as error:
            told = error
            made = None
    if made is None:
        return _refuse(database, told.problems, body, tenant, principal)
    if made.problems:
        return _refuse(database, made.problems, body, tenant, principal)
    database.write(lambda c: accounts.note_seen(c, hook.source_id, now))
    ids = tuple(str(each["id"]) for each in made.statements)
    fresh = [each for each in made.statements if each["id"] not in standing]
    if fresh:
        _store(database, fresh, tenant, principal, most)
    return Delivered(ids, len(ids) - len(fresh), made.skipped)


def preview(mapping: Mapping[str, Any], delivery: Any) -> inbound.Made:
    """What a mapping makes of a delivery, and all that is wrong with it; nobody is looked up, and
    nothing stored."""
    made = _alone(
        inbound.make(mapping, workplace.simple(delivery), "preview", lambda kind, digits: None)
    )
    problems = list(made.problems)
    for each in made.statements:
        seen = parse(json.dumps(each).encode())
        if not check.sound(seen, V1):
            problems += explain(seen, V1)
    return inbound.Made(made.statements, made.skipped, tuple(problems))


def _made(connection: Connection, tenant: Tenant, hook: Hook, body: bytes) -> inbound.Made:
    def person_of(kind: str, digits: str) -> bytes | None:
        digest = names.identifier(tenant.id, kind, digits)
        held = register.holders(connection, tenant.id, [digest]).get(digest, set())
        merged = practice.merged(connection, tenant.id) if held else {}
        meant = {canonical(each, merged) for each in held}
        return meant.pop() if len(meant) == 1 else None

    salt = f"{tenant.id}/{hook.name}"
    return _alone(inbound.make(hook.mapping, workplace.simple(parse(body)), salt, person_of))


def _alone(made: inbound.Made) -> inbound.Made:
    """Without statements that one delivery holds twice: they are one event."""
    once = {each["id"]: each for each in made.statements}
    return inbound.Made(tuple(once.values()), made.skipped, made.problems)


def _standing(connection: Connection, tenant: Tenant, made: inbound.Made) -> set[str]:
    """The ids of those that were delivered before."""
    return {
        str(each["id"])
        for each in made.statements
        if statements.by_id(connection, tenant.learning.id, uuid.UUID(each["id"]).bytes)
    }


def _store(
    database: Database,
    made: list[dict[str, Any]],
    tenant: Tenant,
    principal: Principal,
    most: int | None,
) -> None:
    body = json.dumps(made, ensure_ascii=False).encode()
    try:
        batch = intake.examine(
            body,
            [],
            version=V1,
            principal=principal,
            place=tenant.learning,
            defines=True,
            most=most,
        )
        database.write(lambda connection: intake.store(connection, batch))
    except (intake.Rejected, intake.Clash) as rejected:
        kept = rejected
        database.write(lambda connection: intake.keep(connection, kept))
        raise


def _refuse(
    database: Database,
    problems: tuple[Problem, ...],
    body: bytes,
    tenant: Tenant,
    principal: Principal,
) -> Delivered:
    rejected = intake.unread(body, problems, version=V1, principal=principal, place=tenant.learning)
    database.write(lambda connection: intake.keep(connection, rejected))
    raise rejected


def _tenant(connection: Connection, hook: Hook) -> Tenant:
    return next(each for each in accounts.tenants(connection) if each.id == hook.tenant_id)


def _principal(connection: Connection, tenant: Tenant, hook: Hook) -> Principal:
    source = next(
        each for each in accounts.sources(connection, tenant) if each.id == hook.source_id
    )
    return Principal.of(tenant, source)
