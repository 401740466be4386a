"""xAPI 1.0.3, Part Three (Communication): what holds of every resource.

Clauses 1 (HEAD, headers, alternate syntax, encoding), 2.8 (About), 3.2 (errors), 3.3 (versions)
and 4 (authentication). The resources themselves: `test_1_0_3_communication_*`.
"""

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from lrs.app import create_app
from lrs.context import Context
from lrs.settings import Settings
from lrs.store.engine import Database
from tests import make
from tests.conformance.service import (
    ACTIVITY_PROFILE,
    AGENT_PROFILE,
    CONSISTENT,
    JSON,
    STATE,
    STATEMENTS,
    VERSION,
    Service,
    parameters,
    shown,
)
from tests.conftest import Cast, Client

ONE = "0193e1a4-2f63-4c4e-9d9a-6c1f2a3b4c51"
ABOUT, AGENTS, ACTIVITIES = "/xapi/about", "/xapi/agents", "/xapi/activities"
COURSE = "https://course.example.org/course-1"
OWNER: Mapping[str, Mapping[str, Any]] = {
    STATE: {"activityId": COURSE, "agent": make.agent()},
    AGENT_PROFILE: {"agent": make.agent()},
    ACTIVITY_PROFILE: {"activityId": COURSE},
}
NAME = {STATE: "stateId", AGENT_PROFILE: "profileId", ACTIVITY_PROFILE: "profileId"}
READABLE = {
    "about": ABOUT,
    "statements": STATEMENTS,
    "a statement": f"{STATEMENTS}?statementId={ONE}",
    "multipart": f"{STATEMENTS}?attachments=true",
    "agents": f"{AGENTS}?{parameters(agent=make.agent())}",
    "activities": f"{ACTIVITIES}?{parameters(activityId=COURSE)}",
    **{
        f"{path.removeprefix('/xapi/')}{' list' if listed else ''}": f"{path}?"
        + parameters(**OWNER[path], **({} if listed else {NAME[path]: "bookmark"}))
        for path in OWNER
        for listed in (False, True)
    },
}
GUARDED = {name: path for name, path in READABLE.items() if name != "about"}


def furnish(service: Service) -> None:
    """Something behind each readable address."""
    service.store(make.statement(id=ONE))
    for path, owner in OWNER.items():
        answer = service(
            "PUT",
            f"{path}?{parameters(**owner, **{NAME[path]: 'bookmark'})}",
            data=b"{}",
            content_type=JSON,
            headers={"If-None-Match": "*"},
        )
        assert answer.status_code == 204


# 1.1 HEAD ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", READABLE)
def test_communication_1_1_head_is_get_without_a_body(v1: Service, what: str) -> None:
    """The LRS MUST respond to any HEAD request as to an otherwise identical GET, but the
    message-body MUST be omitted (Communication 1.1)."""
    furnish(v1)
    plain, head = v1("GET", READABLE[what]), v1("HEAD", READABLE[what])
    assert (plain.status_code, head.status_code) == (200, 200)
    assert head.data == b""
    changing = {CONSISTENT, "Date", *(["Content-Type"] if what == "multipart" else [])}
    kept = {name: value for name, value in plain.headers if name not in changing}
    assert {name: value for name, value in head.headers if name not in changing} == kept


@pytest.mark.parametrize(
    "path",
    [f"{STATEMENTS}?statementId={ONE}", f"{STATEMENTS}?nonsense=1"],
    ids=["not found", "refused"],
)
def test_communication_1_1_head_fails_as_get_does(v1: Service, path: str) -> None:
    """HEAD of what is not there, or not allowed, has the status of GET (Communication 1.1)."""
    plain, head = v1("GET", path), v1("HEAD", path)
    assert head.status_code == plain.status_code >= 400
    assert head.data == b""


# 1.2 and 3.3: headers, versions ------------------------------------------------------------------


@pytest.mark.parametrize("what", READABLE)
def test_communication_3_3_every_answer_names_the_version(v1: Service, what: str) -> None:
    """The LRS MUST include X-Experience-API-Version in every response, set to the latest patch
    version (Communication 3.3): also where nothing is there, or the key is not known."""
    for headers in ({}, {"Authorization": make.basic("nobody", "nothing")}):
        assert v1("GET", READABLE[what], headers=headers).headers[VERSION] == "1.0.3"
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        answer = v1(method, READABLE[what], data=b"")
        assert answer.headers[VERSION] == "1.0.3"
        assert answer.status_code < 500


def test_communication_3_3_even_an_unknown_address_names_the_version(v1: Service) -> None:
    """ "in every response" (Communication 3.3)."""
    answer = v1("GET", "/xapi/nothing")
    v1.refusal(answer, 404)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("1.0", "1.0.3"),
        ("1.0.0", "1.0.3"),
        ("1.0.1", "1.0.3"),
        ("1.0.2", "1.0.3"),
        ("1.0.3", "1.0.3"),
        ("1.0.9", "1.0.3"),
        ("2.0", "2.0.0"),
        ("2.0.0", "2.0.0"),
        ("2.0.7", "2.0.0"),
    ],
)
def test_communication_3_3_versions_that_are_spoken(
    client: Client, asked: str, answered: str
) -> None:
    """The LRS MUST accept 1.0 as if it were 1.0.0, and all that starts with 1.0. (3.3); 2.0 and
    its patches are spoken beside it (IEEE 9274.1.1), each answered with its latest patch."""
    answer = client.speaking(asked).get(STATEMENTS)
    assert (answer.status_code, answer.headers[VERSION]) == (200, answered)


@pytest.mark.parametrize(
    "asked",
    [None, "", "0.9", "0.95", "1.1", "1.1.0", "1", "2", "2.1.0", "10.0", "1.0.x", "1.0.3a"],
    ids=shown,
)
def test_communication_3_3_other_versions_are_refused(client: Client, asked: str | None) -> None:
    """The LRS MUST reject requests with a version prior to 1.0.0, of 1.1.0 or greater that it
    does not speak, or without one: 400 with a short description (Communication 3.3)."""
    for path in GUARDED.values():
        answer = client.get(path, headers={VERSION: asked})
        assert answer.status_code == 400
        assert VERSION in answer.json["error"]
        assert answer.headers[VERSION] in ("1.0.3", "2.0.0")


@pytest.mark.parametrize("assumed", ["1.0.3", "2.0.0"])
def test_communication_3_3_a_setting_names_the_version_of_that_refusal(
    database: Database, settings: Settings, client: Client, assumed: str
) -> None:
    """What version a refusal names where none was asked for is the operator's to say (3.3)."""
    other = replace(settings, assumed_version=assumed)
    app = create_app(Context(settings=other, database=database))
    known = {"Authorization": client.usual["Authorization"]}
    answer = app.test_client().get(STATEMENTS, headers=known)
    assert (answer.status_code, answer.headers[VERSION]) == (400, assumed)


# 2.8 About ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [None, "0.9", "1.0.3", "2.0.0", "7"], ids=shown)
def test_communication_2_8_about_is_open_to_all_versions(client: Client, asked: str | None) -> None:
    """An LRS MUST return JSON with "version", all versions it supports; SHOULD allow
    unauthenticated access; MUST NOT reject requests for their version header (2.8)."""
    answer = client.get(ABOUT, headers={"Authorization": None, VERSION: asked})
    assert answer.status_code == 200
    assert answer.content_type == JSON
    assert answer.json == {"version": ["1.0.3", "2.0.0"]}


# 4 Authentication --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "credentials",
    [None, "", "Basic", "Basic !", make.basic("a", "b"), "Bearer x", "Digest a", "Basic YQ=="],
    ids=shown,
)
def test_communication_4_0_unknown_credentials_are_401(
    v1: Service, credentials: str | None
) -> None:
    """401 Unauthorized: authentication is required, or was refused (Communication 3.2, 4.0)."""
    answer = v1("GET", STATEMENTS, headers={"Authorization": credentials})
    v1.refusal(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("scope", "method", "what"),
    [
        ("statements/write", "GET", "statements"),
        ("statements/read", "POST", "statements"),
        ("all/read", "PUT", "activities/state"),
        ("state", "GET", "agents/profile"),
        ("profile", "GET", "activities/state"),
        ("statements/read/mine", "GET", "agents"),
        ("define", "GET", "statements"),
    ],
)
def test_communication_4_2_what_the_scope_does_not_allow_is_403(
    v1: Service, cast: Cast, scope: str, method: str, what: str
) -> None:
    """The LRS MUST reject with 403 Forbidden any request for which the credentials have no
    permission (Communication 3.2, 4.2)."""
    limited = v1.signed_in(cast.key(scope))
    body = {"data": json.dumps(make.statement()), "content_type": JSON} if method != "GET" else {}
    limited.refusal(limited(method, READABLE[what], **body), 403)


def test_communication_4_2_mine_is_what_the_same_source_wrote(v1: Service, cast: Cast) -> None:
    """statements/read/mine: read Statements written by "me" (Communication 4.2)."""
    cast.another_source("portal")
    mine = v1.store(make.statement())[0]
    theirs = v1.signed_in(cast.key("all", source="portal")).store(make.statement())[0]
    limited = v1.signed_in(cast.key("statements/read/mine"))
    assert limited.found() == [mine]
    assert limited.one(mine)["id"] == mine
    limited.refusal(limited.get(statementId=theirs), 404)


def test_communication_4_2_only_define_changes_what_activities_are(v1: Service, cast: Cast) -> None:
    """Without "define" the LRS SHOULD NOT update its canonical representation of an Activity
    from Statements (Communication 4.2)."""
    named = make.statement(object=make.activity(definition={"name": {"en": "Course"}}))
    path = READABLE["activities"]
    v1.signed_in(cast.key("statements/write")).store(named)
    assert "definition" not in v1("GET", path).json
    v1.signed_in(cast.key("statements/write", "define")).store(named)
    assert v1("GET", path).json["definition"] == {"name": {"en": "Course"}}


# 1.3 Alternate request syntax --------------------------------------------------------------------

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def bare(app: Flask, client: Client) -> Client:
    """A browser that can set no headers: all of them stand in the form."""
    made = Client(app, app.response_class, use_cookies=False)
    made.usual = {}
    return made


def form(client: Client, **fields: Any) -> str:
    """A form with the client's headers as its fields."""
    trees = {k: v if isinstance(v, str) else json.dumps(v) for k, v in fields.items()}
    return urlencode(client.usual | trees)


def test_communication_1_3_any_request_is_a_post(bare: Client, client: Client, v1: Service) -> None:
    """The LRS MUST support the alternate syntax: POST with ?method=, the content and the
    parameters as form fields, headers too (Communication 1.3)."""

    def post(method: str, path: str = STATEMENTS, **fields: Any) -> Any:
        return bare.post(f"{path}?method={method}", data=form(client, **fields), content_type=FORM)

    statement = make.statement(actor=make.agent() | {"name": "ꦱꦫꦶ & Søn"})
    assert post("PUT", statementId=ONE, content=statement).status_code == 204
    assert post("POST", content=[make.statement()]).status_code == 200
    assert post("GET", statementId=ONE).json["actor"]["name"] == "ꦱꦫꦶ & Søn"
    listed = post("GET", agent=make.agent(), limit="1", ascending="true").json["statements"]
    assert [each["id"] for each in listed] == [ONE]
    owner = OWNER[STATE] | {"stateId": "bookmark"}
    page = owner | {"content": "page 7", "Content-Type": "text/plain"}
    assert post("PUT", STATE, **page).status_code == 204
    kept = v1("GET", READABLE["activities/state"])
    assert (kept.data, kept.content_type) == (b"page 7", "text/plain")
    assert post("DELETE", STATE, **owner).status_code == 204
    assert v1("GET", READABLE["activities/state"]).status_code == 404


def test_communication_1_3_conditions_stand_in_the_form(
    bare: Client, client: Client, v1: Service
) -> None:
    """If-Match and If-None-Match MUST be treated as headers (Communication 1.3)."""
    fields = OWNER[ACTIVITY_PROFILE] | {"profileId": "bookmark", "content": "{}"}
    path = f"{ACTIVITY_PROFILE}?method=PUT"

    def put(**more: str) -> int:
        body = form(client, **fields, **more)
        status: int = bare.post(path, data=body, content_type=FORM).status_code
        return status

    assert put(**{"If-None-Match": "*"}) == 204
    assert put(**{"If-None-Match": "*"}) == 412
    assert put() == 409
    etag = v1("GET", READABLE["activities/profile"]).headers["ETag"]
    assert put(**{"If-Match": etag}) == 204


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        (f"?method=PUT&statementId={ONE}", {"content": make.statement()}),
        ("?method=PUT", {"statementId": ONE}),
        ("?method=POST", {}),
        ("?method=PATCH", {"content": make.statement()}),
        ("?method=put", {"content": make.statement(), "statementId": ONE}),
        ("?method=GET", {"unknown": "1"}),
        ("?method=GET", {"StatementId": ONE}),
    ],
    ids=[
        "a parameter in the query",
        "PUT without content",
        "POST without content",
        "a method of nothing",
        "a method in small letters",
        "an unknown field",
        "a field in the wrong case",
    ],
)
def test_communication_1_3_what_is_not_the_alternate_syntax(
    bare: Client, client: Client, query: str, fields: Any
) -> None:
    """The provider MUST NOT include other query parameters, and MUST send content as "content"
    (Communication 1.3)."""
    answer = bare.post(STATEMENTS + query, data=form(client, **fields), content_type=FORM)
    assert answer.status_code == 400
    assert answer.json["error"]


def test_communication_3_2_a_form_needs_the_parameter_method(v1: Service) -> None:
    """If the content type is application/x-www-form-urlencoded it is expected that the request
    will include a method parameter (Communication 3.2)."""
    body = urlencode({"content": json.dumps(make.statement())})
    v1.refusal(v1("POST", STATEMENTS, data=body, content_type=FORM))


# 1.4, 1.5: encoding, content types ---------------------------------------------------------------


def test_communication_1_4_strings_are_utf_8(v1: Service) -> None:
    """All strings MUST be encoded and interpreted as UTF-8, in bodies and in parameters."""
    name = "https://course.example.org/ꦥꦝꦭꦤ꧀"
    sent = make.statement(id=ONE, object={"id": name, "definition": {"name": {"jv": "ꦥꦝꦭꦤ꧀"}}})
    assert v1.post(json.dumps(sent, ensure_ascii=False).encode()).status_code == 200
    assert v1.found(activity=name) == [ONE]
    assert "ꦥꦝꦭꦤ꧀".encode() in v1.get(statementId=ONE).data


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_communication_1_4_other_encodings_are_refused(v1: Service, encoding: str) -> None:
    """What is not UTF-8 cannot be interpreted as such (Communication 1.4)."""
    text = json.dumps(make.statement(result={"response": "é"}), ensure_ascii=False)
    v1.refusal(v1.post(text.encode(encoding)))
    v1.refusal(v1.post(text.encode(encoding), content_type=f"{JSON}; charset={encoding}"))
    v1.refusal(v1("GET", f"{STATEMENTS}?activity=https://example.org/%E9"))


@pytest.mark.parametrize("kind", [JSON, f"{JSON}; charset=utf-8", f'{JSON};charset="UTF-8"'])
def test_communication_1_5_1_statements_come_as_json(v1: Service, kind: str) -> None:
    """application/json, with or without its charset (Communication 1.5.1)."""
    assert v1.post(make.statement(), content_type=kind).status_code == 200


def test_communication_1_5_json_is_answered_as_json(v1: Service) -> None:
    """Answers of JSON say so (Communication 1.5)."""
    furnish(v1)
    for name, path in READABLE.items():
        if name not in ("multipart",):
            assert v1("GET", path).content_type == JSON


def test_rfc_9110_gzip_goes_both_ways(v1: Service) -> None:
    """A body may come gzipped, and goes so where Accept-Encoding names it (RFC 9110 8.4)."""
    many = [make.statement(result={"response": "x" * 100}) for _ in range(20)]
    packed = gzip.compress(json.dumps(many).encode())
    answer = v1.post(packed, headers={"Content-Encoding": "gzip"})
    assert len(answer.json) == 20
    plain = v1.get()
    back = v1.get(headers={"Accept-Encoding": "gzip"})
    assert back.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in back.headers["Vary"]
    assert gzip.decompress(back.data) == plain.data
    refused = v1.get(headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers


@pytest.mark.parametrize(("encoding", "status"), [("gzip", 400), ("br", 415)])
def test_rfc_9110_what_cannot_be_unpacked_is_refused(
    v1: Service, encoding: str, status: int
) -> None:
    """415 for a coding we do not know, 400 for a body that is not in it (RFC 9110 15.5.16)."""
    v1.refusal(v1.post(make.statement(), headers={"Content-Encoding": encoding}), status)
    assert v1.found() == []


# CORS --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", READABLE)
def test_cors_a_browser_may_ask_before_it_sends(client: Client, what: str) -> None:
    """A preflight is answered without credentials and version, with the methods and headers
    that xAPI needs; answers expose the headers a client must read (CORS protocol; 1.3)."""
    asked = client.options(
        READABLE[what],
        headers={
            "Authorization": None,
            VERSION: None,
            "Origin": "https://course.example.org",
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "authorization,x-experience-api-version,if-match",
        },
    )
    assert asked.status_code in (200, 204)
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    allowed = asked.headers["Access-Control-Allow-Headers"].lower()
    for name in ("authorization", "content-type", "if-match", "if-none-match", VERSION.lower()):
        assert name in allowed
    if what != "about":
        assert "GET" in asked.headers["Access-Control-Allow-Methods"]
    answer = client.get(READABLE[what], headers={"Origin": "https://course.example.org"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert {"ETag", "Last-Modified", VERSION, CONSISTENT} <= set(exposed.split(", "))


# 3.2 Errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", READABLE)
def test_communication_3_2_unknown_parameters_are_refused(v1: Service, what: str) -> None:
    """The LRS MUST reject with 400 any request with parameters it does not recognize (3.2)."""
    path = READABLE[what]
    problems = v1.refusal(v1("GET", path + ("&" if "?" in path else "?") + "colour=red"))
    assert [each["path"] for each in problems] == ["colour"]


@pytest.mark.parametrize(
    ("what", "name", "wrong"),
    [
        (what, name, wrong)
        for what, path in GUARDED.items()
        for name, wrong in [
            ("statementId", "statementid"),
            ("attachments", "Attachments"),
            ("agent", "Agent"),
            ("activityId", "activityID"),
            ("stateId", "stateid"),
            ("profileId", "ProfileId"),
        ]
        if f"{name}=" in path
    ]
    + [
        ("statements", name, wrong)
        for name, wrong in [
            ("verb", "Verb"),
            ("registration", "Registration"),
            ("related_agents", "related_Agents"),
            ("since", "Since"),
            ("limit", "LIMIT"),
            ("ascending", "Ascending"),
            ("format", "Format"),
        ]
    ],
)
def test_communication_3_2_the_case_of_parameters_counts(
    v1: Service, what: str, name: str, wrong: str
) -> None:
    """The LRS MUST reject with 400 parameters that match in all but case (3.2)."""
    path = READABLE[what].replace(f"{name}=", f"{wrong}=")
    path = path if wrong in path else f"{path}?{wrong}=1"
    problems = v1.refusal(v1("GET", path))
    assert wrong in {each["path"] for each in problems}
    assert name in problems[0]["message"]


@pytest.mark.parametrize(
    "raw",
    ["", " ", "{", "[", "[{}", "null", "1", '"a"', "{}{}", "[1,]", "{'a':1}", "\ufeff{}"],
    ids=shown,
)
def test_communication_3_2_malformed_json_is_400(v1: Service, raw: str) -> None:
    """400 Bad Request includes malformed JSON and invalid Object structures (3.2)."""
    v1.refusal(v1.post(raw.encode()))


def test_communication_3_2_a_batch_is_refused_whole(v1: Service) -> None:
    """The LRS MUST reject a batch of statements if any Statement within is rejected (3.2); the
    answer tells each one that was wrong, by index and path."""
    batch = [make.statement(), make.statement(verb=None), make.statement(), make.statement(x=1)]
    problems = v1.refusal(v1.post(batch))
    assert [(each["index"], each["path"]) for each in problems] == [(1, "verb"), (3, "x")]
    assert v1.found() == []


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        ({"actor": None}, "Data 2.4.2"),
        ({"actor": {"mbox": "sari"}}, "Data 2.4.2.3"),
        ({"verb": {"id": "answered"}}, "Data 2.4.3"),
        ({"result": {"duration": "1 minute"}}, "Data 4.6"),
        ({"timestamp": "today"}, "Data 4.5"),
        ({"result": {"score": {"scaled": 2}}}, "Data 2.4.5.1"),
        ({"context": {"registration": "1"}}, "Data 4.4"),
        ({"version": "2.0"}, "Data 2.4.10"),
        ({"extra": 1}, "Data 2.2"),
    ],
    ids=lambda change: ", ".join(change) if isinstance(change, dict) else change,
)
def test_communication_3_2_a_refusal_names_the_clause(
    v1: Service, change: make.Tree, clause: str
) -> None:
    """An LRS SHOULD return a message explaining the cause of the error (3.2): ours names the
    clause that was broken."""
    problems = v1.refusal(v1.post(make.statement(**change)))
    assert [each["clause"] for each in problems] == [f"xAPI 1.0.3 {clause}"]


@pytest.mark.parametrize("what", ["statement", "document"])
def test_communication_3_2_too_large_is_413(
    database: Database, settings: Settings, client: Client, what: str
) -> None:
    """The LRS MUST reject with 413 what is larger than it allows, and be configurable to accept
    any reasonable size (Communication 3.2)."""
    small = replace(settings, body_limit=2000, document_limit=2000, attachment_limit=2000)
    app = create_app(Context(settings=small, database=database))
    there = Client(app, app.response_class, use_cookies=False)
    there.usual = client.usual
    if what == "statement":
        body = json.dumps(make.statement(result={"response": "x" * 3000}))
        answer = there.post(STATEMENTS, data=body, content_type=JSON)
    else:
        path = READABLE["activities/state"]
        answer = there.put(path, data=b"x" * 3000, content_type="text/plain")
    assert answer.status_code == 413
    assert "2000" in answer.json["error"]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", [ABOUT, AGENTS, ACTIVITIES])
def test_rfc_9110_methods_that_a_resource_lacks(v1: Service, path: str, method: str) -> None:
    """Agents, Activities and About are read only: 405 with what is allowed (RFC 9110 15.5.6)."""
    answer = v1(method, path, data=b"{}", content_type=JSON)
    v1.refusal(answer, 405)
    assert "GET" in answer.headers["Allow"]
