"""Signing in through an OpenID Connect provider: authorization code with PKCE (RFC 7636, 9700).

Nothing is kept between going there and coming back but one random *trail* in the browser's cookie;
`state`, `nonce` and the verifier of PKCE are each derived from it, so that an answer is believed
only in the browser that asked. The ID token is checked as bearer tokens are (`lrs/auth/oidc.py`):
signature by a published key, asymmetric only, issuer, audience, time, and the nonce. What it does
not say of somebody is asked of the provider's user info.
"""

import hashlib
import hmac
import secrets
import threading
import urllib.parse
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import jwt

from lrs.auth import oidc
from lrs.errors import Unauthenticated
from schemas.accounts import is_safe_address

SCOPE: Final = "openid email profile"


@dataclass(frozen=True, slots=True)
class Provider:
    """Whom to ask: as the settings name it. `claim` tells who somebody is here: `email`, which
    the provider must have verified, or `preferred_username`."""

    issuer: str
    client: str
    secret: str = field(repr=False)
    claim: str = "email"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is: `subject` the provider's own name for them, for good; `login` ours."""

    subject: str
    login: str


class Discovery:
    """Where the providers' endpoints are, asked once in a while and remembered."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[datetime, Mapping[str, Any]]] = {}
        self._lock = threading.Lock()
        self.keyrings = oidc.Keyrings()

    def about(self, issuer: str, now: datetime) -> Mapping[str, Any]:
        """A provider's configuration. Raises Unauthenticated."""
        with self._lock:
            kept = self._known.get(issuer)
        if kept is not None and abs(now - kept[0]) < oidc.FRESH:
            return kept[1]
        try:
            about = oidc.ask(issuer.rstrip("/") + "/.well-known/openid-configuration")
        except oidc.Unanswered as why:
            raise Unauthenticated(f"the sign-in provider could not be asked ({why}).") from None
        if about.get("issuer") != issuer:
            raise Unauthenticated("the sign-in provider's configuration names another issuer.")
        for name in ("authorization_endpoint", "token_endpoint"):
            address = about.get(name)
            if not isinstance(address, str) or not is_safe_address(address.split("?")[0]):
                raise Unauthenticated(f"the sign-in provider names no https address for {name}.")
        with self._lock:
            self._known[issuer] = (now, about)
        return about


def new_trail() -> str:
    """What the browser keeps while its person is at the provider."""
    return secrets.token_urlsafe(32)


def leave(provider: Provider, found: Discovery, back: str, trail: str, now: datetime) -> str:
    """Where to send the browser. `back` is where the provider sends it after."""
    about = found.about(provider.issuer, now)
    verifier = _part(trail, "verifier")
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": provider.client,
        "redirect_uri": back,
        "scope": SCOPE,
        "state": _part(trail, "state"),
        "nonce": _part(trail, "nonce"),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    there = str(about["authorization_endpoint"])
    return f"{there}{'&' if '?' in there else '?'}{urllib.parse.urlencode(asked)}"


def come_back(
    provider: Provider,
    found: Discovery,
    back: str,
    trail: str,
    told: Mapping[str, str],
    now: datetime,
) -> Identity:
    """Who came back with these parameters. Raises Unauthenticated with what is wrong."""
    if not trail or not hmac.compare_digest(told.get("state", ""), _part(trail, "state")):
        raise Unauthenticated("the answer belongs to another sign-in; begin again.")
    if told.get("iss", provider.issuer) != provider.issuer:
        raise Unauthenticated("the answer is another provider's (RFC 9207).")
    if "code" not in told:
        raise Unauthenticated("the provider let nobody in.")
    about = found.about(provider.issuer, now)
    answer = _redeem(provider, about, back, told["code"], trail)
    token = answer.get("id_token")
    if not isinstance(token, str) or len(token) > oidc.TOKEN_MOST:
        raise Unauthenticated("the provider sent no ID token.")
    claims = _claims(provider, found, token, now)
    if not hmac.compare_digest(str(claims.get("nonce", "")), _part(trail, "nonce")):
        raise Unauthenticated("the ID token was made for another sign-in (nonce).")
    if provider.claim not in claims:
        claims = _user_info(about, answer.get("access_token"), claims["sub"]) | claims
    return _identity(provider, claims)


def _redeem(
    provider: Provider, about: Mapping[str, Any], back: str, code: str, trail: str
) -> dict[str, Any]:
    """What the provider gives for the code, to whom it knows by secret or by PKCE alone."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": _part(trail, "verifier"),
    }
    authorization = None
    # Where a provider does not say how, it is by Basic (OpenID Connect Discovery 1.0, section 3).
    ways = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if provider.secret and "client_secret_basic" in ways:
        pair = ":".join(map(urllib.parse.quote_plus, (provider.client, provider.secret)))
        authorization = f"Basic {b64encode(pair.encode()).decode()}"
    else:
        form["client_id"] = provider.client
        if provider.secret:
            form["client_secret"] = provider.secret
    try:
        return oidc.ask(str(about["token_endpoint"]), form=form, authorization=authorization)
    except oidc.Unanswered as why:
        raise Unauthenticated(f"the provider did not take the code ({why}).") from None


def _user_info(about: Mapping[str, Any], token: Any, subject: Any) -> dict[str, Any]:
    """What the provider tells of somebody beside the ID token, where it keeps to OpenID Connect
    Core 1.0, section 5.4: claims of a scope are had here."""
    address = about.get("userinfo_endpoint")
    if not isinstance(token, str) or not isinstance(address, str):
        return {}
    if not is_safe_address(address.split("?")[0]):
        raise Unauthenticated("the sign-in provider names no https address for userinfo_endpoint.")
    try:
        told = oidc.ask(address, authorization=f"Bearer {token}")
    except oidc.Unanswered as why:
        raise Unauthenticated(f"the provider does not say who you are ({why}).") from None
    if told.get("sub") != subject:
        raise Unauthenticated("the provider tells of somebody else than signed in (sub).")
    return told


def _claims(provider: Provider, found: Discovery, token: str, now: datetime) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in oidc.ALGORITHMS or "crit" in header:
            raise Unauthenticated("the ID token is not signed in a way that is accepted here.")
        public = found.keyrings.of(provider.issuer).find(
            kid if isinstance(kid, str) else None, str(algorithm), now
        )
        if public is None:
            raise Unauthenticated("the ID token is signed with a key that is not published.")
        claims: dict[str, Any] = jwt.decode(
            token,
            public,
            algorithms=[str(algorithm)],
            audience=provider.client,
            issuer=provider.issuer,
            options={
                "require": ["exp", "iss", "aud", "sub"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
    except oidc.Unanswered as why:
        raise Unauthenticated(f"the provider's keys cannot be had ({why}).") from None
    except (jwt.PyJWTError, ValueError, RecursionError) as wrong:
        raise Unauthenticated(f"the ID token is not sound: {wrong}.") from None
    oidc.check_times(claims, now)
    if claims.get("azp", provider.client) != provider.client:
        raise Unauthenticated("the ID token is made out to another application (azp).")
    return claims


def _identity(provider: Provider, claims: Mapping[str, Any]) -> Identity:
    login = claims.get(provider.claim)
    if not isinstance(login, str) or not login:
        raise Unauthenticated(f"the provider does not say who you are ({provider.claim}).")
    if provider.claim == "email" and claims.get("email_verified") is not True:
        raise Unauthenticated("the provider has not verified your mail address.")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise Unauthenticated("the ID token's subject (sub) is no text.")
    return Identity(subject, login.strip().lower())


def _part(trail: str, name: str) -> str:
    """One of the values derived from the trail; who sees one learns nothing of the others."""
    return (
        urlsafe_b64encode(hmac.digest(trail.encode(), name.encode(), "sha256"))
        .rstrip(b"=")
        .decode()
    )
