"""OAuth 2 bearer tokens: JWT access tokens of the OpenID Connect issuers that tenants trust.

A token is believed when an issuer that some tenant trusts has signed it with one of the keys it
publishes, made it out to the audience that tenant expects, and its time has come and not passed.
Signatures are asymmetric only: `none` and the HMAC family, with which whoever can check can also
sign, are not on the list, and a key is used only with the algorithms of its own kind.

Claims become a principal so:

- **scopes**: those of xAPI in `scope` or `scp` (text or list), after the prefix that the tenant
  agreed with the issuer. Unknown words count for nothing. Without a prefix, `profile` next to
  `openid` is OpenID Connect's own (name and picture of a person), and opens no profile documents.
- **source**: the one that the client (`client_id`, `azp`, `cid` or `appid`) is mapped to, else
  the issuer's default.
- **authority** (xAPI 1.0.3, Data 2.4.9): for a person, the Group of application and person; for
  an application by itself, the source's own authority where it is mapped to one, so that
  `statements/read/mine` means the same with key and token, else the Agent of the application.
  Both are accounts whose home page is the issuer: that is where client ids and subjects are
  unique. The standard's token endpoint, an address of OAuth 1.0, may move; an issuer may not.
"""

import json
import logging
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from lrs.errors import Unauthenticated
from lrs.store.accounts import Kindness, Principal, Source, Trust
from schemas.accounts import SCOPES, is_safe_address

ALGORITHMS: dict[str, tuple[str, str]] = {
    "RS256": ("RSA", ""),
    "RS384": ("RSA", ""),
    "RS512": ("RSA", ""),
    "PS256": ("RSA", ""),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
}
"""Algorithm → the kind and curve of the keys it may be used with. Nothing else is accepted."""

CLIENT_CLAIMS = ("client_id", "azp", "cid", "appid")
"""Where issuers name the application: RFC 9068, Keycloak and Google, Okta, Entra."""

LEEWAY = timedelta(seconds=30)
"""How far the issuer's clock and ours may be apart."""

FRESH = timedelta(minutes=10)
"""How long published keys are used before the issuer is asked again."""

STALE = timedelta(hours=1)
"""How long they are used when the issuer does not answer."""

PAUSE = timedelta(seconds=15)
"""How often an issuer is asked at most, be it down or the token's key unknown."""

TIMEOUT = 5.0
"""Seconds that one answer of an issuer may take."""

TOKEN_MOST = 16_384
ANSWER_MOST = 512 * 1024
RSA_LEAST = 2048

log = logging.getLogger(__name__)

PublicKey = RSAPublicKey | EllipticCurvePublicKey


class Unanswered(Exception):
    """The issuer could not be asked, or what it said cannot be used; the text says which."""


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """One published key: its id, where it has one, and what it may check."""

    kid: str | None
    algorithms: frozenset[str]
    public: PublicKey


@dataclass(slots=True)
class Keyring:
    """The keys of one issuer as last fetched; asked again when they age or one is missing."""

    issuer: str
    keys: tuple[IssuerKey, ...] = ()
    fetched: datetime | None = None
    asked: datetime | None = None
    failure: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, kid: str | None, algorithm: str, now: datetime) -> PublicKey | None:
        """The key a token names, None when the issuer has none such. Raises Unanswered.

        A token without a key id is matched only where one key alone could have signed it.
        """
        if not self._is_within(self.fetched, FRESH, now):
            self._refresh(now)
        found = self._look(kid, algorithm)
        if found is None:
            self._refresh(now)
            found = self._look(kid, algorithm)
        if found is None and not self._is_within(self.fetched, STALE, now):
            raise Unanswered(self.failure)
        return found

    def _look(self, kid: str | None, algorithm: str) -> PublicKey | None:
        fitting = [
            key.public
            for key in self.keys
            if algorithm in key.algorithms and (kid is None or key.kid == kid)
        ]
        return fitting[0] if len(fitting) == 1 or (fitting and kid is not None) else None

    def _refresh(self, now: datetime) -> None:
        """Ask the issuer, unless that was done a moment ago.

        One thread asks. Others go on with the keys there are, and wait for it when there are
        none: a slow issuer must hold up no more than the requests that need it.
        """
        if not self.lock.acquire(blocking=not self.keys):
            return
        try:
            if self._is_within(self.asked, PAUSE, now):
                return
            self.asked = now
            try:
                self.keys = fetch_keys(self.issuer)
                self.fetched, self.failure = now, ""
            except Unanswered as why:
                self.failure = str(why)
                log.warning("issuer_unanswered", extra={"issuer": self.issuer, "why": str(why)})
                if not self._is_within(self.fetched, STALE, now):
                    self.keys = ()
        finally:
            self.lock.release()

    @staticmethod
    def _is_within(since: datetime | None, span: timedelta, now: datetime) -> bool:
        return since is not None and abs(now - since) < span


class Keyrings:
    """A keyring for each issuer that was ever trusted here; so there are as many as configured."""

    def __init__(self) -> None:
        self._rings: dict[str, Keyring] = {}
        self._lock = threading.Lock()

    def of(self, issuer: str) -> Keyring:
        with self._lock:
            return self._rings.setdefault(issuer, Keyring(issuer))


def authenticate(
    token: str,
    trusts: Callable[[str], Sequence[Trust]],
    keyrings: Keyrings,
    now: datetime,
) -> Principal:
    """Who a bearer token speaks for.

    `trusts` gives all that trust an issuer (see `accounts.trusts`); it is asked before anyone
    else is, so that a stranger's token makes this service call no address. Raises
    Unauthenticated with the first thing that is wrong.
    """
    if len(token) > TOKEN_MOST:
        raise Unauthenticated(f"the token is longer than {TOKEN_MOST} characters.")
    try:
        unproved = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Unauthenticated("the bearer token is not a JWT.") from None
    header, claimed = unproved["header"], unproved["payload"]

    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise Unauthenticated(f"the token must be signed with one of {', '.join(ALGORITHMS)}.")
    if "crit" in header:
        raise Unauthenticated("the token demands an extension that is not understood here (crit).")
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise Unauthenticated("the token's key id (kid) is not text.")

    trust = _trust(claimed, trusts)
    try:
        public = keyrings.of(trust.issuer.issuer).find(kid, algorithm, now)
    except Unanswered as why:
        raise Unauthenticated(
            f"the issuer {trust.issuer.issuer} could not be asked for its keys ({why}), so no"
            " token of it can be checked; try again later."
        ) from None
    if public is None:
        raise Unauthenticated("the token is signed with a key that its issuer does not publish.")
    try:
        claims = jwt.decode(
            token,
            public,
            algorithms=[algorithm],
            audience=trust.issuer.audience,
            issuer=trust.issuer.issuer,
            options={
                "require": ["exp", "iss", "aud"],
                # By the caller's clock, below.
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
    except jwt.InvalidSignatureError:
        raise Unauthenticated("the token's signature is not its issuer's.") from None
    except (jwt.PyJWTError, ValueError) as wrong:
        raise Unauthenticated(f"the token is not sound: {wrong}.") from None
    check_times(claims, now)
    return _principal(claims, trust)


def fetch_keys(issuer: str) -> tuple[IssuerKey, ...]:
    """Ask an issuer for its signing keys, by discovery. Raises Unanswered.

    OpenID Connect Discovery 1.0, section 4: the answer must name the issuer just as we do.
    """
    about = ask(issuer.rstrip("/") + "/.well-known/openid-configuration")
    if about.get("issuer") != issuer:
        raise Unanswered("its configuration names another issuer")
    address = about.get("jwks_uri")
    if not isinstance(address, str) or not is_safe_address(address.split("?")[0]):
        raise Unanswered("its configuration names no https address for its keys")
    listed = ask(address).get("keys")
    trees = listed if isinstance(listed, list) else []
    usable = [_issuer_key(tree) for tree in trees if isinstance(tree, dict)]
    keys = tuple(key for key in usable if key is not None)
    if not keys:
        raise Unanswered("it publishes no key that can be used")
    return keys


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: keys come from where discovery says, or not at all."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def ask(
    address: str, *, form: Mapping[str, str] | None = None, authorization: str | None = None
) -> dict[str, Any]:
    """A JSON object by GET, or by POST of a form, of bounded size, in bounded time.

    Raises `Unanswered` with what is wrong, as the end of a sentence.
    """
    headers = {"Accept": "application/json"}
    if authorization is not None:
        headers["Authorization"] = authorization
    sent = None if form is None else urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(address, sent, headers)
    until = time.monotonic() + TIMEOUT
    body = b""
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=TIMEOUT) as answer:
            while chunk := answer.read1(65_536):
                body += chunk
                if len(body) > ANSWER_MOST:
                    raise Unanswered("its answer is too large")
                if time.monotonic() > until:
                    raise Unanswered("it answers too slowly")
        tree = json.loads(body)
    except Unanswered:
        raise
    except urllib.error.HTTPError as status:
        status.close()
        raise Unanswered(f"it answered {status.code}") from None
    except TimeoutError:
        raise Unanswered("it did not answer in time") from None
    except OSError as failure:
        late = isinstance(getattr(failure, "reason", None), TimeoutError)
        raise Unanswered("it did not answer in time" if late else "it is not there") from None
    except (ValueError, RecursionError):
        raise Unanswered("its answer is not JSON") from None
    except Exception as failure:
        # http.client has a family of its own for answers that are no HTTP.
        raise Unanswered(f"its answer cannot be read: {type(failure).__name__}") from None
    if not isinstance(tree, dict):
        raise Unanswered("its answer is not a JSON object")
    return tree


def _issuer_key(tree: dict[str, Any]) -> IssuerKey | None:
    """A published key (RFC 7517) if it checks signatures of a kind we accept, else None."""
    if tree.get("use", "sig") != "sig" or "verify" not in tree.get("key_ops", ["verify"]):
        return None
    kind = tree.get("kty")
    curve = tree.get("crv", "") if kind == "EC" else ""
    algorithms = {name for name, fit in ALGORITHMS.items() if fit == (kind, curve)}
    if "alg" in tree:
        algorithms &= {tree["alg"]} if isinstance(tree["alg"], str) else set()
    if not algorithms:
        return None
    # Only the public members: an issuer that published a private key would get it used as one.
    members = ("kty", "n", "e") if kind == "RSA" else ("kty", "crv", "x", "y")
    public = {name: tree[name] for name in members if name in tree}
    try:
        key = RSAAlgorithm.from_jwk(public) if kind == "RSA" else ECAlgorithm.from_jwk(public)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if isinstance(key, RSAPublicKey):
        if key.key_size < RSA_LEAST:
            return None
    elif not isinstance(key, EllipticCurvePublicKey):
        return None
    kid = tree.get("kid")
    return IssuerKey(kid if isinstance(kid, str) else None, frozenset(algorithms), key)


def _trust(claimed: Mapping[str, Any], trusts: Callable[[str], Sequence[Trust]]) -> Trust:
    """Whom the token is meant for; by claims that are not proved yet, so nothing is granted."""
    issuer = claimed.get("iss")
    if not isinstance(issuer, str) or not issuer.isprintable() or not is_safe_address(issuer):
        raise Unauthenticated("the token names no issuer (iss).")
    trusting = trusts(issuer)
    if not trusting:
        raise Unauthenticated(f"no one here trusts the issuer {issuer}.")
    audiences = claimed.get("aud")
    if isinstance(audiences, str):
        audiences = [audiences]
    if not isinstance(audiences, list):
        raise Unauthenticated("the token names no audience (aud).")
    meant = [trust for trust in trusting if trust.issuer.audience in audiences]
    if not meant:
        raise Unauthenticated("the token is made out to another audience (aud).")
    if len({trust.tenant.id for trust in meant}) > 1:
        raise Unauthenticated("the token is made out to more than one tenant (aud); ask for one.")
    return meant[0]


def check_times(claims: Mapping[str, Any], now: datetime) -> None:
    for name in ("exp", "nbf"):
        if not isinstance(claims.get(name, 0), int | float) or claims.get(name) is True:
            raise Unauthenticated(f"the token's time {name} is not a number.")
    # The leeway goes to the clock: a claim may be an integer too large for any arithmetic.
    clock, leeway = now.timestamp(), LEEWAY.total_seconds()
    if not clock - leeway < claims["exp"]:
        raise Unauthenticated("the token has expired; ask its issuer for a new one.")
    if not clock + leeway >= claims.get("nbf", 0):
        raise Unauthenticated("the token is not yet in force (nbf); are the clocks right?")


def _principal(claims: Mapping[str, Any], trust: Trust) -> Principal:
    named = (claims.get(name) for name in CLIENT_CLAIMS)
    client = next((name for name in named if isinstance(name, str) and name), None)
    if client is None or not client.isprintable():
        raise Unauthenticated("the token names no client (client_id or azp).")
    subject = claims.get("sub", client)
    if not isinstance(subject, str) or not subject or not subject.isprintable():
        raise Unauthenticated("the token's subject (sub) is not text.")

    name = trust.issuer.clients.get(client, trust.issuer.source)
    if name is None:
        raise Unauthenticated(
            f"the client {client} is mapped to no source here, and its issuer has no default."
        )
    source = trust.sources[name]
    tree = _authority(trust, source, client, subject)
    return Principal(
        tenant_id=trust.tenant.id,
        learning=trust.tenant.learning,
        practice=trust.tenant.practice,
        source_id=source.id,
        key_id=None,
        authority=json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode(),
        authority_tree=tree,
        scopes=scopes_of(claims, trust.issuer.prefix),
        kindness=Kindness(),
        name=source.name,
        as_source=tree == source.authority_tree,
    )


def _authority(trust: Trust, source: Source, client: str, subject: str) -> dict[str, Any]:
    home = trust.issuer.issuer
    application = {"objectType": "Agent", "account": {"homePage": home, "name": client}}
    if subject == client:
        return source.authority_tree if client in trust.issuer.clients else application
    person = {"objectType": "Agent", "account": {"homePage": home, "name": subject}}
    return {"objectType": "Group", "member": [application, person]}


def scopes_of(claims: Mapping[str, Any], prefix: str) -> frozenset[str]:
    """The scopes that a token grants here; none where it names none."""
    words: set[str] = set()
    for name in ("scope", "scp"):
        told = claims.get(name)
        listed = told.split() if isinstance(told, str) else told
        if isinstance(listed, list):
            words |= {word for word in listed if isinstance(word, str)}
    held = {word.removeprefix(prefix) for word in words if word.startswith(prefix)}
    if not prefix and "openid" in words:
        held.discard("profile")
    return frozenset(held & SCOPES.keys())
