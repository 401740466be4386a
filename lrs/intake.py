"""The only way a statement gets in: check, stamp, store.

`examine` works out everything that storing a batch needs and touches no database; `store`
writes it in the transaction it is handed; `keep` sets aside what was refused. The door does:

    try:
        batch = intake.examine(body, parts, ...)
        stored = database.write(lambda connection: intake.store(connection, batch))
    except (intake.Rejected, intake.Clash) as rejected:
        database.write(lambda connection: intake.keep(connection, rejected))
        raise

For senders that cannot be mended, the owner of a key may choose *salvage* (the good statements of
a batch are stored, the bad ones set aside), *repairs* of known defects, and notice of
*duplicates*. Without that choice a batch is stored whole or not at all, as it came.
"""

import json
import uuid
from collections.abc import Hashable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sqlalchemy import Connection

from lrs.errors import Conflict, Problem, Refused
from lrs.store import deliveries, erasure, log, refused, statements
from lrs.store.accounts import Kindness, Principal, StoreRef
from lrs.store.refused import Refusal, Sender
from lrs.xapi import check, lexical, signatures
from lrs.xapi.attachments import Part, attachments_of, check_parts
from lrs.xapi.equality import difference, fingerprint
from lrs.xapi.repairs import repair
from lrs.xapi.statements import (
    Prepared,
    Tree,
    find,
    parse,
    prepare,
    reference,
    slices,
)
from lrs.xapi.versions import Version
from schemas.statements import explain

#: How many statements of one request are stored with those of others. A larger batch is a
#: transaction's worth of work by itself.
SMALL = 20


class Rejected(Refused):
    """A refusal that carries what came, to be set aside by `keep`."""

    def __init__(
        self,
        problems: Sequence[Problem],
        sender: Sender,
        kept: Sequence[Refusal],
        parts: list[Part],
    ) -> None:
        super().__init__(problems)
        self.sender, self.kept, self.parts = sender, kept, parts


class Clash(Conflict):
    """A conflict that carries the batch it fell out of, to be set aside by `keep`."""

    def __init__(self, what: str, mend: str, problem: Problem, batch: "Batch") -> None:
        super().__init__(what, mend, [problem])
        self.sender, self.parts = batch.sender, batch.parts
        self.kept = [
            Refusal(each.index, each.raw, [problem], refused.REFUSED)
            if each.index == problem.index
            else Refusal(each.index, each.raw, [], refused.BYSTANDER)
            for each in batch.items
        ]
        self.kept += batch.aside


@dataclass(slots=True)
class Batch:
    """Statements of one request, sound and worked out, ready to be stored whole.

    `items` are those; `aside` is what goes to the refused with them: what was set aside by
    *salvage*, and the originals of what was repaired. `listed` tells a list from one statement.
    """

    principal: Principal
    place: StoreRef
    sender: Sender
    items: "list[Item]"
    listed: bool
    parts: list[Part]
    defines: bool
    aside: list[Refusal] = field(default_factory=list)

    @property
    def statements(self) -> list[Prepared]:
        return [item.ready for item in self.items]


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch.

    `ids` are those of its statements, in order, without the ones set aside, whose places in the
    request are `aside`. `duplicates` counts the statements that an earlier request had brought.
    """

    ids: list[str]
    aside: list[int] = field(default_factory=list)
    duplicates: int = 0


@dataclass(slots=True)
class Item:
    """One statement on its way through `examine`. `seen` is what could be parsed, sound or not;
    `raw` what came, `mended` what repairs made of it."""

    index: int
    raw: bytes
    seen: Any = None
    tree: Tree | None = None
    problems: list[Problem] = field(default_factory=list)
    mended: bytes | None = None
    prepared: Prepared | None = None

    @property
    def ready(self) -> Prepared:
        """What is stored of it, once nothing is wrong with it."""
        assert self.prepared is not None
        return self.prepared


def examine(
    body: bytes,
    parts: list[Part],
    *,
    version: Version,
    principal: Principal,
    place: StoreRef,
    defines: bool,
    statement_id: str | None = None,
    most: int | None = None,
) -> Batch:
    """Check a request's statements and work out their rows.

    `statement_id` is that of a PUT, which takes one statement. `defines` tells whether the
    sender may change what an activity is (scope `define`). Raises `Rejected`, unless the key's
    owner chose *salvage*: then the bad ones are in `Batch.aside` and the good ones go on.
    `most` is how many statements a batch may have; raises `TooLarge` past it.
    """
    sender = _sender(version, principal, place)
    try:
        raws, listed = slices(body, most)
        if listed and statement_id is not None:
            raise Refused(Problem("", "PUT takes one statement, not a list", "Communication 2.1.1"))
        if parts and not raws:
            raise Refused(Problem("", "attachments came without a statement", "Data 2.4.11"))
    except Refused as error:
        kept = [Refusal(None, body, error.problems)]
        raise Rejected(error.problems, sender, kept, parts) from error
    items = [Item(index, raw) for index, raw in enumerate(raws)]
    for item in items:
        _read(item, version, statement_id, principal.kindness.repairs)
    _find_twins(items)
    _check_attachments(items, parts)
    for item in items:
        if not item.problems and item.tree is not None:
            item.prepared = _prepare(item, version, principal, place, parts)
    bad = [item for item in items if item.problems]
    good = [item for item in items if not item.problems]
    if bad and not (principal.kindness.salvage and listed and good):
        raise Rejected(
            [problem for item in bad for problem in item.problems],
            sender,
            [_refusal(item) for item in items],
            parts,
        )
    aside = [_refusal(item) for item in bad]
    aside += [_repaired(item, version) for item in good if item.mended is not None]
    return Batch(principal, place, sender, good, listed, parts, defines, aside)


def store(connection: Connection, batch: Batch) -> Stored:
    """Write a batch of one statement or more, whole. The transaction is the caller's.

    A statement that stands already, equal, is acknowledged and not written again. Raises
    `Clash` where a different one has the id (Data 2.3.1), unless the key's owner chose to have
    such a one set aside: then nothing may be committed.
    """
    place, who = batch.place, batch.principal
    every = batch.statements
    given = [each.id for each in every if each.given]
    refers = any(each.target for each in every)
    again = _sent_again(connection, batch)
    if given or refers:
        log.hold_order(connection, who.tenant_id, alone=refers)
    first = log.stamp(connection, len(every))
    positions = {
        each.id: first + n
        for n, each in enumerate(every)
        if not (again.answered and n in again.ids)
    }
    present = statements.claim(connection, place.id, positions, given)
    clashes = _acknowledge(connection, batch, present)
    fresh = [
        (positions[each.id], each, each.body(lexical.render(positions[each.id])))
        for each in every
        if each.id in positions and each.id not in present
    ]
    _add(connection, batch, fresh)
    _remember(connection, batch, again, first, positions)
    aside = _not_erased(connection, place.id, [*batch.aside, *clashes.values()])
    parts = batch.parts
    if parts and (gone := erasure.gone(connection, place.id, sorted(present))):
        kept = [item.raw for item in batch.items if item.ready.id not in gone]
        parts = _spoken_of(parts, [*kept, *(each.raw for each in aside)])
    _keep_contents(connection, place.id, parts)
    if aside:
        refused.keep(connection, batch.sender, aside, _facts(parts), first)
    ids = [
        again.ids[n] if again.answered and n in again.ids else each.uuid
        for n, each in enumerate(every)
        if n not in clashes
    ]
    out = [each.index for each in aside if each.state == refused.REFUSED and each.index is not None]
    return Stored(ids, sorted(out), len(again.ids))


def goes_with_others(batch: Batch) -> bool:
    """Whether a batch can be stored with those of other requests: it is small and plain."""
    return (
        len(batch.items) <= SMALL
        and not batch.parts
        and not batch.aside
        and batch.principal.kindness.duplicates == "off"
    )


def companions(batch: Batch) -> Hashable:
    """What batches must have in common to be stored together."""
    return batch.place.id, batch.principal.source_id, batch.principal.authority, batch.defines


def store_together(connection: Connection, batches: list[Batch]) -> list[Stored]:
    """Write the batches of several requests as one, in fewer statements than one by one.

    All of them go with others, and are companions. Raises what `store` raises; then some of them
    may be good, and are to be stored alone.
    """
    if len(batches) == 1:
        return [store(connection, batches[0])]
    strict = replace(batches[0].principal, kindness=Kindness())
    items = [item for batch in batches for item in batch.items]
    ids = iter(store(connection, replace(batches[0], principal=strict, items=items)).ids)
    return [Stored([next(ids) for _ in batch.items]) for batch in batches]


def _add(
    connection: Connection, batch: Batch, fresh: Sequence[tuple[int, Prepared, bytes]]
) -> None:
    """Write what is new, and all it can be found by."""
    place, who = batch.place, batch.principal
    statements.add(connection, place.id, who.tenant_id, who.source_id, fresh)
    _void(connection, place, fresh)
    _reach(connection, batch, fresh)
    new = [each for _, each, _ in fresh]
    statements.add_agents(connection, place.id, (agent for each in new for agent in each.agents))
    if batch.defines:
        statements.merge_activities(
            connection, place.id, (entry for each in new for entry in each.definitions)
        )


def unread(
    body: bytes,
    problems: Sequence[Problem],
    *,
    version: Version,
    principal: Principal,
    place: StoreRef,
) -> Rejected:
    """The refusal of a body that was not even looked into for statements."""
    return Rejected(
        problems, _sender(version, principal, place), [Refusal(None, body, problems)], []
    )


def keep(connection: Connection, rejected: Rejected | Clash) -> None:
    """Set aside what was refused, its attachments included.

    It gets a position in the log, so that what the same sender got stored since is told by the
    same clock.
    """
    at = log.stamp(connection, 1)
    kept = _not_erased(connection, rejected.sender.store_id, rejected.kept)
    parts = rejected.parts
    if len(kept) < len(rejected.kept):
        parts = _spoken_of(parts, [each.raw for each in kept])
    _keep_contents(connection, rejected.sender.store_id, parts)
    if kept:
        refused.keep(connection, rejected.sender, kept, _facts(parts), at)


def _spoken_of(parts: Sequence[Part], raws: Sequence[bytes]) -> list[Part]:
    """Those parts of which one of these statements speaks."""
    spoken = b"\n".join(raws).lower()
    return [part for part in parts if part.declared.encode() in spoken]


def _not_erased(
    connection: Connection, store_id: int, refusals: Sequence[Refusal]
) -> list[Refusal]:
    """Without those that have the id of a statement that was erased, or redacted: a copy set aside
    would bring back what is gone."""
    ids: dict[int, bytes] = {}
    for number, each in enumerate(refusals):
        try:
            tree = parse(each.raw)
            ids[number] = uuid.UUID(tree["id"]).bytes
        except (Refused, KeyError, TypeError, ValueError, AttributeError):
            continue  # whole bodies, and what has no id that could be known
    gone = erasure.gone(connection, store_id, sorted(set(ids.values())))
    return [each for number, each in enumerate(refusals) if ids.get(number) not in gone]


def _sender(version: Version, principal: Principal, place: StoreRef) -> Sender:
    """Who sends; each time with a new number for the request."""
    return Sender(place.id, principal.source_id, principal.key_id, uuid.uuid4().bytes, version.text)


# Examining ---------------------------------------------------------------------------------------


def _read(item: Item, version: Version, statement_id: str | None, repairs: frozenset[str]) -> None:
    try:
        tree = parse(item.raw)
    except Refused as error:
        item.problems = [_at(item.index, problem) for problem in error.problems]
        return
    if statement_id is not None and isinstance(tree, dict):
        if "id" not in tree:
            # Into the bytes too: were it refused and sent again later, it would be another one.
            rest = item.raw.lstrip(b" \t\r\n")[1:]
            item.raw = b'{"id":"%s"%s%s' % (statement_id.encode(), b"," if tree else b"", rest)
        said = tree.setdefault("id", statement_id)
        if isinstance(said, str) and said.lower() != statement_id.lower():
            item.problems = [
                Problem(
                    "id",
                    f"it is {said[:60]}, but the request names statementId {statement_id}",
                    "Communication 2.1.1",
                    item.index,
                )
            ]
            return
    item.seen = tree
    if check.sound(tree, version):
        item.tree = tree
        return
    if repairs:
        mended, used = repair(item.raw, tree, repairs)
        if used and check.sound(again := parse(mended), version):
            item.seen = item.tree = again
            item.mended = mended
            return
    item.problems = [_at(item.index, problem) for problem in _explained(tree, version)]


def _explained(tree: Any, version: Version) -> list[Problem]:
    """Why a tree is not sound. Should check and explanation ever disagree, the check decides."""
    return explain(tree, version) or [Problem("", "this is not a sound statement", "Data 2")]


def _find_twins(items: list[Item]) -> None:
    """A batch that holds one id twice is refused (Communication 2.1.2)."""
    seen: set[str] = set()
    for item in items:
        identity = item.tree.get("id") if item.tree else None
        if identity is None:
            continue
        if identity.lower() in seen:
            item.problems.append(
                Problem("id", f"{identity} stands twice in this batch", "Data 2.4.1", item.index)
            )
        seen.add(identity.lower())


def _check_attachments(items: list[Item], parts: list[Part]) -> None:
    """Each attachment has its part and each part its attachment, or the statement says why."""
    read = [item for item in items if isinstance(item.seen, dict)]
    if not parts and not any(b'"attachments"' in item.raw for item in read):
        return
    for problem in check_parts([item.seen for item in read], parts):
        place = read[problem.index or 0] if read else items[0]
        place.problems.append(_at(place.index, problem))


def _prepare(
    item: Item, version: Version, principal: Principal, place: StoreRef, parts: list[Part]
) -> Prepared | None:
    assert item.tree is not None
    prepared = prepare(
        item.raw if item.mended is None else item.mended,
        item.tree,
        salt=place.salt,
        authority=principal.authority,
        authority_tree=principal.authority_tree,
        as_source=principal.as_source,
        version="1.0.0" if version.major == 1 else "2.0.0",
    )
    try:
        facts = list(_verified(item, parts)) if parts else []
    except Refused as error:
        item.problems = [_at(item.index, problem) for problem in error.problems]
        return None
    if facts:
        prepared.signature = json.dumps(facts).encode()
    return prepared


def _verified(item: Item, parts: list[Part]) -> Iterator[dict[str, Any]]:
    """What holds of each signature of a statement; raises `Refused` where one does not."""
    assert item.tree is not None
    for _, attachment in attachments_of(item.tree):
        if attachment["usageType"] == signatures.USAGE:
            sha2 = attachment["sha2"].lower()
            part = next(each for each in parts if sha2 in (each.sha2, each.declared))
            part.file.seek(0)
            content = part.file.read()
            yield signatures.verify(item.tree, attachment, content).facts()


def _at(index: int, problem: Problem) -> Problem:
    return Problem(problem.path, problem.message, problem.clause, index)


def _refusal(item: Item) -> Refusal:
    state = refused.REFUSED if item.problems else refused.BYSTANDER
    return Refusal(item.index, item.raw, item.problems, state)


def _repaired(item: Item, version: Version) -> Refusal:
    """The original of a statement that was stored otherwise than it came, and why."""
    problems = [_at(item.index, problem) for problem in _explained(parse(item.raw), version)]
    return Refusal(item.index, item.raw, problems, refused.REPAIRED, item.mended)


# Storing -----------------------------------------------------------------------------------------


def _acknowledge(connection: Connection, batch: Batch, present: set[bytes]) -> dict[int, Refusal]:
    """Statements whose ids are taken: equal ones were acknowledged before; others clash.

    Answers those that clash, by their number in the batch, where they may be set aside.
    """
    stored = statements.bodies(connection, batch.place.id, sorted(present))
    clashes: dict[int, Refusal] = {}
    for number, item in enumerate(batch.items):
        if item.ready.id not in stored:
            continue  # new, or what was erased: that is acknowledged, and not stored
        where = difference(parse(stored[item.ready.id][1]), item.seen)
        if where is not None and not erasure.gone(connection, batch.place.id, [item.ready.id]):
            what = f"A different statement with the id {item.ready.uuid} is stored already;"
            what += " they differ"
            problem = Problem(where, what + " here", "Data 2.3.1", item.index)
            clashes[number] = Refusal(item.index, item.raw, [problem])
            clash = Clash(
                f"{what} at {where}.",
                "A statement never changes: send this one with an id of its own, or void the "
                "other first and then send this one anew.",
                problem,
                batch,
            )
            if not (batch.principal.kindness.salvage and batch.listed):
                raise clash
    if clashes and len(clashes) == len(batch.items):
        raise clash
    return clashes


@dataclass(frozen=True, slots=True)
class _Again:
    """What an earlier request brought of a batch: numbers in the batch and the ids it gave them.

    `names` are the fingerprints with their copy, by number, of all that came without an id and
    with a time by which they are this event; `places` the earlier positions, by number.
    """

    names: dict[int, deliveries.Mark] = field(default_factory=dict)
    request: int = 0
    ids: dict[int, str] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    answered: bool = False


def _sent_again(connection: Connection, batch: Batch) -> _Again:
    """Compare a batch with the earlier requests of its source, if the key's owner asked for it."""
    wish, source = batch.principal.kindness.duplicates, batch.principal.source_id
    marked = [
        n for n, item in enumerate(batch.items) if not item.ready.given and "timestamp" in item.seen
    ]
    if wish == "off" or not marked:
        return _Again()
    deliveries.hold(connection, source)
    marks = deliveries.numbered(
        [fingerprint(batch.items[n].seen, batch.place.salt) for n in marked]
    )
    seconds = [lexical.micros(batch.items[n].seen["timestamp"]) // 1_000_000 for n in marked]
    request, known = deliveries.earlier(connection, source, dict(zip(marks, seconds, strict=True)))
    names = dict(zip(marked, marks, strict=True))
    found = {n: known[name] for n, name in names.items() if name in known}
    return _Again(
        names,
        request,
        {n: str(uuid.UUID(bytes=identity)) for n, (_, identity) in found.items()},
        {n: position for n, (position, _) in found.items()},
        wish == "answer",
    )


def _remember(
    connection: Connection, batch: Batch, again: _Again, first: int, positions: dict[bytes, int]
) -> None:
    """Keep what came without ids in this request, and that it was sent again, if it was."""
    source = batch.principal.source_id
    brought = {
        name: again.places[n]
        if again.answered and n in again.places
        else positions[batch.items[n].ready.id]
        for n, name in again.names.items()
    }
    deliveries.record(connection, source, first, brought)
    if again.ids:
        deliveries.notify(
            connection,
            deliveries.Notice(first, source, again.request, len(again.ids), again.answered),
        )


def _void(
    connection: Connection, place: StoreRef, fresh: Sequence[tuple[int, Prepared, bytes]]
) -> None:
    """Mark what is voided, whichever came first. What voids cannot itself be voided."""
    open_to_it = {each.id: at for at, each, _ in fresh if each.given and not each.voids}
    positions = [open_to_it[i] for i in statements.voiders(connection, place.id, list(open_to_it))]
    new = {each.id for _, each, _ in fresh}
    older = [each.target for _, each, _ in fresh if each.voids and each.target not in new]
    for position, body in statements.bodies(
        connection, place.id, [target for target in older if target]
    ).values():
        if not reference(parse(body))[1]:
            positions.append(position)
    statements.void(connection, positions)


def _reach(
    connection: Connection, batch: Batch, fresh: Sequence[tuple[int, Prepared, bytes]]
) -> None:
    """Let references be found by what they refer to, whichever came first (Communication 2.1.3).

    A fresh statement may refer to others, and may be what others have waited for. The same id
    may stand in both stores of a tenant: a reference means the statement of its own store, the
    other's only for want of it. So a late target may also end what a reference was found by.
    """
    tenant, here = batch.principal.tenant_id, batch.place.id
    reach = Reach(connection, (batch.principal.learning, batch.principal.practice))
    for position, each, _ in fresh:
        if each.target:
            statements.add_reach(connection, position, reach.views(here, each.id))
    given = [each.id for _, each, _ in fresh if each.given]
    new = {(here, each.id) for _, each, _ in fresh}
    late = [
        (position, store_id, identity)
        for position, store_id, identity in statements.referrers(connection, tenant, given)
        if (store_id, identity) not in new
    ]
    if late:
        log.hold_references(connection, tenant)
    for position, store_id, identity in sorted(late):
        before = reach.views(store_id, identity, new)
        statements.add_reach(connection, position, reach.views(store_id, identity), before)


class Reach:
    """What statements refer to, in both stores of a tenant, as it stands when it is first asked."""

    def __init__(self, connection: Connection, stores: Sequence[StoreRef]) -> None:
        self._connection = connection
        self._salts = {each.id: each.salt for each in stores}
        self._trees: dict[tuple[int, bytes], Tree | None] = {}

    def _tree(self, store_id: int, identity: bytes) -> Tree | None:
        if (store_id, identity) not in self._trees:
            row = statements.by_id(self._connection, store_id, identity)
            self._trees[store_id, identity] = None if row is None else parse(row.body)
        return self._trees[store_id, identity]

    def views(
        self, store_id: int, identity: bytes, hidden: Set[tuple[int, bytes]] = frozenset()
    ) -> list[list[bytes]]:
        """The terms, in its own store, of what a statement refers to, and that, and so on, as if
        the `hidden` were not there."""
        at, tree, seen = store_id, self._tree(store_id, identity), {(store_id, identity)}
        terms: list[list[bytes]] = []
        while tree is not None and len(terms) < statements.HOPS:
            target, _ = reference(tree)
            tree = None
            for place in sorted(self._salts, key=lambda each: each != at) if target else ():
                if target and (place, target) not in hidden and self._tree(place, target):
                    at, tree = place, self._tree(place, target)
                    break
            if tree is None or target is None or (at, target) in seen:
                break
            seen.add((at, target))
            terms.append(find(tree, self._salts[store_id]).terms)
        return terms


def _keep_contents(connection: Connection, store_id: int, parts: Sequence[Part]) -> None:
    """Under the hash the sender gave: by it the statements speak of them."""
    for part in parts:
        part.file.seek(0)
        chunks = iter(partial(part.file.read, statements.PART), b"")
        statements.add_content(connection, store_id, statements.content_key(part.declared), chunks)


def _facts(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [
        {"sha2": each.declared, "contentType": each.content_type, "length": each.length}
        for each in parts
    ]
