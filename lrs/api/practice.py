"""What every request of the practice API has in common, whatever the resource.

A request becomes a `Call`: who asks (a key, by its scopes, or somebody who signed in to the pages,
by roles and relations), with which parameters and which body, checked by a schema. What a resource
does with it is a table of `Use`s, one for each method, and each names its action in
`lrs/auth/roles.py`. The OpenAPI document is written off the same table.

Errors are `application/problem+json` (RFC 9457). Lists go on by a cursor: the place and the filters
of the list, encrypted under a key of the tenant, so that it shows nothing of a person, holds for
ever, and cannot be made up.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from flask import Blueprint, current_app, request
from marshmallow import Schema
from sqlalchemy import Connection

from lrs import errors
from lrs.api import wire
from lrs.api.wire import Answer
from lrs.auth import keys, relations, roles
from lrs.auth.relations import Viewer
from lrs.context import Context
from lrs.errors import Problem, Refused
from lrs.practice.cases import date_of, days
from lrs.store import accounts, audit, practice
from lrs.store.accounts import Principal, Tenant
from lrs.store.cases import Page, Place
from schemas import practice as shapes

PROBLEM: Final = "application/problem+json"
PREFIX: Final = "/practice/api/v1"

#: Under this name the pages say who signed in, for requests of their own browsers: a function of
#: the request that answers a `SignedIn`, or None.
SIGNED_IN: Final = "jejak-signed-in"

_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who signed in to the pages: their tenant, their login, their roles, and which person
    of the register they are, if any."""

    tenant: Tenant
    login: str
    roles: frozenset[str]
    person: bytes | None


@dataclass(frozen=True, slots=True)
class Use:
    """One method of a resource. `says` is its sentence in the OpenAPI document; `query` and `body`
    are what it takes, `answers` what it gives, a page of it where `paged`. `files`: the body may be
    `multipart/form-data`, the JSON in the part `part`. `raw`: the body is a file as it is, of the
    content types that it `takes`. `status` of a success."""

    run: Callable[["Call"], Any]
    action: str
    says: str
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    answers: type[Schema] | None = None
    paged: bool = False
    files: bool = False
    part: str = "evidence"
    raw: bool = False
    takes: tuple[str, ...] = ("text/csv", "application/octet-stream")
    status: int = 200


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource under `/practice/api/v1`; parts of the path in angle brackets are ids."""

    path: str
    uses: Mapping[str, Use] = field(default_factory=dict)


class Call:
    """One request, signed in and checked. `by` names who asks in what is written."""

    def __init__(
        self, context: Context, use: Use, who: Principal | SignedIn, parts: Mapping[str, bytes]
    ) -> None:
        self.context, self.use, self.parts = context, use, parts
        self.who = who
        self.now: datetime = context.clock()
        #: For work in the writer's thread, which knows of no request.
        self.headers = request.headers
        self.given: dict[str, str] = {}
        self.query: dict[str, Any] = {}
        self.body: dict[str, Any] = {}
        self.place: Place | None = None

    @cached_property
    def tenant(self) -> Tenant:
        if isinstance(self.who, SignedIn):
            return self.who.tenant
        with self.context.database.read() as connection:
            every = accounts.tenants(connection)
        return next(each for each in every if each.id == self.who.tenant_id)

    @property
    def today(self) -> int:
        return days(date_of(self.now))

    @property
    def viewer(self) -> Viewer | None:
        """Who signed in; None for a key."""
        if not isinstance(self.who, SignedIn):
            return None
        return Viewer(
            tenant_id=self.who.tenant.id,
            roles=self.who.roles,
            person=self.who.person,
            day=self.today,
        )

    def by(self, named: bytes | None = None) -> str:
        """Who does what is asked, as records name them. `named`: a person that a key acts for."""
        if isinstance(self.who, SignedIn):
            if named is not None and named != self.who.person:
                raise Refused(
                    Problem("by", "You act for yourself; leave this out. A key acts for others.")
                )
            return _person(self.who.person) if self.who.person else f"user:{self.who.login}"
        return _person(named) if named is not None else f"user:key-of-{self.who.name}"

    def whose(self, connection: Connection, action: str | None = None) -> frozenset[bytes] | None:
        """With whose things the caller may do this; None: everybody's, but for those whom `seen`
        leaves out."""
        viewer = self.viewer
        if viewer is None:
            assert isinstance(self.who, Principal)
            roles.require_key(self.who, action or self.use.action)
            return None
        return relations.whose(connection, viewer, action or self.use.action)

    def whose_of(self, connection: Connection, person: bytes | None) -> frozenset[bytes] | None:
        """Like `whose`, where the caller asks for one person's things (None: for no one's in
        particular)."""
        within = self.whose(connection)
        if person is None:
            return within
        some = self.seen(connection, [person])
        return some if within is None else some & within

    def seen(self, connection: Connection, people: Iterable[bytes]) -> frozenset[bytes]:
        """Of these people, those of whom something may be shown to a caller who reaches everybody.
        Of whom what is held is only kept, a key finds nothing that does not keep the register."""
        viewer = self.viewer
        if viewer is not None:
            return relations.seen(connection, viewer, people)
        found = frozenset(people)
        if self.reaches("people/write"):
            return found
        return found - practice.restricted(connection, self.tenant.id)

    def reaches(self, action: str | None = None) -> frozenset[str]:
        """By which reaches the caller may do this; a key that may has everybody's."""
        if isinstance(self.who, SignedIn):
            return roles.reach(self.who.roles, action or self.use.action)
        allowed = roles.key_may(self.who, action or self.use.action)
        return frozenset({"all"}) if allowed else frozenset()

    def require(self, connection: Connection, subject: bytes | None, what: str) -> None:
        """That the caller may do this with what is that person's; else as if it were not there."""
        within = self.whose_of(connection, subject)
        if within is not None and subject not in within:
            raise errors.NotFound(what)

    def require_everybody(self) -> None:
        """That the caller may do this with everybody's things: a list may name anybody."""
        if "all" not in self.reaches():
            raise errors.Forbidden("that reaches everybody in the tenant", ())

    @property
    def near(self) -> Callable[[Connection, bytes | None], frozenset[str]]:
        """How the caller stands to a person; a key stands to nobody."""
        viewer = self.viewer
        if viewer is None:
            return lambda connection, subject: frozenset()
        return lambda connection, subject: relations.related(connection, viewer, subject)

    def page(self, page: Page[Any]) -> dict[str, Any]:
        """A page as it is answered: its rows, and the address where the list goes on."""
        assert self.use.answers is not None
        schema = _schema(self.use.answers)
        answer: dict[str, Any] = {"items": [schema.dump(each) for each in page.rows], "next": None}
        if page.after is not None:
            told = {"filters": self.given, "after": page.after}
            cursor = _seal(self.tenant, request.path, told)
            path = wire.path_of(request.environ, self.context)
            answer["next"] = f"{path}?{urlencode({'after': cursor})}"
        return answer

    def content(self, what: str) -> bytes:
        """The body as it is."""
        limit = self.context.settings.body_limit
        return wire.Body(request.environ).all(what, limit, "JEJAK_BODY_LIMIT")


# Requests ------------------------------------------------------------------------------------


def blueprint(resources: Iterable[Resource]) -> Blueprint:
    """The resources as Flask routes."""
    made = Blueprint("practice_api", __name__)
    for resource in resources:
        endpoint = resource.path.strip("/").translate(str.maketrans("/<>-.", "_____"))
        made.add_url_rule(
            resource.path,
            endpoint,
            _view(resource),
            methods=wire.METHODS,
            provide_automatic_options=False,
        )
    return made


def _view(resource: Resource) -> Callable[..., Answer]:
    def view(**parts: str) -> Answer:
        context: Context = current_app.extensions["jejak"]
        try:
            answer = _answer(resource, parts, context)
        except errors.JejakError as error:
            answer = problem(error)
        except Exception as error:
            answer = as_problem(wire.unexpected(error, request.method))
        for name, value in (*wire.INERT, ("Cache-Control", "no-store")):
            answer.headers[name] = value
        if answer.headers.get("ETag"):
            answer.headers["Cache-Control"] = "no-cache"
        return answer

    return view


def _answer(resource: Resource, parts: Mapping[str, str], context: Context) -> Answer:
    method = "GET" if request.method == "HEAD" else request.method
    use = resource.uses.get(method)
    if use is None:
        allowed = ", ".join(resource.uses)
        answer = _problem(
            HTTPStatus.METHOD_NOT_ALLOWED,
            f"{resource.path} has no {request.method[:20]}; it has {allowed}.",
        )
        answer.headers["Allow"] = allowed
        return answer
    who = _who(context)
    call = Call(context, use, who, _parts(parts))
    _permit(call)
    _read_query(call)
    _read_body(call)
    made = use.run(call)
    _note(call, resource)
    if isinstance(made, Answer):
        return made
    if isinstance(made, Page):
        return wire.json_answer(call.page(made), use.status)
    if use.answers is not None and not isinstance(made, dict):
        made = _schema(use.answers).dump(made)
    return wire.json_answer(made, use.status)


#: What is about nobody in particular, and is not noted when it is read.
_OF_NOBODY: Final = frozenset({"programmes/read", "units/read", "figures/read"})


def _note(call: Call, resource: Resource) -> None:
    """Write into the audit trail who saw or changed what: by ids, never by names."""
    if call.use.action in _OF_NOBODY:
        return
    who = f"user:{call.who.login}" if isinstance(call.who, SignedIn) else f"key:{call.who.name}"
    named = " ".join(f"{name} {value.hex()}" for name, value in call.parts.items())
    subject = f"{request.method} {resource.path} {named}".strip()[:200]
    tenant_id, action, now = call.tenant.id, f"api/{call.use.action}", call.now
    call.context.database.write(
        lambda c: audit.note(c, tenant_id, at=now, who=who, action=action, subject=subject)
    )


def _who(context: Context) -> Principal | SignedIn:
    """Who asks: a key or a token in the header, else whoever signed in to the pages.

    A browser sends its cookies along with what other sites ask of it, so what writes must come
    from a page of ours: browsers say so themselves.
    """
    header = request.headers.get("Authorization")
    find = current_app.extensions.get(SIGNED_IN)
    if header is None and find is not None:
        found: SignedIn | None = find(request)
        if found is not None:
            if request.method in _UNSAFE and request.headers.get("Sec-Fetch-Site") != "same-origin":
                raise errors.Forbidden("of a page of ours: another site asked for this", ())
            return found
    return keys.authenticate(context.database, header, context.settings, context.clock())


def _permit(call: Call) -> None:
    """That the caller may do this at all; with whose things is for the resource to ask."""
    if isinstance(call.who, Principal):
        roles.require_key(call.who, call.use.action)
    elif not roles.reach(call.who.roles, call.use.action):
        refused = roles.decide(call.who.roles, call.use.action)
        assert isinstance(refused, roles.Refusal)
        raise refused.error


def _parts(parts: Mapping[str, str]) -> dict[str, bytes]:
    """The ids of the path: cases and the like by hexadecimal digits, people by UUID."""
    found = {}
    for name, text in parts.items():
        one: Any = shapes.PersonId() if name == "person" else shapes.Id()
        try:
            found[name] = one.deserialize(text.lower())
        except Exception:
            if name == "figure":
                found[name] = text.encode()
                continue
            raise errors.NotFound(f"a {name} {text[:80]}") from None
    return found


def _read_query(call: Call) -> None:
    given = wire.query_parameters(request.environ.get("QUERY_STRING", ""))
    if call.use.paged and "after" in given:
        if given.keys() - {"after"}:
            raise Refused(Problem("after", "A list goes on with `after` alone; it holds the rest."))
        told = _open(call.tenant, request.path, given["after"])
        call.place = tuple(told["after"])
        given = told["filters"]
    if call.use.query is None:
        if given:
            known = f"{next(iter(given))[:80]}"
            raise Refused(Problem(known, "There are no parameters here."))
        return
    call.given = given
    call.query = shapes.load(_schema(call.use.query), given)


def _read_body(call: Call) -> None:
    if call.use.body is None or call.use.raw:
        return
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if call.use.files and kind == "multipart/form-data":
        return
    if kind != wire.JSON:
        also = " or multipart/form-data" if call.use.files else ""
        raise errors.UnsupportedMedia(kind[:80], f"{wire.JSON}{also}")
    call.body = shapes.load(_schema(call.use.body), tree(call.content("The body")))


def tree(raw: bytes) -> dict[str, Any]:
    """JSON that is an object. Refused: it is none, or names a member twice."""
    try:
        found = json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_never)
    except (ValueError, RecursionError) as error:
        raise Refused(Problem("", f"The body is no JSON: {error}.")) from None
    if not isinstance(found, dict):
        raise Refused(Problem("", "The body must be a JSON object."))
    return found


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("an object names a member twice")
    return found


def _never(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


@lru_cache(maxsize=256)
def _schema(made: type[Schema]) -> Schema:
    return made()


def submission(call: Call) -> str | None:
    """The UUID by which the same request, sent again, is known: from the body, or from the header
    `Idempotency-Key`."""
    told = call.body.get("submission") or call.headers.get("Idempotency-Key")
    if told is None:
        return None
    try:
        return str(uuid.UUID(str(told).strip('"')))
    except ValueError:
        raise Refused(Problem("Idempotency-Key", "This must be a UUID.")) from None


def _person(person: bytes) -> str:
    return str(uuid.UUID(bytes=person))


def plain(value: Any) -> Any:
    """What dataclasses come to as JSON: ids of people as UUIDs, other bytes in hexadecimal."""
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if isinstance(value, bytes):
        return str(uuid.UUID(bytes=value)) if len(value) == 16 else value.hex()
    return str(value) if isinstance(value, (uuid.UUID, date)) else value


# Cursors -------------------------------------------------------------------------------------


def _cipher(tenant: Tenant) -> AESSIV:
    salt = tenant.practice.salt
    return AESSIV(hashlib.blake2b(b"cursors of lists", key=salt, digest_size=64).digest())


def _seal(tenant: Tenant, path: str, told: Mapping[str, Any]) -> str:
    """A cursor. The same place gives the same text, so that pages can be compared."""
    sealed = _cipher(tenant).encrypt(msgspec.json.encode(told), [path.encode()])
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _open(tenant: Tenant, path: str, cursor: str) -> dict[str, Any]:
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        told: dict[str, Any] = json.loads(_cipher(tenant).decrypt(sealed, [path.encode()]))
    except (ValueError, InvalidTag):
        raise Refused(
            Problem("after", "This is no place in this list; take it from `next`, as it is.")
        ) from None
    return told


# Problems ------------------------------------------------------------------------------------


def problem(error: errors.JejakError) -> Answer:
    """An error of ours as RFC 9457 has it."""
    told = wire.refusal(error)
    status = told.status_code
    if isinstance(error, errors.Unauthenticated):
        told.headers["WWW-Authenticate"] = 'Basic realm="Jejak", charset="UTF-8", Bearer'
    return as_problem(told, status, type(error).__mro__)


def as_problem(told: Answer, status: int = 500, family: tuple[type, ...] = ()) -> Answer:
    """An answer of the other doors that tells of an error, as one of this."""
    body = json.loads(told.get_data())
    named = next((each.__name__ for each in family if each in wire.STATUS), "Unexpected")
    made = {
        "type": f"urn:jejak:problem:{_dashed(named)}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": body.pop("error"),
        **body,
    }
    told.set_data(msgspec.json.encode(made))
    told.headers["Content-Type"] = PROBLEM
    return told


def _problem(status: HTTPStatus, detail: str) -> Answer:
    return as_problem(wire.json_answer({"error": detail}, status), status)


def _dashed(name: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")
