"""Which part of the figures is asked about: filters in the address, and the choices there are."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import Connection

from lrs import reporting
from lrs.papers.given import Given
from lrs.reports.shapes import Slice
from lrs.store import register
from lrs.web.listing import asked, asked_day
from lrs.web.rooms import here

#: Units so many steps from the top can be chosen; a unit holds all beneath it.
DEEP: Final = 3


#: What the part is asked by, in addresses.
NAMES: Final = ("programme", "cohort", "unit", "since", "until", "as_of")


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: values and words."""

    programmes: list[tuple[str, str]]
    cohorts: list[tuple[str, str]]
    units: list[tuple[str, str]]


def today() -> date:
    """The day it is where the reader is."""
    return here().now.astimezone(ZoneInfo(here().zone)).date()


def given(connection: Connection, *, held: bool = True) -> Given:
    """What this request asks about. It may not be there: then `reporting` says so. `held`: figures
    may be told as they were counted a moment ago."""
    there = here()
    programme = asked("programme") or None
    part = Slice(
        as_of=min(asked_day("as_of") or today(), today()),
        programme=programme,
        cohort=(asked("cohort") or None) if programme else None,
        unit=asked("unit") or None,
        since=asked_day("since"),
        until=asked_day("until"),
        review_days=there.context.settings.review_days,
    )
    made = Given(
        connection,
        there.tenant.id,
        there.tenant.name,
        part,
        published="all" not in there.reach("figures/read"),
        now=there.now,
        counted=current_app.extensions["jejak-counted"] if held else None,
    )
    if part.cohort is not None and made.programme is not None and made.cohort is None:
        made.slice = replace(part, cohort=None)  # left over from another programme's list
    return made


def carried(names: Iterable[str] = NAMES) -> dict[str, str]:
    """The filters of this request, to go on with to another page; nothing else of the address."""
    return {name: asked(name) for name in names if asked(name)}


def choices(asked_for: Given) -> Choices:
    """What may be chosen; cohorts are those of the programme chosen."""
    found = register.units(asked_for.connection, asked_for.tenant_id)
    units = []
    for path in sorted(path for path, _facts in found.values()):
        parts = reporting.parts(path)
        if parts and len(parts) <= DEEP:
            units.append(("/".join(parts), "\u2003" * (len(parts) - 1) + parts[-1]))
    programme = asked_for.programme
    return Choices(
        programmes=[(each.iri, each.title) for each in asked_for.programmes],
        cohorts=[] if programme is None else [(c.name, c.name) for c in programme.cohorts],
        units=units,
    )
