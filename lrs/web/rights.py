"""What a person may ask of their data, for who keeps the register: requests and until when they are
to be answered, putting right, restricting, erasing with a receipt.
"""

import uuid
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import agency, erasure, rights, units
from lrs.adapters import Adapters
from lrs.errors import NotFound
from lrs.i18n import N_, _
from lrs.papers import receipt as paper
from lrs.papers.document import Document
from lrs.practice.cases import days
from lrs.practice.people import Person
from lrs.store import register
from lrs.web import site
from lrs.web.forms import Form, choices
from lrs.web.people import id_of
from lrs.web.reports import handed
from lrs.web.rooms import Here, Room, here
from lrs.web.slices import today

ROOM = Room("rights")

Page = str | tuple[str, int] | Answer

#: What may be asked, as people call it.
ASKS: Final = {
    rights.COPY: N_("a copy of what is held"),
    rights.RECTIFY: N_("to have something put right"),
    rights.RESTRICT: N_("to have the use of it restricted"),
    rights.ERASE: N_("to be erased"),
}
STATES: Final = {
    rights.OPEN: ("warn", N_("Waits")),
    rights.DONE: ("good", N_("Done")),
    rights.REFUSED: ("bad", N_("Refused")),
}


@cache
def _adapters() -> Adapters:
    return Adapters.installed()


def _known(connection: Connection, there: Here, person: str) -> Person:
    known = register.people(connection, there.tenant.id, [id_of(person)]).get(id_of(person))
    if known is None or known.merged_into is not None:
        raise NotFound(f"a person {person}")
    return known


# Requests ------------------------------------------------------------------------------------


@ROOM.page("/rights", "rights/write")
def every() -> str:
    """What people asked and what became of it; and the receipts of erasures."""
    there = here()
    with there.read() as connection:
        found = rights.requests(connection, there.tenant)
        known = register.people(connection, there.tenant.id, {each.person for each in found})
        receipts = erasure.receipts(connection, there.tenant)
    there.saw("requests", "all")
    return render_template(
        "rights_every.html",
        found=found,
        names={each: person.name for each, person in known.items()},
        receipts=receipts,
        asks=ASKS,
        words=rights.ASKED_BY,
        states=STATES,
        now=there.now,
    )


@ROOM.page("/people/<person>/rights", "rights/write")
def one(person: str) -> str:
    """One person: their requests, and what can be done."""
    return _one(person, Form.of(kind=rights.COPY, asked_by="person"))


def _one(person: str, form: Form) -> str:
    there = here()
    with there.read() as connection:
        known = _known(connection, there, person)
        found = rights.requests(connection, there.tenant, person=id_of(person))
    there.saw("requests of person", person)
    return render_template(
        "rights.html",
        person=person,
        known=known,
        found=found,
        form=form,
        asks=ASKS,
        words=rights.ASKED_BY,
        states=STATES,
        kinds=choices(ASKS),
        word_choices=choices(rights.ASKED_BY),
        now=there.now,
    )


def _done(person: str, form: Form, work: Callable[[Connection], Any], said: str) -> Page:
    """Do it, and go back to the person; what is wrong is told in the form."""
    there = here()
    form.try_(lambda: there.write(work))
    if not form.sound:
        return _one(person, form), 400
    site.say(said)
    return redirect(url_for("web.rights.one", person=person), 303)


@ROOM.page("/people/<person>/rights/ask", "rights/write", methods=("POST",))
def ask(person: str) -> Page:
    """Record a request."""
    there, form, identity = here(), Form.sent(), id_of(person)
    tenant, who, now = there.tenant, there.who, there.now

    def work(connection: Connection) -> None:
        rights.ask(
            *(connection, tenant, identity, form["kind"]),
            asked_by=form["asked_by"],
            by=who,
            now=now,
            note=form["note"],
        )
        there.did(connection, "request/recorded", f"person {person}")

    return _done(person, form, work, _("Recorded. It says until when it is to be answered."))


@ROOM.page("/people/<person>/rights/settle", "rights/write", methods=("POST",))
def settle(person: str) -> Page:
    """Say what became of a request."""
    there, form = here(), Form.sent()
    tenant, who, now = there.tenant, there.who, there.now
    wanted = id_of(form["request"], "request")
    state = rights.REFUSED if form["state"] == rights.REFUSED else rights.DONE

    def work(connection: Connection) -> None:
        rights.settle(connection, tenant, wanted, state, reason=form["reason"], by=who, now=now)
        done = "turned-down" if state == rights.REFUSED else "done"
        there.did(connection, f"request/{done}", f"person {person}")

    return _done(person, form, work, _("Recorded."))


@ROOM.page("/people/<person>/rights/restrict", "rights/write", methods=("POST",))
def restrict(person: str) -> Page:
    """Keep what is held without using it, or end that."""
    there, form, identity = here(), Form.sent(), id_of(person)
    tenant, who, now = there.tenant, there.who, there.now
    lifted = form["lifted"] == "yes"

    def work(connection: Connection) -> None:
        if lifted:
            rights.lift(connection, tenant, identity, why=form["why"], by=who)
        else:
            rights.restrict(connection, tenant, identity, why=form["why"], by=who, now=now)
        action = "person/lifted" if lifted else "person/restricted"
        there.did(connection, action, f"person {person}")

    said = _("It is used again.") if lifted else _("It is kept, and not used.")
    return _done(person, form, work, said)


# Putting right -------------------------------------------------------------------------------


@ROOM.page("/people/<person>/rectify", "rights/write", methods=("GET", "POST"))
def rectify(person: str) -> Page:
    """Put right what the register says of somebody."""
    there, identity = here(), id_of(person)
    tenant, who, now = there.tenant, there.who, there.now
    with there.read() as connection:
        known = _known(connection, there, person)
        stands = _stands(connection, there, known)
    if request.method == "GET":
        return render_template(
            "rectify.html", person=person, known=known, form=Form.of(**stands, since="")
        )
    form = Form.sent()
    told: dict[str, Any] = {
        word: form[word] for word in stands if form[word] != (stands[word] or "")
    }
    since = Form.day(form["since"])
    if form["since"] and since is None:
        form.wrong("since", _("This is no day."))
    changed: list[str] = []

    def work(connection: Connection) -> None:
        if told.get("superior"):
            told["superior"] = units.who(connection, tenant.id, str(told["superior"]))
        elif "superior" in told:
            told["superior"] = None
        day = days(since) if since else None
        made = rights.rectify(connection, tenant, identity, told, by=who, now=now, day=day)
        changed.extend(made)
        there.did(connection, "person/rectified", f"person {person}")

    if form.sound:
        try:
            form.try_(lambda: there.write(work))
        except NotFound:
            form.wrong("superior", _("Nobody in the register has this number."))
    if not form.sound:
        return render_template("rectify.html", person=person, known=known, form=form), 400
    site.say(_("Put right.") if changed else _("It stood so already."))
    return redirect(url_for("web.people.one", person=person), 303)


def _stands(connection: Connection, there: Here, known: Person) -> dict[str, Any]:
    """What the register says now, as the form has it: a superior by number."""
    post = known.post(there.today) or (known.posts[-1] if known.posts else None)
    paths = register.units(connection, there.tenant.id)
    boss = post.superior if post else None
    found = register.people(connection, there.tenant.id, [boss] if boss else [])
    return {
        "name": known.name,
        "mail": known.facts.get("mail"),
        "phone": known.facts.get("phone"),
        "number": _number(known),
        "unit": paths.get(post.unit, ("", {}))[0] if post and post.unit else None,
        "title": post.title if post else None,
        "superior": _number(found[boss]) if boss in found and boss else None,
    }


def _number(known: Person) -> str | None:
    held = [i.text for i in known.identifiers if i.kind in ("nip", "ni_pppk") and i.confirmed]
    return held[-1] if held else None


# Erasing -------------------------------------------------------------------------------------


@ROOM.page("/people/<person>/erase", "rights/write", methods=("GET", "POST"))
def erase(person: str) -> Page:
    """What would go; and, with a reason and the name typed once more, that it goes."""
    there, identity = here(), id_of(person)
    erases = request.method == "POST"
    looked = erasure.look(there.context.database, there.tenant, identity, thorough=erases)
    with there.read() as connection:
        waiting = [
            each
            for each in rights.requests(connection, there.tenant, person=identity, open_only=True)
            if each.kind == rights.ERASE
        ]
    there.saw("erasure of person", person)
    form = Form.sent() if erases else Form.of(asked_by="person")
    if erases:
        receipt = form.try_(
            lambda: erasure.erase(
                *(there.context.database, there.tenant, _adapters(), looked),
                reason=form["reason"],
                asked_by=form["asked_by"],
                confirmed=form["confirmed"],
                by=there.who,
                now=there.now,
                request=waiting[0].id if waiting else None,
            )
        )
        if receipt is not None:
            named = str(uuid.UUID(bytes=receipt.id))
            # What was noted of this page names who is gone.
            there.seen.clear()
            there.write(lambda c: there.did(c, "person/erased", f"receipt {named}"))
            site.say(_("Erased for good."))
            return redirect(url_for("web.rights.receipt", receipt=named), 303)
    page = render_template(
        "erase.html",
        person=person,
        looked=looked,
        counted=[(_(erasure.COUNTED[kind]), count) for kind, count in looked.counts.items()],
        notes=[_(note) for note in looked.notes],
        form=form,
        word_choices=choices(rights.ASKED_BY),
    )
    return page if form.sound else (page, 400)


@ROOM.page("/erasures/<receipt>", "rights/write")
def receipt(receipt: str) -> str:
    """A receipt."""
    return render_template("receipt.html", document=_paper(receipt), receipt=receipt)


@ROOM.page("/erasures/<receipt>/pdf", "rights/write")
def receipt_file(receipt: str) -> Response:
    """The receipt on paper."""
    return handed(_paper(receipt), "pdf")


def _paper(receipt: str) -> Document:
    there = here()
    tenant, now, wanted = there.tenant, there.now, id_of(receipt, "receipt")

    def work(connection: Connection) -> tuple[erasure.Receipt, str]:
        found = erasure.receipt_of(connection, tenant, wanted)
        return found, erasure.code(connection, tenant, found, now)

    found, code = there.write(work)
    with there.read() as connection:
        head = agency.letterhead(connection, tenant.id, tenant.name)
    base = there.context.settings.public_url or request.url_root.rstrip("/")
    return paper.made(found, head, today(), base + url_for("web.check.one", code=code))
