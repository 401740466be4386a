"""Each role against each resource: the page in `lrs/auth/roles.py` is what is done."""

import pytest

from lrs import errors
from lrs.auth import roles, scopes
from schemas.accounts import ROLES
from tests.auth.test_scopes import holding

#: How the page names a role that is too long for its column.
SHORT = {"contact": "unit_contact"}


def page() -> dict[tuple[str, str], str]:
    """(role, action) → reach as the docstring's table has it; "-" for none."""
    lines = [line.split() for line in (roles.__doc__ or "").splitlines() if line[:4] == "    "]
    head, *rows = lines
    columns = [SHORT.get(name, name) for name in head[1:]]
    return {
        (role, action): reach
        for action, *reaches in rows
        for role, reach in zip(columns, reaches, strict=True)
    }


def test_the_page_is_the_table() -> None:
    told = page()
    assert {role for role, _ in told} == set(ROLES) == set(roles.MAY)
    assert {action for _, action in told} == set(roles.SCOPES_FOR)
    for (role, action), reach in told.items():
        print(f"{role:14}{action:20}{reach}")
        assert roles.MAY[role].get(action, "-") == reach, (role, action)
    assert {a for may in roles.MAY.values() for a in may} <= set(roles.SCOPES_FOR)
    assert {r for may in roles.MAY.values() for r in may.values()} == set(roles.REACHES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", roles.SCOPES_FOR)
@pytest.mark.parametrize("relation", [None, *sorted(set(roles.REACHES) - {"all"})])
def test_each_role_against_each_resource_and_relation(
    role: str, action: str, relation: str | None
) -> None:
    told = page()[role, action]
    decision = roles.decide({role}, action, {relation} if relation else set())
    assert bool(decision) is (told == "all" or (told != "-" and told == relation))
    assert roles.reach({role}, action) == (frozenset() if told == "-" else {told})


@pytest.mark.parametrize("action", roles.SCOPES_FOR)
def test_a_key_is_asked_for_its_scope_and_never_gets_by_with_all(action: str) -> None:
    with pytest.raises(errors.Forbidden):
        roles.require_key(holding("all", "all/read", "statements/read"), action)
    wanted = roles.SCOPES_FOR[action]
    if wanted is None:
        with pytest.raises(errors.Forbidden, match="command line"):
            roles.require_key(holding("practice/all"), action)
    else:
        assert roles.require_key(holding(wanted), action)
        assert roles.require_key(holding("practice/all"), action).by == "practice/all"
        assert wanted in scopes.ACTIONS
        others = {row for row in scopes.ACTIONS if row.startswith("practice/")} - {wanted}
        with pytest.raises(errors.Forbidden):
            roles.require_key(holding(*others), action)


def test_evidence_is_seen_by_learner_superior_and_reviewers_and_no_one_else() -> None:
    seeing = {role for role, may in roles.MAY.items() if "evidence/read" in may}
    assert seeing == {"learner", "superior", "reviewer", "admin"}


def test_a_head_sees_figures_and_nobody() -> None:
    assert roles.decide({"head"}, "figures/read", {"figures"})
    related = set(roles.REACHES) - {"figures"}
    for action in set(roles.SCOPES_FOR) - {"units/read", "programmes/read"}:
        assert not roles.decide({"head"}, action, related)


def test_several_roles_reach_as_far_as_any_of_them() -> None:
    assert roles.reach({"superior", "learner"}, "cases/read") == {"staff", "own"}
    assert roles.decide({"superior", "learner"}, "evidence/read", {"own"})


def test_a_no_says_why() -> None:
    far = roles.decide({"superior"}, "evidence/read", {"unit"})
    assert not far
    assert str(far) == (
        "As superior you may do evidence/read only with what is of those whose superior one is"
        " on that day, and this is not."
    )
    none = roles.decide({"head"}, "evidence/read")
    assert isinstance(none, roles.Refusal)
    with pytest.raises(errors.Forbidden, match="admin, reviewer, superior, learner; you hold head"):
        raise none.error


def test_roles_and_actions_that_nobody_knows() -> None:
    assert not roles.decide({"root", "ADMIN", ""}, "cases/read", set(roles.REACHES))
    with pytest.raises(KeyError):
        roles.decide({"admin"}, "cases/delete")
    with pytest.raises(KeyError):
        roles.reach({"admin"}, "cases/delete")
