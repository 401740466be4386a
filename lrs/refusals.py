"""What an operator does about refused statements: mend, replay, dismiss.

Whatever a sender was refused is kept (`lrs/store/refused.py`). A mended statement and those that
fell with it are sent again through intake, in the name of their source, into the store they were
meant for. What the sender itself got stored since, by sending again on its own, is left out.

Every function takes the tenant whose refusals they are and sees no other's.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Any

from sqlalchemy import Connection

from lrs import intake
from lrs.auth import scopes
from lrs.errors import Conflict, NotFound, Problem, Refused
from lrs.store import accounts, deliveries, refused, statements
from lrs.store.accounts import Kindness, Principal, Source, StoreRef, Tenant
from lrs.store.engine import Database
from lrs.store.refused import Row, Which
from lrs.xapi import actors, check, lexical, versions
from lrs.xapi.attachments import Part, attachments_of
from lrs.xapi.equality import difference
from lrs.xapi.repairs import repair
from lrs.xapi.statements import Terms, Tree, parse, query_terms, slices

#: How many statements are sent in one transaction: enough that its cost does not count, few
#: enough that senders do not wait for an operator.
PIECE = 500

#: Attachments of this size are held in memory, larger ones on disk.
MEMORY = 1 << 20


#: How many refused requests are looked through at once for what came again.
SETTLED = 500


@dataclass(slots=True)
class Outcome:
    """What became of a request that was replayed, by the numbers of what was refused.

    `stored` were stored now, of `present` the sender itself had got all stored since, `wrong`
    could not be stored, and why. What others were replaying at the same moment is in none.
    """

    stored: list[int] = field(default_factory=list)
    present: list[int] = field(default_factory=list)
    wrong: dict[int, list[Problem]] = field(default_factory=dict)


def meant(
    connection: Connection,
    tenant: Tenant,
    *,
    source: str | None = None,
    states: Sequence[str] = (),
    since: int | None = None,
) -> Which:
    """The refusals of a tenant, or of its source of that name. Raises NotFound."""
    return Which(
        store_ids(tenant),
        None if source is None else accounts.source(connection, tenant, source).id,
        tuple(states),
        since,
    )


def store_ids(tenant: Tenant) -> tuple[int, ...]:
    """Where refusals of a tenant may be."""
    return tenant.learning.id, tenant.practice.id


def facts(
    row: Row, sources: Mapping[int, str], raw: bytes | None = None, mended: bytes | None = None
) -> Tree:
    """What is known of something refused, for programs: with the reasons, and what came as the
    text `raw` (`raw_base64`, where it was no text), and what was made of it as `mended`."""
    told: Tree = {
        "number": row.number,
        "state": row.state,
        "source": sources[row.source_id],
        "request": row.request.hex(),
        "index": row.index,
        "version": row.version,
        "received": lexical.render(row.received),
        "last_received": lexical.render(row.last_received),
        "times": row.times,
        "size": row.size,
        "problems": [problem.facts() for problem in row.problems],
        "parts": list(row.parts),
    }
    if row.why is not None:
        told["why"] = row.why
    return told | _text("raw", raw) | _text("mended", mended)


def _text(name: str, body: bytes | None) -> Tree:
    if body is None:
        return {}
    try:
        return {name: body.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(body).decode()}


def whole(connection: Connection, which: Which) -> Iterator[tuple[Row, bytes, bytes | None]]:
    """All of them, oldest first: each with what came, and what was mended of it."""
    after = 0
    while rows := refused.select(connection, which, after=after, limit=PIECE):
        for row in rows:
            yield row, *refused.bodies(connection, row.number)
        after = rows[-1].number


# Mending -----------------------------------------------------------------------------------------


def mend(database: Database, tenant: Tenant, number: int, mended: bytes) -> None:
    """Let `mended` be sent in the place of what was refused, once it is replayed.

    Raises `Refused` with all that is still wrong with it, NotFound, and Conflict where the
    statement is stored already.
    """
    with database.read() as connection:
        row = refused.get(connection, store_ids(tenant), number)
        _check(connection, tenant, row, mended)
    if not database.write(lambda c: refused.mend(c, number, mended)):
        raise Conflict(
            f"Number {number} is {row.state}.", "What is stored cannot be mended; void it instead."
        )


def mend_by(database: Database, tenant: Tenant, number: int, names: Iterable[str]) -> bytes:
    """Mend by named repairs (`lrs/xapi/repairs.py`); the mended bytes. Raises as `mend`."""
    with database.read() as connection:
        refused.get(connection, store_ids(tenant), number)
        raw, before = refused.bodies(connection, number)
    names, body = list(names), raw if before is None else before
    raws, listed = slices(body)
    outcomes = [repair(each, parse(each), names) for each in raws]
    if not any(used for _, used in outcomes):
        raise Refused(
            Problem("", f"{' and '.join(names)} finds nothing to mend in number {number}")
        )
    new = b",".join(each for each, _ in outcomes)
    mended = b"[%s]" % new if listed else new
    mend(database, tenant, number, mended)
    return mended


def _check(connection: Connection, tenant: Tenant, row: Row, mended: bytes) -> None:
    """Raise `Refused` for what intake would refuse."""
    raws, listed = slices(mended)
    if listed and row.index is not None:
        raise Refused(Problem("", "this is a list, where one statement was refused"))
    if not raws:
        raise Refused(Problem("", "this list has no statement; dismiss what is not to be stored"))
    source = _source(connection, tenant, row)
    with ExitStack() as files:
        try:
            intake.examine(
                mended,
                _parts(connection, row, map(parse, raws), files),
                version=versions.negotiate(row.version),
                principal=_principal(connection, tenant, source, row),
                place=_place(tenant, row),
                defines=False,
            )
        except intake.Rejected as error:
            raise Refused(
                error.problems if listed else [replace(each, index=None) for each in error.problems]
            ) from error


def dismiss(database: Database, tenant: Tenant, numbers: Iterable[int], why: str) -> None:
    """Nothing will be done about these; all of them or none.

    Raises NotFound, and Conflict for one that was stored or dismissed already.
    """
    if not why.strip():
        raise Refused(Problem("why", "say why, for whoever asks later"))

    def work(connection: Connection) -> None:
        for number in sorted(set(numbers)):
            row = refused.get(connection, store_ids(tenant), number)
            if not refused.dismiss(connection, number, why.strip()):
                raise Conflict(f"Number {number} is {row.state}.", "Nothing was dismissed.")

    database.write(work)


# Replaying ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sent:
    """A statement to be sent again: of which row, its bytes, and which copy it is among equal
    ones of its request. `tree` and `terms` are None and empty where it cannot be told whether
    the sender has sent it since: its id will tell, or it has no time by which it is this event.
    """

    row: Row
    raw: bytes
    tree: Tree | None
    terms: Terms
    copy: int


def replay(
    database: Database,
    tenant: Tenant,
    request: bytes,
    numbers: Set[int] = frozenset(),
    *,
    alone: bool = False,
) -> Outcome:
    """Send again what is mended of a request, and those that fell with it, in their order.

    `numbers` are sent too, mended or not; with `alone`, nothing else. What is found wrong stays,
    with its problems, and keeps no other from being stored. Raises NotFound.
    """
    with database.read() as connection:
        rows = refused.select(connection, Which(store_ids(tenant), request=request))
        if not rows:
            raise NotFound(f"a refused request {request.hex()}")
        rows.sort(key=lambda row: -1 if row.index is None else row.index)
        wanted = {row.number for row in rows if _wanted(row, numbers, alone)}
        outcome, sent = Outcome(), []
        for each in _sendable(connection, _place(tenant, rows[0]), rows):
            if isinstance(each, _Sent):
                sent.append(each)
            elif each[0].number in wanted:
                outcome.wrong[each[0].number] = each[1]
    open_ones = [each for each in sent if each.row.number in wanted]
    for piece in _pieces(open_ones):
        _send(database, tenant, piece, outcome)

    def blame(connection: Connection) -> None:
        for number, problems in outcome.wrong.items():
            refused.blame(connection, number, problems)

    if outcome.wrong:
        database.write(blame)
    return outcome


def replay_every(
    database: Database,
    tenant: Tenant,
    requests: Iterable[bytes],
    numbers: Set[int] = frozenset(),
    *,
    alone: bool = False,
) -> Outcome:
    """As `replay`, for several requests; what became of all of it. Raises NotFound."""
    every = Outcome()
    for each in requests:
        one = replay(database, tenant, each, numbers, alone=alone)
        every.stored += one.stored
        every.present += one.present
        every.wrong |= one.wrong
    return every


def _wanted(row: Row, numbers: Set[int], alone: bool) -> bool:
    if row.state not in refused.OPEN:
        return False
    return row.number in numbers or (not alone and row.state != refused.REFUSED)


def _pieces(sent: Sequence[_Sent]) -> Iterator[list[_Sent]]:
    """So many at a time, and never half of what came as one body."""
    piece: list[_Sent] = []
    for each in sent:
        if len(piece) >= PIECE and piece[-1].row is not each.row:
            yield piece
            piece = []
        piece.append(each)
    if piece:
        yield piece


def _send(database: Database, tenant: Tenant, piece: Sequence[_Sent], outcome: Outcome) -> None:
    """Store a piece in one transaction, without those of its rows that turn out to be wrong."""
    while going := [each for each in piece if each.row.number not in outcome.wrong]:
        try:
            stored, present = database.write(lambda c: _store(c, tenant, going))
        except (intake.Rejected, intake.Clash) as error:
            found: dict[int, list[Problem]] = {}
            for problem in error.problems:
                if problem.index is None:
                    raise
                number = problem.index
                found.setdefault(number, []).append(replace(problem, index=None))
            outcome.wrong.update(found)
        else:
            outcome.stored += stored
            outcome.present += present
            return


def _store(
    connection: Connection, tenant: Tenant, piece: Sequence[_Sent]
) -> tuple[list[int], list[int]]:
    """The numbers of what was stored, and of what was there. Problems carry numbers for index."""
    first = piece[0].row
    source, place = _source(connection, tenant, first), _place(tenant, first)
    # Two requests may hold the same event, sent twice and refused twice.
    deliveries.hold(connection, source.id)
    taken = refused.take(connection, {each.row.number for each in piece})
    fresh = [
        each
        for each in piece
        if each.row.number in taken and not _is_there(connection, place, source, each)
    ]
    going = {each.row.number for each in fresh}
    for number in sorted(taken - going):
        refused.deliver(connection, number, taken=True)
    if fresh:
        principal = _principal(connection, tenant, source, first)
        with ExitStack() as files:
            trees = (parse(each.raw) for each in fresh)
            try:
                batch = intake.examine(
                    b"[%s]" % b",".join(each.raw for each in fresh),
                    _parts(connection, first, trees, files),
                    version=versions.negotiate(first.version),
                    principal=principal,
                    place=place,
                    defines=bool(scopes.allows(principal, "define")),
                )
                intake.store(connection, batch)
            except (intake.Rejected, intake.Clash) as error:
                error.problems = tuple(
                    replace(each, index=fresh[each.index].row.number)
                    if each.index is not None
                    else each
                    for each in error.problems
                )
                raise
    return sorted(going), sorted(taken - going)


def _sendable(
    connection: Connection, place: StoreRef, rows: Iterable[Row]
) -> Iterator[_Sent | tuple[Row, list[Problem]]]:
    """The statements of a request as they are to be sent, in order; of others why they cannot."""
    alike: dict[tuple[Terms, Any], list[Tree]] = {}
    for row in rows:
        raw, mended = refused.bodies(connection, row.number)
        try:
            raws, _ = slices(raw if mended is None else mended)
            trees = [parse(each) for each in raws]
        except Refused as error:
            yield row, list(error.problems)
            continue
        if not raws:
            yield row, [Problem("", "there is no statement in it")]
        for each, tree in zip(raws, trees, strict=True):
            sound = check.sound(tree, versions.negotiate(row.version))
            if not sound or "id" in tree or "timestamp" not in tree:
                yield _Sent(row, each, None, (), 0)
                continue
            bare, terms = _bare(tree), _terms(place, tree)
            others = alike.setdefault((terms, len(tree)), [])
            copy = sum(difference(other, bare) is None for other in others)
            others.append(bare)
            yield _Sent(row, each, bare, terms, copy)


def _is_there(connection: Connection, place: StoreRef, source: Source, sent: _Sent) -> bool:
    """Whether the sender has got this very statement stored since it was refused.

    Of equal ones in one request, each has been stored only if as many have.
    """
    if sent.tree is None:
        return False
    left = sent.copy
    for body in refused.stored_since(
        connection, place.id, source.id, sent.terms, sent.row.received
    ):
        if difference(_bare(parse(body)), sent.tree) is None:
            if not left:
                return True
            left -= 1
    return False


def _terms(place: StoreRef, tree: Tree) -> Terms:
    """What finds all that could be equal to a statement."""
    thing = tree["object"]
    activity = thing["id"] if thing.get("objectType", "Activity") == "Activity" else None
    # A group without an identifier is no term.
    agent = tree["actor"] if actors.ifi(tree["actor"]) else None
    return query_terms(place.salt, agent=agent, verb=tree["verb"]["id"], activity=activity)


def _bare(tree: Tree) -> Tree:
    """A statement without what differs each time it is sent: its id, and the registration, which
    Moodle's plug-in makes anew for each run of its task."""
    bare = {name: value for name, value in tree.items() if name != "id"}
    if "registration" in bare.get("context", ()):
        bare["context"] = {k: v for k, v in bare["context"].items() if k != "registration"}
    return bare


def settle(database: Database, tenant: Tenant, since: int) -> int:
    """Mark as delivered what fell with its batch and the sender got stored since, by itself.

    Moodle sends a refused batch again in ever smaller parts; what is left open then is what truly
    never came. `since` is how far back to look, a position; of more requests than `SETTLED`, the
    newest are looked through. Answers how many were marked.
    """
    which = Which(store_ids(tenant), states=(refused.BYSTANDER,), since=since)
    marked = 0
    with database.read() as connection:
        requests = refused.requests(connection, which)
    for request in requests[-SETTLED:]:
        with database.read() as connection:
            rows = refused.select(connection, Which(store_ids(tenant), request=request))
            place, source = _place(tenant, rows[0]), _source(connection, tenant, rows[0])
            there = [
                each.row.number
                for each in _sendable(connection, place, rows)
                if isinstance(each, _Sent)
                and each.row.state == refused.BYSTANDER
                and _is_there(connection, place, source, each)
            ]
        if there:
            marked += database.write(partial(_deliver, there))
    return marked


def _deliver(numbers: Sequence[int], connection: Connection) -> int:
    return sum(refused.deliver(connection, number) for number in numbers)


# In whose name -----------------------------------------------------------------------------------


def _place(tenant: Tenant, row: Row) -> StoreRef:
    return tenant.practice if row.store_id == tenant.practice.id else tenant.learning


def _source(connection: Connection, tenant: Tenant, row: Row) -> Source:
    return next(s for s in accounts.sources(connection, tenant) if s.id == row.source_id)


def _principal(connection: Connection, tenant: Tenant, source: Source, row: Row) -> Principal:
    """The source, with what its key may do, and as strict as the standard.

    Where the owner asked for notice of duplicates, what is replayed counts as delivered: the
    sender may still send it again.
    """
    keys = accounts.keys(connection, tenant, source.name)
    key = next((each for each in keys if each.id == row.key_id), None)
    noticed = key is not None and key.kindness.duplicates != "off"
    return Principal.of(
        tenant,
        source,
        key_id=row.key_id,
        scopes=key.scopes if key is not None else frozenset(),
        kindness=Kindness(duplicates="report" if noticed else "off"),
    )


def _parts(connection: Connection, row: Row, trees: Iterable[Any], files: ExitStack) -> list[Part]:
    """The attachments that came with a request, as far as these statements speak of them."""
    wanted = {
        str(attachment.get("sha2")).lower()
        for tree in trees
        if isinstance(tree, dict)
        for _, attachment in attachments_of(tree)
    }
    found = []
    for facts in {each["sha2"]: each for each in row.parts if each["sha2"] in wanted}.values():
        part = kept_part(connection, row.store_id, facts["sha2"], facts["contentType"], files)
        if part is not None:
            found.append(part)
    return found


def kept_part(
    connection: Connection, store_id: int, sha2: str, content_type: str, files: ExitStack
) -> Part | None:
    """An attachment that a store has, as if it came in again; None where it has it not."""
    key = statements.content_key(sha2)
    if not statements.has_content(connection, store_id, key):
        return None
    file: Any = SpooledTemporaryFile(max_size=MEMORY)  # noqa: SIM115
    files.callback(file.close)
    whole, length = hashlib.sha256(), 0
    for data in statements.content(connection, store_id, key):
        whole.update(data)
        length += file.write(data)
    return Part(whole.hexdigest(), sha2, content_type, length, file, {})
