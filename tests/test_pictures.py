"""Pages of documents as pictures: drawn within bounds, whatever the document holds."""

import struct
import threading

import pytest

from lrs import pictures
from lrs.pictures import Unseen, picture
from tests.pdfs import pdf

REPORT = pdf(["Laporan aktualisasi", "Nama: Sari"], ["Antrean lebih singkat", "(lampiran)"])


def test_a_page_comes_as_a_picture_with_its_text() -> None:
    seen = picture("report", REPORT, 2)
    assert seen.png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", seen.png[16:24])
    assert width == pictures.WIDTH
    assert height > width
    assert "Antrean lebih singkat" in seen.text
    assert seen.pages == 2


def test_a_page_of_text_is_light_and_a_coloured_one_keeps_its_colours() -> None:
    text = pdf([f"Penerapan hasil pelatihan di unit kerja, baris ke-{n}" for n in range(55)])
    grey, coloured = 0, 2
    seen = picture("text", text, 1)
    assert seen.png[25] == grey
    assert len(seen.png) < 40_000
    red = picture("red", text.replace(b"BT", b"1 0 0 rg BT"), 1)
    assert red.png[25] == coloured


def test_what_was_drawn_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = picture("kept", REPORT, 1)
    monkeypatch.setattr(pictures, "run", None)
    assert picture("kept", b"", 1) is first


def test_a_page_that_is_not_there_says_how_many_there_are() -> None:
    for number in (3, 4_000_000_000):
        with pytest.raises(Unseen) as unseen:
            picture("short", REPORT, number)
        assert (unseen.value.why, unseen.value.pages) == ("page", 2)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4\nnothing", b"<html>", REPORT[:300]])
def test_a_broken_document_says_so(content: bytes) -> None:
    with pytest.raises(Unseen) as unseen:
        picture(f"broken {len(content)}", content, 1)
    assert unseen.value.why.startswith("broken")


def test_a_page_as_large_as_a_wall_is_drawn_small() -> None:
    wall = REPORT.replace(b"[0 0 595 842]", b"[0 0 99 990000]")
    seen = picture("wall", wall, 1)
    width, height = struct.unpack(">II", seen.png[16:24])
    assert height <= pictures.HEIGHT
    assert width <= pictures.WIDTH


def test_who_comes_when_too_many_are_drawn_is_told_so_and_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "PATIENCE", 0)
    monkeypatch.setattr(pictures, "_few", threading.BoundedSemaphore(1))
    with pictures._few, pytest.raises(Unseen) as unseen:
        picture("busy", REPORT, 1)
    assert unseen.value.why == "busy"
    assert picture("busy", REPORT, 1).pages == 2
