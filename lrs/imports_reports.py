"""A *laporan aktualisasi* or *aksi perubahan* taken in: read, proposed to a human, accepted.

`propose` reads the PDF and looks whom it may mean in the register; `accept` hands it in as a
project, with the PDF attached, for the person a human says it is of. Where the human accepts that
the mentor of the *lembar pengesahan* is the superior, the register is told so, as confirmed.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final

import msgspec
from rapidfuzz import fuzz
from sqlalchemy import Connection

from lrs import casework, pdf, programmes
from lrs.casework import Upload
from lrs.errors import NotFound, Problem, Refused
from lrs.imports import Courses
from lrs.practice import files, imported, names, people, records
from lrs.practice import reports_read as reports
from lrs.practice.cases import days
from lrs.practice.people import CONFIRMED, POST, Person
from lrs.practice.records import Evidence
from lrs.practice.reports_read import Proposal
from lrs.store import erasure, practice, register, statements, waiting
from lrs.store.accounts import Tenant
from lrs.store.register import Fact
from lrs.store.waiting import Waiting

#: What may be accepted beside the report itself.
SUPERIOR: Final = "superior"

#: And that the mentor is entered in the register by name and number as read, if nobody has it;
#: also where they were erased.
ADD_MENTOR: Final = "add_mentor"
ERASED_TOO: Final = "erased_too"

PDF: Final = "application/pdf"

#: What a report may be evidence of.
PROJECT: Final = "project"
KINDS: Final = (PROJECT, records.PLAN)

#: Names less alike than this are told, in percent.
_ALIKE = 60

#: Of a superior an earlier post is looked for so many days before the report's end at most.
_HABITUATION = 30


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom the register knows by a number of the report; `name` is the register's."""

    person: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report and what is proposed of it. `author`, `mentor` and `coach` are those of the
    register whom its numbers mean; `there` is the statement by which it was taken in before.
    `notes` tell what to look at; `sure`: nothing needs to be mended before it is accepted;
    `mentor_erased`: who signed as mentor was erased, and is in the register no more."""

    name: str
    content: bytes = field(repr=False)
    read: Proposal
    author: Meant | None
    mentor: Meant | None
    coach: Meant | None
    programme: str | None
    there: str | None
    notes: tuple[str, ...]
    sure: bool = False
    mentor_erased: bool = False

    @property
    def done_on(self) -> date | None:
        """The day the work was done: the period's end, else the day of approval."""
        return self.read.day(reports.ENDED) or self.read.day(reports.APPROVED)

    @property
    def of(self) -> str:
        """What it is evidence of: a *rancangan* is a plan."""
        planned = self.read.value(reports.KIND) == reports.RANCANGAN
        return records.PLAN if planned else PROJECT


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was entered: the statement, and whether the register learned of a superior."""

    statement: str
    superior: bool


def propose(
    connection: Connection,
    tenant: Tenant,
    content: bytes,
    name: str,
    *,
    limit: int = files.LIMIT,
) -> Report:
    """Read a report and look whom it means. Enters nothing.

    Refused: it is no PDF, too large, or cannot be read. A scan is proposed without findings.
    """
    wrong = files.check(name, PDF, content, limit=limit, allowed={PDF})
    if wrong is not None:
        raise Refused(wrong)
    read = Read(reports.read(pdf.pages(content, name)), files.flags(content))
    return meant(connection, tenant, read, name, sha256(content).hexdigest(), content)


@dataclass(frozen=True, slots=True)
class Read:
    """What reading a report gave: apart from whom it means, since it takes seconds and needs no
    database. `wrong` says why it could not be read."""

    said: Proposal
    flags: tuple[str, ...] = ()
    wrong: str = ""


#: Nothing was read.
NOTHING: Final = Proposal((), 0, 0, None)


def keep(
    connection: Connection,
    tenant: Tenant,
    content: bytes,
    name: str,
    *,
    by: str,
    now: datetime,
    limit: int = files.LIMIT,
) -> bytes:
    """Have a report wait to be read and looked at; answers its id. Refused: see `propose`."""
    wrong = files.check(name, PDF, content, limit=limit, allowed={PDF})
    if wrong is not None:
        raise Refused(wrong)
    at = int(now.timestamp() * 1_000_000)
    return waiting.add(
        connection, tenant.id, waiting.REPORT, files.clean_name(name), content, by, at
    )


def read(content: bytes, name: str) -> Read:
    """Read a report that waits. Never fails: what cannot be read is looked at by a human."""
    try:
        return Read(reports.read(pdf.pages(content, name)), files.flags(content))
    except Refused as refused:
        return Read(NOTHING, files.flags(content), refused.problems[0].message)


def note(connection: Connection, tenant: Tenant, held: Waiting, read: Read) -> None:
    """Keep what was read of a report that waits, and whose it seems to be."""
    found = meant(connection, tenant, read, held.name, held.sha2)
    person = found.author.person if found.author else None
    waiting.tell(connection, tenant.id, held.id, msgspec.to_builtins(read), person)


def proposed(
    connection: Connection, tenant: Tenant, held: Waiting, content: bytes = b""
) -> Report | None:
    """What is proposed of a report that waits; None: it was not read yet."""
    if held.told is None:
        return None
    read = msgspec.convert(held.told, type=Read)
    return meant(connection, tenant, read, held.name, held.sha2, content)


def meant(
    connection: Connection,
    tenant: Tenant,
    read_: Read,
    name: str,
    sha2: str,
    content: bytes = b"",
) -> Report:
    """Whom what was read means."""
    read = read_.said
    notes: list[str] = []
    missing: list[str] = []
    if read_.wrong:
        notes.append(read_.wrong)
    elif read.scanned:
        notes.append(
            "The PDF holds pictures of pages and no text, so nothing could be read; say by hand"
            " whose it is, or hand in the document it was printed from"
        )
    elif read.approval is None:
        notes.append("No page is a lembar pengesahan")
    author = _who(connection, tenant, read, reports.NUMBER, reports.NAME, notes, missing)
    mentor = _who(connection, tenant, read, reports.MENTOR_NUMBER, reports.MENTOR, notes, missing)
    coach = _who(connection, tenant, read, reports.COACH_NUMBER, reports.COACH, notes, missing)
    if author and mentor and author.person == mentor.person:
        notes.append("Author and mentor are one person by their numbers, so no mentor is taken")
        mentor = None
    notes += [_FLAGS[flag] for flag in read_.flags]
    there = _there(connection, tenant, author, sha2)
    if there is not None:
        notes.append(f"This report was taken in before, as {there}")
    course = _programme(connection, tenant, read)
    told = (*missing, *notes)
    found = Report(name, content, read, author, mentor, coach, course, there, told)
    whole = author is not None and found.done_on is not None and read.value(reports.TITLE)
    gone = mentor is None and _was_erased(connection, tenant, read, reports.MENTOR_NUMBER)
    return replace(found, sure=bool(whole) and not notes, mentor_erased=gone)


def accept(
    connection: Connection,
    tenant: Tenant,
    report: Report,
    *,
    by: str,
    now: datetime,
    accepted: Collection[str] = (),
    person: bytes | None = None,
    mentor: bytes | None = None,
    done_on: date | None = None,
    title: str = "",
    text: str = "",
    programme: str | None = None,
    role: str = "admin",
    of: str = "",
) -> Accepted:
    """Hand a report in as a project of a person, with the PDF; again, it changes nothing.

    What a human mended comes before what was read; `of` is a word of `KINDS`. `by` hands it in
    (`user:…` or a person's id).
    Refused: it is not said whose it is, of when, or under what title; or who signed as mentor is
    to be the superior, and nobody is known for it; or was erased, and is not to be entered all the
    same (`ERASED_TOO`).
    """
    whose = person or (report.author.person if report.author else None)
    day = done_on or report.done_on
    told = title or report.read.value(reports.TITLE)
    problems = []
    if whose is None:
        problems.append(Problem("person", "Whose report it is could not be read; say whose it is."))
    if day is None:
        problems.append(Problem("done_on", "The day of the work could not be read; give it."))
    if not told:
        problems.append(Problem("title", "The title could not be read; give it."))
    superior = mentor or (report.mentor.person if report.mentor else None)
    new = None
    if ADD_MENTOR in accepted and superior is None:
        new = _new_mentor(connection, tenant, report)
        superior = new[0].subject if new else None
    if new and _was_erased(connection, tenant, report.read, reports.MENTOR_NUMBER):
        if ERASED_TOO not in accepted:
            problems.append(Problem("mentor", _MENTOR_ERASED))
    elif SUPERIOR in accepted and superior is None:
        problems.append(
            Problem("mentor", "Nobody in the register has the mentor's number; enter them first.")
        )
    if problems or whose is None or day is None:
        raise Refused(problems)
    if new:
        register.append(connection, tenant.id, new, f"{by}: {files.clean_name(report.name)}")
    for each in filter(None, (whose, superior)):
        if each not in register.people(connection, tenant.id, [each]):
            raise NotFound(f"a person {uuid.UUID(bytes=each)}")
    if by == str(uuid.UUID(bytes=whose)):
        role = records.SELF
    evidence = Evidence(
        person=str(uuid.UUID(bytes=whose)),
        of=of if of in KINDS else report.of,
        by=by,
        role=role,
        performed_on=day,
        title=told[:500],
        text=(text or summary(report))[:20_000],
        programme=programme or report.programme,
    )
    upload = Upload(files.clean_name(report.name), PDF, report.content)
    statement = casework.hand_in(
        connection,
        tenant,
        evidence,
        now=now,
        files=(upload,),
        submission=_submission(tenant, whose, sha256(report.content).hexdigest()),
    )
    learned = False
    if SUPERIOR in accepted and superior is not None:
        learned = _confirm(connection, tenant, whose, superior, report, day, by)
    return Accepted(statement, learned)


def _new_mentor(connection: Connection, tenant: Tenant, report: Report) -> list[Fact] | None:
    """Entries for a mentor nobody has: only with a name and a number that is nobody's."""
    digits = report.read.value(reports.MENTOR_NUMBER)
    name = report.read.value(reports.MENTOR)
    if not digits or not name or digits == report.read.value(reports.NUMBER):
        return None
    kind, text = people.number(digits)
    digest = names.identifier(tenant.id, kind, text)
    if register.holders(connection, tenant.id, [digest]):
        return None
    person = uuid.uuid4().bytes
    return [
        Fact(people.PERSON, person, {"name": name}),
        Fact(people.IDENTIFIER, person, {"kind": kind, "text": text}),
    ]


def _submission(tenant: Tenant, person: bytes, sha2: str) -> str:
    return imported.identity("report", tenant.id, person.hex(), sha2)


def _there(connection: Connection, tenant: Tenant, author: Meant | None, sha2: str) -> str | None:
    if author is None:
        return None
    known = casework.evidence_id(tenant, _submission(tenant, author.person, sha2))
    row = statements.by_id(connection, tenant.practice.id, uuid.UUID(known).bytes)
    return None if row is None else known


def _who(
    connection: Connection,
    tenant: Tenant,
    read: Proposal,
    number: str,
    name: str,
    notes: list[str],
    missing: list[str],
) -> Meant | None:
    """Whom the register knows by the number read. A name alone means nobody."""
    digits, told = read.value(number), read.value(name)
    word = {
        reports.NUMBER: "author",
        reports.MENTOR_NUMBER: "mentor",
        reports.COACH_NUMBER: "coach",
    }[number]
    if not digits:
        if told:
            missing.append(f"The {word} is called {told}, without a number by which to know them")
        return None
    digest = names.identifier(tenant.id, *people.number(digits))
    merged = practice.merged(connection, tenant.id)
    held = {
        merged.get(each, each)
        for each in register.holders(connection, tenant.id, [digest]).get(digest, ())
    }
    if len(held) != 1:
        if held:
            notes.append(f"Several people of the register have the {word}'s number")
        elif _was_erased(connection, tenant, read, number):
            notes.append(f"Who has the {word}'s number was erased, and is in the register no more")
        else:
            missing.append(f"Nobody in the register has the {word}'s number")
        return None
    (person,) = held
    known = register.people(connection, tenant.id, [person]).get(person, Person()).name
    alike = fuzz.token_set_ratio(imported.bare_name(told), imported.bare_name(known))
    if told and known and alike < _ALIKE:
        notes.append(f"The report calls the {word} {told}, the register {known}; look who it is")
    return Meant(person, known)


def _was_erased(connection: Connection, tenant: Tenant, read: Proposal, number: str) -> bool:
    """Whether a number that was read was that of somebody who was erased."""
    digits = read.value(number)
    told = [people.number(digits)] if digits else []
    return bool(erasure.known_before(connection, tenant.id, told))


#: Said where somebody would come back by a report who was erased.
_MENTOR_ERASED: Final = "The mentor was erased: they are entered anew only if you say so."


def _programme(connection: Connection, tenant: Tenant, read: Proposal) -> str | None:
    """The programme that the report names by its title, if just one is called so."""
    told = read.value(reports.PROGRAMME)
    found = Courses(tenant.id, programmes.in_force(connection, tenant.id)).called(told)
    return found.iri if found else None


def summary(report: Report) -> str:
    """What was read, as the words of the evidence: by them it is matched and found."""
    wanted = (reports.KIND, reports.PROGRAMME, reports.COHORT, reports.UNIT, reports.POSITION)
    return "\n".join(report.read.value(each) for each in wanted if report.read.value(each))


def _confirm(
    connection: Connection,
    tenant: Tenant,
    person: bytes,
    superior: bytes,
    report: Report,
    day: date,
    by: str,
) -> bool:
    """Enter the mentor as the superior since the work began, if that is not known already."""
    if superior == person:
        raise Refused(Problem("mentor", "Nobody is their own superior."))
    begun = days(report.read.day(reports.BEGUN) or day) - (
        0 if report.read.day(reports.BEGUN) else _HABITUATION
    )
    standing = register.people(connection, tenant.id, [person])[person]
    post = standing.post(days(day))
    if post is not None and (post.superior, post.superior_state) == (superior, CONFIRMED):
        return False
    first: int | None = begun if post is None or post.first is None else max(begun, post.first)
    if not standing.posts:
        first = None  # all that is known of where they work: since ever
    body: dict[str, Any] = {
        "unit": post.unit.hex() if post and post.unit else None,
        "title": post.title if post else None,
        "superior": superior.hex(),
        "superior_state": CONFIRMED,
        "first": first,
        "why": "superior" if post else None,
    }
    kept: Mapping[str, Any] = {word: value for word, value in body.items() if value is not None}
    page = f", page {report.read.approval}" if report.read.approval else ""
    who = f"{by}: lembar pengesahan of {files.clean_name(report.name)}{page}"
    register.append(connection, tenant.id, [Fact(POST, person, kept)], who)
    return True


_FLAGS: Final = {
    "encrypted": "The PDF asks for a password of who wants to change it",
    "scripts": "The PDF holds scripts",
    "attached": "The PDF holds other files",
}
