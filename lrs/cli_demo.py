"""`jejak demo`: a believable agency, to look at, to try with, to be judged by."""

from pathlib import Path

import click

from lrs import demo as agencies
from lrs.demo_agency import Habits, make


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
@click.option("--url", metavar="URL", help="Also send its statements there, such as …/xapi.")
@click.option("--key", help="A key of that store that may write statements.")
@click.option("--secret", help="The key's secret; asked for if it is not given.")
def demo(
    seed: int, people: int, out: Path, url: str | None, key: str | None, secret: str | None
) -> None:
    """Make a demonstration agency, with the truth beside it.

    Two years of people, trainings and work.

    Writes the lists that an admin would import, what its systems send, and the truth about it
    all. With --url its statements are sent there as its systems would send them.

    \b
      jejak demo --people 60 --out small
      jejak demo --url http://127.0.0.1:8080/xapi --key KEY --secret SECRET
    """
    if url and not key:
        raise click.UsageError("Sending needs --key: make one with 'jejak keys create'.")
    agency = make(Habits(seed=seed, people=people))
    agencies.write(agency, out)
    count = sum(len(request.statements) for request in agency.requests)
    click.echo(
        f"{len(agency.people)} people in {len(agency.units)} units, {len(agency.programmes)} "
        f"programmes, {count} statements in {len(agency.requests)} requests: see {out}"
    )
    if url and key:
        given = secret or click.prompt("Secret", hide_input=True)
        with click.progressbar(length=count, label="Sending") as bar:
            sent = agencies.send(agency, url, key, given, bar.update)
        click.echo(f"Sent {sent} statements to {url}")


commands = (demo,)
