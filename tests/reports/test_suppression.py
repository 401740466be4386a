"""What is hidden cannot be computed from what is shown."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from lrs.reports import rates, suppression
from lrs.reports.shapes import Curve, Excluded, Figure, Group, Point, Slice
from lrs.reports.suppression import SMALL, small

DAY = date(2026, 3, 2)

#: Units of an agency, three deep; each has people of its own beside those beneath it.
PATHS = ("A", "A / 1", "A / 1 / x", "A / 1 / y", "A / 2", "B", "B / 1", "B / 2", "C")

people = st.tuples(*(st.integers(0, 30) for _ in range(3)))  # applied, unknown, known not to


def beneath(path: str) -> list[str]:
    return [each for each in PATHS if each == path or each.startswith(f"{path} / ")]


def group(key: str | None, told: list[tuple[int, int, int]], depth: int = 0) -> Group:
    k, unknown, rest = (sum(each[i] for each in told) for i in range(3))
    n = k + unknown + rest
    return Group(
        key=key,
        label=key or "",
        depth=depth,
        measures=(rates.bounded("applied", k, unknown, n), rates.count("unknown", unknown, n)),
    )


def figure(own: Mapping[str, tuple[int, int, int]], by: str = "unit") -> Figure:
    return Figure(
        id="M1",
        as_of=DAY,
        slice=Slice(as_of=DAY),
        by=by,
        published=False,
        horizon=90,
        total=group(None, list(own.values())),
        groups=tuple(
            group(path, [own[each] for each in beneath(path)], path.count("/") + 1)
            if by == "unit"
            else group(path, [own[path]])
            for path in own
        ),
        excluded=(Excluded(why="young", count=3), Excluded(why="ended", count=30)),
    )


def solvable(known: list[list[int]], wanted: list[int]) -> bool:
    """Whether a sum of unknowns follows from sums that are known: by elimination."""
    rows = [[Fraction(x) for x in row] for row in known]
    target = [Fraction(x) for x in wanted]
    for column in range(len(target)):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        pivot = [x / pivot[column] for x in pivot]
        rows = [[x - row[column] * y for x, y in zip(row, pivot, strict=True)] for row in rows]
        target = [x - target[column] * y for x, y in zip(target, pivot, strict=True)]
    return not any(target)


@given(st.fixed_dictionaries(dict.fromkeys(PATHS, people)))
def test_no_hidden_unit_follows_from_the_margins(own: dict[str, tuple[int, int, int]]) -> None:
    before = figure(own)
    after = suppression.hide(before)

    def unknowns(path: str | None) -> list[int]:
        inside = PATHS if path is None else beneath(path)
        return [int(each in inside) for each in PATHS]

    shown = [each.key for each in after.groups if not each.hidden]
    known = [unknowns(each) for each in shown]
    if not after.total.hidden:
        known.append(unknowns(None))
    for each, was in zip(after.groups, before.groups, strict=True):
        told = suppression.cells(was, "applied")
        if each.hidden and any(told):
            assert each.measures[0].k is None
            assert not solvable(known, unknowns(each.key))
        if not each.hidden:
            assert not any(map(small, told))


@given(st.fixed_dictionaries(dict.fromkeys(("A", "B", "C", "D"), people)))
def test_what_is_left_of_a_total_is_never_small(own: dict[str, tuple[int, int, int]]) -> None:
    after = suppression.hide(figure(own, by="programme"))
    if after.total.hidden:
        assert all(each.hidden for each in after.groups)
        return
    for i in range(4):
        left = suppression.cells(after.total, "applied")[i] - sum(
            suppression.cells(each, "applied")[i] for each in after.groups if not each.hidden
        )
        assert not 0 < left < SMALL


def test_a_small_unit_takes_the_next_smallest_with_it() -> None:
    own = {"A": (40, 40, 40), "B": (20, 20, 20), "C": (3, 10, 10), "D": (50, 50, 50)}
    after = suppression.hide(figure(own, by="programme"))
    assert [each.key for each in after.groups if each.hidden] == ["B", "C"]
    assert not after.total.hidden


def test_a_small_agency_publishes_nothing() -> None:
    after = suppression.hide(figure({"A": (3, 2, 4)}, by="programme"))
    assert after.total.hidden
    assert after.total.measures[0].low is None


def test_who_was_left_out_is_told_from_ten_on() -> None:
    after = suppression.hide(figure({"A": (40, 40, 40)}, by="programme"))
    assert after.excluded == (Excluded(why="young", count=None), Excluded(why="ended", count=30))


def test_small_details_are_not_told_beside_what_they_add_up_to() -> None:
    told = group(None, [(40, 40, 40)])
    with_tiers = Group(
        key=None,
        label="",
        measures=(*told.measures, rates.bounded("applied_7b", 4, 40, 120)),
    )
    before = figure({"A": (40, 40, 40)}, by="programme")
    after = suppression.hide(
        Figure(
            id="M1",
            as_of=DAY,
            slice=before.slice,
            by=None,
            published=False,
            horizon=90,
            total=with_tiers,
        )
    )
    assert [each.hidden for each in after.total.measures] == [False, True, True]


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), min_size=1, max_size=12))
def test_a_published_curve_tells_of_no_few(steps: list[tuple[int, int]]) -> None:
    points, at_risk = [], sum(a + b for a, b in steps) + 20
    for day, (events, silent) in enumerate(steps, 1):
        if events:
            points.append(Point(day=day, at_risk=at_risk, events=events, value=day / 100))
        at_risk -= events + silent
    told = Curve(name="applied", points=tuple(points))
    shown = suppression.coarse(told)
    if shown is None:
        return
    assert sum(each.events for each in shown.points) == sum(each.events for each in points)
    assert all(each.events >= SMALL and each.at_risk >= SMALL for each in shown.points)
