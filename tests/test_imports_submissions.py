"""What learners handed in to an LMS, proposed as plans and accepted."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lrs import imports_submissions, people
from lrs.cli.main import main
from lrs.errors import NotFound, Refused
from lrs.imports_submissions import Submission
from lrs.practice import records
from lrs.practice.records import Evidence
from tests import make
from tests.conftest import Cast
from tests.promises import parts
from tests.test_people import HEADINGS, SARI, SARI_ROW, known, take

HOME = "https://lms.example.go.id"
NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)


def submitted(cast: Cast, task: str = "Rencana Aksi", who: str = "7", day: int = 12) -> str:
    """A learner hands something in to Moodle, in its plug-in's words."""
    module = f"{HOME}/mod/assign/view.php?id=9"
    tree = make.statement(
        actor=make.account(who, HOME) | {"name": "sari d"},
        verb={"id": "http://activitystrea.ms/schema/1.0/submit"},
        object={"id": f"{module}#submission", "objectType": "Activity"},
        timestamp=f"2026-03-{day:02}T18:00:00Z",
        context={
            "contextActivities": {
                "parent": [
                    {"id": module, "definition": {"name": {"id": task}}},
                    {
                        "id": f"{HOME}/course/view.php?id=2",
                        "definition": {"type": "https://w3id.org/xapi/cmi5/activitytype/course"},
                    },
                ]
            }
        },
    )
    return parts.send(cast.database, parts.principal(cast), [tree])[0]


def proposals(cast: Cast, **more: Any) -> list[Submission]:
    with cast.database.read() as connection:
        return imports_submissions.proposals(connection, cast.tenant, **more).found


def accept(cast: Cast, *ids: str) -> list[str]:
    return cast.database.write(
        lambda c: imports_submissions.accept(c, cast.tenant, ids, by="user:admin", now=NOW)
    )


def evidence(cast: Cast) -> list[Evidence]:
    told = map(records.read, cast.statements())
    return [each for each in told if isinstance(each, Evidence)]


@pytest.fixture
def sari(cast: Cast) -> bytes:
    take(cast, HEADINGS + SARI_ROW)
    take(cast, f"nip,homepage,akun\n{SARI},{HOME},7\n", people.import_accounts)
    return known(cast, SARI)[0]


def test_the_last_of_what_was_handed_in_for_a_task_is_proposed(cast: Cast, sari: bytes) -> None:
    submitted(cast, day=10)
    last = submitted(cast, day=12)
    submitted(cast, task="Kuis 1", day=13)
    (found,) = proposals(cast)
    assert (found.proposed.statement, found.proposed.of) == (last, "plan")
    assert (found.person, found.name, found.accepted) == (sari, "Sari Dewi", None)
    assert proposals(cast, since=datetime(2026, 4, 1, tzinfo=UTC)) == []


def test_where_much_was_handed_in_the_newest_is_read_and_then_what_was_before(
    cast: Cast, sari: bytes
) -> None:
    first = submitted(cast, task="Rencana Aksi 1", day=10)
    submitted(cast, task="Kuis 1", day=11)
    last = submitted(cast, task="Laporan \u00e9valuasi 2", day=12)
    with cast.database.read() as connection:
        read = partial(imports_submissions.proposals, connection, cast.tenant, most=2)
        newest = read()
        assert [each.proposed.statement for each in newest.found] == [last]
        assert newest.reached is not None
        older = read(before=newest.reached)
        assert [each.proposed.statement for each in older.found] == [first]
        assert older.reached is None


def test_accepted_it_is_a_plan_of_the_learner_that_refers_to_the_record(
    cast: Cast, sari: bytes
) -> None:
    statement = submitted(cast)
    (done,) = accept(cast, statement)
    (told,) = evidence(cast)
    assert (told.of, told.role, told.title, told.source) == (
        "plan",
        "self",
        "Rencana Aksi",
        statement,
    )
    assert told.performed_on == date(2026, 3, 13)  # in Jakarta it was past midnight
    assert proposals(cast)[0].accepted == done
    assert accept(cast, statement) == [done]
    assert len(evidence(cast)) == 1


def test_of_somebody_nobody_knows_nothing_can_be_accepted(cast: Cast) -> None:
    statement = submitted(cast)
    (found,) = proposals(cast)
    assert (found.person, found.name) == (None, "sari d")
    with pytest.raises(Refused, match="Nobody in the register is sari d"):
        accept(cast, statement)
    with pytest.raises(NotFound):
        accept(cast, make.uuid4())


def test_on_the_command_line_all_of_known_people_are_accepted_at_once(
    cast: Cast, sari: bytes, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)
    jejak: Callable[..., Result] = lambda *words: CliRunner().invoke(  # noqa: E731
        main, ["imports", "submissions", *words, "--tenant", "agency"]
    )
    submitted(cast)
    submitted(cast, who="8")
    assert "Handed in: 1." in jejak("--accept-all").output
    listed = jejak().output
    assert ("accepted" in listed, "of nobody known" in listed) == (True, True)
