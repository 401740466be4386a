"""The first hour of an agency: from nothing to the printed list of alumni and deadlines."""

from collections.abc import Callable

from tests.e2e.conftest import Agency, Hands
from tests.e2e.steps import (
    basic,
    choose_file_by_keys,
    connect_moodle,
    enter_people,
    follow,
    moodle_sends,
    sign_in,
    tab_to,
    users_of_moodle,
    worked_out,
)

#: Presses from signing in to the printed list.
MOST = 15


def test_from_a_moodle_that_begins_to_send_to_the_printed_list(
    agency: Agency, hands: Callable[..., Hands]
) -> None:
    """At most 15 presses, with the statements of a real Moodle arriving over HTTP."""
    admin = hands()
    page = admin.page
    sign_in(admin, agency.login, agency.password)
    assert admin.heading() == "Mulai"

    moodle_sends(agency, connect_moodle(admin))
    page.locator("#wait .badge.good").wait_for()  # of itself: nobody pressed anything

    admin.press("Lanjut: pelatihan dan angkatan")
    found = page.locator("tbody tr").count()
    assert found >= 1
    admin.press("Berlakukan")
    assert admin.heading() == "Mulai"

    enter_people(admin)
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
    sign_in(admin, agency.login, agency.password)
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
    """Tab and Enter lead from signing in to the printed list."""
    admin = hands()
    page = admin.page
    page.goto(agency.url)
    tab_to(page, "login")
    page.keyboard.type(agency.login)
    tab_to(page, "password")
    page.keyboard.type(agency.password)
    page.keyboard.press("Enter")
    page.locator("h1", has_text="Mulai").wait_for()
    follow(page, "Dapatkan alamat dan kunci")
    key, secret = (page.locator(f"#{word}").inner_text() for word in ("key", "secret"))
    follow(page, "Sudah dipasang di pengirim")
    moodle_sends(agency, basic(key, secret))
    page.locator("#wait .badge.good").wait_for()
    follow(page, "Lanjut: pelatihan dan angkatan")
    page.locator("#found tbody tr").first.wait_for()
    follow(page, "Berlakukan")
    follow(page, "Masukkan daftar orang")
    tab_to(page, "file")
    choose_file_by_keys(page, "users.csv", users_of_moodle())
    follow(page, "Periksa dulu")
    follow(page, "Masukkan")
    follow(page, "Ke daftar")
    worked_out(page)
    page.evaluate("() => { window.print = () => { document.title = 'printed' } }")
    tab_to(page, "Cetak")
    page.keyboard.press("Enter")
    assert page.title() == "printed"
    assert admin.complaints == []
