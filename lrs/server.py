"""The web server: granian, told what we need of it.

Each server process builds its own application after the fork, so no database connection, lock or
thread is ever shared between two of them.
"""

import errno
import os
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from lrs import telemetry
from lrs.settings import BadSetting, Settings, variable

HEADER_BYTES = 64 * 1024
HEADER_MILLISECONDS = 15_000
STOP_SECONDS = 30


def workers(settings: Settings) -> int:
    """How many server processes: on SQLite one, since its one writer thread orders the log."""
    if settings.on_sqlite:
        if settings.workers > 1:
            raise BadSetting(
                variable("workers"),
                f"must be 1 (or 0) on SQLite, not {settings.workers}; for more server processes"
                f" set {variable('database_url')} to PostgreSQL or MariaDB",
            )
        return 1
    return settings.workers or min(4, len(os.sched_getaffinity(0)))


def claim(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on.

    granian opens its sockets with SO_REUSEPORT, so a second server on the same port would start
    without a word and take every other connection; a plain bind tells.
    """
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as wrong:
            why = "is taken by another program" if wrong.errno == errno.EADDRINUSE else str(wrong)
            raise BadSetting(
                variable("port"), f"{port} on {host} cannot be listened on: it {why}"
            ) from wrong


def application(settings: Settings) -> Callable[..., Any]:
    """The WSGI application of one server process, with connections of its own."""
    from lrs.app import create_app  # here: the supervising process never loads the application

    telemetry.configure(settings)
    return create_app(settings)


def serve(settings: Settings, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests under way.

    SIGHUP replaces every process by a new one. A process that dies is replaced at once; one that
    dies again within seconds stops the whole server, for whoever supervises it to see.
    `ready` is called when the address is ours, just before the first process starts.
    """
    count = workers(settings)
    claim(settings.host, settings.port)
    server = Granian(
        "lrs.server:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=count,
        blocking_threads=settings.threads,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=HEADER_BYTES
        ),
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.error,
        log_dictconfig={"handlers": {}, "loggers": {}},
    )
    server.on_startup(ready)
    server.serve(target_loader=partial(application, settings), wrap_loader=False)
