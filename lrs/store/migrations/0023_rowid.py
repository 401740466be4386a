"""A statement's position is SQLite's own number of its row: one way down a tree to it, not two.

SQLite takes only what is declared INTEGER for that, and BIGINT not. The rest of the table is as it
was. Every statement is copied once, so the file needs as much room again; `VACUUM` gives it back.
"""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(
        "CREATE TABLE statements_by_row ("
        "position INTEGER NOT NULL, store_id INTEGER NOT NULL, source_id INTEGER NOT NULL,"
        " voided SMALLINT NOT NULL, id BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (position))"
    )
    op.execute(
        "INSERT INTO statements_by_row SELECT position, store_id, source_id, voided, id, body"
        " FROM statements ORDER BY position"
    )
    op.execute("DROP TABLE statements")
    op.execute("ALTER TABLE statements_by_row RENAME TO statements")
