"""The worker's duties, each a step that a test can call."""

import json
import threading
from typing import Any

import pytest

from lrs import intake, worker
from lrs.context import Context
from lrs.settings import Settings
from lrs.store import engine, refused
from lrs.store.engine import Database
from lrs.store.refused import Which
from tests import make
from tests.conftest import Cast
from tests.promises import parts

Tree = dict[str, Any]


@pytest.fixture
def context(settings: Settings, database: Database) -> Context:
    return Context(settings, database)


def event(name: str) -> Tree:
    return make.statement(
        object=make.activity(name),
        timestamp="2026-11-22T02:27:44.000Z",
        context={"registration": make.uuid4()},
    )


def refuse(database: Database, cast: Cast, sent: list[Tree]) -> None:
    with pytest.raises(intake.Rejected) as refusal:
        parts.examined(parts.principal(cast), sent)
    database.write(lambda connection: intake.keep(connection, refusal.value))


def states(database: Database, cast: Cast) -> list[str]:
    with database.read() as connection:
        rows = refused.select(connection, Which((cast.tenant.learning.id,)))
    return [row.state for row in rows]


def test_what_the_sender_brought_again_is_ticked_off(context: Context, cast: Cast) -> None:
    """Moodle halves a refused batch until only the bad statement is refused."""
    database, who = context.database, parts.principal(cast)
    bad = event("bad") | {"result": {"response": None}}
    refuse(database, cast, [event("a"), bad, event("b"), event("b")])
    assert worker.settle_refusals(context) == 0
    parts.send(database, who, [event("a"), event("b")])
    assert worker.settle_refusals(context) == 2
    assert states(database, cast) == ["delivered", "refused", "delivered", "bystander"]
    parts.send(database, who, [event("b")])
    assert worker.settle_refusals(context) == 1
    assert worker.settle_refusals(context) == 0


def test_what_was_ticked_off_and_is_refused_again_is_open_again(
    context: Context, cast: Cast
) -> None:
    database, who = context.database, parts.principal(cast)
    good, bad = event("a"), event("bad") | {"verb": {}}
    refuse(database, cast, [good, bad])
    parts.send(database, who, json.dumps([good]).encode())
    assert worker.settle_refusals(context) == 1
    refuse(database, cast, [good, bad])
    assert states(database, cast) == ["bystander", "refused"]


def test_another_source_settles_nothing(context: Context, cast: Cast, neighbour: Cast) -> None:
    refuse(context.database, cast, [event("a"), event("bad") | {"verb": {}}])
    parts.send(context.database, parts.principal(neighbour), [event("a")])
    assert worker.settle_refusals(context) == 0


def test_the_database_is_tidied_where_nobody_else_does_it(context: Context) -> None:
    done = worker.tidy_database(context)
    assert done == (1 if isinstance(context.database, engine.SQLite) else 0)


def test_a_duty_that_fails_does_not_keep_the_others_from_being_done(context: Context) -> None:
    told, done = threading.Event(), threading.Event()

    def fail(_: Context) -> int:
        raise RuntimeError("broken")

    def succeed(_: Context) -> int:
        done.set()
        told.set()
        return 1

    duties = (worker.Duty("broken", 0.01, fail), worker.Duty("sound", 0.01, succeed))
    thread = threading.Thread(target=worker.work, args=(context, told, duties))
    thread.start()
    thread.join(10)
    assert done.is_set()
    assert not thread.is_alive()
