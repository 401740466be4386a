"""Commands that take in what people keep outside: lists of participants, of evidence, reports."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from lrs import imports
from lrs.cli_accounts import of_tenant, print_table
from lrs.context import Context
from lrs.errors import Problem
from lrs.learning import COMPLETED, INVITED
from lrs.store import accounts

#: Who the register says has entered what is entered here.
BY = "the command line"

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("imports")
def imports_group() -> None:
    """Take in lists of participants, lists of evidence, and reports."""


def chosen(columns: tuple[str, ...]) -> dict[str, str]:
    """The columns named on the command line. Raises click's error for one without `=`."""
    pairs = [each.partition("=") for each in columns]
    for word, equals, _ in pairs:
        if not equals:
            raise click.UsageError(f"--column {word}: write it as WORD=HEADING.")
    return {word.strip(): heading.strip() for word, _, heading in pairs}


def list_options(words: Sequence[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What commands that read a list have in common."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in (
            click.option("--dry-run", is_flag=True, help="Only tell what would be entered."),
            click.option(
                "--column",
                "columns",
                multiple=True,
                metavar="WORD=HEADING",
                help=f"Which column is meant. Words: {', '.join(words)}.",
            ),
            click.argument("file", type=_FILE, metavar="FILE"),
        ):
            command = option(command)
        return of_tenant(click.pass_obj(command))

    return add


def _participation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--programme", metavar="IRI", help="The programme that all rows mean."),
        click.option(
            "--course", metavar="IRI|TITLE", help="The course meant by rows that name none."
        ),
        click.option("--cohort", metavar="NAME", help="The cohort of rows that name none."),
        click.option(
            "--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="The day, for rows without one."
        ),
        click.option("--lms", metavar="HOMEPAGE", help="Home page of the accounts of the LMS."),
        click.option(
            "--account-column",
            type=click.Choice(["id", "username"]),
            default="id",
            show_default=True,
            help="By which column the LMS names its users in statements.",
        ),
        click.option(
            "--add-people", is_flag=True, help="Enter who is not in the register there first."
        ),
    ):
        command = option(command)
    return list_options(tuple(imports.COLUMNS))(command)


@imports_group.command("completions")
@_participation_options
def completions(context: Context, /, **told: Any) -> None:
    """Enter who completed, attended or enrolled: CSV, XLSX or ODS.

    A row names a person by number or mail address, a course, and days or a status; the row of
    headings may stand below a title. Each becomes a statement in the learning store, marked as
    imported. A list that comes again enters only what is new. Exit code 1 where rows were left
    out.
    """
    participation(context, COMPLETED, **told)


@imports_group.command("rosters")
@_participation_options
def rosters(context: Context, /, **told: Any) -> None:
    """Enter who was invited to a course: CSV, XLSX or ODS.

    Lists of who was called (undangan). As `completions`, but a row that tells no more than a day
    says that somebody was invited.
    """
    participation(context, INVITED, **told)


def participation(
    context: Context,
    kind: str,
    *,
    file: Path,
    columns: tuple[str, ...],
    dry_run: bool,
    tenant: str,
    on: Any,
    lms: str | None,
    **told: Any,
) -> None:
    """Plan a list, tell what came of it, and enter it unless told not to."""
    today: date = context.clock().date()
    reading = imports.Reading(
        today=today,
        columns=chosen(columns),
        kind=kind,
        on=on.date() if on else None,
        home=lms,
        **told,
    )
    sheet = imports.read(file.read_bytes(), file.name)
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        planned = imports.plan(connection, owner, sheet, reading, file.name)
    tell_columns(planned.columns)
    tell_problems(planned.problems, planned.notes)
    for row in planned.unknown:
        cells = ", ".join(cell for cell in row.cells.values() if cell)
        click.echo(f"Left out: row {row.number}: nobody in the register: {cells}", err=True)
    if planned.unknown:
        click.echo(
            "People who are not in the register are left out; --add-people enters them.", err=True
        )
    left_out = f", {planned.left_out} rows left out" if planned.left_out else ""
    if dry_run:
        people = f", {planned.added} people" if planned.added else ""
        click.echo(
            f"Nothing was entered. It would be: {planned.new} new records{people},"
            f" {planned.there} stand already{left_out}."
        )
    else:
        settings = context.settings
        done = imports.enter(
            context.database,
            owner,
            planned,
            by=BY,
            now=context.clock(),
            home_page=settings.public_url or accounts.HOME_PAGE,
        )
        people = f", {done.people} people" if done.people else ""
        click.echo(
            f"Entered: {done.statements} records{people}; {planned.there} stood already{left_out}."
        )
    if planned.left_out:
        raise click.exceptions.Exit(1)


def tell_columns(columns: Any) -> None:
    """Which heading was taken for what."""
    print_table([("column", "taken for"), *((of, word) for word, of in columns.items())])


def tell_problems(problems: Sequence[Problem], notes: Sequence[str]) -> None:
    """What is left out and what to look at."""
    for problem in problems:
        click.echo(f"Left out: {problem}", err=True)
    for note in notes:
        click.echo(f"Note: {note.removesuffix('.')}.", err=True)


commands = (imports_group,)
