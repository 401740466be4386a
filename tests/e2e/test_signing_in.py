"""The first admin signs in, as somebody at an office PC does."""

from collections.abc import Callable

from tests.e2e.conftest import Agency, Hands


def test_the_first_admin_signs_in_and_the_browser_complains_of_nothing(
    agency: Agency, hands: Callable[..., Hands]
) -> None:
    admin = hands()
    admin.page.goto(agency.url)
    admin.page.locator("input[name=login]").fill(agency.login)
    admin.page.locator("input[name=password]").fill(agency.password)
    admin.press("Masuk")
    assert "sign-in" not in admin.page.url
    assert admin.page.locator("nav").count() >= 1
    assert admin.complaints == []
