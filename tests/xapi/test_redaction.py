"""Taking one person out of what is somebody else's."""

import json

from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi.redaction import GONE, Redaction
from lrs.xapi.statements import parse
from tests import make

SARI = Redaction(
    agents=frozenset({("mbox", "mailto:sari@example.org")}),
    stand_in={"homePage": "https://jejak.example/people", "name": "nobody"},
    ids={"1b4e28ba-2fa1-41d2-883f-0016d3cca427": "00000000-0000-4000-8000-000000000000"},
    words=("199001012015011001", "sari@example.org", "Sari Wulandari"),
)


def test_what_does_not_name_them_keeps_its_bytes() -> None:
    raw = b'{ "result" : {"score": {"raw": 1.0}}, "actor": {"mbox": "mailto:budi@example.org"} }'
    assert SARI.statement(raw) == raw


def test_an_agent_that_is_them_becomes_a_stand_in_wherever_it_stands() -> None:
    tree = make.statement(
        actor=make.group(make.agent("budi"), make.agent("sari") | {"name": "Sari"}),
        context={"instructor": make.agent("sari"), "team": make.group(make.agent("sari"))},
    )
    told = json.loads(SARI.statement(json.dumps(tree).encode()))
    nobody = {"objectType": "Agent", "account": dict(SARI.stand_in)}
    assert told["actor"]["member"] == [make.agent("budi"), nobody]
    assert told["context"]["instructor"] == nobody
    assert told["context"]["team"]["member"] == [nobody]


def test_numbers_keep_their_spelling_beside_what_is_taken_out() -> None:
    raw = b'{"result":{"score":{"raw":1.0},"response":"Ibu SARI WULANDARI hadir"}}'
    assert SARI.json(raw) == b'{"result":{"score":{"raw":1.0},"response":"Ibu erased hadir"}}'


def test_nobody_else_is_taken_for_them() -> None:
    """A mail address that ends like theirs, a longer number, a longer word, a namesake's agent."""
    for text in (
        "wulansari@example.org",
        "sari@example.org.id",
        "1990010120150110012",
        "Sari Wulandarini",
    ):
        assert SARI.text(text) == text
    namesake = json.dumps(make.agent("sari.w") | {"name": "Sari Wulandari"}).encode()
    assert SARI.json(namesake) == namesake


def test_names_end_where_a_sentence_ends() -> None:
    assert SARI.text("Bersama Sari Wulandari.") == f"Bersama {GONE}."
    assert SARI.text("Surel: sari@example.org, NIP 199001012015011001.") == (
        f"Surel: {GONE}, NIP {GONE}."
    )


def test_a_statement_that_changes_loses_its_signature() -> None:
    signature = {
        "usageType": "http://adlnet.gov/expapi/attachments/signature",
        "display": {"en": "Signature"},
        "contentType": "application/octet-stream",
        "length": 3,
        "sha2": "0" * 64,
    }
    other = signature | {"usageType": "http://example.org/photo"}
    tree = make.statement(actor=make.agent("budi"), attachments=[signature, other])
    raw = json.dumps(tree).encode()
    assert SARI.statement(raw) == raw
    tree["context"] = {"instructor": make.agent("sari")}
    assert json.loads(SARI.statement(json.dumps(tree).encode()))["attachments"] == [other]


json_trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.sampled_from(SARI.words),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(SARI.words), inner)
    ),
    max_leaves=12,
)


@given(json_trees)
def test_what_comes_out_is_json_that_holds_nothing_of_them(tree: object) -> None:
    told = SARI.json(json.dumps(tree).encode())
    json.loads(told)
    parse(told)  # no member stands twice
    assert SARI.json(told) == told
