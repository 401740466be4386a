"""Who of the agency's people may do what with practice, on one page.

A *role* is what somebody is towards a case, an *action* is what they want to do with a resource,
and a *reach* says with whose. Whoever holds several roles may do what any of them may.

    action             admin  reviewer  evaluator  coach    examiner  superior  peer   learner  contact  head     operator
    cases/read         all    all       all        coached  coached   staff     -      own      unit     -        -
    evidence/read      all    all       -          -        -         staff     -      own      -        -        -
    evidence/write     all    -         -          coached  coached   staff     -      own      -        -        -
    links/read         all    all       all        -        -         staff     -      own      -        -        -
    verdicts/write     all    all       -          -        -         -         -      -        -        -        -
    answers/read       all    all       all        -        -         -         -      -        -        -        -
    answers/write      all    -         all        coached  coached   staff     asked  own      -        -        -
    answers/key        all    -         all        -        -         -         -      -        unit     -        -
    people/read        all    all       all        coached  coached   staff     -      own      unit     -        -
    people/write       all    -         -          -        -         -         -      -        unit     -        -
    units/read         all    all       all        all      all       all       all    all      all      all      -
    units/write        all    -         -          -        -         -         -      -        -        -        -
    programmes/read    all    all       all        all      all       all       all    all      all      all      -
    programmes/write   all    -         -          -        -         -         -      -        -        -        -
    rights/write       all    -         -          -        -         -         -      -        -        -        -
    identities/read    all    -         -          -        -         -         -      -        -        -        -
    identities/write   all    -         -          -        -         -         -      -        -        -        -
    participation/read all    all       all        -        -         staff     -      own      unit     -        -
    figures/read       all    all       all        -        -         -         -      -        -        figures  -
    invitations/read   all    -         all        -        -         -         -      -        unit     -        -
    invitations/write  all    -         -          -        -         -         -      -        -        -        -
    statements/read    all    -         -          -        -         -         -      -        -        -        all
    refusals/write     all    -         -          -        -         -         -      -        -        -        all
    sources/write      all    -         -          -        -         -         -      -        -        -        all
    audit/read         all    -         -          -        -         -         -      -        -        -        all
    webhooks/write     -      -         -          -        -         -         -      -        -        -        all
    service/write      -      -         -          -        -         -         -      -        -        -        all

To *key* answers is to type in what came back on paper, in the name of who wrote it.
Evidence is seen by the learner, the superior and those who review, and by no one else. What a
rater answered is seen by nobody whom it is about, nor by their superior, so that peers answer
frankly. A head sees figures, never a person. An operator keeps the service, its
sources and what they sent (`statements/read`: the learning store), and sees no practice.

What people may ask of their data (`rights/write`) is decided by a human who signed in: to put
right, to restrict, to erase. No key may.

A key has no relation to anybody: what it may do is said by its scopes alone (`SCOPES_FOR`), with
those of everybody in its tenant. Of whom what is held is only kept (`lrs/rights.py`), who may do
`people/write` with everybody's finds all, a key as well as a human; others nothing.
"""  # noqa: E501 - a table that is broken up is no table

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from lrs import errors
from lrs.auth import scopes
from lrs.store.accounts import Principal

REACHES: Final[Mapping[str, str]] = {
    "all": "of everybody in the tenant",
    "unit": "of the people of one's own unit",
    "staff": "of those whose superior one is on that day",
    "coached": "of the learners whom one was assigned",
    "asked": "of the person whom one was drawn to answer about",
    "own": "of oneself",
    "figures": "counted, with small groups held back, never by person",
}
"""Reach → whose things it opens; a relation, in all but `all` and `figures`."""

MAY: Final[Mapping[str, Mapping[str, str]]] = {
    "admin": {
        "cases/read": "all",
        "evidence/read": "all",
        "evidence/write": "all",
        "links/read": "all",
        "verdicts/write": "all",
        "answers/read": "all",
        "answers/write": "all",
        "answers/key": "all",
        "people/read": "all",
        "people/write": "all",
        "rights/write": "all",
        "units/read": "all",
        "units/write": "all",
        "programmes/read": "all",
        "programmes/write": "all",
        "identities/read": "all",
        "identities/write": "all",
        "participation/read": "all",
        "figures/read": "all",
        "invitations/read": "all",
        "invitations/write": "all",
        "statements/read": "all",
        "refusals/write": "all",
        "sources/write": "all",
        "audit/read": "all",
    },
    "reviewer": {
        "cases/read": "all",
        "evidence/read": "all",
        "links/read": "all",
        "verdicts/write": "all",
        "answers/read": "all",
        "people/read": "all",
        "units/read": "all",
        "programmes/read": "all",
        "participation/read": "all",
        "figures/read": "all",
    },
    "evaluator": {
        "cases/read": "all",
        "links/read": "all",
        "answers/read": "all",
        "answers/write": "all",
        "answers/key": "all",
        "people/read": "all",
        "units/read": "all",
        "programmes/read": "all",
        "participation/read": "all",
        "figures/read": "all",
        "invitations/read": "all",
    },
    "coach": {
        "cases/read": "coached",
        "evidence/write": "coached",
        "answers/write": "coached",
        "people/read": "coached",
        "units/read": "all",
        "programmes/read": "all",
    },
    "examiner": {
        "cases/read": "coached",
        "evidence/write": "coached",
        "answers/write": "coached",
        "people/read": "coached",
        "units/read": "all",
        "programmes/read": "all",
    },
    "superior": {
        "cases/read": "staff",
        "evidence/read": "staff",
        "evidence/write": "staff",
        "links/read": "staff",
        "answers/write": "staff",
        "people/read": "staff",
        "units/read": "all",
        "programmes/read": "all",
        "participation/read": "staff",
    },
    "peer": {"answers/write": "asked", "units/read": "all", "programmes/read": "all"},
    "learner": {
        "cases/read": "own",
        "evidence/read": "own",
        "evidence/write": "own",
        "links/read": "own",
        "answers/write": "own",
        "people/read": "own",
        "units/read": "all",
        "programmes/read": "all",
        "participation/read": "own",
    },
    "unit_contact": {
        "cases/read": "unit",
        "people/read": "unit",
        "people/write": "unit",
        "units/read": "all",
        "programmes/read": "all",
        "participation/read": "unit",
        "invitations/read": "unit",
        "answers/key": "unit",
    },
    "head": {"units/read": "all", "programmes/read": "all", "figures/read": "figures"},
    "operator": {
        "statements/read": "all",
        "refusals/write": "all",
        "sources/write": "all",
        "audit/read": "all",
        "webhooks/write": "all",
        "service/write": "all",
    },
}
"""Role → action → reach. What is not named is not allowed."""

SCOPES_FOR: Final[Mapping[str, str | None]] = {
    "cases/read": "practice/read",
    "evidence/read": "practice/read",
    "evidence/write": "practice/write",
    "links/read": "practice/read",
    "verdicts/write": "practice/review",
    "answers/read": "practice/read",
    "answers/write": "practice/write",
    "answers/key": "practice/admin",
    "people/read": "practice/read",
    "people/write": "practice/admin",
    "rights/write": None,
    "units/read": "practice/read",
    "units/write": "practice/admin",
    "programmes/read": "practice/read",
    "programmes/write": "practice/admin",
    "identities/read": "practice/admin",
    "identities/write": "practice/admin",
    "participation/read": "practice/read",
    "figures/read": "practice/read",
    "invitations/read": "practice/admin",
    "invitations/write": "practice/admin",
    "statements/read": None,
    "refusals/write": None,
    "sources/write": None,
    "audit/read": None,
    "webhooks/write": None,
    "service/write": None,
}
"""Action → the row of `scopes.ACTIONS` that a key is asked by; None: no key may."""


@dataclass(frozen=True, slots=True)
class Permitted:
    """A yes. `reach` is the relation by which it holds, a word of `REACHES`; `role` who got it."""

    action: str
    role: str
    reach: str

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no, and why: which roles were held, and how one stands to whom it is about."""

    action: str
    held: tuple[str, ...]
    related: tuple[str, ...]

    @property
    def error(self) -> "NotPermitted":
        """To be raised where the request ends."""
        return NotPermitted(self)

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        held = ", ".join(self.held) or "none"
        near = [role for role in self.held if self.action in MAY.get(role, {})]
        if near:
            reach = MAY[near[0]][self.action]
            return (
                f"As {near[0]} you may do {self.action} only with what is {REACHES[reach]},"
                " and this is not."
            )
        wanted = ", ".join(role for role, may in MAY.items() if self.action in may)
        return f"That ({self.action}) is for the roles {wanted}; you hold {held}."


class NotPermitted(errors.Forbidden):
    """A person's role, or relation, does not reach so far."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.action, refusal.held)

    def __str__(self) -> str:
        return str(self.refusal)


def decide(
    held: AbstractSet[str], action: str, related: AbstractSet[str] = frozenset()
) -> Permitted | Refusal:
    """Whether somebody who holds these roles may do `action` with one thing.

    `related` are the words of `REACHES` by which they stand to whom the thing is about: `own`,
    `staff`, `unit`, `coached`, `asked`; also `figures` where nothing but figures is asked for.
    Roles nobody knows count for nothing. KeyError: no such action.
    """
    SCOPES_FOR[action]
    for role, may in MAY.items():
        reach = may.get(action)
        if role in held and reach is not None and (reach == "all" or reach in related):
            return Permitted(action, role, reach)
    return Refusal(action, tuple(sorted(held)), tuple(sorted(related)))


def reach(held: AbstractSet[str], action: str) -> frozenset[str]:
    """With whose things these roles may do `action`: what a list is to be narrowed to; empty for
    none. KeyError: no such action."""
    SCOPES_FOR[action]
    return frozenset(MAY[role][action] for role in held if action in MAY.get(role, {}))


def key_may(principal: Principal, action: str) -> bool:
    """Whether a key may do `action`. KeyError: no such action."""
    scope = SCOPES_FOR[action]
    return scope is not None and bool(scopes.allows(principal, scope))


def require_key(principal: Principal, action: str) -> scopes.Granted:
    """That a key may do `action`, else `errors.Forbidden`. KeyError: no such action."""
    scope = SCOPES_FOR[action]
    if scope is None:
        raise errors.Forbidden("of no key: an operator does that at the command line", ())
    return scopes.require(principal, scope)
