"""Casework: what people hand in, answer and decide, and what it comes to, from log to outcome."""

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from lrs import casework, i18n, projector, reporting
from lrs.adapters import Adapters
from lrs.casework import Filled, Upload
from lrs.errors import Conflict, NotFound, Refused
from lrs.papers import evaluation
from lrs.papers.document import Text
from lrs.papers.given import Given
from lrs.practice import names, records
from lrs.practice.programmes import Behaviour, Programme
from lrs.practice.records import Citizen, Ending, Evidence, Meeting
from lrs.reports.shapes import Slice
from lrs.store import accounts
from lrs.store.packing import unpack
from lrs.xapi.statements import parse
from tests import make
from tests.conftest import Cast
from tests.promises import parts
from tests.test_projector import Follower

SERVICE = "https://diklat.example.go.id/pelayanan"
COURSE = "https://lms.example.go.id/course/view.php?id=2"
ANSWERS = f"{SERVICE}/perilaku/1"
HELPS = f"{SERVICE}/perilaku/2"
NOW = datetime(2026, 9, 1, 3, tzinfo=UTC)
DONE = datetime(2026, 2, 13, 8, tzinfo=UTC)
#: After all that is decided here: verdicts are dated by the clock of the database.
LATER = date(2040, 1, 1)

SARI, BUDI, RINA = (str(uuid.UUID(int=n, version=4)) for n in (1, 2, 3))
ADMIN, OTHER = "user:admin", "user:other"


@dataclass
class Desk(Follower):
    """An agency with one programme, and what its people do in it."""

    def do(self, work: Any, *args: Any, now: datetime = NOW, **more: Any) -> Any:
        made = self.database.write(lambda c: work(c, self.tenant, *args, now=now, **more))
        self.catch_up()
        return made

    def catch_up(self) -> int:
        return projector.catch_up(self.database, self.tenant, Adapters.installed())

    def replay(self) -> None:
        projector.replay(self.database, self.tenant, Adapters.installed())

    def completes(self, who: str, at: datetime = DONE) -> bytes:
        self.send(
            make.statement(
                actor=make.agent(who),
                verb=make.verb("completed"),
                object={
                    "id": COURSE,
                    "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
                },
                timestamp=at.isoformat(),
            )
        )
        self.catch_up()
        person = uuid.UUID({"sari": SARI, "budi": BUDI, "rina": RINA}[who]).bytes
        return next(bytes(row["id"]) for row in self.rows() if row["subject"] == person)

    def links(self) -> list[dict[str, Any]]:
        return sorted(self.rows("links"), key=lambda row: row["at"])

    def outcome(self, case: bytes, behaviour: str | None = None) -> dict[str, Any]:
        digest = names.behaviour(self.tenant.id, behaviour) if behaviour else names.ZERO
        return next(
            row
            for row in self.rows("outcomes")
            if row["case_id"] == case and row["behaviour"] == digest
        )

    def rated(self) -> list[dict[str, Any]]:
        """The answers on the first behaviour."""
        digest = names.behaviour(self.tenant.id, ANSWERS)
        return [row for row in self.rows("answers") if row["behaviour"] == digest]

    def accept(self, link: bytes, by: str = ADMIN, **more: Any) -> None:
        self.do(casework.decide, link=link, move="take", by=by)
        told = {"reason": "Sesuai contoh.", "rests_on": "halaman 1"} | more
        self.do(casework.decide, link=link, move="accept", by=by, **told)

    def standing(self) -> list[Any]:
        """All that was worked out, as plain values."""
        return [
            sorted(tuple(row.items()) for row in self.rows(table))
            for table in ("cases", "links", "answers", "outcomes", "participation", "citizens")
        ]


@pytest.fixture
def desk(cast: Cast) -> Desk:
    desk = Desk(cast)
    for person, name in ((SARI, "sari"), (BUDI, "budi"), (RINA, "rina")):
        desk.register_person(uuid.UUID(person).bytes, make.agent(name))
    desk.define(
        Programme(
            iri=SERVICE,
            title="Pelayanan Prima",
            courses=frozenset([COURSE]),
            behaviours=(
                Behaviour(iri=ANSWERS, text="Menjawab keluhan dalam satu hari kerja"),
                Behaviour(iri=HELPS, text="Membantu rekan melayani warga"),
            ),
        )
    )
    return desk


def evidence(**changes: Any) -> Evidence:
    usual: dict[str, Any] = {
        "person": SARI,
        "of": "artefact",
        "by": SARI,
        "role": records.SELF,
        "performed_on": date(2026, 4, 1),
        "title": "Rekap keluhan bulan Maret",
        "behaviours": (ANSWERS,),
    }
    return Evidence(**(usual | changes))


_submissions = count(1)


def answered(case: bytes, role: str = "superior", rater: str | None = BUDI, **items: Any) -> Filled:
    return Filled(
        case=case.hex(),
        form="C",
        role=role,
        rater=rater,
        observed_on=date(2026, 5, 20),
        window="W2",
        submission=str(uuid.UUID(int=next(_submissions), version=4)),
        items={
            ANSWERS: {"observed": True, "value": 3, "frequency": "weekly"} | items,
            HELPS: {"observed": False},
        },
    )


def test_evidence_with_its_file_becomes_a_link_and_once_accepted_the_learning_is_applied(
    desk: Desk,
) -> None:
    case = desk.completes("sari")
    desk.do(casework.answer, answered(case))
    statement = desk.do(
        casework.hand_in,
        evidence(case=case.hex()),
        files=[Upload("rekap.pdf", "application/pdf", b"%PDF-1.7 rekap")],
    )
    (link,) = desk.links()
    assert (link["state"], link["placed"], link["self_said"]) == ("submitted", "after", 1)
    assert bytes(link["evidence"]) == uuid.UUID(statement).bytes
    assert desk.outcome(case)["applied_day"] is None

    desk.accept(link["id"])
    day = (date(2026, 4, 1) - date(1970, 1, 1)).days
    for behaviour in (ANSWERS, None):
        assert desk.outcome(case, behaviour)["applied_day"] == day
        assert desk.outcome(case, behaviour)["applied_tier"] == "7b"
    assert desk.outcome(case, HELPS)["applied_day"] is None
    assert desk.outcome(case, ANSWERS)["superior_confirmed_day"] is not None


def test_any_xapi_tool_can_read_the_evidence_and_the_verdict(desk: Desk) -> None:
    case = desk.completes("sari")
    given = desk.do(casework.hand_in, evidence(case=case.hex()))
    desk.do(casework.answer, answered(case))
    desk.accept(desk.links()[0]["id"], confidence=0.9)
    with desk.database.read() as connection:
        bodies = connection.exec_driver_sql(
            f"SELECT body FROM statements WHERE store_id = {desk.tenant.practice.id}"
            " ORDER BY position"
        ).all()
    sent = [unpack(row[0]) for row in bodies]
    told = {each["verb"]["id"]: each for each in map(parse, sent)}
    submitted = told["http://activitystrea.ms/submit"]
    assert submitted["object"]["definition"]["name"] == {"und": "Rekap keluhan bulan Maret"}
    assert submitted["actor"]["account"]["name"] == SARI
    verified = told["https://w3id.org/xapi/tla/verbs/verified"]
    assert verified["object"] == {"objectType": "StatementRef", "id": given}
    extensions = verified["context"]["extensions"]
    assert extensions["https://w3id.org/xapi/tla/extensions/evidence"] == [given]
    assert float(extensions["https://w3id.org/xapi/tla/extensions/confidence"]) == 0.9
    (rated,) = (each for each in map(parse, sent) if "score" in each.get("result", {}))
    assert rated["verb"]["id"] == "http://adlnet.gov/expapi/verbs/responded"
    assert rated["result"]["score"] == {"raw": 3, "min": 0, "max": 4}
    assert len({body.partition(b'"authority":')[2][:60] for body in sent}) == 1


def test_nobody_is_named_by_mail_or_number_in_what_the_service_writes(desk: Desk) -> None:
    case = desk.completes("sari")
    desk.do(casework.hand_in, evidence(case=case.hex()))
    with desk.database.read() as connection:
        row = connection.exec_driver_sql(
            f"SELECT body FROM statements WHERE store_id = {desk.tenant.practice.id}"
        ).one()
    assert b"mailto:" not in unpack(row[0])


def test_a_race_of_two_reviewers_is_told_to_the_second(desk: Desk) -> None:
    case = desk.completes("sari")
    desk.do(casework.answer, answered(case))
    desk.do(casework.hand_in, evidence(case=case.hex()))
    link = desk.links()[0]["id"]
    taken = desk.database.write
    taken(lambda c: casework.decide(c, desk.tenant, link=link, move="take", by=ADMIN, now=NOW))
    # The projector has not seen it yet; the log has.
    with pytest.raises(Conflict, match="in_review"):
        taken(lambda c: casework.decide(c, desk.tenant, link=link, move="take", by=OTHER, now=NOW))
    with pytest.raises(Refused, match="Another reviewer"):
        taken(
            lambda c: casework.decide(
                c,
                desk.tenant,
                link=link,
                move="accept",
                by=OTHER,
                now=NOW,
                reason="ya",
                rests_on="1",
            )
        )
    desk.do(casework.decide, link=link, move="release", by=ADMIN)
    desk.accept(link, by=OTHER)
    assert desk.links()[0]["state"] == "accepted"


def test_the_learners_word_alone_is_not_accepted_until_somebody_else_bears_it_out(
    desk: Desk,
) -> None:
    case = desk.completes("sari")
    desk.do(casework.hand_in, evidence(case=case.hex()))
    link = desk.links()[0]["id"]
    with pytest.raises(Refused, match="Only the learner says so"):
        desk.accept(link)
    desk.do(casework.answer, answered(case))
    desk.do(
        casework.decide, link=link, move="accept", by=ADMIN, reason="Terlihat.", rests_on="C, W2"
    )
    assert desk.links()[0]["state"] == "accepted"


def test_nobody_reviews_their_own_work_or_decides_without_a_reason(desk: Desk) -> None:
    case = desk.completes("sari")
    desk.do(casework.hand_in, evidence(case=case.hex(), by=BUDI, role="superior"))
    link = desk.links()[0]["id"]
    with pytest.raises(Refused, match="own work"):
        desk.do(casework.decide, link=link, move="take", by=SARI)
    with pytest.raises(Refused, match="needs a reason"):
        desk.accept(link, reason=" ")
    with pytest.raises(Refused, match="page or the answer"):
        desk.do(casework.decide, link=link, move="accept", by=ADMIN, reason="ya")
    with pytest.raises(NotFound):
        desk.do(casework.decide, link=bytes(16), move="take", by=ADMIN)


def test_what_was_returned_is_submitted_again_and_what_was_accepted_can_be_withdrawn(
    desk: Desk,
) -> None:
    case = desk.completes("sari")
    desk.do(casework.hand_in, evidence(case=case.hex(), by=BUDI, role="superior"))
    link = desk.links()[0]["id"]
    desk.do(casework.decide, link=link, move="take", by=ADMIN)
    told = {"reason": "Tanggal belum jelas.", "rests_on": "halaman 1"}
    desk.do(casework.decide, link=link, move="return", by=ADMIN, **told)
    desk.do(casework.decide, link=link, move="submit", by=SARI)
    desk.accept(link)
    row = desk.links()[0]
    assert (row["first_move"], row["state"]) == ("return", "accepted")
    desk.do(casework.decide, link=link, move="withdraw", by=ADMIN, **told)
    assert desk.links()[0]["state"] == "withdrawn"
    assert desk.outcome(case)["applied_day"] is None


def test_a_verdict_is_undone_by_taking_it_back(desk: Desk) -> None:
    case = desk.completes("sari")
    desk.do(casework.hand_in, evidence(case=case.hex(), by=BUDI, role="superior"))
    link = desk.links()[0]["id"]
    desk.do(casework.decide, link=link, move="take", by=ADMIN)
    verdict = desk.do(
        casework.decide, link=link, move="reject", by=ADMIN, reason="Salah baca.", rests_on="1"
    )
    desk.do(casework.take_back, statement=uuid.UUID(verdict).bytes, by=ADMIN, why="Salah menekan.")
    assert desk.links()[0]["state"] == "in_review"
    with pytest.raises(Conflict, match="already"):
        desk.do(casework.take_back, statement=uuid.UUID(verdict).bytes, by=ADMIN, why="Lagi.")


def test_a_second_opinion_moves_nothing_and_is_kept_beside_the_first(desk: Desk) -> None:
    case = desk.completes("sari")
    desk.do(casework.hand_in, evidence(case=case.hex(), by=BUDI, role="superior"))
    link = desk.links()[0]["id"]
    second = {"move": "reject", "second": True, "reason": "Bukan dari pelatihan ini."}
    with pytest.raises(Refused, match="after a first"):
        desk.do(casework.decide, link=link, by=OTHER, **second)
    desk.accept(link)
    with pytest.raises(Refused, match="somebody else"):
        desk.do(casework.decide, link=link, by=ADMIN, **second)
    desk.do(casework.decide, link=link, by=OTHER, **second)
    row = desk.links()[0]
    assert (row["state"], row["first_move"], row["second_move"]) == ("accepted", "accept", "reject")


def test_practice_before_the_training_is_labelled_and_no_application(desk: Desk) -> None:
    case = desk.completes("sari")
    desk.do(
        casework.hand_in,
        evidence(case=case.hex(), by=BUDI, role="superior", performed_on=date(2026, 1, 5)),
    )
    row = desk.links()[0]
    assert row["placed"] == "before"
    desk.accept(row["id"])
    assert desk.outcome(case)["applied_day"] is None


def test_a_voided_completion_takes_case_and_link_with_it_and_a_new_one_brings_them_back(
    desk: Desk,
) -> None:
    desk.send(
        make.statement(
            id=str(uuid.UUID(int=77, version=4)),
            actor=make.agent("sari"),
            verb=make.verb("completed"),
            object={
                "id": COURSE,
                "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
            },
            timestamp=DONE.isoformat(),
        )
    )
    desk.catch_up()
    case = desk.rows()[0]["id"]
    desk.do(casework.hand_in, evidence(case=case.hex(), by=BUDI, role="superior"))
    desk.accept(desk.links()[0]["id"])
    desk.send(make.voiding(str(uuid.UUID(int=77, version=4))))
    desk.catch_up()
    assert desk.rows()[0]["state"] == "voided"
    # What was decided is kept, in a case that does not count.
    assert desk.links()[0]["case_id"] == case
    assert desk.completes("sari", DONE + timedelta(days=1)) == case
    assert desk.rows()[0]["state"] == "open"
    assert desk.outcome(case)["applied_day"] is not None


def test_evidence_taken_back_holds_up_no_verdict(desk: Desk) -> None:
    case = desk.completes("sari")
    given = desk.do(casework.hand_in, evidence(case=case.hex(), by=BUDI, role="superior"))
    desk.accept(desk.links()[0]["id"])
    desk.do(casework.take_back, statement=uuid.UUID(given).bytes, by=BUDI, why="Bukan unit saya.")
    assert desk.links()[0]["state"] == "withdrawn"
    assert desk.outcome(case)["applied_day"] is None


def test_a_link_by_hand_needs_evidence_of_the_same_person(desk: Desk) -> None:
    sari, budi = desk.completes("sari"), desk.completes("budi")
    given = desk.do(
        casework.hand_in,
        evidence(by=BUDI, role="superior", behaviours=(), title="Piket loket", programme=None),
    )
    assert desk.links() == []
    by_hand = {"evidence": uuid.UUID(given).bytes, "behaviour": HELPS, "by": ADMIN}
    with pytest.raises(Refused, match="one person or not at all"):
        desk.do(casework.propose, case=budi, reason="Terlihat.", **by_hand)
    desk.do(casework.propose, case=sari, reason="Terlihat di loket.", **by_hand)
    row = desk.links()[0]
    assert (row["state"], row["weight"]) == ("submitted", 0)
    desk.accept(row["id"])
    assert desk.outcome(sari, HELPS)["applied_day"] is not None
    with pytest.raises(Conflict):
        desk.do(casework.propose, case=sari, reason="Lagi.", **by_hand)


def test_a_record_that_no_rule_asks_for_can_be_linked_by_hand_and_stays_through_a_replay(
    desk: Desk,
) -> None:
    case = desk.completes("sari")
    statement = str(uuid.UUID(int=88, version=4))
    desk.send(
        make.statement(
            id=statement,
            actor=make.agent("sari"),
            verb={"id": "https://antrean.example.go.id/verbs/melayani"},
            object={"id": "https://antrean.example.go.id/loket/3"},
            timestamp="2026-03-20T02:00:00Z",
        )
    )
    desk.catch_up()
    assert desk.links() == []
    by_hand = {"evidence": uuid.UUID(statement).bytes, "behaviour": HELPS, "by": ADMIN}
    desk.do(casework.propose, case=case, reason="Terlihat di antrean.", **by_hand)
    desk.accept(desk.links()[0]["id"])
    assert desk.outcome(case, HELPS)["applied_day"] is not None
    before = desk.standing()
    desk.replay()
    assert desk.standing() == before
    nobody = by_hand | {"evidence": bytes(15) + b"x"}
    with pytest.raises(NotFound):
        desk.do(casework.propose, case=case, reason="Terlihat.", **nobody)


def test_the_same_form_sent_twice_is_one_and_a_changed_one_is_told(desk: Desk) -> None:
    case = desk.completes("sari")
    filled = answered(case)
    first = desk.do(casework.answer, filled)
    assert desk.do(casework.answer, filled, now=NOW + timedelta(hours=5)) == first
    assert len(desk.rated()) == 1
    changed = replace(
        filled, items={ANSWERS: {"observed": True, "value": 1}, HELPS: {"observed": False}}
    )
    with pytest.raises(Conflict, match="something else"):
        desk.do(casework.answer, changed)


def test_the_later_answer_of_a_rater_counts_and_a_disowned_one_does_not(desk: Desk) -> None:
    case = desk.completes("sari")
    desk.do(casework.answer, answered(case, value=1))
    second, _ = desk.do(casework.answer, answered(case, value=4, example="Loket, 12 Mei"))
    assert [row["value"] for row in desk.rated()] == [4]
    desk.do(casework.take_back, statement=uuid.UUID(second).bytes, by=BUDI, why="Bukan saya.")
    assert [row["value"] for row in desk.rated()] == [1]


def test_who_has_not_seen_it_says_neither_yes_nor_no(desk: Desk) -> None:
    case = desk.completes("sari")
    desk.do(casework.answer, answered(case, observed=False, value=None, frequency=None))
    outcome = desk.outcome(case, ANSWERS)
    assert (outcome["known_not_day"], outcome["superior_confirmed_day"]) == (None, None)
    assert outcome["contact_day"] is not None
    desk.do(casework.answer, answered(case, value=0, frequency="never", example="Tidak"))
    assert desk.outcome(case, ANSWERS)["known_not_day"] is not None
    # Of two behaviours one is known not to be applied: of the whole that is not known.
    assert desk.outcome(case)["known_not_day"] is None


def test_self_and_superior_on_one_device_within_minutes_are_flagged(desk: Desk) -> None:
    case = desk.completes("sari")
    for role, rater in (("self", SARI), ("superior", BUDI)):
        desk.do(casework.answer, replace(answered(case, role, rater), device="one phone"))
    assert [row["flagged"] for row in desk.rated()] == [1, 1]


def test_what_was_said_at_enrolment_is_the_baseline_of_the_case_that_comes(desk: Desk) -> None:
    asked = Filled(
        person=SARI,
        programme=SERVICE,
        form="G",
        role=records.SELF,
        rater=SARI,
        observed_on=date(2026, 2, 2),
        submission=str(uuid.UUID(int=500, version=4)),
        items={
            ANSWERS: {"observed": True, "value": 1},
            HELPS: {"observed": True, "value": 2},
        },
        whole={"why": "Tugas baru di loket."},
    )
    desk.do(casework.answer, asked)
    assert {bytes(row["case_id"]) for row in desk.rows("answers")} == {names.ZERO}
    case = desk.completes("sari")
    assert {bytes(row["case_id"]) for row in desk.rows("answers")} == {case}
    with pytest.raises(Refused, match="names no case"):
        desk.do(casework.answer, replace(asked, person=None))
    with pytest.raises(Refused, match="about a case"):
        desk.do(casework.answer, replace(asked, form="B"))


def test_one_meeting_note_serves_many_alumni(desk: Desk) -> None:
    desk.completes("sari")
    desk.completes("rina")
    desk.do(
        casework.meet,
        Meeting(
            people=(SARI, RINA),
            by=BUDI,
            role="superior",
            held_on=date(2026, 5, 4),
            text="Keduanya menjawab keluhan pada hari yang sama; cara Sari ditiru di loket dua.",
            programme=SERVICE,
            behaviours=(ANSWERS,),
            copied=(SARI,),
        ),
    )
    assert {bytes(row["subject"]) for row in desk.links()} == {
        uuid.UUID(SARI).bytes,
        uuid.UUID(RINA).bytes,
    }
    assert {row["self_said"] for row in desk.links()} == {0}

    def told(chosen: date) -> tuple[int, int, list[str]]:
        part = Slice(as_of=chosen, programme=SERVICE)
        with desk.database.read() as connection:
            imitated = reporting.imitated(connection, desk.tenant.id, part)
            given = Given(connection, desk.tenant.id, "BPSDM", part, published=False, now=NOW)
            with i18n.speaking("en"):
                blocks = evaluation.made(given).blocks
        said = [each.text for each in blocks if isinstance(each, Text) and "imitate" in each.text]
        return *imitated, said

    # What nobody has looked at says nothing yet.
    assert told(LATER)[:2] == (0, 0)
    for link in desk.links():
        desk.accept(bytes(link["id"]))
    assert told(LATER) == (
        *(1, 2),
        ["By notes of meetings that were accepted, colleagues imitate 1 of 2 alumni."],
    )
    assert told(date(2026, 5, 5))[:2] == (0, 0)


def test_what_was_done_this_morning_is_taken_before_it_is_morning_in_greenwich(
    desk: Desk,
) -> None:
    case = desk.completes("sari")
    five = datetime(2026, 8, 31, 22, tzinfo=UTC)  # in Jakarta, of the next day
    told = evidence(case=case.hex(), performed_on=date(2026, 9, 1))
    assert desk.do(casework.hand_in, told, now=five)
    with pytest.raises(Refused, match="future"):
        desk.do(casework.hand_in, evidence(performed_on=date(2026, 9, 2)), now=five)
    met = Meeting(people=(SARI,), by=BUDI, role="superior", held_on=date(2026, 9, 1), text="Baik.")
    assert desk.do(casework.meet, met, now=five)
    filled = replace(answered(case), observed_on=date(2026, 9, 1))
    assert desk.do(casework.answer, filled, now=five)


def test_a_plan_is_no_evidence_of_anything_done(desk: Desk) -> None:
    case = desk.completes("sari")
    desk.do(
        casework.hand_in,
        evidence(case=case.hex(), of=records.PLAN, performed_on=date(2026, 12, 1)),
    )
    assert desk.links() == []


def test_observation_ends_where_new_duties_no_longer_include_it_and_that_can_be_taken_back(
    desk: Desk,
) -> None:
    case = desk.completes("sari")
    ending = Ending(person=SARI, case=case.hex(), why="moved", day=date(2026, 3, 1), by=BUDI)
    ended = desk.do(casework.end, ending)
    assert desk.rows()[0]["ended"] == "moved"
    desk.do(casework.hand_in, evidence(case=case.hex(), by=BUDI, role="superior"))
    assert desk.links() == []  # done after the end
    desk.do(casework.take_back, statement=uuid.UUID(ended).bytes, by=ADMIN, why="Tugasnya tetap.")
    assert desk.rows()[0]["ended"] is None
    assert len(desk.links()) == 1


def test_citizens_are_heard_about_the_service_and_about_nobody(desk: Desk) -> None:
    unit = names.unit(desk.tenant.id, "Dinas / Loket")
    said = desk.do(
        casework.tell, Citizen(unit=unit.hex(), value=3, said_on=date(2026, 5, 5), text="Cepat")
    )
    assert [row["value"] for row in desk.rows("citizens")] == [3]
    assert desk.rows("identities") == []
    desk.do(casework.take_back, statement=uuid.UUID(said).bytes, by=ADMIN, why="Dobel.")
    assert desk.rows("citizens") == []


def test_replay_gives_all_of_it_again(desk: Desk) -> None:
    case = desk.completes("sari")
    desk.do(casework.answer, answered(case))
    desk.do(casework.hand_in, evidence(case=case.hex()))
    desk.accept(desk.links()[0]["id"])
    unit = names.unit(desk.tenant.id, "Dinas / Loket")
    desk.do(casework.tell, Citizen(unit=unit.hex(), value=3, said_on=date(2026, 5, 5)))
    before = desk.standing()
    desk.replay()
    assert desk.standing() == before


def test_a_verdict_that_an_lms_sends_counts_for_nothing(desk: Desk) -> None:
    case = desk.completes("sari")
    given = desk.do(casework.hand_in, evidence(case=case.hex(), by=BUDI, role="superior"))
    link = desk.links()[0]
    desk.accept(link["id"])
    with desk.database.read() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT body FROM statements WHERE store_id = {desk.tenant.practice.id}"
            " ORDER BY position DESC"
        ).all()
    forged = parse(unpack(rows[0][0]))
    for name in ("id", "stored", "authority", "version"):
        forged.pop(name, None)
    forged["context"]["extensions"][records.RECORD]["move"] = "withdraw"
    who = parts.principal(desk.cast)
    parts.send(desk.database, who, [forged])
    parts.send(desk.database, who, [forged], place=desk.tenant.practice)
    desk.catch_up()
    assert desk.links()[0]["state"] == "accepted"
    assert bytes(link["evidence"]) == uuid.UUID(given).bytes


def test_no_key_can_be_made_for_the_service_itself(desk: Desk) -> None:
    with pytest.raises(Conflict, match="no keys"):
        desk.cast.key("all", source=accounts.SERVICE)
    with pytest.raises(Conflict, match="the service itself"):
        desk.cast.another_source(accounts.SERVICE)


def test_what_a_form_cannot_mean_is_refused_with_the_place(desk: Desk) -> None:
    case = desk.completes("sari")
    with pytest.raises(Refused) as told:
        desk.do(
            casework.hand_in,
            evidence(of="rumour", title=" ", performed_on=date(2030, 1, 1), by=BUDI),
        )
    assert {each.path for each in told.value.problems} == {"of", "title", "performed_on", "role"}
    with pytest.raises(Refused, match="another person's"):
        desk.do(casework.hand_in, evidence(case=case.hex(), person=BUDI, by=BUDI))
    with pytest.raises(NotFound):
        desk.do(
            casework.hand_in,
            evidence(person=str(uuid.UUID(int=9, version=4)), by=BUDI, role="superior"),
        )
