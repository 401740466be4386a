"""The register, and what is worked out of it: people, units, programmes."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, blob, fixed

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "register",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", fixed(16), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("body", blob(), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("register_of_tenant", "register", ["tenant_id", "position"], if_not_exists=True)
    op.create_index(
        "register_of_subject", "register", ["tenant_id", "subject", "position"], if_not_exists=True
    )
    op.create_table(
        "people",
        sa.Column("id", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("merged_into", fixed(16)),
        sa.Column("sort_name", sa.String(200), nullable=False),
        sa.Column("facts", blob(), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("people_by_name", "people", ["tenant_id", "sort_name"], if_not_exists=True)
    op.create_table(
        "identifiers",
        sa.Column("tenant_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("digest", fixed(16), primary_key=True),
        sa.Column("person", fixed(16), primary_key=True),
        sa.Column(
            "entry", sa.BigInteger, primary_key=True, autoincrement=False
        ),  # its register row
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("text", blob(), nullable=False),
        sa.Column("valid_from", sa.BigInteger),
        sa.Column("valid_to", sa.BigInteger),
        sa.Column("state", sa.String(20), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index(
        "identifiers_of_person", "identifiers", ["tenant_id", "person"], if_not_exists=True
    )
    op.create_table(
        "units",
        sa.Column("id", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("path", sa.String(500), nullable=False),
        sa.Column("facts", blob(), nullable=False),  # JSON: contact, default superior
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("units_by_path", "units", ["tenant_id", "path"], if_not_exists=True)
    op.create_table(
        "employments",
        sa.Column("tenant_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("person", fixed(16), primary_key=True),
        sa.Column(
            "entry", sa.BigInteger, primary_key=True, autoincrement=False
        ),  # its register row
        sa.Column("unit", fixed(16)),
        sa.Column("position_title", sa.String(200)),
        sa.Column("superior", fixed(16)),
        sa.Column("superior_state", sa.String(20)),
        sa.Column("first_day", sa.Integer),
        sa.Column("last_day", sa.Integer),
        sa.Column("ended", sa.String(20)),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("employments_by_unit", "employments", ["tenant_id", "unit"], if_not_exists=True)
    op.create_index(
        "employments_by_superior", "employments", ["tenant_id", "superior"], if_not_exists=True
    )
    op.create_table(
        "programmes",
        sa.Column("digest", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("entry", sa.BigInteger, nullable=False),  # its register row
        sa.Column("iri", blob(), nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("body", blob(), nullable=False),  # JSON, as schemas/programmes.py writes it
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index(
        "programmes_of_tenant", "programmes", ["tenant_id", "title"], if_not_exists=True
    )
