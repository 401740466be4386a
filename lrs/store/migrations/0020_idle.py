"""Indexes of who got nowhere in a course, and of how many did."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_index(
        "participation_idle",
        "participation",
        ["tenant_id", "completed_day", "progressed_day", "certified_day", "subject"],
        if_not_exists=True,
    )
    op.create_index(
        "participation_of_course",
        "participation",
        ["tenant_id", "course", "completed_day"],
        if_not_exists=True,
    )
