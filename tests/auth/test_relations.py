"""How people stand to one another on a day: as lists say, as units have it, by assignment."""

import pytest
from sqlalchemy import Connection

from lrs.auth import relations, roles
from lrs.auth.relations import Viewer
from lrs.errors import NotFound
from lrs.practice import people
from lrs.store import register
from lrs.store.register import Assignment, Fact
from tests.conftest import Cast
from tests.practice_rows import DAY, Agency


@pytest.fixture
def agency(cast: Cast) -> Agency:
    return Agency(cast.database, cast.tenant.id)


def viewer(agency: Agency, person: bytes | None, *held: str, day: int = DAY) -> Viewer:
    return Viewer(tenant_id=agency.tenant_id, roles=frozenset(held), person=person, day=day)


def near(agency: Agency, word: str, person: bytes, *held: str, day: int = DAY) -> set[bytes]:
    with agency.database.read() as connection:
        return relations.RELATIONS[word](connection, viewer(agency, person, *held, day=day))


def test_staff_are_those_one_leads_on_that_day(agency: Agency) -> None:
    boss, next_boss = agency.person("Ratna"), agency.person("Wayan")
    sari = agency.person("Sari", superior=boss, first=DAY - 10)
    agency.enter(Fact(people.POST, sari, {"superior": next_boss.hex(), "first": DAY + 5}))
    assert near(agency, "staff", boss) == {sari}
    assert near(agency, "staff", boss, day=DAY + 5) == set()
    assert near(agency, "staff", next_boss, day=DAY + 5) == {sari}


def test_a_superior_whom_only_the_learner_names_sees_nothing(agency: Agency) -> None:
    named = agency.person("Ratna")
    sari = agency.person("Sari")
    agency.enter(Fact(people.SAID, sari, {"superior": named.hex(), "day": DAY}))
    assert near(agency, "staff", named) == set()


def test_the_head_of_a_unit_leads_who_has_no_superior_and_is_led_from_above(agency: Agency) -> None:
    director, head, boss = (agency.person(name) for name in ("Made", "Ratna", "Wayan"))
    office = agency.unit("Dinas", superior=director.hex())
    section = agency.unit("Dinas / Bidang", superior=head.hex())
    agency.enter(Fact(people.POST, head, {"unit": section.hex(), "first": DAY - 1}))
    sari = agency.person("Sari", unit=section)
    budi = agency.person("Budi", unit=section, superior=boss)
    ani = agency.person("Ani", unit=office)
    assert near(agency, "staff", head) == {sari}
    assert near(agency, "staff", director) == {ani, head}
    assert near(agency, "staff", boss) == {budi}


def test_a_contact_speaks_for_their_unit_and_those_below_without_one(agency: Agency) -> None:
    contact, other = agency.person("Ratna"), agency.person("Wayan")
    agency.unit("Dinas", contact=contact.hex())
    below = agency.unit("Dinas / Bidang A")
    own = agency.unit("Dinas / Bidang B", contact=other.hex())
    sari, budi = agency.person("Sari", unit=below), agency.person("Budi", unit=own)
    assert near(agency, "unit", contact) == {sari}
    assert near(agency, "unit", other) == {budi}


def test_a_coach_is_assigned_learners_for_a_time(agency: Agency) -> None:
    coach, sari = agency.person("Ratna"), agency.person("Sari")

    def assign(first: int | None, last: int | None) -> None:
        given = Assignment(coach, sari, "coach", first, last)
        agency.database.write(lambda c: register.assign(c, agency.tenant_id, given, "admin"))

    assign(DAY, None)
    assert near(agency, "coached", coach, "coach") == {sari}
    assert near(agency, "coached", coach, "examiner") == set(), "assigned as a coach only"
    assert near(agency, "coached", coach, "coach", day=DAY - 1) == set()
    assign(DAY, DAY + 1)
    assert near(agency, "coached", coach, "coach", day=DAY + 2) == set()
    agency.database.write(lambda c: register.rebuild(c, agency.tenant_id))
    assert near(agency, "coached", coach, "coach") == {sari}


def test_a_peer_is_asked_while_the_window_is_open(agency: Agency) -> None:
    peer, sari, budi = (agency.person(name) for name in ("Ani", "Sari", "Budi"))
    case = agency.case(sari)
    agency.invitation(case, "peer", peer, due=DAY)
    agency.invitation(agency.case(budi), "peer", peer, due=DAY, state="disowned")
    assert near(agency, "asked", peer) == {sari}
    assert (
        near(agency, "asked", peer, day=DAY - 1)
        == near(agency, "asked", peer, day=DAY + 16)
        == set()
    )


def test_who_was_found_to_be_somebody_stands_as_they_do(agency: Agency) -> None:
    boss, twin = agency.person("Ratna"), agency.person("Ratna S.")
    sari = agency.person("Sari", superior=twin)
    gone = agency.person("Sari D.", superior=boss)
    agency.enter(
        Fact(people.MERGED, twin, {"into": boss.hex()}),
        Fact(people.MERGED, gone, {"into": sari.hex()}),
    )
    assert near(agency, "staff", boss) == {sari}
    assert near(agency, "own", gone) == {sari, gone}


def test_a_role_that_may_is_answered_not_found_for_who_is_out_of_reach_and_others_why(
    agency: Agency,
) -> None:
    boss = agency.person("Ratna")
    sari, stranger = agency.person("Sari", superior=boss), agency.person("Budi")

    def ask(connection: Connection, held: str, action: str, subject: bytes | None) -> None:
        relations.require(connection, viewer(agency, boss, held), action, subject, "a case 1")

    with agency.database.read() as connection:
        ask(connection, "superior", "cases/read", sari)
        ask(connection, "reviewer", "cases/read", None)
        for subject in (stranger, None, boss):
            with pytest.raises(NotFound):
                ask(connection, "superior", "cases/read", subject)
        with pytest.raises(roles.NotPermitted, match="for the roles admin"):
            ask(connection, "superior", "verdicts/write", sari)
        nobody = viewer(agency, None, "superior", "learner")
        assert relations.whose(connection, nobody, "cases/read") == frozenset()
        assert relations.related(connection, viewer(agency, boss), sari) == {"staff"}
