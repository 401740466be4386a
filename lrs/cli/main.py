"""`jejak`: everything an operator does without a browser."""

import importlib.metadata
import platform
from datetime import UTC, datetime
from functools import cache

import click
from sqlalchemy.exc import DBAPIError
from werkzeug.local import LocalProxy

from lrs import server, telemetry
from lrs import settings as table
from lrs.cli import (
    accounts,
    adapters,
    cases,
    demo,
    figures,
    followup,
    hooks,
    imports,
    people,
    practice,
    programmes,
    records,
    webhooks,
)
from lrs.context import Context
from lrs.errors import JejakError
from lrs.settings import BadSetting, Settings
from lrs.store import distribution, health
from lrs.store import migrate as migrations
from lrs.store.accounts import HOME_PAGE, first_run
from lrs.store.engine import is_away


class Tidy(click.Group):
    """Turns what we raise on purpose into one sentence and exit code 1."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except (JejakError, BadSetting) as told:
            raise click.ClickException(str(told)) from told
        except DBAPIError as error:
            if not is_away(error):
                _tables(health.shape(context.obj.database))
            raise


def _tables(found: health.Finding) -> None:
    """Raises ClickException where the tables are not those of this version."""
    if not found.well:
        raise click.ClickException(f"The tables are not as they should be: {found.says}.")


@click.group(cls=Tidy, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Jejak, a learning record service: a complete xAPI record store.

    Settings come from environment variables; `jejak settings` lists them. What each command does:
    `jejak COMMAND --help`.
    """

    @cache
    def build() -> Context:
        settings = Settings.from_environ()
        telemetry.configure(settings)
        built = Context.build(settings)
        context.call_on_close(built.close)
        return built

    # A proxy, so that commands that need no database, and `--help`, never open one.
    context.obj = LocalProxy(build)


@main.command()
def version() -> None:
    """Print the version of Jejak and of what it stands on."""
    for name in ("jejak", "SQLAlchemy", "Flask", "waitress"):
        click.echo(f"{name} {importlib.metadata.version(name)}")
    click.echo(f"Python {platform.python_version()}")


@main.command()
@click.option("--markdown", is_flag=True, help="Print the page docs/settings.md instead.")
def settings(markdown: bool) -> None:
    """List every setting: value in force, default, meaning."""
    if markdown:
        click.echo(table.markdown(), nl=False)
        return
    for name, value, default, meaning in Settings.from_environ().lines():
        click.echo(f"{click.style(name, bold=True)}={value}")
        click.echo(f"    {meaning} Default: {default or 'none'}.")


@main.command()
@click.pass_obj
def migrate(context: Context) -> None:
    """Bring the tables to the shape that this version expects.

    Safe to run at any time and from several places at once; what is up to date is left alone.
    """
    _report_migrations(migrations.migrate(context.database))


@main.command()
@click.pass_obj
def init(context: Context) -> None:
    """Make a store ready: tables, the first key, the first admin.

    The key's secret and the admin's password are printed this once. Run again, it only brings the
    tables up to date.
    """
    _report_migrations(migrations.migrate(context.database))
    moment = datetime.now(UTC)
    home_page = context.settings.public_url or HOME_PAGE
    made = context.database.write(
        lambda connection: first_run(connection, now=moment, home_page=home_page)
    )
    if made is None:
        return
    click.echo(
        f"""
Made for this store, and shown this once. Only hashes are kept:

  first key    {made.key.public}
  its secret   {made.secret}
  admin        {made.login}
  password     {made.password}

An LMS sends with the key as its user name and the secret as its password (HTTP Basic).
"""
    )
    if home_page == HOME_PAGE:
        click.echo(
            f"What it sends will name {home_page} as its authority, for good: this store\n"
            "does not know its own address. Fine for a try; before real use set JEJAK_PUBLIC_URL\n"
            "and make a source for each system: jejak sources create --help\n"
        )


@main.command()
@click.option(
    "--shards",
    type=click.IntRange(1, 1024),
    default=distribution.SHARDS,
    show_default=True,
    help="Parts of each table; so many workers can have one.",
)
@click.option("--with-data", is_flag=True, help="Copy tables that hold much, shut to writers.")
@click.option("--dry-run", is_flag=True, help="Say how the tables stand, and change nothing.")
@click.pass_obj
def distribute(context: Context, shards: int, with_data: bool, dry_run: bool) -> None:
    """Spread the log over the workers of a Citus cluster.

    Statements, what they are found by, attachments and documents are distributed; all else stays on
    the coordinator, to which JEJAK_DATABASE_URL leads. Tables that are distributed already are left
    alone. How to set up the servers, and what it brings: docs/scaling.md.
    """
    database = context.database
    for each in (
        distribution.standing(database)
        if dry_run
        else distribution.distribute(database, shards, with_data=with_data)
    ):
        place = each.place
        beside = f", beside {place.beside.name}" if place.beside is not None else ""
        state = "already" if each.done else "not yet" if dry_run else "done"
        click.echo(f"{state:<8} {place.table.name} by {place.column}{beside}")


def _report_migrations(ran: list[str]) -> None:
    if ran:
        click.echo(f"Tables brought to {ran[-1]} ({len(ran)} steps).")


@main.command()
@click.pass_obj
def doctor(context: Context) -> None:
    """Look for what would keep Jejak from working well.

    Changes nothing. Exit code 1 when something was found.
    """
    limits = context.settings
    ill = 0
    for finding in health.look(
        context.database, largest=max(limits.body_limit, limits.document_limit)
    ):
        mark = click.style("ok  ", fg="green") if finding.well else click.style("BAD ", fg="red")
        click.echo(f"{mark} {finding.about:<11} {finding.says}")
        ill += not finding.well
    if ill:
        raise click.exceptions.Exit(1)


@main.command()
@click.option("--host", help="Address to listen on, instead of JEJAK_HOST.")
@click.option("--port", type=int, help="Port to listen on, instead of JEJAK_PORT.")
@click.option("--workers", type=int, help="Server processes, instead of JEJAK_WORKERS.")
@click.option("--threads", type=int, help="Threads in each, instead of JEJAK_THREADS.")
@click.pass_obj
def serve(context: Context, /, **chosen: int | str | None) -> None:
    """Serve the record store until stopped.

    SIGTERM or Ctrl-C finishes the requests under way; SIGHUP replaces the server processes.
    """
    settings = context.settings.changed(
        {name: str(value) for name, value in chosen.items() if value is not None}
    )
    found = health.shape(context.database)
    context.database.close()
    _tables(found)
    raise click.exceptions.Exit(server.serve(settings, lambda: _announce(settings)))


def _announce(settings: Settings) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    here = settings.public_url or f"http://{host}:{settings.port}"
    click.echo(f"Jejak serves. Endpoint for an LMS: {here}/xapi   (Ctrl-C stops it)")


for command in (
    *accounts.commands,
    *records.commands,
    *people.commands,
    *imports.commands,
    *adapters.commands,
    *hooks.commands,
    *practice.commands,
    *programmes.commands,
    *figures.commands,
    *followup.commands,
    *demo.commands,
    *webhooks.commands,
    *cases.commands,
):
    main.add_command(command)
