"""A small OpenID Connect issuer on loopback, with real keys, that tests can break in every way.

It also signs people in, by authorization code with PKCE: whoever comes is the person that `who`
says, without being asked.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.conftest import NOW

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The RSA key of that number, made once for all tests."""
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(curve: type[ec.EllipticCurve] = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve())


def jwk(kid: str | None, key: Key, **members: Any) -> dict[str, Any]:
    """The public half of a key as the issuer publishes it."""
    public = key.public_key()
    tree: dict[str, Any]
    if isinstance(public, rsa.RSAPublicKey):
        tree = RSAAlgorithm.to_jwk(public, as_dict=True)
    else:
        tree = ECAlgorithm.to_jwk(public, as_dict=True)
    tree.pop("key_ops", None)
    return tree | ({} if kid is None else {"kid": kid}) | members


class Issuer:
    """`published` is what it lists, `asked` counts the requests for it; `answer` replaces the
    answer to any path: (status, body) or None for the usual one. `who` are claims of the person
    that signs in; `lies` are laid over the ID token's claims. `apart` are those that it tells only
    to who asks for user info, and `lied` what is laid over them; `about` is laid over its own
    configuration."""

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = [jwk("one", rsa_key())]
        self.asked = 0
        self.delay = 0.0
        self.answer: Callable[[str], tuple[int, bytes] | None] = lambda path: None
        self.who: dict[str, Any] = {}
        self.lies: dict[str, Any] = {}
        self.apart: frozenset[str] = frozenset()
        self.lied: dict[str, Any] = {}
        self.about: dict[str, Any] = {}
        self.client_secret = "a secret: of the pages & 100%"
        self.codes: dict[str, dict[str, str]] = {}
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                time.sleep(issuer.delay)
                if self.path == "/realms/asn/userinfo":
                    usual = issuer.user_info(self.headers["Authorization"])
                else:
                    usual = issuer.usual(self.path)
                status, body = issuer.answer(self.path) or usual
                self.send_response(status)
                if status in (301, 302):
                    self.send_header("Location", body.decode())
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass

            def do_POST(self) -> None:
                form = dict(
                    parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode())
                )
                sent = self.headers["Authorization"] or ""
                status, body = issuer.answer(self.path) or issuer.redeem(form, sent)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/realms/asn"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def usual(self, path: str) -> tuple[int, bytes]:
        if path == "/realms/asn/.well-known/openid-configuration":
            about = {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/certs",
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
            }
            return 200, json.dumps(about | self.about).encode()
        if path == "/realms/asn/certs":
            self.asked += 1
            return 200, json.dumps({"keys": self.published}).encode()
        return 404, b""

    def authorize(self, address: str) -> str:
        """Where a browser that was sent to `address` is sent back to."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.url}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def redeem(self, form: dict[str, str], authorization: str = "") -> tuple[int, bytes]:
        """The ID token for a code; once, to who began, and with the client's secret, by Basic or,
        where `about` says so, in the form."""
        asked = self.codes.pop(form["code"], None)
        made = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if self.about.get("token_endpoint_auth_methods_supported") == ["client_secret_post"]:
            given = [form["client_id"], form["client_secret"]]
        else:
            assert "client_secret" not in form
            pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
            given = [unquote_plus(part) for part in pair.split(":")]
        if (
            asked is None
            or form["grant_type"] != "authorization_code"
            or given != [asked["client_id"], self.client_secret]
            or form["redirect_uri"] != asked["redirect_uri"]
            or made.rstrip(b"=").decode() != asked["code_challenge"]
        ):
            return 400, b'{"error": "invalid_grant"}'
        told = {"aud": asked["client_id"], "azp": None, "scope": None, "nonce": asked["nonce"]}
        said = {name: value for name, value in self.who.items() if name not in self.apart}
        token = self.token(**(told | said | self.lies)).removeprefix("Bearer ")
        return 200, json.dumps({"id_token": token, "access_token": "a token"}).encode()

    def user_info(self, authorization: str) -> tuple[int, bytes]:
        if authorization != "Bearer a token":
            return 401, b"{}"
        return 200, json.dumps(self.who | self.lied).encode()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Those of an application by itself; a claim given as None is left out."""
        usual = {
            "iss": self.url,
            "aud": "jejak",
            "azp": "moodle",
            "sub": "moodle",
            "scope": "statements/write",
            "exp": int((NOW + timedelta(minutes=5)).timestamp()),
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def token(
        self,
        *,
        signed_by: Any = None,
        algorithm: str = "RS256",
        headers: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        """A token as `Bearer …`, signed with the first key unless told otherwise."""
        return "Bearer " + jwt.encode(
            self.claims(**changes),
            rsa_key() if signed_by is None else signed_by,
            algorithm,
            {"kid": "one"} if headers is None else headers,
        )


def by_hand(header: Any, claims: Any, signature: bytes = b"") -> str:
    """A token that no library would make."""
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return "Bearer " + ".".join(
        base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts
    )
