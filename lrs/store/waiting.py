"""Files that were handed in on a page and wait for a human's word: reports, scans of sheets.

A file is named by its tenant, kind and content, so that the same one dropped twice waits once.
Functions take a connection first and never commit. Moments are microseconds since 1970 UTC.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import Any, Final

from sqlalchemy import Connection

from lrs.store import tables
from lrs.store.engine import insert, pieces, placeholders, run

REPORT: Final = "report"
SCAN: Final = "scan"

_HEAD: Final = "id, kind, name, sha2, by_whom, made, person, told"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits, without its content. `told` is what was read of it (None: nothing yet),
    `person` whose it seems to be."""

    id: bytes
    kind: str
    name: str
    sha2: str
    by: str
    made: int
    person: bytes | None
    told: Any


def digest(content: bytes) -> str:
    """SHA-256 of a content, as the table has it."""
    return sha256(content).hexdigest()


def add(
    connection: Connection, tenant_id: int, kind: str, name: str, content: bytes, by: str, now: int
) -> bytes:
    """Have a file wait; answers its id. The same content once more changes nothing; without any
    (a stack of paper that nobody scanned) each is one of its own."""
    sha2 = digest(content)
    which = sha2 if content else f"{by}\n{now}"
    made = f"waiting\n{tenant_id}\n{kind}\n{which}".encode()
    id_ = blake2b(made, digest_size=16).digest()
    row = (id_, tenant_id, kind, name[:300], sha2, by[:200], now, None, None, content)
    insert(connection, tables.waiting_files, [row], ignore=True)
    return id_


def every(connection: Connection, tenant_id: int, kind: str, limit: int = 1000) -> list[Waiting]:
    """The files of a kind, what waits the longest first."""
    rows = run(
        connection,
        f"SELECT {_HEAD} FROM waiting_files WHERE tenant_id = ? AND kind = ?"
        " ORDER BY made, id LIMIT ?",
        (tenant_id, kind, limit),
    )
    return [_waiting(row) for row in rows]


def one(connection: Connection, tenant_id: int, kind: str, id_: bytes) -> Waiting | None:
    """A file of a tenant; None: there is none, or not any more."""
    row = run(
        connection,
        f"SELECT {_HEAD} FROM waiting_files WHERE tenant_id = ? AND kind = ? AND id = ?",
        (tenant_id, kind, id_),
    ).one_or_none()
    return None if row is None else _waiting(row)


def content(connection: Connection, tenant_id: int, id_: bytes) -> bytes:
    """What is in a file; empty where there is none."""
    found = run(
        connection,
        "SELECT content FROM waiting_files WHERE tenant_id = ? AND id = ?",
        (tenant_id, id_),
    ).scalar_one_or_none()
    return b"" if found is None else bytes(found)


def tell(
    connection: Connection, tenant_id: int, id_: bytes, told: Any, person: bytes | None = None
) -> None:
    """Keep what was read of a file, or how far one came with it."""
    run(
        connection,
        "UPDATE waiting_files SET told = ?, person = ? WHERE tenant_id = ? AND id = ?",
        (json.dumps(told, ensure_ascii=False).encode(), person, tenant_id, id_),
    )


def drop(connection: Connection, tenant_id: int, id_: bytes) -> bool:
    """Have a file wait no more. False: there was none."""
    gone = run(
        connection, "DELETE FROM waiting_files WHERE tenant_id = ? AND id = ?", (tenant_id, id_)
    )
    return bool(gone.rowcount)


def forget(connection: Connection, tenant_id: int, people: Collection[bytes]) -> int:
    """Drop what seems to be these people's; answers how many."""
    gone = 0
    for piece in pieces(sorted(set(people))):
        gone += run(
            connection,
            f"DELETE FROM waiting_files WHERE tenant_id = ? AND person IN ({placeholders(piece)})",
            (tenant_id, *piece),
        ).rowcount
    return gone


def sweep(connection: Connection, before: int) -> int:
    """Drop what was handed in before a moment, and nobody came back to."""
    return int(run(connection, "DELETE FROM waiting_files WHERE made < ?", (before,)).rowcount)


def _waiting(row: Any) -> Waiting:
    return Waiting(
        bytes(row[0]),
        row[1],
        row[2],
        row[3],
        row[4],
        int(row[5]),
        None if row[6] is None else bytes(row[6]),
        None if row[7] is None else json.loads(bytes(row[7])),
    )
