"""One case (*Tindak Lanjut Alumni*): the completion, what is known of each behaviour, the evidence,
who was asked and what they answered, and what happened when.

What is shown depends on who looks: evidence is for the learner, the superior and the reviewers,
what raters answered for nobody whom it is about. From here a reviewer links evidence by hand, and
ends the observation of who was moved to other duties.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import casework
from lrs.auth import relations
from lrs.errors import Conflict, NotFound, Problem, Refused
from lrs.followup import disown_answer
from lrs.followup import send_now as letter_now
from lrs.i18n import N_, _
from lrs.learning import PRACTICE
from lrs.papers import wording
from lrs.practice import followup, names, records
from lrs.practice.cases import ZONE, day_of, days
from lrs.practice.programmes import Behaviour, Programme, Window
from lrs.practice.records import Ending
from lrs.store import cases
from lrs.store.cases import Case, Link, Outcome
from lrs.store.invitations import INVITE, REMIND
from lrs.web import bring as bringing
from lrs.web import evidence, reach, sentences, sheets, site, told, words
from lrs.web.cases import ROOM
from lrs.web.evidence import Piece, hexes
from lrs.web.forms import Form
from lrs.web.rooms import Here, here

Page = str | tuple[str, int] | Answer

#: Why a reviewer may end an observation; who left is in the lists of people.
WHY: Final = {
    "moved": N_("Moved: the new duties no longer include it"),
    "promoted": N_("Promoted: the new duties no longer include it"),
    "restructured": N_("Reorganised: the unit no longer does this work"),
    "other": N_("Another reason, said below"),
}

ASKED: Final = {
    "due": ("calm", N_("To be asked")),
    "sent": ("calm", N_("Asked")),
    "undeliverable": ("bad", N_("Undeliverable")),
    "vacant": ("warn", N_("Nobody in office")),
    "answered": ("good", N_("Answered")),
    "skipped": ("plain", N_("Not asked")),
    "disowned": ("bad", N_("Disowned")),
}

OWN: Final = N_("Nobody ends the observation of their own work; ask another reviewer.")

#: Pieces of evidence without a link that are shown to choose from.
MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a behaviour (None: of the completion as a whole), in one word and a day."""

    text: str
    kind: str
    word: str
    day: int | None
    tier: str
    lasting: int | None
    confirmed: int | None
    heard: int | None
    links: int


@dataclass(frozen=True, slots=True)
class Asking:
    """A window of a case: its days, who was asked in it, what was answered and what is owed."""

    window: Window
    opens: int
    closes: int
    when: str
    asked: Sequence[cases.Invitation]
    answers: Sequence[cases.Answer]
    owed: Sequence[str]


@dataclass(frozen=True, slots=True)
class Loose:
    """Evidence of the person that has no link to this case."""

    statement: str
    title: str
    kind: str
    day: int


@dataclass(frozen=True, slots=True)
class May:
    """What of this case its reader may see and do."""

    evidence: bool
    bring: bool
    links: bool
    answers: bool
    invitations: bool
    review: bool
    statements: bool
    disown: bool


def _may(connection: Connection, there: Here, case: Case) -> May:
    def reached(action: str) -> bool:
        return reach.reaches(connection, there, action, case.person)

    return May(
        evidence=reached("evidence/read"),
        bring=case.state == "open" and case.person is not None and reached("evidence/write"),
        links=reached("links/read"),
        answers=relations.may_read_answers(connection, reach.viewer(there), case.person),
        invitations=reached("invitations/read"),
        review=there.may("verdicts/write"),
        statements=there.may("statements/read"),
        disown=there.may("invitations/write"),
    )


def find(connection: Connection, there: Here, case: str) -> Case:
    """The case of an address, for whoever may see it; else NotFound."""
    found = cases.case(connection, there.tenant.id, hexes(case, "case"))
    if found is None:
        raise NotFound(f"a case {case}")
    reach.require(connection, there, "cases/read", found.person, f"a case {case}")
    return found


@ROOM.page("/cases/<case>", "cases/read", narrowed=True)
def one(case: str) -> str:
    """A case with all that is known of it."""
    return _one(case, Form())


def _one(case: str, form: Form) -> str:
    there = here()
    with there.read() as connection:
        tenant = there.tenant
        found = find(connection, there, case)
        may = _may(connection, there, found)
        programme = bringing.programme_of(connection, there, found)
        outcomes = cases.outcomes(connection, tenant.id, found.id)
        links = cases.links_of_case(connection, tenant.id, found.id)
        links = relations.as_told(connection, reach.viewer(there), links)
        answers = cases.answers(connection, tenant.id, found.id) if may.answers else []
        asked = (
            cases.invitations(
                connection, tenant.id, case=found.id, whose=_whose(found), limit=200
            ).rows
            if may.invitations
            else ()
        )
        ends = _endings(connection, there, found)
        completed = [_completion(connection, there, each) for each in found.completions]
    there.saw("case", found.id.hex())
    if may.links:
        there.saw("links of case", found.id.hex())
    return render_template(
        "case.html",
        case=found,
        stage=sheets.stage,
        may=may,
        form=form,
        known=_known(there, programme, outcomes, links),
        whole=_whole(there, outcomes),
        windows=_windows(there, found, programme, asked, answers, may),
        links=links,
        answers=answers,
        given=_given(answers) if may.disown else [],
        asked_words=ASKED,
        completed=[each for each in completed if each is not None],
        ends=ends,
        ended_words=told.ENDED,
        story=_story(found, links, answers, may),
        states=told.STATES,
        case_states=told.CASE_STATES,
        placed=told.PLACED,
        raters=told.RATERS,
        whys=[(why, _(word)) for why, word in WHY.items()],
        today=_today(there).isoformat(),
        mails=site.mails(),
    )


def _links(connection: Connection, there: Here, case: Case, may: May) -> list[Link]:
    """The links of a case; one to an answer only for whoever may read answers."""
    if not may.links:
        return []
    found = cases.links_of_case(connection, there.tenant.id, case.id)
    if may.answers:
        return found
    hidden = cases.answers_among(connection, there.tenant.id, [each.evidence for each in found])
    return [each for each in found if each.evidence not in hidden]


@ROOM.page("/cases/<case>/evidence", "evidence/write", narrowed=True)
def bring(case: str) -> str:
    """The form for handing in evidence for somebody else."""
    return bringing.shown(_theirs(case), bringing.new(), on_behalf=True)


@ROOM.page("/cases/<case>/evidence", "evidence/write", narrowed=True, methods=("POST",))
def hand_in(case: str) -> Page:
    """Keep what somebody else handed over, and who keyed it."""
    found, form = _theirs(case), Form.sent()
    if not bringing.taken(found, form, on_behalf=True):
        return bringing.shown(found, form, on_behalf=True), 400
    site.say(_("Handed in. A reviewer looks at it."))
    return redirect(url_for("web.cases.one", case=found.id.hex()), 303)


def _theirs(case: str) -> Case:
    """A case of somebody known, for whom the reader may hand in evidence; else NotFound."""
    there = here()
    with there.read() as connection:
        found = find(connection, there, case)
        reach.require(connection, there, "evidence/write", found.person, f"a case {case}")
    if found.person is None:
        raise NotFound(f"a case {case}")
    return found


def _today(there: Here) -> date:
    return date(1970, 1, 1) + timedelta(days=there.today)


@dataclass(frozen=True, slots=True)
class Completed:
    """A statement that says so: when it says it happened, and whether it still holds."""

    statement: str
    at: Any
    voided: bool


def _completion(connection: Connection, there: Here, statement: str) -> Completed | None:
    found = evidence.logged(connection, there.tenant, bytes.fromhex(statement))
    return None if found is None else Completed(statement, found[0], found[1])


# What is known ------------------------------------------------------------------------------


def _known(
    there: Here, programme: Programme | None, outcomes: Sequence[Outcome], links: Sequence[Link]
) -> list[Known]:
    by_id = {each.behaviour.id: each for each in outcomes if each.behaviour is not None}
    behaviours: tuple[Behaviour, ...] = programme.behaviours if programme else ()
    made = []
    for each in behaviours:
        identity = names.behaviour(there.tenant.id, each.iri)
        some = [a for a in links if a.behaviour is not None and a.behaviour.id == identity]
        made.append(_of(each.text, by_id.get(identity), len(some)))
    return made


def _whole(there: Here, outcomes: Sequence[Outcome]) -> Known:
    whole = next((each for each in outcomes if each.behaviour is None), None)
    return _of("", whole, 0)


def _of(text: str, outcome: Outcome | None, links: int) -> Known:
    if outcome is None:
        return Known(text, "calm", _("Not known yet"), None, "", None, None, None, links)
    if outcome.applied_day is not None:
        kind, word, day = "good", _("Applied"), outcome.applied_day
    elif outcome.known_not_day is not None:
        kind, word, day = "warn", _("Known not to be applied yet"), outcome.known_not_day
    else:
        kind, word, day = "calm", _("Not known yet"), None
    tier = _(wording.TIERS.get(outcome.applied_tier or "", ""))
    return Known(
        text,
        kind,
        word,
        day,
        tier,
        outcome.lasting_day,
        outcome.superior_confirmed_day,
        outcome.contact_day,
        links,
    )


def _windows(
    there: Here,
    case: Case,
    programme: Programme | None,
    asked: Sequence[cases.Invitation],
    answers: Sequence[cases.Answer],
    may: May,
) -> list[Asking]:
    if programme is None:
        return []
    today = there.today
    made = []
    for window in followup.windows(programme):
        opens, closes = case.clock_day + window.opens, case.clock_day + window.closes
        when = "later" if today < opens else "now" if today <= closes else "over"
        given = {
            (each.role, each.rater): each for each in answers if each.window == window.name
        }.values()
        invited = [each for each in asked if each.window == window.name]
        said = {each.role for each in given}
        owed = (
            ()
            if when == "later" or not may.answers
            else (tuple(role for role in window.raters if role not in said))
        )
        made.append(Asking(window, opens, closes, when, invited, tuple(given), owed))
    return made


def _story(
    case: Case, links: Sequence[Link], answers: Sequence[cases.Answer], may: May
) -> list[tuple[date, str, str, str]]:
    """What happened, the last first."""
    told_: list[tuple[int, str, str, str]] = [
        (case.clock_day, "calm", _("Windows count from here"), case.cohort or "")
    ]
    if case.completed_day is not None:
        told_.append((case.completed_day, "good", _("Marked complete"), case.title or ""))
    for link in links:
        kind, word = told.STATES[link.state]
        title = str(link.told.get("title") or "")
        heading = _("Evidence")
        if may.evidence and title:
            heading = _("%(what)s: %(title)s") % {"what": heading, "title": title}
        told_.append((link.performed_day, kind, heading, _(word)))
    seen = set()
    for answer in answers:
        visit = (answer.role, answer.rater, answer.form, answer.day)
        if visit not in seen:
            seen.add(visit)
            told_.append((answer.day, "plain", evidence.answer_words(answer), answer.window))
    outcome = case.outcome
    for day, kind, heading in (
        (
            (outcome.superior_confirmed_day, "good", _("Confirmed by the superior")),
            (outcome.lasting_day, "good", _("Still applied")),
            (outcome.known_not_day, "warn", _("Somebody who could see it said: not yet")),
        )
        if outcome
        else ()
    ):
        if day is not None:
            told_.append((day, kind, heading, ""))
    if case.ended_day is not None:
        why = _(told.ENDED.get(case.ended or "", ""))
        told_.append((case.ended_day, "plain", _("Observation ended"), why))
    told_.sort(key=lambda each: each[0], reverse=True)
    return [(date(1970, 1, 1) + timedelta(days=day), *rest) for day, *rest in told_]  # type: ignore[misc]


# Ending the observation ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class End:
    """That somebody ended the observation of this case, which can be taken back."""

    statement: str
    why: str
    day: date
    who: str
    note: str


def _whose(case: Case) -> frozenset[bytes] | None:
    """Whose things are asked for with this case; None: nobody knows whose it is."""
    return None if case.person is None else frozenset({case.person})


def _endings(connection: Connection, there: Here, case: Case) -> list[End]:
    found = casework.endings(connection, there.tenant, case)
    whose = told.named(connection, there.tenant, [records.actor_id(r.by) for _s, r in found])
    return [
        End(
            statement.hex(),
            _(told.ENDED.get(record.why, record.why)),
            record.day,
            whose.get(records.actor_id(record.by), ""),
            record.note,
        )
        for statement, record in found
    ]


@ROOM.page("/cases/<case>/end", "verdicts/write", methods=("POST",))
def end(case: str) -> Page:
    """End the observation, since the duties no longer include what was learned."""
    form = Form.sent()
    day = _day(form)
    if form["why"] not in WHY:
        form.wrong("why", _("Choose one of the list."))
    if form["why"] == "other" and not form["note"]:
        form.wrong("note", _("Say in a sentence why the observation ends."))
    if not form.sound or day is None:
        return _one(case, form), 400

    def work(connection: Connection, there: Here) -> None:
        found = find(connection, there, case)
        if found.person is None:
            raise NotFound(f"a person of case {case}")
        by = there.reviewer(connection)
        ending = Ending(
            person=evidence.uuid_of(found.person),
            case=found.id.hex(),
            why=form["why"],
            day=day,
            by=by,
            note=form["note"][:2000],
        )
        if records.actor_id(by) == found.person:
            raise Refused(Problem("", OWN))
        casework.end(connection, there.tenant, ending, now=there.now)
        there.did(connection, "case/ended", f"case {case}")

    return _done(case, work, _("The observation ends on that day. It can be taken back."), form)


def _day(form: Form) -> date | None:
    try:
        return date.fromisoformat(form["day"])
    except ValueError:
        form.wrong("day", _("Give a day, such as 2026-03-31."))
        return None


@ROOM.page("/cases/<case>/resume", "verdicts/write", methods=("POST",))
def resume(case: str) -> Page:
    """Take the end of an observation back: the case is followed up again."""
    form = Form.sent()
    statement = hexes(form["statement"], "record")
    why = form["note"] or _("Taken back by the reviewer.")

    def work(connection: Connection, there: Here) -> None:
        found = find(connection, there, case)
        record = cases.record(connection, there.tenant.id, statement)
        if not isinstance(record, Ending) or record.case != found.id.hex():
            raise NotFound(f"an end of case {case}")
        casework.take_back(
            connection,
            there.tenant,
            statement=statement,
            by=there.reviewer(connection),
            why=why,
            now=there.now,
        )
        there.did(connection, "case/resumed", f"case {case}")

    return _done(case, work, _("Taken back: the case is followed up again."), form)


@ROOM.page("/cases/<case>/send-now", "invitations/write", methods=("POST",))
def send_now(case: str) -> Page:
    """Have somebody who is asked about this case get a letter now: the first, or a reminder."""
    form = Form.sent()
    round_ = hexes(form["round"], "round")

    def work(connection: Connection, there: Here) -> str:
        found = find(connection, there, case)
        asked = cases.invitations(
            connection, there.tenant.id, case=found.id, whose=_whose(found), limit=200
        )
        if round_ not in {each.round for each in asked.rows}:
            raise NotFound(f"a round {form['round']} of case {case}")
        there.did(connection, "invitations/sent-now", f"round {round_.hex()[:10]}")
        return letter_now(connection, there.tenant, round_, there.now)

    said = {INVITE: _("A letter with the questions goes out."), REMIND: _("A reminder goes out.")}
    return _done(case, work, said, form)


@ROOM.page("/cases/<case>/disown", "invitations/write", methods=("POST",))
def disown(case: str) -> Page:
    """Take back an answer, and what was answered at once with it, for who says it is not theirs."""
    form = Form.sent()
    form.need("note")
    statement = hexes(form["answer"], "answer")

    def work(connection: Connection, there: Here) -> None:
        found = find(connection, there, case)
        may = _may(connection, there, found)
        answers = cases.answers(connection, there.tenant.id, found.id) if may.answers else []
        if statement not in {each.statement for each in answers}:
            raise NotFound(f"an answer of case {case}")
        by = there.reviewer(connection)
        disown_answer(connection, there.tenant, statement, by=by, why=form["note"], now=there.now)
        there.did(connection, "answer/undone", f"case {case}")

    if not form.sound:
        return _one(case, form), 400
    said = _("Taken back. They can be asked anew under Who has not answered.")
    return _done(case, work, said, form)


def _given(answers: Sequence[cases.Answer]) -> list[tuple[str, str]]:
    """What was answered at once, by one of its statements, and how it is told from others."""
    found: dict[tuple[Any, ...], cases.Answer] = {}
    for each in answers:
        found.setdefault((each.rater, each.role, each.window, each.form, each.day), each)
    return [
        (
            each.statement.hex(),
            ", ".join(
                filter(
                    None,
                    (
                        each.rater_name,
                        _(told.RATERS[each.role]),
                        _("form %(form)s") % {"form": each.form},
                        words.short_day(each.day),
                    ),
                )
            ),
        )
        for each in found.values()
    ]


def _done(case: str, work: Any, said: str | Mapping[str, str], form: Form) -> Page:
    """Back to the case, with a sentence that says what was done: `said`, or that for what `work`
    answers."""
    there = here()
    try:
        done = there.write(lambda connection: work(connection, there))
    except Conflict as error:
        form.wrong("", sentences.error(error))
        return _one(case, form), 400
    except Refused as error:
        form.refused(error)
        return _one(case, form), 400
    site.say(said if isinstance(said, str) else said[done])
    return redirect(url_for("web.cases.one", case=case), 303)


# Linking by hand ----------------------------------------------------------------------------


@ROOM.page("/cases/<case>/link", "verdicts/write")
def choose(case: str) -> str:
    """Evidence of the person that has no link to this case, to link one by hand."""
    return _choose(case, Form.of(evidence=request.args.get("evidence", "")))


def _choose(case: str, form: Form) -> str:
    there = here()
    with there.read() as connection:
        found = find(connection, there, case)
        loose = _loose(connection, there, found)
        programme = bringing.programme_of(connection, there, found)
        chosen = _chosen(connection, there, found, form)
    if chosen is not None:
        there.saw("evidence", chosen.id)
    return render_template(
        "case_link.html",
        case=found,
        form=form,
        loose=loose,
        chosen=chosen,
        raters=told.RATERS,
        behaviours=[(each.iri, each.text) for each in (programme.behaviours if programme else ())],
    )


def _chosen(connection: Connection, there: Here, case: Case, form: Form) -> Piece | None:
    """The evidence that the form names, if it shows this person's work."""
    if not form["evidence"]:
        return None
    try:
        statement = hexes(form["evidence"], "evidence")
    except NotFound:
        form.wrong("evidence", _("That is no id of a record: 32 digits and letters from a to f."))
        return None
    piece = evidence.piece(connection, there.tenant, statement)
    if piece is None or case.person not in piece.subjects:
        return None
    return piece


def _loose(connection: Connection, there: Here, case: Case) -> list[Loose]:
    """Evidence of the person that nothing links to this case, the last first: what the records
    propose for no case, or what two trainings could claim alike."""
    if case.person is None:
        return []
    tenant = there.tenant
    linked = {each.evidence for each in cases.links_of_case(connection, tenant.id, case.id)}
    made = []
    page = cases.evidence(
        connection, tenant.id, kinds=PRACTICE, whose=[case.person], limit=4 * MOST
    )
    for each in page.rows:
        if each.statement not in linked:
            day = each.event.performed_on
            at = days(day) if day else day_of(each.at, ZONE)
            kind = _(told.KINDS.get(each.kind, each.kind))
            made.append(Loose(each.statement.hex(), each.event.text[:200], kind, at))
    for statement, _at, record in cases.own_records(
        connection, tenant.id, case.person, ["evidence", "meeting"]
    ):
        if statement in linked:
            continue
        if isinstance(record, records.Evidence) and record.of != records.PLAN:
            at = days(record.performed_on)
            kind = _(told.KINDS.get(record.of, record.of))
            made.append(Loose(statement.hex(), record.title, kind, at))
        elif isinstance(record, records.Meeting):
            at = days(record.held_on)
            title = record.title or record.text[:200]
            made.append(Loose(statement.hex(), title, _("Mentoring"), at))
    return sorted(made, key=lambda each: each.day, reverse=True)[:MOST]


@ROOM.page("/cases/<case>/link", "verdicts/write", methods=("POST",))
def link(case: str) -> Page:
    """Put a link that somebody made by hand before the reviewers, with its reason."""
    form = Form.sent()
    form.need("evidence", "reason")
    try:
        statement = hexes(form["evidence"], "evidence") if form["evidence"] else b""
    except NotFound:
        form.wrong("evidence", _("That is no id of a record: 32 digits and letters from a to f."))
    if not form.sound:
        return _choose(case, form), 400
    there = here()

    def work(connection: Connection) -> None:
        found = find(connection, there, case)
        programme = bringing.programme_of(connection, there, found)
        behaviour = form["behaviour"] or None
        if behaviour and (programme is None or programme.behaviour(behaviour) is None):
            raise NotFound(f"a behaviour of case {case}")
        casework.propose(
            connection,
            there.tenant,
            case=found.id,
            evidence=statement,
            behaviour=behaviour,
            by=there.reviewer(connection),
            reason=form["reason"][:2000],
            now=there.now,
        )
        there.did(connection, "link/proposed", f"case {case}")

    wrong: list[tuple[str, str]] = []
    try:
        there.write(work)
    except NotFound:
        wrong.append(("evidence", _("There is no such record of this person's work.")))
    except Conflict:
        wrong.append(("evidence", _("That link is there already. Find it in the case.")))
    except Refused as error:
        wrong += [
            ("evidence" if each.path == "evidence" else "reason", sentences.told(each.message))
            for each in error.problems
        ]
    if wrong:
        for name, sentence in wrong:
            form.wrong(name, sentence)
        return _choose(case, form), 400
    site.say(_("Linked. It waits in the queue for a verdict."))
    return redirect(url_for("web.cases.one", case=case), 303)
