"""Papers as PDF: set by Typst in print quality, tagged for readers of screens (PDF/UA-1).

Words reach the typesetter as data and are never read as markup; it sees no file but our template,
uses the fonts that come with it, and asks nobody for anything.
"""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from lrs import i18n
from lrs.i18n import _
from lrs.papers.charts import WIDTH, Chart
from lrs.papers.document import (
    Blank,
    Block,
    Bullets,
    Document,
    Facts,
    Heading,
    NewPage,
    Picture,
    Table,
    Text,
    right,
    shown,
    widths,
)

TEMPLATE: Final = (Path(__file__).parent / "paper.typ").read_bytes()

#: So many rows of a table are set at most; all of them are in the spreadsheet.
ROWS: Final = 1000

CONTENT_TYPE: Final = "application/pdf"


def render(document: Document) -> bytes:
    """The document as PDF, in the language that holds. The same document gives the same bytes."""
    head = document.letterhead
    told = {
        "language": i18n.spoken(),
        "title": document.title,
        "subtitle": document.subtitle,
        "facts": [list(each) for each in document.facts],
        "blocks": [_block(each) for each in document.blocks],
        "letterhead": {
            "name": head.name,
            "above": head.above,
            "lines": [each for each in (head.address, head.contact) if each],
            "logo": list(head.logo),
            "logo_type": head.logo_type,
        },
        "signed": _signature(document),
        "wide": document.wide,
        "page": _("Page %(page)s of %(pages)s") % {"page": "\0", "pages": "\1"},
    }
    return set_in(TEMPLATE, told, document.day)


def set_in(template: bytes, told: dict[str, Any], day: date) -> bytes:
    """A template of ours filled with words, as PDF. `told` is `json(sys.inputs.paper)` there;
    images in it are lists of bytes."""
    return _compiled(
        template,
        sys_inputs={"paper": json.dumps(told)},
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC),
    )


def image(chart: Chart, *, ppi: float = 220) -> bytes:
    """A chart as PNG, for what takes no SVG."""
    source = (
        b"#set page(width: auto, height: auto, margin: 2pt)\n"
        b'#image(bytes(sys.inputs.svg), format: "svg", width: 320pt)'
    )
    return _compiled(source, sys_inputs={"svg": chart.svg(printed=True)}, format="png", ppi=ppi)


def _compiled(template: bytes, **given: Any) -> bytes:
    import typst  # here: 8 MB that a process which only stores statements never needs

    made = typst.compile(template, ignore_system_fonts=True, **given)
    assert isinstance(made, bytes)
    return made


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Heading():
            return {"is": "heading", "text": block.text, "level": block.level}
        case Text():
            return {"is": "text", "text": block.text, "kind": block.kind}
        case Bullets():
            return {"is": "bullets", "items": list(block.items), "numbered": block.numbered}
        case Facts():
            return {"is": "facts", "pairs": [list(each) for each in block.pairs]}
        case Table():
            return _table(block)
        case Picture():
            return {
                "is": "picture",
                "svg": block.chart.svg(printed=True),
                "wide": WIDTH,
                "alt": f"{block.chart.title}. {block.chart.about}",
                "caption": block.chart.title,
                "table": None if block.table is None else _table(block.table),
            }
        case Blank():
            return {"is": "blank", "asks": block.asks, "lines": block.lines}
        case NewPage():
            return {"is": "page"}


def _table(table: Table) -> dict[str, Any]:
    rows = table.rows[:ROWS]
    left = len(table.rows) - len(rows)
    note = table.note
    if left:
        more = _("%(number)s more rows are in the spreadsheet.") % {"number": i18n.number(left)}
        note = f"{note} {more}".strip()
    return {
        "is": "table",
        "caption": table.caption,
        "columns": [each.name for each in table.columns],
        "right": [right(each) for each in table.columns],
        "widths": widths(table),
        "rows": [
            [shown(cell, column.kind) for cell, column in zip(row, table.columns, strict=True)]
            for row in rows
        ],
        "note": note if rows else "",
        "empty": table.empty or _("Nothing yet."),
    }


def _signature(document: Document) -> dict[str, str]:
    head = document.letterhead
    if not document.signed or not (head.signs or head.signs_as):
        return {}
    place = ", ".join(filter(None, (head.place, i18n.day(document.day))))
    return {"place": place, "as": head.signs_as, "name": head.signs}
