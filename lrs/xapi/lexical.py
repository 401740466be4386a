"""The forms that single values must have: one rule each, for the check, schemas and doors alike.

Every predicate takes any value and answers whether it has that type and form, so that callers
need no type check of their own; none raises. Rules that meet the same strings again and again
(verbs, activity types, extension keys, language tags) remember their answers for short strings,
in bounded tables: a hostile sender can neither fill memory nor slow the rule down.

Clauses: xAPI 1.0.3 Data 2.2 and 4.2 to 4.6; IEEE 9274.1.1 4.2.7.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Any, TypeGuard

# Longer strings are judged afresh, so that a table of them stays under a few megabytes.
_REMEMBERED = 256

# --- IRI -------------------------------------------------------------------------------------

# What RFC 3987 leaves out of every component: controls, the space, the "unwise" ASCII signs,
# the bidirectional marks of its section 4.1, surrogates, non-characters and U+FFFD.
_NEVER = (
    r"\x00-\x20\"<>\\^`{|}\x7f-\x9f\u200e\u200f\u202a-\u202e\ud800-\udfff\ufdd0-\ufdef\ufff0-\uffff"
)
_PRIVATE = r"\ue000-\uf8ff"
_ESCAPE = r"%[0-9A-Fa-f]{2}"
_IRI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]*+:(?!\Z)"
    # Square brackets stand only around an IP address in the authority.
    rf"(?://(?:(?:[^{_NEVER}{_PRIVATE}%#\[\]?/@]++|{_ESCAPE})*+@)?\[[0-9A-Za-z:.]+\]"
    r"(?::[0-9]*)?(?=[/?#]|\Z))?"
    rf"(?:[^{_NEVER}{_PRIVATE}%#\[\]?]++|{_ESCAPE})*+"
    rf"(?:\?(?:[^{_NEVER}%#\[\]]++|{_ESCAPE})*+)?"
    rf"(?:#(?:[^{_NEVER}{_PRIVATE}%#\[\]]++|{_ESCAPE})*+)?"
).fullmatch
_FORBIDDEN = re.compile(f"[{_NEVER}]").search


@lru_cache(maxsize=8192)
def _iri(text: str) -> bool:
    return _IRI(text) is not None


def is_iri(value: object) -> TypeGuard[str]:
    """An absolute IRI or IRL of RFC 3987: a scheme, something after it, no forbidden sign.

    `activity/1` has no scheme; `http://example.com/a b` has a space; `foo:` names nothing.
    What a scheme asks beyond that (a host after `http://`) is not looked at: xAPI compares
    identifiers as strings and need never resolve them.
    """
    if type(value) is not str:
        return False
    return _iri(value) if len(value) < _REMEMBERED else _IRI(value) is not None


def forbidden_in_iri(text: str) -> int | None:
    """Where the first sign stands that no IRI may hold, whatever its component."""
    found = _FORBIDDEN(text)
    return None if found is None else found.start()


def is_openid(value: object) -> TypeGuard[str]:
    """An absolute URI: an IRI in ASCII (xAPI 1.0.3 Data 2.4.2.3)."""
    return is_iri(value) and value.isascii()


# --- identifiers -----------------------------------------------------------------------------

_UUID = re.compile(
    r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
).fullmatch
_HOST = r"[0-9A-Za-z\-\u00a1-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U000effff]+"
_MBOX = re.compile(
    rf"mailto:(?:[^{_NEVER}{_PRIVATE}%#\[\]?/(),:;@]|{_ESCAPE})++@{_HOST}(?:\.{_HOST})*+"
).fullmatch
_SHA1 = re.compile(r"[0-9A-Fa-f]{40}").fullmatch
_SHA2 = re.compile(
    r"(?:[0-9A-Fa-f]{56}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128})"
).fullmatch
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
# What may stand in a header, where a media type goes: no control, and nothing beyond Latin-1.
_IN_HEADERS = r"\t\x20-\x7e\x80-\xff"
_QUOTED = r"[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]"
_MEDIA_TYPE = re.compile(
    rf"{_TOKEN}/{_TOKEN}"
    rf"(?:[ \t]*;[ \t]*(?:{_TOKEN}=(?:{_TOKEN}|\"(?:{_QUOTED}|\\[{_IN_HEADERS}])*+\"))?)*+"
).fullmatch


def is_uuid(value: object) -> TypeGuard[str]:
    """A UUID in the standard string form, 8-4-4-4-12, either case, any version and variant.

    Braces, `urn:uuid:` and bare hex are refused (xAPI 1.0.3 Data 4.4).
    """
    return type(value) is str and _UUID(value) is not None


def is_mbox(value: object) -> TypeGuard[str]:
    """`mailto:` in small letters, one address, nothing after it (xAPI 1.0.3 Data 2.4.2.3).

    A host without a dot passes (`mailto:root@localhost`); signs that a mailto IRI must escape
    (RFC 6068) are refused bare.
    """
    return type(value) is str and _MBOX(value) is not None


def is_mbox_sha1sum(value: object) -> TypeGuard[str]:
    """The SHA-1 of a mailto IRI in 40 hex digits, either case."""
    return type(value) is str and _SHA1(value) is not None


def is_sha2(value: object) -> TypeGuard[str]:
    """A SHA-224, SHA-256, SHA-384 or SHA-512 in hex digits, either case."""
    return type(value) is str and _SHA2(value) is not None


def is_media_type(value: object) -> TypeGuard[str]:
    """An Internet media type with its parameters, as `text/plain; charset=utf-8`.

    Only what a header can carry (RFC 9110 5.6.4): with the attachment it goes out in one.
    """
    return type(value) is str and _MEDIA_TYPE(value) is not None


# --- numbers ---------------------------------------------------------------------------------


def is_number(value: object) -> TypeGuard[Any]:
    """A finite JSON number: int, Decimal or float; a boolean is an int to Python, not to JSON."""
    return (
        type(value) is int
        or (type(value) is Decimal and value.is_finite())
        or (type(value) is float and isfinite(value))
    )


def is_length(value: object) -> TypeGuard[int]:
    """A count of octets: an integer written as one, not below zero."""
    return type(value) is int and value >= 0


# --- language --------------------------------------------------------------------------------

_LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"
    r"(?:-[a-z]{4})?"
    r"(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+"
    # The irregular tags that RFC 5646 keeps for old times' sake.
    r"|en-gb-oed|sgn-be-fr|sgn-be-nl|sgn-ch-de"
    r"|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)",
    # ASCII, or the long s and the Kelvin sign would pass for s and k.
    re.ASCII | re.IGNORECASE,
).fullmatch


@lru_cache(maxsize=1024)
def _language(text: str) -> bool:
    return _LANGUAGE(text) is not None


def is_language_tag(value: object) -> TypeGuard[str]:
    """A well-formed language tag of RFC 5646; whether its parts are registered is not asked."""
    if type(value) is not str:
        return False
    return _language(value) if len(value) < 64 else _LANGUAGE(value) is not None


# --- durations -------------------------------------------------------------------------------

_DURATION = re.compile(
    # A fraction may stand in the last component only.
    r"P(?!\Z)(?![0-9TYMWDHS]*[.,][0-9]+[YMWDH].)"
    r"(?:[0-9]+(?:[.,][0-9]+)?W"
    r"|(?:[0-9]+(?:[.,][0-9]+)?Y)?(?:[0-9]+(?:[.,][0-9]+)?M)?(?:[0-9]+(?:[.,][0-9]+)?D)?"
    r"(?:T(?=[0-9])(?:[0-9]+(?:[.,][0-9]+)?H)?(?:[0-9]+(?:[.,][0-9]+)?M)?"
    r"(?:[0-9]+(?:[.,][0-9]+)?S)?)?)"
).fullmatch


def is_duration(value: object) -> TypeGuard[str]:
    """A duration by designators (ISO 8601:2004 4.4.3.2), as `PT4H35M59.14S` or `P4W`.

    Any number of digits; a fraction only in the last component; weeks stand alone; the
    alternative form `P0003-06-04T12:30:05` and signs are refused (xAPI 1.0.3 Data 4.6).
    """
    return type(value) is str and _DURATION(value) is not None


# --- timestamps ------------------------------------------------------------------------------

_TIMESTAMP = re.compile(
    r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]|60)(?:[.,]([0-9]+))?)?"
    r"(Z|\+(?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?"
    r"|-(?!00(?::?00)?\Z)(?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?"
).fullmatch
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()


def is_timestamp(value: object) -> TypeGuard[str]:
    """A date and time of ISO 8601 in the extended form, years 0001 to 9999 once in UTC.

    Seconds may be left out (Java writes 10:00 so), a fraction may have any number of digits
    after a point or comma, the offset may be `Z`, `±hh:mm`, `±hhmm` or `±hh`; without one the
    time is taken as UTC, since xAPI 1.0.3 only recommends it (Data 4.5). Refused: the offsets
    -00:00, -0000 and -00 (both conformance suites), dates that do not exist, 24:00 (RFC 3339
    has none), small t and z (ISO 8601 has none), week and ordinal dates, the basic form.
    A leap second passes where one can be: at 23:59:60 UTC.
    """
    return type(value) is str and _timestamp(value) is not None


def _timestamp(text: str) -> re.Match[str] | None:
    match = _TIMESTAMP(text)
    if match is None:
        return None
    # The grammar alone settles nearly all; what follows is for the days that may not exist,
    # the ends of the calendar and the leap second.
    year, month, day, _, _, second, _, _ = match.groups()
    if day < "29" and "0001" < year < "9999" and second != "60":
        return match
    try:
        date(int(year), int(month), int(day))
        moment = _minute(match)
    except (ValueError, OverflowError):
        return None
    if second == "60" and (moment.hour, moment.minute) != (23, 59):
        return None
    return match


def _minute(match: re.Match[str]) -> datetime:
    """The whole minute in UTC. Raises OverflowError beyond the calendar."""
    year, month, day, hour, minute, _, _, offset = match.groups()
    moment = datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=UTC)
    if offset is None or offset == "Z":
        return moment
    away = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:].lstrip(":") or 0))
    return moment - away if offset[0] == "+" else moment + away


def _parts(text: str) -> re.Match[str]:
    match = _timestamp(text)
    if match is None:
        raise ValueError(f"not a timestamp: {text[:64]!r}")
    return match


def utc(text: str) -> str:
    """The same moment ending in Z, every digit of its fraction kept.

    Already so written, it comes back as it is. A comma becomes a point and left-out seconds
    are written as 00, so that what we return is always RFC 3339. Raises ValueError for what
    `is_timestamp` refuses.
    """
    match = _parts(text)
    second, fraction, offset = match.group(6, 7, 8)
    if offset == "Z" and second is not None and "," not in text:
        return text
    tail = f".{fraction}" if fraction else ""
    return f"{_minute(match).isoformat()[:16]}:{second or '00'}{tail}Z"


def micros(text: str) -> int:
    """Microseconds since 1970-01-01T00:00:00Z, exact, rounded down; negative before it.

    A leap second counts as the last microsecond of its minute, so that it stays before the
    next day. Raises ValueError for what `is_timestamp` refuses.
    """
    match = _parts(text)
    moment = _minute(match)
    second, fraction = match.group(6, 7)
    minutes = ((moment.toordinal() - _EPOCH_DAY) * 24 + moment.hour) * 60 + moment.minute
    if second == "60":
        return minutes * 60_000_000 + 59_999_999
    return (
        minutes * 60_000_000
        + int(second or 0) * 1_000_000
        + (int(fraction[:6].ljust(6, "0")) if fraction else 0)
    )


def render(position: int) -> str:
    """Microseconds since the epoch as 27 characters, `2026-11-22T03:25:32.000001Z`.

    The inverse of `micros`; its text sorts as its numbers do. Raises OverflowError outside the
    years 1 to 9999.
    """
    return (_EPOCH + timedelta(microseconds=position)).isoformat(timespec="microseconds")[:26] + "Z"
