"""Figures: their rows from the store, through the pure rooms of `reports/`, to frozen results.

`figure` is the one way in, for pages, API and command line; `ALL` says which there are. What each
figure is, with its formula: docs/figures.md.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from lrs import programmes
from lrs.errors import NotFound, Problem, Refused
from lrs.practice import names
from lrs.practice.cases import days
from lrs.practice.programmes import Programme
from lrs.reports import rates
from lrs.reports.shapes import Described, Excluded, Figure, Group, Measure, Slice
from lrs.store import figures, register
from lrs.store.figures import Cut, Key

#: The day ends here: that of the agency's head office, for a slice may hold several time zones.
ZONE = ZoneInfo("Asia/Jakarta")

#: h of M1, in days, where neither it nor a window is named.
HORIZON = 180

_BY_CASE = ("programme", "cohort", "unit", "behaviour", "tier", "window", "period")

#: Every figure, in the order of the domain.
ALL: tuple[Described, ...] = (
    Described(
        id="M1",
        key="Share applied, evidence accepted",
        name="Laju penerapan, bukti diterima",
        by=_BY_CASE,
    ),
)


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
    `Refused` where the figure cannot be taken apart so.
    """
    described = next((each for each in ALL if each.id == id), None)
    if described is None:
        known = ", ".join(each.id for each in ALL)
        raise NotFound(f"a figure {id}; there are {known}")
    if by is not None and by not in described.by:
        can = ", ".join(described.by) or "nothing"
        raise Refused(Problem("by", f"{id} is taken apart by {can}, not by {by}"))
    work = _Work(connection, tenant_id, described, slice, by, published)
    return _MAKERS[id](work)


@dataclass
class _Work:
    """One figure in the making: what was asked, and what the agency calls things."""

    connection: Connection
    tenant_id: int
    described: Described
    slice: Slice
    by: str | None
    published: bool

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
        }
        if chosen.behaviour is not None:
            told["behaviour"] = names.behaviour(self.tenant_id, chosen.behaviour)
        told |= changes
        return Cut(**told, periods=self.periods if told["by"] == "period" else ())

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
        """The first days of the quarters that completions of the slice lie in."""
        span = figures.span(self.connection, self.cut(by=None))
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
        notes=("census", "applied_elsewhere_unknown"),
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
            row
            for horizon, some in _horizons(work, window, cut.programmes)
            for row in figures.completions(
                work.connection,
                cut if some is None else replace(cut, programmes=some),
                horizon,
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
        total = work.spread(ask(work.cut(by=None), work.slice.window))[0]
        windows = [work.slice.window] if work.slice.window else work.windows()
        return total, [
            ((name, None), work.spread(ask(work.cut(by=None), name))[0], tier) for name in windows
        ]
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


_MAKERS: dict[str, Callable[[_Work], Figure]] = {"M1": _m1}
