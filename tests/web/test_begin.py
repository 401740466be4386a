"""The first hour, list by list, as a browser without script sees it."""

import io
from collections.abc import Callable

import pytest

from lrs import projector
from lrs.adapters import Adapters
from lrs.errors import Problem
from lrs.store import accounts, audit, sessions
from lrs.web import sentences
from lrs.web.rooms import LIMITS
from lrs.xapi.repairs import REPAIRS
from tests.conftest import Cast
from tests.plugins.test_lms import course_completed
from tests.promises import parts
from tests.test_people import HEADINGS, SARI, SARI_ROW
from tests.web.conftest import Browser, Clock

SignedIn = Callable[..., Browser]

GRADUATES = (
    "NIP;Nama;Pelatihan;Angkatan;Tanggal Lulus\n"
    f"{SARI};Sari;Pelatihan Kepemimpinan Pengawas;XII;12 Oktober 2025\n"
    "12345;Salah;Pelatihan Kepemimpinan Pengawas;XII;12 Oktober 2025\n"
)


def drop(browser: Browser, kind: str, text: str, name: str = "daftar.csv") -> None:
    """Choose a kind of list and a file, and look at it."""
    browser.get(f"/imports?kind={kind}")
    browser.send("/imports", {"file": (io.BytesIO(text.encode()), name)})


def follow(cast: Cast) -> None:
    projector.catch_up(cast.database, cast.tenant, Adapters.installed())


def test_an_empty_agency_begins_with_the_set_up(admin: Browser) -> None:
    assert "Where do completions come from?" in admin.get("/").text
    assert admin.page.address == "/setup"


def test_the_secret_is_shown_by_one_answer_and_the_wait_tells_when_something_came(
    admin: Browser, cast: Cast
) -> None:
    admin.get("/setup")
    shown = admin.send("/setup/moodle")
    assert "/xapi" in shown.text
    assert shown.answer.headers["Cache-Control"] == "no-store"
    with cast.database.read() as connection:
        (key,) = accounts.keys(connection, cast.tenant, "moodle")
    assert set(key.scopes) == {"statements/write", "statements/read/mine"}
    waiting = admin.get("/setup/wait/moodle")
    assert "Nothing yet" in waiting.text
    assert '<noscript><meta http-equiv="refresh"' in waiting.html
    assert key.public not in waiting.html


def test_the_first_key_is_strict_unless_something_else_is_chosen(
    admin: Browser, cast: Cast
) -> None:
    for chosen in ({}, {"salvage": "yes", "repairs": next(iter(REPAIRS)), "duplicates": "report"}):
        admin.get("/setup")
        assert admin.send("/setup/moodle", **chosen).status == 200
    admin.get("/setup")
    assert admin.send("/setup/moodle", repairs="all").status == 400
    with cast.database.read() as connection:
        (strict,) = accounts.keys(connection, cast.tenant, "moodle")
        (kind,) = accounts.keys(connection, cast.tenant, "moodle-2")
        names = {each.name for each in accounts.sources(connection, cast.tenant)}
    assert strict.kindness == accounts.Kindness()
    assert kind.kindness.salvage
    assert kind.kindness.repairs == {next(iter(REPAIRS))}
    assert kind.kindness.duplicates == "report"
    assert "moodle-3" not in names


def test_a_list_of_graduates_leads_to_the_list_of_alumni_without_anything_else(
    admin: Browser, cast: Cast
) -> None:
    drop(admin, "graduates", GRADUATES)
    assert "row 3, NIP" in admin.page.text
    assert "Enter it" in admin.page.text
    assert admin.page.form("/imports/").fields["add_people"] == ["yes"]
    secret = admin.page.address
    admin.send("/imports/", do="enter")
    assert admin.page.address == "/setup"
    assert admin.get(secret).status == 404  # the file is gone
    follow(cast)
    found = admin.get("/programmes/proposed")
    assert "Pelatihan Kepemimpinan Pengawas" in found.text
    admin.send("/programmes/proposed")
    follow(cast)
    listed = admin.get("/alumni")
    assert "Sari" in listed.text
    assert "Stage 1 (30–45 days)" in listed.text
    assert "11 Nov 2025" in listed.text
    with cast.database.read() as connection:
        done = {each.action for each in audit.page(connection, cast.tenant.id)}
    assert {"import/graduates", "programme/entered", "alumni/seen"} <= done


def test_columns_that_were_guessed_wrong_are_chosen_anew(admin: Browser, cast: Cast) -> None:
    drop(admin, "people", f"NIP,Nama,Nama Panggilan\n{SARI},Sari Dewi,Sari\n")
    form = admin.page.form("/imports/")
    assert form.fields["column-name"] == "Nama"
    admin.send("/imports/", **{"column-name": "Nama Panggilan", "do": "look"})
    assert admin.page.form("/imports/").fields["column-name"] == "Nama Panggilan"
    admin.send("/imports/", **{"column-number": "", "do": "look"})
    assert admin.page.status == 400
    assert "The list has no column for number" in admin.page.text


def test_a_list_of_users_is_joined_to_the_accounts_that_the_records_name(
    admin: Browser, cast: Cast
) -> None:
    account = {"homePage": "https://lms.example.go.id", "name": "7"}
    users = "id,username,email,firstname,lastname\n7,sari,sari@example.go.id,Sari,Dewi\n"
    parts.send(
        cast.database,
        parts.principal(cast),
        [course_completed(actor={"objectType": "Agent", "account": account})],
    )
    follow(cast)
    drop(admin, "people", users)
    fields = admin.page.form("/imports/").fields
    assert (fields["home"], fields["account_column"]) == ("https://lms.example.go.id", "id")
    admin.send("/imports/", do="enter")
    follow(cast)
    assert "Everybody in the records is known" in admin.get("/identities").text


def test_what_the_lms_holds_and_never_arrived_is_entered_at_one_press(
    admin: Browser, cast: Cast
) -> None:
    drop(admin, "people", HEADINGS + SARI_ROW)
    admin.send("/imports/", do="enter")
    course = "https://lms.example.go.id/course/view.php?id=2"
    drop(admin, "reconcile", f"idnumber,course,timecompleted\n{SARI},{course},2025-10-12\n")
    assert "this completion never arrived" in admin.page.text
    admin.send("/imports/", do="enter")
    follow(cast)
    drop(admin, "reconcile", f"idnumber,course,timecompleted\n{SARI},{course},2025-10-12\n")
    assert "The list would enter nothing new." in admin.page.text


def test_evidence_and_invitations_come_in_as_lists_too(admin: Browser, cast: Cast) -> None:
    drop(admin, "people", HEADINGS + SARI_ROW)
    admin.send("/imports/", do="enter")
    drop(admin, "rosters", f"NIP;Pelatihan;Tanggal Undangan\n{SARI};Diklat Arsip;3 Oktober 2025\n")
    assert "invited" in admin.page.text
    admin.send("/imports/", do="enter")
    drop(admin, "evidence", f"NIP;Tanggal;Kegiatan\n{SARI};3 November 2025;Menyusun SOP\n")
    assert "Menyusun SOP" in admin.page.text
    admin.send("/imports/", do="enter")
    assert admin.page.status == 200


def test_a_file_waits_for_its_own_admin_alone_and_not_for_ever(
    admin: Browser, signed_in: SignedIn, clock: Clock
) -> None:
    drop(admin, "people", HEADINGS + SARI_ROW)
    address = admin.page.address
    other = signed_in("admin", login="other")
    assert other.get(address).status == 404
    clock.on(minutes=61)
    if "/sign-in" in admin.get("/account").address:  # idle for so long
        admin.sign_in("admin")
    assert admin.get(address).status == 404


def test_a_file_that_is_too_large_is_refused_before_it_is_read(admin: Browser) -> None:
    assert LIMITS["web.imports.choose"] < 10 << 20
    admin.get("/imports")
    large = io.BytesIO(b"x" * (LIMITS["web.imports.choose"] + 1))
    assert admin.send("/imports", {"file": (large, "besar.csv")}).status == 413
    admin.get("/imports")
    still = io.BytesIO(b"x" * ((8 << 20) + 1))
    assert admin.send("/imports", {"file": (still, "besar.csv")}).status == 400
    assert "larger than 8 MB" in admin.page.text


@pytest.mark.parametrize("content", [b"", b"\0\1\2", b"PK\3\4broken"])
def test_what_is_no_list_is_told_at_its_field(admin: Browser, content: bytes) -> None:
    admin.get("/imports?kind=people")
    shown = admin.send("/imports", {"file": (io.BytesIO(content), "x.xlsx")})
    assert shown.status == 400
    assert 'href="#field-file"' in shown.html


@pytest.mark.parametrize("role", ["reviewer", "evaluator", "head", "learner", "superior"])
def test_only_the_admin_enters_lists(signed_in: SignedIn, role: str) -> None:
    browser = signed_in(role)
    assert browser.get("/imports").status == 403
    assert browser.get("/programmes/proposed").status == 403
    assert browser.get("/setup").status == 403


def test_no_file_outlives_what_was_done_with_it(admin: Browser, cast: Cast, clock: Clock) -> None:
    drop(admin, "people", HEADINGS + SARI_ROW)
    clock.on(hours=2)
    gone = cast.database.write(lambda c: sessions.sweep(c, clock.now))
    assert gone >= 1


def test_sentences_about_rows_are_said_in_the_readers_language(
    signed_in: SignedIn, cast: Cast
) -> None:
    admin = signed_in("admin", "operator", login="admin", language="id")
    drop(admin, "people", f"NIP,Nama\n123,Salah\n{SARI},Sari\n{SARI},Sari lagi\n")
    assert "baris 2, NIP: Nomornya 3 angka; NIP atau NI PPPK terdiri dari 18." in admin.page.text
    assert "baris 4, NIP: Baris sebelumnya" in admin.page.text


def test_a_sentence_that_nobody_foresaw_is_told_to_be_english() -> None:
    assert sentences.told("row 3: quite another thing").endswith("quite another thing")
    assert sentences.known("quite another thing") is None
    problem = Problem("row 4, NIP", "This number belongs to somebody else.")
    assert "row 4" in sentences.problem(problem) or "baris 4" in sentences.problem(problem)
