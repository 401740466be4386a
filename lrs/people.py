"""The people of an agency: lists that come in as spreadsheets, and decisions on who is who.

A list is never taken on trust: `Import` says row by row what it would enter, what is wrong, and
what is left to a human; entering it is the same work in a write. A list that comes again enters
only what changed. Nobody is recognised by name: a number or a mailbox is needed, and where these
point to two people, nothing is entered.
"""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha1
from typing import Any, Final

from sqlalchemy import Connection

from lrs.errors import Conflict, NotFound, Problem, Refused
from lrs.i18n import LOCALES
from lrs.practice import cases, names, people
from lrs.practice.cases import days
from lrs.practice.people import Entry, Person, Post
from lrs.spreadsheets import Row, Sheet
from lrs.store import erasure, register
from lrs.store.register import Assignment, Fact
from lrs.xapi import lexical

#: What a column may hold, and the headings under which it is known, in lower case.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("nip", "nip baru", "ni pppk", "nip/ni pppk", "idnumber", "id number", "nomor induk"),
    "name": ("nama", "nama lengkap", "nama pegawai", "name", "full name"),
    "firstname": ("firstname", "first name", "nama depan"),
    "lastname": ("lastname", "last name", "surname", "nama belakang"),
    "unit": ("unit", "unit kerja", "unit organisasi", "satuan kerja", "department", "departemen"),
    "title": ("jabatan", "nama jabatan", "position", "job title"),
    "superior": ("nip_atasan", "nip atasan", "nip atasan langsung", "atasan", "superior"),
    "mail": ("email", "e-mail", "surel", "email address", "alamat email"),
    "phone": ("telepon", "no hp", "nomor hp", "hp", "phone", "phone1", "telephone"),
    # Not Moodle's own `lang`: there it is whatever the site began with, and nobody chose it.
    "language": ("bahasa", "bahasa surat", "language", "language of letters"),
    "from": ("mulai", "tmt", "tmt jabatan", "from", "since"),
    "event": ("peristiwa", "event", "kejadian"),
    "day": ("tanggal", "date", "day"),
    "id": ("id", "user id", "userid"),
    "username": ("username", "nama pengguna"),
    "home": ("homepage", "lms"),
    "account": ("akun", "account"),
}

#: Words for what happens to people, and what they mean in the register.
EVENTS: Final[Mapping[str, str]] = {
    "mutasi": "moved",
    "moved": "moved",
    "promosi": "promoted",
    "promoted": "promoted",
    "atasan baru": "superior",
    "superior": "superior",
    "pensiun": "retired",
    "retired": "retired",
    "berhenti": "resigned",
    "resigned": "resigned",
    "tugas belajar": "study",
    "study": "study",
}

#: Words for the languages in which letters are written.
LANGUAGES: Final[Mapping[str, str]] = {
    "id": "id",
    "indonesia": "id",
    "bahasa indonesia": "id",
    "indonesian": "id",
    "en": "en",
    "inggris": "en",
    "bahasa inggris": "en",
    "english": "en",
}

_DATES = (
    r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
    r"(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>\d{4})",
)


@dataclass(slots=True)
class Outcome:
    """What came of a list: how many rows bring somebody `new`, `changed` or `unchanged`, and how
    many somebody who was `erased`; the `problems` of rows of which nothing is entered; `notes` on
    rows that were taken otherwise than they may have been meant; and the facts to be entered."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    erased: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a list is to be read: `columns` maps a word of `COLUMNS` to the heading that is meant,
    where it is not a known one. `home` is the home page of an LMS whose users the list names by
    the column `account_column` (`id` or `username`). `today` dates what the list does not date.
    `erased_too`: people who were erased are taken in anew, as the admin decided."""

    today: date
    columns: Mapping[str, str] = field(default_factory=dict)
    home: str | None = None
    account_column: str = "id"
    erased_too: bool = False


def import_people(
    connection: Connection, tenant_id: int, sheet: Sheet, reading: Reading
) -> Outcome:
    """Work out what a list of people brings: people, units, superiors, accounts. Enters nothing."""
    found = _columns(sheet, reading.columns)
    if "number" not in found and "mail" not in found:
        raise Refused(_needs(sheet, "number", "mail"))
    if reading.home is not None and reading.account_column not in found:
        raise Refused(_needs(sheet, reading.account_column))
    return _List(connection, tenant_id, found, reading, sheet.rows).people()


def import_events(
    connection: Connection, tenant_id: int, sheet: Sheet, reading: Reading
) -> Outcome:
    """Work out what a list of moves, promotions, retirements brings. Enters nothing."""
    found = _columns(sheet, reading.columns)
    for needed in ("number", "event", "day"):
        if needed not in found:
            raise Refused(_needs(sheet, needed))
    return _List(connection, tenant_id, found, reading, sheet.rows).events()


def import_accounts(
    connection: Connection, tenant_id: int, sheet: Sheet, reading: Reading
) -> Outcome:
    """Work out what a list of accounts (number, home page, account) brings. Enters nothing."""
    found = _columns(sheet, reading.columns)
    for needed in ("number", "home", "account"):
        if needed not in found:
            raise Refused(_needs(sheet, needed))
    return _List(connection, tenant_id, found, reading, sheet.rows).accounts()


def _columns(sheet: Sheet, chosen: Mapping[str, str]) -> dict[str, str]:
    """The heading of each column that is known or was chosen."""
    wrong = sorted(set(chosen) - set(COLUMNS)) or sorted(
        each for each in chosen.values() if each not in sheet.headings
    )
    if wrong:
        raise Refused(
            Problem("", f"There is no column {', '.join(wrong)}; there are: {_all(sheet)}.")
        )
    known = {heading: word for word, headings in COLUMNS.items() for heading in headings}
    found = {known[each.casefold()]: each for each in sheet.headings if each.casefold() in known}
    return found | dict(chosen)


def _needs(sheet: Sheet, *words: str) -> Problem:
    known = " or ".join(f"{word} ({', '.join(COLUMNS[word])})" for word in words)
    return Problem(
        "", f"The list has no column for {known}. Its columns: {_all(sheet)}. Say which is meant."
    )


def _all(sheet: Sheet) -> str:
    return ", ".join(each for each in sheet.headings if each)


class _Bad(Exception):
    """A row that cannot be entered, with the heading and the reason."""

    def __init__(self, heading: str, message: str) -> None:
        self.heading, self.message = heading, message
        super().__init__(heading, message)


class _List:
    """One list on its way into the register; holds what stands and what the rows before added."""

    def __init__(
        self,
        connection: Connection,
        tenant_id: int,
        columns: Mapping[str, str],
        reading: Reading,
        rows: Iterable[Row],
    ) -> None:
        self.connection, self.tenant_id = connection, tenant_id
        self.columns, self.reading, self.rows = columns, reading, tuple(rows)
        self.outcome = Outcome()
        self.units = set(register.units(connection, tenant_id))
        self.holders: dict[bytes, set[bytes]] = {}
        self.entries: dict[bytes, list[Entry]] = {}
        self.standing: dict[bytes, Person] = {}
        self._look_up()

    def _look_up(self) -> None:
        """Whom the numbers, mailboxes and accounts of all rows mean now, in few questions."""
        named: set[tuple[str, str]] = set()
        for row in self.rows:
            for word in ("number", "superior"):
                try:
                    named.add(people.number(self._cell(row, word)))
                except ValueError:
                    continue
            named.add(("mbox", f"mailto:{self._cell(row, 'mail')}"))
            named.update(self._account(row))
        self.erased = erasure.known_before(self.connection, self.tenant_id, named)
        digests = {self._digest(*each) for each in named}
        self.holders = register.holders(self.connection, self.tenant_id, digests)
        known = {person for held in self.holders.values() for person in held}
        self._recall(known)
        self._recall({each.merged_into for each in self.standing.values() if each.merged_into})

    def _recall(self, ids: set[bytes]) -> None:
        for held in register.entries(self.connection, self.tenant_id, ids):
            self.entries.setdefault(held.subject, []).append(held.entry)
        for person in ids & self.entries.keys():
            self.standing[person] = people.standing(self.entries[person])

    def _digest(self, kind: str, text: str) -> bytes:
        return names.identifier(self.tenant_id, kind, text)

    def _cell(self, row: Row, word: str) -> str:
        return row.cells.get(self.columns.get(word, ""), "").strip()

    def _account(self, row: Row) -> list[tuple[str, str]]:
        """The account that the row names, as kind and text of an identifier."""
        home = self._cell(row, "home") or self.reading.home
        name = self._cell(row, "account") or self._cell(row, self.reading.account_column)
        return [("account", f"{home}\n{name}")] if home and name else []

    # Rows ------------------------------------------------------------------------------------

    def people(self) -> Outcome:
        ids: dict[int, bytes] = {}
        for row in self._sound():
            try:
                ids[row.number] = self._whose(row, ids)
            except _Bad as bad:
                self._refuse(row, bad)
        for row in self._sound():
            if row.number in ids:
                self._try(row, ids[row.number], self._person)
        return self.outcome

    def events(self) -> Outcome:
        for row in self._sound():
            try:
                person = self._known(row, "number")
            except _Bad as bad:
                self._refuse(row, bad)
            else:
                self._try(row, person, self._event)
        return self.outcome

    def accounts(self) -> Outcome:
        for row in self._sound():
            try:
                person = self._known(row, "number")
            except _Bad as bad:
                self._refuse(row, bad)
            else:
                self._try(row, person, self._identify)
        return self.outcome

    def _sound(self) -> list[Row]:
        return [row for row in self.rows if not row.problems]

    def _try(self, row: Row, person: bytes, work: Any) -> None:
        """Work out a row; of one that proves bad nothing stays."""
        new = person not in self.standing
        try:
            facts = work(row, person)
        except _Bad as bad:
            self._refuse(row, bad)
            return
        self.outcome.facts += facts
        if new:
            self.outcome.new += 1
        elif facts:
            self.outcome.changed += 1
        else:
            self.outcome.unchanged += 1
        if facts:
            self._enter(person, facts)

    def _enter(self, person: bytes, facts: Iterable[Fact]) -> None:
        """Have later rows see what this one enters."""
        held = self.entries.setdefault(person, [])
        for fact in facts:
            if fact.subject == person:
                after = held[-1].position + 1 if held else 1
                held.append(Entry(after, fact.kind, fact.body))
            if fact.kind == people.IDENTIFIER:
                digest = self._digest(fact.body["kind"], fact.body["text"])
                self.holders.setdefault(digest, set()).add(person)
        self.standing[person] = people.standing(held)

    def _refuse(self, row: Row, bad: _Bad) -> None:
        heading = self.columns.get(bad.heading, bad.heading)
        self.outcome.problems.append(Problem(f"row {row.number}, {heading}", bad.message))

    # Who -------------------------------------------------------------------------------------

    def _number(self, row: Row, word: str) -> tuple[str, str] | None:
        text = self._cell(row, word)
        if not text:
            return None
        try:
            return people.number(text)
        except ValueError as error:
            raise _Bad(word, str(error)) from None

    def _mail(self, row: Row) -> str | None:
        mail = self._cell(row, "mail")
        if mail and not lexical.is_mbox(f"mailto:{mail}"):
            raise _Bad("mail", "This is no mail address; write one like nama@instansi.go.id.")
        return mail or None

    def _meant(self, kind: str, text: str) -> bytes | None:
        """The one person an identifier means. More than one is for a human to settle."""
        held = {self._canonical(each) for each in self.holders.get(self._digest(kind, text), ())}
        if len(held) > 1:
            raise _Bad(kind, "Several people hold this; settle whose it is first.")
        return held.pop() if held else None

    def _canonical(self, person: bytes) -> bytes:
        known = self.standing.get(person)
        return known.merged_into if known and known.merged_into else person

    def _whose(self, row: Row, ids: dict[int, bytes]) -> bytes:
        """The person of a row, known or new; rows before it that bring the same are refused."""
        number, mail = self._number(row, "number"), self._mail(row)
        by_number = self._meant(*number) if number else None
        by_mail = self._meant("mbox", f"mailto:{mail}") if mail else None
        if by_number and by_mail and by_number != by_mail:
            raise _Bad("mail", "The number and the mail address belong to two different people.")
        if number and not by_number and by_mail and self._has_number(by_mail):
            raise _Bad(
                "number",
                "The mail address belongs to somebody with another number. If they are one"
                " person, give that person this number first.",
            )
        person = by_number or by_mail
        if person is None and not number and not mail:
            raise _Bad(
                "number",
                "The row has neither number nor mail address: nobody is known by name alone.",
            )
        if person in ids.values():
            raise _Bad("number", "An earlier row of the list is about the same person.")
        if person is None:
            said = [*([number] if number else []), *([("mbox", f"mailto:{mail}")] if mail else [])]
            if self.erased & {*said, *self._account(row)}:
                self._was_erased(row, "number" if number else "mail")
            person = uuid.uuid4().bytes
            for kind, text in [number] if number else [("mbox", f"mailto:{mail}")]:
                self.holders.setdefault(self._digest(kind, text), set()).add(person)
        return person

    def _was_erased(self, row: Row, word: str) -> None:
        """Tell that the row brings back somebody who was erased; refuse it unless that is meant."""
        self.outcome.erased += 1
        name = self._name(row) or "?"
        if not self.reading.erased_too:
            raise _Bad(word, f"{name} was erased: they are taken in anew only if you say so.")
        self.outcome.notes.append(f"row {row.number}: {name} was erased, and is taken in anew")

    def _has_number(self, person: bytes) -> bool:
        known = self.standing.get(person, Person())
        return any(
            each.kind in (people.NIP, people.NI_PPPK) and each.confirmed
            for each in known.identifiers
        )

    def _known(self, row: Row, word: str) -> bytes:
        number = self._number(row, word)
        person = self._meant(*number) if number else None
        if person is None or person not in self.standing:
            raise _Bad(
                word, "Nobody in the register has this number; import the list of people first."
            )
        return person

    # What ------------------------------------------------------------------------------------

    def _person(self, row: Row, person: bytes) -> list[Fact]:
        known = self.standing.get(person, Person())
        name = self._name(row)
        if not name and not known.name:
            raise _Bad("name", "The row names nobody.")
        told = {
            "name": name,
            "mail": self._mail(row),
            "phone": self._cell(row, "phone"),
            "language": self._language(row),
        }
        changed = {
            word: value for word, value in told.items() if value and known.facts.get(word) != value
        }
        facts = [Fact(people.PERSON, person, changed)] if changed else []
        return facts + self._identify(row, person) + self._posted(row, person, known)

    def _name(self, row: Row) -> str:
        return self._cell(row, "name") or " ".join(
            part for part in (self._cell(row, "firstname"), self._cell(row, "lastname")) if part
        )

    def _language(self, row: Row) -> str | None:
        word = " ".join(self._cell(row, "language").casefold().split())
        return self._meaning("language", word, LANGUAGES) if word else None

    def _meaning(self, column: str, word: str, words: Mapping[str, str]) -> str:
        """What a word in a column means, where only these words are known."""
        if word not in words:
            raise _Bad(column, f"'{word}' is none of {', '.join(words)}.")
        return words[word]

    def _identify(self, row: Row, person: bytes) -> list[Fact]:
        """The identifiers that a row gives a person, unless they are theirs already."""
        number, mail = self._number(row, "number"), self._mail(row)
        wanted: list[tuple[str, str]] = [number] if number else []
        if mail:
            wanted += _alike("mbox", f"mailto:{mail}")
        wanted += self._account(row)
        known = self.standing.get(person, Person())
        said = {(each.kind, each.text): each.confirmed for each in known.identifiers}
        facts = []
        for kind, text in wanted:
            if kind == "account" and not lexical.is_iri(text.partition("\n")[0]):
                raise _Bad("home", "The home page of an account must be an IRI, like https://….")
            held = {
                self._canonical(each) for each in self.holders.get(self._digest(kind, text), ())
            }
            if held - {person}:
                if kind in (people.NIP, people.NI_PPPK):
                    raise _Bad("number", "This number belongs to somebody else.")
                self.outcome.notes.append(
                    f"row {row.number}: {kind} is somebody else's already, and was left theirs"
                )
            elif said.get((kind, text)) is False:
                self.outcome.notes.append(
                    f"row {row.number}: it was decided before that this {kind} is not theirs"
                )
            elif (kind, text) not in said:
                facts.append(Fact(people.IDENTIFIER, person, {"kind": kind, "text": text}))
        return facts

    def _posted(self, row: Row, person: bytes, known: Person) -> list[Fact]:
        """The post that a row tells of, where it is another than the one that stands."""
        path, title = self._cell(row, "unit"), self._cell(row, "title")
        if not path and not title and not self._cell(row, "superior"):
            return []
        first = self._day(row, "from") if self._cell(row, "from") else None
        last = known.posts[-1] if known.posts else None
        if known.left is not None and (first is None or first <= (known.left.last or 0)):
            self.outcome.notes.append(
                f"row {row.number}: the register says that they left ({known.left.ended}); for who"
                " came back, give the day in the column 'mulai'"
            )
            return []
        superior = self._superior(row, person)
        facts, unit = self._unit(path)
        now = last if last is not None and known.left is None else None
        if now is not None and self._same(now, unit, title, superior):
            return []
        if last is not None and first is None:
            first = days(self.reading.today)
        elif now is not None and first is not None and now.first is not None and first < now.first:
            self.outcome.notes.append(
                f"row {row.number}: the register knows of a later post; this one was not entered"
            )
            return facts
        only_superior = now is not None and self._same(now, unit, title, None)
        why = None if last is None else "superior" if only_superior else "moved"
        return [
            *facts,
            self._post(
                person,
                unit or (now.unit if now else None),
                title or (now.title if now else None),
                superior,
                first,
                why,
            ),
        ]

    @staticmethod
    def _same(post: Post, unit: bytes | None, title: str, superior: bytes | None) -> bool:
        """Whether a row says nothing that the post does not; what it leaves out is unchanged."""
        return (
            (unit is None or unit == post.unit)
            and (not title or title == post.title)
            # What only the person said, a list confirms by saying it too.
            and (
                superior is None
                or (superior, people.CONFIRMED) == (post.superior, post.superior_state)
            )
        )

    @staticmethod
    def _post(
        person: bytes,
        unit: bytes | None,
        title: str | None,
        superior: bytes | None,
        first: int | None,
        why: str | None,
    ) -> Fact:
        body = {
            "unit": unit.hex() if unit else None,
            "title": title or None,
            "superior": superior.hex() if superior else None,
            "first": first,
            "why": why,
        }
        return Fact(
            people.POST, person, {key: value for key, value in body.items() if value is not None}
        )

    def _unit(self, path: str) -> tuple[list[Fact], bytes | None]:
        parts = [" ".join(part.split()) for part in re.split(r"[/>\\]", path) if part.strip()]
        if not parts:
            return [], None
        unit = names.unit(self.tenant_id, "/".join(parts))
        if unit in self.units:
            return [], unit
        self.units.add(unit)
        return [Fact(register.UNIT, unit, {"path": " / ".join(parts)})], unit

    def _superior(self, row: Row, person: bytes) -> bytes | None:
        number = self._number(row, "superior")
        if number is None:
            return None
        superior = self._meant(*number)
        if superior == person:
            raise _Bad("superior", "Nobody is their own superior.")
        if superior is None:
            self.outcome.notes.append(
                f"row {row.number}: nobody has the superior's number; the superior was left out"
            )
        return superior

    def _event(self, row: Row, person: bytes) -> list[Fact]:
        what = self._meaning("event", self._cell(row, "event").casefold(), EVENTS)
        day = self._day(row, "day")
        known = self.standing[person]
        if what in cases.LEAVING:
            if any(each.ended == what and each.last == day - 1 for each in known.posts):
                return []
            return [Fact(people.LEFT, person, {"day": day, "why": what})]
        title, superior = self._cell(row, "title"), self._superior(row, person)
        facts, unit = self._unit(self._cell(row, "unit"))
        before = known.post(day)
        if before and before.first == day and self._same(before, unit, title, superior):
            return []
        return [
            *facts,
            self._post(
                person,
                unit or (before.unit if before else None),
                title or (before.title if before else None),
                superior,
                day,
                what,
            ),
        ]

    def _day(self, row: Row, word: str) -> int:
        """A day as days since 1970, written 2026-01-31 or, as in Indonesia, 31/01/2026."""
        text = self._cell(row, word)
        for pattern in _DATES:
            if match := re.fullmatch(pattern + r"(?:[ T].*)?", text):
                try:
                    return days(date(int(match["y"]), int(match["m"]), int(match["d"])))
                except ValueError:
                    break
        raise _Bad(word, f"'{text}' is no day; write it as 2026-01-31 or 31/01/2026.")


# Decisions ----------------------------------------------------------------------------------


def merge(connection: Connection, tenant_id: int, person: bytes, into: bytes, by: str) -> None:
    """Decide that two people of the register are one. Taken back by `part`.

    NotFound: no such person. Conflict: they are one already, or one of them is somebody else.
    """
    both = register.people(connection, tenant_id, [person, into])
    for each in (person, into):
        if each not in both:
            raise NotFound(f"a person {uuid.UUID(bytes=each)}")
        if both[each].merged_into is not None:
            raise Conflict(
                f"The person {uuid.UUID(bytes=each)} was merged into another before.",
                "Take that back first (jejak people part), or name the other.",
            )
    if person == into:
        raise Conflict("Both are the same person.", "Name two.")
    register.append(connection, tenant_id, [Fact(people.MERGED, person, {"into": into.hex()})], by)


def part(connection: Connection, tenant_id: int, person: bytes, by: str) -> None:
    """Take back a merge. NotFound: no such person, or one who was not merged."""
    known = register.people(connection, tenant_id, [person]).get(person)
    if known is None or known.merged_into is None:
        raise NotFound(f"a merged person {uuid.UUID(bytes=person)}")
    register.append(connection, tenant_id, [Fact(people.PARTED, person, {})], by)


def confirm(
    connection: Connection, tenant_id: int, person: bytes, identifier: tuple[str, str], by: str
) -> None:
    """Decide that an identifier means a person. NotFound: no such person. Conflict: it is
    confirmed to mean another."""
    if person not in register.people(connection, tenant_id, [person]):
        raise NotFound(f"a person {uuid.UUID(bytes=person)}")
    digests = [names.identifier(tenant_id, *each) for each in _alike(*identifier)]
    holders = register.holders(connection, tenant_id, digests)
    held = set[bytes]().union(*holders.values())
    if held - {person}:
        other = uuid.UUID(bytes=min(held - {person}))
        raise Conflict(
            f"That identifier is confirmed to mean the person {other}.",
            "If that was wrong, refuse it for them first; if they are one person, merge them.",
        )
    if len(holders) < len(digests):
        _decide(connection, tenant_id, people.IDENTIFIER, person, identifier, by)


def refuse(
    connection: Connection, tenant_id: int, person: bytes, identifier: tuple[str, str], by: str
) -> None:
    """Decide that an identifier does not mean a person; imports will not say so again."""
    if person not in register.people(connection, tenant_id, [person]):
        raise NotFound(f"a person {uuid.UUID(bytes=person)}")
    _decide(connection, tenant_id, people.REFUSED, person, identifier, by)


def _decide(
    connection: Connection,
    tenant_id: int,
    kind: str,
    person: bytes,
    identifier: tuple[str, str],
    by: str,
) -> None:
    facts = [Fact(kind, person, {"kind": of, "text": text}) for of, text in _alike(*identifier)]
    register.append(connection, tenant_id, facts, by)


def _alike(kind: str, text: str) -> list[tuple[str, str]]:
    """An identifier, and with a mailbox its SHA-1: whoever has the one has the other."""
    if kind != "mbox":
        return [(kind, text)]
    return [(kind, text), ("mbox_sha1sum", sha1(text.encode()).hexdigest())]


# Coaches and examiners ----------------------------------------------------------------------


def write_in(
    connection: Connection, tenant_id: int, person: bytes, language: str | None, by: str
) -> None:
    """Have letters to a person be in this language (None: in the usual one). What they chose in an
    account of their own goes before it. NotFound: no such person. Refused: there is no such
    language."""
    known = register.people(connection, tenant_id, [person]).get(person)
    if known is None:
        raise NotFound(f"a person {uuid.UUID(bytes=person)}")
    if language not in (None, *LOCALES):
        raise Refused(Problem("language", f"It must be one of {', '.join(LOCALES)}."))
    if known.facts.get("language") != language:
        fact = Fact(people.PERSON, person, {"language": language})
        register.append(connection, tenant_id, [fact], by)


def assign(connection: Connection, tenant_id: int, given: Assignment, by: str) -> None:
    """Make somebody the coach or examiner of a learner, from and to a day; said again of the same
    two, the last word counts. NotFound: no such person. Refused: they are one."""
    known = register.people(connection, tenant_id, [given.learner, given.person])
    for each in (given.learner, given.person):
        if each not in known:
            raise NotFound(f"a person {uuid.UUID(bytes=each)}")
    if given.learner == given.person:
        raise Refused(Problem("person", "Nobody coaches or examines themselves."))
    register.assign(connection, tenant_id, given, by)
