"""Keep a set of processes running until told to stop.

Nothing else happens in the supervising process: it opens no database and runs no thread, so what
it forks inherits neither a connection nor a lock that somebody holds.
"""

import ctypes
import logging
import multiprocessing
import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

#: How long a process may take to finish what it is doing once told to stop, seconds.
STOP_SECONDS = 30

#: A process that ends by itself this soon after its start did not start well, seconds.
SOON = 2.0

#: So many bad starts in a row end the supervisor, for whoever supervises it to see.
BAD_STARTS = 5

_FORK = multiprocessing.get_context("fork")
_PR_SET_PDEATHSIG = 1

log = logging.getLogger(__name__)


@dataclass
class Role:
    """Something to be kept running: a name for logs, and what to call in a new process."""

    name: str
    run: Callable[[], None]
    process: BaseProcess | None = None
    started: float = 0.0
    bad_starts: int = field(default=0)


def supervise(roles: Sequence[Role], notice: float = 0) -> int:
    """Run every role in a process of its own; return the exit code when all have ended.

    SIGTERM and SIGINT stop them, with time to finish; with a `notice`, they are told by SIGUSR1
    that they will be stopped in so many seconds, which another such signal cuts short. SIGHUP
    replaces each by a new process, the new one started before the old one is told to stop, without
    notice. One that ends by itself is started again.
    """
    heard: list[int] = []
    ear, mouth = os.pipe()
    os.set_blocking(mouth, False)
    usual = {
        number: signal.signal(number, lambda number, _: heard.append(number))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    }
    usual_fd = signal.set_wakeup_fd(mouth)
    leaving: list[BaseProcess] = []
    try:
        for role in roles:
            _start(role)
        while True:
            _wait(ear, [role.process for role in roles if role.process], leaving)
            if signal.SIGTERM in heard or signal.SIGINT in heard:
                if notice:
                    _announce([role.process for role in roles if role.process], ear, notice)
                return 0
            if signal.SIGHUP in heard:
                heard.clear()
                leaving += [role.process for role in roles if role.process]
                for role in roles:
                    _start(role)
                for process in leaving:
                    process.terminate()
            leaving = [process for process in leaving if process.is_alive()]
            for role in roles:
                if role.process and not role.process.is_alive() and not _restart(role):
                    return 1
    finally:
        _stop([role.process for role in roles if role.process] + leaving)
        signal.set_wakeup_fd(usual_fd)
        for number, handler in usual.items():
            signal.signal(number, handler)
        os.close(ear)
        os.close(mouth)


def _start(role: Role) -> None:
    parent = os.getpid()

    def run() -> None:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # it kills who does not ask for it
        # Ctrl-C reaches every process of the terminal; when to stop is the supervisor's to say.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _die_with(parent)
        role.run()

    role.process = _FORK.Process(target=run, name=role.name)
    role.started = time.monotonic()
    role.process.start()
    log.info("process_started", extra={"role": role.name, "pid": role.process.pid})


def _restart(role: Role) -> bool:
    """Start again what has ended; False when it keeps ending as soon as it starts."""
    assert role.process is not None
    log.error(
        "process_ended",
        extra={"role": role.name, "pid": role.process.pid, "code": role.process.exitcode},
    )
    role.bad_starts = role.bad_starts + 1 if time.monotonic() - role.started < SOON else 0
    if role.bad_starts == BAD_STARTS:
        log.error("process_does_not_start", extra={"role": role.name, "tries": BAD_STARTS})
        return False
    _start(role)
    return True


def _wait(ear: int, running: Sequence[BaseProcess], leaving: Sequence[BaseProcess]) -> None:
    """Until a signal comes or a process ends."""
    sentinels = [process.sentinel for process in (*running, *leaving)]
    ready, _, _ = select.select([ear, *sentinels], [], [])
    if ear in ready:
        os.read(ear, 512)


def _announce(processes: Sequence[BaseProcess], ear: int, notice: float) -> None:
    """Tell them that they will be stopped, and give them so long."""
    log.info("stopping_soon", extra={"seconds": notice})
    for process in processes:
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, signal.SIGUSR1)
    select.select([ear], [], [], notice)


def _stop(processes: Sequence[BaseProcess]) -> None:
    """Tell them to stop, wait, and end by force what has not stopped in time."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + STOP_SECONDS
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            log.error("process_killed", extra={"role": process.name, "pid": process.pid})
            process.kill()
            process.join()


def _die_with(parent: int) -> None:
    """Stop when the supervisor dies, even by kill -9: nobody else would ever stop this process."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit(1)
