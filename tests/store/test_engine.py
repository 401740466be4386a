"""Connections that outlive what they are connected to."""

from contextlib import closing

import pytest
from sqlalchemy import Connection

from lrs.store import engine
from lrs.store.engine import Database, run

NUMBER = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT connection_id()"}
HANG_UP = {"postgresql": "SELECT pg_terminate_backend({})", "mariadb": "KILL {}"}


def test_a_connection_given_up_by_the_server_is_replaced_before_it_is_used(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told that the store is busy because it lay idle over night."""
    if database.dialect not in NUMBER:
        return  # a file hangs up on nobody
    monkeypatch.setattr(engine, "IDLE", -1.0)

    def number(connection: Connection) -> int:
        return int(run(connection, NUMBER[database.dialect]).scalar_one())

    with closing(engine.connect(database.url.render_as_string(hide_password=False))) as own:

        def numbers() -> set[int]:
            with own.read() as connection:
                return {own.write(number), number(connection)}

        before = numbers()
        with database.read() as connection:
            for each in before:
                connection.exec_driver_sql(HANG_UP[database.dialect].format(each))
        assert numbers().isdisjoint(before)
