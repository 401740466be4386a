"""Titles of courses, parted into what is taught and which run of it this is.

`Pelayanan Prima Angkatan III (2026)`, `Pelayanan Prima - Gel. 2` and `[2025] PELAYANAN PRIMA` are
one training. What is stripped is only what names a run: a word such as *angkatan* with its number,
a year, dates, a bare number at the end. `Tingkat II` or `Golongan III` is part of what is taught.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

_ROMAN = r"(?:(?=[ivxlc])c{0,3}(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})\b)"
_ORDINAL = "pertama|kedua|ketiga|keempat|kelima|keenam|ketujuh|kedelapan|kesembilan|kesepuluh"
_NUMBER = rf"(?:ke[- ]?)?(?:{_ROMAN}|\d{{1,3}}|[a-h]|{_ORDINAL})"
_WORDS = {
    "angkatan": "Angkatan",
    "angk": "Angkatan",
    "akt": "Angkatan",
    "batch": "Batch",
    "gelombang": "Gelombang",
    "gel": "Gelombang",
    "kelompok": "Kelompok",
    "kelas": "Kelas",
    "rombel": "Rombel",
    "grup": "Grup",
    "group": "Group",
    "cohort": "Cohort",
    "kohort": "Kohort",
    "periode": "Periode",
    "seri": "Seri",
    "sesi": "Sesi",
    "wave": "Wave",
}
_RUN = (
    rf"(?P<word>{'|'.join(_WORDS)})\b\.?\s*(?P<number>{_NUMBER})"
    rf"(?:\s*(?:-|–|&|dan|s\.?d\.?)\s*(?P<to>{_NUMBER}))?"
)
_YEAR = (
    r"(?:(?:tahun(?:\s+(?:anggaran|ajaran|pelajaran))?|t\.?\s?a\.?|th\.?)\s*)?"
    r"(?P<year>20[0-4]\d)(?:\s*[/–-]\s*(?:20)?\d\d)?"
)
_MONTHS = (
    "januari|februari|maret|april|mei|juni|juli|agustus|september|oktober|november|desember"
    "|january|february|march|may|june|july|august|october|december"
    "|jan|feb|mar|apr|jun|jul|agu|ags|agt|aug|sep|sept|okt|oct|nov|des|dec"
)
_DAYS = r"\d{1,2}(?:\s*(?:-|–|s\.?d\.?|sampai)\s*\d{1,2})?"
_DATES = (
    rf"(?:(?:{_DAYS}\s+)?(?:{_MONTHS})\s*(?:[–-]\s*(?:{_DAYS}\s+)?(?:{_MONTHS})\s*)?"
    rf"(?P<dated>20[0-4]\d)|{_DAYS}\s+(?:{_MONTHS}))"
)
_GAP = r"[\s\-–—:|,;/.()\[\]{}_#]"
_PIECES = [
    re.compile(rf"(?:{_RUN}|{_DATES}|{_YEAR}){_GAP}*$", re.IGNORECASE),
    re.compile(rf"^{_GAP}*(?:{_RUN}|{_DATES}|{_YEAR})(?={_GAP}|$)", re.IGNORECASE),
]
_BRACKETED = re.compile(rf"[(\[{{]\s*(?:{_RUN}|{_DATES}|{_YEAR})\s*[)\]}}]", re.IGNORECASE)
_BARE = re.compile(rf"(?P<before>\w+){_GAP}+(?P<number>[IVX]{{1,5}}|\d{{1,2}}){_GAP}*$")
_TAIL = re.compile(rf"{_GAP}+$")
_HEAD = re.compile(rf"^{_GAP}+")
#: After these a number belongs to what is taught.
_KEEP = frozenset(
    "tingkat tk level jenjang golongan gol tipe eselon pim modul bab bagian part jilid versi"
    " tahap kategori jabatan no nomor pasal permen uu k dan and atau i ii iii iv v vi".split()
)
#: So much of a title is looked at: as much as a programme's may be long.
LONGEST = 500

_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True)
class Title:
    """A title in its parts: the `stem` as written and its `key`, alike for alike stems; the name
    of the `run` (None: the title names none), its `number` as compared, and the `year`."""

    stem: str
    key: str
    run: str | None = None
    number: str | None = None
    year: int | None = None


def part(title: str) -> Title:
    """What is taught, and which run of it. A title that is nothing but a run stands whole."""
    rest = " ".join(unicodedata.normalize("NFKC", title[:LONGEST]).split())
    whole, year = rest, None
    runs: list[tuple[str, str, str | None]] = []
    dates: list[str] = []
    while found := _piece(rest):
        match, rest = found
        if match["word"]:
            runs.append((_WORDS[match["word"].casefold()], match["number"], match["to"]))
        elif match["year"]:
            year = year or int(match["year"])
        else:
            dates.append(_clean(match[0]))
            year = year or (int(match["dated"]) if match["dated"] else None)
    bare = None if runs else _BARE.search(rest)
    if bare and bare["before"].casefold() not in _KEEP:
        runs.append(("Angkatan", bare["number"], None))
        rest = _clean(rest[: bare.start("number")])
    if not key(rest):
        return Title(whole, key(whole))
    # Taken from the end first: told in the order in which they stood.
    runs.reverse()
    named = [f"{word} {_range(each, to, _written)}" for word, each, to in runs] or dates[:1]
    number = " ".join(f"{word} {_range(each, to, _counted)}" for word, each, to in runs).casefold()
    return Title(rest, key(rest), " ".join(named) or None, number or None, year)


def key(text: str) -> str:
    """Text as stems are compared: letters and digits alone, without case or accents."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    return " ".join(re.findall(r"[^\W_]+", plain.casefold()))


def _piece(text: str) -> tuple[re.Match[str], str] | None:
    """One thing that names a run, and the text without it."""
    if match := _BRACKETED.search(text):
        return match, _clean(f"{text[: match.start()]} {text[match.end() :]}")
    for pattern in _PIECES:
        match = pattern.search(text)
        # A word that merely ends so is none: `Hotel 5`, not `el 5`.
        if match and (match.start() == 0 or not text[match.start() - 1].isalnum()):
            return match, _clean(f"{text[: match.start()]} {text[match.end() :]}")
    return None


def _clean(text: str) -> str:
    return " ".join(_HEAD.sub("", _TAIL.sub("", text)).split())


def _range(number: str, to: str | None, spelled: Callable[[str], str]) -> str:
    return spelled(number) if to is None else f"{spelled(number)}–{spelled(to)}"


def _written(number: str) -> str:
    plain = re.sub(r"^ke[- ]?(?=[\divxlc]+$)", "", number, flags=re.IGNORECASE)
    return plain if plain.casefold() in _ORDINAL.split("|") else plain.upper()


def _counted(number: str) -> str:
    """A number as compared: `III`, `ke-3`, `3` and `ketiga` are one."""
    text = re.sub(r"^ke[- ]?(?=[\divxlc]+$)", "", number.casefold())
    ordinals = _ORDINAL.split("|")
    if text in ordinals:
        return str(ordinals.index(text) + 1)
    if text.isdigit():
        return str(int(text))
    # A single C is a letter, as in A, B, C; whoever counts to a hundred writes more than one.
    if re.fullmatch("[ivx]|[ivxlc]{2,}", text):
        values = [_VALUES[each] for each in text]
        after = [*values[1:], 0]
        return str(sum(v if v >= n else -v for v, n in zip(values, after, strict=True)))
    return text
