"""Follow-up of alumni: the list of cases; `lrs/web/case.py` is one of them."""

from typing import Final

from flask import render_template

from lrs import programmes
from lrs.auth import relations
from lrs.i18n import N_, _
from lrs.practice import names
from lrs.store import cases, register
from lrs.store.cases import Case
from lrs.web import listing, reach
from lrs.web.people import hex_of, unit_choices
from lrs.web.rooms import Room, here
from lrs.web.told import CASE_STATES

ROOM = Room("cases")

#: States of a case.
STATES: Final = {**CASE_STATES, "open": ("calm", N_("In follow-up"))}


def badge_of(case: Case) -> tuple[str, str]:
    """How a case stands, for a badge: what is known of it weighs more than that it is open."""
    if case.state != "open":
        kind, word = STATES.get(case.state, ("plain", case.state))
        return kind, _(word)
    outcome = case.outcome
    if outcome is not None and outcome.applied_day is not None:
        return "good", _("Applied")
    if case.ended is not None:
        return "plain", _("Observation ended")
    if outcome is not None and outcome.known_not_day is not None:
        return "warn", _("Known not to be applied yet")
    return "calm", _("Not known yet")


@ROOM.page("/cases", "cases/read", narrowed=True)
def every() -> str:
    """The last completed first; narrowed by name, programme, cohort, unit, state, and to whose
    cases the reader may see."""
    there = here()
    tenant = there.tenant.id
    words, state, unit, wanted = (
        listing.asked(name) for name in ("name", "state", "unit", "programme")
    )
    with there.read() as connection:
        whose = reach.within(connection, there, "cases/read")
        if words:
            named = {each for each, _name in register.search(connection, tenant, words, 200)}
            called = relations.seen(connection, reach.viewer(there), named)
            whose = called if whose is None else called & whose
        which = cases.Which(
            states=(state,) if state in STATES else ("open",) if state != "all" else (),
            programme=hex_of(wanted, "programme") if wanted else None,
            cohort=listing.asked("cohort") or None,
            unit=hex_of(unit, "unit") if unit else None,
            matched=False if listing.asked("who") == "unknown" else None,
        )
        found = cases.cases(
            connection, tenant, which, whose=whose, after=listing.place(), limit=listing.SIZE
        )
        force = programmes.in_force(connection, tenant)
        units = register.units(connection, tenant)
    chosen = next(
        (each for each in force if names.programme(tenant, each.iri).hex() == wanted), None
    )
    titles = [(names.programme(tenant, each.iri).hex(), each.title) for each in force]
    titles.append((names.ZERO.hex(), _("(of no programme)")))
    there.saw("cases", wanted or unit or "all")
    return render_template(
        "cases.html",
        listed=listing.of(found),
        programmes=titles,
        cohorts=[(each.name, each.name) for each in chosen.cohorts] if chosen else [],
        units=unit_choices(units),
        states=[(name, _(word)) for name, (_kind, word) in STATES.items() if name != "open"],
    )
