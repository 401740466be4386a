"""An agency without a say over its LMS: everything comes in as spreadsheets, and cases open.

The personnel list, the letter of invitation, the list of graduates, the recap of evidence, and a
report, as they lie in an admin's drawer.
"""

import random
import uuid
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs import imports, imports_evidence, imports_reports, projector
from lrs.adapters import Adapters
from lrs.imports import Plan, Reading
from lrs.learning import COMPLETED, INVITED
from lrs.practice import imported, names
from lrs.practice.cases import days
from lrs.practice.programmes import Behaviour, Cohort, Programme
from lrs.store import register, tables
from lrs.store.register import Fact
from tests.conftest import Cast
from tests.test_imports_reports import REPORT
from tests.test_people import BUDI, HEADINGS, SARI, known, take
from tests.workbooks import ods, xlsx

TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
SERVICE = "https://agency.example.go.id/programmes/latsar"
COURSE = "https://lms.elsewhere.example.go.id/course/view.php?id=12"
GREETS = f"{SERVICE}/greets"


def people(count: int) -> list[str]:
    """NIPs of people whom the personnel list has."""
    return [f"19900101201501{1 + n % 2}{n:03}" for n in range(1, count + 1)]


@pytest.fixture
def agency(cast: Cast) -> list[str]:
    numbers = people(12)
    rows = "".join(
        f"{each},Peserta {each[-3:]},Dinas / Bidang A,Analis,{BUDI},\n" for each in numbers
    )
    rows += f"{SARI},Sari Dewi,Dinas / Bidang A,Analis,,\n{BUDI},Budi,Dinas,Kepala,,\n"
    take(cast, HEADINGS + rows)
    programme = Programme(
        iri=SERVICE,
        title="Pelatihan Dasar CPNS Golongan III",
        jp=511,
        courses=frozenset([COURSE]),
        cohorts=(Cohort(name="Angkatan XII", starts=date(2026, 3, 2), ends=date(2026, 4, 12)),),
        behaviours=(Behaviour(iri=GREETS, text="Menyapa setiap pemohon"),),
    )
    digest = names.programme(cast.tenant.id, SERVICE)
    fact = Fact(register.PROGRAMME, digest, msgspec.to_builtins(programme))
    cast.database.write(lambda c: register.append(c, cast.tenant.id, [fact], "admin"))
    return numbers


def drop(cast: Cast, content: bytes, name: str, **reading: Any) -> Plan:
    """What the admin does: drop the file, look, and say yes."""
    sheet = imports.read(content, name)
    with cast.database.read() as connection:
        plan = imports.plan(connection, cast.tenant, sheet, Reading(today=TODAY, **reading), name)
    imports.enter(cast.database, cast.tenant, plan, by="admin", now=NOW, home_page="https://j.id")
    return plan


def rows(cast: Cast, table: str) -> list[dict[str, Any]]:
    with cast.database.read() as connection:
        here = tables.metadata.tables[table]
        return [dict(row) for row in connection.execute(here.select()).mappings()]


def graduates(numbers: list[str]) -> bytes:
    """The list of graduates: a cover sheet, a title over merged cells, days as days."""
    head = [
        ["DAFTAR LULUSAN PELATIHAN DASAR CPNS GOLONGAN III"],
        ["ANGKATAN XII TAHUN 2026"],
        [],
        [
            "No.",
            "NAMA PESERTA",
            "N I P",
            "Angkatan",
            "Tgl. Lulus",
            "Jml JP",
            "Predikat",
            "No. STTPL",
        ],
    ]
    found: list[list[Any]] = []
    for n, each in enumerate(numbers, 1):
        spaced = f"'{each[:8]} {each[8:14]} {each[14]} {each[15:]}"
        who = [n, f"Peserta {each[-3:]}, S.E.", spaced, "XII"]
        found.append([*who, date(2026, 4, 12), 511, "Sangat Memuaskan", f"0{n}/LATSAR/2026"])
    foot = [[], [None, None, None, None, "Kepala Badan,"], [None, None, None, None, "ttd."]]
    return xlsx({"Sampul": [["Laporan"]], "Lulusan": head + found + foot}, ["A1:H1", "A2:H2"])


def test_from_the_drawer_to_open_cases(cast: Cast, agency: list[str]) -> None:
    invited = xlsx({"Undangan": [["NIP", "Nama"], *[[each, "x"] for each in agency]]})
    drop(cast, invited, "undangan.xlsx", kind=INVITED, programme=SERVICE, on=date(2026, 2, 16))
    plan = drop(cast, graduates(agency[:10]), "lulusan.xlsx", programme=SERVICE)
    assert (plan.problems, plan.unknown, plan.new) == ([], [], 20)
    projector.catch_up(cast.database, cast.tenant, Adapters.installed())
    cases = rows(cast, "cases")
    assert len(cases) == 10
    assert {
        (case["cohort"], case["clock_day"], case["matched"], case["state"]) for case in cases
    } == {("Angkatan XII", days(date(2026, 4, 12)), 1, "open")}
    took_part = rows(cast, "participation")
    assert len(took_part) == 12
    recap = xlsx(
        {
            "Rekap": [
                ["REKAP BUKTI"],
                ["NIP", "Tanggal", "Kegiatan", "Perilaku", "NIP Atasan", "Jenis Bukti"],
                [agency[0], date(2026, 5, 4), "Apel", "Menyapa setiap pemohon", BUDI, "Observasi"],
            ]
        }
    )
    sheet = imports_evidence.read(recap, "rekap.xlsx")
    told = imports_evidence.Reading(today=TODAY, by="user:admin", programme=SERVICE)
    with cast.database.read() as connection:
        evidence = imports_evidence.plan(connection, cast.tenant, sheet, told, "rekap.xlsx")
    assert evidence.problems == []
    assert imports_evidence.enter(cast.database, cast.tenant, evidence, now=NOW) == 1
    projector.catch_up(cast.database, cast.tenant, Adapters.installed())
    (link,) = rows(cast, "links")
    assert link["behaviour"] == names.behaviour(cast.tenant.id, GREETS)


def test_a_report_of_the_training_is_evidence_of_its_case(cast: Cast, agency: list[str]) -> None:
    drop(
        cast,
        ods([["NIP", "Selesai"], [SARI, date(2026, 4, 12)]]),
        "lulusan.ods",
        programme=SERVICE,
    )
    with cast.database.read() as connection:
        report = imports_reports.propose(connection, cast.tenant, REPORT, "laporan.pdf")
    cast.database.write(
        lambda c: imports_reports.accept(
            c, cast.tenant, report, by="user:admin", now=NOW, programme=SERVICE
        )
    )
    projector.catch_up(cast.database, cast.tenant, Adapters.installed())
    (case,) = rows(cast, "cases")
    assert {link["case_id"] for link in rows(cast, "links")} == {case["id"]}


def test_what_came_by_spreadsheet_is_worked_out_anew_the_same(
    cast: Cast, agency: list[str]
) -> None:
    drop(cast, graduates(agency), "lulusan.xlsx", programme=SERVICE)
    projector.catch_up(cast.database, cast.tenant, Adapters.installed())
    before = (rows(cast, "cases"), rows(cast, "participation"))
    projector.replay(cast.database, cast.tenant, Adapters.installed())
    after = (rows(cast, "cases"), rows(cast, "participation"))
    for one, other in zip(before, after, strict=True):
        assert sorted(one, key=str) == sorted(other, key=str)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_does_not_count(
    cast: Cast, agency: list[str], chance: random.Random
) -> None:
    told = [
        {
            "NIP": each,
            "Pelatihan": f"Kursus {n % 3}",
            "Selesai": f"{n + 1}/3/2026",
            "JP": str(n + 1),
        }
        for n, each in enumerate(agency)
    ]
    headings = ["NIP", "Pelatihan", "Selesai", "JP"]
    chance.shuffle(told)
    chance.shuffle(headings)
    lines = [";".join(headings), *(";".join(row[each] for each in headings) for row in told)]
    with cast.database.read() as connection:
        sheet = imports.read("\n".join(lines).encode(), "a.csv")
        plan = imports.plan(connection, cast.tenant, sheet, Reading(today=TODAY), "a.csv")
    ids = {
        imported.statement_id(cast.tenant.id, imported.who(row.agent), act)
        for row in plan.rows
        for act in row.acts
    }
    expected = {
        imported.statement_id(
            cast.tenant.id,
            imported.who(imported.person_agent(known(cast, each)[0])),
            imported.Act(
                kind=COMPLETED,
                course=imported.course_iri(cast.tenant.id, f"Kursus {n % 3}"),
                on=date(2026, 3, n + 1),
            ),
        )
        for n, each in enumerate(agency)
    }
    assert ids == expected
    assert {uuid.UUID(each).version for each in ids} == {4}
