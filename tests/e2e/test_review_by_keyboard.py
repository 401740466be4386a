"""A reviewer at work, with the keyboard alone, in a real browser on the service as users run it."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from lrs import casework
from lrs.casework import Upload
from lrs.practice import records
from lrs.store import accounts
from tests.conftest import NOW, Cast, Server
from tests.e2e.conftest import too_wide, violations
from tests.pdfs import pdf
from tests.test_casework import BUDI, Desk, desk, evidence
from tests.test_casework import NOW as LATER
from tests.web.conftest import PASSWORD, hashed

__all__ = ["desk"]

LINKS = 20


@dataclass
class Reviewer:
    """A keyboard, and how often it was pressed; `faults` is what the browser complained of."""

    page: Page
    url: str
    pressed: int = 0
    faults: list[str] = field(default_factory=list)

    def press(self, key: str) -> None:
        self.pressed += 1
        self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.pressed += len(text)
        self.page.keyboard.type(text)

    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def expect_next(self, title: str) -> None:
        """The next link is there, and can be decided."""
        expect(self.page.locator("h1")).to_have_text(title)
        expect(self.page.locator("form.verdict > fieldset:not([disabled])")).to_have_count(1)


@pytest.fixture
def hands(browser: Browser, server: Server, cast: Cast) -> Iterator[Callable[..., Reviewer]]:
    """Sit somebody down who is signed in as a reviewer: `hands("rina", theme="dark")`."""
    seated: list[Reviewer] = []

    def sit(login: str = "rina", width: int = 1440, theme: Any = "light") -> Reviewer:
        cast.database.write(
            lambda c: accounts.create_user(c, cast.tenant, login, hashed(), ("reviewer",), NOW)
        )
        size: Any = {"width": width, "height": 900}
        page = browser.new_context(viewport=size, color_scheme=theme, locale="id-ID").new_page()
        made = Reviewer(page, server.url)
        page.on("pageerror", lambda error: made.faults.append(str(error)))
        page.on(
            "console",
            lambda said: made.faults.append(said.text) if said.type == "error" else None,
        )
        page.goto(server.url + "/sign-in")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        page.goto(server.url + "/review")
        seated.append(made)
        return made

    yield sit
    for each in seated:
        each.page.context.close()
    assert [each.faults for each in seated if each.faults] == []


def fill(desk: Desk, count: int, **more: Any) -> None:
    """So many plain pieces of evidence of Sari's, handed in by her superior."""
    case = desk.completes("sari")
    for n in range(1, count + 1):
        piece = evidence(
            case=case.hex(), title=f"Antrean {n:02}", by=BUDI, role=records.SUPERIOR, **more
        )
        desk.database.write(lambda c, p=piece: casework.hand_in(c, desk.tenant, p, now=LATER))
    desk.catch_up()


def states(desk: Desk) -> list[str]:
    desk.catch_up()
    return [str(row["state"]) for row in desk.links()]


def test_twenty_plain_links_take_one_key_each(desk: Desk, hands: Callable[..., Reviewer]) -> None:
    fill(desk, LINKS)
    at = hands()
    began = time.monotonic()
    at.press("a")
    for n in range(1, LINKS + 1):
        at.expect_next(f"Antrean {n:02}")
        at.press("1")
    expect(at.page.locator(".said").first).to_be_visible()
    took = time.monotonic() - began
    expect(at.page).to_have_url(re.compile(r"/review($|\?)"))
    assert at.pressed <= LINKS + 1 <= 4 * LINKS
    # What is left of five minutes is for reading.
    assert took < 60
    assert states(desk) == ["accepted"] * LINKS


def test_a_reason_of_ones_own_the_tier_passing_over_and_undoing(
    desk: Desk, hands: Callable[..., Reviewer]
) -> None:
    fill(desk, 4)
    at = hands()
    at.press("a")
    at.expect_next("Antrean 01")
    at.press("n")
    at.write("Lihat tabel 2.")
    at.press("Escape")
    at.press("t")
    at.press("1")
    at.expect_next("Antrean 02")
    at.press("9")
    at.expect_next("Antrean 03")
    at.press("u")
    at.expect_next("Antrean 02")
    at.press("4")
    at.expect_next("Antrean 03")
    at.press("j")
    at.expect_next("Antrean 04")
    at.press("r")
    expect(at.page).to_have_url(at.url + "/review")
    assert states(desk) == ["accepted", "returned", "submitted", "submitted"]
    body = desk.links()[0]["body"].decode()
    assert "Lihat tabel 2." in body
    assert desk.links()[0]["tier"] == "7a"


def test_keys_type_where_one_types_and_do_nothing_once_they_are_off(
    desk: Desk, hands: Callable[..., Reviewer]
) -> None:
    fill(desk, 2)
    at = hands()
    at.press("a")
    at.expect_next("Antrean 01")
    at.press("n")
    at.write("1234567890 autojr")
    at.press("Escape")
    assert at.heading() == "Antrean 01"
    at.page.locator("#keys").uncheck()
    at.press("1")
    at.page.reload()
    expect(at.page.locator("#keys")).not_to_be_checked()
    at.press("7")
    assert at.heading() == "Antrean 01"
    assert states(desk) == ["in_review", "submitted"]


def test_the_page_in_view_is_what_the_verdict_rests_on(
    desk: Desk, hands: Callable[..., Reviewer]
) -> None:
    case = desk.completes("sari")
    piece = evidence(case=case.hex(), title="Laporan", by=BUDI, role=records.SUPERIOR)
    document = pdf(["Halaman satu"], ["Halaman dua"], ["Halaman tiga"])
    desk.do(casework.hand_in, piece, files=[Upload("laporan.pdf", "application/pdf", document)])
    at = hands()
    at.press("a")
    at.expect_next("Laporan")
    at.page.wait_for_selector(".leaf[data-page='1'] img")
    at.press("ArrowRight")
    at.page.wait_for_selector(".leaf[data-page='2'] img")
    at.press("1")
    expect(at.page.locator(".said").first).to_be_visible()
    assert states(desk) == ["accepted"]
    assert "laporan.pdf#page=2" in desk.links()[0]["body"].decode()


def test_two_reviewers_work_beside_one_another(desk: Desk, hands: Callable[..., Reviewer]) -> None:
    fill(desk, 6)
    rina, tono = hands("rina"), hands("tono")
    rina.press("a")
    rina.expect_next("Antrean 01")
    tono.press("a")
    tono.expect_next("Antrean 02")
    # What was fetched for Rina as the next is Tono's by now: she gets another.
    rina.press("1")
    rina.expect_next("Antrean 03")
    tono.press("7")
    tono.expect_next("Antrean 04")
    assert states(desk)[:4] == ["accepted", "rejected", "in_review", "in_review"]


@pytest.mark.parametrize(("theme", "width"), [("light", 360), ("dark", 1440)])
def test_nothing_is_wrong_with_a_page_that_offers_to_undo(
    desk: Desk, hands: Callable[..., Reviewer], theme: str, width: int
) -> None:
    """All other pages are on the tour (`test_every_page.py`)."""
    fill(desk, 3)
    at = hands(width=width, theme=theme)
    at.press("a")
    at.expect_next("Antrean 01")
    at.press("2")
    at.expect_next("Antrean 02")
    assert not too_wide(at.page)
    assert violations(at.page) == []
