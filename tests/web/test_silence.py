"""A source that has fallen silent is told of, after as many days as its admin says."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner

from lrs.cli.main import main
from lrs.store import accounts
from tests.conftest import NOW, Cast
from tests.web.conftest import Browser, Clock

SignedIn = Callable[..., Browser]


def test_the_alarm_is_raised_after_the_days_that_the_source_says(
    cast: Cast, admin: Browser, clock: Clock
) -> None:
    cast.database.write(lambda c: accounts.note_seen(c, cast.source.id, NOW))
    clock.on(days=4)
    admin.sign_in("admin")
    assert "Silent" in admin.get("/sources").text
    assert "after 3 days" in admin.page.text
    admin.get(f"/sources/{cast.source.name}")
    assert admin.page.form("/silence").fields["silent"] == "3"
    admin.send("/silence", silent="10")
    assert "after 10 days" in admin.get("/sources").text
    assert "Silent:" in admin.page.text  # the legend alone
    assert admin.page.text.count("Silent") == 1
    clock.on(days=8)
    admin.sign_in("admin")
    assert "Silent" in admin.get("/service").text
    admin.get(f"/sources/{cast.source.name}")
    admin.send("/silence", silent="0")
    assert "never" in admin.get("/sources").text
    assert admin.page.text.count("Silent") == 1


def test_the_service_itself_is_no_sender_that_nobody_ever_saw(cast: Cast, admin: Browser) -> None:
    cast.database.write(lambda c: accounts.service_source(c, cast.tenant, NOW))
    shown = admin.get("/sources").text
    assert "jejak ● This service itself" in shown
    assert shown.count("Never seen") == 1  # the LMS


def test_what_is_no_number_of_days_is_told_at_its_field(cast: Cast, admin: Browser) -> None:
    for wrong in ("", "-1", "366", "soon"):
        admin.get(f"/sources/{cast.source.name}")
        told = admin.send("/silence", silent=wrong)
        assert told.status == 400
        assert "Give a number of days from 0 (never) to 365." in told.text


def test_the_command_line_says_the_same(
    cast: Cast, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)
    name = ["sources", "set", cast.source.name, "--tenant", "agency"]
    told = CliRunner().invoke(main, [*name, "--silent-after", "7"])
    assert "7" in told.output, told.output
    nothing = CliRunner().invoke(main, name)
    assert nothing.exit_code == 2
    with cast.database.read() as connection:
        source = accounts.source(connection, cast.tenant, cast.source.name)
    assert source.silent_after == 7
    assert source.state(NOW) == "never"
    cast.database.write(lambda c: accounts.note_seen(c, cast.source.id, NOW))
    with cast.database.read() as connection:
        source = accounts.source(connection, cast.tenant, cast.source.name)
    assert source.state(NOW + timedelta(days=7)) == "sends"
    assert source.state(NOW + timedelta(days=7, seconds=1)) == "silent"
