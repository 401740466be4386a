"""How the service fares: its database, what the worker still has to do, its settings."""

from flask import render_template

from lrs.adapters import Adapters
from lrs.store import browse, health, practice
from lrs.web.rooms import Room, here

ROOM = Room("service")


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
    come = None if state is None else state[0]
    return render_template(
        "service.html",
        findings=list(health.look(there.context.database, largest=largest)),
        counts=counts,
        newest=newest,
        come=come,
        settings=list(settings.lines()),
        adapters=Adapters.installed().every,
    )
