"""Figures of a small agency, told row by row."""

from typing import Any

import msgspec
import pytest

from lrs import reporting
from lrs.errors import NotFound, Refused
from lrs.reports.shapes import Excluded, Figure, Slice
from tests.conftest import Cast
from tests.rows import DAY, Rows, iri, later, programme

YEAR = later(365)


@pytest.fixture
def rows(cast: Cast) -> Rows:
    return Rows(cast.tenant.id)


def ask(cast: Cast, rows: Rows, id: str, *, by: str | None = None, **chosen: Any) -> Figure:
    published = chosen.pop("published", False)
    rows.write(cast.database)
    with cast.database.read() as connection:
        return reporting.figure(
            connection,
            cast.tenant.id,
            id,
            Slice(**({"as_of": YEAR} | chosen)),
            by=by,
            published=published,
        )


def test_the_share_applied_is_bounds_since_the_silent_may_have_applied_or_not(
    cast: Cast, rows: Rows
) -> None:
    course = rows.programme(programme())
    rows.case(course).outcome(applied=20, tier="7b")
    rows.case(course).outcome(applied=200)  # too late for h, and nobody knows of before
    rows.case(course).outcome(known_not=185)
    rows.case(course).outcome(known_not=100)  # what came of it by day 180 nobody said
    rows.case(course)
    told = ask(cast, rows, "M1").total
    share = told.measure("applied")
    assert (share.k, share.n, share.low, share.high) == (1, 5, 0.2, 0.8)
    assert share.value is None
    assert told.measure("known_not").k == 1
    assert told.measure("unknown").k == 3
    assert told.measure("applied_7b").k == 1


def test_who_is_left_out_is_told(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    rows.case(course).outcome(applied=20)
    rows.case(course, state="undone")
    rows.case(course, state="voided")
    rows.case(course, matched=False)
    rows.case(course, clock=later(300))
    rows.case(course, ended="retired", ended_day=100)
    found = ask(cast, rows, "M1")
    assert found.total.measures[0].n == 1
    assert found.excluded == tuple(
        Excluded(why=why, count=1) for why in ("undone", "voided", "unmatched", "young", "ended")
    )


def test_units_are_rolled_up_along_their_path(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    rows.case(course, unit="Dinas A / Bidang 1").outcome(applied=3)
    rows.case(course, unit="Dinas A / Bidang 2")
    rows.case(course, unit="Dinas B")
    found = ask(cast, rows, "M1", by="unit")
    assert {group.key: (group.measures[0].k, group.measures[0].n) for group in found.groups} == {
        "Dinas A": (1, 2),
        "Dinas A / Bidang 1": (1, 1),
        "Dinas A / Bidang 2": (0, 1),
        "Dinas B": (0, 1),
    }
    inside = ask(cast, rows, "M1", by="unit", unit="dinas a")
    assert inside.total.measures[0].n == 2
    assert [group.key for group in inside.groups] == ["Dinas A / Bidang 1", "Dinas A / Bidang 2"]


def test_a_behaviour_of_which_nothing_is_known_counts_as_unknown(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme("Arsip", "menata arsip", "memusnahkan arsip"))
    rows.programme(programme("Anggaran", "menyusun anggaran"))
    rows.case(course).outcome(applied=10).outcome("menata arsip", applied=10)
    rows.case(course)
    found = ask(cast, rows, "M1", by="behaviour")
    told = {group.label: group.measures[0] for group in found.groups}
    assert {label: (one.k, one.n, one.high) for label, one in told.items()} == {
        "menata arsip": (1, 2, 1.0),
        "memusnahkan arsip": (0, 2, 1.0),
        "menyusun anggaran": (0, 0, 1.0),
    }
    one = ask(cast, rows, "M1", behaviour=iri("menata arsip"))
    assert one.total.measures[0] == told["menata arsip"]


def test_windows_give_their_own_horizons(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    rows.case(course).outcome(applied=100, tier="7a")
    found = ask(cast, rows, "M1", by="window")
    assert {group.key: group.measures[0].k for group in found.groups} == {
        "W0": 0,
        "W1": 0,
        "W2": 0,
        "W3": 1,
        "W4": 1,
    }
    assert ask(cast, rows, "M1", window="W2").horizon == 90
    by_tier = ask(cast, rows, "M1", by="tier")
    assert [(group.key, group.measures[0].k) for group in by_tier.groups] == [("7a", 1), ("7b", 0)]


def test_cohorts_and_quarters_stand_apart(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme(cohorts=("I", "II")))
    rows.case(course, cohort="I").outcome(applied=1)
    rows.case(course, cohort="II", clock=later(90))
    found = ask(cast, rows, "M1", by="cohort")
    assert [(group.label, group.programme) for group in found.groups] == [
        ("Pelayanan Prima, I", course.iri),
        ("Pelayanan Prima, II", course.iri),
    ]
    found = ask(cast, rows, "M1", by="period")
    assert [(group.key, group.measures[0].n) for group in found.groups] == [
        ("2025-Q1", 1),
        ("2025-Q2", 1),
    ]
    assert ask(cast, rows, "M1", until=DAY).total.measures[0].n == 1


def test_what_cannot_be_asked_is_told(cast: Cast, rows: Rows) -> None:
    with pytest.raises(NotFound, match="a figure M99; there are M1"):
        ask(cast, rows, "M99")
    with pytest.raises(Refused, match="taken apart by"):
        ask(cast, rows, "M1", by="zodiac")
    with pytest.raises(NotFound, match="a programme"):
        ask(cast, rows, "M1", programme="https://nowhere.example.org")
    with pytest.raises(NotFound, match="a unit"):
        ask(cast, rows, "M1", unit="Dinas Z")


def test_every_figure_can_be_sent_as_json(cast: Cast, rows: Rows) -> None:
    rows.case(rows.programme(programme()), unit="Dinas A").outcome(applied=1)
    for described in reporting.ALL:
        for by in (None, *described.by):
            found = ask(cast, rows, described.id, by=by)
            assert msgspec.convert(msgspec.to_builtins(found), Figure) == found
