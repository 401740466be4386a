"""Shares, their bounds and intervals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.reports import rates
from lrs.reports.rates import Clusters
from lrs.reports.shapes import Measure


def test_wilson_gives_the_intervals_that_are_printed_for_it() -> None:
    # Newcombe 1998, the table of worked examples: 81/263, 15/148, 0/20, 1/29.
    for k, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert rates.wilson(k, n) == pytest.approx((low, high), abs=5e-5)


@given(n=st.integers(1, 10_000), data=st.data())
def test_wilson_stays_a_share_and_holds_the_share_it_is_of(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    low, high = rates.wilson(k, n)
    assert 0 <= low <= k / n + 1e-12
    assert k / n - 1e-12 <= high <= 1


@given(people=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_the_bounds_hold_the_truth_whatever_the_silent_did(
    people: list[tuple[bool, bool]],
) -> None:
    """Each person applied or not, and spoke or was silent."""
    k = sum(applied and spoke for applied, spoke in people)
    silent = sum(not spoke for _, spoke in people)
    low, high = rates.bounds(k, silent, len(people))
    assert low - 1e-12 <= sum(applied for applied, _ in people) / len(people) <= high + 1e-12


def test_alumni_who_share_a_superior_count_as_fewer() -> None:
    alike = Clusters.of([(4, 4), (0, 4)] * 10)
    strangers = Clusters.of([(1, 1), (0, 1)] * 40)
    assert rates.design_effect(alike) == pytest.approx(4 * 20 / 19)
    assert rates.design_effect(strangers) == pytest.approx(80 / 79)
    wide, narrow = rates.clustered(alike), rates.clustered(strangers)
    assert wide[1] - wide[0] > narrow[1] - narrow[0]


def test_where_all_say_the_same_each_superior_is_one_voice() -> None:
    assert rates.design_effect(Clusters.of([(5, 5)] * 4)) == 5
    assert rates.design_effect(Clusters.of([(2, 5)])) == 5


@given(
    pairs=st.lists(
        st.integers(1, 12).flatmap(lambda m: st.tuples(st.integers(0, m), st.just(m))), min_size=1
    )
)
def test_a_clustered_interval_is_never_narrower_than_one_of_strangers(
    pairs: list[tuple[int, int]],
) -> None:
    clusters = Clusters.of(pairs)
    low, high, effect = rates.clustered(clusters)
    assert effect >= 1
    assert 0 <= low <= high <= 1
    alone = rates.wilson(clusters.y, clusters.m)
    assert high - low >= alone[1] - alone[0] - 1e-9


def test_units_are_put_in_order_only_where_their_ranges_are_apart() -> None:
    def of(low: float, high: float) -> Measure:
        return Measure(name="applied", k=1, n=10, low=low, high=high)

    assert rates.may_order([of(0.1, 0.2), of(0.5, 0.6), of(0.3, 0.4)])
    assert not rates.may_order([of(0.1, 0.35), of(0.3, 0.4)])
    assert not rates.may_order([of(0.1, 0.2)])


def test_nothing_known_of_nobody_is_anything() -> None:
    assert rates.wilson(0, 0) == (0.0, 1.0)
    told = rates.bounded("applied", 0, 0, 0)
    assert (told.value, told.low, told.high) == (None, 0.0, 1.0)
    assert not math.isnan(told.low or 0)
