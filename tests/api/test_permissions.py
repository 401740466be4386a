"""Who of the agency's people may do what with whose things, through the routes, as a table.

Each role is held by somebody who stands to Sari as the role says (her superior, her coach, a peer
who is asked about her, the contact of her unit, she herself) and to Budi in no way at all. A cell
says what happens: `all`: allowed with both; `near`: with Sari's things, while Budi's are as if they
were not there; `-`: forbidden with both.
"""

import io
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from lrs import casework, rights
from lrs.api.practice import PREFIX, SIGNED_IN, SignedIn
from lrs.app import PRACTICE
from lrs.auth import roles
from lrs.context import Context
from lrs.practice import records
from lrs.practice.people import IDENTIFIER
from lrs.store import accounts as store_accounts
from lrs.store import audit, cases, register, sessions
from lrs.store.accounts import Tenant
from lrs.store.register import Assignment, Fact
from lrs.web import security
from schemas import accounts
from tests.conftest import NOW, Cast, Client
from tests.pdfs import pdf
from tests.practice_rows import ANSWERS, DAY, LISTENS, Agency

TABLE = """
route                           admin reviewer evaluator coach examiner superior peer learner unit_contact head operator
GET /cases                      all   all      all       near  near     near     -    near    near         -    -
GET /cases/<case>               all   all      all       near  near     near     -    near    near         -    -
GET /cases/<case>/links         all   all      all       -     -        near     -    near    -            -    -
GET /cases/<case>/answers       all   all      all       -     -        -        -    -       -            -    -
POST /cases/<case>/answers      all   -        all       near  near     near     near near    -            -    -
POST /cases/<case>/ending       all   all      -         -     -        -        -    -       -            -    -
GET /links                      all   all      all       -     -        near     -    near    -            -    -
POST /links                     all   all      -         -     -        -        -    -       -            -    -
GET /links/<link>               all   all      all       -     -        near     -    near    -            -    -
POST /links/<link>/verdicts     all   all      -         -     -        -        -    -       -            -    -
POST /links/verdicts            all   all      -         -     -        -        -    -       -            -    -
GET /evidence                   all   all      -         -     -        near     -    near    -            -    -
POST /evidence                  all   -        -         near  near     near     -    near    -            -    -
GET /evidence/<statement>       all   all      -         -     -        near     -    near    -            -    -
POST /evidence/<statement>/take-back  all -    -         near  near     near     -    near    -            -    -
GET /people                     all   all      all       near  near     near     -    near    near         -    -
POST /people/search             all   all      all       near  near     near     -    near    near         -    -
GET /people/<person>            all   all      all       near  near     near     -    near    near         -    -
POST /people/<person>/assignments  all -       -         -     -        -        -    -       near         -    -
GET /people/<person>/requests   all   -        -         -     -        -        -    -       -            -    -
POST /people/<person>/requests  all   -        -         -     -        -        -    -       -            -    -
POST /people/<person>/requests/settled  all -  -         -     -        -        -    -       -            -    -
POST /people/<person>/restriction  all -       -         -     -        -        -    -       -            -    -
POST /people/<person>/rectification  all -     -         -     -        -        -    -       -            -    -
GET /people/<person>/erasure    all   -        -         -     -        -        -    -       -            -    -
GET /erasures                   all   -        -         -     -        -        -    -       -            -    -
GET /units                      all   all      all       all   all      all      all  all     all          all  -
PUT /units                      all   -        -         -     -        -        -    -       -            -    -
GET /identities                 all   -        -         -     -        -        -    -       -            -    -
POST /identities/decisions      all   -        -         -     -        -        -    -       -            -    -
GET /participation              all   all      all       -     -        near     -    near    near         -    -
POST /imports/people            all   -        -         -     -        -        -    -       -            -    -
POST /imports/events            all   -        -         -     -        -        -    -       -            -    -
POST /imports/accounts          all   -        -         -     -        -        -    -       -            -    -
POST /imports/completions       all   -        -         -     -        -        -    -       -            -    -
POST /imports/rosters           all   -        -         -     -        -        -    -       -            -    -
POST /imports/evidence          all   -        -         -     -        -        -    -       -            -    -
GET /identities/proposals       all   -        -         -     -        -        -    -       -            -    -
POST /identities/proposals      all   -        -         -     -        -        -    -       -            -    -
GET /hours                      all   all      all       -     -        -        -    -       -            -    -
GET /programmes/proposals       all   -        -         -     -        -        -    -       -            -    -
POST /programmes/proposals      all   -        -         -     -        -        -    -       -            -    -
POST /meetings                  all   -        -         near  near     near     -    near    -            -    -
POST /answers/<statement>/take-back  all -     all       all   all      all      all  all     -            -    -
POST /reconcile                 all   -        -         -     -        -        -    -       -            -    -
GET /programmes                 all   all      all       all   all      all      all  all     all          all  -
POST /programmes                all   -        -         -     -        -        -    -       -            -    -
POST /programmes/trial          all   -        -         -     -        -        -    -       -            -    -
GET /programmes/<programme>     all   all      all       all   all      all      all  all     all          all  -
PUT /programmes/<programme>     all   -        -         -     -        -        -    -       -            -    -
GET /courses/unclaimed          all   -        -         -     -        -        -    -       -            -    -
GET /units/<unit>/service       all   all      all       -     -        -        -    -       -            all  -
GET /figures                    all   all      all       -     -        -        -    -       -            all  -
GET /figures/<figure>           all   all      all       -     -        -        -    -       -            all  -
GET /invitations                all   -        all       -     -        -        -    -       near         -    -
POST /invitations               all   -        -         -     -        -        -    -       -            -    -
GET /invitations/plan           all   -        -         -     -        -        -    -       -            -    -
POST /follow-up                 all   -        -         -     -        -        -    -       -            -    -
GET /cases/<case>/peers         all   -        -         -     -        -        -    -       near         -    -
PUT /cases/<case>/peers         all   -        -         -     -        -        -    near    -            -    -
POST /cases/<case>/peers/confirm  all -        -         -     -        -        -    -       near         -    -
POST /rounds/<round>/hand-over  all   -        -         -     -        -        -    -       -            -    -
POST /rounds/<round>/revoke     all   -        -         -     -        -        -    -       -            -    -
POST /rounds/<round>/again      all   -        -         -     -        -        -    -       -            -    -
POST /units/<unit>/ask          all   -        -         -     -        -        -    -       -            -    -
GET /evaluators                 all   -        -         -     -        -        -    -       -            -    -
PUT /evaluators                 all   -        -         -     -        -        -    -       -            -    -
GET /programmes/<programme>/evaluators  all -  -         -     -        -        -    -       -            -    -
PUT /programmes/<programme>/evaluators  all -  -         -     -        -        -    -       -            -    -
GET /reports                    all   -        -         -     -        -        -    -       -            -    -
POST /reports                   all   -        -         -     -        -        -    -       -            -    -
GET /reports/<report>           all   -        -         -     -        -        -    -       -            -    -
POST /reports/<report>/confirm  all   -        -         -     -        -        -    -       -            -    -
POST /reports/<report>/dismiss  all   -        -         -     -        -        -    -       -            -    -
GET /submissions                all   -        -         -     -        -        -    -       -            -    -
POST /submissions/decisions     all   -        -         -     -        -        -    -       -            -    -
POST /papers                    all   -        all       -     -        -        -    -       near         -    -
POST /people/<person>/erasure   all   -        -         -     -        -        -    -       -            -    -
"""  # noqa: E501 - a table that is broken up is no table

#: By which Sari is known where a test says so.
NIP = "199001012020011001"

#: What no key may, but a human who signed in.
OF_HUMANS = ("/requests", "/settled", "/restriction", "/rectification", "/erasure")

_LINES = [line.split() for line in TABLE.strip().splitlines()]
HELD = _LINES[0][1:]
CELLS = {
    (f"{line[0]} {line[1]}", role): cell
    for line in _LINES[1:]
    for role, cell in zip(HELD, line[2:], strict=True)
}
ROUTES = list(dict.fromkeys(route for route, _ in CELLS))

#: What each role calls itself when it speaks of somebody's work.
SPEAKS = {"learner": "self"}


@dataclass
class Things:
    """What there is of one person."""

    person: bytes
    case: bytes
    link: bytes
    statement: bytes
    round: bytes
    invitation: bytes
    report: bytes


@dataclass
class Stage:
    """The agency, with Sari and Budi, and one person for each role."""

    agency: Agency
    tenant: Tenant
    client: Client
    programme: bytes
    unit: bytes
    sari: Things
    budi: Things
    people: Mapping[str, bytes | None]

    def ask(self, role: str, route: str, whose: Things) -> Any:
        method, path = route.split()
        ids = {
            "case": whose.case.hex(),
            "link": whose.link.hex(),
            "statement": whose.statement.hex(),
            "round": whose.round.hex(),
            "report": whose.report.hex(),
            "person": str(uuid.UUID(bytes=whose.person)),
            "programme": self.programme.hex(),
            "unit": self.unit.hex(),
            "figure": "M10",
        }
        for name, value in ids.items():
            path = path.replace(f"<{name}>", value)
        body = BODIES.get(route, lambda *_: None)(role, whose, self)
        more: dict[str, Any] = {"json": body} if isinstance(body, dict) else {}
        if isinstance(body, bytes):
            more = {"data": body, "content_type": "application/pdf"}
        if isinstance(body, str):
            more = {
                "data": body.encode(),
                "content_type": "text/csv",
                "query_string": "dry_run=true",
            }
            if route == "POST /reconcile":
                del more["query_string"]
        headers = {"X-As": role, "Sec-Fetch-Site": "same-origin", "Authorization": None}
        return self.client.open(PREFIX + path, method=method, headers=headers, **more)


def _words(role: str) -> str:
    return SPEAKS.get(role, role)


def _by_uuid(person: bytes) -> str:
    return str(uuid.UUID(bytes=person))


Body = Callable[[str, Things, Stage], dict[str, Any] | str | bytes | None]


def _settled(role: str, whose: Things, stage: Stage) -> dict[str, Any]:
    """A request of theirs that waits, and what became of it."""
    if stage.tenant.id != stage.agency.tenant_id or role != "admin":
        return {"request": str(uuid.UUID(int=1)), "state": "done"}
    told = {"asked_by": "person", "by": "admin", "now": NOW}
    made = stage.agency.database.write(
        lambda c: rights.ask(c, stage.tenant, whose.person, "copy", **told)
    )
    return {"request": _by_uuid(made), "state": "done"}


def _lifted(role: str, whose: Things, stage: Stage) -> dict[str, Any]:
    """To lift a restriction, which is there."""
    if role == "admin":
        stage.agency.database.write(
            lambda c: rights.restrict(c, stage.tenant, whose.person, why="x", by="admin", now=NOW)
        )
    return {"why": "Selesai.", "lifted": True}


BODIES: Mapping[str, Body] = {
    "POST /people/<person>/requests": lambda *_: {"kind": "copy", "asked_by": "person"},
    "POST /people/<person>/requests/settled": _settled,
    "POST /people/<person>/restriction": _lifted,
    "POST /people/<person>/rectification": lambda *_: {"phone": "0811"},
    "POST /people/<person>/erasure": lambda role, whose, stage: {
        "reason": "Diminta sendiri.",
        "asked_by": "person",
        "confirmed": "Sari" if whose.person == stage.sari.person else "Budi",
    },
    "POST /cases/<case>/answers": lambda role, whose, stage: {
        "form": "C",
        "role": _words(role) if role != "admin" else "admin",
        "observed_on": "2024-10-04",
        "whole": {},
        "items": {
            iri: {"observed": True, "value": 3, "frequency": "weekly"} for iri in (LISTENS, ANSWERS)
        },
        "submission": str(uuid.uuid4()),
    },
    "POST /cases/<case>/ending": lambda *_: {"why": "moved", "day": "2024-10-04"},
    "POST /links": lambda role, whose, stage: {
        "case": whose.case.hex(),
        "evidence": whose.statement.hex(),
        "reason": "She told of it",
    },
    "POST /links/<link>/verdicts": lambda *_: {"move": "take"},
    "POST /links/verdicts": lambda role, whose, stage: {
        "move": "take",
        "links": [whose.link.hex()],
    },
    "POST /evidence": lambda role, whose, stage: {
        "person": _by_uuid(whose.person),
        "of": "observation",
        "role": _words(role),
        "performed_on": "2024-10-04",
        "title": "Seen at the counter",
    },
    "POST /evidence/<statement>/take-back": lambda *_: {"why": "By mistake"},
    "POST /people/search": lambda role, whose, stage: {
        "words": "Sari" if whose is stage.sari else "Budi"
    },
    "POST /people/<person>/assignments": lambda role, whose, stage: {
        "person": _by_uuid(stage.people["coach"] or b""),
        "role": "coach",
    },
    "PUT /units": lambda *_: {"path": "Dinas A"},
    "POST /identities/decisions": lambda role, whose, stage: {
        "decision": "refuse",
        "person": _by_uuid(whose.person),
        "identifier": {"kind": "mbox", "text": "mailto:somebody@example.org"},
    },
    "POST /imports/people": lambda *_: "nip,nama\n199001012020011001,Sari\n",
    "POST /imports/events": lambda *_: (
        "nip,peristiwa,tanggal\n199001012020011001,mutasi,2024-10-04\n"
    ),
    "POST /imports/accounts": lambda *_: (
        "nip,lms,akun\n199001012020011001,https://l.example.org,7\n"
    ),
    "POST /imports/completions": lambda *_: (
        "nip,pelatihan,tanggal selesai\n199001012020011001,Pelayanan Prima,2024-10-04\n"
    ),
    "POST /imports/rosters": lambda *_: (
        "nip,pelatihan,tanggal\n199001012020011001,Pelayanan Prima,2024-10-04\n"
    ),
    "POST /imports/evidence": lambda *_: (
        "nip,tanggal,judul\n199001012020011001,2024-10-04,Laporan\n"
    ),
    "POST /programmes/proposals": lambda *_: {
        "programmes": ["1"],
        "base": "https://agency.example.org/programmes",
    },
    "POST /meetings": lambda role, whose, stage: {
        "people": [_by_uuid(whose.person)],
        "role": _words(role),
        "held_on": "2024-10-04",
        "text": "Looked at the queue together",
    },
    "POST /answers/<statement>/take-back": lambda *_: {"why": "Not mine"},
    "POST /reconcile": lambda *_: "nip,course\n199001012020011001,https://course.example.org/1\n",
    "POST /programmes": lambda *_: {"programmes": []},
    "POST /programmes/trial": lambda *_: {"programmes": []},
    "PUT /programmes/<programme>": lambda *_: {
        "programme": {"iri": "https://agency.example.org/programmes/service", "title": "Prima"}
    },
    "PUT /cases/<case>/peers": lambda role, whose, stage: {
        "people": [_by_uuid(stage.people["peer"] or b"")]
    },
    "POST /cases/<case>/peers/confirm": lambda *_: {"people": []},
    "POST /rounds/<round>/hand-over": lambda *_: {"channel": "list"},
    "POST /reports": lambda *_: pdf([]),
    "POST /reports/<report>/confirm": lambda role, whose, stage: {
        "person": _by_uuid(whose.person),
        "title": "Antrean",
        "done_on": "2024-10-04",
    },
    "POST /submissions/decisions": lambda role, whose, stage: {
        "decision": "dismiss",
        "statements": [whose.statement.hex()],
    },
    "POST /papers": lambda role, whose, stage: {
        "code": whose.invitation.hex()[:10],
        "forms": [{"form": "B", "whole": {"on_plan": True, "opportunity": True}}],
    },
    "PUT /evaluators": lambda role, whose, stage: {"people": [_by_uuid(whose.person)]},
    "PUT /programmes/<programme>/evaluators": lambda *_: {"people": []},
    "POST /follow-up": lambda *_: {
        "programme": "https://agency.example.org/programmes/service",
        "follow": True,
    },
}


@pytest.fixture
def stage(app: Flask, client: Client, cast: Cast, context_at: datetime) -> Stage:
    agency = Agency(cast.database, cast.tenant.id)
    programme = agency.programme()
    contact, boss, coach, examiner, peer = (
        agency.person(name) for name in ("Contact", "Boss", "Coach", "Examiner", "Peer")
    )
    unit = agency.unit("Dinas A", contact=contact.hex())
    other = agency.unit("Dinas B")
    sari = agency.person("Sari", unit=unit, superior=boss)
    budi = agency.person("Budi", unit=other)

    def things(person: bytes, in_unit: bytes) -> Things:
        case = agency.case(person, programme, cohort="Angkatan I", unit=in_unit)
        statement = agency.event(person)
        link = agency.link(case, person, evidence=agency.event(person), behaviour=LISTENS)
        agency.attended(person, programme)
        round_, asked = agency.id(), peer if person == sari else boss
        invitation = agency.invitation(case, "peer", asked, due=DAY, round=round_)
        return Things(person, case, link, statement, round_, invitation, agency.report())

    for who, role in ((coach, "coach"), (examiner, "examiner")):
        given = Assignment(who, sari, role, None, None)
        agency.database.write(lambda c, g=given: register.assign(c, agency.tenant_id, g, "admin"))
    people: dict[str, bytes | None] = {
        "coach": coach,
        "examiner": examiner,
        "superior": boss,
        "peer": peer,
        "learner": sari,
        "unit_contact": contact,
    }

    def signed_in(request: Any) -> SignedIn | None:
        role = request.headers.get("X-As")
        if role is None:
            return None
        held = frozenset([role])
        return SignedIn(cast.tenant, role, held, people.get(role))

    app.extensions[SIGNED_IN] = signed_in
    return Stage(
        agency,
        cast.tenant,
        client,
        programme,
        unit,
        things(sari, unit),
        things(budi, other),
        people,
    )


@pytest.fixture
def context_at(app: Flask) -> datetime:
    """The day on which all this is asked."""
    moment = datetime(1970, 1, 1, 9, tzinfo=UTC) + timedelta(days=DAY + 1)
    old: Context = app.extensions["jejak"]
    settings = replace(old.settings, public_url="https://lrs.example.go.id")
    app.extensions["jejak"] = Context(settings, old.database, lambda: moment)
    return moment


def handed_in(stage: Stage, role: str, whose: Things) -> None:
    """Have evidence of this person that this role handed in, where it may."""
    person = stage.people.get(role)
    by = _by_uuid(person) if person else f"user:{role}"
    evidence = records.Evidence(
        person=_by_uuid(whose.person),
        of="observation",
        by=by,
        role="self" if person == whose.person else "admin",
        performed_on=date(2024, 10, 4),
        title="Seen",
    )
    now = datetime(2024, 10, 5, tzinfo=UTC)

    def write(connection: Any) -> str:
        return casework.hand_in(connection, stage.tenant, evidence, now=now)

    whose.statement = bytes.fromhex(stage.agency.database.write(write).replace("-", ""))


def answered(stage: Stage, by: str, whose: Things) -> None:
    """Have an answer about this person, by this rater."""
    filled = casework.Filled(
        form="C",
        role="self" if by == _by_uuid(whose.person) else "evaluator",
        observed_on=date(2024, 10, 4),
        submission=str(uuid.uuid4()),
        case=whose.case.hex(),
        rater=by,
        items={iri: {"observed": False} for iri in (LISTENS, ANSWERS)},
    )
    now = datetime(2024, 10, 5, tzinfo=UTC)
    ids = stage.agency.database.write(lambda c: casework.answer(c, stage.tenant, filled, now=now))
    whose.statement = bytes.fromhex(ids[0].replace("-", ""))


LISTS = {
    "GET /cases": lambda items: {each["person"] for each in items},
    "GET /links": lambda items: {each["person"] for each in items},
    "GET /evidence": lambda items: {each["person"] for each in items},
    "GET /people": lambda items: {each["id"] for each in items},
    "POST /people/search": lambda items: {each["id"] for each in items},
    "GET /participation": lambda items: {each["person"] for each in items},
    "GET /invitations": lambda items: {each["person"] for each in items},
}


def outcome(stage: Stage, role: str, route: str, whose: Things) -> str:
    """`yes`, `no` (forbidden) or `none` (as if it were not there)."""
    if route == "POST /evidence/<statement>/take-back":
        handed_in(stage, role, whose)
    if route == "POST /answers/<statement>/take-back":
        person = stage.people.get(role)
        answered(stage, _by_uuid(person) if person else f"user:{role}", whose)
    if "<report>" in route:
        whose.report = stage.agency.report()
    answer = stage.ask(role, route, whose)
    if route == "POST /programmes/proposals" and answer.status_code == 404:
        assert "a proposed programme '1'" in answer.get_json()["detail"]
        return "yes"
    if answer.status_code == 403:
        return "no"
    if answer.status_code == 404:
        return "none"
    assert answer.status_code in (200, 201), (role, route, answer.get_data(as_text=True))
    if route in LISTS:
        return (
            "yes" if _by_uuid(whose.person) in LISTS[route](answer.get_json()["items"]) else "none"
        )
    if route == "POST /links/verdicts":
        assert answer.get_json()["moved"][0]["error"] is None
    return "yes"


MEANS = {"all": ("yes", "yes"), "near": ("yes", "none"), "-": ("no", "no")}


@pytest.mark.parametrize("role", HELD)
def test_each_role_may_do_what_the_table_says(stage: Stage, role: str) -> None:
    found = {}
    for route in ROUTES:
        told = outcome(stage, role, route, stage.sari), outcome(stage, role, route, stage.budi)
        found[route] = next((cell for cell, means in MEANS.items() if means == told), str(told))
    assert found == {route: CELLS[route, role] for route in ROUTES}


def test_the_table_has_every_route_and_every_role() -> None:
    there = {f"{method} {each.path}" for each in PRACTICE for method in each.uses}
    assert there - {r for r in there if "/webhooks" in r} == set(ROUTES)
    assert set(HELD) == set(accounts.ROLES) == set(roles.MAY)


def test_every_route_names_an_action_of_the_table_of_roles() -> None:
    for resource in PRACTICE:
        for method, use in resource.uses.items():
            assert use.action in roles.SCOPES_FOR, (resource.path, method)
            if method == "GET":
                continue
            assert resource.path == "/people/search" or use.action.endswith(("/write", "/key")), (
                resource.path,
                method,
            )


SCOPES = (
    "practice/read",
    "practice/write",
    "practice/review",
    "practice/admin",
    "practice/all",
    "all",
)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_may_do_what_its_scope_says(stage: Stage, cast: Cast, scope: str) -> None:
    key = cast.key(scope)
    for resource in PRACTICE:
        for method, use in resource.uses.items():
            route = f"{method} {resource.path}"
            if "/webhooks" in route:
                continue
            stage.client.usual["Authorization"] = key
            answer = _with_key(stage, route)
            needed = roles.SCOPES_FOR[use.action]
            allowed = needed is not None and scope in (needed, "practice/all")
            assert (answer.status_code != 403) == allowed, (route, answer.get_data(as_text=True))


def _with_key(stage: Stage, route: str) -> Any:
    method, path = route.split()
    for name in ("case", "link", "statement", "programme", "round", "report", "unit"):
        path = path.replace(f"<{name}>", "0" * 32)
    path = path.replace("<person>", str(uuid.UUID(int=1))).replace("<figure>", "M1")
    return stage.client.open(PREFIX + path, method=method, json={})


@pytest.mark.parametrize("role", HELD)
def test_webhooks_are_the_operators_alone(stage: Stage, role: str) -> None:
    for resource in PRACTICE:
        if "/webhooks" not in resource.path:
            continue
        path = resource.path.replace("<webhook>", "0" * 32).replace("<delivery>", "0" * 32)
        for method in resource.uses:
            headers = {"X-As": role, "Sec-Fetch-Site": "same-origin", "Authorization": None}
            json_ = {"url": "nowhere"} if method == "POST" else None
            answer = stage.client.open(PREFIX + path, method=method, json=json_, headers=headers)
            assert (answer.status_code == 403) == (role != "operator"), (path, method)


def test_nothing_of_a_neighbour_is_there(stage: Stage, neighbour: Cast) -> None:
    """Every id of Sari's, asked for with a key of another tenant that may do anything."""
    stage.client.usual["Authorization"] = neighbour.key("practice/all")
    for route in ROUTES:
        if "<" not in route or "<figure>" in route or route == "PUT /programmes/<programme>":
            continue
        if any(route.endswith(each) for each in OF_HUMANS):
            continue  # no key may, whatever it is about
        method, path = route.split()
        things = stage.sari
        path = path.replace("<person>", _by_uuid(things.person))
        path = path.replace("<programme>", stage.programme.hex())
        path = path.replace("<unit>", stage.unit.hex())
        for name in ("case", "link", "statement", "round", "report"):
            path = path.replace(f"<{name}>", getattr(things, name).hex())
        body = BODIES.get(route, lambda *_: None)("admin", things, stage)
        answer = stage.client.open(PREFIX + path, method=method, json=body)
        assert answer.status_code == 404, (route, answer.get_data(as_text=True))


#: What asks for Sari's things in particular, or lists whatever there is.
_ABOUT = ("<case>", "<link>", "<statement>", "<person>")
NARROWED = (
    "GET /cases?person=<person>",
    "GET /links?person=<person>",
    "GET /links?evidence=<evidence>",
    "GET /evidence?person=<person>",
    "GET /participation?person=<person>",
    "GET /invitations?person=<person>",
    "GET /invitations?case=<case>",
    "GET /invitations?round=<round>",
)


def _what_is_told(stage: Stage, role: str, authorization: str | None = None) -> dict[str, bool]:
    """Every way to ask for what is Sari's, and whether something of hers is told."""
    sari, found = stage.sari, {}
    with stage.agency.database.read() as connection:
        link = cases.link(connection, stage.tenant.id, sari.link)
    assert link is not None
    lists = [route for route in LISTS if route.startswith("GET")]
    for way in (*ROUTES, *NARROWED, "POST /people/search?number"):
        method, path = way.split()
        asks = method == "GET" and (any(each in path for each in _ABOUT) or way in lists)
        if not (asks or way in NARROWED or "/people/search" in way):
            continue
        if any(path.endswith(each) for each in OF_HUMANS):
            continue
        path = path.replace("<person>", _by_uuid(sari.person)).replace("?number", "")
        path = path.replace("<evidence>", link.evidence.hex())
        for name in ("case", "link", "statement", "round"):
            path = path.replace(f"<{name}>", getattr(sari, name).hex())
        body = {"number": NIP} if way.endswith("?number") else {"words": "sari"}
        headers = {"X-As": role, "Sec-Fetch-Site": "same-origin", "Authorization": authorization}
        headers = {name: value for name, value in headers.items() if value or authorization is None}
        answer = stage.client.open(
            PREFIX + path,
            method=method,
            json=body if method == "POST" else None,
            headers=headers,
        )
        if answer.status_code == 200:
            told = answer.get_json()
            found[way] = bool(told.get("items", True))
            if way in LISTS and "items" in told:
                found[way] = _by_uuid(sari.person) in LISTS[way](told["items"])
        else:
            assert answer.status_code in (403, 404), (way, answer.get_data(as_text=True))
            found[way] = False
    return found


def _keep_only(stage: Stage) -> None:
    """Have what is held of Sari only kept."""
    told = {"why": "Data disengketakan.", "by": "admin", "now": NOW}
    stage.agency.database.write(
        lambda c: rights.restrict(c, stage.tenant, stage.sari.person, **told)
    )


@pytest.fixture
def numbered(stage: Stage) -> Stage:
    """The agency, where Sari is known by her number, too."""
    fact = Fact(IDENTIFIER, stage.sari.person, {"kind": "nip", "text": NIP})
    stage.agency.enter(fact)
    return stage


@pytest.mark.parametrize("role", HELD)
def test_of_whom_data_is_only_kept_is_found_by_who_keeps_the_register_and_themselves(
    numbered: Stage, role: str
) -> None:
    before = _what_is_told(numbered, role)
    _keep_only(numbered)
    after = _what_is_told(numbered, role)
    if role == "admin":
        # Out of the lists, until they are asked for by name.
        out = {"GET /cases", "GET /links", "GET /evidence", "GET /participation"}
        out |= {"GET /invitations", *(way for way in NARROWED if "person=" not in way)}
        assert {way for way in before if before[way] and not after[way]} == out & {
            way for way, told in before.items() if told
        }
    elif role == "learner":
        assert after == before
    else:
        assert not any(after.values()), {way for way, told in after.items() if told}


@pytest.mark.parametrize("scopes", SCOPES)
def test_a_key_finds_of_them_what_it_may_only_where_it_keeps_the_register(
    numbered: Stage, cast: Cast, scopes: str
) -> None:
    key = cast.key(scopes)
    before = _what_is_told(numbered, "", key)
    _keep_only(numbered)
    after = _what_is_told(numbered, "", key)
    if scopes in ("practice/all", "practice/admin"):
        assert after["GET /people"] == before["GET /people"]
        assert after["GET /people/<person>"] == before["GET /people/<person>"]
        assert after["GET /cases?person=<person>"] == before["GET /cases?person=<person>"]
        assert not any(after[way] for way in ("GET /cases", "GET /links", "GET /invitations"))
    else:
        assert not any(after.values()), {way for way, told in after.items() if told}


@pytest.mark.parametrize("scopes", ["practice/write", "practice/review"])
def test_a_key_that_does_not_keep_the_register_writes_nothing_of_them(
    numbered: Stage, cast: Cast, scopes: str
) -> None:
    key = cast.key(scopes)
    _keep_only(numbered)
    writes = {
        "practice/write": ("POST /evidence", "POST /cases/<case>/answers", "POST /meetings"),
        "practice/review": ("POST /links/<link>/verdicts", "POST /links"),
    }
    numbered.client.usual["Authorization"] = key
    for route in writes[scopes]:
        method, path = route.split()
        path = path.replace("<case>", numbered.sari.case.hex())
        path = path.replace("<link>", numbered.sari.link.hex())
        body = BODIES[route]("superior", numbered.sari, numbered)
        answer = numbered.client.open(PREFIX + path, method=method, json=body)
        assert answer.status_code == 404, (route, answer.get_data(as_text=True))


def test_nobody_reads_the_answers_about_themselves_or_their_staff_whatever_else_they_are(
    stage: Stage, cast: Cast, app: Flask
) -> None:
    stage.agency.answer(stage.sari.case, stage.sari.person, rater=stage.people["superior"])
    for role in ("learner", "superior"):
        app.extensions[SIGNED_IN] = lambda _, r=role: SignedIn(
            cast.tenant, "sari", frozenset(["admin", r]), stage.people[r]
        )
        route = "GET /cases/<case>/answers"
        assert stage.ask("admin", route, stage.sari).status_code == 404
        assert stage.ask("admin", route, stage.budi).status_code == 200
        told = stage.ask("admin", "GET /cases/<case>", stage.sari).get_json()
        assert "answered" not in {each["what"] for each in told["timeline"]}


def test_a_head_sees_figures_as_they_are_published(stage: Stage) -> None:
    answer = stage.ask("head", "GET /figures/<figure>", stage.sari)
    assert answer.get_json()["published"] is True
    assert stage.ask("admin", "GET /figures/<figure>", stage.sari).get_json()["published"] is False


def test_nobody_says_they_are_what_they_are_not(stage: Stage) -> None:
    body = BODIES["POST /evidence"]("learner", stage.sari, stage)
    assert isinstance(body, dict)
    for claimed in ("superior", "evaluator", "admin", "peer", "coach"):
        answer = stage.client.post(
            f"{PREFIX}/evidence",
            json=body | {"role": claimed},
            headers={"X-As": "learner", "Sec-Fetch-Site": "same-origin", "Authorization": None},
        )
        assert answer.status_code == 400, claimed
        assert f"You are not the {claimed}" in answer.get_json()["detail"]


def test_another_site_cannot_have_a_browser_write(stage: Stage) -> None:
    for site in (None, "cross-site", "same-site", "none"):
        headers = {"X-As": "admin", "Authorization": None, "Sec-Fetch-Site": site}
        answer = stage.client.put(f"{PREFIX}/units", json={"path": "X"}, headers=headers)
        assert answer.status_code == 403
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_without_a_key_nobody_is_answered(stage: Stage) -> None:
    answer = stage.client.get(f"{PREFIX}/cases", headers={"Authorization": None})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert answer.get_json()["type"] == "urn:jejak:problem:unauthenticated"


def test_a_form_with_files_is_read_for_who_may_only(stage: Stage) -> None:
    body = BODIES["POST /evidence"]("peer", stage.sari, stage)
    data = {"evidence": json.dumps(body), "file": (io.BytesIO(b"%PDF-1.7\n%%EOF"), "a.pdf")}
    headers = {"X-As": "peer", "Sec-Fetch-Site": "same-origin", "Authorization": None}
    answer = stage.client.post(f"{PREFIX}/evidence", data=data, headers=headers)
    assert answer.status_code == 403


def test_who_signed_in_to_the_pages_asks_with_their_cookie_and_is_noted(
    app: Flask, client: Client, cast: Cast
) -> None:
    agency = Agency(cast.database, cast.tenant.id)
    sari, other = agency.person("Sari"), agency.person("Budi")
    for each in (sari, other):
        agency.case(each)

    def sign_in(connection: Any) -> None:
        user = store_accounts.create_user(connection, cast.tenant, "sari", None, {"learner"}, NOW)
        store_accounts.change_user(connection, cast.tenant, "sari", person=sari)
        sessions.create(
            connection, user, "token", stage=sessions.IN, now=NOW, lasts=timedelta(days=9999)
        )

    cast.database.write(sign_in)
    old: Context = app.extensions["jejak"]
    app.extensions["jejak"] = Context(old.settings, old.database, lambda: NOW)
    with app.test_request_context("/"):
        cookie = f"{security.cookie_name(old)}=token"
    headers = {"Authorization": None, "Cookie": cookie}
    told = client.get(f"{PREFIX}/cases", headers=headers).get_json()["items"]
    assert [each["name"] for each in told] == ["Sari"]
    assert client.get(f"{PREFIX}/identities", headers=headers).status_code == 403
    with cast.database.read() as connection:
        [entry] = audit.page(connection, cast.tenant.id)
    assert (entry.who, entry.action, entry.subject) == ("user:sari", "api/cases/read", "GET /cases")


def test_nobody_takes_back_what_another_answered(stage: Stage) -> None:
    answered(stage, _by_uuid(stage.people["superior"] or b""), stage.sari)
    for role in ("learner", "coach", "evaluator", "peer"):
        answer = stage.ask(role, "POST /answers/<statement>/take-back", stage.sari)
        assert answer.status_code == 404, role


def test_an_answer_that_was_linked_is_not_told_to_whom_it_is_about(
    stage: Stage, cast: Cast, app: Flask
) -> None:
    rater = stage.people["peer"]
    statement = stage.agency.answer(stage.sari.case, stage.sari.person, role="peer", rater=rater)
    link = stage.agency.link(
        stage.sari.case,
        stage.sari.person,
        evidence=statement,
        title="She never listens",
        by=_by_uuid(rater or b""),
        role="peer",
    )
    things = replace(stage.sari, link=link)
    routes = ("GET /links/<link>", "GET /links", "GET /cases/<case>/links", "GET /cases/<case>")
    for role, told in (("learner", False), ("superior", False), ("reviewer", True)):
        for route in routes:
            said = stage.ask(role, route, things).get_data(as_text=True)
            assert ("never listens" in said) == told, (role, route)
            assert (_by_uuid(rater or b"") in said) == told, (role, route)
