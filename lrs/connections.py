"""The connections of one web process: waitress's, looked after by epoll.

waitress takes a request in whole, spooled to disk past half a megabyte, before a thread works on
it. So a sender that is slow, stalls or vanishes holds a connection and never a thread, and a
request that broke off is never taken for a complete one. Why this server and no other, with what
was measured: docs/decisions/0002.

Its own loop asks every connection at every turn what it waits for, and turns several times for
one request. Here a connection says what it waits for when that has changed, and whoever made an
answer sends it: one turn a request, however many connections stand (docs/decisions/0016).
"""

import json
import re
import select
import socket
import threading
import time
from collections.abc import Callable, MutableSequence
from functools import lru_cache
from typing import Any, Final

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import build_http_date

from lrs.turns import QUIET, Turns

#: How many connections more than another a process may hold before it leaves a new one to that.
LEAD: Final = 2

#: How long it is left to the other, which may be busy or gone, seconds.
COURTESY: Final = 0.002

#: Up to how many bytes of a body are sent together with the head before it.
TOGETHER: Final = 256 * 1024

_TOLD_ONCE = select.EPOLLONESHOT
_READ = select.EPOLLIN | select.EPOLLPRI


class Connections(TcpWSGIServer):
    """Takes connections from a listening socket, and requests from them.

    `shares` holds how many connections each web process has, in memory they share; `mine` is the
    place of this one in it. `app` is any WSGI application.
    """

    def __init__(
        self,
        app: Any,
        listener: socket.socket,
        turns: Turns,
        shares: MutableSequence[int],
        mine: int,
        **adjustments: Any,
    ) -> None:
        self.epoll = select.epoll()
        self._shares, self._mine = shares, mine
        #: Whether a new connection was left to another process, and until when.
        self._left, self._left_until = False, 0.0
        self._listens = False
        super().__init__(
            app,
            {},
            False,
            listener,
            dispatcher=turns,
            adj=Adjustments(sockets=[listener], **adjustments),
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            bind_socket=False,
        )
        self.channel_class = Channel
        self.epoll.register(self.trigger._fileno, select.EPOLLIN)
        self.epoll.register(self.socket, 0)
        shares[mine] = 0

    def poll(self) -> None:
        """Wait until something comes, and take it in. By one thread at a time."""
        self._listen()
        for number, happened in self.epoll.poll(COURTESY if self._left_until else QUIET):
            found = self._map.get(number)
            if found is not None:
                wasyncore.readwrite(found, happened)
                if isinstance(found, Channel):
                    found.look()

    def _listen(self) -> None:
        listens = self.readable()
        if listens != self._listens:
            self.epoll.modify(self.socket, select.EPOLLIN if listens else 0)
            self._listens = listens

    def readable(self) -> bool:
        """Whether to take in a new connection, if there is one."""
        free: bool = super().readable()  # it also looks what has become idle
        if self._left_until and (time.monotonic() >= self._left_until or not self._leads()):
            self._left_until = 0.0
        return free and not self._left_until

    def handle_accept(self) -> None:
        """Take a new connection in, or leave it a moment to a process that has fewer: of eight that
        come at once, one process would take all, and its threads wait for each other."""
        if self._leads() and not self._left:
            self._left, self._left_until = True, time.monotonic() + COURTESY
        else:
            self._left = False
            super().handle_accept()

    def _leads(self) -> bool:
        return len(self.active_channels) >= min(self._shares) + LEAD

    def count(self) -> None:
        """Tell the other processes how many connections this one has."""
        if self.accepting:
            self._shares[self._mine] = len(self.active_channels)

    def maintenance(self, now: float) -> None:
        """Close what was idle for too long."""
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            channel.look()

    def leave(self) -> None:
        """Take in no new connection any more."""
        self.accepting = False
        self.pull_trigger()


class _Seen:
    """The server as one connection sees it, which wakes it for nobody but itself."""

    def __init__(self, server: Connections, look: Callable[[], None]) -> None:
        self._server = server
        self.pull_trigger = look
        self.add_task = server.add_task

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)


class Refusal(ErrorTask):
    """The answer to what never became a request: broken HTTP, headers or a body too long.

    The application answers every refusal with JSON; so does this.
    """

    def execute(self) -> None:
        wrong = self.request.error
        body = json.dumps({"error": f"{wrong.reason}: {wrong.body}."}).encode()
        self.status = f"{wrong.code} {wrong.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Task(WSGITask):
    """Answers a request by the application."""

    def build_response_header(self) -> bytes:
        # waitress spells every name anew and sorts them, which takes longer than many a look-up.
        names = {name for name, _ in self.response_headers}
        asked = self.request.headers.get("CONNECTION", "").lower()
        usual = self.version == "1.1" and asked != "close" and names.isdisjoint(_SERVERS)
        if not usual or ("Content-Length" in names) is not self.has_body:
            built: bytes = super().build_response_header()
            return built
        lines = [f"HTTP/1.1 {self.status}"]
        lines += [f"{name}: {value}" for name, value in self.response_headers]
        lines.append(f"Date: {_http_date(int(self.start_time))}\r\n\r\n")
        return "\r\n".join(lines).encode("latin-1")

    def write(self, data: bytes) -> None:
        if self.wrote_header or len(data) > TOGETHER:
            super().write(data)
        else:
            self.channel.keep()
            try:
                super().write(data)
            finally:
                self.channel.write_kept()

    def set_close_on_finish(self) -> None:
        # waitress ends each connection whose answer says no length, but 204 and 304 have none.
        asked = self.request.headers.get("CONNECTION", "").lower()
        if self.has_body or self.version != "1.1" or asked == "close":
            super().set_close_on_finish()


#: Headers that are the server's, and that it looks after where an application sets them.
_SERVERS: Final = frozenset({"Connection", "Date", "Server"})

_http_date = lru_cache(maxsize=2)(build_http_date)


class Parser(HTTPRequestParser):
    """Refuses a body of two lengths: they smuggle a request past a proxy (RFC 9112, 6.1 and 6.3).

    So does a coding said twice, or said to HTTP/1.0, which knows none and would take the body for
    the next request.
    """

    def parse_header(self, header_plus: bytes) -> None:
        if _endless(header_plus):
            raise ParsingError("Content-Length has too many digits")
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length and Transfer-Encoding exclude each other")
        if "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("Transfer-Encoding came with HTTP/1.1, send that version")
        if self.chunked and len(b",".join(_codings(header_plus)).split(b",")) > 1:
            raise ParsingError("Transfer-Encoding must be chunked, once")


_endless = re.compile(rb"(?i)\r\ncontent-length:[ \t]*[0-9]{19}").search
_codings = re.compile(rb"(?i)\r\ntransfer-encoding:[ \t]*([^\r\n]*)").findall


class Channel(HTTPChannel):
    """A connection. Whoever changes what it waits for calls `look`."""

    parser_class = Parser
    task_class = Task
    error_task_class = Refusal

    def __init__(self, server: Connections, *rest: Any, **more: Any) -> None:
        self._looking = threading.Lock()
        self._epoll = server.epoll
        self._kept: list[bytes] | None = None
        super().__init__(_Seen(server, self.look), *rest, **more)
        self.look()

    def look(self) -> None:
        """Have epoll tell, once, when this connection can do what it waits for."""
        with self._looking:
            if self._fileno is None:
                return
            events = _READ if self.readable() else 0
            if self.writable():
                events |= select.EPOLLOUT
            if events:
                self._epoll.modify(self._fileno, events | _TOLD_ONCE)

    def keep(self) -> None:
        """Keep what is written until `write_kept`: head and body by themselves are two packets."""
        self._kept = []

    def write_kept(self) -> None:
        """Write what was kept: what the kernel takes at once as it is, without a copy."""
        kept, self._kept = self._kept or [], None
        with self.outbuf_lock:
            sent = 0 if self.total_outbufs_len or not self.connected else self._send(kept)
            if sent < sum(map(len, kept)):
                self.write_soon(b"".join(kept)[sent:])

    def _send(self, pieces: list[bytes]) -> int:
        """How many bytes the kernel took. Where it took none, whoever writes them sees why."""
        try:
            sent: int = self.socket.sendmsg(pieces)
        except OSError:
            return 0
        self.last_activity = time.time()
        return sent

    def write_soon(self, data: Any) -> int:
        if self._kept is None:
            written: int = super().write_soon(data)
            return written
        self._kept.append(data)
        return len(data)

    def add_channel(self, map: Any = None) -> None:
        super().add_channel(map)
        self._epoll.register(self._fileno, _TOLD_ONCE)
        self.server.count()

    def del_channel(self, map: Any = None) -> None:
        with self._looking:
            if self._fileno is not None:
                self._epoll.unregister(self._fileno)
            super().del_channel(map)
        self.server.count()
