"""Deliveries over HTTP: stored once, refused with a reason and kept, closed to everybody else."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from click.testing import CliRunner, Result
from flask import Flask

from lrs import inbound, programmes, projector
from lrs.adapters import Adapters
from lrs.cli.main import main
from lrs.context import Context
from lrs.practice import imported, people
from lrs.practice.programmes import Behaviour, Programme
from lrs.store import hooks as store
from lrs.store import register
from lrs.store.engine import run
from lrs.store.packing import unpack
from lrs.store.register import Fact
from schemas.hooks import load
from tests.conftest import Cast, Client, Server
from tests.test_inbound import EVENT, MAPPING, NIP, changed


class Desk:
    """A ticket system of the agency, with a hook of its own."""

    def __init__(self, app: Flask, cast: Cast, mapping: Any = MAPPING) -> None:
        self.app, self.cast = app, cast
        self.context: Context = app.extensions["jejak"]
        self.hook = cast.database.write(
            lambda c: store.create(
                c, cast.tenant, load(mapping), "https://jejak.example.go.id", self.now
            )
        )

    @property
    def now(self) -> datetime:
        return self.context.clock()

    def delivers(self, event: Any, secret: str | None = None, **headers: str) -> Any:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        signed = {inbound.SIGNATURE: inbound.sign(secret or self.hook.secret, body, self.now)}
        return self.app.test_client().post(
            f"/hooks/{self.hook.public}", data=body, headers=signed | headers
        )

    def stored(self) -> list[dict[str, Any]]:
        with self.cast.database.read() as connection:
            rows = run(
                connection,
                "SELECT body FROM statements WHERE source_id = ? ORDER BY position",
                (self.hook.source_id,),
            )
            return [json.loads(unpack(row[0])) for row in rows]

    def kept(self) -> list[tuple[bytes, str]]:
        with self.cast.database.read() as connection:
            rows = run(connection, "SELECT raw, problems FROM refused ORDER BY id")
            return [(bytes(row[0]), bytes(row[1]).decode()) for row in rows]


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    return Desk(app, cast)


def test_an_event_is_stored_once_however_often_it_is_delivered(desk: Desk) -> None:
    first = desk.delivers(EVENT)
    assert first.status_code == 200
    assert (first.json["again"], first.json["skipped"]) == (0, 0)
    again = desk.delivers(changed(judul="Judul yang lain"))
    assert (again.status_code, again.json["ids"], again.json["again"]) == (
        200,
        first.json["ids"],
        1,
    )
    [statement] = desk.stored()
    assert statement["id"] == first.json["ids"][0]
    assert statement["object"]["definition"]["name"] == {"id": "Antrean loket tiga"}
    assert statement["authority"]["account"]["name"] == "hook-tiket"
    assert statement["timestamp"] == "2026-11-20T02:30:00Z"


def test_many_events_of_one_delivery_are_stored_whole_or_not_at_all(desk: Desk) -> None:
    rows = [changed(id=n) for n in range(3)]
    assert desk.delivers([*rows, changed(id=9, nilai="baik")]).status_code == 400
    assert desk.stored() == []
    done = desk.delivers([*rows, rows[0], changed(status="dibuka")])
    assert (len(done.json["ids"]), done.json["skipped"]) == (3, 1)
    assert len(desk.stored()) == 3


def test_what_cannot_be_made_a_statement_is_refused_with_its_place_and_kept(desk: Desk) -> None:
    event = EVENT | {"petugas": {"nip": "123"}}
    told = desk.delivers(event)
    assert told.status_code == 400
    [problem] = told.json["problems"]
    assert problem["path"] == "actor.nip"
    assert "has 3 digits" in problem["message"]
    assert desk.kept()[0][0] == json.dumps(event).encode()
    assert "has 3 digits" in desk.kept()[0][1]
    assert desk.delivers(b"{").status_code == 400
    assert desk.kept()[1][0] == b"{"


def test_a_statement_that_breaks_the_standard_is_refused_like_any_other(desk: Desk) -> None:
    mapping = MAPPING | {"statement": MAPPING["statement"] | {"refers": "{tiket.id}"}}
    desk.cast.database.write(lambda c: store.change(c, desk.cast.tenant, load(mapping)))
    told = desk.delivers(EVENT)
    assert told.status_code == 400
    assert told.json["problems"][0]["path"] == "context.statement.id"
    assert b'"StatementRef"' in desk.kept()[0][0]


def test_only_who_has_the_secret_delivers(desk: Desk) -> None:
    for answer in (
        desk.delivers(EVENT, secret="rahasia orang lain"),
        desk.delivers(EVENT, **{inbound.SIGNATURE: "t=1,v1=00"}),
        desk.app.test_client().post(f"/hooks/{desk.hook.public}", json=EVENT),
    ):
        assert answer.status_code == 401
        assert inbound.SIGNATURE in answer.json["error"]
        assert answer.headers["WWW-Authenticate"] == "Signature"
    assert (desk.stored(), desk.kept()) == ([], [])
    nowhere = desk.app.test_client().post("/hooks/" + "0" * 24, json=EVENT)
    assert nowhere.status_code == 404
    assert desk.app.test_client().get(f"/hooks/{desk.hook.public}").status_code == 405


def test_a_secret_is_changed_without_losing_a_delivery(desk: Desk) -> None:
    old = desk.hook.secret
    tenant, now = desk.cast.tenant, desk.now
    desk.hook = desk.cast.database.write(
        lambda c: store.rotate(c, tenant, "tiket", overlap=timedelta(hours=1), now=now)
    )
    assert desk.delivers(EVENT, secret=old).status_code == 200
    assert desk.delivers(EVENT).status_code == 200
    desk.cast.database.write(
        lambda c: store.rotate(c, tenant, "tiket", overlap=timedelta(0), now=now)
    )
    assert desk.delivers(EVENT, secret=old).status_code == 401


def test_a_body_too_large_is_told_the_limit(desk: Desk) -> None:
    limit = desk.context.settings.body_limit
    told = desk.app.test_client().post(
        f"/hooks/{desk.hook.public}",
        data=b"{}",
        environ_overrides={"CONTENT_LENGTH": str(limit + 1)},
    )
    assert told.status_code == 413
    assert "JEJAK_BODY_LIMIT" in told.json["error"]


def test_whoever_holds_the_number_in_the_register_did_the_work(desk: Desk) -> None:
    person = bytes(range(16))
    tenant = desk.cast.tenant
    facts = [
        Fact(people.PERSON, person, {"name": "Budi"}),
        Fact(people.IDENTIFIER, person, {"kind": "nip", "text": NIP}),
    ]
    desk.cast.database.write(lambda c: register.append(c, tenant.id, facts, "test"))
    desk.delivers(EVENT)
    [statement] = desk.stored()
    assert statement["actor"] == imported.person_agent(person)
    behaviour = Behaviour(
        iri="https://diklat.example.go.id/perilaku/prima/1", text="Menata antrean loket"
    )
    programme = Programme(
        iri="https://diklat.example.go.id/prima", title="Prima", behaviours=(behaviour,)
    )
    desk.cast.database.write(lambda c: programmes.apply(c, tenant.id, [programme], "test"))
    projector.catch_up(desk.cast.database, tenant, Adapters.installed())
    with desk.cast.database.read() as connection:
        [row] = run(connection, "SELECT kind, adapter, actor FROM events").all()
    assert (row[0], row[1], bytes(row[2])) == ("worked", "work", person)


def test_two_agencies_may_call_their_hooks_alike(desk: Desk, neighbour: Cast) -> None:
    other = Desk(desk.app, neighbour)
    assert desk.delivers(EVENT).json["ids"] != other.delivers(EVENT).json["ids"]
    assert other.delivers(EVENT, secret=desk.hook.secret).status_code == 401
    assert len(desk.stored()) == len(other.stored()) == 1


def test_what_was_delivered_is_read_back_over_xapi(desk: Desk, client: Client) -> None:
    identity = desk.delivers(EVENT).json["ids"][0]
    found = client.get("/xapi/statements", query_string={"statementId": identity})
    assert found.json["verb"]["display"] == {"id": "menyelesaikan"}


def test_a_hook_is_opened_and_used_with_nothing_but_the_command_and_http(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JEJAK_DATABASE_URL", server.environ["JEJAK_DATABASE_URL"])
    monkeypatch.setenv("JEJAK_PUBLIC_URL", server.url)
    mapping, sample = tmp_path / "tiket.yaml", tmp_path / "contoh.json"
    mapping.write_text(yaml.safe_dump(MAPPING | {"about": "Layanan tiket"}))
    sample.write_text(json.dumps(EVENT))

    def jejak(*words: str) -> Result:
        return CliRunner().invoke(main, ["hooks", *words])

    tried = jejak("test", str(mapping), str(sample))
    assert (tried.exit_code, '"verb"' in tried.output) == (0, True), tried.output
    assert "1 statements, 0 events left out" in tried.output
    opened = jejak("apply", str(mapping), "--tenant", "agency").output
    told = dict(line.split(None, 1) for line in opened.splitlines()[1:3])
    assert told["address"].startswith(server.url + "/hooks/")
    body = sample.read_bytes()
    signature = inbound.sign(told["secret"], body, datetime.now().astimezone())
    sent = requests.post(told["address"], body, headers={inbound.SIGNATURE: signature}, timeout=10)
    assert (sent.status_code, len(sent.json()["ids"])) == (200, 1)
    assert "are as they were" in jejak("apply", str(mapping), "--tenant", "agency").output
    assert "Layanan tiket" in jejak("list", "--tenant", "agency").output
    shown = yaml.safe_load(jejak("show", "tiket", "--tenant", "agency").output)
    assert shown == MAPPING | {"about": "Layanan tiket"}
    turned = jejak("rotate", "tiket", "--tenant", "agency").output
    assert told["secret"] not in turned
    assert told["secret"] not in jejak("list", "--tenant", "agency").output
    assert "is closed" in jejak("remove", "tiket", "--tenant", "agency").output
    gone = requests.post(told["address"], body, headers={inbound.SIGNATURE: signature}, timeout=10)
    assert gone.status_code == 404
    # The source that it wrote under stays, and is its own again when it is opened anew.
    assert "new: tiket" in jejak("apply", str(mapping), "--tenant", "agency").output


def test_a_sample_that_does_not_fit_is_told_where(tmp_path: Path) -> None:
    mapping, sample = tmp_path / "tiket.yaml", tmp_path / "contoh.json"
    mapping.write_text(yaml.safe_dump(MAPPING))
    sample.write_text(json.dumps(changed(selesai_pada="besok")))
    tried = CliRunner().invoke(main, ["hooks", "test", str(mapping), str(sample)])
    assert tried.exit_code == 1
    assert "wrong: timestamp: 'besok' is no moment" in tried.output
    mapping.write_text("name: Tiket 1\n")
    tried = CliRunner().invoke(main, ["hooks", "test", str(mapping), str(sample)])
    assert "small letters" in tried.output
