"""The demonstration agency: the same again, sound, and true to what it says of itself."""

import csv
import gzip
import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from lrs.cli.demo import demo as command
from lrs.demo import files
from lrs.demo.agency import ACADEMY_CMI5, MOODLE, WORKPLACE, Agency, Habits, make, superior
from lrs.demo.dialects import COMPLETED, COURSE, UNCOMPLETED
from lrs.learning import WORKED, PracticeEvent
from lrs.practice.programmes import Programme
from lrs.store import accounts
from lrs.store.statements import by_id
from lrs.xapi import check, versions
from schemas.statements import explain
from tests import judge
from tests.conftest import NOW, Cast, Server

SMALL = Habits(people=60)


@cache
def small() -> Agency:
    return make(SMALL)


@cache
def medium() -> Agency:
    """Large enough for what is rare to happen."""
    return make(Habits(people=300, undone=0.03, lost=0.02, misleading=0.05, strangers=0.2))


def sent(agency: Agency) -> Iterator[tuple[str, Any]]:
    for request in agency.requests:
        for tree in request.statements:
            yield request.source, tree


def digest(agency: Agency) -> str:
    told = [agency.truth, agency.actions, [each.statements for each in agency.requests]]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def test_the_same_habits_give_the_same_agency_and_another_seed_another() -> None:
    assert digest(make(SMALL)) == digest(small())
    assert digest(make(Habits(people=60, seed=2))) != digest(small())


def test_a_habit_of_one_area_leaves_the_others_alone() -> None:
    louder = make(Habits(people=60, yearly_noise=20))
    assert [p.number for p in louder.people] == [p.number for p in small().people]
    assert list(louder.truth["enrolled"]) == small().truth["enrolled"]


@pytest.mark.parametrize("agency", [small, medium], ids=["small", "medium"])
def test_every_statement_is_sound_in_the_version_it_is_sent_in(agency: Any) -> None:
    for request in agency().requests:
        version = versions.negotiate(request.version)
        for tree in request.statements:
            assert check.sound(tree, version), explain(tree, version)


def test_statements_are_taken_by_intake_and_by_the_front_door(server: Server) -> None:
    new = server.cast.database.write(
        lambda connection: accounts.create_key(
            connection, server.cast.tenant, "lms", now=NOW, scopes=("all",)
        )
    )
    agency = make(Habits(people=20, yearly_noise=2.0))
    told: list[int] = []
    count = files.send(agency, server.endpoint, new.key.public, new.secret, told.append)
    assert count == sum(told) == len(list(sent(agency)))
    named = next(tree["id"] for _, tree in sent(agency) if "id" in tree)
    with server.cast.database.read() as connection:
        place = server.cast.tenant.learning.id
        assert by_id(connection, place, uuid.UUID(named).bytes) is not None


def test_a_store_that_does_not_take_it_is_told_of(server: Server) -> None:
    with pytest.raises(files.NotTaken, match="401"):
        files.send(small(), server.endpoint, "nobody", "nothing")


def test_moodle_sends_as_the_recorded_plugin_does() -> None:
    registrations: dict[str, int] = Counter()
    for request in small().requests:
        if request.source != MOODLE:
            continue
        assert len(request.statements) <= 30
        assert len({tree["context"]["registration"] for tree in request.statements}) == 1
        registrations[request.statements[0]["context"]["registration"]] += 1
        for tree in request.statements:
            assert "id" not in tree
            assert set(tree["actor"]) == {"name", "account"}
            assert tree["actor"]["account"]["name"].isdigit()
            if tree["object"]["definition"]["type"] == COURSE and tree["verb"]["id"] == COMPLETED:
                assert "/course/view.php?id=" in tree["object"]["id"]
                assert "result" not in tree
    assert set(registrations.values()) == {1}


def test_modules_completed_by_viewing_come_with_an_uncompleted_of_the_same_stamp() -> None:
    told: dict[str, set[tuple[str, str, str]]] = {COMPLETED: set(), UNCOMPLETED: set()}
    for source, tree in sent(small()):
        if source == MOODLE and "mod/page" in tree["object"]["id"] and tree["verb"]["id"] in told:
            key = (tree["actor"]["account"]["name"], tree["object"]["id"], tree["timestamp"])
            told[tree["verb"]["id"]].add(key)
    assert told[COMPLETED] == told[UNCOMPLETED] != set()


def test_every_true_completion_arrived_and_none_that_was_lost() -> None:
    """Found again by the few lines an adapter would need, from the statements alone."""
    agency = medium()
    by_actor = {
        judge._key(each): person["person"]
        for person in agency.truth["people"]
        for each in judge._ids(person)
    }
    programme = {course: each.iri for each in agency.programmes for course in each.courses}
    unknown = {f"{each['homePage']} {each['name']}" for each in agency.truth["unknown"]}
    assert unknown
    standing: set[tuple[str, str]] = set()
    undone: set[tuple[str, str]] = set()
    told = sorted(
        {
            (
                tree["timestamp"],
                tree["verb"]["id"] != UNCOMPLETED,
                judge._key(tree["actor"]),
                tree["object"]["id"],
                tree.get("id", ""),
            )
            for _, tree in sent(agency)
            if tree["verb"]["id"].rsplit("/", 1)[1] in ("completed", "uncompleted", "satisfied")
            and tree["object"]["id"] in programme
        }
    )
    voided = {tree["object"]["id"] for _, tree in sent(agency) if "voided" in tree["verb"]["id"]}
    for _, done, actor, course, identity in told:
        if identity in voided or actor in unknown:
            continue
        key = (by_actor[actor], programme[course])
        (standing.add if done else standing.discard)(key)
        if not done:
            undone.add(key)
    assert standing == judge.completed(agency.truth)
    assert undone
    states = Counter(case["state"] for case in agency.truth["cases"])
    assert states["lost"]
    assert states["undone"]
    assert states["active"] > 500


def test_every_true_link_is_of_a_case_and_of_a_statement_that_its_person_made() -> None:
    agency = medium()
    authors = judge.authors_of(agency.truth, (tree for _, tree in sent(agency)))
    programmes = {each.iri: each for each in agency.programmes}
    for link in agency.truth["links"]:
        assert authors[link["evidence"]] == link["person"]
        assert (link["person"], link["programme"]) in judge.completed(agency.truth)
        assert programmes[link["programme"]].behaviour(link["behaviour"])
    evidence = {link["evidence"] for link in agency.truth["links"]}
    assert len(evidence) == len(agency.truth["links"])
    assert not evidence & {trap["evidence"] for trap in agency.truth["traps"]}
    signals = Counter(link["signal"] for link in agency.truth["links"])
    assert set(signals) == {"reference", "behaviour", "rule", "words"}
    assert {link["placed"] for link in agency.truth["links"]} == {"before", "during", "after"}


def test_what_was_applied_lies_after_the_clock_and_within_the_time_of_the_person() -> None:
    for case in medium().truth["cases"]:
        for each in case["behaviours"]:
            if each["first_day"]:
                assert each["first_day"] > case["clock"]
                assert case["ended"] is None or each["first_day"] < case["ended"]["day"]
            if each["earlier"]:
                assert each["earlier"] < case["starts"]


def test_the_share_that_applied_is_about_the_habit() -> None:
    agency = make(Habits(people=300, applied=0.8))
    assert 0.7 < agency.truth["true_share"] < 0.85
    applied, of = judge.true_share(agency.truth, 180, date(2026, 10, 31))
    assert 0.7 < applied / of < 0.85


def test_silence_is_a_habit() -> None:
    quiet = make(Habits(people=60, silent=1.0))
    # Who says why they did not take part, and citizens, were never graduates who keep silent.
    forms = {each.get("form") for each in quiet.actions if each["do"] in ("answer", "evidence")}
    assert forms <= {"H", "I"}
    silent = [case["silent"] for case in small().truth["cases"]]
    assert 0.2 < sum(silent) / len(silent) < 0.5


def test_people_answer_every_form_and_hand_in_every_kind_of_evidence() -> None:
    actions = medium().actions
    assert {each["form"] for each in actions if each["do"] == "answer"} == set("ABCDEFGHI")
    assert {each["kind"] for each in actions if each["do"] == "evidence"} == {
        "artefact",
        "observation",
        "rating",
        "reflection",
        "check_in",
        "metric",
        "project",
    }
    assert {each["do"] for each in actions} == {"answer", "evidence", "verdict", "meeting", "ended"}
    assert [each["at"] for each in actions] == sorted(each["at"] for each in actions)


def test_numbers_are_those_that_the_state_gives() -> None:
    for person in medium().people:
        number = person.number
        assert len(number) == 18
        assert number.isdigit()
        assert f"{person.born:%Y%m%d}" == number[:8]
        if person.kind == "nip":
            assert 1 <= int(number[12:14]) <= 12
            assert number[14] in "12"
        else:
            assert int(number[12:14]) > 12
            assert number[14] in "12"
    assert len({person.number for person in medium().people}) == 300


def test_posts_follow_one_another_and_units_have_superiors() -> None:
    agency = medium()
    ended = Counter()
    for person in agency.people:
        for before, after in pairwise(person.posts):
            assert before.until == after.since - timedelta(days=1)
        ended.update(post.ended for post in person.posts)
    assert {"moved", "promoted", "retired"} <= set(ended)
    led = [superior(agency.units, p, date(2025, 6, 1)) for p in agency.people]
    assert sum(each is None for each in led) < 0.1 * len(led)


def test_the_full_agency_is_as_large_as_promised() -> None:
    agency = make(Habits())
    assert 60_000 <= sum(len(each.statements) for each in agency.requests) <= 120_000
    assert len(agency.people) == 1200
    assert 35 <= len(agency.units) <= 45
    assert len(agency.programmes) == 12
    assert {request.source for request in agency.requests} == {
        MOODLE,
        ACADEMY_CMI5,
        "adl",
        WORKPLACE,
    }
    assert [each.at for each in agency.requests] == sorted(each.at for each in agency.requests)


def test_files_are_written_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run = CliRunner().invoke(command, ["--people", "60", "--out", str(tmp_path / name)])
        assert run.exit_code == 0, run.output
        assert "60 people" in run.output
    names = sorted(each.name for each in (tmp_path / "one").iterdir())
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    with (tmp_path / "one" / "people.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 60
    with (tmp_path / "one" / "events.csv").open(newline="") as file:
        assert {row["peristiwa"] for row in csv.DictReader(file)} & {"mutasi", "pensiun"}
    body = yaml.safe_load((tmp_path / "one" / "programmes.yaml").read_text())
    assert [each["iri"] for each in body["programmes"]] == [p.iri for p in small().programmes]
    with gzip.open(tmp_path / "one" / "statements.jsonl.gz") as lines:
        assert [json.loads(line)["statements"] for line in lines] == [
            each.statements for each in small().requests
        ]
    assert json.loads((tmp_path / "one" / "ground-truth.json").read_text()) == json.loads(
        json.dumps(small().truth)
    )


def test_sending_needs_a_key(tmp_path: Path) -> None:
    run = CliRunner().invoke(command, ["--out", str(tmp_path), "--url", "http://localhost/xapi"])
    assert run.exit_code == 2
    assert "jejak keys create" in run.output


# The judge ----------------------------------------------------------------------------------


def truth_as_links(agency: Agency) -> list[judge.Link]:
    return [
        judge.Link(each["person"], each["programme"], each["evidence"], each["behaviour"])
        for each in agency.truth["links"]
    ]


def test_the_judge_finds_the_truth_perfect() -> None:
    truth = small().truth
    found = judge.judge(truth, truth_as_links(small()), judge.completed(truth))
    assert (found.precision, found.recall, found.right_behaviour) == (1.0, 1.0, 1.0)
    assert (found.across, found.wrong, found.missed, found.invented) == ((), (), (), ())


def test_the_judge_sees_what_is_missing_wrong_or_of_another() -> None:
    truth, links = small().truth, truth_as_links(small())
    half = links[::2]
    stranger = next(each for each in links if each.person != half[0].person)
    mixed = judge.Link(stranger.person, half[0].programme, half[0].evidence)
    found = judge.judge(truth, [*half, mixed], [("1", "none")])
    assert found.recall == pytest.approx(len(half) / len(links))
    assert found.precision == pytest.approx(len(half) / (len(half) + 1))
    assert found.across == found.wrong == (mixed,)
    assert len(found.missed) == len(judge.completed(truth))
    assert found.invented == (("1", "none"),)


def test_the_judge_reads_an_empty_store(cast: Cast) -> None:
    with cast.database.read() as connection:
        assert judge.links_of(connection, cast.tenant.id) == []
        assert judge.completions_of(connection, cast.tenant.id) == []


def test_the_truth_can_be_found_by_what_the_statements_say() -> None:
    """By the plainest of matchers, so that whoever falls short cannot blame the agency."""
    agency = make(Habits(people=300, seed=5))
    truth = agency.truth
    authors = judge.authors_of(truth, (tree for _, tree in sent(agency)))
    cases: dict[str, list[dict[str, Any]]] = {}
    for case in truth["cases"]:
        if case["state"] == "active":
            cases.setdefault(case["person"], []).append(case)
    programmes = {each.iri: each for each in agency.programmes}
    links = [
        judge.Link(authors[tree["id"]], case["programme"], tree["id"], behaviour)
        for source, tree in sent(agency)
        if source == WORKPLACE
        for case in cases.get(authors[tree["id"]], ())
        for behaviour in shown(tree, case, programmes[case["programme"]])
    ]
    found = judge.judge(truth, links, judge.completed(truth), authors)
    assert found.across == ()
    # What is wrong is what was made to mislead.
    assert found.precision > 0.95
    assert found.recall > 0.95
    assert found.right_behaviour > 0.98


def shown(tree: dict[str, Any], case: dict[str, Any], programme: Programme) -> set[str]:
    """Which behaviours of a programme a statement of work says it shows."""
    told, context = tree["object"]["definition"], tree["context"]
    around = context.get("contextActivities", {})
    event = PracticeEvent(
        kind=WORKED,
        actor=tree["actor"],
        at=0,
        verb=tree["verb"]["id"],
        activities=(tree["object"]["id"],),
        type=told["type"],
        platform=context["platform"],
    )
    found = {iri for rule in programme.rules if rule.accepts(event) for iri in rule.behaviours}
    found |= {each["id"] for each in around.get("other", ())} & {
        each.iri for each in programme.behaviours
    }
    said = plain(" ".join([told["name"]["id"], told.get("description", {}).get("id", "")]))
    like = {
        each.iri: len(plain(each.text) & said) / len(plain(each.text))
        for each in programme.behaviours
    }
    best = max(like, key=lambda iri: like[iri])
    names = {context.get("registration"), context.get("statement", {}).get("id")}
    names |= {each["id"] for each in around.get("grouping", ())}
    if names & {case["registration"], case["statement"], case["course"]} - {None}:
        found.add(best)
    return found | ({best} if like[best] >= 0.5 else set())


def plain(text: str) -> set[str]:
    return {word.strip(".,:").lower() for word in text.split() if len(word) > 3}
