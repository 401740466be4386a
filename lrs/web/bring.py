"""Handing in evidence of a case, by whose it is, or for them by whoever may: it came by mail, on
paper, or over the counter. Then it is the learner's still, and says who keyed it."""

import uuid
from datetime import date

import msgspec
from flask import render_template
from sqlalchemy import Connection

from lrs import casework
from lrs.errors import Conflict
from lrs.i18n import N_, _
from lrs.practice import forms
from lrs.practice.cases import date_of
from lrs.practice.programmes import Programme
from lrs.practice.records import SELF, Evidence
from lrs.store import practice
from lrs.store.cases import Case
from lrs.web import mobile
from lrs.web.forms import Form, sending
from lrs.web.rooms import Here, here


def programme_of(connection: Connection, there: Here, case: Case) -> Programme | None:
    """The programme of a case; None: it has none."""
    if case.programme is None:
        return None
    body = practice.programme(connection, there.tenant.id, case.programme.id)
    return None if body is None else msgspec.json.decode(body, type=Programme)


def new() -> Form:
    """An empty form, with the name of what it will hand in: sent twice, it is handed in once."""
    return Form.of(submission=str(uuid.uuid4()))


def shown(case: Case, form: Form, *, returned: str | None = None, on_behalf: bool = False) -> str:
    """The form, as it was filled in so far. `returned` is why what it stands in for was returned,
    empty where nobody wrote it."""
    there = here()
    with there.read() as connection:
        programme = programme_of(connection, there, case)
    behaviours = programme.behaviours if programme else ()
    return render_template(
        "bring.html",
        case=case,
        form=form,
        returned=returned,
        on_behalf=on_behalf,
        kinds=[(word, _(label)) for word, label in mobile.KINDS.items()],
        behaviours=[(each.iri, each.text, "") for each in behaviours],
        today=date_of(there.now, programme).isoformat(),
        most=there.context.settings.evidence_limit,
    )


def taken(case: Case, form: Form, *, on_behalf: bool = False) -> bool:
    """Keep what was sent, with its files; False where it was not in order, which the form says.
    Conflict: the completion was undone."""
    there = here()
    tenant, now = there.tenant, there.now
    if case.state != "open":
        raise Conflict(
            N_("The completion was undone."), N_("Ask the training office what happened to it.")
        )
    with there.read() as connection:
        programme = programme_of(connection, there, case)
    form.need("title")
    if form["of"] not in mobile.KINDS:
        form.wrong("of", _("Choose what it is."))
    performed_on = _performed_on(there, form, programme)
    said = mobile.Told()
    files = mobile.uploads(there.context, said)
    for sentence in said.at("files"):
        form.wrong("files", sentence)
    if not form.sound or performed_on is None:
        return False
    assert case.person is not None
    person = str(uuid.UUID(bytes=case.person))
    expected = {each.iri for each in programme.behaviours} if programme else set()
    evidence = Evidence(
        person=person,
        of=form["of"],
        by=person,
        role=SELF,
        performed_on=performed_on,
        title=form["title"],
        text=form["text"].replace("\r\n", "\n"),
        programme=programme.iri if programme else None,
        case=case.id.hex(),
        behaviours=tuple(iri for iri in form.all("behaviours") if iri in expected),
        keyed_by=there.who if on_behalf else None,
    )
    submission = str(sending(form["submission"]))

    def work(connection: Connection) -> None:
        made = casework.hand_in(
            connection, tenant, evidence, now=now, files=files, submission=submission
        )
        there.did(connection, "evidence/handed in", f"evidence {made}")

    form.try_(lambda: there.write(work))
    return form.sound


def _performed_on(there: Here, form: Form, programme: Programme | None) -> date | None:
    day = Form.day(form["performed_on"])
    if day is None:
        form.wrong("performed_on", _(forms.NO_DATE))
    elif day > date_of(there.now, programme):
        form.wrong("performed_on", _("The work lies in the future; give the day it was done."))
    return day
