"""Measure every page: `python -m tests.bench.pages --help`.

On a database that holds the demonstration agency (`jejak demo --fill`), somebody of each role signs
in and follows every link that leads to another page, two of each kind, and the lists narrowed as
people narrow them. Each page is asked for twice; told is the processor time, of this thread and of
the database server, of the first visit and of the second: seconds on the clock say little where
others work too. The worker has counted ahead, as it does where the service runs.

`--grow` first puts the log up to a million statements (those of the agency again and again, under
earlier moments) and adds practice of a hundred thousand completions (`tests/bench/figures.py`).
"""

import re
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import click
from flask import Flask
from sqlalchemy import Connection
from werkzeug.exceptions import HTTPException
from werkzeug.test import Client, TestResponse

from lrs import worker
from lrs.app import create_app
from lrs.auth.roles import MAY
from lrs.cli.demo import TENANT
from lrs.context import Context
from lrs.practice import names
from lrs.settings import Settings
from lrs.store import accounts, engine, migrate, practice, register
from lrs.store.engine import run
from tests.bench import figures
from tests.bench.meter import Meter

PASSWORD = "kucing tidur di atap"
#: A page is to be there within so many seconds; a paper, made to be printed, within these.
PAGE, PAPER = 0.3, 3.0
#: Ids of copies, in the words of each database.
_ID = {
    "sqlite": "randomblob(16)",
    "postgresql": "uuid_send(gen_random_uuid())",
    "mariadb": "RANDOM_BYTES(16)",
}


def grow(database: engine.Database, tenant: accounts.Tenant, statements: int, cases: int) -> None:
    """Put the log up to so many statements, and add so many completions with their practice."""
    store = tenant.learning.id
    with database.read() as connection:
        first, last, count = run(
            connection,
            "SELECT MIN(position), MAX(position), COUNT(*) FROM statements WHERE store_id = ?",
            (store,),
        ).one()
    span = last - first + 1
    for number in range(1, -(-statements // count)):
        begun = time.perf_counter()
        database.write(lambda c, shift=number * span: _copy(c, store, first, last, shift))  # type: ignore[misc]
        spent = time.perf_counter() - begun
        click.echo(f"{count * (number + 1):,} statements, in {spent:.0f} s")
    if cases:
        begin = datetime.now(UTC).date() - timedelta(days=1020)
        figures.fill(database, tenant.id, cases, begin)
        click.echo(f"{cases:,} more completions")
    engine.tidy(database)
    if database.dialect != "sqlite":
        with database.read() as connection:
            word = "VACUUM ANALYZE" if database.dialect == "postgresql" else "ANALYZE TABLE"
            for name in ("statements", "postings", "cases", "outcomes", "links", "answers"):
                connection.exec_driver_sql(f"{word} {name}").close()


def _copy(connection: Connection, store: int, first: int, last: int, shift: int) -> None:
    """The statements between two positions once more, earlier, under ids of their own."""
    run(
        connection,
        "INSERT INTO statements (position, store_id, source_id, voided, id, body)"
        f" SELECT position - ?, store_id, source_id, voided, {_ID[connection.dialect.name]}, body"
        " FROM statements WHERE store_id = ? AND position >= ? AND position <= ?",
        (shift, store, first, last),
    )
    run(
        connection,
        "INSERT INTO statement_ids (store_id, id, position) SELECT store_id, id, position"
        " FROM statements WHERE store_id = ? AND position >= ? AND position <= ?",
        (store, first - shift, last - shift),
    )
    run(
        connection,
        "INSERT INTO postings (term, position, depth) SELECT p.term, p.position - ?, p.depth"
        " FROM postings p JOIN statements s ON s.position = p.position"
        " WHERE s.store_id = ? AND s.position >= ? AND s.position <= ?",
        (shift, store, first, last),
    )


@dataclass(frozen=True)
class Visit:
    """A page as somebody saw it."""

    role: str
    address: str
    endpoint: str
    first: float
    again: float
    size: int
    status: int
    paper: bool

    @property
    def slow(self) -> bool:
        return max(self.first, self.again) > (PAPER if self.paper else PAGE)

    @property
    def told(self) -> str:
        return (
            f"{self.first * 1000:7.0f} {self.again * 1000:7.0f} ms {self.size / 1000:7.0f} kB"
            f" {self.status} {self.role:<9} {self.address[:110]}{'   <- slow' if self.slow else ''}"
        )


class Walk:
    """Somebody of one role who opens every page."""

    def __init__(self, app: Flask, meter: Meter, role: str, each: int) -> None:
        self.app, self.meter, self.role, self.each = app, meter, role, each
        self.client = Client(app, TestResponse)
        self.routes = app.url_map.bind("localhost")
        self.seen: dict[Any, int] = {}
        self.waiting: deque[str] = deque()

    def sign_in(self, login: str) -> None:
        page = self._get("/sign-in")
        token = re.search(r'name="token" value="([^"]+)"', page.get_data(as_text=True))
        given = {"login": login, "password": PASSWORD, "token": token[1] if token else ""}
        answer = self.client.post("/sign-in", data=given)
        if answer.status_code != 303:
            raise click.ClickException(f"{login} could not sign in: {answer.status_code}")

    def _get(self, address: str) -> TestResponse:
        headers = {"Accept": "text/html", "Accept-Language": "id"}
        answer = self.client.get(address, headers=headers)
        answer.get_data()
        return answer

    def pages(self, addresses: Sequence[str]) -> Iterator[Visit]:
        for address in addresses:
            self.wait(address)
        while self.waiting:
            address = self.waiting.popleft()
            yield self.visit(address)

    def wait(self, address: str) -> None:
        """Go there later, unless enough of this kind were seen."""
        parts = urlsplit(address)
        if parts.netloc or not parts.path.startswith("/"):
            return
        try:
            endpoint, _ = self.routes.match(parts.path, method="GET")
        except HTTPException:
            return
        if not endpoint.startswith("web.") or endpoint in ("web.static", "web.signing.out"):
            return
        query = parse_qs(parts.query, keep_blank_values=False)
        kind = (endpoint, tuple(sorted(query)))
        if endpoint == "web.reports.show" or endpoint == "web.reports.file":
            kind = (*kind, parts.path)  # type: ignore[assignment]
        if self.seen.get(kind, 0) < self.each and address not in self.seen:
            self.seen[kind] = self.seen.get(kind, 0) + 1
            self.seen[address] = 1
            self.waiting.append(address)

    def visit(self, address: str) -> Visit:
        spent = []
        for _ in range(2):
            self.meter.start()
            answer = self._get(address)
            _, client, server = self.meter.spent()
            spent.append(client + server)
        endpoint, _ = self.routes.match(urlsplit(address).path, method="GET")
        html = answer.content_type.startswith("text/html")
        text = answer.get_data(as_text=True) if html else ""
        for link in re.findall(r'(?:href|hx-get)="(/[^"#]*)', text):
            self.wait(unescape(link))
        if answer.status_code in (301, 302, 303):
            self.wait(answer.location)
        return Visit(
            *(self.role, address, endpoint, spent[0], spent[1], len(answer.data)),
            *(answer.status_code, not html),
        )


def narrowed(database: engine.Database, tenant: accounts.Tenant) -> list[str]:
    """Lists and figures as people narrow them: by what is rare and by what is much."""
    with database.read() as connection:
        most, least = _extremes(connection, tenant.id, "programme")
        units = _extremes(connection, tenant.id, "unit")
        iris = {
            bytes(row[0]): bytes(row[1]).decode()
            for row in run(
                connection, "SELECT digest, iri FROM programmes WHERE tenant_id = ?", (tenant.id,)
            )
        }
        paths = {unit: path for unit, (path, _) in register.units(connection, tenant.id).items()}
        row = run(
            connection,
            "SELECT behaviour FROM links WHERE tenant_id = ? AND state = 'submitted'"
            " AND behaviour <> ? LIMIT 1",
            (tenant.id, names.ZERO),
        ).first()
    addresses = []
    for digest in (most, least):
        programme = quote(iris.get(digest, ""))
        addresses += [f"/review?programme={digest.hex()}", f"/summary?programme={programme}"]
        addresses += [f"/cases?programme={digest.hex()}", f"/alumni?programme={digest.hex()}"]
        addresses += [f"/review?programme={digest.hex()}&state=decided"]
    for unit in units:
        path = quote(paths.get(unit, ""))
        addresses += [f"/review?unit={unit.hex()}", f"/summary?unit={path}"]
        addresses += [f"/cases?unit={unit.hex()}", f"/people?unit={unit.hex()}"]
    today = datetime.now(UTC).date()
    spans = f"since={today - timedelta(days=500)}&until={today - timedelta(days=300)}"
    addresses += [f"/summary?{spans}", f"/summary?as_of={today - timedelta(days=200)}"]
    addresses += [f"/review?{each}" for each in ("age=overdue", "age=due", "state=decided")]
    addresses += [f"/review?{each}" for each in ("who=mine", "who=free", "who=taken")]
    if row is not None:
        addresses.append(f"/review?behaviour={bytes(row[0]).hex()}")
    addresses += ["/people?name=sari", "/people?name=zzzz", "/cases?who=unknown", "/audit?who=user"]
    verb = quote("http://adlnet.gov/expapi/verbs/completed")
    addresses += [f"/statements?verb={verb}", f"/statements?from={today - timedelta(days=90)}"]
    return addresses


def _extremes(connection: Connection, tenant_id: int, column: str) -> tuple[bytes, bytes]:
    """The value that most links have, and the one that fewest have."""
    rows = run(
        connection,
        f"SELECT {column}, COUNT(*) AS n FROM links WHERE tenant_id = ? AND {column} IS NOT NULL"
        f" GROUP BY {column} ORDER BY n DESC",
        (tenant_id,),
    ).all()
    return bytes(rows[0][0]), bytes(rows[-1][0])


def people(database: engine.Database, tenant: accounts.Tenant) -> dict[str, str]:
    """Somebody of each role who signs in: login by role. Learner and superior are those of the
    register with most cases and most staff."""
    hashed = accounts.hash_password(PASSWORD)
    logins = {}
    with database.read() as connection:
        learner = run(
            connection,
            "SELECT c.subject, COUNT(*) AS n FROM cases c JOIN people p ON p.id = c.subject"
            " WHERE c.tenant_id = ? AND c.matched = 1 GROUP BY c.subject ORDER BY n DESC LIMIT 1",
            (tenant.id,),
        ).one()[0]
        superior = run(
            connection,
            "SELECT e.superior, COUNT(*) AS n FROM employments e JOIN people p ON p.id = e.superior"
            " WHERE e.tenant_id = ? AND e.last_day IS NULL AND e.superior IS NOT NULL"
            " GROUP BY e.superior ORDER BY n DESC LIMIT 1",
            (tenant.id,),
        ).one()[0]
    for role in MAY:
        login = f"bench-{role}"
        roles = (role, "operator") if role == "admin" else (role,)
        person = {"learner": learner}.get(role, superior)

        database.write(partial(_enter, tenant, login, hashed, roles, person))
        logins[role] = login
    return logins


def _enter(
    tenant: accounts.Tenant,
    login: str,
    hashed: str,
    roles: Sequence[str],
    person: bytes,
    connection: Connection,
) -> None:
    key = (tenant.id, login)
    run(connection, "DELETE FROM users WHERE tenant_id = ? AND login = ?", key)
    accounts.create_user(connection, tenant, login, hashed, roles, datetime.now(UTC))
    sql = "UPDATE users SET person = ? WHERE tenant_id = ? AND login = ?"
    run(connection, sql, (person, *key))


@click.command()
@click.option("--url", required=True, help="A database that holds the demonstration agency.")
@click.option("--grow", "larger", is_flag=True, help="First make it as large as it may be.")
@click.option("--statements", default=1_000_000, show_default=True)
@click.option("--completions", default=100_000, show_default=True)
@click.option("--each", default=2, show_default=True, help="Pages of one kind, for each role.")
@click.option("--roles", default=",".join(MAY), show_default=True)
@click.option("--all", "everything", is_flag=True, help="Print every page, not only the slowest.")
def main(
    url: str,
    larger: bool,
    statements: int,
    completions: int,
    each: int,
    roles: str,
    everything: bool,
) -> None:
    """Open every page as somebody of each role."""
    with tempfile.TemporaryDirectory() as folder, closing(engine.connect(url)) as database:
        migrate.migrate(database)
        with database.read() as connection:
            tenant = accounts.tenant(connection, TENANT)
        if larger:
            grow(database, tenant, statements, completions)
        context = Context(Settings(database_url=url, data_dir=folder), database)
        app = create_app(context)
        logins = people(database, tenant)
        begun = time.perf_counter()
        counted = worker.count_figures(context)
        click.echo(f"counted ahead: {counted} figures in {time.perf_counter() - begun:.1f} s")
        with database.read() as connection:
            tally = practice.tally(connection, tenant.id)
            total = run(connection, "SELECT COUNT(*) FROM statements").scalar_one()
            click.echo(f"{database.dialect}: {total:,} statements, {tally}")
            visits: list[Visit] = []
            for role in roles.split(","):
                walk = Walk(app, Meter(connection, whole=True), role, each)
                walk.sign_in(logins[role])
                for visit in walk.pages(["/", *narrowed(database, tenant)]):
                    visits.append(visit)
                    if visit.slow or everything:
                        click.echo(visit.told)
    report(app, visits)
    raise SystemExit(any(each.slow for each in visits))


def report(app: Flask, visits: Sequence[Visit]) -> None:
    """Print the slowest, and what was not looked at."""
    visits = sorted(visits, key=lambda each: -max(each.first, each.again))
    slow = [each for each in visits if each.slow]
    wrong = [each for each in visits if each.status >= 500]
    click.echo("the slowest, and what failed:")
    for each in dict.fromkeys((*visits[:25], *wrong)):
        click.echo(each.told)
    pages = [each for each in visits if not each.paper]
    middle = sorted(each.again for each in pages)[len(pages) // 2]
    click.echo(
        f"{len(pages)} pages, {len(visits) - len(pages)} papers; median {middle * 1000:.0f} ms;"
        f" {len(slow)} slow, {len(wrong)} failed"
    )
    seen = {each.endpoint for each in visits}
    unseen = sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("web.")
        and "GET" in (rule.methods or ())
        and rule.endpoint not in seen
    )
    click.echo("no way led to: " + ", ".join(unseen))


if __name__ == "__main__":
    main()
