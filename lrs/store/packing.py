"""How the bytes of a statement are kept: packed, since much of any is in every other.

Zstandard with a dictionary of what is common to xAPI statements (RFC 8878, 5). A packed statement
is a frame that names its dictionary, and takes an eighth of its bytes or less; one that begins
with `{` stands as it came, from a time when they were kept so. What was measured:
docs/decisions/0017. `python -m tests.train_dictionary` makes a dictionary; one that was in use
must stay for good, beside any later one, since nothing is read without it.
"""

import threading
from pathlib import Path
from typing import Final

from zstandard import ZstdCompressionDict, ZstdCompressor, ZstdDecompressor

_LEVEL: Final = 3

_FIRST: Final = Path(__file__).with_name("dictionary_1.zdict")
_DICTIONARY: Final = ZstdCompressionDict(_FIRST.read_bytes())
_DICTIONARY.precompute_compress(level=_LEVEL)


class _Contexts(threading.local):
    """What a thread packs and unpacks with; none may be used by two at once."""

    def __init__(self) -> None:
        self.pack = ZstdCompressor(level=_LEVEL, dict_data=_DICTIONARY).compress
        self.unpack = ZstdDecompressor(dict_data=_DICTIONARY).decompress


_contexts = _Contexts()


def pack(body: bytes) -> bytes:
    """The bytes to be kept of a statement; of nothing, nothing."""
    return _contexts.pack(body) if body else body


def unpack(kept: bytes) -> bytes:
    """The statement of which these bytes are kept; nothing of one that was erased.

    Raises `zstandard.ZstdError` for bytes that `pack` never gave.
    """
    return kept if not kept or kept.startswith(b"{") else _contexts.unpack(kept)
