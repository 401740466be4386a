"""κ, and means that are printed or not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.reports import agreement


def test_kappa_as_in_the_textbook() -> None:
    # Two readers of fifty proposals: 20 times both yes, 15 both no, 5 and 10 apart.
    told = agreement.cohen({("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15})
    assert (told.value, told.agree, told.n) == (pytest.approx(0.4), 35, 50)
    assert (told.low, told.high) == pytest.approx((0.146, 0.654), abs=1e-3)


def test_where_all_say_the_same_there_is_no_kappa() -> None:
    assert agreement.cohen({("accept", "accept"): 9}).value is None
    assert agreement.cohen({}).value is None


moves = st.sampled_from(["accept", "return", "reject"])


@given(st.dictionaries(st.tuples(moves, moves), st.integers(1, 40)))
def test_kappa_stays_between_minus_one_and_one(pairs: dict[tuple[str, str], int]) -> None:
    told = agreement.cohen(pairs)
    if told.value is not None:
        assert -1 - 1e-9 <= told.value <= 1 + 1e-9
        assert told.low is not None
        assert told.high is not None
        assert -1 <= told.low <= told.high <= 1


@given(st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=1))
def test_the_mean_of_all_lies_within_what_the_missing_leave_open(
    told: list[tuple[int, bool]],
) -> None:
    heard = [value for value, spoke in told if spoke]
    missing = len(told) - len(heard)
    mean = agreement.mean(
        "x", len(heard), sum(heard), missing=missing, least=-4 * missing, most=4 * missing
    )
    if len(heard) >= agreement.PAIRS:
        assert mean.low is not None
        assert mean.high is not None
        truth = sum(value for value, _ in told) / len(told)
        assert mean.low - 1e-9 <= truth <= mean.high + 1e-9
    else:
        assert mean.value is None
