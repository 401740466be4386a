"""xAPI 1.0.3, Part Two (Data) 2.2 and 4: the form of statements and of the values in them.

A row changes one thing in a sound statement. One that must be refused is sent between others:
the batch is refused whole, and the body of the 400 names the statement and the path. Each is
also tried inside a SubStatement, which "MUST be validated as a Statement" (Data 2.4.4.3).
"""

import json
from typing import Any

import pytest

from tests import make
from tests.conformance.service import GONE, Row, Service, rows, shown
from tests.conformance.sound import KEY, SOUND

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


# Data 4: special data types ----------------------------------------------------------------------


@pytest.mark.parametrize("place", ["result", "context", "object.definition"])
@pytest.mark.parametrize(
    "value",
    [None, "", {}, [], {KEY: {}}, {KEY: None}, {KEY: ""}, {KEY: [1, {"a": [None]}], "urn:a": 1e-9}],
    ids=lambda value: shown(value) if value is not None else "null",
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
