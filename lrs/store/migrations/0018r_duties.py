"""When the worker did each of its duties last, and what failed."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB

revision = "0018r"
down_revision = "0018q"


def upgrade() -> None:
    op.create_table(
        "duties",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("done", sa.BigInteger),
        sa.Column("took", sa.Integer),
        sa.Column("changed", sa.BigInteger),
        sa.Column("failed", sa.BigInteger),
        sa.Column("error", sa.String(500)),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("letters_in_order", "letters", ["tenant_id", "made", "id"], if_not_exists=True)
