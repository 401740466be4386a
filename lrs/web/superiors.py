"""Who is whose superior: said on a person's page, and agreed to where the alumni named one."""

from typing import Any

from flask import redirect, render_template, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import errors, units
from lrs.i18n import _
from lrs.practice.cases import days
from lrs.store import register
from lrs.web import listing, sentences, site
from lrs.web.forms import Form
from lrs.web.people import ROOM, id_of, one_page
from lrs.web.rooms import here

Page = str | tuple[str, int] | Answer


@ROOM.page("/people/superiors", "people/write")
def superiors() -> str:
    """Superiors whom alumni named and nobody has decided on yet, by unit."""
    there = here()
    with there.read() as connection:
        found = units.named(connection, there.tenant.id)
        paths = register.units(connection, there.tenant.id)
    rows = [(paths.get(each.unit or b"", ("", {}))[0], each) for each in found]
    after = listing.after(tuple[str, str, str])
    left = [row for row in rows if after is None or _key(row) > after]
    there.saw("people", "superiors")
    return render_template("superiors.html", listed=listing.page(left, _key), total=len(rows))


def _key(row: Any) -> tuple[str, str, str]:
    path, each = row
    return path, each.name, each.person.hex()


@ROOM.page("/people/<person>/superior/decide", "people/write", methods=("POST",))
def decide_superior(person: str) -> Answer:
    """Agree to the superior whom somebody named, or refuse."""
    there, form, identity = here(), Form.sent(), id_of(person)
    agreed = form["do"] == "agree"

    def decide(connection: Connection) -> None:
        units.agree_superior(connection, there.tenant.id, identity, there.who, agreed=agreed)
        done = "superior/confirmed" if agreed else "superior/turned-down"
        there.did(connection, done, f"person {person}")

    try:
        there.write(decide)
    except errors.Conflict as told:
        site.say(sentences.error(told))
    else:
        site.say(_("Agreed.") if agreed else _("Refused. They may name another."))
    return redirect(url_for("web.people.superiors"), 303)


@ROOM.page("/people/<person>/superior", "people/write", methods=("POST",))
def set_superior(person: str) -> Page:
    """Say who is somebody's superior, from a day on."""
    there, form, identity = here(), Form.sent(), id_of(person)
    form.need("superior")
    day = Form.day(form["since"]) if form["since"] else None
    if form["since"] and day is None:
        form.wrong("since", _("Give a day, such as 2026-03-31."))

    def enter(connection: Connection) -> None:
        named = units.who(connection, there.tenant.id, form["superior"])
        since = days(day) if day else there.today
        units.set_superior(connection, there.tenant.id, identity, named, there.who, day=since)
        there.did(connection, "superior/named", f"person {person}")

    if form.sound:
        try:
            there.write(enter)
        except errors.NotFound:
            form.wrong("superior", _("Nobody in the register has this number."))
        except errors.Conflict as told:
            form.wrong("superior", sentences.error(told))
    if not form.sound:
        return one_page(person, form), 400
    site.say(_("Saved. Questions go to this superior from that day on."))
    return redirect(url_for("web.people.one", person=person), 303)
