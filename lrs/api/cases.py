"""Cases, links, evidence and answers for machines: what is there, and what people do with it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from flask import request
from marshmallow import Schema
from sqlalchemy import Connection

from lrs import casework, errors, followup
from lrs.api.practice import Call, Resource, Use, submission, tree
from lrs.auth import relations
from lrs.casework import Filled, Upload
from lrs.errors import Problem, Refused
from lrs.practice import files, names, records
from lrs.store import cases as lists
from lrs.store import invitations
from lrs.store.cases import Case, Evidence, Link, Which
from schemas import practice as shapes

_DAY = date(1970, 1, 1)
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)

#: How many files may come with one piece of evidence.
MOST_FILES = 10


def which(call: Call) -> Which:
    """What a list about cases is narrowed to by the query."""
    told = {
        name: call.query[name]
        for name in ("states", "programme", "cohort", "unit", "matched")
        if name in call.query
    }
    return Which(**told)


# Cases ---------------------------------------------------------------------------------------


def list_cases(call: Call) -> Any:
    with call.context.database.read() as connection:
        return lists.cases(
            connection,
            call.tenant.id,
            which(call),
            whose=call.whose_of(connection, call.query.get("person")),
            after=call.place,
            limit=call.query["limit"],
        )


def the_case(call: Call, connection: Connection) -> Case:
    """The case of the path, if the caller may do this with it."""
    named = f"a case {call.parts['case'].hex()}"
    found = lists.case(connection, call.tenant.id, call.parts["case"])
    if found is None:
        raise errors.NotFound(named)
    call.require(connection, found.person, named)
    return found


def get_case(call: Call) -> Any:
    """A case with its outcomes, its links and its timeline, as far as the caller may see these."""
    with call.context.database.read() as connection:
        case = the_case(call, connection)
        links: list[Link] = []
        if may(call, connection, "links/read", case.person):
            links = lists.links_of_case(connection, call.tenant.id, case.id)
            links = shown(call, connection, links)
        answers: list[lists.Answer] = []
        if may_read_answers(call, connection, case):
            answers = lists.answers(connection, call.tenant.id, case.id)
        told: dict[str, Any] = shapes.CaseOut().dump(case)
        outcomes = lists.outcomes(connection, call.tenant.id, case.id)
    return told | {
        "outcomes": shapes.OutcomeOut(many=True).dump(outcomes),
        "links": shapes.LinkOut(many=True).dump(links),
        "timeline": timeline(case, links, answers),
    }


def may(call: Call, connection: Connection, action: str, subject: bytes | None) -> bool:
    """Whether the caller may do something else too with a person's things."""
    try:
        within = call.whose(connection, action)
    except errors.Forbidden:
        return False
    return within is None or subject in within


def may_read_answers(call: Call, connection: Connection, case: Case) -> bool:
    """Whether the caller may see what was answered about a case."""
    viewer = call.viewer
    if viewer is not None:
        return relations.may_read_answers(connection, viewer, case.person)
    return may(call, connection, "answers/read", case.person)


def timeline(case: Case, links: list[Link], answers: list[lists.Answer]) -> list[dict[str, Any]]:
    """What happened in a case, in the order in which it did."""
    found: list[tuple[str, str, dict[str, Any]]] = [
        (_moment(case.completed_at), "completed", {"course": case.course}),
        (_day(case.clock_day), "clock_started", {}),
    ]
    for link in links:
        told = {"link": link.id.hex(), "evidence": link.evidence.hex()}
        found.append((_day(link.performed_day), "performed", told | {"placed": link.placed}))
        found.append((_moment(link.at), "proposed", told | {"weight": link.weight}))
        for move in link.told.get("history", ()):
            found.append((_moment(move["at"]), "moved", told | {"move": move["move"]}))
    for answer in answers:
        told = {"role": answer.role, "form": answer.form, "statement": answer.statement.hex()}
        found.append((_day(answer.day), "answered", told))
    if case.ended_day is not None:
        found.append((_day(case.ended_day), "ended", {"why": case.ended}))
    found.sort(key=lambda each: (each[0], each[1]))
    return [{"at": at, "what": what, "told": told} for at, what, told in found]


def _moment(micros: int) -> str:
    return (_BEGIN + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")


def _day(count: int) -> str:
    return (_DAY + timedelta(days=count)).isoformat()


def end_case(call: Call) -> Any:
    """End the observation of a case, since the duties no longer include what was learned."""

    def write(connection: Connection) -> str:
        case = the_case(call, connection)
        if case.person is None:
            raise errors.Conflict("Nobody knows whose case this is.", "Say who they are first.")
        ending = records.Ending(
            person=uuid_of(case.person),
            case=case.id.hex(),
            why=call.body["why"],
            day=call.body["day"],
            by=call.by(),
            note=call.body.get("note", ""),
        )
        return casework.end(connection, call.tenant, ending, now=call.now)

    return {"statement": call.context.database.write(write)}


# Answers -------------------------------------------------------------------------------------


def list_answers(call: Call) -> Any:
    with call.context.database.read() as connection:
        case = the_case(call, connection)
        if not may_read_answers(call, connection, case):
            raise errors.NotFound(f"answers about the case {case.id.hex()} that are yours to read")
        answers = lists.answers(connection, call.tenant.id, case.id)
    return {"items": shapes.AnswerOut(many=True).dump(answers), "next": None}


def answer(call: Call) -> Any:
    """Keep a filled-in form about a case. The same submission again changes nothing."""
    told = call.body
    named = submission(call)
    if named is None:
        raise Refused(
            Problem(
                "submission", "Name it by a UUID, so that the same form sent twice counts once."
            )
        )

    def write(connection: Connection) -> list[str]:
        case = the_case(call, connection)
        _speaks_as(call, connection, told["role"], case.person)
        filled = Filled(
            form=told["form"],
            role=told["role"],
            observed_on=told["observed_on"],
            submission=named,
            case=case.id.hex(),
            window=told.get("window", ""),
            rater=rater(call, told),
            whole=told.get("whole", {}),
            items=told.get("items", {}),
        )
        return casework.answer(connection, call.tenant, filled, now=call.now)

    return {"statements": call.context.database.write(write)}


#: Whom each role of a rater needs to be towards the person (`relations`), or, of those who are
#: nobody's in particular, which role they must hold.
_STANDS = {
    records.SELF: "own",
    records.SUPERIOR: "staff",
    "peer": "asked",
    "coach": "coached",
    "examiner": "coached",
    "unit_contact": "unit",
}


def _speaks_as(call: Call, connection: Connection, role: str, person: bytes | None) -> None:
    """That somebody who signed in is what they say they are. A key is taken at its word."""
    viewer = call.viewer
    if viewer is None:
        return
    near = call.near(connection, person)
    holds = role in viewer.roles if role not in (records.SELF, "subordinate") else False
    stands = _STANDS.get(role) in near
    needs_both = role in ("coach", "examiner", "unit_contact")
    if not (stands and holds if needs_both else stands if role in _STANDS else holds):
        raise Refused(Problem("role", f"You are not the {role} of this person."))


def rater(call: Call, told: Mapping[str, Any]) -> str | None:
    """Who speaks. A key that names nobody brings an answer without a name."""
    if call.viewer is None and "by" not in told:
        return None
    return call.by(told.get("by"))


# Peers ---------------------------------------------------------------------------------------


def get_peers(call: Call) -> Any:
    """Whom a learner named for a case, and whom of them the unit confirmed."""
    with call.context.database.read() as connection:
        return _peers(call, connection, the_case(call, connection))


def _peers(call: Call, connection: Connection, case: Case) -> dict[str, Any]:
    named, confirmed = (
        followup.peers_of(connection, call.tenant, [case.id], confirmed=word).get(case.id)
        for word in (False, True)
    )
    return {
        "named": called(call, connection, named or ()),
        "confirmed": None if confirmed is None else called(call, connection, confirmed),
    }


def name_peers(call: Call) -> Any:
    """Name colleagues who see a learner's work: the learner does, or a key for them."""
    if not call.reaches() & {"all", "own"}:
        raise errors.Forbidden("of the learner", ())

    def write(connection: Connection) -> dict[str, Any]:
        case = the_case(call, connection)
        if "all" not in call.reaches() and "own" not in call.near(connection, case.person):
            raise errors.NotFound(f"a case {case.id.hex()}")
        people, by = call.body["people"], call.by(call.body.get("by"))
        followup.name_peers(connection, call.tenant, case.id, people, by)
        return _peers(call, connection, case)

    return call.context.database.write(write)


def confirm_peers(call: Call) -> Any:
    """Confirm which of the colleagues named do see the learner's work."""

    def write(connection: Connection) -> dict[str, Any]:
        case = the_case(call, connection)
        people, by = call.body["people"], call.by(call.body.get("by"))
        followup.confirm_peers(connection, call.tenant, case.id, people, by)
        return _peers(call, connection, case)

    return call.context.database.write(write)


def called(call: Call, connection: Connection, people: Sequence[bytes]) -> list[dict[str, str]]:
    """People by id and name."""
    known = invitations.facts(connection, call.tenant.id, people)
    return [
        {"id": uuid_of(each), "name": str(known.get(each, {}).get("name") or "?")}
        for each in people
    ]


# Links ---------------------------------------------------------------------------------------


def shown(call: Call, connection: Connection, links: Sequence[Link]) -> list[Link]:
    """Links as the caller may see them."""
    viewer = call.viewer
    return list(links) if viewer is None else relations.as_told(connection, viewer, links)


def list_links(call: Call) -> Any:
    """Links, by default the review queue: what waits the longest comes first."""
    with call.context.database.read() as connection:
        page = lists.links(
            connection,
            call.tenant.id,
            which(call),
            evidence=call.query.get("evidence"),
            whose=call.whose_of(connection, call.query.get("person")),
            after=call.place,
            limit=call.query["limit"],
        )
        return replace(page, rows=tuple(shown(call, connection, page.rows)))


def links_of_case(call: Call) -> Any:
    with call.context.database.read() as connection:
        case = the_case(call, connection)
        links = lists.links_of_case(connection, call.tenant.id, case.id)
        links = shown(call, connection, links)
    return {"items": shapes.LinkOut(many=True).dump(links), "next": None}


def the_link(call: Call, connection: Connection, link: bytes) -> Link:
    found = lists.link(connection, call.tenant.id, link)
    if found is None:
        raise errors.NotFound(f"a link {link.hex()}")
    call.require(connection, found.person, f"a link {link.hex()}")
    return found


def get_link(call: Call) -> Any:
    with call.context.database.read() as connection:
        [link] = shown(call, connection, [the_link(call, connection, call.parts["link"])])
        return link


def propose(call: Call) -> Any:
    """Link a case and a piece of evidence by hand."""
    told = call.body

    def write(connection: Connection) -> str:
        found = lists.case(connection, call.tenant.id, told["case"])
        if found is None:
            raise errors.NotFound(f"a case {told['case'].hex()}")
        call.require(connection, found.person, f"a case {told['case'].hex()}")
        return casework.propose(
            connection,
            call.tenant,
            case=told["case"],
            evidence=told["evidence"],
            behaviour=told.get("behaviour"),
            by=call.by(told.get("by")),
            reason=told["reason"],
            now=call.now,
        )

    statement = call.context.database.write(write)
    behaviour = told.get("behaviour")
    digest = names.behaviour(call.tenant.id, behaviour) if behaviour else names.ZERO
    link = names.link(told["case"], told["evidence"], digest)
    return {"statement": statement, "link": link.hex()}


def decide(call: Call) -> Any:
    """Move a link: take, release, accept, return, reject and so on."""
    return {"statement": _move(call, call.parts["link"])}


def decide_many(call: Call) -> Any:
    """The same move for several links; each is moved, or said why not, by itself."""
    moved = []
    for link in dict.fromkeys(call.body["links"]):
        told: dict[str, Any] = {"link": link.hex(), "statement": None, "error": None}
        try:
            told["statement"] = _move(call, link)
        except errors.Busy:
            raise
        except errors.JejakError as error:
            told["error"] = str(error)
        moved.append(told)
    return {"moved": moved}


def _move(call: Call, link: bytes) -> str:
    told = call.body

    def write(connection: Connection) -> str:
        the_link(call, connection, link)
        return casework.decide(
            connection,
            call.tenant,
            link=link,
            move=told["move"],
            by=call.by(told.get("by")),
            now=call.now,
            reason=told.get("reason", ""),
            rests_on=told.get("rests_on", ""),
            tier=told.get("tier"),
            confidence=told.get("confidence"),
            second=told.get("second", False),
        )

    return call.context.database.write(write)


# Evidence ------------------------------------------------------------------------------------


def list_evidence(call: Call) -> Any:
    with call.context.database.read() as connection:
        return lists.evidence(
            connection,
            call.tenant.id,
            kinds=call.query["kinds"],
            whose=call.whose_of(connection, call.query.get("person")),
            after=call.place,
            limit=call.query["limit"],
        )


def the_evidence(call: Call, connection: Connection, statement: bytes) -> list[Evidence]:
    """What a statement says of the work of those with whose things the caller may do this."""
    every = lists.evidence_of(connection, call.tenant.id, statement)
    found = []
    for each in every:
        within = call.whose_of(connection, each.person)
        if within is None or each.person in within:
            found.append(each)
    if not found:
        raise errors.NotFound(f"evidence {statement.hex()}")
    return found


def get_evidence(call: Call) -> Any:
    """A piece of evidence, with the record of what was handed in, where the service wrote it."""
    statement = call.parts["statement"]
    with call.context.database.read() as connection:
        found = the_evidence(call, connection, statement)
        record = lists.record(connection, call.tenant.id, statement)
    told: dict[str, Any] = shapes.EvidenceOut().dump(found[0])
    return told | {"record": None if record is None else msgspec.to_builtins(record)}


def hand_in(call: Call) -> Any:
    """Hand in a piece of evidence: JSON, or a form with the JSON in its part `evidence` and files
    in parts `file`."""
    files_ = uploads(call, shapes.EvidenceBody) if not call.body else []
    told = call.body

    def write(connection: Connection) -> str:
        call.require(connection, told["person"], f"a person {uuid_of(told['person'])}")
        _speaks_as(call, connection, told["role"], told["person"])
        evidence = records.Evidence(
            person=uuid_of(told["person"]),
            of=told["of"],
            by=call.by(told.get("by")),
            role=told["role"],
            performed_on=told["performed_on"],
            title=told["title"],
            text=told.get("text", ""),
            programme=told.get("programme"),
            case=told["case"].hex() if "case" in told else None,
            behaviours=tuple(told.get("behaviours", ())),
            rating=told.get("rating"),
        )
        return casework.hand_in(
            connection,
            call.tenant,
            evidence,
            now=call.now,
            files=files_,
            submission=submission(call),
        )

    return {"statement": call.context.database.write(write)}


def uploads(call: Call, body: type[Schema], most_files: int = MOST_FILES) -> list[Upload]:
    """The files of a form; its part that the use names becomes the body."""
    limits = call.context.settings
    announced = request.content_length
    most = limits.evidence_limit * most_files + limits.body_limit
    if announced is None or announced > most:
        raise errors.TooLarge("The form", most, "JEJAK_EVIDENCE_LIMIT")
    raw = request.form.get(call.use.part)
    if raw is None:
        missing = "The form has no part of this name; put the JSON there."
        raise Refused(Problem(call.use.part, missing))
    call.body = shapes.load(body(), tree(raw.encode()))
    wrong = sorted(set(request.files) - {"file"})
    if wrong:
        raise Refused(Problem(wrong[0], "Files come in parts called `file`."))
    given = request.files.getlist("file")
    if len(given) > most_files:
        raise Refused(Problem("file", f"At most {most_files} files are taken at once."))
    allowed = frozenset(limits.evidence_types.split()) or frozenset(files.TYPES)
    taken, problems = [], []
    for each in given:
        name, content = files.clean_name(each.filename or ""), each.read()
        said = each.content_type or ""
        refused = files.check(name, said, content, limit=limits.evidence_limit, allowed=allowed)
        if refused is not None:
            problems.append(refused)
        else:
            taken.append(Upload(name, files.kind(content, name) or said, content))
    if problems:
        raise Refused(problems)
    return taken


def take_back(call: Call) -> Any:
    """Void evidence that was handed in."""

    def write(connection: Connection) -> str:
        statement = call.parts["statement"]
        held = casework.handed_in(connection, call.tenant, statement)
        call.require(connection, person_of(held.person), f"evidence {statement.hex()}")
        viewer = call.viewer
        return casework.take_back_evidence(
            connection,
            call.tenant,
            statement=statement,
            by=call.by(call.body.get("by")),
            why=call.body["why"],
            now=call.now,
            others=viewer is None or "admin" in viewer.roles,
        )

    return {"statement": call.context.database.write(write)}


def meet(call: Call) -> Any:
    """Keep the note of a meeting at which the practice of several people was looked at."""
    told = call.body

    def write(connection: Connection) -> str:
        for person in told["people"]:
            call.require(connection, person, f"a person {uuid_of(person)}")
            _speaks_as(call, connection, told["role"], person)
        meeting = records.Meeting(
            people=tuple(uuid_of(each) for each in told["people"]),
            copied=tuple(uuid_of(each) for each in told.get("copied", ())),
            by=call.by(told.get("by")),
            role=told["role"],
            held_on=told["held_on"],
            text=told["text"],
            title=told.get("title", ""),
            programme=told.get("programme"),
            behaviours=tuple(told.get("behaviours", ())),
        )
        return casework.meet(connection, call.tenant, meeting, now=call.now)

    return {"statement": call.context.database.write(write)}


def take_back_answer(call: Call) -> Any:
    """Void an answer: by the rater who disowns it, or by the training admin."""

    def write(connection: Connection) -> str:
        statement = call.parts["statement"]
        held = lists.record(connection, call.tenant.id, statement)
        named = f"an answer {statement.hex()}"
        if not isinstance(held, records.Answer):
            raise errors.NotFound(named)
        viewer = call.viewer
        if viewer is not None and "admin" not in viewer.roles and held.rater != call.by():
            raise errors.NotFound(named)
        by = call.by(call.body.get("by"))
        return followup.disown_answer(
            connection, call.tenant, statement, by=by, why=call.body["why"], now=call.now
        )

    return {"statement": call.context.database.write(write)}


def uuid_of(person: bytes) -> str:
    """A person as records name them."""
    return str(shapes.PersonId().serialize("id", {"id": person}))


def person_of(text: str) -> bytes:
    return bytes.fromhex(text.replace("-", ""))


RESOURCES = (
    Resource(
        "/cases",
        {
            "GET": Use(
                list_cases,
                "cases/read",
                "Cases, the last completed first.",
                query=shapes.CasesQuery,
                answers=shapes.CaseOut,
                paged=True,
            )
        },
    ),
    Resource(
        "/cases/<case>",
        {
            "GET": Use(
                get_case,
                "cases/read",
                "A case with outcomes, links and timeline.",
                answers=shapes.WholeCaseOut,
            )
        },
    ),
    Resource(
        "/cases/<case>/peers",
        {
            "GET": Use(
                get_peers,
                "people/write",
                "Whom the learner named, and whom of them the unit confirmed.",
                answers=shapes.PeersOut,
            ),
            "PUT": Use(
                name_peers,
                "evidence/write",
                "Name colleagues who see the learner's work.",
                body=shapes.PeersBody,
                answers=shapes.PeersOut,
            ),
        },
    ),
    Resource(
        "/cases/<case>/peers/confirm",
        {
            "POST": Use(
                confirm_peers,
                "people/write",
                "Confirm which of the colleagues named see the learner's work.",
                body=shapes.ConfirmPeersBody,
                answers=shapes.PeersOut,
            )
        },
    ),
    Resource(
        "/cases/<case>/links",
        {
            "GET": Use(
                links_of_case,
                "links/read",
                "The links of a case.",
                answers=shapes.LinkOut,
                paged=True,
            )
        },
    ),
    Resource(
        "/cases/<case>/answers",
        {
            "GET": Use(
                list_answers,
                "answers/read",
                "What was answered about a case; never told to whom it is about.",
                answers=shapes.AnswerOut,
                paged=True,
            ),
            "POST": Use(
                answer,
                "answers/write",
                "Submit a filled-in form about a case.",
                body=shapes.AnswerBody,
                answers=shapes.StatementsOut,
                status=201,
            ),
        },
    ),
    Resource(
        "/cases/<case>/ending",
        {
            "POST": Use(
                end_case,
                "verdicts/write",
                "End the observation of a case, since the duties no longer include it.",
                body=shapes.EndingBody,
                answers=shapes.StatementOut,
                status=201,
            )
        },
    ),
    Resource(
        "/links",
        {
            "GET": Use(
                list_links,
                "links/read",
                "Links; by default the review queue, the longest waiting first.",
                query=shapes.LinksQuery,
                answers=shapes.LinkOut,
                paged=True,
            ),
            "POST": Use(
                propose,
                "verdicts/write",
                "Link a case and a piece of evidence by hand.",
                body=shapes.ProposeBody,
                answers=shapes.StatementOut,
                status=201,
            ),
        },
    ),
    Resource(
        "/links/verdicts",
        {
            "POST": Use(
                decide_many,
                "verdicts/write",
                "The same move for several plain links.",
                body=shapes.VerdictsBody,
                answers=shapes.MovesOut,
            )
        },
    ),
    Resource(
        "/links/<link>",
        {"GET": Use(get_link, "links/read", "A link.", answers=shapes.LinkOut)},
    ),
    Resource(
        "/links/<link>/verdicts",
        {
            "POST": Use(
                decide,
                "verdicts/write",
                "Move a link: take, release, accept, return, reject, not_seen, withdraw, submit.",
                body=shapes.VerdictBody,
                answers=shapes.StatementOut,
                status=201,
            )
        },
    ),
    Resource(
        "/evidence",
        {
            "GET": Use(
                list_evidence,
                "evidence/read",
                "Evidence of work, what came last first.",
                query=shapes.EvidenceQuery,
                answers=shapes.EvidenceOut,
                paged=True,
            ),
            "POST": Use(
                hand_in,
                "evidence/write",
                "Hand in a piece of evidence, with files as multipart/form-data.",
                body=shapes.EvidenceBody,
                answers=shapes.StatementOut,
                files=True,
                status=201,
            ),
        },
    ),
    Resource(
        "/evidence/<statement>",
        {
            "GET": Use(
                get_evidence, "evidence/read", "A piece of evidence.", answers=shapes.EvidenceOut
            )
        },
    ),
    Resource(
        "/evidence/<statement>/take-back",
        {
            "POST": Use(
                take_back,
                "evidence/write",
                "Take back evidence that was handed in.",
                body=shapes.WhyBody,
                answers=shapes.StatementOut,
                status=201,
            )
        },
    ),
    Resource(
        "/answers/<statement>/take-back",
        {
            "POST": Use(
                take_back_answer,
                "answers/write",
                "Take back an answer: who gave it disowns it, or the training admin does. What was"
                " answered at once with it on a signed page goes too, and can be asked anew.",
                body=shapes.WhyBody,
                answers=shapes.StatementOut,
                status=201,
            )
        },
    ),
    Resource(
        "/meetings",
        {
            "POST": Use(
                meet,
                "evidence/write",
                "Keep the note of a meeting at which several people's practice was looked at.",
                body=shapes.MeetingBody,
                answers=shapes.StatementOut,
                status=201,
            )
        },
    ),
)
