"""What figures are made of: counts, added up in the database, by whatever they are taken apart.

Nothing here is a figure yet: `lrs/reports/` makes them of these counts. Each function answers one
row for each group, its key first (see `key`), then counts that may be added, so that units are
rolled up without asking again.

`outcomes` tells what is known now. Of an earlier day, the first accepted work is worked out of the
links that were accepted by then (`_applied`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection

from lrs.practice.names import ZERO
from lrs.store import invitations
from lrs.store.engine import pieces, placeholders, run

#: Of so many programmes or units cases are looked up; of more, all are read and most kept.
FEW = 8

Key = tuple[Any, ...]
Counts = dict[str, int]
Sql = tuple[str, tuple[Any, ...]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Which cases are asked about, in the store's own terms: digests and days since 1970.

    `end` is the first moment after the day `as_of`, in microseconds. `programmes` and `units`
    None: all. `behaviour` is sixteen zero bytes for the case as a whole. `periods` are the first
    days of the spans that `by` period tells apart; these, `since` and `until` go by the column
    `day`: that of the clock, or on which the way through the programme began. `past`: verdicts were
    given since (see `decided_since`). `needed` says of how many of a programme's behaviours one has
    to be applied for a completion to count; where it says nothing, of one.
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
    day: str = "clock_day"
    past: bool = False
    needed: Mapping[bytes, int] = field(default_factory=dict)


def _where(cut: Cut, alias: str = "c") -> Sql:
    """The conditions of a cut on what is counted by programme, cohort, unit and clock."""
    sql, parameters = [f"{alias}.tenant_id = ?"], list[Any]([cut.tenant_id])
    for column, chosen in (("programme", cut.programmes), ("unit", cut.units)):
        if chosen is None:
            continue
        if not chosen:
            return "1 = 0", ()
        name = f"{alias}.{column}"
        if len(chosen) > FEW:  # else SQLite would look each case up, body and all
            name = f"COALESCE({name}, {name})"
        sql.append(f"{name} IN ({placeholders(chosen)})")
        parameters += chosen
    if cut.cohort is not None:
        sql.append(f"{alias}.cohort = ?")
        parameters.append(cut.cohort)
    for sign, day in ((">=", cut.since), ("<=", cut.until)):
        if day is not None:
            sql.append(f"{alias}.{cut.day} {sign} ?")
            parameters.append(day)
    return " AND ".join(sql), tuple(parameters)


def span(connection: Connection, cut: Cut) -> tuple[date, date] | None:
    """From which day to which the clocks of a cut's completions started; or the ways of its
    participants began."""
    where, values = _where(cut)
    table = "cases" if cut.day == "clock_day" else "participation"
    row = run(
        connection,
        f"SELECT MIN(c.{cut.day}), MAX(c.{cut.day}) FROM {table} c WHERE {where}",
        values,
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
        return "c.programme, c.behaviour", ()
    if cut.by == "unit":
        return "c.unit, NULL", ()
    if cut.by == "window":
        return f"{window}, NULL", ()
    if cut.by == "period" and cut.periods:
        return _period(cut, f"c.{cut.day}")
    return "NULL, NULL", ()


def _aside(key: str) -> str:
    """A key told so that SQLite does not go by an index of it, and look each row up, body and all:
    where what is counted does not carry it."""
    for name in ("c.programme", "c.unit"):
        key = key.replace(name, f"COALESCE({name}, {name})")
    return key


def _period(cut: Cut, day: str) -> Sql:
    """Which span a day lies in: the last that begins on or before it."""
    spans = range(len(cut.periods) - 1, -1, -1)
    whens = " ".join(f"WHEN {day} >= ? THEN {n}" for n in spans)
    return f"CASE {whens} END, NULL", tuple(reversed(cut.periods))


def _cases(cut: Cut, *, contacts: bool = False) -> Sql:
    """The cases of a cut with what was known of them, as days after their clock.

    Of each behaviour where it is taken apart by behaviour; else of the cut's behaviour, or of the
    case as a whole: one walk along the index `outcomes_for_figures`. `contacts`: with the last day
    of contact, which of a day gone by has to be looked up.
    """
    key, key_values = _key(cut)
    where, where_values = _where(cut)
    each, of = ("<>", ZERO) if cut.by == "behaviour" else ("=", cut.behaviour)
    first, second = key.rsplit(", ", 1)
    applied, applied_values = _applied(cut)
    contact, contact_values = _contact(cut) if contacts else ("NULLIF(0, 0)", ())
    known = ("lasting_day", "known_not_day")
    day = ", ".join(f"CASE WHEN c.{name} <= ? THEN c.{name} END AS {name}" for name in known)
    told = (
        f"SELECT {first} AS g1, {second} AS g2, c.case_id AS id, c.clock_day AS clock,"
        " c.state AS state, c.matched AS matched, c.applied_tier AS tier, c.ended AS why,"
        f" c.ended_day AS ended_day, {applied} AS applied_day, {contact} AS contact_day, {day}"
        f" FROM outcomes c WHERE {where} AND c.behaviour {each} ? AND c.completed_at < ?"
    )
    if cut.past:  # else SQLite would look up the links anew wherever the day is named
        told += " LIMIT 1000000000"
    return (
        "SELECT g1, g2, id, clock, state, matched, tier, why, ? - clock AS age,"
        " CASE WHEN ended_day <= ? THEN ended_day - clock END AS ended,"
        " CASE WHEN applied_day <= ? THEN applied_day - clock END AS applied,"
        " CASE WHEN applied_day <= ? THEN lasting_day - clock END AS lasting,"
        " known_not_day - clock AS known_not, contact_day - clock AS contact"
        f" FROM ({told}) y",
        (
            *(cut.as_of, cut.as_of, cut.as_of, cut.as_of),
            *key_values,
            *applied_values,
            *contact_values,
            *(cut.as_of for _ in known),
            *where_values,
            *(of, cut.end),
        ),
    )


def decided_since(connection: Connection, tenant_id: int, end: int) -> bool:
    """Whether a verdict was given at or after a moment, so that what is known now is more than was
    known then."""
    row = run(
        connection, "SELECT position FROM projections WHERE tenant_id = ?", (tenant_id,)
    ).one_or_none()
    if row is not None and row[0] < end:  # verdicts stand in the log, which was read up to here
        return False
    found = run(
        connection,
        "SELECT 1 FROM links WHERE tenant_id = ? AND decided_at >= ? LIMIT 1",
        (tenant_id, end),
    )
    return found.first() is not None


def _applied(cut: Cut) -> Sql:
    """The first day of accepted work on `c`, by verdicts that stood on the as-of date: what is
    known now, but where a verdict was given since."""
    if not cut.past:
        return "c.applied_day", ()
    then, values = _applied_then(cut)
    return f"CASE WHEN c.decided_at >= ? THEN {then} ELSE c.applied_day END", (cut.end, *values)


def _applied_then(cut: Cut) -> Sql:
    held = (
        "{0}.case_id = c.case_id AND {0}.tenant_id = c.tenant_id AND {0}.state = 'accepted'"
        " AND {0}.placed = 'after' AND {0}.decided_at < ?"
    )
    first = f"SELECT MIN(l.performed_day) FROM links l WHERE {held.format('l')}"
    if cut.by == "behaviour" or cut.behaviour != ZERO:
        return f"({first} AND l.behaviour = c.behaviour)", (cut.end,)
    many = {digest: count for digest, count in cut.needed.items() if count > 1}
    if not many:
        return f"({first})", (cut.end,)
    # The day by which so many behaviours had been applied.
    whens = "".join(f"WHEN ? THEN {int(count)} " for count in many.values())
    reached = (
        "(SELECT COUNT(DISTINCT m.behaviour) FROM links m WHERE m.tenant_id = l.tenant_id"
        " AND m.case_id = l.case_id AND m.state = 'accepted' AND m.placed = 'after'"
        " AND m.decided_at < ? AND m.performed_day <= l.performed_day AND m.behaviour <> ?)"
    )
    return (
        f"({first} AND (CASE c.programme {whens}ELSE 1 END = 1"
        f" OR {reached} >= CASE c.programme {whens}ELSE 1 END))",
        (cut.end, *many, cut.end, ZERO, *many),
    )


def _contact(cut: Cut) -> Sql:
    """The last day of contact by the as-of date: where there was contact since, that of the last
    answer before."""
    return (
        "CASE WHEN c.contact_day <= ? THEN c.contact_day WHEN c.contact_day IS NOT NULL THEN"
        " (SELECT MAX(a.day) FROM answers a WHERE a.tenant_id = c.tenant_id"
        " AND a.case_id = c.case_id AND a.day <= ?) END",
        (cut.as_of, cut.as_of),
    )


def _counted(
    connection: Connection, cut: Cut, inner: Sql, counts: dict[T, Sql], *, of: Sql = ("1 = 1", ())
) -> list[tuple[Key, dict[T, int]]]:
    """How many rows of `inner` meet each condition, by its key; `of` holds for all that count."""
    # SQLite sorts what it groups, so that to group by nothing is not free.
    keys, group = ("NULL, NULL", "") if cut.by is None else ("g1, g2", " GROUP BY g1, g2")
    columns = ", ".join(f"COUNT(CASE WHEN {sql} THEN 1 END)" for sql, _ in counts.values())
    values = tuple(value for _, told in counts.values() for value in told)
    rows = _rows(
        connection,
        f"SELECT {keys}, {columns} FROM ({inner[0]}) x WHERE {of[0]}{group}",
        (*values, *inner[1], *of[1]),
    )
    return [
        (_plain(row[:2]), {name: int(n) for name, n in zip(counts, row[2:], strict=True)})
        for row in rows
    ]


def _rows(connection: Connection, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
    """All rows at once: one by one they take several times as long to be handed over."""
    rows: Sequence[Sequence[Any]] = run(connection, sql, values).all()
    return rows


def _plain(row: Sequence[Any]) -> Key:
    return tuple(bytes(v) if isinstance(v, (memoryview, bytearray)) else v for v in row)


#: A completion that counts: active and of somebody known (C of the domain).
_VALID = "state = 'open' AND matched = 1"


def completions(
    connection: Connection, cut: Cut, horizons: Collection[int], review_days: int
) -> list[tuple[Key, dict[int, Counts]]]:
    """Completions and what was known of them so many days after their clock, for each of these
    `horizons`.

    `n` are those old enough for that many days and a review, and not ended before; of them
    `applied` (by tier `7a`, `7b`), `later`, and `known_not`: somebody who could see said so on that
    day or later. Left out: `undone`, `voided`, `unmatched`, `young`, `ended`; of the ended
    `ended_applied` had applied before and `ended_not` were known not to have.

    The database counts how many completions look alike to all horizons (see `_Alike`); what that
    means for each is reckoned here, so that many horizons take hardly longer than one.
    """
    alike = _Alike(tuple(sorted(set(horizons))), review_days)
    inner, values = _cases(cut)
    if cut.by == "behaviour":  # who is left out is told of the programme
        inner += f" WHERE {_VALID} AND clock <= ?"
        values = (*values, cut.as_of - alike.horizons[0] - review_days)
    number, number_values = alike.number()
    rows = _rows(
        connection,
        f"SELECT g1, g2, {number} AS cell, COUNT(*) FROM ({inner}) x GROUP BY 1, 2, 3",
        (*number_values, *values),
    )
    told = {cell: alike.counts(cell) for cell in {int(row[2]) for row in rows}}
    found: dict[Any, dict[int, Counts]] = {}
    for first, second, cell, count in rows:
        here = found.setdefault((first, second), {h: dict(_NONE) for h in alike.horizons})
        for horizon, names in told[int(cell)]:
            counts = here[horizon]
            for name in names:
                counts[name] += int(count)
    return [(_plain(key), counts) for key, counts in found.items()]


#: What `completions` counts.
_NONE: Counts = dict.fromkeys(
    (
        *("n", "applied", "7a", "7b", "known_not", "later", "undone", "voided", "unmatched"),
        *("young", "ended", "ended_applied", "ended_not"),
    ),
    0,
)


@dataclass(frozen=True, slots=True)
class _Alike:
    """Which completions look alike to some horizons, as numbers.

    Below 0: undone, voided, of nobody known. 0: too young for all. Else, packed: for how many of
    the horizons it is old enough, and had not ended; before how many it was not yet applied (one
    more than all: after all; two more: never); for how many it was known later not to be; its tier;
    whether it was known not to be when it ended; and whether so before it was applied.
    """

    horizons: tuple[int, ...]
    review_days: int

    def number(self) -> Sql:
        """The number of a row of `_cases`."""
        many = len(self.horizons)
        values: list[int] = [self.horizons[0] + self.review_days]

        def chain(condition: str, days: Iterable[int], results: Iterable[int]) -> str:
            values.extend(days)
            return " ".join(f"WHEN {condition} THEN {result}" for result in results)

        down = tuple(reversed(self.horizons))
        old = chain("age >= ?", (day + self.review_days for day in down), range(many, 0, -1))
        stayed = chain("ended >= ?", down, range(many, 0, -1))
        applied = chain("applied <= ?", self.horizons, range(many))
        known = chain("known_not >= ?", down, range(many, 0, -1))
        parts = (
            (f"CASE {old} ELSE 0 END", many + 1),
            (f"CASE WHEN ended IS NULL THEN {many} {stayed} ELSE 0 END", many + 1),
            (f"CASE WHEN applied IS NULL THEN {many + 1} {applied} ELSE {many} END", many + 2),
            (f"CASE WHEN known_not IS NULL THEN 0 {known} ELSE 0 END", many + 1),
            ("CASE tier WHEN '7a' THEN 1 WHEN '7b' THEN 2 ELSE 0 END", 3),
            ("CASE WHEN known_not >= ended AND applied IS NULL THEN 1 ELSE 0 END", 2),
            ("CASE WHEN known_not >= applied THEN 0 ELSE 1 END", 2),
        )
        packed, unit = [], 1
        for sql, size in parts:
            packed.append(f"{unit} * {sql}")
            unit *= size
        return (
            "CASE WHEN state = 'undone' THEN -1 WHEN state <> 'open' THEN -2 WHEN matched = 0"
            f" THEN -3 WHEN age < ? THEN 0 ELSE {' + '.join(packed)} END",
            tuple(values),
        )

    def counts(self, cell: int) -> list[tuple[int, list[str]]]:
        """As what a completion with this number counts, for each horizon."""
        if cell < 0:
            return [(h, [("undone", "voided", "unmatched")[-1 - cell]]) for h in self.horizons]
        if cell == 0:
            return [(h, ["young"]) for h in self.horizons]
        many = len(self.horizons)
        parts = []
        for size in (many + 1, many + 1, many + 2, many + 1, 3, 2, 2):
            cell, part = divmod(cell, size)
            parts.append(part)
        old, stayed, applied, known, tier, ended_not, before = parts
        found = []
        for number, horizon in enumerate(self.horizons):
            done, never = applied <= number, applied == many + 1
            if old <= number:
                told = ["young"]
            elif stayed <= number:
                told = ["ended"]
                told += ["ended_applied"] if done else []
                told += ["ended_not"] if ended_not else []
            else:
                told = ["n"]
                if done:
                    told += ["applied", *((), ("7a",), ("7b",))[tier]]
                else:
                    told += [] if never else ["later"]
                    told += ["known_not"] if known > number and before else []
            found.append((horizon, told))
        return found


def offsets(connection: Connection, cut: Cut) -> list[tuple[Key, dict[tuple[str, int], int]]]:
    """When completions were first applied or last heard of, in days after their clock.

    Each count under (`applied`, day) or (`censored`, day): who left is heard of no more.
    """
    inner, values = _cases(cut, contacts=True)
    # Both in one number, which is less to sort: below 0 is censored, −1 on the first day.
    day = (
        "CASE WHEN applied >= 0 THEN applied WHEN applied IS NOT NULL THEN 0"
        " WHEN contact IS NULL OR contact < 0 OR ended < 0 THEN -1"
        " WHEN ended < contact THEN -1 - ended ELSE -1 - contact END"
    )
    rows = _rows(
        connection,
        f"SELECT g1, g2, {day} AS day, COUNT(*) FROM ({inner}) x"
        f" WHERE {_VALID} AND age >= 0 GROUP BY 1, 2, 3",
        values,
    )
    return _by_key(
        ((g1, g2), ("applied", day) if day >= 0 else ("censored", -1 - day), count)
        for g1, g2, day, count in rows
    )


def endings(
    connection: Connection, cut: Cut, edges: Sequence[int]
) -> tuple[dict[tuple[int, int], int], dict[tuple[str, int], int]]:
    """Of completions taken together, in one walk, two things.

    Between which of these days they were first applied: the last on which it was known not to be,
    and the first by which it was. −1: not by the last day anybody was in contact.

    And when those that were not applied yet ended, by why (`promoted`, else `left`), in days after
    their clock; those that did not stayed until they were applied or until the as-of date
    (`stayed`).
    """
    inner, values = _cases(cut, contacts=True)
    after = " ".join(f"WHEN {{0}} >= ? THEN {edge}" for edge in reversed(edges))
    until = " ".join(f"WHEN applied <= ? THEN {edge}" for edge in edges)
    denied = after.format("known_not")
    heard = after.format("contact")
    backwards, forwards = tuple(reversed(edges)), tuple(edges)
    rows = _rows(
        connection,
        "SELECT CASE"
        f" WHEN applied IS NULL THEN CASE WHEN contact IS NULL THEN 0 {heard} ELSE 0 END"
        f" WHEN known_not < applied THEN CASE {denied} ELSE 0 END ELSE 0 END AS lower,"
        f" CASE WHEN applied IS NULL THEN -1 {until} ELSE -1 END AS upper,"
        " CASE WHEN ended IS NULL OR applied <= ended THEN 0"
        " WHEN why = 'promoted' THEN 1 ELSE 2 END AS what,"
        " CASE WHEN applied IS NOT NULL AND (ended IS NULL OR applied <= ended) THEN applied"
        " WHEN ended IS NOT NULL THEN ended ELSE age END AS day, COUNT(*)"
        f" FROM ({inner}) x WHERE {_VALID} AND age >= 0 GROUP BY 1, 2, 3, 4",
        (*backwards, *backwards, *forwards, *values),
    )
    spans: dict[tuple[int, int], int] = {}
    leavings: dict[tuple[str, int], int] = {}
    for lower, upper, what, day, count in rows:
        span = (int(lower), int(upper))
        spans[span] = spans.get(span, 0) + int(count)
        left = (("stayed", "promoted", "left")[what], max(0, int(day)))
        leavings[left] = leavings.get(left, 0) + int(count)
    return spans, leavings


def band(
    connection: Connection, cut: Cut, edges: Sequence[int], review_days: int
) -> list[tuple[Key, Counts]]:
    """As `completions`, on each of these days: `n0`, `applied0`, `known_not0` on the first."""
    return [
        (
            key,
            {
                f"{name}{number}": told[day][name]
                for number, day in enumerate(edges)
                for name in ("n", "applied", "known_not")
            },
        )
        for key, told in completions(connection, cut, edges, review_days)
    ]


def _by_key(rows: Iterable[tuple[Any, Any, Any]]) -> list[tuple[Key, dict[Any, int]]]:
    """Counts of several things for each key."""
    found: dict[Any, dict[Any, int]] = {}
    for key, name, count in rows:
        told = found.get(key)
        if told is None:
            told = found[key] = {}
        told[name] = told.get(name, 0) + int(count)
    return [(_plain(key), told) for key, told in found.items()]


# What spreads ---------------------------------------------------------------------------------


class _Noted(msgspec.Struct):
    """Of what a link shows, whether the note of a meeting says that colleagues imitate it."""

    copied: bool = False


def imitated(connection: Connection, cut: Cut) -> tuple[int, int]:
    """People whom colleagues imitate in what they do after the training, by notes of meetings whose
    link was accepted; and of how many such a note was accepted."""
    where, values = _where(cut, "l")
    rows = run(
        connection,
        f"SELECT l.subject, l.body FROM links l WHERE {where} AND l.state = 'accepted'"
        " AND l.placed = 'after' AND l.decided_at < ? AND l.evidence IN"
        " (SELECT e.statement FROM events e WHERE e.tenant_id = ? AND e.course = ?"
        " AND e.kind = 'meeting' AND e.voided = 0)",
        (*values, cut.end, cut.tenant_id, ZERO),
    )
    found: dict[bytes, bool] = {}
    for subject, body in rows:
        person, noted = bytes(subject), msgspec.json.decode(bytes(body), type=_Noted)
        found[person] = found.get(person, False) or noted.copied
    return sum(found.values()), len(found)


# Whom was asked, and what they said ----------------------------------------------------------


def _asked(connection: Connection, cut: Cut) -> Sql:
    """Invitations that were made by the as-of date, of completions of the cut. Of whom what is
    held is only kept nobody is asked any more, and nobody is silent: what was answered counts."""
    where, values = _where(cut)
    but, but_values = invitations.but_kept(connection, cut.tenant_id)
    window, window_values = (
        ("", ()) if cut.window is None else (" AND i.window_name = ?", (cut.window,))
    )
    return (
        " FROM cases c CROSS JOIN invitations i"
        f" WHERE i.tenant_id = c.tenant_id AND i.case_id = c.id AND {where}{window} AND i.made < ?"
        + (f" AND (i.state = 'answered' OR ({but}))" if but_values else ""),
        (*values, *window_values, cut.end, *but_values),
    )


#: An invitation that reached somebody by a moment (given twice).
_REACHED = (
    "i.state IN ('sent', 'answered', 'disowned') AND COALESCE(i.sent, i.answered, i.made) < ?"
)


def responses(connection: Connection, cut: Cut) -> list[tuple[Key, dict[tuple[str, str], int]]]:
    """Invitations by role: `valid` ones, of them `answered` and still `open`; and, left out, those
    `undeliverable`, `vacant`, `skipped`, `due`. Each count under (role, word)."""
    key, key_values = _key(cut, "i.window_name")
    source, values = _asked(connection, cut)
    rows = run(
        connection,
        f"SELECT {_aside(key)}, i.role,"
        f" COUNT(CASE WHEN {_REACHED} THEN 1 END),"
        f" COUNT(CASE WHEN {_REACHED} AND i.state = 'answered' AND i.answered < ? THEN 1 END),"
        f" COUNT(CASE WHEN {_REACHED} AND i.closes_day >= ?"
        " AND NOT (i.state = 'answered' AND i.answered < ?) THEN 1 END),"
        " COUNT(CASE WHEN i.state = 'undeliverable' THEN 1 END),"
        " COUNT(CASE WHEN i.state = 'vacant' THEN 1 END),"
        " COUNT(CASE WHEN i.state = 'skipped' THEN 1 END),"
        " COUNT(CASE WHEN i.state = 'due' THEN 1 END)"
        f"{source} GROUP BY 1, 2, 3",
        (*key_values, cut.end, cut.end, cut.end, cut.end, cut.as_of, cut.end, *values),
    )
    words = ("valid", "answered", "open", "undeliverable", "vacant", "skipped", "due")
    return _by_key(
        (row[:2], (row[2], word), count)
        for row in rows
        for word, count in zip(words, row[3:], strict=True)
    )


def confirmations(
    connection: Connection, cut: Cut, windows: Sequence[str]
) -> list[tuple[Key, Counts]]:
    """Superiors who were asked for an assessment: `N` of them, `answered`, `observed`, and `yes`
    where they gave 3 or more on as many behaviours as the programme needs. `clean_…`: the same
    without flagged answers. `sampled`: of a sample.

    By behaviour, all who were asked in a programme are told under no behaviour, and under each only
    those who answered, since all are asked of each that their programme expects.
    """
    if not windows:
        return []
    found: dict[Any, Counts] = {}
    for key, sampled, needed, said, count in _confirmed(connection, cut, windows, "i.sampled"):
        counts = found.setdefault(key, dict.fromkeys(_CONFIRMED, 0))
        for name, holds in (
            ("N", True),
            ("answered", said.answered > 0),
            ("observed", said.seen > 0),
            ("yes", said.yes >= needed),
            ("clean_observed", said.clean > 0),
            ("clean_yes", said.clean_yes >= needed),
            ("sampled", sampled),
        ):
            counts[name] += count if holds else 0
    return [(_plain(key), counts) for key, counts in found.items()]


def voices(
    connection: Connection, cut: Cut, windows: Sequence[str]
) -> list[tuple[Key, dict[tuple[bytes, str], int]]]:
    """As `confirmations`, of those that had observed, by superior: how many (`m`), and how many of
    them said yes (`y`). Many more groups, and wanted of a sample alone."""
    return _by_key(
        (key, (bytes(rater), name), many)
        for key, rater, needed, said, count in _confirmed(connection, cut, windows, "i.rater")
        if said.seen
        for name, many in (("m", count), ("y", (said.yes >= needed) * count))
    )


class _Said(NamedTuple):
    """How many answers of one assessment there are, and of them how many had seen, and gave 3 or
    more; without flagged ones."""

    answered: int
    seen: int
    yes: int
    clean: int
    clean_yes: int


def _confirmed(
    connection: Connection, cut: Cut, windows: Sequence[str], apart: str
) -> Iterator[tuple[Any, Any, int, _Said, int]]:
    """Superiors who were asked for an assessment, by key, `apart`, how many behaviours are needed
    and what they said: how many. By behaviour, what they said in all is told beside, under none."""
    key, key_values = _key(cut, "i.window_name")
    source, values = _asked(connection, cut)
    of, of_values = "a.behaviour <> ?", (ZERO,)
    need, many = "1", {digest: count for digest, count in cut.needed.items() if count > 1}
    each = cut.by == "behaviour"
    if each:
        key = "c.programme, s.behaviour"
    if cut.behaviour != ZERO:
        of, of_values, many = "a.behaviour = ?", (cut.behaviour,), {}
    if many:
        whens = "".join(f"WHEN ? THEN {int(count)} " for count in many.values())
        need = f"CASE c.programme {whens}ELSE 1 END"
    marks = placeholders(windows)
    # Of each case what was said in each window, as one number: read in the order of the index, and
    # small enough for the memory that MariaDB has for what is put aside to be joined.
    packed = (
        f"CASE WHEN a.observed = 0 OR a.value IS NULL THEN {_packed(1, 0, 0, 0, 0)}"
        f" WHEN a.value >= 3 AND a.flagged = 0 THEN {_packed(1, 1, 1, 1, 1)}"
        f" WHEN a.value >= 3 THEN {_packed(1, 1, 1, 0, 0)}"
        f" WHEN a.flagged = 0 THEN {_packed(1, 1, 0, 1, 0)} ELSE {_packed(1, 1, 0, 0, 0)} END"
    )
    said = ", ".join(
        f"SUM(CASE WHEN a.window_name = ? THEN {packed} ELSE 0 END) AS w{n}"
        for n in range(len(windows))
    )
    group = "a.case_id, a.behaviour" if each else "a.case_id"
    answers = (
        f"SELECT {group.replace('a.case_id', 'a.case_id AS case_id')}, {said} FROM answers a"
        f" WHERE a.tenant_id = ? AND a.role = 'superior' AND a.form = 'C' AND a.day <= ? AND {of}"
        f" GROUP BY {group}"
    )
    code = f"CASE i.window_name {' '.join(f'WHEN ? THEN s.w{n}' for n in range(len(windows)))} END"
    codes, code_values = f"{code}, 0", tuple(windows)
    if each:  # with the first of a case stands what was said of all of it
        sums = [f"SUM(w{n}) OVER (PARTITION BY case_id) AS all{n}" for n in range(len(windows))]
        answers = (
            "SELECT v.*, ROW_NUMBER() OVER (PARTITION BY case_id ORDER BY behaviour) AS place,"
            f" {', '.join(sums)} FROM ({answers}) v"
        )
        if connection.dialect.name == "sqlite":  # which else would not know that there are many
            names = [f"{what}{n}" for what in ("w", "all") for n in range(len(windows))]
            each_of = ", ".join(f"MAX({name}) AS {name}" for name in (*names, "place"))
            answers = f"SELECT case_id, behaviour, {each_of} FROM ({answers}) p GROUP BY 1, 2"
        codes = f"{code}, CASE WHEN s.place > 1 THEN -1 ELSE {code.replace('s.w', 's.all')} END"
        code_values *= 2
    source = source.replace(
        " WHERE ", f" LEFT JOIN ({answers}) s ON s.case_id = i.case_id WHERE ", 1
    )
    for first, second, value, needed, given, in_all, count in _rows(
        connection,
        f"SELECT {_aside(key)}, {apart}, {need}, {codes}, COUNT(*){source}"
        f" AND i.role = 'superior' AND i.window_name IN ({marks}) AND {_REACHED}"
        " GROUP BY 1, 2, 3, 4, 5, 6",
        (
            *(*key_values, *many, *code_values),
            *(*windows, cut.tenant_id, cut.as_of, *of_values),
            *(*values, *windows, cut.end),
        ),
    ):
        told = _unpacked(int(given or 0))
        if not each:
            yield (first, second), value, int(needed), told, int(count)
            continue
        if told.answered:
            yield (first, second), value, 1, told, int(count)
        if in_all is None or in_all >= 0:
            yield (first, None), value, int(needed), _unpacked(int(in_all or 0)), int(count)


#: What `confirmations` counts.
_CONFIRMED = ("N", "answered", "observed", "yes", "clean_observed", "clean_yes", "sampled")

#: Counts below this are packed into one number.
_DIGITS = 1000


def _packed(*said: int) -> int:
    """The number for what is `_Said`."""
    return sum(count * _DIGITS**n for n, count in enumerate(_Said(*said)))


def _unpacked(number: int) -> _Said:
    return _Said(*(number // _DIGITS**n % _DIGITS for n in range(len(_Said._fields))))


def _answers(
    cut: Cut,
    select: str,
    more: str,
    more_values: Sequence[Any],
    group: str,
    *,
    selected: Sequence[Any] = (),
) -> Sql:
    """Answers on completions that count, as far as they were given by the as-of date: the key and
    what `select` names (with its values `selected`), where `more` holds."""
    key, key_values = _key(cut, "c.window_name")
    if cut.by == "behaviour":
        key = "c.behaviour, NULL"
    first, second = key.rsplit(", ", 1)
    where, values = _where(cut)
    parameters: list[Any] = [*key_values, *selected, *values, cut.as_of]
    sql = (
        f"SELECT {first} AS g1, {second} AS g2, {select} FROM answers c"
        f" WHERE {where} AND c.counts = 1 AND c.day <= ?"
    )
    if cut.behaviour != ZERO:
        sql += " AND c.behaviour = ?"
        parameters.append(cut.behaviour)
    if cut.window is not None:
        sql += " AND c.window_name = ?"
        parameters.append(cut.window)
    sql += f" AND {more} GROUP BY {group}"
    return sql, (*parameters, *more_values)


def differences(
    connection: Connection, cut: Cut, windows: Sequence[str]
) -> list[tuple[Key, Counts]]:
    """The learner's value less the superior's, on the same item in the same window: `pairs`, their
    `sum`; and of items that only one of them rated, how many and the sum of what was said."""
    if not windows:
        return []
    said = "MAX(CASE WHEN c.role = '{0}' AND c.window_name = ? THEN c.value END) AS {0}{1}"
    every = range(len(windows))
    group = "c.case_id, c.behaviour"  # in the index's order: nothing is sorted
    inner, values = _answers(
        replace(cut, by=None if cut.by == "window" else cut.by),
        ", ".join(said.format(role, n) for n in every for role in ("self", "superior")),
        "c.form = 'C' AND c.role IN ('self', 'superior') AND c.observed = 1"
        " AND c.value IS NOT NULL",
        (),
        group if connection.dialect.name != "postgresql" else f"{group}, 1, 2",
        selected=tuple(window for window in windows for _ in range(2)),
    )
    told = ", ".join(
        f"COUNT(self{n} + superior{n}), COALESCE(SUM(self{n} - superior{n}), 0),"
        f" COUNT(CASE WHEN superior{n} IS NULL THEN self{n} END),"
        f" COALESCE(SUM(CASE WHEN superior{n} IS NULL THEN self{n} END), 0),"
        f" COUNT(CASE WHEN self{n} IS NULL THEN superior{n} END),"
        f" COALESCE(SUM(CASE WHEN self{n} IS NULL THEN superior{n} END), 0)"
        for n in every
    )
    names = ("pairs", "sum", "own", "own_sum", "theirs", "theirs_sum")
    rows = run(connection, f"SELECT g1, g2, {told} FROM ({inner}) x GROUP BY g1, g2", values)
    return _by_key(
        ((window, None) if cut.by == "window" else row[:2], name, count)
        for row in rows
        for n, window in enumerate(windows)
        for name, count in zip(names, row[2 + 6 * n : 8 + 6 * n], strict=True)
    )


#: A peer, by whom a group's sums are taken first: to count who is distinct among all at once,
#: databases sort every answer.
_PEER = "CASE WHEN {0}role = 'peer' THEN {0}rater END"


def recalled(connection: Connection, cut: Cut) -> list[tuple[Key, dict[tuple[str, str], int]]]:
    """What raters hold it to be now less what they recall of before, by role: `pairs`, their
    `sum`, those who gave no recollection (`missing`) and the sum of what they say of now."""
    inner, values = _answers(
        cut,
        f"c.role AS role, {_PEER.format('c.')} AS peer, COUNT(c.recalled) AS pairs,"
        " SUM(c.value - c.recalled) AS gained,"
        " COUNT(CASE WHEN c.recalled IS NULL THEN 1 END) AS missing,"
        " SUM(CASE WHEN c.recalled IS NULL THEN c.value END) AS missing_sum",
        "c.form = 'C' AND c.observed = 1 AND c.value IS NOT NULL",
        (),
        "1, 2, 3, 4",
    )
    words = ("pairs", "sum", "missing", "missing_sum", "raters")
    return _by_key(
        (row[:2], (row[2], word), count)
        for row in run(
            connection,
            "SELECT g1, g2, role, SUM(pairs), COALESCE(SUM(gained), 0), SUM(missing),"
            " COALESCE(SUM(missing_sum), 0), COUNT(CASE WHEN pairs > 0 THEN peer END)"
            f" FROM ({inner}) x GROUP BY g1, g2, role",
            values,
        )
        for word, count in zip(words, row[3:], strict=True)
    )


def changes(
    connection: Connection, cut: Cut, windows: Sequence[str], role: str | None = None
) -> list[tuple[Key, dict[tuple[str, str, str], int]]]:
    """What one rater says in a window less what the same rater said of the same item at first (at
    W0 or at enrolment), by role and window: `pairs`, their `sum`, how many `raters` (of peers);
    those who said nothing then (`missing`) and the sum of what they say (`missing_sum`)."""
    if not windows:
        return []
    of = "MAX(CASE WHEN c.form = 'C' AND c.window_name = ? THEN c.value END) AS w{0}"
    group = "c.case_id, c.behaviour, c.role, c.rater"  # in the index's order: nothing is sorted
    if connection.dialect.name == "postgresql":  # which would be told that a case has one of each
        group += ", 1, 2"
    inner, values = _answers(
        cut,
        "c.role AS role, c.rater AS rater,"
        " MAX(CASE WHEN c.form IN ('A', 'G') THEN c.value END) AS base, "
        + ", ".join(of.format(n) for n in range(len(windows))),
        "c.form IN ('A', 'C', 'G') AND c.value IS NOT NULL AND c.observed = 1"
        " AND c.rater IS NOT NULL" + ("" if role is None else " AND c.role = ?"),
        () if role is None else (role,),
        group,
        selected=windows,
    )
    each = ", ".join(
        f"COUNT(base + w{n}) AS pairs{n}, SUM(w{n} - base) AS sum{n},"
        f" COUNT(CASE WHEN base IS NULL THEN w{n} END) AS missing{n},"
        f" SUM(CASE WHEN base IS NULL THEN w{n} END) AS missing_sum{n}"
        for n in range(len(windows))
    )
    whole = ", ".join(
        f"SUM(pairs{n}), COALESCE(SUM(sum{n}), 0), COUNT(CASE WHEN pairs{n} > 0 THEN peer END),"
        f" SUM(missing{n}), COALESCE(SUM(missing_sum{n}), 0)"
        for n in range(len(windows))
    )
    words = ("pairs", "sum", "raters", "missing", "missing_sum")
    names = [(window, word) for window in windows for word in words]
    return _by_key(
        (row[:2], (row[2], *name), count)
        for row in run(
            connection,
            f"SELECT g1, g2, role, {whole} FROM (SELECT g1, g2, role, {_PEER.format('')} AS peer,"
            f" {each} FROM ({inner}) x GROUP BY 1, 2, 3, 4) y GROUP BY g1, g2, role",
            values,
        )
        for name, count in zip(names, row[3:], strict=True)
    )


def barriers(connection: Connection, cut: Cut) -> list[tuple[Key, dict[str, int]]]:
    """How many answers to what stands in the way (form D) name which barriers: by the list as it
    stands, its words with spaces, empty for none."""
    inner, values = _answers(cut, "c.barriers, COUNT(*)", "c.form = 'D'", (), "1, 2, 3")
    return _by_key((row[:2], row[2], row[3]) for row in run(connection, inner, values))


def reasons(connection: Connection, cut: Cut) -> list[tuple[Key, dict[str, int]]]:
    """As `barriers`, what kept people from taking part (form H): mostly people without a case, in
    the unit where they work on the as-of date. The slice's period is that of their answer."""
    unit = (
        "(SELECT e.unit FROM employments e WHERE e.tenant_id = a.tenant_id"
        " AND e.person = a.subject AND (e.first_day IS NULL OR e.first_day <= ?)"
        " AND (e.last_day IS NULL OR e.last_day >= ?) ORDER BY e.entry DESC LIMIT 1)"
    )
    sql = (
        f"SELECT a.programme AS programme, NULL AS cohort, a.day AS clock_day, {unit} AS unit,"
        " a.tenant_id AS tenant_id, a.barriers AS barriers FROM answers a"
        " WHERE a.tenant_id = ? AND a.form = 'H' AND a.day <= ?"
    )
    where, values = _where(replace(cut, cohort=None))
    key, key_values = _key(cut)
    rows = run(
        connection,
        f"SELECT {key}, c.barriers, COUNT(*) FROM ({sql}) c WHERE {where} GROUP BY 1, 2, 3",
        (*key_values, cut.as_of, cut.as_of, cut.tenant_id, cut.as_of, *values),
    )
    return _by_key((row[:2], row[2], row[3]) for row in rows)


def lasting(
    connection: Connection, cut: Cut, applied_by: int, windows: Mapping[str, tuple[int, int]]
) -> list[tuple[Key, dict[tuple[str, str], int]]]:
    """Completions that were applied by a day and are old enough for a later window, from its first
    day to its last: `n`, of them `answered` in it or shown by accepted work in it, and `still`
    applied. Left out: `young`, `ended` before the window opens. Each count under (window, word)."""
    inner, values = _cases(cut)
    # What is said of the whole (form E) is said of each behaviour.
    said_of, of = "1 = 1", "1 = 1"
    of_values: tuple[Any, ...] = ()
    key, same = "l.case_id", "w.case_id = x.id"
    if cut.by == "behaviour":
        said_of = "(a.behaviour = x.g2 OR a.form = 'E')"
        key, same = f"{key}, l.behaviour", f"{same} AND w.behaviour = x.g2"
    elif cut.behaviour != ZERO:
        said_of, of = "(a.behaviour = ? OR a.form = 'E')", "l.behaviour = ?"
        of_values = (cut.behaviour,)
    late = "l.performed_day >= l.clock_day + ? AND l.performed_day <= l.clock_day + ?"
    late_values = tuple(day for days in windows.values() for day in days)
    # One bit for work in the training, one for work in each window.
    done = " + ".join(
        f"MAX(CASE WHEN {what} THEN {2**n} ELSE 0 END)"
        for n, what in enumerate(("l.placed = 'during'", *(late for _ in windows)))
    )
    worked = (
        f"SELECT {key}, {done} AS worked FROM links l"
        f" WHERE l.tenant_id = ? AND l.state = 'accepted' AND l.decided_at < ? AND {of}"
        f" AND (l.placed = 'during' OR {' OR '.join(f'({late})' for _ in windows)}) GROUP BY {key}"
    )
    # Two bits for each window: 1, somebody says no; 2, somebody says yes.
    yes = "a.value >= 3 OR a.frequency = 'running'"
    each = " + ".join(
        f"MAX(CASE WHEN a.window_name <> ? THEN 0 WHEN {yes} THEN {2 * 4**n} ELSE {4**n} END)"
        for n in range(len(windows))
    )
    said = (
        f"(SELECT {each} FROM answers a WHERE a.tenant_id = ? AND a.case_id = x.id"
        f" AND a.window_name IN ({placeholders(windows)}) AND a.role <> 'self' AND a.observed = 1"
        " AND ((a.form = 'C' AND a.value IS NOT NULL)"
        " OR (a.form = 'E' AND a.frequency IS NOT NULL))"
        f" AND a.day <= ? AND {said_of})"
    )
    # With a LIMIT, what is looked up is looked up once; without, wherever it is named.
    applied = (
        "SELECT x.g1 AS g1, x.g2 AS g2, x.age AS age, x.ended AS ended,"
        f" COALESCE(w.worked, 0) AS worked, COALESCE({said}, 0) AS said"
        f" FROM ({inner}) x LEFT JOIN ({worked}) w ON {same}"
        " WHERE x.state = 'open' AND x.matched = 1 AND (x.applied <= ? OR w.worked & 1 = 1)"
        " LIMIT 1000000000"
    )
    applied_values = (
        *(*windows, cut.tenant_id, *windows, cut.as_of, *of_values),
        *values,
        *(*late_values, cut.tenant_id, cut.end, *of_values, *late_values),
        applied_by,
    )
    stayed = "age >= ? AND (ended IS NULL OR ended >= ?)"
    counts: dict[tuple[str, str], Sql] = {}
    for n, (window, (opens, closes)) in enumerate(windows.items()):
        shown, days = f"worked & {2 * 2**n} <> 0", (closes, opens)
        counts |= {
            (window, "n"): (stayed, days),
            (window, "answered"): (f"{stayed} AND (said & {3 * 4**n} <> 0 OR {shown})", days),
            (window, "still"): (f"{stayed} AND (said & {2 * 4**n} <> 0 OR {shown})", days),
            (window, "young"): ("age < ?", (closes,)),
            (window, "ended"): ("age >= ? AND ended < ?", days),
        }
    return _counted(connection, cut, (applied, applied_values), counts)


def persistence(connection: Connection, cut: Cut, apart: int) -> list[tuple[Key, Counts]]:
    """Of completions applied so many days ago or longer (`n`): `lasting`, seen again so long after,
    and `stopped`: somebody who could see said later than that it is not done."""
    ripe = f"{_VALID} AND applied IS NOT NULL AND age >= applied + ?"
    ripe += " AND (ended IS NULL OR ended >= applied + ?)"
    return _counted(
        connection,
        cut,
        _cases(cut),
        {
            "n": ("1 = 1", ()),
            "lasting": ("lasting IS NOT NULL", ()),
            "stopped": ("lasting IS NULL AND known_not >= applied + ?", (apart,)),
        },
        of=(ripe, (apart, apart)),
    )


# Review -------------------------------------------------------------------------------------

_DAY = 86_400_000_000


def proposed_span(connection: Connection, cut: Cut) -> tuple[date, date] | None:
    """From which day to which a cut's links were proposed."""
    where, values = _where(replace(cut, since=None, until=None))
    row = run(
        connection,
        f"SELECT MIN(c.at), MAX(c.at) FROM links c WHERE {where} AND c.at < ?"
        " AND c.state <> 'draft'",
        (*values, cut.end),
    ).one()
    if row[0] is None:
        return None
    first, last = (
        date(1970, 1, 1) + timedelta(days=cut.as_of + 1 + (at - cut.end) // _DAY) for at in row
    )
    return first, last


def _begins(cut: Cut, day: int) -> int:
    """The moment at which a day begins where the as-of date does."""
    return cut.end + (day - cut.as_of - 1) * _DAY


def reviews(connection: Connection, cut: Cut) -> list[tuple[Key, dict[tuple[str, ...], int]]]:
    """Links that were put before a reviewer: (`decided`, move, days to the first verdict) and
    (`waiting`, days so far); and of those reviewed twice (`twice`, first move, second move).

    The slice's period is that of the day a link was proposed."""
    where, values = _where(replace(cut, since=None, until=None))
    key, key_values = _key(cut)
    if cut.by == "behaviour":
        key = "c.behaviour, NULL"
    if cut.by == "period" and cut.periods:
        moments = tuple(_begins(cut, day) for day in cut.periods)
        key, key_values = _period(replace(cut, periods=moments), "c.at")
    source = f" FROM links c WHERE {where} AND c.at < ? AND c.state <> 'draft'"
    parameters: list[Any] = [*values, cut.end]
    for sign, day in ((">=", cut.since), ("<", None if cut.until is None else cut.until + 1)):
        if day is not None:
            source += f" AND c.at {sign} ?"
            parameters.append(_begins(cut, day))
    if cut.behaviour != ZERO:
        source += " AND c.behaviour = ?"
        parameters.append(cut.behaviour)
    whole = "({0} - c.at) / ?" if connection.dialect.name != "mariadb" else "({0} - c.at) DIV ?"
    done = "c.first_decided_at < ?"
    rows = _rows(
        connection,
        f"SELECT {key}, CASE WHEN {done} THEN c.first_move END AS move,"
        f" CASE WHEN {done} THEN {whole.format('c.first_decided_at')}"
        f" ELSE {whole.format('?')} END AS days,"
        f" CASE WHEN {done} THEN c.second_move END AS second, COUNT(*)"
        f"{source} GROUP BY 1, 2, 3, 4, 5",
        (*key_values, cut.end, cut.end, _DAY, cut.end, _DAY, cut.end, *parameters),
    )
    found: list[tuple[Any, tuple[Any, ...], int]] = []
    for first, second_key, move, day, second, count in rows:
        place, length = (first, second_key), max(0, int(day))
        what = ("waiting", length) if move is None else ("decided", move, length)
        found.append((place, what, count))
        if second is not None:
            found.append((place, ("twice", move, second), count))
    return _by_key(found)


# Coverage, hours, the way to practice --------------------------------------------------------


def coverage(connection: Connection, cut: Cut) -> list[tuple[Key, Counts]]:
    """Completions that arrived and hold (`arrived`), those of somebody known (`matched`), of no
    programme (`no_programme`); and of the matched ones, those whose superior on the as-of date is
    known (`superior`), and those of whom only the alumni says so (`unconfirmed`)."""
    key, key_values = _key(cut)
    where, values = _where(cut)
    first, second = _aside(key).rsplit(", ", 1)
    superiors = (
        "SELECT e.person, MAX(CASE e.superior_state WHEN 'confirmed' THEN 2 ELSE 1 END) AS known"
        " FROM employments e WHERE e.tenant_id = ? AND e.superior_state IS NOT NULL"
        " AND (e.first_day IS NULL OR e.first_day <= ?)"
        " AND (e.last_day IS NULL OR e.last_day >= ?) GROUP BY e.person"
    )
    inner = (
        f"SELECT {first} AS g1, {second} AS g2, c.matched AS matched, c.programme AS programme,"
        f" s.known AS superior FROM cases c LEFT JOIN ({superiors}) s ON s.person = c.subject"
        f" WHERE {where} AND c.completed_at < ? AND c.state = 'open'"
    )
    return _counted(
        connection,
        cut,
        (inner, (*key_values, cut.tenant_id, cut.as_of, cut.as_of, *values, cut.end)),
        {
            "arrived": ("1 = 1", ()),
            "matched": ("matched = 1", ()),
            "no_programme": ("programme = ?", (ZERO,)),
            "superior": ("matched = 1 AND superior = 2", ()),
            "unconfirmed": ("matched = 1 AND superior = 1", ()),
        },
    )


def hours(
    connection: Connection, cut: Cut, first: int, last: int, kind: str
) -> list[tuple[Key, Counts]]:
    """People with a number of this kind, employed from the first day of a year to the last that has
    come: `people`, those with `enough` hours (200 tenths), the sum of tenths (`jp`)."""
    inner, values = _hours(cut, first, last, kind)
    key = "unit" if cut.by == "unit" else "NULL"
    rows = run(
        connection,
        f"SELECT {key}, COUNT(*), COUNT(CASE WHEN jp >= 200 THEN 1 END), SUM(jp)"
        f" FROM ({inner}) x GROUP BY 1",
        values,
    )
    return [
        (
            _plain((row[0], None)),
            {"people": int(row[1]), "enough": int(row[2]), "jp": int(row[3] or 0)},
        )
        for row in rows
        if row[1]
    ]


def hours_of_people(
    connection: Connection, cut: Cut, first: int, last: int, kind: str, most: int | None
) -> list[tuple[bytes, bytes | None, int]]:
    """Each of the people of `hours`, with unit and tenths of hours, least first; so many at most
    (None: all)."""
    inner, values = _hours(cut, first, last, kind)
    sql = f"SELECT person, unit, jp FROM ({inner}) x ORDER BY jp, person"
    if most is not None:
        sql, values = f"{sql} LIMIT ?", (*values, most)
    rows = run(connection, sql, values)
    return [(bytes(row[0]), None if row[1] is None else bytes(row[1]), int(row[2])) for row in rows]


def _hours(cut: Cut, first: int, last: int, kind: str) -> Sql:
    """Tenths of hours of each person who was employed all year, in their unit of its last day.

    Several courses of one run of a programme are one completion.
    """
    day = min(last, cut.as_of)
    units = ""
    unit_values: tuple[Any, ...] = ()
    if cut.units is not None:
        units = f" AND e.unit IN ({placeholders(cut.units)})" if cut.units else " AND 1 = 0"
        unit_values = cut.units
    run_of = "CASE WHEN p.programme = ? THEN p.course ELSE p.programme END"
    told = (
        f"SELECT p.subject AS subject, {run_of} AS run, p.cohort AS cohort, MAX(p.jp) AS jp"
        " FROM participation p WHERE p.tenant_id = ? AND p.completed_day >= ?"
        " AND p.completed_day <= ? AND p.matched = 1 GROUP BY 1, 2, 3"
    )
    return (
        "SELECT e.person AS person, e.unit AS unit, COALESCE(h.jp, 0) AS jp"
        " FROM employments e JOIN people w ON w.id = e.person AND w.merged_into IS NULL"
        f" LEFT JOIN (SELECT subject, SUM(jp) AS jp FROM ({told}) t GROUP BY subject) h"
        " ON h.subject = e.person"
        # Of several entries that hold on the day, the last.
        " WHERE e.tenant_id = ? AND e.entry = (SELECT MAX(n.entry) FROM employments n"
        " WHERE n.tenant_id = e.tenant_id AND n.person = e.person"
        " AND (n.first_day IS NULL OR n.first_day <= ?)"
        " AND (n.last_day IS NULL OR n.last_day >= ?))"
        " AND EXISTS (SELECT 1 FROM employments b WHERE b.tenant_id = ? AND b.person = e.person"
        " AND (b.first_day IS NULL OR b.first_day <= ?)"
        " AND (b.last_day IS NULL OR b.last_day >= ?))"
        " AND EXISTS (SELECT 1 FROM identifiers i WHERE i.tenant_id = ? AND i.person = e.person"
        f" AND i.kind = ? AND i.state = 'confirmed'){units}",
        (
            *(ZERO, cut.tenant_id, first, day),
            *(cut.tenant_id, day, day),
            *(cut.tenant_id, first, first),
            *(cut.tenant_id, kind),
            *unit_values,
        ),
    )


def unmatched_hours(connection: Connection, cut: Cut, first: int, last: int) -> int:
    """How many completions of a year are of nobody known, so that their hours are nobody's."""
    return int(
        run(
            connection,
            "SELECT COUNT(*) FROM participation WHERE tenant_id = ? AND matched = 0"
            " AND completed_day >= ? AND completed_day <= ?",
            (cut.tenant_id, first, min(last, cut.as_of)),
        ).scalar_one()
    )


#: What participation tells the day of, in the order in which people go through it.
_TOLD = ("invited", "enrolled", "attended", "progressed", "completed", "certified")

#: What of it the funnel tells.
_STEPS = ("invited", "enrolled", "attended", "completed")


def idle(connection: Connection, cut: Cut) -> list[bytes]:
    """Who of a cut, person or account, was in some course and neither progressed nor completed."""
    where, values = _where(replace(cut, since=None, until=None))
    rows = run(
        connection,
        f"SELECT c.subject FROM participation c WHERE {where}"
        " AND c.completed_day IS NULL AND c.progressed_day IS NULL AND c.certified_day IS NULL"
        " AND COALESCE(c.enrolled_day, c.attended_day) IS NOT NULL",
        values,
    )
    return sorted({bytes(row[0]) for row in rows})


def participants(
    connection: Connection, cut: Cut, but: Mapping[bytes, Collection[bytes]]
) -> list[tuple[Key, Counts]]:
    """How many are said to have come to each step, and how many came to it or a later one
    (`reached_…`): each person once in a run of a programme. `but` are, by programme, those who are
    no learners of it."""
    key, key_values = _key(cut)
    first, second = _aside(key).rsplit(", ", 1)
    where, values = _where(cut)
    for programme, left_out in sorted(but.items()):
        for piece in pieces(sorted(left_out)):
            where += f" AND NOT (c.programme = ? AND c.subject IN ({placeholders(piece)}))"
            values = (*values, programme, *piece)
    told = ", ".join(
        f"MIN(CASE WHEN c.{each}_day <= ? THEN c.{each}_day END) AS {each}" for each in _TOLD
    )
    run_of = "CASE WHEN c.programme = ? THEN c.course ELSE c.programme END"
    inner = (
        f"SELECT {first} AS g1, {second} AS g2, {told} FROM participation c"
        f" WHERE {where} AND c.begun_day <= ? GROUP BY 1, 2, c.subject, {run_of}, c.cohort"
    )
    return _counted(
        connection,
        cut,
        (inner, (*key_values, *(cut.as_of for _ in _TOLD), *values, cut.as_of, ZERO)),
        {
            name: (condition, ())
            for number, step in enumerate(_TOLD)
            if step in _STEPS
            for name, condition in (
                (step, f"{step} IS NOT NULL"),
                (f"reached_{step}", f"COALESCE({', '.join(_TOLD[number:])}) IS NOT NULL"),
            )
        },
    )


def practised(connection: Connection, cut: Cut) -> list[tuple[Key, Counts]]:
    """Completions that were `applied` by the as-of date and that are `lasting`; `open_applied` and
    `open_lasting`, of which nobody said that they are not."""
    silent = "(known_not IS NULL OR known_not < age)"
    return _counted(
        connection,
        cut,
        _cases(cut),
        {
            "applied": (f"{_VALID} AND applied IS NOT NULL", ()),
            "open_applied": (f"{_VALID} AND applied IS NULL AND {silent}", ()),
            "lasting": (f"{_VALID} AND lasting IS NOT NULL", ()),
            "open_lasting": (f"{_VALID} AND lasting IS NULL AND {silent}", ()),
        },
    )


# What citizens say --------------------------------------------------------------------------


def citizens(
    connection: Connection, tenant_id: int, units: Collection[bytes]
) -> list[tuple[int, int, int]]:
    """What citizens said of the service of these units: day, value, how often."""
    return [
        (int(row[0]), int(row[1]), int(row[2]))
        for piece in pieces(sorted(units))
        for row in run(
            connection,
            "SELECT day, value, COUNT(*) FROM citizens WHERE tenant_id = ?"
            f" AND unit IN ({placeholders(piece)}) GROUP BY day, value",
            (tenant_id, *piece),
        )
    ]


def last_citizens(
    connection: Connection, tenant_id: int, units: Collection[bytes], limit: int
) -> list[bytes]:
    """The statements by which citizens said something last, the newest first."""
    found = [
        (int(row[0]), bytes(row[1]))
        for piece in pieces(sorted(units))
        for row in run(
            connection,
            "SELECT day, statement FROM citizens WHERE tenant_id = ?"
            f" AND unit IN ({placeholders(piece)}) ORDER BY day DESC, statement LIMIT ?",
            (tenant_id, *piece, limit),
        )
    ]
    return [statement for _, statement in sorted(found, reverse=True)[:limit]]
