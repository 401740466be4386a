"""Records that are there already come through a migration as they were."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from lrs.store import engine, migrate
from lrs.store.engine import run
from tests import databases

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
