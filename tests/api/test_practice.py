"""The practice API: lists that go on, what is handed in, errors that teach, a true document."""

import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs.api.openapi import document
from lrs.api.practice import PREFIX
from lrs.app import PRACTICE
from lrs.auth import roles
from lrs.context import Context
from lrs.practice import names
from lrs.store import invitations
from lrs.store import practice as store
from schemas.programmes import dump
from tests.conftest import Cast, Client
from tests.practice_rows import AT, DAY, LISTENS, SERVICE, Agency

DOCUMENT = json.loads(json.dumps(document(PRACTICE)))


@pytest.fixture
def agency(cast: Cast) -> Agency:
    return Agency(cast.database, cast.tenant.id)


@pytest.fixture
def api(client: Client, cast: Cast) -> Client:
    """Signed in with a key that may do whatever a key may."""
    return client.signed_in(cast.key("practice/all"))


# What the document says ----------------------------------------------------------------------


def faults(value: Any, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """What of a value is not as a schema of the document says: the part of JSON Schema that the
    document uses."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from faults(value, DOCUMENT["components"]["schemas"][name], path)
        return
    if "anyOf" in schema:
        if not any(next(faults(value, each, path), None) is None for each in schema["anyOf"]):
            yield f"{path}: {value!r} is none of anyOf"
        return
    types = schema.get("type")
    if types is not None:
        known = {
            "object": dict,
            "array": list,
            "string": str,
            "integer": int,
            "number": (int, float),
            "boolean": bool,
            "null": type(None),
        }
        wanted = [types] if isinstance(types, str) else types
        fits = [
            each
            for each in wanted
            if isinstance(value, known[each])
            and not (isinstance(value, bool) and each in ("integer", "number"))
        ]
        if not fits:
            yield f"{path}: {value!r} is no {types}"
            return
    if isinstance(value, dict) and "properties" in schema:
        for name, each in value.items():
            if name in schema["properties"]:
                yield from faults(each, schema["properties"][name], f"{path}.{name}")
    if isinstance(value, list) and "items" in schema:
        for n, each in enumerate(value):
            yield from faults(each, schema["items"], f"{path}[{n}]")
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is none of {schema['enum']}"


def as_told(api: Client, method: str, route: str, **more: Any) -> Any:
    """Ask, and hold the answer against the document."""
    ids: dict[str, str] = more.pop("ids", {})
    status = more.pop("status", None)
    path = route
    for name, value in ids.items():
        path = path.replace(f"<{name}>", value)
    answer = api.open(PREFIX + path, method=method, **more)
    told = route
    for name in ids:
        told = told.replace(f"<{name}>", f"{{{name}}}")
    responses = DOCUMENT["paths"][PREFIX + told.partition("?")[0]][method.lower()]["responses"]
    response = responses.get(str(answer.status_code), responses["default"])
    if status is not None:
        assert answer.status_code == status, answer.get_data(as_text=True)
    kind = answer.headers["Content-Type"].partition(";")[0]
    assert kind in response["content"], answer.get_data(as_text=True)
    assert list(faults(answer.get_json(), response["content"][kind]["schema"])) == []
    return answer


def test_the_document_is_whole(client: Client) -> None:
    answer = client.get("/practice/api/openapi.json", headers={"Authorization": None})
    assert answer.get_json() == DOCUMENT
    assert DOCUMENT["openapi"] == "3.1.0"
    operations = [each for path in DOCUMENT["paths"].values() for each in path.values()]
    named = [each["operationId"] for each in operations if isinstance(each, dict)]
    assert len(named) == len(set(named)) == sum(len(each.uses) for each in PRACTICE)
    refs = set()

    def walk(tree: Any) -> None:
        if isinstance(tree, dict):
            refs.update([tree["$ref"]] if isinstance(tree.get("$ref"), str) else [])
            for each in tree.values():
                walk(each)
        elif isinstance(tree, list):
            for each in tree:
                walk(each)

    walk(DOCUMENT)
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert refs <= known
    for path, item in DOCUMENT["paths"].items():
        for parameter in item.get("parameters", []):
            assert f"{{{parameter['name']}}}" in path


def test_every_thing_that_is_read_is_as_the_document_says(api: Client, agency: Agency) -> None:
    programme = agency.programme()
    unit = agency.unit("Dinas")
    boss = agency.person("Ratna")
    sari = agency.person("Sari", unit=unit, superior=boss, mail="sari")
    case = agency.case(sari, programme, cohort="Angkatan I", unit=unit)
    agency.case(None)
    link = agency.link(case, sari, behaviour=LISTENS)
    statement = agency.event(sari)
    agency.answer(case, sari, rater=boss)
    agency.attended(sari, programme)
    agency.attended(None)
    agency.identity("somebody")
    agency.invitation(case, "self", sari)
    ids = {
        "unit": unit.hex(),
        "case": case.hex(),
        "link": link.hex(),
        "statement": statement.hex(),
        "person": str(uuid.UUID(bytes=sari)),
        "programme": programme.hex(),
        "figure": "M1",
        "report": agency.report().hex(),
    }
    for resource in PRACTICE:
        use = resource.uses.get("GET")
        if (
            use is not None and roles.SCOPES_FOR[use.action] is not None
        ):  # what no key may is left out
            mine = {name: value for name, value in ids.items() if f"<{name}>" in resource.path}
            answer = as_told(api, "GET", resource.path, ids=mine, status=200)
            if use.paged and resource.path not in MAY_BE_EMPTY:
                assert answer.get_json()["items"], resource.path


#: What needs more than this stage to have anything in it.
MAY_BE_EMPTY = ("/hours", "/programmes/proposals", "/submissions")


# Lists ---------------------------------------------------------------------------------------


def pages(api: Client, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after: str | None = PREFIX + path
    while after is not None:
        answer = api.get(after)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        rows += answer.get_json()["items"]
        after = answer.get_json()["next"]
    return rows


def test_a_list_goes_on_with_its_filters_to_its_end(api: Client, agency: Agency) -> None:
    programme = agency.programme()
    for n in range(7):
        sari = agency.person(f"Sari {n}")
        agency.case(sari, programme if n % 2 else names.ZERO, at=AT + n)
    told = pages(api, f"/cases?limit=2&programme={programme.hex()}")
    assert [each["name"] for each in told] == ["Sari 5", "Sari 3", "Sari 1"]
    assert [e["name"] for e in pages(api, "/people?limit=3")] == [f"Sari {n}" for n in range(7)]


def test_a_cursor_shows_nobody_and_cannot_be_made_up(
    api: Client, agency: Agency, neighbour: Cast
) -> None:
    for n in range(3):
        agency.person(f"Sari Dewi {n}")
    after = api.get(f"{PREFIX}/people?limit=1").get_json()["next"]
    assert "ari" not in after.partition("?")[2]
    assert api.get(f"{PREFIX}/people?limit=1").get_json()["next"] == after, "the same each time"
    begins = after.index("=") + 1
    changed = after[:begins] + ("A" if after[begins] != "A" else "B") + after[begins + 1 :]
    elsewhere = after.replace("/people", "/cases")
    for wrong in (changed, elsewhere, f"{PREFIX}/people?after=x", f"{PREFIX}/people?after=é"):
        answer = api.get(wrong)
        assert answer.status_code == 400, wrong
        assert answer.get_json()["problems"][0]["path"] == "after"
    assert api.get(f"{after}&limit=5").status_code == 400
    assert api.signed_in(neighbour.key("practice/all")).get(after).status_code == 400


def test_a_refusal_says_what_may_have_been_meant(api: Client) -> None:
    answer = as_told(api, "GET", "/links?state=submitted", status=400)
    assert "did you mean 'states'?" in answer.get_json()["detail"]
    answer = as_told(api, "POST", "/links", json={"case": "7", "reson": ""}, status=400)
    told = {each["path"]: each["message"] for each in answer.get_json()["problems"]}
    assert told["case"] == "This must be an id: 32 hexadecimal digits in small letters."
    assert told["reson"] == "There is no such member here; did you mean 'reason'?"
    assert told["evidence"] == "This is missing."
    for path in ("/nothing", "/cases/7", f"/cases/{'0' * 32}"):
        answer = api.get(PREFIX + path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (
            404,
            "application/problem+json",
        )
    answer = api.delete(f"{PREFIX}/cases")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    answer = api.post(f"{PREFIX}/links", data=b"{}", content_type="text/plain")
    assert answer.status_code == 415
    for raw in (b"{", b"[]", b'{"case": 1, "case": 2}', b'{"case": NaN}', b"\xff"):
        answer = api.post(f"{PREFIX}/links", data=raw, content_type="application/json")
        assert answer.status_code == 400, raw


# Doing ---------------------------------------------------------------------------------------


def test_evidence_with_a_file_is_handed_in_once_and_can_be_taken_back(
    api: Client, agency: Agency
) -> None:
    sari = agency.person("Sari")
    case = agency.case(sari, agency.programme())
    told = {
        "person": str(uuid.UUID(bytes=sari)),
        "of": "artefact",
        "role": "admin",
        "performed_on": "2024-10-04",
        "title": "Laporan antrean",
        "case": case.hex(),
        "behaviours": [LISTENS],
    }
    key = str(uuid.uuid4())

    def send(content: bytes = b"%PDF-1.7\n%%EOF", name: str = "laporan.pdf") -> Any:
        data = {"evidence": json.dumps(told), "file": (io.BytesIO(content), name)}
        return as_told(api, "POST", "/evidence", data=data, headers={"Idempotency-Key": key})

    first, again = send(), send()
    assert first.status_code == 201
    assert first.get_json() == again.get_json()
    statement = first.get_json()["statement"]
    xapi = api.get(f"/practice/xapi/statements?statementId={statement}&attachments=true")
    assert b"%PDF-1.7" in xapi.get_data()
    back = "/evidence/<statement>/take-back"
    ids = {"statement": statement.replace("-", "")}
    as_told(api, "POST", back, ids=ids, json={"why": "A mistake"}, status=201)
    as_told(api, "POST", back, ids=ids, json={"why": "A mistake"}, status=404)


def test_a_program_is_not_taken_for_evidence(api: Client, agency: Agency) -> None:
    told = {
        "person": str(uuid.UUID(bytes=agency.person("Sari"))),
        "of": "artefact",
        "role": "admin",
        "performed_on": "2024-10-04",
        "title": "Program",
    }
    data = {"evidence": json.dumps(told), "file": (io.BytesIO(b"MZ\x90"), "a.pdf")}
    answer = as_told(api, "POST", "/evidence", data=data, status=400)
    assert answer.get_json()["problems"][0]["path"] == "a.pdf"


def test_a_link_is_moved_and_two_reviewers_do_not_decide_it_twice(
    api: Client, agency: Agency
) -> None:
    sari = agency.person("Sari")
    case = agency.case(sari, agency.programme())
    links = [agency.link(case, sari) for _ in range(2)]
    ids = {"link": links[0].hex()}
    to = "/links/<link>/verdicts"
    as_told(api, "POST", to, ids=ids, json={"move": "take"}, status=201)
    as_told(api, "POST", to, ids=ids, json={"move": "take"}, status=409)
    as_told(api, "POST", to, ids=ids, json={"move": "reject"}, status=400)
    reviewer = str(uuid.UUID(bytes=agency.person("Ratna")))
    several = {"move": "take", "links": [each.hex() for each in links], "by": reviewer}
    told = as_told(api, "POST", "/links/verdicts", json=several, status=200).get_json()["moved"]
    assert [each["statement"] is None for each in told] == [True, False]
    assert "cannot take the move" in told[0]["error"]


def test_a_programme_that_changed_meanwhile_is_not_overwritten(api: Client, agency: Agency) -> None:
    digest = agency.programme()
    ids = {"programme": digest.hex()}
    first = as_told(api, "GET", "/programmes/<programme>", ids=ids, status=200)
    etag = first.headers["ETag"]
    held = api.get(f"{PREFIX}/programmes/{digest.hex()}", headers={"If-None-Match": etag})
    assert held.status_code == 304
    changed = {"programme": dump(SERVICE) | {"title": "Pelayanan Prima 2"}}
    put = ("PUT", "/programmes/<programme>")
    done = as_told(api, *put, ids=ids, json=changed, headers={"If-Match": etag}, status=200)
    assert done.get_json()["title"] == "Pelayanan Prima 2"
    as_told(api, *put, ids=ids, json=changed, headers={"If-Match": etag}, status=412)
    as_told(api, *put, ids=ids, json=changed, headers={"If-None-Match": "*"}, status=412)
    other = {"programme": dump(SERVICE) | {"iri": "urn:other"}}
    as_told(api, *put, ids=ids, json=other, status=400)
    with agency.database.read() as connection:
        [body] = store.programmes(connection, agency.tenant_id)
    assert json.loads(body)["title"] == "Pelayanan Prima 2"


def test_a_list_of_people_is_tried_and_then_entered(api: Client, agency: Agency) -> None:
    rows = "nip,nama\n199001012020011001,Sari\n7,Budi\n"
    to = {"data": rows.encode(), "content_type": "text/csv"}
    tried = as_told(api, "POST", "/imports/people?dry_run=true", **to, status=200).get_json()
    assert (tried["entered"], tried["new"], len(tried["problems"])) == (False, 1, 1)
    assert pages(api, "/people") == []
    assert as_told(api, "POST", "/imports/people", **to).get_json()["entered"] is True
    assert [each["name"] for each in pages(api, "/people")] == ["Sari"]
    [found] = api.post(f"{PREFIX}/people/search", json={"number": "199001012020011001"}).get_json()[
        "items"
    ]
    assert found["name"] == "Sari"


def test_who_is_who_is_decided(api: Client, agency: Agency) -> None:
    sari, twin = agency.person("Sari"), agency.person("Sari D.")
    one, other = (str(uuid.UUID(bytes=each)) for each in (sari, twin))
    to = ("POST", "/identities/decisions")
    as_told(api, *to, json={"decision": "merge", "person": other, "into": one}, status=201)
    as_told(api, *to, json={"decision": "merge", "person": other, "into": one}, status=409)
    as_told(api, *to, json={"decision": "part", "person": other}, status=201)
    as_told(api, *to, json={"decision": "confirm", "person": other}, status=400)
    as_told(api, *to, json={"decision": "distinct", "person": other, "into": one}, status=201)
    unit = {"path": "Dinas", "contact": one}
    as_told(api, "PUT", "/units", json=unit, status=200)
    assert pages(api, "/units")[0]["facts"] == {"contact": sari.hex()}
    as_told(api, "PUT", "/units", json={"path": "Dinas", "contact": None}, status=200)
    assert pages(api, "/units")[0]["facts"] == {}


def test_a_meeting_and_a_list_of_evidence_are_kept(api: Client, agency: Agency) -> None:
    sari = agency.person("Sari", mail="sari")
    meeting = {
        "people": [str(uuid.UUID(bytes=sari))],
        "role": "admin",
        "held_on": "2024-10-04",
        "text": "The queue is short now",
    }
    as_told(api, "POST", "/meetings", json=meeting, status=201)
    as_told(api, "POST", "/meetings", json=meeting | {"people": []}, status=400)
    rows = "email,tanggal,judul\nsari@example.org,2024-10-04,Laporan\n"
    to = {"data": rows.encode(), "content_type": "text/csv", "status": 200}
    told = as_told(api, "POST", "/imports/evidence", **to).get_json()
    assert (told["entered"], told["new"], told["problems"]) == (True, 1, [])
    assert as_told(api, "POST", "/imports/evidence", **to).get_json()["unchanged"] == 1


def test_who_an_account_may_be_is_proposed(api: Client, agency: Agency) -> None:
    rows = "nip,nama\n199001012020011001,Sari\n"
    api.post(f"{PREFIX}/imports/people", data=rows.encode(), content_type="text/csv")
    agency.identity("199001012020011001")
    told = as_told(api, "GET", "/identities/proposals", status=200).get_json()
    [unknown] = told["unknown"]
    assert unknown["sure"] is True
    done = as_told(api, "POST", "/identities/proposals", status=200).get_json()
    assert done == {"confirmed": 1, "left": 0}


# Anything at all -----------------------------------------------------------------------------

MEMBERS = sorted(
    {
        name
        for resource in PRACTICE
        for use in resource.uses.values()
        for schema in (use.query, use.body)
        if schema is not None
        for name in schema().fields
    }
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["accept", "0" * 32, str(uuid.UUID(int=1)), "2024-10-04", "M1", LISTENS]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(MEMBERS) | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
EVERY = [(each.path, method) for each in PRACTICE for method in each.uses]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    route=st.sampled_from(EVERY),
    body=st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=6),
    query=st.dictionaries(st.sampled_from(MEMBERS), st.text(max_size=12), max_size=2),
)
def test_nothing_that_is_sent_is_a_defect_of_ours(
    api: Client, route: tuple[str, str], body: Any, query: dict[str, str]
) -> None:
    path, method = route
    path = path.replace("<person>", str(uuid.UUID(int=DAY))).replace("<figure>", "M2")
    for name in ("case", "link", "statement", "programme", "webhook", "delivery"):
        path = path.replace(f"<{name}>", "0" * 31 + "1")
    raw = json.dumps(body).encode()
    answer = api.open(
        PREFIX + path, method=method, data=raw, content_type="application/json", query_string=query
    )
    assert answer.status_code < 500, (route, body, query, answer.get_data(as_text=True))
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.get_json()["detail"]


def test_the_app_serves_what_the_document_says(app: Flask) -> None:
    served = {
        str(rule).replace("<", "{").replace(">", "}")
        for rule in app.url_map.iter_rules()
        if str(rule).startswith(PREFIX)
    }
    assert served == set(DOCUMENT["paths"])


def test_figures_are_as_of_the_agencys_day_also_before_it_is_day_in_greenwich(
    api: Client, app: Flask, agency: Agency
) -> None:
    five = datetime(2026, 8, 31, 22, tzinfo=UTC)  # in Jakarta, of the first of September
    old: Context = app.extensions["jejak"]
    app.extensions["jejak"] = Context(old.settings, old.database, lambda: five)
    assert api.get(f"{PREFIX}/figures/M10").get_json()["as_of"] == "2026-09-01"


@pytest.fixture
def reached(app: Flask) -> None:
    """The service is reached at an address of its own, on a day of the agency's story."""
    old: Context = app.extensions["jejak"]
    settings = replace(old.settings, public_url="https://lrs.example.go.id")
    now = datetime(1970, 1, 1, 9, tzinfo=UTC) + timedelta(days=DAY + 1)
    app.extensions["jejak"] = Context(settings, old.database, lambda: now)


def test_a_round_is_handed_over_by_its_link_which_ends_when_it_is_revoked(
    api: Client, client: Client, agency: Agency, reached: None
) -> None:
    programme = agency.programme()
    boss = agency.person("Boss", phone="0812-3456-7890")
    case = agency.case(agency.person("Sari", superior=boss), programme)
    round_ = agency.id()
    agency.invitation(case, "superior", boss, state="due", due=DAY, round=round_)
    there = f"{PREFIX}/rounds/{round_.hex()}"
    told = api.post(f"{there}/hand-over", json={"channel": "whatsapp"}).get_json()
    assert told["invitations"] == 1
    assert told["link"].startswith("https://lrs.example.go.id/f/")
    assert told["link"] in told["text"]
    assert told["address"].startswith("https://wa.me/628123456")
    assert api.post(f"{there}/hand-over", json={"channel": "pigeon"}).status_code == 400
    [row] = api.get(f"{PREFIX}/invitations").get_json()["items"]
    assert (row["state"], row["channel"]) == ("sent", "whatsapp")
    path = told["link"].removeprefix("https://lrs.example.go.id")
    assert client.get(path, headers={"Authorization": None}).status_code == 200
    assert api.post(f"{there}/revoke").get_json() == {"links": 1}
    assert client.get(path, headers={"Authorization": None}).status_code == 410
    assert api.post(f"{there}/again").get_json() == {"round": round_.hex()}
    assert api.post(f"{PREFIX}/rounds/{'0' * 32}/revoke").status_code == 404


def test_who_never_completed_a_course_is_asked_for(api: Client, agency: Agency) -> None:
    programme, sari, budi = agency.programme(), agency.person("Sari"), agency.person("Budi")
    agency.attended(sari, programme)
    agency.attended(budi, programme, completed=False)

    def names_of(query: str) -> list[str]:
        answer = api.get(f"{PREFIX}/participation{query}").get_json()
        return sorted(each["name"] for each in answer["items"])

    assert names_of("") == ["Budi", "Sari"]
    assert names_of("?completed=false") == ["Budi"]
    assert names_of("?completed=true&limit=1") == ["Sari"]
    assert api.get(f"{PREFIX}/participation?completed=maybe").status_code == 400


def test_the_contact_of_a_unit_is_asked_to_look_through_it_by_letter(
    api: Client, agency: Agency
) -> None:
    contact = agency.person("Tono")
    unit, silent = agency.unit("Dinas A", contact=contact.hex()), agency.unit("Dinas B")
    for _ in range(2):  # one letter a day at most
        told = api.post(f"{PREFIX}/units/{unit.hex()}/ask")
        assert (told.status_code, told.get_json()) == (200, {"unit": unit.hex()})
    with agency.database.read() as connection:
        letters = invitations.letters_of(connection, agency.tenant_id, [unit, silent])
    assert [(each.kind, each.person, each.state) for each in letters] == [("unit", contact, "due")]
    refused = api.post(f"{PREFIX}/units/{silent.hex()}/ask")
    assert (refused.status_code, "has no contact" in refused.text) == (409, True)
    assert api.post(f"{PREFIX}/units/{'0' * 32}/ask").status_code == 404


def test_a_learners_peers_are_named_and_then_confirmed_by_the_unit(
    api: Client, agency: Agency
) -> None:
    case = agency.case(agency.person("Sari"), agency.programme())
    peers = [str(uuid.UUID(bytes=agency.person(name))) for name in ("Ani", "Budi", "Citra")]
    there = f"{PREFIX}/cases/{case.hex()}/peers"
    assert api.get(there).get_json() == {"named": [], "confirmed": None}
    told = api.put(there, json={"people": peers[:2]}).get_json()
    assert [each["name"] for each in told["named"]] == ["Ani", "Budi"]
    refused = api.post(f"{there}/confirm", json={"people": peers[2:]})
    assert (refused.status_code, refused.get_json()["problems"][0]["path"]) == (400, "peers")
    told = api.post(f"{there}/confirm", json={"people": peers[1:2]}).get_json()
    assert [each["name"] for each in told["confirmed"]] == ["Budi"]
    assert api.put(there, json={"people": peers * 2}).status_code == 400


def test_the_team_that_evaluates_is_the_programmes_own_or_the_agencys(
    api: Client, agency: Agency
) -> None:
    there = f"{PREFIX}/programmes/{agency.programme().hex()}/evaluators"
    eva = str(uuid.UUID(bytes=agency.person("Eva")))
    assert api.put(f"{PREFIX}/evaluators", json={"people": [eva]}).get_json() == {
        "people": [{"id": eva, "name": "Eva"}]
    }
    assert api.get(there).get_json() == {"people": []}
    assert api.put(there, json={"people": [eva]}).status_code == 200
    assert api.get(there).get_json()["people"][0]["name"] == "Eva"
    assert api.put(there, json={"people": [str(uuid.uuid4())]}).status_code == 404
