"""What the projector works out: events, cases, links, answers."""

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, blob, fixed

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "projections",
        sa.Column("tenant_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "stale",
        sa.Column("tenant_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("subject", fixed(16), primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "searches",
        sa.Column("tenant_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("digest", fixed(16), primary_key=True),
        sa.Column("verb", blob(), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_table(
        "events",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("n", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("statement", fixed(16), nullable=False),
        sa.Column("actor", fixed(16), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("course", fixed(16), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("voided", sa.SmallInteger, nullable=False),
        sa.Column("source_id", sa.Integer, nullable=False),
        sa.Column("adapter", sa.String(40), nullable=False),
        sa.Column("body", blob(), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("events_of_actor", "events", ["tenant_id", "actor"], if_not_exists=True)
    op.create_index(
        "events_of_course", "events", ["tenant_id", "course", "kind"], if_not_exists=True
    )
    op.create_index("events_of_statement", "events", ["statement"], if_not_exists=True)
    op.create_table(
        "identities",
        sa.Column("tenant_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("digest", fixed(16), primary_key=True),
        sa.Column("ifi", blob(), nullable=False),
        sa.Column("name", sa.String(200)),
        sa.Column("person", fixed(16)),
        sa.Column("first_position", sa.BigInteger, nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index(
        "identities_of_person", "identities", ["tenant_id", "person"], if_not_exists=True
    )
    op.create_table(
        "cases",
        sa.Column("id", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("subject", fixed(16), nullable=False),
        sa.Column("matched", sa.SmallInteger, nullable=False),
        sa.Column("programme", fixed(16), nullable=False),
        sa.Column("cohort", sa.String(200)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("completed_at", sa.BigInteger, nullable=False),
        sa.Column("clock_day", sa.Integer, nullable=False),
        sa.Column("unit", fixed(16)),
        sa.Column("ended", sa.String(20)),
        sa.Column("ended_day", sa.Integer),
        sa.Column("body", blob(), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("cases_of_subject", "cases", ["tenant_id", "subject"], if_not_exists=True)
    op.create_index(
        "cases_of_programme", "cases", ["tenant_id", "programme", "cohort"], if_not_exists=True
    )
    op.create_table(
        "outcomes",
        sa.Column("case_id", fixed(16), primary_key=True),
        sa.Column("behaviour", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("applied_day", sa.Integer),
        sa.Column("applied_tier", sa.String(4)),
        sa.Column("lasting_day", sa.Integer),
        sa.Column("known_not_day", sa.Integer),
        sa.Column("contact_day", sa.Integer),
        sa.Column("superior_confirmed_day", sa.Integer),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index(
        "outcomes_of_behaviour", "outcomes", ["tenant_id", "behaviour"], if_not_exists=True
    )
    op.create_table(
        "links",
        sa.Column("id", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("case_id", fixed(16), nullable=False),
        sa.Column("subject", fixed(16), nullable=False),
        sa.Column("evidence", fixed(16), nullable=False),
        sa.Column("behaviour", fixed(16), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("placed", sa.String(10), nullable=False),
        sa.Column("performed_day", sa.Integer, nullable=False),
        sa.Column("weight", sa.SmallInteger, nullable=False),
        sa.Column("self_said", sa.SmallInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("body", blob(), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("links_of_case", "links", ["case_id"], if_not_exists=True)
    op.create_index("links_of_evidence", "links", ["tenant_id", "evidence"], if_not_exists=True)
    op.create_index(
        "links_to_review", "links", ["tenant_id", "state", "at", "id"], if_not_exists=True
    )
    op.create_table(
        "participation",
        sa.Column("tenant_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("subject", fixed(16), primary_key=True),
        sa.Column("course", fixed(16), primary_key=True),
        sa.Column("programme", fixed(16), nullable=False),
        sa.Column("cohort", sa.String(200)),
        sa.Column("unit", fixed(16)),
        sa.Column("matched", sa.SmallInteger, nullable=False),
        sa.Column("invited_day", sa.Integer),
        sa.Column("enrolled_day", sa.Integer),
        sa.Column("attended_day", sa.Integer),
        sa.Column("progressed_day", sa.Integer),
        sa.Column("completed_day", sa.Integer),
        sa.Column("certified_day", sa.Integer),
        sa.Column("jp", sa.Integer),  # tenths of an hour
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index(
        "participation_of_programme",
        "participation",
        ["tenant_id", "programme", "cohort"],
        if_not_exists=True,
    )
    op.create_table(
        "answers",
        sa.Column("statement", fixed(16), primary_key=True),
        sa.Column("behaviour", fixed(16), primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("case_id", fixed(16), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("rater", fixed(16)),
        sa.Column("window_name", sa.String(40), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("observed", sa.SmallInteger, nullable=False),
        sa.Column("value", sa.SmallInteger),
        sa.Column("recalled", sa.SmallInteger),
        sa.Column("frequency", sa.String(20)),
        sa.Column("barriers", sa.String(500), nullable=False),
        sa.Column("flagged", sa.SmallInteger, nullable=False),
        if_not_exists=True,
        **MARIADB,
    )
    op.create_index("answers_of_case", "answers", ["case_id"], if_not_exists=True)
    op.create_index(
        "answers_by_window", "answers", ["tenant_id", "window_name", "role"], if_not_exists=True
    )
