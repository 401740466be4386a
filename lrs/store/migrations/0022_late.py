"""What is late among the questions asked is counted in the index, without the rows."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_index(
        "invitations_late",
        "invitations",
        ["tenant_id", "state", "due_day", "closes_day"],
        if_not_exists=True,
    )
    op.drop_index("invitations_by_state", table_name="invitations", if_exists=True)
