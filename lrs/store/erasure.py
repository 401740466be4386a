"""What an erasure takes out of a tenant's tables, and what it leaves so that nothing comes back.

`TABLES` names every table and what happens to it; a test holds it against the metadata, so that a
new table cannot be forgotten. What is only worked out of log and register (`practice.WORKED_OUT`)
goes here as well, so that it is gone with the receipt, not when the projector has come round.

Functions take a connection first and never commit.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection

from lrs.practice import people as facts
from lrs.store import practice, statements, tables
from lrs.store.engine import PIECE, each, insert, pieces, placeholders, run
from lrs.store.packing import pack, unpack
from lrs.store.practice import Logged
from lrs.xapi import actors, documents
from lrs.xapi.attachments import attachments_of
from lrs.xapi.redaction import Redaction
from lrs.xapi.statements import activity_terms, authority_term, parse, stored

#: Kinds of what is remembered: see `tables.erased`.
REDACTED: Final = "redacted"
DOCUMENT: Final = "document"
IDENTIFIER: Final = "identifier"

#: What an erasure does to each table. `GOES`: rows of the person go. `REDACTED_IN`: rows stay, for
#: they are somebody else's too, and say nothing of the person any more. `NOTHING`: they hold
#: nothing of anybody who is followed up.
GOES: Final[Mapping[str, str]] = {
    "statements": "theirs keep place and id, and no body; others that name them are redacted",
    "postings": "those of their statements, and of others by what these referred to",
    "statement_refs": "those of their statements",
    "signatures": "of their statements, and of those that are redacted",
    "activities": "those that only their statements defined; others are redacted",
    "agent_names": "of their identifiers",
    "contents": "attachments that no other statement speaks of",
    "documents": "their state and profile",
    "document_contents": "with their documents; others that name them are redacted",
    "refused": "what was theirs or cannot be read; others that name them are redacted",
    "users": "their account for signing in",
    "sessions": "of that account",
    "people": "their entry",
    "identifiers": "all",
    "employments": "all; as the superior of others they are named no more",
    "events": "of their statements; of redacted ones they are read again",
    "identities": "of their identifiers",
    "cases": "theirs",
    "outcomes": "of their cases",
    "links": "of their cases; as who decided or handed in, others' name the stand-in",
    "participation": "theirs",
    "answers": "about them; as a rater of others they are the stand-in",
    "invitations": "about their cases; as a rater of others they are the stand-in",
    "letters": "to them, and of rounds of which nothing is left",
    "signed_links": "to rounds of theirs",
    "waiting_files": "that seem to be theirs; what was read of others is redacted",
    "drafts": "of rounds of theirs, or with rows about them",
    "filled_forms": "about them; who answered in their place is told no more",
    "opened_cases": "of their cases",
    "webhook_deliveries": "that name them",
}
REDACTED_IN: Final[Mapping[str, str]] = {
    "register": "entries about them keep their place and hold nothing; others are redacted",
    "audit": "that something of somebody was seen stays; the stand-in for whom",
    "units": "as contact and default superior they are named no more",
    "programmes": "where a text names them",
    "stale": "marks are by the stand-in, or worked off",
}
NOTHING: Final[Mapping[str, str]] = {
    "tenants": "the agency",
    "stores": "the two stores of it",
    "sources": "systems that send",
    "keys": "their keys",
    "issuers": "who issues tokens",
    "issuer_clients": "clients of issuers",
    "duties": "when the worker did what",
    "hooks": "addresses for systems, and mappings",
    "attempts": "digests of logins that were tried, which end by themselves within hours",
    "log_clock": "the last position",
    "statement_ids": "ids and places: by them, what was erased is known and does not come back",
    "statement_voids": "ids of what is voided: a record stays voided whoever voided it",
    "deliveries": "keyed digests of what came without ids, so that it is known when it comes again",
    "duplicate_notices": "counts",
    "erased": "what must not come back, as keyed digests",
    "declared_adapters": "rules for reading statements",
    "projections": "how far the projector came",
    "searches": "what the projector reads again",
    "citizens": "anonymous answers about a unit's service",
    "held_figures": "figures that were counted, without names; counted anew as the register moved",
    "heard": "how often somebody at an address answered, under a salt of the day",
    "webhooks": "addresses that are told",
    "webhook_places": "how far events were told",
}
TABLES: Final[Mapping[str, str]] = {**GOES, **REDACTED_IN, **NOTHING}


# What is remembered --------------------------------------------------------------------------


def remember(
    connection: Connection, store_id: int, kind: str, digests: Iterable[bytes], at: int
) -> None:
    """Keep these from coming back."""
    rows = [(store_id, kind, digest, at) for digest in sorted(set(digests))]
    insert(connection, tables.erased, rows, ignore=True)


def remembered(
    connection: Connection, store_id: int, kind: str, digests: Sequence[bytes]
) -> dict[bytes, int]:
    """Which of these are remembered, and since which position."""
    return {
        bytes(row[0]): int(row[1])
        for piece in pieces(digests)
        for row in run(
            connection,
            "SELECT digest, at FROM erased WHERE store_id = ? AND kind = ?"
            f" AND digest IN ({placeholders(piece)})",
            (store_id, kind, *piece),
        )
    }


def gone(connection: Connection, store_id: int, ids: Sequence[bytes]) -> set[bytes]:
    """Which of these ids are of statements that were erased, or are no longer as they came."""
    found = set(remembered(connection, store_id, REDACTED, ids))
    for piece in pieces(ids):
        rows = run(
            connection,
            "SELECT id FROM statements WHERE position IN (SELECT i.position FROM statement_ids i"
            f" WHERE i.store_id = ? AND i.id IN ({placeholders(piece)})) AND voided = ?",
            (store_id, *piece, statements.ERASED),
        )
        found |= {bytes(row[0]) for row in rows}
    return found


def identifier_digest(salt: bytes, kind: str, text: str) -> bytes:
    """By what an identifier of somebody who was erased is known, to who has it at hand."""
    return blake2b(f"{kind}\n{text}".encode(), digest_size=16, key=salt, person=b"erased").digest()


def known_before(
    connection: Connection, tenant_id: int, identifiers: Iterable[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Which of these identifiers were those of somebody who was erased."""
    store_id, salt = run(
        connection,
        "SELECT id, salt FROM stores WHERE tenant_id = ? AND kind = 'learning'",
        (tenant_id,),
    ).one()
    digests = {identifier_digest(bytes(salt), *each_): each_ for each_ in set(identifiers)}
    return {
        digests[found] for found in remembered(connection, store_id, IDENTIFIER, sorted(digests))
    }


def place_digest(owner: bytes, registration: bytes, name_digest: bytes) -> bytes:
    """By what the place of a document that was erased is known."""
    return blake2b(owner + registration + name_digest, digest_size=16).digest()


# Where somebody is named ---------------------------------------------------------------------


def naming(connection: Connection, terms: Sequence[bytes]) -> set[int]:
    """The positions of statements that have one of these terms of their own."""
    return {
        int(row[0])
        for term in terms
        for row in run(
            connection, "SELECT position FROM postings WHERE term = ? AND depth = 0", (term,)
        )
    }


def holding(
    connection: Connection, store_id: int, needles: Sequence[str], after: int = -1
) -> set[int]:
    """The positions of statements of a store, after one, whose bytes hold one of these texts.

    All of them are read and unpacked here: the database cannot look into what is packed.
    """
    wanted = _spelt(needles)
    found = set[int]()
    some = (
        "SELECT position, body FROM statements WHERE store_id = ? AND position > ?"
        " ORDER BY position LIMIT ?"
    )
    while wanted and (rows := run(connection, some, (store_id, after, PIECE)).all()):
        for position, kept in rows:
            body = unpack(kept)
            if any(each in body for each in wanted):
                found.add(position)
        after = rows[-1][0]
    return found


def _spelt(needles: Sequence[str]) -> list[bytes]:
    """Texts as they are, and escaped as in JSON."""
    return sorted({each.encode() for text in needles for each in (text, json.dumps(text)[1:-1])})


def _holding(
    connection: Connection,
    sql: str,
    column: str,
    needles: Sequence[str],
    parameters: Sequence[Any],
    text: bool = False,
) -> list[Any]:
    """Rows of a query whose `column` holds one of these texts, as it is or escaped as in JSON."""
    values = [each.decode() if text else each for each in _spelt(needles)]
    if not values:
        return []
    holds = {
        "sqlite": f"instr({column}, ?) > 0",
        "postgresql": f"position(? in {column}) > 0",
    }.get(connection.dialect.name, f"LOCATE(?, {column}) > 0")
    return list(
        run(
            connection,
            f"{sql} AND ({' OR '.join([holds] * len(values))})",
            (*parameters, *values),
        )
    )


# Statements ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Loose:
    """What may be left over once statements are erased: activities by store (digest), attachments
    by store (hash in hexadecimal)."""

    activities: dict[int, set[bytes]]
    attachments: dict[int, set[str]]


def erase_statements(
    connection: Connection,
    tenant_id: int,
    salts: Mapping[int, bytes],
    rows: Sequence[Logged],
    loose: Loose,
) -> None:
    """Leave nothing of these statements but their ids and their places. Who refers to them is
    found otherwise from then on: that is for the caller (`statements.add_reach`)."""
    postings: list[tuple[bytes, int]] = []
    references: list[tuple[int, bytes, int]] = []
    for row in rows:
        salt = salts[row.store_id]
        there, authority = stored(row.body, salt)
        terms = {*there.terms, statements.everything(row.store_id)}
        terms.add(authority_term(salt, authority))
        postings += [(term, row.position) for term in sorted(terms)]
        if there.target is not None:
            references.append((tenant_id, there.target, row.position))
        defined = loose.activities.setdefault(row.store_id, set())
        defined |= {digest for digest, _, _ in there.definitions}
        loose.attachments.setdefault(row.store_id, set()).update(hashes(row.body))
    each(connection, "DELETE FROM postings WHERE term = ? AND position = ? AND depth = 0", postings)
    each(
        connection,
        "DELETE FROM statement_refs WHERE tenant_id = ? AND target = ? AND position = ?",
        references,
    )
    positions = [row.position for row in rows]
    for piece in pieces(positions):
        run(
            connection,
            f"UPDATE statements SET body = ?, voided = ? WHERE position IN ({placeholders(piece)})",
            (b"", statements.ERASED, *piece),
        )
        _unsign(connection, piece)
    practice.remove_events(connection, positions)


def redact_statements(
    connection: Connection,
    salts: Mapping[int, bytes],
    rows: Sequence[tuple[Logged, bytes]],
    loose: Loose,
) -> None:
    """Let these statements have other bytes, and be found by what these say."""
    old_postings: list[tuple[bytes, int]] = []
    new_postings: list[tuple[bytes, int, int]] = []
    for row, body in rows:
        salt = salts[row.store_id]
        there, authority = stored(row.body, salt)
        then, new_authority = stored(body, salt)
        old, new = set(there.terms), set(then.terms)
        if authority != new_authority:
            old.add(authority_term(salt, authority))
            new.add(authority_term(salt, new_authority))
        old_postings += [(term, row.position) for term in sorted(old - new)]
        new_postings += [(term, row.position, 0) for term in sorted(new - old)]
        known = {digest for digest, _, _ in there.definitions}
        then_known = {digest for digest, _, _ in then.definitions}
        loose.activities.setdefault(row.store_id, set()).update(known - then_known)
        left = hashes(row.body) - hashes(body)
        loose.attachments.setdefault(row.store_id, set()).update(left)
        statements.merge_activities(connection, row.store_id, then.definitions)
        statements.add_agents(connection, row.store_id, then.agents)
    each(
        connection,
        "UPDATE statements SET body = ? WHERE position = ?",
        [(pack(body), row.position) for row, body in rows],
    )
    each(
        connection,
        "DELETE FROM postings WHERE term = ? AND position = ? AND depth = 0",
        old_postings,
    )
    insert(connection, tables.postings, sorted(new_postings), ignore=True)
    for piece in pieces([row.position for row, _ in rows]):
        _unsign(connection, piece)


def _unsign(connection: Connection, positions: Sequence[int]) -> None:
    run(
        connection,
        f"DELETE FROM signatures WHERE position IN ({placeholders(positions)})",
        positions,
    )


def hashes(body: bytes) -> set[str]:
    """The attachments that a statement speaks of."""
    if b'"attachments"' not in body:
        return set()
    return {
        str(attachment["sha2"])
        for _, attachment in attachments_of(parse(body))
        if "sha2" in attachment
    }


def sweep_activities(connection: Connection, loose: Mapping[int, Iterable[bytes]]) -> int:
    """Forget activities of these that no statement has any more; answers how many."""
    done = 0
    for store_id, digests in loose.items():
        unused = [
            digest
            for digest in sorted(digests)
            if not any(
                run(
                    connection, "SELECT 1 FROM postings WHERE term = ? AND depth = 0 LIMIT 1", (t,)
                ).first()
                for t in activity_terms(digest)
            )
        ]
        for piece in pieces(unused):
            done += run(
                connection,
                f"DELETE FROM activities WHERE store_id = ? AND digest IN ({placeholders(piece)})",
                (store_id, *piece),
            ).rowcount
    return done


def redact_activities(connection: Connection, store_id: int, redaction: Redaction) -> int:
    """Take them out of what is said of activities; answers of how many."""
    rows = _holding(
        connection,
        "SELECT digest, definition FROM activities WHERE store_id = ?",
        "definition",
        redaction.needles,
        (store_id,),
    )
    changed = [
        (new, bytes(digest))
        for digest, old in rows
        if (new := redaction.json(bytes(old))) != bytes(old)
    ]
    each(connection, "UPDATE activities SET definition = ? WHERE digest = ?", changed)
    return len(changed)


def drop_names(connection: Connection, agents: Sequence[bytes]) -> None:
    """Forget under which names these agents (digests) were seen."""
    for piece in pieces(agents):
        run(
            connection,
            f"DELETE FROM agent_names WHERE agent IN ({placeholders(piece)})",
            piece,
        )


def drop_contents(connection: Connection, store_id: int, hashes_: Iterable[str]) -> int:
    """Forget attachments; answers how many there were."""
    keys = sorted({statements.content_key(hash_) for hash_ in hashes_})
    found = statements.content_lengths(connection, store_id, keys)
    for piece in pieces(keys):
        run(
            connection,
            f"DELETE FROM contents WHERE store_id = ? AND sha2 IN ({placeholders(piece)})",
            (store_id, *piece),
        )
    return len(found)


# Documents and what was refused --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paper:
    """A document: its place, and what is in it."""

    owner: bytes
    registration: bytes
    name_digest: bytes
    whose: bytes | None
    content_type: str
    content: bytes

    @property
    def key(self) -> tuple[bytes, bytes, bytes]:
        return self.owner, self.registration, self.name_digest


def papers_of(
    connection: Connection, store_id: int, agents: Iterable[tuple[str, str]]
) -> list[tuple[bytes, bytes, bytes]]:
    """The places of documents that belong to these agents."""
    wanted = set(agents)
    needles = [text.rpartition("\n")[2] for _, text in wanted]
    rows = _holding(
        connection,
        "SELECT owner, registration, name_digest, whose FROM documents"
        " WHERE store_id = ? AND whose IS NOT NULL",
        "whose",
        needles,
        (store_id,),
    )
    return sorted(
        (bytes(row[0]), bytes(row[1]), bytes(row[2]))
        for row in rows
        if (agent := json.loads(bytes(row[3])).get("agent")) and actors.ifi(agent) in wanted
    )


def papers_without_owner(connection: Connection, store_id: int) -> int:
    """How many documents are of a time when it was not kept whose they are."""
    sql = "SELECT count(*) FROM documents WHERE store_id = ? AND whose IS NULL"
    return int(run(connection, sql, (store_id,)).scalar_one())


def papers_holding(connection: Connection, store_id: int, needles: Sequence[str]) -> list[Paper]:
    """The documents that hold one of these texts."""
    rows = _holding(
        connection,
        "SELECT d.owner, d.registration, d.name_digest, d.whose, d.content_type, c.content"
        " FROM documents d JOIN document_contents c"
        " USING (store_id, owner, registration, name_digest) WHERE d.store_id = ?",
        "c.content",
        needles,
        (store_id,),
    )
    return [
        Paper(
            *(bytes(row[0]), bytes(row[1]), bytes(row[2])),
            None if row[3] is None else bytes(row[3]),
            *(bytes(row[4]).decode("latin-1"), bytes(row[5])),
        )
        for row in rows
    ]


_PLACE = "store_id = ? AND owner = ? AND registration = ? AND name_digest = ?"


def drop_papers(
    connection: Connection, store_id: int, places: Sequence[tuple[bytes, bytes, bytes]], at: int
) -> None:
    """Forget documents, and keep copies of them from coming back."""
    for place in places:
        for table in ("documents", "document_contents"):
            run(connection, f"DELETE FROM {table} WHERE {_PLACE}", (store_id, *place))
    remember(connection, store_id, DOCUMENT, (place_digest(*place) for place in places), at)


def rewrite_paper(
    connection: Connection, store_id: int, paper: Paper, content: bytes, now: int
) -> None:
    """Let a document hold something else; its ETag and its time of update follow."""
    run(
        connection,
        "UPDATE documents SET etag = ?, updated = CASE WHEN updated < ? THEN ? ELSE updated + 1 END"
        f" WHERE {_PLACE}",
        (documents.etag(content).encode(), now, now, store_id, *paper.key),
    )
    run(
        connection,
        f"UPDATE document_contents SET content = ? WHERE {_PLACE}",
        (content, store_id, *paper.key),
    )


def refused_holding(
    connection: Connection, store_id: int, needles: Sequence[str]
) -> list[tuple[int, bytes, bytes | None, bytes, bytes | None]]:
    """What was refused and holds one of these texts: number, raw, mended, problems, why."""
    found: dict[int, tuple[int, bytes, bytes | None, bytes, bytes | None]] = {}
    for column in ("raw", "mended", "problems", "why"):
        for row in _holding(
            connection,
            "SELECT id, raw, mended, problems, why FROM refused WHERE store_id = ?",
            column,
            needles,
            (store_id,),
        ):
            mended, why = (None if row[n] is None else bytes(row[n]) for n in (2, 4))
            found[int(row[0])] = (int(row[0]), bytes(row[1]), mended, bytes(row[3]), why)
    return [found[number] for number in sorted(found)]


def drop_refused(connection: Connection, numbers: Sequence[int]) -> set[str]:
    """Forget what was refused; answers the attachments that had come with it."""
    spoken: set[str] = set()
    for piece in pieces(numbers):
        marks = placeholders(piece)
        for row in run(connection, f"SELECT parts FROM refused WHERE id IN ({marks})", piece):
            spoken |= {str(part["sha2"]) for part in json.loads(bytes(row[0]))}
        run(connection, f"DELETE FROM refused WHERE id IN ({marks})", piece)
    return spoken


def refused_speaking(connection: Connection, store_id: int, hashes_: Sequence[str]) -> set[str]:
    """Of which of these attachments something that was refused speaks still."""
    spoken = {
        str(part["sha2"])
        for row in _holding(
            connection,
            "SELECT parts FROM refused WHERE store_id = ?",
            "parts",
            hashes_,
            (store_id,),
        )
        for part in json.loads(bytes(row[0]))
    }
    return spoken & set(hashes_)


def rewrite_refused(
    connection: Connection,
    number: int,
    raw: bytes,
    mended: bytes | None,
    problems: bytes,
    why: bytes | None,
) -> None:
    """Let what was refused hold something else. Its digest stays: sent again, it is known."""
    run(
        connection,
        "UPDATE refused SET raw = ?, mended = ?, problems = ?, why = ? WHERE id = ?",
        (raw, mended, problems, why, number),
    )


# The register --------------------------------------------------------------------------------


def entries_naming(
    connection: Connection, tenant_id: int, needles: Sequence[str]
) -> list[tuple[int, str, bytes, str, bytes]]:
    """Entries of the register that hold one of these texts, in their body or as who entered them:
    position, kind, subject, by, body."""
    by = "`by`" if connection.dialect.name in ("mysql", "mariadb") else '"by"'
    sql = f"SELECT position, kind, subject, {by}, body FROM register WHERE tenant_id = ?"
    found = {
        int(row[0]): (int(row[0]), row[1], bytes(row[2]), row[3], bytes(row[4]))
        for row in (
            *_holding(connection, sql, "body", needles, (tenant_id,)),
            *_holding(connection, sql, by, needles, (tenant_id,), text=True),
        )
    }
    return [found[position] for position in sorted(found)]


def tombstones(
    connection: Connection, tenant_id: int, people: Sequence[bytes], stand_in: bytes
) -> int:
    """Leave of entries about these people that there were some; answers how many."""
    done = 0
    for piece in pieces(people):
        done += run(
            connection,
            "UPDATE register SET kind = ?, subject = ?, body = ? WHERE tenant_id = ?"
            f" AND subject IN ({placeholders(piece)})",
            (facts.ERASED, stand_in, b"{}", tenant_id, *piece),
        ).rowcount
    for table, column in (("people", "id"), ("identifiers", "person"), ("employments", "person")):
        for piece in pieces(people):
            run(
                connection,
                f"DELETE FROM {table} WHERE tenant_id = ? AND {column} IN ({placeholders(piece)})",
                (tenant_id, *piece),
            )
    return done


def rewrite_entry(
    connection: Connection,
    tenant_id: int,
    position: int,
    kind: str,
    by: str,
    body: Mapping[str, Any],
) -> None:
    """Let an entry of the register say something else, at its place."""
    named = "`by`" if connection.dialect.name in ("mysql", "mariadb") else '"by"'
    told = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    run(
        connection,
        f"UPDATE register SET kind = ?, {named} = ?, body = ? WHERE tenant_id = ? AND position = ?",
        (kind, by[:200], told, tenant_id, position),
    )


# What is worked out --------------------------------------------------------------------------


def cases_of(connection: Connection, tenant_id: int, subjects: Sequence[bytes]) -> list[bytes]:
    """The cases of these people and identifiers."""
    return [
        bytes(row[0])
        for piece in pieces(subjects)
        for row in run(
            connection,
            f"SELECT id FROM cases WHERE tenant_id = ? AND subject IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    ]


def count_worked_out(
    connection: Connection, tenant_id: int, subjects: Sequence[bytes], cases: Sequence[bytes]
) -> dict[str, int]:
    """How much is worked out of these people and identifiers, by table."""
    keys = {"digest": subjects, "subject": subjects, "case_id": cases}
    return {
        table.name: sum(
            _count(connection, table.name, tenant_id, column, piece)
            for piece in pieces(keys[column])
        )
        for table, column in practice.WORKED_OUT
    }


def _count(
    connection: Connection, table: str, tenant_id: int, column: str, values: Sequence[bytes]
) -> int:
    sql = f"SELECT count(*) FROM {table} WHERE tenant_id = ? AND {column} IN ("
    row = run(connection, f"{sql}{placeholders(values)})", (tenant_id, *values))
    return int(row.scalar_one())


def drop_worked_out(
    connection: Connection, tenant_id: int, subjects: Sequence[bytes], cases: Sequence[bytes]
) -> dict[str, int]:
    """Forget what was worked out of these people and identifiers; answers how much, by table."""
    keys = {"digest": subjects, "subject": subjects, "case_id": cases}
    done: dict[str, int] = {}
    for table, column in practice.WORKED_OUT:
        done[table.name] = sum(
            run(
                connection,
                f"DELETE FROM {table.name} WHERE tenant_id = ?"
                f" AND {column} IN ({placeholders(piece)})",
                (tenant_id, *piece),
            ).rowcount
            for piece in pieces(keys[column])
        )
    for piece in pieces(cases):
        run(
            connection,
            f"DELETE FROM opened_cases WHERE tenant_id = ? AND case_id IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    return done


def told_of(
    connection: Connection, tenant_id: int, people: Sequence[bytes], needles: Sequence[str]
) -> set[bytes]:
    """Of whom something is worked out that names these people: as a rater, or as who decided."""
    found: set[bytes] = set()
    for piece in pieces(people):
        rows = run(
            connection,
            "SELECT DISTINCT subject FROM answers WHERE tenant_id = ?"
            f" AND rater IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
        found |= {bytes(row[0]) for row in rows}
    rows = _holding(
        connection, "SELECT subject FROM links WHERE tenant_id = ?", "body", needles, (tenant_id,)
    )
    return found | {bytes(row[0]) for row in rows}


# The follow-up -------------------------------------------------------------------------------


def drop_follow_up(
    connection: Connection,
    tenant_id: int,
    cases: Sequence[bytes],
    people: Sequence[bytes],
    stand_in: bytes,
    now: int,
) -> dict[str, int]:
    """Forget who was asked about these cases, and of these people that it was they who were asked
    about others; answers how many rows went, by table.

    What still waited for an answer of theirs is skipped, so that somebody else is asked.
    """
    done = dict.fromkeys(("invitations", "letters", "drafts", "filled_forms"), 0)
    theirs = _invitations(connection, tenant_id, "case_id", cases)
    asked = _invitations(connection, tenant_id, "rater", people)
    about = {id_ for id_, _ in theirs}
    rounds = {round_ for _, round_ in theirs}
    own_rounds = {round_ for id_, round_ in asked}
    for table, column in (("filled_forms", "invitation"), ("invitations", "id")):
        done[table] += _drop(connection, table, tenant_id, column, sorted(about))
    for piece in pieces(sorted(people)):
        marks = placeholders(piece)
        run(
            connection,
            "UPDATE invitations SET state = 'skipped', why = 'left' WHERE tenant_id = ?"
            f" AND rater IN ({marks}) AND state IN ('due', 'sent', 'undeliverable', 'vacant')",
            (tenant_id, *piece),
        )
        run(
            connection,
            f"UPDATE invitations SET rater = ? WHERE tenant_id = ? AND rater IN ({marks})",
            (stand_in, tenant_id, *piece),
        )
        done["letters"] += run(
            connection,
            f"DELETE FROM letters WHERE tenant_id = ? AND person IN ({marks})",
            (tenant_id, *piece),
        ).rowcount
    for piece in pieces(sorted(id_ for id_, _ in asked)):
        run(
            connection,
            "UPDATE filled_forms SET who = '' WHERE tenant_id = ?"
            f" AND invitation IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    # A draft of somebody else's page goes where a row of it was about them: it is typed again.
    done["drafts"] += _drop(connection, "drafts", tenant_id, "round", sorted(rounds | own_rounds))
    empty = rounds - {round_ for _, round_ in _invitations(connection, tenant_id, "round", rounds)}
    done["letters"] += _drop(connection, "letters", tenant_id, "round", sorted(empty))
    _drop(connection, "signed_links", tenant_id, "subject", sorted(empty | own_rounds))
    return done


def count_follow_up(
    connection: Connection, tenant_id: int, cases: Sequence[bytes], people: Sequence[bytes]
) -> dict[str, int]:
    """How much there is of these cases in the ledgers of the follow-up, and how many letters went
    to these people."""
    about = [id_ for id_, _ in _invitations(connection, tenant_id, "case_id", cases)]
    return {
        "invitations": len(about),
        "filled_forms": sum(
            _count(connection, "filled_forms", tenant_id, "invitation", piece)
            for piece in pieces(about)
        ),
        "letters": sum(
            _count(connection, "letters", tenant_id, "person", piece) for piece in pieces(people)
        ),
    }


def _invitations(
    connection: Connection, tenant_id: int, column: str, values: Iterable[bytes]
) -> list[tuple[bytes, bytes]]:
    """Invitations by one column: id and round."""
    return [
        (bytes(row[0]), bytes(row[1]))
        for piece in pieces(sorted(values))
        for row in run(
            connection,
            "SELECT id, round FROM invitations WHERE tenant_id = ?"
            f" AND {column} IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    ]


def _drop(
    connection: Connection, table: str, tenant_id: int, column: str, values: Sequence[bytes]
) -> int:
    return sum(
        run(
            connection,
            f"DELETE FROM {table} WHERE tenant_id = ? AND {column} IN ({placeholders(piece)})",
            (tenant_id, *piece),
        ).rowcount
        for piece in pieces(values)
    )


#: Columns of words in ledgers, by table and key: what an operator, an admin or a mail server wrote.
_WORDS: Final = (
    ("invitations", "id", "why", False),
    ("letters", "id", "why", False),
    ("filled_forms", "id", "who", False),
    ("drafts", "round", "body", True),
    ("audit", "id", "subject", False),
    ("audit", "id", "who", False),
    ("waiting_files", "id", "name", False),
    ("waiting_files", "id", "by_whom", False),
    ("waiting_files", "id", "told", True),
    ("webhook_deliveries", "id", "body", True),
    ("webhook_deliveries", "id", "error", False),
)


def redact_ledgers(connection: Connection, tenant_id: int, redaction: Redaction) -> dict[str, int]:
    """Take them out of what ledgers say in words; deliveries to webhooks that name them go.
    Answers how many rows, by table."""
    done: dict[str, int] = {}
    for table, key, column, raw in _WORDS:
        rows = _holding(
            connection,
            f"SELECT {key}, {column} FROM {table} WHERE tenant_id = ?",
            column,
            redaction.needles,
            (tenant_id,),
            text=not raw,
        )
        if table == "webhook_deliveries" and raw:
            each(
                connection,
                f"DELETE FROM {table} WHERE tenant_id = ? AND {key} = ?",
                [(tenant_id, row[0]) for row in rows],
            )
            done[table] = done.get(table, 0) + len(rows)
            continue
        changed = [
            (new, tenant_id, row[0])
            for row in rows
            if (new := redaction.json(bytes(row[1])) if raw else redaction.text(row[1]))
            != (bytes(row[1]) if raw else row[1])
        ]
        each(
            connection,
            f"UPDATE {table} SET {column} = ? WHERE tenant_id = ? AND {key} = ?",
            changed,
        )
        done[table] = done.get(table, 0) + len(changed)
    return done


def logins_of(connection: Connection, tenant_id: int, people: Sequence[bytes]) -> list[str]:
    """By which logins these people sign in."""
    return [
        row[0]
        for piece in pieces(people)
        for row in run(
            connection,
            "SELECT login FROM users WHERE tenant_id = ?"
            f" AND person IN ({placeholders(piece)}) ORDER BY login",
            (tenant_id, *piece),
        )
    ]


def drop_users(connection: Connection, tenant_id: int, people: Sequence[bytes]) -> int:
    """Forget the accounts by which these people sign in; answers how many."""
    done = 0
    for piece in pieces(people):
        marks = placeholders(piece)
        run(
            connection,
            "DELETE FROM sessions WHERE tenant_id = ? AND user_id IN"
            f" (SELECT id FROM users WHERE tenant_id = ? AND person IN ({marks}))",
            (tenant_id, tenant_id, *piece),
        )
        done += run(
            connection,
            f"DELETE FROM users WHERE tenant_id = ? AND person IN ({marks})",
            (tenant_id, *piece),
        ).rowcount
    return done
