"""Promise 6: concurrent document writes cannot be lost; the ETag check is part of the write."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from sqlalchemy import Connection

from lrs.errors import Conflict, PreconditionFailed
from lrs.store import documents, engine
from lrs.store.accounts import Principal
from lrs.store.documents import JSON, Condition, Place
from lrs.store.engine import Database
from tests import conftest, make
from tests.promises import parts

WRITERS = 6
TURNS = 12


@pytest.fixture
def who(cast: conftest.Cast) -> Principal:
    return parts.principal(cast)


@pytest.fixture
def other(database: Database) -> Iterator[Database]:
    """The same database through the doors of another process."""
    with closing(engine.connect(database.url.render_as_string(hide_password=False))) as opened:
        yield opened


def place_of(who: Principal, name: str = "counter") -> Place:
    owner = documents.owner(
        who.learning, "state", "https://course.example.org/course", make.agent("sari")
    )
    return documents.place(who.learning, owner, None, name, "State")


def now() -> int:
    return time.time_ns() // 1000


def put(database: Database, place: Place, content: bytes, condition: Condition) -> None:
    database.write(lambda c: documents.put(c, place, JSON, content, now(), condition))


def held(database: Database, place: Place) -> documents.Document:
    with database.read() as connection:
        document = documents.get(connection, place)
    assert document is not None
    assert document.etag == documents.documents.etag(document.content), "content of another tag"
    return document


def test_no_addition_is_lost_of_many_who_read_add_and_put(
    database: Database, other: Database, who: Principal
) -> None:
    place = place_of(who)
    put(database, place, b"0", Condition(none_match="*"))
    lost = []

    def add(door: Database) -> Callable[[], object]:
        def work() -> None:
            for _ in range(TURNS):
                while True:
                    there = held(door, place)
                    more = str(int(there.content) + 1).encode()
                    try:
                        put(door, place, more, Condition(match=there.etag))
                        break
                    except PreconditionFailed:
                        lost.append(1)

        return work

    parts.at_once(*[add((database, other)[n % 2]) for n in range(WRITERS)])
    assert held(database, place).content == str(WRITERS * TURNS).encode()
    assert lost, "nobody raced"


def test_no_member_is_lost_of_many_who_post_at_once(
    database: Database, other: Database, who: Principal
) -> None:
    """From the first POST on, which makes the document: nobody was there before."""
    place = place_of(who)

    def post(number: int) -> Callable[[], object]:
        def work() -> None:
            for turn in range(TURNS):
                content = json.dumps({f"m{number}-{turn}": number, "last": number}).encode()
                (database, other)[number % 2].write(
                    lambda c, content=content: documents.merge(
                        c, place, JSON, content, now(), 1 << 20
                    )
                )

        return work

    parts.at_once(*[post(n) for n in range(WRITERS)])
    members = json.loads(held(database, place).content)
    assert set(members) == {"last"} | {
        f"m{number}-{turn}" for number in range(WRITERS) for turn in range(TURNS)
    }


@pytest.mark.parametrize("made", [False, True], ids=["new", "standing"])
def test_of_many_with_one_tag_one_wins(
    database: Database, other: Database, who: Principal, made: bool
) -> None:
    for turn in range(8):
        place = place_of(who, f"name-{turn}")
        condition = Condition(none_match="*")
        if made:
            put(database, place, b"first", condition)
            condition = Condition(match=held(database, place).etag)
        won: list[int] = []

        def attempt(
            number: int,
            place: Place = place,
            condition: Condition = condition,
            won: list[int] = won,
        ) -> Callable[[], object]:
            def work() -> None:
                try:
                    put((database, other)[number % 2], place, b"%d" % number, condition)
                    won.append(number)
                except PreconditionFailed:
                    pass

            return work

        parts.at_once(*[attempt(n) for n in range(WRITERS)])
        assert len(won) == 1
        assert held(database, place).content == b"%d" % won[0]


def test_who_decided_on_what_stood_is_told_when_a_slow_writer_was_before(
    database: Database, who: Principal
) -> None:
    """The other has written and not committed; the check waits for it, and then says no."""
    place = place_of(who)
    put(database, place, b"0", Condition(none_match="*"))
    tag = held(database, place).etag
    said: list[str] = []

    def slow(connection: Connection) -> None:
        documents.put(connection, place, JSON, b"slow", now(), Condition(match=tag))
        time.sleep(0.1)

    def attempt(name: str, work: Callable[[Connection], None]) -> Callable[[], object]:
        def tried() -> None:
            try:
                database.write(work)
                said.append(name)
            except PreconditionFailed:
                said.append("no")

        return tried

    def quick(connection: Connection) -> None:
        documents.put(connection, place, JSON, b"quick", now(), Condition(match=tag))

    parts.at_once(attempt("slow", slow), attempt("quick", quick))
    assert sorted(said) in (["no", "slow"], ["no", "quick"])
    winner = next(name for name in said if name != "no")
    assert held(database, place).content == winner.encode()


def test_putting_deleting_merging_and_clearing_leave_whole_documents(
    database: Database, other: Database, who: Principal
) -> None:
    """Whatever is read in between has the content of its tag; `held` would tell."""
    place = place_of(who)

    def turns(work: Callable[[Connection], object], door: Database) -> Callable[[], object]:
        def repeated() -> None:
            for _ in range(TURNS * 2):
                try:
                    door.write(work)
                except Conflict:
                    pass

        return repeated

    def read() -> None:
        for _ in range(TURNS * 6):
            with database.read() as connection:
                document = documents.get(connection, place)
            if document is not None:
                assert document.etag == documents.documents.etag(document.content)

    parts.at_once(
        turns(lambda c: documents.put(c, place, JSON, b'{"a":1}', now()), database),
        turns(lambda c: documents.put(c, place, JSON, b'{"b":22}', now()), other),
        turns(lambda c: documents.merge(c, place, JSON, b'{"c":3}', now(), 1 << 20), other),
        turns(lambda c: documents.delete(c, place), database),
        turns(lambda c: documents.clear(c, who.learning, place.owner), other),
        read,
    )
    put(database, place, b"{}", Condition())
    assert held(database, place).content == b"{}"
    with database.read() as connection:
        assert [name for name, _ in documents.names(connection, who.learning, place.owner)] == [
            "counter"
        ]
