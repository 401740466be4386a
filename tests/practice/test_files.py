"""Files that come as evidence: what is taken, and what is not, whatever its name says."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.practice import files

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
JPEG = b"\xff\xd8\xff\xe0" + bytes(64)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64)
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def packed(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            # A time of their own would make another test of it each time.
            entry = zipfile.ZipInfo(name.replace("__", "/"), (2026, 1, 1, 0, 0, 0))
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def docx(**more: bytes) -> bytes:
    return packed(**{"[Content_Types].xml": b"<Types/>", "word__document.xml": b"<w/>", **more})


def why(name: str, content: bytes, told: str = "", **more: object) -> str:
    problem = files.check(name, told, content, **more)  # type: ignore[arg-type]
    return "" if problem is None else problem.message


@pytest.mark.parametrize(
    ("name", "told", "content"),
    [
        ("laporan.pdf", "application/pdf", PDF),
        ("foto.jpg", "image/jpeg", JPEG),
        ("IMG-20260312-WA0001.png", "image/png", JPEG),  # messengers rename pictures
        ("surat.docx", DOCX_TYPE, docx()),
        ("surat.docx", "application/octet-stream", docx()),
        ("catatan.txt", "text/plain; charset=utf-8", "Sudah diterapkan – lancar.\n".encode()),
        ("daftar.csv", "application/vnd.ms-excel", b"nip;nama\n1;Sari\n"),
        ("tanpa ending", "", PDF),
    ],
)
def test_what_people_hand_in_is_taken(name: str, told: str, content: bytes) -> None:
    assert why(name, content, told) == ""


@pytest.mark.parametrize(
    ("name", "told", "content", "said"),
    [
        ("laporan.pdf", "application/pdf", b"MZ\x90\x00" + bytes(64), "Programs"),
        ("laporan.pdf", "application/pdf", b"\x7fELF" + bytes(64), "Programs"),
        ("laporan.pdf.exe", "application/pdf", PDF, "Programs"),
        ("jalankan.txt", "text/plain", b"#!/bin/sh\nrm -r x\n", "Programs"),
        ("gambar.svg", "image/svg+xml", b"<svg onload='x()'/>", "Programs"),
        ("gambar.png", "image/png", b"<?xml version='1.0'?><svg/>", "Web pages"),
        ("catatan.txt", "text/plain", b" <!-- a --> <script>x()</script>", "Web pages"),
        ("laporan.pdf", "application/pdf", b"<html>%PDF-1.7", "Web pages"),
        ("laporan.pdf", "application/pdf", JPEG, "said to be a PDF document, but is a JPEG"),
        ("foto.jpg", "image/jpeg", PDF, "but is a PDF document"),
        ("surat.docm", "", docx(), "macros"),
        ("surat.docx", DOCX_TYPE, docx(**{"word__vbaProject.bin": b"x"}), "macros"),
        ("surat.docx", DOCX_TYPE, docx(**{"word__embeddings__a.exe": b"x"}), "programs"),
        ("arsip.zip", "application/zip", packed(**{"a.pdf": PDF}), "Archives"),
        ("surat.docx", DOCX_TYPE, docx()[:40], "broken"),
        ("surat.docx", DOCX_TYPE, docx(**{"word__a.xml": bytes(2**25)}), "unpack"),
        ("surat.docx", "", OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
        (
            "surat.doc",
            "",
            OLE + "WordDocument _VBA_PROJECT".encode("utf-16-le"),
            "macros",
        ),
        ("kosong.pdf", "application/pdf", b"", "empty"),
        ("apa.bin", "", bytes(range(256)), "cannot be told"),
    ],
)
def test_what_may_do_harm_or_is_not_what_it_says_is_refused(
    name: str, told: str, content: bytes, said: str
) -> None:
    assert said in why(name, content, told)


def test_size_and_kinds_are_the_operators_choice() -> None:
    assert "at most 0.000954 MB" in why("a.pdf", PDF + bytes(2000), limit=1000)
    assert "It is a JPEG picture" in why("a.jpg", JPEG, allowed={"application/pdf"})


def test_a_pdf_that_asks_a_password_or_holds_scripts_is_flagged() -> None:
    assert files.flags(PDF) == ()
    locked = PDF.replace(b"trailer <<>>", b"trailer << /Encrypt 5 0 R >>")
    assert files.flags(locked) == ("encrypted",)
    assert files.flags(PDF.replace(b"<<>>\nendobj", b"<< /JS (x) >>\nendobj")) == ("scripts",)


def test_names_lose_folders_and_odd_signs() -> None:
    assert files.clean_name("../../etc/lapor\u202ean<1>.pdf") == "laporan1.pdf"
    assert files.clean_name("C:\\Users\\sari\\foto.jpg") == "foto.jpg"
    assert files.clean_name("...") == "berkas"
    assert len(files.clean_name("a" * 500 + ".pdf")) == 154


@given(st.binary(max_size=3000), st.sampled_from(["a.pdf", "a.docx", "a.txt", "a"]))
def test_whatever_comes_is_answered(content: bytes, name: str) -> None:
    for start in (b"", b"PK\x03\x04", b"%PDF-", OLE):
        files.check(name, "", start + content)
        files.flags(start + content)
