"""xAPI 1.0.3: attachments on their way in and out, and signed statements.

Data 2.4.11 and 2.6; Communication 1.5.2 and 2.1.3.
"""

import hashlib
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding

from tests import make
from tests.conformance.service import JSON, STATEMENTS, Part, Service, multipart, parts_of

ONE = "0193e1a4-2f63-4c4e-9d9a-6c1f2a3b4c51"
TWO = "0193e1a4-2f63-4c4e-9d9a-6c1f2a3b4c52"
MIXED = "multipart/mixed; boundary=a-boundary"
PDF = b"%PDF-1.7\r\n--a-boundar\r\n\x00\xff\r\n"
TEXT = "ꦱꦫꦶ".encode()
SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"


def attachment(content: bytes, kind: str = "application/pdf", **changes: Any) -> make.Tree:
    """How a statement describes these bytes."""
    return {
        "usageType": "https://example.org/usage/evidence",
        "display": {"en": "evidence"},
        "contentType": kind,
        "length": len(content),
        "sha2": hashlib.sha256(content).hexdigest(),
    } | changes


def part(content: bytes, kind: str = "application/pdf", **changes: str | None) -> Part:
    """These bytes as a part of a request; a header given as None is left out."""
    headers = {
        "Content-Type": kind,
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": hashlib.sha256(content).hexdigest(),
    }
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    return Part(make.without_none(headers | named), content)


def first(statements: Any, kind: str = JSON) -> Part:
    return Part({"Content-Type": kind}, json.dumps(statements).encode())


def send(service: Service, *parts: Part, content_type: str = MIXED, **options: Any) -> Any:
    return service("POST", STATEMENTS, data=multipart(*parts, **options), content_type=content_type)


def with_pdf(**changes: Any) -> make.Tree:
    return make.statement(attachments=[attachment(PDF)]) | changes


# In ----------------------------------------------------------------------------------------------


def test_communication_1_5_1_file_urls_come_as_json(v1: Service) -> None:
    """With application/json an LRS MUST accept batches that hold attachments with "fileUrl", or
    none (Communication 1.5.1)."""
    sent = with_pdf(attachments=[attachment(PDF, fileUrl="https://files.example.org/1.pdf")])
    assert v1.kept(sent)["attachments"] == sent["attachments"]


def test_communication_1_5_1_json_brings_no_data(v1: Service) -> None:
    """An attachment without fileUrl has its data in the request, or is refused (1.5.2)."""
    problems = v1.refusal(v1.post([make.statement(), with_pdf()]))
    assert [(each["index"], each["path"]) for each in problems] == [(1, "attachments[0].sha2")]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_communication_1_5_2_data_comes_in_parts(v1: Service, method: str) -> None:
    """With multipart/mixed an LRS MUST accept batches with attachments in the Transmission
    Format (Communication 1.5.2), and gives back the very bytes."""
    body = multipart(first(with_pdf(id=ONE)), part(PDF))
    query = f"?statementId={ONE}" if method == "PUT" else ""
    answer = v1(method, STATEMENTS + query, data=body, content_type=MIXED)
    assert answer.status_code == (204 if method == "PUT" else 200)
    statement, back = parts_of(v1.get(statementId=ONE, attachments=True))
    assert json.loads(statement.content)["attachments"] == [attachment(PDF)]
    assert back.content == PDF


def test_communication_1_5_2_one_copy_serves_many(v1: Service) -> None:
    """An LRS SHOULD* accept batches where one copy of the data is used by several attachments
    (Communication 1.5.2); in the answer too it comes once."""
    again = attachment(PDF, display={"id": "bukti"})
    both = [with_pdf(), with_pdf(attachments=[again, attachment(TEXT, "text/plain")])]
    assert send(v1, first(both), part(PDF), part(TEXT, "text/plain")).status_code == 200
    _, *back = parts_of(v1.get(attachments=True))
    assert sorted(each.content for each in back) == sorted([PDF, TEXT])


@pytest.mark.parametrize("name", ["sha384", "sha512"])
def test_data_2_4_11_other_sha2_sums_name_data(v1: Service, name: str) -> None:
    """SHA-256, SHA-384 and SHA-512 populate the "sha2" property (Communication 1.5.2)."""
    sha2 = hashlib.new(name, PDF).hexdigest()
    sent = with_pdf(attachments=[attachment(PDF, sha2=sha2)])
    assert send(v1, first(sent), part(PDF, X_Experience_API_Hash=sha2)).status_code == 200
    _, back = parts_of(v1.get(attachments=True))
    assert (back.content, back.headers["x-experience-api-hash"]) == (PDF, sha2)


def test_communication_1_5_2_attachments_of_a_substatement(v1: Service) -> None:
    """A SubStatement has attachments as a Statement has (Data 2.4.4.3)."""
    inner = {"objectType": "SubStatement", **with_pdf()}
    assert send(v1, first(make.statement(object=inner)), part(PDF)).status_code == 200
    _, back = parts_of(v1.get(attachments=True))
    assert back.content == PDF


def test_communication_1_5_2_multipart_may_hold_statements_alone(v1: Service) -> None:
    """An LRS SHOULD* accept multipart/mixed without attachments, or with fileUrl only."""
    linked = with_pdf(attachments=[attachment(PDF, fileUrl="https://files.example.org/1.pdf")])
    assert send(v1, first([make.statement(), linked])).status_code == 200


def test_communication_1_5_2_binary_is_assumed(v1: Service) -> None:
    """An LRS SHOULD assume a Content-Transfer-Encoding of binary (Communication 1.5.2)."""
    bare = part(PDF, Content_Transfer_Encoding=None)
    assert send(v1, first(with_pdf()), bare).status_code == 200


def test_communication_1_5_2_a_preamble_is_passed_over(v1: Service) -> None:
    """The body MUST conform to "multipart/mixed" of RFC 2046, preamble and quotes included."""
    body = b"This is a message in parts.\r\n" + multipart(first(with_pdf()), part(PDF))
    quoted = 'multipart/mixed; boundary="a-boundary"'
    assert v1("POST", STATEMENTS, data=body, content_type=quoted).status_code == 200


MALFORMED: dict[str, Callable[[Service], Any]] = {
    "a part that no statement describes": lambda v: send(v, first(make.statement()), part(PDF)),
    "an attachment that has no part": lambda v: send(v, first(with_pdf()), part(TEXT)),
    "statements in two parts": lambda v: send(v, first(with_pdf()), first(with_pdf()), part(PDF)),
    "statements not first": lambda v: send(v, part(PDF), first(with_pdf())),
    "first part of another type": lambda v: send(
        v, first(with_pdf(), "application/octet-stream"), part(PDF)
    ),
    "no hash": lambda v: send(v, first(with_pdf()), part(PDF, X_Experience_API_Hash=None)),
    "a hash of other bytes": lambda v: send(
        v,
        first(with_pdf()),
        part(PDF, X_Experience_API_Hash=hashlib.sha256(TEXT).hexdigest()),
    ),
    "bytes changed on the way": lambda v: send(
        v,
        first(with_pdf()),
        part(PDF + b"!", X_Experience_API_Hash=hashlib.sha256(PDF).hexdigest()),
    ),
    "encoded as base64": lambda v: send(
        v, first(with_pdf()), part(PDF, Content_Transfer_Encoding="base64")
    ),
    "another content type in the part": lambda v: send(
        v, first(with_pdf()), part(PDF, "text/plain")
    ),
    "another length in the part": lambda v: send(
        v, first(with_pdf()), part(PDF, Content_Length=str(len(PDF) + 1))
    ),
    "no boundary in the header": lambda v: send(
        v, first(with_pdf()), part(PDF), content_type="multipart/mixed"
    ),
    "another boundary in the body": lambda v: send(
        v, first(with_pdf()), part(PDF), boundary="another"
    ),
    "no end": lambda v: send(v, first(with_pdf()), part(PDF), end=False),
    "no parts": lambda v: send(v),
    "form data": lambda v: send(
        v, first(with_pdf()), part(PDF), content_type="multipart/form-data; boundary=a-boundary"
    ),
    "JSON that says multipart": lambda v: v.post(make.statement(), content_type=MIXED),
    "multipart that says JSON": lambda v: send(v, first(with_pdf()), part(PDF), content_type=JSON),
    "text": lambda v: v.post(make.statement(), content_type="text/plain"),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_communication_1_5_2_what_is_not_the_transmission_format(v1: Service, what: str) -> None:
    """An LRS MUST reject batches with attachments that do not conform to the Transmission
    Format (Communication 1.5.2), and content that is not of the type the header says (3.2)."""
    v1.refusal(MALFORMED[what](v1))
    assert v1.found() == []


# Out ---------------------------------------------------------------------------------------------


def test_communication_2_1_3_attachments_true_is_multipart(v1: Service) -> None:
    """With attachments=true the LRS MUST use the multipart response format and include all
    attachments; each part has a hash, the type and binary encoding (1.5.2, 2.1.3)."""
    send(v1, first([with_pdf(id=ONE), make.statement(id=TWO)]), part(PDF))
    statements, back = parts_of(v1.get(attachments=True))
    assert statements.headers["content-type"] == JSON
    assert [each["id"] for each in json.loads(statements.content)["statements"]] == [TWO, ONE]
    assert back.headers == {
        "content-type": "application/pdf",
        "content-transfer-encoding": "binary",
        "x-experience-api-hash": hashlib.sha256(PDF).hexdigest(),
    }
    assert back.content == PDF


def test_communication_2_1_3_multipart_even_without_attachments(v1: Service) -> None:
    """attachments=true is answered as multipart where there are none, or only fileUrl."""
    linked = with_pdf(attachments=[attachment(PDF, fileUrl="https://files.example.org/1.pdf")])
    v1.store(make.statement(), linked)
    (statements,) = parts_of(v1.get(attachments=True))
    assert len(json.loads(statements.content)["statements"]) == 2


@pytest.mark.parametrize("given", [{}, {"attachments": False}], ids=["absent", "false"])
def test_communication_2_1_3_attachments_false_is_json(v1: Service, given: Any) -> None:
    """With attachments=false the LRS MUST NOT include attachment data and MUST report
    application/json (Communication 2.1.3)."""
    send(v1, first(with_pdf(id=ONE)), part(PDF))
    for answer in (v1.get(**given), v1.get(statementId=ONE, **given)):
        assert answer.content_type == JSON
        assert b"%PDF" not in answer.data


def test_communication_2_1_3_a_voided_statement_has_its_attachments(v1: Service) -> None:
    """voidedStatementId goes with attachments and format (Communication 2.1.3)."""
    send(v1, first([with_pdf(id=ONE), make.voiding(ONE)]), part(PDF))
    _, back = parts_of(v1.get(voidedStatementId=ONE, attachments=True))
    assert back.content == PDF
    (_,) = parts_of(v1.get(attachments=True))


# Data 2.6: signed statements ---------------------------------------------------------------------

ALGORITHMS = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}


@cache
def key(name: str) -> RSAPrivateKey:
    """A freshly made RSA key, the same for a name as long as the tests run."""
    return generate_private_key(65537, 2048)


@cache
def certificate(name: str, issuer: str) -> str:
    """The certificate of a name's key, as x5c holds it, signed with the issuer's key."""

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    made = (
        x509.CertificateBuilder(named(issuer), named(name), key(name).public_key(), 1000)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .sign(key(issuer), hashes.SHA256())
    )
    return b64encode(made.public_bytes(Encoding.DER)).decode()


def chain() -> list[str]:
    return [certificate("signer", "agency"), certificate("agency", "root")]


def base64url(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")


def jws(payload: Any, algorithm: str = "RS256", signer: str = "signer", **header: Any) -> bytes:
    """A JWS in compact form."""
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    head = json.dumps({"alg": algorithm} | header).encode()
    signed = base64url(head) + b"." + base64url(content)
    digest = ALGORITHMS.get(algorithm, hashes.SHA256())
    return signed + b"." + base64url(key(signer).sign(signed, PKCS1v15(), digest))


PLAIN = make.statement(
    id=ONE,
    object=make.activity(definition={"name": {"en": "Course"}}),
    result={"duration": "PT1M0.12S", "score": {"raw": 1.50}},
    timestamp="2026-03-02T08:00:00Z",
)


def send_signed(service: Service, signature: bytes, kind: str = "", **changes: Any) -> Any:
    kind = kind or "application/octet-stream"
    described = attachment(signature, kind, usageType=SIGNATURE)
    signed = PLAIN | changes
    signed["attachments"] = [*signed.get("attachments", []), described]
    return send(service, first(signed), part(signature, kind))


@pytest.mark.parametrize("with_chain", [True, False], ids=["x5c", "no x5c"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_data_2_6_signatures_are_taken(v1: Service, algorithm: str, with_chain: bool) -> None:
    """A JWS with RS256, RS384 or RS512 and a payload of the complete Statement; the header
    SHOULD hold the certificate chain as x5c (Data 2.6). It comes back as it was."""
    signature = jws(PLAIN, algorithm, **({"x5c": chain()} if with_chain else {}))
    assert send_signed(v1, signature).status_code == 200
    _, back = parts_of(v1.get(statementId=ONE, attachments=True))
    assert back.content == signature


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": "2026-03-02T15:00:00.000+07:00"},
        {"verb": make.verb(display={"id": "mengalami"})},
        {"stored": "2026-03-02T08:00:01Z"},
        {"authority": make.agent("somebody")},
        {"result": {"score": {"raw": 1.5}, "duration": "PT1M0.129S"}},
    ],
    ids=["zone", "display", "stored", "authority", "duration beyond hundredths"],
)
def test_data_2_6_what_an_lrs_may_change_is_no_mismatch(v1: Service, changes: Any) -> None:
    """The payload is compared by the rules of Data 2.3.1 (Data 2.6)."""
    assert send_signed(v1, jws(PLAIN, x5c=chain()), **changes).status_code == 200


BAD_SIGNATURES: dict[str, Callable[[], bytes]] = {
    "not a JWS": lambda: b"signed, Sari",
    "no payload": lambda: b"..".join(jws(PLAIN).split(b".")[::2]),
    "payload is no JSON": lambda: jws(b"{"),
    "payload is another statement": lambda: jws(PLAIN | {"actor": make.agent("budi")}),
    "payload lacks the result": lambda: jws({k: v for k, v in PLAIN.items() if k != "result"}),
    "HS256": lambda: jws(PLAIN, "HS256"),
    "none": lambda: jws(PLAIN, "none"),
    "no algorithm": lambda: jws(PLAIN, alg=None),
    "signed with another key": lambda: jws(PLAIN, signer="somebody", x5c=chain()),
    "chain in the wrong order": lambda: jws(PLAIN, x5c=chain()[::-1]),
    "chain with a gap": lambda: jws(
        PLAIN, x5c=[certificate("signer", "agency"), certificate("root", "root")]
    ),
    "x5c is no certificate": lambda: jws(PLAIN, x5c=["c2FyaQ=="]),
    "x5c is empty": lambda: jws(PLAIN, x5c=[]),
    "bytes changed after signing": lambda: jws(PLAIN, x5c=chain())[:-8] + b"AAAAAAAA",
}


@pytest.mark.parametrize("what", BAD_SIGNATURES)
def test_data_2_6_malformed_signatures_are_refused(v1: Service, what: str) -> None:
    """The LRS MUST reject requests with malformed signatures with 400, and SHOULD say why: it
    decodes, checks the algorithm, the payload and, with x5c, the signature (Data 2.6)."""
    problems = v1.refusal(send_signed(v1, BAD_SIGNATURES[what]()))
    assert {each["path"].partition("[")[0] for each in problems} == {"attachments"}
    assert {each["clause"].partition("Data ")[2] for each in problems} == {"2.6"}
    assert v1.found() == []


def test_data_2_6_a_signature_is_an_octet_stream(v1: Service) -> None:
    """A signature has the contentType application/octet-stream (Data 2.6)."""
    problems = v1.refusal(send_signed(v1, jws(PLAIN, x5c=chain()), "application/jose"))
    assert problems[0]["path"] == "attachments[0].contentType"


def test_data_2_6_a_signature_is_sent_not_linked(v1: Service) -> None:
    """A request MUST include the data of signatures even where there is a fileUrl
    (Communication 1.5.2)."""
    signature = jws(PLAIN, x5c=chain())
    described = attachment(
        signature,
        "application/octet-stream",
        usageType=SIGNATURE,
        fileUrl="https://files.example.org/signature",
    )
    v1.refusal(v1.post(PLAIN | {"attachments": [described]}))


def test_data_2_6_other_attachments_are_signed_too(v1: Service) -> None:
    """The payload is the Statement "before the signature was added": with its other
    attachments (Data 2.6)."""
    with_link = {"attachments": [attachment(PDF, fileUrl="https://files.example.org/1.pdf")]}
    v1.refusal(send_signed(v1, jws(PLAIN, x5c=chain()), **with_link))
    signature = jws(PLAIN | with_link, x5c=chain())
    assert send_signed(v1, signature, **with_link).status_code == 200
