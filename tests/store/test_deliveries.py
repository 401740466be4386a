"""When a request counts as an earlier one sent again, and what is remembered of it."""

import pytest

from lrs.store.accounts import Principal
from lrs.store.engine import Database
from tests import make
from tests.conftest import Cast
from tests.promises import parts
from tests.test_intake import ANSWER, REPORT, Tree, event, send


@pytest.fixture
def who(cast: Cast) -> Principal:
    return parts.principal(cast)


def at(second: int) -> Tree:
    """Something that happened in a second of its own."""
    return event(f"e{second}") | {"timestamp": f"2026-11-22T02:27:{second:02}.000Z"}


def count(database: Database, who: Principal) -> int:
    return len(parts.found(database, who.learning, limit=1000))


def test_the_rest_of_a_lost_batch_comes_with_what_else_had_failed(
    database: Database, who: Principal
) -> None:
    """Moodle sends fifteen events at a time: the end of one failed batch, and the next."""
    lost, other = [at(n) for n in range(20)], [at(n) for n in range(30, 50)]
    send(database, who, lost, ANSWER)
    assert send(database, who, lost[:15], ANSWER).duplicates == 15
    assert send(database, who, lost[15:] + other[:10], ANSWER).duplicates == 5
    assert count(database, who) == 30


def test_some_alike_in_one_second_are_no_sign(database: Database, who: Principal) -> None:
    """A page opened twice makes several equal events, on both sides of the end of a batch."""
    twice = [event("a"), event("b"), event("c")]
    send(database, who, [at(1), *twice], ANSWER)
    assert send(database, who, [*twice, at(2)], ANSWER).duplicates == 0


def test_what_was_answered_and_lost_once_more_is_known_again(
    database: Database, who: Principal
) -> None:
    """The second answer may be lost as the first was."""
    first = send(database, who, [event("a"), event("b")], ANSWER)
    more = [event("c"), event("a"), event("b"), event("d")]
    second = send(database, who, more, ANSWER)
    third = send(database, who, more, ANSWER)
    assert second.ids[1:3] == first.ids
    assert (third.ids, third.duplicates) == (second.ids, 4)
    assert count(database, who) == 4


def test_without_a_time_nothing_tells_one_event_from_the_next(
    database: Database, who: Principal
) -> None:
    """Who opens a page every morning did it every morning."""
    for kindness in (ANSWER, REPORT):
        for _ in range(2):
            assert send(database, who, [make.statement()], kindness).duplicates == 0
    assert count(database, who) == 4
