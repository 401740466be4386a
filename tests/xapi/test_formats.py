"""The formats ids and canonical, and merged definitions (Communication 2.1.3, 2.5)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi.formats import activity_ids, canonical, ids, merge_definition

ANN = {"objectType": "Agent", "name": "Ann", "mbox": "mailto:ann@example.com"}
BEN = {"name": "Ben", "account": {"homePage": "http://a.b", "name": "7"}}
TEAM = {"objectType": "Group", "name": "Team", "member": [ANN, BEN]}
CREW = {"objectType": "Group", "name": "Crew", "openid": "http://crew.example", "member": [ANN]}
VERB = {"id": "http://a.b/v", "display": {"en-US": "did", "id": "melakukan"}}
WORDS = {"en": "Words", "id": "Kata"}


def activity(iri: str, **definition: Any) -> dict[str, Any]:
    return {"objectType": "Activity", "id": iri, "definition": definition or {"name": WORDS}}


def statement(**changes: Any) -> dict[str, Any]:
    return {"actor": ANN, "verb": VERB, "object": activity("http://a.b/object")} | changes


def as_ids(tree: dict[str, Any]) -> Any:
    return json.loads(ids(json.dumps(tree).encode()))


def as_canonical(
    tree: dict[str, Any], language: str | None = "id", **definitions: dict[str, Any]
) -> Any:
    known = {f"http://a.b/{name}": json.dumps(each).encode() for name, each in definitions.items()}
    return json.loads(canonical(json.dumps(tree).encode(), language, known))


# ids


def test_ids_of_a_plain_statement() -> None:
    """XAPI-00171: an activity keeps one member only, an agent at most two."""
    assert as_ids(statement(result={"success": True})) == {
        "actor": {"objectType": "Agent", "mbox": "mailto:ann@example.com"},
        "verb": {"id": "http://a.b/v"},
        "object": {"id": "http://a.b/object"},
        "result": {"success": True},
    }


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (BEN, {"account": {"homePage": "http://a.b", "name": "7"}}),
        (CREW, {"objectType": "Group", "openid": "http://crew.example"}),
        (
            TEAM,
            {
                "objectType": "Group",
                "member": [
                    {"objectType": "Agent", "mbox": "mailto:ann@example.com"},
                    {"account": {"homePage": "http://a.b", "name": "7"}},
                ],
            },
        ),
        (
            {"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9", "name": "C"},
            {"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"},
        ),
    ],
)
def test_ids_of_agents_and_groups_wherever_they_stand(agent: Any, expected: Any) -> None:
    context = {
        "instructor": agent,
        "team": agent,
        "contextAgents": [{"objectType": "contextAgent", "agent": agent, "relevantTypes": []}],
        "contextGroups": [{"objectType": "contextGroup", "group": agent}],
        "platform": "Moodle",
    }
    reduced = {
        "instructor": expected,
        "team": expected,
        "contextAgents": [{"objectType": "contextAgent", "agent": expected, "relevantTypes": []}],
        "contextGroups": [{"objectType": "contextGroup", "group": expected}],
        "platform": "Moodle",
    }
    inner = statement(objectType="SubStatement", actor=agent, context=context)
    whole = as_ids(statement(actor=agent, object=inner, context=context, authority=agent))
    assert (whole["actor"], whole["authority"], whole["context"]) == (expected, expected, reduced)
    assert (whole["object"]["actor"], whole["object"]["context"]) == (expected, reduced)
    if "objectType" in agent:
        assert as_ids(statement(object=agent))["object"] == expected


def test_ids_of_context_activities_and_references() -> None:
    reference = {"objectType": "StatementRef", "id": "33cff416-e331-4c9d-969e-5373a1756120"}
    groups = {"parent": [activity("http://a.b/1"), activity("http://a.b/2")], "other": []}
    whole = as_ids(statement(object=reference, context={"contextActivities": groups}))
    assert whole["object"] == reference
    assert whole["context"]["contextActivities"] == {
        "parent": [{"id": "http://a.b/1"}, {"id": "http://a.b/2"}],
        "other": [],
    }


def test_ids_leave_attachments_alone() -> None:
    attachments = [{"usageType": "http://a.b/u", "display": {"en": "a", "id": "b"}}]
    assert as_ids(statement(attachments=attachments))["attachments"] == attachments


# canonical


def test_canonical_has_one_language_in_every_map() -> None:
    """XAPI-00172, also for interaction components, attachments and SubStatements."""
    parts = [{"id": "a", "description": WORDS}, {"id": "b"}]
    rich = activity("http://a.b/x", name=WORDS, description=WORDS, steps=parts, scale=parts)
    attachments = [{"display": WORDS, "description": WORDS, "length": 1}]
    context = {"contextActivities": {"grouping": [rich]}, "team": TEAM}
    inner = statement(objectType="SubStatement", object=rich, context=context)
    whole = as_canonical(statement(object=inner, attachments=attachments, context=context))
    one = {"id": "Kata"}
    components = [{"id": "a", "description": one}, {"id": "b"}]
    expected = activity(
        "http://a.b/x", name=one, description=one, steps=components, scale=components
    )
    assert whole["verb"]["display"] == whole["object"]["verb"]["display"] == {"id": "melakukan"}
    assert whole["object"]["object"] == expected
    assert whole["context"] == {"contextActivities": {"grouping": [expected]}, "team": TEAM}
    assert whole["object"]["context"] == whole["context"]
    assert whole["attachments"] == [{"display": one, "description": one, "length": 1}]
    assert (whole["actor"], whole["object"]["actor"]) == (ANN, ANN)


def test_canonical_puts_in_the_merged_definition() -> None:
    merged = {"name": {"en": "Now", "id": "Kini"}, "type": "http://a.b/t"}
    bare = statement(object={"id": "http://a.b/object"})
    for tree in (bare, statement()):
        assert as_canonical(tree, object=merged)["object"]["definition"] == {
            "name": {"id": "Kini"},
            "type": "http://a.b/t",
        }
    assert as_canonical(bare) == bare | {"verb": VERB | {"display": {"id": "melakukan"}}}


def test_canonical_leaves_agents_as_object_alone() -> None:
    assert as_canonical(statement(object=TEAM))["object"] == TEAM


def test_both_formats_keep_the_spelling_of_what_they_do_not_change() -> None:
    result = b'{"score" : {"raw":1.0, "max":12345678901234567890123456789012345678901}}'
    extensions = b'{"http://a.b/\\u0065": [1E2 , "\\ud83d\\ude00"]}'
    raw = (
        b'{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"http:\\/\\/a.b\\/v"},"object":{"id":"x:y",'
        b'"definition":{"extensions":' + extensions + b',"name":{"en":"\\u0041","id":"b"}}},'
        b'"result":' + result + b"}"
    )
    reduced = ids(raw)
    assert reduced == (
        b'{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"http:\\/\\/a.b\\/v"},"object":{"id":"x:y"},'
        b'"result":' + result + b"}"
    )
    assert canonical(raw, "en", {}) == raw.replace(b',"id":"b"', b"")


# Activities


def test_the_activities_of_a_statement() -> None:
    groups = {"parent": [activity("http://a.b/p")], "other": activity("http://a.b/o")}
    deeper = {"category": [activity("http://a.b/c")]}
    inner = statement(objectType="SubStatement", context={"contextActivities": deeper})
    whole = statement(object=inner, context={"contextActivities": groups})
    assert activity_ids(json.dumps(whole).encode()) == {
        f"http://a.b/{name}" for name in ("p", "o", "c", "object")
    }
    for thing in (TEAM, {"objectType": "StatementRef", "id": "http://a.b/no"}):
        assert activity_ids(json.dumps(statement(object=thing)).encode()) == set()


# Definitions


def test_definitions_merge_by_language_and_extension() -> None:
    old = (
        b'{"name":{"en":"old","id":"lama"},"extensions":{"a:b":1.0,"a:c":2},'
        b'"choices":[1],"type":"a:t"}'
    )
    new = b'{"name":{"en":"new"},"extensions":{"a:c":3},"choices":[2],"moreInfo":"http://a.b"}'
    assert merge_definition(old, new) == (
        b'{"name":{"en":"new","id":"lama"},"extensions":{"a:b":1.0,"a:c":3},'
        b'"choices":[2],"type":"a:t","moreInfo":"http://a.b"}'
    )


def test_a_first_definition_is_taken_as_it_is() -> None:
    assert merge_definition(None, b'{ "name" : {} }') == b'{ "name" : {} }'


@pytest.mark.parametrize("new", [b"{}", b'{"name":{}}', b'{"name": {"en" : "a"}}'])
def test_nothing_new_changes_no_byte(new: bytes) -> None:
    old = b'{ "type":"a:t", "name":{"id":"b" , "en":"a"} }'
    assert merge_definition(old, new) == old


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
definitions = st.fixed_dictionaries(
    {},
    optional={
        "name": st.dictionaries(st.sampled_from(["en", "id", "de-AT"]), texts),
        "description": st.dictionaries(st.sampled_from(["en", "id"]), texts),
        "extensions": st.dictionaries(texts, st.integers() | texts),
        "choices": st.lists(
            st.fixed_dictionaries({"id": texts}, optional={"description": st.just(WORDS)})
        ),
        "type": texts,
    },
)


@given(definitions, definitions)
def test_merging_keeps_everything_that_is_not_replaced(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    spelled = json.dumps(new).encode()
    merged = merge_definition(json.dumps(old).encode(), spelled)
    expected = old | new
    for name in ("name", "description", "extensions"):
        if name in old and name in new:
            expected[name] = old[name] | new[name]
    assert json.loads(merged) == expected
    assert merge_definition(merged, spelled) == merged


@given(definitions, st.sampled_from(["en", "id;q=0.5, de", "", "fr"]))
def test_no_map_of_a_canonical_definition_has_two_languages(
    definition: dict[str, Any], language: str
) -> None:
    given = as_canonical(statement(), language, object=definition)["object"]["definition"]
    for name in ("name", "description"):
        assert len(given.get(name, {})) == min(1, len(definition.get(name, {})))
    assert all(len(choice.get("description", "1")) == 1 for choice in given.get("choices", []))
    assert given.keys() == definition.keys()
