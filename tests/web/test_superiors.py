"""The training admin says by page who is whose superior, and agrees to whom alumni named."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from lrs import people as register_of_people
from lrs import spreadsheets, units
from lrs.people import Reading
from lrs.practice.cases import days
from lrs.store import accounts, audit, invitations, register
from tests.conftest import NOW, Cast
from tests.web.conftest import Browser, links

LIST = """nip,nama,unit kerja,jabatan
197001011990011001,Budi Kepala,Dinas A,Kepala
199003042015042002,Siti Rahma,Dinas A,Analis
198502022010022003,Ani Rekan,Dinas A,Analis
"""


@pytest.fixture
def office(cast: Cast) -> Cast:
    """Three people of one unit, of whom no list says who is whose superior."""
    enter_list(cast)
    return cast


def enter_list(cast: Cast) -> None:
    sheet = spreadsheets.read(LIST.encode(), "pegawai.csv")

    def enter(connection: Any) -> None:
        reading = Reading(today=NOW.date())
        done = register_of_people.import_people(connection, cast.tenant.id, sheet, reading)
        register.append(connection, cast.tenant.id, done.facts, "a test")

    cast.database.write(enter)


def siti(admin: Browser) -> str:
    (way,) = links(admin.get("/people?name=siti").html, r"^/people/[0-9a-f-]{36}$")
    return way


def names(office: Cast, superior: str) -> None:
    """Siti names somebody as her superior."""

    def name(connection: Any) -> None:
        tenant, day = office.tenant.id, days(NOW.date())
        her = units.who(connection, tenant, "199003042015042002")
        named = units.who(connection, tenant, superior)
        units.name_superior(connection, tenant, her, named, "herself", day=day)

    office.database.write(name)


def test_a_superior_is_said_on_the_page_of_a_person(office: Cast, admin: Browser) -> None:
    page = admin.get(siti(admin))
    wrong = admin.send("/superior", superior="197001011990011009")
    assert wrong.status == 400
    assert "Nobody in the register has this number." in wrong.text
    wrong = admin.send("/superior", superior="199003042015042002")
    assert "Nobody is their own superior." in wrong.text
    page = admin.send("/superior", superior="197001011990011001", since="2026-03-01")
    assert "Saved. Questions go to this superior from that day on." in page.text
    assert "Budi Kepala" in page.text
    assert "not confirmed" not in page.text
    with office.database.read() as connection:
        assert "superior/named" in {e.action for e in audit.page(connection, office.tenant.id)}


def test_the_language_of_letters_is_chosen_for_who_has_no_account(
    office: Cast, admin: Browser, signed_in: Callable[..., Browser]
) -> None:
    way = siti(admin)
    her = uuid.UUID(way.rpartition("/")[2]).bytes

    def language() -> Any:
        with office.database.read() as connection:
            return invitations.facts(connection, office.tenant.id, [her])[her].get("language")

    assert "Language of letters as usual" in admin.get(way).text
    assert "Language of letters English" in admin.send(f"{way}/language", language="en").text
    assert language() == "en"
    admin.send(f"{way}/language", language="")
    assert language() is None
    admin.send(f"{way}/language", language="en")
    # A list that comes again says nothing of it; what she chooses herself goes before it.
    enter_list(office)
    assert language() == "en"
    account = {"person": her, "locale": "id"}
    office.database.write(
        lambda c: accounts.create_user(c, office.tenant, "siti", "-", ["learner"], NOW)
    )
    office.database.write(lambda c: accounts.change_user(c, office.tenant, "siti", **account))
    assert language() == "id"
    assert "Language of letters Bahasa Indonesia" in admin.get(way).text
    wrong = admin.send(f"{way}/language", language="fr")
    assert wrong.status == 400
    assert "It must be one of id, en." in wrong.text
    with office.database.read() as connection:
        assert "person/changed" in {e.action for e in audit.page(connection, office.tenant.id)}
    reviewer = signed_in("reviewer")
    assert "Another language for letters" not in reviewer.get(way).text
    assert reviewer.post(f"{way}/language", {"language": "en"}).status_code in (400, 403)


def test_a_coach_is_named_on_the_page_of_a_person_and_sees_them_until_it_ends(
    office: Cast, admin: Browser, signed_in: Callable[..., Browser]
) -> None:
    ani, way = "198502022010022003", siti(admin)
    reviewer = signed_in("reviewer")
    assert "Name a coach" not in reviewer.get(way).text
    admin.get(way)
    assert "Nobody in the register" in admin.send("/guide", guide="7", role="coach").text
    admin.get(way)
    himself = admin.send("/guide", guide="199003042015042002", role="examiner")
    assert "Nobody coaches or examines themselves." in himself.text
    admin.get(way)
    assert admin.send("/guide", guide=ani, role="mentor").status == 400
    admin.get(way)
    page = admin.send("/guide", guide=ani, role="coach")
    assert "Coach: Ani Rekan" in page.text
    assert "Ani Rekan" in reviewer.get(way).text
    with office.database.read() as connection:
        (given,) = register.assigned_to(connection, office.tenant.id, uuid.UUID(way[-36:]).bytes)
    assert (given.role, given.first, given.last) == ("coach", None, None)
    token = page.form("/guide").fields
    ended = admin.post(f"{way}/guide", {**token, "do": "end"})
    assert ended.status_code == 303
    assert "Coach: Ani Rekan" not in admin.get(way).text


def test_whom_alumni_named_is_agreed_to_or_refused(
    office: Cast, admin: Browser, signed_in: Callable[..., Browser]
) -> None:
    assert "Nobody waits" in admin.get("/people/superiors").text
    names(office, "198502022010022003")
    (way,) = links(admin.get("/people").html, "^/people/superiors$")
    page = admin.get(way)
    assert "Siti Rahma" in page.text
    assert "Ani Rekan" in page.text
    assert "not confirmed" in admin.get(siti(admin)).text
    admin.get(way)
    assert "Refused. They may name another." in admin.send("/decide", do="refuse").text
    names(office, "197001011990011001")
    admin.get(way)
    page = admin.send("/decide", do="agree")
    assert "Agreed." in page.text
    assert "Nobody waits" in page.text
    page = admin.get(siti(admin))
    assert "Budi Kepala" in page.text
    assert "not confirmed" not in page.text
    for role in ("reviewer", "unit_contact", "learner"):
        assert signed_in(role).get(way).status == 403
