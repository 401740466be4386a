"""What an admin may declare of a dialect, and what the file is told when it may not be so."""

from typing import Any

import pytest
import yaml

from lrs.errors import Refused
from schemas.adapters import load

GOOD = """
adapters:
  - name: kampus
    about: Portal Kampus ASN
    platforms: ["Kampus ASN*"]
    rules:
      - kind: completed
        verbs: [https://kampus.example.go.id/verbs/lulus]
        objects: ["https://kampus.example.go.id/kelas/*"]
        completion: true
        course: grouping
        course_types: [http://adlnet.gov/expapi/activities/course]
        group: https://kampus.example.go.id/xapi/angkatan
        registration: true
        jp: https://kampus.example.go.id/xapi/jp
      - kind: nothing
        types: [https://kampus.example.go.id/types/iklan]
      - kind: handed_in
        extensions: {"https://kampus.example.go.id/xapi/bukti": null}
        behaviours: [https://diklat.example.go.id/perilaku/1]
"""


def wrong(**changes: Any) -> list[str]:
    """All that is said of a file with one rule like this."""
    rule = {"kind": "completed", "verbs": ["https://a.example.go.id/v"]} | changes
    kept = {name: value for name, value in rule.items() if value != "-"}
    with pytest.raises(Refused) as told:
        load({"adapters": [{"name": "kampus", "rules": [kept]}]})
    return [str(problem) for problem in told.value.problems]


def test_a_sound_file_is_read_as_it_is_written() -> None:
    tree = yaml.safe_load(GOOD)
    assert load(tree) == tree["adapters"]
    assert load({"adapters": load(tree)}) == tree["adapters"]


@pytest.mark.parametrize(
    ("changes", "path", "hint"),
    [
        ({"kind": "complete"}, "kind", "is none of invited, enrolled"),
        ({"kind": "-"}, "kind", "This is missing."),
        ({"verb": ["x"]}, "verb", "did you mean 'verbs'?"),
        ({"verbs": ["completed"]}, "verbs[0]", "must be an IRI, such as http://adlnet.gov"),
        ({"verbs": []}, "verbs", "leave it out or fill it in"),
        ({"verbs": "https://a.example.go.id/v"}, "verbs", "must be a list"),
        ({"verbs": "-"}, "rules[0]", "The rule fits every statement there is"),
        ({"course": "somewhere"}, "course", "write one of object, parent, grouping"),
        ({"course": "https://a.b/c", "course_types": ["https://a.b/t"]}, "course_types", "drop it"),
        ({"jp": 0}, "jp", "number of hours (JP) above 0"),
        ({"completion": "ya"}, "completion", "true or false"),
        ({"behaviours": ["https://a.b/c"]}, "behaviours", "only for kinds of work"),
        ({"kind": "worked", "course": "object"}, "course", "only for kinds of learning"),
        ({"extensions": {"jp": 1}}, "extensions", "'jp' is no IRI"),
        ({"extensions": ["x"]}, "extensions", "must be a mapping"),
        (
            {"extensions": yaml.safe_load("{'https://a.b/c': 2026-01-31}")},
            "extensions",
            "put it in quotation marks",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_how_to_mend_it(
    changes: dict[str, Any], path: str, hint: str
) -> None:
    assert any(path in said and hint in said for said in wrong(**changes)), wrong(**changes)


def test_all_that_is_wrong_is_told_at_once() -> None:
    rule = {"kind": "completed", "verbs": ["https://a.example.go.id/v"]}
    tree = {
        "adapters": [
            {"name": "Kampus ASN", "rules": [rule]},
            {"name": "a", "rules": []},
            {"name": "b", "rules": [rule]},
            {"name": "b", "rules": [rule]},
            "c",
        ],
        "adaptors": [],
    }
    with pytest.raises(Refused) as told:
        load(tree)
    said = "\n".join(str(each) for each in told.value.problems)
    assert "adapters[0].name: A name is of small letters" in said
    assert "adapters[1].rules: This is empty" in said
    assert "Two are called b" in said
    assert "adapters[4]: An adapter is a mapping" in said
    assert "adaptors: There is nothing of that name" in said


@pytest.mark.parametrize("tree", [None, [], {"adapters": {}}, {"programmes": []}])
def test_a_file_of_something_else_is_told_what_is_asked(tree: Any) -> None:
    with pytest.raises(Refused, match="a member 'adapters' with a list"):
        load(tree)
