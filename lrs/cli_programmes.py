"""Commands over programmes: what graduates are expected to do at work, and how it is followed."""

from pathlib import Path

import click
import yaml

from lrs import programmes
from lrs.cli_accounts import of_tenant, print_table
from lrs.context import Context
from lrs.errors import NotFound, Problem, Refused
from lrs.store import accounts
from schemas.programmes import courses_of, dump, load


@click.group("programmes")
def programmes_group() -> None:
    """Programmes, their cohorts, behaviours and windows."""


@programmes_group.command("apply")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE"
)
@click.option("--dry-run", is_flag=True, help="Only tell what would change.")
@of_tenant
@click.pass_obj
def apply(context: Context, file: Path, dry_run: bool, tenant: str) -> None:
    """Enter the programmes of a YAML file.

    New ones and those that changed; one that stands as written is left alone, and so is what the
    file does not name. Cases follow by themselves.
    """
    try:
        tree = yaml.safe_load(file.read_bytes())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refused(Problem(file.name, f"This is no YAML: {error}")) from error
    try:
        given = load(tree)
    except Refused as refused:
        for problem in refused.problems[:50]:
            click.echo(f"{file.name}: {problem}", err=True)
        raise click.ClickException("Nothing was entered.") from refused
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        done = programmes.plan(connection, owner.id, given)
    if not dry_run:
        by = f"the command line: {file.name}"
        done = context.database.write(lambda c: programmes.apply(c, owner.id, given, by))
    for word, iris in (("new", done.new), ("changed", done.changed)):
        for iri in iris:
            click.echo(f"{word}: {iri}")
    told = f"{len(done.new)} new, {len(done.changed)} changed, {len(done.unchanged)} unchanged"
    click.echo(f"Nothing was entered. It would be: {told}." if dry_run else f"Entered: {told}.")


@programmes_group.command("list")
@of_tenant
@click.pass_obj
def list_programmes(context: Context, tenant: str) -> None:
    """List the programmes in force."""
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        every = programmes.in_force(connection, owner.id)
    rows = [("title", "iri", "cohorts", "courses", "behaviours", "depth")]
    rows += [
        (
            each.title,
            each.iri,
            str(len(each.cohorts)),
            str(len(courses_of(each))),
            str(len(each.behaviours)),
            each.depth,
        )
        for each in every
    ]
    print_table(rows)


@programmes_group.command("show")
@click.argument("iri", required=False)
@of_tenant
@click.pass_obj
def show(context: Context, iri: str | None, tenant: str) -> None:
    """Print programmes as YAML, to be changed and applied.

    All of them, or the one with this IRI.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        every = programmes.in_force(connection, owner.id)
    chosen = [each for each in every if iri in (None, each.iri)]
    if iri is not None and not chosen:
        raise NotFound(f"a programme {iri}")
    tree = {"programmes": [dump(each) for each in chosen]}
    click.echo(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=100), nl=False)


commands = (programmes_group,)
