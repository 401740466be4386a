"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and codes for who lost it."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pyotp

#: Seconds of a code, and how many steps before and after now are accepted: clocks of phones differ.
STEP: Final = 30
SLACK: Final = 1

#: How many codes for who lost the phone are made at once.
RECOVERY: Final = 10

#: Letters of these codes: none that is taken for another.
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """A secret to be put into an app: 160 random bits, in Base32."""
    return pyotp.random_base32()


def address(secret: str, login: str, issuer: str) -> str:
    """The secret as the address that a QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step for which `code` is right, or None. A step is to be accepted once."""
    given = "".join(code.split())
    if len(given) != 6 or not (given.isascii() and given.isdigit()):
        return None
    clock = pyotp.TOTP(secret)
    current = int(now.timestamp()) // STEP
    for step in range(current - SLACK, current + SLACK + 1):
        if hmac.compare_digest(clock.at(step * STEP), given):
            return step
    return None


def new_codes() -> list[str]:
    """Codes for who lost the phone, each good for once: 49 random bits each."""
    return [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(2))
        for _ in range(RECOVERY)
    ]


def kept(codes: Sequence[str]) -> list[str]:
    """What is kept of such codes."""
    return [_hash(code) for code in codes]


def left_without(hashes: Sequence[str], code: str) -> list[str] | None:
    """The hashes that are left when `code` is used, or None where it is none of them."""
    used = _hash(code)
    if not any(hmac.compare_digest(each, used) for each in hashes):
        return None
    return [each for each in hashes if each != used]


def _hash(code: str) -> str:
    """Of letters alone: typed with or without hyphen, in whatever case. A fast hash: tries are
    counted, and the codes are random."""
    plain = "".join(each for each in code.lower() if each in _LETTERS)
    return hashlib.sha256(plain.encode()).hexdigest()
