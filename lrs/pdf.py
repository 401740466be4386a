"""The text of a PDF document, page by page.

Reads what is written; a scan holds pictures only, and gives pages without text. Bounded in time,
memory, pages and text (`lrs/bounded.py`): PDF is a format in which a small file can ask for
anything.
"""

import io
import logging
from typing import Final

import pypdf
from pypdf.errors import PdfReadError

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
}


def _read(content: bytes) -> list[str]:
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
        except (PdfReadError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            text = ""  # one broken page leaves the others readable
        text = text[:left].encode("utf-8", "replace").decode("utf-8")
        left -= len(text)
        found.append(text)
    return found


if __name__ == "__main__":
    child(_read)
