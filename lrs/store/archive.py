"""A store read from end to end, for archives: what is voided included, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from lrs.store.documents import NO_REGISTRATION
from lrs.store.engine import pieces, placeholders, run
from lrs.store.packing import unpack
from lrs.store.statements import everything

_FIRST = bytes(16)


@dataclass(frozen=True, slots=True)
class Held:
    """A document, and whose it is: JSON, or None where that was not kept. `key` goes on from it."""

    key: tuple[bytes, bytes, bytes]
    whose: bytes | None
    registration: bytes | None
    name: str
    content_type: str
    updated: int
    content: bytes


def log(
    connection: Connection, store_id: int, after: int, until: int, limit: int
) -> list[tuple[int, bytes]]:
    """Position and body of every statement after one position and up to another, in log order."""
    rows = run(
        connection,
        "SELECT p.position, (SELECT s.body FROM statements s WHERE s.position = p.position)"
        " FROM postings p WHERE p.term = ? AND p.position > ? AND p.position <= ?"
        " ORDER BY p.position LIMIT ?",
        (everything(store_id), after, until, limit),
    )
    return [(position, unpack(kept)) for position, kept in rows]


def count(connection: Connection, store_id: int, after: int, until: int) -> int:
    """How many statements there are after one position and up to another."""
    sql = "SELECT count(*) FROM postings WHERE term = ? AND position > ? AND position <= ?"
    return int(run(connection, sql, (everything(store_id), after, until)).scalar_one())


def taken(connection: Connection, store_id: int, ids: Sequence[bytes]) -> set[bytes]:
    """Which of these ids a statement in the store has."""
    return {
        bytes(row[0])
        for piece in pieces(ids)
        for row in run(
            connection,
            f"SELECT id FROM statement_ids WHERE store_id = ? AND id IN ({placeholders(piece)})",
            (store_id, *piece),
        )
    }


def next_document(
    connection: Connection,
    store_id: int,
    key: tuple[bytes, bytes, bytes] | None,
    after: int,
    until: int,
) -> Held | None:
    """The document behind the one with this key, of those updated after a time and up to another.

    One at a time, since a document may be as large as its limit.
    """
    owner, registration, name = key or (_FIRST, _FIRST, _FIRST)
    row = run(
        connection,
        "SELECT d.owner, d.registration, d.name_digest, d.whose, d.name, d.content_type,"
        " d.updated, c.content FROM documents d"
        " JOIN document_contents c USING (store_id, owner, registration, name_digest)"
        " WHERE d.store_id = ? AND d.owner >= ? AND (d.owner > ? OR d.registration > ?"
        " OR d.registration = ? AND d.name_digest > ?) AND d.updated > ? AND d.updated <= ?"
        " ORDER BY d.owner, d.registration, d.name_digest LIMIT 1",
        (store_id, owner, owner, registration, registration, name, after, until),
    ).one_or_none()
    if row is None:
        return None
    return Held(
        (bytes(row[0]), bytes(row[1]), bytes(row[2])),
        None if row[3] is None else bytes(row[3]),
        None if bytes(row[1]) == NO_REGISTRATION else bytes(row[1]),
        bytes(row[4]).decode(),
        bytes(row[5]).decode("latin-1"),
        row[6],
        bytes(row[7]),
    )
