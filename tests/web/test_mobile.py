"""Signed pages: from the letter to the answer, on a phone, without script or signing in."""

import io
import re
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from werkzeug.test import Client, TestResponse

from lrs import followup, worker
from lrs.auth import links
from lrs.context import Context
from lrs.errors import Busy
from lrs.practice import names
from lrs.practice.cases import days
from lrs.settings import Settings
from lrs.store import register, tables
from lrs.store.register import Fact
from lrs.web import mobile
from tests.agency import CONTACT, HEAD, Agency, mail_server, path_in
from tests.conftest import Cast, application

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


class Phone:
    """A browser on a phone: shows a page, fills in its fields by their names, sends it."""

    def __init__(self, agency: Agency) -> None:
        self.agency = agency
        context = Context(agency.settings, agency.database, lambda: agency.now)
        self.client = Client(application(context))
        self.page = ""

    def open(self, path: str, **headers: str) -> TestResponse:
        answer = self.client.get(path, headers={"Accept-Language": "en", **headers})
        self.path, self.page = path.partition("?")[0], answer.get_data(as_text=True)
        return answer

    def names(self, ending: str) -> list[str]:
        """Names of fields that end so, in the order of the page."""
        found = re.findall(r'name="([^"]+)"', self.page)
        return list(dict.fromkeys(name for name in found if name.endswith(ending)))

    def value(self, name: str) -> str:
        found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', self.page)
        assert found is not None, name
        return unescape(found[1])

    def send(self, headers: dict[str, str] | None = None, **fields: Any) -> TestResponse:
        data = {"submission": self.value("submission"), "who": "me", **fields}
        answer = self.client.post(
            self.path, data=data, headers={"Accept-Language": "en", **(headers or {})}
        )
        self.page = answer.get_data(as_text=True)
        if answer.status_code == 303:
            return self.open(answer.headers["Location"])
        return answer


@pytest.fixture
def agency(cast: Cast, settings: Settings) -> Iterator[Agency]:
    there = Agency(cast, settings)
    there.setup()
    there.complete()
    there.begin()
    with mail_server() as (sink, mailer):
        there.sink, there.mailer = sink, mailer
        yield there


def at_day(agency: Agency, day: int) -> None:
    agency.after(day)
    agency.plan()
    agency.post(agency.mailer)


def phone_of(agency: Agency, name: str) -> Phone:
    """A phone on which the last letter to this person was opened."""
    phone = Phone(agency)
    assert phone.open(path_in(agency.sink.to(name)[-1])).status_code == 200
    return phone


def test_from_the_letter_to_the_projected_answer(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    assert "Staf 01" in phone.page
    assert "Staf 02" in phone.page
    values = phone.names(".value")
    assert len(values) == 4
    answer = phone.send(**dict.fromkeys(values, "2"))
    assert "Thank you, your answer was received." in phone.page
    assert answer.status_code == 200
    agency.catch_up()
    rows = agency.rows("answers")
    assert Counter((row["role"], row["value"], row["window_name"]) for row in rows) == {
        ("superior", 2, "W2"): 4
    }
    assert {row["rater"] for row in rows} == {HEAD}
    assert {row["state"] for row in agency.ledger(role="superior")} == {"answered"}


def test_twelve_staff_are_answered_by_one_tap_each_on_one_page(
    cast: Cast, settings: Settings
) -> None:
    agency = Agency(cast, settings)
    agency.setup(staff=12)
    agency.complete()
    agency.begin()
    with mail_server() as (sink, mailer):
        agency.sink, agency.mailer = sink, mailer
        at_day(agency, 90)
        phone = phone_of(agency, "Rina")
    values = phone.names(".value")
    assert len(values) == 24  # one tap for each person and behaviour; nothing else is needed
    taps = dict(zip(values, ["2", "3", "x"] * 8, strict=True))
    phone.send(**taps)
    agency.catch_up()
    assert len(agency.rows("answers")) == 24
    assert {row["state"] for row in agency.ledger(role="superior")} == {"answered"}


def test_a_scanner_that_opens_the_link_uses_nothing_up_and_changes_nothing(agency: Agency) -> None:
    at_day(agency, 90)
    path = path_in(agency.sink.to("Rina")[-1])
    phone = Phone(agency)
    before = [agency.rows(t) for t in ("invitations", "answers", "signed_links", "filled_forms")]
    for _ in range(3):
        assert phone.open(path).status_code == 200
        assert phone.client.head(path).status_code == 200
    after = [agency.rows(t) for t in ("invitations", "answers", "signed_links", "filled_forms")]
    assert after == before
    phone.open(path)
    assert phone.send(**dict.fromkeys(phone.names(".value"), "3")).status_code == 200


def test_who_answers_is_asked_and_somebody_else_is_recorded_as_such(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    values = dict.fromkeys(phone.names(".value"), "2")
    assert phone.send(**values, who="").status_code == 400
    assert "Say who is answering." in phone.page
    assert phone.send(**values, who="other").status_code == 400
    assert "Write the name of who is answering." in phone.page
    phone.send(**values, who="other", who_name="Plt. Joko")
    agency.catch_up()
    assert {row["rater"] for row in agency.rows("answers")} == {None}
    agency.post(agency.mailer)
    receipt = agency.sink.to("Rina")[-1]
    assert "Plt. Joko" in receipt.get_body(("plain",)).get_content()


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    first, *rest = phone.names(".value")
    answer = phone.send(**{first: "4"}, **dict.fromkeys(rest, "2"))
    assert answer.status_code == 400
    field = first.removesuffix("value") + "example"
    assert f'id="wrong-{field}"' in phone.page
    assert "The lowest and the highest value need a concrete example" in phone.page
    assert f'name="{first}" value="4" checked' in phone.page
    phone.send(**{first: "4", field: "Surat 12 Mei"}, **dict.fromkeys(rest, "2"))
    assert "Thank you" in phone.page


def test_half_a_person_is_asked_for_the_rest_and_nobody_is_left_for_later(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    values = phone.names(".value")
    assert phone.send(**{values[0]: "2"}).status_code == 400
    assert "choose a value, or say that you have not seen it yet" in phone.page
    row = values[0].partition(".")[0]
    mine = [name for name in values if name.startswith(row)]
    phone.send(**dict.fromkeys(mine, "2"))
    assert "What is left can wait" in phone.page
    states = Counter(row["state"] for row in agency.ledger(role="superior"))
    assert states == {"answered": 1, "sent": 1}


def test_whom_one_has_not_seen_at_all_is_one_tap(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    first, second = phone.names(".unseen")
    phone.send(**{first: "1", second: "1"})
    agency.catch_up()
    assert {(row["observed"], row["value"]) for row in agency.rows("answers")} == {(0, None)}


def test_nothing_filled_in_is_told(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    assert phone.send().status_code == 400
    assert "Nothing was filled in yet" in phone.page


def test_obstacles_are_told_or_that_there_are_none(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    one, other = phone.names(".barriers")
    values = dict.fromkeys(phone.names(".value"), "2")
    phone.send(**values, **{one: ["funds", "team"], other: ["none"]})
    agency.catch_up()
    told = {row["barriers"] for row in agency.rows("answers") if row["form"] == "D"}
    assert told == {"funds team", ""}


def test_sending_the_same_page_again_is_harmless(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    fields = dict.fromkeys(phone.names(".value"), "2") | {
        "submission": phone.value("submission"),
        "who": "me",
    }
    path = phone.path
    for _ in range(3):
        assert phone.client.post(path, data=fields).status_code == 303
    agency.catch_up()
    assert len(agency.rows("answers")) == 4
    assert len(agency.rows("filled_forms")) == 2


def test_sending_half_a_page_again_is_harmless_too(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    first, *_ = phone.names(".value")
    mine = [name for name in phone.names(".value") if name[:32] == first[:32]]
    fields = dict.fromkeys(mine, "2") | {"submission": phone.value("submission"), "who": "me"}
    for _ in range(2):
        assert phone.client.post(phone.path, data=fields).status_code == 303
    assert phone.client.post(phone.path, data=fields | {"submission": "x"}).status_code == 400
    agency.catch_up()
    assert len(agency.rows("answers")) == 2


def test_a_draft_is_there_the_next_time_and_is_no_answer(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    first, *_ = phone.names(".value")
    phone.send(**{first: "3", "do": "draft"})
    assert "Kept as a draft" in phone.page
    agency.catch_up()
    assert agency.rows("answers") == []
    phone.open(phone.path)
    assert f'name="{first}" value="3" checked' in phone.page
    phone.send(**dict.fromkeys(phone.names(".value"), "3"))
    assert agency.rows("drafts") == []


def test_the_page_speaks_the_language_of_the_reader(agency: Agency) -> None:
    at_day(agency, 90)
    path = path_in(agency.sink.to("Rina")[-1])
    phone = Phone(agency)
    phone.open(path, **{"Accept-Language": "id"})
    assert "Belum mengamati" in phone.page
    assert "Siapa yang menjawab?" in phone.page
    phone.open(path, **{"Accept-Language": "en"})
    assert "Who is answering?" in phone.page


def test_a_page_may_load_nothing_from_elsewhere_and_tells_nobody_its_address(
    agency: Agency,
) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    answer = phone.open(phone.path)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.search(r"<script(?! src=\"/f/assets/)|style=|javascript:| on\w+=", phone.page)


def test_a_form_from_another_site_is_not_taken(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    values = dict.fromkeys(phone.names(".value"), "2") | {
        "who": "me",
        "submission": str(uuid.uuid4()),
    }
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert phone.client.post(phone.path, data=values, headers=headers).status_code == 403
    ours = {"Origin": "https://lrs.example.go.id", "Sec-Fetch-Site": "same-origin"}
    assert phone.client.post(phone.path, data=values, headers=ours).status_code == 303


# Links --------------------------------------------------------------------------------------


def test_a_link_that_was_altered_opens_nothing(agency: Agency) -> None:
    at_day(agency, 90)
    path = path_in(agency.sink.to("Rina")[-1])
    phone = Phone(agency)
    token = path.removeprefix("/f/")
    for n in range(0, len(token), 5):
        other = "A" if token[n] != "A" else "B"
        assert phone.open(f"/f/{token[:n]}{other}{token[n + 1 :]}").status_code == 404
    for odd in ("/f/x", "/f/" + "A" * 43, "/f/" + "%20" * 9, f"{path}x"):
        assert phone.open(odd).status_code == 404


def test_a_link_expires_after_its_window_and_some_days(agency: Agency) -> None:
    at_day(agency, 90)
    path = path_in(agency.sink.to("Rina")[-1])
    phone = Phone(agency)
    agency.after(120 + 14)
    assert phone.open(path).status_code == 200
    agency.after(120 + 16)
    assert phone.open(path).status_code == 410
    assert "The time for this page is over" in phone.page


def test_a_learners_page_takes_evidence_for_longer_and_no_answers(agency: Agency) -> None:
    at_day(agency, 0)
    path = path_in(agency.sink.to("Staf 01")[-1])
    agency.after(100)
    phone = Phone(agency)
    assert phone.open(path).status_code == 200
    assert phone.names(".value") == []
    assert "Hand in something that shows your work" in phone.page


def test_a_revoked_link_opens_nothing_any_more(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    round_ = agency.round_of("Rina Kepala")
    assert agency.do(followup.revoke, round_, agency.now) == 1
    assert phone.open(phone.path).status_code == 410
    assert "This page was closed" in phone.page
    assert phone.client.post(phone.path, data={"who": "me"}).status_code == 410


def test_a_link_for_one_purpose_opens_nothing_else(agency: Agency) -> None:
    at_day(agency, 90)
    with agency.database.read() as connection:
        told = links.redeem(
            connection, path_in(agency.sink.to("Rina")[-1]).removeprefix("/f/"), agency.now
        )
    assert isinstance(told, links.Opened)
    assert (told.purpose, told.tenant) == (links.ROUND, agency.tenant)


def test_an_answer_is_disowned_by_the_link_in_the_receipt(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    phone.send(**dict.fromkeys(phone.names(".value"), "2"))
    old = phone.path
    agency.post(agency.mailer)
    receipt = path_in(agency.sink.to("Rina")[-1])
    assert receipt != old
    phone.open(receipt)
    phone.open(receipt)  # looking takes nothing back
    agency.catch_up()
    assert len(agency.rows("answers")) == 4
    assert phone.client.post(receipt).status_code == 303
    agency.catch_up()
    assert agency.rows("answers") == []
    assert phone.client.post(receipt).status_code == 303  # once more is harmless
    assert phone.open(old).status_code == 410


# Learners -----------------------------------------------------------------------------------


def test_a_learner_plans_hands_in_a_file_and_names_colleagues(agency: Agency) -> None:
    at_day(agency, 0)
    phone = phone_of(agency, "Staf 01")
    fields = dict.fromkeys(phone.names(".value"), "1")
    dates, outputs = phone.names(".first_date"), phone.names(".output")
    fields |= {dates[0]: "2026-03-02", outputs[0]: "Rekap keluhan"}
    phone.send(**fields)
    assert "Thank you, your answer was received." in phone.page
    handed = phone.send(
        part="evidence",
        case=phone.value("case"),
        of="artefact",
        title="Rekap keluhan",
        text="Semua dijawab dalam sehari.",
        performed_on="2026-02-13",
        files=(io.BytesIO(PDF), "rekap.pdf", "application/pdf"),
    )
    assert handed.status_code == 200
    assert "it was handed in" in phone.page
    agency.catch_up()
    (link, *_) = agency.rows("links")
    assert link["self_said"] == 1
    first = phone.names("peers")
    assert first == ["peers"]
    chosen = re.findall(r'name="peers" value="(\w+)"', phone.page)
    phone.send(part="peers", peers=chosen)
    assert "Your unit is asked to confirm the colleagues." in phone.page


def test_a_file_that_may_do_harm_is_not_taken_and_the_learner_told(agency: Agency) -> None:
    at_day(agency, 0)
    phone = phone_of(agency, "Staf 01")
    answer = phone.send(
        part="evidence",
        case=phone.value("case"),
        of="artefact",
        title="Program",
        performed_on="2026-02-13",
        files=(io.BytesIO(b"MZ" + bytes(100)), "rekap.exe", "application/pdf"),
    )
    assert answer.status_code == 400
    assert 'id="wrong-files"' in phone.page
    agency.catch_up()
    assert agency.rows("links") == []


def test_the_unit_agrees_to_what_learners_say_on_a_page_of_its_own(agency: Agency) -> None:
    new = uuid.UUID(int=77, version=4).bytes
    agency.hire(new, "Baru Datang", None)
    agency.complete("Baru Datang")
    agency.speak_for_the_unit(CONTACT)
    agency.enter_number(HEAD, "198001012005011001")
    at_day(agency, 0)
    phone = phone_of(agency, "Baru")
    assert "We do not know who your superior is" in phone.page
    phone.send(part="superior", superior="198001012005011001")
    assert "Your unit is asked to confirm who your superior is." in phone.page
    chosen = [
        id_ for id_ in re.findall(r'name="peers" value="(\w+)"', phone.page) if id_ != HEAD.hex()
    ]
    phone.send(part="peers", peers=chosen)
    agency.do(followup.ask_unit, agency.unit, agency.now)
    agency.post(agency.mailer)
    contact = phone_of(agency, "Tono")
    assert "Baru Datang says that Rina Kepala is their superior." in contact.page
    (said,) = contact.names(new.hex())
    (decided,) = [name for name in contact.names("") if name.startswith("decide.")]
    peers = decided.replace("decide.", "peers.")
    answer = contact.client.post(contact.path, data={said: "yes", decided: "1", peers: chosen})
    assert answer.status_code == 303
    agency.catch_up()
    agency.plan()
    # On the page that the head has already: no second letter on one day.
    assert [r["state"] for r in agency.ledger(role="superior", rater=HEAD)] == ["sent"] * 3
    assert len({r["round"] for r in agency.ledger(role="superior", rater=HEAD)}) == 1
    at_day(agency, 90)
    assert len(agency.ledger(role="peer")) == 3


def test_a_colleague_answers_about_a_colleague_and_sees_nobody_elses_questions(
    agency: Agency,
) -> None:
    (case, *_) = [
        row["id"] for row in agency.rows("cases") if row["subject"] == agency.staff["Staf 01"]
    ]
    peers = [agency.staff["Staf 02"], CONTACT]
    agency.do(followup.name_peers, case, peers, "staf")
    agency.do(followup.confirm_peers, case, peers, "contact")
    at_day(agency, 90)
    phone = phone_of(agency, "Tono")
    assert "Staf 01" in phone.page
    assert "Staf 02" not in phone.page
    assert phone.names("meeting.text") == []
    phone.send(**dict.fromkeys(phone.names(".value"), "3"))
    agency.catch_up()
    assert {(row["role"], row["rater"]) for row in agency.rows("answers")} == {("peer", CONTACT)}


@pytest.mark.parametrize(
    "failure", [Busy(), OperationalError("", {}, sqlite3.OperationalError("unable to open"))]
)
def test_while_the_database_takes_nothing_a_phone_is_told_to_send_once_more(
    agency: Agency, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    """By a status that is no refusal of what was filled in: a page with a script keeps it, and
    sends it again by itself (`lrs/web/static/outbox.js`)."""
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    values = dict.fromkeys(phone.names(".value"), "2")

    def fail(*_: object) -> None:
        raise failure

    with monkeypatch.context() as while_busy:
        while_busy.setattr(type(agency.database), "write", fail)
        answer = phone.client.post(
            phone.path, data={"submission": phone.value("submission"), "who": "me", **values}
        )
    assert answer.status_code == 503
    assert "Tidak ada yang hilang; coba lagi" in answer.get_data(as_text=True)
    phone.send(**values)
    agency.catch_up()
    assert len(agency.rows("answers")) == 4


def test_two_taps_on_send_at_once_are_one_answer(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    fields = dict.fromkeys(phone.names(".value"), "2") | {
        "submission": phone.value("submission"),
        "who": "me",
    }

    def tap(_n: int) -> int:
        own = Client(phone.client.application)
        return own.post(phone.path, data=fields).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(tap, range(6))) == {303}
    agency.catch_up()
    assert len(agency.rows("answers")) == 4


def test_a_number_that_nobody_has_is_told(agency: Agency) -> None:
    at_day(agency, 0)
    phone = phone_of(agency, "Staf 01")
    assert phone.send(part="superior", superior="12").status_code == 400
    assert "Nobody in the register has this number." in phone.page


def test_a_note_of_a_meeting_serves_for_several(agency: Agency) -> None:
    at_day(agency, 90)
    phone = phone_of(agency, "Rina")
    rows = re.findall(r'name="meeting.people" value="(\w+)"', phone.page)
    bad = phone.send(**{"meeting.text": "Dibahas bersama", "meeting.people": rows})
    assert bad.status_code == 400
    assert 'id="wrong-meeting.held_on"' in phone.page
    phone.send(
        **{
            "meeting.text": "Dibahas bersama",
            "meeting.people": rows,
            "meeting.copied": rows[:1],
            "meeting.held_on": "2026-05-10",
        }
    )
    assert "Thank you" in phone.page
    agency.catch_up()
    assert {row["form"] for row in agency.rows("filled_forms")} == {"J"}
    assert len({row["subject"] for row in agency.rows("links")}) == 2


# Citizens -----------------------------------------------------------------------------------


def test_citizens_say_how_the_service_was_and_nothing_else_is_kept(agency: Agency) -> None:
    def make(connection: Any) -> str:
        return links.make(
            connection,
            agency.tenant,
            links.CITIZEN,
            agency.unit,
            expires=agency.now + mobile.CITIZEN_LINK,
            now=agency.now,
        )

    path = f"/f/{agency.database.write(make)}"
    phone = Phone(agency)
    assert phone.open(path).status_code == 200
    assert phone.client.post(path, data={"value": "9"}).status_code == 400
    assert phone.client.post(path, data={"value": "4", "text": "Cepat"}).status_code == 303
    agency.catch_up()
    (row,) = agency.rows("citizens")
    assert (row["unit"], row["value"]) == (agency.unit, 4)
    agency.now = datetime(2026, 5, 14, 22, tzinfo=UTC)  # of the next day, in Jakarta
    assert phone.client.post(path, data={"value": "3"}).status_code == 303
    agency.catch_up()
    assert days(date(2026, 5, 15)) in {each["day"] for each in agency.rows("citizens")}
    agency.now = datetime(2032, 1, 1, tzinfo=UTC) + timedelta(days=1)
    assert phone.open(path).status_code == 410


@dataclass
class Counted:
    """A counter with its code, behind one proxy."""

    agency: Agency

    def __post_init__(self) -> None:
        self.phone = Phone(self.agency)
        self.path = self.code(self.agency.unit)

    def code(self, unit: bytes) -> str:
        agency, until = self.agency, self.agency.now + mobile.CITIZEN_LINK
        told = {"expires": until, "now": agency.now}
        return "/f/" + agency.database.write(
            lambda c: links.make(c, agency.tenant, links.CITIZEN, unit, **told)
        )

    def kept(self) -> list[int]:
        with self.agency.database.read() as connection:
            rows = connection.execute(tables.heard.select()).all()
        assert all(len(row.who) == 16 for row in rows)
        return [row.times for row in rows]

    def answer(self, address: str, path: str = "", language: str = "id") -> TestResponse:
        return self.phone.client.post(
            path or self.path,
            data={"value": "4", "text": "Cepat"},
            headers={"X-Forwarded-For": f"6.6.6.6, {address}", "Accept-Language": language},
        )


@pytest.fixture
def counter(cast: Cast, settings: Settings) -> Counted:
    agency = Agency(cast, replace(settings, citizen_answers=2, proxies=1))
    agency.setup()
    return Counted(agency)


def test_a_code_takes_so_many_answers_an_hour_from_one_address(counter: Counted) -> None:
    agency = counter.agency
    assert [counter.answer("10.1.1.1").status_code for _ in range(3)] == [303, 303, 429]
    told = counter.answer("10.1.1.1")
    assert "banyak sekali jawaban" in told.get_data(as_text=True)
    assert "Cepat" in told.get_data(as_text=True)  # what was typed stays
    assert 0 < int(told.headers["Retry-After"]) <= 3600
    assert "Very many answers" in counter.answer("10.1.1.1", language="en").get_data(as_text=True)
    # Another address, and another code, are none of that one's business.
    assert counter.answer("10.1.1.2").status_code == 303
    another = names.unit(agency.tenant.id, "Dinas Lain")
    agency.enter(Fact(register.UNIT, another, {"path": "Dinas Lain"}))
    assert counter.answer("10.1.1.1", counter.code(another)).status_code == 303
    agency.now += timedelta(hours=1)
    assert counter.answer("10.1.1.1").status_code == 303
    agency.catch_up()
    assert len(agency.rows("citizens")) == 5


def test_of_who_answered_nothing_is_kept_beyond_the_hour(counter: Counted) -> None:
    agency = counter.agency
    counter.answer("10.1.1.1")
    counter.answer("2001:db8::1")
    counter.answer("2001:db8::2")
    assert sorted(counter.kept()) == [1, 2]  # the newer kind counts by its network
    agency.now += timedelta(days=1)
    context = Context(agency.settings, agency.database, lambda: agency.now)
    worker.sweep_sessions(context)
    assert counter.kept() == []


def test_whom_we_cannot_tell_apart_we_do_not_count(cast: Cast, settings: Settings) -> None:
    agency = Agency(cast, replace(settings, citizen_answers=1))
    agency.setup()
    counter = Counted(agency)
    assert [counter.answer("10.1.1.1").status_code for _ in range(3)] == [303, 303, 303]


def test_two_processes_count_together(counter: Counted) -> None:
    again = Counted(counter.agency)
    told = [each.answer("10.1.1.1").status_code for each in (counter, again, counter, again)]
    assert told == [303, 303, 429, 429]
