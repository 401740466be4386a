"""xAPI 1.0.3, Part Two (Data) 2.4: the members of a statement, from actor to attachments.

Tables of changes to a sound statement, as in `test_1_0_3_data`.
"""

from typing import Any

import pytest

from tests import make
from tests.conformance.service import GONE, Row, Service, changed, nested, rows
from tests.conformance.sound import ABOUT_A_REFERENCE, ABOUT_AN_AGENT, OTHER, SOUND

# Data 2.4: the members of a statement ------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "ec531277b57b4c158d91d292c5b2b8f7",
        "{ec531277-b57b-4c15-8d91-d292c5b2b8f7}",
        "urn:uuid:ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "ec531277-b57b-4c15-8d91-d292c5b2b8f",
        "gc531277-b57b-4c15-8d91-d292c5b2b8f7",
        " ec531277-b57b-4c15-8d91-d292c5b2b8f7",
    ],
    ids=["no hyphens", "braces", "urn", "too short", "not hexadecimal", "a blank"],
)
@pytest.mark.parametrize("path", ["id", "context.registration", "context.statement.id"])
def test_data_4_4_uuids_are_in_standard_string_form(v1: Service, path: str, text: str) -> None:
    """UUIDs MUST be in the standard string form (Data 2.4.1, 4.4)."""
    v1.refuses(Row(text, path, text), SOUND, inside=path != "id")


@pytest.mark.parametrize("number", range(1, 9))
def test_data_2_4_1_all_versions_of_uuid_are_ids(v1: Service, number: int) -> None:
    """All versions of variant 2 in RFC 4122 are valid (Data 2.4.1)."""
    given = f"0193e1a4-2f63-{number}c4e-9d9a-6c1f2a3b4c5d"
    assert v1.store(make.statement(id=given)) == [given]
    assert v1.one(given)["id"] == given


AGENT_ROWS = rows(
    ("no identifier", "mbox", GONE, "."),
    ("two identifiers", "openid", "https://sari.example.org/", "."),
    ("mbox without mailto", "mbox", "sari@example.org"),
    ("mbox with capital Mailto", "mbox", "MAILTO:sari@example.org"),
    ("mbox that is no address", "mbox", "mailto:sari"),
    ("mbox is an object", "mbox", {"a": 1}),
    ("unknown objectType", "objectType", "Robot"),
    ("member without being a group", "member", [make.agent()]),
)
AGENT_PLACES = {
    "actor": SOUND,
    "object": changed(ABOUT_AN_AGENT, "object.name", "Budi"),
    "context.instructor": SOUND,
    "context.team.member[0]": SOUND,
}


@pytest.mark.parametrize("place", AGENT_PLACES)
@AGENT_ROWS
def test_data_2_4_2_1_an_agent_has_exactly_one_identifier(
    v1: Service, place: str, row: Row
) -> None:
    """An Agent MUST be identified by one of the four types of Inverse Functional Identifier and
    MUST NOT include more than one (Data 2.4.2.1), wherever an Agent stands."""
    path = f"{place}.{row.path}"
    names = place if row.names == "." else path
    if row.what == "unknown objectType" and place == "object":
        names = "object.objectType"
    v1.refuses(Row(row.what, path, row.value, names), AGENT_PLACES[place])


IDENTIFIERS: dict[str, Any] = {
    "mbox": "mailto:sari@example.org",
    "mbox_sha1sum": "f427d80dc332a166bf5f160ec15f009ce7e68c4c",
    "openid": "https://sari.example.org/",
    "account": {"homePage": "https://course.example.org", "name": "sari"},
}


@pytest.mark.parametrize("kind", IDENTIFIERS)
def test_data_2_4_2_3_each_identifier_identifies(v1: Service, kind: str) -> None:
    """mbox, mbox_sha1sum, openid and account each identify an Agent or Group (2.4.2.3)."""
    identified = {kind: IDENTIFIERS[kind]}
    v1.takes(Row(kind, "actor", identified), SOUND)
    v1.takes(Row(kind, "actor", {"objectType": "Group"} | identified), SOUND)
    v1.takes(Row(kind, "context.instructor", identified), SOUND)


@rows(
    ("too short", "actor.mbox_sha1sum", "f427d80dc332a166bf5f160ec15f009ce7e68c4"),
    ("not hexadecimal", "actor.mbox_sha1sum", "z427d80dc332a166bf5f160ec15f009ce7e68c4c"),
    ("with mailto", "actor.mbox_sha1sum", "mailto:f427d80dc332a166bf5f160ec15f009ce7e68c4c"),
    ("empty", "actor.mbox_sha1sum", ""),
)
def test_data_2_4_2_3_mbox_sha1sum_is_a_sha1(v1: Service, row: Row) -> None:
    """mbox_sha1sum is "the hex-encoded SHA1 hash of a mailto IRI" (Data 2.4.2.3)."""
    v1.refuses(row, changed(SOUND, "actor", {"mbox_sha1sum": IDENTIFIERS["mbox_sha1sum"]}))


@rows(
    ("no scheme", "actor.openid", "sari.example.org"),
    ("a blank", "actor.openid", "https://example.org/sa ri"),
    ("empty", "actor.openid", ""),
)
def test_data_2_4_2_3_openid_is_a_uri(v1: Service, row: Row) -> None:
    """openid is "an openID that uniquely identifies the Agent", a URI (Data 2.4.2.3)."""
    v1.refuses(row, changed(SOUND, "actor", {"openid": IDENTIFIERS["openid"]}))


@rows(
    ("no homePage", "actor.account.homePage", GONE),
    ("no name", "actor.account.name", GONE),
    ("homePage without scheme", "actor.account.homePage", "course.example.org"),
    ("homePage empty", "actor.account.homePage", ""),
    ("name is a number", "actor.account.name", 7),
    ("an extra member", "actor.account.extra", 1),
    ("a string", "actor.account", "sari"),
)
def test_data_2_4_2_4_an_account_is_home_page_and_name(v1: Service, row: Row) -> None:
    """An Account has a homePage, an IRL, and a name, a string; both required (2.4.2.4)."""
    v1.refuses(row, changed(SOUND, "actor", {"account": IDENTIFIERS["account"]}))


@rows(
    ("anonymous without members", "actor", {"objectType": "Group"}, "actor.member"),
    ("anonymous with no members", "actor", {"objectType": "Group", "member": []}, "actor.member"),
    (
        "a group as member",
        "actor",
        {"objectType": "Group", "member": [make.group()]},
        "actor.member[0].objectType",
    ),
    (
        "a group as member of an identified group",
        "actor",
        make.account() | make.group(make.group()),
        "actor.member[0].objectType",
    ),
    (
        "two identifiers",
        "actor",
        {"objectType": "Group", "mbox": "mailto:a@example.org", "openid": "https://a.example.org"},
        "actor",
    ),
    ("member is an object", "actor", {"objectType": "Group", "member": {}}, "actor.member"),
    ("member is text", "actor", {"objectType": "Group", "member": ["a"]}, "actor.member[0]"),
    ("team is an agent", "context.team", make.agent(), "context.team.objectType"),
)
def test_data_2_4_2_2_a_group_is_its_members_or_one_identifier(v1: Service, row: Row) -> None:
    """An Anonymous Group MUST include "member"; an Identified Group exactly one identifier;
    neither may contain Groups (Data 2.4.2.2)."""
    v1.refuses(row, SOUND)


@rows(
    ("anonymous", "actor", make.group(make.agent("ani"), make.agent("budi"))),
    ("identified, without members", "actor", make.account() | {"objectType": "Group"}),
    ("identified, with members", "actor", make.account() | make.group(make.agent("ani"))),
    ("team", "context.team", make.account() | {"objectType": "Group", "name": "Crew"}),
    ("instructor", "context.instructor", make.group(make.agent("ani"))),
    ("object", "object", make.group(make.agent("ani"))),
)
def test_data_2_4_2_2_groups_are_taken(v1: Service, row: Row) -> None:
    """A Group stands wherever an Actor, an Object, an instructor or a team may (2.4.2.2)."""
    sound = SOUND if row.path != "object" else make.statement()
    v1.takes(row, sound)


@rows(("no id", "verb.id", GONE), ("a blank in the id", "verb.id", "http://example.org/a b"))
def test_data_2_4_3_a_verb_has_an_iri(v1: Service, row: Row) -> None:
    """A Verb has an "id", an IRI, required (Data 2.4.3)."""
    v1.refuses(row, SOUND)


@rows(
    ("no display", "verb", {"id": "http://example.org/verbs/did"}),
    ("an IRI with letters of Java", "verb", {"id": "http://example.org/ꦥ"}),
)
def test_data_2_4_3_display_is_recommended_only(v1: Service, row: Row) -> None:
    """ "display" is recommended, "id" may be any IRI (Data 2.4.3)."""
    v1.takes(row, SOUND)


@rows(
    ("no id", "object.id", GONE),
    ("objectType of nothing", "object.objectType", "Course"),
    ("components without interactionType", "object.definition.interactionType", GONE),
    ("unknown interactionType", "object.definition.interactionType", "essay"),
    ("component without id", "object.definition.choices[1].id", GONE),
    ("component id is a number", "object.definition.choices[1].id", 2),
)
def test_data_2_4_4_1_activities(v1: Service, row: Row) -> None:
    """An Activity has an IRI; "Interaction Activities MUST have a valid interactionType"; a
    component has an id, a string (Data 2.4.4.1)."""
    v1.refuses(row, SOUND)


INTERACTIONS: dict[str, make.Tree] = {
    "true-false": {"correctResponsesPattern": ["true"]},
    "choice": {"choices": [{"id": "a"}]},
    "fill-in": {"correctResponsesPattern": ["{case_matters=true}Bob's your uncle"]},
    "long-fill-in": {"correctResponsesPattern": []},
    "matching": {"source": [{"id": "a"}], "target": [{"id": "1"}]},
    "performance": {"steps": [{"id": "pong", "description": {"en": "Net pong"}}]},
    "sequencing": {"choices": [{"id": "tim"}], "correctResponsesPattern": ["tim[,]mike"]},
    "likert": {"scale": [{"id": "likert_0"}]},
    "numeric": {"correctResponsesPattern": ["4[:]"]},
    "other": {"correctResponsesPattern": ["(35.937432,-86.868896)"]},
}


@pytest.mark.parametrize("kind", INTERACTIONS)
def test_data_2_4_4_1_each_interaction_has_its_components(v1: Service, kind: str) -> None:
    """The ten interactionTypes, each with the components that Data 2.4.4.1 gives it."""
    definition = {"interactionType": kind} | INTERACTIONS[kind]
    v1.takes(Row(kind, "object.definition", definition), SOUND)


def test_data_2_4_4_1_responses_have_no_limit(v1: Service) -> None:
    """The LRS SHOULD* NOT enforce character limits relating to response patterns, nor limit
    the length of correctResponsesPattern (Data 2.4.4.1)."""
    patterns = [f"{n}" * 500 for n in range(300)]
    v1.takes(Row("long", "object.definition.correctResponsesPattern", patterns), SOUND)
    v1.takes(Row("long", "result.response", "x" * 100_000), SOUND)


@rows(
    ("agent without objectType", "object", {"mbox": "mailto:budi@example.org"}, "object.mbox"),
    ("group without objectType", "object", {"member": [make.agent()]}, "object.member"),
)
def test_data_2_4_4_2_agents_as_object_say_so(v1: Service, row: Row) -> None:
    """Statements that specify an Agent or Group as an Object MUST specify an "objectType"
    property (Data 2.4.4.2)."""
    v1.refuses(row, make.statement())


@rows(
    ("no objectType", "object.objectType", GONE, "object.id"),
    ("no id", "object.id", GONE),
    ("id is no UUID", "object.id", "https://example.org/1"),
    ("an extra member", "object.definition", {}),
)
def test_data_2_4_4_3_a_statement_reference_is_type_and_uuid(v1: Service, row: Row) -> None:
    """A Statement Reference MUST specify "objectType" StatementRef and MUST set "id" to the
    UUID of a Statement (Data 2.4.4.3)."""
    v1.refuses(row, ABOUT_A_REFERENCE)


@rows(
    ("no objectType", "context.statement.objectType", GONE),
    ("an activity", "context.statement", make.activity(), "context.statement.objectType"),
    ("no id", "context.statement.id", GONE),
)
def test_data_2_4_6_context_statement_is_a_reference(v1: Service, row: Row) -> None:
    """context.statement is a Statement Reference (Data 2.4.6, 2.4.4.3)."""
    v1.refuses(row, SOUND)


def test_data_2_4_4_3_a_reference_needs_no_target(v1: Service) -> None:
    """ "There is no requirement for the LRS to validate that the UUID matches a Statement that
    exists" (Data 2.4.4.3)."""
    v1.takes(Row("unknown", "object", make.reference(OTHER)), make.statement())


@rows(
    ("id", "object.id", OTHER),
    ("stored", "object.stored", "2026-03-02T08:00:00Z"),
    ("version", "object.version", "1.0.0"),
    ("authority", "object.authority", make.agent()),
    ("no actor", "object.actor", GONE),
    ("no verb", "object.verb", GONE),
    ("no object", "object.object", GONE),
)
def test_data_2_4_4_3_a_substatement_is_a_plan_not_a_record(v1: Service, row: Row) -> None:
    """A SubStatement MUST NOT have "id", "stored", "version" or "authority" (Data 2.4.4.3)."""
    v1.refuses(row, nested(SOUND), inside=False)


def test_data_2_4_4_3_substatements_are_not_nested(v1: Service) -> None:
    """A SubStatement MUST NOT contain a SubStatement of its own (Data 2.4.4.3)."""
    problems = v1.refusal(v1.post(nested(nested(make.statement()))))
    assert [each["path"] for each in problems] == ["object.object.objectType"]


@rows(
    ("scaled above 1", "result.score.scaled", 1.0001),
    ("scaled below -1", "result.score.scaled", -1.0001),
    ("raw above max", "result.score.raw", 10.5),
    ("raw below min", "result.score.raw", -0.5),
    ("min above max", "result.score.min", 11),
    ("min equal to max", "result.score.min", 10),
)
def test_data_2_4_5_1_a_score_lies_within_its_bounds(v1: Service, row: Row) -> None:
    """ "scaled" lies between -1 and 1, inclusive; "raw" between min and max; "min" is less than
    "max" (Data 2.4.5.1)."""
    v1.refuses(row, SOUND)


@rows(
    ("scaled 1", "result.score", {"scaled": 1}),
    ("scaled -1.0", "result.score", {"scaled": -1.0}),
    ("raw alone", "result.score", {"raw": 1e9}),
    ("raw at max", "result.score", {"raw": 10, "max": 10}),
    ("raw at min", "result.score", {"raw": -3, "min": -3, "max": 0}),
    ("empty", "result.score", {}),
)
def test_data_2_4_5_1_scores_within_bounds_are_taken(v1: Service, row: Row) -> None:
    """Each member of a Score is optional, and bounds belong to it (Data 2.4.5.1)."""
    v1.takes(row, SOUND)


@pytest.mark.parametrize("name", ["revision", "platform"])
@pytest.mark.parametrize("about", ["agent", "group", "reference", "substatement"])
def test_data_2_4_6_revision_and_platform_are_of_activities(
    v1: Service, name: str, about: str
) -> None:
    """The "revision" and "platform" properties MUST only be used if the Statement's Object is
    an Activity (Data 2.4.6)."""
    objects = {
        "agent": make.agent(),
        "group": make.group(),
        "reference": make.reference(OTHER),
        "substatement": nested(make.statement())["object"],
    }
    base = make.statement(object=objects[about])
    row = Row(name, f"context.{name}", "1")
    v1.refuses(row, base, inside=about != "substatement")


@rows(
    ("wrong key", "context.contextActivities.siblings", [make.activity()]),
    ("a string", "context.contextActivities.parent", "https://course.example.org/1"),
    ("an array of strings", "context.contextActivities.parent[0]", "https://course.example.org/1"),
    ("an agent", "context.contextActivities.other[0].objectType", "Agent"),
    ("no id", "context.contextActivities.category[0].id", GONE),
)
def test_data_2_4_6_2_context_activities_are_activities(v1: Service, row: Row) -> None:
    """Every key in contextActivities MUST be parent, grouping, category, or other; every value
    an Activity or an array of Activities (Data 2.4.6.2)."""
    v1.refuses(row, SOUND)


@rows(
    ("2.0", "version", "2.0.0"),
    ("1.1", "version", "1.1.0"),
    ("0.95", "version", "0.95"),
    ("1", "version", "1"),
    ("1.0. and nothing", "version", "1.0."),
    ("a number", "version", 1.0),
    ("empty", "version", ""),
)
def test_data_2_4_10_only_versions_of_1_0_are_taken(v1: Service, row: Row) -> None:
    """An LRS MUST reject all Statements with a version that does not start with 1.0.
    (Data 2.4.10)."""
    v1.refuses(row, SOUND, inside=False)


@rows(
    ("no usageType", "attachments[0].usageType", GONE),
    ("no display", "attachments[0].display", GONE),
    ("no contentType", "attachments[0].contentType", GONE),
    ("no length", "attachments[0].length", GONE),
    ("no sha2", "attachments[0].sha2", GONE),
    ("contentType is no media type", "attachments[0].contentType", "pdf"),
    ("sha2 is no SHA-2", "attachments[0].sha2", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("description is a string", "attachments[0].description", "of completion"),
    ("an array of arrays", "attachments[0]", []),
)
def test_data_2_4_11_attachments_are_described(v1: Service, row: Row) -> None:
    """usageType, display, contentType, length and sha2 are required, each of its type
    (Data 2.4.11)."""
    v1.refuses(row, SOUND)
