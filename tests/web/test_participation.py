"""Who took part in what, and how far: also those who never completed it."""

from collections.abc import Callable

import pytest

from lrs import rights
from lrs.store import accounts
from tests.agency import HEAD, Agency
from tests.conftest import NOW, Cast
from tests.web.conftest import Browser


@pytest.fixture
def agency(cast: Cast) -> Agency:
    """An agency where one completed the course, and another was only enrolled."""
    made = Agency(cast)
    made.setup()
    made.complete("Staf 01")
    made.complete("Staf 02", verb="enrolled")
    made.catch_up()
    return made


def test_who_has_not_completed_a_course_is_found_by_programme_cohort_and_unit(
    agency: Agency, admin: Browser
) -> None:
    admin.get("/programmes")
    page = admin.get("/participation")
    assert page.text.count("Pelayanan") >= 2
    for who in ("Staf 01", "Staf 02"):
        assert who in page.text
    page = admin.get(f"/participation?completed=no&unit={agency.unit.hex()}")
    assert "Staf 02" in page.text
    assert "Staf 01" not in page.text
    page = admin.get("/participation?completed=yes")
    assert "Staf 01" in page.text
    assert "Staf 02" not in page.text
    assert "Take a filter away" in admin.get(f"/participation?unit={'0' * 32}").text


def test_a_superior_sees_how_far_their_staff_came_and_nobody_elses(
    agency: Agency, cast: Cast, signed_in: Callable[..., Browser]
) -> None:
    agency.hire(b"\x01" * 16, "Orang Lain", None)
    agency.complete("Orang Lain")
    agency.catch_up()
    browser = signed_in("superior", login="rina")
    assert "Staf" not in browser.get("/participation").text
    cast.database.write(lambda c: accounts.change_user(c, cast.tenant, "rina", person=HEAD))
    page = browser.get("/participation")
    assert "Staf 01" in page.text
    assert "Orang Lain" not in page.text
    assert signed_in("coach").get("/participation").status == 403


def test_of_whom_data_is_only_kept_nothing_is_listed(
    agency: Agency, signed_in: Callable[..., Browser]
) -> None:
    told = {"why": "Sengketa.", "by": "admin", "now": NOW}
    agency.do(rights.restrict, agency.staff["Staf 01"], **told)
    for role in ("admin", "reviewer"):
        page = signed_in(role).get("/participation")
        assert "Staf 02" in page.text
        assert "Staf 01" not in page.text
