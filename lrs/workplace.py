"""What a statement says of somebody's work, as a `PracticeEvent`: for adapters that read it.

Whose work it is decides whether it may count at all. Where the verb is that of somebody who
watches (*observed*, *mentored*, *coached*), the actor is the one who says so, and the work is that
of whom the statement names: its object, the context agents of xAPI 2.0, or, by the extension
`observer`, its actor after all. Where it names nobody there is no event: a guess would put one
person's work under another's name.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from lrs import learning
from lrs.learning import PracticeEvent, Tree
from lrs.xapi import actors, lexical
from lrs.xapi.check import sound_agent

#: The day on which the work was done, where that is not the day of the record.
PERFORMED_ON = "https://w3id.org/xapi/jejak/extensions/performed-on"

_ISD = "https://w3id.org/xapi/dod-isd/verbs/"
_TINCAN = "http://id.tincanapi.com/"
_OBSERVER = _TINCAN + "extension/observer"
_REFLECTION = _TINCAN + "extension/reflection"
_FEEDBACK = _TINCAN + "extension/feedback"
_RATING = _TINCAN + "extension/quality-rating"
_OBSERVATION = _TINCAN + "recipe/checklist/performance-observation"
_ASSESSED = "https://w3id.org/xapi/netc-performance-assessment/extensions/"

#: The published words for work, and what they say of it.
VERBS: Mapping[str, str] = {
    "https://w3id.org/xapi/tla/verbs/planned": learning.PLANNED,
    _ISD + "applied": learning.WORKED,
    _ISD + "performed": learning.WORKED,
    _ISD + "demonstrated": learning.WORKED,
    _ISD + "observed": learning.OBSERVED,
    _TINCAN + "verb/mentored": learning.CHECKED_IN,
    "https://w3id.org/xapi/adb/verbs/coached": learning.CHECKED_IN,
    "http://activitystrea.ms/submit": learning.HANDED_IN,
    "http://activitystrea.ms/attach": learning.HANDED_IN,
}
#: Verbs of those who watch: the actor is not the one whose work it is.
_WATCHING = (learning.OBSERVED, learning.CHECKED_IN)

_BOUNDS = ("raw", "min", "max")

#: Sizes that no evidence needs more of. What is longer stands in the statement itself.
_MOST_TEXT, _MOST_EXTENSION, _MOST_ACTIVITIES = 4000, 1000, 100

_tags = re.compile(r"<[^<>]{0,1000}>").sub


def plain(verb: str) -> str:
    """A verb in the one form of the several it is written in: `http` for ADL's and Activity
    Streams', and these without `schema/1.0/`."""
    if verb.startswith("https://adlnet.gov/"):
        return "http" + verb[5:]
    for prefix in ("http://activitystrea.ms/schema/1.0/", "https://activitystrea.ms/schema/1.0/"):
        if verb.startswith(prefix):
            return "http://activitystrea.ms/" + verb.removeprefix(prefix)
    return "http" + verb[5:] if verb.startswith("https://activitystrea.ms/") else verb


def spellings() -> set[str]:
    """Every form in which one of `VERBS` is written."""
    short = {verb.removeprefix("http://activitystrea.ms/") for verb in VERBS} - set(VERBS)
    streams = {
        f"{scheme}://activitystrea.ms/{path}{word}"
        for scheme in ("http", "https")
        for path in ("", "schema/1.0/")
        for word in short
    }
    return set(VERBS) | streams


def kind_of(statement: Tree) -> str | None:
    """What sort of word about work a statement is, by the published vocabulary; None for none."""
    told = learning.extensions(statement)
    if (kind := VERBS.get(plain(statement["verb"]["id"]))) is not None:
        return kind
    if any(each["id"].startswith(_OBSERVATION) for each in learning.related(statement, "category")):
        return learning.OBSERVED
    if _RATING in told or any(iri.startswith(_ASSESSED) for iri in told):
        return learning.RATED
    return learning.REFLECTED if _REFLECTION in told or _FEEDBACK in told else None


def practice_events(
    statement: Tree, kind: str, *, behaviours: tuple[str, ...] = ()
) -> tuple[PracticeEvent, ...]:
    """The practice event of each person whose work a statement tells of; none where it does not
    say whose. `behaviours` are what an admin's rule gives it."""
    told = learning.extensions(statement)
    whose = _whose(statement, told)
    if not whose:
        return ()
    one = _event(statement, kind, told, behaviours)
    return tuple(replace(one, actor=who, by=by) for who, by in whose)


def refers(statement: Tree) -> tuple[str, ...]:
    """The ids of statements that this one refers to: its object, or its context."""
    target, around = statement["object"], (statement.get("context") or {}).get("statement")
    found = [target["id"]] if target.get("objectType") == "StatementRef" else []
    return tuple(found + ([around["id"]] if around else []))


def activities(statement: Tree) -> tuple[str, ...]:
    """Every activity that a statement names, its object first; of a plan (SubStatement), what
    is planned."""
    found: dict[str, None] = {}
    for tree in _said(statement):
        if learning.is_activity(tree["object"]):
            found[tree["object"]["id"]] = None
        for use in ("parent", "grouping", "category", "other"):
            found.update(dict.fromkeys(each["id"] for each in learning.related(tree, use)))
    return tuple(found)[:_MOST_ACTIVITIES]


def words(statement: Tree) -> str:
    """What a statement says in words: of its object, its result, and what was written."""
    told: list[str] = []
    for tree in _said(statement):
        definition = tree["object"].get("definition") or {}
        told += [
            text
            for member in ("name", "description")
            for text in _spoken(definition.get(member) or {})
        ]
        response = (tree.get("result") or {}).get("response")
        told += [response] if isinstance(response, str) else []
        extensions = learning.extensions(tree)
        for iri in (_REFLECTION, _FEEDBACK):
            written = extensions.get(iri)
            told += [written] if isinstance(written, str) else []
    text = " ".join(dict.fromkeys(told))[: 4 * _MOST_TEXT]
    return " ".join(_tags(" ", text).split())[:_MOST_TEXT]


# One event ------------------------------------------------------------------------------------


def _event(
    statement: Tree, kind: str, told: Mapping[str, Any], behaviours: tuple[str, ...]
) -> PracticeEvent:
    """The event, of the statement's actor."""
    context = statement.get("context") or {}
    target = statement["object"]
    thing = target["object"] if target.get("objectType") == "SubStatement" else target
    return PracticeEvent(
        kind=kind,
        actor=statement["actor"],
        at=learning.moment(statement),
        verb=statement["verb"]["id"],
        performed_on=_day(told.get(PERFORMED_ON)),
        refers=refers(statement),
        registration=context.get("registration"),
        activities=activities(statement),
        behaviours=behaviours,
        type=learning.type_of(thing),
        platform=context.get("platform"),
        extensions=_kept(told),
        text=words(statement),
        rating=_rating(statement, told),
        attachments=len(statement.get("attachments") or ()),
    )


def _whose(statement: Tree, told: Mapping[str, Any]) -> list[tuple[Tree, Tree | None]]:
    """Whose work it is, and who says so (None: they themselves)."""
    observer = _agent(told.get(_OBSERVER))
    doers = learning.people(statement)
    if observer is not None:
        return [(each, None if _same(each, observer) else observer) for each in doers]
    target = statement["object"]
    if VERBS.get(plain(statement["verb"]["id"])) in _WATCHING:
        actor = statement["actor"]
        seen = _members(target) or _members_of_context(statement)
        return [(each, actor) for each in seen if not _same(each, actor)]
    return [(each, None) for each in doers]


def _members(thing: Tree) -> tuple[Tree, ...]:
    if thing.get("objectType") == "Agent":
        return (thing,)
    return tuple(thing.get("member") or ()) if thing.get("objectType") == "Group" else ()


def _members_of_context(statement: Tree) -> tuple[Tree, ...]:
    """Those whom xAPI 2.0 names in the context."""
    context = statement.get("context") or {}
    found = [each["agent"] for each in context.get("contextAgents") or ()]
    for each in context.get("contextGroups") or ():
        found += each["group"].get("member") or ()
    return tuple(found)


def _same(one: Tree, other: Tree) -> bool:
    found = actors.ifi(one)
    return found is not None and found == actors.ifi(other)


def _agent(value: Any) -> Tree | None:
    """An extension's value, where it is an agent that can be told apart."""
    return value if sound_agent(value) else None


def _day(value: Any) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        # Of a moment with a time zone, the day where it was lived: as it is written.
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def _kept(told: Mapping[str, Any]) -> dict[str, Any]:
    """Extensions as an event can hold them; what is too long for a rule to ask for is left out."""
    found = {}
    for iri, value in told.items():
        kept = simple(value)
        try:
            if len(msgspec.json.encode(kept)) <= _MOST_EXTENSION:
                found[iri] = kept
        except (msgspec.MsgspecError, ValueError, RecursionError):
            continue
    return found


def simple(value: Any) -> Any:
    """An extension's value with its numbers as a rule, written in YAML, names them."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 63:
        return str(value)
    if isinstance(value, dict):
        return {name: simple(each) for name, each in value.items()}
    return [simple(each) for each in value] if isinstance(value, list) else value


def _rating(statement: Tree, told: Mapping[str, Any]) -> float | None:
    """A value from 0 to 1: the result's score, a quality rating, or the place on a likert scale."""
    quality = told.get(_RATING)
    if isinstance(quality, dict) and all(lexical.is_number(quality.get(each)) for each in _BOUNDS):
        return learning.score_of(statement | {"result": {"score": quality}})
    score = learning.score_of(statement)
    if score is not None:
        return score
    definition = statement["object"].get("definition") or {}
    steps = [each["id"] for each in definition.get("scale") or ()]
    response = (statement.get("result") or {}).get("response")
    if response not in steps:
        return None
    return steps.index(response) / max(1, len(steps) - 1)


def _said(statement: Tree) -> Iterable[Tree]:
    target = statement["object"]
    return (target, statement) if target.get("objectType") == "SubStatement" else (statement,)


def _spoken(names: Mapping[str, str]) -> list[str]:
    """A language map's text, in Indonesian or English where it has one of them, else in any."""
    told = learning.name_of({"definition": {"name": names}})
    return [told] if told else []
