"""What the tests of the promises share: ways in, ways out, and a look for halves.

Everything goes through `lrs.intake` and `lrs.store` as the doors use them, on a real database.
"""

import json
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from lrs import intake
from lrs.store import log, statements
from lrs.store.accounts import Kindness, Principal, StoreRef
from lrs.store.engine import Database, run
from lrs.store.packing import unpack
from lrs.xapi.statements import find, parse, query_terms, reference
from lrs.xapi.versions import V1, Version
from tests import conftest

Tree = dict[str, Any]

_numbers = count(1)


def tenant(database: Database) -> Principal:
    """Somebody who may write into both stores of a tenant nobody else uses."""
    return principal(conftest.new_tenant(database, f"tenant-{next(_numbers)}-{uuid.uuid4().hex}"))


def principal(cast: Any) -> Principal:
    """The source of a cast, as signing in would give it."""
    return Principal(
        tenant_id=cast.tenant.id,
        learning=cast.tenant.learning,
        practice=cast.tenant.practice,
        source_id=cast.source.id,
        key_id=None,
        authority=cast.source.authority,
        authority_tree=cast.source.authority_tree,
        scopes=frozenset(["all"]),
        kindness=Kindness(),
        name="test",
    )


def examined(
    who: Principal,
    sent: Sequence[Tree] | bytes,
    place: StoreRef | None = None,
    version: Version = V1,
) -> intake.Batch:
    """A batch ready to be stored; `sent` as trees, or as the very bytes of the body."""
    body = sent if isinstance(sent, bytes) else json.dumps(list(sent)).encode()
    return intake.examine(
        body, [], version=version, principal=who, place=place or who.learning, defines=True
    )


def send(
    database: Database,
    who: Principal,
    sent: Sequence[Tree] | bytes,
    place: StoreRef | None = None,
    version: Version = V1,
) -> list[str]:
    """Let a batch in by the door's own steps; its ids."""
    batch = examined(who, sent, place, version)
    return database.write(lambda connection: intake.store(connection, batch)).ids


def stored(database: Database, place: StoreRef, statement_id: str) -> bytes:
    """The bytes of a statement, voided or not."""
    with database.read() as connection:
        row = statements.by_id(connection, place.id, uuid.UUID(statement_id).bytes)
    assert row is not None, f"{statement_id} is not there"
    return row.body


def found(
    database: Database, place: StoreRef, *, limit: int = 500, ascending: bool = False, **asked: Any
) -> list[str]:
    """The ids that a query finds, page by page to the end."""
    terms = query_terms(place.salt, **asked)
    rest: statements.Query | None = statements.Query(
        place.id, terms, limit=limit, ascending=ascending
    )
    ids: list[str] = []
    with database.read() as connection:
        while rest is not None:
            page = statements.select(connection, rest)
            ids += [json.loads(body)["id"] for body in page.bodies]
            rest = page.more
    return ids


def horizon(database: Database) -> int:
    with database.read() as connection:
        return log.horizon(database, connection)


def committed(database: Database, place: StoreRef) -> list[int]:
    """Every position in a store, in order."""
    with database.read() as connection:
        rows = run(
            connection,
            "SELECT position FROM statements WHERE store_id = ? ORDER BY position",
            (place.id,),
        )
        return [row[0] for row in rows]


# Several at once ---------------------------------------------------------------------------------


@dataclass
class Crew:
    """Threads whose failures are the test's."""

    threads: list[threading.Thread] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    def start(self, work: Callable[..., object], *given: Any) -> None:
        def guarded() -> None:
            try:
                work(*given)
            except BaseException as error:
                self.failures.append(error)

        thread = threading.Thread(target=guarded, daemon=True)
        self.threads.append(thread)
        thread.start()

    def wait(self, seconds: float = 60) -> None:
        """For all of them to end; raises what the first one raised."""
        for thread in self.threads:
            thread.join(seconds)
        if self.failures:
            raise self.failures[0]
        assert not any(thread.is_alive() for thread in self.threads), "somebody waits for ever"
        self.threads.clear()


@contextmanager
def crew() -> Any:
    """A crew that is waited for at the end of the block; what failed in it is told first."""
    hands = Crew()
    try:
        yield hands
    finally:
        hands.wait()


def at_once(*works: Callable[[], object]) -> None:
    """Run these from one starting shot, each in a thread of its own."""
    shot = threading.Barrier(len(works))

    def after_the_shot(work: Callable[[], object]) -> None:
        shot.wait(30)
        work()

    with crew() as hands:
        for work in works:
            hands.start(after_the_shot, work)


# Halves ------------------------------------------------------------------------------------------


def halves(database: Database) -> list[str]:
    """Everything that is there only in part: statements without index rows, or the reverse."""
    with database.read() as connection:

        def rows(sql: str) -> list[tuple[Any, ...]]:
            return [tuple(_plain(each) for each in row) for row in run(connection, sql)]

        salts = dict(rows("SELECT id, salt FROM stores"))
        owners = dict(rows("SELECT id, tenant_id FROM stores"))
        bodies = rows("SELECT position, store_id, id, body FROM statements")
        ids = set(rows("SELECT position, store_id, id FROM statement_ids"))
        postings = rows("SELECT term, position, depth FROM postings")
        refs = set(rows("SELECT tenant_id, target, position FROM statement_refs"))
        voids = set(rows("SELECT store_id, target, position FROM statement_voids"))
    own = {(term, position) for term, position, depth in postings if depth == 0}
    wrong = []
    expected_ids, expected, expected_refs, expected_voids = set(), set(), set(), set()
    erased = {position for position, _, _, body in bodies if not body}
    for position, store, identity, body in bodies:
        expected_ids.add((position, store, identity))
        if not body:  # erased: its id and its place are left, and what it voided stays voided
            expected_voids |= {each for each in voids if each[2] == position}
            continue
        tree = parse(unpack(body))
        if uuid.UUID(tree["id"]).bytes != identity:
            wrong.append(f"{position}: its id is not the one in its body")
        terms = [statements.everything(store), *find(tree, salts[store]).terms]
        expected.update((term, position) for term in terms)
        target, is_void = reference(tree)
        if target is not None:
            expected_refs.add((owners[store], target, position))
            if is_void:
                expected_voids.add((store, target, position))
    standing = {position for position, *_ in bodies} - erased
    wrong += [f"{p}: found at some remove, not there" for _, p, _ in postings if p not in standing]
    for name, here, wanted in (
        ("id", ids, expected_ids),
        ("term", own, expected),
        ("reference", refs, expected_refs),
        ("void", voids, expected_voids),
    ):
        wrong += [f"{name} missing: {each}" for each in wanted - here]
        wrong += [f"{name} of nothing: {each}" for each in here - wanted]
    return wrong


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview | bytearray) else value


def ids_of(bodies: Iterable[bytes]) -> list[str]:
    return [json.loads(body)["id"] for body in bodies]
