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
from schemas.programmes import courses_of
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


def test_an_agency_that_wrote_down_no_programme_has_its_own_proposed_and_confirms_them(
    cast: Cast, tmp_path: Path
) -> None:
    agency = make(Habits(seed=5, people=150, yearly_noise=0.5))
    send(cast, agency)
    project(cast)
    with cast.database.read() as connection:
        found = programmes.suggest(connection, cast.tenant)
        lost = programmes.unclaimed(connection, cast.tenant.id)
    truth = {programme.title: programme for programme in agency.programmes}
    there = {course.course for course in lost if course.completed}
    seen = {programme.title for programme in truth.values() if courses_of(programme) & there}
    assert {each.proposal.title for each in found} >= seen
    for each in found:
        if each.proposal.title not in seen:
            continue
        true = truth[each.proposal.title]
        assert set(each.proposal.courses) <= courses_of(true)
        # A cohort that is proposed begins no earlier and ends within weeks of a true one's end.
        ends = [cohort.ends for cohort in true.cohorts if cohort.ends]
        for run_ in each.proposal.runs:
            if run_.cohort.ends is not None:
                assert min(abs((run_.cohort.ends - end).days) for end in ends) <= 60

    def confirm(connection: Any) -> programmes.Applied:
        again = programmes.suggest(connection, cast.tenant)
        made = programmes.confirmed(connection, cast.tenant.id, again, "https://example.org/p")
        return programmes.apply(connection, cast.tenant.id, made, "admin")

    done = cast.database.write(confirm)
    assert (len(done.new), done.changed) == (len(found), ())
    project(cast)
    with cast.database.read() as connection:
        assert programmes.suggest(connection, cast.tenant) == []
        assert programmes.unclaimed(connection, cast.tenant.id) == []
        # What is confirmed stays as proposed: cohorts have the members they were proposed with.
        rows = run(
            connection,
            "SELECT programme, cohort, COUNT(*) FROM cases WHERE state = 'open'"
            " GROUP BY programme, cohort",
        ).all()
    none = sum(int(row[2]) for row in rows if row[1] is None)
    assert none * 10 <= sum(int(row[2]) for row in rows)
