"""Who is told of events, what is to be told, and what became of it: SQL for `lrs/webhooks.py`.

Functions take a connection first and never commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from sqlalchemy import Connection

from lrs.store import tables
from lrs.store.cases import Page, Place
from lrs.store.engine import insert, pieces, placeholders, run

WAITING = "waiting"
DELIVERED = "delivered"
GIVEN_UP = "given_up"
STATES = (WAITING, DELIVERED, GIVEN_UP)


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that wants to be told of `events`, of what came after `since` in the log."""

    id: bytes
    tenant_id: int
    url: str
    events: tuple[str, ...]
    label: str
    since: int
    created: int
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one webhook, as in the table `webhook_deliveries`."""

    id: bytes
    tenant_id: int
    webhook: bytes
    event: str
    body: bytes = field(repr=False)
    state: str
    made: int
    attempts: int
    next_at: int | None
    status: int | None
    error: str | None
    delivered: int | None


_HOOK = "id, tenant_id, url, events, label, since, created, secret"
_DELIVERY = (
    "id, tenant_id, webhook, event, body, state, made, attempts, next_at, status, error, delivered"
)


# Webhooks ------------------------------------------------------------------------------------


def add(connection: Connection, made: Webhook) -> None:
    """Tell this address from now on; what opened before is no news to it."""
    row = (
        *(made.id, made.tenant_id, made.url, " ".join(made.events), made.label),
        *(made.secret.encode(), made.since, made.created),
    )
    if not of_tenant(connection, made.tenant_id):
        tenant = (made.tenant_id,)
        run(connection, "DELETE FROM webhook_places WHERE tenant_id = ?", tenant)
        run(connection, "UPDATE opened_cases SET told = 1 WHERE tenant_id = ?", tenant)
    insert(connection, tables.webhooks, [row])
    insert(connection, tables.webhook_places, [(made.tenant_id, made.since)], ignore=True)


def of_tenant(connection: Connection, tenant_id: int) -> list[Webhook]:
    """The webhooks of a tenant, oldest first."""
    rows = run(
        connection,
        f"SELECT {_HOOK} FROM webhooks WHERE tenant_id = ? ORDER BY created, id",
        (tenant_id,),
    )
    return [
        Webhook(
            *(bytes(row[0]), row[1], row[2], tuple(row[3].split()), row[4], row[5], row[6]),
            bytes(row[7]).decode(),
        )
        for row in rows
    ]


def remove(connection: Connection, tenant_id: int, webhook: bytes) -> bool:
    """Tell an address no more; what waits for it is dropped. False: there is none of this id."""
    gone = run(
        connection, "DELETE FROM webhooks WHERE id = ? AND tenant_id = ?", (webhook, tenant_id)
    )
    run(
        connection,
        "DELETE FROM webhook_deliveries WHERE webhook = ? AND tenant_id = ?",
        (webhook, tenant_id),
    )
    return bool(gone.rowcount)


# What is news --------------------------------------------------------------------------------


def place(connection: Connection, tenant_id: int) -> int | None:
    """How far the practice log was read for events; None: nobody ever wanted to be told."""
    row = run(
        connection, "SELECT position FROM webhook_places WHERE tenant_id = ?", (tenant_id,)
    ).one_or_none()
    return None if row is None else int(row[0])


def move_on(connection: Connection, tenant_id: int, old: int, new: int) -> bool:
    """Go on to a place; False where somebody else did meanwhile."""
    moved = run(
        connection,
        "UPDATE webhook_places SET position = ? WHERE tenant_id = ? AND position = ?",
        (new, tenant_id, old),
    )
    return bool(moved.rowcount)


def opened(connection: Connection, tenant_id: int, limit: int) -> list[bytes]:
    """Cases that opened and were not told of."""
    rows = run(
        connection,
        "SELECT case_id FROM opened_cases WHERE tenant_id = ? AND told = 0 LIMIT ?",
        (tenant_id, limit),
    )
    return [bytes(row[0]) for row in rows]


def told(connection: Connection, tenant_id: int, cases: Sequence[bytes]) -> None:
    """Note that these cases are no news any more."""
    for piece in pieces(sorted(cases)):
        run(
            connection,
            "UPDATE opened_cases SET told = 1 WHERE tenant_id = ?"
            f" AND case_id IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )


# Deliveries ----------------------------------------------------------------------------------


def delivery_id(webhook: bytes, event: bytes) -> bytes:
    return blake2b(b"delivery" + webhook + event, digest_size=16).digest()


def post(
    connection: Connection, news: Sequence[tuple[Webhook, bytes, str, bytes]], now: int
) -> None:
    """Have events go out in this order, each once: webhook, id of the event, its kind, its body."""
    rows = {
        delivery_id(hook.id, event): (
            *(delivery_id(hook.id, event), hook.tenant_id, hook.id, kind, body, WAITING),
            *(now + n, 0, now + n, None, None, None),
        )
        for n, (hook, event, kind, body) in enumerate(news)
    }
    if rows:
        ordered = [row for _, row in sorted(rows.items())]
        insert(connection, tables.webhook_deliveries, ordered, ignore=True)


def due(connection: Connection, now: int, limit: int) -> list[Delivery]:
    """What is to be sent now, of every tenant, what waited the longest first."""
    rows = run(
        connection,
        f"SELECT {_DELIVERY} FROM webhook_deliveries WHERE state = 'waiting' AND next_at <= ?"
        " ORDER BY next_at LIMIT ?",
        (now, limit),
    )
    return [_delivery(row) for row in rows]


def claim(connection: Connection, delivery: Delivery, until: int) -> bool:
    """Have a delivery until a moment; False where somebody else has it."""
    had = run(
        connection,
        "UPDATE webhook_deliveries SET attempts = attempts + 1, next_at = ?"
        " WHERE id = ? AND state = 'waiting' AND attempts = ? AND next_at = ?",
        (until, delivery.id, delivery.attempts, delivery.next_at),
    )
    return bool(had.rowcount)


def settle(
    connection: Connection,
    delivery: bytes,
    state: str,
    *,
    next_at: int | None,
    status: int | None,
    error: str | None,
    delivered: int | None,
) -> None:
    """Note what came of a try."""
    run(
        connection,
        "UPDATE webhook_deliveries SET state = ?, next_at = ?, status = ?, error = ?,"
        " delivered = ? WHERE id = ?",
        (state, next_at, status, None if error is None else error[:500], delivered, delivery),
    )


def again(connection: Connection, tenant_id: int, delivery: bytes, now: int) -> bool:
    """Try a delivery anew that was given up or waits. False: there is none such."""
    had = run(
        connection,
        "UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, next_at = ?"
        " WHERE id = ? AND tenant_id = ? AND state <> 'delivered'",
        (now, delivery, tenant_id),
    )
    return bool(had.rowcount)


def deliveries(
    connection: Connection,
    tenant_id: int,
    *,
    states: Sequence[str] = (),
    webhook: bytes | None = None,
    after: Place | None = None,
    limit: int = 50,
) -> Page[Delivery]:
    """What was to be told, the newest first."""
    where, values = ["tenant_id = ?"], [tenant_id]
    if states:
        where.append(f"state IN ({placeholders(states)})")
        values += states  # type: ignore[arg-type]
    if webhook is not None:
        where.append("webhook = ?")
        values.append(webhook)  # type: ignore[arg-type]
    if after is not None:
        where.append("made <= ? AND (made < ? OR id < ?)")
        made, id_ = int(after[0]), bytes.fromhex(str(after[1]))
        values += [made, made, id_]  # type: ignore[list-item]
    rows = run(
        connection,
        f"SELECT {_DELIVERY} FROM webhook_deliveries WHERE {' AND '.join(where)}"
        " ORDER BY made DESC, id DESC LIMIT ?",
        (*values, limit + 1),
    ).all()
    found = tuple(_delivery(row) for row in rows[:limit])
    return Page(found, (found[-1].made, found[-1].id.hex()) if len(rows) > limit else None)


def sweep(connection: Connection, before: int) -> int:
    """Forget what was delivered before a moment."""
    gone = run(
        connection,
        "DELETE FROM webhook_deliveries WHERE state = 'delivered' AND made < ?",
        (before,),
    )
    return int(gone.rowcount)


def _delivery(row: Sequence[object]) -> Delivery:
    names = _DELIVERY.split(", ")
    values = {
        name: bytes(value) if isinstance(value, (memoryview, bytearray)) else value
        for name, value in zip(names, row, strict=True)
    }
    return Delivery(**values)  # type: ignore[arg-type]
