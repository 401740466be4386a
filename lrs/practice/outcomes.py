"""What is known of each behaviour in a case: applied, lasting, known not to be, or not known.

Functions of sets, as all that is worked out. Only accepted evidence of work since the clock's
start is application; an answer never is, but it may say that something is not applied, that a
superior confirms it, or that it lasts. Days are counted since 1970.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor

from lrs.practice import records
from lrs.practice.matching import AFTER

#: Two observations so many days apart say that a behaviour lasts (domain, M13).
LASTING = 60

#: From this value of scale S on a superior confirms (domain, M4).
CONFIRMS = 3


@dataclass(frozen=True, slots=True)
class Accepted:
    """Accepted evidence of a behaviour (None: of the case as a whole), and when the verdict was
    given, in microseconds."""

    behaviour: str | None
    day: int
    tier: str
    placed: str
    decided_at: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One answer on a behaviour (None: on the case as a whole), as far as outcomes go."""

    behaviour: str | None
    role: str
    day: int
    observed: bool
    value: int | None
    frequency: str | None

    @property
    def denies(self) -> bool:
        """Whether somebody who could see says that it is not applied."""
        return self.observed and (self.frequency == "never" or self.value == 0)

    @property
    def affirms(self) -> bool:
        """Whether somebody other than the learner saw the whole task done."""
        return (
            self.observed
            and self.role != records.SELF
            and self.value is not None
            and self.value >= CONFIRMS
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known at all, as the columns of `tables.outcomes`; None: not so, as far as known."""

    applied_day: int | None = None
    applied_tier: str | None = None
    lasting_day: int | None = None
    known_not_day: int | None = None
    contact_day: int | None = None
    superior_confirmed_day: int | None = None
    decided_at: int | None = None


def outcomes(
    behaviours: Sequence[str],
    counts: str,
    accepted: Iterable[Accepted],
    said: Iterable[Said],
    seen: Iterable[int],
) -> dict[str | None, Outcome]:
    """What is known of each behaviour, and, under None, of the completion by the rule `counts`.

    `seen` are the days on which any record shows that the person was still to be seen at work.
    """
    accepted, said = list(accepted), list(said)
    days = [each.day for each in said] + list(seen)
    contact = max(days, default=None)
    found: dict[str | None, Outcome] = {
        iri: _of_one(
            [each for each in accepted if each.behaviour == iri],
            [each for each in said if each.behaviour == iri],
            contact,
        )
        for iri in behaviours
    }
    whole = _of_one(
        [each for each in accepted if each.behaviour not in found],
        [each for each in said if each.behaviour not in found],
        contact,
    )
    found[None] = _together(list(found.values()), whole, counts) if found else whole
    return found


def _of_one(accepted: Sequence[Accepted], said: Sequence[Said], contact: int | None) -> Outcome:
    after = sorted(
        (each for each in accepted if each.placed == AFTER), key=lambda each: (each.day, each.tier)
    )
    first = after[0] if after else None
    lasting = None
    if first is not None:
        again = [each.day for each in after] + [each.day for each in said if each.affirms]
        lasting = min((day for day in again if day >= first.day + LASTING), default=None)
    return Outcome(
        applied_day=first.day if first else None,
        applied_tier=first.tier if first else None,
        lasting_day=lasting,
        known_not_day=max((each.day for each in said if each.denies), default=None),
        contact_day=contact,
        superior_confirmed_day=min(
            (each.day for each in said if each.affirms and each.role == records.SUPERIOR),
            default=None,
        ),
        decided_at=_last(each.decided_at for each in after),
    )


def _together(every: Sequence[Outcome], whole: Outcome, counts: str) -> Outcome:
    """The completion's outcome by its behaviours': any, all, or most (more than half) of them.

    Evidence of the case as a whole counts where any behaviour is enough.
    """
    needed = {"any": 1, "all": len(every), "most": floor(len(every) / 2) + 1}[counts]
    applied = sorted(
        (each.applied_day, each.applied_tier or "")
        for each in (*every, *([whole] if counts == "any" else []))
        if each.applied_day is not None
    )
    day, tier = applied[needed - 1] if len(applied) >= needed else (None, None)
    # So many must be known not to be applied before the rule can no longer be met; and that holds
    # no longer than for the first of them of which nobody said so any later.
    enough = len(every) - needed + 1
    denied = sorted(
        (each.known_not_day for each in every if each.known_not_day is not None), reverse=True
    )
    return Outcome(
        applied_day=day,
        applied_tier=tier or None,
        lasting_day=_nth([*(e.lasting_day for e in every), whole.lasting_day], needed, day),
        known_not_day=denied[enough - 1] if len(denied) >= enough else None,
        contact_day=whole.contact_day,
        superior_confirmed_day=_nth([e.superior_confirmed_day for e in every], needed, 0),
        decided_at=_last(e.decided_at for e in (*every, whole)),
    )


def _last(moments: Iterable[int | None]) -> int | None:
    return max((each for each in moments if each is not None), default=None)


def _nth(days: Iterable[int | None], needed: int, if_any: int | None) -> int | None:
    found = sorted(day for day in days if day is not None)
    return found[needed - 1] if if_any is not None and len(found) >= needed else None
