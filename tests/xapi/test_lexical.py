"""The forms of single values: xAPI 1.0.3 Data 2.2 and 4; IEEE 9274.1.1 4.2.7."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.xapi import lexical

FORMS = {
    lexical.is_iri: (
        [
            "http://example.com",
            "https://example.com/a?b=c#d",
            "HTTPS://EXAMPLE.COM/",
            "urn:uuid:6e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1",
            "mailto:sari@example.com",
            "http://contoh.example.id/pelatihan/ümlaut",
            "http://example.com/%20",
            "http://[2001:db8::1]:8080/x",
            "http://sari@[::1]/",
            "http://example.com/?private=\ue000",
            "tag:example.com,2026:a",
            "x:y",
        ],
        [
            "",
            "example.com/verb",
            "/verb",
            "ab=c://should.fail.com",
            "1a:b",
            "foo:",
            "http://example.com/a b",
            "http://example.com/\n",
            "http://example.com/\n\n",
            "http://example.com/<a>",
            'http://example.com/"',
            "http://example.com/{a}",
            "http://example.com/a|b",
            "http://example.com/a\\b",
            "http://example.com/^`",
            "http://example.com/%zz",
            "http://example.com/%2",
            "http://example.com/a[1]",
            "http://example.com/#a#b",
            "http://example.com/\ue000",
            "http://example.com/\u202e",
            "http://example.com/\ufffd",
            "http://example.com/\x7f",
            " http://example.com",
        ],
    ),
    lexical.is_openid: (
        ["http://toby.openid.example.org/"],
        ["http://contoh.example/ü", "openid.example.org"],
    ),
    lexical.is_uuid: (
        [
            "6e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1",
            "6E8BC430-9C3A-4ED9-BBB5-E8B1A1A1A1A1",
            "018f3c2e-7b1a-7cc3-98c4-dc0c0c07398f",  # version 7
            "00000000-0000-0000-0000-000000000000",
        ],
        [
            "{6e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1}",
            "urn:uuid:6e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1",
            "6e8bc4309c3a4ed9bbb5e8b1a1a1a1a1",
            "6e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a18",
            "ge8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1",
            "6e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1\n",
            "٦e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1",
        ],
    ),
    lexical.is_mbox: (
        [
            "mailto:sari@example.com",
            "mailto:Sari.Dewi+diklat@Example.CO.ID",
            "mailto:root@localhost",
            "mailto:o'brien_1@example.com",
            "mailto:a%25b@example.com",
            "mailto:dewi@contoh.संगठन",
        ],
        [
            "sari@example.com",
            "MAILTO:sari@example.com",
            "mailto:",
            "mailto:should.fail.com",
            "mailto:@example.com",
            "mailto:sari@",
            "mailto:sari@example..com",
            "mailto:sari@.example.com",
            "mailto:a@b@example.com",
            "mailto:a@example.com,b@example.com",
            "mailto:a@example.com?subject=x",
            "mailto:sari dewi@example.com",
            "mailto:<sari@example.com>",
            "http://should.fail.com",
        ],
    ),
    lexical.is_mbox_sha1sum: (
        ["ebd31e95054c018b10727ccffd2ef2ec3a016ee9", "EBD31E95054C018B10727CCFFD2EF2EC3A016EE9"],
        ["ebd31e95054c018b10727ccffd2ef2ec3a016ee", "xbd31e95054c018b10727ccffd2ef2ec3a016ee9"],
    ),
    lexical.is_sha2: (
        ["c" * 56, "a" * 64, "B" * 96, "0" * 128],
        ["a" * 63, "a" * 65, "g" * 64, "a" * 40],
    ),
    lexical.is_media_type: (
        [
            "text/plain",
            "text/plain; charset=ascii",
            'multipart/mixed; boundary="a b"; x=y',
            "application/vnd.api+json",
            "text/plain;",
        ],
        ["text", "text/", "/plain", "text/plain charset", "text/plain; charset", "a b/c", ""],
    ),
    lexical.is_language_tag: (
        [
            "id",
            "en-US",
            "en-us",
            "zh-Hant-TW",
            "zh-min-nan",
            "de-1996",
            "sl-rozaj-biske",
            "es-419",
            "x-diklat",
            "i-klingon",
            "en-GB-oed",
            "en-a-bbb-x-a",
            "tlhingan",
        ],
        [
            "",
            "a",
            "a12345",
            "a12345678",
            "en_US",
            "en-",
            "-en",
            "en--US",
            "s-something",
            "en-x",
            "en-US-US1",
            "something1",
            "e\u017f",  # the long s, which folds to s
        ],
    ),
    lexical.is_duration: (
        [
            "PT4H35M59.14S",
            "PT16559.14S",
            "P3Y1M29DT4H35M59.14S",
            "P3Y",
            "P4W",
            "P0.5W",
            "PT0S",
            "PT1,5S",
            "P1DT12H36M0.12567S",
            "P1.5D",
            "P99999999999999999999Y",
        ],
        [
            "",
            "P",
            "PT",
            "P1D T1H",
            "P4W1D",
            "P1YT",
            "PT1.5H2M",
            "P1.5YT1S",
            "PA1H0M0S",
            "-P1D",
            "P-1D",
            "P1S",
            "PT1D",
            "P0003-06-04T12:30:05",
            "p1d",
            "PT1.S",
            "PT.5S",
            "PT1S\n",
        ],
    ),
    lexical.is_timestamp: (
        [
            "2026-03-01T09:30:00Z",
            "2026-03-01T09:30:00.1234567890123Z",
            "2026-03-01T09:30:00,5+07:00",
            "2026-03-01T09:30:00+0700",
            "2026-03-01T09:30:00+07",
            "2026-03-01T09:30Z",
            "2026-03-01T09:30:00",
            "2026-03-01T09:30:00+00:00",
            "2026-03-01T09:30:00-00:30",
            "2024-02-29T00:00:00Z",
            "2016-12-31T23:59:60Z",
            "2017-01-01T06:59:60.5+07:00",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.9999999Z",
        ],
        [
            "",
            "2026-03-01",
            "01/011/2015",
            "2026-03-01 09:30:00Z",
            "2026-03-01t09:30:00z",
            "20260301T093000Z",
            "2026-W09-7T09:30:00Z",
            "2026-060T09:30:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T09:60:00Z",
            "2026-03-01T09:30:61Z",
            "2026-03-01T09:30:60Z",
            "2026-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-03-01T09:30:00-00:00",
            "2026-03-01T09:30:00-0000",
            "2026-03-01T09:30:00-00",
            "2026-03-01T09:30:00+24:00",
            "2026-03-01T09:30:00.Z",
            "2026-03-01T09Z",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "2026-03-01T09:30:00Z\n",
            "٢026-03-01T09:30:00Z",
        ],
    ),
}
ALL = [(rule, text, True) for rule, (good, _) in FORMS.items() for text in good]
ALL += [(rule, text, False) for rule, (_, bad) in FORMS.items() for text in bad]


@pytest.mark.parametrize(("rule", "text", "expected"), ALL)
def test_a_form_admits_what_the_standard_admits(rule, text, expected):
    assert rule(text) is expected


@pytest.mark.parametrize("rule", FORMS)
@pytest.mark.parametrize("value", [None, True, 0, 1.5, Decimal(1), [], {}, b"id", ["id"]])
def test_what_is_no_string_has_no_form(rule, value):
    assert rule(value) is False


@pytest.mark.parametrize("rule", FORMS)
def test_long_hostile_text_is_judged_in_linear_time(rule):
    for piece in ("a", "a-", "1", "P1", "a:/", "mailto:a@", "%2", "a.", ";a=", "9,", "//@["):
        rule(piece * 100_000)
        rule("https://" + piece * 100_000)
        rule("PT" + piece * 100_000)
        rule("text/plain" + piece * 100_000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, True),
        (10**40, True),
        (Decimal("1.0"), True),
        (1.5, True),
        (True, False),
        ("1", False),
        (None, False),
        (float("nan"), False),
        (float("inf"), False),
        (Decimal("NaN"), False),
        (Decimal("sNaN"), False),
        (Decimal("-Infinity"), False),
    ],
)
def test_a_number_is_finite_and_no_boolean(value, expected):
    assert lexical.is_number(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0, True), (27, True), (-1, False), (True, False), (Decimal(27), False)]
)
def test_a_length_is_a_whole_number(value, expected):
    assert lexical.is_length(value) is expected


# --- time -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T09:30:00Z", "2026-03-01T09:30:00Z"),
        ("2026-03-01T09:30:00.1200Z", "2026-03-01T09:30:00.1200Z"),
        ("2026-03-01T09:30:00.1200+07:00", "2026-03-01T02:30:00.1200Z"),
        ("2026-03-01T00:30:00.123456789-0530", "2026-03-01T06:00:00.123456789Z"),
        ("2026-03-01T00:30:00+01", "2026-02-28T23:30:00Z"),
        ("2026-03-01T09:30:00,5Z", "2026-03-01T09:30:00.5Z"),
        ("2026-03-01T09:30+07:00", "2026-03-01T02:30:00Z"),
        ("2026-03-01T09:30Z", "2026-03-01T09:30:00Z"),
        ("2026-03-01T09:30:00", "2026-03-01T09:30:00Z"),
        ("2026-03-01T09:30:00+00:00", "2026-03-01T09:30:00Z"),
        ("2017-01-01T06:59:60.25+07:00", "2016-12-31T23:59:60.25Z"),
    ],
)
def test_a_time_is_told_in_utc_with_its_digits(text, expected):
    """xAPI 1.0.3 Data 4.5; IEEE 9274.1.1 4.2.7: converted, not refused."""
    assert lexical.utc(text) == expected
    assert lexical.is_timestamp(expected)
    assert lexical.micros(text) == lexical.micros(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.0000019Z", 1),
        ("1969-12-31T23:59:59.9999999Z", -1),
        ("1970-01-01T07:00:00.5+07:00", 500_000),
        ("0001-01-01T00:00:00Z", -62135596800_000000),
        ("9999-12-31T23:59:59.999999999Z", 253402300799_999999),
        ("2016-12-31T23:59:60.9Z", 1483228799_999999),
    ],
)
def test_microseconds_are_exact_and_rounded_down(text, expected):
    assert lexical.micros(text) == expected


@pytest.mark.parametrize("text", FORMS[lexical.is_timestamp][1])
def test_what_is_no_time_is_refused_by_all_that_read_it(text):
    for turn in (lexical.utc, lexical.micros):
        with pytest.raises(ValueError, match="not a timestamp"):
            turn(text)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(
    st.integers(lexical.micros("0001-01-02T00:00:00Z"), lexical.micros("9999-12-30T23:59:59Z")),
    st.integers(-23 * 60 - 59, 23 * 60 + 59).filter(bool),
    st.text("0123456789", max_size=30),
)
def test_any_offset_and_any_digits_round_trip(position, minutes, more):
    """The independent way: the standard library's own arithmetic."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    moment = epoch + timedelta(microseconds=position)
    text = moment.astimezone(timezone(timedelta(minutes=minutes))).isoformat("T", "microseconds")
    text = text[:26] + more + text[26:]
    assert lexical.is_timestamp(text)
    assert lexical.micros(text) == position
    assert lexical.utc(text) == lexical.render(position)[:-1] + more + "Z"


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.integers(-62135596800_000000, 253402300799_999999))
def test_a_position_and_its_text_are_one(position):
    text = lexical.render(position)
    assert len(text) == 27
    assert lexical.micros(text) == position
    assert lexical.utc(text) == text


@settings(derandomize=True, max_examples=200, deadline=None)
@given(*[st.integers(-62135596800_000000, 253402300799_999999)] * 2)
def test_texts_of_positions_sort_as_numbers_do(one, other):
    assert (one < other) == (lexical.render(one) < lexical.render(other))
