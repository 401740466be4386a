"""For journeys: a real browser, and the service as users run it."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import waitress
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from lrs import people as register_of_people
from lrs import programmes, projector, spreadsheets
from lrs.adapters import Adapters
from lrs.people import Reading
from lrs.store import accounts, register
from schemas import programmes as written
from tests.conftest import NOW, Cast, Server
from tests.furnished import Furnished, furnish
from tests.serving import Served, serving
from tests.web.conftest import PASSWORD, hashed
from tests.web.test_pages import PEOPLE, PROGRAMME

#: Where a browser of the system is, where Playwright brought none.
CHROMIUM = os.environ.get("JEJAK_TEST_CHROMIUM") or shutil.which("chromium")

#: The checker of accessibility, by `npm ci` (`make e2e` does that).
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"

# What is expected comes soon, or after a while on a machine that has much to do.
expect.set_options(timeout=30_000)

QUIET = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds wrong with the page as it stands; by these rules alone, if any are named."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = list(rules)
    found: dict[str, Any] = page.evaluate("options => axe.run(options)", options)
    return [
        f"{each['id']}: {each['nodes'][0]['target'][0]}: {each['help']}"
        for each in found["violations"]
    ]


def too_wide(page: Page) -> bool:
    """Whether one has to scroll sideways."""
    wide: bool = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wide


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
def served_with() -> Mapping[str, str]:
    """Settings of the agency's server, as the environment has them: a journey may have its own."""
    return {}


@pytest.fixture
def agency(tmp_path: Path, served_with: Mapping[str, str]) -> Iterator[Agency]:
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
    with serving(tmp_path, served_with) as served:
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


# The furnished agency -----------------------------------------------------------------------


@dataclass
class Guided:
    """The furnished agency, served within this process: its clock can be set."""

    made: Furnished
    url: str


@pytest.fixture(scope="session")
def guided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guided]:
    """Made once for all pages that are only looked at."""
    with furnish(tmp_path_factory.mktemp("furnished")) as made:
        server = waitress.create_server(made.app, host="127.0.0.1", port=0, threads=4)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        yield Guided(made, f"http://127.0.0.1:{server.effective_port}")
        server.close()


# Windows on the tests' own database ---------------------------------------------------------


@dataclass
class Window:
    """A browser window on the service; `faults` gathers what goes wrong in it, `asked` every
    address that it asked for, `weight` how many bytes came."""

    url: str
    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    weight: int = 0

    def go(self, path: str) -> None:
        answer = self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status == 200, path

    def sign_in(self, login: str) -> None:
        self.go("/sign-in")
        self.page.fill("[name=login]", login)
        self.page.fill("[name=password]", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/sign-in" not in url)

    def violations(self) -> list[str]:
        return violations(self.page)

    def too_wide(self) -> bool:
        return too_wide(self.page)


@pytest.fixture
def window(browser: Browser, server: Server) -> Iterator[Callable[..., Window]]:
    """Open a window: `window(width=360, theme="dark", language="id-ID", script=True)`."""
    opened: list[Window] = []

    def opens(
        width: int = 1440, theme: Any = "light", language: str = "id-ID", script: bool = True
    ) -> Window:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=theme,
            locale=language,
            java_script_enabled=script,
        )
        page = context.new_page()
        there = Window(server.url, context, page)
        page.on("console", lambda said: _note(there, said.type, said.text))
        page.on("pageerror", lambda error: there.faults.append(str(error)))
        page.on("request", lambda request: there.asked.append(request.url))
        page.on("requestfinished", lambda request: _weigh(there, request))
        opened.append(there)
        return there

    yield opens
    for each in opened:
        each.context.close()
        assert each.faults == []
        assert [url for url in each.asked if not url.startswith(server.url)] == []


def _note(there: Window, kind: str, text: str) -> None:
    # A hint of the browser about forms; an answer that is no page is told by the test itself.
    if kind == "error" and not re.search(r"status of 4\d\d", text):
        there.faults.append(text)


def _weigh(there: Window, request: Any) -> None:
    with suppress(Exception):  # the page was left meanwhile
        sizes = request.sizes()
        there.weight += sizes["responseBodySize"] + sizes["responseHeadersSize"]


@pytest.fixture
def admin(server: Server) -> str:
    """The login of the admin who is the operator too, with the usual password of tests."""
    cast = server.cast
    cast.database.write(
        lambda c: accounts.create_user(
            c, cast.tenant, "admin", hashed(), ("admin", "operator"), NOW
        )
    )
    return "admin"


@pytest.fixture
def registered(server: Server) -> Cast:
    """Two people of the register and a programme, before anything is sent."""
    cast = server.cast
    sheet = spreadsheets.read(PEOPLE.encode(), "people.csv")

    def enter(connection: Any) -> None:
        reading = Reading(today=NOW.date())
        done = register_of_people.import_people(connection, cast.tenant.id, sheet, reading)
        register.append(connection, cast.tenant.id, done.facts, "a test")
        loaded = written.load({"programmes": [PROGRAMME]})
        programmes.apply(connection, cast.tenant.id, loaded, "a test")

    cast.database.write(enter)
    return cast


def work_out(cast: Cast) -> None:
    """What the worker does within a second or two, at once."""
    adapters = Adapters.installed()
    while projector.catch_up(cast.database, cast.tenant, adapters):
        pass
