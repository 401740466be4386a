"""Ringkasan: is the training reaching the work? And what is due, and whether senders still send."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import render_template, url_for
from sqlalchemy import Connection

from lrs import advice
from lrs.i18n import _
from lrs.papers import figures, wording
from lrs.papers.document import Block
from lrs.papers.given import Given
from lrs.practice import forms
from lrs.practice.cases import days
from lrs.reports.shapes import Slice
from lrs.store import accounts, cases
from lrs.store import invitations as ledger
from lrs.web.rooms import ACTIONS, Room, here
from lrs.web.slices import choices, given
from lrs.web.sources import STATES

ROOM = Room("summary")


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure: what it is, between what and what it lies, of how many."""

    called: str
    range: str
    told: str


@dataclass(frozen=True, slots=True)
class Due:
    """Something that waits, how many, and how many of them too long; where they are listed, and
    where those that wait too long are (None: not for the reader)."""

    what: str
    number: int
    late: int
    there: str | None
    late_there: str | None


@dataclass(frozen=True, slots=True)
class Sender:
    """A source, and how it fares: sends, silent, never."""

    source: accounts.Source
    state: str


@ROOM.page("/summary", "figures/read", narrowed=True)
def overview() -> str:
    """How far what was learned reaches the work, for the part that is asked about."""
    with here().read() as connection:
        asked = given(connection)
        return render_template("summary.html", **of(asked))


def of(asked: Given) -> dict[str, object]:
    """All that the page shows."""
    connection, made = asked.connection, asked.figure
    applied, time, known = made("M1"), made("M2"), made("M12")
    sections: list[tuple[str, list[Block]]] = [
        (_("How far they come"), figures.funnel(made("funnel"), "funnel")),
        (_("How long it takes"), figures.curve(time, "curve")),
        (
            _("What stands in the way"),
            figures.barriers(
                made("M8"),
                "barriers",
                _("Barriers to applying"),
                forms.BARRIERS,
                "answered_applying",
            ),
        ),
    ]
    share, median = applied.total.measure("applied"), time.total.measure("median_days")
    tiles = [
        Tile(
            _("Applied within %(days)s days") % {"days": applied.horizon},
            wording.span(share),
            wording.told(share),
        ),
        Tile(
            _("Half had applied after (days)"),
            _("not reached yet") if median.value is None else wording.span(median),
            wording.told(median),
        ),
        *(
            Tile(wording.named(each), wording.span(each), wording.told(each))
            for each in (known.total.measure("known_not"), known.total.measure("unknown"))
        ),
    ]
    everybody = not asked.published
    return {
        "asked": asked,
        "choices": choices(asked),
        "tiles": tiles,
        "sections": sections,
        "notes": wording.notes(applied),
        "due": _due(connection, asked.slice) if everybody else [],
        "senders": _senders(connection) if everybody else [],
        "states": STATES,
        "nothing": not any(each.high or each.hidden for each in made("funnel").total.measures),
    }


def _due(connection: Connection, part: Slice) -> list[Due]:
    """What waits for somebody, and what has waited too long."""
    tenant, day = here().tenant.id, part.as_of
    waiting = cases.waiting(connection, tenant)
    overdue = here().now - timedelta(days=part.review_days)
    span = (None, int(overdue.timestamp() * 1_000_000))
    late = sum(cases.waiting(connection, tenant, waiting_since=span).values())
    counts = ledger.overdue(connection, tenant, days(day))
    open_ = [each for each in advice.every(connection, tenant) if each.state == advice.OPEN]
    return [
        Due(
            _("Links to review"),
            sum(waiting.get(each, 0) for each in cases.TO_REVIEW),
            late,
            *_ways("web.review.queue", age="overdue"),
        ),
        Due(
            _("Questions to be sent"),
            counts["due"],
            counts["due_late"],
            *_ways("web.invitations.due", state="due", late="yes"),
        ),
        Due(
            _("Questions without an answer yet"),
            counts["sent"],
            counts["sent_late"],
            *_ways("web.invitations.due", state="sent", late="yes"),
        ),
        Due(
            _("Recommendations"),
            len(open_),
            sum(each.late(day) for each in open_),
            *_ways("web.agency.recommendations"),
        ),
    ]


def _ways(endpoint: str, **narrowed: Any) -> tuple[str | None, str | None]:
    """Where all of them are listed, and where those that are late are; None for who may not."""
    if not here().may(ACTIONS[endpoint][0]):
        return None, None
    late = url_for(endpoint, **narrowed)
    return url_for(endpoint, state=narrowed.get("state")), late


def _senders(connection: Connection) -> list[Sender]:
    """Every source, those that fell silent first."""
    there = here()
    sources = accounts.sources(connection, there.tenant)
    found = [Sender(each, each.state(there.now)) for each in sources]
    order = ("silent", "sends", "never")
    return sorted(found, key=lambda each: (order.index(each.state), each.source.name))
