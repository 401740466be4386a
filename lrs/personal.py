"""What is held about one person, for that person (UU PDP, articles 7 and 13): all of it, but for
what others answered in confidence.

Raters answer frankly because nobody whom it is about reads it; how many did is told, what they
said is not.
"""

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from lrs.errors import NotFound
from lrs.practice.cases import date_of, days
from lrs.practice.people import ABOUT_PEOPLE, canonical
from lrs.store import cases, papers, practice, register, statements
from lrs.store.accounts import Tenant

#: The most of each list that a copy holds; that there are more is said in `cut`.
MOST: Final = 20_000


def copy(
    connection: Connection, tenant: Tenant, person: bytes, *, now: datetime, records: int = MOST
) -> dict[str, Any]:
    """A copy, as a tree of words and numbers, with so many records of activity at most. Raises
    `NotFound`."""
    today = days(date_of(now))
    found = cases.person(connection, tenant.id, person, today)
    if found is None:
        raise NotFound(f"a person {person.hex()}")
    theirs = [person, *_before_merging(connection, tenant.id, person)]
    held, cut = _records(connection, tenant, theirs, records)
    whose = frozenset({person})
    every = cases.cases(connection, tenant.id, whose=whose, limit=MOST).rows
    return {
        "made": now.isoformat(),
        "agency": tenant.name,
        "person": {
            "id": str(uuid.UUID(bytes=person)),
            "name": found.name,
            "facts": dict(found.facts),
            "unit": found.unit_path,
            "position": found.title,
            "superior": found.superior_name,
        },
        "register": _register(connection, tenant.id, theirs),
        "accounts": [
            {"agent": dict(each.agent), "name": each.name, "records": each.events}
            for each in cases.identities(
                connection, tenant.id, known=True, person=person, limit=MOST
            ).rows
        ],
        "participation": [
            {
                "programme": each.programme.title if each.programme else None,
                "cohort": each.cohort,
                "unit": each.unit_path,
                "hours": each.jp,
                **{
                    name: _day(getattr(each, f"{name}_day"))
                    for name in ("invited", "enrolled", "attended", "completed", "certified")
                },
            }
            for each in cases.participation(connection, tenant.id, whose=whose, limit=MOST).rows
        ],
        "cases": [_case(connection, tenant.id, each) for each in every],
        "answered_by_them": papers.answered(connection, tenant.id, person, MOST),
        "answered_about_them_by_others": papers.answered_about(connection, tenant.id, person),
        "asked_of_them": papers.asked_of(connection, tenant.id, person, MOST),
        "records": held,
        "cut": cut,
    }


def _case(connection: Connection, tenant_id: int, case: cases.Case) -> dict[str, Any]:
    links = cases.links_of_case(connection, tenant_id, case.id)
    frank = cases.answers_among(connection, tenant_id, (each.evidence for each in links))
    return {
        "id": case.id.hex(),
        "programme": case.programme.title if case.programme else None,
        "cohort": case.cohort,
        "course": case.course,
        "state": case.state,
        "completed": _day(case.completed_day),
        "counted_from": _day(case.clock_day),
        "ended": case.ended,
        "outcomes": [
            {
                "behaviour": each.behaviour.title if each.behaviour else None,
                "applied": _day(each.applied_day),
                "lasting": _day(each.lasting_day),
            }
            for each in cases.outcomes(connection, tenant_id, case.id)
        ],
        "links": [
            {
                "evidence": each.evidence.hex(),
                "behaviour": each.behaviour.title if each.behaviour else None,
                "state": each.state,
                "performed": _day(each.performed_day),
                "decided": _moment(each.decided_at),
            }
            for each in links
            if each.evidence not in frank
        ],
    }


def _register(
    connection: Connection, tenant_id: int, people: Iterable[bytes]
) -> list[dict[str, Any]]:
    return [
        {
            "entered": _moment(each.entry.position),
            "by": each.by,
            "kind": each.entry.kind,
            "what": dict(each.entry.body),
        }
        for each in register.entries(connection, tenant_id, people)
        if each.entry.kind in ABOUT_PEOPLE
    ]


def _before_merging(connection: Connection, tenant_id: int, person: bytes) -> list[bytes]:
    """Entries that were found to be this person's too."""
    merged = practice.merged(connection, tenant_id)
    return sorted(each for each in merged if canonical(each, merged) == person)


def _records(
    connection: Connection, tenant: Tenant, people: list[bytes], most: int
) -> tuple[list[dict[str, Any]], int]:
    """Every record of what they did, as it came: of the learning store, and of the practice store
    what is theirs to read. Second, how many were left out as too many."""
    claims = practice.claims_of(connection, tenant.id, people)
    actors = sorted({*people, *(each.digest for each in claims)})
    events = practice.events_of(connection, tenant.id, actors)
    ids = list(dict.fromkeys(each.statement for each in events if not each.voided))
    frank = cases.answers_among(connection, tenant.id, ids)
    ids = [each for each in ids if each not in frank]
    found = []
    for each in ids[:most]:
        for store in (tenant.learning, tenant.practice):
            row = statements.by_id(connection, store.id, each)
            if row is not None and not row.voided:
                found.append(json.loads(row.body))
    return found, max(0, len(ids) - most)


def _day(count: int | None) -> str | None:
    if count is None:
        return None
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=count)).date().isoformat()


def _moment(micros: int | None) -> str | None:
    if micros is None:
        return None
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).isoformat()
