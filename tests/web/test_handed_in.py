"""Reports as PDF, and what was handed in to an LMS, are looked at by pages and become evidence."""

import io
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from lrs import people as register_of_people
from lrs.practice import records
from lrs.practice.records import Evidence
from lrs.store import audit, waiting
from lrs.web import imports_submissions as pages
from lrs.worker import sweep_files
from tests.conftest import Cast
from tests.pdfs import pdf
from tests.test_imports_reports import COVER, REPORT, SIGNED
from tests.test_imports_submissions import HOME, submitted
from tests.test_people import ANI, BUDI, HEADINGS, SARI, known, take
from tests.web.conftest import Browser, Clock, links

SignedIn = Callable[..., Browser]

SCAN = pdf([])


@pytest.fixture(autouse=True)
def people(cast: Cast, clock: Clock) -> None:
    clock.now = datetime(2026, 6, 1, 3, tzinfo=UTC)
    take(cast, HEADINGS + f"{SARI},Sari Dewi,Dinas,Analis,,\n{BUDI},Budi,Dinas,Kepala,,\n")


def evidence(cast: Cast) -> list[Evidence]:
    told = map(records.read, cast.statements())
    return [each for each in told if isinstance(each, Evidence)]


def drop(admin: Browser, *files: tuple[bytes, str]) -> None:
    admin.get("/imports/reports")
    sent = [(io.BytesIO(content), name) for content, name in files]
    admin.send("/imports/reports", {"files": sent})
    while "/imports/reports/read" in admin.page.html:
        admin.send("/imports/reports/read")


def open_(admin: Browser) -> str:
    (address,) = set(links(admin.page.html, r"^/imports/reports/[0-9a-f]{32}$"))
    admin.get(address)
    return address


# Reports ------------------------------------------------------------------------------------


def test_a_report_is_shown_beside_its_page_and_becomes_evidence_as_it_was_confirmed(
    cast: Cast, admin: Browser
) -> None:
    drop(admin, (REPORT, "laporan.pdf"))
    assert "nothing to mend" in admin.page.text
    address = open_(admin)
    for words in ("Sari Dewi", "signed on page 3", "APLIKASI SIANTRI", "NIP. 19850202", "sure"):
        assert words in admin.page.text
    picture = admin.client.get(f"{address}/page/3")
    assert picture.data.startswith(b"\x89PNG")
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert evidence(cast) == []

    done = admin.send(address, do="accept", title="Antrian Siantri")
    assert "It is evidence now" in done.text
    assert "No report waits" in done.text
    (told,) = evidence(cast)
    assert (told.title, told.of, told.files) == ("Antrian Siantri", "project", 1)
    assert known(cast, SARI)[1].posts[-1].superior == known(cast, BUDI)[0]
    with cast.database.read() as connection:
        done_ = {each.action for each in audit.page(connection, cast.tenant.id)}
    assert {"waiting report/dropped", "evidence/handed in", "superior/confirmed"} <= done_


def test_many_are_dropped_at_once_and_those_with_nothing_to_mend_accepted_together(
    cast: Cast, admin: Browser
) -> None:
    other = pdf((*COVER[:-1], "TAHUN 2025"), SIGNED)
    drop(admin, (REPORT, "satu.pdf"), (other, "dua.pdf"), (SCAN, "pindaian.pdf"))
    assert admin.page.text.count("nothing to mend") == 2
    assert "whose is not known" in admin.page.text
    ids = [each.rsplit("/", 1)[1] for each in links(admin.page.html, r"^/imports/reports/\w{32}$")]
    done = admin.send("/imports/reports/together", report=ids, do="accept", mentors="")
    assert "2 reports are evidence now." in done.text
    assert "One was left: look at it by itself." in done.text
    assert len(evidence(cast)) == 2
    assert known(cast, SARI)[1].posts[-1].superior is None
    (left,) = set(links(done.html, r"^/imports/reports/\w{32}$"))
    gone = admin.send("/imports/reports/together", report=left.rsplit("/", 1)[1], do="dismiss")
    assert "One report was dismissed." in gone.text
    assert "No report waits" in gone.text


def test_a_scan_is_filled_in_by_hand_and_what_is_missing_is_said_at_its_field(
    cast: Cast, admin: Browser
) -> None:
    drop(admin, (SCAN, "pindaian.pdf"))
    address = open_(admin)
    assert "pictures of pages and no text" in admin.page.text
    wrong = admin.send(address, do="accept", superior="yes", author="Nobody At All")
    assert wrong.status == 400
    assert "Nobody in the register is called so" in wrong.text
    assert "Say who it is, or do not enter them as the superior." in wrong.text
    assert wrong.text.count("This is missing.") == 4  # title and day, above and at their fields

    look = admin.send(address, do="look", author="sari", superior=[])
    assert "Which of them is it?" in look.text  # by a name alone nobody is meant
    form = admin.page.form(address).fields
    assert "author_person" not in form
    sari = known(cast, SARI)[0]
    admin.send(
        address,
        do="accept",
        author="sari",
        author_person=sari.hex(),
        title="Antrian",
        done_on="2026-04-01",
        of="plan",
    )
    assert admin.page.status == 400  # an id as hexadecimal digits is none of those shown
    done = admin.send(address, do="accept", author_person=str(uuid.UUID(bytes=sari)))
    assert "It is evidence now" in done.text
    assert [(each.of, each.title) for each in evidence(cast)] == [("plan", "Antrian")]


def test_a_mentor_whom_nobody_has_is_entered_as_read_where_that_is_ticked(
    cast: Cast, admin: Browser
) -> None:
    stranger = pdf(
        COVER, (*SIGNED[:-2], "Ani|Rudi Hartono", f"NIP. {ANI}|NIP. 19750202 200001 1 003")
    )
    drop(admin, (stranger, "laporan.pdf"))
    address = open_(admin)
    assert "not in the register" in admin.page.text
    admin.send(address, do="accept", add_mentor="yes")
    rudi = known(cast, "197502022000011003")
    assert rudi[1].name == "Rudi Hartono"
    assert known(cast, SARI)[1].posts[-1].superior == rudi[0]


def test_a_mentor_who_was_erased_is_entered_only_where_that_is_said(
    cast: Cast, admin: Browser
) -> None:
    number = "197502022000011003"
    take(cast, HEADINGS + f"{number},Rudi Hartono,Dinas,Kepala,,\n")
    rudi = str(uuid.UUID(bytes=known(cast, number)[0]))
    admin.get(f"/people/{rudi}/erase")
    admin.send("/erase", asked_by="person", reason="Diminta.", confirmed="Rudi Hartono")
    signed = (*SIGNED[:-2], "Ani|Rudi Hartono", f"NIP. {ANI}|NIP. {number}")
    drop(admin, (pdf(COVER, signed), "laporan.pdf"))
    address = open_(admin)
    assert "Who has the mentor's number was erased" in admin.page.text
    refused = admin.send(address, do="accept", add_mentor="yes")
    assert refused.status == 400
    assert "entered anew only if you say so" in refused.text
    admin.send(address, do="accept", add_mentor="yes", erased_too="yes")
    assert known(cast, SARI)[1].posts[-1].superior == known(cast, number)[0]


def test_what_is_no_pdf_is_told_by_its_name_and_the_others_are_kept(
    cast: Cast, admin: Browser
) -> None:
    admin.get("/imports/reports")
    sent = [(io.BytesIO(b"PK\x03\x04"), "laporan.docx"), (io.BytesIO(REPORT), "laporan.pdf")]
    told = admin.send("/imports/reports", {"files": sent})
    assert told.status == 400
    assert "laporan.docx:" in told.text
    assert "laporan.pdf" in told.text
    nothing = admin.send("/imports/reports", {"files": (io.BytesIO(b""), "")})
    assert "Choose one or more PDF files." in nothing.text


def test_the_same_report_again_waits_once_and_then_is_there_already(
    cast: Cast, admin: Browser
) -> None:
    drop(admin, (REPORT, "a.pdf"), (REPORT, "b.pdf"))
    open_(admin)
    admin.send("/imports/reports/", do="accept")
    drop(admin, (REPORT, "c.pdf"))
    assert "there already" in admin.page.text
    open_(admin)
    assert "This report was taken in before." in admin.page.text


def test_what_nobody_comes_back_to_is_dropped_after_a_month(
    cast: Cast, admin: Browser, clock: Clock
) -> None:
    drop(admin, (REPORT, "laporan.pdf"))
    address = open_(admin)
    context = admin.client.application.extensions["jejak"]  # type: ignore[union-attr]
    assert sweep_files(context) == 0
    clock.on(days=31)
    assert sweep_files(context) == 1
    admin.sign_in("admin")
    assert admin.get(address).status == 404


def test_what_seems_to_be_somebodys_can_be_forgotten_with_them(cast: Cast, admin: Browser) -> None:
    drop(admin, (REPORT, "laporan.pdf"), (SCAN, "pindaian.pdf"))
    sari = known(cast, SARI)[0]
    gone = cast.database.write(lambda c: waiting.forget(c, cast.tenant.id, [sari]))
    assert gone == 1
    assert "laporan.pdf" not in admin.get("/imports/reports").text


def test_reports_of_another_agency_are_not_there(
    cast: Cast, admin: Browser, neighbour: Cast, signed_in: SignedIn, person: Callable[..., object]
) -> None:
    drop(admin, (REPORT, "laporan.pdf"))
    address = open_(admin)
    person("other", "admin", owner=neighbour)
    stranger = Browser(admin.client.application)  # type: ignore[arg-type]
    stranger.sign_in("other")
    assert stranger.get(address).status == 404
    assert stranger.get(f"{address}/page/1").status == 404
    assert "laporan.pdf" not in stranger.get("/imports/reports").text
    for role in ("reviewer", "learner", "head", "superior"):
        assert signed_in(role).get("/imports/reports").status == 403


# Submissions --------------------------------------------------------------------------------


@pytest.fixture
def sari(cast: Cast) -> bytes:
    take(cast, f"nip,homepage,akun\n{SARI},{HOME},7\n", register_of_people.import_accounts)
    return known(cast, SARI)[0]


def test_what_was_handed_in_to_the_lms_is_accepted_in_bulk(
    cast: Cast, admin: Browser, sari: bytes
) -> None:
    plan = submitted(cast, "Rencana Aksi")
    submitted(cast, "Kuis 3")
    submitted(cast, "Laporan Aktualisasi", who="99")
    shown = admin.get("/imports/submissions")
    for words in ("Rencana Aksi", "Sari Dewi", "rencana aksi”", "Plan", "of nobody known (1)"):
        assert words in shown.text
    assert "Kuis" not in shown.text
    done = admin.send("/imports/submissions/decide", statement=[plan], do="accept")
    assert "One piece of evidence now." in done.text
    assert [(each.of, each.source) for each in evidence(cast)] == [("plan", plan)]
    assert "See it" in admin.get("/imports/submissions?state=accepted").text
    assert "sari d" in admin.get("/imports/submissions?state=unknown").text


def test_where_much_was_handed_in_the_page_says_how_far_back_it_read(
    cast: Cast, admin: Browser, sari: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "READ", 1)
    submitted(cast, "Rencana Aksi", day=10)
    submitted(cast, "Kuis 3", day=11)
    newest = admin.get("/imports/submissions")
    assert "The newest records were read, back to" in newest.text
    assert "Rencana Aksi" not in newest.text
    (further,) = links(newest.html, r"^/imports/submissions\?before=\d+$")
    assert "Rencana Aksi" in admin.get(further).text


def test_what_is_none_is_dismissed_and_can_be_proposed_again(
    cast: Cast, admin: Browser, sari: bytes
) -> None:
    plan = submitted(cast, "Rencana Aksi")
    admin.get("/imports/submissions")
    gone = admin.send("/imports/submissions/decide", statement=[plan], do="dismiss")
    assert "One was dismissed." in gone.text
    assert "Nothing is like that" in gone.text
    assert "Rencana Aksi" in admin.get("/imports/submissions?state=dismissed").text
    again = admin.send("/imports/submissions/decide", statement=[plan], do="again")
    assert "One is proposed again." in again.text
    assert "Rencana Aksi" in admin.get("/imports/submissions").text
    token = admin.page.form("/sign-out").fields["token"]
    sent = {"token": token, "statement": "no-id", "do": "accept"}
    assert admin.post("/imports/submissions/decide", sent).status_code == 404


def test_an_older_one_is_found_by_its_day_and_its_words(
    cast: Cast, admin: Browser, sari: bytes, clock: Clock
) -> None:
    submitted(cast, "Rencana Aksi")
    clock.on(days=400)
    admin.sign_in("admin")
    assert "Nothing was handed in" in admin.get("/imports/submissions").text
    assert "Rencana Aksi" in admin.get("/imports/submissions?since=2026-01-01&name=sari").text
    assert "Nothing is like" in admin.get("/imports/submissions?since=2026-01-01&name=budi").text
