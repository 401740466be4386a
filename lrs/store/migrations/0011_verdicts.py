"""What verdicts came to, beside each link; answers by whom they are about; what citizens say."""

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
    _answers()
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


def _answers() -> None:
    """Nothing has written answers yet, and what is worked out can be worked out anew."""
    op.drop_table("answers", if_exists=True)
    op.create_table(
        "answers",
        sa.Column("statement", fixed(16), primary_key=True),
        sa.Column("subject", fixed(16), primary_key=True),
        sa.Column("behaviour", fixed(16), nullable=False),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("case_id", fixed(16), nullable=False),
        sa.Column("programme", fixed(16), nullable=False),
        sa.Column("form", sa.String(4), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("rater", fixed(16)),
        sa.Column("window_name", sa.String(40), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("observed", sa.SmallInteger, nullable=False),
        sa.Column("value", sa.SmallInteger),
        sa.Column("recalled", sa.SmallInteger),
        sa.Column("frequency", sa.String(20)),
        sa.Column("barriers", sa.String(500), nullable=False),
        sa.Column("flagged", sa.SmallInteger, nullable=False),
        **MARIADB,
    )
    for name, columns in (
        ("answers_of_subject", ["tenant_id", "subject"]),
        ("answers_of_case", ["case_id"]),
        ("answers_of_programme", ["tenant_id", "programme", "form"]),
        ("answers_by_window", ["tenant_id", "window_name", "role"]),
    ):
        op.create_index(name, "answers", columns, if_not_exists=True)
