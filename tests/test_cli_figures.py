"""Figures on the command line."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lrs import reporting
from lrs.cli.main import main
from tests.conftest import Cast
from tests.rows import Rows, programme


@pytest.fixture
def jejak(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)
    return lambda *words: CliRunner().invoke(main, words)


@pytest.fixture
def agency(cast: Cast) -> Cast:
    rows = Rows(cast.tenant.id)
    course = rows.programme(programme())
    for number in range(30):
        case = rows.case(course, unit=f"Dinas {'AB'[number % 2]}")
        case.outcome(applied=20 if number % 3 else None, contact=100)
    rows.person("sari")
    rows.employment("sari", unit="Dinas A")
    rows.participation(course, "sari", completed=9, jp=12.5)
    rows.write(cast.database)
    return cast


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.mark.parametrize("described", reporting.ALL, ids=lambda each: each.id)
def test_each_figure_can_be_printed_and_read_by_programs(
    agency: Cast, jejak: Callable[..., Result], described: Any
) -> None:
    by = ("--by", "unit")
    words = ("figures", "show", described.id, "--tenant", "agency", "--as-of", "2026-01-31")
    said = jejak(*words, *by)
    assert said.exit_code == 0, said.output
    assert described.name in said.output
    found = told(jejak(*words, *by, "--json"))
    assert found["id"] == described.id
    assert found["as_of"] == "2026-01-31"


def test_a_share_is_printed_with_its_bounds_and_no_ranking(
    agency: Cast, jejak: Callable[..., Result]
) -> None:
    said = jejak(
        *("figures", "show", "M1", "--tenant", "agency", "--as-of", "2026-01-31", "--by", "unit")
    ).output
    assert "20  30  -" in said
    assert "66.7 %  100.0 %" in said
    assert "not to be ranked" in said


def test_what_is_published_hides_small_numbers(agency: Cast, jejak: Callable[..., Result]) -> None:
    found = told(
        jejak(
            *("figures", "show", "M1", "--tenant", "agency", "--as-of", "2026-01-31"),
            *("--unit", "Dinas A", "--published", "--json"),
        )
    )
    assert found["total"]["hidden"]


def test_hours_are_listed_person_by_person(agency: Cast, jejak: Callable[..., Result]) -> None:
    words = ("figures", "hours", "--tenant", "agency", "--year", "2025")
    assert [each["hours"] for each in told(jejak(*words, "--json"))] == [12.5]
    assert "Dinas A" in jejak(*words).output


def test_a_figure_that_is_not_there_is_told(agency: Cast, jejak: Callable[..., Result]) -> None:
    said = jejak("figures", "show", "M99", "--tenant", "agency")
    assert said.exit_code == 1
    assert "there are M1, M2" in said.output
    assert "M1" in jejak("figures", "list").output
