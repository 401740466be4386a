"""The three document resources: State, Agent Profile, Activity Profile.

They are one resource with other names for its parts, so they are one table of `Kind`s here
(xAPI 1.0.3, Communication 2.2, 2.3, 2.6, 2.7; concurrency: 3.1 and IEEE 9274.1.1 4.1.4).
"""

import re
from dataclasses import dataclass
from functools import partial

import msgspec

from lrs.api import parameters
from lrs.api.wire import (
    JSON,
    Answer,
    Call,
    Resource,
    Use,
    http_date,
    json_answer,
    no_content,
    now,
    refused,
    tagged,
)
from lrs.errors import NotFound
from lrs.store import documents
from lrs.store.documents import Condition, Owner, Place
from lrs.xapi.documents import etag

_content_type = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}").fullmatch


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the resources: `what` is it in a sentence, `name` the parameter that names one
    document, `owner` the parameters that must be there to say whose it is."""

    kind: str
    what: str
    name: str
    owner: tuple[str, ...]
    optional: tuple[str, ...] = ()


STATE = Kind("state", "State", "stateId", ("activityId", "agent"), ("registration",))
AGENT_PROFILE = Kind("agent-profile", "Agent profile", "profileId", ("agent",))
ACTIVITY_PROFILE = Kind("activity-profile", "Activity profile", "profileId", ("activityId",))


def _owner(call: Call, kind: Kind) -> Owner:
    for name in kind.owner:
        call.required(name)
    activity = parameters.iri(call, "activityId")
    return documents.owner(call.store, kind.kind, activity, parameters.agent(call, "agent"))


def _place(call: Call, kind: Kind) -> Place:
    """Where the document that the request names stands."""
    owner = _owner(call, kind)
    name = call.required(kind.name)
    if not name:
        refused("it is empty; give the document a name", "Communication 2.2", kind.name)
    registration = parameters.identifier(call, "registration")
    return documents.place(call.store, owner, registration, name, kind.what)


def _condition(call: Call, kind: Kind) -> Condition:
    """What the headers ask of the document in place; for a PUT, also that there are any.

    | PUT without If-Match or If-None-Match | 1.0.x | 2.0 |
    |---|---|---|
    | State | taken | 409 over an existing one |
    | profiles, over an existing one | 409 | 409 |
    | profiles, a new one | 400 | taken |
    """
    match, none_match = call.header("If-Match"), call.header("If-None-Match")
    if call.method != "PUT":
        return Condition(match, none_match)
    profile, first_line = kind is not STATE, call.version.major == 1
    return Condition(
        match,
        none_match,
        replace_blindly=first_line and not profile,
        make_blindly=not (first_line and profile),
    )


def _content(call: Call) -> tuple[str, bytes]:
    """The type and bytes of the document sent."""
    content_type = call.content_type or "application/octet-stream"
    if not _content_type(content_type):
        refused("Content-Type must be printable ASCII, at most 255 characters", "RFC 9110 8.3")
    limit = call.context.settings.document_limit
    content = call.body().all("The document", limit, "JEJAK_DOCUMENT_LIMIT")
    if documents.media_type(content_type) == JSON:
        try:
            msgspec.json.decode(content, type=msgspec.Raw)
            content.decode()
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            refused(f"Content-Type says {JSON}, but {_why(error)}", "Communication 3.2")
    return content_type, content


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "the document is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"the document is not UTF-8 at byte {error.start}"
    return f"the document is not JSON: {error}"


def get(call: Call, kind: Kind) -> Answer:
    """One document, or the names of all."""
    if kind.name not in call.parameters:
        return names(call, kind)
    if "since" in call.parameters:
        refused(f"since asks for a list, and {kind.name} for one document", "Communication 2.2")
    place = _place(call, kind)
    with call.context.database.read() as connection:
        document = documents.get(connection, place)
    if document is None:
        raise NotFound(place.what)
    answer = Answer(document.content, 200, document.content_type)
    answer.headers["Last-Modified"] = http_date(document.updated)
    return tagged(call, answer, document.etag)


def names(call: Call, kind: Kind) -> Answer:
    """The names of an owner's documents, changed after `since`."""
    owner = _owner(call, kind)
    registration = parameters.identifier(call, "registration")
    since = parameters.moment(call, "since")
    with call.context.database.read() as connection:
        found = documents.names(connection, call.store, owner, registration, since)
    answer = json_answer([name for name, _ in found])
    if found:
        answer.headers["Last-Modified"] = http_date(max(updated for _, updated in found))
    return tagged(call, answer, etag(answer.get_data()))


def put(call: Call, kind: Kind) -> Answer:
    """Let a document stand, new or in place of another."""
    place, condition = _place(call, kind), _condition(call, kind)
    content_type, content = _content(call)
    moment = now(call.context)
    call.context.database.write(
        lambda connection: documents.put(
            connection, place, content_type, content, moment, condition
        )
    )
    return no_content()


def post(call: Call, kind: Kind) -> Answer:
    """Merge a JSON object into a document, or let the first stand."""
    place, condition = _place(call, kind), _condition(call, kind)
    content_type, content = _content(call)
    moment, limit = now(call.context), call.context.settings.document_limit
    call.context.database.write(
        lambda connection: documents.merge(
            connection, place, content_type, content, moment, limit, condition
        )
    )
    return no_content()


def delete(call: Call, kind: Kind) -> Answer:
    """Remove one document; of State, where none is named, all of the context given."""
    if kind is STATE and kind.name not in call.parameters:
        owner = _owner(call, kind)
        registration = parameters.identifier(call, "registration")
        call.context.database.write(
            lambda connection: documents.clear(connection, call.store, owner, registration)
        )
        return no_content()
    place, condition = _place(call, kind), _condition(call, kind)
    call.context.database.write(lambda connection: documents.delete(connection, place, condition))
    return no_content()


def _resource(path: str, kind: Kind, scope: str) -> Resource:
    one = frozenset((*kind.owner, *kind.optional, kind.name))
    return Resource(
        path,
        {
            "GET": Use(partial(get, kind=kind), f"{scope}/read", one | {"since"}),
            "PUT": Use(partial(put, kind=kind), f"{scope}/write", one),
            "POST": Use(partial(post, kind=kind), f"{scope}/write", one),
            "DELETE": Use(partial(delete, kind=kind), f"{scope}/write", one),
        },
    )


RESOURCES = (
    _resource("/activities/state", STATE, "state"),
    _resource("/agents/profile", AGENT_PROFILE, "profile"),
    _resource("/activities/profile", ACTIVITY_PROFILE, "profile"),
)
