"""When two statements are the same one, by the freedoms that Data 2.3.1 leaves to a store.

Asked where a statement comes in again under an id that is taken, or without one, and where a
signature says what was signed. Trees come from `statements.parse`, so numbers compare as exact
decimals.
"""

import json
import re
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any

from lrs.xapi import actors, lexical
from lrs.xapi.attachments import SIGNATURE

Tree = dict[str, Any]

# It looks behind so as to begin once in a run of digits, however long, and not at each of them.
_seconds = re.compile(r"(?<![0-9])([0-9]+)[.,]([0-9]+)S\Z")


def difference(received: Tree, original: Tree) -> str | None:
    """The path at which a received statement is not the original; None where they are equal.

    Data 2.3.1 names what does not count: what a store writes itself (`authority`, `stored`;
    `id`, `timestamp` and `version` where the original has none), verb displays and activity
    definitions, how an instant is written, the order of a group's members, letter case where
    it has no meaning. Durations compare as text up to hundredths of a second (Data 4.6).
    Signatures among the attachments are left out on both sides.
    """
    left, right = _normal(received), _normal(original)
    for name in ("authority", "stored"):
        left.pop(name, None)
        right.pop(name, None)
    for name in ("id", "timestamp", "version"):
        if name not in right:
            left.pop(name, None)
    return next(_differences(left, right, ""), None)


def fingerprint(tree: Tree, salt: bytes) -> bytes:
    """Sixteen bytes that are equal for a statement without id and for the same one sent again to
    the store with this salt, and by which nobody without the salt can tell who did what.

    Made of actor, verb, object, timestamp, result, and the event it was made of in the sender:
    logstore_xapi names that in an extension of the context, beside version numbers that an
    upgrade changes between the two sendings, so of that extension only the names of event and
    function count. Not `context.registration`: Moodle draws it anew for each run of its cron.
    An actor is told by identifier, since the name is what the sender holds it to be today.
    """
    normal = _normal(tree)
    who = actors.ifi(tree["actor"])
    extensions = tree.get("context", {}).get("extensions") or {}
    event = {
        name: {part: value.get(part) for part in _EVENT}
        if isinstance(value, dict) and _EVENT[0] in value
        else value
        for name, value in extensions.items()
    }
    parts = [
        normal["actor"] if who is None else who,
        *(normal.get(name) for name in ("verb", "object", "timestamp", "result")),
        event,
    ]
    text = json.dumps(parts, sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=16, key=salt).digest()


_EVENT = ("event_name", "event_function")


def _normal(statement: Tree) -> Tree:
    """A statement, or SubStatement, without the freedoms of Data 2.3.1; the input is left alone.

    Whatever has not the shape of a statement stays as it is: it came in unchecked, and will
    simply differ.
    """
    tree = dict(statement)
    _at(tree, "id", _lower)
    _at(tree, "timestamp", _moment)
    _at(tree, "actor", _agent)
    _at(tree, "verb", _without("display"))
    _at(tree, "object", _object)
    _at(tree, "result", lambda result: _inside(result, duration=_duration))
    _at(
        tree,
        "context",
        lambda context: _inside(
            context,
            registration=_lower,
            language=_lower,
            instructor=_agent,
            team=_agent,
            statement=lambda reference: _inside(reference, id=_lower),
            contextActivities=_context_activities,
            contextAgents=lambda each: _each(lambda one: _inside(one, agent=_agent), each),
            contextGroups=lambda each: _each(lambda one: _inside(one, group=_agent), each),
        ),
    )
    _at(tree, "attachments", _attachments)
    if tree.get("attachments") == []:
        del tree["attachments"]
    return tree


def _at(tree: Tree, name: str, normal: Callable[[Any], Any]) -> None:
    if name in tree:
        tree[name] = normal(tree[name])


def _inside(value: Any, **members: Callable[[Any], Any]) -> Any:
    if not isinstance(value, dict):
        return value
    tree = dict(value)
    for name, normal in members.items():
        _at(tree, name, normal)
    return tree


def _each(normal: Callable[[Any], Any], value: Any) -> Any:
    return [normal(one) for one in value] if isinstance(value, list) else value


def _without(name: str) -> Callable[[Any], Any]:
    def normal(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: member for key, member in value.items() if key != name}

    return normal


def _object(value: Any) -> Any:
    kind = value.get("objectType", "Activity") if isinstance(value, dict) else None
    if kind == "Activity":
        return _without("definition")(value)
    if kind in ("Agent", "Group"):
        return _agent(value)
    if kind == "StatementRef":
        return _inside(value, id=_lower)
    return _normal(value) if kind == "SubStatement" else value


def _agent(value: Any) -> Any:
    tree = _inside(value, mbox=_mailbox, mbox_sha1sum=_lower)
    members = tree.get("member") if isinstance(tree, dict) else None
    if isinstance(members, list):
        tree["member"] = sorted(map(_agent, members), key=_sorting)
    return tree


def _sorting(member: Any) -> str:
    return json.dumps(member, sort_keys=True, default=str)


def _context_activities(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    bare = _without("definition")
    return {
        name: _each(bare, activities if isinstance(activities, list) else [activities])
        for name, activities in value.items()
    }


def _attachments(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [
        _inside(one, sha2=_lower)
        for one in value
        if not (isinstance(one, dict) and one.get("usageType") == SIGNATURE)
    ]


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _mailbox(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    name, at, domain = value.rpartition("@")
    return f"{name}{at}{domain.lower()}"


def _moment(value: Any) -> Any:
    if not lexical.is_timestamp(value):
        return value
    whole, _, fraction = lexical.utc(value).removesuffix("Z").partition(".")
    return f"{whole}.{fraction.rstrip('0')}"


def _duration(value: Any) -> Any:
    """Seconds cut to hundredths: what a store may cut off, a comparison must not see."""
    if not isinstance(value, str):
        return value

    def cut(seconds: re.Match[str]) -> str:
        fraction = seconds[2][:2].rstrip("0")
        return f"{seconds[1]}.{fraction}S" if fraction else f"{seconds[1]}S"

    return _seconds.sub(cut, value)


def _differences(left: Any, right: Any, path: str) -> Iterator[str]:
    if isinstance(left, dict) and isinstance(right, dict):
        for name in left | right:
            inner = f"{path}.{name}" if path else name
            if name in left and name in right:
                yield from _differences(left[name], right[name], inner)
            else:
                yield inner
    elif isinstance(left, list) and isinstance(right, list):
        for place, (one, other) in enumerate(zip(left, right, strict=False)):
            yield from _differences(one, other, f"{path}[{place}]")
        if len(left) != len(right):
            yield path
    elif isinstance(left, bool) != isinstance(right, bool) or left != right:
        yield path
