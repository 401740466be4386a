"""A learner's own pages: their trainings, what is asked of them, what became of their evidence,
handing in, hours of the year, and the letter on what they applied.

All of it is of the person of the register whom the account is tied to, and of nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import certificates, followup
from lrs.auth import relations, roles
from lrs.certificates import Certificate
from lrs.errors import Conflict, NotFound
from lrs.i18n import N_, _
from lrs.papers import certificate as paper
from lrs.papers import wording
from lrs.practice.followup import GRACE, WAITING
from lrs.practice.people import canonical
from lrs.store import cases, invitations, practice
from lrs.store.cases import Attendance, Case, Link, Outcome
from lrs.web import bring as bringing
from lrs.web import reach, site, told
from lrs.web.evidence import hexes
from lrs.web.forms import Form
from lrs.web.rooms import SIGNED_IN, Here, Room, here

ROOM = Room("mine")

#: Hours of learning that a civil servant owes in a year.
OWED = 20

#: Trainings shown, the last first.
MOST = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A round of questions that waits for somebody: what it is about, and until when."""

    round: str
    about: tuple[str, ...]
    people: int
    closes: int
    role: str


@dataclass(frozen=True, slots=True)
class Piece:
    """What became of a piece of evidence: how it stands, and why, in the reviewer's words."""

    link: Link
    kind: str
    word: str
    reason: str

    @property
    def again(self) -> bool:
        """Whether it is the learner's turn."""
        return self.link.state == "returned"


@dataclass(frozen=True, slots=True)
class Training:
    """A training with what is expected, known, handed in."""

    case: Case
    expected: Sequence[tuple[str, Outcome | None]]
    pieces: Sequence[Piece]
    ready: bool


# Who ----------------------------------------------------------------------------------------


def selves(connection: Connection, there: Here, action: str) -> frozenset[bytes]:
    """The ids that mean the reader, where they may do this with what is their own; else none."""
    if there.user.person is None or not roles.decide(there.user.roles, action, {"own"}):
        return frozenset()
    return frozenset(relations.RELATIONS["own"](connection, reach.viewer(there)))


def ids_of(connection: Connection, there: Here) -> frozenset[bytes]:
    """All ids under which the reader is in the register, older ones too."""
    if there.user.person is None:
        return frozenset()
    merged = practice.merged(connection, there.tenant.id)
    me = canonical(there.user.person, merged)
    return frozenset({me} | {gone for gone in merged if canonical(gone, merged) == me})


def _case(connection: Connection, there: Here, case: str, action: str) -> Case:
    """A case of the reader's own; else NotFound, as if there were none."""
    found = cases.case(connection, there.tenant.id, hexes(case, "case"))
    if found is None or found.person not in selves(connection, there, action):
        raise NotFound(f"a case {case}")
    return found


# What is asked ------------------------------------------------------------------------------


def asked_of(connection: Connection, there: Here, role: str | None = None) -> list[Asked]:
    """The rounds that wait for the reader, the first to close first."""
    ids = sorted(ids_of(connection, there))
    held = invitations.of_raters(connection, there.tenant.id, ids) if ids else []
    rounds = {
        each.round
        for each in held
        if each.told.state in WAITING
        and each.told.due_day <= there.today <= each.told.closes_day + GRACE
        and role in (None, each.told.role)
    }
    made = []
    for each in rounds:
        page = followup.page(connection, there.tenant, each, there.now)
        if page.waiting:
            titles = dict.fromkeys(row.about.programme.title for row in page.waiting)
            people = {row.about.person for row in page.waiting}
            closes = max(row.invitation.closes_day for row in page.waiting)
            made.append(Asked(each.hex(), tuple(titles), len(people), closes, page.role))
    return sorted(made, key=lambda one: (one.closes, one.round))


@ROOM.page("/mine/forms/<round_>", SIGNED_IN, methods=("POST",))
def open_form(round_: str) -> Answer:
    """Open the form of a round that was asked of the reader, and of nobody else."""
    there = here()
    named = hexes(round_, "round")

    def work(connection: Connection) -> str:
        held = invitations.of_round(connection, there.tenant.id, named)
        ids = ids_of(connection, there)
        if not held or any(each.told.rater not in ids for each in held):
            raise NotFound(f"a round {round_}")
        page = followup.page(connection, there.tenant, named, there.now)
        return followup.link_to(connection, there.tenant, page, "", there.now)

    return redirect(there.write(work), 303)


# My trainings -------------------------------------------------------------------------------


@ROOM.page("/mine", SIGNED_IN)
def overview() -> str:
    """My trainings, what is asked of me, my hours."""
    there = here()
    with there.read() as connection:
        me = selves(connection, there, "cases/read")
        found = cases.cases(connection, there.tenant.id, whose=me, limit=MOST).rows if me else ()
        trainings = [_training(connection, there, each) for each in found]
        asked = asked_of(connection, there)
        hours = _hours(connection, there, me)
    return render_template(
        "mine.html",
        known=there.user.person is not None,
        trainings=trainings,
        asked=asked,
        hours=hours,
        owed=OWED,
        year=_day(there.today).year,
        tiers=wording.TIERS,
        raters=told.RATERS,
        placed=told.PLACED,
    )


def _training(connection: Connection, there: Here, case: Case) -> Training:
    programme = bringing.programme_of(connection, there, case)
    outcomes = {
        each.behaviour.iri: each
        for each in cases.outcomes(connection, there.tenant.id, case.id)
        if each.behaviour is not None
    }
    links = cases.links_of_case(connection, there.tenant.id, case.id)
    links = relations.as_told(connection, reach.viewer(there), links)
    expected = [
        (each.text, outcomes.get(each.iri)) for each in (programme.behaviours if programme else ())
    ]
    ready = bool(certificates.ready(connection, there.tenant, case))
    return Training(case, expected, [_piece(each) for each in reversed(links)], ready)


def _piece(link: Link) -> Piece:
    kind, word = told.STATES[link.state]
    history = [
        each
        for each in link.told.get("history", ())
        if not each.get("out_of_order") and not each.get("second")
    ]
    # Why it was taken, given back, and such is the reviewers' own.
    told_ = [each for each in history if each.get("move") in _TOLD]
    reason = str(told_[-1].get("reason") or "") if told_ and link.state in _SAID else ""
    return Piece(link, kind, _(word), reason)


_TOLD = ("accept", "return", "reject", "withdraw")
_SAID = ("accepted", "returned", "rejected", "withdrawn")


def _hours(connection: Connection, there: Here, me: frozenset[bytes]) -> list[tuple[int, float]]:
    """(year, hours) of completed trainings, the last year first, as figure M11 counts them: several
    courses of one run of a training are one."""
    if not me:
        return []
    rows = cases.participation(connection, there.tenant.id, whose=me, limit=1000).rows
    runs: dict[tuple[int, Any, str | None], float] = {}
    for each in rows:
        if each.completed_day is not None and each.jp:
            named = _run_of(each)
            key = (_day(each.completed_day).year, *named)
            runs[key] = max(runs.get(key, 0.0), each.jp)
    years: dict[int, float] = {}
    for (year, *_rest), jp in runs.items():
        years[year] = years.get(year, 0.0) + jp
    return sorted(years.items(), reverse=True)


def _run_of(each: Attendance) -> tuple[bytes, str | None]:
    return (each.programme.id if each.programme else each.course), each.cohort


def _day(count: int) -> date:
    return date(1970, 1, 1) + timedelta(days=count)


# Handing in ---------------------------------------------------------------------------------


@ROOM.page("/mine/cases/<case>/evidence", SIGNED_IN)
def bring(case: str) -> str:
    """The form for handing in evidence; `again` names a link that was returned."""
    there = here()
    form = bringing.new()
    with there.read() as connection:
        found = _case(connection, there, case, "evidence/write")
        returned = _returned(connection, there, found)
    if returned is not None:
        form.values["title"] = str(returned.link.told.get("title") or "")
        if returned.link.behaviour is not None:
            form.lists["behaviours"] = [returned.link.behaviour.iri]
    return bringing.shown(found, form, returned=_why(returned))


def _returned(connection: Connection, there: Here, case: Case) -> Piece | None:
    wanted = request.args.get("again", "")
    for each in cases.links_of_case(connection, there.tenant.id, case.id):
        if each.id.hex() == wanted and each.state == "returned":
            return _piece(relations.as_told(connection, reach.viewer(there), [each])[0])
    return None


def _why(returned: Piece | None) -> str | None:
    return None if returned is None else returned.reason


@ROOM.page("/mine/cases/<case>/evidence", SIGNED_IN, methods=("POST",))
def hand_in(case: str) -> Answer | tuple[str, int]:
    """Keep a piece of evidence with its files."""
    there, form = here(), Form.sent()
    with there.read() as connection:
        found = _case(connection, there, case, "evidence/write")
        returned = _returned(connection, there, found)
    if not bringing.taken(found, form):
        return bringing.shown(found, form, returned=_why(returned)), 400
    site.say(_("Handed in. A reviewer looks at it; what becomes of it is said here."))
    return redirect(url_for("web.mine.overview"), 303)


# The letter ---------------------------------------------------------------------------------


@ROOM.page("/mine/cases/<case>/letter", SIGNED_IN, methods=("POST",))
def certify(case: str) -> Answer:
    """Have the letter issued on what was applied; once issued, the same one is given again."""
    there = here()

    def work(connection: Connection) -> bytes:
        found = _case(connection, there, case, "evidence/read")
        named = certificates.issue(connection, there.tenant, found, by=there.who, now=there.now)
        there.did(connection, "certificate/issued", f"certificate {named.hex()}")
        return named

    named = there.write(work)
    return redirect(url_for("web.mine.letter", certificate=named.hex()), 303)


@ROOM.page("/mine/letters/<certificate>", SIGNED_IN)
def letter(certificate: str) -> Response:
    """The letter as PDF, while it holds."""
    there = here()
    named = hexes(certificate, "certificate")

    def work(connection: Connection) -> tuple[Certificate, str]:
        found = certificates.find(connection, there.tenant, named)
        mine = selves(connection, there, "evidence/read")
        if found is None or found.person is None or found.person not in mine:
            raise NotFound(f"a certificate {certificate}")
        if not found.holds:
            raise Conflict(
                N_("What this letter says does not hold any more."),
                N_("Have a new one issued once there is evidence again."),
            )
        return found, certificates.code(connection, there.tenant, found, there.now)

    found, code = there.write(work)
    base = site.base()
    answer = Response(
        paper.render(found, f"{base}{url_for('web.check.one', code=code)}"),
        content_type="application/pdf",
    )
    name = f"surat-keterangan-penerapan-{found.id.hex()[:8]}.pdf"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
