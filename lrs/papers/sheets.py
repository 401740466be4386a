"""Papers as spreadsheets: XLSX with a sheet for each table, CSV of one; no cell is ever a formula.

What somebody typed into a form ends in a cell that somebody else opens. A text that a spreadsheet
would read as a formula (it begins with = + - @, or with a blank that hides one) is written as text
in XLSX, and in CSV, which knows no types, begins with an apostrophe.
"""

import csv
import io
from datetime import date, datetime
from typing import Any, Final

from lrs.i18n import _
from lrs.papers.document import DAY, NUMBER, SHARE, Cell, Column, Document, Table, widths

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv; charset=utf-8"

_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_MOST: Final = 32_000


def workbook(document: Document) -> bytes:
    """All tables of a document, a sheet each; the first sheet says what they are."""
    import xlsxwriter  # here: 10 MB that a process which only stores statements never needs

    held = io.BytesIO()
    book: Any = xlsxwriter.Workbook(
        held,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        },
    )
    book.set_properties({"title": document.title, "author": document.letterhead.name})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    title = book.add_format({"bold": True, "font_size": 14})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    formats = {
        SHARE: book.add_format({"num_format": "0.0%", "valign": "top"}),
        DAY: book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"}),
        NUMBER: book.add_format({"valign": "top"}),
    }
    taken: set[str] = set()
    first = book.add_worksheet(_sheet(_("About this file"), taken))
    first.write_string(0, 0, document.title[:_MOST], title)
    first.set_column(0, 0, 34)
    first.set_column(1, 1, 60)
    told = [(_("Agency"), document.letterhead.name), *document.facts]
    told += [("", table.caption) for table in document.tables]
    for n, (what, value) in enumerate(told, 2):
        first.write_string(n, 0, what[:_MOST], wrap)
        first.write_string(n, 1, value[:_MOST], wrap)
    for table in document.tables:
        sheet = book.add_worksheet(_sheet(table.caption, taken))
        sheet.freeze_panes(1, 0)
        for n, (column, wide) in enumerate(zip(table.columns, widths(table), strict=True)):
            sheet.set_column(n, n, min(60, wide + 3))
            sheet.write_string(0, n, column.name, bold)
        for number, row in enumerate(table.rows, 1):
            for n, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
                _write(sheet, number, n, cell, formats.get(column.kind, wrap), formats[DAY])
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
        for n, line in enumerate(filter(None, (table.note,)), len(table.rows) + 2):
            sheet.write_string(n, 0, line[:_MOST])
    book.close()
    return held.getvalue()


def _write(sheet: Any, row: int, column: int, cell: Cell, format: Any, day: Any) -> None:
    if cell is None:
        return
    if isinstance(cell, datetime):
        raise TypeError("moments are written as words")
    if isinstance(cell, date):
        sheet.write_datetime(row, column, cell, day)
    elif isinstance(cell, (int, float)):
        sheet.write_number(row, column, cell, format)
    else:
        sheet.write_string(row, column, cell[:_MOST], format)


def _sheet(caption: str, taken: set[str]) -> str:
    """A name that a sheet may have, and no other has."""
    name = " ".join("".join(" " if each in "[]:*?/\\'" else each for each in caption).split())
    name = stem = name[:28] or "1"
    number = 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem} {number}"[:31]
    taken.add(name.casefold())
    return name


def table(table: Table, *, plain: bool = False) -> bytes:
    """A table as CSV that spreadsheets here open as it is: UTF-8 with a mark.

    `plain` for machines: no mark, and days and numbers as they are written everywhere.
    """
    held = io.StringIO(newline="")
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerow([safe(each.name) for each in table.columns])
    for row in table.rows:
        writer.writerow(
            [_plain(cell, column) for cell, column in zip(row, table.columns, strict=True)]
        )
    text = held.getvalue().encode("utf-8", "replace")
    return text if plain else b"\xef\xbb\xbf" + text


def _plain(cell: Cell, column: Column) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return f"{cell:.4f}".rstrip("0").rstrip(".")
    if isinstance(cell, int):
        return str(cell)
    return safe(cell)


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" \u00a0\u200b\ufeff").startswith(_STARTS) else text
