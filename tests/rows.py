"""Makers of what is worked out of log and register, as rows: cases, outcomes, links, answers.

For tests of what reads these tables. Days are counted from the clock of the case, which is `DAY`
unless told otherwise; what is not said is as nobody would think twice about.
"""

import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import msgspec

from lrs.practice import names
from lrs.practice.cases import days
from lrs.practice.programmes import Behaviour, Cohort, Programme, Window
from lrs.store import tables
from lrs.store.engine import Database, insert

#: A clock that started long ago.
DAY = date(2025, 1, 6)

WINDOWS = (
    Window(name="W0", opens=0, closes=14, raters=("self", "superior"), forms=("A",)),
    Window(name="W1", opens=30, closes=45, raters=("self", "superior"), forms=("B",)),
    Window(name="W2", opens=90, closes=120, raters=("self", "superior", "peer"), forms=("C", "D")),
    Window(name="W3", opens=180, closes=240, raters=("self", "superior"), forms=("C", "D")),
    Window(name="W4", opens=330, closes=365, raters=("evaluator", "superior"), forms=("E",)),
)


def iri(name: str) -> str:
    return f"https://agency.example.go.id/{name.lower().replace(' ', '-')}"


def programme(
    title: str = "Pelayanan Prima",
    *behaviours: str,
    cohorts: tuple[str, ...] = (),
    **changes: Any,
) -> Programme:
    """A programme that expects these behaviours (two of its own where none is named)."""
    told = behaviours or (f"{title} satu", f"{title} dua")
    return Programme(
        iri=iri(title),
        title=title,
        behaviours=tuple(Behaviour(iri=iri(each), text=each) for each in told),
        cohorts=tuple(Cohort(name=each) for each in cohorts),
        **({"windows": WINDOWS, "jp": 20.0} | changes),
    )


def at(day: date, offset: int = 0) -> int:
    """Noon of a day in Jakarta, in microseconds."""
    return (days(day) + offset) * 86_400_000_000 + 5 * 3_600_000_000


@dataclass
class Case:
    """A case that was added, to which answers, links and invitations are added."""

    rows: "Rows"
    id: bytes
    subject: bytes
    programme: Programme
    clock: date
    cohort: str | None = None
    unit: bytes | None = None
    state: tuple[Any, ...] = ("open", 1, None, None)

    @property
    def place(self) -> tuple[Any, ...]:
        """What the case is counted by, as what is counted repeats it."""
        programme = names.programme(self.rows.tenant_id, self.programme.iri)
        return (programme, self.cohort, self.unit, days(self.clock))

    def behaviour(self, name: str | None) -> bytes:
        return names.ZERO if name is None else names.behaviour(self.rows.tenant_id, iri(name))

    def outcome(
        self,
        name: str | None = None,
        *,
        applied: int | None = None,
        tier: str | None = None,
        lasting: int | None = None,
        known_not: int | None = None,
        contact: int | None = None,
        confirmed: int | None = None,
    ) -> "Case":
        def day(offset: int | None) -> int | None:
            return None if offset is None else days(self.clock) + offset

        told = [each for each in (applied, lasting, known_not, contact) if each is not None]
        contact = max(told) if told and contact is None else contact
        self.rows.add(
            tables.outcomes,
            self.id,
            self.behaviour(name),
            self.rows.tenant_id,
            day(applied),
            (tier or "7a") if applied is not None else None,
            day(lasting),
            day(known_not),
            day(contact),
            day(confirmed),
            None,
            *(*self.place, at(self.clock), *self.state),
            self.rows.begun(self.subject, self.programme, self.cohort, days(self.clock)),
        )
        return self

    def answer(
        self,
        name: str | None = None,
        *,
        role: str = "superior",
        rater: str | None = "bu ratna",
        window: str = "W2",
        day: int = 100,
        value: int | None = None,
        recalled: int | None = None,
        observed: bool = True,
        barriers: str = "",
        flagged: bool = False,
        form: str = "C",
        frequency: str | None = None,
    ) -> "Case":
        self.rows.add(
            tables.answers,
            uuid.uuid4().bytes,
            self.subject,
            self.behaviour(name),
            self.rows.tenant_id,
            self.id,
            names.programme(self.rows.tenant_id, self.programme.iri),
            form,
            role,
            None if rater is None else person(rater),
            window,
            days(self.clock) + day,
            int(observed),
            value,
            recalled,
            frequency,
            barriers,
            int(flagged),
            *(*self.place[1:], int(self.state[:2] == ("open", 1))),
        )
        return self

    def invitation(
        self,
        role: str = "superior",
        *,
        rater: str | None = "bu ratna",
        window: str = "W2",
        state: str = "sent",
        sampled: bool = False,
        due: int = 90,
        closes: int = 120,
        answered: int | None = None,
    ) -> "Case":
        self.rows.add(
            tables.invitations,
            uuid.uuid4().bytes,
            self.rows.tenant_id,
            uuid.uuid4().bytes,
            self.id,
            role,
            None if rater is None else person(rater),
            window,
            "answered" if answered is not None else state,
            int(sampled),
            "mail",
            days(self.clock) + due,
            days(self.clock) + closes,
            at(self.clock, due),
            at(self.clock, due) if state == "sent" or answered is not None else None,
            0,
            None if answered is None else at(self.clock, answered),
            None,
        )
        return self

    def link(
        self,
        name: str | None = None,
        *,
        state: str = "accepted",
        placed: str = "after",
        performed: int = 20,
        proposed: int = 21,
        decided: int | None = 25,
        self_said: bool = False,
        tier: str | None = None,
        move: str | None = "accept",
        second: str | None = None,
    ) -> "Case":
        self.rows.add(
            tables.links,
            uuid.uuid4().bytes,
            self.rows.tenant_id,
            self.id,
            self.subject,
            uuid.uuid4().bytes,
            self.behaviour(name),
            state,
            placed,
            days(self.clock) + performed,
            500,
            int(self_said),
            at(self.clock, proposed),
            None if decided is None else at(self.clock, decided),
            b"{}",
            (tier or "7a") if state == "accepted" else None,
            None if decided is None else move,
            None if decided is None else at(self.clock, decided),
            second,
            *(*self.place, at(self.clock)),
        )
        return self


def person(name: str) -> bytes:
    """The id of a person, by a name that a test made up."""
    return uuid.uuid5(uuid.NAMESPACE_URL, name).bytes


@dataclass
class Rows:
    """Rows to come, of one tenant; `write` has them inserted."""

    tenant_id: int
    waiting: dict[Any, list[tuple[Any, ...]]] = field(default_factory=dict)
    people: int = 0
    cases: list[Case] = field(default_factory=list)
    ways: dict[tuple[bytes, bytes, str | None], int] = field(default_factory=dict)

    def add(self, table: Any, *values: Any) -> None:
        self.waiting.setdefault(table, []).append(values)

    def programme(self, made: Programme) -> Programme:
        self.add(
            tables.programmes,
            names.programme(self.tenant_id, made.iri),
            self.tenant_id,
            1,
            made.iri.encode(),
            made.title,
            msgspec.json.encode(made),
        )
        return made

    def unit(self, path: str) -> bytes:
        unit = names.unit(self.tenant_id, path)
        if all(row[0] != unit for row in self.waiting.get(tables.units, ())):
            self.add(tables.units, unit, self.tenant_id, path, b"{}")
        return unit

    def person(self, name: str, kind: str = "nip") -> None:
        self.add(tables.people, person(name), self.tenant_id, None, name, b"{}", None)
        self.add(
            tables.identifiers,
            self.tenant_id,
            names.identifier(self.tenant_id, kind, name),
            person(name),
            1,
            kind,
            name.encode(),
            None,
            None,
            "confirmed",
        )

    def employment(
        self,
        name: str,
        *,
        unit: str | None = None,
        superior: str | None = None,
        state: str = "confirmed",
        since: date | None = None,
        until: date | None = None,
        ended: str | None = None,
    ) -> None:
        self.people += 1
        self.add(
            tables.employments,
            self.tenant_id,
            person(name),
            self.people,
            None if unit is None else self.unit(unit),
            None,
            None if superior is None else person(superior),
            None if superior is None else state,
            None if since is None else days(since),
            None if until is None else days(until),
            ended,
        )

    def participation(
        self,
        of: Programme,
        who: str,
        *,
        course: str = "kursus",
        cohort: str | None = None,
        unit: str | None = None,
        jp: float | None = None,
        invited: int | None = None,
        enrolled: int | None = None,
        attended: int | None = None,
        completed: int | None = None,
    ) -> None:
        told = (invited, enrolled, attended, None, completed, None)
        first = days(DAY) + min(day for day in told if day is not None)
        way = (person(who), names.programme(self.tenant_id, of.iri), cohort)
        self.ways[way] = min(first, self.ways.get(way, first))
        self.add(
            tables.participation,
            self.tenant_id,
            person(who),
            names.course(self.tenant_id, iri(course)),
            names.programme(self.tenant_id, of.iri),
            cohort,
            None if unit is None else self.unit(unit),
            1,
            *(None if day is None else days(DAY) + day for day in told),
            None if jp is None else round(jp * 10),
            None,
        )

    def begun(self, subject: bytes, of: Programme, cohort: str | None, clock: int) -> int:
        """The day on which somebody's way through a programme began, as far as it was told."""
        return self.ways.get((subject, names.programme(self.tenant_id, of.iri), cohort), clock)

    def case(
        self,
        of: Programme,
        *,
        who: str | None = None,
        unit: str | None = None,
        cohort: str | None = None,
        clock: date = DAY,
        state: str = "open",
        matched: bool = True,
        ended: str | None = None,
        ended_day: int | None = None,
    ) -> Case:
        self.people += 1
        subject = person(who or f"alumni {self.people}")
        made = Case(
            *(self, uuid.uuid4().bytes, subject, of, clock, cohort),
            None if unit is None else self.unit(unit),
            (state, int(matched), ended, None if ended_day is None else days(clock) + ended_day),
        )
        self.cases.append(made)
        self.add(
            tables.cases,
            made.id,
            self.tenant_id,
            subject,
            int(matched),
            names.programme(self.tenant_id, of.iri),
            cohort,
            state,
            at(clock),
            days(clock),
            None if unit is None else self.unit(unit),
            ended,
            None if ended_day is None else days(clock) + ended_day,
            b"{}",
        )
        return made

    def write(self, database: Database) -> None:
        """Insert what waits, with what the projector works out of it."""
        self._work_out()
        waiting, self.waiting = self.waiting, {}

        def work(connection: Any) -> None:
            for table, rows in waiting.items():
                insert(connection, table, rows)

        database.write(work)

    def _work_out(self) -> None:
        """Each case has an outcome as a whole and of each behaviour that its programme expects, and
        each outcome knows its last verdict; whoever took part in several courses of a programme
        began with the first."""
        attended = self.waiting.setdefault(tables.participation, [])
        attended[:] = [(*row[:-1], self.ways[row[1], row[3], row[4]]) for row in attended]
        outcomes = self.waiting.setdefault(tables.outcomes, [])
        told = {row[:2] for row in outcomes}
        for case in self.cases:
            for name in (None, *(each.text for each in case.programme.behaviours)):
                if (case.id, case.behaviour(name)) not in told:
                    case.outcome(name)
        self.cases.clear()
        decided: dict[tuple[bytes, bytes], int] = {}
        column = {each.name: n for n, each in enumerate(tables.links.columns)}
        for row in self.waiting.get(tables.links, ()):
            if row[column["state"]] == "accepted" and row[column["placed"]] == "after":
                moment = row[column["decided_at"]]
                for behaviour in (row[column["behaviour"]], names.ZERO):
                    key = (row[column["case_id"]], behaviour)
                    decided[key] = max(moment, decided.get(key, 0))
        at = [each.name for each in tables.outcomes.columns].index("decided_at")
        outcomes[:] = [(*row[:at], decided.get(row[:2]), *row[at + 1 :]) for row in outcomes]


def later(offset: int, day: date = DAY) -> date:
    return day + timedelta(days=offset)
