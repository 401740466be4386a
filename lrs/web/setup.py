"""The first hour: from a sender or a list of graduates to the list of alumni and deadlines."""

from typing import Final

from flask import redirect, render_template, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import identities
from lrs.i18n import ngettext
from lrs.store import accounts, browse
from lrs.store.accounts import Kindness
from lrs.web import listing, site
from lrs.web.forms import Form
from lrs.web.rooms import Room, here
from lrs.web.sources import endpoint, key_choices, of_key
from schemas import accounts as entered

ROOM = Room("setup")

Page = str | tuple[str, int] | Answer

#: The scopes that a Moodle needs.
SCOPES: Final = ("statements/write", "statements/read/mine")

#: Of more unknown accounts than this it is not worked out on the first page whose they are.
MOST_UNKNOWN: Final = 2000


def unfinished(connection: Connection, tenant_id: int) -> bool:
    """Whether an agency is still setting up: then each step leads back to the next."""
    counts = browse.counts(connection, tenant_id)
    return not (counts["programmes"] and counts["people"])


@ROOM.page("/setup", "sources/write")
def start() -> Page:
    """The steps, each with what is found so far; the next one first."""
    there = here()
    tenant = there.tenant
    with there.read() as connection:
        counts = browse.counts(connection, tenant.id)
        newest = browse.newest(connection, tenant.id)
        sure = 0
        if there.may("identities/write") and 0 < counts["unknown"] <= MOST_UNKNOWN:
            found = identities.unknown(connection, tenant.id)
            sure = sum(1 for each in found if each.sure is not None)
    done = (newest is not None, bool(counts["programmes"]), bool(counts["people"]) and not sure)
    step = done.index(False) + 1 if False in done else 4
    states = ["done" if did else "" for did in (*done, False)]
    states[step - 1] = "next"
    return render_template(
        "setup.html",
        counts=counts,
        newest=newest,
        done=done,
        step=step,
        states=states,
        sure=sure,
        form=Form(),
        **key_choices(),
    )


@ROOM.page("/setup/accounts", "identities/write", methods=("POST",))
def confirm_sure() -> Page:
    """Confirm the accounts of which it is sure whose they are, and go on."""
    there = here()
    with there.read() as connection:
        found = identities.unknown(connection, there.tenant.id)

    def decide(connection: Connection) -> int:
        done = identities.confirm_sure(connection, there.tenant.id, there.who, found)
        there.did(connection, "identifier/confirmed-sure", f"identifiers {done}")
        return done

    done = there.write(decide)
    told = ngettext("One account is joined.", "%(num)s accounts are joined.", done)
    site.say(told % {"num": done})
    return redirect(url_for("web.setup.start"), 303)


@ROOM.page("/setup/moodle", "sources/write", methods=("POST",))
def moodle() -> Page:
    """A source and a key for a Moodle, in one press; the secret is shown by this answer alone.
    It is strict, unless something else was chosen."""
    there, form = here(), Form.sent()
    loaded = entered.load(
        entered.KeySchema(), {**of_key(form), "label": "Moodle", "scopes": list(SCOPES)}
    )
    home = there.context.settings.public_url or accounts.HOME_PAGE

    def make(connection: Connection) -> accounts.NewKey:
        taken = {each.name for each in accounts.sources(connection, there.tenant)}
        names = ("moodle", *(f"moodle-{n}" for n in range(2, len(taken) + 3)))
        name = next(each for each in names if each not in taken)
        authority = accounts.default_authority(home, name)
        accounts.create_source(connection, there.tenant, name, authority, there.now)
        made = accounts.create_key(
            connection,
            there.tenant,
            name,
            now=there.now,
            scopes=loaded["scopes"],
            label=loaded["label"],
            kindness=Kindness().changed(loaded),
        )
        there.did(connection, "source/created", f"source {name}")
        there.did(connection, "key/created", f"key {made.key.public}")
        return made

    made = there.write(make)
    return render_template("key_new.html", made=made, endpoint=endpoint())


@ROOM.page("/setup/wait/<name>", "sources/write")
def wait(name: str) -> Page:
    """Whether the first record of a source has come; looks again by itself."""
    there = here()
    with there.read() as connection:
        source = accounts.source(connection, there.tenant, name)
        newest = browse.newest(connection, there.tenant.id)
        came = browse.lately(connection, 0).get(source.id, 0)
    if listing.asked("go") and came:
        return redirect(url_for("web.statements.every"), 303)
    return render_template(
        "setup_wait.html", source=source, came=came, newest=newest, endpoint=endpoint()
    )
