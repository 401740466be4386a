"""`jejak`: everything an operator does without a browser."""

import importlib.metadata
import platform
from functools import cache

import click
from werkzeug.local import LocalProxy

from lrs import settings as table
from lrs import telemetry
from lrs.context import Context
from lrs.errors import JejakError
from lrs.settings import BadSetting, Settings


class Tidy(click.Group):
    """Turns what we raise on purpose into one sentence and exit code 1."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except (JejakError, BadSetting) as told:
            raise click.ClickException(str(told)) from told


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
        context.call_on_close(built.database.close)
        return built

    # A proxy, so that commands that need no database, and `--help`, never open one.
    context.obj = LocalProxy(build)


@main.command()
def version() -> None:
    """Print the version of Jejak and of what it stands on."""
    for name in ("jejak", "SQLAlchemy", "Flask", "granian"):
        click.echo(f"{name} {importlib.metadata.version(name)}")
    click.echo(f"Python {platform.python_version()}")


@main.command()
@click.option("--markdown", is_flag=True, help="Print the page docs/settings.md instead.")
def settings(markdown: bool) -> None:
    """List every setting: its value in force, its default, its meaning."""
    if markdown:
        click.echo(table.markdown(), nl=False)
        return
    for name, value, default, meaning in Settings.from_environ().lines():
        click.echo(f"{click.style(name, bold=True)}={value}")
        click.echo(f"    {meaning} Default: {default or 'none'}.")


@main.command()
@click.option("--host", help="Address to listen on, instead of JEJAK_HOST.")
@click.option("--port", type=int, help="Port to listen on, instead of JEJAK_PORT.")
@click.option("--workers", type=int, help="Server processes, instead of JEJAK_WORKERS.")
@click.option("--threads", type=int, help="Threads in each, instead of JEJAK_THREADS.")
def serve(**chosen: object) -> None:
    """Serve the record store until stopped.

    SIGTERM or Ctrl-C finishes the requests under way; SIGHUP replaces the server processes.
    """
    from lrs import server  # here: granian costs other commands half their start-up

    environ = {table.variable(name): str(value) for name, value in chosen.items() if value}
    server.serve(Settings.from_environ(environ))


if __name__ == "__main__":
    main()
