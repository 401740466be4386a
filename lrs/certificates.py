"""What an agency says in writing of training that was applied: *Surat Keterangan Penerapan*.

A certificate names one completion, the behaviours whose evidence was accepted, and since when. What
it says is written into the register when it is issued, without a name; its code is a signed link
that nobody can guess. Whether it still holds is asked of the outcomes each time, so that a verdict
withdrawn or a completion voided takes it back by itself.

Functions take a connection first and never commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection

from lrs import agency
from lrs.agency import Letterhead
from lrs.auth import links
from lrs.errors import Conflict
from lrs.i18n import N_
from lrs.practice.cases import date_of, days
from lrs.store import cases, practice, register
from lrs.store.accounts import Tenant
from lrs.store.cases import Case, Outcome
from lrs.store.register import Fact

#: How long a code answers.
HOLDS_FOR: Final = timedelta(days=20 * 365)


@dataclass(frozen=True, slots=True)
class Applied:
    """A behaviour that was applied: its text (empty: the training as a whole), the day from which
    evidence was accepted, and how (a tier; None: not said)."""

    behaviour: str
    day: int
    tier: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a certificate says, and whether that holds now. `why`: `voided` (the completion),
    `withdrawn` (evidence of a behaviour), `kept` (what is held of the person is not told to
    others), or empty. `person` None: nothing is said of them; unless it is `kept`, they are in the
    register no more."""

    id: bytes
    case: bytes
    head: Letterhead
    person: bytes | None
    name: str
    programme: str
    cohort: str
    completed: int
    issued: int
    applied: tuple[Applied, ...]
    why: str

    @property
    def holds(self) -> bool:
        return not self.why


def ready(connection: Connection, tenant: Tenant, case: Case) -> tuple[Outcome, ...]:
    """What could be certified of a case now: the behaviours that were applied after the training;
    where it has none, the training as a whole."""
    if case.state != "open" or case.person is None or case.programme is None:
        return ()
    found = [
        each
        for each in cases.outcomes(connection, tenant.id, case.id)
        if each.applied_day is not None
    ]
    some = [each for each in found if each.behaviour is not None]
    return tuple(some or found)


def issue(connection: Connection, tenant: Tenant, case: Case, *, by: str, now: datetime) -> bytes:
    """Certify what was applied; answers the certificate's id. The same again is the same one."""
    outcomes = ready(connection, tenant, case)
    if not outcomes:
        raise Conflict(
            N_("No evidence of this training was accepted yet."),
            N_("Hand in evidence, or wait until it was reviewed."),
        )
    applied = sorted(
        [each.behaviour.id.hex() if each.behaviour else "", each.applied_day, each.applied_tier]
        for each in outcomes
    )
    named = blake2b(repr((tenant.id, case.id, applied)).encode(), digest_size=16).digest()
    if not register.entries(connection, tenant.id, [named]):
        body = {"case": case.id.hex(), "issued": days(date_of(now)), "applied": applied}
        register.append(connection, tenant.id, [Fact(register.CERTIFICATE, named, body)], by)
    return named


def find(connection: Connection, tenant: Tenant, named: bytes) -> Certificate | None:
    """A certificate that was issued; None: there is none of this id."""
    held = [
        each
        for each in register.entries(connection, tenant.id, [named])
        if each.entry.kind == register.CERTIFICATE
    ]
    if not held:
        return None
    body = held[0].entry.body
    head = agency.letterhead(connection, tenant.id, tenant.name)
    if body.get("erased"):
        return _gone(named, body, head)
    case = cases.case(connection, tenant.id, bytes.fromhex(body["case"]))
    if case is None or case.person is None or case.programme is None:
        return _gone(named, body, head)
    outcomes = {
        each.behaviour.id.hex() if each.behaviour else "": each
        for each in cases.outcomes(connection, tenant.id, case.id)
    }
    return Certificate(
        id=named,
        case=case.id,
        head=head,
        person=case.person,
        name=case.name or "?",
        programme=case.programme.title,
        cohort=case.cohort or "",
        completed=case.clock_day,
        issued=body["issued"],
        applied=tuple(
            sorted((_applied(outcomes, each) for each in body["applied"]), key=lambda a: a.day)
        ),
        why=_why(case, outcomes, body["applied"]),
    )


def _applied(outcomes: dict[str, Outcome], said: Sequence[Any]) -> Applied:
    behaviour, day, tier = said
    there = outcomes.get(behaviour)
    text = there.behaviour.title if there is not None and there.behaviour is not None else ""
    return Applied(text, day, tier)


def _why(case: Case, outcomes: dict[str, Outcome], applied: Sequence[Sequence[Any]]) -> str:
    if case.state != "open":
        return "voided"
    for behaviour, _day, _tier in applied:
        there = outcomes.get(behaviour)
        if there is None or there.applied_day is None:
            return "withdrawn"
    return ""


def _gone(named: bytes, body: Mapping[str, Any], head: Letterhead) -> Certificate:
    return Certificate(
        id=named,
        case=bytes.fromhex(body.get("case", "")),
        head=head,
        person=None,
        name="",
        programme="",
        cohort="",
        completed=0,
        issued=body["issued"],
        applied=(),
        why="voided",
    )


def code(connection: Connection, tenant: Tenant, certificate: Certificate, now: datetime) -> str:
    """What the letter's code leads to: who has it can check the letter, and nothing else."""
    issued = date(1970, 1, 1) + timedelta(days=certificate.issued)
    expires = datetime.combine(issued, datetime.min.time(), now.tzinfo) + HOLDS_FOR
    return links.make(connection, tenant, links.CHECK, certificate.id, expires=expires, now=now)


def check(connection: Connection, given: str, now: datetime) -> Certificate | None:
    """The certificate that a code is of, as anybody may see it; None: it is no code of ours."""
    opened = links.redeem(connection, given, now)
    if isinstance(opened, links.Dead) or opened.purpose != links.CHECK:
        return None
    found = find(connection, opened.tenant, opened.subject)
    if found and found.person in practice.restricted(connection, opened.tenant.id):
        untold = replace(found, person=None, name="", programme="", cohort="", applied=())
        return replace(untold, completed=0, why="kept")
    return found
