"""Whoever has no mouse: from the first Tab to what they came for, by keys alone, on the furnished
agency. A reviewer's day is in `test_review_by_keyboard.py`, the first hour in
`test_first_hour.py`."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Guided
from tests.e2e.steps import PHONE, choose_file_by_keys, focused, follow, tab_to, values
from tests.furnished import Letter
from tests.pdfs import pdf
from tests.tour import NOBODY

DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "locale": "id-ID"}

Opens = Callable[..., Page]


@pytest.fixture
def opens(browser: Browser, guided: Guided) -> Iterator[Opens]:
    """A page as somebody gets it: `opens("/people", "admin")`; on a phone: `opens(…, **PHONE)`."""
    opened = []

    def make(path: str, by: str = NOBODY, **more: Any) -> Page:
        context = browser.new_context(**{**DESK, **more}, reduced_motion="reduce")
        opened.append(context)
        if by:
            session = guided.made.session(by)
            context.add_cookies([{"name": "jejak", "value": session, "url": guided.url}])
        page = context.new_page()
        page.goto(guided.url + path, wait_until="networkidle")
        return page

    yield make
    for each in opened:
        each.close()
    guided.made.clock.now = guided.made.now


# All that there is, in its order --------------------------------------------------------------

#: Numbers what Tab is to reach, in the order of the page; of a group of radio buttons the one that
#: is chosen, else the first.
NUMBER = """() => {
  const reached = (each) => {
    if (each.disabled || each.closest("[inert], fieldset:disabled")) return false;
    if (!each.checkVisibility({visibilityProperty: true})) return false;
    if (each.type !== "radio") return true;
    const group = [...each.form.elements].filter((other) => other.name === each.name);
    const chosen = group.find((other) => other.checked) || group[0];
    return chosen === each;
  };
  const all = document.querySelectorAll("a[href], button, input:not([type=hidden]), select,"
    + " textarea, summary, [tabindex='0']");
  return [...all].filter(reached).map((each, n) => { each.dataset.n = n; }).length;
}"""

#: Where the focus is: its number, and what is wrong with how it is shown. Of what is large, such as
#: a table that scrolls, it is enough that a part is in view.
LOOK = """() => {
  const at = document.activeElement;
  if (at === document.body) return [null, ""];
  const called = (at.getAttribute("aria-label") || at.name || at.innerText || at.id).trim();
  const drawn = [at, at.nextElementSibling].filter(Boolean).map((each) => getComputedStyle(each))
    .some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
  const mine = (there) => there && [at, ...(at.labels || [])].some(
    (each) => each.contains(there) || there.contains(at));
  const seen = [...at.getClientRects()].some((part) => {
    const [x, y] = [part.left + Math.min(part.width / 2, 40), part.top + part.height / 2];
    return mine(document.elementFromPoint(x, y));
  });
  const large = at.getBoundingClientRect().height > innerHeight / 2;
  const wrong = !drawn ? "no focus is drawn" : seen || large ? "" : "is covered, or out of view";
  return [Number(at.dataset.n ?? -1), wrong && `${called.slice(0, 60)}: ${wrong}`];
}"""

#: Fields of days and hours hold several places at which Tab stops.
PLACES = 5


def goes_round(page: Page) -> list[str]:
    """What is wrong with a round of Tab through a page, to its end and back to its beginning."""
    count: int = page.evaluate(NUMBER)
    at, _said = page.evaluate(LOOK)
    begin = -1 if at is None else at
    wrong: list[str] = []
    for key, way in (
        ("Tab", range(begin + 1, count)),
        ("Shift+Tab", range(count - 2, -1, -1)),
    ):
        for n in way:
            before = at
            for _place in range(PLACES):
                page.keyboard.press(key)
                at, said = page.evaluate(LOOK)
                if at != before:
                    break
            if at != n:
                return [*wrong, f"{key} leads to {at} of {count}, not to {n}: {focused(page)!r}"]
            if said:
                wrong.append(f"{key}: {said}")
    return wrong


@pytest.mark.parametrize(
    ("by", "path"),
    [
        ("admin", "/"),
        ("admin", "/summary"),
        ("admin", "/review/{held}"),
        ("admin", "/cases"),
        ("admin", "/cases/{case}"),
        ("admin", "/invitations/waiting"),
        ("admin", "{list of graduates}"),
        ("admin", "/programmes/proposed"),
        ("admin", "/reports"),
        ("admin", "/sources/lms"),
        ("admin", "/statements"),
        ("admin", "/users/rina"),
        ("alumni", "/mine"),
        ("atasan", "/staff"),
        (NOBODY, "/sign-in"),
    ],
)
def test_tab_reaches_all_there_is_in_its_order_and_one_sees_where_one_is(
    guided: Guided, opens: Opens, by: str, path: str
) -> None:
    page = opens(path.format_map(guided.made.told), by)
    assert goes_round(page) == []


def test_the_skip_link_leads_past_the_menu(opens: Opens) -> None:
    page = opens("/people", "admin")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("screen", [DESK, PHONE])
def test_a_menu_opens_and_closes_and_the_focus_stays_at_its_place(
    opens: Opens, screen: dict[str, Any]
) -> None:
    page = opens("/", "admin", **screen)
    account = page.locator("details.account summary")
    tab_to(page, "admin")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page) == "Akun saya"
    page.keyboard.press("Escape")
    expect(account).to_be_focused()
    expect(page.get_by_role("link", name="Akun saya")).not_to_be_visible()


def test_the_menu_of_a_phone_is_gone_through_by_keys(opens: Opens) -> None:
    page = opens("/people", "admin", **PHONE)
    tab_to(page, "Menu")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page) == "Ringkasan"
    page.keyboard.press("Escape")
    assert focused(page) == "Menu"
    page.keyboard.press("Enter")
    tab_to(page, "Pelatihan")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Pelatihan")


# Journeys -------------------------------------------------------------------------------------


def a_letter(guided: Guided, role: str, form: str) -> Letter:
    """The newest letter that asks this, and nobody has begun to answer."""
    made = guided.made
    touched = {made.told[each] for each in ("draft", "send", "revoked")}
    found = [each for each in made.letters if each.role == role and form in each.forms]
    return next(each for each in reversed(found) if each.path not in touched)


def answer(page: Page) -> int:
    """Say by keys who answers and, of everybody and everything that is asked about, a 2; of the
    first a 4 with its example. How many were answered."""
    tab_to(page, "who")
    page.keyboard.press("Space")
    every = values(page)
    for n, name in enumerate(every):
        tab_to(page, name)
        for _ in range(2 if n else 4):
            page.keyboard.press("ArrowRight")
        if n == 0:
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            tab_to(page, f"{name.removesuffix('value')}example")
            page.keyboard.type("Semua keluhan bulan Mei dijawab dalam sehari.")
    return len(every)


def test_a_superior_answers_for_all_their_staff(guided: Guided, opens: Opens) -> None:
    letter = a_letter(guided, "superior", "C")
    guided.made.clock.now = letter.at
    page = opens(letter.path, **PHONE)
    assert goes_round(page) == []
    page.reload()
    staff = {row.strip() for row in page.locator(".row legend").all_inner_texts()}
    assert len(staff) > 1
    assert answer(page) >= len(staff)
    tab_to(page, "Kirim")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Terkirim", exact=True)).to_be_visible()


def test_a_learner_answers_and_hands_in_evidence(guided: Guided, opens: Opens) -> None:
    letter = a_letter(guided, "self", "C")
    guided.made.clock.now = letter.at
    page = opens(letter.path, **PHONE)
    assert answer(page) >= 1
    tab_to(page, "Kirim")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Terkirim", exact=True)).to_be_visible()

    tab_to(page, "Serahkan bukti dukung pekerjaan Anda")
    page.keyboard.press("Enter")
    tab_to(page, "of")
    page.keyboard.press("Space")
    tab_to(page, "title")
    page.keyboard.type("Daftar keluhan bulan Mei")
    tab_to(page, "performed_on")
    page.keyboard.type("04042026")
    tab_to(page, "behaviours")
    page.keyboard.press("Space")
    tab_to(page, "files")
    choose_file_by_keys(page, "keluhan.pdf", pdf(["Keluhan bulan Mei"]))
    tab_to(page, "Serahkan")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Terima kasih, sudah diserahkan")).to_be_visible()


def test_a_list_is_dropped_its_columns_told_and_entered(opens: Opens) -> None:
    page = opens("/imports?kind=people", "admin")
    tab_to(page, "file")
    choose_file_by_keys(
        page, "pegawai.csv", "nip,nama,tempat\n199003032015031003,Wati Kunci,Dinas Kunci\n"
    )
    follow(page, "Periksa dulu")
    expect(page.locator("main")).to_contain_text("Wati Kunci")
    tab_to(page, "column-unit")
    page.keyboard.type("temp")
    follow(page, "Periksa lagi")
    expect(page.locator("select[name=column-unit]")).to_have_value("tempat")
    expect(page.locator("main")).to_contain_text("Dinas Kunci")
    follow(page, "Masukkan")
    expect(page.locator(".said").first).to_be_visible()


def test_a_cohort_is_invited(opens: Opens) -> None:
    page = opens("/invitations", "admin")
    name = page.locator("main a[role=button][aria-label^=Undang]").first.get_attribute("aria-label")
    assert name is not None
    follow(page, name)
    follow(page, "Tindak lanjuti dan undang")
    expect(page.locator("h1")).to_have_text("Yang belum menjawab")
    page.goto(page.url.partition("?")[0])
    follow(page, "Pesan untuk WhatsApp")
    expect(page.locator("h1")).to_have_text("Pesan untuk WhatsApp")
