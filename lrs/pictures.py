"""A page of a PDF document as a picture, with its text and how many pages there are.

Drawn in a child with bounds (`lrs/bounded.py`): a browser's own viewer would run what a stranger's
document holds in the reader's session, or, in a sandbox, show nothing at all. What was drawn last
is kept in memory, since a reviewer looks at a page again and again.
"""

import struct
import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import msgspec

from lrs.bounded import Failed, child, run

#: How wide a page is drawn, in dots, and how high at most; a longer one is drawn smaller.
WIDTH: Final = 1000
HEIGHT: Final = 3000

#: Signs of text that go with a page, and seconds it may take.
SIGNS: Final = 20_000
SECONDS: Final = 15

#: Seconds that a request waits for its turn: no longer, since others need its thread.
PATIENCE: Final = 5

#: Bytes of pictures kept in memory.
KEPT: Final = 24 * 2**20

_HEAD = struct.Struct(">I")


class Picture(msgspec.Struct, frozen=True):
    """A page: the picture as PNG, the text that stands on it, of how many pages it is one."""

    png: bytes
    text: str
    pages: int


@dataclass(frozen=True, slots=True)
class Unseen(Exception):
    """There is no picture; `why` is `time`, `memory`, `encrypted`, `page` (no such page), `busy`
    (too many are being drawn), or what the child said of a broken file. `pages`: how many there
    are, where that is known."""

    why: str
    pages: int | None = None


_kept: OrderedDict[tuple[str, int], Picture] = OrderedDict()
_pages: dict[str, int] = {}
_lock = threading.Lock()
#: Drawing is for few at a time: each child may take a core and a lot of memory.
_few = threading.BoundedSemaphore(2)


def picture(name: str, content: bytes, page: int, *, seconds: int = SECONDS) -> Picture:
    """A page of a document, the first is 1; `name` is its content's digest. Raises `Unseen`."""
    with _lock:
        found = _kept.get((name, page))
        if found is not None:
            _kept.move_to_end((name, page))
            return found
        pages = _pages.get(name)
    if page < 1 or (pages is not None and page > pages):
        raise Unseen("page", pages)
    if not _few.acquire(timeout=PATIENCE):
        raise Unseen("busy", pages)
    try:
        told = run(__name__, _HEAD.pack(page) + content, seconds=seconds)
    except Failed as failed:
        raise Unseen(failed.why) from failed
    finally:
        _few.release()
    drawn = msgspec.convert(told, type=Picture)
    with _lock:
        _pages[name] = drawn.pages
        while len(_pages) > 10_000:
            _pages.pop(next(iter(_pages)))
        if drawn.png:
            _kept[name, page] = drawn
        while sum(len(each.png) for each in _kept.values()) > KEPT:
            _kept.popitem(last=False)
    if not drawn.png:
        raise Unseen("page", drawn.pages)
    return drawn


# In the child -------------------------------------------------------------------------------


def _draw(given: bytes) -> Picture:
    import pypdfium2

    (page,) = _HEAD.unpack(given[: _HEAD.size])
    try:
        document = pypdfium2.PdfDocument(given[_HEAD.size :])
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).casefold() or "security" in str(error).casefold()
        raise Failed("encrypted" if locked else "broken") from None
    pages = len(document)
    if page > pages:
        return Picture(b"", "", pages)
    leaf = document[page - 1]
    width, height = leaf.get_size()
    scale = min(WIDTH / max(width, 1), HEIGHT / max(height, 1))
    drawn = leaf.render(scale=scale, rev_byteorder=True, may_draw_forms=False)
    text = leaf.get_textpage().get_text_bounded()[:SIGNS]
    text = text.encode("utf-8", "replace").decode("utf-8")
    return Picture(_png(drawn), text, pages)


def _png(bitmap: object) -> bytes:
    """A bitmap of three or four bytes a dot as PNG; of one byte where nothing is coloured: a
    page of text then weighs half, and a full one a tenth."""
    width, height, stride, n = (
        int(getattr(bitmap, each)) for each in ("width", "height", "stride", "n_channels")
    )
    dots = bytes(getattr(bitmap, "buffer"))  # noqa: B009
    lines = [dots[at * stride : at * stride + width * n] for at in range(height)]
    if n == 3 and all(line[0::3] == line[1::3] == line[2::3] for line in lines):
        lines, n = [line[0::3] for line in lines], 1
    kind = {1: 0, 3: 2, 4: 6}[n]
    rows = b"".join(b"\0" + line for line in lines)
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(*each)
        for each in ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


if __name__ == "__main__":
    child(_draw)
