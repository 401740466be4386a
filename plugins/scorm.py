"""SCORM content that speaks xAPI by ADL's SCORM profile, told by the profile's category.

What the profile says of a SCO (`completed`, `passed`, `failed`, and the result of `terminated` or
`suspended`) is progress in its course, which is the grouping of the type *course*; a SCO is no
course, also where it is the only one. `completed` on the course itself completes it, unless the
result says `completion: false`. An attempt begins with `initialized` or `resumed`: the learner was
there. Content whose one SCO is the whole course is made one by a declared adapter.
"""

from collections.abc import Mapping
from typing import Any

from lrs import learning
from lrs.learning import LearningEvent, Pass, Tree

_CATEGORIES = {"https://w3id.org/xapi/scorm", "http://w3id.org/xapi/scorm"}
_COURSE = "http://adlnet.gov/expapi/activities/course"
_ADL = "http://adlnet.gov/expapi/verbs/"

_OF_COURSE = {
    _ADL + "completed": learning.COMPLETED,
    _ADL + "passed": learning.PASSED,
    _ADL + "failed": learning.FAILED,
    _ADL + "initialized": learning.ATTENDED,
    _ADL + "resumed": learning.ATTENDED,
}
_OF_SCO = {
    _ADL + "completed": learning.PROGRESSED,
    _ADL + "passed": learning.PROGRESSED,
    _ADL + "failed": learning.FAILED,
    _ADL + "initialized": learning.ATTENDED,
    _ADL + "resumed": learning.ATTENDED,
}
_ENDED = {_ADL + "terminated", _ADL + "suspended"}


class Scorm:
    """Reads statements of the SCORM profile."""

    name = "scorm"
    precedence = 300
    about = "SCORM content, through ADL's SCORM profile for xAPI."

    def read(self, statement: Tree, config: Mapping[str, Any]) -> tuple[LearningEvent, ...] | Pass:
        if not any(
            each["id"].rstrip("/") in _CATEGORIES
            for each in learning.related(statement, "category")
        ):
            return Pass("it has not the category of the SCORM profile")
        target = statement["object"]
        if not learning.is_activity(target):
            return ()
        whole = learning.type_of(target) == _COURSE
        course = target if whole else _course(statement)
        kind = _kind(statement, whole)
        if kind is None or course is None:
            return ()
        return tuple(
            LearningEvent(
                kind=kind,
                actor=person,
                course=course["id"],
                at=learning.moment(statement),
                title=learning.name_of(course),
                part=None if whole else target["id"],
                registration=(statement.get("context") or {}).get("registration"),
                score=learning.score_of(statement),
            )
            for person in learning.people(statement)
        )


def _kind(statement: Tree, whole: bool) -> str | None:
    verb, result = statement["verb"]["id"], statement.get("result") or {}
    if verb in _ENDED:
        # What a SCO came to is told as it ends.
        if result.get("success") is False and result.get("completion") is not True:
            return learning.FAILED
        return learning.PROGRESSED if result.get("completion") or result.get("success") else None
    if verb == _ADL + "completed" and result.get("completion") is False:
        return None
    if whole and verb == _ADL + "passed" and result.get("completion") is True:
        return learning.COMPLETED
    return (_OF_COURSE if whole else _OF_SCO).get(verb)


def _course(statement: Tree) -> Tree | None:
    for use in ("grouping", "parent"):
        for activity in learning.related(statement, use):
            if learning.type_of(activity) == _COURSE:
                return activity
    return None


ADAPTER = Scorm()
