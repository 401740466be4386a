"""Records that are there already come through a migration as they were."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from lrs.settings import Settings
from lrs.store import engine, migrate
from lrs.store.engine import run
from tests import databases
from tests.agency import Agency
from tests.conftest import Cast

#: How `statements` stood in a SQLite file before 0023.
BEFORE = (
    "DROP TABLE statements",
    "CREATE TABLE statements (position BIGINT NOT NULL, store_id INTEGER NOT NULL,"
    " source_id INTEGER NOT NULL, voided SMALLINT NOT NULL, id BLOB NOT NULL, body BLOB NOT NULL,"
    " PRIMARY KEY (position))",
    "UPDATE alembic_version SET version_num = '0022'",
)
ROWS = [
    (1_795_000_000_000_002, 1, 7, 0, b"i" * 16, '{"id":"…","n":1.0}'.encode()),
    (1_795_000_000_000_001, 2, 7, 2, b"j" * 16, b""),
]


def test_statements_of_an_older_file_are_all_there(tmp_path: Path) -> None:
    def fill(connection: Connection) -> None:
        for sql in BEFORE:
            run(connection, sql)
        for row in ROWS:
            run(connection, "INSERT INTO statements VALUES (?, ?, ?, ?, ?, ?)", row)

    with (
        databases.new("sqlite", tmp_path) as url,
        closing(engine.connect(url)) as database,
    ):
        database.write(fill)
        assert "0023" in migrate.migrate(database)
        with database.read() as connection:
            assert run(connection, "SELECT * FROM statements").all() == sorted(ROWS)
            rowid = "SELECT count(*) FROM statements WHERE rowid = position"
            assert run(connection, rowid).scalar_one() == len(ROWS)
        assert migrate.differences(database) == []


def test_an_older_database_comes_to_know_when_each_way_through_a_programme_began(
    cast: Cast, settings: Settings
) -> None:
    agency = Agency(cast, settings)
    agency.setup(staff=2)
    agency.complete("Staf 01", "Staf 02")
    agency.catch_up()

    def stood() -> list[list[int]]:
        return [
            [row["begun_day"] for row in agency.rows(table)]
            for table in ("outcomes", "participation")
        ]

    def as_before(connection: Connection) -> None:
        of = " ON outcomes" if connection.dialect.name == "mariadb" else ""
        run(connection, f"DROP INDEX outcomes_for_figures{of}")
        for table in ("outcomes", "participation"):
            run(connection, f"ALTER TABLE {table} DROP COLUMN begun_day")
        run(connection, "UPDATE alembic_version SET version_num = '0023'")

    before = stood()
    assert None not in before[0] + before[1]
    agency.database.write(as_before)
    assert "0024" in migrate.migrate(agency.database)
    agency.catch_up()
    assert stood() == before
    assert migrate.differences(agency.database) == []
