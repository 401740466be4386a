"""Follow-up of alumni: the cases, and each with what is known of it."""

from typing import Final

from flask import render_template

from lrs import programmes
from lrs.errors import NotFound
from lrs.i18n import N_, _
from lrs.practice import names
from lrs.store import cases, register
from lrs.store.cases import Case, Link
from lrs.web import listing
from lrs.web.people import ENDED, hex_of, unit_choices
from lrs.web.rooms import Room, here

ROOM = Room("cases")

#: States of a case.
STATES: Final = {
    "open": ("calm", N_("In follow-up")),
    "undone": ("warn", N_("Completion undone")),
    "voided": ("warn", N_("Completion voided")),
}

#: States of a link.
LINKS: Final = {
    "draft": ("plain", N_("Draft")),
    "submitted": ("calm", N_("Submitted")),
    "in_review": ("calm", N_("In review")),
    "accepted": ("good", N_("Evidence accepted")),
    "returned": ("warn", N_("Returned")),
    "rejected": ("bad", N_("Rejected")),
    "withdrawn": ("plain", N_("Withdrawn")),
}

#: When evidence was done, against the clock of the case.
PLACED: Final = {
    "after": N_("after the training"),
    "during": N_("application within the training"),
    "before": N_("practice before the training"),
}

#: Who answered.
RATERS: Final = {
    "self": N_("the alumni"),
    "superior": N_("the superior"),
    "peer": N_("a peer"),
    "subordinate": N_("a subordinate"),
    "evaluator": N_("the evaluation team"),
    "citizen": N_("a citizen"),
}

#: What became of an invitation.
ASKED: Final = {
    "due": ("calm", N_("Due")),
    "sent": ("calm", N_("Asked")),
    "undeliverable": ("bad", N_("Undeliverable")),
    "vacant": ("warn", N_("Nobody in office")),
    "answered": ("good", N_("Answered")),
    "skipped": ("plain", N_("Skipped")),
    "disowned": ("bad", N_("Disowned")),
}


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


@ROOM.page("/cases", "cases/read")
def every() -> str:
    """The last completed first; narrowed by name, programme, cohort, unit, state."""
    there = here()
    tenant = there.tenant.id
    words, state, unit, wanted = (
        listing.asked(name) for name in ("name", "state", "unit", "programme")
    )
    with there.read() as connection:
        whose = None
        if words:
            whose = {each for each, _name in register.search(connection, tenant, words, 200)}
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


@ROOM.page("/cases/<case>", "cases/read")
def one(case: str) -> str:
    """One case: what is known of each behaviour, the evidence, who was asked."""
    there, identity = here(), hex_of(case, "case")
    tenant = there.tenant.id
    with there.read() as connection:
        found = cases.case(connection, tenant, identity)
        if found is None:
            raise NotFound(f"a case {case}")
        outcomes = cases.outcomes(connection, tenant, identity)
        may_links = there.may("links/read")
        links = cases.links_of_case(connection, tenant, identity) if may_links else []
        may_answers = there.may("answers/read")
        answers = cases.answers(connection, tenant, identity) if may_answers else []
        invitations = (
            cases.invitations(connection, tenant, case=identity).rows
            if there.may("invitations/read")
            else ()
        )
        programme = next(
            (
                each
                for each in programmes.in_force(connection, tenant)
                if found.programme is not None and each.iri == found.programme.iri
            ),
            None,
        )
    known = {each.behaviour.id: each for each in outcomes if each.behaviour is not None}
    there.saw("case", case)
    return render_template(
        "case.html",
        case=found,
        behaviours=[
            (each, known.get(names.behaviour(tenant, each.iri)))
            for each in (programme.behaviours if programme else ())
        ],
        windows=programme.windows if programme else (),
        links=[(each, link_badge(each), _(PLACED.get(each.placed, each.placed))) for each in links],
        answers=answers,
        raters={role: _(word) for role, word in RATERS.items()},
        invitations=[
            (each, (ASKED[each.state][0], _(ASKED[each.state][1]))) for each in invitations
        ],
        ended=_(ENDED.get(found.ended or "", "")) if found.ended else None,
        story=_story(found, links),
    )


def link_badge(link: Link) -> tuple[str, str]:
    """A link's state, for a badge."""
    kind, word = LINKS.get(link.state, ("plain", link.state))
    return kind, _(word)


def _story(case: Case, links: list[Link]) -> list[tuple[int, str, str, str]]:
    """What happened in this case, day by day, the oldest first."""
    told: list[tuple[int, str, str, str]] = []
    if case.completed_day is not None:
        told.append((case.completed_day, "good", _("Completed"), case.title or ""))
    told.append((case.clock_day, "calm", _("Windows count from this day"), case.cohort or ""))
    for link in links:
        behaviour = link.behaviour.title if link.behaviour is not None else ""
        kind, word = link_badge(link)
        told.append((link.performed_day, kind, f"{_('Evidence')}: {word}", behaviour))
    outcome = case.outcome
    if outcome is not None:
        if outcome.superior_confirmed_day is not None:
            told.append(
                (outcome.superior_confirmed_day, "good", _("Confirmed by the superior"), "")
            )
        if outcome.lasting_day is not None:
            told.append((outcome.lasting_day, "good", _("Still applied"), ""))
        if outcome.known_not_day is not None:
            told.append(
                (outcome.known_not_day, "warn", _("Somebody who could see said: not yet"), "")
            )
    if case.ended_day is not None:
        told.append(
            (case.ended_day, "plain", _("Observation ended"), _(ENDED.get(case.ended or "", "")))
        )
    return sorted(told, key=lambda each: each[0])
