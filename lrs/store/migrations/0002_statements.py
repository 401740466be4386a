"""The log of statements and everything that indexes it."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, blob, fixed
from lrs.store.log import POSTGRESQL_FUNCTIONS

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE IF NOT EXISTS log_clock MINVALUE 0 START 0")
        for function in POSTGRESQL_FUNCTIONS:
            op.execute(function)
    else:
        op.create_table(
            "log_clock",
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("position", sa.BigInteger, nullable=False),
            if_not_exists=True,
            **MARIADB,
        )
        op.execute("DELETE FROM log_clock")
        op.execute("INSERT INTO log_clock (id, position) VALUES (1, 0)")
    op.create_table(
        "statements",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("source_id", sa.Integer, nullable=False),
        sa.Column("voided", sa.SmallInteger, nullable=False),
        sa.Column("id", fixed(16), nullable=False),
        sa.Column("body", blob(), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "statement_ids",
        sa.Column("store_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", fixed(16), primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "postings",
        sa.Column("term", fixed(16), primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("depth", sa.SmallInteger, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "statement_refs",
        sa.Column("tenant_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("target", fixed(16), primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "statement_voids",
        sa.Column("store_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("target", fixed(16), primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "signatures",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("facts", blob(), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "activities",
        sa.Column("digest", fixed(16), primary_key=True),
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("iri", blob(), nullable=False),
        sa.Column("definition", blob(), nullable=False),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "agent_names",
        sa.Column("agent", fixed(16), primary_key=True),
        sa.Column("name_digest", fixed(16), primary_key=True),
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("ifi", blob(), nullable=False),
        sa.Column("name", blob(), nullable=False),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "contents",
        sa.Column("store_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sha2", fixed(32), primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("data", blob(), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
