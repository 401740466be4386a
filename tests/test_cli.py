"""`jejak` as typed: what it says, and with which exit code it leaves."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lrs.cli.main import main


@pytest.fixture
def store(tmp_path: Path) -> dict[str, str | None]:
    """The environment of a store that is not there yet."""
    return {"JEJAK_DATA_DIR": str(tmp_path / "data"), "JEJAK_DATABASE_URL": None}


def jejak(environ: dict[str, str | None], *words: str) -> Result:
    return CliRunner(env=environ).invoke(main, words)


def test_a_new_store_gets_its_first_key_and_admin_once(store: dict[str, str | None]) -> None:
    first, second = jejak(store, "init"), jejak(store, "init")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "first key" in first.output
    assert "password" in first.output
    assert second.output == ""


def test_the_store_is_for_its_owner_alone(store: dict[str, str | None], tmp_path: Path) -> None:
    jejak(store, "init")
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_the_doctor_finds_a_good_store_well(store: dict[str, str | None]) -> None:
    jejak(store, "init")
    looked = jejak(store, "doctor")
    assert looked.exit_code == 0
    assert "BAD" not in looked.output


def test_the_doctor_says_what_to_do_about_a_store_without_tables(
    store: dict[str, str | None],
) -> None:
    looked = jejak(store, "doctor")
    assert looked.exit_code == 1
    assert "jejak migrate" in looked.output


def test_a_store_without_tables_is_not_served(store: dict[str, str | None]) -> None:
    refused = jejak(store, "serve")
    assert refused.exit_code == 1
    assert "jejak migrate" in refused.output


def test_a_command_on_a_store_without_tables_says_what_to_do_first(
    store: dict[str, str | None], tmp_path: Path
) -> None:
    for words in ("keys list", f"demo --people 20 --out {tmp_path / 'agency'} --fill"):
        refused = jejak(store, *words.split())
        assert refused.exit_code == 1
        assert refused.output.splitlines()[-1] == (
            "Error: The tables are not as they should be: the tables are not made yet;"
            " run `jejak migrate`."
        )


@pytest.mark.parametrize(
    ("words", "environ", "told"),
    [
        (["doctor"], {"JEJAK_PORT": "many"}, "JEJAK_PORT must be a whole number"),
        (["doctor"], {"JEJAK_PROT": "80"}, "JEJAK_PROT is no setting"),
        (["serve", "--port", "0"], {}, "JEJAK_PORT must be a whole number"),
        (["serve", "--workers", "2"], {}, "JEJAK_WORKERS must be 1"),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    store: dict[str, str | None], words: list[str], environ: dict[str, str], told: str
) -> None:
    jejak(store, "init")
    refused = jejak(store | environ, *words)
    assert refused.exit_code == 1
    assert told in refused.output
    assert len(refused.output.strip().splitlines()) == 1


def test_help_and_settings_need_no_store(store: dict[str, str | None], tmp_path: Path) -> None:
    for words in (["--help"], ["serve", "--help"], ["keys", "--help"], ["settings"], ["version"]):
        assert jejak(store, *words).exit_code == 0
    assert not (tmp_path / "data").exists()


def test_every_command_says_what_it_does() -> None:
    for name, command in main.commands.items():
        assert command.help, name
