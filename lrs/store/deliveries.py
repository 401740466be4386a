"""Which statements without ids came in which request: to tell one that is sent again.

A sender whose request was stored and whose answer was lost sends it again, and the statements,
having no ids, would be new ones. For keys whose owner asked to have this noticed, a fingerprint
of each such statement is kept with the request it came in and its number among equal ones there.
Rows are kept for good: Moodle sends again when an admin presses *Resend*, be it months later.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from lrs.store import tables
from lrs.store.engine import insert, pieces, placeholders, run


@dataclass(frozen=True, slots=True)
class Notice:
    """A request that looks like an earlier one sent again.

    `request` and `earlier` are the first positions given to the two, `statements` is how many
    were alike, `answered` whether they were answered with the earlier ids instead of stored.
    """

    request: int
    source_id: int
    earlier: int
    statements: int
    answered: bool


def numbered(fingerprints: Sequence[bytes]) -> list[tuple[bytes, int]]:
    """Each fingerprint with its number among equal ones, from 0: the k-th copy of an event.

    Equal statements inside one request are as many events; never is one taken for the other.
    """
    copies: Counter[bytes] = Counter()
    found = []
    for each in fingerprints:
        found.append((each, copies[each]))
        copies[each] += 1
    return found


def hold(connection: Connection, source_id: int) -> None:
    """Let no other request of this source be compared until this one is stored.

    Without it two equal requests at the same moment would not see each other. SQLite has one
    writer anyway. Taken before every other lock of a write.
    """
    if connection.dialect.name != "sqlite":
        run(connection, "SELECT id FROM sources WHERE id = ? FOR UPDATE", (source_id,))


def earlier(
    connection: Connection, source_id: int, wanted: Sequence[tuple[bytes, int]]
) -> tuple[int, dict[tuple[bytes, int], bytes]]:
    """The one earlier request that was sent again, and the ids it gave; (0, {}) if there is none.

    A request is taken for one sent again when the earlier one holds all of it (Moodle sends a
    failed batch again in parts), or it holds all of the earlier one, of two statements or more
    (and adds what else had failed). One or two alike among thirty are no sign: an event that
    happened twice in one second may lie on both sides of the end of a batch. Five such pairs are
    in the recordings. Of several such requests, the one that explains the most, then the first.
    """
    keys = set(wanted)
    requests: dict[int, dict[tuple[bytes, int], bytes]] = {}
    sizes: dict[int, int] = {}
    for some in pieces(sorted({each for each, _ in keys})):
        rows = run(
            connection,
            "SELECT d.request, d.fingerprint, d.copy, d.size, s.id FROM deliveries d"
            " JOIN statements s ON s.position = d.position"
            f" WHERE d.source_id = ? AND d.fingerprint IN ({placeholders(some)})",
            (source_id, *some),
        )
        for request, fingerprint, copy, size, identity in rows:
            sizes[request] = size
            if (bytes(fingerprint), copy) in keys:
                requests.setdefault(request, {})[bytes(fingerprint), copy] = bytes(identity)
    whole = {
        request: found
        for request, found in requests.items()
        if len(found) == len(keys) or len(found) == sizes[request] > 1
    }
    if not whole:
        return 0, {}
    best = min(whole, key=lambda request: (-len(whole[request]), request))
    return best, whole[best]


def record(
    connection: Connection,
    source_id: int,
    request: int,
    stored: Sequence[tuple[tuple[bytes, int], int]],
) -> None:
    """Remember what came in a request: ((fingerprint, copy), position) of each statement."""
    rows = [
        (source_id, fingerprint, request, copy, len(stored), position)
        for (fingerprint, copy), position in stored
    ]
    insert(connection, tables.deliveries, sorted(rows))


def notify(connection: Connection, notice: Notice) -> None:
    """Write down that a request was sent again, for whoever asks `notices`."""
    insert(
        connection,
        tables.duplicate_notices,
        [
            (
                notice.request,
                notice.source_id,
                notice.earlier,
                notice.statements,
                int(notice.answered),
            )
        ],
    )


def notices(connection: Connection, source_ids: Sequence[int], limit: int) -> list[Notice]:
    """The newest notices of these sources, newest first."""
    if not source_ids:
        return []
    rows = run(
        connection,
        "SELECT request, source_id, earlier, statements, answered FROM duplicate_notices"
        f" WHERE source_id IN ({placeholders(source_ids)}) ORDER BY request DESC LIMIT ?",
        (*source_ids, limit),
    )
    return [Notice(row[0], row[1], row[2], row[3], bool(row[4])) for row in rows]
