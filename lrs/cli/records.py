"""Commands of an operator over what was refused, what was sent again, and over archives.

What is printed for people is aligned text; `--json` gives the same facts to programs.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click

from lrs import archive, refusals
from lrs.cli.accounts import as_json, of_tenant, print_table
from lrs.context import Context
from lrs.errors import Conflict, NotFound, Problem, Refused
from lrs.store import accounts, deliveries, refused
from lrs.store.accounts import Source, StoreRef, Tenant
from lrs.store.refused import Row, Which
from lrs.xapi import lexical
from lrs.xapi.repairs import REPAIRS
from lrs.xapi.statements import slices

Facts = dict[str, Any]

PAGE = 500
"""How many rows are read at once; of what was refused there may be millions."""


def moment(text: str) -> int:
    """A point in time, as microseconds since 1970."""
    whole = f"{text}T00:00:00Z" if len(text) == 10 else text
    if not lexical.is_timestamp(whole):
        raise click.BadParameter(
            "write a day (2026-01-31, in UTC) or a time (2026-01-31T08:00:00+07:00)."
        )
    return lexical.micros(whole)


def request_id(text: str) -> bytes:
    """The number of a request, as `list` prints it."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise click.BadParameter("`jejak refused list` prints them.") from error


# Refused ------------------------------------------------------------------------------------


@click.group("refused")
def refused_group() -> None:
    """What was refused: read it, mend it, send it again.

    Whatever a sender is refused is kept as it came, with the reason, and with it the rest of its
    batch, which a refusal takes along. So nothing is lost, and nothing has to be sent again:

    \b
      jejak refused list
      jejak refused show 17
      jejak refused mend 17 --repair result-response-null
      jejak refused replay --mended

    States: `refused` (there is something wrong with it), `mended` (no longer, so it can be
    replayed), `bystander` (nothing was wrong with it, its batch was refused for others); these
    three are open. Then `replayed` (it is stored now), `delivered` (its sender got it stored by
    sending it again), `repaired` (it was stored at once, after a repair that its key allows),
    `dismissed`.
    """


STATES = click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(["open", "all", *refused.STATES]),
    default=["open"],
    show_default=True,
    help="May be given again.",
)
SOURCE = click.option("--source", metavar="NAME", help="Only what this source sent.")
SINCE = click.option(
    "--since", type=moment, metavar="WHEN", help="Only what came, or came again, after this."
)


def _states(states: Sequence[str]) -> tuple[str, ...]:
    if "all" in states:
        return ()
    return tuple(dict.fromkeys(s for n in states for s in (refused.OPEN if n == "open" else (n,))))


@refused_group.command("list")
@SOURCE
@STATES
@SINCE
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many.")
@of_tenant
@as_json
@click.pass_obj
def list_refused(
    context: Context,
    source: str | None,
    states: tuple[str, ...],
    since: int | None,
    limit: int,
    tenant: str,
    as_json: bool,
) -> None:
    """List what was refused, oldest first, and count it.

    What is done with is left out, unless --state asks for it.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        names = {each.id: each.name for each in accounts.sources(connection, owner)}
        which = refusals.meant(
            connection, owner, source=source, states=_states(states), since=since
        )
        rows = refused.select(connection, which, limit=limit)
        counts = refused.count(connection, which)
    if as_json:
        told = [
            {"source": names[source_id], "state": state, "count": count}
            for (source_id, state), count in counts.items()
        ]
        _print({"counts": told, "refused": [refusals.facts(row, names) for row in rows]})
        return
    if not rows:
        click.echo("Nothing.")
        return
    print_table(
        [
            ["number", "state", "source", "received", "times", "request", "place", "why"],
            *(
                [
                    str(row.number),
                    row.state,
                    names[row.source_id],
                    lexical.render(row.last_received)[:19] + "Z",
                    str(row.times),
                    row.request.hex(),
                    "body" if row.index is None else str(row.index),
                    _reason(row),
                ]
                for row in rows
            ),
        ]
    )
    total = sum(counts.values())
    click.echo(f"\n{len(rows)} of {total}" if total > len(rows) else f"\n{total}", nl=False)
    parts = (f"{count} {state} of {names[key]}" for (key, state), count in counts.items())
    click.echo(f": {', '.join(parts)}.")


@refused_group.command("show")
@click.argument("number", type=int)
@of_tenant
@as_json
@click.pass_obj
def show_refused(context: Context, number: int, tenant: str, as_json: bool) -> None:
    """Show what was refused under NUMBER, and why.

    All that is wrong with it, what came, and what was mended of it.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        names = {each.id: each.name for each in accounts.sources(connection, owner)}
        row = refused.get(connection, refusals.store_ids(owner), number)
        raw, mended = refused.bodies(connection, number)
    if as_json:
        _print(refusals.facts(row, names, raw, mended))
        return
    facts = refusals.facts(row, names)
    for name in ("number", "state", "source", "request", "index", "version", "received", "times"):
        click.echo(f"{name:9} {'-' if facts.get(name) is None else facts[name]}")
    if row.why is not None:
        click.echo(f"{'dismissed':9} {row.why}")
    for part in row.parts:
        click.echo(f"{'part':9} {part['sha2']} ({part['length']} bytes)")
    for problem in row.problems:
        click.echo(f"{'problem':9} {problem}")
    click.echo(f"\n{_pretty(raw)}")
    if mended is not None:
        click.echo(f"\nMended:\n\n{_pretty(mended)}")


@refused_group.command("mend")
@click.argument("numbers", type=int, nargs=-1, required=True, metavar="NUMBER…")
@click.option("--file", type=click.File("rb"), help="What it should be, from a file; - for stdin.")
@click.option(
    "--repair", "names", multiple=True, type=click.Choice(list(REPAIRS)), help="A known defect."
)
@click.option("--edit", is_flag=True, help="In an editor ($EDITOR).")
@of_tenant
@click.pass_obj
def mend_refused(
    context: Context,
    numbers: tuple[int, ...],
    file: BinaryIO | None,
    names: tuple[str, ...],
    edit: bool,
    tenant: str,
) -> None:
    """Say what should have been sent in the place of what was refused.

    It is checked at once, and kept only when nothing is wrong with it any more. Then `replay`
    stores it. What came stays as it is beside it. Of a whole body, mend a list of statements.

    \b
      jejak refused mend 17 --edit
      jejak refused mend 17 18 --repair result-response-null
    """
    if (file is not None) + bool(names) + edit != 1:
        raise click.UsageError("Say how: one of --file, --repair and --edit.")
    if len(numbers) > 1 and not names:
        raise click.UsageError("Only --repair mends several at once.")
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
    failed = 0
    for number in numbers:
        try:
            if names:
                refusals.mend_by(context.database, owner, number, names)
            elif file is not None:
                refusals.mend(context.database, owner, number, file.read().strip())
            else:
                _edit(context, owner, number)
        except (Refused, Conflict, NotFound) as error:
            failed += 1
            _complain(number, error)
        else:
            click.echo(f"{number} is mended.")
    if failed:
        raise click.exceptions.Exit(1)


def _edit(context: Context, owner: Tenant, number: int) -> None:
    """Hand it to the editor, again and again while something is wrong with it."""
    with context.database.read() as connection:
        refused.get(connection, refusals.store_ids(owner), number)
        raw, mended = refused.bodies(connection, number)
    text = _pretty(raw if mended is None else mended)
    while True:
        edited = click.edit(text, extension=".json", require_save=False)
        if edited is None or edited.strip() == "":
            raise Refused(Problem("", "the editor gave nothing back; nothing was kept"))
        try:
            refusals.mend(context.database, owner, number, edited.strip().encode())
        except Refused as error:
            _complain(number, error)
            if not click.confirm("Edit again?", default=True, err=True):
                raise
            text = edited
        else:
            return


@refused_group.command("replay")
@click.argument("numbers", type=int, nargs=-1, metavar="[NUMBER…]")
@click.option("--mended", is_flag=True, help="All that is mended, with what fell with it.")
@click.option(
    "--request",
    type=request_id,
    metavar="ID",
    help="What is mended of one request, and fell with it.",
)
@click.option("--alone", is_flag=True, help="Only the NUMBERs, nothing that fell with them.")
@SOURCE
@of_tenant
@as_json
@click.pass_obj
def replay_refused(
    context: Context,
    numbers: tuple[int, ...],
    mended: bool,
    request: bytes | None,
    alone: bool,
    source: str | None,
    tenant: str,
    as_json: bool,
) -> None:
    """Store what is mended, and with it what was refused for its sake.

    In the name of the source that sent it, under its authority, in the order of its batch. What
    the sender has got stored in the meantime, by sending it again, is not stored twice: told by
    its id or, where it has none, by being equal to what this source has had stored since, the
    registration aside.

    Exit code 1 when something is still wrong; that stays refused, with the reason.
    """
    if bool(numbers) + mended + (request is not None) != 1:
        raise click.UsageError("Say what: NUMBERs, --mended or --request.")
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        if request is not None:
            requests = [request]
        elif numbers:
            for number in numbers:
                refused.get(connection, refusals.store_ids(owner), number)
            which = Which(refusals.store_ids(owner), numbers=numbers)
            requests = refused.requests(connection, which)
        else:
            which = refusals.meant(connection, owner, source=source, states=(refused.MENDED,))
            requests = refused.requests(connection, which)
    with click.progressbar(requests, label="Replaying", file=sys.stderr) as bar:
        whole = refusals.replay_every(context.database, owner, bar, frozenset(numbers), alone=alone)
    if as_json:
        wrong = [
            {"number": number, "problems": [problem.facts() for problem in problems]}
            for number, problems in whole.wrong.items()
        ]
        _print({"stored": whole.stored, "present": whole.present, "wrong": wrong})
    else:
        click.echo(f"{len(whole.stored)} stored, {len(whole.present)} stored by the sender since.")
        for number, problems in whole.wrong.items():
            _complain(number, Refused(problems))
    if whole.wrong:
        raise click.exceptions.Exit(1)


@refused_group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--raw", "bare", is_flag=True, help="Only statements, as they are to be sent.")
@SOURCE
@STATES
@SINCE
@of_tenant
@click.pass_obj
def export_refused(
    context: Context,
    file: str,
    bare: bool,
    source: str | None,
    states: tuple[str, ...],
    since: int | None,
    tenant: str,
) -> None:
    """Write what was refused, with the reasons, to FILE.

    FILE is JSON Lines; - for stdout.

    Each line has what came as the text `raw` (or `raw_base64`, where it was no text), and what
    was mended as `mended`. With --raw, each line is a statement, mended where it was; what holds
    none is left out, and counted.
    """
    left_out = 0
    with context.database.read() as connection, _written(file) as out:
        owner = accounts.tenant(connection, tenant)
        names = {each.id: each.name for each in accounts.sources(connection, owner)}
        which = refusals.meant(
            connection, owner, source=source, states=_states(states), since=since
        )
        for row, raw, mended in refusals.whole(connection, which):
            if not bare:
                facts = refusals.facts(row, names, raw, mended)
                out.write(json.dumps(facts, ensure_ascii=False).encode() + b"\n")
                continue
            try:
                found = slices(raw if mended is None else mended)[0]
            except Refused:
                left_out += 1
                continue
            # Inside JSON a line break is only ever a space between two signs.
            out.writelines(each.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n" for each in found)
    if left_out:
        click.echo(f"{left_out} left out: no statements. `jejak refused list` tells.", err=True)


@refused_group.command("dismiss")
@click.argument("numbers", type=int, nargs=-1, required=True, metavar="NUMBER…")
@click.option("--why", required=True, help="For whoever asks later.")
@of_tenant
@click.pass_obj
def dismiss_refused(context: Context, numbers: tuple[int, ...], why: str, tenant: str) -> None:
    """Note that nothing will be done about these.

    They are kept; sent again, they open again.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
    refusals.dismiss(context.database, owner, numbers, why)
    click.echo(f"{len(set(numbers))} dismissed.")


# Duplicates ---------------------------------------------------------------------------------


@click.command("duplicates")
@click.option("--source", metavar="NAME", help="Only what this source sent.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many.")
@of_tenant
@as_json
@click.pass_obj
def list_duplicates(
    context: Context, source: str | None, limit: int, tenant: str, as_json: bool
) -> None:
    """List the requests that came a second time, newest first.

    They looked like an earlier one whose answer was lost. Noticed for keys made with
    `--duplicates report` or `answer`. Both times are the `stored` of the first statement of a
    request.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        every = [accounts.source(connection, owner, source)] if source else None
        names = {each.id: each.name for each in every or accounts.sources(connection, owner)}
        found = deliveries.notices(connection, sorted(names), limit)
    rows = [
        {
            "source": names[each.source_id],
            "came": lexical.render(each.request),
            "before": lexical.render(each.earlier),
            "statements": each.statements,
            "done": "answered" if each.answered else "stored again",
        }
        for each in found
    ]
    if as_json:
        _print(rows)
    elif rows:
        print_table([list(rows[0]), *([str(value) for value in row.values()] for row in rows)])
    else:
        click.echo("Nothing.")


# Repairs ------------------------------------------------------------------------------------


@click.command("repairs")
@as_json
def list_repairs(as_json: bool) -> None:
    """List the known defects of senders that can be mended by name.

    A key mends them as they come in if its owner asked for it (`jejak keys set --repairs`); what
    was refused is mended by `jejak refused mend --repair`.
    """
    if as_json:
        _print([{"name": name, "does": repair.defect} for name, repair in REPAIRS.items()])
        return
    for name, repair in REPAIRS.items():
        click.echo(f"{click.style(name, bold=True)}\n    {repair.defect}")


# Archives -----------------------------------------------------------------------------------

PLACE = click.option(
    "--store",
    type=click.Choice(["learning", "practice"]),
    default="learning",
    show_default=True,
    help="Which of the tenant's two stores.",
)


def _place(owner: Tenant, store: str) -> StoreRef:
    return owner.practice if store == "practice" else owner.learning


@click.command("export")
@click.argument("path", metavar="FOLDER|FILE", type=click.Path(allow_dash=True))
@PLACE
@click.option("--since", type=moment, metavar="WHEN", help="Only what was stored after this.")
@click.option("--until", type=moment, metavar="WHEN", help="Only what was stored up to this.")
@of_tenant
@click.pass_obj
def export_store(
    context: Context, path: str, store: str, since: int | None, until: int | None, tenant: str
) -> None:
    """Write all that a store holds to one archive.

    Statements in the order they were stored, the bytes as stored, voided ones too; attachments;
    documents with their types and times. It is a tar file (FILE.tar.gz: compressed) of JSON Lines
    and plain files. In a FOLDER it gets a name of its own; - writes to stdout. Servers may go on
    meanwhile: what is stored after this began is not in it.

    \b
      jejak export /var/backups/jejak
      jejak export this-year.tar.gz --since 2026-01-01
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
    span = archive.span(context.database, _place(owner, store), since, until)
    if Path(path).is_dir():
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        path = str(Path(path) / f"{tenant}-{store}-{now}.tar")
    with (
        _written(path) as out,
        click.progressbar(length=span.statements, label="Writing", file=sys.stderr) as bar,
    ):
        done = archive.write(
            context.database,
            span,
            out,
            about={"tenant": tenant, "store": store},
            compressed=path.endswith((".gz", ".tgz")),
            told=bar.update,
        )
    click.echo(
        f"{done.statements} statements, {done.attachments} attachments, "
        f"{done.documents} documents written to {path}.",
        err=True,
    )
    if done.unnamed:
        click.echo(
            f"{done.unnamed} documents are not in it: they were last written before it was kept "
            "whose they are.",
            err=True,
        )
        raise click.exceptions.Exit(1)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--source",
    metavar="NAME",
    help="Whose they become; else the source `import`, or, of practice, the service itself.",
)
@PLACE
@of_tenant
@as_json
@click.pass_obj
def import_file(
    context: Context, file: str, source: str | None, store: str, tenant: str, as_json: bool
) -> None:
    """Bring in an archive, or statements of another store.

    FILE (- for stdin) is what `jejak export` wrote, or statements as JSON Lines, as a JSON array,
    or as a StatementResult; .gz is read too. Statements keep their ids and times; `stored` and
    `authority` are written anew, as of this store and the source. Documents are put where there
    are none.

    What broke off is simply run again: what is there already is acknowledged, not stored twice.
    Statements without an id get one that they get again each time the same file is imported.

    Exit code 1 when something was refused. That is set aside like all that is refused, see
    `jejak refused list`, and keeps nothing else from coming in.
    """
    with context.database.read() as connection:
        owner = accounts.tenant(connection, tenant)
        known = [] if source is None else [accounts.source(connection, owner, source)]
    whose = known[0] if known else _import_source(context, owner, store)
    size = 0 if file == "-" else Path(file).stat().st_size
    content: Any
    with (
        click.open_file(file, "rb") as content,
        click.progressbar(length=size or 1, label="Reading", file=sys.stderr) as bar,
    ):
        done = archive.read(
            context.database,
            owner,
            whose,
            _place(owner, store),
            content,
            told=lambda _: bar.update(content.tell() - bar.pos if size else 0),
        )
        bar.update((size or 1) - bar.pos)
    if as_json:
        _print(
            {
                "stored": done.stored,
                "present": done.present,
                "refused": done.refused,
                "documents": done.documents,
                "documents_present": done.documents_present,
                "problems": [problem.facts() for problem in done.problems],
                "whole": done.whole,
            }
        )
    else:
        click.echo(
            f"{done.stored} statements stored, {done.present} there already, "
            f"{done.refused} refused; {done.documents} documents put, "
            f"{done.documents_present} there already."
        )
        if done.refused:
            click.echo(f"What was refused is kept: jejak refused list --source {whose.name}")
        for problem in done.problems:
            click.echo(str(problem))
        if not done.whole:
            click.echo("The archive breaks off: its end is missing.")
    if not done.well:
        raise click.exceptions.Exit(1)


def _import_source(context: Context, owner: Tenant, store: str) -> Source:
    """Whose what is brought in becomes. In the practice store nobody but the service is heard."""
    home_page = context.settings.public_url or accounts.HOME_PAGE

    def work(connection: Any) -> Source:
        if store == "practice":
            return accounts.service_source(connection, owner, datetime.now(UTC))
        try:
            return accounts.source(connection, owner, "import")
        except NotFound:
            authority = accounts.default_authority(home_page, "import")
            return accounts.create_source(connection, owner, "import", authority, datetime.now(UTC))

    return context.database.write(work)


commands = (refused_group, list_duplicates, list_repairs, export_store, import_file)
"""All of them, to be added to the command line."""


# What is shown ------------------------------------------------------------------------------


@contextmanager
def _written(path: str) -> Iterator[BinaryIO]:
    """A new file, for its owner alone, that is there only once it is whole; or stdout."""
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if Path(path).exists():
        raise Conflict(f"{path} is there already.", "Choose another name.")
    part = f"{path}.part"
    try:
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise click.ClickException(f"{part} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _reason(row: Row) -> str:
    if row.why is not None:
        return row.why
    if not row.problems:
        return "-"
    more = f" (+{len(row.problems) - 1})" if len(row.problems) > 1 else ""
    where = f"{row.problems[0].path}: " if row.problems[0].path else ""
    return f"{where}{row.problems[0].message}"[:100] + more


def _pretty(body: bytes) -> str:
    """JSON with its members in lines, every number and string as it was spelt; else as it came."""
    text = body.decode(errors="backslashreplace")
    try:
        json.loads(text, parse_int=str)
    except (ValueError, RecursionError):
        return text
    return "".join(_indented(text))


def _indented(text: str) -> Iterator[str]:
    depth, opened, quoted, escaped = 0, False, False, False
    for sign in text:
        if quoted:
            quoted, escaped = escaped or sign != '"', not escaped and sign == "\\"
            yield sign
            continue
        if sign in " \t\r\n":
            continue
        depth -= sign in "}]"
        if opened != (sign in "}]"):
            yield f"\n{'  ' * depth}"
        yield sign
        opened = sign in "{["
        depth += opened
        quoted = sign == '"'
        if sign == ",":
            yield f"\n{'  ' * depth}"
        elif sign == ":":
            yield " "


def _complain(number: int, error: Exception) -> None:
    if isinstance(error, Refused):
        for problem in error.problems:
            click.echo(f"{number}: {problem}", err=True)
    else:
        click.echo(f"{number}: {error}", err=True)


def _print(tree: Any) -> None:
    click.echo(json.dumps(tree, ensure_ascii=False))
