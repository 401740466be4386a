"""Pages behind signed links, for people without an account, on a phone, with or without script.

One page holds a round: a superior's whole staff, or what a learner is asked. Others are a unit's
contact's, the one on which somebody says that an answer was not theirs, and the one for citizens.
Looking changes nothing, since mail scanners look too; only sending does. A form carries a UUID, so
that sending it again, after a broken connection, is harmless.
"""

import ipaddress
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, g, make_response, redirect, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Connection
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as Answer

from lrs import casework, channels, followup, i18n, units
from lrs.auth import links
from lrs.auth.links import Dead, Opened
from lrs.casework import Upload
from lrs.context import Context
from lrs.errors import Busy, Conflict, JejakError, NotFound, Refused
from lrs.followup import Page, Row, Sheet
from lrs.i18n import N_, _
from lrs.practice import files, forms
from lrs.practice import followup as schedule
from lrs.practice.cases import date_of
from lrs.practice.followup import ANSWERED, NAMED, PEER
from lrs.practice.forms import FORMS
from lrs.practice.records import SELF, Citizen, Evidence, Meeting
from lrs.store import invitations, register
from lrs.store.accounts import Tenant
from lrs.store.engine import is_away
from lrs.web import offline, sentences, sheets, words
from lrs.web.forms import sending

PAGES = Blueprint("signed", __name__)
PAGES.register_blueprint(offline.ROOM)

#: The largest form without files, in bytes: two hundred rows with an example each.
FORM_LIMIT: Final = 2 * 2**20

#: The most fields of one form: some hundred staff with a dozen fields each.
FIELDS_LIMIT: Final = 20_000

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The address is a key: it is told to nobody.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}

#: Kinds of evidence that learners hand in, and what they are called.
KINDS: Final[Mapping[str, str]] = {
    "artefact": N_("Something that was made: a letter, a report, a design"),
    "project": N_("A project, with its report"),
    "metric": N_("A figure of the service, before and after"),
    "reflection": N_("What I learned by doing it"),
}

_DEAD: Final[Mapping[str, str]] = {
    links.UNKNOWN: N_("This address is not complete. Open it once more from the letter."),
    links.EXPIRED: N_("The time for this page is over. Ask the training office for a new one."),
    links.REVOKED: N_("This page was closed. Ask the training office for a new one."),
}


@dataclass(slots=True)
class Told:
    """What a page shows besides its questions: values typed before, and what is wrong where (at
    the empty name: with the whole)."""

    given: dict[str, list[str]] = field(default_factory=dict)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    part: str = ""

    def one(self, name: str) -> str:
        return next(iter(self.given.get(name, [])), "")

    def has(self, name: str, value: str) -> bool:
        return value in self.given.get(name, [])

    def at(self, name: str) -> list[str]:
        return self.wrong.get(name, [])

    def say(self, name: str, sentence: str) -> None:
        self.wrong.setdefault(name, []).append(sentence)


# Before and after ---------------------------------------------------------------------------


@PAGES.before_request
def _before() -> Answer | None:
    context = _context()
    chosen = request.args.get("language")
    if chosen in words.LANGUAGES and request.method == "GET":
        answer = redirect(request.path, 303)
        words.keep_language(answer, chosen, secure=request.is_secure)
        return answer
    i18n.speak(words.language(context.settings.language))
    g.now = context.clock()
    request.max_form_parts = FIELDS_LIMIT
    request.max_form_memory_size = FORM_LIMIT
    request.max_content_length = FORM_LIMIT + 10 * context.settings.evidence_limit
    if request.method == "POST" and not _same_origin(context):
        abort(403)
    return None


def _same_origin(context: Context) -> bool:
    """Whether the browser says that the form came from our own page, or says nothing."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin in (None, "null"):  # a page that tells no address sends null
        return True
    ours = {request.host, urlsplit(context.settings.public_url).netloc}
    return urlsplit(origin).netloc in ours


@PAGES.after_request
def _after(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault(offline.MARK, "done")
    return offline.packed(answer)


@PAGES.errorhandler(Exception)
def _failed(error: Exception) -> Response:
    if isinstance(error, RequestEntityTooLarge):
        return _sorry(413, _("That is too large. Hand in fewer or smaller files at once."))
    if isinstance(error, HTTPException):
        code = error.code or 500
        if code < 400:
            return error.get_response()  # type: ignore[return-value]
        return _sorry(code, _("That could not be read. Open the page once more from the letter."))
    if isinstance(error, NotFound):
        return _sorry(404, _(_DEAD[links.UNKNOWN]))
    if isinstance(error, Conflict):
        return _sorry(409, _("That was done already. Nothing is left to do."))
    if isinstance(error, Busy) or is_away(error):
        return _sorry(503, _("The service is busy. Nothing was lost; try again in a while."))
    if isinstance(error, JejakError):
        return _sorry(400, sentences.error(error))
    current_app.logger.error("unexpected_error", exc_info=error)
    return _sorry(500, _("Something failed on our side. Nothing was lost; try again in a while."))


def _context() -> Context:
    found: Context = current_app.extensions["jejak"]
    return found


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates" / "forms"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    i18n.equip(made)
    made.globals |= {
        "FORMS": FORMS,
        "field_name": sheets.name,
        "unseen": sheets.unseen,
        "labels": sheets.labels,
        "stage": sheets.stage,
        "SCALES": forms.SCALES,
        "NOT_SEEN": sheets.NOT_SEEN,
        "NONE": sheets.NONE,
        "asset": offline.address,
        "languages": words.LANGUAGES,
    }
    return made


def render(template: str, **facts: Any) -> str:
    """A page of `templates/forms/`, in the language that holds."""
    return _environment().get_template(template).render(**facts)


def _show(template: str, status: int = 200, **facts: Any) -> Response:
    answer = make_response(render(template, **facts), status)
    answer.content_type = "text/html; charset=utf-8"
    return answer


def _sorry(status: int, sentence: str) -> Response:
    return _show("sorry.html", status, agency="", sentence=sentence)


def paper(
    agency: str, papers: Iterable[Mapping[str, Any]], locale: str, *, linked: bool = False
) -> str:
    """Rounds for printing: each with its page, its groups and its address; a file that holds its
    style, or, `linked`, a page of ours that names it."""
    with i18n.speaking(locale):
        told = [
            {**each, "code": Markup(channels.qr(each["url"])), "name_of": channels.code}
            for each in papers
        ]
        style = "" if linked else Markup(offline.style())
        return render("paper.html", agency=agency, papers=told, style=style)


def poster(agency: str, path: str, url: str, locale: str, *, linked: bool = False) -> str:
    """A poster for a counter; `linked` as of `paper`."""
    with i18n.speaking(locale):
        code = Markup(channels.qr(url))
        style = "" if linked else Markup(offline.style())
        return render("poster.html", agency=agency, path=path, code=code, style=style)


@PAGES.get("/assets/offline")
def without_line() -> Response:
    """What is shown without a line where the page that is asked for was never opened."""
    sentence = _("There is no line, and this page was not opened on this device before.")
    return _sorry(200, f"{sentence} {_('Open it once more when there is a line.')}")


# The page -----------------------------------------------------------------------------------


@PAGES.get("/<token>")
def see(token: str) -> Response:
    """Show what a link opens. Changes nothing."""
    opened = _open(token)
    if isinstance(opened, Dead):
        return _dead(opened)
    return _SEE[opened.purpose](opened, Told())


@PAGES.post("/<token>")
def send(token: str) -> Response | Answer:
    """Take what was filled in."""
    opened = _open(token)
    if isinstance(opened, Dead):
        return _dead(opened)
    return _SEND[opened.purpose](opened)


def _open(token: str) -> Opened | Dead:
    with _context().database.read() as connection:
        opened = links.redeem(connection, token, g.now)
    if isinstance(opened, Opened) and opened.purpose not in _SEE:
        return Dead(links.UNKNOWN)  # one of ours, for another page
    return opened


def _dead(dead: Dead) -> Response:
    status = 404 if dead.why == links.UNKNOWN else 410
    agency = dead.tenant.name if dead.tenant else ""
    return _show("sorry.html", status, agency=agency, sentence=_(_DEAD[dead.why]))


def _back(said: str) -> Answer:
    """To the same page once more, so that loading it again sends nothing twice."""
    return redirect(f"{request.path}?{said}", 303)


def _given() -> dict[str, list[str]]:
    return request.form.to_dict(flat=False)


# A round ------------------------------------------------------------------------------------


def _see_round(opened: Opened, told: Told) -> Response:
    with _context().database.read() as connection:
        page = followup.page(connection, opened.tenant, opened.subject, g.now)
        draft = None
        if not told.given:
            draft = invitations.draft(connection, opened.tenant.id, page.round)
        learner = _learner(connection, opened.tenant, page) if page.role == SELF else None
    if draft:
        told.given = {name: [str(v) for v in values] for name, values in draft.items()}
    lasts = max(0, int((followup.lasts(page) - g.now).total_seconds()))
    answer = _show(
        "round.html",
        400 if told.wrong else 200,
        agency=opened.tenant.name,
        page=page,
        groups=sheets.groups(page),
        answered=[row for row in page.rows if row.invitation.state == ANSWERED],
        told=told,
        learner=learner,
        kinds=KINDS,
        submission=told.one("submission") or str(uuid.uuid4()),
        other=str(uuid.uuid4()),
        done=request.args.get("done", ""),
        today=i18n_day(page, g.now),
        lasts=lasts,
        waits=bool(page.waiting),
    )
    return offline.mark(answer, lasts, waits=bool(page.waiting))


def i18n_day(page: Page, now: datetime) -> date:
    """The last day that may be named as one on which something was done."""
    days = [row.observed_on for row in page.rows]
    return max(days) if days else date_of(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """What a learner's page has besides the questions: cases to hand in for, colleagues to name,
    and whether their superior is known."""

    cases: tuple[Row, ...]
    colleagues: tuple[tuple[str, str], ...]
    named: frozenset[str]
    superior: str


def _learner(connection: Any, tenant: Tenant, page: Page) -> Learner:
    assert page.rater is not None
    day = followup.today(g.now)
    unit = followup.unit_of(connection, tenant, page.rater, g.now)
    near = invitations.colleagues(connection, tenant.id, unit, day) if unit else []
    boss = followup.superior_of(connection, tenant, page.rater, g.now)
    ids = [person for person, _name in near if person not in (page.rater, boss)]
    known = invitations.facts(connection, tenant.id, [*ids, boss] if boss else ids)
    cases = tuple({row.about.case: row for row in page.rows if row.about.case is not None}.values())
    asks_peers = any(
        PEER in window.raters for row in cases for window in schedule.windows(row.about.programme)
    )
    named = followup.peers_of(
        connection, tenant, [row.about.case for row in cases if row.about.case], confirmed=False
    )
    return Learner(
        cases=cases,
        colleagues=tuple(
            (each.hex(), str(known[each].get("name") or "?")) for each in ids if asks_peers
        ),
        named=frozenset(each.hex() for told in named.values() for each in told),
        superior=str(known[boss].get("name") or "?") if boss else "",
    )


def _send_round(opened: Opened) -> Response | Answer:
    part = request.form.get("part", "answer")
    if part == "answer":
        return _answer(opened)
    with _context().database.read() as connection:
        page = followup.page(connection, opened.tenant, opened.subject, g.now)
    if page.role != SELF or part not in _PARTS:
        abort(400)
    told = Told(given=_given(), part=part)
    try:
        return _PARTS[part](opened, page, told)
    except Refused as refused:
        for problem in refused.problems:
            told.say(problem.path, sentences.told(problem.message))
    except NotFound:
        told.say("", _("Nobody in the register has this number."))
    return _see_round(opened, told)


def _answer(opened: Opened) -> Response | Answer:
    given, tenant, now = _given(), opened.tenant, g.now
    told = Told(given=given, part="answer")
    database = _context().database
    if request.form.get("do") == "draft":
        kept = {name: values for name, values in given.items() if name not in ("do", "part")}
        database.write(
            lambda c: invitations.save_draft(
                c, tenant.id, opened.subject, kept, followup.micros(now)
            )
        )
        return _back("done=draft")
    with database.read() as connection:
        page = followup.page(connection, tenant, opened.subject, now)
        before = invitations.forms_of_visit(connection, tenant.id, _submission(told).bytes)
    if before:
        return _back("done=answer")  # sent once more, as by a phone that was offline
    sheet = _sheet(opened, page, told)
    if sheet is not None:
        for wrong in followup.problems(page, sheet):
            told.say(*sheets.where(page, wrong))
    if sheet is None or told.wrong:
        return _see_round(opened, told)

    def work(connection: Any) -> int:
        # What waits may have changed since the page was shown.
        fresh = followup.page(connection, tenant, opened.subject, now)
        return followup.answer(connection, tenant, fresh, sheet, now=now)

    database.write(work)
    return _back("done=answer")


def _sheet(opened: Opened, page: Page, told: Told) -> Sheet | None:
    """What was handed in, or None with what is wrong said."""
    who = told.one("who")
    if who not in ("me", "other"):
        told.say("who", _("Say who is answering."))
    name = told.one("who_name").strip()
    if who == "other" and not name:
        told.say("who", _("Write the name of who is answering."))
    entries = sheets.read(page, told.given)
    meeting = _meeting(page, told) if page.role == "superior" else None
    if not entries and meeting is None and page.waiting:
        told.say("", _("Nothing was filled in yet. Answer about one person at least."))
    if told.wrong:
        return None
    return Sheet(
        submission=str(_submission(told)),
        entries=entries,
        who=name if who == "other" else "",
        device=_device(opened.tenant),
        meeting=meeting,
    )


def _submission(told: Told) -> uuid.UUID:
    """What names this sending, the same however often it is asked."""
    found = sending(told.one("submission"))
    told.given["submission"] = [str(found)]
    return found


def _meeting(page: Page, told: Told) -> Meeting | None:
    """The note of a meeting, if one was written beside the answers."""
    text = told.one("meeting.text").strip()
    if not text:
        return None
    rows = {row.key: row for row in page.rows}
    chosen = [rows[key] for key in told.given.get("meeting.people", ()) if key in rows]
    copied = [rows[key] for key in told.given.get("meeting.copied", ()) if key in rows]
    held_on = _day(told.one("meeting.held_on"))
    if held_on is None:
        told.say("meeting.held_on", _(forms.NO_DATE))
    elif held_on > i18n_day(page, g.now):
        told.say("meeting.held_on", _("The meeting lies in the future."))
    if not chosen:
        told.say("meeting.people", _("Choose whose work was looked at."))
    if not {row.key for row in copied} <= {row.key for row in chosen}:
        told.say("meeting.copied", _(forms.NOT_THERE))
    if told.wrong or held_on is None or page.rater is None:
        return None
    if told.one("who") != "me":
        told.say("meeting.text", _("Only the superior writes a note of a meeting here."))
        return None
    programmes = {row.about.programme.iri for row in chosen}
    return Meeting(
        people=tuple(dict.fromkeys(_uuid(row.about.person) for row in chosen)),
        by=_uuid(page.rater),
        role=page.role,
        held_on=held_on,
        text=text,
        title=told.one("meeting.title").strip(),
        programme=programmes.pop() if len(programmes) == 1 else None,
        copied=tuple(dict.fromkeys(_uuid(row.about.person) for row in copied)),
    )


def _address() -> str:
    """Where the request came from: as the outermost of our own proxies has it, if there are any."""
    proxies = _context().settings.proxies
    told = request.headers.get("X-Forwarded-For", "").split(",")
    if 0 < proxies <= len(told):
        return told[-proxies].strip()
    return request.remote_addr or ""


def _device(tenant: Tenant) -> str:
    """What tells two answers of one device, and nothing else: a digest that only we can make."""
    seen = f"{_address()}\n{request.user_agent.string}".encode()
    return blake2b(seen, key=tenant.practice.salt, digest_size=8).hexdigest()


def _uuid(person: bytes) -> str:
    return str(uuid.UUID(bytes=person))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


# What learners do besides -------------------------------------------------------------------


def _hand_in(opened: Opened, page: Page, told: Told) -> Response | Answer:
    """Keep a piece of evidence with its files."""
    context, now, tenant = _context(), g.now, opened.tenant
    assert page.rater is not None
    row = next((each for each in page.rows if each.key == told.one("case")), None)
    if row is None or row.about.case is None:
        told.say("case", _("Choose the training that this belongs to."))
    kind = told.one("of")
    if kind not in KINDS:
        told.say("of", _("Choose what it is."))
    title = told.one("title").strip()
    if not title:
        told.say("title", _("Say in a few words what it is."))
    performed_on = _day(told.one("performed_on"))
    if performed_on is None:
        told.say("performed_on", _(forms.NO_DATE))
    elif row is not None and performed_on > date_of(now, row.about.programme):
        told.say("performed_on", _("The work lies in the future; give the day it was done."))
    handed = uploads(context, told)
    if told.wrong or row is None or row.about.case is None or performed_on is None:
        return _see_round(opened, told)
    expected = {each.iri for each in row.about.programme.behaviours}
    person = _uuid(page.rater)
    evidence = Evidence(
        person=person,
        of=kind,
        by=person,
        role=SELF,
        performed_on=performed_on,
        title=title,
        text=told.one("text").strip().replace("\r\n", "\n"),
        programme=row.about.programme.iri,
        case=row.about.case.hex(),
        behaviours=tuple(
            iri for iri in dict.fromkeys(told.given.get("behaviours", ())) if iri in expected
        ),
    )
    submission = str(_submission(told))
    try:
        context.database.write(
            lambda c: casework.hand_in(
                c, tenant, evidence, now=now, files=handed, submission=submission
            )
        )
    except Conflict:
        pass  # sent before: it is kept already
    return _back("done=evidence")


def uploads(context: Context, told: Told) -> list[Upload]:
    """The files of this request, looked at; what is wrong with one is said at `files`."""
    allowed = frozenset(context.settings.evidence_types.split()) or frozenset(files.TYPES)
    found = []
    for each in request.files.getlist("files"):
        content = each.read()
        if not content and not each.filename:
            continue
        name = files.clean_name(each.filename or "")
        most = context.settings.evidence_limit
        if len(content) > most:
            told.say(
                "files",
                _("%(name)s is too large: at most %(most)s MB are taken.")
                % {"name": name, "most": i18n.number(round(most / 2**20, 1))},
            )
            continue
        problem = files.check(
            name,
            each.mimetype or "",
            content,
            limit=most,
            allowed=allowed,
        )
        if problem is not None:
            told.say("files", f"{name}: {sentences.told(problem.message)}")
            continue
        kind = files.kind(content, name) or "application/octet-stream"
        found.append(Upload(name, kind, content))
    return found


def _name_peers(opened: Opened, page: Page, told: Told) -> Response | Answer:
    """Note the colleagues whom a learner names, for each of their cases on the page."""
    assert page.rater is not None
    by = _uuid(page.rater)
    chosen = _people(told.given.get("peers", ()))
    if not 1 <= len(chosen) <= NAMED:
        told.say("peers", _("Choose five colleagues, or as many as there are."))
        return _see_round(opened, told)
    cases = [row.about.case for row in page.rows if row.about.case is not None]

    def work(connection: Any) -> None:
        for case in dict.fromkeys(cases):
            followup.name_peers(connection, opened.tenant, case, chosen, by)

    _context().database.write(work)
    return _back("done=peers")


def _name_superior(opened: Opened, page: Page, told: Told) -> Response | Answer:
    """Note whom a learner names as their superior, for the unit to agree to."""
    assert page.rater is not None
    person, now = page.rater, g.now
    text = told.one("superior").strip()
    if not text:
        told.say("superior", _("Write the number (NIP) of your superior."))
        return _see_round(opened, told)

    def work(connection: Any) -> None:
        superior = units.who(connection, opened.tenant.id, text)
        day = followup.today(now)
        units.name_superior(connection, opened.tenant.id, person, superior, _uuid(person), day=day)

    try:
        _context().database.write(work)
    except (NotFound, Conflict):
        told.say("superior", _("Nobody in the register has this number."))
        return _see_round(opened, told)
    return _back("done=superior")


def _people(told: Iterable[str]) -> list[bytes]:
    found = []
    for each in dict.fromkeys(told):
        try:
            found.append(uuid.UUID(each).bytes)
        except ValueError:
            continue
    return found


_PARTS: Final = {
    "evidence": _hand_in,
    "peers": _name_peers,
    "superior": _name_superior,
}


# A unit's contact ---------------------------------------------------------------------------


def _see_unit(opened: Opened, told: Told) -> Response:
    with _context().database.read() as connection:
        page = followup.unit_page(connection, opened.tenant, opened.subject, g.now)
    return _show(
        "unit.html",
        agency=opened.tenant.name,
        page=page,
        told=told,
        done=request.args.get("done", ""),
    )


def _send_unit(opened: Opened) -> Answer:
    """Note what the contact agrees with; what was left open stays open."""
    given, now, tenant = _given(), g.now, opened.tenant

    def work(connection: Any) -> None:
        page = followup.unit_page(connection, tenant, opened.subject, now)
        by = _uuid(page.contact) if page.contact else "contact of the unit"
        for person, _name, _superior in page.superiors:
            said = next(iter(given.get(f"superior.{person.hex()}", [])), "")
            if said in ("yes", "no"):
                units.agree_superior(connection, tenant.id, person, by, agreed=said == "yes")
        for case, _whose, named in page.peers:
            if given.get(f"decide.{case.hex()}"):
                ticked = set(given.get(f"peers.{case.hex()}", []))
                chosen = [peer for peer, _name in named if peer.hex() in ticked]
                followup.confirm_peers(connection, tenant, case, chosen, by)

    _context().database.write(work)
    return _back("done=unit")


# That was not me ----------------------------------------------------------------------------


def _see_disown(opened: Opened, told: Told) -> Response:
    with _context().database.read() as connection:
        given = invitations.forms_of_visit(connection, opened.tenant.id, opened.subject)
        stands = [each for each in given if each.disowned is None]
        held = invitations.by_id(connection, opened.tenant.id, [e.invitation for e in stands])
        rows = [
            row
            for round_ in dict.fromkeys(each.round for each in held)
            for row in followup.page(connection, opened.tenant, round_, g.now).rows
            if row.invitation.id in {each.invitation for each in stands}
        ]
    return _show("disown.html", agency=opened.tenant.name, rows=rows, stands=bool(stands))


def _send_disown(opened: Opened) -> Answer:
    """Take the answers back."""
    now, tenant = g.now, opened.tenant
    try:
        _context().database.write(lambda c: followup.disown(c, tenant, opened.subject, now=now))
    except Conflict:
        pass  # taken back before: the page says so
    return _back("done=disown")


# Citizens -----------------------------------------------------------------------------------


def _see_citizen(opened: Opened, told: Told, status: int = 200) -> Response:
    with _context().database.read() as connection:
        rows = register.units(connection, opened.tenant.id)
    if opened.subject not in rows:
        raise NotFound("a unit")
    return _show(
        "citizen.html",
        status,
        agency=opened.tenant.name,
        path=rows[opened.subject][0],
        told=told,
        form=FORMS["I"],
        done=request.args.get("done", ""),
    )


def _send_citizen(opened: Opened) -> Response | Answer:
    """Keep what somebody at the counter says, and nothing of who they are."""
    told, now, tenant = Told(given=_given()), g.now, opened.tenant
    value, text = told.one("value"), told.one("text").strip()[: forms.LONGEST]
    if value not in ("0", "1", "2", "3", "4"):
        told.say("value", _("Choose one of the five."))
        return _see_citizen(opened, told, 400)
    citizen = Citizen(unit=opened.subject.hex(), value=int(value), said_on=date_of(now), text=text)
    hour = int(now.timestamp()) // _HOUR
    who, most = _neighbour(opened, hour), _context().settings.citizen_answers

    def work(connection: Connection) -> bool:
        invitations.forget_heard(connection, followup.micros(now))
        ends = (hour + 1) * _HOUR * 1_000_000
        if who and most and not invitations.hear(connection, who, ends=ends, most=most):
            return False
        casework.tell(connection, tenant, citizen, now=now)
        return True

    if _context().database.write(work):
        return _back("done=citizen")
    told.say("", _("Very many answers came from here just now. Please tell us in an hour."))
    answer = _see_citizen(opened, told, 429)
    answer.headers["Retry-After"] = str((hour + 1) * _HOUR - int(now.timestamp()))
    return answer


#: How long answers from one address are counted together, in seconds.
_HOUR: Final = 3600


def _neighbour(opened: Opened, hour: int) -> bytes | None:
    """What tells two answers from one address on one code within an hour, and nothing later: a
    digest under a salt of the day. None for this machine's own address: a proxy that nobody told us
    of, behind which we cannot tell anybody from anybody."""
    try:
        address = ipaddress.ip_address(_address())
    except ValueError:
        return None
    if address.is_loopback:
        return None
    # Whoever has one address of the newer kind has all that begin alike.
    near = ipaddress.ip_network((address, 64), strict=False) if address.version == 6 else address
    day = f"citizens on day {hour // 24}".encode()
    salt = blake2b(day, key=opened.tenant.practice.salt, digest_size=32).digest()
    told = f"{hour}\n{near}\n".encode() + opened.subject
    return blake2b(told, key=salt, digest_size=16).digest()


_SEE: Final = {
    links.ROUND: _see_round,
    links.UNIT: _see_unit,
    links.DISOWN: _see_disown,
    links.CITIZEN: _see_citizen,
}
_SEND: Final = {
    links.ROUND: _send_round,
    links.UNIT: _send_unit,
    links.DISOWN: _send_disown,
    links.CITIZEN: _send_citizen,
}

#: How long a code at a counter holds.
CITIZEN_LINK: Final = timedelta(days=5 * 365)
