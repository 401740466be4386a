"""The funnel by period counts by the day on which somebody's way through a programme began."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

INDEX = (
    "tenant_id behaviour programme cohort unit clock_day completed_at state matched ended"
    " ended_day applied_day applied_tier lasting_day known_not_day contact_day decided_at"
    " begun_day case_id"
)


def upgrade() -> None:
    there = sa.inspect(op.get_bind())
    for table in ("outcomes", "participation"):
        if "begun_day" not in {each["name"] for each in there.get_columns(table)}:
            op.add_column(table, sa.Column("begun_day", sa.Integer))
    has = {each["name"]: each["column_names"] for each in there.get_indexes("outcomes")}
    if has.get("outcomes_for_figures") != INDEX.split():
        op.drop_index("outcomes_for_figures", "outcomes", if_exists=True)
        op.create_index("outcomes_for_figures", "outcomes", INDEX.split())
    # The day is worked out, by the projector, with all else of whoever took part somewhere.
    op.execute(
        "INSERT INTO stale (tenant_id, subject, since)"
        " SELECT DISTINCT p.tenant_id, p.subject, 0 FROM participation p"
        " WHERE NOT EXISTS (SELECT 1 FROM stale s WHERE s.tenant_id = p.tenant_id"
        " AND s.subject = p.subject)"
    )
