"""What every xAPI request and answer has in common, whatever the resource.

A request becomes a `Call`: who asks, in which version, with which parameters, checked; also one
that came in the alternate syntax. What a resource does with it is a table of `Use`s, one for each
method. Whatever is raised becomes an answer by the one table error → status below, as JSON:

    {"error": "<a sentence>",
     "problems": [{"index": 0, "path": "…", "message": "…", "clause": "…"}]}

Where the versions differ at the door: the alternate request syntax is here (1.0.x alone has it);
what a PUT of a document must carry is in `documents.py`.
"""

import difflib
import logging
import re
import secrets
import zlib
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import parse_qsl, urlsplit

import msgspec
from flask import Blueprint, current_app, request
from werkzeug.exceptions import HTTPException

from lrs import errors
from lrs.auth import keys, scopes
from lrs.context import Context
from lrs.errors import Problem
from lrs.store.accounts import Principal, StoreRef
from lrs.store.engine import is_away
from lrs.xapi import documents, versions
from lrs.xapi.versions import Version

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

STATUS: Final[Mapping[type[errors.JejakError], HTTPStatus]] = {
    errors.Refused: HTTPStatus.BAD_REQUEST,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnsupportedMedia: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.Busy: HTTPStatus.SERVICE_UNAVAILABLE,
}

JSON: Final = "application/json"
METHODS: Final = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE")
COMPRESS_FROM: Final = 1024
MOST_PARAMETERS: Final = 100
MOST_PROBLEMS: Final = 100
CHUNK: Final = 64 * 1024
#: Of a gzipped body. Empty ones are twenty bytes of work for nothing, and no limit sees them.
MOST_MEMBERS: Final = 1000

#: What senders stored is answered from our own address, HTML and script included: a browser is to
#: take it for what it is called, run nothing of it, and give it no address to belong to.
INERT: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
)

_ALLOWED_HEADERS: Final = (
    "Authorization, Content-Type, Content-Encoding, Accept, Accept-Language, If-Match,"
    " If-None-Match, X-Experience-API-Version"
)
_EXPOSED_HEADERS: Final = (
    "ETag, Last-Modified, X-Experience-API-Version, X-Experience-API-Consistent-Through"
)

log = logging.getLogger(__name__)


# Answers ------------------------------------------------------------------------------------


class Answer:
    """An answer whose body is bytes already, or a stream of them: a WSGI application.

    `headers` are by the names that we give them, which are spelt alike everywhere. Bytes go to the
    server as a list of one, which servers send in one piece with its length.
    """

    __slots__ = ("headers", "response", "status_code")

    def __init__(
        self,
        body: bytes | Iterable[bytes] = b"",
        status: int = 200,
        content_type: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.status_code = int(status)
        self.headers: dict[str, str] = {}
        self.response: Iterable[bytes]
        if content_type is not None and status != HTTPStatus.NO_CONTENT:
            self.headers["Content-Type"] = content_type
        if isinstance(body, bytes):
            self.set_data(body)
        else:
            self.response = body
        self.headers.update(headers)

    def set_data(self, body: bytes) -> None:
        """Answer these bytes."""
        self.response = [body]
        if self.status_code not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            self.headers["Content-Length"] = str(len(body))

    def get_data(self) -> bytes:
        """The bytes answered."""
        return b"".join(self.response)

    def vary(self, header: str) -> None:
        """Say that the answer hangs on this header of the request too."""
        said = self.headers.get("Vary")
        self.headers["Vary"] = header if said is None else f"{said}, {header}"

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        start_response(_STATUS_LINES[self.status_code], list(self.headers.items()))
        if environ["REQUEST_METHOD"] != "HEAD":
            return self.response
        if isinstance(self.response, Generator):
            self.response.close()
        return []


_STATUS_LINES: Final = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


def json_answer(
    value: object, status: int = 200, headers: Iterable[tuple[str, str]] = ()
) -> Answer:
    """An answer of JSON; `value` is encoded unless it is bytes of JSON already."""
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return Answer(body, status, JSON, headers)


def no_content() -> Answer:
    return Answer(status=HTTPStatus.NO_CONTENT)


def http_date(micros: int) -> str:
    """A moment as HTTP writes it, to the second."""
    return formatdate(micros // 1_000_000, usegmt=True)


def tagged(call: "Call", answer: Answer, etag: str) -> Answer:
    """The answer with its ETag, or 304 without a body where the client holds it already."""
    answer.headers["ETag"] = etag
    held = call.header("If-None-Match")
    if held is not None and documents.matches(held, etag):
        answer.status_code = HTTPStatus.NOT_MODIFIED.value
        answer.set_data(b"")
        for name in ("Content-Length", "Content-Type"):
            answer.headers.pop(name, None)
    return answer


def refusal(error: errors.JejakError) -> Answer:
    """What an error of ours looks like on the wire."""
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    body: dict[str, Any] = {"error": str(error)}
    if isinstance(error, (errors.Refused, errors.Conflict)) and error.problems:
        body["problems"] = [problem.facts() for problem in error.problems[:MOST_PROBLEMS]]
    answer = json_answer(body, status)
    if isinstance(error, errors.Unauthenticated):
        answer.headers["WWW-Authenticate"] = 'Basic realm="xAPI", charset="UTF-8"'
    elif isinstance(error, errors.Busy):
        answer.headers["Retry-After"] = "1"
    elif isinstance(error, errors.UnsupportedMedia) and error.header == "Content-Encoding":
        answer.headers["Accept-Encoding"] = "gzip"
    return answer


def refused(message: str, clause: str, path: str = "") -> NoReturn:
    """Raise Refused with one problem."""
    raise errors.Refused(Problem(path, message, clause))


def unexpected(error: Exception, method: str) -> Answer:
    """A defect of ours: told to the operator in full, to the client by a number to name it by.

    A database that is away is none: the client is to come back, the operator need not be woken
    by a trace for every request.
    """
    if is_away(error):
        log.warning("database_not_answering", extra={"error": type(error.__cause__).__name__})
        return refusal(errors.Busy())
    number = secrets.token_hex(6)
    log.error("unexpected_error", exc_info=error, extra={"id": number, "method": method})
    sentence = f"Something failed on this side; the operator finds it in the log as {number}."
    return json_answer({"error": sentence, "id": number}, HTTPStatus.INTERNAL_SERVER_ERROR)


def http_problem(error: HTTPException) -> Answer:
    """What werkzeug refuses, as ours: JSON, and its headers such as Allow."""
    status = error.code or 500
    sentence = error.description or HTTPStatus(status).phrase
    if status == HTTPStatus.NOT_FOUND:
        served = [str(rule) for rule in current_app.url_map.iter_rules()]
        near = difflib.get_close_matches(request.path, served, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        sentence = f"Nothing is served at {request.path[:200]}.{hint}"
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        sentence = f"{request.method} is not a method of {request.path[:200]}."
    answer = json_answer({"error": sentence}, status)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    return answer


# Requests -----------------------------------------------------------------------------------


class Body:
    """The body of a request: read once, forwards, unpacked where it came gzipped.

    Raises Refused where it ends before the length it announced, or is no gzip; UnsupportedMedia
    for another encoding. It never reads more than it is asked for, so who reads sets the limit.
    """

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._stream = environ["wsgi.input"]
        self._left = _announced(environ)
        self.announced = self._left
        encoding = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise errors.UnsupportedMedia(
                encoding[:80], "the body as it is, or gzip", "Content-Encoding"
            )
        self._unpacker: Any = None
        if encoding.endswith("gzip"):
            self.announced = None
            self._unpacker = zlib.decompressobj(31)
        self._packed = b""
        self._begun = False
        self._members = 1

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, b"" at the end; all of them where `size` is negative."""
        if size < 0:
            return b"".join(iter(lambda: self.read(CHUNK), b""))
        return self._raw(size) if self._unpacker is None else self._unpacked(size)

    def all(self, what: str, limit: int, setting: str) -> bytes:
        """The whole body. Raises TooLarge past `limit` bytes, at once where it announced more."""
        if self.announced is not None and self.announced > limit:
            raise errors.TooLarge(what, limit, setting)
        pieces, length = [], 0
        while piece := self.read(limit + 1 - length):
            pieces.append(piece)
            length += len(piece)
            if length > limit:
                raise errors.TooLarge(what, limit, setting)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _raw(self, size: int) -> bytes:
        if self._left is None:
            data = self._taken(size)
        else:
            data = self._taken(min(size, self._left)) if self._left else b""
            self._left -= len(data)
            if not data and self._left:
                refused(
                    f"the body ends {self._left} bytes before its Content-Length; it was cut off"
                    " on the way, send it again whole",
                    "RFC 9112 6.3",
                )
        return data

    def _taken(self, size: int) -> bytes:
        try:
            return bytes(self._stream.read(size))
        except OSError as gone:
            raise errors.Refused(
                Problem("", "the connection was closed in the middle of the body", "RFC 9112 6.3")
            ) from gone

    def _unpacked(self, size: int) -> bytes:
        while size:
            if not self._packed:
                self._packed = self._raw(CHUNK)
                if not self._packed:
                    if self._begun and not self._unpacker.eof:
                        refused("the gzipped body ends too early; it was cut off", "RFC 1952")
                    return b""
            if self._unpacker.eof:  # a gzip file may have several members, one after another
                self._members += 1
                if self._members > MOST_MEMBERS:
                    refused(
                        f"the gzipped body is in more than {MOST_MEMBERS} pieces; pack it as one",
                        "RFC 1952",
                    )
                self._unpacker = zlib.decompressobj(31)
            self._begun = True
            try:
                data = self._unpacker.decompress(self._packed, size)
            except zlib.error as error:
                raise errors.Refused(
                    Problem("", "Content-Encoding says gzip, and the body is not gzip", "RFC 1952")
                ) from error
            self._packed = self._unpacker.unconsumed_tail or self._unpacker.unused_data
            if data:
                return bytes(data)
        return b""


def _announced(environ: Mapping[str, Any]) -> int | None:
    """The length a body says it has; None for one that is chunked."""
    length = environ.get("CONTENT_LENGTH")
    if not length:
        return None if environ.get("wsgi.input_terminated") else 0
    if not (length.isascii() and length.isdigit() and len(length) <= 18):
        refused(f"Content-Length {length[:40]!r} is not a number of bytes", "RFC 9112 6.2")
    return int(length)


@dataclass(slots=True)
class Call:
    """One request, ready to be worked on: signed in, of a known version, parameters known.

    `path` is where the resource is served, for links. `granted` is the scope that let it in.
    """

    method: str
    path: str
    version: Version
    principal: Principal
    granted: scopes.Granted
    store: StoreRef
    parameters: dict[str, str]
    environ: Mapping[str, Any]
    context: Context

    def header(self, name: str) -> str | None:
        """A request header, also one that came as a form field; None where absent."""
        value: str | None = self.environ.get("HTTP_" + name.upper().replace("-", "_"))
        return value

    @property
    def content_type(self) -> str:
        return str(self.environ.get("CONTENT_TYPE") or "")

    def body(self) -> Body:
        return Body(self.environ)

    def required(self, name: str) -> str:
        """A parameter that must be there."""
        value = self.parameters.get(name)
        if value is None:
            refused(f"the parameter {name} is missing", "Communication 2.0", name)
        return value


@dataclass(frozen=True, slots=True)
class Use:
    """One method of a resource: the function, what it is in the table of scopes, its parameters."""

    run: Callable[[Call], Answer]
    action: str
    parameters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource under the endpoint. GET answers HEAD too.

    `stamp` gives headers that stand on every answer, errors included. `open` ones ask neither
    for a key nor for a version, and get no `Call`.
    """

    path: str
    uses: Mapping[str, Use] = field(default_factory=dict)
    stamp: Callable[[Context], Iterable[tuple[str, str]]] | None = None
    open: Callable[[Context], Answer] | None = None


class View:
    """How a resource answers a request. In the practice store only reading, with its own scope.

    `answer` needs nothing of Flask, so that requests can go straight to it; called without
    arguments it is a view of Flask's.
    """

    def __init__(self, resource: Resource, *, practice: bool) -> None:
        self._resource, self._practice = resource, practice
        self._uses = {
            method: Use(use.run, "practice/read", use.parameters) if practice else use
            for method, use in resource.uses.items()
            if not practice or method == "GET"
        }
        self.__name__ = resource.path.strip("/").replace("/", "_")

    def __call__(self) -> Answer:
        return self.answer(request.environ, current_app.extensions["jejak"])

    def answer(self, environ: Mapping[str, Any], context: Context) -> Answer:
        """The answer to this request, whatever goes wrong with it."""
        resource, uses = self._resource, self._uses
        version = spoken(environ, context)
        try:
            if environ["REQUEST_METHOD"] == "OPTIONS":
                answer = _options(uses, resource, context)
            elif resource.open is not None:
                answer = _open(resource, environ, context)
            else:
                method, parameters, plain = _plain(environ, context)
                if plain is not environ:
                    version = spoken(plain, context)
                call, use = _call(method, parameters, plain, uses, self._practice, context)
                answer = use.run(call)
        except errors.JejakError as error:
            answer = refusal(error)
        except _NotAMethod as error:
            answer = _not_a_method(uses, resource, str(error))
        except Exception as error:
            answer = unexpected(error, environ["REQUEST_METHOD"])
        if (
            resource.stamp is not None
            and "X-Experience-API-Consistent-Through" not in answer.headers
        ):
            answer.headers.update(resource.stamp(context))
        return finish(answer, environ, context, version)


def blueprint(name: str, resources: Iterable[Resource], *, practice: bool) -> Blueprint:
    """The resources as Flask routes."""
    made = Blueprint(name, __name__)
    for resource in resources:
        view = View(resource, practice=practice)
        made.add_url_rule(
            resource.path, view.__name__, view, methods=METHODS, provide_automatic_options=False
        )
    return made


class _NotAMethod(Exception):
    """The resource has no such method."""


def spoken(environ: Mapping[str, Any], context: Context) -> str:
    """The version to name on an answer: the one asked for, where that can be told."""
    try:
        return versions.negotiate(environ.get("HTTP_X_EXPERIENCE_API_VERSION")).text
    except errors.Refused:
        return context.settings.assumed_version


def _plain(
    environ: Mapping[str, Any], context: Context
) -> tuple[str, dict[str, str], Mapping[str, Any]]:
    """(method, parameters, environ), whichever syntax the request came in."""
    method = environ["REQUEST_METHOD"]
    parameters = query_parameters(environ.get("QUERY_STRING", ""))
    if method == "POST" and "method" in parameters:
        return _alternate(parameters, environ, context)
    return method, parameters, environ


def _call(
    method: str,
    parameters: dict[str, str],
    environ: Mapping[str, Any],
    uses: Mapping[str, Use],
    practice: bool,
    context: Context,
) -> tuple[Call, Use]:
    """Everything that can be wrong with a request before its resource has a look at it."""
    principal = keys.authenticate(
        context.database,
        environ.get("HTTP_AUTHORIZATION"),
        context.settings,
        context.clock(),
    )
    version = versions.negotiate(environ.get("HTTP_X_EXPERIENCE_API_VERSION"))
    use = uses.get("GET" if method == "HEAD" else method)
    if use is None:
        raise _NotAMethod(method)
    granted = scopes.require(principal, use.action)
    if not parameters.keys() <= use.parameters:
        _unknown(parameters, use.parameters, method)
    return Call(
        method=method,
        path=path_of(environ, context),
        version=version,
        principal=principal,
        granted=granted,
        store=principal.practice if practice else principal.learning,
        parameters=parameters,
        environ=environ,
        context=context,
    ), use


def path_of(environ: Mapping[str, Any], context: Context) -> str:
    """The path of this resource as clients see it, also behind a proxy that adds to it."""
    public = context.settings.public_url
    before = urlsplit(public).path if public else environ.get("SCRIPT_NAME", "")
    return f"{before}{environ.get('PATH_INFO', '')}"


def now(context: Context) -> int:
    """The time by the context's clock, in microseconds since 1970."""
    return int(context.clock().timestamp() * 1_000_000)


def query_parameters(query: str) -> dict[str, str]:
    """The parameters of a query string or form, each at most once.

    `query` holds bytes as WSGI gives them, one character each. Raises Refused for what is not
    UTF-8, for NUL, and for a name that occurs twice: which of the two should hold is a guess.
    """
    if not query:
        return {}
    try:
        text = query if query.isascii() else query.encode("latin-1").decode()
        pairs = parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except UnicodeError as error:
        raise errors.Refused(
            Problem("", "the parameters are not UTF-8", "Communication 1.4")
        ) from error
    except ValueError as error:
        raise errors.Refused(
            Problem("", f"there are more than {MOST_PARAMETERS} parameters", "Communication 3.2")
        ) from error
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        refused(f"the parameter {twice[:80]!r} is given twice", "Communication 3.2", twice[:80])
    if "\0" in text or "%00" in text:
        for name, value in pairs:
            if "\0" in name or "\0" in value:
                refused("the parameter has a NUL character", "Communication 3.2", name[:80])
    return parameters


def _unknown(given: Iterable[str], known: frozenset[str], method: str) -> NoReturn:
    """Say which parameter is not known here, and which one may have been meant."""
    for name in given:
        if name not in known:
            shown = name[:80]
            same = [other for other in known if other.lower() == name.lower()]
            near = same or difflib.get_close_matches(shown, sorted(known), 1, 0.5)
            if near:
                hint = f"; did you mean {near[0]}? Upper and lower case count"
            else:
                hint = f"; known are {', '.join(sorted(known))}" if known else "; none is known"
            refused(f"{method} has no parameter {shown!r} here{hint}", "Communication 3.2", shown)
    raise AssertionError("every parameter is known")


_FORM_HEADERS: Final = {
    "authorization": "HTTP_AUTHORIZATION",
    "x-experience-api-version": "HTTP_X_EXPERIENCE_API_VERSION",
    "content-type": "CONTENT_TYPE",
    "content-length": "CONTENT_LENGTH",
    "if-match": "HTTP_IF_MATCH",
    "if-none-match": "HTTP_IF_NONE_MATCH",
}


def _alternate(
    query: dict[str, str], environ: Mapping[str, Any], context: Context
) -> tuple[str, dict[str, str], Mapping[str, Any]]:
    """A request in the alternate syntax as the plain one it stands for (Communication 1.3).

    (method, parameters, environ). It exists for browsers that could neither set headers nor a
    content type, so the form is read whatever its type is said to be. 2.0 does not have it.
    """
    clause = "Communication 1.3"
    method = query["method"]
    if len(query) > 1:
        other = next(name for name in query if name != "method")
        refused(
            f"with the parameter method, all others stand in the form, also {other[:80]!r}", clause
        )
    if method not in ("GET", "HEAD", "PUT", "POST", "DELETE"):
        refused(f"method={method[:40]!r} is none of GET, HEAD, PUT, POST, DELETE", clause, "method")
    raw = Body(environ).all("The form", context.settings.body_limit, "JEJAK_BODY_LIMIT")
    parameters = query_parameters(raw.strip().decode("latin-1"))
    plain = {**environ, "CONTENT_TYPE": JSON}
    plain.pop("HTTP_CONTENT_ENCODING", None)
    for name in [name for name in parameters if name.lower() in _FORM_HEADERS]:
        value = parameters.pop(name)
        if not _header_value(value):
            refused(f"the form field {name} has characters no header may have", clause, name)
        plain[_FORM_HEADERS[name.lower()]] = value
    content = parameters.pop("content", None)
    if content is None and method in ("PUT", "POST"):
        refused(f"a {method} must have its body in the form field content", clause, "content")
    if versions.negotiate(plain.get("HTTP_X_EXPERIENCE_API_VERSION")).major != 1:
        refused(
            "2.0 has no alternate request syntax; send method, headers and body as they are",
            "IEEE 9274.1.1",
            "method",
        )
    body = (content or "").encode()
    plain["CONTENT_LENGTH"] = str(len(body))
    plain["wsgi.input"] = BytesIO(body)
    return method, parameters, plain


# The frame around every answer --------------------------------------------------------------


def finish(answer: Answer, environ: Mapping[str, Any], context: Context, version: str) -> Answer:
    """The headers that stand on every answer, and gzip where it is asked for and worth it."""
    headers = answer.headers
    headers["X-Experience-API-Version"] = version
    headers.update(INERT)
    allowed = context.settings.cors_origins
    if allowed:
        if allowed != "*":
            origin = environ.get("HTTP_ORIGIN", "")
            answer.vary("Origin")
            allowed = origin if origin in allowed.split() else ""
        if allowed:
            headers["Access-Control-Allow-Origin"] = allowed
            headers["Access-Control-Expose-Headers"] = _EXPOSED_HEADERS
    _compress(answer, environ)
    return answer


def _compress(answer: Answer, environ: Mapping[str, Any]) -> None:
    body = answer.response
    if (
        not isinstance(body, list)
        or len(body[0]) < COMPRESS_FROM
        or not answer.headers.get("Content-Type", "").startswith((JSON, "text/"))
    ):
        return
    answer.vary("Accept-Encoding")
    if environ["REQUEST_METHOD"] == "HEAD" or not _takes_gzip(
        environ.get("HTTP_ACCEPT_ENCODING", "")
    ):
        return
    packer = zlib.compressobj(5, wbits=31)
    answer.set_data(packer.compress(body[0]) + packer.flush())
    answer.headers["Content-Encoding"] = "gzip"
    # The strong tag is the SHA-1 of what is not sent here (Communication 3.1). If-Match takes
    # the weak one too, as it must behind any proxy that compresses.
    if etag := answer.headers.get("ETag"):
        answer.headers["ETag"] = f"W/{etag}"


def _takes_gzip(accepted: str) -> bool:
    """Whether Accept-Encoding names gzip, and not with a weight of zero."""
    if "gzip" not in accepted:
        return False
    for choice in accepted.split(","):
        name, _, weight = choice.partition(";")
        if name.strip().lower() in ("gzip", "x-gzip"):
            return not _ZERO(weight)
    return False


_ZERO = re.compile(r"\s*q\s*=\s*0(\.0*)?\s*", re.IGNORECASE).fullmatch
_header_value = re.compile(r"[\t\x20-\x7e]*").fullmatch


def _options(uses: Mapping[str, Use], resource: Resource, context: Context) -> Answer:
    """What may be sent here: asked by browsers before they send, without credentials."""
    methods = _methods(uses, resource)
    answer = Answer(status=HTTPStatus.NO_CONTENT, headers=[("Allow", methods)])
    if context.settings.cors_origins:
        answer.headers["Access-Control-Allow-Methods"] = methods
        answer.headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
        answer.headers["Access-Control-Max-Age"] = "86400"
    return answer


def _methods(uses: Mapping[str, Use], resource: Resource) -> str:
    names = {*uses, *(("GET",) if resource.open else ())}
    return ", ".join(name for name in METHODS if name in names | {"HEAD", "OPTIONS"})


def _not_a_method(uses: Mapping[str, Use], resource: Resource, method: str) -> Answer:
    methods = _methods(uses, resource)
    sentence = f"{resource.path} has no {method[:40]} here; it has {methods}."
    return json_answer(
        {"error": sentence}, HTTPStatus.METHOD_NOT_ALLOWED, headers=[("Allow", methods)]
    )


def _open(resource: Resource, environ: Mapping[str, Any], context: Context) -> Answer:
    """A resource that asks for neither a key nor a version."""
    assert resource.open is not None
    method = environ["REQUEST_METHOD"]
    parameters = query_parameters(environ.get("QUERY_STRING", ""))
    if method == "POST" and parameters.get("method") in ("GET", "HEAD"):
        method = parameters.pop("method")
    if method not in ("GET", "HEAD"):
        raise _NotAMethod(method)
    if parameters:
        _unknown(parameters, frozenset(), method)
    return resource.open(context)
