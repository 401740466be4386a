"""`jejak serve` in a process of its own, as users run it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: Seconds in which a server comes to answer, also on a machine that has much to do.
PATIENCE = 120


@dataclass
class Served:
    """A running server; `log` is what it has written."""

    url: str
    process: "subprocess.Popen[str]"
    log: Path
    environ: Mapping[str, str]

    @property
    def endpoint(self) -> str:
        return f"{self.url}/xapi"


@contextmanager
def serving(folder: Path, settings: Mapping[str, str], module: str = "lrs.cli") -> Iterator[Served]:
    """Serve on a free port until the end of the block; `settings` as the environment has them,
    `module` the command line.

    Raises RuntimeError, with what the server wrote, when it does not come to answer.
    """
    port = free_port()
    others = {name: value for name, value in os.environ.items() if not name.startswith("JEJAK_")}
    environ = {**others, "JEJAK_DATA_DIR": str(folder), "JEJAK_PORT": str(port), **settings}
    log = folder / f"server-{port}.log"
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", module, "serve"],
            env=environ,
            stdout=written,
            stderr=subprocess.STDOUT,
            text=True,
        )
    served = Served(f"http://127.0.0.1:{port}", process, log, environ)
    try:
        _wait_until_it_answers(served)
        yield served
    finally:
        process.terminate()
        process.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(served: Served) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and served.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{served.url}/health", timeout=10):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{served.log.read_text()}")
