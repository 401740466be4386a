"""Follows the log, and keeps what is worked out of it true.

One `step` reads some statements of both stores of a tenant in the order of the log, up to the
safe horizon, and asks the adapters what they say. Then everybody they touch is worked out anew,
whole, by the pure functions of `practice/cases.py`, and the difference to what stands is written,
with the new place in the log, in one transaction. So a statement takes effect exactly once, however
often a step is broken off, and the order of arrival cannot show.

Several projectors may run at once: each write names the generation it was worked out from, and
comes to nothing where another wrote since. All the work is done before the write begins, which is
short: on SQLite everybody waits for it.

What changes in the register marks whom it touches in `stale`; a changed programme marks all who
have an event in its courses, and has the log searched again for what its rules name; a changed
declared adapter has the whole log read again.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection

from lrs import learning, workplace
from lrs.learning import Event, LearningEvent, Tree
from lrs.practice import cases, matching, names, records
from lrs.practice.cases import Employment
from lrs.practice.people import canonical
from lrs.practice.programmes import Programme
from lrs.store import accounts, log, practice, register
from lrs.store.accounts import Tenant
from lrs.store.engine import Database, pieces
from lrs.store.practice import Claim, Logged, Stored, Values
from lrs.store.statements import everything
from lrs.subject import OWN, Programmes, Subject
from lrs.xapi import actors
from lrs.xapi.statements import digest, parse, query_terms

#: How many statements one step reads at most.
BATCH = 500

#: Under what the events of a statement stand that no adapter speaks for, once linked by hand.
BY_HAND = "by hand"

_VOIDED = "http://adlnet.gov/expapi/verbs/voided"

_log = logging.getLogger(__name__)


class Reader(Protocol):
    """What the projector needs of the adapters: see `lrs/adapters.py`."""

    def read(self, statement: Tree, configs: Mapping[str, Any]) -> Any:
        """Something with the name of the `adapter` that spoke (None: none) and its `events`."""
        ...


@dataclass(slots=True)
class _Work:
    """What one step worked out, ready to be written."""

    generation: int
    position: int
    marks: list[tuple[bytes, int]]
    new: list[Stored] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    voided: list[int] = field(default_factory=list)
    again: dict[bytes, int] = field(default_factory=dict)
    searches: list[practice.Search] = field(default_factory=list)
    citizens: list[Values] = field(default_factory=list)
    silenced: list[bytes] = field(default_factory=list)
    before: dict[str, set[Values]] = field(default_factory=dict)
    after: dict[str, set[Values]] = field(default_factory=dict)
    read: int = 0


def step(
    database: Database,
    tenant: Tenant,
    adapters: Reader,
    *,
    limit: int = BATCH,
) -> int:
    """Work off some of the log and of the marks; answers how many statements and marks that were.

    0 means that all is worked out up to the horizon.
    """
    with database.read() as connection:
        state = practice.state(connection, tenant.id)
    if state is None:
        database.write(lambda c: practice.begin(c, tenant.id))
        state = (0, 0)
    with database.read() as connection:
        work, did = _prepare(database, connection, tenant, adapters, state, limit)
    if did == 0:
        return 0
    if not database.write(lambda c: _write(c, tenant, work)):
        _log.debug("projection_overtaken", extra={"tenant": tenant.id})
    return did


def catch_up(
    database: Database, tenant: Tenant, adapters: Reader, *, most: int | None = None
) -> int:
    """Step until nothing is left to do, or `most` steps; answers how much was done."""
    total = steps = 0
    while (most is None or steps < most) and (did := step(database, tenant, adapters)):
        total += did
        steps += 1
    return total


def replay(database: Database, tenant: Tenant, adapters: Reader) -> int:
    """Drop all that was worked out and work it out anew, from the register and the log; answers
    how much was done.

    What comes in meanwhile is worked out too. Letters already sent are no part of it.
    """

    def begin_again(connection: Connection) -> None:
        register.rebuild(connection, tenant.id)
        practice.forget(connection, tenant.id)

    database.write(begin_again)
    return catch_up(database, tenant, adapters)


def _prepare(
    database: Database,
    connection: Connection,
    tenant: Tenant,
    adapters: Reader,
    state: tuple[int, int],
    limit: int,
) -> tuple[_Work, int]:
    after, generation = state
    horizon = log.horizon(database, connection)
    stores = (tenant.learning.id, tenant.practice.id)
    logged = practice.follow(connection, stores, after, horizon, limit)
    marks = practice.stale(connection, tenant.id, limit)
    searches = [] if logged else practice.searches(connection, tenant.id)[:1]
    work = _Work(generation, logged[-1].position if logged else after, marks)
    if not logged and not marks and not searches:
        return work, 0
    programmes = Programmes(tenant.id, _in_force(connection, tenant))
    service = accounts.service_id(connection, tenant)
    configs = _configs(connection, tenant, programmes)
    read = _Reading(tenant, adapters, configs, service, programmes.interest)
    touched = _note(connection, tenant, read, logged, work)
    people = {mark for mark, _ in marks}
    people -= _changed_programmes(connection, tenant, programmes, marks, after, work)
    people -= _changed_adapters(connection, tenant, marks, after, work)
    begun_anew = {each.verb for each in work.searches}
    for search in searches:
        if search.verb not in begun_anew:
            touched |= _search(connection, tenant, read, search, limit, work)
    _work_out(connection, tenant, programmes, touched, people, work)
    return work, len(logged) + len(marks) + len(searches)


def _in_force(connection: Connection, tenant: Tenant) -> list[Programme]:
    bodies = practice.programmes(connection, tenant.id)
    return [msgspec.json.decode(body, type=Programme) for body in bodies]


def configs(connection: Connection, tenant: Tenant) -> dict[str, Any]:
    """What each adapter is told now, by its name: of the programmes and of what is declared."""
    return _configs(connection, tenant, Programmes(tenant.id, _in_force(connection, tenant)))


def _configs(connection: Connection, tenant: Tenant, programmes: Programmes) -> dict[str, Any]:
    declared = practice.declared(connection, tenant.id)
    return programmes.configs() | {"declared": {"adapters": declared}}


# What statements say -----------------------------------------------------------------------------


@dataclass(slots=True)
class _Reading:
    """Turns statements into events as they are stored."""

    tenant: Tenant
    adapters: Reader
    configs: Mapping[str, Any]
    service: int | None
    interest: matching.Interest

    def events(self, logged: Logged, tree: Tree, *, asked: bool = False) -> list[Stored]:
        """What a statement says; `asked` where somebody linked it by hand, whatever it is."""
        if logged.store_id == self.tenant.practice.id:
            record = self.record(logged, tree)
            about = () if record is None else records.people(record)
            return [self._own(logged, n, record, who) for n, who in enumerate(about)]
        reading = self.adapters.read(tree, self.configs)
        adapter, events = reading.adapter, reading.events
        if asked and not events:
            adapter, events = BY_HAND, workplace.practice_events(tree, learning.WORKED)
        return [
            self._stored(logged, n, adapter, event)
            for n, event in enumerate(events)
            if actors.ifi(event.actor) is not None
            and (asked or isinstance(event, LearningEvent) or self.interest.takes(event))
        ]

    def record(self, logged: Logged, tree: Tree) -> records.Record | None:
        """What the service itself says; nobody else is heard in the practice store."""
        if logged.store_id != self.tenant.practice.id or logged.source_id != self.service:
            return None
        return records.read(tree)

    def _own(self, logged: Logged, n: int, record: Any, who: bytes) -> Stored:
        return Stored(
            logged.position,
            n,
            logged.id,
            who,
            type(record).__name__.lower(),
            names.ZERO,
            logged.position,
            logged.voided,
            logged.source_id,
            OWN,
            msgspec.json.encode(record),
        )

    def _stored(self, logged: Logged, n: int, adapter: str, event: Event) -> Stored:
        course = names.ZERO
        if isinstance(event, LearningEvent):
            course = names.course(self.tenant.id, event.course)
        return Stored(
            logged.position,
            n,
            logged.id,
            names.actor(self.tenant.id, *(actors.ifi(event.actor) or ("", ""))),
            event.kind,
            course,
            event.at,
            logged.voided,
            logged.source_id,
            adapter,
            msgspec.json.encode(event),
        )


def _note(
    connection: Connection, tenant: Tenant, read: _Reading, logged: Sequence[Logged], work: _Work
) -> set[bytes]:
    """Read what is new in the log; answers whose identifiers it touches."""
    voiding: list[bytes] = []
    asked: set[bytes] = set()
    for each in logged:
        tree = parse(each.body)
        if tree["verb"]["id"] == _VOIDED and tree["object"].get("objectType") == "StatementRef":
            voiding.append(bytes.fromhex(tree["object"]["id"].replace("-", "")))
            continue
        record = read.record(each, tree)
        if isinstance(record, records.Citizen):
            work.citizens += _citizen(tenant.id, each, record)
        if isinstance(record, records.Verdict):
            asked.add(bytes.fromhex(record.evidence))
        work.new.extend(read.events(each, tree))
    work.new += _asked(connection, tenant, read, asked - {each.statement for each in work.new})
    work.silenced = voiding
    touched = {each.actor for each in work.new}
    there = practice.events_of_statements(connection, tenant.id, voiding)
    gone = practice.voided_positions(connection, sorted({each.position for each in there}))
    work.voided = sorted(gone)
    # What is voided in the very batch it came in was read as voided already.
    return touched | {each.actor for each in there if each.position in gone}


def _asked(
    connection: Connection, tenant: Tenant, read: _Reading, statements: set[bytes]
) -> list[Stored]:
    """What statements say that no programme asked for and that somebody linked by hand."""
    known = practice.events_of_statements(connection, tenant.id, sorted(statements))
    unknown = statements - {each.statement for each in known}
    return [
        event
        for each in practice.logged(connection, tenant.learning.id, sorted(unknown))
        for event in read.events(each, parse(each.body), asked=True)
    ]


def _citizen(tenant_id: int, logged: Logged, record: records.Citizen) -> list[Values]:
    """The row of an anonymous answer: it is about a unit's service, and about no person."""
    try:
        unit = bytes.fromhex(record.unit)
    except ValueError:
        return []
    if logged.voided or len(unit) != len(names.ZERO):
        return []
    return [(logged.id, tenant_id, unit, cases.days(record.said_on), record.value)]


def _changed_programmes(
    connection: Connection,
    tenant: Tenant,
    programmes: Programmes,
    marks: Sequence[tuple[bytes, int]],
    after: int,
    work: _Work,
) -> set[bytes]:
    """Of the marks, those of programmes: marks all in their courses, and has the log, as far as it
    was read before, searched for what their rules name, those of earlier versions too, and, where
    behaviours are worded anew, for all that tells of work. Answers the marks it dealt with."""
    versions = practice.programme_versions(connection, tenant.id, [mark for mark, _ in marks])
    if not versions:
        return set()
    since = max(mark[1] for mark in marks)
    courses: set[str] = set()
    verbs: set[str] = set()
    for body in versions.values():
        for version in body:
            courses.update(version.get("courses") or ())
            for cohort in version.get("cohorts") or ():
                courses.update(cohort.get("courses") or ())
            for rule in version.get("rules") or ():
                verbs.update(rule.get("verbs") or ("",))
    if any(_reworded(body) for body in versions.values()):
        verbs |= workplace.spellings()
        for programme in programmes.every:
            for rule in programme.rules:
                verbs |= rule.verbs or {""}
    digests = sorted(names.course(tenant.id, iri) for iri in courses)
    work.again = dict.fromkeys(practice.actors_in(connection, tenant.id, digests), since)
    wanted = [*sorted(verbs), *named({i for body in versions.values() for i in _new_names(body)})]
    work.searches += [practice.Search(each, 0, after) for each in wanted]
    return set(versions)


def _reworded(versions: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the last version words behaviours otherwise than the one before it."""
    before, now = (
        {each["text"] for version in some for each in version.get("behaviours") or ()}
        for some in (versions[-2:-1], versions[-1:])
    )
    return before != now


def named(iris: Iterable[str]) -> list[str]:
    """What to search the log for, to find statements that name a programme or a behaviour."""
    return [f"{use} {iri}" for iri in sorted(iris) for use in "Oo"]


def _new_names(versions: Sequence[Mapping[str, Any]]) -> set[str]:
    """The IRIs, of a programme and its behaviours, that its last version brought or dropped: a
    statement may name them in advance, or in vain from now on."""
    before, now = (
        {each["iri"] for version in some for each in (version, *(version.get("behaviours") or ()))}
        for some in (versions[-2:-1], versions[-1:])
    )
    return before ^ now


def _changed_adapters(
    connection: Connection,
    tenant: Tenant,
    marks: Sequence[tuple[bytes, int]],
    after: int,
    work: _Work,
) -> set[bytes]:
    """Of the marks, those of declared adapters: has every statement that was read before read
    again. Answers the marks it dealt with."""
    changed = practice.adapters_among(connection, tenant.id, [mark for mark, _ in marks])
    if changed:
        work.searches.append(practice.Search("", 0, after))
    return changed


def _search(
    connection: Connection,
    tenant: Tenant,
    read: _Reading,
    search: practice.Search,
    limit: int,
    work: _Work,
    concerns: Callable[[Stored], bool] | None = None,
) -> set[bytes]:
    """Read again what the log holds of a verb, since a rule that names it is new or gone. Answers
    whose identifiers that touches: those of events that changed, and of those of which `concerns`
    says so."""
    term = _term(tenant, search.verb)
    found = practice.having(connection, term, search.position or 0, search.until, limit)
    came = found[-1].position if len(found) == limit else None
    work.searches.append(practice.Search(search.verb, came, search.until))
    work.read += len(found)
    there: dict[int, list[Stored]] = {}
    for event in practice.events_at(connection, [each.position for each in found]):
        there.setdefault(event.position, []).append(event)
    touched: set[bytes] = set()
    by_hand = practice.referred(
        connection, tenant.id, tenant.practice.id, [each.id for each in found]
    )
    for each in found:
        old = sorted(there.get(each.position, []), key=lambda event: event.n)
        new = read.events(each, parse(each.body), asked=each.id in by_hand)
        if old != new:
            work.removed.append(each.position)
            work.new.extend(new)
            touched.update(event.actor for event in (*old, *new))
        touched.update(event.actor for event in new if concerns is not None and concerns(event))
    return touched


def _term(tenant: Tenant, wanted: str) -> bytes:
    """What finds the statements of a search."""
    use, _, iri = wanted.partition(" ")
    if iri:
        ((about, around),) = query_terms(
            tenant.learning.salt, activity=iri, related_activities=True
        )
        return about if use == "O" else around
    if not wanted:  # a rule by type alone, or a declared adapter
        return everything(tenant.learning.id)
    return digest(tenant.learning.salt, "V", wanted)


# What would be -----------------------------------------------------------------------------------


@dataclass(slots=True)
class Foreseen:
    """Links and cases as they stand (`before`) and as they would stand (`after`), by id, of
    whoever is concerned; how many statements were `read` for it."""

    read: int
    before: dict[bytes, Values] = field(default_factory=dict)
    after: dict[bytes, Values] = field(default_factory=dict)
    cases: dict[bytes, Values] = field(default_factory=dict)


def foresee(
    connection: Connection,
    tenant: Tenant,
    adapters: Reader,
    every: Sequence[Programme],
    searches: Iterable[str],
    concerns: Callable[[Stored], bool],
    courses: Iterable[str] = (),
) -> Foreseen:
    """What links there would be were `every` the programmes in force. Writes nothing.

    The log is read again for `searches` (verbs, or as `named` has them); worked out anew is who has
    an event there that `concerns` the change, or would have another, or who was in `courses`.
    """
    position, generation = practice.state(connection, tenant.id) or (0, 0)
    programmes = Programmes(tenant.id, every)
    service = accounts.service_id(connection, tenant)
    configs = _configs(connection, tenant, programmes)
    read = _Reading(tenant, adapters, configs, service, programmes.interest)
    work = _Work(generation, position, [])
    digests = sorted(names.course(tenant.id, iri) for iri in courses)
    touched = practice.actors_in(connection, tenant.id, digests)
    for wanted in sorted(set(searches)):
        at: int | None = 0
        while at is not None:
            search = practice.Search(wanted, at, position)
            touched |= _search(connection, tenant, read, search, BATCH, work, concerns)
            at = work.searches[-1].position
    found = Foreseen(work.read)
    for piece in pieces(sorted(touched)):
        _work_out(connection, tenant, programmes, set(piece), set(), work)
        found.before |= {row[0]: row for row in work.before["links"]}
        found.after |= {row[0]: row for row in work.after["links"]}
        found.cases |= {row[0]: row for row in work.after["cases"]}
    return found


# What was redacted -------------------------------------------------------------------------------


def read_again(
    connection: Connection, tenant: Tenant, adapters: Reader, positions: Sequence[int], since: int
) -> None:
    """Read again what the statements at these positions say, since an erasure took somebody out of
    them, and have worked out anew whom that touches, as of `since`. In a write: a projector that is
    at work meanwhile begins again."""
    position, generation = practice.state(connection, tenant.id) or (0, 0)
    practice.advance(connection, tenant.id, generation, position)
    programmes = Programmes(tenant.id, _in_force(connection, tenant))
    service = accounts.service_id(connection, tenant)
    configs = _configs(connection, tenant, programmes)
    read = _Reading(tenant, adapters, configs, service, programmes.interest)
    touched: set[bytes] = set()
    for piece in pieces(sorted(each for each in positions if each <= position)):
        logged = practice.at(connection, piece)
        ids = [each.id for each in logged]
        by_hand = practice.referred(connection, tenant.id, tenant.practice.id, ids)
        old = practice.events_of_statements(connection, tenant.id, ids)
        new = [
            event
            for each in logged
            for event in read.events(each, parse(each.body), asked=each.id in by_hand)
        ]
        practice.remove_events(connection, piece)
        practice.add_events(connection, tenant.id, new)
        touched |= {each.actor for each in (*old, *new)}
    practice.mark_stale(connection, tenant.id, dict.fromkeys(touched, since))


# Whom they touch ---------------------------------------------------------------------------------


class _Owners:
    """Whose an event is: the one person that its identifier is confirmed to mean at its time."""

    def __init__(
        self, claims: Iterable[Claim], merged: Mapping[bytes, bytes], known: Iterable[bytes]
    ) -> None:
        self._claims: dict[bytes, list[Claim]] = {}
        for claim in claims:
            self._claims.setdefault(claim.digest, []).append(claim)
        self._merged = merged
        self._known = set(known)

    def canonical(self, person: bytes) -> bytes:
        """Who a person was found to be, after however many merges."""
        return canonical(person, self._merged)

    def person(self, actor: bytes, at: int) -> bytes | None:
        if actor in self._known:
            return self.canonical(actor)
        meant = {
            self.canonical(claim.person) for claim in self._claims.get(actor, ()) if claim.holds(at)
        }
        return meant.pop() if len(meant) == 1 else None


def _work_out(
    connection: Connection,
    tenant: Tenant,
    programmes: Programmes,
    touched: set[bytes],
    marked: set[bytes],
    work: _Work,
) -> None:
    """Work out anew everybody whom these identifiers may mean, and who is marked."""
    merged = practice.merged(connection, tenant.id)
    known = practice.known(connection, tenant.id, sorted(touched | marked))
    digests = (touched | marked) - known
    owners = _Owners((), merged, known)
    people = {owners.canonical(each) for each in known}
    for claim in practice.claims(connection, tenant.id, sorted(digests)):
        people.add(owners.canonical(claim.person))
    alike: dict[bytes, set[bytes]] = {}
    for gone in merged:
        alike.setdefault(owners.canonical(gone), set()).add(gone)
    names_of = {each for person in people for each in (person, *alike.get(person, ()))}
    theirs = practice.claims_of(connection, tenant.id, sorted(names_of))
    digests |= {claim.digest for claim in theirs}
    owners = _Owners(
        practice.claims(connection, tenant.id, sorted(digests)), merged, known | names_of
    )
    events = _events_now(connection, tenant, digests | names_of, work)
    subjects = people | digests | names_of
    by_subject: dict[bytes, list[Stored]] = {}
    by_actor: dict[bytes, list[Stored]] = {}
    for event in events:
        by_subject.setdefault(owners.person(event.actor, event.at) or event.actor, []).append(event)
        by_actor.setdefault(event.actor, []).append(event)
    work.before = practice.standing(connection, tenant.id, sorted(subjects), sorted(digests))
    employments = practice.employments(connection, tenant.id, sorted(names_of))
    rows: dict[str, set[Values]] = {table.name: set() for table, _ in practice.WORKED_OUT}
    for actor in digests:
        # What the service itself wrote of somebody is no sight of their identifier.
        seen = [each for each in by_actor.get(actor, ()) if each.adapter != OWN]
        if seen:
            rows["identities"].add(_identity(tenant.id, actor, seen, owners))
    for subject, held in by_subject.items():
        if subject not in subjects:
            continue
        jobs = [
            Employment(*row)
            for person in (subject, *sorted(alike.get(subject, ())))
            for row in employments.get(person, ())
        ]
        made = Subject(tenant.id, subject, subject in people, held, jobs, programmes).rows()
        for name, values in made.items():
            rows[name] |= values
    work.after = rows


def _events_now(
    connection: Connection, tenant: Tenant, actors_: set[bytes], work: _Work
) -> list[Stored]:
    """The events of these identifiers as they will stand once the step is written."""
    removed, voided = set(work.removed), set(work.voided)
    stored = practice.events_of(connection, tenant.id, sorted(actors_))
    every = {(e.position, e.n): e for e in stored if e.position not in removed}
    every.update({(e.position, e.n): e for e in work.new if e.actor in actors_})
    return [
        replace(e, voided=True) if e.position in voided else e for _, e in sorted(every.items())
    ]


def _identity(tenant_id: int, actor: bytes, events: list[Stored], owners: _Owners) -> Values:
    """What is known of an identifier by what came under it; its last name counts."""
    agents = [msgspec.json.decode(each.body)["actor"] for each in events]
    told = [agent["name"] for agent in agents if agent.get("name")]
    return (
        tenant_id,
        actor,
        actors.ifi_json(agents[-1]),
        told[-1][:200] if told else None,
        owners.person(actor, max(each.at for each in events)),
        events[0].position,
        len(events),
    )


# Writing -----------------------------------------------------------------------------------------


def _write(connection: Connection, tenant: Tenant, work: _Work) -> bool:
    """Write one step; False where another projector wrote since it was worked out."""
    if not practice.advance(connection, tenant.id, work.generation, work.position):
        return False
    practice.remove_events(connection, work.removed)
    practice.add_events(connection, tenant.id, work.new)
    practice.void_events(connection, work.voided)
    practice.add_citizens(connection, work.citizens)
    practice.remove_citizens(connection, work.silenced)
    practice.replace(connection, work.before, work.after)
    practice.unmark(connection, tenant.id, work.marks)
    practice.mark_stale(connection, tenant.id, work.again)
    for search in work.searches:
        practice.search(connection, tenant.id, search)
    return True
