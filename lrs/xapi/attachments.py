"""Attachments on the wire: multipart/mixed in and out, and parts against statements.

The first part holds the statements, each other part the raw bytes of one attachment, known by
its SHA-2 alone (xAPI 1.0.3, Communication 1.5.2; Data 2.4.11). Reading streams: bytes are hashed
as they pass and spooled to a temporary file, so that memory does not follow the sender.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import SEEK_CUR, SEEK_END, SEEK_SET, BufferedReader, RawIOBase
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, Protocol

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from lrs.errors import Problem, Refused, TooLarge

MULTIPART = "Communication 1.5.2"
ATTACHMENTS = "Data 2.4.11"
SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"

CHUNK = 64 * 1024
MOST_PARTS = 1000
MOST_HEADERS = 32
LONGEST_HEADER = 8 * 1024
LONGEST_PREAMBLE = 8 * 1024
LONGEST_BOUNDARY = 70
# A signature is read into memory, unlike other attachments.
LONGEST_SIGNATURE = 16 * 1024 * 1024

# What a hash may be is told by its length in hexadecimal.
_digests = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}
_hexadecimal = re.compile(r"[0-9a-f]+", re.ASCII | re.IGNORECASE)
_printable = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_parameter = re.compile(r';\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))')
_escaped = re.compile(r"\\(.)")
_boundary = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]*[0-9A-Za-z'()+_,\-./:=?]")


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes of one attachment, as they came in.

    `declared` is the hash the sender gave and we checked, by which statements speak of them;
    `sha2` is always the SHA-256 (the same for most senders). Both are lower-case hexadecimal.
    `content_type` is empty where the sender gave none. `file` may be read as often as needed;
    all files of a request share one spool and one thread. `headers` has lower-case keys.
    """

    sha2: str
    declared: str
    content_type: str
    length: int
    file: BinaryIO
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class StoredPart:
    """The bytes of one attachment, on their way out.

    `sha2` is the hash as the statements spell it; `content_type` may be empty. The length is
    not sent: senders misstate it in statements, and a header that differed from the statement
    would be the breach (Communication 1.5.2: parameters and properties MUST match).
    """

    sha2: str
    content_type: str
    length: int
    chunks: Iterable[bytes]


class Broken(Refused):
    """A multipart body that cannot be read; `statements` is what came of its first part."""

    def __init__(self, problems: Sequence[Problem], statements: bytes) -> None:
        super().__init__(problems)
        self.statements = statements


class Stream(Protocol):
    """Where a body is read from: at most `size` bytes at a time, b"" at its end."""

    def read(self, size: int, /) -> bytes: ...


def read_multipart(
    stream: Stream, content_type: str, *, limit: int, memory: int, body_limit: int | None = None
) -> tuple[bytes, list[Part]]:
    """The statements, still JSON, and the attachments of one multipart/mixed body.

    `limit` is the most bytes of the whole body, `body_limit` of the statements alone (the same
    where None), `memory` what all attachments together may hold in memory before they go to
    disk. A part sent twice is given twice. Raises Refused where the type is not multipart/mixed
    with a boundary; Broken where the body is not whole, or a part is not what its headers say;
    TooLarge over a limit.
    """
    boundary = _boundary_of(content_type)
    body = _Body(memory, limit if body_limit is None else body_limit)
    try:
        _feed(stream, boundary, body, limit)
    except Refused as error:
        body.spool.close()
        raise Broken(error.problems, bytes(body.statements)) from error
    except BaseException:
        body.spool.close()
        raise
    if not body.parts:
        body.spool.close()
    return bytes(body.statements), body.parts


def check_parts(trees: list[dict[str, Any]], parts: Iterable[Part]) -> list[Problem]:
    """What is wrong between statements and the parts that came with them; `index` is in `trees`.

    Every attachment without a fileUrl, and every signature, needs a part whose
    X-Experience-API-Hash is its `sha2`, in the same kind of hash; every part needs an
    attachment; a part's Content-Type and Content-Length must be the attachment's `contentType`
    and `length` (Communication 1.5.2). The number of bytes is not held against `length`: the
    hash has vouched for them, and ADL's suite demands that such a batch be taken.
    """
    offered: dict[str, list[Part]] = {}
    for part in parts:
        offered.setdefault(part.declared, []).append(part)
    used: set[str] = set()
    problems: list[Problem] = []
    for index, tree in enumerate(trees):
        for path, attachment in attachments_of(tree):
            sha2 = attachment.get("sha2")
            fitting = offered.get(sha2.lower(), []) if isinstance(sha2, str) else []
            used.update(each.declared for each in fitting)
            signature = attachment.get("usageType") == SIGNATURE
            if signature and any(part.length > LONGEST_SIGNATURE for part in fitting):
                message = f"no signature needs more than {LONGEST_SIGNATURE} bytes, this has more."
                problems.append(Problem(path, message, "Data 2.6", index))
            elif fitting:
                problems += _disagreements(index, path, attachment, fitting)
            elif signature:
                message = (
                    f"this signature has sha2 {sha2} and no part carries those bytes. "
                    "Send the signature itself as a part of a multipart/mixed request."
                )
                problems.append(Problem(f"{path}.sha2", message, "Data 2.6", index))
            elif "fileUrl" not in attachment:
                message = (
                    f"this attachment has no fileUrl, and no part carries bytes of sha2 {sha2}. "
                    "Send them as a part of a multipart/mixed request, or give a fileUrl."
                )
                problems.append(Problem(f"{path}.sha2", message, MULTIPART, index))
    for declared in offered:
        if declared not in used:
            message = (
                f"A part with the hash {declared} belongs to no attachment of any "
                "statement. Describe it in `attachments`, or leave it out."
            )
            problems.append(Problem("", message, MULTIPART))
    return problems


def attachments_of(tree: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each attachment of a statement and of its SubStatement, with its path."""
    inner = tree.get("object")
    holders = [("", tree)] + ([("object.", inner)] if isinstance(inner, dict) else [])
    for path, holder in holders:
        listed = holder.get("attachments")
        if isinstance(listed, list):
            for place, attachment in enumerate(listed):
                if isinstance(attachment, dict):
                    yield f"{path}attachments[{place}]", attachment


def new_boundary() -> str:
    """A boundary that no content can be expected to hold: 128 random bits."""
    return f"jejak-{secrets.token_hex(16)}"


def write_multipart(
    statements_json: Iterable[bytes], parts: Iterable[StoredPart], boundary: str
) -> Iterator[bytes]:
    """The body of a multipart/mixed answer, as it is sent (Communication 1.5.2).

    The caller names the same `boundary` in the Content-Type header, and gives each attachment
    once however many statements share it.
    """
    line = f"--{boundary}".encode()
    yield line + b"\r\nContent-Type: application/json\r\n\r\n"
    yield from statements_json
    for part in parts:
        kind = f"Content-Type: {part.content_type}\r\n" if part.content_type else ""
        headers = (
            f"{kind}Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {part.sha2}\r\n"
        )
        yield b"\r\n" + line + b"\r\n" + headers.encode("latin-1") + b"\r\n"
        yield from part.chunks
    yield b"\r\n" + line + b"--\r\n"


def _disagreements(
    index: int, path: str, attachment: dict[str, Any], parts: list[Part]
) -> Iterator[Problem]:
    """Where no part of the right hash has the headers that the attachment asks for."""
    kind, length = attachment.get("contentType"), attachment.get("length")
    kinds = [part.content_type for part in parts]
    if isinstance(kind, str) and all(given and _media(given) != _media(kind) for given in kinds):
        message = (
            f"the attachment says {kind}, the Content-Type of its part says {kinds[0]}. "
            "Make them the same."
        )
        yield Problem(f"{path}.contentType", message, MULTIPART, index)
    lengths = [part.length for part in parts if "content-length" in part.headers]
    if len(lengths) == len(parts) and length not in lengths:
        message = (
            f"the attachment says {length}, the Content-Length of its part says {lengths[0]}. "
            "Make them the same."
        )
        yield Problem(f"{path}.length", message, MULTIPART, index)


def _media(content_type: str) -> tuple[str, dict[str, str]]:
    """Type and parameters of a content type, comparable: case, spaces, quotes, order aside."""
    kind, _, rest = content_type.partition(";")
    return kind.strip().lower(), {
        name.lower(): bare.strip() if bare is not None else _escaped.sub(r"\1", quoted)
        for name, quoted, bare in (found.groups() for found in _parameter.finditer(f";{rest}"))
    }


def _boundary_of(content_type: str) -> bytes:
    kind, parameters = _media(content_type)
    if kind != "multipart/mixed":
        # A 400 and not a 415: the suites of both versions say so for multipart/form-data.
        message = (
            f"a body of type {kind[:100]!r} is not read here. Send statements with "
            "attachments as multipart/mixed, others as application/json."
        )
        raise Refused(Problem("Content-Type", message, MULTIPART))
    boundary = parameters.get("boundary", "")
    if not boundary:
        message = "it names no boundary. Add `; boundary=` and the line that parts the parts."
        raise Refused(Problem("Content-Type", message, MULTIPART))
    if len(boundary) > LONGEST_BOUNDARY or not _boundary.fullmatch(boundary):
        message = (
            f"its boundary {boundary[:80]!r} is not one. RFC 2046 allows 1 to 70 letters, "
            "digits and '()+_,-./:=? signs."
        )
        raise Refused(Problem("Content-Type", message, MULTIPART))
    return boundary.encode("ascii")


def _feed(stream: Stream, boundary: bytes, body: "_Body", limit: int) -> None:
    """Every byte of the stream through the parser; what stands before the first line is dropped.

    The parser wants the boundary first, RFC 2046 §5.1.1 allows a preamble: so the first boundary
    line is looked for here.
    """
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": body.part_begins,
            "on_header_field": body.header_name,
            "on_header_value": body.header_value,
            "on_header_end": body.header_ends,
            "on_headers_finished": body.headers_end,
            "on_part_data": body.data,
            "on_part_end": body.part_ends,
            "on_end": body.ends,
        },
        max_header_count=MOST_HEADERS,
        max_header_size=LONGEST_HEADER,
    )
    first = b"\r\n--" + boundary
    # The delimiter's line end may also be the start of the body.
    preamble: bytes | None = b"\r\n"
    seen = 0
    while chunk := stream.read(CHUNK):
        seen += len(chunk)
        if seen > limit:
            raise TooLarge("The request body", limit, "JEJAK_ATTACHMENT_LIMIT")
        if preamble is not None:
            preamble += chunk
            start = preamble.find(first)
            if start < 0:
                if len(preamble) > LONGEST_PREAMBLE:
                    break
                continue
            chunk, preamble = preamble[start + 2 :], None
        try:
            parser.write(chunk)
        except MultipartParseError as error:
            message = (
                f"the body cannot be read after part {body.count}: {str(error).rstrip('.')}. "
                "Lines of a multipart body end in CR LF."
            )
            raise Refused(Problem("", message, MULTIPART)) from error
    if preamble is not None:
        message = (
            f"the boundary --{boundary.decode()} does not begin any line of the body. Begin each "
            "part with the boundary that the Content-Type header names; lines end in CR LF."
        )
        raise Refused(Problem("", message, MULTIPART))
    if not body.ended:
        message = (
            f"the body stops before its closing line --{boundary.decode()}--, in or after part "
            f"{body.count}. It was cut off on the way; send it again whole."
        )
        raise Refused(Problem("", message, MULTIPART))
    if not body.count:
        message = "the body has no parts. The first must hold the statements as application/json."
        raise Refused(Problem("", message, MULTIPART))


@dataclass(slots=True)
class _Body:
    """What the parser's calls add up to. Part 1 goes to memory, the others to the spool."""

    memory: int
    body_limit: int
    statements: bytearray = field(default_factory=bytearray)
    parts: list[Part] = field(default_factory=list)
    count: int = 0
    ended: bool = False
    spool: "_Spool" = field(init=False)
    name: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    headers: dict[str, str] = field(default_factory=dict)
    start: int = 0
    declared: str = ""
    hashes: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spool = _Spool(self.memory)

    def refuse(self, message: str) -> Refused:
        return Refused(Problem("", f"part {self.count}: {message}", MULTIPART))

    def part_begins(self) -> None:
        self.count += 1
        self.headers, self.hashes = {}, []
        if self.count > MOST_PARTS:
            raise self.refuse(f"no more than {MOST_PARTS} are read. Send fewer at a time.")

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self.name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def header_ends(self) -> None:
        name, value = self.name.decode("ascii").lower(), self.value.decode("latin-1").strip()
        self.name.clear()
        self.value.clear()
        if name in self.headers:
            raise self.refuse(f"it has the header {name} twice. Send it once.")
        if not _printable.fullmatch(value):
            raise self.refuse(f"its header {name} has control characters. Leave them out.")
        self.headers[name] = value

    def headers_end(self) -> None:
        encoding = self.headers.get("content-transfer-encoding", "binary").lower()
        if self.count == 1:
            kind = self.headers.get("content-type", "")
            if kind.split(";")[0].strip().lower() != "application/json":
                raise self.refuse(
                    f"its Content-Type is {kind or 'missing'}. The first part holds the "
                    "statements, as application/json."
                )
            if encoding not in ("binary", "8bit", "7bit"):
                raise self.refuse(f"statements encoded as {encoding} are not read. Send binary.")
            return
        # Absent is binary: "an LRS SHOULD assume a Content-Transfer-Encoding of binary".
        if encoding != "binary":
            raise self.refuse(
                f"its Content-Transfer-Encoding is {encoding}. Send the raw bytes, as binary."
            )
        self.declared = self.headers.get("x-experience-api-hash", "").lower()
        if not self.declared:
            raise self.refuse(
                "it has no X-Experience-API-Hash. Statements go into the first part, all of "
                "them; every other part carries the SHA-2 of its bytes in that header."
            )
        digest = _digests.get(len(self.declared))
        if digest is None or not _hexadecimal.fullmatch(self.declared):
            raise self.refuse(
                f"its X-Experience-API-Hash {self.declared[:140]} is no SHA-2 in hexadecimal "
                "(64 digits for SHA-256, 96 for SHA-384, 128 for SHA-512)."
            )
        self.hashes = [hashlib.sha256()]
        if digest is not hashlib.sha256:
            self.hashes.append(digest())
        self.start = self.spool.length

    def data(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if self.count == 1:
            if len(self.statements) + len(piece) > self.body_limit:
                raise TooLarge("The part with the statements", self.body_limit, "JEJAK_BODY_LIMIT")
            self.statements += piece
            return
        for running in self.hashes:
            running.update(piece)
        self.spool.append(piece)

    def part_ends(self) -> None:
        length = len(self.statements) if self.count == 1 else self.spool.length - self.start
        announced = self.headers.get("content-length")
        if announced is not None and announced != str(length):
            raise self.refuse(
                f"its Content-Length is {announced[:40]}, and it has {length} bytes. It was cut "
                "or changed on the way, or counted wrongly."
            )
        if self.count == 1:
            return
        found = self.hashes[-1].hexdigest()
        if found != self.declared:
            raise self.refuse(
                f"its X-Experience-API-Hash is {self.declared}, but its {length} bytes hash to "
                f"{found}. Hash the bytes as they are sent, without the line end before the "
                "boundary."
            )
        self.parts.append(
            Part(
                sha2=self.hashes[0].hexdigest(),
                declared=self.declared,
                content_type=self.headers.get("content-type", ""),
                length=length,
                file=BufferedReader(_Window(self.spool, self.start, length)),
                headers=self.headers,
            )
        )

    def ends(self) -> None:
        self.ended = True


class _Spool:
    """One temporary file for all attachments of a request.

    One and not one each: a body of many small parts would else take a file descriptor, or
    `memory`, for every part. Written first, then read; closed when the last window on it is.
    """

    def __init__(self, memory: int) -> None:
        self._file = SpooledTemporaryFile(max_size=max(memory, 1))  # noqa: SIM115
        self.length = 0
        self.windows = 0

    def append(self, piece: bytes) -> None:
        self._file.write(piece)
        self.length += len(piece)

    def read(self, start: int, size: int) -> bytes:
        self._file.seek(start)
        return self._file.read(size)

    def close(self) -> None:
        self._file.close()


class _Window(RawIOBase):
    """A stretch of a spool as a file of its own."""

    def __init__(self, spool: _Spool, start: int, length: int) -> None:
        super().__init__()
        self._spool, self._start, self._length, self._position = spool, start, length, 0
        spool.windows += 1

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        size = min(len(buffer), self._length - self._position)
        if size <= 0:
            return 0
        piece = self._spool.read(self._start + self._position, size)
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = SEEK_SET, /) -> int:
        base = {SEEK_SET: 0, SEEK_CUR: self._position, SEEK_END: self._length}[whence]
        if base + offset < 0:
            raise ValueError(f"seek to {base + offset}, before the start")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._spool.windows -= 1
            if not self._spool.windows:
                self._spool.close()
