"""Every setting is documented, read somewhere, and refuses what it cannot be."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from lrs import settings
from lrs.settings import BadSetting, Settings

ROOT = Path(__file__).parents[2]


def test_page_is_printed_from_the_table() -> None:
    written = (ROOT / "docs" / "settings.md").read_text()
    assert written == settings.markdown(), "run: jejak settings --markdown > docs/settings.md"


@pytest.mark.parametrize("name", [line.name for line in fields(Settings)])
def test_every_setting_is_read_somewhere(name: str) -> None:
    code = [path for path in (ROOT / "lrs").rglob("*.py") if path.name != "settings.py"]
    reads = re.compile(rf"(settings|limits)\.{name}\b")
    own = re.compile(rf"self\.{name}\b")
    assert any(reads.search(path.read_text()) for path in code) or own.search(
        (ROOT / "lrs" / "settings.py").read_text()
    )


def test_an_unknown_variable_is_refused_by_name() -> None:
    with pytest.raises(BadSetting, match="JEJAK_BODY_LIMITS is no setting"):
        Settings.from_environ({"JEJAK_BODY_LIMITS": "1m"})


def test_variables_of_others_and_of_our_tests_are_left_alone() -> None:
    assert Settings.from_environ({"PATH": "x", "JEJAK_TEST_DATABASES": "sqlite"}) == Settings()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("JEJAK_PORT", "0"),
        ("JEJAK_PORT", "http"),
        ("JEJAK_PORT", "-1"),
        ("JEJAK_PORT", "٣٤"),
        ("JEJAK_PAGE_SIZE", "1_000"),
        ("JEJAK_PAGE_SIZE", "501"),
        ("JEJAK_BODY_LIMIT", "0"),
        ("JEJAK_BODY_LIMIT", "1 GB"),
        ("JEJAK_ASSUMED_VERSION", "1.0.2"),
        ("JEJAK_CORS_ORIGINS", "course.example.org"),
        ("JEJAK_PUBLIC_URL", "lrs.example.org"),
        ("JEJAK_LOG_FORMAT", "xml"),
        ("JEJAK_DATABASE_URL", "oracle://host/name"),
        ("JEJAK_DATABASE_URL", "sqlite://"),
        ("JEJAK_DATABASE_URL", "sqlite:///:memory:"),
        ("JEJAK_DATABASE_URL", "postgresql://host"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(BadSetting, match=variable):
        Settings.from_environ({variable: value})


def test_sizes_may_be_written_with_a_unit() -> None:
    assert Settings.from_environ({"JEJAK_BODY_LIMIT": "2M"}).body_limit == 2 * 1024 * 1024


def test_a_password_is_neither_listed_nor_repeated_in_a_refusal() -> None:
    good = Settings(database_url="postgresql://jejak:hunter2@db.example.org/jejak")
    assert not any("hunter2" in value for _, value, _, _ in good.lines())
    with pytest.raises(BadSetting) as refused:
        Settings.from_environ({"JEJAK_DATABASE_URL": "mssql://jejak:hunter2@db.example.org/jejak"})
    assert "hunter2" not in str(refused.value)


def test_the_store_follows_the_data_folder() -> None:
    assert Settings(data_dir="/srv/jejak").database_url == "sqlite:////srv/jejak/jejak.db"
