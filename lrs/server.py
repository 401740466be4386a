"""The web server: connections and threads in as many processes as the database bears, and the
worker.
"""

import ctypes
import errno
import gc
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, MutableSequence
from functools import partial
from typing import Any

from lrs import supervisor, telemetry
from lrs.connections import Channel, Connections
from lrs.settings import BadSetting, Settings, variable
from lrs.supervisor import STOP_SECONDS, Role
from lrs.turns import Turns

#: Waiting connections that the kernel keeps for us while all processes are busy.
BACKLOG = 1024

#: Connections that one process holds at once; past this they wait in the backlog.
CONNECTIONS = 1000

#: A connection on which nothing came for so long is closed, in mid-request or between, seconds.
IDLE_SECONDS = 60

#: How long connections are still listened to once told to stop, seconds.
LINGER_SECONDS = 1.0

#: How much of a request is received at once, in bytes: most batches whole.
RECEIVED = 64 * 1024

#: Request line and headers together, in bytes. A GET may carry several agents in its query.
HEADER_BYTES = 64 * 1024

#: How many new containers Python makes before it looks for cycles among them. A batch makes some
#: thousands, of which none is in a cycle: to look through them takes a twentieth of its time.
CONTAINERS = 10_000

#: How many pools the C library has to take memory from. By itself it gives every thread one, and
#: each of them keeps what its largest request took.
POOLS = 2
_M_ARENA_MAX = -8  # of glibc

#: How many threads of a process work at a time: as many as keep it at work while they wait for
#: their database. One that is here works meanwhile itself, and needs the processor.
AT_ONCE_HERE, AT_ONCE_AFAR = 1, 4

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
    shares: Any = multiprocessing.RawArray("i", count)
    roles = [
        Role(f"web-{n + 1}", partial(answer_requests, settings, listener, shares, n))
        for n in range(count)
    ]
    roles.append(Role("worker", partial(do_duties, settings)))
    return supervisor.supervise(roles, notice=settings.drain_seconds)


def processes(settings: Settings) -> int:
    """How many web processes: on SQLite one, whose writes are then committed together."""
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


def answer_requests(
    settings: Settings, listener: socket.socket, shares: MutableSequence[int], mine: int
) -> None:
    """Be one web process until SIGTERM, with an application and connections of its own.

    `shares`: how many connections each has, `mine` the place of this one among them.
    """
    from lrs.app import create_app  # here: the supervising process never loads the application

    _take_from_few_pools()
    telemetry.configure(settings)
    app = create_app(settings)
    collect_seldom()
    database = app.extensions["jejak"].database
    turns = Turns(settings.threads, AT_ONCE_HERE if database.is_here else AT_ONCE_AFAR)
    server = Connections(
        app,
        listener,
        turns,
        shares,
        mine,
        connection_limit=CONNECTIONS,
        channel_timeout=IDLE_SECONDS,
        cleanup_interval=IDLE_SECONDS // 4,
        recv_bytes=RECEIVED,
        max_request_header_size=HEADER_BYTES,
        max_request_body_size=AROUND
        + max(settings.attachment_limit, settings.body_limit, settings.document_limit),
        clear_untrusted_proxy_headers=False,
        backlog=BACKLOG,
        ident="",
    )
    told: list[int] = []

    def tell(number: int, _: object) -> None:
        told.append(number)
        turns.call()

    signal.signal(signal.SIGTERM, tell)
    signal.signal(signal.SIGUSR1, lambda *_: app.extensions["jejak-leaving"].set())
    database.about_to_wait, database.go_on = turns.leave, turns.go_on
    server.accept_connections()
    turns.begin(server.poll, server.pull_trigger)
    while not told:
        turns.watch()
    _finish(server, turns)


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


def _finish(server: Connections, turns: Turns) -> None:
    """Take no new connection; answer what has begun to arrive; leave.

    A connection that was just taken has said nothing yet, and would be cut off in the middle of
    its first words: all are listened to a moment longer.
    """
    server.leave()
    told = time.monotonic()
    while (channels := list(server.active_channels.values())) and (
        time.monotonic() < told + STOP_SECONDS - 5
    ):
        if time.monotonic() > told + LINGER_SECONDS and not any(map(_busy, channels)):
            break
        turns.watch(0.1)
    turns.shutdown(timeout=5)


def _busy(channel: Channel) -> bool:
    return bool(channel.requests or channel.request or channel.total_outbufs_len)
