"""Documents: merging by splicing, and entity tags (Communication 2.2, 3.1)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import Refused
from lrs.xapi.documents import etag, matches, merge

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), inner)
    ),
    max_leaves=8,
)
objects = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4), values, max_size=6
)


def test_the_example_of_the_standard() -> None:
    """Communication 2.2: x is replaced, y stays, z is added."""
    merged = merge(b'{"x" : "foo", "y" : "bar"}', b'{"x" : "bash", "z" : "faz"}')
    assert merged == b'{"x":"bash","y":"bar","z":"faz"}'


def test_only_top_level_members_are_merged() -> None:
    """Communication 2.2: the entire contents of an original property are replaced."""
    assert merge(b'{"a":{"b":1,"c":2}}', b'{"a":{"d":3}}') == b'{"a":{"d":3}}'


def test_untouched_members_keep_their_spelling() -> None:
    old = b'{"n":1.0, "\\u0061bc":{"e" : 1E+2}, "big":1234567890123456789012345678901234567890}'
    assert merge(old, b'{"new":1.50}') == (
        b'{"n":1.0,"\\u0061bc":{"e" : 1E+2},"big":1234567890123456789012345678901234567890'
        b',"new":1.50}'
    )


def test_one_name_spelled_in_two_ways_is_one_member() -> None:
    assert merge(b'{"a":1}', b'{"\\u0061":2}') == b'{"a":2}'


@given(objects, objects, st.sampled_from([None, 1]), st.booleans())
def test_merge_is_dict_update(
    old: dict[str, Any], new: dict[str, Any], indent: int | None, ascii: bool
) -> None:
    """The meaning is `old | new`, and the bytes of untouched members are the same."""
    spelled = {
        name: json.dumps(value, indent=indent, ensure_ascii=ascii).encode()
        for name, value in old.items()
    }
    names = {name: json.dumps(name, ensure_ascii=ascii).encode() for name in old}
    text = b" {" + b" ,\n".join(names[n] + b"\t: " + spelled[n] for n in old) + b"} "
    merged = merge(text, json.dumps(new, indent=indent).encode())
    assert json.loads(merged) == old | new
    assert list(json.loads(merged)) == list(old | new)
    for name in old.keys() - new.keys():
        assert names[name] + b":" + spelled[name] in merged


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"\xef\xbb\xbf{}", "not a JSON object"),
        (b'{"a":1', "comma or closing brace"),
        (b'{"a":1,}', "name in quotes"),
        (b'{"a" 1}', "colon"),
        (b'{"a":1}{}', "follows its closing brace"),
        (b'{"a":1} x', "follows its closing brace"),
        (b'{"a":1,"a":2}', "'a' stands in it twice"),
        (b'{"a":1,"\\u0061":2}', "'a' stands in it twice"),
        (b'{"a":{"b":1,"b":2}}', "'b' stands twice"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":[-Infinity]}', "-Infinity"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b'{"a":["\\udc00\\ud800"]}', "surrogate"),
        (b'{"\\ud83d":1}', "surrogate"),
        (b'{"a":{"\\ud83d":1}}', "surrogate"),
        (b'{"a":"\xff"}', "not UTF-8 at byte 6"),
        (b'{"a":"\xed\xa0\x80"}', "not UTF-8"),
        (b'{"a":01}', "comma"),
        (b'{"a":1.}', "comma"),
        (b'{"a":.5}', "Expecting value"),
        (b'{"a":"\x01"}', "control character"),
        (b"{'a':1}", "name in quotes"),
        (b'{"a":' + b"[" * 100_000, "deeply"),
    ],
)
def test_what_is_no_plain_object_is_refused(bad: bytes, why: str) -> None:
    for old, new, which in ((b"{}", bad, "sent"), (bad, b"{}", "stored")):
        with pytest.raises(Refused) as refusal:
            merge(old, new)
        assert why in str(refusal.value)
        assert which in str(refusal.value)


def test_a_whole_surrogate_pair_is_kept() -> None:
    assert merge(b"{}", b'{"a":"\\ud83d\\ude00"}') == b'{"a":"\\ud83d\\ude00"}'


@given(st.binary() | st.text('{}[]",:\\u0 1eE.-tNa').map(str.encode))
def test_any_bytes_merge_or_are_refused(garbage: bytes) -> None:
    try:
        merged = merge(garbage, b'{"a":1}')
    except Refused:
        return
    assert json.loads(merged) == json.loads(garbage) | {"a": 1}


def test_etag_is_forty_hex_in_quotes() -> None:
    assert etag(b"") == '"da39a3ee5e6b4b0d3255bfef95601890afd80709"'


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("*", True),
        (' "abc" ', True),
        ("abc", True),
        ('W/"abc"', True),
        ('"x", W/"y" ,"abc"', True),
        ('"x","abc"', True),
        ('"x",, "abc",', True),
        ("x, abc", True),
        ('"x"', False),
        ('"ABC"', False),
        ('"x,abc"', False),
        ("", False),
        (",", False),
        ('"abc', False),
        ("W/", False),
    ],
)
def test_conditions(header: str, expected: bool) -> None:
    assert matches(header, '"abc"') is expected


def test_nothing_matches_where_nothing_exists() -> None:
    assert not matches("*", None)
    assert not matches('"abc"', None)


@given(st.text(), st.binary())
def test_any_header_can_be_asked(header: str, content: bytes) -> None:
    matches(header, etag(content))
    assert matches(etag(content), etag(content))
