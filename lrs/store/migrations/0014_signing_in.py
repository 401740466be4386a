"""People who sign in: several roles, choices, a second factor, sessions; and the audit trail."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, blob, fixed

revision = "0014"
down_revision = "0016b"

ADDED = (
    ("person", lambda: fixed(16)),
    ("mail", lambda: sa.String(200)),
    ("locale", lambda: sa.String(10)),
    ("zone", lambda: sa.String(60)),
    ("theme", lambda: sa.String(10)),
    ("subject", lambda: sa.String(255)),
    ("totp", lambda: sa.String(64)),
    ("totp_step", lambda: sa.BigInteger()),
    ("recovery", blob),
    ("ended", lambda: sa.BigInteger()),
)


def upgrade() -> None:
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("users")}
    if "role" in there:  # MariaDB may run any of this again
        with op.batch_alter_table("users") as users:
            users.alter_column(
                "role",
                new_column_name="roles",
                existing_type=sa.String(40),
                type_=sa.String(200),
                existing_nullable=False,
            )
    for name, kind in ADDED:
        if name not in there:
            op.add_column("users", sa.Column(name, kind()))
    op.create_table(
        "sessions",
        sa.Column("digest", fixed(32), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("ends", sa.BigInteger, nullable=False),
        sa.Column("body", blob()),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("sessions_of_user", "sessions", ["user_id"], if_not_exists=True)
    op.create_index("sessions_by_end", "sessions", ["ends"], if_not_exists=True)
    op.create_table(
        "attempts",
        sa.Column("who", fixed(16), primary_key=True),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "audit",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    for name, columns in (
        ("audit_of_tenant", ["tenant_id", "id"]),
        ("audit_by_who", ["tenant_id", "who", "id"]),
        ("audit_of_subject", ["tenant_id", "subject", "id"]),
    ):
        op.create_index(name, "audit", columns, if_not_exists=True)
