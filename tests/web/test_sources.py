"""Who looks after the service keeps by pages what systems send with: keys, and what is let pass of
a sender that cannot be mended; sign-in services whose tokens stand for a key."""

import json
import re
from collections.abc import Callable
from typing import Any

from flask import Flask

from lrs.store import accounts
from tests import make
from tests.conftest import NOW, Cast
from tests.web.conftest import Browser, links

SignedIn = Callable[..., Browser]


def moodle_with_a_key(admin: Browser, **chosen: Any) -> tuple[str, str]:
    """A source `moodle` and a key of it; its name and its secret."""
    admin.get("/sources/new")
    admin.send("/sources/new", name="moodle")
    page = admin.send("/keys", label="cron", scopes=["statements/write"], **chosen)
    key = re.search(r'id="key">([0-9a-f]{24})<', page.html)
    secret = re.search(r'id="secret">([^<]+)<', page.html)
    assert key is not None
    assert secret is not None
    return key[1], secret[1]


def send(app: Flask, key: tuple[str, str], batch: list[dict[str, Any]]) -> Any:
    """Send a batch as a system does; what it is answered."""
    headers = {"Authorization": make.basic(*key), "X-Experience-API-Version": "1.0.3"}
    client = app.test_client(use_cookies=False)
    return client.post("/xapi/statements", json=batch, headers=headers).get_json()


# Keys ---------------------------------------------------------------------------------------


def test_a_batch_with_one_bad_record_is_kept_once_the_key_lets_it_pass(
    app: Flask, cast: Cast, admin: Browser
) -> None:
    key, secret = moodle_with_a_key(admin)
    batch = [make.statement(), make.statement(verb={"id": "no iri"})]
    assert "error" in send(app, (key, secret), batch)
    (way,) = links(admin.get("/sources/moodle").html, f"/keys/{key}$")
    page = admin.get(way)
    assert page.form(way).fields["scopes"] == ["statements/write"]
    page = admin.send(way, label="cron", scopes=["statements/write"], salvage=["yes"])
    assert "stores the good records of a batch with bad ones" in page.text
    assert len(send(app, (key, secret), batch)) == 1
    assert "key/changed" in admin.get("/audit").text


def test_defects_are_mended_and_what_comes_again_is_listed(
    app: Flask, cast: Cast, admin: Browser
) -> None:
    key, secret = moodle_with_a_key(
        admin, repairs=["result-response-null"], duplicates="report", salvage=[]
    )
    page = admin.get("/sources/moodle")
    assert "mends: drops a result.response that is null" in page.text
    assert "What came a second time" not in page.text
    batch = [
        {name: value for name, value in make.statement().items() if name != "id"}
        | {"timestamp": f"2026-03-01T09:0{n}:00Z", "result": {"response": None}}
        for n in range(4)
    ]
    for _ in range(2):
        assert len(send(app, (key, secret), batch)) == 4
    page = admin.get("/sources/moodle")
    assert "What came a second time" in page.text
    assert "stored once more" in page.text


def test_a_key_that_ended_is_changed_no_more_and_what_is_chosen_wrongly_is_said(
    cast: Cast, admin: Browser
) -> None:
    key, _secret = moodle_with_a_key(admin)
    admin.get(f"/sources/moodle/keys/{key}")
    wrong = admin.send(f"/keys/{key}", scopes=[])
    assert wrong.status == 400
    assert "What it may do : Choose at least one." in wrong.text
    admin.get("/sources/moodle")
    admin.send(f"/keys/{key}/revoke")
    assert admin.get(f"/sources/moodle/keys/{key}").status == 404
    assert admin.get(f"/sources/lms/keys/{key}").status == 404


def test_a_source_is_given_an_authority_of_its_own(cast: Cast, admin: Browser) -> None:
    moodle_with_a_key(admin)
    admin.get("/sources/moodle")
    wrong = admin.send("/authority", authority='{"name": "Moodle"}')
    assert wrong.status == 400
    told = {"account": {"homePage": "https://lms.example.go.id", "name": "moodle"}}
    assert "Saved." in admin.send("/authority", authority=json.dumps(told)).text
    with cast.database.read() as connection:
        kept = accounts.source(connection, cast.tenant, "moodle").authority_tree
    assert kept == {"objectType": "Agent", **told}


# Sign-in services ---------------------------------------------------------------------------


def test_a_sign_in_service_is_accepted_with_its_clients_and_given_up(
    cast: Cast, admin: Browser
) -> None:
    moodle_with_a_key(admin)
    (way,) = links(admin.get("/sources").html, "^/issuers$")
    assert "systems send with keys alone" in admin.get(way).text
    wrong = admin.send(
        "/issuers", issuer="https://login.example.go.id/realms/asn", audience="jejak", source=""
    )
    assert "Name a source, or map a client to one" in wrong.text
    wrong = admin.send("/issuers/new", clients="moodle=none-such")
    assert "There is no source of that name." in wrong.text
    wrong = admin.send("/issuers/new", clients="moodle")
    assert "'moodle' has no =." in wrong.text
    assert admin.send("/issuers/new", issuer="http://far.example", clients="").status == 400
    admin.get("/issuers")
    page = admin.send(
        "/issuers/new",
        issuer="https://login.example.go.id/realms/asn",
        audience="jejak",
        source="",
        clients="portal = moodle\n",
        prefix="lrs:",
    )
    assert "Its tokens are accepted from now on." in page.text
    for words in ("portal", "no other client", "scopes begin with lrs:"):
        assert words in page.text
    again = admin.send(
        "/issuers/new",
        issuer="https://login.example.go.id/realms/asn",
        audience="jejak",
        source="moodle",
    )
    assert "is already trusted" in again.text
    admin.get("/issuers")
    assert "Its tokens are refused from now on." in admin.send("/remove").text
    with cast.database.read() as connection:
        assert accounts.issuers(connection, cast.tenant) == []


def test_the_services_of_another_agency_are_not_there(
    cast: Cast, admin: Browser, neighbour: Cast, signed_in: SignedIn
) -> None:
    def trust(connection: Any) -> int:
        made = accounts.add_issuer(
            connection,
            neighbour.tenant,
            *("https://login.example.org", "theirs"),
            now=NOW,
            source_name="lms",
        )
        return made.id

    number = neighbour.database.write(trust)
    assert "login.example.org" not in admin.get("/issuers").text
    token = admin.page.form("/sign-out").fields["token"]
    assert admin.post(f"/issuers/{number}/remove", {"token": token}).status_code == 404
    assert signed_in("reviewer").get("/issuers").status == 403
