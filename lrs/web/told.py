"""What states, moves, signals and kinds of the practice side are called on pages, and the short
reasons that reviewers choose from.

Sentences are English, looked up when they are shown; the words that records keep never change.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from lrs import i18n
from lrs import reasons as agency_reasons
from lrs.i18n import N_, _
from lrs.practice import records, review
from lrs.store import accounts, cases
from lrs.store.accounts import Tenant

STATES: Final[Mapping[str, tuple[str, str]]] = {
    review.DRAFT: ("plain", N_("Draft")),
    review.SUBMITTED: ("calm", N_("Submitted")),
    review.IN_REVIEW: ("warn", N_("In review")),
    review.ACCEPTED: ("good", N_("Evidence accepted")),
    review.RETURNED: ("warn", N_("Returned")),
    review.REJECTED: ("bad", N_("Rejected")),
    review.WITHDRAWN: ("plain", N_("Withdrawn")),
}
"""State of a link → kind of badge, word."""

CASE_STATES: Final[Mapping[str, tuple[str, str]]] = {
    "open": ("good", N_("Completed")),
    "undone": ("warn", N_("Completion undone")),
    "voided": ("warn", N_("Completion voided")),
}

ENDED: Final[Mapping[str, str]] = {
    "retired": N_("Retired"),
    "resigned": N_("Left the service"),
    "study": N_("On study leave"),
    "moved": N_("Moved to other duties"),
    "promoted": N_("Promoted to other duties"),
    "restructured": N_("The work was reorganised"),
    "other": N_("Ended for another reason"),
}

MOVES: Final[Mapping[str, tuple[str, str]]] = {
    "submit": ("calm", N_("Put before the reviewers")),
    "take": ("plain", N_("Taken for review")),
    "release": ("plain", N_("Released")),
    "accept": ("good", N_("Accepted")),
    "return": ("warn", N_("Returned")),
    "reject": ("bad", N_("Rejected")),
    "not_seen": ("plain", N_("Not observed yet")),
    "withdraw": ("plain", N_("Withdrawn")),
}
"""Move of a link → kind of badge, what it is called in its history."""

PLACED: Final[Mapping[str, tuple[str, str]]] = {
    "after": ("good", N_("After the training")),
    "during": ("warn", N_("Applied during the training")),
    "before": ("warn", N_("Practice before the training")),
}

KINDS: Final[Mapping[str, str]] = {
    "artefact": N_("Result of work"),
    "observation": N_("Observation"),
    "rating": N_("Rating"),
    "reflection": N_("Reflection"),
    "check_in": N_("Mentoring"),
    "metric": N_("Service figure"),
    "project": N_("Project"),
    "plan": N_("Plan"),
    "planned": N_("Plan"),
    "worked": N_("Record of work"),
    "observed": N_("Observation"),
    "rated": N_("Rating"),
    "reflected": N_("Reflection"),
    "checked_in": N_("Mentoring"),
    "handed_in": N_("Result of work"),
}
"""Kind of evidence → what it is called."""

RATERS: Final[Mapping[str, str]] = {
    "self": N_("Alumni themselves"),
    "superior": N_("Direct superior"),
    "stand_in": N_("Somebody else in their place"),
    "peer": N_("Peer"),
    "subordinate": N_("Subordinate"),
    "evaluator": N_("Evaluation team"),
    "coach": N_("Coach"),
    "examiner": N_("Examiner"),
    "unit_contact": N_("Contact of a unit"),
    "admin": N_("Training admin"),
    "citizen": N_("Citizen"),
}
"""Who says so → what they are to the alumni."""

SIGNALS: Final[Mapping[str, str]] = {
    "reference": N_("The record names this very completion."),
    "behaviour": N_("It names this behaviour."),
    "programme": N_("It names the training."),
    "course": N_("It names the course."),
    "rule": N_("A rule of the training counts such work: %(detail)s."),
    "words": N_("Its words are like those of the behaviour."),
}

#: From such a weight on (of 1000) a reason is strong, or clear; else it is weak.
STRONG, CLEAR = 700, 400

REASONS: Final[tuple[tuple[str, str], ...]] = (
    ("accept", N_("The work shows this behaviour.")),
    ("accept", N_("Somebody who saw the work confirms it.")),
    ("accept", N_("A part of it is shown, and that part suffices.")),
    ("return", N_("It cannot be seen who did the work.")),
    ("return", N_("The page or the date that would show it is missing.")),
    ("return", N_("It says too little of what was done.")),
    ("reject", N_("It is other work than this behaviour means.")),
    ("reject", N_("It was a trial or an exercise, not the work itself.")),
    ("reject", N_("The same work is there already as other evidence.")),
    ("not_seen", N_("Nobody who could tell has seen it yet.")),
)
"""The usual reasons, each with its move: the key that gives it is its place, the tenth is 0."""

WITHDRAWALS: Final = (
    N_("It is somebody else's work."),
    N_("The record or document it rests on was taken back, or is not genuine."),
    N_("Who confirmed it does not confirm it any more."),
    N_("It was accepted by mistake."),
)
"""The usual reasons to withdraw what was accepted; a form sends the place of one, from 1."""

VERDICTS: Final[Mapping[str, str]] = {
    "accept": N_("Accept"),
    "return": N_("Return"),
    "reject": N_("Reject"),
    "not_seen": N_("Not observed yet"),
}
"""Verdict → what its buttons are under."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A verdict with its reason, and the key that gives both at once."""

    key: str
    move: str
    reason: str

    @property
    def value(self) -> str:
        """What a form sends for it."""
        return f"{self.move} {self.key}"


def reasons_of(connection: Connection, tenant: Tenant) -> list[tuple[str, str]]:
    """(move, reason) in the order of their keys, in the reader's language: the agency's own, else
    the usual ones."""
    mine = agency_reasons.own(connection, tenant.id)
    if mine is None:
        return [(move, _(reason)) for move, reason in REASONS]
    return [(each.move, each.said(i18n.spoken())) for each in mine]


def choices(
    some: Sequence[tuple[str, str]], moves: Collection[str] = tuple(VERDICTS)
) -> list[tuple[str, str, list[Choice]]]:
    """(move, its word, what can be chosen) of these moves; `some` as `reasons_of` gives them."""
    every = [Choice(str((n + 1) % 10), move, reason) for n, (move, reason) in enumerate(some)]
    return [
        (move, _(word), [each for each in every if each.move == move])
        for move, word in VERDICTS.items()
        if move in moves
    ]


def chosen(value: str, some: Sequence[tuple[str, str]]) -> Choice | None:
    """The choice that a form sent; None where it is none of ours."""
    for _move, _word, found in choices(some):
        for each in found:
            if each.value == value:
                return each
    return None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a link was proposed: how much that says, in a word, and what was seen."""

    kind: str
    word: str
    sentence: str


def reasons(signals: Iterable[Any]) -> list[Reason]:
    """The signals of a proposal in words, strongest first; no number is shown."""
    made = []
    for each in signals:
        if not isinstance(each, Mapping) or each.get("name") not in SIGNALS:
            continue
        weight = int(each.get("weight") or 0)
        kind, word = (
            ("good", N_("strong"))
            if weight >= STRONG
            else ("calm", N_("clear"))
            if weight >= CLEAR
            else ("plain", N_("weak"))
        )
        sentence = SIGNALS[each["name"]]
        sentence = _(sentence)
        if "%(" in sentence:
            sentence = sentence % {"detail": each.get("detail", "")}
        made.append(Reason(kind, _(word), sentence))
    return made


# Who ----------------------------------------------------------------------------------------


def named(
    connection: Connection, tenant: Tenant, actors: Iterable[bytes | None]
) -> dict[bytes, str]:
    """What reviewers and raters are called, by the ids under which records have them: people of
    the register by name, others by the login with which they sign in."""
    wanted = {each for each in actors if each is not None}
    found = cases.names_of(connection, tenant.id, wanted)
    if missing := wanted - found.keys():
        for user in accounts.users(connection, tenant):
            actor = records.actor_id(f"user:{user.login}")
            if actor in missing:
                found[actor] = user.login
    return found
