"""Telling others: a case opened, evidence was handed in, a verdict was given.

`announce` finds what is news, by its own place in the practice log and by the ledger of cases that
opened, and writes it down for each webhook in the same transaction as its place: no event is lost,
and none is written twice, since its delivery's id is made of it. `send_due` sends: signed, with a
time-out, tried again for two days, then given up, with the reason kept.

A body is `{"id", "type", "at", "tenant", "data"}`. It names people by their UUIDs alone; who may
know more asks the API. The header `X-Jejak-Signature` is `t=<seconds since 1970>,v1=<HMAC-SHA256 of
t, a dot and the body>`; what comes again has the same id.

An address is looked up once for each try, and the connection goes to just what was looked at, so
that no name leads to a machine of the inner network (unless the operator allows it).
"""

import http.client
import ipaddress
import logging
import secrets
import socket
import ssl
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from lrs import inbound
from lrs.errors import JejakError, NotFound, Problem, Refused
from lrs.practice import names, records
from lrs.store import cases, log, practice, webhooks
from lrs.store.accounts import Tenant
from lrs.store.engine import Database
from lrs.store.practice import Logged
from lrs.store.webhooks import Delivery, Webhook
from lrs.xapi.statements import parse

OPENED: Final = "case.opened"
HANDED_IN: Final = "evidence.handed_in"
VERDICT: Final = "verdict.given"
EVENTS: Final = (OPENED, HANDED_IN, VERDICT)

#: Sent only where somebody asks for it, to try an address.
TEST: Final = "webhook.test"

#: Moves that are verdicts; to submit, take and release a link is none.
VERDICTS: Final = ("accept", "return", "reject", "not_seen", "withdraw")

#: After so many seconds a delivery is tried again; after the last it is given up.
WAITS: Final = (10, 60, 300, 1800, 7200, 21600, 43200, 86400)

#: How long one try may take, and how long it is held by who makes it, in seconds.
PATIENCE: Final = 10
HELD: Final = 60

#: How long what was delivered is kept, to be looked at.
KEPT: Final = timedelta(days=30)

_SOME: Final = 200
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_log = logging.getLogger(__name__)


# Webhooks ------------------------------------------------------------------------------------


def add(
    database: Database,
    tenant: Tenant,
    url: str,
    events: Sequence[str],
    label: str,
    *,
    targets: str,
    now: datetime,
) -> Webhook:
    """Tell an address of these events (none: of all) from now on; its secret is to be shown now.

    Refused: no address that may be told (`targets`, see `JEJAK_WEBHOOK_TARGETS`).
    """
    wrong = set(events) - set(EVENTS)
    if wrong:
        raise Refused(Problem("events", f"There are {', '.join(EVENTS)}."))
    try:
        _checked(url, targets)
    except Unfit as unfit:
        raise Refused(Problem("url", str(unfit))) from None
    with database.read() as connection:
        since = log.horizon(database, connection)
    made = Webhook(
        uuid.uuid4().bytes,
        tenant.id,
        url,
        tuple(dict.fromkeys(events)) or EVENTS,
        label,
        since,
        _micros(now),
        secrets.token_urlsafe(32),
    )
    database.write(lambda connection: webhooks.add(connection, made))
    return made


def remove(database: Database, tenant: Tenant, webhook: bytes) -> None:
    """Tell an address no more. NotFound: there is none of this id."""
    if not database.write(lambda connection: webhooks.remove(connection, tenant.id, webhook)):
        raise NotFound(f"a webhook {webhook.hex()}")


def again(database: Database, tenant: Tenant, delivery: bytes, now: datetime) -> None:
    """Try a delivery anew. NotFound: there is none of this id that was not delivered."""
    at = _micros(now)
    if not database.write(lambda c: webhooks.again(c, tenant.id, delivery, at)):
        raise NotFound(f"a delivery {delivery.hex()} that was not made")


def test(tenant: Tenant, hook: Webhook, now: datetime, targets: str) -> "Tried":
    """Send an address one event that tells of nothing (`webhook.test`), signed as all are; kept
    nowhere."""
    event = uuid.uuid4().bytes
    _event, _kind, body = _body(tenant, event, TEST, now, {"webhook": hook.id.hex()})
    return send(hook, body, now, targets)


# What is news --------------------------------------------------------------------------------


def announce(database: Database, tenant: Tenant, now: datetime) -> int:
    """Write down some of what is news for who wants to be told; answers how many things it looked
    at. May be done by several at once."""
    with database.read() as connection:
        hooks = webhooks.of_tenant(connection, tenant.id)
        opened = webhooks.opened(connection, tenant.id, _SOME)
        place = webhooks.place(connection, tenant.id) if hooks else None
        logged: list[Logged] = []
        if place is not None:
            horizon = log.horizon(database, connection)
            logged = practice.follow(connection, (tenant.practice.id,), place, horizon, _SOME)
        if not opened and not logged:
            return 0
        news: list[tuple[Webhook, bytes, str, bytes]] = []
        kept = practice.restricted(connection, tenant.id)
        for case_id in opened if hooks else ():
            case = cases.case(connection, tenant.id, case_id)
            if case is not None and case.person not in kept:
                told = _body(tenant, _event(OPENED, case_id), OPENED, now, _of_case(case))
                news += [(hook, *told) for hook in hooks if OPENED in hook.events]
    for each in logged:
        found = _of_record(tenant, each)
        if found is not None:
            kind, data = found
            at = _EPOCH + timedelta(microseconds=each.position)
            told = _body(tenant, _event(kind, each.id), kind, at, data)
            news += [
                (hook, *told)
                for hook in hooks
                if kind in hook.events and each.position > hook.since
            ]

    def write(connection: Any) -> int:
        if logged:
            assert place is not None
            if not webhooks.move_on(connection, tenant.id, place, logged[-1].position):
                return 0
        webhooks.told(connection, tenant.id, opened)
        webhooks.post(connection, news, _micros(now))
        return len(opened) + len(logged)

    return database.write(write)


def _event(kind: str, of: bytes) -> bytes:
    return blake2b(b"\n".join((b"event", kind.encode(), of)), digest_size=16).digest()


def _body(
    tenant: Tenant, event: bytes, kind: str, at: datetime, data: dict[str, Any]
) -> tuple[bytes, str, bytes]:
    body = {
        "id": str(uuid.UUID(bytes=event)),
        "type": kind,
        "at": at.isoformat().replace("+00:00", "Z"),
        "tenant": tenant.name,
        "data": data,
    }
    return event, kind, msgspec.json.encode(body)


def _of_case(case: cases.Case) -> dict[str, Any]:
    return {
        "case": case.id.hex(),
        "person": None if case.person is None else str(uuid.UUID(bytes=case.person)),
        "programme": case.programme.iri if case.programme else None,
        "cohort": case.cohort,
        "course": case.course,
    }


def _of_record(tenant: Tenant, logged: Logged) -> tuple[str, dict[str, Any]] | None:
    """What a statement of the practice store is news of; None: of nothing, or it was voided."""
    if logged.voided:
        return None
    record = records.read(parse(logged.body))
    told: dict[str, Any] = {"statement": str(uuid.UUID(bytes=logged.id))}
    if isinstance(record, records.Evidence):
        told |= {"person": record.person, "of": record.of, "case": record.case}
        return HANDED_IN, told | {"performed_on": record.performed_on.isoformat()}
    if isinstance(record, records.Verdict) and record.move in VERDICTS:
        case, evidence = bytes.fromhex(record.case), bytes.fromhex(record.evidence)
        behaviour = names.ZERO
        if record.behaviour:
            behaviour = names.behaviour(tenant.id, record.behaviour)
        told |= {"link": names.link(case, evidence, behaviour).hex(), "case": record.case}
        told |= {"person": record.person, "evidence": record.evidence, "move": record.move}
        return VERDICT, told | {"behaviour": record.behaviour, "second": record.second}
    return None


# Sending -------------------------------------------------------------------------------------


class Unfit(JejakError):
    """An address that is not sent to, and why."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one try: the status that was answered, or why there was none."""

    status: int | None
    error: str | None

    def __bool__(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def send_due(database: Database, clock: Callable[[], datetime], targets: str) -> int:
    """Send what is due; answers how many were tried. May be done by several at once."""
    now = _micros(clock())
    with database.read() as connection:
        found = webhooks.due(connection, now, _SOME)
        tenants = {each.tenant_id for each in found}
        hooks = {hook.id: hook for each in tenants for hook in webhooks.of_tenant(connection, each)}
    tried = 0
    broken: set[bytes] = set()
    for delivery in found:
        hook = hooks.get(delivery.webhook)
        if hook is None or hook.id in broken:
            continue
        until = _micros(clock()) + HELD * 1_000_000
        if not database.write(lambda c, d=delivery, u=until: webhooks.claim(c, d, u)):  # type: ignore[misc]
            continue
        told = send(hook, delivery.body, clock(), targets)
        if not told:
            broken.add(hook.id)  # what else waits for it is left for the next time
        _settle(database, delivery, told, _micros(clock()))
        tried += 1
    return tried


def sweep(database: Database, now: datetime) -> int:
    """Forget what was delivered long ago."""
    before = _micros(now - KEPT)
    return database.write(lambda connection: webhooks.sweep(connection, before))


def _settle(database: Database, delivery: Delivery, told: Tried, now: int) -> None:
    state, next_at, delivered = webhooks.DELIVERED, None, now
    if not told:
        left = delivery.attempts < len(WAITS)
        state, delivered = (webhooks.WAITING if left else webhooks.GIVEN_UP), None  # type: ignore[assignment]
        next_at = now + WAITS[delivery.attempts] * 1_000_000 if left else None
        event = "webhook_failed" if left else "webhook_given_up"
        facts = {"delivery": delivery.id.hex(), "attempt": delivery.attempts + 1}
        _log.warning(event, extra={**facts, "status": told.status, "why": told.error})
    database.write(
        lambda c: webhooks.settle(
            c,
            delivery.id,
            state,
            next_at=next_at,
            status=told.status,
            error=told.error,
            delivered=delivered,
        )
    )


def send(hook: Webhook, body: bytes, now: datetime, targets: str) -> Tried:
    """Send one body. Redirects are not followed: they lead where nobody looked."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Jejak",
        inbound.SIGNATURE: inbound.sign(hook.secret, body, now),
    }
    try:
        parts, address = _checked(hook.url, targets)
        connection = _connection(parts, address)
    except (Unfit, OSError) as error:
        return Tried(None, str(error)[:500])
    # A receiver that sends a byte now and then would hold a socket's own time-out off for ever.
    late = threading.Timer(PATIENCE, _cut, (connection,))
    late.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        said = answer.read(300)
        if 200 <= answer.status < 300:
            return Tried(answer.status, None)
        return Tried(answer.status, said.decode("utf-8", "replace")[:300] or answer.reason)
    except (OSError, http.client.HTTPException) as error:
        return Tried(None, f"{type(error).__name__}: {error}"[:500])
    finally:
        late.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it was closed just now


def _checked(url: str, targets: str) -> tuple[SplitResult, str]:
    """The parts of an address, and the IP address it leads to. Raises `Unfit`."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Unfit("This is no address; write one like https://example.go.id/jejak.") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.fragment:
        raise Unfit("This is no address; write one like https://example.go.id/jejak.")
    if parts.username or parts.password is not None:
        raise Unfit("An address holds no user and password; deliveries are signed.")
    if not url.isascii() or any(ord(each) <= 32 for each in url):
        raise Unfit("An address holds no blanks and nothing but ASCII; encode the rest.")
    if targets == "public" and parts.scheme != "https":
        raise Unfit("Only https is told, since what is sent is about people.")
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unfit(f"The name {parts.hostname} is not known.") from None
    addresses = [str(each[4][0]) for each in found]
    if targets == "public":
        for each in addresses:
            if not _public(each):
                raise Unfit(
                    f"{parts.hostname} leads to {each}, which is not on the internet;"
                    " JEJAK_WEBHOOK_TARGETS=any allows it."
                )
    return parts, addresses[0]


def _public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return found.is_global and not found.is_multicast


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was looked at, whatever the name leads to by now."""

    def __init__(self, parts: SplitResult, address: str) -> None:
        assert parts.hostname is not None
        secure = parts.scheme == "https"
        super().__init__(parts.hostname, parts.port or (443 if secure else 80), timeout=PATIENCE)
        self.default_port = 443 if secure else 80
        self._address, self._secure = address, secure

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        if self._secure:
            context = ssl.create_default_context()
            plain = context.wrap_socket(plain, server_hostname=self.host)
        self.sock = plain


def _connection(parts: SplitResult, address: str) -> http.client.HTTPConnection:
    return _Pinned(parts, address)


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)
