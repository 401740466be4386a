"""Sound statements, for tables of what is not: one with every member, and some about others."""

from tests import make

OTHER = "0193e1a4-2f63-7c4e-9d9a-6c1f2a3b4c5d"
SHA2 = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3a94a8fe5ccb19ba61c4c0873"
KEY = "https://example.org/x/mood"

SOUND: make.Tree = {
    "actor": {"objectType": "Agent", "name": "Sari", "mbox": "mailto:sari@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en": "answered"}},
    "object": {
        "objectType": "Activity",
        "id": "https://course.example.org/quiz/1",
        "definition": {
            "name": {"en": "Quiz", "id": "Kuis"},
            "description": {"en": "One question"},
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "moreInfo": "https://course.example.org/quiz/1/about",
            "interactionType": "choice",
            "correctResponsesPattern": ["a"],
            "choices": [
                {"id": "a", "description": {"en": "yes"}},
                {"id": "b", "description": {"en": "no"}},
            ],
            "extensions": {KEY: 1},
        },
    },
    "result": {
        "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
        "success": True,
        "completion": True,
        "response": "a",
        "duration": "PT1M30.25S",
        "extensions": {KEY: 1},
    },
    "context": {
        "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "instructor": {"objectType": "Agent", "mbox": "mailto:budi@example.org"},
        "team": {"objectType": "Group", "member": [{"mbox": "mailto:ani@example.org"}]},
        "contextActivities": {
            "parent": [{"id": "https://course.example.org/1"}],
            "grouping": [{"id": "https://course.example.org/2"}],
            "category": [{"id": "https://course.example.org/3"}],
            "other": [{"id": "https://course.example.org/4"}],
        },
        "revision": "3",
        "platform": "Moodle",
        "language": "id-ID",
        "statement": {"objectType": "StatementRef", "id": OTHER},
        "extensions": {KEY: 1},
    },
    "timestamp": "2026-03-02T08:00:00.123Z",
    "attachments": [
        {
            "usageType": "https://example.org/usage/certificate",
            "display": {"en": "certificate"},
            "description": {"en": "of completion"},
            "contentType": "application/pdf",
            "length": 1024,
            "sha2": SHA2,
            "fileUrl": "https://files.example.org/1.pdf",
        }
    ],
}

ABOUT_A_REFERENCE = make.statement(object=make.reference(OTHER))
ABOUT_AN_AGENT = make.statement(object=make.agent("budi"))
