"""The table of who may do what, read from the other side: by scope."""

from typing import Any

import pytest

from lrs import errors
from lrs.auth import scopes
from lrs.store.accounts import Kindness, Principal, StoreRef
from schemas.accounts import SCOPES

READS = {"statements/read", "state/read", "profile/read", "agents/read", "activities/read"}
WRITES = {"statements/write", "state/write", "profile/write", "define"}

MAY: dict[str, set[str]] = {
    "all": READS | WRITES,
    "all/read": READS,
    "statements/write": {"statements/write"},
    "statements/read": {"statements/read", "agents/read", "activities/read"},
    "statements/read/mine": {"statements/read"},
    "state": {"state/read", "state/write"},
    "profile": {"profile/read", "profile/write", "agents/read", "activities/read"},
    "define": {"define"},
    "practice/read": {"practice/read"},
    "practice/write": {"practice/write"},
    "practice/review": {"practice/review"},
    "practice/admin": {"practice/admin"},
    "practice/all": {"practice/read", "practice/write", "practice/review", "practice/admin"},
}


def holding(*held: str) -> Principal:
    store: Any = StoreRef(1, bytes(16))
    return Principal(1, store, store, 1, 1, b"{}", {}, frozenset(held), Kindness(), "lms")


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_allows_this_and_nothing_else(scope: str) -> None:
    allowed = {action for action in scopes.ACTIONS if scopes.allows(holding(scope), action)}
    assert allowed == MAY[scope]


def test_every_action_asks_for_known_scopes() -> None:
    assert {scope for wanted in scopes.ACTIONS.values() for scope in wanted} == set(SCOPES)


def test_all_never_implies_practice() -> None:
    """Design, "Two stores per tenant"."""
    others = [scope for scope in SCOPES if not scope.startswith("practice/")]
    for action in ("practice/read", "practice/write", "practice/review", "practice/admin"):
        assert not scopes.allows(holding(*others), action)


@pytest.mark.parametrize(
    ("held", "mine"),
    [
        (["statements/read/mine"], True),
        (["statements/read/mine", "statements/write", "state"], True),
        (["statements/read/mine", "statements/read"], False),
        (["statements/read/mine", "all/read"], False),
        (["statements/read/mine", "all"], False),
    ],
)
def test_the_widest_scope_decides_whose_statements_are_shown(held: list[str], mine: bool) -> None:
    assert scopes.require(holding(*held), "statements/read").mine is mine


def test_a_no_says_what_was_needed_and_what_is_held() -> None:
    refused = scopes.allows(holding("state"), "statements/write")
    assert not refused
    assert str(refused) == (
        "This key may not do that: it needs the scope all or statements/write; it holds state."
    )
    with pytest.raises(errors.Forbidden, match="all or statements/write"):
        scopes.require(holding("state"), "statements/write")


def test_scopes_that_nobody_knows_allow_nothing() -> None:
    held = holding("ALL", "all ", "statements", "statements/*", "*", "")
    assert not any(scopes.allows(held, action) for action in scopes.ACTIONS)


def test_an_action_that_nobody_knows_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        scopes.allows(holding("all"), "statements/delete")
