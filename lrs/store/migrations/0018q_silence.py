"""After how many days without anything a source is told to be silent."""

import sqlalchemy as sa
from alembic import op

revision = "0018q"
down_revision = "0018p"


def upgrade() -> None:
    there = {each["name"] for each in sa.inspect(op.get_bind()).get_columns("sources")}
    if "silent_days" not in there:
        op.add_column("sources", sa.Column("silent_days", sa.Integer))
