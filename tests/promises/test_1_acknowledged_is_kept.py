"""Promise 1: a 2xx follows a durable commit; a batch is stored whole or not at all.

Processes are killed under load and in mid-transaction, connections are cut, disks fill up.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from lrs import intake
from lrs.errors import Busy
from lrs.store import log, statements
from lrs.store.accounts import Principal
from lrs.store.engine import Database, insert, run
from lrs.store.packing import unpack
from lrs.store.tables import metadata
from tests import conftest, make
from tests.promises import parts

Tree = dict[str, Any]


# Killed under load --------------------------------------------------------------------------------


@dataclass
class Sender:
    """An LMS that posts batches one after another, and keeps its own books."""

    url: str
    authorization: str
    acknowledged: list[list[Tree]] = field(default_factory=list)
    unanswered: list[list[Tree]] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)

    def go(self) -> None:
        while not self.enough.is_set():
            self.post(batch())

    def post(self, sent: list[Tree]) -> bool:
        there = urlsplit(self.url)
        connection = http.client.HTTPConnection(there.hostname or "", there.port, timeout=30)
        headers = {
            "Authorization": self.authorization,
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/json",
        }
        try:
            connection.request("POST", "/xapi/statements", json.dumps(sent), headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self.unanswered.append(sent)
            return False
        finally:
            connection.close()
        assert answer.status == 200, f"{answer.status}: {body!r}"
        assert json.loads(body) == [each["id"] for each in sent]
        self.acknowledged.append(sent)
        return True


def batch() -> list[Tree]:
    """With everything that makes index rows: references, a void, definitions, many agents."""
    sent = [
        make.statement(
            id=make.uuid4(),
            actor={**make.agent(f"p-{random.randrange(50)}"), "name": f"P{random.randrange(50)}"},
            object=make.activity(
                f"a-{random.randrange(5)}", definition={"name": {f"x-l{random.randrange(99)}": "n"}}
            ),
        )
        for _ in range(random.randint(2, 10))
    ]
    sent.append(make.statement(id=make.uuid4(), object=make.reference(sent[0]["id"])))
    sent.append(make.voiding(sent[1]["id"], id=make.uuid4()))
    random.shuffle(sent)
    return sent


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_kill_9_under_load_loses_nothing_acknowledged(
    start_server: Callable[..., conftest.Server], database: Database, cast: conftest.Cast
) -> None:
    """First a web process, three times; then the supervisor and all of them at once."""
    server = start_server(JEJAK_WORKERS="1" if database.dialect == "sqlite" else "2")
    sender = Sender(server.url, cast.key("all"))
    with parts.crew() as hands:
        for _ in range(4):
            hands.start(sender.go)
        try:
            for _ in range(3):
                until(sender, hands, len(sender.acknowledged) + 25)
                os.kill(random.choice(children(server.process.pid)), signal.SIGKILL)
            until(sender, hands, len(sender.acknowledged) + 25)
            everybody = [server.process.pid, *children(server.process.pid)]
            for pid in everybody:
                os.kill(pid, signal.SIGKILL)
        finally:
            sender.enough.set()
    server.process.wait(30)
    assert sender.unanswered
    check_books(database, cast, sender)

    again = start_server()
    lost, sender.unanswered = sender.unanswered, []
    sender.url = again.url
    for sent in lost:
        assert sender.post(sent), "what went unanswered may be sent again"
    check_books(database, cast, sender)
    assert parts.halves(database) == []
    everything = parts.committed(database, cast.tenant.learning)
    assert len(everything) == sum(map(len, sender.acknowledged))
    assert parts.horizon(database) >= everything[-1]


def until(sender: Sender, hands: parts.Crew, acknowledged: int) -> None:
    """Wait until so many batches are acknowledged: the load is on."""
    latest = time.monotonic() + 60
    while len(sender.acknowledged) < acknowledged:
        assert not hands.failures
        assert time.monotonic() < latest, "the senders are not served"
        time.sleep(0.002)


def check_books(database: Database, cast: conftest.Cast, sender: Sender) -> None:
    """All of each acknowledged batch is there; of any other, all or nothing."""
    with database.read() as connection:
        rows = run(
            connection,
            "SELECT id FROM statement_ids WHERE store_id = ?"
            " AND position IN (SELECT s.position FROM statements s)",
            (cast.tenant.learning.id,),
        )
        there = {bytes(row[0]).hex() for row in rows}
    for sent in sender.acknowledged:
        assert all(each["id"].replace("-", "") in there for each in sent)
    for sent in sender.unanswered:
        assert len({each["id"].replace("-", "") in there for each in sent}) == 1


def test_kill_9_between_store_and_commit_leaves_nothing_and_holds_nobody(
    database: Database, cast: conftest.Cast
) -> None:
    who = parts.principal(cast)
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.promises.writer", url, cast.tenant.name, "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert [writer.stdout.readline() for _ in range(2)] == ["ready\n", "stored\n"]
        before = parts.horizon(database)
        writer.kill()
    assert parts.committed(database, who.learning) == []
    (identity,) = parts.send(database, who, [make.statement()])
    assert parts.found(database, who.learning) == [identity]
    assert parts.halves(database) == []
    assert parts.horizon(database) >= parts.committed(database, who.learning)[0] > before


# An error in the middle --------------------------------------------------------------------------

STEPS = ["claim", "add", "void", "add_reach", "add_agents", "merge_activities", "add_content"]


def fail(connection: Connection) -> None:
    """A failure of the database itself: it hangs up; or refuses, where it is in our process."""
    if connection.dialect.name == "postgresql":
        run(connection, "SELECT pg_terminate_backend(pg_backend_pid())")
    elif connection.dialect.name == "sqlite":
        row = run(connection, "SELECT position, id FROM log_clock, stores LIMIT 1").one()
        insert(connection, metadata.tables["log_clock"], [(1, row[0])])
    else:
        run(connection, "KILL CONNECTION_ID()")
    raise AssertionError("the database did not fail")


def contents(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    with database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
            if table.info.get("not_on") != database.dialect
        }


@pytest.mark.parametrize("step", STEPS)
def test_a_database_that_fails_in_the_middle_keeps_nothing_of_the_batch(
    database: Database, cast: conftest.Cast, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = parts.principal(cast)
    waits = make.statement(id=make.uuid4(), object=make.reference(make.uuid4()))
    parts.send(database, who, [waits])
    before = contents(database)
    sent = whole(who, waits["object"]["id"])
    real = getattr(statements, step)

    def broken(connection: Connection, *given: Any, **more: Any) -> Any:
        real(connection, *given, **more)
        fail(connection)

    monkeypatch.setattr(statements, step, broken)
    with pytest.raises(DBAPIError):
        database.write(lambda connection: intake.store(connection, sent))
    assert contents(database) == before
    assert parts.halves(database) == []

    monkeypatch.undo()
    ids = database.write(lambda connection: intake.store(connection, sent)).ids
    assert set(ids) <= set(found_all(database, who))
    assert parts.halves(database) == []


def whole(who: Principal, target: str) -> intake.Batch:
    """A batch that passes through every step: the target of a reference, a void, a part."""
    import hashlib
    import io

    from lrs.xapi.attachments import Part
    from lrs.xapi.versions import V1

    content = b"certificate"
    sha2 = hashlib.sha256(content).hexdigest()
    attachment = {
        "usageType": "https://x.example/certificate",
        "display": {"en": "c"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha2,
    }
    voided = make.statement(id=make.uuid4())
    sent = [
        make.statement(
            id=target,
            object=make.activity("new", definition={"name": {"en": "n"}}),
            attachments=[attachment],
        ),
        voided,
        make.voiding(voided["id"], id=make.uuid4(), actor=make.agent("new")),
    ]
    part = Part(
        sha2=sha2,
        declared=sha2,
        content_type="text/plain",
        length=len(content),
        file=io.BytesIO(content),
        headers={"x-experience-api-hash": sha2, "content-type": "text/plain"},
    )
    return intake.examine(
        json.dumps(sent).encode(),
        [part],
        version=V1,
        principal=who,
        place=who.learning,
        defines=True,
    )


def found_all(database: Database, who: Principal) -> list[str]:
    with database.read() as connection:
        rows = run(connection, "SELECT body FROM statements WHERE store_id = ?", (who.learning.id,))
        return parts.ids_of(unpack(row[0]) for row in rows)


def test_a_deadlock_is_tried_again_and_the_batch_is_there_once(
    database: Database, cast: conftest.Cast
) -> None:
    """Two writers lock two rows in opposite order; the one that is chosen to lose stores anew."""
    who = parts.principal(cast)
    names = [make.activity(f"hot-{n}", definition={"name": {"en": "n"}}) for n in range(2)]
    parts.send(database, who, [make.statement(object=name) for name in names])
    with database.read() as connection:
        rows = [bytes(row[0]) for row in run(connection, "SELECT digest FROM activities")]
    assert len(rows) == 2
    has_one = [threading.Event(), threading.Event()]
    runs = [0, 0]

    def writer(number: int) -> Callable[[], object]:
        batch = parts.examined(who, [make.statement(id=make.uuid4()) for _ in range(3)])

        def work(connection: Connection) -> list[str]:
            runs[number] += 1
            touch(connection, rows[number])
            has_one[number].set()
            has_one[1 - number].wait(0.2 if database.dialect == "sqlite" else 30)
            touch(connection, rows[1 - number])
            return intake.store(connection, batch)

        return lambda: database.write(work)

    parts.at_once(writer(0), writer(1))
    # Whoever lost may come first to the row that they let go of, and meet the other once more.
    assert sum(runs) == 2 if database.dialect == "sqlite" else sum(runs) >= 3
    assert len(parts.committed(database, who.learning)) == 2 + 6
    assert parts.halves(database) == []


def touch(connection: Connection, digest: bytes) -> None:
    run(connection, "UPDATE activities SET store_id = store_id WHERE digest = ?", (digest,))
    # MariaDB locks a row it does not change all the same; so does PostgreSQL.


# SQLite commits together what waits together ------------------------------------------------------


class Group:
    """Writes that will be one group: another is held until all of them wait."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.outcomes: dict[str, object] = {}

    def commit(self, **works: Callable[[Connection], object]) -> dict[str, object]:
        may_go, held = threading.Event(), threading.Event()

        def hold(connection: Connection) -> None:
            held.set()
            may_go.wait(30)

        def write(name: str, work: Callable[[Connection], object]) -> None:
            try:
                self.outcomes[name] = self.database.write(work)
            except Exception as error:
                self.outcomes[name] = error

        with parts.crew() as hands:
            hands.start(self.database.write, hold)
            assert held.wait(30)
            (waiting,) = self.database._gathered.values()
            for number, (name, work) in enumerate(works.items(), start=1):
                hands.start(write, name, work)
                while len(waiting) < number:
                    time.sleep(0.001)
            may_go.set()
        return self.outcomes


def storing(who: Principal, *sent: Tree) -> Callable[[Connection], object]:
    batch = parts.examined(who, sent or [make.statement(id=make.uuid4())])
    return lambda connection: intake.store(connection, batch).ids


def then(
    work: Callable[[Connection], object], after: Callable[[Connection], object]
) -> Callable[[Connection], object]:
    def both(connection: Connection) -> object:
        stored = work(connection)
        after(connection)
        return stored

    return both


def on_sqlite(database: Database) -> bool:
    return database.dialect == "sqlite"


def test_a_member_of_a_group_that_fails_does_no_harm_to_the_others(
    database: Database, cast: conftest.Cast
) -> None:
    if not on_sqlite(database):
        return
    who = parts.principal(cast)

    def stumble(connection: Connection) -> None:
        raise ValueError("of our own making")

    outcomes = Group(database).commit(
        first=storing(who),
        fails=then(storing(who), stumble),
        second=storing(who),
        breaks=then(storing(who), fail),
        third=storing(who),
    )
    kept = [outcomes[name][0] for name in ("third", "second", "first")]  # type: ignore[index]
    assert isinstance(outcomes["fails"], ValueError)
    assert isinstance(outcomes["breaks"], DBAPIError)
    assert parts.found(database, who.learning) == kept
    assert parts.halves(database) == []


def test_a_commit_that_fails_fails_all_of_its_group(
    database: Database, cast: conftest.Cast
) -> None:
    if not on_sqlite(database):
        return
    import sqlite3

    who = parts.principal(cast)

    def forbid_commit(connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection

        def allow(action: int, first: str | None, *_: object) -> int:
            denied = action == sqlite3.SQLITE_TRANSACTION and first == "COMMIT"
            return sqlite3.SQLITE_DENY if denied else sqlite3.SQLITE_OK

        raw.set_authorizer(allow)

    outcomes = Group(database).commit(
        first=storing(who), second=then(storing(who), forbid_commit), third=storing(who)
    )
    assert all(isinstance(outcome, DBAPIError) for outcome in outcomes.values()), outcomes
    assert len(outcomes) == 3
    assert parts.found(database, who.learning) == []
    assert parts.halves(database) == []
    ids = parts.send(database, who, [make.statement()])
    assert parts.found(database, who.learning) == ids


def test_a_full_disk_acknowledges_nothing_that_is_not_there(
    database: Database, cast: conftest.Cast
) -> None:
    if not on_sqlite(database):
        return
    who = parts.principal(cast)
    with database.read() as connection:
        free = run(connection, "PRAGMA freelist_count").scalar_one()

    def fill_up(connection: Connection) -> None:
        pages = run(connection, "PRAGMA page_count").scalar_one()
        run(connection, f"PRAGMA max_page_count = {pages + 8}").close()

    def make_room(connection: Connection) -> None:
        run(connection, "PRAGMA max_page_count = 1073741823").close()

    # Nothing that packing would make small.
    told = random.Random(free).randbytes(4096 * (free + 64)).hex()
    large = make.statement(id=make.uuid4(), result={"response": told})
    outcomes = Group(database).commit(
        first=then(storing(who), fill_up), large=storing(who, large), last=storing(who)
    )
    database.write(make_room)
    assert isinstance(outcomes["large"], DBAPIError)
    kept = [ids[0] for ids in outcomes.values() if isinstance(ids, list)]
    assert sorted(parts.found(database, who.learning)) == sorted(kept)
    assert parts.halves(database) == []
    (identity,) = parts.send(database, who, [large])
    assert identity in parts.found(database, who.learning)


def test_closing_while_others_write_leaves_nobody_waiting(
    database: Database, cast: conftest.Cast
) -> None:
    """Each write has happened, or has raised; and what was acknowledged is there."""
    if not on_sqlite(database):
        return
    from contextlib import closing

    from lrs.store import engine

    who = parts.principal(cast)
    url = database.url.render_as_string(hide_password=False)
    acknowledged: list[str] = []
    with closing(engine.connect(url)) as other:

        def write() -> None:
            for _ in range(200):
                try:
                    acknowledged.extend(parts.send(other, who, [make.statement()]))
                except Busy:
                    return

        with parts.crew() as hands:
            for _ in range(6):
                hands.start(write)
            while len(acknowledged) < 20:
                time.sleep(0.001)
            other.close()
    assert set(acknowledged) <= set(parts.found(database, who.learning))


def test_stamps_of_a_failed_write_hold_no_horizon(database: Database, cast: conftest.Cast) -> None:
    stamped: list[int] = []

    def work(connection: Connection) -> None:
        stamped.append(log.stamp(connection, 5))
        raise ValueError("of our own making")

    for _ in range(3):
        with pytest.raises(ValueError, match="our own"):
            database.write(work)
    (identity,) = parts.send(database, parts.principal(cast), [make.statement()])
    assert parts.found(database, cast.tenant.learning) == [identity]
    assert parts.horizon(database) >= parts.committed(database, cast.tenant.learning)[-1]


# Requests that are stored together ---------------------------------------------------------------


def test_who_is_stored_together_with_others_has_the_answer_one_would_have_had_alone(
    database: Database, cast: conftest.Cast
) -> None:
    """Small requests that come while one is being written share the next transaction: among them
    one whose id is taken by another statement, one that was sent before, two of one id."""
    who = parts.principal(cast)
    taken, known, twice = (make.statement(id=make.uuid4()) for _ in range(3))
    parts.send(database, who, [taken, known])
    sent = {
        "first": [make.statement()],
        "clash": [make.statement(id=taken["id"], result={"completion": True})],
        "again": [known],
        "one twin": [twice],
        "other twin": [twice],
        "two": [make.statement(), make.statement(id=make.uuid4())],
        "last": [make.statement()],
    }
    outcomes: dict[str, Any] = {}
    held, may_go = threading.Event(), threading.Event()
    groups: list[int] = []

    def store(connection: Connection, batches: list[intake.Batch]) -> list[intake.Stored]:
        groups.append(len(batches))
        if not held.is_set():
            held.set()
            assert may_go.wait(30)
        return intake.store_together(connection, batches)

    def post(name: str) -> None:
        batch = parts.examined(who, sent[name])
        assert intake.goes_with_others(batch)
        try:
            stored = database.write_together(intake.companions(batch), store, batch)
            outcomes[name] = stored.ids
        except Exception as error:
            outcomes[name] = error

    with parts.crew() as hands:
        hands.start(post, "first")
        assert held.wait(30)
        waiting = database._gathered[intake.companions(parts.examined(who, sent["first"]))]
        for number, name in enumerate([name for name in sent if name != "first"], start=1):
            hands.start(post, name)
            while len(waiting) < number:
                time.sleep(0.001)
        may_go.set()
    assert groups[:2] == [1, 6]
    assert isinstance(outcomes.pop("clash"), intake.Clash)
    assert outcomes["again"] == [known["id"]]
    assert outcomes["one twin"] == outcomes["other twin"] == [twice["id"]]
    kept = {identity for ids in outcomes.values() for identity in ids}
    assert len(kept) == 6
    assert kept | {taken["id"]} == set(parts.found(database, who.learning))
    assert parts.halves(database) == []
    assert not database._gathered


def test_many_senders_of_single_statements_lose_none(
    database: Database, cast: conftest.Cast
) -> None:
    """Each is answered with the id of its own statement, whoever wrote it."""
    who = parts.principal(cast)
    ids: list[str] = []

    def post() -> None:
        for _ in range(20):
            batch = parts.examined(who, [make.statement()])
            ids.extend(
                database.write_together(intake.companions(batch), intake.store_together, batch).ids
            )

    with parts.crew() as hands:
        for _ in range(6):
            hands.start(post)
    assert len(set(ids)) == 120
    assert sorted(ids) == sorted(parts.found(database, who.learning))
    assert parts.halves(database) == []
