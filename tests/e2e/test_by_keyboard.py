"""Work that is done without a mouse: Tab, arrows, Space and Enter alone, and one sees where one is.

The first hour is in `test_first_hour.py`, reviewing in `test_review_by_keyboard.py`, a list that is
narrowed in `test_connecting.py`.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Guided
from tests.e2e.steps import focused, go_round, tab_to
from tests.tour import ADMIN, NOBODY

LIST = """No;NIP;Nama;Nama Pelatihan;Angkatan;Tanggal Lulus
1;199003152015011002;Wulan Sari;Pelatihan Arsip Baru;I;12 Oktober 2026
"""


@pytest.fixture
def sit(browser: Browser, guided: Guided) -> Iterator[Callable[..., Page]]:
    """A page in front of which somebody sits: `sit("admin", "/imports")`."""
    opened = []

    def sits(login: str, path: str) -> Page:
        context = browser.new_context(locale="id-ID", reduced_motion="reduce")
        opened.append(context)
        if login:
            session = guided.made.session(login)
            context.add_cookies([{"name": "jejak", "value": session, "url": guided.url}])
        page = context.new_page()
        page.goto(guided.url + path)
        return page

    yield sits
    for each in opened:
        each.close()
    guided.made.clock.now = guided.made.now


def past_the_menu(page: Page) -> None:
    page.keyboard.press("Tab")
    assert "skip" in page.evaluate("document.activeElement.className")
    box = page.locator(".skip").bounding_box()
    assert box is not None
    assert box["x"] >= 0  # it is to be seen once it has the focus
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'main'")


def test_a_list_is_entered(sit: Callable[..., Page]) -> None:
    page = sit(ADMIN, "/imports")
    past_the_menu(page)
    tab_to(page, "kind")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    tab_to(page, "file")
    with page.expect_file_chooser() as told:
        page.keyboard.press("Enter")
    told.value.set_files({"name": "l.csv", "mimeType": "text/csv", "buffer": LIST.encode()})  # type: ignore[arg-type]
    tab_to(page, "Periksa dulu")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Wulan Sari")
    tab_to(page, "Masukkan")
    page.keyboard.press("Enter")
    expect(page.locator(".said").first).to_be_visible()


def test_a_cohort_is_invited_and_reached(sit: Callable[..., Page]) -> None:
    page = sit(ADMIN, "/invitations")
    past_the_menu(page)
    for _ in range(150):
        page.keyboard.press("Tab")
        if focused(page).startswith("Undang "):
            break
    page.keyboard.press("Enter")
    expect(page.locator("form.after")).to_be_visible()
    tab_to(page, "Tindak lanjuti dan undang")
    page.keyboard.press("Enter")
    expect(page.locator(".said").first).to_be_visible()
    page.goto(page.url.partition("?")[0])
    tab_to(page, "Pesan untuk WhatsApp")
    page.keyboard.press("Enter")
    expect(page.locator("#text-1")).to_be_visible()


def test_a_signed_form_is_answered(sit: Callable[..., Page], guided: Guided) -> None:
    letter = next(
        each for each in guided.made.letters if each.role == "superior" and "A" in each.forms
    )
    guided.made.clock.now = letter.at
    page = sit(NOBODY, letter.path)
    tab_to(page, "who")
    page.keyboard.press("Space")
    names = page.locator("input[type=radio]").evaluate_all("all => all.map(each => each.name)")
    for name in dict.fromkeys(names):
        if name != "who":
            tab_to(page, name)
            page.keyboard.press("ArrowRight")
            page.keyboard.press("ArrowRight")
    tab_to(page, "Kirim")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Terkirim", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "path",
    ["/invitations/waiting", "/imports", "/cases", "/review/{held}", "/mine"],
)
def test_tab_goes_round_a_page_and_one_sees_where_one_is(
    sit: Callable[..., Page], guided: Guided, path: str
) -> None:
    page = sit("alumni" if path == "/mine" else ADMIN, path.format_map(guided.made.told))
    assert go_round(page) > 10


def test_tab_goes_round_a_signed_form(sit: Callable[..., Page], guided: Guided) -> None:
    letter = next(each for each in guided.made.letters if "C" in each.forms)
    guided.made.clock.now = letter.at
    assert go_round(sit(NOBODY, letter.path)) > 5
