"""What learners handed in to an LMS, proposed as plans and projects, and accepted by a human, or
dismissed: that stands in the register, and can be taken back."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from lrs import casework, programmes
from lrs.errors import NotFound, Problem, Refused
from lrs.imports import Courses
from lrs.practice import cases, imported, names, submissions
from lrs.practice.people import Person
from lrs.practice.records import Evidence
from lrs.practice.submissions import Proposed
from lrs.store import practice, register, statements
from lrs.store.accounts import Tenant
from lrs.store.practice import Logged
from lrs.store.register import Fact
from lrs.xapi import actors
from lrs.xapi.statements import digest, parse

_STEP = 500

#: By how much a sender's clock may be ahead of ours, in microseconds.
_CLOCKS: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission that may be a plan or a report: whose it is (`person` None: nobody known),
    the `name` by which they are called, the programme's IRI and title, and the evidence that it
    was accepted as; `dismissed`: somebody said that it is none."""

    proposed: Proposed
    person: bytes | None
    name: str
    programme: str | None
    accepted: str | None
    dismissed: bool = False

    @property
    def state(self) -> str:
        """`accepted`, `dismissed`, `unknown` (nobody known handed it in) or `proposed`."""
        if self.accepted:
            return "accepted"
        if self.dismissed:
            return "dismissed"
        return "proposed" if self.person else "unknown"


#: States of a submission.
STATES: Final = ("proposed", "unknown", "accepted", "dismissed")


@dataclass(frozen=True, slots=True)
class HandedIn:
    """The last submission for each task, in the order of time. `reached` is the position in the
    log before which more may stand that was not read; None: it was read to its beginning."""

    found: list[Submission]
    reached: int | None


def proposals(
    connection: Connection,
    tenant: Tenant,
    *,
    since: datetime | None = None,
    before: int | None = None,
    most: int | None = None,
) -> HandedIn:
    """What was handed in to the LMSs since then, the newest records first read; of those stored
    `before` a position alone, and at most so many of them, where that is said."""
    first = 0 if since is None else int(since.timestamp() * 1_000_000)
    # What happened then was stored then or later, but for clocks that are not quite right.
    low = max(0, first - _CLOCKS)
    logged: list[Logged] = []
    reached = low
    for verb in submissions.VERBS:
        term, left = digest(tenant.learning.salt, "V", verb), most
        until = statements.ALWAYS if before is None else before - 1
        while some := practice.having(
            *(connection, term, low, until),
            _STEP if left is None else min(_STEP, left),
            newest_first=True,
        ):
            until = some[-1].position - 1
            logged += [each for each in some if submissions.may_propose(each.body)]
            left = None if left is None else left - len(some)
            if left == 0:
                reached = max(reached, some[-1].position)
                break
    told = [
        submissions.propose(parse(each.body))
        for each in logged
        if not each.voided and each.position >= reached
    ]
    found = submissions.latest([each for each in told if each is not None and each.at >= first])
    return HandedIn(_known(connection, tenant, found), None if reached == low else reached)


def accept(
    connection: Connection, tenant: Tenant, ids: Sequence[str], *, by: str, now: datetime
) -> list[str]:
    """Hand in as evidence what these statements of an LMS brought; answers its statements.

    NotFound: a statement that hands in nothing of the kind. Refused: of somebody nobody knows.
    """
    done: list[str] = []
    every = programmes.in_force(connection, tenant.id)
    for each in ids:
        row = statements.by_id(connection, tenant.learning.id, uuid.UUID(each).bytes)
        told = None if row is None or row.voided else submissions.propose(parse(row.body))
        if told is None:
            raise NotFound(f"a submission {each}")
        (found,) = _known(connection, tenant, [told])
        if found.person is None:
            raise Refused(
                Problem(each, f"Nobody in the register is {found.name}; say whose account it is.")
            )
        programme = Courses(tenant.id, every).called(told.course or "")
        zone = cases.zone_of(programme)
        on = datetime.fromtimestamp(told.at / 1_000_000, UTC).astimezone(zone).date()
        person = str(uuid.UUID(bytes=found.person))
        evidence = Evidence(
            person=person,
            of=told.of,
            by=person,
            role="self",
            performed_on=on,
            title=told.title,
            text=told.activity,
            programme=programme.iri if programme else None,
            source=told.statement,
            keyed_by=by,
        )
        done.append(
            casework.hand_in(
                connection, tenant, evidence, now=now, submission=_submission(tenant, told)
            )
        )
    return done


def dismiss(
    connection: Connection, tenant: Tenant, ids: Sequence[str], by: str, *, on: bool = True
) -> int:
    """Say that what these statements brought is no evidence, or (`on` False) that it may be after
    all; answers for how many that is new. NotFound: a statement that hands in nothing."""
    facts = []
    for each in ids:
        statement = uuid.UUID(each).bytes
        row = statements.by_id(connection, tenant.learning.id, statement)
        if row is None or submissions.propose(parse(row.body)) is None:
            raise NotFound(f"a submission {each}")
        subject = names.dismissal(tenant.id, statement)
        if (subject in _dismissed(connection, tenant, [subject])) != on:
            facts.append(Fact(register.DISMISSED, subject, {"statement": each, "on": on}))
    register.append(connection, tenant.id, facts, by)
    return len(facts)


def _dismissed(connection: Connection, tenant: Tenant, subjects: Iterable[bytes]) -> set[bytes]:
    stands: dict[bytes, bool] = {}
    for held in register.entries(connection, tenant.id, subjects):
        stands[held.subject] = bool(held.entry.body["on"])
    return {subject for subject, on in stands.items() if on}


def _submission(tenant: Tenant, told: Proposed) -> str:
    return imported.identity("submission", tenant.id, told.statement)


def _known(connection: Connection, tenant: Tenant, found: Sequence[Proposed]) -> list[Submission]:
    merged = practice.merged(connection, tenant.id)
    digests = {
        n: names.identifier(tenant.id, *(actors.ifi(each.actor) or ("", "")))
        for n, each in enumerate(found)
    }
    holders = register.holders(connection, tenant.id, digests.values())
    meant: dict[int, bytes] = {}
    for n, name in digests.items():
        held = {merged.get(one, one) for one in holders.get(name, ())}
        if len(held) == 1:
            meant[n] = held.pop()
    people = register.people(connection, tenant.id, set(meant.values()))
    courses = Courses(tenant.id, programmes.in_force(connection, tenant.id))
    ids = {
        n: casework.evidence_id(tenant, _submission(tenant, each)) for n, each in enumerate(found)
    }
    stand = statements.bodies(
        connection, tenant.practice.id, sorted(uuid.UUID(each).bytes for each in ids.values())
    )
    gone = {
        n: names.dismissal(tenant.id, uuid.UUID(each.statement).bytes)
        for n, each in enumerate(found)
    }
    dismissed = _dismissed(connection, tenant, gone.values())
    listed = []
    for n, each in enumerate(found):
        person = meant.get(n)
        known = people.get(person, Person()).name if person else ""
        programme = courses.called(each.course or "")
        accepted = ids[n] if uuid.UUID(ids[n]).bytes in stand else None
        listed.append(
            Submission(
                each,
                person,
                known or str(each.actor.get("name") or "somebody unknown"),
                programme.iri if programme else None,
                accepted,
                gone[n] in dismissed,
            )
        )
    return listed
