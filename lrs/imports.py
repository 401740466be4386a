"""Completions and participation from spreadsheets, as statements marked imported.

Many agencies have no say over the LMS their people use, and keep lists: who was invited to which
training, who enrolled, attended, completed it. `plan` reads such a list and tells, row by row,
what it would enter, what stands already, what is wrong and whom nobody knows; `enter` writes it
into the learning store, under a source of its own. Entering the same list again changes nothing.

A row means a person by number, mailbox or account, never by name. People who are not in the
register are told, and left out; with `Reading.add_people` they are entered there first. Only an
account of an LMS may be nobody's yet: its statement is what the LMS itself would have sent.
"""

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from rapidfuzz import fuzz
from sqlalchemy import Connection

from lrs import intake, people, programmes, spreadsheets
from lrs.errors import Conflict, NotFound, Problem, Refused
from lrs.learning import ATTENDED, CERTIFIED, COMPLETED, ENROLLED, INVITED, Tree
from lrs.practice import imported, names
from lrs.practice.imported import Act
from lrs.practice.people import IDENTIFIER, Person
from lrs.practice.programmes import Cohort, Programme
from lrs.spreadsheets import Row, Sheet, plain
from lrs.store import accounts, register, statements
from lrs.store.accounts import Principal, Tenant
from lrs.store.engine import Database
from lrs.store.register import Fact
from lrs.whom import Bad, Finder, Who, columns_of
from lrs.xapi import lexical
from lrs.xapi.versions import V1

#: The source under which lists are entered.
SOURCE: Final = "imports"

#: What a column may hold, and the headings under which it is known (`spreadsheets.plain`).
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    word: tuple(known.split(", "))
    for word, known in {
        "number": "nip, nip baru, ni pppk, nip ni pppk, nipbaru, idnumber, id number, nomor induk, "
        "nomor induk pegawai, nip nippppk, nip nik, n i p, nama nip, nip nama",
        "mail": "email, e mail, surel, email address, alamat email, alamat surel",
        "id": "id, user id, userid",
        "username": "username, nama pengguna",
        "home": "homepage, lms",
        "name": "nama, nama lengkap, nama pegawai, nama peserta, name, full name, fullname, "
        "peserta",
        "course": "kursus, course, pelatihan, nama pelatihan, judul pelatihan, diklat, nama "
        "diklat, nama kursus, namakursus, course iri, course title, programme, "
        "program, program pelatihan, nama program, nama kegiatan, kegiatan, course "
        "name, course full name, jenis pelatihan, jenis diklat",
        "cohort": "angkatan, cohort, kelompok, batch, gelombang, kelas",
        INVITED: "tanggal undangan, diundang, invited, undangan, tanggal diundang",
        ENROLLED: "tanggal mulai, mulai, terdaftar, tanggal daftar, tanggal pendaftaran, enrolled, "
        "registered, tanggalkursus, tgl mulai, tanggal awal, start date",
        ATTENDED: "hadir, tanggal hadir, kehadiran, attended, tgl hadir",
        COMPLETED: "tanggal selesai, selesai, tanggal lulus, tanggal kelulusan, completed, "
        "timecompleted, time completed, tanggalselesaikursus, course complete date, course "
        "complete, tgl selesai, tgl lulus, tanggal akhir, completion date, end date, kursus "
        "selesai",
        CERTIFIED: "tanggal sertifikat, tanggal sttpl, tanggal sttpp, tanggal sertipikat, tgl "
        "sertifikat, certificate date",
        "date": "tanggal, tanggal pelaksanaan, waktu pelaksanaan, date, tgl, waktu, pelaksanaan, "
        "tgl pelaksanaan, tanggal kegiatan",
        "jp": "jp, jam pelajaran, jumlah jp, jml jp, jumlah jam pelajaran, jumlah jam, jumlahjam, "
        "hours, lama jp",
        "certificate": "nomor sertifikat, no sertifikat, nosertipikat, nomor sttpl, no sttpl, "
        "nomor sttpp, no sttpp, certificate, nomor sertipikat, no sertipikat",
        "status": "status, hasil, kelulusan, predikat, keterangan, ket, status kelulusan, status "
        "peserta",
        "unit": "unit kerja, unit, unit organisasi, satuan kerja, instansi, opd, skpd",
        "title": "jabatan, nama jabatan, position, job title",
        "superior": "nip atasan, nip atasan langsung, superior",
        "phone": "telepon, no hp, nomor hp, hp, phone, telephone, no telepon, wa",
    }.items()
}

#: Headings by which the row of headings is known among titles.
KNOWN: Final = frozenset(each for every in COLUMNS.values() for each in every)

#: The headings under which the list of people knows what we know.
_FOR_PEOPLE = {
    "number": "nip",
    "name": "nama",
    "mail": "email",
    "unit": "unit kerja",
    "title": "jabatan",
    "superior": "nip_atasan",
    "phone": "telepon",
}

#: Said where a workbook has more than one list.
OTHERS = "The file has other sheets with lists, which were not read: {}. Read each by its name"

#: How many statements are written at a time.
BATCH = 500

#: Names less alike than this are told, in percent.
_ALIKE = 60

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a list is to be read.

    `columns` maps a word of `COLUMNS` to the heading that is meant, where it is not a known one.
    `kind` is what a row says that tells no more than a day; `on` that day, for rows without one.
    `programme` (an IRI) or `course` (an IRI or a title) is meant by rows that name none. `home` is
    the home page of the LMS's accounts, `account_column` by which column it names them.
    `add_people`: who is not in the register is entered there first; `erased_too`: also who was
    erased.
    """

    today: date
    columns: Mapping[str, str] = field(default_factory=dict)
    kind: str = COMPLETED
    on: date | None = None
    programme: str | None = None
    course: str | None = None
    cohort: str | None = None
    home: str | None = None
    account_column: str = "id"
    add_people: bool = False
    erased_too: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """One row that can be entered: whom it means (`person` None: an account nobody knows yet), the
    `name` it gives, and what it says. `state` is `new`, or `there` where all of it stands."""

    number: int
    agent: Tree
    person: bytes | None
    name: str
    acts: tuple[Act, ...]
    new: tuple[Act, ...]

    @property
    def state(self) -> str:
        return "new" if self.new else "there"


@dataclass(slots=True)
class Plan:
    """What a list would enter. `columns` tells which heading was taken for what; `rows` can be
    entered; `unknown` mean nobody in the register; `problems` say why rows are left out, `notes`
    what to look at. `facts` enter people in the register, `added` is how many; `erased` how many
    rows that would mean somebody who was erased."""

    file: str
    columns: Mapping[str, str]
    rows: list[Planned] = field(default_factory=list)
    unknown: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    added: int = 0
    erased: int = 0

    @property
    def new(self) -> int:
        """How many statements would be written."""
        return sum(len(row.new) for row in self.rows)

    @property
    def there(self) -> int:
        """How many statements stand already."""
        return sum(len(row.acts) - len(row.new) for row in self.rows)

    @property
    def left_out(self) -> int:
        """How many rows are left out."""
        told = {problem.path.partition(",")[0] for problem in self.problems}
        return len(told | {f"row {row.number}" for row in self.unknown})


@dataclass(frozen=True, slots=True)
class Entered:
    """What was entered: `people` in the register, `statements` in the learning store."""

    people: int
    statements: int


def read(content: bytes, name: str, only: str | None = None) -> Sheet:
    """The table in a list of participants, wherever in the file it stands."""
    return spreadsheets.read(content, name, KNOWN, only)


def plan(connection: Connection, tenant: Tenant, sheet: Sheet, reading: Reading, file: str) -> Plan:
    """Work out what a list of participants brings. Enters nothing.

    Refused: no column tells who it is, or none of what course; or a column that was chosen is
    not there. NotFound: no such programme.
    """
    columns = columns_of(sheet, reading.columns, COLUMNS)
    if not columns.keys() & {"number", "mail", reading.account_column}:
        raise Refused(_missing(sheet, "number", "mail"))
    _find_results(sheet, columns)
    done = Plan(file, columns)
    every = programmes.in_force(connection, tenant.id)
    reading = _from_title(sheet, columns, reading, every, done)
    if "course" not in columns and not (reading.programme or reading.course):
        raise Refused(_missing(sheet, "course"))
    if sheet.others:
        done.notes.append(OTHERS.format(", ".join(sheet.others)))
    return _List(connection, tenant, columns, reading, sheet, done).plan()


def _find_results(sheet: Sheet, columns: dict[str, str]) -> None:
    """Know a column of results by what is in it, whatever it is called: who gave up must not be
    taken for a graduate."""
    if "status" in columns:
        return
    for heading in sorted(set(sheet.headings) - set(columns.values()) - {""}):
        cells = [row.cells[heading] for row in sheet.rows if row.cells.get(heading)]
        if cells and 2 * sum(imported.status(each)[0] for each in cells) >= len(cells):
            columns["status"] = heading


def _from_title(
    sheet: Sheet,
    columns: Mapping[str, str],
    reading: Reading,
    every: Sequence[Programme],
    done: Plan,
) -> Reading:
    """What the title above the headings says, for lists that say it nowhere else: the programme
    (by its whole title), the cohort, and the last day of the training."""
    text = " ".join(sheet.above)
    taken: dict[str, Any] = {}
    if "course" not in columns and not (reading.programme or reading.course):
        named = [each for each in every if f" {plain(each.title)} " in f" {plain(text)} "]
        longest = max((len(each.title) for each in named), default=0)
        found = [each for each in named if len(each.title) == longest]
        if len(found) == 1:
            taken["programme"] = found[0].iri
    run = re.search(r"\b(?:angkatan|gelombang|batch)\s+([ivxlcdm]+|\d+)\b", text, re.IGNORECASE)
    if run and "cohort" not in columns and not reading.cohort:
        taken["cohort"] = run[1].upper()
    dated = columns.keys() & {*imported.VERBS, "date"}
    if reading.kind == COMPLETED and not dated and reading.on is None:
        on = imported.day_in(text)
        if on is not None:
            taken["on"] = on
    if taken:
        told = ", ".join(f"{word} {value}" for word, value in taken.items())
        done.notes.append(f"Taken from the title above the list: {told}")
    return replace(reading, **taken)


def enter(
    database: Database, tenant: Tenant, plan: Plan, *, by: str, now: datetime, home_page: str
) -> Entered:
    """Write what was planned: first the people, then the statements, in batches.

    Broken off, it is entered again from the start: what was written stays as it is. `by` names
    who enters it, `home_page` this service, for the authority of the source.
    """
    if plan.facts:
        database.write(lambda c: _add_people(c, tenant, plan, by))
    who = database.write(lambda c: principal(c, tenant, SOURCE, now=now, home_page=home_page))
    written = 0
    for defines, trees in _batches(tenant, plan):
        work = partial(_write, who=who, trees=trees, defines=defines)
        try:
            written += database.write(work)
        except intake.Clash:
            # Another entered some of these at this moment, from another file: now they stand.
            written += database.write(work)
    return Entered(plan.added, written)


def _add_people(connection: Connection, tenant: Tenant, plan: Plan, by: str) -> None:
    """Enter whom nobody knew when the list was looked at. Conflict: somebody does now."""
    digests = {
        names.identifier(tenant.id, fact.body["kind"], fact.body["text"])
        for fact in plan.facts
        if fact.kind == IDENTIFIER
    }
    if register.holders(connection, tenant.id, digests):
        raise Conflict(
            "The register has learned of people of this list since it was looked at.",
            "Look at the list again; nothing was entered.",
        )
    register.append(connection, tenant.id, plan.facts, f"{by}: {plan.file}")


def principal(
    connection: Connection, tenant: Tenant, source: str, *, now: datetime, home_page: str
) -> Principal:
    """Who writes for us under a source of this name, which is made when it is first needed."""
    try:
        there = accounts.source(connection, tenant, source)
    except NotFound:
        authority = accounts.default_authority(home_page, source)
        there = accounts.create_source(connection, tenant, source, authority, now)
    return Principal.of(tenant, there)


def _batches(tenant: Tenant, plan: Plan) -> Iterator[tuple[bool, list[Tree]]]:
    """The statements to be written, each once, and whether they define what a course is: only
    of one that has its IRI from us."""
    every: dict[str, tuple[bool, Tree]] = {}
    for row in plan.rows:
        for act in row.new:
            made = imported.statement(tenant.id, row.agent, act, file=plan.file, row=row.number)
            ours = act.course.startswith(names.VOCABULARY)
            every.setdefault(made["id"], (ours, made))
    for ours in (True, False):
        trees = [tree for defines, tree in every.values() if defines is ours]
        for first in range(0, len(trees), BATCH):
            yield ours, trees[first : first + BATCH]


def _write(connection: Connection, who: Principal, trees: Sequence[Tree], defines: bool) -> int:
    """Write what does not stand already; of equal ids what stands is left as it is."""
    ids = {uuid.UUID(tree["id"]).bytes: tree for tree in trees}
    there = statements.bodies(connection, who.learning.id, sorted(ids))
    fresh = [tree for id_, tree in ids.items() if id_ not in there]
    if not fresh:
        return 0
    body = json.dumps(fresh, ensure_ascii=False).encode()
    batch = intake.examine(body, [], version=V1, principal=who, place=who.learning, defines=defines)
    return len(intake.store(connection, batch).ids)


def _missing(sheet: Sheet, *words: str) -> Problem:
    known = " or ".join(f"{word} ({', '.join(COLUMNS[word][:5])}, …)" for word in words)
    there = ", ".join(each.strip(".") for each in sheet.headings if each) or "none"
    if not sheet.above:
        return Problem("", f"The list has no column for {known}. Its columns: {there}.")
    above = " / ".join(sheet.above)[:300]
    return Problem(
        "",
        f"The list has no column for {known}. Its columns: {there}. Above them stands: {above}.",
    )


# Rows ---------------------------------------------------------------------------------------


class _List:
    """One list on its way into the learning store."""

    def __init__(
        self,
        connection: Connection,
        tenant: Tenant,
        columns: Mapping[str, str],
        reading: Reading,
        sheet: Sheet,
        plan: Plan,
    ) -> None:
        self.connection, self.tenant = connection, tenant
        self.columns, self.reading, self.sheet = columns, reading, sheet
        self.done = plan
        self.finder = Finder(connection, tenant, columns, reading.home, reading.account_column)
        self.courses = Courses(tenant.id, programmes.in_force(connection, tenant.id))
        self.default = (
            self.courses.programme(reading.programme) if reading.programme is not None else None
        )
        self.odd: set[str] = set()
        self.graded = False

    def plan(self) -> Plan:
        wanted = set(self.columns.values())
        rows = [row for row in self.sheet.rows if self._readable(row, wanted)]
        self.finder.look_up(rows)
        # Where others have a result, having none is not a completion.
        self.graded = any(imported.status(self.finder.cell(row, "status"))[0] for row in rows)
        if self.reading.add_people:
            self._add_people(rows)
        found: list[Planned] = []
        for row in rows:
            try:
                who = self.finder.who(row)
                if who is None:
                    self.done.unknown.append(row)
                    continue
                acts = self._acts(row)
            except Bad as bad:
                self._refuse(row, bad)
                continue
            self._compare_names(row, who)
            if acts:
                name = self.finder.name(row)
                found.append(Planned(row.number, who.agent, who.person, name, acts, acts))
        self.done.rows = self._not_there(found)
        for title in sorted(self.courses.without):
            self.done.notes.append(
                f"The programme {title} has no course yet; add {self.courses.without[title]} to its"
                " courses, so that these completions count for it."
            )
        if self.odd:
            told = ", ".join(sorted(self.odd)[:_SHOWN])
            self.done.notes.append(f"What says nothing of a result was passed over: {told}.")
        return self.done

    def _readable(self, row: Row, wanted: set[str]) -> bool:
        """Whether the row has what can be read; footers and rows of numbers of columns are none."""
        told = [each for each in row.problems if each.path.partition(", ")[2] in wanted]
        self.done.problems += told
        cells = [self.finder.cell(row, word) for word in ("number", "mail", "name")]
        named = any(cells) or self.finder.cell(row, self.reading.account_column)
        # "1 2 3 4" under the headings, and signatures below the list, where only names stand.
        full = [each for each in row.cells.values() if each]
        counted = len(full) > 2 and all(each.isdigit() and len(each) < 3 for each in full)
        alone = len(full) == 1 and not re.search(r"\d|@", full[0])
        return not told and bool(named) and not counted and not alone

    def _refuse(self, row: Row, bad: Bad) -> None:
        heading = self.columns.get(bad.word, bad.word)
        self.done.problems.append(Problem(f"row {row.number}, {heading}", bad.message))

    def _note(self, row: Row, text: str) -> None:
        self.done.notes.append(f"row {row.number}: {text}")

    # Who -------------------------------------------------------------------------------------

    def _add_people(self, rows: Sequence[Row]) -> None:
        """Plan to enter those in the register whom nobody knows."""
        seen: set[tuple[str, str]] = set()
        unknown: list[Row] = []
        for row in rows:
            try:
                who = self.finder.who(row)
            except Bad:
                continue
            told = set(self.finder.identifiers(row))
            if (who is None or who.person is None) and not told & seen:
                seen |= told
                cells = {
                    heading: self.finder.cell(row, word) for word, heading in _FOR_PEOPLE.items()
                }
                account = next((text for kind, text in told if kind == "account"), "\n")
                cells["homepage"], cells["akun"] = account.split("\n", 1)
                cells["nip"] = self.finder.digits(row, "number")
                cells["nama"] = self.finder.name(row)
                unknown.append(Row(row.number, cells))
        if not unknown:
            return
        sheet = Sheet((*_FOR_PEOPLE.values(), "homepage", "akun"), tuple(unknown))
        reading = people.Reading(today=self.reading.today, erased_too=self.reading.erased_too)
        outcome = people.import_people(self.connection, self.tenant.id, sheet, reading)
        self.finder.learn(outcome.facts)
        self.done.facts, self.done.added = outcome.facts, outcome.new
        self.done.erased = outcome.erased
        self.done.problems += outcome.problems
        self.done.notes += outcome.notes

    def _compare_names(self, row: Row, who: Who) -> None:
        """Tell where the register calls a person quite otherwise: a slip in the number, perhaps."""
        known = self.finder.people.get(who.person, Person()).name if who.person else ""
        told = self.finder.name(row)
        alike = fuzz.token_set_ratio(imported.bare_name(told), imported.bare_name(known))
        if known and told and alike < _ALIKE:
            self._note(row, f"the list says {told}, the register {known}; look whether it is they")

    # What ------------------------------------------------------------------------------------

    def _acts(self, row: Row) -> tuple[Act, ...]:
        """What a row says, in the order in which it happened. Raises `Bad`."""
        course, title, cohort, group = self._course(row)
        when = self._span(row, "date")
        jp = self._jp(row)
        marks = {kind: self._told(row, kind) for kind in imported.VERBS}
        known, said = imported.status(self.finder.cell(row, "status"))
        if self.finder.cell(row, "status") and not known:
            self.odd.add(self.finder.cell(row, "status")[:40])
        days = {kind: told for kind, told in marks.items() if isinstance(told, date)}
        for kind, told in marks.items():
            if told is True:
                days[kind] = self._day_of(row, kind, when, cohort)
        if known and said is None:
            days.pop(COMPLETED, None)
            if not days:
                self._note(row, f"'{self.finder.cell(row, 'status')}' enters nothing")
                return ()
        elif said is not None and said not in days:
            if said != COMPLETED:
                days.pop(COMPLETED, None)
            days[said] = self._day_of(row, said, when, cohort)
        elif not (self.reading.kind in self.columns or self.graded) and (when or not days):
            days[self.reading.kind] = self._day_of(row, self.reading.kind, when, cohort)
        if not days:
            self._note(row, "it tells of nothing that took place")
        certificate = self.finder.cell(row, "certificate")[:200] or None
        if CERTIFIED in days and not (known and said is None):
            days.setdefault(COMPLETED, days[CERTIFIED])
        elif certificate and COMPLETED in days:
            days[CERTIFIED] = days[COMPLETED]
        if COMPLETED in days and days.get(ENROLLED, days[COMPLETED]) > days[COMPLETED]:
            self._note(row, "the day of enrolment lies after the completion")
        return tuple(
            Act(
                kind=kind,
                course=course,
                on=self._lawful(kind, days[kind]),
                title=title,
                group=group,
                jp=jp,
                certificate=certificate if kind in (COMPLETED, CERTIFIED) else None,
            )
            for kind in imported.VERBS
            if kind in days
        )

    def _told(self, row: Row, kind: str) -> date | bool | None:
        """What the column of this kind says: a day, a mark, or nothing."""
        text = self.finder.cell(row, kind)
        if not text:
            return None
        marked = imported.mark(text)
        if marked is not None:
            return marked
        share = re.fullmatch(r"(\d{1,3}(?:[.,]\d+)?)\s*%?(?:\s*hari)?", text)
        if kind == ATTENDED and share is not None:
            return float(share[1].replace(",", ".")) > 0
        first, last = self._span(row, kind) or (None, None)
        return first if kind in (INVITED, ENROLLED) else last

    def _span(self, row: Row, word: str) -> tuple[date, date] | None:
        text = self.finder.cell(row, word)
        if not text:
            return None
        try:
            return imported.span(text)
        except ValueError as error:
            raise Bad(word, str(error)) from None

    def _day_of(
        self, row: Row, kind: str, when: tuple[date, date] | None, cohort: Cohort | None
    ) -> date:
        """The day of what only has a mark: the row's own, else the list's, else the cohort's."""
        early = kind in (INVITED, ENROLLED)
        if when is not None:
            return when[0] if early else when[1]
        if self.reading.on is not None:
            return self.reading.on
        if cohort is not None and kind != INVITED:
            official = cohort.starts if early else cohort.ends
            if official is not None:
                return official
        raise Bad(
            "date",
            f"The row does not say on which day somebody {_SAID[kind]}; give a column with the"
            " day, or one day for all.",
        )

    def _lawful(self, kind: str, on: date) -> date:
        if on < imported.EARLIEST:
            raise Bad(kind, f"{on.isoformat()} lies before {imported.EARLIEST.isoformat()}.")
        latest = self.reading.today + timedelta(days=366 if kind in (INVITED, ENROLLED) else 1)
        if on > latest:
            raise Bad(kind, f"{on.isoformat()} lies in the future.")
        return on

    def _jp(self, row: Row) -> float | None:
        text = self.finder.cell(row, "jp")
        if not text:
            return None
        told = text.casefold().replace("jam pelajaran", "").replace("jp", "").replace("jam", "")
        try:
            jp = float(told.strip().replace(",", "."))
        except ValueError:
            raise Bad("jp", f"'{text[:40]}' is no number of hours.") from None
        if not 0 < jp <= 2000:
            raise Bad("jp", f"{text[:40]} hours cannot be right.")
        return jp

    def _course(self, row: Row) -> tuple[str, str | None, Cohort | None, str | None]:
        """The IRI of the course, its title, its cohort, and what the list calls that."""
        text = self.finder.cell(row, "course")
        run = self.finder.cell(row, "cohort") or self.reading.cohort or ""
        programme = self.default if self.default is not None else self.courses.called(text)
        if programme is None:
            text = text or self.reading.course or ""
            programme = self.courses.called(text)
        if programme is not None:
            iri = text if lexical.is_iri(text) and text != programme.iri else None
            return self.courses.course(programme, run, iri)
        if not text:
            raise Bad("course", "No course is named.")
        if lexical.is_iri(text) and "://" in text:
            return text, None, None, run or None
        return imported.course_iri(self.tenant.id, text), text, None, run or None

    # What stands -----------------------------------------------------------------------------

    def _not_there(self, rows: Sequence[Planned]) -> list[Planned]:
        """Tell what is new from what stands, and from what an earlier row of the list says."""
        persons = {row.person for row in rows if row.person is not None}
        known = register.people(self.connection, self.tenant.id, persons)
        keys: dict[bytes, list[str]] = {}
        for person in persons:
            everybody = self.finder.alike(person)
            keys[person] = [imported.who(imported.person_agent(each)) for each in everybody]
            keys[person] += [
                each.text.replace("\n", " ")
                for each in known.get(person, Person()).identifiers
                if each.kind in ("account", "mbox")
            ]
        ids: dict[tuple[int, Act], set[str]] = {}
        for n, row in enumerate(rows):
            theirs = keys[row.person] if row.person else [imported.who(row.agent)]
            for act in row.acts:
                ids[n, act] = {imported.statement_id(self.tenant.id, key, act) for key in theirs}
        wanted = sorted({uuid.UUID(each).bytes for every in ids.values() for each in every})
        stand = statements.bodies(self.connection, self.tenant.learning.id, wanted)
        seen: dict[str, int] = {}
        found = []
        for n, row in enumerate(rows):
            new = []
            for act in row.acts:
                own = imported.statement_id(self.tenant.id, imported.who(row.agent), act)
                there = [each for each in ids[n, act] if uuid.UUID(each).bytes in stand]
                if own in seen:
                    self.done.notes.append(
                        f"row {row.number} says again what row {seen[own]} says ({act.kind},"
                        f" {act.on.isoformat()})."
                    )
                    continue
                seen[own] = row.number
                if there:
                    self._differs(row, act, stand[uuid.UUID(there[0]).bytes][1])
                else:
                    new.append(act)
            found.append(replace(row, new=tuple(new)))
        return found

    def _differs(self, row: Planned, act: Act, body: bytes) -> None:
        """Tell where what stands has other hours or another certificate: it is left as it is."""
        tree = json.loads(body)
        there: Mapping[str, Any] = (tree.get("context") or {}).get("extensions") or {}
        for word, iri, told in (
            ("hours", imported.JP, act.jp),
            ("certificate", imported.CERTIFICATE, act.certificate),
        ):
            if told is not None and iri in there and there[iri] != told:
                self.done.notes.append(
                    f"row {row.number}: the {word} entered before ({there[iri]}) stay; to change"
                    f" them, void the statement {tree['id']} and send another."
                )


_SAID: Final = {
    INVITED: "was invited",
    ENROLLED: "enrolled",
    ATTENDED: "attended",
    COMPLETED: "completed it",
    CERTIFIED: "got the certificate",
}


class Courses:
    """Which course of an LMS a list means by a title, a programme, a cohort."""

    def __init__(self, tenant_id: int, every: Sequence[Programme]) -> None:
        self.tenant_id = tenant_id
        self.by_iri = {each.iri: each for each in every}
        self.by_title: dict[str, list[Programme]] = {}
        self.by_course: dict[str, Programme] = {}
        #: Programmes without a course, by title, and the IRI that was minted for one.
        self.without: dict[str, str] = {}
        for each in every:
            self.by_title.setdefault(plain(each.title), []).append(each)
            self.by_course.update(dict.fromkeys(each.courses, each))
            for cohort in each.cohorts:
                self.by_course.update(dict.fromkeys(cohort.courses, each))

    def programme(self, iri: str) -> Programme:
        """Raises NotFound."""
        if iri not in self.by_iri:
            raise NotFound(f"a programme {iri}")
        return self.by_iri[iri]

    def called(self, text: str) -> Programme | None:
        """The one programme of that IRI, course, or title."""
        found = self.by_iri.get(text) or self.by_course.get(text)
        titled = self.by_title.get(plain(text), []) if text else []
        return found or (titled[0] if len(titled) == 1 else None)

    def course(
        self, programme: Programme, run: str, iri: str | None
    ) -> tuple[str, str | None, Cohort | None, str | None]:
        """The course meant by a run of a programme, its title, the cohort, and its group."""
        cohort = cohort_called(programme, run)
        group = run or None
        if cohort is not None and plain(run) not in {plain(each) for each in cohort.groups}:
            group = min(cohort.groups, default=cohort.name)
        if iri is None:
            own = cohort.courses if cohort is not None and cohort.courses else programme.courses
            iri = min(own, default=None)
        if iri is None:
            iri = imported.course_iri(self.tenant_id, programme.title)
            self.without[programme.title] = iri
        return iri, programme.title, cohort, group


def cohort_called(programme: Programme, run: str) -> Cohort | None:
    """The one cohort of that name or group: `XII` and `Angkatan XII` are one."""
    wanted = _run(run)
    found = [
        each
        for each in programme.cohorts
        if wanted and wanted in {_run(told) for told in (each.name, *each.groups)}
    ]
    return found[0] if len(found) == 1 else None


def _run(text: str) -> str:
    return plain(text).removeprefix("angkatan ").removeprefix("batch ").removeprefix("gelombang ")
