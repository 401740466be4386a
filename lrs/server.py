"""The web server: waitress, in as many processes as the database bears, and the worker.

waitress takes a request in whole, spooled to disk past half a megabyte, before a thread works on
it. So a sender that is slow, stalls or vanishes holds a connection and never a thread, and a
request that broke off is never taken for a complete one. Why this server and no other, with what
was measured: docs/decisions/0002.
"""

import ctypes
import errno
import gc
import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server
from waitress.task import ErrorTask

from lrs import supervisor, telemetry
from lrs.settings import BadSetting, Settings, variable
from lrs.supervisor import STOP_SECONDS, Role
from lrs.turns import QUIET, Turns

#: Waiting connections that the kernel keeps for us while all processes are busy.
BACKLOG = 1024

#: Connections that one process holds at once; past this they wait in the backlog.
CONNECTIONS = 1000

#: A connection on which nothing came for so long is closed, in mid-request or between, seconds.
IDLE_SECONDS = 60

#: How long connections are still listened to once told to stop, seconds.
LINGER_SECONDS = 1.0

#: Request line and headers together, in bytes. A GET may carry several agents in its query.
HEADER_BYTES = 64 * 1024

#: How many new containers Python makes before it looks for cycles among them. A batch makes some
#: thousands, of which none is in a cycle: to look through them takes a twentieth of its time.
CONTAINERS = 10_000

#: How many pools the C library has to take memory from. By itself it gives every thread one, and
#: each of them keeps what its largest request took.
POOLS = 2
_M_ARENA_MAX = -8  # of glibc

#: What surrounds attachments in a multipart body: boundaries, headers, the statements.
AROUND = 1 << 20


def serve(settings: Settings, ready: Callable[[], None]) -> int:
    """Serve until SIGTERM or SIGINT, then finish the requests under way; the exit code.

    `ready` is called once connections are taken in; the first are answered when a process is up.
    Raises `BadSetting` for an address that cannot be listened on.
    """
    count = processes(settings)
    listener = listen(settings.host, settings.port)
    ready()
    roles = [
        Role(f"web-{n + 1}", partial(answer_requests, settings, listener)) for n in range(count)
    ]
    roles.append(Role("worker", partial(do_duties, settings)))
    return supervisor.supervise(roles, notice=settings.drain_seconds)


def processes(settings: Settings) -> int:
    """How many web processes: on SQLite one, whose one writer thread spares them the wait."""
    if settings.on_sqlite:
        if settings.workers > 1:
            raise BadSetting(
                variable("workers"),
                f"must be 1 (or 0) on SQLite, not {settings.workers}; for more server processes"
                f" set {variable('database_url')} to PostgreSQL or MariaDB",
            )
        return 1
    return settings.workers or min(4, len(os.sched_getaffinity(0)))


def listen(host: str, port: int) -> socket.socket:
    """The listening socket that all web processes accept from.

    One socket for all, not one each (SO_REUSEPORT): what waits in its backlog when a process is
    killed is answered by another, and a second server on the same port is told so.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as wrong:
        taken = wrong.errno == errno.EADDRINUSE
        why = "another program listens there" if taken else wrong.strerror
        raise BadSetting(variable("port"), f"{port} on {host} cannot be used: {why}") from wrong
    return listener


def do_duties(settings: Settings) -> None:
    """Be the worker process until SIGTERM."""
    from lrs import worker  # here: the supervising process opens no database
    from lrs.context import Context

    telemetry.configure(settings)
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    worker.work(Context.build(settings), told)


def answer_requests(settings: Settings, listener: socket.socket) -> None:
    """Be one web process until SIGTERM, with an application and connections of its own."""
    from lrs.app import create_app  # here: the supervising process never loads the application

    _take_from_few_pools()
    telemetry.configure(settings)
    app = create_app(settings)
    collect_seldom()
    turns = Turns(settings.threads) if settings.on_sqlite else None
    server = create_server(
        app,
        _start=False,
        _dispatcher=turns,
        sockets=[listener],
        threads=settings.threads,
        connection_limit=CONNECTIONS,
        channel_timeout=IDLE_SECONDS,
        cleanup_interval=IDLE_SECONDS // 4,
        max_request_header_size=HEADER_BYTES,
        max_request_body_size=AROUND
        + max(settings.attachment_limit, settings.body_limit, settings.document_limit),
        clear_untrusted_proxy_headers=False,
        asyncore_use_poll=True,
        backlog=BACKLOG,
        ident="",
    )
    server.channel_class = Channel
    told: list[int] = []

    def tell(number: int, _: object) -> None:
        told.append(number)
        server.pull_trigger()

    signal.signal(signal.SIGTERM, tell)
    signal.signal(signal.SIGUSR1, lambda *_: app.extensions["jejak-leaving"].set())
    server.accept_connections()
    watch = _nothing_to_watch
    if turns is not None:
        watch = turns.watch
        app.extensions["jejak"].database.about_to_wait = turns.leave
    while not told:
        _turn(server, watch())
    _finish(server, watch)


def _take_from_few_pools() -> None:
    """Have all threads take memory from `POOLS`. To be called before there are any."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # else another library, which has its own way
        mallopt(_M_ARENA_MAX, POOLS)


def collect_seldom() -> None:
    """Look for cycles seldom, and never again through what stands now: the application, which
    stays to the end. To look through it stops every thread for a tenth of a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(CONTAINERS)


def _nothing_to_watch() -> float:
    return QUIET


def _turn(server: Any, longest: float) -> None:
    wasyncore.loop(timeout=longest, map=server._map, use_poll=True, count=1)


def _finish(server: Any, watch: Callable[[], float]) -> None:
    """Take no new connection; answer what has begun to arrive; leave.

    A connection that was just taken has said nothing yet, and would be cut off in the middle of
    its first words: all are listened to a moment longer.
    """
    wasyncore.dispatcher.close(server)
    told = time.monotonic()
    channels = server.active_channels
    while channels and time.monotonic() < told + STOP_SECONDS - 5:
        if time.monotonic() > told + LINGER_SECONDS and not any(map(_busy, channels.values())):
            break
        _turn(server, min(0.1, watch()))
    server.task_dispatcher.shutdown(timeout=5)


def _busy(channel: HTTPChannel) -> bool:
    return bool(channel.requests or channel.request or channel.total_outbufs_len)


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
    """A connection with our parser, whose refusals are JSON."""

    parser_class = Parser
    error_task_class = Refusal
