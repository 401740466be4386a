"""A training admin connects Moodle and sees the first record come; and does without a mouse."""

import re
from collections.abc import Callable

import requests
from playwright.sync_api import expect

from tests.conftest import Server
from tests.e2e.conftest import Window, work_out
from tests.web.test_pages import completed, siti


def test_the_first_record_of_moodle_is_told_as_it_comes(
    server: Server, admin: str, window: Callable[..., Window]
) -> None:
    there = window()
    there.sign_in(admin)
    page, clicks = there.page, 0

    # Connect Moodle: one press gives address and key.
    page.get_by_role("button", name="Dapatkan alamat dan kunci").click()
    clicks += 1
    key, secret = page.inner_text("#key"), page.inner_text("#secret")
    assert page.inner_text("#endpoint") == server.endpoint
    page.get_by_role("button", name="Sudah dipasang di pengirim").click()
    clicks += 1
    page.get_by_text("Belum ada", exact=False).first.wait_for()

    # The first record arrives over HTTP; the page tells by itself.
    sent = requests.post(
        f"{server.endpoint}/statements",
        json=[completed(siti())],
        auth=(key, secret),
        headers={"X-Experience-API-Version": "1.0.3"},
        timeout=10,
    )
    assert sent.status_code == 200
    page.get_by_text("Berhasil").wait_for(timeout=15_000)
    work_out(server.cast)

    # What it suggests is a press away.
    page.get_by_role("button", name=re.compile("Lanjut: pelatihan")).click()
    page.get_by_text("Pelayanan Prima").first.wait_for()
    assert clicks <= 2


def test_the_keyboard_is_enough(
    server: Server, admin: str, registered: object, window: Callable[..., Window]
) -> None:
    """Sign in, go past the menu, narrow a list, open a row: no mouse."""
    there = window(language="en")
    there.go("/sign-in")
    keys = there.page.keyboard
    keys.type(admin)  # the field is ready
    keys.press("Tab")
    keys.type("kucing tidur di atap")
    keys.press("Enter")
    there.page.wait_for_url(lambda url: "/sign-in" not in url)
    there.go("/people")
    keys.press("Tab")
    assert "Go to the content" in there.page.evaluate("document.activeElement.textContent")
    keys.press("Enter")
    for _ in range(12):
        keys.press("Tab")
        if there.page.evaluate("document.activeElement.name") == "name":
            break
    keys.type("siti")
    there.page.wait_for_url(re.compile("name=siti"))
    expect(there.page.locator("#list tbody tr")).to_have_count(1)
    # The list may be laid anew once typing has ceased; then the round of Tab begins at the top.
    for _ in range(80):
        keys.press("Tab")
        if there.page.evaluate("document.activeElement.className") == "main":
            break
    keys.press("Enter")
    there.page.get_by_role("heading", name="Siti Rahma").wait_for()
