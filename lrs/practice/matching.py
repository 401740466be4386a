"""Which case, if any, a piece of evidence of the same person is proposed for, with its reasons.

A proposal decides nothing. What two programmes could claim alike is left to a human.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process, utils

from lrs.learning import PracticeEvent
from lrs.practice import names
from lrs.practice.cases import OPEN, Completion, day_of
from lrs.practice.programmes import Behaviour, Programme, Rule

BEFORE, DURING, AFTER = "before", "during", "after"

#: What each signal weighs alone, of 1000; likeness of words at most so much, in proportion.
WEIGHTS = {
    "reference": 900,
    "behaviour": 700,
    "programme": 500,
    "course": 500,
    "rule": 400,
    "words": 300,
}

#: Below this likeness (of 100) words say nothing; and of fewer words than this no likeness is
#: taken, since one common word is wholly contained in any sentence.
ALIKE, ENOUGH_WORDS = 75, 4


@dataclass(frozen=True, slots=True)
class Case:
    """An open or closed case of one person; `ended_day` is the last day of observation."""

    id: bytes
    completion: Completion
    ended_day: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A practice event with its statement; `self_said` where nobody but the actor says so."""

    statement: bytes
    voided: bool
    event: PracticeEvent
    performed_day: int | None
    self_said: bool


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason for a proposal: its name in `WEIGHTS`, its weight, what was seen."""

    name: str
    weight: int
    detail: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A link that is proposed; `behaviour` None where the evidence does not tell which."""

    link: bytes
    case: bytes
    statement: bytes
    behaviour: str | None
    weight: int
    placed: str
    signals: tuple[Signal, ...]


class Interest:
    """What any of some programmes could take a practice event for.

    What none could is noise, however often its verb is one that a rule names, and need not be kept:
    whoever weighs it finds nothing.
    """

    def __init__(self, programmes: Iterable[Programme]) -> None:
        self._iris: set[str] = set()
        self._by_verb: dict[str, list[Rule]] = {}
        self._by_type: list[Rule] = []
        self._texts: list[str] = []
        for programme in programmes:
            self._iris |= {programme.iri, *programme.courses}
            self._iris.update(iri for each in programme.cohorts for iri in each.courses)
            self._iris.update(each.iri for each in programme.behaviours)
            self._texts += [utils.default_process(each.text) for each in programme.behaviours]
            for rule in programme.rules:
                for verb in rule.verbs:
                    self._by_verb.setdefault(verb, []).append(rule)
                if not rule.verbs:
                    self._by_type.append(rule)

    def takes(self, event: PracticeEvent) -> bool:
        """Whether the event refers to a record, names something known, is asked for by a rule, or
        is worded like a behaviour."""
        if event.refers or event.registration:
            return True
        if not self._iris.isdisjoint((*event.activities, *event.behaviours)):
            return True
        rules = (*self._by_verb.get(event.verb, ()), *self._by_type)
        if any(rule.accepts(event) for rule in rules):
            return True
        if len(event.text.split()) < ENOUGH_WORDS:
            return False
        said = utils.default_process(event.text)
        scorer = fuzz.token_set_ratio
        return process.extractOne(said, self._texts, scorer=scorer, score_cutoff=ALIKE) is not None


def weigh(tenant_id: int, case: Case, evidence: Evidence) -> list[Proposal]:
    """What speaks for a link, by behaviour; nothing if voided or outside the case's life."""
    completion = case.completion
    day = day_of_evidence(case, evidence)
    if evidence.voided or completion.state != OPEN:
        return []
    if case.ended_day is not None and day > case.ended_day:
        return []
    whole = _of_the_whole(completion, evidence.event)
    found: dict[str | None, list[Signal]] = {}
    for behaviour in completion.programme.behaviours if completion.programme else ():
        if told := _of_one(completion, behaviour, evidence.event):
            found[behaviour.iri] = whole + told
    if whole and not found:
        found[None] = whole
    return [
        Proposal(
            names.link(
                case.id,
                evidence.statement,
                names.behaviour(tenant_id, iri) if iri else names.ZERO,
            ),
            case.id,
            evidence.statement,
            iri,
            _together(signals),
            placed(completion, day),
            tuple(sorted(signals, key=lambda each: (-each.weight, each.name, each.detail))),
        )
        for iri, signals in found.items()
    ]


def propose(
    tenant_id: int, cases: Iterable[Case], evidence: Iterable[Evidence]
) -> tuple[list[Proposal], list[tuple[bytes, str | None]]]:
    """At most one case for each piece of evidence and behaviour, of one person's.

    The second list is what is `unresolved`: statement and behaviour that cases of several
    programmes could claim alike.
    """
    by_id = {each.id: each for each in cases}
    chosen: dict[bytes, Proposal] = {}
    unresolved: set[tuple[bytes, str | None]] = set()
    for piece in evidence:
        every = [each for case in by_id.values() for each in weigh(tenant_id, case, piece)]
        referred = [each for each in every if _refers(each)]
        groups: dict[str | None, list[Proposal]] = {}
        for each in referred or every:
            groups.setdefault(each.behaviour, []).append(each)
        for behaviour, rivals in groups.items():
            best = max(each.weight for each in rivals)
            alike = [each for each in rivals if each.weight == best]
            if len({_owner(by_id[each.case]) for each in alike}) > 1:
                unresolved.add((piece.statement, behaviour))
                continue
            one = max(alike, key=lambda each: _run(by_id[each.case], piece))
            other = chosen.get(one.link, one)
            chosen[one.link] = max(one, other, key=lambda each: (each.weight, repr(each)))
    ordered = sorted(chosen.values(), key=lambda each: each.link)
    return ordered, sorted(unresolved, key=lambda each: (each[0], each[1] or ""))


def _of_the_whole(completion: Completion, event: PracticeEvent) -> list[Signal]:
    signals = []
    statements = {each.hex() for each in completion.statements}
    registrations = {each.lower() for each in completion.registrations}
    told = sorted(each for each in event.refers if each.replace("-", "").lower() in statements)
    if event.registration and event.registration.lower() in registrations:
        told.append(event.registration)
    if told:
        signals.append(Signal("reference", WEIGHTS["reference"], told[0]))
    if completion.programme and completion.programme.iri in event.activities:
        signals.append(Signal("programme", WEIGHTS["programme"], completion.programme.iri))
    courses = [iri for iri in event.activities if completion.is_of(iri)]
    if courses:
        signals.append(Signal("course", WEIGHTS["course"], courses[0]))
    return signals


def _of_one(completion: Completion, behaviour: Behaviour, event: PracticeEvent) -> list[Signal]:
    signals = []
    if behaviour.iri in event.activities or behaviour.iri in event.behaviours:
        signals.append(Signal("behaviour", WEIGHTS["behaviour"], behaviour.iri))
    for rule in completion.programme.rules if completion.programme else ():
        if behaviour.iri in rule.behaviours and rule.accepts(event):
            signals.append(Signal("rule", WEIGHTS["rule"], rule.name))
    if len(event.text.split()) >= ENOUGH_WORDS:
        score = fuzz.token_set_ratio(behaviour.text, event.text, processor=utils.default_process)
        if score >= ALIKE:
            signals.append(Signal("words", int(score * WEIGHTS["words"] / 100), f"{score:.0f}"))
    return signals


def _together(signals: list[Signal]) -> int:
    """Each signal takes its share of what the others left of the doubt."""
    doubt = 1.0
    for weight in sorted(each.weight for each in signals):
        doubt *= 1 - weight / 1000
    return round(1000 * (1 - doubt))


def day_of_evidence(case: Case, evidence: Evidence) -> int:
    """The day on which the work was done, else on which it was recorded, where it was lived."""
    if evidence.performed_day is not None:
        return evidence.performed_day
    return day_of(evidence.event.at, case.completion.zone)


def placed(completion: Completion, day: int) -> str:
    """Whether a day lies before the training, during it, or after the clock's start."""
    if day >= completion.clock_day:
        return AFTER
    return DURING if completion.start_day is not None and day >= completion.start_day else BEFORE


def _refers(proposal: Proposal) -> bool:
    return any(each.name == "reference" for each in proposal.signals)


def _owner(case: Case) -> str:
    return case.completion.programme.iri if case.completion.programme else case.completion.course


def _run(case: Case, evidence: Evidence) -> tuple[bool, int, bytes]:
    """Of runs of one programme the latest that had begun to count; else the next to begin."""
    clock = case.completion.clock_day
    begun = clock <= day_of_evidence(case, evidence)
    return begun, clock if begun else -clock, case.id
