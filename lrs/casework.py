"""What people do with practice cases, one verb a function: hand in, answer, decide, end, undo.

Each looks whether it may be done, writes statements into the practice store under the service's
own authority, and answers their ids. The projector works out what follows, within a second or two.
The statements are in the words of published vocabularies (domain §7), made with `tincan`; what
those have no member for is the record of `lrs/practice/records.py`.

Functions take a connection first and never commit. They raise `Refused` with what is wrong and how
to mend it, `NotFound` for what is not there, and `Conflict` for a move that is no longer possible.
"""

import hashlib
import io
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import msgspec
import tincan
from sqlalchemy import Connection

from lrs import intake, learning, workplace
from lrs.errors import Conflict, NotFound, Problem, Refused
from lrs.i18n import N_
from lrs.practice import forms, names, records, review
from lrs.practice.cases import date_of
from lrs.practice.files import check as check_file
from lrs.practice.forms import FORMS
from lrs.practice.names import VOCABULARY
from lrs.practice.programmes import Programme
from lrs.practice.records import Answer, Citizen, Ending, Evidence, Meeting, Record, Verdict
from lrs.store import accounts, cases, log, practice, statements
from lrs.store.accounts import Principal, Tenant
from lrs.xapi.actors import ifi
from lrs.xapi.attachments import Part
from lrs.xapi.statements import parse
from lrs.xapi.versions import V1

#: Home page of the accounts that name who signs in and is nobody of the register.
USERS = f"{VOCABULARY}users"

_ADL = "http://adlnet.gov/expapi/"
_TLA = "https://w3id.org/xapi/tla/"
_ISD = "https://w3id.org/xapi/dod-isd/verbs/"
_TC = "http://id.tincanapi.com/"
_STREAMS = "http://activitystrea.ms/"
_VERBS = f"{VOCABULARY}verbs/"

VOIDED = f"{_ADL}verbs/voided"
SUPPORTING = f"{_TC}attachment/supporting_media"
_OBSERVED_BY_CHECKLIST = f"{_TC}recipe/checklist/performance-observation/1"

#: Verb and activity type of each kind of evidence.
_OF_EVIDENCE = {
    "artefact": (f"{_STREAMS}submit", f"{_TC}activitytype/document"),
    "observation": (f"{_ISD}observed", f"{_ADL}activities/performance"),
    "rating": (f"{_ADL}verbs/responded", f"{_ADL}activities/performance"),
    "reflection": (f"{_STREAMS}submit", f"{_TC}activitytype/document"),
    "check_in": (f"{_TC}verb/mentored", f"{_ADL}activities/meeting"),
    "metric": (f"{_ISD}performed", f"{_ADL}activities/performance"),
    "project": (f"{_STREAMS}submit", f"{_TC}activitytype/project"),
    records.PLAN: (f"{_TLA}verbs/planned", f"{_TC}activitytype/goal"),
}

#: The verb of each move of a link; what is about its status alone is of our own minting.
_OF_MOVE = {
    "submit": f"{_STREAMS}submit",
    "take": f"{_VERBS}claimed",
    "release": f"{_VERBS}released",
    "accept": f"{_TLA}verbs/verified",
    "return": f"{_STREAMS}return",
    "reject": f"{_STREAMS}reject",
    "not_seen": f"{_VERBS}not-observed",
    "withdraw": f"{_VERBS}withdrew",
}

_RESPONDED = f"{_ADL}verbs/responded"
_SCALE = 4


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that goes with a piece of evidence, checked already (`practice/files.py`)."""

    name: str
    content_type: str
    content: bytes = field(repr=False)
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """One form as one rater filled it in about one case, or, before there is one, about a person's
    part in a programme (its IRI).

    `whole` are the fields of the form, `items` those on each behaviour, by IRI. `submission` is a
    UUID that whoever filled it in made: the same, sent twice, is one. `rater` None is anonymous.
    """

    form: str
    role: str
    observed_on: date
    submission: str
    case: str | None = None
    person: str | None = None
    programme: str | None = None
    window: str = ""
    rater: str | None = None
    whole: Mapping[str, Any] = field(default_factory=dict)
    items: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    device: str | None = None
    keyed_by: str | None = None


# Handing in -------------------------------------------------------------------------------------


def hand_in(
    connection: Connection,
    tenant: Tenant,
    evidence: Evidence,
    *,
    now: datetime,
    files: Sequence[Upload] = (),
    submission: str | None = None,
) -> str:
    """Keep a piece of evidence; answers the id of its statement.

    `submission` is a UUID that names this handing in: the same again changes nothing.
    """
    if submission is not None:
        known = evidence_id(tenant, submission)
        if statements.by_id(connection, tenant.practice.id, uuid.UUID(known).bytes) is not None:
            return known
    problems = []
    if evidence.of not in records.EVIDENCE:
        problems.append(Problem("of", f"It must be one of {', '.join(records.EVIDENCE)}."))
    programme = _programme_of(connection, tenant, evidence.programme, evidence.case)
    if evidence.performed_on > date_of(now, programme) and evidence.of != records.PLAN:
        problems.append(
            Problem("performed_on", "The work lies in the future; give the day it was done.")
        )
    if not evidence.title.strip():
        problems.append(Problem("title", "It has no title; say in a few words what it is."))
    problems += _unsound_role(evidence.role, evidence.person, evidence.by)
    # The doors ask with the operator's limits; what may do harm comes in by none of them.
    harm = [
        check_file(each.name, each.content_type, each.content, limit=len(each.content) + 1)
        for each in files
    ]
    problems += [each for each in harm if each is not None]
    if problems:
        raise Refused(problems)
    if evidence.case is not None:
        case = _case(connection, tenant, evidence.case, evidence.person)
        evidence = msgspec.structs.replace(
            evidence,
            completion=json.loads(case.body)["completions"][0],
            files=len(files),
        )
    else:
        _person(connection, tenant, evidence.person)
        evidence = msgspec.structs.replace(evidence, files=len(files))
    statement = _id(tenant, "evidence", submission)
    verb, kind = _OF_EVIDENCE[evidence.of]
    thing = tincan.Activity(
        id=f"{VOCABULARY}evidence/{statement}",
        definition=tincan.ActivityDefinition(
            type=kind,
            name=tincan.LanguageMap({"und": evidence.title}),
            **(
                {"description": tincan.LanguageMap({"und": evidence.text})} if evidence.text else {}
            ),
        ),
    )
    around = {
        "grouping": [_activity(evidence.programme)] if evidence.programme else [],
        "other": [_activity(iri) for iri in evidence.behaviours],
        "category": [_activity(_OBSERVED_BY_CHECKLIST)] if evidence.of == "observation" else [],
    }
    result = None
    if evidence.rating is not None:
        result = tincan.Result(score=tincan.Score(scaled=evidence.rating))
    about = evidence.completion or evidence.source
    refers = tincan.StatementRef(id=_uuid(about)) if about else None
    made = _statement(
        statement, evidence.by, verb, thing, evidence, now, around, result=result, refers=refers
    )
    made["attachments"] = [_attachment(each) for each in files]
    if not files:
        del made["attachments"]
    _store(connection, tenant, [made], now, files)
    return statement


def evidence_id(tenant: Tenant, submission: str) -> str:
    """The id of the statement that a submission becomes, or became."""
    return _id(tenant, "evidence", submission)


def meet(connection: Connection, tenant: Tenant, meeting: Meeting, *, now: datetime) -> str:
    """Keep the note of a meeting at which the practice of several people was looked at."""
    problems = []
    if not meeting.people:
        problems.append(Problem("people", "Nobody is named; name whose practice was looked at."))
    if not set(meeting.copied) <= set(meeting.people):
        problems.append(Problem("copied", "Who is imitated must be one of those looked at."))
    programme = _programme_of(connection, tenant, meeting.programme, None)
    if meeting.held_on > date_of(now, programme):
        problems.append(Problem("held_on", "The meeting lies in the future."))
    if not meeting.text.strip():
        problems.append(Problem("text", "The note is empty; write what was found."))
    if problems:
        raise Refused(problems)
    for person in meeting.people:
        _person(connection, tenant, person)
    statement = _id(tenant, "meeting", None)
    thing = tincan.Activity(
        id=f"{VOCABULARY}meetings/{statement}",
        definition=tincan.ActivityDefinition(
            type=f"{_ADL}activities/meeting",
            name=tincan.LanguageMap({"und": meeting.title or "Catatan pertemuan"}),
            description=tincan.LanguageMap({"und": meeting.text}),
        ),
    )
    around = {
        "grouping": [_activity(meeting.programme)] if meeting.programme else [],
        "other": [_activity(iri) for iri in meeting.behaviours],
    }
    made = _statement(statement, meeting.by, f"{_TC}verb/mentored", thing, meeting, now, around)
    _store(connection, tenant, [made], now)
    return statement


# Answering --------------------------------------------------------------------------------------


def answer(connection: Connection, tenant: Tenant, filled: Filled, *, now: datetime) -> list[str]:
    """Keep one filled-in form: a statement for each behaviour answered, one for the whole.

    The same submission again changes nothing; `Conflict` where it says something else now.
    """
    person, completion, programme = _about(connection, tenant, filled)
    problems = _unsound_role(filled.role, person, filled.rater)
    if filled.observed_on > date_of(now, programme):
        problems.append(Problem("observed_on", "The day of the observation lies in the future."))
    form = FORMS.get(filled.form)
    if form is None or form.about not in ("case", "participation"):
        problems.append(Problem("form", f"There is no such form about a person: {filled.form}."))
    else:
        if form.about == "case" and completion is None:
            problems.append(Problem("case", f"Form {filled.form} is about a case; name it."))
        behaviours = [each.iri for each in programme.behaviours] if programme else []
        problems += forms.check(form, behaviours, filled.whole, filled.items, filled.role)
    if problems:
        raise Refused(problems)
    said: list[tuple[str | None, Mapping[str, Any]]] = [
        (iri, fields) for iri, fields in filled.items.items() if fields
    ]
    if filled.whole or not said:
        said.append((None, filled.whole))
    made = []
    for behaviour, fields in said:
        told = Answer(
            person=person,
            case=filled.case,
            programme=programme.iri if programme else None,
            form=filled.form,
            role=filled.role,
            observed_on=filled.observed_on,
            submission=filled.submission,
            window=filled.window,
            rater=filled.rater,
            behaviour=behaviour,
            fields=dict(fields),
            device=filled.device,
            keyed_by=filled.keyed_by,
        )
        made.append(_answered(tenant, told, completion, now))
    ids = [each["id"] for each in made]
    rows = [statements.by_id(connection, tenant.practice.id, _bytes(each)) for each in ids]
    there = [records.read(parse(row.body)) for row in rows if row is not None]
    if not there:
        _store(connection, tenant, made, now)
    elif there != [records.read(each) for each in made]:
        raise Conflict(
            "This form was sent before and said something else.",
            "Open the form anew and fill it in again; the later answer counts.",
        )
    return ids


def tell(connection: Connection, tenant: Tenant, citizen: Citizen, *, now: datetime) -> str:
    """Keep what somebody at the counter said of a unit's service, without who they are."""
    if not 0 <= citizen.value <= _SCALE:
        raise Refused(Problem("value", f"The value must be a whole number from 0 to {_SCALE}."))
    statement = _id(tenant, "citizen", None)
    thing = tincan.Activity(
        id=f"{VOCABULARY}units/{citizen.unit}/service",
        definition=tincan.ActivityDefinition(
            type=f"{_ADL}activities/cmi.interaction", interaction_type="numeric"
        ),
    )
    result = tincan.Result(
        score=tincan.Score(raw=citizen.value, min=0, max=_SCALE), response=str(citizen.value)
    )
    made = _statement(statement, None, _RESPONDED, thing, citizen, now, {}, result=result)
    _store(connection, tenant, [made], now)
    return statement


def _answered(
    tenant: Tenant, told: Answer, completion: str | None, now: datetime
) -> dict[str, Any]:
    """One answer as a statement: on a behaviour, a rating on a scale; on the whole, a form."""
    form = f"{VOCABULARY}forms/{told.form}"
    statement = _id(tenant, f"answer {told.behaviour or ''}", told.submission)
    result = None
    if told.behaviour is None:
        thing = tincan.Activity(
            id=form, definition=tincan.ActivityDefinition(type=f"{_ADL}activities/assessment")
        )
        around: dict[str, list[tincan.Activity]] = {}
    else:
        thing = tincan.Activity(
            id=f"{form}/ratings/{hashlib.sha256(told.behaviour.encode()).hexdigest()[:32]}",
            definition=tincan.ActivityDefinition(
                type=f"{_ADL}activities/cmi.interaction", interaction_type="likert"
            ),
        )
        around = {"parent": [_activity(form)], "other": [_activity(told.behaviour)]}
        if told.fields.get("value") is not None:
            value = int(told.fields["value"])
            result = tincan.Result(
                score=tincan.Score(raw=value, min=0, max=_SCALE), response=str(value)
            )
    if told.programme:
        around = around | {"grouping": [_activity(told.programme)]}
    refers = tincan.StatementRef(id=_uuid(completion)) if completion else None
    return _statement(
        statement, told.rater, _RESPONDED, thing, told, now, around, result=result, refers=refers
    )


# Deciding ---------------------------------------------------------------------------------------


def propose(
    connection: Connection,
    tenant: Tenant,
    *,
    case: bytes,
    evidence: bytes,
    behaviour: str | None,
    by: str,
    reason: str,
    now: datetime,
) -> str:
    """Link a case and a piece of evidence by hand, for a behaviour or the case as a whole."""
    there = _case(connection, tenant, case.hex(), None)
    if there.subject not in _whose(connection, tenant, evidence):
        raise Refused(
            Problem(
                "evidence",
                "It is no evidence of this person's work. A link is made between records of one"
                " person or not at all.",
            )
        )
    if not reason.strip():
        raise Refused(Problem("reason", "A link made by hand needs a reason; say it in a sentence"))
    log.hold_order(connection, tenant.id, alone=True)
    link = names.link(case, evidence, _behaviour(tenant, behaviour))
    if _standing(connection, tenant, link, evidence).history or practice.link(
        connection, tenant.id, link
    ):
        raise Conflict("That link is there already.", "Find it in the queue and decide it there.")
    verdict = Verdict(
        person=str(uuid.UUID(bytes=there.subject)),
        case=case.hex(),
        evidence=evidence.hex(),
        behaviour=behaviour,
        move="submit",
        by=by,
        reason=reason,
    )
    return _decide(connection, tenant, verdict, now)


def decide(
    connection: Connection,
    tenant: Tenant,
    *,
    link: bytes,
    move: str,
    by: str,
    now: datetime,
    reason: str = "",
    rests_on: str = "",
    tier: str | None = None,
    confidence: float | None = None,
    second: bool = False,
) -> str:
    """Move a link, as the table `review.MOVES` allows. Holds the order of the log, so that of two
    reviewers one is told that the other was first."""
    if move not in review.MOVES:
        raise Refused(Problem("move", f"It must be one of {', '.join(review.MOVES)}."))
    if tier not in (None, "7a", "7b"):
        raise Refused(Problem("tier", "It must be 7a (assisted) or 7b (on one's own)."))
    log.hold_order(connection, tenant.id, alone=True)
    row = practice.link(connection, tenant.id, link)
    if row is None:
        raise NotFound(f"a link {link.hex()}")
    body = json.loads(row.body)
    behaviour = body.get("behaviour")
    standing = _standing(connection, tenant, link, row.evidence)
    verdict = Verdict(
        person=str(uuid.UUID(bytes=row.subject)),
        case=row.case_id.hex(),
        evidence=row.evidence.hex(),
        behaviour=behaviour,
        move=move,
        by=by,
        reason=reason,
        rests_on=rests_on,
        tier=(tier or "7b") if move == "accept" else None,
        confidence=confidence,
        second=second,
    )
    asked = as_moved(verdict, link, now, b"")
    if row.subject in practice.standing_for(connection, tenant.id, {asked.by}):
        # Under an older id, too, it is their own work.
        asked = replace(asked, by=row.subject)
    if second:
        why = review.may_second(asked, standing, row.subject)
    else:
        alone = practice.only_self_says(connection, tenant.id, row)
        why = review.may(asked, standing, row.subject, alone)
    if why is not None:
        if standing.state not in review.MOVES[move].sources and not second:
            raise Conflict(why, "Look at the link again: somebody may have decided it meanwhile.")
        raise Refused(Problem("move", why))
    return _decide(connection, tenant, verdict, now)


def end(connection: Connection, tenant: Tenant, ending: Ending, *, now: datetime) -> str:
    """End the observation of a case, since the duties no longer include what was learned."""
    if ending.why not in records.ENDINGS:
        ways = ", ".join(records.ENDINGS)
        raise Refused(
            Problem("why", f"It must be one of {ways}; who left is in the lists of people.")
        )
    if ending.why == "other" and not ending.note.strip():
        raise Refused(Problem("note", "Say in a sentence why the observation ends."))
    case = _case(connection, tenant, ending.case, ending.person)
    statement = _id(tenant, "ending", None)
    thing = tincan.StatementRef(id=_uuid(json.loads(case.body)["completions"][0]))
    made = _statement(statement, ending.by, f"{_VERBS}ended-observation", thing, ending, now, {})
    _store(connection, tenant, [made], now)
    return statement


def endings(connection: Connection, tenant: Tenant, case: cases.Case) -> list[tuple[bytes, Ending]]:
    """The ends of a case's observation that nobody took back, each by its statement; the last
    first."""
    if case.person is None:
        return []
    return [
        (statement, record)
        for statement, _, record in cases.own_records(
            connection, tenant.id, case.person, ["ending"]
        )
        if isinstance(record, Ending) and record.case == case.id.hex()
    ]


def handed_in(connection: Connection, tenant: Tenant, statement: bytes) -> Evidence:
    """What was handed in here under this statement. NotFound: nothing was."""
    held = cases.record(connection, tenant.id, statement)
    if not isinstance(held, Evidence):
        raise NotFound(f"evidence {statement.hex()} that was handed in here")
    return held


def take_back_evidence(
    connection: Connection,
    tenant: Tenant,
    *,
    statement: bytes,
    by: str,
    why: str,
    now: datetime,
    others: bool,
) -> str:
    """Take back evidence that was handed in; `others`: also what somebody else handed in, as a
    training admin may. NotFound, Refused and Conflict as `take_back`."""
    held = handed_in(connection, tenant, statement)
    if not others and held.by != by:
        raise Conflict(
            "Somebody else handed this in.", "Ask them, or the training admin, to take it back."
        )
    return take_back(connection, tenant, statement=statement, by=by, why=why, now=now)


def take_back(
    connection: Connection, tenant: Tenant, *, statement: bytes, by: str, why: str, now: datetime
) -> str:
    """Void one of our own statements: evidence withdrawn, an answer disowned, a verdict undone."""
    if not why.strip():
        raise Refused(Problem("why", "Taking back needs a reason; say in a sentence what it is."))
    there = statements.by_id(connection, tenant.practice.id, statement)
    if there is None:
        raise NotFound(f"a record {uuid.UUID(bytes=statement)}")
    if there.voided:
        raise Conflict("That was taken back already.", "Nothing is left to do.")
    made = _id(tenant, "void", None)
    target = tincan.StatementRef(id=uuid.UUID(bytes=statement))
    tree = _statement(made, by, VOIDED, target, None, now, {}, result=tincan.Result(response=why))
    _store(connection, tenant, [tree], now)
    return made


def as_moved(verdict: Verdict, link: bytes, at: datetime | int, statement: bytes) -> review.Verdict:
    """A verdict's record as the rooms of review know it."""
    micros = at if isinstance(at, int) else int(at.timestamp() * 1_000_000)
    return review.Verdict(
        link=link,
        move=verdict.move,
        by=records.actor_id(verdict.by),
        at=micros,
        statement=statement,
        reason=verdict.reason,
        rests_on=verdict.rests_on,
        tier=verdict.tier,
        confidence=verdict.confidence,
        second=verdict.second,
    )


def _decide(connection: Connection, tenant: Tenant, verdict: Verdict, now: datetime) -> str:
    statement = _id(tenant, "verdict", None)
    extensions: dict[str, Any] = {}
    if verdict.move == "accept":
        extensions[f"{_TLA}extensions/evidence"] = [str(_uuid(verdict.evidence))]
        if verdict.confidence is not None:
            extensions[f"{_TLA}extensions/confidence"] = verdict.confidence
    thing = tincan.StatementRef(id=_uuid(verdict.evidence))
    result = tincan.Result(response=verdict.reason) if verdict.reason else None
    around = {"other": [_activity(verdict.behaviour)] if verdict.behaviour else []}
    made = _statement(
        statement,
        verdict.by,
        _OF_MOVE[verdict.move],
        thing,
        verdict,
        now,
        around,
        result=result,
        extensions=extensions,
    )
    _store(connection, tenant, [made], now)
    return statement


def standings(
    connection: Connection, tenant: Tenant, links: Mapping[bytes, bytes]
) -> dict[bytes, review.Standing]:
    """Where links stand by what the log holds now: the projector may be a second behind. `links`
    maps each to its evidence."""
    found: dict[bytes, list[review.Verdict]] = {link: [] for link in links}
    targets = sorted(set(links.values()))
    for row in practice.referring_any(connection, tenant.id, tenant.practice.id, targets):
        told = records.read(parse(row.body))
        if isinstance(told, Verdict) and not row.voided:
            link = link_of(tenant, told)
            if link in found:
                found[link].append(as_moved(told, link, row.position, row.id))
    return {link: review.after(verdicts) for link, verdicts in found.items()}


def link_of(tenant: Tenant, verdict: Verdict) -> bytes:
    """Which link a verdict is about."""
    return names.link(
        bytes.fromhex(verdict.case),
        bytes.fromhex(verdict.evidence),
        _behaviour(tenant, verdict.behaviour),
    )


def _standing(
    connection: Connection, tenant: Tenant, link: bytes, evidence: bytes
) -> review.Standing:
    return standings(connection, tenant, {link: evidence})[link]


# What is there ------------------------------------------------------------------------------------


def _case(
    connection: Connection, tenant: Tenant, case: str, person: str | None
) -> practice.CaseRow:
    try:
        found = practice.case(connection, tenant.id, bytes.fromhex(case))
    except ValueError:
        found = None
    if found is None:
        raise NotFound(f"a case {case}")
    if person is not None and uuid.UUID(person).bytes != found.subject:
        raise Refused(
            Problem("case", "The case is another person's; name one of the person's own cases.")
        )
    return found


def _about(
    connection: Connection, tenant: Tenant, filled: Filled
) -> tuple[str, str | None, Programme | None]:
    """Whom a form is about, their completion, and what the programme expects."""
    if filled.case is not None:
        case = _case(connection, tenant, filled.case, filled.person)
        body = practice.programme(connection, tenant.id, case.programme)
        person = str(uuid.UUID(bytes=case.subject))
        completion = json.loads(case.body)["completions"][0]
        return person, completion, _programme(body)
    if filled.person is None or filled.programme is None:
        raise Refused(
            Problem("case", "It names no case; name one, or a person and the programme's IRI.")
        )
    _person(connection, tenant, filled.person)
    digest = names.programme(tenant.id, filled.programme)
    body = practice.programme(connection, tenant.id, digest)
    if body is None:
        raise NotFound(f"a programme {filled.programme}")
    return str(uuid.UUID(filled.person)), None, _programme(body)


def _programme_of(
    connection: Connection, tenant: Tenant, iri: str | None, case: str | None
) -> Programme | None:
    """The programme that is named, else that of the case; None where there is none yet."""
    if iri is not None:
        digest = names.programme(tenant.id, iri)
    elif case is not None:
        digest = _case(connection, tenant, case, None).programme
    else:
        return None
    return _programme(practice.programme(connection, tenant.id, digest))


def _programme(body: bytes | None) -> Programme | None:
    return None if body is None else msgspec.json.decode(body, type=Programme)


def _person(connection: Connection, tenant: Tenant, person: str) -> None:
    try:
        known = practice.known(connection, tenant.id, [uuid.UUID(person).bytes])
    except ValueError:
        known = set()
    if not known:
        raise NotFound(f"a person {person}")


def _whose(connection: Connection, tenant: Tenant, evidence: bytes) -> set[bytes]:
    """Whose work a statement tells of, be it one that no programme asked for."""
    about = practice.subjects_of_statement(connection, tenant.id, evidence)
    if about:
        return about
    rows = practice.logged(connection, tenant.learning.id, [evidence])
    if not rows:
        raise NotFound(f"a statement {uuid.UUID(bytes=evidence)}")
    actors = [
        names.actor(tenant.id, *told)
        for event in workplace.practice_events(parse(rows[0].body), learning.WORKED)
        if (told := ifi(event.actor)) is not None
    ]
    return practice.standing_for(connection, tenant.id, actors)


def _unsound_role(role: str, person: str, by: str | None) -> list[Problem]:
    if role not in records.ROLES:
        return [Problem("role", f"It must be one of {', '.join(records.ROLES)}.")]
    if (role == records.SELF) != (by == person) and by is not None:
        return [
            Problem("role", "Who speaks of their own work has the role self, and nobody else has.")
        ]
    return []


# Statements ---------------------------------------------------------------------------------------


def service(connection: Connection, tenant: Tenant, now: datetime) -> Principal:
    """The service itself as a source of the tenant, made when it first writes."""
    return Principal.of(tenant, accounts.service_source(connection, tenant, now))


def _not_kept(connection: Connection, tenant: Tenant, made: Sequence[Mapping[str, Any]]) -> None:
    """Raise Conflict where something would be done with what of a person is only kept."""
    told = [record for each in made if (record := records.read(each)) is not None]
    about = {person for record in told for person in records.people(record)}
    if about & practice.restricted(connection, tenant.id):
        raise Conflict(
            N_("What is held of this person is kept and not worked with."),
            N_("An admin can lift that restriction on the person's page."),
        )


def _store(
    connection: Connection,
    tenant: Tenant,
    made: Sequence[Mapping[str, Any]],
    now: datetime,
    files: Iterable[Upload] = (),
) -> None:
    _not_kept(connection, tenant, made)
    body = json.dumps(list(made), ensure_ascii=False).encode()
    parts = [_part(each) for each in {_sha2(each): each for each in files}.values()]
    batch = intake.examine(
        body,
        parts,
        version=V1,
        principal=service(connection, tenant, now),
        place=tenant.practice,
        defines=True,
    )
    intake.store(connection, batch)


def _statement(
    statement: str,
    by: str | None,
    verb: str,
    thing: Any,
    record: Record | None,
    now: datetime,
    around: Mapping[str, Sequence[tincan.Activity]],
    *,
    result: Any = None,
    refers: Any = None,
    extensions: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A statement as JSON would have it. `by` None is nobody that is known."""
    told = dict(extensions or {})
    if record is not None:
        told[records.RECORD] = msgspec.to_builtins(record)
    activities = {use: list(found) for use, found in around.items() if found}
    context = tincan.Context(
        **({"extensions": tincan.Extensions(told)} if told else {}),
        **({"context_activities": tincan.ContextActivities(**activities)} if activities else {}),
        **({"statement": refers} if refers is not None else {}),
    )
    made = tincan.Statement(
        id=statement,
        actor=_agent(by),
        verb=tincan.Verb(
            id=verb, display=tincan.LanguageMap({"en": verb.rpartition("/")[2].replace("-", " ")})
        ),
        object=thing,
        timestamp=now,
        **({"context": context} if told or activities or refers is not None else {}),
        **({"result": result} if result is not None else {}),
    )
    tree: dict[str, Any] = json.loads(made.to_json())
    return tree


def _agent(by: str | None) -> Any:
    if by is None:
        home, name = f"{VOCABULARY}anonymous", "anonymous"
    elif by.startswith("user:"):
        home, name = USERS, by.removeprefix("user:")
    else:
        home, name = names.PEOPLE, by
    return tincan.Agent(account=tincan.AgentAccount(home_page=home, name=name))


def _activity(iri: str) -> Any:
    return tincan.Activity(id=iri)


def _attachment(upload: Upload) -> dict[str, Any]:
    told: dict[str, Any] = {
        "usageType": SUPPORTING,
        "display": {"und": upload.name},
        "contentType": upload.content_type,
        "length": len(upload.content),
        "sha2": _sha2(upload),
    }
    if upload.description:
        told["description"] = {"und": upload.description}
    return told


def _part(upload: Upload) -> Part:
    sha2 = _sha2(upload)
    content = io.BytesIO(upload.content)
    return Part(sha2, sha2, upload.content_type, len(upload.content), content, {})


def _sha2(upload: Upload) -> str:
    return hashlib.sha256(upload.content).hexdigest()


def _id(tenant: Tenant, what: str, submission: str | None) -> str:
    """A new id, or that of a submission: the same each time, in the form of a random UUID."""
    if submission is None:
        return str(uuid.uuid4())
    told = f"{tenant.id}\n{what}\n{uuid.UUID(submission)}".encode()
    return str(uuid.UUID(bytes=hashlib.blake2b(told, digest_size=16).digest(), version=4))


def _behaviour(tenant: Tenant, iri: str | None) -> bytes:
    return names.behaviour(tenant.id, iri) if iri else names.ZERO


def _uuid(text: str) -> uuid.UUID:
    return uuid.UUID(text)


def _bytes(text: str) -> bytes:
    return uuid.UUID(text).bytes
