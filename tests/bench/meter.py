"""Processor time: of this process, and of what a database server runs for one connection.

Seconds on the clock say little on a machine that others use; these say what the work itself took.
Linux only, on the machine of the server: read from /proc.
"""

import time
from pathlib import Path

from sqlalchemy import Connection


class Meter:
    """Counts the processor time of one connection's work, from each `start` on."""

    def __init__(self, connection: Connection) -> None:
        self._server = _of_server(connection)
        self.start()

    def start(self) -> None:
        """Begin to count."""
        self._clock, self._begun = time.perf_counter(), self._now()

    def spent(self) -> tuple[float, float, float]:
        """Seconds since: on the clock, of this process, of the server."""
        client, server = self._now()
        return time.perf_counter() - self._clock, client - self._begun[0], server - self._begun[1]

    def _now(self) -> tuple[float, float]:
        server = 0.0
        if self._server is not None:
            server = int(self._server.read_text().split()[0]) / 1e9
        return time.process_time(), server


def _of_server(connection: Connection) -> Path | None:
    """Where Linux counts for the thread that serves a connection; None where that is this one."""
    if connection.dialect.name == "postgresql":
        process = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        return Path(f"/proc/{process}/schedstat")
    if connection.dialect.name == "sqlite":
        return None
    thread = connection.exec_driver_sql(
        "SELECT tid FROM information_schema.processlist WHERE id = CONNECTION_ID()"
    ).scalar_one()
    (found,) = Path("/proc").glob(f"[0-9]*/task/{thread}/schedstat")
    return found
