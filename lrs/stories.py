"""Stories (form F, success case method): drawn by lot among the best and the hardest cases, asked
in an interview, and told only by who agreed to it.

The lot is drawn by digests of a seed and the case, so that anybody who has the seed can draw it
again; which cases it gave is kept in the register, and so is who agreed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection

from lrs.practice import names, records
from lrs.practice.cases import days
from lrs.store import cases, papers, practice, register
from lrs.store.register import Fact

#: So many of each kind are drawn unless somebody says otherwise.
NUMBER: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A lot: its seed, the day as of which, out of how many, and the cases by hex."""

    seed: str
    day: date
    of_best: int
    of_hard: int
    best: tuple[str, ...]
    hard: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What was told of one case. `agreed`: it may be told; `named`: with the name. `fields` are
    those of form F."""

    case: bytes
    statement: bytes
    person: bytes
    name: str
    programme: bytes
    cohort: str | None
    day: int
    agreed: bool
    named: bool
    fields: Mapping[str, Any]


def seed(tenant_id: int, programme: str, cohort: str, day: date, number: int) -> str:
    """The seed of a lot: of what it is about, the day, and how often it was drawn before."""
    words = "\n".join(
        ("jejak lot", str(tenant_id), programme, cohort, day.isoformat(), str(number))
    )
    return blake2b(words.encode(), digest_size=6).hexdigest()


def lot(seed_: str, case: bytes) -> bytes:
    """Where a case stands in a lot: the least come first."""
    return blake2b(case, key=seed_.encode(), digest_size=16).digest()


def draw(
    connection: Connection,
    tenant_id: int,
    programme: str,
    cohort: str,
    *,
    day: date,
    by: str,
    number: int = NUMBER,
) -> Draw:
    """Draw anew, and keep it."""
    subject = names.draw(tenant_id, programme, cohort)
    before = len(register.entries(connection, tenant_id, [subject]))
    found = papers.candidates(
        connection, tenant_id, names.programme(tenant_id, programme), cohort or None, days(day)
    )
    sown = seed(tenant_id, programme, cohort, day, before)
    drawn = {
        kind: sorted((lot(sown, each.case), each.case) for each in found if each.best == kind)
        for kind in (True, False)
    }
    made = Draw(
        seed=sown,
        day=day,
        of_best=len(drawn[True]),
        of_hard=len(drawn[False]),
        best=tuple(case.hex() for _, case in drawn[True][:number]),
        hard=tuple(case.hex() for _, case in drawn[False][:number]),
    )
    body = {
        "programme": programme,
        "cohort": cohort,
        "seed": made.seed,
        "day": day.isoformat(),
        "of_best": made.of_best,
        "of_hard": made.of_hard,
        "best": list(made.best),
        "hard": list(made.hard),
    }
    register.append(connection, tenant_id, [Fact(register.DRAW, subject, body)], by)
    return made


def drawn(connection: Connection, tenant_id: int, programme: str, cohort: str) -> Draw | None:
    """The last lot of a cohort; None: none was drawn."""
    held = register.entries(connection, tenant_id, [names.draw(tenant_id, programme, cohort)])
    if not held:
        return None
    body = held[-1].entry.body
    return Draw(
        seed=body["seed"],
        day=date.fromisoformat(body["day"]),
        of_best=body["of_best"],
        of_hard=body["of_hard"],
        best=tuple(body["best"]),
        hard=tuple(body["hard"]),
    )


def agree(
    connection: Connection, tenant_id: int, case: bytes, *, agreed: bool, named: bool, by: str
) -> None:
    """Note whether the story of a case may be told, and with the name; the last word counts."""
    body = {"case": case.hex(), "agreed": agreed, "named": named and agreed}
    fact = Fact(register.CONSENT, names.consent(tenant_id, case), body)
    register.append(connection, tenant_id, [fact], by)


def told(
    connection: Connection, tenant_id: int, programme: str | None, cohort: str | None
) -> list[Story]:
    """Every story that was told, the last first, whether or not it may be shown."""
    digest = None if programme is None else names.programme(tenant_id, programme)
    kept = practice.restricted(connection, tenant_id)
    found = [
        each
        for each in papers.stories(connection, tenant_id, digest, cohort or None)
        if each.person not in kept
    ]
    who = papers.named(connection, tenant_id, (each.person for each in found))
    subjects = {names.consent(tenant_id, each.case): each.case for each in found}
    consent = {
        subjects[held.subject]: held.entry.body
        for held in register.entries(connection, tenant_id, subjects)
    }
    stories = []
    for each in found:
        record = cases.record(connection, tenant_id, each.statement)
        if not isinstance(record, records.Answer):
            continue
        said = consent.get(each.case, {})
        stories.append(
            Story(
                case=each.case,
                statement=each.statement,
                person=each.person,
                name=who.get(each.person, ""),
                programme=each.programme,
                cohort=each.cohort,
                day=each.day,
                agreed=bool(said.get("agreed")),
                named=bool(said.get("named")),
                fields=record.fields,
            )
        )
    return stories
