"""What a hostile sender would try by name: each case broke this service once, or is a classic.

What chance finds is in `test_requests.py`; what needs a socket, in `test_sockets.py`.
"""

import gzip
import hashlib
import json
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lrs.store import accounts, engine
from lrs.store.engine import Database
from lrs.xapi import equality, lexical
from schemas import fields
from tests import make
from tests.conftest import Cast, Client

STATEMENTS = "/xapi/statements"
STATE = "/xapi/activities/state"


def send(client: Client, sent: Any, **headers: str) -> Any:
    body = sent if isinstance(sent, bytes) else json.dumps(sent)
    return client.post(STATEMENTS, data=body, content_type="application/json", headers=headers)


def sentence(answer: Any, status: int) -> str:
    """The sentence of a refusal with this status, short enough to be read."""
    assert answer.status_code == status, answer.get_data(as_text=True)[:400]
    assert len(answer.data) < 64 * 1024, len(answer.data)
    said = answer.get_json()["error"]
    assert isinstance(said, str)
    assert len(said) > 10
    return said


# Numbers ------------------------------------------------------------------------------------


def test_a_content_length_beyond_all_measure(client: Client) -> None:
    """Python refuses to read a number of 5,000 digits."""
    length = {"CONTENT_LENGTH": "9" * 5000}
    answer = client.post(
        STATEMENTS, data=b"{}", content_type="application/json", environ_overrides=length
    )
    assert "Content-Length" in sentence(answer, 400)


@pytest.mark.parametrize("limit", ["99999999999999999999", "0" * 400 + "3", "9" * 5000])
def test_a_limit_beyond_64_bits_is_the_most_there_is(client: Client, limit: str) -> None:
    send(client, make.statement())
    answer = client.get(STATEMENTS, query_string={"limit": limit})
    assert len(answer.get_json()["statements"]) == 1


@pytest.mark.parametrize("limit", ["-1", "1.5", "1e3", "٣", "", " 1", "0x10", "NaN"])
def test_a_limit_that_is_no_number(client: Client, limit: str) -> None:
    assert "whole number" in sentence(client.get(STATEMENTS, query_string={"limit": limit}), 400)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"),
        ("0001-01-01T00:00:00.0000000000000000001Z", "9999-12-31T23:59:60Z"),
    ],
)
def test_the_ends_of_the_calendar(client: Client, since: str, until: str) -> None:
    send(client, make.statement())
    answer = client.get(STATEMENTS, query_string={"since": since, "until": until})
    assert len(answer.get_json()["statements"]) == 1
    for outside in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00", "10000-01-01T00:00"):
        assert sentence(client.get(STATEMENTS, query_string={"since": outside}), 400)


@pytest.mark.parametrize(
    "number", ["1e999999", "-0", "-0.0", "1E+400", "18446744073709551616", "1" * 40, "0.1e-400"]
)
def test_odd_numbers_come_back_as_they_came(client: Client, number: str) -> None:
    raw = json.dumps(make.statement(result={"extensions": {"x:y": 4711}, "score": {"raw": 4711}}))
    answer = send(client, raw.replace("4711", number).encode())
    (identity,) = answer.get_json()
    for form in ("exact", "ids", "canonical"):
        got = client.get(STATEMENTS, query_string={"statementId": identity, "format": form})
        assert got.data.count(b": " + number.encode()) == 2


@pytest.mark.parametrize(
    "number",
    [
        *("1e99999999999999999999", "1e-99999999999999999999", "9" * 5000),
        *("01", "+1", "1.", ".5", "NaN", "-Infinity", "0x1F", "1_000", "--1", "١"),
    ],
)
def test_what_is_no_number_or_cannot_be_compared(client: Client, number: str) -> None:
    raw = json.dumps(make.statement(result={"extensions": {"x:y": 4711}}))
    assert sentence(send(client, raw.replace("4711", number).encode()), 400)


# Size ---------------------------------------------------------------------------------------


def test_gzip_in_a_hundred_thousand_empty_pieces(client: Client) -> None:
    packed = gzip.compress(b"") * 100_000
    assert "pieces" in sentence(send(client, packed, **{"Content-Encoding": "gzip"}), 400)


def test_gzip_in_a_few_pieces_is_one_body(client: Client) -> None:
    body = json.dumps(make.statement()).encode()
    packed = gzip.compress(body[:40]) + gzip.compress(b"") + gzip.compress(body[40:])
    assert send(client, packed, **{"Content-Encoding": "gzip"}).status_code == 200


def test_a_gzip_bomb(client: Client) -> None:
    packed = gzip.compress(b" " * 100_000_000, 9)
    assert "JEJAK_BODY_LIMIT" in sentence(send(client, packed, **{"Content-Encoding": "gzip"}), 413)


@pytest.mark.parametrize(
    "spoilt",
    [
        make.statement(id="b" * 3_000_000),
        make.statement(verb={"id": "b:" + "b" * 3_000_000 + " "}),
        make.statement(verb={"id": "v:v", "display": {"x" * 3_000_000: "name"}}),
        make.statement(**{"b" * 3_000_000: 1}),
        make.statement(actor={"objectType": "b" * 3_000_000}),
        make.statement(actor={"objectType": "Group", "member": [{}] * 100_000}),
        make.statement(result={"extensions": {f"key {n}": 1 for n in range(50_000)}}),
    ],
    ids=["id", "iri", "tag", "member", "type", "members", "keys"],
)
def test_what_is_wrong_and_long_is_told_shortly(client: Client, spoilt: Any) -> None:
    identity = make.uuid4()
    began = time.monotonic()
    sentence(send(client, spoilt), 400)
    answer = client.put(f"{STATEMENTS}?statementId={identity}", json=spoilt)
    sentence(answer, 400)
    assert time.monotonic() - began < 10


# Time: what stays linear, however long the near miss --------------------------------------------

NEAR_MISSES: dict[Callable[[object], bool], list[Callable[[int], str]]] = {
    lexical.is_iri: [
        lambda n: "a" * n,
        lambda n: "a:" + "b" * n + " ",
        lambda n: "a://" + "b@" * n + "[",
        lambda n: "a:" + "%41" * n + "%",
        lambda n: "a:" + "?" * n + "#" * n,
        lambda n: "a://[" + ":" * n,
    ],
    lexical.is_mbox: [
        lambda n: "mailto:" + "a" * n,
        lambda n: "mailto:a@" + "b." * n,
        lambda n: "mailto:" + "%41" * n + "@",
        lambda n: "mailto:a@" + "b-" * n + "_",
    ],
    lexical.is_language_tag: [
        lambda n: "en" + "-abcde" * n + "-",
        lambda n: "x" + "-a" * n + "-",
        lambda n: "en-a" + "-bc" * n + "-!",
        lambda n: "en" + "-a-bc" * n + "-",
    ],
    lexical.is_duration: [
        lambda n: "P" + "1" * n,
        lambda n: "P" + "1" * n + "." + "1" * n,
        lambda n: "PT" + "1" * n + "H" + "1" * n + "M" + "1" * n,
        lambda n: "P" + "1Y" * n,
        lambda n: "P" + "1.1" * n,
    ],
    lexical.is_timestamp: [
        lambda n: "2026-01-01T00:00:00." + "1" * n,
        lambda n: "2026-01-01T00:00:00." + "1" * n + "-00:00",
    ],
    lexical.is_media_type: [
        lambda n: "a/" + "b" * n + " ",
        lambda n: "a/b" + " " * n + "x",
        lambda n: "a/b;" + " " * n + "x",
        lambda n: "a/b" + "; " * n + "x",
        lambda n: "a/b" + ';a="' * n,
        lambda n: "a/b;a=" + '"' + "\\" * n,
    ],
    lexical.is_sha2: [lambda n: "a" * n],
    lexical.is_uuid: [lambda n: "a" * n],
}


@pytest.mark.parametrize(
    ("rule", "miss"),
    [(rule, miss) for rule, misses in NEAR_MISSES.items() for miss in misses],
)
def test_a_long_near_miss_takes_no_longer_than_its_length(
    rule: Callable[[object], bool], miss: Callable[[int], str]
) -> None:
    """200,000 steps take milliseconds where they are linear, and hours where they are not."""
    began = time.monotonic()
    rule(miss(200_000))
    assert time.monotonic() - began < 10


def test_why_a_long_text_is_no_iri_is_found_at_once() -> None:
    began = time.monotonic()
    assert "character 5000003 (a space)" in fields.iri_because("a:" + "b" * 5_000_000 + " ")
    assert time.monotonic() - began < 10


def test_long_durations_compare_in_the_time_of_reading_them() -> None:
    statement = make.statement(result={"duration": f"PT{'1' * 500_000}S"})
    began = time.monotonic()
    assert equality.difference(statement, statement) is None
    assert time.monotonic() - began < 10


# Headers through content ---------------------------------------------------------------------


def with_attachment(content_type: str, content: bytes = b"hello") -> tuple[str, bytes]:
    """A statement with one attachment of this type: its id, and the body of the request."""
    identity, sha2 = make.uuid4(), hashlib.sha256(content).hexdigest()
    attachment = {
        "usageType": "https://example.org/usage",
        "display": {"en": "it"},
        "contentType": content_type,
        "length": len(content),
        "sha2": sha2,
    }
    statement = json.dumps(make.statement(id=identity, attachments=[attachment])).encode()
    return identity, b"\r\n".join(
        [
            b"--B",
            b"Content-Type: application/json",
            b"",
            statement,
            b"--B",
            b"Content-Transfer-Encoding: binary",
            b"X-Experience-API-Hash: " + sha2.encode(),
            b"",
            content,
            b"--B--",
            b"",
        ]
    )


@pytest.mark.parametrize(
    "odd", ["\r", "\n", "\r\nX-Injected: 1", "\0", "\x7f", "☃", "\ud7ff", "😀", "\x1b[31m"]
)
@pytest.mark.parametrize("form", ['text/plain; a="{}"', 'text/plain; a="\\{}"', "text/plain;{}"])
def test_a_media_type_that_no_header_can_carry(client: Client, form: str, odd: str) -> None:
    _, body = with_attachment(form.format(odd))
    answer = client.post(STATEMENTS, data=body, content_type="multipart/mixed; boundary=B")
    assert "contentType" in sentence(answer, 400)


@pytest.mark.parametrize("kind", ['text/plain; a="é"', 'text/plain; a="\\" \t;"', "a/b;;c=d"])
def test_a_media_type_that_a_header_can_just_carry(client: Client, kind: str) -> None:
    identity, body = with_attachment(kind)
    client.post(STATEMENTS, data=body, content_type="multipart/mixed; boundary=B")
    got = client.get(STATEMENTS, query_string={"statementId": identity, "attachments": "true"})
    assert f"Content-Type: {kind}\r\n".encode("latin-1") in got.data
    assert got.data.endswith(b"hello\r\n--" + got.data[2 : got.data.index(b"\r\n")] + b"--\r\n")


def test_whatever_is_stored_does_nothing_in_a_browser(client: Client) -> None:
    """HTML with script, answered from our own address: read, and never run."""
    place = {"activityId": "a:b", "agent": json.dumps(make.agent()), "stateId": "page"}
    script = b"<script>fetch('/xapi/statements')</script>"
    client.put(STATE, query_string=place, data=script, content_type="text/html")
    answers = [
        client.get(STATE, query_string=place),
        client.get(STATEMENTS),
        client.get(STATEMENTS, query_string={"attachments": "true"}),
        client.get("/xapi/about"),
        client.get("/xapi/<script>"),
        client.get(STATEMENTS, query_string={"verb": "<script>"}),
        client.get(STATEMENTS, headers={"Authorization": None}),
    ]
    assert answers[0].data == script
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


# Secrets and people in the log ------------------------------------------------------------------


def test_a_failing_query_tells_the_log_no_values(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """What fails in the database is logged with its SQL, and without anybody's data."""

    def fail(connection: Any) -> None:
        connection.exec_driver_sql(
            "INSERT INTO no_such_table VALUES (?)"
            if database.dialect == "sqlite"
            else "INSERT INTO no_such_table VALUES (%s)",
            ("mailto:sari@example.org",),
        )

    with pytest.raises(Exception, match="no_such_table") as told:
        database.write(fail)
    logging.getLogger("test").error("it failed", exc_info=told.value)
    assert "no_such_table" in caplog.text
    assert "sari@example.org" not in caplog.text


def test_no_secret_and_no_body_in_the_log(
    client: Client, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "s3cr3t-" + uuid.uuid4().hex
    for authorization in (make.basic("0" * 24, secret), f"Bearer {secret}", f"Basic {secret}"):
        sentence(client.get(STATEMENTS, headers={"Authorization": authorization}), 401)
    send(client, make.statement(actor=make.agent("rahasia"), verb={"id": 1}))
    client.get(STATEMENTS, query_string={"agent": json.dumps(make.agent("rahasia"))})
    assert secret not in caplog.text
    assert "rahasia" not in caplog.text
    assert accounts.digest(secret).hex() not in caplog.text


# Many ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("member", [b"{}", b"1", b"[]", b'""', b"{} ", b"null"])
def test_a_batch_of_millions_is_not_even_sliced(client: Client, member: bytes) -> None:
    """Nine megabytes of it took four gigabytes and two minutes, to end in an error of ours."""
    began = time.monotonic()
    body = b"[" + b",".join([member] * 2_000_000) + b"]"
    assert "JEJAK_BATCH_LIMIT" in sentence(send(client, body), 413)
    assert time.monotonic() - began < 10


def test_a_batch_over_its_limit(client: Client) -> None:
    client = with_settings(client, batch_limit=3)
    assert send(client, [make.statement()] * 3).status_code == 200
    assert "3 statements, the limit" in sentence(send(client, [make.statement()] * 4), 413)
    wide = make.statement(context={"extensions": {"x:y": list(range(1000))}})
    assert send(client, [wide] * 3).status_code == 200
    assert "3 statements, the limit" in sentence(send(client, [wide] * 4), 413)


def with_settings(client: Client, **changes: Any) -> Client:
    there = client.application.extensions["jejak"]
    client.application.extensions["jejak"] = replace(
        there, settings=replace(there.settings, **changes)
    )
    return client


def test_more_of_everything_than_a_query_has_parameters(
    client: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL takes 65,535 of them and SQLite as few as 32,766: here two, to be quick."""
    monkeypatch.setattr(engine, "PIECE", 2)
    ids = [make.uuid4() for _ in range(7)]
    others = [make.activity(f"a{n}", definition={"name": {"en": f"a{n}"}}) for n in range(7)]
    context = {"contextActivities": {"other": others}}
    batch = [make.statement(id=identity, context=context) for identity in ids]
    voiding = [make.voiding(identity, id=make.uuid4()) for identity in ids]
    for sent in (voiding, batch, batch, voiding):
        assert send(client, sent).get_json() == [each["id"] for each in sent]
    for voided in ids:
        got = client.get(STATEMENTS, query_string={"voidedStatementId": voided})
        assert got.status_code == 200
    page = client.get(STATEMENTS, query_string={"format": "canonical"}).get_json()["statements"]
    assert sorted(each["id"] for each in page) == sorted(each["id"] for each in voiding)
    bad = [make.statement(verb={"id": f"no iri {n}"}) for n in range(7)]
    for _ in range(2):
        sentence(send(client, bad), 400)
    with database.read() as connection:
        rows = engine.run(connection, "SELECT times FROM refused").all()
    assert [row[0] for row in rows] == [2] * 7


def test_a_document_longer_than_the_database_takes(client: Client, database: Database) -> None:
    """MariaDB hangs up on what is over max_allowed_packet; that is no reason to say try again."""
    place = {"activityId": "a:b", "agent": json.dumps(make.agent()), "stateId": "page"}
    content = b"\0" * 12_000_000  # twice as long in SQL, and so over the usual 16 MB
    answer = client.put(STATE, query_string=place, data=content)
    if answer.status_code != 204:
        assert database.dialect == "mariadb"
        assert "max_allowed_packet" in sentence(answer, 413)
    assert client.put(STATE, query_string=place, data=b"short").status_code == 204


def test_half_a_million_values_in_one_statement_are_too_many(client: Client) -> None:
    """They would take fifty times their length in memory."""
    sent = json.dumps(make.statement(result={"extensions": {"http://a.b/c": "HERE"}})).encode()
    for values, status in ((b"[],", 400), (b"0,", 400)):
        body = sent.replace(b'"HERE"', b"[" + values * 500_000 + b"0]")
        answer = client.post("/xapi/statements", data=body, content_type="application/json")
        assert answer.status_code == status
        assert "more than 500000 values" in answer.json["error"]
    body = sent.replace(b'"HERE"', b"[" + b"0," * 400_000 + b"0]")
    assert (
        client.post("/xapi/statements", data=body, content_type="application/json").status_code
        == 200
    )
