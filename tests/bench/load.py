"""A cheap source of load: one process, raw sockets kept alive, requests built beforehand.

It shares the machine with what it measures, so it does as little as can be for a request: write
bytes, find the end of the answer, note the time. One answer in `SAMPLE` is kept whole, for the
caller to check what came back.
"""

import gc
import json
import select
import socket
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from urllib.parse import urlsplit

from tests.make import basic

SAMPLE = 61

#: Where a request gets an identifier of its own each time it is sent.
ID = b"00000000-1d00-4000-8000-000000000000"

_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Endpoint:
    """An xAPI endpoint and the key to use: `url` is what stands before `/statements`."""

    url: str
    key: str = ""
    secret: str = ""

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or 80

    def request(self, method: str, path: str, body: bytes = b"", *, at_root: bool = False) -> bytes:
        """The bytes of a request. `path` follows the endpoint, or is one of the server's own."""
        whole = path if at_root else urlsplit(self.url).path.rstrip("/") + path
        lines = [
            f"{method} {whole} HTTP/1.1",
            f"Host: {urlsplit(self.url).netloc}",
            f"Authorization: {basic(self.key, self.secret)}",
            "X-Experience-API-Version: 1.0.3",
        ]
        if body or method in ("POST", "PUT"):
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join(lines).encode() + _END + body


@dataclass
class Answers:
    """What came of a round. `times` are seconds of each request, `kept` (request, answer)."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    received: int = 0
    kept: list[tuple[bytes, bytes]] = field(default_factory=list)
    broken: int = 0

    @property
    def pace(self) -> float:
        """Requests answered in a second."""
        return len(self.times) / self.seconds if self.seconds else 0.0

    def quantile(self, share: float) -> float:
        """The time, in seconds, within which this share of the requests was answered."""
        if not self.times:
            return 0.0
        return sorted(self.times)[min(len(self.times) - 1, int(share * len(self.times)))]


class _Connection:
    """A connection with at most one request under way."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(self.address, timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.begun = 0.0
        self.request = b""
        self.pieces: list[bytes] = []
        self.missing = -1  # bytes of the answer still to come; -1 while its length is unknown

    def send(self, request: bytes) -> None:
        self.request, self.pieces, self.missing = request, [], -1
        self.begun = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The whole answer once it is here. Raises ConnectionError when there will be none."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionResetError
        if self.missing < 0:
            self.pieces.append(piece)
            head = b"".join(self.pieces)
            self.pieces = [head]
            self.missing = _missing(head)
        else:
            self.pieces.append(piece)
            if self.missing:
                self.missing -= len(piece)
            else:  # chunked: its end is told by its last chunk alone
                self.missing = 0
        if self.missing > 0 or self.missing == -1:
            return None
        whole = b"".join(self.pieces) if len(self.pieces) > 1 else self.pieces[0]
        if self.missing == 0 and _is_chunked(whole) and not whole.endswith(b"0\r\n\r\n"):
            return None
        return whole


def _missing(head: bytes) -> int:
    """How many bytes are to follow; -1 if that cannot be told yet."""
    end = head.find(_END)
    if end < 0:
        return -1
    lower = head[:end].lower()
    at = lower.find(b"content-length:")
    if at < 0:
        return 0
    length = int(lower[at + 15 :].split(b"\r", 1)[0])
    return max(0, end + 4 + length - len(head))


def _is_chunked(whole: bytes) -> bool:
    return b"transfer-encoding: chunked" in whole[: whole.find(_END)].lower()


def body_of(answer: bytes) -> bytes:
    """The body of a whole answer."""
    head, _, body = answer.partition(_END)
    if b"transfer-encoding: chunked" not in head.lower():
        return body
    pieces = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if not length:
            break
        pieces.append(rest[:length])
        body = rest[length + 2 :]
    return b"".join(pieces)


def with_ids(request: bytes) -> Callable[[], bytes]:
    """A request made anew each time, with fresh random ids where `ID` stands in it."""
    pieces = request.split(ID)
    if len(pieces) == 1:
        return lambda: request

    def make() -> bytes:
        parts = [pieces[0]]
        for piece in pieces[1:]:
            parts += (str(uuid.uuid4()).encode(), piece)
        return b"".join(parts)

    return make


def run(
    address: tuple[str, int], requests: Sequence[bytes], connections: int, seconds: float
) -> Answers:
    """Send the requests over and over on so many connections, for so many seconds."""
    makers = cycle([with_ids(request) for request in requests])
    answers = Answers()
    poll = select.epoll()
    opened = {}
    for _ in range(connections):
        each = _Connection(address)
        opened[each.socket.fileno()] = each
        poll.register(each.socket, select.EPOLLIN)
    clock, times = time.perf_counter, answers.times
    collecting = gc.isenabled()
    gc.disable()
    began = clock()
    until = began + seconds
    under_way = 0
    try:
        for each in opened.values():
            each.send(next(makers)())
            under_way += 1
        while under_way:
            for number, _ in poll.poll(60):
                each = opened[number]
                try:
                    whole = each.receive()
                except OSError:
                    whole = b""
                if whole is None:
                    continue
                now = clock()
                under_way -= 1
                if whole:
                    times.append(now - each.begun)
                    answers.statuses[int(whole[9:12])] += 1
                    answers.received += len(whole)
                    if len(times) % SAMPLE == 1:
                        answers.kept.append((each.request, whole))
                else:
                    answers.broken += 1
                if now >= until:
                    poll.unregister(number)
                    continue
                if not whole or b"\r\nConnection: close" in whole[:1000]:
                    poll.unregister(number)
                    each.socket.close()
                    each.open()
                    del opened[number]
                    opened[each.socket.fileno()] = each
                    poll.register(each.socket, select.EPOLLIN)
                each.send(next(makers)())
                under_way += 1
        answers.seconds = clock() - began
    finally:
        if collecting:
            gc.enable()
        for each in opened.values():
            each.socket.close()
        poll.close()
    return answers


def ask(endpoint: Endpoint, request: bytes) -> tuple[int, bytes]:
    """One request by itself: status and body."""
    each = _Connection(endpoint.address)
    try:
        each.send(request)
        while (whole := each.receive()) is None:
            pass
        return int(whole[9:12]), body_of(whole)
    finally:
        each.socket.close()


def ids_of(answer: bytes) -> list[str]:
    """The ids in an answer of the Statement resource, whether stored or found."""
    tree = json.loads(body_of(answer))
    if isinstance(tree, list):
        return [str(each) for each in tree]
    return [each["id"] for each in tree.get("statements", [tree])]
