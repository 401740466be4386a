"""H5P: interactive content in a page of whatever system, told by H5P's own extension or category.

An H5P content is not a course, and `completed` on one is not the completion of a course: it is
progress in the course that the statement names among its groupings or parents, if it names one
(the player itself names none; the system around it may). `answered`, `completed`, `passed`,
`failed`, `progressed` and `consumed` are progress, `attempted` and `interacted` say that the
learner was there. A content that *is* a whole course is made one by a declared adapter.
"""

from collections.abc import Mapping
from typing import Any

from lrs import learning
from lrs.learning import LearningEvent, Pass, Tree

_CONTENT = ("http://h5p.org/x-api/", "https://h5p.org/x-api/")
_LIBRARIES = ("http://h5p.org/libraries/", "https://h5p.org/libraries/")
_COURSES = (
    "http://adlnet.gov/expapi/activities/course",
    "https://w3id.org/xapi/cmi5/activitytype/course",
)
_ADL = "http://adlnet.gov/expapi/verbs/"
_KINDS = {
    _ADL + "attempted": learning.ATTENDED,
    _ADL + "interacted": learning.ATTENDED,
    _ADL + "answered": learning.PROGRESSED,
    _ADL + "completed": learning.PROGRESSED,
    _ADL + "passed": learning.PROGRESSED,
    _ADL + "progressed": learning.PROGRESSED,
    "http://activitystrea.ms/schema/1.0/consume": learning.PROGRESSED,
    _ADL + "failed": learning.FAILED,
}


class H5p:
    """Reads what H5P's player says."""

    name = "h5p"
    precedence = 150
    about = "H5P contents, wherever they are embedded."

    def read(self, statement: Tree, config: Mapping[str, Any]) -> tuple[LearningEvent, ...] | Pass:
        target = statement["object"]
        if not learning.is_activity(target) or not _is_content(statement):
            return Pass("it has neither H5P's extension nor the category of one of its libraries")
        course, kind = _course(statement), _KINDS.get(statement["verb"]["id"])
        if course is None or kind is None:
            return ()
        return tuple(
            LearningEvent(
                kind=kind,
                actor=person,
                course=course["id"],
                at=learning.moment(statement),
                title=learning.name_of(course),
                part=target["id"],
                score=learning.score_of(statement),
            )
            for person in learning.people(statement)
        )


def _is_content(statement: Tree) -> bool:
    target = statement["object"]
    # The player of 2015 wrote the extension beside the definition, which the standard refuses.
    told = (target.get("definition") or {}).get("extensions") or {}
    return any(iri.startswith(_CONTENT) for iri in told) or any(
        each["id"].startswith(_LIBRARIES) for each in learning.related(statement, "category")
    )


def _course(statement: Tree) -> Tree | None:
    for use in ("grouping", "parent"):
        for activity in learning.related(statement, use):
            if learning.type_of(activity) in _COURSES or "/course/view.php?id=" in activity["id"]:
                return activity
    return None


ADAPTER = H5p()
