"""Rounds by WhatsApp, on paper and by code; and what comes back from paper."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result

from lrs import channels, followup, spreadsheets
from lrs.casework import Upload
from lrs.cli.main import main
from lrs.practice import people
from lrs.settings import Settings
from lrs.store import accounts
from lrs.store.register import Fact
from lrs.web import mobile, sheets
from tests.agency import HEAD, IRI, OFFICE, Agency, asked
from tests.conftest import NOW, Cast

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


@pytest.fixture
def agency(cast: Cast, settings: Settings) -> Agency:
    return asked(cast, settings)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0812-3456-7890", "+6281234567890"),
        ("+62 812 3456 7890", "+6281234567890"),
        ("62812.3456.7890", "+6281234567890"),
        ("0062 81234567890", "+6281234567890"),
        ("+62 (0)812 3456 7890", "+6281234567890"),
        ("81234567890", "+6281234567890"),
        ("(021) 345-6789", "+62213456789"),
        ("+31 20 123 4567", "+31201234567"),
        ("12345", None),
        ("ext. 12", None),
        ("", None),
    ],
)
def test_a_number_is_understood_as_it_is_written_in_indonesia(
    written: str, meant: str | None
) -> None:
    assert channels.phone(written) == meant


def test_a_message_opens_on_the_admins_own_phone_with_name_and_link(agency: Agency) -> None:
    page = agency.page(agency.round_of("Rina Kepala"))
    told = agency.do(channels.message, page, agency.settings.public_url, "id", agency.now)
    assert told.address.startswith("https://wa.me/6281234567890?text=")
    assert unquote(told.address.partition("text=")[2]) == told.text
    assert "Yth. Rina Kepala" in told.text
    assert "Staf 01, Staf 02" in told.text
    assert re.search(r"https://lrs\.example\.go\.id/f/\S{43} ", told.text)


def test_who_has_no_number_gets_the_text_alone(agency: Agency) -> None:
    agency.enter(Fact(people.PERSON, HEAD, {"phone": None}))
    page = agency.page(agency.round_of("Rina Kepala"))
    told = agency.do(channels.message, page, agency.settings.public_url, "id", agency.now)
    assert (told.phone, told.address) == ("", "")
    assert "Rina" in told.text


def printed(agency: Agency) -> str:
    page = agency.page(agency.round_of("Rina Kepala"))
    url = agency.do(followup.link_to, page, agency.settings.public_url, agency.now)
    told = [{"page": page, "groups": sheets.groups(page), "url": url}]
    return mobile.paper("agency", told, "id")


def test_a_sheet_of_paper_has_the_code_of_its_page_and_one_for_each_row(agency: Agency) -> None:
    paper = printed(agency)
    assert "<svg" in paper
    assert "Staf 01" in paper
    assert "Hambatan" in paper
    for row in agency.ledger(role="superior"):
        assert row["id"].hex()[: channels.CODE] in paper


def table(agency: Agency, *rows: str, head: str = "kode;tanggal;1;2;contoh 1;hambatan") -> bytes:
    codes = sorted(row["id"].hex()[: channels.CODE] for row in agency.ledger(role="superior"))
    lines = [row.format(*codes) for row in rows]
    return "\n".join([head, *lines]).encode()


def keyed(agency: Agency, content: bytes, **more: object) -> channels.Keyed:
    sheet = spreadsheets.read(content, "kertas.csv")
    done: channels.Keyed = agency.do(
        channels.key, sheet, keyed_by="user:ani", now=agency.now, **more
    )
    return done


def test_paper_is_keyed_many_at_once_with_who_keyed_it_and_the_scan(agency: Agency) -> None:
    content = table(agency, "{0};10/05/2026;4;B;Surat 12 Mei;1 7", "{1};10/05/2026;2;3;;-")
    scan = Upload("kertas.pdf", "application/pdf", PDF)
    done = keyed(agency, content, scan=scan)
    assert (done.entered, done.before, done.problems) == (2, 0, [])
    answers = agency.rows("answers")
    assert {row["barriers"] for row in answers if row["form"] == "D"} == {"funds workload", ""}
    assert sorted(r["value"] for r in answers if r["value"] is not None) == [2, 3, 4]
    assert {row["state"] for row in agency.ledger(role="superior")} == {"answered"}
    assert len({row["evidence"] for row in agency.rows("links")}) == 2
    again = keyed(agency, content, scan=scan)
    assert (again.entered, again.before) == (0, 2)
    assert len(agency.rows("answers")) == len(answers)


def test_a_row_that_is_not_sound_is_told_and_the_others_are_entered(agency: Agency) -> None:
    content = table(
        agency,
        "{0};10/05/2026;4;B;;-",
        "{1};10/05/2026;2;3;;-",
        "ffffffffff;10/05/2026;2;3;;-",
        "{1};kemarin;2;3;;-",
    )
    done = keyed(agency, content)
    assert done.entered == 1
    assert [str(problem).partition(":")[0] for problem in done.problems] == [
        "row 2, contoh 1",
        "row 4, kode",
        "row 5, tanggal",
    ]


# Commands -----------------------------------------------------------------------------------


def jejak(agency: Agency, *words: str) -> Result:
    environ = {
        "JEJAK_DATABASE_URL": agency.settings.database_url,
        "JEJAK_PUBLIC_URL": agency.settings.public_url,
    }
    return CliRunner().invoke(main, [*words, "--tenant", "agency"], env=environ)


def test_the_admin_sees_what_would_be_asked_begins_and_stops(
    cast: Cast, settings: Settings
) -> None:
    agency = Agency(cast, settings)
    agency.setup(cohorts=())
    agency.complete(at=datetime.now(UTC))
    told = jejak(agency, "followup", "due", IRI)
    assert "3 letters. Nothing was entered." in told.output
    assert agency.ledger() == []
    told = jejak(agency, "followup", "invite", IRI)
    assert "4 due" in told.output
    assert "No mail goes out" in told.output
    told = jejak(agency, "followup", "owed", "--unit", OFFICE)
    assert "Rina Kepala" in told.output
    assert jejak(agency, "followup", "stop", IRI).exit_code == 0
    assert jejak(agency, "followup", "remind").exit_code == 0
    assert jejak(agency, "followup", "invite", "https://example.org/none").exit_code == 1


def test_peers_are_named_confirmed_and_drawn(cast: Cast, settings: Settings) -> None:
    agency = Agency(cast, settings)
    agency.setup(staff=4)
    agency.complete("Staf 01")
    [case] = [bytes(row["id"]).hex() for row in agency.rows()]
    second, third, fourth = (str(uuid.UUID(bytes=agency.staff[f"Staf {n:02}"])) for n in (2, 3, 4))

    def peers(*words: str) -> list[list[str]]:
        done = jejak(agency, "followup", "peers", case, *words)
        assert done.exit_code == 0, done.output
        return [line.split("  ") for line in done.output.splitlines()[1:]]

    assert peers() == []
    named = [["Staf 02", "not yet", "-"], ["Staf 03", "not yet", "-"]]
    told = peers("--name", second, "--name", third)
    assert [[cell.strip() for cell in row if cell][1:] for row in told] == named
    refused = jejak(agency, "followup", "peers", case, "--confirm", fourth)
    assert "Only who was named" in refused.output
    told = peers("--confirm", third)
    assert [row[0] for row in told if "yes" in " ".join(row).split()] == [third]
    agency.begin()
    agency.after(90)
    agency.plan()
    drawn = {row[0]: row[-1].strip() for row in peers()}
    assert (drawn[second], drawn[third]) == ("-", "due")
    assert all("no" in " ".join(row).split() for row in peers("--none"))
    assert "Not found" in jejak(agency, "followup", "peers", "0" * 32, "--none").output


def test_other_ways_and_rounds_by_name(cast: Cast, settings: Settings, tmp_path: Path) -> None:
    agency = Agency(cast, settings)
    agency.setup(cohorts=())
    agency.complete(at=datetime.now(UTC))
    jejak(agency, "followup", "invite", IRI)
    told = jejak(agency, "followup", "whatsapp", "--sent")
    assert told.output.count("https://wa.me/6281234567890") == 3
    assert {row["channel"] for row in agency.ledger()} == {"whatsapp"}
    listed = tmp_path / "unit.csv"
    told = jejak(agency, "followup", "list", OFFICE, "--out", str(listed), "--handed-over")
    assert "3 people" in told.output
    lines = listed.read_text(encoding="utf-8-sig").splitlines()
    assert lines[1].startswith(
        "Rina Kepala;Atasan langsung;2;+6281234567890;rina.kepala@example.go.id"
    )
    assert "https://lrs.example.go.id/f/" in lines[1]
    paper = tmp_path / "kertas.html"
    told = jejak(agency, "followup", "print", "--out", str(paper))
    assert "3 sheets" in told.output
    assert paper.read_text(encoding="utf-8").count("<svg") == 3
    round_ = agency.ledger(role="superior")[0]["round"].hex()[: channels.CODE]
    assert "1 links ended." in jejak(agency, "followup", "revoke", round_).output
    assert jejak(agency, "followup", "again", round_).exit_code == 0
    assert {row["state"] for row in agency.ledger(role="superior")} == {"due"}
    assert jejak(agency, "followup", "revoke", "zz").exit_code == 1
    poster = tmp_path / "poster.html"
    assert jejak(agency, "followup", "poster", OFFICE, "--out", str(poster)).exit_code == 0
    assert "<svg" in poster.read_text(encoding="utf-8")
    assert jejak(agency, "followup", "ask-unit", OFFICE).exit_code == 1  # it has no contact


def test_paper_is_keyed_by_command(cast: Cast, settings: Settings, tmp_path: Path) -> None:
    agency = Agency(cast, settings)
    agency.setup(cohorts=())
    agency.complete(at=datetime.now(UTC) - timedelta(days=91))
    agency.database.write(
        lambda c: accounts.create_user(c, agency.tenant, "ani", None, ["admin"], NOW)
    )
    jejak(agency, "followup", "invite", IRI)
    file = tmp_path / "kertas.csv"
    file.write_bytes(table(agency, "{0};;2;3;;-", "{1};;9;3;;-"))
    told = jejak(agency, "followup", "key", str(file), "--by", "ani", "--dry-run")
    assert "1 rows would be entered" in told.output
    told = jejak(agency, "followup", "key", str(file), "--by", "ani")
    assert told.exit_code == 1
    assert "1 rows entered, 0 were before." in told.output
    assert jejak(agency, "followup", "key", str(file), "--by", "nobody").exit_code == 1
