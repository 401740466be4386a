"""Plans and reports that learners hand in to an LMS as assignments, told by the words of the task.

What a trainer asks for as *rencana aksi* is a plan, and as *laporan aktualisasi* a project; an LMS
says of either only that something was submitted. A human accepts what it is taken for.
"""

import re
from dataclasses import dataclass
from typing import Final

from lrs import learning
from lrs.learning import Tree
from lrs.practice.records import PLAN

#: Verbs by which LMSs say that something was handed in.
VERBS: Final = ("http://activitystrea.ms/schema/1.0/submit", "http://activitystrea.ms/submit")

_COURSE_TYPES = (
    "https://w3id.org/xapi/cmi5/activitytype/course",
    "http://adlnet.gov/expapi/activities/course",
)

#: Words of a task, and what is handed in for it. The first that is found counts.
_WORDS: Final = (
    (
        PLAN,
        r"rancangan (?:aktualisasi|aksi|proyek|perubahan)|rencana (?:aksi|tindak lanjut|penerapan"
        r"|perubahan|kerja lapang)|\brtl\b|action plan|rancangan",
    ),
    (
        "project",
        r"laporan|aktualisasi|aksi perubahan|proyek perubahan|implementasi|tindak lanjut",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """One submission that may be a plan or a report. `of` is `plan` or `project`, `because` the
    words of the task it is taken for that by; `course` the course's IRI; `at` microseconds."""

    statement: str
    actor: Tree
    activity: str
    title: str
    of: str
    because: str
    at: int
    course: str | None


def propose(statement: Tree) -> Proposed | None:
    """What a statement of an LMS hands in; None where it hands in nothing of that kind."""
    target = statement["object"]
    if statement["verb"]["id"] not in VERBS or not isinstance(target.get("id"), str):
        return None
    if target.get("objectType", "Activity") != "Activity":
        return None
    around = (*learning.related(statement, "parent"), *learning.related(statement, "grouping"))
    own = target["id"].partition("#")[0]
    task = next((each for each in around if each["id"] == own), target)
    title = learning.name_of(task) or ""
    found = taken_for(title)
    if found is None or statement["actor"].get("objectType") == "Group":
        return None
    of, because = found
    courses = [each["id"] for each in around if learning.type_of(each) in _COURSE_TYPES]
    return Proposed(
        statement=statement["id"],
        actor=statement["actor"],
        activity=task["id"],
        title=title,
        of=of,
        because=because,
        at=learning.moment(statement),
        course=courses[0] if courses else None,
    )


_ANY_WORD = re.compile("|".join(words for _, words in _WORDS).encode(), re.IGNORECASE).search


def may_propose(raw: bytes) -> bool:
    """Whether a statement could be taken for anything, by its bytes: most need not be parsed."""
    return b"\\u" in raw or _ANY_WORD(raw) is not None


def taken_for(title: str) -> tuple[str, str] | None:
    """What a task of this title asks for, and the words that say so."""
    for of, words in _WORDS:
        if match := re.search(words, title.casefold()):
            return of, match[0]
    return None


def latest(proposed: list[Proposed]) -> list[Proposed]:
    """Of what was handed in again for the same task only the last, in the order of time."""
    last: dict[tuple[str, str], Proposed] = {}
    for each in sorted(proposed, key=lambda one: (one.at, one.statement)):
        account = each.actor.get("account")
        who = f"{account['homePage']}\n{account['name']}" if account else str(each.actor)
        last[who, each.activity] = each
    return sorted(last.values(), key=lambda one: (one.at, one.statement))
