"""What every request meets at the door, whatever it asks for."""

import gzip
import json
from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from lrs import errors
from lrs.api.wire import STATUS
from lrs.app import create_app
from lrs.context import Context
from lrs.errors import JejakError
from tests import make
from tests.conftest import Cast, Client

STATEMENTS = "/xapi/statements"
STATE = "/xapi/activities/state"


def form(**fields: str) -> dict[str, object]:
    return {"data": urlencode(fields), "content_type": "application/x-www-form-urlencoded"}


def test_every_error_of_ours_has_a_status() -> None:
    # What a client of ours raises of another's answer (lrs/demo/files.py) is no answer of ours.
    raised = {each for each in JejakError.__subclasses__() if each.__module__ == errors.__name__}
    assert set(STATUS) == raised


# Who is asking


def test_no_credentials(client: Client) -> None:
    answer = client.get(STATEMENTS, headers={"Authorization": None})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert "X-Experience-API-Consistent-Through" in answer.headers
    assert "Not signed in" in answer.json["error"]


def test_a_scope_that_is_missing_is_named(client: Client, cast: Cast) -> None:
    reader = client.signed_in(cast.key("statements/read"))
    answer = reader.post(STATEMENTS, json=make.statement())
    assert answer.status_code == 403
    assert "statements/write" in answer.json["error"]


SCOPES = [
    ("statements/write", "POST", STATEMENTS),
    ("statements/read", "GET", STATEMENTS),
    ("statements/read/mine", "GET", STATEMENTS),
    ("statements/read", "GET", "/xapi/agents?agent=" + quote(json.dumps(make.agent()))),
    ("statements/read", "GET", "/xapi/activities?activityId=https://example.org/a"),
    ("profile", "GET", "/xapi/activities/profile?activityId=https://example.org/a"),
    ("all/read", "GET", STATEMENTS),
]


SOME, OTHER = "6c39f73e-6f7d-4d27-a730-949991a5bfee", "170b623c-d7f1-4358-8307-76970a1074f4"


@pytest.mark.parametrize(("scope", "method", "path"), SCOPES)
def test_a_scope_opens_its_door_and_no_other(
    client: Client, cast: Cast, scope: str, method: str, path: str
) -> None:
    body = {"json": make.statement()} if method == "POST" else {}
    assert client.signed_in(cast.key(scope)).open(path, method=method, **body).status_code == 200
    other = client.signed_in(cast.key("state"))
    assert other.open(path, method=method, **body).status_code == 403


# Versions


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("1.0", "1.0.3"),
        ("1.0.0", "1.0.3"),
        ("1.0.9", "1.0.3"),
        ("2.0", "2.0.0"),
        ("2.0.1", "2.0.0"),
    ],
)
def test_the_version_answered_is_the_one_of_the_line(
    client: Client, said: str, answered: str
) -> None:
    answer = client.speaking(said).get(STATEMENTS)
    assert answer.status_code == 200
    assert answer.headers["X-Experience-API-Version"] == answered


@pytest.mark.parametrize("said", [None, "0.95", "1.1", "3.0.0", "1.0.x", "BAD"])
def test_a_version_not_spoken_is_refused(client: Client, said: str | None) -> None:
    answer = client.get(STATEMENTS, headers={"X-Experience-API-Version": said})
    assert answer.status_code == 400
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"
    assert "1.0.3" in answer.json["error"]


# Parameters


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("Verb=x", "did you mean verb"),
        ("relatedAgents=true", "did you mean related_agents"),
        ("foo=bar", "known are activity"),
        ("limit=1&limit=2", "given twice"),
        ("limit=-1", "whole number"),
        ("limit=1.0", "whole number"),
        ("limit=%D9%A1", "whole number"),
        ("ascending=TRUE", "true or false"),
        ("format=full", "exact, ids, canonical"),
        ("verb=experienced", "absolute IRI"),
        ("registration=1", "UUID"),
        ("since=yesterday", "timestamp"),
        ("since=2026-03-02T08:00:00+07:00", "%2B"),
        ("agent=sari", "JSON"),
        ("agent={}", "agent"),
        ("agent=" + quote('{"mbox":"mailto:a@b.org","mbox":"mailto:c@d.org"}'), "twice"),
        ("agent=" + quote(json.dumps(make.group())), "agent"),
        ("verb=%ff", "UTF-8"),
        ("verb=a%00b", "NUL"),
        ("more=rubbish", "more link"),
        ("more=%C3%A9", "more link"),
        (f"statementId={SOME}&voidedStatementId={OTHER}", "exclude"),
        (f"statementId={SOME}&limit=1", "limit"),
        ("&".join(f"p{n}=1" for n in range(200)), "more than"),
    ],
)
def test_a_parameter_that_cannot_be_right_teaches(
    client: Client, query: str, sentence: str
) -> None:
    answer = client.get(f"{STATEMENTS}?{query}")
    assert answer.status_code == 400
    assert sentence in answer.json["error"]
    assert answer.json["problems"][0]["clause"]


def test_raw_bytes_in_the_query_are_utf8_or_refused(client: Client) -> None:
    environ = {"QUERY_STRING": "verb=\xff"}
    assert client.get(STATEMENTS, environ_overrides=environ).status_code == 400
    utf8 = "verb=https://example.org/é".encode().decode("latin-1")
    assert client.get(STATEMENTS, environ_overrides={"QUERY_STRING": utf8}).status_code == 200


# Addresses and methods


def test_an_unknown_address_names_the_nearest(client: Client) -> None:
    answer = client.get("/xapi/statement")
    assert answer.status_code == 404
    assert "/xapi/statements" in answer.json["error"]
    assert "X-Experience-API-Version" in answer.headers


@pytest.mark.parametrize("path", ["/xapi//statements", "/xapi/statements/", "/%FF"])
def test_no_address_redirects(client: Client, path: str) -> None:
    answer = client.post(path, json=[])
    assert answer.status_code == 404
    assert answer.json["error"]


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "TRACE"])
def test_a_method_that_is_not_there(client: Client, method: str) -> None:
    answer = client.open(STATEMENTS, method=method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, PUT, POST, OPTIONS"
    assert "PUT" in answer.json["error"]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_nobody_writes_the_practice_store_by_http(client: Client, cast: Cast, method: str) -> None:
    practice = client.signed_in(cast.key("all", "practice/all"))
    for path in ("/practice/xapi/statements", "/practice/xapi/activities/state"):
        assert practice.open(path, method=method, json=make.statement()).status_code == 405


def test_practice_is_read_with_its_own_scope(client: Client, cast: Cast) -> None:
    assert client.get("/practice/xapi/statements").status_code == 403
    reader = client.signed_in(cast.key("practice/read"))
    assert reader.get("/practice/xapi/statements").json == {"statements": [], "more": ""}
    assert reader.get(STATEMENTS).status_code == 403


def test_health_asks_for_nothing(client: Client) -> None:
    answer = client.get("/health", headers={"Authorization": None})
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_defect_is_answered_by_a_number_that_is_in_the_log(
    app: Flask, client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrs.store.statements.select", lambda *_: 1 // 0)
    answer = client.get(STATEMENTS)
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text
    (record,) = [each for each in caplog.records if each.getMessage() == "unexpected_error"]
    assert record.__dict__["id"] == answer.json["id"]


def test_a_database_that_is_away_is_no_defect(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("SELECT", None, Exception("away"))

    monkeypatch.setattr("lrs.store.log.horizon", away)
    answer = client.get(STATEMENTS, query_string={"ascending": "true"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert [each.getMessage() for each in caplog.records] == ["database_not_answering"]


def test_a_refusal_of_very_much_stays_readable(client: Client) -> None:
    answer = client.post(STATEMENTS, json=[{}] * 1000)
    assert answer.status_code == 400
    assert len(answer.json["problems"]) == 100
    assert "more" in answer.json["error"]


# Bodies


def test_a_body_cut_off_is_refused(client: Client) -> None:
    body = json.dumps(make.statement()).encode()
    answer = client.post(
        STATEMENTS,
        data=body[:-5],
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": str(len(body))},
    )
    assert answer.status_code == 400
    assert "cut off" in answer.json["error"]


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "٣"])
def test_a_length_that_is_no_number(client: Client, length: str) -> None:
    environ = {"CONTENT_LENGTH": length}
    answer = client.post(STATEMENTS, data=b"[]", environ_overrides=environ)
    assert answer.status_code == 400


def test_a_chunked_body_is_read_to_its_end(client: Client) -> None:
    answer = client.post(
        STATEMENTS,
        data=json.dumps(make.statement()),
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("cut", [0, 1])
def test_a_gzipped_body(client: Client, cut: int) -> None:
    one, two = b"[" + json.dumps(make.statement()).encode(), b"]"
    packed = gzip.compress(one) + gzip.compress(two)
    answer = client.post(
        STATEMENTS,
        data=packed[: len(packed) - cut],
        content_type="application/json",
        headers={"Content-Encoding": "gzip"},
    )
    assert answer.status_code == (400 if cut else 200)


def test_what_says_gzip_and_is_not(client: Client) -> None:
    for data in (b"[]", gzip.compress(b"[]") + b"tail"):
        answer = client.post(
            STATEMENTS,
            data=data,
            content_type="application/json",
            headers={"Content-Encoding": "gzip"},
        )
        assert answer.status_code == 400


def test_an_encoding_we_do_not_unpack(client: Client) -> None:
    answer = client.post(
        STATEMENTS,
        data=b"[]",
        content_type="application/json",
        headers={"Content-Encoding": "br"},
    )
    assert answer.status_code == 415
    assert answer.headers["Accept-Encoding"] == "gzip"


def with_settings(client: Client, **changes: object) -> Client:
    """The same client at a service on the same database with other settings."""
    context: Context = client.application.extensions["jejak"]
    app = create_app(replace(context, settings=replace(context.settings, **changes)))
    other = Client(app, app.response_class, use_cookies=False)
    other.usual = client.usual
    return other


@pytest.fixture
def small(client: Client) -> Client:
    """A service that takes little."""
    return with_settings(client, body_limit=1000, document_limit=1000, attachment_limit=1000)


@pytest.mark.parametrize("packed", [False, True])
def test_a_limit_names_its_setting_and_counts_what_is_unpacked(small: Client, packed: bool) -> None:
    body = b"[" + b" " * 5000 + b"]"
    headers = {"Content-Encoding": "gzip"} if packed else {}
    answer = small.post(
        STATEMENTS,
        data=gzip.compress(body) if packed else body,
        content_type="application/json",
        headers=headers,
    )
    assert answer.status_code == 413
    assert "JEJAK_BODY_LIMIT" in answer.json["error"]


def test_a_limit_also_holds_for_documents(small: Client) -> None:
    place = {"activityId": "https://example.org/a", "stateId": "s"} | {
        "agent": json.dumps(make.agent())
    }
    whole = small.put(STATE, query_string=place, data=b"x" * 1001)
    assert whole.status_code == 413
    assert "JEJAK_DOCUMENT_LIMIT" in whole.json["error"]
    assert small.post(STATE, query_string=place, json={"a": "x" * 700}).status_code == 204
    merged = small.post(STATE, query_string=place, json={"b": "x" * 700})
    assert merged.status_code == 413
    assert list(small.get(STATE, query_string=place).json) == ["a"]


# Alternate request syntax


def test_alternate_put(client: Client) -> None:
    name = make.uuid4()
    fields = {
        "statementId": name,
        "Authorization": client.usual["Authorization"],
        "X-Experience-API-Version": "1.0.3",
        "content": json.dumps(make.statement()),
    }
    bare = {"Authorization": None, "X-Experience-API-Version": None}
    answer = client.post(f"{STATEMENTS}?method=PUT", **form(**fields), headers=bare)
    assert answer.status_code == 204, answer.text
    got = client.post(f"{STATEMENTS}?method=GET", **form(statementId=name))
    assert got.json["id"] == name


def test_alternate_refusals_name_the_version_that_the_form_asked_for(client: Client) -> None:
    bare = {"Authorization": None, "X-Experience-API-Version": None}
    fields = {"X-Experience-API-Version": "1.0.3", "foo": "1"}
    answer = client.post(f"{STATEMENTS}?method=GET", **form(**fields), headers=bare)
    assert answer.status_code == 401
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


def test_alternate_without_a_content_type_as_browsers_of_old_sent_it(client: Client) -> None:
    answer = client.post(f"{STATEMENTS}?method=GET", data=b"limit=1", content_type="text/plain")
    assert answer.status_code == 200


def test_alternate_documents_with_their_headers(client: Client) -> None:
    place = {"activityId": "https://example.org/a", "profileId": "ä&="}
    url = "/xapi/activities/profile"
    made = client.post(
        f"{url}?method=PUT",
        **form(**place, content="olé", **{"Content-Type": "text/plain", "If-None-Match": "*"}),
    )
    assert made.status_code == 204, made.text
    got = client.post(f"{url}?method=GET", **form(**place))
    assert (got.text, got.headers["Content-Type"]) == ("olé", "text/plain")
    gone = client.post(f"{url}?method=DELETE", **form(**place, **{"If-Match": '"no"'}))
    assert gone.status_code == 412


@pytest.mark.parametrize(
    ("query", "fields", "sentence"),
    [
        ("method=PUT", {"statementId": make.uuid4()}, "content"),
        ("method=PATCH", {}, "none of"),
        ("method=PUT&statementId=x", {"content": "{}"}, "stand in the form"),
        ("method=GET", {"foo": "1"}, "no parameter"),
        ("method=GET", {"If-Match": "a\nb"}, "header"),
        ("method=GET", {"X-Experience-API-Version": "0.8"}, "not spoken"),
    ],
)
def test_alternate_syntax_refused(
    client: Client, query: str, fields: dict[str, str], sentence: str
) -> None:
    answer = client.post(f"{STATEMENTS}?{query}", **form(**fields))
    assert answer.status_code == 400
    assert sentence in answer.json["error"]


def test_alternate_syntax_is_of_the_first_line_only(client: Client) -> None:
    answer = client.speaking("2.0.0").post(f"{STATEMENTS}?method=GET", **form(limit="1"))
    assert answer.status_code == 400
    assert "alternate" in answer.json["error"]


def test_only_a_post_may_carry_a_method(client: Client) -> None:
    answer = client.put(f"{STATEMENTS}?method=POST", json=make.statement())
    assert answer.status_code == 400


# Browsers


def test_a_browser_asks_before_it_sends(client: Client) -> None:
    answer = client.options(
        STATEMENTS,
        headers={
            "Authorization": None,
            "X-Experience-API-Version": None,
            "Origin": "https://course.example.org",
            "Access-Control-Request-Method": "PUT",
        },
    )
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert "X-Experience-API-Version" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_browser_may_read_our_headers_also_of_refusals(client: Client) -> None:
    for path in (STATEMENTS, f"{STATEMENTS}?foo=1", "/xapi/nothing"):
        answer = client.get(path, headers={"Origin": "https://course.example.org"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    ("origin", "allowed"), [("https://a.example.org", True), ("https://evil.example", False)]
)
def test_origins_can_be_named(client: Client, origin: str, allowed: bool) -> None:
    other = with_settings(client, cors_origins="https://a.example.org https://b.example.org")
    answer = other.get(STATEMENTS, headers={"Origin": origin})
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
    assert "Origin" in answer.headers["Vary"]


def test_links_are_where_clients_are_even_behind_a_proxy(client: Client) -> None:
    client.post(STATEMENTS, json=[make.statement(), make.statement()])
    behind = with_settings(client, public_url="https://example.org/lrs")
    more = behind.get(f"{STATEMENTS}?limit=1").json["more"]
    assert more.startswith("/lrs/xapi/statements?more=")


# Packed answers


@pytest.fixture
def long_answer(client: Client) -> str:
    place = urlencode(
        {"activityId": "https://example.org/a", "stateId": "s", "agent": json.dumps(make.agent())}
    )
    client.put(f"{STATE}?{place}", json={"text": "x" * 5000})
    return f"{STATE}?{place}"


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("br", False), ("", False)],
)
def test_answers_are_packed_where_asked(
    client: Client, long_answer: str, accepted: str, packed: bool
) -> None:
    plain = client.get(long_answer)
    answer = client.get(long_answer, headers={"Accept-Encoding": accepted})
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    if packed:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.data) == plain.data
        assert answer.headers["ETag"] == "W/" + plain.headers["ETag"]
    else:
        assert answer.data == plain.data


def test_the_tag_of_a_packed_answer_holds_for_writing(client: Client, long_answer: str) -> None:
    weak = client.get(long_answer, headers={"Accept-Encoding": "gzip"}).headers["ETag"]
    answer = client.put(long_answer, json={}, headers={"If-Match": weak})
    assert answer.status_code == 204


def test_short_answers_and_heads_are_not_packed(client: Client, long_answer: str) -> None:
    accept = {"Accept-Encoding": "gzip"}
    assert "Content-Encoding" not in client.head(long_answer, headers=accept).headers
    assert "Content-Encoding" not in client.get(STATEMENTS, headers=accept).headers
