"""Programmes, cohorts and staff, as the stream suggests them."""

from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lrs.practice.cases import days
from lrs.practice.inference import GAP, Proposal, Trace, extended, propose
from lrs.practice.programmes import Cohort, Programme

START = days(date(2026, 1, 5))
ONE, TWO, THREE = (f"https://lms.example.org/course/view.php?id={n}" for n in (1, 2, 3))
ELSEWHERE = "https://academy.example.org/courses/service"


def who(n: int) -> bytes:
    return n.to_bytes(16)


def learner(n: int, course: str = ONE, day: int = 10, **more: object) -> Trace:
    """Somebody who enrolled five days before they completed, on a day after the start."""
    told = {"enrolled": START + day - 5, "progressed": START + day - 2, "completed": START + day}
    return Trace(who(n), course, **(told | more))  # type: ignore[arg-type]


def group(course: str, first: int, count: int = 8, day: int = 10, **more: object) -> list[Trace]:
    return [learner(n, course, day + n % 3, **more) for n in range(first, first + count)]


def only(found: list[Proposal]) -> Proposal:
    (one,) = found
    return one


def test_courses_of_one_title_on_two_systems_are_one_programme_with_a_cohort_for_each_run() -> None:
    titles = {
        ONE: "Pelayanan Prima – Angkatan I",
        TWO: "PELAYANAN PRIMA Angkatan 2",
        ELSEWHERE: "Pelayanan Prima Angkatan II",
    }
    traces = group(ONE, 1) + group(TWO, 20, day=100) + group(ELSEWHERE, 40, day=101)
    found = only(propose(traces, titles))
    assert (found.title, found.learners, found.completed) == ("Pelayanan Prima", 24, 24)
    first, second = (run.cohort for run in found.runs)
    assert (first.name, first.courses) == ("Angkatan I", {ONE})
    assert second.courses == {TWO, ELSEWHERE}
    assert first.starts == date(2026, 1, 10)
    assert first.ends == date(2026, 1, 17)


def test_runs_of_one_name_in_two_years_are_two_cohorts() -> None:
    titles = {ONE: "Arsip Angkatan I", TWO: "Arsip Angkatan I"}
    found = only(propose(group(ONE, 1) + group(TWO, 20, day=300), titles))
    assert [run.cohort.name for run in found.runs] == ["Angkatan I", "Angkatan I (2026)"]


def test_groups_of_the_sender_are_cohorts_where_most_learners_have_one() -> None:
    traces = group(ONE, 1, group="Angkatan A") + group(ONE, 20, day=90, group="Angkatan B")
    found = only(propose(traces, {ONE: "Arsip"}))
    assert [(run.cohort.name, run.cohort.groups) for run in found.runs] == [
        ("Angkatan A", {"Angkatan A"}),
        ("Angkatan B", {"Angkatan B"}),
    ]
    assert found.shared == {ONE}


def test_completions_close_together_are_cohorts_of_a_course_that_names_none() -> None:
    straggler = learner(99, day=70)
    traces = [*group(ONE, 1, 12), straggler, *group(ONE, 20, 12, day=150)]
    found = only(propose(traces, {ONE: "Arsip"}))
    assert [run.cohort.name for run in found.runs] == ["Januari 2026", "Juni 2026"]
    assert [run.completed for run in found.runs] == [12, 12]


def test_a_course_that_is_open_all_the_year_has_no_cohorts() -> None:
    traces = [learner(n, day=n * 7) for n in range(1, 50)]
    assert only(propose(traces, {ONE: "Arsip"})).runs == ()


def test_a_late_completion_does_not_move_the_end_of_a_cohort() -> None:
    traces = [*group(ONE, 1), learner(50, day=200)]
    (run,) = only(propose(traces, {ONE: "Arsip Angkatan I"})).runs
    assert run.cohort.ends == date(2026, 1, 17)
    assert run.completed == 9


def test_completions_marked_late_do_not_move_the_end_of_a_cohort_that_was_through_before() -> None:
    late = [
        learner(n, day=40 + n % 9, enrolled=START, active=START + 10 + n % 2) for n in range(1, 13)
    ]
    (named,) = only(propose(late, {ONE: "Arsip Angkatan I"})).runs
    assert named.cohort.ends == date(2026, 1, 16)
    assert named.last == date(2026, 2, 22)
    # One known by its dates alone still takes all who completed.
    (run,) = only(propose(late, {ONE: "Arsip"})).runs
    assert (run.cohort.name, run.cohort.ends) == ("Januari 2026", date(2026, 1, 16))
    assert run.cohort.grace >= (named.last - date(2026, 1, 16)).days
    assert run.completed == 12


def test_a_cohort_whose_learners_are_through_one_by_one_ends_with_the_last() -> None:
    traces = [learner(n, day=n * 4) for n in range(1, 12)]
    (run,) = only(propose(traces, {ONE: "Arsip Angkatan I"})).runs
    assert run.cohort.ends == run.last == date(2026, 2, 18)


def test_a_course_without_a_title_is_proposed_by_its_address() -> None:
    assert only(propose(group(ONE, 1), {ONE: None})).title == ONE


def test_a_course_of_a_programme_is_not_proposed_and_a_further_run_is_proposed_for_it() -> None:
    cohort = Cohort(name="Angkatan I", courses=frozenset([ONE]), ends=date(2026, 1, 16))
    arsip = Programme(iri="https://x/p", title="Manajemen Arsip", cohorts=(cohort,))
    titles = {ONE: "Arsip Angkatan I", TWO: "Arsip Angkatan II", THREE: "Arsip Angkatan I"}
    traces = group(ONE, 1) + group(TWO, 20, day=90) + group(THREE, 40, day=400)
    found = only(propose(traces, titles, [arsip]))
    assert (found.extends, found.courses) == ("https://x/p", (TWO, THREE))
    more = extended(arsip, found)
    assert more.cohorts[0] == cohort, "what stands is left as it is"
    assert [each.name for each in more.cohorts[1:]] == ["Angkatan II", "Angkatan I (2027)"]
    assert extended(more, found) == more, "confirmed twice it is as once"


def test_whatever_senders_call_things_it_can_be_entered() -> None:
    long = "Pelatihan " * 100
    traces = group(ONE, 1, group="Kelompok " * 60) + group(TWO, 20, day=90, group=" ")
    (found,) = propose(traces, {ONE: long + "Angkatan I", TWO: long})
    assert len(found.title) <= 500
    assert all(0 < len(run.cohort.name) <= 200 for run in found.runs)


# Staff ----------------------------------------------------------------------------------------


def idle(n: int, *courses: str) -> list[Trace]:
    return [Trace(who(n), course, enrolled=START, attended=START + 9) for course in courses]


def left_out(traces: list[Trace], titles: dict[str, str | None], *teachers: int) -> set[int]:
    found = propose(traces, titles, teachers={who(n) for n in teachers})
    return {int.from_bytes(each.subject) for one in found for each in one.staff}


RUNS: dict[str, str | None] = {ONE: "Arsip I", TWO: "Arsip II", THREE: "Arsip III"}
FULL = group(ONE, 1) + group(TWO, 20, day=60) + group(THREE, 40, day=120)


def test_who_is_in_every_run_and_never_does_anything_is_staff() -> None:
    assert left_out(FULL + idle(90, ONE, TWO, THREE), RUNS) == {90}
    assert left_out(FULL + idle(90, ONE), RUNS) == set(), "who dropped out once is a learner"
    two = {ONE: RUNS[ONE], TWO: RUNS[TWO]}
    there = [trace for trace in FULL if trace.course != THREE]
    assert left_out(there + idle(90, ONE, TWO), two) == {90}


def test_who_teaches_is_staff_in_what_they_did_not_complete() -> None:
    assert left_out(FULL + idle(90, ONE), RUNS, 90) == {90}
    assert left_out(FULL, RUNS, 1) == set(), "a trainer who completed was a learner there"


def test_who_completes_elsewhere_is_no_staff_for_having_dropped_out() -> None:
    traces = FULL + idle(90, ONE, TWO, THREE) + [learner(90, ELSEWHERE)] + group(ELSEWHERE, 100)
    assert left_out(traces, RUNS | {ELSEWHERE: "Audit"}) == set()


def test_a_course_that_hardly_anybody_completes_makes_nobody_staff() -> None:
    titles = dict.fromkeys((ONE, TWO, THREE), "Arsip") | {ONE: "Arsip I", TWO: "Arsip II"}
    traces = [trace for n in range(1, 9) for trace in idle(n, ONE, TWO, THREE)]
    assert left_out([*traces, learner(50)], titles) == set()


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 900)), min_size=1, max_size=60))
def test_cohorts_known_by_dates_never_claim_one_day_twice(told: list[tuple[int, int]]) -> None:
    traces = {n: learner(n, day=day) for n, day in told}
    found = only(propose(traces.values(), {ONE: "Arsip"}))
    spans = [
        (days(run.cohort.starts), days(run.cohort.ends) + run.cohort.grace)
        for run in found.runs
        if run.cohort.starts and run.cohort.ends
    ]
    assert len(spans) == len(found.runs)
    assert all(first[1] < second[0] for first, second in pairwise(sorted(spans)))
    assert GAP > 8, "there is a week between cohorts"


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.sampled_from([ONE, TWO, THREE]), st.booleans()),
        unique_by=lambda each: each[:2],
        max_size=27,
    ),
    st.sets(st.integers(1, 9)),
)
def test_whoever_completed_a_run_is_a_learner_whatever_the_others_did(
    told: list[tuple[int, str, bool]], teachers: set[int]
) -> None:
    traces = [
        learner(n, course) if done else Trace(who(n), course, enrolled=START)
        for n, course, done in told
    ]
    completed = {n for n, _, done in told if done}
    assert not left_out(traces, RUNS, *teachers) & completed
    (one,) = propose(traces, RUNS, teachers={who(n) for n in teachers})
    assert one.completed == len(completed)
    assert one.learners + len(one.staff) == len({n for n, _, _ in told})


@given(st.permutations(FULL + idle(90, ONE, TWO, THREE)))
def test_the_order_of_records_does_not_show(traces: list[Trace]) -> None:
    assert propose(traces, RUNS) == propose(FULL + idle(90, ONE, TWO, THREE), RUNS)
