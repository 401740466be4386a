"""Promise 8, at the store: nothing of one tenant is visible to another.

Two tenants with the same people, activities, statement ids, attachments and documents, and
whatever of one could lead to the other's: references, voids, `more` links, digests.
"""

import hashlib
import json
import time
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lrs.store import documents, statements
from lrs.store.accounts import Principal, StoreRef
from lrs.store.documents import JSON
from lrs.store.engine import Database
from lrs.xapi.statements import agent_digest, digest, query_terms
from tests import conftest, make
from tests.promises import parts

Tree = dict[str, Any]

SARI = make.agent("sari")
COURSE = make.activity("course")
REGISTRATION = make.uuid4()
QUERIES: list[Tree] = [
    {},
    {"agent": SARI},
    {"agent": SARI, "related_agents": True},
    {"agent": make.account("lms", "https://agency.example.org"), "related_agents": True},
    {"verb": make.verb()["id"]},
    {"agent": SARI, "verb": make.verb()["id"]},
    {"activity": COURSE["id"]},
    {"activity": COURSE["id"], "related_activities": True},
    {"registration": REGISTRATION},
]


@pytest.fixture
def ours(cast: conftest.Cast) -> Principal:
    return parts.principal(cast)


@pytest.fixture
def theirs(neighbour: conftest.Cast) -> Principal:
    return parts.principal(neighbour)


def places(who: Principal) -> list[StoreRef]:
    return [who.learning, who.practice]


def story(word: str, ids: list[str]) -> list[Tree]:
    """The same people and things for both tenants; only what is said of them differs."""
    return [
        make.statement(
            id=identity,
            actor={**SARI, "name": f"Sari of {word}"},
            object=make.activity("course", definition={"name": {"en": f"Course of {word}"}}),
            context={"registration": REGISTRATION},
            result={"response": word},
        )
        for identity in ids
    ]


def test_no_query_of_one_finds_what_the_other_has(
    database: Database, ours: Principal, theirs: Principal
) -> None:
    """Four stores, and only one has statements: whatever the others ask, they find nothing."""
    parts.send(database, ours, story("alpha", [make.uuid4(), make.uuid4()]))
    for asked in QUERIES:
        for place in (ours.practice, *places(theirs)):
            assert parts.found(database, place, **asked) == []
    assert len(parts.found(database, ours.learning, agent=SARI)) == 2


def test_the_same_ids_are_other_statements(
    database: Database, ours: Principal, theirs: Principal
) -> None:
    ids = [make.uuid4(), make.uuid4()]
    for word, who in (("alpha", ours), ("omega", theirs)):
        assert parts.send(database, who, story(word, ids)) == ids
    for word, who in (("alpha", ours), ("omega", theirs)):
        for identity in ids:
            body = json.loads(parts.stored(database, who.learning, identity))
            assert body["result"]["response"] == word
            assert body["authority"] == who.authority_tree
        for asked in QUERIES[:2] + QUERIES[4:]:
            assert sorted(parts.found(database, who.learning, **asked)) == sorted(ids)


def test_terms_of_one_store_find_nothing_in_another(
    database: Database, ours: Principal, theirs: Principal
) -> None:
    """Even where a query is made up of their digests, as a forged `more` would be."""
    parts.send(database, ours, story("alpha", [make.uuid4()]))
    parts.send(database, theirs, story("omega", [make.uuid4()]))
    with database.read() as connection:
        for asked in QUERIES[1:]:
            terms = query_terms(ours.learning.salt, **asked)
            for place in (ours.practice, *places(theirs)):
                query = statements.Query(place.id, terms)
                assert statements.select(connection, query).bodies == []


def test_a_void_and_a_reference_end_at_the_tenant(
    database: Database, ours: Principal, theirs: Principal
) -> None:
    """In either order, and from either of the other tenant's stores."""
    for first in ("target", "others"):
        identity, verb = make.uuid4(), make.verb(f"verb-{first}")
        target = make.statement(id=identity, verb=verb)
        others = [
            make.voiding(identity, id=make.uuid4()),
            make.statement(id=make.uuid4(), object=make.reference(identity)),
        ]

        def send_others(others: list[Tree] = others) -> None:
            for place in places(theirs):
                parts.send(database, theirs, others, place)

        if first == "others":
            send_others()
        parts.send(database, ours, [target])
        if first == "target":
            send_others()
        assert parts.found(database, ours.learning, verb=verb["id"]) == [identity]
        for place in places(theirs):
            assert parts.found(database, place, verb=verb["id"]) == []
        with database.read() as connection:
            row = statements.by_id(connection, ours.learning.id, uuid.UUID(identity).bytes)
            assert row is not None
            assert not row.voided
            for place in (ours.practice, *places(theirs)):
                assert statements.by_id(connection, place.id, uuid.UUID(identity).bytes) is None


def test_names_and_definitions_are_each_ones_own(
    database: Database, ours: Principal, theirs: Principal
) -> None:
    for word, who in (("alpha", ours), ("omega", theirs)):
        parts.send(database, who, story(word, [make.uuid4()]))
    with database.read() as connection:
        for word, who in (("alpha", ours), ("omega", theirs)):
            agent = agent_digest(who.learning.salt, SARI)
            assert agent is not None
            names = {name for _, name in statements.agent_names(connection, agent)}
            assert names == {f"Sari of {word}"}
            key = digest(who.learning.salt, "activity", COURSE["id"])
            known = statements.definitions_of(connection, [key])
            assert json.loads(known[key]) == {"name": {"en": f"Course of {word}"}}
            nobody = agent_digest(who.practice.salt, SARI)
            assert nobody is not None
            assert statements.agent_names(connection, nobody) == []


def test_documents_in_one_place_by_name_are_two(
    database: Database, ours: Principal, theirs: Principal
) -> None:
    def place(of: StoreRef) -> documents.Place:
        owner = documents.owner(of, "state", COURSE["id"], SARI)
        return documents.place(of, owner, None, "bookmark", "State")

    now = time.time_ns() // 1000
    database.write(lambda c: documents.put(c, place(ours.learning), JSON, b"1", now))
    with database.read() as connection:
        for of in (ours.practice, *places(theirs)):
            assert documents.get(connection, place(of)) is None
            assert documents.names(connection, of, place(of).owner) == []
    database.write(lambda c: documents.put(c, place(theirs.learning), JSON, b"2", now))
    database.write(lambda c: documents.clear(c, theirs.learning, place(theirs.learning).owner))
    with database.read() as connection:
        kept = documents.get(connection, place(ours.learning))
        assert kept is not None
        assert kept.content == b"1"


# Through the door -----------------------------------------------------------------------------


@pytest.fixture
def stranger(client: conftest.Client, neighbour: conftest.Cast) -> conftest.Client:
    """Somebody of the other tenant who may do all there."""
    return client.signed_in(neighbour.key("all"))


def test_a_more_link_of_the_other_tenant_opens_nothing(
    client: conftest.Client, stranger: conftest.Client, database: Database, ours: Principal
) -> None:
    parts.send(database, ours, story("alpha", [make.uuid4() for _ in range(3)]))
    asked = {"agent": json.dumps(SARI), "limit": "1"}
    more = client.get("/xapi/statements", query_string=asked).json["more"]
    assert client.get(more).json["statements"]
    answer = stranger.get(more)
    assert answer.status_code == 400
    (token,) = parse_qs(urlsplit(more).query)["more"]
    assert "sari" not in token
    assert b"statements" not in answer.data or b"Sari" not in answer.data


def test_no_resource_shows_the_other_tenants(
    client: conftest.Client, stranger: conftest.Client, database: Database, ours: Principal
) -> None:
    identity = make.uuid4()
    content = b"certificate of alpha"
    sha2 = hashlib.sha256(content).hexdigest()
    statement = story("alpha", [identity])[0]
    statement["attachments"] = [
        {
            "usageType": "https://x.example/certificate",
            "display": {"en": "c"},
            "contentType": "text/plain",
            "length": len(content),
            "sha2": sha2,
        }
    ]
    body = (
        b"--b\r\nContent-Type: application/json\r\n\r\n"
        + json.dumps(statement).encode()
        + b"\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n"
        + b"X-Experience-API-Hash: "
        + sha2.encode()
        + b"\r\n\r\n"
        + content
        + b"\r\n--b--\r\n"
    )
    sent = client.post("/xapi/statements", data=body, content_type="multipart/mixed; boundary=b")
    assert sent.status_code == 200, sent.data
    state = {"stateId": "s", "activityId": COURSE["id"], "agent": json.dumps(SARI)}
    assert client.put("/xapi/activities/state", query_string=state, data=b"x").status_code == 204

    for path, asked, wanted in (
        ("/xapi/statements", {"statementId": identity}, 404),
        ("/xapi/statements", {"voidedStatementId": identity}, 404),
        ("/xapi/statements", {"attachments": "true"}, 200),
        ("/xapi/statements", {"format": "canonical"}, 200),
        ("/xapi/agents", {"agent": json.dumps(SARI)}, 200),
        ("/xapi/activities", {"activityId": COURSE["id"]}, 200),
        ("/xapi/activities/state", state, 404),
        ("/xapi/activities/state", {k: v for k, v in state.items() if k != "stateId"}, 200),
    ):
        assert (
            b"alpha" in client.get(path, query_string=asked).data
            or "state" in path
            or ("voidedStatementId" in asked)
        )
        answer = stranger.get(path, query_string=asked)
        assert answer.status_code == wanted, (path, asked)
        assert b"alpha" not in answer.data, (path, asked)
        assert b'"s"' not in answer.data
    # An attachment that is there already is not theirs to describe without sending it.
    forged = {**statement, "id": make.uuid4(), "attachments": statement["attachments"]}
    assert stranger.post("/xapi/statements", json=forged).status_code == 400
