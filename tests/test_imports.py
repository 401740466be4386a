"""Lists of participants that come in: what a training admin drops first."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from lrs import imports, projector
from lrs.adapters import Adapters
from lrs.cli.main import main
from lrs.errors import Conflict, NotFound, Refused
from lrs.imports import Entered, Plan, Reading
from lrs.learning import ATTENDED, CERTIFIED, COMPLETED, ENROLLED, INVITED
from lrs.practice import imported, names
from lrs.practice.programmes import Cohort, Programme
from lrs.store import register, tables
from lrs.store.register import Fact
from tests.conftest import Cast
from tests.test_people import ANI, BUDI, BUDI_ROW, HEADINGS, SARI, SARI_ROW, known, take

TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
SERVICE = "https://agency.example.go.id/programmes/service"
LMS_COURSE = "https://lms.example.go.id/course/view.php?id=2"


@pytest.fixture(autouse=True)
def people_of_the_register(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW + BUDI_ROW)


def planned(cast: Cast, text: str, **reading: Any) -> Plan:
    sheet = imports.read(text.encode(), "peserta.csv")
    with cast.database.read() as connection:
        return imports.plan(
            connection, cast.tenant, sheet, Reading(today=TODAY, **reading), "peserta.csv"
        )


def entered(cast: Cast, text: str, **reading: Any) -> Entered:
    return imports.enter(
        cast.database,
        cast.tenant,
        planned(cast, text, **reading),
        by="admin",
        now=NOW,
        home_page="https://jejak.example.go.id",
    )


def cases(cast: Cast) -> list[dict[str, Any]]:
    projector.catch_up(cast.database, cast.tenant, Adapters.installed())
    with cast.database.read() as connection:
        return [dict(row) for row in connection.execute(tables.cases.select()).mappings()]


def define(cast: Cast, **changes: Any) -> None:
    programme = Programme(iri=SERVICE, title="Pelayanan Prima", **changes)
    fact = Fact(
        register.PROGRAMME,
        names.programme(cast.tenant.id, SERVICE),
        msgspec.to_builtins(programme),
    )
    cast.database.write(lambda c: register.append(c, cast.tenant.id, [fact], "admin"))


def said(plan: Plan) -> list[tuple[int, str, str]]:
    return [(row.number, act.kind, act.on.isoformat()) for row in plan.rows for act in row.new]


TITLED = (
    "DAFTAR PESERTA PELATIHAN PELAYANAN PRIMA;;;;\n"
    "Badan Kepegawaian, Tahun 2026;;;;\n"
    ";;;;\n"
    "No;Nama Peserta;NIP Peserta;Nama Pelatihan;Tanggal Pelaksanaan\n"
    "1;2;3;4;5\n"
    "1;Sari Dewi, S.Sos., M.AP.;'19900101 201501 1 001;Pelayanan Prima;10 s.d. 14 Maret 2026\n"
    "2;Drs. Budi;19850202-201001-2-002;Pelayanan Prima;14/03/2026\n"
    ";;;;\n"
    ";;;Kepala Badan,;\n"
)


def test_a_list_as_it_lies_in_a_drawer_opens_cases(cast: Cast) -> None:
    plan = planned(cast, TITLED)
    assert (plan.problems, plan.notes, plan.unknown) == ([], [], [])
    assert plan.columns["number"] == "NIP Peserta"
    assert said(plan) == [(6, COMPLETED, "2026-03-14"), (7, COMPLETED, "2026-03-14")]
    assert entered(cast, TITLED).statements == 2
    sari, _ = known(cast, SARI)
    budi, _ = known(cast, BUDI)
    opened = cases(cast)
    assert {(case["subject"], case["matched"]) for case in opened} == {(sari, 1), (budi, 1)}


def test_what_is_written_says_that_it_was_imported_and_names_no_number(cast: Cast) -> None:
    text = f"nip,kursus,selesai,jp,no sertifikat\n{SARI},Arsip,12 Maret 2026,20 JP,A/1\n"
    assert entered(cast, text).statements == 2
    tree, certified = cast.statements()
    assert tree["context"]["extensions"] == {
        imported.IMPORTED: {"file": "peserta.csv", "row": 2},
        imported.JP: 20.0,
        imported.CERTIFICATE: "A/1",
    }
    assert certified["verb"]["id"] == "https://w3id.org/xapi/tla/verbs/achieved"
    assert tree["timestamp"].startswith("2026-03-12T05:00:00")
    assert tree["object"]["id"].startswith("https://w3id.org/xapi/jejak/courses/")
    assert tree["actor"]["account"]["homePage"] == names.PEOPLE
    assert tree["authority"]["account"] == {
        "homePage": "https://jejak.example.go.id",
        "name": "imports",
    }
    assert uuid.UUID(tree["id"]).version == 4
    assert SARI not in str(tree)


def test_the_same_list_again_and_a_longer_one_enter_only_what_is_new(cast: Cast) -> None:
    row = f"{SARI},Arsip,12/3/26\n"
    assert entered(cast, f"nip,kursus,selesai\n{row}").statements == 1
    assert entered(cast, f"nip,kursus,selesai\n{row}").statements == 0
    longer = (
        f"nama,kursus,nip,tanggal lulus\nBudi,arsip,{BUDI},2026-03-12\nSari,ARSIP,{SARI},46093\n"
    )
    plan = planned(cast, longer)
    assert (plan.new, plan.there) == (1, 1)
    assert entered(cast, longer).statements == 1
    assert len(cases(cast)) == 2


def test_columns_of_days_and_marks_tell_of_invitation_enrolment_and_attendance(cast: Cast) -> None:
    text = (
        "nip,pelatihan,tanggal,diundang,tanggal mulai,hadir,tanggal selesai\n"
        f"{SARI},Arsip,12-3-2026,1 Maret 2026,10/03/2026,v,12/03/2026\n"
        f"{BUDI},Arsip,12-3-2026,1 Maret 2026,,tidak,\n"
    )
    assert said(planned(cast, text)) == [
        (2, INVITED, "2026-03-01"),
        (2, ENROLLED, "2026-03-10"),
        (2, ATTENDED, "2026-03-12"),
        (2, COMPLETED, "2026-03-12"),
        (3, INVITED, "2026-03-01"),
    ]


def test_a_certificate_is_one_more_step_and_its_day_may_be_all_there_is(cast: Cast) -> None:
    text = f"nip,pelatihan,tanggal sertifikat,hadir\n{SARI},Arsip,14/03/2026,100%\n"
    assert said(planned(cast, text, on=date(2026, 3, 12))) == [
        (2, ATTENDED, "2026-03-12"),
        (2, COMPLETED, "2026-03-14"),
        (2, CERTIFIED, "2026-03-14"),
    ]


def test_a_status_decides_whether_anything_was_completed(cast: Cast) -> None:
    text = (
        "nip,pelatihan,tanggal selesai,status\n"
        f"{SARI},Arsip,12/03/2026,Lulus (Memuaskan)\n"
        f"{BUDI},Arsip,12/03/2026,Tidak Lulus\n"
    )
    plan = planned(cast, text)
    assert said(plan) == [(2, COMPLETED, "2026-03-12")]
    assert plan.notes == ["row 3: 'Tidak Lulus' enters nothing"]


def test_a_column_of_results_is_known_by_what_is_in_it(cast: Cast) -> None:
    text = (
        "NIP,Pelatihan,Tgl Lulus,Catatan Akhir\n"
        f"{SARI},Arsip,12/03/2026,Mengundurkan diri\n"
        f"{BUDI},Arsip,12/03/2026,Lulus\n"
    )
    plan = planned(cast, text)
    assert plan.columns["status"] == "Catatan Akhir"
    assert said(plan) == [(3, COMPLETED, "2026-03-12")]


def test_what_is_signed_below_a_list_is_no_row_of_it(cast: Cast) -> None:
    text = (
        '"Nama / NIP",Pelatihan,Selesai\n'
        f'"Sari Dewi\nNIP. {SARI}",Arsip,12/03/2026\n'
        '"Budi\nNIP. 1985020220100120",Arsip,12/03/2026\n'
        "Kepala Badan,,\n,Mengetahui,\n"
    )
    plan = planned(cast, text)
    assert [each.message[:27] for each in plan.problems] == ["The number has 16 digits; a"]
    assert plan.new == 1


def test_of_a_roster_a_row_with_no_more_than_a_day_was_invited(cast: Cast) -> None:
    text = f"nip,pelatihan,tanggal\n{SARI},Arsip,5 Mei 2026\n"
    assert said(planned(cast, text, kind=INVITED)) == [(2, INVITED, "2026-05-05")]


def test_one_person_twice_is_entered_once_and_told(cast: Cast) -> None:
    row = f"{SARI},Arsip,12/03/2026\n"
    plan = planned(cast, f"nip,pelatihan,selesai\n{row}{row}")
    assert plan.new == 1
    assert plan.notes == ["row 3 says again what row 2 says (completed, 2026-03-12)."]


def test_rows_with_a_fault_are_told_one_by_one_and_the_others_entered(cast: Cast) -> None:
    text = (
        "nip,nama,pelatihan,selesai,jp\n"
        "1990,Sari,Arsip,12/03/2026,\n"
        f"{SARI},Sari,Arsip,kemarin,\n"
        f"{SARI},Sari,,12/03/2026,\n"
        f"{SARI},Sari,Arsip,12/03/2027,\n"
        f"{SARI},Sari,Arsip,03/25/2026,\n"
        f"{SARI},Sari,Arsip,,\n"
        f"{SARI},Sari,Arsip,12/03/2026,banyak\n"
        ",Sari,Arsip,12/03/2026,\n"
        f"{BUDI},Budi,Arsip,12/03/2026,\n"
    )
    plan = planned(cast, text)
    assert [(problem.path, problem.message[:24]) for problem in plan.problems] == [
        ("row 2, nip", "The number has 4 digits;"),
        ("row 3, selesai", "'kemarin' is no day; wri"),
        ("row 4, pelatihan", "No course is named."),
        ("row 5, selesai", "2027-03-12 lies in the f"),
        ("row 6, selesai", "'03/25/2026' is no day; "),
        ("row 8, jp", "'banyak' is no number of"),
        ("row 9, nip", "The row names nobody: no"),
    ]
    assert plan.notes == ["row 7: it tells of nothing that took place"]
    assert said(plan) == [(10, COMPLETED, "2026-03-12")]


def test_a_result_without_a_day_needs_one(cast: Cast) -> None:
    text = f"nip,pelatihan,status\n{SARI},Arsip,Lulus\n{BUDI},Arsip,\n"
    (problem,) = planned(cast, text).problems
    assert "does not say on which day somebody completed it" in problem.message
    assert said(planned(cast, text, on=date(2026, 3, 14))) == [(2, COMPLETED, "2026-03-14")]


def test_a_number_that_means_somebody_of_another_name_is_shown_to_a_human(cast: Cast) -> None:
    plan = planned(cast, f"nip,nama,pelatihan,selesai\n{SARI},Joko Susilo,Arsip,12/03/2026\n")
    assert plan.notes == [
        "row 2: the list says Joko Susilo, the register Sari Dewi; look whether it is they"
    ]


def test_whom_nobody_knows_is_left_out_unless_they_are_to_be_entered(cast: Cast) -> None:
    text = "nip,nama,unit kerja,mulai,pelatihan,selesai\n"
    text += f"{ANI},Ani,Dinas B,1/3/2026,Arsip,12/03/2026\n"
    plan = planned(cast, text)
    assert ([row.number for row in plan.unknown], plan.new, plan.left_out) == ([2], 0, 1)
    assert entered(cast, text, add_people=True) == Entered(1, 2)
    ani, person = known(cast, ANI)
    assert person.name == "Ani"
    assert person.posts[0].first is None  # the training's first day is not the post's
    assert [case["subject"] for case in cases(cast)] == [ani]
    assert entered(cast, text, add_people=True) == Entered(0, 0)


def test_name_and_number_may_stand_in_one_cell(cast: Cast) -> None:
    text = f'"Nama / NIP",Pelatihan,Selesai\n"Ani, S.E.\nNIP. {ANI}",Arsip,12/03/2026\n'
    assert entered(cast, text, add_people=True) == Entered(1, 1)
    assert known(cast, ANI)[1].name == "Ani, S.E."


def test_people_whom_another_entered_meanwhile_are_not_entered_twice(cast: Cast) -> None:
    text = f"nip,nama,pelatihan,selesai\nNIP. {ANI},Ani,Arsip,12/03/2026\n"
    plan = planned(cast, text, add_people=True)
    take(cast, HEADINGS + f"{ANI},Ani,,,,\n")
    with pytest.raises(Conflict, match="Look at the list again"):
        imports.enter(cast.database, cast.tenant, plan, by="b", now=NOW, home_page="https://j.id")
    assert cast.statements() == []
    assert entered(cast, text, add_people=True) == Entered(0, 1)


def test_an_account_of_an_lms_may_be_nobodys_yet(cast: Cast) -> None:
    text = f"id,kursus,timecompleted\n7,{LMS_COURSE},1773280000\n"
    home = "https://lms.example.go.id"
    assert entered(cast, text, home=home).statements == 1
    (tree,) = cast.statements()
    assert tree["actor"]["account"] == {"homePage": home, "name": "7"}
    assert [case["matched"] for case in cases(cast)] == [0]
    # Later the register learns whose it is: the same list says nothing new.
    take(
        cast,
        f"nip,homepage,akun\n{SARI},{home},7\n",
        imports.people.import_accounts,
    )
    assert planned(cast, text, home=home).there == 1


def test_who_was_found_to_be_one_person_is_not_entered_twice(cast: Cast) -> None:
    text = f"nip,pelatihan,selesai\n{SARI},Arsip,12/03/2026\n"
    entered(cast, text)
    (sari, _), (budi, _) = known(cast, SARI), known(cast, BUDI)
    cast.database.write(lambda c: imports.people.merge(c, cast.tenant.id, sari, budi, "admin"))
    assert planned(cast, text).there == 1


def test_a_title_finds_the_programme_and_a_cohort_its_course_and_its_days(cast: Cast) -> None:
    run = Cohort(
        name="Angkatan XII",
        starts=date(2026, 3, 2),
        ends=date(2026, 3, 14),
        courses=frozenset([LMS_COURSE]),
    )
    define(cast, courses=frozenset(["https://lms.example.go.id/other"]), cohorts=(run,))
    text = f"nip,pelatihan,angkatan,status\n{SARI},PELAYANAN  PRIMA,XII,Lulus\n"
    assert said(planned(cast, text)) == [(2, COMPLETED, "2026-03-14")]
    entered(cast, text)
    (case,) = cases(cast)
    assert case["programme"] == names.programme(cast.tenant.id, SERVICE)
    assert (case["cohort"], case["clock_day"]) == (
        "Angkatan XII",
        (date(2026, 3, 14) - date(1970, 1, 1)).days,
    )


def test_a_title_above_the_list_says_what_no_column_says(cast: Cast) -> None:
    run = Cohort(name="Angkatan XII", courses=frozenset([LMS_COURSE]))
    define(cast, cohorts=(run,))
    text = (
        "DAFTAR LULUSAN PELATIHAN PELAYANAN PRIMA ANGKATAN XII\n"
        "Tanggal 10 s.d. 14 Maret 2026\n"
        f"No,Nama,NIP\n1,Sari Dewi,{SARI}\n"
    )
    plan = planned(cast, text)
    assert said(plan) == [(4, COMPLETED, "2026-03-14")]
    assert plan.rows[0].acts[0].course == LMS_COURSE
    assert plan.notes == [
        f"Taken from the title above the list: programme {SERVICE}, cohort XII, on 2026-03-14"
    ]
    with pytest.raises(Refused, match="Above them stands: DAFTAR LULUSAN KURSUS LAIN"):
        planned(cast, f"DAFTAR LULUSAN KURSUS LAIN\nNama,NIP\nSari,{SARI}\n")


def test_a_heading_over_two_columns_leaves_each_its_own(cast: Cast) -> None:
    text = (
        "NIP,Nama,Pelatihan,Tanggal,,JP\n"
        ",,,Mulai,Selesai,\n"
        f"{SARI},Sari Dewi,Arsip,10/3/2026,14/3/2026,20\n"
    )
    plan = planned(cast, text)
    assert (plan.problems, plan.notes) == ([], [])
    assert said(plan) == [(3, ENROLLED, "2026-03-10"), (3, COMPLETED, "2026-03-14")]


def test_for_a_programme_without_a_course_the_one_to_add_is_named(cast: Cast) -> None:
    define(cast)
    text = f"nip,selesai\n{SARI},12/03/2026\n"
    (note,) = planned(cast, text, programme=SERVICE).notes
    assert "has no course yet; add https://w3id.org/xapi/jejak/courses/" in note
    with pytest.raises(NotFound):
        planned(cast, text, programme="https://nowhere.example.org")


def test_a_list_without_the_columns_that_are_needed_is_refused_whole(cast: Cast) -> None:
    with pytest.raises(Refused, match="no column for number"):
        planned(cast, "nama,pelatihan\nSari,Arsip\n")
    with pytest.raises(Refused, match="no column for course"):
        planned(cast, f"nip,selesai\n{SARI},12/03/2026\n")
    with pytest.raises(Refused, match="no column Tgl"):
        planned(cast, f"nip,selesai\n{SARI},12/03/2026\n", columns={"completed": "Tgl"})


def test_hours_entered_before_stay_and_that_is_told(cast: Cast) -> None:
    entered(cast, f"nip,pelatihan,selesai,jp\n{SARI},Arsip,12/03/2026,20\n")
    plan = planned(cast, f"nip,pelatihan,selesai,jp\n{SARI},Arsip,12/03/2026,24\n")
    assert plan.there == 1
    assert "the hours entered before (20.0) stay" in plan.notes[0]


@pytest.fixture
def jejak(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)
    return lambda *words: CliRunner().invoke(main, [*words, "--tenant", "agency"])


def test_on_the_command_line_a_list_is_tried_and_then_entered(
    cast: Cast, jejak: Callable[..., Result], tmp_path: Path
) -> None:
    file = tmp_path / "peserta.csv"
    file.write_text(TITLED)
    tried = jejak("imports", "completions", str(file), "--dry-run")
    assert "It would be: 2 new records, 0 stand already." in tried.output
    assert cast.statements() == []
    assert (
        "Entered: 2 records; 0 stood already." in jejak("imports", "completions", str(file)).output
    )
    assert (
        "Entered: 0 records; 2 stood already." in jejak("imports", "completions", str(file)).output
    )
    invited = jejak("imports", "rosters", str(file), "--column", "course=No", "--course", "x")
    assert invited.exit_code == 0, invited.output
