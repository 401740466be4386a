"""What the register's entries about one person come to."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.practice.people import Entry, Units, number, standing, superior_on

UNIT, OTHER = "11" * 16, "22" * 16


def entered(*said: tuple[str, dict[str, Any]]) -> list[Entry]:
    return [Entry(n, kind, body) for n, (kind, body) in enumerate(said, 1)]


def spells(*said: tuple[str, dict[str, Any]]) -> list[tuple[Any, ...]]:
    posts = standing(entered(*said)).posts
    return [(each.unit and each.unit.hex(), each.first, each.last, each.ended) for each in posts]


def test_a_move_ends_the_post_before_it() -> None:
    assert spells(
        ("post", {"unit": UNIT, "first": 100}),
        ("post", {"unit": OTHER, "first": 200, "why": "promoted"}),
    ) == [(UNIT, 100, 199, "promoted"), (OTHER, 200, None, None)]


def test_a_move_that_is_entered_late_falls_into_its_place() -> None:
    assert spells(
        ("post", {"unit": OTHER, "first": 200}), ("post", {"unit": UNIT, "first": 100})
    ) == [(UNIT, 100, 199, "moved"), (OTHER, 200, None, None)]


def test_a_post_entered_again_for_the_same_day_corrects_the_first() -> None:
    assert spells(
        ("post", {"unit": UNIT, "first": 100}), ("post", {"unit": OTHER, "first": 100})
    ) == [(OTHER, 100, None, None)]


def test_who_retires_has_no_post_after_the_day_before() -> None:
    retired = entered(
        ("post", {"unit": UNIT, "first": 100}), ("left", {"day": 300, "why": "retired"})
    )
    person = standing(retired)
    assert person.post(299) is not None
    assert person.post(300) is None
    assert person.left is not None
    assert person.left.ended == "retired"


def test_who_comes_back_from_study_has_a_post_again() -> None:
    person = standing(
        entered(
            ("post", {"unit": UNIT, "first": 100}),
            ("left", {"day": 300, "why": "study"}),
            ("post", {"unit": UNIT, "first": 700}),
        )
    )
    assert [(each.last, each.ended) for each in person.posts] == [(299, "study"), (None, None)]
    assert person.left is None
    assert person.post(500) is None


def test_who_leaves_without_any_post_known_has_left_all_the_same() -> None:
    assert spells(("left", {"day": 300, "why": "retired"})) == [(None, None, 299, "retired")]


def test_facts_are_added_corrected_and_taken_away() -> None:
    person = standing(
        entered(
            ("person", {"name": "Sari", "phone": "0811"}),
            ("person", {"name": "Sari Dewi", "phone": None}),
        )
    )
    assert person.facts == {"name": "Sari Dewi"}


def test_a_refused_identifier_no_longer_means_the_person_until_confirmed_again() -> None:
    claim = {"kind": "mbox", "text": "mailto:sari@example.org"}
    yes, no = ("identifier", claim), ("refused", claim)
    states = [
        [each.confirmed for each in standing(entered(*said)).identifiers]
        for said in ((yes,), (yes, no), (yes, no, yes))
    ]
    assert states == [[True], [False], [True]]


def test_an_account_may_mean_a_person_twice_at_different_times() -> None:
    claim = {"kind": "account", "text": "https://lms.example.org\n7"}
    person = standing(
        entered(
            ("identifier", claim | {"from": None, "to": 100}),
            ("identifier", claim | {"from": 500}),
        )
    )
    assert [(each.first, each.last) for each in person.identifiers] == [(None, 100), (500, None)]


def test_a_merge_is_taken_back_by_a_later_entry() -> None:
    merged = ("merged", {"into": OTHER})
    assert standing(entered(merged)).merged_into == bytes.fromhex(OTHER)
    assert standing(entered(merged, ("parted", {}))).merged_into is None


day = st.integers(min_value=1, max_value=60)
said = st.one_of(
    st.builds(
        lambda first, unit, why: ("post", {"first": first, "unit": unit, "why": why}),
        st.none() | day,
        st.sampled_from([UNIT, OTHER, None]),
        st.sampled_from([None, "moved", "promoted", "superior"]),
    ),
    st.builds(
        lambda when, why: ("left", {"day": when, "why": why}),
        day,
        st.sampled_from(["retired", "resigned", "study"]),
    ),
)


@given(st.lists(said, max_size=8), st.randoms(use_true_random=False))
def test_posts_never_overlap_and_do_not_depend_on_how_entries_are_handed_over(
    every: list[tuple[str, dict[str, Any]]], dice: random.Random
) -> None:
    entries = entered(*every)
    person = standing(entries)
    shuffled = list(entries)
    dice.shuffle(shuffled)
    assert standing(shuffled) == person
    for each, after in zip(person.posts, person.posts[1:], strict=False):
        assert each.last is not None
        assert after.first is not None
        assert each.last < after.first
    for each in person.posts:
        assert each.last is None or each.first is None or each.first <= each.last


BOSS, OWN_WORD = "aa" * 16, "bb" * 16
told = st.one_of(
    st.fixed_dictionaries({"first": st.integers(0, 9)}, optional={"superior": st.just(BOSS)}).map(
        lambda body: ("post", body)
    ),
    st.fixed_dictionaries(
        {"superior": st.sampled_from([BOSS, OWN_WORD]), "day": st.integers(0, 9)}
    ).map(lambda body: ("said", body)),
    st.just(("unsaid", {"superior": OWN_WORD})),
    st.integers(0, 12).map(lambda day: ("left", {"day": day, "why": "retired"})),
)


@given(st.lists(told, max_size=8))
def test_what_the_person_says_of_their_superior_changes_nothing_but_what_nobody_else_said(
    entries: list[tuple[str, dict[str, Any]]],
) -> None:
    person = standing(entered(*entries))
    others = [each if each[0] in ("post", "left") else ("person", {}) for each in entries]
    without = standing(entered(*others))
    for day in range(13):
        now, before = person.post(day), without.post(day)
        if before is None:
            assert now is None or not without.posts
        elif before.superior is not None:
            assert now == before, "what a list says stands"
        else:
            assert now is not None
            assert (now.first, now.last, now.ended) == (before.first, before.last, before.ended)
            assert now.superior_state in (None, "unconfirmed")


class Office:
    """Three levels of units, each with whom it has for those below."""

    TOP, MIDDLE, LOW = b"t", b"m", b"l"

    def __init__(self, *superiors: bytes | None) -> None:
        paths = ("Dinas", "dinas / Bidang  A", "Dinas / Bidang A / Seksi 1")
        self.units = Units(
            {
                unit: (path, {"superior": each.hex()} if each else {})
                for unit, path, each in zip(b"tml", paths, superiors, strict=True)
                for unit in (bytes([unit]),)
            }
        )


@given(st.lists(st.sampled_from([None, b"x", b"y", b"z"]), min_size=3, max_size=3))
def test_the_default_superior_is_the_nearest_one_above_who_is_not_oneself(
    superiors: list[bytes | None],
) -> None:
    units = Office(*superiors).units
    for me in (b"x", b"y", None):
        nearest = [each for each in reversed(superiors) if each and each != me]
        assert units.superior(Office.LOW, me) == (nearest[0] if nearest else None)
    assert units.superior(b"unknown") is None
    assert units.superior(None) is None
    person = standing(entered(("post", {"unit": Office.LOW.hex()})))
    found, state = superior_on(person, units, 5, b"x")
    assert (state == "default") == (found is not None)


def test_the_numbers_of_civil_servants_are_told_apart() -> None:
    assert number("19900101 201501 1 001") == ("nip", "199001012015011001")
    assert number("199001012023211004") == ("ni_pppk", "199001012023211004")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1990", "has 4 digits"),
        ("199013012015011001", "no date of birth"),
        ("199001012015013001", "15th digit"),
        ("19900101201501100x", "other than digits"),
    ],
)
def test_a_number_that_cannot_be_one_is_told_why(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        number(text)
