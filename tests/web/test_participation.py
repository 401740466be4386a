"""Who took part in what, and how far: also those who never completed it."""

from collections.abc import Callable
from typing import Any

import pytest

from lrs import rights
from lrs.practice import names
from lrs.store import accounts
from tests import make
from tests.agency import COURSE, HEAD, IRI, Agency
from tests.conftest import NOW, Cast
from tests.web.conftest import Browser, links


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


def graded(agency: Agency, **instructor: Any) -> None:
    """Somebody is graded by this instructor, who therefore teaches."""
    agency.send(
        make.statement(
            actor=make.agent("somebody"),
            verb={"id": "https://w3id.org/xapi/tla/verbs/scored"},
            context={"instructor": instructor},
        )
    )
    agency.catch_up()


def test_who_is_no_learner_is_listed_with_why(
    agency: Agency, admin: Browser, signed_in: Callable[..., Browser]
) -> None:
    assert "is held to be a learner" in admin.get("/participation/staff").text
    assert links(admin.get("/participation").html, "^/participation/staff")
    graded(agency, mbox="mailto:staf.02@example.go.id")
    page = admin.get("/participation/staff")
    assert "Staf 02 Pelayanan Prima Teaches: enrolled or graded somebody" in page.text
    assert "Staf 01" not in page.text
    (way,) = links(page.html, "^/people/[0-9a-f-]{36}$")
    assert "Staf 02" in admin.get(way).text
    chosen = names.programme(agency.tenant.id, IRI).hex()
    assert "Staf 02" in admin.get(f"/participation/staff?programme={chosen}").text
    assert "Staf 02" not in admin.get("/participation/staff?programme=0").text
    assert signed_in("superior").get("/participation/staff").status == 403


def test_an_account_of_nobody_known_is_listed_too(agency: Agency, admin: Browser) -> None:
    account = {"homePage": "https://lms.example.go.id", "name": "wiyata"}
    agency.send(
        make.statement(
            actor={"objectType": "Agent", "account": account},
            verb={"id": "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/enrolled"},
            object={
                "id": COURSE,
                "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
            },
        )
    )
    graded(agency, account=account)
    page = admin.get("/participation/staff")
    assert "wiyata Unknown account Pelayanan Prima Teaches" in page.text
    assert not links(page.html, "^/people/[0-9a-f-]{36}$")


def test_of_whom_data_is_only_kept_nothing_is_listed(
    agency: Agency, signed_in: Callable[..., Browser]
) -> None:
    told = {"why": "Sengketa.", "by": "admin", "now": NOW}
    agency.do(rights.restrict, agency.staff["Staf 01"], **told)
    for role in ("admin", "reviewer"):
        page = signed_in(role).get("/participation")
        assert "Staf 02" in page.text
        assert "Staf 01" not in page.text


def test_whose_data_is_only_kept_is_no_learner_for_who_keeps_the_register_alone(
    agency: Agency, signed_in: Callable[..., Browser]
) -> None:
    graded(agency, mbox="mailto:staf.02@example.go.id")
    told = {"why": "Sengketa.", "by": "admin", "now": NOW}
    agency.do(rights.restrict, agency.staff["Staf 02"], **told)
    assert "Staf 02" in signed_in("admin").get("/participation/staff").text
    assert "Staf 02" not in signed_in("reviewer").get("/participation/staff").text
