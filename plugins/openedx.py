"""Open edX, through event-routing-backends and what builds on it.

Told by the transformer's own extension, or by the address of a course (`…/course/course-v1:…`).

- Open edX has no event for a completed course: it counts a course as completed when its grade
  passes, and gives the certificate for that. So `passed` on the **course** passes and completes
  it, and `failed`, which is sent when a grade falls below the line again, undoes that.
- `completed` on the course, and `progressed` that says `completion: true` of it, as the completion
  aggregator sends them, complete it too. The grade that is worked out anew after each exercise
  (`earned`) is progress.
- `registered` and `unregistered` are enrolments.
- All else (exercises, videos, pages, discussions) is something in the course that is its parent:
  progress where it was completed or graded, otherwise it says that the learner was there.
"""

import re
from collections.abc import Mapping
from typing import Any

from lrs import learning
from lrs.learning import LearningEvent, Pass, Tree

_TRANSFORMER = "https://w3id.org/xapi/openedx/extension/transformer-version"
_ADL = "http://adlnet.gov/expapi/verbs/"
_TYPE = "http://adlnet.gov/expapi/activities/course"
_COURSE = re.compile(r"/courses?/(?:course|ccx)-v1:[^/?#]+/?$").search

_ONE_COURSE: dict[str, tuple[str, ...]] = {
    _ADL + "registered": (learning.ENROLLED,),
    "http://id.tincanapi.com/verb/unregistered": (learning.WITHDRAWN,),
    _ADL + "passed": (learning.PASSED, learning.COMPLETED),
    _ADL + "failed": (learning.FAILED, learning.UNCOMPLETED),
    _ADL + "completed": (learning.COMPLETED,),
    _ADL + "progressed": (learning.PROGRESSED,),
    "http://id.tincanapi.com/verb/earned": (learning.PROGRESSED,),
}
_PROGRESS = {
    _ADL + "completed",
    _ADL + "progressed",
    _ADL + "passed",
    _ADL + "answered",
    "https://w3id.org/xapi/acrossx/verbs/evaluated",
    "http://id.tincanapi.com/verb/earned",
}


class OpenEdx:
    """Reads what Open edX's transformers made of its events."""

    name = "openedx"
    precedence = 400
    about = "Open edX, through event-routing-backends."

    def read(self, statement: Tree, config: Mapping[str, Any]) -> tuple[LearningEvent, ...] | Pass:
        told = (statement.get("context") or {}).get("extensions") or {}
        target = statement["object"]
        if not learning.is_activity(target):
            return Pass("its object is no activity")
        theirs = _TRANSFORMER in told
        whole = _is_course(target, theirs)
        if not theirs and not whole:
            return Pass("neither the extension of Open edX's transformers nor one of its courses")
        course = target if whole else _course(statement, theirs)
        if course is None:
            return ()
        return tuple(
            LearningEvent(
                kind=kind,
                actor=person,
                course=course["id"],
                at=learning.moment(statement),
                title=learning.name_of(course),
                part=None if whole else target["id"],
                score=learning.score_of(statement),
            )
            for person in learning.people(statement)
            for kind in (_of_course(statement) if whole else _of_part(statement))
        )


def _of_course(statement: Tree) -> tuple[str, ...]:
    verb, result = statement["verb"]["id"], statement.get("result") or {}
    if verb == _ADL + "progressed" and result.get("completion") is True:
        return (learning.COMPLETED,)
    if verb == _ADL + "completed" and result.get("completion") is False:
        return (learning.PROGRESSED,)
    return _ONE_COURSE.get(verb, (learning.ATTENDED,))


def _of_part(statement: Tree) -> tuple[str, ...]:
    return (learning.PROGRESSED if statement["verb"]["id"] in _PROGRESS else learning.ATTENDED,)


def _course(statement: Tree, theirs: bool) -> Tree | None:
    """The course that something is in."""
    for use in ("parent", "grouping"):
        for activity in learning.related(statement, use):
            if _is_course(activity, theirs):
                return activity
    return None


def _is_course(activity: Tree, theirs: bool) -> bool:
    """By its address; by its type, too, where the transformers made the statement: courses of
    before `course-v1` have other addresses."""
    return _COURSE(activity["id"]) is not None or (theirs and learning.type_of(activity) == _TYPE)


ADAPTER = OpenEdx()
