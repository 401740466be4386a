"""Ringkasan and reports in a real browser: filters by keyboard, a paper kept."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from lrs.store import accounts
from tests.conftest import NOW, Cast, Server
from tests.rows import Rows, programme
from tests.web.conftest import PASSWORD, hashed

COURSE = programme(cohorts=("Angkatan I", "Angkatan II"))


@pytest.fixture
def agency(cast: Cast) -> Rows:
    """Two cohorts: fifteen of twenty apply it, and three of three."""
    rows = Rows(cast.tenant.id)
    rows.programme(COURSE)
    for n in range(20):
        case = rows.case(COURSE, cohort="Angkatan I", unit="Dinas Kominfo / Bidang Layanan")
        if n < 15:
            case.outcome(applied=20 + n, tier="7b").link()
            case.answer(form="D", barriers="funds workload")
    for _ in range(3):
        case = rows.case(COURSE, cohort="Angkatan II", unit="Dinas Sosial")
        case.outcome(applied=3).link(performed=3)
    rows.write(cast.database)
    return rows


@pytest.fixture
def sit(
    browser: Browser, server: Server, cast: Cast, agency: Rows
) -> Iterator[Callable[..., Page]]:
    """Sit somebody down who is signed in: `sit("head", theme="dark")`."""
    opened = []

    def make(role: str = "admin", width: int = 1440, theme: Any = "light") -> Page:
        cast.database.write(
            lambda c: accounts.create_user(c, cast.tenant, role, hashed(), (role,), NOW)
        )
        size: Any = {"width": width, "height": 900}
        context = browser.new_context(viewport=size, color_scheme=theme, locale="id-ID")
        opened.append(context)
        page = context.new_page()
        page.goto(server.url + "/sign-in")
        page.fill("[name=login]", role)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    yield make
    for each in opened:
        each.close()


def test_the_part_is_chosen_by_keyboard_and_the_paper_kept(
    sit: Callable[..., Page], server: Server, tmp_path: Path
) -> None:
    page = sit()
    page.goto(server.url + "/reports/evaluation")
    page.locator("select[name=programme]").focus()
    page.keyboard.press("ArrowDown")
    cohort = page.locator("select[name=cohort]")
    expect(cohort).to_be_visible()
    cohort.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("article")).to_contain_text("15 dari 20: 75–100%")
    assert "cohort=Angkatan+I" in page.url or "cohort=Angkatan%20I" in page.url
    with page.expect_download() as told:
        page.get_by_role("button", name="PDF").or_(page.get_by_role("link", name="PDF")).focus()
        page.keyboard.press("Enter")
    kept = tmp_path / told.value.suggested_filename
    told.value.save_as(kept)
    assert kept.name.startswith("evaluation-angkatan-i-")
    assert kept.read_bytes().startswith(b"%PDF-")


def test_a_head_is_shown_no_small_number(sit: Callable[..., Page], server: Server) -> None:
    page = sit("head")
    page.goto(f"{server.url}/summary?programme={COURSE.iri}&cohort=Angkatan+II")
    expect(page.locator("main")).to_contain_text("ditahan: sedikit orang")
    expect(page.locator("main")).not_to_contain_text("3 dari 3")
