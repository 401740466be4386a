"""A cohort of forty is invited by the pages, in at most ten actions, with and without mail."""

import csv
import io
import re
from collections.abc import Callable

import pytest

from lrs import followup, projector
from lrs.adapters import Adapters
from lrs.papers import lists
from lrs.store import audit
from lrs.web import alumni, invitations, listing, reports
from tests.agency import HEAD, Agency
from tests.conftest import Cast
from tests.test_followup import sheet
from tests.web.conftest import Browser, Clock, links

SignedIn = Callable[..., Browser]

FORTY = "NIP;Nama;Pelatihan;Angkatan;Tanggal Lulus;Unit Kerja;No HP;NIP Atasan\n" + "".join(
    f"19900101201501{1 + n % 2}{n:03};Alumni {n:02};Pelatihan Arsip;XII;25 Januari 2026;"
    f"Dinas Arsip;0812345678{n:02};\n"
    for n in range(40)
)


def forty(admin: Browser, cast: Cast) -> str:
    """Forty graduates of one cohort; answers the address of their invitation."""
    admin.get("/imports?kind=graduates")
    admin.send("/imports", {"file": (io.BytesIO(FORTY.encode()), "lulusan.csv")})
    admin.send("/imports/", do="enter")
    projector.catch_up(cast.database, cast.tenant, Adapters.installed())
    admin.get("/programmes/proposed")
    admin.send("/programmes/proposed", **{"pack-pelatihan arsip": "latsar"})
    projector.catch_up(cast.database, cast.tenant, Adapters.installed())
    (address,) = links(admin.get("/invitations").html, "/invitations/cohort")[:1]
    return address.replace("&amp;", "&")


def test_forty_are_invited_in_a_few_presses_and_reached_without_mail(
    admin: Browser, cast: Cast
) -> None:
    address = forty(admin, cast)
    looked = admin.get(address)
    assert "40 people to be asked today" in looked.text
    assert "Nobody was asked yet" in admin.get("/invitations/waiting").text
    admin.get(address)
    asked = admin.send("/invitations/begin")
    assert "40 invitations are made." in asked.text
    assert "For 40 alumni no superior is known" in asked.text
    assert "40 people were asked, or are to be, and have not answered." in asked.text

    told = admin.send("/invitations/messages")
    found = re.findall(r'href="(https://wa\.me/62812345678\d\d\?text=[^"]+)"', told.html)
    assert len(set(found)) == 40
    assert told.html.count('rel="noopener noreferrer"') == 40
    assert "JEJAK_PUBLIC_URL" in told.text  # no public address is set: said, not guessed silently

    admin.get("/invitations/waiting")
    sheets = admin.send("/invitations/paper")
    assert sheets.html.count("<svg") == 40
    assert sheets.html.count("viewBox=") == 40  # so that no code is cut off where it is scaled
    assert "<style" not in sheets.html
    assert '<link rel="stylesheet" href="/f/assets/forms.css">' in sheets.html

    admin.get("/invitations/waiting")
    noted = admin.send("/invitations/handed")
    assert "Noted for 40 people." in noted.text
    assert "on paper" in noted.text
    with cast.database.read() as connection:
        done = {each.action for each in audit.page(connection, cast.tenant.id)}
    assert {"followup/begun", "invitations/handed-over", "invitations/seen"} <= done


def test_a_text_opens_the_page_of_its_person_and_asking_anew_closes_it(
    admin: Browser, cast: Cast
) -> None:
    admin.get(forty(admin, cast))
    admin.send("/invitations/begin")
    told = admin.send("/invitations/messages")
    (first, *_others) = re.findall(r"http://localhost(/f/[\w.-]+)", told.html)
    assert "Alumni 00" in admin.client.get(first).get_data(as_text=True)
    admin.get("/invitations/waiting")
    round_ = re.search(r'name="round" value="([0-9a-f]+)"', admin.page.html)
    assert round_ is not None
    token = admin.page.form("/invitations/messages").fields["token"]
    sent = {"token": token, "round": round_[1], "channel": "whatsapp"}
    assert admin.post("/invitations/handed", sent).status_code == 303
    assert admin.post("/invitations/again", {"token": token, "round": round_[1]}).status_code == 303
    assert admin.client.get(first).status_code in (404, 410)


def test_what_is_owed_is_listed_by_unit_and_a_cohort_is_left_in_peace(
    admin: Browser, cast: Cast
) -> None:
    admin.get(forty(admin, cast))
    shown = admin.send("/invitations/begin")
    assert "Dinas Arsip (40)" in shown.text
    assert "The unit has no contact yet." in shown.text
    admin.get("/invitations")
    admin.send("/invitations/stop")
    assert "nobody is asked" in admin.get("/invitations").text


def test_the_contact_of_a_unit_is_handed_the_list_of_its_people_with_their_links(
    admin: Browser, cast: Cast
) -> None:
    admin.get(forty(admin, cast))
    admin.send("/invitations/begin")
    action, token = "/invitations/list", admin.page.form("/sign-out").fields["token"]
    unit = admin.page.form("/invitations/handed").fields["unit"]
    answer = admin.post(action, {"token": token, "unit": unit})
    assert answer.content_type.startswith("text/csv")
    text = answer.data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0][:4] == ["Name", "Asked as", "About", "Phone"]
    assert rows[1][:4] == ["Alumni 00", "Alumni", "1", "+6281234567800"]
    assert len(rows) == 41
    page = rows[1][-1].removeprefix("http://localhost")
    assert "Alumni 00" in admin.client.get(page).get_data(as_text=True)
    handed = admin.post("/invitations/handed", {"token": token, "unit": unit, "channel": "list"})
    assert handed.status_code == 303
    assert "by the contact of the unit" in admin.get("/invitations/waiting").text


def test_a_link_that_came_into_wrong_hands_is_ended(admin: Browser, cast: Cast) -> None:
    admin.get(forty(admin, cast))
    admin.send("/invitations/begin")
    told = admin.send("/invitations/messages")
    (first, *_others) = re.findall(r"http://localhost(/f/[\w.-]+)", told.html)
    form = told.form("/invitations/handed").fields
    admin.post("/invitations/handed", form)  # only who was asked can have a link
    admin.get("/invitations/waiting")
    ended = admin.send("/invitations/revoke", round=form["round"])
    assert "One link ended." in ended.text
    assert admin.client.get(first).status_code == 410
    assert "Alumni 00" in ended.text  # still waits: to be asked anew, or not


def test_who_says_that_an_answer_was_not_theirs_is_taken_at_their_word_and_asked_anew(
    agency: Agency, admin: Browser, signed_in: SignedIn
) -> None:
    """Whoever has no mail address gets no letter to say so by, and tells the admin."""
    round_ = agency.round_of("Rina Kepala")
    page = agency.page(round_)
    agency.do(followup.answer, page, sheet(page, "C"), now=agency.now)
    agency.catch_up()
    case = next(
        row["id"].hex() for row in agency.rows() if row["subject"] == agency.staff["Staf 01"]
    )
    waiting = admin.get("/invitations/waiting").text
    assert "Rina Kepala" not in waiting
    assert "Take an answer back" not in signed_in("evaluator").get(f"/cases/{case}").text
    shown = admin.get(f"/cases/{case}")
    (given,) = re.findall(r'<option value="([0-9a-f]{32})">([^<]+)</option>', shown.html)[:1]
    assert given[1].startswith("Rina Kepala, Direct superior, form C")
    assert admin.send("/disown", answer=given[0]).status == 400  # no reason
    admin.get(f"/cases/{case}")
    done = admin.send("/disown", answer=given[0], note="Rina bilang bukan dia.")
    assert "Taken back." in done.text
    agency.catch_up()
    assert not [row for row in agency.rows("answers") if row["rater"] == HEAD]
    shown = admin.get("/invitations/waiting")
    assert "Rina Kepala" in shown.text
    assert "says it was not them" in shown.text
    assert round_.hex() not in admin.send("/invitations/messages").html
    token = admin.get("/invitations/waiting").form("/sign-out").fields["token"]
    admin.post("/invitations/again", {"token": token, "round": round_.hex()})
    assert {row["state"] for row in agency.ledger(round=round_)} == {"due"}


def test_a_poster_lets_citizens_say_how_the_service_of_a_unit_was(
    admin: Browser, cast: Cast
) -> None:
    forty(admin, cast)
    (unit,) = links(admin.get("/units").html, "/units/[0-9a-f]+$")
    assert "JEJAK_PUBLIC_URL" in admin.get(unit).text
    poster = admin.send("/poster")
    assert "Dinas Arsip" in poster.text
    assert "How was the service today?" in poster.text
    assert poster.html.count("<svg") == 1
    assert "<style" not in poster.html


def whole(admin: Browser, address: str, pattern: str) -> list[str]:
    """What stands on a list, page by page."""
    found: list[str] = []
    page = admin.get(address)
    while True:
        found += dict.fromkeys(re.findall(pattern, page.html))
        more = [each for each in links(page.html, "after=") if "after=" in each]
        if not more:
            return found
        page = admin.get(more[0].replace("&amp;", "&"))


def test_a_list_that_is_longer_than_a_page_goes_on_and_leaves_nobody_out(
    admin: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = [f"Alumni {n:02}" for n in range(40)]
    admin.get(forty(admin, cast))
    admin.send("/invitations/begin")
    monkeypatch.setattr(invitations, "MOST", 15)
    monkeypatch.setattr(alumni, "MOST", 15)
    monkeypatch.setattr(listing, "SIZE", 15)
    assert whole(admin, "/invitations/waiting", r"Alumni \d\d") == everybody
    assert "40 people were asked" in admin.get("/invitations/waiting").text
    for address in ("/alumni", "/invitations/due", "/invitations/due?state=due"):
        assert sorted(whole(admin, address, r"Alumni \d\d")) == everybody, address
    assert whole(admin, "/invitations/due?state=sent", r"Alumni \d\d") == []


def test_who_never_answered_is_found_after_the_window_closed_too(
    admin: Browser, cast: Cast, clock: Clock
) -> None:
    admin.get(forty(admin, cast))
    admin.send("/invitations/begin")
    assert "Nobody is like that" in admin.get("/invitations/due?late=yes").text
    clock.on(days=200)
    admin.sign_in("admin")
    (way,) = links(admin.get("/summary").html, "/invitations/due.*state=due.*late=yes")[:1]
    late = admin.get(way.replace("&amp;", "&"))
    assert late.html.count("Overdue") > 40
    assert "Alumni 00" in late.text
    assert "Alumni 00" not in admin.get("/invitations/waiting").text


def test_the_files_of_what_is_due_hold_all_and_only_of_the_unit_that_was_chosen(
    admin: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.get(forty(admin, cast))
    admin.send("/invitations/begin")
    monkeypatch.setattr(lists, "PIECE", 15)
    monkeypatch.setattr(reports, "MOST", 10)
    page = admin.get("/reports/due")
    assert "The first 10 are listed; the files hold all of them." in page.text
    rows = admin.client.get("/reports/due/csv?table=2").get_data(as_text=True).splitlines()
    assert len(rows) == 41
    rows = admin.client.get("/reports/due/csv?table=2&unit=Dinas+Arsip").get_data(as_text=True)
    assert len(rows.splitlines()) == 41
    admin.get("/imports?kind=people")
    other = "nip;nama;unit kerja\n197001011990011001;Budi;Dinas Lain\n"
    admin.send("/imports", {"file": (io.BytesIO(other.encode()), "orang.csv")})
    admin.send("/imports/", do="enter")
    rows = admin.client.get("/reports/due/csv?table=2&unit=Dinas+Lain").get_data(as_text=True)
    assert len(rows.splitlines()) == 1


def test_whoever_only_reads_sees_no_links_and_whoever_may_not_sees_nothing(
    admin: Browser, cast: Cast, signed_in: SignedIn
) -> None:
    admin.get(forty(admin, cast))
    admin.send("/invitations/begin")
    evaluator = signed_in("evaluator")
    seen = evaluator.get("/invitations/waiting")
    assert "Alumni 00" in seen.text
    assert "WhatsApp" not in seen.text
    assert "0812345678" not in seen.html
    contact = signed_in("unit_contact")
    assert "Alumni" not in contact.get("/invitations/waiting").text  # of no unit of theirs
    for role in ("reviewer", "head", "learner", "superior"):
        assert signed_in(role).get("/invitations/waiting").status == 403
    token = evaluator.page.form("/sign-out").fields["token"]
    for address in (
        *("messages", "list", "paper", "handed", "again", "revoke", "begin", "stop", "ask-unit"),
    ):
        assert evaluator.post(f"/invitations/{address}", {"token": token}).status_code == 403


def test_a_round_of_another_agency_is_not_there(
    admin: Browser, cast: Cast, neighbour: Cast
) -> None:
    token = admin.get("/invitations").form("/sign-out").fields["token"]
    for address in ("messages", "list", "again", "revoke", "handed"):
        given = {"token": token, "round": "00" * 16, "channel": "paper"}
        assert admin.post(f"/invitations/{address}", given).status_code == 404
    assert admin.get(f"/invitations/cohort?programme={'ab' * 16}").status == 404
    assert admin.get("/invitations/cohort?programme=x").status == 404
