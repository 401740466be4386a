"""Whether a letter on the application of training still holds, and whether a receipt of an erasure
is the agency's: for anyone who has its code.

The page shows what the letter shows and nothing else. Its address is the code, which nobody can
guess; it is told to no other site and entered in no search engine.
"""

from flask import Response, make_response, render_template

from lrs import certificates, erasure
from lrs.papers import certificate as paper
from lrs.web.rooms import PUBLIC, Room, here

ROOM = Room("check")


@ROOM.page("/cek/<code>", PUBLIC)
def one(code: str) -> Response:
    """What the letter of this code says, and whether that holds."""
    there = here()
    with there.read() as connection:
        found = certificates.check(connection, code, there.now)
        receipt = None if found else erasure.check(connection, code, there.now)
    if receipt is not None:
        page = render_template("check_receipt.html", agency=receipt[0].name, receipt=receipt[1])
    else:
        page = render_template("check.html", letter=found, how=paper.how, what=paper.what)
    answer = make_response(page, 404 if found is None and receipt is None else 200)
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
