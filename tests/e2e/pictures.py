"""The pictures in docs/pictures, in both languages, taken of the furnished agency:
`python -m tests.e2e.pictures`, or of some: `python -m tests.e2e.pictures case summary`."""

import sys
import tempfile
import threading
from base64 import b64decode
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import waitress
from playwright.sync_api import Browser, Page, sync_playwright

from lrs import projector
from lrs.adapters import Adapters
from lrs.i18n import LOCALES
from tests.e2e.conftest import CHROMIUM, QUIET
from tests.e2e.steps import ready_without_a_line, users_of_moodle, values
from tests.furnished import Furnished, Letter, furnish, send_list
from tests.senders import moodle
from tests.tour import ADMIN, BARE, NOBODY, STOPS

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
DESK, PHONE = (1280, 860), (360, 740)
QUALITY = 72


@dataclass(frozen=True)
class Picture:
    """What a picture shows, to whom, on how large a screen, in which theme; what is done before."""

    path: Callable[[Furnished], str]
    by: str = ADMIN
    size: tuple[int, int] = DESK
    theme: str = "light"
    do: Callable[[Page], None] = lambda page: None


def _at(path: str) -> Callable[[Furnished], str]:
    return lambda made: path.format_map(made.told)


def _moodle_has_sent(made: Furnished) -> None:
    """What was recorded of a Moodle comes in at the agency that had nothing until then."""
    if "moodle" in made.told:
        return
    made.told["moodle"] = "has sent"
    headers = {"Authorization": made.bare.key("all"), "X-Experience-API-Version": "1.0.3"}
    client = made.app.test_client()
    for request in moodle.recorded():
        texts = list(moodle.sound([request])) if moodle.fits(request) else []
        if texts:
            body = b"[" + b",".join(texts) + b"]"
            kind = "application/json"
            answer = client.post("/xapi/statements", data=body, headers=headers, content_type=kind)
            assert answer.status_code == 200, answer.get_data(as_text=True)
    while projector.catch_up(made.database, made.bare.tenant, Adapters.installed()):
        pass


def _proposed(made: Furnished) -> str:
    _moodle_has_sent(made)
    return "/programmes/proposed"


def _dropped(made: Furnished) -> str:
    _moodle_has_sent(made)
    return send_list(made, "people", users_of_moodle(), BARE)


def _refused(made: Furnished) -> str:
    return next(STOPS["web.refusals.one"](made)).path


def _letter(made: Furnished) -> Letter:
    return next(each for each in made.letters if each.role == "superior" and "C" in each.forms)


def _superior(made: Furnished) -> str:
    return _letter(made).path


def _answer_without_a_line(page: Page) -> None:
    """As a superior does whose phone has no line."""
    ready_without_a_line(page)
    page.context.set_offline(True)
    page.locator("input[name=who][value=me]").check(force=True)
    for name in values(page)[:3]:
        page.locator(f'input[name="{name}"][value="3"]').check(force=True)
    page.locator(".kept").wait_for()
    page.evaluate("document.querySelector('h3').scrollIntoView()")


PICTURES = {
    "first-hour-begin": Picture(_at("/setup"), BARE),
    "first-hour-proposed": Picture(_proposed, BARE),
    "first-hour-import": Picture(_dropped, BARE),
    "first-hour-alumni": Picture(_at("/alumni")),
    "first-hour-waiting": Picture(_at("/invitations/waiting")),
    "summary": Picture(_at("/summary")),
    "cases": Picture(_at("/cases")),
    "case": Picture(_at("/cases/{case}")),
    "review-queue": Picture(_at("/review")),
    "review-link": Picture(_at("/review/{held}")),
    "learner": Picture(_at("/mine"), "alumni", PHONE),
    "superior-form": Picture(_superior, NOBODY, PHONE),
    "superior-unsent": Picture(_superior, NOBODY, PHONE, do=_answer_without_a_line),
    "operator-health": Picture(_at("/service"), "operator"),
    "operator-sources": Picture(_at("/sources"), "operator"),
    "operator-refused": Picture(_refused, "operator"),
    "operator-audit": Picture(_at("/audit"), "operator"),
    "phone": Picture(_at("/"), size=PHONE, theme="dark"),
}


def take(wanted: Collection[str] = PICTURES.keys(), folder: Path = FOLDER) -> None:
    """Take these."""
    with tempfile.TemporaryDirectory() as scratch, furnish(Path(scratch)) as made:
        server = waitress.create_server(made.app, host="127.0.0.1", port=0, threads=4)
        threading.Thread(target=server.run, daemon=True).start()
        url = f"http://127.0.0.1:{server.effective_port}"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
            for name in wanted:
                each = PICTURES[name]
                made.clock.now = made.now if each.by else _letter(made).at
                for locale in LOCALES:
                    taken = _taken(browser, made, url, each, locale)
                    (folder / f"{name}.{locale}.webp").write_bytes(taken)
            browser.close()
        server.close()


def _taken(browser: Browser, made: Furnished, url: str, each: Picture, locale: str) -> bytes:
    width, height = each.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=locale,
        color_scheme=each.theme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        device_scale_factor=2 if each.size == PHONE else 1,
    )
    if each.by:
        cookie = {"name": "jejak", "value": made.session(each.by), "url": url}
        context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(url + each.path(made), wait_until="networkidle")
    each.do(page)
    wire = context.new_cdp_session(page)
    taken = wire.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    context.close()
    return b64decode(taken["data"])


if __name__ == "__main__":
    take(sys.argv[1:] or PICTURES.keys())
