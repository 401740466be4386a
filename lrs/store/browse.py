"""What pages ask beside the lists of `lrs/store/cases.py`: names for what is shown, and counts.

Functions take a connection first and never commit.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from lrs.store import practice
from lrs.store.engine import pieces, placeholders, run

#: A count stops here: what is more is "at least so many".
MOST = 20_000

#: How many people of one name are looked for.
NAMESAKES = 50


@dataclass(frozen=True, slots=True)
class Whose:
    """Who an identifier means: a person of the register (None: nobody yet), and under what name
    they are known, or came."""

    person: bytes | None
    name: str | None


def whose(connection: Connection, tenant_id: int, digests: Collection[bytes]) -> dict[bytes, Whose]:
    """Of whom these identifiers were seen in the log."""
    found: dict[bytes, Whose] = {}
    for piece in pieces(sorted(set(digests))):
        rows = run(
            connection,
            "SELECT i.digest, i.person, i.name, p.facts FROM identities i LEFT JOIN people p"
            " ON p.id = i.person AND p.tenant_id = i.tenant_id"
            f" WHERE i.tenant_id = ? AND i.digest IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
        for digest, person, name, facts in rows:
            known = json.loads(bytes(facts)).get("name") if facts is not None else None
            person = None if person is None else bytes(person)
            found[bytes(digest)] = Whose(person, known or name)
    return found


def called(connection: Connection, tenant_id: int, words: str) -> list[tuple[bytes, str]]:
    """Accounts that nobody is known to be and whose name holds these words: digest and name."""
    escape = "'\\\\'" if connection.dialect.name in ("mysql", "mariadb") else "'\\'"
    like = words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    rows = run(
        connection,
        "SELECT digest, name FROM identities WHERE tenant_id = ? AND person IS NULL"
        f" AND LOWER(name) LIKE ? ESCAPE {escape} ORDER BY digest LIMIT ?",
        (tenant_id, f"%{like.lower()}%", NAMESAKES),
    )
    return [(bytes(row[0]), row[1]) for row in rows]


def agents_of(
    connection: Connection, tenant_id: int, people: Collection[bytes], digests: Collection[bytes]
) -> list[dict[str, Any]]:
    """The agents under which these people, and these identifiers, were seen in the log."""
    found: list[dict[str, Any]] = []
    for column, wanted in (("person", people), ("digest", digests)):
        for piece in pieces(sorted(set(wanted))):
            rows = run(
                connection,
                f"SELECT ifi FROM identities WHERE tenant_id = ? AND {column}"
                f" IN ({placeholders(piece)})",
                (tenant_id, *piece),
            )
            found += [json.loads(bytes(row[0])) for row in rows]
    return found


def strangers(connection: Connection, tenant_id: int, cases: Collection[bytes]) -> dict[bytes, str]:
    """What those are called whose these cases are, and whom nobody knows: by the name that came
    with their records, else by their account or mailbox."""
    found: dict[bytes, str] = {}
    for piece in pieces(sorted(set(cases))):
        rows = run(
            connection,
            "SELECT c.id, i.name, i.ifi FROM cases c JOIN identities i ON i.digest = c.subject"
            " AND i.tenant_id = c.tenant_id"
            f" WHERE c.tenant_id = ? AND c.matched = 0 AND c.id IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
        for case, name, ifi in rows:
            agent = json.loads(bytes(ifi))
            account = agent.get("account") or {}
            called = name or account.get("name") or agent.get("mbox") or agent.get("openid") or ""
            found[bytes(case)] = str(called).removeprefix("mailto:")
    return found


def lately(connection: Connection, since: int) -> dict[int, int]:
    """How many of the newest statements after a position came from each source; at most MOST are
    looked at."""
    rows = run(
        connection,
        "SELECT source_id, count(*) FROM (SELECT source_id FROM statements WHERE position > ?"
        " ORDER BY position DESC LIMIT ?) newest GROUP BY source_id",
        (since, MOST),
    )
    return {int(row[0]): int(row[1]) for row in rows}


def newest(connection: Connection, tenant_id: int) -> int | None:
    """The position of the newest statement of a tenant; None: it has none."""
    found: int | None = None
    stores = run(connection, "SELECT id FROM stores WHERE tenant_id = ?", (tenant_id,)).all()
    for (store,) in stores:
        row = run(
            connection,
            "SELECT position FROM postings WHERE term = ? ORDER BY position DESC LIMIT 1",
            (int(store).to_bytes(16, "big"),),
        ).one_or_none()
        if row is not None:
            found = max(found or 0, int(row[0]))
    return found


def cases_of_completion(
    connection: Connection, tenant_id: int, subject: bytes, statement: str
) -> list[bytes]:
    """The cases of a person, or of an identifier nobody knows, that this completion (32 hex
    digits) began or belongs to."""
    rows = run(
        connection,
        "SELECT id, body FROM cases WHERE tenant_id = ? AND subject = ?",
        (tenant_id, subject),
    )
    return [
        bytes(row[0])
        for row in rows
        if statement in json.loads(bytes(row[1])).get("completions", ())
    ]


def counts(connection: Connection, tenant_id: int) -> Mapping[str, int]:
    """How much there is: people, units, programmes, the open cases that lists have, identifiers
    nobody knows, and what the projector still has to do."""
    asked = {
        "people": "SELECT count(*) FROM people WHERE tenant_id = ? AND merged_into IS NULL",
        "units": "SELECT count(*) FROM units WHERE tenant_id = ?",
        "programmes": "SELECT count(*) FROM programmes WHERE tenant_id = ?",
        "unknown": "SELECT count(*) FROM identities WHERE tenant_id = ? AND person IS NULL",
        "stale": "SELECT count(*) FROM stale WHERE tenant_id = ?",
        "searches": "SELECT count(*) FROM searches WHERE tenant_id = ?",
    }
    found = {
        name: int(run(connection, sql, (tenant_id,)).scalar_one()) for name, sql in asked.items()
    }
    return found | {"open": sum(cases_by_programme(connection, tenant_id).values())}


def busy(connection: Connection, tenant_id: int) -> bool:
    """Whether the projector still has something to work out for the tenant."""
    found = run(connection, "SELECT 1 FROM stale WHERE tenant_id = ? LIMIT 1", (tenant_id,))
    return found.first() is not None


def cases_by_programme(connection: Connection, tenant_id: int) -> dict[bytes, int]:
    """How many open cases lists have of each programme; those of no programme under sixteen zero
    bytes."""
    kept = sorted(practice.restricted(connection, tenant_id))
    but = f" AND subject NOT IN ({placeholders(kept)})" if kept else ""
    # As an expression, so that what figures read is read here too, and not every case's row.
    rows = run(
        connection,
        "SELECT COALESCE(programme, programme), count(*) FROM cases"
        f" WHERE tenant_id = ? AND state = 'open'{but} GROUP BY 1",
        (tenant_id, *kept),
    )
    return {bytes(row[0]): int(row[1]) for row in rows}


def people_by_unit(connection: Connection, tenant_id: int, day: int) -> dict[bytes, int]:
    """How many people each unit has on a day."""
    rows = run(
        connection,
        "SELECT unit, count(DISTINCT person) FROM employments WHERE tenant_id = ?"
        " AND unit IS NOT NULL AND (first_day IS NULL OR first_day <= ?)"
        " AND (last_day IS NULL OR last_day >= ?) GROUP BY unit",
        (tenant_id, day, day),
    )
    return {bytes(row[0]): int(row[1]) for row in rows}
