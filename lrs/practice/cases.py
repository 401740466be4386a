"""What the records of one person come to: participation, cases, links, outcomes.

A function of sets. The order in which records arrived never shows, so that a case is the same
whether its completion, the evidence or the verdict came first, and a replay gives what stands
(docs/decisions/0008). Nothing here depends on today: what is due or overdue is asked of cases by
who knows the date.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from lrs import learning
from lrs.learning import LearningEvent
from lrs.practice import names
from lrs.practice.programmes import Cohort, Programme

#: Completions of one course that lie further apart than this, and belong to no cohort, are two:
#: who does a yearly refresher has a case for each.
APART = timedelta(days=180)

#: Of equal timestamps the later in this order holds: a page that is completed by looking at it
#: sends both, in no sure order.
_AT_ONCE = {learning.UNCOMPLETED: 0, learning.COMPLETED: 1}

OPEN = "open"
UNDONE = "undone"
VOIDED = "voided"

_EPOCH = date(1970, 1, 1)

#: Where the agency's days begin and end, wherever no programme has days of its own.
ZONE = ZoneInfo("Asia/Jakarta")


@dataclass(frozen=True, slots=True)
class Learned:
    """A learning event with the statement it came from."""

    statement: bytes
    voided: bool
    event: LearningEvent

    @property
    def order(self) -> tuple[int, int, bytes]:
        return self.event.at, _AT_ONCE.get(self.event.kind, 2), self.statement


@dataclass(frozen=True, slots=True)
class Employment:
    """A person's unit from `first` to `last` (days since 1970, None: open), and why it ended."""

    unit: bytes | None
    first: int | None
    last: int | None
    ended: str | None = None

    def holds(self, day: int) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Completion:
    """All that one run of a programme says of a completion, by one person.

    `course` is the IRI of the course that was completed; `statements` are all completion
    statements of the run, first to last, voided ones too, and the first names the case.
    `completed_at` is that of the one that holds, or, where none does, of the first.
    `registrations` are those that are just this person's.
    """

    programme: Programme | None
    cohort: Cohort | None
    group: str | None
    course: str
    title: str | None
    state: str
    completed_at: int
    statements: tuple[bytes, ...]
    registrations: frozenset[str] = field(default_factory=frozenset)
    enrolled_day: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.programme)

    @property
    def completed_day(self) -> int:
        return day_of(self.completed_at, self.zone)

    def is_of(self, course: str) -> bool:
        """Whether the completion is of this course, or of a programme that it belongs to."""
        return course == self.course or (
            self.programme is not None and self.programme.has_course(course)
        )

    @property
    def clock_day(self) -> int:
        """The day that windows count from: the cohort's official end, else the completion's.

        Completion is often marked in bulk, or by cron, weeks after the training (domain §4).
        """
        if self.cohort is not None and self.cohort.ends is not None:
            return days(self.cohort.ends)
        return self.completed_day

    @property
    def start_day(self) -> int | None:
        """The first day of the training, as far as it is known."""
        if self.cohort is not None and self.cohort.starts is not None:
            return days(self.cohort.starts)
        return self.enrolled_day


@dataclass(frozen=True, slots=True)
class Attendance:
    """How far one person came in one course: days since 1970, None where nothing says so."""

    course: str
    programme: Programme | None
    cohort: Cohort | None
    first_days: dict[str, int]
    jp: float | None


def days(moment: date) -> int:
    """Days since 1970."""
    return (moment - _EPOCH).days


@lru_cache(maxsize=1 << 16)
def day_of(at: int, zone: ZoneInfo) -> int:
    """The day of a moment (microseconds since 1970 UTC), where it was lived."""
    return days(
        (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(zone).date()
    )


def zone_of(programme: Programme | None) -> ZoneInfo:
    """The time zone of a programme's days; the agency's for a course of no programme."""
    return ZONE if programme is None else ZoneInfo(programme.zone)


def date_of(moment: datetime, programme: Programme | None = None) -> date:
    """The date of a moment where a programme's days are counted; for none, at the agency."""
    return moment.astimezone(zone_of(programme)).date()


def completions(
    learned: Iterable[Learned], programme_of: Callable[[str], Programme | None]
) -> list[Completion]:
    """The runs that one person completed, or completed once, in the order of their clocks.

    `programme_of` answers whose course an IRI is. Several courses of a programme in one cohort
    are one completion; so is what was completed, undone and completed again.
    """
    ordered = sorted(learned, key=lambda each: each.order)
    holding = _holding(ordered)
    runs: dict[tuple[str, str], list[Learned]] = {}
    for each in ordered:
        if each.event.kind == learning.COMPLETED:
            programme = programme_of(each.event.course)
            owner = programme.iri if programme else each.event.course
            cohort = cohort_of(each.event, programme)
            runs.setdefault((owner, cohort.name if cohort else ""), []).append(each)
    found = []
    for (_, cohort_name), run in runs.items():
        for part in [run] if cohort_name else _apart(run):
            found.append(_completion(part, ordered, holding, programme_of))
    return sorted(found, key=lambda each: (each.clock_day, each.statements[0]))


def _completion(
    run: Sequence[Learned],
    every: Sequence[Learned],
    holding: set[bytes],
    programme_of: Callable[[str], Programme | None],
) -> Completion:
    held = [each for each in run if each.statement in holding]
    first = (held or run)[0]
    event = first.event
    programme = programme_of(event.course)
    state = OPEN if held else UNDONE if any(not each.voided for each in run) else VOIDED
    courses = {each.event.course for each in run}
    of_run = [each.event for each in every if each.event.course in courses and not each.voided]
    enrolled = [
        each.at for each in of_run if each.kind == learning.ENROLLED and each.at <= event.at
    ]
    return Completion(
        programme,
        cohort_of(event, programme),
        event.group,
        event.course,
        event.title,
        state,
        event.at,
        tuple(dict.fromkeys(each.statement for each in run)),
        frozenset(each.registration for each in of_run if each.registration),
        day_of(max(enrolled), zone_of(programme)) if enrolled else None,
    )


def _holding(ordered: Sequence[Learned]) -> set[bytes]:
    """The completions that hold: since none of their course was undone later."""
    open_since: dict[str, list[bytes]] = {}
    for each in ordered:
        if each.voided:
            continue
        if each.event.kind == learning.UNCOMPLETED:
            open_since.pop(each.event.course, None)
        elif each.event.kind == learning.COMPLETED:
            open_since.setdefault(each.event.course, []).append(each.statement)
    return {statement for run in open_since.values() for statement in run}


def _apart(run: Sequence[Learned]) -> list[list[Learned]]:
    """The run, cut wherever more than `APART` lies between one completion and the next."""
    gap = APART // timedelta(microseconds=1)
    parts: list[list[Learned]] = []
    for each in run:
        if not parts or each.event.at - parts[-1][-1].event.at > gap:
            parts.append([])
        parts[-1].append(each)
    return parts


def cohort_of(event: LearningEvent, programme: Programme | None) -> Cohort | None:
    """The cohort an event belongs to: by its course, its group, or the only one of its day."""
    if programme is None:
        return None
    for told in (
        [each for each in programme.cohorts if event.course in each.courses],
        [each for each in programme.cohorts if event.group in (each.name, *each.groups)],
    ):
        if len(told) == 1:
            return told[0]
    day = day_of(event.at, zone_of(programme))
    # A cohort with courses of its own claims no graduate of another course by the date alone.
    on_the_day = [each for each in programme.cohorts if not each.courses and _covers(each, day)]
    return on_the_day[0] if len(on_the_day) == 1 else None


def _covers(cohort: Cohort, day: int) -> bool:
    return (
        cohort.starts is not None
        and cohort.ends is not None
        and days(cohort.starts) <= day <= days(cohort.ends) + cohort.grace
    )


#: What participation tells, and the events that tell it. Who did the later was there for the
#: earlier, but only what was said is noted: the funnel shows what an LMS does not send.
STEPS = (
    learning.INVITED,
    learning.ENROLLED,
    learning.ATTENDED,
    learning.PROGRESSED,
    learning.COMPLETED,
    learning.CERTIFIED,
)


def attendance(
    learned: Iterable[Learned], programme_of: Callable[[str], Programme | None]
) -> list[Attendance]:
    """How far one person came in each course, by its IRI."""
    ordered = sorted(learned, key=lambda each: each.order)
    holding = _holding(ordered)
    courses: dict[str, list[LearningEvent]] = {}
    for each in ordered:
        if not each.voided:
            courses.setdefault(each.event.course, [])
            if each.event.kind != learning.COMPLETED or each.statement in holding:
                courses[each.event.course].append(each.event)
    found = []
    for course, events in sorted(courses.items()):
        programme = programme_of(course)
        zone = zone_of(programme)
        firsts: dict[str, int] = {}
        for event in events:
            if event.kind in STEPS:
                firsts.setdefault(event.kind, day_of(event.at, zone))
        if not firsts:
            continue
        cohorts = {c.name: c for c in (cohort_of(event, programme) for event in events) if c}
        cohort = next(iter(cohorts.values())) if len(cohorts) == 1 else None
        told = [event.jp for event in events if event.jp is not None]
        jp = told[-1] if told else programme.jp if programme else None
        found.append(Attendance(course, programme, cohort, firsts, jp))
    return found


def run_of(told: Attendance | Completion) -> tuple[str, str | None]:
    """One way through a programme, by its IRI and cohort, in one course of it or several; a course
    of no programme is one by itself."""
    return (
        told.course if told.programme is None else told.programme.iri,
        told.cohort.name if told.cohort else None,
    )


def begun(attended: Iterable[Attendance]) -> dict[tuple[str, str | None], int]:
    """The first day that anything is told of each run."""
    found: dict[tuple[str, str | None], int] = {}
    for each in attended:
        run, first = run_of(each), min(each.first_days.values())
        found[run] = min(first, found.get(run, first))
    return found


def unit_on(employments: Sequence[Employment], day: int) -> bytes | None:
    """The unit of that day; of several entries that hold, the last entered."""
    return next((each.unit for each in reversed(employments) if each.holds(day)), None)


#: Why observation ends of itself. A move or a promotion ends it only when somebody who knows
#: says that the new duties no longer include the behaviour (domain §4).
LEAVING = ("retired", "resigned", "study")


def end_of(employments: Sequence[Employment], clock_day: int) -> tuple[str, int] | None:
    """Why and when observation of who completed on `clock_day` ended, if it did."""
    ends = [
        (each.last, each.ended)
        for each in employments
        if each.ended in LEAVING and each.last is not None and each.last >= clock_day
    ]
    if not ends:
        return None
    day, why = min(ends)
    assert why is not None
    # Who came back, from study leave or under a new contract, is observed again.
    if any(each.first is not None and each.first > day for each in employments):
        return None
    return why, day


def case_id(tenant_id: int, completion: Completion) -> bytes:
    """The name of a completion's case: of its programme and its first statement."""
    owner = (
        names.programme(tenant_id, completion.programme.iri)
        if completion.programme
        else names.course(tenant_id, completion.course)
    )
    return names.case(tenant_id, owner, completion.statements[0])
