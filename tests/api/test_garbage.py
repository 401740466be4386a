"""Structured garbage at every address: whatever is sent, the answer is not an error of ours.

What is fed is near what is right, since wholly random bytes are turned away at the first gate:
real parameter names with odd values, statements with members changed, JSON of odd numbers and
code points, headers that nearly make sense.
"""

import json
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import make
from tests.conftest import Client

PATHS = (
    "/xapi/statements",
    "/xapi/activities/state",
    "/xapi/activities/profile",
    "/xapi/agents/profile",
    "/xapi/agents",
    "/xapi/activities",
    "/xapi/about",
)
NAMES = (
    *("statementId", "voidedStatementId", "agent", "verb", "activity", "registration", "since"),
    *("until", "limit", "format", "attachments", "ascending", "related_agents", "more", "method"),
    *("related_activities", "activityId", "stateId", "profileId", "content", "Authorization"),
    *("X-Experience-API-Version", "Content-Type", "If-Match"),
)

text = st.text(st.characters(codec="utf-8"), max_size=20)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    text,
    st.sampled_from(["mailto:a@example.org", "https://e.org/a", "Agent", "Group", "2026-03-02"]),
    st.builds(make.uuid4),
)
KEYS = (
    *("actor", "verb", "object", "id", "objectType", "mbox", "account", "homePage", "name"),
    *("member", "definition", "context", "contextActivities", "parent", "result", "score"),
    *("extensions", "attachments", "sha2", "display", "timestamp", "duration", "choices"),
)
trees: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), text), inner, max_size=4),
    ),
    max_leaves=12,
)


@st.composite
def statements(draw: st.DrawFn) -> Any:
    """A sound statement with a few members of it replaced, at any depth."""
    tree = make.statement(
        result={"score": {"scaled": 0.5}, "duration": "PT1S"},
        context={"contextActivities": {"parent": [make.activity()]}, "team": make.group()},
    )
    for _ in range(draw(st.integers(0, 3))):
        place = tree
        while True:
            name = draw(st.sampled_from([*place, *KEYS]))
            inner = place.get(name)
            if isinstance(inner, dict) and draw(st.booleans()):
                place = inner
                continue
            place[name] = draw(trees)
            break
    return tree


bodies = st.one_of(
    st.binary(max_size=60),
    trees.map(lambda tree: json.dumps(tree).encode()),
    statements().map(lambda tree: json.dumps(tree, ensure_ascii=False).encode()),
    st.lists(statements(), max_size=3).map(lambda tree: json.dumps(tree).encode()),
    st.dictionaries(st.sampled_from(NAMES), text, max_size=4).map(
        lambda form: "&".join(
            f"{n}={quote_from_bytes(v.encode())}" for n, v in form.items()
        ).encode()
    ),
)
values = st.one_of(
    st.binary(max_size=20),
    trees.map(lambda tree: json.dumps(tree).encode()),
    st.sampled_from([b"true", b"GET", b"PUT", b"https://e.org/a", b"1", make.uuid4().encode()]),
    st.sampled_from([json.dumps(make.agent()).encode(), b"2026-03-02T08:00:00Z"]),
)
queries = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=4).map(
    lambda pairs: "&".join(f"{name}={quote_from_bytes(value)}" for name, value in pairs)
)
printable = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30)
headers = st.dictionaries(
    st.sampled_from(
        ["If-Match", "If-None-Match", "Accept-Language", "Accept-Encoding", "Content-Encoding"]
    ),
    st.one_of(printable, st.sampled_from(["*", "gzip", '"a"', 'W/"a", "b"', "en;q=0.1, *"])),
    max_size=2,
)
content_types = st.one_of(
    st.sampled_from(
        [
            *("application/json", "multipart/mixed; boundary=b", "multipart/mixed", "text/plain"),
            "application/x-www-form-urlencoded",
        ]
    ),
    printable,
)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]),
    query=queries,
    body=bodies,
    content_type=content_types,
    odd=headers,
)
def test_no_garbage_makes_us_fail(
    client: Client,
    path: str,
    version: str,
    method: str,
    query: str,
    body: bytes,
    content_type: str,
    odd: dict[str, str],
) -> None:
    answer = client.speaking(version).open(
        f"{path}?{query}", method=method, data=body, content_type=content_type, headers=odd
    )
    assert answer.status_code < 500, (answer.status_code, answer.text)
    assert answer.headers["X-Experience-API-Version"] in ("1.0.3", "2.0.0")
    if answer.status_code >= 400 and method != "HEAD":
        assert answer.json["error"]
    if path.endswith("statements"):
        assert "X-Experience-API-Consistent-Through" in answer.headers


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(statement=statements(), version=st.sampled_from(["1.0.3", "2.0.0"]))
def test_what_is_taken_is_given_back_and_what_is_refused_is_told(
    client: Client, statement: Any, version: str
) -> None:
    speaking = client.speaking(version)
    answer = speaking.post("/xapi/statements", json=statement)
    if answer.status_code == 200:
        (name,) = answer.json
        for form in ("exact", "ids", "canonical"):
            query = {"statementId": name, "format": form, "attachments": "false"}
            got = speaking.get("/xapi/statements", query_string=query)
            assert got.status_code in (200, 404), got.text  # 404 where it was voided at once
    else:
        assert answer.status_code in (400, 409)
        assert answer.json["error"]
