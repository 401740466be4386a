"""Programmes and cohorts as the stream of learning records suggests them.

What is proposed decides nothing: an admin confirms it, or not. Courses of one title stem, on
whatever LMS, are one programme. Its cohorts are told by the run that a title names, else by what
the sender calls the group, else by completions that lie close together in time. Official dates
are not known: a cohort's are those of its first enrolment and its last completion, leaving
stragglers aside.

Staff are told from learners by what they do. An account that never completed nor progressed in
any course of the stem is staff where

- it teaches: it enrolled, graded or is named instructor of somebody else, or made a course; or
- it is in three courses or more, or in every one of several runs, of which most others completed,
  and is not a learner of other courses to speak of.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from lrs.practice.programmes import Cohort, Programme
from lrs.practice.titles import Title, key, part

#: Completions further apart than this are of two cohorts (days); one that goes on for longer
#: than `LONGEST` is no cohort but a course that is open all the year.
GAP, LONGEST = 30, 120

#: Runs of one name that begin further apart than this are two (days).
APART = 180

#: A cohort of whom so large a share was through within so many days ended then.
BURST, TOGETHER = 3, 1 / 3

#: In how many courses without any progress an account must be to be taken for staff.
IDLE = 3

#: The grace after a cohort's end that a cohort known by its dates alone gets at most (days).
GRACE = 45

#: A cohort's name is cut so that it holds with whatever tells it from its like.
_NAME = 180

_EPOCH = date(1970, 1, 1)
_MONTHS = (
    "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split()
)


@dataclass(frozen=True, slots=True)
class Trace:
    """What one person, or one account that nobody knows yet, did in one course: the first day of
    each, as days since 1970 (None: it was not said), and the last on which they were `active`."""

    subject: bytes
    course: str
    enrolled: int | None = None
    attended: int | None = None
    progressed: int | None = None
    completed: int | None = None
    group: str | None = None
    active: int | None = None

    @property
    def finished(self) -> int | None:
        """About when they were through: completions are often marked later, in bulk or by cron."""
        if self.completed is None or self.active is None:
            return self.completed
        return min(self.completed, self.active)

    @property
    def idle(self) -> bool:
        return self.progressed is None and self.completed is None

    @property
    def began(self) -> int | None:
        days = (self.enrolled, self.attended, self.progressed, self.completed)
        return min((day for day in days if day is not None), default=None)


@dataclass(frozen=True, slots=True)
class Staff:
    """Who was left out as no learner, and why: `teaches`, or `idle` in so many courses."""

    subject: bytes
    why: str
    courses: int


@dataclass(frozen=True, slots=True)
class Run:
    """A cohort that is proposed, how many learners it has and how many completed, and on which day
    the last of them."""

    cohort: Cohort
    learners: int
    completed: int
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A programme that is proposed, or, where `extends` names one, courses and cohorts for it.

    `shared` are the courses that are no one cohort's own.
    """

    key: str
    title: str
    courses: tuple[str, ...]
    shared: frozenset[str]
    runs: tuple[Run, ...]
    learners: int
    completed: int
    staff: tuple[Staff, ...]
    extends: str | None = None


@dataclass(slots=True)
class _Piece:
    """A cohort on its way: what names it and who is in it."""

    name: str
    year: int | None
    traces: list[Trace]
    courses: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)


def propose(
    traces: Iterable[Trace],
    titles: Mapping[str, str | None],
    programmes: Sequence[Programme] = (),
    teachers: AbstractSet[bytes] = frozenset(),
) -> list[Proposal]:
    """What the courses that are of no programme may be; the most completed first.

    `titles` holds every course seen, those of `programmes` too, by whose titles further runs of a
    known programme are recognised. `teachers` are subjects known to teach.
    """
    held = list(traces)
    taken = {
        course: programme
        for programme in programmes
        for course in programme.courses.union(*(each.courses for each in programme.cohorts))
    }
    known = {
        part(told).key: programme.iri
        for course, programme in taken.items()
        if (told := titles.get(course))
    }
    known |= {part(programme.title).key: programme.iri for programme in programmes}
    stems: dict[str, dict[str, Title]] = {}
    for course in sorted(titles.keys() - taken.keys()):
        title = part(titles[course] or "")
        if not title.key:
            title = Title(course, course)
        stems.setdefault(title.key, {})[course] = title
    by_course: dict[str, list[Trace]] = {}
    for trace in held:
        by_course.setdefault(trace.course, []).append(trace)
    counts = {
        course: (len(traces), sum(trace.completed is not None for trace in traces))
        for course, traces in by_course.items()
    }
    idle = _Idle(held, counts)
    found = []
    for stem, courses in stems.items():
        here = [trace for course in courses for trace in by_course.get(course, ())]
        staff = idle.staff(here, courses, teachers)
        left_out = {each.subject for each in staff}
        learners = [trace for trace in here if trace.subject not in left_out]
        shared, runs = _runs(courses, learners)
        found.append(
            Proposal(
                stem,
                _commonest(title.stem for title in courses.values()),
                tuple(courses),
                shared,
                runs,
                len({each.subject for each in learners}),
                len({each.subject for each in learners if each.completed is not None}),
                staff,
                known.get(stem),
            )
        )
    return sorted(found, key=lambda each: (-each.completed, -each.learners, each.title, each.key))


def staff(
    traces: Iterable[Trace],
    owners: Mapping[str, str],
    counts: Mapping[str, tuple[int, int]],
    teachers: AbstractSet[bytes] = frozenset(),
) -> dict[str, tuple[Staff, ...]]:
    """Who of those whose traces these are is no learner in the courses of programmes.

    `owners` tells the programme of a course, `counts` how many were in each course and how many
    completed it, with those whose traces are not here.
    """
    held = list(traces)
    here: dict[str, list[Trace]] = {}
    for trace in held:
        if trace.course in owners:
            here.setdefault(owners[trace.course], []).append(trace)
    courses: dict[str, set[str]] = {}
    for course, owner in owners.items():
        courses.setdefault(owner, set()).add(course)
    idle = _Idle(held, counts)
    return {
        owner: idle.staff(theirs, courses[owner], teachers)
        for owner, theirs in sorted(here.items())
    }


def extended(programme: Programme, proposal: Proposal) -> Programme:
    """The programme with the courses and cohorts that are proposed.

    A cohort of the same name, whose dates do not speak against it, takes the course; else the new
    one's name tells the year.
    """
    cohorts = {each.name: each for each in programme.cohorts}
    there = programme.courses.union(*(each.courses for each in programme.cohorts))
    for run in proposal.runs:
        new = run.cohort
        if new.courses and new.courses <= there:
            continue
        old = cohorts.get(new.name)
        if old is not None and _far(old, new):
            new = replace(new, name=_free(f"{new.name} ({_year(new)})", cohorts))
            old = None
        cohorts[new.name] = (
            new
            if old is None
            else replace(
                old,
                courses=old.courses | new.courses,
                groups=old.groups | new.groups,
                starts=old.starts or new.starts,
                ends=old.ends or new.ends,
            )
        )
    return replace(
        programme, courses=programme.courses | proposal.shared, cohorts=tuple(cohorts.values())
    )


# Staff -------------------------------------------------------------------------------------------


class _Idle:
    """In which courses that most others completed somebody did nothing, and in which they did."""

    def __init__(self, traces: Iterable[Trace], counts: Mapping[str, tuple[int, int]]) -> None:
        self._idle: Counter[bytes] = Counter()
        self._busy: Counter[bytes] = Counter()
        # Of an idle one all others count: more than half of them must have completed.
        self._done = {
            course
            for course, (people, completed) in counts.items()
            if completed and completed * 2 > people - 1
        }
        for trace in traces:
            if not trace.idle:
                self._busy[trace.subject] += 1
            elif trace.course in self._done:
                self._idle[trace.subject] += 1

    def staff(
        self, here: Sequence[Trace], courses: Iterable[str], teachers: AbstractSet[bytes]
    ) -> tuple[Staff, ...]:
        """Who of those in the courses of one stem is no learner of them."""
        theirs: dict[bytes, list[Trace]] = {}
        for trace in here:
            theirs.setdefault(trace.subject, []).append(trace)
        runs = set(courses) & self._done
        found = []
        for subject, traces in sorted(theirs.items()):
            if not all(trace.idle for trace in traces):
                continue
            idle = self._idle[subject]
            if subject in teachers:
                found.append(Staff(subject, "teaches", len(traces)))
            elif self._busy[subject] * IDLE >= idle:
                continue
            elif idle >= IDLE or (len(runs) > 1 and runs <= {trace.course for trace in traces}):
                found.append(Staff(subject, "idle", idle))
        return tuple(found)


# Cohorts -----------------------------------------------------------------------------------------


def _runs(
    courses: Mapping[str, Title], learners: Sequence[Trace]
) -> tuple[frozenset[str], tuple[Run, ...]]:
    """The courses of a stem that are no one cohort's own, and its cohorts."""
    by_course: dict[str, list[Trace]] = {course: [] for course in courses}
    for trace in learners:
        by_course[trace.course].append(trace)
    named: dict[str, list[_Piece]] = {}
    grouped: dict[str, list[_Piece]] = {}
    shared: set[str] = set()
    open_: list[Trace] = []
    for course, title in courses.items():
        traces = by_course[course]
        if title.run is not None:
            piece = _Piece(title.run, title.year, traces, {course})
            named.setdefault(title.number or key(title.run), []).append(piece)
            continue
        shared.add(course)
        groups = _groups(traces)
        for name, members in groups.items():
            piece = _Piece(" ".join(name.split()), title.year, members, groups={name})
            grouped.setdefault(key(name), []).append(piece)
        if not groups:
            open_ += traces
    runs: list[Run] = []
    taken: set[str] = set()
    for pieces in (*named.values(), *grouped.values()):
        for piece in _together(pieces):
            runs.append(_run(piece, taken))
    runs += _clusters(open_, taken)
    return frozenset(shared), tuple(sorted(runs, key=_in_order))


def _groups(traces: Sequence[Trace]) -> dict[str, list[Trace]]:
    """The sender's groups, if most learners have one: else they are no cohorts."""
    told: dict[str, list[Trace]] = {}
    for trace in traces:
        if trace.group and trace.group.strip():
            told.setdefault(trace.group, []).append(trace)
    return told if sum(map(len, told.values())) * 2 > len(traces) else {}


def _together(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Pieces of one name as one, but for those of another year, or that began far apart."""
    found: list[_Piece] = []
    for piece in sorted(pieces, key=lambda each: (_began(each.traces), sorted(each.courses))):
        last = found[-1] if found else None
        if (
            last is not None
            and _began(piece.traces) - _began(last.traces) <= APART
            and (not piece.year or not last.year or piece.year == last.year)
        ):
            last.traces += piece.traces
            last.courses |= piece.courses
            last.groups |= piece.groups
            last.year = last.year or piece.year
        else:
            found.append(replace(piece, traces=list(piece.traces)))
    return found


def _run(piece: _Piece, taken: set[str]) -> Run:
    """A cohort of what a title or group names. Of one name the later is told by its year."""
    starts, ends = _span(piece.traces)
    short = piece.name[:_NAME].strip()
    name = short
    if piece.year and str(piece.year) not in short:
        name = f"{short} ({piece.year})"
    if name in taken and ends is not None:
        name = f"{short} ({_date(ends).year})"
    name = _free(name, taken)
    taken.add(name)
    cohort = Cohort(
        name=name,
        starts=None if starts is None else _date(starts),
        ends=None if ends is None else _date(ends),
        courses=frozenset(piece.courses),
        groups=frozenset(piece.groups),
    )
    return _counted(cohort, piece.traces)


def _span(traces: Iterable[Trace]) -> tuple[int | None, int | None]:
    """From the first enrolment to when those who completed together were through; without an end
    where completions go on for too long to be a cohort's."""
    held = list(traces)
    parts = _apart(held)
    if not parts:
        return min((t.began for t in held if t.began is not None), default=None), None
    main = max(parts, key=len)
    starts = min(trace.began for trace in main if trace.began is not None)
    first, last = main[0].completed or 0, main[-1].completed or 0
    return starts, _through(main, starts) if last - first <= LONGEST else None


def _through(traces: Sequence[Trace], starts: int) -> int:
    """The day by which a cohort was through: the last of those few days on which most were, if
    they were enough; else the last of all."""
    days = sorted(trace.finished for trace in traces if trace.finished is not None)
    bursts = [
        [day for day in days if first <= day < first + BURST] for first in dict.fromkeys(days)
    ]
    best = max(bursts, key=len)
    ends = best[-1] if len(best) >= TOGETHER * len(days) else days[-1]
    return max(ends, starts)


def _apart(traces: Iterable[Trace]) -> list[list[Trace]]:
    """Those who completed, in the order of time, parted where nobody did for long."""
    done = [(trace.completed, trace) for trace in traces if trace.completed is not None]
    parts: list[list[Trace]] = []
    before = 0
    for day, trace in sorted(done, key=lambda each: (each[0], each[1].subject, each[1].course)):
        if not parts or day - before > GAP:
            parts.append([])
        parts[-1].append(trace)
        before = day
    return parts


def _joined(parts: Sequence[list[Trace]]) -> list[list[Trace]]:
    """Parts as one where most of the later had begun before the earlier was through: completions
    of one cohort that were marked in two goes."""
    found: list[list[Trace]] = []
    for members in parts:
        before = found[-1] if found else None
        if (
            before
            and _began(members) <= (before[-1].completed or 0)
            and (members[-1].completed or 0) - (before[0].completed or 0) <= LONGEST
        ):
            before += members
        else:
            found.append(list(members))
    return found


def _clusters(traces: Sequence[Trace], taken: set[str]) -> list[Run]:
    """Cohorts of what nothing names: completions close together, but for a few stragglers. Each
    is known by its dates alone, which therefore never overlap, with a week between."""
    parts = _joined(_apart(traces))
    most = max(map(len, parts), default=0)
    spans: list[tuple[int, int, int]] = []
    for members in parts:
        first, last = members[0].completed or 0, members[-1].completed or 0
        if last - first <= LONGEST and len(members) * 10 >= most:
            starts = min(trace.began for trace in members if trace.began is not None)
            before = spans[-1][2] + 8 if spans else starts
            starts = min(first, max(starts, before))
            spans.append((starts, _through(members, starts), last))
    runs: list[Run] = []
    for n, (starts, ends, last) in enumerate(spans):
        following = spans[n + 1][0] if n + 1 < len(spans) else last + GRACE + 1
        # All who completed belong to it, however late that was marked.
        grace = last - ends + min(GRACE, following - last - 1)
        day = _date(ends)
        name = _free(f"{_MONTHS[day.month - 1]} {day.year}", taken)
        taken.add(name)
        cohort = Cohort(name=name, starts=_date(starts), ends=day, grace=grace)
        runs.append(
            _counted(
                cohort,
                [
                    trace
                    for trace in traces
                    if _within(trace.completed, starts, ends + grace)
                    or (trace.completed is None and _within(trace.began, starts, last))
                ],
            )
        )
    return runs


def _within(day: int | None, first: int, last: int) -> bool:
    return day is not None and first <= day <= last


def _counted(cohort: Cohort, traces: Sequence[Trace]) -> Run:
    completed = {trace.subject for trace in traces if trace.completed is not None}
    last = max((trace.completed for trace in traces if trace.completed is not None), default=None)
    learners = len({trace.subject for trace in traces})
    return Run(cohort, learners, len(completed), None if last is None else _date(last))


def _in_order(run: Run) -> tuple[date, str]:
    return run.cohort.ends or run.cohort.starts or date.max, run.cohort.name


def _began(traces: Iterable[Trace]) -> int:
    """About when most of them were there: the middle of the days on which they began."""
    days = sorted(trace.began for trace in traces if trace.began is not None)
    return days[len(days) // 2] if days else 0


def _far(one: Cohort, other: Cohort) -> bool:
    first, second = one.ends or one.starts, other.ends or other.starts
    return first is not None and second is not None and abs(first - second).days > APART


def _year(cohort: Cohort) -> str:
    day = cohort.ends or cohort.starts
    return str(day.year) if day else "2"


def _free(name: str, taken: Iterable[str]) -> str:
    """The name, no longer than a cohort's may be, or the next like it that is not taken."""
    held, name = set(taken), name[:_NAME].strip()
    names = (name, *(f"{name} – {n}" for n in range(2, len(held) + 3)))
    return next(each for each in names if each not in held)


def _commonest(stems: Iterable[str]) -> str:
    counts = Counter(stems)
    # Of equally common ones, that which is not written in capitals throughout.
    return min(counts, key=lambda stem: (-counts[stem], stem.isupper(), stem))


def _date(day: int) -> date:
    return _EPOCH + timedelta(days=day)
