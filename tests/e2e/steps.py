"""Steps that several journeys take: signing in, the first hour, a signed form on a phone."""

import csv
import io
import json
import re
import time
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import Page

from tests.e2e.conftest import Agency, Hands
from tests.senders import moodle

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "id-ID",
}


def basic(key: str, secret: str) -> str:
    return "Basic " + b64encode(f"{key}:{secret}".encode()).decode()


def users_of_moodle() -> str:
    """Moodle's own download of its users: who is in the recorded statements by their number."""
    names: dict[str, str] = {}
    for request in moodle.recorded():
        for text in request.statements:
            actor = json.loads(text)["actor"]
            if "account" in actor and actor["account"]["name"].isdigit():
                names.setdefault(actor["account"]["name"], actor.get("name", "Tanpa Nama"))
    told = io.StringIO()
    rows = csv.writer(told)
    rows.writerow(
        ["id", "username", "email", "firstname", "lastname", "department", "phone1", "idnumber"]
    )
    for number, name in names.items():
        first, _space, last = name.partition(" ")
        mail = f"pegawai{number}@diklat.example.go.id"
        rows.writerow(
            [number, f"u{number}", mail, first, last, "Balai Diklat", f"0812000{number:0>5}", ""]
        )
    return told.getvalue()


def worked_out(page: Page) -> None:
    """Wait until the list of alumni is there and says no more that it is worked on."""
    page.locator("#list tbody tr").first.wait_for()
    page.locator("#list [role=status]").wait_for(state="detached")


def sign_in(at: Hands, login: str, password: str) -> None:
    at.page.goto(at.url)
    at.page.fill("[name=login]", login)
    at.page.fill("[name=password]", password)
    at.press("Masuk")


def connect_moodle(admin: Hands) -> str:
    """From the first page to the wait for the first record; what Moodle signs in with."""
    admin.press("Dapatkan alamat dan kunci")
    page = admin.page
    assert page.locator("#endpoint").inner_text() == f"{admin.url}/xapi"
    key, secret = (page.locator(f"#{word}").inner_text() for word in ("key", "secret"))
    admin.press("Sudah dipasang di pengirim")
    assert "Belum ada" in page.locator("#wait").inner_text()
    return basic(key, secret)


def moodle_sends(agency: Agency, authorization: str, back: timedelta = timedelta()) -> list[str]:
    """Every recorded request that is sound, sent as it was, but so much earlier as `back` says; the
    ids under which its completions of courses are kept."""
    kept = []
    for request in moodle.recorded():
        if not moodle.fits(request) or not request.statements:
            continue
        texts = [_earlier(text, back) for text in moodle.sound([request])]
        body = b"[" + b",".join(texts) + b"]"
        answered = moodle.send(agency.served, request, authorization, body)  # type: ignore[arg-type]
        assert answered.status == 200
        trees = [json.loads(each) for each in texts]
        kept += [
            id_
            for id_, tree in zip(answered.json(), trees, strict=True)
            if moodle.is_course_completion(tree)
        ]
    return kept


def _earlier(text: bytes, back: timedelta) -> bytes:
    def move(found: re.Match[bytes]) -> bytes:
        at = datetime.fromisoformat(found[1].decode()) - back
        return b'"timestamp":"' + at.isoformat().encode() + b'"'

    return re.sub(rb'"timestamp":"([^"]+)"', move, text) if back else text


def enter_people(admin: Hands) -> None:
    """Drop Moodle's own download of its users."""
    admin.press("Masukkan daftar orang")
    admin.choose_file("users.csv", users_of_moodle())
    admin.press("Periksa dulu")
    assert admin.page.locator("[name=home]").input_value() == "https://lms.diklat.example.go.id"
    admin.press("Masukkan")


def until(page: Page, address: str, text: str, part: str = "main", seconds: float = 60) -> None:
    """Load a page anew until a part of it says this: what it shows is worked out behind it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        page.goto(address)
        if text in page.locator(part).first.inner_text():
            return
    said = page.locator(part).first.inner_text()
    raise AssertionError(f"{address} never says {text!r} in {part}:\n{said}")


# The keyboard -------------------------------------------------------------------------------


def focused(page: Page) -> str:
    """What the thing with the focus is called: its name as a field, else its label or words."""
    told: str = page.evaluate(
        """(at => at.matches("input, select, textarea") ? at.name
            : at.getAttribute("aria-label") || at.innerText || "")(document.activeElement)"""
    )
    return told.strip()


def tab_to(page: Page, name: str, most: int = 150) -> None:
    """Press Tab until what is called so has the focus."""
    for _ in range(most):
        if focused(page) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {name}")


def follow(page: Page, name: str) -> None:
    """Press what is called so, and wait for the page to which it leads."""
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def choose_file_by_keys(page: Page, name: str, content: str | bytes) -> None:
    """Open the list of files from the field that has the focus, and choose one."""
    with page.expect_file_chooser() as told:
        page.evaluate("0")  # once it answers, the browser has heard that lists of files are ours
        page.keyboard.press("Enter")
    kind = "application/pdf" if name.endswith(".pdf") else "text/csv"
    body = content.encode() if isinstance(content, str) else content
    told.value.set_files({"name": name, "mimeType": kind, "buffer": body})  # type: ignore[arg-type]


# A signed form ------------------------------------------------------------------------------


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f'input[name="{name}"][value="{value}"]').tap()


def values(page: Page) -> list[str]:
    """The questions that are answered by a step of a scale."""
    names = page.locator("input[type=radio]").evaluate_all("all => all.map(each => each.name)")
    return [each for each in dict.fromkeys(names) if each.endswith(".value")]


def ready_without_a_line(page: Page) -> None:
    """Wait until the device keeps the page that is open."""
    page.evaluate("navigator.serviceWorker.ready")
    kept = """async (path) => navigator.serviceWorker.controller !== null
        && Boolean(await caches.match(path))"""
    end = time.monotonic() + 30
    # Not by `wait_for_function`: what that evaluates anew within the page, its policy forbids.
    while not page.evaluate(kept, page.url):
        assert time.monotonic() < end, "the device never keeps the page"
        page.wait_for_timeout(50)
