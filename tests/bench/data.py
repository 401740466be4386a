"""Statements as a Moodle sends them, made up, the same for the same seed.

In shape and size they are those of logstore_xapi 5 with its defaults (`tests/data/`): no id, the
learner an account, parents up to the course, the site for category, slashes escaped as PHP does.
People work in sessions; some twenty sessions are under way at any time, and one cron run of the
LMS gives one registration to all it sends. The first n statements are the same for every size.
"""

import json
import random
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

Tree = dict[str, Any]

PEOPLE = 10_000
COURSES = 200
MODULES = 20

SITE = "https://lms.example.go.id"
_AT_ONCE = 20
_BATCH = 50

_GIVEN = (
    "Ade Agus Ayu Bambang Budi Citra Dewi Eko Fajar Gita Hadi Indah Joko Kartika Lestari".split()
)
_FAMILY = (
    "Adnyana Az-Zahra Gunawan Handayani Hidayat Kusuma Lubis Nasution Pratama Sudiarta".split()
)
_TOPICS = "Pelayanan Prima,SIM Puskesmas,Manajemen Waktu,Anggaran Kinerja,Arsip Digital".split(",")

_ADL = "http://adlnet.gov/expapi"
_EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts"
_TIN = "http://id.tincanapi.com"
_COURSE = "https://w3id.org/xapi/cmi5/activitytype/course"

VIEWED = f"{_TIN}/verb/viewed"
COMPLETED = f"{_ADL}/verbs/completed"
ANSWERED = f"{_ADL}/verbs/answered"
STARTED = "http://activitystrea.ms/schema/1.0/start"
REPLIED = f"{_TIN}/verb/replied"
SCORED = "https://w3id.org/xapi/tla/verbs/scored"
ENROLLED = f"{_EDLM}/verbs/enrolled"

#: Kind of module: path in the LMS, type, words for its name.
_KINDS = (
    ("page", "https://w3id.org/xapi/acrossx/activities/page", "Materi {n}: Dasar {topic}"),
    ("resource", f"{_TIN}/activitytype/resource", "Bahan Tayang {n} {topic}"),
    ("quiz", f"{_ADL}/activities/assessment", "Post-test {n} {topic}"),
    ("assign", f"{_EDLM}/activity-types/assignment", "Rencana Aksi {n}"),
    ("forum", f"{_EDLM}/activity-types/forum", "Forum Diskusi {n}"),
)


@dataclass(frozen=True)
class Sample:
    """A statement, with what a query could find it by."""

    tree: Tree
    agent: Tree
    verb: str
    activity: str
    related: str
    registration: str

    @property
    def json(self) -> bytes:
        """The bytes a Moodle would send."""
        return json.dumps(self.tree, separators=(",", ":")).replace("/", "\\/").encode()


@dataclass
class _Session:
    """A person at work in a course; `left` is how many statements will still come of it."""

    person: int
    course: int
    left: int


def statements(seed: int) -> Iterator[Sample]:
    """Statements without end."""
    draw = random.Random(seed)
    at_work: deque[_Session] = deque()
    clock = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
    registration = ""
    for number in range(1 << 62):
        if number % _BATCH == 0:
            registration = _uuid(draw)
        while len(at_work) < _AT_ONCE:
            at_work.append(
                _Session(draw.randrange(PEOPLE), draw.randrange(COURSES), draw.randrange(60, 180))
            )
        session = at_work[draw.randrange(_AT_ONCE)]
        session.left -= 1
        if session.left == 0:
            at_work.remove(session)
        clock += timedelta(milliseconds=draw.randrange(400, 1600))
        yield _statement(draw, session, registration, clock)


def _uuid(draw: random.Random) -> str:
    text = f"{draw.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def person(number: int) -> Tree:
    """One of the learners, as an account of the LMS."""
    name = f"{_GIVEN[number % 15]} {_FAMILY[number // 15 % 10]}"
    return {"name": name, "account": {"homePage": SITE, "name": str(number + 3)}}


def _activity(path: str, kind: str, name: str, language: str = "id", **more: Any) -> Tree:
    definition = {"type": kind, "name": {language: name}, **more}
    return {"objectType": "Activity", "id": f"{SITE}{path}", "definition": definition}


def _statement(draw: random.Random, session: _Session, registration: str, at: datetime) -> Sample:
    course, topic = session.course, _TOPICS[session.course % len(_TOPICS)]
    n = draw.randrange(MODULES)
    path, kind, words = _KINDS[n % len(_KINDS)]
    module = 6 + course * MODULES + n
    thing = _activity(f"/mod/{path}/view.php?id={module}", kind, words.format(n=n + 1, topic=topic))
    parents = [
        _activity(
            f"/course/section.php?id={course * 4 + n // 5}",
            f"{_TIN}/activitytype/section",
            f"Diklat {topic} – Angkatan {course + 1} Section {n // 5 + 1}",
        ),
        _activity(
            f"/course/view.php?id={course + 2}",
            _COURSE,
            f"Diklat {topic} – Angkatan {course + 1}",
        ),
    ]
    attempt = _activity(
        f"/mod/quiz/attempt.php?attempt={session.person * 7 + n}&cmid={module}",
        f"{_ADL}/activities/attempt",
        f"Post-test {n + 1} {topic} Attempt 1",
        "en",
    )
    event, about, verb, shown = "course_module_viewed", thing, VIEWED, "Viewed"
    result: Tree = {}
    chance = draw.random()
    if chance < 0.10:
        event, about = "course_viewed", parents.pop()
    elif chance < 0.13:
        event, verb, shown, about = "user_enrolment_created", ENROLLED, "Enrolled", parents[1]
        parents = []
    elif chance < 0.38:
        event, verb, shown = "course_module_completion_updated", COMPLETED, "Completed"
        result = {"completion": True}
    elif path == "quiz" and chance < 0.85:
        parents.insert(0, thing)
        if chance < 0.75:
            event, verb, shown = "attempt_submitted\\handler", ANSWERED, "Answered"
            parents.insert(0, attempt)
            about = _activity(
                f"/question/question.php?cmid={module}&id={draw.randrange(10)}",
                f"{_ADL}/activities/cmi.interaction",
                "SP1",
                description={"id": "Batas waktu pelayanan diatur dalam"},
                interactionType="choice",
            )
            result = {"response": "standar-pelayanan", "success": True, "completion": True}
        else:
            event, verb, shown, about = "attempt_started", STARTED, "Started", attempt
    elif path == "forum" and chance < 0.7:
        event, verb, shown = "post_created", REPLIED, "Replied"
        parents.insert(0, thing)
        about = _activity(
            f"/mod/forum/discuss.php?d={module}#p{draw.randrange(1 << 30)}",
            f"{_TIN}/activitytype/forum-reply",
            "Re: Perkenalan",
            description={"id": f"Saya ASN dari unit {draw.randrange(400)}"},
        )
    elif path == "assign" and chance < 0.6:
        event, verb, shown = "submission_graded", SCORED, "Scored"
        raw = draw.randrange(40, 101)
        result = {
            "success": raw > 60,
            "response": "Sudah baik, lengkapi indikator.",
            "score": {"raw": raw, "min": 0, "max": 100, "scaled": 2 * raw / 100 - 1},
        }
    context: Tree = {
        "platform": "Moodle",
        "registration": registration,
        "language": "id",
        "extensions": {
            "http://lrs.learninglocker.net/define/extensions/info": {
                "http://moodle.org": "4.5.6 (Build: 20250811)",
                "https://github.com/xAPI-vle/moodle-logstore_xapi": "5.0.1",
                "event_name": f"\\mod_{path}\\event\\{event}",
                "event_function": f"\\src\\transformer\\events\\mod_{path}\\{event}",
            }
        },
        "contextActivities": {
            **({"parent": parents} if parents else {}),
            "category": [_activity("", f"{_TIN}/activitytype/lms", "LMS Diklat ASN", "en")],
        },
    }
    if verb in (SCORED, ENROLLED):
        context["instructor"] = person(PEOPLE + course)
    learner = person(session.person)
    tree: Tree = {
        "context": context,
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
        "actor": learner,
        "verb": {"id": verb, "display": {"en": shown}},
        "object": about,
    }
    if result:
        tree["result"] = result
    related = (parents or [about])[-1]["id"]
    agent = {"account": learner["account"]}
    return Sample(tree, agent, verb, about["id"], related, registration)


@dataclass
class Arguments:
    """What queries ask for: only what the first statements answer with a full page and more."""

    agents: list[str] = field(default_factory=list)
    agents_with_verb: list[tuple[str, str]] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    activities: list[str] = field(default_factory=list)
    related: list[str] = field(default_factory=list)
    registrations: list[str] = field(default_factory=list)


def arguments(seed: int, among: int, page: int) -> Arguments:
    """Arguments found more than `page` times among the first `among` statements."""
    counts: dict[str, Counter[Any]] = {name: Counter() for name in vars(Arguments())}
    for sample in islice(statements(seed), among):
        agent = json.dumps(sample.agent, separators=(",", ":"))
        counts["agents"][agent] += 1
        counts["agents_with_verb"][agent, sample.verb] += 1
        counts["verbs"][sample.verb] += 1
        counts["activities"][sample.activity] += 1
        counts["related"][sample.related] += 1
        counts["registrations"][sample.registration] += 1
    return Arguments(
        **{
            name: [each for each, number in sorted(counted.items()) if number > page]
            for name, counted in counts.items()
        }
    )
