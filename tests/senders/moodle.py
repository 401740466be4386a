"""The recorded Moodle requests of tests/data/moodle, and a sender that repeats them exactly."""

import json
import lzma
import socket
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.conftest import Server

FOLDER = Path(__file__).parents[1] / "data" / "moodle"
STATEMENTS = ("statements", "statements_username", "statements_other")
PATIENCE = 30

Tree = dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """One request of the plugin's. `statements` are the exact texts its body was made of.

    `seen` is the status that Moodle saw, None where no answer came; `answered` what the record
    store of the recording answered.
    """

    number: int
    phase: str
    start: str
    headers: tuple[tuple[str, str], ...]
    statements: tuple[bytes, ...]
    seen: int | None
    answered: int | None

    @property
    def body(self) -> bytes:
        return b"[" + b",".join(self.statements) + b"]"


@dataclass(frozen=True)
class Answered:
    """What came back. `continued` tells whether `100 Continue` came before the body was sent."""

    status: int
    headers: dict[str, str]
    body: bytes
    continued: bool

    def json(self) -> Any:
        return json.loads(self.body)


def lines(name: str) -> list[bytes]:
    return lzma.decompress((FOLDER / f"{name}.xz").read_bytes()).splitlines()


@cache
def recorded() -> tuple[Recorded, ...]:
    """All requests in the order they were sent; the large one, not kept, without statements."""
    carried: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
    texts = {f"{name}.jsonl": lines(f"{name}.jsonl") for name in STATEMENTS}
    for source in map(json.loads, lines("statement_sources.jsonl")):
        text = texts[source["file"]][source["line"] - 1]
        carried[source["request"]].append((source["position"], text))
    return tuple(
        Recorded(
            number=each["request"],
            phase=each["phase"],
            start=f"{each['method']} {each['path']} HTTP/1.1",
            headers=tuple((name, value) for name, value in each["headers"]),
            statements=tuple(text for _, text in sorted(carried[each["request"]])),
            seen=each["response_status"],
            answered=each["lrs_status"],
        )
        for each in map(json.loads, lines("requests.jsonl"))
    )


def phase(name: str) -> Recorded:
    """The only request of a phase."""
    (found,) = (each for each in recorded() if each.phase == name)
    return found


def plugin_fixtures() -> list[list[Tree]]:
    """What the plugin's own tests expect: the statements of each event."""
    return [json.loads(line)["statements"] for line in lines("plugin_fixtures.jsonl")]


def fits(request: Recorded) -> bool:
    """Whether the body that was put together again is as long as the one recorded."""
    return str(len(request.body)) == dict(request.headers)["Content-Length"]


def send(
    server: Server, request: Recorded, authorization: str, body: bytes | None = None
) -> Answered:
    """Send a request header for header, on a connection of its own, as the plugin's curl does.

    Only the key in `Authorization` is ours, and `Content-Length` where `body` replaces the
    recorded one. With `Expect: 100-continue` the body waits for leave, as curl's does.
    """
    content = request.body if body is None else body
    with _connection(server) as opened:
        stream = opened.makefile("rb")
        waits = ("Expect", "100-continue") in request.headers
        opened.sendall(_start(request, authorization, content) + (b"" if waits else content))
        status, headers = _head(stream)
        if continued := status == 100:
            opened.sendall(content)
            status, headers = _head(stream)
        told = stream.read(int(headers.get("content-length", 0)))
        return Answered(status, headers, told, continued)


def send_and_hear_nothing(server: Server, request: Recorded, authorization: str) -> None:
    """Send a request whole over a line that breaks before the answer is read."""
    with _connection(server) as opened:
        opened.sendall(_start(request, authorization, request.body) + request.body)


def _connection(server: Server) -> socket.socket:
    port = int(server.url.rsplit(":", 1)[1])
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def _start(request: Recorded, authorization: str, content: bytes) -> bytes:
    ours = {"Authorization": authorization, "Content-Length": str(len(content))}
    lines = [request.start, *(f"{n}: {ours.get(n, v)}" for n, v in request.headers), "", ""]
    return "\r\n".join(lines).encode()


def _head(stream: Any) -> tuple[int, dict[str, str]]:
    first = stream.readline().decode("latin-1")
    if not first:
        raise ConnectionError("the connection ended without an answer")
    headers = {}
    while (line := stream.readline().decode("latin-1")) not in ("\r\n", ""):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return int(first.split()[1]), headers


# What is known of the plugin ------------------------------------------------------------------


def defect(tree: Tree) -> str | None:
    """The path of what makes a statement of the plugin's unsound, told by its two known defects."""
    result, definition = tree.get("result", {}), tree["object"].get("definition", {})
    if "response" in result and result["response"] is None:
        return "result.response"
    if isinstance(definition.get("choices"), dict):
        return "object.definition.choices"
    return None


def is_course_completion(tree: Tree) -> bool:
    """Module completions and finished attempts use the same verb; the event tells them apart."""
    told = tree.get("context", {}).get("extensions", {})
    info = told.get("http://lrs.learninglocker.net/define/extensions/info", {})
    return bool(info.get("event_name") == "\\core\\event\\course_completed")


def sound(requests: Sequence[Recorded]) -> Iterator[bytes]:
    """The statements of these requests that have no defect, in the order sent."""
    for request in requests:
        for text in request.statements:
            if defect(json.loads(text)) is None:
                yield text
