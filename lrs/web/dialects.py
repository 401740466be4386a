"""What reads the dialects of senders: the adapters that are installed, and those that the agency
declares in a file, tried on the newest records before they are in force."""

import uuid
from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import declared, readings
from lrs.adapters import Adapters
from lrs.errors import NotFound, Refused
from lrs.i18n import _
from lrs.store.register import Applied
from lrs.web import listing, site
from lrs.web.forms import Form, take_file
from lrs.web.rooms import here
from lrs.web.sources import ROOM
from lrs.web.statements import Read, read_as
from schemas import adapters as schema
from schemas import written

Page = str | tuple[str, int] | Answer

#: A declaration to begin with.
EXAMPLE = """adapters:
  - name: kampus
    about: Portal Kampus ASN
    platforms: ["Kampus ASN*"]
    rules:
      - kind: completed
        verbs: [https://kampus.example.go.id/verbs/lulus]
        objects: ["https://kampus.example.go.id/ujian/*"]
        course: grouping
      - kind: attended
        verbs: [https://kampus.example.go.id/verbs/membuka]
        course: parent
"""


@ROOM.page("/dialects", "sources/write")
def dialects() -> str:
    """Every adapter, in the order in which they are asked."""
    there = here()
    with there.read() as connection:
        own = declared.in_force(connection, there.tenant.id)
    return render_template("dialects.html", own=own, installed=Adapters.installed().every)


@ROOM.page("/dialects/declare", "sources/write", methods=("GET", "POST"))
def declare() -> Page:
    """Write a dialect down, or change one (`of` in the address): tried, then in force."""
    there, form = here(), Form.sent()
    if request.method == "GET":
        wanted = listing.asked("of")
        with there.read() as connection:
            own = declared.in_force(connection, there.tenant.id)
        chosen = [each for each in own if each["name"] == wanted]
        if wanted and not chosen:
            raise NotFound(f"a declared adapter {wanted}")
        text = written.as_yaml({"adapters": chosen}) if chosen else EXAMPLE
        return render_template("dialect.html", form=Form({"adapters": text}), most=declared.NEWEST)
    take_file(form, "file", "adapters")
    try:
        given = schema.load(written.read(form["adapters"]))
    except Refused as refused:
        form.found("adapters", refused.problems)
        return render_template("dialect.html", form=form, most=declared.NEWEST), 400
    if form["do"] == "enter" and form.sound:
        return _entered(given)
    with there.read() as connection:
        done = declared.plan(connection, there.tenant.id, given)
        read, found = declared.trial(connection, there.tenant, given)
        reading = _looked_at(connection, form, given) if form["statement"] else None
    return render_template(
        "dialect.html",
        form=form,
        most=declared.NEWEST,
        done=done,
        read=read,
        found=sorted(found.items()),
        reading=reading,
    ), 200 if form.sound else 400


def _looked_at(connection: Connection, form: Form, given: list[dict[str, Any]]) -> Read | None:
    """How the one record that the form names would be read."""
    there = here()
    try:
        wanted = uuid.UUID(form["statement"])
        told = readings.explain(connection, there.tenant, Adapters.installed(), wanted, given)
    except (ValueError, NotFound):
        form.wrong("statement", _("There is no record with this number."))
        return None
    there.saw("statement", str(wanted))
    return read_as(told)


def _entered(given: list[dict[str, Any]]) -> Answer:
    there = here()

    def enter(connection: Connection) -> Applied:
        done = declared.apply(connection, there.tenant.id, given, there.who)
        for name in (*done.new, *done.changed):
            there.did(connection, "adapter/entered", f"adapter {name}")
        return done

    done = there.write(enter)
    if done.facts:
        site.say(_("In force. All records are read again, and cases follow by themselves."))
    else:
        site.say(_("It stands so already; nothing was changed."))
    return redirect(url_for("web.sources.dialects"), 303)


@ROOM.page("/dialects/<name>/remove", "sources/write", methods=("POST",))
def remove_dialect(name: str) -> Page:
    """Take a declared adapter away: what only it could read is a plain record again."""
    there = here()

    def remove(connection: Connection) -> None:
        declared.remove(connection, there.tenant.id, name, there.who)
        there.did(connection, "adapter/removed", f"adapter {name}")

    there.write(remove)
    site.say(_("It is taken away. All records are read again."))
    return redirect(url_for("web.sources.dialects"), 303)
