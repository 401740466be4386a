"""The formats a statement is returned in, `ids` and `canonical`, and the merging of definitions.

(`exact`, the third, is the stored bytes.) Statements given here were checked when they came in.
Only members that a format changes are written anew; all others keep their bytes, so that numbers
keep their spelling and extensions their order (Communication 2.1.3).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec
from msgspec import Raw

from lrs.xapi.language import negotiate

_Members = dict[str, Raw]

_members = msgspec.json.Decoder(_Members).decode
_items = msgspec.json.Decoder(list[Raw]).decode
_text = msgspec.json.Decoder(str).decode
_encode = msgspec.json.Encoder().encode

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
COMPONENTS = ("choices", "scale", "source", "target", "steps")


class _Kind(msgspec.Struct):
    objectType: str = "Activity"


class _Activity(msgspec.Struct):
    id: str


class _Context(msgspec.Struct):
    contextActivities: dict[str, list[_Activity] | _Activity] = {}


class _Object(msgspec.Struct):
    objectType: str = "Activity"
    id: str = ""
    object: Raw | msgspec.UnsetType = msgspec.UNSET
    context: _Context | msgspec.UnsetType = msgspec.UNSET


class _Statement(msgspec.Struct):
    object: _Object
    context: _Context | msgspec.UnsetType = msgspec.UNSET


_kind = msgspec.json.Decoder(_Kind).decode
_object = msgspec.json.Decoder(_Object).decode
_statement = msgspec.json.Decoder(_Statement).decode


def ids(raw: bytes) -> bytes:
    """The statement with agents, groups, verbs and activities reduced to what identifies them.

    A group without an identifier keeps its members, reduced likewise. An agent or group keeps an
    objectType that it came with, without which it could not be told from an activity or agent.
    """
    return bytes(_formatted(Raw(raw), _IDS))


def canonical(raw: bytes, accept_language: str | None, definitions: Mapping[str, bytes]) -> bytes:
    """The statement with each activity's merged definition, and one language in each map.

    `definitions` holds the merged definitions by IRI, at least of `activity_ids`; an activity
    that is not among them keeps its own. Agents and groups stay as they came.
    """

    def activity(given: Raw) -> Raw:
        members = _members(given)
        known = definitions.get(_text(members["id"]))
        if known is None and "definition" not in members:
            return given
        own = members.get("definition", b"") if known is None else known
        members["definition"] = Raw(_defined(bytes(own), accept_language))
        return Raw(_encode(members))

    def translated(*names: str) -> Callable[[Raw], Raw]:
        return lambda given: _translated(given, names, accept_language)

    describe = translated("display", "description")
    how = _Format(
        verb=translated("display"),
        activity=activity,
        attachments=lambda given: _each(given, describe),
    )
    return bytes(_formatted(Raw(raw), how))


def activity_ids(raw: bytes) -> set[str]:
    """The IRIs of all activities in a statement, those in its SubStatement included."""
    statement = _statement(raw)
    thing, contexts = statement.object, [statement.context, statement.object.context]
    found = {thing.id} if thing.objectType == "Activity" else set()
    if thing.objectType == "SubStatement" and thing.object:
        inner = _object(thing.object)
        found |= {inner.id} if inner.objectType == "Activity" else set()
    for context in contexts:
        if context:
            for given in context.contextActivities.values():
                found |= {each.id for each in (given if isinstance(given, list) else [given])}
    return found


#: How long two definitions are together, whose merging is remembered: nearly always a sender says
#: again what is known, of the same few thousand activities.
_SHORT = 2000


def merge_definition(old: bytes | None, new: bytes) -> bytes:
    """An activity's definition after a sender has given another.

    Names and descriptions are kept for each language, extensions for each key; of all else the
    later value wins. What the new one does not mention stays. The very bytes of `old` come back
    where nothing changes, so that a caller sees whether to write.
    """
    if old is None:
        return new
    return (_merge_short if len(old) + len(new) <= _SHORT else _merge)(old, new)


def _merge(old: bytes, new: bytes) -> bytes:
    return bytes(_merged(Raw(old), Raw(new), ("name", "description", "extensions")))


_merge_short = lru_cache(maxsize=4096)(_merge)


def _merged(old: Raw, new: Raw, deep: tuple[str, ...] = ()) -> Raw:
    """`old` with each member of `new`; members in `deep` are merged and not replaced."""
    members, changed = _members(old), False
    for name, value in _members(new).items():
        before = members.get(name)
        after = value if before is None or name not in deep else _merged(before, value)
        if before is None or bytes(before) != bytes(after):
            members[name], changed = after, True
    return Raw(_encode(members)) if changed else old


# Walking -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Format:
    """What becomes of each kind of thing in a statement; None leaves the bytes alone."""

    agent: Callable[[Raw], Raw] | None = None
    verb: Callable[[Raw], Raw] | None = None
    activity: Callable[[Raw], Raw] | None = None
    attachments: Callable[[Raw], Raw] | None = None


def _formatted(raw: Raw, how: _Format) -> Raw:
    """A statement or SubStatement in a format."""
    return _changed(
        raw,
        actor=how.agent,
        verb=how.verb,
        object=lambda given: _object_formatted(given, how),
        context=lambda given: _context_formatted(given, how),
        authority=how.agent,
        attachments=how.attachments,
    )


def _object_formatted(raw: Raw, how: _Format) -> Raw:
    kind = _kind(raw).objectType
    if kind == "SubStatement":
        return _formatted(raw, how)
    change = {"Activity": how.activity, "Agent": how.agent, "Group": how.agent}.get(kind)
    return change(raw) if change else raw


def _context_formatted(raw: Raw, how: _Format) -> Raw:
    def within(name: str) -> Callable[[Raw], Raw] | None:
        if how.agent is None:
            return None
        return lambda given: _each(given, lambda one: _changed(one, **{name: how.agent}))

    return _changed(
        raw,
        instructor=how.agent,
        team=how.agent,
        contextActivities=lambda given: _activities(given, how.activity),
        contextAgents=within("agent"),
        contextGroups=within("group"),
    )


def _activities(raw: Raw, change: Callable[[Raw], Raw] | None) -> Raw:
    if change is None:
        return raw
    groups = _members(raw)
    return Raw(_encode({name: _each(given, change) for name, given in groups.items()}))


def _changed(raw: Raw, **changes: Callable[[Raw], Raw] | None) -> Raw:
    """An object with some members changed, if it has them."""
    members = _members(raw)
    for name, change in changes.items():
        if change is not None and name in members:
            members[name] = change(members[name])
    return Raw(_encode(members))


def _each(raw: Raw, change: Callable[[Raw], Raw]) -> Raw:
    """Every item of an array changed; what is no array counts as its only item."""
    if not bytes(raw).startswith(b"["):
        return change(raw)
    return Raw(_encode([change(one) for one in _items(raw)]))


# ids ---------------------------------------------------------------------------------------------


def _kept(raw: Raw, *names: str) -> Raw:
    return Raw(_encode({key: value for key, value in _members(raw).items() if key in names}))


def _identified(raw: Raw) -> Raw:
    """An agent or group reduced to what identifies it."""
    members = _members(raw)
    if "member" in members and not any(name in members for name in IDENTIFIERS):
        members["member"] = _each(members["member"], _identified)
        return Raw(_encode({n: v for n, v in members.items() if n in ("objectType", "member")}))
    return _kept(raw, "objectType", *IDENTIFIERS)


_IDS = _Format(
    agent=_identified,
    verb=lambda raw: _kept(raw, "id"),
    activity=lambda raw: _kept(raw, "id"),
)


# canonical ---------------------------------------------------------------------------------------


def _translated(raw: Raw, names: tuple[str, ...], accept_language: str | None) -> Raw:
    """An object with one language left in the language maps of these names."""
    members, changed = _members(raw), False
    for name in names:
        if name in members and len(languages := _members(members[name])) > 1:
            members[name] = Raw(_encode(negotiate(languages, accept_language)))
            changed = True
    return Raw(_encode(members)) if changed else raw


@lru_cache(maxsize=512)
def _defined(definition: bytes, accept_language: str | None) -> bytes:
    """A definition in one language. Cached: a page of statements is about few activities."""
    members = _members(_translated(Raw(definition), ("name", "description"), accept_language))
    for name in COMPONENTS:
        if name in members:
            members[name] = _each(
                members[name], lambda one: _translated(one, ("description",), accept_language)
            )
    return _encode(members)
