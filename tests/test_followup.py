"""Follow-up from the admin's word to the answer: who is asked, once; what became of each letter."""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from lrs import casework, channels, followup, reminders, units, worker
from lrs import people as register_of_people
from lrs.context import Context
from lrs.errors import Conflict, NotFound, Refused
from lrs.followup import FilledIn, Sheet
from lrs.mail import Post, Unsure
from lrs.practice import people
from lrs.practice.cases import days
from lrs.practice.programmes import Programme
from lrs.settings import Settings
from lrs.store import accounts, invitations, register
from lrs.store.register import Fact
from tests import make
from tests.agency import (
    ANSWERS,
    CONTACT,
    DONE,
    HEAD,
    HELPS,
    IRI,
    Agency,
    Sink,
    mail_server,
    text_of,
)
from tests.conftest import Cast


@pytest.fixture
def agency(cast: Cast, settings: Settings) -> Agency:
    there = Agency(cast, settings)
    there.setup()
    return there


@pytest.fixture
def post() -> Iterator[tuple[Sink, Post]]:
    with mail_server() as there:
        yield there


def rated(value: int = 2) -> dict[str, dict[str, Any]]:
    return {ANSWERS: {"value": value}, HELPS: {"observed": False}}


def sheet(page: followup.Page, form: str, n: int = 1, value: int = 2, **more: Any) -> Sheet:
    entries = tuple(
        FilledIn(row=row.key, form=form, items=rated(value), whole={}) for row in page.waiting
    )
    return Sheet(submission=str(uuid.UUID(int=n, version=4)), entries=entries, **more)


def asked_by_letter(agency: Agency, mailer: Post) -> None:
    """Somebody completed the training, ninety days went by, and the letters went out."""
    agency.complete()
    agency.begin()
    agency.after(90)
    agency.plan()
    agency.post(mailer)


def test_nobody_is_asked_until_somebody_says_that_the_cohort_is_followed_up(agency: Agency) -> None:
    agency.complete()
    assert agency.plan().made == {}
    agency.begin("Angkatan I")
    assert agency.plan().made == {"due": 4}
    assert agency.plan().made == {}
    agency.do(followup.stop, IRI, "Angkatan I", "admin")
    agency.after(30)
    assert agency.plan().made == {}


def test_a_cohort_of_forty_is_invited_by_one_action(cast: Cast, settings: Settings) -> None:
    agency = Agency(cast, settings)
    agency.setup(staff=40)
    agency.complete()
    agency.begin("Angkatan I")
    assert agency.plan().made == {"due": 80}
    assert len({row["round"] for row in agency.ledger(role="superior")}) == 1


def test_a_programme_or_cohort_that_is_not_there_is_told(agency: Agency) -> None:
    with pytest.raises(NotFound):
        agency.do(followup.begin, IRI, "Angkatan X", "admin")
    with pytest.raises(NotFound):
        agency.do(followup.begin, "https://example.org/none", None, "admin")


def test_each_gets_one_letter_with_all_their_people(
    agency: Agency, post: tuple[Sink, Post]
) -> None:
    sink, mailer = post
    agency.complete()
    agency.begin()
    agency.plan()
    assert agency.post(mailer) == 3
    assert agency.post(mailer) == 0
    (letter,) = sink.to("Rina")
    assert letter["Subject"] == "Pertanyaan singkat tentang 2 staf Bapak/Ibu"
    assert "Staf 01 – Pelayanan Prima" in text_of(letter)
    assert "26 Februari" not in text_of(letter)
    assert "27 Februari 2026" in text_of(letter)
    assert {row["state"] for row in agency.ledger()} == {"sent"}
    assert {row["channel"] for row in agency.ledger()} == {"mail"}


def test_a_letter_is_in_the_language_that_its_reader_chose(
    agency: Agency, post: tuple[Sink, Post]
) -> None:
    sink, mailer = post

    def choose(connection: Connection, person: bytes, locale: str) -> None:
        name = f"akun-{locale}"
        accounts.create_user(connection, agency.tenant, name, "-", ["superior"], agency.now)
        accounts.change_user(connection, agency.tenant, name, person=person, locale=locale)

    agency.database.write(lambda c: choose(c, agency.staff["Rina Kepala"], "en"))
    agency.complete()
    agency.begin()
    agency.plan()
    agency.post(mailer)
    (hers,) = sink.to("Rina")
    assert hers["Subject"] == "A short question about 2 of your staff"
    assert "Your training" not in sink.to("Staf 01")[0]["Subject"]
    page = agency.page(agency.round_of("Rina Kepala"))
    with agency.database.read() as connection:
        known = invitations.facts(connection, agency.tenant.id, [agency.staff["Rina Kepala"]])
    assert known[agency.staff["Rina Kepala"]]["language"] == "en"
    told = agency.database.write(
        lambda c: channels.message(c, agency.tenant, page, "https://x.example", "id", agency.now)
    )
    assert told.text.startswith("Dear Rina Kepala")


def test_no_name_number_or_address_stands_in_a_link(
    agency: Agency, post: tuple[Sink, Post]
) -> None:
    sink, mailer = post
    agency.complete()
    agency.begin()
    agency.plan()
    agency.post(mailer)
    for letter in sink.letters:
        told = text_of(letter).partition("https://lrs.example.go.id/f/")[2].split()[0]
        assert len(told) == 43
        for row in agency.rows("people"):
            assert row["id"].hex() not in told


def test_an_answer_goes_from_the_page_to_the_log_and_back_to_the_ledger(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    agency.after(90)
    agency.plan()
    page = agency.page(agency.round_of("Rina Kepala"))
    assert [row.name for row in page.rows] == ["Staf 01", "Staf 02"]
    assert page.rows[0].forms == ("C", "D")
    assert agency.do(followup.answer, page, sheet(page, "C"), now=agency.now) == 2
    assert {row["state"] for row in agency.ledger(role="superior")} == {"answered"}
    answers = agency.rows("answers")
    assert Counter((row["role"], row["window_name"]) for row in answers) == {("superior", "W2"): 4}
    assert {row["rater"] for row in answers} == {HEAD}
    assert agency.plan().made == {}


def test_the_same_sheet_twice_is_one(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    agency.after(90)
    agency.plan()
    page = agency.page(agency.round_of("Rina Kepala"))
    agency.do(followup.answer, page, sheet(page, "C"), now=agency.now)
    assert agency.do(followup.answer, page, sheet(page, "C"), now=agency.now) == 0
    assert len(agency.rows("answers")) == 4


def test_what_is_not_sound_is_told_at_its_place_and_nothing_is_kept(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    agency.after(90)
    agency.plan()
    page = agency.page(agency.round_of("Rina Kepala"))
    bad = Sheet(
        submission=str(uuid.uuid4()),
        entries=(
            FilledIn(row=page.rows[0].key, form="C", items=rated()),
            FilledIn(row=page.rows[1].key, form="C", items=rated(4)),
        ),
    )
    ((row, form, problem),) = followup.problems(page, bad)
    assert (row, form) == (page.rows[1].key, "C")
    assert problem.path == f"items[{ANSWERS}].example"
    with pytest.raises(Refused):
        agency.do(followup.answer, page, bad, now=agency.now)
    assert agency.rows("answers") == []


def test_somebody_else_who_answers_is_not_taken_for_the_superior(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    agency.after(90)
    agency.plan()
    page = agency.page(agency.round_of("Rina Kepala"))
    told = sheet(page, "C", value=3, who="Plt. Joko")
    agency.do(followup.answer, page, told, now=agency.now)
    answers = agency.rows("answers")
    assert {(row["rater"], row["role"]) for row in answers} == {(None, "stand_in")}
    assert {row["superior_confirmed_day"] for row in agency.rows("outcomes")} == {None}
    assert {row["who"] for row in agency.rows("filled_forms")} == {"Plt. Joko"}


def test_who_will_not_wait_has_a_letter_go_out_now_and_a_reminder_once_a_day(
    agency: Agency, post: tuple[Sink, Post]
) -> None:
    sink, mailer = post
    agency.complete()
    agency.begin()
    agency.after(90)
    agency.plan()
    by_phone = agency.round_of("Staf 01")
    agency.do(followup.hand_over, by_phone, "whatsapp", agency.now)
    round_ = agency.round_of("Rina Kepala")
    assert agency.do(followup.send_now, round_, agency.now) == "invitation"
    agency.post(mailer)
    assert len(sink.to("Rina")) == 1  # the one that was to go out, not a second
    assert agency.do(followup.send_now, round_, agency.now) == "reminder"
    with pytest.raises(Conflict, match="a reminder today already"):
        agency.do(followup.send_now, round_, agency.now)
    agency.post(mailer)
    assert len(sink.to("Rina")) == 2
    with pytest.raises(Conflict, match="a reminder today already"):
        agency.do(followup.send_now, round_, agency.now)
    agency.after(92)
    assert agency.do(followup.send_now, round_, agency.now) == "reminder"
    assert {row["reminded"] for row in agency.ledger(role="superior")} == {2}
    page = agency.page(round_)
    agency.do(followup.answer, page, sheet(page, "C"), now=agency.now)
    with pytest.raises(Conflict, match="There is nothing to ask"):
        agency.do(followup.send_now, round_, agency.now)
    with pytest.raises(Conflict, match="another way than mail"):
        agency.do(followup.send_now, by_phone, agency.now)
    with pytest.raises(NotFound):
        agency.do(followup.send_now, bytes(16), agency.now)


def test_a_letter_that_came_back_or_was_disowned_goes_out_anew(
    agency: Agency, post: tuple[Sink, Post]
) -> None:
    sink, mailer = post
    asked_by_letter(agency, mailer)
    round_ = agency.round_of("Rina Kepala")
    agency.write(invitations.undeliverable, round_, "unknown user")
    assert agency.do(followup.send_now, round_, agency.now) == "invitation"
    agency.post(mailer)
    assert len(sink.to("Rina")) == 2
    assert {row["state"] for row in agency.ledger(role="superior")} == {"sent"}


def test_an_answer_in_somebodys_name_can_be_disowned(
    agency: Agency, post: tuple[Sink, Post]
) -> None:
    sink, mailer = post
    asked_by_letter(agency, mailer)
    round_ = agency.round_of("Rina Kepala")
    page = agency.page(round_)
    agency.do(followup.answer, page, sheet(page, "C"), now=agency.now)
    agency.post(mailer)
    receipt = sink.to("Rina")[-1]
    assert receipt["Subject"] == "Terima kasih atas jawaban Anda"
    (visit,) = {row["visit"] for row in agency.rows("filled_forms")}
    assert agency.do(followup.disown, visit, now=agency.now) == 2
    assert agency.rows("answers") == []
    assert {row["state"] for row in agency.ledger(role="superior")} == {"disowned"}
    assert all(row["revoked"] for row in agency.rows("signed_links") if row["subject"] == round_)
    with pytest.raises(Conflict):
        agency.do(followup.disown, visit, now=agency.now)
    assert agency.plan().made == {}
    # It is on the admin's list, to be asked anew: the link of its page opens nothing any more.
    with agency.database.read() as connection:
        owed = followup.waiting(connection, agency.tenant, agency.now)
    (hers,) = [each for each in owed if each.round == round_]
    assert (hers.state, hers.about, hers.can_answer) == ("disowned", 2, False)
    agency.do(followup.again, round_, agency.now)
    agency.post(mailer)
    assert "Pertanyaan singkat" in sink.to("Rina")[-1]["Subject"]


def test_who_stays_silent_is_reminded_twice_and_then_the_contact_of_the_unit_is_told(
    agency: Agency, post: tuple[Sink, Post]
) -> None:
    sink, mailer = post
    agency.complete()
    agency.begin()
    agency.speak_for_the_unit(CONTACT)
    for day in range(90, 121):
        agency.after(day)
        agency.plan()
        agency.post(mailer)
    # Asked in W2 by one letter; two reminders; no more.
    assert [str(letter["Subject"]).split(":")[0] for letter in sink.to("Rina")] == [
        "Pertanyaan singkat tentang 2 staf Bapak/Ibu",
        "Pengingat",
        "Pengingat",
    ]
    (told,) = sink.to("Tono")
    assert "Rina Kepala" in text_of(told)
    assert "Staf 01 – Pelayanan Prima" in text_of(told)


def test_who_answered_is_not_reminded(agency: Agency, post: tuple[Sink, Post]) -> None:
    sink, mailer = post
    asked_by_letter(agency, mailer)
    page = agency.page(agency.round_of("Rina Kepala"))
    agency.do(followup.answer, page, sheet(page, "C"), now=agency.now)
    agency.after(97)
    agency.plan()
    agency.post(mailer)
    assert not any("Pengingat" in letter["Subject"] for letter in sink.to("Rina"))
    assert any("Pengingat" in letter["Subject"] for letter in sink.to("Staf"))


def test_an_answer_is_taken_back_with_what_was_answered_at_once_with_it(agency: Agency) -> None:
    """By an admin, for who has no mail address and tells them; or by its rater, by the API."""
    agency.complete()
    agency.begin()
    agency.after(90)
    agency.plan()
    round_ = agency.round_of("Rina Kepala")
    page = agency.page(round_)
    agency.do(followup.answer, page, sheet(page, "C"), now=agency.now)
    agency.catch_up()
    statement = agency.rows("answers")[0]["statement"]
    told = {"by": "user:admin", "why": "Rina bilang bukan dia.", "now": agency.now}
    agency.do(followup.disown_answer, statement, **told)
    agency.catch_up()
    assert agency.rows("answers") == []
    assert {row["state"] for row in agency.ledger(role="superior")} == {"disowned"}
    with pytest.raises(NotFound):  # it is void
        agency.do(followup.disown_answer, statement, **told)
    with pytest.raises(NotFound):
        agency.do(followup.disown_answer, uuid.uuid4().bytes, **told)


# Letters that do not arrive -----------------------------------------------------------------


def test_an_address_that_nobody_has_is_undeliverable_and_can_be_asked_otherwise(
    agency: Agency, post: tuple[Sink, Post]
) -> None:
    sink, mailer = post
    sink.unknown.add("rina.kepala@example.go.id")
    agency.complete()
    agency.begin()
    agency.plan()
    agency.post(mailer)
    rows = agency.ledger(role="superior")
    assert {(row["state"], row["why"]) for row in rows} == {
        ("undeliverable", "550 5.1.1 no such user")
    }
    agency.do(followup.hand_over, rows[0]["round"], "whatsapp", agency.now)
    assert {(row["state"], row["channel"]) for row in agency.ledger(role="superior")} == {
        ("sent", "whatsapp")
    }


def test_what_is_no_round_is_not_handed_over_and_keeps_its_letters(agency: Agency) -> None:
    """The page of a unit's contact has a letter, and is no round."""
    agency.speak_for_the_unit(CONTACT)
    agency.do(followup.ask_unit, agency.unit, agency.now)

    def work(connection: Connection) -> None:
        with pytest.raises(NotFound):
            followup.hand_over(connection, agency.tenant, agency.unit, "list", agency.now)

    agency.database.write(work)
    (letter,) = agency.rows("letters")
    assert letter["state"] == "due"


def test_who_has_no_mail_address_is_undeliverable(agency: Agency, post: tuple[Sink, Post]) -> None:
    agency.enter(Fact(people.PERSON, HEAD, {"mail": None}))
    agency.complete()
    agency.begin()
    agency.plan()
    agency.post(post[1])
    assert {row["state"] for row in agency.ledger(role="superior")} == {"undeliverable"}


def test_a_mail_server_that_is_busy_is_asked_again_later(
    agency: Agency, post: tuple[Sink, Post]
) -> None:
    sink, mailer = post
    sink.busy = True
    agency.complete()
    agency.begin()
    agency.plan()
    assert agency.post(mailer) == 3
    assert agency.post(mailer) == 0  # not before some minutes
    assert {row["state"] for row in agency.ledger()} == {"due"}
    sink.busy = False
    agency.now += timedelta(minutes=6)
    assert agency.post(mailer) == 3
    assert {row["state"] for row in agency.ledger()} == {"sent"}


def test_a_mail_server_that_is_not_there_loses_no_letter(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    agency.plan()
    assert agency.post(Post("smtp://127.0.0.1:1", "diklat@example.go.id")) == 3
    assert {row["state"] for row in agency.rows("letters")} == {"due"}


class Dying:
    """A mailer whose process is killed in the middle of a letter."""

    def send(self, letter: Any) -> None:
        raise KeyboardInterrupt


class Cut:
    """A mailer whose connection breaks after the letter was handed over."""

    def send(self, letter: Any) -> None:
        raise Unsure("the connection broke")


def test_a_letter_is_never_sent_twice_also_after_a_crash(
    agency: Agency, post: tuple[Sink, Post]
) -> None:
    sink, mailer = post
    agency.complete()
    agency.begin()
    agency.plan()
    with pytest.raises(KeyboardInterrupt):
        agency.post(Dying())
    assert agency.post(mailer) == 2
    assert agency.post(mailer) == 0
    agency.now += timedelta(minutes=16)
    assert reminders.give_up_forsaken(agency.database, agency.tenant, agency.now) == 1
    assert agency.post(mailer) == 0
    assert len(sink.letters) == 2
    assert Counter(row["state"] for row in agency.rows("letters")) == {"sent": 2, "unsure": 1}
    assert {row["state"] for row in agency.ledger()} == {"sent"}


def test_a_letter_of_which_nobody_knows_whether_it_went_is_not_sent_again(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    agency.plan()
    assert agency.post(Cut()) == 3
    assert agency.post(Cut()) == 0
    assert {row["state"] for row in agency.rows("letters")} == {"unsure"}
    assert {row["state"] for row in agency.ledger()} == {"sent"}


def test_of_two_workers_one_sends_a_letter(agency: Agency, post: tuple[Sink, Post]) -> None:
    sink, mailer = post
    agency.complete()
    agency.begin()
    agency.plan()
    with agency.database.read() as connection:
        due = invitations.letters_due(connection, agency.tenant.id, followup.micros(agency.now))
    for each in due:
        there = (agency.database, agency.tenant, each, mailer, agency.settings, agency.now)
        assert reminders.send(*there) is True
        assert reminders.send(*there) is False
    assert len(sink.letters) == 3


def test_replay_sends_nothing_again(agency: Agency, post: tuple[Sink, Post]) -> None:
    from lrs import projector
    from lrs.adapters import Adapters

    sink, mailer = post
    agency.complete()
    agency.begin()
    agency.plan()
    agency.post(mailer)
    before = agency.ledger()
    projector.replay(agency.database, agency.tenant, Adapters.installed())
    agency.plan()
    agency.post(mailer)
    assert agency.ledger() == before
    assert len(sink.letters) == 3


# What changes on the way --------------------------------------------------------------------


def test_an_undone_completion_is_asked_about_no_more(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    agency.plan()
    agency.complete("Staf 01", verb="uncompleted", at=DONE + timedelta(hours=1))
    agency.plan()
    assert Counter(row["why"] for row in agency.ledger(state="skipped")) == {"no case": 2}


def test_a_superior_whom_the_learner_named_is_asked_once_the_unit_agrees(agency: Agency) -> None:
    new = uuid.UUID(int=77, version=4).bytes
    agency.hire(new, "Baru Datang", None)
    agency.complete("Baru Datang")
    agency.begin()
    agency.plan()
    assert [row["state"] for row in agency.ledger(role="superior")] == ["vacant"]
    day = followup.today(agency.now)
    agency.write(units.name_superior, new, HEAD, "Baru Datang", day=day)
    agency.plan()
    assert [row["state"] for row in agency.ledger(role="superior")] == ["vacant"]
    with agency.database.read() as connection:
        page = followup.unit_page(connection, agency.tenant, agency.unit, agency.now)
    assert page.superiors == ((new, "Baru Datang", "Rina Kepala"),)
    agency.write(units.agree_superior, new, "contact")
    agency.plan()
    assert {row["state"] for row in agency.ledger(role="superior")} == {"skipped", "due"}


def test_the_learner_names_five_peers_the_unit_confirms_and_three_are_asked(
    cast: Cast, settings: Settings
) -> None:
    agency = Agency(cast, settings)
    agency.setup(staff=8)
    agency.complete("Staf 01")
    agency.begin()
    (case,) = [row["id"] for row in agency.rows("cases")]
    five = [agency.staff[f"Staf 0{n}"] for n in range(2, 7)]
    with pytest.raises(Refused):
        agency.do(followup.name_peers, case, [*five, HEAD], "staf")
    with pytest.raises(Refused):
        agency.do(followup.name_peers, case, [agency.staff["Staf 01"]], "staf")
    agency.do(followup.name_peers, case, five, "staf")
    agency.after(90)
    agency.plan()
    assert agency.ledger(role="peer") == []
    with agency.database.read() as connection:
        page = followup.unit_page(connection, agency.tenant, agency.unit, agency.now)
    ((_, whose, told),) = page.peers
    assert (whose, len(told)) == ("Staf 01", 5)
    agency.do(followup.confirm_peers, case, five[:4], "contact")
    agency.plan()
    drawn = {row["rater"] for row in agency.ledger(role="peer")}
    assert len(drawn) == 3
    assert drawn < set(five[:4])


def test_who_enrols_is_asked_what_they_need_and_the_superior_what_they_promise(
    cast: Cast, settings: Settings
) -> None:
    agency = Agency(cast, settings)
    agency.setup(forms=("G", "H"))
    agency.complete("Staf 01", verb="enrolled", at=datetime(2026, 2, 1, 3, tzinfo=UTC))
    agency.begin()
    agency.after(-11)
    agency.plan()
    assert Counter(row["window_name"] for row in agency.ledger()) == {"G": 2}
    page = agency.page(agency.round_of("Rina Kepala"))
    assert [(row.name, row.about.case, row.forms) for row in page.rows] == [
        ("Staf 01", None, ("G",))
    ]
    entry = FilledIn(row=page.rows[0].key, form="G", items=rated(1), whole={"time_promised": True})
    told = Sheet(submission=str(uuid.uuid4()), entries=(entry,))
    assert agency.do(followup.answer, page, told, now=agency.now) == 1
    assert {row["form"] for row in agency.rows("answers")} == {"G"}
    agency.plan()
    assert [row["state"] for row in agency.ledger(role="superior")] == ["answered"]


def test_a_trainer_who_is_enrolled_like_the_learners_is_not_asked_why_they_never_came(
    cast: Cast, settings: Settings
) -> None:
    agency = Agency(cast, settings)
    agency.setup(staff=4, forms=("H",), windows=())
    early = datetime(2026, 2, 1, 3, tzinfo=UTC)
    agency.complete("Staf 01", "Staf 02", verb="enrolled", at=early)
    agency.complete("Staf 03", "Staf 04")
    # Who graded somebody else teaches.
    graded = make.statement(
        actor=make.agent("somebody"),
        verb={"id": "https://w3id.org/xapi/tla/verbs/scored"},
        context={"instructor": {"mbox": "mailto:staf.02@example.go.id"}},
    )
    agency.send(graded)
    agency.begin()
    agency.after(80)
    agency.plan()
    asked = {row["rater"] for row in agency.ledger(window_name="H")}
    assert asked == {agency.staff["Staf 01"]}


def test_who_was_invited_and_never_came_is_asked_why_and_by_one_question(
    cast: Cast, settings: Settings
) -> None:
    agency = Agency(cast, settings)
    agency.setup(forms=("H",))
    agency.complete("Staf 01", "Staf 02", verb="enrolled", at=datetime(2026, 2, 1, 3, tzinfo=UTC))
    agency.complete("Staf 02")
    agency.begin()
    agency.after(45 + 31)  # the cohort's grace is over, and a month
    agency.plan()
    (row,) = agency.ledger(window_name="H")
    assert (row["rater"], row["role"]) == (agency.staff["Staf 01"], "self")
    page = agency.page(row["round"])
    entry = FilledIn(row=page.rows[0].key, form="H", whole={"barriers": ["schedule"]})
    told = Sheet(submission=str(uuid.uuid4()), entries=(entry,))
    agency.do(followup.answer, page, told, now=agency.now)
    (answer,) = agency.rows("answers")
    assert (answer["form"], answer["barriers"]) == ("H", "schedule")


def test_an_answer_on_who_moved_meanwhile_is_about_the_last_day_under_that_superior(
    agency: Agency,
) -> None:
    agency.complete()
    agency.begin()
    agency.after(90)
    agency.plan()
    moved = followup.today(agency.now) + 3
    post = {"unit": agency.unit.hex(), "superior": CONTACT.hex(), "first": moved, "why": "moved"}
    agency.enter(Fact(people.POST, agency.staff["Staf 01"], post))
    agency.after(100)
    agency.plan()
    page = agency.page(agency.round_of("Rina Kepala"))
    days = {row.name: row.observed_on for row in page.waiting}
    assert days == {
        "Staf 01": (DONE + timedelta(days=92)).date(),
        "Staf 02": agency.now.date(),
    }
    agency.after(180)
    agency.plan()
    w3 = agency.ledger(role="superior", window_name="W3")
    assert {row["rater"] for row in w3} == {HEAD, CONTACT}


def test_an_answer_before_seven_in_the_morning_is_about_that_day(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    agency.now = datetime(2026, 5, 14, 22, tzinfo=UTC)  # five in the morning in Jakarta
    agency.plan()
    page = agency.page(agency.round_of("Rina Kepala"))
    assert {row.observed_on for row in page.waiting} == {date(2026, 5, 15)}
    agency.do(followup.answer, page, sheet(page, "C"), now=agency.now)
    told = {row["day"] for row in agency.rows("answers")}
    assert told == {days(date(2026, 5, 15))}


@pytest.mark.parametrize(
    ("zone", "hour", "day"),
    [("Asia/Jakarta", 16, 14), ("Asia/Jakarta", 17, 15), ("Asia/Jayapura", 15, 15)],
)
def test_the_day_of_an_answer_is_that_of_the_programmes_time_zone(
    cast: Cast, settings: Settings, zone: str, hour: int, day: int
) -> None:
    agency = Agency(cast, settings)
    agency.setup(zone=zone)
    agency.complete()
    agency.begin()
    agency.now = datetime(2026, 5, 14, hour, tzinfo=UTC)
    agency.plan()
    page = agency.page(agency.round_of("Rina Kepala"))
    agency.do(followup.answer, page, sheet(page, "C"), now=agency.now)
    assert {row["day"] for row in agency.rows("answers")} == {days(date(2026, 5, day))}


def test_a_row_of_a_case_that_was_undone_is_asked_no_more_before_the_plan_says_so(
    agency: Agency,
) -> None:
    agency.complete()
    agency.begin()
    agency.plan()
    agency.complete("Staf 01", verb="uncompleted", at=DONE + timedelta(hours=1))
    page = agency.page(agency.round_of("Rina Kepala"))
    assert [row.name for row in page.waiting] == ["Staf 02"]


# Somebody who was in the register twice ------------------------------------------------------

FOUND = uuid.UUID(int=910, version=4).bytes


def merged(agency: Agency, name: str) -> None:
    """Have somebody be found to be another person, who bears the same name."""
    old, superior = agency.staff[name], HEAD if name.startswith("Staf") else None
    agency.hire(FOUND, name, superior)
    agency.write(register_of_people.merge, old, FOUND, "admin")


def test_letters_to_a_superior_count_whoever_they_were_found_to_be(agency: Agency) -> None:
    agency.settings = replace(agency.settings, superior_visits=3)
    agency.complete()
    agency.begin()
    for day in (0, 90, 180):
        agency.after(day)
        agency.plan()
    assert len({row["round"] for row in agency.ledger(role="superior")}) == 3
    assert {row["rater"] for row in agency.ledger(role="superior")} == {HEAD}
    merged(agency, "Rina Kepala")
    agency.after(330)
    agency.plan()
    last = agency.ledger(role="superior", window_name="W4")
    assert {(row["state"], row["why"]) for row in last} == {("skipped", "visits")}


@pytest.mark.parametrize("name", ["Rina Kepala", "Staf 01"])
def test_who_was_found_to_be_another_is_not_asked_a_second_time(
    agency: Agency, name: str, post: tuple[Sink, Post]
) -> None:
    sink, mailer = post
    agency.complete()
    agency.begin()
    agency.plan()
    agency.post(mailer)
    merged(agency, name)
    agency.after(1)
    assert agency.plan() == followup.Done({}, 0, 0)
    assert {row["state"] for row in agency.ledger()} == {"sent"}
    agency.after(7)
    agency.plan()
    agency.post(mailer)
    assert [str(each["Subject"])[:8] for each in sink.to(name)][1:] == ["Pengingat"[:8]]


# Evaluators ---------------------------------------------------------------------------------

EVA, EKO = (uuid.UUID(int=n, version=4).bytes for n in (920, 921))


@pytest.fixture
def evaluated(cast: Cast, settings: Settings) -> Agency:
    """A cohort of twelve, a year after its training, and two evaluators who are not asked yet."""
    agency = Agency(cast, settings)
    agency.setup(staff=12)
    agency.hire(EVA, "Eva Evaluator", None)
    agency.hire(EKO, "Eko Evaluator", None)
    agency.complete()
    agency.begin()
    agency.after(330)
    return agency


def test_each_evaluator_gets_one_letter_with_a_share_of_the_alumni(
    evaluated: Agency, post: tuple[Sink, Post]
) -> None:
    agency, (sink, mailer) = evaluated, post
    agency.do(followup.name_evaluators, IRI, [EVA, EKO], "admin")
    agency.plan()
    agency.post(mailer)
    rows = agency.ledger(role="evaluator")
    shares = Counter(row["rater"] for row in rows)
    assert set(shares) == {EVA, EKO}
    assert sum(shares.values()) == len({row["case_id"] for row in rows}) == 12
    assert len({row["round"] for row in rows}) == 2
    (letter,) = sink.to("Eva Evaluator")
    assert f"{shares[EVA]} alumni" in str(letter["Subject"])
    assert text_of(letter).count("Pelayanan Prima") == shares[EVA]
    page = agency.page(agency.round_of("Eva Evaluator"))
    assert {row.forms for row in page.waiting} == {("E",)}
    entries = tuple(
        FilledIn(row=row.key, form="E", whole={"running": True, "barriers": []})
        for row in page.waiting
    )
    told = Sheet(submission=str(uuid.UUID(int=1, version=4)), entries=entries)
    assert agency.do(followup.answer, page, told, now=agency.now) == shares[EVA]
    answers = agency.rows("answers")
    assert {(row["role"], row["rater"], row["form"]) for row in answers} == {
        ("evaluator", EVA, "E")
    }
    assert {row["state"] for row in agency.ledger(rater=EVA)} == {"answered"}
    assert {row["state"] for row in agency.ledger(rater=EKO)} == {"sent"}


def test_a_silent_evaluator_is_reminded_and_then_their_unit_is_told(
    evaluated: Agency, post: tuple[Sink, Post]
) -> None:
    agency, (sink, mailer) = evaluated, post
    agency.speak_for_the_unit(CONTACT)
    agency.do(followup.name_evaluators, "", [EVA], "admin")
    for day in (330, 337, 344, 351):
        agency.after(day)
        agency.plan()
        agency.post(mailer)
    assert len(sink.to("Eva Evaluator")) == 3
    told = [each for each in sink.to("Tono") if "evaluator" in str(each["Subject"])]
    assert len(told) == 1
    assert "Eva Evaluator" in text_of(told[0])
    with agency.database.read() as connection:
        page = followup.unit_page(connection, agency.tenant, agency.unit, agency.now)
    assert ("Eva Evaluator", 12) in page.silent


def test_a_programmes_own_team_goes_before_that_of_the_agency_and_that_before_accounts(
    evaluated: Agency,
) -> None:
    agency = evaluated

    def team() -> tuple[bytes, ...]:
        with agency.database.read() as connection:
            every = followup.team(connection, agency.tenant, [Programme(iri=IRI, title="")])
        return every[IRI]

    def account(connection: Any) -> None:
        accounts.create_user(connection, agency.tenant, "eko", None, {"evaluator"}, agency.now)
        accounts.change_user(connection, agency.tenant, "eko", person=EKO)

    assert team() == ()
    agency.database.write(account)
    assert team() == (EKO,)
    agency.do(followup.name_evaluators, "", [CONTACT], "admin")
    assert team() == (CONTACT,)
    agency.do(followup.name_evaluators, IRI, [EVA], "admin")
    assert team() == (EVA,)
    agency.do(followup.name_evaluators, IRI, [], "admin")
    assert team() == (CONTACT,)
    with pytest.raises(NotFound, match="a programme"):
        agency.do(followup.name_evaluators, "https://nowhere.example.org", [EVA], "admin")
    with pytest.raises(NotFound, match="a person"):
        agency.do(followup.name_evaluators, IRI, [b"?" * 16], "admin")


def test_where_nobody_evaluates_the_place_is_vacant_until_somebody_is_named(
    evaluated: Agency,
) -> None:
    agency = evaluated
    agency.plan()
    assert {row["state"] for row in agency.ledger(role="evaluator")} == {"vacant"}
    agency.after(331)
    assert agency.plan().made == {}
    agency.do(followup.name_evaluators, IRI, [EVA], "admin")
    assert agency.plan().made == {"due": 12}
    gone = agency.ledger(role="evaluator", rater=None)
    assert {(row["state"], row["why"]) for row in gone} == {("skipped", "not evaluator")}


def test_what_an_evaluator_who_left_the_team_was_asked_another_is_asked(
    evaluated: Agency, post: tuple[Sink, Post]
) -> None:
    agency, (_, mailer) = evaluated, post
    agency.do(followup.name_evaluators, IRI, [EVA], "admin")
    agency.plan()
    agency.post(mailer)
    agency.after(332)
    agency.do(followup.name_evaluators, IRI, [EKO], "admin")
    assert agency.plan().made == {"due": 12}
    assert {row["why"] for row in agency.ledger(rater=EVA)} == {"not evaluator"}
    assert {row["state"] for row in agency.ledger(rater=EKO)} == {"due"}
    # Nobody evaluates themselves, or their own staff.
    agency.after(333)
    agency.do(followup.name_evaluators, IRI, [HEAD, agency.staff["Staf 01"]], "admin")
    agency.plan()
    asked = {row["rater"]: row["case_id"] for row in agency.ledger(role="evaluator", state="due")}
    assert HEAD not in asked


def test_one_answer_of_the_team_is_enough(evaluated: Agency) -> None:
    agency = evaluated
    agency.do(followup.name_evaluators, IRI, [EVA], "admin")
    agency.plan()
    row = agency.ledger(role="evaluator")[0]
    filled = casework.Filled(
        form="E",
        role="evaluator",
        observed_on=agency.now.date(),
        submission=str(uuid.UUID(int=5, version=4)),
        case=row["case_id"].hex(),
        window="W4",
        rater=str(uuid.UUID(bytes=EKO)),
        whole={"running": True, "barriers": []},
    )
    agency.do(casework.answer, filled, now=agency.now)
    agency.plan()
    states = Counter(each["state"] for each in agency.ledger(role="evaluator"))
    assert states == {"answered": 1, "due": 11}


# The worker ---------------------------------------------------------------------------------


def test_the_worker_asks_and_sends_in_working_hours_alone(
    agency: Agency, post: tuple[Sink, Post]
) -> None:
    sink, mailer = post
    agency.complete()
    agency.begin()
    chosen = replace(agency.settings, smtp_url=mailer.url, mail_from=mailer.sender)
    moments = {
        "at night": datetime(2026, 2, 16, 20, tzinfo=UTC),
        "on Sunday": datetime(2026, 2, 15, 4, tzinfo=UTC),
    }
    for told in moments.values():
        there = Context(chosen, agency.database, lambda told=told: told)  # type: ignore[misc]
        assert worker.follow_up(there) == 0
    monday = Context(chosen, agency.database, lambda: datetime(2026, 2, 16, 4, tzinfo=UTC))
    assert worker.follow_up(monday) == 4 + 3
    assert worker.follow_up(monday) == 0
    assert worker.send_letters(monday) == 3
    assert len(sink.letters) == 3


def test_without_a_mail_server_letters_wait(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    agency.plan()
    context = Context(agency.settings, agency.database, lambda: agency.now)
    assert worker.send_letters(context) == 0
    assert {row["state"] for row in agency.ledger()} == {"due"}


def test_another_tenant_sees_no_page_of_ours(agency: Agency, neighbour: Cast) -> None:
    agency.complete()
    agency.begin()
    agency.plan()
    round_ = agency.round_of("Rina Kepala")
    with agency.database.read() as connection, pytest.raises(NotFound):
        followup.page(connection, neighbour.tenant, round_, agency.now)


def test_what_a_unit_owes_is_on_the_admins_list(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    agency.plan()
    with agency.database.read() as connection:
        waiting = followup.waiting(connection, agency.tenant, agency.now)
    assert [(each.name, each.about, each.unit) for each in waiting] == [
        ("Rina Kepala", 2, agency.unit),
        ("Staf 01", 1, agency.unit),
        ("Staf 02", 1, agency.unit),
    ]


def test_the_register_can_be_rebuilt_with_what_only_the_follow_up_reads(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    before = agency.rows("programmes")
    agency.database.write(lambda c: register.rebuild(c, agency.tenant.id))
    assert agency.rows("programmes") == before
    assert agency.plan().made == {"due": 4}
