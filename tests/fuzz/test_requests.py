"""Structured garbage in every part of a request, at every address: no answer is an error of ours.

What is fed is near what is right. `wire.hold` looks at every answer: never a 5xx, always whole,
always JSON with a sentence where it is a no.
"""

import gzip
import itertools
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from flask import Flask
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lrs.store import tables
from lrs.store.engine import Database
from tests import make
from tests.conftest import Cast
from tests.fuzz.test_hostile import with_attachment
from tests.fuzz.wire import METHODS, PATHS, VERSIONS, Reply, ask
from tests.xapi.soundness import SOUND, SOUND_2

DATA = Path(__file__).parents[1] / "data"
REAL = (DATA / "moodle_statements.jsonl").read_text().splitlines()
IDENTITY = "6e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1"
SLOT = "\u2e2e here \u2e2e"

Headers = dict[str, str]

encode = msgspec.json.Encoder(decimal_format="number").encode


def examples(count: int) -> Any:
    """Settings of a test that asks this application all its questions, so many of them."""
    return settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.fixture
def signed(cast: Cast) -> Headers:
    return {
        "Authorization": cast.key("all"),
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
    }


def post(app: Flask, signed: Headers, body: bytes, **more: str) -> Reply:
    return ask(app, "POST", "/xapi/statements", headers=signed | more, body=body)


# Statements with one member spoilt ---------------------------------------------------------------

#: What stands in the place of a member, as JSON text that may be none.
TOKENS = (
    *("null", "true", "0", "-0", "1e999999", "-1e-999999", "9" * 40, "9" * 5000, "1e" + "9" * 30),
    *(
        "NaN",
        "-Infinity",
        "01",
        "{}",
        "[]",
        "[{}]",
        "[null]",
        '""',
        '" "',
        '"\\u0000"',
        '"\\ud800"',
    ),
    *('"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"😀"', '"\u202e"', '"a", "a": "b"', '{"id":"x:y"}'),
    *("[" * 150 + "]" * 150, "[" * 100_000 + "]" * 100_000, '{"a":' * 300 + "1" + "}" * 300, "'a'"),
    *(
        "",
        "undefined",
        "1,",
        '"' + "x" * 100_000 + '"',
        f'"{IDENTITY}"',
        '"mailto:a@b.c"',
        '{"en":1}',
    ),
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> Any:
    """The path of every member and item of a tree."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in inner:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


def spoilt(text: str, path: tuple[Any, ...], token: str) -> str:
    """A statement with what stands at the path replaced by a token."""
    tree = json.loads(text)
    place = tree
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = SLOT
    return json.dumps(tree).replace(json.dumps(SLOT), token)


WIDE = json.dumps(
    make.statement(
        id=IDENTITY,
        timestamp="2026-03-02T15:00:00+07:00",
        version="1.0.0",
        actor=make.group(make.account(), mbox="mailto:team@example.org", name="team"),
        object=make.statement(
            objectType="SubStatement",
            actor=make.agent("budi"),
            object=make.activity(definition={"name": {"id": "Kursus"}, "extensions": {"x:y": 1}}),
            context={"contextActivities": {"parent": make.activity("a")}},
        ),
        result={
            "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
            "duration": "PT1.5S",
            "response": "ya",
            "success": True,
            "extensions": {"https://example.org/x": {"deep": [1, {"a": "b"}]}},
        },
        context={
            "registration": IDENTITY,
            "instructor": make.agent("guru"),
            "language": "id-ID",
            "statement": make.reference(IDENTITY),
            "contextActivities": {"grouping": [make.activity("b")], "other": []},
        },
        attachments=[
            {
                "usageType": "x:y",
                "display": {"id": "s"},
                "contentType": "text/plain",
                "length": 1,
                "sha2": "0" * 64,
                "fileUrl": "https://example.org/f",
            }
        ],
    )
)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_member_spoilt_in_every_way(
    app: Flask, signed: Headers, database: Database, version: str
) -> None:
    """Taken and given back, or refused with a reason and kept: no third thing."""
    signed |= {"X-Experience-API-Version": version}
    all_of_them = list(itertools.product(places(json.loads(WIDE)), TOKENS))
    # Of the product each version goes through an eighth, so that every place meets some tokens
    # and every token some places.
    assert len(TOKENS) % 2
    taken = refused = 0
    for path, token in all_of_them[VERSIONS.index(version) :: 8]:
        body = spoilt(WIDE.replace(IDENTITY, make.uuid4(), 1), path, token).encode()
        reply = post(app, signed, body)
        assert reply.status in (200, 400), reply
        if reply.status == 400:
            refused += 1
            assert len(reply.body) < 8192
            assert all(problem["message"] for problem in reply.json["problems"])
        else:
            taken += 1
            (name,) = reply.json
            for form in ("exact", "ids", "canonical"):
                query = f"statementId={name}&format={form}".encode()
                assert (
                    ask(app, "GET", "/xapi/statements", query=query, headers=signed).status == 200
                )
    assert taken > 10
    assert refused > 150
    with database.read() as connection:
        kept = connection.execute(select(tables.refused.c.raw)).all()
    assert len(kept) > refused * 0.9  # the same bytes are kept once


@examples(150)
@given(data=st.data())
def test_real_statements_spoilt_in_several_places(
    app: Flask, signed: Headers, data: st.DataObject
) -> None:
    text = data.draw(st.sampled_from(REAL))
    for _ in range(data.draw(st.integers(1, 3))):
        try:
            path = data.draw(st.sampled_from(list(places(json.loads(text)))))
        except (ValueError, RecursionError):
            break
        text = spoilt(text, path, data.draw(st.sampled_from(TOKENS)))
    version = data.draw(st.sampled_from(VERSIONS))
    body = text.encode(errors="surrogatepass")
    reply = post(app, signed, b"[%s]" % body, **{"X-Experience-API-Version": version})
    assert reply.status in (200, 400, 409)


@pytest.mark.parametrize("version", VERSIONS)
def test_sound_statements_are_taken_and_given_in_every_form(
    app: Flask, signed: Headers, version: str
) -> None:
    """Whatever the check lets in, storing it and forming it must manage."""
    signed |= {"X-Experience-API-Version": version}
    for _, tree in SOUND + (SOUND_2 if version == "2.0.0" else []):
        fresh = without(without(tree, "id"), "attachments")
        fresh["object"] = without(tree["object"], "attachments")
        (name,) = post(app, signed, encode(fresh)).json
        for form in ("exact", "ids", "canonical"):
            query = f"statementId={name}&format={form}&attachments=true".encode()
            assert ask(app, "GET", "/xapi/statements", query=query, headers=signed).status == 200
        activity = tree["object"].get("id", "x:y")
        query = b"activityId=" + quote(activity).encode()
        ask(app, "GET", "/xapi/activities", query=query, headers=signed)


def without(tree: make.Tree, name: str) -> make.Tree:
    return {key: value for key, value in tree.items() if key != name}


# Bodies that are no statement from the first byte on ---------------------------------------------

ENVELOPES = (
    b"",
    b" ",
    b"\xef\xbb\xbf{}",
    "{}".encode("utf-16"),
    "{}".encode("utf-32"),
    b"{}" * 2,
    b"[]]",
    b"[[]]",
    b"[[[]]]",
    b"[1]",
    b"[null]",
    b'["a"]',
    b"[{}]",
    b"\x00",
    b"{" * 50_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 50_000,
    b'"' + b"x" * 10_000_000,
    b'{"actor":"' + b"x" * 10_000_000 + b'"}',
    b'{"' + b"x" * 10_000_000 + b'":1}',
    b"[" + b"9" * 1_000_000 + b"]",
    b'{"actor":1e' + b"9" * 1_000_000 + b"}",
    b'[{"a":1},' + b" " * 10_000_000,
    b"<html>",
    b"a=b&c=d",
    bytes(range(256)),
)


@pytest.mark.parametrize("body", ENVELOPES, ids=lambda body: repr(body[:12]))
def test_bodies_that_were_never_a_statement(app: Flask, signed: Headers, body: bytes) -> None:
    for method, query in (("POST", b""), ("PUT", b"statementId=" + make.uuid4().encode())):
        reply = ask(app, method, "/xapi/statements", query=query, headers=signed, body=body)
        # MariaDB, as it comes, can set aside eight megabytes at once and no more.
        assert reply.status == (413 if b"max_allowed_packet" in reply.body else 400)
    place = b"activityId=a:b&profileId=p"
    for method in ("PUT", "POST", "GET"):
        headers = signed | {"If-None-Match": "*"} if method == "PUT" else signed
        ask(app, method, "/xapi/activities/profile", query=place, headers=headers, body=body)


def test_a_statement_cut_at_every_byte(app: Flask, signed: Headers) -> None:
    whole = json.dumps(make.statement()).encode()
    for end in range(0, len(whole), 3):
        assert post(app, signed, whole[:end]).status == 400
        assert post(app, signed, b"[%s]" % whole[:end]).status in (200, 400)  # [] is no batch


@examples(200)
@given(
    edits=st.lists(
        st.tuples(
            st.integers(0, 10**6),
            st.integers(0, 6),
            st.one_of(
                st.binary(max_size=4),
                st.sampled_from(
                    [b'"', b"\\u0000", b"{", b"]", b",", b"\xed\xa0\x80", b"\r\n", b"--B"]
                ),
            ),
        ),
        min_size=1,
        max_size=4,
    ),
    parts=st.booleans(),
    packed=st.booleans(),
)
def test_bytes_changed_anywhere(
    app: Flask, signed: Headers, edits: Any, parts: bool, packed: bool
) -> None:
    """Of JSON, of a multipart body, of a gzipped one."""
    headers = dict(signed)
    if parts:
        _, body = with_attachment('text/plain; charset="utf-8"', b"\r\n--B\r\n" * 2)
        headers["Content-Type"] = "multipart/mixed; boundary=B"
    else:
        body = json.dumps(make.statement()).encode()
    if packed:
        body = gzip.compress(body)
        headers["Content-Encoding"] = "gzip"
    for place, length, new in edits:
        at = place % (len(body) + 1)
        body = body[:at] + new + body[at + length :]
    reply = ask(app, "POST", "/xapi/statements", headers=headers, body=body)
    assert reply.status in (200, 400, 413)


# Query strings -----------------------------------------------------------------------------------

NAMES = (
    *("statementId", "voidedStatementId", "agent", "verb", "activity", "registration", "since"),
    *("until", "limit", "format", "attachments", "ascending", "related_agents", "more", "method"),
    *("related_activities", "activityId", "stateId", "profileId", "content", "Authorization"),
    *("X-Experience-API-Version", "Content-Type", "Content-Length", "If-Match", "Limit", "x", ""),
)
VALUES = (
    *(b"", b"%", b"%f", b"%ff", b"%c0%80", b"%00", b"a%00b", b"%ed%a0%80", b"%f4%90%80%80", b"+"),
    *(
        b"\xe9",
        b"\xf0\x9f\x98\x80",
        b"\xff",
        b"%u0041",
        b"%25",
        b"a;b",
        b"true",
        b"TRUE",
        b"1",
        b"-1",
    ),
    *(b"9" * 20, b"9" * 5000, b"1e3", b"0x1", b"canonical", b"ids", b"exact", b"Exact", b"null"),
    *(b"0001-01-01T00:00:00Z", b"9999-12-31T23:59:59.9Z", b"2026-02-30T00:00:00Z", b"2026-03-02"),
    *(b"2026-03-02T00:00:00+07:00", b"2026-03-02T00:00:00%2B07:00", IDENTITY.encode()),
    *(b"{%s}" % IDENTITY.encode(), IDENTITY.upper().encode(), b"a:b", b"a:" + b"x" * 20_000),
    quote(json.dumps(make.agent())).encode(),
    quote(json.dumps(make.account("a\0b"))).encode(),
    quote(json.dumps(make.group())).encode(),
    quote(json.dumps(make.group(mbox="mailto:a@b.c", name="x" * 3000))).encode(),
    *(b"{}", b"[]", b"{", b"[" * 5000, b'{"mbox":"\\ud800"}', b'{"mbox":1e99999999999999999999}'),
    *(b'{"mbox":"mailto:a@b.c","mbox":"mailto:d@e.f"}', b"GET", b"PUT", b"POST", b"DELETE"),
)
queries = st.lists(
    st.tuples(
        st.one_of(st.sampled_from([name.encode() for name in NAMES]), st.sampled_from(VALUES)),
        st.one_of(st.sampled_from(VALUES), st.binary(max_size=12)),
    ),
    max_size=4,
).map(lambda pairs: b"&".join(name + b"=" + value for name, value in pairs))

latin = st.text(st.characters(min_codepoint=1, max_codepoint=255, exclude_characters="\r\n"))
odd_headers = st.fixed_dictionaries(
    {},
    optional={
        "Authorization": st.one_of(
            latin,
            st.sampled_from(
                [
                    "Basic",
                    "Basic ",
                    "basic Og==",
                    "Basic AAAA",
                    "Basic 4oCd",
                    "Bearer",
                    "Bearer a.b.c",
                    "Bearer " + "e" * 20_000,
                    "Digest x",
                    "Basic " + "Q" * 20_000,
                    "Bearer eyJhIjoxfQ..x",
                ]
            ),
        ),
        "X-Experience-API-Version": st.one_of(
            latin,
            st.sampled_from(["1.0", "2.0.0", "1.0.3, 2.0.0", "2.1.0", "1.0.99999999999", "0.9"]),
        ),
        "If-Match": st.one_of(latin, st.sampled_from(["*", '"', '"a', 'W/"', ",,,", '"a","b"'])),
        "If-None-Match": st.one_of(latin, st.sampled_from(["*", '"a" "b"', "W/*", "," * 5000])),
        "Accept-Language": st.one_of(
            latin,
            st.sampled_from(["*", "en;q=2", "id-ID, en;q=0.5", "-", "en-" * 3000, "," * 9000]),
        ),
        "Accept": latin,
        "Accept-Encoding": st.one_of(
            latin, st.sampled_from(["gzip", "gzip;q=0", "*;q=1", "gzip,gzip"])
        ),
        "Content-Type": st.one_of(
            latin,
            st.sampled_from(
                [
                    *(
                        "",
                        ";",
                        "application/json;",
                        "application/json; charset=utf-16",
                        "text/html",
                    ),
                    *(
                        "application/json;charset",
                        "APPLICATION/JSON ; CHARSET=UTF-8",
                        "application/",
                    ),
                    *(
                        "multipart/mixed",
                        "multipart/mixed; boundary=",
                        "multipart/mixed; boundary=B",
                    ),
                    *('multipart/mixed; boundary="B', "multipart/mixed; boundary=" + "B" * 5000),
                    *('multipart/mixed; boundary="a\\"b"', "multipart/form-data; boundary=B"),
                    "application/x-www-form-urlencoded",
                ]
            ),
        ),
        "Content-Encoding": st.one_of(
            latin, st.sampled_from(["gzip", "x-gzip", "identity", "gzip, gzip", "deflate", "br"])
        ),
        "Content-Length": st.sampled_from(
            ["", "0", "1", "-1", "+1", "9" * 18, "9" * 5000, "x", "٣", "1 "]
        ),
        "Host": st.one_of(latin, st.sampled_from(["", "[", "a:b:c", "[::1]:80", "é", "x" * 300])),
        "Origin": latin,
        "Range": st.sampled_from(["bytes=0-0", "bytes=-1"]),
        "Expect": st.just("100-continue"),
        "X-HTTP-Method-Override": st.sampled_from(["DELETE", "\x01"]),
        "Transfer-Encoding": st.sampled_from(["chunked", "gzip, chunked", "x"]),
        "Cookie": latin,
    },
)
bodies = st.one_of(
    st.sampled_from(
        [
            *(b"", b"{}", b"[]", json.dumps(make.statement()).encode(), gzip.compress(b"{}")),
            gzip.compress(b"{}")[:-5],
            gzip.compress(b"{}") + b"tail",
            b"--B\r\n\r\n--B--",
            b"Content-Type=a&content={}&X-Experience-API-Version=1.0.3",
            *(b"content=%ff", b"content=%00&content=1", b"=" * 500, b"&" * 5000),
        ]
    ),
    st.binary(max_size=80),
    st.sampled_from(ENVELOPES[:12]),
)


@examples(700)
@given(
    method=st.sampled_from(METHODS),
    path=st.one_of(st.sampled_from(PATHS), st.sampled_from(PATHS[:7]), latin),
    query=queries,
    odd=odd_headers,
    body=bodies,
    in_chunks=st.booleans(),
)
def test_anything_anywhere(
    app: Flask,
    signed: Headers,
    method: str,
    path: str,
    query: bytes,
    odd: Headers,
    body: bytes,
    in_chunks: bool,
) -> None:
    assume(first(path) not in rooms(app))  # pages are tried elsewhere
    environ = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""} if in_chunks else {}
    ask(app, method, path, query=query, headers=signed | odd, body=body, environ=environ)


def first(path: str) -> str:
    return path.lstrip("/").split("/")[0]


def rooms(app: Flask) -> set[str]:
    """What paths of this service begin with that are none of those tried here."""
    return {first(str(rule)) for rule in app.url_map.iter_rules()} - {*map(first, PATHS)}


def test_a_path_that_reaches_a_page_is_known_for_one(app: Flask) -> None:
    """It was drawn once, `review/0`, and its answer held to be one of the record store's."""
    assert first("review/0") in rooms(app)
    assert not rooms(app) & {first("nothing/here"), *map(first, PATHS)}


@examples(400)
@given(
    path=st.sampled_from(PATHS[:6]),
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]),
    version=st.sampled_from(VERSIONS),
    name=st.sampled_from(NAMES),
    value=st.one_of(
        st.sampled_from(VALUES), st.binary(max_size=12).map(lambda b: quote(b).encode())
    ),
)
def test_one_parameter_at_a_time(
    app: Flask, signed: Headers, path: str, method: str, version: str, name: str, value: bytes
) -> None:
    """All the others as they should be, so that the odd one gets as deep as it can."""
    agent = quote(json.dumps(make.agent())).encode()
    right: dict[str, bytes] = {
        "/xapi/statements": b"" if method in ("GET", "HEAD", "POST") else b"statementId=%s",
        "/xapi/activities/state": b"activityId=a:b&stateId=s&agent=" + agent,
        "/xapi/activities/profile": b"activityId=a:b&profileId=p",
        "/xapi/agents/profile": b"profileId=p&agent=" + agent,
        "/xapi/agents": b"agent=" + agent,
        "/xapi/activities": b"activityId=a:b",
    }
    usual = right[path].replace(b"%s", make.uuid4().encode())
    others = [
        pair for pair in usual.split(b"&") if pair and not pair.startswith(name.encode() + b"=")
    ]
    query = b"&".join([*others, name.encode() + b"=" + value])
    headers = signed | {"X-Experience-API-Version": version, "If-Match": "*"}
    body = json.dumps(make.statement()).encode()
    ask(app, method, path, query=query, headers=headers, body=body)
