"""What people may ask of their data, at the command line."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lrs.cli.main import main
from tests.agency import Agency, graduated
from tests.conftest import Cast

WHO = "Staf 01"
STAFF = str(uuid.UUID(int=1, version=4))


@pytest.fixture
def agency(cast: Cast) -> Agency:
    return graduated(cast)


def jejak(agency: Agency, *given: str, typed: str = "") -> Result:
    there = agency.database.url
    there = there.set(drivername=there.get_backend_name())  # as settings have it, without a driver
    url = there.render_as_string(hide_password=False)
    command = ["people", *given, "--tenant", agency.tenant.name]
    env: dict[str, Any] = {"JEJAK_DATABASE_URL": url}
    return CliRunner().invoke(main, command, env=env, input=typed, catch_exceptions=False)


def test_from_the_request_to_the_receipt(agency: Agency) -> None:
    told = jejak(agency, "ask", STAFF, "erasure", "--note", "Lewat surat.")
    request = told.output.partition("Recorded as ")[2][:36]
    assert jejak(agency, "requests", "--open").exit_code == 0
    told = jejak(agency, "erase", STAFF)
    assert "Nothing was erased" in told.output
    given = ("erase", STAFF, "--reason", "Diminta sendiri.", "--request", request)
    assert jejak(agency, *given, typed="Staf 99\n").exit_code == 1
    done = jejak(agency, *given, typed=f"{WHO}\n")
    assert "The receipt has the number" in done.output
    assert WHO not in jejak(agency, "find", "staf").output
    assert "Diminta sendiri." in jejak(agency, "receipts").output
    assert "done" in jejak(agency, "requests").output


def test_a_list_brings_back_who_was_erased_only_where_that_is_said(
    agency: Agency, tmp_path: Path
) -> None:
    agency.enter_number(agency.staff[WHO], "199001012015011001")
    jejak(agency, "erase", STAFF, "--reason", "Diminta sendiri.", "--confirm", WHO)
    there = tmp_path / "pegawai.csv"
    there.write_text(f"nip,nama\n199001012015011001,{WHO}\n")
    told = jejak(agency, "import", str(there))
    assert told.exit_code == 1
    assert f"{WHO} was erased" in told.output
    assert "--erased-too takes them in" in told.output
    done = jejak(agency, "import", str(there), "--erased-too")
    assert (done.exit_code, "Entered: 1 new" in done.output) == (0, True)
    assert "--erased-too" not in done.output


def test_to_put_right_and_to_restrict(agency: Agency) -> None:
    assert jejak(agency, "rectify", STAFF).exit_code == 2
    done = jejak(agency, "rectify", STAFF, "--name", "Siti Rahma", "--since", "2026-03-01")
    assert "Put right: name" in done.output
    assert "Siti Rahma" in jejak(agency, "find", "siti").output
    done = jejak(agency, "restrict", STAFF, "--why", "Sengketa.")
    assert "kept, and not worked with" in done.output
    done = jejak(agency, "restrict", STAFF, "--why", "Selesai.", "--lift")
    assert "worked with again" in done.output


def test_a_refusal_is_recorded_with_its_reason(agency: Agency) -> None:
    request = jejak(agency, "ask", STAFF, "copy").output.partition("Recorded as ")[2][:36]
    assert jejak(agency, "settle", request, "--refuse").exit_code == 1
    assert (
        jejak(agency, "settle", request, "--refuse", "--reason", "Sudah diberikan.").exit_code == 0
    )
    assert "refused" in jejak(agency, "requests").output


def test_to_say_whose_a_mailbox_is_and_is_not(agency: Agency) -> None:
    mail = ("--mail", "rumah@example.org")
    assert "Give either" in jejak(agency, "confirm", STAFF).output
    for word, said, held in (
        ("confirm", f"It means {STAFF} from now on.", True),
        ("refuse", f"It no longer means {STAFF}", False),
    ):
        assert said in jejak(agency, word, STAFF, *mail).output
        known = {
            bytes(row["text"]).decode(): row["state"] == "confirmed"
            for row in agency.rows("identifiers")
        }
        assert known["mailto:rumah@example.org"] is held
