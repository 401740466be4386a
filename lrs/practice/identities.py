"""Who an unknown identifier may mean, who may be in the register twice, and where it contradicts
itself.

Proposals with their reasons; a human decides. A like name alone proposes nobody: it only ever
adds to something else that two records have in common, and a number that an LMS gave its users is
nothing they have in common.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha1
from itertools import combinations
from typing import Final

from lrs.practice.people import NI_PPPK, NIP, number

#: What each reason weighs alone, of 1000.
WEIGHTS: Final[Mapping[str, int]] = {
    # of an unknown identifier
    "number": 950,  # the account is named by their number
    "mail hash": 950,  # it is the SHA-1 of their mailbox
    "mail case": 900,  # it is their mail address, case aside
    "number in mail": 850,  # the mailbox is named by their number
    "mail as account": 850,  # the account is named by their mail address
    "account and name": 600,  # they have an account of that name elsewhere, and this name
    # of two people of the register
    "birth, sex and name": 700,  # their numbers tell the same birth date and sex
    "mail and name": 850,
    "phone and name": 600,
    "mail": 400,
}

#: What weighs so much may be confirmed in bulk.
SURE: Final = 800

#: A mail address of more people than this is an office's.
SHARED: Final = 3


@dataclass(frozen=True, slots=True)
class Held:
    """An identifier of a person: `confirmed`, or decided not to be theirs; from `first` to before
    `last` (microseconds, None: open)."""

    kind: str
    text: str
    confirmed: bool = True
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A person of the register who stands for themselves, with what those merged into them had.

    `distinct` are people they are known not to be.
    """

    id: bytes
    name: str = ""
    mail: str | None = None
    phone: str | None = None
    identifiers: tuple[Held, ...] = ()
    distinct: frozenset[bytes] = frozenset()

    def numbers(self) -> list[tuple[str, str]]:
        """Their NIP and NI PPPK."""
        return [
            (each.kind, each.text)
            for each in self.identifiers
            if each.confirmed and each.kind in (NIP, NI_PPPK)
        ]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who an identifier may mean, why (words of `WEIGHTS`), and how sure that is, of 1000."""

    person: bytes
    reasons: tuple[str, ...]
    confidence: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people of the register who may be one."""

    one: bytes
    other: bytes
    reasons: tuple[str, ...]
    confidence: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """A contradiction: `what` is `shared` (one identifier, several people), `numbers` (one person,
    several NIP), `number of another` (an account named by somebody else's number), or `mail` (one
    address, several names). `about` is the identifier's text."""

    what: str
    people: tuple[bytes, ...]
    about: str


class Register:
    """All people of the register, to be looked through."""

    def __init__(self, every: Iterable[Known]) -> None:
        self.people = {each.id: each for each in every}
        self._by_number: dict[str, set[bytes]] = {}
        self._by_mail: dict[str, set[bytes]] = {}
        self._by_hash: dict[str, set[bytes]] = {}
        self._by_account: dict[str, set[bytes]] = {}
        for person in self.people.values():
            for _, digits in person.numbers():
                self._by_number.setdefault(digits, set()).add(person.id)
            for mail in _mails(person):
                self._by_mail.setdefault(mail.casefold(), set()).add(person.id)
                for written in {mail, mail.lower()}:
                    name = sha1(f"mailto:{written}".encode()).hexdigest()
                    self._by_hash.setdefault(name, set()).add(person.id)
            for each in person.identifiers:
                if each.confirmed and each.kind == "account":
                    name = each.text.partition("\n")[2].casefold()
                    self._by_account.setdefault(name, set()).add(person.id)

    def candidates(self, kind: str, text: str, name: str | None = None) -> list[Candidate]:
        """Who an identifier that nobody has may mean, the surest first; nobody of whom it was
        decided that it does not mean them."""
        reasons: dict[bytes, set[str]] = {}

        def note(people: Iterable[bytes], reason: str) -> None:
            for person in people:
                reasons.setdefault(person, set()).add(reason)

        if kind == "account":
            account = text.partition("\n")[2]
            note(self._numbered(account), "number")
            note(self._by_mail.get(account.casefold(), ()), "mail as account")
            alike = self._by_account.get(account.casefold(), set())
            if not _given(account):
                named = {each for each in alike if same_name(self.people[each].name, name)}
                note(named, "account and name")
        elif kind == "mbox":
            mail = text.removeprefix("mailto:")
            note(self._by_mail.get(mail.casefold(), ()), "mail case")
            note(self._numbered(mail.partition("@")[0]), "number in mail")
        elif kind == "mbox_sha1sum":
            note(self._by_hash.get(text.lower(), ()), "mail hash")
        found = [
            Candidate(person, *_together(words))
            for person, words in reasons.items()
            if not self._refused(person, kind, text)
        ]
        return sorted(found, key=lambda each: (-each.confidence, each.person))

    def doubles(self) -> list[Pair]:
        """People who may be in the register twice, the surest first."""
        reasons: dict[tuple[bytes, bytes], set[str]] = {}
        for group, word, needs_name in self._groups():
            for one, other in combinations(sorted(group), 2):
                a, b = self.people[one], self.people[other]
                if other in a.distinct or one in b.distinct:
                    continue
                # A NIP stays with its holder for life: who has another is somebody else.
                if _only(a, NIP) and _only(b, NIP):
                    continue
                named = same_name(a.name, b.name)
                if named or not needs_name:
                    said = f"{word} and name" if named and word in ("mail", "phone") else word
                    reasons.setdefault((one, other), set()).add(said)
        found = [Pair(one, other, *_together(words)) for (one, other), words in reasons.items()]
        return sorted(found, key=lambda each: (-each.confidence, each.one, each.other))

    def conflicts(self) -> list[Conflict]:
        """Where the register contradicts itself."""
        found: set[Conflict] = set()
        held: dict[tuple[str, str], list[tuple[bytes, Held]]] = {}
        for person in self.people.values():
            numbers = sorted(digits for kind, digits in person.numbers() if kind == NIP)
            if len(set(numbers)) > 1:
                found.add(Conflict("numbers", (person.id,), ", ".join(numbers)))
            for each in person.identifiers:
                if not each.confirmed:
                    continue
                held.setdefault((each.kind, each.text), []).append((person.id, each))
                account = each.text.partition("\n")[2] if each.kind == "account" else ""
                others = self._numbered(account) - {person.id}
                if others:
                    found.add(
                        Conflict("number of another", (person.id, *sorted(others)), each.text)
                    )
        for (_, text), claims in held.items():
            people_ = {
                person
                for (one, a), (other, b) in combinations(claims, 2)
                if one != other and _overlap(a, b)
                for person in (one, other)
            }
            if people_:
                found.add(Conflict("shared", tuple(sorted(people_)), text))
        for mail, people in self._by_mail.items():
            names = {plain_name(self.people[each].name) for each in people}
            if len(names) > 1:
                found.add(Conflict("mail", tuple(sorted(people)), mail))
        return sorted(found, key=lambda each: (each.what, each.about, each.people))

    def _numbered(self, text: str) -> set[bytes]:
        try:
            _, digits = number(text)
        except ValueError:
            return set()
        return self._by_number.get(digits, set())

    def _refused(self, person: bytes, kind: str, text: str) -> bool:
        return any(
            (each.kind, each.text) == (kind, text) and not each.confirmed
            for each in self.people[person].identifiers
        )

    def _groups(self) -> Iterable[tuple[set[bytes], str, bool]]:
        """People who have something in common: what, and whether it takes a like name too."""
        born: dict[tuple[str, str, str], set[bytes]] = {}
        phones: dict[str, set[bytes]] = {}
        for person in self.people.values():
            for _, digits in person.numbers():
                key = (digits[:8], digits[14], plain_name(person.name))
                born.setdefault(key, set()).add(person.id)
            if phone := _digits(person.phone):
                phones.setdefault(phone, set()).add(person.id)
        for group in born.values():
            yield group, "birth, sex and name", True
        for group in phones.values():
            yield group, "phone", True
        for group in self._by_mail.values():
            # An office's address, which many share, says nothing of any two of them.
            yield group, "mail", len(group) > SHARED


def same_name(one: str | None, other: str | None) -> bool:
    """Whether two names are the same but for case, signs and academic titles."""
    return bool(one and other) and plain_name(one or "") == plain_name(other or "") != ""


_TITLES = frozenset("dr drs dra ir h hj prof apt".split())


def plain_name(name: str) -> str:
    """A name without titles before and behind it: of `Dr. Sari Dewi, S.Kom.`, `sari dewi`."""
    text = unicodedata.normalize("NFKD", name.partition(",")[0])
    text = "".join(each for each in text if not unicodedata.combining(each)).casefold()
    words = re.findall(r"[^\W_]+", text.replace("'", "").replace("’", ""))
    while len(words) > 1 and words[0] in _TITLES:
        words = words[1:]
    return " ".join(words)


def _given(account: str) -> bool:
    """Whether an account's name is a number that the system counted its users by."""
    return len(account) < 5 or account.isdigit()


def _mails(person: Known) -> set[str]:
    told = {person.mail} if person.mail else set()
    return told | {
        each.text.removeprefix("mailto:")
        for each in person.identifiers
        if each.confirmed and each.kind == "mbox"
    }


def _only(person: Known, kind: str) -> bool:
    return any(each == kind for each, _ in person.numbers())


def _digits(phone: str | None) -> str | None:
    """A phone number as compared: +62 812… and 0812… are one."""
    digits = re.sub(r"\D", "", phone or "")
    digits = re.sub("^(62|0)", "", digits)
    return digits if len(digits) >= 8 else None


def _overlap(one: Held, other: Held) -> bool:
    return (one.last is None or other.first is None or other.first < one.last) and (
        other.last is None or one.first is None or one.first < other.last
    )


def _together(words: Iterable[str]) -> tuple[tuple[str, ...], int]:
    """The reasons, strongest first, and what they weigh together: each takes its share of what the
    others left of the doubt."""
    reasons = tuple(sorted(words, key=lambda each: (-WEIGHTS[each], each)))
    doubt = 1.0
    for each in reasons:
        doubt *= 1 - WEIGHTS[each] / 1000
    return reasons, round(1000 * (1 - doubt))
