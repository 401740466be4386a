"""Measure how soon a case is open: `python -m tests.bench.opening --database sqlite,postgresql`.

`jejak serve` runs as users run it, with its worker. A completion is sent over HTTP, and from its
answer on, when it is kept for good, the database is asked every few milliseconds whether its case
is there: first on a server with nothing else to do, then beside a sender of batches of others'
statements.
"""

import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median

import click
import requests

from lrs.store import engine
from lrs.store.engine import Database, run
from tests import databases
from tests.bench.projection import BEGIN, TOPICS, completion, enter
from tests.conftest import new_tenant
from tests.make import statement
from tests.serving import serving

#: A case is to be open within so many seconds.
SOON = 2.0
CROWD = 1000
WAIT = 60.0


class Sender:
    """Somebody with a key of the server's."""

    def __init__(self, endpoint: str, key: str) -> None:
        self._address = f"{endpoint}/statements"
        self._session = requests.Session()
        self._session.headers.update(
            {
                "Authorization": key,
                "X-Experience-API-Version": "1.0.3",
                "Content-Type": "application/json",
            }
        )

    def send(self, trees: object) -> None:
        self._session.post(self._address, data=json.dumps(trees), timeout=30).raise_for_status()


@contextmanager
def busy(sender: Sender) -> Iterator[None]:
    """Send batches of fifty of somebody else's statements, one after another, meanwhile."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            sender.send([statement() for _ in range(50)])

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def opened(database: Database, sender: Sender, first: int, many: int) -> list[float]:
    """Seconds from each completion's answer to its case, in order of length."""
    took, rng = [], Random(2026)
    for n in range(first, first + many):
        time.sleep(rng.random())  # the worker's pause must not be in step with the sender
        before = _cases(database)
        sender.send([completion(n, n % TOPICS, BEGIN + timedelta(minutes=n))])
        begun = time.monotonic()
        while _cases(database) == before:
            if time.monotonic() > begun + WAIT:
                raise RuntimeError(f"completion {n} opened no case within {WAIT:.0f} s")
            time.sleep(0.005)
        took.append(time.monotonic() - begun)
    return sorted(took)


def _cases(database: Database) -> int:
    with database.read() as connection:
        return int(run(connection, "SELECT count(*) FROM cases").scalar_one())


def measure(database: Database, url: str, folder: Path, many: int) -> bool:
    """Print what was found; true where it was soon enough."""
    cast = new_tenant(database, "bench")
    enter(cast, CROWD)
    key = cast.key()
    soon = True
    with serving(folder, {"JEJAK_DATABASE_URL": url, "JEJAK_LOG_LEVEL": "warning"}) as served:
        sender = Sender(served.endpoint, key)
        for name, first in (("nothing else to do", 0), ("beside batches of fifty", many)):
            if first:
                with busy(Sender(served.endpoint, key)):
                    took = opened(database, sender, first, many)
            else:
                took = opened(database, sender, first, many)
            soon = soon and took[-1] < SOON
            click.echo(
                f"{database.dialect:<11} {name:<24} {many} completions: median"
                f" {median(took):.2f} s, 95 of 100 within {took[int(many * 0.95) - 1]:.2f} s,"
                f" longest {took[-1]:.2f} s"
            )
    return soon


@click.command()
@click.option("--database", "dialects", default="sqlite", help="Many with commas.")
@click.option("--completions", default=60, show_default=True, help="So many, twice.")
def main(dialects: str, completions: int) -> None:
    """Serve, send and wait for cases."""
    soon = True
    for dialect in dialects.split(","):
        with (
            tempfile.TemporaryDirectory() as folder,
            databases.new(dialect, Path(folder)) as url,
            closing(engine.connect(url)) as database,
        ):
            soon = measure(database, url, Path(folder), completions) and soon
    raise SystemExit(0 if soon else 1)


if __name__ == "__main__":
    main()
