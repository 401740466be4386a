"""Who leads, coaches or examines whom: said on a person's page, and agreed to where alumni named
their superior."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import errors, units
from lrs import people as register_of_people
from lrs.i18n import _
from lrs.practice.cases import days
from lrs.store import register
from lrs.store.register import Assignment
from lrs.web import listing, sentences, site
from lrs.web.forms import Form
from lrs.web.people import GUIDES, ROOM, id_of, one_page
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

    saved = _("Saved. Questions go to this superior from that day on.")
    return _entered(person, form, "superior", enter, saved)


@ROOM.page("/people/<person>/guide", "people/write", methods=("POST",))
def set_guide(person: str) -> Page:
    """Say who coaches or examines somebody, or that they do so no more."""
    there, form, identity = here(), Form.sent(), id_of(person)
    form.need("guide")
    if form["role"] not in GUIDES:
        form.wrong("role", _("Choose one of the list."))
    last = there.today - 1 if form["do"] == "end" else None

    def enter(connection: Connection) -> None:
        who = units.who(connection, there.tenant.id, form["guide"])
        first = None if last is None else _since(connection, who)
        given = Assignment(who, identity, form["role"], first, last)
        register_of_people.assign(connection, there.tenant.id, given, there.who)
        there.did(connection, "person/named", f"person {person}")

    def _since(connection: Connection, who: bytes) -> int | None:
        held = register.assigned_to(connection, there.tenant.id, identity)
        stands = (each for each in held if (each.person, each.role) == (who, form["role"]))
        return next((each.first for each in stands), None)

    saved = _("Saved. Signed in as coach or examiner, they see what of this person is theirs.")
    return _entered(person, form, "guide", enter, saved)


def _entered(
    person: str, form: Form, field: str, enter: Callable[[Connection], None], saved: str
) -> Page:
    """The person's page once this is entered, or with what is wrong with who was named."""
    if form.sound:
        try:
            here().write(enter)
        except errors.NotFound:
            form.wrong(field, _("Nobody in the register has this number."))
        except (errors.Conflict, errors.Refused) as told:
            form.wrong(field, sentences.error(told))
    if not form.sound:
        return one_page(person, form), 400
    site.say(saved)
    return redirect(url_for("web.people.one", person=person), 303)
