"""How the databases go about the queries of figures."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from lrs import reporting
from lrs.reporting import Slice
from lrs.store import engine, figures
from tests import databases
from tests.bench.figures import AS_OF, prepare


def test_sqlite_goes_through_nothing_once_for_each_completion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is put aside to be joined has to be searched: where SQLite held it for small, a figure
    of a day gone by took ten minutes in place of half a second."""
    plans: list[str] = []

    def run(connection: Connection, sql: str, values: Sequence[Any] = ()) -> Any:
        plan = engine.run(connection, f"EXPLAIN QUERY PLAN {sql}", values).all()
        plans.append(sql + "\n" + "\n".join(str(row[3]) for row in plan))
        return engine.run(connection, sql, values)

    with databases.new("sqlite", tmp_path) as url:
        database = engine.connect(url)
        tenant = prepare(database, 1000)
        monkeypatch.setattr(figures, "run", run)
        with database.read() as connection:
            for described in reporting.ALL:
                for day in (AS_OF, AS_OF - timedelta(days=200)):
                    for by in (None, *described.by):
                        reporting.figure(connection, tenant, described.id, Slice(as_of=day), by=by)
        database.close()
    assert len(plans) > 100
    found = [plan for plan in plans if "LEFT-JOIN" in plan]
    assert found, "the figures join"
    for plan in found:
        assert not [line for line in plan.splitlines() if "SCAN" in line and "LEFT-JOIN" in line]
