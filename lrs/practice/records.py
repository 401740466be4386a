"""What the practice store holds: evidence, answers, verdicts, ends, as the service wrote them.

Each is a statement in the words of published vocabularies (domain §7), so that any xAPI tool can
read it. What those have no member for stands in one context extension, `RECORD`, in the shapes
below; `read` gives the shape back. `lrs/casework.py` writes the statements. People are named by
the UUID that the register gave them, cases and statements by 32 hexadecimal digits.
"""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from lrs.practice.names import VOCABULARY

#: The extension of the context that holds a record.
RECORD = f"{VOCABULARY}extensions/record"

#: Kinds of evidence. A `plan` says what will be done, and is evidence of nothing done.
PLAN = "plan"
EVIDENCE = (
    "artefact",
    "observation",
    "rating",
    "reflection",
    "check_in",
    "metric",
    "project",
    PLAN,
)

#: What somebody is towards the learner when they hand something in or answer.
SELF = "self"
SUPERIOR = "superior"
#: Somebody who answered in another's place and whom nobody knows: what they say counts for nothing
#: that needs a superior, a colleague or the learner to say so.
STAND_IN = "stand_in"
ROLES = (
    SELF,
    SUPERIOR,
    STAND_IN,
    "peer",
    "subordinate",
    "evaluator",
    "coach",
    "examiner",
    "unit_contact",
    "admin",
    "citizen",
)


class _Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="record"):
    """What all have in common."""


class Evidence(_Record, frozen=True, tag="evidence"):
    """A piece of evidence of one person's work. `of` is one of `EVIDENCE`.

    `by` is who hands it in or says so, and `role` what they are to the person; the day of the work
    is `performed_on`. `case` where it was handed in for one, `completion` that case's first
    statement, `behaviours` IRIs. `rating` is 0 to 1. `keyed_by` typed it in from paper. `source`
    is the statement of an LMS by which it had been handed in there. `answers`: its files show what
    a rater answered, so they are for who may read answers.
    """

    person: str
    of: str
    by: str
    role: str
    performed_on: date
    title: str
    text: str = ""
    programme: str | None = None
    case: str | None = None
    completion: str | None = None
    behaviours: tuple[str, ...] = ()
    rating: float | None = None
    files: int = 0
    keyed_by: str | None = None
    source: str | None = None
    answers: bool = False


class Answer(_Record, frozen=True, tag="answer"):
    """What one rater answered on one form about one case: on one behaviour, or, where `behaviour`
    is None, on the case as a whole. What is asked at enrolment, or of who never came (forms G and
    H), is about a `programme` and has no `case`.

    `fields` hold the form's fields by name (`lrs/practice/forms.py`); on a behaviour, `observed`
    (false: *belum mengamati*), `value` and `recalled` (0 to 4), `frequency`, `example`; on the
    whole, `barriers` (a list) and `note`. Statements of one filled-in form share a `submission`.
    `rater` None: anonymous. `device` is a digest that tells two answers of one device.
    """

    person: str
    form: str
    role: str
    observed_on: date
    submission: str
    case: str | None = None
    programme: str | None = None
    window: str = ""
    rater: str | None = None
    behaviour: str | None = None
    fields: Mapping[str, Any] = msgspec.field(default_factory=dict)
    device: str | None = None
    keyed_by: str | None = None


class Verdict(_Record, frozen=True, tag="verdict"):
    """One move of the link between a case and a piece of evidence, for a behaviour (None: none).

    `move` is one of `review.MOVES`. `rests_on` names the page or the answer it rests on, `tier`
    is 7a or 7b, `confidence` −1 to 1. `second` marks an independent second opinion, which moves
    nothing.
    """

    person: str
    case: str
    evidence: str
    move: str
    by: str
    behaviour: str | None = None
    reason: str = ""
    rests_on: str = ""
    tier: str | None = None
    confidence: float | None = None
    second: bool = False


#: Why somebody ends an observation: by a move, a promotion (counted apart), since the work was
#: reorganised, or otherwise, which then is said in words. Who left is in the lists of people.
ENDINGS: Final = ("moved", "promoted", "restructured", "other")


class Ending(_Record, frozen=True, tag="ending"):
    """Observation of one case ends on a day, since the duties no longer include what was learned.
    `why` is one of `ENDINGS`, `note` says more. Taken back by voiding."""

    person: str
    case: str
    why: str
    day: date
    by: str
    note: str = ""


class Meeting(_Record, frozen=True, tag="meeting"):
    """A routine meeting or mentoring session at which the practice of several people was looked at
    (form J). `copied` are those of them whom colleagues imitate."""

    people: tuple[str, ...]
    by: str
    role: str
    held_on: date
    text: str
    programme: str | None = None
    behaviours: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()
    title: str = ""


class Citizen(_Record, frozen=True, tag="citizen"):
    """What somebody at the counter said of a unit's service, anonymously (form I): 0 to 4."""

    unit: str
    value: int
    said_on: date
    text: str = ""


Record = Evidence | Answer | Verdict | Ending | Meeting | Citizen


def read(statement: Mapping[str, Any]) -> Record | None:
    """The record of a statement; None where it holds none, or one that is not sound."""
    told = ((statement.get("context") or {}).get("extensions") or {}).get(RECORD)
    if not isinstance(told, Mapping):
        return None
    try:
        found: Record = msgspec.convert(told, type=Record, strict=False)
    except msgspec.ValidationError:
        return None
    return found


def people(record: Record) -> tuple[bytes, ...]:
    """Whom it is about, by their ids."""
    if isinstance(record, Citizen):
        return ()
    told = record.people if isinstance(record, Meeting) else (record.person,)
    return tuple(uuid.UUID(each).bytes for each in told)


def actor_id(by: str) -> bytes:
    """Who `by` is, as 16 bytes: the id of a person, or a digest where it is an account."""
    try:
        return uuid.UUID(by).bytes
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{VOCABULARY}users/{by}").bytes
