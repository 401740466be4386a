"""How long until something happens, of people who are not all seen to the end.

Kaplan–Meier where days are known, Turnbull where only an interval is, and competing risks where
people leave before it can happen. Our own few lines, since a maintained library brings hundreds
of megabytes into a web process; docs/figures.md tells with what they were compared.

Counts come by day, so that a hundred thousand people cost no more than a hundred.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lrs.reports.shapes import Curve, Point

#: When the shares of Turnbull's estimate count as found, and after how many rounds at the latest.
NEAR = 1e-6
ROUNDS = 2000

#: What a leap leaves of a share at least: nothing comes back from zero.
LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Exits:
    """How many were last seen on each day: with the event, and without (`censored`)."""

    events: Mapping[int, int]
    censored: Mapping[int, int]

    @property
    def days(self) -> list[int]:
        return sorted({*self.events, *self.censored})

    @property
    def people(self) -> int:
        return sum(self.events.values()) + sum(self.censored.values())


def kaplan_meier(exits: Exits, name: str = "applied") -> Curve:
    """F(t) = 1 − Π(1 − dⱼ/nⱼ) over the days on which something happened.

    Who is censored on a day was still at risk on it.
    """
    at_risk, still, points = exits.people, 1.0, []
    for day in exits.days:
        events = exits.events.get(day, 0)
        if events:
            still *= 1 - events / at_risk
            points.append(Point(day=day, at_risk=at_risk, events=events, value=1 - still))
        at_risk -= events + exits.censored.get(day, 0)
    return Curve(name=name, points=tuple(points), median=median(points))


def median(points: Iterable[Point]) -> int | None:
    """The first day on which the share is a half; None: not reached."""
    return next((each.day for each in points if each.value >= 0.5 - 1e-12), None)


def cumulative_incidence(
    causes: Mapping[str, Mapping[int, int]], at_risk: Mapping[str, Exits], first: str
) -> list[Curve]:
    """The share to whom each cause happened first, by day (Aalen–Johansen).

    F_c(t) = Σ S(s−) · d_c(s)/n_c(s), with S(s) = Π (1 − Σ_c d_c/n_c). Each cause has those at risk
    who would have been seen if it had happened to them: that somebody left is known of all, that
    somebody applied only of those who were in contact. Where these are the same people, the shares
    are those of the textbook. `first` is the cause that comes first on a day.
    """
    ordered = sorted(causes, key=lambda each: (each != first, each))
    days = sorted({day for told in causes.values() for day, count in told.items() if count})
    left = {cause: _at_risk(at_risk[cause], days) for cause in ordered}
    still, shares = 1.0, dict.fromkeys(ordered, 0.0)
    points: dict[str, list[Point]] = {cause: [] for cause in ordered}
    for day in days:
        rates = {
            cause: min(1.0, causes[cause].get(day, 0) / left[cause][day])
            for cause in ordered
            if left[cause][day] and causes[cause].get(day, 0)
        }
        together = sum(rates.values())
        scale = 1 / together if together > 1 else 1.0
        for cause, rate in rates.items():
            shares[cause] += still * rate * scale
            points[cause].append(
                Point(
                    day=day,
                    at_risk=left[cause][day],
                    events=causes[cause][day],
                    value=min(1.0, shares[cause]),
                )
            )
        still *= max(0.0, 1 - together)
    return [
        Curve(name=cause, points=tuple(points[cause]), median=median(points[cause]))
        for cause in ordered
    ]


def _at_risk(exits: Exits, days: Sequence[int]) -> dict[int, int]:
    """How many were still there just before each of these days."""
    leaving = iter(exits.days)
    there, found = exits.people, {}
    next_day = next(leaving, None)
    for day in days:
        while next_day is not None and next_day < day:
            there -= exits.events.get(next_day, 0) + exits.censored.get(next_day, 0)
            next_day = next(leaving, None)
        found[day] = there
    return found


@dataclass(frozen=True, slots=True)
class Mass:
    """That a share of all had the event after day `left` and by day `right` (None: later than
    anybody was seen)."""

    left: int
    right: int | None
    share: float


def turnbull(intervals: Mapping[tuple[int, int | None], int]) -> list[Mass]:
    """The likeliest shares, of events each known to lie after one day and by another (None: not
    yet). Turnbull's self-consistency, from equal shares on.

    Where in an interval its share lies nobody can say.
    """
    told = {pair: count for pair, count in intervals.items() if count}
    cells = _innermost(told)
    if not cells:
        return []
    covers = [
        (
            [n for n, cell in enumerate(cells) if _within(cell, pair)],
            count,
        )
        for pair, count in told.items()
    ]
    total = sum(count for _, count in covers)

    def again(shares: list[float]) -> tuple[list[float], float]:
        """One round of self-consistency, and how likely what it began with is."""
        found, likely = [0.0] * len(shares), 0.0
        for within, count in covers:
            all_of = sum(shares[n] for n in within)
            likely += count * math.log(all_of)
            for n in within:
                found[n] += shares[n] * count / (all_of * total)
        return found, likely

    shares = [1 / len(cells)] * len(cells)
    for _ in range(ROUNDS):
        one, before = again(shares)
        two, _ = again(one)
        if max(abs(a - b) for a, b in zip(two, one, strict=True)) < NEAR:
            shares = two
            break
        # A leap the way the two rounds went, unless that is less likely than where one began.
        leap = _leap(shares, one, two)
        shares = two if leap is None or again(leap)[1] < before else leap
    return [
        Mass(cell[0], cell[1], share)
        for cell, share in zip(cells, shares, strict=True)
        if share > 100 * NEAR  # what is so small is on its way to nothing
    ]


def _leap(start: Sequence[float], one: Sequence[float], two: Sequence[float]) -> list[float] | None:
    """Where two rounds lead to (Varadhan and Roland's SQUAREM); None: no further than they are."""
    step = [b - a for a, b in zip(start, one, strict=True)]
    bend = [c - b - d for b, c, d in zip(one, two, step, strict=True)]
    squares = sum(each * each for each in bend)
    if not squares:
        return None
    far = math.sqrt(sum(each * each for each in step) / squares)
    if far <= 1:
        return None
    landed = [
        max(a + 2 * far * d + far * far * e, LEAST)
        for a, d, e in zip(start, step, bend, strict=True)
    ]
    whole = sum(landed)
    return [each / whole for each in landed]


def by_window(masses: Sequence[Mass], people: int, name: str = "by_window") -> Curve:
    """Turnbull's shares as a curve: each step at the end of its interval, the earliest day on which
    the whole share is sure to be there."""
    points, share = [], 0.0
    for each in masses:
        share = min(1.0, share + each.share)
        if each.right is not None:
            events = round(each.share * people)
            points.append(Point(day=each.right, at_risk=people, events=events, value=share))
    return Curve(name=name, points=tuple(points), median=median(points))


def _innermost(told: Iterable[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    """The intervals that can hold a share: a left end followed at once by a right end.

    Intervals lack their left end and hold their right: a right end comes before an equal left one.
    """
    ends = sorted(
        {(left, 1) for left, _ in told}
        | {(float("inf") if right is None else right, 0) for _, right in told}
    )
    return [
        (int(left), None if right == float("inf") else int(right))
        for (left, is_left), (right, next_is_left) in pairwise(ends)
        if is_left and not next_is_left
    ]


def _within(cell: tuple[int, int | None], pair: tuple[int, int | None]) -> bool:
    return cell[0] >= pair[0] and (pair[1] is None or (cell[1] is not None and cell[1] <= pair[1]))
