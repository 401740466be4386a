"""What tests share: a database of their own, an application on it, a server as users run it.

`JEJAK_TEST_DATABASES` names the databases, separated by commas (sqlite, postgresql, mariadb);
without it, SQLite alone. Each gets one new database for the session, migrated once and emptied
before each test that asks for it, and dropped at the end. One that was asked for and does not
answer is an error, not a skip.

`JEJAK_TEST_UNTIL` (seconds since 1970) is when to come to an end: what has not begun by then is
skipped, and the summary says how many those were.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from sqlalchemy import (
    CompoundSelect,
    Connection,
    Table,
    exists,
    literal_column,
    select,
    union_all,
)

from lrs.app import create_app, surround
from lrs.context import Context
from lrs.settings import Settings
from lrs.store import accounts, engine, tables
from lrs.store.engine import run
from lrs.store.packing import unpack
from lrs.xapi.statements import parse
from tests import databases, make
from tests.serving import Served, serving

DIALECTS = [
    name.strip() for name in os.environ.get("JEJAK_TEST_DATABASES", "sqlite").split(",") if name
]
# The same examples in every run; `HYPOTHESIS_PROFILE=search` looks for new ones.
hypothesis_settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
hypothesis_settings.register_profile("search", deadline=None, print_blob=True)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


UNTIL = float(os.environ.get("JEJAK_TEST_UNTIL", "inf"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, where SQLite is not among the databases, what asks for no database: that is run
    with SQLite, and comes out the same. The promises are tried first."""
    items.sort(key=lambda each: "promises" not in each.path.parts)
    if "sqlite" in DIALECTS:
        return
    without = [each for each in items if "database_url" not in getattr(each, "fixturenames", ())]
    config.hook.pytest_deselected(items=without)
    items[:] = [each for each in items if each not in set(without)]


def pytest_runtest_setup() -> None:
    if time.time() > UNTIL:
        pytest.skip("left out: the time that JEJAK_TEST_UNTIL gives is over")


NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A moment for tests that need one and do not care which."""


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Commands set up logging for their process, which here is everybody's."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session", params=DIALECTS)
def database_url(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[str]:
    """The URL of an empty, migrated database that lives as long as the session."""
    with databases.new(request.param, tmp_path_factory.mktemp("store")) as url:
        databases.spare_the_disk(url)
        yield url


@dataclass
class Migrated:
    """The session's database, and how the migrations left it."""

    database: engine.Database
    #: Its tables, in the order in which they may be emptied.
    here: list[Table]
    #: The rows that the migrations themselves put there.
    first_rows: dict[str, list[dict[str, Any]]]

    def empty(self, connection: Connection) -> None:
        if self.database.dialect == "postgresql":  # its counter is no table
            connection.exec_driver_sql("SELECT setval('log_clock', 0)")
        # Asking all at once which hold anything takes a tenth of emptying each.
        filled = set(connection.scalars(self._filled))
        for table in self.here:
            first_rows = self.first_rows[table.name]
            if table.name in filled or first_rows:
                connection.execute(table.delete())
            if first_rows:
                connection.execute(table.insert(), first_rows)

    @cached_property
    def _filled(self) -> CompoundSelect[str]:
        return union_all(
            *(
                select(literal_column(f"'{table.name}'")).where(
                    exists(select(1).select_from(table))
                )
                for table in self.here
            )
        )


@pytest.fixture(scope="session")
def migrated(database_url: str) -> Iterator[Migrated]:
    with closing(engine.connect(database_url)) as database:
        here = [
            table
            for table in reversed(tables.metadata.sorted_tables)
            if table.info.get("not_on") != database.dialect
        ]
        with database.read() as connection:
            rows = {
                table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
                for table in here
            }
        yield Migrated(database, here, rows)


@pytest.fixture
def database(migrated: Migrated) -> engine.Database:
    """The session's database, as empty as the migrations left it."""
    migrated.database.write(migrated.empty)
    return migrated.database


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """The defaults, on the session's database, with no cache that would outlive a test."""
    return Settings(database_url=database_url, data_dir=str(tmp_path), key_cache_seconds=0)


@dataclass
class Cast:
    """One tenant with one source, and the means to give it keys."""

    database: engine.Database
    tenant: accounts.Tenant
    source: accounts.Source

    def key(self, *scopes: str, source: str | None = None, **more: Any) -> str:
        """A new key with these scopes (`all` when none): its Authorization header."""
        new = self.database.write(
            lambda connection: accounts.create_key(
                connection,
                self.tenant,
                source or self.source.name,
                now=NOW,
                scopes=scopes or ("all",),
                **more,
            )
        )
        return make.basic(new.key.public, new.secret)

    def statements(self) -> list[make.Tree]:
        """All that stands in the log of this database, in its order, voided ones too."""
        with self.database.read() as connection:
            rows = run(connection, "SELECT body FROM statements ORDER BY position").all()
        return [parse(unpack(body)) for (body,) in rows]

    def another_source(self, name: str) -> accounts.Source:
        return self.database.write(
            lambda connection: accounts.create_source(
                connection, self.tenant, name, make.account(name), NOW
            )
        )


def new_tenant(database: engine.Database, name: str) -> Cast:
    def work(connection: Any) -> Cast:
        tenant = accounts.create_tenant(connection, name, NOW)
        authority = make.account("lms", f"https://{name}.example.org")
        return Cast(
            database, tenant, accounts.create_source(connection, tenant, "lms", authority, NOW)
        )

    return database.write(work)


@pytest.fixture
def cast(database: engine.Database) -> Cast:
    """The tenant `agency` with the source `lms`."""
    return new_tenant(database, "agency")


@pytest.fixture
def neighbour(database: engine.Database) -> Cast:
    """Another tenant of the same installation, who must see nothing of ours."""
    return new_tenant(database, "neighbour")


@cache
def _application() -> Flask:
    return create_app(Context(settings=Settings(), database=None))  # type: ignore[arg-type]


def application(context: Context) -> Flask:
    """The application in these surroundings: made once, since its two hundred addresses take a
    while to learn, and moved from test to test."""
    app = _application()
    surround(app, context)
    return app


@pytest.fixture
def app(database: engine.Database, settings: Settings) -> Flask:
    return application(Context(settings=settings, database=database))


class Client(FlaskClient):
    """Flask's test client, signed in and speaking one version of xAPI unless told otherwise.

    `headers` given to a call are laid over the usual ones; None takes one away.
    """

    usual: dict[str, str]

    def open(self, *args: Any, **options: Any) -> Any:
        headers: dict[str, str | None] = {**self.usual, **dict(options.pop("headers", None) or {})}
        options["headers"] = {name: value for name, value in headers.items() if value is not None}
        return super().open(*args, **options)

    def speaking(self, version: str) -> "Client":
        return self._with({"X-Experience-API-Version": version})

    def signed_in(self, authorization: str) -> "Client":
        return self._with({"Authorization": authorization})

    def _with(self, headers: dict[str, str]) -> "Client":
        other = Client(self.application, self.response_wrapper, use_cookies=False)
        other.usual = self.usual | headers
        return other


@pytest.fixture
def client(app: Flask, cast: Cast) -> Client:
    """Signed in with a key of the scope `all`, speaking 1.0.3."""
    made = Client(app, app.response_class, use_cookies=False)
    made.usual = {"Authorization": cast.key("all"), "X-Experience-API-Version": "1.0.3"}
    return made


@dataclass
class Server(Served):
    """`jejak serve` on the session's database, and those who may ask it."""

    cast: Cast


@pytest.fixture
def start_server(settings: Settings, cast: Cast, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers with settings of the test's choice: `start_server(JEJAK_PAGE_MAX="10")`."""
    with ExitStack() as stack:

        def start(**chosen: str) -> Server:
            there = {"JEJAK_DATABASE_URL": settings.database_url, **chosen}
            served = stack.enter_context(serving(tmp_path, there))
            return Server(served.url, served.process, served.log, served.environ, cast)

        yield start


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    """A server with the default settings."""
    return start_server()
