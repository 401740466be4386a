"""The log of letters: what goes out by mail, what went, what came back and why.

Who looks after the service sees kinds, states and reasons; names are for who sees invitations.
"""

from typing import Final

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import followup
from lrs.errors import NotFound
from lrs.i18n import N_, _, ngettext
from lrs.practice.followup import DUE
from lrs.store import invitations
from lrs.web import listing, site
from lrs.web.people import hex_of
from lrs.web.rooms import Room, here

ROOM = Room("letters")

KINDS: Final = {
    invitations.INVITE: N_("Invitation"),
    invitations.REMIND: N_("Reminder"),
    invitations.ESCALATE: N_("Word to a unit's contact"),
    invitations.RECEIPT: N_("Receipt of answers"),
    invitations.UNIT: N_("Questions to a unit's contact"),
}

STATES: Final = {
    "due": ("calm", N_("to go out")),
    "sending": ("calm", N_("going out")),
    "sent": ("good", N_("went out")),
    "undeliverable": ("bad", N_("came back")),
    "unsure": ("warn", N_("may have gone out")),
    "cancelled": ("plain", N_("not needed")),
}


@ROOM.page("/letters", "audit/read")
def every() -> str:
    """Letters, the newest first."""
    there = here()
    state, kind = listing.asked("state"), listing.asked("kind")
    named = there.may("invitations/read")
    with there.read() as connection:
        rows = invitations.letter_log(
            connection,
            there.tenant.id,
            states=[state] if state in STATES else (),
            kinds=[kind] if kind in KINDS else (),
            after=listing.after(tuple[int, str]),
            limit=listing.SIZE + 1,
        )
        counts = invitations.letter_counts(connection, there.tenant.id)
        people = sorted({each.letter.person for each in rows if each.letter.person})
        facts = invitations.facts(connection, there.tenant.id, people) if named else {}
    there.saw("letters", state or "all")
    return render_template(
        "letters.html",
        listed=listing.page(rows, lambda each: (each.made, each.letter.id.hex())),
        counts=counts,
        named=named,
        names={person: str(told.get("name") or "?") for person, told in facts.items()},
        kinds={word: _(name) for word, name in KINDS.items()},
        states={word: (badge, _(name)) for word, (badge, name) in STATES.items()},
        may_write=there.may("invitations/write"),
        mail=site.mails(),
    )


@ROOM.page("/letters/<letter>/again", "invitations/write", methods=("POST",))
def again(letter: str) -> Answer:
    """Try a letter now that did not go out."""
    there, wanted = here(), hex_of(letter, "letter")
    tenant, now = there.tenant, there.now

    def work(connection: Connection) -> None:
        if not invitations.try_again(connection, tenant.id, wanted, followup.micros(now)):
            raise NotFound(f"a letter {letter} that did not go out")
        there.did(connection, "letter/again", f"letter {letter}")

    there.write(work)
    site.say(_("It is tried within a few seconds."))
    return redirect(
        url_for("web.letters.every", state=request.form.get("narrowed_state") or None), 303
    )


@ROOM.page("/letters/now", "invitations/write", methods=("POST",))
def now() -> Answer:
    """Ask and remind at once whom it is time to ask and remind, on whatever day and hour."""
    there = here()
    tenant, moment = there.tenant, there.now
    rules = followup.rules(there.context.settings)
    with there.read() as connection:
        made, _gathered = followup.plan(connection, tenant, moment, rules)

    def work(connection: Connection) -> followup.Done:
        done = followup.enter(connection, tenant, made, moment, rules)
        there.did(connection, "followup/sent-now", f"letters {done.letters}")
        return done

    done = there.write(work)
    number = done.made.get(DUE, 0)
    told = ngettext("One invitation is made.", "%(num)s invitations are made.", number)
    site.say(told % {"num": number})
    told = ngettext("One letter goes out.", "%(num)s letters go out.", done.letters)
    site.say(told % {"num": done.letters})
    return redirect(url_for("web.invitations.waiting"), 303)
