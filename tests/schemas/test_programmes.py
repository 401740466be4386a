"""What an admin may write of programmes, and what they are told when it may not be so."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import Refused
from lrs.practice.programmes import (
    COUNTS,
    DEPTHS,
    RATERS,
    Behaviour,
    Cohort,
    Programme,
    Rule,
    Window,
)
from schemas.programmes import FORMS, SCALES, dump, load

BEHAVIOUR = {"iri": "https://example.org/b1", "text": "Melayani dengan ramah"}


def written(**changes: Any) -> dict[str, Any]:
    """A sound programme as an admin writes it, but for what is changed."""
    return {"iri": "https://example.org/p1", "title": "Pelayanan Prima"} | changes


def told(*programmes: Any) -> dict[str, str]:
    """Where and what is wrong with these."""
    with pytest.raises(Refused) as refused:
        load({"programmes": list(programmes)})
    return {problem.path: problem.message for problem in refused.value.problems}


def test_two_members_make_a_programme() -> None:
    (programme,) = load({"programmes": [written()]})
    assert programme == Programme(iri="https://example.org/p1", title="Pelayanan Prima")


def test_all_that_is_wrong_is_told_at_once_with_its_place() -> None:
    assert told(
        written(
            dept="full",
            jp=0,
            cohorts=[{"name": "I", "starts": "31/01/2026"}],
            windows=[{"name": "W1", "opens": 30, "closes": 45, "raters": ["bos"], "forms": ["Z"]}],
        ),
        {"iri": "no iri"},
    ) == {
        "programmes[0].dept": "There is no such member; did you mean 'depth'?",
        "programmes[0].jp": "Hours (JP) are more than 0.",
        "programmes[0].cohorts[0].starts": "This must be a day, written 2026-01-31.",
        "programmes[0].windows[0].raters[0]": "'bos' is none of self, superior, peer, subordinate,"
        " evaluator.",
        "programmes[0].windows[0].forms[0]": "'Z' is none of A, B, C, D, E, F, G, H, I, J.",
        "programmes[1].iri": "This must be an IRI, such as https://diklat.example.go.id/latsar.",
        "programmes[1].title": "This is missing.",
    }


@pytest.mark.parametrize(
    ("changes", "path", "sentence"),
    [
        (
            {"windows": [{"name": "W", "opens": 9, "closes": 5, "raters": [], "forms": []}]},
            "windows[0].closes",
            "closes before it opens",
        ),
        ({"windows": ["W1"]}, "windows[0]", "mapping of members"),
        ({"windows": "W1"}, "windows", "must be a list"),
        (
            {"cohorts": [{"name": "I", "starts": "2026-02-01", "ends": "2026-01-01"}]},
            "cohorts[0].ends",
            "ends before it starts",
        ),
        ({"behaviours": [BEHAVIOUR | {"anchors": ["a", "b"]}]}, "behaviours[0].anchors", "five"),
        ({"behaviours": [BEHAVIOUR, BEHAVIOUR]}, "behaviours", "Two are called"),
        ({"rules": [{"name": "r", "behaviours": []}]}, "rules[0]", "one verb or one type"),
        (
            {
                "rules": [
                    {
                        "name": "r",
                        "behaviours": ["https://example.org/other"],
                        "verbs": ["https://example.org/did"],
                    }
                ]
            },
            "rules[0].behaviours",
            "expects no behaviour",
        ),
        ({"zone": "Asia/Bandung"}, "zone", "no such time zone"),
        ({"zone": "../../etc/passwd"}, "zone", "no such time zone"),
        ({"jp": "banyak"}, "jp", "number of hours"),
        ({"title": 5}, "title", "must be text"),
        ({"title": "  "}, "title", "is empty"),
        ({"peers": 2.5}, "peers", "whole number"),
        (
            {
                "cohorts": [
                    {"name": name, "courses": ["https://lms.example.org/1"]} for name in ("I", "II")
                ]
            },
            "cohorts",
            "of two cohorts: I, II",
        ),
    ],
)
def test_a_fault_is_told_where_it_is_and_how_to_mend_it(
    changes: dict[str, Any], path: str, sentence: str
) -> None:
    assert sentence in told(written(**changes))[f"programmes[0].{path}"]


def test_a_course_belongs_to_one_programme() -> None:
    course = ["https://lms.example.org/1"]
    said = told(
        written(courses=course),
        written(iri="https://example.org/p2", cohorts=[{"name": "I", "courses": course}]),
    )
    assert "is of two programmes" in said["programmes"]
    assert "Two programmes have the IRI" in told(written(), written())["programmes"]


@pytest.mark.parametrize("tree", [None, [], "text", {}, {"programmes": {}}, {"programme": []}])
def test_a_file_that_holds_no_programmes_is_told_what_it_must_hold(tree: Any) -> None:
    with pytest.raises(Refused, match="must hold a member 'programmes'"):
        load(tree)


iris = st.integers(1, 50).map(lambda n: f"https://example.org/{n}")
text = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)
few = {"max_size": 3}
behaviours = st.builds(
    Behaviour,
    iri=iris,
    text=text,
    anchors=st.sampled_from([(), ("a", "b", "c", "d", "e")]),
    scale=st.sampled_from(SCALES),
    value=st.none() | text,
)
windows = st.builds(
    lambda name, opens, length, raters, forms: Window(
        name=name, opens=opens, closes=opens + length, raters=tuple(raters), forms=tuple(forms)
    ),
    text,
    st.integers(0, 300),
    st.integers(0, 60),
    st.lists(st.sampled_from(RATERS), **few),
    st.lists(st.sampled_from(FORMS), **few),
)
cohorts = st.builds(
    lambda name, starts, groups: Cohort(name=name, starts=starts, groups=frozenset(groups)),
    text,
    st.none() | st.dates(),
    st.lists(text, **few),
)
rules = st.builds(
    lambda name, verbs: Rule(name=name, behaviours=(), verbs=frozenset(verbs)),
    text,
    st.lists(iris, min_size=1, max_size=3),
)


@given(
    st.builds(
        Programme,
        iri=iris,
        title=text,
        courses=st.frozensets(iris, max_size=3),
        cohorts=st.lists(cohorts, unique_by=lambda each: each.name, **few).map(tuple),
        behaviours=st.lists(behaviours, unique_by=lambda each: each.iri, **few).map(tuple),
        windows=st.lists(windows, unique_by=lambda each: each.name, **few).map(tuple),
        rules=st.lists(rules, unique_by=lambda each: each.name, **few).map(tuple),
        jp=st.none() | st.floats(0.5, 900),
        depth=st.sampled_from(DEPTHS),
        counts=st.sampled_from(COUNTS),
        peers=st.integers(0, 9),
    )
)
def test_what_is_written_is_read_again_as_it_was(programme: Programme) -> None:
    assert load({"programmes": [dump(programme)]}) == [programme]
