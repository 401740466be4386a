"""Reports of learners as PDF (*laporan aktualisasi*, *aksi perubahan*): dropped many at once, read
one after another, and each looked at beside its own pages before it becomes evidence.

A report waits a month to be looked at. What was read of it is a proposal: a human confirms it,
mends it, or dismisses it; nothing is entered before.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import imports_reports as taking
from lrs import pictures, programmes
from lrs.errors import NotFound, Problem, Refused
from lrs.i18n import N_, _, ngettext
from lrs.imports_reports import ADD_MENTOR, ERASED_TOO, SUPERIOR, Accepted, Meant, Report
from lrs.practice import files, imported, names, people, records
from lrs.practice import reports_read as reports
from lrs.practice.cases import date_of
from lrs.practice.reports_read import Finding
from lrs.store import practice, register, waiting
from lrs.store.waiting import Waiting
from lrs.web import evidence, listing, sentences, site, words
from lrs.web.forms import Form
from lrs.web.imports import ROOM
from lrs.web.people import hex_of
from lrs.web.rooms import Here, here

Page = str | tuple[str, int] | Answer

#: How many reports are dropped at once, and how many bytes in all.
MANY: Final = 50
LARGEST: Final = 200 << 20

#: How many people of one name are shown to choose from.
NAMESAKES: Final = 8

#: From such a confidence on, a finding is sure, or likely; else it is doubtful.
SURE, LIKELY = 0.85, 0.6

KINDS: Final = {taking.PROJECT: N_("Project"), records.PLAN: N_("Plan")}

#: What is looked for, as people call it, in the order in which it is shown.
CALLED: Final = {
    reports.KIND: N_("Kind of report"),
    reports.NAME: N_("Name"),
    reports.NUMBER: N_("NIP or NI PPPK"),
    reports.UNIT: N_("Unit"),
    reports.POSITION: N_("Position"),
    reports.PROGRAMME: N_("Programme"),
    reports.COHORT: N_("Cohort"),
    reports.TITLE: N_("Title"),
    reports.BEGUN: N_("First day"),
    reports.ENDED: N_("Last day"),
    reports.APPROVED: N_("Approved on"),
    reports.MENTOR: N_("Mentor"),
    reports.MENTOR_NUMBER: N_("Number of the mentor"),
    reports.COACH: N_("Coach"),
    reports.COACH_NUMBER: N_("Number of the coach"),
    reports.EXAMINER: N_("Examiner"),
    reports.EXAMINER_NUMBER: N_("Number of the examiner"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A report of the list; `report` None: it was not read yet."""

    held: Waiting
    report: Report | None

    @property
    def id(self) -> str:
        return self.held.id.hex()

    @property
    def state(self) -> tuple[str, str]:
        """Kind of badge, word."""
        if self.report is None:
            return "plain", _("not read yet")
        if self.report.there is not None:
            return "plain", _("there already")
        if self.report.sure:
            return "good", _("nothing to mend")
        if self.report.author is None:
            return "bad", _("whose is not known")
        return "warn", _("to look at")


@dataclass(frozen=True, slots=True)
class Read:
    """A finding as a page shows it: what it is called, how sure it is, where it stands."""

    called: str
    finding: Finding

    @property
    def badge(self) -> tuple[str, str]:
        """Kind of badge, word."""
        if self.finding.confidence >= SURE:
            return "good", _("sure")
        return ("calm", _("likely")) if self.finding.confidence >= LIKELY else ("warn", _("unsure"))

    @property
    def value(self) -> str:
        if self.finding.what in (reports.BEGUN, reports.ENDED, reports.APPROVED):
            return words.short_day(date.fromisoformat(self.finding.value))
        return self.finding.value


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a field of the form means: one person, or several to choose from."""

    person: Meant | None = None
    others: tuple[Meant, ...] = ()


# The list -----------------------------------------------------------------------------------


@ROOM.page("/imports/reports", "evidence/write", methods=("GET", "POST"), limit=LARGEST)
def reports_waiting() -> Page:
    """Reports that wait to be looked at; more are dropped here."""
    form = Form.sent()
    if request.method == "POST":
        kept = _dropped(form)
        if form.sound:
            told = ngettext("One report waits.", "%(num)s reports wait.", kept) % {"num": kept}
            site.say(told)
            return redirect(url_for("web.imports.reports_waiting"), 303)
    with here().read() as connection:
        lines = [
            Line(held, taking.proposed(connection, here().tenant, held))
            for held in waiting.every(connection, here().tenant.id, waiting.REPORT)
        ]
    here().saw("waiting reports", str(len(lines)))
    page = render_template(
        "imports_reports.html",
        form=form,
        lines=lines,
        unread=sum(each.report is None for each in lines),
        sure=sum(each.report is not None and each.report.sure for each in lines),
        title=reports.TITLE,
        name=reports.NAME,
        kinds=KINDS,
        many=MANY,
        most=here().context.settings.evidence_limit,
    )
    return page if form.sound else (page, 400)


def _dropped(form: Form) -> int:
    """Keep what was dropped; answers how many were kept. Each that is not is told by its name."""
    there = here()
    limit = there.context.settings.evidence_limit
    sent = [each for each in request.files.getlist("files") if each.filename]
    if not sent:
        form.wrong("files", _("Choose one or more PDF files."))
    if len(sent) > MANY:
        form.wrong("files", _("At most %(many)s files at once.") % {"many": MANY})
        return 0
    kept = 0
    for each in sent:
        name = files.clean_name(each.filename or "")
        content = each.stream.read(limit + 1)

        def keep(connection: Connection, name: str = name, content: bytes = content) -> None:
            taking.keep(
                connection, there.tenant, content, name, by=there.who, now=there.now, limit=limit
            )
            there.did(connection, "waiting report/dropped", f"bytes {len(content)}")

        try:
            there.write(keep)
            kept += 1
        except Refused as refused:
            told = " ".join(_(problem.message) for problem in refused.problems)
            form.wrong("files", f"{name}: {told}")
    return kept


@ROOM.page("/imports/reports/read", "evidence/write", methods=("POST",))
def reports_read_next() -> Answer:
    """Read the next report that was not read, and show the list again."""
    there = here()
    with there.read() as connection:
        every = waiting.every(connection, there.tenant.id, waiting.REPORT)
        left = next((each for each in every if each.told is None), None)
        content = waiting.content(connection, there.tenant.id, left.id) if left else b""
    if left is not None:
        _read(there, left, content)
    return redirect(url_for("web.imports.reports_waiting"), 303)


def _read(there: Here, held: Waiting, content: bytes) -> None:
    """Read a report in a child of its own, and keep what it says."""
    read = taking.read(content, held.name)
    there.write(lambda connection: taking.note(connection, there.tenant, held, read))


@ROOM.page("/imports/reports/together", "evidence/write", methods=("POST",))
def reports_together() -> Answer:
    """Accept those that were ticked and need no mending, or dismiss those that were ticked."""
    there, form = here(), Form.sent()
    ids = [hex_of(each, "report") for each in form.all("report")][:1000]
    accepted = {SUPERIOR} if form["mentors"] else set[str]()

    def dismiss(connection: Connection) -> int:
        gone = sum(waiting.drop(connection, there.tenant.id, each) for each in ids)
        there.did(connection, "waiting report/dismissed", f"reports {gone}")
        return gone

    if form["do"] == "dismiss":
        number = there.write(dismiss)
        told = ngettext("One report was dismissed.", "%(num)s reports were dismissed.", number)
        site.say(told % {"num": number})
        return redirect(url_for("web.imports.reports_waiting"), 303)
    done = left = 0
    for each in ids:
        try:
            done += there.write(lambda c, id_=each: _accept_sure(c, there, id_, accepted))  # type: ignore[misc]
        except (Refused, NotFound):
            left += 1
    left += len(ids) - done - left
    told = ngettext("One report is evidence now.", "%(num)s reports are evidence now.", done)
    site.say(told % {"num": done})
    if left:
        told = ngettext(
            "One was left: look at it by itself.",
            "%(num)s were left: look at each by itself.",
            left,
        )
        site.say(told % {"num": left})
    return redirect(url_for("web.imports.reports_waiting"), 303)


def _accept_sure(connection: Connection, there: Here, id_: bytes, accepted: set[str]) -> bool:
    held = _held(connection, there, id_.hex())
    content = waiting.content(connection, there.tenant.id, held.id)
    report = taking.proposed(connection, there.tenant, held, content)
    if report is None or not report.sure:
        return False
    with_mentor = accepted if report.mentor is not None else set[str]()
    done = taking.accept(
        connection, there.tenant, report, by=there.who, now=there.now, accepted=with_mentor
    )
    _entered(connection, there, held, done)
    return True


def _entered(connection: Connection, there: Here, held: Waiting, done: Accepted) -> None:
    waiting.drop(connection, there.tenant.id, held.id)
    there.did(connection, "evidence/handed in", f"evidence {done.statement}")
    if done.superior:
        there.did(connection, "superior/confirmed", f"evidence {done.statement}")


# One report ---------------------------------------------------------------------------------


def _held(connection: Connection, there: Here, report: str) -> Waiting:
    held = waiting.one(connection, there.tenant.id, waiting.REPORT, hex_of(report, "report"))
    if held is None:
        raise NotFound(f"a report {report} that waits")
    return held


@ROOM.page("/imports/reports/<report>", "evidence/write", methods=("GET", "POST"))
def report(report: str) -> Page:
    """A report beside what was read of it: mended, accepted, or dismissed."""
    there, form = here(), Form.sent()
    with there.read() as connection:
        held = _held(connection, there, report)
        content = waiting.content(connection, there.tenant.id, held.id)
    if held.told is None:
        _read(there, held, content)
        with there.read() as connection:
            held = _held(connection, there, report)
    with there.read() as connection:
        found = taking.proposed(connection, there.tenant, held, content)
        assert found is not None
        if request.method == "GET":
            form = _proposed(found)
        author = _whom(connection, there, form, "author")
        mentor = _whom(connection, there, form, "mentor")
        force = programmes.in_force(connection, there.tenant.id)
    if request.method == "POST" and form["do"] == "dismiss":
        return _dismissed(there, held)
    if request.method == "POST" and form["do"] == "accept":
        work = _accepting(there, held, found, form, author, mentor)
        if work is not None and form.try_(lambda: there.write(work), _FIELDS) is not None:
            site.say(_("It is evidence now, and waits for a reviewer where it fits a case."))
            return _next(there)
    there.saw("waiting report", held.id.hex())
    return render_template(
        "imports_report.html",
        form=form,
        held=held,
        found=found,
        read=[Read(_(CALLED[each.what]), each) for each in _best(found)],
        author=author,
        mentor=mentor,
        page=_page(found),
        kinds=[(kind, _(word)) for kind, word in KINDS.items()],
        programmes=[(each.iri, each.title) for each in force],
        today=date_of(there.now).isoformat(),
        told=sentences.told,
        is_translated=sentences.is_translated,
        may_add=_may_add(found, mentor),
    ), 200 if form.sound else 400


_FIELDS: Final = {
    "person": "author",
    "done_on": "done_on",
    "title": "title",
    "mentor": "mentor",
    "performed_on": "done_on",
    "of": "of",
}


def _best(found: Report) -> list[Finding]:
    best = [found.read.best(what) for what in CALLED]
    return [each for each in best if each is not None]


def _page(found: Report) -> int:
    """The page that is shown: the one asked for, else that of the *lembar pengesahan*."""
    asked = listing.asked("page")
    if asked.isdecimal() and 1 <= int(asked) <= max(found.read.pages, 1):
        return int(asked)
    return found.read.approval or 1


def _proposed(found: Report) -> Form:
    """The form with what was read."""
    value = found.read.value
    day = found.done_on
    form = Form.of(
        author=value(reports.NUMBER) or value(reports.NAME),
        mentor=value(reports.MENTOR_NUMBER) or value(reports.MENTOR),
        title=value(reports.TITLE),
        of=found.of,
        done_on=day.isoformat() if day else None,
        programme=found.programme,
        text=taking.summary(found),
    )
    if found.mentor is not None:
        form.lists["superior"] = ["yes"]
        form.values["superior"] = "yes"
    return form


def _may_add(found: Report, mentor: Whom) -> bool:
    """Whether the mentor can be entered in the register as read."""
    value = found.read.value
    return mentor.person is None and bool(
        value(reports.MENTOR_NUMBER)
        and value(reports.MENTOR)
        and value(reports.MENTOR_NUMBER) != value(reports.NUMBER)
    )


def _whom(connection: Connection, there: Here, form: Form, field: str) -> Whom:
    """Whom a number or a name means; of several the one that was chosen."""
    text, chosen = form[field], form[f"{field}_person"]
    if not text:
        return Whom()
    tenant = there.tenant.id
    digits = "".join(each for each in text if each.isdigit())
    if len(digits) == 18:
        try:
            digest = names.identifier(tenant, *people.number(digits))
        except ValueError as wrong:
            form.wrong(field, sentences.known(str(wrong)) or _("This is no NIP or NI PPPK."))
            return Whom()
        merged = practice.merged(connection, tenant)
        held = {
            merged.get(each, each)
            for each in register.holders(connection, tenant, [digest]).get(digest, ())
        }
    else:
        found = register.search(connection, tenant, imported.bare_name(text), NAMESAKES)
        held = {each for each, _name in found}
    known = register.people(connection, tenant, sorted(held))
    some = sorted((Meant(each, known[each].name) for each in held if each in known), key=_by_name)
    if len(digits) == 18 and len(some) == 1:
        return Whom(some[0])
    # By a name alone nobody is meant, until a human says so.
    taken = next((each for each in some if str(uuid.UUID(bytes=each.person)) == chosen), None)
    return Whom(taken, tuple(some))


def _by_name(meant: Meant) -> tuple[str, bytes]:
    return meant.name.casefold(), meant.person


def _accepting(
    there: Here, held: Waiting, found: Report, form: Form, author: Whom, mentor: Whom
) -> Callable[[Connection], Accepted] | None:
    """What hands the report in as the form says; None: something is to be mended first."""
    form.need("author", "title", "done_on")
    day = Form.day(form["done_on"])
    if form["done_on"] and day is None:
        form.wrong("done_on", _("Write the day as 2026-12-31."))
    if form["author"] and author.person is None and not form.at("author"):
        form.wrong(
            "author",
            _("Choose which of them it is.")
            if author.others
            else _("Nobody in the register is called so, or has this number. Enter them first."),
        )
    accepted = {SUPERIOR} if form["superior"] else set[str]()
    if form["add_mentor"] and _may_add(found, mentor):
        accepted |= {SUPERIOR, ADD_MENTOR} | ({ERASED_TOO} if form["erased_too"] else set())
    elif accepted and mentor.person is None and not form.at("mentor"):
        form.wrong("mentor", _("Say who it is, or do not enter them as the superior."))
    force = form["programme"] or None
    if not form.sound or author.person is None:
        return None
    # Whom the report's numbers mean counts for nothing where the human wrote somebody else.
    said = replace(found, author=author.person, mentor=mentor.person, programme=force)

    def work(connection: Connection) -> Accepted:
        known = {each.iri for each in programmes.in_force(connection, there.tenant.id)}
        if force is not None and force not in known:
            raise Refused(Problem("programme", N_("There is no such programme.")))
        done = taking.accept(
            connection,
            there.tenant,
            said,
            by=there.who,
            now=there.now,
            accepted=accepted,
            done_on=day,
            title=form["title"],
            text=form["text"].replace("\r\n", "\n"),
            of=form["of"],
        )
        _entered(connection, there, held, done)
        return done

    return work


def _dismissed(there: Here, held: Waiting) -> Answer:
    def work(connection: Connection) -> None:
        waiting.drop(connection, there.tenant.id, held.id)
        there.did(connection, "waiting report/dismissed", f"report {held.id.hex()}")

    there.write(work)
    site.say(_("Dismissed: nothing was entered."))
    return _next(there)


def _next(there: Here) -> Answer:
    """To the report that waits the longest, or to the empty list."""
    with there.read() as connection:
        left = waiting.every(connection, there.tenant.id, waiting.REPORT, limit=1)
    if not left:
        return redirect(url_for("web.imports.reports_waiting"), 303)
    return redirect(url_for("web.imports.report", report=left[0].id.hex()), 303)


@ROOM.page("/imports/reports/<report>/page/<int:page>", "evidence/write")
def report_page(report: str, page: int) -> Response:
    """The picture of a page of a report that waits, drawn here."""
    there = here()
    with there.read() as connection:
        held = _held(connection, there, report)
        content = waiting.content(connection, there.tenant.id, held.id)
    there.saw("waiting report", f"{held.id.hex()} page {page}")
    return drawn(held, content, page)


def drawn(held: Waiting, content: bytes, page: int) -> Response:
    """A page of a file that waits, as a picture that may do nothing."""
    try:
        picture = pictures.picture(held.sha2, content, page)
    except pictures.Unseen:
        raise NotFound(f"page {page} of {held.name}") from None
    answer = Response(picture.png, content_type="image/png")
    evidence.guard(answer, "inline", f"{held.name}-{page}.png")
    return answer
