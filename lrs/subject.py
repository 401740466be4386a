"""What stands of one person, or of an identifier nobody knows, as rows of the tables.

`rows` is a function of the subject's events, employments and the programmes in force: it calls the
pure rooms one after another (completions, evidence, proposals, verdicts, outcomes), and writes
nothing. The projector compares what it gives with what stands.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

import msgspec

from lrs import learning
from lrs.learning import LearningEvent, PracticeEvent
from lrs.practice import cases, matching, names, outcomes, records, review
from lrs.practice.cases import Completion, Employment, Learned
from lrs.practice.programmes import Programme
from lrs.practice.records import Answer, Ending, Evidence, Meeting, Verdict
from lrs.store.practice import Stored, Values

#: The name under which our own statements' events stand.
OWN: Final = "jejak"

#: Answers of two people that come from one device within so long are flagged (domain §6).
SAME_SITTING = timedelta(minutes=30) // timedelta(microseconds=1)

#: Form E's question of the whole, in the column of how often.
_RUNNING: Final[Mapping[Any, str]] = {True: "running", False: "stopped"}

_KIND_OF = {
    "artefact": learning.HANDED_IN,
    "observation": learning.OBSERVED,
    "rating": learning.RATED,
    "reflection": learning.REFLECTED,
    "check_in": learning.CHECKED_IN,
    "metric": learning.WORKED,
    "project": learning.HANDED_IN,
    records.PLAN: learning.PLANNED,
}


class Programmes:
    """The programmes in force, found by course and by digest."""

    def __init__(self, tenant_id: int, every: Iterable[Programme]) -> None:
        self.every = sorted(every, key=lambda each: each.iri)
        self._by_course = {iri: each for each in self.every for iri in each.courses}
        for each in self.every:
            for cohort in each.cohorts:
                self._by_course.update(dict.fromkeys(cohort.courses, each))
        self.digests = {each.iri: names.programme(tenant_id, each.iri) for each in self.every}
        self.behaviours = {
            behaviour.iri: names.behaviour(tenant_id, behaviour.iri)
            for each in self.every
            for behaviour in each.behaviours
        }

    @cached_property
    def interest(self) -> matching.Interest:
        """What of workplace systems' statements could be evidence at all."""
        return matching.Interest(self.every)

    def of_course(self, iri: str) -> Programme | None:
        """Whose course this is."""
        return self._by_course.get(iri)

    def configs(self) -> dict[str, Any]:
        """What the adapter of work is told: by which verbs and types the rules count statements,
        and the names of programmes and behaviours that a statement may refer to."""
        rules = {
            (tuple(sorted(rule.verbs)), tuple(sorted(rule.types)))
            for programme in self.every
            for rule in programme.rules
        }
        iris = {each.iri for each in self.every} | {
            behaviour.iri for each in self.every for behaviour in each.behaviours
        }
        told = [{"verbs": verbs, "types": types} for verbs, types in sorted(rules)]
        return {"work": {"rules": told, "iris": frozenset(iris)}}


@dataclass(frozen=True, slots=True)
class _Said:
    """One of our own statements about the subject."""

    stored: Stored
    record: records.Record


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of evidence as it is matched, and what a page shows of it."""

    evidence: matching.Evidence
    at: int
    shown: Mapping[str, Any]


@dataclass(slots=True)
class Subject:
    """One person, or an identifier nobody knows, and all that is known of them."""

    tenant_id: int
    subject: bytes
    matched: bool
    events: Sequence[Stored]
    employments: Sequence[Employment]
    programmes: Programmes

    def rows(self) -> dict[str, set[Values]]:
        """The rows that should stand, by table."""
        learned, work, said = self._sorted_out()
        completions = cases.completions(learned, self.programmes.of_course)
        endings = self._endings(said)
        every = {}
        for completion in completions:
            case_id = cases.case_id(self.tenant_id, completion)
            every[case_id] = (completion, self._end(completion, endings.get(case_id)))
        pieces = {
            piece.evidence.statement: piece for piece in (*self._work(work), *self._handed_in(said))
        }
        answers = self._answers(said, every)
        links = self._links(every, pieces, said)
        attended = cases.attendance(learned, self.programmes.of_course)
        begun = cases.begun(attended)
        return {
            "cases": {self._case(id_, *each) for id_, each in every.items()},
            "participation": {
                self._participation(each, begun[cases.run_of(each)]) for each in attended
            },
            "answers": {row for rows in answers.values() for _, row in rows},
            "links": {link.row for link in links},
            "outcomes": {
                row
                for id_, (completion, ended) in every.items()
                for row in self._outcomes(
                    id_,
                    completion,
                    begun.get(cases.run_of(completion), completion.clock_day),
                    ended,
                    [link for link in links if link.case == id_],
                    [answer for answer, _ in answers.get(id_, ())],
                )
            },
        }

    # What was said -------------------------------------------------------------------------

    def _sorted_out(
        self,
    ) -> tuple[list[Learned], list[tuple[Stored, PracticeEvent]], list[_Said]]:
        """Events by who said them: an LMS, a workplace system, the service itself."""
        learned: list[Learned] = []
        work: list[tuple[Stored, PracticeEvent]] = []
        said: list[_Said] = []
        for each in self.events:
            if each.adapter == OWN:
                record: records.Record = msgspec.json.decode(each.body, type=records.Record)
                said.append(_Said(each, record))
            elif each.course != names.ZERO:
                event = msgspec.json.decode(each.body, type=LearningEvent)
                learned.append(Learned(each.statement, each.voided, event))
            else:
                work.append((each, msgspec.json.decode(each.body, type=PracticeEvent)))
        return learned, work, said

    def _endings(self, said: Sequence[_Said]) -> dict[bytes, tuple[str, int]]:
        """Cases that somebody ended: the last word on each counts."""
        return {
            bytes.fromhex(each.record.case): (each.record.why, cases.days(each.record.day))
            for each in said
            if isinstance(each.record, Ending) and not each.stored.voided
        }

    def _end(
        self, completion: Completion, ending: tuple[str, int] | None
    ) -> tuple[str, int] | None:
        """Why and on which day observation ended: the earlier of leaving and being ended."""
        left = cases.end_of(self.employments, completion.clock_day)
        return min((each for each in (left, ending) if each), key=lambda e: e[1], default=None)

    # Evidence ------------------------------------------------------------------------------

    def _work(self, work: Iterable[tuple[Stored, PracticeEvent]]) -> Iterable[_Piece]:
        """What workplace systems saw: nobody's own word, unless they say whose."""
        for stored, event in work:
            day = cases.days(event.performed_on) if event.performed_on else None
            # A system's record of work is no self-assessment; a rating or reflection by its own
            # actor is.
            alone = event.by is None and event.kind in (learning.RATED, learning.REFLECTED)
            shown = {"of": event.kind, "title": event.text[:200], "adapter": stored.adapter}
            yield _Piece(
                matching.Evidence(stored.statement, stored.voided, event, day, alone),
                stored.at,
                shown,
            )

    def _handed_in(self, said: Iterable[_Said]) -> Iterable[_Piece]:
        for each in said:
            record, stored = each.record, each.stored
            if isinstance(record, Evidence):
                yield self._given(stored, record)
            elif isinstance(record, Meeting):
                yield self._met(stored, record)

    def _given(self, stored: Stored, record: Evidence) -> _Piece:
        event = PracticeEvent(
            kind=_KIND_OF.get(record.of, learning.HANDED_IN),
            actor={},
            at=stored.at,
            verb="",
            refers=(record.completion,) if record.completion else (),
            activities=tuple(filter(None, (record.programme, *record.behaviours))),
            behaviours=record.behaviours,
            text=f"{record.title} {record.text}".strip(),
            rating=record.rating,
            attachments=record.files,
        )
        shown = {
            "of": record.of,
            "title": record.title,
            "by": record.by,
            "role": record.role,
            "files": record.files,
        }
        day = cases.days(record.performed_on)
        alone = record.role == records.SELF
        evidence = matching.Evidence(stored.statement, stored.voided, event, day, alone)
        return _Piece(evidence, stored.at, shown)

    def _met(self, stored: Stored, record: Meeting) -> _Piece:
        event = PracticeEvent(
            kind=learning.CHECKED_IN,
            actor={},
            at=stored.at,
            verb="",
            activities=tuple(filter(None, (record.programme, *record.behaviours))),
            behaviours=record.behaviours,
            text=f"{record.title} {record.text}".strip(),
        )
        shown = {
            "of": "check_in",
            "title": record.title or record.text[:200],
            "by": record.by,
            "role": record.role,
            "copied": str(uuid.UUID(bytes=self.subject)) in record.copied,
        }
        day = cases.days(record.held_on)
        evidence = matching.Evidence(stored.statement, stored.voided, event, day, False)
        return _Piece(evidence, stored.at, shown)

    # Links ---------------------------------------------------------------------------------

    def _links(
        self,
        every: Mapping[bytes, tuple[Completion, tuple[str, int] | None]],
        pieces: Mapping[bytes, _Piece],
        said: Sequence[_Said],
    ) -> "list[_Link]":
        """Proposed links, and those that somebody decided, proposed today or not."""
        known = {
            id_: matching.Case(id_, completion, end[1] if end else None)
            for id_, (completion, end) in every.items()
        }
        # A plan says what will be done; it shows nothing done.
        able = [
            each.evidence
            for each in pieces.values()
            if each.evidence.event.kind != learning.PLANNED
        ]
        proposals, _ = matching.propose(self.tenant_id, known.values(), able)
        proposed = {each.link: each for each in proposals}
        verdicts: dict[bytes, list[review.Verdict]] = {}
        told: dict[bytes, Verdict] = {}
        for each in said:
            record = each.record
            if isinstance(record, Verdict) and not each.stored.voided:
                link = names.link(
                    bytes.fromhex(record.case),
                    bytes.fromhex(record.evidence),
                    self._behaviour(record.behaviour),
                )
                verdicts.setdefault(link, []).append(_verdict(link, each.stored, record))
                told[link] = record
        answered = {each.stored.statement: each for each in said if isinstance(each.record, Answer)}
        found = []
        for link in sorted(proposed.keys() | verdicts.keys()):
            proposal = proposed.get(link)
            if proposal is not None:
                case_id, statement, behaviour = (
                    proposal.case,
                    proposal.statement,
                    proposal.behaviour,
                )
            else:
                case_id = bytes.fromhex(told[link].case)
                statement = bytes.fromhex(told[link].evidence)
                behaviour = told[link].behaviour
            piece = pieces.get(statement)
            if piece is None and statement in answered:
                piece = _of_answer(answered[statement])
            # Never across persons: neither case nor evidence may be somebody else's.
            if piece is None or case_id not in known:
                continue
            found.append(
                self._link(
                    link,
                    known[case_id],
                    piece,
                    behaviour,
                    proposal,
                    review.after(verdicts.get(link, ())),
                )
            )
        return found

    def _link(
        self,
        link: bytes,
        case: matching.Case,
        piece: _Piece,
        behaviour: str | None,
        proposal: matching.Proposal | None,
        standing: review.Standing,
    ) -> "_Link":
        evidence = piece.evidence
        day = matching.day_of_evidence(case, evidence)
        placed = matching.placed(case.completion, day)
        state = standing.state
        body = {
            **piece.shown,
            "behaviour": behaviour,
            "proposed": proposal is not None,
            "signals": [
                {"name": each.name, "weight": each.weight, "detail": each.detail}
                for each in (proposal.signals if proposal else ())
            ],
            "history": [_told(each, standing) for each in standing.history],
        }
        # Evidence that was taken back holds up no verdict, whatever was decided.
        if evidence.voided and state == review.ACCEPTED:
            state, body["why"] = review.WITHDRAWN, "evidence taken back"
        last = standing.last
        tier = (last.tier or "7b") if state == review.ACCEPTED and last is not None else None
        row = (
            link,
            self.tenant_id,
            case.id,
            self.subject,
            evidence.statement,
            self._behaviour(behaviour),
            state,
            placed,
            day,
            proposal.weight if proposal else 0,
            int(evidence.self_said),
            piece.at,
            standing.decided_at,
            _json({name: value for name, value in body.items() if value is not None}),
            tier,
            standing.first.move if standing.first else None,
            standing.first.at if standing.first else None,
            standing.second.move if standing.second else None,
            *self._place(case.completion),
            case.completion.completed_at,
        )
        return _Link(
            *(case.id, behaviour, state, placed, day, tier or "", evidence.voided),
            *(standing.decided_at, row),
        )

    # Answers and what all comes to -----------------------------------------------------------

    def _answers(
        self,
        said: Sequence[_Said],
        every: Mapping[bytes, tuple[Completion, tuple[str, int] | None]],
    ) -> "dict[bytes, list[tuple[outcomes.Said, Values]]]":
        """The last answer of each rater to each item of each window, by case; under sixteen zero
        bytes those that are about no case."""
        latest: dict[tuple[Any, ...], tuple[_Said, Answer]] = {}
        for each in sorted(said, key=lambda each: (each.stored.position, each.stored.n)):
            record = each.record
            if not isinstance(record, Answer) or each.stored.voided:
                continue
            key: tuple[Any, ...] = (
                *(record.case, record.programme, record.form, record.window, record.role),
                record.behaviour,
                record.rater or each.stored.statement,
            )
            latest[key] = each, record
        devices = [
            (record.case, record.device, record.role, each.stored.at)
            for each, record in latest.values()
            if record.device
        ]
        found: dict[bytes, list[tuple[outcomes.Said, Values]]] = {}
        for each, record in latest.values():
            case_id = self._case_of(record, every)
            if case_id is None:
                continue
            completion = every[case_id][0] if case_id in every else None
            flagged = any(
                (case, device) == (record.case, record.device)
                and role != record.role
                and abs(at - each.stored.at) <= SAME_SITTING
                for case, device, role, at in devices
            )
            found.setdefault(case_id, []).append(
                (_said(record), self._answer(each.stored, record, case_id, completion, flagged))
            )
        return found

    def _case_of(
        self,
        record: Answer,
        every: Mapping[bytes, tuple[Completion, tuple[str, int] | None]],
    ) -> bytes | None:
        """The case an answer is about. What was asked at enrolment belongs to the next completion
        of the programme, once there is one; None: the case is no longer this person's."""
        if record.case is not None:
            case_id = bytes.fromhex(record.case)
            return case_id if case_id in every else None
        day = cases.days(record.observed_on)
        later = [
            (completion.clock_day, case_id)
            for case_id, (completion, _) in every.items()
            if completion.programme is not None
            and completion.programme.iri == record.programme
            and completion.clock_day >= day
        ]
        return min(later)[1] if later else names.ZERO

    def _answer(
        self,
        stored: Stored,
        record: Answer,
        case_id: bytes,
        completion: Completion | None,
        flagged: bool,
    ) -> Values:
        fields = record.fields
        barriers = fields.get("barriers") or ()
        if completion is not None:
            programme, *place = self._place(completion)
        else:
            asked = record.programme
            programme = names.programme(self.tenant_id, asked) if asked else names.ZERO
            place = [None, None, None]
        return (
            stored.statement,
            self.subject,
            self._behaviour(record.behaviour),
            self.tenant_id,
            case_id,
            programme,
            record.form,
            record.role,
            records.actor_id(record.rater) if record.rater else None,
            record.window,
            cases.days(record.observed_on),
            int(fields.get("observed", True)),
            fields.get("value"),
            fields.get("recalled"),
            fields.get("frequency") or _RUNNING.get(fields.get("running")),
            " ".join(barriers)[:500],
            int(flagged),
            *place,
            None if completion is None else int(self.matched and completion.state == cases.OPEN),
        )

    def _outcomes(
        self,
        case_id: bytes,
        completion: Completion,
        begun: int,
        ended: tuple[str, int] | None,
        links: "Sequence[_Link]",
        said: Sequence[outcomes.Said],
    ) -> Iterable[Values]:
        programme = completion.programme
        accepted = [
            outcomes.Accepted(each.behaviour, each.day, each.tier, each.placed, each.decided_at)
            for each in links
            if each.state == review.ACCEPTED
        ]
        seen = [each.day for each in links if not each.voided and each.placed == matching.AFTER]
        found = outcomes.outcomes(
            [each.iri for each in programme.behaviours] if programme else [],
            programme.counts if programme else "any",
            accepted,
            said,
            seen,
        )
        for behaviour, each in found.items():
            yield (
                case_id,
                self._behaviour(behaviour),
                self.tenant_id,
                each.applied_day,
                each.applied_tier,
                each.lasting_day,
                each.known_not_day,
                each.contact_day,
                each.superior_confirmed_day,
                each.decided_at,
                *self._place(completion),
                completion.completed_at,
                completion.state,
                int(self.matched),
                *(ended or (None, None)),
                begun,
            )

    # Rows ------------------------------------------------------------------------------------

    def _programme(self, programme: Programme | None) -> bytes:
        return names.ZERO if programme is None else self.programmes.digests[programme.iri]

    def _behaviour(self, iri: str | None) -> bytes:
        if iri is None:
            return names.ZERO
        known = self.programmes.behaviours.get(iri)
        return known if known is not None else names.behaviour(self.tenant_id, iri)

    def _place(self, completion: Completion) -> tuple[bytes, str | None, bytes | None, int]:
        """What a case is counted by: programme, cohort, unit on the clock's first day, that day."""
        clock = completion.clock_day
        return (
            self._programme(completion.programme),
            completion.cohort.name if completion.cohort else None,
            cases.unit_on(self.employments, clock),
            clock,
        )

    def _case(
        self, case_id: bytes, completion: Completion, ended: tuple[str, int] | None
    ) -> Values:
        programme, cohort, unit, clock = self._place(completion)
        body = {
            "course": completion.course,
            "title": completion.title,
            "group": completion.group,
            "completions": [each.hex() for each in completion.statements],
            "starts": completion.start_day,
            "completed_day": completion.completed_day,
        }
        return (
            case_id,
            self.tenant_id,
            self.subject,
            int(self.matched),
            programme,
            cohort,
            completion.state,
            completion.completed_at,
            clock,
            unit,
            ended[0] if ended else None,
            ended[1] if ended else None,
            _json({name: value for name, value in body.items() if value is not None}),
        )

    def _participation(self, each: cases.Attendance, begun: int) -> Values:
        first = each.first_days
        return (
            self.tenant_id,
            self.subject,
            names.course(self.tenant_id, each.course),
            self._programme(each.programme),
            each.cohort.name if each.cohort else None,
            cases.unit_on(self.employments, max(first.values())),
            int(self.matched),
            *(first.get(step) for step in cases.STEPS),
            None if each.jp is None else round(each.jp * 10),
            begun,
        )


@dataclass(frozen=True, slots=True)
class _Link:
    """A link's row, and of it what outcomes need."""

    case: bytes
    behaviour: str | None
    state: str
    placed: str
    day: int
    tier: str
    voided: bool
    decided_at: int | None
    row: Values


def _verdict(link: bytes, stored: Stored, record: Verdict) -> review.Verdict:
    """A verdict as the rooms of review know it. Its time is its place in the log, the one order
    in which all verdicts stand."""
    return review.Verdict(
        link=link,
        move=record.move,
        by=records.actor_id(record.by),
        at=stored.position,
        statement=stored.statement,
        reason=record.reason,
        rests_on=record.rests_on,
        tier=record.tier,
        confidence=record.confidence,
        second=record.second,
    )


def _told(verdict: review.Verdict, standing: review.Standing) -> dict[str, Any]:
    told: dict[str, Any] = {
        "move": verdict.move,
        "by": verdict.by.hex(),
        "at": verdict.at,
        "statement": verdict.statement.hex(),
    }
    for name in ("reason", "rests_on", "tier", "confidence"):
        if (value := getattr(verdict, name)) not in ("", None):
            told[name] = value
    if verdict.second:
        told["second"] = True
    if verdict in standing.out_of_order:
        told["out_of_order"] = True
    return told


def _of_answer(said: _Said) -> _Piece:
    """An answer as a piece of evidence, where a reviewer linked one by hand."""
    record, stored = said.record, said.stored
    assert isinstance(record, Answer)
    event = PracticeEvent(kind=learning.RATED, actor={}, at=stored.at, verb="")
    day = cases.days(record.observed_on)
    alone = record.role == records.SELF
    shown = {
        "of": "rating",
        "title": str(record.fields.get("example") or record.form),
        "by": record.rater,
        "role": record.role,
    }
    evidence = matching.Evidence(stored.statement, stored.voided, event, day, alone)
    return _Piece(evidence, stored.at, shown)


def _said(record: Answer) -> outcomes.Said:
    return outcomes.Said(
        record.behaviour,
        record.role,
        cases.days(record.observed_on),
        bool(record.fields.get("observed", True)),
        record.fields.get("value"),
        record.fields.get("frequency"),
    )


def _json(tree: Mapping[str, Any]) -> bytes:
    return json.dumps(tree, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
