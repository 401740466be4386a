"""The life of a link between a case and its evidence: who may move it from where to where.

A function of a set of verdicts, so that the order in which they arrived never shows. A move that
was not lawful when it was made is kept in the history and has no effect.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

DRAFT = "draft"
SUBMITTED = "submitted"
IN_REVIEW = "in_review"
ACCEPTED = "accepted"
RETURNED = "returned"
REJECTED = "rejected"
WITHDRAWN = "withdrawn"
STATES = (DRAFT, SUBMITTED, IN_REVIEW, ACCEPTED, RETURNED, REJECTED, WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Move:
    """From which states a move is lawful, and where it leads (None: the state stays)."""

    sources: tuple[str, ...]
    to: str | None


#: Every move there is. `not_seen` (*belum mengamati*) decides nothing: the link stays in review.
MOVES = {
    "submit": Move((DRAFT, RETURNED), SUBMITTED),
    "take": Move((SUBMITTED,), IN_REVIEW),
    "release": Move((IN_REVIEW,), SUBMITTED),
    "accept": Move((IN_REVIEW,), ACCEPTED),
    "return": Move((IN_REVIEW,), RETURNED),
    "reject": Move((IN_REVIEW,), REJECTED),
    "not_seen": Move((IN_REVIEW,), None),
    "withdraw": Move((ACCEPTED,), WITHDRAWN),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One move of one link, as a statement says it. `at` is in microseconds since 1970 UTC.

    `rests_on` is the page or the answer that it rests on; `tier` is 7a or 7b, `confidence` −1 to 1.
    `second` marks an independent second opinion (domain §4): it moves nothing.
    """

    link: bytes
    move: str
    by: bytes
    at: int
    statement: bytes
    reason: str = ""
    rests_on: str = ""
    tier: str | None = None
    confidence: float | None = None
    second: bool = False


#: The moves that decide: the first of them is what the time to a first verdict is counted to.
DECIDING = ("accept", "return", "reject")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a link stands, and the verdicts that came to that, first to last.

    `decided_at` and `decided_by` are of the move that led to the state, `held_by` is who has it in
    review; None before any. `first` is the first deciding verdict that was lawful, `second` the
    independent second opinion, if one was given.
    """

    state: str
    decided_at: int | None
    decided_by: bytes | None
    history: tuple[Verdict, ...]
    out_of_order: tuple[Verdict, ...]
    first: Verdict | None = None
    second: Verdict | None = None

    @property
    def held_by(self) -> bytes | None:
        """Who took the link, while it is in review."""
        return self.decided_by if self.state == IN_REVIEW else None

    @property
    def last(self) -> Verdict | None:
        """The verdict that led to the state."""
        return next((each for each in reversed(self.history) if each.at == self.decided_at), None)


def after(verdicts: Iterable[Verdict]) -> Standing:
    """Where a link stands after its verdicts. One that the machine proposed begins as submitted;
    one that somebody made by hand begins with being submitted. So what was decided holds, also
    where a changed rule would propose the link no more.
    """
    history = tuple(sorted(set(verdicts), key=lambda each: (each.at, each.statement)))
    state = DRAFT if history and history[0].move == "submit" else SUBMITTED
    decided_at, decided_by = None, None
    out_of_order = []
    first = second = None
    for each in history:
        move = MOVES.get(each.move)
        if each.second:
            if first is None or second is not None or each.by == first.by:
                out_of_order.append(each)
            else:
                second = each
        elif move is None or state not in move.sources:
            out_of_order.append(each)
        elif move.to is not None:
            state, decided_at, decided_by = move.to, each.at, each.by
            if first is None and each.move in DECIDING:
                first = each
    return Standing(state, decided_at, decided_by, history, tuple(out_of_order), first, second)


def second_wanted(link: bytes, share: float = 0.1) -> bool:
    """Whether a link is drawn for a second review: the same draw each time, of its id alone."""
    drawn = int.from_bytes(blake2b(b"second" + link, digest_size=8).digest())
    return drawn < share * 2**64


def may(verdict: Verdict, standing: Standing, learner: bytes, only_self: bool) -> str | None:
    """Why a verdict may not be given, in a sentence; None where it may.

    `only_self` where nobody but the learner says that the work was done.
    """
    move = MOVES.get(verdict.move)
    if move is None or standing.state not in move.sources:
        return f"A link that is {standing.state} cannot take the move {verdict.move!r}."
    if verdict.move == "submit":
        return None
    if verdict.by == learner:
        return "Nobody reviews evidence of their own work; leave it to another reviewer."
    if verdict.move == "take":
        return None
    if standing.held_by not in (None, verdict.by) and verdict.move != "release":
        return "Another reviewer has taken this link; they decide it, or release it."
    if verdict.move in ("not_seen", "release"):
        return None
    if not verdict.reason.strip():
        return "A decision needs a reason; say in a sentence what it is."
    if not verdict.rests_on.strip():
        return "A decision names the page or the answer that it rests on."
    if verdict.move == "accept" and only_self:
        return "Only the learner says so; ask somebody else who saw the work before accepting."
    return None


def may_second(verdict: Verdict, standing: Standing, learner: bytes) -> str | None:
    """Why a second opinion may not be given, in a sentence; None where it may."""
    if verdict.move not in DECIDING:
        return f"A second opinion is one of {', '.join(DECIDING)}."
    if standing.first is None:
        return "A second opinion comes after a first; decide the link itself."
    if standing.second is not None:
        return "A second opinion was given already."
    if verdict.by in (learner, standing.first.by):
        return "A second opinion comes from somebody else than the first reviewer and the learner."
    if not verdict.reason.strip():
        return "A decision needs a reason; say in a sentence what it is."
    return None
