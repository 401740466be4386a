"""Signed links: one page, for one purpose, without signing in.

The token in the address is the link's random id and a signature over it and its purpose, made with
a key drawn from the tenant's practice store: it says nothing about anybody, and who can read the
table of links can still not make one. A link expires, and can be revoked. Looking uses nothing
up, since mail scanners look at every link before the person does; only sending a form acts.
"""

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from lrs.store import accounts, invitations
from lrs.store.accounts import Tenant
from lrs.store.invitations import SignedLink

#: What a link may be for: a round of questions, the page of a unit's contact, saying that an
#: answer given in one's name was not one's own, what citizens say of a unit's service, and whether
#: a certificate still holds.
ROUND: Final = "round"
UNIT: Final = "unit"
DISOWN: Final = "disown"
CITIZEN: Final = "citizen"
CHECK: Final = "check"
#: That a receipt of an erasure is the agency's.
RECEIPT: Final = "receipt"

_ID = 16
_SIGNATURE = 16

# Why a link does not open anything.
UNKNOWN: Final = "unknown"
EXPIRED: Final = "expired"
REVOKED: Final = "revoked"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link opens."""

    tenant: Tenant
    purpose: str
    subject: bytes


@dataclass(frozen=True, slots=True)
class Dead:
    """That a link opens nothing, and why. `tenant` where the link is one of ours."""

    why: str
    tenant: Tenant | None = None


def make(
    connection: Connection,
    tenant: Tenant,
    purpose: str,
    subject: bytes,
    *,
    expires: datetime,
    now: datetime,
) -> str:
    """The token of a link to this. One that still holds as long is used again."""
    until, at = _micros(expires), _micros(now)
    held = invitations.link_of(connection, tenant.id, purpose, subject, at)
    if held is None or held.expires < until:
        held = SignedLink(secrets.token_bytes(_ID), tenant.id, purpose, subject, until, None)
        invitations.add_link(connection, held, at)
    return _token(tenant, held)


def redeem(connection: Connection, token: str, now: datetime) -> Opened | Dead:
    """What a token opens. Uses nothing up."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return Dead(UNKNOWN)
    # A token has one spelling: the last letter of another may stand for the same bytes.
    if len(raw) != _ID + _SIGNATURE or _text(raw) != token:
        return Dead(UNKNOWN)
    held = invitations.link(connection, raw[:_ID])
    if held is None:
        return Dead(UNKNOWN)
    owner = next(t for t in accounts.tenants(connection) if t.id == held.tenant_id)
    if not hmac.compare_digest(raw[_ID:], _signature(owner, held)):
        return Dead(UNKNOWN)
    if held.revoked is not None:
        return Dead(REVOKED, owner)
    if held.expires <= _micros(now):
        return Dead(EXPIRED, owner)
    return Opened(owner, held.purpose, held.subject)


def _token(tenant: Tenant, held: SignedLink) -> str:
    return _text(held.id + _signature(tenant, held))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _signature(tenant: Tenant, held: SignedLink) -> bytes:
    key = hmac.digest(tenant.practice.salt, b"signed links", sha256)
    return hmac.digest(key, held.purpose.encode() + b"\n" + held.id, sha256)[:_SIGNATURE]


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)
