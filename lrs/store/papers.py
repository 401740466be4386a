"""What papers list beyond figures: cases that stories may be drawn of, stories told, completions
as an office of personnel takes them. And figures that were counted, held for the next reader.

Functions take a connection first and never commit.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from lrs.practice import names
from lrs.store import practice, tables
from lrs.store.engine import insert, pieces, placeholders, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A case of which a story may be drawn. `best`: it is applied, and lasts or the superior
    confirmed it; else somebody who could see said that it is not applied."""

    case: bytes
    person: bytes
    best: bool


def candidates(
    connection: Connection, tenant_id: int, programme: bytes, cohort: str | None, day: int
) -> list[Candidate]:
    """The best and the hardest of a cohort (None: of all), as it was known on a day."""
    where = "c.tenant_id = ? AND c.programme = ?"
    values: list[Any] = [tenant_id, programme]
    if cohort is not None:
        where += " AND c.cohort = ?"
        values.append(cohort)
    rows = run(
        connection,
        "SELECT c.id, c.subject, CASE WHEN o.applied_day <= ? THEN 1 ELSE 0 END FROM cases c"
        f" JOIN outcomes o ON o.case_id = c.id AND o.behaviour = ? WHERE {where}"
        " AND c.matched = 1 AND c.state NOT IN ('voided', 'undone')"
        " AND ((o.applied_day <= ? AND (o.lasting_day <= ? OR o.superior_confirmed_day <= ?))"
        " OR (o.known_not_day <= ? AND (o.applied_day IS NULL OR o.applied_day > ?)))"
        " ORDER BY c.id",
        (day, names.ZERO, *values, day, day, day, day, day),
    )
    found = [Candidate(case=bytes(row[0]), person=bytes(row[1]), best=bool(row[2])) for row in rows]
    kept = practice.restricted(connection, tenant_id)
    return [each for each in found if each.person not in kept]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """That a story was told of a case: the statement that holds it, and the day."""

    case: bytes
    person: bytes
    statement: bytes
    programme: bytes
    cohort: str | None
    day: int


def stories(
    connection: Connection, tenant_id: int, programme: bytes | None, cohort: str | None
) -> list[Told]:
    """Stories told on form F, the last first; of several of one case, the last alone."""
    where = "a.tenant_id = ? AND a.form = 'F' AND a.behaviour = ?"
    values: list[Any] = [tenant_id, names.ZERO]
    if programme is not None:
        where += " AND a.programme = ?"
        values.append(programme)
    if cohort is not None:
        where += " AND c.cohort = ?"
        values.append(cohort)
    rows = run(
        connection,
        "SELECT a.case_id, a.subject, a.statement, a.programme, c.cohort, a.day FROM answers a"
        f" JOIN cases c ON c.id = a.case_id WHERE {where} ORDER BY a.day DESC, a.statement",
        tuple(values),
    )
    found: dict[bytes, Told] = {}
    for case, person, statement, its, cohort_, day in rows:
        told = Told(
            case=bytes(case),
            person=bytes(person),
            statement=bytes(statement),
            programme=bytes(its),
            cohort=cohort_,
            day=int(day),
        )
        found.setdefault(told.case, told)
    return list(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """One person's completion of a course, for an office of personnel. `number` is the NIP or
    NI PPPK; None: none is known. `jp` are hours; `certificate` its number, where one came."""

    person: bytes
    name: str
    number: str | None
    programme: bytes
    course: bytes
    cohort: str | None
    enrolled_day: int | None
    completed_day: int
    jp: float | None
    unit: bytes | None


def trained(
    connection: Connection,
    tenant_id: int,
    *,
    first: int,
    last: int,
    programmes: Collection[bytes] | None = None,
    cohort: str | None = None,
    units: Collection[bytes] | None = None,
    limit: int = 100_000,
) -> list[Trained]:
    """Who completed what between two days, by name: several courses of one run of a programme are
    one completion, as in the figure of hours."""
    where = ""
    values: list[Any] = []
    for column, chosen in (("p.programme", programmes), ("p.unit", units)):
        if chosen is not None:
            where += f" AND {column} IN ({placeholders(list(chosen))})" if chosen else " AND 1 = 0"
            values += sorted(chosen)
    if cohort is not None:
        where += " AND p.cohort = ?"
        values.append(cohort)
    rows = run(
        connection,
        "SELECT p.subject, p.programme, p.course, p.cohort, p.enrolled_day, p.completed_day, p.jp,"
        " p.unit FROM participation p WHERE p.tenant_id = ? AND p.matched = 1"
        f" AND p.completed_day >= ? AND p.completed_day <= ?{where}"
        " ORDER BY p.subject, p.completed_day LIMIT ?",
        (tenant_id, first, last, *values, limit),
    )
    told: dict[tuple[Any, ...], list[Any]] = {}
    kept = practice.restricted(connection, tenant_id)
    for person, programme, course, its, *days_, unit in rows:
        person, programme, course = bytes(person), bytes(programme), bytes(course)
        if person in kept:
            continue  # what is held of them is only kept
        key = (person, course if programme == names.ZERO else programme, its)
        enrolled, completed, jp = days_
        held = told.setdefault(key, [programme, course, enrolled, completed, jp, unit])
        held[2] = min((d for d in (held[2], enrolled) if d is not None), default=None)
        held[3] = max(held[3], completed)
        held[4] = max((h for h in (held[4], jp) if h is not None), default=None)
    people = named(connection, tenant_id, (key[0] for key in told))
    numbers = _numbers(connection, tenant_id)
    found = [
        Trained(
            person=person,
            name=people.get(person, ""),
            number=numbers.get(person),
            programme=programme,
            course=course,
            cohort=its,
            enrolled_day=enrolled,
            completed_day=completed,
            jp=None if jp is None else jp / 10,
            unit=None if unit is None else bytes(unit),
        )
        for (person, _run, its), (programme, course, enrolled, completed, jp, unit) in told.items()
    ]
    return sorted(found, key=lambda each: (each.name.casefold(), each.completed_day, each.person))


def named(connection: Connection, tenant_id: int, people: Iterable[bytes]) -> dict[bytes, str]:
    """Names of these people."""
    found: dict[bytes, str] = {}
    for piece in pieces(sorted(set(people))):
        rows = run(
            connection,
            f"SELECT id, facts FROM people WHERE tenant_id = ? AND id IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
        for row in rows:
            found[bytes(row[0])] = str(_json(row[1]).get("name") or "")
    return found


def _numbers(connection: Connection, tenant_id: int) -> dict[bytes, str]:
    """Everybody's NIP, or NI PPPK where there is none; the newest of each."""
    rows = run(
        connection,
        "SELECT person, text FROM identifiers WHERE tenant_id = ? AND state = 'confirmed'"
        " AND kind IN ('nip', 'ni_pppk') ORDER BY CASE kind WHEN 'nip' THEN 1 ELSE 0 END, entry",
        (tenant_id,),
    )
    return {bytes(row[0]): bytes(row[1]).decode() for row in rows}


def titles(connection: Connection, tenant_id: int, courses: Iterable[bytes]) -> dict[bytes, str]:
    """What courses are called where nobody made a programme of them: the title that records gave,
    else their IRI."""
    found: dict[bytes, str] = {}
    for course in set(courses):
        row = run(
            connection,
            "SELECT body FROM events WHERE tenant_id = ? AND course = ?"
            " ORDER BY kind, position, n LIMIT 1",
            (tenant_id, course),
        ).first()
        if row is not None:
            told = _json(row[0])
            found[course] = str(told.get("title") or told.get("course") or "")
    return found


def _json(body: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(bytes(body))
    return told


# A copy for one person ------------------------------------------------------------------------


def answered(
    connection: Connection, tenant_id: int, person: bytes, limit: int
) -> list[dict[str, Any]]:
    """What somebody answered themselves, about themselves or as a rater."""
    rows = run(
        connection,
        "SELECT form, role, window_name, day, observed, value, recalled, frequency, barriers,"
        " subject FROM answers WHERE tenant_id = ? AND (rater = ? OR (subject = ? AND role ="
        " 'self')) ORDER BY day LIMIT ?",
        (tenant_id, person, person, limit),
    )
    words = ("form", "role", "stage", "day", "observed", "value", "recalled", "frequency")
    return [
        {
            **dict(zip(words, row, strict=False)),
            "observed": bool(row[4]),
            "barriers": row[8].split(),
            "about_themselves": bytes(row[9]) == person,
        }
        for row in rows
    ]


def answered_about(connection: Connection, tenant_id: int, person: bytes) -> int:
    """How many answers others gave about somebody; not what."""
    return int(
        run(
            connection,
            "SELECT COUNT(*) FROM answers WHERE tenant_id = ? AND subject = ? AND role <> 'self'",
            (tenant_id, person),
        ).scalar_one()
    )


def asked_of(
    connection: Connection, tenant_id: int, person: bytes, limit: int
) -> list[dict[str, Any]]:
    """What somebody was or is to be asked."""
    rows = run(
        connection,
        "SELECT role, window_name, state, due_day, closes_day FROM invitations"
        " WHERE tenant_id = ? AND rater = ? ORDER BY due_day LIMIT ?",
        (tenant_id, person, limit),
    )
    words = ("role", "stage", "state", "due_day", "closes_day")
    return [dict(zip(words, row, strict=True)) for row in rows]


# Figures that are held -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFigure:
    """A row of the table `held_figures`, but for its key."""

    asked: int
    at: int
    took: int
    state: bytes
    question: bytes | None
    body: bytes


def held_figure(connection: Connection, tenant_id: int, digest: bytes) -> HeldFigure | None:
    """A figure as it was counted; None: it was not."""
    row = run(
        connection,
        "SELECT asked, at, took, state, question, body FROM held_figures"
        " WHERE tenant_id = ? AND digest = ?",
        (tenant_id, digest),
    ).one_or_none()
    if row is None:
        return None
    return HeldFigure(
        asked=int(row[0]),
        at=int(row[1]),
        took=int(row[2]),
        state=bytes(row[3]),
        question=None if row[4] is None else bytes(row[4]),
        body=bytes(row[5]),
    )


def hold_figure(connection: Connection, tenant_id: int, digest: bytes, row: HeldFigure) -> None:
    """Hold a figure, in place of what was counted before."""
    key = (tenant_id, digest)
    run(connection, "DELETE FROM held_figures WHERE tenant_id = ? AND digest = ?", key)
    values = (*key, row.asked, row.at, row.took, row.state, row.question, row.body)
    insert(connection, tables.held_figures, [values], ignore=True)


def asked_lately(connection: Connection, tenant_id: int, since: int, limit: int) -> list[bytes]:
    """Questions of today that somebody asked since a moment (microseconds), the last first."""
    rows = run(
        connection,
        "SELECT question FROM held_figures WHERE tenant_id = ? AND asked >= ?"
        " AND question IS NOT NULL ORDER BY asked DESC LIMIT ?",
        (tenant_id, since, limit),
    )
    return [bytes(row[0]) for row in rows]


def forget_held_figures(connection: Connection, tenant_id: int, before: int) -> None:
    """Drop what nobody asked for since a moment (microseconds)."""
    run(
        connection,
        "DELETE FROM held_figures WHERE tenant_id = ? AND asked < ?",
        (tenant_id, before),
    )
