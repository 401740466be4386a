"""Commands over adapters: which there are, which spoke, and what an admin declares."""

import uuid
from pathlib import Path
from typing import Any

import click

from lrs import declared, readings
from lrs.adapters import Adapters
from lrs.cli.accounts import FILE, from_yaml, of_tenant, print_applied, print_table
from lrs.context import Context
from lrs.errors import NotFound
from lrs.learning import LearningEvent, PracticeEvent
from lrs.store import accounts
from schemas import adapters as schema
from schemas import written


@click.group("adapters")
def adapters_group() -> None:
    """What reads the dialects of learning and workplace systems."""


@adapters_group.command("list")
@click.option("--tenant", metavar="NAME", help="List this tenant's declared adapters, too.")
@click.pass_obj
def list_adapters(context: Context, tenant: str | None) -> None:
    """List the adapters, in the order in which they are asked."""
    rows = [("name", "reads")]
    rows += [(each.name, each.about) for each in Adapters.installed().every]
    print_table(rows)
    if tenant is None:
        return
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        every = declared.in_force(connection, owner.id)
    click.echo("")
    if not every:
        click.echo("Nothing is declared.")
        return
    of_tenant_ = [(each["name"], str(len(each["rules"])), each.get("about", "")) for each in every]
    print_table([("declared", "rules", "about"), *of_tenant_])


@adapters_group.command("explain")
@click.argument("statement_id", metavar="STATEMENT", type=click.UUID)
@click.option("--file", type=FILE, help="Read it as if this file of adapters were applied.")
@of_tenant
@click.pass_obj
def explain(context: Context, statement_id: uuid.UUID, file: Path | None, tenant: str) -> None:
    """Tell which adapter spoke for a statement.

    And why those that were asked before it did not. STATEMENT is the id of a statement in the
    learning store. It is read by the programmes and declared adapters in force now.
    """
    given = [] if file is None else from_yaml(file, schema.load)
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        told = readings.explain(connection, owner, Adapters.installed(), statement_id, given)
    reading = told.reading
    for name, why in reading.passed:
        click.echo(f"{name} passed: {why}.")
    if reading.adapter is None:
        click.echo("No adapter speaks for it: it stays a record, and opens no case.")
        return
    by = f" by rule {told.rule[1]} of {told.rule[0]}" if told.rule else ""
    click.echo(f"{reading.adapter} spoke{by}, and said of it:")
    for event in reading.events:
        where = f" in {event.course}" if isinstance(event, LearningEvent) else ""
        click.echo(f"  {event.kind}{where}")
        if isinstance(event, PracticeEvent):
            for word, iris in readings.matched_by(event):
                click.echo(f"    {word}: {', '.join(iris)}")
    if not reading.events:
        click.echo("  nothing that counts for learning or practice")
    if told.voided:
        click.echo("The statement is voided: what it says no longer holds.")


@adapters_group.command("apply")
@click.argument("file", type=FILE, metavar="FILE")
@click.option("--dry-run", is_flag=True, help="Only tell what would change, and what it reads.")
@of_tenant
@click.pass_obj
def apply(context: Context, file: Path, dry_run: bool, tenant: str) -> None:
    """Enter the adapters that a YAML file declares.

    New ones and those that changed; one that stands as written is left alone, and so is what the
    file does not name. All records are read again, and cases follow by themselves.
    """
    given = from_yaml(file, schema.load)
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        done = declared.plan(connection, owner.id, given)
        if dry_run:
            read, found = declared.trial(connection, owner, given)
    if not dry_run:
        by = f"the command line: {file.name}"
        done = context.database.write(lambda c: declared.apply(c, owner.id, given, by))
    if dry_run:
        click.echo(f"Of the newest {read} records it reads {sum(found.values())}:")
        for (name, rule, kind), count in sorted(found.items()):
            click.echo(f"  {name}, rule {rule}: {count} {kind}")
    print_applied(done, dry_run=dry_run)


@adapters_group.command("show")
@click.argument("name", required=False)
@of_tenant
@click.pass_obj
def show(context: Context, name: str | None, tenant: str) -> None:
    """Print declared adapters as YAML, to be changed and applied.

    All of them, or the one with this NAME.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        every = declared.in_force(connection, owner.id)
    chosen = [each for each in every if name in (None, each["name"])]
    if name is not None and not chosen:
        raise NotFound(f"a declared adapter {name}")
    click.echo(written.as_yaml({"adapters": chosen}), nl=False)


@adapters_group.command("remove")
@click.argument("name")
@of_tenant
@click.pass_obj
def remove(context: Context, name: str, tenant: str) -> None:
    """Take away the declared adapter of this NAME.

    What only it could read is a plain record again, and cases that came of it go.
    """

    def take_away(connection: Any) -> None:
        owner = accounts.tenant(connection, tenant)
        declared.remove(connection, owner.id, name, "the command line")

    context.database.write(take_away)
    click.echo(f"{name} is taken away. All records are read again.")


commands = (adapters_group,)
