"""A paper says the same as PDF, as DOCX, and in spreadsheets, and is safe to open."""

import csv
import io
import re
import zipfile
from datetime import date
from xml.etree import ElementTree

import docx
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs import i18n
from lrs.agency import Letterhead
from lrs.papers import charts, pdf, sheets, word
from lrs.papers.charts import Axis, Band, Bar
from lrs.papers.document import (
    DAY,
    NUMBER,
    SHARE,
    Blank,
    Bullets,
    Document,
    Facts,
    Heading,
    NewPage,
    Picture,
    Table,
    Text,
    columns,
    stem,
)

BARS = charts.bars(
    "steps",
    "From invitation to practice",
    "Two steps.",
    [Bar("Invited & <b>asked</b>", 1, 1, "12"), Bar("Applied", 0.25, 0.75, "3–9")],
    ("Known", "Not known"),
)
CURVE = charts.steps(
    "curve",
    "How long until applied",
    "Half after 94 days.",
    line=[(10, 0.1), (94, 0.5)],
    second=[(45, 0.3)],
    band=[Band(45, 0.2, 0.4), Band(120, 0.4, 0.7)],
    at_risk=[(0, 100), (60, 70)],
    median=94,
    words=Axis("days", "at risk", "applied", "by stage", "between", "half: day 94"),
)
TABLE = Table(
    caption="Results: by behaviour?",
    columns=columns("Behaviour", ("k", NUMBER), ("Share", SHARE), ("Since", DAY)),
    rows=(
        ("=HYPERLINK(1)", 3, 0.25, date(2026, 2, 13)),
        ("#strong[not markup] *at all* $x$", None, None, None),
    ),
    note="Census.",
)
PAPER = Document(
    name="evaluation",
    title="Post-training evaluation: \\ #report",
    subtitle="Angkatan I",
    facts=(("As of", "27 November 2026"),),
    blocks=(
        Heading("1. Background"),
        Text("Plain words."),
        Text("Set apart.", "note"),
        Text("Said so.", "quote"),
        Heading("A section", 2),
        Bullets(("one", "two")),
        Bullets(("first",), numbered=True),
        Facts((("Unit", ""),)),
        Picture(BARS, TABLE),
        NewPage(),
        Picture(CURVE, None),
        TABLE,
        Blank("What helped?", 2),
    ),
    letterhead=Letterhead(
        name="Badan Diklat",
        above="Kementerian Contoh",
        address="Jalan Contoh 1",
        signs_as="Kepala",
        signs="Dr. Siti",
        place="Jakarta",
    ),
    day=date(2026, 11, 27),
    signed=True,
)


@pytest.fixture(autouse=True)
def _english() -> object:
    with i18n.speaking("en"):
        yield


def test_a_pdf_is_tagged_titled_and_says_all_that_the_paper_says() -> None:
    made = pypdf.PdfReader(io.BytesIO(pdf.render(PAPER)))
    assert made.metadata is not None
    assert made.metadata.title == PAPER.title
    root = made.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    text = " ".join(page.extract_text() for page in made.pages)
    for words in (
        *("BADAN DIKLAT", "Jalan Contoh 1", "1. Background", "Set apart.", "What helped?"),
        *("#strong[not markup] *at all* $x$", "=HYPERLINK(1)", "25%", "13 Feb 2026"),
        *("Jakarta, 27 November 2026", "Dr. Siti", "Page 1 of"),
    ):
        assert words in " ".join(text.split()), words


def test_the_same_paper_gives_the_same_pdf() -> None:
    assert pdf.render(PAPER) == pdf.render(PAPER)


def test_every_font_is_in_the_pdf() -> None:
    made = pypdf.PdfReader(io.BytesIO(pdf.render(PAPER)))
    fonts = [f.get_object() for page in made.pages for f in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        below = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert "/FontFile3" in below or "/FontFile2" in below


def test_a_document_to_write_on_in_has_headings_tables_and_words_for_its_charts() -> None:
    made = docx.Document(io.BytesIO(word.render(PAPER)))
    assert [p.text for p in made.paragraphs if p.style.name == "Heading 1"] == ["1. Background"]
    assert made.core_properties.title == PAPER.title
    cells = [cell.text for row in made.tables[0].rows for cell in row.cells]
    assert cells[:4] == ["Behaviour", "k", "Share", "Since"]
    assert "=HYPERLINK(1)" in cells
    assert "25%" in cells
    body = made.element.xml
    assert 'descr="How long until applied. Half after 94 days."' in body
    assert "w:tblHeader" in body


def test_a_workbook_holds_numbers_as_numbers_and_no_formula() -> None:
    held = zipfile.ZipFile(io.BytesIO(sheets.workbook(PAPER)))
    names = [name for name in held.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(names) == 3  # what it is, the table behind the chart, the table
    for name in names:
        xml = held.read(name).decode()
        assert "<f>" not in xml
    assert "<v>0.25</v>" in held.read("xl/worksheets/sheet2.xml").decode()


def test_a_cell_of_csv_is_never_a_formula() -> None:
    made = sheets.table(TABLE).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(made)))
    assert rows[0] == ["Behaviour", "k", "Share", "Since"]
    assert rows[1] == ["'=HYPERLINK(1)", "3", "0.25", "2026-02-13"]
    assert rows[2][1:] == ["", "", ""]


@given(st.text(max_size=20))
def test_whatever_is_in_a_cell_a_spreadsheet_takes_it_for_text(text: str) -> None:
    assert not re.match(r"[\s\u200b\ufeff]*[=+\-@]", sheets.safe(text))


@pytest.mark.parametrize("chart", [BARS, CURVE], ids=["bars", "steps"])
@pytest.mark.parametrize("printed", [False, True])
def test_a_chart_is_one_image_with_a_name_and_words(chart: charts.Chart, printed: bool) -> None:
    root = ElementTree.fromstring(chart.svg(printed=printed))
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    told = {each.get("id"): each.text for each in (root[0], root[1])}
    assert [told[id] for id in root.get("aria-labelledby", "").split()] == [
        chart.title,
        chart.about,
    ]
    # On a page the policy forbids styles in it; in a paper it brings its own.
    assert (root.find(f"{space}style") is not None) is printed
    assert not any("style" in each.attrib for each in root.iter())


def test_a_chart_tells_by_form_what_colour_tells() -> None:
    svg = BARS.svg()
    assert "Invited &amp; &lt;b&gt;asked&lt;/b&gt;" in svg
    assert svg.count('fill="url(#steps-hatch)"') == 2  # what is open, and its legend
    assert "stroke-dasharray" in CURVE.svg(printed=True)


def test_a_curve_goes_no_further_than_anybody_was_seen() -> None:
    path = re.findall(r'c-line" d="([^"]+)"', CURVE.svg())[0]
    last = float(path.rsplit("L", 1)[1].split()[0])
    assert last == pytest.approx(36 + (360 - 50) * 94 / 120, abs=0.2)


def test_a_name_of_a_file_holds_nothing_odd() -> None:
    assert (
        stem("evaluation", "Angkatan I/../x", "2026-11-27") == "evaluation-angkatan-i-x-2026-11-27"
    )
