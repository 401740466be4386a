"""cmi5: content that was launched by a cmi5 LMS, told by cmi5's category (cmi5 spec, section 9.6).

The LMS itself says when a course is done: `satisfied` on an activity of the type *course*, which
is sent when all that the course's moveOn rules ask for is met. `satisfied` on a block, and what
content says of an assignable unit (`completed`, `passed`, `failed`, `waived`), is progress in
the course. `registration` is one learner's enrolment in one course, by the standard.
"""

from collections.abc import Mapping
from typing import Any

from lrs import learning
from lrs.learning import LearningEvent, Pass, Tree

_CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
_MOVE_ON = "https://w3id.org/xapi/cmi5/context/categories/moveon"
_COURSE = "https://w3id.org/xapi/cmi5/activitytype/course"
_SATISFIED = "https://w3id.org/xapi/adl/verbs/satisfied"
_ADL = "http://adlnet.gov/expapi/verbs/"

#: What is said of an assignable unit; with the moveOn category, it counts.
_OF_UNIT = {
    _ADL + "completed": learning.PROGRESSED,
    _ADL + "passed": learning.PROGRESSED,
    "https://w3id.org/xapi/adl/verbs/waived": learning.PROGRESSED,
    _ADL + "launched": learning.ATTENDED,
    _ADL + "initialized": learning.ATTENDED,
    _ADL + "failed": learning.FAILED,
}


class Cmi5:
    """Reads cmi5's defined statements."""

    name = "cmi5"
    precedence = 200
    about = "Any LMS and content that speak cmi5."

    def read(self, statement: Tree, config: Mapping[str, Any]) -> tuple[LearningEvent, ...] | Pass:
        categories = {each["id"] for each in learning.related(statement, "category")}
        if _CMI5 not in categories:
            return Pass("it has not cmi5's category")
        target = statement["object"]
        verb = statement["verb"]["id"]
        if verb == _SATISFIED and learning.type_of(target) == _COURSE:
            kind, course = learning.COMPLETED, target
        else:
            found = learning.PROGRESSED if verb == _SATISFIED else _OF_UNIT.get(verb)
            around = _course(statement)
            if found is None or around is None:
                return ()
            kind, course = found, around
        return tuple(
            LearningEvent(
                kind=kind,
                actor=person,
                course=course["id"],
                at=learning.moment(statement),
                title=learning.name_of(course),
                part=None if course is target else target["id"],
                registration=(statement.get("context") or {}).get("registration"),
            )
            for person in learning.people(statement)
        )


def _course(statement: Tree) -> Tree | None:
    """The course of a unit or block: among the groupings, by its type."""
    for use in ("grouping", "parent"):
        for activity in learning.related(statement, use):
            if learning.type_of(activity) == _COURSE:
                return activity
    return None


ADAPTER = Cmi5()
