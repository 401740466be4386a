"""Commands that print figures: how many apply what they learned, how soon, and what keeps them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import click
import msgspec

from lrs import reporting
from lrs.cli.accounts import as_json as json_option
from lrs.cli.accounts import of_tenant, print_table
from lrs.context import Context
from lrs.practice import names
from lrs.practice.cases import date_of
from lrs.reports.shapes import GROUPINGS, Curve, Figure, Group, Measure, Slice
from lrs.store import accounts

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("figures")
def figures_group() -> None:
    """What came of trainings at work, in figures."""


@figures_group.command("list")
def list_figures() -> None:
    """List the figures and by what each is taken apart."""
    print_table(
        [
            ("id", "figure", "in Indonesian", "by"),
            *((each.id, each.key, each.name, ", ".join(each.by)) for each in reporting.ALL),
        ]
    )


def _slice_options(command: Any) -> Any:
    for option in (
        click.option("--as-of", type=_DAY, help="As it was known at the end of this day."),
        click.option("--until", type=_DAY, help="Last day on which a clock started."),
        click.option("--since", type=_DAY, help="First day on which a clock started."),
        click.option("--window", metavar="NAME", help="A window, such as W2."),
        click.option("--tier", type=click.Choice(["7a", "7b"]), help="How it was applied."),
        click.option("--behaviour", metavar="IRI", help="A behaviour."),
        click.option("--unit", metavar="PATH", help="A unit and all beneath it."),
        click.option("--cohort", metavar="NAME", help="A cohort of the programme."),
        click.option("--programme", metavar="IRI", help="A programme."),
    ):
        command = option(command)
    return of_tenant(json_option(click.pass_obj(command)))


@figures_group.command("show")
@click.argument("figure_id", metavar="FIGURE")
@click.option("--by", type=click.Choice(GROUPINGS), help="Take it apart.")
@click.option("--horizon", type=click.IntRange(0, 3650), help="Days after the clock, for M1, M12.")
@click.option("--published", is_flag=True, help="Hide small numbers, as for outsiders.")
@_slice_options
def show(
    context: Context,
    figure_id: str,
    by: str | None,
    horizon: int | None,
    published: bool,
    as_json: bool,
    tenant: str,
    **chosen: Any,
) -> None:
    """Print one FIGURE (M1 to M13, or funnel).

    What its words mean is told in docs/figures.md.
    """
    slice = _slice(context, chosen, horizon)
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        found = reporting.figure(connection, owner.id, figure_id, slice, by=by, published=published)
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    _print(found)


@figures_group.command("hours")
@click.option("--year", type=click.IntRange(1970, 9999), help="The year; this one unless said.")
@click.option("--unit", metavar="PATH", help="A unit and all beneath it.")
@click.option("--pppk", is_flag=True, help="Of people with an NI PPPK, instead of a NIP.")
@of_tenant
@json_option
@click.pass_obj
def hours(
    context: Context, year: int | None, unit: str | None, pppk: bool, tenant: str, as_json: bool
) -> None:
    """List hours of training (JP) person by person, least first.

    Of those who were employed all of the year that has passed.
    """
    today = date_of(context.clock())
    last = date(year or today.year, 12, 31)
    slice = Slice(as_of=min(today, last), until=last, unit=unit)
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        found = reporting.hours(connection, owner.id, slice, "ni_pppk" if pppk else "nip")
    if as_json:
        told = [msgspec.to_builtins(each) | {"person": each.person.hex()} for each in found]
        click.echo(msgspec.json.encode(told).decode())
        return
    print_table(
        [
            ("person", "hours", "unit"),
            *((each.person.hex(), f"{each.hours:.1f}", each.unit) for each in found),
        ]
    )


@figures_group.command("service")
@click.argument("unit", metavar="PATH")
@of_tenant
@click.pass_obj
def show_service(context: Context, unit: str, tenant: str) -> None:
    """Tell what citizens said of the service of a unit, by quarter.

    Of all units beneath it too: how many answered, their mean of 0 to 4, how many gave 3 or more.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        found = reporting.service(connection, owner.id, names.unit(owner.id, unit))
    rows = [("quarter", "answers", "mean", "3 or more")]
    rows += [(each.period, str(each.answers), f"{each.mean:.1f}", str(each.good)) for each in found]
    print_table(rows)


def _slice(context: Context, chosen: dict[str, Any], horizon: int | None) -> Slice:
    told: dict[str, Any] = {
        name: value.date() if isinstance(value, datetime) else value
        for name, value in chosen.items()
    }
    told["as_of"] = told["as_of"] or date_of(context.clock())
    return Slice(**told, horizon=horizon, review_days=context.settings.review_days)


def _print(figure: Figure) -> None:
    described = next(each for each in reporting.ALL if each.id == figure.id)
    within = f", within {figure.horizon} days" if figure.horizon is not None else ""
    click.echo(f"{figure.id} {described.key} ({described.name}){within}, as of {figure.as_of}")
    rows: list[tuple[str, ...]] = [("", "", "k", "n", "value", "from", "to", "")]
    for group in (figure.total, *figure.groups):
        rows += _rows(group, "all" if group.key is None else group.label or "(none)")
    print_table(rows)
    for curve in figure.total.curves:
        _print_curve(curve)
    for each in figure.excluded:
        count = "fewer than 10" if each.count is None else each.count
        click.echo(f"Left out, {each.why}: {count}")
    if figure.groups and not figure.ordered:
        click.echo("Ranges overlap: these are not to be ranked.")


def _rows(group: Group, label: str) -> list[tuple[str, ...]]:
    found = []
    for number, each in enumerate(group.measures):
        told = ("hidden", *[""] * 5) if each.hidden else _cells(each)
        found.append(("" if number else label, each.name, *told))
    return found


def _cells(measure: Measure) -> Sequence[str]:
    basis = measure.basis if measure.of in ("share", "kappa", "points") else measure.of
    return (
        *("" if each is None else str(each) for each in (measure.k, measure.n)),
        *(_spelt(measure, each) for each in (measure.value, measure.low, measure.high)),
        basis + (f", design effect {measure.effect:.1f}" if measure.effect else ""),
    )


def _spelt(measure: Measure, value: float | None) -> str:
    if value is None:
        return "-"
    if measure.of == "share":
        return f"{100 * value:.1f} %"
    return f"{value:.0f}" if measure.of in ("count", "days") else f"{value:.2f}"


def _print_curve(curve: Curve) -> None:
    if not curve.points:
        return
    median = "not reached" if curve.median is None else f"day {curve.median}"
    click.echo(f"{curve.name}: half by {median}")
    step = max(1, len(curve.points) // 12)
    for point in (*curve.points[:-1:step], curve.points[-1]):
        span = "" if point.high is None else f" to {100 * point.high:.1f} %"
        click.echo(
            f"  day {point.day:4}  {100 * point.value:5.1f} %{span}  of {point.at_risk} at risk"
        )


commands = (figures_group,)
