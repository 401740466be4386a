"""`statements/read/mine`: what one may read back is what came in with one's own authority."""

import json
from collections.abc import Iterator

import pytest

from lrs.app import create_app
from lrs.context import Context
from lrs.settings import Settings
from lrs.store import accounts
from lrs.store.engine import Database
from tests import make
from tests.auth.issuer import Issuer
from tests.conftest import NOW, Cast, Client

SCOPES = "statements/write statements/read/mine"


@pytest.fixture
def issuer(agency: Cast) -> Iterator[Issuer]:
    there = Issuer()
    agency.database.write(
        lambda c: accounts.add_issuer(
            c, agency.tenant, there.url, "jejak", now=NOW, source_name="lms"
        )
    )
    yield there
    there.stop()


@pytest.fixture
def door(own: Database, settings: Settings, agency: Cast) -> Client:
    app = create_app(Context(settings, own, clock=lambda: NOW))
    client = Client(app, app.response_class, use_cookies=False)
    client.usual = {
        "Authorization": agency.key("statements/write", "statements/read/mine"),
        "X-Experience-API-Version": "1.0.3",
    }
    return client


def send(client: Client, **changes: object) -> str:
    answer = client.post("/xapi/statements", json=make.statement(**changes))
    assert answer.status_code == 200, answer.json
    return str(answer.json[0])


def ids(client: Client, query: str = "") -> set[str]:
    found, path = set(), f"/xapi/statements?{query}"
    while path:
        page = client.get(path).json
        found |= {each["id"] for each in page["statements"]}
        path = page["more"]
    return found


def test_a_person_reads_back_only_what_they_sent(door: Client, issuer: Issuer) -> None:
    """Not what others sent through the same system, even where it is about them."""
    siti, budi = (door.signed_in(issuer.token(sub=name, scope=SCOPES)) for name in ("siti", "budi"))
    of_siti = send(siti)
    about_siti = send(budi, actor=make.account("siti", issuer.url))
    of_lms = send(door)
    verb = "verb=" + make.verb()["id"]
    for query in ("", "limit=1", verb, f"{verb}&related_agents=true&ascending=true"):
        assert ids(siti, query) == {of_siti}
    agent = json.dumps(make.account("siti", issuer.url))
    assert ids(siti, f"agent={agent}") == set()
    assert siti.get(f"/xapi/statements?statementId={of_siti}").status_code == 200
    for other in (about_siti, of_lms):
        assert siti.get(f"/xapi/statements?statementId={other}").status_code == 404


def test_a_source_reads_back_all_that_came_through_it(door: Client, issuer: Issuer) -> None:
    siti = door.signed_in(issuer.token(sub="siti", scope=SCOPES))
    assert ids(door) == set()
    sent = {send(siti), send(door)}
    assert ids(door) == sent


def test_a_reference_to_anothers_statement_shows_only_the_reference(
    door: Client, issuer: Issuer
) -> None:
    siti, budi = (door.signed_in(issuer.token(sub=name, scope=SCOPES)) for name in ("siti", "budi"))
    target = send(budi, verb=make.verb("completed"))
    reference = send(siti, object=make.reference(target))
    assert ids(siti, "verb=" + make.verb("completed")["id"]) == {reference}
