"""What the systems of the workplace say of somebody's work, read for matching."""

from datetime import date
from typing import Any

import msgspec
import pytest

from lrs import learning
from lrs.adapters import Adapters, Reading
from lrs.demo.agency import WORKPLACE, Habits
from lrs.demo.agency import make as make_agency
from lrs.learning import LearningEvent, PracticeEvent
from lrs.projector import Programmes
from tests import make

ADAPTERS = Adapters.installed()
TICKET = "http://activitystrea.ms/schema/1.0/issue"
RESOLVED = "http://activitystrea.ms/schema/1.0/resolve"
PERFORMED = "https://w3id.org/xapi/dod-isd/verbs/performed"
OBSERVED = "https://w3id.org/xapi/dod-isd/verbs/observed"
BEHAVIOUR = "https://diklat.example.go.id/perilaku/prima/1"
TINCAN = "http://id.tincanapi.com/"
CONFIG = {
    "work": {
        "rules": [{"verbs": [RESOLVED], "types": [TICKET]}],
        "iris": frozenset({BEHAVIOUR}),
    }
}
Tree = dict[str, Any]


def read(statement: Tree) -> Reading:
    return ADAPTERS.read({"timestamp": "2026-03-01T20:30:00.000Z"} | statement, CONFIG)


def one(statement: Tree) -> PracticeEvent:
    reading = read(statement)
    assert reading.adapter == "work", reading.passed[-1]
    [event] = reading.events
    assert isinstance(event, PracticeEvent)
    return event


def why_not(statement: Tree) -> str:
    reading = read(statement)
    assert reading.adapter is None
    return dict(reading.passed)["work"]


def ticket(**changes: Any) -> Tree:
    made = make.statement(
        actor=make.agent("budi"),
        verb={"id": RESOLVED},
        object=make.activity(
            "tiket/7",
            definition={
                "type": TICKET,
                "name": {"id": "Antrean loket", "en": "Queue"},
                "description": {"id": "<p>Menata antrean &amp; loket</p>"},
            },
        ),
        context={"platform": "SILATIK", "extensions": {"https://x.example.go.id/prioritas": 1}},
    )
    return made | changes


def test_what_a_rule_names_is_work_with_all_that_matching_asks_for() -> None:
    event = one(ticket(result={"response": "Selesai dalam 2 jam"}))
    assert (event.kind, event.verb, event.type) == (learning.WORKED, RESOLVED, TICKET)
    assert event.actor["mbox"] == "mailto:budi@example.org"
    assert event.by is None
    assert (event.platform, event.activities) == (
        "SILATIK",
        ("https://course.example.org/tiket/7",),
    )
    assert event.extensions == {"https://x.example.go.id/prioritas": 1}
    assert event.text == "Antrean loket Menata antrean &amp; loket Selesai dalam 2 jam"
    # The day is worked out of the moment where the programme is, unless the statement tells it.
    assert event.performed_on is None


def test_noise_of_the_same_systems_costs_no_event() -> None:
    other = ticket(verb={"id": "http://activitystrea.ms/schema/1.0/open"})
    assert "no programme's rule names its verb" in why_not(other)
    untyped = ticket(object=make.activity("tiket/7"))
    assert why_not(untyped) == why_not(other)


def test_the_day_of_the_work_may_be_told_apart_from_the_record() -> None:
    performed_on = "https://w3id.org/xapi/jejak/extensions/performed-on"
    for text, day in (("2026-02-11", date(2026, 2, 11)), ("kemarin", None), (7, None)):
        event = one(ticket(context={"extensions": {performed_on: text}}))
        assert event.performed_on == day


@pytest.mark.parametrize(
    "changes",
    [
        {"context": {"statement": make.reference(make.uuid4())}},
        {"object": make.reference(make.uuid4())},
        {"context": {"contextActivities": {"other": [{"id": BEHAVIOUR}]}}},
        {"object": {"id": BEHAVIOUR}},
    ],
    ids=["context.statement", "StatementRef", "context activity", "object"],
)
def test_what_refers_to_a_record_or_a_behaviour_needs_no_rule(changes: Tree) -> None:
    event = one(make.statement(verb={"id": "https://kantor.example.go.id/mencatat"}) | changes)
    assert event.kind == learning.WORKED
    assert event.refers or BEHAVIOUR in event.activities


@pytest.mark.parametrize(
    ("verb", "kind"),
    [
        ("https://w3id.org/xapi/tla/verbs/planned", learning.PLANNED),
        ("https://w3id.org/xapi/dod-isd/verbs/applied", learning.WORKED),
        (PERFORMED, learning.WORKED),
        ("https://w3id.org/xapi/dod-isd/verbs/demonstrated", learning.WORKED),
        ("http://activitystrea.ms/schema/1.0/submit", learning.HANDED_IN),
        ("http://activitystrea.ms/submit", learning.HANDED_IN),
        ("http://activitystrea.ms/attach", learning.HANDED_IN),
    ],
)
def test_the_published_words_for_work_need_no_rule(verb: str, kind: str) -> None:
    assert one(make.statement(verb={"id": verb})).kind == kind


def test_who_observes_is_not_who_works() -> None:
    """The work is that of the person observed; without a name it is nobody's."""
    boss, staff = make.agent("atasan"), make.agent("staf")
    seen = one(make.statement(actor=boss, verb={"id": OBSERVED}, object=staff))
    assert (seen.actor, seen.by, seen.kind) == (staff, boss, learning.OBSERVED)
    named = make.statement(
        actor=boss,
        verb={"id": OBSERVED},
        context={"contextAgents": [{"objectType": "contextAgent", "agent": staff}]},
    )
    assert (one(named).actor, one(named).by) == (staff, boss)
    observer = {"extensions": {TINCAN + "extension/observer": boss}}
    own = one(make.statement(actor=staff, verb={"id": OBSERVED}, context=observer))
    assert (own.actor, own.by) == (staff, boss)
    nobody = why_not(make.statement(actor=boss, verb={"id": OBSERVED}))
    assert nobody == "it does not say whose work it is"
    alone = why_not(make.statement(actor=staff, verb={"id": OBSERVED}, object=staff))
    assert alone == nobody


def test_one_meeting_serves_everybody_who_was_mentored() -> None:
    team = make.group(make.agent("a"), make.agent("b"))
    reading = read(make.statement(verb={"id": TINCAN + "verb/mentored"}, object=team))
    assert [each.kind for each in reading.events] == [learning.CHECKED_IN] * 2
    assert [each.actor["mbox"][7] for each in reading.events] == ["a", "b"]


def test_work_done_together_is_one_event_a_member() -> None:
    team = make.group(make.agent("a"), make.agent("b"), mbox="mailto:tim@example.org")
    events = read(ticket(actor=team)).events
    assert [each.actor["mbox"] for each in events] == [
        "mailto:a@example.org",
        "mailto:b@example.org",
    ]


@pytest.mark.parametrize(
    ("changes", "rating"),
    [
        ({"result": {"score": {"raw": 3, "min": 0, "max": 4}}}, 0.75),
        ({"result": {"score": {"scaled": 0.5}}}, 0.5),
        ({"result": {"score": {"raw": 3}}}, None),
        (
            {
                "result": {
                    "extensions": {
                        TINCAN + "extension/quality-rating": {"raw": 4, "min": 0, "max": 5}
                    }
                }
            },
            0.8,
        ),
    ],
)
def test_a_rating_is_a_share_of_its_scale(changes: Tree, rating: float | None) -> None:
    assert one(ticket(**changes)).rating == rating


def test_a_superiors_likert_answer_is_a_rating() -> None:
    netc = "https://w3id.org/xapi/netc-performance-assessment/extensions/"
    steps = [{"id": f"skala_{n}", "description": {"id": str(n)}} for n in range(5)]
    answered = make.statement(
        verb=make.verb("responded"),
        object=make.activity(
            "butir/1",
            definition={
                "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
                "interactionType": "likert",
                "scale": steps,
            },
        ),
        result={"response": "skala_3"},
        context={
            "extensions": {
                netc + "performance-assessment-type": "supervisor",
                TINCAN + "extension/observer": make.agent("atasan"),
            }
        },
    )
    event = one(answered)
    assert (event.kind, event.rating) == (learning.RATED, 0.75)
    assert event.by == make.agent("atasan")


def test_a_plan_tells_what_is_planned() -> None:
    planned = make.statement(
        objectType="SubStatement",
        verb={"id": PERFORMED},
        object=make.activity("aksi/1", definition={"name": {"id": "Rancangan aksi perubahan"}}),
    )
    event = one(
        make.statement(verb={"id": "https://w3id.org/xapi/tla/verbs/planned"}, object=planned)
    )
    assert event.activities == ("https://course.example.org/aksi/1",)
    assert event.text == "Rancangan aksi perubahan"


def test_a_decision_about_a_record_is_no_work() -> None:
    for verb in ("https://w3id.org/xapi/tla/verbs/verified", TINCAN + "verb/reviewed"):
        decided = make.statement(verb={"id": verb}, object=make.reference(make.uuid4()))
        assert why_not(decided) == "its verb tells of a record, not of work"


def test_what_an_lms_says_of_a_course_is_never_work() -> None:
    course = make.activity(definition={"type": "http://adlnet.gov/expapi/activities/course"})
    refers = {"statement": make.reference(make.uuid4())}
    done = make.statement(verb=make.verb("completed"), object=course, context=refers)
    assert read(done).adapter == "adl"


def test_every_trace_of_true_work_in_the_demonstration_agency_is_read() -> None:
    """However it can be known, by reference, behaviour, rule or words: whose it is comes along."""
    agency = make_agency(Habits(people=150))
    configs = Programmes(1, agency.programmes).configs()
    read_: dict[str, tuple[Tree, PracticeEvent]] = {}
    work = 0
    for request in agency.requests:
        for statement in request.statements:
            for event in ADAPTERS.read(statement, configs).events:
                if isinstance(event, PracticeEvent):
                    read_[statement["id"]] = statement, event
                    assert request.source == WORKPLACE
                else:
                    assert isinstance(event, LearningEvent)
                    assert request.source != WORKPLACE
            work += request.source == WORKPLACE
    signals = set()
    for link in agency.truth["links"]:
        statement, event = read_[link["evidence"]]
        assert event.actor == statement["actor"]
        context = statement["context"]
        assert event.registration == context.get("registration")
        assert event.refers == tuple(
            each["id"] for each in [context.get("statement")] if each is not None
        )
        if link["signal"] == "behaviour":
            assert link["behaviour"] in event.activities
        if link["signal"] == "words":
            assert len(event.text.split()) >= 4
        signals.add(link["signal"])
        assert msgspec.json.decode(msgspec.json.encode(event), type=PracticeEvent) == event
    assert signals == {"reference", "behaviour", "rule", "words"}
    assert work > 500
