"""A whole agency, from its lists and what its systems send to its cases, judged by the truth."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lrs import demo, people, programmes, projector, spreadsheets
from lrs.adapters import Adapters
from lrs.demo_agency import Agency, Habits, make
from lrs.people import Outcome, Reading
from lrs.store import register
from lrs.store.engine import run
from lrs.xapi import versions
from tests import judge
from tests.conftest import Cast
from tests.promises import parts

Importer = Callable[..., Outcome]

LISTS: tuple[tuple[str, Importer], ...] = (
    ("people.csv", people.import_people),
    ("events.csv", people.import_events),
    ("accounts.csv", people.import_accounts),
)


def hand_in_lists(cast: Cast, agency: Agency, folder: Path) -> None:
    """As an admin does: people, what happened to them, their accounts, the programmes."""
    demo.write(agency, folder)
    for name, work in LISTS:
        sheet = spreadsheets.read((folder / name).read_bytes(), name)
        reading = Reading(today=agency.begin)

        def enter(
            connection: Any, work: Importer = work, sheet: Any = sheet, reading: Any = reading
        ) -> Outcome:
            outcome = work(connection, cast.tenant.id, sheet, reading)
            register.append(connection, cast.tenant.id, outcome.facts, "admin")
            return outcome

        assert cast.database.write(enter).problems == []
    cast.database.write(lambda c: programmes.apply(c, cast.tenant.id, agency.programmes, "admin"))


def send(cast: Cast, agency: Agency) -> None:
    who = parts.principal(cast)
    for request in agency.requests:
        version = versions.negotiate(request.version)
        parts.send(cast.database, who, request.statements, version=version)


def project(cast: Cast) -> None:
    projector.catch_up(cast.database, cast.tenant, Adapters.installed())


def facts(cast: Cast) -> set[tuple[Any, ...]]:
    """The cases by number of the person, without what is made by chance."""
    with cast.database.read() as connection:
        numbers = judge.numbers(connection, cast.tenant.id)
        rows = run(
            connection, "SELECT subject, programme, cohort, state, clock_day, ended FROM cases"
        ).all()
    return {
        (numbers.get(bytes(row[0]), ""), bytes(row[1]), *(str(each) for each in row[2:]))
        for row in rows
    }


@pytest.mark.parametrize("seed", [2, 11])
def test_every_true_completion_is_found_for_its_person_and_no_other(
    cast: Cast, tmp_path: Path, seed: int
) -> None:
    agency = make(Habits(seed=seed, people=60, yearly_noise=1.0, strangers=0.1, lost=0.02))
    send(cast, agency)
    project(cast)
    before = facts(cast)
    hand_in_lists(cast, agency, tmp_path)
    project(cast)
    with cast.database.read() as connection:
        found = judge.completions_of(connection, cast.tenant.id)
    judged = judge.judge(agency.truth, [], found)
    assert judged.completions_found > 50
    assert (judged.missed, judged.invented) == ((), ())
    # Nobody was known before the lists came, and nobody was guessed.
    assert {person for person, *_ in before} == {""}


def test_a_case_ends_for_whom_the_lists_say_so_and_for_nobody_else(
    cast: Cast, tmp_path: Path
) -> None:
    agency = make(Habits(seed=4, people=80, yearly_noise=0.5))
    hand_in_lists(cast, agency, tmp_path)
    send(cast, agency)
    project(cast)
    # A move ends a case only when somebody says that the duties no longer include the behaviour.
    leaving = {
        case["person"]
        for case in agency.truth["cases"]
        if case["state"] == "active" and case["ended"] and case["ended"]["why"] != "moved"
    }
    ended = {
        fact[0] for fact in facts(cast) if fact[3] == "open" and fact[5] not in ("None", "moved")
    }
    assert ended == leaving
    assert leaving
