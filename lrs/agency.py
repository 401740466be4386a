"""What stands at the head of an agency's papers: its name, address and logo, and who signs.

Kept in the register, so that it is known since when, and by whom it was changed.
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, fields, replace
from typing import Final

from sqlalchemy import Connection

from lrs.errors import Problem, Refused
from lrs.i18n import N_
from lrs.practice import names
from lrs.store import register
from lrs.store.register import Fact

#: The largest logo: in bytes, and in pixels each way.
LOGO_BYTES: Final = 200_000
LOGO_PIXELS: Final = 2400

_LONGEST: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Who writes. `above` is the ministry or government above the agency; `logo` a PNG or JPEG
    (`logo_type` says which); `signs` the name of who signs, `signs_as` their office."""

    name: str = ""
    above: str = ""
    address: str = ""
    contact: str = ""
    place: str = ""
    signs_as: str = ""
    signs: str = ""
    logo: bytes = b""
    logo_type: str = ""


#: What is written in words.
WORDS: Final = tuple(each.name for each in fields(Letterhead) if not each.name.startswith("logo"))


def letterhead(connection: Connection, tenant_id: int, name: str = "") -> Letterhead:
    """As it stands now; before anybody entered one, the `name` alone."""
    held = register.entries(connection, tenant_id, [names.letterhead(tenant_id)])
    if not held:
        return Letterhead(name=name)
    body = held[-1].entry.body
    told = {word: str(body.get(word, "")) for word in WORDS}
    return Letterhead(
        **told,
        logo=b64decode(body.get("logo", "")),
        logo_type=str(body.get("logo_type", "")),
    )


def enter(connection: Connection, tenant_id: int, head: Letterhead, by: str) -> None:
    """Have it stand from now on. Refused: a logo that is none, or a line that is too long."""
    problems = [
        Problem(word, N_("That is too long to stand in one line of a letterhead."))
        for word in WORDS
        if len(getattr(head, word)) > _LONGEST
    ]
    if not head.name.strip():
        problems.append(Problem("name", N_("An agency has a name.")))
    if head.logo:
        kind = kind_of(head.logo)
        if isinstance(kind, Problem):
            problems.append(kind)
        else:
            head = replace(head, logo_type=kind)
    if problems:
        raise Refused(problems)
    body = {word: " ".join(getattr(head, word).split()) for word in WORDS}
    body |= {"logo": b64encode(head.logo).decode(), "logo_type": head.logo_type}
    fact = Fact(register.LETTERHEAD, names.letterhead(tenant_id), body)
    register.append(connection, tenant_id, [fact], by)


def kind_of(logo: bytes) -> str | Problem:
    """`png` or `jpg`, by what is in it; or why it is not taken."""
    if len(logo) > LOGO_BYTES:
        return Problem("logo", N_("The logo is larger than 200 kB; make it smaller."))
    size = _png(logo) or _jpeg(logo)
    if size is None:
        return Problem("logo", N_("The logo is to be a PNG or JPEG picture."))
    kind, width, height = size
    if not (0 < width <= LOGO_PIXELS and 0 < height <= LOGO_PIXELS):
        return Problem("logo", N_("The logo is to be at most 2400 pixels wide and high."))
    return kind


def _png(content: bytes) -> tuple[str, int, int] | None:
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or content[12:16] != b"IHDR":
        return None
    width, height = content[16:20], content[20:24]
    return "png", int.from_bytes(width, "big"), int.from_bytes(height, "big")


#: Where a JPEG says how large it is: the marker of a frame, its length, precision, height, width.
_FRAME: Final = re.compile(rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]..\x08(..)(..)", re.DOTALL)


def _jpeg(content: bytes) -> tuple[str, int, int] | None:
    if not content.startswith(b"\xff\xd8\xff") or not (found := _FRAME.search(content)):
        return None
    return "jpg", int.from_bytes(found[2], "big"), int.from_bytes(found[1], "big")
