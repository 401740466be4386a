"""What was refused, kept raw with its reason, so that it can be read, mended and sent again."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import sqlalchemy
from sqlalchemy import Connection, func

from lrs.errors import NotFound, Problem
from lrs.store import tables
from lrs.store.engine import insert, pieces, placeholders, run
from lrs.store.packing import unpack
from lrs.xapi.statements import Terms

REFUSED: Final = "refused"
BYSTANDER: Final = "bystander"
MENDED: Final = "mended"
REPAIRED: Final = "repaired"
REPLAYED: Final = "replayed"
DELIVERED: Final = "delivered"
DISMISSED: Final = "dismissed"

#: What waits for somebody to do something about it.
OPEN: Final = (REFUSED, MENDED, BYSTANDER)
STATES: Final = (*OPEN, REPAIRED, REPLAYED, DELIVERED, DISMISSED)

_ALL: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Refusal:
    """One statement that was refused, or a whole body (`index` None) that held none.

    `state` is REFUSED where it has problems of its own, BYSTANDER where it was good and fell
    with its batch, REPAIRED where it was stored after a named repair (`mended`).
    """

    index: int | None
    raw: bytes
    problems: Sequence[Problem]
    state: str = REFUSED
    mended: bytes | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent it, in which request, and how: what is needed to send it again in their name."""

    store_id: int
    source_id: int
    key_id: int | None
    request: bytes
    version: str


def keep(
    connection: Connection,
    sender: Sender,
    refusals: Sequence[Refusal],
    parts: Sequence[dict[str, Any]],
    at: int,
) -> None:
    """Set refusals aside, `at` a position. The same bytes from the same source again only count up.

    Not so inside one request, where they are as many events: the k-th copy counts for the k-th.
    """
    copies: dict[bytes, int] = {}
    digests = [_digest(each.raw, copies) for each in refusals]
    known = _known(connection, sender, digests)
    rows = {}
    again: list[tuple[bytes, Refusal]] = []
    for digest, each in zip(digests, refusals, strict=True):
        if digest in known:
            again.append((digest, each))
        else:
            rows[digest] = (
                sender.store_id,
                sender.source_id,
                sender.key_id,
                sender.request,
                each.index,
                digest,
                each.state,
                sender.version,
                at,
                at,
                1,
                each.raw,
                each.mended,
                _problems(each.problems),
                json.dumps(list(parts)).encode(),
                None,
            )
    # In their order, by which they are numbered. Two requests with the same statements in another
    # order may wait for each other; then one of them is tried again.
    insert(connection, tables.refused, list(rows.values()), ignore=True)
    _keep_again(connection, sender, sorted(again, key=lambda pair: pair[0]), at)


def _keep_again(
    connection: Connection, sender: Sender, again: Sequence[tuple[bytes, Refusal]], at: int
) -> None:
    """What was refused before counts up; what had been dealt with is open again.

    What an operator mended of it stays, and is good enough to be sent.
    """
    mended = "WHEN mended IS NOT NULL THEN '" + MENDED + "'"
    closed = ", ".join(f"'{state}'" for state in STATES if state not in OPEN)
    for digest, each in again:
        then = ""
        values: list[Any] = []
        if each.state == BYSTANDER:
            then = (
                f", state = CASE WHEN state NOT IN ({closed}) THEN state {mended}"
                f" ELSE '{BYSTANDER}' END"
            )
        elif each.state == REFUSED:
            then = f", problems = ?, state = CASE {mended} ELSE '{REFUSED}' END"
            values = [_problems(each.problems)]
        elif each.state == REPAIRED:
            then = f", problems = ?, mended = ?, state = '{REPAIRED}'"
            values = [_problems(each.problems), each.mended]
        run(
            connection,
            f"UPDATE refused SET times = times + 1, last_received = ?, why = NULL{then}"
            " WHERE store_id = ? AND source_id = ? AND digest = ?",
            (at, *values, sender.store_id, sender.source_id, digest),
        )


def _digest(raw: bytes, copies: dict[bytes, int]) -> bytes:
    """What these bytes are known by; `copies` counts how often they came in this request."""
    digest = blake2b(raw, digest_size=16).digest()
    copies[digest] = copies.get(digest, -1) + 1
    if not copies[digest]:
        return digest
    return blake2b(digest, digest_size=16, salt=copies[digest].to_bytes(16, "big")).digest()


def _known(connection: Connection, sender: Sender, digests: Sequence[bytes]) -> set[bytes]:
    return {
        bytes(row[0])
        for piece in pieces(digests)
        for row in run(
            connection,
            "SELECT digest FROM refused WHERE store_id = ? AND source_id = ?"
            f" AND digest IN ({placeholders(piece)})",
            (sender.store_id, sender.source_id, *piece),
        )
    }


def _problems(problems: Sequence[Problem]) -> bytes:
    return json.dumps([problem.facts() for problem in problems]).encode()


# Reading -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One refused statement or body, without its bytes (see `bodies`).

    `number` is what an operator calls it by, `request` what came with it, `index` its place
    there (None: a whole body). Times are positions in the log; `size` in bytes. `parts` are
    the attachments of its request: `sha2`, `contentType`, `length`. `why` it was dismissed.
    """

    number: int
    store_id: int
    source_id: int
    key_id: int | None
    request: bytes
    index: int | None
    state: str
    version: str
    received: int
    last_received: int
    times: int
    size: int
    problems: tuple[Problem, ...]
    parts: tuple[dict[str, Any], ...]
    why: str | None


@dataclass(frozen=True, slots=True)
class Which:
    """Which refused ones are meant: of these stores, and of all else that is given."""

    store_ids: tuple[int, ...]
    source_id: int | None = None
    states: tuple[str, ...] = ()
    since: int | None = None
    request: bytes | None = None
    numbers: tuple[int, ...] = ()


def select(connection: Connection, which: Which, *, after: int = 0, limit: int = _ALL) -> list[Row]:
    """Those meant, in the order in which they were kept, with a number above `after`."""
    c = tables.refused.c
    columns = (
        *(c.id, c.store_id, c.source_id, c.key_id, c.request, c.index, c.state, c.version),
        *(c.received, c.last_received, c.times, func.length(c.raw), c.problems, c.parts, c.why),
    )
    rows = connection.execute(
        sqlalchemy.select(*columns).where(*_meant(which), c.id > after).order_by(c.id).limit(limit)
    )
    return [_row(*row) for row in rows]


def _row(*values: Any) -> Row:
    *plain, problems, parts, why = values
    plain[4] = bytes(plain[4])
    told = tuple(Problem(**{"path": ""} | each) for each in json.loads(problems))
    reason = None if why is None else bytes(why).decode()
    return Row(*plain, told, tuple(json.loads(parts)), reason)  # type: ignore[call-arg]


def count(connection: Connection, which: Which) -> dict[tuple[int, str], int]:
    """How many of those meant there are, by source and state."""
    c = tables.refused.c
    rows = connection.execute(
        sqlalchemy.select(c.source_id, c.state, func.count())
        .where(*_meant(which))
        .group_by(c.source_id, c.state)
        .order_by(c.source_id, c.state)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def get(connection: Connection, store_ids: tuple[int, ...], number: int) -> Row:
    """The one with this number. Raises NotFound, also where it is in another's store."""
    found = select(connection, Which(store_ids, numbers=(number,)))
    if not found:
        raise NotFound(f"a refused statement with the number {number}")
    return found[0]


def requests(connection: Connection, which: Which) -> list[bytes]:
    """The requests that those meant came in, the oldest first."""
    c = tables.refused.c
    rows = connection.execute(
        sqlalchemy.select(c.request, func.min(c.id))
        .where(*_meant(which))
        .group_by(c.request)
        .order_by(func.min(c.id))
    )
    return [bytes(row[0]) for row in rows]


def bodies(connection: Connection, number: int) -> tuple[bytes, bytes | None]:
    """What came, and what an operator or a repair made of it."""
    c = tables.refused.c
    row = connection.execute(sqlalchemy.select(c.raw, c.mended).where(c.id == number)).one()
    return bytes(row[0]), None if row[1] is None else bytes(row[1])


def _meant(which: Which) -> list[sqlalchemy.ColumnElement[bool]]:
    c = tables.refused.c
    clauses: list[sqlalchemy.ColumnElement[bool]] = [c.store_id.in_(which.store_ids)]
    if which.source_id is not None:
        clauses.append(c.source_id == which.source_id)
    if which.states:
        clauses.append(c.state.in_(which.states))
    if which.since is not None:
        clauses.append(c.last_received > which.since)
    if which.request is not None:
        clauses.append(c.request == which.request)
    if which.numbers:
        clauses.append(c.id.in_(which.numbers))
    return clauses


# Dealing with them -------------------------------------------------------------------------------


def mend(connection: Connection, number: int, mended: bytes) -> bool:
    """Keep what an operator made of one; False where it was stored meanwhile."""
    return _changed(connection, number, (*OPEN, DISMISSED), state=MENDED, mended=mended, why=None)


def take(connection: Connection, numbers: Iterable[int]) -> set[int]:
    """Mark as replayed those that are open still, and say which. Of two at once, one gets each."""
    return {
        number for number in sorted(numbers) if _changed(connection, number, OPEN, state=REPLAYED)
    }


def deliver(connection: Connection, number: int, *, taken: bool = False) -> bool:
    """Mark as delivered one that fell with its batch and came again since; False if dealt with.

    `taken` tells that it was taken by `take` in this very transaction.
    """
    return _changed(connection, number, (REPLAYED if taken else BYSTANDER,), state=DELIVERED)


def blame(connection: Connection, number: int, problems: Sequence[Problem]) -> bool:
    """Note what was found wrong with one when it was to be sent again."""
    return _changed(connection, number, OPEN, state=REFUSED, problems=_problems(problems))


def dismiss(connection: Connection, number: int, why: str) -> bool:
    """Nothing will be done about it; False where it was stored or dismissed already."""
    return _changed(connection, number, OPEN, state=DISMISSED, why=why.encode())


def _changed(connection: Connection, number: int, states: tuple[str, ...], **values: Any) -> bool:
    table = tables.refused
    changed = connection.execute(
        sqlalchemy.update(table)
        .where(table.c.id == number, table.c.state.in_(states))
        .values(**values)
    )
    return bool(changed.rowcount == 1)


def stored_since(
    connection: Connection, store_id: int, source_id: int, terms: Terms, after: int
) -> Iterator[bytes]:
    """What a source has stored after a position, voided or not, that meets each of these terms."""
    (lead,), *others = terms
    checks = " AND (SELECT 1 FROM postings q WHERE q.term = ? AND q.position = p.position"
    checks += " AND q.depth = 0) IS NOT NULL"
    rows = run(
        connection,
        "SELECT s.body FROM postings p JOIN statements s ON s.position = p.position"
        " WHERE p.term = ? AND p.position > ? AND p.depth = 0 AND s.store_id = ?"
        f" AND s.source_id = ?{checks * len(others)} ORDER BY p.position",
        (lead, after, store_id, source_id, *(term for (term,) in others)),
    )
    return (unpack(row[0]) for row in rows)
