"""What the API of the practice side takes in and gives out, and the sentence when it may not be so.

Fields are strict both ways: an id is its hexadecimal digits, a person their UUID, a day and a
moment ISO 8601. The schemas of what is given out are read off the shapes of `lrs/store/cases.py`,
and are what the OpenAPI document says (`lrs/api/openapi.py`).
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from lrs.errors import Problem, Refused
from lrs.practice import records, review
from lrs.practice.followup import NAMED

_EPOCH = date(1970, 1, 1)
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 4000

_SAID: dict[str, Any] = {
    "required": "This is missing.",
    "null": "This is empty; leave it out or fill it in.",
}


# Fields --------------------------------------------------------------------------------------


class Id(fields.String):
    """The id of a case, link, statement, unit or programme: 32 hexadecimal digits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(error_messages=_SAID, **_told("32 hexadecimal digits", options))

    def _serialize(self, value: Any, *_: Any, **__: Any) -> str | None:
        return value.hex() if isinstance(value, bytes) else value

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(
            r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", value
        ):
            raise ValidationError("This must be an id: 32 hexadecimal digits in small letters.")
        return bytes.fromhex(value.replace("-", ""))


class PersonId(fields.String):
    """A person of the register, by UUID."""

    def __init__(self, **options: Any) -> None:
        super().__init__(error_messages=_SAID, **_told("UUID of a person", options))

    def _serialize(self, value: Any, *_: Any, **__: Any) -> str | None:
        return None if value is None else str(uuid.UUID(bytes=value))

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        try:
            found = uuid.UUID(value if isinstance(value, str) else "")
        except ValueError:
            found = None
        if found is None or str(found) != str(value).lower():
            raise ValidationError("This must be the UUID of a person of the register.")
        return found.bytes


class Day(fields.String):
    """A day, such as 2026-01-31; days since 1970 within."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            error_messages=_SAID, **_told("day, as 2026-01-31", options, format="date")
        )

    def _serialize(self, value: Any, *_: Any, **__: Any) -> str | None:
        if value is None:
            return None
        return (value if isinstance(value, date) else _EPOCH + timedelta(days=value)).isoformat()

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise ValidationError("This must be a day, such as 2026-01-31.")


class Moment(fields.String):
    """A moment in UTC; microseconds since 1970 within."""

    def __init__(self, **options: Any) -> None:
        super().__init__(error_messages=_SAID, **_told("moment, UTC", options, format="date-time"))

    def _serialize(self, value: Any, *_: Any, **__: Any) -> str | None:
        if value is None:
            return None
        return (_BEGIN + timedelta(microseconds=value)).isoformat().replace("+00:00", "Z")


class Text(fields.String):
    """Text without control characters but line feeds."""

    def __init__(self, most: int = 500, *, least: int = 0, **options: Any) -> None:
        self.least, self.most = least, most
        super().__init__(
            error_messages={**_SAID, "invalid": "This must be text."},
            validate=validate.Length(
                least, most, error=f"This must have {least} to {most} characters."
            ),
            **options,
        )

    def _deserialize(self, value: Any, *rest: Any, **named: Any) -> str:
        text: str = super()._deserialize(value, *rest, **named)
        if any(
            (ord(each) < 32 and each not in "\n\r\t") or 0xD800 <= ord(each) < 0xE000
            for each in text
        ):
            raise ValidationError("This must be text without control characters.")
        return text


class Word(fields.String):
    """One of some words."""

    def __init__(self, *words: str, **options: Any) -> None:
        super().__init__(
            error_messages={**_SAID, "invalid": "This must be text."},
            validate=validate.OneOf(words, error=f"This must be one of {', '.join(words)}."),
            **options,
        )


class Words(fields.String):
    """Some of some words, separated by commas, as one parameter of a query."""

    def __init__(self, *words: str, **options: Any) -> None:
        self.words = words
        super().__init__(
            error_messages=_SAID,
            **_told(f"of {', '.join(words)}, separated by commas", options),
        )

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        found = value.split(",") if isinstance(value, str) else [None]
        if not set(found) <= set(self.words):
            raise ValidationError(
                f"This must be some of {', '.join(self.words)}, separated by commas."
            )
        return tuple(dict.fromkeys(found))


class Whole(fields.Integer):
    """A whole number; in a query, its digits."""

    def __init__(self, least: int, most: int, **options: Any) -> None:
        said = f"This must be a whole number from {least} to {most}."
        super().__init__(
            error_messages={**_SAID, "invalid": said, "too_large": said},
            validate=validate.Range(least, most, error=said),
            **options,
        )

    def _deserialize(self, value: Any, *rest: Any, **named: Any) -> Any:
        digits = isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value)
        if not digits and (not isinstance(value, int) or isinstance(value, bool)):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *rest, **named)


class Number(fields.Float):
    """A number within bounds."""

    def __init__(self, least: float, most: float, **options: Any) -> None:
        said = f"This must be a number from {least:g} to {most:g}."
        super().__init__(
            error_messages={**_SAID, "invalid": said, "special": said, "too_large": said},
            validate=validate.Range(least, most, error=said),
            **options,
        )

    def _deserialize(self, value: Any, *rest: Any, **named: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *rest, **named)


class Truth(fields.Boolean):
    """true or false; in a query, the same words."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            error_messages={**_SAID, "invalid": "This must be true or false."}, **options
        )

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if value in ("true", "false") and isinstance(value, str):
            return value == "true"
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class ListOf(fields.List):  # type: ignore[type-arg]
    """A list of so many at most."""

    def __init__(self, inner: Any, most: int = 1000, least: int = 0, **options: Any) -> None:
        super().__init__(
            inner,
            error_messages={**_SAID, "invalid": "This must be a list."},
            validate=validate.Length(
                least, most, error=f"This must be a list of {least} to {most}."
            ),
            **options,
        )


def _told(description: str, options: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The options of a field with what OpenAPI says of it."""
    metadata = {"description": description, **more, **options.pop("metadata", {})}
    return {**options, "metadata": metadata}


# Reading in ----------------------------------------------------------------------------------


def load(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    """The checked values. Refused: all that is wrong, each with its place and how to mend it."""
    try:
        loaded: dict[str, Any] = schema.load(given, unknown=RAISE)
    except ValidationError as error:
        raise Refused(list(_problems(error.messages, "", schema))) from None
    return loaded


def _problems(messages: Any, path: str, schema: Schema | None) -> Iterator[Problem]:
    if isinstance(messages, Mapping):
        for key, said in messages.items():
            step = f"[{key}]" if isinstance(key, int) else "" if key == "_schema" else f".{key}"
            if said == ["Unknown field."]:
                known = [] if schema is None else list(schema.fields)
                near = get_close_matches(str(key), known, 1)
                hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}."
                said = [
                    f"There is no such member here; {hint}" if known else "There is no such member."
                ]
            yield from _problems(said, (path + step).removeprefix("."), None)
    else:
        for said in messages:
            told = "This must be an object." if said == "Invalid input type." else str(said)
            yield Problem(path, told)


# What is asked for ---------------------------------------------------------------------------

#: Rows in an answer at most, and unless asked otherwise.
MOST, USUAL = 200, 50


class PageQuery(Schema):
    """Where a list goes on: `after` is from the `next` of the page before, and alone."""

    limit = Whole(1, MOST, load_default=USUAL)
    after = Text(4000)


class OfCaseQuery(PageQuery):
    programme = Id()
    cohort = Text(200)
    unit = Id()
    person = PersonId()


class CasesQuery(OfCaseQuery):
    states = Words("open", "undone", "voided", load_default=())
    matched = Truth()


class LinksQuery(OfCaseQuery):
    states = Words(*review.STATES, load_default=(review.SUBMITTED, review.IN_REVIEW))
    evidence = Id()


#: As in `lrs/store/cases.py`: what adapters say, and what was handed in to the service.
KINDS = (
    *("planned", "worked", "observed", "rated", "reflected", "checked_in", "handed_in"),
    *("evidence", "meeting"),
)


class EvidenceQuery(PageQuery):
    kinds = Words(*KINDS, load_default=KINDS)
    person = PersonId()


class ParticipationQuery(OfCaseQuery):
    """`completed`: only who completed the course, or (false) who did not."""

    completed = Truth()


class PeopleQuery(PageQuery):
    unit = Id()
    on = Day()


class SearchBody(PageQuery):
    """Whom to look for: a part of the name, or a NIP or NI PPPK. In the body, since an address
    must hold nothing of a person."""

    words = Text(200, least=1)
    number = Text(40, least=1)


class IdentitiesQuery(PageQuery):
    known = Truth()
    person = PersonId()


class DryRunQuery(Schema):
    dry_run = Truth(load_default=False)


class HoursQuery(Schema):
    year = Whole(1990, 2200)
    kind = Word("nip", "ni_pppk", load_default="nip")


class EvidenceImportQuery(DryRunQuery):
    programme = Text(500)
    kind = Word(*records.EVIDENCE, load_default="artefact")
    scale = Whole(1, 100, load_default=4)


class InvitationsQuery(OfCaseQuery):
    states = Words(
        *("due", "sent", "undeliverable", "vacant", "answered", "skipped", "disowned"),
        load_default=(),
    )
    case = Id()
    round = Id()


class NothingQuery(Schema):
    """A list that comes whole."""


class DeliveriesQuery(PageQuery):
    states = Words("waiting", "delivered", "given_up", load_default=())
    webhook = Id()


class FigureQuery(Schema):
    by = Word("programme", "cohort", "unit", "behaviour", "tier", "window", "period")
    as_of = Day()
    programme = Text(500)
    cohort = Text(200)
    unit = Text(500)
    behaviour = Text(500)
    tier = Word("7a", "7b")
    window = Text(40)
    since = Day()
    until = Day()
    horizon = Whole(0, 3650)
    published = Truth(load_default=False)
    format = Word("json", "csv", load_default="json")


class PeopleImportQuery(DryRunQuery):
    """`erased_too`: people who were erased are taken in anew; else their rows are left out."""

    erased_too = Truth(load_default=False)


class ImportQuery(PeopleImportQuery):
    """What is meant by rows that do not say it themselves. `add_people`: who is not in the register
    is entered there first."""

    on = Day()
    programme = Text(500)
    course = Text(500)
    cohort = Text(200)
    lms = Text(500)
    add_people = Truth(load_default=False)


class ReconcileQuery(Schema):
    lms = Text(500)
    course = Text(500)
    enter = Truth(load_default=False)


# What is handed in ---------------------------------------------------------------------------


class EvidenceBody(Schema):
    """A piece of evidence. `by` (a person) only where a key hands in for somebody."""

    person = PersonId(required=True)
    of = Word(*records.EVIDENCE, required=True)
    role = Word(*records.ROLES, required=True)
    by = PersonId()
    performed_on = Day(required=True)
    title = Text(500, least=1, required=True)
    text = Text(20_000)
    programme = Text(500)
    case = Id()
    behaviours = ListOf(Text(500, least=1), most=50)
    rating = Number(0, 1)
    submission = fields.UUID(error_messages={"invalid_uuid": "This must be a UUID."})


class AnswerBody(Schema):
    """A filled-in form: `whole` are its fields, `items` those on each behaviour, by IRI."""

    form = Word(*"ABCDEFGHIJ", required=True)
    role = Word(*records.ROLES, required=True)
    by = PersonId()
    observed_on = Day(required=True)
    window = Text(40)
    whole = fields.Dict(keys=fields.String())
    items = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String()))
    submission = fields.UUID(error_messages={"invalid_uuid": "This must be a UUID."})


class ProposeBody(Schema):
    case = Id(required=True)
    evidence = Id(required=True)
    behaviour = Text(500)
    reason = Text(_LONGEST, least=1, required=True)
    by = PersonId()


class VerdictBody(Schema):
    """A move of a link. `by` (a person) only where a key decides for somebody."""

    move = Word(*review.MOVES, required=True)
    reason = Text(_LONGEST)
    rests_on = Text(_LONGEST)
    tier = Word("7a", "7b")
    confidence = Number(-1, 1)
    second = Truth()
    by = PersonId()


class VerdictsBody(VerdictBody):
    """The same move for plain cases: each link is decided, or said why not, by itself."""

    links = ListOf(Id(), most=100, least=1, required=True)


class WhyBody(Schema):
    why = Text(_LONGEST, least=1, required=True)
    by = PersonId()


class EndingBody(Schema):
    why = Word(*records.ENDINGS, required=True)
    day = Day(required=True)
    note = Text(2000)


class AssignmentBody(Schema):
    """That a person is a learner's coach or examiner."""

    person = PersonId(required=True)
    role = Word("coach", "examiner", required=True)
    first = Day()
    last = Day()


class RequestBody(Schema):
    """What somebody asks of their data: `copy`, `rectification`, `restriction` or `erasure`, on
    whose word. The `note` goes with an erasure."""

    kind = Word("copy", "rectification", "restriction", "erasure", required=True)
    asked_by = Word("person", "representative", "agency", required=True)
    note = Text(_LONGEST)


class RequestSettledBody(Schema):
    """What became of a request. `refused` needs a reason."""

    request = PersonId(required=True)
    state = Word("done", "refused", required=True)
    reason = Text(_LONGEST)


class RestrictionBody(Schema):
    """That what is held of a person is only kept from now on, or (`lifted`) is used again."""

    why = Text(_LONGEST, least=1, required=True)
    lifted = fields.Boolean(load_default=False)


class RectificationBody(Schema):
    """What is to be put right of a person; what is left out stays. A post counts from the day
    `since`, else takes the place of the one that stands."""

    name = Text(300, least=1)
    mail = Text(200)
    phone = Text(60)
    number = Text(40)
    unit = Text(500)
    title = Text(200)
    superior = PersonId(allow_none=True)
    since = Day()


class ErasureBody(Schema):
    """To erase a person for good. `confirmed` is their name, typed once more; the `reason` stays on
    the receipt and names nobody; `request` is the one that this answers."""

    reason = Text(_LONGEST, least=1, required=True)
    asked_by = Word("person", "representative", "agency", required=True)
    confirmed = Text(300, least=1, required=True)
    request = PersonId()


class MeetingBody(Schema):
    """A routine meeting or mentoring session at which the practice of several was looked at (form
    J); `copied` are those of them whom colleagues imitate."""

    people = ListOf(PersonId(), most=200, least=1, required=True)
    copied = ListOf(PersonId(), most=200)
    role = Word(*records.ROLES, required=True)
    held_on = Day(required=True)
    title = Text(500)
    text = Text(20_000, least=1, required=True)
    programme = Text(500)
    behaviours = ListOf(Text(500, least=1), most=50)
    by = PersonId()


class ConfirmBody(Schema):
    """Which proposed programmes are to be: by number or title; `base` begins the IRIs of new ones,
    `pack` is what they are made of, where not the suggested one."""

    programmes = ListOf(Text(500, least=1), most=200, least=1, required=True)
    base = Text(400, least=8, required=True)
    pack = Text(40)


class IdentifierBody(Schema):
    kind = Word("mbox", "mbox_sha1sum", "openid", "account", "nip", "ni_pppk", required=True)
    text = Text(2000, least=1, required=True)


class DecisionBody(Schema):
    """Who is who. `confirm` and `refuse` name an identifier; `merge` the person `into` whom, and
    `distinct` whom (`into`) the person is not, however alike."""

    decision = Word("confirm", "refuse", "merge", "part", "distinct", required=True)
    person = PersonId(required=True)
    identifier = fields.Nested(IdentifierBody)
    into = PersonId()


class UnitBody(Schema):
    """A unit's contact and default superior; null takes one away."""

    path = Text(500, least=1, required=True)
    contact = PersonId(allow_none=True)
    superior = PersonId(allow_none=True)


class FollowBody(Schema):
    programme = Text(500, least=1, required=True)
    cohort = Text(200)
    follow = Truth(load_default=True)


class TeamBody(Schema):
    """Who evaluates; nobody: a programme has no team of its own any more."""

    people = ListOf(PersonId(), most=200, required=True)


class HandOverBody(Schema):
    """By which way a round is handed over, other than mail."""

    channel = Word("whatsapp", "paper", "list", required=True)


class PeersBody(Schema):
    """Colleagues whom a learner names, who see their work."""

    people = ListOf(PersonId(), most=NAMED, least=1, required=True)
    by = PersonId()


class ConfirmPeersBody(Schema):
    """Those of the colleagues named who do see the learner's work; perhaps none."""

    people = ListOf(PersonId(), most=NAMED, required=True)
    by = PersonId()


class ConfirmReportBody(Schema):
    """What a human says of a report, before what was read of it. `mentor_is_superior`: the register
    is told that who signed as mentor is the superior; `add_mentor`: they are entered there as
    read, where nobody has their number; `erased_too`: also where they were erased."""

    person = PersonId()
    mentor = PersonId()
    mentor_is_superior = Truth(load_default=False)
    add_mentor = Truth(load_default=False)
    erased_too = Truth(load_default=False)
    done_on = Day()
    title = Text(500, least=1)
    text = Text(20_000)
    programme = Text(500)
    of = Word("project", "plan")


class SubmissionsQuery(PageQuery):
    """`since`: what was handed in from that day on; else of the last 180 days."""

    since = Day()
    states = Words(
        *("proposed", "unknown", "accepted", "dismissed"), load_default=("proposed", "unknown")
    )


class SubmissionsBody(Schema):
    """What becomes of submissions: evidence, none, or again a proposal. Each by itself."""

    decision = Word("confirm", "dismiss", "resume", required=True)
    statements = ListOf(Id(), most=100, least=1, required=True)


class FilledBody(Schema):
    """One form of a sheet of paper: `whole` are its fields, `items` those on each behaviour."""

    form = Word(*"ABCDEFGHIJ", required=True)
    whole = fields.Dict(keys=fields.String())
    items = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String()))


class PaperBody(Schema):
    """What a row of a sheet of paper says. `code` as printed beside the name: the first ten digits
    of the invitation's id. `somebody_else` named themselves in the place of who was asked."""

    code = Text(32, least=10, required=True)
    observed_on = Day()
    somebody_else = Text(200)
    forms = ListOf(fields.Nested(FilledBody), most=10, least=1, required=True)
    submission = fields.UUID(error_messages={"invalid_uuid": "This must be a UUID."})


class ProgrammesBody(Schema):
    """Programmes, as in the YAML of `jejak programmes apply`."""

    programmes = ListOf(fields.Dict(keys=fields.String()), most=500, required=True)


class ProgrammeBody(Schema):
    programme = fields.Dict(keys=fields.String(), required=True)


class WebhookBody(Schema):
    url = Text(1000, least=8, required=True)
    events = ListOf(Word("case.opened", "evidence.handed_in", "verdict.given"), most=3, least=1)
    label = Text(200)


# What is given out ---------------------------------------------------------------------------


class NamedOut(Schema):
    id = Id()
    iri = fields.String()
    title = fields.String()


class OutcomeOut(Schema):
    behaviour = fields.Nested(NamedOut, allow_none=True)
    applied_day = Day(allow_none=True)
    applied_tier = fields.String(allow_none=True)
    lasting_day = Day(allow_none=True)
    known_not_day = Day(allow_none=True)
    contact_day = Day(allow_none=True)
    superior_confirmed_day = Day(allow_none=True)


class CaseOut(Schema):
    id = Id()
    person = PersonId(allow_none=True)
    name = fields.String(allow_none=True)
    programme = fields.Nested(NamedOut, allow_none=True)
    cohort = fields.String(allow_none=True)
    course = fields.String()
    title = fields.String(allow_none=True)
    state = fields.String()
    completed_at = Moment()
    completed_day = Day(allow_none=True)
    clock_day = Day()
    unit = Id(allow_none=True)
    unit_path = fields.String(allow_none=True)
    ended = fields.String(allow_none=True)
    ended_day = Day(allow_none=True)
    completions = fields.List(fields.String())
    outcome = fields.Nested(OutcomeOut, allow_none=True)


class LinkOut(Schema):
    id = Id()
    case = Id()
    person = PersonId()
    name = fields.String(allow_none=True)
    evidence = Id()
    behaviour = fields.Nested(NamedOut, allow_none=True)
    state = fields.String()
    placed = fields.String()
    performed_day = Day()
    weight = fields.Integer()
    self_said = fields.Boolean()
    at = Moment()
    decided_at = Moment(allow_none=True)
    programme = fields.Nested(NamedOut, allow_none=True)
    cohort = fields.String(allow_none=True)
    unit = Id(allow_none=True)
    unit_path = fields.String(allow_none=True)
    told = fields.Dict()


class MomentOut(Schema):
    """One thing that happened in a case; `what` says which sort."""

    at = fields.String()
    what = fields.String()
    told = fields.Dict()


class WholeCaseOut(CaseOut):
    outcomes = fields.List(fields.Nested(OutcomeOut))
    links = fields.List(fields.Nested(LinkOut))
    timeline = fields.List(fields.Nested(MomentOut))


class EvidenceOut(Schema):
    statement = Id()
    kind = fields.String()
    person = PersonId(allow_none=True)
    name = fields.String(allow_none=True)
    at = Moment()
    own = fields.Boolean()
    of = fields.String(allow_none=True, attribute="record.of")
    title = fields.String(allow_none=True, attribute="record.title")
    role = fields.String(allow_none=True, attribute="record.role")
    performed_on = Day(allow_none=True, attribute="event.performed_on")
    verb = fields.String(attribute="event.verb")
    text = fields.String(attribute="event.text")
    rating = fields.Float(allow_none=True, attribute="event.rating")
    attachments = fields.Integer(attribute="event.attachments")


class AnswerOut(Schema):
    statement = Id()
    case = Id()
    form = fields.String()
    behaviour = fields.Nested(NamedOut, allow_none=True)
    role = fields.String()
    rater = PersonId(allow_none=True)
    rater_name = fields.String(allow_none=True)
    window = fields.String()
    day = Day()
    observed = fields.Boolean()
    value = fields.Integer(allow_none=True)
    recalled = fields.Integer(allow_none=True)
    frequency = fields.String(allow_none=True)
    barriers = fields.List(fields.String())
    flagged = fields.Boolean()
    fields_ = fields.Dict(data_key="fields", attribute="fields")


class AttendanceOut(Schema):
    person = PersonId(allow_none=True)
    name = fields.String(allow_none=True)
    course = Id()
    programme = fields.Nested(NamedOut, allow_none=True)
    cohort = fields.String(allow_none=True)
    unit = Id(allow_none=True)
    unit_path = fields.String(allow_none=True)
    invited_day = Day(allow_none=True)
    enrolled_day = Day(allow_none=True)
    attended_day = Day(allow_none=True)
    progressed_day = Day(allow_none=True)
    completed_day = Day(allow_none=True)
    certified_day = Day(allow_none=True)
    jp = fields.Float(allow_none=True)


class PersonOut(Schema):
    id = PersonId()
    name = fields.String()
    facts = fields.Dict()
    unit = Id(allow_none=True)
    unit_path = fields.String(allow_none=True)
    title = fields.String(allow_none=True)
    superior = PersonId(allow_none=True)
    superior_state = fields.String(allow_none=True)
    superior_name = fields.String(allow_none=True)


class CalledOut(Schema):
    id = PersonId()
    name = fields.String()


class TeamOut(Schema):
    """Who was named to evaluate, by name."""

    people = fields.List(fields.Nested(CalledOut))


class PeersOut(Schema):
    """Colleagues whom a learner named for a case; `confirmed` null: nobody looked through them."""

    named = fields.List(fields.Nested(CalledOut))
    confirmed = fields.List(fields.Nested(CalledOut), allow_none=True)


class HandedOverOut(Schema):
    """What is passed on: the link, for whom it is alone, and a text with it; `address` opens that
    in WhatsApp where a phone number is known. `invitations` is how many questions were to be sent
    and count as sent by this."""

    invitations = fields.Integer()
    link = fields.String()
    closes = Day()
    text = fields.String()
    address = fields.String(allow_none=True)


class StatementOut(Schema):
    """The statement that was written: an xAPI id in the practice store."""

    statement = fields.String()


class FindingOut(Schema):
    """One thing read: what, on which page, and how sure (0 to 1)."""

    what = fields.String()
    value = fields.String()
    page = fields.Integer()
    confidence = fields.Float()


class ReportOut(Schema):
    """A report that waits, and what is proposed of it; `there`: the evidence by which it was taken
    in before; `sure`: it can be confirmed as it is; `approval`: the page that was signed;
    `mentor_erased`: who signed as mentor is in the register no more."""

    id = Id()
    name = fields.String()
    by = fields.String()
    made = Moment()
    of = fields.String()
    author = fields.Nested(CalledOut, allow_none=True)
    mentor = fields.Nested(CalledOut, allow_none=True)
    coach = fields.Nested(CalledOut, allow_none=True)
    programme = fields.String(allow_none=True)
    title = fields.String(allow_none=True)
    done_on = Day(allow_none=True)
    sure = fields.Boolean()
    there = fields.String(allow_none=True)
    pages = fields.Integer()
    approval = fields.Integer(allow_none=True)
    mentor_erased = fields.Boolean()
    notes = fields.List(fields.String())
    findings = fields.List(fields.Nested(FindingOut))


class ReportsOut(Schema):
    items = fields.List(fields.Nested(ReportOut))
    next = fields.String(allow_none=True)


class ConfirmedOut(StatementOut):
    """`superior`: the register learned that the mentor is the superior."""

    superior = fields.Boolean()


class DismissedOut(Schema):
    report = Id()


class SubmissionOut(Schema):
    """What was handed in to an LMS and may be a plan or a project; `because` of which words of its
    task, `evidence` as which it was confirmed."""

    statement = fields.String()
    person = PersonId(allow_none=True)
    name = fields.String()
    of = fields.String()
    title = fields.String()
    because = fields.String()
    at = Moment()
    programme = fields.String(allow_none=True)
    state = fields.String()
    evidence = fields.String(allow_none=True)


class DecidedOut(Schema):
    """What became of a submission: its evidence, or why nothing."""

    statement = fields.String()
    evidence = fields.String(allow_none=True)
    error = fields.String(allow_none=True)


class DecisionsOut(Schema):
    decided = fields.List(fields.Nested(DecidedOut))


class KeyedOut(Schema):
    """Whether it was entered; false: the same was before."""

    entered = fields.Boolean()


class RevokedOut(Schema):
    """How many links ended."""

    links = fields.Integer()


class RoundOut(Schema):
    round = Id()


class UnitOut(Schema):
    id = Id()
    path = fields.String()
    facts = fields.Dict()


class IdentityOut(Schema):
    digest = Id()
    agent = fields.Dict()
    name = fields.String(allow_none=True)
    person = PersonId(allow_none=True)
    person_name = fields.String(allow_none=True)
    events = fields.Integer()


class InvitationOut(Schema):
    id = Id()
    round = Id()
    case = Id()
    person = PersonId(allow_none=True)
    name = fields.String(allow_none=True)
    role = fields.String()
    rater = PersonId(allow_none=True)
    rater_name = fields.String(allow_none=True)
    window = fields.String()
    state = fields.String()
    sampled = fields.Boolean()
    channel = fields.String(allow_none=True)
    due_day = Day()
    closes_day = Day()
    sent = Moment(allow_none=True)
    reminded = fields.Integer()
    answered = Moment(allow_none=True)
    why = fields.String(allow_none=True)


class CourseOut(Schema):
    digest = Id()
    iri = fields.String()
    title = fields.String(allow_none=True)
    people = fields.Integer()
    completed = fields.Integer()


class WebhookOut(Schema):
    id = Id()
    url = fields.String()
    events = fields.List(fields.String())
    label = fields.String()
    created = Moment()


class NewWebhookOut(WebhookOut):
    """With its secret, told this once."""

    secret = fields.String()


class DeliveryOut(Schema):
    id = Id()
    webhook = Id()
    event = fields.String()
    state = fields.String()
    made = Moment()
    attempts = fields.Integer()
    next_at = Moment(allow_none=True)
    status = fields.Integer(allow_none=True)
    error = fields.String(allow_none=True)
    delivered = Moment(allow_none=True)


class StatementsOut(Schema):
    statements = fields.List(fields.String())


class MovedOut(Schema):
    """What became of each link of a bulk decision: its statement, or why it was not moved."""

    link = Id()
    statement = fields.String(allow_none=True)
    error = fields.String(allow_none=True)


class MovesOut(Schema):
    moved = fields.List(fields.Nested(MovedOut))


class AnythingOut(Schema):
    """Members as the page on the API says."""


class ProgrammeOut(Schema):
    """A programme, with its id and the members of the YAML of `jejak programmes show`."""

    id = Id()
    iri = fields.String()
    title = fields.String()


class ProblemOut(Schema):
    path = fields.String()
    message = fields.String()


class ErrorOut(Schema):
    """An error as RFC 9457 has it; `problems` tell each thing that is wrong."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    problems = fields.List(fields.Nested(ProblemOut))
