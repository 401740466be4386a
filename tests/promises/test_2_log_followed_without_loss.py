"""Promise 2: who reads `since` the last `stored`, or trusts the horizon, misses nothing.

Writers are many and one of them is slow between its stamp and its commit; that is where most
stores lose statements.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Connection

from lrs import intake
from lrs.store import engine, log, statements
from lrs.store.accounts import Principal
from lrs.store.engine import Database, run
from lrs.xapi.statements import query_terms
from tests import conftest, make
from tests.promises import parts

SECOND = 1_000_000
WRITER = [sys.executable, "-m", "tests.promises.writer"]
COMPLETED = make.verb("completed")


class Follower:
    """Reads the log from its beginning, as a client does, for as long as it is told to."""

    def __init__(self, database: Database, who: Principal, limit: int, **asked: Any) -> None:
        self.database, self.limit = database, limit
        self.place = who.learning
        self.terms = query_terms(who.learning.salt, **asked)
        self.seen: list[int] = []
        self.last = -1

    def read(self, after: int, until: int) -> None:
        rest: statements.Query | None = statements.Query(
            self.place.id, self.terms, after=after, until=until, ascending=True, limit=self.limit
        )
        with self.database.read() as connection:
            while rest is not None:
                page = statements.select(connection, rest)
                self.seen += page.positions
                rest = page.more

    def step(self) -> None:
        """One request; the horizon is read before the rows, as the door does."""
        raise NotImplementedError

    def follow(self, done: threading.Event) -> None:
        while not done.is_set():
            self.step()
        self.step()


class ReadsSince(Follower):
    """Asks `since` the last `stored` it saw."""

    def step(self) -> None:
        self.read(self.last, parts.horizon(self.database))
        self.last = self.seen[-1] if self.seen else -1


class TrustsTheHorizon(Follower):
    """Asks for all after the horizon it was told before; `since` moves on where nothing came."""

    def step(self) -> None:
        through = parts.horizon(self.database)
        self.read(self.last, through)
        self.last = max(self.last, through)


class NewestFirst(Follower):
    """Asks `since` the last `stored` it saw, in the order that is the default: newest first."""

    def step(self) -> None:
        rest: statements.Query | None = statements.Query(
            self.place.id,
            self.terms,
            after=self.last,
            until=parts.horizon(self.database),
            limit=self.limit,
        )
        fresh: list[int] = []
        with self.database.read() as connection:
            while rest is not None:
                page = statements.select(connection, rest)
                fresh += page.positions
                rest = page.more
        self.seen += reversed(fresh)
        self.last = self.seen[-1] if self.seen else -1


def url_of(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def slowly(pause: float) -> Callable[[Connection, intake.Batch], object]:
    def work(connection: Connection, batch: intake.Batch) -> None:
        intake.store(connection, batch)
        time.sleep(pause)

    return work


def write_batches(database: Database, who: Principal, number: int) -> None:
    """Batches with and without ids of their own, with references, and now and then a slow one."""
    for turn in range(20):
        sent = [make.statement(verb=COMPLETED if turn % 3 == 0 else make.verb())]
        if turn % 4 == number % 4:
            sent.append(make.statement(id=make.uuid4()))
        if turn % 9 == number:
            sent.append(make.statement(object=make.reference(make.uuid4())))
        batch = parts.examined(who, sent)
        work = slowly(0.02 if turn % 10 == number else 0)
        database.write(lambda connection, b=batch, w=work: w(connection, b))


@pytest.mark.parametrize("limit", [3, 100])
def test_readers_follow_many_writers_and_a_slow_one(
    database: Database, cast: conftest.Cast, limit: int
) -> None:
    who = parts.principal(cast)
    others = [
        subprocess.Popen(
            [*WRITER, url_of(database), cast.tenant.name, "15"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(1 if database.dialect == "sqlite" else 2)
    ]
    done = threading.Event()
    completed = {"verb": COMPLETED["id"]}
    readers = [
        ReadsSince(database, who, limit),
        NewestFirst(database, who, limit),
        TrustsTheHorizon(database, who, limit),
        ReadsSince(database, who, limit, **completed),
        TrustsTheHorizon(database, who, limit, agent=make.agent(), verb=COMPLETED["id"]),
    ]
    try:
        for other in others:
            assert other.stdout is not None
            assert other.stdout.readline() == "ready\n"
        with parts.crew() as reading:
            for reader in readers:
                reading.start(reader.follow, done)
            try:
                with parts.crew() as writing:
                    slow = parts.examined(who, [make.statement(verb=COMPLETED)] * 2)
                    writing.start(database.write, lambda c: slowly(0.5)(c, slow))
                    for number in range(6):
                        writing.start(write_batches, database, who, number)
                for other in others:
                    assert other.wait(60) == 0
            finally:
                done.set()
    finally:
        for other in others:
            other.kill()
            other.communicate()
    everything = parts.committed(database, who.learning)
    assert len(everything) >= 6 * 20 + len(others) * 15 + 2
    of_verb = ReadsSince(database, who, 500, **completed)
    of_verb.step()
    for reader in readers:
        assert reader.seen == (of_verb.seen if reader.terms else everything)
    assert parts.halves(database) == []


def test_the_horizon_never_passes_a_stamp_whose_commit_is_to_come(
    database: Database, cast: conftest.Cast
) -> None:
    """Asked by the process that writes, by another, and by another database connection pool."""
    who = parts.principal(cast)
    with closing(engine.connect(url_of(database))) as other:
        parts.send(database, who, [make.statement()])
        for _ in range(20):
            asked: list[int] = []

            def work(connection: Connection, asked: list[int] = asked) -> int:
                first = log.stamp(connection, 3)
                asked += [parts.horizon(each) for each in (database, other, database, other)]
                return first

            first = database.write(work)
            assert max(asked) < first
            assert parts.horizon(database) >= first + 2
            assert parts.horizon(other) >= first + 2


def test_a_writer_stopped_anywhere_in_its_stamp_holds_the_horizon(
    database: Database, cast: conftest.Cast
) -> None:
    """The writer has read the clock, and the scheduler takes the processor away from it.

    A slow clock in front of PostgreSQL's own makes the moment long enough to look into.
    """
    if database.dialect != "postgresql":
        return  # elsewhere the clock is read by who holds the one write lock
    run_alone(
        database,
        "CREATE SCHEMA IF NOT EXISTS slow",
        "CREATE OR REPLACE FUNCTION slow.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql"
        " VOLATILE AS $$ DECLARE now timestamptz; BEGIN now := pg_catalog.clock_timestamp();"
        " PERFORM pg_sleep(0.05); RETURN now; END $$",
    )
    stamped: list[int] = []
    begun, may_commit = threading.Event(), threading.Event()

    def work(connection: Connection) -> None:
        run(connection, "SET LOCAL search_path = slow, pg_catalog, public")
        begun.set()
        stamped.append(log.stamp(connection, 1))
        may_commit.wait(30)

    try:
        for _ in range(5):
            begun.clear()
            may_commit.clear()
            stamped.clear()
            asked = []
            with parts.crew() as hands:
                hands.start(database.write, work)
                assert begun.wait(30)
                while not stamped:
                    asked.append(parts.horizon(database))
                asked.append(parts.horizon(database))
                may_commit.set()
            assert max(asked) < stamped[0]
    finally:
        run_alone(database, "DROP SCHEMA slow CASCADE")


def run_alone(database: Database, *sqls: str) -> None:
    def work(connection: Connection) -> None:
        for sql in sqls:
            connection.exec_driver_sql(sql)

    database.write(work)


def test_on_an_idle_store_the_horizon_is_now_whoever_else_asks(
    database: Database, cast: conftest.Cast
) -> None:
    parts.send(database, parts.principal(cast), [make.statement()])
    put_back(database, time.time_ns() // 1000 - 3600 * SECOND)
    behind: list[float] = []

    def ask() -> None:
        for _ in range(40):
            before = time.time_ns() // 1000
            behind.append(before - parts.horizon(database))

    parts.at_once(*[ask] * 6)
    assert max(behind) < SECOND


def test_while_statements_come_one_after_another_the_horizon_keeps_up(
    database: Database, cast: conftest.Cast
) -> None:
    who = parts.principal(cast)
    put_back(database, time.time_ns() // 1000 - 3600 * SECOND)
    done = threading.Event()
    behind: list[float] = []

    def write() -> None:
        while not done.is_set():
            parts.send(database, who, [make.statement()])

    with parts.crew() as hands:
        hands.start(write)
        hands.start(write)
        try:
            while not parts.committed(database, who.learning):
                pass
            for _ in range(200):
                before = time.time_ns() // 1000
                behind.append(before - parts.horizon(database))
        finally:
            done.set()
    assert max(behind) < SECOND


def test_positions_increase_though_the_clock_is_set_back(
    database: Database, cast: conftest.Cast
) -> None:
    """As if an hour had been stamped already: the clock stands before the last position."""
    who = parts.principal(cast)
    ahead = time.time_ns() // 1000 + 3600 * SECOND
    put_back(database, ahead)
    reader = ReadsSince(database, who, 7)
    done = threading.Event()

    def write() -> None:
        for _ in range(15):
            parts.send(database, who, [make.statement()] * 3)

    with parts.crew() as reading:
        reading.start(reader.follow, done)
        try:
            parts.at_once(*[write] * 4)
        finally:
            done.set()
    everything = parts.committed(database, who.learning)
    assert len(everything) == len(set(everything)) == 4 * 15 * 3
    assert reader.seen == everything
    assert min(everything) > ahead


def put_back(database: Database, position: int) -> None:
    """Let this be the last position given out."""

    def work(connection: Connection) -> None:
        if database.dialect == "postgresql":
            run(connection, "SELECT setval('log_clock', ?)", (position,))
        else:
            run(connection, "UPDATE log_clock SET position = ? WHERE id = 1", (position,))

    database.write(work)
