"""New, migrated databases for tests, on each of the three kinds."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from lrs.store import engine, migrate

#: Servers on which databases may be made and dropped; the database named is left alone.
SERVERS = {
    "postgresql": os.environ.get(
        "JEJAK_TEST_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432/test"
    ),
    "mariadb": os.environ.get("JEJAK_TEST_MARIADB_URL", "mariadb://root@127.0.0.1:3306/test"),
}
NAME = f"jejak_test_{os.getpid()}"


@contextmanager
def new(dialect: str, folder: Path) -> Iterator[str]:
    """The URL of an empty, migrated database, which is dropped at the end.

    `dialect` is sqlite (a file in `folder`), postgresql or mariadb.
    """
    if dialect == "sqlite":
        yield _migrated(f"sqlite:///{folder}/jejak.db")
        return
    there = make_url(SERVERS[dialect])
    driver = engine.DRIVERS[there.get_backend_name()]
    server = create_engine(there.set(drivername=driver), isolation_level="AUTOCOMMIT")
    force = " WITH (FORCE)" if dialect == "postgresql" else ""
    try:
        with server.connect() as connection:
            # One of this number may be left of a run that was killed.
            connection.execute(text(f"DROP DATABASE IF EXISTS {NAME}"))
            connection.execute(text(f"CREATE DATABASE {NAME}"))
        try:
            yield _migrated(there.set(database=NAME).render_as_string(hide_password=False))
        finally:
            with server.connect() as connection:
                connection.execute(text(f"DROP DATABASE {NAME}{force}"))
    finally:
        server.dispose()


def _migrated(url: str) -> str:
    with closing(engine.connect(url)) as database:
        migrate.migrate(database)
    return url
