"""State, Agent Profile, Activity Profile: one story told in all three (Communication 2.2)."""

import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from tests import make
from tests.conftest import Cast, Client

AGENT = json.dumps(make.agent())
ACTIVITY = "https://example.org/a"
STATE = ("/xapi/activities/state", "stateId", {"activityId": ACTIVITY, "agent": AGENT})
AGENT_PROFILE = ("/xapi/agents/profile", "profileId", {"agent": AGENT})
ACTIVITY_PROFILE = ("/xapi/activities/profile", "profileId", {"activityId": ACTIVITY})

ALL = pytest.mark.parametrize(
    "place", [STATE, AGENT_PROFILE, ACTIVITY_PROFILE], ids=["state", "agent", "activity"]
)
BOTH = pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])

NEW = {"If-None-Match": "*"}

Place = tuple[str, str, dict[str, str]]


def url(place: Place, name: str | None = "bookmark", **more: str) -> str:
    path, parameter, owner = place
    named = {} if name is None else {parameter: name}
    return f"{path}?{urlencode(owner | named | more)}"


@ALL
def test_put_get_delete(client: Client, place: Place) -> None:
    content = b"\x00\xff" * 500
    made = client.put(url(place), data=content, content_type="image/x-odd", headers=NEW)
    assert (made.status_code, made.data) == (204, b"")
    got = client.get(url(place))
    assert (got.data, got.headers["Content-Type"]) == (content, "image/x-odd")
    assert got.headers["Last-Modified"]
    assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert client.delete(url(place)).status_code == 204
    assert client.get(url(place)).status_code == 404
    assert client.delete(url(place)).status_code == 204


@ALL
def test_head(client: Client, place: Place) -> None:
    assert client.head(url(place)).status_code == 404
    client.post(url(place), json={"a": 1})
    headed = client.head(url(place))
    assert (headed.status_code, headed.data) == (200, b"")
    assert headed.headers["ETag"] == client.get(url(place)).headers["ETag"]


@ALL
def test_post_merges_and_leaves_the_rest_as_it_was_spelled(client: Client, place: Place) -> None:
    first = b'{ "a" : 1.0, "b":{"x":1},"\\u0063":12345678901234567890123 }'
    client.post(url(place), data=first, content_type="application/json")
    assert client.get(url(place)).data == first
    client.post(url(place), json={"b": {"y": 2}, "d": True})
    merged = client.get(url(place))
    assert merged.json == {"a": 1, "b": {"y": 2}, "c": 12345678901234567890123, "d": True}
    assert b"1.0" in merged.data


@ALL
@pytest.mark.parametrize(
    ("stored_type", "stored", "sent_type", "sent"),
    [
        ("application/json", b"{}", "text/plain", b"{}"),
        ("text/plain", b"{}", "application/json", b"{}"),
        ("application/json", b"{}", "application/json", b"[]"),
        ("application/json", b"[]", "application/json", b"{}"),
        ("application/json", b"{}", "application/json", b'{"a":1,"a":2}'),
        ("application/json", b"{}", "application/json", b'{"a":'),
        ("application/json", b"{}", "application/json", b'{"a":"\xff"}'),
    ],
)
def test_what_cannot_be_merged_changes_nothing(
    client: Client, place: Place, stored_type: str, stored: bytes, sent_type: str, sent: bytes
) -> None:
    client.put(url(place), data=stored, content_type=stored_type, headers=NEW)
    answer = client.post(url(place), data=sent, content_type=sent_type)
    assert answer.status_code == 400
    assert answer.json["error"]
    assert client.get(url(place)).data == stored


@ALL
@pytest.mark.parametrize("sent", [b"", b"{", b"[" * 50_000, b'"\xff"'])
def test_what_says_json_and_is_not(client: Client, place: Place, sent: bytes) -> None:
    for method in ("PUT", "POST"):
        answer = client.open(
            url(place), method=method, data=sent, content_type="application/json", headers=NEW
        )
        assert answer.status_code == 400
    assert client.get(url(place)).status_code == 404


def test_a_content_type_no_answer_could_carry(client: Client) -> None:
    environ = {"CONTENT_TYPE": "text/plain; \x7f\x01"}
    assert client.put(url(STATE), data=b"x", environ_overrides=environ).status_code == 400
    assert client.put(url(STATE), data=b"x").status_code == 204
    assert client.get(url(STATE)).headers["Content-Type"] == "application/octet-stream"


# Conditions (Communication 3.1; IEEE 9274.1.1, 4.1.4)


@ALL
@BOTH
def test_a_put_that_names_the_tag_wins_and_the_next_loses(
    client: Client, place: Place, version: str
) -> None:
    client = client.speaking(version)
    client.put(url(place), json={"n": 1}, headers=NEW)
    tag = client.get(url(place)).headers["ETag"]
    assert client.put(url(place), json={"n": 2}, headers={"If-Match": tag}).status_code == 204
    late = client.put(url(place), json={"n": 3}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert client.get(url(place)).headers["ETag"] in late.json["error"]
    assert client.get(url(place)).json == {"n": 2}


@ALL
@BOTH
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_wrong_tag_changes_nothing(
    client: Client, place: Place, version: str, method: str
) -> None:
    client = client.speaking(version)
    client.put(url(place), json={"n": 1}, headers=NEW)
    for tag in ('"no"', '"no", "nor"', ""):
        answer = client.open(url(place), method=method, json={}, headers={"If-Match": tag})
        assert answer.status_code == 412
    assert client.get(url(place)).json == {"n": 1}


@ALL
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_only_if_new(client: Client, place: Place, method: str) -> None:
    assert client.open(url(place), method=method, json={}, headers=NEW).status_code == 204
    assert client.open(url(place), method=method, json={}, headers=NEW).status_code == 412


@ALL
def test_only_if_it_is_there(client: Client, place: Place) -> None:
    there = {"If-Match": "*"}
    assert client.put(url(place), json={}, headers=there).status_code == 412
    assert client.delete(url(place), headers=there).status_code == 412
    client.post(url(place), json={})
    assert client.put(url(place), json={"n": 1}, headers=there).status_code == 204


@pytest.mark.parametrize(
    ("version", "place", "new", "over"),
    [
        ("1.0.3", STATE, 204, 204),
        ("1.0.3", AGENT_PROFILE, 400, 409),
        ("1.0.3", ACTIVITY_PROFILE, 400, 409),
        ("2.0.0", STATE, 204, 409),
        ("2.0.0", AGENT_PROFILE, 204, 409),
        ("2.0.0", ACTIVITY_PROFILE, 204, 409),
    ],
)
def test_a_put_without_a_condition(
    client: Client, version: str, place: Place, new: int, over: int
) -> None:
    client = client.speaking(version)
    assert client.put(url(place), json={"n": 1}).status_code == new
    client.post(url(place), json={"n": 1})
    answer = client.put(url(place), json={"n": 2})
    assert answer.status_code == over
    if over == 409:
        assert "If-Match" in answer.json["error"]
        assert client.get(url(place)).json == {"n": 1}


@ALL
def test_a_reader_who_holds_it_is_spared_the_body(client: Client, place: Place) -> None:
    client.post(url(place), json={"n": 1})
    tag = client.get(url(place)).headers["ETag"]
    answer = client.get(url(place), headers={"If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == tag


# Lists


@ALL
def test_names_and_since(client: Client, place: Place) -> None:
    nothing = client.get(url(place, None))
    assert (nothing.status_code, nothing.json) == (200, [])
    for name in ("b", "a", "ü/&"):
        client.post(url(place, name), json={})
    assert sorted(client.get(url(place, None)).json) == ["a", "b", "ü/&"]
    assert client.get(url(place, None, since="2099-01-01T00:00:00Z")).json == []
    assert len(client.get(url(place, None, since="1999-01-01T00:00:00Z")).json) == 3
    assert client.get(url(place, None)).headers["Last-Modified"]
    assert client.get(url(place, None, since="yesterday")).status_code == 400
    assert client.get(url(place, "a", since="1999-01-01T00:00:00Z")).status_code == 400


def test_registrations_are_apart_and_the_context_is_above_them(client: Client) -> None:
    one, two = make.uuid4(), make.uuid4()
    for registration in (one, two):
        client.put(url(STATE, registration=registration), json={"of": registration})
    client.put(url(STATE), json={"of": None})
    client.put(url(STATE, "other", registration=one), json={})
    assert client.get(url(STATE, registration=one.upper())).json == {"of": one}
    assert client.get(url(STATE)).json == {"of": None}
    assert sorted(client.get(url(STATE, None)).json) == ["bookmark", "other"]
    assert client.get(url(STATE, None, registration=two)).json == ["bookmark"]
    assert client.delete(url(STATE, None, registration=one)).status_code == 204
    assert client.get(url(STATE, None, registration=one)).json == []
    assert client.get(url(STATE)).status_code == 200
    assert client.delete(url(STATE, None)).status_code == 204
    assert client.get(url(STATE, None)).json == []
    assert client.get(url(STATE, registration=two)).status_code == 404


def test_a_profile_is_deleted_only_by_name(client: Client) -> None:
    for place in (AGENT_PROFILE, ACTIVITY_PROFILE):
        assert client.delete(url(place, None)).status_code == 400


# Whose they are


def test_an_agent_is_its_identifier(client: Client) -> None:
    client.put(url(STATE), json={"n": 1})
    named = json.dumps(make.agent(name="sari") | {"name": "Sari Dewi"})
    path, parameter, owner = STATE
    same = f"{path}?{urlencode(owner | {'agent': named, parameter: 'bookmark'})}"
    assert client.get(same).json == {"n": 1}
    other = json.dumps(make.account("sari"))
    another = f"{path}?{urlencode(owner | {'agent': other, parameter: 'bookmark'})}"
    assert client.get(another).status_code == 404


def test_a_group_owns_nothing(client: Client) -> None:
    group = json.dumps({"objectType": "Group", "mbox": "mailto:g@example.org"})
    answer = client.get(f"/xapi/agents/profile?{urlencode({'agent': group})}")
    assert answer.status_code == 400


@ALL
def test_another_tenant_and_the_practice_store_see_nothing(
    client: Client, cast: Cast, neighbour: Cast, place: Place
) -> None:
    client.post(url(place), json={})
    assert client.signed_in(neighbour.key("all")).get(url(place)).status_code == 404
    practice = client.signed_in(cast.key("practice/read"))
    assert practice.get(url(place).replace("/xapi", "/practice/xapi")).status_code == 404


@ALL
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_a_parameter_missing_or_empty(client: Client, place: Place, method: str) -> None:
    path, parameter, owner = place
    for missing in owner:
        rest = {name: value for name, value in owner.items() if name != missing}
        query = urlencode(rest | {parameter: "x"})
        answer = client.open(f"{path}?{query}", method=method, json={}, headers=NEW)
        assert answer.status_code == 400
        assert missing in answer.json["error"]
    assert client.open(url(place, ""), method=method, json={}, headers=NEW).status_code == 400


# Races (promise 6: concurrent document writes cannot be lost)


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(n)` in `count` threads that start together; their outcomes in order of n."""
    outcomes: list[Any] = [None] * count
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        try:
            outcomes[number] = work(number)
        except Exception as error:
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@ALL
def test_of_writers_with_one_tag_one_wins(app: Flask, client: Client, place: Place) -> None:
    client.post(url(place), json={"n": -1})
    tag = client.get(url(place)).headers["ETag"]

    def write(number: int) -> int:
        answer = client.speaking("2.0.0").put(
            url(place), json={"n": number}, headers={"If-Match": tag}
        )
        return int(answer.status_code)

    outcomes = at_once(8, write)
    assert sorted(outcomes) == [204] + [412] * 7
    assert client.get(url(place)).json == {"n": outcomes.index(204)}


@ALL
def test_of_writers_of_a_new_document_one_wins(client: Client, place: Place) -> None:
    def write(number: int) -> int:
        answer = client.speaking("2.0.0").put(url(place), json={"n": number}, headers=NEW)
        return int(answer.status_code)

    outcomes = at_once(8, write)
    assert sorted(outcomes) == [204] + [412] * 7
    assert client.get(url(place)).json == {"n": outcomes.index(204)}


def test_no_merge_is_lost(client: Client) -> None:
    def write(number: int) -> list[int]:
        speaking = client.speaking("1.0.3")
        return [
            speaking.post(url(STATE), json={f"{number}.{turn}": turn}).status_code
            for turn in range(5)
        ]

    outcomes = at_once(8, write)
    assert outcomes == [[204] * 5] * 8
    assert len(client.get(url(STATE)).json) == 40


def test_no_addition_is_lost_that_reads_adds_and_writes(client: Client) -> None:
    client.post(url(ACTIVITY_PROFILE), json={"n": 0})

    def add(_number: int) -> None:
        speaking = client.speaking("1.0.3")
        while True:
            held = speaking.get(url(ACTIVITY_PROFILE))
            answer = speaking.put(
                url(ACTIVITY_PROFILE),
                json={"n": held.json["n"] + 1},
                headers={"If-Match": held.headers["ETag"]},
            )
            if answer.status_code == 204:
                return
            assert answer.status_code == 412

    assert at_once(6, add) == [None] * 6
    assert client.get(url(ACTIVITY_PROFILE)).json == {"n": 6}


def test_writing_deleting_and_clearing_at_once_leaves_whole_documents(client: Client) -> None:
    def work(number: int) -> None:
        speaking = client.speaking("1.0.3")
        for turn in range(10):
            name = f"{turn % 3}"
            if number % 4 == 0:
                answer = speaking.delete(url(STATE, None))
            elif number % 4 == 1:
                answer = speaking.delete(url(STATE, name))
            elif number % 4 == 2:
                answer = speaking.put(url(STATE, name), json={"n": turn})
            else:
                answer = speaking.post(url(STATE, name), json={"m": turn})
            assert answer.status_code == 204, answer.text

    assert at_once(8, work) == [None] * 8
    for name in client.get(url(STATE, None)).json:
        assert client.get(url(STATE, name)).status_code == 200
