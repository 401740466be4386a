"""Figures of whole agencies against the truth: what is printed holds it, however many stay silent,
however early practice starts and however late completion is marked."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lrs import reporting
from lrs.demo import deeds
from lrs.demo.agency import Agency, Habits, make
from lrs.reports.shapes import Figure, Slice
from tests import judge
from tests.conftest import Cast
from tests.journeys.test_agency import hand_in_lists, project, send

#: Half silent, practice before graduation, completion marked late; then nobody silent at all, and
#: an agency that people leave.
HABITS = [
    Habits(
        seed=21,
        people=60,
        yearly_noise=1.0,
        silent=0.5,
        superior_silent=0.5,
        early=0.6,
        late_cron=0.9,
    ),
    Habits(seed=22, people=60, yearly_noise=1.0, silent=0.0, superior_silent=0.0, applied=0.9),
    Habits(seed=23, people=60, yearly_noise=1.0, silent=0.5, yearly_resignations=0.3, applied=0.3),
]


def live(cast: Cast, agency: Agency, folder: Path) -> None:
    hand_in_lists(cast, agency, folder)
    send(cast, agency)
    deeds.enact(cast.database, cast.tenant, agency.actions, lambda: project(cast))
    project(cast)


@pytest.mark.parametrize("habits", HABITS, ids=lambda each: f"seed {each.seed}")
def test_the_true_share_lies_within_the_printed_bounds(
    cast: Cast, tmp_path: Path, habits: Habits
) -> None:
    agency = make(habits)
    live(cast, agency, tmp_path)
    # Verdicts stand in the log as of now, whatever day the agency's people are said to give them.
    as_of = datetime.now(UTC).date() + timedelta(days=1)

    def ask(id: str, **chosen: Any) -> Figure:
        with cast.database.read() as connection:
            part = Slice(as_of=as_of, **chosen)
            return reporting.figure(connection, cast.tenant.id, id, part)

    for horizon in (30, 90, 180, 330):
        k, n = judge.true_share(agency.truth, horizon, as_of)
        told = ask("M1", horizon=horizon).total
        share = told.measure("applied_with_ended")
        assert share.n is not None
        assert share.low is not None
        assert share.high is not None
        assert share.n >= n - agency_lost(agency) > 0
        assert share.low <= k / n <= share.high
        # And of those who stayed, which is what the figure is first asked about.
        stayed_k, stayed_n = stayed(agency, horizon, as_of)
        first = told.measure("applied")
        assert first.k
        assert first.low is not None
        assert first.high is not None
        assert first.low <= stayed_k / stayed_n <= first.high
    # The band around the curve holds the truth on every day it is drawn for.
    band = next(each for each in ask("M2").total.curves if each.name == "band")
    for point in band.points:
        k, n = stayed(agency, point.day, as_of)
        assert point.low is not None
        assert point.high is not None
        assert point.low <= k / n <= point.high


def agency_lost(agency: Agency) -> int:
    """Completions that never arrived have no case; the truth knows them and no store can."""
    return sum(each["state"] != "active" for each in agency.truth["cases"])


def stayed(agency: Agency, horizon: int, as_of: date) -> tuple[int, int]:
    """The truth of those who were still there so many days after their clock (domain, M1)."""
    cases = [
        each
        for each in agency.truth["cases"]
        if not each["ended"]
        or judge_day(each["ended"]["day"]) >= judge_day(each["clock"]) + timedelta(days=horizon)
    ]
    return judge.true_share({**agency.truth, "cases": cases}, horizon, as_of)


def judge_day(text: str) -> date:
    return date.fromisoformat(text)
