"""Units with their contacts, and who is whose superior where no list says so."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lrs import spreadsheets, units
from lrs.cli.main import main
from lrs.errors import Conflict, NotFound, Refused
from lrs.people import Outcome
from lrs.practice import names
from lrs.practice.cases import days
from lrs.practice.people import Units, superior_on
from lrs.store import register
from tests.conftest import Cast
from tests.test_people import ANI, BUDI, HEADINGS, SARI, TODAY, known, take

DAY = days(TODAY)
PLACE = "Dinas / Bidang A"
LIST = (
    HEADINGS
    + f"{SARI},Sari Dewi,{PLACE},Analis,,sari@example.org\n"
    + f"{BUDI},Budi,{PLACE},Kepala,,budi@example.org\n"
    + f"{ANI},Ani,Dinas,Kepala Dinas,,ani@example.org\n"
)


@pytest.fixture
def office(cast: Cast) -> Cast:
    """Three people in two units, none with a superior."""
    take(cast, LIST)
    return cast


def who(cast: Cast, number: str) -> bytes:
    return known(cast, number)[0]


def superior(cast: Cast, number: str, day: int = DAY) -> tuple[bytes | None, str | None]:
    me, person = known(cast, number)
    with cast.database.read() as connection:
        every = Units(register.units(connection, cast.tenant.id))
    return superior_on(person, every, day, me)


def set_unit(cast: Cast, path: str, **told: bytes) -> None:
    cast.database.write(
        lambda c: units.set_facts(c, cast.tenant.id, path, "admin", **told)  # type: ignore[arg-type]
    )


def name(cast: Cast, person: str, boss: str, day: int = DAY) -> None:
    one, other = who(cast, person), who(cast, boss)
    cast.database.write(
        lambda c: units.name_superior(c, cast.tenant.id, one, other, "Sari herself", day=day)
    )


def decide(cast: Cast, person: str, agreed: bool) -> None:
    one = who(cast, person)
    cast.database.write(
        lambda c: units.agree_superior(c, cast.tenant.id, one, "contact", agreed=agreed)
    )


def waiting(cast: Cast) -> list[units.Named]:
    with cast.database.read() as connection:
        return units.named(connection, cast.tenant.id)


def test_the_default_superior_of_a_unit_is_that_of_who_has_none_and_the_head_has_the_next_above(
    office: Cast,
) -> None:
    assert superior(office, SARI) == (None, None)
    set_unit(office, PLACE, superior=who(office, BUDI))
    set_unit(office, "dinas", superior=who(office, ANI))
    assert superior(office, SARI) == (who(office, BUDI), "default")
    assert superior(office, BUDI) == (who(office, ANI), "default")
    assert superior(office, ANI) == (None, None), "nobody is their own superior"


def test_what_a_list_says_stands_above_the_default(office: Cast) -> None:
    set_unit(office, PLACE, superior=who(office, BUDI))
    take(office, f"nip,nama,nip_atasan\n{SARI},Sari Dewi,{ANI}\n")
    assert superior(office, SARI) == (who(office, ANI), "confirmed")
    assert superior(office, SARI, DAY - 1) == (who(office, BUDI), "default"), "before it was said"


def test_a_superior_named_by_the_alumni_is_unconfirmed_until_the_unit_agrees(office: Cast) -> None:
    set_unit(office, "Dinas", contact=who(office, ANI))
    name(office, SARI, BUDI)
    assert superior(office, SARI) == (who(office, BUDI), "unconfirmed")
    (one,) = waiting(office)
    assert (one.name, one.superior_name, one.contact) == ("Sari Dewi", "Budi", who(office, ANI))
    decide(office, SARI, agreed=True)
    assert superior(office, SARI) == (who(office, BUDI), "confirmed")
    assert waiting(office) == []
    _, sari = known(office, SARI)
    assert [(post.title, post.ended) for post in sari.posts] == [("Analis", None)]


def test_a_superior_who_is_refused_is_forgotten(office: Cast) -> None:
    name(office, SARI, BUDI)
    decide(office, SARI, agreed=False)
    assert (superior(office, SARI), waiting(office)) == ((None, None), [])
    with pytest.raises(NotFound):
        decide(office, SARI, agreed=True)


def test_whom_the_alumni_name_never_stands_above_a_list_before_the_unit_agrees(
    office: Cast,
) -> None:
    take(office, f"nip,nama,nip_atasan\n{SARI},Sari Dewi,{ANI}\n")
    name(office, SARI, BUDI, DAY + 10)
    assert superior(office, SARI, DAY + 20) == (who(office, ANI), "confirmed")
    assert waiting(office)[0].instead == who(office, ANI)
    decide(office, SARI, agreed=True)
    assert superior(office, SARI, DAY + 9) == (who(office, ANI), "confirmed")
    assert superior(office, SARI, DAY + 10) == (who(office, BUDI), "confirmed")


def test_a_list_that_says_the_same_settles_what_the_alumni_said(office: Cast) -> None:
    name(office, SARI, BUDI)
    take(office, f"nip,nama,nip_atasan\n{SARI},Sari Dewi,{BUDI}\n")
    assert waiting(office) == []


def test_nobody_names_themselves_or_somebody_unknown(office: Cast) -> None:
    with pytest.raises(Conflict, match="own superior"):
        name(office, SARI, SARI)
    sari = who(office, SARI)
    with pytest.raises(NotFound):
        office.database.write(
            lambda c: units.name_superior(c, office.tenant.id, sari, b"x" * 16, "x", day=DAY)
        )


def test_what_is_named_and_agreed_is_there_again_when_the_register_is_rebuilt(
    office: Cast,
) -> None:
    name(office, SARI, BUDI)
    office.database.write(lambda c: register.rebuild(c, office.tenant.id))
    assert superior(office, SARI) == (who(office, BUDI), "unconfirmed")


# Lists of units ---------------------------------------------------------------------------------


def bring(cast: Cast, text: str) -> Outcome:
    sheet = spreadsheets.read(text.encode(), "units.csv")

    def enter(connection: object) -> Outcome:
        outcome = units.import_units(connection, cast.tenant, sheet, {})  # type: ignore[arg-type]
        register.append(connection, cast.tenant.id, outcome.facts, "admin")  # type: ignore[arg-type]
        return outcome

    return cast.database.write(enter)


def test_a_list_of_units_brings_contacts_and_default_superiors_once(office: Cast) -> None:
    text = f"unit,nip kontak,email kontak,nip atasan\nDINAS/Bidang A,{SARI},,{BUDI}\n"
    text += "Dinas,,ani@example.org,\nKantor,,,\n"
    done = bring(office, text)
    assert (done.new, done.changed, done.unchanged, done.problems) == (1, 2, 0, [])
    assert bring(office, text).facts == []
    with office.database.read() as connection:
        every = {each.path: each for each in units.listed(connection, office.tenant.id)}
    assert set(every) == {PLACE, "Dinas", "Kantor"}
    assert (every[PLACE].contact_name, every[PLACE].superior_name) == ("Sari Dewi", "Budi")
    assert every["Dinas"].contact_name == "Ani"


def test_a_row_whose_contact_nobody_knows_is_told_and_left_out(office: Cast) -> None:
    text = f"unit,nip kontak,nip atasan\n{PLACE},199901012020011001,\nDinas,,{ANI}\n,{SARI},\n"
    done = bring(office, text)
    assert [problem.path for problem in done.problems] == ["row 2, nip kontak", "row 4, unit"]
    assert done.changed == 1
    with pytest.raises(Refused, match="needs a column for the unit"):
        bring(office, "unit,nama\nDinas,Ani\n")


@pytest.fixture
def jejak(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)
    return lambda *words: CliRunner().invoke(main, [*words, "--tenant", "agency"])


def test_on_the_command_line(office: Cast, jejak: Callable[..., Result], tmp_path: Path) -> None:
    assert jejak("units", "set", PLACE, "--contact", BUDI, "--superior", BUDI).exit_code == 0
    assert "Give --contact" in jejak("units", "set", PLACE).output
    listed = jejak("units", "list").output.splitlines()
    assert listed[-1].split()[-2:] == ["Budi", "Budi"]
    file = tmp_path / "units.csv"
    file.write_text(f"unit,nip atasan\n{PLACE},{ANI}\n")
    assert (
        "It would be: 0 new, 1 changed" in jejak("units", "import", str(file), "--dry-run").output
    )
    assert "Entered: 0 new, 1 changed" in jejak("units", "import", str(file)).output
    assert superior(office, SARI) == (who(office, ANI), "default")

    assert "Name a superior" in jejak("people", "superior", SARI).output
    assert "a person '12'" in jejak("people", "superior", SARI, "12").output
    assert jejak("people", "superior", SARI, BUDI, "--said").output == "Entered.\n"
    assert "Sari Dewi" in jejak("people", "superiors").output
    assert jejak("people", "superior", SARI, "--agree").output == "Entered.\n"
    assert jejak("people", "superior", BUDI, ANI, "--since", "2026-02-01").output == "Entered.\n"
    assert jejak("people", "assign", SARI, ANI, "--since", "2026-02-01").output == "Entered.\n"
    assert jejak("people", "assign", SARI, SARI).exit_code == 1
    assert "a person '12'" in jejak("people", "assign", SARI, "12").output
    assert superior(office, BUDI, days(date(2026, 2, 1))) == (who(office, ANI), "confirmed")
    assert jejak("units", "set", PLACE, "--no-superior").output == "Entered.\n"
    unit = names.unit(office.tenant.id, PLACE)
    with office.database.read() as connection:
        assert "superior" not in register.units(connection, office.tenant.id)[unit][1]
