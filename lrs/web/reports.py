"""Reports: as a page, and as PDF, DOCX, XLSX and CSV; which there are, and who may have them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import Response, render_template, request
from sqlalchemy import Connection

from lrs.errors import NotFound
from lrs.i18n import N_
from lrs.papers import evaluation, lists, onepage, pdf, questions, sheets, stories
from lrs.papers.document import Document, Table
from lrs.papers.given import Given
from lrs.web.rooms import Room, here
from lrs.web.slices import choices, given

ROOM = Room("reports")

#: So many rows of a list a report's page shows; its files hold all.
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `action` is whose it is; with `personal` it names people, so that each file made
    of it stands in the audit trail. `published`: always as it may be published."""

    name: str
    called: str
    about: str
    make: Callable[[Given], Document]
    action: str = "figures/read"
    personal: bool = False
    published: bool = False


REPORTS: Final = (
    Report(
        "evaluation",
        N_("Post-training evaluation report"),
        N_("The report of a cohort, its chapters filled: results, time, barriers, next steps."),
        evaluation.made,
    ),
    Report(
        "one-page",
        N_("One page for the head of agency"),
        N_("Three sentences, three requests, on one A4."),
        onepage.made,
        published=True,
    ),
    Report(
        "time",
        N_("How long until applied"),
        N_("The curve with its bounds, by programme and unit."),
        questions.time,
    ),
    Report(
        "barriers",
        N_("Barriers"),
        N_("What stands in the way of applying, and of taking part."),
        questions.barriers,
    ),
    Report(
        "hours",
        N_("20 hours (JP)"),
        N_("Who reaches 20 hours of training this year, and who not yet."),
        lists.hours,
        action="people/read",
        personal=True,
    ),
    Report(
        "due",
        N_("To review, and time limits"),
        N_("What waits for whom, and since when."),
        lists.due,
        action="invitations/read",
        personal=True,
    ),
    Report(
        "stories",
        N_("Stories (form F)"),
        N_("Drawn by lot among the best and the hardest cases, told with agreement."),
        stories.made,
        action="answers/read",
        personal=True,
    ),
    Report(
        "reviewers",
        N_("How reviewers decide"),
        N_("How soon, how often returned, and whether two decide alike."),
        questions.reviewers,
    ),
    Report(
        "identities",
        N_("Reconciliation of identities"),
        N_("Completions whose learner is known, and accounts that are not."),
        lists.identities,
        action="identities/read",
        personal=True,
    ),
    Report(
        "siasn",
        N_("Export for SIASN"),
        N_("Completions of the year with NIP, as rows of rw_kursus."),
        lists.siasn,
        action="people/write",
        personal=True,
    ),
)

BY_NAME: Final = {each.name: each for each in REPORTS}


@ROOM.page("/reports", "figures/read", narrowed=True)
def every() -> str:
    """All reports that the reader may have."""
    with here().read() as connection:
        asked = given(connection)
        offered = choices(asked)
    return render_template(
        "reports.html",
        reports=[each for each in REPORTS if may(each)],
        choices=offered,
    )


@ROOM.page("/reports/<name>", "figures/read", narrowed=True)
def show(name: str) -> str:
    """A report as a page."""
    report = named(name)
    with here().read() as connection:
        asked = part(connection, report)
        asked.most = MOST
        document = report.make(asked)
        offered = choices(asked)
    if report.personal:
        here().saw("report", report.name)
    return render_template(
        "report.html",
        report=report,
        document=document,
        choices=offered,
        published=asked.published,
        told_as_at=asked.told_as_at,
        tables=document.tables,
    )


@ROOM.page("/reports/<name>/<format>", "figures/read", narrowed=True)
def file(name: str, format: str) -> Response:
    """A report as a file."""
    report = named(name)
    with here().read() as connection:
        document = report.make(part(connection, report, held=False))
    if report.personal:
        here().seen.append(("report/exported", f"report {report.name}.{format}"))
    return handed(document, format)


def handed(document: Document, format: str) -> Response:
    """A document as a file to keep."""
    if format == "pdf":
        content, kind = pdf.render(document), pdf.CONTENT_TYPE
    elif format == "docx":
        from lrs.papers import word  # here: python-docx takes 7 MB

        content, kind = word.render(document), word.CONTENT_TYPE
    elif format == "xlsx":
        content, kind = sheets.workbook(document), sheets.XLSX
    elif format == "csv":
        content, kind = sheets.table(_table(document)), sheets.CSV
    else:
        raise NotFound(f"a report as {format}")
    answer = Response(content, content_type=kind)
    shown = "inline" if format == "pdf" and request.args.get("open") else "attachment"
    answer.headers["Content-Disposition"] = f'{shown}; filename="{document.name}.{format}"'
    return answer


def _table(document: Document) -> Table:
    """The table that was asked for, counted from 1; the first."""
    tables = document.tables
    try:
        wanted = int(request.args.get("table", "1"))
    except ValueError:
        wanted = 0
    if not 1 <= wanted <= len(tables):
        raise NotFound("a table of this report")
    return tables[wanted - 1]


def named(name: str) -> Report:
    """A report that the reader may have. Raises `NotFound`, whether or not there is one."""
    report = BY_NAME.get(name)
    if report is None or not may(report):
        raise NotFound(f"a report {name}")
    return report


def may(report: Report) -> bool:
    """Whether whoever is looking may have a report."""
    if report.action == "figures/read":
        return bool(here().reach(report.action))
    return here().may(report.action)


def part(connection: Connection, report: Report, *, held: bool = True) -> Given:
    """What is asked about, as this report is made."""
    asked = given(connection, held=held)
    asked.published = asked.published or report.published
    return asked
