"""Tables as people keep them: CSV in whatever encoding and with whatever separator, XLSX, ODS.

Every cell comes as text. A long number that a spreadsheet kept as a number has lost its last
digits for good, so it is refused rather than guessed.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine as calamine

from lrs.errors import Problem, Refused

#: Spreadsheets keep 15 digits of a number.
_EXACT = 10**15


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `number` as the spreadsheet counts it, its cells as text by heading, and what is
    wrong with cells that could not be read."""

    number: int
    cells: Mapping[str, str]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first sheet of a file: its headings as written, and its rows that are not empty."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]


def read(content: bytes, name: str) -> Sheet:
    """The table in a file of this name. Refused: it is none, or has no row of headings."""
    if name.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods")):
        rows = _workbook(content, name)
    else:
        rows = _comma_separated(content, name)
    numbered = ((n, row) for n, row in enumerate(rows, 1) if any(cell != "" for cell in row))
    _, first = next(numbered, (0, None))
    if first is None:
        raise Refused(Problem(name, "The file is empty; its first row must hold the headings."))
    headings = tuple(" ".join(str(cell).split()) for cell in first)
    twice = sorted({each for each in headings if each and headings.count(each) > 1})
    if twice:
        raise Refused(
            Problem(name, f"Two columns are called {', '.join(twice)}; give each its own heading.")
        )
    return Sheet(headings, tuple(_row(n, headings, cells) for n, cells in numbered))


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


def _workbook(content: bytes, name: str) -> Iterator[list[Any]]:
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        return iter(workbook.get_sheet_by_index(0).to_python(skip_empty_area=False))
    except (calamine.CalamineError, calamine.WorksheetNotFound) as error:
        raise Refused(
            Problem(name, f"The file cannot be read as a spreadsheet: {error}. Save it anew.")
        ) from error


def _comma_separated(content: bytes, name: str) -> Iterator[list[str]]:
    if b"\0" in content:
        raise Refused(Problem(name, "The file is no text; save it as CSV in UTF-8, or as XLSX."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    first = text.lstrip().partition("\n")[0]
    separator = max(",;\t", key=first.count)
    return ([cell.strip() for cell in row] for row in _rows(text, separator, name))


def _rows(text: str, separator: str, name: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        yield from reader
    except csv.Error as error:
        raise Refused(Problem(name, f"line {reader.line_num} cannot be read: {error}")) from error
