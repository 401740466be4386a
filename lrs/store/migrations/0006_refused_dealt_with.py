"""Why a refused statement was dismissed, and what came with it in one request."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import blob

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    columns = sa.inspect(op.get_bind()).get_columns("refused")
    if not any(column["name"] == "why" for column in columns):  # MariaDB may run this again
        op.add_column("refused", sa.Column("why", blob()))  # NULL: not dismissed
    op.create_index("refused_by_request", "refused", ["request"], if_not_exists=True)
