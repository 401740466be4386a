"""What was handed in elsewhere, for machines: reports as PDF, submissions of an LMS, answers on
paper. Each is a proposal until a human's word, or keyed by one."""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any, Final

from flask import request
from sqlalchemy import Connection

from lrs import channels, errors, followup, imports_submissions, programmes
from lrs import imports_reports as taking
from lrs.api.cases import uploads
from lrs.api.practice import Call, Resource, SignedIn, Use, submission
from lrs.errors import Problem, Refused
from lrs.followup import FilledIn, Row, Sheet
from lrs.imports_reports import ADD_MENTOR, ERASED_TOO, SUPERIOR, Meant, Report
from lrs.imports_submissions import Submission
from lrs.practice import files
from lrs.practice import reports_read as reports
from lrs.practice.cases import ZONE, date_of
from lrs.store import waiting
from lrs.store.cases import Page
from lrs.store.waiting import Waiting
from schemas import practice as shapes

#: From how many days ago submissions are listed, unless another day is asked for.
LATELY: Final = timedelta(days=180)


# Reports -------------------------------------------------------------------------------------


def bring_report(call: Call) -> Any:
    """Have a report wait, and tell what is proposed of it. Enters nothing."""
    call.require_everybody()
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != taking.PDF:
        raise errors.UnsupportedMedia(kind[:80], taking.PDF)
    name = files.clean_name(call.headers.get("X-File-Name", "") or "report.pdf")
    content = call.content("The report")
    limit = call.context.settings.evidence_limit

    def keep(connection: Connection) -> bytes:
        who = call.by()
        return taking.keep(
            connection, call.tenant, content, name, by=who, now=call.now, limit=limit
        )

    return _told(call, call.context.database.write(keep))


def list_reports(call: Call) -> Any:
    """Reports that wait for a human's word, the longest waiting first."""
    call.require_everybody()
    with call.context.database.read() as connection:
        found = waiting.every(connection, call.tenant.id, waiting.REPORT)
        every = [(each, taking.proposed(connection, call.tenant, each)) for each in found]
    return {"items": [_plain(held, report) for held, report in every if report], "next": None}


def get_report(call: Call) -> Any:
    call.require_everybody()
    return _told(call, call.parts["report"])


def confirm_report(call: Call) -> Any:
    """Hand a report in as evidence, as read or as a human mended it."""
    call.require_everybody()
    told = call.body
    held, content = _read(call, call.parts["report"])
    accepted = {SUPERIOR} if told["mentor_is_superior"] else set[str]()
    accepted |= {ADD_MENTOR} if told["add_mentor"] else set()
    accepted |= {ERASED_TOO} if told["erased_too"] else set()

    def write(connection: Connection) -> dict[str, Any]:
        report = taking.proposed(connection, call.tenant, held, content)
        assert report is not None
        known = {each.iri for each in programmes.in_force(connection, call.tenant.id)}
        if told.get("programme") is not None and told["programme"] not in known:
            raise Refused(Problem("programme", "There is no such programme."))
        done = taking.accept(
            connection,
            call.tenant,
            report,
            by=call.by(),
            now=call.now,
            accepted=accepted,
            person=told.get("person"),
            mentor=told.get("mentor"),
            done_on=told.get("done_on"),
            title=told.get("title", ""),
            text=told.get("text", ""),
            programme=told.get("programme"),
            of=told.get("of", ""),
        )
        waiting.drop(connection, call.tenant.id, held.id)
        return {"statement": done.statement, "superior": done.superior}

    return call.context.database.write(write)


def dismiss_report(call: Call) -> Any:
    """Have a report wait no more: nothing of it is kept."""
    call.require_everybody()
    id_ = call.parts["report"]

    def write(connection: Connection) -> None:
        if waiting.one(connection, call.tenant.id, waiting.REPORT, id_) is None:
            raise errors.NotFound(f"a report {id_.hex()} that waits")
        waiting.drop(connection, call.tenant.id, id_)

    call.context.database.write(write)
    return {"report": id_.hex()}


def _read(call: Call, id_: bytes) -> tuple[Waiting, bytes]:
    """A report that waits, read now where nobody has read it yet."""

    def held() -> tuple[Waiting, bytes]:
        with call.context.database.read() as connection:
            found = waiting.one(connection, call.tenant.id, waiting.REPORT, id_)
            if found is None:
                raise errors.NotFound(f"a report {id_.hex()} that waits")
            return found, waiting.content(connection, call.tenant.id, id_)

    found, content = held()
    if found.told is None:
        said = taking.read(content, found.name)
        call.context.database.write(lambda c: taking.note(c, call.tenant, found, said))
        found, content = held()
    return found, content


def _told(call: Call, id_: bytes) -> dict[str, Any]:
    held, content = _read(call, id_)
    with call.context.database.read() as connection:
        report = taking.proposed(connection, call.tenant, held, content)
    assert report is not None
    return _plain(held, report)


def _plain(held: Waiting, report: Report) -> dict[str, Any]:
    told: dict[str, Any] = shapes.ReportOut().dump(
        {
            "id": held.id,
            "name": held.name,
            "by": held.by,
            "made": held.made,
            "of": report.of,
            "author": _who(report.author),
            "mentor": _who(report.mentor),
            "coach": _who(report.coach),
            "programme": report.programme,
            "title": report.read.value(reports.TITLE) or None,
            "done_on": report.done_on,
            "sure": report.sure,
            "there": report.there,
            "pages": report.read.pages,
            "approval": report.read.approval,
            "mentor_erased": report.mentor_erased,
            "notes": report.notes,
            "findings": report.read.findings,
        }
    )
    return told


def _who(meant: Meant | None) -> Mapping[str, Any] | None:
    return None if meant is None else {"id": meant.person, "name": meant.name}


# Submissions of an LMS -----------------------------------------------------------------------


def list_submissions(call: Call) -> Any:
    """What was handed in to the LMSs and may be a plan or a project, the last first."""
    call.require_everybody()
    since = call.query.get("since") or date_of(call.now) - LATELY
    begin = datetime.combine(since, time(), ZONE).astimezone(UTC)
    with call.context.database.read() as connection:
        every = imports_submissions.proposals(connection, call.tenant, since=begin).found
    found = sorted(
        (each for each in every if each.state in call.query["states"]), key=_place, reverse=True
    )
    if call.place is not None:
        found = [each for each in found if _place(each) < tuple(call.place)]
    limit = call.query["limit"]
    rows = [_submission(each) for each in found[:limit]]
    after = _place(found[limit - 1]) if len(found) > limit else None
    return Page(tuple(rows), after)


def _place(each: Submission) -> tuple[int, str]:
    return each.proposed.at, each.proposed.statement


def _submission(each: Submission) -> dict[str, Any]:
    told = each.proposed
    return {
        "statement": told.statement,
        "person": each.person,
        "name": each.name,
        "of": told.of,
        "title": told.title,
        "because": told.because,
        "at": told.at,
        "programme": each.programme,
        "state": each.state,
        "evidence": each.accepted,
    }


def decide_submissions(call: Call) -> Any:
    """Confirm submissions as evidence, dismiss them, or have them proposed again."""
    call.require_everybody()
    decided = []
    for statement in dict.fromkeys(call.body["statements"]):
        named = str(uuid.UUID(bytes=statement))
        told: dict[str, Any] = {"statement": named, "evidence": None, "error": None}
        try:
            told["evidence"] = call.context.database.write(partial(_decide, call=call, id_=named))
        except errors.Busy:
            raise
        except errors.JejakError as error:
            told["error"] = str(error)
        decided.append(told)
    return {"decided": decided}


def _decide(connection: Connection, call: Call, id_: str) -> str | None:
    if call.body["decision"] == "confirm":
        (made,) = imports_submissions.accept(
            connection, call.tenant, [id_], by=call.by(), now=call.now
        )
        return made
    on = call.body["decision"] == "dismiss"
    imports_submissions.dismiss(connection, call.tenant, [id_], call.by(), on=on)
    return None


# Answers on paper ----------------------------------------------------------------------------


def key_paper(call: Call) -> Any:
    """Enter what a row of a sheet of paper says, with its scan. The same again changes nothing."""
    scans = uploads(call, shapes.PaperBody, 1) if not call.body else []
    told = call.body
    code = told["code"].strip().casefold()[: channels.CODE]
    who = call.who
    keyed_by = f"user:{who.login}" if isinstance(who, SignedIn) else call.by()

    def write(connection: Connection) -> bool:
        found = channels.on_paper(connection, call.tenant, call.now).get(code)
        named = f"a sheet of paper {code} that waits for an answer"
        if found is None:
            raise errors.NotFound(named)
        page = followup.page(connection, call.tenant, found.round, call.now)
        row = next((row for row in page.rows if row.invitation.id == found.id), None)
        if row is None:
            raise errors.NotFound(named)
        call.require(connection, row.about.person, named)
        sheet = Sheet(
            submission=submission(call) or _name(row, told),
            entries=tuple(
                FilledIn(
                    row=row.key,
                    form=each["form"],
                    whole=each.get("whole", {}),
                    items=each.get("items", {}),
                )
                for each in told["forms"]
            ),
            who=told.get("somebody_else", "").strip(),
            keyed_by=keyed_by,
            observed_on=told.get("observed_on"),
        )
        places = {each["form"]: n for n, each in enumerate(told["forms"])}
        wrong = [
            Problem(f"forms[{places[form]}].{problem.path}".rstrip("."), problem.message)
            for _row, form, problem in followup.problems(page, sheet)
        ]
        if wrong:
            raise Refused(wrong)
        if channels.stands(connection, call.tenant, sheet):
            return False
        scan = scans[0] if scans else None
        channels.take(connection, call.tenant, page, row, sheet, scan=scan, now=call.now)
        return True

    return {"entered": call.context.database.write(write)}


def _name(row: Row, told: Mapping[str, Any]) -> str:
    """What names a sheet that brought no name: what it says, so that the same is entered once."""
    said = json.dumps(told, sort_keys=True, default=str)
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{row.key} {said}"))


RESOURCES = (
    Resource(
        "/reports",
        {
            "GET": Use(
                list_reports,
                "evidence/write",
                "Reports that wait for a human's word, the longest waiting first.",
                answers=shapes.ReportsOut,
            ),
            "POST": Use(
                bring_report,
                "evidence/write",
                "Have a report (PDF) wait, and tell what is proposed of it. Enters nothing.",
                answers=shapes.ReportOut,
                raw=True,
                takes=(taking.PDF,),
                status=201,
            ),
        },
    ),
    Resource(
        "/reports/<report>",
        {
            "GET": Use(
                get_report,
                "evidence/write",
                "A report that waits, with the page of each finding.",
                answers=shapes.ReportOut,
            )
        },
    ),
    Resource(
        "/reports/<report>/confirm",
        {
            "POST": Use(
                confirm_report,
                "evidence/write",
                "Hand a report in as evidence, as read or as a human mended it.",
                body=shapes.ConfirmReportBody,
                answers=shapes.ConfirmedOut,
                status=201,
            )
        },
    ),
    Resource(
        "/reports/<report>/dismiss",
        {
            "POST": Use(
                dismiss_report,
                "evidence/write",
                "Have a report wait no more: nothing of it is kept.",
                answers=shapes.DismissedOut,
            )
        },
    ),
    Resource(
        "/submissions",
        {
            "GET": Use(
                list_submissions,
                "evidence/write",
                "What was handed in to the LMSs and may be a plan or a project, the last first.",
                query=shapes.SubmissionsQuery,
                answers=shapes.SubmissionOut,
                paged=True,
            )
        },
    ),
    Resource(
        "/submissions/decisions",
        {
            "POST": Use(
                decide_submissions,
                "evidence/write",
                "Confirm submissions as evidence, dismiss them, or have them proposed again.",
                body=shapes.SubmissionsBody,
                answers=shapes.DecisionsOut,
            )
        },
    ),
    Resource(
        "/papers",
        {
            "POST": Use(
                key_paper,
                "answers/key",
                "Enter what a row of a sheet of paper says, with its scan.",
                body=shapes.PaperBody,
                answers=shapes.KeyedOut,
                files=True,
                part="paper",
                status=201,
            )
        },
    ),
)
