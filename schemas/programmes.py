"""What an admin may write of programmes, and the sentence when it may not be so.

`{"programmes": [...]}`, as YAML or JSON, with the members of the shapes in
`lrs/practice/programmes.py`. `load` tells everything that is wrong at once, each with its place
and how to mend it; `dump` writes a programme so that `load` reads the same again.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import Schema, ValidationError, fields, post_load, validate

from lrs.errors import Problem, Refused
from lrs.practice.programmes import (
    COUNTS,
    DEPTHS,
    RATERS,
    Behaviour,
    Cohort,
    Drivers,
    Programme,
    Rule,
    Window,
)
from schemas import written
from schemas.written import SAID, Day, Iri, Shape, Text, listed

#: The scales on which a behaviour is rated (domain: autonomy, or consistency for an attitude).
SCALES = ("autonomy", "consistency")

#: The forms, A to J.
FORMS = tuple("ABCDEFGHIJ")

#: How many anchors a scale of 0 to 4 has.
ANCHORS = 5


def load(tree: Any) -> list[Programme]:
    """The programmes of a file. Refused: all that is wrong with it."""
    if not isinstance(tree, Mapping) or not isinstance(tree.get("programmes"), list):
        raise Refused(
            Problem("", "The file must hold a member 'programmes' with a list of programmes.")
        )
    others = sorted(str(name) for name in tree if name != "programmes")
    problems = [
        Problem(name, "There is nothing of that name; write 'programmes'.") for name in others
    ]
    found: list[Programme] = []
    for n, each in enumerate(tree["programmes"]):
        path = f"programmes[{n}]"
        if not isinstance(each, Mapping):
            problems.append(Problem(path, "A programme is a mapping of its members."))
            continue
        try:
            programme: Programme = _ProgrammeSchema().load(each)
        except ValidationError as error:
            problems += written.problems(error.messages, path)
        else:
            found.append(programme)
            problems += _within(programme, path)
    problems += _between(found)
    if problems:
        raise Refused(problems)
    return found


def load_rules(tree: Any, standing: Sequence[Programme]) -> list[Programme]:
    """Programmes in force with other rules: `{"programme": its IRI, "rules": [...]}`, or programmes
    whole, as `load` has them. A rule of a name that is there replaces it. Refused: what is wrong.
    """
    if not isinstance(tree, Mapping) or "rules" not in tree:
        return load(tree)
    known = {each.iri: each for each in standing}
    iri = tree.get("programme") or (standing[0].iri if len(standing) == 1 else None)
    if iri not in known:
        raise Refused(
            Problem("programme", f"Name the programme of the rules; there are {', '.join(known)}.")
        )
    if not isinstance(tree["rules"], list) or not all(
        isinstance(rule, Mapping) for rule in tree["rules"]
    ):
        raise Refused(Problem("rules", "This must be a list of rules."))
    whole = dump(known[iri])
    named = {rule.get("name") for rule in tree["rules"]}
    kept = [rule for rule in whole.get("rules", ()) if rule["name"] not in named]
    return load({"programmes": [whole | {"rules": [*kept, *tree["rules"]]}]})


def dump(shape: Programme | Cohort) -> dict[str, Any]:
    """The programme as plain mappings and lists, without what is as it is by default."""
    written = _plain(shape)
    assert isinstance(written, dict)
    return written


# Fields --------------------------------------------------------------------------------------


def _iri(**options: Any) -> Iri:
    return Iri("https://diklat.example.go.id/latsar", **options)


def _word(*words: str) -> validate.OneOf:
    return validate.OneOf(words, error=f"'{{input}}' is none of {', '.join(words)}.")


def _whole(least: int, **options: Any) -> fields.Integer:
    return fields.Integer(
        strict=True,
        **options,
        validate=validate.Range(least, 3660, error=f"This must be from {least} to 3660."),
        error_messages=SAID | {"invalid": "This must be a whole number."},
    )


def _nested(schema: type[Schema]) -> fields.List[Any]:
    return listed(fields.Nested(schema))


class _Shape(Shape):
    """A schema that makes one of the frozen shapes."""

    makes: ClassVar[type]
    sets: ClassVar[frozenset[str]] = frozenset()

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Any:
        """The shape; lists become what it holds them in."""
        return self.makes(
            **{
                name: frozenset(value)
                if name in self.sets
                else tuple(value)
                if isinstance(value, list)
                else value
                for name, value in values.items()
            }
        )


class _BehaviourSchema(_Shape):
    makes = Behaviour
    iri = _iri(required=True)
    text = Text(required=True)
    anchors = listed(
        Text(),
        validate=validate.Length(
            equal=ANCHORS, error="A scale of 0 to 4 has five anchors; write all five, or none."
        ),
    )
    scale = Text(validate=_word(*SCALES))
    value = Text()
    indicator = Text()


class _WindowSchema(_Shape):
    makes = Window
    name = Text(required=True, validate=validate.Length(max=40))
    opens = _whole(0, required=True)
    closes = _whole(0, required=True)
    raters = listed(Text(validate=_word(*RATERS)), required=True)
    forms = listed(Text(validate=_word(*FORMS)), required=True)


class _CohortSchema(_Shape):
    makes = Cohort
    sets = frozenset({"courses", "groups"})
    name = Text(required=True, validate=validate.Length(max=200))
    starts = Day()
    ends = Day()
    courses = listed(_iri())
    groups = listed(Text())
    grace = _whole(0)


class _RuleSchema(_Shape):
    makes = Rule
    sets = frozenset({"verbs", "types"})
    name = Text(required=True)
    behaviours = listed(_iri(), required=True)
    verbs = listed(_iri())
    types = listed(_iri())
    activities = listed(Text())
    platforms = listed(Text())
    extensions = fields.Dict(keys=_iri())


class _DriversSchema(_Shape):
    makes = Drivers
    monitors = listed(Text())
    reinforces = listed(Text())
    encourages = listed(Text())
    rewards = listed(Text())


class _ProgrammeSchema(_Shape):
    makes = Programme
    sets = frozenset({"courses"})
    iri = _iri(required=True)
    title = Text(required=True, validate=validate.Length(max=500))
    courses = listed(_iri())
    cohorts = _nested(_CohortSchema)
    behaviours = _nested(_BehaviourSchema)
    windows = _nested(_WindowSchema)
    rules = _nested(_RuleSchema)
    jp = fields.Float(
        validate=validate.Range(min=0, min_inclusive=False, error="Hours (JP) are more than 0."),
        error_messages={"invalid": "This must be a number of hours (JP)."},
    )
    depth = Text(validate=_word(*DEPTHS))
    counts = Text(validate=_word(*COUNTS))
    zone = Text()
    pack = Text()
    kind = Text()
    peers = _whole(0)
    sample = fields.Float(
        validate=validate.Range(0, 1, error="A share is from 0 to 1; write 0.2 for one in five."),
        error_messages={"invalid": "This must be a number from 0 to 1."},
    )
    forms = listed(Text(validate=_word(*FORMS)))
    drivers = fields.Nested(_DriversSchema)


# What fields alone cannot see ----------------------------------------------------------------


def _within(programme: Programme, path: str) -> Iterator[Problem]:
    try:
        ZoneInfo(programme.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Problem(f"{path}.zone", "There is no such time zone; write one like Asia/Jakarta.")
    for n, window in enumerate(programme.windows):
        if window.closes < window.opens:
            yield Problem(f"{path}.windows[{n}].closes", "The window closes before it opens.")
    for n, cohort in enumerate(programme.cohorts):
        if cohort.starts and cohort.ends and cohort.ends < cohort.starts:
            yield Problem(f"{path}.cohorts[{n}].ends", "The cohort ends before it starts.")
    known = {behaviour.iri for behaviour in programme.behaviours}
    for n, rule in enumerate(programme.rules):
        if not rule.verbs and not rule.types:
            yield Problem(f"{path}.rules[{n}]", "A rule needs at least one verb or one type.")
        for iri in sorted(set(rule.behaviours) - known):
            yield Problem(
                f"{path}.rules[{n}].behaviours", f"The programme expects no behaviour {iri}."
            )
    if len(set(programme.forms)) != len(programme.forms):
        yield Problem(f"{path}.forms", "A form is named twice.")
    for member, names in (
        ("cohorts", [each.name for each in programme.cohorts]),
        ("behaviours", [each.iri for each in programme.behaviours]),
        ("windows", [each.name for each in programme.windows]),
        ("rules", [each.name for each in programme.rules]),
    ):
        for name in sorted({each for each in names if names.count(each) > 1}):
            yield Problem(f"{path}.{member}", f"Two are called {name}; give each its own name.")
    for course, owners in sorted(_owners(programme.cohorts).items()):
        if len(owners) > 1:
            yield Problem(
                f"{path}.cohorts", f"The course {course} is of two cohorts: {', '.join(owners)}."
            )


def _owners(cohorts: Iterable[Cohort]) -> dict[str, list[str]]:
    owners: dict[str, list[str]] = {}
    for cohort in cohorts:
        for course in cohort.courses:
            owners.setdefault(course, []).append(cohort.name)
    return owners


def _between(programmes: Iterable[Programme]) -> Iterator[Problem]:
    titles: dict[str, str] = {}
    whose: dict[str, str] = {}
    for programme in programmes:
        if programme.iri in titles:
            yield Problem("programmes", f"Two programmes have the IRI {programme.iri}.")
        titles[programme.iri] = programme.title
        for course in sorted(courses_of(programme)):
            if whose.setdefault(course, programme.iri) != programme.iri:
                yield Problem(
                    "programmes",
                    f"The course {course} is of two programmes: {titles[whose[course]]} and"
                    f" {programme.title}. A completion belongs to one.",
                )


def courses_of(programme: Programme) -> set[str]:
    """Every course of a programme, those of its cohorts too."""
    return set(programme.courses).union(*(cohort.courses for cohort in programme.cohorts))


def _plain(thing: Any) -> Any:
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        kept: dict[str, Any] = {}
        for each in dataclasses.fields(thing):
            value = getattr(thing, each.name)
            default = (
                each.default_factory()
                if each.default_factory is not dataclasses.MISSING
                else each.default
            )
            if value != default:
                kept[each.name] = _plain(value)
        return kept
    if isinstance(thing, frozenset):
        return sorted(thing)
    if isinstance(thing, tuple):
        return [_plain(each) for each in thing]
    return thing.isoformat() if isinstance(thing, date) else thing
