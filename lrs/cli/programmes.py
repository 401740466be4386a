"""Commands over programmes: what graduates are expected to do at work, and how it is followed."""

import json
import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import click
from sqlalchemy import Connection

from lrs import programmes, trials
from lrs.adapters import Adapters
from lrs.cli.accounts import FILE, from_yaml, of_tenant, print_applied, print_table
from lrs.context import Context
from lrs.errors import Conflict, NotFound
from lrs.practice import names
from lrs.practice.programmes import DEPTHS, Programme
from lrs.store import accounts, register, stream
from lrs.store import cases as lists
from lrs.store.cases import Which
from schemas import packs, written
from schemas.programmes import courses_of, dump, load, load_rules


@click.group("programmes")
def programmes_group() -> None:
    """Programmes, their cohorts, behaviours and windows."""


@programmes_group.command("apply")
@click.argument("file", type=FILE, metavar="FILE")
@click.option("--dry-run", is_flag=True, help="Only tell what would change.")
@of_tenant
@click.pass_obj
def apply(context: Context, file: Path, dry_run: bool, tenant: str) -> None:
    """Enter the programmes of a YAML file.

    New ones and those that changed; one that stands as written is left alone, and so is what the
    file does not name. Cases follow by themselves.
    """
    given = from_yaml(file, load)
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        done = programmes.plan(connection, owner.id, given)
    if not dry_run:
        by = f"the command line: {file.name}"
        done = context.database.write(lambda c: programmes.apply(c, owner.id, given, by))
    print_applied(done, dry_run=dry_run)


@programmes_group.command("try")
@click.argument("file", type=FILE, metavar="FILE")
@click.option("--sample", default=trials.SAMPLE, show_default=True, help="How many to show.")
@of_tenant
@click.pass_obj
def try_(context: Context, file: Path, sample: int, tenant: str) -> None:
    """Tell which links rules would propose.

    FILE holds programmes, or 'programme' (its IRI) and 'rules' to be tried with it. Nothing is
    entered.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        standing = programmes.in_force(connection, owner.id)
        given = from_yaml(file, lambda tree: load_rules(tree, standing))
        done = trials.try_rules(connection, owner, Adapters.installed(), given, sample=sample)
    click.echo(
        f"{done.total} links would be proposed that are not there now, of {done.read} statements"
        f" looked at; {done.gone} would be gone."
    )
    for behaviour, count in done.by_behaviour:
        click.echo(f"  {count}  {behaviour or '(no behaviour told)'}")
    for line in done.sample:
        click.echo(
            f"{line.performed} {line.name or 'somebody not known yet'}: {line.what or 'work'}"
            f"\n    for {line.programme}, {line.behaviour or 'no behaviour told'}"
            f"\n    {line.placed} the clock, weight {line.weight}:"
            f" {', '.join(f'{each.name} {each.detail}' for each in line.signals)}"
            f"\n    statement {line.statement}"
        )


@programmes_group.command("list")
@of_tenant
@click.pass_obj
def list_programmes(context: Context, tenant: str) -> None:
    """List the programmes in force."""
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        every = programmes.in_force(connection, owner.id)
    rows = [("title", "iri", "cohorts", "courses", "behaviours", "depth")]
    rows += [
        (
            each.title,
            each.iri,
            str(len(each.cohorts)),
            str(len(courses_of(each))),
            str(len(each.behaviours)),
            each.depth,
        )
        for each in every
    ]
    print_table(rows)


@programmes_group.command("show")
@click.argument("iri", required=False)
@of_tenant
@click.pass_obj
def show(context: Context, iri: str | None, tenant: str) -> None:
    """Print programmes as YAML, to be changed and applied.

    All of them, or the one with this IRI.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        every = programmes.in_force(connection, owner.id)
    chosen = [each for each in every if iri in (None, each.iri)]
    if iri is not None and not chosen:
        raise NotFound(f"a programme {iri}")
    click.echo(_yaml(chosen), nl=False)


@programmes_group.command("packs")
def list_packs() -> None:
    """List the packs from which a programme can be made."""
    rows = [("name", "behaviours", "about")]
    rows += [
        (pack.name, str(len(pack.body["behaviours"])), pack.about["en"]) for pack in packs.every()
    ]
    print_table(rows)


@programmes_group.command("new")
@click.option("--pack", required=True, help="Its name: see 'jejak programmes packs'.")
@click.option("--iri", required=True, help="The programme's name, for good.")
@click.option("--title", required=True, help="Its title.")
@click.option("--course", "courses", multiple=True, metavar="IRI", help="A course of it.")
@click.option("--jp", type=float, help="Its hours (jam pelajaran), instead of the pack's.")
@click.option("--depth", type=click.Choice(DEPTHS), help="How far it is followed up.")
@click.option("--apply", "enter", is_flag=True, help="Enter it, instead of printing it.")
@of_tenant
@click.pass_obj
def new(
    context: Context,
    pack: str,
    iri: str,
    title: str,
    courses: tuple[str, ...],
    jp: float | None,
    depth: str | None,
    enter: bool,
    tenant: str,
) -> None:
    """Make a programme from a pack.

    Printed as YAML, to be changed and applied; with --apply, entered as it is.
    """
    made = packs.make(pack, iri, title, courses=courses, jp=jp, depth=depth)
    if not enter:
        click.echo(_yaml([made]), nl=False)
        return
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        if any(each.iri == iri for each in programmes.in_force(connection, owner.id)):
            raise Conflict(
                f"There is a programme {iri} already.", "Choose another IRI, or change that one."
            )
    by = f"the command line: pack {pack}"
    context.database.write(lambda c: programmes.apply(c, owner.id, [made], by))
    click.echo(f"Entered: {title}, {len(made.behaviours)} behaviours, followed up: {made.depth}.")


@programmes_group.command("propose")
@click.option("--json", "as_json", is_flag=True, help="As JSON, whole.")
@of_tenant
@click.pass_obj
def propose(context: Context, as_json: bool, tenant: str) -> None:
    """List programmes that the courses seen may be.

    Those of no programme yet, gathered by their titles, with cohorts, learners, and who was left
    out as staff. Nothing is entered.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        found = programmes.suggest(connection, owner)
    if as_json:
        tree = [programmes.plain(each) for each in found]
        click.echo(json.dumps(tree, ensure_ascii=False, indent=2, default=str))
        return
    for each in found:
        proposal = each.proposal
        what = f"for {proposal.extends}" if proposal.extends else f"pack {each.pack}"
        click.echo(
            f"{each.number}. {proposal.title} ({what}): {proposal.completed} of"
            f" {proposal.learners} learners completed"
        )
        for course in proposal.courses:
            click.echo(f"     course  {course}  {each.titles[course] or ''}".rstrip())
        for run in proposal.runs:
            starts, ends = run.cohort.starts or "?", run.cohort.ends or "?"
            counts = f"{run.completed} of {run.learners} completed"
            counts += f", the last on {run.last}" if run.last else ""
            click.echo(f"     cohort  {run.cohort.name}: {starts} to {ends}, {counts}")
        for why, told in (("teaches", "who teach"), ("idle", "who never do anything")):
            left_out = sum(staff.why == why for staff in proposal.staff)
            if left_out:
                click.echo(f"     left out as staff: {left_out} {told}")
    if not found:
        click.echo("Every course seen is of a programme.")


@programmes_group.command("confirm")
@click.argument("which", nargs=-1, metavar="[NUMBER|TITLE]...")
@click.option("--all", "every", is_flag=True, help="Confirm all that are proposed.")
@click.option("--pack", help="Make the new ones of this pack, not of that which is suggested.")
@click.option("--base", metavar="IRI", help="Home of the new ones' names.")
@of_tenant
@click.pass_obj
def confirm(
    context: Context,
    which: tuple[str, ...],
    every: bool,
    pack: str | None,
    base: str | None,
    tenant: str,
) -> None:
    """Enter programmes that are proposed.

    By their number or title in 'jejak programmes propose'. Dates of cohorts are those of the
    records; mend them where official ones are known.
    """
    if every == bool(which):
        raise click.UsageError("Name what is to be confirmed, or give --all.")
    home = base or f"{context.settings.public_url or accounts.HOME_PAGE}/programmes"

    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        found = programmes.suggest(connection, owner)
    meant = found if every else programmes.chosen(found, which)

    def enter(connection: Connection) -> register.Applied:
        made = programmes.confirmed(connection, owner.id, meant, home, pack)
        return programmes.apply(connection, owner.id, made, "the command line: confirmed")

    print_applied(context.database.write(enter))


@programmes_group.command("unclaimed")
@of_tenant
@click.pass_obj
def unclaimed(context: Context, tenant: str) -> None:
    """List the courses of no programme.

    With how many were in them and completed them: no completion is lost, but none is followed up
    before its course is of a programme.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        found = programmes.unclaimed(connection, owner.id)
    rows = [("completed", "people", "course", "title")]
    rows += [(str(e.completed), str(e.people), e.course, e.title or "") for e in found]
    print_table(rows)


@programmes_group.command("participation")
@click.argument("programme", required=False, metavar="[PROGRAMME]")
@click.option("--cohort", metavar="NAME", help="Only of this cohort.")
@click.option("--unit", metavar="PATH", help="Only of this unit.")
@click.option("--person", type=click.UUID, help="Only of this person.")
@click.option("--not-completed", is_flag=True, help="Only who has not completed it.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many.")
@of_tenant
@click.pass_obj
def participation(
    context: Context,
    programme: str | None,
    cohort: str | None,
    unit: str | None,
    person: uuid.UUID | None,
    not_completed: bool,
    limit: int,
    tenant: str,
) -> None:
    """List who came how far in which course.

    Of PROGRAMME (its IRI), or of all. The first day of each step, as the LMS or a list told it.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        which = Which(
            programme=names.programme(owner.id, programme) if programme else None,
            cohort=cohort,
            unit=names.unit(owner.id, unit) if unit else None,
        )
        found = lists.participation(
            connection,
            owner.id,
            which,
            completed=False if not_completed else None,
            whose=frozenset({person.bytes}) if person else None,
            limit=limit,
        )
    steps = ("invited", "enrolled", "attended", "progressed", "completed", "certified")
    rows: list[tuple[str, ...]] = [("who", "programme", "cohort", "unit", *steps)]
    rows += [
        (
            *(each.name or "(nobody known)", each.programme.title if each.programme else ""),
            *(each.cohort or "", each.unit_path or ""),
            *(_day(getattr(each, f"{step}_day")) for step in steps),
        )
        for each in found.rows
    ]
    print_table(rows)
    if found.after is not None:
        click.echo(f"There are more than {limit}; --limit tells how many are listed.", err=True)


def _day(count: int | None) -> str:
    return "" if count is None else (date(1970, 1, 1) + timedelta(days=count)).isoformat()


@programmes_group.command("staff")
@of_tenant
@click.pass_obj
def staff(context: Context, tenant: str) -> None:
    """List who is staff and no learner.

    In the courses of each programme, told by what they do: who teaches, and who is in course
    after course without ever doing anything.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        titles = {each.iri: each.title for each in programmes.in_force(connection, owner.id)}
        found = programmes.staff(connection, owner)
        subjects = sorted({each.subject for held in found.values() for each in held})
        people = register.people(connection, owner.id, subjects)
        agents = stream.agents(connection, owner.id, subjects)
    rows = [("programme", "who", "why")]
    for iri, held in found.items():
        for each in held:
            known = people.get(each.subject)
            account = json.dumps(agents.get(each.subject, [{}])[0], ensure_ascii=False)
            why = "teaches" if each.why == "teaches" else f"idle in {each.courses} courses"
            rows.append((titles[iri], known.name if known else account, why))
    print_table(rows)


def _yaml(every: Sequence[Programme]) -> str:
    tree = {"programmes": [dump(each) for each in every]}
    return written.as_yaml(tree)


commands = (programmes_group,)
