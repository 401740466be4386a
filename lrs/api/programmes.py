"""Programmes for machines: what graduates are expected to do, and by which rules work counts."""

import hashlib
import json
from dataclasses import asdict
from functools import cache
from typing import Any

from flask import request
from sqlalchemy import Connection

from lrs import errors, programmes, trials
from lrs.adapters import Adapters
from lrs.api import wire
from lrs.api.practice import Call, Resource, Use, plain
from lrs.practice import names
from lrs.practice.programmes import Programme
from lrs.store import cases as lists
from lrs.store.register import Applied
from lrs.xapi import documents
from schemas import practice as shapes
from schemas.programmes import dump, load


@cache
def _adapters() -> Adapters:
    return Adapters.installed()


def list_programmes(call: Call) -> Any:
    """Every programme in force, by title, as `jejak programmes show` writes it."""
    with call.context.database.read() as connection:
        every = programmes.in_force(connection, call.tenant.id)
    told = [_told(call, each) for each in every]
    answer = wire.json_answer({"items": told, "next": None})
    return _tagged(answer, _etag(told))


def get_programme(call: Call) -> Any:
    with call.context.database.read() as connection:
        found = the_programme(call, connection, call.parts["programme"])
    told = _told(call, found)
    return _tagged(wire.json_answer(told), _etag(told))


def put_programme(call: Call) -> Any:
    """Have a programme in force in this version. With `If-Match`, only where the version that is
    replaced is the one that was read; with `If-None-Match: *`, only where there is none."""
    [given] = load({"programmes": [call.body["programme"]]})
    digest = call.parts["programme"]
    if names.programme(call.tenant.id, given.iri) != digest:
        raise errors.Refused(
            errors.Problem(
                "programme.iri", "The address is another programme's; its id is of its IRI."
            )
        )

    def write(connection: Connection) -> Applied:
        standing = _of(call, connection, digest)
        etag = None if standing is None else _etag(_told(call, standing))
        match, none = call.headers.get("If-Match"), call.headers.get("If-None-Match")
        if match is not None and (etag is None or not documents.matches(match, etag)):
            raise errors.PreconditionFailed("the programme", etag)
        if none is not None and etag is not None and documents.matches(none, etag):
            raise errors.PreconditionFailed("the programme", etag)
        return programmes.apply(connection, call.tenant.id, [given], call.by())

    done = call.context.database.write(write)
    told = _told(call, given)
    status = 201 if done.new else 200
    return _tagged(wire.json_answer(told, status), _etag(told))


def apply(call: Call) -> Any:
    """Have these programmes in force; what is not named is left alone."""
    given = load(call.body)
    if call.query["dry_run"]:
        with call.context.database.read() as connection:
            done = programmes.plan(connection, call.tenant.id, given)
    else:
        done = call.context.database.write(
            lambda c: programmes.apply(c, call.tenant.id, given, call.by())
        )
    return {
        "entered": not call.query["dry_run"],
        "new": list(done.new),
        "changed": list(done.changed),
        "unchanged": list(done.unchanged),
    }


def try_rules(call: Call) -> Any:
    """Which links these programmes' rules would propose that are not there now. Enters nothing."""
    given = load(call.body)
    with call.context.database.read() as connection:
        trial = trials.try_rules(connection, call.tenant, _adapters(), given)
    return {
        "total": trial.total,
        "by_behaviour": [
            {"behaviour": behaviour, "links": count} for behaviour, count in trial.by_behaviour
        ],
        "gone": trial.gone,
        "read": trial.read,
        "sample": [plain(asdict(each)) for each in trial.sample],
    }


def propose(call: Call) -> Any:
    """What programmes and cohorts the courses of no programme may be. Enters nothing."""
    with call.context.database.read() as connection:
        found = programmes.suggest(connection, call.tenant)
    return {"items": [programmes.plain(each) for each in found], "next": None}


def confirm(call: Call) -> Any:
    """Have proposed programmes in force."""
    told = call.body
    with call.context.database.read() as connection:
        found = programmes.chosen(programmes.suggest(connection, call.tenant), told["programmes"])

    def write(connection: Connection) -> Applied:
        given = programmes.confirmed(
            connection, call.tenant.id, found, told["base"], told.get("pack")
        )
        return programmes.apply(connection, call.tenant.id, given, call.by())

    done = call.context.database.write(write)
    return {"new": list(done.new), "changed": list(done.changed)}


def unclaimed(call: Call) -> Any:
    """Courses that no programme claims, with how many were in them."""
    with call.context.database.read() as connection:
        return lists.unclaimed(
            connection, call.tenant.id, after=call.place, limit=call.query["limit"]
        )


def the_programme(call: Call, connection: Connection, digest: bytes) -> Programme:
    """The programme of that id. NotFound: there is none."""
    found = _of(call, connection, digest)
    if found is None:
        raise errors.NotFound(f"a programme {digest.hex()}")
    return found


def _of(call: Call, connection: Connection, digest: bytes) -> Programme | None:
    every = programmes.in_force(connection, call.tenant.id)
    return next((e for e in every if names.programme(call.tenant.id, e.iri) == digest), None)


def _told(call: Call, programme: Programme) -> dict[str, Any]:
    return {"id": names.programme(call.tenant.id, programme.iri).hex(), **dump(programme)}


def _etag(told: Any) -> str:
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _tagged(answer: wire.Answer, etag: str) -> wire.Answer:
    answer.headers["ETag"] = etag
    held = request.headers.get("If-None-Match")
    if request.method in ("GET", "HEAD") and held is not None and documents.matches(held, etag):
        answer.status_code = 304
        answer.set_data(b"")
        answer.headers.pop("Content-Type", None)
    return answer


RESOURCES = (
    Resource(
        "/programmes",
        {
            "GET": Use(
                list_programmes,
                "programmes/read",
                "Programmes in force.",
                answers=shapes.ProgrammeOut,
                paged=True,
            ),
            "POST": Use(
                apply,
                "programmes/write",
                "Have programmes in force; with dry_run, only tell what would change.",
                query=shapes.DryRunQuery,
                body=shapes.ProgrammesBody,
                answers=shapes.AnythingOut,
            ),
        },
    ),
    Resource(
        "/programmes/trial",
        {
            "POST": Use(
                try_rules,
                "programmes/write",
                "Tell which links these rules would propose, without entering them.",
                body=shapes.ProgrammesBody,
                answers=shapes.AnythingOut,
            )
        },
    ),
    Resource(
        "/programmes/proposals",
        {
            "GET": Use(
                propose,
                "programmes/write",
                "Programmes and cohorts that the courses seen may be.",
                answers=shapes.AnythingOut,
                paged=True,
            ),
            "POST": Use(
                confirm,
                "programmes/write",
                "Have proposed programmes in force.",
                body=shapes.ConfirmBody,
                answers=shapes.AnythingOut,
                status=201,
            ),
        },
    ),
    Resource(
        "/programmes/<programme>",
        {
            "GET": Use(
                get_programme, "programmes/read", "A programme.", answers=shapes.ProgrammeOut
            ),
            "PUT": Use(
                put_programme,
                "programmes/write",
                "Have a programme in force in this version; If-Match guards against lost writes.",
                body=shapes.ProgrammeBody,
                answers=shapes.ProgrammeOut,
            ),
        },
    ),
    Resource(
        "/courses/unclaimed",
        {
            "GET": Use(
                unclaimed,
                "programmes/write",
                "Courses of no programme, and how many completed them.",
                query=shapes.PageQuery,
                answers=shapes.CourseOut,
                paged=True,
            )
        },
    ),
)
