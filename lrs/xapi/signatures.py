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
from collections.abc import Callable, Iterator
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
from lrs.xapi import lexical, statements
from lrs.xapi.attachments import SIGNATURE, attachments_of

USAGE = SIGNATURE
CLAUSE = "Data 2.6"

LONGEST_CHAIN = 10

Tree = dict[str, Any]

_algorithms: dict[str, type[hashes.HashAlgorithm]] = {
    "RS256": hashes.SHA256,
    "RS384": hashes.SHA384,
    "RS512": hashes.SHA512,
}
_seconds = re.compile(r"([0-9]+)[.,]([0-9]+)S\Z")
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


def difference(received: Tree, original: Tree) -> str | None:
    """The path at which a received statement is not the one that was signed; None if nowhere.

    Data 2.3.1 names what does not count: what a store writes itself (`authority`, `stored`;
    `id`, `timestamp` and `version` where the original has none), verb displays and activity
    definitions, how an instant is written, the order of a group's members, letter case where
    it has no meaning. Durations compare as text up to hundredths of a second (Data 4.6).
    Signatures among the attachments are left out on both sides.
    """
    left, right = _normal(received), _normal(original)
    for name in ("authority", "stored"):
        left.pop(name, None)
        right.pop(name, None)
    for name in ("id", "timestamp", "version"):
        if name not in right:
            left.pop(name, None)
    return next(_differences(left, right, ""), None)


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


# Equality ------------------------------------------------------------------------------------


def _normal(statement: Tree) -> Tree:
    """A statement, or SubStatement, without the freedoms of Data 2.3.1; the input is left alone.

    Whatever has not the shape of a statement stays as it is: it came in unchecked, and will
    simply differ.
    """
    tree = dict(statement)
    _at(tree, "id", _lower)
    _at(tree, "timestamp", _moment)
    _at(tree, "actor", _agent)
    _at(tree, "verb", _without("display"))
    _at(tree, "object", _object)
    _at(tree, "result", lambda result: _inside(result, duration=_duration))
    _at(
        tree,
        "context",
        lambda context: _inside(
            context,
            registration=_lower,
            language=_lower,
            instructor=_agent,
            team=_agent,
            statement=lambda reference: _inside(reference, id=_lower),
            contextActivities=_context_activities,
            contextAgents=lambda each: _each(lambda one: _inside(one, agent=_agent), each),
            contextGroups=lambda each: _each(lambda one: _inside(one, group=_agent), each),
        ),
    )
    _at(tree, "attachments", _attachments)
    if tree.get("attachments") == []:
        del tree["attachments"]
    return tree


def _at(tree: Tree, name: str, normal: Callable[[Any], Any]) -> None:
    if name in tree:
        tree[name] = normal(tree[name])


def _inside(value: Any, **members: Callable[[Any], Any]) -> Any:
    if not isinstance(value, dict):
        return value
    tree = dict(value)
    for name, normal in members.items():
        _at(tree, name, normal)
    return tree


def _each(normal: Callable[[Any], Any], value: Any) -> Any:
    return [normal(one) for one in value] if isinstance(value, list) else value


def _without(name: str) -> Callable[[Any], Any]:
    def normal(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: member for key, member in value.items() if key != name}

    return normal


def _object(value: Any) -> Any:
    kind = value.get("objectType", "Activity") if isinstance(value, dict) else None
    if kind == "Activity":
        return _without("definition")(value)
    if kind in ("Agent", "Group"):
        return _agent(value)
    if kind == "StatementRef":
        return _inside(value, id=_lower)
    return _normal(value) if kind == "SubStatement" else value


def _agent(value: Any) -> Any:
    tree = _inside(value, mbox=_mailbox, mbox_sha1sum=_lower)
    members = tree.get("member") if isinstance(tree, dict) else None
    if isinstance(members, list):
        tree["member"] = sorted(map(_agent, members), key=_sorting)
    return tree


def _sorting(member: Any) -> str:
    return json.dumps(member, sort_keys=True, default=str)


def _context_activities(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    bare = _without("definition")
    return {
        name: _each(bare, activities if isinstance(activities, list) else [activities])
        for name, activities in value.items()
    }


def _attachments(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [
        _inside(one, sha2=_lower)
        for one in value
        if not (isinstance(one, dict) and one.get("usageType") == USAGE)
    ]


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _mailbox(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    name, at, domain = value.rpartition("@")
    return f"{name}{at}{domain.lower()}"


def _moment(value: Any) -> Any:
    if not lexical.is_timestamp(value):
        return value
    whole, _, fraction = lexical.utc(value).removesuffix("Z").partition(".")
    return f"{whole}.{fraction.rstrip('0')}"


def _duration(value: Any) -> Any:
    """Seconds cut to hundredths: what a store may cut off, a comparison must not see."""
    if not isinstance(value, str):
        return value

    def cut(seconds: re.Match[str]) -> str:
        fraction = seconds[2][:2].rstrip("0")
        return f"{seconds[1]}.{fraction}S" if fraction else f"{seconds[1]}S"

    return _seconds.sub(cut, value)


def _differences(left: Any, right: Any, path: str) -> Iterator[str]:
    if isinstance(left, dict) and isinstance(right, dict):
        for name in left | right:
            inner = f"{path}.{name}" if path else name
            if name in left and name in right:
                yield from _differences(left[name], right[name], inner)
            else:
                yield inner
    elif isinstance(left, list) and isinstance(right, list):
        for place, (one, other) in enumerate(zip(left, right, strict=False)):
            yield from _differences(one, other, f"{path}[{place}]")
        if len(left) != len(right):
            yield path
    elif isinstance(left, bool) != isinstance(right, bool) or left != right:
        yield path
