"""Where systems that know no xAPI deliver events."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, blob

revision = "0016a"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "hooks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("source_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("public", sa.String(64), nullable=False, unique=True),
        sa.Column("secret", blob(), nullable=False),
        sa.Column("earlier", blob()),
        sa.Column("earlier_until", sa.BigInteger),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("mapping", blob(), nullable=False),
        sa.UniqueConstraint("tenant_id", "name", name="hooks_of_tenant"),
        if_not_exists=True,
        **MARIADB,
    )
