"""Measure the record store: `make bench`, or `python -m tests.bench --help`."""

import json
import os
import platform
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import click

from tests.bench import data, floors, load, table, targets
from tests.bench.load import Answers
from tests.bench.targets import Target

SEED = 2026
KINDS = ("queries", "more", "documents", "ingest")


@dataclass
class Run:
    """What is measured in one run: cells by (target, shape), each a list of rounds."""

    seconds: float
    connections: int
    cells: dict[tuple[str, str], list[dict[str, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    wrong: list[str] = field(default_factory=list)

    def note(self, name: str, shape: str, answers: Answers, each: int = 1, cpu: float = 0) -> None:
        """Keep one round; `each` is how many statements a request carries."""
        sent = max(1, len(answers.times))
        self.cells[name, shape].append(
            {
                "pace": answers.pace * each,
                "p50": answers.quantile(0.5),
                "p99": answers.quantile(0.99),
                "cpu": cpu / sent,
            }
        )

    def load(self, name: str, shape: str, target: Target, requests: Sequence[bytes]) -> None:
        """One round of a shape, its answers checked."""
        before = targets.cpu_seconds(target.pid)
        answers = load.run(target.endpoint.address, requests, self.connections, self.seconds)
        cpu = targets.cpu_seconds(target.pid) - before
        each = 50 if shape.startswith("batch") else 1
        self.note(name, shape, answers, each, cpu)
        for fault in faults(shape, answers, each):
            self.wrong.append(f"{name}, {shape}: {fault}")
        taken = [answer for _, answer in answers.kept if answer[9:12] == b"200"]
        if shape.startswith(("single", "batch")) and taken:
            identity = load.ids_of(taken[-1])[-1]
            request = target.endpoint.request("GET", f"/statements?statementId={identity}")
            if load.ask(target.endpoint, request)[0] != 200:
                self.wrong.append(f"{name}, {shape}: {identity} was acknowledged and is not there")


def faults(shape: str, answers: Answers, each: int) -> list[str]:
    """What was wrong with the answers of a round."""
    good = {"state PUT": {204}}.get(shape, {200})
    found = []
    if answers.broken:
        found.append(f"{answers.broken} connections broke off")
    if bad := {code: n for code, n in answers.statuses.items() if code not in good}:
        found.append(f"answers {bad}")
    if shape.startswith("state"):
        return found
    wanted = each if shape.startswith(("single", "batch")) else targets.PAGE
    if shape == "by id":
        wanted = 1
    for _, answer in answers.kept:
        if answer[9:12] == b"200" and len(load.ids_of(answer)) != wanted:
            found.append(f"{len(load.ids_of(answer))} statements where {wanted} were to come")
            break
    return found


@click.command(context_settings={"max_content_width": 100, "show_default": True})
@click.option(
    "--database",
    "dialects",
    show_default="sqlite; with --target none",
    help="sqlite, postgresql, mariadb; many with commas.",
)
@click.option(
    "--size",
    "sizes",
    default="10k",
    help="Statements stored before; many with commas: 10k,100k,1m.",
)
@click.option("--workers", default=2, help="Server processes (on SQLite always 1).")
@click.option("--connections", default=8, help="Connections that send at once.")
@click.option("--seconds", default=2.0, help="Length of one round of one kind of request.")
@click.option("--rounds", default=5, help="Rounds; medians of them are shown.")
@click.option("--only", default=",".join(KINDS), help="Kinds of request.")
@click.option(
    "--projector/--no-projector",
    default=False,
    help="Whether the worker follows what is written meanwhile, as it does in service.",
)
@click.option("--target", help="Another xAPI endpoint, in turn with ours: url,key,secret.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where SQLite files are made.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="build/bench.json",
    help="Where the figures go.",
)
def main(
    dialects: str | None,
    sizes: str,
    workers: int,
    connections: int,
    seconds: float,
    rounds: int,
    only: str,
    projector: bool,
    target: str | None,
    folder: Path | None,
    out: Path,
) -> None:
    """Fill databases, measure floors and service in turn, print one table, write JSON."""
    kinds = [kind.strip() for kind in only.split(",")]
    if unknown := set(kinds) - set(KINDS):
        raise click.BadParameter(
            f"{unknown.pop()} is none of {', '.join(KINDS)}", param_hint="only"
        )
    wanted = dialects.split(",") if dialects else [] if target else ["sqlite"]
    run = Run(seconds, connections)
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = []
        for size in map(number, sizes.split(",")):
            if target:
                found.append(targets.another(target, size, SEED, say))
            for dialect in wanted:
                say(f"{dialect}: storing {size:,} statements")
                url = stack.enter_context(targets.database(dialect, size, SEED, place, say))
                served = targets.ours(url, size, workers, place, SEED, projector=projector)
                found.append(stack.enter_context(served))
        empty = {
            count: stack.enter_context(targets.empty(count, place))
            for count in {each.workers for each in found if each.url}
        }
        facts = {each.name: sizes_of(each) for each in found}
        measure(run, found, empty, rounds, kinds)
        for each in found:
            if each.pid:
                resident = targets.resident(each.pid)  # the worker is begun last
                facts[each.name]["resident"] = max(resident[: each.workers])
                facts[each.name]["worker"] = resident[-1]
    results = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "command": " ".join(["python -m tests.bench", *sys.argv[1:]]),
        "connections": connections,
        "facts": facts,
        "cells": [
            {"target": name, "shape": shape, **middle(rows), "rounds": rows}
            for (name, shape), rows in run.cells.items()
        ],
        "wrong": run.wrong,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, indent=1))
    click.echo(table.text(results))
    sys.exit(1 if run.wrong else 0)


def number(text: str) -> int:
    """10k → 10,000; 1m → 1,000,000."""
    text = text.strip().lower()
    scale = {"k": 1000, "m": 1_000_000}.get(text[-1:], 1)
    return int(float(text.rstrip("km")) * scale)


def say(text: str) -> None:
    click.echo(text, err=True)


def middle(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {name: median(row[name] for row in rows) for name in rows[0]}


def sizes_of(target: Target) -> dict[str, Any]:
    """What the statements take on disk."""
    if not target.url:
        return {}
    told, count = targets.json_bytes(target.url)
    return {"disk": targets.disk_bytes(target.url), "json": told, "statements": count}


def measure(
    run: Run,
    found: Sequence[Target],
    empty: dict[int, load.Endpoint],
    rounds: int,
    kinds: Sequence[str],
) -> None:
    """Every kind of request on every target, floors beside them, round after round in turn.

    What writes comes last, since it makes the databases grow.
    """
    smallest = min(each.size for each in found)
    arguments = data.arguments(SEED, min(10_000, smallest), targets.PAGE)
    reading: list[Callable[[], None]] = []
    writing: list[Callable[[], None]] = []
    for workers, endpoint in empty.items():
        reading.append(lambda workers=workers, endpoint=endpoint: bare_http(run, workers, endpoint))  # type: ignore[misc]
    for each in found:
        asked: dict[str, list[bytes]] = {}
        if "queries" in kinds:
            asked |= targets.query_requests(each, arguments, SEED)
        if "more" in kinds:
            pages = targets.chain(each, 1000)
            asked |= {"more": pages[1:], "more, page 1": pages[1:2], "more, last page": pages[-1:]}
        for shape, requests in asked.items():
            reading += reader(run, each, shape, requests)
        if "documents" in kinds:
            for shape, requests in targets.document_requests(each.endpoint, SEED).items():
                writing.append(
                    lambda each=each, shape=shape, requests=requests: run.load(  # type: ignore[misc]
                        each.name, shape, each, requests
                    )
                )
        if "ingest" in kinds:
            writing += writers(run, each)
    for steps in (reading, writing):
        for done in range(rounds):
            say(f"{'reading' if steps is reading else 'writing'}: round {done + 1} of {rounds}")
            for step in steps:
                step()


def bare_http(run: Run, workers: int, endpoint: load.Endpoint) -> None:
    request = endpoint.request("GET", "/empty", at_root=True)
    answers = load.run(endpoint.address, [request], run.connections, run.seconds)
    run.note(f"empty view, {workers} processes", "HTTP", answers)


def reader(run: Run, target: Target, shape: str, requests: list[bytes]) -> list[Callable[[], None]]:
    """A kind of query, and its SQL by the bare driver."""
    steps: list[Callable[[], None]] = [lambda: run.load(target.name, shape, target, requests)]
    if target.url:
        plans = targets.plans(target, requests[:200])
        steps.append(
            lambda: run.note(
                target.name + ", driver",
                shape,
                floors.queries(target.url, plans, target.workers, run.seconds),
            )
        )
    return steps


def writers(run: Run, target: Target) -> list[Callable[[], None]]:
    """Each kind of sending, and the same rows by the bare driver."""
    steps: list[Callable[[], None]] = []
    for shape, requests in targets.write_requests(target.endpoint, SEED + 1).items():
        steps.append(
            lambda shape=shape, requests=requests: run.load(target.name, shape, target, requests)  # type: ignore[misc]
        )
    if not target.url:
        return steps
    for shape, size in (("single", 1), ("batch of 50", 50)):
        transactions = targets.transactions(target, SEED + 1, size)
        # SQLite commits what waits together; the others take one connection for each sender.
        together = run.connections if target.dialect == "sqlite" and size == 1 else 1
        threads = 1 if target.dialect == "sqlite" else max(1, run.connections // target.workers)

        def write(
            shape: str = shape,
            size: int = size,
            transactions: list[floors.Transaction] = transactions,
            together: int = together,
            threads: int = threads,
        ) -> None:
            for count in {1, threads}:
                answers = floors.writes(
                    target.url, transactions, target.workers, count, run.seconds, group=together
                )
                run.note(f"{target.name}, driver", f"{shape}, {count} each", answers, size)

        steps.append(write)
    return steps


if __name__ == "__main__":
    main()
