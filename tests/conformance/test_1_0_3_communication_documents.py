"""xAPI 1.0.3, Communication 2.2 to 2.7 and 3.1: documents, persons, activities.

The three document resources keep the same rules, so most tests run over `kind`. Where 2.0 keeps
the same ones, they run over `both` versions; where it does not, see `test_2_0_communication`.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests import make
from tests.conformance.service import (
    ACTIVITY_PROFILE,
    AGENT_PROFILE,
    JSON,
    STATE,
    Service,
    parameters,
)

COURSE = "https://course.example.org/course-1"
REGISTRATION = "ec531277-b57b-4c15-8d91-d292c5b2b8f7"
OTHER_REGISTRATION = "ec531277-b57b-4c15-8d91-d292c5b2b8f8"
AGENTS, ACTIVITIES = "/xapi/agents", "/xapi/activities"


@dataclass(frozen=True)
class Kind:
    """One document resource: its address, the parameter that names a document, whose they are."""

    path: str
    name: str
    owner: dict[str, Any]
    another: dict[str, Any] = field(default_factory=dict)

    def at(self, name: str | None = "bookmark", **more: Any) -> str:
        named = {self.name: name} if name is not None else {}
        return f"{self.path}?{parameters(**(self.owner | named | more))}"


STATES = Kind(
    STATE, "stateId", {"activityId": COURSE, "agent": make.agent()}, {"agent": make.agent("budi")}
)
AGENT_PROFILES = Kind(
    AGENT_PROFILE, "profileId", {"agent": make.agent()}, {"agent": make.agent("budi")}
)
ACTIVITY_PROFILES = Kind(
    ACTIVITY_PROFILE, "profileId", {"activityId": COURSE}, {"activityId": f"{COURSE}/2"}
)
KINDS = {"state": STATES, "agents-profile": AGENT_PROFILES, "activities-profile": ACTIVITY_PROFILES}

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
profiles = pytest.mark.parametrize(
    "kind", [AGENT_PROFILES, ACTIVITY_PROFILES], ids=["agents-profile", "activities-profile"]
)


def put(
    service: Service, path: str, content: Any = b"page 7", kind: str = "", **headers: str
) -> Any:
    """A PUT that says it makes a new document, unless told otherwise."""
    if not isinstance(content, bytes):
        content, kind = json.dumps(content).encode(), kind or JSON
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    conditions = named or {"If-None-Match": "*"}
    return service("PUT", path, data=content, content_type=kind or "text/plain", headers=conditions)


def stand(service: Service, path: str, content: Any = b"page 7", kind: str = "") -> str:
    """Let a document stand; its ETag."""
    assert put(service, path, content, kind).status_code == 204
    etag: str = service("GET", path).headers["ETag"]
    return etag


# 2.2: documents ----------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"page 7", "text/plain; charset=utf-8"),
        (bytes(range(256)) * 40, "application/octet-stream"),
        ('{ "b":1.0,"a":[1e2,null,"ꦱ"] }'.encode(), JSON),
        (b"[1]", JSON),
        (b"", "application/x-nothing"),
        (b"<b>7</b>", "text/html"),
    ],
    ids=["text", "bytes", "json", "json array", "empty", "html"],
)
def test_communication_2_2_a_document_comes_back_as_it_is(
    both: Service, kind: Kind, content: bytes, media: str
) -> None:
    """PUT stores any content under its type, GET gives it back, both as they were: 204 and 200
    (Communication 2.2, 2.3, 2.6, 2.7)."""
    answer = put(both, kind.at(), content, media)
    assert (answer.status_code, answer.data) == (204, b"")
    back = both("GET", kind.at())
    assert (back.status_code, back.data, back.content_type) == (200, content, media)


@every_kind
def test_communication_2_2_what_is_not_there_is_404(both: Service, kind: Kind) -> None:
    """404 Not Found: the requested resource was not found (Communication 3.2)."""
    both.refusal(both("GET", kind.at()), 404)


@every_kind
def test_communication_2_2_documents_of_others_are_others(both: Service, kind: Kind) -> None:
    """A document belongs to its owner: Activity, Agent, registration (Communication 2.2)."""
    stand(both, kind.at())
    assert both("GET", kind.at(**kind.another)).status_code == 404
    assert both("GET", kind.at("Bookmark")).status_code == 404
    stand(both, kind.at(**kind.another), b"page 9")
    assert both("GET", kind.at()).data == b"page 7"


@every_kind
def test_communication_2_2_delete_removes(both: Service, kind: Kind) -> None:
    """DELETE removes the document: 204, also where none is there (2.3, 2.6, 2.7)."""
    stand(both, kind.at())
    stand(both, kind.at("other"))
    assert both("DELETE", kind.at()).status_code == 204
    assert both("GET", kind.at()).status_code == 404
    assert both("GET", kind.at("other")).status_code == 200
    assert both("DELETE", kind.at()).status_code == 204


@every_kind
def test_communication_2_2_agents_are_the_same_by_identifier(both: Service, kind: Kind) -> None:
    """An Agent is who its identifier says, whatever else is written (Data 2.4.2)."""
    stand(both, kind.at())
    if "agent" in kind.owner:
        named = {"agent": {"mbox": "mailto:sari@example.org", "name": "Sari"}}
        assert both("GET", kind.at(**named)).data == b"page 7"


@every_kind
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_communication_2_2_whose_and_which_must_be_said(
    both: Service, kind: Kind, method: str
) -> None:
    """activityId, agent, stateId and profileId are required (2.3, 2.6, 2.7); a list needs no
    name, nor does the DELETE of all State of an owner."""
    for missing in [*kind.owner, kind.name]:
        listing = missing == kind.name and (
            method == "GET" or (method == "DELETE" and kind is STATES)
        )
        given = {**kind.owner, kind.name: "bookmark"}
        del given[missing]
        answer = both(method, f"{kind.path}?{parameters(**given)}", data=b"{}", content_type=JSON)
        if listing:
            assert answer.status_code in (200, 204)
        else:
            assert [each["path"] for each in both.refusal(answer)] == [missing]


@every_kind
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_data_2_2_parameters_of_documents_are_validated(
    both: Service, kind: Kind, method: str
) -> None:
    """Parameters are held to the standard of Statements: Agent, IRI, UUID, Timestamp (2.2)."""
    wrong: list[tuple[str, Any]] = []
    if "agent" in kind.owner:
        wrong += [("agent", "sari"), ("agent", {"name": "Sari"}), ("agent", {"mbox": "sari"})]
    if "activityId" in kind.owner:
        wrong += [("activityId", "course-1")]
    if kind is STATES:
        wrong += [("registration", "1")]
    for name, value in wrong:
        answer = both(method, kind.at(**{name: value}), data=b"{}", content_type=JSON)
        paths = [each["path"] for each in both.refusal(answer)]
        assert all(path.startswith(name) for path in paths)
    if method == "GET":
        both.refusal(both("GET", kind.at(None, since="yesterday")))


# 2.2: lists --------------------------------------------------------------------------------------


@every_kind
def test_communication_2_2_names_are_listed(both: Service, kind: Kind) -> None:
    """GET without a name: an array of the names of all documents of that owner (2.3, 2.6, 2.7)."""
    assert both("GET", kind.at(None)).json == []
    for name in ("bookmark", "ꦱꦫꦶ", "a/b?c=d&e"):
        stand(both, kind.at(name))
    stand(both, kind.at("theirs", **kind.another))
    answer = both("GET", kind.at(None))
    assert answer.content_type == JSON
    assert sorted(answer.json) == sorted(["bookmark", "ꦱꦫꦶ", "a/b?c=d&e"])
    for name in answer.json:
        assert both("GET", kind.at(name)).data == b"page 7"


@every_kind
def test_communication_2_2_since_lists_what_changed_later(both: Service, kind: Kind) -> None:
    """since: only documents stored since the Timestamp, exclusive (2.3, 2.6, 2.7)."""
    stand(both, kind.at("old"))
    stand(both, kind.at("changed"))
    between = datetime.now(UTC)
    etag = both("GET", kind.at("changed")).headers["ETag"]
    assert put(both, kind.at("changed"), b"page 8", If_Match=etag).status_code == 204
    stand(both, kind.at("new"))

    def listed(since: datetime) -> list[str]:
        names: list[str] = both("GET", kind.at(None, since=since.isoformat())).json
        return sorted(names)

    assert listed(between) == ["changed", "new"]
    assert listed(between - timedelta(hours=1)) == ["changed", "new", "old"]
    assert listed(between + timedelta(hours=1)) == []


@every_kind
def test_communication_2_2_last_modified(both: Service, kind: Kind) -> None:
    """The LRS SHOULD* include Last-Modified: of a document, when it was last modified; of a
    list, when its most recently modified document was (Communication 2.2)."""
    start = datetime.now(UTC).replace(microsecond=0)
    stand(both, kind.at())
    one, many = (both("GET", kind.at(name)).headers for name in ("bookmark", None))
    assert start <= parsedate_to_datetime(one["Last-Modified"]) <= datetime.now(UTC)
    assert many["Last-Modified"] == one["Last-Modified"]


# 2.2: JSON procedure -----------------------------------------------------------------------------


@every_kind
def test_communication_2_2_post_merges_the_top_level(both: Service, kind: Kind) -> None:
    """Posting JSON onto JSON: the LRS MUST merge top-level properties, new ones replacing old,
    nested ones not merged; 204 (Communication 2.2). The rest keeps its bytes."""
    stand(both, kind.at(), b'{"x":"foo", "n":1.0, "z":{"a":1,"b":2}}', JSON)
    patch = b'{"z":{"c":3},"y":"b\\u0061r"}'
    assert both("POST", kind.at(), data=patch, content_type=JSON).status_code == 204
    merged = both("GET", kind.at())
    assert merged.json == {"x": "foo", "n": 1.0, "z": {"c": 3}, "y": "bar"}
    assert b"1.0" in merged.data
    assert merged.content_type == JSON


@every_kind
@pytest.mark.parametrize("media", [JSON, "text/plain"])
def test_communication_2_2_post_onto_nothing_is_put(both: Service, kind: Kind, media: str) -> None:
    """POST where no document stands: it is stored as by PUT (Communication 2.2)."""
    answer = both("POST", kind.at(), data=b'{"x":1}', content_type=media)
    assert answer.status_code == 204
    assert both("GET", kind.at()).content_type == media


@every_kind
@pytest.mark.parametrize(
    ("there", "there_type", "posted", "posted_type"),
    [
        (b"page 7", "text/plain", b"{}", JSON),
        (b"{}", JSON, b"{}", "text/plain"),
        (b"[]", JSON, b"{}", JSON),
        (b"{}", JSON, b"[1]", JSON),
        (b"{}", JSON, b'{"x":', JSON),
        (b"{}", JSON, b'"x"', JSON),
        (b"{}", JSON, b'{"x":1,"x":2}', JSON),
    ],
    ids=[
        "onto text",
        "text onto JSON",
        "onto an array",
        "an array",
        "half an object",
        "a string",
        "a name twice",
    ],
)
def test_communication_2_2_what_cannot_be_merged_is_400(
    both: Service, kind: Kind, there: bytes, there_type: str, posted: bytes, posted_type: str
) -> None:
    """If either is not of type application/json, or cannot be parsed as a JSON Object, the LRS
    MUST respond with 400, and MUST NOT update the target (Communication 2.2)."""
    stand(both, kind.at(), there, there_type)
    both.refusal(both("POST", kind.at(), data=posted, content_type=posted_type))
    kept = both("GET", kind.at())
    assert (kept.data, kept.content_type) == (there, there_type)


@every_kind
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_communication_3_2_json_must_be_json(both: Service, kind: Kind, method: str) -> None:
    """Content that is not what its content type says SHOULD* be rejected with 400 (3.2)."""
    answer = both(
        method,
        kind.at(),
        data=b'{"x":',
        content_type=JSON,
        headers={"If-None-Match": "*"},
    )
    both.refusal(answer)
    assert both("GET", kind.at()).status_code == 404


# 2.3: State --------------------------------------------------------------------------------------


def test_communication_2_3_registrations_are_apart(both: Service) -> None:
    """State may belong to a registration: the same stateId stands in each, and without one."""
    stand(both, STATES.at(), b"none")
    stand(both, STATES.at(registration=REGISTRATION), b"one")
    assert both("GET", STATES.at()).data == b"none"
    assert both("GET", STATES.at(registration=REGISTRATION.upper())).data == b"one"
    assert both("GET", STATES.at(registration=OTHER_REGISTRATION)).status_code == 404


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["free", "one", "other"]),
        ({"registration": REGISTRATION}, ["one"]),
        ({"registration": OTHER_REGISTRATION}, ["other"]),
    ],
    ids=["no registration", "one", "another"],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_communication_2_3_many_states_in_one_context(
    both: Service, method: str, asked: Any, found: list[str]
) -> None:
    """GET and DELETE without stateId concern "all state data for this context (Activity + Agent
    [+ registration if specified])" (Communication 2.3)."""
    stand(both, STATES.at("free"))
    stand(both, STATES.at("one", registration=REGISTRATION))
    stand(both, STATES.at("other", registration=OTHER_REGISTRATION))
    stand(both, STATES.at("theirs", **STATES.another))
    assert sorted(both("GET", STATES.at(None, **asked)).json) == found
    if method == "DELETE":
        assert both("DELETE", STATES.at(None, **asked)).status_code == 204
        left = sorted({"free", "one", "other"} - set(found))
        assert sorted(both("GET", STATES.at(None)).json) == left
        assert both("GET", STATES.at("theirs", **STATES.another)).status_code == 200


# 3.1: concurrency --------------------------------------------------------------------------------


@every_kind
def test_communication_3_1_etag_is_the_sha1_in_quotes(both: Service, kind: Kind) -> None:
    """GET MUST add an ETag, the hexadecimal SHA-1 of the contents, in lower case, in quotes
    (Communication 3.1)."""
    etag = stand(both, kind.at())
    assert etag == '"' + hashlib.sha1(b"page 7").hexdigest() + '"'


@every_kind
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_communication_3_1_if_match_guards_what_was_read(
    both: Service, kind: Kind, method: str
) -> None:
    """If-Match with another ETag: 412 Precondition Failed and no modification; with the current
    one the request goes on (Communication 3.1)."""
    etag = stand(both, kind.at(), {"x": 1})
    stale = '"' + "0" * 40 + '"'

    def send(condition: str) -> Any:
        return both(
            method,
            kind.at(),
            data=b'{"y":2}',
            content_type=JSON,
            headers={"If-Match": condition},
        )

    both.refusal(send(stale), 412)
    assert both("GET", kind.at()).json == {"x": 1}
    assert send(f"{stale}, {etag}").status_code == 204
    left = {"PUT": {"y": 2}, "POST": {"x": 1, "y": 2}, "DELETE": None}[method]
    kept = both("GET", kind.at())
    assert (kept.json if kept.status_code == 200 else None) == left
    both.refusal(send(etag), 412)


@every_kind
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_communication_3_1_if_none_match_guards_the_unknown(
    both: Service, kind: Kind, method: str
) -> None:
    """If-None-Match: * succeeds where no document stands, and is 412 where one does (3.1)."""

    def send() -> Any:
        return both(
            method,
            kind.at(),
            data=b'{"y":2}',
            content_type=JSON,
            headers={"If-None-Match": "*"},
        )

    assert send().status_code == 204
    before = both("GET", kind.at()).data
    both.refusal(send(), 412)
    assert both("GET", kind.at()).data == before


@every_kind
def test_communication_3_1_if_match_on_nothing_is_412(both: Service, kind: Kind) -> None:
    """If-Match fails where no document stands, whatever it names (RFC 2616 14.24)."""
    for condition in ("*", '"0"'):
        both.refusal(put(both, kind.at(), If_Match=condition), 412)
    assert both("GET", kind.at()).status_code == 404


@profiles
def test_communication_3_1_a_profile_is_not_replaced_blindly(both: Service, kind: Kind) -> None:
    """PUT without either header for a resource that exists: the LRS MUST return 409 Conflict,
    MUST explain to check the current state and to set If-Match, MUST NOT modify (3.1)."""
    etag = stand(both, kind.at())
    answer = both("PUT", kind.at(), data=b"page 8", content_type="text/plain")
    both.refusal(answer, 409)
    assert "If-Match" in answer.json["error"]
    assert etag in answer.json["error"]
    assert both("GET", kind.at()).data == b"page 7"


@profiles
def test_communication_3_1_a_client_must_say_what_it_knows(v1: Service, kind: Kind) -> None:
    """A Client making a PUT to a profile resource MUST include If-Match or If-None-Match (3.1):
    under 1.0.x one that does not is refused, also where no document stands."""
    v1.refusal(v1("PUT", kind.at(), data=b"page 7", content_type="text/plain"))
    assert v1("GET", kind.at()).status_code == 404


def test_communication_3_1_state_needs_no_conditions(v1: Service) -> None:
    """The State Resource will permit PUT, POST and DELETE without concurrency headers (3.1)."""
    for content in (b"page 7", b"page 8"):
        answer = v1("PUT", STATES.at(), data=content, content_type="text/plain")
        assert answer.status_code == 204
    assert v1("GET", STATES.at()).data == b"page 8"
    assert v1("DELETE", STATES.at()).status_code == 204


@profiles
def test_communication_3_1_post_and_delete_need_no_conditions(both: Service, kind: Kind) -> None:
    """POST and DELETE SHOULD* include conditions; without, they are done (3.1)."""
    stand(both, kind.at(), {"x": 1})
    assert both("POST", kind.at(), data=b'{"y":2}', content_type=JSON).status_code == 204
    assert both("GET", kind.at()).json == {"x": 1, "y": 2}
    assert both("DELETE", kind.at()).status_code == 204


@every_kind
def test_communication_3_1_what_is_held_already_is_304(both: Service, kind: Kind) -> None:
    """GET with If-None-Match of the current ETag: 304 without a body (RFC 2616 14.26)."""
    etag = stand(both, kind.at())
    answer = both("GET", kind.at(), headers={"If-None-Match": etag})
    assert (answer.status_code, answer.data) == (304, b"")
    assert both("GET", kind.at(), headers={"If-None-Match": '"0"'}).status_code == 200


def test_communication_3_1_a_packed_answer_has_another_etag(v1: Service) -> None:
    """With a non-identity encoding the LRS MUST NOT calculate the ETag as the SHA-1 (3.1); it
    may still be used to write."""
    content = {"text": "x" * 5000}
    plain = stand(v1, ACTIVITY_PROFILES.at(), content)
    packed = v1("GET", ACTIVITY_PROFILES.at(), headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] != plain
    answer = put(v1, ACTIVITY_PROFILES.at(), {}, If_Match=packed.headers["ETag"])
    assert answer.status_code == 204


# 2.4: Agents -------------------------------------------------------------------------------------


def person(service: Service, agent: make.Tree) -> make.Tree:
    answer = service("GET", f"{AGENTS}?{parameters(agent=agent)}")
    assert answer.status_code == 200
    tree: make.Tree = answer.json
    return tree


@pytest.mark.parametrize(
    "identified",
    [
        {"mbox": "mailto:sari@example.org"},
        {"mbox_sha1sum": "f427d80dc332a166bf5f160ec15f009ce7e68c4c"},
        {"openid": "https://sari.example.org/"},
        {"account": {"homePage": "https://course.example.org", "name": "sari"}},
    ],
    ids=lambda identified: next(iter(identified)),
)
def test_communication_2_4_a_person_gathers_names(both: Service, identified: make.Tree) -> None:
    """Return a Person Object: objectType Person, every other property an array, names from all
    Statements about the Agent; each once (Communication 2.4)."""
    both.store(
        make.statement(actor=identified | {"name": "Sari"}),
        make.statement(object={"objectType": "Agent", "name": "Sari W."} | identified),
        make.statement(actor=identified | {"name": "Sari"}),
        make.statement(actor=make.agent("budi") | {"name": "Budi"}),
    )
    (kind,) = identified
    found = person(both, identified)
    assert found.pop("objectType") == "Person"
    assert sorted(found.pop("name")) == ["Sari", "Sari W."]
    assert found == {kind: [identified[kind]]}


def test_communication_2_4_an_unknown_agent_is_a_person_too(both: Service) -> None:
    """An LRS MUST still return a Person Object when it has nothing more to say: with what was
    requested (Communication 2.4)."""
    asked = {"mbox": "mailto:new@example.org", "name": "New"}
    assert person(both, asked) == {
        "objectType": "Person",
        "name": ["New"],
        "mbox": ["mailto:new@example.org"],
    }


@pytest.mark.parametrize(
    "query",
    ["", "agent=", "agent=sari", parameters(agent={}), parameters(agent=make.group())],
    ids=["absent", "empty", "no JSON", "nobody", "anonymous group"],
)
def test_communication_2_4_agent_is_required(both: Service, query: str) -> None:
    """agent: "The Agent representation to use in fetching expanded Agent information"; required,
    and valid (Communication 2.4; Data 2.2)."""
    both.refusal(both("GET", f"{AGENTS}?{query}"))


# 2.5: Activities ---------------------------------------------------------------------------------


def activity(service: Service, iri: str = COURSE) -> Any:
    answer = service("GET", f"{ACTIVITIES}?{parameters(activityId=iri)}")
    assert answer.status_code == 200
    return answer.json


def test_communication_2_5_definitions_are_merged(both: Service) -> None:
    """The complete Activity Object: languages and extensions from all Statements, the latest
    winning (Communication 2.5; Data 2.4.4.1)."""
    course = {"id": COURSE, "definition": {"name": {"en": "Course"}, "extensions": {"urn:a": 1.0}}}
    later = {"name": {"id": "Kursus"}, "type": "http://example.org/t", "extensions": {"urn:b": []}}
    both.store(make.statement(object=course))
    both.store(
        make.statement(
            context={"contextActivities": {"parent": {"id": COURSE, "definition": later}}}
        )
    )
    both.store(make.statement(object={"id": COURSE, "definition": {"name": {"en": "The course"}}}))
    both.store(make.statement(object={"id": COURSE}))
    assert activity(both) == {
        "objectType": "Activity",
        "id": COURSE,
        "definition": {
            "name": {"en": "The course", "id": "Kursus"},
            "type": "http://example.org/t",
            "extensions": {"urn:a": 1.0, "urn:b": []},
        },
    }


def test_communication_2_5_an_unknown_activity_is_an_activity(both: Service) -> None:
    """Without a canonical definition the LRS SHOULD* still return an Activity Object (2.5)."""
    assert activity(both) == {"objectType": "Activity", "id": COURSE}
    both.store(make.statement())
    assert activity(both) == {"objectType": "Activity", "id": COURSE}


@pytest.mark.parametrize("query", ["", "activityId=", "activityId=course-1"])
def test_communication_2_5_activity_id_is_required(both: Service, query: str) -> None:
    """activityId is required, an IRI (Communication 2.5)."""
    problems = both.refusal(both("GET", f"{ACTIVITIES}?{query}"))
    assert [each["path"] for each in problems] == ["activityId"]
