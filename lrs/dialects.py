"""What declared adapters say: dialects that an admin wrote down, without a line of code.

A declared adapter is plain data, as `schemas/adapters.py` accepts it and the register keeps it: a
name and rules. The first rule that fits a statement speaks for it, and says what it is about by
where the rule tells to look. Pure, and bound to no adapter: the plug-in `declared` asks it for the
projector, and an admin asks it before anything is applied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from lrs import learning, workplace
from lrs.learning import Event, LearningEvent, Tree
from lrs.xapi import lexical

#: The places among a statement's activities where a rule may look for a course, title or cohort.
PLACES = ("object", "parent", "grouping", "category", "other")

#: A kind that says of a statement that it counts for nothing, whatever an adapter would say.
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a declared adapter said, and by which of its rules (counted from 1)."""

    adapter: str
    rule: int
    events: tuple[Event, ...]


def speak(adapters: Sequence[Mapping[str, Any]], statement: Tree) -> Spoken | str:
    """What the first adapter says that has a rule for the statement; else why none speaks."""
    whys = []
    for adapter in adapters:
        said = _ask(adapter, statement)
        if isinstance(said, Spoken):
            return said
        whys.append(f"{adapter['name']}: {said}")
    return "; ".join(whys) or "no adapter is declared"


def _ask(adapter: Mapping[str, Any], statement: Tree) -> Spoken | str:
    if not _like(adapter.get("platforms"), _platform(statement)):
        return "its platform is another"
    why = "no rule fits"
    for n, rule in enumerate(adapter["rules"], 1):
        if not fits(rule, statement):
            continue
        said = _events(rule, statement)
        if not isinstance(said, str):
            return Spoken(adapter["name"], n, said)
        why = f"rule {n} fits, but {said}"
    return why


def fits(rule: Mapping[str, Any], statement: Tree) -> bool:
    """Whether all that a rule asks for holds of a statement."""
    target, result = statement["object"], statement.get("result") or {}
    return (
        _among(rule.get("verbs"), statement["verb"]["id"])
        and _among(rule.get("types"), learning.type_of(target))
        and _like(rule.get("objects"), [target["id"]] if learning.is_activity(target) else [])
        and _like(rule.get("categories"), _ids(statement, "category"))
        and _like(rule.get("within"), _ids(statement, "parent", "grouping"))
        and _like(rule.get("platforms"), _platform(statement))
        and all(
            member not in rule or result.get(member) is rule[member]
            for member in ("completion", "success")
        )
        and _has(rule.get("extensions") or {}, statement)
    )


# What it says -----------------------------------------------------------------------------------


def _events(rule: Mapping[str, Any], statement: Tree) -> tuple[Event, ...] | str:
    kind = rule["kind"]
    if kind == NOTHING:
        return ()
    if kind in learning.PRACTICE:
        behaviours = tuple(rule.get("behaviours") or ())
        events = workplace.practice_events(statement, kind, behaviours=behaviours)
        return events or "the statement does not say whose work it is"
    found = _course(rule, statement)
    if found is None:
        where = rule.get("course", "object")
        return f"there is no IRI of a course under {where}"
    course, title = found
    if "title" in rule:
        title = _text(rule["title"], statement)
    registration = (statement.get("context") or {}).get("registration")
    target = statement["object"]
    here = target["id"] if learning.is_activity(target) else None
    return tuple(
        LearningEvent(
            kind=kind,
            actor=person,
            course=course,
            at=learning.moment(statement),
            title=title,
            group=_text(rule["group"], statement) if "group" in rule else None,
            part=None if here == course else here,
            registration=registration if rule.get("registration") else None,
            score=learning.score_of(statement),
            jp=_hours(rule.get("jp"), statement),
        )
        for person in learning.people(statement)
    )


def _course(rule: Mapping[str, Any], statement: Tree) -> tuple[str, str | None] | None:
    """The course's IRI and, where the course is one of the statement's activities, its name."""
    place = rule.get("course", "object")
    if place not in PLACES:
        value = learning.extension(statement, place)
        return (value, None) if lexical.is_iri(value) else None
    types = rule.get("course_types")
    for activity in _activities(statement, place):
        if _among(types, learning.type_of(activity)):
            return activity["id"], learning.name_of(activity)
    return None


def _text(place: str, statement: Tree) -> str | None:
    """The name of the activity at a place, or the text under an extension."""
    if place in PLACES:
        names = (learning.name_of(each) for each in _activities(statement, place))
        return next((name for name in names if name), None)
    value = learning.extension(statement, place)
    return value.strip() or None if isinstance(value, str) else None


def _hours(given: Any, statement: Tree) -> float | None:
    return learning.hours(learning.extension(statement, given) if isinstance(given, str) else given)


def _activities(statement: Tree, place: str) -> tuple[Tree, ...]:
    if place != "object":
        return learning.related(statement, place)
    target = statement["object"]
    return (target,) if learning.is_activity(target) else ()


# What it fits -----------------------------------------------------------------------------------


def _platform(statement: Tree) -> list[str]:
    told = (statement.get("context") or {}).get("platform")
    return [told] if told else []


def _ids(statement: Tree, *uses: str) -> list[str]:
    return [each["id"] for use in uses for each in learning.related(statement, use)]


def _among(wanted: Sequence[str] | None, value: str | None) -> bool:
    return not wanted or value in wanted


def _like(patterns: Sequence[str] | None, values: Sequence[str]) -> bool:
    return not patterns or any(
        fnmatchcase(value, pattern) for pattern in patterns for value in values
    )


def _has(wanted: Mapping[str, Any], statement: Tree) -> bool:
    """Whether each extension is there, with this value where the rule gives one."""
    if not wanted:
        return True
    told = learning.extensions(statement)
    return all(
        iri in told and (value is None or workplace.simple(told[iri]) == value)
        for iri, value in wanted.items()
    )
