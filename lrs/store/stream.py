"""What the stream of learning records holds of courses: read for what may be inferred of it.

Functions take a connection first and never commit. They read what the projector worked out, so
they know what it has come to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from lrs.practice import names
from lrs.practice.inference import Trace
from lrs.store.engine import pieces, placeholders, run

#: Of so many of a course's last records of a kind the title is looked for.
_LOOK = 5


@dataclass(frozen=True, slots=True)
class Course:
    """A course as records tell of it: IRI, the title last told, hours if any told them, and
    whether they tell of groups."""

    iri: str
    title: str | None
    jp: float | None
    grouped: bool


def traces(
    connection: Connection, tenant_id: int, subjects: Sequence[bytes] | None = None
) -> dict[bytes, list[Trace]]:
    """What everybody, or each of these subjects, did in every course, by the course's digest; the
    traces name the digest in hexadecimal, and no groups."""
    asked = (
        "SELECT course, subject, enrolled_day, attended_day, progressed_day, completed_day,"
        " certified_day FROM participation WHERE tenant_id = ?"
    )
    rows: Iterable[Any]
    if subjects is None:
        rows = run(connection, asked, (tenant_id,))
    else:
        rows = (
            row
            for piece in pieces(sorted(subjects))
            for row in run(
                connection,
                f"{asked} AND subject IN ({placeholders(piece)})",
                (tenant_id, *piece),
            )
        )
    found: dict[bytes, list[Trace]] = {}
    for course, subject, enrolled, attended, progressed, completed, certified in rows:
        digest = bytes(course)
        found.setdefault(digest, []).append(
            Trace(
                bytes(subject),
                digest.hex(),
                enrolled,
                attended,
                progressed if progressed is not None else certified,
                completed,
            )
        )
    return found


def counts(connection: Connection, tenant_id: int) -> list[tuple[bytes, int, int]]:
    """Every course by digest: how many were in it, how many completed it."""
    rows = run(
        connection,
        "SELECT course, COUNT(*), COUNT(completed_day) FROM participation"
        " WHERE tenant_id = ? GROUP BY course",
        (tenant_id,),
    )
    return [(bytes(row[0]), int(row[1]), int(row[2])) for row in rows]


def courses(
    connection: Connection, tenant_id: int, digests: Iterable[bytes]
) -> dict[bytes, Course]:
    """What records tell of these courses, by digest; one of which nothing is left is left out."""
    found = {}
    for digest in sorted(digests):
        told: list[Mapping[str, Any]] = []
        for where in ("AND kind = 'completed' ", "AND kind = 'enrolled' ", ""):
            rows = run(
                connection,
                f"SELECT body FROM events WHERE tenant_id = ? AND course = ? {where}"
                "ORDER BY position DESC LIMIT ?",
                (tenant_id, digest, _LOOK),
            )
            told += [msgspec.json.decode(bytes(row[0])) for row in rows]
            if any(event.get("title") for event in told):
                break
        if told:
            titles = [str(event["title"]) for event in told if event.get("title")]
            hours = [float(event["jp"]) for event in told if event.get("jp")]
            found[digest] = Course(
                str(told[0]["course"]),
                titles[0] if titles else None,
                max(hours, default=None),
                any(event.get("group") for event in told),
            )
    return found


def groups(
    connection: Connection, tenant_id: int, courses_: Sequence[bytes]
) -> dict[tuple[bytes, bytes], str]:
    """By which group the sender calls each subject in each of these courses (its digest): that of
    the completion, else of the enrolment, the last told counting."""
    found: dict[tuple[bytes, bytes], str] = {}
    for kind in ("enrolled", "completed"):
        for piece in pieces(courses_):
            rows = run(
                connection,
                "SELECT e.course, e.actor, COALESCE(i.person, p.merged_into), e.body FROM events e"
                " LEFT JOIN identities i ON i.tenant_id = e.tenant_id AND i.digest = e.actor"
                " LEFT JOIN people p ON p.tenant_id = e.tenant_id AND p.id = e.actor"
                " WHERE e.tenant_id = ? AND e.kind = ? AND e.voided = 0"
                f" AND e.course IN ({placeholders(piece)}) ORDER BY e.position",
                (tenant_id, kind, *piece),
            )
            for course, actor, person, body in rows:
                group = msgspec.json.decode(bytes(body)).get("group")
                if group:
                    found[bytes(course), bytes(person or actor)] = str(group)
    return found


def active(
    connection: Connection, tenant_id: int, courses_: Sequence[bytes]
) -> dict[tuple[bytes, bytes], int]:
    """The last moment (microseconds) of each subject's work in each of these courses, by its
    digest: of coming, of a module, of a test; not of the completion, which may be marked later."""
    found: dict[tuple[bytes, bytes], int] = {}
    for piece in pieces(courses_):
        rows = run(
            connection,
            "SELECT e.course, e.actor, COALESCE(i.person, p.merged_into), e.last FROM"
            " (SELECT tenant_id, course, actor, MAX(at) AS last FROM events"
            " WHERE tenant_id = ? AND voided = 0"
            " AND kind IN ('attended', 'progressed', 'passed', 'failed')"
            f" AND course IN ({placeholders(piece)}) GROUP BY tenant_id, course, actor) e"
            " LEFT JOIN identities i ON i.tenant_id = e.tenant_id AND i.digest = e.actor"
            " LEFT JOIN people p ON p.tenant_id = e.tenant_id AND p.id = e.actor",
            (tenant_id, *piece),
        )
        for course, actor, person, last in rows:
            key = (bytes(course), bytes(person or actor))
            found[key] = max(int(last), found.get(key, 0))
    return found


def unclaimed(connection: Connection, tenant_id: int) -> list[tuple[bytes, int, int]]:
    """The courses of no programme, by digest: how many were in each, how many completed it."""
    rows = run(
        connection,
        # As an expression: in the order of courses, all that is of a programme would be read too.
        "SELECT COALESCE(course, course), COUNT(*), COUNT(completed_day) FROM participation"
        " WHERE tenant_id = ? AND programme = ? GROUP BY 1 ORDER BY 1",
        (tenant_id, names.ZERO),
    )
    return [(bytes(row[0]), int(row[1]), int(row[2])) for row in rows]


def agents(
    connection: Connection, tenant_id: int, subjects: Sequence[bytes]
) -> dict[bytes, list[dict[str, Any]]]:
    """The agents under which these subjects are in the records."""
    found: dict[bytes, list[dict[str, Any]]] = {}
    for column in ("digest", "person"):
        for piece in pieces(sorted(subjects)):
            rows = run(
                connection,
                f"SELECT {column}, ifi FROM identities WHERE tenant_id = ?"
                f" AND {column} IN ({placeholders(piece)})",
                (tenant_id, *piece),
            )
            for subject, ifi in rows:
                found.setdefault(bytes(subject), []).append(msgspec.json.decode(bytes(ifi)))
    return found
