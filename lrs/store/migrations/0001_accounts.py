"""Tenants with their two stores, sources with their keys, issuers, users."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, blob, fixed

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "tenants",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False, unique=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "stores",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("salt", fixed(16), nullable=False),
        sa.UniqueConstraint("tenant_id", "kind", name="stores_of_tenant"),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "sources",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("authority", blob(), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger),  # NULL: has never sent anything
        sa.UniqueConstraint("tenant_id", "name", name="sources_of_tenant"),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source_id", sa.Integer, nullable=False),
        sa.Column("public", sa.String(64), nullable=False, unique=True),
        sa.Column("secret_hash", fixed(32), nullable=False),
        sa.Column("scopes", sa.String(500), nullable=False),
        sa.Column("salvage", sa.SmallInteger, nullable=False),
        sa.Column("repairs", sa.String(500), nullable=False),
        sa.Column("duplicates", sa.String(20), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger),  # NULL: never
        sa.Column("revoked", sa.BigInteger),  # NULL: in force
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("ix_keys_source_id", "keys", ["source_id"], if_not_exists=True)
    op.create_table(
        "issuers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("audience", sa.String(200), nullable=False),
        sa.Column("prefix", sa.String(100), nullable=False),
        sa.Column("source_id", sa.Integer),  # NULL: only clients mapped to a source may come in
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("issuer", "audience", name="issuers_by_audience"),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "issuer_clients",
        sa.Column("issuer_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("client", sa.String(200), primary_key=True),
        sa.Column("source_id", sa.Integer, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("login", sa.String(200), nullable=False),
        sa.Column("password", sa.String(200)),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("tenant_id", "login", name="users_of_tenant"),
        if_not_exists=True,
        **MARIADB,
    )
