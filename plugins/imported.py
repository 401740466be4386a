"""Participation and completions that an agency brought by spreadsheet.

Jejak writes them itself, as statements marked with the extension `imported` (the file and the row
they came from), on a course of whatever LMS: so this is asked before the LMSs' own adapters. Hours
(`jp`) and the cohort's name (`group`) are extensions too.
"""

from collections.abc import Mapping
from typing import Any

from lrs import learning
from lrs.learning import LearningEvent, Pass, Tree

_JEJAK = "https://w3id.org/xapi/jejak/"
IMPORTED = _JEJAK + "extensions/imported"
_ADL = "http://adlnet.gov/expapi/verbs/"
_TLA = "https://w3id.org/xapi/tla/verbs/"
_KINDS = {
    _JEJAK + "verbs/invited": learning.INVITED,
    _ADL + "registered": learning.ENROLLED,
    _ADL + "attended": learning.ATTENDED,
    _ADL + "progressed": learning.PROGRESSED,
    _ADL + "completed": learning.COMPLETED,
    _ADL + "passed": learning.PASSED,
    _ADL + "failed": learning.FAILED,
    _TLA + "achieved": learning.CERTIFIED,
    _TLA + "forfeited": learning.DECERTIFIED,
}


class Imported:
    """Reads what was imported."""

    name = "imported"
    precedence = 10
    about = "What was imported here from spreadsheets."

    def read(self, statement: Tree, config: Mapping[str, Any]) -> tuple[LearningEvent, ...] | Pass:
        told = (statement.get("context") or {}).get("extensions") or {}
        if not isinstance(told.get(IMPORTED), dict):
            return Pass("it was not imported here")
        kind = _KINDS.get(statement["verb"]["id"])
        target = statement["object"]
        if kind is None or not learning.is_activity(target):
            return Pass("it was imported, but is about no course")
        return tuple(
            LearningEvent(
                kind=kind,
                actor=person,
                course=target["id"],
                at=learning.moment(statement),
                title=learning.name_of(target),
                group=learning.group_told(statement),
                score=learning.score_of(statement),
                jp=learning.jp_told(statement),
                imported=True,
            )
            for person in learning.people(statement)
        )


ADAPTER = Imported()
