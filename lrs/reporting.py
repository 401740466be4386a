"""Figures: their rows from the store, through the pure rooms of `reports/`, to frozen results.

`figure` is the one way in, for pages, API and command line; `ALL` says which there are. What each
figure is, with its formula: docs/figures.md.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection

from lrs import programmes
from lrs.errors import NotFound, Problem, Refused
from lrs.practice import forms, names
from lrs.practice.cases import ZONE, days
from lrs.practice.programmes import Programme
from lrs.practice.records import Citizen
from lrs.reports import agreement, funnel, rates, suppression, survival
from lrs.reports.rates import Clusters
from lrs.reports.shapes import Curve, Described, Excluded, Figure, Group, Measure, Point, Slice
from lrs.store import accounts, figures, practice, register
from lrs.store.cases import record
from lrs.store.figures import Cut, Key

#: h of M1, in days, where neither it nor a window is named.
HORIZON = 90

_CASES = ("programme", "cohort", "unit", "period")

#: Every figure, in the order of the domain.
ALL: tuple[Described, ...] = tuple(
    Described(id=id, key=key, name=name, by=by)
    for id, key, name, by in (
        (
            "M1",
            "Share applied, evidence accepted",
            "Laju penerapan, bukti diterima",
            (*_CASES, "behaviour", "tier", "window"),
        ),
        ("M2", "How long until applied", "Berapa lama sampai diterapkan", (*_CASES, "behaviour")),
        ("M3", "Response rate", "Tingkat respons", (*_CASES, "window")),
        (
            "M4",
            "Confirmed by the superior",
            "Dikonfirmasi atasan",
            (*_CASES, "behaviour", "window"),
        ),
        ("M5", "Still applied", "Keberlanjutan", (*_CASES, "behaviour", "window")),
        (
            "M6",
            "Difference between learner and superior",
            "Selisih diri–atasan",
            (*_CASES, "behaviour", "window"),
        ),
        (
            "M7",
            "Gain as recalled",
            "Peningkatan (ingatan)",
            (*_CASES, "behaviour", "window"),
        ),
        ("M8", "Barriers", "Hambatan", (*_CASES, "window")),
        ("M9", "Reviewing", "Kinerja tinjauan", (*_CASES, "behaviour")),
        ("M10", "Coverage", "Cakupan", _CASES),
        ("M11", "20 hours a year", "20 JP", ("unit",)),
        (
            "M12",
            "Known not to be applied, and not known",
            "Diketahui belum diterapkan; belum diketahui",
            (*_CASES, "behaviour", "window"),
        ),
        ("M13", "Change since the beginning", "Perubahan", (*_CASES, "behaviour")),
        (
            "funnel",
            "From invitation to lasting practice",
            "Dari undangan sampai menetap",
            _CASES,
        ),
    )
)


#: By what else a figure is narrowed than what it is taken apart by: a behaviour means the
#: programmes that expect it, where nothing is told of one by itself.
_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "M3": ("behaviour",),
    "M10": ("behaviour",),
    "M13": ("window",),
    "funnel": ("behaviour",),
}


#: What not every figure can be narrowed by.
NARROWING: Final = ("behaviour", "tier", "window")


def narrows(described: Described, word: str) -> bool:
    """Whether a figure tells anything by one of `NARROWING`."""
    return word in described.by or word in _ALSO.get(described.id, ())


def figure(
    connection: Connection,
    tenant_id: int,
    id: str,  # as it is called where it is asked for
    slice: Slice,
    *,
    by: str | None = None,
    published: bool = False,
) -> Figure:
    """A figure of a slice, taken apart by `by`; `published` hides small numbers.

    Raises `NotFound` for a figure, programme, unit, behaviour or window that is not there, and
    `Refused` where the figure cannot be taken apart, or narrowed, so: it would answer another
    question than was asked.
    """
    described = next((each for each in ALL if each.id == id), None)
    if described is None:
        known = ", ".join(each.id for each in ALL)
        raise NotFound(f"a figure {id}; there are {known}")
    if by is not None and by not in described.by:
        can = ", ".join(described.by) or "nothing"
        raise Refused(Problem("by", f"{id} is taken apart by {can}, not by {by}"))
    for word in NARROWING:
        if getattr(slice, word) is not None and not narrows(described, word):
            raise Refused(Problem(word, f"{id} tells nothing by {word}; leave it out"))
    work = _Work(connection, tenant_id, described, slice, by, published)
    if slice.window is not None and slice.window not in (windows := work.windows()):
        there = f"there are {', '.join(windows)}" if windows else "there is none"
        raise NotFound(f"a window {slice.window}; {there}")
    made = _MAKERS[id](work)
    return suppression.hide(made) if published else made


@dataclass
class _Work:
    """One figure in the making: what was asked, and what the agency calls things."""

    connection: Connection
    tenant_id: int
    described: Described
    slice: Slice
    by: str | None
    published: bool
    _past: bool | None = None

    @cached_property
    def programmes(self) -> dict[bytes, Programme]:
        """Programmes in force, by digest."""
        return {
            names.programme(self.tenant_id, each.iri): each
            for each in programmes.in_force(self.connection, self.tenant_id)
        }

    @cached_property
    def units(self) -> dict[bytes, str]:
        """Paths of units, by id."""
        found = register.units(self.connection, self.tenant_id)
        return {unit: path for unit, (path, _) in found.items()}

    @cached_property
    def behaviours(self) -> dict[bytes, tuple[str, str]]:
        """IRI and text of every behaviour that a programme expects, by digest."""
        return {
            names.behaviour(self.tenant_id, each.iri): (each.iri, each.text)
            for programme in self.programmes.values()
            for each in programme.behaviours
        }

    def cut(self, **changes: Any) -> Cut:
        """The slice in the store's terms."""
        chosen = self.slice
        # A slice may hold several time zones; its day ends where the agency is.
        end = datetime.combine(chosen.as_of + timedelta(days=1), datetime.min.time(), ZONE)
        told: dict[str, Any] = {
            "tenant_id": self.tenant_id,
            "as_of": days(chosen.as_of),
            "end": int(end.timestamp()) * 1_000_000,
            "programmes": self.chosen_programmes(),
            "cohort": chosen.cohort,
            "units": self.chosen_units(),
            "tier": chosen.tier,
            "window": chosen.window,
            "since": None if chosen.since is None else days(chosen.since),
            "until": None if chosen.until is None else days(chosen.until),
            "by": self.by,
            # A funnel is of the same people from end to end: those whose way began then.
            "day": "begun_day" if self.described.id == "funnel" else "clock_day",
        }
        if chosen.behaviour is not None:
            told["behaviour"] = names.behaviour(self.tenant_id, chosen.behaviour)
        told |= changes
        told["past"], told["needed"] = self.past(told["end"]), self.needed
        return Cut(**told, periods=self.periods if told["by"] == "period" else ())

    def past(self, end: int) -> bool:
        """Whether more is known now than was on the as-of date."""
        if self._past is None:
            self._past = figures.decided_since(self.connection, self.tenant_id, end)
        return self._past

    @cached_property
    def needed(self) -> dict[bytes, int]:
        """Of how many of its behaviours a programme asks, before a completion counts."""
        return {
            digest: _needed(each) for digest, each in self.programmes.items() if each.behaviours
        }

    def chosen_programmes(self) -> tuple[bytes, ...] | None:
        """The programmes of the slice: the one named, those that expect the behaviour named."""
        chosen = self.slice
        if chosen.programme is None and chosen.behaviour is None:
            return None
        found = tuple(
            digest
            for digest, each in self.programmes.items()
            if (chosen.programme is None or each.iri == chosen.programme)
            and (chosen.behaviour is None or each.behaviour(chosen.behaviour) is not None)
        )
        if not found:
            told = [
                *([f"a programme {chosen.programme}"] if chosen.programme is not None else []),
                *([f"a behaviour {chosen.behaviour}"] if chosen.behaviour is not None else []),
            ]
            raise NotFound(" with ".join(told))
        return found

    def chosen_units(self) -> tuple[bytes, ...] | None:
        """The unit of the slice and all beneath it."""
        if self.slice.unit is None:
            return None
        wanted = parts(self.slice.unit.casefold())
        found = tuple(
            unit
            for unit, path in self.units.items()
            if parts(path.casefold())[: len(wanted)] == wanted
        )
        if not found:
            raise NotFound(f"a unit {self.slice.unit}")
        return found

    @cached_property
    def periods(self) -> tuple[int, ...]:
        """The first days of the quarters that completions of the slice lie in; or that links were
        proposed in, or ways began in, where these are counted."""
        ask = figures.proposed_span if self.described.id == "M9" else figures.span
        span = ask(self.connection, self.cut(by=None))
        return () if span is None else tuple(days(each) for each in quarters(*span))

    def windows(self) -> list[str]:
        """The names of windows of the slice's programmes."""
        chosen = self.chosen_programmes()
        return sorted(
            {
                each.name
                for digest, programme in self.programmes.items()
                if chosen is None or digest in chosen
                for each in programme.windows
            }
        )

    def assessed(self) -> list[str]:
        """The windows in which raters assess behaviours (form C), or the one of the slice."""
        found = {
            each.name
            for programme in self.programmes.values()
            for each in programme.windows
            if "C" in each.forms
        }
        return sorted(found & {self.slice.window} if self.slice.window else found)

    def expected(self, only: str | None = None) -> dict[bytes, list[bytes]]:
        """Which programmes of the slice expect each behaviour."""
        chosen = self.chosen_programmes()
        found: dict[bytes, list[bytes]] = {}
        for digest, programme in self.programmes.items():
            if chosen is None or digest in chosen:
                for each in programme.behaviours:
                    if only is None or each.iri == only:
                        name = names.behaviour(self.tenant_id, each.iri)
                        found.setdefault(name, []).append(digest)
        return found

    # Groups ---------------------------------------------------------------------------------

    def spread(
        self, rows: Iterable[tuple[Key, Mapping[Any, int]]]
    ) -> tuple[Counter[Any], dict[Key, Counter[Any]]]:
        """Counts of all together, and of each group; a unit's also of every unit above it."""
        total: Counter[Any] = Counter()
        groups: dict[Key, Counter[Any]] = {}
        for key, counts in rows:
            total.update(counts)
            for place in self.places(key):
                groups.setdefault(place, Counter()).update(counts)
        return total, groups

    def places(self, key: Key) -> Sequence[Key]:
        """The groups that a row belongs to."""
        if self.by is None:
            return ()
        if self.by == "unit":
            told = parts(self.units.get(key[0], ""))
            top = len(parts(self.slice.unit)) if self.slice.unit else 0
            return [(" / ".join(told[:n]),) for n in range(top + 1, len(told) + 1)] or [("",)]
        return (key,)

    def group(self, key: Key, measures: Sequence[Measure], **more: Any) -> Group:
        """A group under the name that people know."""
        named = self.named(key)
        return Group(**(named | {"measures": tuple(measures)} | more))

    def named(self, key: Key) -> dict[str, Any]:
        first = key[0]
        if self.by in ("programme", "cohort"):
            programme = self.programmes.get(first)
            title = programme.title if programme else ""
            iri = programme.iri if programme else ""
            if self.by == "programme":
                return {"key": iri, "label": title}
            cohort = key[1] or ""
            return {
                "key": cohort,
                "label": ", ".join(filter(None, (title, cohort))),
                "programme": iri,
            }
        if self.by == "behaviour":
            iri, text = self.behaviours.get(first, ("", ""))
            return {"key": iri, "label": text}
        if self.by == "period":
            first = None if first is None else quarter(_day(self.periods[first]))
        text = str(first or "")
        return {
            "key": text,
            "label": text,
            "depth": len(parts(text)) if self.by == "unit" else 0,
        }

    def finish(
        self,
        total: Group,
        groups: Iterable[Group] = (),
        *,
        excluded: Mapping[str, int] | None = None,
        horizon: int | None = None,
        notes: Sequence[str] = (),
    ) -> Figure:
        """The figure, with its groups in the order of their labels."""
        found = tuple(sorted(groups, key=lambda each: (each.label == "", each.label, each.key)))
        return Figure(
            id=self.described.id,
            as_of=self.slice.as_of,
            slice=self.slice,
            by=self.by,
            published=self.published,
            horizon=horizon,
            total=total,
            groups=found,
            excluded=tuple(
                Excluded(why=why, count=count) for why, count in (excluded or {}).items() if count
            ),
            ordered=rates.may_order([each.measures[0] for each in found if each.measures]),
            notes=tuple(notes),
        )


def parts(path: str) -> list[str]:
    """The names in a unit's path, from the top."""
    return [told for part in path.split("/") if (told := " ".join(part.split()))]


def quarters(first: date, last: date) -> list[date]:
    """The first days of the quarters from one day to another."""
    found, day = [], date(first.year, 3 * ((first.month - 1) // 3) + 1, 1)
    while day <= last:
        found.append(day)
        day = date(day.year + day.month // 10, (day.month + 2) % 12 + 1, 1)
    return found


def quarter(day: date) -> str:
    """The quarter of a day, as `2026-Q1`."""
    return f"{day.year}-Q{(day.month - 1) // 3 + 1}"


def _day(count: int) -> date:
    return date(1970, 1, 1) + timedelta(days=count)


def _all(measures: Sequence[Measure], **more: Any) -> Group:
    return Group(key=None, label="", measures=tuple(measures), **more)


# M1 -----------------------------------------------------------------------------------------

_LEFT_OUT = ("undone", "voided", "unmatched", "young", "ended")


def _m1(work: _Work) -> Figure:
    total, groups = _completions(work)
    return work.finish(
        _all(_applied(total, work.slice.tier)),
        (work.group(key, _applied(counts, tier)) for key, counts, tier in groups),
        excluded={why: total[why] for why in _LEFT_OUT},
        horizon=_horizon(work),
        notes=("census",),
    )


def _applied(counts: Mapping[Any, int], tier: str | None) -> list[Measure]:
    """Applied within h days: of those old enough, then with those whose observation ended."""
    n, known_not = counts["n"], counts["known_not"]
    unknown = n - counts["applied"] - known_not
    k = counts[tier] if tier else counts["applied"]
    measures = [rates.bounded("applied", k, unknown, n)]
    if tier is None:
        measures += [
            rates.bounded(f"applied_{each}", counts[each], unknown, n) for each in ("7a", "7b")
        ]
    measures += [
        rates.count("known_not", known_not, n),
        rates.count("unknown", unknown, n),
        rates.count("first_accepted_later", counts["later"], n),
    ]
    if tier is None:
        ended = counts["ended"] - counts["ended_applied"] - counts["ended_not"]
        measures.append(
            rates.bounded(
                "applied_with_ended",
                k + counts["ended_applied"],
                unknown + ended,
                n + counts["ended"],
            )
        )
    return measures


def _completions(
    work: _Work,
) -> tuple[Counter[Any], list[tuple[Key, Counter[Any], str | None]]]:
    """What was known of completions so many days after their clock, for each group and its tier."""
    review = work.slice.review_days
    tier = work.slice.tier

    def ask(cut: Cut, window: str | None) -> list[tuple[Key, dict[str, int]]]:
        return [
            (key, counts[horizon])
            for horizon, some in _horizons(work, window, cut.programmes)
            for key, counts in figures.completions(
                work.connection,
                cut if some is None else replace(cut, programmes=some),
                [horizon],
                review,
            )
        ]

    if work.by == "behaviour":
        rows = ask(work.cut(by="programme"), work.slice.window)
        total = work.spread(rows)[0]
        # Where nothing is known of a behaviour there may be no outcome, so the number of
        # completions is that of the programmes that expect it.
        of_programme = {key[0]: Counter(counts) for key, counts in rows}
        known: dict[bytes, Counter[Any]] = {}
        expected = work.expected(work.slice.behaviour)
        for (programme, behaviour), counts in ask(work.cut(), work.slice.window):
            if programme in expected.get(behaviour, ()):
                known.setdefault(behaviour, Counter()).update(counts)
        found = []
        for behaviour, owners in expected.items():
            all_of = sum((of_programme.get(each, Counter()) for each in owners), Counter())
            counts = known.get(behaviour, Counter())
            whole = {name: all_of[name] for name in ("n", *_LEFT_OUT)}
            found.append(((behaviour, None), Counter({**counts, **whole}), tier))
        return total, found
    if work.by == "window":
        cut = work.cut(by="programme")
        windows = [work.slice.window] if work.slice.window else work.windows()
        asked = {name: _horizons(work, name, cut.programmes) for name in (None, *windows)}
        every = {horizon for pairs in asked.values() for horizon, _ in pairs}
        found_of = figures.completions(work.connection, cut, every, review)
        told = {name: Counter[Any]() for name in asked}
        for name, pairs in asked.items():
            for horizon, some in pairs:
                for (programme, _), by_horizon in found_of:
                    if some is None or programme in some:
                        told[name].update(by_horizon[horizon])
        return told[work.slice.window], [((name, None), told[name], tier) for name in windows]
    if work.by == "tier":
        total = work.spread(ask(work.cut(by=None), work.slice.window))[0]
        return total, [((each, None), total, each) for each in ("7a", "7b")]
    total, groups = work.spread(ask(work.cut(), work.slice.window))
    return total, [(key, counts, tier) for key, counts in groups.items()]


def _horizon(work: _Work) -> int | None:
    """The one h of a figure; None where windows give several."""
    if work.by == "window" and work.slice.horizon is None:
        return None
    found = {horizon for horizon, _ in _horizons(work, work.slice.window, work.chosen_programmes())}
    return found.pop() if len(found) == 1 else None


def _horizons(
    work: _Work, window: str | None, chosen: tuple[bytes, ...] | None
) -> list[tuple[int, tuple[bytes, ...] | None]]:
    """h, and the programmes it is that of (None: of all that are asked about).

    That of a window is the day it opens: who answers in the window then speaks of all of h.
    """
    if work.slice.horizon is not None or window is None:
        return [(work.slice.horizon or HORIZON, None)]
    found: dict[int, list[bytes]] = {}
    for digest, programme in work.programmes.items():
        if chosen is None or digest in chosen:
            for each in programme.windows:
                if each.name == window:
                    found.setdefault(each.opens, []).append(digest)
    if not found:
        return [(HORIZON, ())]
    return [(opens, tuple(some)) for opens, some in sorted(found.items())]


# M2 -----------------------------------------------------------------------------------------

#: The ends of windows (domain §4): between them nobody is asked.
EDGES = (14, 30, 45, 90, 120, 180, 240, 330, 365)

#: The days on which windows open, from which on somebody can say what was not applied by then.
OPENINGS = (30, 90, 180, 330)


def _m2(work: _Work) -> Figure:
    """All curves of the whole; of each group the first, with its band."""
    whole = work.cut(by=None)
    review = work.slice.review_days
    offsets = _parts(work, work.cut(), lambda cut: figures.offsets(work.connection, cut))
    bands = _parts(
        work, work.cut(), lambda cut: figures.band(work.connection, cut, OPENINGS, review)
    )
    measures, curves = _survival(offsets[None], bands[None])
    groups = []
    for place in offsets.keys() | bands.keys():
        if place is not None:
            told, lines = _survival(offsets.get(place, Counter()), bands.get(place, Counter()))
            groups.append(work.group(place, told, curves=lines))
    between, leavings = figures.endings(work.connection, whole, EDGES)
    spans = {(lower, None if upper < 0 else upper): n for (lower, upper), n in between.items()}
    exits = _exits(offsets[None])
    turnbull = survival.by_window(survival.turnbull(spans), exits.people)
    total = _all(measures, curves=(*curves, turnbull, *_risks(exits, leavings)))
    return work.finish(total, groups, notes=("census", "last_contact"))


def _parts(
    work: _Work, cut: Cut, ask: Callable[[Cut], Iterable[tuple[Key, Mapping[Any, int]]]]
) -> dict[Key | None, Counter[Any]]:
    """As `_by_place`, of what can be asked of each behaviour: a completion has several, so that of
    all together is asked by itself."""
    if work.by != "behaviour":
        return _by_place(work, ask(cut))
    total: Counter[Any] = Counter()
    for _, counts in ask(replace(cut, by=None)):
        total.update(counts)
    return {None: total, **_expected(work, ask(cut))}


def _with_whole(
    work: _Work, rows: Sequence[tuple[Key, Mapping[Any, int]]]
) -> dict[Key | None, Counter[Any]]:
    """As `_parts`, of what tells the whole of each programme beside its behaviours."""
    if work.by != "behaviour":
        return _by_place(work, rows)
    total: Counter[Any] = Counter()
    for (_, behaviour), counts in rows:
        if behaviour is None:
            total.update(counts)
    return {None: total, **_expected(work, rows)}


def _expected(
    work: _Work, rows: Iterable[tuple[Key, Mapping[Any, int]]]
) -> dict[Key | None, Counter[Any]]:
    """Counts of each behaviour that a programme expects."""
    found: dict[Key | None, Counter[Any]] = {}
    expected = work.expected(work.slice.behaviour)
    for (first, second), counts in rows:
        # Of outcomes with their programme, of answers by itself.
        behaviour = first if second is None else second
        if behaviour in expected and (second is None or first in expected[behaviour]):
            found.setdefault((behaviour, None), Counter()).update(counts)
    return found


def _by_place(
    work: _Work, rows: Iterable[tuple[Key, Mapping[Any, int]]]
) -> dict[Key | None, Counter[Any]]:
    """Counts of all together (None), and of each group."""
    total, groups = work.spread(rows)
    found: dict[Key | None, Counter[Any]] = {None: total}
    found.update(groups)
    return found


def _exits(told: Mapping[Any, int]) -> survival.Exits:
    return survival.Exits(
        {day: count for (what, day), count in told.items() if what == "applied"},
        {day: count for (what, day), count in told.items() if what == "censored"},
    )


def _survival(
    told: Mapping[Any, int], bands: Mapping[Any, int]
) -> tuple[list[Measure], tuple[Curve, Curve]]:
    """The curve of one group with the band that the silent leave, and its median."""
    exits = _exits(told)
    curve = survival.kaplan_meier(exits)
    points = []
    for number, day in enumerate(OPENINGS):
        n, k = bands[f"n{number}"], bands[f"applied{number}"]
        if n:
            low, high = rates.bounds(k, n - k - bands[f"known_not{number}"], n)
            points.append(Point(day=day, at_risk=n, events=k, value=low, low=low, high=high))
    band = Curve(name="band", points=tuple(points), median=survival.median(points))
    # Before this day not even with all of the silent would it be a half.
    earliest = next((each.day for each in points if (each.high or 0.0) >= 0.5), None)
    median = Measure(
        name="median_days",
        of="days",
        k=sum(exits.events.values()),
        n=exits.people,
        value=None if curve.median is None else float(curve.median),
        low=None if earliest is None else float(earliest),
        high=None if band.median is None else float(band.median),
    )
    return [median], (curve, band)


def _risks(exits: survival.Exits, told: Mapping[Any, int]) -> list[Curve]:
    """What came first: that it was applied, that they left, that they were promoted."""
    gone = {
        cause: {day: count for (what, day), count in told.items() if what == cause}
        for cause in ("left", "promoted", "stayed")
    }
    there = survival.Exits(Counter(gone["left"]) + Counter(gone["promoted"]), gone["stayed"])
    return survival.cumulative_incidence(
        {"applied_first": exits.events, "left": gone["left"], "promoted": gone["promoted"]},
        {"applied_first": exits, "left": there, "promoted": there},
        "applied_first",
    )


# M3, M4 -------------------------------------------------------------------------------------

_ROLES = ("self", "superior", "peer", "subordinate", "evaluator")


def _m3(work: _Work) -> Figure:
    total, groups = work.spread(figures.responses(work.connection, work.cut()))
    words = ("undeliverable", "vacant", "skipped", "due")
    return work.finish(
        _all(_responses(total)),
        (work.group(key, _responses(counts)) for key, counts in groups.items()),
        excluded={
            word: sum(count for (_, what), count in total.items() if what == word) for word in words
        },
        notes=("census",),
    )


def _responses(counts: Mapping[Any, int]) -> list[Measure]:
    found = [
        rates.bounded(role, counts[role, "answered"], counts[role, "open"], counts[role, "valid"])
        for role in _ROLES
        if role in ("self", "superior") or counts[role, "valid"]
    ]
    every = [
        sum(count for (_, what), count in counts.items() if what == word)
        for word in ("answered", "open", "valid")
    ]
    return [rates.bounded("responses", *every), *found]


def _m4(work: _Work) -> Figure:
    cut, windows = work.cut(), work.assessed()
    rows = figures.confirmations(work.connection, cut, windows)
    found = _with_whole(work, rows)
    if work.by == "behaviour":
        # A superior is asked of each behaviour that the programme expects.
        asked = {programme: counts for (programme, each), counts in rows if each is None}
        for behaviour, owners in work.expected(work.slice.behaviour).items():
            counts = found.setdefault((behaviour, None), Counter())
            for name in ("N", "sampled"):
                counts[name] = sum(asked.get(owner, {}).get(name, 0) for owner in owners)
    total = found.pop(None)
    voices = _voices(work, cut, windows) if total["sampled"] else {}
    return work.finish(
        _all(_confirmed(total, voices.get(None))),
        (
            work.group(key, _confirmed(counts, voices.get(key)))
            for key, counts in found.items()
            if key is not None
        ),
        notes=("census",) if not total["sampled"] else ("sample",),
    )


def _voices(work: _Work, cut: Cut, windows: Sequence[str]) -> dict[Key | None, Clusters]:
    """Superiors of all together (None), and of each group: whoever speaks of several parts of it is
    one voice."""
    told = _with_whole(work, figures.voices(work.connection, cut, windows))
    return {
        place: Clusters.of((of[rater, "y"], of[rater, "m"]) for rater in {each for each, _ in of})
        for place, of in told.items()
    }


def _needed(programme: Programme) -> int:
    """On how many of its behaviours a programme asks for, before a completion counts."""
    every = len(programme.behaviours)
    return {"any": 1, "all": every, "most": every // 2 + 1}[programme.counts]


def _confirmed(counts: Mapping[Any, int], voices: Clusters | None) -> list[Measure]:
    """Of all who were asked, with what those who did not answer leave open; and of those who had
    seen, as a sample where superiors were drawn."""
    asked = counts["N"]
    silent = asked - counts["answered"]
    found = [
        rates.bounded("confirmed", counts["yes"], silent, asked),
        rates.bounded(
            "confirmed_unflagged",
            counts["clean_yes"],
            silent + counts["yes"] - counts["clean_yes"],
            asked,
        ),
    ]
    if counts["sampled"]:
        found.append(rates.sampled("confirmed_of_observed", voices or Clusters()))
    else:
        k, n = counts["yes"], counts["observed"]
        found.append(rates.bounded("confirmed_of_observed", k, 0, n))
    return [
        *found,
        rates.count("not_observed", counts["answered"] - counts["observed"], counts["answered"]),
        rates.count("silent", silent, asked),
    ]


# M5, M13 and the funnel ---------------------------------------------------------------------

#: What "by W2" means, and the later windows, as days after the clock (domain §4).
BY_W2 = 120
LATE = {"W3": (180, 240), "W4": (330, 365)}


def _m5(work: _Work) -> Figure:
    window = work.slice.window or "W3"
    if window not in LATE:
        raise Refused(Problem("window", f"M5 looks at {' or '.join(LATE)}, not at {window}"))
    every = work.by == "window" and work.slice.window is None
    windows = LATE if every else {window: LATE[window]}
    found = _parts(
        work,
        work.cut(window=None),
        lambda cut: figures.lasting(work.connection, cut, BY_W2, windows),
    )
    total = found.pop(None)
    groups = [(key, window, counts) for key, counts in found.items() if key is not None]
    if work.by == "window":
        groups = [((name, None), name, total) for name in windows]
    return work.finish(
        _all(_still(total, window)),
        (work.group(key, _still(counts, name)) for key, name, counts in groups),
        excluded={why: total[window, why] for why in ("young", "ended")},
        horizon=LATE[window][1],
        notes=("census",),
    )


def _still(counts: Mapping[Any, int], window: str) -> list[Measure]:
    n, answered, still = (counts[window, word] for word in ("n", "answered", "still"))
    return [
        rates.bounded("still_applied", still, n - answered, n),
        rates.bounded("still_of_answered", still, 0, answered),
        rates.count("unanswered", n - answered, n),
    ]


#: Two observations so many days apart say that it lasts.
APART = 60


def _m13(work: _Work) -> Figure:
    windows = [each for each in work.windows() if each != "W0"]
    if work.slice.window is not None:
        windows = [work.slice.window]
    cut = work.cut(window=None)
    changes = _changes(work, cut, windows)
    stays = _parts(work, cut, lambda c: figures.persistence(work.connection, c, APART))

    def measures(place: Key | None) -> list[Measure]:
        counts, stay = changes.get(place, Counter()), stays.get(place, Counter())
        found = [
            rates.bounded(
                "lasting", stay["lasting"], stay["n"] - stay["lasting"] - stay["stopped"], stay["n"]
            )
        ]
        for role in _ROLES:
            for window in windows:
                told = {
                    word: counts[role, window, word]
                    for word in ("pairs", "sum", "raters", "missing", "missing_sum")
                }
                if told["pairs"] or role in ("self", "superior"):
                    found.append(_change(f"{role}_{window}", role, told))
        return found

    places = {place for each in (changes, stays) for place in each if place is not None}
    return work.finish(
        _all(measures(None)),
        (work.group(place, measures(place)) for place in places),
        notes=("census", "baseline_w0"),
    )


def _changes(work: _Work, cut: Cut, windows: Sequence[str]) -> dict[Key | None, Counter[Any]]:
    """As `_parts`. All together is the sum of the behaviours, since an answer is about one; but who
    gave them is counted anew."""
    rows = figures.changes(work.connection, cut, windows)
    if work.by != "behaviour":
        return _by_place(work, rows)
    total: Counter[Any] = Counter()
    for _, counts in rows:
        total.update(counts)
    if any(role == "peer" for role, *_ in total):
        for _, counts in figures.changes(work.connection, replace(cut, by=None), windows, "peer"):
            total.update({key: counts[key] - total[key] for key in counts if key[2] == "raters"})
    return {None: total, **_expected(work, rows)}


def _change(name: str, role: str, told: Mapping[str, int]) -> Measure:
    """A mean of now less then; who said nothing then may have said 0 to 4."""
    missing, now = told["missing"], told["missing_sum"]
    return agreement.mean(
        name,
        told["pairs"],
        told["sum"],
        missing=missing,
        least=now - 4 * missing,
        most=now,
        enough=role != "peer" or told["raters"] >= agreement.PEERS,
    )


def _funnel(work: _Work) -> Figure:
    cut = work.cut()
    staff = _staff(work, cut)
    came = _by_place(work, figures.participants(work.connection, cut, staff))
    did = _by_place(work, figures.practised(work.connection, cut))

    def measures(place: Key | None) -> list[Measure]:
        return funnel.steps(came.get(place, Counter()) + did.get(place, Counter()))

    places = {place for each in (came, did) for place in each if place is not None}
    return work.finish(
        _all(measures(None)),
        (work.group(place, measures(place)) for place in places),
        excluded={"staff": len(set[bytes]().union(*staff.values()))},
        notes=("census", "each_step_as_told"),
    )


def _staff(work: _Work, cut: Cut) -> dict[bytes, frozenset[bytes]]:
    """Who in the courses of each programme is staff and no learner, though enrolled like one."""
    idle = figures.idle(work.connection, cut)
    if not idle:
        return {}
    every = accounts.tenants(work.connection)
    tenant = next(each for each in every if each.id == work.tenant_id)
    found = {
        names.programme(work.tenant_id, iri): frozenset(each.subject for each in held)
        for iri, held in programmes.staff(work.connection, tenant, idle).items()
    }
    return {
        programme: held
        for programme, held in found.items()
        if held and (cut.programmes is None or programme in cut.programmes)
    }


# M6, M7, M8 ---------------------------------------------------------------------------------


def _m6(work: _Work) -> Figure:
    windows = [work.slice.window] if work.slice.window else work.windows()
    rows = figures.differences(work.connection, work.cut(), windows)
    total, groups = work.spread(rows)
    return work.finish(
        _all(_difference(total)),
        (work.group(key, _difference(counts)) for key, counts in groups.items()),
        notes=("census", "positive_self_higher"),
    )


def _difference(counts: Mapping[Any, int]) -> list[Measure]:
    """Learner less superior. Where only one of them spoke, the other may have said 0 to 4."""
    own, theirs = counts["own"], counts["theirs"]
    sums = counts["own_sum"] - counts["theirs_sum"]
    return [
        agreement.mean(
            "self_less_superior",
            counts["pairs"],
            counts["sum"],
            missing=own + theirs,
            least=sums - 4 * own,
            most=sums + 4 * theirs,
        ),
        rates.count("only_self", own),
        rates.count("only_superior", theirs),
    ]


def _m7(work: _Work) -> Figure:
    total, groups = work.spread(figures.recalled(work.connection, work.cut()))
    return work.finish(
        _all(_gain(total)),
        (work.group(key, _gain(counts)) for key, counts in groups.items()),
        notes=("census", "recalled_not_measured"),
    )


def _gain(counts: Mapping[Any, int]) -> list[Measure]:
    words = ("pairs", "sum", "raters", "missing", "missing_sum")
    return [
        _change(role, role, {word: counts[role, word] for word in words})
        for role in _ROLES
        if role in ("self", "superior") or counts[role, "pairs"]
    ]


def _m8(work: _Work) -> Figure:
    told = {
        "applying": _by_place(work, figures.barriers(work.connection, work.cut())),
        "taking_part": _by_place(work, figures.reasons(work.connection, work.cut())),
    }

    def measures(place: Key | None) -> list[Measure]:
        return [
            each
            for kind, words in (("applying", forms.BARRIERS), ("taking_part", forms.REASONS))
            for each in _barriers(kind, words, told[kind].get(place, Counter()))
        ]

    places = {place for found in told.values() for place in found if place is not None}
    return work.finish(
        _all(measures(None)),
        (work.group(place, measures(place)) for place in places),
        notes=("census", "several_may_be_named"),
    )


def _barriers(kind: str, words: Mapping[str, str], counts: Mapping[str, int]) -> list[Measure]:
    """Shares of those who answered what stands in the way: of applying, or of taking part."""
    named = Counter[str]()
    for told, count in counts.items():
        named.update(dict.fromkeys(set(told.split()) & words.keys(), count))
    n = sum(counts.values())
    answered = rates.count(f"answered_{kind}", n)
    return [answered, *(rates.bounded(word, named[word], 0, n) for word in words)]


# M9, M10, M11, M12 --------------------------------------------------------------------------


def _m9(work: _Work) -> Figure:
    total, groups = work.spread(figures.reviews(work.connection, work.cut()))
    late = work.slice.review_days
    return work.finish(
        _all(_reviewed(total, late)),
        (work.group(key, _reviewed(counts, late)) for key, counts in groups.items()),
        notes=("census", "double_reviews_drawn"),
    )


def _reviewed(counts: Mapping[tuple[Any, ...], int], late: int) -> list[Measure]:
    decided, waiting, twice = Counter[int](), Counter[int](), Counter[tuple[str, str]]()
    returned = 0
    for (what, *rest), count in counts.items():
        if what == "decided":
            decided[rest[1]] += count
            returned += count if rest[0] == "return" else 0
        elif what == "waiting":
            waiting[rest[0]] += count
        else:
            twice[rest[0], rest[1]] += count
    n, still = decided.total(), waiting.total()
    return [
        Measure(
            name="days_to_first_verdict",
            of="days",
            k=n,
            n=n + still,
            value=_middle(decided, n),
            # Those that wait: as if decided today, and as if never.
            low=_middle(decided + waiting, n + still),
            high=_middle(decided, n + still),
        ),
        rates.bounded("returned", returned, 0, n),
        rates.count("waiting", still, n + still),
        rates.count("waiting_late", sum(c for day, c in waiting.items() if day > late), still),
        agreement.kappa(twice),
    ]


def _middle(counts: Mapping[int, int], n: int) -> float | None:
    """The median of days, of so many; None where it lies beyond those that are known."""
    seen = 0
    for day in sorted(counts):
        seen += counts[day]
        if n and seen >= n / 2:
            return float(day)
    return None


def _m10(work: _Work) -> Figure:
    total, groups = work.spread(figures.coverage(work.connection, work.cut()))
    return work.finish(
        _all(_covered(total)),
        (work.group(key, _covered(counts)) for key, counts in groups.items()),
        notes=("census",),
    )


def _covered(counts: Mapping[str, int]) -> list[Measure]:
    matched = counts["matched"]
    return [
        rates.bounded("matched", matched, 0, counts["arrived"]),
        rates.bounded("with_superior", counts["superior"], counts["unconfirmed"], matched),
        rates.count("no_programme", counts["no_programme"], counts["arrived"]),
    ]


def _m11(work: _Work) -> Figure:
    first, last = _year(work.slice)
    over = days(work.slice.as_of) >= last
    cut = work.cut(cohort=None)
    pns = _by_place(work, figures.hours(work.connection, cut, first, last, "nip"))
    pppk = _by_place(work, figures.hours(work.connection, cut, first, last, "ni_pppk"))

    def measures(place: Key | None) -> list[Measure]:
        found = []
        for kind, told in (("pns", pns), ("pppk", pppk)):
            counts = told.get(place, Counter())
            people, enough = counts["people"], counts["enough"]
            if kind == "pns":
                found.append(
                    rates.bounded("pns_20", enough, 0 if over else people - enough, people)
                )
            mean = counts["jp"] / 10 / people if people else None
            found.append(
                Measure(
                    name=f"{kind}_hours",
                    of="hours",
                    k=people,
                    n=people,
                    value=mean,
                    low=mean,
                    high=mean if over else None,
                )
            )
        return found

    places = {place for each in (pns, pppk) for place in each if place is not None}
    nobody = figures.unmatched_hours(work.connection, cut, first, last)
    return work.finish(
        _all(measures(None)),
        (work.group(place, measures(place)) for place in places),
        excluded={"unmatched": nobody},
        notes=(
            "census",
            *(() if over else ("year_not_over",)),
            *(("all_programmes",) if work.slice.programme or work.slice.cohort else ()),
        ),
    )


def _year(slice: Slice) -> tuple[int, int]:
    """The first and last day of the year that is asked about."""
    year = (slice.until or slice.as_of).year
    return days(date(year, 1, 1)), days(date(year, 12, 31))


def _m12(work: _Work) -> Figure:
    total, groups = _completions(work)
    return work.finish(
        _all(_not_applied(total)),
        (work.group(key, _not_applied(counts)) for key, counts, _ in groups),
        excluded={why: total[why] for why in _LEFT_OUT},
        horizon=_horizon(work),
        notes=("census", "never_added"),
    )


def _not_applied(counts: Mapping[Any, int]) -> list[Measure]:
    n, known_not = counts["n"], counts["known_not"]
    unknown = n - counts["applied"] - known_not
    return [
        rates.bounded("known_not", known_not, unknown, n),
        rates.bounded("unknown", unknown, 0, n),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The hours (JP) of one person in a year: for the agency's own lists."""

    person: bytes
    unit: str
    hours: float


def hours(
    connection: Connection,
    tenant_id: int,
    slice: Slice,
    kind: str = "nip",
    *,
    most: int | None = None,
) -> tuple[Hours, ...]:
    """Each person's hours in the year of the slice, least first, of those with a number of this
    kind (`nip`, `ni_pppk`) who were employed all year; so many at most (None: all)."""
    described = next(each for each in ALL if each.id == "M11")
    work = _Work(connection, tenant_id, described, slice, None, False)
    kept = practice.restricted(connection, tenant_id)
    enough = None if most is None else most + len(kept)
    rows = figures.hours_of_people(connection, work.cut(), *_year(slice), kind, enough)
    found = (
        Hours(person=person, unit=work.units.get(unit, "") if unit else "", hours=tenths / 10)
        for person, unit, tenths in rows
        if person not in kept
    )
    return tuple(islice(found, most))


def imitated(connection: Connection, tenant_id: int, slice: Slice) -> tuple[int, int]:
    """How many alumni of the slice colleagues imitate, of how many an accepted note of a meeting
    tells: for the agency's own report."""
    described = next(each for each in ALL if each.id == "M13")
    work = _Work(connection, tenant_id, described, slice, None, False)
    return figures.imitated(connection, work.cut())


#: Of fewer answers nothing is told where it is published.
FEW: Final = suppression.SMALL

#: How many of the last answers are looked at for what was written.
LOOK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What citizens said of the service of a unit in a quarter (`2026-Q1`): how many, their mean of
    0 to 4, and how many gave 3 or more."""

    period: str
    answers: int
    mean: float
    good: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What a citizen wrote of a unit's service, and on which day."""

    day: date
    value: int
    text: str


def service(
    connection: Connection, tenant_id: int, unit: bytes, *, published: bool = False
) -> tuple[Service, ...]:
    """What citizens said of the service of a unit and all beneath it (form I), by quarter, the last
    first. `published`: only of quarters with enough answers. NotFound: there is no such unit."""
    told: dict[str, Counter[int]] = {}
    for day, value, count in figures.citizens(
        connection, tenant_id, _beneath(connection, tenant_id, unit)
    ):
        told.setdefault(quarter(_day(day)), Counter())[value] += count
    return tuple(
        Service(
            period=period,
            answers=values.total(),
            mean=sum(value * count for value, count in values.items()) / values.total(),
            good=sum(count for value, count in values.items() if value >= 3),
        )
        for period, values in sorted(told.items(), reverse=True)
        if not published or values.total() >= FEW
    )


def remarks(
    connection: Connection, tenant_id: int, unit: bytes, limit: int = 20
) -> tuple[Remark, ...]:
    """What citizens wrote last of the service of a unit and all beneath it: for who keeps it, since
    a text may name somebody."""
    beneath = _beneath(connection, tenant_id, unit)
    found = []
    for statement in figures.last_citizens(connection, tenant_id, beneath, LOOK):
        told = record(connection, tenant_id, statement)
        if isinstance(told, Citizen) and told.text:
            found.append(Remark(day=told.said_on, value=told.value, text=told.text))
    return tuple(found[:limit])


def _beneath(connection: Connection, tenant_id: int, unit: bytes) -> frozenset[bytes]:
    rows = register.units(connection, tenant_id)
    if unit not in rows:
        raise NotFound(f"a unit {unit.hex()}")
    top = rows[unit][0]
    return frozenset(id_ for id_, (path, _) in rows.items() if f"{path} / ".startswith(f"{top} / "))


_MAKERS: dict[str, Callable[[_Work], Figure]] = {
    "M1": _m1,
    "M2": _m2,
    "M3": _m3,
    "M4": _m4,
    "M5": _m5,
    "M6": _m6,
    "M7": _m7,
    "M8": _m8,
    "M9": _m9,
    "M10": _m10,
    "M11": _m11,
    "M12": _m12,
    "M13": _m13,
    "funnel": _funnel,
}
