"""An LMS's own list of completions, compared with what arrived."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lrs import imports, projector
from lrs.adapters import Adapters
from lrs.cli.main import main
from lrs.demo.agency import Habits
from lrs.demo.agency import make as make_agency
from lrs.errors import Refused
from lrs.reconcile import Comparison, compare, read
from tests import make
from tests.conftest import Cast
from tests.journeys.test_agency import hand_in_lists, send
from tests.plugins.test_lms import course_completed
from tests.promises import parts
from tests.test_people import BUDI, HEADINGS, SARI, SARI_ROW, take

COURSE = "https://lms.example.go.id/course/view.php?id=2"
HOME = "https://lms.example.go.id"


def completed(cast: Cast, actor: dict[str, object], **changes: object) -> None:
    parts.send(cast.database, parts.principal(cast), [course_completed(actor=actor, **changes)])


def compared(cast: Cast, text: str, **more: Any) -> Comparison:
    projector.catch_up(cast.database, cast.tenant, Adapters.installed())
    with cast.database.read() as connection:
        sheet = read(text.encode(), "l.csv")
        return compare(connection, cast.tenant, sheet, HOME, file="l.csv", **more)


def test_what_came_what_never_came_and_what_came_twice_are_told_apart(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW)
    text = f"idnumber,course\n{SARI},{COURSE}\n"
    assert [row.number for row in compared(cast, text).missing] == [2]
    completed(cast, make.agent("sari"))
    done = compared(cast, text)
    assert (done.there, done.missing, done.twice) == (1, [], [])
    completed(cast, make.agent("sari"))
    done = compared(cast, text)
    assert (done.there, [row.number for row in done.twice]) == (1, [2])


def test_who_is_in_no_register_is_looked_for_by_account(cast: Cast) -> None:
    completed(cast, make.account("7", HOME))
    done = compared(cast, f"id,course\n7,{COURSE}\n8,{COURSE}\n")
    assert [row.number for row in done.unknown] == [2, 3]
    assert [row.number for row in done.nobody] == [3]


def test_another_persons_completion_is_not_taken_for_it(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW + f"{BUDI},Budi,,,,budi@example.org\n")
    completed(cast, make.agent("budi"))
    assert len(compared(cast, f"nip,course\n{SARI},{COURSE}\n").missing) == 1


def test_a_row_that_names_nobody_or_no_course_is_told(cast: Cast) -> None:
    done = compared(cast, f"nip,course\n{SARI},\nx,{COURSE}\n")
    assert [problem.path for problem in done.problems] == ["row 2, course", "row 3, nip"]
    with pytest.raises(Refused, match="needs a column 'course'"):
        compared(cast, "nama\nSari\n")


def test_of_a_whole_agency_exactly_what_was_lost_is_missing(cast: Cast, tmp_path: Path) -> None:
    agency = make_agency(Habits(seed=6, people=80, yearly_noise=0.2, lost=0.05))
    hand_in_lists(cast, agency, tmp_path)
    send(cast, agency)
    content = (tmp_path / "moodle-completions.csv").read_bytes()
    done = compared(cast, content.decode())
    lost = {
        (case["person"], case["course"])
        for case in agency.truth["cases"]
        if case["source"] == "moodle" and case["stands"] and case["state"] != "active"
    }
    assert lost
    assert {(row.cells["idnumber"], row.cells["course"]) for row in done.missing} == lost
    assert done.problems == []
    assert enter(cast, done) == len(done.missing) + len(done.nobody)
    again = compared(cast, content.decode())
    assert (again.missing, again.nobody) == ([], [])


#: What Moodle downloads of one course (Laporan > Penyelesaian kursus, CSV).
REPORT = (
    "ID,Name,ID number,Email address,Kuis 1,Kuis 1 - Completion date,Course complete,"
    "Completion date\n"
    f'7,Sari Dewi,{SARI},sari@example.org,Completed,"Monday, 2 March 2026, 9:00 AM",Completed,'
    '"Thursday, 12 March 2026, 10:15 AM"\n'
    f"8,Budi,{BUDI},budi@example.org,Not completed,,Not completed,\n"
    "9,Cici,,cici@example.org,Completed,2026-03-02,Completed,2026-03-03\n"
)
NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)


def enter(cast: Cast, done: Comparison) -> int:
    return imports.enter(
        cast.database, cast.tenant, done.plan(), by="admin", now=NOW, home_page="https://j.example"
    ).statements


def test_moodles_own_report_of_a_course_is_a_list(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW + f"{BUDI},Budi,,,,budi@example.org\n")
    done = compared(cast, REPORT, course=COURSE)
    assert (done.problems, done.open) == ([], 1)
    assert [row.number for row in done.missing] == [2]
    assert [row.number for row in done.nobody] == [4]


def test_what_never_came_is_entered_once_and_counts(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW + f"{BUDI},Budi,,,,budi@example.org\n")
    assert enter(cast, compared(cast, REPORT, course=COURSE)) == 2
    again = compared(cast, REPORT, course=COURSE)
    assert (again.there, again.missing, again.nobody, again.twice) == (1, [], [], [])
    assert enter(cast, again) == 0
    # Whom nobody knows came under the account by which the LMS would have named them.
    assert [agent["account"]["name"] for agent, _ in again.strangers] == ["9"]


def test_without_a_day_it_is_told_and_not_entered(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW)
    done = compared(cast, f"nip,course\n{SARI},{COURSE}\n")
    assert (len(done.missing), done.enterable) == (1, [])


def test_what_came_for_nobody_known_and_what_the_list_does_not_have_is_told(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW + f"{BUDI},Budi,,,,budi@example.org\n")
    completed(cast, make.account("77", HOME))
    completed(cast, make.agent("budi"))
    done = compared(cast, f"nip,course\n{SARI},{COURSE}\n")
    assert [(agent["account"]["name"], course) for agent, course in done.strangers] == [
        ("77", COURSE)
    ]
    assert [course for _, course in done.unlisted] == [COURSE]


@pytest.fixture
def jejak(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)
    return lambda *words: CliRunner().invoke(main, [*words, "--tenant", "agency"])


def test_on_the_command_line_each_missing_row_is_named(
    cast: Cast, jejak: Callable[..., Result], tmp_path: Path
) -> None:
    take(cast, HEADINGS + SARI_ROW)
    file = tmp_path / "completions.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([("idnumber", "course"), (SARI, COURSE)])
    said = jejak("reconcile", str(file))
    assert f"row 2 never came: {SARI}, {COURSE}" in said.output
    assert said.exit_code == 1
    completed(cast, make.agent("sari"))
    compared(cast, f"nip,course\n{SARI},{COURSE}\n")
    assert jejak("reconcile", str(file)).exit_code == 0


def test_on_the_command_line_what_never_came_is_entered_after_a_yes(
    cast: Cast, jejak: Callable[..., Result], tmp_path: Path
) -> None:
    take(cast, HEADINGS + SARI_ROW)
    file = tmp_path / "report.csv"
    file.write_text(REPORT)
    words = ["reconcile", str(file), "--course", COURSE, "--lms", HOME, "--enter"]
    refused = jejak(*words)
    assert "Entered" not in refused.output
    done = jejak(*words, "--yes")
    assert ("Entered: 2 records." in done.output, done.exit_code) == (True, 0)
