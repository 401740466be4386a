"""From a completion to a figure without a browser: by the API, and told by a webhook."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from lrs import projector, webhooks
from lrs.adapters import Adapters
from lrs.api.practice import PREFIX
from lrs.context import Context
from lrs.practice import people
from lrs.store import webhooks as store
from lrs.store.register import Fact
from tests import make
from tests.conftest import Cast, Client
from tests.practice_rows import LISTENS, Agency

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_from_completion_to_verdict(app: Flask, client: Client, cast: Cast) -> None:
    old: Context = app.extensions["jejak"]
    app.extensions["jejak"] = Context(old.settings, old.database, lambda: NOW)
    api = client.signed_in(cast.key("practice/all"))
    agency = Agency(cast.database, cast.tenant.id)

    def catch_up() -> None:
        projector.catch_up(cast.database, cast.tenant, Adapters.installed())

    def post(path: str, body: dict[str, Any]) -> Any:
        answer = api.post(PREFIX + path, json=body)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        return answer.get_json()

    def items(path: str) -> list[dict[str, Any]]:
        answer = api.get(PREFIX + path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: list[dict[str, Any]] = answer.get_json()["items"]
        return found

    webhooks.add(cast.database, cast.tenant, "http://127.0.0.1:9/", (), "", targets="any", now=NOW)
    programme = {
        "iri": "https://agency.example.org/programmes/service",
        "title": "Pelayanan Prima",
        "courses": ["https://course.example.org/service"],
        "behaviours": [{"iri": LISTENS, "text": "Mendengarkan"}],
    }
    post("/programmes", {"programmes": [programme]})
    boss, sari = agency.person("Ratna"), agency.person("Sari", mail="sari")
    agency.enter(Fact(people.POST, sari, {"superior": boss.hex(), "first": 20_000}))
    course = {
        "id": "https://course.example.org/service",
        "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
    }
    done = (NOW - timedelta(days=60)).isoformat()
    statement = make.statement(verb=make.verb("completed"), object=course, timestamp=done)
    sent = client.post("/xapi/statements", json=statement)
    assert sent.status_code == 200, sent.get_data(as_text=True)
    catch_up()
    [case] = items("/cases?states=open")
    assert (case["name"], case["programme"]["title"]) == ("Sari", "Pelayanan Prima")

    told = {
        "person": str(uuid.UUID(bytes=sari)),
        "of": "observation",
        "role": "superior",
        "by": str(uuid.UUID(bytes=boss)),
        "performed_on": (NOW - timedelta(days=20)).date().isoformat(),
        "title": "At the counter",
        "text": "She lets people finish",
        "case": case["id"],
        "behaviours": [LISTENS],
    }
    post("/evidence", told)
    catch_up()
    [evidence] = items("/evidence")
    assert (evidence["of"], evidence["name"], evidence["own"]) == ("observation", "Sari", True)
    assert evidence["text"] == "At the counter\nShe lets people finish"
    one = api.get(f"{PREFIX}/evidence/{evidence['statement']}").get_json()
    assert one["record"]["by"] == told["by"]
    [link] = items("/links")
    assert (link["behaviour"]["iri"], link["placed"]) == (LISTENS, "after")

    to = f"/links/{link['id']}/verdicts"
    post(to, {"move": "take"})
    post(to, {"move": "accept", "reason": "Seen by who leads her", "rests_on": "her observation"})
    catch_up()
    assert items("/links") == []
    whole = api.get(f"{PREFIX}/cases/{case['id']}").get_json()
    assert whole["outcome"]["applied_day"] == told["performed_on"]
    assert {each["what"] for each in whole["timeline"]} >= {"completed", "proposed", "moved"}

    while webhooks.announce(cast.database, cast.tenant, NOW):
        pass
    with cast.database.read() as connection:
        page = store.deliveries(connection, cast.tenant.id)
    told_of = sorted(json.loads(each.body)["type"] for each in page.rows)
    assert told_of == ["case.opened", "evidence.handed_in", "verdict.given"]
