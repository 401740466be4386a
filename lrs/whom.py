"""Whom the rows of a list mean: by number, mailbox or account, never by name.

What lists have in common: their columns, and people who are named in them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from lrs import spreadsheets
from lrs.errors import Problem, Refused
from lrs.learning import Tree
from lrs.practice import imported, names
from lrs.practice.people import IDENTIFIER, Person, canonical, number
from lrs.spreadsheets import Row, Sheet
from lrs.store import practice, register
from lrs.store.accounts import Tenant
from lrs.store.register import Fact
from lrs.xapi import lexical

#: Whom or what else a column may be about: a heading with one of these is never guessed.
_NEVER = frozenset("atasan mentor coach penguji superior lahir pensiun orang ayah ibu".split())


def columns_of(
    sheet: Sheet, chosen: Mapping[str, str], words: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """The heading of each column that was chosen or can be told. Refused: one is not there."""
    wrong = sorted(set(chosen) - set(words)) or sorted(set(chosen.values()) - set(sheet.headings))
    if wrong:
        there = ", ".join(each for each in sheet.headings if each)
        raise Refused(
            Problem(
                "",
                f"There is no column {', '.join(wrong)}. Columns of the list: {there}."
                f" Words for them: {', '.join(words)}.",
            )
        )
    left = [each for each in sheet.headings if each not in chosen.values()]
    unsaid = {word: known for word, known in words.items() if word not in chosen}
    return spreadsheets.mapping(left, unsaid, _NEVER) | dict(chosen)


class Bad(Exception):
    """A row that cannot be entered, with the word of the column and the reason."""

    def __init__(self, word: str, message: str) -> None:
        self.word, self.message = word, message
        super().__init__(word, message)


#: 18 digits, with spaces, dots or hyphens among them.
_DIGITS = re.compile(r"(?<!\d)\d(?:[ .-]?\d){17}(?!\d)")
_RUN = re.compile(r"\d(?:[ .-]?\d){7,}")


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a row means: a person of the register, or only an agent."""

    person: bytes | None
    agent: Tree


class Finder:
    """Who is meant by the numbers, mailboxes and accounts of rows; asked in few questions."""

    def __init__(
        self,
        connection: Connection,
        tenant: Tenant,
        columns: Mapping[str, str],
        home: str | None = None,
        account_column: str = "id",
    ) -> None:
        self.connection, self.tenant, self.columns = connection, tenant, columns
        self.home, self.account_column = home, account_column
        self.merged = practice.merged(connection, tenant.id)
        self._alike: dict[bytes, list[bytes]] = {}
        for gone in sorted(self.merged):
            self._alike.setdefault(self.canonical(gone), []).append(gone)
        self.holders: dict[bytes, set[bytes]] = {}
        self.people: dict[bytes, Person] = {}

    def look_up(self, rows: Iterable[Row], numbers: Sequence[str] = ("number",)) -> None:
        """Ask for all that these rows name; `numbers` are the words of columns with numbers."""
        wanted: set[bytes] = set()
        for row in rows:
            for word in numbers:
                wanted.update(self._digest(*each) for each in self._number(row, word))
            wanted.update(self._digest(*each) for each in self.identifiers(row))
        self.holders |= register.holders(self.connection, self.tenant.id, wanted)
        meant = {self.canonical(each) for held in self.holders.values() for each in held}
        self.people |= register.people(self.connection, self.tenant.id, meant - set(self.people))

    def learn(self, facts: Iterable[Fact]) -> None:
        """Have rows mean people who are to be entered."""
        for fact in facts:
            if fact.kind == IDENTIFIER:
                digest = self._digest(fact.body["kind"], fact.body["text"])
                self.holders.setdefault(digest, set()).add(fact.subject)

    def cell(self, row: Row, word: str) -> str:
        return row.cells.get(self.columns.get(word, ""), "").strip()

    def canonical(self, person: bytes) -> bytes:
        """Who a person was found to be."""
        return canonical(person, self.merged)

    def alike(self, person: bytes) -> list[bytes]:
        """The person, and who was found to be them."""
        return [person, *self._alike.get(person, ())]

    def identifiers(self, row: Row) -> list[tuple[str, str]]:
        """By what the row names somebody, the surest first: kinds and texts."""
        found = self._number(row, "number")
        if mail := self.cell(row, "mail"):
            found.append(("mbox", f"mailto:{mail}"))
        return found + self._account(row)

    def _account(self, row: Row) -> list[tuple[str, str]]:
        home = self.cell(row, "home") or self.home or ""
        name = self.cell(row, self.account_column)
        return [("account", f"{home}\n{name}")] if name and lexical.is_iri(home) else []

    def _number(self, row: Row, word: str) -> list[tuple[str, str]]:
        try:
            return [number(self.digits(row, word))]
        except ValueError:
            return []

    def digits(self, row: Row, word: str) -> str:
        """A number as it stands, without what people write around it: a name, `NIP.`, an
        apostrophe."""
        text = self.cell(row, word)
        found = _DIGITS.findall(text)
        if not found and len(text.split()) > 1:  # too short or too long, among other words
            found = [max(_RUN.findall(text), key=len, default=text)]
        return str(found[0]) if len(found) == 1 else text.strip("'’‘`\" ")

    def name(self, row: Row) -> str:
        """The name that a row gives, also where it stands in one cell with the number."""
        given = self.cell(row, "name")
        text = given or _DIGITS.sub("", self.cell(row, "number"))
        text = re.sub(r"\b(?:nip|ni pppk)\b\.?\s*:?", "", text, flags=re.IGNORECASE)
        return " ".join(text.strip(" /,:;-'\n").split()) if re.search(r"[^\W\d_]", text) else given

    def who(self, row: Row, by_number: str = "number") -> Who | None:
        """Whom a row means; None where nobody knows. Raises `Bad` where that is in doubt."""
        text = self.digits(row, by_number)
        told = self.identifiers(row) if by_number == "number" else self._number(row, by_number)
        wrong = None
        if text and not self._number(row, by_number):
            try:
                number(text)
            except ValueError as error:
                wrong = str(error)
        meant: dict[str, bytes] = {}
        for kind, of in told:
            held = {self.canonical(each) for each in self.holders.get(self._digest(kind, of), ())}
            if len(held) > 1:
                raise Bad(by_number, "Several people hold this; settle whose it is first.")
            meant.update((kind, each) for each in held)
        if len(set(meant.values())) > 1:
            raise Bad(by_number, "The number and the mail address or account are two people's.")
        if meant:
            person = next(iter(meant.values()))
            unheld = [kind for kind, _ in told if kind not in meant and kind.startswith("ni")]
            if unheld and self._numbered(person):
                raise Bad(
                    by_number,
                    "The mail address or account is of somebody with another number. If they are"
                    " one person, give that person this number first.",
                )
            return Who(person, imported.person_agent(person))
        for kind, of in told:
            if kind == "account":
                home, _, name = of.partition("\n")
                account = {"homePage": home, "name": name}
                return Who(None, {"objectType": "Agent", "account": account})
        if wrong:
            raise Bad(by_number, wrong)
        if not told:
            raise Bad(by_number, "The row names nobody: nobody is known by name alone.")
        return None

    def _numbered(self, person: bytes) -> bool:
        known = self.people.get(person, Person())
        return any(each.kind.startswith("ni") and each.confirmed for each in known.identifiers)

    def _digest(self, kind: str, text: str) -> bytes:
        return names.identifier(self.tenant.id, kind, text)
