"""`jejak demo`: a believable agency, to look at, to try with, to be judged by."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click
import waitress

from lrs import projector
from lrs.adapters import Adapters
from lrs.app import create_app
from lrs.context import Context
from lrs.demo import deeds, files
from lrs.demo.agency import Agency, Habits, make
from lrs.errors import Conflict
from lrs.store import accounts, practice

#: The tenant that the agency becomes, apart from what is there already.
TENANT = "demo"


@click.command()
@click.option("--seed", default=1, show_default=True, help="Another seed, another agency.")
@click.option(
    "--people",
    default=1200,
    show_default=True,
    type=click.IntRange(min=20, max=20000),
    help="How many people it has.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Folder for its files.",
)
@click.option(
    "--fill",
    is_flag=True,
    help="Fill this installation with it: lists, statements over HTTP, evidence, verdicts.",
)
@click.option("--url", metavar="URL", help="Only send its statements there, such as …/xapi.")
@click.option("--key", help="A key of that store that may write statements.")
@click.option("--secret", help="The key's secret; asked for if it is not given.")
@click.pass_obj
def demo(
    context: Context,
    seed: int,
    people: int,
    out: Path,
    fill: bool,
    url: str | None,
    key: str | None,
    secret: str | None,
) -> None:
    """Make a demonstration agency, with the truth beside it.

    Two years of people, trainings and work.

    Writes the lists that an admin would import, what its systems send, and the truth about it
    all. With --fill this installation's store gets it as a tenant of its own, 'demo': an admin
    enters the lists, its systems send over HTTP, its people hand in, answer and decide. With --url
    only its statements are sent, to that store.

    \b
      jejak demo --people 60 --out small
      jejak demo --people 200 --fill
      jejak demo --url http://127.0.0.1:8080/xapi --key KEY --secret SECRET
    """
    if url and not key:
        raise click.UsageError("Sending needs --key: make one with 'jejak keys create'.")
    agency = make(Habits(seed=seed, people=people))
    files.write(agency, out)
    count = sum(len(request.statements) for request in agency.requests)
    click.echo(
        f"{len(agency.people)} people in {len(agency.units)} units, {len(agency.programmes)} "
        f"programmes, {count} statements in {len(agency.requests)} requests: see {out}"
    )
    if url and key:
        _send(agency, url, key, secret or click.prompt("Secret", hide_input=True))
    if fill:
        _fill(context, agency, out)


def _send(agency: Agency, url: str, key: str, secret: str) -> None:
    count = sum(len(request.statements) for request in agency.requests)
    with click.progressbar(length=count, label="Sending") as bar:
        sent = files.send(agency, url, key, secret, bar.update)
    click.echo(f"Sent {sent} statements to {url}")


def _fill(context: Context, agency: Agency, folder: Path) -> None:
    database, now = context.database, context.clock()
    with database.read() as connection:
        there = [each.name for each in accounts.tenants(connection)]
    if TENANT in there:
        raise Conflict(
            f"There is a tenant {TENANT} already.",
            "The agency is there: look at it, or begin with another JEJAK_DATA_DIR.",
        )
    tenant = database.write(lambda c: accounts.create_tenant(c, TENANT, now))
    home = context.settings.public_url or accounts.HOME_PAGE
    authority = accounts.default_authority(home, f"{TENANT}-systems")
    database.write(lambda c: accounts.create_source(c, tenant, "systems", authority, now))
    made = database.write(
        lambda c: accounts.create_key(
            c,
            tenant,
            "systems",
            now=now,
            scopes=("statements/write",),
            expires=now + timedelta(days=1),
        )
    )
    for problem in deeds.enter_lists(database, tenant, agency, folder):
        click.echo(f"Not entered: {problem}", err=True)
    click.echo("Entered people, moves, accounts, programmes.")
    with _door(context) as url:
        _send(agency, url, made.key.public, made.secret)
    adapters = Adapters.installed()

    def project() -> None:
        projector.catch_up(database, tenant, adapters)

    with click.progressbar(length=len(agency.actions), label="At work") as bar:
        done = deeds.enact(database, tenant, agency.actions, project, bar.update)
    told = ", ".join(f"{count} {what}" for what, count in sorted(done.done.items()))
    click.echo(f"Done by its people: {told}; not taken: {len(done.refused)}.")
    with database.read() as connection:
        tally = practice.tally(connection, tenant.id)
    click.echo(
        f"The tenant {TENANT} holds {tally.cases} cases and {tally.links} links,"
        f" {tally.accepted} of them accepted."
    )


@contextmanager
def _door(context: Context) -> Iterator[str]:
    """This installation's xAPI door on a port of its own, for as long as it takes."""
    server = waitress.create_server(create_app(context), host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}/xapi"
    finally:
        server.close()
        thread.join(timeout=5)


commands = (demo,)
