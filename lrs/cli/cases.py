"""Commands over practice cases: what there is, the review queue, evidence handed in."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from lrs import casework, i18n, units
from lrs.casework import Upload
from lrs.cli.accounts import FILE, of_tenant, print_table
from lrs.cli.webhooks import HexId
from lrs.context import Context
from lrs.errors import Conflict, JejakError, NotFound, Refused
from lrs.practice import files, names, records, review
from lrs.practice.cases import date_of
from lrs.practice.records import Ending, Meeting
from lrs.store import accounts
from lrs.store import cases as lists
from lrs.store.accounts import Tenant
from lrs.store.cases import Named, Page, Place, Which
from lrs.web import told as words

#: Who decides and hands in what is done here, unless another is named.
USER = "user:command-line"

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


# What commands have in common ----------------------------------------------------------------


def _narrowing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that narrow a list to some cases."""
    for option in (
        click.option("--programme", metavar="IRI", help="Only of this programme."),
        click.option("--cohort", metavar="NAME", help="Only of this cohort."),
        click.option("--unit", metavar="PATH", help="Only of this unit."),
        click.option("--person", type=click.UUID, help="Only of this person."),
    ):
        command = option(command)
    return command


def _limited(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--limit",
        type=click.IntRange(1, 100_000),
        default=50,
        show_default=True,
        help="How many at most.",
    )(command)


def _acting(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--by", type=click.UUID, help="The person who does this.")(command)


def _which(
    tenant: Tenant,
    states: tuple[str, ...],
    programme: str | None,
    cohort: str | None,
    unit: str | None,
) -> Which:
    return Which(
        states=states,
        programme=None if programme is None else names.programme(tenant.id, programme),
        cohort=cohort,
        unit=None if unit is None else names.unit(tenant.id, unit),
    )


def _whose(person: uuid.UUID | None) -> frozenset[bytes] | None:
    return None if person is None else frozenset({person.bytes})


def _some(read: Callable[[Place | None, int], Page[Any]], limit: int) -> list[Any]:
    """The first rows of a list, page by page."""
    rows: list[Any] = []
    after: Place | None = None
    while len(rows) < limit:
        page = read(after, min(500, limit - len(rows)))
        rows += page.rows
        if (after := page.after) is None:
            break
    return rows


def _tenant(context: Context, name: str) -> Tenant:
    with context.database.read() as connection:
        return accounts.tenant(connection, name)


def _by(person: uuid.UUID | None) -> str:
    return USER if person is None else str(person)


def _day(count: int | None) -> str:
    return "" if count is None else (date(1970, 1, 1) + timedelta(days=count)).isoformat()


def _moment(micros: int) -> str:
    return (_BEGIN + timedelta(microseconds=micros)).strftime("%Y-%m-%d %H:%M")


def _title(named: Named | None) -> str:
    return named.title if named else ""


def _applied(case: lists.Case) -> str:
    told = case.outcome
    if told is not None and told.applied_day is not None:
        return f"{_day(told.applied_day)} {told.applied_tier or ''}".strip()
    if told is not None and told.known_not_day is not None:
        return f"not yet on {_day(told.known_not_day)}"
    return "not known"


# Cases ---------------------------------------------------------------------------------------


@click.group("cases")
def cases_group() -> None:
    """Practice cases: what became of completions."""


@cases_group.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice(["open", "undone", "voided"]))
@_narrowing
@_limited
@of_tenant
@click.pass_obj
def list_cases(
    context: Context,
    /,
    states: tuple[str, ...],
    limit: int,
    tenant: str,
    person: uuid.UUID | None,
    **narrow: Any,
) -> None:
    """List cases, the last completed first."""
    owner = _tenant(context, tenant)
    which = _which(owner, states, **narrow)
    with context.database.read() as connection:
        found = _some(
            lambda after, n: lists.cases(
                connection, owner.id, which, whose=_whose(person), after=after, limit=n
            ),
            limit,
        )
    rows = [("id", "completed", "who", "programme", "cohort", "unit", "state", "applied")]
    rows += [
        (
            *(each.id.hex(), _day(each.clock_day), each.name or "(nobody known)"),
            *(_title(each.programme) or each.title or each.course, each.cohort or ""),
            *(each.unit_path or "", each.state, _applied(each)),
        )
        for each in found
    ]
    print_table(rows)


@cases_group.command("show")
@click.argument("case", type=HexId())
@of_tenant
@click.pass_obj
def show_case(context: Context, case: bytes, tenant: str) -> None:
    """Show a case: what is known of each behaviour, and its links."""
    owner = _tenant(context, tenant)
    with context.database.read() as connection:
        found = _case(connection, owner, case)
        outcomes = lists.outcomes(connection, owner.id, case)
        links = lists.links_of_case(connection, owner.id, case)
        answers = lists.answers(connection, owner.id, case)
        ends = casework.endings(connection, owner, found)
    for word, value in (
        ("who", found.name or "(nobody known)"),
        ("person", str(uuid.UUID(bytes=found.person)) if found.person else ""),
        ("programme", _title(found.programme) or "(none)"),
        ("course", found.course),
        ("cohort", found.cohort or ""),
        ("unit", found.unit_path or ""),
        ("state", found.state),
        ("completed", _moment(found.completed_at)),
        ("clock since", _day(found.clock_day)),
        ("ended", f"{_day(found.ended_day)} {found.ended or ''}".strip()),
        ("answers", str(len(answers))),
    ):
        if value:
            click.echo(f"{word:12}  {value}")
    click.echo()
    rows = [("behaviour", "applied", "tier", "lasting", "not yet on", "last contact")]
    rows += [
        (
            *(_title(each.behaviour) or "(the whole)", _day(each.applied_day)),
            *(each.applied_tier or "", _day(each.lasting_day), _day(each.known_not_day)),
            _day(each.contact_day),
        )
        for each in outcomes
    ]
    print_table(rows)
    click.echo()
    _print_links(links)
    if ends:
        click.echo()
        print_table(
            [("end of observation", "day", "why", "note")]
            + [(sid.hex(), each.day.isoformat(), each.why, each.note) for sid, each in ends]
        )


@cases_group.command("end")
@click.argument("case", type=HexId())
@click.option("--why", required=True, type=click.Choice(records.ENDINGS), help="Why it ends.")
@click.option("--note", default="", help="More of it, in a sentence; needed for `other`.")
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="From which day; today.")
@_acting
@of_tenant
@click.pass_obj
def end_case(
    context: Context,
    case: bytes,
    why: str,
    note: str,
    on: datetime | None,
    by: uuid.UUID | None,
    tenant: str,
) -> None:
    """End the observation of a case.

    Since the duties no longer include what was learned, which is no failure and counts as none.
    Prints the record's id. Who left the agency is entered in the lists of people.
    """
    owner = _tenant(context, tenant)

    def write(connection: Connection) -> str:
        found = _case(connection, owner, case)
        if found.person is None:
            raise Conflict("Nobody knows whose case this is.", "Say who they are first.")
        ending = Ending(
            person=str(uuid.UUID(bytes=found.person)),
            case=case.hex(),
            why=why,
            day=on.date() if on else date_of(context.clock()),
            by=_by(by),
            note=note,
        )
        return casework.end(connection, owner, ending, now=context.clock())

    click.echo(context.database.write(write))


@cases_group.command("resume")
@click.argument("case", type=HexId())
@click.option("--why", required=True, help="Why, in a sentence.")
@_acting
@of_tenant
@click.pass_obj
def resume_case(context: Context, case: bytes, why: str, by: uuid.UUID | None, tenant: str) -> None:
    """Take the end of an observation back.

    The case is followed up again. What the lists of people say of who left stays.
    """
    owner = _tenant(context, tenant)

    def write(connection: Connection) -> int:
        ends = casework.endings(connection, owner, _case(connection, owner, case))
        if not ends:
            raise Conflict("Nobody ended the observation of this case.", "Nothing is left to do.")
        for statement, _ in ends:
            casework.take_back(
                *(connection, owner), statement=statement, by=_by(by), why=why, now=context.clock()
            )
        return len(ends)

    click.echo(f"{context.database.write(write)} taken back.")


def _case(connection: Connection, owner: Tenant, case: bytes) -> lists.Case:
    found = lists.case(connection, owner.id, case)
    if found is None:
        raise NotFound(f"a case {case.hex()}")
    return found


# Links ---------------------------------------------------------------------------------------


@click.group("links")
def links_group() -> None:
    """Links between cases and evidence: the review queue."""


@links_group.command("list")
@click.option(
    "--state", "states", multiple=True, type=click.Choice(review.STATES), help="Only in this."
)
@_narrowing
@_limited
@of_tenant
@click.pass_obj
def list_links(
    context: Context,
    /,
    states: tuple[str, ...],
    limit: int,
    tenant: str,
    person: uuid.UUID | None,
    **narrow: Any,
) -> None:
    """List the review queue, the longest waiting first.

    Without --state, what is submitted or in review.
    """
    owner = _tenant(context, tenant)
    which = _which(owner, states or lists.TO_REVIEW, **narrow)
    with context.database.read() as connection:
        found = _some(
            lambda after, n: lists.links(
                connection, owner.id, which, whose=_whose(person), after=after, limit=n
            ),
            limit,
        )
    _print_links(found)


def _print_links(links: list[lists.Link]) -> None:
    rows = [("id", "since", "state", "who", "behaviour", "performed", "placed", "weight")]
    rows += [
        (
            *(each.id.hex(), _moment(each.at), each.state, each.name or ""),
            *(_title(each.behaviour) or "(the whole)", _day(each.performed_day), each.placed),
            f"{each.weight / 1000:.2f}{' self' if each.self_said else ''}",
        )
        for each in links
    ]
    print_table(rows)


@links_group.command("show")
@click.argument("link", type=HexId())
@of_tenant
@click.pass_obj
def show_link(context: Context, link: bytes, tenant: str) -> None:
    """Show a link: its signals and its verdicts."""
    owner = _tenant(context, tenant)
    with context.database.read() as connection:
        found = lists.link(connection, owner.id, link)
    if found is None:
        raise NotFound(f"a link {link.hex()}")
    for word, value in (
        ("case", found.case.hex()),
        ("evidence", found.evidence.hex()),
        ("who", found.name or ""),
        ("behaviour", _title(found.behaviour) or "(the whole)"),
        ("state", found.state),
        ("performed", f"{_day(found.performed_day)} ({found.placed})"),
        ("weight", f"{found.weight / 1000:.2f}"),
    ):
        click.echo(f"{word:12}  {value}")
    for word, told in found.told.items():
        if word != "history":
            click.echo(f"{word:12}  {_plain(told)}")
    for each in found.told.get("history", ()):
        click.echo(f"{'verdict':12}  {_plain(each)}")


def _plain(told: Any) -> str:
    if isinstance(told, dict):
        return ", ".join(f"{name} {_plain(value)}" for name, value in told.items())
    if isinstance(told, list):
        return "; ".join(_plain(each) for each in told)
    return str(told)


def _move(name: str, says: str, *, decides: bool = False) -> None:
    """A command that moves each link by itself; it says which could not be moved, and ends with 1
    where any could not. `decides`: the move is a verdict, which needs a reason."""

    def command(
        context: Context,
        links: tuple[bytes, ...],
        by: uuid.UUID | None,
        tenant: str,
        **told: Any,
    ) -> None:
        owner = _tenant(context, tenant)
        given = {word: value for word, value in told.items() if value is not None}
        given |= {"move": name, "by": _by(by), "now": context.clock()}
        failed = 0
        for link in links:

            def write(connection: Connection, link: bytes = link) -> str:
                return casework.decide(connection, owner, link=link, **given)

            try:
                statement = context.database.write(write)
            except JejakError as error:
                failed += 1
                click.echo(f"{link.hex()}  {error}", err=True)
            else:
                click.echo(f"{link.hex()}  {statement}")
        if failed:
            raise click.exceptions.Exit(1)

    command.__doc__ = says
    made: Callable[..., Any] = command
    if name == "accept":
        made = click.option("--tier", type=click.Choice(["7a", "7b"]), help="7a: assisted.")(made)
        made = click.option("--confidence", type=click.FloatRange(-1, 1), help="-1 to 1.")(made)
    if decides:
        second = click.option("--second", is_flag=True, help="As an independent second opinion.")
        made = second(made)
        made = click.option("--rests-on", help="The page or the answer it rests on.")(made)
        made = click.option("--reason", required=True, help="Why, in a sentence.")(made)
    argument = click.argument("links", type=HexId(), nargs=-1, required=True, metavar="LINK…")
    made = of_tenant(click.pass_obj(argument(_acting(made))))
    links_group.command(name.replace("_", "-"))(made)


_move("submit", "Submit links that were drafts or returned.")
_move("take", "Take links into review, before others do.")
_move("release", "Give links that were taken back to the queue.")
_move("not_seen", "Say that nothing can be told yet of links in review.")
_move("accept", "Accept links: the evidence shows the practice.", decides=True)
_move("return", "Return links to who handed the evidence in.", decides=True)
_move("reject", "Reject links: the evidence does not show the practice.", decides=True)
_move("withdraw", "Withdraw links that were accepted.", decides=True)


@links_group.command("reasons")
@click.option(
    "--language", type=click.Choice(i18n.LOCALES), help="That of the agency, if not said."
)
@of_tenant
@click.pass_obj
def list_reasons(context: Context, language: str | None, tenant: str) -> None:
    """List the usual reasons, by move.

    Those that reviewers choose from on pages, also to withdraw what was accepted; any sentence
    serves as --reason.
    """
    owner = _tenant(context, tenant)
    with (
        context.database.read() as connection,
        i18n.speaking(language or context.settings.language),
    ):
        found = words.reasons_of(connection, owner)
        found += [("withdraw", i18n._(each)) for each in words.WITHDRAWALS]
    print_table([("move", "reason"), *found])


@links_group.command("propose")
@click.argument("case", type=HexId())
@click.argument("evidence", type=HexId())
@click.option("--behaviour", metavar="IRI", help="Of which behaviour; otherwise of the whole.")
@click.option("--reason", required=True, help="Why, in a sentence.")
@_acting
@of_tenant
@click.pass_obj
def propose(
    context: Context,
    case: bytes,
    evidence: bytes,
    behaviour: str | None,
    reason: str,
    by: uuid.UUID | None,
    tenant: str,
) -> None:
    """Link a case and a piece of evidence by hand."""
    owner = _tenant(context, tenant)
    context.database.write(
        lambda c: casework.propose(
            c,
            owner,
            case=case,
            evidence=evidence,
            behaviour=behaviour,
            by=_by(by),
            reason=reason,
            now=context.clock(),
        )
    )
    digest = names.behaviour(owner.id, behaviour) if behaviour else names.ZERO
    click.echo(names.link(case, evidence, digest).hex())


# Evidence ------------------------------------------------------------------------------------


@click.group("evidence")
def evidence_group() -> None:
    """Evidence of work: what the log says, and what is handed in."""


@evidence_group.command("list")
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(lists.EVIDENCE), help="Only of this."
)
@click.option("--person", type=click.UUID, help="Only of this person.")
@_limited
@of_tenant
@click.pass_obj
def list_evidence(
    context: Context, kinds: tuple[str, ...], person: uuid.UUID | None, limit: int, tenant: str
) -> None:
    """List evidence, what came last first."""
    owner = _tenant(context, tenant)
    with context.database.read() as connection:
        found = _some(
            lambda after, n: lists.evidence(
                connection,
                owner.id,
                kinds=kinds or lists.EVIDENCE,
                whose=_whose(person),
                after=after,
                limit=n,
            ),
            limit,
        )
    rows = [("id", "at", "kind", "who", "files", "words")]
    rows += [
        (
            *(each.statement.hex(), _moment(each.at), each.kind, each.name or "(nobody known)"),
            *(str(each.event.attachments or ""), " ".join(each.event.text.split())[:60]),
        )
        for each in found
    ]
    print_table(rows)


@evidence_group.command("hand-in")
@click.argument("person", type=click.UUID)
@click.option("--of", "of", type=click.Choice(records.EVIDENCE), default="artefact")
@click.option("--title", required=True, help="In a few words, what it is.")
@click.option("--text", default="", help="What there is to say of it.")
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="Day of the work; today.")
@click.option("--role", type=click.Choice(records.ROLES), default="admin", show_default=True)
@click.option("--case", type=HexId(), help="The case it is for.")
@click.option("--programme", metavar="IRI", help="The programme it is for.")
@click.option("--behaviour", "behaviours", multiple=True, metavar="IRI", help="Which it shows.")
@click.option("--rating", type=click.FloatRange(0, 1), help="0 to 1.")
@click.option(
    "--file",
    "paths",
    multiple=True,
    type=FILE,
    help="A file that goes with it; may be given several times.",
)
@_acting
@of_tenant
@click.pass_obj
def hand_in(
    context: Context,
    /,
    person: uuid.UUID,
    on: datetime | None,
    case: bytes | None,
    paths: tuple[Path, ...],
    by: uuid.UUID | None,
    tenant: str,
    **told: Any,
) -> None:
    """Hand in a piece of evidence of a person's work."""
    owner = _tenant(context, tenant)
    evidence = records.Evidence(
        person=str(person),
        by=_by(by),
        performed_on=on.date() if on else date_of(context.clock()),
        case=None if case is None else case.hex(),
        **told,
    )
    uploads = [_upload(context, path) for path in paths]
    statement = context.database.write(
        lambda c: casework.hand_in(c, owner, evidence, now=context.clock(), files=uploads)
    )
    click.echo(statement)


def _upload(context: Context, path: Path) -> Upload:
    limits = context.settings
    name, content = files.clean_name(path.name), path.read_bytes()
    allowed = frozenset(limits.evidence_types.split()) or frozenset(files.TYPES)
    refused = files.check(name, "", content, limit=limits.evidence_limit, allowed=allowed)
    if refused is not None:
        raise Refused(refused)
    return Upload(name, files.kind(content, name) or "application/octet-stream", content)


@evidence_group.command("meeting")
@click.argument("people", nargs=-1, required=True, metavar="PERSON…")
@click.option("--text", required=True, help="What was found.")
@click.option("--title", default="", help="In a few words, which meeting.")
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="Day of the meeting; today.")
@click.option("--role", type=click.Choice(records.ROLES), default="admin", show_default=True)
@click.option("--programme", metavar="IRI", help="The programme it was about.")
@click.option("--behaviour", "behaviours", multiple=True, metavar="IRI", help="Which was seen.")
@click.option(
    "--copied", multiple=True, metavar="PERSON", help="Whom colleagues imitate; repeatable."
)
@_acting
@of_tenant
@click.pass_obj
def meeting(
    context: Context,
    /,
    people: tuple[str, ...],
    copied: tuple[str, ...],
    on: datetime | None,
    by: uuid.UUID | None,
    tenant: str,
    **told: Any,
) -> None:
    """Keep one note of a meeting, of many alumni.

    Each PERSON, by number, mail or id, is somebody whose practice was looked at there.
    """
    owner = _tenant(context, tenant)

    def write(connection: Connection) -> str:
        def ids(some: tuple[str, ...]) -> tuple[str, ...]:
            found = dict.fromkeys(units.who(connection, owner.id, each) for each in some)
            return tuple(str(uuid.UUID(bytes=each)) for each in found)

        note = Meeting(
            people=ids(people),
            copied=ids(copied),
            held_on=on.date() if on else date_of(context.clock()),
            by=_by(by),
            **told,
        )
        return casework.meet(connection, owner, note, now=context.clock())

    click.echo(context.database.write(write))


@evidence_group.command("take-back")
@click.argument("statement", type=HexId())
@click.option("--why", required=True, help="Why, in a sentence.")
@_acting
@of_tenant
@click.pass_obj
def take_back(
    context: Context, statement: bytes, why: str, by: uuid.UUID | None, tenant: str
) -> None:
    """Take back evidence that was handed in."""
    owner = _tenant(context, tenant)

    def write(connection: Connection) -> str:
        return casework.take_back_evidence(
            connection,
            owner,
            statement=statement,
            by=_by(by),
            why=why,
            now=context.clock(),
            others=True,
        )

    click.echo(context.database.write(write))


commands = (cases_group, links_group, evidence_group)
