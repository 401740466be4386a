"""Commands that take in what people keep outside: lists of participants, of evidence, reports."""

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from lrs import imports, imports_evidence, imports_reports, imports_submissions
from lrs.cli.accounts import FILE, of_tenant, print_table
from lrs.context import Context
from lrs.errors import Problem
from lrs.learning import COMPLETED, INVITED
from lrs.practice import files
from lrs.practice.cases import date_of
from lrs.practice.submissions import Proposed
from lrs.settings import Settings
from lrs.store import accounts

#: Who the register says has entered what is entered here.
BY = "the command line"

#: Who hands in what is handed in here, unless another is named.
_USER = "user:command-line"


@click.group("imports")
def imports_group() -> None:
    """Take in lists of participants, lists of evidence, and reports."""


def chosen(columns: tuple[str, ...]) -> dict[str, str]:
    """The columns named on the command line. Raises click's error for one without `=`."""
    pairs = [each.partition("=") for each in columns]
    for word, equals, _ in pairs:
        if not equals:
            raise click.UsageError(f"--column {word}: write it as WORD=HEADING.")
    return {word.strip(): heading.strip() for word, _, heading in pairs}


def list_options(words: Sequence[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What commands that read a list have in common."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in (
            click.option("--dry-run", is_flag=True, help="Only tell what would be entered."),
            click.option("--sheet", metavar="NAME", help="The sheet to be read, by its name."),
            click.option(
                "--column",
                "columns",
                multiple=True,
                metavar="WORD=HEADING",
                help=f"Which column is meant. Words: {', '.join(words)}.",
            ),
            click.argument("file", type=FILE, metavar="FILE"),
        ):
            command = option(command)
        return of_tenant(click.pass_obj(command))

    return add


def _participation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--programme", metavar="IRI", help="The programme that all rows mean."),
        click.option(
            "--course", metavar="IRI|TITLE", help="The course meant by rows that name none."
        ),
        click.option("--cohort", metavar="NAME", help="The cohort of rows that name none."),
        click.option(
            "--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="The day, for rows without one."
        ),
        click.option("--lms", metavar="HOMEPAGE", help="Home page of the accounts of the LMS."),
        click.option(
            "--account-column",
            type=click.Choice(["id", "username"]),
            default="id",
            show_default=True,
            help="By which column the LMS names its users in statements.",
        ),
        click.option(
            "--add-people", is_flag=True, help="Enter who is not in the register there first."
        ),
        click.option(
            "--erased-too", is_flag=True, help="With --add-people: also enter who was erased."
        ),
    ):
        command = option(command)
    return list_options(tuple(imports.COLUMNS))(command)


@imports_group.command("completions")
@_participation_options
def completions(context: Context, /, **told: Any) -> None:
    """Enter who completed, attended or enrolled: CSV, XLSX or ODS.

    A row names a person by number or mail address, a course, and days or a status; the row of
    headings may stand below a title. Each becomes a statement in the learning store, marked as
    imported. A list that comes again enters only what is new. Exit code 1 where rows were left
    out.
    """
    participation(context, COMPLETED, **told)


@imports_group.command("rosters")
@_participation_options
def rosters(context: Context, /, **told: Any) -> None:
    """Enter who was invited to a course: CSV, XLSX or ODS.

    Lists of who was called (undangan). As `completions`, but a row that tells no more than a day
    says that somebody was invited.
    """
    participation(context, INVITED, **told)


def participation(
    context: Context,
    kind: str,
    *,
    file: Path,
    columns: tuple[str, ...],
    dry_run: bool,
    tenant: str,
    sheet: str | None,
    on: Any,
    lms: str | None,
    **told: Any,
) -> None:
    """Plan a list, tell what came of it, and enter it unless told not to."""
    today: date = date_of(context.clock())
    reading = imports.Reading(
        today=today,
        columns=chosen(columns),
        kind=kind,
        on=on.date() if on else None,
        home=lms,
        **told,
    )
    table = imports.read(file.read_bytes(), file.name, sheet)
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        planned = imports.plan(connection, owner, table, reading, file.name)
    tell_columns(planned.columns)
    tell_problems(planned.problems, planned.notes)
    for row in planned.unknown:
        cells = ", ".join(" ".join(cell.split()) for cell in row.cells.values() if cell)
        click.echo(f"Left out: row {row.number}: nobody in the register: {cells}", err=True)
    if planned.unknown:
        click.echo(
            "People who are not in the register are left out; --add-people enters them.", err=True
        )
    tell_erased(planned.erased, reading.erased_too)
    left_out = f", {planned.left_out} rows left out" if planned.left_out else ""
    if dry_run:
        people = f", {planned.added} people" if planned.added else ""
        click.echo(
            f"Nothing was entered. It would be: {planned.new} new records{people},"
            f" {planned.there} stand already{left_out}."
        )
    else:
        settings = context.settings
        done = imports.enter(
            context.database,
            owner,
            planned,
            by=BY,
            now=context.clock(),
            home_page=settings.public_url or accounts.HOME_PAGE,
        )
        people = f", {done.people} people" if done.people else ""
        click.echo(
            f"Entered: {done.statements} records{people}; {planned.there} stood already{left_out}."
        )
    if planned.left_out:
        raise click.exceptions.Exit(1)


@imports_group.command("evidence")
@click.option("--programme", metavar="IRI", help="The programme of rows that name none.")
@click.option(
    "--kind",
    type=click.Choice(sorted(set(imports_evidence.KINDS.values()))),
    default="artefact",
    show_default=True,
    help="What rows are that do not say.",
)
@click.option("--scale", type=float, default=4, show_default=True, help="The highest rating.")
@click.option(
    "--files",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the files that rows name; else where the list is.",
)
@list_options(tuple(imports_evidence.COLUMNS))
def evidence(
    context: Context,
    /,
    file: Path,
    columns: tuple[str, ...],
    dry_run: bool,
    tenant: str,
    sheet: str | None,
    folder: Path | None,
    **told: Any,
) -> None:
    """Hand in evidence of work from a list: CSV, XLSX or ODS.

    A row names a person by number or mail address, the day, what was done, and may say what kind
    of evidence it is, of which behaviour, who says so, a rating, a link and a file beside the
    list. A list that comes again hands in only what is new. Exit code 1 where rows were left out.
    """
    limit, allowed = file_rules(context.settings)
    reading = imports_evidence.Reading(
        today=date_of(context.clock()),
        by=_USER,
        columns=chosen(columns),
        limit=limit,
        allowed=allowed,
        **told,
    )
    table = imports_evidence.read(file.read_bytes(), file.name, sheet)
    opener = _beside(folder or file.parent)
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        planned = imports_evidence.plan(connection, owner, table, reading, file.name, opener)
    tell_columns(planned.columns)
    tell_problems(planned.problems, planned.notes)
    left_out = f", {planned.left_out} rows left out" if planned.left_out else ""
    if dry_run:
        click.echo(
            f"Nothing was handed in. It would be: {planned.new} new, {planned.there} stand"
            f" already{left_out}."
        )
    else:
        done = imports_evidence.enter(context.database, owner, planned, now=context.clock())
        click.echo(f"Handed in: {done}; {planned.there} stood already{left_out}.")
    if planned.left_out:
        raise click.exceptions.Exit(1)


def file_rules(settings: Settings) -> tuple[int, frozenset[str]]:
    """The largest file that is taken, and the content types."""
    allowed = frozenset(settings.evidence_types.split()) or frozenset(files.TYPES)
    return settings.evidence_limit, allowed


def _beside(folder: Path) -> imports_evidence.Opener:
    """Opens files of a folder, and of no other."""

    def opener(name: str) -> bytes | None:
        path = folder / name
        inside = path.resolve().is_relative_to(folder.resolve())
        return path.read_bytes() if inside and path.is_file() else None

    return opener


@imports_group.command("report")
@click.argument("file", type=FILE, metavar="FILE")
@click.option("--accept", is_flag=True, help="Hand it in, as read or as mended by options.")
@click.option(
    "--mentor-is-superior",
    is_flag=True,
    help="With --accept: the mentor who signed is the superior; the register is told so.",
)
@click.option(
    "--add-mentor",
    is_flag=True,
    help="With --mentor-is-superior: enter the mentor in the register, if they are not there.",
)
@click.option("--erased-too", is_flag=True, help="With --add-mentor: also where they were erased.")
@click.option("--person", type=click.UUID, help="Whose report it is, by the register's id.")
@click.option("--mentor", type=click.UUID, help="Who signed as mentor, by the register's id.")
@click.option("--title", default="", help="The title, where another was read.")
@click.option(
    "--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="The day on which the work was done."
)
@click.option("--programme", metavar="IRI", help="The programme that it was made for.")
@of_tenant
@click.pass_obj
def report(
    context: Context,
    file: Path,
    accept: bool,
    mentor_is_superior: bool,
    add_mentor: bool,
    erased_too: bool,
    person: Any,
    mentor: Any,
    title: str,
    on: Any,
    programme: str | None,
    tenant: str,
) -> None:
    """Read a report of aktualisasi or aksi perubahan (PDF).

    Tells what it says of itself, on which page, and how sure that is. With --accept it is handed
    in as a project of the learner, with the PDF attached. Exit code 1 where it is a scan, or
    whose it is could not be told.
    """
    limit, _ = file_rules(context.settings)
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        found = imports_reports.propose(
            connection, owner, file.read_bytes(), file.name, limit=limit
        )
    print_table(
        [
            ("what", "read", "page", "sure"),
            *(
                (each.what, each.value, str(each.page), f"{each.confidence:.0%}")
                for each in found.read.findings
            ),
        ]
    )
    for word, meant in (("author", found.author), ("mentor", found.mentor)):
        if meant is not None:
            click.echo(
                f"The {word} is {meant.name} of the register ({uuid.UUID(bytes=meant.person)})."
            )
    tell_problems((), found.notes)
    if not accept:
        click.echo("Nothing was handed in; --accept does it.")
        if found.read.scanned or found.author is None:
            raise click.exceptions.Exit(1)
        return
    accepted = {imports_reports.SUPERIOR} if mentor_is_superior else set()
    accepted |= {imports_reports.ADD_MENTOR} if add_mentor else set()
    accepted |= {imports_reports.ERASED_TOO} if erased_too else set()
    done = context.database.write(
        lambda c: imports_reports.accept(
            c,
            owner,
            found,
            by=_USER,
            now=context.clock(),
            accepted=accepted,
            person=person.bytes if person else None,
            mentor=mentor.bytes if mentor else None,
            done_on=on.date() if on else None,
            title=title,
            programme=programme,
        )
    )
    click.echo(f"Handed in as {done.statement}.")
    if done.superior:
        click.echo("The mentor is entered as the superior, confirmed by the lembar pengesahan.")


@imports_group.command("submissions")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what was handed in since that day."
)
@click.option("--accept", multiple=True, metavar="STATEMENT", help="Hand this one in as evidence.")
@click.option("--accept-all", is_flag=True, help="Hand in all that are of somebody known.")
@click.option("--dismiss", multiple=True, metavar="STATEMENT", help="Say that this one is none.")
@of_tenant
@click.pass_obj
def list_submissions(
    context: Context,
    since: datetime | None,
    accept: tuple[str, ...],
    accept_all: bool,
    dismiss: tuple[str, ...],
    tenant: str,
) -> None:
    """List what was handed in to an LMS and may be plans.

    Or reports: told by the words of the task, such as rancangan aktualisasi, rencana aksi, RTL,
    laporan. Of what was handed in again for the same task, the last.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        begin = since.replace(tzinfo=UTC) if since else None
        found = imports_submissions.proposals(connection, owner, since=begin).found
    wanted = list(accept)
    if accept_all:
        wanted = [each.proposed.statement for each in found if each.state == "proposed"]
    if dismiss:
        gone = context.database.write(
            lambda c: imports_submissions.dismiss(c, owner, dismiss, _USER)
        )
        click.echo(f"Dismissed: {gone}.")
    if wanted:
        done = context.database.write(
            lambda c: imports_submissions.accept(c, owner, wanted, by=_USER, now=context.clock())
        )
        click.echo(f"Handed in: {len(done)}.")
    if wanted or dismiss:
        return
    rows = [("statement", "day", "who", "as", "task", "state")]
    for each in found:
        told = each.proposed
        state = "of nobody known" if each.state == "unknown" else each.state
        rows.append((told.statement, _day(told), each.name, told.of, told.title, state))
    print_table(rows)


def _day(told: Proposed) -> str:
    return date_of(datetime.fromtimestamp(told.at / 1_000_000, UTC)).isoformat()


def tell_erased(number: int, taken: bool) -> None:
    """That people of the list were erased, and how they are taken in all the same."""
    if number and not taken:
        click.echo("People who were erased are left out; --erased-too takes them in.", err=True)


def tell_columns(columns: Any) -> None:
    """Which heading was taken for what."""
    print_table([("column", "taken for"), *((of, word) for word, of in columns.items())])


def tell_problems(problems: Sequence[Problem], notes: Sequence[str]) -> None:
    """What is left out and what to look at."""
    for problem in problems:
        click.echo(f"Left out: {problem}", err=True)
    for note in notes:
        click.echo(f"Note: {note.removesuffix('.')}.", err=True)


commands = (imports_group,)
