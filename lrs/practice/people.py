"""What the register says of a person, worked out of its entries, and the numbers people carry.

The register is append-only: an entry is a dated fact (`Entry`), never changed. What holds is a
function of the entries of one person, so that it can be worked out anew at any time, and a
decision is undone by a later one. Kinds of entries about a person, and the members of their body:

    person      name, mail, phone, language of letters, what else is known; null takes it away
    identifier  kind, text, from, to (microseconds; null: open): it means this person
    refused     kind, text: it does not mean this person, whatever was said before
    post        unit, title, superior (ids in hexadecimal), superior_state, first (a day), why
    left        day, why: the first day on which the person is no longer observed
    merged      into: this person is that one
    parted      the merge is taken back
    distinct    other: this person is not that one, however alike
    said        superior, day: the person says that this is their superior, from that day at least
    unsaid      superior: the unit's contact does not agree
    restricted  why: what is held of the person is kept, and not worked with, from then on
    lifted      why: the restriction ended

`erased` stands where an entry stood that was about somebody who was erased; nothing follows of it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from lrs.practice.cases import LEAVING

PERSON: Final = "person"
IDENTIFIER: Final = "identifier"
REFUSED: Final = "refused"
POST: Final = "post"
LEFT: Final = "left"
MERGED: Final = "merged"
PARTED: Final = "parted"
DISTINCT: Final = "distinct"
SAID: Final = "said"
UNSAID: Final = "unsaid"
RESTRICTED: Final = "restricted"
LIFTED: Final = "lifted"
ERASED: Final = "erased"
ABOUT_PEOPLE: Final = (
    PERSON,
    IDENTIFIER,
    REFUSED,
    POST,
    LEFT,
    MERGED,
    PARTED,
    DISTINCT,
    SAID,
    UNSAID,
    RESTRICTED,
    LIFTED,
)

#: Why a post ends while the person stays: another post, a higher one, or only another superior.
MOVING: Final = ("moved", "promoted", "superior")

#: States of a superior: said by who may know, by the alumni alone, or only that of their unit.
CONFIRMED: Final = "confirmed"
UNCONFIRMED: Final = "unconfirmed"
DEFAULT: Final = "default"

NIP: Final = "nip"
NI_PPPK: Final = "ni_pppk"


def canonical(person: bytes, merged: Mapping[bytes, bytes]) -> bytes:
    """Who a person was found to be, after however many merges."""
    seen = {person}
    while (into := merged.get(person)) is not None and into not in seen:
        seen.add(into)
        person = into
    return person


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the register: `position` is its place in the one order of log and register."""

    position: int
    kind: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Identifier:
    """That an identifier means the person from `first` to before `last` (microseconds, None:
    open), or, where `confirmed` is False, that it was decided not to."""

    entry: int
    kind: str
    text: str
    first: int | None = None
    last: int | None = None
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Post:
    """Where a person worked, as what and under whom, from `first` to `last` (days since 1970)."""

    entry: int
    unit: bytes | None = None
    title: str | None = None
    superior: bytes | None = None
    superior_state: str | None = None
    first: int | None = None
    last: int | None = None
    ended: str | None = None

    def holds(self, day: int) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Said:
    """Whom the person named as superior on a day, before the unit's contact agreed."""

    entry: int
    superior: bytes
    day: int


@dataclass(frozen=True, slots=True)
class Person:
    """What stands of one person. `posts` follow one another and never overlap. `said` is the last
    superior they named that nobody decided on; `distinct` are people they are known not to be.
    `restricted` is the entry since which what is held of them is only kept (None: it is worked
    with)."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    identifiers: tuple[Identifier, ...] = ()
    posts: tuple[Post, ...] = ()
    merged_into: bytes | None = None
    said: Said | None = None
    distinct: frozenset[bytes] = frozenset()
    restricted: int | None = None

    @property
    def name(self) -> str:
        return str(self.facts.get("name") or "")

    def post(self, day: int) -> Post | None:
        """The post of that day."""
        return next((each for each in reversed(self.posts) if each.holds(day)), None)

    @property
    def left(self) -> Post | None:
        """The last post, if the person left with it and did not come back."""
        last = self.posts[-1] if self.posts else None
        return last if last is not None and last.ended in LEAVING else None


def standing(entries: Iterable[Entry]) -> Person:
    """What all entries about one person come to, in whatever order they are handed over."""
    facts: dict[str, Any] = {}
    identifiers: list[Identifier] = []
    posts: list[Post] = []
    leavings: list[tuple[int, str]] = []
    merged: bytes | None = None
    said_: Said | None = None
    distinct: set[bytes] = set()
    restricted: int | None = None
    for entry in sorted(entries, key=lambda each: each.position):
        body = entry.body
        if entry.kind == PERSON:
            facts.update(body)
        elif entry.kind in (IDENTIFIER, REFUSED):
            said = _identifier(entry)
            identifiers = [each for each in identifiers if not _replaces(said, each)] + [said]
        elif entry.kind == POST:
            posts.append(_post(entry))
            if said_ is not None and posts[-1].superior == said_.superior:
                said_ = None
        elif entry.kind == LEFT:
            leavings.append((int(body["day"]), str(body["why"])))
            posts = posts or [Post(entry.position)]
        elif entry.kind == MERGED:
            merged = bytes.fromhex(body["into"])
        elif entry.kind == PARTED:
            merged = None
        elif entry.kind == DISTINCT:
            distinct.add(bytes.fromhex(body["other"]))
        elif entry.kind == SAID:
            said_ = Said(entry.position, bytes.fromhex(body["superior"]), int(body["day"]))
        elif entry.kind == UNSAID and said_ and said_.superior.hex() == body["superior"]:
            said_ = None
        elif entry.kind == RESTRICTED:
            restricted = restricted or entry.position
        elif entry.kind == LIFTED:
            restricted = None
    kept = {name: value for name, value in facts.items() if value is not None}
    timeline = _with_said(_timeline(posts, leavings), said_)
    return Person(
        kept, tuple(identifiers), timeline, merged, said_, frozenset(distinct), restricted
    )


def _with_said(posts: tuple[Post, ...], said: Said | None) -> tuple[Post, ...]:
    """The posts with the superior that the person named, where nobody else named one."""
    if said is None:
        return posts
    if not posts:
        return (Post(said.entry, superior=said.superior, superior_state=UNCONFIRMED),)
    return tuple(
        replace(post, superior=said.superior, superior_state=UNCONFIRMED)
        if post.holds(said.day) and post.superior_state != CONFIRMED
        else post
        for post in posts
    )


def _identifier(entry: Entry) -> Identifier:
    body = entry.body
    return Identifier(
        entry.position,
        body["kind"],
        body["text"],
        body.get("from"),
        body.get("to"),
        entry.kind == IDENTIFIER,
    )


def _replaces(new: Identifier, old: Identifier) -> bool:
    """Whether `old` no longer counts now that `new` is said. A refusal, and a confirmation after
    one, cover all time; of confirmations, the later with the same beginning counts."""
    if (new.kind, new.text) != (old.kind, old.text):
        return False
    return not (new.confirmed and old.confirmed) or new.first == old.first


def _post(entry: Entry) -> Post:
    body = entry.body
    unit, superior = body.get("unit"), body.get("superior")
    return Post(
        entry.position,
        bytes.fromhex(unit) if unit else None,
        body.get("title"),
        bytes.fromhex(superior) if superior else None,
        (body.get("superior_state") or CONFIRMED) if superior else None,
        body.get("first"),
        None,
        body.get("why"),
    )


def _timeline(posts: Iterable[Post], leavings: Iterable[tuple[int, str]]) -> tuple[Post, ...]:
    """Posts one after another: each ends the day before the next begins, or with a leaving.

    While they are worked out, `ended` of a post is why it *began*: that is why the one before it
    ended. Of two posts that begin on one day the later entered is the true one.
    """
    begun = {each.first: each for each in sorted(posts, key=lambda each: each.entry)}
    ordered = sorted(begun.values(), key=lambda each: (each.first is not None, each.first or 0))
    found: list[Post] = []
    for n, each in enumerate(ordered):
        after = ordered[n + 1] if n + 1 < len(ordered) else None
        ends = [(after.first - 1, after.ended or "moved")] if after and after.first else []
        ends += [
            (day - 1, why)
            for day, why in leavings
            if (each.first is None or each.first < day)
            and (after is None or after.first is None or day <= after.first)
        ]
        # On one day a leaving says more than the post that began after it.
        last, why = min(ends, key=lambda e: (e[0], e[1] not in LEAVING), default=(None, None))
        found.append(replace(each, last=last, ended=why))
    return tuple(found)


# Superiors ----------------------------------------------------------------------------------


class Units:
    """The units of an agency, with what each has for those below it: see `register.units`."""

    def __init__(self, rows: Mapping[bytes, tuple[str, Mapping[str, Any]]]) -> None:
        self._facts = {_parts(path): facts for path, facts in rows.values()}
        self._parts = {unit: _parts(path) for unit, (path, _) in rows.items()}

    def superior(self, unit: bytes | None, of: bytes | None = None) -> bytes | None:
        """The default superior of a unit, else of the unit above it; never whom it is `of`."""
        return self._nearest(unit, "superior", of)

    def contact(self, unit: bytes | None) -> bytes | None:
        """Who speaks for a unit: its contact, else that of the unit above it."""
        return self._nearest(unit, "contact", None)

    def _nearest(self, unit: bytes | None, fact: str, but: bytes | None) -> bytes | None:
        parts = self._parts.get(unit or b"", ())
        while parts:
            told = self._facts.get(parts, {}).get(fact)
            if told and bytes.fromhex(told) != but:
                return bytes.fromhex(told)
            parts = parts[:-1]
        return None


def _parts(path: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()).casefold() for part in path.split("/"))


def superior_on(
    person: Person, units: Units, day: int, me: bytes | None = None
) -> tuple[bytes | None, str | None]:
    """Who was the superior of a person on a day, and how sure that is: `confirmed`,
    `unconfirmed` (only the person says so), or `default` (that of their unit); None: nobody knows.

    `me` is the person's own id: nobody is their own superior, so the head of a unit has that of
    the unit above.
    """
    post = person.post(day)
    if post is None:
        return None, None
    if post.superior is not None:
        return post.superior, post.superior_state
    default = units.superior(post.unit, me)
    return default, DEFAULT if default is not None else None


# Numbers ------------------------------------------------------------------------------------


def number(text: str) -> tuple[str, str]:
    """The kind (`nip`, `ni_pppk`) and the 18 digits of a civil servant's number.

    ValueError: a sentence that says what is wrong and how to mend it. No check digit is known
    (domain §2): birth date, sex, and month of appointment are all that can be looked at.
    """
    digits = re.sub(r"[\s.'-]", "", text)
    if not digits.isascii() or not digits.isdigit():
        raise ValueError("The number holds something other than digits; write its 18 digits.")
    if len(digits) != 18:
        raise ValueError(f"The number has {len(digits)} digits; a NIP or NI PPPK has 18.")
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        raise ValueError(
            "The first 8 digits of the number are no date of birth (year, month, day)."
        ) from None
    if digits[14] not in "12":
        raise ValueError("The 15th digit of the number must be 1 or 2 (the holder's sex).")
    return (NIP if 1 <= int(digits[12:14]) <= 12 else NI_PPPK), digits
