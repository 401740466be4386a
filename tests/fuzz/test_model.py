"""The service against a model of a few lines, over HTTP, both versions mixed.

Whatever order of requests hypothesis comes up with: documents behave as a dict of places,
statements as a dict of ids that only grows, with a set of those voided.
"""

import hashlib
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tests import make
from tests.conftest import Cast
from tests.fuzz.wire import VERSIONS, Reply, ask

JSON = "application/json"
versions = st.sampled_from(VERSIONS)


class Machine(RuleBasedStateMachine):
    """What both machines have: an application, and a key. Each run has a tenant's store anew."""

    app: Flask
    authorization: str
    runs = 0

    def ask(self, method: str, path: str, version: str, **more: Any) -> Reply:
        headers = {"Authorization": self.authorization, "X-Experience-API-Version": version}
        headers |= more.pop("headers", {})
        return ask(self.app, method, path, headers=headers, **more)


names = st.sampled_from(["a", "a ", "A", " a", "b", "ä", "a\u0308", "😀", "x" * 3000, "%41", "a/b"])
agents = st.sampled_from(["sari", "sari ", "Sari", "budi"])
registrations = st.sampled_from([None, "6e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1"])
trees = st.dictionaries(
    st.sampled_from(["a", "b", "", "😀"]), st.integers() | st.text(), max_size=3
)
contents = st.one_of(
    trees.map(lambda tree: (JSON, json.dumps(tree).encode())),
    st.tuples(st.sampled_from(["text/plain", "text/html; charset=utf-8", "x/y"]), st.binary()),
)
Place = tuple[str, str | None, str]


class Documents(Machine):
    """State documents: of an agent, with or without registration, by name."""

    @initialize()
    def begin(self) -> None:
        type(self).runs += 1
        self.activity = f"https://example.org/{type(self).runs}"
        self.held: dict[Place, tuple[str, bytes]] = {}

    def query(self, place: Place, *, named: bool = True) -> bytes:
        agent, registration, name = place
        account = {"account": {"homePage": "https://example.org", "name": agent}}
        given = {"activityId": self.activity, "agent": json.dumps(account)}
        if registration is not None:
            given["registration"] = registration
        if named:
            given["stateId"] = name
        return urlencode(given).encode()

    @rule(place=st.tuples(agents, registrations, names), sent=contents, version=versions)
    def put(self, place: Place, sent: tuple[str, bytes], version: str) -> None:
        kind, content = sent
        headers = {"Content-Type": kind, "If-Match": self.etag(place)}
        if place not in self.held:
            headers = {"Content-Type": kind, "If-None-Match": "*"}
        reply = self.state("PUT", place, version, headers=headers, body=content)
        assert reply.status == 204, reply
        self.held[place] = sent

    @rule(place=st.tuples(agents, registrations, names), sent=contents, version=versions)
    def put_against_a_stale_tag(self, place: Place, sent: Any, version: str) -> None:
        headers = {"Content-Type": sent[0], "If-Match": f'"{"0" * 40}"'}
        reply = self.state("PUT", place, version, headers=headers, body=sent[1])
        assert reply.status == 412

    @rule(place=st.tuples(agents, registrations, names), sent=contents, version=versions)
    def post(self, place: Place, sent: tuple[str, bytes], version: str) -> None:
        kind, content = sent
        reply = self.state("POST", place, version, headers={"Content-Type": kind}, body=content)
        old = self.held.get(place)
        if old is None:
            assert reply.status == 204, reply
            self.held[place] = sent
        elif old[0] == kind == JSON:
            assert reply.status == 204, reply
            merged = {**json.loads(old[1]), **json.loads(content)}
            self.held[place] = (JSON, json.dumps(merged).encode())
        else:
            assert reply.status == 400, reply

    @rule(place=st.tuples(agents, registrations, names), version=versions)
    def delete(self, place: Place, version: str) -> None:
        assert self.state("DELETE", place, version).status == 204
        self.held.pop(place, None)

    @rule(place=st.tuples(agents, registrations, names), version=versions)
    def delete_all(self, place: Place, version: str) -> None:
        query = self.query(place, named=False)
        assert self.ask("DELETE", STATE, version, query=query).status == 204
        for other in list(self.held):
            if other[0] == place[0] and place[1] in (None, other[1]):
                del self.held[other]

    @rule(place=st.tuples(agents, registrations, names), version=versions)
    def get(self, place: Place, version: str) -> None:
        reply = self.state("GET", place, version)
        head = self.state("HEAD", place, version)
        assert head.status == reply.status
        if place not in self.held:
            assert reply.status == 404
            return
        kind, content = self.held[place]
        assert (reply.status, reply.header("Content-Type")) == (200, kind)
        if kind == JSON:
            assert reply.json == json.loads(content)
        else:
            assert reply.body == content
        assert reply.header("ETag") == f'"{hashlib.sha1(reply.body).hexdigest()}"'
        assert head.header("ETag") == reply.header("ETag")

    @rule(place=st.tuples(agents, registrations, names), version=versions)
    def names(self, place: Place, version: str) -> None:
        reply = self.ask("GET", STATE, version, query=self.query(place, named=False))
        mine = {
            name
            for agent, registration, name in self.held
            if agent == place[0] and place[1] in (None, registration)
        }
        assert sorted(reply.json) == sorted(mine)

    def state(self, method: str, place: Place, version: str, **more: Any) -> Reply:
        return self.ask(method, STATE, version, query=self.query(place), **more)

    def etag(self, place: Place) -> str:
        return self.state("HEAD", place, "1.0.3").header("ETag") or '"none"'


STATE = "/xapi/activities/state"
STATEMENTS = "/xapi/statements"


class Statements(Machine):
    """Statements with ids from a small pool, so that they meet again; voided in any order."""

    @initialize()
    def begin(self) -> None:
        type(self).runs += 1
        self.ids = [make.uuid4() for _ in range(6)]
        self.held: dict[str, Any] = {}
        self.voids: set[str] = set()
        self.activity = f"https://example.org/{type(self).runs}"

    def statement(self, number: int, kind: int) -> dict[str, Any]:
        activity = {"objectType": "Activity", "id": self.activity}
        return make.statement(id=self.ids[number], object=activity, verb=make.verb(f"v{kind}"))

    @rule(number=st.integers(0, 5), kind=st.integers(0, 1), version=versions, put=st.booleans())
    def send(self, number: int, kind: int, version: str, put: bool) -> None:
        sent = self.statement(number, kind)
        self.store([sent], version, put)

    @rule(
        batch=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), min_size=1, max_size=4),
        version=versions,
    )
    def send_batch(self, batch: list[tuple[int, int]], version: str) -> None:
        self.store([self.statement(*each) for each in batch], version, False)

    def store(self, batch: list[Any], version: str, put: bool) -> None:
        body = json.dumps(batch[0] if put else batch).encode()
        headers = {"Content-Type": JSON}
        query = b"statementId=" + batch[0]["id"].encode() if put else b""
        method = "PUT" if put else "POST"
        reply = self.ask(method, STATEMENTS, version, query=query, headers=headers, body=body)
        ids = [each["id"] for each in batch]
        if len(set(ids)) < len(ids):
            assert reply.status == 400, reply
        elif any(self.held.get(each["id"], each) != each for each in batch):
            assert reply.status == 409, reply
        else:
            assert reply.status == (204 if put else 200), reply
            self.held |= {each["id"]: each for each in batch}

    @rule(number=st.integers(0, 5), version=versions)
    def void(self, number: int, version: str) -> None:
        sent = make.voiding(self.ids[number])
        headers = {"Content-Type": JSON}
        body = json.dumps(sent).encode()
        assert self.ask("POST", STATEMENTS, version, headers=headers, body=body).status == 200
        self.voids.add(self.ids[number])

    @rule(number=st.integers(0, 5), version=versions, form=st.sampled_from(["exact", "ids"]))
    def by_id(self, number: int, version: str, form: str) -> None:
        name = self.ids[number]
        for parameter, wanted in (("statementId", False), ("voidedStatementId", True)):
            query = f"{parameter}={name}&format={form}".encode()
            reply = self.ask("GET", STATEMENTS, version, query=query)
            if name in self.held and (name in self.voids) is wanted:
                assert reply.status == 200, reply
                assert reply.json["verb"]["id"] == self.held[name]["verb"]["id"]
            else:
                assert reply.status == 404, reply

    @rule(version=versions, limit=st.integers(1, 3), ascending=st.booleans())
    def pages(self, version: str, limit: int, ascending: bool) -> None:
        """All that is there and no more, page by page, in the order of storing."""
        word = "true" if ascending else "false"
        query = f"activity={self.activity}&limit={limit}&ascending={word}"
        found: list[Any] = []
        while query:
            page = self.ask("GET", STATEMENTS, version, query=query.encode()).json
            assert len(page["statements"]) <= limit
            found += page["statements"]
            query = page["more"].partition("?")[2]
        mine = [each for each in found if each["object"].get("id") == self.activity]
        assert sorted(each["id"] for each in mine) == sorted(self.held.keys() - self.voids)
        stamps = [each["stored"] for each in found]
        assert stamps == sorted(stamps, reverse=not ascending)


@pytest.mark.parametrize("machine", [Documents, Statements])
def test_the_service_is_its_model(app: Flask, cast: Cast, machine: type[Machine]) -> None:
    machine.app, machine.authorization = app, cast.key("all")
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
