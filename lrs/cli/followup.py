"""Commands over the follow-up of cohorts: who is asked, by which way, and who has not answered."""

from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import Connection

from lrs import channels, followup, i18n, reminders, spreadsheets, units
from lrs.casework import Upload
from lrs.cli.accounts import FILE, of_tenant, print_table
from lrs.cli.webhooks import HexId
from lrs.context import Context
from lrs.errors import Conflict, NotFound, Refused
from lrs.followup import Waiting
from lrs.mail import Post
from lrs.practice import files, names
from lrs.practice.followup import PEER
from lrs.settings import Settings
from lrs.store import accounts, invitations, practice, register
from lrs.store.accounts import Tenant
from lrs.web import mobile, sheets

#: Who is named as having entered what is done here.
BY = "the command line"

_of_cohort = click.option("--cohort", metavar="NAME", help="One cohort; all of them without it.")
_of_unit = click.option("--unit", metavar="PATH", help="Only who works in this unit, or below it.")
_to_file = click.option(
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    required=True,
    help="File to write, as HTML for printing.",
)


@click.group("followup")
def followup_group() -> None:
    """Invitations, reminders, and who has not answered."""


@followup_group.command("due")
@click.argument("programme", required=False, metavar="[PROGRAMME]")
@_of_cohort
@of_tenant
@click.pass_obj
def due(context: Context, programme: str | None, cohort: str | None, tenant: str) -> None:
    """Tell who would be asked today.

    Of all that is followed up, and of PROGRAMME (its IRI) as if it were already. Enters nothing.
    """
    now, rules = context.clock(), followup.rules(context.settings)
    also = [(programme, cohort or "")] if programme else []
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        made, _ = followup.plan(connection, owner, now, rules, also)
    counted = Counter((each.window, each.role, each.state, each.why) for each in made.new)
    head = [("window", "who", "state", "why", "invitations")]
    print_table(head + [(*key, str(n)) for key, n in sorted(counted.items())])
    letters = len({each.round for each in made.new if each.state == "due" and each.rater})
    click.echo(f"{letters} letters. Nothing was entered.")


@followup_group.command("invite")
@click.argument("programme", metavar="PROGRAMME")
@_of_cohort
@of_tenant
@click.pass_obj
def invite(context: Context, programme: str, cohort: str | None, tenant: str) -> None:
    """Begin to follow up a programme, or one cohort of it.

    PROGRAMME is its IRI. Who is to be asked today is asked at once; later windows, reminders and
    escalations come by themselves.
    """
    owner = _owner(context, tenant)
    context.database.write(lambda c: followup.begin(c, owner, programme, cohort, BY))
    _carry_out(context, owner)


@followup_group.command("stop")
@click.argument("programme", metavar="PROGRAMME")
@_of_cohort
@of_tenant
@click.pass_obj
def stop(context: Context, programme: str, cohort: str | None, tenant: str) -> None:
    """Follow up a programme or a cohort no more.

    Nobody is asked anew; who was asked may still answer.
    """
    owner = _owner(context, tenant)
    context.database.write(lambda c: followup.stop(c, owner, programme, cohort, BY))


@followup_group.command("team")
@click.argument("programme", required=False, default="", metavar="[PROGRAMME]")
@click.option("--set", "chosen", multiple=True, metavar="PERSON", help="Number or id; repeatable.")
@click.option("--none", is_flag=True, help="No team of its own any more.")
@of_tenant
@click.pass_obj
def team_of(
    context: Context, programme: str, chosen: tuple[str, ...], none: bool, tenant: str
) -> None:
    """List the evaluation team, or say who it is.

    Of PROGRAMME (its IRI), or of all that name nobody of their own. They get letters like others,
    each with a share of the alumni. Where nobody is named, who signs in as evaluator and is in the
    register is asked.
    """
    owner = _owner(context, tenant)
    if chosen or none:

        def enter(connection: Connection) -> None:
            team = [units.who(connection, owner.id, each) for each in chosen]
            followup.name_evaluators(connection, owner, programme, team, BY)

        context.database.write(enter)
    with context.database.read() as connection:
        team = followup.evaluators(connection, owner, programme)
        known = invitations.facts(connection, owner.id, team)
    rows = [("id", "name", "mail")]
    for each in team:
        told = known.get(each, {})
        rows.append((str(UUID(bytes=each)), str(told.get("name") or "?"), told.get("mail") or "-"))
    print_table(rows)


@followup_group.command("peers")
@click.argument("case", type=HexId())
@click.option("--name", "named", multiple=True, metavar="PERSON", help="As the alumni names them.")
@click.option("--confirm", "agreed", multiple=True, metavar="PERSON", help="As the unit agrees.")
@click.option("--none", is_flag=True, help="The unit agrees with none of them.")
@of_tenant
@click.pass_obj
def peers(
    context: Context,
    case: bytes,
    named: tuple[str, ...],
    agreed: tuple[str, ...],
    none: bool,
    tenant: str,
) -> None:
    """List the peers of a case, or say who they are.

    The alumni names up to five (number, mail or id; --name again for each), the unit confirms which
    of them see the work, and of those some are drawn and asked.
    """
    owner = _owner(context, tenant)
    with context.database.read() as connection:
        if not practice.case(connection, owner.id, case):
            raise NotFound(f"a case {case.hex()}")

    def enter(connection: Connection) -> None:
        def ids(some: tuple[str, ...]) -> list[bytes]:
            return [units.who(connection, owner.id, each) for each in some]

        if named:
            followup.name_peers(connection, owner, case, ids(named), BY)
        if agreed or none:
            followup.confirm_peers(connection, owner, case, ids(agreed), BY)

    if named or agreed or none:
        context.database.write(enter)
    with context.database.read() as connection:
        said = followup.peers_of(connection, owner, [case], confirmed=False).get(case, ())
        sure = followup.peers_of(connection, owner, [case], confirmed=True).get(case)
        asked = {
            each.told.rater: each.told.state
            for each in invitations.of_cases(connection, owner.id, [case])
            if each.told.role == PEER and each.told.rater
        }
        ids = list(dict.fromkeys([*said, *asked]))
        known = invitations.facts(connection, owner.id, ids)
    print_table(
        [("id", "name", "confirmed", "drawn")]
        + [
            (
                *(str(UUID(bytes=each)), str(known.get(each, {}).get("name") or "?")),
                "not yet" if sure is None else "yes" if each in sure else "no",
                asked.get(each, "-"),
            )
            for each in ids
        ]
    )


@followup_group.command("remind")
@of_tenant
@click.pass_obj
def remind(context: Context, tenant: str) -> None:
    """Ask and remind who is to be asked and reminded today.

    The service does so by itself on working days; this is for who will not wait.
    """
    _carry_out(context, _owner(context, tenant))


@followup_group.command("owed")
@_of_unit
@of_tenant
@click.pass_obj
def owed(context: Context, unit: str | None, tenant: str) -> None:
    """List who has been asked and has not answered.

    With the round, by which other commands name it.
    """
    waiting = _waiting(context, _owner(context, tenant), unit)
    head = [("round", "name", "as", "about", "state", "by", "reminded", "until", "why")]
    print_table(
        head
        + [
            (
                *(each.round.hex()[: channels.CODE], each.name, each.role, str(each.about)),
                *(each.state, each.channel or "-", str(each.reminded)),
                *(each.closes.isoformat(), each.why or "-"),
            )
            for each in waiting
        ]
    )


@followup_group.command("whatsapp")
@_of_unit
@click.option("--sent", is_flag=True, help="Note that all of these were sent.")
@of_tenant
@click.pass_obj
def whatsapp(context: Context, unit: str | None, sent: bool, tenant: str) -> None:
    """Print a WhatsApp message for each who has not answered.

    To be sent from the admin's own phone: each address opens the text there.
    """
    owner, now, settings = _owner(context, tenant), context.clock(), context.settings
    base = _public_url(settings)
    for each in _waiting(context, owner, unit):
        if not each.can_answer:
            continue

        def work(connection: Connection, round_: bytes = each.round) -> channels.Message:
            page = followup.page(connection, owner, round_, now)
            made = channels.message(connection, owner, page, base, settings.language, now)
            if sent and made.address:
                followup.hand_over(connection, owner, round_, "whatsapp", now)
            return made

        told = context.database.write(work)
        click.echo(f"{told.name}  {told.phone or 'no phone number is known'}")
        click.echo(f"  {told.address or told.text}")


@followup_group.command("list")
@click.argument("unit", metavar="PATH")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    required=True,
    help="File to write, as CSV.",
)
@click.option("--handed-over", is_flag=True, help="Note that all of these were handed over.")
@of_tenant
@click.pass_obj
def list_(context: Context, unit: str, out: Path, handed_over: bool, tenant: str) -> None:
    """Write the list that a unit's contact passes on.

    Who of the unit has not answered, with the link to their page, which is for them alone.
    """
    owner, now, settings = _owner(context, tenant), context.clock(), context.settings
    base = _public_url(settings)
    lines = []
    for each in _waiting(context, owner, unit):
        if not each.can_answer:
            continue

        def work(connection: Connection, waits: Waiting = each) -> tuple[str, ...]:
            if handed_over:
                followup.hand_over(connection, owner, waits.round, "list", now)
            return channels.listed(connection, owner, waits, base, now)

        lines.append(context.database.write(work))
    with i18n.speaking(settings.language):
        out.write_bytes(channels.list_file(lines))
    click.echo(f"{len(lines)} people in {out}.")


@followup_group.command("print")
@_of_unit
@_to_file
@click.option("--handed-over", is_flag=True, help="Note that all of these were handed over.")
@of_tenant
@click.pass_obj
def print_(context: Context, unit: str | None, out: Path, handed_over: bool, tenant: str) -> None:
    """Write a sheet of paper for each who has not answered.

    With the code of their page, and one for each row, by which `jejak followup key` enters it.
    """
    owner, now, settings = _owner(context, tenant), context.clock(), context.settings
    base = _public_url(settings)
    papers = []
    for each in _waiting(context, owner, unit):
        if not each.can_answer:
            continue

        def work(connection: Connection, round_: bytes = each.round) -> dict[str, object]:
            page = followup.page(connection, owner, round_, now)
            url = followup.link_to(connection, owner, page, base, now)
            if handed_over:
                followup.hand_over(connection, owner, round_, "paper", now)
            return {"page": page, "groups": sheets.groups(page), "url": url}

        papers.append(context.database.write(work))
    out.write_text(mobile.paper(owner.name, papers, settings.language), encoding="utf-8")
    click.echo(f"{len(papers)} sheets in {out}.")


@followup_group.command("key")
@click.argument("file", type=FILE, metavar="FILE")
@click.option("--by", "by", required=True, metavar="LOGIN", help="Account of who keys it in.")
@click.option(
    "--scan",
    type=FILE,
    metavar="FILE",
    help="Scan of the sheets, kept with each answer.",
)
@click.option("--dry-run", is_flag=True, help="Only tell what is wrong.")
@of_tenant
@click.pass_obj
def key(
    context: Context, file: Path, by: str, scan: Path | None, dry_run: bool, tenant: str
) -> None:
    """Enter answers from paper, many at once.

    FILE is CSV, XLSX or ODS: `kode` as printed, `tanggal`, `1`, `2`, … (0 to 4, or B), `contoh 1`
    and so on. Keyed again, nothing changes. Exit code 1 where a row could not be entered.
    """
    owner, now = _owner(context, tenant), context.clock()
    sheet = spreadsheets.read(file.read_bytes(), file.name)
    upload = _upload(scan, context.settings) if scan else None
    with context.database.read() as connection:
        if by not in {user.login for user in accounts.users(connection, owner)}:
            raise NotFound(f"an account {by}")
    work = partial(
        channels.key,
        tenant=owner,
        sheet=sheet,
        keyed_by=f"user:{by}",
        now=now,
        scan=upload,
        dry_run=dry_run,
    )
    done = context.database.write(work)
    for problem in done.problems:
        click.echo(f"Not entered: {problem}", err=True)
    would = "would be entered" if dry_run else "entered"
    click.echo(f"{done.entered} rows {would}, {done.before} were before.")
    if done.problems:
        raise click.exceptions.Exit(1)


@followup_group.command("revoke")
@click.argument("round", metavar="ROUND")
@of_tenant
@click.pass_obj
def revoke(context: Context, round: str, tenant: str) -> None:
    """End the links of a round, as `owed` lists it.

    Whoever has one sees that the page was closed; ask anew with `again`.
    """
    owner, now = _owner(context, tenant), context.clock()
    found = _round(context, owner, round)
    ended = context.database.write(lambda c: followup.revoke(c, owner, found, now))
    click.echo(f"{ended} links ended.")


@followup_group.command("again")
@click.argument("round", metavar="ROUND")
@of_tenant
@click.pass_obj
def again(context: Context, round: str, tenant: str) -> None:
    """Ask a round anew, with a new letter and a new link.

    For a letter that got lost, an address that was mended, or an answer that was disowned.
    """
    owner, now = _owner(context, tenant), context.clock()
    found = _round(context, owner, round)
    context.database.write(lambda c: followup.again(c, owner, found, now))
    _send(context, owner)


@followup_group.command("ask-unit")
@click.argument("unit", metavar="PATH")
@of_tenant
@click.pass_obj
def ask_unit(context: Context, unit: str, tenant: str) -> None:
    """Ask the contact of a unit to look through its people.

    Superiors whom learners named, peers whom they named, and who has not answered.
    """
    owner, now = _owner(context, tenant), context.clock()
    found = _unit(context, owner, unit)
    context.database.write(lambda c: followup.ask_unit(c, owner, found, now))
    _send(context, owner)


@followup_group.command("poster")
@click.argument("unit", metavar="PATH")
@_to_file
@of_tenant
@click.pass_obj
def poster(context: Context, unit: str, out: Path, tenant: str) -> None:
    """Write the poster by which citizens tell how a unit's service was.

    Nobody is asked who they are.
    """
    owner, now = _owner(context, tenant), context.clock()
    base, found = _public_url(context.settings), _unit(context, owner, unit)
    expires = now + mobile.CITIZEN_LINK
    url = context.database.write(
        lambda c: channels.citizen_link(c, owner, found, base, expires, now)
    )
    out.write_text(mobile.poster(owner.name, unit, url, context.settings.language), "utf-8")
    click.echo(f"A poster for {url} in {out}; it holds until {expires.date() - timedelta(days=1)}.")


def _owner(context: Context, tenant: str) -> Tenant:
    with context.database.read() as connection:
        return accounts.tenant(connection, tenant)


def _carry_out(context: Context, owner: Tenant) -> None:
    now, rules = context.clock(), followup.rules(context.settings)
    with context.database.read() as connection:
        made, _ = followup.plan(connection, owner, now, rules)
    done = context.database.write(lambda c: followup.enter(c, owner, made, now, rules))
    told = ", ".join(f"{n} {state}" for state, n in sorted(done.made.items())) or "nobody anew"
    click.echo(f"Invitations: {told}. Settled: {done.settled}. Letters: {done.letters}.")
    _send(context, owner)


def _send(context: Context, owner: Tenant) -> None:
    mailer = Post.from_settings(context.settings)
    if mailer is None or not context.settings.public_url:
        click.echo(
            "No mail goes out: set JEJAK_SMTP_URL, JEJAK_MAIL_FROM and JEJAK_PUBLIC_URL. Other"
            " ways: jejak followup whatsapp, jejak followup print."
        )
        return
    sent = 0
    while n := reminders.send_due(
        context.database, owner, mailer, context.settings, context.clock()
    ):
        sent += n
    click.echo(f"{sent} letters were dealt with; see jejak followup owed.")


def _waiting(context: Context, owner: Tenant, unit: str | None) -> list[Waiting]:
    with context.database.read() as connection:
        found = followup.waiting(connection, owner, context.clock())
        if unit is None:
            return found
        rows = register.units(connection, owner.id)
    top = _unit(context, owner, unit)
    path = rows[top][0]
    below = {id_ for id_, (each, _) in rows.items() if f"{each} / ".startswith(f"{path} / ")}
    return [each for each in found if each.unit in below]


def _unit(context: Context, owner: Tenant, path: str) -> bytes:
    found = names.unit(owner.id, path)
    with context.database.read() as connection:
        if found not in register.units(connection, owner.id):
            raise NotFound(f"a unit {path}")
    return found


def _round(context: Context, owner: Tenant, text: str) -> bytes:
    """The round that begins so, of those that wait or were answered lately."""
    with context.database.read() as connection:
        found = followup.rounds(connection, owner, text, context.clock())
    if len(found) > 1:
        raise Conflict(f"Several rounds begin with {text}.", "Write more of it.")
    if not found:
        raise NotFound(f"a round {text}")
    return found[0]


def _public_url(settings: Settings) -> str:
    if not settings.public_url:
        raise Conflict(
            "A link needs our own address.", "Set JEJAK_PUBLIC_URL to what people's phones reach."
        )
    return settings.public_url


def _upload(path: Path, settings: Settings) -> Upload:
    content, name = path.read_bytes(), files.clean_name(path.name)
    allowed = frozenset(settings.evidence_types.split()) or frozenset(files.TYPES)
    problem = files.check(name, "", content, limit=settings.evidence_limit, allowed=allowed)
    if problem is not None:
        raise Refused(problem)
    return Upload(name, files.kind(content, name) or "application/octet-stream", content)


commands = (followup_group,)
