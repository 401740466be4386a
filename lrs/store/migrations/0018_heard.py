"""How often a citizens' page was answered from one address within an hour."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, fixed

revision = "0018"
down_revision = "0017b"


def upgrade() -> None:
    op.create_table(
        "heard",
        sa.Column("who", fixed(16), primary_key=True),
        sa.Column("ends", sa.BigInteger, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("heard_by_end", "heard", ["ends"], if_not_exists=True)
