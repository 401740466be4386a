"""How far two reviewers agree beyond chance, and means of what raters said."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lrs.reports.rates import Z
from lrs.reports.shapes import BOUNDS, CENSUS, INTERVAL, SAMPLE, Measure

#: A mean of fewer pairs is not printed.
PAIRS = 5

#: A mean of fewer peers would tell who said what.
PEERS = 3


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's κ of `n` double reviews of which `agree` agree. `value` None: not defined, since all
    said the same, or nothing was reviewed twice."""

    n: int
    agree: int
    value: float | None
    low: float | None
    high: float | None


def cohen(pairs: Mapping[tuple[str, str], int]) -> Kappa:
    """κ = (pₒ − pₑ)/(1 − pₑ), with the 95 % interval by its large-sample error."""
    n = sum(pairs.values())
    agree = sum(count for (first, second), count in pairs.items() if first == second)
    words = {word for pair in pairs for word in pair}
    expected = 0.0
    for word in words:
        first = sum(count for pair, count in pairs.items() if pair[0] == word)
        second = sum(count for pair, count in pairs.items() if pair[1] == word)
        expected += first * second / (n * n) if n else 0.0
    if not n or expected > 1 - 1e-12:
        return Kappa(n, agree, None, None, None)
    observed = agree / n
    value = (observed - expected) / (1 - expected)
    error = Z * math.sqrt(observed * (1 - observed) / n) / (1 - expected)
    return Kappa(n, agree, value, max(-1.0, value - error), min(1.0, value + error))


def kappa(pairs: Mapping[tuple[str, str], int]) -> Measure:
    """κ as a measure: double reviews are drawn, so it is of a sample."""
    found = cohen(pairs)
    return Measure(
        name="kappa",
        of="kappa",
        k=found.agree,
        n=found.n,
        value=found.value,
        low=found.low,
        high=found.high,
        range=INTERVAL,
        basis=SAMPLE,
    )


def mean(
    name: str,
    n: int,
    total: int,
    *,
    missing: int = 0,
    least: int = 0,
    most: int = 0,
    enough: bool = True,
) -> Measure:
    """A mean of `n` pairs of a census that sum to `total`, with what `missing` ones leave open:
    together from `least` to `most`. Not printed of fewer than `PAIRS`, nor unless `enough`."""
    shown = n >= PAIRS and enough
    everyone = n + missing
    return Measure(
        name=name,
        of="points",
        k=n,
        n=everyone,
        value=total / n if shown else None,
        low=(total + least) / everyone if shown else None,
        high=(total + most) / everyone if shown else None,
        range=BOUNDS,
        basis=CENSUS,
        hidden=not enough,
    )
