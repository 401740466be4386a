"""xAPI 1.0.3, Part Two (Data): what a statement may hold, clause by clause.

A row changes one thing in a sound statement. One that must be refused is sent between others:
the batch is refused whole, and the body of the 400 names the statement and the path. Each is
also tried inside a SubStatement, which "MUST be validated as a Statement" (Data 2.4.4.3).
"""

import json
from typing import Any

import pytest

from tests import make
from tests.conformance.service import GONE, Row, Service, changed, nested, rows

OTHER = "0193e1a4-2f63-7c4e-9d9a-6c1f2a3b4c5d"
SHA2 = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3a94a8fe5ccb19ba61c4c0873"
KEY = "https://example.org/x/mood"

SOUND: make.Tree = {
    "actor": {"objectType": "Agent", "name": "Sari", "mbox": "mailto:sari@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en": "answered"}},
    "object": {
        "objectType": "Activity",
        "id": "https://course.example.org/quiz/1",
        "definition": {
            "name": {"en": "Quiz", "id": "Kuis"},
            "description": {"en": "One question"},
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "moreInfo": "https://course.example.org/quiz/1/about",
            "interactionType": "choice",
            "correctResponsesPattern": ["a"],
            "choices": [
                {"id": "a", "description": {"en": "yes"}},
                {"id": "b", "description": {"en": "no"}},
            ],
            "extensions": {KEY: 1},
        },
    },
    "result": {
        "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
        "success": True,
        "completion": True,
        "response": "a",
        "duration": "PT1M30.25S",
        "extensions": {KEY: 1},
    },
    "context": {
        "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "instructor": {"objectType": "Agent", "mbox": "mailto:budi@example.org"},
        "team": {"objectType": "Group", "member": [{"mbox": "mailto:ani@example.org"}]},
        "contextActivities": {
            "parent": [{"id": "https://course.example.org/1"}],
            "grouping": [{"id": "https://course.example.org/2"}],
            "category": [{"id": "https://course.example.org/3"}],
            "other": [{"id": "https://course.example.org/4"}],
        },
        "revision": "3",
        "platform": "Moodle",
        "language": "id-ID",
        "statement": {"objectType": "StatementRef", "id": OTHER},
        "extensions": {KEY: 1},
    },
    "timestamp": "2026-03-02T08:00:00.123Z",
    "attachments": [
        {
            "usageType": "https://example.org/usage/certificate",
            "display": {"en": "certificate"},
            "description": {"en": "of completion"},
            "contentType": "application/pdf",
            "length": 1024,
            "sha2": SHA2,
            "fileUrl": "https://files.example.org/1.pdf",
        }
    ],
}

ABOUT_A_REFERENCE = make.statement(object=make.reference(OTHER))
ABOUT_AN_AGENT = make.statement(object=make.agent("budi"))

# Data 2.2: formatting ----------------------------------------------------------------------------


@rows(
    ("no actor", "actor", GONE),
    ("no verb", "verb", GONE),
    ("no object", "object", GONE),
)
def test_data_2_2_actor_verb_and_object_are_required(v1: Service, row: Row) -> None:
    """A Statement MUST use "actor", "verb", and "object" (Data 2.2)."""
    v1.refuses(row, SOUND)


@pytest.mark.parametrize("tree", [1, "a", True, None, [], {}], ids=json.dumps)
def test_data_2_2_a_statement_is_an_object_with_members(v1: Service, tree: Any) -> None:
    """A Statement is a JSON object with actor, verb and object; nothing else is one (2.2)."""
    problems = v1.refusal(v1.post(json.dumps([SOUND, tree])))
    assert {each["index"] for each in problems} == {1}


@pytest.mark.parametrize(
    "raw",
    [
        '{"verb":{"id":"http://example.org/v"},',
        '{"actor":{"mbox":"mailto:a@example.org","mbox":"mailto:b@example.org"},',
        '{"result":{"extensions":{"https://example.org/x":{"a":1,"a":2}}},',
        '{"result":{"extensions":{"https://example.org/x":{"a":1,"\\u0061" :2}}},',
    ],
    ids=["verb", "actor.mbox", "inside an extension", "told apart by an escape only"],
)
def test_data_2_2_a_property_is_used_once(v1: Service, raw: str) -> None:
    """A Statement MUST use each property no more than one time (Data 2.2)."""
    v1.refusal(v1.post(raw + json.dumps(SOUND)[1:]))
    assert v1.found() == []


def test_data_2_2_properties_come_in_any_order(v1: Service) -> None:
    """A Statement MAY use its properties in any order (Data 2.2)."""
    assert v1.store(dict(reversed(SOUND.items())))


@rows(
    ("actor", "actor", None),
    ("actor.name", "actor.name", None),
    ("actor.mbox", "actor.mbox", None),
    ("verb.display", "verb.display", None),
    ("verb.display.en", "verb.display.en", None),
    ("object.definition", "object.definition", None),
    ("object.definition.name.id", "object.definition.name.id", None),
    ("object.definition.choices", "object.definition.choices", None),
    ("result", "result", None),
    ("result.response", "result.response", None),
    ("result.score.raw", "result.score.raw", None),
    ("result.success", "result.success", None),
    ("result.extensions", "result.extensions", None),
    ("context", "context", None),
    ("context.team", "context.team", None),
    ("context.contextActivities.parent", "context.contextActivities.parent", None),
    ("context.contextActivities.parent[0]", "context.contextActivities.parent[0]", None),
    ("timestamp", "timestamp", None),
    ("attachments", "attachments", None),
    ("attachments[0].fileUrl", "attachments[0].fileUrl", None),
)
def test_data_2_2_null_is_refused(v1: Service, row: Row) -> None:
    """The LRS MUST reject Statements with any null values, except inside extensions (2.2)."""
    v1.refuses(row, SOUND)


@rows(
    ("actor is a string", "actor", "mailto:sari@example.org"),
    ("actor is an array", "actor", [make.agent()]),
    ("actor.name is a number", "actor.name", 1),
    ("verb is a string", "verb", "http://adlnet.gov/expapi/verbs/answered"),
    ("verb.id is a number", "verb.id", 1),
    ("verb.display is a string", "verb.display", "answered"),
    ("object is a string", "object", "https://course.example.org/quiz/1"),
    ("definition is an array", "object.definition", []),
    ("name is a string", "object.definition.name", "Quiz"),
    ("choices is an object", "object.definition.choices", {"a": "yes", "b": "no"}),
    ("a pattern is a number", "object.definition.correctResponsesPattern[0]", 1),
    ("patterns are a string", "object.definition.correctResponsesPattern", "a"),
    ("result is an array", "result", []),
    ("score is a number", "result.score", 5),
    ("success is a string", "result.success", "true"),
    ("success is a number", "result.success", 1),
    ("completion is a string", "result.completion", "false"),
    ("response is a number", "result.response", 5),
    ("scaled is a string", "result.score.scaled", "0.5"),
    ("raw is a string", "result.score.raw", "5"),
    ("min is a string", "result.score.min", "0"),
    ("max is true", "result.score.max", True),
    ("duration is a number", "result.duration", 90),
    ("context is an array", "context", []),
    ("revision is a number", "context.revision", 3),
    ("platform is an object", "context.platform", {}),
    ("language is an object", "context.language", {}),
    ("contextActivities is an array", "context.contextActivities", []),
    ("extensions is an array", "result.extensions", []),
    ("timestamp is a number", "timestamp", 1772438400),
    ("attachments is an object", "attachments", {}),
    ("length is a string", "attachments[0].length", "1024"),
    ("length has a fraction", "attachments[0].length", 1024.5),
    ("length is negative", "attachments[0].length", -1),
)
def test_data_2_2_the_wrong_data_type_is_refused(v1: Service, row: Row) -> None:
    """The LRS MUST reject Statements where the wrong data type is used, "even if those strings
    contain numbers" or booleans (Data 2.2)."""
    v1.refuses(row, SOUND)


@rows(
    ("mbox", "actor.mbox", ""),
    ("verb id", "verb.id", ""),
    ("activity id", "object.id", ""),
    ("activity type", "object.definition.type", ""),
    ("moreInfo", "object.definition.moreInfo", ""),
    ("registration", "context.registration", ""),
    ("reference", "context.statement.id", ""),
    ("language", "context.language", ""),
    ("duration", "result.duration", ""),
    ("timestamp", "timestamp", ""),
    ("usageType", "attachments[0].usageType", ""),
    ("contentType", "attachments[0].contentType", ""),
    ("sha2", "attachments[0].sha2", ""),
    ("fileUrl", "attachments[0].fileUrl", ""),
)
def test_data_2_2_an_empty_string_has_no_format(v1: Service, row: Row) -> None:
    """The LRS MUST reject any non-format-following value, "including the empty string", where
    a particular format is required (Data 2.2)."""
    v1.refuses(row, SOUND)


@rows(
    ("Actor", "Actor", {}),
    ("VERB", "VERB", {}),
    ("actor.Name", "actor.Name", "Sari"),
    ("verb.Display", "verb.Display", {}),
    ("object.objecttype", "object.objecttype", "Activity"),
    ("definition.moreinfo", "object.definition.moreinfo", "https://example.org"),
    ("result.Score", "result.Score", {}),
    ("score.Raw", "result.score.Raw", 1),
    ("context.contextactivities", "context.contextactivities", {}),
    ("contextActivities.Parent", "context.contextActivities.Parent", []),
    ("attachments[0].fileURL", "attachments[0].fileURL", "https://example.org"),
    ("timeStamp", "timeStamp", "2026-03-02T08:00:00Z"),
)
def test_data_2_2_the_case_of_keys_counts(v1: Service, row: Row) -> None:
    """The LRS MUST reject Statements where the case of a key does not match (Data 2.2)."""
    v1.refuses(row, SOUND)


@rows(
    ("agent", "actor.objectType", "agent"),
    ("ACTIVITY", "object.objectType", "ACTIVITY"),
    ("statementref", "context.statement.objectType", "statementref"),
    ("group", "context.team.objectType", "group"),
    ("Choice", "object.definition.interactionType", "Choice"),
)
def test_data_2_2_the_case_of_enumerated_values_counts(v1: Service, row: Row) -> None:
    """The LRS MUST reject Statements where the case of an enumerated value differs (2.2)."""
    v1.refuses(row, SOUND)


@rows(
    ("statement", "extra", 1),
    ("actor", "actor.extra", 1),
    ("verb", "verb.extra", 1),
    ("object", "object.extra", 1),
    ("definition", "object.definition.extra", 1),
    ("interaction component", "object.definition.choices[0].extra", 1),
    ("result", "result.extra", 1),
    ("score", "result.score.extra", 1),
    ("context", "context.extra", 1),
    ("contextActivities", "context.contextActivities.extra", []),
    ("context activity", "context.contextActivities.parent[0].extra", 1),
    ("reference", "context.statement.extra", 1),
    ("group", "context.team.extra", 1),
    ("group member", "context.team.member[0].extra", 1),
    ("attachment", "attachments[0].extra", 1),
)
def test_data_2_2_keys_that_are_not_allowed_are_refused(v1: Service, row: Row) -> None:
    """The LRS MUST reject Statements where a key or value is not allowed (Data 2.2)."""
    v1.refuses(row, SOUND)


@rows(
    ("verb id", "verb.id", "verbs/answered"),
    ("activity id", "object.id", "www.example.org/quiz"),
    ("activity type", "object.definition.type", "/type"),
    ("moreInfo", "object.definition.moreInfo", "about.html"),
    ("usageType", "attachments[0].usageType", "certificate"),
    ("fileUrl", "attachments[0].fileUrl", "//files.example.org/1.pdf"),
    ("context activity", "context.contextActivities.other[0].id", "other"),
    ("key of result.extensions", 'result.extensions["mood"]', 1, "result.extensions.mood"),
    ("key of context.extensions", 'context.extensions["mood"]', 1, "context.extensions.mood"),
    (
        "key of definition.extensions",
        'object.definition.extensions["mood"]',
        1,
        "object.definition.extensions.mood",
    ),
)
def test_data_2_2_an_iri_has_a_scheme(v1: Service, row: Row) -> None:
    """The LRS MUST reject Statements containing IRL or IRI values without a scheme (2.2)."""
    v1.refuses(row, SOUND)


@rows(
    ("verb.display", 'verb.display["a12345678"]', "x", "verb.display.a12345678"),
    ("underscore", 'verb.display["en_US"]', "x", "verb.display.en_US"),
    ("definition.name", 'object.definition.name["e"]', "x", "object.definition.name.e"),
    ("definition.description", 'object.definition.description["en-"]', "x"),
    ("component", 'object.definition.choices[0].description["en--US"]', "x"),
    ("attachment.display", 'attachments[0].display["english-language-x"]', "x"),
    ("empty tag", 'verb.display[""]', "x"),
    ("value is a number", "verb.display.en", 1),
)
def test_data_4_2_language_maps_have_language_tags(v1: Service, row: Row) -> None:
    """Keys of a language map are RFC 5646 tags, of which the LRS MUST at least validate the
    sequence of token lengths; values are strings (Data 2.2, 4.2)."""
    v1.refuses(row, SOUND)


@pytest.mark.parametrize(
    "tag",
    ["id", "en-US", "zh-Hant-TW", "sl-rozaj-biske", "es-419", "x-asn", "i-klingon"],
)
def test_data_4_2_language_tags_of_rfc_5646_are_taken(v1: Service, tag: str) -> None:
    """Every form of RFC 5646 is a key of a language map, in the case it came (Data 4.2)."""
    v1.takes(Row(tag, "verb.display", {tag: "x"}), SOUND)


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


# Data 4: special data types ----------------------------------------------------------------------


@pytest.mark.parametrize("place", ["result", "context", "object.definition"])
@pytest.mark.parametrize(
    "value",
    [None, "", {}, [], {KEY: {}}, {KEY: None}, {KEY: ""}, {KEY: [1, {"a": [None]}], "urn:a": 1e-9}],
    ids=repr,
)
def test_data_4_1_extensions_hold_anything(v1: Service, place: str, value: Any) -> None:
    """An LRS MUST NOT reject a Statement based on the values of the extensions map (4.1)."""
    value = value if isinstance(value, dict) else {KEY: value}
    v1.takes(Row("extensions", f"{place}.extensions", value), SOUND)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T08:00:00Z",
        "2026-03-02T08:00:00.1Z",
        "2026-03-02T08:00:00.123456789Z",
        "2026-03-02T15:00:00+07:00",
        "2026-03-02T15:00:00+0700",
        "2026-03-02T15:00:00+07",
        "2026-03-02T08:00:00",
        "2028-02-29T23:59:59Z",
        "2026-03-02T08:00Z",
    ],
)
def test_data_4_5_timestamps_of_iso_8601_are_taken(v1: Service, text: str) -> None:
    """A Timestamp MUST be formatted according to ISO 8601; a zone SHOULD* be there (4.5)."""
    v1.takes(Row(text, "timestamp", text), SOUND)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02",
        "02-03-2026T08:00:00Z",
        "2026-13-02T08:00:00Z",
        "2026-02-30T08:00:00Z",
        "2026-03-02T25:00:00Z",
        "2026-03-02T08:61:00Z",
        "2026-03-02T08:00:00-00:00",
        "2026-03-02T08:00:00-0000",
        "2026-03-02T08:00:00-00",
        "2026-03-02T08:00:00 Z",
        "Mon, 02 Mar 2026 08:00:00 GMT",
        "now",
    ],
)
def test_data_4_5_what_is_no_timestamp_is_refused(v1: Service, text: str) -> None:
    """A Timestamp MUST be formatted according to ISO 8601, which has no zone -00 (4.5)."""
    v1.refuses(Row(text, "timestamp", text), SOUND)


@pytest.mark.parametrize(
    "text",
    ["P1DT12H36M0.1237S", "PT16559.14S", "P4W", "P3Y1M29DT4H35M59.14S", "PT0S", "P0.5Y", "PT36H"],
)
def test_data_4_6_durations_come_back_as_sent(v1: Service, text: str) -> None:
    """A Duration MUST be in the format of ISO 8601:2004 4.4.3.2; one with more than 0.01 second
    precision SHOULD* NOT be rejected (Data 4.6). It is a string, not converted (2.3.1)."""
    v1.takes(Row(text, "result.duration", text), SOUND)


@pytest.mark.parametrize(
    "text", ["P", "PT", "1H", "P1H", "PT1D", "P4W1D", "PT1.5H2M", "-PT1S", "P0003-06-04T12:30:05"]
)
def test_data_4_6_what_is_no_duration_is_refused(v1: Service, text: str) -> None:
    """The alternative format of ISO 8601:2004 4.4.3.3 MUST NOT be used, nor another (4.6)."""
    v1.refuses(Row(text, "result.duration", text), SOUND)
