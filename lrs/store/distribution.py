"""Spread the log over several PostgreSQL servers, with the extension Citus.

What grows with every statement is distributed in shards over the workers; all else stays on the
coordinator, the server that Jejak is connected to, where the clock of the log and its locks are
too. Why these tables by these columns, and what was measured: docs/decisions/0013.

Nothing here decides who the servers are: that is for the operator to tell Citus beforehand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection, Table

from lrs.errors import JejakError
from lrs.store import health, log, tables
from lrs.store.engine import Database, run

#: Shards of each table: few, since every page asks all of them, and enough that as many servers
#: can have a part. Measured in docs/scaling.md.
SHARDS: Final = 8

#: Up to so many bytes a table is copied without being asked for: it takes seconds.
SMALL: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """A table, the column that decides on which shard a row stands, and the table whose shards
    its own stand beside, so that the two can be joined by that column."""

    table: Table
    column: str
    beside: Table | None = None


PLACES: Final = (
    Place(tables.statements, "position"),
    Place(tables.postings, "position", tables.statements),
    Place(tables.signatures, "position", tables.statements),
    Place(tables.statement_ids, "id"),
    Place(tables.statement_refs, "target", tables.statement_ids),
    Place(tables.statement_voids, "target", tables.statement_ids),
    Place(tables.deliveries, "fingerprint", tables.statement_ids),
    Place(tables.contents, "sha2"),
    Place(tables.documents, "owner"),
    Place(tables.document_contents, "owner", tables.documents),
)


class Undistributable(JejakError):
    """What stands in the way, and how to mend it."""

    def __init__(self, what: str, mend: str) -> None:
        self.what, self.mend = what, mend
        super().__init__(what, mend)

    def __str__(self) -> str:
        return f"{self.what} {self.mend}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a table stands: distributed already or not, and the bytes it holds here, indexes in."""

    place: Place
    done: bool
    held: int


def standing(database: Database) -> list[Standing]:
    """How each table stands. Raises Undistributable where one cannot be distributed."""
    if database.dialect != "postgresql":
        raise Undistributable(
            f"A log is spread over several servers by PostgreSQL and Citus, and this is"
            f" {'SQLite' if database.dialect == 'sqlite' else 'MariaDB'}.",
            "Move the store to PostgreSQL first: docs/operate.md, Export and import.",
        )
    with database.read() as connection:
        _servers(connection)
    shape = health.shape(database)
    if not shape.well:
        raise Undistributable("The tables are not as they should be:", f"{shape.says}.")
    with database.read() as connection:
        return [_standing(connection, place) for place in PLACES]


def _servers(connection: Connection) -> None:
    """Whether Citus is here and has somewhere to put shards."""
    if not run(connection, "SELECT 1 FROM pg_extension WHERE extname = 'citus'").first():
        raise Undistributable(
            "This database has no extension citus.",
            "Install Citus on each server, add it to shared_preload_libraries, and run CREATE"
            " EXTENSION citus in this database on all of them: docs/scaling.md, Citus.",
        )
    if run(connection, "SELECT groupid FROM pg_dist_local_group").scalar_one() != 0:
        raise Undistributable(
            "This server is a worker: the clock of the log and its locks are on the coordinator.",
            "Set JEJAK_DATABASE_URL to the coordinator, here and for every jejak serve.",
        )
    workers = run(
        connection,
        "SELECT count(*) FROM pg_dist_node"
        " WHERE isactive AND shouldhaveshards AND noderole = 'primary'",
    ).scalar_one()
    if not workers:
        raise Undistributable(
            "Citus knows no server that shards could go to.",
            "Tell it on the coordinator: SELECT citus_add_node('worker.example.org', 5432).",
        )


def _standing(connection: Connection, place: Place) -> Standing:
    name = place.table.name
    held = int(run(connection, "SELECT pg_total_relation_size(?::regclass)", (name,)).scalar_one())
    known = run(
        connection,
        "SELECT partmethod::text, column_to_column_name(logicalrelid, partkey)"
        " FROM pg_dist_partition WHERE logicalrelid = ?::regclass",
        (name,),
    ).one_or_none()
    if known is not None:
        method, column = known
        if method != "h" or column != place.column:
            how = f"by {column}" if column else "otherwise"
            raise Undistributable(
                f"{name} is distributed {how}, and the queries need it by {place.column}.",
                f"Undo that first: SELECT undistribute_table('{name}').",
            )
        return Standing(place, True, held)
    lacking = run(
        connection,
        "SELECT i.indexrelid::regclass::text FROM pg_index i WHERE i.indrelid = ?::regclass"
        " AND i.indisunique AND NOT EXISTS (SELECT 1 FROM pg_attribute a"
        " WHERE a.attrelid = i.indrelid AND a.attname = ? AND a.attnum = ANY (i.indkey))",
        (name, place.column),
    ).scalars()
    if found := ", ".join(sorted(lacking)):
        raise Undistributable(
            f"{name} cannot be distributed by {place.column}: what is unique by {found} would be"
            " so within a shard only.",
            f"Each unique index of {name} must name {place.column}.",
        )
    return Standing(place, False, held)


def distribute(
    database: Database, shards: int = SHARDS, *, with_data: bool = False
) -> Iterator[Standing]:
    """Distribute each table that is not yet, one after another, telling how each stood before.

    What a table holds is copied to the workers while nobody can write to it, and let go of here.
    Run again, it goes on where it broke off. Raises Undistributable before anything is changed.
    """
    stood = standing(database)
    large = max((each for each in stood if not each.done), key=lambda each: each.held, default=None)
    if large is not None and large.held > SMALL and not with_data:
        raise Undistributable(
            f"{large.place.table.name} holds {large.held >> 20} MiB, and is shut to writers while"
            " that is copied.",
            "Stop every jejak serve, see that the workers have room, and say --with-data.",
        )
    database.write(_know_doubt)
    for each in stood:
        if not each.done:
            database.write(partial(_distribute, place=each.place, shards=shards))
        yield each


def _know_doubt(connection: Connection) -> None:
    """Let the horizon know of writes that are committed here and not yet on every worker."""
    for function in log.CITUS_FUNCTIONS:
        run(connection, function)


def _distribute(connection: Connection, place: Place, shards: int) -> None:
    name = place.table.name
    if place.beside is not None:
        run(
            connection,
            "SELECT create_distributed_table(?::regclass, ?, colocate_with => ?)",
            (name, place.column, place.beside.name),
        )
    else:
        run(
            connection,
            "SELECT create_distributed_table("
            "?::regclass, ?, colocate_with => 'none', shard_count => ?)",
            (name, place.column, shards),
        )
    run(connection, "SELECT truncate_local_data_after_distributing_table(?::regclass)", (name,))
