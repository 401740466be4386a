"""No adapter breaks on any sound statement, changes it, or says what cannot be stored."""

import copy
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs import learning
from lrs.adapters import Adapters
from lrs.learning import LearningEvent, Pass, PracticeEvent
from lrs.xapi import actors, check
from lrs.xapi.versions import V1, V2
from tests import make
from tests.xapi.soundness import SOUND, SOUND_2

ADAPTERS = Adapters.installed().every
ADL = "http://adlnet.gov/expapi/"
CMI5 = "https://w3id.org/xapi/cmi5/"
EDX = "https://edx.example.org/course/course-v1:LAN+PP+2026"
INFO = "http://lrs.learninglocker.net/define/extensions/info"
PLUGIN = "https://github.com/xAPI-vle/moodle-logstore_xapi"
JEJAK = "https://w3id.org/xapi/jejak/extensions/"
TINCAN = "http://id.tincanapi.com/"

VERBS = [
    *(ADL + f"verbs/{each}" for each in ("completed", "passed", "failed", "registered")),
    *(ADL + f"verbs/{each}" for each in ("terminated", "initialized", "launched", "answered")),
    "https://w3id.org/xapi/adl/verbs/satisfied",
    "https://w3id.org/xapi/adl/verbs/waived",
    "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted",
    "https://w3id.org/xapi/tla/verbs/achieved",
    "https://w3id.org/xapi/tla/verbs/planned",
    "https://w3id.org/xapi/dod-isd/verbs/observed",
    "https://w3id.org/xapi/dod-isd/verbs/performed",
    "http://activitystrea.ms/schema/1.0/submit",
    TINCAN + "verb/mentored",
    TINCAN + "verb/viewed",
]
TYPES = [
    ADL + "activities/course",
    CMI5 + "activitytype/course",
    CMI5 + "activitytype/block",
    ADL + "activities/performance",
    "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/badge",
]
THINGS = [
    "https://lms.example.go.id/course/view.php?id=2",
    "https://lms.example.go.id/mod/quiz/view.php?id=2",
    "https://lms.example.go.id/totara/program/view.php?id=2",
    "https://[::1/course/view.php?id=2",
    EDX,
    "https://work.example.go.id/1",
]
CATEGORIES = [
    CMI5 + "context/categories/cmi5",
    CMI5 + "context/categories/moveon",
    "https://w3id.org/xapi/scorm",
    "http://h5p.org/libraries/H5P.MultiChoice-1.16",
    TINCAN + "recipe/checklist/performance-observation/1",
]
EXTENSIONS = [
    INFO,
    PLUGIN,
    "http://h5p.org/x-api/h5p-local-content-id",
    "https://w3id.org/xapi/openedx/extension/transformer-version",
    CMI5 + "context/extensions/sessionid",
    CMI5 + "context/extensions/launchmode",
    *(JEJAK + each for each in ("imported", "jp", "group", "performed-on")),
    *(TINCAN + f"extension/{each}" for each in ("observer", "reflection", "quality-rating")),
]
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    10**40,
    Decimal("1.5"),
    Decimal("1E+400"),
    "",
    "2026-02-30",
    "2026-03-01T23:00:00+07:00",
    "x" * 5000,
    [],
    {},
    {PLUGIN: 1, "event_name": ["x"]},
    {PLUGIN: 1, "event_name": "\\core\\event\\course_completed"},
    {"raw": 3, "min": 3, "max": 3},
    {"raw": Decimal("1E+400"), "min": 0, "max": 4},
    {"file": "a.xlsx", "row": 2},
    make.agent("atasan"),
    {"objectType": "Group", "member": [make.agent("a")]},
    {"mbox": "atasan"},
]
CONFIGS: dict[str, Any] = {
    "work": {
        "rules": [{"verbs": [VERBS[-1]], "types": []}, {"verbs": [], "types": [TYPES[3]]}],
        "iris": [THINGS[-1]],
    },
    "declared": {
        "adapters": [
            {
                "name": "semua",
                "rules": [
                    {"kind": "completed", "verbs": VERBS[:1], "course": EXTENSIONS[0]},
                    {
                        "kind": "completed",
                        "within": ["*"],
                        "course": "grouping",
                        "jp": EXTENSIONS[7],
                    },
                    {
                        "kind": "passed",
                        "categories": ["*"],
                        "title": "parent",
                        "group": JEJAK + "jp",
                    },
                    {"kind": "observed", "extensions": {EXTENSIONS[6]: None}},
                    {"kind": "rated", "extensions": {EXTENSIONS[7]: 1.5}, "success": True},
                    {"kind": "attended", "objects": ["*"], "registration": True},
                    {"kind": "worked", "platforms": ["*"], "behaviours": THINGS[-1:]},
                ],
            }
        ]
    },
}


@st.composite
def salted(draw: st.DrawFn) -> Any:
    """A sound statement of any shape, with words that adapters listen for."""
    tree = copy.deepcopy(draw(st.sampled_from([case[1] for case in (*SOUND, *SOUND_2)])))
    tree.setdefault("timestamp", "2026-03-01T09:30:00.123+07:00")
    if draw(st.booleans()):
        tree["verb"] = {"id": draw(st.sampled_from(VERBS))}
    target = tree["object"]
    if target.get("objectType", "Activity") == "Activity" and draw(st.booleans()):
        target["id"] = draw(st.sampled_from(THINGS))
        target.setdefault("definition", {})["type"] = draw(st.sampled_from(TYPES))
    values = st.dictionaries(st.sampled_from(EXTENSIONS), st.sampled_from(ODD), max_size=4)
    if target.get("objectType") != "Agent" and draw(st.booleans()):
        context = tree.setdefault("context", {})
        context["extensions"] = draw(values)
        around = context.setdefault("contextActivities", {})
        for use, iris in (("category", CATEGORIES), ("grouping", THINGS)):
            chosen = draw(st.lists(st.sampled_from(iris), max_size=2))
            around[use] = [
                {"id": iri, "definition": {"type": draw(st.sampled_from(TYPES))}} for iri in chosen
            ]
    if draw(st.booleans()):
        tree["result"] = {"extensions": draw(values), "success": draw(st.booleans())}
    return tree


@settings(
    derandomize=True,
    max_examples=1500,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(tree=salted())
def test_no_adapter_breaks_on_a_sound_statement(tree: Any) -> None:
    if not (check.sound(tree, V1) or check.sound(tree, V2)):
        return
    before = copy.deepcopy(tree)
    for adapter in ADAPTERS:
        for config in ({}, CONFIGS.get(adapter.name, {})):
            said = adapter.read(tree, config)
            assert tree == before
            if isinstance(said, Pass):
                assert said.why[:1].islower()
                assert not said.why.endswith(".")
                continue
            for event in said:
                assert event.kind in (*learning.LEARNING, *learning.PRACTICE)
                assert event.actor in people_of(tree) or actors.ifi(event.actor)
                kind = LearningEvent if isinstance(event, LearningEvent) else PracticeEvent
                written = msgspec.json.encode(event)
                again = msgspec.json.decode(written, type=kind)
                assert msgspec.json.encode(again) == written


def people_of(tree: Any) -> tuple[Any, ...]:
    return learning.people(tree)
