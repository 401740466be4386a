"""xAPI 2.0 (IEEE 9274.1.1), clause 4.2: statements.

What 2.0 has in common with 1.0.3 is tried by the tables of `test_1_0_3_data*`, each sent as one
batch; what is new or otherwise has tests of its own. "Shall" stands where 1.0.3 said SHOULD*.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests import make
from tests.conformance import test_1_0_3_data as form
from tests.conformance import test_1_0_3_data_members as members
from tests.conformance.service import GONE, Row, Service, changed, nested, rows, table_of
from tests.conformance.sound import SOUND

ONE = "0193e1a4-2f63-4c4e-9d9a-6c1f2a3b4c51"
TWO = "0193e1a4-2f63-4c4e-9d9a-6c1f2a3b4c52"
COACH = "https://example.org/roles/coach"

CONTEXT_AGENT = {
    "objectType": "contextAgent",
    "agent": make.account("budi"),
    "relevantTypes": [COACH],
}
CONTEXT_GROUP = {
    "objectType": "contextGroup",
    "group": make.group(make.account("ani"), make.agent("eko")),
    "relevantTypes": [COACH, "https://example.org/roles/witness"],
}
SOUND_2 = changed(
    changed(SOUND, "context.contextAgents", [CONTEXT_AGENT]),
    "context.contextGroups",
    [CONTEXT_GROUP],
)

# 4.2.1 to 4.2.2: what both versions ask ----------------------------------------------------------

SHARED: dict[str, Callable[..., Any]] = {
    "4.2.1 required members": form.test_data_2_2_actor_verb_and_object_are_required,
    "4.2.1 null": form.test_data_2_2_null_is_refused,
    "4.2.1 data types": form.test_data_2_2_the_wrong_data_type_is_refused,
    "4.2.1 empty strings": form.test_data_2_2_an_empty_string_has_no_format,
    "4.2.1 case of keys": form.test_data_2_2_the_case_of_keys_counts,
    "4.2.1 case of values": form.test_data_2_2_the_case_of_enumerated_values_counts,
    "4.2.1 additional properties": form.test_data_2_2_keys_that_are_not_allowed_are_refused,
    "4.2.2.1 groups": members.test_data_2_4_2_2_a_group_is_its_members_or_one_identifier,
    "4.2.2.2 verbs": members.test_data_2_4_3_a_verb_has_an_iri,
    "4.2.2.3 activities": members.test_data_2_4_4_1_activities,
    "4.2.2.4 scores": members.test_data_2_4_5_1_a_score_lies_within_its_bounds,
    "4.2.2.5 references": members.test_data_2_4_6_context_statement_is_a_reference,
    "4.2.2.5 contextActivities": members.test_data_2_4_6_2_context_activities_are_activities,
    "4.2.2.6 attachments": members.test_data_2_4_11_attachments_are_described,
    "4.2.7 IRIs": form.test_data_2_2_an_iri_has_a_scheme,
    "4.2.7 language maps": form.test_data_4_2_language_maps_have_language_tags,
}


@pytest.mark.parametrize("clause", SHARED)
def test_4_2_rules_that_1_0_3_has_too(v2: Service, clause: str) -> None:
    """An LRS shall reject Statements that break these, as under 1.0.3: each line of the table,
    as a statement and in a SubStatement, is named by index and path, with the clause of 2.0."""
    table = table_of(SHARED[clause])
    bad = [changed(SOUND_2, row.path, row.value) for row in table]
    problems = v2.refusal(v2.post([SOUND_2, *bad, *map(nested, bad)]))
    blamed = {(each["index"], each.get("path", "")) for each in problems}
    for number, row in enumerate(table, 1):
        assert (number, row.blamed) in blamed, row.what
        assert (number + len(table), f"object.{row.blamed}") in blamed, row.what
    assert all(each["index"] for each in problems)
    assert all(each["clause"].startswith("IEEE 9274.1.1 4.2") for each in problems)
    assert v2.found() == []


def test_4_2_2_a_statement_with_every_member_is_taken(v2: Service) -> None:
    """All members of 1.0.3 and those that 2.0 adds come back as they were sent."""
    v2.takes(Row("everything", "result.response", "a"), SOUND_2)


# 4.2.2.5: context agents and groups --------------------------------------------------------------


@rows(
    ("not an array", "context.contextAgents", CONTEXT_AGENT),
    ("an agent itself", "context.contextAgents[0]", make.agent(), "context.contextAgents[0].agent"),
    ("another objectType", "context.contextAgents[0].objectType", "Agent"),
    ("objectType in capitals", "context.contextAgents[0].objectType", "ContextAgent"),
    ("no objectType", "context.contextAgents[0].objectType", GONE),
    ("no agent", "context.contextAgents[0].agent", GONE),
    ("agent is a group", "context.contextAgents[0].agent.objectType", "Group"),
    ("agent without identifier", "context.contextAgents[0].agent.account", GONE, "agent"),
    ("relevantTypes empty", "context.contextAgents[0].relevantTypes", []),
    ("relevantTypes a string", "context.contextAgents[0].relevantTypes", COACH),
    ("a type is no IRI", "context.contextAgents[0].relevantTypes[0]", "coach"),
    ("a type is an object", "context.contextAgents[0].relevantTypes[0]", {"id": COACH}),
    ("an extra member", "context.contextAgents[0].name", "Budi"),
    ("null", "context.contextAgents", None),
)
def test_4_2_2_5_context_agents(v2: Service, row: Row) -> None:
    """contextAgents is an array of objects with objectType contextAgent, an Agent, and, if any,
    relevantTypes: Activity type IRIs, at least one."""
    names = "context.contextAgents[0].agent" if row.names == "agent" else row.names
    v2.refuses(Row(row.what, row.path, row.value, names), SOUND_2)


@rows(
    ("not an array", "context.contextGroups", CONTEXT_GROUP),
    ("another objectType", "context.contextGroups[0].objectType", "Group"),
    ("no objectType", "context.contextGroups[0].objectType", GONE),
    ("no group", "context.contextGroups[0].group", GONE),
    ("group is an agent", "context.contextGroups[0].group.objectType", "Agent"),
    ("group without members", "context.contextGroups[0].group.member", []),
    ("a group as member", "context.contextGroups[0].group.member[0].objectType", "Group"),
    ("relevantTypes empty", "context.contextGroups[0].relevantTypes", []),
    ("a type is no IRI", "context.contextGroups[0].relevantTypes[1]", "witness"),
    ("an extra member", "context.contextGroups[0].agent", make.agent()),
    ("null", "context.contextGroups", None),
)
def test_4_2_2_5_context_groups(v2: Service, row: Row) -> None:
    """contextGroups is an array of objects with objectType contextGroup, a Group, and, if any,
    relevantTypes: Activity type IRIs, at least one."""
    v2.refuses(row, SOUND_2)


@rows(
    ("no relevantTypes", "context.contextAgents[0].relevantTypes", GONE),
    ("several agents", "context.contextAgents", [CONTEXT_AGENT, CONTEXT_AGENT]),
    ("none", "context.contextAgents", []),
    ("no relevantTypes of a group", "context.contextGroups[0].relevantTypes", GONE),
    (
        "identified group",
        "context.contextGroups[0].group",
        make.account("crew", objectType="Group"),
    ),
    ("beside agent as object", "object", make.agent("eko")),
)
def test_4_2_2_5_context_agents_and_groups_are_taken(v2: Service, row: Row) -> None:
    """relevantTypes is optional; a Group may be anonymous or identified."""
    base = SOUND_2
    if row.path == "object":
        base = changed(changed(base, "context.revision", GONE), "context.platform", GONE)
    v2.takes(row, base)


@pytest.mark.parametrize("name", ["contextAgents", "contextGroups"])
def test_4_2_2_5_1_0_3_does_not_know_them(v1: Service, name: str) -> None:
    """Under 1.0.3 they are keys that are not allowed (xAPI 1.0.3 Data 2.2)."""
    value = [CONTEXT_AGENT if name == "contextAgents" else CONTEXT_GROUP]
    v1.refuses(Row(name, f"context.{name}", value), SOUND)


IN_CONTEXT: dict[str, make.Tree] = {
    "context agent": make.account("budi"),
    "member of a context group": make.account("ani"),
    "identified context group": make.account("crew", objectType="Group"),
}


@pytest.mark.parametrize("inside", [False, True], ids=["statement", "SubStatement"])
@pytest.mark.parametrize("where", IN_CONTEXT)
def test_4_1_6_1_related_agents_finds_them(v2: Service, where: str, inside: bool) -> None:
    """related_agents includes context agents and groups, in a SubStatement too; agent alone
    does not (4.1.6.1). A client of 1.0.3 finds the same."""
    crew = {"objectType": "contextGroup", "group": IN_CONTEXT["identified context group"]}
    sent = make.statement(
        id=ONE,
        context={"contextAgents": [CONTEXT_AGENT], "contextGroups": [CONTEXT_GROUP, crew]},
    )
    v2.store(nested(sent) | {"id": ONE} if inside else sent, make.statement())
    for service in (v2, Service(v2.client, "1.0.3")):
        assert service.found(agent=IN_CONTEXT[where]) == []
        assert service.found(agent=IN_CONTEXT[where], related_agents=True) == [ONE]


def test_4_1_6_1_ids_reduces_them(v2: Service) -> None:
    """format=ids: minimum information in Agents and Groups, context agents and groups among
    them; canonical leaves Agents and Groups as they were (4.1.6.1)."""
    named = changed(SOUND_2, "context.contextAgents[0].agent.name", "Budi")
    (stored,) = v2.store(changed(named, "context.contextGroups[0].group.member[0].name", "Ani"))
    assert "Budi" in v2.get(statementId=stored, format="canonical").text
    text = v2.get(statementId=stored, format="ids").text
    assert "Budi" not in text
    assert "Ani" not in text
    assert COACH in text


# 4.2.4: what the LRS sets ------------------------------------------------------------------------


def test_4_2_4_2_the_lrs_sets_what_is_missing(v2: Service) -> None:
    """The LRS shall set id, stored, authority, and timestamp to the value of stored."""
    kept = v2.kept(make.statement())
    assert kept["timestamp"] == kept["stored"]
    assert kept["authority"] == make.account("lms", "https://agency.example.org")
    assert kept["id"]


def test_4_2_4_2_version_is_2_0_0_where_none_was_sent(v2: Service) -> None:
    """A statement received under 2.0 without a version is one of 2.0.0."""
    assert v2.kept(make.statement())["version"] == "2.0.0"


@pytest.mark.parametrize("given", ["2.0.0", "2.0.1", "1.0.0", "1.0.3"])
def test_4_2_4_2_the_version_of_a_statement_stays(v2: Service, given: str) -> None:
    """Statements of 2.0.x and, under 2.0, of 1.0.x are accepted, and retain their version."""
    assert v2.kept(make.statement(version=given))["version"] == given


@rows(
    ("3.0.0", "version", "3.0.0"),
    ("2.1.0", "version", "2.1.0"),
    ("1.1.0", "version", "1.1.0"),
    ("0.9", "version", "0.9"),
    ("a number", "version", 2.0),
)
def test_4_2_4_2_other_versions_are_refused(v2: Service, row: Row) -> None:
    """A version that is neither 2.0.x nor 1.0.x is no version of a statement here."""
    v2.refuses(row, SOUND_2, inside=False)


def test_3_3_a_statement_of_2_0_is_not_converted_for_1_0_3(v1: Service, v2: Service) -> None:
    """Statements of newer versions MUST NOT be converted into a prior format (1.0.3
    Communication 3.3): a client of 1.0.3 reads the same bytes."""
    v2.store(SOUND_2 | {"id": ONE})
    assert v1.get(statementId=ONE).data == v2.get(statementId=ONE).data
    assert v1.one(ONE)["version"] == "2.0.0"


def test_4_2_4_1_a_future_timestamp_is_taken(v2: Service) -> None:
    """An LRS shall not reject a timestamp for having a greater value than the current time."""
    assert v2.store(make.statement(timestamp="2999-01-01T00:00:00Z"))


@pytest.mark.parametrize("order", [1, -1], ids=["target first", "target last"])
def test_4_2_5_voiding_in_either_order(v2: Service, order: int) -> None:
    """The LRS shall not reject a Statement that uses the voided verb if it cannot find the
    target; whichever comes first, the target is voided, the voiding one is not."""
    for sent in [make.statement(id=ONE), make.voiding(ONE, id=TWO)][::order]:
        v2.store(sent)
    assert v2.found() == [TWO]
    v2.refusal(v2.get(statementId=ONE), 404)
    assert v2.get(voidedStatementId=ONE).json["id"] == ONE


# 4.2.7: data types -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2008-09-15T15:53:00.601+00:00", "2008-09-15T15:53:00.601Z"),
        ("2023-05-04T12:00:00-05:00", "2023-05-04T17:00:00Z"),
        ("2026-03-02T08:00:00.123456789+07:00", "2026-03-02T01:00:00.123456789Z"),
        ("2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z"),
    ],
)
def test_4_2_7_timestamps_are_converted_to_utc(v2: Service, sent: str, kept: str) -> None:
    """An LRS shall convert Timestamps to UTC rather than rejecting Statements that send
    Timestamps not in UTC form."""
    assert v2.kept(make.statement(timestamp=sent))["timestamp"] == kept


def test_4_2_7_timestamps_of_substatements_are_converted_too(v2: Service) -> None:
    """The rule is one of the data type, wherever a Timestamp stands."""
    sent = nested(make.statement(timestamp="2026-03-02T15:00:00+07:00"))
    assert v2.kept(sent)["object"]["timestamp"] == "2026-03-02T08:00:00Z"


@pytest.mark.parametrize("text", ["2026-03-02T08:00:00-00:00", "2026-03-02", "yesterday", "", 1])
def test_4_2_7_what_is_no_timestamp_is_refused(v2: Service, text: Any) -> None:
    """A Timestamp shall be expressed using the format described in RFC 3339."""
    v2.refuses(Row("timestamp", "timestamp", text), SOUND_2)


def test_4_2_7_a_precise_duration_is_taken(v2: Service) -> None:
    """On receiving a Duration with more than 0.01 second precision, the LRS shall not reject."""
    v2.takes(Row("precise", "result.duration", "P1DT12H36M0.12567S"), SOUND_2)


@pytest.mark.parametrize(
    ("again", "status"),
    [("PT1M0.129S", 200), ("PT1M0.12S", 200), ("PT1M0.13S", 409), ("PT60.12S", 409)],
)
def test_4_2_7_durations_compare_to_hundredths(both: Service, again: str, status: int) -> None:
    """When comparing Durations or Statements containing them, any precision beyond 0.01 second
    shall not be included (4.2.7; 1.0.3 Data 4.6: SHOULD* NOT); a Duration stays a string."""
    sent = make.statement(id=ONE, result={"duration": "PT1M0.1237S"})
    both.store(sent)
    assert both.post(changed(sent, "result.duration", again)).status_code == status
    assert both.one(ONE)["result"]["duration"] == "PT1M0.1237S"


def test_4_2_7_iris_are_strings(v2: Service) -> None:
    """LRSs shall handle IRIs only by simple string comparison or syntax-based normalization."""
    plain, dotted = "https://example.org/path/1", "https://example.org/path/../path/1"
    one, two = v2.store(make.statement(object={"id": plain}), make.statement(object={"id": dotted}))
    assert (v2.found(activity=plain), v2.found(activity=dotted)) == ([one], [two])


@pytest.mark.parametrize("place", ["result", "context", "object.definition"])
def test_4_2_7_extensions_hold_anything(v2: Service, place: str) -> None:
    """Extensions may hold null, empty strings and empty objects."""
    value = {"urn:a": None, "urn:b": "", "urn:c": {}, "urn:d": [None, {"e": None}]}
    v2.takes(Row("extensions", f"{place}.extensions", value), SOUND_2)


def test_4_2_7_numbers_and_members_keep_their_spelling(v2: Service) -> None:
    """No other serialization is returned, as under 1.0.3 (Data 2.2)."""
    body = json.dumps(SOUND_2 | {"id": ONE}).replace('"raw": 5', '"raw": 5.00e0')
    assert v2.post(body).status_code == 200
    text = v2.get(statementId=ONE).text
    for name in ("verb", "object", "result", "context", "attachments"):
        assert json.dumps(SOUND_2[name]).replace('"raw": 5', '"raw": 5.00e0') in text
