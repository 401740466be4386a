"""Text out of PDF documents, also out of those made to do harm."""

import contextlib
import time
import zlib
from pathlib import Path

import pytest

from lrs import bounded, pdf
from lrs.errors import Refused
from tests.pdfs import assembled
from tests.pdfs import pdf as document


def test_text_comes_page_by_page_as_it_stands_on_the_page() -> None:
    first, second = pdf.pages(document(["Nama : Sari"], ["Coach,|Mentor,"]), "a.pdf")
    assert first.split() == ["Nama", ":", "Sari"]
    assert second.index("Mentor") - second.index("Coach") > 20


def test_a_scan_has_pages_and_no_text() -> None:
    assert [page.strip() for page in pdf.pages(document([], []), "a.pdf")] == ["", ""]


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4\n", b"no pdf at all", document(["a"])[:200]])
def test_what_is_broken_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(Refused, match="cannot be read as PDF"):
        pdf.pages(content, "a.pdf")


def test_a_locked_one_is_told_apart() -> None:
    lock = "/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{0}> /U <{0}> >> /ID [<{1}> <{1}>]"
    content = document(["rahasia"], trailer=lock.format("41" * 32, "42" * 16))
    with pytest.raises(Refused, match="locked with a password"):
        pdf.pages(content, "a.pdf")


def test_one_that_unpacks_to_gigabytes_is_left() -> None:
    packed = zlib.compress(zlib.compress(bytes(1 << 30), 1), 9).decode("latin-1")
    stream = f"<< /Length {len(packed)} /Filter [/FlateDecode /FlateDecode] >>\nstream\n{packed}"
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 3 0 R >>"
    objects = ["<< /Pages 2 0 R >>", "<< /Kids [4 0 R] /Count 1 >>", f"{stream}\nendstream", page]
    began = time.monotonic()
    with contextlib.suppress(Refused):  # pypdf has bounds of its own: the page is left empty
        assert pdf.pages(assembled(objects), "a.pdf") == ("",)
    assert time.monotonic() - began < 60


def test_pages_that_lead_back_to_themselves_end() -> None:
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R] /Count 9 >>"]
    with contextlib.suppress(Refused):
        assert pdf.pages(assembled(objects), "a.pdf", seconds=5) == ()


@pytest.fixture
def our_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children find modules of the tests, too."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))


@pytest.mark.usefixtures("our_children")
def test_work_without_end_is_stopped() -> None:
    with pytest.raises(bounded.Failed) as failed:
        bounded.run("tests.endless", b"loop", seconds=1)
    assert failed.value.why == "time"
    with pytest.raises(bounded.Failed) as failed:
        bounded.run("tests.endless", b"grow", seconds=10, memory=1 << 28)
    assert failed.value.why == "memory"


@pytest.mark.usefixtures("our_children")
def test_the_child_has_none_of_our_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEJAK_DATABASE_URL", "postgresql://user:secret@host/jejak")
    assert "JEJAK_DATABASE_URL" not in bounded.run("tests.endless", b"environ")
