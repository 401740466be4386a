"""What was refused, kept raw with its reason, so that it can be read, mended and sent again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection

from lrs.errors import Problem
from lrs.store import tables
from lrs.store.engine import insert, pieces, placeholders, run

REFUSED = "refused"
BYSTANDER = "bystander"
REPAIRED = "repaired"
REPLAYED = "replayed"
DISMISSED = "dismissed"


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
    now: int,
) -> None:
    """Set refusals aside. The same bytes from the same source again only count up.

    Not so inside one request, where they are as many events: the k-th copy counts for the k-th.
    """
    copies: dict[bytes, int] = {}
    digests = [_digest(each.raw, copies) for each in refusals]
    known = _known(connection, sender, digests)
    rows = {}
    again = []
    for digest, each in zip(digests, refusals, strict=True):
        if digest in known:
            again.append(digest)
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
                now,
                now,
                1,
                each.raw,
                each.mended,
                json.dumps([problem.facts() for problem in each.problems]).encode(),
                json.dumps(list(parts)).encode(),
            )
    insert(connection, tables.refused, [rows[key] for key in sorted(rows)], ignore=True)
    for piece in pieces(sorted(again)):
        # Refused once more after it was dealt with: it is open again.
        run(
            connection,
            "UPDATE refused SET times = times + 1, last_received = ?,"
            f" state = CASE WHEN state IN ('{REPLAYED}', '{DISMISSED}') THEN '{REFUSED}'"
            " ELSE state END WHERE store_id = ? AND source_id = ?"
            f" AND digest IN ({placeholders(piece)})",
            (now, sender.store_id, sender.source_id, *piece),
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
