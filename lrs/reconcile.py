"""Whether what the LMS holds to be completed arrived: its own list of completions, compared.

A list names a person (by number, mailbox or account), a course by its IRI, and a day. Each row is
looked for among the completions that arrived and hold; nothing is entered.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from lrs.errors import Problem, Refused
from lrs.practice import names, people
from lrs.spreadsheets import Row, Sheet
from lrs.store import register
from lrs.store.practice import arrived

#: What a column may hold, and the headings under which it is known, in lower case.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("nip", "ni pppk", "idnumber", "id number"),
    "mail": ("email", "e-mail", "surel", "email address", "alamat email"),
    "id": ("id", "user id", "userid"),
    "username": ("username", "nama pengguna"),
    "course": ("course", "kursus", "course iri"),
    "completed": ("timecompleted", "completed", "tanggal selesai", "selesai"),
}


@dataclass(slots=True)
class Comparison:
    """What came of it, row by row of the list: `there` arrived once; `missing` never came;
    `twice` came more than once, which changes no case; `unknown` is of nobody in the register,
    so that only its account could be looked for, and `nobody` of them did not arrive either.
    `problems` are rows that could not be read."""

    there: int = 0
    missing: list[Row] = field(default_factory=list)
    twice: list[Row] = field(default_factory=list)
    unknown: list[Row] = field(default_factory=list)
    nobody: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def compare(connection: Connection, tenant_id: int, sheet: Sheet, home: str | None) -> Comparison:
    """Compare an LMS's list with what arrived. `home` is the home page of its accounts.

    Refused: the list has no column for courses, or none for who it is.
    """
    known = {heading: word for word, headings in COLUMNS.items() for heading in headings}
    columns = {known[each.casefold()]: each for each in sheet.headings if each.casefold() in known}
    if "course" not in columns or not columns.keys() & {"number", "mail", "id", "username"}:
        raise Refused(
            Problem(
                "",
                "The list needs a column 'course' with the course's IRI, and one of nip,"
                " idnumber, email, id, username for who it is. Its columns:"
                f" {', '.join(sheet.headings)}.",
            )
        )
    done = Comparison()
    who: dict[int, set[bytes]] = {}
    for row in sheet.rows:
        told = list(row.problems)
        if not _cell(row, columns, "course"):
            told.append(Problem(f"row {row.number}, {columns['course']}", "No course is named."))
        identifiers = _identifiers(row, columns, home)
        if not told and not identifiers:
            told.append(
                Problem(f"row {row.number}", "The row names nobody that can be looked for.")
            )
        done.problems += told
        if not told:
            who[row.number] = {names.identifier(tenant_id, *each) for each in identifiers}
    everybody: set[bytes] = set().union(*who.values())
    holders = register.holders(connection, tenant_id, everybody)
    courses = {_cell(row, columns, "course") for row in sheet.rows} - {""}
    digests = {iri: names.course(tenant_id, iri) for iri in courses}
    by_person: Counter[tuple[bytes, bytes]] = Counter()
    by_account: Counter[tuple[bytes, bytes]] = Counter()
    for actor, person, course in arrived(connection, tenant_id, sorted(digests.values())):
        by_account[actor, course] += 1
        if person is not None:
            by_person[person, course] += 1
    for row in sheet.rows:
        if row.number not in who:
            continue
        course = digests[_cell(row, columns, "course")]
        persons = {person for each in who[row.number] for person in holders.get(each, ())}
        if persons:
            times = max(by_person[person, course] for person in persons)
            if times == 0:
                done.missing.append(row)
            else:
                done.there += 1
                if times > 1:
                    done.twice.append(row)
        else:
            done.unknown.append(row)
            if not any(by_account[each, course] for each in who[row.number]):
                done.nobody.append(row)
    return done


def _cell(row: Row, columns: Mapping[str, str], word: str) -> str:
    return row.cells.get(columns.get(word, ""), "").strip()


def _identifiers(row: Row, columns: Mapping[str, str], home: str | None) -> list[tuple[str, str]]:
    """By what the row can name a person, as kinds and texts."""
    found: list[tuple[str, str]] = []
    try:
        found.append(people.number(_cell(row, columns, "number")))
    except ValueError:
        pass  # an LMS's field for numbers holds what users wrote into it
    if mail := _cell(row, columns, "mail"):
        found.append(("mbox", f"mailto:{mail}"))
    for word in ("id", "username"):
        name: Any = _cell(row, columns, word)
        if home and name:
            found.append(("account", f"{home}\n{name}"))
    return found
