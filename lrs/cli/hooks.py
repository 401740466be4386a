"""Commands over hooks: where systems that know no xAPI deliver their events."""

import json
from datetime import timedelta
from pathlib import Path

import click

from lrs import hooks, inbound
from lrs.cli.accounts import FILE, from_yaml, of_tenant, print_table
from lrs.context import Context
from lrs.store import accounts
from lrs.store import hooks as store
from lrs.xapi.statements import parse
from schemas import hooks as schema
from schemas import written


@click.group("hooks")
def hooks_group() -> None:
    """Where systems that know no xAPI deliver events."""


@hooks_group.command("apply")
@click.argument("file", type=FILE, metavar="FILE")
@of_tenant
@click.pass_obj
def apply(context: Context, file: Path, tenant: str) -> None:
    """Open the hook of a YAML file, or change its mapping.

    A new one gets an address and a secret, which is shown once.
    """
    mapping = from_yaml(file, schema.load, "Nothing was changed.")
    name = str(mapping["name"])

    home = context.settings.public_url or accounts.HOME_PAGE
    made, new = context.database.write(
        lambda c: store.apply(c, accounts.tenant(c, tenant), mapping, home, context.clock())
    )
    if not new:
        click.echo(f"changed: {name}. Its address and secret are as they were.")
        return
    click.echo(f"new: {name}")
    _tell_secret(context, made)


@hooks_group.command("list")
@of_tenant
@click.pass_obj
def list_hooks(context: Context, tenant: str) -> None:
    """List the hooks, with their addresses."""
    with context.database.read() as connection:
        every = store.hooks(connection, accounts.tenant(connection, tenant))
    rows = [("name", "address", "about")]
    rows += [(each.name, _address(context, each), each.mapping.get("about", "")) for each in every]
    print_table(rows)


@hooks_group.command("show")
@click.argument("name")
@of_tenant
@click.pass_obj
def show(context: Context, name: str, tenant: str) -> None:
    """Print a hook's mapping as YAML, to be changed and applied."""
    with context.database.read() as connection:
        there = store.hook(connection, accounts.tenant(connection, tenant), name)
    click.echo(written.as_yaml(there.mapping), nl=False)


@hooks_group.command("rotate")
@click.argument("name")
@click.option("--overlap", metavar="HOURS", type=click.IntRange(0, 720), default=24)
@of_tenant
@click.pass_obj
def rotate(context: Context, name: str, overlap: int, tenant: str) -> None:
    """Give a hook a new secret.

    The one it had stays good for the overlap, 24 hours unless said.
    """
    made = context.database.write(
        lambda c: store.rotate(
            c,
            accounts.tenant(c, tenant),
            name,
            overlap=timedelta(hours=overlap),
            now=context.clock(),
        )
    )
    _tell_secret(context, made)


@hooks_group.command("remove")
@click.argument("name")
@of_tenant
@click.pass_obj
def remove(context: Context, name: str, tenant: str) -> None:
    """Close a hook. What it delivered stays."""
    context.database.write(lambda c: store.remove(c, accounts.tenant(c, tenant), name))
    click.echo(f"{name} is closed.")


@hooks_group.command("test")
@click.argument("file", type=FILE, metavar="FILE")
@click.argument("sample", type=FILE, metavar="SAMPLE")
def test(file: Path, sample: Path) -> None:
    """Show what a mapping makes of a sample delivery.

    FILE is the mapping, SAMPLE a delivery as JSON. Needs no database, and stores nothing; nobody is
    looked up by NIP. Exit code 1 where something is wrong.
    """
    mapping = from_yaml(file, schema.load, "Nothing was changed.")
    made = hooks.preview(mapping, parse(sample.read_bytes()))
    for each in made.statements:
        click.echo(json.dumps(each, ensure_ascii=False, indent=2))
    for problem in made.problems:
        click.echo(f"wrong: {problem}", err=True)
    click.echo(f"{len(made.statements)} statements, {made.skipped} events left out by 'when'.")
    if made.problems:
        raise click.exceptions.Exit(1)


def _tell_secret(context: Context, made: store.Hook) -> None:
    click.echo(f"address  {_address(context, made)}")
    click.echo(f"secret   {made.secret}")
    told = made.mapping.get("signature") or {}
    how = (
        f"in the header {told['header']}"
        if told
        else f"in the header {inbound.SIGNATURE}: t=<seconds>,v1=<hex HMAC-SHA256 of t.body>"
    )
    click.echo(f"\nEach delivery is signed {how}. Copy the secret now: it is not shown again.")


def _address(context: Context, hook: store.Hook) -> str:
    return f"{context.settings.public_url.rstrip('/')}{hook.path}"


commands = (hooks_group,)
