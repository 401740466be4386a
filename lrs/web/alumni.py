"""The list of alumni, and the days between which each is asked: to be looked at, and printed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from flask import render_template

from lrs import programmes
from lrs.practice import names
from lrs.practice.followup import windows
from lrs.practice.programmes import Programme, Window
from lrs.store import browse, cases, register
from lrs.store.cases import Case
from lrs.web import listing, sheets
from lrs.web.people import hex_of, unit_choices
from lrs.web.rooms import Room, here

ROOM = Room("alumni")

#: So many alumni are on a page, the last completed first.
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Turn:
    """One window of somebody: its first and last day, and whether it is over, open, or to come."""

    opens: int
    closes: int
    state: str


@dataclass(frozen=True, slots=True)
class Group:
    """The alumni of one cohort, each with their turns in the order of `windows`."""

    programme: Programme
    cohort: str | None
    windows: tuple[Window, ...]
    rows: tuple[tuple[Case, tuple[Turn, ...]], ...]

    @property
    def now(self) -> int:
        """How many are to be asked today."""
        return sum(any(turn.state == "open" for turn in turns) for _case, turns in self.rows)


def turn(case: Case, window: Window, today: int) -> Turn:
    """When somebody is asked in a window."""
    opens, closes = case.clock_day + window.opens, case.clock_day + window.closes
    state = "over" if closes < today else "open" if opens <= today else "to come"
    return Turn(opens, closes, state)


def groups(found: Iterable[Case], force: Mapping[str, Programme], today: int) -> list[Group]:
    """Cases of programmes by cohort, in the order of titles and names."""
    held: dict[tuple[str, str, str], list[Case]] = {}
    for case in found:
        if case.programme is not None and case.programme.iri in force:
            key = (case.programme.title, case.programme.iri, case.cohort or "")
            held.setdefault(key, []).append(case)
    made = []
    for (_title, iri, cohort), rows in sorted(held.items()):
        asked = windows(force[iri])
        rows.sort(key=lambda case: ((case.name or "\uffff").casefold(), case.id))
        turns = [(case, tuple(turn(case, each, today) for each in asked)) for case in rows]
        made.append(Group(force[iri], cohort or None, asked, tuple(turns)))
    return made


@ROOM.page("/alumni", "cases/read")
def every() -> str:
    """All who are in follow-up, by programme and cohort, with the days of their windows."""
    there = here()
    tenant = there.tenant.id
    wanted, unit = listing.asked("programme"), listing.asked("unit")
    which = cases.Which(
        states=("open",),
        programme=hex_of(wanted, "programme") if wanted else None,
        cohort=listing.asked("cohort") or None,
        unit=hex_of(unit, "unit") if unit else None,
    )
    with there.read() as connection:
        page = cases.cases(connection, tenant, which, after=listing.place(), limit=MOST)
        force = programmes.in_force(connection, tenant)
        units = register.units(connection, tenant)
        busy = browse.busy(connection, tenant)
        unknown = [case.id for case in page.rows if case.person is None]
        strangers = browse.strangers(connection, tenant, unknown)
    made = groups(page.rows, {each.iri: each for each in force}, there.today)
    chosen = next(
        (each for each in force if names.programme(tenant, each.iri).hex() == wanted), None
    )
    there.saw("alumni", wanted or unit or "all")
    return render_template(
        "alumni.html",
        groups=made,
        strangers=strangers,
        stage=sheets.stage,
        total=sum(len(each.rows) for each in made),
        now=sum(each.now for each in made),
        listed=listing.of(page),
        busy=busy,
        programmes=[(names.programme(tenant, each.iri).hex(), each.title) for each in force],
        cohorts=[(each.name, each.name) for each in chosen.cohorts] if chosen else [],
        units=unit_choices(units),
        today=there.today,
    )
