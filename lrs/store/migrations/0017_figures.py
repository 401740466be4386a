"""Indexes that hold all that figures read, in the order of the case: a hundred thousand are counted
without a look at their bodies."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0014"

INDEXES = (
    (
        "cases",
        "tenant_id id programme cohort unit clock_day completed_at state matched ended ended_day"
        " subject",
    ),
    (
        "outcomes",
        "tenant_id case_id behaviour applied_day applied_tier lasting_day known_not_day"
        " contact_day",
    ),
    (
        "links",
        "tenant_id case_id behaviour state placed performed_day at decided_at first_move"
        " first_decided_at second_move tier",
    ),
    (
        "answers",
        "tenant_id case_id role rater behaviour form window_name day observed value recalled"
        " frequency flagged",
    ),
    (
        "invitations",
        "tenant_id case_id role window_name state rater sampled closes_day made sent answered",
    ),
)


def upgrade() -> None:
    for table, columns in INDEXES:
        op.create_index(f"{table}_for_figures", table, columns.split(), if_not_exists=True)
    there = {each["name"] for each in sa.inspect(op.get_bind()).get_indexes("outcomes")}
    if "outcomes_of_behaviour" in there:  # nothing reads by it
        op.drop_index("outcomes_of_behaviour", "outcomes")
