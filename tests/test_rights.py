"""What people may ask of their data: requests, putting right, keeping without use."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lrs import casework, followup, people, reporting, rights, units
from lrs.auth import relations
from lrs.auth.relations import Viewer
from lrs.casework import Filled
from lrs.errors import Conflict, NotFound, Refused
from lrs.followup import FilledIn, Sheet
from lrs.practice import people as facts
from lrs.practice import records
from lrs.practice.cases import days
from lrs.practice.records import Evidence
from lrs.reports.shapes import Slice
from lrs.settings import Settings
from lrs.store import browse, cases, invitations, practice, register
from tests.agency import ANSWERS, HEAD, HELPS, Agency, mail_server
from tests.conftest import NOW, Cast

TODAY = days(NOW.date())
WHO = "Staf 01"
NIP, OTHER_NIP = "199001012015011001", "199001012015011002"


@pytest.fixture
def agency(cast: Cast, settings: Settings) -> Agency:
    there = Agency(cast, settings)
    there.setup()
    return there


def known(agency: Agency, name: str = WHO) -> facts.Person:
    person = agency.staff[name]
    with agency.database.read() as connection:
        return register.people(connection, agency.tenant.id, [person])[person]


def restrict(agency: Agency) -> None:
    told = {"why": "Data disengketakan.", "by": "admin", "now": NOW}
    agency.do(rights.restrict, agency.staff[WHO], **told)


# Requests


def ask(agency: Agency, kind: str = rights.COPY, **changes: Any) -> bytes:
    told = {"asked_by": "person", "by": "admin", "now": NOW} | changes
    made: bytes = agency.do(rights.ask, agency.staff[WHO], kind, **told)
    return made


def test_a_request_says_until_when_it_is_to_be_answered(agency: Agency) -> None:
    ask(agency, note="Lewat surat.")
    with agency.database.read() as connection:
        (held,) = rights.requests(connection, agency.tenant)
    assert (held.kind, held.state, held.note) == ("copy", "open", "Lewat surat.")
    assert held.due - held.asked == timedelta(hours=72)
    assert not held.late(NOW + timedelta(days=3))
    assert held.late(NOW + timedelta(days=3, seconds=1))


def test_what_became_of_a_request_is_kept_with_the_reason(agency: Agency) -> None:
    first, second = ask(agency), ask(agency, rights.ERASE)
    told = {"by": "admin", "now": NOW + timedelta(days=1)}
    agency.do(rights.settle, first, "done", reason="", **told)
    with pytest.raises(Refused):
        agency.do(rights.settle, second, "refused", reason=" ", **told)
    agency.do(rights.settle, second, "refused", reason="Arsip wajib disimpan.", **told)
    with pytest.raises(Conflict):
        agency.do(rights.settle, second, "done", reason="", **told)
    with agency.database.read() as connection:
        held = {each.id: each for each in rights.requests(connection, agency.tenant)}
        assert rights.requests(connection, agency.tenant, open_only=True) == []
    assert (held[second].state, held[second].reason) == ("refused", "Arsip wajib disimpan.")
    assert held[second].decided == NOW + timedelta(days=1)


def test_a_request_names_somebody_and_is_of_a_kind(agency: Agency) -> None:
    with pytest.raises(NotFound):
        agency.do(rights.ask, uuid.uuid4().bytes, "copy", asked_by="person", by="admin", now=NOW)
    with pytest.raises(Refused):
        ask(agency, "forgetting")
    with pytest.raises(NotFound):
        agency.do(rights.settle, uuid.uuid4().bytes, "done", reason="", by="admin", now=NOW)


# Keeping without use


def test_of_whom_data_is_only_kept_is_in_no_list_but_that_of_who_keeps_the_register(
    agency: Agency,
) -> None:
    agency.complete()
    person = agency.staff[WHO]
    restrict(agency)
    tenant = agency.tenant.id
    with agency.database.read() as connection:
        assert person not in {each.person for each in cases.cases(connection, tenant).rows}
        took_part = cases.participation(connection, tenant).rows
        assert person not in {each.person for each in took_part}
        assert person not in {each.id for each in cases.people(connection, tenant, TODAY).rows}
        every = cases.people(connection, tenant, TODAY, kept=True).rows
        assert person in {each.id for each in every}
        # Whoever asks for them alone may be the admin, and finds all of it kept.
        own = cases.cases(connection, tenant, whose={person}).rows
        assert len(own) == 1
        # What counts a list counts what is in it.
        open_ = browse.cases_by_programme(connection, tenant)
        assert sum(open_.values()) == len(cases.cases(connection, tenant).rows)
        assert browse.counts(connection, tenant)["open"] == sum(open_.values())
        year = Slice(as_of=NOW.date(), until=date(2026, 12, 31))
        assert person not in {
            each.person for each in reporting.hours(connection, tenant, year, "nip")
        }


def test_each_role_sees_of_them_what_it_may(agency: Agency) -> None:
    agency.complete()
    person = agency.staff[WHO]
    restrict(agency)
    with agency.database.read() as connection:
        for role, who, seen in (
            ("admin", None, True),
            ("reviewer", None, False),
            ("evaluator", None, False),
            ("learner", person, True),
            ("superior", HEAD, False),
        ):
            viewer = Viewer(
                tenant_id=agency.tenant.id, roles=frozenset([role]), person=who, day=TODAY
            )
            try:
                relations.require(connection, viewer, "cases/read", person, "a case")
            except NotFound:
                assert not seen, role
            else:
                assert seen, role


def test_nobody_is_asked_about_them_and_they_get_no_letter(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    restrict(agency)
    agency.plan()
    theirs = {row["id"] for row in agency.rows() if row["subject"] == agency.staff[WHO]}
    assert not theirs & {row["case_id"] for row in agency.rows("invitations")}
    agency.do(rights.lift, agency.staff[WHO], why="Sengketa selesai.", by="admin")
    agency.plan()
    assert theirs <= {row["case_id"] for row in agency.rows("invitations")}


def test_what_was_asked_before_is_owed_by_nobody(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    agency.plan()
    theirs = {row["id"] for row in agency.rows() if row["subject"] == agency.staff[WHO]}
    about = {each["id"] for each in agency.rows("invitations") if each["case_id"] in theirs}
    asked = {row["id"] for row in agency.ledger(rater=agency.staff[WHO])}
    assert about - asked
    restrict(agency)
    tenant, day = agency.tenant, days(agency.now.date())
    with agency.database.read() as connection:
        listed = cases.invitations(connection, tenant.id, limit=500).rows
        owed = followup.waiting(connection, tenant, agency.now)
        counted = invitations.overdue(connection, tenant.id, day)
    assert {each.id for each in listed} == {
        row["id"] for row in agency.rows("invitations")
    } - about - asked
    assert WHO not in {each.name for each in owed}
    assert sum(each.about for each in owed) == len(listed)
    assert counted["due"] + counted["sent"] == len(
        [each for each in listed if each.state == "sent" or each.due_day <= day]
    )
    # Word of who was silent, or a reminder, is of others alone.
    agency.do(rights.lift, agency.staff[WHO], why="Selesai.", by="admin")
    with agency.database.read() as connection:
        assert about <= {each.id for each in cases.invitations(connection, tenant.id).rows}


def test_what_was_asked_at_enrolment_is_owed_by_nobody_either(
    cast: Cast, settings: Settings
) -> None:
    agency = Agency(cast, settings)
    agency.setup(forms=("G", "H"))
    early = datetime(2026, 2, 1, 3, tzinfo=UTC)
    agency.complete(WHO, "Staf 02", verb="enrolled", at=early)
    agency.begin()
    agency.now = early
    agency.plan()

    def owed() -> tuple[int, int, list[str]]:
        with agency.database.read() as connection:
            tenant, day = agency.tenant, days(agency.now.date())
            return (
                len(cases.invitations(connection, tenant.id).rows),
                invitations.overdue(connection, tenant.id, day)["due"],
                [row.name for row in followup.waiting(connection, tenant, agency.now)],
            )

    assert owed()[:2] == (4, 4)
    restrict(agency)
    assert owed()[:2] == (2, 2)
    assert WHO not in owed()[2]
    agency.plan()
    assert len(agency.rows("invitations")) == 4


def test_nobody_is_called_silent_about_them_but_what_was_answered_counts(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    agency.after(90)
    agency.plan()
    with mail_server() as (_, mailer):
        agency.post(mailer)

    def asked(id: str, name: str) -> tuple[int, int]:
        day = agency.now.date() + timedelta(days=1)
        with agency.database.read() as connection:
            told = reporting.figure(connection, agency.tenant.id, id, Slice(as_of=day))
        measure = told.total.measure(name)
        return measure.k, measure.n

    assert (asked("M4", "silent"), asked("M3", "superior")) == ((2, 2), (0, 2))
    restrict(agency)
    assert (asked("M4", "silent"), asked("M3", "superior")) == ((1, 1), (0, 1))
    agency.do(rights.lift, agency.staff[WHO], why="Selesai.", by="admin")
    answer_about_all(agency)
    assert (asked("M4", "silent"), asked("M3", "superior")) == ((0, 2), (2, 2))
    restrict(agency)
    assert (asked("M4", "silent"), asked("M3", "superior")) == ((0, 2), (2, 2))


def answer_about_all(agency: Agency) -> None:
    """The superior answers every row of their page."""
    page = agency.page(agency.round_of("Rina Kepala"))
    told = Sheet(
        submission=str(uuid.uuid4()),
        entries=tuple(
            FilledIn(row=row.key, form="C", items={ANSWERS: {"value": 3}, HELPS: {"value": 3}})
            for row in page.rows
        ),
    )
    agency.do(followup.answer, page, told, now=agency.now)


def test_the_contact_of_their_unit_is_not_asked_about_them(agency: Agency) -> None:
    named = agency.staff["Staf 02"]
    agency.write(units.name_superior, agency.staff[WHO], named, "admin", day=TODAY)

    def page() -> followup.UnitPage:
        with agency.database.read() as connection:
            return followup.unit_page(connection, agency.tenant, agency.unit, NOW)

    assert [name for _, name, _ in page().superiors] == [WHO]
    restrict(agency)
    assert page().superiors == ()


def test_what_was_asked_before_is_not_sent_any_more(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    agency.plan()
    restrict(agency)
    with mail_server() as (sink, mailer):
        agency.post(mailer)
        assert sink.to(WHO.casefold().replace(" ", ".")) == []
        (letter,) = sink.to("Rina")
        assert WHO not in str(letter.get_body(("plain",)))


def test_nothing_is_decided_handed_in_or_answered(agency: Agency) -> None:
    agency.complete()
    restrict(agency)
    person = str(uuid.UUID(bytes=agency.staff[WHO]))
    case = next(row["id"] for row in agency.rows() if row["subject"] == agency.staff[WHO])
    given = Evidence(
        person=person,
        of="artefact",
        by=person,
        role=records.SELF,
        performed_on=NOW.date(),
        title="Rekap",
        case=case.hex(),
    )
    filled = Filled(
        form="C",
        role="superior",
        rater=str(uuid.UUID(bytes=HEAD)),
        observed_on=NOW.date(),
        submission=str(uuid.uuid4()),
        case=case.hex(),
        items={ANSWERS: {"value": 2}, HELPS: {"observed": False}},
    )
    for work, what in ((casework.hand_in, given), (casework.answer, filled)):
        with pytest.raises(Conflict, match="kept and not worked with"):
            agency.do(work, what, now=NOW)


def test_a_restriction_needs_a_reason_and_is_there_once(agency: Agency) -> None:
    person = agency.staff[WHO]
    with pytest.raises(Refused):
        agency.do(rights.restrict, person, why=" ", by="admin", now=NOW)
    restrict(agency)
    with pytest.raises(Conflict):
        restrict(agency)
    agency.do(rights.lift, person, why="Selesai.", by="admin")
    with pytest.raises(Conflict):
        agency.do(rights.lift, person, why="Selesai.", by="admin")
    with agency.database.read() as connection:
        assert practice.restricted(connection, agency.tenant.id) == frozenset()
    agency.replay()
    assert known(agency).restricted is None


def test_a_restriction_outlives_a_replay_and_a_merge(agency: Agency) -> None:
    restrict(agency)
    agency.write(people.merge, agency.staff[WHO], agency.staff["Staf 02"], "admin")
    agency.replay()
    with agency.database.read() as connection:
        kept = practice.restricted(connection, agency.tenant.id)
    assert kept == {agency.staff[WHO], agency.staff["Staf 02"]}


# Putting right


def rectify(agency: Agency, **told: Any) -> list[str]:
    more = {word: told.pop(word) for word in ("day",) if word in told}
    changed: list[str] = agency.do(
        rights.rectify, agency.staff[WHO], told, by="admin", now=NOW, **more
    )
    return changed


def test_a_name_and_a_phone_are_put_right_and_the_request_is_answered(agency: Agency) -> None:
    ask(agency, rights.RECTIFY)
    assert rectify(agency, name="Siti Rahma", phone="0812-0000-0000") == ["name", "phone"]
    assert rectify(agency, name="Siti Rahma") == []
    assert known(agency).name == "Siti Rahma"
    with agency.database.read() as connection:
        assert rights.requests(connection, agency.tenant, open_only=True) == []


def test_a_new_mail_address_takes_the_place_of_the_old_one_whose_records_stay(
    agency: Agency,
) -> None:
    agency.complete()
    assert rectify(agency, mail="siti@example.go.id") == ["mail"]
    agency.catch_up()
    assert known(agency).facts["mail"] == "siti@example.go.id"
    (case,) = [row for row in agency.rows() if row["subject"] == agency.staff[WHO]]
    assert case["matched"] == 1
    with pytest.raises(Conflict):
        rectify(agency, mail="staf.02@example.go.id")
    with pytest.raises(Refused):
        rectify(agency, mail="siti")


def test_a_wrong_number_is_theirs_no_more(agency: Agency) -> None:
    agency.enter_number(agency.staff[WHO], NIP)
    assert rectify(agency, number=OTHER_NIP) == ["number"]
    assert rectify(agency, number=OTHER_NIP) == []
    held = {
        each.text for each in known(agency).identifiers if each.kind == "nip" and each.confirmed
    }
    assert held == {OTHER_NIP}
    with pytest.raises(Refused):
        rectify(agency, number="123")


def test_a_post_is_put_right_in_its_place_or_from_a_day_on(agency: Agency) -> None:
    before = known(agency).posts
    assert rectify(agency, title="Pranata Komputer") == ["title"]
    (post,) = known(agency).posts
    assert (post.title, post.unit, post.superior) == ("Pranata Komputer", before[0].unit, HEAD)
    rectify(agency, unit="Dinas Sosial / Bidang B", superior=None, day=TODAY)
    first, second = known(agency).posts
    assert (first.last, second.first, second.superior) == (TODAY - 1, TODAY, None)
    with pytest.raises(Refused):
        rectify(agency, superior=agency.staff[WHO])
    with pytest.raises(Refused):
        rectify(agency, birthday="1990-01-01")


def test_follow_up_goes_by_what_was_put_right(agency: Agency) -> None:
    agency.complete()
    agency.begin()
    rectify(agency, superior=agency.staff["Staf 02"])
    agency.plan()
    with agency.database.read() as connection:
        superior = followup.superior_of(connection, agency.tenant, agency.staff[WHO], NOW)
    assert superior == agency.staff["Staf 02"]
