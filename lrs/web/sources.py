"""Sources and their keys: who sends, when they were last seen, and what they may."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import errors
from lrs.auth import keys
from lrs.i18n import N_, _
from lrs.store import accounts, browse
from lrs.store.accounts import Source
from lrs.web import sentences, site
from lrs.web.forms import Form
from lrs.web.rooms import Room, here
from schemas import accounts as entered

ROOM = Room("sources")

Page = str | tuple[str, int] | Answer

SILENT_WRONG: Final = N_("Give a number of days from 0 (never) to 365.")

#: Over how long the pace is told.
LATELY: Final = timedelta(days=7)

#: What a key is good for, as people choose it.
SCOPES: Final = {
    "statements/write": N_("send records"),
    "statements/read/mine": N_("read its own records"),
    "statements/read": N_("read all records"),
    "state": N_("keep and read states of courses"),
    "profile": N_("keep and read profiles"),
    "define": N_("change what activities are called"),
    "all/read": N_("read everything about learning"),
    "all": N_("everything about learning"),
    "practice/read": N_("read cases, evidence and figures"),
    "practice/write": N_("hand in evidence and answers"),
    "practice/review": N_("give verdicts"),
    "practice/admin": N_("keep people, units and programmes"),
    "practice/all": N_("everything about practice"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A source as the list shows it: how much came lately, and how it fares."""

    source: Source
    lately: int
    state: str

    @property
    def a_day(self) -> float:
        """Records a day, lately."""
        return self.lately / LATELY.days


STATES: Final = {
    "sends": ("good", N_("Sends")),
    "silent": ("bad", N_("Silent")),
    "never": ("plain", N_("Never seen")),
}


def lines(connection: Connection, sources: Collection[Source]) -> list[Line]:
    """How each source fares now."""
    there = here()
    since = int((there.now - LATELY).timestamp() * 1_000_000)
    came = browse.lately(connection, since)
    found = []
    for each in sources:
        found.append(Line(each, came.get(each.id, 0), each.state(there.now)))
    return found


@ROOM.page("/sources", "sources/write")
def every() -> Page:
    """All sources, with when they were last seen."""
    there = here()
    with there.read() as connection:
        told = lines(connection, accounts.sources(connection, there.tenant))
    return render_template(
        "sources.html", lines=told, states=_states(), most=browse.MOST, form=Form()
    )


def _states() -> dict[str, tuple[str, str]]:
    return {state: (kind, _(word)) for state, (kind, word) in STATES.items()}


@ROOM.page("/sources/new", "sources/write", methods=("GET", "POST"))
def new() -> Page:
    """A new source."""
    form, there = Form.sent(), here()
    if request.method == "GET":
        return render_template("source_new.html", form=form)
    loaded = form.try_(lambda: entered.load(entered.SourceSchema(), {"name": form["name"]}))
    if loaded is not None:
        name = loaded["name"]
        home = there.context.settings.public_url or accounts.HOME_PAGE
        authority = accounts.default_authority(home, name)

        def make(connection: Connection) -> None:
            accounts.create_source(connection, there.tenant, name, authority, there.now)
            there.did(connection, "source/created", f"source {name}")

        try:
            there.write(make)
        except errors.Conflict as taken:
            form.wrong("name", sentences.told(taken.mend))
        else:
            return redirect(url_for("web.sources.one", name=name), 303)
    return render_template("source_new.html", form=form), 400


@ROOM.page("/sources/<name>", "sources/write")
def one(name: str) -> Page:
    """One source and its keys."""
    return _page(name, _usual())


def _usual() -> Form:
    return Form({}, {"scopes": list(entered.DEFAULT_SCOPES)})


def _page(name: str, form: Form, status: int = 200) -> tuple[str, int]:
    there = here()
    with there.read() as connection:
        source = accounts.source(connection, there.tenant, name)
        (line,) = lines(connection, [source])
        held = accounts.keys(connection, there.tenant, name)
    form.values.setdefault("silent", str(source.silent_after))
    return render_template(
        "source.html",
        line=line,
        most_days=accounts.SILENT_MOST,
        usual=accounts.SILENT_DAYS,
        keys=[(each, each.state(there.now)) for each in held],
        form=form,
        scopes=[(scope, _(word), "") for scope, word in SCOPES.items()],
        endpoint=endpoint(),
        badge=_states()[line.state],
        key_states={
            "active": ("good", _("In force")),
            "expired": ("plain", _("Expired")),
            "revoked": ("plain", _("Revoked")),
        },
    ), status


def endpoint() -> str:
    """Where senders send."""
    return f"{site.base()}/xapi"


@ROOM.page("/sources/<name>/silence", "sources/write", methods=("POST",))
def silence(name: str) -> Page:
    """Say after how many days without anything the alarm is raised."""
    there, form = here(), Form.sent()
    days = int(form["silent"]) if form["silent"].isdecimal() else -1

    def work(connection: Connection) -> None:
        accounts.set_silence(connection, there.tenant, name, days)
        there.did(connection, "source/changed", f"source {name}")

    try:
        there.write(work)
    except errors.Refused:
        form.wrong("silent", _(SILENT_WRONG))
        form.lists["scopes"] = list(entered.DEFAULT_SCOPES)
        return _page(name, form, 400)
    site.say(_("Saved."))
    return redirect(url_for("web.sources.one", name=name), 303)


@ROOM.page("/sources/<name>/keys", "sources/write", methods=("POST",))
def new_key(name: str) -> Page:
    """A new key. Its secret is shown by this answer and by none after it."""
    form, there = Form.sent(), here()
    given = {"label": form["label"], "scopes": form.all("scopes")}
    if form["expires"]:
        given["expires"] = form["expires"]
    loaded = form.try_(lambda: entered.load(entered.KeySchema(), given))
    expires = (loaded or {}).get("expires")
    if expires is not None and expires <= there.now:
        form.wrong("expires", _("That day has passed already."))
    if loaded is None or not form.sound:
        return _page(name, form, 400)

    def make(connection: Connection) -> accounts.NewKey:
        made = accounts.create_key(
            connection,
            there.tenant,
            name,
            now=there.now,
            scopes=loaded["scopes"],
            label=loaded["label"],
            expires=expires,
        )
        there.did(connection, "key/created", f"key {made.key.public}")
        return made

    return _shown_once(there.write(make))


def _shown_once(made: accounts.NewKey) -> str:
    return render_template("key_new.html", made=made, endpoint=endpoint())


@ROOM.page("/sources/<name>/keys/<public>/revoke", "sources/write", methods=("POST",))
def revoke(name: str, public: str) -> Page:
    """End a key for good."""
    there = here()
    keys.revoke(there.context.database, there.tenant, public, there.now)
    there.write(lambda connection: there.did(connection, "key/revoked", f"key {public}"))
    site.say(_("The key is revoked: whoever uses it is turned away from now on."))
    return redirect(url_for("web.sources.one", name=name), 303)


@ROOM.page("/sources/<name>/keys/<public>/rotate", "sources/write", methods=("POST",))
def rotate(name: str, public: str) -> Page:
    """A second key like this one; both work for a day."""
    there = here()

    def make(connection: Connection) -> accounts.NewKey:
        made = accounts.rotate_key(
            connection, there.tenant, public, overlap=timedelta(days=1), now=there.now
        )
        there.did(connection, "key/rotated", f"key {public}")
        return made

    made = there.write(make)
    keys.forget(there.context.database)
    return _shown_once(made)
