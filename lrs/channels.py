"""Rounds by other ways than mail: a text for WhatsApp, a list for a unit's contact, a sheet of
paper, a code at a counter.

What is handed over so is noted by `followup.hand_over`. Sheets that come back are keyed from a
table, many at once, with who keyed them and a scan beside each answer; keyed again, nothing
changes.
"""

import csv
import io
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote

import segno
from sqlalchemy import Connection

from lrs import casework, followup, i18n
from lrs.auth import links
from lrs.casework import Upload
from lrs.errors import Conflict, NotFound, Problem, Refused
from lrs.followup import FilledIn, Page, Row, Waiting
from lrs.i18n import N_, _
from lrs.practice import forms, records
from lrs.practice.followup import ANSWERED, DISOWNED, EVALUATOR, GRACE, WAITING
from lrs.practice.forms import FORMS, Field
from lrs.practice.records import SELF, Evidence
from lrs.spreadsheets import Sheet
from lrs.store import invitations, statements
from lrs.store.accounts import Tenant
from lrs.store.invitations import FilledForm, Held
from lrs.xapi.statements import parse

#: How many digits of a row's name stand on paper, and in the table that is keyed from it.
CODE: Final = 10


# WhatsApp -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """A text for one person, to be sent from the admin's own phone: `address` opens it there.
    `phone` and `address` are empty where no number is known that a phone could call."""

    round: bytes
    name: str
    phone: str
    text: str
    address: str


def phone(text: str) -> str | None:
    """A phone number as `+62812…`, from the ways in which it is written in Indonesia; None where
    it is none."""
    digits = re.sub(r"[\s().-]", "", text)
    if re.fullmatch(r"\+[1-9][0-9]{7,14}", digits):
        found = digits
    elif re.fullmatch(r"(?:00)?62[0-9]{7,13}", digits):
        found = "+" + digits.removeprefix("00")
    elif re.fullmatch(r"0[1-9][0-9]{6,12}", digits):
        found = "+62" + digits[1:]
    elif re.fullmatch(r"8[0-9]{7,12}", digits):
        found = "+62" + digits
    else:
        return None
    # Some write the zero as well: +62 0812…
    return "+62" + found[4:] if found.startswith("+620") else found


def message(
    connection: Connection, tenant: Tenant, page: Page, base_url: str, locale: str, now: datetime
) -> Message:
    """The text that asks one person, with the link to their page."""
    assert page.rater is not None
    known = invitations.facts(connection, tenant.id, [page.rater])[page.rater]
    number = phone(str(known.get("phone") or "")) or ""
    url = followup.link_to(connection, tenant, page, base_url, now)
    with i18n.speaking(str(known.get("language") or locale)):
        told = {
            "name": page.name,
            "day": i18n.day(page.closes),
            "url": url,
            "agency": tenant.name,
            "number": i18n.number(len(page.waiting)),
            "who": ", ".join(dict.fromkeys(row.name for row in page.waiting)),
        }
        if page.role == SELF:
            text = _(
                "Dear %(name)s, how is your training going at work? Please answer by %(day)s on"
                " this page, which is meant for you alone: %(url)s – %(agency)s"
            )
        elif page.role == EVALUATOR:
            text = _(
                "Dear %(name)s, please evaluate what became of the training of %(number)s alumni,"
                " by %(day)s, on this page, which is meant for you alone: %(url)s – %(agency)s"
            )
        else:
            text = _(
                "Dear %(name)s, please tell us in a few minutes what you see at work of the"
                " training of %(who)s, by %(day)s, on this page, which is meant for you alone:"
                " %(url)s – %(agency)s"
            )
        said = text % told
    address = f"https://wa.me/{number.removeprefix('+')}?text={quote(said)}" if number else ""
    return Message(page.round, page.name, number, said, address)


# The list of a unit -------------------------------------------------------------------------

#: In which role somebody is asked, as people call it.
ROLES: Final[Mapping[str, str]] = {
    SELF: N_("Alumni"),
    "superior": N_("Superior"),
    "peer": N_("Peer"),
    "subordinate": N_("Subordinate"),
    EVALUATOR: N_("Evaluation team"),
}

_LIST: Final = (
    *(N_("Name"), N_("Asked as"), N_("About"), N_("Phone"), N_("Mail"), N_("Until")),
    N_("Link to their page"),
)


def listed(
    connection: Connection, tenant: Tenant, waits: Waiting, base_url: str, now: datetime
) -> tuple[str, ...]:
    """One person's line of the list that a unit's contact passes on: who, how they are reached,
    and the link to their page, which is for them alone."""
    page = followup.page(connection, tenant, waits.round, now)
    return (
        *(waits.name, waits.role, str(waits.about), phone(waits.phone or "") or ""),
        *(waits.mail or "", waits.closes.isoformat()),
        followup.link_to(connection, tenant, page, base_url, now),
    )


def list_file(lines: Iterable[Sequence[str]]) -> bytes:
    """Such lines as CSV that spreadsheets here open as it is, headed in the language that holds."""
    held = io.StringIO(newline="")
    writer = csv.writer(held, delimiter=";")
    writer.writerow(map(_, _LIST))
    for name, role, *more in lines:
        writer.writerow(map(_plain, (name, _(ROLES.get(role, role)), *more)))
    return held.getvalue().encode("utf-8-sig")


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; a phone number stays one."""
    return f"'{cell}" if cell[:1] in ("=", "@", "-") else cell


# Paper --------------------------------------------------------------------------------------


def code(row: Row) -> str:
    """What names a row on paper."""
    return row.key[:CODE]


def qr(text: str) -> str:
    """A QR code as an image within a page, as large as its place there: cut off at an edge, no
    phone would read it."""
    drawn: str = segno.make(text, error="m").svg_inline(omitsize=True)
    return drawn


def citizen_link(
    connection: Connection,
    tenant: Tenant,
    unit: bytes,
    base_url: str,
    expires: datetime,
    now: datetime,
) -> str:
    """The address at which citizens say how a unit's service was."""
    token = links.make(connection, tenant, links.CITIZEN, unit, expires=expires, now=now)
    return f"{base_url}/f/{token}"


@dataclass(slots=True)
class Keyed:
    """What came of keying a table: rows that were entered, those that were entered before, and
    what is wrong with the others, of which nothing was entered."""

    entered: int = 0
    before: int = 0
    problems: list[Problem] = field(default_factory=list)


NO_SHEET: Final = N_("No sheet of paper with this code waits for an answer.")
EMPTY: Final = N_("Nothing is filled in; leave the row out, or key its answers.")
NO_DAY: Final = N_("Write the day as 2026-01-31 or 31/01/2026.")

_CODE: Final = ("kode", "code")
_DAY: Final = ("tanggal", "date")
_WHO: Final = ("pengisi lain", "somebody else")
_EACH: Final = re.compile(
    r"(?:(contoh|example|ingatan|recalled|frekuensi|frequency) )?([0-9]{1,2})"
)
_OF_EACH: Final = {
    None: "value",
    "contoh": "example",
    "example": "example",
    "ingatan": "recalled",
    "recalled": "recalled",
    "frekuensi": "frequency",
    "frequency": "frequency",
}
_YES: Final = {"ya": True, "y": True, "yes": True, "tidak": False, "t": False, "no": False}
_NONE: Final = ("-", "tidak ada", "none", "0")
_NOT_SEEN: Final = ("b", "x")


def key(
    connection: Connection,
    tenant: Tenant,
    sheet: Sheet,
    *,
    keyed_by: str,
    now: datetime,
    scan: Upload | None = None,
    dry_run: bool = False,
) -> Keyed:
    """Enter what stands on sheets of paper, a row for each person: `kode` as printed, `tanggal`,
    `1`, `2`, … (0 to 4, or B) with `contoh 1`, …, and the other fields by their names. `scan` is
    handed in with each. Refused: the table has no column `kode`."""
    headings = {each.casefold(): each for each in sheet.headings}
    if not headings.keys() & set(_CODE):
        raise Refused(
            Problem("", "The table needs a column 'kode', as it is printed on the sheet of paper.")
        )
    rounds = on_paper(connection, tenant, now)
    done = Keyed()
    for row in sheet.rows:
        cells = {name.casefold(): value.strip() for name, value in row.cells.items()}
        where = f"row {row.number}"
        asked = rounds.get(_cell(cells, _CODE).casefold())
        if asked is None:
            done.problems.append(Problem(f"{where}, kode", NO_SHEET))
            continue
        page, there = _row_of(connection, tenant, asked, now)
        try:
            visit = enter(
                *(connection, tenant, page, there, cells),
                keyed_by=keyed_by,
                now=now,
                scan=scan,
                dry_run=dry_run,
            )
        except (Refused, Conflict, NotFound) as error:
            problems = error.problems if isinstance(error, Refused) else [Problem("", str(error))]
            done.problems += [
                Problem(f"{where}, {each.path}" if each.path else where, each.message)
                for each in problems
            ]
            continue
        if visit is None:
            done.before += 1
        else:
            done.entered += 1
    return done


def on_paper(connection: Connection, tenant: Tenant, now: datetime) -> dict[str, Held]:
    """The rows that a sheet may be about, by the code that stands on it."""
    states, day = (*WAITING, ANSWERED, DISOWNED), followup.today(now) - GRACE
    held = invitations.in_states(connection, tenant.id, states, day, kept=True)
    return {each.id.hex()[:CODE]: each for each in held}


def _row_of(connection: Connection, tenant: Tenant, asked: Held, now: datetime) -> tuple[Page, Row]:
    page = followup.page(connection, tenant, asked.round, now)
    return page, next(each for each in page.rows if each.invitation.id == asked.id)


def sheets_of(
    connection: Connection, tenant: Tenant, text: str, now: datetime
) -> list[tuple[Page, Row]]:
    """The rows that are meant by a code as printed, or by the address in a sheet's QR code (then
    all of its sheet). NotFound: no such sheet waits for an answer, or was answered lately."""
    rounds = on_paper(connection, tenant, now)
    code_ = text.strip().casefold()
    if code_ in rounds:
        return [_row_of(connection, tenant, rounds[code_], now)]
    opened = links.redeem(connection, text.strip().rpartition("/")[2], now)
    if (
        isinstance(opened, links.Opened)
        and opened.tenant.id == tenant.id
        and opened.purpose == links.ROUND
    ):
        page = followup.page(connection, tenant, opened.subject, now)
        return [(page, row) for row in page.rows if not row.over]
    raise NotFound(f"a sheet of paper {text[:80]}")


def enter(
    connection: Connection,
    tenant: Tenant,
    page: Page,
    row: Row,
    cells: Mapping[str, str],
    *,
    keyed_by: str,
    now: datetime,
    scan: Upload | None = None,
    dry_run: bool = False,
) -> bytes | None:
    """Enter what one row of a sheet says, by the names of the columns of `key`; answers the visit
    under which it is kept (None: just that was entered before).

    Refused: something is not sound; each problem's path is the column it is about.
    """
    gone = sum(
        each.disowned is not None
        for each in invitations.forms_of(connection, tenant.id, row.invitation.id)
    )
    # What was taken back may be said again, as it was or otherwise.
    told = sorted(cells.items())
    name = f"{row.key} after {gone} {told}" if gone else f"{row.key} {told}"
    submission = uuid.uuid5(uuid.NAMESPACE_URL, name)
    if invitations.forms_of_visit(connection, tenant.id, submission.bytes):
        return None
    try:
        given = _sheet(row, page, cells, str(submission), keyed_by)
        wrong = [problem for _row, _form, problem in followup.problems(page, given)]
        if wrong:
            raise Refused(wrong)
    except Refused as refused:
        raise Refused(
            [Problem(_heading(row, each), each.message) for each in refused.problems]
        ) from None
    if not dry_run:
        take(connection, tenant, page, row, given, scan=scan, now=now)
    return submission.bytes


def stands(connection: Connection, tenant: Tenant, given: followup.Sheet) -> bool:
    """Whether just this was entered before."""
    visit = uuid.UUID(given.submission).bytes
    return bool(invitations.forms_of_visit(connection, tenant.id, visit))


def take(
    connection: Connection,
    tenant: Tenant,
    page: Page,
    row: Row,
    given: followup.Sheet,
    *,
    now: datetime,
    scan: Upload | None = None,
) -> None:
    """Enter one row of a sheet of paper, and hand in its scan. Refused: it is not sound."""
    followup.answer(connection, tenant, page, given, now=now)
    if scan is not None:
        _scanned(connection, tenant, page, row, given, scan, now)


def standing(connection: Connection, tenant: Tenant, row: Row) -> list[FilledForm]:
    """The forms that stand for a row, in whatever way they came, the last first."""
    every = invitations.forms_of(connection, tenant.id, row.invitation.id)
    return [each for each in reversed(every) if each.disowned is None]


@dataclass(frozen=True, slots=True)
class Stood:
    """What was keyed before, by the columns of `key`; `keyed_by` None: they answered themselves."""

    visit: bytes
    cells: Mapping[str, str]
    keyed_by: str | None
    on: date | None

    @property
    def from_paper(self) -> bool:
        """Whether somebody typed it in, so that it may be mended."""
        return (self.keyed_by or "").startswith("user:")


def stood(connection: Connection, tenant: Tenant, row: Row) -> Stood | None:
    """What stands for a row, to be mended; None: nothing does."""
    every = standing(connection, tenant, row)
    if not every:
        return None
    visit = every[0].visit
    cells: dict[str, str] = {_WHO[0]: every[0].who} if every[0].who else {}
    keyed_by, on = None, None
    places = {b.iri: n for n, b in enumerate(row.about.programme.behaviours, 1)}
    for form in every:
        if form.visit != visit:
            continue
        for each in form.statements:
            held = statements.by_id(connection, tenant.practice.id, uuid.UUID(each).bytes)
            record = None if held is None or held.voided else records.read(parse(held.body))
            if not isinstance(record, records.Answer):
                continue
            keyed_by, on = record.keyed_by, record.observed_on
            if record.behaviour is None:
                cells |= {
                    name: _written(FORMS[record.form].field(name, each=False), value)
                    for name, value in record.fields.items()
                }
            elif record.behaviour in places:
                cells |= _of_item(places[record.behaviour], record.fields)
    if on is not None:
        cells[_DAY[0]] = on.isoformat()
    return Stood(visit, cells, keyed_by, on)


def _of_item(n: int, fields: Mapping[str, Any]) -> dict[str, str]:
    """What was said of a behaviour, as it is keyed."""
    cells = {}
    if fields.get("observed") is False:
        cells[f"{n}"] = "B"
    elif fields.get("value") is not None:
        cells[f"{n}"] = str(fields["value"])
    for word, name in (("contoh", "example"), ("ingatan", "recalled"), ("frekuensi", "frequency")):
        if fields.get(name) not in (None, ""):
            cells[f"{word} {n}"] = str(fields[name])
    return cells


def _written(field_: Field | None, value: Any) -> str:
    """An answer as it is keyed: a choice by its number on paper."""
    numbers = {word: str(n) for n, word in enumerate((field_ and field_.choices) or {}, 1)}
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, list):
        return " ".join(numbers.get(each) or str(each) for each in value) or "-"
    return numbers.get(value, str(value))


def take_back(
    connection: Connection, tenant: Tenant, visit: bytes, *, by: str, why: str, now: datetime
) -> None:
    """Take back what was keyed from a sheet, its scan as well: the row waits again. Conflict: it
    was taken back already."""
    followup.unanswer(connection, tenant, visit, by=by, why=why, now=now)
    scan = casework.evidence_id(tenant, _scan_of(str(uuid.UUID(bytes=visit))))
    held = statements.by_id(connection, tenant.practice.id, uuid.UUID(scan).bytes)
    if held is not None and not held.voided:
        casework.take_back(
            connection, tenant, statement=uuid.UUID(scan).bytes, by=by, why=why, now=now
        )


def _heading(row: Row, problem: Problem) -> str:
    """The column that a problem is about."""
    place, _dot, name = problem.path.rpartition(".")
    for n, behaviour in enumerate(row.about.programme.behaviours, 1):
        if place == f"items[{behaviour.iri}]":
            told = next((word for word, meant in _OF_EACH.items() if meant == name and word), "")
            return f"{told} {n}".strip()
    return name


def _cell(cells: Mapping[str, str], names: Iterable[str]) -> str:
    return next((cells[each] for each in names if cells.get(each)), "")


def _sheet(
    row: Row, page: Page, cells: Mapping[str, str], submission: str, keyed_by: str
) -> followup.Sheet:
    behaviours = row.about.programme.behaviours
    items: dict[str, dict[str, Any]] = {}
    for heading, cell in cells.items():
        match = _EACH.fullmatch(heading)
        if match is None or not cell or not 1 <= int(match[2]) <= len(behaviours):
            continue
        item = items.setdefault(behaviours[int(match[2]) - 1].iri, {})
        name = _OF_EACH[match[1]]
        if name == "value" and cell.casefold() in _NOT_SEEN:
            item["observed"] = False
        elif name in ("value", "recalled"):
            item[name] = int(cell) if cell in ("0", "1", "2", "3", "4") else cell
        else:
            item[name] = _word(cell, forms.FREQUENCIES) if name == "frequency" else cell
    entries = []
    for letter in row.forms:
        form = FORMS[letter]
        whole = {
            each.name: value
            for each in form.fields(page.role, each=False)
            if (value := _read(each, cells)) is not None
        }
        mine = {
            iri: {name: value for name, value in item.items() if form.field(name, each=True)}
            for iri, item in items.items()
        }
        mine = {iri: item for iri, item in mine.items() if item}
        if mine or whole:
            entries.append(FilledIn(row=row.key, form=letter, whole=whole, items=mine))
    if not entries:
        raise Refused(Problem("", EMPTY))
    return followup.Sheet(
        submission=submission,
        entries=tuple(entries),
        who=_cell(cells, _WHO),
        keyed_by=keyed_by,
        observed_on=_date(_cell(cells, _DAY)),
    )


def _read(field_: Field, cells: Mapping[str, str]) -> Any:
    with i18n.speaking("id"):
        names = (field_.name, _(field_.asks).casefold())
    cell = _cell(cells, (*names, "hambatan") if field_.kind == forms.SEVERAL else names)
    if not cell:
        return None
    if field_.kind == forms.YES_NO:
        return _YES.get(cell.casefold(), cell)
    if field_.kind == forms.CHOICE:
        return _word(cell, field_.choices or {})
    if field_.kind == forms.SEVERAL:
        if cell.casefold() in _NONE:
            return []
        return [_word(each, field_.choices or {}) for each in re.split(r"[\s,;]+", cell) if each]
    return cell


def _word(cell: str, choices: Mapping[str, str]) -> str:
    """A choice by its number on paper, its word, or its label; else as it was written."""
    words = list(choices)
    if cell.isascii() and cell.isdigit() and 1 <= int(cell) <= len(words):
        return words[int(cell) - 1]
    with i18n.speaking("id"):
        known = {_(label).casefold(): word for word, label in choices.items()}
    return known.get(cell.casefold(), cell)


def _date(text: str) -> date | None:
    if not text:
        return None
    match = re.fullmatch(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})", text)
    try:
        if match:
            return date(int(match[3]), int(match[2]), int(match[1]))
        return date.fromisoformat(text[:10])
    except ValueError:
        raise Refused(Problem("tanggal", NO_DAY)) from None


def _scanned(
    connection: Connection,
    tenant: Tenant,
    page: Page,
    row: Row,
    given: followup.Sheet,
    scan: Upload,
    now: datetime,
) -> None:
    """Hand in the scan of a sheet, as evidence of what it says, if there is a case for it."""
    rated: Sequence[str] = [
        iri
        for entry in given.entries
        for iri, item in entry.items.items()
        if item.get("value") is not None
    ]
    if row.about.case is None or not rated:
        return
    person = str(uuid.UUID(bytes=row.about.person))
    named = page.rater is not None and not given.who
    evidence = Evidence(
        person=person,
        of="reflection" if page.role == SELF else "observation",
        by=str(uuid.UUID(bytes=page.rater)) if named and page.rater else str(given.keyed_by),
        role=page.role if named else "admin",
        performed_on=min(given.observed_on or row.observed_on, row.observed_on),
        title=_("Answers on paper"),
        programme=row.about.programme.iri,
        case=row.about.case.hex(),
        behaviours=tuple(dict.fromkeys(rated)),
        keyed_by=given.keyed_by,
        answers=page.role != SELF,
    )
    submission = _scan_of(given.submission)
    casework.hand_in(connection, tenant, evidence, now=now, files=[scan], submission=submission)


def _scan_of(submission: str) -> str:
    return str(uuid.uuid5(uuid.UUID(submission), "scan"))
