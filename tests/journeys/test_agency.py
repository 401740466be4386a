"""A whole agency, from its lists and what its systems send to its cases, judged by the truth."""

from pathlib import Path
from typing import Any

import pytest

from lrs import programmes, projector
from lrs.adapters import Adapters
from lrs.demo import deeds, files
from lrs.demo.agency import Agency, Habits, make
from lrs.store.engine import run
from lrs.store.register import Applied
from lrs.xapi import versions
from schemas.programmes import courses_of
from tests import judge
from tests.conftest import Cast
from tests.promises import parts


def hand_in_lists(cast: Cast, agency: Agency, folder: Path) -> None:
    """As an admin does: people, what happened to them, their accounts, the programmes."""
    files.write(agency, folder)
    assert deeds.enter_lists(cast.database, cast.tenant, agency, folder) == []


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
    off: list[int] = []
    for each in found:
        if each.proposal.title not in seen:
            continue
        true = truth[each.proposal.title]
        assert set(each.proposal.courses) <= courses_of(true)
        ends = [cohort.ends for cohort in true.cohorts if cohort.ends]
        off += [
            min(abs((run_.cohort.ends - end).days) for end in ends)
            for run_ in each.proposal.runs
            if run_.cohort.ends is not None
        ]
    # Official ends are found, although a third of all runs is marked weeks late.
    assert len(off) > 40
    assert sum(days <= 3 for days in off) >= 0.85 * len(off)

    def confirm(connection: Any) -> Applied:
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


HABITS = [
    Habits(seed=2, people=40, yearly_noise=2.0),
    Habits(
        seed=5,
        people=40,
        yearly_noise=2.0,
        silent=0.5,
        superior_silent=0.5,
        early=0.5,
        late_cron=0.8,
        outsiders=0.2,
        strangers=0.1,
    ),
]


@pytest.mark.parametrize("habits", HABITS, ids=["usual", "silent-early-late"])
def test_links_are_proposed_for_true_work_and_never_across_persons(
    cast: Cast, tmp_path: Path, habits: Habits
) -> None:
    agency = make(habits)
    hand_in_lists(cast, agency, tmp_path)
    send(cast, agency)
    project(cast)
    sent = [each for request in agency.requests for each in request.statements]
    with cast.database.read() as connection:
        links = judge.links_of(connection, cast.tenant.id)
        found = judge.completions_of(connection, cast.tenant.id)
    judged = judge.judge(agency.truth, links, found, judge.authors_of(agency.truth, sent))
    assert judged.across == ()
    assert (judged.missed, judged.invented) == ((), ())
    assert judged.precision >= 0.95
    assert judged.recall >= 0.90


def test_its_people_hand_in_answer_and_decide_and_a_replay_gives_the_same(
    cast: Cast, tmp_path: Path
) -> None:
    agency = make(Habits(seed=8, people=30, yearly_noise=0.5))
    hand_in_lists(cast, agency, tmp_path)
    send(cast, agency)
    done = deeds.enact(cast.database, cast.tenant, agency.actions, lambda: project(cast))
    # What only the learner says is not accepted; nothing else is refused.
    assert {why.partition(";")[0] for _, why in done.refused} <= {
        "move: Only the learner says so",
        "The case is not there. Its completion may have been lost on the way.",
    }
    with cast.database.read() as connection:
        numbers = judge.numbers(connection, cast.tenant.id)
        links = judge.links_of(connection, cast.tenant.id)
        people_of = {bytes(row[0]) for row in run(connection, "SELECT subject FROM links").all()}
    handed = {done.statements[each["evidence"]]: each for each in agency.truth["handed_in"]}
    placed = {(link.person, link.evidence) for link in links if link.evidence in handed}
    assert placed == {(each["person"], statement) for statement, each in handed.items()}
    assert people_of <= numbers.keys()
    before = everything(cast)
    projector.replay(cast.database, cast.tenant, Adapters.installed())
    assert everything(cast) == before


def everything(cast: Cast) -> dict[str, set[tuple[Any, ...]]]:
    """Every row that is worked out."""
    tables = ("cases", "links", "answers", "outcomes", "participation", "identities", "citizens")
    with cast.database.read() as connection:
        return {
            table: {tuple(row) for row in run(connection, f"SELECT * FROM {table}").all()}
            for table in tables
        }
