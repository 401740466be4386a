"""Who is who: accounts nobody knows yet, people who are there twice, and contradictions."""

import uuid
from typing import Final
from weakref import WeakKeyDictionary

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import identities as work
from lrs import people as register_of_people
from lrs.errors import NotFound
from lrs.i18n import N_, _
from lrs.practice.identities import Register
from lrs.store import register
from lrs.store.engine import Database
from lrs.web import listing, site
from lrs.web.people import KINDS, id_of, identifier_of
from lrs.web.rooms import Room, here

ROOM = Room("identities")

Page = str | tuple[str, int] | Answer

#: Why somebody is proposed.
REASONS: Final = {
    "number": N_("the account is named by their number"),
    "mail as account": N_("the account is named by their mail address"),
    "account and name": N_("they have the same account elsewhere, and the same name"),
    "mail case": N_("their mail address but for capitals"),
    "number in mail": N_("their number is in the mail address"),
    "mail hash": N_("a hash of their mail address"),
    "mail": N_("the same mail address"),
    "mail and name": N_("the same mail address and name"),
    "phone": N_("the same phone"),
    "phone and name": N_("the same phone and name"),
    "birth, sex and name": N_("the same birth date, sex and name"),
}


def reason(word: str) -> str:
    """Why, in the reader's language; a reason that has no words yet as it is called."""
    return _(REASONS.get(word, word))


#: The register as it was read last, for each tenant: reading thousands of people takes a second,
#: and holds until somebody enters something.
_read: "WeakKeyDictionary[Database, dict[int, tuple[int, Register]]]" = WeakKeyDictionary()


def _whole(connection: Connection) -> Register:
    """Everybody in the register, read anew when it changed."""
    there = here()
    tenant = there.tenant.id
    newest = register.newest(connection, tenant)
    kept = _read.setdefault(there.context.database, {})
    if tenant not in kept or kept[tenant][0] != newest:
        kept[tenant] = (newest, work.whole(connection, tenant))
    return kept[tenant][1]


@ROOM.page("/identities", "identities/read")
def every() -> Page:
    """Accounts that nobody in the register has, the most active first."""
    there = here()
    with there.read() as connection:
        found = work.unknown(connection, there.tenant.id, _whole(connection))
        start = listing.after(int) or 0
        rows = found[start : start + listing.SIZE + 1]
        ids = {each.person for row in rows for each in row.candidates}
        people = register.people(connection, there.tenant.id, ids)
    listed = listing.page(list(enumerate(rows, start)), lambda row: row[0] + 1)
    return render_template(
        "identities.html",
        listed=listed,
        total=len(found),
        sure=sum(1 for each in found if each.sure is not None),
        people={each: person.name for each, person in people.items()},
        kinds={kind: _(word) for kind, word in KINDS.items()},
        reason=reason,
    )


@ROOM.page("/identities/confirm", "identities/write", methods=("POST",))
def confirm() -> Page:
    """Decide that an account is a person's."""
    there = here()
    person = id_of(request.form.get("person", ""))
    kind, text = identifier_of(request.form.get("kind", ""), request.form.get("text", ""))
    if kind not in KINDS or not text:
        raise NotFound(f"an identifier {kind}")

    def decide(connection: Connection) -> None:
        register_of_people.confirm(connection, there.tenant.id, person, (kind, text), there.who)
        there.did(connection, "identifier/confirmed", f"person {uuid.UUID(bytes=person)}")

    there.write(decide)
    site.say(_("It means them from now on. Their cases follow within seconds."))
    return redirect(url_for("web.identities.every"), 303)


@ROOM.page("/identities/confirm-sure", "identities/write", methods=("POST",))
def confirm_sure() -> Page:
    """Confirm all of which it is sure whom they mean."""
    there = here()

    def decide(connection: Connection) -> int:
        done = work.confirm_sure(connection, there.tenant.id, there.who)
        there.did(connection, "identifier/confirmed-sure", f"identifiers {done}")
        return done

    done = there.write(decide)
    site.say(_("%(number)s confirmed.") % {"number": done})
    return redirect(url_for("web.identities.every"), 303)


@ROOM.page("/identities/match", "identities/write")
def match() -> Page:
    """Look for whose an account is, by name."""
    there = here()
    kind, text = identifier_of(listing.asked("kind"), request.args.get("text", ""))
    words = listing.asked("name")
    with there.read() as connection:
        found = register.search(connection, there.tenant.id, words, 30) if words else []
        known = register.people(connection, there.tenant.id, [each for each, _n in found])
        units = register.units(connection, there.tenant.id)
    rows = []
    for each, _name in found:
        post = known[each].post(there.today)
        unit = units.get(post.unit, ("", {}))[0] if post is not None and post.unit else ""
        rows.append((str(uuid.UUID(bytes=each)), known[each].name, post and post.title, unit))
    return render_template(
        "match.html", kind=kind, text=text, rows=rows, word=_(KINDS.get(kind or "", kind or ""))
    )


@ROOM.page("/identities/doubles", "identities/read")
def doubles() -> Page:
    """People who may be in the register twice, and contradictions."""
    there = here()
    with there.read() as connection:
        pairs = _whole(connection).doubles()[: listing.SIZE]
        conflicts = work.conflicts(connection, there.tenant.id, _whole(connection))[: listing.SIZE]
        ids = {each for pair in pairs for each in (pair.one, pair.other)}
        ids |= {each for conflict in conflicts for each in conflict.people}
        people = register.people(connection, there.tenant.id, ids)
    return render_template(
        "doubles.html",
        pairs=pairs,
        conflicts=conflicts,
        people={each: person.name for each, person in people.items()},
        reason=reason,
        conflict=contradiction,
    )


#: What contradicts itself.
CONFLICTS: Final = {
    "ambiguous": N_("may mean several people alike"),
    "shared": N_("is said to be of several people"),
    "numbers": N_("somebody has more than one NIP"),
    "number of another": N_("an account is named by somebody else's number"),
    "mail": N_("one mail address, several names"),
}


def contradiction(word: str) -> str:
    """What contradicts itself, in the reader's language."""
    return _(CONFLICTS.get(word, word))


@ROOM.page("/identities/part", "identities/write", methods=("POST",))
def part_for_good() -> Page:
    """Decide that two people are not one; they are not proposed again."""
    there = here()
    one, other = id_of(request.form.get("one", "")), id_of(request.form.get("other", ""))

    def decide(connection: Connection) -> None:
        work.part_for_good(connection, there.tenant.id, one, other, there.who)
        there.did(connection, "person/distinct", f"person {uuid.UUID(bytes=one)}")

    there.write(decide)
    site.say(_("They stay two people."))
    return redirect(url_for("web.identities.doubles"), 303)
