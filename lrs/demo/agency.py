"""A believable agency that never was: two years of its people, trainings and work.

`make(Habits(...))` is a pure function: the same habits and seed give the same agency, to the
byte. It gives what the agency's systems send (`Agency.requests`, in the order of arrival), what
it knows of its people and trainings, what people would say and decide (`Agency.actions`), and
the truth about it all (`Agency.truth`), against which a record store can be judged.

Areas draw from random streams of their own, so that a habit of one leaves the others alone.
"""

import uuid
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from lrs.demo import dialects as say
from lrs.demo import words
from lrs.demo.words import Skill, Topic
from lrs.practice.programmes import Behaviour, Cohort, Programme, Rule, Window

Tree = dict[str, Any]

MOODLE, ACADEMY_CMI5, ACADEMY_ADL, WORKPLACE = "moodle", "cmi5", "adl", "workplace"
#: Which version of xAPI each source speaks.
VERSIONS = {MOODLE: "1.0.3", ACADEMY_CMI5: "1.0.3", ACADEMY_ADL: "2.0.0", WORKPLACE: "1.0.3"}

RETIRES_AT = 58
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")

WINDOWS = (
    Window(name="W0", opens=0, closes=14, raters=("self", "superior"), forms=("A",)),
    Window(name="W1", opens=30, closes=45, raters=("self", "superior"), forms=("B",)),
    Window(name="W2", opens=90, closes=120, raters=("self", "superior", "peer"), forms=("C", "D")),
    Window(name="W3", opens=180, closes=240, raters=("self", "superior"), forms=("C", "D")),
    Window(name="W4", opens=330, closes=365, raters=("evaluator", "superior"), forms=("E",)),
)
LIGHT = (Window(name="W2", opens=90, closes=120, raters=("self", "superior"), forms=("C", "D")),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What an agency is like. Shares are 0 to 1; `yearly` ones are for each person and year.

    The statements end on `until`, and begin `years` before it. `signals` weighs by what a piece
    of true work can be known: a reference to the completion, its registration or course; the
    behaviour's IRI; a programme's rule; or nothing but likeness of words.
    """

    seed: int = 1
    people: int = 1200
    years: int = 2
    until: date = date(2026, 10, 31)
    trainings_each: float = 2.4
    dropouts: float = 0.1
    applied: float = 0.6
    early: float = 0.15
    mean_days_to_apply: float = 45.0
    traced: float = 0.75
    signals: tuple[tuple[str, float], ...] = (
        ("reference", 0.25),
        ("behaviour", 0.2),
        ("rule", 0.45),
        ("words", 0.1),
    )
    silent: float = 0.35
    superior_silent: float = 0.2
    not_observed: float = 0.08
    handed_in: float = 0.5
    reviewed: float = 0.85
    late_cron: float = 0.3
    undone: float = 0.01
    lost: float = 0.005
    duplicated: float = 0.02
    late: float = 0.03
    yearly_noise: float = 14.0
    alike: float = 0.01
    outsiders: float = 0.1
    misleading: float = 0.01
    strangers: float = 0.02
    yearly_transfers: float = 0.06
    irrelevant_transfers: float = 0.3
    yearly_resignations: float = 0.004
    pppk: float = 0.2
    during: float = 0.5
    unknown: float = 0.02


@dataclass(slots=True)
class Post:
    """Where somebody worked: index of the unit, title, first day, last day, why it ended."""

    unit: int
    title: str
    since: date
    until: date | None = None
    ended: str | None = None
    relevant: bool = True


@dataclass(slots=True)
class Person:
    """Somebody of the agency. `number` is the NIP or NI PPPK; `moodle` the internal user id."""

    number: str
    kind: str
    name: str
    born: date
    mail: str
    phone: str
    username: str
    moodle: int
    posts: list[Post]

    def post(self, day: date) -> Post | None:
        """What they held on a day, None before and after their time."""
        for post in self.posts:
            if post.since <= day and (post.until is None or day <= post.until):
                return post
        return None

    @property
    def left(self) -> Post | None:
        """The post they left the agency from."""
        last = self.posts[-1]
        return last if last.ended in ("retired", "resigned") else None


@dataclass(slots=True)
class Unit:
    """A unit: names from the top, index of the one above (None: the agency itself), its heads."""

    path: tuple[str, ...]
    above: int | None
    heads: list[tuple[date, Person]] = field(default_factory=list)

    def head(self, day: date) -> Person | None:
        """Who led it on a day."""
        found = [person for since, person in self.heads if since <= day]
        return found[-1] if found and found[-1].post(day) else None


@dataclass(slots=True)
class Run:
    """One cohort of a topic: its days, its course, and who was in it."""

    topic: Topic
    name: str
    starts: date
    ends: date
    lms: str
    course: Tree
    number: int
    members: list[Person] = field(default_factory=list)


@dataclass(slots=True)
class Case:
    """A completion and what truly became of it."""

    person: Person
    run: Run
    statement: str | None
    registration: str | None
    completed_at: datetime
    state: str = "active"
    #: Whether the LMS itself holds it for completed, whatever arrived of it.
    stands: bool = True
    ended: tuple[date, str] | None = None
    silent: bool = False
    #: For each skill of the topic: the first day applied from the clock on, the first day before.
    applied: list[date | None] = field(default_factory=list)
    earlier: list[date | None] = field(default_factory=list)


@dataclass(slots=True)
class Event:
    """A statement on its way out, and what is lost if it is."""

    at: datetime
    tree: Tree
    case: Case | None = None
    link: Tree | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What one source sends at once."""

    at: datetime
    source: str
    statements: list[Tree]

    @property
    def version(self) -> str:
        """The version of xAPI it is sent in."""
        return VERSIONS[self.source]


@dataclass(frozen=True, slots=True)
class Agency:
    """All there is of an agency; `begin` is the first day of what is told of it."""

    habits: Habits
    begin: date
    people: list[Person]
    units: list[Unit]
    programmes: list[Programme]
    requests: list[Request]
    actions: list[Tree]
    truth: Tree


def programme_iri(topic: Topic) -> str:
    """The name of a topic's programme."""
    return f"{words.TRAINING}/pelatihan/{topic.slug}"


def behaviour_iri(topic: Topic, skill: int) -> str:
    """The name of the behaviour that is the topic's skill of this index."""
    return f"{words.TRAINING}/perilaku/{topic.slug}/{skill + 1}"


def superior(units: list[Unit], person: Person, day: date) -> Person | None:
    """Whom somebody worked under on a day: the unit's head, or for that head the next above."""
    post = person.post(day)
    at: int | None = post.unit if post else None
    while at is not None:
        head = units[at].head(day)
        if head is not None and head is not person:
            return head
        at = units[at].above
    return None


def make(habits: Habits) -> Agency:
    """The agency of these habits."""
    return _Maker(habits).agency()


class _Maker:
    def __init__(self, habits: Habits) -> None:
        self.habits = habits
        self.begin = habits.until - timedelta(days=365 * habits.years)
        self.events: dict[str, list[Event]] = {source: [] for source in VERSIONS}
        self.cases: list[Case] = []
        self.enrolments: list[tuple[Run, Person, bool]] = []
        self.traces: list[tuple[Case, int, date, str]] = []
        self.traps: list[Tree] = []
        self.unknown: list[Tree] = []
        self.actions: list[Tree] = []
        self.handed: list[Tree] = []
        self.serial = 1000

    def stream(self, area: str) -> Random:
        return Random(f"{self.habits.seed}/{area}")

    def agency(self) -> Agency:
        self.units = self._units()
        self.people = self._people()
        self._careers()
        self.runs = self._runs()
        self._learn()
        self._apply()
        self._noise()
        requests = self._requests()
        self._respond()
        return Agency(
            self.habits,
            self.begin,
            self.people,
            self.units,
            self._programmes(),
            requests,
            self.actions,
            self._truth(),
        )

    # People ---------------------------------------------------------------------------------

    def _units(self) -> list[Unit]:
        units = [Unit((words.AGENCY,), None)]
        most = max(3, self.habits.people // 6)
        for office, parts in words.OFFICES.items():
            if len(units) + 1 + len(parts) > most and len(units) > 1:
                break
            units.append(Unit((words.AGENCY, office), 0))
            above = len(units) - 1
            units += [Unit((words.AGENCY, office, part), above) for part in parts]
        return units

    def _people(self) -> list[Person]:
        rng = self.stream("people")
        made: list[Person] = []
        numbers: set[str] = set()
        names: dict[str, int] = defaultdict(int)
        for n in range(self.habits.people):
            first, sex = rng.choice(words.FIRST)
            name = f"{first} {rng.choice(words.LAST)}"
            head = n < len(self.units)
            age = rng.randint(45, 56) if head else rng.randint(23, 56)
            born = self.begin - timedelta(days=age * 365 + rng.randrange(365))
            new = not head and age < 35 and rng.random() < 0.3
            pppk = not head and not new and rng.random() < self.habits.pppk
            while True:
                number = self._number(rng, born, sex, new=new, pppk=pppk)
                if number not in numbers:
                    break
            numbers.add(number)
            plain = "".join(c for c in name.lower().replace(" ", ".") if c.isalpha() or c == ".")
            names[plain] += 1
            username = plain if names[plain] == 1 else f"{plain}{names[plain]}"
            unit = n if head else rng.randrange(len(self.units))
            title = "Kepala" if head else rng.choice(("Analis", "Pengelola", "Pelaksana"))
            made.append(
                Person(
                    number,
                    "ni_pppk" if pppk else "nip",
                    name,
                    born,
                    f"{username}@{words.HOST}",
                    f"08{rng.randrange(10**9, 10**10)}",
                    username,
                    n + 3,
                    [Post(unit, title, date(int(number[8:12]), 1, 2))],
                )
            )
            made[-1].posts[0].since = min(self.begin, made[-1].posts[0].since)
        return made

    def _number(self, rng: Random, born: date, sex: str, *, new: bool, pppk: bool) -> str:
        first_year = min(born.year + 22, self.begin.year - 1)
        year = self.begin.year - 1 if new else rng.randint(first_year, self.begin.year - 1)
        serial = rng.randrange(1, 1000)
        if pppk:
            return f"{born:%Y%m%d}{max(year, 2019)}21{sex}{serial:03d}"
        return f"{born:%Y%m%d}{year}{rng.randint(1, 12):02d}{sex}{serial:03d}"

    def _careers(self) -> None:
        """Mutasi, promotion, retirement and leaving, day by day of happening."""
        rng, habits = self.stream("careers"), self.habits
        for index, unit in enumerate(self.units):
            unit.heads.append((self.begin, self.people[index]))
        happenings: list[tuple[date, int, str]] = []
        for n, person in enumerate(self.people):
            leaves = date(person.born.year + RETIRES_AT, person.born.month, 1)
            leaves += timedelta(days=32)
            happenings.append((max(leaves.replace(day=1), self.begin), n, "retired"))
            staff = n >= len(self.units)
            for year in range(habits.years):
                day = self.begin + timedelta(days=365 * year + rng.randrange(1, 365))
                roll, leaving = rng.random(), rng.random()
                if staff and roll < habits.yearly_transfers:
                    happenings.append((day, n, "moved"))
                if staff and leaving < habits.yearly_resignations:
                    happenings.append((day + timedelta(days=1), n, "resigned"))
        for day, n, what in sorted(happenings):
            person = self.people[n]
            post = person.post(day)
            if day > habits.until or post is None:
                continue
            if what == "moved":
                if post.title == "Kepala":
                    continue
                elsewhere = rng.randrange(len(self.units))
                self._move(person, day, elsewhere, post.title, "moved")
                person.posts[-1].relevant = rng.random() >= habits.irrelevant_transfers
                continue
            post.until, post.ended = day - timedelta(days=1), what
            if post.title == "Kepala":
                self._succeed(rng, day, post.unit)

    def _succeed(self, rng: Random, day: date, unit: int) -> None:
        staff = [
            p
            for p in self.people
            if (post := p.post(day))
            and post.title != "Kepala"
            and p.kind == "nip"
            and (post.unit == unit or self.units[post.unit].above == unit)
            and p.posts[-1].since < day
        ]
        if staff:
            chosen = rng.choice(staff)
            self._move(chosen, day, unit, "Kepala", "promoted")
            self.units[unit].heads.append((day, chosen))

    def _move(self, person: Person, day: date, unit: int, title: str, why: str) -> None:
        last = person.posts[-1]
        if last.since >= day:
            return
        last.until, last.ended = day - timedelta(days=1), why
        person.posts.append(Post(unit, title, day))

    # Learning -------------------------------------------------------------------------------

    def _runs(self) -> list[Run]:
        rng, runs, number = self.stream("runs"), [], 2
        span = 365 * self.habits.years
        for topic in words.TOPICS:
            count = max(1, topic.runs * self.habits.years // 2)
            for n in range(count):
                day = self.begin + timedelta(days=20 + n * span // count + rng.randrange(20))
                day -= timedelta(days=day.weekday())
                ends = day + timedelta(days=topic.days - 1)
                if ends > self.habits.until - timedelta(days=7):
                    continue
                name = f"Angkatan {_roman(n)}"
                lms = topic.lms
                if lms == "both":
                    lms = MOODLE if n % 3 else ACADEMY_ADL
                if lms == MOODLE:
                    number += 1
                    course = say.moodle_course(number, f"{topic.title} – {name}")
                else:
                    course = say.activity(
                        f"{words.ACADEMY}/kursus/{topic.slug}",
                        say.COURSE if lms == ACADEMY_CMI5 else f"{say.ADL}activities/course",
                        topic.title,
                    )
                runs.append(Run(topic, name, day, ends, lms, course, number))
        self._seats(rng, runs)
        return runs

    def _seats(self, rng: Random, runs: list[Run]) -> None:
        seen: set[tuple[str, str]] = set()
        wanted = self.habits.people * self.habits.trainings_each / max(1, len(runs))
        for run in sorted(runs, key=lambda run: (run.starts, run.topic.slug)):
            fit = [
                p
                for p in self.people
                if (run.topic.slug, p.number) not in seen
                and p.post(run.starts)
                and p.post(run.ends)
                and self._invited(run.topic, p, run.starts)
            ]
            share = {"webinar": 1.8, "latsar": 0.8, "pkp": 0.4, "pka": 0.3}
            seats = min(len(fit), max(2, round(wanted * share.get(run.topic.kind, 1.1))))
            run.members = rng.sample(fit, seats)
            seen.update((run.topic.slug, p.number) for p in run.members)

    def _invited(self, topic: Topic, person: Person, day: date) -> bool:
        post = person.post(day)
        head = post is not None and post.title == "Kepala"
        if topic.audience == "cpns":
            return person.kind == "nip" and int(person.number[8:12]) >= self.begin.year - 1
        if topic.audience == "heads":
            return head
        if topic.audience == "leaders":
            return head or int(person.number[8:12]) < self.begin.year - 8
        return True

    def _learn(self) -> None:
        rng = self.stream("learning")
        trainer = say.moodle_user(1, "Widyaiswara Diklat")
        for run in self.runs:
            bulk = _moment(rng, run.ends + timedelta(days=rng.randint(5, 40))).replace(
                hour=19, minute=5, second=0
            )
            for person in run.members:
                done = rng.random() >= self.habits.dropouts
                self.enrolments.append((run, person, done))
                late = rng.random() < self.habits.late_cron
                at = bulk if late else _moment(rng, run.ends + timedelta(days=rng.randint(0, 1)))
                at = min(at, _moment(rng, self.habits.until))
                case = Case(person, run, None, None, at)
                if run.lms == MOODLE:
                    self._moodle(rng, case, trainer, done)
                elif run.lms == ACADEMY_CMI5:
                    self._cmi5(rng, case, done)
                else:
                    self._adl(rng, case, done)
                if done:
                    self.cases.append(case)
            if run.lms == MOODLE:
                self._strangers(rng, run, bulk)

    def _strangers(self, rng: Random, run: Run, at: datetime) -> None:
        """Completions by users of the LMS who are on no list of the agency."""
        for _ in range(round(rng.random() + self.habits.unknown * len(run.members) - 0.5)):
            number = 900_000 + self._next()
            actor = say.moodle_user(number, f"Honorer {rng.choice(words.LAST)}")
            tree = say.moodle("core/course_completed", at, actor, say.COMPLETED, run.course)
            self.events[MOODLE].append(Event(at, tree))
            self.unknown.append(
                {"homePage": words.MOODLE, "name": str(number), "course": run.course["id"]}
            )

    def _moodle(self, rng: Random, case: Case, trainer: Tree, done: bool) -> None:
        run, person, out = case.run, case.person, self.events[MOODLE]
        actor, course = say.moodle_user(person.moodle, person.name), run.course
        start = _moment(rng, run.starts)

        def tell(event: str, at: datetime, verb: str, thing: Tree, **more: Any) -> None:
            out.append(Event(at, say.moodle(event, at, actor, verb, thing, **more)))

        def finish(at: datetime, thing: Tree) -> None:
            """A module's completion; by viewing both come, with one stamp."""
            event = "core/course_module_completion_updated"
            tell(event, at, say.UNCOMPLETED, thing, parents=(course,))
            tell(event, at, say.COMPLETED, thing, parents=(course,), result={"completion": True})

        admin = say.moodle_user(2, "Admin Diklat")
        tell(
            "core/user_enrolment_created",
            start - timedelta(days=rng.randint(1, 9)),
            say.ENROLLED,
            course,
            instructor=admin,
            enrolment=True,
        )
        modules = run.topic.modules if done else run.topic.modules[:1]
        for n, title in enumerate(modules):
            day = run.starts + timedelta(days=min(n * 2, (run.ends - run.starts).days))
            at = _moment(rng, day)
            tell("core/course_viewed", at, say.VIEWED, course)
            page = say.activity(
                f"{words.MOODLE}/mod/page/view.php?id={run.number * 20 + n}", say.PAGE, title
            )
            at += timedelta(seconds=rng.randint(5, 90))
            tell("mod_page/course_module_viewed", at, say.VIEWED, page, parents=(course,))
            finish(at, page)
        if not done:
            return
        at = _moment(rng, run.ends)
        quiz = say.activity(
            f"{words.MOODLE}/mod/quiz/view.php?id={run.number * 20 + 10}",
            say.QUIZ,
            f"Post-test {run.topic.title}",
        )
        number = self._next()
        attempt = say.activity(
            f"{words.MOODLE}/mod/quiz/attempt.php?attempt={number}&cmid={run.number * 20 + 10}",
            say.ATTEMPT,
            f"Post-test {run.topic.title} Attempt 1",
        )
        tell("mod_quiz/course_module_viewed", at, say.VIEWED, quiz, parents=(course,))
        tell("mod_quiz/attempt_started", at, say.STARTED, attempt, parents=(quiz, course))
        raw = rng.randint(55, 100)
        score = {"raw": raw, "min": 0, "max": 100, "scaled": round(raw / 50 - 1, 2)}
        result = {"score": score, "completion": True, "success": raw >= 60, "duration": "PT420S"}
        at += timedelta(minutes=7)
        tell(
            "mod_quiz/attempt_submitted",
            at,
            say.COMPLETED,
            attempt,
            parents=(quiz, course),
            result=result,
        )
        finish(at, quiz)
        base = f"{words.MOODLE}/mod/assign/view.php?id={run.number * 20 + 11}"
        task = say.activity(base, say.ASSIGNMENT, "Rencana Aksi")
        paper = say.activity(f"{base}#submission", say.SUBMISSION, "Rencana Aksi Submission")
        around = (task, course)
        tell("mod_assign/assessable_submitted", at, say.SUBMITTED, paper, parents=around)
        marked = at + timedelta(hours=rng.randint(2, 30))
        mark = {"success": True, "score": {"raw": 80, "min": 0, "max": 100, "scaled": 0.6}}
        tell(
            "mod_assign/submission_graded",
            marked,
            say.SCORED,
            paper,
            parents=around,
            instructor=trainer,
            result=mark,
        )
        self._moodle_end(rng, case, actor)

    def _moodle_end(self, rng: Random, case: Case, actor: Tree) -> None:
        """The course's completion, and at times a contradiction."""
        course, at, out = case.run.course, case.completed_at, self.events[MOODLE]
        event = "core/course_completed"

        def told(verb: str, at: datetime) -> Event:
            return Event(at, say.moodle(event, at, actor, verb, course), case)

        out.append(told(say.COMPLETED, at))
        if rng.random() >= self.habits.undone * 3:
            return
        what = rng.choice(("undone", "mended", "both"))
        later = min(at + timedelta(days=rng.randint(1, 20)), _moment(rng, self.habits.until))
        if what == "both" or later <= at:  # of equal stamps `completed` wins
            out.append(told(say.UNCOMPLETED, at))
            return
        out.append(told(say.UNCOMPLETED, later))
        case.stands = what == "mended"
        if case.stands:
            out.append(told(say.COMPLETED, later + timedelta(hours=3)))

    def _cmi5(self, rng: Random, case: Case, done: bool) -> None:
        run, out, course = case.run, self.events[ACADEMY_CMI5], case.run.course
        actor = say.signed_on(case.person.number, case.person.name)
        case.registration = _uuid(rng)

        def tell(at: datetime, verb: str, thing: Tree, session: str, **more: Any) -> str:
            named = _uuid(rng)
            tree = say.cmi5(
                named,
                at,
                actor,
                verb,
                thing,
                registration=str(case.registration),
                session=session,
                course=course,
                **more,
            )
            out.append(Event(at, tree))
            return named

        for n, title in enumerate(run.topic.modules if done else run.topic.modules[:1]):
            at, session = _moment(rng, run.starts + timedelta(days=min(n, run.topic.days - 1))), ""
            session = _uuid(rng)
            unit = say.activity(f"{course['id']}/au/{n + 1}", f"{say.ADL}activities/lesson", title)
            tell(at, f"{say.ADL}verbs/launched", unit, session)
            tell(at + timedelta(seconds=4), f"{say.ADL}verbs/initialized", unit, session)
            if done:
                result = {"completion": True, "duration": "PT35M"}
                at += timedelta(minutes=35)
                tell(at, say.COMPLETED, unit, session, result=result)
                score = {"scaled": round(rng.uniform(0.7, 1), 2)}
                tell(
                    at,
                    f"{say.ADL}verbs/passed",
                    unit,
                    session,
                    result={"success": True, "score": score, "duration": "PT35M"},
                )
            tell(at + timedelta(minutes=1), f"{say.ADL}verbs/terminated", unit, session)
        if done:
            case.statement = tell(
                case.completed_at,
                "https://w3id.org/xapi/adl/verbs/satisfied",
                course,
                _uuid(rng),
            )
            out[-1].case = case

    def _adl(self, rng: Random, case: Case, done: bool) -> None:
        run, person, out = case.run, case.person, self.events[ACADEMY_ADL]
        actor, course = say.by_mail(person.mail, person.name), case.run.course

        def tell(at: datetime, verb: str, thing: Tree, **more: Any) -> str:
            named = _uuid(rng)
            tree = say.adl(named, at, actor, verb, thing, group=run.name, **more)
            out.append(Event(at, tree))
            return named

        at = _moment(rng, run.starts)
        tell(at - timedelta(days=3), f"{say.ADL}verbs/registered", course)
        tell(at, f"{say.ADL}verbs/attended", course)
        for n, title in enumerate(run.topic.modules):
            part = say.activity(f"{course['id']}/{n + 1}", f"{say.ADL}activities/module", title)
            at += timedelta(minutes=50)
            tell(at, f"{say.ADL}verbs/experienced", part, parent=course)
            if done:
                tell(at, say.COMPLETED, part, parent=course, result={"completion": True})
        if not done:
            return
        ended = case.completed_at
        case.statement = tell(ended, say.COMPLETED, course, result={"completion": True})
        out[-1].case = case
        roll = rng.random()
        if roll < self.habits.undone:
            later = ended + timedelta(days=2)
            out.append(Event(later, say.voiding(_uuid(rng), later, case.statement), case))
            case.stands = False
        elif roll < self.habits.undone + self.habits.duplicated:
            tell(ended + timedelta(hours=1), say.COMPLETED, course, result={"completion": True})
            out[-1].case = case

    # Work -----------------------------------------------------------------------------------

    def _apply(self) -> None:
        rng, habits = self.stream("applying"), self.habits
        for case in self.cases:
            case.silent = rng.random() < habits.silent
            case.ended = self._end(case)
            skills = case.run.topic.skills
            does = rng.random() < habits.applied
            chosen = [does and rng.random() < 0.8 for _ in skills]
            if does and not any(chosen):
                chosen[0] = True
            last = case.ended[0] if case.ended else habits.until
            for yes in chosen:
                wait = timedelta(days=1 + int(rng.expovariate(1 / habits.mean_days_to_apply)))
                day = case.run.ends + wait
                case.applied.append(day if yes and day < last else None)
                before = case.run.starts - timedelta(days=rng.randint(10, 120))
                early = yes and rng.random() < habits.early and before > self.begin
                case.earlier.append(before if early and case.person.post(before) else None)
            for n in range(len(skills)):
                self._trace(rng, case, n, last)
        self._outsiders(rng)

    def _end(self, case: Case) -> tuple[date, str] | None:
        found = []
        for before, after in zip(case.person.posts, case.person.posts[1:], strict=False):
            if after.since > case.run.ends and not after.relevant and before.ended:
                found.append((after.since, before.ended))
        left = case.person.left
        if left and left.until and left.until > case.run.ends:
            found.append((left.until, str(left.ended)))
        return min(found) if found else None

    def _trace(self, rng: Random, case: Case, n: int, last: date) -> None:
        """Leave traces of applying one skill in the workplace's systems."""
        first, before = case.applied[n], case.earlier[n]
        if before:
            self._work(rng, case, n, before, "rule" if rng.random() < 0.8 else "words")
        if first is None:
            return
        if case.run.topic.kind in ("latsar", "pkp", "pka") and rng.random() < self.habits.during:
            # Aktualisasi and aksi perubahan are done at work, before graduation.
            day = case.run.starts + timedelta(days=rng.randint(20, case.run.topic.days - 10))
            self._work(rng, case, n, day, "rule")
        if rng.random() >= self.habits.traced:
            return
        names, weights = zip(*self.habits.signals, strict=True)
        for _ in range(rng.randint(1, 3)):
            self._work(rng, case, n, first, rng.choices(names, weights)[0])
            first += timedelta(days=rng.randint(7, 60))
            if first >= last:
                break

    def _work(self, rng: Random, case: Case, n: int, day: date, signal: str) -> None:
        topic, person = case.run.topic, case.person
        skill, at = topic.skills[n], _moment(rng, day)
        more: Tree = {}
        system, folder, title = skill.system, skill.folder, rng.choice(skill.work)
        if signal == "behaviour":
            system, folder = words.DIARY, "catatan"
            iri = behaviour_iri(topic, n)
            more["behaviour"] = say.activity(iri, say.COMPETENCY, skill.text)
        elif signal == "words":
            system, folder = words.DIARY, "catatan"
            # In one's own words: not every word of the behaviour, and some of one's own.
            kept = [word for word in skill.text.split() if rng.random() < 0.7]
            more["text"] = f"{rng.choice(words.OPENINGS)} {' '.join(kept).lower()}."
        elif signal == "reference":
            system, folder = words.DIARY, "tindak-lanjut"
            more["text"] = f"Tindak lanjut {topic.title}."
            if case.run.lms == ACADEMY_CMI5 and rng.random() < 0.5:
                more["registration"] = case.registration
            elif case.statement:
                more["refers"] = case.statement
            else:
                more["about"] = {"objectType": "Activity", "id": case.run.course["id"]}
        link = {
            "person": person.number,
            "programme": programme_iri(topic),
            "behaviour": behaviour_iri(topic, n),
            "signal": signal,
            "placed": _placed(case.run, day),
            "performed_on": day.isoformat(),
        }
        event = self._say_work(rng, person, at, system, folder, title, **more)
        event.case, event.link = case, link | {"evidence": event.tree["id"]}
        if more.get("refers") and rng.random() < self.habits.strangers:
            other = rng.choice(self.people)
            if other is not person:
                trap = self._say_work(rng, other, at, system, folder, title, **more)
                self.traps.append(
                    {
                        "evidence": trap.tree["id"],
                        "person": other.number,
                        "why": "refers to the completion of somebody else",
                    }
                )

    def _say_work(
        self,
        rng: Random,
        person: Person,
        at: datetime,
        system: str,
        folder: str,
        title: str,
        **more: Any,
    ) -> Event:
        actor = say.worker(system, person.username, person.mail, person.name)
        named = _uuid(rng)
        tree = say.work(named, at, actor, system, folder, self._next(), title, **more)
        event = Event(at, tree)
        self.events[WORKPLACE].append(event)
        return event

    def _outsiders(self, rng: Random) -> None:
        """Work that looks like application: by people never trained, or a mere trial."""
        trained = {(case.run.topic.slug, case.person.number) for case in self.cases}
        for topic in words.TOPICS:
            for n in range(round(self.habits.outsiders * self.habits.people / 12)):
                person = rng.choice(self.people)
                day = self.begin + timedelta(days=rng.randrange(365 * self.habits.years))
                if (topic.slug, person.number) in trained or not person.post(day):
                    continue
                skill = topic.skills[n % len(topic.skills)]
                self._like(rng, person, day, skill, "done without the training")
        for case in self.cases:
            if rng.random() < self.habits.misleading and case.run.ends < self.habits.until:
                day = min(case.run.ends + timedelta(days=20), self.habits.until)
                if case.person.post(day):
                    self._like(rng, case.person, day, case.run.topic.skills[0], "a mere trial")

    def _like(self, rng: Random, person: Person, day: date, skill: Skill, why: str) -> None:
        event = self._say_work(
            rng, person, _moment(rng, day), skill.system, skill.folder, rng.choice(skill.work)
        )
        self.traps.append({"evidence": event.tree["id"], "person": person.number, "why": why})

    def _noise(self) -> None:
        rng, systems = self.stream("noise"), list(words.ROUTINE)
        days = 365 * self.habits.years
        for person in self.people:
            for _ in range(round(self.habits.yearly_noise * self.habits.years)):
                day = self.begin + timedelta(days=rng.randrange(days))
                day -= timedelta(days=max(0, day.weekday() - 4))
                if day < self.begin or not person.post(day):
                    continue
                if rng.random() < self.habits.alike:
                    title = rng.choice(words.TALK).format(rng.choice(words.TOPICS).title)
                    system, folder = words.LETTERS, "surat"
                else:
                    system = rng.choice(systems)
                    folder, title = rng.choice(words.ROUTINE[system])
                self._say_work(rng, person, _moment(rng, day), system, folder, title)

    # Sending --------------------------------------------------------------------------------

    def _requests(self) -> list[Request]:
        rng, habits, requests = self.stream("sending"), self.habits, []
        self.links: list[Tree] = []
        self.lost: list[Tree] = []
        for source, events in self.events.items():
            most = 30 if source == MOODLE else 50
            heard: dict[int, list[Event]] = defaultdict(list)
            for batch in _batches(sorted(events, key=lambda event: event.at), most):
                rng.shuffle(batch)
                sent = max(event.at for event in batch) + timedelta(minutes=1)
                if rng.random() < habits.lost:
                    self._lose(batch)
                    continue
                self._hear(batch, heard)
                if rng.random() < habits.late:
                    sent += timedelta(days=rng.randint(3, 40))
                requests.append(Request(sent, source, self._trees(rng, source, batch)))
                if rng.random() < habits.duplicated:
                    again = sent + timedelta(days=rng.randint(1, 5))
                    requests.append(Request(again, source, self._trees(rng, source, batch)))
            for case in self.cases:
                if case.run.lms == source:
                    _settle(case, heard[id(case)])
        return sorted(requests, key=lambda request: (request.at, request.source))

    def _trees(self, rng: Random, source: str, batch: list[Event]) -> list[Tree]:
        trees = [event.tree for event in batch]
        if source != MOODLE:
            return trees
        run = _uuid(rng)
        return [say.registered(tree, run) for tree in trees]

    def _hear(self, batch: list[Event], heard: dict[int, list[Event]]) -> None:
        for event in batch:
            if event.link:
                self.links.append(event.link)
            elif event.case:
                heard[id(event.case)].append(event)

    def _lose(self, batch: list[Event]) -> None:
        for event in batch:
            if event.link:
                self.lost.append({"evidence": event.link["evidence"]})
            elif event.case:
                self.lost.append(
                    {
                        "person": event.case.person.number,
                        "programme": programme_iri(event.case.run.topic),
                        "verb": event.tree["verb"]["id"],
                    }
                )

    # What people say ------------------------------------------------------------------------

    def _respond(self) -> None:
        rng = self.stream("answers")
        seen: dict[str, list[Tree]] = defaultdict(list)
        for link in self.links:
            seen[link["person"] + link["programme"]].append(link)
        for case in self.cases:
            if case.state != "active":
                continue
            key = case.person.number + programme_iri(case.run.topic)
            given = sorted(seen[key], key=lambda link: (link["performed_on"], link["evidence"]))
            if not case.silent:
                self._ask(rng, case)
                self._answer(rng, case)
                given += self._hand_in(rng, case)
            for link in given:
                if link["placed"] == "after":
                    self._decide(rng, link)
            if case.ended and case.ended[1] in ("moved", "promoted"):
                self._do("ended", case.ended[0], case, why=case.ended[1], by_role="superior")
        for run, person, done in self.enrolments:
            if not done and rng.random() < 0.4:
                case = Case(person, run, None, None, _moment(rng, run.ends))
                barrier = rng.choice(("duties", "schedule", "no_leave", "no_relevance"))
                self._do(
                    "answer",
                    run.ends,
                    case,
                    statement=_uuid(rng),
                    form="H",
                    window="",
                    role="self",
                    rater=person.number,
                    items=[],
                    whole={"barriers": [barrier]},
                    observed_on=run.ends.isoformat(),
                )
        self._meetings(rng)
        self._citizens(rng)
        self.actions.sort(key=lambda each: (each["at"], each["do"], each.get("statement", "")))

    def _do(self, what: str, day: date, case: Case, **more: Any) -> None:
        at = say.instant(datetime.combine(day, time(9), UTC))
        self.actions.append(
            {
                "do": what,
                "at": at,
                "person": case.person.number,
                "programme": programme_iri(case.run.topic),
            }
            | more
        )

    def _ask(self, rng: Random, case: Case) -> None:
        """Form G at enrolment, and for some form F, the story of the best and the worst."""
        skills = range(len(case.run.topic.skills))
        day = case.run.starts
        if rng.random() < 0.3:
            items = [_baseline(self._item(rng, case, n, "self", day, True)) for n in skills]
            self._do(
                "answer",
                day,
                case,
                statement=_uuid(rng),
                form="G",
                window="",
                role="self",
                rater=case.person.number,
                items=items,
                whole={"why": "Tugas saya bertambah tahun ini."},
                observed_on=day.isoformat(),
            )
        day = case.run.ends + timedelta(days=200)
        ended = case.ended and day >= case.ended[0]
        if rng.random() < 0.02 and day <= self.habits.until and not ended:
            applied = any(first and first <= day for first in case.applied)
            used = "Dipakai sejak minggu pertama." if applied else "Belum ada kesempatan."
            whole: Tree = {"chosen": "best" if applied else "worst", "used": used}
            if not applied:
                whole["barriers"] = ["no_opportunity"]
            self._do(
                "answer",
                day,
                case,
                statement=_uuid(rng),
                form="F",
                window="",
                role="evaluator",
                rater=self.people[0].number,
                items=[],
                whole=whole,
                observed_on=day.isoformat(),
            )

    def _citizens(self, rng: Random) -> None:
        """Form I at the counter: anonymous, and about the service alone."""
        for unit in range(0, len(self.units), 3):
            for quarter in range(4 * self.habits.years):
                day = self.begin + timedelta(days=91 * quarter + rng.randrange(90))
                self.actions.append(
                    {
                        "do": "answer",
                        "at": say.instant(_moment(rng, day)),
                        "statement": _uuid(rng),
                        "form": "I",
                        "role": "citizen",
                        "unit": " / ".join(self.units[unit].path),
                        "value": rng.choice((2, 3, 3, 4)),
                        "observed_on": day.isoformat(),
                    }
                )

    def _answer(self, rng: Random, case: Case) -> None:
        windows = WINDOWS if case.run.topic.depth == "full" else LIGHT
        leader = rng.random() >= self.habits.superior_silent
        for window in windows:
            day = case.run.ends + timedelta(days=rng.randint(window.opens, window.closes))
            if day > self.habits.until or (case.ended and day >= case.ended[0]):
                break
            for role in window.raters:
                rater = self._rater(rng, case, role, day)
                if rater is None or (role == "superior" and not leader):
                    continue
                sees = role == "self" or rng.random() >= self.habits.not_observed
                items = [
                    self._item(rng, case, n, role, day, sees)
                    for n in range(len(case.run.topic.skills))
                ]
                idle = not any(first and first <= day for first in case.applied)
                barriers = [rng.choice(words.BARRIERS)] if idle and "D" in window.forms else []
                for form in window.forms:
                    if form == "D" and not barriers:
                        continue
                    self._do(
                        "answer",
                        day,
                        case,
                        statement=_uuid(rng),
                        form=form,
                        window=window.name,
                        role=role,
                        rater=rater.number,
                        items=_items(form, items),
                        whole=_whole(form, not idle, barriers),
                        observed_on=day.isoformat(),
                    )

    def _rater(self, rng: Random, case: Case, role: str, day: date) -> Person | None:
        if role == "self":
            return case.person
        if role == "superior":
            return superior(self.units, case.person, day)
        if role == "peer":
            post = case.person.post(day)
            near = [
                person
                for person in (self.by_unit[post.unit] if post else ())
                if person is not case.person
                and (held := person.post(day))
                and post
                and held.unit == post.unit
            ]
            return rng.choice(near) if near else None
        return self.people[0] if case.person is not self.people[0] else None

    @property
    def by_unit(self) -> dict[int, list[Person]]:
        if not hasattr(self, "_by_unit"):
            self._by_unit: dict[int, list[Person]] = defaultdict(list)
            for person in self.people:
                for unit in sorted({post.unit for post in person.posts}):
                    self._by_unit[unit].append(person)
        return self._by_unit

    def _item(self, rng: Random, case: Case, n: int, role: str, day: date, sees: bool) -> Tree:
        iri = behaviour_iri(case.run.topic, n)
        if not sees:
            return {"behaviour": iri, "observed": False}
        first = case.applied[n]
        doing = first is not None and first <= day
        value = rng.choice((3, 3, 4)) if doing else rng.choice((0, 1, 1))
        if role == "self" and value < 4 and doing:
            value += rng.randint(0, 1)
        return {
            "behaviour": iri,
            "observed": True,
            "value": value,
            "recalled": rng.choice((0, 1, 1, 2)),
            "frequency": rng.choice(("monthly", "weekly", "daily")) if doing else "never",
            "example": case.run.topic.skills[n].work[0] if value in (0, 4) else "",
        }

    def _hand_in(self, rng: Random, case: Case) -> list[Tree]:
        """Evidence given to the service itself, of every kind."""
        made = []
        kinds = ("artefact", "observation", "rating", "reflection", "check_in", "metric", "project")
        for n, first in enumerate(case.applied):
            if first is None or rng.random() >= self.habits.handed_in:
                continue
            skill, topic = case.run.topic.skills[n], case.run.topic
            kind = "project" if topic.kind in ("pkp", "pka") else rng.choice(kinds)
            day = min(first + timedelta(days=rng.randint(0, 30)), self.habits.until)
            by_role = "superior" if kind in ("observation", "rating", "check_in") else "self"
            by = superior(self.units, case.person, day) if by_role == "superior" else case.person
            link = {
                "person": case.person.number,
                "programme": programme_iri(topic),
                "behaviour": behaviour_iri(topic, n),
                "signal": "handed in",
                "placed": "after",
                "performed_on": day.isoformat(),
                "evidence": _uuid(rng),
            }
            if by is None:
                continue
            self._do(
                "evidence",
                day,
                case,
                statement=link["evidence"],
                kind=kind,
                by=by.number,
                by_role=by_role,
                behaviours=[link["behaviour"]],
                performed_on=link["performed_on"],
                title=rng.choice(skill.work),
                text=skill.text,
            )
            made.append(link)
        self.handed += made
        return made

    def _decide(self, rng: Random, link: Tree) -> None:
        if rng.random() >= self.habits.reviewed:
            return
        day = date.fromisoformat(link["performed_on"]) + timedelta(days=rng.randint(2, 12))
        moves = ["submit", "take", "accept"]
        if rng.random() < 0.06:
            moves = ["submit", "take", "return", "submit", "take", "accept"]
        for n, move in enumerate(moves):
            when = day + timedelta(days=n)
            if when > self.habits.until:
                return
            self.actions.append(
                {
                    "do": "verdict",
                    "at": say.instant(datetime.combine(when, time(10), UTC)),
                    "statement": _uuid(rng),
                    "person": link["person"],
                    "programme": link["programme"],
                    "evidence": link["evidence"],
                    "behaviour": link["behaviour"],
                    "move": move,
                    "reviewer": link["person"] if move == "submit" else "admin-diklat",
                    "reason": "Sesuai contoh" if move != "return" else "Tanggal belum jelas",
                    "page": "1",
                    "tier": "7b" if move == "accept" else None,
                    "confidence": 0.9 if move == "accept" else 0.0,
                }
            )

    def _meetings(self, rng: Random) -> None:
        """One note of a routine meeting for many alumni of a unit."""
        alumni: dict[tuple[str, int], list[Case]] = defaultdict(list)
        for case in self.cases:
            post = case.person.post(case.run.ends + timedelta(days=100))
            if case.state == "active" and not case.silent and post:
                alumni[case.run.topic.slug, post.unit].append(case)
        for (_, unit), cases in sorted(alumni.items()):
            day = max(case.run.ends for case in cases) + timedelta(days=100)
            head = self.units[unit].head(day)
            if len(cases) < 3 or head is None or day > self.habits.until:
                continue
            self._do(
                "meeting",
                day,
                cases[0],
                statement=_uuid(rng),
                by=head.number,
                people=sorted({case.person.number for case in cases}),
                text="Catatan rapat rutin: tindak lanjut pelatihan dibahas satu per satu.",
            )

    # What is known, and what is true --------------------------------------------------------

    def _programmes(self) -> list[Programme]:
        made = []
        for topic in words.TOPICS:
            runs = [run for run in self.runs if run.topic is topic]
            shared = {run.course["id"] for run in runs if run.lms != MOODLE}
            cohorts = tuple(
                Cohort(
                    name=run.name,
                    starts=run.starts,
                    ends=run.ends,
                    courses=frozenset([run.course["id"]] if run.course["id"] not in shared else []),
                    groups=frozenset([run.name] if run.lms == ACADEMY_ADL else []),
                )
                for run in runs
            )
            made.append(
                Programme(
                    iri=programme_iri(topic),
                    title=topic.title,
                    courses=frozenset(run.course["id"] for run in runs),
                    cohorts=cohorts,
                    behaviours=tuple(_behaviour(topic, n) for n in range(len(topic.skills))),
                    windows=WINDOWS if topic.depth == "full" else LIGHT,
                    rules=tuple(_rule(topic, n) for n in range(len(topic.skills))),
                    jp=float(topic.jp),
                    depth=topic.depth,
                    kind=topic.kind,
                )
            )
        return made

    def _truth(self) -> Tree:
        states = {
            (case.person.number, programme_iri(case.run.topic)): case.state for case in self.cases
        }
        links = [
            link for link in self.links if states[link["person"], link["programme"]] == "active"
        ]
        active = [case for case in self.cases if case.state == "active"]
        applied = sum(any(case.applied) for case in active)
        return {
            "habits": asdict(self.habits) | {"until": self.habits.until.isoformat()},
            "statements": {source: len(events) for source, events in self.events.items()},
            "people": [
                {
                    "person": person.number,
                    "kind": person.kind,
                    "name": person.name,
                    "identifiers": _identifiers(person),
                    "posts": [
                        {
                            "unit": " / ".join(self.units[post.unit].path),
                            "title": post.title,
                            "since": post.since.isoformat(),
                            "until": post.until.isoformat() if post.until else None,
                            "ended": post.ended,
                        }
                        for post in person.posts
                    ],
                }
                for person in self.people
            ],
            "enrolled": [
                {
                    "person": person.number,
                    "programme": programme_iri(run.topic),
                    "cohort": run.name,
                    "completed": done,
                }
                for run, person, done in self.enrolments
            ],
            "cases": [_case(case) for case in self.cases],
            "links": sorted(links, key=lambda link: link["evidence"]),
            "handed_in": self.handed,
            "traps": self.traps,
            "unknown": self.unknown,
            "lost": self.lost,
            "true_share": applied / len(active) if active else None,
        }

    def _next(self) -> int:
        self.serial += 1
        return self.serial


def _baseline(item: Tree) -> Tree:
    """Of what is said of a behaviour, what is asked before the training can have changed it."""
    return {name: item[name] for name in ("behaviour", "observed", "value") if name in item}


def _items(form: str, items: list[Tree]) -> list[Tree]:
    """What a form asks of each behaviour."""
    if form == "C":
        return items
    return [_baseline(item) for item in items] if form == "A" else []


def _whole(form: str, applied: bool, barriers: list[str]) -> Tree:
    """What a form asks of the case as a whole."""
    if form == "B":
        return {"on_plan": applied, "opportunity": applied}
    if form == "D":
        return {"barriers": barriers}
    if form == "E":
        return {"running": applied, "coordination": "good" if applied else "not_visible"}
    return {}


def _placed(run: Run, day: date) -> str:
    """Where a day lies to the training and its clock."""
    if day >= run.ends:
        return "after"
    return "during" if day >= run.starts else "before"


def _settle(case: Case, heard: list[Event]) -> None:
    """What the statements that arrived make of a case: of equal stamps `completed` wins."""
    order = {say.UNCOMPLETED: 0, say.VOIDED: 2}
    said = sorted(heard, key=lambda event: (event.at, order.get(_verb(event), 1)))
    stands: list[Event] = []
    state = "lost"
    withdrawn = {e.tree["object"]["id"] for e in said if _verb(e) == say.VOIDED}
    for event in said:
        if _verb(event) == say.UNCOMPLETED:
            stands, state = [], "undone" if stands else state
        elif event.tree.get("id") in withdrawn:
            state = "voided"
        elif _verb(event) != say.VOIDED:
            stands, state = [*stands, event], "active"
    case.state = state
    if stands:
        case.completed_at = stands[0].at
        case.statement = stands[0].tree.get("id")


def _verb(event: Event) -> str:
    return str(event.tree["verb"]["id"])


def _case(case: Case) -> Tree:
    topic = case.run.topic
    return {
        "person": case.person.number,
        "programme": programme_iri(topic),
        "cohort": case.run.name,
        "course": case.run.course["id"],
        "source": case.run.lms,
        "starts": case.run.starts.isoformat(),
        "clock": case.run.ends.isoformat(),
        "completed_at": say.instant(case.completed_at),
        "statement": case.statement,
        "registration": case.registration,
        "state": case.state,
        "stands": case.stands,
        "silent": case.silent,
        "ended": None
        if case.ended is None
        else {"day": case.ended[0].isoformat(), "why": case.ended[1]},
        "behaviours": [
            {
                "behaviour": behaviour_iri(topic, n),
                "first_day": first.isoformat() if first else None,
                "earlier": before.isoformat() if before else None,
            }
            for n, (first, before) in enumerate(zip(case.applied, case.earlier, strict=True))
        ],
    }


def _identifiers(person: Person) -> list[Tree]:
    return [
        {"kind": person.kind, "text": person.number},
        {"kind": "mbox", "text": f"mailto:{person.mail}"},
        {"kind": "account", "homePage": words.MOODLE, "name": str(person.moodle)},
        {"kind": "account", "homePage": words.SIGN_ON, "name": person.number},
        {"kind": "account", "homePage": words.TICKETS, "name": person.username},
    ]


def _behaviour(topic: Topic, n: int) -> Behaviour:
    skill = topic.skills[n]
    anchors = (
        "Belum melakukan bagian apa pun",
        "Bagian sederhana, diawasi dekat",
        "Sebagian besar, dibantu pada bagian tersulit",
        "Seluruhnya, cukup diperiksa sesekali",
        "Cepat, cermat, dan mengajari rekan",
    )
    if skill.scale == "consistency":
        anchors = ("Tidak pernah", "Jarang", "Kadang", "Sering", "Selalu bila ada kesempatan")
    return Behaviour(
        iri=behaviour_iri(topic, n),
        text=skill.text,
        anchors=anchors,
        scale=skill.scale,
        value=skill.value,
    )


def _rule(topic: Topic, n: int) -> Rule:
    skill = topic.skills[n]
    verb, _, kind = words.SPEECH[skill.system]
    return Rule(
        name=f"{words.PLATFORMS[skill.system]}: {skill.folder}",
        behaviours=(behaviour_iri(topic, n),),
        verbs=frozenset([verb]),
        types=frozenset([kind]),
        activities=(f"{skill.system}/{skill.folder}/*",),
        platforms=(words.PLATFORMS[skill.system],),
    )


def _batches(events: list[Event], most: int) -> list[list[Event]]:
    """Events in the order given, cut after so many, and where a day ends."""
    batches: list[list[Event]] = []
    for event in events:
        last = batches[-1] if batches else None
        if last is None or len(last) >= most or last[-1].at.date() != event.at.date():
            batches.append([event])
        else:
            last.append(event)
    return batches


def _moment(rng: Random, day: date) -> datetime:
    """A moment of the working day in western Indonesia, told in UTC, to the second."""
    start = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    return start + timedelta(seconds=rng.randrange(8 * 3600))


def _uuid(rng: Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _roman(n: int) -> str:
    return _ROMAN[n] if n < len(_ROMAN) else str(n + 1)
