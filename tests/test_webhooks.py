"""Telling others what happened: nothing lost, nothing twice, signed, and never where it may not."""

import json
import socket
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner

from lrs import casework, inbound, projector, rights, webhooks
from lrs.cli.main import main
from lrs.errors import NotFound, Refused
from lrs.practice import records
from lrs.store import practice, tables
from lrs.store import webhooks as store
from lrs.store.engine import run
from lrs.store.webhooks import Webhook
from tests import make
from tests.conftest import NOW, Cast
from tests.practice_rows import Agency
from tests.test_projector import Plain, follower, said


@dataclass
class Receiver:
    """A system that is told; `answers` are the statuses it gives, then 200."""

    url: str
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append((dict(self.headers), body))
            status = found.answers.pop(0) if found.answers else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{found.url}/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"no" if status >= 300 else b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(f"http://127.0.0.1:{server.server_address[1]}/jejak")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Teller:
    """An agency that tells, with a clock of its own."""

    cast: Cast
    now: datetime = NOW

    def add(self, url: str, *events: str) -> Webhook:
        return webhooks.add(
            self.cast.database, self.cast.tenant, url, events, "", targets="any", now=self.now
        )

    def announce(self) -> int:
        return webhooks.announce(self.cast.database, self.cast.tenant, self.now)

    def send(self) -> int:
        return webhooks.send_due(self.cast.database, lambda: self.now, "any")

    def tell(self) -> int:
        while self.announce():
            pass
        self.now += timedelta(milliseconds=1)
        return self.send()

    def later(self, **passed: int) -> None:
        self.now += timedelta(**passed)

    def deliveries(self) -> list[store.Delivery]:
        with self.cast.database.read() as connection:
            return list(store.deliveries(connection, self.cast.tenant.id, limit=1000).rows)

    def hand_in(self, person: bytes, title: str = "Laporan") -> str:
        evidence = records.Evidence(
            person=str(_uuid(person)),
            of="artefact",
            by="user:admin",
            role="admin",
            performed_on=NOW.date(),
            title=title,
        )
        return self.cast.database.write(
            lambda c: casework.hand_in(c, self.cast.tenant, evidence, now=NOW)
        )


def _uuid(person: bytes) -> uuid.UUID:
    return uuid.UUID(bytes=person)


@pytest.fixture
def teller(cast: Cast) -> Teller:
    return Teller(cast)


def test_a_case_that_opens_is_told_once_however_often_it_is_worked_out(
    cast: Cast, teller: Teller, receiver: Receiver
) -> None:
    agency = follower(cast.database, "other")
    agency.cast = cast
    teller.add(receiver.url)
    agency.send(said("completed", 9))
    agency.catch_up()
    assert teller.tell() == 1
    [told] = receiver.told
    [case] = agency.rows()
    assert (told["type"], told["tenant"]) == ("case.opened", "agency")
    assert told["data"]["case"] == case["id"].hex()
    assert told["data"]["person"] is None
    projector.replay(cast.database, cast.tenant, Plain())
    agency.send(said("uncompleted", 10))
    agency.catch_up()
    agency.send(said("completed", 12))
    agency.catch_up()
    teller.tell()
    assert len(receiver.got) == 1


def test_a_case_of_whom_data_is_only_kept_is_told_to_nobody(
    cast: Cast, teller: Teller, receiver: Receiver
) -> None:
    agency = follower(cast.database, "other")
    agency.cast = cast
    sari = uuid.uuid4().bytes
    agency.register_person(sari, make.agent("sari"))
    cast.database.write(
        lambda c: rights.restrict(c, cast.tenant, sari, why="Sengketa.", by="admin", now=NOW)
    )
    teller.add(receiver.url)
    agency.send(said("completed", 9))
    agency.catch_up()
    assert [row["subject"] for row in agency.rows()] == [sari]
    teller.tell()
    assert receiver.got == []


def test_evidence_and_verdicts_are_told_and_what_is_no_verdict_is_not(
    cast: Cast, teller: Teller, receiver: Receiver
) -> None:
    agency = Agency(cast.database, cast.tenant.id)
    sari = agency.person("Sari")
    teller.hand_in(sari, "before anybody was told")
    teller.add(receiver.url)
    statement = teller.hand_in(sari)
    evidence = bytes.fromhex(statement.replace("-", ""))
    case = agency.case(sari)
    link = agency.link(case, sari, evidence=evidence)

    def move(word: str, **more: str) -> str:
        return cast.database.write(
            lambda c: casework.decide(
                c, cast.tenant, link=link, move=word, by="user:rev", now=NOW, **more
            )
        )

    move("take")
    verdict = move("return", reason="The page is missing", rests_on="page 1")
    teller.tell()
    assert [(e["type"], e["data"]["statement"]) for e in receiver.told] == [
        ("evidence.handed_in", statement),
        ("verdict.given", verdict),
    ]
    data = receiver.told[1]["data"]
    assert (data["move"], data["link"]) == ("return", link.hex())
    assert "missing" not in json.dumps(receiver.told), "what was written stays here"
    assert "Laporan" not in json.dumps(receiver.told)


def test_only_what_was_asked_for_is_told(cast: Cast, teller: Teller, receiver: Receiver) -> None:
    teller.add(receiver.url, "verdict.given")
    teller.hand_in(Agency(cast.database, cast.tenant.id).person("Sari"))
    assert teller.tell() == 0
    assert receiver.got == []


def test_a_delivery_is_signed_with_the_secret_and_the_time(
    cast: Cast, teller: Teller, receiver: Receiver
) -> None:
    hook = teller.add(receiver.url)
    teller.hand_in(Agency(cast.database, cast.tenant.id).person("Sari"))
    teller.tell()
    [(headers, body)] = receiver.got
    inbound.check({}, [hook.secret], headers.get, body, NOW)
    with pytest.raises(Exception, match="signature"):
        inbound.check({}, ["another secret"], headers.get, body, NOW)


def test_what_is_not_taken_comes_again_with_the_same_id_and_is_given_up_in_the_end(
    cast: Cast, teller: Teller, receiver: Receiver
) -> None:
    teller.add(receiver.url)
    teller.hand_in(Agency(cast.database, cast.tenant.id).person("Sari"))
    receiver.answers = [503, 302, 404]
    assert teller.tell() == 1
    assert teller.send() == 0, "not before its time"
    for wait in webhooks.WAITS[:3]:
        teller.later(seconds=wait)
        assert teller.send() == 1
    assert len({told["id"] for told in receiver.told}) == 1
    assert len(receiver.got) == 4, "and a redirect is not followed"
    [delivery] = teller.deliveries()
    assert (delivery.state, delivery.attempts, delivery.status) == ("delivered", 4, 200)
    teller.hand_in(Agency(cast.database, cast.tenant.id).person("Budi"))
    receiver.answers = [500] * 20
    teller.tell()
    for wait in webhooks.WAITS:
        teller.later(seconds=wait)
        teller.send()
    teller.later(days=9)
    assert teller.send() == 0
    lost = next(each for each in teller.deliveries() if each.state == "given_up")
    assert (lost.attempts, lost.error) == (len(webhooks.WAITS) + 1, "no")
    receiver.answers = []
    webhooks.again(cast.database, cast.tenant, lost.id, teller.now)
    assert teller.send() == 1
    assert {each.state for each in teller.deliveries()} == {"delivered"}
    with pytest.raises(NotFound):
        webhooks.again(cast.database, cast.tenant, lost.id, teller.now)
    assert webhooks.sweep(cast.database, teller.now + timedelta(days=31)) == 2


def test_several_workers_announce_and_send_each_event_once(
    cast: Cast, teller: Teller, receiver: Receiver
) -> None:
    agency = Agency(cast.database, cast.tenant.id)
    sari = agency.person("Sari")
    teller.add(receiver.url)
    for n in range(12):
        teller.hand_in(sari, f"Laporan {n}")
    together = threading.Barrier(3)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            together.wait(30)
            teller.announce()
            together.wait(30)
            teller.later(seconds=1)
            teller.send()
        except BaseException as error:
            failures.append(error)

    crew = [threading.Thread(target=work) for _ in range(3)]
    for each in crew:
        each.start()
    for each in crew:
        each.join(60)
    assert failures == []
    teller.tell()
    assert len(receiver.got) == len({told["id"] for told in receiver.told}) == 12


def test_a_worker_that_dies_in_the_middle_loses_nothing(
    cast: Cast, teller: Teller, receiver: Receiver
) -> None:
    teller.add(receiver.url)
    teller.hand_in(Agency(cast.database, cast.tenant.id).person("Sari"))
    while teller.announce():
        pass
    [delivery] = teller.deliveries()
    until = int(teller.now.timestamp() * 1e6) + 60_000_000
    assert cast.database.write(lambda c: store.claim(c, delivery, until))
    assert teller.send() == 0, "somebody has it"
    teller.later(seconds=61)
    assert teller.send() == 1


def test_who_stopped_and_comes_back_is_not_told_of_what_was_meanwhile(
    cast: Cast, teller: Teller, receiver: Receiver
) -> None:
    sari = Agency(cast.database, cast.tenant.id).person("Sari")
    hook = teller.add(receiver.url)
    webhooks.remove(cast.database, cast.tenant, hook.id)
    teller.hand_in(sari)
    teller.add(receiver.url)
    assert teller.tell() == 0
    with pytest.raises(NotFound):
        webhooks.remove(cast.database, cast.tenant, hook.id)


def test_nothing_of_a_neighbour_is_told_or_removed(
    cast: Cast, neighbour: Cast, teller: Teller, receiver: Receiver
) -> None:
    hook = teller.add(receiver.url)
    other = Teller(neighbour)
    other.hand_in(Agency(neighbour.database, neighbour.tenant.id).person("Budi"))
    other.announce()
    assert teller.tell() == 0
    with pytest.raises(NotFound):
        webhooks.remove(neighbour.database, neighbour.tenant, hook.id)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org/x", "https"),
        ("https://127.0.0.1/x", "not on the internet"),
        ("https://localhost/x", "not on the internet"),
        ("https://10.1.2.3/x", "not on the internet"),
        ("https://169.254.169.254/latest/meta-data", "not on the internet"),
        ("https://[::1]/x", "not on the internet"),
        ("https://[::ffff:10.0.0.1]/x", "not on the internet"),
        ("https://[64:ff9b::7f00:1]/x", "not on the internet"),
        ("https://0/x", "not on the internet"),
        ("https://2130706433/x", "not on the internet"),
        ("https://user:word@example.org/x", "no user"),
        ("https://example.org/x\r\nHost: other", "ASCII"),
        ("https://exämple.org/", "ASCII"),
        ("ftp://example.org/x", "no address"),
        ("https:///x", "no address"),
        ("https://example.org:99999/", "no address"),
        ("https://nobody.invalid/x", "not known"),
    ],
)
def test_no_address_leads_into_the_inner_network(cast: Cast, url: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        webhooks.add(cast.database, cast.tenant, url, (), "", targets="public", now=NOW)


def test_an_address_that_turns_inward_later_is_not_sent_to(
    cast: Cast, teller: Teller, receiver: Receiver
) -> None:
    """What is allowed is looked at for each try: names are pointed elsewhere, settings change."""
    teller.add(receiver.url)
    teller.hand_in(Agency(cast.database, cast.tenant.id).person("Sari"))
    while teller.announce():
        pass
    webhooks.send_due(cast.database, lambda: NOW + timedelta(seconds=1), "public")
    assert receiver.got == []
    assert "https" in (teller.deliveries()[0].error or "")


def test_a_receiver_that_says_nothing_is_not_waited_for(
    cast: Cast, teller: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        teller.add(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        teller.hand_in(Agency(cast.database, cast.tenant.id).person("Sari"))
        assert teller.tell() == 1
    assert teller.deliveries()[0].state == "waiting"


def test_the_command_line_adds_lists_retries_and_removes(
    cast: Cast, database_url: str, receiver: Receiver
) -> None:
    environ = {"JEJAK_DATABASE_URL": database_url, "JEJAK_WEBHOOK_TARGETS": "any"}

    def jejak(*words: str, fails: bool = False) -> str:
        done = CliRunner().invoke(main, [*words, "--tenant", "agency"], env=environ)
        assert (done.exit_code != 0) == fails, done.output
        return done.output

    made = jejak("webhooks", "add", receiver.url, "--event", "evidence.handed_in", "--label", "SIM")
    hook = made.split()[1]
    assert "secret" in made
    teller = Teller(cast)
    teller.hand_in(Agency(cast.database, cast.tenant.id).person("Sari"))
    receiver.answers = [500]
    teller.tell()
    assert "SIM" in jejak("webhooks", "list")
    [line] = jejak("webhooks", "deliveries", "--state", "waiting").splitlines()[1:]
    assert "500 no" in line
    assert "tried within" in jejak("webhooks", "retry", line.split()[0])
    jejak("webhooks", "remove", hook)
    assert "no webhook" not in jejak("webhooks", "list")
    assert "Not found" in jejak("webhooks", "remove", hook, fails=True)
    assert "32 hexadecimal" in jejak("webhooks", "retry", "7", fails=True)


def test_cases_that_were_there_before_are_no_news(cast: Cast) -> None:
    """The ledger is filled by the migration, and by the projector for what opens from then on."""
    agency = Agency(cast.database, cast.tenant.id)
    case = agency.case(agency.person("Sari"))
    with cast.database.read() as connection:
        rows = {table.name: set() for table, _ in practice.WORKED_OUT}  # type: ignore[var-annotated]
        row = tuple(connection.execute(tables.cases.select()).one())
    after = {**rows, "cases": {tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)}}
    cast.database.write(lambda c: run(c, "DELETE FROM cases"))
    cast.database.write(lambda c: practice.replace(c, rows, after))
    cast.database.write(lambda c: practice.replace(c, after, rows))
    cast.database.write(lambda c: practice.replace(c, rows, after))
    with cast.database.read() as connection:
        assert store.opened(connection, cast.tenant.id, 10) == [case]
