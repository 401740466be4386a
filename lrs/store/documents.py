"""Documents: State, Agent Profile, Activity Profile (xAPI 1.0.3, Communication 2.2 to 2.7).

A document stands at a `Place`: a name in the realm of an owner (a kind of document, an activity,
an agent) and, for state, a registration. Owners and names are digests, so that a key is short on
every database and a place in one store says nothing about another.

No update can be lost. Every change is made on the condition that the ETag is still the one it was
decided on: the check stands in the `WHERE` of the statement that writes. Where another writer was
faster, the decision is taken again on what now stands there.
"""

import json
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from lrs import errors
from lrs.store.accounts import StoreRef
from lrs.store.engine import run
from lrs.xapi import actors, documents

JSON = "application/json"

NO_REGISTRATION = bytes(16)

# Each turn lost means that another writer won, so this many losses are a store in real trouble.
_TURNS = 50

_PLACE = "store_id = ? AND owner = ? AND registration = ? AND name_digest = ?"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom documents belong to: the digest they are found by, and what it is a digest of (JSON
    with `kind`, `activity`, `agent`), since an archive must name them to another store."""

    digest: bytes
    facts: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document stands. `what` names it in sentences: `State "bookmark"`."""

    store_id: int
    owner: Owner
    registration: bytes
    name_digest: bytes
    name: str
    what: str

    @property
    def key(self) -> tuple[int, bytes, bytes, bytes]:
        return self.store_id, self.owner.digest, self.registration, self.name_digest


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it stands. `etag` in its quotes, `updated` in microseconds since 1970."""

    content_type: str
    etag: str
    updated: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of the document in place for a change to be made (Communication 3.1).

    `match` and `none_match` are the headers If-Match and If-None-Match. `replace_blindly` says
    whether a request that carries neither may replace a document, `make_blindly` whether it may
    make a new one.
    """

    match: str | None = None
    none_match: str | None = None
    replace_blindly: bool = True
    make_blindly: bool = True

    def check(self, what: str, etag: str | None) -> None:
        """Raise PreconditionFailed, Conflict or Refused; `etag` is None where nothing stands."""
        if self.match is None and self.none_match is None:
            if etag is not None and not self.replace_blindly:
                raise errors.Conflict(
                    f"{what} exists, and this request names no ETag of it; it was left as it is.",
                    f"Read its current state, then send If-Match: {etag} to replace just that.",
                )
            if etag is None and not self.make_blindly:
                raise errors.Refused(
                    errors.Problem(
                        "",
                        f"A PUT of {what} must carry If-None-Match: * to make it new,"
                        " or If-Match with the ETag of what it replaces",
                        "Communication 3.1",
                    )
                )
        if self.match is not None and not documents.matches(self.match, etag):
            raise errors.PreconditionFailed(what, etag)
        if self.none_match is not None and documents.matches(self.none_match, etag):
            raise errors.PreconditionFailed(what, etag)


ANY = Condition()


def owner(store: StoreRef, kind: str, activity: str | None, agent: dict[str, Any] | None) -> Owner:
    """Whom documents belong to: `kind` is state, agent-profile, activity-profile.

    `agent` has an inverse functional identifier; two of the same identifier are the same owner.
    """
    identity = actors.ifi(agent) if agent is not None else None
    facts: dict[str, Any] = {"kind": kind}
    if activity is not None:
        facts["activity"] = activity
    if agent is not None and identity is not None:
        facts["agent"] = json.loads(actors.ifi_json(agent))
    return Owner(
        _digest(store, kind, activity or "", *(identity or ())),
        json.dumps(facts, ensure_ascii=False).encode(),
    )


def place(store: StoreRef, owner: Owner, registration: bytes | None, name: str, what: str) -> Place:
    """`registration` is the UUID as bytes, None where there is none."""
    return Place(
        store.id,
        owner,
        registration or NO_REGISTRATION,
        _digest(store, "name", name),
        name,
        f'{what} "{name}"',
    )


def get(connection: Connection, place: Place) -> Document | None:
    """The document at this place, with its content."""
    row = run(
        connection,
        "SELECT d.content_type, d.etag, d.updated, c.content FROM documents d"
        " JOIN document_contents c USING (store_id, owner, registration, name_digest)"
        f" WHERE {_PLACE}",
        place.key,
    ).one_or_none()
    return row and Document(row[0].decode("latin-1"), row[1].decode(), row[2], bytes(row[3]))


def names(
    connection: Connection,
    store: StoreRef,
    owner: Owner,
    registration: bytes | None = None,
    since: int | None = None,
) -> list[tuple[str, int]]:
    """(name, updated) of each document of an owner, least recently updated first.

    `registration` None means whatever the registration; a name that occurs in several is told
    once. `since` is exclusive, in microseconds since 1970.
    """
    sql = "SELECT name, updated FROM documents WHERE store_id = ? AND owner = ?"
    parameters: list[Any] = [store.id, owner.digest]
    if registration is not None:
        sql += " AND registration = ?"
        parameters.append(registration)
    if since is not None:
        sql += " AND updated > ?"
        parameters.append(since)
    rows = run(connection, f"{sql} ORDER BY updated, name_digest", parameters)
    return list({bytes(name).decode(): updated for name, updated in rows}.items())


def put(
    connection: Connection,
    place: Place,
    content_type: str,
    content: bytes,
    now: int,
    condition: Condition = ANY,
) -> None:
    """Let `content` stand at this place. Raises what `Condition.check` raises."""
    given = Document(content_type, documents.etag(content), now, content)
    for _ in range(_TURNS):
        held = _head(connection, place)
        condition.check(place.what, held and held[0])
        if _stood(connection, place, held, given):
            return
    raise errors.Busy()


def merge(
    connection: Connection,
    place: Place,
    content_type: str,
    content: bytes,
    now: int,
    limit: int,
    condition: Condition = ANY,
) -> None:
    """Merge a JSON object into the document at this place, or let it stand there as the first.

    Raises Refused where either is not of type application/json or not an object, TooLarge where
    the outcome is over `limit` bytes, else as `put`.
    """
    is_json = media_type(content_type) == JSON
    if is_json:
        documents.merge(b"{}", content)  # refused here once, not after a document stands there
    for _ in range(_TURNS):
        held = get(connection, place)
        condition.check(place.what, None if held is None else held.etag)
        merged = content
        if held is not None:
            if not is_json or media_type(held.content_type) != JSON:
                raise _unmergeable(place.what, content_type, held.content_type)
            merged = documents.merge(held.content, content)
            if len(merged) > limit:
                raise errors.TooLarge(f"{place.what}, merged,", limit, "JEJAK_DOCUMENT_LIMIT")
        given = Document(content_type, documents.etag(merged), now, merged)
        stands = None if held is None else (held.etag, held.updated)
        if _stood(connection, place, stands, given):
            return
    raise errors.Busy()


def delete(connection: Connection, place: Place, condition: Condition = ANY) -> None:
    """Remove the document at this place, if one stands there. Raises PreconditionFailed."""
    for _ in range(_TURNS):
        held = _head(connection, place)
        condition.check(place.what, held and held[0])
        if held is None:
            return
        gone = run(
            connection,
            f"DELETE FROM documents WHERE {_PLACE} AND etag = ?",
            (*place.key, held[0].encode()),
        )
        if gone.rowcount == 1:
            run(connection, f"DELETE FROM document_contents WHERE {_PLACE}", place.key)
            return
    raise errors.Busy()


def clear(
    connection: Connection, store: StoreRef, owner: Owner, registration: bytes | None = None
) -> None:
    """Remove every document of an owner; `registration` None means whatever the registration."""
    where = "store_id = ? AND owner = ?"
    parameters: list[Any] = [store.id, owner.digest]
    if registration is not None:
        where += " AND registration = ?"
        parameters.append(registration)
    sql = f"SELECT registration, name_digest FROM documents WHERE {where} ORDER BY 1, 2"
    # One by one, row before content: a single DELETE of contents could take that of a document
    # which another writer made after our DELETE of rows.
    for where_to, name in run(connection, sql, parameters).all():
        key = (store.id, owner.digest, where_to, name)
        if run(connection, f"DELETE FROM documents WHERE {_PLACE}", key).rowcount == 1:
            run(connection, f"DELETE FROM document_contents WHERE {_PLACE}", key)


def media_type(content_type: str) -> str:
    """The type without its parameters: `application/json` of `Application/JSON; charset=utf-8`."""
    return content_type.partition(";")[0].strip().lower()


def _head(connection: Connection, place: Place) -> tuple[str, int] | None:
    """ETag and time of update of what stands at a place."""
    row = run(
        connection, f"SELECT etag, updated FROM documents WHERE {_PLACE}", place.key
    ).one_or_none()
    return row and (row[0].decode(), row[1])


def _stood(
    connection: Connection, place: Place, held: tuple[str, int] | None, given: Document
) -> bool:
    """Whether `given` now stands at the place: not so where `held` is no longer what stood there.

    A place's time of update always increases, so that Last-Modified and `since` show the change
    even where two servers' clocks differ.
    """
    if held is None:
        return _created(connection, place, given)
    etag, updated = held
    given = replace(given, updated=max(given.updated, updated + 1))
    changed = run(
        connection,
        "UPDATE documents SET content_type = ?, etag = ?, updated = ?, whose = ?"
        f" WHERE {_PLACE} AND etag = ?",
        (
            given.content_type.encode("latin-1"),
            given.etag.encode(),
            given.updated,
            place.owner.facts,
            *place.key,
            etag.encode(),
        ),
    )
    if changed.rowcount != 1:
        return False
    run(
        connection,
        f"UPDATE document_contents SET content = ? WHERE {_PLACE}",
        (given.content, *place.key),
    )
    return True


def _created(connection: Connection, place: Place, given: Document) -> bool:
    row = (
        *place.key,
        place.name.encode(),
        given.content_type.encode("latin-1"),
        given.etag.encode(),
        given.updated,
        place.owner.facts,
    )
    sql = (
        "INSERT INTO documents"
        " (store_id, owner, registration, name_digest, name, content_type, etag, updated, whose)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    if connection.dialect.name in ("sqlite", "postgresql"):
        # On PostgreSQL a failed insert would end the whole transaction.
        if run(connection, f"{sql} ON CONFLICT DO NOTHING", row).rowcount != 1:
            return False
    else:
        # MariaDB counts an insert and a key already taken alike; its failure undoes this alone.
        try:
            run(connection, sql, row)
        except IntegrityError:
            return False
    run(
        connection,
        "INSERT INTO document_contents (store_id, owner, registration, name_digest, content)"
        " VALUES (?, ?, ?, ?, ?)",
        (*place.key, given.content),
    )
    return True


def _unmergeable(what: str, sent: str, stored: str) -> errors.Refused:
    return errors.Refused(
        errors.Problem(
            "",
            f"A POST to {what} merges JSON into JSON, but this is {sent or 'of no type'} into"
            f" {stored or 'no type'}; use PUT to replace the document",
            "Communication 2.2, JSON procedure",
        )
    )


def _digest(store: StoreRef, *parts: str) -> bytes:
    """16 bytes that name `parts` in this store. Lengths keep ("ab", "c") from being ("a", "bc")."""
    encoded = [part.encode() for part in parts]
    joined = b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
    return blake2b(joined, digest_size=16, key=store.salt, person=b"jejak document").digest()
