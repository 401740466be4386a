"""Connections, and what differs between SQLite, MariaDB and PostgreSQL (`postgresql.py`).

A `Database` has two doors. `read()` lends a connection that sees what is committed, each
statement for itself. `write(work)` runs `work` in one transaction and returns after a durable
commit, by the discipline of the database:

- SQLite has one writer at a time. What comes while one is under way is committed together, by the
  thread of the first of them: each of several pieces of work in a savepoint of its own, one flush
  to disk for all.
- On PostgreSQL and MariaDB a deadlock or serialisation failure runs the work again, so work must
  be repeatable.

`write_together(key, work, piece)` is for small pieces of the same kind from many callers: those
that come while one is being written share the next transaction, and its statements.

`run` and `insert` hand SQL to the driver themselves, on connections that SQLAlchemy opened and that
stay open: what it does around a statement of its own takes longer than most statements here.

Values stay out of the text of the driver's errors, which goes to the log: they are people's data.
"""

import random
import re
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from contextvars import copy_context
from functools import lru_cache, partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Dialect, Engine, Table, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    MultipleResultsFound,
    NoResultFound,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import NullPool

from lrs.errors import Busy, TooLarge

T = TypeVar("T")
P = TypeVar("P")

DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mariadb+pymysql",
    "mariadb": "mariadb+pymysql",
}

#: How many pieces of waiting work are committed together at most. A flush takes as long as some
#: hundred small inserts; past this the first would wait for no gain.
GROUP = 128

#: All that is written to a SQLite database, as what is written together is named.
_IN_ORDER = "in order"

#: How long a write may wait for another process's lock before it is refused as busy, seconds.
PATIENCE = 15

#: How many values one `IN (…)` names at most: few enough for every database, enough that the
#: round trips do not count.
PIECE = 1000

#: Page cache of one SQLite connection, kB. A reader's holds what every query walks through, the
#: upper pages of the indexes; a commit by any other connection empties it, and all readers' must
#: fit into a web process's memory. A writer's stays as it is while no other process writes.
READER_CACHE = 4000
WRITER_CACHE = 8000

#: After how many pages SQLite's journal is copied into the file, by whoever commits then. Four
#: times its own measure: a page that was written several times meanwhile is copied once. With ten
#: times, who commits then waits too long.
JOURNAL_PAGES = 4000

#: What MariaDB may hold in memory of one step of a query before it goes to its disk, bytes. It is
#: taken only while such a query runs.
HELD = 64 * 1024 * 1024

_ARRAY = re.compile(r"\?(?=::\w+\[\])")
#: A connection that lay idle so long is asked whether it still stands before it is used, seconds.
IDLE = 10.0

#: How long a request may wait for a connection of its own, seconds.
TURN = 30.0

_RETRIES = 8
_LOST = {"1153", "2006", "2013"}
_AGAIN = {"40001", "40P01", "55P03", "1205", "1213", "1020"}


def connect(url: str, *, threads: int = 8) -> "Database":
    """Open a database by its URL (`sqlite:///…`, `postgresql://…`, `mariadb://…`).

    `threads` is how many may read at the same time in this process.
    """
    address = make_url(url)
    name = address.get_backend_name()
    if name not in DRIVERS:
        raise ValueError(
            f"The database URL starts with {name}:, which Jejak does not speak; "
            "use sqlite:///…, postgresql://… or mariadb://…"
        )
    address = address.set(drivername=DRIVERS[name])
    if address.get_backend_name() == "sqlite":
        return SQLite(address, threads)
    if address.get_backend_name() == "postgresql":
        from lrs.store.postgresql import PostgreSQL  # here: its driver takes 9 MB

        return PostgreSQL(address, threads)
    return MariaDB(address, threads)


class Lent:
    """Connections to one database, open from the first use on: at most `most` of them lent at one
    time, and `kept` of them open while nobody has them.

    `half_read`: a result that was not read to its end keeps its snapshot for as long as the
    connection lives, so that is given up where something failed.
    """

    def __init__(self, engine: Engine, kept: int, most: int, *, half_read: bool = False) -> None:
        self.engine = engine
        self._kept, self._half_read = kept, half_read
        #: As many as may still be lent; a semaphore would take some ten times as long.
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(most):
            self._free.put(None)
        self._idle: deque[tuple[Connection, float]] = deque()

    def lent(self) -> AbstractContextManager[Connection]:
        """A connection that stands. Raises sqlalchemy.exc.TimeoutError when none gets free."""
        return _Loan(self)

    def lend(self) -> Connection:
        """A connection, to be given to `take_back` whatever becomes of it."""
        try:
            self._free.get(timeout=TURN)
        except Empty:
            told = f"no connection got free within {TURN:.0f} seconds"
            raise PoolTimeout(told) from None
        try:
            return self._standing() or self.engine.connect()
        except BaseException:
            self._free.put(None)
            raise

    def take_back(self, connection: Connection, failed: bool) -> None:
        """Have it back; `failed`: something was raised meanwhile."""
        try:
            if failed and self._half_read:
                connection.invalidate()
            self._keep(connection)
        finally:
            self._free.put(None)

    def _keep(self, connection: Connection) -> None:
        """Keep it for who comes next, with no transaction open on it."""
        if connection.in_transaction():
            connection.rollback()
        if connection.invalidated:
            if not self._half_read:
                self.close()  # what took this one's server away has nearly always taken all
            connection.close()
        elif len(self._idle) >= self._kept:
            connection.close()
        else:
            self._idle.append((connection, time.monotonic()))

    def close(self) -> None:
        """Close those that nobody has."""
        while self._idle:
            try:
                connection, _ = self._idle.pop()
            except IndexError:
                return
            connection.close()

    def _standing(self) -> Connection | None:
        """One that lay idle, and that its server has not given up meanwhile: MariaDB hangs up after
        eight hours, and the first batch of a Monday morning would be lost to its sender."""
        dialect = self.engine.dialect
        while True:
            try:
                connection, since = self._idle.pop()
            except IndexError:
                return None
            if time.monotonic() - since <= IDLE:
                return connection
            try:
                dialect.do_ping(connection.connection.dbapi_connection)  # type: ignore[arg-type]
            except dialect.loaded_dbapi.Error:
                connection.invalidate()
                connection.close()
            else:
                return connection


class _Loan:
    """What `with` does with a connection that is lent: a third of what a generator would take."""

    __slots__ = ("_connection", "_lent")

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    def __enter__(self) -> Connection:
        self._connection = self._lent.lend()
        return self._connection

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._lent.take_back(self._connection, failed=kind is not None)


class Database:
    """One database, for one process. Made after fork, closed with the process."""

    dialect: str
    _readers: Lent
    _writers: Lent

    def __init__(self, url: URL) -> None:
        self.url = url
        #: Called by a thread that is about to wait: for others, or for the disk.
        self.about_to_wait: Callable[[], None] = lambda: None
        #: Called with a thread that waits in here, and what has it go on.
        self.go_on: Callable[[int, Callable[[], None]], None] = lambda _thread, wake: wake()
        #: What waits to be written together, by its key; the first of each is being written.
        self._gathered: dict[Hashable, list[_Piece[Any, Any]]] = {}
        self._gathering = threading.Lock()

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, so that it works while we wait for it."""
        host = self.url.host or ""
        return not host or host in ("localhost", "::1") or host.startswith(("127.", "/"))

    def read(self) -> AbstractContextManager[Connection]:
        """Lend a connection that sees what is committed; each statement has its own snapshot."""
        return self._readers.lent()

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction; return its value once that is durable.

        Raises what `work` raises, with nothing written, and `Busy` when the database would not
        take the write in time. `work` may run more than once.
        """
        self.about_to_wait()
        for attempt in range(_RETRIES):
            try:
                return self._attempt(work)
            except DBAPIError as error:
                if not _may_retry(error) or attempt == _RETRIES - 1:
                    raise Busy() if _may_retry(error) else error from error
                time.sleep(random.uniform(0.001, 0.01) * 2**attempt)
        raise Busy()

    def write_together(
        self, key: Hashable, work: Callable[[Connection, list[P]], list[T]], piece: P
    ) -> T:
        """Have `work` write this piece, in one transaction with those of the same key that come
        while one is under way; return what it answers for this piece once that is durable.

        Where `work` fails for several pieces, each is written by itself, so that what is wrong
        with one of them befalls no other. Raises what it raises for this piece alone, and `Busy`.
        """

        def write(group: "list[_Piece[P, T]]") -> None:
            self._write_group(work, group)

        return self._gather(key, write, piece)

    def _gather(self, key: Hashable, work: Callable[["list[_Piece[P, T]]"], None], piece: P) -> T:
        """Have this piece worked on with those of the same key that come while others are: by the
        thread of the first of them, the rest wait. `work` notes what became of each."""
        mine: _Piece[P, T] = _Piece(piece)
        with self._gathering:
            waiting = self._gathered.get(key)
            leads = waiting is None
            if waiting is None:
                self._gathered[key] = []
            else:
                waiting.append(mine)
        if not leads:
            self.about_to_wait()
            if not mine.wait():
                return mine.outcome()
        with self._gathering:
            waiting = self._gathered[key]
            group = [mine, *waiting[: GROUP - 1]]
            del waiting[: GROUP - 1]
        try:
            work(group)
        finally:
            self._hand_on(key)
            for each in group[1:]:
                self._tell(each, lead=False)
        self._tell(mine, lead=False)  # it has left its turn, and waits for another like the rest
        mine.wait()
        return mine.outcome()

    def _tell(self, piece: "_Piece[Any, Any]", *, lead: bool) -> None:
        self.go_on(piece.thread, partial(piece.tell, lead=lead))

    def _write_group(
        self, work: Callable[[Connection, list[P]], list[T]], group: "list[_Piece[P, T]]"
    ) -> None:
        """Write them together, or if that fails each by itself, and note what became of each."""
        try:
            values = self.write(lambda connection: work(connection, [e.piece for e in group]))
        except Exception as error:
            if len(group) > 1 and not isinstance(error, Busy):
                for each in group:
                    self._write_group(work, [each])
                return
            for each in group:
                each.error = error
        else:
            for each, value in zip(group, values, strict=True):
                each.value = value

    def _hand_on(self, key: Hashable) -> None:
        """Let the first of those that wait write all that wait."""
        with self._gathering:
            waiting = self._gathered[key]
            if waiting:
                self._tell(waiting.pop(0), lead=True)
            else:
                del self._gathered[key]

    def _attempt(self, work: Callable[[Connection], T]) -> T:
        with self._writers.lent() as connection:
            try:
                with connection.begin():
                    return work(connection)
            except DBAPIError:
                # A cancelled statement may leave a session lock behind: see log_stamp().
                connection.invalidate()
                raise

    def close(self) -> None:
        """Let go of every connection."""
        self._readers.close()
        self._writers.close()


class SQLite(Database):
    """The embedded default: a file, in WAL mode, every commit flushed."""

    dialect = "sqlite"

    def __init__(self, url: URL, threads: int) -> None:
        super().__init__(url)
        if not url.database or url.database == ":memory:":
            raise ValueError("SQLite needs a file: sqlite:///folder/jejak.db")
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._readers = Lent(self._engine(READER_CACHE), threads, 2 * threads, half_read=True)
        self._writers = Lent(self._engine(WRITER_CACHE), 1, 1)
        self._writer: int | None = None
        self._closed = False
        #: Held from BEGIN to COMMIT by whoever writes in this process; and when it last began, in
        #: microseconds since 1970; and by who asks whether anybody writes. See `log.horizon`.
        self.writing = threading.Lock()
        self.began = 0
        self.asking = threading.Lock()

    def _engine(self, cache: int) -> Engine:
        engine = create_engine(
            self.url,
            poolclass=NullPool,
            pool_reset_on_return=None,
            hide_parameters=True,
            connect_args={"timeout": PATIENCE, "check_same_thread": False},
        )
        event.listen(engine, "connect", lambda raw, _record: _prepare_sqlite(raw, cache))
        return engine

    def write(self, work: Callable[[Connection], T]) -> T:
        if self._writer == threading.get_ident():
            raise RuntimeError("a write inside a write would wait for itself")
        surroundings = copy_context()

        def piece(connection: Connection, /) -> Any:
            # Another's thread may do it, in whose request it is to see nothing.
            return surroundings.run(work, connection)

        value: T = self._gather(_IN_ORDER, self._write_in_order, piece)
        return value

    def _write_in_order(self, group: "list[_Piece[Callable[[Connection], Any], Any]]") -> None:
        """One after another, committed together; each is told its outcome."""
        with self.writing:
            if self._closed:
                for each in group:
                    each.error = Busy()
                return
            self._writer = threading.get_ident()
            try:
                self._commit(group)
            finally:
                self._writer = None
                self.about_to_wait()  # where it failed before the disk

    def _commit(self, group: "list[_Piece[Callable[[Connection], Any], Any]]") -> None:
        done: list[tuple[_Piece[Callable[[Connection], Any], Any], Any]] = []
        many = len(group) > 1  # what fails alone takes only its transaction with it
        try:
            with self._writers.lent() as connection:
                try:
                    with connection.begin() as transaction:
                        _execute(connection, "BEGIN IMMEDIATE", ())
                        self.began = time.time_ns() // 1000
                        for each in group:
                            if many:
                                _execute(connection, "SAVEPOINT work", ())
                            try:
                                done.append((each, each.piece(connection)))
                            except Exception as error:
                                if many:
                                    _execute(connection, "ROLLBACK TO work", ())
                                else:
                                    transaction.rollback()
                                each.error = error
                            if many:
                                _execute(connection, "RELEASE work", ())
                        self.about_to_wait()  # for the disk
                except Exception:
                    # SQLite leaves a transaction open whose COMMIT failed: whatever came next
                    # would find itself in it, and what was refused might yet be committed.
                    connection.invalidate()
                    raise
        except BaseException as error:
            locked = isinstance(error, DBAPIError) and "locked" in str(error.orig)
            failure = error if isinstance(error, Exception) and not locked else Busy()
            for each in group:
                each.error = each.error or failure
            if not isinstance(error, Exception):
                raise
        else:
            for each, value in done:
                each.value = value

    def close(self) -> None:
        with self.writing:
            self._closed = True
        super().close()


class MariaDB(Database):
    """As PostgreSQL; bytes in, bytes out, and a clock in UTC."""

    dialect = "mariadb"

    def __init__(self, url: URL, threads: int) -> None:
        super().__init__(url)
        reading = self._engine("AUTOCOMMIT", skip_autocommit_rollback=True)
        self._readers = Lent(reading, threads, 2 * threads)
        self._writers = Lent(self._engine("READ COMMITTED"), threads, 2 * threads)

    def _engine(self, isolation: IsolationLevel, **options: Any) -> Engine:
        return create_engine(
            self.url,
            poolclass=NullPool,
            isolation_level=isolation,
            hide_parameters=True,
            connect_args={
                "charset": "utf8mb4",
                "init_command": "SET SESSION time_zone = '+00:00',"
                " sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"
                f" innodb_lock_wait_timeout = {PATIENCE},"
                f" tmp_memory_table_size = {HELD}, max_heap_table_size = {HELD}",
            },
            **options,
        )

    def _attempt(self, work: Callable[[Connection], T]) -> T:
        try:
            return super()._attempt(work)
        except DBAPIError as error:
            if _code(error) not in _LOST:
                raise
            # MariaDB hangs up on a statement that is too long, as if it had gone away. To come
            # back later would not help, so it is told apart.
            with self.read() as connection:
                allowed = int(
                    connection.exec_driver_sql("SELECT @@max_allowed_packet").scalar_one()
                )
            if _written(error) > allowed:
                raise TooLarge(
                    "What this request would store, as it is sent to the database,",
                    allowed,
                    "max_allowed_packet of MariaDB",
                ) from error
            raise


class _Piece(Generic[P, T]):
    """What waits to be written together with others, and what became of it."""

    __slots__ = ("_leads", "_told", "error", "piece", "thread", "value")

    value: T

    def __init__(self, piece: P) -> None:
        self.piece = piece
        self.thread = threading.get_ident()
        self.error: Exception | None = None
        self._leads = False
        self._told = threading.Lock()
        self._told.acquire()

    def wait(self) -> bool:
        """Wait to be told: true that it is this one's turn to write, false that it was written."""
        self._told.acquire()
        return self._leads

    def tell(self, *, lead: bool) -> None:
        self._leads = lead
        self._told.release()

    def outcome(self) -> T:
        if self.error is not None:
            raise self.error
        return self.value


def _prepare_sqlite(connection: sqlite3.Connection, cache: int) -> None:
    # Python's sqlite3 would open transactions by itself, and never IMMEDIATE ones.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        f"busy_timeout = {PATIENCE * 1000}",
        "temp_store = MEMORY",
        f"cache_size = -{cache}",
        f"wal_autocheckpoint = {JOURNAL_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def is_away(error: BaseException) -> bool:
    """Whether this says that the database does not answer just now. That the tables are not those
    of this version, some drivers tell in the same way: that is a defect, and none of these."""
    said = str(getattr(error, "orig", ""))
    misfit = said.startswith("no such ") or "Unknown column" in said
    return isinstance(error, (OperationalError, InterfaceError, PoolTimeout)) and not misfit


def _may_retry(error: DBAPIError) -> bool:
    return _code(error) in _AGAIN


def _code(error: DBAPIError) -> str | None:
    """What kind of failure this is, in the numbers of the database."""
    code: str | None = getattr(error.orig, "sqlstate", None)
    if code is None and error.orig is not None and error.orig.args:
        code = str(error.orig.args[0])
    return code


def _written(error: BaseException | None) -> int:
    """How long the values of the row that failed are in SQL: PyMySQL writes bytes as hexadecimal.

    Where the connection broke under it, the error may be the rollback's, and that row's behind it.
    """
    longest = 0
    while error is not None:
        given = getattr(error, "params", None) or ()
        rows = given if isinstance(given, list) else [given]
        sizes = [sum(2 * len(value) for value in row if isinstance(value, bytes)) for row in rows]
        longest = max([longest, *sizes])
        error = error.__context__
    return longest


def tidy(database: Database) -> int:
    """Refresh SQLite's statistics and cut its journal to nothing, if nobody is reading it just
    now; 1 where that was done. Database servers do the like by themselves: 0.

    Without statistics SQLite takes an index by tenant, of which all rows are, for as good as one
    by case. `PRAGMA optimize` makes none for a table that has none; to look at 400 rows of each
    index takes a quarter of a second, however large it is.
    """
    if not isinstance(database, SQLite):
        return 0

    def analyze(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA analysis_limit = 400").close()
        connection.exec_driver_sql("ANALYZE").close()

    database.write(analyze)
    with database.read() as connection:
        (busy, _, _) = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    return int(not busy)


# SQL that is the same in meaning and not in letters -------------------------------------------


class Rows:
    """What a statement answered: rows, which are tuples, or how many it touched."""

    __slots__ = ("_cursor",)

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)

    def all(self) -> list[Any]:
        """Every row."""
        return list(self._cursor.fetchall())

    def first(self) -> Any:
        """The first row, or None; those after it are let go."""
        row = self._cursor.fetchone()
        self._cursor.close()
        return row

    def one_or_none(self) -> Any:
        """The only row, or None. Raises MultipleResultsFound."""
        row = self._cursor.fetchone()
        if row is not None and self._cursor.fetchone() is not None:
            raise MultipleResultsFound("more than one row where one was to come")
        self._cursor.close()
        return row

    def one(self) -> Any:
        """The only row. Raises NoResultFound, MultipleResultsFound."""
        row = self.one_or_none()
        if row is None:
            raise NoResultFound("no row where one was to come")
        return row

    def scalar_one(self) -> Any:
        """The first value of the only row. Raises NoResultFound, MultipleResultsFound."""
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        """The first value of the only row, or None. Raises MultipleResultsFound."""
        row = self.one_or_none()
        return None if row is None else row[0]

    def close(self) -> None:
        """Let go of the rows that were not read."""
        self._cursor.close()

    def scalars(self) -> Iterator[Any]:
        """The first value of every row."""
        return (row[0] for row in self._cursor)

    @property
    def rowcount(self) -> int:
        """How many rows were found or changed."""
        return int(self._cursor.rowcount)

    @property
    def lastrowid(self) -> int:
        """The value of LAST_INSERT_ID(), on MariaDB."""
        return int(self._cursor.lastrowid)


def run(connection: Connection, sql: str, parameters: Sequence[Any] = ()) -> Any:
    """Run one statement, written with `?` for its parameters; what it answered, like `Rows`.

    Raises the driver's errors as SQLAlchemy does.
    """
    if connection.dialect.name != "sqlite":
        sql = _percent(sql, connection.dialect.name)
    return _execute(connection, sql, tuple(parameters))


def _execute(connection: Connection, sql: str, parameters: Any) -> Any:
    """By the driver: a tuple of parameters once, a list of tuples for each of them."""
    heard = connection._has_events or connection.engine._has_events  # a quick no
    if heard and connection.dispatch.before_cursor_execute:  # somebody listens to what is run
        return connection.exec_driver_sql(sql, parameters)
    cursor: Any = connection.connection.cursor()
    try:
        if isinstance(parameters, list):
            cursor.executemany(sql, parameters)
        else:
            cursor.execute(sql, parameters)
    except connection.dialect.loaded_dbapi.Error as error:
        connection._handle_dbapi_exception(error, sql, parameters, cursor, None)
    return Rows(cursor)


def each(connection: Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run one statement for each of these rows of parameters, as `run` does."""
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        sql = _percent(sql, connection.dialect.name)
    connection.exec_driver_sql(sql, [tuple(row) for row in rows])


def insert(
    connection: Connection, table: Table, rows: Sequence[Sequence[Any]], *, ignore: bool = False
) -> None:
    """Insert rows (values in the order of the table's columns) in one round trip.

    `ignore` passes over rows whose key is taken. Rows should be sorted by key where others may
    insert the same ones, so that no two writers wait for each other.
    """
    if not rows:
        return
    sql = _insert_sql(table, connection.dialect, ignore)
    if connection.dialect.name == "postgresql":
        _execute(connection, sql, tuple(list(column) for column in zip(*rows, strict=True)))
    else:
        _execute(connection, sql, [tuple(row) for row in rows])


def placeholders(values: Sequence[Any] | Iterable[Any]) -> str:
    """`?, ?, ?` for as many values: what stands inside `IN (…)`. See `pieces`."""
    return ", ".join("?" for _ in values)


def pieces(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values so many at a time as one statement may safely name; nothing where there are none.

    PostgreSQL ends at 65,535 parameters, SQLite at 32,766 as it comes, and a large batch of small
    statements has more ids than either.
    """
    for start in range(0, len(values), PIECE):
        yield values[start : start + PIECE]


@lru_cache(maxsize=512)
def _percent(sql: str, dialect: str) -> str:
    sql = sql.replace("%", "%%")
    if dialect == "postgresql":  # psycopg writes arrays as text, unless asked for %b
        sql = _ARRAY.sub("%b", sql)
    return sql.replace("?", "%s")


@lru_cache(maxsize=128)
def _insert_sql(table: Table, dialect: Dialect, ignore: bool) -> str:
    quoted = {"mariadb": "`{}`", "mysql": "`{}`"}.get(dialect.name, '"{}"').format
    columns = [column for column in table.columns if column.autoincrement is not True]
    names = ", ".join(quoted(column.name) for column in columns)
    if dialect.name == "sqlite":
        marks = placeholders(columns)
        return (
            f"INSERT {'OR IGNORE ' if ignore else ''}INTO {table.name} ({names}) VALUES ({marks})"
        )
    if dialect.name == "postgresql":
        arrays = ", ".join(f"%b::{column.type.compile(dialect=dialect)}[]" for column in columns)
        tail = " ON CONFLICT DO NOTHING" if ignore else ""
        return f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays}){tail}"
    marks = ", ".join("%s" for _ in columns)
    first = quoted(columns[0].name)
    # INSERT IGNORE would also swallow truncation; this swallows only a taken key.
    tail = f" ON DUPLICATE KEY UPDATE {first} = {first}" if ignore else ""
    return f"INSERT INTO {table.name} ({names}) VALUES ({marks}){tail}"
