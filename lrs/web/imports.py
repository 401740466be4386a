"""Lists that come in: chosen, shown as they would be taken, and entered.

A file that was sent is kept beside the session for an hour, so that what is entered is what was
looked at, and nobody sends it twice.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from zlib import compress, decompress

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import imports as completions
from lrs import people as register_of_people
from lrs import spreadsheets, units
from lrs.errors import NotFound, Problem, Refused
from lrs.i18n import N_, _
from lrs.people import Outcome, Reading
from lrs.spreadsheets import Sheet
from lrs.store import accounts, register, sessions
from lrs.web import site
from lrs.web.forms import Form, file_of
from lrs.web.rooms import Here, Room, here
from lrs.xapi import lexical

ROOM = Room("imports")

Page = str | tuple[str, int] | Answer

#: How long a file waits to be entered, and how large it may be.
WAITS: Final = timedelta(hours=1)
LARGEST: Final = 16 << 20

FILE: Final = "file"

#: How many problems and notes a page shows.
SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of list: what it is called and for, and the words of its columns."""

    name: str
    called: str
    about: str
    columns: Mapping[str, tuple[str, ...]]


_PEOPLE: Final = (
    "number",
    "name",
    "firstname",
    "lastname",
    "unit",
    "title",
    "superior",
    "mail",
    "phone",
    "from",
    "id",
    "username",
)
_EVENTS: Final = ("number", "event", "day", "unit", "title", "superior")
_ACCOUNTS: Final = ("number", "home", "account")
_GRADUATES: Final = (
    "number",
    "mail",
    "name",
    "course",
    "cohort",
    "completed",
    "enrolled",
    "attended",
    "date",
    "jp",
    "certificate",
    "status",
)


def _some(
    every: Mapping[str, tuple[str, ...]], words: tuple[str, ...]
) -> Mapping[str, tuple[str, ...]]:
    return {word: every[word] for word in words if word in every}


KINDS: Final = {
    each.name: each
    for each in (
        Kind(
            "graduates",
            N_("Graduates of a training"),
            N_("Who completed what, where the LMS does not send it: a list of participants."),
            _some(completions.COLUMNS, _GRADUATES),
        ),
        Kind(
            "people",
            N_("People"),
            N_("Names, numbers, units, positions and superiors; also Moodle's download of users."),
            _some(register_of_people.COLUMNS, _PEOPLE),
        ),
        Kind(
            "events",
            N_("Transfers and retirements"),
            N_("Who moved, was promoted, retired or left, and since when."),
            _some(register_of_people.COLUMNS, _EVENTS),
        ),
        Kind(
            "accounts",
            N_("Accounts of LMSs"),
            N_("Whose the accounts of an LMS are, by number."),
            _some(register_of_people.COLUMNS, _ACCOUNTS),
        ),
        Kind(
            "units",
            N_("Contacts of units"),
            N_("Who speaks for each unit, and who is its default superior."),
            units.COLUMNS,
        ),
    )
}

#: Words of columns as people call them.
COLUMNS: Final = {
    "number": N_("NIP or NI PPPK"),
    "name": N_("Name"),
    "firstname": N_("First name"),
    "lastname": N_("Last name"),
    "unit": N_("Unit"),
    "title": N_("Position"),
    "superior": N_("Number of the superior"),
    "mail": N_("Mail"),
    "phone": N_("Phone"),
    "from": N_("Since when"),
    "event": N_("What happened"),
    "day": N_("Day"),
    "id": N_("Number of the user in Moodle"),
    "username": N_("User name in Moodle"),
    "home": N_("Home page of the LMS"),
    "account": N_("Account"),
    "course": N_("Course"),
    "cohort": N_("Cohort"),
    "completed": N_("Completed on"),
    "enrolled": N_("Enrolled on"),
    "attended": N_("Attended on"),
    "date": N_("Date"),
    "jp": N_("JP"),
    "certificate": N_("Certificate"),
    "status": N_("Status"),
}


@dataclass(slots=True)
class Preview:
    """What a list would enter, whatever its kind: counts by what they are, and what is wrong."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sample: list[tuple[str, str, str]] = field(default_factory=list)
    enter: Callable[[], int] = int


@ROOM.page("/imports", "people/write", methods=("GET", "POST"))
def choose() -> Page:
    """Choose a kind of list and a file."""
    form = Form.sent()
    if request.method == "GET":
        form.values["kind"] = request.args.get("kind", "graduates")
        return _choose_page(form)
    there, sent = here(), file_of("file")
    if form["kind"] not in KINDS:
        form.wrong("kind", _("Choose one of the list."))
    if sent is None:
        form.wrong("file", _("Choose a file: XLSX, ODS or CSV."))
    content = b"" if sent is None else sent.stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        form.wrong("file", _("The file is larger than 16 MB. Split it, or leave pictures out."))
    name = "" if sent is None or sent.filename is None else sent.filename[-200:]
    if form.sound:
        form.try_(lambda: _read(form["kind"], content, name), {name: "file", "": "file"})
    if not form.sound:
        return _choose_page(form), 400
    secret = accounts.new_secret(32)
    body = {
        "kind": form["kind"],
        "name": name,
        "content": b64encode(compress(content)).decode(),
    }

    def keep(connection: Connection) -> None:
        sessions.create(connection, there.user, secret, stage=FILE, now=there.now, lasts=WAITS)
        kept = sessions.find(connection, secret, now=there.now)
        assert kept is not None
        sessions.remember(connection, kept, body)

    there.write(keep)
    return redirect(url_for("web.imports.look", secret=secret), 303)


def _choose_page(form: Form) -> str:
    kinds = [(each.name, _(each.called), _(each.about)) for each in KINDS.values()]
    return render_template("imports.html", form=form, kinds=kinds)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that waits: of what kind, called what, and its table."""

    session: sessions.Session
    kind: Kind
    name: str
    sheet: Sheet


def _kept(secret: str) -> Kept:
    """Raises NotFound, also for somebody else's file."""
    there = here()
    with there.read() as connection:
        found = sessions.find(connection, secret, now=there.now)
    if found is None or found.stage != FILE or found.user.id != there.user.id:
        raise NotFound("a file that waits")
    body = found.body
    content = decompress(b64decode(body["content"]))
    return Kept(
        found, KINDS[body["kind"]], body["name"], _read(body["kind"], content, body["name"])
    )


def _read(kind: str, content: bytes, name: str) -> Sheet:
    if kind == "graduates":
        return completions.read(content, name)
    return spreadsheets.read(content, name)


@ROOM.page("/imports/<secret>", "people/write", methods=("GET", "POST"))
def look(secret: str) -> Page:
    """What the list would enter; columns are chosen anew, or it is entered."""
    kept, form = _kept(secret), Form.sent()
    preview = form.try_(lambda: _preview(kept, form))
    if request.method == "POST" and form["do"] == "enter" and preview is not None:
        there = here()
        done = preview.enter()

        def end(connection: Connection) -> None:
            there.did(connection, f"import/{kept.kind.name}", f"entries {done}")
            sessions.end(connection, kept.session)

        there.write(end)
        site.say(_("Entered. Cases and lists follow within seconds."))
        return redirect(_after(kept.kind), 303)
    chosen = _columns(kept, form)
    return render_template(
        "import.html",
        kept=kept,
        form=form,
        called=_(kept.kind.called),
        preview=preview,
        columns=[(word, _(COLUMNS[word])) for word in kept.kind.columns],
        chosen=chosen,
        headings=[each for each in kept.sheet.headings if each],
        first=[row.cells for row in kept.sheet.rows[:3]],
        shown=SHOWN,
        today=here().now.date().isoformat(),
    ), 200 if form.sound else 400


def _after(kind: Kind) -> str:
    ways = {"graduates": "web.programmes.proposed", "units": "web.units.every"}
    return url_for(ways.get(kind.name, "web.people.every"))


def _columns(kept: Kept, form: Form) -> dict[str, str]:
    """Which heading is taken for which word: as chosen, else as it is known."""
    found = spreadsheets.mapping(kept.sheet.headings, kept.kind.columns, frozenset())
    for word in kept.kind.columns:
        if f"column-{word}" in form.values:
            found[word] = form[f"column-{word}"]
    return found


def _chosen(kept: Kept, form: Form) -> dict[str, str]:
    """The headings that were chosen by hand, or told by likeness, where they are in the list."""
    return {
        word: heading
        for word, heading in _columns(kept, form).items()
        if heading in kept.sheet.headings
    }


def _preview(kept: Kept, form: Form) -> Preview:
    """Raises Refused where the list cannot be read so."""
    there = here()
    with there.read() as connection:
        if kept.kind.name == "graduates":
            return _graduates(connection, there, kept, form)
        return _register(connection, there, kept, form)


def _register(connection: Connection, there: Here, kept: Kept, form: Form) -> Preview:
    reading = Reading(
        today=there.now.date(),
        columns=_chosen(kept, form),
        home=_home(form),
        account_column=form["account_column"] or "id",
    )
    who = f"{there.who}: {kept.name}"
    tenant = there.tenant

    def work(connection: Connection) -> Outcome:
        if kept.kind.name == "units":
            return units.import_units(connection, tenant, kept.sheet, reading.columns)
        ways: dict[str, Callable[..., Outcome]] = {
            "people": register_of_people.import_people,
            "events": register_of_people.import_events,
            "accounts": register_of_people.import_accounts,
        }
        return ways[kept.kind.name](connection, tenant.id, kept.sheet, reading)

    outcome = work(connection)

    def enter() -> int:
        def enter_all(connection: Connection) -> int:
            done = work(connection)
            register.append(connection, tenant.id, done.facts, who)
            return len(done.facts)

        return there.write(enter_all)

    unread = [problem for row in kept.sheet.rows for problem in row.problems]
    problems = [*unread, *outcome.problems]
    return Preview(
        outcome.new,
        outcome.changed,
        outcome.unchanged,
        len({problem.path.partition(",")[0] for problem in problems}),
        [_problem(each) for each in problems],
        list(outcome.notes),
        [],
        enter,
    )


def _home(form: Form) -> str | None:
    if form["home"] and not lexical.is_iri(form["home"]):
        raise Refused(Problem("home", "The home page of an LMS is an address like https://…"))
    return form["home"] or None


def _graduates(connection: Connection, there: Here, kept: Kept, form: Form) -> Preview:
    day: Any = None
    if form["on"]:
        day = Form.day(form["on"])
    reading = completions.Reading(
        today=there.now.date(),
        columns=_chosen(kept, form),
        course=form["course"] or None,
        cohort=form["cohort"] or None,
        on=day,
        home=_home(form),
        account_column=form["account_column"] or "id",
        add_people="add_people" in form.values,
    )
    plan = completions.plan(connection, there.tenant, kept.sheet, reading, kept.name)
    home = there.context.settings.public_url or accounts.HOME_PAGE
    database, tenant, who, now = there.context.database, there.tenant, there.who, there.now

    def enter() -> int:
        done = completions.enter(database, tenant, plan, by=who, now=now, home_page=home)
        return done.statements

    unknown = [
        _("row %(number)s: nobody in the register has this number or mail address")
        % {"number": row.number}
        for row in plan.unknown
    ]
    return Preview(
        plan.new,
        0,
        plan.there,
        plan.left_out,
        [*unknown, *(_problem(each) for each in plan.problems)],
        list(plan.notes),
        [
            (row.name, ", ".join(sorted({act.kind for act in row.acts})), row.state)
            for row in plan.rows[:10]
        ],
        enter,
    )


def _problem(problem: Problem) -> str:
    place = f"{problem.path}: " if problem.path else ""
    return f"{place}{_(problem.message)}"
