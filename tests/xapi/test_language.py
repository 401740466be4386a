"""Choosing one language (Communication 2.1.3; RFC 2616 §14.4, RFC 4647)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi.language import negotiate


@pytest.mark.parametrize(
    ("languages", "header", "expected"),
    [
        ("en-US en-GB", "en-GB", "en-GB"),
        ("en-US en-GB", "EN-gb", "en-GB"),
        ("id en", "id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7", "id"),
        ("en id-ID", "id", "id-ID"),
        ("en-US id", "en-GB", "en-US"),
        ("en-US fr", "en-GB, fr;q=0.1", "fr"),
        ("en-US en-GB", "en, en-US;q=0.3", "en-GB"),
        ("id-ID id", "id", "id"),
        ("en id", "en;q=0.5, id", "id"),
        ("en id", "en;q=0.5, id;q=0.50", "en"),
        ("id en", "en;Q=0.001", "en"),
        ("zh-Hans zh-Hant", "zh-Hant-TW", "zh-Hant"),
        ("de zh", "zh-Hant-x-private", "zh"),
        ("de en", "en-*", "en"),
        ("de en-GB", "en-*-GB", "en-GB"),
        ("english en", "en", "en"),
        ("en fr", "en;q=0, *", "fr"),
        ("en fr", "en;q=0", "fr"),
        ("en en-GB", "en;q=0, en-GB", "en-GB"),
        ("en-GB en-US", "en, en-GB;q=0", "en-US"),
        ("en", "*;q=0", "en"),
        ("en fr", "*;q=0", "en"),
        ("en fr de", "en;q=0.2, *;q=0.5", "fr"),
        ("en fr", "de", "en"),
        ("en fr", "", "en"),
        ("en fr", None, "en"),
        ("en fr", "*", "en"),
        ("en fr", "fr;q=2", "en"),
        ("en fr", "nonsense;;=, fr;level=1, fr;q=1.000", "fr"),
        ("en fr", ", ,fr", "fr"),
        ("en fr", "de," * 100 + "fr", "en"),
        ("en EN", "en", "en"),
        ("und en", "de", "und"),
    ],
)
def test_the_best_entry(languages: str, header: str | None, expected: str) -> None:
    texts = {tag: tag for tag in languages.split()}
    assert negotiate(texts, header) == {expected: expected}


def test_an_empty_map_stays_empty() -> None:
    assert negotiate({}, "en") == {}


tags = st.from_regex(r"[a-c]{1,3}(-[A-C0-9]{1,2}){0,2}", fullmatch=True)
headers = st.text("abcABC-*,;q=01. ") | st.lists(tags).map(";q=0,".join) | st.text()


@given(st.dictionaries(tags | st.text(), st.integers(), min_size=1), headers)
def test_one_entry_of_any_map_by_any_header(texts: dict[str, int], header: str) -> None:
    [(tag, text)] = negotiate(texts, header).items()
    assert texts[tag] == text
    assert negotiate(texts, header) == {tag: text}


@given(st.dictionaries(tags, st.integers(), min_size=1))
def test_every_entry_can_be_had_by_its_name(texts: dict[str, int]) -> None:
    for tag in texts:
        [found] = negotiate(texts, f"x-none, {tag}")
        assert found.lower() == tag.lower()
