"""What a paper is made from: which part was asked about, who asks, and the figures of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from lrs import agency, i18n, programmes, reporting
from lrs.agency import Letterhead
from lrs.i18n import _
from lrs.papers import wording
from lrs.papers.counted import AT_MOST, Counted
from lrs.papers.document import Block, Document, stem
from lrs.practice.programmes import Cohort, Programme
from lrs.reports.shapes import Figure, Slice


@dataclass
class Given:
    """One paper in the making. `published`: the reader sees counts only, small ones held back;
    then no list of people is made. `most` is how many rows of what may be long a page lists; None:
    all, as files do. `counted` holds figures for pages; `told_as_at` is when the
    oldest of them was counted, where something has changed since."""

    connection: Connection
    tenant_id: int
    agency_name: str
    slice: Slice
    published: bool
    now: datetime
    most: int | None = None
    counted: Counted | None = None
    told_as_at: datetime | None = None
    _made: dict[Any, Figure] = field(default_factory=dict)

    def figure(self, id: str, by: str | None = None, **changes: Any) -> Figure:
        """A figure of the part, or of that part with `changes`; each is made once."""
        part = replace(self.slice, **changes) if changes else self.slice
        key = (id, by, part)
        if key not in self._made:
            self._made[key] = self._figure(id, part, by)
        return self._made[key]

    def _figure(self, id: str, part: Slice, by: str | None) -> Figure:
        if self.counted is None:
            return reporting.figure(
                self.connection, self.tenant_id, id, part, by=by, published=self.published
            )
        held = self.counted.figure(
            self.connection, self.tenant_id, id, part, by=by, published=self.published
        )
        if self.now - held.at > AT_MOST:
            self.told_as_at = min(held.at, self.told_as_at or held.at)
        return held.figure

    @cached_property
    def programmes(self) -> tuple[Programme, ...]:
        """All programmes, by title."""
        found = programmes.in_force(self.connection, self.tenant_id)
        return tuple(sorted(found, key=lambda each: (each.title, each.iri)))

    @cached_property
    def by_iri(self) -> Mapping[str, Programme]:
        return {each.iri: each for each in self.programmes}

    @property
    def programme(self) -> Programme | None:
        """The programme that was chosen; None: all."""
        return self.by_iri.get(self.slice.programme or "")

    @property
    def cohort(self) -> Cohort | None:
        """The cohort that was chosen; None: all, or one that the programme does not name."""
        if self.programme is None:
            return None
        return next((c for c in self.programme.cohorts if c.name == self.slice.cohort), None)

    @cached_property
    def behaviours(self) -> Mapping[str, str]:
        """The text of every behaviour that the programme chosen expects, or any, by IRI."""
        some = self.programmes if self.programme is None else (self.programme,)
        return {each.iri: each.text for programme in some for each in programme.behaviours}

    @cached_property
    def letterhead(self) -> Letterhead:
        return agency.letterhead(self.connection, self.tenant_id, self.agency_name)

    @property
    def day(self) -> date:
        return self.slice.as_of

    @property
    def scope(self) -> str:
        """The part in few words."""
        told = [self.programme.title if self.programme else "", self.slice.cohort or ""]
        told.append(self.slice.unit or "")
        return ", ".join(filter(None, told)) or _("All programmes, all units")

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What was asked about, for the head of a paper."""
        slice = self.slice
        told = [(_("As of"), i18n.day(slice.as_of))]
        if self.programme is not None:
            told.append((_("Programme"), self.programme.title))
        if slice.cohort:
            told.append((_("Cohort"), slice.cohort))
        if slice.unit:
            told.append((_("Unit"), slice.unit))
        if slice.behaviour:
            told.append((_("Behaviour"), self.behaviours.get(slice.behaviour, slice.behaviour)))
        if slice.tier:
            told.append((_("How it was applied"), _(wording.TIERS[slice.tier])))
        if slice.window:
            told.append((_("Stage"), wording.stage(slice.window)))
        if slice.since or slice.until:
            told.append((_("Trainings ended"), between(slice.since, slice.until)))
        if len(told) == 1:
            told.append((_("Scope"), _("All programmes, all units")))
        return tuple(told)

    def paper(
        self,
        name: str,
        title: str,
        blocks: list[Block],
        *,
        subtitle: str | None = None,
        facts: tuple[tuple[str, str], ...] | None = None,
        signed: bool = False,
    ) -> Document:
        """A document about the part, with the agency's letterhead."""
        return Document(
            name=stem(name, *filter(None, (self.slice.cohort,)), self.day.isoformat()),
            title=title,
            subtitle=self.scope if subtitle is None else subtitle,
            facts=self.facts if facts is None else facts,
            blocks=tuple(blocks),
            letterhead=self.letterhead,
            day=self.day,
            signed=signed,
        )


def between(first: date | None, last: date | None) -> str:
    """Two days and what is between them; `…` where one is not told."""
    start = "…" if first is None else i18n.day(first, "medium")
    end = "…" if last is None else i18n.day(last, "medium")
    return f"{start} – {end}"
