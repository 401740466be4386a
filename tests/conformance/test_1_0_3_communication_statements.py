"""xAPI 1.0.3, Communication 2.1: the Statement resource. PUT, POST, and what each filter finds."""

import json
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests import make
from tests.conformance.service import (
    CONSISTENT,
    JSON,
    STATEMENTS,
    Service,
    nested,
    parameters,
    shown,
)
from tests.conftest import Cast

ONE = "0193e1a4-2f63-4c4e-9d9a-6c1f2a3b4c51"
TWO = "0193e1a4-2f63-4c4e-9d9a-6c1f2a3b4c52"
THREE = "0193e1a4-2f63-4c4e-9d9a-6c1f2a3b4c53"
REGISTRATION = "ec531277-b57b-4c15-8d91-d292c5b2b8f7"
COURSE = "https://course.example.org/course-1"

# 2.1.1, 2.1.2: PUT and POST ----------------------------------------------------------------------


def test_communication_2_1_1_put_stores_under_the_id_it_names(v1: Service) -> None:
    """PUT stores a Statement with the given id: 204 No Content (Communication 2.1.1)."""
    answer = v1.put(make.statement(), ONE)
    assert (answer.status_code, answer.data) == (204, b"")
    assert v1.one(ONE)["id"] == ONE
    assert v1.put(make.statement(id=TWO), TWO).status_code == 204


@pytest.mark.parametrize(
    ("query", "path"),
    [("", "statementId"), ("?statementId=", "statementId"), ("?statementId=1", "statementId")],
    ids=["absent", "empty", "no UUID"],
)
def test_communication_2_1_1_put_needs_statement_id(v1: Service, query: str, path: str) -> None:
    """statementId is required, and of the standard of ids in Statements (2.1.1; Data 2.2)."""
    body = json.dumps(make.statement())
    answer = v1("PUT", STATEMENTS + query, data=body, content_type=JSON)
    assert path in {each["path"] for each in v1.refusal(answer)}


def test_communication_2_1_1_put_ids_agree(v1: Service) -> None:
    """The "id" of the Statement MUST match the "statementId" of the request (2.1.1)."""
    problems = v1.refusal(v1.put(make.statement(id=TWO), ONE))
    assert [each["path"] for each in problems] == ["id"]
    assert v1.found() == []


def test_communication_2_1_1_put_takes_one(v1: Service) -> None:
    """PUT "stores a single Statement with the given id" (Communication 2.1.1)."""
    v1.refusal(v1("PUT", f"{STATEMENTS}?statementId={ONE}", data="[]", content_type=JSON))


def test_communication_2_1_2_post_answers_an_array_of_ids(v1: Service) -> None:
    """POST of one or of many: 200 OK and an array of ids in the same order (2.1.2)."""
    assert v1.post(make.statement(id=ONE)).json == [ONE]
    answer = v1.post([make.statement(id=THREE), make.statement(id=TWO)])
    assert (answer.status_code, answer.json) == (200, [THREE, TWO])
    assert v1.post([]).json == []


def test_communication_2_1_2_an_id_stands_once_in_a_batch(v1: Service) -> None:
    """A batch with two Statements of the same id: the LRS SHOULD* reject with 400 (2.1.2)."""
    batch = [make.statement(id=ONE), make.statement(), make.statement(id=ONE.upper())]
    problems = v1.refusal(v1.post(batch))
    assert [(each["index"], each["path"]) for each in problems] == [(2, "id")]
    assert v1.found() == []


# 2.1.3: GET, one statement -----------------------------------------------------------------------

FILTERS: dict[str, Any] = {
    "agent": make.agent(),
    "verb": make.verb()["id"],
    "activity": COURSE,
    "registration": REGISTRATION,
    "related_activities": True,
    "related_agents": True,
    "since": "2026-03-02T08:00:00Z",
    "until": "2026-03-02T08:00:00Z",
    "limit": 1,
    "ascending": True,
}


@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
@pytest.mark.parametrize("other", FILTERS)
def test_communication_2_1_3_one_statement_takes_no_filter(
    v1: Service, name: str, other: str
) -> None:
    """The LRS MUST reject requests with statementId or voidedStatementId and any other
    parameter besides "attachments" or "format" (Communication 2.1.3)."""
    v1.store(make.statement(id=ONE), make.statement(id=TWO), make.voiding(TWO))
    problems = v1.refusal(
        v1.get(**{name: ONE if name == "statementId" else TWO, other: FILTERS[other]})
    )
    assert [each["path"] for each in problems] == [other]


def test_communication_2_1_3_one_statement_has_one_name(v1: Service) -> None:
    """The LRS MUST reject requests with both statementId and voidedStatementId (2.1.3)."""
    v1.refusal(v1.get(statementId=ONE, voidedStatementId=TWO))


@pytest.mark.parametrize("given", [{"format": "ids"}, {"attachments": False}], ids=shown)
def test_communication_2_1_3_one_statement_takes_format_and_attachments(
    v1: Service, given: Any
) -> None:
    """statementId goes with "attachments" and "format" (Communication 2.1.3)."""
    v1.store(make.statement(id=ONE), make.statement(id=TWO), make.voiding(TWO))
    assert v1.one(ONE, **given)["id"] == ONE
    assert v1.get(voidedStatementId=TWO, **given).json["id"] == TWO


def test_communication_2_1_3_last_modified_is_stored(v1: Service) -> None:
    """The LRS SHOULD* include a "Last-Modified" header which matches "stored" (2.1.3)."""
    v1.store(make.statement(id=ONE))
    answer = v1.get(statementId=ONE)
    stored = datetime.fromisoformat(answer.json["stored"])
    assert parsedate_to_datetime(answer.headers["Last-Modified"]) == stored.replace(microsecond=0)


# 2.1.3: parameters are validated -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statementId", "1"),
        ("voidedStatementId", "{ec531277-b57b-4c15-8d91-d292c5b2b8f7}"),
        ("agent", "sari"),
        ("agent", "{}"),
        ("agent", '{"mbox":"sari@example.org"}'),
        ("agent", '{"mbox":"mailto:a@example.org","openid":"https://a.example.org"}'),
        ("agent", '{"objectType":"Group","member":[{"mbox":"mailto:a@example.org"}]}'),
        ("agent", '{"Mbox":"mailto:a@example.org"}'),
        ("verb", "answered"),
        ("activity", "course"),
        ("registration", "1"),
        ("related_agents", "yes"),
        ("related_activities", "1"),
        ("since", "yesterday"),
        ("until", "2026-13-01"),
        ("limit", "-1"),
        ("limit", "ten"),
        ("limit", "1.0"),
        ("limit", ""),
        ("ascending", "yes"),
        ("format", "Exact"),
        ("attachments", "TRUE"),
    ],
)
def test_data_2_2_parameters_have_the_form_of_members(v1: Service, name: str, value: str) -> None:
    """The LRS MUST validate parameter values to the same standards required for values of the
    same types in Statements (Data 2.2); Booleans are true or false as in JSON (2.1.3)."""
    problems = v1.refusal(v1.get(**{name: value}))
    assert {each["path"].partition(".")[0].partition("[")[0] for each in problems} == {name}


def test_communication_3_2_a_parameter_stands_once(v1: Service) -> None:
    """Which of two values was meant cannot be told: 400 (Communication 3.2)."""
    v1.refusal(v1("GET", f"{STATEMENTS}?limit=1&limit=2"))


# 2.1.3: what the filters find --------------------------------------------------------------------

SARI, BUDI, ANI = make.agent("sari"), make.account("budi"), make.agent("ani")
CREW = make.account("crew", objectType="Group")
OTHER_ACTIVITY = make.activity("other")
NEUTRAL = {"actor": make.agent("nobody"), "object": OTHER_ACTIVITY}


def about(**changes: Any) -> make.Tree:
    return make.statement(**(NEUTRAL | changes))


def context(**members: Any) -> make.Tree:
    return about(context=members)


# What is sent, and whether `agent=budi` finds it: without and with related_agents.
BY_AGENT: dict[str, tuple[make.Tree, bool, bool]] = {
    "actor": (about(actor=BUDI), True, True),
    "actor with another name": (about(actor=BUDI | {"name": "B."}), True, True),
    "object": (about(object=BUDI), True, True),
    "member of the actor": (about(actor=make.group(ANI, BUDI)), True, True),
    "member of an identified group": (about(actor=CREW | {"member": [BUDI]}), True, True),
    "member of the object": (about(object=make.group(BUDI)), True, True),
    "instructor": (context(instructor=BUDI), False, True),
    "member of the team": (context(team=make.group(BUDI)), False, True),
    "actor of a SubStatement": (nested(about(actor=BUDI)), False, True),
    "object of a SubStatement": (nested(about(object=BUDI)), False, True),
    "instructor of a SubStatement": (nested(context(instructor=BUDI)), False, True),
    "another account": (about(actor=make.account("budi", "https://other.example")), False, False),
    "the same name in capitals": (about(actor=make.account("BUDI")), False, False),
    "nowhere": (about(), False, False),
}


@pytest.mark.parametrize("related", [False, True], ids=["agent", "related_agents"])
@pytest.mark.parametrize("where", BY_AGENT)
def test_communication_2_1_3_agent(v1: Service, where: str, related: bool) -> None:
    """agent: Actor or Object, groups by their members, equal by identifier; related_agents also
    Authority, Instructor, Team, and all of these in a SubStatement (Communication 2.1.3)."""
    sent, *expected = BY_AGENT[where]
    (stored,) = v1.store(sent)
    agent = BUDI | {"name": "Budi, as we call him"}
    assert v1.found(agent=agent, related_agents=related) == ([stored] if expected[related] else [])


def test_communication_2_1_3_agent_finds_groups_by_identifier(v1: Service) -> None:
    """ "Agents or Identified Groups are equal when the same identifier is used" (2.1.3)."""
    (stored,) = v1.store(about(actor=CREW))
    assert v1.found(agent=CREW) == [stored]
    assert v1.found(agent=make.account("crew")) == [stored]


def test_communication_2_1_3_related_agents_finds_the_authority(v1: Service) -> None:
    """related_agents includes the Authority, which the LRS itself wrote (2.1.3)."""
    (stored,) = v1.store(about())
    authority = v1.one(stored)["authority"]
    assert v1.found(agent=authority) == []
    assert v1.found(agent=authority, related_agents=True) == [stored]


BY_ACTIVITY: dict[str, tuple[make.Tree, bool, bool]] = {
    "object": (about(object=make.activity()), True, True),
    "parent": (context(contextActivities={"parent": [make.activity()]}), False, True),
    "grouping": (context(contextActivities={"grouping": make.activity()}), False, True),
    "category": (context(contextActivities={"category": [make.activity()]}), False, True),
    "other": (context(contextActivities={"other": [make.activity()]}), False, True),
    "object of a SubStatement": (nested(about(object=make.activity())), False, True),
    "parent in a SubStatement": (
        nested(context(contextActivities={"parent": [make.activity()]})),
        False,
        True,
    ),
    "nowhere": (about(), False, False),
}


@pytest.mark.parametrize("related", [False, True], ids=["activity", "related_activities"])
@pytest.mark.parametrize("where", BY_ACTIVITY)
def test_communication_2_1_3_activity(v1: Service, where: str, related: bool) -> None:
    """activity: the Object; related_activities also the context Activities, and both in a
    SubStatement (Communication 2.1.3)."""
    sent, *expected = BY_ACTIVITY[where]
    (stored,) = v1.store(sent)
    found = v1.found(activity=COURSE, related_activities=related)
    assert found == ([stored] if expected[related] else [])


def test_communication_2_1_3_verb_and_registration(v1: Service) -> None:
    """verb: Statements matching the Verb id; registration: matching the registration (2.1.3)."""
    passed, registered, both = v1.store(
        about(verb=make.verb("passed")),
        context(registration=REGISTRATION),
        about(verb=make.verb("passed"), context={"registration": REGISTRATION.upper()}),
    )
    v1.store(nested(about(verb=make.verb("passed"), context={"registration": REGISTRATION})))
    verb = make.verb("passed")["id"]
    assert v1.found(verb=verb) == [both, passed]
    assert v1.found(registration=REGISTRATION) == [both, registered]
    assert v1.found(verb=verb, registration=REGISTRATION) == [both]


def test_communication_2_1_3_all_filters_must_be_met(v1: Service) -> None:
    """Several filters narrow each other (Communication 2.1.3)."""
    full = {
        "actor": BUDI,
        "verb": make.verb("passed"),
        "object": make.activity(),
        "context": {"registration": REGISTRATION},
    }
    query = {
        "agent": BUDI,
        "verb": make.verb("passed")["id"],
        "activity": COURSE,
        "registration": REGISTRATION,
    }
    (wanted,) = v1.store(make.statement(**full))
    for name in full:
        v1.store(about(**{key: full[key] for key in full if key != name}))
    assert v1.found(**query) == [wanted]
    assert v1.found(**query, related_agents=True, related_activities=True, limit=5) == [wanted]


def test_communication_2_1_3_since_excludes_and_until_includes(v1: Service) -> None:
    """since: stored after (exclusive); until: stored at or before (Communication 2.1.3)."""
    ids = [v1.store(make.statement())[0] for _ in range(3)]
    stamps = [v1.one(each)["stored"] for each in ids]
    assert v1.found(since=stamps[0]) == [ids[2], ids[1]]
    assert v1.found(until=stamps[1]) == [ids[1], ids[0]]
    assert v1.found(since=stamps[0], until=stamps[1]) == [ids[1]]
    assert v1.found(since=stamps[2]) == []
    moment = datetime.fromisoformat(stamps[1]) + timedelta(hours=7)
    assert v1.found(since=moment.isoformat().replace("+00:00", "+07:00")) == [ids[2]]


def test_communication_2_1_3_limit_bounds_a_page(v1: Service) -> None:
    """limit: the most to return; 0 "indicates return the maximum the server will allow"."""
    for _ in range(3):
        v1.store(*(make.statement() for _ in range(40)))
    assert len(v1.found(limit=7)) == 7
    assert len(v1.found(limit=0)) == 120
    assert len(v1.found()) == 100
    assert len(v1.everything()) == 120


def test_communication_2_1_3_an_empty_result_is_a_result(v1: Service) -> None:
    """No match: still 200 OK and a StatementResult with an empty array (2.1.3)."""
    answer = v1.get(activity="https://course.example.org/unheard")
    assert (answer.status_code, answer.json["statements"]) == (200, [])


@pytest.mark.parametrize(
    ("method", "query", "status"),
    [
        ("GET", "", 200),
        ("GET", parameters(statementId=ONE), 200),
        ("GET", parameters(statementId=TWO), 404),
        ("GET", parameters(attachments=True), 200),
        ("GET", "nonsense=1", 400),
        ("GET", "limit=x", 400),
        ("HEAD", "", 200),
        ("PUT", parameters(statementId=TWO), 204),
        ("PUT", "", 400),
        ("POST", "", 200),
        ("POST", "x=1", 400),
        ("DELETE", "", 405),
    ],
)
def test_communication_2_1_3_all_answers_are_consistent_through(
    v1: Service, method: str, query: str, status: int
) -> None:
    """The LRS MUST include X-Experience-API-Consistent-Through on all responses to Statements
    Resource requests, in ISO 8601, of a recent time (Communication 2.1.3)."""
    v1.store(make.statement(id=ONE))
    stored = v1.one(ONE)["stored"]
    body = json.dumps(make.statement()) if method in ("PUT", "POST") else None
    answer = v1(method, f"{STATEMENTS}?{query}", data=body, content_type=JSON)
    assert answer.status_code == status
    through = datetime.fromisoformat(answer.headers[CONSISTENT])
    assert abs(through - datetime.fromisoformat(stored)) < timedelta(minutes=1)


def test_communication_2_1_3_also_unauthenticated(v1: Service) -> None:
    """ "on all responses": also where the key is unknown (Communication 2.1.3)."""
    answer = v1("GET", STATEMENTS, headers={"Authorization": None})
    assert (answer.status_code, CONSISTENT in answer.headers) == (401, True)


# 2.1.3: StatementRefs ----------------------------------------------------------------------------

TARGET = make.statement(
    id=ONE,
    actor=BUDI,
    verb=make.verb("passed"),
    object=make.activity(),
    context={"registration": REGISTRATION, "instructor": ANI},
)
CONFIRMED = {"actor": make.agent("andrew"), "verb": make.verb("confirmed")}
REACHED: dict[str, Any] = {
    "agent": {"agent": BUDI},
    "verb": {"verb": make.verb("passed")["id"]},
    "activity": {"activity": COURSE},
    "registration": {"registration": REGISTRATION},
    "related_agents": {"agent": ANI, "related_agents": True},
    "agent and verb": {"agent": BUDI, "verb": make.verb("passed")["id"]},
}


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 1, 3)], ids=str)
@pytest.mark.parametrize("query", REACHED)
def test_communication_2_1_3_references_are_found_by_their_targets(
    v1: Service, query: str, order: tuple[int, ...]
) -> None:
    """Statements which target another meet the filter if the targeted Statement does; this
    "applies recursively" (Communication 2.1.3), whichever came first."""
    sent = {
        1: TARGET,
        2: make.statement(id=TWO, object=make.reference(ONE), **CONFIRMED),
        3: make.statement(id=THREE, object=make.reference(TWO), **CONFIRMED),
    }
    for number in order:
        v1.store(sent[number])
    assert sorted(v1.found(**REACHED[query])) == [ONE, TWO, THREE]
    assert v1.found(**REACHED[query]) == [
        {1: ONE, 2: TWO, 3: THREE}[number] for number in reversed(order)
    ]


def test_communication_2_1_3_each_view_meets_the_whole_query(v1: Service) -> None:
    """The targeted Statement meets the filter conditions as a whole: a reference with half of
    them itself and half by its target is no match (Communication 2.1.3)."""
    v1.store(TARGET, make.statement(id=TWO, object=make.reference(ONE), **CONFIRMED))
    assert v1.found(agent=CONFIRMED["actor"], activity=COURSE) == []
    assert v1.found(agent=CONFIRMED["actor"]) == [TWO]


def test_communication_2_1_3_time_is_that_of_the_reference(v1: Service) -> None:
    """Time and sequence based parameters MUST still be applied to the Statement making the
    StatementRef (Communication 2.1.3)."""
    v1.store(TARGET)
    stored = v1.one(ONE)["stored"]
    v1.store(make.statement(id=TWO, object=make.reference(ONE), **CONFIRMED))
    assert v1.found(agent=BUDI, since=stored) == [TWO]
    assert v1.found(agent=BUDI, until=stored) == [ONE]
    assert v1.found(agent=BUDI, limit=1) == [TWO]


def test_communication_2_1_3_context_references_find_nothing(v1: Service) -> None:
    """StatementRefs in context do not affect how Statements are filtered (2.1.3)."""
    v1.store(TARGET, make.statement(context={"statement": make.reference(ONE)}, **CONFIRMED))
    assert v1.found(agent=BUDI) == [ONE]


def test_communication_2_1_3_references_in_a_circle_end(v1: Service) -> None:
    """Two Statements may refer to each other: each is found by the other (2.1.3)."""
    first = about(id=ONE, actor=SARI, object=make.reference(TWO))
    second = about(id=TWO, actor=BUDI, object=make.reference(ONE))
    v1.store(first, second)
    assert sorted(v1.found(agent=SARI)) == sorted(v1.found(agent=BUDI)) == [ONE, TWO]


# 2.1.4: voided statements ------------------------------------------------------------------------


def test_communication_2_1_4_voided_statements_are_not_listed(v1: Service) -> None:
    """The LRS MUST not return any Statement which has been voided, but MUST still return those
    that target it: the voiding one, and others (Communication 2.1.4)."""
    v1.store(TARGET, make.statement(id=TWO, object=make.reference(ONE), **CONFIRMED))
    v1.store(make.voiding(ONE, id=THREE))
    for query in REACHED.values():
        assert v1.found(**query) == [THREE, TWO]
    assert v1.found() == [THREE, TWO]
    assert v1.one(TWO)["id"] == TWO


# 2.1.3: formats ----------------------------------------------------------------------------------

NAMES = {"en-US": "Course", "id": "Kursus"}
RICH = make.statement(
    id=ONE,
    actor=make.group(BUDI | {"name": "Budi"}, SARI | {"name": "Sari"}, name="Crew"),
    verb={"id": make.verb()["id"], "display": {"en": "did", "id": "melakukan"}},
    object=make.activity(definition={"name": NAMES, "description": {"id": "Pelatihan"}}),
    context={
        "instructor": ANI | {"name": "Ani"},
        "contextActivities": {"parent": [make.activity("p", definition={"name": NAMES})]},
    },
    result={"score": {"raw": 1.50}},
)


def test_communication_2_1_3_exact_is_as_received(v1: Service) -> None:
    """exact: Agents, Activities, Verbs and Groups exactly as they were when received."""
    v1.store(RICH)
    for given in ({}, {"format": "exact"}):
        kept = v1.one(ONE, **given)
        assert {name: kept[name] for name in RICH} == RICH
        assert v1.get(**given).json["statements"] == [kept]


def test_communication_2_1_3_ids_is_the_minimum(v1: Service) -> None:
    """ids: only what is needed to identify Agents, Activities, Verbs and Groups; for Anonymous
    Groups each member's minimum (Communication 2.1.3; Data 2.4.3)."""
    v1.store(RICH)
    for kept in (v1.one(ONE, format="ids"), v1.get(format="ids").json["statements"][0]):
        assert kept["verb"] == {"id": make.verb()["id"]}
        assert kept["object"] in ({"id": COURSE}, {"id": COURSE, "objectType": "Activity"})
        members = [
            make.without_none(each | {"objectType": None}) for each in kept["actor"]["member"]
        ]
        assert members == [{"account": BUDI["account"]}, {"mbox": SARI["mbox"]}]
        assert set(kept["actor"]) == {"objectType", "member"}
        assert "name" not in kept["context"]["instructor"]
        (parent,) = kept["context"]["contextActivities"]["parent"]
        assert "definition" not in parent
        assert kept["result"] == RICH["result"]


@pytest.mark.parametrize(
    ("accepted", "name", "display"),
    [
        ("id", "id", "id"),
        ("en-US", "en-US", "en"),
        ("en", "en-US", "en"),
        ("id;q=0.3, en;q=0.8", "en-US", "en"),
        ("fr, id;q=0.1", "id", "id"),
        ("*", None, None),
        ("fr", None, None),
        (None, None, None),
        (";;q=x,,", None, None),
    ],
    ids=lambda value: shown(value) if value else "any",
)
def test_communication_2_1_3_canonical_has_one_language(
    v1: Service, accepted: str | None, name: str | None, display: str | None
) -> None:
    """canonical: the LRS MUST return only one language in each map of an Activity, chosen by
    Accept-Language as in RFC 2616, for each map by itself (Communication 2.1.3)."""
    v1.store(RICH)
    headers = {"Accept-Language": accepted} if accepted else {}
    kept = v1.get(headers, statementId=ONE, format="canonical").json
    assert v1.get(headers, format="canonical").json["statements"] == [kept]
    definition = kept["object"]["definition"]
    (language,) = definition["name"]
    assert name in (None, language)
    assert definition["name"] == {language: NAMES[language]}
    assert definition["description"] == {"id": "Pelatihan"}
    (verb_language,) = kept["verb"]["display"]
    assert display in (None, verb_language)
    (parent,) = kept["context"]["contextActivities"]["parent"]
    assert len(parent["definition"]["name"]) == 1
    assert kept["actor"] == RICH["actor"]


def test_communication_2_1_3_canonical_is_what_the_lrs_knows(v1: Service, cast: Cast) -> None:
    """canonical: Activities with the definition that the LRS holds of them (2.1.3)."""
    v1.store(
        make.statement(id=ONE, object={"id": COURSE}),
        make.statement(object=make.activity(definition={"name": {"id": "Kursus"}})),
    )
    kept = v1.one(ONE, format="canonical")
    assert kept["object"]["definition"] == {"name": {"id": "Kursus"}}
    assert "definition" not in v1.one(ONE)["object"]


def test_communication_2_1_3_accept_language_is_for_canonical_only(v1: Service) -> None:
    """Without format=canonical, the header changes nothing (Communication 2.1.3)."""
    v1.store(RICH)
    assert v1.get({"Accept-Language": "id"}, statementId=ONE).json["verb"] == RICH["verb"]
