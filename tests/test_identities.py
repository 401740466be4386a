"""Who is who, as the register and the records have it, and what a human decides of it."""

from collections.abc import Callable
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from lrs import identities, people
from lrs.cli.main import main
from lrs.errors import Conflict, NotFound
from tests import make
from tests.conftest import Cast
from tests.test_people import (
    HEADINGS,
    SARI,
    SARI_ROW,
    cases,
    completed,
    known,
    take,
)

PPPK = "199001012022211001"
HIRED = f"{PPPK},Sari Dewi,Dinas / Bidang B,Analis,,\n"
LMS = "https://lms.example.go.id"


@pytest.fixture
def jejak(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)
    return lambda *words: CliRunner().invoke(main, [*words, "--tenant", "agency"])


def person(cast: Cast, kind: str, number: str) -> bytes:
    with cast.database.read() as connection:
        every = identities.whole(connection, cast.tenant.id)
    (found,) = (each.id for each in every.people.values() if (kind, number) in each.numbers())
    return found


def found(cast: Cast) -> list[identities.Unknown]:
    cases(cast)
    with cast.database.read() as connection:
        return identities.unknown(connection, cast.tenant.id)


def test_an_address_written_otherwise_is_proposed_confirmed_in_bulk_and_its_case_follows(
    cast: Cast, jejak: Callable[..., Result]
) -> None:
    take(cast, HEADINGS + SARI_ROW)
    completed(cast, {"mbox": "mailto:Sari@Example.org"})
    (one,) = found(cast)
    assert one.sure is not None
    assert "case aside" in jejak("people", "unknown").output
    assert "Confirmed 1." in jejak("people", "unknown", "--confirm").output
    assert cases(cast) == [(known(cast, SARI)[0], 1)]


def test_a_refused_proposal_is_not_made_again(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW)
    sari, _ = known(cast, SARI)
    completed(cast, make.account(SARI, LMS))
    assert found(cast)[0].candidates
    cast.database.write(
        lambda c: people.refuse(c, cast.tenant.id, sari, ("account", f"{LMS}\n{SARI}"), "admin")
    )
    assert found(cast)[0].candidates == ()


def test_who_is_there_twice_is_proposed_once_and_merged_or_kept_apart(
    cast: Cast, jejak: Callable[..., Result]
) -> None:
    take(cast, HEADINGS + SARI_ROW + HIRED)
    sari, again = person(cast, "nip", SARI), person(cast, "ni_pppk", PPPK)
    assert "birth date and sex in the number" in jejak("people", "doubles").output

    cast.database.write(lambda c: people.merge(c, cast.tenant.id, again, sari, "admin"))
    with cast.database.read() as connection:
        assert identities.doubles(connection, cast.tenant.id) == []
        assert len(identities.whole(connection, cast.tenant.id).people) == 1
    with pytest.raises(Conflict, match="one person"):
        cast.database.write(
            lambda c: identities.part_for_good(c, cast.tenant.id, sari, again, "admin")
        )
    cast.database.write(lambda c: people.part(c, cast.tenant.id, again, "admin"))
    with cast.database.read() as connection:
        (pair,) = identities.doubles(connection, cast.tenant.id)
    ids = [str(UUID(bytes=each)) for each in (pair.one, pair.other)]
    assert "not be proposed" in jejak("people", "distinct", *ids).output
    with cast.database.read() as connection:
        assert identities.doubles(connection, cast.tenant.id) == []
    with pytest.raises(NotFound):
        cast.database.write(
            lambda c: identities.part_for_good(c, cast.tenant.id, sari, b"?" * 16, "admin")
        )


def test_contradictions_are_listed_and_the_exit_code_tells(
    cast: Cast, jejak: Callable[..., Result]
) -> None:
    take(cast, HEADINGS + SARI_ROW)
    said = jejak("people", "conflicts")
    assert (said.exit_code, said.output) == (0, "The register does not contradict itself.\n")
    take(cast, HEADINGS + "198502022010012002,Budi,,,,\n")
    budi = person(cast, "nip", "198502022010012002")
    account = ("account", f"{LMS}\n{SARI}")
    cast.database.write(lambda c: people.confirm(c, cast.tenant.id, budi, account, "admin"))
    said = jejak("people", "conflicts")
    assert said.exit_code == 1
    assert said.output.startswith(f"an account named by the number of somebody else: {LMS} {SARI}")
