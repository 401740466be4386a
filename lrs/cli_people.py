"""Commands over the register of people: lists that come in, and decisions on who is who."""

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from lrs import people as register_of_people
from lrs import spreadsheets
from lrs.cli_accounts import of_tenant, print_table
from lrs.context import Context
from lrs.people import COLUMNS, Outcome, Reading
from lrs.practice.cases import days
from lrs.store import accounts, register
from lrs.store.engine import Database

#: Who the register says has entered what is entered here.
BY = "the command line"

Importer = Callable[[Connection, int, spreadsheets.Sheet, Reading], Outcome]


@click.group("people")
def people_group() -> None:
    """People of the register, their posts and accounts."""


def _list_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--dry-run", is_flag=True, help="Only tell what would be entered."),
        click.option(
            "--column",
            "columns",
            multiple=True,
            metavar="WORD=HEADING",
            help=f"Which column is meant. Words: {', '.join(COLUMNS)}.",
        ),
        click.argument(
            "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE"
        ),
    ):
        command = option(command)
    return of_tenant(click.pass_obj(command))


@people_group.command("import")
@click.option("--lms", metavar="HOMEPAGE", help="The list is this LMS's own download of users.")
@click.option(
    "--account-column",
    type=click.Choice(["id", "username"]),
    default="id",
    show_default=True,
    help="By which column the LMS names its users in statements.",
)
@_list_options
def import_people(
    context: Context,
    file: Path,
    columns: tuple[str, ...],
    dry_run: bool,
    tenant: str,
    lms: str | None,
    account_column: str,
) -> None:
    """Enter a list of people: CSV, XLSX or ODS.

    Numbers (NIP, NI PPPK), names, units, positions, superiors, mail and phone. A list that comes
    again enters only what changed. Rows with a fault are told and left out.
    """
    reading = Reading(
        today=context.clock().date(),
        columns=_chosen(columns),
        home=lms,
        account_column=account_column,
    )
    _import(context, tenant, file, reading, register_of_people.import_people, dry_run)


@people_group.command("events")
@_list_options
def import_events(
    context: Context, file: Path, columns: tuple[str, ...], dry_run: bool, tenant: str
) -> None:
    """Enter a list of moves, promotions and retirements.

    Columns: the number, the event (mutasi, promosi, atasan baru, pensiun, berhenti, tugas
    belajar), its day, and the new unit, position and superior.
    """
    reading = Reading(today=context.clock().date(), columns=_chosen(columns))
    _import(context, tenant, file, reading, register_of_people.import_events, dry_run)


@people_group.command("accounts")
@_list_options
def import_accounts(
    context: Context, file: Path, columns: tuple[str, ...], dry_run: bool, tenant: str
) -> None:
    """Enter which accounts of which LMS are whose.

    Columns: the number, the home page of the account as statements have it, its name.
    """
    reading = Reading(today=context.clock().date(), columns=_chosen(columns))
    _import(context, tenant, file, reading, register_of_people.import_accounts, dry_run)


def _chosen(columns: tuple[str, ...]) -> Mapping[str, str]:
    pairs = [each.partition("=") for each in columns]
    for word, equals, _ in pairs:
        if not equals:
            raise click.UsageError(f"--column {word}: write it as WORD=HEADING.")
    return {word.strip(): heading.strip() for word, _, heading in pairs}


def _import(
    context: Context, tenant: str, file: Path, reading: Reading, work: Importer, dry_run: bool
) -> None:
    owner = _tenant(context.database, tenant)
    sheet = spreadsheets.read(file.read_bytes(), file.name)

    def enter(connection: Connection) -> Outcome:
        outcome = work(connection, owner.id, sheet, reading)
        register.append(connection, owner.id, outcome.facts, f"{BY}: {file.name}")
        return outcome

    if dry_run:
        with context.database.read() as connection:
            outcome = work(connection, owner.id, sheet, reading)
    else:
        outcome = context.database.write(enter)
    unread = [problem for row in sheet.rows for problem in row.problems]
    for problem in (*unread, *outcome.problems):
        click.echo(f"Left out: {problem}", err=True)
    for note in outcome.notes:
        click.echo(f"Note: {note}.", err=True)
    told = f"{outcome.new} new, {outcome.changed} changed, {outcome.unchanged} unchanged"
    left_out = len({problem.path.partition(",")[0] for problem in (*unread, *outcome.problems)})
    told += f", {left_out} rows left out" if left_out else ""
    click.echo(f"Nothing was entered. It would be: {told}." if dry_run else f"Entered: {told}.")
    if left_out:
        raise click.exceptions.Exit(1)


def _tenant(database: Database, name: str) -> accounts.Tenant:
    with database.read() as connection:
        return accounts.tenant(connection, name)


@people_group.command("find")
@click.argument("words")
@of_tenant
@click.pass_obj
def find(context: Context, words: str, tenant: str) -> None:
    """Find people by a part of their name."""
    owner = _tenant(context.database, tenant)
    today = days(context.clock().date())
    with context.database.read() as connection:
        found = register.search(connection, owner.id, words, 50)
        known = register.people(connection, owner.id, [person for person, _ in found])
        units = register.units(connection, owner.id)
    rows = [("id", "name", "unit", "position")]
    for person, _ in found:
        post = known[person].post(today)
        unit = units.get(post.unit, ("", {}))[0] if post and post.unit else ""
        title = post.title if post and post.title else ""
        rows.append((str(uuid.UUID(bytes=person)), known[person].name, unit, title))
    print_table(rows)


@people_group.command("unknown")
@click.option("--confirm", is_flag=True, help="Confirm every one that may be somebody.")
@of_tenant
@click.pass_obj
def unknown(context: Context, confirm: bool, tenant: str) -> None:
    """List who is in learning records and not in the register.

    And who they may be: somebody whose number an account is named by. Nobody is proposed for a
    like name.
    """
    owner = _tenant(context.database, tenant)

    def work(connection: Connection) -> list[register_of_people.Unknown]:
        found = register_of_people.unknown(connection, owner.id)
        for each in found:
            if confirm and each.person:
                register_of_people.confirm(connection, owner.id, each.person, each.identifier, BY)
        return found

    if confirm:
        found = context.database.write(work)
        proposed = [each for each in found if each.person]
        click.echo(f"Confirmed {len(proposed)} of {len(found)}.")
        found = [each for each in found if not each.person]
    else:
        with context.database.read() as connection:
            found = work(connection)
    rows = [("identifier", "name", "records", "may be")]
    for each in found:
        may_be = f"{uuid.UUID(bytes=each.person)}: {each.why}" if each.person else ""
        rows.append(
            (" ".join(each.identifier[1].split("\n")), each.name or "", str(each.events), may_be)
        )
    print_table(rows)


@people_group.command("merge")
@click.argument("person", type=click.UUID)
@click.argument("into", type=click.UUID)
@of_tenant
@click.pass_obj
def merge(context: Context, person: uuid.UUID, into: uuid.UUID, tenant: str) -> None:
    """Decide that two people are one."""
    owner = _tenant(context.database, tenant)
    context.database.write(
        lambda c: register_of_people.merge(c, owner.id, person.bytes, into.bytes, BY)
    )
    click.echo(f"{person} is {into} from now on. 'jejak people part {person}' takes it back.")


@people_group.command("part")
@click.argument("person", type=click.UUID)
@of_tenant
@click.pass_obj
def part(context: Context, person: uuid.UUID, tenant: str) -> None:
    """Take back a merge."""
    owner = _tenant(context.database, tenant)
    context.database.write(lambda c: register_of_people.part(c, owner.id, person.bytes, BY))
    click.echo(f"{person} stands alone again.")


def _identifier_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--mail", metavar="ADDRESS", help="A mailbox."),
        click.option(
            "--account", nargs=2, metavar="HOMEPAGE NAME", help="An account, as statements name it."
        ),
        click.argument("person", type=click.UUID),
    ):
        command = option(command)
    return of_tenant(click.pass_obj(command))


def _identifier(mail: str | None, account: tuple[str, str] | None) -> tuple[str, str]:
    if (mail is None) == (account is None):
        raise click.UsageError("Give either --mail or --account.")
    return ("mbox", f"mailto:{mail}") if account is None else ("account", "\n".join(account))


@people_group.command("confirm")
@_identifier_options
def confirm(
    context: Context,
    person: uuid.UUID,
    mail: str | None,
    account: tuple[str, str] | None,
    tenant: str,
) -> None:
    """Decide that an account or mailbox is a person's."""
    identifier, owner = _identifier(mail, account), _tenant(context.database, tenant)
    context.database.write(
        lambda c: register_of_people.confirm(c, owner.id, person.bytes, identifier, BY)
    )
    click.echo(f"It means {person} from now on.")


@people_group.command("refuse")
@_identifier_options
def refuse(
    context: Context,
    person: uuid.UUID,
    mail: str | None,
    account: tuple[str, str] | None,
    tenant: str,
) -> None:
    """Decide that an account or mailbox is not a person's."""
    identifier, owner = _identifier(mail, account), _tenant(context.database, tenant)
    context.database.write(
        lambda c: register_of_people.refuse(c, owner.id, person.bytes, identifier, BY)
    )
    click.echo(f"It no longer means {person}, and imports will not say so again.")


commands = (people_group,)
