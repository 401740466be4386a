"""The Agents resource: a Person for every agent (Communication 2.4)."""

import json

import pytest

from tests import make
from tests.conftest import Cast, Client

URL = "/xapi/agents"


def person(client: Client, agent: object) -> object:
    answer = client.get(URL, query_string={"agent": json.dumps(agent)})
    assert answer.status_code == 200
    assert answer.headers["ETag"]
    return answer.json


def test_one_nobody_has_heard_of(client: Client) -> None:
    assert person(client, make.account("budi")) == {
        "objectType": "Person",
        "account": [make.account("budi")["account"]],
    }


def test_every_name_it_was_seen_under(client: Client, neighbour: Cast) -> None:
    for name in ("Sari", "Sari Dewi"):
        client.post("/xapi/statements", json=make.statement(actor=make.agent() | {"name": name}))
    known = person(client, make.agent())
    assert known == {
        "objectType": "Person",
        "name": ["Sari", "Sari Dewi"],
        "mbox": [make.agent()["mbox"]],
    }
    elsewhere = client.signed_in(neighbour.key("all"))
    assert "name" not in person(elsewhere, make.agent())  # type: ignore[operator]


@pytest.mark.parametrize(
    "agent",
    [
        *("", "{", "null", "[]", '{"name":"x"}', '{"mbox":"x"}'),
        json.dumps(make.group(mbox="mailto:a@b.c")),
    ],
)
def test_what_is_no_agent(client: Client, agent: str) -> None:
    answer = client.get(URL, query_string={"agent": agent})
    assert answer.status_code == 400
    assert answer.json["problems"][0]["path"].startswith("agent")


def test_nobody_asked_for(client: Client) -> None:
    assert client.get(URL).status_code == 400
