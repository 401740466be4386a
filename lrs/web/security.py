"""What guards every page: who is signed in, what they may, forms that are ours, and headers.

All of it happens before and after the views, so that no view can leave it out. Browsers hold one
random token; the database holds its hash. The token of forms is derived from it, and masked anew
in each answer, since answers are compressed.
"""

import gzip
import hmac
import logging
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from hashlib import blake2b
from typing import Final
from urllib.parse import urlsplit

from flask import Request, Response, current_app, g, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import i18n
from lrs.auth import roles
from lrs.context import Context
from lrs.errors import NotFound
from lrs.i18n import N_
from lrs.store import audit, sessions
from lrs.store.accounts import User
from lrs.web import words
from lrs.web.rooms import ACTIONS, LIMIT, LIMITS, PUBLIC, SIGNED_IN, Here, here

#: Nothing from elsewhere, no script or style within the page, no frame, no form sent elsewhere.
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that know no frame-ancestors
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

#: For who comes by https once: a year of nothing else.
TRANSPORT: Final = "max-age=31536000; includeSubDomains"

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
PACK_FROM: Final = 1024
_MASK: Final = 16

log = logging.getLogger(__name__)


class Stale(Exception):
    """A form that was not ours, or was open longer than its session."""

    told = N_("This form was open too long, or came from another page; nothing was taken of it.")


# Before ------------------------------------------------------------------------------------


def let_in() -> Answer | None:
    """Who is looking, and whether they may; runs before every view. None: go on."""
    recognise()
    if request.method not in SAFE:
        most = LIMITS.get(request.endpoint or "", LIMIT)
        request.max_content_length = most
        request.max_form_memory_size = most
        _check_form(here().context)
    return _check_action()


def recognise() -> None:
    """Who is looking, and in which language; `here()` tells it from then on."""
    context: Context = current_app.extensions["jejak"]
    token = request.cookies.get(cookie_name(context), "")
    now = context.clock()
    session = None
    if token:
        with context.database.read() as connection:
            idle = timedelta(minutes=context.settings.session_idle_minutes)
            session = sessions.find(connection, token, now=now, idle=idle)
            if session is not None and session.stage not in (sessions.IN, sessions.SECOND):
                session = None  # something else that is kept by a secret
    user = None if session is None else session.user
    g.here = Here(
        context,
        now,
        locale=_language(user, context),
        zone=(user and user.zone) or context.settings.zone,
        theme=(user and user.theme) or "",
        token=token or secrets.token_urlsafe(32),
        session=session,
    )
    i18n.speak(g.here.locale)


def whence() -> str:
    """The page that is looked at, to come back to; of an answer to a form, the first page."""
    return _asked_for() if request.method in SAFE else "/"


def _asked_for() -> str:
    """The address asked for, to come back to. Anybody may send a query that is no text."""
    query = request.query_string.decode(errors="replace")
    return f"{request.path}?{query}" if query else request.path


def _check_action() -> Answer | None:
    endpoint = request.endpoint or ""
    if endpoint not in ACTIONS:
        raise NotFound(f"a page {endpoint}")
    action, narrowed = ACTIONS[endpoint]
    if action == PUBLIC:
        return None
    if not here().signed_in:
        step = "web.signing.second" if here().session is not None else "web.signing.sign_in"
        on = _asked_for() if request.method in SAFE else None
        return redirect(url_for(step, next=None if on == "/" else on), 303)
    if action != SIGNED_IN and not (narrowed and here().reach(action)):
        decision = roles.decide(here().user.roles, action)
        if isinstance(decision, roles.Refusal):
            raise decision.error
    return None


def _language(user: User | None, context: Context) -> str:
    if user is not None and user.locale:
        return i18n.choose([user.locale])
    return words.language(context.settings.language)


# Forms --------------------------------------------------------------------------------------


def form_token() -> str:
    """What each form carries in its field `token`."""
    mask = secrets.token_bytes(_MASK)
    return urlsafe_b64encode(mask + _mix(mask, _token_of(here().token))).decode()


def _token_of(token: str) -> bytes:
    return blake2b(token.encode(), digest_size=_MASK, person=b"jejak forms").digest()


def _mix(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _check_form(context: Context) -> None:
    """Raises Stale unless the form came from a page of ours, shown to this very browser."""
    if not same_origin(request, context):
        log.warning("form_from_elsewhere", extra={"endpoint": request.endpoint})
        raise Stale
    try:
        given = urlsafe_b64decode(request.form.get("token", "").encode())
    except ValueError:
        given = b""
    if len(given) != 2 * _MASK or not hmac.compare_digest(
        _mix(given[:_MASK], given[_MASK:]), _token_of(here().token)
    ):
        raise Stale


def same_origin(asked: Request, context: Context) -> bool:
    """Whether the browser says that the request came from our own pages. One that says nothing
    is too old to say it; the token then decides alone."""
    site = asked.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = asked.headers.get("Origin")
    if origin is None:
        return True
    ours = {asked.host}
    if context.settings.public_url:
        ours.add(urlsplit(context.settings.public_url).netloc)
    return urlsplit(origin).netloc in ours


def safe_next(given: str | None) -> str:
    """Where to go after signing in: a path of ours, or the first page."""
    if not given or not given.startswith("/") or given.startswith(("//", "/\\")):
        return "/"
    if any(ord(each) < 32 or each == "\\" for each in given):
        return "/"
    parts = urlsplit(given)
    return given if not parts.scheme and not parts.netloc else "/"


# Sessions -----------------------------------------------------------------------------------


def is_https(context: Context) -> bool:
    """Whether browsers reach us by https; behind a proxy the settings say so."""
    return context.settings.public_url.startswith("https://") or request.is_secure


def cookie_name(context: Context) -> str:
    """`__Host-` binds a cookie to this host, this path and https; browsers take it for no less."""
    return "__Host-jejak" if is_https(context) else "jejak"


def begin(user: User, stage: str, lasts: timedelta | None = None) -> None:
    """Sign somebody in with a token that nobody has seen before; an older one ends."""
    there = here()
    old, there.token = there.session, secrets.token_urlsafe(32)
    span = lasts or timedelta(hours=there.context.settings.session_hours)

    def work(connection: Connection) -> None:
        if old is not None:
            sessions.end(connection, old)
        sessions.create(connection, user, there.token, stage=stage, now=there.now, lasts=span)

    there.write(work)
    g.set_token = True


def leave() -> None:
    """Sign out."""
    session = here().session
    if session is not None:
        here().write(lambda connection: sessions.end(connection, session))
    g.drop_token = True


# After --------------------------------------------------------------------------------------


def finish(answer: Response) -> Response:
    """Headers, cookies, the trail of what was seen, and gzip; runs after every view."""
    there: Here | None = g.get("here")
    if there is not None:
        _note(there, answer)
        _cookies(there, answer)
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if there is not None and is_https(there.context):
        answer.headers.setdefault("Strict-Transport-Security", TRANSPORT)
    answer.headers.setdefault("Cache-Control", "no-store")
    return _packed(answer)


def _note(there: Here, answer: Response) -> None:
    """What was shown goes into the trail; that somebody is at work, into their session."""
    session = there.session
    seen = there.seen if answer.status_code < 300 else []
    late = session is not None and there.now - session.seen >= sessions.SEEN_EVERY
    if session is None or not (seen or late):
        return

    def work(connection: Connection) -> None:
        if late:
            sessions.see(connection, session, there.now)
        if seen:
            audit.notes(connection, there.tenant.id, at=there.now, who=there.who, done=seen)

    there.write(work)


def _cookies(there: Here, answer: Response) -> None:
    name = cookie_name(there.context)
    options = {"httponly": True, "samesite": "Lax", "secure": is_https(there.context), "path": "/"}
    if g.get("drop_token"):
        answer.delete_cookie(name, **options)  # type: ignore[arg-type]
    elif g.get("set_token") or request.cookies.get(name) != there.token:
        answer.set_cookie(name, there.token, **options)  # type: ignore[arg-type]


def _packed(answer: Response) -> Response:
    """Gzipped for who takes that. Form tokens are masked, so that its length tells nothing."""
    if (
        answer.direct_passthrough
        or answer.is_streamed
        or "Content-Encoding" in answer.headers
        or not (answer.content_type or "").startswith("text/")
        or request.accept_encodings["gzip"] <= 0
    ):
        return answer
    body = answer.get_data()
    if len(body) >= PACK_FROM:
        answer.set_data(gzip.compress(body, 5, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers.add("Vary", "Accept-Encoding")
    return answer
