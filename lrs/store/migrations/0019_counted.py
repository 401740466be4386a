"""What figures and the queue count carries what it is counted by, so that one index tells all; and
figures that took long are held."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from lrs.store.columns import MARIADB, blob, fixed

revision = "0019"
down_revision = "0018r"

PLACE: dict[str, Any] = {
    "programme": fixed(16),
    "cohort": sa.String(200),
    "unit": fixed(16),
    "clock_day": sa.Integer(),
}

COLUMNS: dict[str, dict[str, Any]] = {
    "outcomes": {
        "decided_at": sa.BigInteger(),
        **PLACE,
        "completed_at": sa.BigInteger(),
        "state": sa.String(20),
        "matched": sa.SmallInteger(),
        "ended": sa.String(20),
        "ended_day": sa.Integer(),
    },
    "links": {**PLACE, "completed_at": sa.BigInteger()},
    "answers": {
        "cohort": sa.String(200),
        "unit": fixed(16),
        "clock_day": sa.Integer(),
        "counts": sa.SmallInteger(),
    },
}

INDEXES = (
    (
        "outcomes_for_figures",
        "outcomes",
        "tenant_id behaviour programme cohort unit clock_day completed_at state matched ended"
        " ended_day applied_day applied_tier lasting_day known_not_day contact_day decided_at"
        " case_id",
    ),
    (
        "links_to_review",
        "links",
        "tenant_id state at id programme cohort unit behaviour completed_at self_said placed"
        " weight",
    ),
    ("links_of_programme", "links", "tenant_id programme state at id"),
    ("links_of_unit", "links", "tenant_id unit state at id"),
    (
        "links_for_figures",
        "links",
        "tenant_id case_id behaviour state placed performed_day at decided_at first_move"
        " first_decided_at second_move tier programme cohort unit clock_day",
    ),
    ("answers_of_form", "answers", "tenant_id form programme"),
    (
        "answers_for_figures",
        "answers",
        "tenant_id case_id behaviour role rater form window_name day observed value recalled"
        " frequency flagged programme cohort unit clock_day counts",
    ),
)

OLD = (("answers", "answers_of_programme"), ("answers", "answers_by_window"))


def upgrade() -> None:
    there = sa.inspect(op.get_bind())
    for table, columns in COLUMNS.items():
        known = {each["name"] for each in there.get_columns(table)}
        for name, kind in columns.items():
            if name not in known:
                op.add_column(table, sa.Column(name, kind))
        _fill(table, list(columns))
    for table, name in OLD:
        if name in {each["name"] for each in there.get_indexes(table)}:
            op.drop_index(name, table)
    for name, table, told in INDEXES:
        has = {each["name"]: each["column_names"] for each in there.get_indexes(table)}
        if name in has and has[name] != told.split():
            op.drop_index(name, table)
        op.create_index(name, table, told.split(), if_not_exists=True)
    op.create_table(
        "held_figures",
        sa.Column("tenant_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("digest", fixed(16), primary_key=True),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("took", sa.Integer, nullable=False),
        sa.Column("state", blob(), nullable=False),
        sa.Column("question", blob()),
        sa.Column("body", blob(), nullable=False),
        if_not_exists=True,
        **MARIADB,
    )


def _fill(table: str, columns: list[str]) -> None:
    """What the projector would write, of the cases that are there."""
    case = f"(SELECT {{}} FROM cases c WHERE c.id = {table}.case_id)"
    told = {name: case.format(f"c.{name}") for name in columns}
    if table == "answers":
        open_ = "CASE WHEN c.state = 'open' AND c.matched = 1 THEN 1 ELSE 0 END"
        told["counts"] = case.format(open_)
        told["programme"] = f"COALESCE({case.format('c.programme')}, programme)"
    if table == "outcomes":
        whole = f"x'{'00' * 16}'"
        if op.get_bind().dialect.name == "postgresql":
            whole = rf"'\\x{'00' * 16}'"
        told["decided_at"] = (
            "(SELECT MAX(l.decided_at) FROM links l WHERE l.case_id = outcomes.case_id"
            " AND l.state = 'accepted' AND l.placed = 'after'"
            f" AND (outcomes.behaviour = {whole} OR l.behaviour = outcomes.behaviour))"
        )
    op.execute(f"UPDATE {table} SET " + ", ".join(f"{name} = {sql}" for name, sql in told.items()))
