"""Rows of the practice side as the projector would leave them, for tests of who reads them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from lrs.learning import PracticeEvent
from lrs.practice import names, people
from lrs.practice.followup import Invitation
from lrs.practice.programmes import Behaviour, Cohort, Programme, Window
from lrs.store import register, tables, waiting
from lrs.store.engine import Database, insert
from lrs.store.register import Fact
from tests import make
from tests.pdfs import pdf

DAY = 20_000  # 2024-10-04
AT = DAY * 86_400_000_000

LISTENS = "https://agency.example.org/behaviours/listens"
ANSWERS = "https://agency.example.org/behaviours/answers-in-time"
SERVICE = Programme(
    iri="https://agency.example.org/programmes/service",
    title="Pelayanan Prima",
    courses=frozenset(["https://course.example.org/service"]),
    cohorts=(Cohort(name="Angkatan I"), Cohort(name="Angkatan II")),
    behaviours=(
        Behaviour(iri=LISTENS, text="Mendengarkan"),
        Behaviour(iri=ANSWERS, text="Menjawab tepat waktu"),
    ),
    windows=(
        Window(name="W1", opens=30, closes=45, raters=("self", "superior"), forms=("B",)),
        Window(name="W2", opens=90, closes=120, raters=("self", "superior", "peer"), forms=("C",)),
    ),
)


@dataclass
class Agency:
    """A tenant whose tables are filled row by row; each maker answers the id of what it made."""

    database: Database
    tenant_id: int
    numbers: int = field(default=0)
    #: What each case is counted by, as its links and answers repeat it.
    places: dict[bytes, dict[str, Any]] = field(default_factory=dict)

    def id(self) -> bytes:
        """An id that nobody has yet, in no order that shows."""
        self.numbers += 1
        return names.case(self.tenant_id, b"test", self.numbers.to_bytes(4, "big"))

    def insert(self, table: str, *rows: Sequence[Any]) -> None:
        self.database.write(lambda c: insert(c, tables.metadata.tables[table], rows))

    def enter(self, *facts: Fact) -> None:
        self.database.write(lambda c: register.append(c, self.tenant_id, facts, "admin"))

    def programme(self, programme: Programme = SERVICE) -> bytes:
        digest = names.programme(self.tenant_id, programme.iri)
        self.enter(Fact(register.PROGRAMME, digest, msgspec.to_builtins(programme)))
        return digest

    def unit(self, path: str, **facts: Any) -> bytes:
        unit = names.unit(self.tenant_id, path)
        self.enter(Fact(register.UNIT, unit, {"path": path, **facts}))
        return unit

    def person(
        self,
        name: str,
        *,
        unit: bytes | None = None,
        superior: bytes | None = None,
        superior_state: str = people.CONFIRMED,
        first: int | None = None,
        mail: str | None = None,
        **facts: Any,
    ) -> bytes:
        person = self.id()
        post = {
            "unit": unit.hex() if unit else None,
            "superior": superior.hex() if superior else None,
            "superior_state": superior_state if superior else None,
            "first": first,
        }
        said = [
            Fact(people.PERSON, person, {"name": name, **facts}),
            Fact(people.POST, person, make.without_none(post)),
        ]
        if mail:
            text = f"mailto:{mail}@example.org"
            said.append(Fact(people.IDENTIFIER, person, {"kind": "mbox", "text": text}))
        self.enter(*said)
        return person

    def case(
        self,
        person: bytes | None = None,
        programme: bytes = names.ZERO,
        *,
        cohort: str | None = None,
        state: str = "open",
        at: int = AT,
        unit: bytes | None = None,
    ) -> bytes:
        case, completion = self.id(), self.id()
        body = {
            "course": "https://course.example.org/service",
            "title": "Pelayanan Prima angkatan I",
            "completions": [completion.hex()],
            "completed_day": DAY,
        }
        row = (
            *(case, self.tenant_id, person or self.id(), int(person is not None), programme),
            *(cohort, state, at, at // 86_400_000_000, unit, None, None, _json(body)),
        )
        self.insert("cases", row)
        self.places[case] = {
            "programme": programme,
            "cohort": cohort,
            "unit": unit,
            "clock_day": at // 86_400_000_000,
            "completed_at": at,
            "counts": int(person is not None and state == "open"),
        }
        return case

    def link(
        self,
        case: bytes,
        person: bytes,
        *,
        evidence: bytes | None = None,
        behaviour: str | None = None,
        state: str = "submitted",
        at: int = AT,
        placed: str = "after",
        **told: Any,
    ) -> bytes:
        evidence = evidence or self.id()
        digest = names.behaviour(self.tenant_id, behaviour) if behaviour else names.ZERO
        link = names.link(case, evidence, digest)
        values = {
            "id": link,
            "tenant_id": self.tenant_id,
            "case_id": case,
            "subject": person,
            "evidence": evidence,
            "behaviour": digest,
            "state": state,
            "placed": placed,
            "performed_day": at // 86_400_000_000,
            "weight": 700,
            "self_said": 0,
            "at": at,
            "body": _json({"signals": ["behaviour"], **told}),
        }
        self.insert("links", _row("links", self.places[case] | values))
        return link

    def event(
        self,
        actor: bytes,
        *,
        kind: str = "worked",
        at: int = AT,
        adapter: str = "work",
        voided: bool = False,
        **said: Any,
    ) -> bytes:
        statement = self.id()
        position = AT + self.numbers
        event = PracticeEvent(
            kind=kind, actor=make.agent("sari"), at=at, verb="http://example.org/did", **said
        )
        row = (
            *(position, 0, self.tenant_id, statement, actor, kind, names.ZERO, at),
            *(int(voided), 1, adapter, msgspec.json.encode(event)),
        )
        self.insert("events", row)
        return statement

    def answer(
        self, case: bytes, person: bytes, *, role: str = "superior", rater: bytes | None = None
    ) -> bytes:
        statement = self.id()
        values = {
            "statement": statement,
            "subject": person,
            "behaviour": names.behaviour(self.tenant_id, LISTENS),
            "tenant_id": self.tenant_id,
            "case_id": case,
            "form": "C",
            "role": role,
            "rater": rater,
            "window_name": "W1",
            "day": DAY + 31,
            "observed": 1,
            "value": 3,
            "recalled": 1,
            "frequency": "daily",
            "barriers": "funds team",
            "flagged": 0,
        }
        self.insert("answers", _row("answers", self.places[case] | values))
        return statement

    def attended(
        self,
        person: bytes | None,
        programme: bytes = names.ZERO,
        *,
        course: str = "service",
        cohort: str | None = None,
        unit: bytes | None = None,
        completed: bool = True,
    ) -> None:
        digest = names.course(self.tenant_id, f"https://course.example.org/{course}")
        row = (
            *(self.tenant_id, person or self.id(), digest, programme, cohort, unit),
            *(int(person is not None), None, DAY - 9, None, None),
            *(DAY if completed else None, None, 80, DAY - 9),
        )
        self.insert("participation", row)

    def identity(self, name: str, person: bytes | None = None) -> bytes:
        agent = make.account(name)
        account = agent["account"]
        digest = names.identifier(
            self.tenant_id, "account", f"{account['homePage']}\n{account['name']}"
        )
        row = (self.tenant_id, digest, _json(agent), name.title(), person, AT, 3)
        self.insert("identities", row)
        return digest

    def report(self) -> bytes:
        """A report of which nothing can be read, and that waits to be looked at."""
        content = pdf([]) + b"% " + self.id().hex().encode()
        told = (self.tenant_id, waiting.REPORT, "laporan.pdf", content, "user:admin", AT)
        return self.database.write(lambda c: waiting.add(c, *told))

    def invitation(
        self,
        case: bytes,
        role: str,
        rater: bytes | None,
        *,
        window: str = "W1",
        state: str = "sent",
        due: int = DAY + 30,
        round: bytes | None = None,
    ) -> bytes:
        invitation = Invitation(
            case=case, role=role, rater=rater, window=window, due_day=due, closes_day=due + 15
        ).id
        values = {
            "id": invitation,
            "tenant_id": self.tenant_id,
            "round": round or self.id(),
            "case_id": case,
            "role": role,
            "rater": rater,
            "window_name": window,
            "state": state,
            "sampled": 0,
            "due_day": due,
            "closes_day": due + 15,
            "made": AT,
            "reminded": 0,
        }
        self.insert("invitations", _row("invitations", values))
        return invitation


def _row(table: str, values: dict[str, Any]) -> tuple[Any, ...]:
    """The values in the order of the table's columns; what is not told is NULL."""
    return tuple(values.get(column.name) for column in tables.metadata.tables[table].columns)


def _json(tree: Any) -> bytes:
    return json.dumps(tree, sort_keys=True, separators=(",", ":")).encode()


def hexes(ids: Iterable[bytes]) -> list[str]:
    return [each.hex() for each in ids]
