"""Shares: bounds that hold whatever the silent did, and intervals for what was sampled."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lrs.reports.shapes import BOUNDS, CENSUS, INTERVAL, SAMPLE, Measure

#: Of the normal distribution, for 95 %.
Z = 1.959964


def wilson(k: float, n: float, z: float = Z) -> tuple[float, float]:
    """Wilson's interval of a share. `n` may be an effective number, so that it need not be whole.

    (p + z²/2n ± z√(p(1−p)/n + z²/4n²)) / (1 + z²/n)
    """
    if n <= 0:
        return 0.0, 1.0
    p = min(max(k / n, 0.0), 1.0)
    middle = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def bounds(k: int, unknown: int, n: int) -> tuple[float, float]:
    """From none of the unknown to all of them: k/n … (k + unknown)/n."""
    return (k / n, min(1.0, (k + unknown) / n)) if n else (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Clusters:
    """Answers by cluster (alumni who share a superior), as sums: `m` answers and `y` of them that
    say yes in `count` clusters."""

    count: int = 0
    y: int = 0
    m: int = 0
    yy: int = 0
    ym: int = 0
    mm: int = 0

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> "Clusters":
        """From (yes, answers) of each cluster."""
        told = list(pairs)
        return cls(
            len(told),
            sum(y for y, _ in told),
            sum(m for _, m in told),
            sum(y * y for y, _ in told),
            sum(y * m for y, m in told),
            sum(m * m for _, m in told),
        )


def design_effect(clusters: Clusters) -> float:
    """How much wider the share of a clustered sample is than that of as many strangers.

    Linearised variance of the ratio Σy/Σm, over p(1−p)/Σm; at least 1. Where there is nothing to
    tell it by (one superior, or all say the same), each superior counts as one voice: Σm²/Σm.
    """
    c, m = clusters.count, clusters.m
    if m == 0:
        return 1.0
    p = clusters.y / m
    alone = p * (1 - p) / m
    if c < 2 or alone == 0:
        return clusters.mm / m
    residual = clusters.yy - 2 * p * clusters.ym + p * p * clusters.mm
    return max(1.0, c / (c - 1) * residual / (m * m) / alone)


def clustered(clusters: Clusters) -> tuple[float, float, float]:
    """Wilson's interval of a clustered share, with as many strangers as it is worth, and the
    design effect."""
    effect = design_effect(clusters)
    low, high = wilson(clusters.y / effect, clusters.m / effect)
    return low, high, effect


def bounded(name: str, k: int, unknown: int, n: int) -> Measure:
    """A share of a census, with what the unknown leave open; exact where nothing is unknown."""
    low, high = bounds(k, unknown, n)
    exact = k / n if n and not unknown else None
    return Measure(name=name, k=k, n=n, value=exact, low=low, high=high, range=BOUNDS, basis=CENSUS)


def sampled(name: str, clusters: Clusters) -> Measure:
    """A share of a sample, clustered."""
    low, high, effect = clustered(clusters)
    return Measure(
        name=name,
        k=clusters.y,
        n=clusters.m,
        value=clusters.y / clusters.m if clusters.m else None,
        low=low,
        high=high,
        range=INTERVAL,
        basis=SAMPLE,
        effect=effect,
    )


def count(name: str, k: int, n: int | None = None) -> Measure:
    """A plain number of a census."""
    return Measure(name=name, of="count", k=k, n=n, value=float(k), low=float(k), high=float(k))


def may_order(measures: Sequence[Measure]) -> bool:
    """Whether groups may be printed in the order of this measure: only where no two of their
    ranges overlap, or the order would tell of chance and silence."""
    ranges = []
    for each in measures:
        if each.hidden or each.low is None or each.high is None or not each.n:
            return False
        ranges.append((each.low, each.high))
    ranges.sort()
    return len(ranges) > 1 and all(
        above[0] > below[1] for below, above in itertools.pairwise(ranges)
    )
