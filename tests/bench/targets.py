"""What is measured: our service on a database filled for it, or any other xAPI endpoint."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from lrs import intake
from lrs.app import create_app
from lrs.auth import keys
from lrs.context import utcnow
from lrs.settings import Settings
from lrs.store import accounts, engine
from lrs.store.accounts import Principal
from lrs.store.engine import run
from lrs.store.packing import unpack
from lrs.xapi import lexical
from lrs.xapi.versions import V1
from tests import databases
from tests.bench import data, floors
from tests.bench.load import ID, Endpoint, ask, ids_of
from tests.make import basic
from tests.serving import PATIENCE, free_port, serving

PAGE = 25
_LOAD = 500
_NAME = "bench"


@dataclass
class Target:
    """An endpoint with statements in it, and what is known of them.

    `url` is that of its database, where it is ours; `size` the statements it was filled with.
    """

    name: str
    endpoint: Endpoint
    size: int
    ids: list[str] = field(default_factory=list)
    moments: list[str] = field(default_factory=list)
    url: str = ""
    pid: int = 0
    workers: int = 1

    @property
    def dialect(self) -> str:
        return make_url(self.url).get_backend_name() if self.url else ""


# Ours --------------------------------------------------------------------------------------------


@contextmanager
def database(
    dialect: str, size: int, seed: int, folder: Path, say: Callable[[str], None]
) -> Iterator[str]:
    """The URL of a database with `size` statements, dropped at the end."""
    folder = folder / f"{dialect}-{size}"
    folder.mkdir(parents=True, exist_ok=True)
    with _new(dialect, size, folder) as url:
        with closing(engine.connect(url)) as there:
            who = principal(there, url)
            fill(there, who, size, seed, say)
        _settle(url)
        yield url


@contextmanager
def _new(dialect: str, size: int, folder: Path) -> Iterator[str]:
    usual = databases.NAME
    databases.NAME = f"jejak_bench_{os.getpid()}_{size}"
    try:
        with databases.new(dialect, folder) as url:
            yield url
    finally:
        databases.NAME = usual


def principal(there: engine.Database, url: str) -> Principal:
    """Who sends the benchmark's statements; made where there is nobody yet."""
    public, secret = _key(there)
    return keys.authenticate(there, basic(public, secret), Settings(database_url=url), utcnow())


def _key(there: engine.Database) -> tuple[str, str]:
    """A new key of the benchmark's tenant, which is made where it is not there."""

    def work(connection: Connection) -> tuple[str, str]:
        now = utcnow()
        if _NAME not in [each.name for each in accounts.tenants(connection)]:
            tenant = accounts.create_tenant(connection, _NAME, now)
            authority = accounts.default_authority("https://lms.example.go.id", _NAME)
            accounts.create_source(connection, tenant, _NAME, authority, now)
        tenant = accounts.tenant(connection, _NAME)
        new = accounts.create_key(connection, tenant, _NAME, now=now, scopes=("all", "define"))
        return new.key.public, new.secret

    return there.write(work)


def fill(
    there: engine.Database, principal: Principal, size: int, seed: int, say: Callable[[str], None]
) -> None:
    """Store the first `size` statements of a seed, as if they had been sent."""
    stream = data.statements(seed)
    done = 0
    while done < size:
        count = min(_LOAD, size - done)
        batch = examined([each.json for each in islice(stream, count)], principal)
        there.write(lambda connection, batch=batch: intake.store(connection, batch))  # type: ignore[misc]
        done += count
        if done % 50_000 == 0:
            say(f"{done:,} of {size:,} statements")


def examined(raws: list[bytes], principal: Principal) -> intake.Batch:
    """Statements of one request, as the service would store them."""
    return intake.examine(
        b"[" + b",".join(raws) + b"]",
        [],
        version=V1,
        principal=principal,
        place=principal.learning,
        defines=True,
    )


def _settle(url: str) -> None:
    """Let the database do what it would have done by itself in time: statistics, checkpoints."""
    dialect = make_url(url).get_backend_name()
    raw = floors.connection_to(url)
    with closing(raw):
        if dialect == "sqlite":
            raw.execute("PRAGMA analysis_limit = 400")
            raw.execute("ANALYZE")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        elif dialect == "postgresql":
            raw.execute("VACUUM ANALYZE")
            raw.execute("CHECKPOINT")
        else:
            raw.cursor().execute("ANALYZE TABLE statements, postings, statement_ids")


@contextmanager
def ours(
    url: str, size: int, workers: int, folder: Path, seed: int, *, projector: bool
) -> Iterator[Target]:
    """`jejak serve` on a filled database, with the projector or without."""
    with closing(engine.connect(url)) as there:
        public, secret = _key(there)
        ids, moments = _known(there, seed)
    settings = {"JEJAK_DATABASE_URL": url, "JEJAK_LOG_LEVEL": "warning"}
    dialect = make_url(url).get_backend_name()
    workers = 1 if dialect == "sqlite" else workers
    settings["JEJAK_WORKERS"] = str(workers)
    module = "lrs.cli" if projector else "tests.bench.alone"
    with serving(folder, settings, module) as served:
        yield Target(
            name=f"{dialect} {size:,}",
            endpoint=Endpoint(served.endpoint, public, secret),
            size=size,
            ids=ids,
            moments=moments,
            url=url,
            pid=served.process.pid,
            workers=workers,
        )


def _known(there: engine.Database, seed: int) -> tuple[list[str], list[str]]:
    """Some ids, and some moments that have a page and more after them."""
    draw = random.Random(seed)
    ids, moments = [], []
    with there.read() as connection:
        span = "SELECT min(position), max(position), count(*) FROM statements"
        low, high, _ = connection.execute(text(span)).one()
        row = text(
            "SELECT position, body FROM statements WHERE position >= :p ORDER BY position LIMIT 1"
        )
        for _ in range(400):
            position, body = connection.execute(row, {"p": draw.randint(low, high)}).one()
            ids.append(json.loads(unpack(body))["id"])
            if position < low + (high - low) * 0.6:
                moments.append(lexical.render(position))
    return ids, moments


@contextmanager
def empty(workers: int, folder: Path) -> Iterator[Endpoint]:
    """Our server with the empty view."""
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("JEJAK_")}
    environ |= {
        "JEJAK_PORT": str(port),
        "JEJAK_DATA_DIR": str(folder),
        "JEJAK_WORKERS": str(workers),
        "JEJAK_LOG_LEVEL": "warning",
        "JEJAK_DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
    }
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.floors"], env=environ)
    endpoint = Endpoint(f"http://127.0.0.1:{port}")
    try:
        _until(lambda: ask(endpoint, endpoint.request("GET", "/empty", at_root=True)))
        yield endpoint
    finally:
        process.terminate()
        process.wait(60)


def _until(work: Callable[[], Any]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            work()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the empty view does not come to answer")


# Another -----------------------------------------------------------------------------------------


def another(given: str, size: int, seed: int, say: Callable[[str], None]) -> Target:
    """Any xAPI endpoint, `url,key,secret`, filled over HTTP with the same statements."""
    url, key, secret = given.split(",", 2)
    endpoint = Endpoint(url.rstrip("/"), key, secret)
    stream, ids = data.statements(seed), []
    for done in range(0, size, 50):
        body = b"[" + b",".join(each.json for each in islice(stream, 50)) + b"]"
        status, answer = ask(endpoint, endpoint.request("POST", "/statements", body))
        if status != 200:
            raise RuntimeError(f"{url} answers {status} to a batch: {answer[:500]!r}")
        ids += ids_of(b"\r\n\r\n" + answer)
        if done % 5_000 == 0:
            say(f"{done:,} of {size:,} statements")
    draw = random.Random(seed)
    some = draw.sample(ids, 400)
    moments = []
    for each in draw.sample(ids[: len(ids) * 6 // 10], 40):
        query = urlencode({"statementId": each})
        status, answer = ask(endpoint, endpoint.request("GET", f"/statements?{query}"))
        moments.append(json.loads(answer)["stored"])
    return Target(url, endpoint, size, some, moments)


# What is asked -----------------------------------------------------------------------------------


def query_requests(target: Target, arguments: data.Arguments, seed: int) -> dict[str, list[bytes]]:
    """The requests of each kind of query, with arguments drawn at random."""
    draw = random.Random(seed)

    def many(make: Callable[[], dict[str, str]], limit: bool = True) -> list[bytes]:
        end = {"limit": str(PAGE)} if limit else {}
        return [
            target.endpoint.request("GET", f"/statements?{urlencode(make() | end)}")
            for _ in range(200)
        ]

    def with_verb() -> dict[str, str]:
        agent, verb = draw.choice(arguments.agents_with_verb)
        return {"agent": agent, "verb": verb}

    def since() -> dict[str, str]:
        return {
            "verb": data.VIEWED,
            "since": draw.choice(target.moments),
            "ascending": "true",
        }

    return {
        "recent": many(dict),
        "agent": many(lambda: {"agent": draw.choice(arguments.agents)}),
        "agent + verb": many(with_verb),
        "activity": many(lambda: {"activity": draw.choice(arguments.activities)}),
        "activity, related": many(
            lambda: {"activity": draw.choice(arguments.related), "related_activities": "true"}
        ),
        "verb since, ascending": many(since),
        "by id": many(lambda: {"statementId": draw.choice(target.ids)}, limit=False),
        "registration": many(lambda: {"registration": draw.choice(arguments.registrations)}),
    }


def chain(target: Target, pages: int) -> list[bytes]:
    """The requests of a `more` chain, page after page."""
    request = target.endpoint.request("GET", f"/statements?limit={PAGE}")
    found = []
    for _ in range(pages):
        found.append(request)
        status, body = ask(target.endpoint, request)
        more = json.loads(body).get("more")
        if status != 200 or not more:
            break
        path = "/" + more.split("/", 3)[3] if more.startswith("http") else more
        request = target.endpoint.request("GET", path, at_root=True)
    return found


def write_requests(endpoint: Endpoint, seed: int) -> dict[str, list[bytes]]:
    """The requests of each kind of sending. Ids that are present are new each time."""
    stream = data.statements(seed)
    raws = [each.json for each in islice(stream, 10_000)]
    named = [b'{"id":"%s",%s' % (ID, raw[1:]) for raw in raws]

    def post(statements: list[bytes], size: int) -> list[bytes]:
        return [
            endpoint.request(
                "POST",
                "/statements",
                statements[at]
                if size == 1
                else b"[" + b",".join(statements[at : at + size]) + b"]",
            )
            for at in range(0, len(statements), size)
        ]

    return {
        "single": post(raws, 1),
        "single, with id": post(named, 1),
        "batch of 50": post(raws, 50),
        "batch of 50, with ids": post(named, 50),
    }


def document_requests(endpoint: Endpoint, seed: int) -> dict[str, list[bytes]]:
    """What content players do: read where the learner was, write where the learner is."""
    draw = random.Random(seed)
    reads, writes = [], []
    for number in range(200):
        agent = json.dumps({"account": data.person(number)["account"]}, separators=(",", ":"))
        query = urlencode(
            {
                "activityId": f"{data.SITE}/mod/scorm/view.php?id={number % 20}",
                "agent": agent,
                "stateId": "resume",
            }
        )
        seen = [f"slide-{draw.randrange(90)}" for _ in range(80)]
        body = json.dumps({"suspend": seen, "location": number, "score": draw.random()}).encode()
        writes.append(endpoint.request("PUT", f"/activities/state?{query}", body))
        reads.append(endpoint.request("GET", f"/activities/state?{query}"))
    return {"state PUT": writes, "state GET": reads}


def transactions(target: Target, seed: int, size: int) -> list[floors.Transaction]:
    """What the service would write of the requests with so many statements each."""
    raws = [each.json for each in islice(data.statements(seed), 5_000)]
    found = []
    with closing(engine.connect(target.url)) as there:
        who = principal(there, target.url)
    for at in range(0, len(raws), size):
        some = raws[at : at + size]
        batch = examined(some, who)
        body = some[0] if size == 1 else b"[" + b",".join(some) + b"]"
        found.append(floors.Transaction(body, who.learning.id, who.source_id, batch.statements))
    return found


# What it asks of the database --------------------------------------------------------------------


def plans(target: Target, requests: list[bytes]) -> list[floors.Plan]:
    """The SQL of each request, found by asking the application in this process."""
    os.environ.pop("JEJAK_DATABASE_URL", None)
    app = create_app(Settings(database_url=target.url))
    client = app.test_client()
    found = []
    try:
        for request in [requests[0], *requests]:
            path = request.split(b" ", 2)[1].decode()
            headers = {
                "Authorization": basic(target.endpoint.key, target.endpoint.secret),
                "X-Experience-API-Version": "1.0.3",
            }
            with floors.recorded() as plan:
                client.get(path, headers=headers)
            found.append(list(plan))
    finally:
        app.extensions["jejak"].close()
    return [plan for plan in found[1:] if plan]


# How large it is ---------------------------------------------------------------------------------


def disk_bytes(url: str) -> int:
    """What the database takes on disk, indexes in."""
    address = make_url(url)
    dialect = address.get_backend_name()
    if dialect == "sqlite":
        return sum(
            path.stat().st_size for path in Path(address.database or "").parent.glob("jejak.db*")
        )
    raw = floors.connection_to(url)
    with closing(raw):
        cursor = raw.cursor()
        if dialect == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute(
                "SELECT sum(file_size) FROM information_schema.innodb_sys_tablespaces"
                " WHERE name LIKE concat(database(), '/%')"
            )
        return int(cursor.fetchone()[0])


def json_bytes(url: str) -> tuple[int, int]:
    """(bytes of statements as they are answered, number of statements)."""
    total, count, after = 0, 0, -1
    some = "SELECT position, body FROM statements WHERE position > ? ORDER BY position LIMIT 5000"
    with closing(engine.connect(url)) as there, there.read() as connection:
        while rows := run(connection, some, (after,)).all():
            total += sum(len(unpack(kept)) for _, kept in rows)
            count += len(rows)
            after = rows[-1][0]
    return total, count


def resident(pid: int) -> list[int]:
    """Resident bytes of each process under a supervising one, in the order they were begun."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        pages = int(Path(f"/proc/{child}/statm").read_text().split()[1])
        found.append(pages * os.sysconf("SC_PAGE_SIZE"))
    return found


def cpu_seconds(pid: int) -> float:
    """Processor time of the processes under a supervising one; 0 where they are not ours."""
    if not pid:
        return 0.0
    total = 0
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        numbers = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(numbers[11]) + int(numbers[12])
    return total / os.sysconf("SC_CLK_TCK")
