"""Statements in and out: every SQL that touches them.

Functions take a connection first and never commit. What is asked for comes as terms
(`lrs/xapi/statements.py`), what is answered is the bytes that were stored.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from lrs.store import tables
from lrs.store.engine import insert, pieces, placeholders, run
from lrs.store.packing import pack, unpack
from lrs.xapi.formats import merge_definition
from lrs.xapi.statements import Prepared, Terms

#: Attachments are kept in parts of this many bytes, so that none is ever whole in memory.
PART = 256 * 1024

#: How many references are followed from one statement. The standard sets no end to a chain of
#: StatementRefs; each step copies the terms of its target to every statement before it.
HOPS = 100

ALWAYS = (1 << 63) - 1

#: What `voided` is of a statement that was erased: only its id and its place are left.
ERASED = 2


# Asking ------------------------------------------------------------------------------------------


class Query(msgspec.Struct, frozen=True):
    """What to read from one store, and how far. Holds digests only, no identifier.

    `after` is exclusive, `until` inclusive, both positions. `source_id` limits the answer to
    one source's statements; `authority`, a term, to those of one authority.
    """

    store_id: int
    terms: Terms = ()
    after: int = -1
    until: int = ALWAYS
    ascending: bool = False
    limit: int = 100
    source_id: int | None = None
    authority: bytes | None = None


class Page(msgspec.Struct, frozen=True):
    """Bodies in the order asked for, and the query that goes on where they end, if any."""

    positions: list[int]
    bodies: list[bytes]
    more: Query | None


@dataclass(frozen=True, slots=True)
class Row:
    """One statement as it stands in the log."""

    position: int
    body: bytes
    voided: bool
    store_id: int
    source_id: int


def select(connection: Connection, query: Query) -> Page:
    """A page of statements, newest first or oldest first; voided ones are left out.

    Costs the same at any depth: one range of rows from where the page before ended.
    """
    wanted = query.limit + 1
    found: dict[int, bytes] = {}
    rest = query
    while True:
        asked = wanted - len(found)
        rows = _range(connection, rest, asked)
        found.update(rows)
        # A statement can stand twice in a range: for itself, and for what it refers to.
        if len(rows) < asked or len(found) == wanted:
            break
        rest = _beyond(rest, rows[-1][0])
    positions = list(found)[: query.limit]
    more = _beyond(query, positions[-1]) if len(found) > query.limit else None
    return Page(positions, [found[position] for position in positions], more)


def by_id(connection: Connection, store_id: int, statement_id: bytes) -> Row | None:
    """The statement with this id in this store, voided or not; None also where it was erased."""
    row = run(
        connection,
        "SELECT position, body, voided, store_id, source_id FROM statements WHERE position ="
        " (SELECT i.position FROM statement_ids i WHERE i.store_id = ? AND i.id = ?)"
        " AND voided < ?",
        (store_id, statement_id, ERASED),
    ).one_or_none()
    return None if row is None else Row(row[0], unpack(row[1]), bool(row[2]), row[3], row[4])


def was_erased(connection: Connection, store_id: int, statement_id: bytes) -> bool:
    """Whether there was a statement with this id in this store, and it was erased."""
    row = run(
        connection,
        "SELECT 1 FROM statements WHERE position = (SELECT i.position FROM statement_ids i"
        " WHERE i.store_id = ? AND i.id = ?) AND voided = ?",
        (store_id, statement_id, ERASED),
    ).first()
    return row is not None


def _beyond(query: Query, position: int) -> Query:
    if query.ascending:
        return replace(query, after=position)
    return replace(query, until=position - 1)


def _range(connection: Connection, query: Query, limit: int) -> list[tuple[int, bytes]]:
    terms, own = query.terms, query.authority
    if not terms:
        terms, own = ((own or everything(query.store_id),),), None
    lead, *others = terms
    checks = [term for group in others for term in group]
    tail: list[Any] = [query.after, query.until, query.store_id]
    tail += [each for each in (query.source_id, own) if each is not None]
    tail.append(limit)
    parameters = [each for term in lead for each in (term, *checks, *tail)]
    if len(lead) > 1:
        parameters.append(limit)
    sizes = tuple(len(group) for group in terms)
    sql = _sql(
        sizes,
        query.ascending,
        query.source_id is not None,
        own is not None,
        connection.dialect.name == "postgresql",
    )
    rows = run(connection, sql, parameters).all()
    return [(position, unpack(kept)) for position, kept in rows]


def everything(store_id: int) -> bytes:
    """The term of every statement of a store, so that reading them all is a range like others."""
    return store_id.to_bytes(16, "big")


@lru_cache(maxsize=256)
def _sql(
    groups: tuple[int, ...], ascending: bool, of_source: bool, of_authority: bool, joins: bool
) -> str:
    """The query for so many groups of so many terms. Each lead term is a range in answer order;
    the ranges of several lead terms are merged, each cut off where the page must end.

    One table, and for each of its rows a few looked up by key, as scalar subqueries: written as
    joins and EXISTS, PostgreSQL merged the range with all of `statements` down from the newest,
    and both servers gathered every row of a check before the first of the page. Then a page cost
    the more the deeper it lay (tests/promises/test_5_paging.py counts rows).
    """
    order = "ASC" if ascending else "DESC"
    mine = " AND s.source_id = ?" if of_source else ""
    check = (
        "(SELECT 1 FROM postings q WHERE q.term = ? AND q.position = p.position"
        " AND q.depth = p.depth) IS NOT NULL"
    )
    # Term by term: of `q.term IN (?, ?)` MariaDB would read both ranges from end to end.
    checks = "".join(f" AND ({' OR '.join([check] * size)})" for size in groups[1:])
    stands = (
        " AND (SELECT 1 FROM statements s WHERE s.position = p.position AND s.store_id = ?"
        f" AND s.voided = 0{mine}) IS NOT NULL"
    )
    own = (
        " AND (SELECT 1 FROM postings m WHERE m.term = ? AND m.position = p.position"
        " AND m.depth = 0) IS NOT NULL"
    )
    found = (
        f"FROM postings p WHERE p.term = ?{checks} AND p.position > ? AND p.position <= ?{stands}"
        f"{own if of_authority else ''} ORDER BY p.position {order} LIMIT ?"
    )
    body = "(SELECT b.body FROM statements b WHERE b.position = {}.position) AS body"
    if groups[0] == 1:
        return f"SELECT p.position, {body.format('p')} {found}"
    # The bodies of those that are left: MariaDB and SQLite would write out and sort them all.
    # Citus takes a join with what is merged and no subquery; PostgreSQL loops over it either way.
    ranges = " UNION ALL ".join(
        f"SELECT position FROM (SELECT p.position {found}) r{n}" for n in range(groups[0])
    )
    page = f"SELECT position FROM ({ranges}) a ORDER BY position {order} LIMIT ?"
    if joins:
        return (
            f"SELECT u.position, b.body FROM ({page}) u"
            f" JOIN statements b ON b.position = u.position ORDER BY u.position {order}"
        )
    return f"SELECT u.position, {body.format('u')} FROM ({page}) u ORDER BY u.position {order}"


# Writing -----------------------------------------------------------------------------------------


def bodies(
    connection: Connection, store_id: int, ids: Sequence[bytes]
) -> dict[bytes, tuple[int, bytes]]:
    """The statements with these ids, voided or not: id to position and body. Those that were
    erased are left out."""
    found = {}
    for piece in pieces(ids):
        rows = run(
            connection,
            "SELECT id, position, body FROM statements WHERE position IN (SELECT i.position"
            f" FROM statement_ids i WHERE i.store_id = ? AND i.id IN ({placeholders(piece)}))"
            " AND voided < ?",
            (store_id, *piece, ERASED),
        )
        found.update({bytes(row[0]): (row[1], unpack(row[2])) for row in rows})
    return found


def claim(
    connection: Connection, store_id: int, ids: Mapping[bytes, int], given: Sequence[bytes]
) -> set[bytes]:
    """Take ids for positions; return those of the `given` that somebody had already taken.

    On PostgreSQL another writer may be taking one of them at this moment: then this waits for
    the other to commit or give up. Sorted, so that two batches never wait for each other.
    """
    rows = [(store_id, identity, ids[identity]) for identity in sorted(ids)]
    if connection.dialect.name == "postgresql" and given:
        got = run(
            connection,
            "INSERT INTO statement_ids (store_id, id, position)"
            " SELECT ?, id, position FROM unnest(?::bytea[], ?::bigint[]) AS t (id, position)"
            " ON CONFLICT DO NOTHING RETURNING id",
            (store_id, [row[1] for row in rows], [row[2] for row in rows]),
        )
        return set(ids) - {bytes(row[0]) for row in got}
    present: set[bytes] = set()
    for piece in pieces(given):
        found = run(
            connection,
            f"SELECT id FROM statement_ids WHERE store_id = ? AND id IN ({placeholders(piece)})",
            (store_id, *piece),
        )
        present |= {bytes(row[0]) for row in found}
    insert(connection, tables.statement_ids, [row for row in rows if row[1] not in present])
    return present


def add(
    connection: Connection,
    store_id: int,
    tenant_id: int,
    source_id: int,
    rows: Sequence[tuple[int, Prepared, bytes]],
) -> None:
    """Write statements (position, prepared, body) with their own terms and references."""
    insert(
        connection,
        tables.statements,
        [
            (position, store_id, source_id, 0, statement.id, pack(body))
            for position, statement, body in rows
        ],
    )
    insert(
        connection,
        tables.postings,
        [
            (term, position, 0)
            for position, statement, _ in rows
            for term in (everything(store_id), *statement.terms)
        ],
    )
    references = [(each.target, position, each.voids) for position, each, _ in rows if each.target]
    insert(
        connection,
        tables.statement_refs,
        [(tenant_id, target, position) for target, position, _ in references],
    )
    insert(
        connection,
        tables.statement_voids,
        [(store_id, target, position) for target, position, voids in references if voids],
    )
    insert(
        connection,
        tables.signatures,
        [(position, each.signature) for position, each, _ in rows if each.signature],
    )


def add_reach(
    connection: Connection,
    position: int,
    views: Sequence[Sequence[bytes]],
    before: Sequence[Sequence[bytes]] = (),
) -> None:
    """Let the statement at `position` be found by the terms of what it refers to.

    `views` are the terms of its target, of the target's target, and so on; `before` what they
    were until now, where a late target changes them. Nearly always that only adds to them.
    """
    wanted, known = _reached(position, views), _reached(position, before)
    insert(connection, tables.postings, sorted(wanted - known), ignore=True)
    for row in sorted(known - wanted):
        run(connection, "DELETE FROM postings WHERE term = ? AND position = ? AND depth = ?", row)


def _reached(position: int, views: Sequence[Sequence[bytes]]) -> set[tuple[bytes, int, int]]:
    """The postings that a statement has by what it refers to."""
    return {(term, position, depth) for depth, terms in enumerate(views, 1) for term in terms}


def referrers(
    connection: Connection, tenant_id: int, targets: Iterable[bytes]
) -> list[tuple[int, int, bytes]]:
    """Which statements refer to these, at any number of steps: position, store, id."""
    found: dict[int, tuple[int, int, bytes]] = {}
    frontier = list(dict.fromkeys(targets))
    while frontier:
        rows = [
            row
            for piece in pieces(frontier)
            for row in run(
                connection,
                "SELECT position, store_id, id FROM statements WHERE position IN"
                " (SELECT r.position FROM statement_refs r"
                f" WHERE r.tenant_id = ? AND r.target IN ({placeholders(piece)}))",
                (tenant_id, *piece),
            )
        ]
        fresh = [(row[0], row[1], bytes(row[2])) for row in rows if row[0] not in found]
        found.update((row[0], row) for row in fresh)
        frontier = [row[2] for row in fresh]
    return list(found.values())


def voiders(connection: Connection, store_id: int, ids: Sequence[bytes]) -> set[bytes]:
    """Which of these ids some statement in the store voids."""
    return {
        bytes(row[0])
        for piece in pieces(ids)
        for row in run(
            connection,
            "SELECT target FROM statement_voids"
            f" WHERE store_id = ? AND target IN ({placeholders(piece)})",
            (store_id, *piece),
        )
    }


def void(connection: Connection, positions: Sequence[int]) -> None:
    """Mark the statements at these positions as voided."""
    for piece in pieces(positions):
        run(
            connection,
            "UPDATE statements SET voided = 1 WHERE voided = 0"
            f" AND position IN ({placeholders(piece)})",
            piece,
        )


# Agents and activities ---------------------------------------------------------------------------


def add_agents(
    connection: Connection, store_id: int, agents: Iterable[tuple[bytes, bytes, bytes, bytes]]
) -> None:
    """Remember under which names agents were seen: (digest, name digest, ifi, name)."""
    rows = sorted({(agent, key): (ifi, name) for agent, key, ifi, name in agents}.items())
    insert(
        connection,
        tables.agent_names,
        [(agent, key, store_id, ifi, name) for (agent, key), (ifi, name) in rows],
        ignore=True,
    )


def agent_names(connection: Connection, agent: bytes) -> list[tuple[bytes, str]]:
    """The identifier (JSON) and names of an agent, in the order of the names' digests."""
    rows = run(
        connection, "SELECT ifi, name FROM agent_names WHERE agent = ? ORDER BY name", (agent,)
    )
    return [(bytes(row[0]), bytes(row[1]).decode()) for row in rows]


def merge_activities(
    connection: Connection, store_id: int, definitions: Iterable[tuple[bytes, bytes, bytes]]
) -> None:
    """Merge definitions (digest, IRI, definition) into those known, the later over the earlier.

    Nearly always nothing is new, and one read tells. Else what is new is inserted, and what was
    there, or came in at the same moment, is read again under a lock, in the order of the digests,
    so that no concurrent merge is lost.
    """
    given: dict[bytes, tuple[bytes, list[bytes]]] = {}
    for digest, iri, definition in definitions:
        said = given.setdefault(digest, (iri, []))[1]
        if not said or said[-1] != definition:
            said.append(definition)
    known = definitions_of(connection, list(given))
    changed = _merged(given, known)
    if not changed:
        return
    names = sorted(changed)
    insert(
        connection,
        tables.activities,
        [(name, store_id, given[name][0], changed[name]) for name in names if name not in known],
        ignore=True,
    )
    touched = {name: given[name] for name in names}
    for name, definition in _merged(touched, definitions_of(connection, names, lock=True)).items():
        sql = "UPDATE activities SET definition = ? WHERE digest = ?"
        run(connection, sql, (definition, name))


def definitions_of(
    connection: Connection, digests: Sequence[bytes], *, lock: bool = False
) -> dict[bytes, bytes]:
    """The merged definitions of activities, by digest. `lock` keeps others from changing them."""
    suffix = " FOR UPDATE" if lock and connection.dialect.name != "sqlite" else ""
    found: dict[bytes, bytes] = {}
    for piece in pieces(sorted(digests)):
        among = f"IN ({placeholders(piece)})"
        given: Sequence[Any] = piece
        if connection.dialect.name == "postgresql":  # the same SQL however many: planned once
            among, given = "= ANY(?::bytea[])", [piece]
        sql = f"SELECT digest, definition FROM activities WHERE digest {among}"
        rows = run(connection, f"{sql} ORDER BY digest{suffix}", given)
        found.update((bytes(row[0]), bytes(row[1])) for row in rows)
    return found


def _merged(
    given: Mapping[bytes, tuple[bytes, list[bytes]]], known: Mapping[bytes, bytes]
) -> dict[bytes, bytes]:
    """What the definitions become, of those that become something else."""
    changed = {}
    for name, (_, definitions) in given.items():
        before = after = known.get(name)
        for definition in definitions:
            after = merge_definition(after, definition)
        if after is not None and after != before:
            changed[name] = after
    return changed


# Attachments -------------------------------------------------------------------------------------


def content_key(sha2: str) -> bytes:
    """Where an attachment is kept: the hash its statement gives, of whatever length SHA-2 has."""
    return bytes.fromhex(sha2)[:32].ljust(32, b"\0")


def has_content(connection: Connection, store_id: int, sha2: bytes) -> bool:
    """Whether the store holds an attachment with this hash."""
    sql = "SELECT 1 FROM contents WHERE store_id = ? AND sha2 = ? AND part = 0"
    return run(connection, sql, (store_id, sha2)).first() is not None


def add_content(connection: Connection, store_id: int, sha2: bytes, parts: Iterable[bytes]) -> None:
    """Keep an attachment, in parts as they come; nothing is done where it is kept already."""
    if has_content(connection, store_id, sha2):
        return
    number = 0
    for data in parts:
        insert(connection, tables.contents, [(store_id, sha2, number, data)], ignore=True)
        number += 1
    if number == 0:
        insert(connection, tables.contents, [(store_id, sha2, 0, b"")], ignore=True)


def content(connection: Connection, store_id: int, sha2: bytes) -> Iterator[bytes]:
    """The bytes of an attachment, part by part; nothing where there is none."""
    number = 0
    while True:
        row = run(
            connection,
            "SELECT data FROM contents WHERE store_id = ? AND sha2 = ? AND part = ?",
            (store_id, sha2, number),
        ).one_or_none()
        if row is None:
            return
        yield bytes(row[0])
        number += 1


def content_lengths(
    connection: Connection, store_id: int, sha2s: Sequence[bytes]
) -> dict[bytes, int]:
    """How many bytes each of these attachments has, of those the store holds."""
    return {
        bytes(row[0]): int(row[1])
        for piece in pieces(sha2s)
        for row in run(
            connection,
            "SELECT sha2, sum(length(data)) FROM contents"
            f" WHERE store_id = ? AND sha2 IN ({placeholders(piece)}) GROUP BY sha2",
            (store_id, *piece),
        )
    }
