"""What learners handed in to an LMS and may be plans or projects: listed, accepted, dismissed."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from flask import redirect, render_template, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import imports_submissions as taking
from lrs import programmes
from lrs.errors import NotFound, Refused
from lrs.i18n import N_, _, ngettext
from lrs.imports_submissions import Submission
from lrs.practice.submissions import Proposed
from lrs.web import listing, site, told
from lrs.web.forms import Form
from lrs.web.imports import ROOM
from lrs.web.rooms import here

#: From how long ago what was handed in is listed, unless another day is asked for.
LATELY: Final = timedelta(days=180)

#: How many of the newest records that may hand in something are read for a page.
READ: Final = 2_000

STATES: Final = {
    "proposed": ("warn", N_("to look at")),
    "unknown": ("bad", N_("of nobody known")),
    "accepted": ("good", N_("accepted")),
    "dismissed": ("plain", N_("dismissed")),
}


@ROOM.page("/imports/submissions", "evidence/write")
def submissions() -> str:
    """What may be a plan or a project, the last first."""
    there = here()
    state = listing.asked("state") or "proposed"
    since = listing.asked_day("since") or (there.now - LATELY).date()
    start = listing.start_of(since) or 0
    with there.read() as connection:
        begin = datetime.fromtimestamp(start / 1_000_000, UTC)
        before = listing.asked_position("before")
        read = taking.proposals(connection, there.tenant, since=begin, before=before, most=READ)
        force = {each.iri: each.title for each in programmes.in_force(connection, there.tenant.id)}
    every = read.found
    counts = Counter(each.state for each in every)
    words = listing.asked("name").casefold()
    shown = [
        each
        for each in reversed(every)
        if (state == "all" or each.state == state)
        and (not words or words in each.name.casefold() or words in each.proposed.title.casefold())
    ]
    after = listing.after(tuple[int, str])
    if after is not None:
        shown = [each for each in shown if _place(each) < after]
    there.saw("submissions", str(len(shown)))
    return render_template(
        "imports_submissions.html",
        listed=listing.page(shown[: listing.SIZE + 1], _place),
        counts=counts,
        total=len(every),
        reached=read.reached,
        titles=force,
        states={word: (kind, _(name)) for word, (kind, name) in STATES.items()},
        state=state,
        since=since,
        kinds={word: _(name) for word, name in told.KINDS.items()},
    )


def _place(each: Submission) -> tuple[int, str]:
    proposed: Proposed = each.proposed
    return proposed.at, proposed.statement


@ROOM.page("/imports/submissions/decide", "evidence/write", methods=("POST",))
def submissions_decide() -> Answer:
    """Accept those that were ticked, dismiss them, or have them proposed again."""
    there, form = here(), Form.sent()
    ids = []
    for each in form.all("statement")[: listing.SIZE]:
        try:
            ids.append(str(UUID(each)))
        except ValueError:
            raise NotFound(f"a submission {each[:40]}") from None
    tenant, who, now = there.tenant, there.who, there.now

    def accept(connection: Connection) -> tuple[int, int]:
        done = left = 0
        for each in ids:
            try:
                (made,) = taking.accept(connection, tenant, [each], by=who, now=now)
            except Refused:
                left += 1
                continue
            there.did(connection, "evidence/handed in", f"evidence {made}")
            done += 1
        return done, left

    def dismiss(connection: Connection) -> tuple[int, int]:
        on = form["do"] == "dismiss"
        number = taking.dismiss(connection, tenant, ids, who, on=on)
        action = "submission/dismissed" if on else "submission/resumed"
        there.did(connection, action, f"submissions {number}")
        return number, 0

    done, left = there.write(accept if form["do"] == "accept" else dismiss)
    if form["do"] == "accept":
        site.say(
            ngettext("One piece of evidence now.", "%(num)s pieces of evidence now.", done)
            % {"num": done}
        )
    elif form["do"] == "dismiss":
        site.say(ngettext("One was dismissed.", "%(num)s were dismissed.", done) % {"num": done})
    else:
        site.say(
            ngettext("One is proposed again.", "%(num)s are proposed again.", done) % {"num": done}
        )
    if left:
        site.say(
            ngettext(
                "Of one nobody knows whose it is: say whose the account is first.",
                "Of %(num)s nobody knows whose they are: say whose the accounts are first.",
                left,
            )
            % {"num": left}
        )
    return redirect(
        url_for(
            "web.imports.submissions",
            state=form["narrowed_state"] or None,
            since=form["narrowed_since"] or None,
            name=form["narrowed_name"] or None,
        ),
        303,
    )
