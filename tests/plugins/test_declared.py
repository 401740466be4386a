"""Dialects that an admin wrote down: what fits, and what is said of it."""

from typing import Any

import pytest

from lrs import dialects
from lrs.adapters import Adapters
from lrs.learning import LearningEvent, PracticeEvent
from schemas.adapters import load
from tests import make

ADAPTERS = Adapters.installed()
HOME = "https://kampus.example.go.id"
PASSED = f"{HOME}/verbs/lulus"
COURSE = "http://adlnet.gov/expapi/activities/course"
Tree = dict[str, Any]


def declared(*rules: Tree, **more: Any) -> Tree:
    adapters = load({"adapters": [{"name": "kampus", "rules": list(rules)} | more]})
    return {"declared": {"adapters": adapters}}


def graduation(**changes: Any) -> Tree:
    """As a portal that speaks no profile says that somebody finished a class."""
    made = make.statement(
        verb={"id": PASSED},
        object=make.activity(
            id=f"{HOME}/ujian/9",
            definition={"name": {"id": "Ujian akhir"}, "type": f"{HOME}/ujian"},
        ),
        timestamp="2026-03-01T02:00:00.000Z",
        context={
            "registration": "0b4a9f2e-8c51-4c3d-9d3c-6a2f8f0b7c11",
            "platform": "Kampus ASN 2",
            "contextActivities": {
                "grouping": [
                    {"id": f"{HOME}/katalog"},
                    {
                        "id": f"{HOME}/kelas/4",
                        "definition": {"type": COURSE, "name": {"id": "Arsip Dinamis"}},
                    },
                ]
            },
            "extensions": {
                f"{HOME}/xapi/angkatan": " Angkatan III ",
                f"{HOME}/xapi/jp": 24,
                f"{HOME}/xapi/kelas": f"{HOME}/kelas/4",
            },
        },
        result={"completion": True, "score": {"raw": 8, "min": 0, "max": 10}},
    )
    return made | changes


def test_course_cohort_hours_and_enrolment_are_found_where_the_rule_says() -> None:
    rule = {
        "kind": "completed",
        "verbs": [PASSED],
        "course": "grouping",
        "course_types": [COURSE],
        "group": f"{HOME}/xapi/angkatan",
        "registration": True,
        "jp": f"{HOME}/xapi/jp",
    }
    reading = ADAPTERS.read(graduation(), declared(rule))
    assert reading.adapter == "declared"
    [event] = reading.events
    assert isinstance(event, LearningEvent)
    assert (event.kind, event.course, event.title) == (
        "completed",
        f"{HOME}/kelas/4",
        "Arsip Dinamis",
    )
    assert (event.group, event.jp, event.score) == ("Angkatan III", 24.0, 0.8)
    assert event.registration == graduation()["context"]["registration"]
    assert event.part == f"{HOME}/ujian/9"


def test_a_course_may_stand_under_an_extension_and_its_title_elsewhere() -> None:
    rule = {
        "kind": "completed",
        "verbs": [PASSED],
        "course": f"{HOME}/xapi/kelas",
        "title": "object",
        "jp": 12,
    }
    [event] = ADAPTERS.read(graduation(), declared(rule)).events
    assert isinstance(event, LearningEvent)
    assert (event.course, event.title, event.jp) == (f"{HOME}/kelas/4", "Ujian akhir", 12.0)
    assert event.registration is None


@pytest.mark.parametrize(
    ("asks", "fits"),
    [
        ({"verbs": [PASSED, f"{HOME}/verbs/selesai"]}, True),
        ({"verbs": [f"{HOME}/verbs/selesai"]}, False),
        ({"types": [f"{HOME}/ujian"]}, True),
        ({"types": [COURSE]}, False),
        ({"objects": [f"{HOME}/ujian/*"]}, True),
        ({"objects": [f"{HOME}/kuis/*"]}, False),
        ({"within": [f"{HOME}/kelas/*"]}, True),
        ({"within": [f"{HOME}/ruang/*"]}, False),
        ({"categories": ["*"]}, False),
        ({"platforms": ["Kampus*"]}, True),
        ({"platforms": ["Moodle"]}, False),
        ({"extensions": {f"{HOME}/xapi/jp": 24}}, True),
        ({"extensions": {f"{HOME}/xapi/jp": 24.5}}, False),
        ({"extensions": {f"{HOME}/xapi/jp": None}}, True),
        ({"extensions": {f"{HOME}/xapi/nomor": None}}, False),
        ({"verbs": [PASSED], "completion": True}, True),
        ({"verbs": [PASSED], "completion": False}, False),
        ({"verbs": [PASSED], "success": True}, False),
    ],
    ids=str,
)
def test_a_rule_fits_where_all_holds_that_it_asks_for(asks: Tree, fits: bool) -> None:
    reading = ADAPTERS.read(graduation(), declared({"kind": "completed", **asks}))
    assert (reading.adapter == "declared") is fits
    if not fits:
        assert dict(reading.passed)["declared"] == "kampus: no rule fits"


def test_an_adapter_may_be_for_one_platform() -> None:
    rule = {"kind": "completed", "verbs": [PASSED]}
    other = ADAPTERS.read(graduation(), declared(rule, platforms=["Moodle*"]))
    assert dict(other.passed)["declared"] == "kampus: its platform is another"


def test_the_first_rule_that_finds_its_course_speaks() -> None:
    rules = (
        {"kind": "completed", "verbs": [PASSED], "course": f"{HOME}/xapi/nomor"},
        {"kind": "passed", "verbs": [PASSED]},
    )
    adapters = declared(*rules)["declared"]["adapters"]
    said = dialects.speak(adapters, graduation())
    assert isinstance(said, dialects.Spoken)
    assert (said.rule, [each.kind for each in said.events]) == (2, ["passed"])
    why = dialects.speak([{"name": "k", "rules": [rules[0]]}], graduation())
    assert why == f"k: rule 1 fits, but there is no IRI of a course under {HOME}/xapi/nomor"


def test_an_h5p_content_can_be_made_a_course_and_an_adapter_overruled() -> None:
    content = make.activity(
        id="https://belajar.example.go.id/h5p/12",
        definition={
            "name": {"id": "Gratifikasi"},
            "extensions": {"http://h5p.org/x-api/h5p-local-content-id": 12},
        },
    )
    done = make.statement(
        verb=make.verb("completed"), object=content, timestamp="2026-03-01T02:00:00Z"
    )
    assert ADAPTERS.read(done, {}).adapter == "h5p"
    verbs = ["http://adlnet.gov/expapi/verbs/completed"]
    rule = {"kind": "completed", "verbs": verbs, "objects": [content["id"]]}
    [event] = ADAPTERS.read(done, declared(rule)).events
    assert isinstance(event, LearningEvent)
    assert (event.course, event.part) == (content["id"], None)
    silent = ADAPTERS.read(done, declared(rule | {"kind": "nothing"}))
    assert (silent.adapter, silent.events) == ("declared", ())


def test_work_can_be_declared_with_the_behaviour_that_it_shows() -> None:
    rule = {"kind": "rated", "verbs": [PASSED], "behaviours": ["https://diklat.example.go.id/p/1"]}
    [event] = ADAPTERS.read(graduation(), declared(rule)).events
    assert isinstance(event, PracticeEvent)
    assert (event.kind, event.rating) == ("rated", 0.8)
    assert event.behaviours == ("https://diklat.example.go.id/p/1",)


def test_an_extension_with_a_fraction_is_compared_as_the_file_writes_it() -> None:
    from lrs.xapi.statements import parse

    raw = (
        b'{"actor":{"mbox":"mailto:a@example.org"},"verb":{"id":"https://kampus.example.go.id/v"},'
        b'"object":{"id":"https://kampus.example.go.id/o"},"timestamp":"2026-03-01T02:00:00Z",'
        b'"context":{"extensions":{"https://kampus.example.go.id/nilai":0.1}}}'
    )
    rule = {"kind": "attended", "extensions": {f"{HOME}/nilai": 0.1}}
    assert ADAPTERS.read(parse(raw), declared(rule)).adapter == "declared"
