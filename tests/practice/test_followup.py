"""Who is asked, when, and who is left in peace."""

from collections import Counter
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.practice import followup
from lrs.practice.followup import Change, Followed, Invitation, Rules, Staff, plan, visits
from lrs.practice.people import Person, Post, Units
from lrs.practice.programmes import Programme, windows

SITI, BUDI, HEAD, NEW_HEAD = (bytes([n]) * 16 for n in range(1, 5))
CLOCK = 20_000
FULL = Programme(iri="https://diklat.example.go.id/p", title="P", windows=windows("full"))
LEADING = replace(FULL, windows=windows("full", leaders=True))
LIGHT = replace(FULL, depth="light", windows=windows("light"))
RULES = Rules()


def person(*posts: Post) -> Person:
    return Person({"name": "…"}, (), posts)


def under(superior: bytes | None, first: int | None = None, last: int | None = None) -> Post:
    ended = None if last is None else "moved"
    return Post(0, b"u" * 16, "Analis", superior, superior and "confirmed", first, last, ended)


STAFF = Staff({SITI: person(under(HEAD)), BUDI: person(under(HEAD)), HEAD: person(under(None))})


def case(of: bytes = SITI, programme: Programme = FULL, clock: int = CLOCK, n: int = 0) -> Followed:
    return Followed(case=of[:15] + bytes([n]), person=of, programme=programme, clock_day=clock)


def asked(cases: list[Followed], staff: Staff, day: int, **more: object) -> list[tuple[str, str]]:
    made = plan(cases, staff, (), (), {}, day, **more).new  # type: ignore[arg-type]
    return [(each.role, each.window) for each in made if each.state == "due"]


def follow(
    cases: list[Followed], staff: Staff, until: int, rules: Rules = RULES, start: int = CLOCK
) -> list[Invitation]:
    """All that is asked when the plan is made every day, and every letter goes out."""
    there: dict[bytes, Invitation] = {}
    for day in range(start, until):
        known = [each for each in cases if each.clock_day <= day]
        made = plan(known, staff, there.values(), (), {}, day, rules)
        for change in made.changes:
            there[change.id] = replace(there[change.id], state=change.state, why=change.why)
        for each in made.new:
            assert each.id not in there
            sent = "sent" if each.state == "due" else each.state
            there[each.id] = replace(each, state=sent)
    return list(there.values())


def test_learner_and_superior_are_asked_when_the_training_ends() -> None:
    assert asked([case()], STAFF, CLOCK) == [("self", "W0"), ("superior", "W0")]


def test_nothing_is_asked_between_windows_and_of_a_programme_without_follow_up() -> None:
    assert asked([case()], STAFF, CLOCK + 20) == []
    assert asked([case(programme=replace(FULL, depth="none"))], STAFF, CLOCK) == []


def test_a_superior_has_all_staff_on_one_page() -> None:
    made = plan([case(SITI), case(BUDI)], STAFF, (), (), {}, CLOCK).new
    assert len({each.round for each in made if each.role == "superior"}) == 1
    assert len({each.round for each in made if each.role == "self"}) == 2


@given(st.integers(1, 6), st.integers(1, 40), st.randoms())
@settings(max_examples=30, deadline=None)
def test_a_team_shares_its_cases_out_and_who_leaves_it_changes_nothing_for_the_others(
    team: int, cases: int, random: Random
) -> None:
    evaluators = tuple(bytes([100 + n]) * 16 for n in range(team))
    every = [replace(case(n=n, clock=CLOCK - 330), evaluators=evaluators) for n in range(cases)]
    there = plan(every, STAFF, (), (), {}, CLOCK).new
    asked = {each.case: each.rater for each in there if each.role == "evaluator"}
    assert len(asked) == cases
    assert set(asked.values()) <= set(evaluators)
    left = random.choice(evaluators)
    rest = [replace(each, evaluators=tuple(e for e in evaluators if e != left)) for each in every]
    random.shuffle(rest)
    again = plan(rest, STAFF, (), (), {}, CLOCK).new
    now = {each.case: each.rater for each in again if each.role == "evaluator"}
    for which, rater in asked.items():
        assert now[which] == rater if rater != left else now[which] != left


def test_who_was_superior_on_the_day_observed_is_asked() -> None:
    moved = {**STAFF.people, NEW_HEAD: person(under(None))}
    moved[SITI] = person(under(HEAD, None, CLOCK + 95), under(NEW_HEAD, CLOCK + 96))
    made = plan([case()], Staff(moved), (), (), {}, CLOCK + 100).new
    assert [each.rater for each in made if each.role == "superior"] == [HEAD]
    later = plan([case()], Staff(moved), (), (), {}, CLOCK + 180).new
    assert [each.rater for each in later if each.role == "superior"] == [NEW_HEAD]


def test_a_superior_who_retired_is_asked_no_more_and_the_next_one_is() -> None:
    first = plan([case()], STAFF, (), (), {}, CLOCK + 90).new
    gone = dict(STAFF.people) | {NEW_HEAD: person(under(None))}
    gone[HEAD] = person(replace(under(None, None, CLOCK + 94), ended="retired"))
    gone[SITI] = person(under(HEAD, None, CLOCK + 94), under(NEW_HEAD, CLOCK + 95))
    then = plan([case()], Staff(gone), first, (), {}, CLOCK + 100)
    (old,) = [each for each in first if each.role == "superior"]
    assert then.changes == (Change(old.id, "skipped", followup.LEFT),)
    assert [each.rater for each in then.new] == [NEW_HEAD]


def test_nobody_is_asked_about_who_left() -> None:
    left = dict(STAFF.people)
    left[SITI] = person(replace(under(HEAD, None, CLOCK + 50), ended="retired"))
    assert asked([case()], Staff(left), CLOCK + 90) == []
    early = plan([case()], STAFF, (), (), {}, CLOCK + 30).new
    then = plan([case()], Staff(left), early, (), {}, CLOCK + 51)
    assert {(each.state, each.why) for each in then.changes} == {("skipped", followup.ENDED)}


def test_a_post_without_a_superior_is_shown_as_vacant_until_one_is_known() -> None:
    nobody = Staff({SITI: person(under(None))})
    made = plan([case()], nobody, (), (), {}, CLOCK).new
    (vacant,) = [each for each in made if each.role == "superior"]
    assert (vacant.state, vacant.rater) == ("vacant", None)
    then = plan([case()], STAFF, made, (), {}, CLOCK + 1)
    assert then.changes == (Change(vacant.id, "skipped", followup.NOT_SUPERIOR),)
    assert [each.rater for each in then.new] == [HEAD]
    units = Units({b"u" * 16: ("Dinas", {"superior": HEAD.hex()})})
    assert Staff(nobody.people, units).superior(SITI, CLOCK) == HEAD


def test_what_is_answered_is_not_asked() -> None:
    there = {(case().case, "self", SITI, "W0"), (case().case, "superior", None, "W0")}
    assert plan([case()], STAFF, (), there, {}, CLOCK).new == ()
    made = plan([case()], STAFF, (), (), {}, CLOCK).new
    then = plan([case()], STAFF, made, there, {}, CLOCK + 1)
    assert {each.state for each in then.changes} == {"answered"}
    assert then.new == ()


def test_of_the_peers_whom_the_unit_confirmed_three_are_drawn() -> None:
    peers = [bytes([n]) * 16 for n in range(60, 65)]
    made = plan([case()], STAFF, (), (), {case().case: peers}, CLOCK + 90).new
    drawn = [each.rater for each in made if each.role == "peer"]
    assert len(drawn) == 3
    assert set(drawn) < set(peers)
    again = plan([case()], STAFF, (), (), {case().case: peers[::-1]}, CLOCK + 180).new
    assert {each.rater for each in again if each.role == "peer"} == set(drawn)


def test_those_whom_a_leader_leads_are_asked_once_it_is_time() -> None:
    made = plan([case(HEAD, LEADING)], STAFF, (), (), {}, CLOCK + 180).new
    assert {each.rater for each in made if each.role == "subordinate"} == {SITI, BUDI}


def test_lightly_followed_alumni_are_asked_once_and_superiors_by_a_recorded_sample() -> None:
    cases = [case(bytes([n]) * 16, LIGHT) for n in range(100, 200)]
    staff = Staff({each.person: person(under(HEAD)) for each in cases})
    made = follow(cases, staff, CLOCK + 400)
    counted = Counter((each.role, each.state, each.why) for each in made)
    assert counted["self", "sent", ""] == 100
    assert 8 <= counted["superior", "sent", ""] <= 35
    assert sum(n for (role, *_), n in counted.items() if role == "superior") == 100
    assert all(each.sampled for each in made if each.role == "superior")


def test_a_programme_may_choose_how_many_superiors_are_asked_of_the_lightly_followed() -> None:
    for sample, count in ((0.0, 0), (1.0, 40)):
        chosen = replace(LIGHT, sample=sample)
        cases = [case(bytes([n]) * 16, chosen) for n in range(10, 50)]
        staff = Staff({each.person: person(under(HEAD)) for each in cases})
        roles = [role for role, _ in asked(cases, staff, CLOCK + 90)]
        assert (roles.count("self"), roles.count("superior")) == (40, count)


def test_five_windows_of_one_person_are_four_visits_and_the_first_check_is_left_out() -> None:
    made = [each for each in follow([case()], STAFF, CLOCK + 366) if each.role == "superior"]
    assert [each.window for each in made if each.state == "sent"] == ["W0", "W2", "W3", "W4"]
    (left_out,) = [each for each in made if each.state == "skipped"]
    assert (left_out.window, left_out.why) == ("W1", followup.TOO_MANY_VISITS)


def test_a_visit_waits_for_another_that_is_about_to_be_due() -> None:
    cases = [case(SITI), case(BUDI, clock=CLOCK + 20)]
    made = [each for each in follow(cases, STAFF, CLOCK + 240) if each.role == "superior"]
    days = {each.window: set[int]() for each in made}
    for each in made:
        if each.state == "sent":
            days[each.window].add(each.due_day)
    assert days["W2"] == {CLOCK + 110}
    assert days["W3"] == {CLOCK + 200}


DAYS = st.integers(CLOCK, CLOCK + 300)


@st.composite
def agencies(draw: st.DrawFn) -> tuple[list[Followed], Staff]:
    """Staff under two heads, some of whom move, some of whom leave, with cases of their own."""
    people = {HEAD: person(under(None)), NEW_HEAD: person(under(None))}
    cases = []
    for n in range(draw(st.integers(1, 6))):
        one = bytes([50 + n]) * 16
        day = draw(st.none() | DAYS)
        if day is None:
            people[one] = person(under(HEAD))
        elif draw(st.booleans()):
            people[one] = person(under(HEAD, None, day - 1), under(NEW_HEAD, day))
        else:
            people[one] = person(replace(under(HEAD, None, day - 1), ended="retired"))
        programme = draw(st.sampled_from([FULL, LIGHT, LEADING]))
        cases += [case(one, programme, draw(DAYS), k) for k in range(draw(st.integers(1, 2)))]
    return cases, Staff(people)


@settings(max_examples=20)
@given(agencies())
def test_no_superior_gets_more_than_four_visits_in_any_year_and_nobody_is_asked_twice(
    agency: tuple[list[Followed], Staff],
) -> None:
    cases, staff = agency
    made = follow(cases, staff, CLOCK + 670)
    whose = {each.case: each.person for each in cases}
    went_out = [each for each in made if each.state == "sent"]
    for each in went_out:
        assert not staff.gone(whose[each.case], each.due_day)
    for head in (HEAD, NEW_HEAD):
        days = sorted({e.due_day for e in went_out if (e.role, e.rater) == ("superior", head)})
        assert all(last - first >= 365 for first, last in zip(days, days[4:], strict=False))
    asked_once = Counter((each.case, each.role, each.rater, each.window) for each in made)
    assert set(asked_once.values()) <= {1}


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60), st.integers(1, 4)), max_size=12),
    st.sets(st.integers(-365, -1), max_size=4),
)
def test_days_of_visits_keep_the_bound_and_miss_nothing_that_could_be_borne(
    spans: list[tuple[int, int, int]], past: set[int]
) -> None:
    wants = [(opens, opens + length, weight) for opens, length, weight in spans]
    kept = [day for day in sorted(past) if followup._bearable(day, past, 4)]
    chosen = visits(wants, kept, 0)
    every = sorted({*kept, *chosen})
    assert all(last - first >= 365 for first, last in zip(every, every[4:], strict=False))
    for opens, closes, _ in wants:
        if not any(opens <= day <= closes for day in chosen):
            assert not followup._bearable(max(opens, 0), every, 4)


@given(agencies(), st.randoms(use_true_random=False))
def test_a_plan_is_the_same_whatever_the_order_of_what_it_is_made_of(
    agency: tuple[list[Followed], Staff], chance: Random
) -> None:
    cases, staff = agency
    shuffled = chance.sample(cases, len(cases))
    for day in (CLOCK + 100, CLOCK + 200, CLOCK + 350):
        assert plan(cases, staff, (), (), {}, day) == plan(shuffled, staff, (), (), {}, day)
