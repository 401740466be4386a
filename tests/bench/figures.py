"""Measure every figure: `python -m tests.bench.figures --database sqlite,postgresql,mariadb`.

Fills the tables of what is worked out as 100,000 completions with 500,000 workplace statements
would: 300,000 outcomes, 300,000 links, 500,000 answers, 300,000 invitations; then asks for each
figure, whole and taken apart, and prints how long it took: on the clock, and in processor time of
this process and of the database's own for this connection, which other work on the machine does
not touch much. Quick is what takes less than a second of both together.

`--url` names a database that is there and stays there: it is filled where it is empty, so that it
can be measured again.
"""

import random
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Table

from lrs import reporting
from lrs.practice import names
from lrs.practice.cases import days
from lrs.reports.shapes import Slice
from lrs.store import accounts, engine, migrate, tables
from tests import databases
from tests.bench.meter import Meter
from tests.conftest import NOW
from tests.rows import Rows, programme

SEED = 2026
#: After all that the made-up people do; what is asked of 200 days before has a past of its own.
AS_OF = date(2027, 8, 1)
BEGIN = date(2024, 11, 1)
PEOPLE_A_CASE = 4
_PIECE = 20_000
#: As long as those of the demonstration agency.
_LINK_BODY = (
    b'{"adapter":"work","history":[],"of":"worked","proposed":true,"signals":['
    b'{"detail":"rule of the programme on verb and activity","name":"rule","weight":500},'
    b'{"detail":"menyelesaikan layanan tepat waktu","name":"words","weight":120}],"title":'
    b'"Permohonan layanan diselesaikan dalam dua hari kerja sesuai standar pelayanan"}'
)


def ids(draw: random.Random) -> bytes:
    return draw.randbytes(16)


def fill(
    database: engine.Database, tenant_id: int, size: int, begin: date = BEGIN
) -> dict[str, int]:
    """Fill the tables for so many completions of two years from `begin` on; answers how many rows
    each has."""
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
            for table, row in _case(draw, tenant_id, one, unit, course, people, begin):
                waiting.setdefault(table, []).append(row)
        write(_PIECE)
    write(0)
    return counts


def _person(
    draw: random.Random, tenant_id: int, one: bytes, unit: bytes, people: list[bytes]
) -> Iterator[tuple[Table, tuple[Any, ...]]]:
    yield tables.people, (one, tenant_id, None, one.hex(), b"{}", None)
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
    begin: date,
) -> Iterator[tuple[Table, tuple[Any, ...]]]:
    case_id, programme_id = ids(draw), names.programme(tenant_id, course.iri)
    clock = days(begin) + draw.randrange(720)
    superior = people[int.from_bytes(unit[:4]) * 31 % len(people)]
    cohort = draw.choice(("I", "II", "III"))
    ended = ("retired", clock + draw.randrange(300)) if draw.random() < 0.06 else (None, None)
    matched, state = int(draw.random() > 0.02), "open" if draw.random() > 0.02 else "undone"
    completed, place = clock * 86_400_000_000, (programme_id, cohort, unit, clock)
    yield (
        tables.cases,
        (
            *(case_id, tenant_id, one, matched, programme_id, cohort),
            *(state, completed, clock, unit, *ended),
            b'{"course": "https://lms.example.go.id/course/view.php?id=123", "title": "x"}',
        ),
    )
    yield (
        tables.participation,
        (
            *(tenant_id, one, names.course(tenant_id, f"{course.iri}{case_id.hex()}")),
            *(programme_id, cohort, unit, 1, None, clock - 20, clock - 10, None, clock, None, 200),
            clock - 20,
        ),
    )
    applied = clock + draw.randrange(200) if draw.random() < 0.5 else None
    behaviours = [names.ZERO, *(names.behaviour(tenant_id, b.iri) for b in course.behaviours)]
    contact = clock + draw.randrange(240)
    decided: dict[bytes, int] = {}
    for n in range(3):
        at = (clock + draw.randrange(200)) * 86_400_000_000
        done = draw.random() < 0.8
        first = draw.choice(("accept", "accept", "accept", "return", "reject")) if done else None
        verdict = at + draw.randrange(20) * 86_400_000_000 if done else None
        if first == "accept":
            for behaviour in (behaviours[n % 3], names.ZERO):
                decided[behaviour] = max(verdict or 0, decided.get(behaviour, 0))
        yield (
            tables.links,
            (
                *(ids(draw), tenant_id, case_id, one, ids(draw), behaviours[n % 3]),
                "accepted" if first == "accept" else "submitted" if first is None else "rejected",
                *("after", at // 86_400_000_000, 500, 0, at),
                verdict,
                _LINK_BODY,
                "7b" if first == "accept" else None,
                first,
                verdict,
                "accept" if done and draw.random() < 0.1 else None,
                *(*place, completed),
            ),
        )
    for behaviour in behaviours:
        yield (
            tables.outcomes,
            (
                *(case_id, behaviour, tenant_id, applied, "7b" if applied else None),
                applied + 70 if applied and draw.random() < 0.5 else None,
                contact if applied is None and draw.random() < 0.3 else None,
                *(contact, None, decided.get(behaviour), *place, completed, state, matched, *ended),
                clock - 20,
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
                *(0, *place[1:], int(state == "open" and matched == 1)),
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


def measure(
    database: engine.Database, tenant_id: int, dialect: str, rounds: int, only: str | None = None
) -> bool:
    """Print how long each figure takes, the best of some rounds; whether all were quick."""
    quick = True
    asked = [
        (described.id, by, as_of)
        for described in reporting.ALL
        if only is None or described.id in only.split(",")
        for by in (None, *described.by)
        for as_of in ((AS_OF, AS_OF - timedelta(days=200)) if by is None else (AS_OF,))
    ]
    with database.read() as connection:
        meter = Meter(connection)
        for id, by, as_of in asked:
            spent = []
            for _ in range(rounds):
                meter.start()
                reporting.figure(connection, tenant_id, id, Slice(as_of=as_of), by=by)
                spent.append(meter.spent())
            clock, client, server = (min(each) for each in zip(*spent, strict=True))
            quick = quick and client + server < 1
            late = "" if client + server < 1 else "   <- slow"
            what = f"by {by}" if by else "whole" if as_of == AS_OF else "200 days ago"
            click.echo(
                f"{dialect:<11} {id:<7} {what:<13} {clock:6.3f} s; processor: {client:6.3f} s here"
                f" + {server:6.3f} s database = {client + server:6.3f} s{late}"
            )
    return quick


def prepare(database: engine.Database, size: int) -> int:
    """Fill a database, unless it was; answers the tenant."""
    with database.read() as connection:
        there = accounts.tenants(connection)
    if there:
        return there[0].id
    tenant = database.write(lambda c: accounts.create_tenant(c, "bench", NOW))
    begun = time.perf_counter()
    counts = fill(database, tenant.id, size)
    # As the projector leaves it, who read every verdict up to that moment.
    until = (days(AS_OF) + 1) * 86_400_000_000
    read = [(tenant.id, until - 12 * 3_600_000_000, 1)]
    database.write(lambda c: engine.insert(c, tables.projections, read))
    click.echo(f"{database.dialect}: filled in {time.perf_counter() - begun:.0f} s: {counts}")
    engine.tidy(database)
    if database.dialect != "sqlite":
        with database.read() as connection:
            for name in counts:
                word = "ANALYZE TABLE" if database.dialect == "mariadb" else "VACUUM ANALYZE"
                connection.exec_driver_sql(f"{word} {name}").close()
    return tenant.id


@click.command()
@click.option("--database", "dialects", default="sqlite", help="Many with commas.")
@click.option("--url", help="A database that is there, and stays.")
@click.option("--size", default=100_000, help="Completions.")
@click.option("--rounds", default=3)
@click.option("--only", help="Figures, with commas.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where SQLite files are made.")
def main(
    dialects: str, url: str | None, size: int, rounds: int, only: str | None, folder: Path | None
) -> None:
    """Fill and measure."""
    quick = True
    with tempfile.TemporaryDirectory() as there:
        for dialect in dialects.split(",") if url is None else [""]:
            with (
                databases.new(dialect, folder or Path(there))
                if url is None
                else nullcontext(url) as address,
                closing(engine.connect(address)) as database,
            ):
                migrate.migrate(database)
                tenant_id = prepare(database, size)
                quick = measure(database, tenant_id, database.dialect, rounds, only) and quick
    raise SystemExit(0 if quick else 1)


if __name__ == "__main__":
    main()
