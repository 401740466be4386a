"""The text of a PDF document, page by page; and some of its pages as a document of their own.

Reads what is written; a scan holds pictures only, and gives pages without text. Bounded in time,
memory, pages and text (`lrs/bounded.py`): PDF is a format in which a small file can ask for
anything. The parser is loaded in the child alone: it takes 20 MB.
"""

import base64
import io
import logging
import struct
from typing import Final

from lrs.bounded import Failed, child, run
from lrs.errors import Problem, Refused

#: So many pages are read at most, and so many signs.
PAGES: Final = 400
SIGNS: Final = 2_000_000

SECONDS: Final = 30


def pages(content: bytes, name: str, *, seconds: int = SECONDS) -> tuple[str, ...]:
    """The text of each page. Refused, with what to do: locked, broken, or endless."""
    try:
        found = run(__name__, content, seconds=seconds)
    except Failed as failed:
        raise Refused(Problem(name, _SAID.get(failed.why, _BROKEN))) from failed
    return tuple(found)


_BROKEN = "The file cannot be read as PDF; save or print it to PDF again."
_SAID = {
    "encrypted": "The PDF is locked with a password; save it without one.",
    "time": "Reading the PDF took too long, so it was left; print it to PDF again.",
    "memory": "Reading the PDF took too much memory, so it was left; print it to PDF again.",
    "page": "The PDF has no such page.",
}


def part(content: bytes, name: str, first: int, last: int, *, seconds: int = SECONDS) -> bytes:
    """The pages from `first` to `last` (the first of all is 1) as a document of their own: who may
    see one sheet of many need not see the others. Refused as `pages` does, and where there is no
    such page."""
    try:
        found = run(__name__, _PART.pack(first, last) + content, seconds=seconds)
    except Failed as failed:
        raise Refused(Problem(name, _SAID.get(failed.why, _BROKEN))) from failed
    return base64.b64decode(found[0])


#: What goes before the content where a part of it is asked for; no PDF begins so.
_PART = struct.Struct(">4xII")


def _work(given: bytes) -> list[str]:
    if given.startswith(bytes(4)):
        return [base64.b64encode(_part(given)).decode()]
    return _read(given)


def _part(given: bytes) -> bytes:
    import pypdf

    logging.disable()
    first, last = _PART.unpack(given[: _PART.size])
    reader = pypdf.PdfReader(io.BytesIO(given[_PART.size :]), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Failed("encrypted")
    if not 1 <= first <= last <= len(reader.pages):
        raise Failed("page")
    writer = pypdf.PdfWriter()
    for number in range(first, last + 1):
        writer.add_page(reader.pages[number - 1])
    held = io.BytesIO()
    writer.write(held)
    return held.getvalue()


def _read(content: bytes) -> list[str]:
    import pypdf

    logging.disable()
    reader = pypdf.PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Failed("encrypted")
    found: list[str] = []
    left = SIGNS
    for number, page in enumerate(reader.pages):
        if number == PAGES or left <= 0:
            break
        try:
            text = page.extract_text(extraction_mode="layout", layout_mode_space_vertically=False)
            if not text.strip():  # what stands on its side has no layout
                text = page.extract_text()
        except (
            pypdf.errors.PdfReadError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            IndexError,
        ):
            text = ""  # one broken page leaves the others readable
        text = text[:left].encode("utf-8", "replace").decode("utf-8")
        left -= len(text)
        found.append(text)
    return found


if __name__ == "__main__":
    child(_work)
