"""What stands of one person is a function of what was said of them, in whatever order it came."""

import uuid
from dataclasses import replace
from datetime import date

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.learning import LearningEvent, PracticeEvent
from lrs.practice import cases, names, records
from lrs.practice.cases import Employment
from lrs.practice.programmes import Behaviour, Cohort, Programme, Rule
from lrs.store.practice import Stored, Values
from lrs.subject import OWN, Programmes, Subject

DAY = 86_400_000_000
SARI = uuid.UUID(int=1, version=4)
BEHAVIOURS = ("https://diklat.example.go.id/p/1", "https://diklat.example.go.id/p/2")
PROGRAMME = Programme(
    iri="https://diklat.example.go.id/p",
    title="Pelayanan Prima",
    courses=frozenset(["https://a.example.go.id/1", "https://b.example.go.id/1"]),
    cohorts=(Cohort(name="I", starts=date(1970, 1, 5), ends=date(1970, 2, 1)),),
    behaviours=tuple(Behaviour(iri=iri, text="Menjawab keluhan warga") for iri in BEHAVIOURS),
    rules=(Rule(name="tiket", behaviours=BEHAVIOURS[:1], verbs=frozenset(["v"])),),
)
COURSES = [*sorted(PROGRAMME.courses), "https://c.example.go.id/1"]


def learned(n: int, kind: str, day: int, course: str, voided: bool) -> Stored:
    event = LearningEvent(kind=kind, actor={}, course=course, at=day * DAY)
    return stored(n, kind, day, voided, "adl", msgspec.json.encode(event), names.course(1, course))


def worked(n: int, day: int, verb: str, behaviour: bool, voided: bool) -> Stored:
    said = BEHAVIOURS[1:] if behaviour else ()
    event = PracticeEvent(kind="worked", actor={}, at=day * DAY, verb=verb, behaviours=said)
    return stored(n, "worked", day, voided, "work", msgspec.json.encode(event))


def handed_in(n: int, day: int, voided: bool) -> Stored:
    record = records.Evidence(
        person=str(SARI),
        of="artefact",
        by=str(SARI),
        role=records.SELF,
        performed_on=date.fromordinal(date(1970, 1, 1).toordinal() + day),
        title="Rekap",
        programme=PROGRAMME.iri,
        behaviours=BEHAVIOURS[:1],
    )
    return stored(n, "evidence", day, voided, OWN, msgspec.json.encode(record))


def stored(
    n: int, kind: str, day: int, voided: bool, by: str, body: bytes, course: bytes = names.ZERO
) -> Stored:
    statement = n.to_bytes(16, "big")
    return Stored(n, 0, statement, SARI.bytes, kind, course, day * DAY, voided, 1, by, body)


DAYS = st.integers(0, 500)
EVENTS = st.lists(
    st.one_of(
        st.builds(
            learned,
            st.integers(1, 10_000),
            st.sampled_from(["completed", "completed", "uncompleted", "enrolled", "progressed"]),
            DAYS,
            st.sampled_from(COURSES),
            st.booleans(),
        ),
        st.builds(
            worked,
            st.integers(1, 10_000),
            DAYS,
            st.sampled_from(["v", "w"]),
            st.booleans(),
            st.booleans(),
        ),
        st.builds(handed_in, st.integers(1, 10_000), DAYS, st.booleans()),
    ),
    unique_by=lambda each: each.position,
    max_size=12,
)


def rows(events: list[Stored]) -> dict[str, set[Values]]:
    posts = [Employment(b"u" * 16, None, 300), Employment(b"w" * 16, 301, 450, "retired")]
    return Subject(1, SARI.bytes, True, events, posts, Programmes(1, [PROGRAMME])).rows()


@settings(max_examples=1000)
@given(EVENTS, st.randoms(use_true_random=False))
def test_a_thousand_shuffles_of_the_arrival_give_the_same(events, random) -> None:  # type: ignore[no-untyped-def]
    """What LMSs and workplaces send may come in any order: their places in the log are dealt out
    anew. What the service itself writes it writes when it happens, and keeps its place."""
    sent = [each for each in events if each.adapter != OWN]
    places = [each.position for each in sent]
    random.shuffle(places)
    arrived = [replace(each, position=place) for each, place in zip(sent, places, strict=True)]
    arrived += [each for each in events if each.adapter == OWN]
    random.shuffle(arrived)
    assert rows(arrived) == rows(events)


@given(EVENTS)
def test_nothing_is_worked_out_for_what_was_not_completed(events: list[Stored]) -> None:
    found = rows([each for each in events if each.kind != "completed"])
    assert not any(found[name] for name in ("cases", "links", "outcomes"))


@given(EVENTS)
def test_every_link_is_of_a_case_that_is_there_and_lies_within_its_life(
    events: list[Stored],
) -> None:
    found = rows(events)
    there = {row[0]: row for row in found["cases"]}
    for link in found["links"]:
        case = there[link[2]]
        assert case[6] == cases.OPEN
        assert case[11] is None or link[8] <= case[11]
