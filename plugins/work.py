"""Work, as the systems of the workplace tell of it: tickets, letters, diaries, observations.

A statement is read where one of these holds:

- a programme's rule names its verb and type (the rule itself is asked later, whole, by matching;
  what is of the verb and type but fails the rest may still be known by its words);
- it refers to another statement, as its object or in its context, or names a programme or a
  behaviour among its activities;
- its verb is one of the published words for work: *applied*, *performed*, *demonstrated*,
  *observed*, *mentored*, *coached*, *planned*, *submit*, *attach*; or it carries a reflection, a
  rating, or the category of an observation by checklist.

Configured by the projector: `rules`, each with `verbs` and `types`, and `iris` of programmes and
behaviours. Asked last of all, so that what an LMS says of its courses is never taken for work.
"""

from collections.abc import Mapping
from typing import Any

from lrs import learning, workplace
from lrs.learning import Pass, PracticeEvent, Tree

#: What is said about records, not by doing work: decisions on evidence, and the withdrawal of one.
_ABOUT_RECORDS = {
    "http://adlnet.gov/expapi/verbs/voided",
    "https://w3id.org/xapi/tla/verbs/verified",
    "https://w3id.org/xapi/tla/verbs/asserted",
    "http://id.tincanapi.com/verb/reviewed",
    "http://activitystrea.ms/approve",
    "http://activitystrea.ms/return",
    "http://activitystrea.ms/reject",
}


class Work:
    """Reads what shows or says how somebody does the work."""

    name = "work"
    precedence = 950
    about = "Workplace systems: by the rules of programmes, references, and words for work."

    def read(self, statement: Tree, config: Mapping[str, Any]) -> tuple[PracticeEvent, ...] | Pass:
        verb = statement["verb"]["id"]
        if workplace.plain(verb) in _ABOUT_RECORDS:
            return Pass("its verb tells of a record, not of work")
        kind = workplace.kind_of(statement)
        if kind is None and not (_ruled(statement, verb, config) or _refers(statement, config)):
            return Pass(
                "no programme's rule names its verb and type, it refers to no statement,"
                " programme or behaviour, and its verb is no published word for work"
            )
        events = workplace.practice_events(statement, kind or learning.WORKED)
        return events or Pass("it does not say whose work it is")


def _ruled(statement: Tree, verb: str, config: Mapping[str, Any]) -> bool:
    """Whether a rule names this verb, and this type, as far as it names any."""
    kind = learning.type_of(statement["object"])
    return any(
        (not rule["verbs"] or verb in rule["verbs"])
        and (not rule["types"] or kind in rule["types"])
        for rule in config.get("rules", ())
    )


def _refers(statement: Tree, config: Mapping[str, Any]) -> bool:
    if workplace.refers(statement):
        return True
    iris = config.get("iris", ())
    return bool(iris) and any(each in iris for each in workplace.activities(statement))


ADAPTER = Work()
