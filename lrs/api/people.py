"""People, units, identities and participation for machines; lists that come in as files."""

import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

from flask import request
from marshmallow import Schema
from sqlalchemy import Connection

from lrs import errors, imports, imports_evidence, reconcile, reporting, spreadsheets
from lrs import identities as proposals
from lrs import people as register_of_people
from lrs import units as register_of_units
from lrs.api import cases
from lrs.api.practice import Call, Resource, Use, plain
from lrs.errors import Problem, Refused
from lrs.learning import COMPLETED, INVITED
from lrs.practice import files, names
from lrs.practice import people as numbers
from lrs.practice.cases import date_of, days
from lrs.reports.shapes import Slice
from lrs.store import accounts, register
from lrs.store import cases as lists
from lrs.store.cases import Page
from lrs.store.register import Assignment
from schemas import practice as shapes

# People --------------------------------------------------------------------------------------


def list_people(call: Call) -> Any:
    """People by name; who is out of the caller's reach is left out."""
    day = days(call.query["on"]) if "on" in call.query else call.today
    with call.context.database.read() as connection:
        return lists.people(
            connection,
            call.tenant.id,
            day,
            unit=call.query.get("unit"),
            whose=call.whose(connection),
            kept="all" in call.reaches("people/write"),
            after=call.place,
            limit=call.query["limit"],
        )


def search_people(call: Call) -> Any:
    """Who has these words in their name, or this number."""
    told = call.body
    if ("words" in told) == ("number" in told):
        raise Refused(Problem("words", "Give either words or a number."))
    with call.context.database.read() as connection:
        within = call.whose(connection)
        if "number" in told:
            found = _by_number(connection, call.tenant.id, told["number"])
            people = [
                person
                for each in sorted(
                    call.seen(connection, found if within is None else found & within)
                )
                if (person := lists.person(connection, call.tenant.id, each, call.today))
            ]
            page = Page(tuple(people), None)
        else:
            page = lists.people(
                connection,
                call.tenant.id,
                call.today,
                words=told["words"],
                whose=within,
                kept="all" in call.reaches("people/write"),
                limit=told["limit"],
            )
    return {"items": shapes.PersonOut(many=True).dump(page.rows), "next": None}


def _by_number(connection: Connection, tenant_id: int, text: str) -> frozenset[bytes]:
    try:
        kind, digits = numbers.number(text)
    except ValueError as error:
        raise Refused(Problem("number", str(error))) from None
    digest = names.identifier(tenant_id, kind, digits)
    return frozenset(register.holders(connection, tenant_id, [digest]).get(digest, set()))


def get_person(call: Call) -> Any:
    person = call.parts["person"]
    named = f"a person {uuid.UUID(bytes=person)}"
    with call.context.database.read() as connection:
        call.require(connection, person, named)
        found = lists.person(connection, call.tenant.id, person, call.today)
    if found is None:
        raise errors.NotFound(named)
    return found


def assign(call: Call) -> Any:
    """Make somebody the coach or examiner of the learner of the path, from and to a day."""
    told, learner = call.body, call.parts["person"]

    def write(connection: Connection) -> None:
        call.require(connection, learner, f"a person {uuid.UUID(bytes=learner)}")
        first, last = (days(told[word]) if word in told else None for word in ("first", "last"))
        given = Assignment(told["person"], learner, told["role"], first, last)
        register_of_people.assign(connection, call.tenant.id, given, call.by())

    call.context.database.write(write)
    return {"assigned": True}


# Units, identities, participation ------------------------------------------------------------


def list_units(call: Call) -> Any:
    with call.context.database.read() as connection:
        return lists.units(connection, call.tenant.id, after=call.place, limit=call.query["limit"])


def put_unit(call: Call) -> Any:
    """Say who speaks for a unit and who leads it by default; what is left out stays."""
    told = call.body
    clear = frozenset(word for word in ("contact", "superior") if told.get(word, b"") is None)

    def write(connection: Connection) -> bytes:
        return register_of_units.set_facts(
            connection,
            call.tenant.id,
            told["path"],
            call.by(),
            contact=told.get("contact"),
            superior=told.get("superior"),
            clear=clear,
        )

    return {"id": call.context.database.write(write).hex()}


def list_identities(call: Call) -> Any:
    with call.context.database.read() as connection:
        call.whose(connection)
        return lists.identities(
            connection,
            call.tenant.id,
            known=call.query.get("known"),
            person=call.query.get("person"),
            after=call.place,
            limit=call.query["limit"],
        )


def decide_identity(call: Call) -> Any:
    """Decide who is who: confirm or refuse an identifier, merge two people, part them again."""
    told = call.body
    person, decision = told["person"], told["decision"]
    needed = {
        "confirm": "identifier",
        "refuse": "identifier",
        "merge": "into",
        "distinct": "into",
    }.get(decision)
    if needed is not None and needed not in told:
        raise Refused(Problem(needed, f"To {decision}, name this too."))
    identifier = told.get("identifier", {})
    pair = (identifier.get("kind", ""), identifier.get("text", ""))

    def write(connection: Connection) -> None:
        if decision == "confirm":
            register_of_people.confirm(connection, call.tenant.id, person, pair, call.by())
        elif decision == "refuse":
            register_of_people.refuse(connection, call.tenant.id, person, pair, call.by())
        elif decision == "merge":
            register_of_people.merge(connection, call.tenant.id, person, told["into"], call.by())
        elif decision == "distinct":
            proposals.part_for_good(connection, call.tenant.id, person, told["into"], call.by())
        else:
            register_of_people.part(connection, call.tenant.id, person, call.by())

    call.context.database.write(write)
    return {"decided": decision}


def propose_identities(call: Call) -> Any:
    """Whom unknown identifiers may mean, who may be there twice, where the register contradicts
    itself. Decides nothing."""
    with call.context.database.read() as connection:
        found = {
            "unknown": [
                {**asdict(each), "sure": each.sure is not None}
                for each in proposals.unknown(connection, call.tenant.id)
            ],
            "doubles": [asdict(each) for each in proposals.doubles(connection, call.tenant.id)],
            "conflicts": [asdict(each) for each in proposals.conflicts(connection, call.tenant.id)],
        }
    told: dict[str, Any] = plain(found)
    return told


def confirm_sure(call: Call) -> Any:
    """Confirm all unknown identifiers of which it is sure whom they mean."""
    with call.context.database.read() as connection:
        found = proposals.unknown(connection, call.tenant.id)
    done = call.context.database.write(
        lambda c: proposals.confirm_sure(c, call.tenant.id, call.by(), found)
    )
    return {"confirmed": done, "left": len(found) - done}


def list_hours(call: Call) -> Any:
    """The hours (JP) of each person in a year, the least first, of who was employed all year."""
    call.require_everybody()
    year = call.query.get("year", date_of(call.now).year)
    part = Slice(as_of=date_of(call.now), until=date(year, 12, 31))
    with call.context.database.read() as connection:
        found = reporting.hours(connection, call.tenant.id, part, call.query["kind"])
    return {"items": [plain(asdict(each)) for each in found], "next": None}


def list_participation(call: Call) -> Any:
    with call.context.database.read() as connection:
        return lists.participation(
            connection,
            call.tenant.id,
            cases.which(call),
            completed=call.query.get("completed"),
            whose=call.whose_of(connection, call.query.get("person")),
            after=call.place,
            limit=call.query["limit"],
        )


# Lists that come in --------------------------------------------------------------------------


def _file(call: Call) -> tuple[bytes, str]:
    """The file in the body, and the name that tells its kind."""
    name = request.headers.get("X-File-Name", "")
    if not name:
        spoken = request.headers.get("Content-Type", "").partition(";")[0].strip()
        sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        name = {"text/csv": "list.csv", sheet: "list.xlsx"}.get(spoken, "")
    if not name:
        raise errors.UnsupportedMedia(
            request.headers.get("Content-Type", "")[:80],
            "text/csv, or any type with the file's name in the header X-File-Name",
        )
    return call.content("The file"), files.clean_name(name)


Importer = Callable[[Connection, int, spreadsheets.Sheet, register_of_people.Reading], Any]


def _import_register(work: Importer) -> Callable[[Call], Any]:
    def run(call: Call) -> Any:
        call.require_everybody()
        content, name = _file(call)
        sheet = spreadsheets.read(content, name)
        erased_too = call.query.get("erased_too", False)
        reading = register_of_people.Reading(today=date_of(call.now), erased_too=erased_too)

        def enter(connection: Connection) -> Any:
            outcome = work(connection, call.tenant.id, sheet, reading)
            register.append(connection, call.tenant.id, outcome.facts, f"{call.by()}: {name}"[:200])
            return outcome

        if call.query["dry_run"]:
            with call.context.database.read() as connection:
                outcome = work(connection, call.tenant.id, sheet, reading)
        else:
            outcome = call.context.database.write(enter)
        problems = [problem for row in sheet.rows for problem in row.problems]
        return {
            "entered": not call.query["dry_run"],
            "new": outcome.new,
            "changed": outcome.changed,
            "unchanged": outcome.unchanged,
            "problems": [each.facts() for each in (*problems, *outcome.problems)],
            "notes": list(outcome.notes),
        }

    return run


def _import_participation(kind: str) -> Callable[[Call], Any]:
    def run(call: Call) -> Any:
        call.require_everybody()
        content, name = _file(call)
        sheet = imports.read(content, name)
        asked = call.query
        reading = imports.Reading(
            today=date_of(call.now),
            kind=kind,
            on=asked.get("on"),
            programme=asked.get("programme"),
            course=asked.get("course"),
            cohort=asked.get("cohort"),
            home=asked.get("lms"),
            add_people=asked["add_people"],
            erased_too=asked["erased_too"],
        )
        with call.context.database.read() as connection:
            plan = imports.plan(connection, call.tenant, sheet, reading, name)
        told = {
            "entered": not call.query["dry_run"],
            "new": plan.new,
            "unchanged": plan.there,
            "left_out": plan.left_out,
            "unknown_rows": [row.number for row in plan.unknown],
            "problems": [each.facts() for each in plan.problems],
            "notes": list(plan.notes),
        }
        if not call.query["dry_run"]:
            _enter(call, plan)
        return told

    return run


def import_evidence(call: Call) -> Any:
    """Hand in evidence from a list, without files."""
    call.require_everybody()
    content, name = _file(call)
    sheet = imports_evidence.read(content, name)
    asked, limits = call.query, call.context.settings
    reading = imports_evidence.Reading(
        today=date_of(call.now),
        by=call.by(),
        kind=asked["kind"],
        programme=asked.get("programme"),
        scale=asked["scale"],
        limit=limits.evidence_limit,
    )
    with call.context.database.read() as connection:
        plan = imports_evidence.plan(connection, call.tenant, sheet, reading, name)
    if not asked["dry_run"]:
        imports_evidence.enter(call.context.database, call.tenant, plan, now=call.now)
    return {
        "entered": not asked["dry_run"],
        "new": plan.new,
        "unchanged": plan.there,
        "left_out": plan.left_out,
        "problems": [each.facts() for each in plan.problems],
        "notes": list(plan.notes),
    }


def reconcile_list(call: Call) -> Any:
    """Compare an LMS's own list of completions with what arrived, and, where that is asked, enter
    what never came."""
    content, name = _file(call)
    sheet = spreadsheets.read(content, name)
    told = call.query
    with call.context.database.read() as connection:
        done = reconcile.compare(
            connection,
            call.tenant,
            sheet,
            told.get("lms"),
            file=name,
            course=told.get("course"),
        )
    entered = _enter(call, done.plan()) if told["enter"] else 0
    return {
        "there": done.there,
        "missing": [row.number for row in done.missing],
        "twice": [row.number for row in done.twice],
        "unknown": [row.number for row in done.unknown],
        "nobody": [row.number for row in done.nobody],
        "open": done.open,
        "enterable": len(done.enterable),
        "entered": entered,
        "problems": [each.facts() for each in done.problems],
    }


def _enter(call: Call, plan: imports.Plan) -> int:
    done = imports.enter(
        call.context.database,
        call.tenant,
        plan,
        by=call.by(),
        now=call.now,
        home_page=call.context.settings.public_url or accounts.HOME_PAGE,
    )
    return done.statements


def _import_of(
    run: Callable[[Call], Any], says: str, query: type[Schema] = shapes.DryRunQuery
) -> Use:
    return Use(run, "people/write", says, query=query, answers=shapes.AnythingOut, raw=True)


RESOURCES = (
    Resource(
        "/people",
        {
            "GET": Use(
                list_people,
                "people/read",
                "People of the register by name, with their posts of a day.",
                query=shapes.PeopleQuery,
                answers=shapes.PersonOut,
                paged=True,
            )
        },
    ),
    Resource(
        "/people/search",
        {
            "POST": Use(
                search_people,
                "people/read",
                "Find people by name or number; in the body, since an address is written to logs.",
                body=shapes.SearchBody,
                answers=shapes.PersonOut,
                paged=True,
            )
        },
    ),
    Resource(
        "/people/<person>",
        {"GET": Use(get_person, "people/read", "A person.", answers=shapes.PersonOut)},
    ),
    Resource(
        "/people/<person>/assignments",
        {
            "POST": Use(
                assign,
                "people/write",
                "Assign the learner a coach or examiner.",
                body=shapes.AssignmentBody,
                answers=shapes.AnythingOut,
                status=201,
            )
        },
    ),
    Resource(
        "/units",
        {
            "GET": Use(
                list_units,
                "units/read",
                "Units by path.",
                query=shapes.PageQuery,
                answers=shapes.UnitOut,
                paged=True,
            ),
            "PUT": Use(
                put_unit,
                "units/write",
                "Say who speaks for a unit and who leads it by default.",
                body=shapes.UnitBody,
                answers=shapes.AnythingOut,
            ),
        },
    ),
    Resource(
        "/identities",
        {
            "GET": Use(
                list_identities,
                "identities/read",
                "Identifiers seen in the log, and whose they are.",
                query=shapes.IdentitiesQuery,
                answers=shapes.IdentityOut,
                paged=True,
            )
        },
    ),
    Resource(
        "/identities/decisions",
        {
            "POST": Use(
                decide_identity,
                "identities/write",
                "Decide who is who.",
                body=shapes.DecisionBody,
                answers=shapes.AnythingOut,
                status=201,
            )
        },
    ),
    Resource(
        "/identities/proposals",
        {
            "GET": Use(
                propose_identities,
                "identities/read",
                "Whom unknown identifiers may mean, and who may be there twice.",
                answers=shapes.AnythingOut,
            ),
            "POST": Use(
                confirm_sure,
                "identities/write",
                "Confirm all identifiers of which it is sure whom they mean.",
                answers=shapes.AnythingOut,
            ),
        },
    ),
    Resource(
        "/hours",
        {
            "GET": Use(
                list_hours,
                "participation/read",
                "The hours (JP) of each person in a year, the least first.",
                query=shapes.HoursQuery,
                answers=shapes.AnythingOut,
                paged=True,
            )
        },
    ),
    Resource(
        "/participation",
        {
            "GET": Use(
                list_participation,
                "participation/read",
                "Who came how far in which course.",
                query=shapes.ParticipationQuery,
                answers=shapes.AttendanceOut,
                paged=True,
            )
        },
    ),
    Resource(
        "/imports/people",
        {
            "POST": _import_of(
                _import_register(register_of_people.import_people),
                "Enter a list of people.",
                shapes.PeopleImportQuery,
            )
        },
    ),
    Resource(
        "/imports/events",
        {
            "POST": _import_of(
                _import_register(register_of_people.import_events),
                "Enter a list of moves, promotions and retirements.",
            )
        },
    ),
    Resource(
        "/imports/accounts",
        {
            "POST": _import_of(
                _import_register(register_of_people.import_accounts),
                "Enter which accounts of which LMS are whose.",
            )
        },
    ),
    Resource(
        "/imports/completions",
        {
            "POST": _import_of(
                _import_participation(COMPLETED), "Enter who completed what.", shapes.ImportQuery
            )
        },
    ),
    Resource(
        "/imports/rosters",
        {
            "POST": _import_of(
                _import_participation(INVITED), "Enter who was invited to what.", shapes.ImportQuery
            )
        },
    ),
    Resource(
        "/imports/evidence",
        {
            "POST": Use(
                import_evidence,
                "evidence/write",
                "Hand in evidence from a list.",
                query=shapes.EvidenceImportQuery,
                answers=shapes.AnythingOut,
                raw=True,
            )
        },
    ),
    Resource(
        "/reconcile",
        {
            "POST": Use(
                reconcile_list,
                "identities/write",
                "Compare an LMS's list of completions with what arrived; enter what never came.",
                query=shapes.ReconcileQuery,
                answers=shapes.AnythingOut,
                raw=True,
            )
        },
    ),
)
