"""Figures for machines, as JSON or CSV: M1 to M13, by slice, with k, n and their ranges."""

import csv
import io
from dataclasses import asdict
from typing import Any

from lrs import reporting
from lrs.api.practice import Call, Resource, Use, plain
from lrs.api.wire import Answer
from lrs.practice.cases import date_of
from lrs.reports.shapes import Figure, Slice
from schemas import practice as shapes

_SLICE = (
    *("programme", "cohort", "unit", "behaviour", "tier", "window", "since", "until", "horizon"),
)
_COLUMNS = (
    *("figure", "as_of", "by", "key", "label", "programme", "measure", "of", "k", "n", "value"),
    *("low", "high", "range", "basis", "hidden"),
)


def list_figures(call: Call) -> Any:
    """Which figures there are, and by what each may be taken apart."""
    return {"items": [asdict(each) for each in reporting.ALL], "next": None}


def get_figure(call: Call) -> Any:
    """One figure. Who sees figures only as a head of the agency sees them as they are published,
    with small numbers hidden; so does whoever asks for that."""
    told = call.query
    published = told["published"] or _only_published(call)
    part = Slice(
        as_of=told.get("as_of", date_of(call.now)),
        review_days=call.context.settings.review_days,
        **{name: told[name] for name in _SLICE if name in told},
    )
    with call.context.database.read() as connection:
        figure = reporting.figure(
            connection,
            call.tenant.id,
            call.parts["figure"].decode(),
            part,
            by=told.get("by"),
            published=published,
        )
    if told["format"] == "csv":
        name = f"{figure.id}-{figure.as_of.isoformat()}.csv"
        headers = [("Content-Disposition", f'attachment; filename="{name}"')]
        return Answer(as_csv(figure), 200, "text/csv; charset=utf-8", headers)
    return plain(asdict(figure))


def get_service(call: Call) -> Any:
    """What citizens said of a unit's service, by quarter; who sees figures only as they are
    published is told of no quarter with few answers."""
    with call.context.database.read() as connection:
        found = reporting.service(
            connection, call.tenant.id, call.parts["unit"], published=_only_published(call)
        )
    return {"items": [asdict(each) for each in found], "next": None}


def _only_published(call: Call) -> bool:
    viewer = call.viewer
    if viewer is None:
        return False
    return "all" not in call.reaches()


def as_csv(figure: Figure) -> bytes:
    """A row for each measure; a byte order mark, since spreadsheets take text without for Latin."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(_COLUMNS)
    for group in (figure.total, *figure.groups):
        for each in group.measures:
            writer.writerow(
                _safe(cell)
                for cell in (
                    *(figure.id, figure.as_of.isoformat(), figure.by, group.key, group.label),
                    *(group.programme, each.name, each.of, each.k, each.n, each.value),
                    *(each.low, each.high, each.range, each.basis),
                    "yes" if each.hidden or group.hidden else "",
                )
            )
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def _safe(cell: Any) -> Any:
    """A cell that a spreadsheet does not take for a formula."""
    if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + cell
    return "" if cell is None else cell


RESOURCES = (
    Resource(
        "/figures",
        {
            "GET": Use(
                list_figures,
                "figures/read",
                "Which figures there are.",
                answers=shapes.AnythingOut,
                paged=True,
            )
        },
    ),
    Resource(
        "/units/<unit>/service",
        {
            "GET": Use(
                get_service,
                "figures/read",
                "What citizens said of a unit's service, by quarter: from 0 to 4.",
                answers=shapes.AnythingOut,
            )
        },
    ),
    Resource(
        "/figures/<figure>",
        {
            "GET": Use(
                get_figure,
                "figures/read",
                "A figure, M1 to M13 or the funnel, as JSON or CSV.",
                query=shapes.FigureQuery,
                answers=shapes.AnythingOut,
            )
        },
    ),
)
