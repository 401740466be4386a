"""cmi5: content that was launched by a cmi5 LMS (cmi5 specification, sections 9.3 to 9.6).

The LMS itself says when a course is done: `satisfied` on an activity of the type *course*, sent
when all that the course's moveOn rules ask for is met, or was waived. That alone completes it:

- `satisfied` on a block is progress in the course.
- What content says of an assignable unit, `completed`, `passed`, `failed`, and what the LMS says,
  `waived`, is judged only with the category *moveOn*, which a statement with a verdict must carry.
- `launched` and `initialized` say that the learner was there; not so a launch to *Browse* or to
  *Review*, which judges nothing.
- A statement that has a session, but not cmi5's category, is the content's own to make (*cmi5
  allowed*), whatever verb it uses: also `completed` on a course says only that the learner was
  there.

`registration` is one learner's enrolment in one course, by the standard. The course of a unit is
known where a grouping or parent has the type *course*; the grouping that the standard itself asks
for names the unit, not the course.
"""

from collections.abc import Mapping
from typing import Any

from lrs import learning
from lrs.learning import LearningEvent, Pass, Tree

_CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
_MOVE_ON = "https://w3id.org/xapi/cmi5/context/categories/moveon"
_SESSION = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
_LAUNCH_MODE = "https://w3id.org/xapi/cmi5/context/extensions/launchmode"
_COURSE = "https://w3id.org/xapi/cmi5/activitytype/course"
_SATISFIED = "https://w3id.org/xapi/adl/verbs/satisfied"
_ADL = "http://adlnet.gov/expapi/verbs/"

#: Verdicts on an assignable unit.
_JUDGED = {
    _ADL + "completed": learning.PROGRESSED,
    _ADL + "passed": learning.PROGRESSED,
    "https://w3id.org/xapi/adl/verbs/waived": learning.PROGRESSED,
    _ADL + "failed": learning.FAILED,
}
_THERE = {_ADL + "launched", _ADL + "initialized"}


class Cmi5:
    """Reads cmi5's defined statements."""

    name = "cmi5"
    precedence = 200
    about = "Any LMS and content that speak cmi5."

    def read(self, statement: Tree, config: Mapping[str, Any]) -> tuple[LearningEvent, ...] | Pass:
        categories = {each["id"] for each in learning.related(statement, "category")}
        told = (statement.get("context") or {}).get("extensions") or {}
        if _CMI5 not in categories and _SESSION not in told:
            return Pass("it has neither cmi5's category nor a session")
        target = statement["object"]
        if not learning.is_activity(target):
            return ()
        verb = statement["verb"]["id"]
        around = _course(statement)
        kind: str | None
        if _CMI5 not in categories:
            kind, course = learning.ATTENDED, around
        elif verb == _SATISFIED:
            whole = learning.type_of(target) == _COURSE
            kind, course = (learning.COMPLETED, target) if whole else (learning.PROGRESSED, around)
        else:
            kind, course = _of_unit(verb, _MOVE_ON in categories, told), around
        if kind is None or course is None:
            return ()
        return tuple(
            LearningEvent(
                kind=kind,
                actor=person,
                course=course["id"],
                at=learning.moment(statement),
                title=learning.name_of(course),
                part=None if course is target else target["id"],
                registration=(statement.get("context") or {}).get("registration"),
                score=learning.score_of(statement),
            )
            for person in learning.people(statement)
        )


def _of_unit(verb: str, judged: bool, told: Mapping[str, Any]) -> str | None:
    """What is said of an assignable unit."""
    if verb in _JUDGED:
        return _JUDGED[verb] if judged else learning.ATTENDED
    looking_around = told.get(_LAUNCH_MODE) in ("Browse", "Review")
    return learning.ATTENDED if verb in _THERE and not looking_around else None


def _course(statement: Tree) -> Tree | None:
    """The course of a unit or block: among the groupings and parents, by its type."""
    for use in ("grouping", "parent"):
        for activity in learning.related(statement, use):
            if learning.type_of(activity) == _COURSE:
                return activity
    return None


ADAPTER = Cmi5()
