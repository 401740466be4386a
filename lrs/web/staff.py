"""A superior's own page: their staff, how their trainings stand, whose turn it is, forms to fill.

Staff are those whose superior one is today (`lrs/auth/relations.py`); what others answered about
them is not shown.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import render_template
from sqlalchemy import Connection

from lrs import followup
from lrs.auth import relations, roles
from lrs.i18n import N_
from lrs.practice.records import SUPERIOR
from lrs.store import cases
from lrs.store.cases import Case
from lrs.web import reach, told
from lrs.web.mine import Asked, asked_of
from lrs.web.rooms import SIGNED_IN, Here, Room, here

ROOM = Room("staff")

#: Cases shown, the last completed first.
MOST = 300

TURNS: Final = {
    "you": ("warn", N_("Your turn")),
    "alumni": ("calm", N_("The alumni's turn")),
    "reviewer": ("calm", N_("With the reviewers")),
    "nobody": ("plain", N_("Nobody's turn now")),
}
"""Whose turn it is → kind of badge, words."""


@dataclass(frozen=True, slots=True)
class Line:
    """A training of one of the staff: whose turn it is, and how much of the evidence stands how;
    the page of the case shows each."""

    case: Case
    turn: str
    counted: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Member:
    """One of the staff with their trainings."""

    name: str
    lines: Sequence[Line]


@ROOM.page("/staff", SIGNED_IN)
def every() -> str:
    """My staff, by name."""
    there = here()
    with there.read() as connection:
        staff = _staff(connection, there)
        found = (
            cases.cases(connection, there.tenant.id, whose=staff, limit=MOST).rows if staff else ()
        )
        asked = asked_of(connection, there, SUPERIOR)
        waiting = _waiting(connection, there, asked)
        lines = [_line(connection, there, each, waiting) for each in found]
        called = cases.names_of(connection, there.tenant.id, staff)
    for each in found:
        there.saw("case", each.id.hex())
    members = [
        Member(name, [line for line in lines if line.case.person == person])
        for person, name in sorted(called.items(), key=lambda each: each[1].casefold())
    ]
    return render_template(
        "staff.html",
        known=there.user.person is not None,
        members=members,
        asked=asked,
        turns=TURNS,
        states=told.STATES,
    )


def _staff(connection: Connection, there: Here) -> frozenset[bytes]:
    """Whose cases the reader sees as their superior; what else they may is not for this page."""
    if not roles.decide(there.user.roles, "cases/read", {"staff"}):
        return frozenset()
    viewer = reach.viewer(there)
    return relations.seen(connection, viewer, relations.RELATIONS["staff"](connection, viewer))


def _waiting(connection: Connection, there: Here, asked: Sequence[Asked]) -> frozenset[bytes]:
    """The cases about which the reader is asked now."""
    pages = [
        followup.page(connection, there.tenant, bytes.fromhex(each.round), there.now)
        for each in asked
    ]
    found = {row.about.case for page in pages for row in page.waiting}
    return frozenset(each for each in found if each is not None)


def _line(connection: Connection, there: Here, case: Case, waiting: frozenset[bytes]) -> Line:
    links = cases.links_of_case(connection, there.tenant.id, case.id)
    states = Counter(each.state for each in links)
    if case.id in waiting:
        turn = "you"
    elif case.state != "open" or case.ended is not None:
        turn = "nobody"
    elif "returned" in states:
        turn = "alumni"
    elif states["submitted"] or states["in_review"]:
        turn = "reviewer"
    elif case.outcome is not None and case.outcome.applied_day is not None:
        turn = "nobody"
    else:
        turn = "alumni"
    counted = [(state, states[state]) for state in told.STATES if states[state]]
    return Line(case, turn, counted)
