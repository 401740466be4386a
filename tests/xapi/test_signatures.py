"""Signed statements (Data 2.6, 2.3.1; RFC 7515)."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import Refused
from lrs.xapi.signatures import USAGE, Signature, verify

SIGNER, AUTHORITY = (rsa.generate_private_key(65537, 2048) for _ in range(2))
ALGORITHMS = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}
ATTACHMENT = {"usageType": USAGE, "contentType": "application/octet-stream"}

STATEMENT: dict[str, Any] = {
    "id": "33cff416-e331-4c9d-969e-5373a1756120",
    "actor": {"mbox": "mailto:example@example.com", "objectType": "Agent"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced", "display": {"en-US": "saw"}},
    "object": {"id": "https://www.youtube.com/watch?v=xh4kIiH3Sm8"},
    "result": {"duration": "P1DT12H36M0.12S", "score": {"scaled": 0.5}},
    "timestamp": "2013-04-01T12:00:00Z",
}


def certificate(
    name: str, key: Any, issuer: str, issuing: Any, year: int = 2013, years: int = 2
) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    return (
        x509.CertificateBuilder(named(issuer), named(name), key.public_key(), year)
        .not_valid_before(datetime(year, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(year + years, 1, 1, tzinfo=UTC))
        .sign(issuing, hashes.SHA256())
    )


ROOT = certificate("Root", AUTHORITY, "Root", AUTHORITY, 2010, 20)
LEAF = certificate("Signer", SIGNER, "Root", AUTHORITY)


def base64url(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")


def der(*certificates: x509.Certificate) -> list[str]:
    return [b64encode(each.public_bytes(Encoding.DER)).decode() for each in certificates]


def jws(payload: Any = STATEMENT, key: Any = SIGNER, **header: Any) -> bytes:
    header = {"alg": "RS256"} | header
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = base64url(json.dumps(header).encode()) + b"." + base64url(content)
    value = key.sign(signed, PKCS1v15(), ALGORITHMS.get(header["alg"], hashes.SHA256()))
    return signed + b"." + base64url(value)


def received(**changes: Any) -> dict[str, Any]:
    return deepcopy(STATEMENT) | {"attachments": [ATTACHMENT]} | changes


def check(signature: bytes, **changes: Any) -> Signature:
    tree = received(**changes)
    return verify(tree, tree["attachments"][-1], signature)


def refusal(signature: bytes, **changes: Any) -> str:
    with pytest.raises(Refused) as refused:
        check(signature, **changes)
    [problem] = refused.value.problems
    assert problem.path.startswith("attachments[0]")
    assert problem.clause == "Data 2.6"
    return problem.message


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_three_algorithms(algorithm: str) -> None:
    """XAPI-00117: RS256, RS384 and RS512, with certificates and without."""
    assert check(jws(alg=algorithm)) == Signature(algorithm, "payload")
    signature = check(jws(alg=algorithm, x5c=der(LEAF, ROOT)))
    assert signature.facts() == {
        "algorithm": algorithm,
        "verified": "chain",
        "chain": [each.fingerprint(hashes.SHA256()).hex() for each in (LEAF, ROOT)],
        "subject": "CN=Signer",
        "valid_from": "2013-01-01T00:00:00Z",
        "valid_until": "2015-01-01T00:00:00Z",
    }
    json.dumps(signature.facts())


@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES256", "PS256", "rs256", "", None, 1, []])
def test_other_algorithms_are_refused(algorithm: Any) -> None:
    header = base64url(json.dumps({"alg": algorithm}).encode())
    signature = header + b"." + jws().partition(b".")[2]
    assert "RS256, RS384 or RS512" in refusal(signature)
    assert "null" in refusal(base64url(b"{}") + b"." + jws().partition(b".")[2])


def test_a_signature_is_an_octet_stream() -> None:
    """XAPI-00115."""
    wrong = ATTACHMENT | {"contentType": "text/plain; charset=ascii"}
    assert "application/octet-stream" in refusal(jws(), attachments=[wrong])


@pytest.mark.parametrize(
    ("signature", "why"),
    [
        (b"", "1 parts"),
        (b'{"payload":"","signatures":[]}', "no JWS in compact form"),
        (b"a.b", "2 parts"),
        (b"a.b.c.d", "4 parts"),
        (b"!.!.!", "not base64url"),
        (jws() + b"\n", "not base64url"),
        (jws() + b"=", "not base64url"),
        (b"a." + jws().partition(b".")[2], "not base64url"),
        (base64url(b"nonsense") + b"." + jws().partition(b".")[2], "header is not JSON"),
        (base64url(b"[]") + b"." + jws().partition(b".")[2], "header is not a JSON object"),
        (jws(b64=False, crit=["b64"]), "extensions not known"),
        (jws(b"{'id':1}"), "not one JSON statement"),
        (jws(b"{}{}"), "not one JSON statement"),
        (jws(b'{"id":1,"id":1}'), "not one JSON statement"),
        (jws(b"\xff"), "not one JSON statement"),
        (jws(b"[" * 10_000), "not one JSON statement"),
        (jws([STATEMENT]), "is not a statement"),
        (jws(x5c=[]), "not a list of certificates"),
        (jws(x5c=None), "not a list of certificates"),
        (jws(x5c="MII"), "not a list of certificates"),
        (jws(x5c=[1]), "not a list of certificates"),
        (jws(x5c=["MII"]), "entry 0 is not a DER certificate"),
        (jws(x5c=["é"]), "entry 0 is not a DER certificate"),
        (jws(x5c=[*der(LEAF), b64encode(b"0").decode()]), "entry 1 is not a DER certificate"),
        (jws(x5c=der(LEAF) * 11), "more than 10"),
        (jws(x5c=der(LEAF, LEAF)), "certificate 0 was not issued by 1"),
        (jws(x5c=der(ROOT, LEAF)), "certificate 0 was not issued by 1"),
        (jws(x5c=der(ROOT)), "does not fit the key"),
        (jws(key=AUTHORITY, x5c=der(LEAF, ROOT)), "does not fit the key"),
    ],
)
def test_malformed_signatures_are_refused(signature: bytes, why: str) -> None:
    """XAPI-00116 and the certificates of RFC 7515 §4.1.6."""
    assert why in refusal(signature)


def test_a_signature_of_other_bytes_is_refused() -> None:
    """The bytes count: the same statement spelled otherwise was not signed."""
    header, _, value = jws(x5c=der(LEAF)).split(b".")
    spelled = base64url(json.dumps(STATEMENT, indent=1).encode())
    assert "does not fit" in refusal(b".".join((header, spelled, value)))
    header, payload, value = jws(x5c=der(LEAF)).split(b".")
    assert "does not fit" in refusal(b".".join((header, payload, value[:-8])))


def test_a_certificate_without_an_rsa_key_is_refused() -> None:
    odd = certificate("Odd", ec.generate_private_key(ec.SECP256R1()), "Root", AUTHORITY)
    assert "no RSA key" in refusal(jws(x5c=der(odd, ROOT)))


def test_an_expired_certificate_is_recorded_not_refused() -> None:
    """No time in a statement is vouched for by anyone but the signer."""
    late = received(timestamp="2026-01-01T00:00:00Z")
    signature = jws({key: late[key] for key in STATEMENT}, x5c=der(LEAF))
    assert verify(late, late["attachments"][0], signature).valid_until == "2015-01-01T00:00:00Z"


# Equality with the statement (Data 2.3.1)


@pytest.mark.parametrize(
    "changes",
    [
        {"stored": "2013-04-01T12:00:01Z", "authority": {"mbox": "mailto:store@example.com"}},
        {"version": "1.0.3"},
        {"id": STATEMENT["id"].upper()},
        {"timestamp": "2013-04-01T14:00:00.000+02:00"},
        {"result": {"duration": "P1DT12H36M0.1237S", "score": {"scaled": 0.50}}},
        {"verb": {"id": STATEMENT["verb"]["id"]}},
        {"object": STATEMENT["object"] | {"definition": {"name": {"en": "A video"}}}},
        {"actor": {"objectType": "Agent", "mbox": "mailto:example@EXAMPLE.com"}},
        {"attachments": [ATTACHMENT | {"description": {"en": "another"}}, ATTACHMENT]},
    ],
)
def test_what_makes_no_other_statement(changes: dict[str, Any]) -> None:
    check(jws(x5c=der(LEAF)), **changes)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"actor": {"mbox": "mailto:other@example.com", "objectType": "Agent"}}, "actor.mbox"),
        ({"actor": {"mbox": "mailto:Example@example.com", "objectType": "Agent"}}, "actor.mbox"),
        ({"timestamp": "2013-04-01T12:00:00.000000001Z"}, "timestamp"),
        ({"result": {"duration": "P1DT12H36M0.13S", "score": {"scaled": 0.5}}}, "result.duration"),
        ({"result": {"duration": "PT36H36M0.12S", "score": {"scaled": 0.5}}}, "result.duration"),
        ({"result": STATEMENT["result"] | {"score": {"scaled": True}}}, "result.score.scaled"),
        ({"result": STATEMENT["result"] | {"success": True}}, "result.success"),
        ({"object": {"id": "https://www.youtube.com/"}}, "object.id"),
        ({"context": {}}, "context"),
        ({"attachments": [ATTACHMENT, {"usageType": "http://a.b/c"}]}, "attachments"),
    ],
)
def test_what_makes_another_statement(changes: dict[str, Any], where: str) -> None:
    tree = received(**changes)
    with pytest.raises(Refused, match=rf"differ at {where}\."):
        verify(tree, tree["attachments"][0], jws())


def test_what_was_signed_must_be_sent() -> None:
    tree = received()
    del tree["id"]
    with pytest.raises(Refused, match=r"differ at id\."):
        verify(tree, tree["attachments"][0], jws())


def without(tree: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in tree.items() if name not in names}


def test_what_a_store_adds_need_not_have_been_signed() -> None:
    for name in ("id", "timestamp"):
        check(jws(without(STATEMENT, name)))


def test_numbers_compare_exactly() -> None:
    long = b'{"result":{"score":{"raw":1.000000000000000000000000000000000000%s}}}'
    tree = {"attachments": [ATTACHMENT], "result": {"score": {"raw": 1}}}
    assert verify(tree, ATTACHMENT, jws(long % b"0")).verified == "payload"
    with pytest.raises(Refused, match=r"differ at result\.score\.raw"):
        verify(tree, ATTACHMENT, jws(long % b"1"))


@given(st.binary(max_size=100), st.binary(max_size=100), st.binary(max_size=100))
def test_any_bytes_are_refused(header: bytes, payload: bytes, rest: bytes) -> None:
    encode: Callable[[bytes], bytes] = base64url
    for signature in (header, b".".join(map(encode, (header, payload, rest)))):
        assert refusal(signature)


@given(st.integers(0, len(jws(x5c=der(LEAF))) - 1), st.integers(0, 255))
def test_one_changed_byte_is_refused(place: int, byte: int) -> None:
    whole = bytearray(jws(x5c=der(LEAF)))
    if whole[place] == byte or base64_alias(whole, place, byte):
        return
    whole[place] = byte
    assert refusal(bytes(whole))


def base64_alias(whole: bytearray, place: int, byte: int) -> bool:
    """Whether only bits are changed that the last letter of base64url does not use."""
    return place == len(whole) - 1 and (chr(byte) in "-_" or bytes([byte]).isalnum())
