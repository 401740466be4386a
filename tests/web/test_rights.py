"""What people may ask of their data, by page: recorded, put right, restricted, erased."""

import io
import uuid
from collections.abc import Callable

import pytest

from lrs.store import audit
from lrs.store.engine import Database
from tests.agency import Agency, graduated
from tests.conftest import Cast
from tests.web.conftest import Browser

WHO = "Staf 01"
NIP = "199001012015011001"
STAFF = str(uuid.UUID(int=1, version=4))


@pytest.fixture
def agency(cast: Cast) -> Agency:
    return graduated(cast)


def test_a_request_is_recorded_and_refused_with_a_reason(agency: Agency, admin: Browser) -> None:
    page = admin.get(f"/people/{STAFF}/rights")
    assert "Nothing was asked yet." in page.text
    page = admin.send("/rights/ask", kind="erasure", asked_by="person")
    assert "to be erased" in page.text
    page = admin.send("/rights/settle", state="refused", reason="")
    assert page.status == 400
    assert "Say why" in page.text
    page = admin.send("/rights/settle", state="refused", reason="Arsip wajib disimpan.")
    assert "Arsip wajib disimpan." in page.text
    assert WHO in admin.get("/rights").text


def test_of_whom_data_is_only_kept_others_find_nothing(
    agency: Agency, admin: Browser, signed_in: Callable[..., Browser]
) -> None:
    reviewer = signed_in("reviewer")
    assert reviewer.get(f"/people/{STAFF}").status == 200
    admin.get(f"/people/{STAFF}/rights")
    page = admin.send("/rights/restrict", why="Sengketa.")
    assert "kept, and not used" in page.text
    assert reviewer.get(f"/people/{STAFF}").status == 404
    assert WHO not in reviewer.get("/people").text
    assert WHO not in reviewer.get("/cases").text
    assert WHO not in reviewer.get(f"/cases?name={WHO}").html.partition("<table")[2]
    assert WHO in admin.get(f"/cases?name={WHO}").html.partition("<table")[2]
    assert WHO in admin.get("/people").text
    admin.get(f"/people/{STAFF}/rights")
    admin.send("/rights/restrict", why="Selesai.")
    assert WHO in reviewer.get("/people").text


def test_a_person_is_put_right(agency: Agency, admin: Browser) -> None:
    admin.get(f"/people/{STAFF}/rectify")
    told = {"name": "Siti Rahma", "title": "Pranata Komputer"}
    assert "Siti Rahma" in admin.send("/rectify", **told).text
    assert "Pranata Komputer" in admin.get(f"/people/{STAFF}").text
    admin.get(f"/people/{STAFF}/rectify")
    wrong = admin.send("/rectify", number="123")
    assert wrong.status == 400
    assert "18" in wrong.text


def test_somebody_is_erased_once_the_name_is_typed_and_a_receipt_is_there(
    agency: Agency, admin: Browser, database: Database
) -> None:
    page = admin.get(f"/people/{STAFF}/erase")
    assert "follow-up cases" in page.text
    told = {"asked_by": "representative", "reason": "Diminta lewat surat."}
    assert admin.send("/erase", **told, confirmed="Staf").status == 400
    page = admin.send("/erase", **told, confirmed=WHO)
    assert "Receipt of erasure" in page.text
    assert "somebody who acts for them" in page.text
    assert WHO not in page.text
    receipt = page.html.partition("/erasures/")[2][:36]
    paper = admin.client.get(f"/erasures/{receipt}/pdf")
    assert paper.data.startswith(b"%PDF")
    code = page.html.partition("/cek/")[2].partition("<")[0]
    shown = admin.get(f"/cek/{code}")
    assert "Genuine" in shown.text
    assert admin.get(f"/cek/{code[:-4]}AAAA").status == 404
    assert admin.get(f"/people/{STAFF}").status == 404
    with database.read() as connection:
        noted = audit.page(connection, agency.tenant.id, limit=500)
    assert not [each for each in noted if STAFF in each.subject]
    assert "person/erased" in {each.action for each in noted}


def test_a_list_that_brings_them_again_asks_whether_that_is_meant(
    agency: Agency, admin: Browser
) -> None:
    agency.enter_number(agency.staff[WHO], NIP)
    admin.get(f"/people/{STAFF}/erase")
    admin.send("/erase", asked_by="person", reason="Diminta lewat surat.", confirmed=WHO)
    for kind, text in (
        ("people", f"NIP,Nama\n{NIP},{WHO}\n"),
        ("graduates", f"NIP,Nama,Kursus,Tanggal Selesai\n{NIP},{WHO},Arsip,2026-02-13\n"),
    ):
        admin.get(f"/imports?kind={kind}")
        page = admin.send("/imports", {"file": (io.BytesIO(text.encode()), "daftar.csv")})
        if kind == "graduates":
            page = admin.send("/imports/", do="look", add_people="yes")
        assert f"{WHO} was erased: they are taken in anew only if you say so." in page.text
        assert "would enter nothing new" in page.text
        page = admin.send("/imports/", do="look", erased_too="yes")
        assert "the one person of the list who was erased" in page.text
        assert f"{WHO} was erased, and is taken in anew" in page.text
    assert WHO not in admin.get("/people").text
    admin.get("/imports?kind=people")
    text = f"NIP,Nama\n{NIP},{WHO}\n"
    admin.send("/imports", {"file": (io.BytesIO(text.encode()), "daftar.csv")})
    admin.send("/imports/", do="look", erased_too="yes")
    admin.send("/imports/", do="enter")
    assert WHO in admin.get("/people").text


def test_only_an_admin_opens_these_pages(agency: Agency, signed_in: Callable[..., Browser]) -> None:
    for role in ("reviewer", "evaluator", "operator"):
        browser = signed_in(role)
        for path in ("/rights", f"/people/{STAFF}/rights", f"/people/{STAFF}/erase"):
            assert browser.get(path).status in (403, 404), (role, path)
