"""A refusal teaches: path, sentence, clause for everything that is wrong in a statement."""

import json
from pathlib import Path

import pytest

from lrs.xapi.versions import V1, V2
from schemas.fields import SAME_FAULT
from schemas.statements import explain, explain_agent
from tests.make import agent, group, statement, verb
from tests.xapi.soundness import SOUND, SOUND_2, UNSOUND, UNSOUND_2, interaction

DATA = Path(__file__).parent.parent / "data"


@pytest.mark.parametrize("version", [V1, V2], ids=lambda version: version.text)
@pytest.mark.parametrize(("name", "tree"), SOUND)
def test_nothing_is_said_of_what_is_sound(name, tree, version):
    assert explain(tree, version) == []


@pytest.mark.parametrize(("name", "tree", "path", "clause"), UNSOUND)
def test_a_fault_is_told_at_its_path_with_its_clause(name, tree, path, clause):
    for version, prefix, section in ((V1, "xAPI 1.0.3", 0), (V2, "IEEE 9274.1.1", 1)):
        told = explain(tree, version)
        assert (path, f"{prefix} {clause[section]}") in {(p.path, p.clause) for p in told}, told
        assert all(problem.message.endswith(".") for problem in told)


@pytest.mark.parametrize(("name", "tree"), SOUND_2)
def test_what_came_with_2_0_is_named_as_such_under_1_0(name, tree):
    told = explain(tree, V1)
    assert told
    assert explain(tree, V2) == []
    for problem in told:
        if "version" not in problem.path:
            assert "2.0" in problem.message


@pytest.mark.parametrize(("name", "tree", "path"), UNSOUND_2)
def test_faults_of_2_0_are_told_at_their_path(name, tree, path):
    assert path in {problem.path for problem in explain(tree, V2)}


def test_the_known_defects_of_moodle_are_named_exactly():
    blank, choices = (
        json.loads(line) for line in (DATA / "moodle_refused.jsonl").read_text().splitlines()
    )
    (problem,) = explain(blank, V1)
    assert problem.path == "result.response"
    assert "null" in problem.message
    assert problem.clause == "xAPI 1.0.3 Data 2.2"
    (problem,) = explain(choices, V1)
    assert problem.path == "object.definition.choices"
    assert "an object; send an array" in problem.message
    assert problem.clause == "xAPI 1.0.3 Data 2.4.4.1"


def test_everything_wrong_is_told_at_once():
    tree = statement(
        actor={"mbox": "sari"}, verb={}, timestamp="now", context={"language": "?"}, extra=1
    )
    assert [problem.path for problem in explain(tree, V1)] == [
        "actor.mbox",
        "verb.id",
        "context.language",
        "timestamp",
        "extra",
    ]


@pytest.mark.parametrize(
    ("tree", "remedy"),
    [
        (statement(id="{6E8BC430-9c3a-4ed9-bbb5-e8b1a1a1a1a1}"), "write it as 6e8bc430-9c3a"),
        (statement(timestamp="2026-03-01T09:30:00-00:00"), "write Z or +00:00"),
        (statement(timestamp="2026-03-01 09:30:00Z"), "capital T"),
        (statement(verb=verb(display={"en_US": "x"})), "write en-US"),
        (statement(verb={"id": "completed"}), "no scheme"),
        (statement(verb={"id": "http://a/b c"}), "character 11 (a space) must be escaped as %20"),
        (statement(verb={"id": "http://a/[b]"}), "%5B"),
        (statement(verb={"id": "http://a/%b"}), "%25"),
        (statement(verb={"id": "http://a/#b#c"}), "%23"),
        (statement(verb={"id": "http:"}), "nothing follows"),
        (statement(Actor=agent()), 'write "actor"'),
        (statement(contxt={}), 'write "context"'),
        (statement(object={"id": "a:b", "mbox": "mailto:a@b"}), 'add its "objectType"'),
        (statement(object={"id": "a:b", "name": {"id": "x"}}), "move it into definition"),
        (statement(actor={"mbox": "mailto:a@b", "member": []}), '"objectType": "Group"'),
        (statement(result={"duration": "P1W2D"}), "weeks stand alone"),
        (statement(result={"success": "true"}), "without quotes"),
        (statement(object=interaction("choice", choices={"1": {}})), "drop its keys"),
        (statement(actor=agent(objectType="agent")), 'It is "agent"; send "Agent".'),
        (statement(actor={"mbox": "MAILTO:a@b"}), "mailto: in small letters"),
    ],
)
def test_a_sentence_says_how_to_mend_it(tree, remedy):
    assert any(remedy in problem.message for problem in explain(tree, V1)), explain(tree, V1)


def test_what_identifies_a_person_is_never_repeated():
    tree = statement(
        actor={"mbox": "sari.dewi", "openid": "sari.dewi", "account": {"name": ["sari.dewi"]}}
    )
    assert all("sari.dewi" not in str(problem) for problem in explain(tree, V1))


def test_the_same_fault_without_end_is_told_a_few_times():
    many = SAME_FAULT * 10
    tree = statement(
        context={"contextActivities": {"parent": [{"id": "x"}] * many}},
        verb=verb(display={str(n): "" for n in range(many)}),
        result={"extensions": {str(n): "" for n in range(many)}},
        **{f"x{n}": n for n in range(many)},
    )
    assert len(explain(tree, V1)) == 4 * SAME_FAULT


def test_a_key_without_end_is_cut_in_the_path():
    (problem,) = explain(statement(**{"k" * 100_000: 1}), V1)
    assert len(problem.path) < 100


def test_an_agent_is_explained_below_the_parameter():
    assert explain_agent(agent(), V1, "agent") == []
    assert explain_agent(group(mbox="mailto:tim@example.org"), V2, "agent") == []
    (problem,) = explain_agent({"mbox": "sari"}, V1, "agent")
    assert problem.path == "agent.mbox"
    (problem,) = explain_agent(group(), V2, "agent")
    assert (problem.path, problem.clause) == ("agent", "IEEE 9274.1.1 4.1.6.1")
    for nobody in (None, [], "sari", {}):
        (problem,) = explain_agent(nobody, V1, "agent")
        assert problem.path == "agent"
