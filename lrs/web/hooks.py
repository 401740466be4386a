"""Hooks: where systems that know no xAPI deliver, by which mapping; tried with a sample first."""

import json
from datetime import timedelta
from typing import Any, Final

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import hooks as work
from lrs import inbound
from lrs.errors import Problem, Refused
from lrs.i18n import _
from lrs.store import accounts
from lrs.store import hooks as store
from lrs.store.hooks import Hook
from lrs.web import site
from lrs.web.forms import Form, take_file
from lrs.web.rooms import here
from lrs.web.sources import ROOM
from lrs.xapi.statements import parse
from schemas import hooks as schema
from schemas import written

Page = str | tuple[str, int] | Answer

#: A mapping to begin with, and what it reads: closed tickets of a counter.
EXAMPLE: Final = """name: tiket
about: Layanan tiket
when: {tiket.status: [selesai, ditutup]}
id: "{tiket.id}"
statement:
  actor: {nip: "{petugas.nip}", name: "{petugas.nama}"}
  verb: http://activitystrea.ms/schema/1.0/resolve
  said: menyelesaikan
  object:
    id: "https://tiket.example.go.id/{tiket.kategori}/{tiket.id}"
    type: http://activitystrea.ms/schema/1.0/issue
    name: "{tiket.judul}"
  timestamp: "{tiket.selesai_pada}"
  platform: SILATIK
"""
SAMPLE: Final = """{"petugas": {"nip": "198605022008091001", "nama": "Budi Santoso"},
 "tiket": {"id": 77, "kategori": "loket", "status": "selesai",
           "judul": "Antrean loket tiga", "selesai_pada": "2026-11-20 09:30"}}
"""

#: How long the secret before stays good once there is a new one.
OVERLAP: Final = timedelta(days=1)


@ROOM.page("/inbound", "sources/write")
def hooks() -> str:
    """Every hook, with its address and when it last delivered."""
    there = here()
    with there.read() as connection:
        found = store.hooks(connection, there.tenant)
        sources = {each.id: each for each in accounts.sources(connection, there.tenant)}
    return render_template(
        "hooks.html", hooks=[(each, sources[each.source_id]) for each in found], base=site.base()
    )


@ROOM.page("/inbound/new", "sources/write", methods=("GET", "POST"))
def new_hook() -> Page:
    """A new hook: its mapping, tried with a sample. Its secret is shown by this answer alone."""
    there, form = here(), Form.sent()
    if request.method == "GET":
        return _page(None, Form({"mapping": EXAMPLE, "sample": SAMPLE}))
    mapping, made = _read(form)
    if mapping is not None:
        with there.read() as connection:
            taken = {each.name for each in store.hooks(connection, there.tenant)}
        if mapping["name"] in taken:
            form.wrong("mapping", _("There is a hook of that name already; open it to change it."))
    if form["do"] != "enter" or mapping is None or not form.sound:
        return _page(None, form, made)
    tenant, now = there.tenant, there.now
    home = there.context.settings.public_url or accounts.HOME_PAGE

    def enter(connection: Connection) -> Hook:
        there.did(connection, "hook/created", f"hook {mapping['name']}")
        return store.create(connection, tenant, mapping, home, now)

    return _shown_once(there.write(enter))


@ROOM.page("/inbound/<name>", "sources/write", methods=("GET", "POST"))
def one_hook(name: str) -> Page:
    """One hook, and its mapping to be changed; its address and secret stay."""
    there, form = here(), Form.sent()
    with there.read() as connection:
        hook = store.hook(connection, there.tenant, name)
    if request.method == "GET":
        return _page(hook, Form({"mapping": written.as_yaml(hook.mapping)}))
    mapping, made = _read(form)
    if mapping is not None and mapping["name"] != name:
        form.wrong("mapping", _("The name stays as it is; for another name open another hook."))
    if form["do"] != "enter" or mapping is None or not form.sound:
        return _page(hook, form, made)

    def change(connection: Connection) -> None:
        store.change(connection, there.tenant, mapping)
        there.did(connection, "hook/changed", f"hook {name}")

    there.write(change)
    site.say(_("Saved. What is delivered from now on is read by it."))
    return redirect(url_for("web.sources.one_hook", name=name), 303)


def _read(form: Form) -> tuple[dict[str, Any] | None, inbound.Made | None]:
    """The mapping of a form, and what it makes of the sample; None: not sound, or not given."""
    take_file(form, "file", "mapping")
    mapping: dict[str, Any] | None = None
    made: inbound.Made | None = None
    try:
        mapping = schema.load(written.read(form["mapping"]))
    except Refused as refused:
        form.found("mapping", refused.problems)
    if form["do"] == "try" and not form["sample"]:
        form.wrong("sample", _("This is missing."))
    if mapping is not None and form["sample"]:
        try:
            made = work.preview(mapping, parse(form["sample"].encode()))
        except Refused as refused:
            form.found("sample", refused.problems)
        else:
            form.found("sample", (Problem(e.path, e.message, index=e.index) for e in made.problems))
    return mapping, made


def _page(hook: Hook | None, form: Form, made: inbound.Made | None = None) -> tuple[str, int]:
    return render_template(
        "hook.html",
        hook=hook,
        form=form,
        made=made,
        shown=[
            json.dumps(each, ensure_ascii=False, indent=2)
            for each in (made.statements if made else ())
        ],
        base=site.base(),
    ), 200 if form.sound else 400


def _shown_once(hook: Hook) -> str:
    signature = hook.mapping.get("signature") or {}
    return render_template(
        "hook_secret.html",
        hook=hook,
        base=site.base(),
        header=signature.get("header", inbound.SIGNATURE),
        ours=not signature,
    )


@ROOM.page("/inbound/<name>/rotate", "sources/write", methods=("POST",))
def rotate_hook(name: str) -> Page:
    """A new secret; the one before stays good for a day, or ends at once if it leaked."""
    there, form = here(), Form.sent()
    overlap = timedelta() if form["leaked"] else OVERLAP

    def make(connection: Connection) -> Hook:
        there.did(connection, "hook/rotated", f"hook {name}")
        return store.rotate(connection, there.tenant, name, overlap=overlap, now=there.now)

    return _shown_once(there.write(make))


@ROOM.page("/inbound/<name>/remove", "sources/write", methods=("POST",))
def remove_hook(name: str) -> Page:
    """Close a hook. What it delivered stays."""
    there = here()

    def close(connection: Connection) -> None:
        store.remove(connection, there.tenant, name)
        there.did(connection, "hook/removed", f"hook {name}")

    there.write(close)
    site.say(_("The hook is closed. What it delivered stays."))
    return redirect(url_for("web.sources.hooks"), 303)
