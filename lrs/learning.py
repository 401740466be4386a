"""What a learning record says about learning or about work, and how an adapter says it.

An *adapter* turns one dialect of xAPI into events: a learning management system's, a player's, a
workplace system's. It is an object with a name, a sentence about it, and one pure method `read`; it
is found by entry point, gets its configuration as an argument, and never sees the database. One
that is not spoken to answers `Pass` with the reason; one that knows the dialect and finds nothing
to tell answers an empty tuple.

Several adapters may know one statement: the first in the order of `precedence`, then of name,
that does not pass speaks for it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from lrs.xapi import lexical

Tree = dict[str, Any]

#: The group of entry points under which adapters are found.
GROUP = "jejak.adapters"

INVITED = "invited"
ENROLLED = "enrolled"
WITHDRAWN = "withdrawn"
ATTENDED = "attended"
PROGRESSED = "progressed"
COMPLETED = "completed"
UNCOMPLETED = "uncompleted"
PASSED = "passed"
FAILED = "failed"
CERTIFIED = "certified"
DECERTIFIED = "decertified"
LEARNING = (
    INVITED,
    ENROLLED,
    WITHDRAWN,
    ATTENDED,
    PROGRESSED,
    COMPLETED,
    UNCOMPLETED,
    PASSED,
    FAILED,
    CERTIFIED,
    DECERTIFIED,
)

PLANNED = "planned"
WORKED = "worked"
OBSERVED = "observed"
RATED = "rated"
REFLECTED = "reflected"
CHECKED_IN = "checked_in"
HANDED_IN = "handed_in"
PRACTICE = (PLANNED, WORKED, OBSERVED, RATED, REFLECTED, CHECKED_IN, HANDED_IN)


#: Our own extensions of a learning record: hours (a number), and the name of the cohort.
JP = "https://w3id.org/xapi/jejak/extensions/jp"
GROUP_NAME = "https://w3id.org/xapi/jejak/extensions/group"


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningEvent:
    """Something that happened to one person in one course.

    `kind` is one of `LEARNING`; `actor` the agent as the statement names it (exactly one
    identifier); `course` the IRI of the course; `at` microseconds since 1970 UTC, the statement's
    timestamp. `title` is the course's name where it was told, `group` what the sender calls the
    run of the course or the group of learners, `part` the IRI of the module that was meant where
    the event is not about the course as a whole (`progressed`). `registration` only where it is
    one person's enrolment. `imported` marks what a human brought by spreadsheet.
    """

    kind: str
    actor: Tree
    course: str
    at: int
    title: str | None = None
    group: str | None = None
    part: str | None = None
    registration: str | None = None
    score: float | None = None
    jp: float | None = None
    imported: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeEvent:
    """Something that shows, or says, how one person does the work.

    `kind` is one of `PRACTICE`; `actor` whose work it is; `by` who says so (None: the actor).
    `at` is when it was recorded (microseconds), `performed_on` the day the work was done, if it
    was told. What it may be matched by: `refers` (ids of statements it refers to), `registration`,
    `activities` (every activity IRI it names, the object's first), `behaviours` (IRIs that an
    admin's rule gives it), and `verb`, `type`, `platform`, `extensions` of the statement for the
    rules of a programme. `text` is its words: names, descriptions, what was written. `rating` is
    a value from 0 to 1, None where none was given. `attachments` counts files.
    """

    kind: str
    actor: Tree
    at: int
    verb: str
    performed_on: date | None = None
    by: Tree | None = None
    refers: tuple[str, ...] = ()
    registration: str | None = None
    activities: tuple[str, ...] = ()
    behaviours: tuple[str, ...] = ()
    type: str | None = None
    platform: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    rating: float | None = None
    attachments: int = 0


Event = LearningEvent | PracticeEvent


@dataclass(frozen=True, slots=True)
class Pass:
    """This adapter has nothing to say of the statement, and why: one sentence for an admin."""

    why: str


@runtime_checkable
class Adapter(Protocol):
    """What an entry point of the group `jejak.adapters` must lead to."""

    #: Its name, the same as the entry point's.
    name: str
    #: Lower speaks first. Ours use 10 to 950; a dialect that is told by more goes before one
    #: that is told by less.
    precedence: int
    #: One sentence for an admin: whose statements it reads.
    about: str

    def read(self, statement: Tree, config: Mapping[str, Any]) -> tuple[Event, ...] | Pass:
        """The events of one sound statement, or why it is not ours to read.

        Pure: the same statement and configuration give the same events. `config` is what the
        admin configured for this adapter, `{}` for nothing. Must not change `statement`.
        """
        ...


# What adapters need of any statement ---------------------------------------------------------


def moment(statement: Tree) -> int:
    """When it happened, in microseconds since 1970 UTC: its timestamp, else when it was stored."""
    return lexical.micros(statement.get("timestamp") or statement["stored"])


def name_of(activity: Tree) -> str | None:
    """An activity's name, in Indonesian or English where it has one of them, else in any."""
    names = (activity.get("definition") or {}).get("name") or {}
    for tag in ("id", "id-ID", "en", "en-US", "en-GB"):
        if tag in names:
            return str(names[tag])
    return next((str(name) for _, name in sorted(names.items())), None)


def type_of(activity: Tree) -> str | None:
    """An activity's type, if it was told."""
    return (activity.get("definition") or {}).get("type")


def people(statement: Tree) -> tuple[Tree, ...]:
    """Those who did it: the actor, or, of a group, its members. Only who can be told apart."""
    actor = statement["actor"]
    if actor.get("objectType") != "Group":
        return (actor,)
    return tuple(member for member in actor.get("member", ()))


def related(statement: Tree, use: str) -> tuple[Tree, ...]:
    """The context activities of one use: `parent`, `grouping`, `category`, `other`."""
    found = (statement.get("context") or {}).get("contextActivities") or {}
    given = found.get(use) or ()
    return (given,) if isinstance(given, dict) else tuple(given)


def is_activity(thing: Tree) -> bool:
    """Whether an object of a statement is an activity, and so has an IRI."""
    kind: str = thing.get("objectType", "Activity")
    return kind == "Activity"


def extension(statement: Tree, iri: str) -> Any:
    """What stands under an extension: of the context, the result, or the object; None for nothing.

    Where several have it, the first of these.
    """
    return extensions(statement).get(iri)


def extensions(statement: Tree) -> dict[str, Any]:
    """Every extension of a statement: of its object, its result and its context."""
    told: dict[str, Any] = {}
    definition = statement["object"].get("definition") or {}
    for holder in (definition, statement.get("result"), statement.get("context")):
        told.update((holder or {}).get("extensions") or {})
    return told


def score_of(statement: Tree) -> float | None:
    """The result's score as a share from 0 to 1, None where none was given.

    By `raw`, `min` and `max` where all are there: senders differ in what `scaled` is to them
    (Moodle's plug-in counts from -1).
    """
    score = (statement.get("result") or {}).get("score")
    if not score:
        return None
    try:
        least, most = (float(score[name]) for name in ("min", "max"))
        share = (float(score["raw"]) - least) / (most - least)
    except (KeyError, ZeroDivisionError, OverflowError):
        try:
            share = float(score["scaled"])
        except (KeyError, OverflowError):
            return None
    return min(1.0, max(0.0, share)) if math.isfinite(share) else None


def jp_told(statement: Tree) -> float | None:
    """The hours (JP) that a statement gives by our extension, None for none."""
    return hours(extension(statement, JP))


def group_told(statement: Tree) -> str | None:
    """The cohort that a statement names by our extension, None for none."""
    told = extension(statement, GROUP_NAME)
    return told.strip() or None if isinstance(told, str) else None


def hours(value: Any) -> float | None:
    """A number of hours that can be one, else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    return float(value) if 0 < value < 10_000 else None
