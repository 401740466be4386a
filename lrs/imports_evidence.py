"""Evidence of work from spreadsheets: much of it lives there.

`plan` reads a list and tells, row by row, what it would hand in and what is wrong; `enter` hands
it in through `lrs/casework.py`. The same list again changes nothing: a row that says the same of
the same person is the same piece of evidence, wherever it stands. Whom the register does not know
has no evidence here: people first, then what they did.
"""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from lrs import casework, programmes, spreadsheets
from lrs.casework import Upload
from lrs.errors import Problem, Refused
from lrs.imports import OTHERS, Courses
from lrs.practice import files, imported, records
from lrs.practice.cases import days
from lrs.practice.programmes import Programme
from lrs.practice.records import Evidence
from lrs.spreadsheets import Row, Sheet, plain
from lrs.store import statements
from lrs.store.accounts import Tenant
from lrs.store.engine import Database
from lrs.whom import Bad, Finder, columns_of
from lrs.xapi import lexical

#: What a column may hold, and the headings under which it is known (`spreadsheets.plain`).
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    word: tuple(known.split(", "))
    for word, known in {
        "number": "nip, nip baru, ni pppk, nip ni pppk, nomor induk, idnumber, nip alumni, n i p, "
        "nama nip, nip nama",
        "mail": "email, surel, e mail, alamat email, email address",
        "name": "nama, nama lengkap, nama pegawai, nama alumni, name",
        "performed": "tanggal, tanggal kegiatan, tanggal pelaksanaan, dilakukan pada, waktu, date, "
        "performed on, tgl, tanggal penerapan",
        "of": "jenis bukti, jenis, kind, type, bentuk bukti",
        "behaviour": "perilaku, perilaku kerja, behaviour, kompetensi, indikator perilaku",
        "programme": "pelatihan, program, nama pelatihan, diklat, programme, course",
        "title": "judul, kegiatan, nama kegiatan, title, uraian singkat, bukti, nama bukti, bukti "
        "dukung",
        "text": "uraian, deskripsi, keterangan, hasil, text, description, catatan, penjelasan",
        "link": "tautan, link, url, alamat web, link bukti",
        "file": "berkas, nama berkas, file, nama file, lampiran",
        "by": "nip penilai, nip pengamat, nip atasan, nip mentor, penilai, oleh, dinyatakan oleh, "
        "nip pemberi keterangan",
        "role": "sebagai, peran, role, peran penilai",
        "rating": "nilai, skor, rating, score",
    }.items()
}
KNOWN: Final = frozenset(each for every in COLUMNS.values() for each in every)

#: Words for kinds of evidence.
KINDS: Final[Mapping[str, str]] = {
    word: of
    for of, words in {
        "artefact": "artefact, artefak, dokumen, produk, foto, video, sop, surat, berkas",
        "observation": "observation, observasi, pengamatan",
        "rating": "rating, penilaian",
        "reflection": "reflection, refleksi, catatan diri",
        "check_in": "check in, bimbingan, coaching, mentoring, konsultasi",
        "metric": "metric, capaian, indikator, metrik, data layanan",
        "project": "project, proyek, aktualisasi, aksi perubahan, proyek perubahan",
        "plan": "plan, rencana, rancangan, rencana aksi, rtl, rencana tindak lanjut",
    }.items()
    for word in words.split(", ")
}

#: Words for what somebody is towards the learner.
ROLES: Final[Mapping[str, str]] = {
    word: role
    for role, words in {
        "self": "self, sendiri, alumni, peserta, yang bersangkutan, ybs",
        "superior": "superior, atasan, atasan langsung, mentor, pimpinan",
        "peer": "peer, rekan, rekan sejawat, rekan kerja, teman sejawat",
        "subordinate": "subordinate, bawahan, staf",
        "evaluator": "evaluator, tim evaluator",
        "coach": "coach, widyaiswara, fasilitator",
        "examiner": "examiner, penguji",
        "admin": "admin, admin diklat, penyelenggara",
    }.items()
    for word in words.split(", ")
}

#: How many rows are handed in at a time.
BATCH = 50

#: Gives the content of a file that a row names, None where there is none of that name.
Opener = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a list is to be read. `by` is who hands it in (`user:…` or a person's id), named where a
    row does not say who says so; `kind` and `programme` (an IRI) where a row does not say; `scale`
    the highest rating. `limit` and `allowed` bound the files, as `files.check` has them."""

    today: date
    by: str
    columns: Mapping[str, str] = field(default_factory=dict)
    kind: str = "artefact"
    programme: str | None = None
    scale: float = 4
    limit: int = files.LIMIT
    allowed: frozenset[str] = frozenset(files.TYPES)


@dataclass(frozen=True, slots=True)
class Planned:
    """One row that can be handed in. `state` is `new`, or `there` where it stands already."""

    number: int
    name: str
    evidence: Evidence
    uploads: tuple[Upload, ...]
    submission: str
    there: bool

    @property
    def state(self) -> str:
        return "there" if self.there else "new"


@dataclass(slots=True)
class Plan:
    """What a list would hand in; as `imports.Plan`."""

    file: str
    columns: Mapping[str, str]
    rows: list[Planned] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def new(self) -> int:
        return sum(not row.there for row in self.rows)

    @property
    def there(self) -> int:
        return sum(row.there for row in self.rows)

    @property
    def left_out(self) -> int:
        return len({problem.path.partition(",")[0] for problem in self.problems})


def read(content: bytes, name: str, only: str | None = None) -> Sheet:
    """The table in a list of evidence, wherever in the file it stands."""
    return spreadsheets.read(content, name, KNOWN, only)


def plan(
    connection: Connection,
    tenant: Tenant,
    sheet: Sheet,
    reading: Reading,
    file: str,
    opener: Opener = lambda name: None,
) -> Plan:
    """Work out what a list of evidence brings. Hands in nothing.

    Refused: no column tells who it is, or none on what day. NotFound: no such programme.
    """
    columns = columns_of(sheet, reading.columns, COLUMNS)
    there = ", ".join(each.strip(".") for each in sheet.headings if each)
    for words in (("number", "mail"), ("performed",), ("title", "text")):
        if not columns.keys() & set(words):
            known = " or ".join(f"{word} ({', '.join(COLUMNS[word][:4])}, …)" for word in words)
            raise Refused(Problem("", f"The list has no column for {known}. Its columns: {there}."))
    done = Plan(file, columns)
    if sheet.others:
        done.notes.append(OTHERS.format(", ".join(sheet.others)))
    return _List(connection, tenant, columns, reading, done, opener).plan(sheet)


def enter(database: Database, tenant: Tenant, plan: Plan, *, now: datetime) -> int:
    """Hand in what was planned, in batches; answers how many were new."""
    new = [row for row in plan.rows if not row.there]

    def hand_in(connection: Connection, rows: Sequence[Planned]) -> None:
        for row in rows:
            casework.hand_in(
                connection,
                tenant,
                row.evidence,
                now=now,
                files=row.uploads,
                submission=row.submission,
            )

    for first in range(0, len(new), BATCH):
        batch = new[first : first + BATCH]
        database.write(partial(hand_in, rows=batch))
    return len(new)


class _List:
    """One list on its way into the practice store."""

    def __init__(
        self,
        connection: Connection,
        tenant: Tenant,
        columns: Mapping[str, str],
        reading: Reading,
        done: Plan,
        opener: Opener,
    ) -> None:
        self.connection, self.tenant = connection, tenant
        self.columns, self.reading, self.done, self.opener = columns, reading, done, opener
        self.finder = Finder(connection, tenant, columns)
        every = programmes.in_force(connection, tenant.id)
        self.courses = Courses(tenant.id, every)
        self.every = every
        self.default = (
            self.courses.programme(reading.programme) if reading.programme is not None else None
        )

    def plan(self, sheet: Sheet) -> Plan:
        wanted = set(self.columns.values())
        rows = []
        for row in sheet.rows:
            told = [each for each in row.problems if each.path.partition(", ")[2] in wanted]
            self.done.problems += told
            if not told and any(
                self.finder.cell(row, word) for word in ("number", "mail", "title", "text")
            ):
                rows.append(row)
        self.finder.look_up(rows, ("number", "by"))
        seen: dict[str, int] = {}
        for row in rows:
            try:
                planned = self._row(row)
            except Bad as bad:
                heading = self.columns.get(bad.word, bad.word)
                self.done.problems.append(Problem(f"row {row.number}, {heading}", bad.message))
                continue
            if planned.submission in seen:
                self.done.notes.append(
                    f"row {row.number} says again what row {seen[planned.submission]} says."
                )
                continue
            seen[planned.submission] = row.number
            self.done.rows.append(planned)
        return self.done

    def _row(self, row: Row) -> Planned:
        cell = self.finder.cell
        who = self.finder.who(row)
        if who is None or who.person is None:
            raise Bad("number", "Nobody in the register has this; enter the people first.")
        performed_on = self._day(row)
        of = self._word(row, "of", KINDS, self.reading.kind)
        if performed_on > self.reading.today and of != records.PLAN:
            raise Bad("performed", f"{performed_on.isoformat()} lies in the future.")
        by, role = self._by(row, who.person, performed_on)
        programme = self._programme(row)
        behaviours = self._behaviours(row, programme)
        text = "\n".join(each for each in (cell(row, "text"), self._link(row)) if each)
        title = cell(row, "title") or cell(row, "text").partition("\n")[0][:120]
        if not title:
            raise Bad("title", "The row does not say what was done.")
        uploads = self._uploads(row)
        evidence = Evidence(
            person=str(uuid.UUID(bytes=who.person)),
            of=of,
            by=by,
            role=role,
            performed_on=performed_on,
            title=title[:500],
            text=text[:20_000],
            programme=programme.iri if programme else None,
            behaviours=behaviours,
            rating=self._rating(row),
            keyed_by=self.reading.by if by != self.reading.by else None,
        )
        ids = [self._submission(each, evidence, uploads) for each in self.finder.alike(who.person)]
        stand = {each: uuid.UUID(casework.evidence_id(self.tenant, each)).bytes for each in ids}
        there = statements.bodies(self.connection, self.tenant.practice.id, sorted(stand.values()))
        return Planned(row.number, self.finder.name(row), evidence, uploads, ids[0], bool(there))

    def _submission(self, person: bytes, evidence: Evidence, uploads: Sequence[Upload]) -> str:
        """What names a piece of evidence: whose, when, what, as who says; not who typed it in."""
        said = "" if evidence.by == self.reading.by else evidence.by
        told = (evidence.of, evidence.performed_on, evidence.title, evidence.text, said)
        hashes = sorted(sha256(each.content).hexdigest() for each in uploads)
        rest = (*evidence.behaviours, evidence.rating, *hashes)
        return imported.identity("evidence", self.tenant.id, person.hex(), *told, *rest)

    # Cells -----------------------------------------------------------------------------------

    def _day(self, row: Row) -> date:
        try:
            return imported.day(self.finder.cell(row, "performed"))
        except ValueError as error:
            raise Bad("performed", str(error)) from None

    def _word(self, row: Row, word: str, known: Mapping[str, str], default: str) -> str:
        text = plain(self.finder.cell(row, word))
        if text and text not in known:
            few = ", ".join(list(known)[::2])
            raise Bad(word, f"'{text[:40]}' is not known here; write one of {few}.")
        return known.get(text, default)

    def _by(self, row: Row, person: bytes, on: date) -> tuple[str, str]:
        """Who says so, and what they are to the person."""
        role = self._word(row, "role", ROLES, "")
        text = self.finder.cell(row, "by")
        if not text or ROLES.get(plain(text)) == records.SELF:
            if role == records.SELF or text:
                return str(uuid.UUID(bytes=person)), records.SELF
            return self.reading.by, role or "admin"
        who = self.finder.who(row, "by")
        if who is None or who.person is None:
            raise Bad("by", "Nobody in the register has this number.")
        post = self.finder.people[person].post(days(on)) if person in self.finder.people else None
        if who.person == person:
            role = records.SELF
        elif not role and post is not None and post.superior == who.person:
            role = records.SUPERIOR
        if not role or (role == records.SELF) != (who.person == person):
            raise Bad("role", "Say what they are to the person: atasan, rekan, coach, …")
        return str(uuid.UUID(bytes=who.person)), role

    def _programme(self, row: Row) -> Programme | None:
        text = self.finder.cell(row, "programme")
        if not text:
            return self.default
        found = self.courses.called(text)
        if found is None:
            raise Bad("programme", f"No programme is called {text[:80]}.")
        return found

    def _behaviours(self, row: Row, programme: Programme | None) -> tuple[str, ...]:
        """The behaviours that a cell names, by IRI or in the words of the programme."""
        found: list[str] = []
        for text in re.split(r"[;\n]", self.finder.cell(row, "behaviour")):
            if not text.strip():
                continue
            among = [programme] if programme else self.every
            meant = {
                each.iri
                for one in among
                for each in one.behaviours
                if text.strip() == each.iri or plain(text) == plain(each.text)
            }
            said = text.strip()[:80]
            if not meant:
                raise Bad("behaviour", f"No behaviour of a programme is '{said}'.")
            if len(meant) > 1:
                raise Bad("behaviour", f"More than one behaviour of a programme is '{said}'.")
            found += meant
        return tuple(dict.fromkeys(found))

    def _rating(self, row: Row) -> float | None:
        text = self.finder.cell(row, "rating").replace(",", ".")
        if not text:
            return None
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:(%)|/\s*(\d+(?:\.\d+)?))?", text)
        if match is None:
            raise Bad("rating", f"'{text[:40]}' is no rating; write 3, 3/4 or 75%.")
        most = 100 if match[2] else float(match[3] or self.reading.scale)
        if most == 0 or float(match[1]) > most:
            raise Bad("rating", f"{text[:40]} is more than the scale has ({most:g}).")
        return round(float(match[1]) / most, 4)

    def _link(self, row: Row) -> str:
        link = self.finder.cell(row, "link")
        if link and not (link.startswith(("https://", "http://")) and lexical.is_iri(link)):
            raise Bad("link", "This is no web address; it begins with https://.")
        return link

    def _uploads(self, row: Row) -> tuple[Upload, ...]:
        found = []
        for name in re.split(r"[;\n]", self.finder.cell(row, "file")):
            if not name.strip():
                continue
            content = self.opener(name.strip())
            if content is None:
                raise Bad("file", f"There is no file {name.strip()[:80]} beside the list.")
            wrong = files.check(
                name.strip(),
                "",
                content,
                limit=self.reading.limit,
                allowed=self.reading.allowed,
            )
            if wrong is not None:
                raise Bad("file", f"{wrong.path}: {wrong.message}")
            kind = files.kind(content, name.strip()) or "application/octet-stream"
            for flag in files.flags(content):
                self.done.notes.append(f"row {row.number}: {name.strip()}: {_FLAGS[flag]}.")
            found.append(Upload(files.clean_name(name.strip()), kind, content))
        return tuple(found)


_FLAGS: Final = {
    "encrypted": "it asks for a password",
    "scripts": "it holds scripts",
    "attached": "it holds other files",
}
