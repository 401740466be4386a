"""Connections that outlive what they are connected to."""

from contextlib import closing

import pytest

from lrs.store import engine
from lrs.store.engine import Database, run


def hang_up(database: Database) -> None:
    """Close this process's idle connections from the server's side, as a time-out or restart."""
    address = database.url.render_as_string(hide_password=False)
    with closing(engine.connect(address)) as other, other.read() as connection:
        if database.dialect == "postgresql":
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        elif database.dialect == "mariadb":
            others = connection.exec_driver_sql(
                "SELECT id FROM information_schema.processlist"
                " WHERE db = database() AND id <> connection_id()"
            ).all()
            for (number,) in others:
                connection.exec_driver_sql(f"KILL {number}")


def test_a_connection_given_up_by_the_server_is_replaced_before_it_is_used(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told that the store is busy because it lay idle over night."""
    monkeypatch.setattr(engine, "IDLE", -1.0)

    def one(connection: object) -> int:
        return int(run(connection, "SELECT 1").scalar_one())  # type: ignore[arg-type]

    def use() -> None:
        assert database.write(one) == 1
        with database.read() as connection:
            assert one(connection) == 1

    use()
    hang_up(database)
    use()
