"""Who is who: proposals for identifiers that nobody has, for people who are there twice, and what
contradicts itself. Nothing is decided here but what a human says; see also `lrs/people.py`.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from lrs.errors import Conflict as Standing
from lrs.errors import NotFound
from lrs.people import confirm
from lrs.practice import people
from lrs.practice.identities import (
    SURE,
    Candidate,
    Conflict,
    Held,
    Known,
    Pair,
    Register,
)
from lrs.practice.people import Person
from lrs.store import register
from lrs.store.register import Fact
from lrs.xapi import actors


@dataclass(frozen=True, slots=True)
class Unknown:
    """An identifier that learning records name and nobody in the register has, under the `name`
    it came with, if any, and who it may be, the surest first."""

    identifier: tuple[str, str]
    name: str | None
    events: int
    candidates: tuple[Candidate, ...] = ()

    @property
    def sure(self) -> Candidate | None:
        """The one candidate who may be confirmed in bulk: sure, and no other as sure."""
        first, *others = self.candidates or (None,)
        if first is None or first.confidence < SURE:
            return None
        rivals = [each for each in others if each and each.confidence >= SURE]
        return None if rivals else first


def unknown(connection: Connection, tenant_id: int, every: Register | None = None) -> list[Unknown]:
    """Who is in learning records and not in the register, most active first, and who they may be.
    A like name alone proposes nobody. `every` is `whole`, where it is at hand."""
    told = []
    for ifi, name, events in register.unmatched(connection, tenant_id):
        identifier = actors.ifi(ifi)
        if identifier is not None:
            told.append(Unknown(identifier, name, events))
    if not told:
        return []
    every = every or whole(connection, tenant_id)
    found = [
        replace(each, candidates=tuple(every.candidates(*each.identifier, each.name)))
        for each in told
    ]
    return sorted(found, key=lambda each: (-each.events, each.identifier))


def confirm_sure(
    connection: Connection, tenant_id: int, by: str, found: Iterable[Unknown] | None = None
) -> int:
    """Confirm those unknown identifiers of which it is sure whom they mean; answers how many.

    `found` are what was read before, so that nobody waits for the looking in a write. Conflict:
    one was given to somebody else meanwhile.
    """
    done = 0
    for each in unknown(connection, tenant_id) if found is None else found:
        if each.sure is not None:
            confirm(connection, tenant_id, each.sure.person, each.identifier, by)
            done += 1
    return done


def doubles(connection: Connection, tenant_id: int) -> list[Pair]:
    """People who may be in the register twice, the surest first. `people.merge` makes them one,
    `part_for_good` says that they are not."""
    return whole(connection, tenant_id).doubles()


def conflicts(
    connection: Connection, tenant_id: int, every: Register | None = None
) -> list[Conflict]:
    """Where the register contradicts itself, and identifiers that may mean several alike."""
    every = every or whole(connection, tenant_id)
    found = every.conflicts()
    for each in unknown(connection, tenant_id, every):
        rivals = [one.person for one in each.candidates if one.confidence >= SURE]
        if len(rivals) > 1:
            found.append(Conflict("ambiguous", tuple(rivals), each.identifier[1]))
    return found


def part_for_good(
    connection: Connection, tenant_id: int, person: bytes, other: bytes, by: str
) -> None:
    """Decide that two people are not one, however alike; they are not proposed again. A merge
    later says otherwise. NotFound: no such person. Conflict: they are merged, or the same."""
    known = register.people(connection, tenant_id, [person, other])
    for each in (person, other):
        if each not in known:
            raise NotFound(f"a person {uuid.UUID(bytes=each)}")
    if person == other or other == known[person].merged_into or person == known[other].merged_into:
        raise Standing("They are one person.", "Take the merge back first (jejak people part).")
    if other not in known[person].distinct:
        fact = Fact(people.DISTINCT, person, {"other": other.hex()})
        register.append(connection, tenant_id, [fact], by)


def whole(connection: Connection, tenant_id: int) -> Register:
    """Everybody in the register; who was merged into another is part of that one."""
    every = register.everybody(connection, tenant_id)
    merged = {id_: person.merged_into for id_, person in every.items() if person.merged_into}

    gathered: dict[bytes, list[Person]] = {}
    for id_, person in sorted(every.items(), key=lambda each: each[1].merged_into is not None):
        gathered.setdefault(people.canonical(id_, merged), []).append(person)
    return Register(
        Known(
            id_,
            persons[0].name,
            persons[0].facts.get("mail"),
            persons[0].facts.get("phone"),
            tuple(
                Held(each.kind, each.text, each.confirmed, each.first, each.last)
                for person in persons
                for each in person.identifiers
            ),
            frozenset(
                people.canonical(other, merged) for person in persons for other in person.distinct
            ),
        )
        for id_, persons in gathered.items()
    )
