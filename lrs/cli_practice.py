"""Commands of an operator over the practice side: what the projector works out."""

from pathlib import Path

import click

from lrs import projector, spreadsheets
from lrs import reconcile as comparison
from lrs.adapters import Adapters
from lrs.cli_accounts import of_tenant
from lrs.context import Context
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
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE"
)
@click.option("--lms", metavar="HOMEPAGE", help="Home page of the accounts of the LMS.")
@of_tenant
@click.pass_obj
def reconcile(context: Context, file: Path, lms: str | None, tenant: str) -> None:
    """Compare an LMS's own list of completions with what arrived.

    FILE is CSV, XLSX or ODS with a column 'course' (its IRI) and one of nip, idnumber, email, id,
    username. Nothing is entered. Exit code 1 where something never came.
    """
    sheet = spreadsheets.read(file.read_bytes(), file.name)
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        done = comparison.compare(connection, owner.id, sheet, lms)
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
    click.echo(
        f"{done.there} arrived, {len(done.missing)} never came, {len(done.twice)} came more than"
        f" once, {len(done.unknown)} are of nobody in the register, of which {len(done.nobody)}"
        " never came."
    )
    if done.missing or done.nobody:
        raise click.exceptions.Exit(1)


commands = (replay, reconcile)
