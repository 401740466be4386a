"""Promise 7: a refusal teaches.

Every 4xx body is JSON with a sentence; for a bad statement its index in the batch, the path, what
was wrong, and the clause of the standard. Refused statements are kept aside, raw, with their
reason; nothing is silently dropped.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from lrs.store import refused, tables
from lrs.store.engine import Database, run
from tests import make
from tests.conftest import Cast, Client

STATEMENTS = "/xapi/statements"
STATE = "/xapi/activities/state"
AGENT = json.dumps(make.agent())
PLACE = {"activityId": "https://course.example.org/1", "agent": AGENT, "stateId": "bookmark"}
CLAUSE = re.compile(r"(xAPI 1\.0\.3 )?(Data|Communication) [0-9.]+|IEEE 9274\.1\.1 [0-9.]+|RFC")

Answer = Any


@dataclass(frozen=True)
class Kept:
    """A row of what was refused."""

    index: int | None
    state: str
    raw: bytes
    problems: list[dict[str, Any]]
    times: int
    version: str
    key_id: int | None
    parts: list[dict[str, Any]]


def kept(database: Database) -> list[Kept]:
    """All that is set aside, in the order of the batch."""
    c = tables.refused.c
    columns = (c.index, c.state, c.raw, c.problems, c.times, c.version, c.key_id, c.parts)
    with database.read() as connection:
        rows = connection.execute(select(*columns)).all()
    found = [
        Kept(row[0], row[1], bytes(row[2]), json.loads(row[3]), *row[4:7], json.loads(row[7]))
        for row in rows
    ]
    return sorted(found, key=lambda each: -1 if each.index is None else each.index)


def taught(answer: Answer, status: int) -> dict[str, Any]:
    """The body of a refusal, of which all holds that every refusal promises."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.get_json()
    sentence = body["error"]
    assert len(sentence.split()) >= 3, sentence
    assert "Traceback" not in sentence
    for problem in body.get("problems", ()):
        assert set(problem) <= {"index", "path", "message", "clause"}
        assert len(problem["message"].split()) >= 3
    return dict(body)


def send(client: Client, sent: Any, **headers: str) -> Answer:
    body = sent if isinstance(sent, bytes) else json.dumps(sent)
    return client.post(STATEMENTS, data=body, content_type="application/json", headers=headers)


# One bad statement -----------------------------------------------------------------------------

BAD: list[tuple[str, dict[str, Any], str]] = [
    ("actor", make.statement(actor=None), "actor"),
    ("verb", make.statement(verb={"id": "experienced"}), "verb.id"),
    ("null", make.statement(result={"response": None}), "result.response"),
    ("scaled", make.statement(result={"score": {"scaled": 1.5}}), "result.score.scaled"),
    ("language", make.statement(verb=make.verb(display={"e n": "x"})), 'verb.display["e n"]'),
    (
        "parent",
        make.statement(context={"contextActivities": {"parent": [{"id": "x:y"}, {"id": "no"}]}}),
        "context.contextActivities.parent[1].id",
    ),
    ("unknown", make.statement(verbe={}), "verbe"),
    ("case", make.statement(Actor=make.agent()), "Actor"),
    ("duration", make.statement(result={"duration": "1h"}), "result.duration"),
    ("timestamp", make.statement(timestamp="yesterday"), "timestamp"),
    (
        "members",
        make.statement(actor=make.group(make.agent(), {"name": "nobody"})),
        "actor.member[1]",
    ),
    (
        "extension",
        make.statement(result={"extensions": {"no iri": 1}}),
        'result.extensions["no iri"]',
    ),
]


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize(("bad", "path"), [each[1:] for each in BAD], ids=[each[0] for each in BAD])
def test_a_bad_statement_is_told_by_index_path_and_clause(
    client: Client, database: Database, version: str, bad: Any, path: str
) -> None:
    client = client.speaking(version)
    good = [make.statement(), make.statement(verb=make.verb("completed"))]
    body = taught(send(client, [*good, bad]), 400)
    (problem,) = (each for each in body["problems"] if each["path"] == path)
    assert problem["index"] == 2
    assert CLAUSE.match(problem["clause"])
    assert ("9274" in problem["clause"]) is (version == "2.0.0")
    alone = taught(send(client, bad), 400)
    assert [each["path"] for each in alone["problems"]] == [
        each["path"] for each in body["problems"]
    ]
    assert [(each.index, each.state) for each in kept(database)] == [
        (0, refused.BYSTANDER),
        (1, refused.BYSTANDER),
        (2, refused.REFUSED),
    ]


def test_several_bad_statements_are_each_told(client: Client) -> None:
    batch = [make.statement(), make.statement(verb=None), make.statement(), make.statement(actor=1)]
    body = taught(send(client, batch), 400)
    assert [(each["index"], each["path"]) for each in body["problems"]] == [
        (1, "verb"),
        (3, "actor"),
    ]


def test_all_that_is_wrong_with_a_statement_is_told_at_once(client: Client) -> None:
    bad = make.statement(actor={}, verb={}, timestamp=1, result={"success": "yes"})
    body = taught(send(client, bad), 400)
    assert {each["path"] for each in body["problems"]} == {
        *("actor", "verb.id", "timestamp", "result.success")
    }


# What is kept ------------------------------------------------------------------------------------


def test_a_refused_batch_is_kept_raw_with_its_reasons(
    client: Client, database: Database, cast: Cast
) -> None:
    raws = [
        b'{"actor": {"mbox":"mailto:a@example.org"},\n\t"verb":{"id":"x:y"},"object":{"id":"a:b"}}',
        b'{ "verb":{"id":"x:y"}, "object":{"id":"a:b"}, "n": 1.0e2, "s": "\\u00e9\\/\xc3\xa9" }',
    ]
    answer = taught(send(client, b" [ " + b" , ".join(raws) + b"] "), 400)
    good, bad = kept(database)
    assert (good.raw, bad.raw) == tuple(raws)
    assert (good.state, good.problems) == (refused.BYSTANDER, [])
    assert bad.state == refused.REFUSED
    assert bad.problems == answer["problems"]
    assert (bad.index, bad.times, bad.version) == (1, 1, "1.0.3")
    with database.read() as connection:
        assert bad.key_id == connection.execute(select(tables.keys.c.id)).scalar_one()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[",
        b'{"a":1}}',
        b"[{},]",
        b"nonsense",
        b'"text"',
        b"42",
        b"\xff\xfe{\x00}\x00",
        b'\xef\xbb\xbf{"actor":1}',
        b"\x00",
        b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'[{"actor":NaN}]',
        b'{"actor":"\\ud800"}',
        b'{"actor":1,"actor":1}',
        b'{"actor":"\xe9"}',
        b"[1,null,[],true]",
    ],
)
def test_what_is_no_statement_is_kept_too(client: Client, database: Database, body: bytes) -> None:
    answer = taught(send(client, body), 400)
    rows = kept(database)
    assert all(each.raw in body for each in rows)
    told = [problem for each in rows for problem in each.problems]
    assert told == answer["problems"] != []
    if rows[0].index is None:
        assert [each.raw for each in rows] == [body]


def test_the_same_refused_twice_is_counted(client: Client, database: Database) -> None:
    for _ in range(3):
        taught(send(client, [make.statement(), make.statement(verb=None)]), 400)
    assert [(each.state, each.times) for each in kept(database)] == [
        (refused.BYSTANDER, 3),
        (refused.REFUSED, 3),
    ]


def test_equal_statements_of_one_batch_are_each_kept(client: Client, database: Database) -> None:
    """Two equal events of one request are two events; Moodle sends such."""
    twin, bad = make.statement(), make.statement(verb=None)
    for _ in range(2):
        taught(send(client, [twin, bad, twin, bad]), 400)
    assert [(each.index, each.state, each.times) for each in kept(database)] == [
        (0, refused.BYSTANDER, 2),
        (1, refused.REFUSED, 2),
        (2, refused.BYSTANDER, 2),
        (3, refused.REFUSED, 2),
    ]


def test_a_conflict_is_told_and_kept_with_its_batch(client: Client, database: Database) -> None:
    """Of two statements with one id the store keeps the first; the other must not get lost."""
    first = make.statement(id=make.uuid4())
    assert send(client, first).status_code == 200
    other = first | {"result": {"success": True}}
    batch = [make.statement(), other, make.statement(actor=make.agent("budi"))]
    body = taught(send(client, batch), 409)
    (problem,) = body["problems"]
    assert (problem["index"], problem["path"]) == (1, "result")
    assert CLAUSE.match(problem["clause"])
    rows = kept(database)
    assert [(each.index, each.state) for each in rows] == [
        (0, refused.BYSTANDER),
        (1, refused.REFUSED),
        (2, refused.BYSTANDER),
    ]
    assert [json.loads(each.raw) for each in rows] == batch
    assert rows[1].problems == body["problems"]
    assert len(client.get(STATEMENTS).get_json()["statements"]) == 1


def test_a_put_that_conflicts_is_kept(client: Client, database: Database) -> None:
    identity = make.uuid4()
    url = f"{STATEMENTS}?statementId={identity}"
    assert client.put(url, json=make.statement()).status_code == 204
    taught(client.put(url, json=make.statement(verb=make.verb("failed"))), 409)
    (row,) = kept(database)
    assert json.loads(row.raw)["verb"]["id"].endswith("failed")


def test_a_put_that_names_another_id_is_told_and_kept(client: Client, database: Database) -> None:
    url = f"{STATEMENTS}?statementId={make.uuid4()}"
    body = taught(client.put(url, json=make.statement(id=make.uuid4())), 400)
    assert body["problems"][0]["path"] == "id"
    assert len(kept(database)) == 1


def test_a_put_of_a_list_is_kept(client: Client, database: Database) -> None:
    url = f"{STATEMENTS}?statementId={make.uuid4()}"
    taught(client.put(url, json=[make.statement()]), 400)
    assert len(kept(database)) == 1


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/json; charset=iso-8859-1", "", "multipart/mixed", "a/b"]
)
def test_statements_under_a_type_that_is_not_read_are_kept(
    client: Client, database: Database, kind: str
) -> None:
    sent = json.dumps(make.statement()).encode()
    taught(client.post(STATEMENTS, data=sent, headers={"Content-Type": kind}), 400)
    (row,) = kept(database)
    assert (row.raw, row.index) == (sent, None)


# With attachments --------------------------------------------------------------------------------


def with_part(statement: Any, content: bytes, *, sha2: str, tail: bytes = b"--B--\r\n") -> bytes:
    return b"\r\n".join(
        [
            b"--B",
            b"Content-Type: application/json",
            b"",
            json.dumps(statement).encode(),
            b"--B",
            b"Content-Transfer-Encoding: binary",
            b"X-Experience-API-Hash: " + sha2.encode(),
            b"",
            content,
            tail,
        ]
    )


def described(content: bytes, **changes: Any) -> tuple[dict[str, Any], str]:
    sha2 = hashlib.sha256(content).hexdigest()
    attachment = {
        "usageType": "https://example.org/usage",
        "display": {"en": "certificate"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha2,
    }
    return make.statement(attachments=[attachment], **changes), sha2


def post_parts(client: Client, body: bytes) -> Answer:
    return client.post(STATEMENTS, data=body, content_type="multipart/mixed; boundary=B")


def test_a_refused_statement_keeps_its_attachment(client: Client, database: Database) -> None:
    content = b"a certificate" * 50_000
    bad, sha2 = described(content, verb=None)
    answer = taught(post_parts(client, with_part(bad, content, sha2=sha2)), 400)
    (row,) = kept(database)
    assert row.problems == answer["problems"]
    assert row.parts == [{"sha2": sha2, "contentType": "", "length": len(content)}]
    with database.read() as connection:
        pieces = run(connection, "SELECT data FROM contents ORDER BY part").all()
    assert b"".join(bytes(piece[0]) for piece in pieces) == content


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.replace(b"Hash: ", b"Hash: 00"),
        lambda body: body[:-8],
        lambda body: body.replace(b"binary", b"base64"),
        lambda body: body.replace(b"a certificate", b"another thing"),
        lambda body: body.replace(b"X-Experience-API-Hash", b"X-Other"),
    ],
    ids=["hash", "cut off", "encoding", "content", "no hash"],
)
def test_statements_of_a_broken_multipart_body_are_kept(
    client: Client, database: Database, spoil: Callable[[bytes], bytes]
) -> None:
    statement, sha2 = described(b"a certificate")
    answer = taught(
        post_parts(client, spoil(with_part(statement, b"a certificate", sha2=sha2))), 400
    )
    (row,) = kept(database)
    assert json.loads(row.raw) == statement
    assert row.problems == answer["problems"]


def test_an_attachment_without_its_part(client: Client, database: Database) -> None:
    statement, _ = described(b"a certificate")
    body = taught(send(client, [make.statement(), statement]), 400)
    (problem,) = body["problems"]
    assert (problem["index"], problem["path"]) == (1, "attachments[0].sha2")
    assert len(kept(database)) == 2


# Every other refusal -----------------------------------------------------------------------------

REFUSALS: list[tuple[int, str, str, dict[str, Any]]] = [
    (400, "GET", STATEMENTS, {"query_string": {"limt": "1"}}),
    (400, "GET", STATEMENTS, {"query_string": {"Limit": "1"}}),
    (400, "GET", STATEMENTS, {"query_string": "limit=1&limit=2"}),
    (400, "GET", STATEMENTS, {"query_string": {"agent": "{"}}),
    (400, "GET", STATEMENTS, {"query_string": {"since": "2026-01-01T00:00:00+07:00 "}}),
    (400, "GET", STATEMENTS, {"query_string": "verb=%ff"}),
    (400, "GET", STATEMENTS, {"query_string": "verb=a:%00"}),
    (400, "GET", STATEMENTS, {"query_string": {"more": "x"}}),
    (400, "GET", STATEMENTS, {"headers": {"X-Experience-API-Version": None}}),
    (400, "GET", STATEMENTS, {"headers": {"X-Experience-API-Version": "0.95"}}),
    (400, "PUT", STATEMENTS, {"json": {}}),
    (400, "POST", f"{STATEMENTS}?method=PUT", {"data": "statementId=x"}),
    (400, "POST", f"{STATEMENTS}?method=MOVE", {"data": ""}),
    (400, "GET", STATE, {}),
    (400, "PUT", STATE, {"query_string": PLACE, "data": "{", "content_type": "application/json"}),
    (400, "POST", STATE, {"query_string": PLACE, "data": "[]", "content_type": "application/json"}),
    (400, "GET", "/xapi/agents", {"query_string": {"agent": '{"name":"x"}'}}),
    (400, "GET", "/xapi/activities", {"query_string": {"activityId": "no iri"}}),
    (400, "GET", "/xapi/about", {"query_string": {"x": "y"}}),
    (401, "GET", STATEMENTS, {"headers": {"Authorization": None}}),
    (401, "GET", STATEMENTS, {"headers": {"Authorization": "Basic ???"}}),
    (401, "GET", STATEMENTS, {"headers": {"Authorization": make.basic("a" * 24, "b")}}),
    (401, "GET", STATEMENTS, {"headers": {"Authorization": "Bearer a.b.c"}}),
    (403, "GET", "/practice/xapi/statements", {}),
    (404, "GET", STATEMENTS, {"query_string": {"statementId": make.uuid4()}}),
    (404, "GET", STATE, {"query_string": PLACE}),
    (404, "GET", "/xapi/statement", {}),
    (404, "GET", "/xapi//statements", {}),
    (405, "PATCH", STATEMENTS, {}),
    (405, "DELETE", STATEMENTS, {}),
    (405, "POST", "/health", {}),
    (412, "PUT", STATE, {"query_string": PLACE, "data": "x", "headers": {"If-Match": '"0"'}}),
    (415, "POST", STATEMENTS, {"data": "{}", "headers": {"Content-Encoding": "br"}}),
]


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize(("status", "method", "path", "options"), REFUSALS)
def test_every_refusal_is_json_with_a_sentence(
    client: Client, version: str, status: int, method: str, path: str, options: dict[str, Any]
) -> None:
    taught(client.speaking(version).open(path, method=method, **options), status)


def test_a_misspelt_parameter_is_told_with_the_right_one(client: Client) -> None:
    for wrong, right in (
        ("limt", "limit"),
        ("Agent", "agent"),
        ("relatedAgents", "related_agents"),
    ):
        body = taught(client.get(STATEMENTS, query_string={wrong: "1"}), 400)
        assert f"did you mean {right}?" in body["error"]
        assert body["problems"][0]["path"] == wrong


def test_a_lost_race_over_a_document_is_told_with_what_stands_there(client: Client) -> None:
    client.put(STATE, query_string=PLACE, data=b"one")
    etag = client.get(STATE, query_string=PLACE).headers["ETag"]
    late = {"If-Match": '"stale"'}
    body = taught(client.put(STATE, query_string=PLACE, data=b"two", headers=late), 412)
    assert etag in body["error"]
