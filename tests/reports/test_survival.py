"""How long until something happens: against worked examples that were published."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.reports import survival
from lrs.reports.survival import Exits, Mass

#: Freireich and others 1963: weeks of remission under 6-MP of 21 children with leukaemia, + where
#: it lasted longer than they were seen.
REMISSION = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"

#: Finkelstein and Wolfe 1985: months to retraction of the breast, 46 women treated by radiation
#: alone: after the first visit named and by the second, + where not by the last.
COSMESIS = """
    45+ 25-37 37+ 6-10 46+ 0-5 0-7 26-40 18+ 46+ 46+ 24+ 46+ 27-34 36+ 7-16 36-44 5-11 17+ 46+
    19-35 7-14 36-48 17-25 37-44 37+ 24+ 0-8 40+ 32+ 4-11 17-25 33+ 15+ 46+ 19-26 11-15 11-18 37+
    22+ 38+ 34+ 46+ 5-12 36+ 46+
"""


def exits(told: str) -> Exits:
    events, censored = Counter[int](), Counter[int]()
    for each in told.split():
        (censored if each.endswith("+") else events)[int(each.rstrip("+"))] += 1
    return Exits(events, censored)


def test_kaplan_meier_as_printed_for_the_remissions() -> None:
    curve = survival.kaplan_meier(exits(REMISSION))
    printed = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {p.day: round(1 - p.value, 3) for p in curve.points} == printed
    assert [p.at_risk for p in curve.points] == [21, 17, 15, 12, 11, 7, 6]
    assert curve.median == 23


def test_turnbull_as_printed_for_the_cosmetic_results() -> None:
    told: Counter[tuple[int, int | None]] = Counter()
    for each in COSMESIS.split():
        left, _, right = each.rstrip("+").partition("-")
        told[int(left), int(right) if right else None] += 1
    assert told.total() == 46
    # Fay and Shaw 2010, Journal of Statistical Software 36(2), and to three digits Klein and
    # Moeschberger, Survival Analysis, example 5.2.
    assert {(m.left, m.right): m.share for m in survival.turnbull(told)} == pytest.approx(
        {
            (4, 5): 0.0463,
            (6, 7): 0.0334,
            (7, 8): 0.0887,
            (11, 12): 0.0708,
            (24, 25): 0.0926,
            (33, 34): 0.0818,
            (38, 40): 0.1209,
            (46, 48): 0.4656,
        },
        abs=1e-4,
    )


days = st.integers(1, 60)


@given(st.lists(days, min_size=1))
def test_where_all_are_seen_to_the_end_the_curve_is_what_was_counted(told: list[int]) -> None:
    curve = survival.kaplan_meier(Exits(Counter(told), {}))
    for point in curve.points:
        assert point.value == pytest.approx(sum(day <= point.day for day in told) / len(told))


@given(st.lists(st.tuples(days, st.booleans())))
def test_the_curve_only_rises_and_stays_a_share(told: list[tuple[int, bool]]) -> None:
    curve = survival.kaplan_meier(
        Exits(
            Counter(day for day, done in told if done),
            Counter(day for day, done in told if not done),
        )
    )
    values = [0.0, *(point.value for point in curve.points)]
    assert values == sorted(values)
    assert values[-1] <= 1
    assert [p.at_risk for p in curve.points] == sorted(
        (p.at_risk for p in curve.points), reverse=True
    )


@given(st.lists(st.tuples(days, st.sampled_from(["applied", "left", "promoted", "stayed"]))))
def test_what_happens_first_is_shared_out_and_comes_to_the_whole(
    told: list[tuple[int, str]],
) -> None:
    """Where the same people are at risk of all: the shares are of one whole, and together what
    Kaplan–Meier says of any of it."""
    causes = {
        cause: Counter(day for day, what in told if what == cause)
        for cause in ("applied", "left", "promoted")
    }
    any_of = causes["applied"] + causes["left"] + causes["promoted"]
    all_of = Exits(any_of, Counter(day for day, what in told if what == "stayed"))
    curves = survival.cumulative_incidence(causes, dict.fromkeys(causes, all_of), "applied")
    last = sum(curve.points[-1].value for curve in curves if curve.points)
    whole = survival.kaplan_meier(all_of).points
    assert last == pytest.approx(whole[-1].value if whole else 0)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=1))
def test_turnbull_gives_all_there_is_and_only_where_it_can_be(told: list[tuple[int, int]]) -> None:
    pairs = Counter((left, left + width) for left, width in told)
    masses = survival.turnbull(pairs)
    assert sum(mass.share for mass in masses) == pytest.approx(1, abs=1e-3)
    for mass in masses:
        assert any(left <= mass.left and (mass.right or 0) <= right for left, right in pairs)


@given(st.lists(days, min_size=1))
def test_days_that_are_known_give_the_same_by_turnbull(told: list[int]) -> None:
    masses = survival.turnbull(Counter((day - 1, day) for day in told))
    counted = Counter(told)
    assert masses == [
        Mass(day - 1, day, pytest.approx(counted[day] / len(told))) for day in sorted(counted)
    ]


def test_nobody_gives_nothing() -> None:
    assert survival.turnbull({}) == []
    assert survival.kaplan_meier(Exits({}, {})).points == ()
