"""Commands of an operator over the practice side: adapters, and what the projector works out."""

import uuid

import click

from lrs import projector
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


commands = (adapters_group, replay)
