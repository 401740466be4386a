"""Bring a database to the shape this version of the code expects.

Migrations are the numbered files in `migrations/`; the folder is the history. They run one after
another under a lock, so that several processes may start at once. On PostgreSQL and SQLite a
migration is one transaction. MariaDB commits every DDL statement by itself, so each migration
can be run again from its beginning.

Alembic is loaded by who migrates or compares: it takes 11 MB, and what serves is forked from a
process that asks for `current` and `head`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect

from lrs.store.engine import Database, run
from lrs.store.tables import metadata

_HERE = Path(__file__).parent / "migrations"
_LOCK = 0x4A6F


def head() -> str:
    """The newest revision this code knows."""
    return max(each.stem.partition("_")[0] for each in _HERE.glob("[0-9]*_*.py"))


def current(database: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = run(connection, "SELECT version_num FROM alembic_version").scalar_one_or_none()
        return None if found is None else str(found)


def migrate(database: Database) -> list[str]:
    """Upgrade to the newest revision; return the revisions that were run, oldest first."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    ran: list[str] = []

    def upgrade(connection: Connection) -> None:
        script = ScriptDirectory(str(_HERE), version_locations=[str(_HERE)])
        context = EnvironmentContext(
            Config(), script, fn=lambda revision, _: script._upgrade_revs("head", revision)
        )
        with context, _alone(connection):
            context.configure(
                connection=connection,
                target_metadata=metadata,
                transactional_ddl=database.dialect != "mariadb",
                on_version_apply=lambda *, step, **_: ran.append(step.up_revision_id),
            )
            context.run_migrations()

    database.write(upgrade)
    return ran


def differences(database: Database) -> list[Any]:
    """What the tables in the code and those in the database do not agree on; empty when equal."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with database.read() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": lambda thing, name, kind, reflected, compared: (
                    getattr(thing, "info", {}).get("not_on") != database.dialect
                )
            },
        )
        return list(compare_metadata(context, metadata))


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        yield
    elif connection.dialect.name == "sqlite":
        yield  # BEGIN IMMEDIATE is the lock
    else:
        connection.exec_driver_sql("SELECT GET_LOCK('jejak-migrate', 300)")
        try:
            yield
        finally:
            connection.exec_driver_sql("SELECT RELEASE_LOCK('jejak-migrate')")
