"""Promises 9 and 10: practice is a function of log and register, and never of the wrong person.

An agency lives through whatever comes: records in any order, voided before or after, people known
early, late, wrongly, and found to be two; programmes that change; evidence, answers and verdicts.
At any moment a replay gives what stands, with the same ids, and no link joins two persons.
"""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lrs import casework, people, projector
from lrs.adapters import Adapters
from lrs.casework import Filled
from lrs.errors import JejakError
from lrs.practice import people as facts
from lrs.practice import records, review
from lrs.practice.programmes import Behaviour, Cohort, Programme, Rule
from lrs.practice.records import Evidence
from lrs.store.engine import Database, run
from lrs.store.register import Fact
from tests import make
from tests.conftest import new_tenant
from tests.test_projector import Follower

NOW = datetime(2026, 9, 1, tzinfo=UTC)
COURSE = "http://adlnet.gov/expapi/activities/course"
COURSES = ("https://lms.example.go.id/1", "https://lms.example.go.id/2")
BEHAVIOUR = "https://diklat.example.go.id/p/1"
RESOLVED = "https://tiket.example.go.id/verbs/selesai"
NAMES = ("sari", "budi", "rina")
WORKED_OUT = ("cases", "links", "answers", "outcomes", "participation", "identities")

who = st.sampled_from(NAMES)
days = st.integers(0, 200)


class Agency(RuleBasedStateMachine):
    """What may happen to an agency, in any order."""

    database: Database  # set for the run below

    @initialize()
    def begin(self) -> None:
        self.agency = Follower(new_tenant(self.database, f"agency-{uuid.uuid4().hex}"))
        self.people = {name: uuid.uuid4().bytes for name in NAMES}
        self.sent: list[tuple[str, str]] = []

    def catch_up(self) -> None:
        projector.catch_up(self.agency.database, self.agency.tenant, Adapters.installed())

    def write(self, work: Any) -> Any:
        """Do it if it may be done."""
        try:
            return self.agency.database.write(work)
        except JejakError:
            return None

    # What systems send

    @rule(name=who, day=days, course=st.sampled_from(COURSES), verb=st.sampled_from("cccrp"))
    def learns(self, name: str, day: int, course: str, verb: str) -> None:
        word = {"c": "completed", "r": "registered", "p": "progressed"}[verb]
        target = {"id": course, "definition": {"type": COURSE}}
        self.send(name, day, verb=make.verb(word), object=target)

    @rule(name=who, day=days)
    def works(self, name: str, day: int) -> None:
        self.send(name, day, verb={"id": RESOLVED}, object={"id": "https://tiket.example.go.id/7"})

    def send(self, name: str, day: int, **said: Any) -> None:
        identity = make.uuid4()
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
        self.agency.send(
            make.statement(id=identity, actor=make.agent(name), timestamp=at.isoformat(), **said)
        )
        self.sent.append((identity, name))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def is_voided(self, data: st.DataObject) -> None:
        identity, _ = data.draw(st.sampled_from(self.sent))
        self.agency.send(make.voiding(identity))

    @rule(name=who, day=days)
    def is_voided_before_it_comes(self, name: str, day: int) -> None:
        identity = make.uuid4()
        self.agency.send(make.voiding(identity))
        target = {"id": COURSES[0], "definition": {"type": COURSE}}
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
        self.agency.send(
            make.statement(
                id=identity,
                actor=make.agent(name),
                verb=make.verb("completed"),
                object=target,
                timestamp=at.isoformat(),
            )
        )

    # What the agency knows

    @rule(name=who, mail=who)
    def is_known(self, name: str, mail: str) -> None:
        person = self.people[name]
        self.agency.enter(Fact(facts.PERSON, person, {"name": name}))
        identifier = ("mbox", make.agent(mail)["mbox"])
        self.write(lambda c: people.confirm(c, self.agency.tenant.id, person, identifier, "admin"))

    @rule(name=who, mail=who)
    def is_refused(self, name: str, mail: str) -> None:
        identifier = ("mbox", make.agent(mail)["mbox"])
        self.write(
            lambda c: people.refuse(
                c, self.agency.tenant.id, self.people[name], identifier, "admin"
            )
        )

    @rule(one=who, other=who)
    def are_found_to_be_one(self, one: str, other: str) -> None:
        self.write(
            lambda c: people.merge(
                c, self.agency.tenant.id, self.people[one], self.people[other], "admin"
            )
        )

    @rule(name=who)
    def are_parted(self, name: str) -> None:
        self.write(lambda c: people.part(c, self.agency.tenant.id, self.people[name], "admin"))

    @rule(name=who, day=days, why=st.sampled_from(["retired", "study"]))
    def leaves(self, name: str, day: int, why: str) -> None:
        first = (date(2026, 1, 1) - date(1970, 1, 1)).days + day
        self.agency.enter(
            Fact(facts.PERSON, self.people[name], {"name": name}),
            Fact(facts.LEFT, self.people[name], {"day": first, "why": why}),
        )

    @rule(courses=st.sets(st.sampled_from(COURSES)), ends=st.none() | days, ruled=st.booleans())
    def programme_changes(self, courses: set[str], ends: int | None, ruled: bool) -> None:
        cohorts = ()
        if ends is not None:
            starts = date(2026, 1, 1)
            cohorts = (Cohort(name="I", starts=starts, ends=starts + timedelta(days=ends)),)
        rules = (Rule(name="t", behaviours=(BEHAVIOUR,), verbs=frozenset([RESOLVED])),)
        self.agency.define(
            Programme(
                iri="https://diklat.example.go.id/p",
                title="P",
                courses=frozenset(courses),
                cohorts=cohorts,
                behaviours=(Behaviour(iri=BEHAVIOUR, text="Menyelesaikan tiket"),),
                rules=rules if ruled else (),
            )
        )

    # What people do with it

    @rule(name=who, day=days, of=st.sampled_from(["artefact", "observation"]), data=st.data())
    def hands_in(self, name: str, day: int, of: str, data: st.DataObject) -> None:
        self.catch_up()
        cases = [row for row in self.agency.rows() if row["subject"] == self.people[name]]
        case = data.draw(st.sampled_from(cases))["id"].hex() if cases else None
        person = str(uuid.UUID(bytes=self.people[name]))
        given = Evidence(
            person=person,
            of=of,
            by=person if of == "artefact" else "user:coach",
            role=records.SELF if of == "artefact" else "coach",
            performed_on=date(2026, 1, 1) + timedelta(days=day),
            title="Rekap",
            case=case,
            behaviours=(BEHAVIOUR,),
        )
        self.write(lambda c: casework.hand_in(c, self.agency.tenant, given, now=NOW))

    @rule(data=st.data(), value=st.integers(1, 3))
    def answers(self, data: st.DataObject, value: int) -> None:
        self.catch_up()
        cases = self.agency.rows()
        if not cases:
            return
        case = data.draw(st.sampled_from(sorted(cases, key=lambda row: row["id"])))
        filled = Filled(
            case=case["id"].hex(),
            form="C",
            role="superior",
            rater="user:superior",
            observed_on=date(2026, 8, 1),
            submission=str(uuid.uuid4()),
            items={BEHAVIOUR: {"observed": True, "value": value}},
        )
        self.write(lambda c: casework.answer(c, self.agency.tenant, filled, now=NOW))

    @rule(data=st.data(), move=st.sampled_from(sorted(review.MOVES)))
    def decides(self, data: st.DataObject, move: str) -> None:
        self.catch_up()
        links = sorted(self.agency.rows("links"), key=lambda row: row["id"])
        if not links:
            return
        link = data.draw(st.sampled_from(links))["id"]
        told = {"reason": "Terlihat.", "rests_on": "halaman 1"}
        for each in ("take", move):
            self.write(
                lambda c, each=each: casework.decide(
                    c, self.agency.tenant, link=link, move=each, by="user:admin", now=NOW, **told
                )
            )

    @rule(limit=st.integers(1, 4))
    def some_is_worked_off(self, limit: int) -> None:
        projector.step(self.agency.database, self.agency.tenant, Adapters.installed(), limit=limit)

    # What must hold

    def standing(self) -> dict[str, list[str]]:
        return {name: sorted(map(str, self.agency.rows(name))) for name in WORKED_OUT}

    @invariant()
    def no_link_joins_two_persons(self) -> None:
        if not hasattr(self, "agency"):
            return
        cases = {row["id"]: row["subject"] for row in self.agency.rows()}
        for link in self.agency.rows("links"):
            assert cases[link["case_id"]] == link["subject"]
            assert self.owners(link["evidence"]) == {link["subject"]}

    def owners(self, statement: bytes) -> set[bytes]:
        """Whose a statement is by the register as it was worked out: person, or identifier."""
        with self.agency.database.read() as connection:
            rows = run(
                connection,
                "SELECT e.actor, i.person FROM events e LEFT JOIN identities i"
                " ON i.tenant_id = e.tenant_id AND i.digest = e.actor"
                " WHERE e.tenant_id = ? AND e.statement = ?",
                (self.agency.tenant.id, statement),
            ).all()
            merged = dict(
                run(
                    connection,
                    "SELECT id, merged_into FROM people WHERE tenant_id = ?"
                    " AND merged_into IS NOT NULL",
                    (self.agency.tenant.id,),
                ).all()
            )
        found = {bytes(row[1] or row[0]) for row in rows}
        return {canonical(each, merged) for each in found}

    def teardown(self) -> None:
        if not hasattr(self, "agency"):
            return
        self.catch_up()
        stood = self.standing()
        projector.replay(self.agency.database, self.agency.tenant, Adapters.installed())
        assert self.standing() == stood


def canonical(person: bytes, merged: dict[bytes, bytes]) -> bytes:
    while person in merged:
        person = bytes(merged[person])
    return person


def test_whatever_happens_a_replay_gives_what_stands(database: Database) -> None:
    machine = type("OnThisDatabase", (Agency,), {"database": database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
        ),
    )
