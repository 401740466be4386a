"""Commands over webhooks: who is told of events, and what became of it."""

from datetime import UTC, datetime, timedelta

import click

from lrs import webhooks
from lrs.cli.accounts import KEPT_NOWHERE, of_tenant, print_table
from lrs.context import Context
from lrs.store import accounts
from lrs.store import webhooks as store

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


class HexId(click.ParamType[bytes]):
    """An id as lists show it: 32 hexadecimal digits."""

    name = "id"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        """The id as bytes."""
        try:
            found = bytes.fromhex(str(value).replace("-", ""))
        except ValueError:
            found = b""
        if len(found) != 16:
            self.fail("This must be an id: 32 hexadecimal digits.", param, ctx)
        return found


@click.group("webhooks")
def webhooks_group() -> None:
    """Telling other systems of cases, evidence and verdicts."""


@webhooks_group.command("add")
@click.argument("url")
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice(webhooks.EVENTS),
    help="Only of this; may be given several times. Otherwise of all.",
)
@click.option("--label", default="", help="Whose address it is, for the list.")
@of_tenant
@click.pass_obj
def add(context: Context, url: str, events: tuple[str, ...], label: str, tenant: str) -> None:
    """Tell an address of what happens from now on.

    Each event is sent as JSON, signed by HMAC-SHA256 in the header X-Jejak-Signature with the
    secret that is shown this once. What is not taken is sent again for two days.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
    made = webhooks.add(
        context.database,
        owner,
        url,
        events,
        label,
        targets=context.settings.webhook_targets,
        now=context.clock(),
    )
    click.echo(f"id      {made.id.hex()}\nsecret  {made.secret}\n\nCopy the secret now.")
    click.echo(KEPT_NOWHERE.replace("kept nowhere: only its hash is stored", "not shown again"))


@webhooks_group.command("list")
@of_tenant
@click.pass_obj
def list_webhooks(context: Context, tenant: str) -> None:
    """List who is told of what."""
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        found = store.of_tenant(connection, owner.id)
    rows = [("id", "address", "events", "label")]
    rows += [(each.id.hex(), each.url, ",".join(each.events), each.label) for each in found]
    print_table(rows)


@webhooks_group.command("remove")
@click.argument("webhook", type=HexId())
@of_tenant
@click.pass_obj
def remove(context: Context, webhook: bytes, tenant: str) -> None:
    """Tell an address no more."""
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
    webhooks.remove(context.database, owner, webhook)
    click.echo("It is told no more.")


@webhooks_group.command("deliveries")
@click.option("--state", "states", multiple=True, type=click.Choice(store.STATES))
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@of_tenant
@click.pass_obj
def deliveries(context: Context, states: tuple[str, ...], limit: int, tenant: str) -> None:
    """List what was told or is to be.

    Or was given up; the newest first.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        page = store.deliveries(connection, owner.id, states=states, limit=limit)
    rows = [("id", "event", "made", "state", "tries", "answer")]
    rows += [
        (
            each.id.hex(),
            each.event,
            _moment(each.made),
            each.state,
            str(each.attempts),
            " ".join(str(said) for said in (each.status, each.error) if said is not None),
        )
        for each in page.rows
    ]
    print_table(rows)


@webhooks_group.command("retry")
@click.argument("delivery", type=HexId())
@of_tenant
@click.pass_obj
def retry(context: Context, delivery: bytes, tenant: str) -> None:
    """Try a delivery anew that was given up or waits."""
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
    webhooks.again(context.database, owner, delivery, context.clock())
    click.echo("It is tried within a few seconds, while a worker runs.")


def _moment(micros: int) -> str:
    return (_BEGIN + timedelta(microseconds=micros)).strftime("%Y-%m-%dT%H:%M:%SZ")


commands = (webhooks_group,)
