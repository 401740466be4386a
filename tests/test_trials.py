"""Rules are tried before they are entered: what is foretold is what comes."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from lrs import programmes, trials
from lrs.adapters import Adapters
from lrs.cli.main import main
from lrs.demo.agency import Agency, Habits, make
from lrs.errors import Refused
from lrs.practice.programmes import Programme
from lrs.store.engine import run
from lrs.trials import Trial
from schemas.programmes import dump, load_rules
from tests.conftest import Cast
from tests.journeys.test_agency import hand_in_lists, project, send


def links(cast: Cast) -> set[bytes]:
    with cast.database.read() as connection:
        return {bytes(row[0]) for row in run(connection, "SELECT id FROM links").all()}


def tried(cast: Cast, *given: Programme) -> Trial:
    with cast.database.read() as connection:
        return trials.try_rules(connection, cast.tenant, Adapters.installed(), given)


@pytest.fixture
def agency(cast: Cast, tmp_path: Path) -> Agency:
    """A small agency, all of whose programmes are in force, without their rules."""
    made = make(Habits(seed=4, people=50, years=1, yearly_noise=1.0))
    bare = [replace(each, rules=()) for each in made.programmes]
    hand_in_lists(cast, replace(made, programmes=bare), tmp_path)
    send(cast, made)
    project(cast)
    return made


def enter(cast: Cast, *given: Programme) -> None:
    cast.database.write(lambda c: programmes.apply(c, cast.tenant.id, given, "admin"))
    project(cast)


def test_what_a_rule_would_propose_is_what_it_proposes_once_it_is_entered(
    cast: Cast, agency: Agency
) -> None:
    before = links(cast)
    foretold = tried(cast, *agency.programmes)
    assert links(cast) == before, "nothing was written"
    assert foretold.total > 20
    assert foretold.gone == 0
    assert sum(count for _, count in foretold.by_behaviour) == foretold.total
    assert len(foretold.sample) == 20
    titles = {each.title for each in agency.programmes}
    for line in foretold.sample:
        assert line.programme in titles
        assert line.person is not None
        assert line.name
        assert "rule" in {signal.name for signal in line.signals}
    enter(cast, *agency.programmes)
    assert len(links(cast) - before) == foretold.total
    again = tried(cast, *agency.programmes)
    assert (again.total, again.read) == (0, 0), "what stands brings nothing new"
    # And what is taken away again is foretold too.
    bare = [replace(each, rules=()) for each in agency.programmes]
    assert tried(cast, *bare).gone == foretold.total


def test_a_whole_programme_is_tried_with_all_who_were_in_its_courses(
    cast: Cast, agency: Agency
) -> None:
    before = links(cast)
    plain = [replace(each, behaviours=(), rules=()) for each in agency.programmes]
    enter(cast, *plain)
    without = links(cast)
    assert len(without) < len(before) or not before
    foretold = tried(cast, *[replace(each, rules=()) for each in agency.programmes])
    enter(cast, *[replace(each, rules=()) for each in agency.programmes])
    assert len(links(cast) - without) == foretold.total


def test_a_rule_can_be_tried_alone_beside_those_of_its_programme() -> None:
    programme = next(each for each in make(Habits(people=20)).programmes if each.rules)
    rule = dump(programme)["rules"][0]
    standing = [replace(programme, rules=())]
    (whole,) = load_rules({"programme": programme.iri, "rules": [rule]}, standing)
    assert whole.rules == programme.rules[:1]
    (again,) = load_rules({"rules": [rule | {"platforms": ["X"]}]}, [whole])
    assert again.rules[0].platforms == ("X",), "of one name the new one counts"
    with pytest.raises(Refused, match="Name the programme"):
        load_rules({"programme": "https://x", "rules": []}, standing)
    with pytest.raises(Refused, match="list of rules"):
        load_rules({"rules": [1]}, standing)


def test_on_the_command_line_a_trial_tells_how_many_and_why(
    cast: Cast,
    agency: Agency,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)
    programme = max(agency.programmes, key=lambda each: len(each.rules))
    tree = {"programme": programme.iri, "rules": dump(programme)["rules"]}
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(tree), encoding="utf-8")
    words = ["programmes", "try", str(file), "--sample", "2", "--tenant", "agency"]
    said = CliRunner().invoke(main, words).output
    total = tried(cast, programme).total
    assert said.startswith(f"{total} links would be proposed that are not there now")
    assert said.count("statement ") <= 2
    assert "weight" in said
