"""The lean check and the schemas say no to exactly the same statements.

Statements real and made, sound and not, are broken in one to three places; whatever comes of it,
both must agree, and neither may raise.
"""

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs.xapi import check
from lrs.xapi.versions import V1, V2
from schemas.statements import explain, explain_agent
from tests.xapi.soundness import FULL_1, FULL_2, SOUND, SOUND_2, UNSOUND, UNSOUND_2

DATA = Path(__file__).parent.parent / "data"
REAL = [
    json.loads(line, parse_float=Decimal)
    for name in ("moodle_statements.jsonl", "moodle_refused.jsonl")
    for line in (DATA / name).read_text("utf-8").splitlines()
]
TREES = [*REAL, *(case[1] for case in (*SOUND, *SOUND_2, *UNSOUND, *UNSOUND_2))]

# What is nearly right, for any place: each breaks one rule and keeps another.
NEAR = [
    "",
    " ",
    "x",
    "Agent",
    "agent",
    "Group",
    "Activity",
    "StatementRef",
    "SubStatement",
    "contextAgent",
    "contextGroup",
    "choice",
    "matching",
    "true-false",
    "en",
    "en_US",
    "id-ID",
    "a12345678",
    "PT1H",
    "P4W1D",
    "PT1.5H2M",
    "2026-03-01T09:30:00Z",
    "2026-03-01T09:30:00-00:00",
    "2026-02-30T09:30:00Z",
    "2026-03-01 09:30:00",
    "9999-12-31T23:59:59-01:00",
    "6e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1",
    "{6e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1}",
    "6e8bc4309c3a4ed9bbb5e8b1a1a1a1a1",
    "http://example.com/",
    "http://example.com/a b",
    "http://contoh.example/ü",
    "example.com/thing",
    "mailto:sari@example.com",
    "mailto:sari",
    "sari@example.com",
    "ebd31e95054c018b10727ccffd2ef2ec3a016ee9",
    "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
    "text/plain; charset=utf-8",
    "1.0.0",
    "2.0.0",
    "1.1.0",
    check.VOIDED,
    None,
    True,
    False,
    0,
    1,
    -1,
    100,
    10**40,
    1.5,
    Decimal("1.01"),
    Decimal("-1.0000"),
    Decimal("27.0"),
    Decimal("1e400"),
    Decimal("NaN"),
    Decimal("sNaN"),
    float("inf"),
    [],
    [None],
    ["x"],
    {},
    {"x": "y"},
    {"en": "x"},
    {"_schema": None},
    {"http://example.com/x": None},
    {"objectType": "Agent", "mbox": "mailto:sari@example.com"},
    {"objectType": "Group", "mbox": "mailto:tim@example.com"},
    {"objectType": "Group", "member": []},
    {"objectType": "Group", "member": [{"mbox": "mailto:sari@example.com"}]},
    {"homePage": "http://example.com/", "name": "1"},
    {"id": "http://example.com/thing"},
    {"objectType": "StatementRef", "id": "6e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1"},
    [{"id": "http://example.com/thing"}, {"id": "thing"}],
    [{"id": "a"}, {"id": "a"}],
]
# Members of every kind of object there is, and some of none.
NAMES = sorted(
    {
        *check._STATEMENT[2],
        *check._SUBSTATEMENT_2,
        *check._CONTEXT_2,
        *check._CONTEXT_ACTIVITIES,
        *check._CONTEXT_AGENT,
        *check._CONTEXT_GROUP,
        *check._DEFINITION,
        *check._RESULT,
        *check._SCORE,
        *check._ATTACHMENT,
        *check._IFI,
        *("member", "homePage", "Name", "_schema", "data", "", "a.b", "x y", "http://x.example/"),
    }
)


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a tree, extensions' insides left out."""
    found = []
    todo = [tree]
    while todo:
        one = todo.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one))
        for key in keys:
            found.append((one, key))
            below = one[key]
            if isinstance(below, (dict, list)) and key != "extensions":
                todo.append(below)
    return found


def rename(container: Any, key: Any, name: str) -> None:
    if isinstance(container, dict):
        container[name] = container.pop(key)


@st.composite
def broken(draw: st.DrawFn, trees: list[Any]) -> Any:
    tree = copy.deepcopy(draw(st.sampled_from(trees)))
    if not isinstance(tree, dict):
        return tree
    for _ in range(draw(st.integers(1, 3))):
        spots = places(tree)
        if not spots:
            break
        container, key = spots[draw(st.integers(0, len(spots) - 1))]
        match draw(
            st.sampled_from(["near", "near", "drop", "rename", "case", "add", "add", "wrap"])
        ):
            case "near":
                container[key] = copy.deepcopy(draw(st.sampled_from(NEAR)))
            case "drop":
                del container[key]
            case "rename":
                rename(container, key, draw(st.sampled_from(NAMES)))
            case "case" if isinstance(key, str):
                rename(container, key, key.swapcase())
            case "add" if isinstance(container, dict):
                container[draw(st.sampled_from(NAMES))] = copy.deepcopy(draw(st.sampled_from(NEAR)))
            case _:
                container[key] = [container[key]]
    return tree


AT_EACH_PLACE = 7
QUICK = settings(
    derandomize=True,
    max_examples=400,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def agree(tree: Any) -> None:
    for version in (V1, V2):
        told = explain(tree, version)
        assert check.sound(tree, version) is (not told), (version, told)
        assert all(problem.message and problem.clause for problem in told)


@pytest.mark.parametrize("tree", TREES, ids=range(len(TREES)))
def test_they_agree_on_what_is_unbroken(tree):
    agree(tree)


@pytest.mark.parametrize("turn", range(AT_EACH_PLACE))
def test_they_agree_on_every_place(turn):
    """Each place of a full statement in turn goes missing, or takes one of the near misses.

    Neighbouring places take different ones, so that the whole list is spent on each part.
    """
    for index in range(len(places(FULL_2))):
        tree = copy.deepcopy(FULL_2)
        container, key = places(tree)[index]
        if turn == 0:
            del container[key]
        else:
            container[key] = copy.deepcopy(NEAR[(index * AT_EACH_PLACE + turn) % len(NEAR)])
        assert check.sound(tree, V2) is (not explain(tree, V2)), (key, container)


@QUICK
@given(broken(TREES))
def test_they_agree_on_broken_statements(tree):
    agree(tree)


@QUICK
@given(broken([FULL_1, FULL_2]))
def test_they_agree_on_broken_full_statements(tree):
    agree(tree)


JSON = st.recursive(
    st.sampled_from([near for near in NEAR if not isinstance(near, (dict, list))]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=12,
)


@QUICK
@given(JSON)
def test_they_agree_on_what_was_never_a_statement(tree):
    agree(tree)
    assert check.sound_agent(tree) is (not explain_agent(tree, V1, "agent"))


@QUICK
@given(
    broken(
        [
            {"agent": {"objectType": "Agent", "name": "Sari", "mbox": "mailto:sari@example.com"}},
            {"agent": {"account": {"homePage": "http://example.com/", "name": "1"}}},
            {"agent": {"objectType": "Group", "openid": "http://example.com/", "member": []}},
            {"agent": {"objectType": "Group", "member": [{"mbox": "mailto:sari@example.com"}]}},
        ]
    )
)
def test_they_agree_on_agents(tree):
    agent = tree.get("agent")
    assert check.sound_agent(agent) is (not explain_agent(agent, V1, "agent"))
