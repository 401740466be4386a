"""What the projector reads and writes: the log in order, events, and the rows worked out of them.

Functions take a connection first and never commit. The rows are tuples in the order of their
table's columns, so that what should stand and what stands are compared as sets.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Table

from lrs.practice.cases import OPEN
from lrs.store import tables
from lrs.store.engine import insert, pieces, placeholders, run
from lrs.store.packing import unpack
from lrs.store.statements import ERASED, everything

Values = tuple[Any, ...]

#: The tables that hold what is worked out of subjects and their identifiers, each with the column
#: by which its rows are found.
WORKED_OUT: tuple[tuple[Table, str], ...] = (
    (tables.identities, "digest"),
    (tables.cases, "subject"),
    (tables.links, "subject"),
    (tables.participation, "subject"),
    (tables.answers, "subject"),
    (tables.outcomes, "case_id"),
)


@dataclass(frozen=True, slots=True)
class Logged:
    """A statement as it stands in the log, voided or not."""

    position: int
    store_id: int
    source_id: int
    voided: bool
    id: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as it stands: `body` is that of its table, `n` its number in the statement."""

    position: int
    n: int
    statement: bytes
    actor: bytes
    kind: str
    course: bytes
    at: int
    voided: bool
    source_id: int
    adapter: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """That an identifier means a person, from `valid_from` to before `valid_to` (None: open)."""

    digest: bytes
    person: bytes
    valid_from: int | None
    valid_to: int | None

    def holds(self, at: int) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_to is None or at < self.valid_to
        )


# The log ------------------------------------------------------------------------------------


def state(connection: Connection, tenant_id: int) -> tuple[int, int] | None:
    """How far the projector came in the log, and its generation; None before it began."""
    row = run(
        connection,
        "SELECT position, generation FROM projections WHERE tenant_id = ?",
        (tenant_id,),
    ).one_or_none()
    return None if row is None else (int(row[0]), int(row[1]))


def begin(connection: Connection, tenant_id: int) -> None:
    """Begin to follow a tenant's log from its first statement, unless that was done."""
    insert(connection, tables.projections, [(tenant_id, 0, 0)], ignore=True)


def advance(connection: Connection, tenant_id: int, generation: int, position: int) -> bool:
    """Move on to `position`, if nobody else wrote since `generation` was read.

    Holds the tenant's row to the end of the write, so that projectors write one after another.
    """
    moved = run(
        connection,
        "UPDATE projections SET position = ?, generation = generation + 1"
        " WHERE tenant_id = ? AND generation = ?",
        (position, tenant_id, generation),
    )
    return bool(moved.rowcount)


def follow(
    connection: Connection, store_ids: Sequence[int], after: int, until: int, limit: int
) -> list[Logged]:
    """Statements of these stores in the order of the log, voided ones too."""
    found: list[Logged] = []
    for store_id in store_ids:
        found.extend(having(connection, everything(store_id), after, until, limit))
    found.sort(key=lambda each: each.position)
    return found[:limit]


def having(
    connection: Connection,
    term: bytes,
    after: int,
    until: int,
    limit: int,
    *,
    newest_first: bool = False,
) -> list[Logged]:
    """Statements that have a term of their own, in the order of the log or the newest first."""
    order = " DESC" if newest_first else ""
    rows = run(
        connection,
        "SELECT s.position, s.store_id, s.source_id, s.voided, s.id, s.body FROM postings p"
        " JOIN statements s ON s.position = p.position"
        " WHERE p.term = ? AND p.position > ? AND p.position <= ? AND p.depth = 0"
        f" ORDER BY p.position{order} LIMIT ?",
        (term, after, until, limit),
    )
    return [_logged(row) for row in rows]


def present(connection: Connection, terms: Sequence[bytes]) -> set[bytes]:
    """Of which of these terms there is any statement of its own."""
    return {
        bytes(row[0])
        for piece in pieces(sorted(set(terms)))
        for row in run(
            connection,
            "SELECT DISTINCT term FROM postings"
            f" WHERE term IN ({placeholders(piece)}) AND depth = 0",
            piece,
        )
    }


def _logged(row: Any) -> Logged:
    return Logged(row[0], row[1], row[2], bool(row[3]), bytes(row[4]), unpack(row[5]))


def logged(connection: Connection, store_id: int, ids: Sequence[bytes]) -> list[Logged]:
    """The statements of a store with these ids, in the order of the log, voided ones too."""
    found = [
        _logged(row)
        for piece in pieces(ids)
        for row in run(
            connection,
            "SELECT position, store_id, source_id, voided, id, body FROM statements"
            " WHERE position IN (SELECT i.position FROM statement_ids i"
            f" WHERE i.store_id = ? AND i.id IN ({placeholders(piece)})) AND voided < ?",
            (store_id, *piece, ERASED),
        )
    ]
    return sorted(found, key=lambda each: each.position)


def at(connection: Connection, positions: Sequence[int]) -> list[Logged]:
    """The statements at these positions, of whatever store, voided ones too."""
    found = [
        _logged(row)
        for piece in pieces(positions)
        for row in run(
            connection,
            "SELECT position, store_id, source_id, voided, id, body FROM statements"
            f" WHERE position IN ({placeholders(piece)}) AND voided < ?",
            (*piece, ERASED),
        )
    ]
    return sorted(found, key=lambda each: each.position)


def referred(
    connection: Connection, tenant_id: int, store_id: int, ids: Sequence[bytes]
) -> set[bytes]:
    """Which of these statements some statement of a store refers to."""
    refs = [
        (int(row[0]), bytes(row[1]))
        for piece in pieces(ids)
        for row in run(
            connection,
            "SELECT position, target FROM statement_refs"
            f" WHERE tenant_id = ? AND target IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    ]
    here = {
        row[0]
        for piece in pieces(sorted({position for position, _ in refs}))
        for row in run(
            connection,
            "SELECT position FROM statements WHERE store_id = ?"
            f" AND position IN ({placeholders(piece)})",
            (store_id, *piece),
        )
    }
    return {target for position, target in refs if position in here}


# Events -------------------------------------------------------------------------------------

_EVENT = (
    "SELECT position, n, statement, actor, kind, course, at, voided, source_id, adapter, body"
    " FROM events"
)


def _stored(row: Any) -> Stored:
    return Stored(
        row[0],
        row[1],
        bytes(row[2]),
        bytes(row[3]),
        row[4],
        bytes(row[5]),
        row[6],
        bool(row[7]),
        row[8],
        row[9],
        bytes(row[10]),
    )


def add_events(connection: Connection, tenant_id: int, events: Sequence[Stored]) -> None:
    """Write events; those of a position that is there already are left alone."""
    insert(
        connection,
        tables.events,
        [
            (
                each.position,
                each.n,
                tenant_id,
                each.statement,
                each.actor,
                each.kind,
                each.course,
                each.at,
                int(each.voided),
                each.source_id,
                each.adapter,
                each.body,
            )
            for each in events
        ],
        ignore=True,
    )


def remove_events(connection: Connection, positions: Sequence[int]) -> None:
    """Forget what was said of the statements at these positions, to say it anew."""
    for piece in pieces(positions):
        run(connection, f"DELETE FROM events WHERE position IN ({placeholders(piece)})", piece)


def events_of(connection: Connection, tenant_id: int, actors: Sequence[bytes]) -> list[Stored]:
    """All events of these identifiers, voided ones too, in the order of the log."""
    found = [
        _stored(row)
        for piece in pieces(actors)
        for row in run(
            connection,
            f"{_EVENT} WHERE tenant_id = ? AND actor IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    ]
    return sorted(found, key=lambda each: (each.position, each.n))


def events_of_statements(
    connection: Connection, tenant_id: int, statements: Sequence[bytes]
) -> list[Stored]:
    """The events of these statements, in either store of the tenant."""
    return [
        _stored(row)
        for piece in pieces(statements)
        for row in run(
            connection,
            # SQLite would rather go through all that is the tenant's, for want of statistics.
            f"{_EVENT} WHERE statement IN ({placeholders(piece)}) AND +tenant_id = ?",
            (*piece, tenant_id),
        )
    ]


def events_at(connection: Connection, positions: Sequence[int]) -> list[Stored]:
    """What was said of the statements at these positions of the log."""
    return [
        _stored(row)
        for piece in pieces(positions)
        for row in run(connection, f"{_EVENT} WHERE position IN ({placeholders(piece)})", piece)
    ]


def voided_positions(connection: Connection, positions: Sequence[int]) -> set[int]:
    """Which of these positions hold a voided statement."""
    return {
        row[0]
        for piece in pieces(positions)
        for row in run(
            connection,
            "SELECT position FROM statements WHERE voided = 1"
            f" AND position IN ({placeholders(piece)})",
            piece,
        )
    }


def void_events(connection: Connection, positions: Sequence[int]) -> None:
    """Mark the events of these positions as those of voided statements."""
    for piece in pieces(positions):
        run(
            connection,
            f"UPDATE events SET voided = 1 WHERE position IN ({placeholders(piece)})",
            piece,
        )


def actors_in(connection: Connection, tenant_id: int, courses: Sequence[bytes]) -> set[bytes]:
    """The identifiers that have an event in one of these courses."""
    return {
        bytes(row[0])
        for piece in pieces(courses)
        for row in run(
            connection,
            "SELECT DISTINCT actor FROM events WHERE tenant_id = ?"
            f" AND course IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    }


def arrived(
    connection: Connection, tenant_id: int, courses: Sequence[bytes]
) -> list[tuple[bytes, bytes | None, bytes]]:
    """Each completion of these courses that arrived and is not voided: under which identifier,
    whose it is (None: nobody knows), and of which course."""
    return [
        (bytes(row[0]), None if row[1] is None else bytes(row[1]), bytes(row[2]))
        for piece in pieces(courses)
        for row in run(
            connection,
            "SELECT e.actor, COALESCE(i.person, p.merged_into, p.id), e.course FROM events e"
            " LEFT JOIN identities i ON i.tenant_id = e.tenant_id AND i.digest = e.actor"
            " LEFT JOIN people p ON p.tenant_id = e.tenant_id AND p.id = e.actor"
            " WHERE e.tenant_id = ? AND e.kind = 'completed' AND e.voided = 0"
            f" AND e.course IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    ]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as casework needs it: see `tables.cases`."""

    id: bytes
    subject: bytes
    programme: bytes
    state: str
    clock_day: int
    body: bytes


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link as casework needs it: see `tables.links`."""

    id: bytes
    case_id: bytes
    subject: bytes
    evidence: bytes
    behaviour: bytes
    state: str
    self_said: bool
    body: bytes


def case(connection: Connection, tenant_id: int, case_id: bytes) -> CaseRow | None:
    """One case of the tenant."""
    row = run(
        connection,
        "SELECT id, subject, programme, state, clock_day, body FROM cases"
        " WHERE id = ? AND tenant_id = ?",
        (case_id, tenant_id),
    ).one_or_none()
    if row is None:
        return None
    return CaseRow(bytes(row[0]), bytes(row[1]), bytes(row[2]), row[3], row[4], bytes(row[5]))


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose a case is, of which programme and cohort."""

    subject: bytes
    programme: bytes
    cohort: str | None


def subjects(connection: Connection, tenant_id: int, ids: Iterable[bytes]) -> dict[bytes, Subject]:
    """Whose these cases are; those that there are not are left out."""
    found: dict[bytes, Subject] = {}
    for piece in pieces(sorted(set(ids))):
        rows = run(
            connection,
            "SELECT id, subject, programme, cohort FROM cases WHERE tenant_id = ?"
            f" AND id IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
        for row in rows:
            found[bytes(row[0])] = Subject(bytes(row[1]), bytes(row[2]), row[3])
    return found


@dataclass(frozen=True, slots=True)
class Tally:
    """How much is worked out for a tenant."""

    cases: int
    links: int
    accepted: int


def tally(connection: Connection, tenant_id: int) -> Tally:
    """How many cases and links a tenant has, and how many of these are accepted."""
    cases = run(connection, "SELECT COUNT(*) FROM cases WHERE tenant_id = ?", (tenant_id,))
    links = run(
        connection,
        "SELECT COUNT(*), SUM(CASE WHEN state = 'accepted' THEN 1 ELSE 0 END) FROM links"
        " WHERE tenant_id = ?",
        (tenant_id,),
    ).one()
    return Tally(int(cases.scalar_one()), int(links[0]), int(links[1] or 0))


def cases_by_person(connection: Connection, tenant_id: int) -> dict[tuple[bytes, bytes], bytes]:
    """The open case of each person (or identifier) and programme; of several the latest."""
    rows = run(
        connection,
        "SELECT subject, programme, id FROM cases WHERE tenant_id = ? AND state = 'open'"
        " ORDER BY clock_day, id",
        (tenant_id,),
    )
    return {(bytes(row[0]), bytes(row[1])): bytes(row[2]) for row in rows}


def link(connection: Connection, tenant_id: int, link_id: bytes) -> LinkRow | None:
    """One link of the tenant."""
    row = run(
        connection,
        "SELECT id, case_id, subject, evidence, behaviour, state, self_said, body FROM links"
        " WHERE id = ? AND tenant_id = ?",
        (link_id, tenant_id),
    ).one_or_none()
    if row is None:
        return None
    return LinkRow(
        *(bytes(row[0]), bytes(row[1]), bytes(row[2]), bytes(row[3]), bytes(row[4])),
        *(row[5], bool(row[6]), bytes(row[7])),
    )


def only_self_says(connection: Connection, tenant_id: int, link: LinkRow) -> bool:
    """Whether nobody but the learner says that this was done: the evidence is their own word, and
    neither other evidence nor anybody's answer on the case bears it out."""
    if not link.self_said:
        return False
    others = run(
        connection,
        "SELECT 1 FROM links WHERE case_id = ? AND self_said = 0 AND tenant_id = ?"
        " AND behaviour IN (?, ?) LIMIT 1",
        (link.case_id, tenant_id, link.behaviour, bytes(16)),
    ).first()
    if others is not None:
        return False
    answered = run(
        connection,
        "SELECT 1 FROM answers WHERE case_id = ? AND tenant_id = ? AND role <> 'self'"
        " AND observed = 1 AND flagged = 0 AND (value >= 2 OR value IS NULL) LIMIT 1",
        (link.case_id, tenant_id),
    ).first()
    return answered is None


def subjects_of_statement(connection: Connection, tenant_id: int, statement: bytes) -> set[bytes]:
    """Whose practice a statement tells of, by person, or by identifier where nobody is known."""
    rows = run(
        connection,
        "SELECT e.actor, i.person FROM events e LEFT JOIN identities i"
        " ON i.tenant_id = e.tenant_id AND i.digest = e.actor"
        " WHERE e.statement = ? AND e.tenant_id = ? AND e.voided = 0",
        (statement, tenant_id),
    )
    return standing_for(
        connection, tenant_id, {bytes(row[1] if row[1] is not None else row[0]) for row in rows}
    )


def standing_for(connection: Connection, tenant_id: int, actors: Iterable[bytes]) -> set[bytes]:
    """These people and identifiers, and whom they are known to be."""
    found = set(actors)
    found |= {claim.person for claim in claims(connection, tenant_id, sorted(found))}
    gone = merged(connection, tenant_id)
    return found | {gone[each] for each in found if each in gone}


def referring(connection: Connection, tenant_id: int, store_id: int, target: bytes) -> list[Logged]:
    """Statements of a store whose object is a reference to this one, in the order of the log,
    voided ones too. Read from the log itself, where what is acknowledged stands at once."""
    rows = run(
        connection,
        "SELECT position, store_id, source_id, voided, id, body FROM statements"
        " WHERE position IN (SELECT r.position FROM statement_refs r WHERE r.tenant_id = ?"
        " AND r.target = ?) AND store_id = ? ORDER BY position",
        (tenant_id, target, store_id),
    )
    return [_logged(row) for row in rows]


def referring_any(
    connection: Connection, tenant_id: int, store_id: int, targets: Sequence[bytes]
) -> list[Logged]:
    """As `referring`, of several targets at once."""
    found = [
        _logged(row)
        for piece in pieces(targets)
        for row in run(
            connection,
            "SELECT position, store_id, source_id, voided, id, body FROM statements"
            " WHERE position IN (SELECT r.position FROM statement_refs r"
            f" WHERE r.tenant_id = ? AND r.target IN ({placeholders(piece)})) AND store_id = ?",
            (tenant_id, *piece, store_id),
        )
    ]
    return sorted(found, key=lambda each: each.position)


def add_citizens(connection: Connection, rows: Sequence[Values]) -> None:
    """Write anonymous answers about units; those that are there already are left alone."""
    insert(connection, tables.citizens, rows, ignore=True)


def remove_citizens(connection: Connection, statements: Sequence[bytes]) -> None:
    """Forget the anonymous answers of statements that were voided."""
    for piece in pieces(statements):
        run(connection, f"DELETE FROM citizens WHERE statement IN ({placeholders(piece)})", piece)


# Who they are -------------------------------------------------------------------------------


def claims(connection: Connection, tenant_id: int, digests: Sequence[bytes]) -> list[Claim]:
    """Who is confirmed to be meant by these identifiers."""
    return _claims(connection, tenant_id, "digest", digests)


def claims_of(connection: Connection, tenant_id: int, people: Sequence[bytes]) -> list[Claim]:
    """By which identifiers these people are confirmed to be meant."""
    return _claims(connection, tenant_id, "person", people)


def _claims(
    connection: Connection, tenant_id: int, column: str, values: Sequence[bytes]
) -> list[Claim]:
    return [
        Claim(bytes(row[0]), bytes(row[1]), row[2], row[3])
        for piece in pieces(values)
        for row in run(
            connection,
            "SELECT digest, person, valid_from, valid_to FROM identifiers"
            f" WHERE tenant_id = ? AND state = 'confirmed' AND {column} IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    ]


def merged(connection: Connection, tenant_id: int) -> dict[bytes, bytes]:
    """People who were found to be another person, and who that is: few, and read whole."""
    rows = run(
        connection,
        "SELECT id, merged_into FROM people WHERE tenant_id = ? AND merged_into IS NOT NULL",
        (tenant_id,),
    )
    return {bytes(row[0]): bytes(row[1]) for row in rows}


def restricted(connection: Connection, tenant_id: int) -> frozenset[bytes]:
    """Of whom what is held is kept and not worked with, by all the ids they have: few, and read
    whole."""
    rows = run(
        connection,
        "SELECT id FROM people WHERE tenant_id = ? AND restricted > 0",
        (tenant_id,),
    )
    found = {bytes(row[0]) for row in rows}
    if not found:
        return frozenset()
    gone = merged(connection, tenant_id)
    found |= {gone[each] for each in found if each in gone}
    return frozenset(found | {each for each, into in gone.items() if into in found})


def known(connection: Connection, tenant_id: int, people: Sequence[bytes]) -> set[bytes]:
    """Which of these are people of the register."""
    return {
        bytes(row[0])
        for piece in pieces(people)
        for row in run(
            connection,
            f"SELECT id FROM people WHERE tenant_id = ? AND id IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    }


def employments(
    connection: Connection, tenant_id: int, people: Sequence[bytes]
) -> dict[bytes, list[tuple[bytes | None, int | None, int | None, str | None]]]:
    """Where people worked: unit, first and last day, why it ended; oldest entry first."""
    found: dict[bytes, list[tuple[bytes | None, int | None, int | None, str | None]]] = {}
    for piece in pieces(people):
        rows = run(
            connection,
            "SELECT person, unit, first_day, last_day, ended FROM employments"
            f" WHERE tenant_id = ? AND person IN ({placeholders(piece)}) ORDER BY entry",
            (tenant_id, *piece),
        )
        for person, unit, first, last, ended in rows:
            unit = None if unit is None else bytes(unit)
            found.setdefault(bytes(person), []).append((unit, first, last, ended))
    return found


# Whom to work out anew ----------------------------------------------------------------------


def stale(connection: Connection, tenant_id: int, limit: int) -> list[tuple[bytes, int]]:
    """Marks of whom to work out anew: subject and since when, oldest first."""
    rows = run(
        connection,
        "SELECT subject, since FROM stale WHERE tenant_id = ? ORDER BY since LIMIT ?",
        (tenant_id, limit),
    )
    return [(bytes(row[0]), int(row[1])) for row in rows]


def mark_stale(connection: Connection, tenant_id: int, marks: Mapping[bytes, int]) -> None:
    """Have these worked out anew. A mark that is there is set anew too: who is working it off did
    not see what changed now, and is not to take it away."""
    rows = [(tenant_id, subject, since) for subject, since in sorted(marks.items())]
    for piece in pieces(sorted(marks)):
        run(
            connection,
            f"DELETE FROM stale WHERE tenant_id = ? AND subject IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    insert(connection, tables.stale, rows, ignore=True)


def forget_marks(connection: Connection, tenant_id: int, subjects: Sequence[bytes]) -> None:
    """Take away the marks of these, whoever set them."""
    for piece in pieces(subjects):
        run(
            connection,
            f"DELETE FROM stale WHERE tenant_id = ? AND subject IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )


def unmark(connection: Connection, tenant_id: int, marks: Sequence[tuple[bytes, int]]) -> None:
    """Take away marks, unless they were set again since."""
    for subject, since in sorted(marks):
        run(
            connection,
            "DELETE FROM stale WHERE tenant_id = ? AND subject = ? AND since = ?",
            (tenant_id, subject, since),
        )


def programmes(connection: Connection, tenant_id: int) -> list[bytes]:
    """The programmes in force, as JSON, in the order of their digests."""
    rows = run(
        connection, "SELECT body FROM programmes WHERE tenant_id = ? ORDER BY digest", (tenant_id,)
    )
    return [bytes(row[0]) for row in rows]


def programme(connection: Connection, tenant_id: int, digest: bytes) -> bytes | None:
    """One programme in force, as JSON."""
    row = run(
        connection,
        "SELECT body FROM programmes WHERE digest = ? AND tenant_id = ?",
        (digest, tenant_id),
    ).one_or_none()
    return None if row is None else bytes(row[0])


def programme_versions(
    connection: Connection, tenant_id: int, subjects: Sequence[bytes]
) -> dict[bytes, list[dict[str, Any]]]:
    """All that the register says of programmes, of those among these subjects."""
    found: dict[bytes, list[dict[str, Any]]] = {}
    for piece in pieces(subjects):
        rows = run(
            connection,
            "SELECT subject, body FROM register WHERE tenant_id = ? AND kind = 'programme'"
            f" AND subject IN ({placeholders(piece)}) ORDER BY position",
            (tenant_id, *piece),
        )
        for subject, body in rows:
            found.setdefault(bytes(subject), []).append(json.loads(bytes(body)))
    return found


def declared(connection: Connection, tenant_id: int) -> list[dict[str, Any]]:
    """The declared adapters in force, in the order of their names."""
    rows = run(connection, "SELECT body FROM declared_adapters WHERE tenant_id = ?", (tenant_id,))
    found: list[dict[str, Any]] = [json.loads(bytes(row[0])) for row in rows]
    return sorted(found, key=lambda each: str(each["name"]))  # not by a database's collation


def adapters_among(connection: Connection, tenant_id: int, subjects: Sequence[bytes]) -> set[bytes]:
    """Which of these subjects are declared adapters, in force or taken away."""
    return {
        bytes(row[0])
        for piece in pieces(subjects)
        for row in run(
            connection,
            "SELECT DISTINCT subject FROM register WHERE tenant_id = ? AND kind = 'adapter'"
            f" AND subject IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    }


@dataclass(frozen=True, slots=True)
class Search:
    """That the log be read again for statements of this verb (empty: for all) from after `position`
    to `until`; `position` None: that is done. An activity's IRI after `O` and a space means
    statements about it, after `o` and a space those that have it in their context: no verb holds a
    space."""

    verb: str
    position: int | None
    until: int


def searches(connection: Connection, tenant_id: int) -> list[Search]:
    """What the log is to be read again for."""
    rows = run(
        connection,
        "SELECT verb, position, until FROM searches WHERE tenant_id = ? ORDER BY digest",
        (tenant_id,),
    )
    return [Search(bytes(row[0]).decode(), int(row[1]), int(row[2])) for row in rows]


def search(connection: Connection, tenant_id: int, wanted: Search) -> None:
    """Note a search, how far it came, or that it is done."""
    verb = wanted.verb.encode()
    name = blake2b(verb, digest_size=16).digest()
    run(connection, "DELETE FROM searches WHERE tenant_id = ? AND digest = ?", (tenant_id, name))
    if wanted.position is not None:
        row = (tenant_id, name, verb, wanted.position, wanted.until)
        insert(connection, tables.searches, [row])


# What is worked out -------------------------------------------------------------------------


def standing(
    connection: Connection, tenant_id: int, subjects: Sequence[bytes], digests: Sequence[bytes]
) -> dict[str, set[Values]]:
    """What stands of these subjects and identifiers, as whole rows by table."""
    found: dict[str, set[Values]] = {}
    cases: list[bytes] = []
    for table, column in WORKED_OUT:
        keys = {"digest": digests, "subject": subjects, "case_id": cases}[column]
        names = ", ".join(each.name for each in table.columns)
        found[table.name] = {
            _plain(row)
            for piece in pieces(keys)
            for row in run(
                connection,
                f"SELECT {names} FROM {table.name} WHERE tenant_id = ?"
                f" AND {column} IN ({placeholders(piece)})",
                (tenant_id, *piece),
            )
        }
        if table is tables.cases:
            cases = sorted(row[0] for row in found["cases"])
    return found


def replace(
    connection: Connection, before: dict[str, set[Values]], after: dict[str, set[Values]]
) -> int:
    """Make what stands what should stand, row by row; answers how many rows changed."""
    changed = 0
    for table, _ in WORKED_OUT:
        gone = before[table.name] - after[table.name]
        new = after[table.name] - before[table.name]
        keys = [column.name for column in table.primary_key.columns]
        at = [list(table.columns.keys()).index(name) for name in keys]
        where = " AND ".join(f"{name} = ?" for name in keys)
        for row in sorted(tuple(each[n] for n in at) for each in gone):
            run(connection, f"DELETE FROM {table.name} WHERE {where}", row)
        insert(connection, table, sorted(new, key=lambda row: tuple(row[n] for n in at)))
        if table is tables.cases:
            _note_opened(connection, gone, new)
        changed += len(gone) + len(new)
    return changed


def _note_opened(connection: Connection, gone: set[Values], new: set[Values]) -> None:
    """Note cases that are open now and were not, for who wants to be told. Those that were noted
    before, by however many replays, are not news."""
    state = list(tables.cases.columns.keys()).index("state")
    open_before = {row[0] for row in gone if row[state] == OPEN}
    opened = sorted((row[0], row[1], 0) for row in new if row[state] == OPEN)
    rows = [row for row in opened if row[0] not in open_before]
    if rows:
        insert(connection, tables.opened_cases, rows, ignore=True)


def forget(connection: Connection, tenant_id: int) -> None:
    """Drop all that is worked out of a tenant's log, to begin from its first statement. A projector
    at work meanwhile finds its generation gone by, and writes nothing."""
    run(
        connection,
        "UPDATE projections SET position = 0, generation = generation + 1 WHERE tenant_id = ?",
        (tenant_id,),
    )
    every = [table for table, _ in WORKED_OUT]
    for table in (*every, tables.events, tables.citizens, tables.stale, tables.searches):
        run(connection, f"DELETE FROM {table.name} WHERE tenant_id = ?", (tenant_id,))


def _plain(row: Iterable[Any]) -> Values:
    """A row with its bytes as bytes: some drivers lend memory instead."""
    return tuple(bytes(v) if isinstance(v, (memoryview, bytearray)) else v for v in row)
