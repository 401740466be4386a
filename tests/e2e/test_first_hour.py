"""The first hour of an agency: from nothing to the printed list of alumni and deadlines."""

import csv
import io
import json
from base64 import b64encode
from collections.abc import Callable

from playwright.sync_api import Page

from tests.e2e.conftest import Agency, Hands
from tests.senders import moodle

#: Presses from signing in to the printed list.
MOST = 15


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


def test_from_a_moodle_that_begins_to_send_to_the_printed_list(
    agency: Agency, hands: Callable[..., Hands]
) -> None:
    """At most 15 presses, with the statements of a real Moodle arriving over HTTP."""
    admin = hands()
    page = admin.page
    page.goto(agency.url)
    page.fill("[name=login]", agency.login)
    page.fill("[name=password]", agency.password)
    admin.press("Masuk")
    assert admin.heading() == "Mulai"

    admin.press("Dapatkan alamat dan kunci")
    assert page.locator("#endpoint").inner_text() == f"{agency.url}/xapi"
    key, secret = (page.locator(f"#{word}").inner_text() for word in ("key", "secret"))
    admin.press("Sudah dipasang di pengirim")
    assert "Belum ada" in page.locator("#wait").inner_text()

    for request in moodle.recorded():
        if moodle.fits(request) and request.statements:
            body = b"[" + b",".join(moodle.sound([request])) + b"]"
            answered = moodle.send(agency.served, request, basic(key, secret), body)  # type: ignore[arg-type]
            assert answered.status == 200
    page.locator("#wait .badge.good").wait_for()  # of itself: nobody pressed anything

    admin.press("Lanjut: pelatihan dan angkatan")
    found = page.locator("tbody tr").count()
    assert found >= 1
    admin.press("Berlakukan")
    assert admin.heading() == "Mulai"

    admin.press("Masukkan daftar orang")
    admin.choose_file("users.csv", users_of_moodle())
    admin.press("Periksa dulu")
    assert page.locator("[name=home]").input_value() == "https://lms.diklat.example.go.id"
    admin.press("Masukkan")
    assert admin.heading() == "Mulai"

    admin.press("Ke daftar")
    assert admin.heading() == "Daftar alumni dan batas waktu"
    worked_out(page)
    assert page.locator("#list tbody tr").count() >= 5
    assert "Tahap " in page.locator("#list thead").first.inner_text()
    page.evaluate("() => { window.print = () => { document.title = 'printed' } }")
    admin.press("Cetak")
    assert page.title() == "printed"

    assert len(admin.pressed) <= MOST, admin.pressed
    assert admin.complaints == []


GRADUATES = """DAFTAR LULUSAN PELATIHAN KEPEMIMPINAN PENGAWAS;;;;
Angkatan XII;;;;
;;;;
No;NIP;Nama;Nama Pelatihan;Tanggal Lulus
1;198503152010011002;Budi Santoso;Pelatihan Kepemimpinan Pengawas;12 Oktober 2026
2;199001012015022003;Siti Aminah;Pelatihan Kepemimpinan Pengawas;12 Oktober 2026
3;19900101201502200;Terpotong;Pelatihan Kepemimpinan Pengawas;12 Oktober 2026
"""


def test_from_a_spreadsheet_by_an_agency_that_has_no_say_over_its_lms(
    agency: Agency, hands: Callable[..., Hands]
) -> None:
    """No LMS, no mail, no list of superiors: a list of graduates is enough, on a phone."""
    admin = hands(width=360, height=740)
    page = admin.page
    page.goto(agency.url)
    page.fill("[name=login]", agency.login)
    page.fill("[name=password]", agency.password)
    admin.press("Masuk")
    admin.press("Masukkan daftar")
    admin.choose_file("lulusan.csv", GRADUATES)
    admin.press("Periksa dulu")
    text = page.locator("main").inner_text()
    assert "baris 7" in text
    assert "NIP atau NI PPPK terdiri dari 18" in text  # a digit was lost: said in our words
    admin.press("Masukkan")
    assert admin.heading() == "Mulai"
    admin.press("Lihat temuan")
    page.locator("#found tbody tr").first.wait_for()
    admin.press("Berlakukan")
    admin.press("Ke daftar")
    worked_out(page)
    listed = page.locator("#list").inner_text()
    assert "Budi Santoso" in listed
    assert "Siti Aminah" in listed
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert len(admin.pressed) <= MOST, admin.pressed
    assert admin.complaints == []


def test_the_first_hour_by_keyboard_alone(agency: Agency, hands: Callable[..., Hands]) -> None:
    """Tab and Enter lead from signing in to the key, and on to the list that is dropped."""
    admin = hands()
    page = admin.page
    page.goto(agency.url)
    _tab_to(page, "login")
    page.keyboard.type(agency.login)
    _tab_to(page, "password")
    page.keyboard.type(agency.password)
    page.keyboard.press("Enter")
    page.locator("h1", has_text="Mulai").wait_for()
    _tab_to(page, "Dapatkan alamat dan kunci")
    page.keyboard.press("Enter")
    page.locator("#secret").wait_for()
    _tab_to(page, "Sudah dipasang di pengirim")
    page.keyboard.press("Enter")
    page.locator("#wait").wait_for()


def _focused(page: Page) -> str:
    told: str = page.evaluate(
        "document.activeElement.name || document.activeElement.innerText || ''"
    )
    return told.strip()


def _tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called so has the focus."""
    for _ in range(60):
        if _focused(page) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {name}")
