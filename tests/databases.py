"""New, migrated databases for tests, on each of the three kinds, or distributed by Citus.

With JEJAK_TEST_CITUS_WORKERS (`host:port,host:port`) the PostgreSQL of JEJAK_TEST_POSTGRESQL_URL is
the coordinator of these workers, and each new database is distributed over them.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL, make_url

from lrs.store import distribution, engine, migrate

#: Servers on which databases may be made and dropped; the database named is left alone.
SERVERS = {
    "postgresql": os.environ.get(
        "JEJAK_TEST_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432/test"
    ),
    "mariadb": os.environ.get("JEJAK_TEST_MARIADB_URL", "mariadb://root@127.0.0.1:3306/test"),
}
NAME = f"jejak_test_{os.getpid()}"

#: Workers of a Citus cluster, and how many shards its tables have in tests: emptying them is what
#: most of a test's time goes to.
WORKERS = [each for each in os.environ.get("JEJAK_TEST_CITUS_WORKERS", "").split(",") if each]
SHARDS = 4


@contextmanager
def new(dialect: str, folder: Path) -> Iterator[str]:
    """The URL of an empty, migrated database, which is dropped at the end.

    `dialect` is sqlite (a file in `folder`), postgresql or mariadb.
    """
    if dialect == "sqlite":
        yield _migrated(f"sqlite:///{folder}/jejak.db")
        return
    there = make_url(SERVERS[dialect])
    workers = [_worker(there, each) for each in WORKERS] if dialect == "postgresql" else []
    with ExitStack() as made:
        for server in (there, *workers):
            made.enter_context(_created(server))
        url = there.set(database=NAME).render_as_string(hide_password=False)
        if workers:
            _introduce(there, workers)
        yield _migrated(url, distributed=bool(workers))


def spare_the_disk(url: str) -> None:
    """Let a PostgreSQL database answer commits before they are on disk: tests kill processes and
    never the machine. MariaDB knows that only for the whole server, so whoever owns it says so."""
    there = make_url(url)
    if there.get_backend_name() == "postgresql":
        server = _administered(there)
        with server.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {NAME} SET synchronous_commit = off"))
        server.dispose()


@contextmanager
def _created(there: URL) -> Iterator[None]:
    """An empty database on this server, until the end of the block."""
    server = _administered(there)
    force = " WITH (FORCE)" if there.get_backend_name() == "postgresql" else ""
    try:
        with server.connect() as connection:
            # One of this number may be left of a run that was killed.
            connection.execute(text(f"DROP DATABASE IF EXISTS {NAME}{force}"))
            connection.execute(text(f"CREATE DATABASE {NAME}"))
        try:
            yield
        finally:
            with server.connect() as connection:
                connection.execute(text(f"DROP DATABASE {NAME}{force}"))
    finally:
        server.dispose()


def _administered(there: URL) -> Engine:
    driver = engine.DRIVERS[there.get_backend_name()]
    return create_engine(there.set(drivername=driver), isolation_level="AUTOCOMMIT")


def _worker(there: URL, address: str) -> URL:
    host, _, port = address.partition(":")
    return there.set(host=host, port=int(port or 5432))


def _introduce(coordinator: URL, workers: list[URL]) -> None:
    """Make these databases one Citus cluster."""
    tell = [f"SELECT citus_set_coordinator_host('{coordinator.host}', {coordinator.port or 5432})"]
    tell += [f"SELECT citus_add_node('{each.host}', {each.port})" for each in workers]
    for server, asked in (*((each, []) for each in workers), (coordinator, tell)):
        opened = _administered(server.set(database=NAME))
        try:
            with opened.connect() as connection:
                for sql in ("CREATE EXTENSION citus", *asked):
                    connection.execute(text(sql))
        finally:
            opened.dispose()


def _migrated(url: str, *, distributed: bool = False) -> str:
    with closing(engine.connect(url)) as database:
        migrate.migrate(database)
        if distributed:
            for _ in distribution.distribute(database, SHARDS):
                pass
    return url
