"""Measure the projector: `python -m tests.bench.projection --help`.

Fills a new store with completions and workplace statements as adapters know them, and times how
long it takes to work out cases, links and outcomes, with the CPU it took: statements a second of
one core. Then how long one more completion takes from being stored to its open case.
"""

import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import click

from lrs import programmes, projector
from lrs.adapters import Adapters
from lrs.practice import people
from lrs.practice.programmes import Behaviour, Programme, Rule
from lrs.store import engine, register
from lrs.store.register import Fact
from tests import databases
from tests.conftest import Cast, new_tenant
from tests.promises import parts

TOPICS, BEHAVIOURS = 20, 4
DONE = "http://adlnet.gov/expapi/verbs/completed"
COURSE = "http://adlnet.gov/expapi/activities/course"
RESOLVED = "http://activitystrea.ms/schema/1.0/resolve"
BEGIN = datetime(2024, 1, 1, 3, tzinfo=UTC)


@click.command()
@click.option(
    "--database", default="sqlite", type=click.Choice(["sqlite", "postgresql", "mariadb"])
)
@click.option("--completions", default=100_000, show_default=True)
@click.option("--work", default=500_000, show_default=True, help="Workplace statements.")
@click.option("--each", default=4, show_default=True, help="Completions of one person.")
def main(database: str, completions: int, work: int, each: int) -> None:
    """Fill a store and work it out."""
    with (
        tempfile.TemporaryDirectory() as folder,
        databases.new(database, Path(folder)) as url,
        closing(engine.connect(url)) as there,
    ):
        cast = new_tenant(there, "bench")
        crowd = completions // each
        enter(cast, crowd)
        begun = time.monotonic()
        total = _send(cast, _statements(crowd, completions, work))
        print(f"{database}: {total} statements stored in {time.monotonic() - begun:.0f} s")
        adapters = Adapters.installed()
        begun, cpu = time.monotonic(), time.process_time()
        projector.catch_up(there, cast.tenant, adapters)
        spent, cpu = time.monotonic() - begun, time.process_time() - cpu
        print(
            f"projected in {spent:.0f} s ({total / spent:.0f}/s), {cpu:.0f} s of this process's CPU"
            f" ({total / cpu:.0f} statements/s of one core)"
        )
        _send(cast, iter([completion(1, 1, BEGIN + timedelta(days=900))]))
        begun = time.monotonic()
        projector.catch_up(there, cast.tenant, adapters)
        print(f"one more completion: {time.monotonic() - begun:.3f} s from stored to open case")


def enter(cast: Cast, crowd: int) -> None:
    """The agency's people, and its programmes with rules."""
    facts = []
    for n in range(crowd):
        person = uuid.UUID(int=n + 1, version=4).bytes
        facts.append(Fact(people.PERSON, person, {"name": f"Orang {n}"}))
        facts.append(Fact(people.IDENTIFIER, person, {"kind": "mbox", "text": mbox(n)}))
    for first in range(0, len(facts), 1000):
        some = facts[first : first + 1000]
        cast.database.write(lambda c, some=some: register.append(c, cast.tenant.id, some, "bench"))  # type: ignore[misc]
    every = [programme(n) for n in range(TOPICS)]
    cast.database.write(lambda c: programmes.apply(c, cast.tenant.id, every, "bench"))


def programme(n: int) -> Programme:
    iri = f"https://diklat.example.go.id/pelatihan/{n}"
    expected = tuple(
        Behaviour(
            iri=f"{iri}/perilaku/{k}", text=f"Menyelesaikan urusan {n} bagian {k} tepat waktu"
        )
        for k in range(BEHAVIOURS)
    )
    rules = tuple(
        Rule(
            name=f"urusan {k}",
            behaviours=(behaviour.iri,),
            verbs=frozenset([RESOLVED]),
            activities=(f"https://tiket.example.go.id/{n}-{k}/*",),
        )
        for k, behaviour in enumerate(expected)
    )
    return Programme(
        iri=iri,
        title=f"Pelatihan {n}",
        courses=frozenset([course(n)]),
        behaviours=expected,
        rules=rules,
    )


def course(n: int) -> str:
    return f"https://akademi.example.go.id/kursus/{n}"


def mbox(n: int) -> str:
    return f"mailto:orang{n}@example.go.id"


def completion(person: int, topic: int, at: datetime) -> dict[str, Any]:
    return {
        "actor": {"mbox": mbox(person)},
        "verb": {"id": DONE},
        "object": {"id": course(topic), "definition": {"type": COURSE}},
        "timestamp": at.isoformat(),
    }


def _statements(crowd: int, completions: int, work: int) -> Iterator[dict[str, Any]]:
    """Completions and work in the order of time, of every person alike; a tenth of the work is of
    a kind that some programme of its person asks for."""
    rng = Random(2026)
    for n in range(completions + work):
        at = BEGIN + timedelta(minutes=n)
        person = rng.randrange(crowd)
        topic = rng.choice([(person + k) % TOPICS for k in range(4)])
        if n % (1 + work // completions) == 0:
            yield completion(person, topic, at)
            continue
        if rng.random() >= 0.1:
            topic = rng.randrange(1000, 2000)
        yield {
            "actor": {"mbox": mbox(person)},
            "verb": {"id": RESOLVED},
            "object": {
                "id": f"https://tiket.example.go.id/{topic}-{rng.randrange(BEHAVIOURS)}/{n}",
                "definition": {"name": {"id": f"Tiket {n}"}},
            },
            "timestamp": at.isoformat(),
            "context": {"platform": "Tiket"},
        }


def _send(cast: Cast, trees: Iterator[dict[str, Any]]) -> int:
    who, total = parts.principal(cast), 0
    while some := list(islice(trees, 500)):
        parts.send(cast.database, who, some)
        total += len(some)
    return total


if __name__ == "__main__":
    main()
