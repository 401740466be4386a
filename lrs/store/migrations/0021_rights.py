"""What must not come back after a person was erased, and of whom what is held is only kept."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, fixed

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "erased",
        sa.Column("store_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("digest", fixed(16), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    there = {each["name"] for each in sa.inspect(op.get_bind()).get_columns("people")}
    if "restricted" not in there:
        op.add_column("people", sa.Column("restricted", sa.BigInteger))
    op.create_index("people_restricted", "people", ["tenant_id", "restricted"], if_not_exists=True)
