"""Commands of an operator over the practice side: adapters, and what the projector works out."""

import uuid
from pathlib import Path

import click

from lrs import projector, spreadsheets
from lrs import reconcile as comparison
from lrs.adapters import Adapters
from lrs.cli_accounts import of_tenant, print_table
from lrs.context import Context
from lrs.errors import NotFound
from lrs.learning import LearningEvent
from lrs.store import accounts, statements
from lrs.xapi.statements import parse


@click.group("adapters")
def adapters_group() -> None:
    """What reads the dialects of learning management systems."""


@adapters_group.command("list")
def list_adapters() -> None:
    """List the adapters, in the order in which they are asked."""
    every = Adapters.installed().every
    print_table([("name", "reads"), *((each.name, each.about) for each in every)])


@adapters_group.command("explain")
@click.argument("statement_id", metavar="STATEMENT", type=click.UUID)
@of_tenant
@click.pass_obj
def explain(context: Context, statement_id: uuid.UUID, tenant: str) -> None:
    """Tell which adapter spoke for a statement.

    And why those that were asked before it did not. STATEMENT is the id of a statement in the
    learning store.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        row = statements.by_id(connection, owner.learning.id, statement_id.bytes)
    if row is None:
        raise NotFound(f"a statement {statement_id} in the learning store of {tenant}")
    reading = Adapters.installed().read(parse(row.body), {})
    for name, why in reading.passed:
        click.echo(f"{name} passed: {why}.")
    if reading.adapter is None:
        click.echo("No adapter speaks for it: it stays a record, and opens no case.")
        return
    click.echo(f"{reading.adapter} spoke, and said of it:")
    for event in reading.events:
        where = f" in {event.course}" if isinstance(event, LearningEvent) else ""
        click.echo(f"  {event.kind}{where}")
    if not reading.events:
        click.echo("  nothing that counts for learning or practice")
    if row.voided:
        click.echo("The statement is voided: what it says no longer holds.")


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


commands = (adapters_group, replay, reconcile)
