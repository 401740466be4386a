"""What a *laporan aktualisasi* or *aksi perubahan* says of itself: whose, what, with whom, when.

Read from the text of its pages, as people lay them out: fields with a colon on the title page, and
a *lembar pengesahan* on which mentor and coach sign, one below the other or side by side. Nothing
is taken on trust: each finding names its page, the line it was read from, and how sure that is,
for a human to accept or to mend.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from lrs.practice import imported
from lrs.practice.people import number as checked_number

#: What is looked for.
KIND: Final = "kind"
TITLE: Final = "title"
NAME: Final = "name"
NUMBER: Final = "number"
UNIT: Final = "unit"
POSITION: Final = "position"
COHORT: Final = "cohort"
PROGRAMME: Final = "programme"
MENTOR: Final = "mentor"
MENTOR_NUMBER: Final = "mentor_number"
COACH: Final = "coach"
COACH_NUMBER: Final = "coach_number"
EXAMINER: Final = "examiner"
EXAMINER_NUMBER: Final = "examiner_number"
APPROVED: Final = "approved"
BEGUN: Final = "begun"
ENDED: Final = "ended"

AKTUALISASI: Final = "laporan aktualisasi"
AKSI: Final = "aksi perubahan"
PROYEK: Final = "proyek perubahan"
RANCANGAN: Final = "rancangan aktualisasi"

#: Pages on which it says whose it is: the title and what follows.
_FRONT = 6

#: So many lines of a page are looked at, so many signs of each: no person wrote more.
_LINES, _SIGNS = 300, 400

#: What stands no further to the side belongs to the same column, in signs.
_ASIDE = 12


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing read: `page` counts from 1, `confidence` is 0 to 1, `line` is where it stood."""

    what: str
    value: str
    page: int
    confidence: float
    line: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a report says, for a human to accept. `pages` is how many it has, `written` how many
    of them hold text: none, and it is a scan. `approval` is the page of the *lembar pengesahan*."""

    findings: tuple[Finding, ...]
    pages: int
    written: int
    approval: int | None

    @property
    def scanned(self) -> bool:
        """Whether there is nothing to be read in it."""
        return self.written == 0

    def best(self, what: str) -> Finding | None:
        """The surest finding of a kind."""
        found = [each for each in self.findings if each.what == what]
        return max(found, key=lambda each: (each.confidence, -each.page), default=None)

    def value(self, what: str) -> str:
        """The surest value of a kind, empty for none."""
        found = self.best(what)
        return found.value if found else ""

    def day(self, what: str) -> date | None:
        """The surest day of a kind."""
        text = self.value(what)
        return date.fromisoformat(text) if text else None


_FIELDS: Final = {
    NAME: "nama|nama peserta|nama lengkap|nama penulis|peserta",
    NUMBER: "nip|ni pppk|nip/ni pppk|nip/nippppk",
    UNIT: "unit kerja|unit organisasi|satuan kerja|instansi|asal instansi|perangkat daerah|opd"
    "|skpd",
    POSITION: "jabatan|jabatan fungsional|jabatan peserta",
    TITLE: "judul|judul aktualisasi|judul laporan|judul aksi perubahan|judul proyek perubahan"
    "|judul rancangan aktualisasi|judul rancangan",
    COHORT: "angkatan|kelompok/angkatan",
    MENTOR: "mentor|nama mentor|atasan langsung|mentor/atasan langsung",
    COACH: "coach|nama coach",
    EXAMINER: "penguji|nama penguji|narasumber",
    MENTOR_NUMBER: "nip mentor",
    COACH_NUMBER: "nip coach",
}
_FIELD = re.compile(
    r"^\s*(?:\d+[.)]\s*)?(?:"
    + "|".join(f"(?P<{what}>{words})" for what, words in _FIELDS.items())
    + r")\s*[:=]\s*(?P<value>\S.*?)\s*$",
    re.IGNORECASE,
)
_ROLES: Final = (
    (MENTOR, re.compile(r"\b(?:mentor|atasan langsung)\b", re.IGNORECASE)),
    (COACH, re.compile(r"\bcoach\b", re.IGNORECASE)),
    (EXAMINER, re.compile(r"\b(?:penguji|narasumber)\b", re.IGNORECASE)),
    (NAME, re.compile(r"\b(?:peserta|penulis|penyusun|project leader)\b", re.IGNORECASE)),
)
_NUMBER_OF = {
    MENTOR: MENTOR_NUMBER,
    COACH: COACH_NUMBER,
    EXAMINER: EXAMINER_NUMBER,
    NAME: NUMBER,
}
_DIGITS = re.compile(r"(?<!\d)\d(?:[ .]?\d){17}(?!\d)")
_APPROVAL = re.compile(r"\b(?:lembar|halaman)\s+(?:pengesahan|persetujuan)\b", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:\.\s?){5,}|daftar isi", re.IGNORECASE)
_COHORT = re.compile(
    r"\bangkatan\s+(?:ke-?\s*)?(?P<run>[ivxlcdm]+\b|\d+)(?P<year>[\s,]+tahun\s+\d{4})?",
    re.IGNORECASE,
)
_PROGRAMME = re.compile(
    r"\b(?:pelatihan dasar(?: calon pegawai negeri sipil| cpns)?"
    r"|pelatihan kepemimpinan (?:pengawas|administrator|nasional(?: tingkat (?:ii|i)\b)?)"
    r"|latsar(?: cpns)?|orientasi pppk)\b[^\n]*",
    re.IGNORECASE,
)
_KINDS: Final = (
    (RANCANGAN, re.compile(r"\brancangan\s+aktualisasi\b", re.IGNORECASE)),
    (AKTUALISASI, re.compile(r"\blaporan\s+(?:pelaksanaan\s+)?aktualisasi\b", re.IGNORECASE)),
    (PROYEK, re.compile(r"\bproyek\s+perubahan\b", re.IGNORECASE)),
    (AKSI, re.compile(r"\baksi\s+perubahan\b", re.IGNORECASE)),
)
_DAY = re.compile(
    r"\b(?P<day>\d{1,2}\s+(?:jan|feb|peb|mar|apr|mei|jun|jul|agu|sep|okt|nov|nop|des)[a-z]*\.?\s+\d{4})",
    re.IGNORECASE,
)
_PERIOD = re.compile(
    r"(?P<span>\d{1,2}(?:\s+[a-z]+)?(?:\s+\d{4})?\s*(?:s\.?\s?[./]?\s?d\.?|sampai(?:\s+dengan)?|hingga|[-–])"
    r"\s*\d{1,2}\s+[a-z]+\s+\d{4})",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"^(?:laporan|rancangan|aksi|proyek)\b.*\b(?:aktualisasi|perubahan)\b", re.IGNORECASE
)
_AFTER_TITLE = re.compile(
    r"^(?:\(?(?:disusun|di susun|oleh|nama|nip|ndh|diajukan|pelatihan|peserta|kelompok|angkatan"
    r"|logo)\b"
    r"|\d{4}$)",
    re.IGNORECASE,
)


def read(pages: Sequence[str]) -> Proposal:
    """What the text of these pages says."""
    findings: list[Finding] = []
    approval: int | None = None
    for number, text in enumerate(pages, 1):
        lines = [line.rstrip()[:_SIGNS] for line in text.splitlines() if line.strip()][:_LINES]
        signed = any(_APPROVAL.search(line) for line in lines[:12]) and not any(
            _CONTENTS.search(line) for line in lines
        )
        if signed and approval is None:
            approval = number
        if number <= _FRONT or signed:
            findings += _fields(lines, number, signed)
            findings += _around(lines, number)
        if number == 1:
            findings += _title_page(lines)
        if signed:
            findings += _signatures(lines, number)
            findings += _approved(lines, number)
    findings += _numbers(pages, findings)
    written = sum(len(text.split()) > 2 for text in pages)
    return Proposal(tuple(dict.fromkeys(findings)), len(pages), written, approval)


def _fields(lines: Sequence[str], page: int, signed: bool) -> Iterator[Finding]:
    """Fields with a colon. Below a *mentor* or *coach*, a name and a number are theirs."""
    owner = NAME
    for n, line in enumerate(lines):
        # Side by side stand signatures; a field has its line to itself.
        if len(_columns(line)) > 2:
            continue
        match = _FIELD.match(re.sub(r"\s{2,}", " ", line))
        if match is None:
            owner = next((role for role, word in _ROLES if _alone(word, line)), owner)
            continue
        what = next(each for each in _FIELDS if match.group(each))
        value = _whole(match["value"], lines[n + 1 : n + 4], what)
        if what in (MENTOR, COACH, EXAMINER):
            owner = what
        elif owner != NAME and what == NAME:
            what = owner
        elif owner != NAME and what == NUMBER:
            what = _NUMBER_OF[owner]
        elif owner != NAME and what in (UNIT, POSITION):
            continue
        if what in (NUMBER, MENTOR_NUMBER, COACH_NUMBER, EXAMINER_NUMBER):
            digits = _valid(value)
            if digits is None:
                continue
            value = digits
        elif what in (MENTOR, COACH, EXAMINER, NAME):
            yield from _number_inside(what, value, page, line)
            value = _name(value)
        if value:
            yield Finding(what, value, page, 0.9 if page <= 2 or signed else 0.7, line.strip())


def _alone(word: re.Pattern[str], line: str) -> bool:
    """Whether a line is but the heading of somebody: `Mentor,` or `Data Mentor`."""
    return len(line.split()) <= 3 and word.search(line) is not None and len(_columns(line)) == 1


def _number_inside(what: str, value: str, page: int, line: str) -> Iterator[Finding]:
    match = _DIGITS.search(value)
    digits = _valid(match[0]) if match else None
    if digits is not None:
        yield Finding(_NUMBER_OF[what], digits, page, 0.9, line.strip())


def _whole(value: str, after: Sequence[str], what: str) -> str:
    """A title may go on in the next lines, set in below its beginning."""
    if what != TITLE:
        return " ".join(value.split())
    parts = [value]
    for line in after:
        if _FIELD.match(re.sub(r"\s{2,}", " ", line)) or not line.startswith("   "):
            break
        parts.append(line.strip())
    return " ".join(" ".join(parts).split()).strip("\"'“”: ")


def _title_page(lines: Sequence[str]) -> Iterator[Finding]:
    """The kind of report, and the title: what stands between its heading and who made it."""
    bare = [" ".join(line.split()) for line in lines]
    front = " ".join(bare)
    for kind, pattern in _KINDS:
        if match := pattern.search(front):
            yield Finding(KIND, kind, 1, 0.9, match[0])
            break
    starts = [n for n, line in enumerate(bare) if _HEADING.match(line)]
    if not starts:
        return
    parts: list[str] = []
    for line in bare[starts[0] + 1 : starts[0] + 10]:
        if _AFTER_TITLE.match(line) or _FIELD.match(line):
            break
        if not _HEADING.match(line):
            parts.append(line)
    title = " ".join(parts).strip("\"'“”: ")
    if len(title) > 10:
        yield Finding(TITLE, title, 1, 0.8, parts[0])


def _around(lines: Sequence[str], page: int) -> Iterator[Finding]:
    """Cohort, programme and period, wherever they are named."""
    for line in lines:
        bare = " ".join(line.split())
        if _CONTENTS.search(bare):
            continue
        if match := _COHORT.search(bare):
            year = f" Tahun {match['year'][-4:]}" if match["year"] else ""
            run = f"Angkatan {match['run'].upper()}{year}"
            yield Finding(COHORT, run, page, 0.8 if page == 1 else 0.6, bare)
        if match := _PROGRAMME.search(bare):
            yield Finding(PROGRAMME, match[0].strip(" .,"), page, 0.7 if page == 1 else 0.5, bare)
        if match := _PERIOD.search(bare):
            try:
                first, last = imported.span(match["span"])
            except ValueError:
                continue
            if first < last:
                yield Finding(BEGUN, first.isoformat(), page, 0.6, bare)
                yield Finding(ENDED, last.isoformat(), page, 0.6, bare)


def _approved(lines: Sequence[str], page: int) -> Iterator[Finding]:
    """The day of the approval: the last day named on its page that is not part of a period."""
    days = [
        (match["day"], line)
        for line in lines
        for match in [_DAY.search(line)]
        if match and not _PERIOD.search(" ".join(line.split()))
    ]
    if days:
        try:
            told = imported.day(days[-1][0])
        except ValueError:
            return
        line = " ".join(days[-1][1].split())
        yield Finding(APPROVED, told.isoformat(), page, 0.8, line)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something stands: its line, and where on it that begins and ends."""

    row: int
    left: int
    right: int

    def away(self, other: "_Place") -> int:
        """How far another is to the side, by their beginnings or by their middles: signatures
        are set flush or centred."""
        middles = abs(self.left + self.right - other.left - other.right) // 2
        return min(abs(self.left - other.left), middles)


def _signatures(lines: Sequence[str], page: int) -> Iterator[Finding]:
    """Who signed as what: the name above a number, below the word for their part.

    Side by side, the place on the line tells whose a name is.
    """
    at: dict[str, _Place] = {}
    names: list[tuple[_Place, str]] = []
    numbered: set[str] = set()
    for n, line in enumerate(lines):
        for left, text in _columns(line):
            here = _Place(n, left, left + len(text))
            if ":" in text and not re.match(r"nip", text, re.IGNORECASE):
                continue
            role = next((role for role, word in _ROLES if word.search(text)), None)
            match = _DIGITS.search(text)
            if match is not None:
                digits, whose = _valid(match[0]), _nearest(at, here)
                if digits is not None and whose is not None:
                    numbered.add(whose)
                    yield Finding(_NUMBER_OF[whose], digits, page, 0.85, text.strip())
                    name = _above(names, here)
                    if name is not None:
                        yield Finding(whose, _name(name), page, 0.85, name)
            elif role is not None and len(text.split()) <= 6:
                at[role] = here
            elif _looks_like_name(text):
                names.append((here, text.strip()))
    for role in sorted(at.keys() - numbered - {NAME}):
        place = at[role]
        below = [
            name
            for each, name in names
            if place.row < each.row <= place.row + 8 and place.away(each) <= _ASIDE
        ]
        if below:
            yield Finding(role, _name(below[0]), page, 0.5, below[0])


def _above(names: Sequence[tuple[_Place, str]], here: _Place) -> str | None:
    """The name over a number: of those in the same column the lowest, within three lines."""
    found = [
        (here.row - place.row, place.away(here), name)
        for place, name in names[-12:]
        if place.row < here.row <= place.row + 3 and place.away(here) <= _ASIDE
    ]
    return min(found)[2] if found else None


def _nearest(at: dict[str, _Place], here: _Place) -> str | None:
    """Whose signature stands here: the nearest column, and of that the last word above."""
    above = [
        (place.away(here), here.row - place.row, role)
        for role, place in at.items()
        if place.row < here.row
    ]
    if not above:
        return None
    closest = min(distance for distance, _, _ in above)
    return min((rows, role) for distance, rows, role in above if distance <= closest + 6)[1]


def _numbers(pages: Sequence[str], found: Sequence[Finding]) -> Iterator[Finding]:
    """A number that stands by itself on the title page is the author's, where none is named."""
    if any(each.what == NUMBER for each in found):
        return
    taken = {each.value for each in found if each.what in _NUMBER_OF.values()}
    for page, text in enumerate(pages[:2], 1):
        lines = [line[:_SIGNS] for line in text.splitlines() if line.strip()][:_LINES]
        for n, line in enumerate(lines):
            match = _DIGITS.search(line)
            digits = _valid(match[0]) if match else None
            if digits is None or digits in taken:
                continue
            yield Finding(NUMBER, digits, page, 0.6, line.strip())
            if n and _looks_like_name(lines[n - 1]) and not any(e.what == NAME for e in found):
                yield Finding(NAME, _name(lines[n - 1]), page, 0.6, lines[n - 1].strip())
            return


def _columns(line: str) -> list[tuple[int, str]]:
    """What stands side by side on a line, with its place."""
    return [(match.start(), match[0]) for match in re.finditer(r"\S+(?:\s{1,2}\S+)*", line)]


def _looks_like_name(text: str) -> bool:
    words = imported.bare_name(text).split()
    return (
        1 <= len(words) <= 7
        and not any(sign.isdigit() for sign in text)
        and text.strip(" (_")[:1].isupper()
        and not re.search(
            r"\b(?:lembar|pengesahan|menyetujui|mengetahui|disetujui|seminar|kepala|dinas|badan"
            r"|tanggal|laporan|telah|yang|dan|jabatan)\b",
            text,
            re.IGNORECASE,
        )
    )


def _name(text: str) -> str:
    """A name without the number that follows it, and without brackets and underlines."""
    without = re.sub(r"[(,;/-]?\s*(?:nip|ni pppk)\b.*$", "", text, flags=re.IGNORECASE)
    return " ".join(re.sub(r"^[ ()_.:,]+|[ ()_:,]+$|\.{2,}[ )]*$", "", without).split())[:200]


def _valid(text: str) -> str | None:
    match = _DIGITS.search(text)
    if match is None:
        return None
    try:
        return checked_number(match[0])[1]
    except ValueError:
        return None
