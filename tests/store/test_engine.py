"""Connections that outlive what they are connected to."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import ContextVar, copy_context
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from lrs.errors import Busy
from lrs.store import engine
from lrs.store.engine import Database, run

NUMBER = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT connection_id()"}
HANG_UP = {"postgresql": "SELECT pg_terminate_backend({})", "mariadb": "KILL {}"}


def test_a_connection_given_up_by_the_server_is_replaced_before_it_is_used(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told that the store is busy because it lay idle over night."""
    if database.dialect not in NUMBER:
        return  # a file hangs up on nobody
    monkeypatch.setattr(engine, "IDLE", -1.0)

    def number(connection: Connection) -> int:
        return int(run(connection, NUMBER[database.dialect]).scalar_one())

    with closing(engine.connect(database.url.render_as_string(hide_password=False))) as own:

        def numbers() -> set[int]:
            with own.read() as connection:
                return {own.write(number), number(connection)}

        before = numbers()
        with database.read() as connection:
            for each in before:
                connection.exec_driver_sql(HANG_UP[database.dialect].format(each))
        assert numbers().isdisjoint(before)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    with closing(engine.connect(f"sqlite:///{tmp_path / 'jejak.db'}")) as opened:
        opened.write(lambda connection: run(connection, "CREATE TABLE told (word TEXT)").close())
        yield opened


def tell(word: str) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        run(connection, "INSERT INTO told VALUES (?)", (word,)).close()
        return word

    return work


def together(database: Database, *requests: Callable[[Database], Any]) -> list[Any]:
    """What became of these requests, each of which writes: all wait for another's write."""
    held, may_go = threading.Event(), threading.Event()

    def first(connection: Connection) -> None:
        held.set()
        assert may_go.wait(30)

    def outcome(request: Callable[[Database], Any]) -> Any:
        try:
            return request(database)
        except BaseException as error:
            return error

    with ThreadPoolExecutor(len(requests) + 1) as hands:
        hands.submit(database.write, first)
        assert held.wait(30)
        (waiting,) = database._gathered.values()
        told = []
        for number, request in enumerate(requests, start=1):
            told.append(hands.submit(outcome, request))
            while len(waiting) < number:
                time.sleep(0.001)
        may_go.set()
        return [each.result() for each in told]


def writing(work: Callable[[Connection], Any], database: Database) -> Any:
    return database.write(work)


def words(database: Database) -> list[str]:
    with database.read() as connection:
        return list(run(connection, "SELECT word FROM told ORDER BY rowid").scalars())


def test_each_writes_in_its_own_surroundings_whoever_does_it(sqlite: Database) -> None:
    """What waits is written by the thread of another request: it must not speak its language."""
    language = ContextVar("language", default="none")

    def speaks(connection: Connection) -> str:
        return language.get()

    def request(word: str) -> Callable[[Database], str]:
        def inside(database: Database) -> str:
            language.set(word)
            return database.write(speaks)

        return lambda database: copy_context().run(inside, database)

    assert together(sqlite, *[request(word) for word in ("en", "id", "en")]) == ["en", "id", "en"]


def test_what_is_broken_off_is_never_taken_for_written(sqlite: Database) -> None:
    """Not even where the interpreter is told to end in the middle of a group."""

    def end(connection: Connection) -> None:
        raise SystemExit

    writes = [tell("first"), end, tell("last")]
    outcomes = together(sqlite, *[partial(writing, each) for each in writes])
    assert all(isinstance(each, (SystemExit, Busy)) for each in outcomes)
    assert words(sqlite) == []
    assert sqlite.write(tell("after")) == "after"
    assert words(sqlite) == ["after"]


def test_a_write_inside_a_write_says_so(sqlite: Database) -> None:
    with pytest.raises(RuntimeError, match="would wait for itself"):
        sqlite.write(lambda connection: sqlite.write(tell("inside")))
    assert sqlite.write(tell("after")) == "after"


def test_who_writes_after_the_end_is_told(sqlite: Database) -> None:
    sqlite.close()
    with pytest.raises(Busy):
        sqlite.write(tell("late"))


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("postgresql://jejak@127.0.0.1/jejak", True),
        ("postgresql://jejak@localhost:5433/jejak", True),
        ("postgresql://jejak@[::1]/jejak", True),
        ("postgresql:///jejak", True),
        ("mariadb://jejak@127.0.1.1/jejak", True),
        ("postgresql://jejak@10.0.0.7/jejak", False),
        ("mariadb://jejak@db.example.go.id/jejak", False),
    ],
)
def test_a_database_is_here_or_elsewhere(url: str, here: bool) -> None:
    """So many threads work at once as gain by it: docs/decisions/0016."""
    with closing(engine.connect(url)) as database:
        assert database.is_here is here


def test_a_file_is_here(tmp_path: Path) -> None:
    with closing(engine.connect(f"sqlite:///{tmp_path / 'jejak.db'}")) as database:
        assert database.is_here
