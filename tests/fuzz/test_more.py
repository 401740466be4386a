"""`more` links that were mutated, cut, or carried to where they were not made."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests import make
from tests.conftest import Cast
from tests.fuzz.test_requests import Headers, examples, post
from tests.fuzz.wire import Reply, ask

STATEMENTS = "/xapi/statements"


@pytest.fixture
def signed(cast: Cast) -> Headers:
    return key(cast, "all")


def key(cast: Cast, *scopes: str, source: str | None = None) -> Headers:
    return {
        "Authorization": cast.key(*scopes, source=source),
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
    }


def follow(app: Flask, headers: Headers, token: str, path: str = STATEMENTS) -> Reply:
    return ask(app, "GET", path, query=f"more={token}".encode("latin-1"), headers=headers)


def first_link(app: Flask, headers: Headers, query: bytes = b"") -> str:
    """Store three statements, ask for one; the token of its `more` link."""
    batch = json.dumps([make.statement() for _ in range(3)]).encode()
    assert post(app, headers, batch).status == 200
    page = ask(app, "GET", STATEMENTS, query=b"limit=1" + query, headers=headers).json
    (token,) = parse_qs(urlsplit(page["more"]).query)["more"]
    return token


def is_the_next_page(reply: Reply) -> bool:
    return reply.status == 200 and len(reply.json["statements"]) == 1


def is_refused(reply: Reply) -> bool:
    return reply.status == 400 and reply.json["problems"][0]["path"] == "more"


@examples(150)
@given(data=st.data())
def test_a_changed_token_is_refused(app: Flask, signed: Headers, data: st.DataObject) -> None:
    """Byte for byte: no query comes of it that was not made here."""
    token = first_link(app, signed, b"&verb=http://adlnet.gov/expapi/verbs/experienced")
    assert is_the_next_page(follow(app, signed, token))
    raw = bytearray(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    changed = urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
    assert is_refused(follow(app, signed, changed))


def test_a_token_cut_anywhere_is_refused(app: Flask, signed: Headers) -> None:
    token = first_link(app, signed)
    for end in range(len(token)):
        assert is_refused(follow(app, signed, token[:end]))
    assert is_refused(follow(app, signed, token + "A"))
    assert is_refused(follow(app, signed, token * 2))


@examples(80)
@given(token=st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="&#+%")))
def test_a_token_of_ones_own_is_refused(app: Flask, signed: Headers, token: str) -> None:
    assert follow(app, signed, token).status == 400


def test_no_parameter_stands_beside_it(app: Flask, signed: Headers) -> None:
    token = first_link(app, signed)
    for other in ("limit=5", "agent={}", "more=x", "statementId=x", "x=y"):
        assert follow(app, signed, f"{token}&{other}").status == 400


def test_a_link_of_one_tenant_is_nothing_to_another(
    app: Flask, signed: Headers, neighbour: Cast
) -> None:
    theirs = key(neighbour, "all")
    first_link(app, theirs)
    assert is_refused(follow(app, theirs, first_link(app, signed)))


def test_a_link_of_one_store_is_nothing_to_the_other(
    app: Flask, signed: Headers, cast: Cast
) -> None:
    token = first_link(app, signed)
    reader = key(cast, "practice/all", "all")
    assert is_refused(follow(app, reader, token, "/practice/xapi/statements"))
    assert is_the_next_page(follow(app, reader, token))


def test_a_link_gives_nobody_more_than_their_key(app: Flask, signed: Headers, cast: Cast) -> None:
    """Made with `all`, followed with `mine`: only one's own, and none here."""
    cast.another_source("other")
    other = key(cast, "statements/read/mine", "statements/write", source="other")
    token = first_link(app, signed)
    page = follow(app, other, token)
    assert page.status == 200
    assert page.json["statements"] == []
    (own,) = post(app, other, json.dumps(make.statement()).encode()).json
    descending = follow(app, other, token)
    assert own not in json.dumps(descending.json)
    assert follow(app, key(cast, "statements/write"), token).status == 403
    assert follow(app, signed | {"Authorization": ""}, token).status == 401


def test_a_link_shows_nobody(app: Flask, signed: Headers) -> None:
    agent = json.dumps(make.agent())
    token = first_link(app, signed, b"&agent=" + agent.encode())
    raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert b"sari" not in raw
    assert b"example" not in raw


def test_a_language_of_any_length_stays_within_a_url(app: Flask, signed: Headers) -> None:
    """The language goes with the link, which must not grow past what the server reads."""
    wordy = signed | {"Accept-Language": ",".join(["en-GB;q=0.5"] * 4000)}
    token = first_link(app, wordy, b"&format=canonical")
    assert len(token) < 4000
    assert is_the_next_page(follow(app, signed, token))
