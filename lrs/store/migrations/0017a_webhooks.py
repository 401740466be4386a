"""Who is told of events, and what was told. Cases that are there already are not news."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, blob, fixed

revision = "0017a"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("url", sa.String(1000), nullable=False),
        sa.Column("events", sa.String(200), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("secret", blob(), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "webhook_places",
        sa.Column("tenant_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "opened_cases",
        sa.Column("case_id", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("told", sa.SmallInteger, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("webhook", fixed(16), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("body", blob(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.String(500)),
        sa.Column("delivered", sa.BigInteger),
        if_not_exists=True,
        **MARIADB,
    )
    for name, table, columns in (
        ("ix_webhooks_tenant_id", "webhooks", ["tenant_id"]),
        ("opened_cases_to_tell", "opened_cases", ["tenant_id", "told"]),
        ("webhook_deliveries_due", "webhook_deliveries", ["state", "next_at"]),
        ("webhook_deliveries_in_order", "webhook_deliveries", ["tenant_id", "made", "id"]),
    ):
        op.create_index(name, table, columns, if_not_exists=True)
    op.execute(
        "INSERT INTO opened_cases (case_id, tenant_id, told) SELECT id, tenant_id, 1 FROM cases"
        " WHERE id NOT IN (SELECT case_id FROM opened_cases)"
    )
