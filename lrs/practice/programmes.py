"""A programme: what its graduates are expected to do at work, and how that is followed up.

Shapes only; `schemas/programmes.py` makes them from what an admin wrote, `lrs/programmes.py`
keeps their versions in the register. All frozen, so that a version is what it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from lrs.learning import PracticeEvent

#: How far a programme is followed up (domain: *tanpa*, *ringan*, *penuh*).
DEPTHS = ("none", "light", "full")

#: Which of a completion's behaviours must be applied for the completion to count as applied.
COUNTS = ("any", "all", "most")

#: Who may be asked in a window.
RATERS = ("self", "superior", "peer", "subordinate", "evaluator")

#: Kinds of which every programme is long enough to be followed up in full.
_LONG = ("latsar", "pka", "pkp", "pkn")

#: Hours (JP): a webinar of no more is not followed up, another course of no less is in full.
SHORT_JP, FULL_JP = 4, 20


def default_depth(jp: float | None, kind: str | None) -> str:
    """How far a programme is followed up where nobody says: by its kind and its hours.

    Webinars must not flood anyone (domain §4): one that is short, or of unknown hours, is not
    followed up, a long one lightly. Another course of unknown hours is followed up lightly.
    """
    if kind in _LONG:
        return "full"
    if kind == "webinar":
        return "light" if jp is not None and jp > SHORT_JP else "none"
    return "full" if jp is not None and jp >= FULL_JP else "light"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One thing that graduates are expected to do. `anchors` are five, for the scale's 0 to 4.

    `scale` is `autonomy` (domain §5, scale S) or `consistency` (for an attitude). `value` is a
    BerAKHLAK tag; `indicator` ties it to a performance indicator.
    """

    iri: str
    text: str
    anchors: tuple[str, ...] = ()
    scale: str = "autonomy"
    value: str | None = None
    indicator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When whom is asked, with which forms (letters A to J): days counted from the clock."""

    name: str
    opens: int
    closes: int
    raters: tuple[str, ...]
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """What in the workplace keeps the behaviours alive, in sentences (required drivers): what
    monitors, reinforces, encourages and rewards them."""

    monitors: tuple[str, ...] = ()
    reinforces: tuple[str, ...] = ()
    encourages: tuple[str, ...] = ()
    rewards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """One run of a programme (*angkatan*). `ends` is the official end, from which windows count.

    `courses` are the course IRIs of just this run, `groups` what the sender calls it; a graduate
    of a course of the programme also belongs to it by completing between `starts` and `ends`
    plus `grace` days, where only one cohort claims that day.
    """

    name: str
    starts: date | None = None
    ends: date | None = None
    courses: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    grace: int = 45


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which statements of workplace systems count as evidence, of which behaviours.

    All that is given must hold: `verbs` and `types` name what is accepted, `activities` and
    `platforms` may hold `*`, `extensions` maps an extension's IRI to the value it must have. At
    least one verb or type: by them the log is searched when a rule is new.
    """

    name: str
    behaviours: tuple[str, ...]
    verbs: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    activities: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict)

    def accepts(self, event: PracticeEvent) -> bool:
        """Whether the rule counts this event."""
        return (
            (not self.verbs or event.verb in self.verbs)
            and (not self.types or event.type in self.types)
            and _any_like(self.activities, event.activities)
            and _any_like(self.platforms, (event.platform,) if event.platform else ())
            and all(event.extensions.get(iri) == value for iri, value in self.extensions.items())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """One programme (*pelatihan*) in one version.

    `iri` is its name for good. `courses` are course IRIs of one or several LMSs. `jp` are its
    hours, `zone` the time zone in which its days are counted, `counts` one of `COUNTS`, `pack`
    the pack it was made from. `peers` is how many peers are drawn of those named. `sample` is the
    share of superiors that are asked where the depth is `light` (None: as the agency chose).
    `forms` are those used outside windows: G at enrolment, H for who left, I at the counter, J
    for meetings, F for stories.
    `drivers` is what the workplace does for the behaviours.
    """

    iri: str
    title: str
    courses: frozenset[str] = frozenset()
    cohorts: tuple[Cohort, ...] = ()
    behaviours: tuple[Behaviour, ...] = ()
    windows: tuple[Window, ...] = ()
    rules: tuple[Rule, ...] = ()
    jp: float | None = None
    depth: str = "full"
    counts: str = "any"
    zone: str = "Asia/Jakarta"
    pack: str | None = None
    kind: str | None = None
    peers: int = 3
    sample: float | None = None
    forms: tuple[str, ...] = ()
    drivers: Drivers = Drivers()

    def has_course(self, iri: str) -> bool:
        """Whether this is one of its courses, or of one of its cohorts."""
        return iri in self.courses or any(iri in each.courses for each in self.cohorts)

    def behaviour(self, iri: str) -> Behaviour | None:
        """The behaviour of that name, if the programme expects it."""
        return next((each for each in self.behaviours if each.iri == iri), None)


def windows(depth: str, *, leaders: bool = False, peers: bool = True) -> tuple[Window, ...]:
    """The windows of a depth (domain §4); of `leaders`, those they lead are asked too."""
    later = ("self", "superior", *(("peer",) if peers else ()))
    whole = (
        Window(name="W0", opens=0, closes=14, raters=("self", "superior"), forms=("A",)),
        Window(name="W1", opens=30, closes=45, raters=("self", "superior"), forms=("B",)),
        Window(name="W2", opens=90, closes=120, raters=later, forms=("C", "D")),
        Window(
            name="W3",
            opens=180,
            closes=240,
            raters=(*later, "subordinate") if leaders else later,
            forms=("C", "D"),
        ),
        Window(name="W4", opens=330, closes=365, raters=("evaluator", "superior"), forms=("E",)),
    )
    once = Window(name="W2", opens=90, closes=120, raters=("self", "superior"), forms=("C", "D"))
    return {"none": (), "light": (once,), "full": whole}[depth]


def _any_like(patterns: tuple[str, ...], values: tuple[str, ...]) -> bool:
    return not patterns or any(
        fnmatchcase(value, pattern) for pattern in patterns for value in values
    )
