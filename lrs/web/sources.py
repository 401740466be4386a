"""Sources and their keys: who sends, when they were last seen, what they may, and what is let pass
of a sender that cannot be mended."""

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
from lrs.store import accounts, browse, deliveries
from lrs.store.accounts import Kindness, Source
from lrs.web import sentences, site
from lrs.web.forms import Form
from lrs.web.rooms import Room, here
from lrs.xapi.repairs import REPAIRS
from schemas import accounts as entered

ROOM = Room("sources")

Page = str | tuple[str, int] | Answer

SILENT_WRONG: Final = N_("Give a number of days from 0 (never) to 365.")

#: What is done with a batch that comes a second time, as people choose it.
DUPLICATES: Final = {
    "off": N_("Store it like any other"),
    "report": N_("Store it once more, and note that it came before"),
    "answer": N_("Do not store it again: answer with the ids of the first time"),
}

#: So many of the newest batches that came a second time are listed.
NEWEST: Final = 50

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
    "service": ("calm", N_("This service itself")),
}


def lines(connection: Connection, sources: Collection[Source]) -> list[Line]:
    """How each source fares now."""
    there = here()
    since = int((there.now - LATELY).timestamp() * 1_000_000)
    came = browse.lately(connection, since)
    found = []
    for each in sources:
        state = "service" if each.name == accounts.SERVICE else each.state(there.now)
        found.append(Line(each, came.get(each.id, 0), state))
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
        again = deliveries.notices(connection, [source.id], NEWEST)
    form.values.setdefault("authority", source.authority.decode())
    form.values.setdefault("silent", str(source.silent_after))
    return render_template(
        "source.html",
        line=line,
        most_days=accounts.SILENT_MOST,
        usual=accounts.SILENT_DAYS,
        keys=[(each, each.state(there.now), _lets_pass(each.kindness)) for each in held],
        form=form,
        **key_choices(),
        again=again,
        newest=NEWEST,
        endpoint=endpoint(),
        badge=_states()[line.state],
        key_states={
            "active": ("good", _("In force")),
            "expired": ("plain", _("Expired")),
            "revoked": ("plain", _("Revoked")),
        },
    ), status


def key_choices() -> dict[str, list[tuple[str, ...]]]:
    """What may be chosen for a key."""
    return {
        "scopes": [(scope, _(word), "") for scope, word in SCOPES.items()],
        "repairs": [(name, _(each.defect), name) for name, each in REPAIRS.items()],
        "duplicates": [(word, _(told)) for word, told in DUPLICATES.items()],
    }


def _lets_pass(kindness: Kindness) -> list[str]:
    """What a key lets pass of its sender, in words."""
    found = [_("stores the good records of a batch with bad ones")] if kindness.salvage else []
    found += [_("mends: %(what)s") % {"what": _(REPAIRS[n].defect)} for n in kindness.repairs]
    if kindness.duplicates != "off":
        told = {"what": _(DUPLICATES[kindness.duplicates])}
        found.append(_("of a batch that comes again: %(what)s") % told)
    return found


def of_key(form: Form) -> dict[str, object]:
    """What a form says of a key, to be loaded."""
    return {
        "label": form["label"],
        "scopes": form.all("scopes"),
        "salvage": "yes" in form.all("salvage"),
        "repairs": form.all("repairs"),
        "duplicates": form["duplicates"] or "off",
    }


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


@ROOM.page("/sources/<name>/authority", "sources/write", methods=("POST",))
def authority(name: str) -> Page:
    """Say who is written into the records that a source sends from now on, as their authority."""
    there, form = here(), Form.sent()
    given = {"name": name, "authority": form["authority"]}
    loaded = form.try_(lambda: entered.load(entered.SourceSchema(), given))

    def work(connection: Connection) -> None:
        accounts.set_authority(connection, there.tenant, name, loaded["authority"])
        there.did(connection, "source/changed", f"source {name}")

    if loaded is not None:
        try:
            there.write(work)
        except errors.Conflict as taken:
            form.wrong("authority", f"{sentences.told(taken.what)} {sentences.told(taken.mend)}")
    if not form.sound:
        form.lists["scopes"] = list(entered.DEFAULT_SCOPES)
        return _page(name, form, 400)
    keys.forget(there.context.database)
    site.say(_("Saved."))
    return redirect(url_for("web.sources.one", name=name), 303)


@ROOM.page("/sources/<name>/keys", "sources/write", methods=("POST",))
def new_key(name: str) -> Page:
    """A new key. Its secret is shown by this answer and by none after it."""
    form, there = Form.sent(), here()
    given = of_key(form)
    if form["expires"]:
        given["expires"] = form["expires"]
    form.tick("scopes")
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
            kindness=Kindness().changed(loaded),
        )
        there.did(connection, "key/created", f"key {made.key.public}")
        return made

    return _shown_once(there.write(make))


def _shown_once(made: accounts.NewKey) -> str:
    return render_template("key_new.html", made=made, endpoint=endpoint())


@ROOM.page("/sources/<name>/keys/<public>", "sources/write", methods=("GET", "POST"))
def one_key(name: str, public: str) -> Page:
    """Change what a key may do, what it is called, and what it lets pass."""
    there, form = here(), Form.sent()
    with there.read() as connection:
        held = {each.public: each for each in accounts.keys(connection, there.tenant, name)}
    if public not in held or held[public].state(there.now) != "active":
        raise errors.NotFound(f"a key {public} in force")
    key = held[public]
    if request.method == "GET":
        form = Form(
            {"label": key.label, "duplicates": key.kindness.duplicates},
            {
                "scopes": sorted(key.scopes),
                "salvage": ["yes"] if key.kindness.salvage else [],
                "repairs": sorted(key.kindness.repairs),
            },
        )
        return render_template("key.html", source=name, key=key, form=form, **key_choices())
    form.tick("scopes")
    loaded = form.try_(lambda: entered.load(entered.KeySchema(), of_key(form)))
    if loaded is None:
        return render_template("key.html", source=name, key=key, form=form, **key_choices()), 400

    def change(connection: Connection) -> None:
        accounts.change_key(
            connection,
            there.tenant,
            public,
            scopes=loaded["scopes"],
            label=loaded["label"],
            kindness=key.kindness.changed(loaded),
        )
        there.did(connection, "key/changed", f"key {public}")

    there.write(change)
    keys.forget(there.context.database)
    site.say(_("Saved."))
    return redirect(url_for("web.sources.one", name=name), 303)


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
