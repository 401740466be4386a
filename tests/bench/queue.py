"""Measure the review queue: `python -m tests.bench.queue --database sqlite,postgresql,mariadb`.

Fills the tables as `tests/bench/figures.py` does (or measures a database that it filled, `--url`),
and asks for the first page of the queue, and one further on, by each of its filters, for what is
much and for what is rare. Told is the processor time of this process and of the database server.
"""

import tempfile
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from lrs.practice import names, review
from lrs.store import cases, engine, migrate
from lrs.store.cases import TO_REVIEW, Which
from lrs.store.engine import run
from tests import databases
from tests.bench.figures import prepare
from tests.bench.meter import Meter

#: A first page is to be there within so many milliseconds.
QUICK = 100
DECIDED = (review.ACCEPTED, review.RETURNED, review.REJECTED, review.WITHDRAWN)


def rare(connection: Connection, tenant_id: int) -> tuple[bytes, bytes]:
    """A programme and a unit that one waiting link has: the last of the queue."""
    for column, value in (("programme", b"\1" * 16), ("unit", b"\2" * 16)):
        row = run(
            connection,
            "SELECT id FROM links WHERE tenant_id = ? AND state = 'submitted'"
            " ORDER BY at DESC, id DESC LIMIT 1",
            (tenant_id,),
        ).one()
        run(connection, f"UPDATE links SET {column} = ? WHERE id = ?", (value, bytes(row[0])))
    return b"\1" * 16, b"\2" * 16


def asked(connection: Connection, tenant_id: int, few: tuple[bytes, bytes]) -> Iterator[Any]:
    """What the queue is narrowed to: what it is called, and the arguments."""
    row = run(
        connection,
        "SELECT programme, cohort, unit, behaviour, at FROM links WHERE tenant_id = ?"
        " AND state = 'submitted' AND behaviour <> ? AND unit <> ? ORDER BY at LIMIT 1 OFFSET 5000",
        (tenant_id, names.ZERO, few[1]),
    ).one()
    programme, cohort, unit, behaviour = bytes(row[0]), row[1], bytes(row[2]), bytes(row[3])
    some: dict[str, dict[str, Any]] = {
        "all": {},
        "programme": {"programme": programme},
        "cohort": {"programme": programme, "cohort": cohort},
        "unit": {"unit": unit},
        "programme and unit": {"programme": programme, "unit": unit},
        "rare programme": {"programme": few[0]},
        "rare unit": {"unit": few[1]},
        "no such programme": {"programme": b"\3" * 16},
    }
    for name, which in some.items():
        yield name, {"which": Which(states=TO_REVIEW, **which)}
        yield f"{name}, decided", {"which": Which(states=DECIDED, **which)}
        yield (
            f"{name}, further on",
            {
                "which": Which(states=TO_REVIEW, **which),
                "after": (int(row[4]), "00" * 16),
            },
        )
    yield "behaviour", {"behaviour": behaviour}
    yield "rare behaviour", {"behaviour": b"\4" * 16}
    yield "overdue", {"waiting_since": (None, int(row[4]))}
    yield "due soon", {"waiting_since": (int(row[4]) + 1, int(row[4]) + 3 * 86_400_000_000)}
    yield "plain", {"plain_from": 700}


def measure(database: engine.Database, tenant_id: int, rounds: int) -> bool:
    few = database.write(lambda c: rare(c, tenant_id))
    quick = True
    with database.read() as connection:
        meter = Meter(connection)
        for name, given in asked(connection, tenant_id, few):
            spent = []
            for _ in range(rounds):
                meter.start()
                page = cases.links(connection, tenant_id, **given)
                spent.append(meter.spent())
            clock, client, server = (1000 * min(each) for each in zip(*spent, strict=True))
            quick = quick and client + server < QUICK
            late = "" if client + server < QUICK else "   <- slow"
            click.echo(
                f"{database.dialect:<11} {name:<32} {len(page.rows):3} links,{clock:6.0f} ms;"
                f" processor: {client:5.1f} ms here + {server:5.1f} ms database{late}"
            )
    return quick


@click.command()
@click.option("--database", "dialects", default="sqlite", help="Many with commas.")
@click.option("--url", help="A database that is there, and stays.")
@click.option("--size", default=100_000, help="Completions.")
@click.option("--rounds", default=5)
def main(dialects: str, url: str | None, size: int, rounds: int) -> None:
    """Fill and measure."""
    quick = True
    with tempfile.TemporaryDirectory() as there:
        for dialect in dialects.split(",") if url is None else [""]:
            with (
                databases.new(dialect, Path(there)) if url is None else nullcontext(url) as address,
                closing(engine.connect(address)) as database,
            ):
                migrate.migrate(database)
                quick = measure(database, prepare(database, size), rounds) and quick
    raise SystemExit(0 if quick else 1)


if __name__ == "__main__":
    main()
