"""Documents of the State and Profile resources: their ETag, and the merge of a POST.

A merge splices bytes. Reading both documents into objects and writing them out again would turn
1.0 into 1, a forty-digit number into a float and an escaped letter into a plain one, in members
that nobody touched (xAPI 1.0.3, Communication 2.2 and 3.1).
"""

import json
import re
from collections.abc import Callable
from hashlib import sha1
from typing import Any, NoReturn

from lrs.errors import Problem, Refused

CLAUSE = "Communication 2.2"

_space = re.compile(r"[ \t\n\r]*")
_half_pair = re.compile(r"\\u[dD][89a-fA-F]")
_entity_tag = re.compile(r'[\s,]*(?:(?:W/)?"([^"]*)"|([^\s,"]+))\s*(?:,|$)')


def etag(content: bytes) -> str:
    """The entity tag of a document: the SHA-1 of its bytes in hexadecimal, in quotes.

    SHA-1 because 1.0.3 names it (Communication 3.1); it guards against a lost update, not
    against forgery.
    """
    return f'"{sha1(content, usedforsecurity=False).hexdigest()}"'


def matches(header: str, etag: str | None) -> bool:
    """Whether an If-Match or If-None-Match header names this entity tag.

    `etag` is None where no document exists: then nothing matches, not even `*`. Weak tags
    compare by what they hold, since a proxy that compresses weakens ours on the way; so do tags
    without their quotes, which many senders leave off.
    """
    if etag is None:
        return False
    if header.strip() == "*":
        return True
    held, position = etag.removeprefix("W/").strip('"'), 0
    while position < len(header) and (found := _entity_tag.match(header, position)):
        if held == (found[2] if found[1] is None else found[1]):
            return True
        position = found.end()
    return False


def merge(old: bytes, new: bytes) -> bytes:
    """The old document with every top-level member of the new one set, in the old order.

    Members that only the new one has come last, in its order. Values keep the bytes of the
    document they came from; a name that both have keeps its old spelling. Raises Refused where
    either is not a JSON object, or is one that two readers could understand differently.
    """
    members = _members(old, "the document already stored")
    for name, (spelling, value) in _members(new, "the document sent").items():
        members[name] = (members[name][0] if name in members else spelling, value)
    return b"{" + b",".join(b":".join(member) for member in members.values()) + b"}"


def strict_reader(number: Callable[[str], Any] = str) -> json.JSONDecoder:
    """A reader of JSON that raises ValueError on duplicate names, NaN and Infinity.

    `number` makes what it likes of a number's spelling. Lone surrogates are left to `paired`.
    """

    def no_constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is not a number in JSON")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        tree = dict(pairs)
        if len(tree) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"the member {twice!r} stands twice in one object")
        return tree

    return json.JSONDecoder(
        object_pairs_hook=unique, parse_int=number, parse_float=number, parse_constant=no_constant
    )


def paired(text: str, tree: Any) -> bool:
    """Whether JSON `text`, read as `tree`, is free of half surrogate pairs.

    They can only come from escapes, so text without such escapes is not walked.
    """
    if not _half_pair.search(text):
        return True
    try:
        json.dumps(tree, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


_reader = strict_reader()


def _members(content: bytes, which: str) -> dict[str, tuple[bytes, bytes]]:
    """Each top-level member: its name, then the bytes of its name and of its value."""
    try:
        return _split(content.decode())
    except UnicodeDecodeError as error:
        why = f"is not UTF-8 at byte {error.start}"
    except RecursionError:
        why = "is nested too deeply to be read"
    except ValueError as error:
        why = f"cannot be merged: {error}"
    raise Refused(
        Problem(
            "",
            f"{which[0].upper()}{which[1:]} {why}. POST sets the members of a JSON object; "
            "mend it, or replace the whole document with PUT.",
            CLAUSE,
        )
    )


def _split(text: str) -> dict[str, tuple[bytes, bytes]]:
    """The work of `_members`; raises ValueError with a reason, RecursionError on deep nesting."""
    position = _skip(text, 0)
    if not text.startswith("{", position):
        raise ValueError("it is not a JSON object")
    members: dict[str, tuple[bytes, bytes]] = {}
    position = _skip(text, position + 1)
    more = not text.startswith("}", position)
    while more:
        if not text.startswith('"', position):
            raise ValueError(f"a member's name in quotes is missing at character {position}")
        name, end = _reader.raw_decode(text, position)
        spelling = text[position:end]
        if name in members:
            raise ValueError(f"the member {name!r} stands in it twice")
        position = _skip(text, end)
        if not text.startswith(":", position):
            raise ValueError(f"a colon is missing at character {position}")
        position = _skip(text, position + 1)
        value, end = _reader.raw_decode(text, position)
        spelled = text[position:end]
        if not (paired(spelling, name) and paired(spelled, value)):
            raise ValueError(f"half a surrogate pair stands in the member {spelling}")
        members[name] = spelling.encode(), spelled.encode()
        position = _skip(text, end)
        more = text.startswith(",", position)
        if more:
            position = _skip(text, position + 1)
        elif not text.startswith("}", position):
            raise ValueError(f"a comma or closing brace is missing at character {position}")
    if _skip(text, position + 1) != len(text):
        raise ValueError(f"something follows its closing brace, at character {position + 1}")
    return members


def _skip(text: str, position: int) -> int:
    """The first position from here on that is not white space."""
    found = _space.match(text, position)
    return found.end() if found else position
