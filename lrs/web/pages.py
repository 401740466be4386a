"""Every room of the pages: the one list to add a new room to."""

from flask import Blueprint

from lrs.web import account, evidence, home, review, signing, site

ROOMS = (home.ROOM, signing.ROOM, account.ROOM, review.ROOM, evidence.ROOM)


def blueprint() -> Blueprint:
    """All pages as one blueprint."""
    return site.blueprint(ROOMS)
