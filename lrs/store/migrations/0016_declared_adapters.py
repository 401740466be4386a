"""Dialects that an admin declared, as the register holds them."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, blob, fixed

revision = "0016"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "declared_adapters",
        sa.Column("digest", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("entry", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("body", blob(), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index(
        "declared_adapters_of_tenant",
        "declared_adapters",
        ["tenant_id", "name"],
        if_not_exists=True,
    )
