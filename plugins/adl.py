"""The vocabulary of ADL, for whoever has no adapter of their own.

`completed` on an activity of the type *course* completes it, unless the result says
`completion: false`, and `passed` does where the result says `completion: true`: authoring tools
send that one statement for a course that ends with a test. `registered`, `attended`, `progressed`,
`passed` and `failed` on a course say what they say, and so do `achieved` and `forfeited` of the TLA
(a certificate), and `invited`. The same verbs on anything else say nothing: a module is not taken
for a course. Our own extensions `jp` and `group` are read where a sender fills them in.
"""

from collections.abc import Mapping
from typing import Any

from lrs import learning
from lrs.learning import LearningEvent, Pass, Tree

_VERBS = "http://adlnet.gov/expapi/verbs/"
_TLA = "https://w3id.org/xapi/tla/verbs/"
_TYPES = (
    "http://adlnet.gov/expapi/activities/course",
    "https://adlnet.gov/expapi/activities/course",
    "https://w3id.org/xapi/cmi5/activitytype/course",
)
_KINDS = {
    _VERBS + "completed": learning.COMPLETED,
    _VERBS + "registered": learning.ENROLLED,
    "http://id.tincanapi.com/verb/unregistered": learning.WITHDRAWN,
    _VERBS + "attended": learning.ATTENDED,
    _VERBS + "progressed": learning.PROGRESSED,
    _VERBS + "passed": learning.PASSED,
    _VERBS + "failed": learning.FAILED,
    _TLA + "achieved": learning.CERTIFIED,
    _TLA + "forfeited": learning.DECERTIFIED,
    "https://w3id.org/xapi/jejak/verbs/invited": learning.INVITED,
}


class Adl:
    """Reads ADL's verbs on activities that are called courses."""

    name = "adl"
    precedence = 900
    about = "Any sender that uses ADL's verbs on activities of the type course."

    def read(self, statement: Tree, config: Mapping[str, Any]) -> tuple[LearningEvent, ...] | Pass:
        verb = statement["verb"]["id"]
        if verb.startswith("https://adlnet.gov/"):
            verb = "http" + verb[5:]
        kind = _KINDS.get(verb)
        if kind is None:
            return Pass("its verb is none of ADL's that tell of a course")
        target = statement["object"]
        if not learning.is_activity(target) or learning.type_of(target) not in _TYPES:
            return Pass("its object is not of the type course")
        whole = (statement.get("result") or {}).get("completion")
        if kind == learning.COMPLETED and whole is False:
            return ()
        both = kind == learning.PASSED and whole is True
        return tuple(
            LearningEvent(
                kind=each,
                actor=person,
                course=target["id"],
                at=learning.moment(statement),
                title=learning.name_of(target),
                group=learning.group_told(statement),
                registration=(statement.get("context") or {}).get("registration"),
                score=learning.score_of(statement),
                jp=learning.jp_told(statement),
            )
            for person in learning.people(statement)
            for each in ((kind, learning.COMPLETED) if both else (kind,))
        )


ADAPTER = Adl()
