"""Programmes that are entered, changed and entered again, and the cases that follow."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from sqlalchemy import Connection

from lrs import programmes, projector
from lrs.adapters import Adapters
from lrs.cli.main import main
from lrs.demo import files
from lrs.demo.agency import Habits
from lrs.demo.agency import make as make_agency
from lrs.errors import Refused
from lrs.intake import Rejected
from lrs.practice import names
from lrs.practice.cases import days
from lrs.practice.programmes import Cohort, Programme
from lrs.programmes import Applied
from lrs.store.engine import run
from schemas.programmes import load
from tests import make
from tests.conftest import Cast
from tests.plugins.test_lms import course_completed, recorded
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
    assert load(yaml.safe_load(files.programmes(agency))) == list(agency.programmes)


def test_in_a_real_moodle_the_teacher_is_told_from_the_learners(
    cast: Cast, jejak: Callable[..., Result]
) -> None:
    every = recorded("statements")
    try:
        parts.send(cast.database, parts.principal(cast), every)
    except Rejected as rejected:  # the plug-in's known bad output
        bad = {problem.index for problem in rejected.problems}
        good = [each for n, each in enumerate(every) if n not in bad]
        parts.send(cast.database, parts.principal(cast), good)
    projector.catch_up(cast.database, cast.tenant, Adapters.installed())
    with cast.database.read() as connection:
        found = programmes.suggest(connection, cast.tenant)
        left_out = {each.subject for one in found for each in one.proposal.staff}
        names_ = run(connection, "SELECT digest, name FROM identities").all()
    assert [(each.proposal.title, each.pack) for each in found] == [
        ("Diklat Pelayanan Prima", "service"),
        ("Pelatihan SIM Puskesmas", "technical"),
        ("Manajemen Waktu", "technical"),
    ]
    assert [each.cohort.name for each in found[0].proposal.runs] == ["Angkatan I"]
    assert {row[1] for row in names_ if bytes(row[0]) in left_out} == {"Budi Handayani"}

    # Once the programmes are in force, staff are still told.
    def confirm(connection: Connection) -> Applied:
        made = programmes.confirmed(connection, cast.tenant.id, found, "https://example.org/p")
        return programmes.apply(connection, cast.tenant.id, made, "admin")

    cast.database.write(confirm)
    assert jejak("programmes", "staff").output.count('"15"') == 3, "their account, by its name"
    with cast.database.read() as connection:
        staff = programmes.staff(connection, cast.tenant)
    assert {each.subject for held in staff.values() for each in held} == left_out


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


def taken(who: str, number: int, title: str, day: int) -> dict[str, Any]:
    """A course completed by somebody on a day of November."""
    there = {
        "id": f"https://lms.example.go.id/course/view.php?id={number}",
        "definition": {
            "type": "https://w3id.org/xapi/cmi5/activitytype/course",
            "name": {"id": title},
        },
    }
    stamp = f"2026-11-{day:02}T03:00:00Z"
    return course_completed(actor=make.agent(who), object=there, timestamp=stamp)


def test_courses_seen_are_proposed_confirmed_and_their_next_run_is_added(
    cast: Cast, jejak: Callable[..., Result]
) -> None:
    def send(*trees: dict[str, Any]) -> None:
        parts.send(cast.database, parts.principal(cast), list(trees))
        projector.catch_up(cast.database, cast.tenant, Adapters.installed())

    send(*(taken(who, 1, "Pelayanan Prima Angkatan I", 9) for who in ("sari", "budi", "ani")))
    send(taken("sari", 5, "Audit Internal", 12))
    assert "1. Pelayanan Prima (pack service): 3 of 3" in jejak("programmes", "propose").output
    listed = jejak("programmes", "unclaimed").output.splitlines()
    assert [line.split()[0] for line in listed[1:]] == ["3", "1"]

    assert "Name what" in jejak("programmes", "confirm").output
    assert "a proposed programme 'Arsip'" in jejak("programmes", "confirm", "Arsip").output
    base = ("--base", "https://example.org/p")
    said = jejak("programmes", "confirm", "pelayanan prima", *base).output
    assert "new: https://example.org/p/pelayanan-prima\nEntered: 1 new" in said
    projector.catch_up(cast.database, cast.tenant, Adapters.installed())

    send(taken("eko", 2, "Pelayanan Prima Angkatan II", 20))
    (audit, more) = json.loads(jejak("programmes", "propose", "--json").output)
    assert (audit["title"], audit["extends"]) == ("Audit Internal", None)
    assert more["extends"] == "https://example.org/p/pelayanan-prima"
    assert more["cohorts"][0]["name"] == "Angkatan II"
    assert "1 new, 1 changed" in jejak("programmes", "confirm", "--all", *base).output
    with cast.database.read() as connection:
        every = programmes.in_force(connection, cast.tenant.id)
    service = next(each for each in every if each.title == "Pelayanan Prima")
    assert [each.name for each in service.cohorts] == ["Angkatan I", "Angkatan II"]
    assert service.pack == "service"
    assert "Every course seen" in jejak("programmes", "propose").output


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
