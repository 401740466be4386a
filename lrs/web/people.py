"""People of the register: found by name, shown with their posts, identifiers and cases."""

import uuid
from typing import Final

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import errors
from lrs import people as register_of_people
from lrs.auth import relations
from lrs.i18n import N_, _
from lrs.practice.cases import date_of
from lrs.practice.people import Person
from lrs.store import cases, invitations, register
from lrs.web import listing, reach, site, words
from lrs.web.forms import Form
from lrs.web.rooms import Here, Room, here

ROOM = Room("people")

Page = str | tuple[str, int] | Answer

#: Kinds of identifiers as people call them.
KINDS: Final = {
    "nip": N_("NIP"),
    "ni_pppk": N_("NI PPPK"),
    "mbox": N_("Mail address"),
    "mbox_sha1sum": N_("Mail address, as a hash"),
    "openid": N_("OpenID"),
    "account": N_("Account of an LMS"),
}

#: Who guides a learner without leading them, and sees what of them is theirs.
GUIDES: Final = {"coach": N_("Coach"), "examiner": N_("Examiner")}

#: Why a post or observation ended.
ENDED: Final = {
    "moved": N_("transferred"),
    "promoted": N_("promoted"),
    "superior": N_("another superior"),
    "retired": N_("retired"),
    "resigned": N_("left the service"),
    "study": N_("on study leave"),
}


def id_of(text: str, what: str = "person") -> bytes:
    """A UUID of an address, as bytes. Raises NotFound for what is none."""
    try:
        return uuid.UUID(text).bytes
    except ValueError:
        raise errors.NotFound(f"a {what} {text}") from None


def hex_of(text: str, what: str) -> bytes:
    """An id of 32 hexadecimal digits, as bytes. Raises NotFound for what is none."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != 16:
        raise errors.NotFound(f"a {what} {text}")
    return found


@ROOM.page("/people", "people/read")
def every() -> str:
    """People by name."""
    there = here()
    unit = listing.asked("unit")
    with there.read() as connection:
        found = cases.people(
            connection,
            there.tenant.id,
            there.today,
            words=listing.asked("name") or None,
            unit=hex_of(unit, "unit") if unit else None,
            kept=there.may("people/write"),
            after=listing.place(),
            limit=listing.SIZE,
        )
        units = register.units(connection, there.tenant.id)
    there.saw("people", unit or "all")
    return render_template("people.html", listed=listing.of(found), units=unit_choices(units))


def unit_choices(units: dict[bytes, tuple[str, dict[str, object]]]) -> list[tuple[str, str]]:
    """Units to choose from, by their paths."""
    paths = sorted((path, unit.hex()) for unit, (path, _facts) in units.items())
    return [(unit, path) for path, unit in paths]


@ROOM.page("/people/<person>", "people/read")
def one(person: str) -> Page:
    """One person: who they are, where they worked, and what became of what they learned."""
    return one_page(person, Form())


def one_page(person: str, form: Form) -> str:
    """Somebody's page, with what was filled in there."""
    there, identity = here(), id_of(person)
    with there.read() as connection:
        known = register.people(connection, there.tenant.id, [identity]).get(identity)
        if known is None or not relations.may_see(connection, reach.viewer(there), identity):
            raise errors.NotFound(f"a person {person}")
        shown = cases.person(connection, there.tenant.id, identity, there.today)
        assert shown is not None
        whose = frozenset({identity})
        theirs = cases.cases(connection, there.tenant.id, whose=whose, limit=listing.SIZE)
        taken = cases.participation(connection, there.tenant.id, whose=whose, limit=listing.SIZE)
        names = _names(connection, there, known)
        units = register.units(connection, there.tenant.id)
        guides = [
            each
            for each in register.assigned_to(connection, there.tenant.id, identity)
            if each.holds(there.today)
        ]
        called = cases.names_of(connection, there.tenant.id, {each.person for each in guides})
        reached = invitations.facts(connection, there.tenant.id, [identity])[identity]
    form.values.setdefault("language", str(known.facts.get("language") or ""))
    there.saw("person", person)
    return render_template(
        "person.html",
        id=str(uuid.UUID(bytes=identity)),
        known=known,
        form=form,
        today=date_of(there.now).isoformat(),
        shown=shown,
        merged=known.merged_into and str(uuid.UUID(bytes=known.merged_into)),
        cases=theirs.rows,
        taken=taken.rows,
        posts=_posts(known, names, {unit: path for unit, (path, _f) in units.items()}),
        kinds={kind: _(word) for kind, word in KINDS.items()},
        guides=[
            (str(uuid.UUID(bytes=each.person)), called.get(each.person, "–"), each.role)
            for each in guides
        ],
        language=words.LANGUAGES.get(str(reached.get("language"))),
        guide_roles={role: _(word) for role, word in GUIDES.items()},
        identities=there.may("identities/write"),
    )


def _names(connection: Connection, there: Here, known: Person) -> dict[bytes, str]:
    wanted = {post.superior for post in known.posts if post.superior is not None}
    return {
        each: person.name
        for each, person in register.people(connection, there.tenant.id, wanted).items()
    }


def _posts(
    known: Person, names: dict[bytes, str], units: dict[bytes, str]
) -> list[tuple[int | None, str, str, str]]:
    """Their posts for a timeline, the newest first; of the first, nobody may know since when."""
    found: list[tuple[int | None, str, str, str]] = []
    for post in reversed(known.posts):
        told = []
        if post.unit is not None:
            told.append(units.get(post.unit, ""))
        if post.superior is not None:
            told.append(_("superior: %(name)s") % {"name": names.get(post.superior, "–")})
        if post.last is not None:
            ended = _(ENDED.get(post.ended or "", "")) or "–"
            told.append(
                _("until %(day)s: %(why)s") % {"day": words.short_day(post.last), "why": ended}
            )
        kind = "plain" if post.last is not None else "good"
        found.append((post.first, kind, post.title or _("Post"), " · ".join(told)))
    return found


@ROOM.page("/people/<person>/language", "people/write", methods=("POST",))
def set_language(person: str) -> Page:
    """Say in which language letters to somebody are, who has no account to choose it in."""
    there, form, identity = here(), Form.sent(), id_of(person)

    def enter(connection: Connection) -> None:
        chosen = form["language"] or None
        register_of_people.write_in(connection, there.tenant.id, identity, chosen, there.who)
        there.did(connection, "person/changed", f"person {person}")

    form.try_(lambda: there.write(enter))
    if not form.sound:
        return one_page(person, form), 400
    site.say(_("Saved. Letters from now on are in this language."))
    return redirect(url_for("web.people.one", person=person), 303)


# Decisions ----------------------------------------------------------------------------------


def identifier_of(kind: str, text: str) -> tuple[str, str]:
    """An identifier as a form sends it: an account with its home page on the line before."""
    return kind, text.replace("\r\n", "\n")


@ROOM.page("/people/<person>/refuse", "identities/write", methods=("POST",))
def refuse(person: str) -> Page:
    """Decide that an identifier is not theirs."""
    there, identity = here(), id_of(person)
    kind, text = identifier_of(request.form.get("kind", ""), request.form.get("text", ""))
    if kind not in KINDS:
        raise errors.NotFound(f"a kind of identifier {kind}")

    def decide(connection: Connection) -> None:
        register_of_people.refuse(connection, there.tenant.id, identity, (kind, text), there.who)
        there.did(connection, "identifier/refused", f"person {person}")

    there.write(decide)
    site.say(_("It no longer means this person. Their cases follow within seconds."))
    return redirect(url_for("web.people.one", person=person), 303)


@ROOM.page("/people/<person>/merge", "identities/write", methods=("POST",))
def merge(person: str) -> Page:
    """Decide that this one is another one of the register."""
    there, identity = here(), id_of(person)
    into = id_of(request.form.get("into", ""))

    def decide(connection: Connection) -> None:
        register_of_people.merge(connection, there.tenant.id, identity, into, there.who)
        there.did(connection, "person/merged", f"person {person}")

    there.write(decide)
    site.say(_("They are one person from now on. It can be taken back."))
    return redirect(url_for("web.people.one", person=str(uuid.UUID(bytes=into))), 303)


@ROOM.page("/people/<person>/part", "identities/write", methods=("POST",))
def part(person: str) -> Page:
    """Take a merge back."""
    there, identity = here(), id_of(person)

    def decide(connection: Connection) -> None:
        register_of_people.part(connection, there.tenant.id, identity, there.who)
        there.did(connection, "person/parted", f"person {person}")

    there.write(decide)
    site.say(_("They are two people again."))
    return redirect(url_for("web.people.one", person=person), 303)
