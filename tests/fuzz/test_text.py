"""Texts that databases like to change: each identifies what it was given, to the last code point.

PostgreSQL has no NUL in text, MariaDB's usual collations hold 'a' and 'a ' to be the same, and
four-byte code points and very long keys have broken many a column.
"""

import json
import logging

import pytest

from lrs import telemetry
from tests import make
from tests.conftest import Client

STATEMENTS = "/xapi/statements"

#: Texts of which no two are equal, though many a database finds some that are.
TEXTS = (
    *("a", "a ", " a", "A", "á", "a\u0301", "a\0", "a\0b", "\0", "a\t", "a\n", "ａ", "ß", "ss"),
    *(
        "😀",
        "😀 ",
        "👩‍👩‍👧",
        "\U0010ffff",
        "\ufeffa",
        "\u202ea",
        "%",
        "_",
        "a%",
        "'",
        '"',
        "\\",
        "\\'",
    ),
    *("", " ", "null", "0", "-- ", "; DROP TABLE statements", "x" * 20_000, "x" * 19_999 + "y"),
)


def account(name: str) -> make.Tree:
    return {"account": {"homePage": "https://example.org", "name": name}, "name": f"name of {name}"}


@pytest.mark.parametrize("form", ["escaped", "plain"])
def test_an_agent_is_found_by_its_very_name(client: Client, form: str) -> None:
    """Whether the sender writes code points as escapes or as they are."""
    batch = [make.statement(actor=account(text)) for text in TEXTS]
    body = json.dumps(batch, ensure_ascii=form == "escaped")
    sent = client.post(STATEMENTS, data=body.encode(), content_type="application/json")
    assert sent.status_code == 200, sent.text
    for text in TEXTS:
        agent = json.dumps({"account": account(text)["account"]})
        answer = client.get(STATEMENTS, query_string={"agent": agent})
        (found,) = answer.get_json()["statements"]
        assert found["actor"] == account(text)
        person = client.get("/xapi/agents", query_string={"agent": agent}).get_json()
        assert person["account"] == [account(text)["account"]]
        assert person["name"] == [f"name of {text}"]


def test_an_activity_is_found_by_its_very_iri(client: Client) -> None:
    iris = ["a:b", "a:B", "A:b", "a:b%20", "a:b/", "a:b?", "a:b#", "a:😀", "a:ä", "a:a\u0308"]
    iris += ["a:" + "x" * length for length in (255, 256, 767, 768, 3072, 3073, 20_000)]
    assert len(set(iris)) == len(iris)
    batch = [
        make.statement(object={"id": iri, "definition": {"name": {"en": iri}}}) for iri in iris
    ]
    assert client.post(STATEMENTS, json=batch).status_code == 200
    for iri in iris:
        (found,) = client.get(STATEMENTS, query_string={"activity": iri}).get_json()["statements"]
        assert found["object"]["id"] == iri
        known = client.get("/xapi/activities", query_string={"activityId": iri}).get_json()
        assert known["definition"]["name"] == {"en": iri}


def test_a_document_is_found_by_its_very_name(client: Client) -> None:
    url = "/xapi/activities/profile"
    texts = [text for text in TEXTS if text and "\0" not in text]
    new = {"If-None-Match": "*"}
    for text in texts:
        place = {"activityId": "a:b", "profileId": text}
        made = client.put(url, query_string=place, data=text.encode(), headers=new)
        assert made.status_code == 204, (text, made.text)
    for text in texts:
        place = {"activityId": "a:b", "profileId": text}
        assert client.get(url, query_string=place).data == text.encode()
    listed = client.get(url, query_string={"activityId": "a:b"}).get_json()
    assert sorted(listed) == sorted(texts)
    for text in ("a\0", "\0"):
        answer = client.get(url, query_string={"activityId": "a:b", "profileId": text})
        assert "NUL" in answer.get_json()["error"]


def test_extensions_keep_numbers_and_texts_of_any_size(client: Client) -> None:
    kept = '{{"n":{},"t":{}}}'.format(
        "[9223372036854775808,-9223372036854775809,1e308,1e309,0.10,1.0,%s]" % ("7" * 400),
        json.dumps(list(TEXTS), ensure_ascii=False),
    )
    raw = json.dumps(make.statement(result={"extensions": {"x:y": 4711}})).replace("4711", kept)
    sent = client.post(STATEMENTS, data=raw.encode(), content_type="application/json")
    (identity,) = sent.get_json()
    for form in ("exact", "ids", "canonical"):
        got = client.get(STATEMENTS, query_string={"statementId": identity, "format": form})
        assert kept.encode() in got.data


@pytest.mark.parametrize(
    "text",
    ["a\nlevel=error event=forged", "a\r\n", "\x1b[2J", "a b=c", "\u2028", "\x9b2J", "\ud800"],
)
def test_one_event_is_one_line_of_the_log(text: str) -> None:
    """Whatever a fact holds: nobody writes lines, or terminal codes, into the operator's log."""
    record = logging.makeLogRecord(
        {"name": text, "msg": "event", "fact": text, "levelname": "INFO"}
    )
    for form in (telemetry.Logfmt(), telemetry.Json()):
        line = form.format(record)
        assert len(line.splitlines()) == 1, line
        assert line.isprintable(), line
        assert " event=forged" not in line.replace(json.dumps(text), "")
