"""Learners and superiors look at what is theirs, hand in, and have a letter that all can check."""

import io
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader

from lrs import agency, casework, certificates, rights
from lrs.auth import links
from lrs.practice import people, records
from lrs.settings import Settings
from lrs.store import accounts, audit
from lrs.store.register import Fact
from tests import make
from tests.agency import asked
from tests.conftest import NOW, Cast
from tests.pdfs import pdf
from tests.test_casework import ANSWERS, BUDI, RINA, SARI, Desk, answered, desk
from tests.test_casework import NOW as WORKDAY
from tests.web.conftest import Browser, Clock
from tests.web.conftest import links as links_on
from tests.web.test_review import XSS, hand_in

__all__ = ["desk"]

Who = Callable[..., Browser]


@pytest.fixture
def case(desk: Desk) -> str:
    """The case of Sari, whose superior is Budi; Rina is somebody else."""
    for person, name in ((SARI, "Sari Dewi"), (BUDI, "Budi Kepala"), (RINA, "Rina Rekan")):
        desk.enter(Fact(people.PERSON, uuid.UUID(person).bytes, {"name": name}))
    boss = {"superior": uuid.UUID(BUDI).bytes.hex(), "superior_state": people.CONFIRMED}
    desk.enter(Fact(people.POST, uuid.UUID(SARI).bytes, boss))
    return desk.completes("sari").hex()


@pytest.fixture
def who(cast: Cast, clock: Clock, signed_in: Callable[..., Browser]) -> Who:
    """A browser of somebody of the register, on the day on which the desk is at work."""
    clock.now = WORKDAY

    def make_(login: str, person: str, *roles: str) -> Browser:
        browser = signed_in(*roles, login=login)
        cast.database.write(
            lambda c: accounts.change_user(c, cast.tenant, login, person=uuid.UUID(person).bytes)
        )
        return browser

    return make_


def post(browser: Browser, address: str, **values: Any) -> Any:
    token = browser.get("/account").form("/account").fields["token"]
    return browser.post(address, {"token": token, **values})


def given(**changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "submission": str(uuid.uuid4()),
        "of": "artefact",
        "title": "Rekap keluhan",
        "text": "Semua dijawab dalam sehari.",
        "performed_on": "2026-04-01",
        "behaviours": ANSWERS,
    }
    return usual | changes


def test_a_learner_hands_in_a_file_and_sees_what_becomes_of_it(
    desk: Desk, case: str, who: Who
) -> None:
    sari = who("sari", SARI, "learner")
    assert "Pelayanan Prima" in sari.get("/mine").text
    assert "Nothing was handed in yet" in sari.page.text
    sari.get(f"/mine/cases/{case}/evidence")
    file = (io.BytesIO(pdf(["Rekap keluhan bulan Maret"])), "rekap.pdf", "application/pdf")
    page = sari.send("/evidence", {"files": file}, **given())
    assert "Handed in. A reviewer looks at it" in page.text
    desk.catch_up()
    (link,) = desk.links()
    assert "Rekap keluhan" in sari.get("/mine").text
    assert "Submitted" in sari.page.text
    desk.do(casework.decide, link=bytes(link["id"]), move="take", by="user:tono")
    desk.do(
        casework.decide,
        link=bytes(link["id"]),
        move="return",
        by="user:tono",
        reason="Halaman tanggal tidak ada.",
        rests_on="halaman 1",
    )
    assert "Returned" in sari.get("/mine").text
    assert "Halaman tanggal tidak ada." in sari.page.text
    assert f"again={bytes(link['id']).hex()}" in sari.page.html
    page = sari.get(f"/mine/cases/{case}/evidence?again={bytes(link['id']).hex()}")
    assert "It was returned: Halaman tanggal tidak ada." in page.text
    assert page.form("/evidence").fields["title"] == "Rekap keluhan"


def test_who_handed_something_in_takes_it_back_and_nobody_else_but_the_admin(
    desk: Desk, case: str, who: Who, signed_in: Callable[..., Browser]
) -> None:
    sari, budi = who("sari", SARI, "learner"), who("budi", BUDI, "superior")
    for title in ("Memuat data warga", "Rekap keluhan"):
        told = given(title=title)
        assert post(sari, f"/mine/cases/{case}/evidence", **told).status_code == 303
    desk.catch_up()
    first, second = (bytes(each["evidence"]).hex() for each in desk.links())
    assert "Take this evidence back" not in budi.get(f"/evidence/{first}").text
    assert post(budi, f"/evidence/{first}/take-back", why="x").status_code == 404
    tono = signed_in("reviewer", login="tono")
    assert "Take this evidence back" not in tono.get(f"/evidence/{first}").text
    assert f"/evidence/{first}" in sari.get("/mine").html
    sari.get(f"/evidence/{first}")
    assert sari.send("/take-back", why=" ").status == 400
    page = sari.send("/take-back", why="Memuat data warga.")
    assert "Taken back. It counts no more." in page.text
    assert "This evidence was taken back." in page.text
    assert "Take this evidence back" not in page.text
    admin = signed_in("admin", login="dina")
    admin.get(f"/evidence/{second}")
    assert "Taken back." in admin.send("/take-back", why="Diminta alumni.").text
    desk.catch_up()
    assert [each["state"] for each in desk.links() if each["state"] != "withdrawn"] == []


def test_sent_twice_it_is_handed_in_once(desk: Desk, case: str, who: Who) -> None:
    sari, told = who("sari", SARI, "learner"), given()
    for _ in range(2):
        assert post(sari, f"/mine/cases/{case}/evidence", **told).status_code == 303
    desk.catch_up()
    assert len(desk.links()) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": " "}, "This is missing."),
        ({"performed_on": "2099-01-01"}, "The work lies in the future"),
        ({"performed_on": "besok"}, "wrong-performed_on"),
        ({"of": "x"}, "Choose what it is."),
        ({"files": (b"MZ" + bytes(100), "a.exe", "application/pdf")}, "a.exe"),
    ],
)
def test_what_is_wrong_with_it_is_said_and_nothing_is_kept(
    desk: Desk, case: str, who: Who, wrong: dict[str, Any], said: str
) -> None:
    if "files" in wrong:  # sent once, a stream is at its end
        content, *named = wrong["files"]
        wrong = {"files": (io.BytesIO(content), *named)}
    answer = post(who("sari", SARI, "learner"), f"/mine/cases/{case}/evidence", **given(**wrong))
    assert answer.status_code == 400
    assert said in answer.get_data(as_text=True)
    desk.catch_up()
    assert desk.links() == []


def test_nothing_of_somebody_else_is_to_be_had(desk: Desk, case: str, who: Who) -> None:
    hand_in(desk, bytes.fromhex(case), "Rahasia Sari")
    desk.accept(bytes(desk.links()[0]["id"]))
    sari = who("sari", SARI, "learner")
    answer = post(sari, f"/mine/cases/{case}/letter")
    letter = answer.location
    for other in (who("rina", RINA, "learner"), who("tono", RINA, "admin")):
        assert "Rahasia Sari" not in other.get("/mine").text
        assert "Pelayanan Prima" not in other.page.text
        assert other.get(f"/mine/cases/{case}/evidence").status == 404
        assert post(other, f"/mine/cases/{case}/evidence", **given()).status_code == 404
        assert post(other, f"/mine/cases/{case}/letter").status_code == 404
        assert other.get(letter).status == 404
        assert "Sari Dewi" not in other.get("/staff").text
    assert sari.get(letter).status == 200


def test_a_form_is_opened_by_whom_it_asks_and_nobody_else(
    cast: Cast, settings: Settings, app: Flask, clock: Clock, who: Who
) -> None:
    there = asked(cast, settings)
    rina, staf = (str(uuid.UUID(bytes=there.staff[name])) for name in ("Rina Kepala", "Staf 01"))
    head, learner = who("rina", rina, "superior"), who("staf", staf, "learner")
    clock.now = there.now
    assert "about 2 people" in head.get("/staff").text
    assert "Your turn" in head.page.text
    opened = head.send("/mine/forms/")
    assert opened.address.startswith("/f/")
    assert "Staf 02" in opened.text
    theirs = there.round_of("Rina Kepala").hex()
    assert post(learner, f"/mine/forms/{theirs}").status_code == 404
    assert post(head, f"/mine/forms/{uuid.uuid4().hex}").status_code == 404
    assert post(head, "/mine/forms/x").status_code == 404
    assert learner.get("/mine").status == 200
    assert theirs not in learner.page.html


def test_an_account_of_nobody_is_told_so(signed_in: Callable[..., Browser]) -> None:
    browser = signed_in("learner", "superior")
    assert "not tied to anybody in the register" in browser.get("/mine").text
    assert "not tied to anybody in the register" in browser.get("/staff").text


def test_a_superior_sees_their_staff_and_whose_turn_it_is(
    desk: Desk, cast: Cast, case: str, who: Who
) -> None:
    budi = who("budi", BUDI, "superior")
    assert "Sari Dewi" in budi.get("/staff").text
    assert "The alumni's turn" in budi.page.text
    hand_in(desk, bytes.fromhex(case), "Antrean lebih singkat")
    desk.do(
        casework.answer,
        answered(bytes.fromhex(case), example="Rahasia rekan", role="peer", rater=RINA),
    )
    assert "With the reviewers" in budi.get("/staff").text
    assert "Submitted: 1" in budi.page.text
    assert "Rahasia rekan" not in budi.page.html
    (way,) = links_on(budi.page.html, "/cases/[0-9a-f]")
    assert "Antrean lebih singkat" in budi.get(way).text
    assert "Rahasia rekan" not in budi.page.html
    with desk.database.read() as connection:
        seen = audit.page(connection, cast.tenant.id, who="user:budi", action="case/seen")
    assert {each.subject for each in seen} == {f"case {case}"}


def test_who_is_superior_no_more_sees_nobody(desk: Desk, case: str, who: Who) -> None:
    other = {"superior": uuid.UUID(RINA).bytes.hex(), "superior_state": people.CONFIRMED}
    desk.enter(Fact(people.POST, uuid.UUID(SARI).bytes, other))
    assert (
        "Nobody is entered as your staff today" in who("budi", BUDI, "superior").get("/staff").text
    )


# The letter ---------------------------------------------------------------------------------


def letter_of(desk: Desk, case: str, sari: Browser) -> tuple[str, str]:
    """The text of the letter, and the path that its code leads to."""
    page = sari.get("/mine")
    answer = sari.client.get(
        post(sari, f"/mine/cases/{case}/letter").location, headers={"Accept-Language": "id"}
    )
    assert page.status == 200
    assert answer.content_type == "application/pdf"
    assert "attachment" in answer.headers["Content-Disposition"]
    text = "\n".join(each.extract_text() for each in PdfReader(io.BytesIO(answer.data)).pages)
    found = re.search(r"/cek/([\w\s-]+)", text)
    assert found is not None
    return text, f"/cek/{''.join(found[1].split())[:43]}"


def test_the_letter_says_what_was_applied_and_anyone_can_check_it(
    desk: Desk, app: Flask, case: str, who: Who
) -> None:
    desk.database.write(
        lambda c: agency.enter(
            c, desk.tenant.id, agency.Letterhead(name="BPSDM Contoh", place="Bandung"), "admin"
        )
    )
    sari = who("sari", SARI, "learner")
    hand_in(desk, bytes.fromhex(case), "Antrean lebih singkat")
    assert "Letter on what was applied" not in sari.get("/mine").text
    assert post(sari, f"/mine/cases/{case}/letter").status_code == 409
    desk.accept(bytes(desk.links()[0]["id"]), tier="7b")
    assert "Letter on what was applied" in sari.get("/mine").text
    text, path = letter_of(desk, case, sari)
    stranger = Browser(app)
    page = stranger.get(path)
    assert page.status == 200
    for said in ("BPSDM CONTOH", "Sari Dewi", "Pelayanan Prima", "Menjawab keluhan"):
        assert said.casefold() in text.casefold()
        assert said.casefold() in page.text.casefold()
    assert "Holds" in page.text
    assert "on one's own" in page.text
    assert "Antrean lebih singkat" not in page.text  # no more than the letter shows
    assert page.answer.headers["X-Robots-Tag"] == "noindex"
    assert page.answer.headers["Referrer-Policy"] == "no-referrer"
    assert SARI not in path
    assert case not in path
    # The same again is the same letter.
    assert letter_of(desk, case, sari)[1] == path


def test_a_letter_holds_no_more_when_its_verdict_is_withdrawn(
    desk: Desk, app: Flask, case: str, who: Who
) -> None:
    sari = who("sari", SARI, "learner")
    hand_in(desk, bytes.fromhex(case), "Antrean lebih singkat")
    link = bytes(desk.links()[0]["id"])
    desk.accept(link)
    _, path = letter_of(desk, case, sari)
    location = post(sari, f"/mine/cases/{case}/letter").location
    desk.do(
        casework.decide, link=link, move="withdraw", by="user:tono", reason="Keliru.", rests_on="1"
    )
    page = Browser(app).get(path)
    assert "Does not hold any more" in page.text
    assert "withdrawn evidence" in page.text
    assert sari.get(location).status == 409


def test_a_letter_holds_no_more_when_the_completion_is_voided(
    desk: Desk, app: Flask, case: str, who: Who
) -> None:
    sari = who("sari", SARI, "learner")
    hand_in(desk, bytes.fromhex(case), "Antrean lebih singkat")
    desk.accept(bytes(desk.links()[0]["id"]))
    _, path = letter_of(desk, case, sari)
    body = next(bytes(row["body"]) for row in desk.rows() if bytes(row["id"]).hex() == case)
    desk.send(make.voiding(str(uuid.UUID(json.loads(body)["completions"][0]))))
    desk.catch_up()
    page = Browser(app).get(path)
    assert "Does not hold any more" in page.text


def test_of_whom_data_is_only_kept_the_public_check_says_nothing(
    desk: Desk, app: Flask, case: str, who: Who
) -> None:
    sari = who("sari", SARI, "learner")
    hand_in(desk, bytes.fromhex(case), "Antrean lebih singkat")
    desk.accept(bytes(desk.links()[0]["id"]))
    _, path = letter_of(desk, case, sari)
    person = uuid.UUID(SARI).bytes
    desk.do(rights.restrict, person, why="Sengketa.", by="admin")
    page = Browser(app).get(path)
    assert page.status == 200
    assert "At present the agency says nothing of it" in page.text
    for kept in ("Sari", "Pelayanan Prima", "Menjawab keluhan", "Holds", "restricted"):
        assert kept not in page.text
    desk.do(lambda c, tenant, now: rights.lift(c, tenant, person, why="Selesai.", by="admin"))
    assert "Sari Dewi" in Browser(app).get(path).text


def test_codes_that_are_guessed_or_of_another_page_check_nothing(
    desk: Desk, app: Flask, case: str, who: Who
) -> None:
    hand_in(desk, bytes.fromhex(case), XSS)
    desk.accept(bytes(desk.links()[0]["id"]))
    _, path = letter_of(desk, case, who("sari", SARI, "learner"))
    stranger = Browser(app)
    for bad in (f"{path[:-1]}x", path[:-4], "/cek/x", "/cek/" + "A" * 43):
        if bad != path:
            page = stranger.get(bad)
            assert page.status == 404
            assert "Sari" not in page.text
    # A code checks; it opens no form. And a form's link checks nothing.
    assert stranger.client.get(path.replace("/cek/", "/f/")).status_code == 404
    form = desk.database.write(
        lambda c: links.make(
            c, desk.tenant, links.CITIZEN, bytes(16), expires=NOW.replace(year=2099), now=NOW
        )
    )
    assert stranger.get(f"/cek/{form}").status == 404


def test_nothing_in_the_register_about_a_letter_names_anybody(
    desk: Desk, case: str, who: Who
) -> None:
    hand_in(desk, bytes.fromhex(case), "Antrean", role=records.SUPERIOR)
    desk.accept(bytes(desk.links()[0]["id"]))
    letter_of(desk, case, who("sari", SARI, "learner"))
    bodies = b"".join(
        bytes(row["body"]) for row in desk.rows("register") if row["kind"] == "certificate"
    )
    assert b"Sari" not in bodies
    assert SARI.encode() not in bodies
    with desk.database.read() as connection:
        assert certificates.find(connection, desk.tenant, bytes(16)) is None
