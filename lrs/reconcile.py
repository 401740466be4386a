"""Whether what the LMS holds to be completed arrived: its own list of completions, compared.

A list names a person (by number, mailbox or account), a course, and a day: a list of our own
making, the report of one course as Moodle downloads it, or what Moodle's web service answers
(`lrs/moodle_service.py`). Each row is looked for among the completions that arrived and hold. What
never came can be entered, as imported statements.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sqlalchemy import Connection

from lrs import imports, programmes, spreadsheets
from lrs.errors import Problem, Refused
from lrs.imports import Courses, Plan, Planned
from lrs.learning import COMPLETED, Tree
from lrs.practice import imported, names
from lrs.practice.imported import Act
from lrs.spreadsheets import Row, Sheet, plain
from lrs.store import practice, register
from lrs.store.accounts import Tenant
from lrs.whom import Bad, Finder, Who, columns_of
from lrs.xapi import actors, lexical

_WORDS = ("number", "mail", "id", "username", "home", "name", "course", COMPLETED)

#: What a column may hold, and the headings under which it is known (`spreadsheets.plain`).
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {word: imports.COLUMNS[word] for word in _WORDS}

#: The last columns of Moodle's report of a course: whether it is complete, and since when.
_COMPLETE: Final = frozenset(
    (*COLUMNS[COMPLETED], "course complete", "completion date", "kursus lengkap", "tanggal tuntas")
)


@dataclass(slots=True)
class Comparison:
    """What came of it, row by row of the list: `there` arrived once; `missing` never came;
    `twice` came more than once, which changes no case; `unknown` is of nobody in the register,
    so that only its account could be looked for, and `nobody` of them did not arrive either;
    `open` counts rows of who has not completed. `problems` are rows that could not be read.

    Of what arrived in the courses of the list: `strangers` are the agents that are nobody of the
    register, and `unlisted` the people whom the list does not have, both with the course.
    `enterable` are those of what never came that have a day, and can be entered.
    """

    file: str
    there: int = 0
    open: int = 0
    missing: list[Row] = field(default_factory=list)
    twice: list[Row] = field(default_factory=list)
    unknown: list[Row] = field(default_factory=list)
    nobody: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    strangers: list[tuple[Tree, str]] = field(default_factory=list)
    unlisted: list[tuple[bytes, str]] = field(default_factory=list)
    enterable: list[Planned] = field(default_factory=list)

    def plan(self) -> Plan:
        """What never came, to be entered by `imports.enter`."""
        return Plan(self.file, {}, self.enterable)


@dataclass(frozen=True, slots=True)
class _Said:
    """What one row says."""

    row: Row
    who: Who | None
    identifiers: tuple[bytes, ...]
    course: str
    title: str | None
    on: date | None


def read(content: bytes, name: str) -> Sheet:
    """An LMS's list of completions, wherever in the file it stands."""
    return spreadsheets.read(content, name, imports.KNOWN | _COMPLETE)


def compare(
    connection: Connection,
    tenant: Tenant,
    sheet: Sheet,
    home: str | None,
    *,
    file: str = "",
    course: str | None = None,
    account_column: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Comparison:
    """Compare an LMS's list with what arrived. `home` is the home page of its accounts, which
    `account_column` names (by default `id`, or `username` where there is no `id`); `course` what
    is meant by rows that name none.

    Refused: the list has no column for courses, or none for who it is.
    """
    found = columns_of(sheet, columns or {}, COLUMNS)
    if ("course" not in found and not course) or not found.keys() & set(_WORDS[:4]):
        raise Refused(
            Problem(
                "",
                "The list needs a column 'course' with the course's IRI or title, or one course"
                " for all rows; and one of nip, idnumber, email, id, username for who it is. Its"
                f" columns: {', '.join(each for each in sheet.headings if each)}.",
            )
        )
    by = account_column or ("id" if "id" in found else "username")
    finder = Finder(connection, tenant, found, home, by)
    done = Comparison(file)
    said = list(_said(connection, tenant, sheet, finder, course or "", done))
    _look(connection, tenant, said, finder, done)
    return done


def _said(
    connection: Connection,
    tenant: Tenant,
    sheet: Sheet,
    finder: Finder,
    default: str,
    done: Comparison,
) -> Iterable[_Said]:
    """What the rows of who completed say; the others are counted or told."""
    courses = Courses(tenant.id, programmes.in_force(connection, tenant.id))
    complete = [each for each in sheet.headings if plain(each) in _COMPLETE]
    if (chosen := finder.columns.get(COMPLETED)) and chosen not in complete:
        complete.append(chosen)
    finder.look_up(sheet.rows)
    wanted = {*finder.columns.values(), *complete}
    for row in sheet.rows:
        told = [each for each in row.problems if each.path.partition(", ")[2] in wanted]
        cells = [row.cells.get(each, "").strip() for each in complete]
        if told:
            done.problems += told
        elif complete and not any(imported.mark(cell) is not False for cell in cells):
            done.open += 1
        else:
            try:
                yield _one(tenant, row, finder, courses, default, cells)
            except Bad as bad:
                heading = finder.columns.get(bad.word, bad.word)
                done.problems.append(Problem(f"row {row.number}, {heading}", bad.message))


def _one(
    tenant: Tenant, row: Row, finder: Finder, courses: Courses, default: str, cells: list[str]
) -> _Said:
    text = finder.cell(row, "course") or default
    if not text:
        raise Bad("course", "No course is named.")
    iri, title = text, None
    if not (lexical.is_iri(text) and "://" in text) or text in courses.by_iri:
        programme = courses.called(text)
        if programme is not None:
            iri, title, _, _ = courses.course(programme, "", None)
        else:
            iri, title = imported.course_iri(tenant.id, text), text
    on = None
    for cell in cells:
        if imported.mark(cell) is None:
            try:
                on = on or imported.day(cell)
            except ValueError as error:
                raise Bad(COMPLETED, str(error)) from None
    identifiers = tuple(names.identifier(tenant.id, *each) for each in finder.identifiers(row))
    return _Said(row, finder.who(row), identifiers, iri, title, on)


def _look(
    connection: Connection, tenant: Tenant, said: list[_Said], finder: Finder, done: Comparison
) -> None:
    """Look for what the rows say among what arrived."""
    digests = {names.course(tenant.id, each.course): each.course for each in said}
    by_person: Counter[tuple[bytes, bytes]] = Counter()
    by_account: Counter[tuple[bytes, bytes]] = Counter()
    for actor, person, course in practice.arrived(connection, tenant.id, sorted(digests)):
        by_account[actor, course] += 1
        if person is not None:
            by_person[finder.canonical(person), course] += 1
    listed: set[tuple[bytes, bytes]] = set()
    for each in said:
        course = names.course(tenant.id, each.course)
        person = each.who.person if each.who else None
        if person is not None:
            listed.add((person, course))
            times = by_person[person, course]
            if times == 0:
                done.missing.append(each.row)
                _enterable(each, finder, done)
            else:
                done.there += 1
                if times > 1:
                    done.twice.append(each.row)
        else:
            listed |= {(digest, course) for digest in each.identifiers}
            done.unknown.append(each.row)
            if not any(by_account[digest, course] for digest in each.identifiers):
                done.nobody.append(each.row)
                _enterable(each, finder, done)
    done.unlisted = sorted(
        (person, digests[course]) for person, course in by_person if (person, course) not in listed
    )
    _strangers(connection, tenant, by_account, digests, done)


def _enterable(said: _Said, finder: Finder, done: Comparison) -> None:
    if said.who is not None and said.on is not None:
        act = Act(kind=COMPLETED, course=said.course, on=said.on, title=said.title)
        name = finder.cell(said.row, "name")
        planned = Planned(said.row.number, said.who.agent, said.who.person, name, (act,), (act,))
        done.enterable.append(planned)


def _strangers(
    connection: Connection,
    tenant: Tenant,
    by_account: Counter[tuple[bytes, bytes]],
    digests: Mapping[bytes, str],
    done: Comparison,
) -> None:
    """Completions that came for nobody known."""
    unmatched = {
        names.identifier(tenant.id, *(actors.ifi(agent) or ("", ""))): agent | _named(name)
        for agent, name, _ in register.unmatched(connection, tenant.id)
    }
    done.strangers = sorted(
        ((unmatched[actor], digests[course]) for actor, course in by_account if actor in unmatched),
        key=lambda each: (each[1], json.dumps(each[0], sort_keys=True)),
    )


def _named(name: str | None) -> Tree:
    return {"name": name} if name else {}
