"""Signing in with a token: a real issuer on loopback, and tokens true and forged."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lrs import errors
from lrs.auth import keys, oidc
from lrs.settings import Settings
from lrs.store import accounts
from lrs.store.accounts import Principal
from lrs.store.engine import Database
from lrs.xapi import versions
from schemas import statements
from tests import make
from tests.auth.issuer import Issuer, by_hand, ec_key, jwk, rsa_key
from tests.conftest import NOW, Cast, new_tenant


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    there = Issuer()
    yield there
    there.stop()


def trust(cast: Cast, issuer: Issuer, audience: str = "jejak", **more: Any) -> accounts.Issuer:
    more = {"source_name": "lms"} | more
    return cast.database.write(
        lambda c: accounts.add_issuer(c, cast.tenant, issuer.url, audience, now=NOW, **more)
    )


@pytest.fixture
def trusted(agency: Cast, issuer: Issuer) -> Issuer:
    """The issuer, trusted by the agency for the audience `jejak`."""
    trust(agency, issuer)
    return issuer


def sign_in(database: Database, authorization: str, after: float = 0) -> Principal:
    now = NOW + timedelta(seconds=after)
    return keys.authenticate(database, authorization, Settings(key_cache_seconds=5), now)


def refusal(database: Database, authorization: str, after: float = 0) -> str:
    with pytest.raises(errors.Unauthenticated) as caught:
        sign_in(database, authorization, after)
    return str(caught.value)


def account(issuer: Issuer, name: str) -> dict[str, Any]:
    return make.account(name, issuer.url)


# Whom a token speaks for


def test_an_application_signs_in_under_its_own_name(
    own: Database, agency: Cast, trusted: Issuer
) -> None:
    """xAPI 1.0.3, Data 2.4.9: the consumer is identified by account, its name the consumer key."""
    who = sign_in(own, trusted.token())
    assert who.authority_tree == account(trusted, "moodle")
    assert json.loads(who.authority) == who.authority_tree
    assert (who.tenant_id, who.source_id, who.key_id) == (agency.tenant.id, agency.source.id, None)
    assert (who.learning, who.practice) == (agency.tenant.learning, agency.tenant.practice)
    assert who.scopes == {"statements/write"}
    assert who.kindness == accounts.Kindness()
    assert not who.as_source


def test_a_mapped_application_is_its_source(own: Database, agency: Cast, issuer: Issuer) -> None:
    tool = agency.another_source("tool")
    trust(agency, issuer, clients={"moodle": "tool"})
    who = sign_in(own, issuer.token())
    assert (who.source_id, who.authority, who.as_source) == (tool.id, tool.authority, True)
    other = sign_in(own, issuer.token(azp="other", sub="other"))
    assert (other.source_id, other.as_source) == (agency.source.id, False)


def test_a_person_is_a_group_with_the_application(
    own: Database, agency: Cast, issuer: Issuer
) -> None:
    """xAPI 1.0.3, Data 2.4.9: in 3-legged OAuth, a Group with two Agents."""
    trust(agency, issuer, clients={"moodle": "lms"})
    who = sign_in(own, issuer.token(sub="8f2c-siti"))
    assert who.authority_tree == {
        "objectType": "Group",
        "member": [account(issuer, "moodle"), account(issuer, "8f2c-siti")],
    }
    assert who.source_id == agency.source.id
    assert not who.as_source


def test_what_tokens_make_is_a_lawful_authority(
    own: Database, agency: Cast, trusted: Issuer
) -> None:
    for token in (trusted.token(), trusted.token(sub="siti"), trusted.token(sub='é"\\\\')):
        who = sign_in(own, token)
        statement = make.statement(authority=who.authority_tree)
        assert statements.explain(statement, versions.V1) == []
        assert statements.explain(statement, versions.V2) == []


@pytest.mark.parametrize("claim", ["client_id", "azp", "cid", "appid"])
def test_the_client_is_found_where_issuers_put_it(
    own: Database, agency: Cast, issuer: Issuer, claim: str
) -> None:
    tool = agency.another_source("tool")
    trust(agency, issuer, clients={"the-tool": "tool"})
    claims: dict[str, Any] = {"azp": None, "sub": "the-tool", claim: "the-tool"}
    token = issuer.token(**claims)
    assert sign_in(own, token).source_id == tool.id


def test_without_a_default_only_mapped_clients_come_in(
    own: Database, agency: Cast, issuer: Issuer
) -> None:
    trust(agency, issuer, source_name=None, clients={"moodle": "lms"})
    assert sign_in(own, issuer.token()).name == "lms"
    told = refusal(own, issuer.token(azp="stranger"))
    assert "the client stranger is mapped to no source" in told


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"azp": None}, "names no client"),
        ({"azp": ""}, "names no client"),
        ({"azp": 7}, "names no client"),
        ({"azp": "a\nb"}, "names no client"),
        ({"azp": "\ud800"}, "names no client"),
        ({"sub": ""}, "subject"),
        ({"sub": "\ud800"}, "subject"),
        ({"sub": "a\x00b"}, "subject"),
    ],
)
def test_a_token_must_say_who(
    own: Database, trusted: Issuer, claims: dict[str, Any], sentence: str
) -> None:
    assert sentence in refusal(own, trusted.token(**claims))


# Scopes


@pytest.mark.parametrize(
    ("claims", "held"),
    [
        ({"scope": "statements/write state"}, {"statements/write", "state"}),
        ({"scope": ["all", "email"]}, {"all"}),
        ({"scope": None, "scp": ["all/read", "define"]}, {"all/read", "define"}),
        ({"scope": None, "scp": "all/read"}, {"all/read"}),
        ({"scope": "practice/read"}, {"practice/read"}),
        ({"scope": "profile"}, {"profile"}),
        ({"scope": "openid profile email"}, set()),
        ({"scope": "openid profile all"}, {"all"}),
        ({"scope": "admin ALL statements"}, set()),
        ({"scope": ""}, set()),
        ({"scope": None}, set()),
        ({"scope": 7}, set()),
        ({"scope": [None, ["all"], {"all": 1}]}, set()),
        ({"scope": {"all": True}}, set()),
    ],
)
def test_scopes_are_those_we_know(
    own: Database, trusted: Issuer, claims: dict[str, Any], held: set[str]
) -> None:
    assert sign_in(own, trusted.token(**claims)).scopes == held


def test_a_prefix_tells_our_scopes_from_theirs(own: Database, agency: Cast, issuer: Issuer) -> None:
    trust(agency, issuer, prefix="lrs:")
    who = sign_in(own, issuer.token(scope="openid profile lrs:profile all lrs:state"))
    assert who.scopes == {"profile", "state"}


# What is believed


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256"])
def test_rsa_signatures(own: Database, trusted: Issuer, algorithm: str) -> None:
    assert sign_in(own, trusted.token(algorithm=algorithm)).name == "lms"


@pytest.mark.parametrize(("algorithm", "curve"), [("ES256", ec.SECP256R1), ("ES384", ec.SECP384R1)])
def test_elliptic_signatures(own: Database, trusted: Issuer, algorithm: str, curve: Any) -> None:
    trusted.published = [jwk("one", ec_key(curve))]
    token = trusted.token(signed_by=ec_key(curve), algorithm=algorithm)
    assert sign_in(own, token).name == "lms"


def test_a_forged_signature(own: Database, trusted: Issuer) -> None:
    assert "signature" in refusal(own, trusted.token(signed_by=rsa_key(1)))


def test_changed_claims(own: Database, trusted: Issuer) -> None:
    head, _, signature = trusted.token().split(".")
    payload = by_hand({}, trusted.claims(scope="all")).split(".")[1]
    assert "signature" in refusal(own, f"{head}.{payload}.{signature}")


def test_no_signature(own: Database, trusted: Issuer) -> None:
    for name in ("none", "None", "NONE", "", None, 7, ["RS256"]):
        token = by_hand({"alg": name, "kid": "one"}, trusted.claims())
        assert "must be signed with one of" in refusal(own, token)
    assert "must be signed" in refusal(own, by_hand({"kid": "one"}, trusted.claims()))


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_the_public_key_is_no_shared_secret(own: Database, trusted: Issuer, algorithm: str) -> None:
    """Algorithm confusion: an HMAC keyed with what the issuer publishes."""
    pem = (
        rsa_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    unsigned = by_hand({"alg": algorithm, "kid": "one"}, trusted.claims()).removesuffix(".")
    signed = unsigned.removeprefix("Bearer ").encode()
    mac = hmac.new(pem, signed, getattr(hashlib, algorithm.replace("HS", "sha"))).digest()
    token = f"{unsigned}.{jwt.utils.base64url_encode(mac).decode()}"
    assert "must be signed with one of" in refusal(own, token)


def test_a_key_is_used_for_its_own_kind_only(own: Database, trusted: Issuer) -> None:
    trusted.published = [jwk("one", rsa_key(), alg="RS512"), jwk("two", ec_key(ec.SECP384R1))]
    assert "does not publish" in refusal(own, trusted.token(algorithm="RS256"))
    es256 = trusted.token(signed_by=ec_key(), algorithm="ES256", headers={"kid": "two"})
    assert "does not publish" in refusal(own, es256)
    assert sign_in(own, trusted.token(algorithm="RS512")).name == "lms"


@pytest.mark.parametrize(
    "published",
    [
        jwk("one", rsa_key(), use="enc"),
        jwk("one", rsa_key(), key_ops=["encrypt"]),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "one"},
        {"kty": "RSA", "kid": "one"},
        {"kty": "RSA", "n": 7, "e": None, "kid": "one"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "one"},
        {"kty": ["RSA"], "kid": "one"},
        {"kid": "one"},
    ],
)
def test_what_is_no_signing_key_checks_nothing(
    own: Database, trusted: Issuer, published: dict[str, Any]
) -> None:
    trusted.published = [published]
    assert "no key that can be used" in refusal(own, trusted.token())


def test_a_short_key_checks_nothing(own: Database, trusted: Issuer) -> None:
    trusted.published = [jwk("one", rsa_key(2, 1024))]
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        token = trusted.token(signed_by=rsa_key(2, 1024))
    assert "no key that can be used" in refusal(own, token)


def test_without_a_key_id_one_key_must_be_the_only_one(own: Database, trusted: Issuer) -> None:
    trusted.published = [jwk(None, rsa_key()), jwk("es", ec_key())]
    assert sign_in(own, trusted.token(headers={})).name == "lms"
    trusted.published.append(jwk("two", rsa_key(1)))
    assert "does not publish" in refusal(own, trusted.token(headers={}), after=3600)


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ({"kid": "one", "crit": ["exp"], "exp": 1}, "(crit|sound|not a JWT)"),
        ({"kid": "../../etc/passwd"}, "does not publish"),
    ],
)
def test_odd_headers(
    own: Database, trusted: Issuer, headers: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(errors.Unauthenticated, match=sentence):
        sign_in(own, trusted.token(headers=headers))


def test_a_key_id_that_is_no_text(own: Database, trusted: Issuer) -> None:
    token = by_hand({"alg": "RS256", "kid": {"a": 1}}, trusted.claims(), b"x")
    assert "JWT" in refusal(own, token) or "kid" in refusal(own, token)


def test_keys_that_the_token_brings_along_are_not_used(own: Database, trusted: Issuer) -> None:
    """RFC 7515, 4.1.2 and 4.1.3: `jku` and `jwk` are the sender's word."""
    headers = {"kid": "mine", "jwk": jwk("mine", rsa_key(1)), "jku": "http://127.0.0.1:9/keys"}
    assert "does not publish" in refusal(own, trusted.token(signed_by=rsa_key(1), headers=headers))


# For whom and when


def test_another_audience(own: Database, trusted: Issuer) -> None:
    for audience in ("other", ["other", "account"], [], "", ["jejak2", "Jejak"]):
        assert "another audience" in refusal(own, trusted.token(aud=audience))
    assert "names no audience" in refusal(own, trusted.token(aud=None))
    assert sign_in(own, trusted.token(aud=["account", "jejak"])).name == "lms"


def test_another_issuer(own: Database, trusted: Issuer) -> None:
    for stranger in ("https://evil.example.org", trusted.url + "/", trusted.url.upper()):
        assert "no one here trusts" in refusal(own, trusted.token(iss=stranger)) or (
            "names no issuer" in refusal(own, trusted.token(iss=stranger))
        )
    for odd in (None, "", "issuer", "file:///etc/passwd", "http://example.org", "https://a\x00b"):
        assert "names no issuer" in refusal(own, trusted.token(iss=odd))
    assert trusted.asked == 0


def test_times(own: Database, trusted: Issuer) -> None:
    def at(seconds: float) -> float:
        return (NOW + timedelta(seconds=seconds)).timestamp()

    assert "expired" in refusal(own, trusted.token(exp=at(-31)))
    assert sign_in(own, trusted.token(exp=at(-29))).name == "lms"
    assert "not yet in force" in refusal(own, trusted.token(nbf=at(31)))
    assert sign_in(own, trusted.token(nbf=at(29), iat=at(1000))).name == "lms"
    assert "sound" in refusal(own, trusted.token(exp=None))
    odd: Any
    for odd in ("soon", [], True, {}):
        assert "is not a number" in refusal(own, trusted.token(exp=odd))
        assert "is not a number" in refusal(own, trusted.token(nbf=odd))
    assert "expired" in refusal(own, trusted.token(exp=float("nan")))
    assert sign_in(own, trusted.token(exp=float("inf"), nbf=-(10**400))).name == "lms"


@pytest.mark.parametrize(
    "token",
    [
        "Bearer",
        "Bearer a.b.c",
        "Bearer ..",
        "Bearer " + "a" * 20_000,
        "Bearer é.é.é",
        by_hand([], {}),
        by_hand({"alg": "RS256"}, []),
        by_hand({"alg": "RS256"}, "text"),
        by_hand({"alg": "RS256"}, None),
    ],
)
def test_what_is_no_token(own: Database, trusted: Issuer, token: str) -> None:
    assert any(word in refusal(own, token) for word in ("not a JWT", "longer than"))


# Whose


def test_the_audience_tells_the_tenant(own: Database, agency: Cast, issuer: Issuer) -> None:
    other = new_tenant(own, "neighbour")
    trust(agency, issuer, "agency")
    trust(other, issuer, "neighbour")
    assert sign_in(own, issuer.token(aud="agency")).tenant_id == agency.tenant.id
    assert sign_in(own, issuer.token(aud="neighbour")).tenant_id == other.tenant.id
    both = issuer.token(aud=["agency", "neighbour"])
    assert "more than one tenant" in refusal(own, both)


def test_an_issuer_of_one_tenant_signs_no_one_into_another(
    own: Database, agency: Cast, trusted: Issuer
) -> None:
    other = new_tenant(own, "neighbour")
    evil = Issuer()
    try:
        evil.published = [jwk("one", rsa_key(1))]
        trust(other, evil, "theirs")
        for changes in ({"aud": "jejak"}, {"iss": trusted.url}, {"iss": trusted.url, "aud": "x"}):
            refusal(own, evil.token(signed_by=rsa_key(1), **changes))
    finally:
        evil.stop()


def test_an_issuer_removed_is_trusted_no_more(own: Database, agency: Cast, issuer: Issuer) -> None:
    there = trust(agency, issuer)
    token = issuer.token()
    sign_in(own, token)
    own.write(lambda c: accounts.remove_issuer(c, agency.tenant, there.id))
    assert "no one here trusts" in refusal(own, token, after=5)


# The issuer's keys, and its bad days


def test_keys_are_fetched_once(own: Database, trusted: Issuer) -> None:
    for after in (0, 1, 60, 299):
        sign_in(own, trusted.token(), after)
    assert trusted.asked == 1


def test_a_rotated_key_is_fetched_when_it_turns_up(own: Database, trusted: Issuer) -> None:
    sign_in(own, trusted.token())
    trusted.published.append(jwk("two", rsa_key(1)))
    new = trusted.token(signed_by=rsa_key(1), headers={"kid": "two"})
    pause = oidc.PAUSE.total_seconds()
    assert "does not publish" in refusal(own, new, after=pause - 1)
    assert sign_in(own, new, after=pause).name == "lms"
    assert sign_in(own, trusted.token(), after=pause).name == "lms"
    assert trusted.asked == 2


def test_a_withdrawn_key_ends(own: Database, trusted: Issuer) -> None:
    forever = trusted.token(exp=2**40)
    sign_in(own, forever)
    trusted.published = [jwk("two", rsa_key(1))]
    fresh = oidc.FRESH.total_seconds()
    assert sign_in(own, forever, after=fresh - 1).name == "lms"
    assert "does not publish" in refusal(own, forever, after=fresh)


def test_unknown_key_ids_do_not_drive_us_to_the_issuer(own: Database, trusted: Issuer) -> None:
    for number in range(20):
        refusal(own, trusted.token(headers={"kid": f"k{number}"}), after=number / 10)
    assert trusted.asked <= 2


def test_an_issuer_that_is_down_is_named(own: Database, trusted: Issuer) -> None:
    trusted.answer = lambda path: (503, b"")
    told = refusal(own, trusted.token())
    assert f"the issuer {trusted.url} could not be asked for its keys (it answered 503)" in told
    trusted.answer = lambda path: None
    assert "could not be asked" in refusal(own, trusted.token(), after=1)
    assert sign_in(own, trusted.token(), after=oidc.PAUSE.total_seconds()).name == "lms"


def test_an_issuer_that_is_gone(own: Database, agency: Cast) -> None:
    gone = Issuer()
    trust(agency, gone)
    gone.stop()
    assert "it is not there" in refusal(own, gone.token())


def test_an_issuer_that_is_slow_holds_nobody_long(
    own: Database, trusted: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "TIMEOUT", 0.1)
    trusted.delay = 0.5
    began = time.monotonic()
    assert "did not answer in time" in refusal(own, trusted.token())
    assert "did not answer in time" in refusal(own, trusted.token(), after=1)
    assert time.monotonic() - began < 0.4


def test_known_keys_outlive_a_short_absence(own: Database, trusted: Issuer) -> None:
    forever = trusted.token(exp=2**40)
    sign_in(own, forever)
    trusted.answer = lambda path: (500, b"")
    assert sign_in(own, forever, after=oidc.FRESH.total_seconds() + 1).name == "lms"
    assert "it answered 500" in refusal(own, forever, after=oidc.STALE.total_seconds() + 1)


@pytest.mark.parametrize(
    ("path", "status", "body", "sentence"),
    [
        ("openid-configuration", 200, b"not json", "not JSON"),
        ("openid-configuration", 200, b"[]", "not a JSON object"),
        ("openid-configuration", 200, b"[" * 100_000, "not JSON"),
        ("openid-configuration", 200, b'{"issuer": "https://other"}', "names another issuer"),
        ("openid-configuration", 200, b"\xff" * 600_000, "too large"),
        ("openid-configuration", 302, b"/realms/asn/certs", "it answered 302"),
        ("certs", 404, b"", "it answered 404"),
        ("certs", 200, b"{}", "no key that can be used"),
        ("certs", 200, b'{"keys": {"a": 1}}', "no key that can be used"),
        ("certs", 200, b'{"keys": [1, null, "x", []]}', "no key that can be used"),
        ("certs", 302, b"http://127.0.0.1:9/", "it answered 302"),
    ],
)
def test_an_issuer_that_answers_nonsense(
    own: Database, trusted: Issuer, path: str, status: int, body: bytes, sentence: str
) -> None:
    trusted.answer = lambda asked: (status, body) if asked.endswith(path) else None
    assert sentence in refusal(own, trusted.token())


@pytest.mark.parametrize(
    "address", ["http://keys.example.org/", "file:///etc/passwd", "ftp://x/", "//x", "", None, 7]
)
def test_keys_come_by_a_safe_way_only(own: Database, trusted: Issuer, address: Any) -> None:
    body = json.dumps({"issuer": trusted.url, "jwks_uri": address}).encode()
    trusted.answer = lambda asked: (200, body) if asked.endswith("configuration") else None
    assert "no https address" in refusal(own, trusted.token())
