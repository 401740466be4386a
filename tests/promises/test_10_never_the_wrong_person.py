"""Promise 10: a link is made between records of one person or not at all.

That no link ever joins two persons, whatever happens to an agency, is tried as well by the machine
of test_9. Here what an identifier means is tried for every order of decisions, and somebody does
their best to link one person's work to another's case.
"""

import uuid
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs import casework, people
from lrs.errors import JejakError, Refused
from lrs.practice import people as facts
from lrs.practice import records
from lrs.practice.people import Entry, standing
from lrs.practice.records import Evidence
from lrs.projector import _Owners
from lrs.store.practice import Claim
from tests.agency import ANSWERS, IRI, Agency, graduated
from tests.conftest import NOW, Cast

PEOPLE = [bytes([n]) * 16 for n in range(1, 4)]
ACCOUNTS = [bytes([n]) * 16 for n in range(101, 104)]

moments = st.integers(0, 9)
spans = st.tuples(moments | st.none(), moments | st.none())
claims = st.lists(
    st.builds(
        lambda account, person, span: Claim(account, person, *span),
        st.sampled_from(ACCOUNTS),
        st.sampled_from(PEOPLE),
        spans,
    ),
    max_size=6,
)
merges = st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), max_size=3)


@given(claims, merges, st.sampled_from(ACCOUNTS), moments)
def test_an_identifier_means_one_person_or_nobody(
    said: list[Claim], merged: dict[bytes, bytes], account: bytes, at: int
) -> None:
    """Whom it is confirmed to mean at that moment; where that is two, it is nobody."""
    owners = _Owners(said, merged, PEOPLE)
    meant = {
        owners.canonical(each.person) for each in said if each.digest == account and each.holds(at)
    }
    found = owners.person(account, at)
    assert found == (meant.pop() if len(meant) == 1 else None)


def _entry(kind: str, text: str, position: int) -> Entry:
    if kind in (facts.MERGED, facts.PARTED):
        return Entry(position, kind, {"into": PEOPLE[1].hex()})
    return Entry(position, kind, {"kind": "mbox", "text": text})


kinds = st.sampled_from([facts.IDENTIFIER, facts.REFUSED, facts.MERGED, facts.PARTED])
decisions = st.lists(st.tuples(kinds, st.sampled_from("abc")), min_size=1, max_size=8)


@given(decisions, st.randoms(use_true_random=False))
def test_the_last_decision_holds_in_whatever_order_they_are_read(
    told: list[tuple[str, str]], chance: object
) -> None:
    entries = [_entry(kind, text, n) for n, (kind, text) in enumerate(told)]
    shuffled = list(entries)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    person = standing(shuffled)
    assert person == standing(entries)
    for text in {text for _, text in told}:
        last = [kind for kind, its in told if its == text and kind.startswith(("id", "ref"))][-1:]
        held = {each.confirmed for each in person.identifiers if each.text == text}
        assert held == ({last[0] == facts.IDENTIFIER} if last else set())
    moved = [kind for kind, _ in told if kind in (facts.MERGED, facts.PARTED)][-1:]
    assert (person.merged_into is not None) == (moved == [facts.MERGED])


@pytest.fixture
def agency(cast: Cast) -> Agency:
    return graduated(cast)


def hand_in(agency: Agency, name: str) -> bytes:
    """Something that this person did, for no case."""
    person = str(uuid.UUID(bytes=agency.staff[name]))
    given_ = Evidence(
        person=person,
        of="artefact",
        by=person,
        role=records.SELF,
        performed_on=date(2026, 2, 20),
        title="Rekap",
    )
    return uuid.UUID(agency.do(casework.hand_in, given_, now=NOW)).bytes


def case_of(agency: Agency, name: str) -> bytes:
    found = [row["id"] for row in agency.rows() if row["subject"] == agency.staff[name]]
    return bytes(found[0])


def propose(agency: Agency, evidence: bytes, case: bytes) -> None:
    told = {"behaviour": ANSWERS, "by": "user:admin", "reason": "Terlihat.", "now": NOW}
    agency.do(casework.propose, case=case, evidence=evidence, **told)


def test_nobody_can_link_ones_work_to_anothers_case(agency: Agency) -> None:
    evidence = hand_in(agency, "Staf 01")
    with pytest.raises(Refused, match="one person"):
        propose(agency, evidence, case_of(agency, "Staf 02"))
    person, other = (str(uuid.UUID(bytes=agency.staff[n])) for n in ("Staf 01", "Staf 02"))
    across = Evidence(
        person=person,
        of="artefact",
        by=other,
        role="coach",
        performed_on=date(2026, 2, 20),
        title="Rekap",
        programme=IRI,
        case=case_of(agency, "Staf 02").hex(),
    )
    with pytest.raises(Refused, match="another person's"):
        agency.do(casework.hand_in, across, now=NOW)
    assert agency.rows("links") == []


def test_a_link_that_a_wrong_merge_made_goes_with_the_merge(agency: Agency) -> None:
    one, other = agency.staff["Staf 01"], agency.staff["Staf 02"]
    evidence = hand_in(agency, "Staf 01")
    agency.write(people.merge, one, other, "admin")
    propose(agency, evidence, case_of(agency, "Staf 02"))
    assert [row["subject"] for row in agency.rows("links")] == [other]
    agency.write(people.part, one, "admin")
    subjects = {row["id"]: row["subject"] for row in agency.rows()}
    assert all(subjects[row["case_id"]] == one for row in agency.rows("links"))
    assert other not in {row["subject"] for row in agency.rows("links")}


def test_two_who_are_told_apart_are_not_made_one_by_a_list(agency: Agency) -> None:
    """An address that is somebody's cannot be confirmed for another."""
    address = ("mbox", "mailto:staf.02@example.go.id")
    with pytest.raises(JejakError):
        agency.write(people.confirm, agency.staff["Staf 01"], address, "admin")
    assert len({row["subject"] for row in agency.rows()}) == 2
