"""Lists of the practice side: narrowed, in order, whole when read page by page."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs.practice import names, people
from lrs.store import cases
from lrs.store.cases import Page, Which
from lrs.store.engine import Database, run
from lrs.store.register import Fact
from tests.conftest import Cast
from tests.practice_rows import AT, DAY, LISTENS, SERVICE, Agency


@pytest.fixture
def agency(cast: Cast) -> Agency:
    return Agency(cast.database, cast.tenant.id)


def listed(agency: Agency, of: Callable[..., Page[Any]], *given: Any, **asked: Any) -> list[Any]:
    """All rows of a list, read in pages of two."""
    rows: list[Any] = []
    after = None
    with agency.database.read() as connection:
        while True:
            page = of(connection, agency.tenant_id, *given, after=after, limit=2, **asked)
            rows += page.rows
            assert len(page.rows) <= 2
            if (after := page.after) is None:
                return rows


def test_the_queue_tells_what_waits_the_longest_first_and_what_a_reviewer_needs(
    agency: Agency,
) -> None:
    unit = agency.unit("Dinas / Bidang")
    programme = agency.programme()
    sari = agency.person("Sari Dewi", unit=unit)
    case = agency.case(sari, programme, cohort="Angkatan I", unit=unit)
    late = agency.link(case, sari, behaviour=LISTENS, at=AT + 5)
    early = agency.link(case, sari, behaviour=LISTENS, at=AT, state="in_review")
    agency.link(case, sari, at=AT + 1, state="accepted")
    told = listed(agency, cases.links)
    assert [each.id for each in told] == [early, late]
    first = told[0]
    assert (first.name, first.unit_path, first.cohort) == (
        "Sari Dewi",
        "Dinas / Bidang",
        "Angkatan I",
    )
    assert first.programme.title == SERVICE.title
    assert first.behaviour.iri == LISTENS
    assert first.told["signals"] == ["behaviour"]


def test_the_queue_is_narrowed_by_programme_unit_person_and_state(agency: Agency) -> None:
    here, there = agency.unit("Dinas A"), agency.unit("Dinas B")
    service = agency.programme()
    other = agency.programme(
        replace(SERVICE, iri="urn:archives", title="Arsip", courses=frozenset())
    )
    sari, budi = agency.person("Sari"), agency.person("Budi")
    one = agency.link(agency.case(sari, service, unit=here), sari)
    two = agency.link(agency.case(budi, other, unit=there), budi, state="accepted")

    def ids(whose: Any = None, **asked: Any) -> list[bytes]:
        which = Which(**({"states": cases.TO_REVIEW} | asked))
        return [each.id for each in listed(agency, cases.links, which, whose=whose)]

    assert ids() == ids(programme=service) == ids(unit=here) == ids({sari}) == [one]
    assert ids(programme=other) == ids(unit=there) == ids({budi}) == []
    assert ids(states=("accepted",)) == ids({budi}, states=()) == [two]
    assert set(ids(states=())) == {one, two}


def test_nothing_is_told_of_another_tenant(cast: Cast, neighbour: Cast) -> None:
    agency, other = (
        Agency(cast.database, cast.tenant.id),
        Agency(cast.database, neighbour.tenant.id),
    )
    theirs = other.person("Budi", unit=other.unit("Dinas"))
    case = other.case(theirs, other.programme())
    link = other.link(case, theirs, behaviour=LISTENS)
    event = other.event(theirs)
    other.answer(case, theirs)
    other.attended(theirs)
    other.identity("budi", theirs)
    other.invitation(case, "self", theirs)
    with cast.database.read() as c:
        for of in (
            *(cases.cases, cases.links, cases.evidence, cases.participation, cases.units),
            *(cases.identities, cases.invitations, cases.unclaimed),
        ):
            assert of(c, agency.tenant_id) == Page((), None), of
            assert of(c, other.tenant_id).rows, of
        assert cases.people(c, agency.tenant_id, DAY) == Page((), None)
        assert cases.person(c, agency.tenant_id, theirs, DAY) is None
        assert cases.case(c, agency.tenant_id, case) is None
        assert cases.link(c, agency.tenant_id, link) is None
        for of_one in (cases.links_of_case, cases.outcomes, cases.answers):
            assert of_one(c, agency.tenant_id, case) == []
        assert cases.evidence_of(c, agency.tenant_id, event) == []
        assert cases.waiting(c, agency.tenant_id) == {}


def test_a_reader_with_a_reach_is_told_of_nobody_else(agency: Agency) -> None:
    sari, budi = agency.person("Sari"), agency.person("Budi")
    for each in (sari, budi):
        case = agency.case(each)
        agency.link(case, each)
        agency.event(each)
        agency.attended(each)
        agency.invitation(case, "self", each)
    for of in (
        *(cases.cases, cases.links, cases.evidence, cases.participation, cases.invitations),
    ):
        assert {each.person for each in listed(agency, of, whose={sari})} == {sari}, of
        assert listed(agency, of, whose=()) == [], of
    assert [each.name for each in listed(agency, cases.people, DAY, whose={budi})] == ["Budi"]


def test_an_account_that_was_somebody_elses_tells_only_what_was_theirs(agency: Agency) -> None:
    sari, budi = agency.person("Sari"), agency.person("Budi")
    account = {"kind": "account", "text": "https://lms.example.org\nfrontdesk"}
    agency.enter(
        Fact(people.IDENTIFIER, budi, {**account, "to": AT}),
        Fact(people.IDENTIFIER, sari, {**account, "from": AT}),
    )
    actor = names.identifier(agency.tenant_id, "account", account["text"])
    before, after = agency.event(actor, at=AT - 1), agency.event(actor, at=AT + 1)
    assert [e.statement for e in listed(agency, cases.evidence, whose={budi})] == [before]
    assert [e.statement for e in listed(agency, cases.evidence, whose={sari})] == [after]
    assert [e.name for e in listed(agency, cases.evidence)] == ["Sari", "Budi"]


def test_evidence_of_whom_a_person_was_found_to_be_is_theirs(agency: Agency) -> None:
    sari, twin = agency.person("Sari"), agency.person("Sari D.")
    statement = agency.event(twin)
    agency.enter(Fact(people.MERGED, twin, {"into": sari.hex()}))
    assert [e.statement for e in listed(agency, cases.evidence, whose={sari})] == [statement]


def test_voided_evidence_is_not_listed(agency: Agency) -> None:
    sari = agency.person("Sari")
    voided = agency.event(sari, voided=True)
    assert listed(agency, cases.evidence) == []
    with agency.database.read() as connection:
        assert cases.evidence_of(connection, agency.tenant_id, voided) == []


def test_answers_name_the_rater_and_the_behaviour(agency: Agency) -> None:
    agency.programme()
    boss = agency.person("Ibu Ratna")
    sari = agency.person("Sari", superior=boss)
    case = agency.case(sari)
    agency.answer(case, sari, rater=boss)
    with agency.database.read() as connection:
        [told] = cases.answers(connection, agency.tenant_id, case)
    assert (told.rater_name, told.value, told.barriers) == ("Ibu Ratna", 3, ("funds", "team"))
    assert told.behaviour is not None
    assert told.behaviour.iri == LISTENS


def test_people_come_by_name_with_the_post_of_the_day(agency: Agency) -> None:
    unit = agency.unit("Dinas")
    boss = agency.person("Ratna")
    agency.person("Budi 100%", unit=unit, superior=boss, first=DAY)
    agency.person("ani")
    assert [e.name for e in listed(agency, cases.people, DAY)] == ["ani", "Budi 100%", "Ratna"]
    [budi] = listed(agency, cases.people, DAY, words="I 100%")
    assert (budi.unit_path, budi.superior_name) == ("Dinas", "Ratna")
    assert listed(agency, cases.people, DAY, words="_") == []
    assert [e.name for e in listed(agency, cases.people, DAY, unit=unit)] == ["Budi 100%"]
    assert listed(agency, cases.people, DAY - 1, unit=unit) == []


def test_a_course_of_no_programme_is_shown_with_who_was_in_it(agency: Agency) -> None:
    agency.attended(agency.person("Sari"))
    agency.attended(None, completed=False)
    agency.attended(agency.person("Budi"), agency.programme(), course="claimed")
    [course] = listed(agency, cases.unclaimed)
    assert (course.people, course.completed) == (2, 1)


def test_identities_nobody_knows_are_told_apart(agency: Agency) -> None:
    sari = agency.person("Sari")
    agency.identity("sari", sari)
    unknown = agency.identity("somebody")
    assert [e.digest for e in listed(agency, cases.identities, known=False)] == [unknown]
    assert [e.person_name for e in listed(agency, cases.identities, person=sari)] == ["Sari"]
    assert len(listed(agency, cases.identities)) == 2


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["submitted", "in_review"])), max_size=9
    )
)
def test_page_by_page_each_row_comes_once_and_in_order(
    cast: Cast, rows: list[tuple[int, str]]
) -> None:
    agency = Agency(cast.database, cast.tenant.id)
    for table in ("links", "cases", "people", "register", "employments", "events", "invitations"):
        agency.database.write(lambda c, table=table: run(c, f"DELETE FROM {table}"))
    for later, state in rows:
        person = agency.person(f"Sari {later}")
        case = agency.case(person, at=AT + later)
        agency.link(case, person, state=state, at=AT + later)
        agency.event(person)
        agency.invitation(case, "self", person, due=DAY + later)
    for of, key, down in (
        (cases.links, lambda each: (each.at, each.id), False),
        (cases.cases, lambda each: (each.completed_at, each.id), True),
        (cases.evidence, lambda each: each.position, True),
        (cases.invitations, lambda each: (each.due_day, each.id), False),
    ):
        keys = [key(each) for each in listed(agency, of)]
        assert keys == sorted(set(keys), reverse=down), of
        assert len(keys) == len(rows), of
    known = [(each.name, each.id) for each in listed(agency, cases.people, DAY)]
    assert known == sorted(set(known))
    assert len(known) == len(rows)


def test_the_first_page_of_the_queue_and_of_cases_is_read_off_an_index(database: Database) -> None:
    """Never sorted: a page costs the same with ten rows and with a million."""
    asked: list[tuple[str, tuple[Any, ...]]] = []

    with database.read() as connection:
        real = cases.run

        def listen(c: Any, sql: str, values: Any = ()) -> Any:
            asked.append((sql, tuple(values)))
            return real(c, sql, values)

        cases.run = listen  # type: ignore[assignment]
        try:
            cases.links(connection, 1)
            cases.links(connection, 1, after=(AT, "00" * 16))
            cases.cases(connection, 1)
            cases.cases(connection, 1, after=(AT, "00" * 16))
            cases.evidence(connection, 1)
            cases.invitations(connection, 1)
        finally:
            cases.run = real
        explain = "EXPLAIN QUERY PLAN " if database.dialect == "sqlite" else "EXPLAIN "
        if database.dialect == "postgresql":
            run(connection, "SET enable_sort = off")
            run(connection, "SET enable_seqscan = off")
            run(connection, "SET enable_bitmapscan = off")
        for sql, values in asked:
            plan = str([tuple(row) for row in run(connection, explain + sql, values)])
            assert not any(word in plan for word in ("TEMP B-TREE", "Sort ", "filesort")), plan
