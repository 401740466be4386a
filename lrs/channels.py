"""Rounds by other ways than mail: a text for WhatsApp, a sheet of paper, a code at a counter.

What is handed over so is noted by `followup.hand_over`. Sheets that come back are keyed from a
table, many at once, with who keyed them and a scan beside each answer; keyed again, nothing
changes.
"""

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
from lrs.followup import FilledIn, Page, Row
from lrs.i18n import _
from lrs.practice import forms
from lrs.practice.followup import EVALUATOR, GRACE, WAITING
from lrs.practice.forms import FORMS, Field
from lrs.practice.records import SELF, Evidence
from lrs.spreadsheets import Sheet
from lrs.store import invitations
from lrs.store.accounts import Tenant

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
    held = invitations.in_states(
        connection, tenant.id, [*WAITING, "answered"], followup.today(now) - GRACE
    )
    rounds = {each.id.hex()[:CODE]: each for each in held}
    done = Keyed()
    for row in sheet.rows:
        cells = {name.casefold(): value.strip() for name, value in row.cells.items()}
        where = f"row {row.number}"
        asked = rounds.get(_cell(cells, _CODE).casefold())
        if asked is None:
            done.problems.append(
                Problem(f"{where}, kode", "No sheet of paper with this code waits for an answer.")
            )
            continue
        page = followup.page(connection, tenant, asked.round, now)
        there = next(each for each in page.rows if each.invitation.id == asked.id)
        name = f"{asked.id.hex()} {sorted(cells.items())}"
        submission = uuid.uuid5(uuid.NAMESPACE_URL, name)
        if invitations.forms_of_visit(connection, tenant.id, submission.bytes):
            done.before += 1
            continue
        try:
            given = _sheet(there, page, cells, str(submission), keyed_by)
            wrong = [problem for _row, _form, problem in followup.problems(page, given)]
            if wrong:
                raise Refused(wrong)
            if not dry_run:
                followup.answer(connection, tenant, page, given, now=now)
                if scan is not None:
                    _scanned(connection, tenant, page, there, given, scan, now)
        except (Refused, Conflict, NotFound) as error:
            problems = error.problems if isinstance(error, Refused) else [Problem("", str(error))]
            done.problems += [
                Problem(
                    f"{where}, {place}" if (place := _heading(there, each)) else where, each.message
                )
                for each in problems
            ]
            continue
        done.entered += 1
    return done


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
        raise Refused(Problem("", "Nothing is filled in; leave the row out, or key its answers."))
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
        raise Refused(Problem("tanggal", "Write the day as 2026-01-31 or 31/01/2026.")) from None


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
    )
    submission = str(uuid.uuid5(uuid.UUID(given.submission), "scan"))
    casework.hand_in(connection, tenant, evidence, now=now, files=[scan], submission=submission)
