"""Papers that answer one question: how long until applied, what stands in the way, how reviewers
decide."""

from lrs.i18n import _
from lrs.papers import evaluation, figures, wording
from lrs.papers.document import NUMBER, SHARE, Block, Cell, Document, Heading, Table, columns
from lrs.papers.given import Given
from lrs.practice import forms
from lrs.reports.shapes import Figure


def time(given: Given) -> Document:
    """Berapa lama sampai diterapkan: the curve, and the days by programme, cohort or unit."""
    blocks: list[Block] = [*figures.curve(given.figure("M2"), "curve")]
    by, first = _by(given)
    for each, caption in ((by, first), ("unit", _("Unit"))):
        blocks.append(_medians(given.figure("M2", each), caption))
    blocks += [
        Heading(_("Those who left")),
        leaving(given.figure("M2")),
    ]
    return given.paper("time-until-applied", _("How long until applied"), blocks)


def _by(given: Given) -> tuple[str, str]:
    return ("cohort", _("Cohort")) if given.programme is not None else ("programme", _("Programme"))


def _medians(figure: Figure, first: str) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for group in figure.groups:
        measure = group.measure("median_days")
        label = "\u2003" * max(0, group.depth - 1) + (group.label or _("(not named)"))
        if measure.hidden:
            rows.append((label, None, None, None, None, wording.told(measure)))
            continue
        days = _("not reached yet") if measure.value is None and measure.n else ""
        rows.append((label, measure.k, measure.n, measure.value, wording.span(measure), days))
    return Table(
        caption=f"{_('Days until half had applied')}: {first}",
        columns=columns(
            first,
            (_("Applied"), NUMBER),
            (_("Observed"), NUMBER),
            (_("Median, days"), NUMBER),
            _("Between"),
            _("Note"),
        ),
        rows=tuple(rows),
        note=figures.beside(figure),
    )


def leaving(figure: Figure) -> Table:
    """What came first: applying, leaving, being promoted (competing risks)."""
    names = {
        "applied_first": _("Applied first"),
        "left": _("Left before"),
        "promoted": _("Promoted before"),
    }
    rows = []
    for curve in figure.total.curves:
        if curve.name in names and curve.points:
            last = curve.points[-1]
            people = sum(each.events for each in curve.points)
            rows.append((names[curve.name], people, last.day, last.value))
    return Table(
        caption=_("What came first, of those observed"),
        columns=columns(
            _("What"), (_("People"), NUMBER), (_("Until day"), NUMBER), (_("Share by then"), SHARE)
        ),
        rows=tuple(rows),
        note=_("Promotion is told apart, since it takes away the best."),
    )


def barriers(given: Given) -> Document:
    """Hambatan: of applying and of taking part, and who answered where."""
    blocks = evaluation.barriers(given)
    by, first = _by(given)
    for each, caption in ((by, first), ("unit", _("Unit"))):
        told = given.figure("M8", each)
        blocks.append(_named_most(told, caption))
    return given.paper("barriers", _("Barriers"), blocks)


def _named_most(figure: Figure, first: str) -> Table:
    """Of each group, how many answered, and what they named most."""
    rows: list[tuple[Cell, ...]] = []
    for group in figure.groups:
        answered = group.measure("answered_applying")
        label = "\u2003" * max(0, group.depth - 1) + (group.label or _("(not named)"))
        if answered.hidden:
            rows.append((label, None, wording.told(answered)))
            continue
        if not answered.k:
            continue
        named = [m for m in group.measures if m.of == "share" and m.n == answered.k]
        named = [m for m in named if m.name in forms.BARRIERS and m.k and not m.hidden]
        named.sort(key=lambda m: (-(m.k or 0), m.name))
        said = "; ".join(f"{wording.named(m)} ({wording.told(m)})" for m in named[:3])
        rows.append((label, answered.k, said))
    return Table(
        caption=f"{_('Named most')}: {first}",
        columns=columns(first, (_("Answered"), NUMBER), _("Named most")),
        rows=tuple(rows),
        note=figures.beside(figure),
    )


def reviewers(given: Given) -> Document:
    """Konsistensi peninjau: how soon, how often returned, and whether two decide alike."""
    reviewing = given.figure("M9")
    by, first = _by(given)
    told = given.figure("M9", by)
    names = ("days_to_first_verdict", "returned", "waiting_late")
    rows = tuple(
        (
            group.label or _("(not named)"),
            *(wording.told(group.measure(name)) for name in names),
        )
        for group in told.groups
    )
    blocks: list[Block] = [
        figures.measures(reviewing, _("Reviewing")),
        Table(
            caption=_("Reviewing, part by part"),
            columns=columns(first, *(_(wording.MEASURES[name]) for name in names)),
            rows=rows,
            note=figures.beside(told),
        ),
    ]
    return given.paper("reviewers", _("How reviewers decide"), blocks)
