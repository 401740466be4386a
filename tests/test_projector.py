"""The projector: what is worked out is a function of what is in the log and the register."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs import projector
from lrs.adapters import Adapters
from lrs.learning import Event, LearningEvent
from lrs.practice import names, people
from lrs.practice.programmes import Behaviour, Cohort, Programme, Rule
from lrs.store import practice, register, tables
from lrs.store.accounts import Tenant
from lrs.store.engine import Database
from lrs.store.register import Fact
from lrs.xapi import lexical
from tests import make
from tests.conftest import Cast, new_tenant
from tests.promises import parts

SERVICE = "https://course.example.org/excellent-service"
OTHER = "https://course.example.org/archives"


@dataclass(frozen=True)
class Spoken:
    adapter: str | None
    events: tuple[Event, ...]


class Plain:
    """An adapter that takes the last word of the verb for the kind, and the object for a course."""

    def read(self, statement: dict[str, Any], configs: Mapping[str, Any]) -> Spoken:
        kind = statement["verb"]["id"].rpartition("/")[2]
        if kind not in ("completed", "uncompleted", "enrolled", "progressed"):
            return Spoken(None, ())
        event = LearningEvent(
            kind=kind,
            actor=statement["actor"],
            course=statement["object"]["id"],
            at=lexical.micros(statement["timestamp"]),
        )
        return Spoken("plain", (event,))


@dataclass
class Follower:
    """A tenant whose log is projected, and what came of it."""

    cast: Cast

    @property
    def database(self) -> Database:
        return self.cast.database

    @property
    def tenant(self) -> Tenant:
        return self.cast.tenant

    def send(self, *trees: dict[str, Any]) -> None:
        parts.send(self.database, parts.principal(self.cast), list(trees))

    def define(self, programme: Programme) -> None:
        digest = names.programme(self.tenant.id, programme.iri)
        body = msgspec.to_builtins(programme)
        self.enter(Fact(register.PROGRAMME, digest, body))

    def enter(self, *facts: Fact) -> None:
        self.database.write(lambda c: register.append(c, self.tenant.id, facts, "admin"))

    def step(self, limit: int = 500) -> int:
        return projector.step(self.database, self.tenant, Plain(), limit=limit)

    def catch_up(self) -> int:
        return projector.catch_up(self.database, self.tenant, Plain())

    def replay(self) -> None:
        projector.replay(self.database, self.tenant, Plain())

    def register_person(self, person: bytes, actor: dict[str, Any]) -> None:
        self.enter(
            Fact(people.PERSON, person, {"name": "Sari"}),
            Fact(people.IDENTIFIER, person, {"kind": "mbox", "text": actor["mbox"]}),
        )

    def digest(self, actor: dict[str, Any]) -> bytes:
        return names.identifier(self.tenant.id, "mbox", actor["mbox"])

    def rows(self, table: str = "cases") -> list[dict[str, Any]]:
        with self.database.read() as connection:
            here = tables.metadata.tables[table]
            found = connection.execute(here.select().where(here.c.tenant_id == self.tenant.id))
            return [dict(row) for row in found.mappings()]

    def facts(self) -> list[tuple[Any, ...]]:
        """The cases, but for what holds the tenant's number."""
        return sorted(
            (case["matched"], case["state"], case["completed_at"], case["clock_day"], case["body"])
            for case in self.rows()
        )


def follower(database: Database, name: str = "agency") -> Follower:
    return Follower(new_tenant(database, name))


def said(verb: str, day: int, *, who: str = "sari", course: str = SERVICE, **more: Any) -> Any:
    at = datetime(2026, 1, 1, 3, tzinfo=UTC) + timedelta(days=day)
    return make.statement(
        actor=make.agent(who),
        verb={"id": f"https://lms.example.org/verbs/{verb}"},
        object={"id": course},
        timestamp=at.isoformat(),
        **more,
    )


def test_a_completion_opens_a_case_although_nobody_knows_the_course_or_the_person(
    database: Database,
) -> None:
    agency = follower(database)
    agency.send(said("enrolled", 1), said("completed", 9))
    assert agency.step() == 2
    [case] = agency.rows()
    assert (case["state"], case["matched"], case["programme"]) == ("open", 0, names.ZERO)
    [identity] = agency.rows("identities")
    assert (identity["person"], identity["events"]) == (None, 2)
    [row] = agency.rows("participation")
    assert row["completed_day"] - row["enrolled_day"] == 8
    assert agency.step() == 0, "nothing is left to do"


def test_a_voided_completion_takes_its_case_with_it(database: Database) -> None:
    agency = follower(database)
    mistaken = make.uuid4()
    agency.send(said("completed", 9, id=mistaken))
    agency.catch_up()
    agency.send(make.voiding(mistaken))
    agency.catch_up()
    assert [case["state"] for case in agency.rows()] == ["voided"]
    assert [row["completed_day"] for row in agency.rows("participation")] == []


def test_a_completion_undone_and_done_again_is_one_case(database: Database) -> None:
    agency = follower(database)
    agency.send(said("completed", 9))
    agency.catch_up()
    [before] = agency.rows()
    agency.send(said("uncompleted", 10))
    agency.catch_up()
    [undone] = agency.rows()
    agency.send(said("completed", 12))
    agency.catch_up()
    [again] = agency.rows()
    assert [each["state"] for each in (before, undone, again)] == ["open", "undone", "open"]
    assert before["id"] == undone["id"] == again["id"]
    assert again["clock_day"] == before["clock_day"] + 3


def test_of_equal_stamps_completed_holds(database: Database) -> None:
    agency = follower(database)
    agency.send(said("completed", 9), said("uncompleted", 9))
    agency.catch_up()
    assert [case["state"] for case in agency.rows()] == ["open"]


def test_windows_count_from_the_official_end_of_the_cohort(database: Database) -> None:
    agency = follower(database)
    agency.define(
        Programme(
            iri="https://agency.example.org/programmes/service",
            title="Pelayanan Prima",
            courses=frozenset([SERVICE]),
            cohorts=(Cohort(name="Angkatan I", starts=date(2026, 1, 2), ends=date(2026, 1, 8)),),
        )
    )
    agency.send(said("completed", 20))
    agency.catch_up()
    [case] = agency.rows()
    assert case["cohort"] == "Angkatan I"
    assert case["clock_day"] == (date(2026, 1, 8) - date(1970, 1, 1)).days


CLOSED = "https://desk.example.go.id/verbs/closed"
BEHAVIOUR = Behaviour(iri="https://diklat.example.go.id/melayani", text="Melayani")


def counting(*kinds: str) -> Programme:
    """A programme that counts what is closed of these kinds, by a rule for each."""
    rules = [
        Rule(
            name=kind,
            behaviours=(BEHAVIOUR.iri,),
            verbs=frozenset([CLOSED]),
            types=frozenset([f"https://desk.example.go.id/types/{kind}"]),
        )
        for kind in kinds
    ]
    return Programme(
        iri="urn:programme:1", title="Layanan", behaviours=(BEHAVIOUR,), rules=tuple(rules)
    )


def closed(kind: str, n: int) -> dict[str, Any]:
    return make.statement(
        actor=make.agent("budi"),
        verb={"id": CLOSED},
        object={
            "id": f"https://desk.example.go.id/{kind}/{n}",
            "definition": {"type": f"https://desk.example.go.id/types/{kind}"},
        },
        timestamp=f"2026-01-{n:02}T08:00:00Z",
    )


class Counted:
    """The adapters that are installed, and how many statements they were given to read."""

    def __init__(self) -> None:
        self._adapters = Adapters.installed()
        self.read_so_far = 0

    def read(self, statement: dict[str, Any], configs: Mapping[str, Any]) -> Any:
        self.read_so_far += 1
        return self._adapters.read(statement, configs)


def noticed(agency: Follower) -> list[str]:
    return sorted(json.loads(row["body"])["activities"][0] for row in agency.rows("events"))


def test_a_rule_that_changes_while_the_log_is_searched_for_it_has_it_searched_from_the_start(
    database: Database,
) -> None:
    agency, adapters = follower(database), Adapters.installed()
    agency.define(counting())
    agency.send(closed("ticket", 1), closed("ticket", 2), closed("letter", 3), closed("letter", 4))
    projector.catch_up(database, agency.tenant, adapters)
    agency.define(counting("letter"))
    for _ in range(2):  # the programme, and the first statement of the search
        projector.step(database, agency.tenant, adapters, limit=1)
    agency.define(counting("ticket"))
    projector.catch_up(database, agency.tenant, adapters)
    found = noticed(agency)
    assert found == [f"https://desk.example.go.id/ticket/{n}" for n in (1, 2)]
    projector.replay(database, agency.tenant, adapters)
    assert noticed(agency) == found


def test_what_comes_after_a_rule_is_read_once(database: Database) -> None:
    agency, adapters = follower(database), Counted()
    agency.define(counting())
    agency.send(closed("letter", 1))
    projector.catch_up(database, agency.tenant, adapters)
    before = adapters.read_so_far
    agency.define(counting("letter"))
    agency.send(*(closed("letter", n) for n in range(2, 8)))
    projector.catch_up(database, agency.tenant, adapters)
    assert len(noticed(agency)) == 7
    assert adapters.read_so_far - before == 7


def test_a_programme_that_is_defined_late_takes_in_who_completed_before(
    database: Database,
) -> None:
    agency = follower(database)
    agency.send(said("completed", 9), said("completed", 9, who="budi", course=OTHER))
    agency.catch_up()
    programme = Programme(iri="urn:programme:1", title="Kearsipan", courses=frozenset([OTHER]))
    agency.define(programme)
    agency.catch_up()
    stood = {row["programme"] for row in agency.rows()}
    assert stood == {names.ZERO, names.programme(agency.tenant.id, programme.iri)}
    assert agency.rows("stale") == agency.rows("searches") == []


def test_a_person_who_becomes_known_takes_their_cases_along(database: Database) -> None:
    agency = follower(database)
    agency.send(said("completed", 9))
    agency.catch_up()
    [unknown] = agency.rows()
    person = bytes(range(16))
    agency.register_person(person, make.agent("sari"))
    assert agency.catch_up() > 0
    [known] = agency.rows()
    assert known["id"] == unknown["id"]
    assert (known["subject"], known["matched"]) == (person, 1)
    assert agency.rows("identities")[0]["person"] == person
    assert agency.rows("stale") == []


def test_records_of_two_people_are_never_one_case(database: Database) -> None:
    agency = follower(database)
    agency.send(said("completed", 9, who="sari"), said("completed", 9, who="budi"))
    agency.catch_up()
    assert len({case["subject"] for case in agency.rows()}) == 2


def test_nothing_is_seen_of_another_tenant(database: Database) -> None:
    agency, other = follower(database), follower(database, "neighbour")
    agency.send(said("completed", 9))
    other.catch_up()
    assert other.rows() == []


def test_who_was_overtaken_writes_nothing_and_begins_again(database: Database) -> None:
    agency = follower(database)
    agency.send(said("completed", 9))

    class Slow(Plain):
        def read(self, statement: dict[str, Any], configs: Mapping[str, Any]) -> Spoken:
            agency.catch_up()
            return super().read(statement, configs)

    projector.step(agency.database, agency.tenant, Slow())
    assert len(agency.rows("events")) == 1
    assert [case["state"] for case in agency.rows()] == ["open"]


def test_a_mark_set_again_outlives_the_work_that_was_under_way(database: Database) -> None:
    agency = follower(database)
    digest = agency.digest(make.agent("sari"))
    agency.database.write(lambda c: practice.mark_stale(c, agency.tenant.id, {digest: 5}))
    agency.database.write(lambda c: practice.mark_stale(c, agency.tenant.id, {digest: 7}))
    agency.database.write(lambda c: practice.unmark(c, agency.tenant.id, [(digest, 5)]))
    assert [row["since"] for row in agency.rows("stale")] == [7]


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["completed", "uncompleted", "enrolled", "progressed"]),
        st.integers(0, 400),
        st.sampled_from(["sari", "budi"]),
        st.sampled_from([SERVICE, OTHER]),
        st.booleans(),
    ),
    max_size=8,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS, data=st.data())
def test_the_order_of_arrival_never_shows(
    database: Database, events: list[Any], data: st.DataObject
) -> None:
    """The same records in another order, in other steps, voided before or after they come, the
    person known early or late, and replayed: the same cases."""
    statements = []
    for verb, day, who, course, voided in events:
        identity = make.uuid4()
        statements.append(said(verb, day, who=who, course=course, id=identity))
        if voided:
            statements.append(make.voiding(identity))
    facts = []
    for there in (statements, data.draw(st.permutations(statements))):
        agency = follower(database, f"agency-{make.uuid4()}")
        person = agency.tenant.id.to_bytes(16, "big")
        known_after = data.draw(st.integers(0, len(there)))
        for n, statement in enumerate([*there, None]):
            if n == known_after:
                agency.register_person(person, make.agent("sari"))
            if statement:
                agency.send(statement)
            if data.draw(st.booleans()):
                agency.step(data.draw(st.integers(1, 3)))
        agency.catch_up()
        stood = {name: agency.rows(name) for name in ("cases", "participation", "identities")}
        agency.replay()
        for name, rows in stood.items():
            assert sorted(map(str, agency.rows(name))) == sorted(map(str, rows))
        facts.append(agency.facts())
    assert facts[0] == facts[1]
