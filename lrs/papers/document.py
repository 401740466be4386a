"""What a paper holds, whatever it is made into: headings, sentences, tables, charts, letterhead.

A report is built once as a `Document`, in the reader's language, and then shown as a page, or made
into PDF (`pdf.py`), DOCX (`word.py`), XLSX or CSV (`sheets.py`), so that all say the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from lrs import i18n
from lrs.agency import Letterhead
from lrs.papers.charts import Chart

Cell = str | int | float | date | None

#: Kinds of columns: how their cells are written, and on which side.
TEXT: Final = "text"
NUMBER: Final = "number"
SHARE: Final = "share"
DAY: Final = "day"

#: So many columns stand on an upright page.
WIDE: Final = 6


@dataclass(frozen=True, slots=True)
class Heading:
    """A chapter (level 1) or a section of one."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. `kind`: plain, note (set apart), quote, small."""

    text: str
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Bullets:
    """Sentences one beneath the other."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of what, and what it is."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    kind: str = TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under columns. `note` stands beneath; `empty` is said where there are no rows.

    `links` are addresses within the service, one for each row or none: on a page, the first cell
    leads there.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    empty: str = ""
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart, and the numbers behind it; None where they all stand in the chart."""

    chart: Chart
    table: Table | None


@dataclass(frozen=True, slots=True)
class Blank:
    """A question, and lines to write the answer on: for sheets that are printed."""

    asks: str
    lines: int = 3


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins on a new page."""


Block = Heading | Text | Bullets | Facts | Table | Picture | Blank | NewPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A paper. `name` is that of its file, without an ending. `facts` stand under the title: what
    was asked about, as of when. `signed`: the agency signs at its end."""

    name: str
    title: str
    subtitle: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    blocks: tuple[Block, ...] = ()
    letterhead: Letterhead = field(default_factory=Letterhead)
    day: date
    signed: bool = False

    @property
    def wide(self) -> bool:
        """Whether it is to lie on its side: some table has many columns."""
        return any(len(each.columns) > WIDE for each in self.tables)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table, those behind charts too, in order."""
        found = []
        for each in self.blocks:
            if isinstance(each, Table):
                found.append(each)
            elif isinstance(each, Picture) and each.table is not None:
                found.append(each.table)
        return tuple(found)


def shown(cell: Cell, kind: str = TEXT) -> str:
    """A cell as it is read, in the language that holds; nothing there is a dash."""
    if cell is None or cell == "":
        return "–"
    if isinstance(cell, date):
        return i18n.day(cell, "medium")
    if isinstance(cell, str):
        return cell
    if kind == SHARE:
        return i18n.percent(cell)
    return i18n.number(cell) if isinstance(cell, int) else i18n.number(round(cell, 2))


def columns(*given: str | tuple[str, str]) -> tuple[Column, ...]:
    """Columns by name, or by name and kind."""
    return tuple(Column(each) if isinstance(each, str) else Column(*each) for each in given)


def stem(*words: str) -> str:
    """A name for a file, of letters, digits and dashes."""
    told = "-".join(words).casefold()
    kept = "".join(each if each.isascii() and each.isalnum() else "-" for each in told)
    return "-".join(filter(None, kept.split("-")))[:80] or "jejak"


def right(column: Column) -> bool:
    """Whether a column's cells stand to the right."""
    return column.kind in (NUMBER, SHARE)


def widths(table: Table) -> list[float]:
    """How wide each column is to be, as parts of the whole: by what is in it, within reason."""
    found: list[float] = []
    for n, column in enumerate(table.columns):
        longest = [len(shown(row[n], column.kind)) for row in table.rows[:200]] or [0]
        words = max((len(word) for word in column.name.split()), default=0)
        found.append(float(min(46, max(words + 2, 5, *_typical(longest)))))
    return found


def _typical(lengths: Sequence[int]) -> tuple[int, int]:
    """Nearly the longest, and the half of the very longest."""
    ordered = sorted(lengths)
    return ordered[int(0.9 * (len(ordered) - 1))], ordered[-1] // 2
