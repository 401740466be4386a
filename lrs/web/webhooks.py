"""Webhooks: who is told of cases, evidence and verdicts; tried, looked at, tried again."""

from collections.abc import Mapping
from typing import Final

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import webhooks
from lrs.errors import NotFound
from lrs.i18n import N_, _
from lrs.store import webhooks as store
from lrs.store.webhooks import Webhook
from lrs.web import listing, sentences, site
from lrs.web.forms import Form
from lrs.web.people import hex_of
from lrs.web.rooms import Here, Room, here

ROOM = Room("webhooks")

Page = str | tuple[str, int] | Answer

EVENTS: Final[Mapping[str, str]] = {
    webhooks.OPENED: N_("A case opened"),
    webhooks.HANDED_IN: N_("Evidence was handed in"),
    webhooks.VERDICT: N_("A verdict was given"),
}

STATES: Final = {
    store.WAITING: ("calm", N_("waits")),
    store.DELIVERED: ("good", N_("delivered")),
    store.GIVEN_UP: ("bad", N_("given up")),
}


@ROOM.page("/webhooks", "webhooks/write")
def every() -> str:
    """Who is told of what, and the newest deliveries."""
    return _every(Form({}, {"events": list(EVENTS)}))


def _every(form: Form) -> str:
    there = here()
    state = listing.asked("state")
    with there.read() as connection:
        hooks = store.of_tenant(connection, there.tenant.id)
        page = store.deliveries(
            connection,
            there.tenant.id,
            states=[state] if state in STATES else (),
            after=listing.place(),
            limit=listing.SIZE,
        )
    return render_template(
        "webhooks.html",
        form=form,
        hooks=hooks,
        called={each.id: each.label or each.url for each in hooks},
        listed=listing.of(page),
        events=[(event, _(word), "") for event, word in EVENTS.items()],
        event_words={event: _(word) for event, word in EVENTS.items()},
        states={word: (kind, _(name)) for word, (kind, name) in STATES.items()},
    )


@ROOM.page("/webhooks/new", "webhooks/write", methods=("POST",))
def new() -> Page:
    """Tell an address from now on. Its secret is shown by this answer and by none after it."""
    there, form = here(), Form.sent()
    form.need("url")
    form.tick("events")
    if form.sound:
        made = form.try_(
            lambda: webhooks.add(
                there.context.database,
                there.tenant,
                form["url"],
                form.all("events"),
                form["label"],
                targets=there.context.settings.webhook_targets,
                now=there.now,
            )
        )
        if made is not None:
            there.write(lambda c: there.did(c, "webhook/created", f"webhook {made.id.hex()}"))
            return render_template("webhook_new.html", made=made)
    return _every(form), 400


def _hook(connection: Connection, there: Here, webhook: str) -> Webhook:
    wanted = hex_of(webhook, "webhook")
    for each in store.of_tenant(connection, there.tenant.id):
        if each.id == wanted:
            return each
    raise NotFound(f"a webhook {webhook}")


@ROOM.page("/webhooks/<webhook>/test", "webhooks/write", methods=("POST",))
def test(webhook: str) -> Page:
    """Send an event that tells of nothing, and say what came of it."""
    there = here()
    with there.read() as connection:
        hook = _hook(connection, there, webhook)
    tried = webhooks.test(there.tenant, hook, there.now, there.context.settings.webhook_targets)
    there.write(lambda c: there.did(c, "webhook/tested", f"webhook {webhook}"))
    if tried:
        site.say(_("It was taken: the answer was %(status)s.") % {"status": tried.status})
    elif tried.status is not None:
        told = {"status": tried.status, "why": tried.error}
        site.say(_("It was not taken: the answer was %(status)s %(why)s.") % told)
    else:
        why = sentences.told(tried.error or "–")
        site.say(_("It could not be sent: %(why)s") % {"why": why})
    return redirect(url_for("web.webhooks.every"), 303)


@ROOM.page("/webhooks/<webhook>/remove", "webhooks/write", methods=("POST",))
def remove(webhook: str) -> Page:
    """Tell an address no more; what waits for it is dropped."""
    there, wanted = here(), hex_of(webhook, "webhook")
    webhooks.remove(there.context.database, there.tenant, wanted)
    there.write(lambda c: there.did(c, "webhook/removed", f"webhook {webhook}"))
    site.say(_("It is told no more."))
    return redirect(url_for("web.webhooks.every"), 303)


@ROOM.page("/webhooks/deliveries/<delivery>/again", "webhooks/write", methods=("POST",))
def again(delivery: str) -> Page:
    """Try a delivery anew that was given up or waits."""
    there, wanted = here(), hex_of(delivery, "delivery")
    webhooks.again(there.context.database, there.tenant, wanted, there.now)
    there.write(lambda c: there.did(c, "webhook/again", f"delivery {delivery}"))
    site.say(_("It is tried within a few seconds."))
    state = request.form.get("narrowed_state") or None
    return redirect(url_for("web.webhooks.every", state=state), 303)
