"""The programmes of an agency: entered, changed, told, and inferred from the stream.

A programme that is entered again as it stands enters nothing. One that changed is a new entry of
the register; the cases of all who were in its courses, by either version, are worked out anew.

What the stream suggests is worked out whenever it is asked for; only what an admin confirms is
entered.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection

from lrs.errors import NotFound, Problem, Refused
from lrs.practice import inference, names
from lrs.practice.cases import ZONE, day_of
from lrs.practice.inference import Proposal, Staff, Trace
from lrs.practice.programmes import Programme
from lrs.practice.titles import key
from lrs.store import practice, register, stream
from lrs.store.accounts import Tenant
from lrs.store.register import Applied, Fact
from lrs.xapi import actors
from lrs.xapi.statements import digest, parse, query_terms
from schemas import packs
from schemas.programmes import courses_of, dump, load

#: Of so many of somebody's records it is looked whether they teach.
_LOOK = 50

_PLUGIN = "http://lrs.learninglocker.net/define/extensions/info"
_CREATE = "http://activitystrea.ms/create"
_FAR = 2**63 - 1


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


# From the stream ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A programme that the stream suggests; `pack` is suggested by its title, `jp` were told by
    records. `number` is its place in the list, by which it may be confirmed."""

    number: int
    proposal: Proposal
    pack: str
    jp: float | None
    titles: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """A course of no programme: how many were in it, and how many completed it."""

    course: str
    title: str | None
    people: int
    completed: int


def suggest(connection: Connection, tenant: Tenant) -> list[Suggestion]:
    """What programmes and cohorts the courses of no programme may be. Enters nothing."""
    every = in_force(connection, tenant.id)
    taken = {course for programme in every for course in courses_of(programme)}
    by_digest = stream.traces(connection, tenant.id)
    told = stream.courses(connection, tenant.id, by_digest)
    free = {digest_ for digest_, course in told.items() if course.iri not in taken}
    grouped = sorted(digest_ for digest_ in free if told[digest_].grouped)
    groups = stream.groups(connection, tenant.id, grouped)
    active = stream.active(connection, tenant.id, sorted(free))
    traces = [
        replace(
            trace,
            course=course.iri,
            group=groups.get((digest_, trace.subject)),
            active=None if (at := active.get((digest_, trace.subject))) is None else _day(at),
        )
        for digest_, course in told.items()
        for trace in by_digest[digest_]
    ]
    here = {told[digest_].iri for digest_ in free}
    teachers = _teachers(connection, tenant, traces, here)
    titles = {course.iri: course.title for course in told.values()}
    hours = {course.iri: course.jp for course in told.values()}
    return [
        Suggestion(
            number,
            each,
            packs.suggest(each.title),
            max((jp for course in each.courses if (jp := hours[course])), default=None),
            {course: titles[course] for course in each.courses},
        )
        for number, each in enumerate(inference.propose(traces, titles, every, teachers), 1)
    ]


def staff(
    connection: Connection, tenant: Tenant, among: Sequence[bytes] | None = None
) -> dict[str, tuple[Staff, ...]]:
    """Who in the courses of each programme (its IRI) is staff and no learner, by what they do: to
    be left out where learners are counted or asked. `among` are those of whom it is asked."""
    owners = {
        course: programme.iri
        for programme in in_force(connection, tenant.id)
        for course in courses_of(programme)
    }
    iris = {names.course(tenant.id, course): course for course in owners}
    counts = {
        iris.get(digest_, digest_.hex()): (people, completed)
        for digest_, people, completed in stream.counts(connection, tenant.id)
    }
    traces = [
        replace(trace, course=iris.get(digest_, trace.course))
        for digest_, held in stream.traces(connection, tenant.id, among).items()
        for trace in held
    ]
    teachers = _teachers(connection, tenant, traces, set(owners))
    return inference.staff(traces, owners, counts, teachers)


def chosen(suggestions: Sequence[Suggestion], words: Iterable[str]) -> list[Suggestion]:
    """Those that are meant by their number or their title. NotFound: one that is none."""
    found: dict[int, Suggestion] = {}
    for word in words:
        meant = [
            each
            for each in suggestions
            if word == str(each.number) or key(word) == each.proposal.key
        ]
        if not meant:
            raise NotFound(f"a proposed programme '{word}'; see 'jejak programmes propose'")
        found |= {each.number: each for each in meant}
    return [found[number] for number in sorted(found)]


def confirmed(
    connection: Connection,
    tenant_id: int,
    suggestions: Iterable[Suggestion],
    base: str,
    pack: str | None = None,
) -> list[Programme]:
    """The programmes that these come to, to be applied: new ones of a pack (that which is
    suggested, unless one is named) with a name under `base`, or those in force with what is added.

    Refused: what came of it may not be entered, and why.
    """
    standing = {each.iri: each for each in in_force(connection, tenant_id)}
    made: dict[str, Programme] = {}
    for each in suggestions:
        proposal = each.proposal
        if proposal.extends is not None:
            old = made.get(proposal.extends, standing[proposal.extends])
        else:
            iri = _free(f"{base.rstrip('/')}/{_slug(proposal)}", standing.keys() | made.keys())
            title = proposal.title[:500]
            old = packs.make(pack or each.pack, iri, title, jp=each.jp)
        made[old.iri] = inference.extended(old, proposal)
    # Names and titles come from whoever sends: what is entered holds what is asked of an admin.
    return load({"programmes": [dump(each) for each in made.values()]})


def unclaimed(connection: Connection, tenant_id: int) -> list[Unclaimed]:
    """The courses of no programme, the most completed first: shown, not lost."""
    counts = stream.unclaimed(connection, tenant_id)
    told = stream.courses(connection, tenant_id, [digest_ for digest_, _, _ in counts])
    found = [
        Unclaimed(told[digest_].iri, told[digest_].title, people, completed)
        for digest_, people, completed in counts
        if digest_ in told
    ]
    return sorted(found, key=lambda each: (-each.completed, -each.people, each.course))


def plain(suggestion: Suggestion) -> dict[str, Any]:
    """A suggestion as mappings and lists, for JSON."""
    proposal = suggestion.proposal
    return {
        "number": suggestion.number,
        "title": proposal.title,
        "extends": proposal.extends,
        "pack": suggestion.pack,
        "jp": suggestion.jp,
        "learners": proposal.learners,
        "completed": proposal.completed,
        "courses": [
            {"iri": course, "title": suggestion.titles[course]} for course in proposal.courses
        ],
        "cohorts": [
            dump(each.cohort)
            | {"learners": each.learners, "completed": each.completed}
            | ({"last": each.last.isoformat()} if each.last else {})
            for each in proposal.runs
        ],
        "staff": [
            {"subject": each.subject.hex(), "why": each.why, "courses": each.courses}
            for each in proposal.staff
        ],
    }


def _teachers(
    connection: Connection, tenant: Tenant, traces: Iterable[Trace], here: set[str]
) -> set[bytes]:
    """Who of those who never did anything in a course of no programme teaches: enrolled or graded
    somebody, or is named instructor, or made something in a course."""
    idle: dict[bytes, bool] = {}
    for trace in traces:
        if trace.course in here:
            idle[trace.subject] = idle.get(trace.subject, True) and trace.idle
    subjects = sorted(subject for subject, is_idle in idle.items() if is_idle)
    found = stream.agents(connection, tenant.id, subjects)
    signs = {
        subject: [(agent, *_signs(tenant, agent)) for agent in agents]
        for subject, agents in found.items()
    }
    # Most who dropped out are named by no record but their own, and need no looking into.
    some = practice.present(
        connection, [term for told in signs.values() for _, *terms in told for term in terms]
    )
    return {
        subject
        for subject, told in signs.items()
        if any(
            _teaches(connection, agent, named, created)
            for agent, named, created in told
            if named in some or created in some
        )
    }


def _signs(tenant: Tenant, agent: dict[str, Any]) -> tuple[bytes, bytes]:
    """By which terms records are found that name somebody besides their actor, and by which those
    in which they made something."""
    salt = tenant.learning.salt
    named = query_terms(salt, agent=agent, related_agents=True)[0][1]
    (created,) = query_terms(salt, agent=agent, verb=_CREATE)[0]
    return named, created


def _teaches(connection: Connection, agent: dict[str, Any], named: bytes, created: bytes) -> bool:
    for each in practice.having(connection, named, 0, _FAR, _LOOK):
        tree = parse(each.body)
        instructor = (tree.get("context") or {}).get("instructor") or {}
        if actors.ifi(instructor) == actors.ifi(agent) != actors.ifi(tree["actor"]):
            return True
    for each in practice.having(connection, created, 0, _FAR, _LOOK):
        info = ((parse(each.body).get("context") or {}).get("extensions") or {}).get(_PLUGIN)
        event = info.get("event_name") if isinstance(info, Mapping) else None
        if isinstance(event, str) and event.startswith("\\core\\event\\course_"):
            return True
    return False


def _day(at: int) -> int:
    return day_of(at, ZONE)


def _slug(proposal: Proposal) -> str:
    words = proposal.key.split()
    slug = "-".join(words)[:80].strip("-")
    # A course without a title is named by a digest of its address.
    if proposal.key in proposal.courses or not slug:
        return digest(b"course", "", proposal.key).hex()[:12]
    return slug


def _free(iri: str, taken: Iterable[str]) -> str:
    held = set(taken)
    names_ = (iri, *(f"{iri}-{n}" for n in range(2, len(held) + 3)))
    return next(each for each in names_ if each not in held)
