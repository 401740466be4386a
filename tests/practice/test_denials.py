"""Until when a completion is known not to be applied, of what was said of its behaviours."""

from lrs.practice.outcomes import Said, outcomes


def denial(behaviour: str, day: int) -> Said:
    return Said(behaviour, "superior", day, True, 0, None)


def test_where_any_is_enough_all_must_be_denied_and_the_first_denial_bounds_it() -> None:
    said = [denial("a", 100), denial("b", 190)]
    # Of a nobody said anything after day 100: it may have been applied on day 150.
    assert outcomes(["a", "b"], "any", [], said, [])[None].known_not_day == 100
    assert outcomes(["a", "b"], "any", [], said[:1], [])[None].known_not_day is None


def test_where_all_are_needed_one_denial_is_enough_and_the_last_counts() -> None:
    said = [denial("a", 100), denial("b", 190)]
    assert outcomes(["a", "b"], "all", [], said, [])[None].known_not_day == 190
