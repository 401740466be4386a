"""Tables as people keep them: CSV in whatever encoding and with whatever separator, XLSX, ODS.

Every cell comes as text. A long number that a spreadsheet kept as a number has lost its last
digits for good, so it is refused rather than guessed.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine as calamine

from lrs import bounded
from lrs.errors import Problem, Refused

#: Spreadsheets keep 15 digits of a number.
_EXACT = 10**15

#: So far down a row of headings is looked for, below titles, logos and the agency's address.
_TITLES = 40


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `number` as the spreadsheet counts it, its cells as text by heading, and what is
    wrong with cells that could not be read."""

    number: int
    cells: Mapping[str, str]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a file: its headings as written, and its rows that are not empty. `above` is
    what stands above the headings; `others` are the names of further sheets that seem to hold
    lists, too."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    above: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def read(
    content: bytes, name: str, known: Set[str] = frozenset(), only: str | None = None
) -> Sheet:
    """The table in a file of this name. Refused: it is none, or has no row of headings.

    The headings stand in the first row that is not empty, unless `known` names headings, as
    `plain` writes them: then they stand in the row that holds most of them, which may be below
    a title, and on whichever sheet, if not on the one that is called `only`; of columns that are
    called alike the later are numbered.
    """
    if name.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods")):
        sheets = _workbook(content, name)
    else:
        sheets = [("", list(_comma_separated(content, name, titled=bool(known))))]
    if only is not None:
        there = ", ".join(each for each, _ in sheets)
        sheets = [(each, rows) for each, rows in sheets if each == only]
        if not sheets:
            raise Refused(Problem(name, f"There is no sheet {only}; there are: {there}."))
    elif not known:
        sheets = sheets[:1]
    tables = [
        [(n, row) for n, row in enumerate(rows, 1) if any(cell not in ("", None) for cell in row)]
        for _, rows in sheets
    ]
    likely = [
        (_likeness(row, known), -s, -n)
        for s, table in enumerate(tables)
        for n, (_, row) in enumerate(table[:_TITLES] if known else table[:1])
    ]
    _, sheet, at = max(likely, default=(0, 0, 0))
    others = sorted({-s for like, s, _ in likely if like > 1 and s != sheet})
    numbered = tables[-sheet] if tables else []
    if not numbered:
        raise Refused(Problem(name, "The file is empty; its first row must hold the headings."))
    headings, first = _headings([row for _, row in numbered[-at : 2 - at]], known)
    twice = sorted({each for each in headings if each and headings.count(each) > 1})
    if twice and known:
        headings = tuple(
            f"{each} ({headings[: n + 1].count(each)})" if each and each in headings[:n] else each
            for n, each in enumerate(headings)
        )
    elif twice:
        raise Refused(
            Problem(name, f"Two columns are called {', '.join(twice)}; give each its own heading.")
        )
    return Sheet(
        headings,
        tuple(_row(n, headings, cells) for n, cells in numbered[first - at :]),
        tuple(" ".join(_shown(cell) for cell in row if cell) for _, row in numbered[:-at]),
        tuple(sheets[n][0] for n in others),
    )


def plain(heading: str) -> str:
    """A heading without case, signs and needless spaces, by which it is known."""
    return " ".join(re.findall(r"[^\W_]+", heading.casefold()))


def mapping(
    headings: Iterable[str], words: Mapping[str, tuple[str, ...]], never: Set[str]
) -> dict[str, str]:
    """Which heading holds what, as far as it can be told: a known heading, else one that begins
    with one (`NIP Peserta`), unless it has one of the words of `never` (`NIP atasan`).

    `words` are what is looked for with its known headings, without case and signs.
    """
    from_plain: dict[str, str] = {}
    for heading in headings:
        from_plain.setdefault(plain(heading), heading)
    found = {
        word: from_plain[known]
        for word, every in words.items()
        if (known := next((each for each in every if each in from_plain), None)) is not None
    }
    exact = {known for every in words.values() for known in every}
    for bare, heading in from_plain.items():
        if bare in exact or never & set(bare.split()):
            continue
        likely = [
            (len(known), word)
            for word, every in words.items()
            if word not in found
            for known in every
            if bare.startswith(known + " ")
        ]
        if likely:
            found[max(likely)[1]] = heading
    return found


def _headings(rows: Sequence[Sequence[Any]], known: Set[str]) -> tuple[tuple[str, ...], int]:
    """The headings in these rows, and how many rows they take: two, where a heading stands over
    several (`Tanggal` over `Mulai` and `Selesai`) and all in the second are known."""
    top = [_shown(cell) for cell in rows[0]]
    below = [_shown(cell) for cell in rows[1]] if len(rows) > 1 else []
    told = [each for each in below if each]
    if not told or not all(plain(each) in known for each in told):
        return tuple(top), 1
    width = max(len(top), len(below))
    top += [""] * (width - len(top))
    below += [""] * (width - len(below))
    return tuple(under or over for over, under in zip(top, below, strict=True)), 2


def _shown(cell: Any) -> str:
    return " ".join(str(cell).split())


def _likeness(row: Sequence[Any], known: Set[str]) -> int:
    return sum(isinstance(cell, str) and plain(cell) in known for cell in row)


def _row(number: int, headings: Sequence[str], cells: Sequence[Any]) -> Row:
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for heading, cell in zip(headings, cells, strict=False):
        if not heading:
            continue
        try:
            found[heading] = _text(cell)
        except ValueError as error:
            problems.append(Problem(f"row {number}, {heading}", str(error)))
    return Row(number, found, tuple(problems))


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, (int, float)):
        if abs(cell) >= _EXACT:
            raise ValueError(
                "The cell holds a number of more than 15 digits, of which spreadsheets lose the"
                " last. Format the column as text and enter it again."
            )
        return str(int(cell)) if cell == int(cell) else str(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return "" if cell is None or isinstance(cell, timedelta) else str(cell).strip()


def _workbook(content: bytes, name: str) -> list[tuple[str, list[list[Any]]]]:
    """The sheets with their names.

    Read in a child: two cells far enough apart ask for all the memory there is.
    """
    try:
        return [(sheet, rows) for sheet, rows in bounded.run(__name__, content)]
    except bounded.Failed as failed:
        raise Refused(
            Problem(name, f"The file cannot be read as a spreadsheet ({failed.why}). Save it anew.")
        ) from failed


def _sheets(content: bytes) -> list[tuple[str, list[list[Any]]]]:
    """The child's work: every sheet of a workbook, as rows of text, numbers and marks."""
    workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [
        (
            sheet.name,
            [
                [cell if isinstance(cell, (str, int, float)) else _text(cell) for cell in row]
                for row in workbook.get_sheet_by_index(n).to_python(skip_empty_area=False)
            ],
        )
        for n, sheet in enumerate(workbook.sheets_metadata)
        if sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]


def _comma_separated(content: bytes, name: str, *, titled: bool) -> Iterator[list[str]]:
    if b"\0" in content:
        raise Refused(Problem(name, "The file is no text; save it as CSV in UTF-8, or as XLSX."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    lines = text.lstrip().split("\n", _TITLES)[: _TITLES if titled else 1]
    separator = max(",;\t", key=lambda sign: max(line.count(sign) for line in lines))
    return ([cell.strip() for cell in row] for row in _rows(text, separator, name))


def _rows(text: str, separator: str, name: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        yield from reader
    except csv.Error as error:
        raise Refused(Problem(name, f"line {reader.line_num} cannot be read: {error}")) from error


if __name__ == "__main__":
    bounded.child(_sheets)
