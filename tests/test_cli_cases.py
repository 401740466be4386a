"""`jejak cases`, `links`, `evidence`: what an operator sees and does without a browser."""

import uuid
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lrs import reasons
from lrs.cli.main import main
from lrs.practice.records import Meeting
from lrs.reasons import Reason
from lrs.settings import Settings
from lrs.store import cases as lists
from lrs.store import practice
from tests.agency import HEAD, graduated
from tests.conftest import Cast
from tests.practice_rows import LISTENS, SERVICE, Agency

Jejak = Callable[..., str]


@pytest.fixture
def agency(cast: Cast) -> Agency:
    return Agency(cast.database, cast.tenant.id)


@pytest.fixture
def jejak(cast: Cast, database_url: str) -> Jejak:
    def ask(*words: str, fails: bool = False) -> str:
        environ = {"JEJAK_DATABASE_URL": database_url}
        done = CliRunner().invoke(main, [*words, "--tenant", "agency"], env=environ)
        assert (done.exit_code != 0) == fails, done.output
        return done.output

    return ask


def test_cases_are_listed_narrowed_and_shown(agency: Agency, jejak: Jejak) -> None:
    programme, unit = agency.programme(), agency.unit("Dinas A")
    sari = agency.person("Sari Dewi", unit=unit)
    case = agency.case(sari, programme, cohort="Angkatan I", unit=unit)
    agency.link(case, sari, behaviour=LISTENS)
    agency.case(None)
    assert len(jejak("cases", "list").splitlines()) == 3
    [line] = jejak("cases", "list", "--programme", SERVICE.iri, "--unit", "dinas a").splitlines()[
        1:
    ]
    assert case.hex() in line
    assert "not known" in line
    shown = jejak("cases", "show", case.hex())
    assert "Sari Dewi" in shown
    assert "Mendengarkan" in shown
    assert "Not found" in jejak("cases", "show", "0" * 32, fails=True)
    assert "32 hexadecimal" in jejak("cases", "show", "7", fails=True)


def test_who_took_part_is_listed_also_who_never_completed(agency: Agency, jejak: Jejak) -> None:
    programme, unit = agency.programme(), agency.unit("Dinas A")
    sari, budi = agency.person("Sari Dewi", unit=unit), agency.person("Budi")
    agency.attended(sari, programme, cohort="Angkatan I", unit=unit)
    agency.attended(budi, programme, completed=False)
    agency.attended(None)
    told = ("programmes", "participation")
    assert len(jejak(*told).splitlines()) == 4
    [line] = jejak(*told, SERVICE.iri, "--cohort", "Angkatan I").splitlines()[1:]
    assert "Sari Dewi" in line
    assert line.count("20") >= 2  # the days of enrolment and completion
    [line] = jejak(*told, SERVICE.iri, "--not-completed").splitlines()[1:]
    assert "Budi" in line
    assert jejak(*told, "--person", str(uuid.UUID(bytes=sari))).count("Sari Dewi") == 1
    assert "more than 1" in jejak(*told, "--limit", "1")


def test_links_are_taken_decided_and_told_why_not(agency: Agency, jejak: Jejak) -> None:
    sari = agency.person("Sari")
    case = agency.case(sari, agency.programme())
    links = [agency.link(case, sari).hex() for _ in range(3)]
    assert len(jejak("links", "list").splitlines()) == 4
    assert len(jejak("links", "list", "--limit", "2").splitlines()) == 3
    assert "signals" in jejak("links", "show", links[0])
    assert len(jejak("links", "take", *links).splitlines()) == 3
    said = jejak("links", "take", links[0], fails=True)
    assert "cannot take the move" in said
    jejak("links", "release", links[2])
    decided = ("--reason", "Nothing of it shows", "--rests-on", "page 1")
    jejak("links", "reject", links[0], *decided)
    jejak("links", "return", links[1], *decided)
    assert "Missing option '--reason'" in jejak("links", "accept", links[2], fails=True)


def test_usual_reasons_are_listed_also_to_withdraw(
    cast: Cast, agency: Agency, jejak: Jejak
) -> None:
    told = jejak("links", "reasons", "--language", "en")
    assert "accept    The work shows this behaviour." in told
    assert "withdraw  It was accepted by mistake." in told
    assert "withdraw" in jejak("links", "reasons")
    assert "by mistake" not in jejak("links", "reasons")
    own = [Reason(move, f"Alasan {move}") for move in reasons.MOVES]
    cast.database.write(lambda c: reasons.enter(c, cast.tenant.id, own, "admin"))
    told = jejak("links", "reasons", "--language", "en")
    assert "Alasan accept" in told
    assert "The work shows" not in told
    assert "by mistake" in told


def test_the_learner_does_not_review_herself(agency: Agency, jejak: Jejak) -> None:
    sari = agency.person("Sari")
    link = agency.link(agency.case(sari), sari).hex()
    by = str(uuid.UUID(bytes=sari))
    assert "Nobody reviews" in jejak("links", "take", link, "--by", by, fails=True)


def test_evidence_is_handed_in_with_a_file_listed_and_taken_back(
    cast: Cast, agency: Agency, jejak: Jejak, tmp_path: Path
) -> None:
    sari = agency.person("Sari")
    case = agency.case(sari, agency.programme())
    report = tmp_path / "laporan.pdf"
    report.write_bytes(b"%PDF-1.7\n%%EOF")
    person = str(uuid.UUID(bytes=sari))
    given = ("--title", "Laporan", "--case", case.hex(), "--file", str(report))
    statement = jejak("evidence", "hand-in", person, *given).strip().replace("-", "")
    with cast.database.read() as connection:
        held = lists.record(connection, cast.tenant.id, bytes.fromhex(statement))
        assert held is not None
        assert practice.state(connection, cast.tenant.id) is None
    agency.event(sari, kind="handed_in", text="Laporan antrean")
    assert "Laporan antrean" in jejak("evidence", "list", "--person", person)
    assert jejak("evidence", "list", "--kind", "rated").splitlines()[1:] == []
    program = tmp_path / "a.exe"
    program.write_bytes(b"MZ")
    bad = ("--title", "x", "--file", str(program))
    assert "not taken" in jejak("evidence", "hand-in", person, *bad, fails=True)
    jejak("evidence", "take-back", statement, "--why", "By mistake")
    assert "Not found" in jejak("evidence", "take-back", statement, "--why", "x", fails=True)


def test_a_link_is_made_by_hand_only_of_one_person(agency: Agency, jejak: Jejak) -> None:
    sari = agency.person("Sari")
    case, evidence = agency.case(sari, agency.programme()), agency.event(sari)
    of_another = agency.event(agency.person("Budi"))
    why = ("--reason", "She told of it", "--behaviour", LISTENS)
    made = jejak("links", "propose", case.hex(), evidence.hex(), *why).strip()
    assert len(made) == 32
    refused = jejak("links", "propose", case.hex(), of_another.hex(), *why, fails=True)
    assert "no evidence of this person" in refused


def test_the_observation_of_a_case_ends_with_a_reason_and_is_resumed(
    cast: Cast, settings: Settings
) -> None:
    agency = graduated(cast, settings)
    case, other = (bytes(row["id"]) for row in agency.rows())

    def ends() -> dict[bytes, str | None]:
        agency.catch_up()
        return {bytes(row["id"]): row["ended"] for row in agency.rows()}

    def jejak(*words: str) -> Result:
        environ = {"JEJAK_DATABASE_URL": agency.settings.database_url}
        return CliRunner().invoke(main, [*words, "--tenant", "agency"], env=environ)

    end = ("cases", "end", case.hex(), "--on", "2026-03-31")
    assert "Missing option '--why'" in jejak(*end).output
    assert "Say in a sentence" in jejak(*end, "--why", "other").output
    assert ends() == {case: None, other: None}
    assert jejak(*end, "--why", "promoted", "--note", "Kepala seksi").exit_code == 0
    assert ends() == {case: "promoted", other: None}
    shown = jejak("cases", "show", case.hex()).output
    assert "2026-03-31  promoted  Kepala seksi" in shown
    why = ("--why", "Tugasnya tetap.")
    assert "1 taken back." in jejak("cases", "resume", case.hex(), *why).output
    assert ends() == {case: None, other: None}
    assert "Nobody ended" in jejak("cases", "resume", case.hex(), *why).output
    assert "Not found" in jejak("cases", "resume", "0" * 32, *why).output


def test_one_note_of_a_meeting_is_of_many(cast: Cast, settings: Settings) -> None:
    agency = graduated(cast, settings)
    agency.enter_number(agency.staff["Staf 02"], "199001012015011001")
    first = str(uuid.UUID(bytes=agency.staff["Staf 01"]))
    environ = {"JEJAK_DATABASE_URL": agency.settings.database_url}

    def meeting(*words: str) -> Result:
        told = ("evidence", "meeting", first, "199001012015011001", *words)
        return CliRunner().invoke(main, [*told, "--tenant", "agency"], env=environ)

    done = meeting("--text", "Antrean ditata.", "--on", "2026-03-31", "--copied", first)
    assert done.exit_code == 0, done.output
    agency.catch_up()
    with cast.database.read() as connection:
        held = lists.record(connection, cast.tenant.id, uuid.UUID(done.output.strip()).bytes)
    assert isinstance(held, Meeting)
    assert (len(held.people), held.copied, held.role) == (2, (first,), "admin")
    assert held.held_on == date(2026, 3, 31)
    head = str(uuid.UUID(bytes=HEAD))
    assert "one of those looked at" in meeting("--text", "x", "--copied", head).output
