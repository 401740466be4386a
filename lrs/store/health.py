"""Whether a database is fit for what we promise: reachable, writable, of the right shape, durable.

Each check is a function of the database that returns one finding. They change nothing, and none
depends on another, so one that fails leaves the others to tell.
"""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from lrs.errors import Busy
from lrs.store import migrate
from lrs.store.engine import Database, run

#: Clocks further apart than this are worth a word: tokens and `stored` would disagree, seconds.
CLOCK_SLACK = 2.0

#: Less free disk than this, in bytes, is worth a word.
DISK_SLACK = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is well, and what to do where it is not."""

    about: str
    well: bool
    says: str


def look(database: Database, *, largest: int) -> Iterator[Finding]:
    """Every check; `largest` is the largest value that the settings let in, in bytes."""
    reached = answers(database)
    yield reached
    if not reached.well:
        return
    shaped = shape(database)
    yield shaped
    if shaped.well:
        yield writable(database)
    yield clock(database)
    yield durable(database)
    if database.dialect == "mariadb":
        yield packets(database, largest)
    if database.dialect == "sqlite":
        yield disk(database)


def answers(database: Database) -> Finding:
    """The database answers, and says what it is."""
    question = "SELECT sqlite_version()" if database.dialect == "sqlite" else "SELECT version()"
    try:
        version = str(_ask(database, question))
    except SQLAlchemyError as wrong:
        return Finding("database", False, f"does not answer: {_reason(wrong)}")
    name = {"sqlite": "SQLite ", "mariadb": "MariaDB "}.get(database.dialect, "")
    return Finding("database", True, f"{name}{version}")


def shape(database: Database) -> Finding:
    """The tables are those that this version of the code expects."""
    there, wanted = migrate.current(database), migrate.head()
    if there == wanted:
        return Finding("migrations", True, f"at {wanted}, the newest")
    if there is None:
        return Finding("migrations", False, "the tables are not made yet; run `jejak migrate`")
    if there < wanted:
        return Finding("migrations", False, f"at {there}, not {wanted}; run `jejak migrate`")
    return Finding(
        "migrations", False, f"at {there}, newer than this program, which knows {wanted}"
    )


def writable(database: Database) -> Finding:
    """A write is taken; one that changes nothing."""
    try:
        database.write(
            lambda connection: run(connection, "UPDATE tenants SET created = created WHERE id = 0")
        )
    except (SQLAlchemyError, Busy) as wrong:
        return Finding("writes", False, f"are refused: {_reason(wrong)}")
    return Finding("writes", True, "are taken")


def clock(database: Database) -> Finding:
    """The database's clock, which stamps `stored`, agrees with ours, which checks tokens."""
    asked = {
        "postgresql": "SELECT extract(epoch FROM clock_timestamp())",
        "mariadb": "SELECT UNIX_TIMESTAMP(SYSDATE(6))",
    }.get(database.dialect)
    if asked is None:
        return Finding("clock", True, "the database is in this process and has ours")
    before = time.time()
    theirs = float(str(_ask(database, asked)))
    apart = theirs - (before + time.time()) / 2
    if abs(apart) > CLOCK_SLACK:
        return Finding(
            "clock", False, f"the database's is {apart:+.1f} s from ours; set both by NTP"
        )
    return Finding("clock", True, f"within {CLOCK_SLACK:.0f} s of the database's")


def durable(database: Database) -> Finding:
    """A commit is on disk before we acknowledge it."""
    wanted = {
        "sqlite": {"PRAGMA synchronous": {"2", "3"}},
        "postgresql": {
            "SHOW fsync": {"on"},
            "SHOW synchronous_commit": {"on", "local", "remote_write", "remote_apply"},
        },
        "mariadb": {"SELECT @@innodb_flush_log_at_trx_commit": {"1", "3"}},
    }[database.dialect]
    for question, good in wanted.items():
        value = str(_ask(database, question))
        if value not in good:
            name = question.split()[1].removeprefix("@@")
            return Finding(
                "durability",
                False,
                f"{name} is {value}: a power cut would lose what was acknowledged; set it to"
                f" {min(good) if database.dialect != 'postgresql' else 'on'}",
            )
    return Finding("durability", True, "a commit is flushed to disk before it is acknowledged")


def packets(database: Database, largest: int) -> Finding:
    """MariaDB refuses a statement longer than `max_allowed_packet`."""
    allowed = int(str(_ask(database, "SELECT @@max_allowed_packet")))
    # The driver writes bytes as escaped text, at worst two characters for each.
    needed = 2 * largest + (1 << 20)
    if allowed < needed:
        return Finding(
            "packets",
            False,
            f"max_allowed_packet is {allowed}; for values of {largest} bytes, which the settings"
            f" let in, it should be at least {needed}",
        )
    return Finding("packets", True, f"max_allowed_packet is {allowed}")


def disk(database: Database) -> Finding:
    """There is room beside the SQLite file."""
    folder = Path(database.url.database or ".").absolute().parent
    free = shutil.disk_usage(folder).free
    return Finding("disk", free > DISK_SLACK, f"{free >> 20} MiB free in {folder}")


def _ask(database: Database, question: str) -> object:
    with database.read() as connection:
        return run(connection, question).scalar_one()


def _reason(wrong: Exception) -> str:
    """What the driver said, on one line, without SQL or parameters."""
    return " ".join(str(getattr(wrong, "orig", None) or wrong).split())
