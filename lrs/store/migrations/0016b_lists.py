"""Indexes by which cases, links, evidence and invitations are listed a page at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0016b"
down_revision = "0012"


def upgrade() -> None:
    for name, table, columns in (
        ("cases_of_unit", "cases", ["tenant_id", "unit"]),
        ("cases_in_order", "cases", ["tenant_id", "completed_at", "id"]),
        ("links_of_subject", "links", ["tenant_id", "subject"]),
        ("invitations_in_order", "invitations", ["tenant_id", "due_day", "id"]),
    ):
        op.create_index(name, table, columns, if_not_exists=True)
    columns = ["tenant_id", "course", "kind", "position", "n"]
    there = {each["name"]: each for each in sa.inspect(op.get_bind()).get_indexes("events")}
    if "events_of_course" in there and there["events_of_course"]["column_names"] != columns:
        op.drop_index("events_of_course", "events")
    op.create_index("events_of_course", "events", columns, if_not_exists=True)
