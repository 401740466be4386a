"""The audit trail: who saw and changed what."""

from flask import render_template

from lrs.store import audit
from lrs.web import listing
from lrs.web.rooms import Room, here

ROOM = Room("audit")


@ROOM.page("/audit", "audit/read")
def every() -> str:
    """Newest first; narrowed to one who did it, one thing, or one kind of thing."""
    there = here()
    with there.read() as connection:
        rows = audit.page(
            connection,
            there.tenant.id,
            who=listing.asked("who"),
            subject=listing.asked("subject"),
            action=listing.asked("action"),
            before=listing.after(int),
            limit=listing.SIZE + 1,
        )
    return render_template("audit.html", listed=listing.page(rows, lambda row: row.number))
