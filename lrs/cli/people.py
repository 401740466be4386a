"""Commands over the register of people and units: lists that come in, and decisions on them."""

import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from lrs import identities, spreadsheets, units
from lrs import people as register_of_people
from lrs.cli import rights
from lrs.cli.accounts import FILE, of_tenant, print_table
from lrs.cli.imports import tell_erased
from lrs.context import Context
from lrs.people import COLUMNS, Outcome, Reading
from lrs.practice.cases import date_of, days
from lrs.store import accounts, register
from lrs.store.engine import Database
from lrs.store.register import Assignment

#: Who the register says has entered what is entered here.
BY = "the command line"

#: Why an identifier may be somebody's, or two people one.
_WHY = {
    "number": "the account is named by their number",
    "mail hash": "it is the SHA-1 of their mailbox",
    "mail case": "it is their mail address, case aside",
    "number in mail": "the mailbox is named by their number",
    "mail as account": "the account is named by their mail address",
    "account and name": "they have an account of that name elsewhere, and the name is theirs",
    "birth, sex and name": "same name, and birth date and sex in the number",
    "mail and name": "same mail address and name",
    "phone and name": "same phone and name",
    "mail": "same mail address",
}
_CONFLICTS = {
    "shared": "confirmed for several people at one time",
    "numbers": "one person with several NIP",
    "number of another": "an account named by the number of somebody else",
    "mail": "one mail address under several names",
    "ambiguous": "may mean several people alike",
}

_EPOCH = date(1970, 1, 1)

Importer = Callable[[Connection, int, spreadsheets.Sheet, Reading], Outcome]


@click.group("people")
def people_group() -> None:
    """People of the register, their posts and accounts."""


for _each in rights.commands:
    people_group.add_command(_each)


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
        click.argument("file", type=FILE, metavar="FILE"),
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
@click.option("--erased-too", is_flag=True, help="Take in anew who was erased.")
@_list_options
def import_people(
    context: Context,
    file: Path,
    columns: tuple[str, ...],
    dry_run: bool,
    tenant: str,
    lms: str | None,
    account_column: str,
    erased_too: bool,
) -> None:
    """Enter a list of people: CSV, XLSX or ODS.

    Numbers (NIP, NI PPPK), names, units, positions, superiors, mail and phone. A list that comes
    again enters only what changed. Rows with a fault are told and left out.
    """
    reading = Reading(
        today=date_of(context.clock()),
        columns=_chosen(columns),
        home=lms,
        account_column=account_column,
        erased_too=erased_too,
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
    reading = Reading(today=date_of(context.clock()), columns=_chosen(columns))
    _import(context, tenant, file, reading, register_of_people.import_events, dry_run)


@people_group.command("accounts")
@_list_options
def import_accounts(
    context: Context, file: Path, columns: tuple[str, ...], dry_run: bool, tenant: str
) -> None:
    """Enter which accounts of which LMS are whose.

    Columns: the number, the home page of the account as statements have it, its name.
    """
    reading = Reading(today=date_of(context.clock()), columns=_chosen(columns))
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
    tell_erased(outcome.erased, reading.erased_too)
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
    today = days(date_of(context.clock()))
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
@click.option("--confirm", is_flag=True, help="Confirm all of which it is sure who they are.")
@of_tenant
@click.pass_obj
def unknown(context: Context, confirm: bool, tenant: str) -> None:
    """List who is in learning records and not in the register.

    And who they may be, with the reasons and how sure that is, of 1000. Nobody is proposed for a
    like name alone.
    """
    owner = _tenant(context.database, tenant)
    with context.database.read() as connection:
        found = identities.unknown(connection, owner.id)
    if confirm:
        done = context.database.write(lambda c: identities.confirm_sure(c, owner.id, BY, found))
        click.echo(f"Confirmed {done}.")
        found = [each for each in found if each.sure is None]
    rows = [("identifier", "name", "records", "may be")]
    for each in found:
        for n, candidate in enumerate(each.candidates or (None,)):
            first = (_written(each.identifier[1]), each.name or "", str(each.events))
            may_be = ""
            if candidate is not None:
                why = ", ".join(_WHY[reason] for reason in candidate.reasons)
                may_be = f"{uuid.UUID(bytes=candidate.person)} ({candidate.confidence}): {why}"
            rows.append((*(first if n == 0 else ("", "", "")), may_be))
    print_table(rows)


@people_group.command("doubles")
@of_tenant
@click.pass_obj
def doubles(context: Context, tenant: str) -> None:
    """List people who may be in the register twice.

    'merge' makes two one, 'distinct' says that they are not, and they are not listed again.
    """
    owner = _tenant(context.database, tenant)
    with context.database.read() as connection:
        found = identities.doubles(connection, owner.id)
        known = register.people(
            connection, owner.id, {who for pair in found for who in (pair.one, pair.other)}
        )
    rows = [("one", "name", "other", "name", "why")]
    for pair in found:
        why = ", ".join(_WHY[reason] for reason in pair.reasons)
        one, other = (
            (str(uuid.UUID(bytes=who)), known[who].name) for who in (pair.one, pair.other)
        )
        rows.append((*one, *other, f"{why} ({pair.confidence})"))
    print_table(rows)


@people_group.command("conflicts")
@of_tenant
@click.pass_obj
def conflicts(context: Context, tenant: str) -> None:
    """List where the register contradicts itself.

    Exit code 1 where it does.
    """
    owner = _tenant(context.database, tenant)
    with context.database.read() as connection:
        found = identities.conflicts(connection, owner.id)
        known = register.people(connection, owner.id, {who for e in found for who in e.people})
    for each in found:
        click.echo(f"{_CONFLICTS[each.what]}: {_written(each.about)}")
        for who in each.people:
            click.echo(f"    {uuid.UUID(bytes=who)} {known[who].name}")
    if found:
        raise click.exceptions.Exit(1)
    click.echo("The register does not contradict itself.")


@people_group.command("distinct")
@click.argument("person", type=click.UUID)
@click.argument("other", type=click.UUID)
@of_tenant
@click.pass_obj
def distinct(context: Context, person: uuid.UUID, other: uuid.UUID, tenant: str) -> None:
    """Decide that two people are not one, however alike."""
    owner = _tenant(context.database, tenant)
    context.database.write(
        lambda c: identities.part_for_good(c, owner.id, person.bytes, other.bytes, BY)
    )
    click.echo("They are two, and will not be proposed as one again.")


def _written(text: str) -> str:
    return " ".join(text.split("\n"))


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


def _identifier_decision(
    name: str, decide: Callable[..., None], says: str, done: Callable[[uuid.UUID], str]
) -> None:
    """A command by which somebody says whose an account or mailbox is, or is not."""

    def command(
        context: Context,
        person: uuid.UUID,
        mail: str | None,
        account: tuple[str, str] | None,
        tenant: str,
    ) -> None:
        identifier, owner = _identifier(mail, account), _tenant(context.database, tenant)
        context.database.write(lambda c: decide(c, owner.id, person.bytes, identifier, BY))
        click.echo(done(person))

    command.__doc__ = says
    people_group.command(name)(_identifier_options(command))


_identifier_decision(
    "confirm",
    register_of_people.confirm,
    "Decide that an account or mailbox is a person's.",
    lambda person: f"It means {person} from now on.",
)
_identifier_decision(
    "refuse",
    register_of_people.refuse,
    "Decide that an account or mailbox is not a person's.",
    lambda person: f"It no longer means {person}, and imports will not say so again.",
)


@people_group.command("superior")
@click.argument("person")
@click.argument("superior", required=False)
@click.option("--said", is_flag=True, help="The person says so: not sure until agreed to.")
@click.option("--agree", "agreed", is_flag=True, help="Agree to whom the person named.")
@click.option("--refuse", "refused", is_flag=True, help="Refuse whom the person named.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="From which day, else today.")
@of_tenant
@click.pass_obj
def superior(
    context: Context,
    person: str,
    superior: str | None,
    said: bool,
    agreed: bool,
    refused: bool,
    since: datetime | None,
    tenant: str,
) -> None:
    """Say who is a person's superior.

    People are meant by their number or id. With --said it is noted as the person's own word, and
    counts as unconfirmed where no list says better, until --agree or --refuse.
    """
    if (superior is None) != (agreed or refused) or (agreed and refused):
        raise click.UsageError("Name a superior, or give --agree or --refuse.")
    day = days(since.date() if since else date_of(context.clock()))

    def enter(connection: Connection) -> None:
        owner = accounts.tenant(connection, tenant)
        whose = units.who(connection, owner.id, person)
        if superior is None:
            units.agree_superior(connection, owner.id, whose, BY, agreed=agreed)
            return
        named = units.who(connection, owner.id, superior)
        work = units.name_superior if said else units.set_superior
        work(connection, owner.id, whose, named, BY, day=day)

    context.database.write(enter)
    click.echo("Entered.")


@people_group.command("assign")
@click.argument("learner")
@click.argument("person")
@click.option(
    "--role", type=click.Choice(["coach", "examiner"]), default="coach", show_default=True
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="From which day, else ever since.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="To which day, else on and on.")
@of_tenant
@click.pass_obj
def assign(
    context: Context,
    learner: str,
    person: str,
    role: str,
    since: datetime | None,
    until: datetime | None,
    tenant: str,
) -> None:
    """Say who coaches or examines a learner.

    People are meant by their number or id. Signed in with that role, PERSON sees the learner's
    cases and hands in evidence and answers. Said again, the last word counts: --until ends it.
    """
    first, last = (days(each.date()) if each else None for each in (since, until))

    def enter(connection: Connection) -> None:
        owner = accounts.tenant(connection, tenant)
        whose, who = (units.who(connection, owner.id, each) for each in (learner, person))
        given = Assignment(who, whose, role, first, last)
        register_of_people.assign(connection, owner.id, given, BY)

    context.database.write(enter)
    click.echo("Entered.")


@people_group.command("superiors")
@of_tenant
@click.pass_obj
def superiors(context: Context, tenant: str) -> None:
    """List superiors named by alumni and not agreed to yet."""
    owner = _tenant(context.database, tenant)
    with context.database.read() as connection:
        waiting = units.named(connection, owner.id)
        paths = register.units(connection, owner.id)
    rows = [("person", "name", "says", "since", "a list says", "unit")]
    rows += [
        (
            str(uuid.UUID(bytes=each.person)),
            each.name,
            each.superior_name,
            str(_EPOCH + timedelta(days=each.day)),
            "another" if each.instead else "",
            paths.get(each.unit or b"", ("", {}))[0],
        )
        for each in waiting
    ]
    print_table(rows)


@click.group("units")
def units_group() -> None:
    """Units, their contacts and default superiors."""


@units_group.command("list")
@of_tenant
@click.pass_obj
def list_units(context: Context, tenant: str) -> None:
    """List the units."""
    owner = _tenant(context.database, tenant)
    with context.database.read() as connection:
        every = units.listed(connection, owner.id)
    rows = [("unit", "contact", "default superior")]
    rows += [(each.path, each.contact_name or "", each.superior_name or "") for each in every]
    print_table(rows)


@units_group.command("set")
@click.argument("path")
@click.option("--contact", metavar="PERSON", help="Who speaks for the unit: number or id.")
@click.option("--superior", metavar="PERSON", help="Default superior: number or id.")
@click.option("--no-contact", is_flag=True, help="Take its contact away.")
@click.option("--no-superior", is_flag=True, help="Take its default superior away.")
@of_tenant
@click.pass_obj
def set_unit(
    context: Context,
    path: str,
    contact: str | None,
    superior: str | None,
    no_contact: bool,
    no_superior: bool,
    tenant: str,
) -> None:
    """Say who speaks for a unit, and who is superior by default.

    The default counts for those of whom no list names a superior. PATH is the unit's name from
    the top, parts joined by '/'. A unit without a contact or default has that of the one above.
    """
    clear = {word for word, gone in (("contact", no_contact), ("superior", no_superior)) if gone}
    if not (contact or superior or clear):
        raise click.UsageError("Give --contact, --superior, --no-contact or --no-superior.")

    def enter(connection: Connection) -> None:
        owner = accounts.tenant(connection, tenant)
        units.set_facts(
            connection,
            owner.id,
            path,
            BY,
            contact=units.who(connection, owner.id, contact) if contact else None,
            superior=units.who(connection, owner.id, superior) if superior else None,
            clear=frozenset(clear),
        )

    context.database.write(enter)
    click.echo("Entered.")


@units_group.command("import")
@click.argument("file", type=FILE, metavar="FILE")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="WORD=HEADING",
    help=f"Which column is meant. Words: {', '.join(units.COLUMNS)}.",
)
@click.option("--dry-run", is_flag=True, help="Only tell what would be entered.")
@of_tenant
@click.pass_obj
def import_units(
    context: Context, file: Path, columns: tuple[str, ...], dry_run: bool, tenant: str
) -> None:
    """Enter a list of units: CSV, XLSX or ODS.

    Their contacts and default superiors, by number; a contact also by mail address.
    """
    owner, chosen = _tenant(context.database, tenant), _chosen(columns)

    def work(connection: Connection, _: int, sheet: spreadsheets.Sheet, __: Reading) -> Outcome:
        return units.import_units(connection, owner, sheet, chosen)

    _import(context, tenant, file, Reading(today=date_of(context.clock())), work, dry_run)


commands = (people_group, units_group)
