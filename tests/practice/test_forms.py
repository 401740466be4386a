"""What is asked, and when an answer is sound."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.practice import forms
from lrs.practice.forms import FORMS, at, check

LETTER = "https://diklat.example.go.id/behaviours/letter"
MEETING = "https://diklat.example.go.id/behaviours/meeting"


def paths(letter: str, whole: dict[str, Any], items: dict[str, Any], **more: Any) -> list[str]:
    return [problem.path for problem in check(FORMS[letter], [LETTER], whole, items, **more)]


def test_every_form_of_the_field_is_there() -> None:
    assert "".join(FORMS) == "ABCDEFGHIJ"


def test_a_superior_rates_a_behaviour_with_one_value() -> None:
    assert paths("C", {}, {LETTER: {"value": 2}}) == []


def test_who_has_not_seen_it_says_so_and_no_more() -> None:
    assert paths("C", {}, {LETTER: {"observed": False}}) == []
    assert paths("C", {}, {LETTER: {"observed": False, "value": 3}}) == [at("value", LETTER)]


def test_a_behaviour_of_which_nothing_is_said_is_asked_for() -> None:
    assert paths("C", {}, {}) == [at("value", LETTER)]
    assert paths("C", {}, {LETTER: {"example": "…"}}) == [at("value", LETTER)]


@pytest.mark.parametrize("value", [0, 4])
def test_the_ends_of_the_scale_need_an_example(value: int) -> None:
    assert paths("C", {}, {LETTER: {"value": value}}) == [at("example", LETTER)]
    assert paths("C", {}, {LETTER: {"value": value, "example": "  "}}) == [at("example", LETTER)]
    assert paths("C", {}, {LETTER: {"value": value, "example": "Surat 12 Mei"}}) == []


def test_a_behaviour_of_another_programme_is_not_answered() -> None:
    assert paths("C", {}, {LETTER: {"value": 2}, MEETING: {"value": 2}}) == [f"items[{MEETING}]"]


def test_no_barrier_is_an_answer_and_silence_is_none() -> None:
    assert paths("D", {"barriers": []}, {}) == []
    assert paths("D", {}, {}) == [at("barriers")]
    assert paths("D", {"barriers": ["funds", "rain"]}, {}) == [at("barriers")]


def test_something_else_is_told_in_words() -> None:
    assert paths("D", {"barriers": ["other"]}, {}) == [at("note")]
    assert paths("D", {"barriers": ["other"], "note": "Banjir"}, {}) == []


def test_the_plan_is_the_learners_and_the_word_on_it_the_superiors() -> None:
    plan = {LETTER: {"value": 1, "first_date": "2026-02-01", "output": "Surat edaran"}}
    assert paths("A", {}, plan, role="self") == []
    assert paths("A", {"agrees": True}, {LETTER: {"value": 1}}, role="superior") == []
    assert paths("A", {"agrees": True}, plan, role="self") == [at("agrees")]


def test_a_plan_has_a_day_and_an_output() -> None:
    assert paths("A", {}, {LETTER: {"value": 1, "output": "Surat"}}) == [at("first_date", LETTER)]
    dated = {LETTER: {"value": 1, "first_date": "2026-02-01"}}
    assert paths("A", {}, dated) == [at("output", LETTER)]
    assert paths("A", {}, {LETTER: {"value": 1, "first_date": "1 Feb", "output": "Surat"}}) == [
        at("first_date", LETTER)
    ]


def test_whom_colleagues_imitate_was_at_the_meeting() -> None:
    note = {"held_on": "2026-02-01", "people": ["a", "b"], "text": "…", "copied": ["c"]}
    assert paths("J", note, {}) == [at("copied")]


def test_barriers_to_taking_part_and_to_applying_have_no_word_in_common() -> None:
    assert not set(forms.REASONS) & set(forms.BARRIERS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
NAMES = sorted({f.name for form in FORMS.values() for f in (*form.each, *form.whole)})
ANSWERS = st.dictionaries(st.sampled_from(NAMES), JSON | st.sampled_from([["other"], ["a"], 0, 4]))


@given(st.sampled_from(sorted(FORMS)), ANSWERS, st.dictionaries(st.just(LETTER), ANSWERS))
def test_whatever_is_sent_is_answered_by_sentences(
    letter: str, whole: dict[str, Any], items: dict[str, Any]
) -> None:
    for problem in check(FORMS[letter], [LETTER], whole, items):
        assert problem.message.endswith((".", "?"))
