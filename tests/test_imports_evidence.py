"""Evidence of work that comes in from spreadsheets."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from lrs import imports_evidence
from lrs.cli.main import main
from lrs.errors import Refused
from lrs.imports_evidence import Plan, Reading
from lrs.practice import names, records
from lrs.practice.programmes import Behaviour, Programme
from lrs.practice.records import Evidence
from lrs.store import register
from lrs.store.register import Fact
from tests.conftest import Cast
from tests.practice.test_files import JPEG, PDF
from tests.test_people import ANI, BUDI, BUDI_ROW, HEADINGS, SARI, SARI_ROW, known, take

TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
ADMIN = "user:admin"
SERVICE = "https://agency.example.go.id/programmes/service"
GREETS = f"{SERVICE}/greets"


@pytest.fixture(autouse=True)
def agency(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW + BUDI_ROW)
    programme = Programme(
        iri=SERVICE,
        title="Pelayanan Prima",
        behaviours=(Behaviour(iri=GREETS, text="Menyapa setiap pemohon"),),
    )
    digest = names.programme(cast.tenant.id, SERVICE)
    fact = Fact(register.PROGRAMME, digest, msgspec.to_builtins(programme))
    cast.database.write(lambda c: register.append(c, cast.tenant.id, [fact], "admin"))


def planned(cast: Cast, text: str, files: dict[str, bytes] | None = None, **more: Any) -> Plan:
    sheet = imports_evidence.read(text.encode(), "bukti.csv")
    reading = Reading(today=TODAY, by=ADMIN, **more)
    with cast.database.read() as connection:
        return imports_evidence.plan(
            connection, cast.tenant, sheet, reading, "bukti.csv", (files or {}).get
        )


def enter(cast: Cast, plan: Plan) -> int:
    return imports_evidence.enter(cast.database, cast.tenant, plan, now=NOW)


def held(cast: Cast) -> list[Evidence]:
    told = map(records.read, cast.statements())
    return [each for each in told if isinstance(each, Evidence)]


def id_of(cast: Cast, number: str) -> str:
    return str(uuid.UUID(bytes=known(cast, number)[0]))


ROWS = (
    "REKAP BUKTI PENERAPAN\n"
    "NIP;Nama;Tanggal Kegiatan;Kegiatan;Uraian;Jenis Bukti;Perilaku;Pelatihan;NIP Penilai;Skor;"
    "Tautan\n"
    f"{SARI};Sari;12 Mei 2026;Apel layanan;Menyapa 40 pemohon;Observasi;menyapa setiap  pemohon;"
    f"Pelayanan Prima;{BUDI};3/4;https://drive.example.go.id/a\n"
    f"{BUDI};Budi;12/05/2026;SOP loket;;Dokumen;;;;;\n"
)


def test_each_row_is_a_piece_of_evidence_of_one_person(cast: Cast) -> None:
    plan = planned(cast, ROWS)
    assert (plan.problems, plan.notes, plan.new) == ([], [], 2)
    assert enter(cast, plan) == 2
    first, second = held(cast)
    assert first == Evidence(
        person=id_of(cast, SARI),
        of="observation",
        by=id_of(cast, BUDI),
        role="superior",
        performed_on=date(2026, 5, 12),
        title="Apel layanan",
        text="Menyapa 40 pemohon\nhttps://drive.example.go.id/a",
        programme=SERVICE,
        behaviours=(GREETS,),
        rating=0.75,
        keyed_by=ADMIN,
    )
    assert (second.of, second.by, second.role) == ("artefact", ADMIN, "admin")


def test_the_same_list_again_hands_in_nothing(cast: Cast) -> None:
    enter(cast, planned(cast, ROWS))
    again = planned(cast, ROWS)
    assert (again.new, again.there) == (0, 2)
    assert enter(cast, planned(cast, ROWS + f"{ANI};;1/5/2026;x;;;;;;;\n")) == 0
    assert len(held(cast)) == 2


def test_rows_with_a_fault_are_told_one_by_one(cast: Cast) -> None:
    head = "nip,tanggal,judul,jenis,perilaku,nip penilai,peran,nilai,link,berkas\n"
    text = head + (
        f"{ANI},1/5/2026,x,,,,,,,\n"
        f"{SARI},besok,x,,,,,,,\n"
        f"{SARI},1/7/2026,x,,,,,,,\n"
        f"{SARI},1/5/2026,,,,,,,,\n"
        f"{SARI},1/5/2026,x,sihir,,,,,,\n"
        f"{SARI},1/5/2026,x,,menari,,,,,\n"
        f"{BUDI},1/5/2026,x,,,{SARI},,,,\n"
        f"{SARI},1/5/2026,x,,,,,7,,\n"
        f"{SARI},1/5/2026,x,,,,,,drive,\n"
        f"{SARI},1/5/2026,x,,,,,,,foto.jpg\n"
        f"{SARI},1/5/2026,x,,,,,,,foto.exe\n"
    )
    plan = planned(cast, text, {"foto.exe": JPEG})
    assert [(each.path, each.message[:20]) for each in plan.problems] == [
        ("row 2, nip", "Nobody in the regist"),
        ("row 3, tanggal", "'besok' is no day; w"),
        ("row 4, tanggal", "2026-07-01 lies in t"),
        ("row 5, judul", "The row does not say"),
        ("row 6, jenis", "'sihir' is not known"),
        ("row 7, perilaku", "No behaviour of a pr"),
        ("row 8, peran", "Say what they are to"),
        ("row 9, nilai", "7 is more than the s"),
        ("row 10, link", "This is no web addre"),
        ("row 11, berkas", "There is no file fot"),
        ("row 12, berkas", "foto.exe: Programs, "),
    ]
    assert plan.new == 0


def test_what_a_learner_says_of_themselves_is_theirs(cast: Cast) -> None:
    text = f"nip,tanggal,judul,peran,jenis\n{SARI},1/5/2026,Saya coba,sendiri,refleksi\n"
    (row,) = planned(cast, text).rows
    assert (row.evidence.by, row.evidence.role) == (row.evidence.person, "self")


def test_files_are_attached_and_name_what_they_are(cast: Cast) -> None:
    text = f"nip,tanggal,judul,berkas\n{SARI},1/5/2026,Laporan,a.pdf; b.jpg\n"
    plan = planned(cast, text, {"a.pdf": PDF, "b.jpg": JPEG})
    assert [each.content_type for each in plan.rows[0].uploads] == [
        "application/pdf",
        "image/jpeg",
    ]
    enter(cast, plan)
    assert held(cast)[0].files == 2


def test_a_list_without_a_day_or_without_people_is_refused(cast: Cast) -> None:
    with pytest.raises(Refused, match="no column for performed"):
        planned(cast, f"nip,judul\n{SARI},x\n")
    with pytest.raises(Refused, match="no column for number"):
        planned(cast, "nama,judul\nSari,x\n")


def test_on_the_command_line_files_lie_beside_the_list(
    cast: Cast, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)
    jejak: Callable[..., Result] = lambda *words: CliRunner().invoke(  # noqa: E731
        main, ["imports", "evidence", *words, "--tenant", "agency"]
    )
    (tmp_path / "lists").mkdir()
    (tmp_path / "secret.pdf").write_bytes(PDF)
    (tmp_path / "lists" / "a.pdf").write_bytes(PDF)
    file = tmp_path / "lists" / "bukti.csv"
    file.write_text(
        f"nip,tanggal,judul,berkas\n{SARI},1/5/2026,A,a.pdf\n{SARI},1/5/2026,B,../secret.pdf\n"
    )
    tried = jejak(str(file), "--dry-run")
    assert "It would be: 1 new, 0 stand already, 1 rows left out." in tried.output
    assert "There is no file ../secret.pdf" in tried.output
    done = jejak(str(file))
    assert (done.exit_code, "Handed in: 1; 0 stood already" in done.output) == (1, True)
