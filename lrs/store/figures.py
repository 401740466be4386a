"""What figures are made of: counts, added up in the database, by whatever they are taken apart.

Nothing here is a figure yet: `lrs/reports/` makes them of these counts. Each function answers one
row for each group, its key first (see `key`), then counts that may be added, so that units are
rolled up without asking again.

What had happened by an earlier day is worked out of links and answers (`_standing`), since
`outcomes` tells only what is known now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from lrs.practice.names import ZERO
from lrs.store.engine import placeholders, run

Key = tuple[Any, ...]
Counts = dict[str, int]
Sql = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Which cases are asked about, in the store's own terms: digests and days since 1970.

    `end` is the first moment after the day `as_of`, in microseconds. `programmes` and `units`
    None: all. `behaviour` is sixteen zero bytes for the case as a whole. `periods` are the first
    days of the spans that `by` period tells apart.
    """

    tenant_id: int
    as_of: int
    end: int
    programmes: tuple[bytes, ...] | None = None
    cohort: str | None = None
    units: tuple[bytes, ...] | None = None
    behaviour: bytes = ZERO
    tier: str | None = None
    window: str | None = None
    since: int | None = None
    until: int | None = None
    by: str | None = None
    periods: tuple[int, ...] = ()


def _where(cut: Cut, alias: str = "c") -> Sql:
    """The conditions of a cut on `cases`, but for state and match."""
    sql, values = [f"{alias}.tenant_id = ?"], [cut.tenant_id]
    parameters: list[Any] = [*values]
    for column, chosen in (("programme", cut.programmes), ("unit", cut.units)):
        if chosen is None:
            continue
        if not chosen:
            return "1 = 0", ()
        sql.append(f"{alias}.{column} IN ({placeholders(chosen)})")
        parameters += chosen
    if cut.cohort is not None:
        sql.append(f"{alias}.cohort = ?")
        parameters.append(cut.cohort)
    for sign, day in ((">=", cut.since), ("<=", cut.until)):
        if day is not None:
            sql.append(f"{alias}.clock_day {sign} ?")
            parameters.append(day)
    return " AND ".join(sql), tuple(parameters)


def span(connection: Connection, cut: Cut) -> tuple[date, date] | None:
    """From which day to which the clocks of a cut's completions started."""
    where, values = _where(cut)
    row = run(
        connection, f"SELECT MIN(c.clock_day), MAX(c.clock_day) FROM cases c WHERE {where}", values
    ).one()
    if row[0] is None:
        return None
    first, last = (date(1970, 1, 1) + timedelta(days=day) for day in row)
    return first, last


def _key(cut: Cut, window: str = "NULL") -> Sql:
    """The two columns that tell groups apart."""
    if cut.by == "programme":
        return "c.programme, NULL", ()
    if cut.by == "cohort":
        return "c.programme, c.cohort", ()
    if cut.by == "behaviour":
        return "c.programme, o.behaviour", ()
    if cut.by == "unit":
        return "c.unit, NULL", ()
    if cut.by == "window":
        return f"{window}, NULL", ()
    if cut.by == "period" and cut.periods:
        return _period(cut, "c.clock_day")
    return "NULL, NULL", ()


def _period(cut: Cut, day: str) -> Sql:
    """Which span a day lies in: the last that begins on or before it."""
    spans = range(len(cut.periods) - 1, -1, -1)
    whens = " ".join(f"WHEN {day} >= ? THEN {n}" for n in spans)
    return f"CASE {whens} END, NULL", tuple(reversed(cut.periods))


def _cases(cut: Cut) -> Sql:
    """The cases of a cut with what was known of them, as days after their clock.

    Of each behaviour where it is taken apart by behaviour; else of the cut's behaviour, or of the
    case as a whole.
    """
    key, key_values = _key(cut)
    where, where_values = _where(cut)
    outcomes, outcome_values = _outcomes(cut)
    if cut.by == "behaviour":
        on, on_values = "o.behaviour <> ?", (ZERO,)
    else:
        on, on_values = "o.behaviour = ?", (cut.behaviour,)
    first, second = key.rsplit(", ", 1)
    day = "CASE WHEN o.{0} <= ? THEN o.{0} - c.clock_day END"
    known = ("applied_day", "lasting_day", "known_not_day", "contact_day", "superior_confirmed_day")
    return (
        f"SELECT {first} AS g1, {second} AS g2, c.state AS state, c.matched AS matched,"
        " ? - c.clock_day AS age, o.applied_tier AS tier, c.ended AS why,"
        " CASE WHEN c.ended_day <= ? THEN c.ended_day - c.clock_day END AS ended, "
        + ", ".join(f"{day.format(name)} AS {name.removesuffix('_day')}" for name in known)
        + f" FROM cases c {'' if cut.by == 'behaviour' else 'LEFT '}JOIN {outcomes} o"
        f" ON o.case_id = c.id AND {on} WHERE {where} AND c.completed_at < ?",
        (
            *key_values,
            cut.as_of,
            cut.as_of,
            *(cut.as_of for _ in known),
            *outcome_values,
            *on_values,
            *where_values,
            cut.end,
        ),
    )


def _outcomes(cut: Cut) -> Sql:
    """What to join for what was known."""
    return "outcomes", ()


def _counted(
    connection: Connection, inner: Sql, counts: dict[str, Sql]
) -> list[tuple[Key, Counts]]:
    """How many rows of `inner` meet each condition, by its key."""
    columns = ", ".join(f"COUNT(CASE WHEN {sql} THEN 1 END)" for sql, _ in counts.values())
    values = tuple(value for _, told in counts.values() for value in told)
    rows = run(
        connection,
        f"SELECT g1, g2, {columns} FROM ({inner[0]}) x GROUP BY g1, g2",
        (*values, *inner[1]),
    )
    return [
        (_plain(row[:2]), {name: int(n) for name, n in zip(counts, row[2:], strict=True)})
        for row in rows
    ]


def _plain(row: Sequence[Any]) -> Key:
    return tuple(bytes(v) if isinstance(v, (memoryview, bytearray)) else v for v in row)


#: A completion that counts: active and of somebody known (C of the domain).
_VALID = "state = 'open' AND matched = 1"


def completions(
    connection: Connection, cut: Cut, horizon: int, review_days: int
) -> list[tuple[Key, Counts]]:
    """Completions and what was known of them so many days after their clock.

    `n` are those old enough for `horizon` days and a review, and not ended before; of them
    `applied` (by tier `7a`, `7b`), and `known_not`: somebody who could see said so on that day or
    later. Left out: `undone`, `voided`, `unmatched`, `young`, `ended`; of the ended
    `ended_applied` had applied before and `ended_not` were known not to have.
    """
    old = "age >= ?"
    stayed = "(ended IS NULL OR ended >= ?)"
    ripe = f"{_VALID} AND {old} AND {stayed}"
    ripe_values = (horizon + review_days, horizon)
    left = f"{_VALID} AND {old} AND ended < ?"
    return _counted(
        connection,
        _cases(cut),
        {
            "n": (ripe, ripe_values),
            "applied": (f"{ripe} AND applied <= ?", (*ripe_values, horizon)),
            "7a": (f"{ripe} AND applied <= ? AND tier = '7a'", (*ripe_values, horizon)),
            "7b": (f"{ripe} AND applied <= ? AND tier = '7b'", (*ripe_values, horizon)),
            "known_not": (
                f"{ripe} AND known_not >= ?"
                " AND (applied IS NULL OR applied > ? AND applied > known_not)",
                (*ripe_values, horizon, horizon),
            ),
            "later": (f"{ripe} AND applied > ?", (*ripe_values, horizon)),
            "undone": ("state = 'undone'", ()),
            "voided": ("state = 'voided'", ()),
            "unmatched": ("state = 'open' AND matched = 0", ()),
            "young": (f"{_VALID} AND age < ?", (horizon + review_days,)),
            "ended": (left, ripe_values),
            "ended_applied": (f"{left} AND applied <= ?", (*ripe_values, horizon)),
            "ended_not": (
                f"{left} AND known_not >= ended AND applied IS NULL",
                ripe_values,
            ),
        },
    )
