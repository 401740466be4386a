"""Every page of the tour (`tests/tour.py`), looked at as it is served: at phone, tablet and desk,
light and dark, as it comes first and once files are kept, with nothing wrong that a machine can
find."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page

from lrs.errors import Busy
from tests.conftest import Cast, Server
from tests.e2e.conftest import Guided, Window, too_wide, violations, work_out
from tests.tour import STOPS, Stop
from tests.web.test_pages import completed, siti

DESK, TABLET, PHONE = (1440, 900), (768, 1024), (360, 740)

#: Bytes over the wire of a page with all that it pulls in: the first time, and after it.
FIRST, AFTER = 150_000, 30_000


#: Sends a form of the page that is open: to an address, with fields, and with the page's token.
SENDS = """([to, fields]) => {
  const form = document.createElement("form");
  const token = document.querySelector("input[name=token]");
  const all = Object.entries({...(token ? {token: token.value} : {}), ...fields});
  for (const [name, value] of all) {
    const field = document.createElement("textarea");
    [field.name, field.value] = [name, value];
    form.append(field);
  }
  [form.method, form.action, form.hidden] = ["post", to, true];
  document.body.append(form);
  form.submit();
}"""


@dataclass
class Looker:
    """A browser window in which somebody goes from page to page; `faults` is what it complained
    of, `asked` the addresses that it asked for, `weight` the bytes that came."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    weight: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.wire = self.page.context.new_cdp_session(self.page)
        self.wire.send("Network.enable")
        self.wire.on("Network.loadingFinished", self._weigh)

    def _hear(self, kind: str, text: str) -> None:
        # That a page which is not to be had is not had is no fault of it.
        if kind in ("error", "warning") and not re.search(r"status of [45]\d\d", text):
            self.faults.append(text)

    def _weigh(self, told: Any) -> None:
        self.weight += int(told["encodedDataLength"])

    def load(self, stop: Stop) -> int:
        """Go there, and wait until nothing more comes; the status that was answered. `weight` is
        that of the page that is looked at, without those that led there."""
        self.weight = 0
        answer = self.page.goto(self.url + stop.path, wait_until="networkidle")
        if stop.sends is not None:
            self.weight = 0
            with self.page.expect_navigation(wait_until="networkidle") as told:
                self.page.evaluate(SENDS, [stop.to or stop.path, dict(stop.sends)])
            answer = told.value
        assert answer is not None
        return answer.status


@pytest.fixture
def look(browser: Browser, guided: Guided) -> Iterator[Callable[[str], Looker]]:
    """The window of somebody: `look("admin")`."""
    opened: dict[str, BrowserContext] = {}
    lookers: dict[str, Looker] = {}

    def opens(login: str) -> Looker:
        if login not in opened:
            context = opened[login] = browser.new_context(locale="id-ID", reduced_motion="reduce")
            if login:
                session = guided.made.session(login)
                context.add_cookies([{"name": "jejak", "value": session, "url": guided.url}])
            lookers[login] = Looker(context.new_page(), guided.url)
        return lookers[login]

    yield opens
    for each in opened.values():
        each.close()


def wrong_with(stop: Stop, at: Looker) -> Iterator[str]:
    """All that is wrong with a page, in words."""
    page = at.page
    width, height = DESK
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="light")
    at.faults.clear()
    at.asked.clear()
    at.wire.send("Network.clearBrowserCache")
    status = at.load(stop)
    if status != stop.status:
        yield f"answers {status}"
    if at.weight > FIRST:
        yield f"weighs {at.weight} bytes at first"
    yield from (f"desk, light: {each}" for each in violations(page))
    page.emulate_media(color_scheme="dark")
    yield from (f"desk, dark: {each}" for each in violations(page, "color-contrast"))
    for width, height in (DESK, TABLET, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        if too_wide(page):
            yield f"scrolls sideways at {width} pixels"
    yield from (f"phone, dark: {each}" for each in violations(page))
    at.load(stop)
    if at.weight > AFTER:
        yield f"weighs {at.weight} bytes once files are kept"
    yield from (f"the browser complains: {each}" for each in at.faults)
    yield from (f"asks {each}" for each in at.asked if not each.startswith(at.url))


@pytest.mark.parametrize("endpoint", STOPS)
def test_nothing_is_wrong_with_any_page(
    guided: Guided, look: Callable[[str], Looker], endpoint: str
) -> None:
    wrong: list[str] = []
    for stop in STOPS[endpoint](guided.made):
        guided.made.clock.now = stop.at or guided.made.now
        found = wrong_with(stop, look(stop.by))
        where = stop.to or stop.path
        wrong += [f"{where} (for {stop.by or 'nobody'}): {each}" for each in found]
    guided.made.clock.now = guided.made.now
    assert wrong == []


@pytest.mark.parametrize("error", [RuntimeError("a test"), Busy()])
def test_nothing_is_wrong_with_the_page_that_says_that_we_failed(
    guided: Guided,
    look: Callable[[str], Looker],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    def fail(**_: Any) -> None:
        raise error

    status = 503 if isinstance(error, Busy) else 500
    for endpoint, stop in (
        ("web.people.every", Stop("/people", status=status)),
        ("signed.see", Stop(guided.made.told["draft"], "", status=status)),
    ):
        monkeypatch.setitem(guided.made.app.view_functions, endpoint, fail)
        assert list(wrong_with(stop, look(stop.by))) == []


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
