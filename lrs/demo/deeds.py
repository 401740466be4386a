"""The demonstration agency's people at work with Jejak: an admin enters lists, people hand in,
answer and decide.

`enter_lists` has an admin enter the agency's lists and programmes (`lrs/demo/files.py`); `enact`
has its people do, through casework, what `Agency.actions` say: what forms, pages and signed links
would write. So a demonstration, and the tests, have evidence, answers and verdicts of every kind
beside what the agency's systems send.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from lrs import casework, people, programmes, spreadsheets
from lrs.casework import Filled
from lrs.demo.agency import Agency
from lrs.errors import Conflict, JejakError, Problem
from lrs.people import Outcome, Reading
from lrs.practice import names
from lrs.practice.records import Citizen, Ending, Evidence, Meeting
from lrs.store import practice, register
from lrs.store.accounts import Tenant
from lrs.store.engine import Database

Tree = Mapping[str, Any]

#: How many deeds share a transaction.
TOGETHER = 50

ADMIN = "user:admin"


#: The lists an admin has at hand, in the order in which they are entered.
LISTS: tuple[tuple[str, Callable[..., Outcome]], ...] = (
    ("people.csv", people.import_people),
    ("events.csv", people.import_events),
    ("accounts.csv", people.import_accounts),
)


def enter_lists(database: Database, tenant: Tenant, agency: Agency, folder: Path) -> list[Problem]:
    """Enter the lists in `folder` and the programmes; answers what was wrong with them."""
    problems: list[Problem] = []

    def enter(connection: Connection, name: str, work: Callable[..., Outcome]) -> None:
        sheet = spreadsheets.read((folder / name).read_bytes(), name)
        outcome = work(connection, tenant.id, sheet, Reading(today=agency.begin))
        register.append(connection, tenant.id, outcome.facts, ADMIN)
        problems.extend(outcome.problems)

    for name, work in LISTS:
        database.write(partial(enter, name=name, work=work))
    database.write(lambda c: programmes.apply(c, tenant.id, agency.programmes, ADMIN))
    return problems


@dataclass(slots=True)
class Enacted:
    """What came of it: how many of each kind were done, the ids that evidence got, by the ids of
    the actions, and what was not taken, with the reason."""

    done: dict[str, int] = field(default_factory=dict)
    statements: dict[str, str] = field(default_factory=dict)
    refused: list[tuple[Tree, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Stage:
    """Where it is played: people by number, cases by person and programme."""

    tenant: Tenant
    people: Mapping[str, bytes]
    cases: Mapping[tuple[bytes, bytes], bytes]
    enacted: Enacted

    def person(self, number: str) -> str:
        return str(uuid.UUID(bytes=self.people[number]))

    def by(self, number: str) -> str:
        return self.person(number) if number in self.people else ADMIN

    def case(self, action: Tree) -> bytes | None:
        programme = names.programme(self.tenant.id, action["programme"])
        return self.cases.get((self.people[action["person"]], programme))


def enact(
    database: Database,
    tenant: Tenant,
    actions: Sequence[Tree],
    project: Callable[[], object],
    told: Callable[[int], object] = lambda count: None,
) -> Enacted:
    """Do all of it; `project` works out what stands, before and between."""
    enacted = Enacted()
    project()
    said = [each for each in actions if each["do"] != "verdict"]
    _play(database, tenant, said, enacted, told)
    project()
    first: dict[tuple[str, ...], Tree] = {}
    later = []
    for each in (each for each in actions if each["do"] == "verdict"):
        link = tuple(each[name] for name in ("person", "programme", "evidence", "behaviour"))
        if first.setdefault(link, each) is not each:
            later.append(each)
    # What was found by hand is in the queue only once it is projected.
    for some in (list(first.values()), later):
        _play(database, tenant, some, enacted, told)
        project()
    return enacted


def _play(
    database: Database,
    tenant: Tenant,
    actions: Sequence[Tree],
    enacted: Enacted,
    told: Callable[[int], object],
) -> None:
    with database.read() as connection:
        known = register.numbers(connection, tenant.id)
        cases = practice.cases_by_person(connection, tenant.id)
    stage = _Stage(tenant, known, cases, enacted)

    def work(connection: Connection, some: Sequence[Tree]) -> None:
        for action in some:
            try:
                with connection.begin_nested():
                    _DEEDS[action["do"]](connection, stage, action)
            except (JejakError, KeyError) as error:
                enacted.refused.append((action, str(error)))
            else:
                enacted.done[action["do"]] = enacted.done.get(action["do"], 0) + 1

    for first in range(0, len(actions), TOGETHER):
        some = actions[first : first + TOGETHER]
        database.write(partial(work, some=some))
        told(len(some))


def _answer(connection: Connection, stage: _Stage, action: Tree) -> None:
    if action["form"] == "I":
        said = Citizen(
            unit=names.unit(stage.tenant.id, action["unit"]).hex(),
            value=action["value"],
            said_on=date.fromisoformat(action["observed_on"]),
        )
        casework.tell(connection, stage.tenant, said, now=_at(action))
        return
    before_it = action["form"] in ("G", "H")
    case = None if before_it else stage.case(action)
    if case is None and not before_it:
        raise Conflict("The case is not there.", "Its completion may have been lost on the way.")
    filled = Filled(
        form=action["form"],
        role=action["role"],
        observed_on=date.fromisoformat(action["observed_on"]),
        submission=action["statement"],
        case=case.hex() if case else None,
        person=stage.person(action["person"]),
        programme=action["programme"],
        window=action["window"],
        rater=stage.person(action["rater"]),
        whole=action["whole"],
        items={
            each["behaviour"]: {name: each[name] for name in each if name != "behaviour"}
            for each in action["items"]
        },
    )
    casework.answer(connection, stage.tenant, filled, now=_at(action))


def _evidence(connection: Connection, stage: _Stage, action: Tree) -> None:
    case = stage.case(action)
    evidence = Evidence(
        person=stage.person(action["person"]),
        of=action["kind"],
        by=stage.person(action["by"]),
        role=action["by_role"],
        performed_on=date.fromisoformat(action["performed_on"]),
        title=action["title"],
        text=action["text"],
        programme=action["programme"],
        case=case.hex() if case else None,
        behaviours=tuple(action["behaviours"]),
    )
    stage.enacted.statements[action["statement"]] = casework.hand_in(
        connection, stage.tenant, evidence, now=_at(action), submission=action["statement"]
    )


def _meeting(connection: Connection, stage: _Stage, action: Tree) -> None:
    day = _at(action).date()
    meeting = Meeting(
        people=tuple(stage.person(number) for number in action["people"]),
        by=stage.person(action["by"]),
        role="superior",
        held_on=day,
        text=action["text"],
        programme=action["programme"],
    )
    stage.enacted.statements[action["statement"]] = casework.meet(
        connection, stage.tenant, meeting, now=_at(action)
    )


def _ended(connection: Connection, stage: _Stage, action: Tree) -> None:
    case = stage.case(action)
    if case is None:
        raise Conflict("The case is not there.", "Its completion may have been lost on the way.")
    ending = Ending(
        person=stage.person(action["person"]),
        case=case.hex(),
        why=action["why"],
        day=_at(action).date() - timedelta(days=1),
        by=ADMIN,
    )
    casework.end(connection, stage.tenant, ending, now=_at(action))


def _verdict(connection: Connection, stage: _Stage, action: Tree) -> None:
    case = stage.case(action)
    if case is None:
        raise Conflict("The case is not there.", "Its completion may have been lost on the way.")
    told = stage.enacted.statements.get(action["evidence"], action["evidence"])
    evidence = uuid.UUID(told).bytes
    behaviour = action["behaviour"]
    link = names.link(case, evidence, names.behaviour(stage.tenant.id, behaviour))
    now = _at(action)
    there = practice.link(connection, stage.tenant.id, link)
    if action["move"] == "submit":
        # What the machine proposed is submitted already; what was returned is submitted anew.
        if there is None:
            casework.propose(
                connection,
                stage.tenant,
                case=case,
                evidence=evidence,
                behaviour=behaviour,
                by=ADMIN,
                reason="Ditemukan saat memeriksa catatan kerja.",
                now=now,
            )
            return
        with suppress(Conflict):
            casework.decide(
                connection,
                stage.tenant,
                link=link,
                move="submit",
                by=stage.by(action["reviewer"]),
                now=now,
            )
        return
    casework.decide(
        connection,
        stage.tenant,
        link=link,
        move=action["move"],
        by=stage.by(action["reviewer"]),
        now=now,
        reason=action["reason"],
        rests_on=f"halaman {action['page']}",
        tier=action["tier"],
        confidence=action["confidence"] or None,
    )


_DEEDS: Mapping[str, Callable[[Connection, _Stage, Tree], None]] = {
    "answer": _answer,
    "evidence": _evidence,
    "meeting": _meeting,
    "ended": _ended,
    "verdict": _verdict,
}


def _at(action: Tree) -> datetime:
    return datetime.fromisoformat(action["at"]).astimezone(UTC)
