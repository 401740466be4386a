"""Processor time of one request of each kind: `python -m tests.bench.processor --help`.

For a machine that others use too, where the clock on the wall tells nothing. The application is
called as a WSGI server calls it, in this process and without HTTP; beside it an empty Flask view,
and the SQL of each kind of query by the bare driver. Columns are µs of processor time for one
request, the least of several rounds: of this process, all its threads; and of the database
server's, where it is one. To compare two commits, run both in turn.
"""

import io
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from lrs import server as serving
from lrs.app import create_app
from lrs.settings import Settings
from lrs.store import engine
from tests.bench import data, floors, load, targets
from tests.bench.targets import Target

SEED = 2026
ENDPOINT = "http://127.0.0.1/xapi"

Environ = dict[str, Any]


@click.command(context_settings={"max_content_width": 100, "show_default": True})
@click.option(
    "--database",
    "dialects",
    default="sqlite",
    help="sqlite, postgresql, mariadb; many with commas.",
)
@click.option("--size", default=10_000, help="Statements stored before.")
@click.option("--requests", "count", default=400, help="Requests of a kind in one round.")
@click.option("--rounds", default=5, help="Rounds; the least of them is shown.")
def main(dialects: str, size: int, count: int, rounds: int) -> None:
    """Fill databases, ask and send each kind of request, print one table for each."""
    for dialect in dialects.split(","):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = stack.enter_context(
                targets.database(
                    dialect, size, SEED, folder, lambda text: click.echo(text, err=True)
                )
            )
            measure(url, size, count, rounds)


def measure(url: str, size: int, count: int, rounds: int) -> None:
    """Measure every kind of request on one filled database, and print what each takes."""
    with closing(engine.connect(url)) as there:
        public, secret = targets._key(there)
        ids, moments = targets._known(there, SEED)
    endpoint = load.Endpoint(ENDPOINT, public, secret)
    target = Target("", endpoint, size, ids, moments, url)
    arguments = data.arguments(SEED, size, targets.PAGE)
    asked = targets.query_requests(target, arguments, SEED)
    documents = targets.document_requests(endpoint, SEED)
    asked = {**asked, "state PUT": documents["state PUT"], "state GET": documents["state GET"]}
    asked |= targets.write_requests(endpoint, SEED + 1)
    app = create_app(Settings(database_url=url, page_size=targets.PAGE))
    serving.collect_seldom()
    empty = floors.empty_app(Settings())
    click.echo(f"{target.dialect}, {size:,} statements{'process':>21}{'server':>9}{'driver':>9}")
    try:
        request = endpoint.request("GET", "/empty", at_root=True)
        show("empty Flask view", *least(empty, [request], lambda: 0.0, count, rounds))
        server = servers_time(url)
        for kind, requests in asked.items():
            each = max(20, count // 20) if kind.startswith("batch") else count
            own, theirs = least(app, requests, server, each, rounds)
            bare = None
            if requests[0].startswith(b"GET /xapi/statements"):
                bare = by_driver(url, targets.plans(target, requests[:100]), rounds)
            show(kind, own, theirs, bare)
    finally:
        app.extensions["jejak"].close()
    click.echo(f"resident {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most")


def show(kind: str, own: float, theirs: float, bare: float | None = None) -> None:
    told = "" if bare is None else f"{bare * 1e6:9,.0f}"
    click.echo(f"  {kind:32}{own * 1e6:9,.0f}{theirs * 1e6:9,.0f}{told}")


def least(
    app: Callable[..., Iterable[bytes]],
    requests: Sequence[bytes],
    server: Callable[[], float],
    count: int,
    rounds: int,
) -> tuple[float, float]:
    """Seconds of processor time for one request: of this process, and of the server."""
    makers = cycle([load.with_ids(request) for request in requests])
    best: list[tuple[float, float]] = []
    for _ in range(rounds + 1):
        environs = [environ_of(next(makers)()) for _ in range(count)]
        theirs, own = server(), time.process_time()
        for environ in environs:
            ask(app, environ)
        own, theirs = time.process_time() - own, server() - theirs
        best.append((own / count, theirs / count))
    return min(each for each, _ in best[1:]), min(each for _, each in best[1:])


def environ_of(request: bytes) -> Environ:
    """The request as a WSGI server hands it on."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = line.split(" ")
    parts = urlsplit(path)
    environ: Environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for each in lines:
        name, _, value = each.partition(": ")
        name = name.upper().replace("-", "_")
        environ[name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"] = value
    return environ


def ask(app: Callable[..., Iterable[bytes]], environ: Environ) -> None:
    """One request, its answer read to the end. Raises RuntimeError where it is no success."""
    said: list[str] = []

    def start(status: str, headers: Any, wrong: Any = None) -> None:
        said.append(status)

    answer = app(environ, start)
    body = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    if not said[0].startswith("2"):
        raise RuntimeError(f"{environ['PATH_INFO']} answers {said[0]}: {body[:500]!r}")


def by_driver(url: str, plans: Sequence[floors.Plan], rounds: int) -> float:
    """Seconds of this process's time for the SQL of one request, by the bare driver."""
    best = []
    with closing(floors.connection_to(url)) as connection:
        cursor = floors._cursor(connection)
        for _ in range(rounds + 1):
            began = time.process_time()
            for plan in plans:
                for sql, parameters in plan:
                    cursor.execute(sql, parameters)
                    cursor.fetchall()
            best.append((time.process_time() - began) / len(plans))
    return min(best[1:])


def servers_time(url: str) -> Callable[[], float]:
    """Reads the seconds of processor time of the database server's side of this database."""
    dialect = url.split(":", 1)[0]
    if dialect == "sqlite":
        return lambda: 0.0
    raw = floors.connection_to(url)

    def read() -> float:
        cursor = raw.cursor()
        if dialect.startswith("postgresql"):
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid()"
            )
            places = [f"/proc/{pid}" for (pid,) in cursor.fetchall()]
        else:
            cursor.execute(
                "SELECT tid FROM information_schema.processlist WHERE db = database()"
                " AND id <> connection_id()"
            )
            places = [f"/proc/{tid}" for (tid,) in cursor.fetchall()]
        total = 0
        for place in places:
            total += int(Path(place, "schedstat").read_text().split()[0])
        return total / 1e9

    return read


if __name__ == "__main__":
    main()
