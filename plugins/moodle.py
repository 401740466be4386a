"""What Moodle and Totara send through the plug-in logstore_xapi.

Told by the plug-in's own extension, or by Moodle's addresses of courses and modules. What counts:

- `completed` on a **course** (`…/course/view.php?id=N`) completes it. Modules are completed with
  the same verb, and an IMS content package even with the same activity type: so the address
  decides, and no event of a module, where the plug-in names the event. A completed module, also a
  failed quiz, is progress in its course.
- `uncompleted` on a course undoes that.
- `enrolled`, `left`, `suspended` and `resumed` are enrolments, and so is `registered` on a course,
  as older versions of the plug-in said it. On anything else that is the making of an account,
  or the booking of a seminar.
- A badge or certificate that is achieved in a course is a certificate, one that is forfeited a
  certificate lost.
- The first view of a course or one of its modules says that the learner was there, and so does
  `attended` at a seminar. Who looks at reports, notes or profiles tells of their own work.
- Totara adds *programs*, sets of courses: `assign` invites to one, and `completed` on one completes
  it. A programme here may have the address of a program among its courses.

`context.registration` is random for each run of Moodle's sending task and shared by all learners
in it, so it is never taken for an enrolment. Moodle's groups are not cohorts and tell nothing.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lrs import learning
from lrs.learning import LearningEvent, Pass, Tree

_INFO = "http://lrs.learninglocker.net/define/extensions/info"
_PLUGIN = "https://github.com/xAPI-vle/moodle-logstore_xapi"
_EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts/"

_ADL = "http://adlnet.gov/expapi/verbs/"
_COMPLETED = _ADL + "completed"
_UNCOMPLETED = _EDLM + "verbs/uncompleted"
_VIEWED = "http://id.tincanapi.com/verb/viewed"

#: What is said of a course itself, by verb.
_OF_COURSE = {
    _COMPLETED: learning.COMPLETED,
    _UNCOMPLETED: learning.UNCOMPLETED,
    _EDLM + "verbs/enrolled": learning.ENROLLED,
    # By the plug-in in older versions.
    _ADL + "registered": learning.ENROLLED,
    "http://www.tincanapi.co.uk/verbs/enrolled_onto_learning_plan": learning.ENROLLED,
    "https://w3id.org/xapi/tla/verbs/resumed": learning.ENROLLED,
    "https://w3id.org/xapi/tla/verbs/suspended": learning.WITHDRAWN,
    "http://activitystrea.ms/leave": learning.WITHDRAWN,
    _VIEWED: learning.ATTENDED,
}
#: What is said of something in a course, by verb.
_OF_PART = {
    _COMPLETED: learning.PROGRESSED,
    _VIEWED: learning.ATTENDED,
    _ADL + "attended": learning.ATTENDED,
}
#: What is said of a badge or certificate, by verb.
_OF_AWARD = {
    "https://w3id.org/xapi/tla/verbs/achieved": learning.CERTIFIED,
    "https://w3id.org/xapi/tla/verbs/forfeited": learning.DECERTIFIED,
}
#: What is said of one of Totara's programs, by verb.
_OF_PROGRAM = {
    "http://activitystrea.ms/schema/1.0/assign": learning.INVITED,
    _COMPLETED: learning.COMPLETED,
}
_AWARDS = {_EDLM + "activity-types/badge", _EDLM + "activity-types/certificate"}
#: What only those look at who run the course.
_OF_STAFF = {
    _EDLM + "activity-types/report",
    "http://id.tincanapi.com/activitytype/user-profile",
}


class Moodle:
    """Reads what logstore_xapi made of Moodle's events."""

    name = "moodle"
    precedence = 100
    about = "Moodle and Totara, through the plug-in logstore_xapi."

    def read(self, statement: Tree, config: Mapping[str, Any]) -> tuple[LearningEvent, ...] | Pass:
        target = statement["object"]
        if not learning.is_activity(target):
            return Pass("its object is no activity")
        info = _info(statement)
        here = _page(target["id"])
        if info is None and here is None:
            return Pass("neither the plug-in's extension nor an address of Moodle")
        kind, course = _meant(statement, info, here)
        if kind is None or course is None:
            return ()
        part = None if course is target else target["id"]
        return tuple(
            LearningEvent(
                kind=kind,
                actor=person,
                course=course["id"],
                at=learning.moment(statement),
                title=learning.name_of(course),
                part=part,
                score=learning.score_of(statement),
            )
            for person in learning.people(statement)
        )


def _meant(
    statement: Tree, info: Mapping[str, Any] | None, here: str | None
) -> tuple[str | None, Tree | None]:
    """What a statement says, and of which course."""
    target, verb = statement["object"], statement["verb"]["id"]
    kind = learning.type_of(target)
    if kind in _AWARDS:
        return _OF_AWARD.get(verb), _course_around(statement)
    if here == "program":
        return _OF_PROGRAM.get(verb), target
    if here == "course" and _about_course(verb, info):
        return _OF_COURSE.get(verb), target
    if verb == _VIEWED and (here is None or kind in _OF_STAFF):
        return None, None
    return _OF_PART.get(verb), _course_around(statement)


def _info(statement: Tree) -> Mapping[str, Any] | None:
    """What the plug-in says of itself, if it was the plug-in that sent this."""
    told = ((statement.get("context") or {}).get("extensions") or {}).get(_INFO)
    return told if isinstance(told, Mapping) and _PLUGIN in told else None


def _about_course(verb: str, info: Mapping[str, Any] | None) -> bool:
    """Whether a completion is the course's: no event of a module completes it, whatever address
    stands there."""
    event = (info or {}).get("event_name")
    if verb != _COMPLETED or not isinstance(event, str):
        return True
    return "course_module" not in event and not event.startswith("\\mod_")


def _page(iri: str) -> str | None:
    """`course` for the address of a course, `program` for one of Totara's, `part` for another of
    theirs, else None."""
    try:
        parts = urlsplit(iri)
    except ValueError:
        return None
    if parts.path.endswith("/course/view.php"):
        numbers = parse_qs(parts.query).get("id", ())
        return "course" if len(numbers) == 1 and numbers[0].isdigit() else None
    if parts.path.endswith("/totara/program/view.php"):
        return "program"
    if parts.path.endswith(".php") and ("/mod/" in parts.path or "/course/" in parts.path):
        return "part"
    return None


def _course_around(statement: Tree) -> Tree | None:
    """The course that something is in, as the plug-in gives it among parents or groupings."""
    for use in ("parent", "grouping"):
        for activity in learning.related(statement, use):
            if _page(activity["id"]) == "course":
                return activity
    return None


ADAPTER = Moodle()
