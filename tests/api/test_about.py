"""The About resource: open to everybody, whatever version they speak (Communication 2.8)."""

import pytest

from tests.conftest import Client


@pytest.mark.parametrize("version", [None, "1.0.0", "2.0.0", "0.9", "BAD"])
def test_anybody_may_ask(client: Client, version: str | None) -> None:
    headers = {"Authorization": None, "X-Experience-API-Version": version}
    answer = client.get("/xapi/about", headers=headers)
    assert answer.status_code == 200
    assert answer.json == {"version": ["1.0.3", "2.0.0"]}
    assert answer.headers["X-Experience-API-Version"] in ("1.0.3", "2.0.0")


def test_only_reading(client: Client) -> None:
    assert client.head("/xapi/about").data == b""
    assert client.post("/xapi/about?method=GET").status_code == 200
    answer = client.put("/xapi/about", json={})
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert client.get("/xapi/about?foo=1").status_code == 400
