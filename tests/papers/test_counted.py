"""Figures that are held are told as long as nothing changed, and no longer than that matters."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest

from lrs.papers.counted import AT_MOST, FIRST, LATELY, WHILE, Counted, Held, ahead
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

    day: date

    def look(self, id: str = "M12") -> Held:
        with self.cast.database.read() as connection:
            return self.counted.figure(connection, self.cast.tenant.id, id, Slice(as_of=self.day))

    def worker(self) -> int:
        """A minute of the worker's; answers how many figures it counted."""
        return ahead(self.cast.database, self.cast.tenant.id, self.clock.now, 14, soon=-1)[0]

    def another_process(self) -> "Office":
        return replace(self, counted=Counted(self.cast.database, self.clock, -1))

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
    return Office(cast, clock, Counted(cast.database, clock, soon), later(365))


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
    first = small.look()
    small.clock.now += 2 * WHILE
    assert small.look() is first


def test_letters_that_go_out_change_no_record(small: Office) -> None:
    small.look("M3")
    small.clock.now += AT_MOST
    assert small.look("M3").at == small.clock.now


def test_a_small_agency_sees_the_last_record(small: Office) -> None:
    assert n(small.look()) == 1
    small.another_completion()
    assert n(small.look()) == 2


def test_a_large_agency_sees_what_was_counted_and_then_what_is_new(large: Office) -> None:
    first = large.look()
    large.another_completion()
    large.clock.now += timedelta(seconds=5)
    assert large.look() is first
    large.clock.now += AT_MOST
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


def test_the_worker_counts_ahead_what_the_first_page_shows(large: Office) -> None:
    large.day = large.clock.now.date()
    assert large.worker() == len(FIRST)
    assert large.worker() == 0  # nothing changed
    large.another_completion()
    large.clock.now += timedelta(seconds=5)
    assert large.worker() == len(FIRST)
    told = large.look()
    assert (n(told), told.at) == (2, large.clock.now)


def test_what_was_asked_for_is_counted_ahead_on_the_days_that_follow(large: Office) -> None:
    large.day = large.clock.now.date()
    large.look("M10")
    large.counted.close()
    large.clock.now += timedelta(days=1)
    assert large.worker() == len(FIRST) + 1
    later_on = large.another_process()
    later_on.day = large.clock.now.date()
    assert later_on.look("M10").at == large.clock.now
    large.clock.now += LATELY + timedelta(days=1)
    assert large.worker() == len(FIRST)


def test_what_took_long_is_there_for_every_process_and_after_a_start(large: Office) -> None:
    first = large.look()
    large.counted.close()
    there = large.another_process().look()
    assert (there.figure, there.at, there.state) == (first.figure, first.at, first.state)
