"""The pictures in docs/pictures, taken of the furnished agency: `python -m tests.e2e.pictures`.

Those of the first hour are of an agency with nothing, as `test_first_hour.py` walks it, and are
taken by hand.
"""

import tempfile
import threading
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path

import waitress
from playwright.sync_api import sync_playwright

from tests.e2e.conftest import CHROMIUM, QUIET
from tests.furnished import Furnished, Letter, furnish

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
DESK, PHONE = (1280, 860), (360, 740)
QUALITY = 72


@dataclass(frozen=True)
class Picture:
    """What a picture shows, to whom, on how large a screen; in which theme."""

    path: str
    by: str = "admin"
    size: tuple[int, int] = DESK
    theme: str = "light"


PICTURES = {
    "summary": Picture("/summary"),
    "cases": Picture("/cases"),
    "case": Picture("/cases/{case}"),
    "proposed": Picture("/programmes/proposed"),
    "review-queue": Picture("/review"),
    "review-link": Picture("/review/{held}"),
    "learner": Picture("/mine", "alumni", PHONE),
    "phone": Picture("/", size=PHONE, theme="dark"),
    "superior-form": Picture("{superior}", "", PHONE),
}


def take(folder: Path = FOLDER) -> None:
    """Take them all."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        furnish(Path(scratch)) as made,
        sync_playwright() as playwright,
    ):
        server = waitress.create_server(made.app, host="127.0.0.1", port=0, threads=4)
        threading.Thread(target=server.run, daemon=True).start()
        url = f"http://127.0.0.1:{server.effective_port}"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        letter = _letter(made)
        for name, each in PICTURES.items():
            made.clock.now = letter.at if not each.by else made.now
            width, height = each.size
            context = browser.new_context(
                viewport={"width": width, "height": height},
                locale="id-ID",
                color_scheme=each.theme,  # type: ignore[arg-type]
                reduced_motion="reduce",
                device_scale_factor=2 if each.size == PHONE else 1,
            )
            if each.by:
                session = made.session(each.by)
                context.add_cookies([{"name": "jejak", "value": session, "url": url}])
            page = context.new_page()
            path = each.path.format_map({**made.told, "superior": letter.path})
            page.goto(url + path, wait_until="networkidle")
            taken = context.new_cdp_session(page).send(
                "Page.captureScreenshot", {"format": "webp", "quality": QUALITY}
            )
            (folder / f"{name}.webp").write_bytes(b64decode(taken["data"]))
            context.close()
        browser.close()
        server.close()


def _letter(made: Furnished) -> Letter:
    return next(each for each in made.letters if each.role == "superior" and "C" in each.forms)


if __name__ == "__main__":
    take()
