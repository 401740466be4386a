"""What people write into lists of participants: days, marks, names; and the statements it makes.

Such a list says of somebody that they were invited to a course, enrolled in it, attended or
completed it, on a day. Each of that is one statement, marked as imported, whose id is made of what
it says and not of where it stood: the same list again, or a longer one, gives the same ids.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from typing import Final

from lrs.learning import ATTENDED, CERTIFIED, COMPLETED, ENROLLED, INVITED, Tree
from lrs.practice.names import PEOPLE, VOCABULARY

#: Extensions of the context: where it stood, `{"file": …, "row": …}`; the hours; what the list
#: calls the run of the course; the number of the certificate.
IMPORTED: Final = f"{VOCABULARY}extensions/imported"
JP: Final = f"{VOCABULARY}extensions/jp"
GROUP: Final = f"{VOCABULARY}extensions/group"
CERTIFICATE: Final = f"{VOCABULARY}extensions/certificate"

COURSE: Final = "http://adlnet.gov/expapi/activities/course"
_ADL = "http://adlnet.gov/expapi/verbs/"

#: What a list may say, in the order in which it happens: the verb, and its word in two languages.
VERBS: Final[Mapping[str, tuple[str, str, str]]] = {
    INVITED: (f"{VOCABULARY}verbs/invited", "diundang", "invited"),
    ENROLLED: (f"{_ADL}registered", "terdaftar", "registered"),
    ATTENDED: (f"{_ADL}attended", "hadir", "attended"),
    COMPLETED: (f"{_ADL}completed", "menyelesaikan", "completed"),
    CERTIFIED: ("https://w3id.org/xapi/tla/verbs/achieved", "memperoleh sertifikat", "achieved"),
}

#: What a status means: something of `VERBS`, or, where it is None, that nothing was completed.
STATUSES: Final[Mapping[str, str | None]] = {
    **dict.fromkeys(("diundang", "undangan", "invited"), INVITED),
    **dict.fromkeys(
        (
            "terdaftar",
            "daftar",
            "registered",
            "enrolled",
            "peserta",
            "in progress",
            "belum selesai",
        ),
        ENROLLED,
    ),
    **dict.fromkeys(("hadir", "ikut", "mengikuti", "attended", "mengikuti sebagian"), ATTENDED),
    **dict.fromkeys(
        (
            *("lulus", "selesai", "tamat", "completed", "complete", "passed", "memenuhi syarat"),
            *(
                "sangat memuaskan",
                "memuaskan",
                "cukup memuaskan",
                "baik",
                "sangat baik",
                "lulus baik",
            ),
            *("kompeten", "bersertifikat"),
        ),
        COMPLETED,
    ),
    **dict.fromkeys(
        (
            *("tidak lulus", "gugur", "mengundurkan diri", "tidak hadir", "tidak selesai", "batal"),
            *("tidak ikut", "absen", "failed", "not completed", "dropout", "tunda", "ditunda"),
            *("belum lulus", "tidak memenuhi syarat", "dibatalkan", "tidak kompeten"),
        ),
        None,
    ),
}

_YES = frozenset(
    "ya y v √ ✓ ✔ 1 hadir ada sudah yes true lulus selesai completed complete ok h".split()
)
_NO = frozenset("tidak t n 0 belum no false alpa izin sakit absen - – — a s i".split()) | {
    "tidak hadir",
    "belum selesai",
    "tidak selesai",
    "not completed",
    "incomplete",
    "n a",
    "",
}

_MONTHS: Final[Mapping[str, int]] = {
    word: number
    for number, words in enumerate(
        (
            "januari january jan",
            "februari pebruari february feb peb",
            "maret march mar mrt",
            "april apr",
            "mei may",
            "juni june jun",
            "juli july jul",
            "agustus august agu ags agt agust aug",
            "september sept sep",
            "oktober october okt oct",
            "november nopember nov nop",
            "desember december des dec",
        ),
        1,
    )
    for word in words.split()
}

_TIME = r"(?:[ t,]+\d{1,2}[:.]\d{2}.*)?"
_YEAR = r"(?P<y>\d{4}|\d{2})"
_WRITTEN = (
    r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + _TIME,
    rf"(?P<d>\d{{1,2}})\s*[-/.]\s*(?P<m>\d{{1,2}})\s*[-/.]\s*{_YEAR}" + _TIME,
    rf"(?P<d>\d{{1,2}})[\s.-]*(?P<w>[a-z]{{3,9}})[\s.,-]*{_YEAR}" + _TIME,
    rf"(?P<w>[a-z]{{3,9}})[\s.]+(?P<d>\d{{1,2}}),?\s+{_YEAR}" + _TIME,
)
#: A day in the midst of other words.
_NAMED = re.compile(r"\b\d{1,2} +[a-z]{3,9}\.? +\d{4}\b|\b\d{1,2}[-/]\d{1,2}[-/]\d{4}\b")
#: Between the first and the last day of something that took several.
_UNTIL = r"\s*(?:s\s*[./]\s*d\s*\.?|s\.d\.?|sd\.?|sampai(?:\s+dengan)?|hingga|until|to|[-–—])\s*"

#: The day 0 of spreadsheets, and what lies in our time.
_ZERO = date(1899, 12, 30)
_SERIAL = range(32874, 73051)  # 1990 to 2099

#: Days before this are slips of the pen.
EARLIEST: Final = date(1990, 1, 1)


def day(text: str) -> date:
    """The day that was written: 2026-03-12, 12/03/2026, 12-3-26, 12 Maret 2026, with or without
    a time or the name of the weekday. Of several days, the last.

    ValueError: a sentence that says how to write it.
    """
    return span(text)[1]


def span(text: str) -> tuple[date, date]:
    """The first and the last day of what was written: `10 s.d. 14 Maret 2026`, `10-14 Maret 2026`,
    `28 Februari - 3 Maret 2026`, or one day, which is both. ValueError as for `day`."""
    told = re.sub(r"\s+", " ", text.casefold()).strip()
    told = re.sub(
        r"^(?:tanggal|tgl\.?|[a-z']+day|senin|selasa|rabu|kamis|jum'?at|sabtu|minggu),? ", "", told
    )
    one = _one(told)
    if one is not None:
        return one, one
    for cut in re.finditer(_UNTIL, told):
        first, last = told[: cut.start()].strip(), _one(told[cut.end() :].strip())
        if last is None:
            continue
        begun = _one(first) or _earlier(first, last)
        if begun is not None and begun <= last:
            return begun, last
    raise ValueError(
        f"'{text[:40]}' is no day; write it as 2026-03-12, 12/03/2026 (day first) or 12 Maret 2026."
    )


def day_in(text: str) -> date | None:
    """The last day named within a sentence, if one is."""
    found = None
    for match in _NAMED.finditer(text.casefold()):
        found = _one(match[0]) or found
    return found


def _one(told: str) -> date | None:
    if told.isascii() and told.isdigit():
        number = int(told)
        if number in _SERIAL:
            return _ZERO + timedelta(days=number)
        if len(told) == 10:  # seconds since 1970, as Moodle exports them; 7 hours to Jakarta
            return date(1970, 1, 1) + timedelta(seconds=number + 7 * 3600)
        return None
    for pattern in _WRITTEN:
        match = re.fullmatch(pattern, told)
        if match is None:
            continue
        found = match.groupdict()
        month = _MONTHS.get(found["w"]) if "w" in found else int(found["m"])
        if month is None:
            return None
        year = int(found["y"]) + (
            0 if len(found["y"]) == 4 else 2000 if int(found["y"]) < 70 else 1900
        )
        try:
            return date(year, month, int(found["d"]))
        except ValueError:
            return None
    return None


def _earlier(told: str, last: date) -> date | None:
    """A first day that leaves out what it shares with the last: `10`, `28 Februari`."""
    match = re.fullmatch(r"(\d{1,2})(?:[\s.]*([a-z]{3,9}))?", told)
    if match is None:
        return None
    month = _MONTHS.get(match[2]) if match[2] else last.month
    if month is None:
        return None
    try:
        return date(last.year - (month > last.month), month, int(match[1]))
    except ValueError:
        return None


def mark(text: str) -> bool | None:
    """Whether a mark says yes (`ya`, `v`, `hadir`) or no (`tidak`, `-`); None: it is no mark."""
    word = " ".join(text.casefold().strip(" .").split())
    return True if word in _YES else False if word in _NO else None


def status(text: str) -> tuple[bool, str | None]:
    """Whether the word is known, and what it says: of `VERBS`, None for nothing completed."""
    word = " ".join(re.findall(r"[^\W_]+", text.casefold()))
    if word in STATUSES:
        return True, STATUSES[word]
    # "Lulus (Memuaskan)", "Tidak lulus: sakit": the longest known beginning counts.
    starts = [each for each in STATUSES if word.startswith(each + " ")]
    return (True, STATUSES[max(starts, key=len)]) if starts else (False, None)


_DEGREE = re.compile(
    r"(?:(?:dr|drs|dra|drg|drh|ir|prof|h|hj|hjh|kh|apt|ns|r|rr|raden|st|tb)\b\.?\s+)+",
    re.IGNORECASE,
)


def bare_name(text: str) -> str:
    """A name without degrees and titles, in lower case: to compare two, never to find anybody."""
    name = text.partition(",")[0]
    name = re.sub(r"\b(?:[SMDA](?:\.[A-Za-z]{1,5})+\.?)(?=\s|$)", "", name)
    name = re.sub(r"^" + _DEGREE.pattern, "", name.strip(), flags=re.IGNORECASE)
    return " ".join(re.findall(r"[^\W\d_]+", name.casefold()))


# Statements ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing a list says of one person: `kind` is of `VERBS`, `course` an IRI."""

    kind: str
    course: str
    on: date
    title: str | None = None
    group: str | None = None
    jp: float | None = None
    certificate: str | None = None


def course_iri(tenant_id: int, title: str) -> str:
    """The IRI of a course that a list names by its title alone."""
    text = f"{tenant_id}\n{' '.join(title.split()).casefold()}"
    return f"{VOCABULARY}courses/{blake2b(text.encode(), digest_size=16).hexdigest()}"


def person_agent(person: bytes) -> Tree:
    """The agent that means a person of the register."""
    return {
        "objectType": "Agent",
        "account": {"homePage": PEOPLE, "name": str(uuid.UUID(bytes=person))},
    }


def statement_id(tenant_id: int, who: str, act: Act) -> str:
    """The id of the statement of an act: shaped as version 4, as all ids we make."""
    return identity("participation", tenant_id, who, act.course, act.kind, act.on.isoformat())


def identity(*parts: object) -> str:
    """An id made of these parts, in the shape of a UUID of version 4."""
    digest = bytearray(blake2b("\n".join(map(str, parts)).encode(), digest_size=16).digest())
    digest[6] = digest[6] & 0x0F | 0x40
    digest[8] = digest[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(digest)))


def who(agent: Tree) -> str:
    """What an agent is in the ids of statements."""
    account = agent.get("account")
    return f"{account['homePage']} {account['name']}" if account else str(agent["mbox"])


def statement(tenant_id: int, agent: Tree, act: Act, *, file: str, row: int) -> Tree:
    """The statement of an act. Its time is noon in Jakarta, the same day in all of Indonesia."""
    verb, indonesian, english = VERBS[act.kind]
    # A number of a civil servant that a file is called by tells their birth date.
    extensions: Tree = {IMPORTED: {"file": re.sub(r"\d{18}", "…", file)[:200], "row": row}}
    for iri, value in ((JP, act.jp), (GROUP, act.group), (CERTIFICATE, act.certificate)):
        if value is not None:
            extensions[iri] = value
    definition: Tree = {"type": COURSE}
    if act.title:
        definition["name"] = {"id": act.title}
    made: Tree = {
        "id": statement_id(tenant_id, who(agent), act),
        "actor": agent,
        "verb": {"id": verb, "display": {"id": indonesian, "en": english}},
        "object": {"objectType": "Activity", "id": act.course, "definition": definition},
        "context": {"extensions": extensions},
        "timestamp": f"{act.on.isoformat()}T12:00:00+07:00",
    }
    if act.kind == COMPLETED:
        made["result"] = {"completion": True}
    return made
