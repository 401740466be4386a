"""Figures of a small agency, told row by row."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from lrs import reporting
from lrs.errors import NotFound, Refused
from lrs.reporting import quarter, quarters
from lrs.reports.shapes import Excluded, Figure, Slice
from lrs.settings import Settings
from tests import make
from tests.agency import Agency
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
    told = ask(cast, rows, "M1", horizon=180).total
    share = told.measure("applied")
    assert (share.k, share.n, share.low, share.high) == (1, 5, 0.2, 0.8)
    assert share.value is None
    assert told.measure("known_not").k == 1
    assert told.measure("unknown").k == 3
    assert told.measure("applied_7b").k == 1


def test_an_earlier_day_knows_only_the_verdicts_that_were_given_by_then(
    cast: Cast, rows: Rows
) -> None:
    course = rows.programme(programme("Arsip", "menata", "memusnahkan"))
    both = rows.programme(programme("Anggaran", "menyusun", "merevisi", counts="all"))
    case = rows.case(course).outcome(applied=20, contact=200).outcome("menata", applied=20)
    case.link("menata", performed=20, decided=190).link("menata", performed=50, decided=60)
    other = rows.case(both).outcome(applied=40)
    other.link("menyusun", performed=30, decided=40).link("merevisi", performed=40, decided=150)
    told = ask(cast, rows, "M1", as_of=later(120), horizon=45)
    assert (told.total.measures[0].k, told.total.measures[0].n) == (0, 2)
    told = ask(cast, rows, "M1", as_of=later(120), horizon=60)
    assert told.total.measures[0].k == 1
    by = ask(cast, rows, "M1", as_of=later(120), horizon=60, by="behaviour")
    assert [(each.label, each.measures[0].k) for each in by.groups if each.measures[0].k] == [
        ("menata", 1)
    ]
    told = ask(cast, rows, "M1", as_of=later(160), horizon=45)
    assert told.total.measures[0].k == 1
    now = ask(cast, rows, "M1", horizon=45)
    assert now.total.measures[0].k == 2
    curve = ask(cast, rows, "M2", as_of=later(120)).total.curves[0]
    assert [(each.day, each.at_risk) for each in curve.points] == [(50, 1)]


def test_who_is_left_out_is_told(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    rows.case(course).outcome(applied=20)
    rows.case(course, state="undone")
    rows.case(course, state="voided")
    rows.case(course, matched=False)
    rows.case(course, clock=later(300))
    rows.case(course, ended="retired", ended_day=100)
    found = ask(cast, rows, "M1", horizon=180)
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


@pytest.mark.parametrize("id", ["M1", "M2", "M4", "M5", "M6", "M7", "M12", "M13"])
def test_a_part_is_what_is_told_of_its_behaviour_alone(cast: Cast, rows: Rows, id: str) -> None:
    both = rows.programme(programme("Arsip", "menata arsip", "memusnahkan arsip"))
    other = rows.programme(programme("Anggaran", "menyusun anggaran"))
    for number in range(6):
        case = rows.case(both).outcome(applied=10 + number, contact=200, lasting=100)
        case.outcome("menata arsip", applied=10 + number, contact=200, lasting=100)
        case.outcome("memusnahkan arsip", known_not=60 + number, contact=90)
        case.answer("menata arsip", form="A", window="W0", day=5, value=1, rater=f"a{number}")
        case.answer("menata arsip", value=3, recalled=1, rater=f"a{number}")
        case.answer("menata arsip", role="self", value=4)
        case.invitation(rater=f"a{number}", answered=95)
        case.answer("memusnahkan arsip", window="W3", day=200, value=number % 4)
        case.link("menata arsip", performed=200, decided=210)
        for name in ("menata arsip", "memusnahkan arsip"):  # the same two colleagues of both
            peer = {"role": "peer", "rater": f"rekan {number % 2}"}
            case.answer(name, form="A", window="W0", day=5, value=1, **peer)
            case.answer(name, value=2, **peer)
    rows.case(both)
    rows.case(other).outcome(applied=5).outcome("menyusun anggaran", applied=5)
    rows.case(both).outcome(applied=9).answer(
        window="W3", day=200, form="E", frequency="running", role="evaluator"
    )
    found = ask(cast, rows, id, by="behaviour")
    assert found.total == ask(cast, rows, id).total
    assert {group.label for group in found.groups} >= {"menata arsip"}
    for group in found.groups:
        alone = ask(cast, rows, id, behaviour=group.key).total
        assert group.measures == alone.measures, group.label
        assert group.curves == alone.curves[: len(group.curves)], group.label


def test_whether_it_is_still_applied_is_told_of_both_late_windows(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    name = "Pelayanan Prima satu"
    rows.case(course).outcome(applied=20).answer(name, window="W3", day=190, value=3)
    rows.case(course).outcome(applied=20).answer(name, window="W4", day=340, value=1)
    found = ask(cast, rows, "M5", by="window", as_of=later(400))
    told = {group.key: group.measures for group in found.groups}
    assert {key: (one[0].k, one[2].k) for key, one in told.items()} == {"W3": (1, 1), "W4": (0, 1)}
    assert found.total.measures == told["W3"]
    alone = ask(cast, rows, "M5", by="window", window="W4", as_of=later(400))
    assert [group.key for group in alone.groups] == ["W4"]
    assert alone.total.measures == told["W4"]


@pytest.mark.parametrize(
    ("id", "word", "value"),
    [
        ("M2", "tier", "7a"),
        ("M2", "window", "W2"),
        ("M8", "behaviour", iri("x")),
        ("M9", "window", "W2"),
        ("M10", "tier", "7b"),
        ("M11", "behaviour", iri("x")),
        ("M12", "tier", "7a"),
        ("funnel", "window", "W3"),
    ],
)
def test_what_a_figure_tells_nothing_by_is_refused_and_not_passed_over(
    cast: Cast, rows: Rows, id: str, word: str, value: str
) -> None:
    rows.programme(programme("Arsip", "x"))
    with pytest.raises(Refused, match=f"{id} tells nothing by {word}"):
        ask(cast, rows, id, **{word: value})


def test_the_hours_of_a_year_say_that_they_are_of_all_trainings(cast: Cast, rows: Rows) -> None:
    made = programme()
    rows.programme(made)
    assert "all_programmes" not in ask(cast, rows, "M11").notes
    assert "all_programmes" in ask(cast, rows, "M11", programme=made.iri).notes


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
    by_tier = ask(cast, rows, "M1", by="tier", horizon=180)
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


def test_how_long_until_applied_stops_looking_at_the_silent_when_they_fall_silent(
    cast: Cast, rows: Rows
) -> None:
    course = rows.programme(programme())
    rows.case(course).outcome(applied=30)
    rows.case(course).outcome(applied=100, known_not=35)
    rows.case(course).outcome(contact=40)
    rows.case(course)
    rows.case(course, ended="retired", ended_day=50).outcome(contact=45)
    rows.case(course, ended="promoted", ended_day=60).outcome(contact=58)
    found = ask(cast, rows, "M2").total
    curves = {curve.name: curve for curve in found.curves}
    steps = [(point.day, point.at_risk, point.events) for point in curves["applied"].points]
    assert steps == [(30, 5, 1), (100, 1, 1)]
    assert curves["applied"].points[0].value == pytest.approx(0.2)
    assert found.measure("median_days").value == 100
    # Of those still there on day 50 (all but the one who applied): five.
    assert [(p.day, p.at_risk) for p in curves["left"].points] == [(50, 5)]
    assert [(p.day, p.at_risk) for p in curves["promoted"].points] == [(60, 4)]
    on_day_90 = next(point for point in curves["band"].points if point.day == 90)
    assert (on_day_90.low, on_day_90.high) == (0.25, 1.0)
    assert curves["by_window"].points[0].day in (30, 45)


def test_a_median_that_is_not_reached_is_none(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    rows.case(course).outcome(applied=30)
    rows.case(course).outcome(known_not=360)
    rows.case(course).outcome(known_not=360)
    told = ask(cast, rows, "M2").total.measure("median_days")
    assert (told.value, told.high) == (None, None)


def test_the_response_rate_leaves_out_letters_that_reached_nobody(cast: Cast, rows: Rows) -> None:
    case = rows.case(rows.programme(programme()))
    case.invitation(answered=95).invitation("self", rater="alumni")
    case.invitation(window="W3", state="undeliverable").invitation(window="W4", state="vacant")
    found = ask(cast, rows, "M3")
    assert (found.total.measure("superior").k, found.total.measure("superior").n) == (1, 1)
    assert (found.total.measure("self").k, found.total.measure("self").n) == (0, 1)
    assert {each.why: each.count for each in found.excluded} == {"undeliverable": 1, "vacant": 1}
    early = ask(cast, rows, "M3", as_of=later(92))
    assert early.total.measure("responses").k == 0
    assert early.total.measure("responses").high == 1.0  # both may still answer


def test_a_superior_confirms_from_three_on_and_the_silent_leave_it_open(
    cast: Cast, rows: Rows
) -> None:
    course = rows.programme(programme("Arsip", "menata", "memusnahkan"))
    whole = rows.programme(programme("Anggaran", "menyusun", "merevisi", counts="all"))
    rows.case(course).invitation(answered=95).answer("menata", value=3).answer(
        "memusnahkan", value=1
    )
    rows.case(course).invitation(answered=95).answer("menata", value=4, flagged=True)
    rows.case(course).invitation(answered=95).answer("menata", observed=False)
    rows.case(course).invitation()
    rows.case(whole).invitation(answered=95).answer("menyusun", value=4).answer("merevisi", value=2)
    told = ask(cast, rows, "M4").total
    confirmed = told.measure("confirmed")
    assert (confirmed.k, confirmed.n, confirmed.low, confirmed.high) == (2, 5, 0.4, 0.6)
    assert told.measure("confirmed_of_observed").n == 3
    assert told.measure("confirmed_unflagged").k == 1
    assert told.measure("not_observed").k == 1
    one = ask(cast, rows, "M4", behaviour=iri("menyusun")).total.measure("confirmed")
    assert (one.k, one.n) == (1, 1)


def test_a_sample_of_superiors_has_an_interval_that_knows_who_shares_one(
    cast: Cast, rows: Rows
) -> None:
    course = rows.programme(programme())
    for number in range(12):
        kind = number % 2
        for _ in range(4):
            rows.case(course).invitation(
                rater=f"atasan {number}", answered=95, sampled=True
            ).answer("Pelayanan Prima satu", rater=f"atasan {number}", value=4 if kind else 1)
    told = ask(cast, rows, "M4").total.measure("confirmed_of_observed")
    assert (told.basis, told.range, told.k, told.n) == ("sample", "interval", 24, 48)
    assert told.effect == pytest.approx(4 * 12 / 11)
    assert told.low < 0.3
    assert told.high > 0.7


def test_all_superiors_are_asked_of_each_behaviour_that_their_programme_expects(
    cast: Cast, rows: Rows
) -> None:
    both = rows.programme(programme("Arsip", "menata", "memusnahkan", counts="all"))
    other = rows.programme(programme("Anggaran", "menyusun"))
    asked = {"answered": 95}
    rows.case(both).invitation(**asked).answer("menata", value=3).answer("memusnahkan", value=1)
    rows.case(both).invitation(**asked).answer("menata", observed=False)
    rows.case(both).invitation()
    rows.case(other).invitation(**asked).answer("menyusun", value=4, flagged=True)
    found = ask(cast, rows, "M4", by="behaviour")
    told = {
        group.label: (one.k, one.n, one.low, one.high)
        for group in found.groups
        for one in [group.measure("confirmed")]
    }
    assert told == {
        "menata": (1, 3, pytest.approx(1 / 3), pytest.approx(2 / 3)),
        "memusnahkan": (0, 3, 0, pytest.approx(2 / 3)),
        "menyusun": (1, 1, 1, 1),
    }
    assert [group.measure("silent").k for group in found.groups] == [2, 1, 0]
    assert found.total == ask(cast, rows, "M4").total
    assert found.total.measure("confirmed").k == 1  # of Arsip both were wanted


@pytest.mark.parametrize("by", ["programme", "unit", "behaviour"])
def test_a_superior_of_several_programmes_is_one_voice(cast: Cast, rows: Rows, by: str) -> None:
    for title, name in (("Arsip", "menata"), ("Anggaran", "menyusun")):
        course = rows.programme(programme(title, name))
        for number in range(8):
            rows.case(course, unit=f"Dinas A / {title}").invitation(
                rater=f"atasan {number}", answered=95, sampled=True
            ).answer(name, rater=f"atasan {number}", value=4 * (number % 2))
    found = ask(cast, rows, "M4", by=by)
    assert found.total == ask(cast, rows, "M4").total
    assert found.total.measure("confirmed_of_observed").effect == pytest.approx(2 * 8 / 7)
    for group in found.groups:
        alone = {"unit": group.key, "programme": group.key, "behaviour": group.key}[by]
        assert group.measures == ask(cast, rows, "M4", **{by: alone}).total.measures, group.label


def test_what_is_still_applied_is_asked_of_what_was_applied_early(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    name = "Pelayanan Prima satu"
    rows.case(course).outcome(applied=20).answer(name, window="W3", day=190, value=3)
    rows.case(course).outcome(applied=20).answer(name, window="W3", day=190, value=1)
    rows.case(course).outcome(applied=20).answer(name, window="W3", day=190, value=4, role="self")
    rows.case(course).outcome(applied=20).link(performed=200, decided=210)
    rows.case(course).outcome(applied=150)
    rows.case(course).link(placed="during", performed=-5, decided=10)
    told = ask(cast, rows, "M5").total
    assert (told.measure("still_applied").k, told.measure("still_applied").n) == (2, 5)
    assert told.measure("still_of_answered").n == 3
    assert told.measure("unanswered").k == 2
    rows.case(course).outcome(applied=9).answer(
        window="W4", day=340, form="E", frequency="running", role="evaluator"
    )
    assert ask(cast, rows, "M5", window="W4", as_of=later(400)).total.measures[0].k == 1
    with pytest.raises(Refused, match="W3 or W4"):
        ask(cast, rows, "M5", window="W1")


def test_learner_and_superior_are_compared_on_the_same_item(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    name = "Pelayanan Prima satu"
    for _ in range(5):
        rows.case(course).answer(name, role="self", value=4).answer(name, value=2)
    rows.case(course).answer(name, role="self", value=3)
    told = ask(cast, rows, "M6").total.measure("self_less_superior")
    assert (told.value, told.k, told.n) == (2.0, 5, 6)
    assert told.low == pytest.approx((10 + 3 - 4) / 6)
    assert told.high == pytest.approx((10 + 3) / 6)
    by = ask(cast, rows, "M6", by="behaviour")
    assert [(group.label, group.measures[0].k) for group in by.groups] == [(name, 5)]


def test_a_mean_of_fewer_than_five_pairs_is_not_printed(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    for _ in range(4):
        rows.case(course).answer("x", role="self", value=4).answer("x", value=2)
    told = ask(cast, rows, "M6").total.measure("self_less_superior")
    assert (told.value, told.low, told.k) == (None, None, 4)


def test_the_gain_recalled_is_told_by_role_and_peers_only_from_three_on(
    cast: Cast, rows: Rows
) -> None:
    course = rows.programme(programme())
    for number in range(6):
        case = rows.case(course)
        case.answer("x", value=3, recalled=1)
        case.answer("x", role="peer", rater=f"rekan {number % 2}", value=3, recalled=0)
    told = ask(cast, rows, "M7").total
    assert told.measure("superior").value == 2.0
    assert told.measure("peer").hidden
    assert told.measure("peer").value is None
    rows.case(course).answer("x", role="peer", rater="rekan 3", value=3, recalled=0)
    assert ask(cast, rows, "M7").total.measure("peer").value == 3.0


def test_barriers_are_shares_of_those_who_answered(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    rows.case(course, unit="Dinas A").answer(form="D", role="self", barriers="funds workload")
    rows.case(course, unit="Dinas A").answer(form="D", role="self")
    rows.case(course, unit="Dinas B").answer(form="D", role="self", barriers="funds")
    rows.case(course).answer(form="H", role="self", barriers="schedule", window="")
    told = ask(cast, rows, "M8").total
    assert (told.measure("funds").k, told.measure("funds").n) == (2, 3)
    assert told.measure("workload").k == 1
    assert (told.measure("schedule").k, told.measure("schedule").n) == (1, 1)
    by_unit = ask(cast, rows, "M8", by="unit")
    assert [(g.label, g.measure("funds").k) for g in by_unit.groups if g.label] == [
        ("Dinas A", 1),
        ("Dinas B", 1),
    ]


def test_reviewing_is_told_with_what_still_waits(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    case = rows.case(course)
    case.link(proposed=20, decided=22, second="accept").link(proposed=20, decided=24)
    case.link(proposed=20, decided=26, move="return", state="returned", second="return")
    case.link(proposed=300, decided=None, state="submitted", move=None)
    told = ask(cast, rows, "M9").total
    days = told.measure("days_to_first_verdict")
    assert (days.value, days.low, days.high, days.k, days.n) == (4.0, 4.0, 4.0, 3, 4)
    assert (told.measure("returned").k, told.measure("returned").n) == (1, 3)
    assert told.measure("waiting_late").k == 1
    assert (told.measure("kappa").value, told.measure("kappa").n) == (1.0, 2)
    early = ask(cast, rows, "M9", as_of=later(23)).total
    assert early.measure("days_to_first_verdict").k == 1
    by = ask(cast, rows, "M9", by="period")
    first, last = quarter(later(20)), quarter(later(300))
    assert {each.key: each.measures[0].n for each in by.groups} == {first: 3, last: 1}
    assert by.total == told
    for each in by.groups:
        begins = next(day for day in quarters(DAY, YEAR) if quarter(day) == each.key)
        ends = next((d for d in quarters(begins, YEAR) if d > begins), YEAR) - timedelta(days=1)
        alone = ask(cast, rows, "M9", since=begins, until=ends).total
        assert each.measures == alone.measures, each.key


def test_coverage_tells_whose_completions_are_known_and_who_leads_them(
    cast: Cast, rows: Rows
) -> None:
    course = rows.programme(programme())
    rows.case(course, who="sari")
    rows.case(course, who="budi")
    rows.case(course, matched=False)
    rows.employment("sari", superior="bu ratna")
    rows.employment("budi", superior="pak joko", state="unconfirmed")
    told = ask(cast, rows, "M10").total
    assert (told.measure("matched").k, told.measure("matched").n) == (2, 3)
    superior = told.measure("with_superior")
    assert (superior.k, superior.n, superior.high) == (1, 2, 1.0)


def test_twenty_hours_a_year_of_those_who_were_there_all_year(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    year = {"since": date(2024, 5, 1)}
    for name, hours in (("sari", (12.0, 9.0)), ("budi", (19.0,)), ("joko", ())):
        rows.person(name)
        rows.employment(name, unit="Dinas A", **year)
        for number, jp in enumerate(hours):
            rows.participation(
                course, name, course=f"c{number}", cohort=str(number), jp=jp, completed=9
            )
    rows.person("baru")
    rows.employment("baru", since=date(2025, 6, 1))
    rows.person("kontrak", kind="ni_pppk")
    rows.employment("kontrak", **year)
    found = ask(cast, rows, "M11", as_of=date(2025, 12, 31), by="unit")
    share = found.total.measure("pns_20")
    assert (share.k, share.n, share.value) == (1, 3, pytest.approx(1 / 3))
    assert found.total.measure("pns_hours").value == pytest.approx(40 / 3)
    assert found.total.measure("pppk_hours").n == 1
    assert next((group.key, group.measures[0].n) for group in found.groups) == ("Dinas A", 3)
    unfinished = ask(cast, rows, "M11", as_of=date(2025, 6, 30)).total.measure("pns_20")
    assert unfinished.high == 1.0
    with cast.database.read() as connection:
        year = Slice(as_of=date(2025, 12, 31))
        told = reporting.hours(connection, cast.tenant.id, year)
        assert reporting.hours(connection, cast.tenant.id, year, most=2) == told[:2]
    assert [(each.hours, each.unit) for each in told] == [
        (0.0, "Dinas A"),
        (19.0, "Dinas A"),
        (21.0, "Dinas A"),
    ]


def test_not_applied_and_not_known_are_two_shares(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    rows.case(course).outcome(known_not=95)
    rows.case(course)
    rows.case(course).outcome(applied=5)
    told = ask(cast, rows, "M12").total
    assert (told.measure("known_not").k, told.measure("unknown").k) == (1, 1)
    assert told.measure("known_not").high == pytest.approx(2 / 3)


def test_change_is_told_rater_by_rater_against_their_own_baseline(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    for number in range(5):
        case = rows.case(course)
        case.answer("x", form="A", window="W0", day=5, value=1, rater=f"atasan {number}")
        case.answer("x", value=3, rater=f"atasan {number}")
    other = rows.case(course).answer("x", form="A", window="W0", day=5, value=0, rater="lama")
    other.answer("x", value=4, rater="baru").outcome(applied=50, lasting=120)
    told = ask(cast, rows, "M13").total
    assert (told.measure("superior_W2").value, told.measure("superior_W2").k) == (2.0, 5)
    assert told.measure("superior_W2").n == 6
    assert (told.measure("lasting").k, told.measure("lasting").n) == (1, 1)


def test_the_funnel_tells_what_was_said_and_what_must_have_been(cast: Cast, rows: Rows) -> None:
    course = rows.programme(programme())
    rows.participation(course, "sari", enrolled=-30, completed=0)
    rows.participation(course, "sari", course="bagian dua", enrolled=-20)
    rows.participation(course, "budi", invited=-40)
    rows.case(course, who="sari").outcome(applied=20, lasting=100)
    told = ask(cast, rows, "funnel").total
    assert {each.name: (each.low, each.high) for each in told.measures} == {
        "invited": (1, 2),
        "enrolled": (1, 1),
        "attended": (0, 1),
        "completed": (1, 1),
        "applied": (1, 1),
        "lasting": (1, 1),
    }


def test_the_funnel_of_a_period_follows_those_whose_way_began_in_it(cast: Cast, rows: Rows) -> None:
    # Clocks start in January 2025 and after; most ways began before.
    course = rows.programme(programme(cohorts=("I", "II")))
    rows.participation(course, "sari", cohort="I", invited=-150, enrolled=-60, completed=0)
    rows.case(course, who="sari", cohort="I").outcome(applied=20, lasting=100)
    rows.participation(course, "sari", cohort="II", course="lagi", enrolled=-10, completed=60)
    rows.case(course, who="sari", cohort="II", clock=later(60))
    rows.participation(course, "budi", enrolled=-10)
    rows.participation(course, "wati", cohort="I", completed=0)
    rows.case(course, who="wati", cohort="I")
    found = ask(cast, rows, "funnel", by="period")
    told = {
        group.key: {each.name: (each.low, each.high) for each in group.measures}
        for group in found.groups
    }
    assert told["2024-Q3"] == {
        "invited": (1, 1),
        "enrolled": (1, 1),
        "attended": (0, 1),
        "completed": (1, 1),
        "applied": (1, 1),
        "lasting": (1, 1),
    }
    assert {key: each["enrolled"][1] for key, each in told.items()} == {
        "2024-Q3": 1,
        "2024-Q4": 2,  # Sari again, in another run, and Budi
        "2025-Q1": 1,
    }
    assert [each["applied"] for each in told.values()] == [(1, 1), (0, 1), (0, 1)]
    assert found.total == ask(cast, rows, "funnel").total
    for group in found.groups:
        year, quarter = group.key.split("-Q")
        first = date(int(year), 3 * int(quarter) - 2, 1)
        last = reporting.quarters(first, first + timedelta(days=100))[1] - timedelta(days=1)
        alone = ask(cast, rows, "funnel", since=first, until=last).total
        assert alone.measures == group.measures, group.key


def test_the_funnel_counts_no_trainer_who_is_enrolled_like_the_learners(
    cast: Cast, settings: Settings
) -> None:
    agency = Agency(cast, settings)
    agency.setup(staff=4)
    early = datetime(2026, 2, 1, 3, tzinfo=UTC)
    agency.complete("Staf 01", "Staf 02", verb="enrolled", at=early)
    agency.complete("Staf 03", "Staf 04")
    slice_ = Slice(as_of=date(2026, 3, 1))

    def funnel() -> Figure:
        with agency.database.read() as connection:
            return reporting.figure(connection, agency.tenant.id, "funnel", slice_)

    assert [each.high for each in funnel().total.measures[:2]] == [4.0, 4.0]
    # Who graded somebody else teaches; who never came is a learner all the same.
    graded = make.statement(
        actor=make.agent("somebody"),
        verb={"id": "https://w3id.org/xapi/tla/verbs/scored"},
        context={"instructor": {"mbox": "mailto:staf.02@example.go.id"}},
    )
    agency.send(graded)
    agency.catch_up()
    told = funnel()
    assert {each.name: each.high for each in told.total.measures}["enrolled"] == 3.0
    assert [(each.why, each.count) for each in told.excluded] == [("staff", 1)]


def test_what_cannot_be_asked_is_told(cast: Cast, rows: Rows) -> None:
    with pytest.raises(NotFound, match="a figure M99; there are M1"):
        ask(cast, rows, "M99")
    with pytest.raises(Refused, match="taken apart by"):
        ask(cast, rows, "M1", by="zodiac")
    with pytest.raises(NotFound, match="a programme"):
        ask(cast, rows, "M1", programme="https://nowhere.example.org")
    with pytest.raises(NotFound, match="a unit"):
        ask(cast, rows, "M1", unit="Dinas Z")
    with pytest.raises(NotFound, match="a window W9; there is none"):
        ask(cast, rows, "M1", window="W9")
    rows.programme(programme())
    with pytest.raises(NotFound, match="a window W9; there are W0, W1, W2, W3, W4"):
        ask(cast, rows, "M3", window="W9")


def test_every_figure_can_be_sent_as_json(cast: Cast, rows: Rows) -> None:
    rows.case(rows.programme(programme()), unit="Dinas A").outcome(applied=1)
    for described in reporting.ALL:
        for by in (None, *described.by):
            found = ask(cast, rows, described.id, by=by)
            assert msgspec.convert(msgspec.to_builtins(found), Figure) == found
