"""The programmes of an agency: entered, changed, and told, one version in force of each.

A programme that is entered again as it stands enters nothing. One that changed is a new entry of
the register; the cases of all who were in its courses, by either version, are worked out anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from lrs.errors import Problem, Refused
from lrs.practice import names
from lrs.practice.programmes import Programme
from lrs.store import practice, register
from lrs.store.register import Fact
from schemas.programmes import courses_of


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying programmes did, or would do: their IRIs."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    facts: tuple[Fact, ...]


def in_force(connection: Connection, tenant_id: int) -> list[Programme]:
    """Every programme, in the version in force, in the order of titles."""
    bodies = practice.programmes(connection, tenant_id)
    every = [msgspec.json.decode(body, type=Programme) for body in bodies]
    return sorted(every, key=lambda each: (each.title, each.iri))


def plan(connection: Connection, tenant_id: int, programmes: Sequence[Programme]) -> Applied:
    """What applying these would do. Enters nothing.

    Refused: a course is already that of a programme which is not among these.
    """
    standing = {each.iri: each for each in in_force(connection, tenant_id)}
    given = {each.iri for each in programmes}
    owners = {
        course: each
        for each in standing.values()
        if each.iri not in given
        for course in courses_of(each)
    }
    problems = [
        Problem(
            f"programmes[{n}].courses",
            f"The course {course} is already of {owners[course].title} ({owners[course].iri});"
            " take it out there first. A completion belongs to one programme.",
        )
        for n, each in enumerate(programmes)
        for course in sorted(courses_of(each) & owners.keys())
    ]
    if problems:
        raise Refused(problems)
    differ = [each for each in programmes if standing.get(each.iri) != each]
    return Applied(
        tuple(each.iri for each in differ if each.iri not in standing),
        tuple(each.iri for each in differ if each.iri in standing),
        tuple(each.iri for each in programmes if standing.get(each.iri) == each),
        tuple(
            Fact(
                register.PROGRAMME, names.programme(tenant_id, each.iri), msgspec.to_builtins(each)
            )
            for each in differ
        ),
    )


def apply(
    connection: Connection, tenant_id: int, programmes: Sequence[Programme], by: str
) -> Applied:
    """Have these programmes in force; those that are not named stay as they are. See `plan`."""
    done = plan(connection, tenant_id, programmes)
    register.append(connection, tenant_id, done.facts, by)
    return done
