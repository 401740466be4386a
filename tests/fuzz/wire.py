"""Requests as bytes, past every client that would mend them; answers, held to what always holds."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Flask

VERSIONS = ("1.0.3", "2.0.0")
PATHS = (
    *("/xapi/statements", "/xapi/activities/state", "/xapi/activities/profile"),
    *("/xapi/agents/profile", "/xapi/agents", "/xapi/activities", "/xapi/about"),
    *("/practice/xapi/statements", "/practice/xapi/activities/state", "/practice/xapi/about"),
    *("/health", "/xapi", "/xapi/", "/xapi//statements", "/xapi/statements/", "/", "/xapi/extra"),
)
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW", "get", "")


@dataclass(frozen=True)
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    app: Flask,
    method: str,
    path: str,
    *,
    query: bytes = b"",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    environ: Mapping[str, Any] | None = None,
) -> Reply:
    """One request by WSGI, as a server would give it to the application; checked on its way out.

    `headers` and `path` hold bytes as WSGI has them, one character each.
    """
    given: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in (headers or {}).items():
        key = name.upper().replace("-", "_")
        given[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    given |= environ or {}
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, said: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started.append((status, said))

    pieces: Iterable[bytes] = app.wsgi_app(given, start)  # type: ignore[arg-type]
    try:
        content = b"".join(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close:
            close()
    ((line, said),) = started
    reply = Reply(int(line.split(" ")[0]), said, content)
    hold(reply, method, path)
    return reply


def hold(reply: Reply, method: str, path: str) -> None:
    """What is true of every answer, whatever was asked."""
    told = (reply.status, reply.body[:300])
    assert 200 <= reply.status < 500, told
    for name, value in reply.headers:
        assert name.isascii(), name
        assert value.isprintable(), (name, value)
        value.encode("latin-1")
    assert len({name.lower() for name, _ in reply.headers}) == len(reply.headers), reply.headers
    if path not in ("", "/", "/health"):  # neither the pages nor the service's health are xAPI
        assert reply.header("X-Experience-API-Version") in VERSIONS
    length = reply.header("Content-Length")
    if method == "HEAD" or reply.status in (204, 304):
        assert reply.body == b"", told
    elif length is not None:
        assert int(length) == len(reply.body), told
    if reply.status >= 400 and method != "HEAD":
        assert (reply.header("Content-Type") or "").startswith("application/json"), told
        assert len(reply.json["error"].split()) > 2, told
        assert len(reply.body) < 256 * 1024, len(reply.body)
