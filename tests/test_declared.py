"""Declared adapters in the register: applied, changed, taken away, and the log read again."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from lrs import declared, projector
from lrs.adapters import Adapters
from lrs.cli.main import main
from lrs.practice.programmes import Behaviour, Programme
from lrs.programmes import apply as apply_programmes
from lrs.store import tables
from lrs.store.engine import run
from lrs.store.register import Applied
from schemas.adapters import load
from tests import make
from tests.conftest import Cast
from tests.promises import parts

HOME = "https://kampus.example.go.id"
ADAPTERS = Adapters.installed()
FILE = {
    "adapters": [
        {
            "name": "kampus",
            "about": "Portal Kampus ASN",
            "rules": [{"kind": "completed", "verbs": [f"{HOME}/verbs/lulus"]}],
        }
    ]
}


class Campus:
    """An agency whose portal speaks a dialect of its own."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.database = cast, cast.database
        self.tenant = cast.tenant

    def sends(self, **changes: Any) -> str:
        made = {
            "id": make.uuid4(),
            "verb": {"id": f"{HOME}/verbs/lulus"},
            "object": make.activity(id=f"{HOME}/kelas/4"),
            "timestamp": "2026-03-01T02:00:00.000Z",
        }
        statement = make.statement(**(made | changes))
        parts.send(self.database, parts.principal(self.cast), [statement])
        return str(statement["id"])

    def applies(self, tree: Any) -> Applied:
        given = load(tree)
        return self.database.write(lambda c: declared.apply(c, self.tenant.id, given, "test"))

    def catches_up(self) -> None:
        projector.catch_up(self.database, self.tenant, ADAPTERS)

    def stands(self, *columns: str) -> list[tuple[Any, ...]]:
        """Events of all there are."""
        with self.database.read() as connection:
            rows = run(connection, f"SELECT {', '.join(columns)} FROM events ORDER BY position, n")
            return [tuple(row) for row in rows]


@pytest.fixture
def campus(cast: Cast) -> Campus:
    return Campus(cast)


def test_what_came_before_the_file_is_read_by_it_and_after_it_is_gone_no_more(
    campus: Campus,
) -> None:
    campus.sends()
    campus.catches_up()
    assert campus.stands("kind") == []
    assert campus.applies(FILE).new == ("kampus",)
    campus.sends(id=make.uuid4())
    campus.catches_up()
    assert campus.stands("kind", "adapter") == [("completed", "declared")] * 2
    with campus.database.read() as connection:
        assert len(run(connection, "SELECT id FROM cases").all()) == 1
    rule = {"kind": "passed", "verbs": [f"{HOME}/verbs/lulus"]}
    changed = {"adapters": [FILE["adapters"][0] | {"rules": [rule]}]}
    assert campus.applies(changed).changed == ("kampus",)
    assert campus.applies(changed).unchanged == ("kampus",)
    campus.catches_up()
    assert campus.stands("kind") == [("passed",)] * 2
    campus.database.write(lambda c: declared.remove(c, campus.tenant.id, "kampus", "test"))
    campus.catches_up()
    assert campus.stands("kind") == []
    with campus.database.read() as connection:
        assert run(connection, "SELECT id FROM cases").all() == []
        assert declared.in_force(connection, campus.tenant.id) == []


def test_a_replay_reads_by_the_register_and_gives_the_same(campus: Campus) -> None:
    campus.applies(FILE)
    campus.sends()
    campus.catches_up()
    before = campus.stands("position", "kind", "body")
    assert before
    projector.replay(campus.database, campus.tenant, ADAPTERS)
    assert [(p, k, bytes(b)) for p, k, b in campus.stands("position", "kind", "body")] == [
        (p, k, bytes(b)) for p, k, b in before
    ]
    with campus.database.read() as connection:
        rows = run(connection, f"SELECT name FROM {tables.declared_adapters.name}").all()
    assert [tuple(row) for row in rows] == [("kampus",)]


def test_nothing_of_one_agency_is_read_by_the_file_of_another(
    campus: Campus, neighbour: Cast
) -> None:
    other = Campus(neighbour)
    other.applies(FILE)
    campus.sends()
    for each in (campus, other):
        each.catches_up()
    assert campus.stands("kind") == []


def test_what_named_a_behaviour_before_its_programme_was_entered_is_found(campus: Campus) -> None:
    """A system may name a behaviour in advance; by a verb of its own, that no rule names."""
    iri = "https://diklat.example.go.id/perilaku/arsip/1"
    for around in ({"other": [{"id": iri}]}, {"parent": [{"id": f"{HOME}/x"}]}):
        context = {"contextActivities": around}
        campus.sends(verb={"id": f"{HOME}/verbs/kerja"}, context=context)
    campus.sends(verb={"id": f"{HOME}/verbs/kerja"}, object=make.activity(id=iri))
    campus.catches_up()
    assert campus.stands("kind") == []
    behaviour = Behaviour(iri=iri, text="Menata arsip dinamis")
    programme = Programme(iri="https://diklat.example.go.id/arsip", title="Arsip")
    for behaviours, kinds in (((behaviour,), [("worked",)] * 2), ((), [])):
        entered = [
            Programme(iri=programme.iri, title=programme.title, behaviours=behaviours),
        ]
        campus.database.write(
            lambda c, e=entered: apply_programmes(c, campus.tenant.id, e, "test")  # type: ignore[misc]
        )
        campus.catches_up()
        assert campus.stands("kind") == kinds


# On the command line ----------------------------------------------------------------------------


@pytest.fixture
def jejak(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)

    def call(*words: str) -> Result:
        return CliRunner().invoke(main, [*words, "--tenant", "agency"])

    return call


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kampus.yaml"
    path.write_text(yaml.safe_dump(FILE))
    return path


def test_an_admin_tries_a_file_applies_it_and_asks_who_spoke(
    campus: Campus, jejak: Any, file: Path
) -> None:
    identity = campus.sends()
    tried = jejak("adapters", "apply", str(file), "--dry-run").output
    assert "Of the newest 1 records it reads 1:" in tried
    assert "kampus, rule 1: 1 completed" in tried
    assert "Nothing was entered. It would be: 1 new" in tried
    asked = jejak("adapters", "explain", identity).output
    assert "declared passed: no adapter is declared." in asked
    assert (
        "declared spoke by rule 1 of kampus"
        in jejak("adapters", "explain", identity, "--file", str(file)).output
    )
    assert "Entered: 1 new" in jejak("adapters", "apply", str(file)).output
    assert "Entered: 0 new, 0 changed, 1 unchanged." in jejak("adapters", "apply", str(file)).output
    asked = jejak("adapters", "explain", identity).output
    assert "declared spoke by rule 1 of kampus, and said of it:" in asked
    assert f"completed in {HOME}/kelas/4" in asked
    assert yaml.safe_load(jejak("adapters", "show").output) == FILE
    assert yaml.safe_load(jejak("adapters", "show", "kampus").output) == FILE
    assert "Portal Kampus ASN" in jejak("adapters", "list").output
    assert "kampus is taken away" in jejak("adapters", "remove", "kampus").output
    assert "Nothing is declared." in jejak("adapters", "list").output
    gone = jejak("adapters", "remove", "kampus")
    assert (gone.exit_code, "Not found: a declared adapter kampus" in gone.output) == (1, True)


def test_what_work_may_be_matched_by_can_be_asked(campus: Campus, jejak: Any) -> None:
    reference = make.uuid4()
    identity = campus.sends(
        verb={"id": "https://w3id.org/xapi/dod-isd/verbs/performed"},
        object=make.activity(id=f"{HOME}/kerja/1", definition={"name": {"id": "Menata arsip"}}),
        context={"platform": "E-KINERJA", "statement": make.reference(reference)},
    )
    said = jejak("adapters", "explain", identity).output
    assert "work spoke, and said of it:\n  worked\n" in said
    assert f"    refers to: {reference}\n    names: {HOME}/kerja/1\n" in said
    assert "    platform: E-KINERJA\n    words: 2\n" in said


def test_a_file_with_mistakes_enters_nothing_and_tells_them_all(
    campus: Campus, jejak: Any, tmp_path: Path
) -> None:
    path = tmp_path / "salah.yaml"
    path.write_text("adapters:\n  - name: kampus\n    rules:\n      - kind: selesai\n")
    said = jejak("adapters", "apply", str(path))
    assert said.exit_code == 1
    assert "'selesai' is none of invited" in said.output
    assert "Nothing was entered." in said.output
    path.write_text("adapters: [")
    assert "This is no YAML" in jejak("adapters", "apply", str(path)).output
