"""What lets the pages behind signed links work without a line: a style, a script, a service worker.

The worker reaches no further than `/f/`. It shows a page that was opened before, and what was
filled in waits on the device (`static/outbox.js`) until it is sent. Pages say in headers for how
long a device may keep them, and whether something on them waits for an answer.
"""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, request

ROOM = Blueprint("offline", __name__)

_FOLDER: Final = Path(__file__).parent / "static"

#: What is sent as one file, in this order.
_BUNDLES: Final = {
    "forms.css": ("colours.css", "forms.css"),
    "forms.js": ("outbox.js", "offline.js"),
    "worker.js": ("outbox.js", "worker.js"),
    "jejak.svg": ("jejak.svg",),
}
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

#: In every answer of these pages, so that a device can tell it from that of somebody between.
MARK: Final = "Jejak-Page"
KEEP: Final = "Jejak-Keep-For"
WAITS: Final = "waits"

_PACK_FROM: Final = 1024


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    kind: str
    version: str


@cache
def _file(name: str) -> _File:
    content = b"\n".join((_FOLDER / part).read_bytes() for part in _BUNDLES[name])
    version = blake2b(content, digest_size=6).hexdigest()
    return _File(content, _TYPES[name.rpartition(".")[2]], version)


def style() -> str:
    """The style, to be put into a page for printing."""
    return _file("forms.css").content.decode()


def address(name: str) -> str:
    """Where a file is; another address once it changes."""
    return f"/f/assets/{name}?v={_file(name).version}"


@ROOM.get("/assets/forms.css")
@ROOM.get("/assets/forms.js")
@ROOM.get("/assets/jejak.svg")
def asset() -> Response:
    """A file of these pages."""
    found = _file(request.path.rpartition("/")[2])
    answer = Response(found.content, content_type=found.kind)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@ROOM.get("/worker.js")
def worker() -> Response:
    """The service worker. Served from `/f/`, it cannot reach the other pages."""
    found = _file("worker.js")
    answer = Response(found.content, content_type=found.kind)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def mark(answer: Response, lasts: int, *, waits: bool) -> Response:
    """Let a device keep a page for so many seconds; `waits`: something on it is to be answered."""
    answer.headers[KEEP] = str(lasts)
    answer.headers[MARK] = WAITS if waits else "done"
    return answer


def packed(answer: Response) -> Response:
    """Gzipped for who takes that. There is no secret in these pages but their address."""
    if (
        not answer.direct_passthrough
        and "Content-Encoding" not in answer.headers
        and (answer.content_type or "").startswith("text/")
        and request.accept_encodings["gzip"] > 0
    ):
        body = answer.get_data()
        if len(body) >= _PACK_FROM:
            answer.set_data(gzip.compress(body, 6, mtime=0))
            answer.headers["Content-Encoding"] = "gzip"
            answer.headers.add("Vary", "Accept-Encoding")
    return answer
