"""Figures as parts of a paper: a chart, the table behind it, and what must be said beside it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from lrs import i18n
from lrs.i18n import _
from lrs.papers import charts, wording
from lrs.papers.charts import Axis, Band, Bar
from lrs.papers.document import (
    NUMBER,
    SHARE,
    Block,
    Cell,
    Column,
    Picture,
    Table,
    Text,
    columns,
)
from lrs.reports.shapes import Curve, Figure, Group, Measure

#: Days at which those still observed are told under a curve.
AT: Final = tuple(range(0, 421, 30))


def beside(figure: Figure) -> str:
    """What must be read with a figure, as one note. What a census is is said once in a paper."""
    return " ".join(wording.notes(figure, leaving_out=("census",)))


def measures(figure: Figure, caption: str, only: Iterable[str] | None = None) -> Table:
    """The measures of all together, one a row."""
    some = None if only is None else set(only)
    found = [each for each in figure.total.measures if some is None or each.name in some]
    return Table(
        caption=caption,
        columns=_columns(),
        rows=tuple(_row(each) for each in found),
        note=beside(figure),
    )


def parts(figure: Figure, caption: str, first: str) -> Table:
    """The measures of every group, one a row."""
    rows = tuple(
        (_indented(group, figure.by), *_row(each))
        for group in figure.groups
        for each in group.measures
    )
    return Table(
        caption=caption,
        columns=columns(first) + _columns(),
        rows=rows,
        note=" ".join(_of_groups(figure, any(each[2] is None for each in rows))),
    )


def _columns() -> tuple[Column, ...]:
    return columns(_("What was counted"), ("k", NUMBER), ("n", NUMBER), _("Result"), _("Range"))


def _row(each: Measure) -> tuple[str | int | None, ...]:
    return (wording.named(each), each.k, each.n, _result(each), wording.meaning(each))


def _result(measure: Measure) -> str:
    if measure.hidden:
        return wording.told(measure)
    if measure.of == "share":
        return wording.span(measure) if measure.n else "–"
    if measure.of == "count":
        return wording.told(measure)
    value = "–" if measure.value is None else i18n.number(round(measure.value, 2))
    span = wording.span(measure)
    return value if span in ("–", value) else f"{value} ({span})"


def groups(
    figure: Figure, caption: str, first: str, name: str | None = None, *, links: bool = False
) -> Table:
    """One measure of every group: at least, at most. Small ones are held back where published."""
    rows: list[tuple[Cell, ...]] = []
    for group in figure.groups:
        measure = _of(group, name)
        if measure is None:
            continue
        label = _indented(group, figure.by)
        if measure.hidden:
            rows.append((label, None, None, None, None))
        else:
            empty = measure.of == "share" and not measure.n
            low, high = (None, None) if empty else (measure.low, measure.high)
            rows.append((label, measure.k, measure.n, low, high))
    note = " ".join((beside(figure), *_of_groups(figure, any(each[2] is None for each in rows))))
    kind = SHARE if not figure.groups or (m := _of(figure.groups[0], name)) is None else m.of
    return Table(
        caption=caption,
        columns=columns(
            first,
            ("k", NUMBER),
            ("n", NUMBER),
            (_("At least"), SHARE if kind == "share" else NUMBER),
            (_("At most"), SHARE if kind == "share" else NUMBER),
        ),
        rows=tuple(rows),
        note=note,
    )


def _indented(group: Group, by: str | None) -> str:
    """What a group is called; a unit stands beneath the one that it is a part of."""
    label = wording.label(group, by)
    if group.depth > 1:
        label = "\u2003" * (group.depth - 1) + label.rpartition(" / ")[2]
    return label


def _of_groups(figure: Figure, empty: bool) -> Iterator[str]:
    """What must be read with a table of groups; `empty`: some of its rows have no numbers."""
    if empty and figure.published:
        yield _("Rows without numbers are held back: they tell of few people.")
    if not figure.ordered and len(figure.groups) > 1:
        yield _("The rows are in the order of their names: ranges overlap, no ranking.")


def _of(group: Group, name: str | None) -> Measure | None:
    if name is None:
        return group.measures[0] if group.measures else None
    return next((each for each in group.measures if each.name == name), None)


def spread(
    figure: Figure, key: str, title: str, first: str, name: str | None = None, *, most: int = 14
) -> list[Block]:
    """A share of every group as bars, and the table behind; the table alone where they are many."""
    table = groups(figure, title, first, name)
    bars = [
        Bar(wording.label(group, figure.by), m.low or 0.0, m.high or 0.0, wording.told(m))
        for group in figure.groups
        if (m := _of(group, name)) is not None and not m.hidden and m.n
    ]
    if not bars or len(bars) > most:
        return [table]
    about = _(
        "%(count)s rows, each between what is known and what may be; the table tells all."
    ) % {"count": i18n.number(len(bars))}
    return [Picture(charts.bars(key, title, about, bars, _legend()), table)]


def _legend() -> tuple[str, str]:
    return _("Known: at least so many"), _("Not known: may be, may not be")


def barriers(figure: Figure, key: str, title: str, words: Iterable[str], asked: str) -> list[Block]:
    """Shares of those who answered, the most named first."""
    answered = figure.total.measure(asked)
    if answered.hidden or not answered.k:
        sentence = wording.told(answered) if answered.hidden else _("Nobody has answered this yet.")
        return [Text(f"{title}: {sentence}", "note")]
    found = [figure.total.measure(each) for each in words]
    found.sort(key=lambda each: (each.hidden, -(each.k or 0), each.name))
    table = Table(
        caption=title,
        columns=columns(_("Barrier"), ("k", NUMBER), ("n", NUMBER), (_("Share"), SHARE)),
        rows=tuple(
            (wording.named(m), m.k, m.n, None if m.hidden else (m.low or 0.0)) for m in found
        ),
        note=beside(figure),
    )
    bars = [
        Bar(wording.named(m), m.low or 0.0, m.low or 0.0, wording.told(m))
        for m in found
        if not m.hidden and m.k
    ]
    if not bars:
        return [table]
    about = _("%(n)s people answered; named most: %(most)s.") % {
        "n": i18n.number(answered.k),
        "most": bars[0].label,
    }
    legend = (_("Share of those who answered"), "")
    return [Picture(charts.bars(key, title, about, bars, legend), table)]


def funnel(figure: Figure, key: str) -> list[Block]:
    """The steps from invitation to lasting practice, each against the widest."""
    title = _("From invitation to lasting practice")
    steps = figure.total.measures
    widest = max([1.0, *(each.high or 0.0 for each in steps if not each.hidden)])
    bars = [
        Bar(
            wording.named(each),
            (each.low or 0.0) / widest,
            (each.high or 0.0) / widest,
            wording.told(_alone(each)),
        )
        for each in steps
        if not each.hidden
    ]
    table = Table(
        caption=title,
        columns=columns(_("Step"), (_("At least"), NUMBER), (_("At most"), NUMBER), _("Range")),
        rows=tuple(
            (
                wording.named(each),
                None if each.hidden else round(each.low or 0),
                None if each.hidden else round(each.high or 0),
                wording.told(each) if each.hidden else wording.meaning(each),
            )
            for each in steps
        ),
        note=beside(figure),
    )
    if not bars:
        return [table]
    about = ", ".join(f"{bar.label}: {bar.told}" for bar in bars)
    return [Picture(charts.bars(key, title, about, bars, _legend()), table)]


def _alone(measure: Measure) -> Measure:
    return Measure(name=measure.name, of="count", k=measure.k, low=measure.low, high=measure.high)


def curve(figure: Figure, key: str) -> list[Block]:
    """How long until applied: the curve in steps within its bounds, with those still observed."""
    title = _("How long until applied")
    by_name: Callable[[str], Curve | None] = lambda name: next(  # noqa: E731
        (each for each in figure.total.curves if each.name == name), None
    )
    line, second, band = by_name("applied"), by_name("by_window"), by_name("band")
    median = figure.total.measure("median_days")
    if not any((line and line.points, band and band.points)):
        said = wording.told(median)
        return [Text(f"{title}: {said}", "note")]
    at_risk = _at_risk(line)
    edges = [] if band is None else band.points
    table = Table(
        caption=title,
        columns=columns(
            (_("Days"), NUMBER),
            (_("Applied (curve)"), SHARE),
            (_("At least"), SHARE),
            (_("At most"), SHARE),
            (_("Still observed"), NUMBER),
        ),
        rows=tuple(
            (
                each.day,
                _by(line, each.day),
                each.low,
                each.high,
                _still(line, each.day),
            )
            for each in edges
        ),
        note=beside(figure),
    )
    about = f"{wording.named(median)}: {wording.told(median)}."
    drawn = charts.steps(
        key,
        title,
        about,
        line=[(p.day, p.value) for p in line.points] if line else [],
        second=[(p.day, p.value) for p in second.points] if second else [],
        band=[Band(p.day, p.low or 0.0, 1.0 if p.high is None else p.high) for p in edges],
        at_risk=at_risk,
        median=None if line is None else line.median,
        words=Axis(
            days=_("days after the training ended"),
            at_risk=_("Still observed"),
            line=_("Applied by then, of those observed (Kaplan–Meier)"),
            second=_("Where only the stage of the answer is known (Turnbull)"),
            band=_("Between these it lies, whatever the silent did"),
            median=_("half: day %(day)s") % {"day": line.median if line else ""},
        ),
    )
    return [Picture(drawn, table)]


def _by(curve: Curve | None, day: int) -> float | None:
    """The share by a day, as far as anybody was observed."""
    if curve is None or not curve.points:
        return None
    reached = [each.value for each in curve.points if each.day <= day]
    return reached[-1] if reached else 0.0


def _still(curve: Curve | None, day: int) -> int | None:
    """How many were observed at the last step before a day: at most so many still were on it."""
    if curve is None or not curve.points:
        return None
    after = next((each.at_risk for each in curve.points if each.day >= day), None)
    return after if after is not None else None


def _at_risk(curve: Curve | None) -> list[tuple[int, int]]:
    found = ((day, _still(curve, day)) for day in AT)
    return [(day, still) for day, still in found if still is not None]


def sentences(figure: Figure, names: Sequence[str]) -> list[str]:
    """Measures as sentences of a list."""
    return [
        f"{wording.named(m)}: {wording.told(m)}"
        for name in names
        if (m := _of(figure.total, name)) is not None
    ]
