"""One case on a page: who sees what of it, links by hand, the end of observation."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from lrs import casework
from lrs.practice import people, records
from lrs.practice.records import Evidence, Meeting
from lrs.store import accounts, audit
from lrs.store.register import Fact
from tests import make
from tests.conftest import Cast
from tests.test_casework import ANSWERS, BUDI, COURSE, RINA, SARI, Desk, answered, desk, evidence
from tests.web.conftest import Browser
from tests.web.test_review import XSS, hand_in, post, state

__all__ = ["desk"]


@pytest.fixture
def case(desk: Desk) -> str:
    """The case of Sari, whose superior is Budi, with evidence and an answer of each."""
    for person, name in ((SARI, "Sari Dewi"), (BUDI, "Budi Kepala"), (RINA, "Rina Rekan")):
        desk.enter(Fact(people.PERSON, uuid.UUID(person).bytes, {"name": name}))
    boss = {"superior": uuid.UUID(BUDI).bytes.hex(), "superior_state": people.CONFIRMED}
    desk.enter(Fact(people.POST, uuid.UUID(SARI).bytes, boss))
    made = desk.completes("sari")
    hand_in(desk, made, "Antrean lebih singkat")
    desk.do(casework.answer, answered(made, example="Rahasia rekan", role="peer", rater=RINA))
    return made.hex()


@pytest.fixture
def who(cast: Cast, signed_in: Callable[..., Browser]) -> Callable[..., Browser]:
    """A browser of somebody of the register."""

    def make_(login: str, person: str, *roles: str) -> Browser:
        browser = signed_in(*roles, login=login)
        cast.database.write(
            lambda c: accounts.change_user(c, cast.tenant, login, person=uuid.UUID(person).bytes)
        )
        return browser

    return make_


def statement_of(desk: Desk) -> str:
    return bytes(desk.links()[0]["evidence"]).hex()


def test_a_reviewer_sees_all_of_it_and_that_is_noted(
    desk: Desk, cast: Cast, case: str, signed_in: Callable[..., Browser]
) -> None:
    text = signed_in("reviewer", login="tono").get(f"/cases/{case}").text
    for said in ("Sari Dewi", "Antrean lebih singkat", "Rahasia rekan", "Rina Rekan"):
        assert said in text
    assert "Menjawab keluhan dalam satu hari kerja" in text
    with cast.database.read() as connection:
        entries = audit.page(connection, cast.tenant.id, who="user:tono")
    assert ("case/seen", f"case {case}") in {(each.action, each.subject) for each in entries}


def test_the_learner_sees_the_evidence_and_never_what_a_peer_answered(
    desk: Desk, case: str, who: Callable[..., Browser]
) -> None:
    sari = who("sari", SARI, "learner")
    text = sari.get(f"/cases/{case}").text
    assert "Antrean lebih singkat" in text
    assert "Rahasia rekan" not in text
    assert "Rina" not in text
    assert sari.get(f"/evidence/{statement_of(desk)}").status == 200
    assert sari.get("/cases").text.count("Sari Dewi") == 1
    answers = {bytes(row["statement"]).hex() for row in desk.rows("answers")}
    assert answers
    for each in answers:
        assert sari.get(f"/evidence/{each}").status == 404


def test_an_answer_that_was_linked_by_hand_is_not_shown_to_whom_it_is_about(
    desk: Desk, case: str, who: Callable[..., Browser], signed_in: Callable[..., Browser]
) -> None:
    given = next(row for row in desk.rated() if row["role"] == "peer")
    tono = signed_in("reviewer", login="tono")
    statement = bytes(given["statement"]).hex()
    answer = post(tono, f"/cases/{case}/link", evidence=statement, behaviour="", reason="Lihat.")
    assert "no evidence of this person" not in answer
    desk.catch_up()
    assert len(desk.links()) == 2
    assert tono.get(f"/cases/{case}").text.count("Rahasia rekan") > 1
    assert "Rahasia rekan" not in who("sari", SARI, "learner").get(f"/cases/{case}").text
    assert "Rahasia rekan" not in who("budi", BUDI, "superior").get(f"/cases/{case}").text


def test_the_superior_sees_evidence_of_staff_and_of_nobody_else(
    desk: Desk, case: str, who: Callable[..., Browser]
) -> None:
    budi = who("budi", BUDI, "superior")
    text = budi.get(f"/cases/{case}").text
    assert "Antrean lebih singkat" in text
    assert "Rahasia rekan" not in text
    assert budi.get(f"/evidence/{statement_of(desk)}").status == 200
    other = desk.completes("rina")
    assert budi.get(f"/cases/{other.hex()}").status == 404
    assert "Rina" not in budi.get("/cases").text


@pytest.mark.parametrize("role", ["learner", "superior", "peer", "head", "operator", "coach"])
def test_whoever_has_nothing_to_do_with_it_sees_nothing(
    desk: Desk, case: str, who: Callable[..., Browser], role: str
) -> None:
    rina = who("rina", RINA, role)
    for address in (f"/cases/{case}", f"/evidence/{statement_of(desk)}"):
        page = rina.get(address)
        assert page.status in (403, 404)
        assert "Sari" not in page.text
    assert "Sari Dewi" not in rina.get("/cases").text


def test_an_evaluator_sees_answers_and_no_evidence(
    desk: Desk, case: str, signed_in: Callable[..., Browser]
) -> None:
    team = signed_in("evaluator", login="tim")
    text = team.get(f"/cases/{case}").text
    assert "Rahasia rekan" in text
    assert "Antrean lebih singkat" not in text
    assert team.get(f"/evidence/{statement_of(desk)}").status == 403
    assert team.get("/review").status == 403


def test_whose_practice_colleagues_imitate_is_told_beside_the_link(
    desk: Desk, case: str, signed_in: Callable[..., Browser]
) -> None:
    told = {"by": BUDI, "role": records.SUPERIOR, "held_on": date(2026, 5, 4)}
    meeting = Meeting(
        people=(SARI,),
        title="Rapat bulanan",
        text="-",
        behaviours=(ANSWERS,),
        copied=(SARI,),
        **told,
    )
    desk.do(casework.meet, meeting)
    tono = signed_in("reviewer", login="tono")
    page = tono.get(f"/cases/{case}")
    assert page.text.count("Imitated by colleagues") == 1
    link = next(row for row in desk.links() if b'"copied":true' in row["body"])
    assert "Imitated by colleagues" in tono.get(f"/review/{bytes(link['id']).hex()}").text


def test_of_a_meeting_about_several_the_learner_sees_that_it_was_and_not_what_was_said_of_others(
    desk: Desk, case: str, who: Callable[..., Browser], signed_in: Callable[..., Browser]
) -> None:
    meeting = Meeting(
        people=(SARI, RINA),
        by=BUDI,
        role=records.SUPERIOR,
        held_on=date(2026, 5, 4),
        title="Rapat bulanan",
        text="Rina masih perlu dibantu.",
        behaviours=(ANSWERS,),
    )
    statement = desk.do(casework.meet, meeting)
    page = who("sari", SARI, "learner").get(f"/evidence/{statement}")
    assert "Rapat bulanan" in page.text
    assert "dibantu" not in page.text
    assert "Rina" not in page.text
    assert "dibantu" in signed_in("reviewer", login="tono").get(f"/evidence/{statement}").text


# Links by hand ------------------------------------------------------------------------------


def work(desk: Desk, who: str, title: str) -> str:
    """Work that a system recorded and no rule asks for."""
    statement = str(uuid.uuid4())
    desk.send(
        make.statement(
            id=statement,
            actor=make.agent(who),
            verb={"id": "https://w3id.org/xapi/dod-isd/verbs/performed"},
            object={"id": "https://kerja.example.go.id/7", "definition": {"name": {"id": title}}},
            timestamp="2026-05-02T03:00:00Z",
        )
    )
    desk.catch_up()
    return statement


def test_evidence_of_the_same_person_is_linked_by_hand_and_waits_for_a_verdict(
    desk: Desk, case: str, signed_in: Callable[..., Browser]
) -> None:
    piece = evidence(title="Tanpa perilaku", behaviours=(), by=BUDI, role=records.SUPERIOR)
    loose = desk.do(casework.hand_in, piece)
    tono = signed_in("reviewer", login="tono")
    assert "Tanpa perilaku" in tono.get(f"/cases/{case}/link").text
    page = tono.get(f"/cases/{case}/link?evidence={loose}")
    assert "Result of work" in page.text or "Observation" in page.text
    page = tono.send(f"/cases/{case}/link", behaviour=ANSWERS, reason="Disebut di rapat.")
    assert "It waits in the queue" in page.text
    desk.catch_up()
    link = next(row for row in desk.links() if b"Tanpa perilaku" in row["body"])
    assert link["state"] == "submitted"
    assert "Tanpa perilaku" not in tono.get(f"/cases/{case}/link").text
    page = tono.get(f"/review/{bytes(link['id']).hex()}")
    assert "A person made it by hand" in page.text
    assert "Disebut di rapat." in page.text
    # Once more is no second link.
    answer = post(
        tono, f"/cases/{case}/link", evidence=loose, behaviour=ANSWERS, reason="Sekali lagi."
    )
    assert "That link is there already" in answer


def test_a_record_that_nothing_asked_for_is_linked_by_its_id(
    desk: Desk, case: str, signed_in: Callable[..., Browser]
) -> None:
    statement = work(desk, "sari", "Catatan yang tidak diminta siapa pun")
    tono = signed_in("reviewer", login="tono")
    tono.get(f"/cases/{case}/link")
    page = tono.send(f"/cases/{case}/link", evidence=statement, behaviour="", reason="Lihat isi.")
    assert "It waits in the queue" in page.text
    desk.catch_up()
    assert len(desk.links()) == 2


def test_nobody_elses_work_can_be_linked_and_nothing_of_it_is_shown(
    desk: Desk, case: str, signed_in: Callable[..., Browser]
) -> None:
    theirs = work(desk, "rina", "Pekerjaan Rina")
    tono = signed_in("reviewer", login="tono")
    assert "Pekerjaan Rina" not in tono.get(f"/cases/{case}/link?evidence={theirs}").text
    page = tono.send(f"/cases/{case}/link", evidence=theirs, behaviour="", reason="Coba.")
    assert page.status == 400
    assert "no evidence of this person" in page.text
    for wrong in ("x", "0" * 32, XSS):
        answer = post(tono, f"/cases/{case}/link", evidence=wrong, behaviour="", reason="Coba.")
        assert "<script>alert" not in answer
        assert "1 things" not in answer
    desk.catch_up()
    assert len(desk.links()) == 1


# The end of observation ---------------------------------------------------------------------


def test_observation_ends_with_a_move_and_that_is_taken_back(
    desk: Desk, case: str, signed_in: Callable[..., Browser]
) -> None:
    tono = signed_in("reviewer", login="tono")
    tono.get(f"/cases/{case}")
    assert tono.send("/end", why="moved", day="kemarin").status == 400
    assert "Give a day" in tono.page.text
    page = tono.send("/end", why="moved", day="2026-08-01")
    assert "can be taken back" in page.text
    desk.catch_up()
    assert desk.rows()[0]["ended"] == "moved"
    assert "Moved to other duties" in tono.get(f"/cases/{case}").text
    page = tono.send("/resume", note="Salah orang.")
    assert "followed up again" in page.text
    desk.catch_up()
    assert desk.rows()[0]["ended"] is None


def test_why_it_ends_is_chosen_or_said_in_words(
    desk: Desk, case: str, signed_in: Callable[..., Browser]
) -> None:
    tono = signed_in("reviewer", login="tono")
    tono.get(f"/cases/{case}")
    wrong = tono.send("/end", why="other", day="2026-08-01")
    assert wrong.status == 400
    assert "Say in a sentence why the observation ends." in wrong.text
    tono.send("/end", why="restructured", day="2026-08-01", note="Bidangnya digabung.")
    desk.catch_up()
    page = tono.get(f"/cases/{case}")
    assert "The work was reorganised" in page.text
    assert "Bidangnya digabung." in page.text
    assert desk.rows()[0]["ended"] == "restructured"


def test_nobody_ends_the_observation_of_their_own_work(
    desk: Desk, case: str, who: Callable[..., Browser]
) -> None:
    sari = who("sari", SARI, "reviewer")
    sari.get(f"/cases/{case}")
    page = sari.send("/end", why="moved", day="2026-08-01")
    assert "Nobody ends the observation of their own work" in page.text
    desk.catch_up()
    assert desk.rows()[0]["ended"] is None


# Other tenants, other people's records ------------------------------------------------------


def test_a_case_of_another_tenant_is_not_there(
    desk: Desk, case: str, neighbour: Cast, person: Callable[..., Any], app: Flask
) -> None:
    person("lain", "admin", "reviewer", owner=neighbour)
    other = Browser(app)
    other.sign_in("lain")
    loose = statement_of(desk)
    for address in (f"/cases/{case}", f"/cases/{case}/link?evidence={loose}"):
        assert other.get(address).status == 404
    assert "Sari" not in other.get("/cases").text
    for step in ("end", "resume", "link"):
        values = {"why": "moved", "day": "2026-08-01", "statement": loose, "reason": "x"}
        answer = post(other, f"/cases/{case}/{step}", evidence=loose, **values)
        assert "Sari" not in answer
    desk.catch_up()
    assert desk.rows()[0]["ended"] is None
    assert len(desk.links()) == 1


def test_a_completion_that_is_undone_is_shown_as_such(
    desk: Desk, case: str, signed_in: Callable[..., Browser]
) -> None:
    desk.send(
        make.statement(
            actor=make.agent("sari"),
            verb={"id": "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted"},
            object={
                "id": COURSE,
                "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
            },
            timestamp="2026-03-01T00:00:00Z",
        )
    )
    desk.catch_up()
    tono = signed_in("reviewer", login="tono")
    page = tono.get(f"/cases/{case}")
    assert page.status == 200
    link = bytes(desk.links()[0]["id"]).hex() if desk.links() else None
    if link is not None:
        assert "no longer holds" in tono.get(f"/review/{link}").text
        assert state(desk, link)


def test_what_an_alumna_sent_by_mail_is_handed_in_for_her_and_says_who_keyed_it(
    desk: Desk, case: str, admin: Browser
) -> None:
    page = admin.get(f"/cases/{case}")
    assert f"/cases/{case}/evidence" in page.html
    told = {"of": "artefact", "title": "Loket baru", "performed_on": "2026-03-01"}
    form = admin.get(f"/cases/{case}/evidence")
    assert "For Sari Dewi" in form.text
    assert admin.send("/evidence", **told | {"performed_on": "2099-01-01"}).status == 400
    admin.get(f"/cases/{case}/evidence")
    assert "Handed in" in admin.send("/evidence", **told).text
    told = map(records.read, desk.cast.statements())
    found = [each for each in told if isinstance(each, Evidence) and each.title == "Loket baru"]
    assert [(each.by, each.role, each.keyed_by) for each in found] == [
        (SARI, records.SELF, "user:admin")
    ]


def test_for_somebody_else_only_those_hand_in_who_may(
    desk: Desk, case: str, signed_in: Callable[..., Browser], who: Callable[..., Browser]
) -> None:
    assert who("budi", BUDI, "superior").get(f"/cases/{case}/evidence").status == 200
    for stranger in (who("rina", RINA, "superior"), signed_in("reviewer", login="tono")):
        assert stranger.get(f"/cases/{case}/evidence").status in (403, 404)
    assert "for them" not in signed_in("head", login="kepala").get(f"/cases/{case}").text
