"""What the hardware allows: the parts of a request done barely, in the same run.

*HTTP*: our server answering an empty Flask view. *Query*: the very SQL of a request, by the bare
driver. *Write*: the same statements parsed by the fastest JSON parser and written by the bare
driver as the same rows in the same transactions, their positions allocated; no HTTP, no checks.
"""

import multiprocessing
import sqlite3
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from types import SimpleNamespace
from typing import Any

import msgspec
import psycopg
import pymysql
from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url

import lrs.app
from lrs import server, worker
from lrs.settings import Settings
from lrs.store import log
from lrs.store.engine import PATIENCE
from lrs.store.packing import pack
from lrs.store.statements import everything
from lrs.xapi import lexical
from lrs.xapi.statements import Prepared
from tests.bench.load import Answers

#: SQL as the driver takes it, with its parameters: all that one request asks of the database.
Plan = list[tuple[str, Any]]

_FORK = multiprocessing.get_context("fork")


# HTTP --------------------------------------------------------------------------------------------


def empty_app(_: Settings) -> Flask:
    """An application with one view, which does nothing."""
    app = Flask("empty", static_folder=None)
    app.extensions["jejak"] = SimpleNamespace(database=SimpleNamespace(is_here=True))

    def view() -> str:
        return ""

    for path in ("/health", "/empty"):
        app.add_url_rule(path, path, view, methods=["GET", "POST"])
    return app


# Queries -----------------------------------------------------------------------------------------


@contextmanager
def recorded() -> Iterator[Plan]:
    """The SQL that this process runs meanwhile."""
    plan: Plan = []

    def note(*told: Any) -> None:
        if told[2].startswith("SELECT"):  # beside it, visits are noted now and then
            plan.append((told[2], told[3]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield plan
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def connection_to(url: str) -> Any:
    """A connection of the bare driver, set up as the service sets up its own."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        connection = sqlite3.connect(
            address.database or "", isolation_level=None, timeout=PATIENCE, check_same_thread=False
        )
        for pragma in ("synchronous = FULL", "temp_store = MEMORY", "cache_size = -32000"):
            connection.execute(f"PRAGMA {pragma}")
        return connection
    if address.get_backend_name() == "postgresql":
        return psycopg.connect(
            host=address.host,
            port=address.port or 5432,
            user=address.username,
            password=address.password,
            dbname=address.database,
            autocommit=True,
        )
    return pymysql.connect(
        host=address.host or "",
        port=address.port or 3306,
        user=address.username,
        password=address.password or "",
        database=address.database,
        charset="utf8mb4",
        autocommit=True,
        init_command="SET SESSION time_zone = '+00:00', tx_isolation = 'READ-COMMITTED'",
    )


def _cursor(connection: Any) -> Any:
    if isinstance(connection, psycopg.Connection):
        return connection.cursor(binary=True)
    return connection.cursor()


def queries(url: str, plans: Sequence[Plan], processes: int, seconds: float) -> Answers:
    """Run the plans over and over in so many processes."""

    def work(index: int, threads: int, until: float) -> list[float]:
        connection = connection_to(url)
        cursor = _cursor(connection)
        times = []
        for plan in cycle([*plans[index * len(plans) // processes :], *plans]):
            began = time.perf_counter()
            for sql, parameters in plan:
                cursor.execute(sql, parameters)
                cursor.fetchall()
            now = time.perf_counter()
            times.append(now - began)
            if now > until:
                break
        return times

    return _together(work, processes, 1, seconds)


def _together(
    work: Callable[[int, int, float], list[float]], processes: int, threads: int, seconds: float
) -> Answers:
    """The same work in several processes; `work(index, threads, until)` tells its times."""
    until = time.perf_counter() + seconds
    results: Any = _FORK.SimpleQueue()

    def one(index: int) -> None:
        try:
            results.put(work(index, threads, until))
        except BaseException as error:
            results.put(repr(error))

    running = [_FORK.Process(target=one, args=(index,)) for index in range(processes)]
    for process in running:
        process.start()
    answers = Answers(seconds=seconds)
    for _ in running:
        found = results.get()
        if isinstance(found, str):
            raise RuntimeError(found)
        answers.times += found
    for process in running:
        process.join()
    return answers


# Writes ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Transaction:
    """What one transaction of the service writes: what came, and what was made of it."""

    body: bytes
    store_id: int
    source_id: int
    statements: list[Prepared]


_STAMP = {
    "sqlite": "UPDATE log_clock SET position = max(position + 1, ?) + ? WHERE id = 1"
    " RETURNING position",
    "postgresql": "SELECT log_stamp(%s)",
    "mariadb": "UPDATE log_clock SET position = LAST_INSERT_ID(GREATEST(position + 1,"
    f" {log._CLOCK}) + %s) WHERE id = 1",
}

_TABLES = {
    "statements": ("position,store_id,source_id,voided,id,body", "bigint,int,int,int2,bytea,bytea"),
    "statement_ids": ("store_id,id,position", "int,bytea,bigint"),
    "postings": ("term,position,depth", "bytea,bigint,int2"),
}


def _insert(dialect: str, table: str) -> str:
    columns, kinds = _TABLES[table]
    if dialect == "postgresql":
        arrays = ",".join(f"%s::{kind}[]" for kind in kinds.split(","))
        return f"INSERT INTO {table} ({columns}) SELECT * FROM unnest({arrays})"
    mark = "?" if dialect == "sqlite" else "%s"
    marks = ",".join(mark for _ in columns.split(","))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks})"


def _write(connection: Any, dialect: str, transactions: Sequence[Transaction]) -> None:
    """Write what came in one database transaction."""
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE" if dialect == "sqlite" else "BEGIN")
    inserts = {table: _insert(dialect, table) for table in _TABLES}
    for each in transactions:
        msgspec.json.decode(each.body)
        count = len(each.statements)
        if dialect == "postgresql":
            first = cursor.execute(_STAMP[dialect], (count,)).fetchone()[0]
        elif dialect == "sqlite":
            now = time.time_ns() // 1000
            first = cursor.execute(_STAMP[dialect], (now, count - 1)).fetchone()[0] - count + 1
        else:
            cursor.execute(_STAMP[dialect], (count - 1,))
            first = cursor.lastrowid - count + 1
        rows: dict[str, list[Any]] = {table: [] for table in _TABLES}
        for position, statement in enumerate(each.statements, first):
            identity = uuid.uuid4()
            head, *tail = statement.pieces
            head = b'{"id":"%s"%s' % (str(identity).encode(), head[44:])
            body = pack(lexical.render(position).encode().join((head, *tail)))
            rows["statements"].append(
                (position, each.store_id, each.source_id, 0, identity.bytes, body)
            )
            rows["statement_ids"].append((each.store_id, identity.bytes, position))
            terms = (everything(each.store_id), *statement.terms)
            rows["postings"] += [(term, position, 0) for term in terms]
        rows["statement_ids"].sort()
        if dialect == "postgresql":
            with connection.pipeline():
                for table, lines in rows.items():
                    columns = [list(column) for column in zip(*lines, strict=True)]
                    cursor.execute(inserts[table], columns, prepare=True)
                if each is transactions[-1]:
                    cursor.execute("COMMIT")
        else:
            for table, lines in rows.items():
                cursor.executemany(inserts[table], lines)
    if dialect != "postgresql":
        cursor.execute("COMMIT")


def writes(
    url: str,
    transactions: Sequence[Transaction],
    processes: int,
    threads: int,
    seconds: float,
    *,
    group: int = 1,
) -> Answers:
    """Write the transactions over and over, `group` of them committed together."""
    dialect = make_url(url).get_backend_name().replace("mysql", "mariadb")

    def work(index: int, threads: int, until: float) -> list[float]:
        times: list[float] = []

        def thread(number: int) -> None:
            connection = connection_to(url)
            start = (index * threads + number) * len(transactions) // (processes * threads)
            source = cycle([*transactions[start:], *transactions[:start]])
            while True:
                began = time.perf_counter()
                _write(connection, dialect, [next(source) for _ in range(group)])
                now = time.perf_counter()
                times.extend([now - began] * group)
                if now > until:
                    break

        running = [threading.Thread(target=thread, args=(number,)) for number in range(threads)]
        for each in running:
            each.start()
        for each in running:
            each.join()
        return times

    return _together(work, processes, threads, seconds)


def serve_empty(settings: Settings) -> int:
    """Serve the empty view exactly as the service is served, until told to stop; its worker, which
    has no database, has no duties either."""
    lrs.app.create_app = empty_app  # type: ignore[assignment]
    worker.work = lambda _, told: told.wait()  # type: ignore[assignment, misc]
    return server.serve(settings, lambda: None)


if __name__ == "__main__":
    sys.exit(serve_empty(Settings.from_environ()))
