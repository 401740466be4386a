"""Who is to be asked about which case, when: windows, superiors in office, samples, visits.

A function of the cases, the register, what was asked and answered before, and the day. Nobody is
asked twice for one window, nobody about somebody who left, and no superior gets more than
`Rules.visits` letters with questions in any 365 days: where more would be needed, days are chosen
so that the weightiest windows are covered, and what is left out is recorded as such. Draws are
digests of ids, so that they come out the same each time.

A *visit* is one letter to a superior with all their staff of that day as rows; a reminder of it is
none. Answers are about the day on which a window opens: who was superior then is asked, or, where
they have left since, who is superior today.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from lrs.practice import programmes
from lrs.practice.people import CONFIRMED, Person, Units, canonical
from lrs.practice.programmes import Programme, Window
from lrs.practice.records import SELF, SUPERIOR

PEER: Final = "peer"
SUBORDINATE: Final = "subordinate"
EVALUATOR: Final = "evaluator"

# States of an invitation.
DUE: Final = "due"
SENT: Final = "sent"
UNDELIVERABLE: Final = "undeliverable"
VACANT: Final = "vacant"
ANSWERED: Final = "answered"
SKIPPED: Final = "skipped"
DISOWNED: Final = "disowned"
STATES: Final = (DUE, SENT, UNDELIVERABLE, VACANT, ANSWERED, SKIPPED, DISOWNED)

#: Nothing was answered, and something may still be.
WAITING: Final = (DUE, SENT, UNDELIVERABLE, VACANT)

# Why somebody is not asked, or no more.
TOO_MANY_VISITS: Final = "visits"
NOT_DRAWN: Final = "not drawn"
LEFT: Final = "left"
ENDED: Final = "ended"
NO_CASE: Final = "no case"
NOT_SUPERIOR: Final = "not superior"
NOT_EVALUATOR: Final = "not evaluator"
NO_WINDOW: Final = "no window"

YEAR: Final = 365

#: For how many days after a window closed its page still takes answers.
GRACE: Final = 14

#: How much it matters that a form is answered, where not all can be: an assessment most.
_WEIGHTS: Final[Mapping[str, int]] = {"C": 4, "A": 2, "E": 2, "G": 2}

#: How many peers a learner names, of whom some are drawn.
NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What an agency chose: visits of a superior in a year at most, the share of lightly followed
    cases of which the superior is asked, days after the letter on which reminders go out, and
    how many days after the last of them the unit's contact is told."""

    visits: int = 4
    share: float = 0.2
    reminders: tuple[int, ...] = (7, 14)
    escalation: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """An open case: whose, of which programme, from which day its windows count, from when on its
    person is no longer observed (None: still is), and the team that evaluates the programme."""

    case: bytes
    person: bytes
    programme: Programme
    clock_day: int
    ended_day: int | None = None
    evaluators: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Staff:
    """The people concerned, the units, whose superiors count where no other is named, and who was
    found to be another person (`merged`): what was asked of the one was asked of the other."""

    people: Mapping[bytes, Person]
    units: Units = field(default_factory=lambda: Units({}))
    merged: Mapping[bytes, bytes] = field(default_factory=dict)
    _under: dict[bytes, list[bytes]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for person, known in sorted(self.people.items()):
            for superior in {post.superior for post in known.posts if post.superior}:
                self._under.setdefault(superior, []).append(person)

    def who(self, person: bytes | None) -> bytes | None:
        """Whom an id means, which may be one that somebody had before they were found to be
        another person."""
        return None if person is None else canonical(person, self.merged)

    def superior(self, person: bytes, day: int) -> bytes | None:
        """Who was superior on that day. One whom only the person named is nobody yet."""
        known = self.people.get(person)
        post = known.post(day) if known else None
        if post is None:
            return None
        if post.superior is not None and post.superior_state == CONFIRMED:
            return None if post.superior == person else post.superior
        return self.who(self.units.superior(post.unit, person))

    def gone(self, person: bytes, day: int) -> bool:
        """Whether somebody had left by that day."""
        known = self.people.get(canonical(person, self.merged))
        last = known.left if known else None
        return last is not None and last.last is not None and last.last < day

    def led(self, person: bytes, day: int) -> list[bytes]:
        """Whom somebody led on that day."""
        return [
            each
            for each in self._under.get(person, ())
            if (post := self.people[each].post(day)) is not None and post.superior == person
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """That somebody is asked about a case for a window, or why not. `due_day` is the day of the
    letter; what has one `round` is on one page."""

    case: bytes
    role: str
    rater: bytes | None
    window: str
    due_day: int
    closes_day: int
    state: str = DUE
    sampled: bool = False
    why: str = ""

    @property
    def id(self) -> bytes:
        told = (self.case, self.role.encode(), self.rater or bytes(16), self.window.encode())
        return blake2b(b"invitation" + b"\n".join(told), digest_size=16).digest()

    @property
    def round(self) -> bytes:
        told = (self.role.encode(), self.rater or self.case, str(self.due_day).encode())
        return blake2b(b"round" + b"\n".join(told), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Change:
    """That an invitation that waited is no longer needed, and why."""

    id: bytes
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done today: invitations to make, and those that need no answer any more."""

    new: tuple[Invitation, ...] = ()
    changes: tuple[Change, ...] = ()


#: Who answered what already: case, role, rater (None: not known), window.
Answer = tuple[bytes, str, bytes | None, str]


def plan(
    cases: Iterable[Followed],
    staff: Staff,
    asked: Iterable[Invitation],
    answered: Collection[Answer],
    peers: Mapping[bytes, Sequence[bytes]],
    today: int,
    rules: Rules = Rules(),
) -> Plan:
    """What is to be asked today. `asked` are the invitations there are, of these cases and of
    these superiors; `peers` those whom the unit confirmed, by case."""
    followed = {each.case: each for each in cases}
    before = list(asked)
    said = _by_question(answered, staff)
    changes = [*_overtaken(followed, staff, before, said, today)]
    over = {each.id for each in changes}
    told = {each.id for each in before}
    standing: dict[_Question, list[Invitation]] = {}
    of_superior: dict[bytes | None, list[Invitation]] = {}
    for each in before:
        if each.id not in over:
            standing.setdefault((each.case, each.role, each.window), []).append(each)
        if each.role == SUPERIOR:
            of_superior.setdefault(staff.who(each.rater), []).append(each)
    new: list[Invitation] = []
    wanted: dict[bytes, list[_Wanted]] = {}
    for case in sorted(followed.values(), key=lambda each: each.case):
        for window in windows(case.programme):
            opens, closes = case.clock_day + window.opens, case.clock_day + window.closes
            if closes < today or _over(case, staff, max(opens, today)):
                continue
            for role in window.raters:
                question = (case.case, role, window.name)
                there, given = standing.get(question, ()), said.get(question, ())
                if role == SUPERIOR:
                    if not given:
                        _want(case, window, staff, there, today, wanted)
                elif opens <= today and not (role in (SELF, EVALUATOR) and given):
                    new += _others(case, window, role, staff, there, peers, today)
    for rater, wants in sorted(wanted.items()):
        new += _visit(rater, wants, of_superior.get(rater, ()), today, rules)
    return Plan(tuple(each for each in new if each.id not in told), tuple(changes))


#: What is asked: case, role, window.
_Question = tuple[bytes, str, str]


def _by_question(answered: Collection[Answer], staff: Staff) -> dict[_Question, set[bytes | None]]:
    """Who answered, by what was asked."""
    found: dict[_Question, set[bytes | None]] = {}
    for case, role, rater, window in answered:
        found.setdefault((case, role, window), set()).add(staff.who(rater))
    return found


def windows(programme: Programme) -> tuple[Window, ...]:
    """The windows in which a programme's cases are followed up: one where that is done lightly,
    so that alumni are asked once."""
    if programme.depth == "none":
        return ()
    every = programme.windows or programmes.windows(programme.depth, peers=programme.peers > 0)
    if programme.depth == "full":
        return every
    asking = [each for each in every if SELF in each.raters] or list(every)
    assessing = [each for each in asking if "C" in each.forms] or asking
    return tuple(
        Window(
            name=each.name,
            opens=each.opens,
            closes=each.closes,
            raters=tuple(role for role in each.raters if role in (SELF, SUPERIOR)),
            forms=each.forms,
        )
        for each in assessing[:1]
    )


def drawn(what: bytes, share: float) -> bool:
    """Whether something is drawn for a sample: the same draw each time, of its id alone."""
    return int.from_bytes(blake2b(b"sample" + what, digest_size=8).digest()) < share * 2**64


def draw(case: bytes, among: Iterable[bytes], most: int) -> list[bytes]:
    """So many of these people at most, drawn by the id of the case."""
    ordered = sorted(set(among), key=lambda each: blake2b(case + each, digest_size=16).digest())
    return ordered[:most]


# What is no longer needed -------------------------------------------------------------------


def _overtaken(
    followed: Mapping[bytes, Followed],
    staff: Staff,
    before: Iterable[Invitation],
    said: Mapping[_Question, Collection[bytes | None]],
    today: int,
) -> Iterator[Change]:
    for each in before:
        if each.state not in WAITING:
            continue
        case = followed.get(each.case)
        rater = staff.who(each.rater)
        if _answers(said.get((each.case, each.role, each.window), ()), each.role, rater):
            yield Change(each.id, ANSWERED, "")
        elif case is None:
            yield Change(each.id, SKIPPED, NO_CASE)
        elif _over(case, staff, today):
            yield Change(each.id, SKIPPED, ENDED)
        elif rater is not None and staff.gone(rater, today):
            yield Change(each.id, SKIPPED, LEFT)
        else:
            window = next((w for w in windows(case.programme) if w.name == each.window), None)
            if window is None:
                yield Change(each.id, SKIPPED, NO_WINDOW)
            elif (
                each.role == SUPERIOR
                and each.closes_day >= today
                and _superior(case, window, staff, today) != rater
            ):
                yield Change(each.id, SKIPPED, NOT_SUPERIOR)
            elif each.role == EVALUATOR and each.closes_day >= today:
                team = _team(case, window, staff, today)
                if rater not in (team or (None,)):
                    yield Change(each.id, SKIPPED, NOT_EVALUATOR)


def _over(case: Followed, staff: Staff, day: int) -> bool:
    """Whether the case's person is not observed on that day any more."""
    ended = case.ended_day is not None and case.ended_day < day
    return ended or staff.gone(case.person, day)


def _answers(raters: Collection[bytes | None], role: str, rater: bytes | None) -> bool:
    """Whether there is the answer that is asked of somebody. One by somebody whom nobody knows
    counts for whoever is alone in that role; the team of evaluators answers as one."""
    if role == EVALUATOR:
        return bool(raters)
    return rater in raters or (role in (SELF, SUPERIOR) and None in raters)


def _team(case: Followed, window: Window, staff: Staff, today: int) -> list[bytes]:
    """Who may evaluate a case: those of the team who are here, and see it from outside."""
    superior = staff.superior(case.person, case.clock_day + window.opens)
    every = dict.fromkeys(canonical(each, staff.merged) for each in case.evaluators)
    return [
        each
        for each in every
        if each not in (case.person, superior) and not staff.gone(each, today)
    ]


# Learners, peers, those who are led, evaluators ---------------------------------------------


def _others(
    case: Followed,
    window: Window,
    role: str,
    staff: Staff,
    there: Sequence[Invitation],
    peers: Mapping[bytes, Sequence[bytes]],
    today: int,
) -> Iterator[Invitation]:
    day, closes = case.clock_day + window.opens, case.clock_day + window.closes
    superior = staff.superior(case.person, day)
    raters: list[bytes | None]
    if role == SELF:
        raters = [case.person]
    elif role == PEER:
        able = [
            each
            for each in peers.get(case.case, ())
            if each not in (case.person, superior) and not staff.gone(each, today)
        ]
        raters = [*draw(case.case, able, case.programme.peers)]
    elif role == SUBORDINATE:
        # Who answers as a peer already is not asked a second time.
        able = [
            each
            for each in staff.led(case.person, day)
            if each not in peers.get(case.case, ()) and not staff.gone(each, today)
        ]
        raters = [*draw(case.case, able, max(3, case.programme.peers))]
    else:
        if any(each.state != VACANT and each.why not in (NOT_EVALUATOR, LEFT) for each in there):
            return
        raters = [None]
    if there and role in (PEER, SUBORDINATE):
        return  # drawn once: who was confirmed later does not change the draw
    before = {staff.who(each.rater) for each in there}
    if role == EVALUATOR and (team := _team(case, window, staff, today)):
        # The team shares the cases out, so that nobody is asked what a colleague is asked.
        raters = [*draw(case.case, set(team) - before, 1)]
    for rater in raters:
        if rater in before:
            continue
        yield Invitation(
            case=case.case,
            role=role,
            rater=rater,
            window=window.name,
            due_day=today,
            closes_day=closes,
            state=DUE if rater else VACANT,
        )


# Superiors ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wanted:
    """That a superior be asked about a case for a window, on some day from `opens` to `closes`."""

    case: Followed
    window: Window
    opens: int
    closes: int

    @property
    def weight(self) -> int:
        return max((_WEIGHTS.get(form, 1) for form in self.window.forms), default=1)


def _superior(case: Followed, window: Window, staff: Staff, today: int) -> bytes | None:
    """Who is asked: the superior on the day the window opens, or today's where they have left."""
    day = case.clock_day + window.opens
    found = staff.superior(case.person, day)
    if found is None or staff.gone(found, today):
        found = staff.superior(case.person, max(day, today))
    return None if found is None or staff.gone(found, today) else found


_NOBODY: Final = b""


def _want(
    case: Followed,
    window: Window,
    staff: Staff,
    there: Sequence[Invitation],
    today: int,
    wanted: dict[bytes, list[_Wanted]],
) -> None:
    if any(
        each.state != VACANT and not (each.state == SKIPPED and each.why in (NOT_SUPERIOR, LEFT))
        for each in there
    ):
        return
    rater = _superior(case, window, staff, today)
    wanted.setdefault(rater or _NOBODY, []).append(
        _Wanted(case, window, case.clock_day + window.opens, case.clock_day + window.closes)
    )


def _visit(
    rater: bytes, wants: Sequence[_Wanted], before: Sequence[Invitation], today: int, rules: Rules
) -> Iterator[Invitation]:
    """Ask a superior today, or record that something cannot be asked."""
    open_now = [each for each in wants if each.opens <= today]
    if not open_now:
        return
    if rater == _NOBODY:
        for each in open_now:
            yield _asking(None, each, today, VACANT)
        return
    drawn_ones = [each for each in wants if _in_sample(each, rules)]
    for each in open_now:
        if each not in drawn_ones:
            yield _asking(rater, each, today, SKIPPED, NOT_DRAWN, True)
    # A letter that went out counts, whatever became of its questions later.
    made = [
        each
        for each in before
        if each.state != VACANT and each.why not in (TOO_MANY_VISITS, NOT_DRAWN)
    ]
    # What comes up on the day of a letter joins its page, unless that was answered already.
    over = any(each.due_day == today and each.state not in WAITING for each in made)
    past = {each.due_day for each in made}
    soon = [each for each in drawn_ones if each.opens <= today + YEAR]
    first = today + 1 if over else today
    chosen = visits([(w.opens, w.closes, w.weight) for w in soon], past, first, rules.visits)
    missed = [each for each in soon if not any(each.opens <= d <= each.closes for d in chosen)]
    for each in soon:
        if each.opens > today:
            continue
        sampled = bool(missed) or each.case.programme.depth == "light"
        if today in chosen:
            yield _asking(rater, each, today, DUE, "", sampled)
        elif each in missed:
            yield _asking(rater, each, today, SKIPPED, TOO_MANY_VISITS, True)


def _in_sample(each: _Wanted, rules: Rules) -> bool:
    programme = each.case.programme
    share = rules.share if programme.sample is None else programme.sample
    return programme.depth != "light" or drawn(each.case.case, share)


def _asking(
    rater: bytes | None,
    each: _Wanted,
    today: int,
    state: str,
    why: str = "",
    sampled: bool = False,
) -> Invitation:
    return Invitation(
        case=each.case.case,
        role=SUPERIOR,
        rater=rater,
        window=each.window.name,
        due_day=today,
        closes_day=each.closes,
        state=state,
        sampled=sampled,
        why=why,
    )


def visits(
    wants: Sequence[tuple[int, int, int]], past: Collection[int], today: int, most: int = 4
) -> set[int]:
    """The days from today on which to visit, for windows (first day, last day, weight).

    Days are taken one by one, each where it covers most of what is not covered yet, as long as no
    365 days hold more than `most` visits; of equal days the earlier.
    """
    chosen: set[int] = set()
    left = [(max(opens, today), closes, weight) for opens, closes, weight in wants]
    left = [each for each in left if each[0] <= each[1]]
    while left:
        best, gain = None, 0
        for day in sorted({opens for opens, _, _ in left}):
            found = sum(weight for opens, closes, weight in left if opens <= day <= closes)
            if found > gain and _bearable(day, [*past, *chosen], most):
                best, gain = day, found
        if best is None:
            break
        chosen.add(best)
        left = [each for each in left if not each[0] <= best <= each[1]]
    return chosen


def _bearable(day: int, others: Iterable[int], most: int) -> bool:
    """Whether one more visit on that day leaves no 365 days with more than `most`."""
    near = sorted({*(each for each in others if abs(each - day) < YEAR), day})
    return all(near[n + most] - near[n] >= YEAR for n in range(len(near) - most))


# Reminders ----------------------------------------------------------------------------------


def reminder_due(sent_day: int, reminded: int, closes_day: int, today: int, rules: Rules) -> bool:
    """Whether who has not answered is to be reminded today."""
    return (
        reminded < len(rules.reminders)
        and sent_day + rules.reminders[reminded] <= today <= closes_day
    )


def escalation_due(sent_day: int, reminded: int, closes_day: int, today: int, rules: Rules) -> bool:
    """Whether the unit's contact is to be told that a superior stays silent."""
    last = rules.reminders[-1] if rules.reminders else 0
    return (
        reminded >= len(rules.reminders)
        and sent_day + last + rules.escalation <= today <= closes_day + GRACE
    )
