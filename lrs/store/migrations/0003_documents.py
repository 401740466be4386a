"""State and profile documents, their contents apart."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, blob, fixed, short

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("store_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("owner", fixed(16), primary_key=True),
        sa.Column("registration", fixed(16), primary_key=True),
        sa.Column("name_digest", fixed(16), primary_key=True),
        sa.Column("name", blob(), nullable=False),
        sa.Column("content_type", blob(), nullable=False),
        sa.Column("etag", short(64), nullable=False),
        sa.Column("updated", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "document_contents",
        sa.Column("store_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("owner", fixed(16), primary_key=True),
        sa.Column("registration", fixed(16), primary_key=True),
        sa.Column("name_digest", fixed(16), primary_key=True),
        sa.Column("content", blob(), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
