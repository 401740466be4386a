"""Reports that are read, proposed to a human, and accepted."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lrs import imports_reports
from lrs.cli.main import main
from lrs.errors import Refused
from lrs.imports_reports import ADD_MENTOR, SUPERIOR, Accepted, Report
from lrs.practice import records
from lrs.practice.cases import days
from lrs.practice.records import Evidence
from tests.conftest import Cast
from tests.pdfs import pdf
from tests.practice.test_files import JPEG
from tests.test_people import ANI, BUDI, HEADINGS, SARI, known, take

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
COVER = (
    (150, "LAPORAN AKTUALISASI"),
    (100, "OPTIMALISASI ANTRIAN PASIEN MELALUI"),
    (100, "APLIKASI SIANTRI"),
    None,
    "Disusun oleh:",
    "Nama       : Sari Dewi, S.KM.",
    "NIP        : 19900101 201501 1 001",
    "Jabatan    : Analis",
    "Unit Kerja : Puskesmas Mawar",
    "PELATIHAN DASAR CPNS GOLONGAN III ANGKATAN XII",
    "TAHUN 2026",
)
SIGNED = (
    (200, "LEMBAR PENGESAHAN"),
    "Kota Mawar, 12 April 2026",
    "Coach,|Mentor,",
    None,
    None,
    "Dr. Ani Lestari, M.Si.|Budi, S.E.",
    f"NIP. {ANI}|NIP. 19850202 201001 2 002",
)
REPORT = pdf(COVER, ["KATA PENGANTAR", "Puji syukur"], SIGNED)


@pytest.fixture(autouse=True)
def people(cast: Cast) -> None:
    take(cast, HEADINGS + f"{SARI},Sari Dewi,Dinas,Analis,,\n{BUDI},Budi,Dinas,Kepala,,\n")


def proposed(cast: Cast, content: bytes = REPORT, name: str = "laporan.pdf") -> Report:
    with cast.database.read() as connection:
        return imports_reports.propose(connection, cast.tenant, content, name)


def accepted(cast: Cast, report: Report, **more: Any) -> Accepted:
    return cast.database.write(
        lambda c: imports_reports.accept(c, cast.tenant, report, by="user:admin", now=NOW, **more)
    )


def test_a_report_is_proposed_with_whom_the_register_knows(cast: Cast) -> None:
    report = proposed(cast)
    assert report.author is not None
    assert report.mentor is not None
    assert (report.author.person, report.author.name) == (known(cast, SARI)[0], "Sari Dewi")
    assert report.mentor.person == known(cast, BUDI)[0]
    assert report.coach is None
    assert report.notes == ("Nobody in the register has the coach's number",)
    assert (report.read.approval, report.done_on) == (3, date(2026, 4, 12))
    assert cast.statements() == []


def test_accepted_it_is_a_project_with_the_pdf(cast: Cast) -> None:
    done = accepted(cast, proposed(cast))
    (tree,) = cast.statements()
    told = records.read(tree)
    assert isinstance(told, Evidence)
    assert (told.of, told.performed_on, told.files) == ("project", date(2026, 4, 12), 1)
    assert told.title == "OPTIMALISASI ANTRIAN PASIEN MELALUI APLIKASI SIANTRI"
    assert "Angkatan XII" in told.text
    assert tree["attachments"][0]["contentType"] == "application/pdf"
    assert (tree["id"], done.superior) == (done.statement, False)
    assert known(cast, SARI)[1].posts[-1].superior is None


def test_the_same_report_again_is_the_same_evidence(cast: Cast) -> None:
    first = accepted(cast, proposed(cast))
    again = proposed(cast, name="laporan (1).pdf")
    assert again.there == first.statement
    assert accepted(cast, again) == first
    assert len(cast.statements()) == 1


def test_the_mentor_is_the_superior_only_where_a_human_says_so(cast: Cast) -> None:
    assert accepted(cast, proposed(cast), accepted=[SUPERIOR]).superior
    budi, _ = known(cast, BUDI)
    _, sari = known(cast, SARI)
    post = sari.post(days(date(2026, 4, 12)))
    assert post is not None
    assert (post.superior, post.superior_state, post.title) == (budi, "confirmed", "Analis")
    assert not accepted(cast, proposed(cast), accepted=[SUPERIOR]).superior


def test_a_mentor_nobody_has_is_entered_only_where_a_human_says_so(cast: Cast) -> None:
    stranger = "197805052005011009"
    page = [
        "LEMBAR PENGESAHAN",
        "Kota Mawar, 12 April 2026",
        "Judul : Antrian pasien",
        f"NIP : {SARI}",
        "Mentor,",
        "Joko Susilo, S.H.",
        f"NIP. {stranger}",
    ]
    report = proposed(cast, pdf(page))
    with pytest.raises(Refused, match="mentor's number"):
        accepted(cast, report, accepted=[SUPERIOR])
    assert accepted(cast, report, accepted=[SUPERIOR, ADD_MENTOR]).superior
    person, joko = known(cast, stranger)
    assert joko.name == "Joko Susilo, S.H."
    assert known(cast, SARI)[1].posts[-1].superior == person


def test_a_scan_is_said_to_be_one_and_can_be_filled_in_by_hand(cast: Cast) -> None:
    report = proposed(cast, pdf([], []))
    assert report.read.scanned
    assert "holds pictures of pages and no text" in report.notes[0]
    with pytest.raises(Refused) as refused:
        accepted(cast, report)
    assert [each.path for each in refused.value.problems] == ["person", "done_on", "title"]
    accepted(cast, report, person=known(cast, SARI)[0], done_on=date(2026, 4, 12), title="Antrian")
    assert len(cast.statements()) == 1


def test_who_is_called_otherwise_than_in_the_register_is_shown_to_a_human(cast: Cast) -> None:
    page = ["LAPORAN AKTUALISASI", "Nama : Joko Susilo", f"NIP : {SARI}"]
    notes = proposed(cast, pdf(page)).notes
    assert (
        "The report calls the author Joko Susilo, the register Sari Dewi; look who it is" in notes
    )


def test_what_is_no_pdf_is_refused(cast: Cast) -> None:
    with pytest.raises(Refused, match="It is a JPEG picture"):
        proposed(cast, JPEG)


def test_on_the_command_line_it_is_read_and_then_accepted(
    cast: Cast, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)
    jejak: Callable[..., Result] = lambda *words: CliRunner().invoke(  # noqa: E731
        main, ["imports", "report", *words, "--tenant", "agency"]
    )
    file = tmp_path / "laporan.pdf"
    file.write_bytes(REPORT)
    said = jejak(str(file))
    assert (said.exit_code, "Nothing was handed in" in said.output) == (0, True)
    assert f"The author is Sari Dewi of the register ({uuid.UUID(bytes=known(cast, SARI)[0])})" in (
        said.output
    )
    done = jejak(str(file), "--accept", "--mentor-is-superior")
    assert "Handed in as" in done.output
    assert "The mentor is entered as the superior" in done.output
