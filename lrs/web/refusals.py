"""Refused data: what was wrong, and mending, sending again, or leaving it."""

from collections.abc import Iterator
from typing import Final

import msgspec
from flask import Response, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import errors
from lrs import refusals as work
from lrs.i18n import N_, _, ngettext
from lrs.store import accounts, refused
from lrs.store.refused import Row
from lrs.web import listing, sentences, site
from lrs.web.forms import Form
from lrs.web.rooms import Room, here
from lrs.xapi.repairs import REPAIRS

ROOM = Room("refusals")

Page = str | tuple[str, int] | Answer

#: States of refused data: how they are shown, and in what words.
STATES: Final = {
    refused.REFUSED: ("bad", N_("Refused")),
    refused.BYSTANDER: ("warn", N_("Fell with its batch")),
    refused.MENDED: ("calm", N_("Mended, not sent yet")),
    refused.REPAIRED: ("good", N_("Repaired and stored")),
    refused.REPLAYED: ("good", N_("Sent again and stored")),
    refused.DELIVERED: ("good", N_("Its sender sent it again")),
    refused.DISMISSED: ("plain", N_("Left out")),
}


@ROOM.page("/refused", "refusals/write")
def every() -> str:
    """What waits to be dealt with, the longest waiting first."""
    on = listing.after(int)
    with here().read() as connection:
        sources, which = _asked(connection)
        rows = refused.select(connection, which, after=on or 0, limit=listing.SIZE + 1)
    return render_template(
        "refusals.html",
        listed=listing.page(rows, lambda row: row.number),
        sources=sources,
        states=_states(),
        problem=sentences.problem,
        open_states=refused.OPEN,
        repairs=[(name, _(each.defect)) for name, each in REPAIRS.items()],
    )


def _states() -> list[tuple[str, str, str]]:
    return [(state, kind, _(word)) for state, (kind, word) in STATES.items()]


@ROOM.page("/refused/<int:number>", "refusals/write")
def one(number: int) -> Page:
    """One of them, with what was wrong and what can be done."""
    return _page(number, Form())


@ROOM.page("/refused/several", "refusals/write", methods=("POST",))
def several() -> Page:
    """Mend what is ticked by a rule and store it, store it as it is, or leave it out."""
    there, form = here(), Form.sent()
    numbers = {int(each) for each in form.all("number") if each.isdecimal() and len(each) < 19}
    state, source = form["narrowed_state"] or None, form["narrowed_source"] or None
    back = redirect(url_for("web.refusals.every", state=state, source=source), 303)
    if not numbers:
        site.say(_("Nothing was ticked."))
        return back
    if form["do"] == "dismiss":
        site.say(_left_out(numbers, form["why"]))
        return back
    database, tenant = there.context.database, there.tenant
    failed = 0
    if form["do"] == "repair":
        if form["name"] not in REPAIRS:
            site.say(_("Choose one of the list."))
            return back
        for number in sorted(numbers):
            try:
                work.mend_by(database, tenant, number, [form["name"]])
            except (errors.Refused, errors.Conflict):
                failed += 1
                numbers.discard(number)
    with there.read() as connection:
        which = refused.Which(work.store_ids(tenant), numbers=tuple(sorted(numbers)))
        requests = refused.requests(connection, which) if numbers else []
    done = work.replay_every(database, tenant, requests, frozenset(numbers))
    failed += len(done.wrong)
    there.write(lambda c: there.did(c, "refused/replayed", f"refused {len(numbers)}"))
    told = {"stored": len(done.stored), "present": len(done.present)}
    site.say(_("%(stored)s stored, %(present)s were there already.") % told)
    if failed:
        told_ = ngettext("One is still wrong.", "%(num)s are still wrong.", failed)
        site.say(told_ % {"num": failed})
    return back


def _left_out(numbers: set[int], why: str) -> str:
    """Leave several out for good; what is to be said of it."""
    there = here()
    if not why:
        return _("Say why they are left out.")
    try:
        work.dismiss(there.context.database, there.tenant, numbers, why)
    except errors.Conflict as told:
        return sentences.error(told)
    there.write(lambda c: there.did(c, "refused/dismissed", f"refused {len(numbers)}"))
    return _("Left out.")


@ROOM.page("/refused/file", "refusals/write")
def as_file() -> Response:
    """What the list shows, all of it, as JSON Lines: to be handed to who keeps the sender."""
    there = here()
    with there.read() as connection:
        names, which = _asked(connection)
    database = there.context.database
    there.seen.append(("refused/exported", "refused all"))

    def lines() -> Iterator[bytes]:
        with database.read() as connection:
            for row, raw, mended in work.whole(connection, which):
                yield msgspec.json.encode(work.facts(row, names, raw, mended)) + b"\n"

    answer = Response(lines(), content_type="application/jsonl")
    answer.headers["Content-Disposition"] = 'attachment; filename="refused.jsonl"'
    return answer


def _asked(connection: Connection) -> tuple[dict[int, str], refused.Which]:
    """The names of sources, and which refusals the address asks for."""
    there, state = here(), listing.asked("state")
    states = (state,) if state in refused.STATES else refused.OPEN
    names = {s.id: s.name for s in accounts.sources(connection, there.tenant)}
    source = listing.asked("source") if listing.asked("source") in names.values() else None
    return names, work.meant(connection, there.tenant, source=source, states=states)


def _row(number: int) -> Row:
    there = here()
    with there.read() as connection:
        return refused.get(connection, work.store_ids(there.tenant), number)


def _page(number: int, form: Form, status: int = 200) -> tuple[str, int]:
    there, row = here(), _row(number)
    with there.read() as connection:
        raw, mended = refused.bodies(connection, number)
        source = next(
            (s.name for s in accounts.sources(connection, there.tenant) if s.id == row.source_id),
            None,
        )
        others = refused.select(
            connection, refused.Which(work.store_ids(there.tenant), request=row.request), limit=501
        )
    text = (raw if mended is None else mended).decode(errors="replace")
    if "mended" not in form.values:
        form.values["mended"] = _laid_out(text)
    there.saw("refused", str(number))
    return render_template(
        "refusal.html",
        row=row,
        raw=raw.decode(errors="replace"),
        source=source,
        form=form,
        open=row.state in refused.OPEN,
        badge=(STATES[row.state][0], _(STATES[row.state][1])),
        others=len(others) - 1,
        repairs=[(name, _(each.defect)) for name, each in REPAIRS.items()],
        problems=[sentences.problem(each) for each in row.problems],
    ), status


def _laid_out(text: str) -> str:
    """With a member on each line, where it is JSON; numbers keep their spelling."""
    try:
        return msgspec.json.format(text, indent=2)
    except msgspec.DecodeError:
        return text


@ROOM.page("/refused/<int:number>/mend", "refusals/write", methods=("POST",))
def mend(number: int) -> Page:
    """Keep what was made of it by hand, and send it in the name of its source."""
    form, there = Form.sent(), here()
    _row(number)
    database = there.context.database
    form.try_(
        lambda: work.mend(database, there.tenant, number, form.values["mended"].encode()),
        {"": "mended"},
    )
    if not form.sound:
        return _page(number, form, 400)
    return _send(number, {number})


@ROOM.page("/refused/<int:number>/repair", "refusals/write", methods=("POST",))
def repair(number: int) -> Page:
    """Mend by a named repair, and send."""
    form, there = Form.sent(), here()
    database, name = there.context.database, form["name"]
    _row(number)
    if name not in REPAIRS:
        form.wrong("", _("Choose one of the list."))
    else:
        form.try_(lambda: work.mend_by(database, there.tenant, number, [name]))
    if not form.sound:
        return _page(number, form, 400)
    return _send(number, {number})


@ROOM.page("/refused/<int:number>/send", "refusals/write", methods=("POST",))
def send(number: int) -> Page:
    """Send it again as it is: with what it fell with, what can be sent of its request."""
    return _send(number, {number})


def _send(number: int, numbers: set[int]) -> Page:
    there, row = here(), _row(number)
    done = work.replay(there.context.database, there.tenant, row.request, numbers)
    there.write(lambda connection: there.did(connection, "refused/replayed", f"refused {number}"))
    if number in done.wrong:
        form = Form({"mended": request.form.get("mended", "")} if "mended" in request.form else {})
        for problem in done.wrong[number]:
            form.wrong("", sentences.problem(problem))
        return _page(number, form, 400)
    site.say(
        _("%(stored)s stored, %(present)s were there already.")
        % {"stored": len(done.stored), "present": len(done.present)}
    )
    return redirect(url_for("web.refusals.every"), 303)


@ROOM.page("/refused/<int:number>/dismiss", "refusals/write", methods=("POST",))
def dismiss(number: int) -> Page:
    """Leave it out for good, and say why."""
    there, form = here(), Form.sent()
    form.need("why")
    if form.sound:
        form.try_(lambda: work.dismiss(there.context.database, there.tenant, [number], form["why"]))
    if not form.sound:
        return _page(number, form, 400)
    there.write(lambda connection: there.did(connection, "refused/dismissed", f"refused {number}"))
    site.say(_("Left out."))
    return redirect(url_for("web.refusals.every"), 303)
