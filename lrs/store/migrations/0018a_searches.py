"""Up to where the log is read again for what a rule names: what came later was read by it."""

import sqlalchemy as sa
from alembic import op

revision = "0018a"
down_revision = "0018"


def upgrade() -> None:
    if "until" in {each["name"] for each in sa.inspect(op.get_bind()).get_columns("searches")}:
        return
    # What is being searched for now, is searched for in all there will be.
    op.add_column(
        "searches",
        sa.Column("until", sa.BigInteger, nullable=False, server_default=str(2**63 - 1)),
    )
