"""The same statement, sent twice or signed (Data 2.3.1)."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi.equality import difference
from lrs.xapi.statements import parse


def test_groups_context_and_substatements() -> None:
    ann, ben = {"mbox": "mailto:ann@a.org"}, {"account": {"homePage": "http://a.b", "name": "B"}}
    activity = {"id": "http://a.b/c"}
    inner = {
        "objectType": "SubStatement",
        "actor": {"objectType": "Group", "member": [ann, ben]},
        "verb": {"id": "http://a.b/v", "display": {"en": "did"}},
        "object": {"objectType": "StatementRef", "id": "33CFF416-e331-4c9d-969e-5373a1756120"},
        "timestamp": "2013-04-01T12:00:00Z",
        "result": {"duration": "PT1.00S"},
    }
    other = deepcopy(inner) | {
        "actor": {"member": [ben, ann], "objectType": "Group"},
        "verb": {"id": "http://a.b/v"},
        "object": {"id": "33cff416-e331-4c9d-969e-5373a1756120", "objectType": "StatementRef"},
        "timestamp": "2013-04-01T12:00:00.0Z",
        "result": {"duration": "PT1S"},
    }
    context = {
        "contextActivities": {"parent": activity},
        "registration": "33CFF416-E331-4C9D-969E-5373A1756120",
        "language": "ID-id",
        "team": {"objectType": "Group", "member": [ann, ben]},
        "contextAgents": [{"objectType": "contextAgent", "agent": {"mbox": "mailto:a@B.org"}}],
    }
    same = {
        "contextActivities": {"parent": [activity | {"definition": {"type": "http://a.b/t"}}]},
        "registration": "33cff416-e331-4c9d-969e-5373a1756120",
        "language": "id-ID",
        "team": {"objectType": "Group", "member": [ben, ann]},
        "contextAgents": [{"objectType": "contextAgent", "agent": {"mbox": "mailto:a@b.org"}}],
    }
    left = {"object": inner, "context": context, "attachments": []}
    assert difference(left, {"object": other, "context": same}) is None
    other["actor"] = {"member": [ben, ben], "objectType": "Group"}
    assert difference(left, {"object": other, "context": same}) == "object.actor.member[1].mbox"


@pytest.mark.parametrize(
    ("one", "other", "where"),
    [
        (b'{"result":{"score":{"raw":1}}}', b'{"result":{"score":{"raw":1.0}}}', None),
        (b'{"result":{"score":{"raw":1e2}}}', b'{"result":{"score":{"raw":100}}}', None),
        (
            b'{"result":{"score":{"raw":0.1}}}',
            b'{"result":{"score":{"raw":0.1000000000000000000000000000000000000001}}}',
            "result.score.raw",
        ),
        (
            b'{"result":{"extensions":{"http://a.b/c":true}}}',
            b'{"result":{"extensions":{"http://a.b/c":1}}}',
            "result.extensions.http://a.b/c",
        ),
    ],
)
def test_numbers_are_the_same_as_exact_decimals(one: bytes, other: bytes, where: Any) -> None:
    assert difference(parse(one), parse(other)) == where


def test_what_the_sender_left_out_does_not_count() -> None:
    stored = {"id": "x", "timestamp": "2026-01-01T00:00:00Z", "stored": "s", "authority": {}}
    assert difference(stored, {}) is None
    assert difference(stored, {"timestamp": "2026-01-01T07:00:00+07:00"}) is None
    assert difference(stored, {"timestamp": "2026-01-01T07:00:00Z"}) == "timestamp"


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("id", "actor", "object", "objectType", "context", "member", "verb"),
                    *("contextActivities", "contextAgents", "attachments", "mbox"),
                    *("result", "duration", "timestamp"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
)
nonsense = st.dictionaries(st.sampled_from(["actor", "object", "context", "attachments"]), trees)


@given(nonsense, nonsense)
def test_anything_compares_with_anything(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert difference(one, one) is None
    difference(one, other)
