"""The Statements resource (xAPI 1.0.3, Communication 2.1; IEEE 9274.1.1, 4.1.6.1).

What is answered is what was stored: an `exact` answer joins bytes. A page that is not the last
carries a `more` link that holds the whole query, as digests and positions, sealed with the salt
of the store: it never expires, shows no identifier, and is of no use for another store.
"""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from hmac import compare_digest
from http import HTTPStatus
from typing import Final
from weakref import WeakKeyDictionary

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from lrs import intake
from lrs.api import parameters
from lrs.api.wire import (
    JSON,
    Answer,
    Call,
    Resource,
    Use,
    http_date,
    json_answer,
    no_content,
    refused,
    tagged,
)
from lrs.auth import scopes
from lrs.context import Context
from lrs.errors import NotFound, Problem, Refused
from lrs.store import log, statements
from lrs.store.documents import media_type
from lrs.store.engine import Database
from lrs.store.statements import Query, Row
from lrs.xapi import formats, lexical
from lrs.xapi.attachments import (
    Broken,
    Part,
    StoredPart,
    attachments_of,
    new_boundary,
    read_multipart,
    write_multipart,
)
from lrs.xapi.documents import etag
from lrs.xapi.statements import (
    Terms,
    Tree,
    authority_term,
    digest,
    parse,
    query_terms,
)

CONSISTENT_THROUGH: Final = "X-Experience-API-Consistent-Through"

#: On the answer to a POST, by choice of the key's owner alone: the places in the batch of the
#: statements that were set aside, and how many an earlier request had brought already.
SET_ASIDE: Final = "X-Jejak-Set-Aside"
DUPLICATES: Final = "X-Jejak-Duplicates"

FORMATS: Final = ("exact", "ids", "canonical")

FILTERS: Final = frozenset(
    {
        *("agent", "verb", "activity", "registration", "related_activities", "related_agents"),
        *("since", "until", "limit", "ascending"),
    }
)
SHAPES: Final = frozenset({"format", "attachments"})
NAMES: Final = frozenset({"statementId", "voidedStatementId"})

#: How much of Accept-Language a `more` link carries on. Browsers send some forty characters, and
#: a link must stay within what the server reads as a URL.
LONGEST_LANGUAGES: Final = 1000

#: An old horizon is a true one: what was visible through it still is. So who does not follow the
#: log need not ask the database for the newest, nor who is far behind its end; nor need what is
#: only written, or refused.
RECENT_SECONDS: Final = 0.5


# How far the log is complete -----------------------------------------------------------------


@dataclass(slots=True)
class _Horizon:
    """The horizon read last in this process, and when; `behind` what this process has stored
    since, where it is."""

    position: int
    text: str
    read: float
    behind: bool = False

    @property
    def recent(self) -> bool:
        return time.monotonic() - self.read < RECENT_SECONDS


_horizons: "WeakKeyDictionary[Database, _Horizon]" = WeakKeyDictionary()


def _horizon(database: Database, connection: Connection) -> _Horizon:
    """The horizon now. To be read before the rows it is said of."""
    position = log.horizon(database, connection)
    known = _Horizon(position, lexical.render(position), time.monotonic())
    _horizons[database] = known
    return known


def _known_horizon(database: Database) -> _Horizon | None:
    """A horizon at most half a second old, if there is one that is not behind what this process
    has acknowledged since."""
    known = _horizons.get(database)
    return known if known is not None and known.recent and not known.behind else None


def consistent_through(context: Context) -> list[tuple[str, str]]:
    """The header for answers that carry no statements: a horizon at most half a second old."""
    known = _horizons.get(context.database)
    if known is not None and known.recent:
        return [(CONSISTENT_THROUGH, known.text)]
    try:
        with context.database.read() as connection:
            known = _horizon(context.database, connection)
    except SQLAlchemyError:  # the answer under way tells of it
        if known is None:
            return []
    return [(CONSISTENT_THROUGH, known.text)]


# Writing -------------------------------------------------------------------------------------


def put(call: Call) -> Answer:
    """Store one statement under the id that the request names."""
    name = call.required("statementId")
    parameters.identifier(call, "statementId")
    _store(call, name)
    return no_content()


def post(call: Call) -> Answer:
    """Store one statement or many; answer their ids, in order. An empty list is stored too."""
    stored = _store(call)
    headers = []
    if stored.aside:
        headers.append((SET_ASIDE, ",".join(map(str, stored.aside))))
    if stored.duplicates:
        headers.append((DUPLICATES, str(stored.duplicates)))
    return json_answer(stored.ids, headers=headers)


def _store(call: Call, statement_id: str | None = None) -> intake.Stored:
    settings, database = call.context.settings, call.context.database
    parts: list[Part] = []
    try:
        body, parts = _read(call)
        batch = intake.examine(
            body,
            parts,
            version=call.version,
            principal=call.principal,
            place=call.store,
            defines=bool(scopes.allows(call.principal, "define")),
            statement_id=statement_id,
            most=settings.batch_limit,
        )
        if not batch.items:
            return intake.Stored([])
        if intake.goes_with_others(batch):
            stored = database.write_together(intake.companions(batch), intake.store_together, batch)
        else:
            stored = database.write(lambda connection: intake.store(connection, batch))
        if known := _horizons.get(database):
            known.behind = True
        return stored
    except (intake.Rejected, intake.Clash) as rejected:
        database.write(partial(intake.keep, rejected=rejected))
        raise
    finally:
        for part in parts:
            part.file.close()


def _read(call: Call) -> tuple[bytes, list[Part]]:
    """The statements as JSON, and the attachments that came with them.

    What cannot be read is set aside too, as far as it came: raises `intake.Rejected` for it.
    """
    settings, kind = call.context.settings, call.content_type
    try:
        if kind != JSON:
            _check_content_type(kind)
        if media_type(kind) != JSON:
            return read_multipart(
                call.body(),
                kind,
                limit=settings.attachment_limit,
                memory=settings.memory_limit,
                body_limit=settings.body_limit,
            )
    except Refused as error:
        body = error.statements if isinstance(error, Broken) else _whole(call)
        if not body:
            raise
        raise intake.unread(
            body,
            error.problems,
            version=call.version,
            principal=call.principal,
            place=call.store,
        ) from error
    return _whole(call), []


def _whole(call: Call) -> bytes:
    limit = call.context.settings.body_limit
    return call.body().all("The request body", limit, "JEJAK_BODY_LIMIT")


def _check_content_type(kind: str) -> None:
    """Statements come as JSON in UTF-8, alone or as the first part of multipart/mixed."""
    media, _, rest = kind.lower().partition(";")
    media = media.strip()
    if media == "application/x-www-form-urlencoded":
        refused(
            "a form is read only in the alternate request syntax, with the parameter method",
            "Communication 1.3",
        )
    if media not in (JSON, "multipart/mixed"):
        refused(
            f"Content-Type {kind[:100]!r} is not read here; send {JSON}, or multipart/mixed with"
            " attachments",
            "Communication 1.5",
        )
    if media == JSON:
        for parameter in rest.split(";"):
            name, _, value = parameter.partition("=")
            if name.strip() == "charset" and value.strip(' "') not in ("utf-8", "utf8"):
                refused(f"statements are read as UTF-8 only, not {value[:40]}", "Communication 1.4")


# Reading one ---------------------------------------------------------------------------------


def get(call: Call) -> Answer:
    """One statement by its id, or those that meet a query."""
    given = call.parameters
    if "more" in given:
        return _go_on(call)
    named = NAMES & given.keys()
    if not named:
        return _list(call)
    if len(named) > 1:
        refused("statementId and voidedStatementId exclude each other", "Communication 2.1.3")
    (name,) = named
    if other := given.keys() - SHAPES - named:
        refused(
            f"{name} names one statement, so {min(other)} has no meaning beside it; only"
            " attachments and format have",
            "Communication 2.1.3",
            min(other),
        )
    return _one(call, name)


def _one(call: Call, name: str) -> Answer:
    shape = _shape(call)
    identity = parameters.identifier(call, name)
    assert identity is not None
    voided = name == "voidedStatementId"
    database = call.context.database
    with database.read() as connection:
        horizon = _known_horizon(database) or _horizon(database, connection)
        row = statements.by_id(connection, call.store.id, identity)
        if row is None and statements.was_erased(connection, call.store.id, identity):
            told = f"the statement {call.parameters[name]}; it was here and was erased for good"
            raise NotFound(told)
        if row is None or row.voided is not voided or not _may_see(call, row):
            what = "a voided statement" if voided else "a statement"
            hint = "; it is voided, ask by voidedStatementId" if _hidden(call, row, voided) else ""
            raise NotFound(f"{what} with the id {call.parameters[name]}{hint}")
        (body,) = _formatted(connection, call, shape, [row.body])
    if shape.attachments:
        answer = _multipart(call, [body], [row.body])
    else:
        answer = tagged(call, Answer(body, 200, JSON), etag(body))
    answer.headers["Last-Modified"] = http_date(row.position)
    answer.headers[CONSISTENT_THROUGH] = horizon.text
    return answer


def _may_see(call: Call, row: Row) -> bool:
    if not call.granted.mine:
        return True
    who = call.principal
    own = who.as_source or parse(row.body)["authority"] == who.authority_tree
    return own and row.source_id == who.source_id


def _hidden(call: Call, row: Row | None, voided: bool) -> bool:
    return row is not None and row.voided and not voided and _may_see(call, row)


# Reading many --------------------------------------------------------------------------------


class _Shape(msgspec.Struct, frozen=True, array_like=True):
    """In what form statements are answered. `language` is the Accept-Language of the request."""

    format: str = "exact"
    attachments: bool = False
    language: str = ""


class _Rest(msgspec.Struct, frozen=True, array_like=True):
    """What a `more` link holds. `follows` says that no page passes the safe horizon."""

    terms: list[list[bytes]]
    after: int
    until: int
    ascending: bool
    limit: int
    follows: bool
    shape: _Shape


_rest = msgspec.msgpack.Decoder(_Rest).decode
_SEAL: Final = 8


def _shape(call: Call) -> _Shape:
    form = parameters.one_of(call, "format", FORMATS)
    return _Shape(
        form,
        parameters.boolean(call, "attachments"),
        _languages(call) if form == "canonical" else "",
    )


def _languages(call: Call) -> str:
    return (call.header("Accept-Language") or "")[:LONGEST_LANGUAGES]


def _list(call: Call) -> Answer:
    settings = call.context.settings
    limit = parameters.number(call, "limit")
    if limit == 0:
        limit = settings.page_max if "limit" in call.parameters else settings.page_size
    since, until = parameters.moment(call, "since"), parameters.moment(call, "until")
    ascending = parameters.boolean(call, "ascending")
    query = Query(
        store_id=call.store.id,
        terms=_terms(call),
        after=-1 if since is None else since,
        until=statements.ALWAYS if until is None else until,
        ascending=ascending,
        limit=min(limit, settings.page_max),
    )
    # Who reads on from what was stored last follows the log; nothing may yet appear behind them.
    return _page(call, query, _shape(call), follows=since is not None or ascending)


def _terms(call: Call) -> Terms:
    registration = call.parameters.get("registration")
    parameters.identifier(call, "registration")
    return query_terms(
        call.store.salt,
        agent=parameters.agent(call, "agent", groups=True),
        verb=parameters.iri(call, "verb"),
        activity=parameters.iri(call, "activity"),
        registration=registration,
        related_agents=parameters.boolean(call, "related_agents"),
        related_activities=parameters.boolean(call, "related_activities"),
    )


def _go_on(call: Call) -> Answer:
    """The page behind a `more` link."""
    if other := call.parameters.keys() - {"more"}:
        refused(
            f"a more link holds its whole query; take {min(other)} away", "Data 2.5", min(other)
        )
    rest = _unsealed(call)
    query = Query(
        store_id=call.store.id,
        terms=tuple(tuple(group) for group in rest.terms),
        after=rest.after,
        until=rest.until,
        ascending=rest.ascending,
        limit=min(rest.limit, call.context.settings.page_max),
    )
    language = _languages(call) or rest.shape.language
    shape = _Shape(rest.shape.format, rest.shape.attachments, language)
    return _page(call, query, shape, follows=rest.follows)


def _page(call: Call, query: Query, shape: _Shape, *, follows: bool) -> Answer:
    if call.granted.mine:
        who = call.principal
        own = None if who.as_source else authority_term(call.store.salt, who.authority)
        query = replace(query, source_id=who.source_id, authority=own)
    database = call.context.database
    with database.read() as connection:
        known = None if follows and not query.ascending else _known_horizon(database)
        horizon = known or _horizon(database, connection)
        page = statements.select(connection, _through(horizon, query) if follows else query)
        if follows and known is not None and page.more is None and known.position < query.until:
            # It ends where the log was known to end: what has come since belongs to it.
            horizon = _horizon(database, connection)
            page = statements.select(connection, _through(horizon, query))
        bodies = _formatted(connection, call, shape, page.bodies)
    more = b""
    if page.more is not None:
        # Going up, the next page may go as far as the horizon will have moved by then.
        until = query.until if query.ascending else page.more.until
        more = _sealed(call, replace(page.more, until=until), shape, follows)
    pieces = (b'{"statements":[', b",".join(bodies), b'],"more":"', more, b'"}')
    if shape.attachments:
        answer = _multipart(call, pieces, page.bodies)
    else:
        answer = Answer(b"".join(pieces), 200, JSON)
    answer.headers[CONSISTENT_THROUGH] = horizon.text
    return answer


def _through(horizon: _Horizon, query: Query) -> Query:
    """The query as far as nothing can still appear behind who follows."""
    return replace(query, until=min(query.until, horizon.position))


def _sealed(call: Call, query: Query, shape: _Shape, follows: bool) -> bytes:
    """The URL of the next page: a path, as Data 2.5 has it, against the address of this one."""
    rest = _Rest(
        [list(group) for group in query.terms],
        query.after,
        query.until,
        query.ascending,
        query.limit,
        follows,
        shape,
    )
    packed = msgspec.msgpack.encode(rest)
    token = urlsafe_b64encode(_seal(call, packed) + packed).rstrip(b"=")
    return call.path.encode() + b"?more=" + token


def _unsealed(call: Call) -> _Rest:
    token = call.parameters["more"]
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        packed = raw[_SEAL:]
        if not compare_digest(raw[:_SEAL], _seal(call, packed)):
            raise ValueError("the seal is broken")
        return _rest(packed)
    except (ValueError, msgspec.DecodeError):
        why = "this more link was not made here, or not for this store"
        raise Refused(Problem("more", why, "Data 2.5")) from None


def _seal(call: Call, packed: bytes) -> bytes:
    salt = call.store.salt
    return blake2b(packed, digest_size=_SEAL, key=salt, person=b"jejak more").digest()


# Forms ---------------------------------------------------------------------------------------


def _formatted(
    connection: Connection, call: Call, shape: _Shape, bodies: list[bytes]
) -> list[bytes]:
    """The bodies in the format asked for; `exact` ones are those that are stored."""
    if shape.format == "exact":
        return bodies
    if shape.format == "ids":
        return [formats.ids(body) for body in bodies]
    names = {
        iri: digest(call.store.salt, "activity", iri)
        for body in bodies
        for iri in formats.activity_ids(body)
    }
    known = statements.definitions_of(connection, sorted(names.values()))
    definitions = {iri: known[name] for iri, name in names.items() if name in known}
    language = shape.language or None
    return [formats.canonical(body, language, definitions) for body in bodies]


def _multipart(call: Call, pieces: Sequence[bytes], bodies: Iterable[bytes]) -> Answer:
    """Statements with the attachments that are stored of them, streamed."""
    described: dict[str, Tree] = {}
    for body in bodies:
        if b'"attachments"' in body:
            for _, attachment in attachments_of(parse(body)):
                described.setdefault(attachment["sha2"].lower(), attachment)
    boundary = new_boundary()
    stream = _streamed(call, pieces, described, boundary)
    return Answer(stream, HTTPStatus.OK, f"multipart/mixed; boundary={boundary}")


def _streamed(
    call: Call, pieces: Sequence[bytes], described: dict[str, Tree], boundary: str
) -> Iterator[bytes]:
    """The body of a multipart answer. Attachments with only a fileUrl have no part in it."""
    if not described:
        yield from write_multipart(pieces, (), boundary)
        return
    with call.context.database.read() as connection:
        store = call.store.id
        keys = {statements.content_key(sha2): sha2 for sha2 in described}
        lengths = statements.content_lengths(connection, store, sorted(keys))
        parts = (
            StoredPart(
                sha2=str(described[keys[key]]["sha2"]),
                content_type=str(described[keys[key]]["contentType"]),
                length=length,
                chunks=statements.content(connection, store, key),
            )
            for key, length in lengths.items()
        )
        yield from write_multipart(pieces, parts, boundary)


RESOURCE = Resource(
    "/statements",
    {
        "GET": Use(get, "statements/read", FILTERS | SHAPES | NAMES | {"more"}),
        "PUT": Use(put, "statements/write", frozenset({"statementId"})),
        "POST": Use(post, "statements/write"),
    },
    stamp=consistent_through,
)
