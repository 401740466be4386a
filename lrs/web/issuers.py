"""Sign-in services (OpenID Connect) whose tokens systems may send with instead of a key."""

from flask import redirect, render_template, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import errors
from lrs.auth import keys
from lrs.i18n import _
from lrs.store import accounts
from lrs.web import sentences, site
from lrs.web.forms import Form
from lrs.web.rooms import here
from lrs.web.sources import ROOM
from schemas import accounts as entered

Page = str | tuple[str, int] | Answer


@ROOM.page("/issuers", "sources/write")
def issuers() -> Page:
    """Whose tokens are accepted, and which source each client speaks for."""
    return _page(Form())


def _page(form: Form) -> Page:
    there = here()
    with there.read() as connection:
        found = accounts.issuers(connection, there.tenant)
        sources = accounts.sources(connection, there.tenant)
    return render_template(
        "issuers.html",
        form=form,
        issuers=found,
        sources=[(each.name, each.name) for each in sources],
    ), 200 if form.sound else 400


@ROOM.page("/issuers/new", "sources/write", methods=("POST",))
def new_issuer() -> Page:
    """Accept the tokens of a service from now on."""
    there, form = here(), Form.sent()
    told = {name: form[name] for name in ("issuer", "audience", "prefix")}
    lines = [each.strip() for each in form["clients"].splitlines() if each.strip()]
    given = form.try_(lambda: entered.issuer(told, form["source"], lines), {"client": "clients"})
    if given is None:
        return _page(form)

    def add(connection: Connection) -> None:
        made = accounts.add_issuer(connection, there.tenant, **given, now=there.now)
        there.did(connection, "issuer/created", f"issuer {made.id}")

    try:
        there.write(add)
    except errors.NotFound:
        form.wrong("clients", _("There is no source of that name."))
    except errors.Conflict as taken:
        form.wrong("issuer", f"{sentences.told(taken.what)} {sentences.told(taken.mend)}")
    if not form.sound:
        return _page(form)
    keys.forget(there.context.database)
    site.say(_("Its tokens are accepted from now on."))
    return redirect(url_for("web.sources.issuers"), 303)


@ROOM.page("/issuers/<int:number>/remove", "sources/write", methods=("POST",))
def remove_issuer(number: int) -> Page:
    """Accept the tokens of a service no more."""
    there = here()

    def remove(connection: Connection) -> None:
        accounts.remove_issuer(connection, there.tenant, number)
        there.did(connection, "issuer/removed", f"issuer {number}")

    there.write(remove)
    keys.forget(there.context.database)
    site.say(_("Its tokens are refused from now on."))
    return redirect(url_for("web.sources.issuers"), 303)
