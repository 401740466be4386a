"""Lists that come in: chosen, shown as they would be taken, and entered.

A file that was sent is kept beside the session for an hour, so that what is entered is what was
looked at, and nobody sends it twice.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Final
from zlib import compress, decompress

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import channels, reconcile, spreadsheets, units
from lrs import imports as completions
from lrs import imports_evidence as practice
from lrs import people as register_of_people
from lrs.errors import NotFound, Problem, Refused
from lrs.i18n import N_, _
from lrs.learning import COMPLETED, INVITED
from lrs.people import Outcome, Reading
from lrs.practice import files
from lrs.practice.cases import date_of
from lrs.spreadsheets import Row, Sheet, plain
from lrs.store import accounts, browse, register, sessions
from lrs.web import sentences, setup, sheets, site, words
from lrs.web.forms import Form, file_of
from lrs.web.rooms import Here, Room, here
from lrs.xapi import actors, lexical

ROOM = Room("imports")

Page = str | tuple[str, int] | Answer

#: How long a file waits to be entered, and how large it may be.
WAITS: Final = timedelta(hours=1)
LARGEST: Final = 8 << 20

FILE: Final = "file"

#: How many problems and notes a page shows, and how many rows as they were taken.
SHOWN: Final = 100
SAMPLE: Final = 10


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of list: what it is called and for, and the words of its columns."""

    name: str
    called: str
    about: str
    columns: Mapping[str, tuple[str, ...]]

    @property
    def of_courses(self) -> bool:
        """Whether it tells who took part in what."""
        return self.name in ("graduates", "rosters")

    @property
    def names_accounts(self) -> bool:
        """Whether its rows may name users of an LMS."""
        return self.of_courses or self.name in ("people", "reconcile")


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
    "language",
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
    "id",
    "username",
)
_INVITED: Final = (
    "number",
    "mail",
    "name",
    "course",
    "cohort",
    "invited",
    "date",
    "id",
    "username",
)
_EVIDENCE: Final = (
    *("number", "mail", "performed", "title", "text", "of", "behaviour", "programme"),
    *("link", "by", "role", "rating"),
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
            "rosters",
            N_("Invited to a training"),
            N_("Who was called to which training, so that who never came can be asked why."),
            _some(completions.COLUMNS, _INVITED),
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
        Kind(
            "evidence",
            N_("Evidence of work"),
            N_("What alumni did at work: whose, on which day, and what; one piece to a row."),
            _some(practice.COLUMNS, _EVIDENCE),
        ),
        Kind(
            "paper",
            N_("Answers on paper"),
            N_(
                "Sheets that were typed into a spreadsheet: kode as printed, tanggal, 1, 2, … for"
                " each behaviour, contoh 1, …, hambatan."
            ),
            {},
        ),
        Kind(
            "reconcile",
            N_("Compare with the LMS"),
            N_(
                "The LMS's own list of who completed: shows what never arrived here, and enters it"
                " if you say so."
            ),
            reconcile.COLUMNS,
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
    "language": N_("Language of letters"),
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
    "invited": N_("Invited on"),
    "performed": N_("Done on"),
    "text": N_("Description"),
    "of": N_("Kind of evidence"),
    "behaviour": N_("Behaviour"),
    "programme": N_("Programme"),
    "link": N_("Web address"),
    "by": N_("Number of who says so"),
    "role": N_("What they are to the person"),
    "rating": N_("Rating"),
}

#: What these words mean where they mean something else than in other lists.
OTHERWISE: Final = {
    ("evidence", "title"): N_("What was done"),
    ("units", "number"): N_("Number of the contact"),
    ("units", "mail"): N_("Mail of the contact"),
    ("units", "superior"): N_("Number of the default superior"),
}


@dataclass(slots=True)
class Preview:
    """What a list would enter, whatever its kind: figures with what they count, what is wrong, what
    is to be looked at, and some rows as they were taken. `brings` says whether there is anything to
    be entered, `erased` how many rows mean somebody who was erased."""

    figures: list[tuple[int, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sample: list[tuple[int, str, str, str]] = field(default_factory=list)
    brings: bool = False
    erased: int = 0
    enter: Callable[[], int] = int


@ROOM.page("/imports", "people/write", methods=("GET", "POST"), limit=LARGEST + (1 << 20))
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
        form.wrong("file", _("The file is larger than 8 MB. Split it, or leave pictures out."))
    name = "" if sent is None or sent.filename is None else files.clean_name(sent.filename)
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
    if KINDS[kind].of_courses:
        return completions.read(content, name)
    if kind == "evidence":
        return practice.read(content, name)
    if kind == "reconcile":
        return reconcile.read(content, name)
    if kind == "paper":
        return spreadsheets.read(content, name)
    known = {plain(each) for every in KINDS[kind].columns.values() for each in every}
    return spreadsheets.read(content, name, known)


# Looked at, and entered ---------------------------------------------------------------------


@ROOM.page("/imports/<secret>", "people/write", methods=("GET", "POST"))
def look(secret: str) -> Page:
    """What the list would enter; columns are chosen anew, or it is entered."""
    kept, form, there = _kept(secret), Form.sent(), here()
    if request.method == "GET":
        _guess(kept, form)
    preview = form.try_(lambda: _preview(kept, form), {"on": "on"})
    if request.method == "POST" and form["do"] == "enter" and preview is not None:
        with there.read() as connection:
            beginning = setup.unfinished(connection, there.tenant.id)
        done = preview.enter()

        def end(connection: Connection) -> None:
            there.did(connection, f"import/{kept.kind.name}", f"entries {done}")
            sessions.end(connection, kept.session)

        there.write(end)
        site.say(_("Entered. Cases and lists follow within seconds."))
        return redirect(url_for("web.setup.start") if beginning else _after(kept.kind), 303)
    return render_template(
        "import.html",
        kept=kept,
        form=form,
        called=_(kept.kind.called),
        preview=preview,
        columns=[(word, _column(kept.kind, word)) for word in kept.kind.columns],
        chosen=_columns(kept, form),
        headings=[each for each in kept.sheet.headings if each],
        first=[row.cells for row in kept.sheet.rows[:3]],
        shown=SHOWN,
        today=date_of(there.now).isoformat(),
    ), 200 if form.sound else 400


def _after(kind: Kind) -> str:
    ways = {
        "graduates": "web.programmes.proposed",
        "rosters": "web.programmes.proposed",
        "units": "web.units.every",
        "evidence": "web.cases.every",
        "reconcile": "web.cases.every",
        "paper": "web.invitations.waiting",
    }
    return url_for(ways.get(kind.name, "web.people.every"))


def _column(kind: Kind, word: str) -> str:
    return _(OTHERWISE.get((kind.name, word)) or COLUMNS[word])


def _guess(kept: Kept, form: Form) -> None:
    """Fill in what can be told: whose users the list names, and that people are to be entered,
    where nobody is known yet."""
    there = here()
    with there.read() as connection:
        if kept.kind.of_courses and not browse.counts(connection, there.tenant.id)["people"]:
            form.values["add_people"] = "yes"
        if not kept.kind.names_accounts:
            return
        unknown = register.unmatched(connection, there.tenant.id)
    homes: dict[str, set[str]] = {}
    for agent, _name, _events in unknown:
        kind, text = actors.ifi(agent) or ("", "")
        if kind == "account":
            home, _newline, name = text.partition("\n")
            homes.setdefault(home, set()).add(name)
    columns = _columns(kept, form)
    best = 0
    for word in ("id", "username"):
        told = {row.cells.get(columns.get(word, ""), "") for row in kept.sheet.rows}
        for home, names in sorted(homes.items()):
            if len(told & names) > best:
                best = len(told & names)
                form.values |= {"home": home, "account_column": word}


def _told(kept: Kept) -> dict[str, str]:
    """Which heading is known for which word, before anybody chose."""
    known = {
        word: tuple(dict.fromkeys(plain(each) for each in every))
        for word, every in kept.kind.columns.items()
    }
    return spreadsheets.mapping(kept.sheet.headings, known, _NEVER)


#: A heading with one of these is about somebody else: it is not guessed by its beginning.
_NEVER: Final = frozenset("atasan mentor coach penguji superior lahir pensiun".split())


def _columns(kept: Kept, form: Form) -> dict[str, str]:
    """Which heading is taken for which word: as chosen, else as it is known."""
    found = _told(kept)
    for word in kept.kind.columns:
        if f"column-{word}" in form.values:
            found[word] = form[f"column-{word}"]
    return found


def _chosen(kept: Kept, form: Form) -> dict[str, str]:
    """The headings that are taken, where they are in the list."""
    return {
        word: heading
        for word, heading in _columns(kept, form).items()
        if heading in kept.sheet.headings and heading
    }


def _sheet(kept: Kept, form: Form) -> Sheet:
    """The list without the headings that were said to be nothing of what they seem."""
    gone = set(_told(kept).values()) - set(_chosen(kept, form).values())
    return replace(
        kept.sheet, headings=tuple("" if each in gone else each for each in kept.sheet.headings)
    )


def _preview(kept: Kept, form: Form) -> Preview:
    """Raises Refused where the list cannot be read so."""
    there = here()
    with there.read() as connection:
        if kept.kind.of_courses:
            return _participation(connection, there, kept, form)
        if kept.kind.name == "evidence":
            return _evidence(connection, there, kept, form)
        if kept.kind.name == "reconcile":
            return _comparison(connection, there, kept, form)
        if kept.kind.name == "paper":
            return _paper(connection, there, kept)
        return _register(connection, there, kept, form)


def _paper(connection: Connection, there: Here, kept: Kept) -> Preview:
    work = partial(
        channels.key, tenant=there.tenant, sheet=kept.sheet, keyed_by=there.who, now=there.now
    )
    done = work(connection, dry_run=True)
    return Preview(
        [
            (done.entered, _("new")),
            (done.before, _("there already")),
            (len({each.path.partition(",")[0] for each in done.problems}), _("rows left out")),
        ],
        [
            sentences.problem(replace(each, message=sheets.said(each.message)))
            for each in done.problems
        ],
        brings=bool(done.entered),
        enter=lambda: there.write(work).entered,
    )


def _register(connection: Connection, there: Here, kept: Kept, form: Form) -> Preview:
    sheet, tenant, who = _sheet(kept, form), there.tenant, f"{there.who}: {kept.name}"
    reading = Reading(
        today=date_of(there.now),
        columns=_chosen(kept, form),
        home=_home(form) if kept.kind.name == "people" else None,
        account_column=_account_column(form),
        erased_too="erased_too" in form.values,
    )

    def work(connection: Connection) -> Outcome:
        if kept.kind.name == "units":
            return units.import_units(connection, tenant, sheet, reading.columns)
        ways: dict[str, Callable[..., Outcome]] = {
            "people": register_of_people.import_people,
            "events": register_of_people.import_events,
            "accounts": register_of_people.import_accounts,
        }
        return ways[kept.kind.name](connection, tenant.id, sheet, reading)

    outcome = work(connection)

    def enter() -> int:
        def enter_all(connection: Connection) -> int:
            done = work(connection)
            register.append(connection, tenant.id, done.facts, who)
            return len(done.facts)

        return there.write(enter_all)

    unread = [problem for row in sheet.rows for problem in row.problems]
    problems = [*unread, *outcome.problems]
    return Preview(
        [
            (outcome.new, _("new")),
            (outcome.changed, _("changed")),
            (outcome.unchanged, _("there already")),
            (len({each.path.partition(",")[0] for each in problems}), _("rows left out")),
        ],
        [sentences.problem(each) for each in problems],
        list(outcome.notes),
        brings=bool(outcome.facts),
        erased=outcome.erased,
        enter=enter,
    )


def _home(form: Form) -> str | None:
    if form["home"] and not lexical.is_iri(form["home"]):
        told = _("The home page of an LMS is an address like https://…")
        raise Refused(Problem("home", told))
    return form["home"] or None


def _account_column(form: Form) -> str:
    return "username" if form["account_column"] == "username" else "id"


def _participation(connection: Connection, there: Here, kept: Kept, form: Form) -> Preview:
    on = Form.day(form["on"]) if form["on"] else None
    if form["on"] and on is None:
        raise Refused(Problem("on", _("This is no day.")))
    reading = completions.Reading(
        today=date_of(there.now),
        columns=_chosen(kept, form),
        kind=INVITED if kept.kind.name == "rosters" else COMPLETED,
        course=form["course"] or None,
        cohort=form["cohort"] or None,
        on=on,
        home=_home(form),
        account_column=_account_column(form),
        add_people="add_people" in form.values,
        erased_too="erased_too" in form.values,
    )
    plan = completions.plan(connection, there.tenant, _sheet(kept, form), reading, kept.name)
    unknown = _("nobody in the register has this number or mail address")
    return Preview(
        [
            (plan.new, _("new")),
            (plan.added, _("people to be entered")),
            (plan.there, _("there already")),
            (plan.left_out, _("rows left out")),
        ],
        [*_rows(plan.unknown, unknown), *(sentences.problem(each) for each in plan.problems)],
        list(plan.notes),
        [
            (
                row.number,
                row.name,
                ", ".join(
                    f"{words.event_word(act.kind)} {words.short_day(act.on)}" for act in row.acts
                ),
                row.state,
            )
            for row in plan.rows[:SAMPLE]
        ],
        bool(plan.new or plan.added),
        plan.erased,
        _entering(there, plan),
    )


def _entering(there: Here, plan: completions.Plan) -> Callable[[], int]:
    database, tenant, who, now = there.context.database, there.tenant, there.who, there.now
    home = there.context.settings.public_url or accounts.HOME_PAGE

    def enter() -> int:
        done = completions.enter(database, tenant, plan, by=who, now=now, home_page=home)
        return done.statements

    return enter


def _rows(rows: Sequence[Row], sentence: str) -> list[str]:
    """The same sentence of each of these rows."""
    return [f"{_('row %(number)s') % {'number': row.number}}: {sentence}" for row in rows]


def _evidence(connection: Connection, there: Here, kept: Kept, form: Form) -> Preview:
    settings = there.context.settings
    reading = practice.Reading(
        today=date_of(there.now),
        by=there.reviewer(connection),
        columns=_chosen(kept, form),
        limit=settings.evidence_limit,
        allowed=frozenset(settings.evidence_types.split()) or frozenset(files.TYPES),
    )
    plan = practice.plan(connection, there.tenant, _sheet(kept, form), reading, kept.name)
    database, tenant, now = there.context.database, there.tenant, there.now
    return Preview(
        [
            (plan.new, _("new")),
            (plan.there, _("there already")),
            (plan.left_out, _("rows left out")),
        ],
        [sentences.problem(each) for each in plan.problems],
        list(plan.notes),
        [
            (
                row.number,
                row.name,
                f"{row.evidence.title or row.evidence.text or ''}"[:80],
                row.state,
            )
            for row in plan.rows[:SAMPLE]
        ],
        bool(plan.new),
        enter=lambda: practice.enter(database, tenant, plan, now=now),
    )


def _comparison(connection: Connection, there: Here, kept: Kept, form: Form) -> Preview:
    done = reconcile.compare(
        connection,
        there.tenant,
        _sheet(kept, form),
        _home(form),
        file=kept.name,
        course=form["course"] or None,
        account_column=form["account_column"] or None,
        columns=_chosen(kept, form),
    )
    known = register.people(connection, there.tenant.id, [each for each, _c in done.unlisted])
    missing = [*done.missing, *done.nobody]
    return Preview(
        [
            (done.there, _("arrived")),
            (len(missing), _("never arrived")),
            (len(done.twice), _("arrived more than once")),
            (len(done.unknown), _("of nobody known")),
            (done.open, _("not completed yet")),
        ],
        [
            *_rows(done.missing, _("this completion never arrived")),
            *_rows(done.nobody, _("this completion never arrived, and nobody is known by this")),
            *(sentences.problem(each) for each in done.problems),
        ],
        [
            _("%(name)s completed here, and is not in the list.") % {"name": known[person].name}
            for person, _course in done.unlisted
            if person in known
        ],
        [(row.number, row.name, _("never arrived"), row.state) for row in done.enterable[:SAMPLE]],
        bool(done.enterable),
        enter=_entering(there, done.plan()),
    )
