"""How the service fares: its database, what the worker still has to do, its settings."""

from typing import Final

from flask import render_template

from lrs.i18n import N_, _
from lrs.store import accounts, browse, duties, health, practice
from lrs.web.rooms import Room, here
from lrs.web.sources import lines

ROOM = Room("service")

#: What the worker does, by the name of its duty (`lrs/worker.py`).
DUTIES: Final = {
    "project": N_("Works out what came in: who takes part in what, and the cases it opens"),
    "announce": N_("Tells webhooks what is news"),
    "send_letters": N_("Sends the letters that are due"),
    "settle_refusals": N_("Ticks off what was refused and has come again since"),
    "count_figures": N_("Counts figures ahead, so that no page has to"),
    "follow_up": N_("Asks and reminds whom it is time to ask, on working days"),
    "tidy_database": N_("Keeps the database tidy"),
    "sweep_sessions": N_("Drops sessions that ended"),
    "sweep_files": N_("Drops reports and scans that nobody came back to"),
    "sweep_webhooks": N_("Forgets what webhooks were told long ago"),
}


@ROOM.page("/service", "service/write")
def overview() -> str:
    """Findings, work that is left, settings in force."""
    there = here()
    settings = there.context.settings
    largest = max(settings.body_limit, settings.document_limit)
    with there.read() as connection:
        counts = browse.counts(connection, there.tenant.id)
        newest = browse.newest(connection, there.tenant.id)
        state = practice.state(connection, there.tenant.id)
        noted = duties.every(connection)
        sources = lines(connection, accounts.sources(connection, there.tenant))
    come = None if state is None else state[0]
    return render_template(
        "service.html",
        findings=list(health.look(there.context.database, largest=largest)),
        counts=counts,
        newest=newest,
        come=come,
        duties=[(_(about), noted.get(name)) for name, about in DUTIES.items()],
        silent=[each for each in sources if each.state == "silent"],
        settings=list(settings.lines()),
    )
