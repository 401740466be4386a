"""What learning management systems say, read: on all that was recorded of a real Moodle."""

import copy
import json
import lzma
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lrs import learning
from lrs.adapters import Adapters, Reading
from tests import make

DATA = Path(__file__).parents[1] / "data" / "moodle"
ADAPTERS = Adapters.installed()
CMI5 = "https://w3id.org/xapi/cmi5/"


def recorded(name: str) -> list[dict[str, Any]]:
    with lzma.open(DATA / f"{name}.jsonl.xz", "rt") as lines:
        return [json.loads(line) for line in lines]


MOODLE = [
    *recorded("statements"),
    *recorded("statements_username"),
    *recorded("statements_other"),
    *(each for line in recorded("plugin_fixtures") for each in line["statements"]),
]
_INFO = "http://lrs.learninglocker.net/define/extensions/info"


def read(statement: dict[str, Any]) -> Reading:
    statement.setdefault("timestamp", "2026-11-08T02:52:53.000Z")
    return ADAPTERS.read(statement, {})


def event_name(statement: dict[str, Any]) -> str:
    told = statement.get("context", {}).get("extensions", {}).get(_INFO, {})
    return str(told.get("event_name", "")).rpartition("\\")[2]


def test_every_course_completion_of_moodle_is_found_and_no_module_taken_for_a_course() -> None:
    found: Counter[tuple[str, str]] = Counter()
    for statement in MOODLE:
        for event in read(statement).events:
            found[event_name(statement), event.kind] += 1
    said = Counter(event_name(statement) for statement in MOODLE)
    assert said["course_completed"] > 30
    assert found["course_completed", learning.COMPLETED] == said["course_completed"]
    assert {name for name, kind in found if kind == learning.COMPLETED} == {"course_completed"}
    assert found["user_enrolment_created", learning.ENROLLED] == said["user_enrolment_created"]


def test_what_is_said_of_modules_is_progress_in_their_course() -> None:
    events = [
        event
        for statement in MOODLE
        if event_name(statement) == "course_module_completion_updated"
        for event in read(statement).events
    ]
    assert {event.kind for event in events} == {learning.PROGRESSED}
    assert all("/course/view.php?id=" in event.course and event.part for event in events)


def test_the_registration_of_a_cron_run_is_nobodys_enrolment() -> None:
    assert {event.registration for each in MOODLE for event in read(each).events} == {None}


def test_every_statement_of_moodle_is_read_by_its_adapter_and_left_as_it_was() -> None:
    for statement in MOODLE:
        before = copy.deepcopy(statement)
        before.setdefault("timestamp", "2026-11-08T02:52:53.000Z")
        if statement["object"].get("objectType", "Activity") == "Activity":
            assert read(statement).adapter == "moodle", statement["object"]
        assert statement == before


def course_completed(**changes: Any) -> dict[str, Any]:
    statement = {
        "actor": make.account("3", "https://lms.example.go.id"),
        "verb": make.verb("completed"),
        "object": {
            "id": "https://lms.example.go.id/course/view.php?id=2",
            "definition": {
                "type": CMI5 + "activitytype/course",
                "name": {"id": "Pelayanan Prima – Angkatan I"},
            },
        },
        "timestamp": "2026-11-13T08:52:58.000Z",
    }
    return statement | changes


def test_a_course_level_undo_is_read_although_the_recording_holds_none() -> None:
    verb = {"id": "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted"}
    [event] = read(course_completed(verb=verb)).events
    assert (event.kind, event.actor["account"]["name"]) == (learning.UNCOMPLETED, "3")


@pytest.mark.parametrize(
    "actor",
    [make.agent("sari"), make.account("198501012010011001"), make.account("3", "https://lms")],
    ids=["mbox", "username", "internal id"],
)
def test_every_actor_form_is_handed_on_as_it_came(actor: dict[str, Any]) -> None:
    [event] = read(course_completed(actor=actor)).events
    assert event.actor == actor


def cmi5(verb: str, target: str, kind: str, *categories: str) -> dict[str, Any]:
    course = {"id": "https://c.example.org/1", "definition": {"type": CMI5 + "activitytype/course"}}
    return make.statement(
        verb={"id": verb},
        object={"id": target, "definition": {"type": CMI5 + f"activitytype/{kind}"}},
        timestamp="2026-11-13T08:52:58.000Z",
        context={
            "registration": make.uuid4(),
            "contextActivities": {
                "category": [{"id": CMI5 + f"context/categories/{each}"} for each in categories],
                "grouping": [course],
            },
        },
    )


def test_only_what_the_lms_says_of_the_course_completes_it_in_cmi5() -> None:
    satisfied = "https://w3id.org/xapi/adl/verbs/satisfied"
    done = read(cmi5(satisfied, "https://c.example.org/1", "course", "cmi5"))
    assert (done.adapter, [each.kind for each in done.events]) == ("cmi5", [learning.COMPLETED])
    assert isinstance(done.events[0], learning.LearningEvent)
    assert done.events[0].registration
    for verb, kind in (
        (satisfied, "block"),
        ("http://adlnet.gov/expapi/verbs/completed", "au"),
        ("http://adlnet.gov/expapi/verbs/passed", "au"),
    ):
        [event] = read(cmi5(verb, "https://c.example.org/au", kind, "cmi5", "moveon")).events
        assert isinstance(event, learning.LearningEvent)
        assert (event.kind, event.course) == (learning.PROGRESSED, "https://c.example.org/1")


def test_a_plain_sender_completes_courses_and_nothing_else() -> None:
    course = make.activity(definition={"type": "http://adlnet.gov/expapi/activities/course"})
    module = make.activity(definition={"type": "http://adlnet.gov/expapi/activities/module"})
    at = "2026-11-13T08:52:58Z"
    done = make.statement(verb=make.verb("completed"), object=course, timestamp=at)
    assert [each.kind for each in read(done).events] == [learning.COMPLETED]
    assert read(done | {"object": module}).events == ()
    assert read(done | {"result": {"completion": False}}).events == ()


def test_who_passed_says_why() -> None:
    reading = read(make.statement(timestamp="2026-11-13T08:52:58Z"))
    assert reading.adapter is None
    assert [name for name, _ in reading.passed] == [each.name for each in ADAPTERS.every]
    assert all(why for _, why in reading.passed)


class Broken:
    name = "broken"
    precedence = 1
    about = "Nobody's."

    def read(self, statement: Any, config: Any) -> Any:
        raise KeyError("mistake")


def test_a_strangers_defect_stops_nobody() -> None:
    adapters = Adapters([Broken(), *ADAPTERS.every])
    reading = adapters.read(course_completed(), {})
    assert reading.adapter == "moodle"
    assert reading.passed[0] == ("broken", "it broke: KeyError")


def test_a_strangers_adapter_is_found_beside_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that somebody installs, as pip leaves it: no line of ours is touched."""
    facts = tmp_path / "campus_jejak-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: campus-jejak\nVersion: 1\n")
    (facts / "entry_points.txt").write_text(
        "[jejak.adapters]\ncampus = campus_jejak:ADAPTER\nmissing = campus_jejak:NOTHING\n"
    )
    (tmp_path / "campus_jejak.py").write_text(
        "class Campus:\n"
        "    name, precedence, about = 'campus', 50, 'The campus portal.'\n"
        "    def read(self, statement, config):\n"
        "        return ()\n"
        "ADAPTER = Campus()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    installed = Adapters.installed()
    assert {each.name for each in installed.every} == {
        "campus",
        *(each.name for each in ADAPTERS.every),
    }
    assert installed.read(course_completed(), {}).adapter == "campus"
