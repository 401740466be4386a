"""What came in which request, to tell one that is sent again."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, fixed

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("source_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("fingerprint", fixed(16), primary_key=True),
        sa.Column("request", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("copy", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "duplicate_notices",
        sa.Column("request", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("source_id", sa.Integer, nullable=False),
        sa.Column("earlier", sa.BigInteger, nullable=False),
        sa.Column("statements", sa.Integer, nullable=False),
        sa.Column("answered", sa.SmallInteger, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index(
        "duplicate_notices_of_source",
        "duplicate_notices",
        ["source_id", "request"],
        if_not_exists=True,
    )
