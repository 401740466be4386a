"""`jejak distribute`: the log over several servers, or a sentence that says why not.

What needs a Citus cluster runs where JEJAK_TEST_CITUS_WORKERS names one (docs/scaling.md).
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from click.testing import CliRunner
from sqlalchemy import Column, Integer, MetaData, Table

from lrs.cli.main import main
from lrs.settings import Settings
from lrs.store import distribution, engine, log, tables
from lrs.store.engine import Database, run
from tests import databases


def on_citus(database: Database) -> bool:
    return database.dialect == "postgresql" and bool(databases.WORKERS)


@contextmanager
def worker(database: Database) -> Iterator[Database]:
    """The same database on the first worker."""
    host, _, port = databases.WORKERS[0].partition(":")
    there = database.url.set(host=host, port=int(port))
    with closing(engine.connect(there.render_as_string(hide_password=False))) as opened:
        yield opened


def refusal(database: Database) -> str:
    with pytest.raises(distribution.Undistributable) as refused:
        distribution.standing(database)
    return str(refused.value)


def test_where_it_cannot_be_a_sentence_says_why(database: Database) -> None:
    if on_citus(database):
        return
    wanted = {
        "sqlite": "this is SQLite. Move the store to PostgreSQL first",
        "mariadb": "this is MariaDB. Move the store to PostgreSQL first",
        "postgresql": "no extension citus. Install Citus on each server",
    }
    assert wanted[database.dialect] in refusal(database)


def test_the_command_says_it_as_one_sentence(database: Database, settings: Settings) -> None:
    if on_citus(database):
        return
    environ = {"JEJAK_DATABASE_URL": settings.database_url, "JEJAK_DATA_DIR": settings.data_dir}
    told = CliRunner().invoke(main, ["distribute"], env=environ)
    assert told.exit_code == 1
    assert told.output.startswith("Error: ")
    assert "Traceback" not in told.output


def test_every_key_names_the_column_that_its_table_is_distributed_by() -> None:
    """Else Citus would refuse, since what is unique in a shard need not be so in the whole."""
    for place in distribution.PLACES:
        assert place.column in place.table.primary_key.columns, place.table.name
        beside = place.beside
        if beside is not None:
            (its,) = [each.column for each in distribution.PLACES if each.table is beside]
            assert place.table.c[place.column].type.python_type is beside.c[its].type.python_type


def test_a_second_time_changes_nothing(database: Database, settings: Settings) -> None:
    if not on_citus(database):
        return
    environ = {"JEJAK_DATABASE_URL": settings.database_url, "JEJAK_DATA_DIR": settings.data_dir}
    told = CliRunner().invoke(main, ["distribute"], env=environ)
    assert told.exit_code == 0, told.output
    assert len(told.output.splitlines()) == len(distribution.PLACES)
    assert all(line.startswith("already") for line in told.output.splitlines())


def test_what_a_table_holds_goes_with_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that holds much is copied when told to, and loses nothing."""
    if not on_citus(database):
        return
    full = Table("full_of_it", MetaData(), Column("position", Integer, primary_key=True))
    place = distribution.Place(full, "position")
    monkeypatch.setattr(distribution, "PLACES", (place,))
    monkeypatch.setattr(distribution, "SMALL", 0)

    def count(sql: str) -> int:
        with database.read() as connection:
            return int(run(connection, sql).scalar_one())

    def fill(connection: engine.Connection) -> None:
        full.create(connection)
        run(connection, "INSERT INTO full_of_it SELECT generate_series(1, 100)")

    database.write(fill)
    try:
        with pytest.raises(distribution.Undistributable, match="--with-data"):
            list(distribution.distribute(database, 2))
        assert [each.done for each in distribution.standing(database)] == [False]
        list(distribution.distribute(database, 2, with_data=True))
        assert [each.done for each in distribution.standing(database)] == [True]
        assert count("SELECT count(*) FROM full_of_it") == 100
        assert count("SELECT pg_relation_size('full_of_it')") == 0, "a second copy stayed here"
    finally:
        database.write(full.drop)


def test_a_worker_is_not_taken_for_the_coordinator(database: Database) -> None:
    if not on_citus(database):
        return
    with worker(database) as opened:
        assert "This server is a worker" in refusal(opened)


def test_a_table_that_is_distributed_otherwise_is_not_taken_for_done(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not on_citus(database):
        return
    places = (distribution.Place(tables.documents, "name_digest"),)
    monkeypatch.setattr(distribution, "PLACES", places)
    assert "documents is distributed by owner" in refusal(database)


def horizon(database: Database) -> int:
    with database.read() as connection:
        return log.horizon(database, connection)


@contextmanager
def prepared(database: Database, gid: str) -> Iterator[None]:
    """A worker holds a transaction prepared under this name."""
    with worker(database) as opened, opened.read() as connection:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("CREATE TABLE in_doubt (n integer)")
        connection.exec_driver_sql(f"PREPARE TRANSACTION '{gid}'")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"ROLLBACK PREPARED '{gid}'")


def test_no_horizon_passes_what_a_worker_holds_prepared_and_nobody_is_at_work_on(
    database: Database,
) -> None:
    """Committed here, and its worker fell silent before it heard so: until Citus has told it,
    what it holds is invisible, and a reader that went on would miss it (promise 2)."""
    if not on_citus(database):
        return
    before = horizon(database)
    with prepared(database, "citus_0_1_1_1"):
        assert horizon(database) < before
    assert horizon(database) > before


def test_a_commit_under_way_is_in_no_doubt(database: Database) -> None:
    """While somebody is at work on it, its mark holds the horizon back, and not by an hour."""
    if not on_citus(database):
        return
    before = horizon(database)
    with database.read() as connection:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("UPDATE statements SET voided = 0")
        pid, number = connection.exec_driver_sql(
            "SELECT pg_backend_pid(), transaction_number FROM get_current_transaction_id()"
        ).one()
        with prepared(database, f"citus_0_{pid}_{number}_1"):
            assert horizon(database) > before
        connection.exec_driver_sql("ROLLBACK")
