"""Answers on paper: sheets that came back are keyed in the order in which they lie on the table.

A *stack* is what lies there: perhaps with a scan of all sheets as one PDF, whose pages are shown
beside what is keyed, and of which each answer keeps its own. A sheet is named by the code that is
printed on it, by its QR code, or by who filled it in. What was keyed wrongly is mended here too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import channels, followup, pdf, pictures, programmes
from lrs.casework import Upload
from lrs.channels import ROLES, Stood
from lrs.errors import Conflict, NotFound, Refused
from lrs.followup import Page as Round
from lrs.followup import Row
from lrs.i18n import N_, _
from lrs.practice import files, forms, names
from lrs.practice.followup import GRACE, WAITING
from lrs.practice.forms import FORMS, Field
from lrs.store import invitations, waiting
from lrs.store import practice as store
from lrs.store.waiting import Waiting as File
from lrs.web import listing, reach, sheets, site, words
from lrs.web.forms import Form, file_of
from lrs.web.imports_reports import drawn
from lrs.web.invitations import ROOM
from lrs.web.people import hex_of
from lrs.web.rooms import Here, here

Page = str | tuple[str, int] | Answer

#: How many pages of the scan one sheet has, at most.
PER_SHEET: Final = 8

#: So many sheets that wait are offered to choose from.
OFFERED: Final = 500

#: Before the name of each column of `channels.key` in the form.
CELL: Final = "cell-"

THEMSELVES: Final = N_(
    "They answered themselves on the page, on %(day)s. The sheet of paper is not needed."
)
KEYED: Final = N_(
    "This sheet was keyed already, of %(day)s. Is something wrong with it, mend it below."
)


@dataclass(frozen=True, slots=True)
class Input:
    """One field of a sheet as it is keyed: `kind` is `step`, `choice`, `several`, `yes_no`,
    `text` or `day`; `choices` are (number on paper, meaning)."""

    cell: str
    label: str
    kind: str
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return CELL + self.cell.replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Keyed:
    """A row of the stack that was keyed: in which place, whose sheet, about whom."""

    n: int
    row: str
    by: str
    about: str
    page: int


# Stacks -------------------------------------------------------------------------------------


@ROOM.page(
    "/invitations/paper-back",
    "answers/key",
    methods=("GET", "POST"),
    narrowed=True,
    limit=64 << 20,
)
def stacks() -> Page:
    """Stacks that are being keyed; a new one is begun here, with a scan or without."""
    there, form = here(), Form.sent()
    if request.method == "POST":
        made = _begun(there, form)
        if made is not None:
            return redirect(url_for("web.invitations.stack", stack=made.hex()), 303)
    with there.read() as connection:
        every = [
            each
            for each in waiting.every(connection, there.tenant.id, waiting.SCAN)
            if each.by == there.who or there.may("answers/key")
        ]
        force = programmes.in_force(connection, there.tenant.id)
    digests = {names.programme(there.tenant.id, each.iri).hex(): each.title for each in force}
    page = render_template(
        "keying.html",
        form=form,
        stacks=[(each, len(each.told["keyed"])) for each in every],
        programmes=list(digests.items()),
        titles=digests,
        cohorts=sorted({run.name for each in force for run in each.cohorts}),
        may_write=there.may("invitations/write"),
        most=there.context.settings.evidence_limit,
        per_sheet=PER_SHEET,
        tables=there.may("people/write"),
    )
    return page if form.sound else (page, 400)


def _begun(there: Here, form: Form) -> bytes | None:
    """A new stack; None: something is wrong with the form."""
    sent = file_of("scan")
    limit = there.context.settings.evidence_limit
    content, name, pages = b"", _("Without a scan"), 0
    per = int(form["per"]) if form["per"].isdecimal() else 1
    if not 1 <= per <= PER_SHEET:
        form.wrong("per", _("From 1 to %(most)s pages.") % {"most": PER_SHEET})
    if sent is not None:
        content, name = sent.stream.read(limit + 1), files.clean_name(sent.filename or "")
        wrong = files.check(name, "application/pdf", content, limit=limit, allowed={_PDF})
        if wrong is not None:
            form.wrong("scan", _(wrong.message))
        else:
            pages = _pages(form, content)
    if not form.sound:
        return None
    told = {
        "pages": pages,
        "per": per,
        "page": 1,
        "programme": form["programme"],
        "cohort": form["cohort"],
        "keyed": [],
    }
    at = int(there.now.timestamp() * 1_000_000)

    def work(connection: Connection) -> bytes:
        made = waiting.add(connection, there.tenant.id, waiting.SCAN, name, content, there.who, at)
        held = waiting.one(connection, there.tenant.id, waiting.SCAN, made)
        if held is not None and held.told is None:  # else it was dropped before: go on with it
            waiting.tell(connection, there.tenant.id, made, told)
        there.did(connection, "stack/begun", f"stack {made.hex()}")
        return made

    return there.write(work)


_PDF: Final = "application/pdf"


def _pages(form: Form, content: bytes) -> int:
    """How many pages a scan has."""
    try:
        return pictures.picture(waiting.digest(content), content, 1).pages
    except pictures.Unseen:
        form.wrong("scan", _("The scan cannot be shown. Scan it anew, as PDF."))
        return 0


def _stack(connection: Connection, there: Here, stack: str) -> File:
    """The stack of an address; another's is for who may key everybody's."""
    held = waiting.one(connection, there.tenant.id, waiting.SCAN, hex_of(stack, "stack"))
    if held is None or not (held.by == there.who or there.may("answers/key")):
        raise NotFound(f"a stack {stack}")
    return held


@ROOM.page("/invitations/paper-back/<stack>", "answers/key", narrowed=True)
def stack(stack: str) -> Page:
    """The next sheet of the stack: which it is, then what stands on it."""
    return _show(stack, Form())


def _show(stack: str, form: Form) -> Page:
    there = here()
    chosen = form["row"] or listing.asked("row")
    with there.read() as connection:
        held = _stack(connection, there, stack)
        found = _row(connection, there, chosen) if chosen else None
        stood = channels.stood(connection, there.tenant, found[1]) if found else None
        asked = bool(form["mend"] or listing.asked("mend"))
        mending = stood is not None and stood.from_paper and asked
        keyed = _keyed(connection, there, held)
        offered = [] if found else _offered(connection, there, held)
    first = _first_page(held, form)
    inputs = list(_inputs(*found)) if found and (stood is None or mending) else []
    if mending and stood is not None and not any(name.startswith(CELL) for name in form.values):
        form.values |= {each.name: stood.cells.get(each.cell, "") for each in inputs}
    if stood is not None and not mending:
        _already(form, stood)
    there.saw("stack", held.id.hex())
    return render_template(
        "keying_stack.html",
        held=held,
        form=form,
        found=found,
        stood=stood,
        mending=mending,
        inputs=inputs,
        keyed=keyed,
        offered=offered,
        page=first,
        shown=_shown(held, first),
        number=len(keyed) + 1,
        roles={word: _(told) for word, told in ROLES.items()},
        stage=sheets.stage,
    ), 200 if form.sound else 400


def _first_page(held: File, form: Form) -> int:
    """The page of the scan at which the sheet begins: as written, else where one has come to."""
    given = form["page"] or listing.asked("page")
    page = int(given) if given.isdecimal() else int(held.told["page"])
    return max(1, min(page, int(held.told["pages"]) or 1))


def _shown(held: File, first: int) -> list[int]:
    """The pages of the scan that the sheet has."""
    last = min(first + int(held.told["per"]) - 1, int(held.told["pages"]))
    return list(range(first, last + 1)) if held.told["pages"] else []


@ROOM.page("/invitations/paper-back/<stack>/page/<int:page>", "answers/key", narrowed=True)
def stack_page(stack: str, page: int) -> Response:
    """A page of the scan as a picture."""
    there = here()
    with there.read() as connection:
        held = _stack(connection, there, stack)
        content = waiting.content(connection, there.tenant.id, held.id)
    there.saw("stack", f"{held.id.hex()} page {page}")
    return drawn(held, content, page)


# Which sheet --------------------------------------------------------------------------------


def _row(connection: Connection, there: Here, text: str) -> tuple[Round, Row]:
    """The row of this invitation, for whoever may key what is said of its person."""
    wanted = hex_of(text, "row of a sheet")
    (asked,) = invitations.by_id(connection, there.tenant.id, [wanted]) or (None,)
    if asked is None:
        raise NotFound(f"a row {text}")
    page = followup.page(connection, there.tenant, asked.round, there.now)
    row = next((each for each in page.rows if each.invitation.id == wanted), None)
    if row is None:
        raise NotFound(f"a row {text}")
    reach.require(connection, there, "answers/key", row.about.person, f"a row {text}")
    return page, row


@ROOM.page("/invitations/paper-back/<stack>/find", "answers/key", methods=("POST",), narrowed=True)
def find(stack: str) -> Page:
    """Find the sheet that a code, a QR code or a name means."""
    there, form = here(), Form.sent()
    with there.read() as connection:
        held = _stack(connection, there, stack)
        try:
            rows = channels.sheets_of(connection, there.tenant, form["sheet"], there.now)
        except NotFound:
            rows = _called(connection, there, held, form["sheet"])
        some = reach.within(connection, there, "answers/key")
        rows = [each for each in rows if some is None or each[1].about.person in some]
    if not rows:
        form.wrong("sheet", _(channels.NO_SHEET))
        return _show(stack, form)
    row = next((row for _page, row in rows if row.waits), rows[0][1])
    return redirect(
        url_for("web.invitations.stack", stack=stack, row=row.key, page=form["page"] or None), 303
    )


def _called(connection: Connection, there: Here, held: File, text: str) -> list[tuple[Round, Row]]:
    """The sheet of who is called so, if that is one alone."""
    meant = {
        row
        for row, name, _about in _offered(connection, there, held)
        if text and text.casefold() == name.casefold()
    }
    if len(meant) != 1:
        return []
    return [_row(connection, there, meant.pop())]


def _offered(connection: Connection, there: Here, held: File) -> list[tuple[str, str, str]]:
    """Rows that wait, of the stack's programme and cohort: id, whose sheet, about whom."""
    tenant = there.tenant
    asked = invitations.in_states(connection, tenant.id, list(WAITING), there.today - GRACE)
    asked = [each for each in asked if each.told.rater is not None]
    found = store.subjects(connection, tenant.id, [each.told.case for each in asked])
    some = reach.within(connection, there, "answers/key")
    programme, cohort = held.told["programme"], held.told["cohort"]
    kept = []
    for each in asked:
        case = found.get(each.told.case)
        if case is None or (some is not None and case.subject not in some):
            continue
        if programme and case.programme.hex() != programme:
            continue
        if cohort and case.cohort != cohort:
            continue
        kept.append((each, case.subject))
    people = {person for each, subject in kept for person in (each.told.rater, subject)}
    facts = invitations.facts(connection, tenant.id, sorted(filter(None, people)))
    told = [
        (
            each.id.hex(),
            str(facts.get(each.told.rater or b"", {}).get("name") or "?"),
            str(facts.get(subject, {}).get("name") or "?"),
        )
        for each, subject in kept
    ]
    return sorted(told, key=lambda one: (one[1].casefold(), one[2].casefold(), one[0]))[:OFFERED]


def _keyed(connection: Connection, there: Here, held: File) -> list[Keyed]:
    """What of the stack was keyed, the last first."""
    done = held.told["keyed"]
    asked = {
        each.id.hex(): each
        for each in invitations.by_id(
            connection, there.tenant.id, [bytes.fromhex(each["row"]) for each in done]
        )
    }
    found = store.subjects(connection, there.tenant.id, [each.told.case for each in asked.values()])
    people = {each.told.rater for each in asked.values()} | {
        case.subject for case in found.values()
    }
    facts = invitations.facts(connection, there.tenant.id, sorted(filter(None, people)))
    made = []
    for n, each in enumerate(done, 1):
        row = asked.get(each["row"])
        if row is None:
            continue
        case = found.get(row.told.case)
        by = facts.get(row.told.rater or b"", {}).get("name")
        about = facts.get(case.subject, {}).get("name") if case else None
        made.append(Keyed(n, each["row"], str(by or "?"), str(about or "–"), each["page"]))
    return list(reversed(made))


def _already(form: Form, stood: Stood) -> None:
    """Say that the sheet was answered before, and how."""
    told = KEYED if stood.from_paper else THEMSELVES
    form.wrong("", _(told) % {"day": words.short_day(stood.on)})


# What stands on it --------------------------------------------------------------------------


def _inputs(page: Round, row: Row) -> Iterator[Input]:
    """What is printed on the sheet for a row, in its order."""
    yield Input("tanggal", _("Date on the sheet"), "day")
    behaviours = row.about.programme.behaviours
    seen: set[str] = set()
    for letter in row.forms:
        form = FORMS[letter]
        each = {field.name for field in form.fields(page.role, each=True)}
        for n, behaviour in enumerate(behaviours, 1):
            if "value" in each and f"{n}" not in seen:
                seen.add(f"{n}")
                yield Input(f"{n}", f"{n}. {behaviour.text}", "step")
            if "example" in each and f"contoh {n}" not in seen:
                seen.add(f"contoh {n}")
                yield Input(f"contoh {n}", _("Example (needed at 0 and 4)"), "text")
        for field in form.fields(page.role, each=False):
            if field.name not in seen:
                seen.add(field.name)
                yield _whole(field)
    yield Input("pengisi lain", _("Filled in by somebody else: their name"), "text")


def _whole(field: Field) -> Input:
    kinds = {forms.YES_NO: "yes_no", forms.CHOICE: "choice", forms.SEVERAL: "several"}
    numbered = tuple((str(n), _(word)) for n, word in enumerate((field.choices or {}).values(), 1))
    return Input(field.name, _(field.asks), kinds.get(field.kind, "text"), numbered)


def _cells(page: Round, row: Row, form: Form) -> Mapping[str, str]:
    """What was keyed, by the columns of `channels.key`."""
    return {
        each.cell: form[each.name].replace("\r\n", "\n")
        for each in _inputs(page, row)
        if form[each.name]
    }


@ROOM.page("/invitations/paper-back/<stack>/enter", "answers/key", methods=("POST",), narrowed=True)
def enter(stack: str) -> Page:
    """Enter what was keyed, or take back what was keyed wrongly; then the next sheet."""
    there, form = here(), Form.sent()
    tenant, now = there.tenant, there.now
    mend, remove = bool(form["mend"]), form["do"] == "remove"
    with there.read() as connection:
        held = _stack(connection, there, stack)
        page, row = _row(connection, there, form["row"])
        cells = _cells(page, row, form)
        stood = channels.stood(connection, tenant, row)
        content = waiting.content(connection, tenant.id, held.id) if held.told["pages"] else b""
    if stood is not None and not (mend and stood.from_paper):
        return _show(stack, form)
    if mend and stood is None:
        site.say(_("That was taken back already."))
        return redirect(url_for("web.invitations.stack", stack=stack), 303)
    first = _first_page(held, form)
    shown = _shown(held, first)
    scan = None if remove or not shown else _scan(held, content, shown)
    why = _("Keyed wrongly from paper.")

    def work(connection: Connection) -> None:
        file = _stack(connection, there, stack)
        told = dict(file.told)
        if stood is not None:
            by = there.reviewer(connection)
            channels.take_back(connection, tenant, stood.visit, by=by, why=why, now=now)
            there.did(connection, "sheet/undone", f"invitation {row.key}")
        told["keyed"] = [each for each in told["keyed"] if each["row"] != row.key]
        if not remove:
            channels.enter(
                *(connection, tenant, page, row, cells), keyed_by=there.who, now=now, scan=scan
            )
            there.did(connection, "sheet/keyed", f"invitation {row.key}")
            told["keyed"].append({"row": row.key, "page": first})
            if stood is None:
                # A sheet about several people has all its rows on the same pages.
                more = _next_row(page, row) is not None
                told["page"] = first if more else first + int(told["per"])
        waiting.tell(connection, tenant.id, file.id, told)

    try:
        there.write(work)
    except Refused as refused:
        places = {each.cell: each.name for each in _inputs(page, row)}
        for each in refused.problems:
            form.wrong(places.get(each.path, ""), sheets.said(each.message))
        return _show(stack, form)
    except Conflict as conflict:
        form.wrong("", f"{_(conflict.what)} {_(conflict.mend)}")
        return _show(stack, form)
    if remove:
        site.say(_("Taken back: the sheet waits again."))
    else:
        site.say(_("Entered: %(name)s.") % {"name": page.name or row.name})
    following = None if remove or stood is not None else _next_row(page, row)
    return redirect(
        url_for("web.invitations.stack", stack=stack, row=following.key if following else None),
        303,
    )


def _next_row(page: Round, row: Row) -> Row | None:
    """The row of the same sheet that is to be keyed after this one: in its order, and at its end
    what was passed over."""
    at = page.rows.index(row)
    every = (*page.rows[at + 1 :], *page.rows[:at])
    return next((each for each in every if each.waits), None)


def _scan(held: File, content: bytes, shown: list[int]) -> Upload:
    """The pages of this sheet alone: whoever may see one sheet need not see the others."""
    part = pdf.part(content, held.name, shown[0], shown[-1])
    return Upload(held.name, _PDF, part)


@ROOM.page("/invitations/paper-back/<stack>/end", "answers/key", methods=("POST",), narrowed=True)
def end(stack: str) -> Answer:
    """Be done with a stack: its scan is dropped; what was keyed stays, with its pages."""
    there = here()

    def work(connection: Connection) -> int:
        held = _stack(connection, there, stack)
        waiting.drop(connection, there.tenant.id, held.id)
        there.did(connection, "stack/ended", f"stack {held.id.hex()}")
        return len(held.told["keyed"])

    there.write(work)
    site.say(_("The stack is done. What was keyed stays, each with its own pages of the scan."))
    return redirect(url_for("web.invitations.stacks"), 303)
