"""Lists of the practice side, for the API, the pages and the command line: narrowed, in order, a
page at a time.

A list begins where the one before it ended (`after`, a `Place`): never at a count of rows, so that
a page costs the same at any depth, and skips and repeats nothing while others write. `whose` are
the people with whose things the reader may have to do, and is asked for (`relations.whose`); None:
everybody's, but for those of whom what is held is only kept: they are in no list, and in no count
of one, but where they are named.

Rows come in one narrow query; names of people, units, programmes and behaviours are looked up for
just those of the page. Functions take a connection first and never commit.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge
from itertools import islice
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection

from lrs.learning import CHECKED_IN, HANDED_IN, PLANNED, PRACTICE, PracticeEvent
from lrs.practice import names, records, review
from lrs.practice.people import canonical
from lrs.practice.programmes import Programme
from lrs.store import invitations as ledger
from lrs.store import practice
from lrs.store.engine import pieces, placeholders, run
from lrs.store.packing import unpack
from lrs.store.practice import Claim
from lrs.xapi.statements import parse

T = TypeVar("T")

#: Where a list goes on: the values that its order is by, of the last row that was told.
Place = tuple[int | str, ...]

#: What waits for a reviewer.
TO_REVIEW = (review.SUBMITTED, review.IN_REVIEW)

#: Kinds of events that are evidence: those of adapters, and of our own records.
EVIDENCE = (*PRACTICE, "evidence", "meeting")

#: How many decided links of each state are looked at for a second opinion.
LOOK = 500

Whose = Collection[bytes] | None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list; `after` is where it goes on, None at its end."""

    rows: tuple[T, ...]
    after: Place | None


@dataclass(frozen=True, slots=True)
class Named:
    """A programme or a behaviour: its digest, its IRI, and its title or text."""

    id: bytes
    iri: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is known of a behaviour in a case, or (`behaviour` None) of the case as a whole; the
    columns of the table `outcomes`."""

    behaviour: Named | None = None
    applied_day: int | None
    applied_tier: str | None
    lasting_day: int | None
    known_not_day: int | None
    contact_day: int | None
    superior_confirmed_day: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as lists show it. `person` None: nobody of the register is known to be meant.
    `programme` None: the course is of no programme. Days as in the table `cases`."""

    id: bytes
    person: bytes | None
    name: str | None
    programme: Named | None
    cohort: str | None
    course: str
    title: str | None
    state: str
    completed_at: int
    completed_day: int | None
    clock_day: int
    unit: bytes | None
    unit_path: str | None
    ended: str | None
    ended_day: int | None
    completions: tuple[str, ...]
    outcome: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link as the review queue shows it, with what its case is. `told` is its body: signals,
    verdicts, what else a page shows."""

    id: bytes
    case: bytes
    person: bytes
    name: str | None
    evidence: bytes
    behaviour: Named | None
    state: str
    placed: str
    performed_day: int
    weight: int
    self_said: bool
    at: int
    decided_at: int | None
    programme: Named | None
    cohort: str | None
    unit: bytes | None
    unit_path: str | None
    completed_at: int
    told: Mapping[str, Any]

    @property
    def waits_since(self) -> int:
        """Since when it can be reviewed: since there are both the evidence and the completion."""
        return max(self.at, self.completed_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A piece of evidence: what a record in the log says of somebody's work. `person` None:
    nobody of the register. `record`: the service wrote it, of what was handed in; `event` then
    tells it as if another system had (`kind` is `evidence` or `meeting`)."""

    statement: bytes
    position: int
    kind: str
    person: bytes | None
    name: str | None
    at: int
    event: PracticeEvent
    record: records.Evidence | records.Meeting | None = None

    @property
    def own(self) -> bool:
        return self.record is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer to one item of a form; `behaviour` None: to the whole. `fields` as answered."""

    statement: bytes
    case: bytes
    form: str
    behaviour: Named | None
    role: str
    rater: bytes | None
    rater_name: str | None
    window: str
    day: int
    observed: bool
    value: int | None
    recalled: int | None
    frequency: str | None
    barriers: tuple[str, ...]
    flagged: bool
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """How far somebody came in a course: a row of the table `participation`. `person` None:
    nobody of the register."""

    person: bytes | None
    name: str | None
    course: bytes
    programme: Named | None
    cohort: str | None
    unit: bytes | None
    unit_path: str | None
    invited_day: int | None
    enrolled_day: int | None
    attended_day: int | None
    progressed_day: int | None
    completed_day: int | None
    certified_day: int | None
    jp: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the register, with the post of the day that was asked for."""

    id: bytes
    name: str
    facts: Mapping[str, Any]
    unit: bytes | None
    unit_path: str | None
    title: str | None
    superior: bytes | None
    superior_state: str | None
    superior_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit; `facts` hold its contact and default superior."""

    id: bytes
    path: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An identifier seen in the log; `person` None: nobody knows yet whose it is."""

    digest: bytes
    agent: Mapping[str, Any]
    name: str | None
    person: bytes | None
    person_name: str | None
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """That somebody was, or is to be, asked about one case in one window."""

    id: bytes
    round: bytes
    case: bytes
    person: bytes | None
    name: str | None
    role: str
    rater: bytes | None
    rater_name: str | None
    window: str
    state: str
    sampled: bool
    channel: str | None
    due_day: int
    closes_day: int
    sent: int | None
    reminded: int
    answered: int | None
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A course that no programme claims, and how many were in it and completed it."""

    digest: bytes
    iri: str
    title: str | None
    people: int
    completed: int


# What a list is narrowed to ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """What cases, links, participation and invitations are narrowed to; None: not at all.

    `programme` of sixteen zero bytes asks for courses of no programme. `matched` False: only of
    those whom nobody knows. `states` are words of the table in hand, `units` any of several.
    """

    states: tuple[str, ...] = ()
    programme: bytes | None = None
    cohort: str | None = None
    unit: bytes | None = None
    units: frozenset[bytes] | None = None
    matched: bool | None = None


@dataclass(slots=True)
class _Where:
    """The conditions of a query, and their values."""

    parts: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, condition: str, *values: Any) -> None:
        self.parts.append(condition)
        self.values += values

    def and_also(self, condition: str, *values: Any) -> "_Where":
        return _Where([*self.parts, condition], [*self.values, *values])

    def among(self, column: str, values: Collection[Any]) -> None:
        if values:
            self.add(f"{column} IN ({placeholders(list(values))})", *sorted(values))
        else:
            self.add("1 = 0")

    def beyond(self, columns: Sequence[str], place: Place | None, descending: bool = False) -> None:
        """Rows after a place in the order of these columns. Spelt out, since not every database
        uses an index for a comparison of rows."""
        if place is None:
            return
        sign = "<" if descending else ">"
        values = [_unkeyed(each) for each in place]
        if len(columns) == 1:
            self.add(f"{columns[0]} {sign} ?", values[0])
            return
        first, second = columns
        self.add(
            f"{first} {sign}= ? AND ({first} {sign} ? OR {second} {sign} ?)",
            *(values[0], values[0], values[1]),
        )

    def __str__(self) -> str:
        return " AND ".join(self.parts)


def _of_case(where: _Where, which: Which, whose: Whose, case: str) -> None:
    """Narrow to what is asked of the table that has case's columns (`case` its name)."""
    if which.programme is not None:
        where.add(f"{case}.programme = ?", which.programme)
    if which.cohort is not None:
        where.add(f"{case}.cohort = ?", which.cohort)
    if which.unit is not None:
        where.add(f"{case}.unit = ?", which.unit)
    if which.units is not None:
        where.among(f"{case}.unit", which.units)
    if which.matched is not None:
        where.add(f"{case}.matched = ?", int(which.matched))
    if whose is not None:
        where.among(f"{case}.subject", whose)


def _but_kept(
    connection: Connection, tenant_id: int, where: _Where, column: str, whose: Whose = None
) -> None:
    """Leave out whose things are only kept, unless it is said whose are asked for."""
    if whose is None and (kept := practice.restricted(connection, tenant_id)):
        where.add(f"{column} NOT IN ({placeholders(kept)})", *sorted(kept))


# Cases ---------------------------------------------------------------------------------------

_CASE = (
    "c.id, c.subject, c.matched, c.programme, c.cohort, c.state, c.completed_at, c.clock_day,"
    " c.unit, c.ended, c.ended_day, c.body"
)


def cases(
    connection: Connection,
    tenant_id: int,
    which: Which = Which(),
    *,
    whose: Whose = None,
    after: Place | None = None,
    limit: int = 50,
) -> Page[Case]:
    """Cases, the last completed first."""
    where = _Where()
    where.add("c.tenant_id = ?", tenant_id)
    _of_case(where, which, whose, "c")
    _but_kept(connection, tenant_id, where, "c.subject", whose)
    if which.states:
        where.among("c.state", which.states)
    where.beyond(("c.completed_at", "c.id"), after, descending=True)
    by = _sorted("c.completed_at", of_few=whose is not None)
    rows = _run(
        connection,
        f"SELECT {_CASE} FROM cases c WHERE {where} ORDER BY {by} DESC, c.id DESC LIMIT ?",
        (*where.values, limit + 1),
    )
    return _cut(rows, limit, lambda row: (row[6], row[0].hex()), _Cases(connection, tenant_id))


def case(connection: Connection, tenant_id: int, case_id: bytes) -> Case | None:
    """One case of the tenant; None: there is none of this name."""
    rows = _run(
        connection,
        f"SELECT {_CASE} FROM cases c WHERE c.id = ? AND c.tenant_id = ?",
        (case_id, tenant_id),
    )
    made = _Cases(connection, tenant_id)(rows)
    return made[0] if made else None


def outcomes(connection: Connection, tenant_id: int, case_id: bytes) -> list[Outcome]:
    """What is known of each behaviour of a case, that of the whole first."""
    rows = _run(
        connection,
        f"SELECT behaviour, {_OUTCOME} FROM outcomes WHERE case_id = ? AND tenant_id = ?"
        " ORDER BY behaviour",
        (case_id, tenant_id),
    )
    look = _Names(connection, tenant_id)
    return [_outcome(row[1:], look.behaviour(row[0])) for row in rows]


_OUTCOME = (
    "applied_day, applied_tier, lasting_day, known_not_day, contact_day, superior_confirmed_day"
)


def _outcome(row: Sequence[Any], behaviour: Named | None = None) -> Outcome:
    return Outcome(
        behaviour=behaviour,
        applied_day=row[0],
        applied_tier=row[1],
        lasting_day=row[2],
        known_not_day=row[3],
        contact_day=row[4],
        superior_confirmed_day=row[5],
    )


@dataclass(frozen=True, slots=True)
class _Cases:
    """Makes cases of rows, with names and outcomes looked up for all of them at once."""

    connection: Connection
    tenant_id: int

    def __call__(self, rows: Sequence[Sequence[Any]]) -> list[Case]:
        look = _Names(self.connection, self.tenant_id)
        look.people(row[1] for row in rows if row[2])
        look.units(row[8] for row in rows)
        look.programmes(row[3] for row in rows)
        whole = {
            row[0]: _outcome(row[1:])
            for piece in pieces([row[0] for row in rows])
            for row in _run(
                self.connection,
                f"SELECT case_id, {_OUTCOME} FROM outcomes"
                f" WHERE behaviour = ? AND case_id IN ({placeholders(piece)})",
                (names.ZERO, *piece),
            )
        }
        made = []
        for row in rows:
            body = json.loads(row[11])
            made.append(
                Case(
                    id=row[0],
                    person=row[1] if row[2] else None,
                    name=look.person(row[1]) if row[2] else None,
                    programme=look.programme(row[3]),
                    cohort=row[4],
                    course=body["course"],
                    title=body.get("title"),
                    state=row[5],
                    completed_at=row[6],
                    completed_day=body.get("completed_day"),
                    clock_day=row[7],
                    unit=row[8],
                    unit_path=look.unit(row[8]),
                    ended=row[9],
                    ended_day=row[10],
                    completions=tuple(body.get("completions", ())),
                    outcome=whole.get(row[0]),
                )
            )
        return made


# Links ---------------------------------------------------------------------------------------

_LINK = (
    "l.at, l.id, l.case_id, l.subject, l.evidence, l.behaviour, l.state, l.placed,"
    " l.performed_day, l.weight, l.self_said, l.decided_at, l.body, l.programme, l.cohort, l.unit,"
    " l.completed_at"
)


def links(
    connection: Connection,
    tenant_id: int,
    which: Which = Which(states=TO_REVIEW),
    *,
    evidence: bytes | None = None,
    behaviour: bytes | None = None,
    waiting_since: tuple[int | None, int | None] = (None, None),
    plain_from: int | None = None,
    whose: Whose = None,
    after: Place | None = None,
    limit: int = 50,
) -> Page[Link]:
    """Links in these states, the longest waiting first: by default, the review queue.

    `waiting_since` are the first and the last moment (microseconds) since which they wait; links of
    at least the weight `plain_from` are plain: of work since the clock's start, and said by more
    than the learner. Each state is read in the order of the index `links_to_review`, and what came
    is merged.
    """
    narrow = _Where()
    if behaviour is not None:
        narrow.add("l.behaviour = ?", behaviour)
    if plain_from is not None:
        narrow.add("l.self_said = 0 AND l.placed = 'after' AND l.weight >= ?", plain_from)
    _waiting(narrow, *waiting_since)
    _but_kept(connection, tenant_id, narrow, "l.subject", whose)
    asked = [
        _links_in(connection, tenant_id, state, which, evidence, narrow, whose, after, limit + 1)
        for state in which.states or review.STATES
    ]
    rows = list(islice(merge(*asked, key=lambda row: (row[0], row[1])), limit + 1))
    return _cut(rows, limit, lambda row: (row[0], row[1].hex()), _Links(connection, tenant_id))


def _waiting(where: _Where, first: int | None, last: int | None) -> None:
    """Narrow to links that wait since then: since the later of the evidence and the completion."""
    if first is not None:
        where.add("(l.at >= ? OR l.completed_at >= ?)", first, first)
    if last is not None:
        where.add("l.at <= ? AND l.completed_at <= ?", last, last)


def _links_in(
    connection: Connection,
    tenant_id: int,
    state: str,
    which: Which,
    evidence: bytes | None,
    narrow: _Where,
    whose: Whose,
    after: Place | None,
    limit: int,
) -> list[Sequence[Any]]:
    """Rows of links in one state, in order. What is narrowed is found by an index alone, so that no
    more rows are read than are told. Of somebody's there are few, and they are sorted."""
    where = _Where()
    where.add("l.tenant_id = ? AND l.state = ?", tenant_id, state)
    where.beyond(("l.at", "l.id"), after)
    whole = len(where.parts)
    if narrow.parts:
        where = where.and_also(str(narrow), *narrow.values)
    _of_case(where, replace(which, matched=None), whose, "l")
    if which.matched is not None:
        where.add(
            "EXISTS (SELECT 1 FROM cases c WHERE c.id = l.case_id AND c.matched = ?)",
            int(which.matched),
        )
    if evidence is not None:
        where.add("l.evidence = ?", evidence)
    of_few = whose is not None or evidence is not None
    rest = f"FROM links l WHERE {where} ORDER BY {_sorted('l.at', of_few=of_few)}, l.id LIMIT ?"
    sql = f"SELECT {_LINK} {rest}"
    if len(where.parts) > whole:
        sql = (
            f"SELECT {_LINK} FROM (SELECT l.at, l.id {rest}) k JOIN links l ON l.id = k.id"
            " ORDER BY k.at, k.id"
        )
    return _run(connection, sql, (*where.values, limit))


def link(connection: Connection, tenant_id: int, link_id: bytes) -> Link | None:
    """One link of the tenant; None: there is none of this name."""
    rows = _run(
        connection,
        f"SELECT {_LINK} FROM links l WHERE l.id = ? AND l.tenant_id = ?",
        (link_id, tenant_id),
    )
    made = _Links(connection, tenant_id)(rows)
    return made[0] if made else None


def links_of_case(connection: Connection, tenant_id: int, case_id: bytes) -> list[Link]:
    """The links of a case, the oldest first, in whatever state."""
    rows = _run(
        connection,
        f"SELECT {_LINK} FROM links l WHERE l.case_id = ? AND l.tenant_id = ? ORDER BY l.at, l.id",
        (case_id, tenant_id),
    )
    return _Links(connection, tenant_id)(rows)


def wanting_second(
    connection: Connection,
    tenant_id: int,
    drawn: Callable[[bytes], bool],
    not_by: bytes,
    limit: int = 50,
) -> list[Link]:
    """Links that were decided once, of those `drawn` for a second opinion, which `not_by` may give:
    neither the first reviewer nor the learner. At most `LOOK` of each state are looked at."""
    where = _Where()
    where.add("l.first_move IS NOT NULL AND l.second_move IS NULL AND l.subject <> ?", not_by)
    _but_kept(connection, tenant_id, where, "l.subject")
    rows: list[Sequence[Any]] = []
    for state in (review.ACCEPTED, review.RETURNED, review.REJECTED):
        found = _run(
            connection,
            f"SELECT {_LINK} FROM links l WHERE l.tenant_id = ? AND l.state = ? AND {where}"
            " ORDER BY l.at DESC, l.id DESC LIMIT ?",
            (tenant_id, state, *where.values, LOOK),
        )
        rows += [row for row in found if drawn(row[1])]
    rows.sort(key=lambda row: (row[0], row[1]))
    rows = [row for row in rows if first_by(json.loads(row[12])["history"]) != not_by.hex()]
    return _Links(connection, tenant_id)(rows[:limit])


def first_by(history: Sequence[Mapping[str, Any]]) -> str | None:
    """Who gave the first deciding verdict of a link, by the history in its body."""
    for each in history:
        if each["move"] in review.DECIDING and not (each.get("second") or each.get("out_of_order")):
            return str(each["by"])
    return None


def waiting(
    connection: Connection,
    tenant_id: int,
    states: Sequence[str] = TO_REVIEW,
    *,
    waiting_since: tuple[int | None, int | None] = (None, None),
) -> dict[str, int]:
    """How many links `links` has in each of these states that has any."""
    where = _Where()
    where.add("l.tenant_id = ?", tenant_id)
    where.among("l.state", states)
    _waiting(where, *waiting_since)
    _but_kept(connection, tenant_id, where, "l.subject")
    rows = run(
        connection,
        f"SELECT l.state, COUNT(*) FROM links l WHERE {where} GROUP BY l.state",
        where.values,
    )
    return {row[0]: int(row[1]) for row in rows}


@dataclass(frozen=True, slots=True)
class _Links:
    """Makes links of rows, with names looked up for all of them at once."""

    connection: Connection
    tenant_id: int

    def __call__(self, rows: Sequence[Sequence[Any]]) -> list[Link]:
        look = _Names(self.connection, self.tenant_id)
        look.people(row[3] for row in rows)
        look.units(row[15] for row in rows)
        look.programmes(row[13] for row in rows)
        made = []
        for row in rows:
            made.append(
                Link(
                    id=row[1],
                    case=row[2],
                    person=row[3],
                    name=look.person(row[3]),
                    evidence=row[4],
                    behaviour=look.behaviour(row[5]),
                    state=row[6],
                    placed=row[7],
                    performed_day=row[8],
                    weight=row[9],
                    self_said=bool(row[10]),
                    at=row[0],
                    decided_at=row[11],
                    programme=look.programme(row[13]),
                    cohort=row[14],
                    unit=row[15],
                    unit_path=look.unit(row[15]),
                    completed_at=row[16],
                    told=json.loads(row[12]),
                )
            )
        return made


# Evidence ------------------------------------------------------------------------------------

_EVENT = "e.position, e.n, e.statement, e.actor, e.kind, e.at, e.adapter, e.body"

#: The adapter under whose name our own records stand (`lrs/projector.py`).
_OWN = "jejak"


def evidence(
    connection: Connection,
    tenant_id: int,
    *,
    kinds: Collection[str] = EVIDENCE,
    whose: Whose = None,
    after: Place | None = None,
    limit: int = 50,
) -> Page[Evidence]:
    """What the log says of people's work, what came last first; voided records are left out.

    Each kind is read in the order of the index `events_of_course`, and what came is merged.
    """
    where = _Where()
    where.add("e.tenant_id = ? AND e.voided = 0", tenant_id)
    where.beyond(("e.position", "e.n"), after, descending=True)
    owners = None
    if whose is not None:
        owners = _Owners.of_people(connection, tenant_id, whose)
        where.among("e.actor", owners.actors)
        where.among("e.kind", kinds)
        asked = [_events(connection, where, limit + 1, of_few=True)]
    else:
        asked = [
            _events(
                connection,
                where.and_also("e.course = ? AND e.kind = ?", names.ZERO, kind),
                limit + 1,
            )
            for kind in sorted(set(kinds))
        ]
    rows = list(islice(merge(*asked, key=lambda row: (row[0], row[1]), reverse=True), limit + 1))
    rest = (rows[limit - 1][0], rows[limit - 1][1]) if len(rows) > limit else None
    rows = rows[:limit]
    known = owners or _Owners.of_actors(connection, tenant_id, {row[3] for row in rows})
    if whose is None and (kept := practice.restricted(connection, tenant_id)):
        rows = [row for row in rows if known.person(row[3], row[5]) not in kept]
    if whose is not None:
        # An account may have been somebody else's at that time.
        rows = [row for row in rows if known.person(row[3], row[5]) in set(whose)]
    return Page(tuple(_pieces_of_evidence(connection, tenant_id, rows, known)), rest)


def _events(
    connection: Connection, where: "_Where", limit: int, *, of_few: bool = False
) -> list[Sequence[Any]]:
    return _run(
        connection,
        f"SELECT {_EVENT} FROM events e WHERE {where}"
        f" ORDER BY {_sorted('e.position', of_few=of_few)} DESC, e.n DESC LIMIT ?",
        (*where.values, limit),
    )


def evidence_of(connection: Connection, tenant_id: int, statement: bytes) -> list[Evidence]:
    """What one statement says of people's work; nothing where it is voided or says nothing."""
    # That it tells of work is seen in its kind: asked of the database, the course that such events
    # have none of would be taken for the way in, and leads to all of them.
    rows = [
        row
        for row in _run(
            connection,
            f"SELECT {_EVENT} FROM events e WHERE e.statement = ? AND e.tenant_id = ?"
            " AND e.voided = 0 ORDER BY e.position, e.n",
            (statement, tenant_id),
        )
        if row[4] in EVIDENCE
    ]
    known = _Owners.of_actors(connection, tenant_id, {row[3] for row in rows})
    return _pieces_of_evidence(connection, tenant_id, rows, known)


def _pieces_of_evidence(
    connection: Connection, tenant_id: int, rows: Sequence[Sequence[Any]], owners: "_Owners"
) -> list[Evidence]:
    whose = [owners.person(row[3], row[5]) for row in rows]
    look = _Names(connection, tenant_id)
    look.people(person for person in whose if person is not None)
    found = []
    for row, person in zip(rows, whose, strict=True):
        record, event = _said(row)
        found.append(
            Evidence(
                statement=row[2],
                position=row[0],
                kind=row[4],
                person=person,
                name=look.person(person),
                at=row[5],
                event=event,
                record=record,
            )
        )
    return found


def _said(
    row: Sequence[Any],
) -> tuple[records.Evidence | records.Meeting | None, PracticeEvent]:
    """What an event's row says: of our own records, told as adapters tell of others'."""
    if row[6] != _OWN:
        return None, msgspec.json.decode(row[7], type=PracticeEvent)
    record: records.Evidence | records.Meeting = msgspec.json.decode(
        row[7], type=records.Evidence | records.Meeting
    )
    if isinstance(record, records.Meeting):
        told: dict[str, Any] = {"kind": CHECKED_IN, "performed_on": record.held_on}
    else:
        kind = PLANNED if record.of == records.PLAN else HANDED_IN
        told = {"kind": kind, "performed_on": record.performed_on, "rating": record.rating}
        told["attachments"] = record.files
    return record, PracticeEvent(
        actor={},
        at=row[5],
        verb="",
        behaviours=record.behaviours,
        text="\n".join(each for each in (record.title, record.text) if each),
        **told,
    )


@dataclass(frozen=True, slots=True)
class _Owners:
    """Whose an event is, as the projector has it: the one person meant by its actor then."""

    actors: frozenset[bytes]
    claims: Mapping[bytes, Sequence[Claim]]
    merged: Mapping[bytes, bytes]
    known: frozenset[bytes]

    @classmethod
    def of_people(cls, connection: Connection, tenant_id: int, people: Collection[bytes]) -> Any:
        """By what these people, and who was found to be them, may be named."""
        merged = practice.merged(connection, tenant_id)
        named = set(people) | {gone for gone in merged if canonical(gone, merged) in set(people)}
        theirs = practice.claims_of(connection, tenant_id, sorted(named))
        return cls.of_actors(connection, tenant_id, named | {each.digest for each in theirs})

    @classmethod
    def of_actors(cls, connection: Connection, tenant_id: int, actors: Collection[bytes]) -> Any:
        claims: dict[bytes, list[Claim]] = {}
        for claim in practice.claims(connection, tenant_id, sorted(actors)):
            claims.setdefault(claim.digest, []).append(claim)
        return cls(
            frozenset(actors),
            claims,
            practice.merged(connection, tenant_id),
            frozenset(practice.known(connection, tenant_id, sorted(actors))),
        )

    def person(self, actor: bytes, at: int) -> bytes | None:
        if actor in self.known:
            return canonical(actor, self.merged)
        meant = {
            canonical(claim.person, self.merged)
            for claim in self.claims.get(actor, ())
            if claim.holds(at)
        }
        return meant.pop() if len(meant) == 1 else None


# Answers -------------------------------------------------------------------------------------


def answers(connection: Connection, tenant_id: int, case_id: bytes) -> list[Answer]:
    """What was answered about a case, the first answers first. Not for whom it is about, nor for
    their superior (`lrs/auth/roles.py`)."""
    rows = _run(
        connection,
        "SELECT a.statement, a.case_id, a.behaviour, a.role, a.rater, a.window_name, a.day,"
        " a.observed, a.value, a.recalled, a.frequency, a.barriers, a.flagged, a.form"
        " FROM answers a"
        " WHERE a.case_id = ? AND a.tenant_id = ? ORDER BY a.day, a.statement, a.behaviour",
        (case_id, tenant_id),
    )
    look = _Names(connection, tenant_id)
    look.people(row[4] for row in rows)
    told = _records(connection, tenant_id, [row[0] for row in rows])
    return [
        Answer(
            statement=row[0],
            case=row[1],
            form=row[13],
            behaviour=look.behaviour(row[2]),
            role=row[3],
            rater=row[4],
            rater_name=look.person(row[4]),
            window=row[5],
            day=row[6],
            observed=bool(row[7]),
            value=row[8],
            recalled=row[9],
            frequency=row[10],
            barriers=tuple(row[11].split()),
            flagged=bool(row[12]),
            fields=getattr(told.get(row[0]), "fields", {}),
        )
        for row in rows
    ]


def own_records(
    connection: Connection, tenant_id: int, person: bytes, kinds: Collection[str]
) -> list[tuple[bytes, int, records.Record]]:
    """What the service itself wrote of a person and holds: statement, position, record; the last
    first. `kinds` are `evidence`, `meeting`, `ending`, `answer`, `verdict`."""
    merged = practice.merged(connection, tenant_id)
    ids = {person} | {gone for gone in merged if canonical(gone, merged) == person}
    where = _Where()
    where.add("tenant_id = ? AND adapter = ? AND voided = 0", tenant_id, _OWN)
    where.among("actor", ids)
    where.among("kind", kinds)
    rows = _run(
        connection,
        f"SELECT statement, position, body FROM events WHERE {where} ORDER BY position + 0 DESC",
        where.values,
    )
    return [(row[0], row[1], msgspec.json.decode(row[2], type=records.Record)) for row in rows]


def answers_among(
    connection: Connection, tenant_id: int, statements: Iterable[bytes]
) -> set[bytes]:
    """Which of these statements are answers: a reviewer may have linked one by hand."""
    return {
        row[0]
        for piece in pieces(sorted(set(statements)))
        for row in _run(
            connection,
            "SELECT DISTINCT statement FROM answers WHERE tenant_id = ?"
            f" AND statement IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    }


def record(connection: Connection, tenant_id: int, statement: bytes) -> records.Record | None:
    """What one of our own statements holds; None: it is not there, or voided, or holds none."""
    return _records(connection, tenant_id, [statement]).get(statement)


def _records(
    connection: Connection, tenant_id: int, statements: Sequence[bytes]
) -> dict[bytes, records.Record]:
    found: dict[bytes, records.Record] = {}
    for piece in pieces(sorted(set(statements))):
        rows = _run(
            connection,
            "SELECT id, body FROM statements WHERE voided = 0 AND position IN (SELECT i.position"
            " FROM statement_ids i WHERE i.store_id = (SELECT t.id FROM stores t"
            " WHERE t.tenant_id = ? AND t.kind = 'practice')"
            f" AND i.id IN ({placeholders(piece)}))",
            (tenant_id, *piece),
        )
        for identity, body in rows:
            held = records.read(parse(unpack(body)))
            if held is not None:
                found[identity] = held
    return found


# Participation, people, units, identities ----------------------------------------------------


def participation(
    connection: Connection,
    tenant_id: int,
    which: Which = Which(),
    *,
    completed: bool | None = None,
    whose: Whose = None,
    after: Place | None = None,
    limit: int = 50,
) -> Page[Attendance]:
    """Who came how far in which course, person by person; only who completed it, or who did not."""
    where = _Where()
    where.add("p.tenant_id = ?", tenant_id)
    _of_case(where, which, whose, "p")
    _but_kept(connection, tenant_id, where, "p.subject", whose)
    if completed is not None:
        where.add(f"p.completed_day IS {'NOT ' if completed else ''}NULL")
    where.beyond(("p.subject", "p.course"), after)
    rows = _run(
        connection,
        "SELECT p.subject, p.course, p.programme, p.cohort, p.unit, p.matched, p.invited_day,"
        " p.enrolled_day, p.attended_day, p.progressed_day, p.completed_day, p.certified_day, p.jp"
        f" FROM participation p WHERE {where} ORDER BY p.subject, p.course LIMIT ?",
        (*where.values, limit + 1),
    )

    def make(rows: Sequence[Sequence[Any]]) -> list[Attendance]:
        look = _Names(connection, tenant_id)
        look.people(row[0] for row in rows if row[5])
        look.units(row[4] for row in rows)
        look.programmes(row[2] for row in rows)
        return [
            Attendance(
                person=row[0] if row[5] else None,
                name=look.person(row[0]) if row[5] else None,
                course=row[1],
                programme=look.programme(row[2]),
                cohort=row[3],
                unit=row[4],
                unit_path=look.unit(row[4]),
                invited_day=row[6],
                enrolled_day=row[7],
                attended_day=row[8],
                progressed_day=row[9],
                completed_day=row[10],
                certified_day=row[11],
                jp=None if row[12] is None else row[12] / 10,
            )
            for row in rows
        ]

    return _cut(rows, limit, lambda row: (row[0].hex(), row[1].hex()), make)


def people(
    connection: Connection,
    tenant_id: int,
    day: int,
    *,
    words: str | None = None,
    unit: bytes | None = None,
    whose: Whose = None,
    kept: bool = False,
    after: Place | None = None,
    limit: int = 50,
) -> Page[Person]:
    """People of the register by name, with their posts of a day; who was merged into another is
    left out. `words` is a part of the name, `unit` where they are on that day. `kept`: with those
    of whom what is held is only kept, for who keeps the register."""
    where = _Where()
    where.add("p.tenant_id = ? AND p.merged_into IS NULL", tenant_id)
    if words:
        where.add(
            f"p.sort_name LIKE ? ESCAPE {_escape(connection)}",
            "%" + _literally(words.casefold()) + "%",
        )
    if unit is not None:
        where.add(
            "p.id IN (SELECT e.person FROM employments e WHERE e.tenant_id = ? AND e.unit = ?"
            " AND (e.first_day IS NULL OR e.first_day <= ?)"
            " AND (e.last_day IS NULL OR e.last_day >= ?))",
            *(tenant_id, unit, day, day),
        )
    if whose is not None:
        where.among("p.id", whose)
    if not kept:
        _but_kept(connection, tenant_id, where, "p.id", whose)
    where.beyond(("p.sort_name", "p.id"), after)
    rows = _run(
        connection,
        f"SELECT p.id, p.sort_name, p.facts FROM people p WHERE {where}"
        " ORDER BY p.sort_name, p.id LIMIT ?",
        (*where.values, limit + 1),
    )
    return _cut(
        rows, limit, lambda row: ("=" + row[1], row[0].hex()), _People(connection, tenant_id, day)
    )


def person(connection: Connection, tenant_id: int, person_id: bytes, day: int) -> Person | None:
    """One person of the register, with the post of a day; None: nobody of this id."""
    rows = _run(
        connection,
        "SELECT id, sort_name, facts FROM people WHERE id = ? AND tenant_id = ?",
        (person_id, tenant_id),
    )
    made = _People(connection, tenant_id, day)(rows)
    return made[0] if made else None


@dataclass(frozen=True, slots=True)
class _People:
    """Makes people of rows, with their posts of a day looked up for all of them at once."""

    connection: Connection
    tenant_id: int
    day: int

    def __call__(self, rows: Sequence[Sequence[Any]]) -> list[Person]:
        posts: dict[bytes, Sequence[Any]] = {}
        for piece in pieces(sorted(row[0] for row in rows)):
            held = _run(
                self.connection,
                "SELECT person, unit, position_title, superior, superior_state FROM employments"
                f" WHERE tenant_id = ? AND person IN ({placeholders(piece)})"
                " AND (first_day IS NULL OR first_day <= ?) AND (last_day IS NULL OR last_day >= ?)"
                " ORDER BY entry",
                (self.tenant_id, *piece, self.day, self.day),
            )
            posts.update({row[0]: row[1:] for row in held})
        look = _Names(self.connection, self.tenant_id)
        look.units(post[0] for post in posts.values())
        look.people(post[2] for post in posts.values())
        made = []
        for identity, _, facts in rows:
            told = json.loads(facts)
            unit, title, superior, state = posts.get(identity, (None, None, None, None))
            made.append(
                Person(
                    id=identity,
                    name=str(told.get("name") or ""),
                    facts={name: value for name, value in told.items() if name != "name"},
                    unit=unit,
                    unit_path=look.unit(unit),
                    title=title,
                    superior=superior,
                    superior_state=state,
                    superior_name=look.person(superior),
                )
            )
        return made


def units(
    connection: Connection, tenant_id: int, *, after: Place | None = None, limit: int = 50
) -> Page[Unit]:
    """Units by their paths."""
    where = _Where()
    where.add("u.tenant_id = ?", tenant_id)
    where.beyond(("u.path", "u.id"), after)
    rows = _run(
        connection,
        f"SELECT u.id, u.path, u.facts FROM units u WHERE {where} ORDER BY u.path, u.id LIMIT ?",
        (*where.values, limit + 1),
    )
    return _cut(
        rows,
        limit,
        lambda row: ("=" + row[1], row[0].hex()),
        lambda rows: [Unit(id=row[0], path=row[1], facts=json.loads(row[2])) for row in rows],
    )


def identities(
    connection: Connection,
    tenant_id: int,
    *,
    known: bool | None = None,
    person: bytes | None = None,
    after: Place | None = None,
    limit: int = 50,
) -> Page[Identity]:
    """Identifiers seen in the log. `known` False: those that nobody is known to be."""
    where = _Where()
    where.add("i.tenant_id = ?", tenant_id)
    if known is not None:
        where.add(f"i.person IS {'NOT ' if known else ''}NULL")
    if person is not None:
        where.add("i.person = ?", person)
    where.beyond(("i.digest",), after)
    rows = _run(
        connection,
        "SELECT i.digest, i.ifi, i.name, i.person, i.events FROM identities i"
        f" WHERE {where} ORDER BY i.digest LIMIT ?",
        (*where.values, limit + 1),
    )

    def make(rows: Sequence[Sequence[Any]]) -> list[Identity]:
        look = _Names(connection, tenant_id)
        look.people(row[3] for row in rows)
        return [
            Identity(
                digest=row[0],
                agent=json.loads(row[1]),
                name=row[2],
                person=row[3],
                person_name=look.person(row[3]),
                events=int(row[4]),
            )
            for row in rows
        ]

    return _cut(rows, limit, lambda row: (row[0].hex(),), make)


# Invitations, unclaimed courses --------------------------------------------------------------

_INVITATION = (
    "i.due_day, i.id, i.round, i.case_id, i.role, i.rater, i.window_name, i.state, i.sampled,"
    " i.channel, i.closes_day, i.sent, i.reminded, i.answered, i.why"
)


def invitations(
    connection: Connection,
    tenant_id: int,
    which: Which = Which(),
    *,
    case: bytes | None = None,
    round: bytes | None = None,
    late: int | None = None,
    whose: Whose = None,
    after: Place | None = None,
    limit: int = 50,
) -> Page[Invitation]:
    """Who was or is to be asked, the first due first. `late`: only what is late on that day, as
    `invitations.overdue` counts it."""
    where = _Where()
    where.add("i.tenant_id = ?", tenant_id)
    of_case = whose is not None or any(
        v is not None
        for v in (which.programme, which.cohort, which.unit, which.units, which.matched)
    )
    if of_case:
        _of_case(where, which, whose, "c")
    if whose is None:
        but, values = ledger.but_kept(connection, tenant_id)
        where.add(but, *values)
    if which.states:
        where.among("i.state", which.states)
    if case is not None:
        where.add("i.case_id = ?", case)
    if round is not None:
        where.add("i.round = ?", round)
    if late is not None:
        told = "((i.state = 'due' AND i.due_day < ?) OR (i.state = 'sent' AND i.closes_day < ?))"
        where.add(told, late, late)
    where.beyond(("i.due_day", "i.id"), after)
    source = "invitations i JOIN cases c ON c.id = i.case_id" if of_case else "invitations i"
    rows = _run(
        connection,
        f"SELECT {_INVITATION} FROM {source} WHERE {where} ORDER BY i.due_day, i.id LIMIT ?",
        (*where.values, limit + 1),
    )

    def make(rows: Sequence[Sequence[Any]]) -> list[Invitation]:
        look = _Names(connection, tenant_id)
        about = {
            row[0]: row[1]
            for piece in pieces(sorted({row[3] for row in rows}))
            for row in _run(
                connection,
                "SELECT id, subject FROM cases WHERE matched = 1"
                f" AND id IN ({placeholders(piece)})",
                piece,
            )
        }
        look.people((*(row[5] for row in rows), *about.values()))
        return [
            Invitation(
                id=row[1],
                round=row[2],
                case=row[3],
                person=about.get(row[3]),
                name=look.person(about.get(row[3])),
                role=row[4],
                rater=row[5],
                rater_name=look.person(row[5]),
                window=row[6],
                state=row[7],
                sampled=bool(row[8]),
                channel=row[9],
                due_day=row[0],
                closes_day=row[10],
                sent=row[11],
                reminded=row[12],
                answered=row[13],
                why=row[14],
            )
            for row in rows
        ]

    return _cut(rows, limit, lambda row: (row[0], row[1].hex()), make)


def unclaimed(
    connection: Connection, tenant_id: int, *, after: Place | None = None, limit: int = 50
) -> Page[Course]:
    """Courses of no programme, with how many took part: shown, so that no completion is lost."""
    where = _Where()
    where.add("p.tenant_id = ? AND p.programme = ?", tenant_id, names.ZERO)
    where.beyond(("p.course",), after)
    rows = _run(
        connection,
        "SELECT p.course, COUNT(*), COUNT(p.completed_day) FROM participation p"
        f" WHERE {where} GROUP BY p.course ORDER BY p.course LIMIT ?",
        (*where.values, limit + 1),
    )

    def make(rows: Sequence[Sequence[Any]]) -> list[Course]:
        found = []
        for digest, people_, completed in rows:
            said = _run(
                connection,
                "SELECT body FROM events WHERE tenant_id = ? AND course = ? LIMIT 1",
                (tenant_id, digest),
            )
            body = json.loads(said[0][0]) if said else {}
            found.append(
                Course(
                    digest=digest,
                    iri=str(body.get("course", "")),
                    title=body.get("title"),
                    people=int(people_),
                    completed=int(completed),
                )
            )
        return found

    return _cut(rows, limit, lambda row: (row[0].hex(),), make)


# Names ---------------------------------------------------------------------------------------


def names_of(
    connection: Connection, tenant_id: int, people: Iterable[bytes | None]
) -> dict[bytes, str]:
    """What these people are called; who is nobody of the register is left out."""
    wanted = {each for each in people if each is not None}
    look = _Names(connection, tenant_id)
    look.people(wanted)
    return {each: name for each in wanted if (name := look.person(each)) is not None}


class _Names:
    """Names of people, units, programmes and behaviours, looked up when they are needed."""

    def __init__(self, connection: Connection, tenant_id: int) -> None:
        self._connection, self._tenant_id = connection, tenant_id
        self._people: dict[bytes, str] = {}
        self._units: dict[bytes, str] = {}
        self._programmes: dict[bytes, Named] = {}
        self._behaviours: dict[bytes, Named] | None = None

    def people(self, ids: Iterable[bytes | None]) -> None:
        for row in self._of("SELECT id, facts FROM people", "id", ids):
            self._people[row[0]] = str(json.loads(row[1]).get("name") or "")

    def person(self, person_id: bytes | None) -> str | None:
        return None if person_id is None else self._people.get(person_id)

    def units(self, ids: Iterable[bytes | None]) -> None:
        self._units.update(
            (row[0], row[1]) for row in self._of("SELECT id, path FROM units", "id", ids)
        )

    def unit(self, unit_id: bytes | None) -> str | None:
        return None if unit_id is None else self._units.get(unit_id)

    def programmes(self, digests: Iterable[bytes | None]) -> None:
        for row in self._of("SELECT digest, iri, title FROM programmes", "digest", digests):
            self._programmes[row[0]] = Named(row[0], row[1].decode(), row[2])

    def programme(self, digest: bytes | None) -> Named | None:
        return None if digest is None else self._programmes.get(digest)

    def behaviour(self, digest: bytes) -> Named | None:
        """A behaviour that some programme expects. None: none, or one no programme expects now."""
        if digest == names.ZERO:
            return None
        if self._behaviours is None:
            self._behaviours = {
                made.id: made
                for body in practice.programmes(self._connection, self._tenant_id)
                for each in msgspec.json.decode(body, type=Programme).behaviours
                for made in [Named(names.behaviour(self._tenant_id, each.iri), each.iri, each.text)]
            }
        return self._behaviours.get(digest)

    def _of(self, select: str, column: str, ids: Iterable[bytes | None]) -> list[Sequence[Any]]:
        wanted = sorted({each for each in ids if each is not None} - {names.ZERO})
        return [
            row
            for piece in pieces(wanted)
            for row in _run(
                self._connection,
                f"{select} WHERE tenant_id = ? AND {column} IN ({placeholders(piece)})",
                (self._tenant_id, *piece),
            )
        ]


# Rows ----------------------------------------------------------------------------------------


def _run(connection: Connection, sql: str, values: Sequence[Any]) -> list[Sequence[Any]]:
    """The rows, with bytes as bytes: some drivers lend memory instead."""
    return [
        [bytes(v) if isinstance(v, (memoryview, bytearray)) else v for v in row]
        for row in run(connection, sql, tuple(values))
    ]


def _cut(
    rows: Sequence[Sequence[Any]],
    limit: int,
    key: Callable[[Sequence[Any]], Place],
    make: Callable[[Sequence[Sequence[Any]]], Sequence[T]],
) -> Page[T]:
    """One page of rows that were asked for with one more than the limit."""
    shown = rows[:limit]
    return Page(tuple(make(shown)), key(shown[-1]) if len(rows) > limit else None)


def _sorted(column: str, *, of_few: bool) -> str:
    """A whole number's column in ORDER BY; where few rows are asked for, so that the index that
    finds them is used, not one that has everybody's in order."""
    return f"{column} + 0" if of_few else column


def _unkeyed(value: int | str) -> int | str | bytes:
    """A value of a place as the database has it: bytes are written in hexadecimal, text behind a
    sign that tells it from them."""
    if isinstance(value, int):
        return value
    return value[1:] if value.startswith("=") else bytes.fromhex(value)


def _literally(words: str) -> str:
    return words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _escape(connection: Connection) -> str:
    # MariaDB reads a backslash in a literal as an escape itself.
    return "'\\\\'" if connection.dialect.name in ("mysql", "mariadb") else "'\\'"
