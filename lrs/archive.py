"""Statements and documents to and from files.

An archive is a tar file (gzip where its name ends so) that can be written and read in one pass.
Its members, in this order:

| member | what it is |
|---|---|
| `jejak.json` | format, tenant, store, the span of `stored` it covers |
| `attachments/<sha2>` | the bytes of an attachment, before the first statements that name it |
| `statements/<n>.jsonl` | statements, one a line, in log order, the bytes as stored |
| `statements/<n>.json-seq` | the same where one has line breaks in it: RFC 7464, each after a 1E |
| `documents/<n>.json` | whose a document is, its name, content type and time of update |
| `documents/<n>` | the content of that document |
| `end.json` | how many of each there are; an archive without it is not whole |

Statements are read from JSON Lines and JSON arrays of other stores, too. All go in by intake,
under the ids they have; so whatever is stored already is acknowledged, and an import that broke
off is simply run again. Nothing but a batch, and one document, is ever whole in memory.
"""

import gzip
import hashlib
import io
import json
import re
import tarfile
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO, Final

from sqlalchemy import Connection

from lrs import intake, refusals
from lrs.errors import PreconditionFailed, Problem, Refused
from lrs.store import archive as rows
from lrs.store import documents, erasure, log, statements
from lrs.store.accounts import Kindness, Principal, Source, StoreRef, Tenant
from lrs.store.documents import Condition
from lrs.store.engine import Database
from lrs.xapi import check, lexical, versions
from lrs.xapi.attachments import Part, attachments_of
from lrs.xapi.statements import parse
from lrs.xapi.versions import Version

FORMAT: Final = "jejak archive 1"

#: Statements of one batch, and about as many bytes: what stays within one packet of MariaDB.
BATCH: Final = 300
BATCH_BYTES: Final = 4 << 20

LONGEST: Final = 64 << 20
"""The longest statement, in bytes, that is looked at before a file is held to be broken."""

_SEPARATOR = b"\x1e"
_CHUNK = 1 << 16
_MEMORY = 1 << 20
_KINDS = {
    "state": ("State", {"activity", "agent"}),
    "agent-profile": ("Agent profile", {"agent"}),
    "activity-profile": ("Activity profile", {"activity"}),
}
_DIGESTS = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}
_content_type = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}").fullmatch
_result = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"statements"[ \t\r\n]*:[ \t\r\n]*\[').match
_outside = re.compile(rb'["{}\[\],]').search
_inside = re.compile(rb'["\\]').search

Told = Callable[[int], object]


class Damaged(Exception):
    """What is read is not whole, or not what it begins as."""


class _Tar(tarfile.TarFile):
    """A tar file that forgets each member it has passed; else it holds some 400 bytes of each."""

    members: list[tarfile.TarInfo]

    def addfile(self, tarinfo: tarfile.TarInfo, fileobj: Any = None) -> None:
        super().addfile(tarinfo, fileobj)
        self.members.clear()

    def next(self) -> tarfile.TarInfo | None:
        member = super().next()
        self.members.clear()
        return member


_BROKEN = (Damaged, tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile)


# Out ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Written:
    """What an archive holds. `unnamed` documents could not be written: whose they are was not
    kept when they were stored."""

    statements: int = 0
    attachments: int = 0
    documents: int = 0
    unnamed: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """What of a store to write: `after` exclusive, `until` inclusive, in microseconds since 1970;
    `statements` is how many are in it."""

    place: StoreRef
    after: int
    until: int
    statements: int


def span(
    database: Database, place: StoreRef, since: int | None = None, until: int | None = None
) -> Span:
    """What there is to write now: nothing past the safe horizon, so that nothing can be missing."""
    with database.read() as connection:
        horizon = log.horizon(database, connection)
        after, end = -1 if since is None else since, horizon if until is None else until
        end = min(end, horizon)
        return Span(place, after, end, rows.count(connection, place.id, after, end))


def write(
    database: Database,
    span: Span,
    file: BinaryIO,
    *,
    about: dict[str, Any],
    compressed: bool = False,
    told: Told = lambda _: None,
) -> Written:
    """Write an archive to a file that need not be seekable; `told` how many statements, as it goes.

    `about` is written into `jejak.json` beside the span.
    """
    done = Written()
    times = {name: lexical.render(max(at, 0)) for name, at in _ends(span)}
    with _Tar.open(fileobj=file, mode="w|gz" if compressed else "w|") as tar:
        _add(tar, "jejak.json", _json({"format": FORMAT} | about | times), span.until)
        with database.read() as connection:
            _write_statements(connection, span, tar, done, told)
            _write_documents(connection, span, tar, done)
        counts = {"statements": done.statements, "attachments": done.attachments}
        _add(tar, "end.json", _json(counts | {"documents": done.documents}), span.until)
    return done


def _ends(span: Span) -> Iterator[tuple[str, int]]:
    if span.after >= 0:
        yield "since", span.after
    yield "until", span.until


def _write_statements(
    connection: Connection, span: Span, tar: _Tar, done: Written, told: Told
) -> None:
    known: set[bytes] = set()
    after, number = span.after, 0
    while page := rows.log(connection, span.place.id, after, span.until, BATCH):
        for batch in _batches(page):
            for body in batch:
                if b'"attachments"' in body:
                    _write_attachments(connection, span.place, body, known, tar, done)
            number += 1
            broken = any(b"\n" in body for body in batch)
            name = f"statements/{number:08}.{'json-seq' if broken else 'jsonl'}"
            mark = _SEPARATOR if broken else b""
            _add(tar, name, b"".join(mark + body + b"\n" for body in batch), span.until)
            done.statements += len(batch)
            told(len(batch))
        after = page[-1][0]


def _batches(page: list[tuple[int, bytes]]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for _, body in page:
        if batch and size + len(body) > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += len(body)
    yield batch


def _write_attachments(
    connection: Connection,
    place: StoreRef,
    body: bytes,
    known: set[bytes],
    tar: _Tar,
    done: Written,
) -> None:
    sha2s = (str(each["sha2"]).lower() for _, each in attachments_of(parse(body)))
    wanted = {sha2: statements.content_key(sha2) for sha2 in sha2s}
    fresh = {sha2: key for sha2, key in wanted.items() if key not in known}
    lengths = statements.content_lengths(connection, place.id, list(fresh.values()))
    for sha2, key in fresh.items():
        if key not in lengths:
            continue  # it is at its fileUrl only
        known.add(key)
        info = tarfile.TarInfo(f"attachments/{sha2}")
        info.size = lengths[key]
        chunks = statements.content(connection, place.id, key)
        tar.addfile(info, io.BufferedReader(_Chunks(chunks)))
        done.attachments += 1


def _write_documents(connection: Connection, span: Span, tar: _Tar, done: Written) -> None:
    key = None
    place = span.place
    while held := rows.next_document(connection, place.id, key, span.after, span.until):
        key = held.key
        if held.whose is None:
            done.unnamed += 1
            continue
        done.documents += 1
        facts = json.loads(held.whose) | {
            "name": held.name,
            "contentType": held.content_type,
            "updated": lexical.render(held.updated),
        }
        if held.registration is not None:
            facts["registration"] = str(uuid.UUID(bytes=held.registration))
        name = f"documents/{done.documents:08}"
        _add(tar, f"{name}.json", _json(facts), held.updated)
        _add(tar, name, held.content, held.updated)


def _add(tar: _Tar, name: str, content: bytes, position: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(content), position // 1_000_000
    tar.addfile(info, io.BytesIO(content))


def _json(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode() + b"\n"


class _Chunks(io.RawIOBase):
    """Chunks of bytes as a file to read from."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._left = iter(chunks), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._left = self._left or next(self._chunks, b"")
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


# In ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Read:
    """What became of a file: `stored` anew, `present` already, `refused` and set aside.

    `problems` are those of documents that were left out. `whole` False: an archive of ours broke
    off, and what came before that is in.
    """

    stored: int = 0
    present: int = 0
    refused: int = 0
    documents: int = 0
    documents_present: int = 0
    problems: list[Problem] = field(default_factory=list)
    whole: bool = True

    @property
    def well(self) -> bool:
        return not self.refused and not self.problems and self.whole


@dataclass(slots=True)
class _Import:
    """An import under way: where to, and what waits to be stored with the next batch."""

    database: Database
    principal: Principal
    place: StoreRef
    kind: str
    done: Read
    told: Told
    seen: int = 0
    waiting: list[tuple[bytes, Any, Version]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    size: int = 0
    files: dict[str, BinaryIO] = field(default_factory=dict)


def read(
    database: Database,
    tenant: Tenant,
    source: Source,
    place: StoreRef,
    file: BinaryIO,
    *,
    told: Told = lambda _: None,
) -> Read:
    """Bring in an archive of ours, or the statements of another store: a JSON array, JSON Lines,
    or a StatementResult; each may be compressed by gzip. `told` how many statements, as it goes.

    Statements without an id get one that is made of their bytes and their place in the file, so
    that the same file may be imported again. Raises `Refused` where the file is none of these,
    breaks off (what came before that is stored), or is an archive of the tenant's other store.
    """
    principal = Principal.of(tenant, source, kindness=Kindness(salvage=True))
    kind = "practice" if place == tenant.practice else "learning"
    under_way = _Import(database, principal, place, kind, Read(), told)
    stream = io.BufferedReader(file, _CHUNK) if isinstance(file, io.RawIOBase) else file
    peek = _Peeked(stream)
    if peek.start.startswith(b"\x1f\x8b"):
        peek = _Peeked(gzip.GzipFile(fileobj=peek))
    try:
        if peek.start[257:262] == b"ustar":
            _read_archive(under_way, peek)
        else:
            for raw in _statements(peek):
                _take(under_way, raw)
            _flush(under_way)
    except _BROKEN as error:
        _flush(under_way)
        raise Refused(
            Problem("", f"the file breaks off or is damaged: {error}; what came before is stored")
        ) from error
    finally:
        _drop_files(under_way)
    return under_way.done


class _Peeked(io.RawIOBase):
    """A stream of which the start was looked at."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.start = self._left = _fill(stream, 4096)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._left[: len(buffer)] or self._stream.read(len(buffer)) or b""
        self._left = self._left[len(data) :]
        buffer[: len(data)] = data
        return len(data)


def _fill(stream: Any, size: int) -> bytes:
    found = b""
    while len(found) < size and (data := stream.read(size - len(found))):
        found += data
    return found


# Statements of any store


def _statements(peek: _Peeked) -> Iterator[bytes]:
    """The statements of a JSON array, a StatementResult or JSON Lines, one at a time."""
    begins = peek.start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if result := _result(begins):
        return _members(_after(peek, peek.start.index(begins) + result.end()))
    if begins.startswith(b"["):
        return _members(_after(peek, peek.start.index(begins) + 1))
    if begins.startswith(b"{"):
        return _lines(_after(peek, peek.start.index(begins)))
    if not begins and len(peek.start) < 4096:
        return iter(())
    raise Refused(
        Problem("", "this is no archive of ours, no JSON array and no JSON Lines of statements")
    )


def _after(peek: _Peeked, size: int) -> BinaryIO:
    _fill(peek, size)
    return io.BufferedReader(peek, _CHUNK)


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    while line := stream.readline(LONGEST + 1):
        if len(line) > LONGEST:
            raise Damaged(f"a line is longer than {LONGEST} bytes")
        if line := line.strip():
            yield line


def _members(stream: BinaryIO) -> Iterator[bytes]:
    """The members of a JSON array, whose first bracket is read, as the bytes they are.

    Only brackets, commas and quotes are looked at; what else is wrong with one intake will say.
    """
    buffer, start, at, depth, quoted = bytearray(), 0, 0, 0, False
    while True:
        found = (_inside if quoted else _outside)(buffer, at)
        if found is None:
            if len(buffer) - start > LONGEST:
                raise Damaged(f"a statement is longer than {LONGEST} bytes")
            at = max(at, len(buffer)) - start
            del buffer[:start]
            start = 0
            if not (data := stream.read(_CHUNK)):
                raise Damaged("the list of statements has no end")
            buffer += data
            continue
        sign, at = buffer[found.start()], found.end()
        if sign == 0x5C:
            at += 1  # what is escaped is passed over
        elif quoted:
            quoted = False
        elif sign == 0x22:
            quoted = True
        elif sign in b"{[":
            depth += 1
        elif depth and sign in b"}]":
            depth -= 1
        elif not depth:
            if member := bytes(buffer[start : at - 1]).strip():
                yield member
            start = at
            if sign != 0x2C:
                return


# An archive of ours


def _read_archive(under_way: _Import, stream: _Peeked) -> None:
    facts: Any = None
    under_way.done.whole = False
    with _Tar.open(fileobj=io.BufferedReader(stream, _CHUNK), mode="r|") as tar:
        for member in tar:
            content = tar.extractfile(member)
            folder, _, name = member.name.rpartition("/")
            if member.name == "jejak.json" and facts is None and content is not None:
                facts = _facts(content)
                _check_manifest(facts, under_way.kind)
            elif facts is None:
                raise Damaged("it does not begin with jejak.json, so it is no archive of ours")
            elif content is None:
                continue
            elif folder == "attachments":
                _keep_file(under_way, name, content)
            elif folder == "statements":
                for raw in _records(content) if name.endswith(".json-seq") else _lines(content):
                    _take(under_way, raw)
                _flush(under_way)
                _drop_files(under_way)
            elif folder == "documents" and name.endswith(".json"):
                facts = _facts(content)
            elif folder == "documents":
                _put(under_way, facts, content.read())
            elif member.name == "end.json":
                under_way.done.whole = True


def _facts(content: IO[bytes]) -> Any:
    try:
        return json.loads(content.read(_MEMORY))
    except ValueError:
        return {}


def _check_manifest(facts: Any, kind: str) -> None:
    said = facts if isinstance(facts, dict) else {}
    if said.get("format") != FORMAT:
        raise Damaged(f"its format is {said.get('format')!r}; this version reads {FORMAT!r}")
    if said.get("store", kind) != kind:
        told = f"this archive is of a {said['store']} store, and was to go into the {kind} store"
        raise Refused(Problem("store", told))


def _records(content: IO[bytes]) -> Iterator[bytes]:
    for record in content.read(LONGEST).split(_SEPARATOR):
        if record := record.strip():
            yield record


def _keep_file(under_way: _Import, sha2: str, content: IO[bytes]) -> None:
    """Hold an attachment for the statements to come; not so where it is not what it is called."""
    digest = _DIGESTS.get(len(sha2), hashlib.sha256)()
    file: Any = SpooledTemporaryFile(max_size=_MEMORY)  # noqa: SIM115
    with ExitStack() as unless_kept:
        unless_kept.callback(file.close)
        while data := content.read(_CHUNK):
            digest.update(data)
            file.write(data)
        if digest.hexdigest() == sha2 and sha2 not in under_way.files:
            under_way.files[sha2] = file
            unless_kept.pop_all()


def _drop_files(under_way: _Import) -> None:
    while under_way.files:
        under_way.files.popitem()[1].close()


def _put(under_way: _Import, facts: Any, content: bytes) -> None:
    """Let a document stand where there is none; what stands there is the newer."""
    try:
        what, needs = _KINDS[facts["kind"]]
        agent, activity = facts.get("agent"), facts.get("activity")
        if needs != {"agent", "activity"} & facts.keys():
            raise ValueError("whose it is")
        if agent is not None and not check.sound_agent(agent):
            raise ValueError("agent")
        if activity is not None and not lexical.is_iri(activity):
            raise ValueError("activity")
        if not _content_type(facts["contentType"]) or not facts["name"]:
            raise ValueError("contentType or name")
        registration = uuid.UUID(facts["registration"]).bytes if "registration" in facts else None
        if not lexical.is_timestamp(facts["updated"]):
            raise ValueError("updated")
        updated = lexical.micros(facts["updated"])
        owner = documents.owner(under_way.place, facts["kind"], activity, agent)
        where = documents.place(under_way.place, owner, registration, facts["name"], what)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        told = f"a document was left out, since this of it cannot be read: {error}"
        under_way.done.problems.append(Problem("", told))
        return
    absent, kind = Condition(none_match="*"), facts["contentType"]
    with under_way.database.read() as connection:
        digest = erasure.place_digest(*where.key[1:])
        gone = erasure.remembered(connection, where.store_id, erasure.DOCUMENT, [digest])
    if updated <= gone.get(digest, -1):
        under_way.done.documents_present += 1  # it was here, and was erased since
        return
    try:
        under_way.database.write(lambda c: documents.put(c, where, kind, content, updated, absent))
    except PreconditionFailed:
        under_way.done.documents_present += 1
    else:
        under_way.done.documents += 1


# Into the store


def _take(under_way: _Import, raw: bytes) -> None:
    """Put a statement to those that wait, and store them where they are enough."""
    under_way.seen += 1
    try:
        tree = parse(raw)
    except Refused:
        tree = None
    if tree is None:
        _flush(under_way)
        _store(under_way, raw, 1, [], versions.V1)
        under_way.told(1)
        return
    if isinstance(tree, dict) and tree:
        if "id" not in tree:
            raw = _named(raw, under_way.place.salt, under_way.seen)
            tree = parse(raw)
        identity = str(tree["id"]).lower()
        if identity in under_way.ids:
            _flush(under_way)
        under_way.ids.add(identity)
    under_way.waiting.append((raw, tree, _version(tree)))
    under_way.size += len(raw)
    if len(under_way.waiting) >= BATCH or under_way.size >= BATCH_BYTES:
        _flush(under_way)


def _named(raw: bytes, salt: bytes, number: int) -> bytes:
    """A statement with an id that it gets again each time the same file is read."""
    digest = hashlib.blake2b(b"%d\n%s" % (number, raw), digest_size=16, key=salt).digest()
    identity = uuid.UUID(bytes=digest, version=4)
    return b'{"id":"%s",' % str(identity).encode() + raw.lstrip()[1:]


def _version(tree: Any) -> Version:
    """The version by whose rules a statement is sound: the one it says, else the other."""
    said = tree.get("version", "") if isinstance(tree, dict) else ""
    first, second = versions.V1, versions.V2
    if isinstance(said, str) and said.startswith("2"):
        first, second = second, first
    sound = isinstance(tree, dict) and not check.sound(tree, first) and check.sound(tree, second)
    return second if sound else first


def _flush(under_way: _Import) -> None:
    """Store what waits, in runs of one version."""
    waiting, under_way.waiting = under_way.waiting, []
    under_way.ids, under_way.size = set(), 0
    while waiting:
        version = waiting[0][2]
        count = next((n for n, each in enumerate(waiting) if each[2] != version), len(waiting))
        run, waiting = waiting[:count], waiting[count:]
        body = b"[%s]" % b",".join(raw for raw, _, _ in run)
        _store(under_way, body, len(run), [tree for _, tree, _ in run], version)
        under_way.told(len(run))


def _store(under_way: _Import, body: bytes, count: int, trees: list[Any], version: Version) -> None:
    """Store so many statements, and set aside those that are refused."""
    database, done = under_way.database, under_way.done
    with ExitStack() as files:
        try:
            batch = intake.examine(
                body,
                _parts(under_way, trees, files),
                version=version,
                principal=under_way.principal,
                place=under_way.place,
                defines=True,
            )
            stored, present = database.write(lambda c: _write_batch(c, batch))
        except (intake.Rejected, intake.Clash) as error:
            kept = error
            database.write(lambda c: intake.keep(c, kept))
            done.refused += count
            return
    done.stored += stored
    done.present += present
    done.refused += count - stored - present


def _write_batch(connection: Connection, batch: intake.Batch) -> tuple[int, int]:
    """How many of a batch were stored, and how many were there."""
    before = rows.taken(connection, batch.place.id, [each.id for each in batch.statements])
    ids = intake.store(connection, batch).ids
    present = sum(uuid.UUID(each).bytes in before for each in ids)
    return len(ids) - present, present


def _parts(under_way: _Import, trees: Iterable[Any], files: ExitStack) -> list[Part]:
    """The attachments of these statements: of the archive, or kept already."""
    found: dict[str, Part] = {}
    for tree in trees:
        if not isinstance(tree, dict):
            continue
        for _, attachment in attachments_of(tree):
            sha2 = str(attachment.get("sha2")).lower()
            if sha2 not in found and len(sha2) in _DIGESTS and not sha2.strip("0123456789abcdef"):
                part = _part(under_way, sha2, files)
                found |= {} if part is None else {sha2: part}
    return list(found.values())


def _part(under_way: _Import, sha2: str, files: ExitStack) -> Part | None:
    file = under_way.files.get(sha2)
    if file is None:
        with under_way.database.read() as connection:
            return refusals.kept_part(connection, under_way.place.id, sha2, "", files)
    digest, length = hashlib.sha256(), 0
    file.seek(0)
    while data := file.read(_CHUNK):
        digest.update(data)
        length += len(data)
    return Part(digest.hexdigest(), sha2, "", length, file, {})
