"""What citizens said of a unit's service is told where the unit is kept, and counted beneath it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner

from lrs import casework, projector, reporting
from lrs.adapters import Adapters
from lrs.cli.main import main
from lrs.errors import NotFound
from lrs.practice.records import Citizen
from tests.api.test_permissions import PREFIX
from tests.conftest import NOW, Cast, Client
from tests.practice_rows import Agency
from tests.web.conftest import Browser


@pytest.fixture
def office(cast: Cast) -> Agency:
    made = Agency(cast.database, cast.tenant.id)
    counter, back = made.unit("Dinas A / Loket"), made.unit("Dinas B")
    made.unit("Dinas A")

    def say(unit: bytes, value: int, day: date, text: str = "") -> None:
        told = Citizen(unit=unit.hex(), value=value, said_on=day, text=text)
        cast.database.write(lambda c: casework.tell(c, cast.tenant, told, now=NOW))

    for value in (4, 3, 1):
        say(counter, value, date(2026, 1, 20))
    say(counter, 2, date(2026, 2, 3), "Antrean <b>panjang</b>")
    say(counter, 4, date(2025, 12, 30))
    say(back, 0, date(2026, 1, 20), "Tutup")
    projector.catch_up(cast.database, cast.tenant, Adapters.installed())
    return made


def test_it_stands_on_the_page_of_the_unit_and_of_those_above(
    office: Agency, admin: Browser, signed_in: Callable[..., Browser]
) -> None:
    for path in ("Dinas A / Loket", "Dinas A"):
        page = admin.get(f"/units/{office.unit(path).hex()}")
        rows = " ".join(page.text.split())
        assert "2026-Q1 4 2.5 2" in rows
        assert "2025-Q4 1 4 1" in rows
        assert "Antrean <b>panjang</b>" in page.text
        assert "<b>panjang" not in page.html
        assert "Tutup" not in page.text
    assert "What citizens said" not in admin.get(f"/units/{office.unit('Dinas C').hex()}").text
    assert signed_in("reviewer").get(f"/units/{office.unit('Dinas A').hex()}").status == 403


def test_what_is_published_tells_of_no_quarter_with_few_answers(
    office: Agency, cast: Cast, client: Client
) -> None:
    unit = office.unit("Dinas A")

    def told(**more: Any) -> list[str]:
        with cast.database.read() as connection:
            found = reporting.service(connection, cast.tenant.id, unit, **more)
        return [each.period for each in found]

    assert told() == ["2026-Q1", "2025-Q4"]
    assert told(published=True) == []
    client.usual["Authorization"] = cast.key("practice/read")
    items = client.get(f"{PREFIX}/units/{unit.hex()}/service").get_json()["items"]
    assert items[0] == {"period": "2026-Q1", "answers": 4, "mean": 2.5, "good": 2}
    assert client.get(f"{PREFIX}/units/{'0' * 32}/service").status_code == 404
    with cast.database.read() as connection, pytest.raises(NotFound):
        reporting.service(connection, cast.tenant.id, bytes(16))


def test_it_is_told_at_the_command_line(office: Agency, database_url: str) -> None:
    words = ["figures", "service", "Dinas A", "--tenant", "agency"]
    done = CliRunner().invoke(main, words, env={"JEJAK_DATABASE_URL": database_url})
    assert done.exit_code == 0, done.output
    assert [line.split() for line in done.output.splitlines()[1:]] == [
        ["2026-Q1", "4", "2.5", "2"],
        ["2025-Q4", "1", "4.0", "1"],
    ]
