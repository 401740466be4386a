"""Indexes of links that hold all that the review queue is narrowed and ordered by."""

import sqlalchemy as sa
from alembic import op

revision = "0017b"
down_revision = "0017a"


def upgrade() -> None:
    there = {each["name"]: each for each in sa.inspect(op.get_bind()).get_indexes("links")}
    for name, columns in (
        ("links_of_case", ["case_id", "state", "at", "id"]),
        ("links_to_review", ["tenant_id", "state", "at", "id", "case_id"]),
    ):
        if name in there and there[name]["column_names"] != columns:
            op.drop_index(name, "links")
        op.create_index(name, "links", columns, if_not_exists=True)
