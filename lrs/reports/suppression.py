"""Hide small numbers in what is published, so that none can be computed from what is shown.

Non-zero counts under `SMALL` are hidden, and as many more as it takes: what is hidden together,
which anybody can take from a total and the rest, is never small itself. A unit's small parts are
hidden and the unit shown, before the unit is. This binds what is published and what heads of an
agency see, not the agency's own working lists.

Not looked at is what several tables tell together (the same figure before and after one person
came in): publish one cut of a figure, once for each report.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from lrs.reports.shapes import BOUNDS, Curve, Excluded, Figure, Group, Measure, Point

#: A count of so many people is shown, one of fewer is not (but none is).
SMALL = 10

Cells = tuple[int, ...]

#: Figures whose measures are parts of one whole: what the first hides, all hide.
LINKED = ("M1", "M2", "M4", "M5", "M12")

#: Figures that count the same people anew for each behaviour, window and tier.
OVERLAPPING = ("M1", "M12")


def hide(figure: Figure) -> Figure:
    """The figure as it may be published."""
    names = [each.name for each in figure.total.measures]
    sets = [names] if figure.id in LINKED else [[name] for name in names]
    total, groups = figure.total, figure.groups
    for some in sets:
        total, groups = _hide(figure, total, groups, some)
    shown = tuple(_emptied(each) for each in groups)
    return replace(
        figure,
        published=True,
        total=_emptied(total),
        groups=shown,
        excluded=tuple(
            Excluded(why=each.why, count=None if small(each.count) else each.count)
            for each in figure.excluded
        ),
        ordered=figure.ordered and not any(each.hidden for each in shown),
    )


def small(count: int | None) -> bool:
    """Whether a count is too small to be shown."""
    return count is not None and 0 < count < SMALL


def _hide(
    figure: Figure, total: Group, groups: tuple[Group, ...], names: Sequence[str]
) -> tuple[Group, tuple[Group, ...]]:
    """Hide a set of measures wherever the first of them has to be."""
    first, *details = names
    of_total = cells(total, first)
    if any(map(small, of_total)):
        return _without(total, names), tuple(_without(each, names) for each in groups)
    of = {n: cells(each, first) for n, each in enumerate(groups)}
    overlap = figure.id in OVERLAPPING and figure.by in ("behaviour", "window", "tier")
    gone = hidden_of(of_total, of, parents(groups), parts=not overlap)
    if gone and figure.by == "tier":  # the tiers add up to what the total tells
        gone = set(of)
    shown = [total, *(each for n, each in enumerate(groups) if n not in gone)]
    # What is told beside it adds up with it, so all of it is shown or none.
    told = not any(small(cell) for each in shown for name in details for cell in cells(each, name))
    return (
        total if told else _without(total, details),
        tuple(
            _without(each, names) if n in gone else each if told else _without(each, details)
            for n, each in enumerate(groups)
        ),
    )


def cells(group: Group, name: str) -> Cells:
    """The counts that can be read out of a measure: k, n, what is unknown, and what is neither."""
    measure = next((each for each in group.measures if each.name == name), None)
    if measure is None or measure.k is None:
        return (0,)
    if measure.n is None:
        return (measure.k,)
    k, n = measure.k, measure.n
    if measure.of != "share":
        return (k, n - k, n)
    unknown = 0
    if measure.range == BOUNDS and measure.low is not None and measure.high is not None and n:
        unknown = round((measure.high - measure.low) * n)
    return (k, unknown, n - k - unknown, n)


def parents(groups: Sequence[Group]) -> dict[int, int | None]:
    """Which group each is a part of; None: of the total alone. Only units have parts."""
    by_path = {each.key: n for n, each in enumerate(groups) if each.depth}
    found: dict[int, int | None] = {}
    for n, each in enumerate(groups):
        above = (each.key or "").rpartition(" / ")[0] if each.depth else ""
        found[n] = by_path.get(above) if above else None
    return found


def hidden_of(
    total: Cells,
    groups: Mapping[int, Cells],
    parents: Mapping[int, int | None],
    *,
    parts: bool = True,
) -> set[int]:
    """Which groups to hide. Where they are `parts` of a whole that is shown, so many that what is
    hidden together is not small; else the small ones alone."""
    if not parts:
        return {n for n, told in groups.items() if any(map(small, told))}
    children: dict[int | None, list[int]] = {}
    for n, above in parents.items():
        children.setdefault(above, []).append(n)
    gone: set[int] = set()

    def look(whole: Cells, above: int | None) -> None:
        its = children.get(above, [])
        if not its:
            return
        # Who belongs to the whole and to none of its parts is never shown: one part more.
        rest = tuple(all_of - sum(groups[n][i] for n in its) for i, all_of in enumerate(whole))
        out = {n for n in its if any(map(small, groups[n]))}
        order = sorted((n for n in its if n not in out), key=lambda n: (groups[n][-1], n))
        while _gives_away(rest, [groups[n] for n in out]):
            if not order:
                out = set(its)
                break
            out.add(order.pop(0))
        for n in its:
            if n in out:
                gone.update(_beneath(n, children))
            else:
                look(groups[n], n)

    look(total, None)
    return gone


def _gives_away(rest: Cells, hidden: Sequence[Cells]) -> bool:
    """Whether what is left of a whole, once its shown parts are taken away, tells too much."""
    if not hidden:
        return any(map(small, rest))
    # One alone is all that is left; of two, one of which is empty, likewise.
    if sum(any(told) for told in hidden) + any(rest) < 2:
        return True
    return any(small(rest[i] + sum(told[i] for told in hidden)) for i in range(len(rest)))


def _beneath(n: int, children: Mapping[int | None, Sequence[int]]) -> Iterable[int]:
    yield n
    for each in children.get(n, ()):
        yield from _beneath(each, children)


def _without(group: Group, names: Iterable[str]) -> Group:
    """The group with these measures hidden, and with its curves if the first of all is."""
    gone = set(names)
    return replace(
        group,
        measures=tuple(_blank(each) if each.name in gone else each for each in group.measures),
    )


def _blank(measure: Measure) -> Measure:
    return replace(
        measure, k=None, n=None, value=None, low=None, high=None, effect=None, hidden=True
    )


def _emptied(group: Group) -> Group:
    """The group marked as hidden where its first measure is, with curves that tell of no few."""
    hidden = bool(group.measures) and group.measures[0].hidden
    curves = () if hidden else tuple(filter(None, map(coarse, group.curves)))
    return replace(group, hidden=hidden, curves=curves)


def coarse(curve: Curve) -> Curve | None:
    """The curve in steps of `SMALL` events or more, between which no few fell silent; None where
    nothing is left of it."""
    if not curve.points:
        return None
    if curve.name == "band":
        return None if any(map(_few, curve.points)) else curve
    points: list[Point] = []
    begun: Point | None = None
    events = 0
    for each, after in zip(curve.points, (*curve.points[1:], None), strict=True):
        begun = begun or each
        events += each.events
        silent = 0 if after is None else begun.at_risk - events - after.at_risk
        if events >= SMALL and begun.at_risk >= SMALL and not small(silent):
            points.append(replace(each, at_risk=begun.at_risk, events=events))
            begun, events = None, 0
    if not points:
        return None
    if events:  # what is left is told with the step before it
        last, end = points.pop(), curve.points[-1]
        points.append(replace(last, day=end.day, value=end.value, events=last.events + events))
    median = curve.median if curve.median in {each.day for each in points} else None
    return replace(curve, points=tuple(points), median=median)


def _few(point: Point) -> bool:
    unknown = 0 if point.high is None else round((point.high - (point.low or 0)) * point.at_risk)
    rest = point.at_risk - point.events - unknown
    return any(map(small, (point.at_risk, point.events, unknown, rest)))
