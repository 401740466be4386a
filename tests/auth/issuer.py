"""A small OpenID Connect issuer on loopback, with real keys, that tests can break in every way."""

import base64
import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

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
    answer to any path: (status, body) or None for the usual one."""

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = [jwk("one", rsa_key())]
        self.asked = 0
        self.delay = 0.0
        self.answer: Callable[[str], tuple[int, bytes] | None] = lambda path: None
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                time.sleep(issuer.delay)
                status, body = issuer.answer(self.path) or issuer.usual(self.path)
                self.send_response(status)
                if status in (301, 302):
                    self.send_header("Location", body.decode())
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/realms/asn"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def usual(self, path: str) -> tuple[int, bytes]:
        if path == "/realms/asn/.well-known/openid-configuration":
            return 200, json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/certs"}).encode()
        if path == "/realms/asn/certs":
            self.asked += 1
            return 200, json.dumps({"keys": self.published}).encode()
        return 404, b""

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
