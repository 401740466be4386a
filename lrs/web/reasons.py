"""The reasons that reviewers choose from, as the agency wants them: up to ten, a key for each."""

from typing import Final

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import i18n, reasons
from lrs.i18n import _
from lrs.reasons import Reason
from lrs.web import site, told
from lrs.web.forms import Form
from lrs.web.review import ROOM
from lrs.web.rooms import here

Page = str | tuple[str, int] | Answer

#: The places, and the key of each.
PLACES: Final = tuple((n, str(n % 10)) for n in range(1, reasons.MOST + 1))


@ROOM.page("/review-reasons", "programmes/write", methods=("GET", "POST"))
def edit_reasons() -> Page:
    """The list as it stands, to be changed."""
    there, form = here(), Form.sent()
    with there.read() as connection:
        mine = reasons.own(connection, there.tenant.id)
    if request.method == "GET":
        for n, each in enumerate(mine or _usual(), 1):
            form.values |= {f"move-{n}": each.move, f"id-{n}": each.id, f"en-{n}": each.en}
    elif _entered(form):
        site.say(_("Saved. Reviewers choose from these from now on."))
        return redirect(url_for("web.review.edit_reasons"), 303)
    return render_template(
        "review_reasons.html",
        form=form,
        places=PLACES,
        usual=mine is None,
        moves=[(move, _(word)) for move, word in told.VERDICTS.items()],
        longest=reasons.LONGEST,
    ), 200 if form.sound else 400


def _usual() -> list[Reason]:
    """The usual reasons in both languages."""
    found = []
    for move, reason in told.REASONS:
        with i18n.speaking("id"):
            found.append(Reason(move, _(reason), reason))
    return found


def _entered(form: Form) -> bool:
    """Enter what the form says; whether it was sound."""
    there = here()
    filled = [n for n, _key in PLACES if form[f"id-{n}"] or form[f"en-{n}"]]
    some = [Reason(form[f"move-{n}"], form[f"id-{n}"], form[f"en-{n}"]) for n in filled]
    if form["do"] == "usual":
        some = []
    tenant, who = there.tenant, there.who

    def work(connection: Connection) -> None:
        reasons.enter(connection, tenant.id, some, who)
        there.did(connection, "reasons/changed", f"reasons {len(some)}")

    # Places that were left empty are passed over, so the third that is filled may be the fifth.
    places = {
        f"{word}-{at}": f"{word}-{n}" for at, n in enumerate(filled, 1) for word in ("move", "id")
    }
    form.try_(lambda: there.write(work), places)
    return form.sound
