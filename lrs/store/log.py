"""Positions in the log, and how far it can be followed without loss.

A position is a count of microseconds since 1970 UTC by the database's clock, unique and strictly
increasing over all stores of a database; `stored` is its rendering. Even a clock set back gives
increasing positions: the next is one more than the last.

The *safe horizon* is the highest position below which, itself included, nothing can still
appear. Whoever reads up to it, and goes on from there, misses nothing, however many writers
there are and however long one of them takes to commit. **Read the horizon before the rows.**

Why each database does it in its own way, and what was measured: docs/decisions/0001.
"""

import sqlite3
import time
from typing import Any

from sqlalchemy import Connection

from lrs.store.engine import PATIENCE, Database, SQLite, run

_CLOCK = "FLOOR(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000)"


def stamp(connection: Connection, count: int) -> int:
    """Give out `count` positions in a row and return the first. Inside a write only.

    Until that write ends, no horizon passes the position before the first.
    """
    dialect = connection.dialect.name
    if dialect == "postgresql":
        return int(run(connection, "SELECT log_stamp(?)", (count,)).scalar_one())
    if dialect == "sqlite":
        last = run(
            connection,
            "UPDATE log_clock SET position = max(position + 1, ?) + ? WHERE id = 1"
            " RETURNING position",
            (_now(), count - 1),
        ).scalar_one()
        return int(last) - count + 1
    # The new value is computed once the row's lock is held, so the clock is read after it.
    # The answer to the UPDATE carries it, so nothing needs to be asked again.
    last = run(
        connection,
        f"UPDATE log_clock SET position = LAST_INSERT_ID(GREATEST(position + 1, {_CLOCK}) + ?)"
        " WHERE id = 1",
        (count - 1,),
    ).lastrowid
    return int(last) - count + 1


def hold_order(connection: Connection, tenant_id: int, *, alone: bool) -> None:
    """Keep references and their targets of one tenant from passing each other unseen.

    Who writes statements that refer to others, or void them, holds the log of the tenant
    `alone`; who writes statements that others may refer to, shares it. Held to the end of the
    write. Statements whose ids we made in this very write need neither: nobody knows them yet.
    SQLite and MariaDB have one writer at a time from the stamp on, and need nothing.
    """
    if connection.dialect.name == "postgresql":
        shared = "" if alone else "_shared"
        run(connection, f"SELECT pg_advisory_xact_lock{shared}(?, ?)", (_ORDER, tenant_id))


def hold_references(connection: Connection, tenant_id: int) -> None:
    """Let one writer at a time, of those that share the order, change what references reach.

    Two statements with one id may arrive in both stores of a tenant at the same moment. Held to
    the end of the write; what was read before must be read again.
    """
    if connection.dialect.name == "postgresql":
        run(connection, "SELECT pg_advisory_xact_lock(?, ?)", (_REFERENCES, tenant_id))


def horizon(database: Database, connection: Connection) -> int:
    """The safe horizon now: every position up to it is visible to a read that starts after."""
    if database.dialect == "postgresql":
        return int(run(connection, "SELECT log_horizon()").scalar_one())
    if isinstance(database, SQLite):
        return _sqlite_horizon(database, connection)
    now = int(run(connection, f"SELECT {_CLOCK}").scalar_one())
    # The row is free only while no writer stands between its stamp and its commit.
    free = run(
        connection, "SELECT position FROM log_clock WHERE id = 1 LOCK IN SHARE MODE SKIP LOCKED"
    ).scalar_one_or_none()
    if free is not None:
        return max(int(free), now - 1)
    return int(run(connection, "SELECT position FROM log_clock WHERE id = 1").scalar_one())


def _sqlite_horizon(database: SQLite, connection: Connection) -> int:
    """Now, where nobody is writing, neither this process nor another; else what is committed.

    While this process writes, that is all from before its transaction began. Who asks does so
    alone: of two that tried the write lock at once, each would take the other for a writer.
    """
    with database.asking:
        now = _now()
        quiet = database.writing.acquire(blocking=False)
        try:
            free = quiet and _write_lock_is_free(connection)
        finally:
            if quiet:
                database.writing.release()
    known = now if free else database.began
    last = int(run(connection, "SELECT position FROM log_clock WHERE id = 1").scalar_one())
    return max(last, known - 1)


def _write_lock_is_free(connection: Connection) -> bool:
    """Whether no process held SQLite's write lock at this instant: we had it ourselves."""
    raw: Any = connection.connection.dbapi_connection
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        raw.execute("BEGIN IMMEDIATE")
        raw.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    finally:
        raw.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000}")
    return True


def _now() -> int:
    return time.time_ns() // 1000


#: Key spaces of PostgreSQL's advisory locks. `_STAMPED` is the top of a 64-bit key whose lower
#: 52 bits are a position before every stamp of a write under way, or the first of them; `_ORDER`
#: and `_REFERENCES` pair with a tenant's id.
_STAMPED = 0x4A5 << 52
_STAMPING = 0x4A6 << 52
_ORDER = 0x4A7
_REFERENCES = 0x4A8


def _horizon_function(names: str = "", look: str = "") -> str:
    """`log_horizon()`; with more variables, and a look at what else may hold it back.

    In this order: clock, counter, marks. A writer whose mark is set after the marks were read
    gets a higher position than both; one whose mark was set before is seen, or has committed.
    """
    return f"""
    CREATE OR REPLACE FUNCTION log_horizon() RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE
        now bigint;
        last bigint;
        pending bigint;{names}
    BEGIN
        now := floor(extract(epoch FROM clock_timestamp()) * 1000000);
        SELECT last_value INTO last FROM log_clock;
        SELECT min((classid::bigint << 32 | objid::bigint) - {_STAMPED}) INTO pending
            FROM pg_locks
            WHERE locktype = 'advisory' AND objsubid = 1
            AND classid::bigint BETWEEN {_STAMPED >> 32} AND {(_STAMPED >> 32) + (1 << 20) - 1}
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database());{look}
        RETURN least(greatest(last, now - 1), pending - 1);  -- least() passes over NULL
    END $$
    """


POSTGRESQL_FUNCTIONS = (
    # The lock on the counter is let go at once, not at commit: what must last to the commit is
    # only the mark that positions from `low` on are not all visible yet. The clock is read again
    # once the mark is set: a horizon that was asked for between the first reading and the mark
    # did not see the mark, and may be later than `low`, but never than that second reading.
    # If a statement is cancelled in between, the connection is thrown away (Database._attempt),
    # and the lock with it.
    f"""
    CREATE OR REPLACE FUNCTION log_stamp(how_many bigint) RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE
        low bigint;
        first bigint;
    BEGIN
        PERFORM pg_advisory_lock({_STAMPING});
        SELECT greatest(last_value + 1, floor(extract(epoch FROM clock_timestamp()) * 1000000))
            INTO low FROM log_clock;
        PERFORM pg_advisory_xact_lock({_STAMPED} + low);
        first := greatest(low, floor(extract(epoch FROM clock_timestamp()) * 1000000));
        PERFORM setval('log_clock', first + how_many - 1);
        PERFORM pg_advisory_unlock({_STAMPING});
        RETURN first;
    END $$
    """,
    _horizon_function(),
)

#: No write lasts so long, microseconds.
_LONGEST = 3_600_000_000

#: In place of its like above, where Citus has spread the log (`distribution`). A write to several
#: servers is prepared on each, committed here, and then committed on each. Where one of them falls
#: silent in between, what is committed stays invisible there until Citus has asked it again, and
#: the mark is gone by then. So the workers are asked, after the marks, what they hold prepared of
#: which nobody here is at work any more: twice, since one may end between the two looks. While
#: there is any, or a worker does not answer, the horizon stays behind all that could be among it.
CITUS_FUNCTIONS = (
    _horizon_function(
        """
        asked text;
        told text;
        doubtful text[];""",
        f"""
        asked := $q$SELECT coalesce(string_agg(gid, ' '), '') FROM pg_prepared_xacts
            WHERE database = current_database() AND starts_with(gid, 'citus_0_')$q$;
        FOR n IN 1..2 LOOP
            SELECT string_agg(CASE WHEN success THEN result ELSE 'silent' END, ' ') INTO told
                FROM run_command_on_workers(asked);
            SELECT array_agg(gid) INTO doubtful
                FROM unnest(string_to_array(told, ' ')) AS held (gid)
                WHERE gid <> '' AND (n = 1 OR gid = ANY (doubtful)) AND NOT EXISTS (
                    SELECT FROM get_all_active_transactions() WHERE starts_with(
                        gid, format('citus_0_%s_%s_', process_id, transaction_number)));
            EXIT WHEN doubtful IS NULL;
        END LOOP;
        IF doubtful IS NOT NULL THEN
            RAISE LOG 'the horizon of the log is held back by %', doubtful;
            now := now - {_LONGEST};
            last := 0;
        END IF;""",
    ),
)
