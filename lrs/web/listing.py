"""Lists: filters that live in the URL, and pages of them by key, never by number.

A list is narrowed by the parameters of its address, so that it can be kept and sent on. The page
after is named by the key of the last row (`after`), so that it costs the same at any depth.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Generic, TypeVar

import msgspec
from flask import request, url_for

from lrs.store import cases
from lrs.web.words import zone

Row = TypeVar("Row")

#: Rows on a page.
SIZE: Final = 50

AFTER: Final = "after"


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """One page of a list: its rows, and where it goes on (`more`, None: nowhere)."""

    rows: Sequence[Row]
    more: str | None
    first: bool

    @property
    def next_url(self) -> str | None:
        """The address of the next page, with all filters."""
        return None if self.more is None else address(**{AFTER: self.more})

    @property
    def first_url(self) -> str:
        return address(**{AFTER: None})


def page(rows: Sequence[Row], key: Any, size: int = SIZE) -> Listed[Row]:
    """A page of `rows`, of which one more was asked than is shown. `key` of a row says what the
    next page comes after: text, a number, or a tuple of them."""
    more = token(key(rows[size - 1])) if len(rows) > size else None
    return Listed(rows[:size], more, _is_first())


def of(page: cases.Page[Row]) -> Listed[Row]:
    """A page as `lrs/store/cases.py` gives it."""
    return Listed(page.rows, None if page.after is None else token(page.after), _is_first())


def place() -> cases.Place | None:
    """Where such a list goes on, in this request; None: at its beginning."""
    return after(tuple[int | str, ...])


def _is_first() -> bool:
    return AFTER not in request.args


def token(key: Any) -> str:
    """A key as a word for an address."""
    return urlsafe_b64encode(msgspec.msgpack.encode(key)).rstrip(b"=").decode()


def after(kind: type[Row]) -> Row | None:
    """The key of this request, if it is one of that type; None for the first page."""
    given = request.args.get(AFTER, "")
    if not given:
        return None
    try:
        packed = urlsafe_b64decode(given.encode() + b"=" * (-len(given) % 4))
        return msgspec.msgpack.decode(packed, type=kind)
    except (ValueError, msgspec.DecodeError):
        return None


def address(**changes: str | None) -> str:
    """The address of this page with other parameters; None takes one away. Narrowing a list anew
    begins it anew."""
    values: dict[str, Any] = {**request.view_args} if request.view_args else {}
    for name in request.args:
        if name != AFTER or AFTER in changes:
            values[name] = request.args.getlist(name)
    values.update(changes)
    assert request.endpoint is not None
    return url_for(request.endpoint, **{k: v for k, v in values.items() if v not in (None, [""])})


def asked(name: str) -> str:
    """A filter of the address, as text without blanks at its ends."""
    return request.args.get(name, "").strip()


def asked_day(name: str) -> date | None:
    """A filter that is a day; None where none is given, or something else."""
    try:
        return date.fromisoformat(asked(name))
    except ValueError:
        return None


def asked_position(name: str) -> int | None:
    """A filter that is a place in the log; None where none is given, or something else."""
    word = asked(name)
    return int(word) if word.isdecimal() and len(word) < 19 else None


def start_of(day: date | None) -> int | None:
    """The first microsecond of a day where the reader is."""
    if day is None:
        return None
    at = datetime.combine(day, time(), zone())
    return int((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def end_of(day: date | None) -> int | None:
    """The first microsecond after a day where the reader is."""
    return None if day is None else start_of(day + timedelta(days=1))
