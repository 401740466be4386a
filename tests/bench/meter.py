"""Processor time: of this thread, and of what a database server runs for its connections.

Seconds on the clock say little on a machine that others use; these say what the work itself took.
Linux only, on the machine of the server: read from /proc.
"""

import time
from pathlib import Path

from sqlalchemy import Connection


class Meter:
    """Counts processor time from each `start` on: of this thread, and of the server for this one
    connection; or, with `whole`, for all others to its database, which this thread works with."""

    def __init__(self, connection: Connection, *, whole: bool = False) -> None:
        self._connection, self._whole = connection, whole
        self._own = _sessions(connection, own=True)
        self.start()

    def start(self) -> None:
        """Begin to count."""
        self._server = _used(self._watched())
        self._client, self._clock = time.thread_time(), time.perf_counter()

    def spent(self) -> tuple[float, float, float]:
        """Seconds since: on the clock, of this thread, of the server."""
        clock, client = time.perf_counter() - self._clock, time.thread_time() - self._client
        now = _used(self._watched())
        server = sum(used - self._server.get(path, 0.0) for path, used in now.items())
        return clock, client, server

    def _watched(self) -> list[Path]:
        if not self._whole:
            return self._own
        return [each for each in _sessions(self._connection) if each not in self._own]


def _used(paths: list[Path]) -> dict[Path, float]:
    return {each: int(each.read_text().split()[0]) / 1e9 for each in paths}


def _sessions(connection: Connection, *, own: bool = False) -> list[Path]:
    """Where Linux counts for the threads that serve a database; none for SQLite, which is here."""
    if connection.dialect.name == "sqlite":
        return []
    if connection.dialect.name == "postgresql":
        asked = "datname = current_database() AND backend_type = 'client backend'"
        asked = "pid = pg_backend_pid()" if own else asked
        rows = connection.exec_driver_sql(f"SELECT pid FROM pg_stat_activity WHERE {asked}")
        return [Path(f"/proc/{row[0]}/schedstat") for row in rows]
    asked = "id = CONNECTION_ID()" if own else "db = DATABASE()"
    rows = connection.exec_driver_sql(
        f"SELECT tid FROM information_schema.processlist WHERE {asked}"
    )
    return [
        found for row in rows for found in Path("/proc").glob(f"[0-9]*/task/{row[0]}/schedstat")
    ]
