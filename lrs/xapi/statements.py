"""What a statement is found by, and the bytes it is returned as. Pure: touches no database.

The bytes that came are sliced and joined, never written anew, so that numbers keep their
spelling, strings their code points, extensions their order. Parsed trees are only looked at.

*Terms* are what a query can ask for, as 16-byte digests keyed with the salt of the store:

| kind | the statement … |
|---|---|
| `A` | has this agent or group for actor or object, or as a member of one |
| `AV` | the same, and this verb |
| `a` | has it anywhere else: authority, instructor, team, context agents, SubStatement |
| `V` | has this verb |
| `O` | has this activity for object |
| `o` | has it in its context activities or anywhere in a SubStatement |
| `R` | has this registration |
| `M` | came in with exactly this authority, where that is not its source's own |

A statement has one row per term; a single filter, and agent with verb, is one range of rows.
"""

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import msgspec

from lrs.errors import Problem, Refused, TooLarge
from lrs.xapi import actors, lexical
from lrs.xapi.check import VOIDED
from lrs.xapi.documents import strict_reader

Tree = dict[str, Any]
Terms = tuple[tuple[bytes, ...], ...]

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_strictly = strict_reader().decode
#: A typical statement has some forty commas: up to here, slicing at once costs little memory.
_FEW = 50
_scan = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode
_between = re.compile(r"[ \t\r\n,]*").match
_BLANK_COLON = re.compile(rb":(?<=[ \t\r\n]:)").search  # found by its colon: searched fastest
_BAD_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, ArithmeticError)

#: How deep arrays and objects may lie in one another. Without a bound of our own it would be
#: Python's, which depends on who calls: what came in could then not be read in another place.
NESTING = 200

#: How many values one statement may hold. Fifteen megabytes of `[[],[],…]` become eight hundred in
#: memory; a statement of half a million values is no record of an event.
MOST_VALUES = 500_000


class _Activity(msgspec.Struct):
    id: str
    definition: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Context(msgspec.Struct):
    contextActivities: dict[str, list[_Activity] | _Activity] = {}


class _Object(msgspec.Struct):
    objectType: str = "Activity"
    id: str = ""
    definition: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    object: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    context: _Context | msgspec.UnsetType = msgspec.UNSET


_object = msgspec.json.Decoder(_Object).decode
_context = msgspec.json.Decoder(_Context).decode


# Reading what came -----------------------------------------------------------------------------


def slices(body: bytes, most: int | None = None) -> tuple[list[bytes], bool]:
    """The statements of a request body, each as the bytes it came in, and whether it was a list.

    Raises `Refused` where the body is no JSON object or array (Communication 2.1.2), `TooLarge`
    where the list has more than `most` members.
    """
    start = body.lstrip(b" \t\r\n")[:1]
    too_many = TooLarge("The batch", most or 0, "JEJAK_BATCH_LIMIT", "statements")
    try:
        if start == b"[":
            if most is not None and _has_more(body, most):
                raise too_many
            members = _array(body)
            if most is not None and len(members) > most:
                raise too_many
            return [bytes(member) for member in members], True
        if start == b"{":
            return [body], False
        _decode(body)
    except _BAD_JSON as error:
        raise Refused(not_json(error)) from error
    raise Refused(
        Problem("", "the body must be a statement or a list of statements", "Communication 2.1.2")
    )


def _has_more(body: bytes, most: int) -> bool:
    """Whether a list has so many more than `most` members that it should not even be sliced.

    Ten megabytes of `{},` are gigabytes once sliced. Raises ValueError where it is broken.
    """
    if body.count(b",") < _FEW * most:
        return False
    text, count = body.decode(), 0
    position = _next(text, text.index("[") + 1)
    while count <= most and not text.startswith("]", position):
        _, end = _scan(text, position)
        count, position = count + 1, _next(text, end)
    return count > most


def _next(text: str, position: int) -> int:
    """Where the next member of a list begins, or its end."""
    found = _between(text, position)
    return found.end() if found else position


def parse(raw: bytes) -> Any:
    """Look at JSON: numbers with a fraction or exponent come as `Decimal`, others as `int`.

    Raises `Refused` for what is no JSON, and for duplicate names in one object, of which most
    parsers silently keep the last (Data 2.2: a statement whose meaning hangs on the parser).
    """
    if len(raw) > MOST_VALUES and raw.count(b",") >= MOST_VALUES:
        why = f"it holds more than {MOST_VALUES} values; split what it says into several"
        raise Refused(Problem("", f"{why} statements, or attach it as a file", "Data 2.2"))
    try:
        tree = _decode(raw)
        # As many `":` as names, and no blank before a colon: no name can stand twice.
        if raw.count(b'":') != _names(tree, NESTING) or _BLANK_COLON(raw):
            _strictly(raw.decode())
    except _BAD_JSON as error:
        raise Refused(not_json(error)) from error
    return tree


def not_json(error: Exception) -> Problem:
    """Why something could not be read as JSON, in a sentence."""
    why = str(error)
    if isinstance(error, RecursionError):
        why = f"it is nested too deeply; at most {NESTING} levels are read"
    elif isinstance(error, ArithmeticError):
        why = "the exponent of a number is too large to compare it exactly"
    elif isinstance(error, UnicodeDecodeError):
        why = f"it is not UTF-8 at byte {error.start}"
    elif "Input data was truncated" in why:
        why = "it ends too early, or holds half of a surrogate pair"
    return Problem("", f"this is not JSON: {why}", "Data 2.2")


def _names(tree: Any, levels: int) -> int:
    """How many names of members a tree holds; RecursionError where it has more levels."""
    if not levels:
        raise RecursionError
    count = 0
    if type(tree) is dict:
        count = len(tree)
        tree = tree.values()
    elif type(tree) is not list:
        return 0
    for value in tree:
        if type(value) is dict or type(value) is list:
            count += _names(value, levels - 1)
    return count


# Terms -----------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def digest(salt: bytes, kind: str, text: str) -> bytes:
    """The 16-byte name of something in one store. Without the salt nobody can guess it back."""
    return blake2b(f"{kind}\n{text}".encode(), digest_size=16, key=salt).digest()


def agent_digest(salt: bytes, agent: Tree) -> bytes | None:
    """The digest of an agent's or group's identifier; None for an anonymous group."""
    ifi = actors.ifi(agent)
    return None if ifi is None else digest(salt, ifi[0], ifi[1])


def agent_with_verb(salt: bytes, agent: bytes, verb: str) -> bytes:
    """The term `AV` of an agent's digest and a verb."""
    return digest(salt, "AV" + agent.hex(), verb)


@dataclass(slots=True)
class Found:
    """What one statement is found by, and whom it names."""

    terms: list[bytes]
    agents: list[tuple[bytes, Tree]]


def find(tree: Tree, salt: bytes) -> Found:
    """The terms of a statement, its authority included, in the store with this salt."""
    verb = tree["verb"]["id"]
    direct: dict[bytes, Tree] = {}
    related: dict[bytes, Tree] = {}
    objects: set[bytes] = set()
    others: set[bytes] = set()
    _add_agents(direct, salt, tree["actor"])
    _add_object(tree["object"], salt, direct, objects, related, others)
    context = tree.get("context")
    if context:
        _add_context(context, salt, related, others)
    if authority := tree.get("authority"):
        _add_agents(related, salt, authority)
    terms = [digest(salt, "V", verb)]
    for agent in direct:
        terms.append(_kind(agent, b"A"))
        terms.append(agent_with_verb(salt, agent, verb))
    terms.extend(_kind(agent, b"a") for agent in related if agent not in direct)
    terms.extend(_kind(activity, b"O") for activity in objects)
    terms.extend(_kind(activity, b"o") for activity in others if activity not in objects)
    if context and (registration := context.get("registration")):
        terms.append(digest(salt, "R", registration.lower()))
    return Found(terms, [*related.items(), *direct.items()])


def query_terms(
    salt: bytes,
    *,
    agent: Tree | None = None,
    verb: str | None = None,
    activity: str | None = None,
    registration: str | None = None,
    related_agents: bool = False,
    related_activities: bool = False,
) -> Terms:
    """What a query asks for: groups of terms, of each of which one must be met.

    The most telling group comes first: the store reads along it and checks the others.
    """
    groups: list[tuple[bytes, ...]] = []
    if registration is not None:
        groups.append((digest(salt, "R", registration.lower()),))
    if agent is not None:
        name = agent_digest(salt, agent)
        if name is None:
            groups.append((digest(salt, "nobody", ""),))
        elif related_agents:
            groups.append((_kind(name, b"A"), _kind(name, b"a")))
        elif verb is not None:
            groups.append((agent_with_verb(salt, name, verb),))
            verb = None
        else:
            groups.append((_kind(name, b"A"),))
    if activity is not None:
        name = digest(salt, "activity", activity)
        kinds = (b"O", b"o") if related_activities else (b"O",)
        groups.append(tuple(_kind(name, kind) for kind in kinds))
    if verb is not None:
        groups.append((digest(salt, "V", verb),))
    return tuple(groups)


def authority_term(salt: bytes, authority: bytes) -> bytes:
    """What finds the statements of one authority and no other; see `prepare`."""
    return digest(salt, "M", authority.decode())


def activity_terms(activity: bytes) -> tuple[bytes, bytes]:
    """What finds the statements that have an activity (its digest) for object, or elsewhere."""
    return _kind(activity, b"O"), _kind(activity, b"o")


def agent_terms(agent: bytes) -> tuple[bytes, bytes]:
    """What finds the statements that have an agent (its digest) for actor or object, or
    elsewhere."""
    return _kind(agent, b"A"), _kind(agent, b"a")


def _kind(name: bytes, kind: bytes) -> bytes:
    """The term of one kind for a digest: its last byte mixed with the kind's letter."""
    return name[:15] + bytes((name[15] ^ kind[0],))


def _add_agents(into: dict[bytes, Tree], salt: bytes, agent: Any) -> None:
    name = agent_digest(salt, agent)
    if name is not None:
        into[name] = agent
    for member in agent.get("member", ()):
        name = agent_digest(salt, member)
        if name is not None:
            into[name] = member


def _add_object(
    thing: Tree,
    salt: bytes,
    agents: dict[bytes, Tree],
    activities: set[bytes],
    inner_agents: dict[bytes, Tree],
    inner_activities: set[bytes],
) -> None:
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        activities.add(digest(salt, "activity", thing["id"]))
    elif kind in ("Agent", "Group"):
        _add_agents(agents, salt, thing)
    elif kind == "SubStatement":
        _add_agents(inner_agents, salt, thing["actor"])
        _add_object(
            thing["object"], salt, inner_agents, inner_activities, inner_agents, inner_activities
        )
        if context := thing.get("context"):
            _add_context(context, salt, inner_agents, inner_activities)


def _add_context(context: Tree, salt: bytes, agents: dict[bytes, Tree], acts: set[bytes]) -> None:
    for role in ("instructor", "team"):
        if role in context:
            _add_agents(agents, salt, context[role])
    for entry in context.get("contextAgents", ()):
        _add_agents(agents, salt, entry["agent"])
    for entry in context.get("contextGroups", ()):
        _add_agents(agents, salt, entry["group"])
    for activities in context.get("contextActivities", {}).values():
        for activity in activities if type(activities) is list else (activities,):
            acts.add(digest(salt, "activity", activity["id"]))


# Preparing what is stored ------------------------------------------------------------------------


@dataclass(slots=True)
class Prepared:
    """A statement worked out to its last row, but for its place in the log.

    `uuid` is the id as it is written, `given` tells whether the sender chose it. `target` is the
    id its StatementRef object names, if it has one; `voids` whether it voids that. `agents` are
    (digest, name digest, ifi, name), `definitions` (digest, iri, definition), all as they are
    stored.
    """

    id: bytes
    uuid: str
    given: bool
    pieces: tuple[bytes, ...]
    terms: list[bytes]
    target: bytes | None
    voids: bool
    agents: list[tuple[bytes, bytes, bytes, bytes]]
    definitions: list[tuple[bytes, bytes, bytes]]
    signature: bytes | None = None

    def body(self, stored: str) -> bytes:
        """The bytes to be returned, now that it is known when it was stored."""
        return stored.encode().join(self.pieces)


def prepare(
    raw: bytes,
    tree: Tree,
    *,
    salt: bytes,
    authority: bytes,
    authority_tree: Tree,
    as_source: bool,
    version: str,
) -> Prepared:
    """Work out everything that storing a statement needs. `tree` is `parse(raw)`, and sound.

    Here, and nowhere else, what came is changed: `id`, `stored`, `authority`, `version` where
    absent, `timestamp` in UTC, context activities as arrays. `version` is the one to write where
    the sender wrote none (Data 2.4.10). `as_source` tells that the authority is the source's own,
    by which no term is needed: such statements are told by their source.
    """
    given = "id" in tree
    identity = uuid.UUID(tree["id"]) if given else uuid.uuid4()
    text, members = str(identity), _members(raw)
    found = find({**tree, "authority": authority_tree}, salt)
    if not as_source:
        found.terms.append(authority_term(salt, authority))
    target, voids = reference(tree)
    return Prepared(
        id=identity.bytes,
        uuid=text,
        given=given,
        pieces=_pieces(members, tree, text, authority, version),
        terms=found.terms,
        target=target,
        voids=voids,
        agents=[_named(salt, name, agent) for name, agent in found.agents],
        definitions=_definitions(members, salt) if b'"definition"' in raw else [],
    )


def stored(body: bytes, salt: bytes) -> tuple[Prepared, bytes]:
    """What a statement is found by that is stored as these bytes, and its authority as it stands
    in them. Whether a term of its own finds the authority hangs on its source: see `prepare`."""
    tree, members = parse(body), _members(body)
    found = find(tree, salt)
    target, voids = reference(tree)
    prepared = Prepared(
        id=uuid.UUID(tree["id"]).bytes,
        uuid=tree["id"],
        given=True,
        pieces=(body,),
        terms=found.terms,
        target=target,
        voids=voids,
        agents=[_named(salt, name, agent) for name, agent in found.agents],
        definitions=_definitions(members, salt),
    )
    return prepared, bytes(members.get("authority", b""))


def reference(tree: Tree) -> tuple[bytes | None, bool]:
    """The id that a statement's object refers to, and whether the statement voids it."""
    thing = tree["object"]
    if thing.get("objectType") != "StatementRef":
        return None, False
    return uuid.UUID(thing["id"]).bytes, tree["verb"]["id"] == VOIDED


def _pieces(
    members: Mapping[str, msgspec.Raw], tree: Tree, identity: str, authority: bytes, version: str
) -> tuple[bytes, ...]:
    """The bytes to be returned, cut where the time of storing belongs."""
    parts = [b'{"id":"%s"' % identity.encode()]
    for name, value in members.items():
        if name in _OURS:
            continue
        if name == "timestamp":
            given = tree["timestamp"]
            utc = lexical.utc(given)
            value = value if utc == given else msgspec.Raw(json.dumps(utc))
        elif name == "context":
            value = _arrays(value, tree["context"])
        elif name == "object" and tree["object"].get("objectType") == "SubStatement":
            value = _substatement(value, tree["object"])
        parts.append(b',"%s":%s' % (name.encode(), bytes(value)))
    pieces = []
    if "timestamp" not in tree:
        parts.append(b',"timestamp":"')
        pieces.append(b"".join(parts))
        parts = [b'"']
    parts.append(b',"stored":"')
    pieces.append(b"".join(parts))
    tail = b"" if "version" in tree else b',"version":"%s"' % version.encode()
    pieces.append(b'","authority":%s%s}' % (authority, tail))
    return tuple(pieces)


_OURS = frozenset(("id", "stored", "authority"))


def _arrays(raw: msgspec.Raw, context: Tree) -> msgspec.Raw:
    """A context whose context activities are arrays (Data 2.4.6.2); the same bytes if they are."""
    activities = context.get("contextActivities")
    if not activities or all(type(each) is list for each in activities.values()):
        return raw
    inner = _members(_members(raw)["contextActivities"])
    wrapped = {
        name: bytes(each) if type(activities[name]) is list else b"[%s]" % bytes(each)
        for name, each in inner.items()
    }
    return _join(raw, "contextActivities", _object_of(wrapped.items()))


def _substatement(raw: msgspec.Raw, tree: Tree) -> msgspec.Raw:
    """A SubStatement with what a statement gets: its timestamp in UTC (IEEE 9274.1.1 4.2.7 asks
    it of every timestamp), its context activities as arrays."""
    if "timestamp" in tree and (utc := lexical.utc(tree["timestamp"])) != tree["timestamp"]:
        raw = _join(raw, "timestamp", json.dumps(utc).encode())
    if "context" in tree:
        context = _members(raw)["context"]
        fixed = _arrays(context, tree["context"])
        raw = raw if fixed is context else _join(raw, "context", bytes(fixed))
    return raw


def _join(raw: msgspec.Raw, name: str, value: bytes) -> msgspec.Raw:
    """An object with the value of one member put in its place."""
    members = _members(raw)
    return msgspec.Raw(
        _object_of((key, value if key == name else bytes(old)) for key, old in members.items())
    )


def _object_of(members: Iterable[tuple[str, bytes]]) -> bytes:
    return b"{%s}" % b",".join(b"%s:%s" % (json.dumps(k).encode(), v) for k, v in members)


def _named(salt: bytes, name: bytes, agent: Tree) -> tuple[bytes, bytes, bytes, bytes]:
    spoken = agent.get("name", "")
    return name, digest(salt, "name", spoken), actors.ifi_json(agent), spoken.encode()


def _definitions(
    members: Mapping[str, msgspec.Raw], salt: bytes
) -> list[tuple[bytes, bytes, bytes]]:
    """Every activity of a statement that came with a definition: digest, IRI, definition."""
    thing = _object(members["object"])
    things = [thing]
    if thing.objectType == "SubStatement" and thing.object:
        things.append(_object(thing.object))
    activities = [(each.id, each.definition) for each in things if each.objectType == "Activity"]
    own = _context(members["context"]) if "context" in members else None
    for context in (own, thing.context):
        if context:
            for group in context.contextActivities.values():
                for each in group if isinstance(group, list) else (group,):
                    activities.append((each.id, each.definition))
    return [
        (digest(salt, "activity", iri), iri.encode(), bytes(definition))
        for iri, definition in activities
        if definition
    ]
