"""The forms, A to J: what is asked, of whom, and when an answer is sound (domain §5).

A form is data. Its fields are asked once for each behaviour, or once for the whole; what was
answered is a mapping by the fields' names, as JSON would hold it. `asks`, `title` and the choices'
labels are sentences in English, by which their translations are found (`lrs/i18n.py`); what is
kept are the short words, which never change.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from lrs.errors import Problem
from lrs.practice.records import SELF, SUPERIOR

# Kinds of fields.
SCALE: Final = "scale"  # 0 to 4
YES_NO: Final = "yes_no"
CHOICE: Final = "choice"
SEVERAL: Final = "several"  # a list of choices, perhaps empty
TEXT: Final = "text"
DATE: Final = "date"  # 2026-01-31
PEOPLE: Final = "people"  # a list of people, by their UUIDs
BEHAVIOURS: Final = "behaviours"  # a list of the programme's behaviours, by their IRIs

#: A text longer than this is no answer to a form; it is handed in as evidence.
LONGEST = 4000

# What is wrong, in sentences that pages show at the field.
NOT_SAID: Final = (
    "Nothing was said of this behaviour; choose a value, or say that you have not seen it yet."
)
NOT_RATED: Final = "Choose a value, or say that you have not seen it yet."
NOT_SEEN: Final = "Who has not seen it yet cannot say this; leave it out, or give a value."
NO_EXAMPLE: Final = "The lowest and the highest value need a concrete example: what happened, when."
NO_DAY: Final = "A plan needs the day on which it first happens."
NO_OUTPUT: Final = "A plan says what will come of it; name the output."
NO_NOTE: Final = "You chose 'something else'; say in a few words what it is."
NO_REASON: Final = "Choose at least one reason, or write it as a note."
NOT_THERE: Final = "Whom colleagues imitate must be among the people of the note."
NO_DATE: Final = "Write the day as 2026-01-31."
#: What is said of a field that must be answered: the question itself follows.
PLEASE: Final = "Please answer: "

_WRONG = (
    NOT_SAID,
    NOT_RATED,
    NOT_SEEN,
    NO_EXAMPLE,
    NO_DAY,
    NO_OUTPUT,
    NO_NOTE,
    NO_REASON,
    NOT_THERE,
    NO_DATE,
)

#: What the five steps of a scale mean where a behaviour has no anchors of its own.
SCALES: Final[Mapping[str, tuple[str, ...]]] = {
    "autonomy": (
        "Does no part of it",
        "Does simple parts, under close supervision",
        "Needs help with the hardest parts",
        "Does all of it, with a spot check",
        "Does it fast and accurately, and teaches others",
    ),
    "consistency": (
        "Never when it applies",
        "Seldom when it applies",
        "About half the time",
        "Mostly when it applies",
        "Always when it applies",
    ),
    "service": ("Very bad", "Bad", "Fair", "Good", "Very good"),
}

#: What stands in the way of applying what was learned.
BARRIERS: Final[Mapping[str, str]] = {
    "funds": "Funds or equipment",
    "team": "The team",
    "leaders": "The leaders",
    "stakeholders": "Other parties",
    "moved": "A move or a promotion",
    "nomenclature": "Changes of the organisation's structure",
    "workload": "Workload",
    "no_opportunity": "No opportunity yet",
    "not_relevant": "The material does not fit the work",
    "other": "Something else",
}

#: What kept somebody from taking part. No word is also one of `BARRIERS`.
REASONS: Final[Mapping[str, str]] = {
    "duties": "Too many duties",
    "schedule": "The schedule clashed",
    "no_leave": "The superior did not agree",
    "no_budget": "No budget",
    "no_relevance": "The training does not fit my work",
    "weary": "I am tired of trainings",
    "facilities": "Computer or network",
    "administration": "Registration and paperwork",
}

FREQUENCIES: Final[Mapping[str, str]] = {
    "never": "Not yet",
    "once_or_twice": "Once or twice",
    "monthly": "Every month",
    "weekly": "Every week",
    "daily": "Every day",
}

_GRADES: Final[Mapping[str, str]] = {
    "very_good": "Very good",
    "good": "Good",
    "fair": "Fair",
    "poor": "Poor",
    "not_visible": "Not to be seen",
}

_CASES: Final[Mapping[str, str]] = {"best": "Among the best", "worst": "Among the hardest"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that is asked: its name, its kind, the question.

    `choices` maps each word that may be answered to its label. `scale` is one of `SCALES`, or
    empty where the behaviour says which. `roles` are those who are asked (empty: all). `required`
    may depend on other fields too: `check` knows.
    """

    name: str
    kind: str
    asks: str
    choices: Mapping[str, str] | None = None
    required: bool = False
    roles: tuple[str, ...] = ()
    scale: str = ""

    def asked_of(self, role: str | None) -> bool:
        """Whether the field is put to this role; None: it may be."""
        return role is None or not self.roles or role in self.roles


Given = Mapping[str, Any]
Rule = Callable[[Given, Mapping[str, Given], str | None], Iterator[Problem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form: its letter, its title, its fields. `about` is what it is filled in for: a `case`,
    the `participation` of somebody in a programme, a `meeting`, or the service of a `unit`."""

    letter: str
    title: str
    each: tuple[Field, ...] = ()
    whole: tuple[Field, ...] = ()
    about: str = "case"
    rules: tuple[Rule, ...] = ()

    def fields(self, role: str | None, *, each: bool) -> tuple[Field, ...]:
        """What is asked of a role: on each behaviour, or on the whole."""
        return tuple(f for f in (self.each if each else self.whole) if f.asked_of(role))

    def field(self, name: str, *, each: bool) -> Field | None:
        """The field of that name."""
        return next((f for f in (self.each if each else self.whole) if f.name == name), None)


def at(name: str, behaviour: str | None = None) -> str:
    """The path of a field, as problems name it."""
    return f"whole.{name}" if behaviour is None else f"items[{behaviour}].{name}"


def check(
    form: Form,
    behaviours: Iterable[str],
    whole: Given,
    items: Mapping[str, Given],
    role: str | None = None,
) -> list[Problem]:
    """What is wrong with a filled-in form; nothing: it is sound.

    `behaviours` are the IRIs that the programme expects, `items` the answers on them, by IRI.
    `role` is who answers: what is put only to others may not be answered then.
    """
    expected = tuple(behaviours)
    problems = [*_fields(form, whole, None, expected, role)]
    for iri, item in items.items():
        if iri not in expected:
            problems.append(
                Problem(
                    f"items[{iri}]",
                    "The programme does not expect this behaviour; answer on those it names.",
                )
            )
        elif not form.each:
            problems.append(
                Problem(f"items[{iri}]", f"Form {form.letter} asks nothing of single behaviours.")
            )
        else:
            problems += _fields(form, item, iri, expected, role)
    if _rated(form, role):
        problems += [
            Problem(
                at("value", iri),
                NOT_SAID,
            )
            for iri in expected
            if iri not in items
        ]
    # What is of the wrong kind is left out, so that a rule may trust what it reads.
    wrong = {problem.path for problem in problems}
    sound = {name: value for name, value in whole.items() if at(name) not in wrong}
    sound_items = {
        iri: {name: value for name, value in item.items() if at(name, iri) not in wrong}
        for iri, item in items.items()
        if iri in expected
    }
    for rule in form.rules:
        problems += [each for each in rule(sound, sound_items, role) if each.path not in wrong]
    return problems


def said(item: Given) -> bool:
    """Whether anything was answered: a field that was left empty is none."""
    return any(value not in (None, "", [], ()) for value in item.values())


def _rated(form: Form, role: str | None) -> bool:
    return any(f.kind == SCALE and f.name == "value" for f in form.fields(role, each=True))


# Fields one by one --------------------------------------------------------------------------


def _fields(
    form: Form, given: Given, behaviour: str | None, expected: Collection[str], role: str | None
) -> Iterator[Problem]:
    each = behaviour is not None
    for name, value in given.items():
        field = form.field(name, each=each)
        if field is None:
            yield Problem(
                at(name, behaviour), f"Form {form.letter} has no field '{name}' here; leave it out."
            )
        elif value in (None, ""):
            continue
        elif not field.asked_of(role):
            yield Problem(at(name, behaviour), "This is asked of somebody else; leave it out.")
        elif wrong := _wrong(field, value, expected):
            yield Problem(at(name, behaviour), wrong)
    for field in form.fields(role, each=each):
        # An empty list is an answer (no barrier); a list that is not there is none.
        if field.required and given.get(field.name) in (None, ""):
            yield Problem(at(field.name, behaviour), f"{PLEASE}{field.asks}")
    if _rated(form, role) and each:
        yield from _seen(given, behaviour or "")


def _wrong(field: Field, value: Any, expected: Collection[str]) -> str | None:
    """What is wrong with one value, in a sentence."""
    if field.kind == SCALE:
        if not _is_step(value):
            return "A value is a whole number from 0 to 4."
    elif field.kind == YES_NO:
        if not isinstance(value, bool):
            return "The answer is yes (true) or no (false)."
    elif field.kind == CHOICE:
        if not isinstance(value, str) or value not in (field.choices or {}):
            return f"Choose one of: {', '.join(field.choices or ())}."
    elif field.kind == TEXT:
        if not isinstance(value, str):
            return "This must be text."
        if len(value) > LONGEST:
            return f"At most {LONGEST} characters; hand in what is longer as evidence."
    elif field.kind == DATE:
        if not _is_date(value):
            return NO_DATE
    elif not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
        return "This must be a list."
    elif field.kind == SEVERAL and not set(value) <= set(field.choices or {}):
        return f"Choose among: {', '.join(field.choices or ())}."
    elif field.kind == BEHAVIOURS and not set(value) <= set(expected):
        return "One of these behaviours is not expected by the programme."
    return None


def _is_step(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 4


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _seen(item: Given, behaviour: str) -> Iterator[Problem]:
    """*Belum mengamati* and a value exclude one another, and one of them is needed."""
    observed, value = item.get("observed"), item.get("value")
    if observed is False:
        for name in ("value", "recalled", "frequency", "example"):
            if item.get(name) not in (None, ""):
                yield Problem(
                    at(name, behaviour),
                    NOT_SEEN,
                )
    elif value is None:
        yield Problem(at("value", behaviour), NOT_RATED)


# Rules that look at several fields -----------------------------------------------------------


def _example_at_the_ends(
    whole: Given, items: Mapping[str, Given], role: str | None
) -> Iterator[Problem]:
    for iri, item in items.items():
        if item.get("value") in (0, 4) and not str(item.get("example") or "").strip():
            yield Problem(
                at("example", iri),
                NO_EXAMPLE,
            )


def _plan_is_whole(whole: Given, items: Mapping[str, Given], role: str | None) -> Iterator[Problem]:
    for iri, item in items.items():
        if said({name: item.get(name) for name in ("output", "support")}) and not item.get(
            "first_date"
        ):
            yield Problem(at("first_date", iri), NO_DAY)
        if item.get("first_date") and not str(item.get("output") or "").strip():
            yield Problem(at("output", iri), NO_OUTPUT)


def _other_is_told(whole: Given, items: Mapping[str, Given], role: str | None) -> Iterator[Problem]:
    if "other" in (whole.get("barriers") or ()) and not str(whole.get("note") or "").strip():
        yield Problem(at("note"), NO_NOTE)


def _some_reason(whole: Given, items: Mapping[str, Given], role: str | None) -> Iterator[Problem]:
    if whole.get("barriers") in ([], ()) and not str(whole.get("note") or "").strip():
        yield Problem(at("barriers"), NO_REASON)


def _copied_were_there(
    whole: Given, items: Mapping[str, Given], role: str | None
) -> Iterator[Problem]:
    if set(whole.get("copied") or ()) - set(whole.get("people") or ()):
        yield Problem(at("copied"), NOT_THERE)


# The forms ----------------------------------------------------------------------------------

_OBSERVED = Field(name="observed", kind=YES_NO, asks="Have you seen this at work?")
_VALUE = Field(name="value", kind=SCALE, asks="How is it now?")
_NOTE = Field(name="note", kind=TEXT, asks="Note")

#: What is known of a behaviour before the training can have changed it.
_BASELINE = (_OBSERVED, _VALUE)

FORMS: Final[Mapping[str, Form]] = {
    form.letter: form
    for form in (
        Form(
            letter="A",
            title="Plan",
            each=(
                *_BASELINE,
                Field(
                    name="first_date", kind=DATE, asks="When will you first do it?", roles=(SELF,)
                ),
                Field(name="output", kind=TEXT, asks="What will come of it?", roles=(SELF,)),
                Field(name="support", kind=TEXT, asks="What support do you need?", roles=(SELF,)),
            ),
            whole=(
                Field(
                    name="agrees",
                    kind=YES_NO,
                    asks="Do you agree with the plan?",
                    roles=(SUPERIOR,),
                ),
                _NOTE,
            ),
            rules=(_plan_is_whole,),
        ),
        Form(
            letter="B",
            title="First check",
            whole=(
                Field(
                    name="on_plan", kind=YES_NO, asks="Is the work going as planned?", required=True
                ),
                Field(
                    name="opportunity",
                    kind=YES_NO,
                    asks="Was there an opportunity to apply what was learned?",
                    required=True,
                ),
                Field(
                    name="barriers",
                    kind=SEVERAL,
                    asks="What stands in the way?",
                    choices=BARRIERS,
                ),
                _NOTE,
            ),
            rules=(_other_is_told,),
        ),
        Form(
            letter="C",
            title="Assessment",
            each=(
                _OBSERVED,
                _VALUE,
                Field(
                    name="recalled",
                    kind=SCALE,
                    asks="How was it before the training, as you remember it?",
                ),
                Field(
                    name="frequency",
                    kind=CHOICE,
                    asks="How often did it happen?",
                    choices=FREQUENCIES,
                ),
                Field(name="example", kind=TEXT, asks="A concrete example"),
            ),
            whole=(_NOTE,),
            rules=(_example_at_the_ends,),
        ),
        Form(
            letter="D",
            title="Obstacles",
            whole=(
                Field(
                    name="barriers",
                    kind=SEVERAL,
                    asks="What stands in the way?",
                    choices=BARRIERS,
                    required=True,
                ),
                _NOTE,
            ),
            rules=(_other_is_told,),
        ),
        Form(
            letter="E",
            title="Lasting effect",
            whole=(
                Field(name="running", kind=YES_NO, asks="Is it still running?", required=True),
                Field(name="milestone", kind=TEXT, asks="Which milestone was reached?"),
                Field(
                    name="coordination",
                    kind=CHOICE,
                    asks="How good is the coordination?",
                    choices=_GRADES,
                ),
                Field(
                    name="leadership",
                    kind=CHOICE,
                    asks="How good is the leadership?",
                    choices=_GRADES,
                ),
                Field(
                    name="barriers", kind=SEVERAL, asks="What stands in the way?", choices=BARRIERS
                ),
                Field(name="effect", kind=TEXT, asks="What changed for those who are served?"),
                _NOTE,
            ),
            rules=(_other_is_told,),
        ),
        Form(
            letter="F",
            title="Case story",
            whole=(
                Field(
                    name="chosen",
                    kind=CHOICE,
                    asks="Why was this case chosen?",
                    choices=_CASES,
                    required=True,
                ),
                Field(
                    name="used",
                    kind=TEXT,
                    asks="What of the training was used, and how?",
                    required=True,
                ),
                Field(name="results", kind=TEXT, asks="What came of it?"),
                Field(name="enablers", kind=TEXT, asks="What helped?"),
                Field(
                    name="barriers", kind=SEVERAL, asks="What stands in the way?", choices=BARRIERS
                ),
                Field(name="quote", kind=TEXT, asks="In their own words"),
                _NOTE,
            ),
            rules=(_other_is_told,),
        ),
        Form(
            letter="G",
            title="Interest and needs",
            about="participation",
            each=_BASELINE,
            whole=(
                Field(name="why", kind=TEXT, asks="Why this course?", required=True, roles=(SELF,)),
                # Not called `barriers`: what is feared is not what stood in the way (M8).
                Field(
                    name="expected",
                    kind=SEVERAL,
                    asks="What may stand in the way?",
                    choices=BARRIERS,
                ),
                Field(
                    name="time_promised",
                    kind=YES_NO,
                    asks="Will there be time to apply it?",
                    roles=(SUPERIOR,),
                ),
                Field(
                    name="assignment",
                    kind=TEXT,
                    asks="Which assignment will use it?",
                    roles=(SUPERIOR,),
                ),
                _NOTE,
            ),
        ),
        Form(
            letter="H",
            title="Why not taking part",
            about="participation",
            whole=(
                Field(
                    name="barriers",
                    kind=SEVERAL,
                    asks="What kept you from taking part?",
                    choices=REASONS,
                    required=True,
                ),
                _NOTE,
            ),
            rules=(_some_reason,),
        ),
        Form(
            letter="I",
            title="Service",
            about="unit",
            whole=(
                Field(
                    name="value",
                    kind=SCALE,
                    asks="How was the service today?",
                    required=True,
                    scale="service",
                ),
                Field(name="text", kind=TEXT, asks="What should we know?"),
            ),
        ),
        Form(
            letter="J",
            title="Meeting note",
            about="meeting",
            whole=(
                Field(name="held_on", kind=DATE, asks="When was the meeting?", required=True),
                Field(name="title", kind=TEXT, asks="What was it about?"),
                Field(name="people", kind=PEOPLE, asks="Whose work was looked at?", required=True),
                Field(name="text", kind=TEXT, asks="What was found?", required=True),
                Field(name="copied", kind=PEOPLE, asks="Whom do colleagues imitate?"),
                Field(name="behaviours", kind=BEHAVIOURS, asks="Which behaviours?"),
            ),
            rules=(_copied_were_there,),
        ),
    )
}


def sentences() -> set[str]:
    """Every sentence of the forms that a page shows, to be translated."""
    found = {form.title for form in FORMS.values()}.union(_WRONG)
    for form in FORMS.values():
        for field in (*form.each, *form.whole):
            found.add(field.asks)
            found.update((field.choices or {}).values())
    return found.union(*SCALES.values())
