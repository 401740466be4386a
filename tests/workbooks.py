"""Workbooks for tests, as office programs write them: XLSX with real dates, and ODS."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from xml.sax.saxutils import escape

Cell = str | int | float | date | None
Rows = Sequence[Sequence[Cell]]

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def xlsx(sheets: Mapping[str, Rows], merged: Sequence[str] = ()) -> bytes:
    """A workbook of these sheets; `merged` are cells of each that are one, as `A1:E1`."""
    names = list(sheets)
    listed = "".join(
        f"<sheet name='{name}' sheetId='{n}' r:id='r{n}'/>" for n, name in enumerate(names, 1)
    )
    related = "".join(
        f"<Relationship Id='r{n}' Type='{_OFFICE}/worksheet' Target='worksheets/s{n}.xml'/>"
        for n in range(1, len(names) + 1)
    )
    parts = {
        "[Content_Types].xml": f"<Types xmlns='{_PACKAGE}/content-types'>"
        "<Default Extension='xml' ContentType='application/xml'/></Types>",
        "_rels/.rels": f"<Relationships xmlns='{_PACKAGE}/relationships'><Relationship Id='r1'"
        f" Type='{_OFFICE}/officeDocument' Target='xl/workbook.xml'/></Relationships>",
        "xl/workbook.xml": f"<workbook xmlns='{_MAIN}' xmlns:r='{_OFFICE}'><sheets>{listed}"
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships xmlns='{_PACKAGE}/relationships'>{related}"
        f"<Relationship Id='st' Type='{_OFFICE}/styles' Target='styles.xml'/></Relationships>",
        # The second format is a day.
        "xl/styles.xml": f"<styleSheet xmlns='{_MAIN}'><cellXfs count='2'><xf numFmtId='0'/>"
        "<xf numFmtId='14' applyNumberFormat='1'/></cellXfs></styleSheet>",
    }
    joined = "".join(f"<mergeCell ref='{each}'/>" for each in merged)
    for n, name in enumerate(names, 1):
        rows = "".join(
            f"<row r='{r}'>"
            + "".join(_xlsx(f"{chr(65 + c)}{r}", cell) for c, cell in enumerate(row))
            + "</row>"
            for r, row in enumerate(sheets[name], 1)
        )
        parts[f"xl/worksheets/s{n}.xml"] = (
            f"<worksheet xmlns='{_MAIN}'><sheetData>{rows}</sheetData>"
            + (f"<mergeCells>{joined}</mergeCells>" if joined else "")
            + "</worksheet>"
        )
    return _packed(parts)


def _xlsx(place: str, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return f"<c r='{place}' s='1'><v>{(cell - date(1899, 12, 30)).days}</v></c>"
    if isinstance(cell, (int, float)):
        return f"<c r='{place}'><v>{cell}</v></c>"
    return f"<c r='{place}' t='inlineStr'><is><t>{escape(cell)}</t></is></c>"


def ods(rows: Rows) -> bytes:
    """An OpenDocument spreadsheet of one sheet."""
    names = "".join(
        f" xmlns:{word}='urn:oasis:names:tc:opendocument:xmlns:{word}:1.0'"
        for word in ("office", "table", "text")
    )
    body = "".join(f"<table:table-row>{''.join(map(_ods, row))}</table:table-row>" for row in rows)
    content = (
        f"<office:document-content{names}><office:body><office:spreadsheet>"
        f"<table:table table:name='Peserta'>{body}</table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    listed = f"<m:manifest xmlns:m='{manifest}'><m:file-entry m:full-path='/'/></m:manifest>"
    return _packed({"mimetype": kind, "META-INF/manifest.xml": listed, "content.xml": content})


def _ods(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, date):
        return f"<table:table-cell office:value-type='date' office:date-value='{cell}'/>"
    if isinstance(cell, (int, float)):
        return f"<table:table-cell office:value-type='float' office:value='{cell}'/>"
    return (
        f"<table:table-cell office:value-type='string'><text:p>{escape(cell)}</text:p>"
        "</table:table-cell>"
    )


def _packed(parts: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            plain = zipfile.ZIP_STORED if name == "mimetype" else None
            archive.writestr(name, text, plain)
    return out.getvalue()
