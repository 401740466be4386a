"""Bytes that are hardly HTTP, against a real server: it goes on, and stores nothing of it.

Every attack is bounded in time by the socket's patience, and is followed by a look at /health;
each test ends with a sound statement that must be taken.
"""

import json
import random
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from tests import make
from tests.conftest import Server

PATIENCE = 10
#: How long an attacker waits for more once all is sent and the connection half closed.
QUIET = 5


@contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    port = int(server.url.rsplit(":", 1)[1])
    with closing(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)) as opened:
        yield opened


def exchange(server: Server, sent: bytes) -> bytes:
    """Send it, end our side, and read what comes until the server ends its own."""
    got = b""
    with connected(server) as opened:
        with has_enough():
            opened.sendall(sent)
            opened.shutdown(socket.SHUT_WR)
        with has_enough():
            opened.settimeout(QUIET)
            while piece := opened.recv(65536):
                got += piece
    return got


@contextmanager
def has_enough() -> Iterator[None]:
    """The server may hang up on us at any moment, and may not let us wait."""
    try:
        yield
    except TimeoutError:
        raise
    except OSError:
        pass


def statuses(got: bytes) -> list[int]:
    return [int(each) for each in re.findall(rb"(?:^|[^\n]*)HTTP/1\.[01] (\d{3}) ", got)]


def request(server: Server, method: str, path: str, *lines: str, body: bytes = b"") -> bytes:
    """A signed request with these header lines, as they are, and a body, however it fits them."""
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: {server.cast.key('all')}",
        "X-Experience-API-Version: 1.0.3",
        "Content-Type: application/json",
        *lines,
    ]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def whole(server: Server, path: str = "/xapi/statements") -> bytes:
    body = json.dumps(make.statement()).encode()
    return request(server, "POST", path, f"Content-Length: {len(body)}", body=body)


def is_well(server: Server) -> None:
    assert statuses(exchange(server, b"GET /health HTTP/1.0\r\n\r\n")) == [200]


def takes_statements(server: Server) -> None:
    assert statuses(exchange(server, whole(server))) == [200]


def stored(server: Server) -> int:
    got = exchange(server, request(server, "GET", "/xapi/statements", "Connection: close"))
    return got.count(b'"stored"')


def no_failure(got: bytes) -> None:
    """No 5xx but the one for an encoding nobody knows; every no is JSON with a sentence."""
    for status in statuses(got):
        assert status < 500 or status == 501, got[:500]
    if statuses(got) and statuses(got)[-1] >= 400 and b"\r\n\r\n" in got:
        body = got.rsplit(b"\r\n\r\n", 1)[1]
        assert len(json.loads(body)["error"]) > 10, got[:500]


# Smuggling ---------------------------------------------------------------------------------------

CHUNKED = b"0\r\n\r\n"

#: Header lines that give one body two ends, and the first of them.
TWO_ENDS: list[tuple[tuple[str, ...], bytes]] = [
    (("Content-Length: {all}", "Transfer-Encoding: chunked"), CHUNKED),
    (("Transfer-Encoding: chunked", "Content-Length: {all}"), CHUNKED),
    (("Content-Length: 0", "Content-Length: {all}"), b""),
    (("Content-Length: {all}", "Content-Length: 0"), b""),
    (("Content-Length: 0, {all}",), b""),
    (("Content-Length: {all}", "Transfer-Encoding : chunked"), CHUNKED),
    (("Content-Length: {all}", "Transfer-Encoding: xchunked"), CHUNKED),
    (("Content-Length: {all}", "Transfer-Encoding: \tchunked"), CHUNKED),
    (("Content-Length: {all}", "Transfer-Encoding: chunked, identity"), CHUNKED),
    (("Content-Length: {all}", "Transfer-Encoding: identity, chunked"), CHUNKED),
    (("Content-Length: {all}", "Transfer-Encoding:", " chunked"), CHUNKED),
    (("Content-Length: {all}", "transfer-encoding: CHUNKED"), CHUNKED),
    (("Content-Length: {all}", "Transfer_Encoding: chunked"), CHUNKED),
    (("Content_Length: 0", "Content-Length: {all}"), b""),
    (("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), CHUNKED),
    (("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), CHUNKED),
    (("Content-Length : {all}",), b""),
    (("Content-Length: +0", "Content-Length: {all}"), b""),
    (("Content-Length: 0x0",), b""),
    (("Content-Length: -1",), b""),
    (("Content-Length: ٠",), b""),
    (("X: y\nContent-Length: 0",), b""),
    (("X: y\rContent-Length: 0",), b""),
    (("X: y\0",), b""),
    (("\0: y",), b""),
    ((": y",), b""),
    (("no colon",), b""),
]


def test_a_coding_means_nothing_to_http_1_0(server: Server) -> None:
    """It would take the chunks for the next request on the connection."""
    lines = ("Transfer-Encoding: chunked", "Connection: keep-alive")
    sent = request(server, "POST", "/xapi/statements", *lines, body=CHUNKED + whole(server))
    got = exchange(server, sent.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
    no_failure(got)
    assert statuses(got) == [400]
    assert stored(server) == 0


def test_no_request_hides_in_another(server: Server) -> None:
    """A body that two readers end in two places: the rest of it never counts as a request."""
    hidden = whole(server)
    for lines, end in TWO_ENDS:
        body = end + hidden
        told = [line.format(all=len(body)) for line in lines]
        head = request(server, "POST", "/xapi/statements", "X-First: 1", body=b"")[:-2]
        got = exchange(server, head + "".join(f"{t}\r\n" for t in told).encode() + b"\r\n" + body)
        no_failure(got)
        assert len(statuses(got)) <= 1, (lines, got)
        assert statuses(got)[:1] != [200], (lines, got)
    assert stored(server) == 0
    takes_statements(server)


CHUNKS = [
    b"5\r\nhello\r\n",
    b"5\r\nhelloX\r\n0\r\n\r\n",
    b"5\nhello\n0\n\n",
    b"-1\r\n\r\n",
    b"+2\r\n{}\r\n0\r\n\r\n",
    b"0x2\r\n{}\r\n0\r\n\r\n",
    b"2_0\r\n{}\r\n0\r\n\r\n",
    b" 2\r\n{}\r\n0\r\n\r\n",
    b"2 \r\n{}\r\n0\r\n\r\n",
    b"FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n",
    b"F" * 100_000,
    b"2;" + b"x" * 100_000 + b"\r\n{}\r\n0\r\n\r\n",
    b"2;a=\x00\r\n{}\r\n0\r\n\r\n",
    b"2\r\n{}\r\n0\r\nX: y\r\n" + b"Y: z\r\n" * 20_000,
    b"2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n",
    b"2\r\n{}0\r\n\r\n",
    b"\r\n",
    b"g\r\n",
    b"2",
    b"\xff\xff",
    b"1\r\n{\r\n" * 5_000 + b"0\r\n\r\n",
]


def test_broken_chunks(server: Server) -> None:
    for body in CHUNKS:
        line = "Transfer-Encoding: chunked"
        got = exchange(server, request(server, "POST", "/xapi/statements", line, body=body))
        no_failure(got)
        assert 200 not in statuses(got), (body[:40], got)
        is_well(server)
    assert stored(server) == 0
    takes_statements(server)


# Requests that are none, half, or too much -------------------------------------------------------

ODD: list[bytes] = [
    b"",
    b"\r\n" * 5000,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /health\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /health HTTP/9.9\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
    b"GET /health HTTP/1.1\r\n\r\n",
    b"GET http://evil.example/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET //evil.example/health HTTP/1.0\r\n\r\n",
    b"GET /../../etc/passwd HTTP/1.0\r\n\r\n",
    b"GET /xapi/%2e%2e/%00 HTTP/1.0\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.0\r\n\r\n",
    b"GET /health?\xed\xa0\x80 HTTP/1.0\r\n\r\n",
    b"GET /health#fragment HTTP/1.0\r\n\r\n",
    b"CONNECT example.org:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"G" * 200_000,
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
    b"GET /xapi/statements?verb=" + b"a" * 60_000 + b" HTTP/1.0\r\n\r\n",
    b"GET /health HTTP/1.0\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
    b"GET /health HTTP/1.0\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
    b"GET /health HTTP/1.0\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\nConnection: close\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, close\r\n\r\n",
    b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n{}",
    b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
    b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{}",
    b"GET /health HTTP/1.1\r\nHost: x",
    b"GET /health HT",
]


def test_what_is_hardly_a_request(server: Server) -> None:
    for sent in ODD:
        no_failure(exchange(server, sent))
        is_well(server)
    takes_statements(server)
    assert "Traceback" not in server.log.read_text()


def test_a_sound_request_cut_at_any_byte_or_changed_anywhere(server: Server) -> None:
    sound = whole(server)
    chance = random.Random(7)
    for _ in range(150):
        sent = bytearray(sound)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(sent))
            kind = chance.randrange(3)
            if kind == 0:
                sent[at] = chance.choice(b'\0\r\n\t :;,"0\xff' + sound[:40])
            elif kind == 1:
                del sent[at : at + chance.randint(1, 20)]
            else:
                sent[at:at] = chance.choice([b"\r\n", b"\n", b"\0", b": ", b"\r\n\r\n", sound])
        if chance.random() < 0.3:
            del sent[chance.randrange(len(sent)) :]
        no_failure(exchange(server, bytes(sent)))
    is_well(server)
    takes_statements(server)
    assert "Traceback" not in server.log.read_text()


def test_many_requests_at_once_on_one_connection(server: Server) -> None:
    one = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    got = exchange(server, one * 200)
    assert statuses(got) == [200] * 200
    got = exchange(server, whole(server) * 20)
    assert statuses(got) == [200] * 20
    broken = exchange(server, one + b"garbage\0\r\n\r\n" + one)
    assert statuses(broken)[0] == 200
    assert statuses(broken)[-1] >= 400
    takes_statements(server)


# Time and memory ---------------------------------------------------------------------------------


def test_slow_senders_and_those_who_never_begin_keep_nobody_waiting(server: Server) -> None:
    """More of them than there are threads, for as long as the test lasts."""
    sound = whole(server)
    with ExitStack() as open_ones:
        slow = [open_ones.enter_context(connected(server)) for _ in range(60)]
        for number, each in enumerate(slow):
            each.sendall(sound[: number * len(sound) // 60])
        for _ in range(5):
            for each in slow[1:]:
                each.sendall(b" ")
            began = time.monotonic()
            is_well(server)
            takes_statements(server)
            assert time.monotonic() - began < PATIENCE


def test_senders_who_hang_up(server: Server) -> None:
    """In the middle of a request, of a body, and while they are answered; politely or not."""
    sound = whole(server)
    rude = struct.pack("ii", 1, 0)
    for number in range(60):
        with connected(server) as opened:
            if number % 2:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, rude)
            opened.sendall(sound[: (number + 1) * len(sound) // 60])
    is_well(server)
    takes_statements(server)


def test_a_reader_who_does_not_read(server: Server) -> None:
    for _ in range(3):
        takes_statements(server)
    ask = request(server, "GET", "/xapi/statements")
    with ExitStack() as open_ones:
        for _ in range(20):
            opened = open_ones.enter_context(connected(server))
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            opened.sendall(ask * 50)
        is_well(server)
        takes_statements(server)


def memory(server: Server) -> int:
    """What the server's processes hold in memory, in megabytes."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    total = 0
    for pid in [str(server.process.pid), *children.split()]:
        status = Path(f"/proc/{pid}/status").read_text()
        total += int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]
    return total // 1024


@pytest.mark.parametrize("form", ["length", "chunks"])
def test_a_body_without_end(start_server: Callable[..., Server], form: str) -> None:
    """Refused once it passes the limit, and never held in memory."""
    limits = dict.fromkeys(("BODY", "DOCUMENT", "ATTACHMENT"), "1m")
    server = start_server(**{f"JEJAK_{name}_LIMIT": most for name, most in limits.items()})
    takes_statements(server)
    before = memory(server)
    many = 50 * 1024 * 1024
    line = f"Content-Length: {many}" if form == "length" else "Transfer-Encoding: chunked"
    piece = b"x" * 65536
    if form == "chunks":
        piece = b"10000\r\n" + piece + b"\r\n"
    sent = 0
    with connected(server) as opened:
        opened.sendall(request(server, "POST", "/xapi/statements", line))
        with has_enough():
            while sent < many:
                opened.sendall(piece)
                sent += len(piece)
            opened.shutdown(socket.SHUT_WR)
            got = b"".join(iter(lambda: opened.recv(65536), b""))
            assert statuses(got) == [413], got[:300]
    assert memory(server) - before < 40
    is_well(server)
    takes_statements(server)
