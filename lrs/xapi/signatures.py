"""Signed statements: what a signature says, and whether it says it of this statement.

A signature is an attachment that holds a JWS in compact form, whose payload is the statement as
it was before the signature was added (xAPI 1.0.3 Data 2.6; IEEE 9274.1.1 alike). Checked here:
the form, the algorithm, the payload against the statement, and, where the header carries
certificates (`x5c`), the signature over the very bytes by the first certificate's key and each
certificate's signature by the next (RFC 7515 §4.1.6).

Not checked is whom to trust: no root is known here, and the standard says that this step is there
"to catch mistakes in the signature, not as a security measure". Nor do validity dates refuse
anything: a statement holds no time that anyone but the signer vouches for, and archived
statements come in again years after a certificate ran out. The dates are recorded instead, for
whoever has to judge. Keys that a header only points to (`jku`, `x5u`) are never fetched.

RSA comes from `cryptography` directly: a JOSE library would bring the choice of algorithm that
the standard takes away.
"""

import binascii
import json
import re
from base64 import b64decode, urlsafe_b64decode
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import Certificate, InvalidVersion, load_der_x509_certificate

from lrs.errors import Problem, Refused
from lrs.xapi import statements
from lrs.xapi.attachments import SIGNATURE, attachments_of
from lrs.xapi.equality import difference

USAGE = SIGNATURE
CLAUSE = "Data 2.6"

LONGEST_CHAIN = 10

Tree = dict[str, Any]

_algorithms: dict[str, type[hashes.HashAlgorithm]] = {
    "RS256": hashes.SHA256,
    "RS384": hashes.SHA384,
    "RS512": hashes.SHA512,
}
_base64url = re.compile(rb"[A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Signature:
    """What was found out about one signature; kept with the statement.

    `verified` is "chain" where the bytes were checked against a certificate, "payload" where
    none came and only form and payload were. `chain` holds the SHA-256 fingerprints, the
    signer's first, and `subject` the signer's name; `valid_from` and `valid_until` bound the
    time at which every certificate of the chain was valid, in UTC, empty without a chain.
    """

    algorithm: str
    verified: str
    chain: tuple[str, ...] = ()
    subject: str = ""
    valid_from: str = ""
    valid_until: str = ""

    def facts(self) -> dict[str, Any]:
        """As JSON, to be kept."""
        return asdict(self) | {"chain": list(self.chain)}


def verify(tree: Tree, attachment: Tree, signature: bytes) -> Signature:
    """What the signature in these bytes is worth for this statement.

    `tree` is the statement as received, read by `statements.parse`; `attachment` the one of its
    attachments that describes the signature. Raises Refused where the signature is malformed,
    or not of this statement.
    """

    def refuse(message: str, member: str = "") -> Refused:
        places = (path for path, one in attachments_of(tree) if one is attachment)
        return Refused(Problem(next(places, "attachments") + member, message, CLAUSE))

    kind = attachment.get("contentType")
    if kind != "application/octet-stream":
        message = f"a signature is of type application/octet-stream, this says {kind}."
        raise refuse(message, ".contentType")
    try:
        header, payload, signed, value = _compact(signature)
    except ValueError as error:
        raise refuse(f"the signature is no JWS in compact form: {error}.") from error
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in _algorithms:
        raise refuse(
            f"the JWS is signed with {_brief(algorithm)}. Sign with RS256, RS384 or RS512."
        )
    if "crit" in header:
        # RFC 7515 §4.1.11: extensions named there must be understood, and none are.
        raise refuse(f"the JWS needs extensions not known here: {_brief(header['crit'])}.")
    try:
        original = statements.parse(payload)
    except Refused as error:
        why = error.problems[0].message
        raise refuse(f"the payload of the JWS is not one JSON statement: {why}.") from error
    if not isinstance(original, dict):
        raise refuse("the payload of the JWS is not a statement, which is a JSON object.")
    try:
        where = difference(tree, original)
    except RecursionError as error:
        raise refuse("the statement is nested too deeply to be compared.") from error
    if where is not None:
        raise refuse(
            "the payload of the JWS is not this statement: they differ at "
            f"{where}. Sign the statement as it is sent, before the signature is "
            "added to its attachments."
        )
    if "x5c" not in header:
        return Signature(algorithm, "payload")
    try:
        chain = _chain(header["x5c"])
        key = chain[0].public_key()
        if not isinstance(key, RSAPublicKey):
            raise ValueError("the first certificate holds no RSA key")
        key.verify(value, signed, PKCS1v15(), _algorithms[algorithm]())
        return Signature(
            algorithm,
            "chain",
            tuple(certificate.fingerprint(hashes.SHA256()).hex() for certificate in chain),
            chain[0].subject.rfc4514_string(),
            _instant(max(certificate.not_valid_before_utc for certificate in chain)),
            _instant(min(certificate.not_valid_after_utc for certificate in chain)),
        )
    except InvalidSignature as error:
        raise refuse(
            "the signature does not fit the key of the first certificate in x5c. The bytes were "
            "changed after signing, or x5c does not begin with the signer's own certificate."
        ) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise refuse(f"x5c in the header of the JWS cannot be used: {error}.") from error


def _compact(signature: bytes) -> tuple[Tree, bytes, bytes, bytes]:
    """Header, payload, the bytes that were signed, and the signature. Raises ValueError."""
    parts = signature.split(b".")
    if len(parts) != 3:
        raise ValueError(f"it has {len(parts)} parts between dots, not 3")
    header, payload, value = map(_decoded, parts)
    try:
        tree = statements.parse(header)
    except Refused as error:
        raise ValueError(f"its header is not JSON: {error.problems[0].message}") from error
    if not isinstance(tree, dict):
        raise ValueError("its header is not a JSON object")
    return tree, payload, b".".join(parts[:2]), value


def _decoded(part: bytes) -> bytes:
    """Base64url without padding (RFC 7515 §2)."""
    if not _base64url.fullmatch(part) or len(part) % 4 == 1:
        raise ValueError("a part of it is not base64url without padding")
    return urlsafe_b64decode(part + b"=" * (-len(part) % 4))


def _chain(x5c: Any) -> list[Certificate]:
    """The certificates, each found to be issued by the next. Raises ValueError and its like."""
    if not isinstance(x5c, list) or not x5c or not all(isinstance(each, str) for each in x5c):
        raise ValueError("it is not a list of certificates in base64")
    if len(x5c) > LONGEST_CHAIN:
        raise ValueError(f"it holds more than {LONGEST_CHAIN} certificates")
    chain = []
    for place, text in enumerate(x5c):
        try:
            chain.append(load_der_x509_certificate(b64decode(text, validate=True)))
        except (binascii.Error, ValueError, InvalidVersion) as error:
            raise ValueError(f"entry {place} is not a DER certificate in base64") from error
    for place, (certificate, issuer) in enumerate(pairwise(chain)):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ValueError(f"certificate {place} was not issued by {place + 1}") from error
    return chain


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def _brief(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else f"{text[:80]}…"
