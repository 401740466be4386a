"""Signed forms on a phone without a line: filled in, kept, sent once when the line is back."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect
from werkzeug.serving import make_server

from lrs.app import create_app
from lrs.context import Context
from lrs.settings import Settings
from lrs.store import cases
from tests.agency import HEAD, Agency, mail_server, path_in
from tests.conftest import Cast
from tests.e2e.steps import PHONE, choose, ready_without_a_line, values

UNSENT = "Tersimpan di perangkat ini · belum terkirim"


class Line:
    """The service as phones reach it: `cut` and there is nobody there, `mend` and there is."""

    def __init__(self, agency: Agency) -> None:
        context = Context(agency.settings, agency.database, lambda: agency.now)
        self.app = create_app(context)
        self.port = 0
        self.posts: list[str] = []
        self.app.after_request(self._note)
        self.mend()

    def _note(self, answer: Any) -> Any:
        from flask import request

        if request.method == "POST":
            self.posts.append(request.path)
        return answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def mend(self) -> None:
        self.server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        self.port = self.server.port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def cut(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(**PHONE)
    yield context
    context.close()


def agency_with(cast: Cast, settings: Settings, staff: int, day: int) -> Agency:
    agency = Agency(cast, settings)
    agency.setup(staff=staff)
    agency.complete()
    agency.begin()
    agency.after(day)
    with mail_server() as (sink, mailer):
        agency.plan()
        agency.post(mailer)
        agency.sink = sink
    return agency


@pytest.fixture
def agency(cast: Cast, settings: Settings) -> Agency:
    return agency_with(cast, settings, 2, 90)


@pytest.fixture
def line(agency: Agency) -> Iterator[Line]:
    made = Line(agency)
    yield made
    made.cut()


def open_letter(phone: BrowserContext, line: Line, agency: Agency, name: str) -> Page:
    page = phone.new_page()
    page.goto(line.url + path_in(agency.sink.to(name)[-1]))
    ready_without_a_line(page)
    return page


def kept(page: Page) -> list[Any]:
    found: list[Any] = page.evaluate("Outbox.all()")
    return found


def comes_to_keep(page: Page, states: list[str]) -> None:
    """Wait until what is kept is in these states: what was sent opens the page anew."""
    found: list[str] | None = None
    for _ in range(100):
        try:
            found = [each["state"] for each in kept(page)]
        except Error:
            found = None
        if found == states:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"kept: {found}, not {states}")


def pages_kept(page: Page) -> int:
    script = "caches.open('jejak-forms').then(c => c.keys()).then(all => all.map(r => r.url))"
    return len([each for each in page.evaluate(script) if "/f/assets/" not in each])


def test_a_superior_without_a_line_answers_and_it_is_sent_once_when_it_is_back(
    phone: BrowserContext, line: Line, agency: Agency
) -> None:
    page = open_letter(phone, line, agency, "Rina")
    address = page.url
    phone.set_offline(True)
    line.cut()
    choose(page, "who", "me")
    for name in values(page):
        choose(page, name, "2")
    expect(page.get_by_role("status")).to_contain_text(UNSENT)
    page.get_by_role("button", name="Kirim", exact=True).tap()
    expect(page.get_by_role("status")).to_contain_text("Akan terkirim sendiri")
    page.close()

    page = phone.new_page()
    page.goto(address)  # the device shows it
    expect(page.get_by_role("status")).to_contain_text(UNSENT)
    assert page.locator("input[type=radio]:checked").count() == 5
    assert line.posts == []

    line.mend()
    phone.set_offline(False)
    expect(page.get_by_text("Terkirim", exact=True)).to_be_visible(timeout=20_000)
    assert len(line.posts) == 1
    assert kept(page) == []
    assert pages_kept(page) == 0
    agency.catch_up()
    assert len(agency.rows("answers")) == 4
    assert {row["rater"] for row in agency.rows("answers")} == {HEAD}
    assert {row["state"] for row in agency.ledger(role="superior")} == {"answered"}


def test_an_answer_that_got_lost_on_its_way_back_is_sent_again_and_counts_once(
    phone: BrowserContext, line: Line, agency: Agency
) -> None:
    page = open_letter(phone, line, agency, "Rina")
    choose(page, "who", "me")
    for name in values(page):
        choose(page, name, "2")
    lost = [True]

    def swallow(route: Any) -> None:
        if route.request.method == "POST" and lost:
            lost.clear()
            route.fetch()
            route.abort()
        else:
            route.fallback()

    phone.route("**/f/*", swallow)
    page.get_by_role("button", name="Kirim", exact=True).tap()
    # The browser tries again by itself; where it does not, opening the page anew does.
    expect(page.get_by_text("Terkirim", exact=True)).to_be_visible(timeout=20_000)
    assert len(line.posts) == 2
    agency.catch_up()
    assert len(agency.rows("answers")) == 4


def hand_in(page: Page, title: str) -> None:
    form = page.locator('form[data-part="evidence"]')
    if not form.is_visible():
        page.get_by_text("Serahkan bukti dukung").tap()
    form.locator('input[name="of"][value="artefact"]').tap()
    form.locator("input[name=title]").fill(title)
    form.locator("input[name=performed_on]").fill("2026-05-01")
    file = {"name": f"{title}.txt", "mimeType": "text/plain", "buffer": title.encode()}
    form.locator("input[type=file]").set_input_files([file])  # type: ignore[list-item]
    form.get_by_role("button", name="Serahkan", exact=True).tap()


def test_each_piece_of_evidence_handed_in_without_a_line_waits_by_itself_and_is_sent_once(
    phone: BrowserContext, line: Line, agency: Agency
) -> None:
    page = open_letter(phone, line, agency, "Staf 01")
    address = page.url
    phone.set_offline(True)
    line.cut()
    hand_in(page, "Surat balasan")
    expect(page.locator(".waits li")).to_contain_text([f"Surat balasan: {UNSENT}"])
    hand_in(page, "Notula rapat")
    expect(page.locator(".waits li")).to_have_count(2)
    page.close()

    page = phone.new_page()
    page.goto(address)
    hand_in(page, "Alur baru")
    expect(page.locator(".waits li")).to_have_count(3)
    assert len({dict(each["fields"])["submission"] for each in kept(page)}) == 3
    form = page.locator('form[data-part="evidence"]')
    form.locator("input[name=title]").fill("Belum selesai")
    expect(form.get_by_role("status")).to_contain_text(UNSENT)
    assert line.posts == []

    line.mend()
    phone.set_offline(False)
    expect(page.get_by_text("Terkirim", exact=True)).to_be_visible(timeout=20_000)
    expect(page.locator(".waits li")).to_have_count(0, timeout=20_000)
    comes_to_keep(page, ["draft"])
    assert len(line.posts) == 3
    # The page is loaded anew once all is sent, and then puts the draft back.
    expect(page.locator("input[name=title]")).to_have_value("Belum selesai", timeout=20_000)
    agency.catch_up()
    with agency.database.read() as connection:
        found = cases.evidence(connection, agency.tenant.id).rows
    titles = {each.record.title for each in found if each.record}
    assert titles == {"Surat balasan", "Notula rapat", "Alur baru"}


def test_what_is_typed_stays_when_the_phone_is_put_away(
    phone: BrowserContext, line: Line, agency: Agency
) -> None:
    page = open_letter(phone, line, agency, "Rina")
    first, *_ = values(page)
    choose(page, first, "4")
    page.locator("summary", has_text="Contoh").first.tap()
    page.locator(f'textarea[name="{first.removesuffix("value")}example"]').fill("Surat 12 Mei")
    expect(page.get_by_role("status")).to_contain_text(UNSENT)
    page.close()
    page = phone.new_page()
    page.goto(line.url + path_in(agency.sink.to("Rina")[-1]))
    expect(page.get_by_role("status")).to_contain_text(UNSENT)
    assert page.locator(f'input[name="{first}"][value="4"]').is_checked()
    assert page.locator("textarea", has_text="").first.is_visible()
    assert page.locator("textarea").filter(visible=True).first.input_value() == "Surat 12 Mei"


def test_what_the_service_would_find_wrong_is_told_before_the_line_is_back(
    phone: BrowserContext, line: Line, agency: Agency
) -> None:
    page = open_letter(phone, line, agency, "Rina")
    phone.set_offline(True)
    first, *_ = values(page)
    choose(page, "who", "me")
    choose(page, first, "4")
    page.get_by_role("button", name="Kirim", exact=True).tap()
    wrong = page.evaluate(
        "[...document.querySelectorAll('input:invalid, textarea:invalid')]"
        ".map(each => each.validationMessage)"
    )
    assert any("perlu contoh" in each for each in wrong)
    assert any("Pilih satu nilai" in each for each in wrong)
    expect(page.get_by_role("status")).to_contain_text(UNSENT)
    assert [each["state"] for each in kept(page)] == ["draft"]


def test_what_only_the_service_finds_wrong_is_told_on_the_page_and_nothing_is_lost(
    phone: BrowserContext, line: Line, agency: Agency
) -> None:
    page = open_letter(phone, line, agency, "Rina")
    choose(page, "who", "other")
    for name in values(page):
        choose(page, name, "2")
    page.get_by_role("button", name="Kirim", exact=True).tap()
    expect(page.get_by_role("alert")).to_contain_text("Tulis nama yang menjawab")
    assert page.locator("input[type=radio]:checked").count() == 5
    page.locator("input[name=who_name]").fill("Plt. Joko")
    page.get_by_role("button", name="Kirim", exact=True).tap()
    expect(page.get_by_text("Terkirim", exact=True)).to_be_visible()
    assert kept(page) == []


def test_a_page_that_was_closed_is_kept_no_longer(
    phone: BrowserContext, line: Line, agency: Agency
) -> None:
    from lrs import followup

    page = open_letter(phone, line, agency, "Rina")
    choose(page, "who", "me")
    expect(page.get_by_role("status")).to_contain_text(UNSENT)
    agency.do(followup.revoke, agency.round_of("Rina Kepala"), agency.now)
    phone.set_offline(True)
    for name in values(page):
        choose(page, name, "2")
    page.get_by_role("button", name="Kirim", exact=True).tap()
    expect(page.get_by_role("status")).to_contain_text("Akan terkirim sendiri")
    phone.set_offline(False)
    expect(page.get_by_text("Halaman ini sudah ditutup")).to_be_visible(timeout=20_000)
    comes_to_keep(page, [])
    assert pages_kept(page) == 0


def test_twelve_staff_take_one_tap_for_each_behaviour_on_targets_for_a_thumb(
    phone: BrowserContext, cast: Cast, settings: Settings
) -> None:
    agency = agency_with(cast, settings, 12, 90)
    line = Line(agency)
    page = open_letter(phone, line, agency, "Rina")
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= seen
    small = (
        page.locator("main label, main button, main summary")
        .filter(visible=True)
        .evaluate_all(
            "all => all.map(e => [e.textContent.trim(), e.getBoundingClientRect()])"
            ".filter(([, box]) => box.height < 44 || box.width < 43.5).map(([text]) => text)"
        )
    )
    assert small == []
    begun, taps = time.monotonic(), 0
    choose(page, "who", "me")
    every = values(page)
    assert len(every) == 24
    for name in every:
        choose(page, name, "3")
        taps += 1
    page.get_by_role("button", name="Kirim", exact=True).tap()
    expect(page.get_by_text("Terkirim", exact=True)).to_be_visible()
    assert taps / 12 <= 2 * 2
    assert time.monotonic() - begun < 240
    agency.catch_up()
    assert len(agency.rows("answers")) == 24
    line.cut()


def test_without_a_script_the_form_is_sent_as_any_other(
    browser: Browser, line: Line, agency: Agency
) -> None:
    context = browser.new_context(**PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(line.url + path_in(agency.sink.to("Rina")[-1]))
    page.locator('input[name="who"][value="me"]').tap()
    for field in page.locator('input[name$=".value"][value="2"]').all():
        field.tap()
    page.get_by_role("button", name="Kirim", exact=True).tap()
    expect(page.get_by_text("Terkirim", exact=True)).to_be_visible()
    agency.catch_up()
    assert len(agency.rows("answers")) == 4
    context.close()


def test_the_worker_reaches_no_further_than_signed_pages(
    phone: BrowserContext, line: Line, agency: Agency
) -> None:
    page = open_letter(phone, line, agency, "Rina")
    scope = page.evaluate("navigator.serviceWorker.ready.then(found => found.scope)")
    assert scope == f"{line.url}/f/"
    page.goto(f"{line.url}/sign-in")
    assert page.evaluate("navigator.serviceWorker.controller") is None
