"""Programmes that are entered, changed and entered again, and the cases that follow."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from lrs import demo, programmes, projector
from lrs.adapters import Adapters
from lrs.cli import main
from lrs.demo_agency import Habits
from lrs.demo_agency import make as make_agency
from lrs.errors import Refused
from lrs.practice import names
from lrs.practice.cases import days
from lrs.practice.programmes import Cohort, Programme
from lrs.programmes import Applied
from lrs.store.engine import run
from schemas.programmes import load
from tests.conftest import Cast
from tests.plugins.test_lms import course_completed
from tests.promises import parts

COURSE = "https://lms.example.go.id/course/view.php?id=2"
SERVICE = Programme(iri="https://example.org/p", title="Pelayanan", courses=frozenset([COURSE]))


def apply(cast: Cast, *given: Programme) -> Applied:
    return cast.database.write(lambda c: programmes.apply(c, cast.tenant.id, given, "admin"))


def test_what_is_entered_again_as_it_stands_enters_nothing(cast: Cast) -> None:
    assert apply(cast, SERVICE).new == (SERVICE.iri,)
    again = apply(cast, SERVICE)
    assert (again.unchanged, again.facts) == ((SERVICE.iri,), ())
    with cast.database.read() as connection:
        assert programmes.in_force(connection, cast.tenant.id) == [SERVICE]


def test_a_course_is_not_taken_from_another_programme(cast: Cast) -> None:
    apply(cast, SERVICE)
    other = Programme(iri="https://example.org/q", title="Arsip", courses=frozenset([COURSE]))
    with pytest.raises(Refused, match="already of Pelayanan"):
        apply(cast, other)
    # Handed over in one go, it is.
    done = apply(cast, Programme(iri=SERVICE.iri, title=SERVICE.title), other)
    assert (done.new, done.changed) == ((other.iri,), (SERVICE.iri,))


def test_a_case_follows_when_its_programme_comes_late_and_when_it_changes(cast: Cast) -> None:
    parts.send(cast.database, parts.principal(cast), [course_completed()])

    def case() -> tuple[bytes, str | None, int]:
        projector.catch_up(cast.database, cast.tenant, Adapters.installed())
        with cast.database.read() as connection:
            (row,) = run(connection, "SELECT programme, cohort, clock_day FROM cases").all()
        return bytes(row[0]), row[1], row[2]

    assert case()[0] == names.ZERO
    apply(cast, SERVICE)
    assert case()[:2] == (names.programme(cast.tenant.id, SERVICE.iri), None)
    ends = date(2026, 1, 9)
    cohort = Cohort(name="I", ends=ends, courses=frozenset([COURSE]))
    apply(cast, Programme(iri=SERVICE.iri, title=SERVICE.title, cohorts=(cohort,)))
    assert case()[1:] == ("I", days(ends))


def test_the_demonstration_agencys_programmes_are_read_as_they_were_made() -> None:
    agency = make_agency(Habits(seed=3, people=30))
    assert load(yaml.safe_load(demo.programmes(agency))) == list(agency.programmes)


@pytest.fixture
def jejak(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)
    return lambda *words: CliRunner().invoke(main, [*words, "--tenant", "agency"])


def test_on_the_command_line_programmes_are_tried_entered_shown_and_entered_again(
    cast: Cast, jejak: Callable[..., Result], tmp_path: Path
) -> None:
    file = tmp_path / "programmes.yaml"
    tree = {"iri": SERVICE.iri, "title": SERVICE.title, "courses": [COURSE]}
    file.write_text(yaml.safe_dump({"programmes": [tree]}), encoding="utf-8")
    words = ("programmes", "apply", str(file))
    assert "It would be: 1 new" in jejak(*words, "--dry-run").output
    assert jejak("programmes", "show").output == "programmes: []\n"
    assert "Entered: 1 new" in jejak(*words).output
    file.write_text(jejak("programmes", "show", SERVICE.iri).output, encoding="utf-8")
    assert "Entered: 0 new, 0 changed, 1 unchanged." in jejak(*words).output
    assert "Pelayanan" in jejak("programmes", "list").output
    assert "Not found" in jejak("programmes", "show", "https://example.org/none").output


def test_a_programme_made_from_a_pack_is_printed_or_entered_at_once(
    cast: Cast, jejak: Callable[..., Result], tmp_path: Path
) -> None:
    assert "latsar" in CliRunner().invoke(main, ["programmes", "packs"]).output
    words = ("programmes", "new", "--pack", "service", "--iri", "https://example.org/p")
    words += ("--title", "Pelayanan Prima", "--course", COURSE, "--jp", "30")
    file = tmp_path / "programmes.yaml"
    file.write_text(jejak(*words).output, encoding="utf-8")
    assert jejak("programmes", "show").output == "programmes: []\n"
    said = jejak(*words, "--apply").output
    assert said == "Entered: Pelayanan Prima, 4 behaviours, followed up: full.\n"
    assert "0 new, 0 changed, 1 unchanged" in jejak("programmes", "apply", str(file)).output
    assert "already" in jejak(*words, "--apply").output


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("a: [", "no YAML"), ("programmes: [{iri: x}]", "programmes.yaml: programmes[0].iri: This")],
)
def test_a_file_that_cannot_be_entered_is_told_why(
    jejak: Callable[..., Result], tmp_path: Path, cast: Cast, text: str, sentence: str
) -> None:
    file = tmp_path / "programmes.yaml"
    file.write_text(text, encoding="utf-8")
    said = jejak("programmes", "apply", str(file))
    assert sentence in said.output
    assert said.exit_code == 1
