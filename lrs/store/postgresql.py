"""Connections to PostgreSQL: see `engine.py`, which loads this where it is asked for."""

from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.pool import NullPool

from lrs.store.engine import Database, Lent

#: What one step of a query may hold in PostgreSQL's memory before it goes to its disk, kB: a hash
#: of some hundred thousand completions. It is taken only while such a query runs.
WORK = 32000


class PostgreSQL(Database):
    """Reads outside a transaction; writes in READ COMMITTED, in the caller's thread."""

    dialect = "postgresql"

    def __init__(self, url: URL, threads: int) -> None:
        super().__init__(url)
        self._readers = Lent(self._engine("AUTOCOMMIT"), threads, 2 * threads)
        self._writers = Lent(self._engine("READ COMMITTED"), threads, 2 * threads)

    def _engine(self, isolation: IsolationLevel) -> Engine:
        engine = create_engine(
            self.url,
            poolclass=NullPool,
            isolation_level=isolation,
            hide_parameters=True,
            connect_args={"cursor_factory": _Cursor},
        )
        event.listen(engine, "connect", lambda raw, _record: _prepare(raw))
        return engine


class _Cursor(psycopg.Cursor[Any]):
    """Answers `run` in binary: as text, bytes come twice as long. What SQLAlchemy asks for by
    itself, with parameters by name, it expects as text where it reads the catalogue."""

    def execute(
        self,
        query: Any,
        params: Any = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> "_Cursor":
        if binary is None:
            binary = isinstance(params, tuple)
        return super().execute(query, params, prepare=prepare, binary=binary)


def _prepare(connection: psycopg.Connection[Any]) -> None:
    # To compile a figure's query takes several times as long as to run it. Who asks for a page has
    # one processor of the server at most, so that intake keeps the others. And where to read a page
    # out of order is held to be dear, a whole table is read in place of a third of an index.
    connection.execute(
        f"SET jit = off; SET max_parallel_workers_per_gather = 0; SET work_mem = '{WORK}kB';"
        " SET random_page_cost = 1.1"
    )
    connection.commit()
