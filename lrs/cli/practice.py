"""Commands of an operator over the practice side: what the projector works out."""

import os
import uuid
from pathlib import Path
from typing import TextIO

import click

from lrs import imports, projector
from lrs import reconcile as comparison
from lrs.adapters import Adapters
from lrs.cli.accounts import FILE, of_tenant
from lrs.cli.imports import BY, chosen
from lrs.context import Context
from lrs.spreadsheets import Sheet
from lrs.store import accounts


@click.command("replay")
@of_tenant
@click.pass_obj
def replay(context: Context, tenant: str) -> None:
    """Work out every case anew from the log.

    What stood is dropped first; the same cases come back with the same ids. Safe while the
    service runs.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
    done = projector.replay(context.database, owner, Adapters.installed())
    click.echo(f"Worked out anew from {done} records.")


@click.command("reconcile")
@click.argument(
    "file",
    type=FILE,
    metavar="[FILE]",
    required=False,
)
@click.option("--lms", metavar="HOMEPAGE", help="Home page of the accounts of the LMS.")
@click.option(
    "--account-column",
    type=click.Choice(["id", "username"]),
    help="By which column the LMS names its users in statements; else id where there is one.",
)
@click.option("--course", metavar="IRI", help="The course, where the list is of one.")
@click.option("--column", "columns", multiple=True, metavar="WORD=HEADING", help="As in imports.")
@click.option("--moodle", metavar="URL", help="Ask the web service of this Moodle, without FILE.")
@click.option(
    "--course-id", type=int, multiple=True, help="Moodle's number of a course to ask for."
)
@click.option(
    "--token-file",
    type=click.File(),
    help="Where Moodle's token stands; else in the variable MOODLE_TOKEN.",
)
@click.option("--enter", is_flag=True, help="Enter what never came, after asking.")
@click.option("--yes", is_flag=True, help="With --enter: do not ask.")
@of_tenant
@click.pass_obj
def reconcile(
    context: Context,
    file: Path | None,
    lms: str | None,
    account_column: str | None,
    course: str | None,
    columns: tuple[str, ...],
    moodle: str | None,
    course_id: tuple[int, ...],
    token_file: TextIO | None,
    enter: bool,
    yes: bool,
    tenant: str,
) -> None:
    """Compare an LMS's own list of completions with what arrived.

    FILE is CSV, XLSX or ODS with a column for the course (or --course) and one of nip, idnumber,
    email, id, username: Moodle's report of a course's completion is one. Or Moodle itself is asked
    (--moodle, --course-id). With --enter what never came is entered as imported records. Exit code
    1 where something never came.
    """
    if (file is None) == (moodle is None):
        raise click.UsageError("Give either a FILE or --moodle.")
    if moodle is not None:
        sheet, lms = _asked(moodle, course_id, token_file), lms or moodle.rstrip("/")
        name = lms
    else:
        assert file is not None
        sheet, name = comparison.read(file.read_bytes(), file.name), file.name
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        done = comparison.compare(
            connection,
            owner,
            sheet,
            lms,
            file=name,
            course=course,
            account_column=account_column,
            columns=chosen(columns),
        )
    _tell(done)
    left = len(done.missing) + len(done.nobody)
    if enter and done.enterable:
        many = len(done.enterable)
        if yes or click.confirm(f"Enter {many} completions as imported records?", err=True):
            entered = imports.enter(
                context.database,
                owner,
                done.plan(),
                by=BY,
                now=context.clock(),
                home_page=context.settings.public_url or accounts.HOME_PAGE,
            )
            click.echo(f"Entered: {entered.statements} records.")
            left -= many
    if enter and left:
        click.echo(
            f"{left} that never came were not entered: the list tells no day, or nobody known.",
            err=True,
        )
    if left:
        raise click.exceptions.Exit(1)


def _asked(moodle: str, courses: tuple[int, ...], token_file: TextIO | None) -> Sheet:
    """What Moodle's web service answers."""
    from lrs.moodle_service import Moodle  # here: 5 MB that nothing else of the program needs

    if not courses:
        raise click.UsageError("Say which courses: --course-id.")
    token = (token_file.read() if token_file else os.environ.get("MOODLE_TOKEN", "")).strip()
    if not token:
        raise click.UsageError("Give Moodle's token in --token-file or the variable MOODLE_TOKEN.")
    with Moodle(moodle, token) as site:
        return site.completions(list(courses))


def _tell(done: comparison.Comparison) -> None:
    for problem in done.problems:
        click.echo(f"Not compared: {problem}", err=True)
    for told, rows in (
        ("never came", done.missing),
        ("came more than once", done.twice),
        ("is of nobody in the register", done.unknown),
        ("is of nobody in the register, and never came", done.nobody),
    ):
        for row in rows:
            cells = ", ".join(cell for cell in row.cells.values() if cell)
            click.echo(f"row {row.number} {told}: {cells}")
    for agent, course in done.strangers:
        account = agent.get("account")
        who = f"{account['homePage']} {account['name']}" if account else agent.get("mbox", "?")
        click.echo(f"came for nobody known: {who} {agent.get('name', '')}, {course}")
    for person, course in done.unlisted:
        click.echo(f"came, and is not in the list: {uuid.UUID(bytes=person)}, {course}")
    click.echo(
        f"{done.there} arrived, {len(done.missing)} never came, {len(done.twice)} came more than"
        f" once, {len(done.unknown)} are of nobody in the register, of which {len(done.nobody)}"
        " never came."
    )
    if done.open:
        click.echo(f"{done.open} of the list have not completed.")


commands = (replay, reconcile)
