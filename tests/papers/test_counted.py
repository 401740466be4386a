"""Figures that are held are told as long as nothing changed, and no longer than that matters."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from lrs.papers.counted import AT_MOST, WHILE, Counted, Held
from lrs.reports.shapes import Slice
from lrs.store import register
from lrs.store.register import Fact
from tests.conftest import NOW, Cast
from tests.rows import DAY, Rows, later, programme


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Office:
    """An agency that looks at one figure again and again."""

    cast: Cast
    clock: Clock
    counted: Counted

    def look(self) -> Held:
        with self.cast.database.read() as connection:
            return self.counted.figure(
                connection, self.cast.tenant.id, "M12", Slice(as_of=later(365))
            )

    def another_completion(self) -> None:
        """One more case, and an entry of the register, by which it is seen."""
        rows = Rows(self.cast.tenant.id)
        rows.case(programme())
        rows.write(self.cast.database)
        fact = Fact(register.UNIT, bytes(16), {"path": DAY.isoformat()})
        self.cast.database.write(
            lambda c: register.append(c, self.cast.tenant.id, [fact], "user:siti")
        )


def office(cast: Cast, soon: float) -> Office:
    rows = Rows(cast.tenant.id)
    rows.case(rows.programme(programme()))
    rows.write(cast.database)
    clock = Clock()
    return Office(cast, clock, Counted(cast.database, clock, soon))


def n(held: Held) -> int | None:
    return held.figure.total.measures[0].n


@pytest.fixture
def small(cast: Cast) -> Office:
    """Whose figures are always soon counted."""
    return office(cast, 60)


@pytest.fixture
def large(cast: Cast) -> Office:
    """Whose figures always take long."""
    return office(cast, -1)


def test_what_nothing_changed_is_not_counted_again(small: Office) -> None:
    assert small.look() is small.look()
    small.clock.now += AT_MOST  # letters may have gone out
    assert small.look().at == small.clock.now


def test_a_small_agency_sees_the_last_record(small: Office) -> None:
    assert n(small.look()) == 1
    small.another_completion()
    assert n(small.look()) == 2


def test_a_large_agency_sees_what_was_counted_and_then_what_is_new(large: Office) -> None:
    first = large.look()
    large.another_completion()
    large.clock.now += timedelta(seconds=5)
    assert large.look() is first
    large.counted.close()
    assert n(large.look()) == 2


def test_what_is_old_is_told_no_more(large: Office) -> None:
    large.look()
    large.another_completion()
    large.clock.now += WHILE
    assert n(large.look()) == 2


def test_parts_and_readers_are_held_apart(small: Office) -> None:
    with small.cast.database.read() as connection:
        told = [
            small.counted.figure(connection, small.cast.tenant.id, "M12", part, published=hidden)
            for part in (Slice(as_of=later(365)), Slice(as_of=later(1)))
            for hidden in (False, True)
        ]
    assert len({id(each) for each in told}) == 4
    assert [each.figure.published for each in told] == [False, True, False, True]
