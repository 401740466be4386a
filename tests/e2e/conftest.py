"""For journeys: a real browser, and the service as users run it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.serving import Served, serving

#: Where a browser of the system is, where Playwright brought none.
CHROMIUM = os.environ.get("JEJAK_TEST_CHROMIUM") or shutil.which("chromium")

QUIET = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Agency:
    """A store that was made a moment ago: nothing in it but its first admin."""

    served: Served
    login: str
    password: str

    @property
    def url(self) -> str:
        return self.served.url


@dataclass
class Hands:
    """Somebody at a page: what they press is counted, and what the browser complains of kept."""

    page: Page
    url: str
    pressed: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def press(self, name: str, *, within: str = "main") -> None:
        """Press the one button or link of this name."""
        self.pressed.append(name)
        place = self.page.locator(within)
        button = place.get_by_role("button", name=name, exact=True)
        link = place.get_by_role("link", name=name, exact=True)
        button.or_(link).first.click()
        self.page.wait_for_load_state()

    def choose_file(self, name: str, content: str) -> None:
        """Choose a file for the only field of files: a press on the field, and one in the list."""
        self.pressed.append(f"choose {name}")
        file = {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
        self.page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]

    def heading(self) -> str:
        return self.page.locator("h1").inner_text()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all journeys; a journey that needs it fails where there is none."""
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield made
        made.close()


@pytest.fixture
def agency(tmp_path: Path) -> Iterator[Agency]:
    """`jejak init` and `jejak serve`, on a store of its own."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("JEJAK_")}
    told = subprocess.run(
        [sys.executable, "-m", "lrs.cli", "init"],
        env={**others, "JEJAK_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    login, password = (
        found[1]
        for word in ("admin", "password")
        if (found := re.search(rf"{word}\s+(\S+)", told)) is not None
    )
    with serving(tmp_path, {}) as served:
        yield Agency(served, login, password)


@pytest.fixture
def hands(browser: Browser, agency: Agency) -> Iterator[Callable[..., Hands]]:
    """Somebody at a browser of their own: `hands()`, `hands(width=360)`."""
    opened = []

    def make(width: int = 1440, height: int = 900, locale: str = "id-ID", **more: Any) -> Hands:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale=locale, **more
        )
        opened.append(context)
        return Hands(context.new_page(), agency.url)

    yield make
    for context in opened:
        context.close()
