"""What was refused, kept with its reason."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, blob, fixed

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "refused",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("source_id", sa.Integer, nullable=False),
        sa.Column("key_id", sa.Integer),  # NULL: came with a bearer token
        sa.Column("request", fixed(16), nullable=False),
        sa.Column("index", sa.Integer),
        sa.Column("digest", fixed(16), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("version", sa.String(20), nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("last_received", sa.BigInteger, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("raw", blob(), nullable=False),
        sa.Column("mended", blob()),
        sa.Column("problems", blob(), nullable=False),
        sa.Column("parts", blob(), nullable=False),  # its attachments: JSON of sha2, type, length
        sa.UniqueConstraint("store_id", "source_id", "digest", name="refused_once"),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("refused_by_state", "refused", ["store_id", "state", "id"], if_not_exists=True)
