"""The register: what an agency knows besides the log, dated and append-only.

An entry is appended and what it is about worked out anew in the same write, from all entries of
that subject; so the tables of people, identifiers, posts, units and programmes hold nothing that
the register does not, and `rebuild` gives them again. Whoever an entry touches is marked, and
their cases worked out anew by the projector.

Functions take a connection first and never commit.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from lrs.practice import names
from lrs.practice.people import (
    ABOUT_PEOPLE,
    DISTINCT,
    ERASED,
    MERGED,
    Entry,
    Identifier,
    Person,
    standing,
)
from lrs.store import log, practice, tables
from lrs.store.engine import insert, pieces, placeholders, run

#: Kinds of entries that are not about people: a unit's facts (path, contact, superior), a
#: programme in a new version, and a declared adapter in a new version, or taken away.
UNIT = "unit"
PROGRAMME = "programme"
ADAPTER = "adapter"

#: Whom a learner named as peers for a case, and whom of them the unit confirmed; and that a cohort
#: is followed up, or no more. Nothing is worked out of these: who plans reads the entries.
PEERS = "peers"
FOLLOW = "follow"
#: Who evaluates a programme, or all of the agency's that name nobody of their own.
EVALUATORS = "evaluators"
#: That a coach or examiner (the subject) is assigned a learner, from and to a day, or no more.
ASSIGNED = "assigned"

#: What stands at the head of the agency's papers (`lrs/agency.py`), what a report recommended and
#: what came of it (`lrs/advice.py`), which cases were drawn for stories, and whether somebody
#: agreed to their story being told (`lrs/stories.py`). Read as they are, too.
LETTERHEAD = "letterhead"
ADVICE = "advice"
DRAW = "draw"
CONSENT = "consent"
#: What was certified of a case to have been applied (`lrs/certificates.py`).
CERTIFICATE = "certificate"
#: That what was handed in to an LMS is no plan or project, or is one after all
#: (`lrs/imports_submissions.py`).
DISMISSED = "dismissed"
#: What a person asked for of their data, and what came of it (`lrs/rights.py`); the receipt of an
#: erasure (`lrs/erasure.py`).
REQUEST = "request"
ERASURE = "erasure"
#: The reasons that reviewers choose from (`lrs/reasons.py`).
REASONS = "reasons"
_READ_AS_THEY_ARE = (
    *(PEERS, FOLLOW, EVALUATORS, ASSIGNED),
    *(LETTERHEAD, ADVICE, DRAW, CONSENT, CERTIFICATE, DISMISSED, REASONS),
    *(REQUEST, ERASURE, ERASED),
)
KINDS = (*ABOUT_PEOPLE, UNIT, PROGRAMME, ADAPTER, *_READ_AS_THEY_ARE)

_DERIVED = (
    tables.people,
    tables.identifiers,
    tables.units,
    tables.employments,
    tables.programmes,
    tables.declared_adapters,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to be entered: its kind, whom or what it is about, and its body as JSON."""

    kind: str
    subject: bytes
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Applied:
    """What entering several things of a kind did, or would do: the names of those that are new,
    that changed, and that stand as they are; and what is entered for it."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """An entry as it stands in the register, and who entered it."""

    entry: Entry
    subject: bytes
    by: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """That `person` is the coach or examiner (`role`) of a learner from `first` to `last` (days
    since 1970, None: open)."""

    person: bytes
    learner: bytes
    role: str
    first: int | None
    last: int | None

    def holds(self, day: int) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def append(connection: Connection, tenant_id: int, facts: Sequence[Fact], by: str) -> list[int]:
    """Enter facts in this order; answers their positions. `by` names who entered them."""
    if not facts:
        return []
    unknown = {fact.kind for fact in facts} - set(KINDS)
    if unknown:
        raise ValueError(f"no such kinds of entries: {', '.join(sorted(unknown))}")
    first = log.stamp(connection, len(facts))
    rows = [
        (first + n, tenant_id, fact.kind, fact.subject, by[:200], _json(fact.body))
        for n, fact in enumerate(facts)
    ]
    insert(connection, tables.register, rows)
    subjects = {fact.subject: fact.kind for fact in facts if fact.kind not in _READ_AS_THEY_ARE}
    marks = _work_out(connection, tenant_id, subjects)
    practice.mark_stale(connection, tenant_id, dict.fromkeys(marks, first + len(facts) - 1))
    return [row[0] for row in rows]


def rebuild(connection: Connection, tenant_id: int) -> None:
    """Drop all that is worked out of the register, and work it out anew."""
    for table in _DERIVED:
        run(connection, f"DELETE FROM {table.name} WHERE tenant_id = ?", (tenant_id,))
    rows = run(
        connection, "SELECT DISTINCT subject, kind FROM register WHERE tenant_id = ?", (tenant_id,)
    )
    subjects = {bytes(row[0]): row[1] for row in rows if row[1] not in _READ_AS_THEY_ARE}
    for piece in pieces(sorted(subjects)):
        _work_out(connection, tenant_id, {each: subjects[each] for each in piece})


def work_out(connection: Connection, tenant_id: int, subjects: Iterable[bytes], at: int) -> None:
    """Work these subjects out anew, since entries about them were redacted, as of position `at`."""
    kinds = {
        held.subject: held.entry.kind
        for held in entries(connection, tenant_id, subjects)
        if held.entry.kind not in _READ_AS_THEY_ARE
    }
    marks = _work_out(connection, tenant_id, kinds)
    practice.mark_stale(connection, tenant_id, dict.fromkeys(marks, at))


def of_kind(connection: Connection, tenant_id: int, kind: str) -> list[Held]:
    """All entries of a kind, in order."""
    rows = run(
        connection,
        f"SELECT position, kind, subject, {_by(connection)}, body FROM register"
        " WHERE tenant_id = ? AND kind = ? ORDER BY position",
        (tenant_id, kind),
    )
    return [
        Held(Entry(int(row[0]), row[1], json.loads(bytes(row[4]))), bytes(row[2]), row[3])
        for row in rows
    ]


def entries(connection: Connection, tenant_id: int, subjects: Iterable[bytes]) -> list[Held]:
    """All entries about these subjects, in order."""
    found = [
        Held(Entry(int(row[0]), row[1], json.loads(bytes(row[4]))), bytes(row[2]), row[3])
        for piece in pieces(sorted(subjects))
        for row in run(
            connection,
            f"SELECT position, kind, subject, {_by(connection)}, body FROM register"
            f" WHERE tenant_id = ? AND subject IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    ]
    return sorted(found, key=lambda held: held.entry.position)


def newest(connection: Connection, tenant_id: int) -> int:
    """The position of the last entry; 0 where there is none."""
    sql = "SELECT max(position) FROM register WHERE tenant_id = ?"
    return int(run(connection, sql, (tenant_id,)).scalar_one() or 0)


def people(connection: Connection, tenant_id: int, ids: Iterable[bytes]) -> dict[bytes, Person]:
    """What stands of these people; those who are not in the register are left out."""
    found: dict[bytes, list[Entry]] = {}
    for held in entries(connection, tenant_id, ids):
        if held.entry.kind in ABOUT_PEOPLE:
            found.setdefault(held.subject, []).append(held.entry)
    return {person: standing(held) for person, held in found.items()}


class _Alike(msgspec.Struct, omit_defaults=True):
    """What of somebody's facts can be like somebody else's. Everybody's are read at once, so no
    more of them is."""

    name: Any = None
    mail: Any = None
    phone: Any = None


class _Distinct(msgspec.Struct):
    """Whom an entry says that somebody is not."""

    other: str


def everybody(connection: Connection, tenant_id: int) -> dict[bytes, Person]:
    """All people with their identifiers, as they stand, and, of their facts, name, mail and phone;
    without their posts."""
    rows = run(
        connection,
        "SELECT person, entry, kind, text, valid_from, valid_to, state FROM identifiers"
        " WHERE tenant_id = ? ORDER BY person, entry",
        (tenant_id,),
    )
    theirs: dict[bytes, list[Identifier]] = {}
    for person, entry, kind, text, first, last, state in rows:
        theirs.setdefault(bytes(person), []).append(
            Identifier(entry, kind, bytes(text).decode(), first, last, state == "confirmed")
        )
    rows = run(
        connection,
        "SELECT subject, body FROM register WHERE tenant_id = ? AND kind = ?",
        (tenant_id, DISTINCT),
    )
    distinct: dict[bytes, set[bytes]] = {}
    for subject, body in rows:
        other = msgspec.json.decode(bytes(body), type=_Distinct).other
        distinct.setdefault(bytes(subject), set()).add(bytes.fromhex(other))
    rows = run(
        connection, "SELECT id, facts, merged_into FROM people WHERE tenant_id = ?", (tenant_id,)
    )
    facts_of = msgspec.json.Decoder(_Alike)
    return {
        bytes(id_): Person(
            msgspec.to_builtins(facts_of.decode(bytes(facts))),
            tuple(theirs.get(bytes(id_), ())),
            merged_into=None if merged is None else bytes(merged),
            distinct=frozenset(distinct.get(bytes(id_), ())),
        )
        for id_, facts, merged in rows
    }


def assignments(
    connection: Connection, tenant_id: int, people_: Iterable[bytes]
) -> list[Assignment]:
    """Whose coaches and examiners these people are or were; of what was said of one learner and
    role, the last counts."""
    found: dict[tuple[bytes, str, str], Assignment] = {}
    for held in entries(connection, tenant_id, people_):
        if held.entry.kind == ASSIGNED:
            body = held.entry.body
            made = Assignment(
                held.subject,
                bytes.fromhex(body["learner"]),
                body["role"],
                body.get("first"),
                body.get("last"),
            )
            found[held.subject, body["learner"], body["role"]] = made
    return list(found.values())


def assigned_to(connection: Connection, tenant_id: int, learner: bytes) -> list[Assignment]:
    """Who is or was the coach or examiner of a learner."""
    raters = {
        held.subject
        for held in of_kind(connection, tenant_id, ASSIGNED)
        if held.entry.body["learner"] == learner.hex()
    }
    found = assignments(connection, tenant_id, sorted(raters))
    return [each for each in found if each.learner == learner]


def assign(connection: Connection, tenant_id: int, given: Assignment, by: str) -> None:
    """Enter an assignment; it takes the place of an earlier one of the same two and role."""
    body = {"learner": given.learner.hex(), "role": given.role}
    days = {"first": given.first, "last": given.last}
    told = body | {word: day for word, day in days.items() if day is not None}
    append(connection, tenant_id, [Fact(ASSIGNED, given.person, told)], by)


def last(connection: Connection, tenant_id: int) -> int:
    """The position of the last entry; 0: there is none."""
    row = run(
        connection, "SELECT MAX(position) FROM register WHERE tenant_id = ?", (tenant_id,)
    ).one()
    return int(row[0] or 0)


def with_entries(connection: Connection, tenant_id: int, kind: str) -> set[bytes]:
    """Of whom there is an entry of this kind."""
    rows = run(
        connection,
        "SELECT DISTINCT subject FROM register WHERE tenant_id = ? AND kind = ?",
        (tenant_id, kind),
    )
    return {bytes(row[0]) for row in rows}


def search(
    connection: Connection, tenant_id: int, words: str, limit: int
) -> list[tuple[bytes, str]]:
    """People whose name holds these words, in the order of names: id and name."""
    like = "%" + words.casefold().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    # MariaDB reads a backslash in a literal as an escape itself.
    escape = "'\\\\'" if connection.dialect.name in ("mysql", "mariadb") else "'\\'"
    rows = run(
        connection,
        "SELECT id, sort_name FROM people WHERE tenant_id = ? AND merged_into IS NULL"
        f" AND sort_name LIKE ? ESCAPE {escape} ORDER BY sort_name, id LIMIT ?",
        (tenant_id, like, limit),
    )
    return [(bytes(row[0]), row[1]) for row in rows]


def holders(
    connection: Connection, tenant_id: int, digests: Iterable[bytes]
) -> dict[bytes, set[bytes]]:
    """Of whom these identifiers are confirmed, at whatever time: digest → people."""
    found: dict[bytes, set[bytes]] = {}
    for claim in practice.claims(connection, tenant_id, sorted(set(digests))):
        found.setdefault(claim.digest, set()).add(claim.person)
    return found


def numbers(connection: Connection, tenant_id: int) -> dict[str, bytes]:
    """Everybody in the register by NIP or NI PPPK."""
    rows = run(
        connection,
        "SELECT text, person FROM identifiers WHERE tenant_id = ? AND state = 'confirmed'"
        " AND kind IN ('nip', 'ni_pppk')",
        (tenant_id,),
    )
    return {bytes(row[0]).decode(): bytes(row[1]) for row in rows}


def unmatched(
    connection: Connection, tenant_id: int
) -> list[tuple[dict[str, Any], str | None, int]]:
    """Identifiers that learning records name and that mean nobody: the agent, the name it came
    with, and how many events it has."""
    rows = run(
        connection,
        "SELECT ifi, name, events FROM identities WHERE tenant_id = ? AND person IS NULL"
        " ORDER BY digest",
        (tenant_id,),
    )
    return [(msgspec.json.decode(bytes(row[0])), row[1], int(row[2])) for row in rows]


def units(connection: Connection, tenant_id: int) -> dict[bytes, tuple[str, dict[str, Any]]]:
    """Every unit: its path and its facts."""
    rows = run(connection, "SELECT id, path, facts FROM units WHERE tenant_id = ?", (tenant_id,))
    return {bytes(row[0]): (row[1], json.loads(bytes(row[2]))) for row in rows}


# Working out --------------------------------------------------------------------------------


def _work_out(connection: Connection, tenant_id: int, subjects: Mapping[bytes, str]) -> set[bytes]:
    """Write anew what stands of these subjects; answers whom and what that touches."""
    held: dict[bytes, list[Entry]] = {}
    for each in entries(connection, tenant_id, subjects):
        held.setdefault(each.subject, []).append(each.entry)
    marks: set[bytes] = set()
    people_: dict[bytes, Person] = {}
    for subject, said in sorted(held.items()):
        if subjects[subject] == UNIT:
            _write_unit(connection, tenant_id, subject, said)
        elif subjects[subject] == PROGRAMME:
            _write_programme(connection, tenant_id, subject, said[-1])
            marks.add(subject)
        elif subjects[subject] == ADAPTER:
            _write_adapter(connection, tenant_id, subject, said[-1])
            marks.add(subject)
        else:
            people_[subject] = standing(said)
            # Whom somebody was parted from is worked out anew without them.
            marks |= {bytes.fromhex(e.body["into"]) for e in said if e.kind == MERGED}
    return marks | _write_people(connection, tenant_id, people_)


def _write_people(
    connection: Connection, tenant_id: int, people_: Mapping[bytes, Person]
) -> set[bytes]:
    ids = sorted(people_)
    # What no longer means a person has events to be worked out anew, too.
    marks = set(ids) | {claim.digest for claim in practice.claims_of(connection, tenant_id, ids)}
    for table, column in (
        (tables.people, "id"),
        (tables.identifiers, "person"),
        (tables.employments, "person"),
    ):
        for piece in pieces(ids):
            run(
                connection,
                f"DELETE FROM {table.name} WHERE tenant_id = ?"
                f" AND {column} IN ({placeholders(piece)})",
                (tenant_id, *piece),
            )
    known: list[practice.Values] = []
    identifiers: list[practice.Values] = []
    posts: list[practice.Values] = []
    for id_ in ids:
        person = people_[id_]
        sort_name = person.name.casefold()[:200]
        told = _json(person.facts)
        known.append((id_, tenant_id, person.merged_into, sort_name, told, person.restricted))
        for each in person.identifiers:
            digest = names.identifier(tenant_id, each.kind, each.text)
            marks.add(digest)
            state = "confirmed" if each.confirmed else "refused"
            identifiers.append(
                (
                    *(tenant_id, digest, id_, each.entry, each.kind, each.text.encode()),
                    *(each.first, each.last, state),
                )
            )
        posts += [
            (
                *(tenant_id, id_, post.entry, post.unit, (post.title or "")[:200] or None),
                *(post.superior, post.superior_state, post.first, post.last, post.ended),
            )
            for post in person.posts
        ]
    insert(connection, tables.people, known)
    insert(connection, tables.identifiers, sorted(identifiers, key=lambda row: tuple(row[:4])))
    insert(connection, tables.employments, sorted(posts, key=lambda row: tuple(row[:3])))
    return marks


def _write_unit(connection: Connection, tenant_id: int, unit: bytes, said: Sequence[Entry]) -> None:
    facts: dict[str, Any] = {}
    for entry in said:
        facts.update(entry.body)
    path = str(facts.pop("path"))[:500]
    kept = {name: value for name, value in facts.items() if value is not None}
    run(connection, "DELETE FROM units WHERE id = ? AND tenant_id = ?", (unit, tenant_id))
    insert(connection, tables.units, [(unit, tenant_id, path, _json(kept))])


def _write_programme(connection: Connection, tenant_id: int, digest: bytes, entry: Entry) -> None:
    body = entry.body
    run(connection, "DELETE FROM programmes WHERE digest = ?", (digest,))
    title = str(body["title"])[:500]
    row = (digest, tenant_id, entry.position, str(body["iri"]).encode(), title, _json(body))
    insert(connection, tables.programmes, [row])


def _write_adapter(connection: Connection, tenant_id: int, digest: bytes, entry: Entry) -> None:
    run(connection, "DELETE FROM declared_adapters WHERE digest = ?", (digest,))
    if not entry.body.get("gone"):
        row = (digest, tenant_id, entry.position, entry.body["name"], _json(entry.body))
        insert(connection, tables.declared_adapters, [row])


def _by(connection: Connection) -> str:
    """The column `by`, a reserved word in MariaDB."""
    return "`by`" if connection.dialect.name in ("mysql", "mariadb") else '"by"'


def _json(tree: Mapping[str, Any]) -> bytes:
    return json.dumps(tree, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
