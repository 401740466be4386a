"""Participation: who was invited, enrolled, attended, got on, completed, was certified, and where;
also those of whom no case tells, since they never completed."""

from typing import Final

from flask import render_template

from lrs import programmes
from lrs.i18n import N_, _
from lrs.practice import names
from lrs.store import cases, register
from lrs.web import listing, reach
from lrs.web.people import hex_of, unit_choices
from lrs.web.rooms import Room, here

ROOM = Room("participation")

#: How far somebody came, as it may be asked for.
FAR: Final = {"yes": N_("completed"), "no": N_("not completed")}


@ROOM.page("/participation", "participation/read", narrowed=True)
def every() -> str:
    """By person and course; narrowed by programme, cohort, unit, whether it was completed, and to
    whose the reader may see."""
    there = here()
    tenant = there.tenant.id
    wanted, unit, far = (listing.asked(name) for name in ("programme", "unit", "completed"))
    which = cases.Which(
        programme=hex_of(wanted, "programme") if wanted else None,
        cohort=listing.asked("cohort") or None,
        unit=hex_of(unit, "unit") if unit else None,
    )
    with there.read() as connection:
        found = cases.participation(
            connection,
            tenant,
            which,
            completed=far == "yes" if far in FAR else None,
            whose=reach.within(connection, there, "participation/read"),
            after=listing.place(),
            limit=listing.SIZE,
        )
        force = programmes.in_force(connection, tenant)
        units = register.units(connection, tenant)
    digests = {names.programme(tenant, each.iri).hex(): each for each in force}
    chosen = digests.get(wanted)
    titles = [(digest, each.title) for digest, each in digests.items()]
    titles.append((names.ZERO.hex(), _("(of no programme)")))
    there.saw("participation", wanted or unit or "all")
    return render_template(
        "participation.html",
        listed=listing.of(found),
        programmes=titles,
        cohorts=[(each.name, each.name) for each in chosen.cohorts] if chosen else [],
        units=unit_choices(units),
        far=[(word, _(told)) for word, told in FAR.items()],
    )
