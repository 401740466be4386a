"""Files that were handed in on a page and wait for a human's word."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, blob, fixed

revision = "0018p"
down_revision = "0018a"


def upgrade() -> None:
    op.create_table(
        "waiting_files",
        sa.Column("id", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("sha2", sa.String(64), nullable=False),
        sa.Column("by_whom", sa.String(200), nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("person", fixed(16)),
        sa.Column("told", blob()),
        sa.Column("content", blob(), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index(
        "waiting_files_in_order",
        "waiting_files",
        ["tenant_id", "kind", "made", "id"],
        if_not_exists=True,
    )
