"""Letters and signed links of the follow-up, drafts, and the forms that were handed in."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, blob, fixed

revision = "0012"
down_revision = "0016a"


def upgrade() -> None:
    op.create_index(
        "invitations_of_rater", "invitations", ["tenant_id", "rater"], if_not_exists=True
    )
    op.create_table(
        "letters",
        sa.Column("id", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("round", fixed(16), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("person", fixed(16)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("try_at", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("claimed", sa.BigInteger),
        sa.Column("sent", sa.BigInteger),
        sa.Column("why", sa.String(500)),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("letters_of_round", "letters", ["round"], if_not_exists=True)
    op.create_index(
        "letters_by_state", "letters", ["tenant_id", "state", "try_at"], if_not_exists=True
    )
    op.create_table(
        "signed_links",
        sa.Column("id", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("subject", fixed(16), nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("revoked", sa.BigInteger),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index(
        "signed_links_of_subject", "signed_links", ["tenant_id", "subject"], if_not_exists=True
    )
    op.create_table(
        "drafts",
        sa.Column("round", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("saved", sa.BigInteger, nullable=False),
        sa.Column("body", blob(), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "filled_forms",
        sa.Column("id", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("visit", fixed(16), nullable=False),
        sa.Column("invitation", fixed(16), nullable=False),
        sa.Column("form", sa.String(2), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("statements", blob(), nullable=False),
        sa.Column("disowned", sa.BigInteger),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index(
        "filled_forms_of_visit", "filled_forms", ["tenant_id", "visit"], if_not_exists=True
    )
    op.create_index(
        "filled_forms_of_invitation", "filled_forms", ["invitation"], if_not_exists=True
    )
