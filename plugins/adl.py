"""The vocabulary of ADL, for whoever has no adapter of their own.

`completed` on an activity of the type *course* completes it, unless the result says
`completion: false`; `registered`, `attended`, `progressed`, `passed` and `failed` on a course say
what they say. The same verbs on anything else say nothing: a module is not taken for a course.
"""

from collections.abc import Mapping
from typing import Any

from lrs import learning
from lrs.learning import LearningEvent, Pass, Tree

_VERBS = "http://adlnet.gov/expapi/verbs/"
_TYPES = (
    "http://adlnet.gov/expapi/activities/course",
    "https://w3id.org/xapi/cmi5/activitytype/course",
)
_KINDS = {
    "completed": learning.COMPLETED,
    "registered": learning.ENROLLED,
    "attended": learning.ATTENDED,
    "progressed": learning.PROGRESSED,
    "passed": learning.PASSED,
    "failed": learning.FAILED,
}


class Adl:
    """Reads ADL's verbs on activities that are called courses."""

    name = "adl"
    precedence = 900
    about = "Any sender that uses ADL's verbs on activities of the type course."

    def read(self, statement: Tree, config: Mapping[str, Any]) -> tuple[LearningEvent, ...] | Pass:
        verb = statement["verb"]["id"].replace("https://", "http://", 1)
        kind = _KINDS.get(verb.removeprefix(_VERBS)) if verb.startswith(_VERBS) else None
        if kind is None:
            return Pass("its verb is none of ADL's that tell of a course")
        target = statement["object"]
        if learning.type_of(target) not in _TYPES:
            return Pass("its object is not of the type course")
        result = statement.get("result") or {}
        if kind == learning.COMPLETED and result.get("completion") is False:
            return ()
        return tuple(
            LearningEvent(
                kind=kind,
                actor=person,
                course=target["id"],
                at=learning.moment(statement),
                title=learning.name_of(target),
                registration=(statement.get("context") or {}).get("registration"),
            )
            for person in learning.people(statement)
        )


ADAPTER = Adl()
