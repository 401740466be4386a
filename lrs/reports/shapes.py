"""What is asked of a figure, and what it answers: plain, frozen, ready to be shown or sent.

Words are chosen by the door that shows them: `name`, `why`, `notes` and the like are codes, told
in docs/figures.md. A figure is never one number alone: beside `k` and `n` stands what the number
may be (`low` to `high`) and what that range means.
"""

from dataclasses import dataclass
from datetime import date

#: By what a figure may be taken apart.
GROUPINGS = ("programme", "cohort", "unit", "behaviour", "tier", "window", "period")

CENSUS = "census"
SAMPLE = "sample"

BOUNDS = "bounds"
INTERVAL = "interval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Which part is asked about, as it was known at the end of the day `as_of`.

    `programme` and `behaviour` are IRIs, `unit` a path: it and all beneath. `since` and `until`
    pick completions by the day their clock started (reviews by the day the link was proposed, 20 JP
    by the year of `until`). `horizon` is M1's h in days; None: 90, or, where `window` names one of
    a programme, the day it opens. `review_days` is how long a review may take.
    """

    as_of: date
    programme: str | None = None
    cohort: str | None = None
    unit: str | None = None
    behaviour: str | None = None
    tier: str | None = None
    window: str | None = None
    since: date | None = None
    until: date | None = None
    horizon: int | None = None
    review_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number with what is needed to read it.

    `of` is its kind: `share` (0 to 1), `count`, `mean` and `points` (of the scale 0 to 4), `days`,
    `hours`, `kappa`. `k` of `n` are counted; `value` is None where there is only a range, and in a
    mean of nothing. `low` to `high` is a range of the kind `range`: `bounds` that hold whatever
    the unknown are, or a 95 % `interval` of a sample. `basis`: `census` (all were asked; no
    sampling interval) or `sample`. `effect` is the design effect of a clustered sample.
    `hidden`: not shown where it would be published, since too few people are in it.
    """

    name: str
    of: str = "share"
    k: int | None = None
    n: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    range: str = BOUNDS
    basis: str = CENSUS
    effect: float | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A step of a curve: so many days after the clock, `at_risk` were still observed just before;
    `value` is the share by then, between `low` and `high` (None: not known)."""

    day: int
    at_risk: int
    events: int
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Shares that grow with time. `name`: `applied` (Kaplan–Meier), `by_window` (Turnbull),
    `band` (what the silent leave open), `applied_first`, `left` and `promoted` (competing risks).

    `median` is the first day on which the share is a half; None: not reached (*belum tercapai*).
    """

    name: str
    points: tuple[Point, ...]
    median: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What a figure comes to for one programme, unit and so on; `key` None: for all together.

    `key` is an IRI, a path, a name, a tier; empty for those that have none. A cohort's `programme`
    is the IRI of its programme. `depth` counts the parts of a unit's path; a unit holds all
    beneath it. Groups come in the order of their labels, never of their values.
    """

    key: str | None
    label: str
    programme: str | None = None
    measures: tuple[Measure, ...] = ()
    curves: tuple[Curve, ...] = ()
    depth: int = 0
    hidden: bool = False

    def measure(self, name: str) -> Measure:
        """The measure of that name."""
        return next(each for each in self.measures if each.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """How many were left out, and why; `count` None: fewer than are published."""

    why: str
    count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure: `total` for all that was asked about, `groups` where it was taken apart by `by`.

    `ordered`: the groups may be put in the order of their first measure, since no two ranges
    overlap. `published`: small numbers are hidden. `notes` are codes of what to say beside it.
    """

    id: str
    as_of: date
    slice: Slice
    by: str | None
    published: bool
    horizon: int | None
    total: Group
    groups: tuple[Group, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    ordered: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a figure is: `key` and `name` (Indonesian) to show, by what it may be taken apart."""

    id: str
    key: str
    name: str
    by: tuple[str, ...]
