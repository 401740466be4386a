"""A small agency that is followed up: a head, staff, a programme, a mail server that keeps all."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from lrs import followup, projector, reminders, units
from lrs.adapters import Adapters
from lrs.mail import Post
from lrs.practice import names, people, programmes
from lrs.practice.programmes import Behaviour, Cohort, Programme
from lrs.settings import Settings
from lrs.store import invitations, register
from lrs.store.register import Fact
from tests import make
from tests.conftest import Cast
from tests.test_projector import Follower

IRI = "https://diklat.example.go.id/pelayanan"
COURSE = "https://lms.example.go.id/course/view.php?id=2"
ANSWERS, HELPS = f"{IRI}/perilaku/1", f"{IRI}/perilaku/2"
HEAD, CONTACT = (uuid.UUID(int=n, version=4).bytes for n in (900, 901))
#: The training ends at noon in Jakarta.
DONE = datetime(2026, 2, 13, 5, tzinfo=UTC)
OFFICE = "Dinas Kominfo / Bidang Layanan"


_VERBS = {
    "completed": "http://adlnet.gov/expapi/verbs/completed",
    "enrolled": "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/enrolled",
    "uncompleted": "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted",
}


class Sink:
    """A mail server that keeps what it is given; addresses in `unknown` it does not know."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.unknown: set[str] = set()
        self.busy = False

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.busy:
            return "451 4.3.0 try again later"
        if address in self.unknown:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        told = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(told, EmailMessage)
        self.letters.append(told)
        return "250 OK"

    def to(self, name: str) -> list[EmailMessage]:
        return [each for each in self.letters if name in str(each["To"])]


class _AnyPort(Controller):
    """On whatever port is free; the library's own looks for it at the number it asked for."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server() -> Iterator[tuple[Sink, Post]]:
    """A mail server on this machine."""
    sink = Sink()
    controller = _AnyPort(sink, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield sink, Post(f"smtp://127.0.0.1:{controller.port}", "diklat@example.go.id")
    finally:
        controller.stop()


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def path_in(letter: EmailMessage) -> str:
    """The path of the first link in a letter."""
    found = re.search(r"https://lrs\.example\.go\.id(/\S+)", text_of(letter))
    assert found is not None
    return found[1]


@dataclass
class Agency(Follower):
    """An agency with a programme, its people, and somebody who looks after the follow-up."""

    settings: Settings = field(default_factory=Settings)
    staff: dict[str, bytes] = field(default_factory=dict)
    now: datetime = DONE
    unit: bytes = b""
    sink: Any = None
    mailer: Any = None

    def setup(self, staff: int = 2, **changes: Any) -> None:
        self.settings = replace(self.settings, public_url="https://lrs.example.go.id")
        unit = names.unit(self.tenant.id, OFFICE)
        self.unit = unit
        self.enter(Fact(register.UNIT, unit, {"path": OFFICE}))
        self.hire(HEAD, "Rina Kepala", None)
        self.hire(CONTACT, "Tono Kontak", None)
        for n in range(staff):
            self.hire(uuid.UUID(int=n + 1, version=4).bytes, f"Staf {n + 1:02}", HEAD)
        usual: dict[str, Any] = {
            "iri": IRI,
            "title": "Pelayanan Prima",
            "courses": frozenset([COURSE]),
            "cohorts": (Cohort(name="Angkatan I", starts=date(2026, 2, 1), ends=DONE.date()),),
            "behaviours": (
                Behaviour(iri=ANSWERS, text="Menjawab keluhan dalam satu hari kerja"),
                Behaviour(iri=HELPS, text="Membantu rekan melayani warga"),
            ),
            "windows": programmes.windows("full"),
        }
        self.define(Programme(**(usual | changes)))

    def hire(self, person: bytes, name: str, superior: bytes | None) -> None:
        self.staff[name] = person
        mail = f"{name.casefold().replace(' ', '.')}@example.go.id"
        told = {"name": name, "mail": mail, "phone": "0812-3456-7890"}
        post = {"unit": self.unit.hex(), "title": "Analis"}
        if superior:
            post["superior"] = superior.hex()
        self.enter(
            Fact(people.PERSON, person, told),
            Fact(people.IDENTIFIER, person, {"kind": "mbox", "text": f"mailto:{mail}"}),
            Fact(people.POST, person, post),
        )

    def complete(self, *who: str, at: datetime = DONE, verb: str = "completed") -> None:
        """These people complete the course; all staff where nobody is named."""
        for name in who or [each for each in self.staff if each.startswith("Staf")]:
            mail = f"mailto:{name.casefold().replace(' ', '.')}@example.go.id"
            self.send(
                make.statement(
                    actor={"objectType": "Agent", "mbox": mail},
                    verb={"id": _VERBS[verb]},
                    object={
                        "id": COURSE,
                        "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
                    },
                    timestamp=at.isoformat(),
                )
            )
        self.catch_up()

    def catch_up(self) -> int:
        return projector.catch_up(self.database, self.tenant, Adapters.installed())

    def do(self, work: Any, *args: Any, **more: Any) -> Any:
        made = self.database.write(lambda c: work(c, self.tenant, *args, **more))
        self.catch_up()
        return made

    def write(self, work: Any, *args: Any, **more: Any) -> Any:
        """As `do`, for what takes the tenant's number."""
        made = self.database.write(lambda c: work(c, self.tenant.id, *args, **more))
        self.catch_up()
        return made

    def speak_for_the_unit(self, person: bytes) -> None:
        self.write(units.set_facts, OFFICE, "admin", contact=person)

    def enter_number(self, person: bytes, number: str) -> None:
        self.enter(Fact(people.IDENTIFIER, person, {"kind": "nip", "text": number}))

    def after(self, days: int) -> datetime:
        """Have it be so many days after the training, at the same hour."""
        self.now = DONE + timedelta(days=days)
        return self.now

    def begin(self, cohort: str | None = None) -> None:
        self.do(followup.begin, IRI, cohort, "admin")

    def plan(self) -> followup.Done:
        rules = followup.rules(self.settings)
        done: followup.Done = self.do(followup.carry_out, self.now, rules)
        return done

    def post(self, mailer: Any) -> int:
        return reminders.send_due(self.database, self.tenant, mailer, self.settings, self.now)

    def ledger(self, **wanted: Any) -> list[dict[str, Any]]:
        return [
            row
            for row in self.rows("invitations")
            if all(row[name] == value for name, value in wanted.items())
        ]

    def page(self, round_: bytes) -> followup.Page:
        with self.database.read() as connection:
            return followup.page(connection, self.tenant, round_, self.now)

    def round_of(self, name: str) -> bytes:
        """The round of that person that waits."""
        with self.database.read() as connection:
            held = invitations.of_raters(connection, self.tenant.id, [self.staff[name]])
        return next(each.round for each in held if each.told.state in ("due", "sent"))


def graduated(cast: Cast, settings: Settings | None = None) -> Agency:
    """An agency whose people completed the training."""
    made = Agency(cast, settings or Settings())
    made.setup()
    made.complete()
    return made


def asked(cast: Cast, settings: Settings) -> Agency:
    """An agency where it is ninety days after the training, and who is to be asked was asked."""
    made = graduated(cast, settings)
    made.begin()
    made.after(90)
    made.plan()
    return made
