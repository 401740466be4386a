"""Whose a document is, in words: a digest cannot be told to another store."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import blob

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    columns = sa.inspect(op.get_bind()).get_columns("documents")
    if not any(column["name"] == "whose" for column in columns):  # MariaDB may run this again
        op.add_column("documents", sa.Column("whose", blob()))  # NULL: written before this
