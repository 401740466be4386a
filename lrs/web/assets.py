"""What browsers load once and keep: one stylesheet, one script, a few images, each under its hash.

The address of a file names its contents, so it may be kept for ever and is new when they are. All
are read, joined and packed when the process starts; nothing is looked up on disk afterwards.
"""

import gzip
import mimetypes
import re
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from flask import Response, request

HERE: Final = Path(__file__).parent / "static"

#: What is joined into one file, in this order; vendored files are as their makers published them.
BUNDLES: Final = {
    "jejak.css": ("vendor/pico-2.1.1.min.css", "colours.css", "jejak.css", "papers.css"),
    "jejak.js": ("vendor/htmx-2.0.11.min.js", "jejak.js"),
    "review.js": ("review.js",),
    "keying.js": ("keying.js",),
}

FOREVER: Final = "public, max-age=31536000, immutable"

_PACKED: Final = ("text/", "application/javascript", "image/svg")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; `packed` is the same gzipped, where that is smaller."""

    content_type: str
    plain: bytes
    packed: bytes | None


class Assets:
    """All of them, by the name that carries the hash."""

    def __init__(self, folder: Path = HERE) -> None:
        self._names: dict[str, str] = {}
        self._found: dict[str, Asset] = {}
        for path in sorted(folder.glob("*.svg")):
            self._add(path.name, path.read_bytes())
        for name, parts in BUNDLES.items():
            joined = b"\n".join((folder / part).read_bytes() for part in parts)
            self._add(name, self._with_names(joined) if name.endswith(".css") else joined)

    def _add(self, name: str, content: bytes) -> None:
        stem, _, kind = name.rpartition(".")
        hashed = f"{stem}.{blake2b(content, digest_size=6).hexdigest()}.{kind}"
        content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if content_type == "text/javascript" or content_type.startswith("text/"):
            content_type += "; charset=utf-8"
        packed = gzip.compress(content, 9, mtime=0) if content_type.startswith(_PACKED) else None
        self._names[name] = hashed
        self._found[hashed] = Asset(content_type, content, packed)

    def _with_names(self, css: bytes) -> bytes:
        """Our stylesheet names images as they are called on disk."""

        def name(match: re.Match[bytes]) -> bytes:
            return b'url("' + self._names[match[1].decode()].encode() + b'")'

        return re.sub(rb'url\("([a-z-]+\.svg)"\)', name, css)

    def name(self, name: str) -> str:
        """The name under which a file is served. KeyError: there is none such."""
        return self._names[name]

    def answer(self, hashed: str) -> Response | None:
        """The file, gzipped for who takes that; None where there is none of that name."""
        asset = self._found.get(hashed)
        if asset is None:
            return None
        takes = request.accept_encodings["gzip"] > 0
        if asset.packed is not None and takes:
            answer = Response(asset.packed, content_type=asset.content_type)
            answer.headers["Content-Encoding"] = "gzip"
        else:
            answer = Response(asset.plain, content_type=asset.content_type)
        answer.headers["Cache-Control"] = FOREVER
        answer.headers["Vary"] = "Accept-Encoding"
        return answer
