"""Participation: who was invited, enrolled, attended, got on, completed, was certified, and where;
also those of whom no case tells, since they never completed."""

from dataclasses import dataclass
from typing import Final

from flask import render_template

from lrs import programmes
from lrs.i18n import N_, _, ngettext
from lrs.practice import names
from lrs.practice.inference import Staff
from lrs.store import cases, practice, register, stream
from lrs.web import listing, reach
from lrs.web.people import hex_of, unit_choices
from lrs.web.rooms import Room, here
from lrs.web.statements import agent_name

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


# No learners --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Aside:
    """Somebody who is held to be no learner of a programme, and why. `person` is None where it is
    an account that nobody knows."""

    title: str
    who: str
    id: bytes
    person: bytes | None
    why: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.title, self.who, self.id.hex()


@ROOM.page("/participation/staff", "participation/read")
def staff() -> str:
    """Who in the courses of each programme is held to be staff and no learner, and why: they are
    neither counted as learners nor asked."""
    there = here()
    tenant, wanted = there.tenant.id, listing.asked("programme")
    with there.read() as connection:
        force = {each.iri: each for each in programmes.in_force(connection, tenant)}
        held = programmes.staff(connection, there.tenant)
        subjects = sorted({each.subject for some in held.values() for each in some})
        people = register.people(connection, tenant, subjects)
        agents = stream.agents(connection, tenant, subjects)
        kept = set() if there.may("people/write") else practice.restricted(connection, tenant)
    digests = {names.programme(tenant, iri).hex(): iri for iri in force}
    rows = []
    for iri, some in held.items():
        for each in some:
            if each.subject in kept or (wanted and digests.get(wanted) != iri):
                continue
            known = people.get(each.subject)
            called = known.name if known else agent_name(agents.get(each.subject, [{}])[0])
            person = each.subject if known else None
            rows.append(Aside(force[iri].title, called, each.subject, person, _why(each)))
    after = listing.after(tuple[str, str, str])
    left = sorted((r for r in rows if after is None or r.key > after), key=lambda r: r.key)
    there.saw("participation", wanted or "all")
    return render_template(
        "participation_staff.html",
        listed=listing.page(left, lambda row: row.key),
        programmes=[(digest, force[iri].title) for digest, iri in digests.items()],
    )


def _why(held: Staff) -> str:
    if held.why == "teaches":
        return _("Teaches: enrolled or graded somebody, is named as instructor, or built a course.")
    told = ngettext(
        "Is in one course, and never did anything there.",
        "Is in %(num)s courses, and never did anything in any.",
        held.courses,
    )
    return told % {"num": held.courses}
