"""Units of the agency: who works there, who speaks for it, who is its default superior; and the
poster by which citizens tell how its service was."""

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import channels, errors, reporting
from lrs import units as work
from lrs.i18n import _
from lrs.store import browse
from lrs.web import mobile, site
from lrs.web.forms import Form
from lrs.web.people import hex_of
from lrs.web.rooms import Room, here

ROOM = Room("units")

Page = str | tuple[str, int] | Answer


@ROOM.page("/units", "units/read")
def every() -> Page:
    """Every unit by its path."""
    there = here()
    with there.read() as connection:
        found = work.listed(connection, there.tenant.id)
        people = browse.people_by_unit(connection, there.tenant.id, there.today)
    return render_template("units.html", units=found, people=people)


@ROOM.page("/units/<unit>", "units/write", methods=("GET", "POST"))
def one(unit: str) -> Page:
    """Say who speaks for a unit, and who is its default superior."""
    there, identity = here(), hex_of(unit, "unit")
    with there.read() as connection:
        known = {each.id: each for each in work.listed(connection, there.tenant.id)}
        if identity not in known:
            raise errors.NotFound(f"a unit {unit}")
        service = reporting.service(connection, there.tenant.id, identity)
        remarks = reporting.remarks(connection, there.tenant.id, identity)
        form = Form.sent()
        found: dict[str, bytes | None] = {"contact": None, "superior": None}
        for name in found:
            if form[name]:
                try:
                    found[name] = work.who(connection, there.tenant.id, form[name])
                except errors.NotFound:
                    form.wrong(name, _("Nobody in the register has this number."))
    shown = known[identity]
    if request.method == "GET" or not form.sound:
        page = render_template(
            "unit.html",
            unit=shown,
            form=form,
            service=service,
            remarks=remarks,
            base=site.base(),
            known=bool(there.context.settings.public_url),
        )
        return page, 200 if form.sound else 400
    clear = frozenset(form.all("clear")) & {"contact", "superior"}

    def change(connection: Connection) -> None:
        work.set_facts(
            connection,
            there.tenant.id,
            shown.path,
            there.who,
            contact=found["contact"],
            superior=found["superior"],
            clear=clear,
        )
        there.did(connection, "unit/changed", f"unit {unit}")

    there.write(change)
    site.say(_("Saved."))
    return redirect(url_for("web.units.every"), 303)


@ROOM.page("/units/<unit>/poster", "units/write", methods=("POST",))
def poster(unit: str) -> Page:
    """A poster with a code, for printing, by which citizens tell how the service was. Nobody is
    asked who they are."""
    there, identity = here(), hex_of(unit, "unit")
    with there.read() as connection:
        known = {each.id: each for each in work.listed(connection, there.tenant.id)}
    if identity not in known:
        raise errors.NotFound(f"a unit {unit}")
    tenant, now, expires = there.tenant, there.now, there.now + mobile.CITIZEN_LINK
    base = site.base()

    def make(connection: Connection) -> str:
        there.did(connection, "unit/poster-made", f"unit {unit}")
        return channels.citizen_link(connection, tenant, identity, base, expires, now)

    path, url = known[identity].path, there.write(make)
    return mobile.poster(tenant.name, path, url, there.locale, linked=True)
