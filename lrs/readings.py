"""Why a statement came to say what it says: who spoke for it, by which rule, and who passed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from lrs import dialects, projector
from lrs.adapters import Adapters, Reading
from lrs.errors import NotFound
from lrs.i18n import N_
from lrs.learning import PracticeEvent
from lrs.store import statements
from lrs.store.accounts import Tenant
from lrs.xapi.statements import parse

REFERS: Final = N_("refers to")
REGISTRATION: Final = N_("registration")
NAMES: Final = N_("names")
SHOWS: Final = N_("shows")
PLATFORM: Final = N_("platform")
DONE_ON: Final = N_("done on")
WORDS: Final = N_("words")


@dataclass(frozen=True, slots=True)
class Explained:
    """A reading, and of the adapter `declared` whose rule it was: name and number from 1."""

    reading: Reading
    rule: tuple[str, int] | None
    voided: bool


def matched_by(event: PracticeEvent) -> list[tuple[str, tuple[str, ...]]]:
    """By what a piece of work may be matched, without whose it is: each in a word, with
    what the event has of it."""
    told = (
        (REFERS, event.refers),
        (REGISTRATION, (event.registration,) if event.registration else ()),
        (NAMES, event.activities),
        (SHOWS, event.behaviours),
        (PLATFORM, (event.platform,) if event.platform else ()),
        (DONE_ON, (event.performed_on.isoformat(),) if event.performed_on else ()),
        (WORDS, (str(len(event.text.split())),) if event.text else ()),
    )
    return [(word, each) for word, each in told if each]


def explain(
    connection: Connection,
    tenant: Tenant,
    adapters: Adapters,
    statement_id: uuid.UUID,
    given: Sequence[dict[str, Any]] = (),
) -> Explained:
    """Read a statement of the learning store by what is in force now, and `given` as if these
    declared adapters were applied. Raises NotFound."""
    row = statements.by_id(connection, tenant.learning.id, statement_id.bytes)
    if row is None:
        raise NotFound(f"a statement {statement_id} in the learning store of {tenant.name}")
    configs = projector.configs(connection, tenant)
    every = {each["name"]: each for each in (*configs["declared"]["adapters"], *given)}
    declared = [every[name] for name in sorted(every)]
    tree = parse(row.body)
    reading = adapters.read(tree, configs | {"declared": {"adapters": declared}})
    said = dialects.speak(declared, tree) if reading.adapter == "declared" else ""
    rule = (said.adapter, said.rule) if isinstance(said, dialects.Spoken) else None
    return Explained(reading, rule, row.voided)
