"""The short reasons that reviewers choose from: an agency's own, or those all begin with.

A reviewer gives a verdict and its reason by one key. Which reasons there are an agency says for
itself, in one language or two; they stand in the register, so that it is known since when and by
whom. A verdict keeps the words it was given with, whatever the list says later.

Functions take a connection first and never commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from lrs.errors import Problem, Refused
from lrs.i18n import N_
from lrs.practice import names
from lrs.store import register
from lrs.store.register import Fact

#: The moves that a reason is for, in the order in which they are shown.
MOVES: Final = ("accept", "return", "reject", "not_seen")

#: As many as there are digits to press; and how long one may be.
MOST: Final = 10
LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: of which move, and its words by language. `en` empty: as in Indonesian."""

    move: str
    id: str
    en: str = ""

    def said(self, language: str) -> str:
        """In a language, as far as it was written in it."""
        return (self.en if language == "en" else self.id) or self.id or self.en


def own(connection: Connection, tenant_id: int) -> list[Reason] | None:
    """The agency's own reasons, in their order; None: it has none, and uses the usual ones."""
    held = register.entries(connection, tenant_id, [names.reasons(tenant_id)])
    if not held or not held[-1].entry.body["reasons"]:
        return None
    return [Reason(**each) for each in held[-1].entry.body["reasons"]]


def enter(connection: Connection, tenant_id: int, some: Sequence[Reason], by: str) -> None:
    """Have these be the agency's reasons from now on; none: the usual ones again.

    Refused: more than there are keys, one without words or too long, or none for a verdict that
    needs one.
    """
    problems = []
    if len(some) > MOST:
        problems.append(Problem("", N_("At most ten: there is a key for each.")))
    for n, each in enumerate(some, 1):
        if each.move not in MOVES:
            problems.append(Problem(f"move-{n}", N_("Choose one of the list.")))
        if not each.id:
            problems.append(Problem(f"id-{n}", N_("Write the reason in a sentence.")))
        if max(len(each.id), len(each.en)) > LONGEST:
            problems.append(Problem(f"id-{n}", N_("A reason has at most 200 characters.")))
    missing = set(MOVES) - {each.move for each in some}
    if some and missing:
        problems.append(
            Problem("", N_("Each verdict needs at least one reason; else it cannot be given."))
        )
    if problems:
        raise Refused(problems)
    body = {"reasons": [{"move": each.move, "id": each.id, "en": each.en} for each in some]}
    fact = Fact(register.REASONS, names.reasons(tenant_id), body)
    register.append(connection, tenant_id, [fact], by)
