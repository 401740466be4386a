"""Measure every figure: `python -m tests.bench.figures --database sqlite,postgresql,mariadb`.

Fills the tables of what is worked out as 100,000 completions with 500,000 workplace statements
would: 300,000 outcomes, 300,000 links, 500,000 answers, 300,000 invitations; then asks for each
figure, whole and taken apart, and prints how long it took.
"""

import random
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Table

from lrs import reporting
from lrs.practice import names
from lrs.practice.cases import days
from lrs.reports.shapes import Slice
from lrs.store import engine, tables
from lrs.store.accounts import create_tenant
from tests import databases
from tests.conftest import NOW
from tests.rows import Rows, programme

SEED = 2026
#: After all that the made-up people do; what is asked of 200 days before has a past of its own.
AS_OF = date(2027, 8, 1)
BEGIN = date(2024, 11, 1)
PEOPLE_A_CASE = 4
_PIECE = 20_000


def ids(draw: random.Random) -> bytes:
    return draw.randbytes(16)


def fill(database: engine.Database, tenant_id: int, size: int) -> dict[str, int]:
    """Fill the tables for so many completions; answers how many rows each has."""
    draw = random.Random(SEED)
    rows = Rows(tenant_id)
    courses = [
        rows.programme(
            programme(f"Pelatihan {n}", f"{n} satu", f"{n} dua", cohorts=("I", "II", "III"))
        )
        for n in range(40)
    ]
    units = [rows.unit(f"Dinas {a} / Bidang {b}") for a in range(40) for b in range(5)]
    rows.write(database)
    people = [ids(draw) for _ in range(max(1, size // PEOPLE_A_CASE))]
    waiting: dict[Table, list[tuple[Any, ...]]] = {}
    counts: dict[str, int] = {}

    def write(least: int) -> None:
        for table, some in waiting.items():
            if len(some) > least:
                counts[table.name] = counts.get(table.name, 0) + len(some)
                database.write(lambda connection, t=table, s=some: engine.insert(connection, t, s))  # type: ignore[misc]
                waiting[table] = []

    for n, one in enumerate(people):
        unit = draw.choice(units)
        for table, row in _person(draw, tenant_id, one, unit, people):
            waiting.setdefault(table, []).append(row)
        for m in range(PEOPLE_A_CASE):
            course = courses[(n + 7 * m) % len(courses)]
            for table, row in _case(draw, tenant_id, one, unit, course, people):
                waiting.setdefault(table, []).append(row)
        write(_PIECE)
    write(0)
    return counts


def _person(
    draw: random.Random, tenant_id: int, one: bytes, unit: bytes, people: list[bytes]
) -> Iterator[tuple[Table, tuple[Any, ...]]]:
    yield tables.people, (one, tenant_id, None, one.hex(), b"{}")
    number = names.identifier(tenant_id, "nip", one.hex())
    kind = "nip" if draw.random() < 0.8 else "ni_pppk"
    yield (
        tables.identifiers,
        (tenant_id, number, one, 1, kind, b"198001012005011001", None, None, "confirmed"),
    )
    yield (
        tables.employments,
        (tenant_id, one, 1, unit, "Analis", draw.choice(people), "confirmed", 18000, None, None),
    )


def _case(
    draw: random.Random,
    tenant_id: int,
    one: bytes,
    unit: bytes,
    course: Any,
    people: list[bytes],
) -> Iterator[tuple[Table, tuple[Any, ...]]]:
    case_id, programme_id = ids(draw), names.programme(tenant_id, course.iri)
    clock = days(BEGIN) + draw.randrange(720)
    superior = people[int.from_bytes(unit[:4]) * 31 % len(people)]
    cohort = draw.choice(("I", "II", "III"))
    ended = draw.random() < 0.06
    yield (
        tables.cases,
        (
            *(case_id, tenant_id, one, int(draw.random() > 0.02), programme_id, cohort),
            *("open" if draw.random() > 0.02 else "undone", clock * 86_400_000_000, clock, unit),
            *(("retired", clock + draw.randrange(300)) if ended else (None, None)),
            b'{"course": "https://lms.example.go.id/course/view.php?id=123", "title": "x"}',
        ),
    )
    yield (
        tables.participation,
        (
            *(tenant_id, one, names.course(tenant_id, f"{course.iri}{case_id.hex()}")),
            *(programme_id, cohort, unit, 1, None, clock - 20, clock - 10, None, clock, None, 200),
        ),
    )
    applied = clock + draw.randrange(200) if draw.random() < 0.5 else None
    behaviours = [names.ZERO, *(names.behaviour(tenant_id, b.iri) for b in course.behaviours)]
    contact = clock + draw.randrange(240)
    for behaviour in behaviours:
        yield (
            tables.outcomes,
            (
                *(case_id, behaviour, tenant_id, applied, "7b" if applied else None),
                applied + 70 if applied and draw.random() < 0.5 else None,
                contact if applied is None and draw.random() < 0.3 else None,
                *(contact, None),
            ),
        )
    for n in range(3):
        at = (clock + draw.randrange(200)) * 86_400_000_000
        done = draw.random() < 0.8
        first = draw.choice(("accept", "accept", "accept", "return", "reject")) if done else None
        yield (
            tables.links,
            (
                *(ids(draw), tenant_id, case_id, one, ids(draw), behaviours[n % 3]),
                "accepted" if first == "accept" else "submitted" if first is None else "rejected",
                *("after", at // 86_400_000_000, 500, 0, at),
                at + draw.randrange(20) * 86_400_000_000 if done else None,
                b'{"signals": [{"name": "rule", "weight": 500}], "history": []}' * 6,
                "7b" if first == "accept" else None,
                first,
                at + draw.randrange(20) * 86_400_000_000 if done else None,
                "accept" if done and draw.random() < 0.1 else None,
            ),
        )
    told = [("A", "W0", "superior"), ("C", "W2", "self"), ("C", "W2", "superior")]
    told += [("C", "W3", "superior"), ("D", "W2", "self")]
    for form, window, role in told:
        yield (
            tables.answers,
            (
                *(ids(draw), one, names.ZERO if form == "D" else behaviours[1], tenant_id),
                *(case_id, programme_id, form, role, one if role == "self" else superior, window),
                clock + {"W0": 5, "W2": 100, "W3": 190}[window],
                1,
                None if form == "D" else draw.randrange(5),
                1 if form == "C" else None,
                None,
                draw.choice(("", "funds", "workload leaders")) if form == "D" else "",
                0,
            ),
        )
    for role, window in (("self", "W2"), ("superior", "W2"), ("superior", "W3")):
        due = clock + (90 if window == "W2" else 180)
        answered = draw.random() < 0.6
        yield (
            tables.invitations,
            (
                *(ids(draw), tenant_id, uuid.UUID(int=0).bytes, case_id, role),
                *(one if role == "self" else superior, window),
                *("answered" if answered else "sent", 0, "mail", due, due + 30),
                *(due * 86_400_000_000, due * 86_400_000_000, 0),
                (due + 5) * 86_400_000_000 if answered else None,
                None,
            ),
        )


def measure(database: engine.Database, tenant_id: int, dialect: str, rounds: int) -> bool:
    """Print how long each figure takes, the best of some rounds, and how much of that was work of
    this process (on SQLite all of it); whether all were quick."""
    quick = True
    asked = [
        (described.id, by, as_of)
        for described in reporting.ALL
        for by in (None, *described.by)
        for as_of in ((AS_OF, AS_OF - timedelta(days=200)) if by is None else (AS_OF,))
    ]
    for id, by, as_of in asked:
        times, cpu = [], []
        for _ in range(rounds):
            with database.read() as connection:
                begun, used = time.perf_counter(), time.process_time()
                reporting.figure(connection, tenant_id, id, Slice(as_of=as_of), by=by)
                times.append(time.perf_counter() - begun)
                cpu.append(time.process_time() - used)
        took = min(times)
        quick = quick and took < 1
        late = "" if took < 1 else "   <- slow"
        what = f"by {by}" if by else "whole" if as_of == AS_OF else "200 days ago"
        click.echo(f"{dialect:<11} {id:<7} {what:<13} {took:6.3f} s, CPU {min(cpu):6.3f} s{late}")
    return quick


@click.command()
@click.option("--database", "dialects", default="sqlite", help="Many with commas.")
@click.option("--size", default=100_000, help="Completions.")
@click.option("--rounds", default=3)
@click.option("--folder", type=click.Path(path_type=Path), help="Where SQLite files are made.")
def main(dialects: str, size: int, rounds: int, folder: Path | None) -> None:
    """Fill and measure."""
    quick = True
    with tempfile.TemporaryDirectory() as there:
        for dialect in dialects.split(","):
            with (
                databases.new(dialect, folder or Path(there)) as url,
                closing(engine.connect(url)) as database,
            ):
                tenant = database.write(lambda c: create_tenant(c, "bench", NOW))
                begun = time.perf_counter()
                counts = fill(database, tenant.id, size)
                click.echo(f"{dialect}: filled in {time.perf_counter() - begun:.0f} s: {counts}")
                engine.tidy(database)
                if dialect != "sqlite":
                    with database.read() as connection:
                        for name in counts:
                            word = "ANALYZE TABLE" if dialect == "mariadb" else "VACUUM ANALYZE"
                            connection.exec_driver_sql(f"{word} {name}").close()
                quick = measure(database, tenant.id, dialect, rounds) and quick
    raise SystemExit(0 if quick else 1)


if __name__ == "__main__":
    main()
