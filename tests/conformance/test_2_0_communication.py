"""xAPI 2.0 (IEEE 9274.1.1), clause 4.1: communication, where it is not as 1.0.3 has it.

Documents, persons and activities that both versions treat alike are tried for both in
`test_1_0_3_communication_documents`; versions and About in `test_1_0_3_communication`.
"""

import hashlib
import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from tests import make
from tests.conformance import test_1_0_3_communication as common
from tests.conformance import test_1_0_3_data_attachments as signing
from tests.conformance.service import (
    CONSISTENT,
    JSON,
    STATEMENTS,
    VERSION,
    Service,
    parts_of,
)
from tests.conformance.test_1_0_3_communication_documents import KINDS, Kind

ONE = "0193e1a4-2f63-4c4e-9d9a-6c1f2a3b4c51"
TWO = "0193e1a4-2f63-4c4e-9d9a-6c1f2a3b4c52"
FORM = "application/x-www-form-urlencoded"
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)

# 4.1.1, 4.1.2: headers, versions, no alternate syntax --------------------------------------------


@pytest.mark.parametrize("what", common.READABLE)
def test_4_1_1_every_answer_names_the_version(v2: Service, what: str) -> None:
    """Every response from the LRS shall include X-Experience-API-Version: 2.0.0, also those of
    requests that fail."""
    path = common.READABLE[what]
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
        for headers in ({}, {"Authorization": make.basic("nobody", "nothing")}):
            answer = v2(method, path, data=b"", headers=headers)
            assert answer.headers[VERSION] == "2.0.0"


@pytest.mark.parametrize("what", common.READABLE)
def test_4_1_1_head_is_get_without_a_body(v2: Service, what: str) -> None:
    """HEAD is answered as GET, without the message body."""
    common.furnish(v2)
    plain, head = v2("GET", common.READABLE[what]), v2("HEAD", common.READABLE[what])
    assert (plain.status_code, head.status_code, head.data) == (200, 200, b"")
    for name in ("ETag", "Last-Modified", "Content-Length"):
        assert head.headers.get(name) == plain.headers.get(name)


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("where", ["headers in the form", "headers as headers"])
def test_4_1_there_is_no_alternate_request_syntax(v2: Service, method: str, where: str) -> None:
    """2.0 removed the alternate request syntax: POST with a "method" parameter is refused, and
    nothing is stored."""
    fields = {"content": json.dumps(make.statement()), "statementId": ONE}
    headers: dict[str, str | None] = {}
    if where == "headers in the form":
        fields |= v2.client.usual
        headers = dict.fromkeys(v2.client.usual)
    answer = v2.client.open(
        f"{STATEMENTS}?method={method}",
        method="POST",
        data=urlencode(fields),
        content_type=FORM,
        headers=headers,
    )
    assert answer.status_code == 400
    assert answer.json["error"]
    assert v2.found() == []


@pytest.mark.parametrize("what", common.GUARDED)
def test_4_1_5_unknown_parameters_are_refused(v2: Service, what: str) -> None:
    """The LRS shall reject with 400 parameters it does not recognize, or in another case."""
    path = common.READABLE[what]
    for name in ("colour", "AGENT", "StatementId", "method"):
        answer = v2("GET", f"{path}{'&' if '?' in path else '?'}{name}=x")
        assert name in {each["path"] for each in v2.refusal(answer)}


# 4.1.3: content types, attachments, signatures ---------------------------------------------------


def test_4_1_3_multipart_with_parts_with_links_or_alone(v2: Service) -> None:
    """An LRS shall accept multipart/mixed batches with attachments in the Transmission Format,
    with only fileUrl, or with none."""
    linked = signing.with_pdf(
        attachments=[signing.attachment(signing.PDF, fileUrl="https://files.example.org/1")]
    )
    batch = [signing.with_pdf(id=ONE), linked, make.statement()]
    answer = signing.send(v2, signing.first(batch), signing.part(signing.PDF))
    assert answer.status_code == 200
    assert signing.send(v2, signing.first([linked])).status_code == 200
    assert signing.send(v2, signing.first(make.statement())).status_code == 200
    _, back = parts_of(v2.get(statementId=ONE, attachments=True))
    assert back.content == signing.PDF


@pytest.mark.parametrize("what", signing.MALFORMED)
def test_4_1_3_what_is_not_the_transmission_format(v2: Service, what: str) -> None:
    """An LRS shall reject batches of Statements that do not conform to it."""
    v2.refusal(signing.MALFORMED[what](v2))
    assert v2.found() == []


@pytest.mark.parametrize("algorithm", signing.ALGORITHMS)
def test_4_2_6_signed_statements_are_taken(v2: Service, algorithm: str) -> None:
    """A JWS in compact form with RS256, RS384 or RS512 over the statement, with its chain."""
    signature = signing.jws(signing.PLAIN, algorithm, x5c=signing.chain())
    assert signing.send_signed(v2, signature).status_code == 200


@pytest.mark.parametrize("what", signing.BAD_SIGNATURES)
def test_4_2_6_malformed_signatures_are_refused(v2: Service, what: str) -> None:
    """The LRS shall reject requests to store Statements with malformed signatures with 400."""
    v2.refusal(signing.send_signed(v2, signing.BAD_SIGNATURES[what]()))
    assert v2.found() == []


def test_4_2_6_json_serialization_is_no_signature(both: Service) -> None:
    """JWS Compact Serialization shall be used; JSON Serialization is forbidden."""
    head, payload, value = signing.jws(signing.PLAIN).decode().split(".")
    whole = {"payload": payload, "signatures": [{"protected": head, "signature": value}]}
    both.refusal(signing.send_signed(both, json.dumps(whole).encode()))


# 4.1.4: concurrency ------------------------------------------------------------------------------


@every_kind
def test_4_1_4_put_over_a_document_names_what_it_read(v2: Service, kind: Kind) -> None:
    """PUT without If-Match or If-None-Match for a resource that exists: the LRS shall return
    409 with a message that explains it, and not modify; State is no exception."""
    assert v2("PUT", kind.at(), data=b"1", content_type="text/plain").status_code == 204
    answer = v2("PUT", kind.at(), data=b"2", content_type="text/plain")
    v2.refusal(answer, 409)
    assert "If-Match" in answer.json["error"]
    assert v2("GET", kind.at()).data == b"1"


@every_kind
def test_4_1_4_a_new_document_needs_no_condition(v2: Service, kind: Kind) -> None:
    """Where no document stands, a PUT without conditions conflicts with nothing."""
    assert v2("PUT", kind.at(), data=b"1", content_type="text/plain").status_code == 204
    assert v2("GET", kind.at()).data == b"1"


@every_kind
def test_4_1_4_etags_stand_in_quotes(v2: Service, kind: Kind) -> None:
    """GET shall add an ETag, enclosed in quotes; another content has another."""
    v2("PUT", kind.at(), data=b"1", content_type="text/plain")
    first = v2("GET", kind.at()).headers["ETag"]
    assert first[0] == first[-1] == '"'
    v2("PUT", kind.at(), data=b"2", content_type="text/plain", headers={"If-Match": first})
    assert v2("GET", kind.at()).headers["ETag"] != first


@every_kind
def test_4_1_4_the_version_of_the_client_decides(v1: Service, v2: Service, kind: Kind) -> None:
    """One document, two clients: each is held to the rules of the version it speaks."""
    v2("PUT", kind.at(), data=b"1", content_type="text/plain")
    answer = v1("PUT", kind.at(), data=b"2", content_type="text/plain")
    assert answer.status_code == (204 if kind is KINDS["state"] else 409)


# 4.1.6.1: statements -----------------------------------------------------------------------------


def test_4_1_6_1_last_modified_matches_stored(v2: Service) -> None:
    """The LRS shall include a "Last-Modified" header which matches the "stored" Timestamp."""
    (stored,) = v2.store(make.statement())
    answer = v2.get(statementId=stored)
    moment = datetime.fromisoformat(answer.json["stored"]).replace(microsecond=0)
    assert parsedate_to_datetime(answer.headers["Last-Modified"]) == moment


def test_4_1_6_1_an_id_stands_once_in_a_batch(v2: Service) -> None:
    """A batch with two or more Statements with the same id shall be rejected with 400."""
    problems = v2.refusal(v2.post([make.statement(id=ONE), make.statement(id=ONE)]))
    assert [(each["index"], each["path"]) for each in problems] == [(1, "id")]
    assert v2.found() == []


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_4_1_6_1_a_stored_statement_is_not_changed(v2: Service, method: str) -> None:
    """A different Statement with an id that is stored: 409 Conflict, nothing modified; an equal
    one is acknowledged."""
    sent = make.statement(id=ONE)
    v2.store(sent)
    other = make.statement(id=ONE, actor=make.agent("budi"))
    v2.refusal(v2.put(other, ONE) if method == "PUT" else v2.post([make.statement(), other]), 409)
    assert (v2.put(sent, ONE) if method == "PUT" else v2.post(sent)).status_code < 300
    assert v2.found() == [ONE]
    assert v2.one(ONE)["actor"] == make.agent()


@pytest.mark.parametrize(
    ("method", "query"), [("GET", ""), ("GET", "?x=1"), ("POST", ""), ("PUT", ""), ("DELETE", "")]
)
def test_4_1_6_1_all_answers_are_consistent_through(v2: Service, method: str, query: str) -> None:
    """X-Experience-API-Consistent-Through stands on all responses of the Statements Resource."""
    answer = v2(method, STATEMENTS + query, data=b"{}", content_type=JSON)
    assert datetime.fromisoformat(answer.headers[CONSISTENT]).tzinfo


@pytest.mark.parametrize("ascending", [False, True])
def test_4_1_6_1_more_leads_to_every_page(v2: Service, ascending: bool) -> None:
    """ "more" leads through all pages of the query."""
    ids = v2.store(*(make.statement() for _ in range(11)))
    assert v2.everything(limit=3, ascending=ascending) == (ids if ascending else ids[::-1])


def test_4_1_6_1_references_are_found_by_their_targets(v2: Service) -> None:
    """Statements that target another by StatementRef meet the filters which that one meets."""
    v2.store(make.statement(id=TWO, actor=make.agent("eko"), object=make.reference(ONE)))
    v2.store(make.statement(id=ONE, actor=make.agent("budi")))
    assert v2.found(agent=make.agent("budi")) == [ONE, TWO]


def test_4_1_6_1_canonical_has_one_language(v2: Service) -> None:
    """The LRS shall return only one language within each language map of a canonical answer."""
    names = {"en": "Course", "id": "Kursus"}
    (stored,) = v2.store(make.statement(object=make.activity(definition={"name": names})))
    for language, name in names.items():
        answer = v2.get({"Accept-Language": language}, statementId=stored, format="canonical")
        assert answer.json["object"]["definition"] == {"name": {language: name}}


# 4.1.6.2 to 4.1.6.7 ------------------------------------------------------------------------------


@every_kind
def test_4_1_6_2_last_modified_follows_the_document(v2: Service, kind: Kind) -> None:
    """The LRS shall include a Last-Modified header, of when the document was last modified."""
    v2("PUT", kind.at(), data=b"1", content_type="text/plain")
    first = v2("GET", kind.at()).headers
    v2("PUT", kind.at(), data=b"2", content_type="text/plain", headers={"If-Match": first["ETag"]})
    second = v2("GET", kind.at()).headers
    before, after = (parsedate_to_datetime(each["Last-Modified"]) for each in (first, second))
    assert before <= after


@pytest.mark.parametrize("name", common.OWNER)
def test_4_1_6_2_both_versions_see_the_same_documents(v1: Service, v2: Service, name: str) -> None:
    """The version is one of the conversation, not of the document."""
    kind = next(each for each in KINDS.values() if each.path == name)
    v2("PUT", kind.at(), data=b"1", content_type="text/plain")
    seen = v1("GET", kind.at())
    assert (seen.data, seen.headers["ETag"]) == (b"1", f'"{hashlib.sha1(b"1").hexdigest()}"')
    assert v1("GET", kind.at(None)).json == ["bookmark"]


def test_4_1_6_4_an_unknown_activity_is_an_activity(v2: Service) -> None:
    """Without a canonical definition the LRS shall still return an Activity Object."""
    answer: Any = v2("GET", f"/xapi/activities?activityId={common.COURSE}")
    assert answer.json == {"objectType": "Activity", "id": common.COURSE}


def test_4_1_6_7_about_names_both_versions(v2: Service) -> None:
    """About lists every version that is spoken."""
    assert v2("GET", "/xapi/about").json["version"] == ["1.0.3", "2.0.0"]
