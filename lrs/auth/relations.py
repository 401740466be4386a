"""How somebody who signed in stands to the agency's people on a day, for `roles.decide`.

`own` is oneself, also by another id that was found to be oneself. `staff` are those whose superior
one is on that day: as a list or the unit's contact says, or as the default of their unit where
nobody is named; what only the learner says opens nothing. `unit` are the people of the units that
one is the contact of. `coached` are the learners one was assigned (`register.ASSIGNED`), `asked`
those about whom one is asked, as a peer, while the window is open.

Who holds a role that does not reach somebody is not told that they are there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from lrs.auth import roles
from lrs.errors import NotFound
from lrs.practice import people
from lrs.practice.people import Units, canonical
from lrs.store import practice, register, relations
from lrs.store.cases import Link, answers_among


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Somebody who signed in: the roles they hold, and which person of the register they are
    (None: nobody of it), on a day (days since 1970)."""

    tenant_id: int
    roles: frozenset[str]
    person: bytes | None
    day: int


def whose(connection: Connection, viewer: Viewer, action: str) -> frozenset[bytes] | None:
    """With whose things somebody may do `action`: what a list is narrowed to; None: everybody's,
    but for those whom `may_see` keeps from them.

    Raises `roles.NotPermitted` where none of the roles may do it at all.
    """
    reaches = roles.reach(viewer.roles, action)
    if not reaches:
        refused = roles.decide(viewer.roles, action)
        assert isinstance(refused, roles.Refusal)
        raise refused.error
    if "all" in reaches:
        return None
    found: set[bytes] = set()
    for word in sorted(reaches & RELATIONS.keys()):
        found |= RELATIONS[word](connection, viewer)
    # What is held of somebody and only kept is seen by themselves and by who keeps the register.
    kept = practice.restricted(connection, viewer.tenant_id)
    if kept & found:
        found -= kept - (_own(connection, viewer) if "own" in reaches else set())
    return frozenset(found)


def may_see(connection: Connection, viewer: Viewer, subject: bytes | None) -> bool:
    """Whether what is of a person may be shown to somebody whose roles reach everybody: not where
    it is only kept, but for who keeps the register, and themselves."""
    return subject is None or subject in seen(connection, viewer, [subject])


def seen(connection: Connection, viewer: Viewer, people_: Iterable[bytes]) -> frozenset[bytes]:
    """Of these people, those of whom `may_see` holds."""
    wanted = frozenset(people_)
    if "all" in roles.reach(viewer.roles, "people/write"):
        return wanted
    kept = practice.restricted(connection, viewer.tenant_id)
    return wanted - (kept - _own(connection, viewer)) if kept & wanted else wanted


def related(connection: Connection, viewer: Viewer, subject: bytes | None) -> frozenset[str]:
    """By which words of `roles.REACHES` somebody stands to a person."""
    if subject is None:
        return frozenset()
    return frozenset(
        word for word, find in RELATIONS.items() if subject in find(connection, viewer)
    )


def require(
    connection: Connection, viewer: Viewer, action: str, subject: bytes | None, what: str
) -> None:
    """That somebody may do `action` with `what` is a person's (None: nobody's that is known).

    Raises `roles.NotPermitted` where no role of theirs may do it at all, and `NotFound`, as if it
    were not there, where a role may, but not with this one.
    """
    within = whose(connection, viewer, action)
    if within is None:
        within = None if may_see(connection, viewer, subject) else frozenset()
    if within is not None and subject not in within:
        raise NotFound(what)


def _selves(
    connection: Connection, viewer: Viewer
) -> tuple[frozenset[bytes], Mapping[bytes, bytes]]:
    """The ids that mean the viewer, and who was found to be whom."""
    merged = practice.merged(connection, viewer.tenant_id)
    if viewer.person is None:
        return frozenset(), merged
    me = canonical(viewer.person, merged)
    return frozenset({me} | {gone for gone in merged if canonical(gone, merged) == me}), merged


def _own(connection: Connection, viewer: Viewer) -> set[bytes]:
    return set(_selves(connection, viewer)[0])


def _staff(connection: Connection, viewer: Viewer) -> set[bytes]:
    mine, merged = _selves(connection, viewer)
    if not mine:
        return set()
    led = {
        each.person
        for each in relations.led_by(connection, viewer.tenant_id, mine, viewer.day)
        if each.state == people.CONFIRMED
    }
    rows = register.units(connection, viewer.tenant_id)
    if any(
        bytes.fromhex(facts["superior"]) in mine
        for _, facts in rows.values()
        if facts.get("superior")
    ):
        units = Units(rows)
        # The head of a unit has for a superior that of the unit above.
        heads = {unit: units.superior(unit) for unit in rows}
        near = {
            unit
            for unit, head in heads.items()
            if head in mine or (head is not None and units.superior(unit, head) in mine)
        }
        for each in relations.working_in(connection, viewer.tenant_id, near, viewer.day):
            if each.superior is None and units.superior(each.unit, each.person) in mine:
                led.add(each.person)
    return {canonical(each, merged) for each in led} - mine


def _unit(connection: Connection, viewer: Viewer) -> set[bytes]:
    mine, merged = _selves(connection, viewer)
    if not mine:
        return set()
    rows = register.units(connection, viewer.tenant_id)
    units = Units(rows)
    spoken_for = {unit for unit in rows if units.contact(unit) in mine}
    there = relations.working_in(connection, viewer.tenant_id, spoken_for, viewer.day)
    return {canonical(each.person, merged) for each in there}


def _coached(connection: Connection, viewer: Viewer) -> set[bytes]:
    mine, merged = _selves(connection, viewer)
    held = register.assignments(connection, viewer.tenant_id, mine)
    return {
        canonical(each.learner, merged)
        for each in held
        if each.role in viewer.roles and each.holds(viewer.day)
    }


def _asked(connection: Connection, viewer: Viewer) -> set[bytes]:
    mine, _ = _selves(connection, viewer)
    return relations.asked_about(connection, viewer.tenant_id, mine, "peer", viewer.day)


RELATIONS: Mapping[str, Callable[[Connection, Viewer], set[bytes]]] = {
    "own": _own,
    "staff": _staff,
    "unit": _unit,
    "coached": _coached,
    "asked": _asked,
}
"""Word of `roles.REACHES` → the people to whom somebody stands so."""


# What raters answered -----------------------------------------------------------------------

#: What a link tells of an answer that a reviewer linked by hand.
_FRANK = frozenset({"title", "by", "role", "text"})


def may_read_answers(connection: Connection, viewer: Viewer, subject: bytes | None) -> bool:
    """Whether somebody may see what was answered about a person. Never the person, nor their
    superior, whatever else they are: so that raters answer frankly."""
    within = roles.reach(viewer.roles, "answers/read")
    return "all" in within and not related(connection, viewer, subject) & {"own", "staff"}


def as_told(connection: Connection, viewer: Viewer, links: Sequence[Link]) -> list[Link]:
    """Links as somebody may see them: without what a rater answered about them or their staff,
    also where it was linked as evidence."""
    if viewer.person is None:
        return list(links)
    near = _own(connection, viewer) | _staff(connection, viewer)
    theirs = [each.evidence for each in links if each.person in near]
    answers = answers_among(connection, viewer.tenant_id, theirs)
    return [
        replace(each, told={word: said for word, said in each.told.items() if word not in _FRANK})
        if each.person in near and each.evidence in answers
        else each
        for each in links
    ]
