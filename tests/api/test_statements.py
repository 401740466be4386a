"""The Statements resource as a sender and a reader meet it (Communication 2.1)."""

import hashlib
import json
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest

from lrs.api import statements as statements_api
from lrs.context import Context
from lrs.settings import Settings
from lrs.store import log
from lrs.store.engine import Database, connect
from lrs.xapi import lexical
from tests import make
from tests.conftest import Cast, Client, application

URL = "/xapi/statements"
PRACTICE = "/practice/xapi/statements"


def send(client: Client, *statements: dict[str, Any]) -> list[str]:
    answer = client.post(URL, json=list(statements))
    assert answer.status_code == 200, answer.text
    ids: list[str] = answer.json
    return ids


def listed(client: Client, **query: Any) -> list[str]:
    """The ids of all pages of a query, in the order of the answer."""
    answer = client.get(URL, query_string=query)
    assert answer.status_code == 200, answer.text
    ids = [each["id"] for each in answer.json["statements"]]
    while more := answer.json["more"]:
        answer = client.get(more)
        assert answer.status_code == 200, answer.text
        assert answer.json["statements"], "a page that says there is more is not empty"
        ids += [each["id"] for each in answer.json["statements"]]
    return ids


def multipart(statement: object, *contents: bytes, boundary: str = "b") -> dict[str, Any]:
    """A multipart/mixed body of statements and the bytes of attachments."""
    parts = [b"Content-Type: application/json\r\n\r\n" + json.dumps(statement).encode()]
    for content in contents:
        sha2 = hashlib.sha256(content).hexdigest()
        head = (
            "Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n"
            f"X-Experience-API-Hash: {sha2}\r\n\r\n"
        )
        parts.append(head.encode() + content)
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    return {"data": body, "content_type": f"multipart/mixed; boundary={boundary}"}


def attachment(content: bytes, **changes: Any) -> dict[str, Any]:
    return {
        "usageType": "https://example.org/evidence",
        "display": {"en": "evidence"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": hashlib.sha256(content).hexdigest(),
    } | changes


# In


def test_an_empty_batch_is_taken(client: Client) -> None:
    """Moodle's plug-in posts one whenever nothing is queued, and takes only 200 for success."""
    answer = client.post(URL, data=b"[]", content_type="application/json")
    assert (answer.status_code, answer.json) == (200, [])
    assert "X-Experience-API-Consistent-Through" in answer.headers


def test_put_then_the_same_again_then_another(client: Client) -> None:
    name, body = make.uuid4(), make.statement()
    answer = client.put(URL, query_string={"statementId": name}, json=body)
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert client.put(URL, query_string={"statementId": name}, json=body).status_code == 204
    other = make.statement(verb=make.verb("failed"))
    refused = client.put(URL, query_string={"statementId": name}, json=other)
    assert refused.status_code == 409
    assert name in refused.json["error"]


def test_put_under_another_id_than_its_own(client: Client) -> None:
    body = make.statement(id=make.uuid4())
    answer = client.put(URL, query_string={"statementId": make.uuid4()}, json=body)
    assert answer.status_code == 400
    assert answer.json["problems"][0]["path"] == "id"


def test_ids_come_back_in_order(client: Client) -> None:
    given = [make.uuid4() for _ in range(3)]
    assert send(client, *(make.statement(id=name) for name in given)) == given


def test_one_bad_statement_refuses_its_batch_and_is_pointed_at(client: Client) -> None:
    good, bad = make.statement(id=make.uuid4()), make.statement(result={"response": None})
    answer = client.post(URL, json=[good, bad])
    assert answer.status_code == 400
    (problem,) = answer.json["problems"]
    assert (problem["index"], problem["path"]) == (1, "result.response")
    assert problem["clause"]
    assert client.get(URL, query_string={"statementId": good["id"]}).status_code == 404
    assert listed(client) == []


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded"],
)
def test_a_content_type_statements_do_not_come_in(client: Client, content_type: str | None) -> None:
    answer = client.post(URL, data=b"[]", content_type=content_type)
    assert answer.status_code == 400
    assert "Communication 1." in answer.json["problems"][0]["clause"]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json; charset=utf-8", 200),
        ('Application/JSON;charset="UTF-8"', 200),
        ("application/json; charset=latin-1", 400),
        ("application/json; charset=", 400),
    ],
)
def test_charsets(client: Client, content_type: str, status: int) -> None:
    data = json.dumps(make.statement())
    assert client.post(URL, data=data, content_type=content_type).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"1", b'"x"', b"[", b"[[]]", b"[1]", b"{}", b"[null]", b"\xff",
        b"\xef\xbb\xbf[]",
        b'{"actor":NaN}', b'[{"a":"\\ud800"}]', b"[" * 100_000, b'{"a":' * 5000, b"\0",
    ],
)  # fmt: skip
def test_bodies_that_are_no_statements(client: Client, body: bytes) -> None:
    for method in ("POST", "PUT"):
        answer = client.open(
            f"{URL}?statementId={make.uuid4()}" if method == "PUT" else URL,
            method=method,
            data=body,
            content_type="application/json",
        )
        assert answer.status_code == 400
        assert answer.json["error"]


# Out


def test_what_arrived_is_what_is_returned(client: Client) -> None:
    odd = (
        b'{"https://e.org/x": {"z": 1.0, "a": 1234567890123456789012345678901234567890,'
        b' "e": 1E5, "s": "\\u00e9\xc3\xa9 \\/"}}'
    )
    raw = (
        b'{"actor":{"mbox":"mailto:a@example.org"},"verb":{"id":"https://e.org/v"},'
        b'"object":{"id":"https://e.org/a"},"context":{"extensions":%s}}' % odd
    )
    (name,) = client.post(URL, data=raw, content_type="application/json").json
    assert odd in client.get(URL, query_string={"statementId": name}).data
    assert odd in client.get(URL).data


def test_one_statement_and_its_headers(client: Client) -> None:
    (name,) = send(client, make.statement())
    answer = client.get(URL, query_string={"statementId": name})
    assert answer.status_code == 200
    stored = answer.json["stored"]
    assert lexical.micros(answer.headers["X-Experience-API-Consistent-Through"]) >= (
        lexical.micros(stored)
    )
    assert answer.headers["Last-Modified"]
    again = client.get(
        URL, query_string={"statementId": name}, headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")


def test_head_is_get_without_its_body(client: Client) -> None:
    (name,) = send(client, make.statement())
    for query in ({"statementId": name}, {}, {"attachments": "true"}, {"limit": "x"}):
        got, headed = (client.open(URL, method=m, query_string=query) for m in ("GET", "HEAD"))
        assert headed.status_code == got.status_code
        assert headed.data == b""
        unsteady = {"X-Experience-API-Consistent-Through", "Content-Type"}
        assert set(headed.headers.keys()) == set(got.headers.keys())
        for header in set(got.headers.keys()) - unsteady:
            assert headed.headers[header] == got.headers[header]


def test_an_id_nobody_knows(client: Client) -> None:
    for name in ("statementId", "voidedStatementId"):
        answer = client.get(URL, query_string={name: make.uuid4()})
        assert answer.status_code == 404
        assert "X-Experience-API-Consistent-Through" in answer.headers


def test_a_voided_statement_is_had_by_its_own_parameter_only(client: Client) -> None:
    (name,) = send(client, make.statement())
    assert client.get(URL, query_string={"voidedStatementId": name}).status_code == 404
    (voiding,) = send(client, make.voiding(name))
    hidden = client.get(URL, query_string={"statementId": name})
    assert hidden.status_code == 404
    assert "voidedStatementId" in hidden.json["error"]
    shown = client.get(URL, query_string={"voidedStatementId": name, "format": "ids"})
    assert shown.json["id"] == name
    assert listed(client) == [voiding]


def test_filters(client: Client) -> None:
    registration = make.uuid4()
    sari = make.statement()
    budi = make.statement(
        actor=make.account("budi"),
        verb=make.verb("passed"),
        object=make.activity("quiz"),
        context={
            "registration": registration,
            "instructor": make.agent("ibu"),
            "contextActivities": {"parent": [make.activity()]},
        },
    )
    one, two = send(client, sari, budi)
    agent = json.dumps(make.account("budi"))
    course, quiz = make.activity()["id"], make.activity("quiz")["id"]
    assert listed(client) == [two, one]
    assert listed(client, ascending="true") == [one, two]
    assert listed(client, agent=agent) == [two]
    assert listed(client, agent=json.dumps(make.agent("ibu"))) == []
    assert listed(client, agent=json.dumps(make.agent("ibu")), related_agents="true") == [two]
    assert listed(client, verb=make.verb("passed")["id"]) == [two]
    assert listed(client, agent=agent, verb=make.verb()["id"]) == []
    assert listed(client, activity=course) == [one]
    assert listed(client, activity=course, related_activities="true") == [two, one]
    assert listed(client, activity=quiz, registration=registration.upper()) == [two]


def test_since_is_exclusive_and_until_inclusive(client: Client) -> None:
    ids = send(client, *(make.statement() for _ in range(3)))
    stored = [client.get(URL, query_string={"statementId": i}).json["stored"] for i in ids]
    assert listed(client, since=stored[0]) == [ids[2], ids[1]]
    assert listed(client, until=stored[1]) == [ids[1], ids[0]]
    assert listed(client, since=stored[0], until=stored[1]) == [ids[1]]
    offset = "+07:00"
    assert listed(client, since="1970-01-01T00:00:00" + offset, ascending="true") == ids


@pytest.mark.parametrize("ascending", ["true", "false"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_hold_every_statement_once(client: Client, ascending: str, limit: int) -> None:
    ids = send(client, *(make.statement() for _ in range(7)))
    expected = ids if ascending == "true" else ids[::-1]
    query = {"limit": limit, "ascending": ascending, "verb": make.verb()["id"]}
    assert listed(client, **query) == expected


def test_a_limit_of_nought_and_of_too_much_is_what_the_service_gives_at_most(
    app: Any, client: Client
) -> None:
    settings: Settings = app.extensions["jejak"].settings
    send(client, *(make.statement() for _ in range(settings.page_max + 1)))
    for limit, count in ((0, settings.page_max), (10**17, settings.page_max), (None, 100)):
        query = {} if limit is None else {"limit": limit}
        assert len(client.get(URL, query_string=query).json["statements"]) == count


def test_more_keeps_what_was_asked_and_shows_nobody(client: Client) -> None:
    send(client, *(make.statement() for _ in range(3)))
    query = {"agent": json.dumps(make.agent()), "limit": 1, "format": "ids", "attachments": "true"}
    answer = client.get(URL, query_string=query)
    more = json.loads(answer.data.split(b"\r\n\r\n")[1].split(b"\r\n--")[0])["more"]
    assert more.startswith("/xapi/statements?more=")
    assert "sari" not in more
    second = client.get(more)
    assert second.headers["Content-Type"].startswith("multipart/mixed")
    assert b'"display"' not in second.data
    assert second.data.count(b'"stored"') == 1


def test_more_with_anything_beside_it(client: Client) -> None:
    send(client, make.statement(), make.statement())
    more = client.get(URL, query_string={"limit": 1}).json["more"]
    assert client.get(f"{more}&limit=2").status_code == 400
    assert client.get(more + "A").status_code == 400
    assert client.get(more[:-2]).status_code == 400


def test_more_of_one_store_is_of_no_use_in_another(
    client: Client, cast: Cast, neighbour: Cast
) -> None:
    send(client, make.statement(), make.statement())
    more = client.get(URL, query_string={"limit": 1}).json["more"]
    assert client.signed_in(neighbour.key("all")).get(more).status_code == 400
    practice = client.signed_in(cast.key("practice/read"))
    assert practice.get(more.replace("/xapi", "/practice/xapi")).status_code == 400


def test_no_tenant_sees_another(client: Client, neighbour: Cast) -> None:
    (name,) = send(client, make.statement())
    other = client.signed_in(neighbour.key("all"))
    assert listed(other) == []
    assert other.get(URL, query_string={"statementId": name}).status_code == 404
    assert other.put(
        URL, query_string={"statementId": name}, json=make.statement(verb=make.verb("failed"))
    ).status_code == 204  # fmt: skip


def test_mine_is_what_my_source_sent(client: Client, cast: Cast) -> None:
    cast.another_source("other")
    (ours,) = send(client, make.statement())
    (theirs,) = send(client.signed_in(cast.key("all", source="other")), make.statement())
    mine = client.signed_in(cast.key("statements/read/mine"))
    assert listed(mine) == [ours]
    assert listed(mine, agent=json.dumps(make.agent()), limit=1) == [ours]
    assert mine.get(URL, query_string={"statementId": ours}).status_code == 200
    assert mine.get(URL, query_string={"statementId": theirs}).status_code == 404
    everything = client.get(URL, query_string={"limit": 1}).json["more"]
    assert [each["id"] for each in mine.get(everything).json["statements"]] == [ours]


def test_reading_on_stops_at_the_horizon(
    client: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a writer is between stamp and commit, who follows the log sees nothing behind it."""
    one, two = send(client, make.statement()) + send(client, make.statement())
    stored = client.get(URL, query_string={"statementId": one}).json["stored"]
    monkeypatch.setattr(log, "horizon", lambda *_: lexical.micros(stored))
    start = "1970-01-01T00:00:00Z"
    assert listed(client, since=start, ascending="true") == [one]
    assert listed(client, since=start) == [one]
    assert listed(client) == [two, one]
    answer = client.get(URL, query_string={"since": start})
    assert answer.headers["X-Experience-API-Consistent-Through"] == stored


def test_only_who_follows_the_log_asks_for_the_newest_horizon(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others are told one at most half a second old, unless something was stored since."""
    asked: list[int] = []
    ask = log.horizon

    def horizon(database: Database, connection: Any) -> int:
        asked.append(ask(database, connection))
        return asked[-1]

    def through(**query: str) -> int:
        answer = client.get(URL, query_string=query)
        return lexical.micros(answer.headers["X-Experience-API-Consistent-Through"])

    monkeypatch.setattr(log, "horizon", horizon)
    monkeypatch.setattr(statements_api, "RECENT_SECONDS", 60)
    (name,) = send(client, make.statement())
    first = through()
    stored = client.get(URL, query_string={"statementId": name}).json["stored"]
    assert lexical.micros(stored) <= first == asked[-1]
    count = len(asked)
    for query in ({}, {"statementId": name}, {"limit": "1"}, {"until": stored}):
        assert through(**query) == first
    assert len(asked) == count
    for query in ({"since": stored}, {"ascending": "true"}):
        count = len(asked)
        assert through(**query) == asked[-1]
        assert len(asked) == count + 1
    (name,) = send(client, make.statement())
    stored = client.get(URL, query_string={"statementId": name}).json["stored"]
    assert lexical.micros(stored) <= through() == asked[-1]
    count = len(asked)  # who reads up and is not yet at the end needs no newer one either
    for query in ({"limit": "1"}, {"until": stored}):
        assert through(ascending="true", **query) == asked[-1]
    assert len(asked) == count


def test_who_reads_up_to_the_end_finds_what_another_process_has_just_stored(
    client: Client, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements_api, "RECENT_SECONDS", 60)
    here: Context = client.application.extensions["jejak"]
    known = send(client, make.statement()) + send(client, make.statement())
    assert listed(client, ascending="true") == known
    with closing(connect(database_url)) as elsewhere:
        application(Context(here.settings, elsewhere))
        (new,) = send(client, make.statement())
    application(here)
    assert listed(client, ascending="true") == [*known, new]
    first = client.get(URL, query_string={"ascending": "true", "limit": 2}).json
    assert [each["id"] for each in client.get(first["more"]).json["statements"]] == [new]


def test_ids_and_canonical(client: Client) -> None:
    told = make.activity(definition={"name": {"id": "Diklat", "en": "Course"}})
    send(
        client, make.statement(object=told, verb=make.verb(display={"en": "did", "id": "lakukan"}))
    )
    (first,) = send(client, make.statement())
    ids = client.get(URL, query_string={"statementId": first, "format": "ids"}).json
    assert set(ids["object"]) <= {"id", "objectType"}
    assert ids["verb"] == {"id": make.verb()["id"]}
    canonical = client.get(
        URL,
        query_string={"format": "canonical", "limit": 1},
        headers={"Accept-Language": "id, en;q=0.5"},
    ).json
    assert canonical["statements"][0]["object"]["definition"]["name"] == {"id": "Diklat"}


def test_more_of_canonical_keeps_the_language(client: Client) -> None:
    told = make.activity(definition={"name": {"id": "Diklat", "en": "Course"}})
    send(client, make.statement(object=told), make.statement(object=told))
    more = client.get(
        URL,
        query_string={"format": "canonical", "limit": 1},
        headers={"Accept-Language": "id"},
    ).json["more"]
    (statement,) = client.get(more).json["statements"]
    assert statement["object"]["definition"]["name"] == {"id": "Diklat"}


# Attachments


def test_attachments_go_in_and_out(client: Client) -> None:
    texts = [b"here is evidence", bytes(range(256)) * 3000]
    body = make.statement(attachments=[attachment(text) for text in texts])
    twin = make.statement(attachments=[attachment(texts[0])])
    ids = client.post(URL, **multipart([body, twin], *texts)).json
    assert len(ids) == 2
    plain = client.get(URL, query_string={"statementId": ids[0]})
    assert plain.headers["Content-Type"] == "application/json"
    for query in ({"statementId": ids[0]}, {}):
        answer = client.get(URL, query_string=query | {"attachments": "true"})
        assert answer.status_code == 200
        kind = answer.headers["Content-Type"]
        boundary = kind.removeprefix("multipart/mixed; boundary=").encode()
        parts = answer.data.split(b"--" + boundary)[2:-1]
        bodies = [part.split(b"\r\n\r\n", 1)[1][:-2] for part in parts]
        assert sorted(bodies) == sorted(texts)
        assert "Content-Encoding" not in answer.headers


def test_attachments_true_is_multipart_also_without_any(client: Client) -> None:
    (name,) = send(client, make.statement())
    answer = client.get(URL, query_string={"statementId": name, "attachments": "true"})
    assert answer.headers["Content-Type"].startswith("multipart/mixed")
    assert name.encode() in answer.data


def test_an_attachment_by_address_has_no_part(client: Client) -> None:
    there = attachment(b"x", fileUrl="https://example.org/file")
    send(client, make.statement(attachments=[there]))
    answer = client.get(URL, query_string={"attachments": "true"})
    assert b"X-Experience-API-Hash" not in answer.data


def test_a_part_nobody_describes_and_one_that_is_missing(client: Client) -> None:
    assert client.post(URL, **multipart(make.statement(), b"lost")).status_code == 400
    alone = make.statement(attachments=[attachment(b"missing")])
    assert client.post(URL, json=alone).status_code == 400
    assert client.post(URL, **multipart(alone)).status_code == 400
    assert client.post(URL, **multipart(alone, b"missing", boundary="c")).status_code == 400


def test_every_kind_of_name_in_a_query_survives_its_encoding(client: Client) -> None:
    odd = "https://example.org/ä b&c=d+e%20?#é"
    iri = quote(odd, safe=":/?#&=+%")
    (name,) = send(client, make.statement(object={"id": iri}))
    assert listed(client, activity=iri) == [name]
