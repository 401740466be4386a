"""Promise 3: a reference or a void may come before its target; queries answer as if in order.

Statements are dealt out in every order, over batches, over the two stores of a tenant and over
transactions that run at the same moment; what queries then find is held against `model.World`.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs import intake
from lrs.store.accounts import Principal, StoreRef
from lrs.store.engine import Database
from tests import make
from tests.promises import parts
from tests.promises.model import VOIDED, Asked, World

Tree = dict[str, Any]

SARI, BUDI = make.agent("sari"), make.account("budi")
AUTHORITY_OF_ALL = make.account("lms")
TEAM = make.group(SARI, BUDI)
READ, DONE = make.verb("experienced"), make.verb("completed")
COURSE, TASK = make.activity("course"), make.activity("task")
REGISTRATION = "0b5a1a5e-6d09-4d58-8f3c-6d2f1d1a7e10"
LEARNING, PRACTICE = "learning", "practice"

SOME = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

QUESTIONS = [
    Asked(),
    *[Asked(agent=agent) for agent in (SARI, BUDI)],
    *[Asked(agent=agent, related_agents=True) for agent in (SARI, BUDI)],
    *[Asked(verb=verb) for verb in (READ["id"], DONE["id"], VOIDED)],
    *[Asked(activity=each["id"]) for each in (COURSE, TASK)],
    *[Asked(activity=each["id"], related_activities=True) for each in (COURSE, TASK)],
    Asked(registration=REGISTRATION),
    *[
        Asked(agent=agent, verb=verb["id"], related_agents=related)
        for agent in (SARI, BUDI)
        for verb in (READ, DONE)
        for related in (False, True)
    ],
    *[
        Asked(agent=agent, activity=each["id"], related_activities=related)
        for agent in (SARI, BUDI)
        for each in (COURSE, TASK)
        for related in (False, True)
    ],
    Asked(verb=DONE["id"], activity=COURSE["id"]),
    Asked(verb=READ["id"], registration=REGISTRATION),
    Asked(agent=SARI, registration=REGISTRATION, related_agents=True),
    Asked(activity=TASK["id"], registration=REGISTRATION, related_activities=True),
    Asked(SARI, DONE["id"], COURSE["id"]),
    Asked(SARI, READ["id"], TASK["id"], REGISTRATION, True, True),
    Asked(BUDI, DONE["id"], COURSE["id"], REGISTRATION, True, True),
]


# A story: statements that know one another by number ----------------------------------------------

ACTORS = st.sampled_from([SARI, BUDI, TEAM])
VERBS = st.sampled_from([READ, DONE])
ACTIVITIES = st.sampled_from([COURSE, TASK])


@st.composite
def contexts(draw: Any) -> Tree:
    """One of the four kinds that bring a registration, people or activities; or none."""
    return draw(
        st.sampled_from(
            [
                {},
                {"registration": REGISTRATION},
                {"instructor": BUDI, "contextActivities": {"parent": COURSE}},
                {"team": TEAM, "registration": REGISTRATION},
                {"contextActivities": {"grouping": [TASK, COURSE]}},
            ]
        )
    )


@st.composite
def stories(draw: Any, same_ids: bool = False) -> list[tuple[str, Tree]]:
    """(place, statement) with ids, and a deal of them: some refer to some, cycles included."""
    number = draw(st.integers(2, 6))
    ids = [draw(st.uuids(version=4)) for _ in range(number)]
    if same_ids:
        ids = [ids[draw(st.integers(0, 2)) % number] for _ in ids]
    story = []
    taken = set()
    for identity in map(str, ids):
        place = draw(st.sampled_from([LEARNING, LEARNING, PRACTICE]))
        if (place, identity) in taken:
            continue
        taken.add((place, identity))
        kind = draw(st.sampled_from(["plain", "refers", "refers", "voids", "agent", "sub"]))
        other = str(draw(st.sampled_from([*ids, uuid.UUID(int=1 << 78)])))
        thing: Tree = draw(ACTIVITIES)
        verb = draw(VERBS)
        if kind in ("refers", "voids"):
            thing = make.reference(other)
            verb = make.verb("voided") if kind == "voids" else verb
        elif kind == "agent":
            thing = draw(ACTORS)
        elif kind == "sub":
            inner = draw(st.sampled_from([TASK, BUDI, make.reference(other)]))
            thing = make.statement(objectType="SubStatement", actor=SARI, object=inner)
        statement = make.statement(id=identity, actor=draw(ACTORS), verb=verb, object=thing)
        if context := draw(contexts()):
            statement["context"] = context
        story.append((place, statement))
    return story


@st.composite
def deals(draw: Any, same_ids: bool = False) -> list[list[tuple[str, Tree]]]:
    """A story in some order, cut into batches; each batch is for one place."""
    story = draw(st.permutations(draw(stories(same_ids))))
    batches: list[list[tuple[str, Tree]]] = []
    for place, statement in story:
        if not batches or batches[-1][0][0] != place or draw(st.booleans()):
            batches.append([])
        batches[-1].append((place, statement))
    return batches


class Told:
    """A tenant and the model of it, told the same."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.who = parts.tenant(database)
        self.world = World()

    def place(self, name: str) -> StoreRef:
        return self.who.practice if name == PRACTICE else self.who.learning

    def send(self, batch: Sequence[tuple[str, Tree]]) -> None:
        parts.send(self.database, self.who, [each for _, each in batch], self.place(batch[0][0]))
        self.believe(batch)

    def believe(self, batch: Sequence[tuple[str, Tree]]) -> None:
        for place, statement in batch:
            self.world.add(place, {**statement, "authority": self.who.authority_tree})

    def check(self) -> None:
        for name in (LEARNING, PRACTICE):
            for asked in QUESTIONS:
                found = parts.found(self.database, self.place(name), **asked.as_arguments())
                assert len(found) == len(set(found))
                wanted = self.world.answer(name, asked)
                assert set(found) == wanted, f"{name}: {asked}"


@given(deal=deals())
@SOME
def test_any_order_in_any_batches_answers_the_same(
    database: Database, deal: list[list[tuple[str, Tree]]]
) -> None:
    told = Told(database)
    for batch in deal:
        told.send(batch)
    told.check()


@given(deal=deals())
@SOME
def test_answers_are_right_at_once_after_every_batch(
    database: Database, deal: list[list[tuple[str, Tree]]]
) -> None:
    """Not eventually: after each batch, over what has come by then."""
    told = Told(database)
    for batch in deal:
        told.send(batch)
        told.check()


@given(deal=deals(same_ids=True))
@SOME
def test_the_two_stores_may_hold_the_same_id(
    database: Database, deal: list[list[tuple[str, Tree]]]
) -> None:
    """A reference means the statement of its own store, and the other one's only for want of it,
    whichever came first."""
    told = Told(database)
    for batch in deal:
        told.send(batch)
        told.check()


# Small stories in every order --------------------------------------------------------------------

A, B, C, D = (str(uuid.UUID(int=(4 << 76) + (8 << 60) + n)) for n in range(1, 5))


def statement(identity: str, thing: Tree, **changes: Any) -> Tree:
    return make.statement(id=identity, object=thing, **changes)


STORIES: dict[str, list[tuple[str, Tree]]] = {
    "a reference": [
        (LEARNING, statement(A, make.reference(B), actor=BUDI)),
        (LEARNING, statement(B, COURSE, verb=DONE)),
    ],
    "a chain": [
        (LEARNING, statement(A, make.reference(B), actor=BUDI)),
        (LEARNING, statement(B, make.reference(C), verb=DONE)),
        (LEARNING, statement(C, make.reference(D), actor=TEAM)),
        (LEARNING, statement(D, COURSE, context={"registration": REGISTRATION})),
    ],
    "a cycle": [
        (LEARNING, statement(A, make.reference(B), actor=BUDI)),
        (LEARNING, statement(B, make.reference(C), verb=DONE)),
        (LEARNING, statement(C, make.reference(A), context={"registration": REGISTRATION})),
        (LEARNING, statement(D, make.reference(D))),
    ],
    "a void": [
        (LEARNING, make.voiding(B, id=A, actor=BUDI)),
        (LEARNING, statement(B, COURSE, verb=DONE)),
        (LEARNING, statement(C, make.reference(B), actor=BUDI)),
    ],
    "a void of a void": [
        (LEARNING, make.voiding(B, id=A, actor=BUDI)),
        (LEARNING, make.voiding(C, id=B)),
        (LEARNING, statement(C, COURSE, verb=DONE)),
        (LEARNING, statement(D, make.reference(A), actor=TEAM)),
    ],
    "a verdict in practice on a completion in learning": [
        (PRACTICE, statement(A, make.reference(B), actor=BUDI)),
        (LEARNING, statement(B, COURSE, verb=DONE)),
        (PRACTICE, make.voiding(B, id=C)),
        (LEARNING, statement(D, make.reference(A))),
    ],
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_every_order_of_a_small_story(database: Database, story: list[tuple[str, Tree]]) -> None:
    for order in permutations(story):
        told = Told(database)
        for each in order:
            told.send([each])
        told.check()


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_a_small_story_told_at_one_moment(
    database: Database, story: list[tuple[str, Tree]]
) -> None:
    """Each statement in a transaction of its own, all started by one shot."""
    for _ in range(6):
        told = Told(database)
        batches = [parts.examined(told.who, [s], told.place(place)) for place, s in story]
        parts.at_once(*[_storing(database, batch) for batch in batches])
        told.believe(story)
        told.check()
    assert parts.halves(database) == []


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_a_small_story_of_slow_transactions(
    database: Database, story: list[tuple[str, Tree]]
) -> None:
    """Each writer has stored and not committed when the next one begins; in both directions."""
    for order in (story, story[::-1]):
        told = Told(database)
        with parts.crew() as hands:
            for place, each in order:
                batch = parts.examined(told.who, [each], told.place(place))
                begun = threading.Event()
                hands.start(database.write, _slow(batch, begun))
                # Another writer may have to wait for the first: then it is no later than this.
                begun.wait(0.05)
        told.believe(order)
        told.check()


def test_twins_in_both_stores_at_one_moment(database: Database) -> None:
    """Who waits for an id finds the one in its own store, though both arrive together."""
    refers = statement(A, make.reference(B), actor=BUDI)
    ours, theirs = statement(B, COURSE, verb=DONE), statement(B, TASK, actor=TEAM)
    for turn in range(8):
        told = Told(database)
        told.send([(LEARNING, refers)])
        twins = [(LEARNING, ours), (PRACTICE, theirs)][:: -1 if turn % 2 else 1]
        with parts.crew() as hands:
            for place, each in twins:
                batch = parts.examined(told.who, [each], told.place(place))
                begun = threading.Event()
                hands.start(database.write, _slow(batch, begun))
                begun.wait(0.02)
        told.believe(twins)
        told.check()


def _storing(database: Database, batch: intake.Batch) -> Callable[[], object]:
    return lambda: database.write(lambda connection: intake.store(connection, batch))


def _slow(batch: intake.Batch, begun: threading.Event) -> Callable[[Any], object]:
    def work(connection: Any) -> None:
        intake.store(connection, batch)
        begun.set()
        time.sleep(0.04)

    return work


# Claims of one id --------------------------------------------------------------------------------


def test_two_batches_claim_the_same_ids_in_opposite_order(database: Database) -> None:
    """Equal statements: both are acknowledged, one of them stands; nobody waits for ever."""
    for _ in range(10):
        who = parts.tenant(database)
        sent = [make.statement(id=make.uuid4()) for _ in range(20)]
        extra = [make.statement(id=make.uuid4()) for _ in range(2)]
        one = parts.examined(who, [*sent, extra[0]])
        other = parts.examined(who, [extra[1], *sent[::-1]])
        parts.at_once(_storing(database, one), _storing(database, other))
        found = parts.found(database, who.learning)
        assert sorted(found) == sorted(each["id"] for each in [*sent, *extra])
    assert parts.halves(database) == []


def test_two_different_statements_claim_one_id(database: Database) -> None:
    """One is stored, the other is a conflict; the whole batch of the other is not there."""
    for _ in range(10):
        who = parts.tenant(database)
        common = make.uuid4()
        sent = [
            [make.statement(verb=verb), make.statement(verb=verb, id=common), make.statement()]
            for verb in (READ, DONE)
        ]
        conflicts: list[Exception] = []

        def store(
            batch: intake.Batch, conflicts: list[Exception] = conflicts
        ) -> Callable[[], object]:
            def work() -> None:
                try:
                    _storing(database, batch)()
                except intake.Conflict as conflict:
                    conflicts.append(conflict)

            return work

        parts.at_once(*[store(parts.examined(who, each)) for each in sent])
        assert len(conflicts) == 1
        assert len(parts.committed(database, who.learning)) == 3
    assert parts.halves(database) == []


def test_two_batches_define_the_same_activities_in_opposite_order(database: Database) -> None:
    """No merge is lost, whoever comes second: every language of every activity is there."""
    from lrs.store import statements
    from lrs.xapi.statements import digest

    for _ in range(5):
        who = parts.tenant(database)
        names = [f"hot-{number}" for number in range(10)]

        def sent(language: str, order: Sequence[str], who: Principal = who) -> Callable[[], object]:
            batch = parts.examined(
                who,
                [
                    make.statement(object=make.activity(n, definition={"name": {language: n}}))
                    for n in order
                ],
            )
            return _storing(database, batch)

        parts.at_once(
            sent("id", names), sent("en", names[::-1]), sent("jv", names), sent("su", names[::-1])
        )
        keys = [digest(who.learning.salt, "activity", make.activity(n)["id"]) for n in names]
        with database.read() as connection:
            known = statements.definitions_of(connection, keys)
        for key in keys:
            assert sorted(json.loads(known[key])["name"]) == ["en", "id", "jv", "su"]
