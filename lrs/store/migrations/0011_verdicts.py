"""What verdicts came to, beside each link, and what citizens say of a service."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, fixed

revision = "0011"
down_revision = "0010"

_COLUMNS = (
    ("tier", sa.String(4)),
    ("first_move", sa.String(20)),
    ("first_decided_at", sa.BigInteger),
    ("second_move", sa.String(20)),
)


def upgrade() -> None:
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("links")}
    for name, kind in _COLUMNS:
        if name not in there:  # MariaDB may run this again
            op.add_column("links", sa.Column(name, kind))
    op.create_table(
        "citizens",
        sa.Column("statement", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("unit", fixed(16), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("value", sa.SmallInteger, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index(
        "citizens_by_unit", "citizens", ["tenant_id", "unit", "day"], if_not_exists=True
    )
