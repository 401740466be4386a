"""What people may ask of what is held about them (UU 27/2022, articles 6 to 14): requests, each
recorded with when it is to be answered and what became of it; putting right; keeping without use.

A copy is `lrs/personal.py`, erasure `lrs/erasure.py`. All that is decided here is a dated entry of
the register, so that it is known since when it holds, and who decided it.

Functions take a connection first and never commit.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from typing import Any, Final

from sqlalchemy import Connection

from lrs import people as register_of_people
from lrs.errors import Conflict, NotFound, Problem, Refused
from lrs.i18n import N_
from lrs.practice import names, people
from lrs.practice.people import Person
from lrs.store import register
from lrs.store.accounts import Tenant
from lrs.store.register import Fact
from lrs.xapi import lexical

COPY: Final = "copy"
RECTIFY: Final = "rectification"
RESTRICT: Final = "restriction"
ERASE: Final = "erasure"
KINDS: Final = (COPY, RECTIFY, RESTRICT, ERASE)

OPEN: Final = "open"
DONE: Final = "done"
REFUSED: Final = "refused"

#: On whose word something is done, as people call them.
ASKED_BY: Final[Mapping[str, str]] = {
    "person": N_("the person"),
    "representative": N_("somebody who acts for them"),
    "agency": N_("the agency"),
}

#: Until when a request is to be answered: three times twenty-four hours, as the law has it for
#: several of them. An agency that knows of another span goes by that.
ANSWERED_WITHIN: Final = timedelta(hours=72)

#: What can be put right of a person, as `rectify` takes it.
MEMBERS: Final = ("name", "mail", "phone", "number", "unit", "title", "superior")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request: about whom, of which kind, on whose word, since when, and until when it is to be
    answered; its state, why, since when, and the receipt of an erasure that came of it."""

    id: bytes
    person: bytes
    kind: str
    asked_by: str
    asked: datetime
    due: datetime
    note: str
    state: str = OPEN
    reason: str = ""
    decided: datetime | None = None
    by: str = ""
    receipt: bytes | None = None

    def late(self, now: datetime) -> bool:
        return self.state == OPEN and now > self.due


# Requests ------------------------------------------------------------------------------------


def ask(
    connection: Connection,
    tenant: Tenant,
    person: bytes,
    kind: str,
    *,
    asked_by: str,
    by: str,
    now: datetime,
    note: str = "",
) -> bytes:
    """Record that something is asked; answers the request's id. NotFound: no such person.
    Refused: no such kind, or nobody's word."""
    _known(connection, tenant, person)
    problems = []
    if kind not in KINDS:
        problems.append(Problem("kind", f"It must be one of {', '.join(KINDS)}."))
    if asked_by not in ASKED_BY:
        problems.append(Problem("asked_by", f"It must be one of {', '.join(ASKED_BY)}."))
    if problems:
        raise Refused(problems)
    id_ = uuid.uuid4().bytes
    body = {
        "person": str(uuid.UUID(bytes=person)),
        "kind": kind,
        "asked_by": asked_by,
        "asked": now.astimezone(UTC).isoformat(),
        "due": (now + ANSWERED_WITHIN).astimezone(UTC).isoformat(),
        "note": " ".join(note.split()),
    }
    register.append(connection, tenant.id, [Fact(register.REQUEST, id_, body)], by)
    return id_


def settle(
    connection: Connection,
    tenant: Tenant,
    request: bytes,
    state: str,
    *,
    reason: str,
    by: str,
    now: datetime,
    receipt: bytes | None = None,
) -> None:
    """Record what became of a request: `done` or `refused`, and why. NotFound: there is none.
    Conflict: it was settled before."""
    there = request_of(connection, tenant, request)
    if there.state != OPEN:
        raise Conflict(N_("That request was settled before."), N_("Record a new one."))
    if state == REFUSED and not reason.strip():
        raise Refused(Problem("reason", N_("Say why, in a sentence; the person may ask.")))
    body = {
        "person": str(uuid.UUID(bytes=there.person)),
        "state": state,
        "reason": " ".join(reason.split()),
        "decided": now.astimezone(UTC).isoformat(),
        "receipt": receipt.hex() if receipt else "",
    }
    register.append(connection, tenant.id, [Fact(register.REQUEST, request, body)], by)


def requests(
    connection: Connection, tenant: Tenant, *, person: bytes | None = None, open_only: bool = False
) -> list[Request]:
    """Requests, those that wait first, the first due first; of one person where that is given."""
    told: dict[bytes, list[register.Held]] = {}
    for held in register.of_kind(connection, tenant.id, register.REQUEST):
        told.setdefault(held.subject, []).append(held)
    found = [_made(id_, held) for id_, held in told.items()]
    return sorted(
        (
            each
            for each in found
            if person in (None, each.person) and (each.state == OPEN or not open_only)
        ),
        key=lambda each: (each.state != OPEN, each.due, each.id),
    )


def request_of(connection: Connection, tenant: Tenant, id_: bytes) -> Request:
    """One request. NotFound: there is none of this id."""
    held = [
        each
        for each in register.entries(connection, tenant.id, [id_])
        if each.entry.kind == register.REQUEST
    ]
    if not held:
        raise NotFound(f"a request {uuid.UUID(bytes=id_)}")
    return _made(id_, held)


def _made(id_: bytes, held: list[register.Held]) -> Request:
    first, *later = held
    body = first.entry.body
    made: dict[str, Any] = {
        "id": id_,
        "person": uuid.UUID(body["person"]).bytes,
        "kind": body["kind"],
        "asked_by": body["asked_by"],
        "asked": datetime.fromisoformat(body["asked"]),
        "due": datetime.fromisoformat(body["due"]),
        "note": body["note"],
    }
    for each in later:
        said = each.entry.body
        made |= {
            "state": said["state"],
            "reason": said["reason"],
            "decided": datetime.fromisoformat(said["decided"]),
            "by": each.by,
            "receipt": bytes.fromhex(said["receipt"]) if said["receipt"] else None,
        }
    return Request(**made)


def _settle_first(
    connection: Connection, tenant: Tenant, person: bytes, kind: str, by: str, now: datetime
) -> None:
    """Of the requests of this kind that wait, the first is answered by what was done."""
    waiting = [
        each
        for each in requests(connection, tenant, person=person, open_only=True)
        if each.kind == kind
    ]
    if waiting:
        settle(connection, tenant, waiting[0].id, DONE, reason="", by=by, now=now)


# Keeping without use -------------------------------------------------------------------------


def restrict(
    connection: Connection, tenant: Tenant, person: bytes, *, why: str, by: str, now: datetime
) -> None:
    """Have what is held of a person kept, and not worked with, from now on: no letters, no
    decisions, in no list but those of who keeps the register (article 11). Conflict: it is so."""
    known = _known(connection, tenant, person)
    if known.restricted is not None:
        raise Conflict(N_("It is restricted already."), N_("Nothing is left to do."))
    if not why.strip():
        raise Refused(Problem("why", N_("Say why, in a sentence.")))
    fact = Fact(people.RESTRICTED, person, {"why": " ".join(why.split())})
    register.append(connection, tenant.id, [fact], by)
    _settle_first(connection, tenant, person, RESTRICT, by, now)


def lift(connection: Connection, tenant: Tenant, person: bytes, *, why: str, by: str) -> None:
    """End a restriction. Conflict: there is none."""
    known = _known(connection, tenant, person)
    if known.restricted is None:
        raise Conflict(N_("It is not restricted."), N_("Nothing is left to do."))
    if not why.strip():
        raise Refused(Problem("why", N_("Say why, in a sentence.")))
    fact = Fact(people.LIFTED, person, {"why": " ".join(why.split())})
    register.append(connection, tenant.id, [fact], by)


# Putting right -------------------------------------------------------------------------------


def rectify(
    connection: Connection,
    tenant: Tenant,
    person: bytes,
    told: Mapping[str, Any],
    *,
    by: str,
    now: datetime,
    day: int | None = None,
) -> list[str]:
    """Put right what the register says of a person (article 6); answers what changed.

    `told` has members of `MEMBERS`: `number` is a NIP or NI PPPK that takes the place of the one
    of its kind, `mail` an address that takes the place of the old one, `superior` an id, `unit` a
    path. What is the same, or left out, stays. A post counts from `day` (days since 1970), else
    takes the place of the one that stands. Refused: something is no such thing. Conflict: a number
    or address is somebody else's.
    """
    known = _known(connection, tenant, person)
    unknown = sorted(set(told) - set(MEMBERS))
    if unknown:
        raise Refused(Problem(unknown[0], f"It must be one of {', '.join(MEMBERS)}."))
    changed: list[str] = []
    facts: list[Fact] = []
    stated = {word: " ".join(str(told[word]).split()) for word in ("name", "phone") if word in told}
    if "name" in stated and not stated["name"]:
        raise Refused(Problem("name", N_("A person has a name.")))
    new = {word: text for word, text in stated.items() if text != known.facts.get(word, "")}
    if "mail" in told and told["mail"] != known.facts.get("mail", ""):
        _mail(connection, tenant, person, known, str(told["mail"]).strip(), by)
        new["mail"] = str(told["mail"]).strip()
    if new:
        body = {word: text or None for word, text in new.items()}
        facts.append(Fact(people.PERSON, person, body))
        changed += sorted(new)
    if told.get("number") and _number(connection, tenant, person, known, str(told["number"]), by):
        changed.append("number")
    post = _post(connection, tenant, person, known, told, day)
    if post:
        facts += post
        changed += [word for word in ("unit", "title", "superior") if word in told]
    register.append(connection, tenant.id, facts, by)
    if changed:
        _settle_first(connection, tenant, person, RECTIFY, by, now)
    return changed


def _mail(
    connection: Connection, tenant: Tenant, person: bytes, known: Person, mail: str, by: str
) -> None:
    """The new address is theirs; the old one is not any more."""
    if mail and not lexical.is_mbox(f"mailto:{mail}"):
        told = N_("This is no mail address; write one like nama@instansi.go.id.")
        raise Refused(Problem("mail", told))
    old = known.facts.get("mail")
    if mail:
        pair = ("mbox", f"mailto:{mail}")
        register_of_people.confirm(connection, tenant.id, person, pair, by)
    if old:
        _end(
            connection,
            tenant,
            person,
            known,
            {("mbox", f"mailto:{old}"), ("mbox_sha1sum", _sha1(old))},
            by,
        )


def _end(
    connection: Connection,
    tenant: Tenant,
    person: bytes,
    known: Person,
    pairs: set[tuple[str, str]],
    by: str,
) -> None:
    """An identifier that was theirs until now: what came under it before stays theirs."""
    at = register.newest(connection, tenant.id) + 1
    facts = [
        Fact(
            people.IDENTIFIER,
            person,
            {"kind": each.kind, "text": each.text, "from": each.first, "to": at},
        )
        for each in known.identifiers
        if each.confirmed and each.last is None and (each.kind, each.text) in pairs
    ]
    register.append(connection, tenant.id, facts, by)


def _sha1(mail: str) -> str:
    return sha1(f"mailto:{mail}".encode(), usedforsecurity=False).hexdigest()


def _number(
    connection: Connection, tenant: Tenant, person: bytes, known: Person, text: str, by: str
) -> bool:
    """A number in the place of the one of its kind, which was wrong: it is not theirs at all."""
    try:
        kind, digits = people.number(text)
    except ValueError as error:
        raise Refused(Problem("number", str(error))) from None
    held = [each.text for each in known.identifiers if each.kind == kind and each.confirmed]
    if held == [digits]:
        return False
    register_of_people.confirm(connection, tenant.id, person, (kind, digits), by)
    for each in held:
        if each != digits:
            register_of_people.refuse(connection, tenant.id, person, (kind, each), by)
    return True


def _post(
    connection: Connection,
    tenant: Tenant,
    person: bytes,
    known: Person,
    told: Mapping[str, Any],
    day: int | None,
) -> list[Fact]:
    """The post as it should be, where it is another than the one that stands."""
    if not {"unit", "title", "superior"} & told.keys():
        return []
    last = known.posts[-1] if known.posts else None
    facts: list[Fact] = []
    body: dict[str, Any] = {
        "unit": last.unit.hex() if last and last.unit else None,
        "title": last.title if last else None,
        "superior": last.superior.hex() if last and last.superior else None,
        "superior_state": last.superior_state if last and last.superior else None,
        "first": last.first if last else None,
    }
    if "unit" in told:
        parts = [" ".join(p.split()) for p in re.split(r"[/>\\]", str(told["unit"])) if p.strip()]
        unit = names.unit(tenant.id, "/".join(parts)) if parts else None
        if unit is not None and unit not in register.units(connection, tenant.id):
            facts.append(Fact(register.UNIT, unit, {"path": " / ".join(parts)}))
        body["unit"] = unit.hex() if unit else None
    if "title" in told:
        body["title"] = " ".join(str(told["title"]).split()) or None
    if "superior" in told:
        superior: bytes | None = told["superior"]
        if superior == person:
            raise Refused(Problem("superior", N_("Nobody is their own superior.")))
        if superior is not None:
            _known(connection, tenant, superior)
        body |= {"superior": superior.hex() if superior else None, "superior_state": None}
    if day is not None and day != body["first"]:
        body |= {"first": day, "why": "moved"}
    kept = {word: value for word, value in body.items() if value is not None}
    return [*facts, Fact(people.POST, person, kept)]


def _known(connection: Connection, tenant: Tenant, person: bytes) -> Person:
    known = register.people(connection, tenant.id, [person]).get(person)
    if known is None:
        raise NotFound(f"a person {uuid.UUID(bytes=person)}")
    if known.merged_into is not None:
        raise Conflict(N_("This entry was found to be another person's."), N_("Go to that person."))
    return known
