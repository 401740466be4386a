"""The first page: how things stand, and what to do next."""

from flask import render_template

from lrs.web.rooms import SIGNED_IN, Room

ROOM = Room("home")


@ROOM.page("/", SIGNED_IN)
def overview() -> str:
    """How things stand."""
    return render_template("overview.html")
