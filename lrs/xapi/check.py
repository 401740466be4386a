"""The lean check of a whole statement: yes or no, fast, without a reason.

This is what every statement that arrives goes through. It works from tables: for each kind of
object, which member may stand in it and the rule its value must pass, so that unknown members,
wrong case, nulls and wrong types fall out of one look-up; what spans several members follows.
The reasons for a no come from `schemas.statements.explain`, which says no exactly when this
does (tests/guards/test_check_equals_schema.py) and calls the same lexical rules.

Measured over the 1,667 statements of one recorded Moodle run (median 1.6 kB), one core, Python
3.11: median 7.8 µs, mean 8.2 µs.

Nothing here raises, whatever the tree, and nothing descends into extensions, so that depth
costs nothing. Numbers may be int, Decimal or float. Two members of the same name were refused
by the parser before.

Clauses: xAPI 1.0.3 Data 2.2, 2.4 and 4; IEEE 9274.1.1 4.2.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from lrs.xapi import actors
from lrs.xapi.lexical import (
    is_duration,
    is_iri,
    is_language_tag,
    is_length,
    is_mbox,
    is_mbox_sha1sum,
    is_media_type,
    is_number,
    is_openid,
    is_sha2,
    is_timestamp,
    is_uuid,
)
from lrs.xapi.versions import V1, V2, Version, may_carry

Rule = Callable[[object], bool]
Rules = Mapping[str, Rule]

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
IFIS = frozenset(actors.KINDS)
COMPONENTS: Mapping[str, frozenset[str]] = {
    "choice": frozenset({"choices"}),
    "sequencing": frozenset({"choices"}),
    "likert": frozenset({"scale"}),
    "matching": frozenset({"source", "target"}),
    "performance": frozenset({"steps"}),
    "true-false": frozenset(),
    "fill-in": frozenset(),
    "long-fill-in": frozenset(),
    "numeric": frozenset(),
    "other": frozenset(),
}
COMPONENT_LISTS = frozenset({"choices", "scale", "source", "target", "steps"})
# Members of a definition that only an interaction may have.
INTERACTION = COMPONENT_LISTS | {"correctResponsesPattern"}


def sound(tree: object, version: Version) -> bool:
    """Whether a parsed statement keeps every rule of its version that one statement can keep."""
    return _event(tree, _STATEMENT[version.major])


def sound_agent(tree: object) -> bool:
    """Whether this is an Agent or a Group with an identifier, as the `agent` parameter asks.

    The parameter names someone to look up: an anonymous group is no one
    (xAPI 1.0.3 Communication 2.1.3, 2.3, 2.4, 2.6; the same in both versions).
    """
    return _actor(tree) and type(tree) is dict and not IFIS.isdisjoint(tree)


# --- what spans members -----------------------------------------------------------------------


def _keeps(tree: object, rules: Rules) -> TypeGuard[dict[str, Any]]:
    """An object all of whose members are known and keep their rule."""
    if type(tree) is not dict:
        return False
    for key, value in tree.items():
        rule = rules.get(key)
        if rule is None or not rule(value):
            return False
    return True


def _event(tree: object, rules: Rules) -> bool:
    """A statement or substatement: both are someone, a verb and a thing, with the same ties."""
    if type(tree) is not dict:
        return False
    for key, value in tree.items():
        rule = rules.get(key)
        if rule is None or not rule(value):
            return False
    if "actor" not in tree or "verb" not in tree or "object" not in tree:
        return False
    kind = tree["object"].get("objectType", "Activity")
    if kind != "Activity" and "context" in tree:
        context = tree["context"]
        if "revision" in context or "platform" in context:
            return False
    return bool(kind == "StatementRef" or tree["verb"]["id"] != VOIDED)


# --- people -----------------------------------------------------------------------------------


def _account(tree: object) -> bool:
    return (
        type(tree) is dict
        and len(tree) == 2
        and type(tree.get("name")) is str
        and is_iri(tree.get("homePage"))
    )


def _text(value: object) -> bool:
    return type(value) is str


def _agent(tree: object) -> bool:
    if type(tree) is not dict:
        return False
    identifiers = 0
    for key, value in tree.items():
        rule = _IFI.get(key)
        if rule is not None:
            if not rule(value):
                return False
            identifiers += 1
        elif key == "name":
            if type(value) is not str:
                return False
        elif key != "objectType" or value != "Agent":
            return False
    return identifiers == 1


def _group(tree: object) -> bool:
    if type(tree) is not dict or tree.get("objectType") != "Group":
        return False
    identifiers = 0
    for key, value in tree.items():
        rule = _IFI.get(key)
        if rule is not None:
            if not rule(value):
                return False
            identifiers += 1
        elif key == "name":
            if type(value) is not str:
                return False
        elif key == "member":
            if type(value) is not list:
                return False
            if not all(map(_agent, value)):
                return False
        elif key != "objectType":
            return False
    # An anonymous group is its members: with none it would be no one.
    return identifiers == 1 or (identifiers == 0 and bool(tree.get("member")))


def _actor(tree: object) -> bool:
    if type(tree) is not dict:
        return False
    return _group(tree) if tree.get("objectType") == "Group" else _agent(tree)


def _authority(tree: object) -> bool:
    """An agent, or the anonymous pair of application and user (xAPI 1.0.3 Data 2.4.9)."""
    if type(tree) is not dict:
        return False
    if tree.get("objectType") != "Group":
        return _agent(tree)
    return _group(tree) and IFIS.isdisjoint(tree) and len(tree["member"]) == 2


# --- verbs and activities ---------------------------------------------------------------------


def _language_map(tree: object) -> bool:
    if type(tree) is not dict:
        return False
    for tag, text in tree.items():
        if type(text) is not str or not is_language_tag(tag):
            return False
    return True


def _extensions(tree: object) -> bool:
    return type(tree) is dict and all(map(is_iri, tree))


def _verb(tree: object) -> bool:
    return _keeps(tree, _VERB) and "id" in tree


def _activity(tree: object) -> bool:
    if type(tree) is not dict:
        return False
    for key, value in tree.items():
        if key == "id":
            if not is_iri(value):
                return False
        elif key == "definition":
            if not _definition(value):
                return False
        elif key != "objectType" or value != "Activity":
            return False
    return "id" in tree


def _definition(tree: object) -> bool:
    if type(tree) is not dict:
        return False
    for key, value in tree.items():
        rule = _DEFINITION.get(key)
        if rule is None or not rule(value):
            return False
    if INTERACTION.isdisjoint(tree):
        return True
    kind = tree.get("interactionType")
    if kind is None:
        return False
    return COMPONENT_LISTS.isdisjoint(tree.keys() - COMPONENTS[kind])


def _interaction_type(value: object) -> bool:
    return type(value) is str and value in COMPONENTS


def _texts(value: object) -> bool:
    return type(value) is list and all(map(_text, value))


def _component(tree: object) -> bool:
    return _keeps(tree, _COMPONENT) and "id" in tree


def _components(value: object) -> bool:
    # That ids in one list be distinct is asked of the sender (xAPI 1.0.3 Data 2.4.4.1); a store
    # may look or not. We do not: Moodle's lesson sends several empty ids, and what such a
    # statement says of the learner is true all the same.
    return type(value) is list and all(map(_component, value))


# --- the object -------------------------------------------------------------------------------


def _reference(tree: object) -> bool:
    return (
        type(tree) is dict
        and len(tree) == 2
        and tree.get("objectType") == "StatementRef"
        and is_uuid(tree.get("id"))
    )


def _inner_object(tree: object) -> bool:
    """What a substatement may be about: all but another substatement."""
    if type(tree) is not dict:
        return False
    kind = tree.get("objectType")
    if kind is None or kind == "Activity":
        return _activity(tree)
    if kind == "StatementRef":
        return _reference(tree)
    if kind == "Agent":
        return _agent(tree)
    return kind == "Group" and _group(tree)


def _object_1(tree: object) -> bool:
    if type(tree) is dict and tree.get("objectType") == "SubStatement":
        return _event(tree, _SUBSTATEMENT_1)
    return _inner_object(tree)


def _object_2(tree: object) -> bool:
    if type(tree) is dict and tree.get("objectType") == "SubStatement":
        return _event(tree, _SUBSTATEMENT_2)
    return _inner_object(tree)


# --- result -----------------------------------------------------------------------------------


def _boolean(value: object) -> bool:
    return type(value) is bool


def _scaled(value: object) -> bool:
    return is_number(value) and -1 <= value <= 1


def _score(tree: object) -> bool:
    if not _keeps(tree, _SCORE):
        return False
    low, high, raw = tree.get("min"), tree.get("max"), tree.get("raw")
    if low is not None:
        if high is not None and not low < high:
            return False
        if raw is not None and raw < low:
            return False
    return high is None or raw is None or raw <= high


def _result(tree: object) -> bool:
    return _keeps(tree, _RESULT)


# --- context ----------------------------------------------------------------------------------


def _activities(value: object) -> bool:
    """One activity or an array of them, as 0.95 statements had it."""
    return all(map(_activity, value)) if type(value) is list else _activity(value)


def _context_activities(tree: object) -> bool:
    return _keeps(tree, _CONTEXT_ACTIVITIES)


def _relevant_types(value: object) -> bool:
    return type(value) is list and bool(value) and all(map(is_iri, value))


def _context_agent(tree: object) -> bool:
    return _keeps(tree, _CONTEXT_AGENT) and "objectType" in tree and "agent" in tree


def _context_agents(value: object) -> bool:
    return type(value) is list and all(map(_context_agent, value))


def _context_group(tree: object) -> bool:
    return _keeps(tree, _CONTEXT_GROUP) and "objectType" in tree and "group" in tree


def _context_groups(value: object) -> bool:
    return type(value) is list and all(map(_context_group, value))


def _context_1(tree: object) -> bool:
    return _keeps(tree, _CONTEXT_1)


def _context_2(tree: object) -> bool:
    return _keeps(tree, _CONTEXT_2)


# --- attachments ------------------------------------------------------------------------------


def _attachment(tree: object) -> bool:
    return _keeps(tree, _ATTACHMENT) and tree.keys() >= REQUIRED_OF_ATTACHMENT


def _attachments(value: object) -> bool:
    return type(value) is list and all(map(_attachment, value))


def _is(text: str) -> Rule:
    return lambda value: value == text


# --- the tables -------------------------------------------------------------------------------

_IFI: Rules = {
    "account": _account,
    "mbox": is_mbox,
    "mbox_sha1sum": is_mbox_sha1sum,
    "openid": is_openid,
}
_VERB: Rules = {"id": is_iri, "display": _language_map}
_COMPONENT: Rules = {"id": _text, "description": _language_map}
_DEFINITION: Rules = {
    "name": _language_map,
    "description": _language_map,
    "type": is_iri,
    "moreInfo": is_iri,
    "extensions": _extensions,
    "interactionType": _interaction_type,
    "correctResponsesPattern": _texts,
    "choices": _components,
    "scale": _components,
    "source": _components,
    "target": _components,
    "steps": _components,
}
_SCORE: Rules = {"scaled": _scaled, "raw": is_number, "min": is_number, "max": is_number}
_RESULT: Rules = {
    "score": _score,
    "success": _boolean,
    "completion": _boolean,
    "response": _text,
    "duration": is_duration,
    "extensions": _extensions,
}
_CONTEXT_ACTIVITIES: Rules = dict.fromkeys(("parent", "grouping", "category", "other"), _activities)
_CONTEXT_1: Rules = {
    "registration": is_uuid,
    "instructor": _actor,
    "team": _group,
    "contextActivities": _context_activities,
    "revision": _text,
    "platform": _text,
    "language": is_language_tag,
    "statement": _reference,
    "extensions": _extensions,
}
_CONTEXT_AGENT: Rules = {
    "objectType": _is("contextAgent"),
    "agent": _agent,
    "relevantTypes": _relevant_types,
}
_CONTEXT_GROUP: Rules = {
    "objectType": _is("contextGroup"),
    "group": _group,
    "relevantTypes": _relevant_types,
}
_CONTEXT_2: Rules = {
    **_CONTEXT_1,
    "contextAgents": _context_agents,
    "contextGroups": _context_groups,
}
_ATTACHMENT: Rules = {
    "usageType": is_iri,
    "display": _language_map,
    "description": _language_map,
    "contentType": is_media_type,
    "length": is_length,
    "sha2": is_sha2,
    "fileUrl": is_iri,
}
REQUIRED_OF_ATTACHMENT = frozenset({"usageType", "display", "contentType", "length", "sha2"})
_SUBSTATEMENT_1: Rules = {
    "objectType": _is("SubStatement"),
    "actor": _actor,
    "verb": _verb,
    "object": _inner_object,
    "result": _result,
    "context": _context_1,
    "timestamp": is_timestamp,
    "attachments": _attachments,
}
_SUBSTATEMENT_2: Rules = {**_SUBSTATEMENT_1, "context": _context_2}
_STATEMENT: Mapping[int, Rules] = {
    1: {
        "id": is_uuid,
        "actor": _actor,
        "verb": _verb,
        "object": _object_1,
        "result": _result,
        "context": _context_1,
        "timestamp": is_timestamp,
        "stored": is_timestamp,
        "authority": _authority,
        "version": lambda value: may_carry(value, V1),
        "attachments": _attachments,
    },
    2: {
        "id": is_uuid,
        "actor": _actor,
        "verb": _verb,
        "object": _object_2,
        "result": _result,
        "context": _context_2,
        "timestamp": is_timestamp,
        "stored": is_timestamp,
        "authority": _authority,
        "version": lambda value: may_carry(value, V2),
        "attachments": _attachments,
    },
}
