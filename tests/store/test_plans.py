"""How SQLite goes about queries where there is much, and nobody to plan for it but itself."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from lrs import reporting
from lrs.reporting import Slice
from lrs.store import cases, engine, figures
from lrs.store.engine import Database
from tests import databases
from tests.bench.figures import AS_OF, prepare

Filled = tuple[Database, int]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """A thousand completions with their practice, and statistics as the worker leaves them."""
    with (
        databases.new("sqlite", tmp_path_factory.mktemp("filled")) as url,
        closing(engine.connect(url)) as database,
    ):
        yield database, prepare(database, 1000)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How each query that is asked in the test is gone about, a line for each step."""
    found: list[str] = []

    def run(connection: Connection, sql: str, values: Sequence[Any] = ()) -> Any:
        plan = engine.run(connection, f"EXPLAIN QUERY PLAN {sql}", values).all()
        found.append(sql + "\n" + "\n".join(str(row[3]) for row in plan))
        return engine.run(connection, sql, values)

    for module in (figures, cases):
        monkeypatch.setattr(module, "run", run)
    return found


def test_figures_go_through_nothing_once_for_each_completion(
    filled: Filled, plans: list[str]
) -> None:
    """What is put aside to be joined has to be searched: where SQLite held it for small, a figure
    of a day gone by took ten minutes."""
    database, tenant = filled
    with database.read() as connection:
        for described in reporting.ALL:
            for day in (AS_OF, AS_OF - timedelta(days=200)):
                for by in (None, *described.by):
                    reporting.figure(connection, tenant, described.id, Slice(as_of=day), by=by)
    assert len(plans) > 100
    for plan in plans:
        assert not [line for line in plan.splitlines() if "SCAN" in line and "LEFT-JOIN" in line]


def test_what_belongs_to_one_case_is_found_by_the_case(filled: Filled, plans: list[str]) -> None:
    """Not by going through all that the tenant has, in the order in which it would be listed."""
    database, tenant = filled
    with database.read() as connection:
        case = connection.exec_driver_sql("SELECT id FROM cases LIMIT 1").scalar_one()
        cases.invitations(connection, tenant, case=case)
    listed = [plan for plan in plans if "ORDER BY" in plan]
    assert listed
    for plan in listed:
        assert "case_id=?" in plan, plan
