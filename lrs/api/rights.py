"""What people may ask of their data, for machines of the agency that an admin signed in with:
requests, putting right, keeping without use, erasure with a receipt. No key opens any of it.
"""

import uuid
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection

from lrs import erasure, rights
from lrs.adapters import Adapters
from lrs.api.practice import Call, Resource, Use, plain
from lrs.errors import NotFound
from schemas import practice as shapes

Tree = dict[str, Any]


@cache
def _adapters() -> Adapters:
    return Adapters.installed()


def list_requests(call: Call) -> Any:
    """What was asked of one person's data, what waits first."""
    with call.context.database.read() as connection:
        found = rights.requests(connection, call.tenant, person=call.parts["person"])
    return {"items": [_request(each) for each in found], "next": None}


def ask(call: Call) -> Any:
    """Record what somebody asks."""
    told, person = call.body, call.parts["person"]

    def write(connection: Connection) -> bytes:
        return rights.ask(
            *(connection, call.tenant, person, told["kind"]),
            asked_by=told["asked_by"],
            by=call.by(),
            now=call.now,
            note=told.get("note", ""),
        )

    return {"request": _uuid(call.context.database.write(write))}


def settle(call: Call) -> Any:
    """Record what became of a request."""
    told = call.body

    def write(connection: Connection) -> None:
        there = rights.request_of(connection, call.tenant, told["request"])
        if there.person != call.parts["person"]:
            raise NotFound(f"a request {_uuid(there.id)} of this person")
        rights.settle(
            *(connection, call.tenant, told["request"], told["state"]),
            reason=told.get("reason", ""),
            by=call.by(),
            now=call.now,
        )

    call.context.database.write(write)
    return {"state": told["state"]}


def restrict(call: Call) -> Any:
    """Have what is held of a person only kept, or end that."""
    told, person = call.body, call.parts["person"]

    def write(connection: Connection) -> None:
        if told["lifted"]:
            rights.lift(connection, call.tenant, person, why=told["why"], by=call.by())
        else:
            rights.restrict(
                connection, call.tenant, person, why=told["why"], by=call.by(), now=call.now
            )

    call.context.database.write(write)
    return {"restricted": not told["lifted"]}


def rectify(call: Call) -> Any:
    """Put right what the register says of a person."""
    told = dict(call.body)
    day = told.pop("since", None)

    def write(connection: Connection) -> list[str]:
        return rights.rectify(
            *(connection, call.tenant, call.parts["person"], told),
            by=call.by(),
            now=call.now,
            day=day,
        )

    return {"changed": call.context.database.write(write)}


def look(call: Call) -> Any:
    """What erasing a person would do. Changes nothing."""
    found = erasure.look(call.context.database, call.tenant, call.parts["person"])
    return {"name": found.name, "counts": dict(found.counts), "notes": list(found.notes)}


def erase(call: Call) -> Any:
    """Erase a person for good."""
    told, database = call.body, call.context.database
    found = erasure.look(database, call.tenant, call.parts["person"])
    receipt = erasure.erase(
        *(database, call.tenant, _adapters(), found),
        reason=told["reason"],
        asked_by=told["asked_by"],
        confirmed=told["confirmed"],
        by=call.by(),
        now=call.now,
        request=told.get("request"),
    )
    # What the address names is gone; that it was asked is in the receipt.
    call.parts = {}
    return _receipt(receipt)


def list_receipts(call: Call) -> Any:
    """Every erasure there was, the last first. Who was erased is in none of them."""
    with call.context.database.read() as connection:
        found = erasure.receipts(connection, call.tenant)
    return {"items": [_receipt(each) for each in found], "next": None}


def _request(request: rights.Request) -> Tree:
    return _told(asdict(request))


def _receipt(receipt: erasure.Receipt) -> Tree:
    return _told(asdict(receipt))


def _told(tree: Tree) -> Tree:
    told: Tree = plain(
        {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in tree.items()
        }
    )
    return told


def _uuid(id_: bytes) -> str:
    return str(uuid.UUID(bytes=id_))


def _use(run: Any, says: str, body: Any = None, status: int = 200) -> Use:
    return Use(run, "rights/write", says, body=body, answers=shapes.AnythingOut, status=status)


RESOURCES = (
    Resource(
        "/people/<person>/requests",
        {
            "GET": _use(list_requests, "What was asked of one person's data."),
            "POST": _use(ask, "Record what somebody asks.", shapes.RequestBody, 201),
        },
    ),
    Resource(
        "/people/<person>/requests/settled",
        {"POST": _use(settle, "Say what became of a request.", shapes.RequestSettledBody)},
    ),
    Resource(
        "/people/<person>/restriction",
        {"POST": _use(restrict, "Restrict what is held, or lift that.", shapes.RestrictionBody)},
    ),
    Resource(
        "/people/<person>/rectification",
        {"POST": _use(rectify, "Put right what is held.", shapes.RectificationBody)},
    ),
    Resource(
        "/people/<person>/erasure",
        {
            "GET": _use(look, "What erasing a person would do."),
            "POST": _use(erase, "Erase a person for good.", shapes.ErasureBody),
        },
    ),
    Resource("/erasures", {"GET": _use(list_receipts, "The receipts of erasures.")}),
)
