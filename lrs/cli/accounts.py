"""Commands of an operator over tenants, sources, keys, issuers and users.

Each command is one transaction. Output is aligned text; `--json` gives the same facts to
programs. A secret is printed by the command that makes it and by no other.
"""

import getpass
import inspect
import json
import re
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import Connection

from lrs.context import Context
from lrs.errors import Problem, Refused
from lrs.store import accounts
from lrs.store.register import Applied
from schemas import accounts as entered
from schemas import written

F = TypeVar("F", bound=Callable[..., Any])

#: A file that is there, to be read.
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

KEPT_NOWHERE = "It is shown this once and kept nowhere: only its hash is stored."


def _wrapped(table: Mapping[str, str]) -> str:
    return "\n".join(f"  {word:22}{meaning}" for word, meaning in table.items())


SCOPES_HELP = f"Scopes:\n\n\b\n{_wrapped(entered.SCOPES)}"
KINDNESS_HELP = (
    f"Repairs (--repairs):\n\n\b\n{_wrapped(entered.REPAIRS)}\n\n"
    f"Duplicates (--duplicates):\n\n\b\n{_wrapped(entered.DUPLICATES)}"
)


def documented(*parts: str) -> Callable[[F], F]:
    """Add tables that are kept elsewhere to a command's help."""

    def add(command: F) -> F:
        command.__doc__ = "\n\n".join([inspect.cleandoc(command.__doc__ or ""), *parts])
        return command

    return add


of_tenant = click.option(
    "--tenant", default="default", show_default=True, metavar="NAME", help="Whose it is."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def kindness_options(command: F) -> F:
    """The options by which a key's owner is kind to a sender that cannot be mended."""
    for option in (
        click.option(
            "--duplicates", metavar="WORD", help="What to do with a batch that comes again."
        ),
        click.option(
            "--repairs", metavar="LIST", help="Defects to mend, separated by commas; '' for none."
        ),
        click.option(
            "--salvage/--no-salvage",
            default=None,
            help="Store the good statements of a batch and set the bad ones aside, answering 200.",
        ),
    ):
        command = option(command)
    return command


# Tenants ------------------------------------------------------------------------------------


@click.group()
def tenants() -> None:
    """Organisations, each with two record stores that no other sees."""


@tenants.command("create")
@click.argument("name")
@as_json
@click.pass_obj
def create_tenant(context: Context, name: str, as_json: bool) -> None:
    """Make a tenant with its learning and its practice store.

    NAME is made of small letters, digits and hyphens, such as pusdiklat-jabar.
    """
    name = entered.load(entered.TenantSchema(), {"name": name})["name"]
    made = context.database.write(lambda c: accounts.create_tenant(c, name, _now()))
    _show(_tenant_facts(made), as_json)


@tenants.command("list")
@as_json
@click.pass_obj
def list_tenants(context: Context, as_json: bool) -> None:
    """List the tenants of this installation."""
    with context.database.read() as connection:
        found = accounts.tenants(connection)
    _list([_tenant_facts(tenant) for tenant in found], as_json, "No tenants.")


# Sources ------------------------------------------------------------------------------------


@click.group()
def sources() -> None:
    """Systems that send: an LMS, a tool. Each has its authority and its keys."""


@sources.command("create")
@click.argument("name")
@click.option(
    "--authority", metavar="JSON", help="Agent written into its statements; else an account here."
)
@of_tenant
@as_json
@click.pass_obj
def create_source(
    context: Context, name: str, authority: str | None, tenant: str, as_json: bool
) -> None:
    """Register a system that sends.

    Every statement it sends gets its authority, whatever key it uses. By default that is an
    account whose home page is JEJAK_PUBLIC_URL and whose name is NAME; set that address before
    the first source, since statements keep the authority they came with.

    \b
      jejak sources create moodle-pusdiklat
      jejak sources create simdiklat --authority '{"mbox": "mailto:lms@example.go.id"}'
    """
    given = {"name": name} | ({} if authority is None else {"authority": authority})
    source = entered.load(entered.SourceSchema(), given)
    tree = source.get("authority") or accounts.default_authority(_home_page(context), name)
    made = _write(
        context, tenant, lambda c, owner: accounts.create_source(c, owner, name, tree, _now())
    )
    _show(_source_facts(made), as_json)
    if authority is None and not context.settings.public_url and not as_json:
        click.echo(
            f"\nIts authority names {accounts.HOME_PAGE}, since JEJAK_PUBLIC_URL is not set."
            "\nStatements keep the authority they came with. Before the first, give it your own:"
            f"\n  jejak sources set {name} --authority JSON",
            err=True,
        )


@sources.command("list")
@of_tenant
@as_json
@click.pass_obj
def list_sources(context: Context, tenant: str, as_json: bool) -> None:
    """List the sources of a tenant and when each was last seen.

    Last seen is when one of its keys or tokens was used, to the minute.
    """
    found = _read(context, tenant, accounts.sources)
    _list([_source_facts(source) for source in found], as_json, "No sources.")


@sources.command("show")
@click.argument("name")
@of_tenant
@as_json
@click.pass_obj
def show_source(context: Context, name: str, tenant: str, as_json: bool) -> None:
    """Show one source with its keys."""
    source, keys = _read(
        context,
        tenant,
        lambda c, owner: (accounts.source(c, owner, name), accounts.keys(c, owner, name)),
    )
    if as_json:
        _show(_source_facts(source) | {"keys": [_key_facts(key) for key in keys]}, as_json)
        return
    _show(_source_facts(source), as_json)
    click.echo()
    _list([_key_facts(key) for key in keys], as_json, "No keys.")


@sources.command("set")
@click.argument("name")
@click.option("--authority", metavar="JSON", help="Agent for what it sends next.")
@click.option(
    "--silent-after",
    metavar="DAYS",
    type=click.IntRange(0, accounts.SILENT_MOST),
    help="Days without anything until it is shown as silent; 0: never.",
)
@of_tenant
@as_json
@click.pass_obj
def set_source(
    context: Context,
    name: str,
    authority: str | None,
    silent_after: int | None,
    tenant: str,
    as_json: bool,
) -> None:
    """Change the authority of a source, or when it is silent.

    Statements that are stored keep the authority they came with, so `statements/read/mine` no
    longer shows them to it.
    """
    if authority is None and silent_after is None:
        raise click.UsageError("Say what is to change: --authority or --silent-after.")
    made = _read(context, tenant, lambda c, owner: accounts.source(c, owner, name))
    if authority is not None:
        given = {"name": name, "authority": authority}
        tree = entered.load(entered.SourceSchema(), given)["authority"]
        made = _write(
            context, tenant, lambda c, owner: accounts.set_authority(c, owner, name, tree)
        )
    if silent_after is not None:
        made = _write(
            context, tenant, lambda c, owner: accounts.set_silence(c, owner, name, silent_after)
        )
    _show(_source_facts(made), as_json)


# Keys ---------------------------------------------------------------------------------------


@click.group()
def keys() -> None:
    """Keys of sources: a public name and a secret, with scopes."""


@keys.command("create")
@click.argument("source")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help="May be given again.")
@click.option("--label", default="", help="A word for yourself: where the key is used.")
@click.option("--expires", metavar="WHEN", help="A date (2027-01-31), or a span such as 90d.")
@kindness_options
@of_tenant
@as_json
@click.pass_obj
@documented(SCOPES_HELP, KINDNESS_HELP)
def create_key(
    context: Context,
    /,
    source: str,
    scopes: tuple[str, ...],
    label: str,
    expires: str | None,
    tenant: str,
    as_json: bool,
    **kindness: Any,
) -> None:
    """Make a key for SOURCE and print its secret, once.

    Without --scope it may send statements and read its own back. Senders that cannot be mended
    may be met with kindness; nothing of that is on unless it is asked for here.

    \b
      jejak keys create moodle-pusdiklat --scope statements/write --salvage \\
          --repairs result-response-null,choices-object --duplicates report
    """
    now = _now()
    given = entered.load(
        entered.KeySchema(),
        {"label": label, "expires": _until(expires, now)}
        | ({"scopes": list(scopes)} if scopes else {})
        | _given(kindness),
    )
    if given["expires"] is not None and given["expires"] <= now:
        raise Refused(Problem("expires", "That moment has passed already; the key would not work."))
    made = _write(
        context,
        tenant,
        lambda c, owner: accounts.create_key(
            c,
            owner,
            source,
            now=now,
            scopes=given.get("scopes", entered.DEFAULT_SCOPES),
            label=given["label"],
            expires=given["expires"],
            kindness=accounts.Kindness().changed(given),
        ),
    )
    _show_new(made, as_json)


@keys.command("list")
@click.argument("source", required=False)
@of_tenant
@as_json
@click.pass_obj
def list_keys(context: Context, source: str | None, tenant: str, as_json: bool) -> None:
    """List the keys of a tenant, or of one SOURCE.

    Secrets are not among what is known.
    """
    found = _read(context, tenant, lambda c, owner: accounts.keys(c, owner, source))
    _list([_key_facts(key) for key in found], as_json, "No keys.")


@keys.command("set")
@click.argument("key")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help="Replaces all it holds.")
@click.option("--label", help="A word for yourself: where the key is used.")
@kindness_options
@of_tenant
@as_json
@click.pass_obj
@documented(SCOPES_HELP, KINDNESS_HELP)
def set_key(
    context: Context,
    /,
    key: str,
    scopes: tuple[str, ...],
    label: str | None,
    tenant: str,
    as_json: bool,
    **kindness: Any,
) -> None:
    """Change what KEY may do or how kind it is; what is not named stays.

    In force for running servers within JEJAK_KEY_CACHE_SECONDS.
    """
    given = entered.load(
        entered.KeySchema(),
        ({"scopes": list(scopes)} if scopes else {})
        | ({} if label is None else {"label": label})
        | _given(kindness),
    )
    changed = _write(
        context,
        tenant,
        lambda c, owner: accounts.change_key(
            c,
            owner,
            key,
            scopes=given.get("scopes"),
            label=given.get("label"),
            kindness=accounts.key(c, owner, key).kindness.changed(given),
        ),
    )
    _show(_key_facts(changed), as_json)


@keys.command("revoke")
@click.argument("key")
@of_tenant
@as_json
@click.pass_obj
def revoke_key(context: Context, key: str, tenant: str, as_json: bool) -> None:
    """End KEY (its public name) for good.

    Running servers refuse it within JEJAK_KEY_CACHE_SECONDS.
    """
    ended = _write(context, tenant, lambda c, owner: accounts.revoke_key(c, owner, key, _now()))
    _show(_key_facts(ended), as_json)


@keys.command("rotate")
@click.argument("key")
@click.option(
    "--overlap", default="24h", show_default=True, help="How long both work; 0 ends KEY at once."
)
@of_tenant
@as_json
@click.pass_obj
def rotate_key(context: Context, key: str, overlap: str, tenant: str, as_json: bool) -> None:
    """Make a second key like KEY, after which KEY ends.

    Both work for the overlap: put the new one into the sender meanwhile, and nothing is lost.
    """
    span = _span(overlap)
    if span is None:
        raise Refused(
            Problem("overlap", f"Give a span such as 30m, 24h or 7d; {overlap!r} is none.")
        )
    made = _write(
        context,
        tenant,
        lambda c, owner: accounts.rotate_key(c, owner, key, overlap=span, now=_now()),
    )
    _show_new(made, as_json)


# Issuers ------------------------------------------------------------------------------------


@click.group()
def issuers() -> None:
    """OpenID Connect issuers whose bearer tokens a tenant accepts."""


@issuers.command("add")
@click.argument("issuer")
@click.option("--audience", required=True, help="What tokens meant for this tenant name as aud.")
@click.option("--source", metavar="NAME", help="Source of clients that are not mapped.")
@click.option(
    "--client",
    "clients",
    multiple=True,
    metavar="ID=SOURCE",
    help="Map a client to a source. May be given again.",
)
@click.option("--prefix", default="", help="What stands before our scopes in its tokens.")
@of_tenant
@as_json
@click.pass_obj
def add_issuer(
    context: Context,
    issuer: str,
    audience: str,
    source: str | None,
    clients: tuple[str, ...],
    prefix: str,
    tenant: str,
    as_json: bool,
) -> None:
    """Accept the access tokens of ISSUER.

    ISSUER is its address just as its tokens name it (iss). Tokens are JWTs signed with RS256,
    RS384, RS512, PS256, ES256 or ES384, made out to the audience. Their scopes are those of keys.
    Without --source, only mapped clients come in.

    OpenID Connect has a scope `profile` of its own; where a token also holds `openid`, it does
    not open profile documents. A prefix tells the two apart.

    \b
      jejak issuers add https://login.example.go.id/realms/asn --audience jejak \\
          --client moodle=moodle-pusdiklat --prefix lrs:
    """
    told = {"issuer": issuer, "audience": audience, "prefix": prefix}
    given = entered.issuer(told, source or "", clients)
    made = _write(
        context, tenant, lambda c, owner: accounts.add_issuer(c, owner, **given, now=_now())
    )
    _show(_issuer_facts(made), as_json)


@issuers.command("list")
@of_tenant
@as_json
@click.pass_obj
def list_issuers(context: Context, tenant: str, as_json: bool) -> None:
    """List the issuers that a tenant trusts."""
    found = _read(context, tenant, accounts.issuers)
    _list([_issuer_facts(issuer) for issuer in found], as_json, "No issuers.")


@issuers.command("remove")
@click.argument("number", type=int)
@of_tenant
@click.pass_obj
def remove_issuer(context: Context, number: int, tenant: str) -> None:
    """Trust the issuer of that NUMBER (see `list`) no more.

    Running servers refuse its tokens within JEJAK_KEY_CACHE_SECONDS.
    """
    _write(context, tenant, lambda c, owner: accounts.remove_issuer(c, owner, number))
    click.echo(f"Issuer {number} is trusted no more.")


# Users --------------------------------------------------------------------------------------


@click.group()
def users() -> None:
    """People who sign in to the pages."""


password_options = (
    click.option("--generate", is_flag=True, help="Make a password and print it, once."),
    click.option("--stdin", "from_stdin", is_flag=True, help="Read it from standard input."),
)


roles_option = click.option(
    "--role",
    "roles",
    type=click.Choice(list(entered.ROLES)),
    multiple=True,
    help="What the person may do; may be given again. Else admin.",
)


def asks_password(command: F) -> F:
    for option in reversed(password_options):
        command = option(command)
    return command


@users.command("create")
@click.argument("login")
@roles_option
@click.option("--mail", help="Where letters reach them, to set a new password.")
@asks_password
@of_tenant
@as_json
@click.pass_obj
def create_user(
    context: Context,
    login: str,
    roles: tuple[str, ...],
    mail: str | None,
    generate: bool,
    from_stdin: bool,
    tenant: str,
    as_json: bool,
) -> None:
    """Let a person sign in. Asks for the password, unless told where to get it."""
    password = _password(generate, from_stdin)
    given = entered.load(
        entered.UserSchema(),
        {"login": login, "password": password, "roles": list(roles or ("admin",))}
        | ({} if mail is None else {"mail": mail}),
    )
    hashed = accounts.hash_password(given["password"])

    def work(connection: Connection, owner: accounts.Tenant) -> accounts.User:
        name = given["login"]
        accounts.create_user(connection, owner, name, hashed, given["roles"], _now())
        return accounts.change_user(connection, owner, name, mail=given.get("mail"))

    made = _write(context, tenant, work)
    _show_user(made, password if generate else None, as_json)


@users.command("password")
@click.argument("login")
@asks_password
@of_tenant
@as_json
@click.pass_obj
def set_password(
    context: Context, login: str, generate: bool, from_stdin: bool, tenant: str, as_json: bool
) -> None:
    """Give a person a new password."""
    password = _password(generate, from_stdin)
    given = entered.load(entered.UserSchema(), {"login": login, "password": password})
    hashed = accounts.hash_password(given["password"])
    changed = _write(
        context, tenant, lambda c, owner: accounts.set_password(c, owner, given["login"], hashed)
    )
    _show_user(changed, password if generate else None, as_json)


@users.command("set")
@click.argument("login")
@roles_option
@click.option("--mail", help="Where letters reach them; '' for none.")
@click.option("--person", type=click.UUID, help="Whom of the register they are.")
@click.option("--no-second-factor", is_flag=True, help="Take it off: the phone is lost.")
@click.option("--end/--let-in", default=None, help="Whether they may no longer sign in.")
@of_tenant
@as_json
@click.pass_obj
def set_user(
    context: Context,
    login: str,
    roles: tuple[str, ...],
    mail: str | None,
    person: uuid.UUID | None,
    no_second_factor: bool,
    end: bool | None,
    tenant: str,
    as_json: bool,
) -> None:
    """Change who somebody is and what they may do.

    What is not named stays. Whoever may no longer sign in is signed out everywhere at once.
    """
    values: dict[str, Any] = {}
    if roles:
        values["roles"] = roles
    if mail is not None:
        values["mail"] = (
            entered.load(entered.MailSchema(), {"mail": mail})["mail"] if mail else None
        )
    if person is not None:
        values["person"] = person.bytes
    if no_second_factor:
        values |= {"totp": None, "totp_step": None, "recovery": None}
    if end is not None:
        values["ended"] = _now() if end else None
    changed = _write(
        context, tenant, lambda c, owner: accounts.change_user(c, owner, login.lower(), **values)
    )
    _show_user(changed, None, as_json)


@users.command("list")
@of_tenant
@as_json
@click.pass_obj
def list_users(context: Context, tenant: str, as_json: bool) -> None:
    """List the people of a tenant."""
    found = _read(context, tenant, accounts.users)
    _list([_user_facts(user) for user in found], as_json, "No users.")


commands = (tenants, sources, keys, issuers, users)
"""All of them, to be added to the command line."""


# What is asked and what is shown ------------------------------------------------------------

T = TypeVar("T")
Facts = dict[str, Any]


def _now() -> datetime:
    """The moment of the command, for what it writes and for what it says has expired."""
    return datetime.now(UTC)


def _write(context: Context, tenant: str, work: Callable[[Connection, accounts.Tenant], T]) -> T:
    return context.database.write(lambda c: work(c, accounts.tenant(c, tenant)))


def _read(context: Context, tenant: str, work: Callable[[Connection, accounts.Tenant], T]) -> T:
    with context.database.read() as connection:
        return work(connection, accounts.tenant(connection, tenant))


def _home_page(context: Context) -> str:
    return context.settings.public_url or accounts.HOME_PAGE


def _given(options: Mapping[str, Any]) -> Facts:
    return {name: value for name, value in options.items() if value is not None}


def _span(text: str) -> timedelta | None:
    """`30m`, `24h`, `7d` or `0`; None for what is none of these."""
    match = re.fullmatch(r"([0-9]{1,5})([mhd])|0", text.strip())
    if match is None:
        return None
    unit = {"m": "minutes", "h": "hours", "d": "days"}.get(match[2] or "d", "days")
    return timedelta(**{unit: int(match[1] or 0)})


def _until(text: str | None, now: datetime) -> datetime | str | None:
    span = None if text is None else _span(text)
    return text if span is None else now + span


def _password(generate: bool, from_stdin: bool) -> str:
    if generate:
        return accounts.new_secret(15)
    if from_stdin or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise Refused(Problem("password", "The two do not agree; nothing was changed."))
    return first


def _tenant_facts(tenant: accounts.Tenant) -> Facts:
    return {
        "name": tenant.name,
        "learning_store": tenant.learning.id,
        "practice_store": tenant.practice.id,
        "created": _time(tenant.created),
    }


def _source_facts(source: accounts.Source) -> Facts:
    return {
        "name": source.name,
        "authority": source.authority_tree,
        "created": _time(source.created),
        "last_seen": _time(source.last_seen),
        "silent_after": source.silent_after,
    }


def _key_facts(key: accounts.Key) -> Facts:
    return {
        "key": key.public,
        "source": key.source,
        "state": key.state(_now()),
        "scopes": sorted(key.scopes),
        "salvage": key.kindness.salvage,
        "repairs": sorted(key.kindness.repairs),
        "duplicates": key.kindness.duplicates,
        "label": key.label,
        "created": _time(key.created),
        "expires": _time(key.expires),
        "revoked": _time(key.revoked),
    }


def _issuer_facts(issuer: accounts.Issuer) -> Facts:
    return {
        "number": issuer.id,
        "issuer": issuer.issuer,
        "audience": issuer.audience,
        "prefix": issuer.prefix,
        "source": issuer.source,
        "clients": dict(issuer.clients),
        "created": _time(issuer.created),
    }


def _user_facts(user: accounts.User) -> Facts:
    return {
        "login": user.login,
        "roles": sorted(user.roles),
        "mail": user.mail,
        "person": None if user.person is None else str(uuid.UUID(bytes=user.person)),
        "second_factor": user.second_factor,
        "created": _time(user.created),
        "ended": _time(user.ended),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _show_new(made: accounts.NewKey, as_json: bool) -> None:
    _show({"key": made.key.public, "secret": made.secret} | _key_facts(made.key), as_json)
    if not as_json:
        click.echo(f"\nCopy the secret now. {KEPT_NOWHERE}")


def _show_user(user: accounts.User, password: str | None, as_json: bool) -> None:
    _show(_user_facts(user) | ({} if password is None else {"password": password}), as_json)
    if password is not None and not as_json:
        click.echo(f"\nCopy the password now. {KEPT_NOWHERE}")


def _show(facts: Facts, as_json: bool) -> None:
    """One thing: a line a fact."""
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' '):{width}}  {_spelt(value)}")


def _list(rows: Sequence[Facts], as_json: bool, none: str) -> None:
    """Many things: a line each, under the names of their facts."""
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    if not rows:
        click.echo(none)
        return
    table = [[name.replace("_", " ") for name in rows[0]]]
    table += [[_spelt(value) for value in row.values()] for row in rows]
    print_table(table)


def from_yaml(file: Path, load: Callable[[Any], T], otherwise: str = "Nothing was entered.") -> T:
    """What an admin wrote into a file; all that is wrong with it is told at once."""
    try:
        return load(written.read(file.read_bytes()))
    except Refused as refused:
        for problem in refused.problems[:50]:
            click.echo(f"{file.name}: {problem}", err=True)
        raise click.ClickException(otherwise) from refused


def print_applied(done: Applied, *, dry_run: bool = False) -> None:
    """What entering a file did, or would do."""
    for word, names in (("new", done.new), ("changed", done.changed)):
        for name in names:
            click.echo(f"{word}: {name}")
    told = f"{len(done.new)} new, {len(done.changed)} changed, {len(done.unchanged)} unchanged"
    click.echo(f"Nothing was entered. It would be: {told}." if dry_run else f"Entered: {told}.")


def print_table(table: Sequence[Sequence[str]]) -> None:
    """Lines of cells, aligned; the first line is the head."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = (f"{cell:{width}}" for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _spelt(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(value) or "-"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else "-"
    return "-" if value in (None, "") else str(value)
