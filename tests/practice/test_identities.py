"""Who an unknown identifier may mean, and who may be in the register twice."""

from hashlib import sha1

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.practice.identities import (
    SURE,
    Candidate,
    Conflict,
    Held,
    Known,
    Register,
    plain_name,
    same_name,
)

LMS, ELSEWHERE = "https://lms.example.go.id", "https://academy.example.org"
NIP, PPPK = "199001012015011001", "199001012022211001"
MAIL = "sari@example.org"


def sari(*identifiers: Held, id_: bytes = b"sari", **more: object) -> Known:
    told: dict[str, object] = {"name": "Sari Dewi, S.Kom.", "mail": MAIL}
    return Known(id_, identifiers=(Held("nip", NIP), *identifiers), **(told | more))  # type: ignore[arg-type]


def reasons(register: Register, kind: str, text: str, name: str | None = None) -> tuple[str, ...]:
    found = register.candidates(kind, text, name)
    assert len(found) <= 1
    return found[0].reasons if found else ()


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("account", f"{LMS}\n{NIP}", "number"),
        ("account", f"{LMS}\nSari@Example.org", "mail as account"),
        ("mbox", "mailto:SARI@example.org", "mail case"),
        ("mbox", f"mailto:{NIP}@asn.example.go.id", "number in mail"),
        ("mbox_sha1sum", sha1(b"mailto:sari@example.org").hexdigest(), "mail hash"),
    ],
)
def test_an_identifier_that_says_whose_it_is_is_proposed_and_sure(
    kind: str, text: str, why: str
) -> None:
    (one,) = Register([sari()]).candidates(kind, text, "whatever")
    assert (one.person, one.reasons) == (b"sari", (why,))
    assert one.confidence >= SURE


def test_an_account_of_the_same_name_elsewhere_is_proposed_only_with_the_same_name() -> None:
    register = Register([sari(Held("account", f"{ELSEWHERE}\nsari.dewi"))])
    here = f"{LMS}\nSari.Dewi"
    (one,) = register.candidates("account", here, "Dr. SARI DEWI")
    assert one.reasons == ("account and name",)
    assert one.confidence < SURE, "never in bulk"
    assert register.candidates("account", here, "Dewi Sari") == []
    assert register.candidates("account", here) == []


@pytest.mark.parametrize("number", ["7", "1042", "123456"])
def test_a_number_that_systems_count_their_users_by_has_nothing_in_common_with_another(
    number: str,
) -> None:
    register = Register([sari(Held("account", f"{ELSEWHERE}\n{number}"))])
    assert register.candidates("account", f"{LMS}\n{number}", "Sari Dewi") == []


def test_what_was_decided_not_to_be_theirs_is_not_proposed_again() -> None:
    text = f"{LMS}\n{NIP}"
    assert (
        Register([sari(Held("account", text, confirmed=False))]).candidates("account", text) == []
    )


def test_an_address_that_two_share_proposes_both_and_neither_surely() -> None:
    register = Register([sari(), sari(id_=b"budi", name="Budi")])
    found = register.candidates("mbox", "mailto:SARI@example.org")
    assert [each.person for each in found] == [b"budi", b"sari"]
    assert {each.confidence for each in found} == {900}


@given(
    st.text(max_size=20),
    st.sampled_from(["Sari Dewi", "sari dewi", "Dr. Sari Dewi, M.Si", "", None]),
    st.sampled_from(["account", "mbox", "mbox_sha1sum", "openid"]),
)
def test_a_name_alone_proposes_nobody(text: str, name: str | None, kind: str) -> None:
    told = f"{LMS}\n{text}" if kind == "account" else text
    register = Register([sari(Held("account", f"{ELSEWHERE}\nsari.dewi"))])
    nameless = {each.person for each in register.candidates(kind, told)}
    named = register.candidates(kind, told, name)
    if {each.person for each in named} != nameless:
        assert text.casefold() == "sari.dewi"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sari Dewi", "SARI  DEWI"),
        ("Dr. Hj. Sari Dewi, S.Kom., M.Si.", "Sari Dewi"),
        ("Nur'aini", "Nuraini"),
        ("José", "Jose"),
    ],
)
def test_names_are_alike_but_for_case_signs_and_titles(one: str, other: str) -> None:
    assert same_name(one, other)
    assert not same_name(one, f"{other} Lestari")
    assert not same_name("", "")
    assert plain_name("Dr") == "dr", "a name that is nothing but a title stands"


# Twice in the register ----------------------------------------------------------------------------


def hired(id_: bytes = b"again", number: str = PPPK, **more: object) -> Known:
    told: dict[str, object] = {"name": "Sari Dewi", "mail": None} | more
    return Known(id_, identifiers=(Held("ni_pppk", number),), **told)  # type: ignore[arg-type]


def test_who_was_hired_anew_under_another_number_is_proposed_as_one() -> None:
    (pair,) = Register([sari(), hired()]).doubles()
    assert {pair.one, pair.other} == {b"sari", b"again"}
    assert pair.reasons == ("birth, sex and name",)
    (surer,) = Register([sari(), hired(mail=MAIL)]).doubles()
    assert surer.reasons == ("mail and name", "birth, sex and name")
    assert surer.confidence > pair.confidence


@pytest.mark.parametrize(
    "other",
    [
        hired(name="Budi"),
        hired(number="199001022022211001"),
        hired(number="199001012022212001"),
        Known(b"nobody", "Sari Dewi"),
        Known(b"namesake", "Sari Dewi", identifiers=(Held("nip", "199001012014011001"),)),
    ],
    ids=["other name", "other birthday", "other sex", "name alone", "another NIP"],
)
def test_who_is_merely_alike_is_not(other: Known) -> None:
    assert Register([sari(), other]).doubles() == []


def test_two_who_are_known_not_to_be_one_are_not_proposed_again() -> None:
    assert Register([sari(distinct=frozenset([b"again"])), hired()]).doubles() == []
    assert Register([sari(), hired(distinct=frozenset([b"sari"]))]).doubles() == []


def test_one_phone_and_one_name_are_proposed_however_the_phone_is_written() -> None:
    one = Known(b"1", "Ani", phone="+62 812-3456-789")
    other = Known(b"2", "ANI", phone="08123456789")
    (pair,) = Register([one, other]).doubles()
    assert pair.reasons == ("phone and name",)


def test_an_offices_address_makes_nobody_alike() -> None:
    office = [Known(bytes([n]), f"Pegawai {n}", "kantor@example.org") for n in range(40)]
    assert Register(office).doubles() == []
    again = Known(b"again", "Pegawai 7", "kantor@example.org")
    assert [each.reasons for each in Register([*office, again]).doubles()] == [("mail and name",)]
    few = Register(office[:2]).doubles()
    assert [each.reasons for each in few] == [("mail",)]


# Conflicts ----------------------------------------------------------------------------------------


def test_contradictions_are_told() -> None:
    shared = Held("account", f"{LMS}\n7")
    every = [
        sari(shared, Held("nip", "198001012005011001")),
        Known(b"budi", "Budi", "SARI@example.org", identifiers=(shared,)),
        Known(b"ani", "Ani", identifiers=(Held("account", f"{LMS}\n{NIP}"),)),
    ]
    assert [(each.what, set(each.people)) for each in Register(every).conflicts()] == [
        ("mail", {b"budi", b"sari"}),
        ("number of another", {b"ani", b"sari"}),
        ("numbers", {b"sari"}),
        ("shared", {b"budi", b"sari"}),
    ]


def test_an_account_that_was_one_persons_and_then_anothers_is_no_contradiction() -> None:
    first = Known(b"1", "Ani", identifiers=(Held("account", f"{LMS}\n7", last=100),))
    then = Known(b"2", "Budi", identifiers=(Held("account", f"{LMS}\n7", first=100),))
    assert Register([first, then]).conflicts() == []
    late = Known(b"2", "Budi", identifiers=(Held("account", f"{LMS}\n7", first=99),))
    assert Register([first, late]).conflicts() == [Conflict("shared", (b"1", b"2"), f"{LMS}\n7")]


def test_reasons_weigh_more_together_than_alone() -> None:
    register = Register([sari(mail=NIP + "@asn.example.go.id")])
    (one,) = register.candidates("mbox", f"mailto:{NIP}@ASN.example.go.id")
    assert isinstance(one, Candidate)
    assert set(one.reasons) == {"mail case", "number in mail"}
    assert 950 < one.confidence < 1000
