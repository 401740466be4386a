"""Who was asked what, when and how."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, fixed

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("round", fixed(16), nullable=False),
        sa.Column("case_id", fixed(16), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("rater", fixed(16)),  # NULL: nobody in office
        sa.Column("window_name", sa.String(40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("sampled", sa.SmallInteger, nullable=False),
        sa.Column("channel", sa.String(20)),
        sa.Column("due_day", sa.Integer, nullable=False),
        sa.Column("closes_day", sa.Integer, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("sent", sa.BigInteger),
        sa.Column("reminded", sa.Integer, nullable=False),
        sa.Column("answered", sa.BigInteger),
        sa.Column("why", sa.String(500)),
        sa.UniqueConstraint("case_id", "role", "rater", "window_name", name="invitations_once"),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("invitations_of_round", "invitations", ["round"], if_not_exists=True)
    op.create_index(
        "invitations_by_state", "invitations", ["tenant_id", "state", "due_day"], if_not_exists=True
    )
