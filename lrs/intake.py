"""The only way a statement gets in: check, stamp, store.

`examine` works out everything that storing a batch needs and touches no database; `store`
writes it in the transaction it is handed; `keep` sets aside what was refused. The door does:

    try:
        batch = intake.examine(body, parts, ...)
        ids = database.write(lambda connection: intake.store(connection, batch))
    except intake.Rejected as rejected:
        database.write(lambda connection: intake.keep(connection, rejected))
        raise
"""

import json
import time
import uuid
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection

from lrs.errors import Conflict, Problem, Refused
from lrs.store import log, refused, statements
from lrs.store.accounts import Principal, StoreRef
from lrs.store.refused import Refusal, Sender
from lrs.xapi import check, lexical, signatures
from lrs.xapi.attachments import Part, check_parts
from lrs.xapi.equality import difference
from lrs.xapi.statements import (
    Prepared,
    Tree,
    attachments,
    find,
    parse,
    prepare,
    reference,
    slices,
)
from lrs.xapi.versions import Version
from schemas.statements import explain


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
            Refusal(index, raw, [problem] if index == problem.index else [], state)
            for index, raw in zip(batch.indexes, batch.raws, strict=True)
            for state in (refused.REFUSED if index == problem.index else refused.BYSTANDER,)
        ]
        self.kept += batch.aside


@dataclass(slots=True)
class Batch:
    """Statements of one request, sound and worked out, ready to be stored whole.

    `aside` is what the key's owner chose to have set aside rather than refused with the rest.
    """

    principal: Principal
    place: StoreRef
    sender: Sender
    statements: list[Prepared]
    raws: list[bytes]
    indexes: list[int]
    parts: list[Part]
    defines: bool
    aside: list[Refusal] = field(default_factory=list)


@dataclass(slots=True)
class _Item:
    """One statement on its way through `examine`."""

    index: int
    raw: bytes
    tree: Tree | None = None
    problems: list[Problem] = field(default_factory=list)
    prepared: Prepared | None = None


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
    except Refused as error:
        kept = [Refusal(None, body, error.problems)]
        raise Rejected(error.problems, sender, kept, parts) from error
    items = [_Item(index, raw) for index, raw in enumerate(raws)]
    for item in items:
        _read(item, version, statement_id)
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
    return Batch(
        principal=principal,
        place=place,
        sender=sender,
        statements=[item.prepared for item in good if item.prepared],
        raws=[item.raw for item in good],
        indexes=[item.index for item in good],
        parts=parts,
        defines=defines,
        aside=[_refusal(item) for item in bad],
    )


def store(connection: Connection, batch: Batch) -> list[str]:
    """Write a batch, whole; return its ids in order. The transaction is the caller's.

    A statement that stands already, equal, is acknowledged and not written again. Raises
    `Clash` where a different one has the id (Data 2.3.1): then nothing may be committed.
    """
    place, tenant = batch.place, batch.principal.tenant_id
    given = [each.id for each in batch.statements if each.given]
    refers = any(each.target for each in batch.statements)
    if given or refers:
        log.hold_order(connection, tenant, alone=refers)
    fresh: list[tuple[int, Prepared, bytes]] = []
    if batch.statements:
        first = log.stamp(connection, len(batch.statements))
        positions = {each.id: first + n for n, each in enumerate(batch.statements)}
        present = statements.claim(connection, place.id, positions, given)
        fresh = [
            (positions[each.id], each, each.body(lexical.render(positions[each.id])))
            for each in batch.statements
            if each.id not in present
        ]
        _acknowledge(connection, batch, present)
        statements.add(connection, place.id, tenant, batch.principal.source_id, fresh)
        _void(connection, place, fresh)
        _reach(connection, batch, fresh)
        new = [each for _, each, _ in fresh]
        statements.add_agents(
            connection, place.id, (agent for each in new for agent in each.agents)
        )
        if batch.defines:
            statements.merge_activities(
                connection, place.id, (entry for each in new for entry in each.definitions)
            )
    _keep_contents(connection, place.id, batch.parts)
    if batch.aside:
        refused.keep(connection, batch.sender, batch.aside, _facts(batch.parts), _now())
    return [each.uuid for each in batch.statements]


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
    """Set aside what was refused, its attachments included."""
    _keep_contents(connection, rejected.sender.store_id, rejected.parts)
    refused.keep(connection, rejected.sender, rejected.kept, _facts(rejected.parts), _now())


def _sender(version: Version, principal: Principal, place: StoreRef) -> Sender:
    """Who sends; each time with a new number for the request."""
    return Sender(place.id, principal.source_id, principal.key_id, uuid.uuid4().bytes, version.text)


# Examining ---------------------------------------------------------------------------------------


def _read(item: _Item, version: Version, statement_id: str | None) -> None:
    try:
        tree = parse(item.raw)
    except Refused as error:
        item.problems = [_at(item.index, problem) for problem in error.problems]
        return
    if statement_id is not None and isinstance(tree, dict):
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
    if check.sound(tree, version):
        item.tree = tree
    else:
        # Should the two ever disagree, the lean check decides: what it refuses stays refused.
        problems = explain(tree, version) or [
            Problem("", "this is not a sound statement", "Data 2")
        ]
        item.problems = [_at(item.index, problem) for problem in problems]


def _find_twins(items: list[_Item]) -> None:
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


def _check_attachments(items: list[_Item], parts: list[Part]) -> None:
    """Each attachment has its part and each part its attachment, or the statement says why."""
    sound = [item for item in items if item.tree is not None]
    if not parts and not any(b'"attachments"' in item.raw for item in sound):
        return
    for problem in check_parts([item.tree for item in sound if item.tree is not None], parts):
        place = sound[problem.index or 0] if sound else items[0]
        place.problems.append(_at(place.index, problem))


def _prepare(
    item: _Item, version: Version, principal: Principal, place: StoreRef, parts: list[Part]
) -> Prepared | None:
    assert item.tree is not None
    prepared = prepare(
        item.raw,
        item.tree,
        salt=place.salt,
        authority=principal.authority,
        authority_tree=principal.authority_tree,
        as_source=principal.as_source,
        version="1.0.0" if version.major == 1 else "2.0.0",
    )
    try:
        facts = list(_verified(item, parts))
    except Refused as error:
        item.problems = [_at(item.index, problem) for problem in error.problems]
        return None
    if facts:
        prepared.signature = json.dumps(facts).encode()
    return prepared


def _verified(item: _Item, parts: list[Part]) -> Iterator[dict[str, Any]]:
    """What holds of each signature of a statement; raises `Refused` where one does not."""
    assert item.tree is not None
    for attachment in attachments(item.tree):
        if attachment["usageType"] == signatures.USAGE:
            sha2 = attachment["sha2"].lower()
            part = next(each for each in parts if sha2 in (each.sha2, each.declared))
            part.file.seek(0)
            content = part.file.read()
            yield signatures.verify(item.tree, attachment, content).facts()


def _at(index: int, problem: Problem) -> Problem:
    return Problem(problem.path, problem.message, problem.clause, index)


def _refusal(item: _Item) -> Refusal:
    state = refused.REFUSED if item.problems else refused.BYSTANDER
    return Refusal(item.index, item.raw, item.problems, state)


# Storing -----------------------------------------------------------------------------------------


def _acknowledge(connection: Connection, batch: Batch, present: set[bytes]) -> None:
    """Statements whose ids are taken: equal ones were acknowledged before; others conflict."""
    if not present:
        return
    stored = statements.bodies(connection, batch.place.id, sorted(present))
    for index, each, raw in zip(batch.indexes, batch.statements, batch.raws, strict=True):
        if each.id not in present:
            continue
        where = difference(parse(stored[each.id][1]), parse(raw))
        if where is not None:
            what = f"A different statement with the id {each.uuid} is stored already; they differ"
            raise Clash(
                f"{what} at {where}.",
                "A statement never changes: send this one with an id of its own, or void the "
                "other first and then send this one anew.",
                Problem(where, what + " here", "Data 2.3.1", index),
                batch,
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
    salts = {each.id: each.salt for each in (batch.principal.learning, batch.principal.practice)}
    trees: dict[tuple[int, bytes], Tree | None] = {}

    def tree_of(store_id: int, identity: bytes) -> Tree | None:
        if (store_id, identity) not in trees:
            row = statements.by_id(connection, store_id, identity)
            trees[store_id, identity] = None if row is None else parse(row.body)
        return trees[store_id, identity]

    def views(store_id: int, identity: bytes, hidden: Set[tuple[int, bytes]]) -> list[list[bytes]]:
        """The terms, in its own store, of what a statement refers to, and that, and so on."""
        at, tree, seen = store_id, tree_of(store_id, identity), {(store_id, identity)}
        terms: list[list[bytes]] = []
        while tree is not None and len(terms) < statements.HOPS:
            target, _ = reference(tree)
            tree = None
            for place in sorted(salts, key=lambda each: each != at) if target else ():
                if target and (place, target) not in hidden and tree_of(place, target) is not None:
                    at, tree = place, tree_of(place, target)
                    break
            if tree is None or target is None or (at, target) in seen:
                break
            seen.add((at, target))
            terms.append(find(tree, salts[store_id]).terms)
        return terms

    for position, each, _ in fresh:
        if each.target:
            statements.add_reach(connection, position, views(here, each.id, frozenset()))
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
        before = views(store_id, identity, new)
        statements.add_reach(connection, position, views(store_id, identity, frozenset()), before)


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


def _now() -> int:
    return time.time_ns() // 1000
