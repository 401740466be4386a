"""Commands over what people ask of their data: requests, putting right, restricting, erasing."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from sqlalchemy import Connection

from lrs import erasure, rights
from lrs.adapters import Adapters
from lrs.cli.accounts import of_tenant, print_table
from lrs.context import Context
from lrs.practice.cases import days
from lrs.store import accounts, audit, register
from lrs.store.accounts import Tenant

#: Who the register says has decided what is decided here.
BY = "the command line"

T = TypeVar("T")


def _within(context: Context, tenant: str, work: Callable[[Connection, Tenant], T]) -> T:
    """One write in a tenant."""
    return context.database.write(lambda c: work(c, accounts.tenant(c, tenant)))


def _noted(connection: Connection, owner: Tenant, now: datetime, action: str, subject: str) -> None:
    audit.note(connection, owner.id, at=now, who=BY, action=action, subject=subject)


@click.command("requests")
@click.option("--open", "open_only", is_flag=True, help="Only those that wait.")
@of_tenant
@click.pass_obj
def requests(context: Context, open_only: bool, tenant: str) -> None:
    """List what people asked of their data.

    Exit code 1 where one was to be answered by now.
    """
    now = context.clock()
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        found = rights.requests(connection, owner, open_only=open_only)
        known = register.people(connection, owner.id, {each.person for each in found})
    rows = [("id", "who", "asks", "on the word of", "asked", "due", "state")]
    for each in found:
        name = known[each.person].name if each.person in known else "–"
        state = "late" if each.late(now) else each.state
        rows.append(
            (
                *(str(uuid.UUID(bytes=each.id)), name, each.kind, each.asked_by),
                *(_moment(each.asked), _moment(each.due), state),
            )
        )
    print_table(rows)
    if any(each.late(now) for each in found):
        raise click.exceptions.Exit(1)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


@click.command("ask")
@click.argument("person", type=click.UUID)
@click.argument("kind", type=click.Choice(rights.KINDS))
@click.option(
    "--word",
    "asked_by",
    type=click.Choice(tuple(rights.ASKED_BY)),
    default="person",
    show_default=True,
    help="On whose word.",
)
@click.option("--note", default="", help="How it was asked; it goes with an erasure.")
@of_tenant
@click.pass_obj
def ask(
    context: Context, person: uuid.UUID, kind: str, asked_by: str, note: str, tenant: str
) -> None:
    """Record that somebody asks something of their data."""
    now = context.clock()

    def work(connection: Connection, owner: Tenant) -> bytes:
        return rights.ask(
            *(connection, owner, person.bytes, kind), asked_by=asked_by, by=BY, now=now, note=note
        )

    made = _within(context, tenant, work)
    due = _moment(now + rights.ANSWERED_WITHIN)
    click.echo(f"Recorded as {uuid.UUID(bytes=made)}, to be answered by {due} UTC.")


@click.command("settle")
@click.argument("request", type=click.UUID)
@click.option("--refuse", "refused", is_flag=True, help="It is refused; say why.")
@click.option("--reason", default="", help="Why, in a sentence.")
@of_tenant
@click.pass_obj
def settle(context: Context, request: uuid.UUID, refused: bool, reason: str, tenant: str) -> None:
    """Say what became of a request."""
    state = rights.REFUSED if refused else rights.DONE

    def work(connection: Connection, owner: Tenant) -> None:
        now = context.clock()
        rights.settle(connection, owner, request.bytes, state, reason=reason, by=BY, now=now)

    _within(context, tenant, work)
    click.echo("Refused." if refused else "Done.")


@click.command("restrict")
@click.argument("person", type=click.UUID)
@click.option("--why", required=True, help="Why, in a sentence.")
@click.option("--lift", "lifted", is_flag=True, help="End the restriction.")
@of_tenant
@click.pass_obj
def restrict(context: Context, person: uuid.UUID, why: str, lifted: bool, tenant: str) -> None:
    """Keep what is held of a person without using it.

    No letters, no decisions, in no list but those of who keeps the register, until it is lifted.
    """
    now = context.clock()

    def work(connection: Connection, owner: Tenant) -> None:
        if lifted:
            rights.lift(connection, owner, person.bytes, why=why, by=BY)
        else:
            rights.restrict(connection, owner, person.bytes, why=why, by=BY, now=now)
        action = "person/lifted" if lifted else "person/restricted"
        _noted(connection, owner, now, action, f"person {person}")

    _within(context, tenant, work)
    click.echo("It is worked with again." if lifted else "It is kept, and not worked with.")


@click.command("rectify")
@click.argument("person", type=click.UUID)
@click.option("--name", help="The name as it should be.")
@click.option("--mail", help="The mail address.")
@click.option("--phone", help="The phone.")
@click.option("--number", help="The NIP or NI PPPK; the one there was is theirs no more.")
@click.option("--unit", help="The path of the unit.")
@click.option("--title", help="The position.")
@click.option("--superior", type=click.UUID, help="The superior.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="From which day the post counts.")
@of_tenant
@click.pass_obj
def rectify(
    context: Context, /, person: uuid.UUID, tenant: str, since: datetime | None, **told: Any
) -> None:
    """Put right what the register says of a person."""
    now = context.clock()
    given = {word: value for word, value in told.items() if value is not None}
    if not given:
        raise click.UsageError("Say what is to be put right.")
    if "superior" in given:
        given["superior"] = given["superior"].bytes
    day = days(since.date()) if since else None

    def work(connection: Connection, owner: Tenant) -> list[str]:
        changed = rights.rectify(connection, owner, person.bytes, given, by=BY, now=now, day=day)
        _noted(connection, owner, now, "person/rectified", f"person {person}")
        return changed

    changed = _within(context, tenant, work)
    click.echo(f"Put right: {', '.join(changed)}." if changed else "It stood so already.")


@click.command("erase")
@click.argument("person", type=click.UUID)
@click.option("--reason", help="Why, in a sentence that names nobody: it stays on the receipt.")
@click.option(
    "--word",
    "asked_by",
    type=click.Choice(tuple(rights.ASKED_BY)),
    default="person",
    show_default=True,
    help="On whose word.",
)
@click.option("--request", type=click.UUID, help="The request that this answers.")
@click.option("--confirm", "confirmed", help="Their name, typed once more; else it is asked.")
@of_tenant
@click.pass_obj
def erase(
    context: Context,
    person: uuid.UUID,
    reason: str | None,
    asked_by: str,
    request: uuid.UUID | None,
    confirmed: str | None,
    tenant: str,
) -> None:
    """Erase a person for good, from both stores and the register.

    Without --reason it only tells what would go.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
    found = erasure.look(context.database, owner, person.bytes)
    click.echo(f"Of {found.name} there is:")
    _counted(found.counts)
    for note in found.notes:
        click.echo(f"Note: {note}")
    if reason is None:
        click.echo("Nothing was erased. With --reason it would be, for good.")
        return
    if confirmed is None:
        confirmed = click.prompt("It cannot be taken back. Type the name to be sure")
    receipt = erasure.erase(
        *(context.database, owner, Adapters.installed(), found),
        reason=reason,
        asked_by=asked_by,
        confirmed=str(confirmed),
        by=BY,
        now=context.clock(),
        request=None if request is None else request.bytes,
    )
    context.database.write(
        lambda c: _noted(
            *(c, owner, context.clock(), "person/erased"), f"receipt {uuid.UUID(bytes=receipt.id)}"
        )
    )
    click.echo(f"Erased. The receipt has the number {receipt.number}:")
    _counted(receipt.counts)


def _counted(counts: Any) -> None:
    for kind, what in erasure.COUNTED.items():
        if counts.get(kind):
            click.echo(f"    {counts[kind]:>7} {what}")


@click.command("receipts")
@of_tenant
@click.pass_obj
def receipts(context: Context, tenant: str) -> None:
    """List the receipts of erasures, the last first."""
    with context.database.read() as connection:
        found = erasure.receipts(connection, accounts.tenant(connection, tenant))
    rows = [("number", "at", "on the word of", "reason", "records", "cases")]
    for each in found:
        records, cases = (str(each.counts.get(kind, 0)) for kind in ("records", "cases"))
        rows.append((each.number, _moment(each.at), each.asked_by, each.reason, records, cases))
    print_table(rows)


commands = (requests, ask, settle, restrict, rectify, erase, receipts)
