"""Every page of the agency and the service, looked at as it is served: at phone, tablet and desk,
light and dark, with nothing wrong that a machine can find."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.conftest import Cast, Server
from tests.e2e.conftest import Window, work_out
from tests.web.test_pages import completed, siti

LISTS = (
    *("/", "/setup", "/cases", "/programmes", "/people", "/units", "/identities"),
    *("/identities/doubles", "/imports", "/statements", "/refused", "/sources", "/users"),
    *("/users/new", "/audit", "/service", "/programmes/new", "/programmes/proposed", "/review"),
    *("/sources/lms", "/sources/new", "/users/admin", "/account", "/account/second"),
)

#: Lists whose first row leads to a page that is looked at too.
DETAILS = ("/cases", "/programmes", "/people", "/units", "/statements", "/refused")


@pytest.fixture
def filled(server: Server, registered: Cast) -> Server:
    """With a completion, an unknown account, and something refused."""
    stranger = {"account": {"homePage": "https://lms.example.go.id", "name": "77"}}
    headers = {"Authorization": registered.key("all"), "X-Experience-API-Version": "1.0.3"}
    for batch in (
        [completed(siti()), completed(stranger)],
        [completed(siti()) | {"verb": {"id": "x"}}],
    ):
        requests.post(f"{server.endpoint}/statements", json=batch, headers=headers, timeout=10)
    work_out(registered)
    return server


def details(there: Window) -> list[str]:
    found = []
    for address in DETAILS:
        there.go(address)
        way = there.page.locator("main table a.main").first
        found.append(str(way.get_attribute("href")))
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    filled: Server, admin: str, window: Callable[..., Window], theme: str
) -> None:
    wrong: list[tuple[str, int, Any]] = []
    every: list[str] = []
    for width in (1440, 768, 360):
        there = window(width=width, theme=theme)
        there.go("/sign-in")
        wrong += [("/sign-in", width, each) for each in there.violations()]
        there.sign_in(admin)
        every = every or [*LISTS, *details(there)]
        for address in every:
            there.go(address)
            # Contrast and names do not change with every width: at a phone in the light, at a
            # desk in both.
            if width == 1440 or (width == 360 and theme == "light"):
                wrong += [(address, width, each) for each in there.violations()]
            if there.too_wide():
                wrong.append((address, width, "scrolls sideways"))
    assert wrong == []


def test_pages_are_light(filled: Server, admin: str, window: Callable[..., Window]) -> None:
    there = window()
    there.go("/sign-in")
    there.page.wait_for_load_state("networkidle")
    assert there.weight < 150_000
    there.sign_in(admin)
    for address in ("/cases", "/people", "/statements", "/programmes"):
        there.weight = 0
        there.go(address)
        there.page.wait_for_load_state("networkidle")
        assert there.weight < 30_000, address


def test_without_script_all_is_there(
    filled: Server, admin: str, window: Callable[..., Window]
) -> None:
    there = window(script=False, language="en")
    there.sign_in(admin)
    there.go("/people")
    there.page.fill("[name=name]", "siti")
    there.page.get_by_role("button", name="Show").click()
    assert there.page.locator("#list tbody tr").count() == 1
    there.go("/refused")
    there.page.locator("main table a.main").first.click()
    there.page.get_by_text("Leave it out").first.click()
    there.page.fill("[name=why]", "a test")
    there.page.get_by_role("button", name="Leave it out").last.click()
    there.page.get_by_text("Left out.").wait_for()


def test_the_menu_of_a_phone_opens_and_leads_on(
    filled: Server, admin: str, window: Callable[..., Window]
) -> None:
    there = window(width=360)
    there.sign_in(admin)
    way = there.page.get_by_role("link", name="Pelatihan", exact=True)
    assert not way.is_visible()
    there.page.get_by_role("button", name="Menu").click()
    way.click()
    there.page.wait_for_url(re.compile("/programmes"))


def test_a_second_factor_is_set_up_with_a_phone(
    filled: Server, admin: str, window: Callable[..., Window]
) -> None:
    import pyotp

    there = window(language="en")
    there.sign_in(admin)
    there.go("/account/second")
    secret = there.page.locator("main code").inner_text()
    assert there.page.locator("svg.qr").bounding_box()["width"] > 150  # type: ignore[index]
    there.page.fill("[name=code]", pyotp.TOTP(secret).now())
    there.page.keyboard.press("Enter")
    there.page.locator(".codes").wait_for()
    assert there.page.locator(".codes code").count() == 10
