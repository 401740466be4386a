"""Tables as people keep them."""

import io
import zipfile

import pytest

from lrs import spreadsheets
from lrs.errors import Refused
from tests.workbooks import xlsx


def rows(content: bytes, name: str = "list.csv") -> list[dict[str, str]]:
    return [dict(row.cells) for row in spreadsheets.read(content, name).rows]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_list_is_read_whatever_its_separator_and_encoding(separator: str, encoding: str) -> None:
    text = separator.join(["nama", "unit"]) + "\r\n" + separator.join(["Renée", "Dinas"]) + "\r\n"
    assert rows(text.encode(encoding)) == [{"nama": "Renée", "unit": "Dinas"}]


def test_rows_are_counted_as_the_spreadsheet_counts_them() -> None:
    sheet = spreadsheets.read(b"\nnama\n\nSari\n", "list.csv")
    assert [(row.number, row.cells["nama"]) for row in sheet.rows] == [(4, "Sari")]


def test_an_empty_file_and_a_heading_twice_are_told() -> None:
    with pytest.raises(Refused, match="is empty"):
        spreadsheets.read(b"", "list.csv")
    with pytest.raises(Refused, match="Two columns are called nama"):
        spreadsheets.read(b"nama,nama\n", "list.csv")


def test_a_picture_is_no_list() -> None:
    with pytest.raises(Refused, match="no text"):
        spreadsheets.read(b"\x89PNG\0\0", "list.csv")
    with pytest.raises(Refused, match="cannot be read as a spreadsheet"):
        spreadsheets.read(b"\x89PNG\0\0", "list.xlsx")


def test_a_number_that_lost_its_last_digits_is_refused_not_guessed() -> None:
    sheet = spreadsheets.read(
        workbook("<c r='A2'><v>199001012015011001</v></c><c r='B2'><v>46023</v></c>"), "list.xlsx"
    )
    (row,) = sheet.rows
    assert "nip" not in row.cells
    assert "Format the column as text" in row.problems[0].message
    assert row.problems[0].path == "row 2, nip"
    assert row.cells["mulai"] == "46023"


def test_text_of_a_workbook_is_read_as_written() -> None:
    cell = "<c r='A2' t='inlineStr'><is><t>199001012015011001</t></is></c>"
    assert (
        spreadsheets.read(workbook(cell), "LIST.XLSX").rows[0].cells["nip"] == "199001012015011001"
    )


def workbook(cells: str) -> bytes:
    """The least workbook there is: headings nip and mulai, and one row."""
    heading = "".join(
        f"<c r='{at}1' t='inlineStr'><is><t>{text}</t></is></c>"
        for at, text in (("A", "nip"), ("B", "mulai"))
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f"<Types xmlns='{package}/content-types'>"
        "<Default Extension='xml' ContentType='application/xml'/></Types>",
        "_rels/.rels": f"<Relationships xmlns='{package}/relationships'><Relationship Id='r1'"
        f" Type='{office}/officeDocument' Target='xl/workbook.xml'/></Relationships>",
        "xl/workbook.xml": f"<workbook xmlns='{main}' xmlns:r='{office}'><sheets>"
        "<sheet name='a' sheetId='1' r:id='r1'/></sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships xmlns='{package}/relationships'>"
        f"<Relationship Id='r1' Type='{office}/worksheet' Target='worksheets/s.xml'/>"
        "</Relationships>",
        "xl/worksheets/s.xml": f"<worksheet xmlns='{main}'><sheetData><row r='1'>{heading}</row>"
        f"<row r='2'>{cells}</row></sheetData></worksheet>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def test_two_cells_far_apart_do_not_take_all_memory() -> None:
    far = "<c r='XFD1048576' t='inlineStr'><is><t>x</t></is></c>"
    with pytest.raises(Refused, match="cannot be read as a spreadsheet"):
        spreadsheets.read(workbook(f"</row><row r='1048576'>{far}"), "list.xlsx")


def test_headings_are_found_below_a_title_where_they_are_known() -> None:
    text = "DAFTAR PEGAWAI, TAHUN 2026\n\nNo;N I P;Ket\n1;7;a\n"
    sheet = spreadsheets.read(text.encode(), "list.csv", {"n i p", "ket", "nama"})
    assert sheet.headings == ("No", "N I P", "Ket")
    assert [(row.number, row.cells["N I P"]) for row in sheet.rows] == [(4, "7")]


def test_columns_called_alike_are_numbered_where_a_list_is_anybodys() -> None:
    sheet = spreadsheets.read(b"nip,ket,ket\n7,a,b\n", "list.csv", {"nip", "ket"})
    assert sheet.headings == ("nip", "ket", "ket (2)")


def test_a_heading_is_known_by_its_beginning_unless_it_is_about_another() -> None:
    words = {"number": ("nip",), "name": ("nama",), "date": ("tanggal",)}
    headings = ["NIP Atasan", "N.I.P", "Nama (gelar)", "NIP  Peserta", "Tanggal lahir"]
    found = spreadsheets.mapping(headings, words, {"atasan", "lahir"})
    assert found == {"number": "NIP  Peserta", "name": "Nama (gelar)"}


def test_of_several_sheets_with_lists_the_others_are_named_and_can_be_read() -> None:
    content = xlsx(
        {
            "Sampul": [["Laporan"]],
            "XI": [["NIP", "Nama"], ["1", "Sari"]],
            "XII": [["NIP", "Nama"], ["2", "Budi"]],
        }
    )
    known = {"nip", "nama"}
    first = spreadsheets.read(content, "a.xlsx", known)
    assert (first.rows[0].cells["NIP"], first.others) == ("1", ("XII",))
    second = spreadsheets.read(content, "a.xlsx", known, "XII")
    assert (second.rows[0].cells["NIP"], second.others) == ("2", ())
    with pytest.raises(Refused, match="There is no sheet X; there are: Sampul, XI, XII"):
        spreadsheets.read(content, "a.xlsx", known, "X")
