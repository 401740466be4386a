"""Which statements without ids came in which request: to tell one that is sent again.

A sender whose request was stored and whose answer was lost sends it again, and the statements,
having no ids, would be new ones. For keys whose owner asked to have this noticed, a fingerprint
of each such statement is kept with the request it came in and its number among equal ones there.
Only of statements with a timestamp: without one, nothing tells an event from the next like it.
Rows are kept for good: Moodle sends again when an admin presses *Resend*, be it months later.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from lrs.store import tables
from lrs.store.engine import insert, pieces, placeholders, run

#: A fingerprint, and its number among equal ones of its request.
Mark = tuple[bytes, int]

#: In how many different seconds events must be alike to be a sign by themselves. Real repeats
#: fall into one second; Moodle fills up what is left of a failed batch with what else had failed.
SIGNS: Final = 3


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


def numbered(fingerprints: Sequence[bytes]) -> list[Mark]:
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
    connection: Connection, source_id: int, wanted: Mapping[Mark, int]
) -> tuple[int, dict[Mark, tuple[int, bytes]]]:
    """The one earlier request that was sent again, and at which position and under which id it
    brought each; (0, {}) if there is none. `wanted` gives for each mark the second of its event.

    A request is taken for one sent again when the earlier one holds all of it (Moodle sends a
    failed batch again in parts), when it holds all of the earlier one, of two statements or more
    (and adds what else had failed), or when events of `SIGNS` seconds are alike (the rest of a
    failed batch, and what else). One or two alike among thirty are no sign: an event that
    happened twice in one second may lie on both sides of the end of a batch. Five such pairs are
    in the recordings. Of several such requests, the one that explains the most, then the first.
    """
    requests: dict[int, dict[Mark, int]] = {}
    sizes: dict[int, int] = {}
    for some in pieces(sorted({each for each, _ in wanted})):
        rows = run(
            connection,
            "SELECT request, fingerprint, copy, size, position FROM deliveries"
            f" WHERE source_id = ? AND fingerprint IN ({placeholders(some)})",
            (source_id, *some),
        )
        for request, fingerprint, copy, size, position in rows:
            sizes[request] = size
            mark = bytes(fingerprint), copy
            if mark in wanted:
                requests.setdefault(request, {})[mark] = position
    likely = {
        request: found
        for request, found in requests.items()
        if len(found) == len(wanted)
        or len(found) == sizes[request] > 1
        or len({wanted[mark] for mark in found}) >= SIGNS
    }
    if not likely:
        return 0, {}
    best = min(likely, key=lambda request: (-len(likely[request]), request))
    ids = _ids(connection, sorted(set(likely[best].values())))
    return best, {mark: (position, ids[position]) for mark, position in likely[best].items()}


def _ids(connection: Connection, positions: Sequence[int]) -> dict[int, bytes]:
    """The ids of the statements at these positions. Asked apart: nearly always there are none,
    and where Citus spreads the tables, these two do not stand beside each other."""
    return {
        row[0]: bytes(row[1])
        for piece in pieces(positions)
        for row in run(
            connection,
            f"SELECT position, id FROM statements WHERE position IN ({placeholders(piece)})",
            piece,
        )
    }


def record(
    connection: Connection, source_id: int, request: int, brought: Mapping[Mark, int]
) -> None:
    """Remember what a request brought, and at which position each stands.

    Those that were answered and not stored again too: this request may itself come again.
    """
    rows = [
        (source_id, fingerprint, request, copy, len(brought), position)
        for (fingerprint, copy), position in brought.items()
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
