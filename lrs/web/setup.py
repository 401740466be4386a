"""The first hour: connect a sender, or drop the graduates' list."""

from flask import redirect, render_template, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs.store import accounts, browse
from lrs.web import listing
from lrs.web.rooms import Room, here
from lrs.web.sources import endpoint

ROOM = Room("setup")

Page = str | tuple[str, int] | Answer

#: The scopes that a Moodle needs.
SCOPES = ("statements/write", "statements/read/mine")


@ROOM.page("/setup", "sources/write")
def start() -> Page:
    """The two ways to begin."""
    there = here()
    with there.read() as connection:
        counts = browse.counts(connection, there.tenant.id)
        newest = browse.newest(connection, there.tenant.id)
    steps = [newest is not None, bool(counts["programmes"]), bool(counts["people"])]
    return render_template("setup.html", counts=counts, newest=newest, steps=steps)


@ROOM.page("/setup/moodle", "sources/write", methods=("POST",))
def moodle() -> Page:
    """A source and a key for a Moodle, in one press; the secret is shown by this answer alone."""
    there = here()
    home = there.context.settings.public_url or accounts.HOME_PAGE

    def make(connection: Connection) -> accounts.NewKey:
        taken = {each.name for each in accounts.sources(connection, there.tenant)}
        names = ("moodle", *(f"moodle-{n}" for n in range(2, len(taken) + 3)))
        name = next(each for each in names if each not in taken)
        authority = accounts.default_authority(home, name)
        accounts.create_source(connection, there.tenant, name, authority, there.now)
        made = accounts.create_key(
            connection, there.tenant, name, now=there.now, scopes=SCOPES, label="Moodle"
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
