"""Papers as DOCX, to go on writing in: real headings, real tables, charts as images with words."""

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import docx
from docx.document import Document as Written
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from lrs import i18n
from lrs.i18n import _
from lrs.papers import pdf
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

CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

#: As offices here write; whoever lacks it gets the nearest.
FONT: Final = "Calibri"

ROWS: Final = 1000
_ACCENT: Final = RGBColor(0x0B, 0x62, 0x5D)
_QUIET: Final = RGBColor(0x52, 0x60, 0x5D)
#: How wide what stands on a page is, in centimetres.
_UPRIGHT: Final = 16.2
_ACROSS: Final = 24.9


def render(document: Document) -> bytes:
    """The document as DOCX, in the language that holds."""
    made = docx.Document()
    _styles(made)
    section = made.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE if document.wide else WD_ORIENT.PORTRAIT
    sides = (Cm(29.7), Cm(21)) if document.wide else (Cm(21), Cm(29.7))
    section.page_width, section.page_height = sides
    section.left_margin = section.right_margin = Cm(2.4)
    section.top_margin = section.bottom_margin = Cm(2.2)
    _letterhead(made, document)
    made.add_paragraph(_clean(document.title), style="Title")
    if document.subtitle:
        made.add_paragraph(_clean(document.subtitle), style="Subtitle")
    if document.facts:
        _facts(made, document.facts)
    for block in document.blocks:
        _block(made, block, _ACROSS if document.wide else _UPRIGHT)
    _signature(made, document)
    _footer(made, document)
    properties = made.core_properties
    properties.title, properties.author = _clean(document.title), _clean(document.letterhead.name)
    properties.language = i18n.spoken()
    day = document.day
    properties.created = properties.modified = datetime(day.year, day.month, day.day, tzinfo=UTC)
    properties.last_modified_by, properties.comments = "", ""
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


def _styles(made: Written) -> None:
    styles: Any = made.styles
    normal = styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(11)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "id-ID" if i18n.spoken() == "id" else "en-GB")
    normal.element.rPr.append(language)
    normal.paragraph_format.space_after = Pt(6)
    for name, size, colour in (
        ("Title", 20, None),
        ("Subtitle", 13, _QUIET),
        ("Heading 1", 14, _ACCENT),
        ("Heading 2", 12, None),
    ):
        style = styles[name]
        style.font.name, style.font.size, style.font.italic = FONT, Pt(size), False
        style.font.color.rgb = colour or RGBColor(0x16, 0x21, 0x1F)
        fonts = style.element.rPr.rFonts
        for attribute in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(attribute), None)
        style.paragraph_format.space_before = Pt(0 if name in ("Title", "Subtitle") else 14)
        style.paragraph_format.space_after = Pt(5)
        for border in style.element.findall(f".//{qn('w:pBdr')}"):
            border.getparent().remove(border)


def _letterhead(made: Written, document: Document) -> None:
    head = document.letterhead
    if not head.name:
        return
    if head.logo:
        _picture(made, head.logo, Cm(1.9), head.name, high=True)
    for n, line in enumerate((head.above, head.name, head.address, head.contact)):
        if not line:
            continue
        paragraph = made.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.space_after = Pt(0)
        run = paragraph.add_run(_clean(line.upper() if n < 2 else line))
        run.bold, run.font.size = n == 1, Pt((11, 14, 9, 9)[n])
    _rule(made.paragraphs[-1])
    made.add_paragraph()


def _rule(paragraph: Paragraph) -> None:
    """A double line beneath."""
    properties = paragraph._p.get_or_add_pPr()
    borders, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "thickThinSmallGap"), ("sz", "18"), ("space", "4")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    properties.append(borders)


def _block(made: Written, block: Block, wide: float) -> None:
    match block:
        case Heading():
            made.add_heading(_clean(block.text), block.level)
        case Text():
            _text(made, block)
        case Bullets():
            style = "List Number" if block.numbered else "List Bullet"
            for each in block.items:
                made.add_paragraph(_clean(each), style=style)
        case Facts():
            _facts(made, block.pairs)
        case Table():
            _table(made, block, wide)
        case Picture():
            _caption(made, block.chart.title)
            image = pdf.image(block.chart)
            _picture(made, image, Cm(11.5), f"{block.chart.title}. {block.chart.about}")
            if block.table is not None:
                _table(made, block.table, wide)
        case Blank():
            made.add_paragraph().add_run(_clean(block.asks)).bold = True
            for _line in range(block.lines):
                made.add_paragraph("." * 110)
        case NewPage():
            made.add_page_break()  # type: ignore[no-untyped-call]


def _text(made: Written, block: Text) -> None:
    style = {"quote": "Intense Quote", "note": "Quote"}.get(block.kind, "Normal")
    run = made.add_paragraph(style=style).add_run(_clean(block.text))
    if block.kind == "small":
        run.font.size, run.font.color.rgb = Pt(9), _QUIET


def _facts(made: Written, pairs: Iterable[tuple[str, str]]) -> None:
    for what, value in pairs:
        paragraph = made.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(1)
        label = paragraph.add_run(f"{_clean(what)}: ")
        label.font.color.rgb = _QUIET
        paragraph.add_run(_clean(value))
    made.add_paragraph().paragraph_format.space_after = Pt(0)


def _caption(made: Written, words: str) -> None:
    paragraph = made.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_after = Pt(3)
    run = paragraph.add_run(_clean(words))
    run.bold, run.font.size = True, Pt(10)


def _table(made: Written, table: Table, width: float) -> None:
    _caption(made, table.caption)
    if not table.rows:
        made.add_paragraph().add_run(_clean(table.empty or _("Nothing yet."))).italic = True
        return
    rows = table.rows[:ROWS]
    grid: Any = made.add_table(len(rows) + 1, len(table.columns), style="Table Grid")
    grid.alignment = WD_TABLE_ALIGNMENT.LEFT
    grid.autofit = False
    parts = widths(table)
    size = Pt(8 if len(table.columns) > 6 else 9)
    for n, (column, part) in enumerate(zip(table.columns, parts, strict=True)):
        wide = Cm(width * part / sum(parts))
        grid.columns[n].width = wide
        cells = grid.columns[n].cells
        told = [column.name, *(shown(row[n], column.kind) for row in rows)]
        for number, (cell, words) in enumerate(zip(cells, told, strict=True)):
            cell.width = wide
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            if right(column):
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            run = paragraph.add_run(_clean(words))
            run.font.size, run.bold = size, number == 0
            if number == 0:
                _shade(cell)
    head = grid.rows[0]._tr.get_or_add_trPr()
    repeat = OxmlElement("w:tblHeader")
    repeat.set(qn("w:val"), "true")
    head.append(repeat)
    left = len(table.rows) - len(rows)
    note = table.note
    if left:
        more = _("%(number)s more rows are in the spreadsheet.") % {"number": i18n.number(left)}
        note = f"{note} {more}".strip()
    _text(made, Text(note, "small"))


def _shade(cell: Any) -> None:
    """A ground that sets the head of a table apart."""
    ground = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", "E8EFEE")):
        ground.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(ground)


def _picture(made: Written, image: bytes, size: Any, words: str, *, high: bool = False) -> None:
    """An image with the words that stand for it."""
    paragraph = made.add_paragraph()
    if high:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    held = io.BytesIO(image)
    drawn = paragraph.add_run().add_picture(
        held, width=None if high else size, height=size if high else None
    )
    named: Any = drawn._inline.docPr
    named.set("descr", _clean(words))


def _signature(made: Written, document: Document) -> None:
    head = document.letterhead
    if not document.signed or not (head.signs or head.signs_as):
        return
    place = ", ".join(filter(None, (head.place, i18n.day(document.day))))
    for n, line in enumerate((place, head.signs_as, "", "", "", head.signs)):
        paragraph = made.add_paragraph()
        paragraph.paragraph_format.left_indent = Cm(9)
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.paragraph_format.keep_with_next = n < 5
        paragraph.add_run(_clean(line)).bold = n == 5


def _footer(made: Written, document: Document) -> None:
    """The title and the number of the page."""
    paragraph = made.sections[0].footer.paragraphs[0]
    said = _("Page %(page)s of %(pages)s") % {"page": "\0PAGE\0", "pages": "\0NUMPAGES\0"}
    for n, words in enumerate(f"{_clean(document.title)} · {said}".split("\0")):
        if n % 2 == 0:
            paragraph.add_run(words).font.size = Pt(8.5)
        else:
            _field(paragraph, words)


def _field(paragraph: Paragraph, words: str) -> None:
    """What the program that shows it fills in."""
    for kind in ("begin", "", "separate", "1", "end"):
        run = paragraph.add_run("1" if kind == "1" else "")
        run.font.size = Pt(8.5)
        if kind == "1":
            continue
        part: Any = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = words
        run._r.append(part)


def _clean(words: str) -> str:
    """Without signs that the format cannot hold."""
    return "".join(each for each in words if each >= " " or each in "\t\n")
