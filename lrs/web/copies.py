"""Copies of what is held about one person: for the person, or handed over by the training admin."""

from typing import Final
from uuid import UUID

import msgspec
from flask import Response, render_template

from lrs import agency, personal
from lrs.errors import NotFound
from lrs.papers import personal as paper
from lrs.web.reports import handed
from lrs.web.rooms import Room, here
from lrs.web.slices import today

ROOM = Room("copies")

#: Of so many records the page tells what they say; its files of all.
COUNTED: Final = 500


@ROOM.page("/copies/<person>", "people/read", narrowed=True)
def one(person: str) -> str:
    """What a copy holds, and the copy itself in two forms."""
    there = here()
    wanted = _wanted(person)
    with there.read() as connection:
        held = personal.copy(connection, there.tenant, wanted, now=there.now, records=COUNTED)
        head = agency.letterhead(connection, there.tenant.id, there.tenant.name)
    there.saw("copy", str(UUID(bytes=wanted)))
    document = paper.made(held, head, today())
    return render_template("copy.html", document=document, person=person)


@ROOM.page("/copies/<person>/<format>", "people/read", narrowed=True)
def file(person: str, format: str) -> Response:
    """The copy: `json` for machines, with every record; `pdf` to read."""
    there = here()
    wanted = _wanted(person)
    if format not in ("json", "pdf", "docx"):
        raise NotFound(f"a copy as {format}")
    with there.read() as connection:
        held = personal.copy(connection, there.tenant, wanted, now=there.now)
        head = agency.letterhead(connection, there.tenant.id, there.tenant.name)
    there.seen.append(("copy/exported", f"person {UUID(bytes=wanted)}"))
    document = paper.made(held, head, today())
    if format != "json":
        return handed(document, format)
    content = msgspec.json.format(msgspec.json.encode(held), indent=1)
    answer = Response(content, content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{document.name}.json"'
    return answer


def _wanted(person: str) -> bytes:
    """Whose copy: one's own, or, for who keeps the register, anybody's. Else there is nothing."""
    there = here()
    try:
        wanted = UUID(person).bytes
    except ValueError:
        raise NotFound("a person") from None
    if not (there.may("people/write") or there.user.person == wanted):
        raise NotFound("a person")
    return wanted
