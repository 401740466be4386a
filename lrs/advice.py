"""What reports recommended: to whom, by when, and what came of it; it comes back in the next one.

Kept in the register, each recommendation under its own id; what stands is its last entry.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection

from lrs.errors import NotFound, Problem, Refused
from lrs.i18n import N_
from lrs.practice.cases import date_of
from lrs.store import register
from lrs.store.register import Fact

OPEN: Final = "open"
STATES: Final[Mapping[str, str]] = {
    OPEN: N_("Open"),
    "done": N_("Done"),
    "dropped": N_("Not taken up"),
}

_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A recommendation. `programme` (an IRI) and `cohort` say whose report it was; empty: of all.
    `owner` is an office rather than a person; `outcome` is what came of it."""

    id: str
    text: str
    owner: str
    due: date
    state: str = OPEN
    outcome: str = ""
    programme: str = ""
    cohort: str = ""
    entered: date | None = None

    def late(self, day: date) -> bool:
        """Whether it is still open after its day."""
        return self.state == OPEN and self.due < day


def every(connection: Connection, tenant_id: int) -> list[Advice]:
    """All of them: the open first, each by its day."""
    subjects = register.with_entries(connection, tenant_id, register.ADVICE)
    first: dict[bytes, int] = {}
    last: dict[bytes, dict[str, Any]] = {}
    for held in register.entries(connection, tenant_id, subjects):
        first.setdefault(held.subject, held.entry.position)
        last[held.subject] = dict(held.entry.body)
    found = [_made(each, body, first[each]) for each, body in last.items()]
    return sorted(found, key=lambda each: (each.state != OPEN, each.due, each.id))


def of(connection: Connection, tenant_id: int, programme: str, cohort: str) -> list[Advice]:
    """Those that belong in the report of a cohort: its own, its programme's, and everybody's."""
    return [
        each
        for each in every(connection, tenant_id)
        if each.programme in ("", programme) and each.cohort in ("", cohort)
    ]


def one(connection: Connection, tenant_id: int, id: str) -> Advice:
    """One of them. Raises `NotFound`."""
    try:
        subject = UUID(id).bytes
    except ValueError:
        raise NotFound("a recommendation") from None
    held = register.entries(connection, tenant_id, [subject])
    held = [each for each in held if each.entry.kind == register.ADVICE]
    if not held:
        raise NotFound("a recommendation")
    return _made(subject, dict(held[-1].entry.body), held[0].entry.position)


def new_id() -> str:
    """An id for one that is new."""
    return str(uuid4())


def enter(connection: Connection, tenant_id: int, advice: Advice, by: str) -> None:
    """Enter one, new or changed."""
    problems = [
        Problem(name, N_("Please fill this in."))
        for name in ("text", "owner")
        if not getattr(advice, name).strip()
    ]
    problems += [
        Problem(name, N_("That is too long."))
        for name in ("text", "owner", "outcome")
        if len(getattr(advice, name)) > _LONGEST
    ]
    if advice.state not in STATES:
        problems.append(Problem("state", N_("Choose one of the list.")))
    if advice.state == "done" and not advice.outcome.strip():
        problems.append(Problem("outcome", N_("Say what came of it.")))
    if problems:
        raise Refused(problems)
    body = asdict(advice)
    del body["id"], body["entered"]
    body["due"] = advice.due.isoformat()
    fact = Fact(register.ADVICE, UUID(advice.id).bytes, body)
    register.append(connection, tenant_id, [fact], by)


def _made(subject: bytes, body: dict[str, Any], position: int) -> Advice:
    body["due"] = date.fromisoformat(body["due"])
    entered = date_of(datetime.fromtimestamp(position / 1_000_000, UTC))
    return Advice(**body, id=str(UUID(bytes=subject)), entered=entered)
