"""The review queue (*Perlu Ditinjau*): what is proposed, why, and the verdict on it.

Who opens a link for review takes it, so that two do not work on one; the next is taken with the
verdict. Where links stand is read from the log itself (`casework.standings`), since the tables may
be a second behind. What the queue is narrowed to is in the address, and goes with every step.
"""

import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import casework
from lrs.errors import Conflict, NotFound, Refused
from lrs.i18n import N_, _, ngettext
from lrs.papers import wording
from lrs.practice import names, records, review
from lrs.practice.cases import ZONE, day_of
from lrs.practice.programmes import Behaviour, Programme
from lrs.practice.review import Standing
from lrs.store import cases, practice, register
from lrs.store.accounts import Tenant
from lrs.store.cases import Case, Link, Place, Which
from lrs.web import evidence, listing, reach, sentences, site, told
from lrs.web.evidence import Piece, hexes
from lrs.web.forms import Form
from lrs.web.rooms import Here, Room, here

ROOM = Room("review")

Page = str | tuple[str, int] | Answer

#: The filters of the queue, by their names in the address.
FILTERS: Final = ("programme", "cohort", "unit", "behaviour", "state", "age", "who")

#: Up to where a reviewer passed links over, in the order of the queue: what comes next lies beyond.
PASSED: Final = "passed"

#: Links of at least this weight may be decided together, where nothing else speaks against it.
PLAIN: Final = 700

#: How many links are decided together at most, and how many are looked at for the next one.
TOGETHER: Final = 50
LOOK: Final = 25

MEANWHILE: Final = N_("Somebody else took or decided it meanwhile. Look at where it stands now.")

_DAY: Final = 86_400_000_000
#: So many days before the time is over, a link is shown as due.
_SOON: Final = 3


# What is asked of the queue -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address narrows the queue to."""

    which: Which
    behaviour: bytes | None
    waiting_since: tuple[int | None, int | None]
    who: str
    passed: Place | None = None

    @property
    def to_review(self) -> bool:
        """Whether only links are asked for that wait for a verdict."""
        return set(self.which.states) <= set(cases.TO_REVIEW)


def asked() -> Asked:
    """The filters of this request; what is none of ours narrows nothing."""
    states = {
        "": cases.TO_REVIEW,
        "decided": (review.ACCEPTED, review.RETURNED, review.REJECTED, review.WITHDRAWN),
    }
    state, who = listing.asked("state"), listing.asked("who")
    chosen = states.get(state) or ((state,) if state in review.STATES else cases.TO_REVIEW)
    if who in ("mine", "taken"):
        chosen = (review.IN_REVIEW,)
    elif who == "free":
        chosen = (review.SUBMITTED,)
    overdue, soon = _deadlines(here())
    since = {"overdue": (None, overdue), "due": (overdue + 1, soon)}.get(listing.asked("age"))
    return Asked(
        Which(
            states=chosen,
            programme=_digest("programme"),
            cohort=listing.asked("cohort") or None,
            unit=_digest("unit"),
        ),
        _digest("behaviour"),
        since or (None, None),
        who,
        _passed(),
    )


def _passed() -> Place | None:
    found = re.fullmatch(r"([0-9]{1,18})-([0-9a-f]{32})", listing.asked(PASSED))
    return None if found is None else (int(found[1]), found[2])


def _deadlines(there: Here) -> tuple[int, int]:
    """Since when a link must wait, at the latest, to be overdue, and to be due soon."""
    now = int(there.now.timestamp() * 1_000_000)
    span = there.context.settings.review_days * _DAY
    return now - span, now - span + _SOON * _DAY


def _digest(name: str) -> bytes | None:
    try:
        found = bytes.fromhex(listing.asked(name))
    except ValueError:
        return None
    return found if len(found) == len(names.ZERO) else None


def narrowed(**more: str | None) -> dict[str, Any]:
    """The filters of this request, for another address of the queue."""
    given = {name: listing.asked(name) for name in (*FILTERS, PASSED)} | more
    return {name: value for name, value in given.items() if value}


# The list -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A link of the list: where it stands, who holds it, whether its time is over."""

    link: Link
    state: str
    holder: str | None
    mine: bool
    due: int
    late: str

    @property
    def id(self) -> str:
        return self.link.id.hex()

    @property
    def free(self) -> bool:
        return self.state == review.SUBMITTED


def _row(link: Link, standing: Standing, whose: dict[bytes, str], me: bytes, there: Here) -> Row:
    state = standing.state if standing.history else link.state
    # Evidence that was taken back holds up no verdict, which the log's verdicts do not tell.
    if link.state == review.WITHDRAWN and state == review.ACCEPTED:
        state = link.state
    held = standing.held_by
    due = link.waits_since + there.context.settings.review_days * _DAY
    overdue, soon = _deadlines(there)
    late = "late" if link.waits_since <= overdue else "soon" if link.waits_since <= soon else ""
    return Row(
        link,
        state,
        None if held is None else whose.get(held, _("somebody else")),
        held == me,
        day_of(due, ZONE),
        late if state in cases.TO_REVIEW else "",
    )


def _me(by: str) -> bytes:
    return records.actor_id(by)


@ROOM.page("/review", "verdicts/write")
def queue() -> str:
    """What waits, the longest waiting first."""
    there, wanted = here(), asked()
    after = listing.place()
    with there.read() as connection:
        by = there.reviewer(connection)
        links, more = _some(connection, there.tenant, wanted, after, _me(by))
        live = _standings(connection, there.tenant, links)
        whose = told.named(connection, there.tenant, [each.held_by for each in live.values()])
        counts = cases.waiting(connection, there.tenant.id)
        undo = _undoable(connection, there)
        programmes = _programmes(connection, there.tenant)
        units = register.units(connection, there.tenant.id)
    rows = [_row(each, live[each.id], whose, _me(by), there) for each in links]
    if wanted.to_review:
        # Decided a moment ago, and still in the table.
        rows = [row for row in rows if row.state in wanted.which.states]
    return render_template(
        "review.html",
        listed=listing.Listed(
            rows, listing.token(more) if more else None, listing.AFTER not in request.args
        ),
        waiting=sum(counts.get(state, 0) for state in cases.TO_REVIEW),
        narrowed=narrowed(**{PASSED: None}),
        undo=undo,
        programmes=_programme_choices(there.tenant, programmes),
        cohorts=_cohorts(programmes),
        behaviours=_behaviour_choices(there.tenant, programmes),
        units=[
            (unit.hex(), path)
            for unit, (path, _facts) in sorted(units.items(), key=lambda each: each[1][0])
        ],
        states=[(state, _(word)) for state, (_kind, word) in told.STATES.items()],
        states_of=told.STATES,
        days=there.context.settings.review_days,
    )


def _some(
    connection: Connection, tenant: Tenant, wanted: Asked, after: Place | None, me: bytes
) -> tuple[list[Link], Place | None]:
    """A page of links. Who holds them stands in their history: few are held at a time."""
    found: list[Link] = []
    while len(found) < listing.SIZE:
        page = cases.links(
            connection,
            tenant.id,
            wanted.which,
            behaviour=wanted.behaviour,
            waiting_since=wanted.waiting_since,
            after=after,
            limit=listing.SIZE - len(found),
        )
        found += [each for each in page.rows if _held_as_asked(each, wanted.who, me)]
        after = page.after
        if after is None:
            break
    return found, after


def _held_as_asked(link: Link, who: str, me: bytes) -> bool:
    if who not in ("mine", "taken"):
        return True
    takes = [
        each["by"]
        for each in link.told.get("history", ())
        if each["move"] == "take" and not each.get("out_of_order")
    ]
    return bool(takes) and (takes[-1] == me.hex()) == (who == "mine")


def _standings(
    connection: Connection, tenant: Tenant, links: Sequence[Link]
) -> dict[bytes, Standing]:
    return casework.standings(connection, tenant, {each.id: each.evidence for each in links})


def _programmes(connection: Connection, tenant: Tenant) -> list[Programme]:
    bodies = practice.programmes(connection, tenant.id)
    found = [msgspec.json.decode(body, type=Programme) for body in bodies]
    return sorted(found, key=lambda each: each.title.casefold())


def _programme_choices(tenant: Tenant, every: Sequence[Programme]) -> list[tuple[str, str]]:
    return [(names.programme(tenant.id, each.iri).hex(), each.title) for each in every]


def _chosen(every: Sequence[Programme]) -> list[Programme]:
    """The programme that the address names; all, where it names none."""
    digest, tenant = _digest("programme"), here().tenant
    found = [each for each in every if names.programme(tenant.id, each.iri) == digest]
    return found or list(every)


def _cohorts(every: Sequence[Programme]) -> list[tuple[str, str]]:
    called = dict.fromkeys(each.name for one in _chosen(every) for each in one.cohorts)
    return [(name, name) for name in called]


def _behaviour_choices(tenant: Tenant, every: Sequence[Programme]) -> list[tuple[str, str]]:
    return [
        (names.behaviour(tenant.id, each.iri).hex(), each.text)
        for one in _chosen(every)
        for each in one.behaviours
    ]


# Taking and releasing -----------------------------------------------------------------------


def _next(
    connection: Connection, tenant: Tenant, wanted: Asked, by: str, skip: frozenset[bytes]
) -> Iterator[Link]:
    """Links that somebody could review next: what they hold, then what nobody holds."""
    me = _me(by)
    for states, who in (((review.IN_REVIEW,), "mine"), ((review.SUBMITTED,), "")):
        after = None if who else wanted.passed
        while True:
            page = cases.links(
                connection,
                tenant.id,
                replace(wanted.which, states=states),
                behaviour=wanted.behaviour,
                waiting_since=wanted.waiting_since,
                after=after,
                limit=LOOK,
            )
            some = [
                each
                for each in page.rows
                if each.id not in skip and each.person != me and _held_as_asked(each, who, me)
            ]
            live = _standings(connection, tenant, some)
            for each in some:
                standing = live[each.id]
                free = standing.state == review.SUBMITTED or standing.held_by == me
                if free and not _put_off(standing, me):
                    yield each
            after = page.after
            if after is None:
                break


def _put_off(standing: Standing, me: bytes) -> bool:
    """Whether this reviewer said that it cannot be told yet: it is not put before them again by
    itself, but stands in the list."""
    return any(each.move == "not_seen" and each.by == me for each in standing.history)


def _take(connection: Connection, there: Here, by: str, candidates: Iterator[Link]) -> Link | None:
    """Take the first that can be had."""
    me = _me(by)
    for link in candidates:
        standing = _standings(connection, there.tenant, [link])[link.id]
        if standing.held_by == me:
            return link
        try:
            casework.decide(
                connection, there.tenant, link=link.id, move="take", by=by, now=there.now
            )
        except (Conflict, Refused):
            continue
        there.did(connection, "link/taken", f"link {link.id.hex()}")
        return link
    return None


def _work(work: Callable[[Connection, Here, str], Any]) -> Any:
    """One transaction of a reviewer: `work` is told who they are as records name them."""
    there = here()
    return there.write(lambda connection: work(connection, there, there.reviewer(connection)))


@ROOM.page("/review/next", "verdicts/write", methods=("POST",))
def begin() -> Answer:
    """Take the next link of the queue, as it is narrowed, and go there."""
    wanted, skip = asked(), _skipped()

    def work(connection: Connection, there: Here, by: str) -> Link | None:
        return _take(connection, there, by, _next(connection, there.tenant, wanted, by, skip))

    return _on(_work(work))


def _skipped() -> frozenset[bytes]:
    """What the reviewer passed over and does not want next."""
    try:
        return frozenset((bytes.fromhex(request.form.get("skip", "")),)) - {b""}
    except ValueError:
        return frozenset()


def _on(link: Link | None, **more: str | None) -> Answer:
    """To a link that was taken, or to the queue, which then is empty for this reviewer."""
    if link is None:
        site.say(_("Nothing is left to review here."))
        return redirect(url_for("web.review.queue", **narrowed(**more | {PASSED: None})), 303)
    return redirect(url_for("web.review.one", link=link.id.hex(), **narrowed(**more)), 303)


@ROOM.page("/review/<link>/take", "verdicts/write", methods=("POST",))
def take(link: str) -> Answer:
    """Take one link."""
    wanted = hexes(link, "link")

    def work(connection: Connection, there: Here, by: str) -> None:
        row = _found(connection, there, wanted)
        if _standings(connection, there.tenant, [row])[row.id].held_by == _me(by):
            return
        casework.decide(connection, there.tenant, link=wanted, move="take", by=by, now=there.now)
        there.did(connection, "link/taken", f"link {link}")

    _tell(lambda: _work(work))
    return redirect(url_for("web.review.one", link=wanted.hex(), **narrowed()), 303)


@ROOM.page("/review/<link>/release", "verdicts/write", methods=("POST",))
def release(link: str) -> Answer:
    """Give a link back to the queue, and, where that was asked for, take the next."""
    wanted, queue_, on = hexes(link, "link"), asked(), bool(request.form.get("on"))

    def work(connection: Connection, there: Here, by: str) -> tuple[str, Link | None]:
        row = _found(connection, there, wanted)
        casework.decide(connection, there.tenant, link=wanted, move="release", by=by, now=there.now)
        there.did(connection, "link/released", f"link {link}")
        if not on:
            return "", None
        beyond = replace(queue_, passed=(row.at, row.id.hex()))
        candidates = _next(connection, there.tenant, beyond, by, frozenset((wanted,)))
        return f"{row.at}-{row.id.hex()}", _take(connection, there, by, candidates)

    released = _tell(lambda: _work(work))
    if on:
        passed, following = released or (None, None)
        return _on(following, **{PASSED: passed})
    site.say(_("Released: others can take it now."))
    return redirect(url_for("web.review.queue", **narrowed(**{PASSED: None})), 303)


def _tell(work: Callable[[], Any]) -> Any:
    """Do it; what is refused is said by the next page."""
    try:
        return work()
    except Conflict:
        site.say(_(MEANWHILE))
    except Refused as error:
        site.say(" ".join(sentences.told(each.message) for each in error.problems))
    return None


def _found(connection: Connection, there: Here, link: bytes) -> Link:
    row = cases.link(connection, there.tenant.id, link)
    if row is None:
        raise NotFound(f"a link {link.hex()}")
    reach.require(connection, there, "verdicts/write", row.person, f"a link {link.hex()}")
    return row


# One link -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All that a reviewer has before them."""

    row: Row
    case: Case
    piece: Piece | None
    behaviour: Behaviour | None
    reasons: list[told.Reason]
    history: list[Any]
    grounds: list[evidence.Ground]
    answers: list[cases.Answer]
    others: list[Link]
    only_self: bool
    own: bool
    following: str | None
    wants_second: bool

    @property
    def open_to_me(self) -> bool:
        return self.row.mine and self.row.state == review.IN_REVIEW


def _desk(connection: Connection, there: Here, link: bytes, *, ahead: bool = False) -> Desk:
    tenant = there.tenant
    found = _found(connection, there, link)
    by = there.reviewer(connection)
    me = _me(by)
    standing = _standings(connection, tenant, [found])[found.id]
    actors = {each.by for each in standing.history}
    whose = told.named(connection, tenant, actors)
    case = cases.case(connection, tenant.id, found.case)
    if case is None:
        raise NotFound(f"a case {found.case.hex()}")
    row = practice.link(connection, tenant.id, link)
    answers = cases.answers(connection, tenant.id, found.case)
    about = [each for each in answers if _tells(each, found)]
    piece = evidence.piece(connection, tenant, found.evidence)
    others = [
        each
        for each in cases.links_of_case(connection, tenant.id, found.case)
        if each.id != found.id and each.behaviour == found.behaviour
    ]
    following = None
    if not ahead:
        wanted, skip = asked(), frozenset((found.id,))
        after = next(_next(connection, tenant, wanted, by, skip), None)
        following = None if after is None else after.id.hex()
    return Desk(
        row=_row(found, standing, whose, me, there),
        case=case,
        piece=piece,
        behaviour=_behaviour(connection, tenant, found),
        reasons=told.reasons(found.told.get("signals", ())),
        history=_history(standing, whose),
        grounds=evidence.grounds(piece, about),
        answers=about,
        others=others,
        only_self=row is not None and practice.only_self_says(connection, tenant.id, row),
        own=found.person == me,
        following=following,
        wants_second=review.second_wanted(found.id, _share(there)),
    )


def _tells(answer: cases.Answer, link: Link) -> bool:
    """Whether an answer helps to judge a link: a rating of its behaviour, or, where the evidence
    names none, of any."""
    if answer.behaviour is None:
        return bool(answer.fields.get("note"))
    return link.behaviour is None or answer.behaviour == link.behaviour


def _behaviour(connection: Connection, tenant: Tenant, link: Link) -> Behaviour | None:
    if link.programme is None or link.behaviour is None:
        return None
    body = practice.programme(connection, tenant.id, link.programme.id)
    if body is None:
        return None
    return msgspec.json.decode(body, type=Programme).behaviour(link.behaviour.iri)


def _history(standing: Standing, whose: dict[bytes, str]) -> list[tuple[int, str, str, str]]:
    """What became of a link, newest first, as the timeline shows it."""
    made = []
    for each in reversed(standing.history):
        kind, word = told.MOVES.get(each.move, ("plain", each.move))
        heading = _("%(what)s by %(who)s") % {
            "what": _(word),
            "who": whose.get(each.by, _("somebody else")),
        }
        if each.second:
            heading = _("Second opinion: %(what)s") % {"what": heading}
        if each in standing.out_of_order:
            heading = _("%(what)s (came too late, and counts for nothing)") % {"what": heading}
        said = [each.reason]
        if each.rests_on:
            said.append(_("Rests on: %(what)s.") % {"what": evidence.rests_in_words(each.rests_on)})
        if each.tier:
            said.append(_(wording.TIERS.get(each.tier, each.tier)) + ".")
        made.append((each.at, kind, heading, " ".join(filter(None, said))))
    return made


def _share(there: Here) -> float:
    return there.context.settings.second_opinions / 100


@ROOM.page("/review/<link>", "verdicts/write")
def one(link: str) -> str:
    """A link before its reviewer: completion, evidence, why they are linked, what came of it."""
    return _one(hexes(link, "link"), Form())


def _one(link: bytes, form: Form) -> str:
    there, ahead = here(), bool(request.args.get("ahead"))
    with there.read() as connection:
        desk = _desk(connection, there, link, ahead=ahead)
        undo = _undoable(connection, there)
        some = told.reasons_of(connection, there.tenant)
    there.saw("link", link.hex())
    return render_template(
        "review_one.html",
        desk=desk,
        form=form,
        ahead=ahead,
        undo=undo,
        narrowed=narrowed(),
        choices=told.choices(some),
        withdrawals=[_(reason) for reason in told.WITHDRAWALS],
        tiers=[(tier, _(word)) for tier, word in wording.TIERS.items()],
        states=told.STATES,
        placed=told.PLACED,
        raters=told.RATERS,
        may_case=there.may("cases/read"),
    )


# The verdict --------------------------------------------------------------------------------


@ROOM.page("/review/<link>/decide", "verdicts/write", methods=("POST",))
def decide(link: str) -> Page:
    """Give a verdict, and take the next link."""
    wanted, form, queue_ = hexes(link, "link"), Form.sent(), asked()
    choice = _choice(form)
    if choice is None:
        form.wrong("verdict", _("Choose a verdict."))
    ahead = form["next"]
    rests_on = _rests_on(form)
    reason = _reason(form, choice)

    def work(connection: Connection, there: Here, by: str) -> tuple[str, Link | None]:
        assert choice is not None
        made = casework.decide(
            connection,
            there.tenant,
            link=wanted,
            move=choice.move,
            by=by,
            now=there.now,
            reason=reason,
            rests_on=rests_on,
            tier=form["tier"] or None if choice.move == "accept" else None,
        )
        there.did(connection, f"link/{choice.move}", f"link {link}")
        if choice.move == "not_seen":
            # Who cannot tell holds up nobody who can.
            casework.decide(
                connection, there.tenant, link=wanted, move="release", by=by, now=there.now
            )
        return made, _take(connection, there, by, _following(connection, there, by))

    def _following(connection: Connection, there: Here, by: str) -> Iterator[Link]:
        skip = frozenset((wanted,))
        if ahead and len(ahead) == 32:
            first = cases.link(connection, there.tenant.id, hexes(ahead, "link"))
            if first is not None and first.id != wanted and first.person != _me(by):
                yield first
        yield from _next(connection, there.tenant, queue_, by, skip)

    if form.sound:
        try:
            made, following = _work(work)
            undo = None if choice is not None and choice.move == "not_seen" else made
            if undo is None:
                site.say(_("Noted: not observed yet. Others can take it."))
            return _on(following, undo=undo)
        except Conflict:
            form.wrong("", _(MEANWHILE))
        except Refused as error:
            for each in error.problems:
                form.wrong("", sentences.told(each.message))
    return _one(wanted, form), 400


def _choice(form: Form) -> told.Choice | None:
    """The verdict that was pressed, by the agency's reasons; None: none of them."""
    with here().read() as connection:
        return told.chosen(form["verdict"], told.reasons_of(connection, here().tenant))


def _reason(form: Form, choice: told.Choice | None) -> str:
    """The reason of the key that was pressed, and what was written beside it."""
    return " ".join(filter(None, (choice.reason if choice else "", form["note"])))[:2000]


def _rests_on(form: Form) -> str:
    """What the verdict rests on: for a document, with its page."""
    given, page = form["rests_on"][:300], form["page"]
    if form["paged"] and given in form.all("paged") and page.isdecimal():
        return evidence.leaf_name(given, int(page))
    return given


# Undoing ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Undoable:
    """A verdict that was just given, and can be taken back."""

    statement: str
    link: str
    kind: str
    word: str
    title: str
    name: str


def _own_verdict(
    connection: Connection, there: Here, statement: bytes, by: str
) -> tuple[records.Verdict, Link]:
    """A verdict of this reviewer that still holds, and its link; else NotFound."""
    verdict = cases.record(connection, there.tenant.id, statement)
    if isinstance(verdict, records.Verdict) and verdict.by == by:
        link = cases.link(connection, there.tenant.id, casework.link_of(there.tenant, verdict))
        if link is not None:
            standing = _standings(connection, there.tenant, [link])[link.id]
            held = (standing.last, standing.second)
            if any(each is not None and each.statement == statement for each in held):
                return verdict, link
    raise NotFound(f"a verdict {statement.hex()}")


def _undoable(connection: Connection, there: Here) -> Undoable | None:
    """The verdict that the address says was just given."""
    try:
        statement = uuid.UUID(request.args.get("undo", "")).bytes
        verdict, link = _own_verdict(connection, there, statement, there.reviewer(connection))
    except (ValueError, NotFound):
        return None
    kind, word = told.MOVES[verdict.move]
    title = str(link.told.get("title") or "")
    return Undoable(statement.hex(), link.id.hex(), kind, _(word), title, link.name or "")


@ROOM.page("/review/undo", "verdicts/write", methods=("POST",))
def undo() -> Answer:
    """Take one's own verdict back: the link is again as it was before it."""
    statement = hexes(request.form.get("statement", ""), "verdict")
    why = _("Taken back by the reviewer.")

    def work(connection: Connection, there: Here, by: str) -> tuple[str, bool]:
        verdict, link = _own_verdict(connection, there, statement, by)
        casework.take_back(
            connection, there.tenant, statement=statement, by=by, why=why, now=there.now
        )
        there.did(connection, "link/undone", f"link {link.id.hex()}")
        return link.id.hex(), verdict.second

    link, second = _work(work)
    site.say(_("Taken back. Decide it anew."))
    if second:
        return redirect(url_for("web.review.second_one", link=link), 303)
    return redirect(url_for("web.review.one", link=link, **narrowed()), 303)


@ROOM.page("/review/<link>/withdraw", "verdicts/write", methods=("POST",))
def withdraw(link: str) -> Answer:
    """Withdraw an acceptance that stood, with a reason of the list, or in words, or both."""
    form = Form.sent()
    listed = {str(n): _(reason) for n, reason in enumerate(told.WITHDRAWALS, 1)}
    form.values["note"] = " ".join(filter(None, (listed.get(form["why"]), form["note"])))
    return _moved(link, "withdraw", "link/withdrawn", _("Withdrawn."), form)


@ROOM.page("/review/<link>/submit", "verdicts/write", methods=("POST",))
def submit(link: str) -> Answer:
    """Put a returned link before the reviewers again, since what was missing came."""
    said = _("It is in the queue again.")
    return _moved(link, "submit", "link/submitted", said, Form.sent())


def _moved(link: str, move: str, action: str, said: str, form: Form) -> Answer:
    wanted = hexes(link, "link")

    def work(connection: Connection, there: Here, by: str) -> bool:
        casework.decide(
            connection,
            there.tenant,
            link=wanted,
            move=move,
            by=by,
            now=there.now,
            reason=form["note"][:2000],
            rests_on=form["rests_on"][:300],
        )
        there.did(connection, action, f"link {link}")
        return True

    if _tell(lambda: _work(work)):
        site.say(said)
    return redirect(url_for("web.review.one", link=wanted.hex(), **narrowed()), 303)


# Many at once -------------------------------------------------------------------------------


@ROOM.page("/review/together", "verdicts/write")
def together() -> str:
    """Plain links of one behaviour of one programme, to be decided together."""
    there, wanted = here(), asked()
    rows: list[Row] = []
    more = False
    ready = wanted.which.programme is not None and wanted.behaviour is not None
    with there.read() as connection:
        programmes = _programmes(connection, there.tenant)
        some = told.reasons_of(connection, there.tenant)
        if ready:
            by = there.reviewer(connection)
            links, more = _plain(connection, there, wanted, _me(by))
            live = _standings(connection, there.tenant, links)
            rows = [_row(each, live[each.id], {}, _me(by), there) for each in links]
            rows = [row for row in rows if row.state == review.SUBMITTED]
    return render_template(
        "review_together.html",
        ready=ready,
        rows=rows,
        more=more,
        narrowed=narrowed(),
        programmes=_programme_choices(there.tenant, programmes),
        behaviours=_behaviour_choices(there.tenant, programmes),
        choices=told.choices(some, ("accept", "return")),
        reasons=told.reasons,
    )


def _plain(
    connection: Connection, there: Here, wanted: Asked, me: bytes
) -> tuple[list[Link], bool]:
    page = cases.links(
        connection,
        there.tenant.id,
        replace(wanted.which, states=(review.SUBMITTED,)),
        behaviour=wanted.behaviour,
        waiting_since=wanted.waiting_since,
        plain_from=PLAIN,
        limit=TOGETHER,
    )
    return [each for each in page.rows if each.person != me], page.after is not None


def is_plain(link: Link) -> bool:
    """Whether a link may be decided with others: work since the clock's start, said by more than
    the learner, and strongly linked."""
    return link.placed == "after" and not link.self_said and link.weight >= PLAIN


@ROOM.page("/review/together", "verdicts/write", methods=("POST",))
def decide_together() -> Page:
    """Decide those that were ticked; says which were not taken, and why."""
    form, wanted = Form.sent(), asked()
    choice = _choice(form)
    links = [hexes(each, "link") for each in form.all("link")][:TOGETHER]
    if choice is None or choice.move not in ("accept", "return") or not links:
        site.say(_("Nothing was decided: tick links, and choose a verdict."))
        return redirect(url_for("web.review.together", **narrowed()), 303)
    chosen, reason = choice, _reason(form, choice)

    def work(connection: Connection, there: Here, by: str) -> tuple[list[str], list[Any]]:
        made, left = [], []
        for each in links:
            link = _found(connection, there, each)
            try:
                made.append(_decide_plain(connection, there, by, wanted, link, chosen.move, reason))
            except Left as why:
                left.append((link, str(why)))
        return made, left

    made, left = _work(work)
    return render_template("review_left.html", left=left, narrowed=narrowed(), made=made)


@ROOM.page("/review/together/undo", "verdicts/write", methods=("POST",))
def undo_together() -> Answer:
    """Take back what was decided together: each link waits again, in nobody's hands."""
    given = Form.sent().all("statement")[:TOGETHER]
    statements = [hexes(each, "verdict") for each in given]
    why = _("Taken back by the reviewer.")

    def work(connection: Connection, there: Here, by: str) -> int:
        for statement in statements:
            _verdict, link = _own_verdict(connection, there, statement, by)
            casework.take_back(
                connection, there.tenant, statement=statement, by=by, why=why, now=there.now
            )
            casework.decide(
                connection, there.tenant, link=link.id, move="release", by=by, now=there.now
            )
            there.did(connection, "link/undone", f"link {link.id.hex()}")
        return len(statements)

    count = _work(work)
    told_ = ngettext("One verdict was taken back.", "%(num)s verdicts were taken back.", count)
    site.say(told_ % {"num": count})
    return redirect(url_for("web.review.together", **narrowed()), 303)


class Left(Exception):
    """A link that was not decided with the others, and why, in English."""


def _decide_plain(
    connection: Connection,
    there: Here,
    by: str,
    wanted: Asked,
    link: Link,
    move: str,
    reason: str,
) -> str:
    """Decide one of many; answers the verdict's statement. Raises `Left`."""
    same = link.programme is not None and link.programme.id == wanted.which.programme
    if not same or link.behaviour is None or link.behaviour.id != wanted.behaviour:
        raise Left(N_("It is of another training or behaviour; decide it by itself."))
    if not is_plain(link):
        raise Left(N_("It is not plain; look at it by itself."))
    made = ""
    try:
        for step in ("take", move):
            made = casework.decide(
                connection,
                there.tenant,
                link=link.id,
                move=step,
                by=by,
                now=there.now,
                reason=reason if step == move else "",
                rests_on=f"record {uuid.UUID(bytes=link.evidence)}" if step == move else "",
            )
    except Conflict:
        raise Left(MEANWHILE) from None
    except Refused as error:
        if _standings(connection, there.tenant, [link])[link.id].held_by == _me(by):
            casework.decide(
                connection, there.tenant, link=link.id, move="release", by=by, now=there.now
            )
        raise Left(error.problems[0].message) from error
    there.did(connection, f"link/{move}", f"link {link.id.hex()}")
    return made


# Second opinions ----------------------------------------------------------------------------


def _wanting(connection: Connection, there: Here, by: str) -> list[Link]:
    share = _share(there)
    found = cases.wanting_second(
        connection,
        there.tenant.id,
        lambda link: review.second_wanted(link, share),
        _me(by),
    )
    live = _standings(connection, there.tenant, found)
    return [each for each in found if _may_second(live[each.id], each, by, there)]


def _may_second(standing: Standing, link: Link, by: str, there: Here) -> bool:
    if not review.second_wanted(link.id, _share(there)):
        return False
    first = standing.first
    opinion = review.Verdict(
        link=link.id, move="accept", by=_me(by), at=0, statement=b"", reason="-", second=True
    )
    return first is not None and review.may_second(opinion, standing, link.person) is None


@ROOM.page("/review/second", "verdicts/write")
def second() -> str:
    """Links drawn for a second opinion, without the first."""
    there = here()
    with there.read() as connection:
        links = _wanting(connection, there, there.reviewer(connection))
        undo = _undoable(connection, there)
    return render_template("review_seconds.html", links=links, undo=undo, narrowed={})


@ROOM.page("/review/second/<link>", "verdicts/write")
def second_one(link: str) -> str:
    """A link for a second opinion: nothing of the first is shown."""
    return _second_one(hexes(link, "link"), Form())


def _second_one(link: bytes, form: Form) -> str:
    there = here()
    with there.read() as connection:
        desk = _desk(connection, there, link, ahead=True)
        standing = _standings(connection, there.tenant, [desk.row.link])[link]
        if not _may_second(standing, desk.row.link, there.reviewer(connection), there):
            raise NotFound(f"a second opinion on {link.hex()}")
        undo = _undoable(connection, there)
        some = told.reasons_of(connection, there.tenant)
    there.saw("link", link.hex())
    return render_template(
        "review_second.html",
        desk=desk,
        form=form,
        undo=undo,
        ahead=False,
        narrowed={},
        choices=told.choices(some, review.DECIDING),
        tiers=[(tier, _(word)) for tier, word in wording.TIERS.items()],
        states=told.STATES,
        placed=told.PLACED,
        raters=told.RATERS,
    )


@ROOM.page("/review/second/<link>/decide", "verdicts/write", methods=("POST",))
def decide_second(link: str) -> Page:
    """Keep a second opinion, which moves nothing, and go on to the next that is wanted."""
    wanted, form = hexes(link, "link"), Form.sent()
    choice = _choice(form)
    if choice is None or choice.move not in review.DECIDING:
        form.wrong("verdict", _("Choose a verdict."))
    rests_on, reason = _rests_on(form), _reason(form, choice)

    def work(connection: Connection, there: Here, by: str) -> tuple[str, str | None]:
        assert choice is not None
        row = _found(connection, there, wanted)
        standing = _standings(connection, there.tenant, [row])[row.id]
        if not _may_second(standing, row, by, there):
            raise NotFound(f"a second opinion on {link}")
        made = casework.decide(
            connection,
            there.tenant,
            link=wanted,
            move=choice.move,
            by=by,
            now=there.now,
            reason=reason,
            rests_on=rests_on,
            tier=form["tier"] or None if choice.move == "accept" else None,
            second=True,
        )
        there.did(connection, "link/second-opinion", f"link {link}")
        left = [each.id for each in _wanting(connection, there, by) if each.id != wanted]
        return made, left[0].hex() if left else None

    if form.sound:
        try:
            made, following = _work(work)
        except Conflict:
            form.wrong("", _(MEANWHILE))
        except Refused as error:
            for each in error.problems:
                form.wrong("", sentences.told(each.message))
        else:
            if following is None:
                return redirect(url_for("web.review.second", undo=made), 303)
            return redirect(url_for("web.review.second_one", link=following, undo=made), 303)
    return _second_one(wanted, form), 400
