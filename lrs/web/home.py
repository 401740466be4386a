"""The first page: how things stand, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from lrs import refusals
from lrs.i18n import _
from lrs.store import accounts, browse, cases, refused
from lrs.web import summary
from lrs.web.rooms import SIGNED_IN, Room, here
from lrs.web.slices import given
from lrs.web.sources import lines

ROOM = Room("home")


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that leads to its list."""

    number: int
    called: str
    there: str


@ROOM.page("/", SIGNED_IN)
def overview() -> str | Answer:
    """How things stand, of what the reader may see; an empty store begins with the set-up."""
    there = here()
    if there.user.roles <= {"learner", "superior", "peer"} and there.user.person is not None:
        mine = "web.mine.overview" if "learner" in there.user.roles else "web.staff.every"
        return redirect(url_for(mine), 303)
    tiles: list[Tile] = []
    senders = []
    with there.read() as connection:
        counts = browse.counts(connection, there.tenant.id)
        if there.may("sources/write") and browse.newest(connection, there.tenant.id) is None:
            return redirect(url_for("web.setup.start"), 303)
        if there.may("links/read"):
            waiting = cases.waiting(connection, there.tenant.id)
        else:
            waiting = {}
        if there.may("refusals/write"):
            which = refusals.meant(connection, there.tenant, states=refused.OPEN)
            held = sum(refused.count(connection, which).values())
        else:
            held = 0
        if there.may("sources/write"):
            senders = lines(connection, accounts.sources(connection, there.tenant))
        part = summary.of(given(connection)) if there.reach("figures/read") else None
    tiles += _practice(counts, waiting)
    if there.may("identities/read"):
        tiles.append(
            Tile(counts["unknown"], _("unknown accounts"), url_for("web.identities.every"))
        )
    if there.may("refusals/write"):
        tiles.append(Tile(held, _("refused records"), url_for("web.refusals.every")))
    silent = [each for each in senders if each.state == "silent"]
    return render_template("overview.html", tiles=tiles, silent=silent, summary=part)


def _practice(counts: Mapping[str, int], waiting: Mapping[str, int]) -> list[Tile]:
    there = here()
    tiles = []
    if there.may("cases/read"):
        tiles.append(
            Tile(counts["open"], _("completions in follow-up"), url_for("web.cases.every"))
        )
    if there.may("verdicts/write"):
        number = sum(waiting.get(state, 0) for state in cases.TO_REVIEW)
        tiles.append(Tile(number, _("links to review"), url_for("web.review.queue")))
    if there.may("programmes/read"):
        tiles.append(Tile(counts["programmes"], _("programmes"), url_for("web.programmes.every")))
    if there.may("people/read"):
        tiles.append(Tile(counts["people"], _("people"), url_for("web.people.every")))
    return tiles
