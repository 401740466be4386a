"""Accounts of people who sign in: roles, a link that sets a password, and ending."""

import uuid
from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import errors, units
from lrs.i18n import N_, _
from lrs.store import accounts, register, sessions
from lrs.web import sentences, site, words
from lrs.web.forms import Form
from lrs.web.rooms import Here, Room, here
from lrs.web.signing import password_link
from schemas import accounts as entered

ROOM = Room("users")

Page = str | tuple[str, int] | Answer

_NOBODY = N_("Nobody in the register has this number or mail address, or several have it.")


@ROOM.page("/users", "service/write")
def every() -> Page:
    """Everybody of the agency who signs in."""
    there = here()
    with there.read() as connection:
        found = accounts.users(connection, there.tenant)
    return render_template("users.html", users=found, role=_role)


def _role(role: str) -> str:
    return _(words.ROLES.get(role, role))


def _roles() -> list[tuple[str, str, str]]:
    return [(role, _(word), "") for role, word in words.ROLES.items()]


@ROOM.page("/users/new", "service/write", methods=("GET", "POST"))
def new() -> Page:
    """A new account; whoever it is for sets the password by a link."""
    form, there = Form.sent(), here()
    if request.method == "GET":
        return render_template("user_new.html", form=form, roles=_roles())
    form.tick("roles")
    loaded = form.try_(lambda: _loaded(form))
    person = _meant(form, there)
    if loaded is not None and form.sound:

        def make(connection: Connection) -> accounts.User:
            made = accounts.create_user(
                connection, there.tenant, loaded["login"], None, loaded["roles"], there.now
            )
            mail = loaded.get("mail")
            there.did(connection, "user/created", f"user {made.login}")
            return accounts.change_user(
                connection, there.tenant, made.login, mail=mail, person=person
            )

        try:
            made = there.write(make)
        except errors.Conflict as taken:
            form.wrong("login", sentences.told(taken.mend))
        else:
            return _link(made)
    return render_template("user_new.html", form=form, roles=_roles()), 400


def _loaded(form: Form) -> dict[str, Any]:
    given = {"login": form["login"], "password": "x" * 20, "roles": form.all("roles")}
    if form["mail"]:
        given["mail"] = form["mail"]
    return entered.load(entered.UserSchema(), given)


def _meant(form: Form, there: Here) -> bytes | None:
    """Whom of the register the account is of: nobody, where the field is empty; who is not found
    is said in the form."""
    text = form["person"]
    if not text:
        return None
    try:
        with there.read() as connection:
            return units.who(connection, there.tenant.id, text)
    except errors.NotFound:
        form.wrong("person", _(_NOBODY))
        return None


def _known_by(connection: Connection, there: Here, person: bytes | None) -> tuple[str, str]:
    """What somebody of the register is found by, and their name."""
    found = register.people(connection, there.tenant.id, [person] if person else [])
    if person is None or person not in found:
        return "", ""
    told = {each.kind: each.text for each in found[person].identifiers if each.confirmed}
    mail = told.get("mbox", "").removeprefix("mailto:")
    known = told.get("nip") or told.get("ni_pppk") or mail or str(uuid.UUID(bytes=person))
    return known, found[person].name


def _link(user: accounts.User) -> str:
    return render_template("user_link.html", user=user, link=password_link(user))


@ROOM.page("/users/<login>", "service/write", methods=("GET", "POST"))
def one(login: str) -> Page:
    """One account: change roles, mail, and whom of the register it is of."""
    there = here()
    with there.read() as connection:
        user = accounts.user(connection, there.tenant, login)
        devices = sessions.count(connection, user, there.now)
        known, name = _known_by(connection, there, user.person)
    shown = {"user": user, "roles": _roles(), "devices": devices, "name": name}
    if request.method == "GET":
        form = Form({"mail": user.mail or "", "person": known}, {"roles": sorted(user.roles)})
        return render_template("user.html", form=form, **shown)
    form = Form.sent()
    form.values |= {"login": login}
    form.tick("roles")
    loaded = form.try_(lambda: _loaded(form))
    mine = user.id == there.user.id and "operator" not in form.all("roles")
    if loaded is not None and mine:
        form.wrong("roles", _("You would lock yourself out of this page. Ask another operator."))
    person = _meant(form, there)
    if loaded is None or not form.sound:
        return render_template("user.html", form=form, **shown), 400

    def change(connection: Connection) -> None:
        accounts.change_user(
            connection,
            there.tenant,
            login,
            roles=loaded["roles"],
            mail=loaded.get("mail"),
            person=person,
        )
        there.did(connection, "user/changed", f"user {login}")

    there.write(change)
    site.say(_("Saved."))
    return redirect(url_for("web.users.every"), 303)


@ROOM.page("/users/<login>/link", "service/write", methods=("POST",))
def link(login: str) -> Page:
    """A link by which they set a new password themselves."""
    there = here()
    with there.read() as connection:
        user = accounts.user(connection, there.tenant, login)
    there.write(lambda connection: there.did(connection, "user/link-made", f"user {login}"))
    return _link(user)


@ROOM.page("/users/<login>/end", "service/write", methods=("POST",))
def end(login: str) -> Page:
    """End an account, or let it in again. Nobody ends their own."""
    there = here()
    with there.read() as connection:
        user = accounts.user(connection, there.tenant, login)
    if user.id == there.user.id:
        raise errors.Conflict("This is your own account.", "Ask another operator.")

    def change(connection: Connection) -> None:
        ended = there.now if user.ended is None else None
        accounts.change_user(connection, there.tenant, login, ended=ended)
        sessions.end_others(connection, user)
        there.did(connection, "user/ended" if ended else "user/let-in", f"user {login}")

    there.write(change)
    site.say(_("Saved."))
    return redirect(url_for("web.users.every"), 303)


@ROOM.page("/users/<login>/second-off", "service/write", methods=("POST",))
def second_off(login: str) -> Page:
    """Take the second factor off for who lost phone and codes."""
    there = here()

    def change(connection: Connection) -> None:
        accounts.change_user(
            connection, there.tenant, login, totp=None, totp_step=None, recovery=None
        )
        there.did(connection, "user/second-factor-taken-off", f"user {login}")

    there.write(change)
    site.say(_("The second factor is off."))
    return redirect(url_for("web.users.one", login=login), 303)
