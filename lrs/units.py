"""Units of the agency, and who is whose superior where lists do not say so.

A unit has a contact, who speaks for it, and a default superior, for those of whom nothing better
is known; what it has not, the unit above it has. Whom an alumnus names as superior stays
unconfirmed until the contact of the unit agrees, and never stands above what a list says.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from lrs.errors import Conflict, NotFound, Problem, Refused
from lrs.people import Outcome
from lrs.practice import names, people
from lrs.practice.people import CONFIRMED, Person, Units
from lrs.spreadsheets import Row, Sheet
from lrs.store import register
from lrs.store.accounts import Tenant
from lrs.store.register import Fact
from lrs.whom import Bad, Finder, columns_of

#: What a column of a list of units may hold, and its known headings.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "unit": ("unit", "unit kerja", "unit organisasi", "satuan kerja", "department"),
    "number": ("nip kontak", "nip pic", "nip narahubung", "kontak", "narahubung", "contact"),
    "mail": ("email kontak", "email narahubung", "email", "surel", "contact email"),
    "superior": ("nip atasan", "nip pimpinan", "nip kepala", "atasan", "pimpinan", "superior"),
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as it stands: its contact and default superior, by id and name (None: it has none of
    its own)."""

    id: bytes
    path: str
    contact: bytes | None
    superior: bytes | None
    contact_name: str | None
    superior_name: str | None


@dataclass(frozen=True, slots=True)
class Named:
    """A superior whom an alumnus named, for the contact of the unit to agree or not: `instead` of
    whom, if a list names another."""

    person: bytes
    name: str
    superior: bytes
    superior_name: str
    day: int
    unit: bytes | None
    contact: bytes | None
    instead: bytes | None


def listed(connection: Connection, tenant_id: int) -> list[Unit]:
    """Every unit, in the order of paths."""
    rows = register.units(connection, tenant_id)
    ids = {
        bytes.fromhex(told)
        for _, facts in rows.values()
        for word in ("contact", "superior")
        if (told := facts.get(word))
    }
    known = register.people(connection, tenant_id, ids)

    def who(facts: Mapping[str, Any], word: str) -> tuple[bytes | None, str | None]:
        id_ = bytes.fromhex(facts[word]) if facts.get(word) else None
        return id_, known[id_].name if id_ in known else None

    found = []
    for unit, (path, facts) in rows.items():
        contact, contact_name = who(facts, "contact")
        superior, superior_name = who(facts, "superior")
        found.append(Unit(unit, path, contact, superior, contact_name, superior_name))
    return sorted(found, key=lambda each: each.path.casefold())


def set_facts(
    connection: Connection,
    tenant_id: int,
    path: str,
    by: str,
    *,
    contact: bytes | None = None,
    superior: bytes | None = None,
    clear: frozenset[str] = frozenset(),
) -> bytes:
    """Say who speaks for a unit, and who is the default superior; what is not given stays, what
    `clear` names is taken away. Answers the unit, a new one where there was none of that path.

    NotFound: no such person.
    """
    people_ = [each for each in (contact, superior) if each is not None]
    known = register.people(connection, tenant_id, people_)
    for each in people_:
        if each not in known:
            raise NotFound(f"a person {each.hex()}")
    unit, facts = _facts(
        register.units(connection, tenant_id), tenant_id, path, contact, superior, clear
    )
    register.append(connection, tenant_id, facts, by)
    return unit


def import_units(
    connection: Connection, tenant: Tenant, sheet: Sheet, chosen: Mapping[str, str]
) -> Outcome:
    """Work out what a list of units brings: contacts and default superiors. Enters nothing.

    Refused: it has no column of units, or none of the others. A row whose contact or superior is
    nobody in the register is told and left out.
    """
    columns = columns_of(sheet, chosen, COLUMNS)
    if "unit" not in columns or not columns.keys() & {"number", "mail", "superior"}:
        raise Refused(
            Problem(
                "",
                f"The list needs a column for the unit ({', '.join(COLUMNS['unit'])}) and one for"
                f" its contact ({', '.join(COLUMNS['number'])}) or its default superior"
                f" ({', '.join(COLUMNS['superior'])}).",
            )
        )
    finder = Finder(connection, tenant, columns)
    finder.look_up(sheet.rows, ("number", "superior"))
    units = register.units(connection, tenant.id)
    outcome = Outcome()
    for row in sheet.rows:
        if row.problems:
            continue
        path = finder.cell(row, "unit")
        if not path:
            outcome.problems.append(Problem(f"row {row.number}, unit", "The row names no unit."))
            continue
        try:
            contact = _who(finder, row, "number", ("number", "mail"))
            superior = _who(finder, row, "superior", ("superior",))
        except Bad as bad:
            heading = columns.get(bad.word, bad.word)
            outcome.problems.append(Problem(f"row {row.number}, {heading}", bad.message))
            continue
        unit, facts = _facts(units, tenant.id, path, contact, superior)
        if unit not in units:
            outcome.new += 1
        elif facts:
            outcome.changed += 1
        else:
            outcome.unchanged += 1
        for fact in facts:
            told = {**units.get(unit, ("", {}))[1], **fact.body}
            units[unit] = (str(told.pop("path")), told)
        outcome.facts += facts
    return outcome


def _who(finder: Finder, row: Row, word: str, cells: tuple[str, ...]) -> bytes | None:
    if not any(finder.cell(row, each) for each in cells):
        return None
    found = finder.who(row, word)
    if found is None or found.person is None:
        raise Bad(word, "Nobody in the register has this; import the list of people first.")
    return found.person


def _facts(
    units: Mapping[bytes, tuple[str, Mapping[str, Any]]],
    tenant_id: int,
    path: str,
    contact: bytes | None,
    superior: bytes | None,
    clear: frozenset[str] = frozenset(),
) -> tuple[bytes, list[Fact]]:
    """The unit of a path, and what is to be entered of it, if anything."""
    parts = [" ".join(part.split()) for part in re.split(r"[/>\\]", path) if part.strip()]
    unit = names.unit(tenant_id, "/".join(parts))
    old_path, old = units.get(unit, (None, {}))
    told: dict[str, Any] = dict.fromkeys(sorted(clear & old.keys()))
    told |= {
        word: person.hex()
        for word, person in (("contact", contact), ("superior", superior))
        if person is not None and old.get(word) != person.hex()
    }
    if not told and old_path is not None:
        return unit, []
    return unit, [Fact(register.UNIT, unit, {"path": old_path or " / ".join(parts), **told})]


def who(connection: Connection, tenant_id: int, text: str) -> bytes:
    """The person meant by an id, a number (NIP, NI PPPK) or a mail address. NotFound: nobody, or
    not one."""
    try:
        mail = ("mbox", f"mailto:{text.strip()}") if "@" in text else None
        id_ = uuid.UUID(text).bytes if "-" in text and not mail else None
        known_by = None if id_ else mail or people.number(text)
    except ValueError as error:
        raise NotFound(f"a person '{text}': {error}") from error
    if known_by:
        digest = names.identifier(tenant_id, *known_by)
        held = register.holders(connection, tenant_id, [digest]).get(digest, set())
        id_ = min(held) if len(held) == 1 else None
    known = register.people(connection, tenant_id, [id_] if id_ else [])
    if id_ is None or id_ not in known:
        raise NotFound(f"a person '{text}'")
    return known[id_].merged_into or id_


# Superiors ----------------------------------------------------------------------------------


def name_superior(
    connection: Connection, tenant_id: int, person: bytes, superior: bytes, by: str, *, day: int
) -> None:
    """Note whom a person names as their superior from `day` on, to be agreed to by the contact of
    the unit. Until then it counts, as unconfirmed, only where nobody else named one.

    NotFound: no such person. Conflict: they are one; or the person has left.
    """
    known = _both(connection, tenant_id, person, superior)
    post = known.post(day)
    if known.posts and post is None:
        raise Conflict("The person held no post on that day.", "Name a day on which they did.")
    if post is not None and post.superior == superior and post.superior_state == CONFIRMED:
        return
    if known.said is not None and known.said.superior == superior and known.said.day <= day:
        return
    body = {"superior": superior.hex(), "day": day}
    register.append(connection, tenant_id, [Fact(people.SAID, person, body)], by)


def set_superior(
    connection: Connection, tenant_id: int, person: bytes, superior: bytes, by: str, *, day: int
) -> None:
    """Say who is the superior of a person from `day` on, as one who may know. NotFound and
    Conflict as `name_superior`."""
    known = _both(connection, tenant_id, person, superior)
    post = known.post(day)
    if known.posts and post is None:
        raise Conflict("The person held no post on that day.", "Name a day on which they did.")
    if post is not None and post.superior == superior and post.superior_state == CONFIRMED:
        return
    body: dict[str, Any] = {}
    for held in register.entries(connection, tenant_id, [person]):
        if (
            post is not None
            and held.entry.position == post.entry
            and held.entry.kind == people.POST
        ):
            body = dict(held.entry.body)
    body.pop("superior_state", None)
    if post is not None and post.superior_state == CONFIRMED and post.first != day:
        # Somebody else was: from that day on it is another, in the same post.
        body |= {"first": day, "why": "superior"}
    body["superior"] = superior.hex()
    register.append(connection, tenant_id, [Fact(people.POST, person, body)], by)


def agree_superior(
    connection: Connection, tenant_id: int, person: bytes, by: str, *, agreed: bool = True
) -> None:
    """Decide, as the contact of the unit, on the superior whom a person named. NotFound: nobody
    is waiting to be decided on."""
    known = register.people(connection, tenant_id, [person]).get(person)
    if known is None or known.said is None:
        raise NotFound(f"a superior that the person {person.hex()} named")
    said = known.said
    if agreed:
        set_superior(connection, tenant_id, person, said.superior, by, day=said.day)
    else:
        body = {"superior": said.superior.hex()}
        register.append(connection, tenant_id, [Fact(people.UNSAID, person, body)], by)


def named(connection: Connection, tenant_id: int) -> list[Named]:
    """The superiors whom alumni named and nobody decided on yet, by unit."""
    ids = register.with_entries(connection, tenant_id, people.SAID)
    known = register.people(connection, tenant_id, ids)
    waiting = {id_: person for id_, person in known.items() if person.said is not None}
    superiors = register.people(
        connection, tenant_id, {each.said.superior for each in waiting.values() if each.said}
    )
    rows = register.units(connection, tenant_id)
    units = Units(rows)
    found = []
    for id_, person in waiting.items():
        assert person.said is not None
        said = person.said
        post = person.post(said.day)
        unit = post.unit if post else None
        confirmed = post.superior if post and post.superior_state == CONFIRMED else None
        found.append(
            Named(
                id_,
                person.name,
                said.superior,
                superiors.get(said.superior, Person()).name,
                said.day,
                unit,
                units.contact(unit),
                confirmed,
            )
        )
    return sorted(
        found, key=lambda each: (rows.get(each.unit or b"", ("", {}))[0], each.name, each.person)
    )


def _both(connection: Connection, tenant_id: int, person: bytes, superior: bytes) -> Person:
    known = register.people(connection, tenant_id, [person, superior])
    for each in (person, superior):
        if each not in known:
            raise NotFound(f"a person {each.hex()}")
    if person == superior:
        raise Conflict("Nobody is their own superior.", "Name somebody else.")
    return known[person]
