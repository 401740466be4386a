"""Attachments: multipart/mixed in and out (Communication 1.5.2, Data 2.4.11)."""

import json
import tracemalloc
from collections.abc import Iterable
from hashlib import sha256, sha384, sha512
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.errors import JejakError, Problem, Refused, TooLarge
from lrs.xapi.attachments import (
    LONGEST_SIGNATURE,
    MOST_PARTS,
    SIGNATURE,
    Part,
    StoredPart,
    check_parts,
    new_boundary,
    read_multipart,
    write_multipart,
)

BOUNDARY = "-------314159265358979323846"
MIXED = f"multipart/mixed; boundary={BOUNDARY}"
TEXT = b"here is a simple attachment"


def part(content: bytes, *headers: str, sha2: str | None = None) -> bytes:
    """One attachment on the wire; `headers` take the place of the usual ones."""
    lines = headers or (
        "Content-Type: text/plain",
        "Content-Transfer-Encoding: binary",
        f"X-Experience-API-Hash: {sha2 or sha256(content).hexdigest()}",
    )
    return "\r\n".join([*lines, "", ""]).encode() + content


def body(*parts: bytes, statements: bytes = b"{}") -> bytes:
    line = b"--" + BOUNDARY.encode()
    first = b"Content-Type: application/json\r\n\r\n" + statements
    return b"".join(line + b"\r\n" + each + b"\r\n" for each in (first, *parts)) + line + b"--\r\n"


class Trickle:
    """A stream that gives few bytes at a time."""

    def __init__(self, content: bytes, step: int) -> None:
        self._file, self._step = BytesIO(content), step

    def read(self, size: int, /) -> bytes:
        return self._file.read(min(size, self._step))


def read(
    content: bytes, kind: str = MIXED, limit: int = 1_000_000, step: int = 65536
) -> tuple[bytes, list[Part]]:
    return read_multipart(Trickle(content, step), kind, limit=limit, memory=1000)


def refusal(content: bytes, kind: str = MIXED) -> str:
    with pytest.raises(Refused) as refused:
        read(content, kind)
    return str(refused.value)


def attachment(content: bytes = TEXT, **changes: Any) -> dict[str, Any]:
    return {
        "usageType": "http://example.com/attachment-usage/test",
        "display": {"en-US": "A test attachment"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha256(content).hexdigest(),
    } | changes


# Reading


def test_the_example_of_the_standard() -> None:
    """Communication 1.5.2: quoted boundary of odd signs, no space after the colons."""
    kind = 'multipart/mixed; boundary="abcABC0123\'()+_,-./:=?"'
    line = b"\r\n--abcABC0123'()+_,-./:=?"
    digest = "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a"
    content = (
        line
        + b'\r\nContent-Type:application/json\r\n\r\n{"a": 1.0}'
        + line
        + b"\r\nContent-Type:text/plain\r\nContent-Transfer-Encoding:binary\r\n"
        + b"X-Experience-API-Hash:"
        + digest.encode()
        + b"\r\n\r\n"
        + TEXT
        + line
        + b"--"
    )
    statements, [only] = read(content, kind)
    assert statements == b'{"a": 1.0}'
    assert (only.sha2, only.declared, only.content_type, only.length) == (
        digest,
        digest,
        "text/plain",
        27,
    )
    assert only.file.read() == TEXT
    assert only.headers["content-transfer-encoding"] == "binary"


def test_a_multipart_body_may_hold_no_attachments() -> None:
    assert read(body(statements=b"[]")) == (b"[]", [])


@pytest.mark.parametrize("digest", [sha256, sha384, sha512])
def test_the_length_of_a_hash_tells_its_kind(digest: Any) -> None:
    """Communication 1.5.2: senders SHOULD use SHA-256, SHA-384 or SHA-512."""
    declared = digest(TEXT).hexdigest()
    _, [only] = read(body(part(TEXT, sha2=declared.upper())))
    assert only.declared == declared
    assert only.sha2 == sha256(TEXT).hexdigest()


def test_binary_is_assumed() -> None:
    """Communication 1.5.2: an LRS SHOULD assume a Content-Transfer-Encoding of binary."""
    _, [only] = read(body(part(TEXT, f"X-Experience-API-Hash: {sha256(TEXT).hexdigest()}")))
    assert only.content_type == ""


def test_preamble_and_epilogue_are_no_parts() -> None:
    """RFC 2046 §5.1.1."""
    whole = b"This is a multipart message.\r\n" + body(part(TEXT)) + b"\r\nand more\r\n--x"
    _, [only] = read(whole)
    assert only.file.read() == TEXT


def test_parts_share_a_file_and_do_not_disturb_each_other() -> None:
    contents = [bytes([letter]) * 3000 for letter in b"abc"] + [b""]
    _, parts = read(body(*map(part, contents)))
    assert [(each.file.read(10), each.file.tell()) for each in parts[:3]] == [
        (b"aaaaaaaaaa", 10),
        (b"bbbbbbbbbb", 10),
        (b"cccccccccc", 10),
    ]
    parts[0].file.close()
    assert [each.file.read() for each in parts[1:]] == [b"b" * 2990, b"c" * 2990, b""]
    parts[1].file.seek(2999)
    assert parts[1].file.read() == b"b"


def test_a_large_attachment_does_not_enter_memory() -> None:
    size, piece = 64 * 1024 * 1024, bytes(64 * 1024)
    digest = sha256()
    for _ in range(size // len(piece)):
        digest.update(piece)
    whole = body(part(b"@", sha2=digest.hexdigest()))
    before, after = whole.split(b"@")

    class Long:
        given: Iterable[bytes] = iter([before, *[piece] * (size // len(piece)), after])

        def read(self, _: int, /) -> bytes:
            return next(iter(self.given), b"")

    tracemalloc.start()
    try:
        _, [only] = read_multipart(Long(), MIXED, limit=2 * size, memory=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
    assert only.length == size


@given(
    st.lists(st.binary(max_size=60) | st.text("\r\n-3.14b").map(str.encode), max_size=4),
    st.integers(1, 80),
)
@settings(max_examples=150)
def test_what_is_written_is_read_whatever_the_pieces(contents: list[bytes], step: int) -> None:
    stored = [
        StoredPart(sha256(content).hexdigest(), "text/plain", len(content), [content])
        for content in contents
    ]
    for boundary in (new_boundary(), "-3.14"):
        if any(f"\r\n--{boundary}".encode() in b"\r\n" + content for content in contents):
            continue
        whole = b"".join(write_multipart([b'{"more":', b'""}'], stored, boundary))
        statements, parts = read(whole, f"multipart/mixed; boundary={boundary}", step=step)
        assert statements == b'{"more":""}'
        assert [each.file.read() for each in parts] == contents


# Refusing


@pytest.mark.parametrize(
    "kind",
    ["application/json", "multipart/form-data; boundary=x", "text/plain", "", ";", "multipart"],
)
def test_other_kinds_of_body_are_refused(kind: str) -> None:
    """XAPI-00127: 400, not 415."""
    assert "multipart/mixed" in refusal(body(), kind)


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/mixed",
        "multipart/mixed;",
        "multipart/mixed; boundary=",
        'multipart/mixed; boundary=""',
        f"multipart/mixed; boundary={'x' * 71}",
        'multipart/mixed; boundary="a b "',
        'multipart/mixed; boundary="a\\"b"',
        "multipart/mixed; boundary=é",
    ],
)
def test_a_body_without_a_boundary_is_refused(kind: str) -> None:
    """XAPI-00131, RFC 2046 §5.1.1."""
    assert "boundary" in refusal(body(), kind)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "does not begin any line"),
        (b"{}", "does not begin any line"),
        (body().replace(b"\r\n", b"\n"), "CR LF"),
        (b"x" * 100_000 + body(), "does not begin any line"),
        (f"--{BOUNDARY}--\r\n".encode(), "no parts"),
        (f"--{BOUNDARY}\r\n\r\n".encode(), "Content-Type is missing"),
        (body()[:-4], "stops before its closing line"),
        (body(part(TEXT))[:-6], "stops before its closing line"),
        (body(part(TEXT))[:100], "stops before its closing line"),
        (f"--{BOUNDARY}\r\nContent-Ty".encode(), "stops before its closing line"),
        (f"--{BOUNDARY}\r\nno header\r\n\r\n".encode(), "cannot be read"),
        (f"--{BOUNDARY}\r\nA: {'x' * 9000}".encode(), "header size"),
        (f"--{BOUNDARY}\r\n{'x' * 9000}".encode(), "header size"),
        (f"--{BOUNDARY}\r\n".encode() + b"A: b\r\n" * 33, "header"),
        (f"--{BOUNDARY}\r\n".encode() + b"A: b\r\na: c\r\n", "header a twice"),
        (f"--{BOUNDARY}\r\n".encode() + b"A: b\x00c\r\n", "control characters"),
        (f"--{BOUNDARY}junk\r\n".encode(), "cannot be read"),
        (body().replace(b"application/json", b"text/plain"), "Content-Type is text/plain"),
        (
            body().replace(b"json", b"json\r\nContent-Transfer-Encoding: base64"),
            "encoded as base64",
        ),
        (body(b"Content-Type: application/json\r\n\r\n{}"), "Statements go into the first part"),
        (body(part(TEXT, "Content-Type: text/plain")), "no X-Experience-API-Hash"),
        (body(part(TEXT, sha2="0" * 64)), f"hash to {sha256(TEXT).hexdigest()}"),
        (body(part(TEXT, sha2=sha512(b"").hexdigest())), "hash to"),
        (body(part(TEXT, sha2="z" * 64)), "is no SHA-2"),
        (body(part(TEXT, sha2="abc")), "is no SHA-2"),
        (body(part(TEXT, "Content-Transfer-Encoding: base64")), "encoding is base64"),
        (
            body(
                part(
                    TEXT,
                    f"X-Experience-API-Hash: {sha256(TEXT).hexdigest()}",
                    "Content-Length: 28",
                )
            ),
            "it has 27 bytes",
        ),
        (body(*[part(b"")] * MOST_PARTS), f"no more than {MOST_PARTS}"),
    ],
)
def test_hostile_and_half_bodies_are_refused(content: bytes, why: str) -> None:
    for step in (1 if len(content) < 2000 else 1000, 65536):
        with pytest.raises(Refused) as refused:
            read(content, step=step)
        assert why.lower() in str(refused.value).lower()


def test_limits_name_their_settings() -> None:
    with pytest.raises(TooLarge, match="JEJAK_ATTACHMENT_LIMIT"):
        read(body(part(TEXT)), limit=100)
    with pytest.raises(TooLarge, match="JEJAK_BODY_LIMIT"):
        read_multipart(BytesIO(body()), MIXED, limit=1000, memory=10, body_limit=1)


WHOLE = body(part(TEXT), part(b"\r\n--" * 9), statements=b'[{"a":"b"}]')


def read_or_refused(content: bytes, kind: str = MIXED) -> bool:
    try:
        statements, parts = read(content, kind)
    except JejakError as error:
        return not str(error)
    for each in parts:
        assert sha256(each.file.read()).hexdigest() == each.sha2
    return isinstance(statements, bytes)


@pytest.mark.parametrize("length", range(len(WHOLE) - 2))
def test_a_body_cut_off_anywhere_is_refused(length: int) -> None:
    assert not read_or_refused(WHOLE[:length])


@given(st.integers(0, len(WHOLE)), st.integers(0, 9), st.binary(max_size=9))
def test_a_changed_body_is_read_or_refused(place: int, cut: int, put: bytes) -> None:
    read_or_refused(WHOLE[:place] + put + WHOLE[place + cut :])


@given(st.binary(), st.binary())
def test_any_bytes_are_read_or_refused(head: bytes, headers: bytes) -> None:
    read_or_refused(head)
    line = f"\r\n--{BOUNDARY}".encode()
    read_or_refused(head + line + b"\r\n" + headers + line + head + line + b"--")


@given(st.text())
def test_any_content_type_is_read_or_refused(kind: str) -> None:
    read_or_refused(WHOLE, kind)
    read_or_refused(WHOLE, "multipart/mixed; boundary=" + kind)


# Parts against statements


def problems(*trees: dict[str, Any], parts: Iterable[bytes] = ()) -> list[Problem]:
    return check_parts(list(trees), read(body(*parts))[1])


def test_parts_and_attachments_that_belong_together() -> None:
    """Data 2.4.11: also in a SubStatement, also shared, also of another hash."""
    other = b"other"
    assert not problems(
        {"attachments": [attachment()]},
        {"attachments": [attachment(sha2=sha256(TEXT).hexdigest().upper())]},
        {"object": {"attachments": [attachment(other, sha2=sha512(other).hexdigest())]}},
        {"attachments": [attachment(b"far away", fileUrl="http://over.there.com/file.txt")]},
        parts=[part(TEXT), part(other, sha2=sha512(other).hexdigest())],
    )


def test_json_may_carry_attachments_by_file_url_only() -> None:
    """Communication 1.5.1, XAPI-00129."""
    assert not check_parts([{"attachments": [attachment(fileUrl="http://a.b/c")]}], [])
    [problem] = check_parts([{}, {"attachments": [attachment()]}], [])
    assert (problem.path, problem.index) == ("attachments[0].sha2", 1)
    assert "no fileUrl" in problem.message


def test_a_signature_is_always_sent() -> None:
    """Data 2.6, XAPI-00115: a fileUrl does not stand in for a signature."""
    signature = attachment(usageType=SIGNATURE, fileUrl="http://a.b/c")
    [problem] = check_parts([{"object": {"attachments": [signature]}}], [])
    assert problem.path == "object.attachments[0].sha2"
    assert problem.clause == "Data 2.6"


def test_a_huge_signature_is_refused_before_it_is_read() -> None:
    huge = Part("a" * 64, "a" * 64, "", LONGEST_SIGNATURE + 1, BytesIO(), {})
    signature = attachment(usageType=SIGNATURE, sha2="a" * 64)
    [problem] = check_parts([{"attachments": [signature]}], [huge])
    assert problem.path == "attachments[0]"


def test_a_part_that_no_statement_describes() -> None:
    """XAPI-00128."""
    [problem] = problems({"attachments": [attachment()]}, parts=[part(TEXT), part(b"excess")])
    assert sha256(b"excess").hexdigest() in problem.message


def test_one_hash_is_not_matched_by_another_kind() -> None:
    """Communication 1.5.2: parameters and properties MUST match; contents are kept by them."""
    tree = {"attachments": [attachment()]}
    assert len(problems(tree, parts=[part(TEXT, sha2=sha512(TEXT).hexdigest())])) == 2


def test_a_missing_part() -> None:
    [problem] = problems(
        {"attachments": [attachment(), attachment(b"missing")]}, parts=[part(TEXT)]
    )
    assert problem.path == "attachments[1].sha2"


def test_content_type_of_part_and_attachment_match() -> None:
    """Communication 1.5.2: parameters and properties MUST match."""
    tree = {"attachments": [attachment(contentType="image/jpeg")]}
    [problem] = problems(tree, parts=[part(TEXT)])
    assert problem.path == "attachments[0].contentType"
    tree = {"attachments": [attachment(contentType='TEXT/plain;Charset="ascii"')]}
    headers = (
        "Content-Type: text/plain; charset=ascii",
        f"X-Experience-API-Hash: {sha256(TEXT).hexdigest()}",
    )
    assert not problems(tree, parts=[part(TEXT, *headers)])


def test_content_length_of_part_and_attachment_match() -> None:
    headers = ("Content-Length: 27", f"X-Experience-API-Hash: {sha256(TEXT).hexdigest()}")
    [problem] = problems({"attachments": [attachment(length=28)]}, parts=[part(TEXT, *headers)])
    assert problem.path == "attachments[0].length"


def test_the_hash_decides_where_only_the_statement_names_a_length() -> None:
    """The suite posts a picture in hexadecimal, hashed so, with the length of the binary."""
    assert not problems({"attachments": [attachment(length=13)]}, parts=[part(TEXT)])


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3) | st.just(sha256(TEXT).hexdigest()),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from([*attachment(), "attachments", "object"]), inner)
        ),
    )
)
def test_any_tree_can_be_checked(tree: Any) -> None:
    json.dumps([problem.facts() for problem in problems({"object": tree, "attachments": [tree]})])
    problems({"attachments": tree}, parts=[part(TEXT)])
