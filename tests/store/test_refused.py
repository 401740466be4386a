"""How what was refused is kept, counted and found."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from lrs.errors import NotFound, Problem
from lrs.store import refused
from lrs.store.engine import Database
from lrs.store.refused import Refusal, Row, Sender, Which
from tests.conftest import Cast

WRONG = Problem("verb", "it is missing", "Data 2.4", 0)
STORES = (1, 2)


class Kept:
    """Refusals of one source, set aside request by request."""

    def __init__(self, database: Database) -> None:
        self.database, self.time = database, 0

    def keep(self, *refusals: Refusal, source: int = 1, store: int = 1) -> bytes:
        self.time += 1
        request = self.time.to_bytes(16, "big")
        sender = Sender(store, source, None, request, "1.0.3")
        self.write(lambda c: refused.keep(c, sender, refusals, [], self.time))
        return request

    def write(self, work: Callable[..., Any]) -> Any:
        return self.database.write(work)

    def rows(self, **which: Any) -> list[Row]:
        with self.database.read() as connection:
            return refused.select(connection, Which(**{"store_ids": STORES} | which))

    def states(self) -> list[tuple[str, int]]:
        return [(row.state, row.times) for row in self.rows()]


@pytest.fixture
def kept(database: Database, cast: Cast) -> Kept:
    return Kept(database)


def bad(raw: bytes = b"bad", index: int = 0) -> Refusal:
    return Refusal(index, raw, [WRONG])


def good(raw: bytes = b"good", index: int = 1) -> Refusal:
    return Refusal(index, raw, [], refused.BYSTANDER)


def repaired(raw: bytes = b"bad") -> Refusal:
    return Refusal(0, raw, [WRONG], refused.REPAIRED, b"well")


def mend(kept: Kept, number: int) -> None:
    assert kept.write(lambda c: refused.mend(c, number, b"mended"))


def take(kept: Kept, number: int) -> None:
    assert kept.write(lambda c: refused.take(c, [number])) == {number}


def dismiss(kept: Kept, number: int) -> None:
    assert kept.write(lambda c: refused.dismiss(c, number, "so"))


STORIES: list[tuple[str, Refusal, Sequence[Callable[[Kept, int], None]], Refusal, str]] = [
    ("counts up", bad(), [], bad(), refused.REFUSED),
    ("waits with its mended form", bad(), [mend], bad(), refused.MENDED),
    ("comes again though it was replayed", bad(), [mend, take], bad(), refused.MENDED),
    ("comes again though it was dismissed", bad(), [dismiss], bad(), refused.REFUSED),
    ("bystander again", good(b"bad"), [take], good(b"bad"), refused.BYSTANDER),
    ("dismissed bystander again", good(b"bad"), [dismiss], good(b"bad"), refused.BYSTANDER),
    ("now bad itself", good(b"bad"), [], bad(), refused.REFUSED),
    ("now repaired", bad(), [], repaired(), refused.REPAIRED),
    ("mended, then repaired", bad(), [mend], repaired(), refused.REPAIRED),
    ("repaired again", repaired(), [], repaired(), refused.REPAIRED),
    ("no longer repaired", repaired(), [], bad(), refused.MENDED),
]


@pytest.mark.parametrize(
    ("first", "dealt", "then", "state"), [each[1:] for each in STORIES], ids=[s[0] for s in STORIES]
)
def test_what_comes_again(
    kept: Kept,
    first: Refusal,
    dealt: Sequence[Callable[[Kept, int], None]],
    then: Refusal,
    state: str,
) -> None:
    request = kept.keep(first)
    (row,) = kept.rows()
    for deal in dealt:
        deal(kept, row.number)
    kept.keep(then)
    (row,) = kept.rows()
    assert (row.state, row.times, row.request) == (state, 2, request)
    assert (row.received, row.last_received, row.why) == (1, 2, None)
    assert row.problems == tuple(then.problems or first.problems)


def test_numbers_follow_the_batch(kept: Kept) -> None:
    kept.keep(*(bad(bytes([n]), n) for n in range(100)))
    assert [row.index for row in kept.rows()] == list(range(100))


def test_which_are_meant(kept: Kept) -> None:
    first = kept.keep(bad(), good())
    kept.keep(bad(b"other"), source=2)
    kept.keep(bad(b"more"), store=2)
    kept.keep(bad(b"elsewhere"), store=3)
    assert len(kept.rows()) == 4
    assert len(kept.rows(store_ids=(1,))) == 3
    assert len(kept.rows(source_id=2)) == 1
    assert len(kept.rows(states=(refused.BYSTANDER,))) == 1
    assert len(kept.rows(since=1)) == 2
    assert len(kept.rows(request=first)) == 2
    number = kept.rows()[1].number
    assert [row.number for row in kept.rows(numbers=(number, 10**9))] == [number]
    with kept.database.read() as connection:
        assert len(refused.select(connection, Which(STORES), after=number)) == 2
        assert len(refused.select(connection, Which(STORES), limit=3)) == 3
        assert refused.count(connection, Which(STORES)) == {
            (1, refused.BYSTANDER): 1,
            (1, refused.REFUSED): 2,
            (2, refused.REFUSED): 1,
        }
        assert refused.requests(connection, Which((1,)))[0] == first
        elsewhere = refused.select(connection, Which((3,)))[0].number
        with pytest.raises(NotFound):
            refused.get(connection, STORES, elsewhere)
        assert refused.bodies(connection, number) == (b"good", None)


def test_what_is_stored_is_dealt_with_no_more(kept: Kept) -> None:
    kept.keep(bad())
    (row,) = kept.rows()
    take(kept, row.number)
    assert kept.write(lambda c: refused.take(c, [row.number])) == set()
    assert not kept.write(lambda c: refused.mend(c, row.number, b"x"))
    assert not kept.write(lambda c: refused.dismiss(c, row.number, "x"))
    assert not kept.write(lambda c: refused.blame(c, row.number, [WRONG]))


def test_a_dismissed_one_may_be_mended(kept: Kept) -> None:
    kept.keep(bad())
    (row,) = kept.rows()
    dismiss(kept, row.number)
    mend(kept, row.number)
    (row,) = kept.rows()
    assert (row.state, row.why) == (refused.MENDED, None)
