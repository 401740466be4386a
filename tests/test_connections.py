"""Connections: each is answered, however many stand, come at once, or read slowly."""

import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from lrs import connections
from lrs.connections import LEAD, Connections
from lrs.turns import Turns

PATIENCE = 20.0
LARGE = 30_000_000

Begin = Callable[[str, list[tuple[str, str]]], object]


def app(environ: dict[str, Any], begin: Begin) -> Iterable[bytes]:
    """Answers with what it was sent, but with much to `/large`, with 204 to `/nothing`; and fails
    at `/broken` and `/mute`."""
    if environ["PATH_INFO"] == "/nothing":
        begin("204 No Content", [])
        return []
    if environ["PATH_INFO"] == "/broken":
        raise ValueError("on purpose")
    if environ["PATH_INFO"] == "/mute":
        return [b"nobody said which status this has"]
    large = environ["PATH_INFO"] == "/large"
    body = bytes(LARGE) if large else environ["wsgi.input"].read()
    begin("200 OK", [("Content-Length", str(len(body))), ("X-One-of-ours", "yes")])
    return [body]


class Process:
    """The connections of one web process."""

    def __init__(self, listener: socket.socket, shares: Any, mine: int, **more: Any) -> None:
        self.turns = Turns(2)
        self.connections = Connections(app, listener.dup(), self.turns, shares, mine, **more)
        self.connections.accept_connections()

    @property
    def count(self) -> int:
        return len(self.connections.active_channels)

    def begin(self) -> None:
        self.turns.begin(self.connections.poll, self.connections.pull_trigger)

    def end(self) -> None:
        self.connections.leave()
        self.turns.shutdown(timeout=PATIENCE)
        for each in list(self.connections.active_channels.values()):
            each.handle_close()
        self.connections.close()
        self.connections.epoll.close()


@contextmanager
def processes(count: int, **more: Any) -> Iterator[tuple[list[Process], tuple[str, int]]]:
    """So many on one listening socket, and its address. They have yet to begin."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        shares = multiprocessing.RawArray("i", count)
        made = [Process(listener, shares, number, **more) for number in range(count)]
        yield made, listener.getsockname()
        for each in made:
            each.end()


def ask(opened: socket.socket, path: str, body: bytes = b"", *headers: str) -> bytes:
    """Send a request; what came of the answer first, its head at least."""
    lines = [f"POST {path} HTTP/1.1", "Host: here", f"Content-Length: {len(body)}", *headers]
    opened.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    return opened.recv(65536)


def connect(stack: ExitStack, address: tuple[str, int]) -> socket.socket:
    return stack.enter_context(closing(socket.create_connection(address, timeout=PATIENCE)))


def test_an_answer_without_content_does_not_end_the_connection() -> None:
    """Content players save their state a hundred times; each time it says 204."""
    with processes(1) as ([one], address), ExitStack() as stack:
        one.begin()
        opened = connect(stack, address)
        for _ in range(3):
            answer = ask(opened, "/nothing")
            assert answer.startswith(b"HTTP/1.1 204 ")
            assert b"Connection: close" not in answer
        assert b"Connection: close" in ask(opened, "/nothing", b"", "Connection: close")
        assert opened.recv(1) == b""


@pytest.mark.parametrize("path", ["/broken", "/mute"])
def test_an_application_that_fails_is_answered_for(path: str) -> None:
    with processes(1) as ([one], address), ExitStack() as stack:
        one.begin()
        assert ask(connect(stack, address), path).startswith(b"HTTP/1.1 500 ")
        assert ask(connect(stack, address), "/", b"here").endswith(b"here")


def test_connections_that_come_at_once_are_spread_over_the_processes() -> None:
    with processes(2) as (both, address), ExitStack() as stack:
        opened = [connect(stack, address) for _ in range(12)]
        for each in both:
            each.begin()
        for each in opened:
            assert ask(each, "/", b"here").endswith(b"here")
        counts = [each.count for each in both]
        assert sum(counts) == 12
        assert max(counts) - min(counts) <= LEAD


def test_what_is_left_to_a_process_that_hangs_is_taken_all_the_same() -> None:
    with processes(2) as (both, address), ExitStack() as stack:
        both[0].begin()
        for _ in range(3 * LEAD):
            assert ask(connect(stack, address), "/", b"here").endswith(b"here")
        assert [each.count for each in both] == [3 * LEAD, 0]
        both[1].begin()


def test_a_large_answer_reaches_who_reads_slowly_and_keeps_nobody_waiting() -> None:
    with processes(1) as ([one], address), ExitStack() as stack:
        one.begin()
        slow = connect(stack, address)
        came = len(ask(slow, "/large"))
        for _ in range(3):
            assert ask(connect(stack, address), "/", b"quick").endswith(b"quick")
        while came < LARGE:
            came += len(slow.recv(1 << 20))
        assert LARGE <= came < LARGE + 1000


def test_each_byte_of_an_answer_comes_once_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few of them the kernel takes at once, and while those of the answer before wait."""
    monkeypatch.setattr(connections, "TOGETHER", LARGE)
    body = b"".join(number.to_bytes(4, "big") for number in range(1_000_000))
    request = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with processes(1) as ([one], address), ExitStack() as stack:
        one.begin()
        asking = connect(stack, address)
        sending = threading.Thread(target=asking.sendall, args=(2 * request,))
        sending.start()
        answers = asking.makefile("rb")
        for _ in range(2):
            assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
            while answers.readline() != b"\r\n":
                pass
            assert answers.read(len(body)) == body
        sending.join()


def test_headers_go_out_as_they_were_set_and_with_the_date() -> None:
    with processes(1) as ([one], address), ExitStack() as stack:
        one.begin()
        head = ask(connect(stack, address), "/", b"here").decode().partition("\r\n\r\n")[0]
        (first, *lines) = head.split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        assert first == "HTTP/1.1 200 OK"
        assert headers.keys() == {"Content-Length", "X-One-of-ours", "Date"}
        assert abs(parsedate_to_datetime(headers["Date"]).timestamp() - time.time()) < PATIENCE


def test_who_speaks_http_1_0_is_told_whether_the_connection_stays() -> None:
    with processes(1) as ([one], address), ExitStack() as stack:
        one.begin()
        stays, ends = connect(stack, address), connect(stack, address)
        stays.sendall(b"POST / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
        assert b"\r\nConnection: Keep-Alive\r\n" in stays.recv(65536)
        ends.sendall(b"POST / HTTP/1.0\r\n\r\n")
        assert b"\r\nConnection: close\r\n" in ends.recv(65536)
        assert ends.recv(1) == b""


def test_who_leaves_in_the_middle_of_an_answer_leaves_nothing_behind() -> None:
    with processes(1) as ([one], address), ExitStack() as stack:
        one.begin()
        for _ in range(5):
            with closing(socket.create_connection(address, timeout=PATIENCE)) as leaving:
                ask(leaving, "/large")
        assert ask(connect(stack, address), "/", b"here").endswith(b"here")
        assert eventually(lambda: one.count == 1)


def test_a_connection_on_which_nothing_comes_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "QUIET", 0.05)
    with processes(1, channel_timeout=1, cleanup_interval=0) as ([one], address):
        one.begin()
        with ExitStack() as stack:
            silent, stalled = connect(stack, address), connect(stack, address)
            stalled.sendall(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nha")
            assert silent.recv(1) == stalled.recv(1) == b""
        assert one.count == 0


def eventually(what: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while not what() and time.monotonic() < until:
        time.sleep(0.01)
    return what()
