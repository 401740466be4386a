"""The pages as one blueprint: every room, the way between them, and what is said when one fails."""

import json
import logging
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import segno
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    render_template,
    request,
    url_for,
)
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from lrs import errors, i18n
from lrs.auth.passwords import LockedOut
from lrs.auth.roles import NotPermitted
from lrs.i18n import N_, _
from lrs.mail import Post
from lrs.store.engine import is_away
from lrs.web import listing, security, sentences, slices, words
from lrs.web.assets import Assets
from lrs.web.rooms import ACTIONS, PUBLIC, SIGNED_IN, Here, Room, here

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Way:
    """One entry of the navigation: what it is called, and the endpoint it leads to."""

    called: str
    endpoint: str


#: The way between the pages. An entry is shown to who may go there; one whose room is not built is
#: shown to nobody, so that it may stand here before.
NAVIGATION: Final[tuple[tuple[str, tuple[Way, ...]], ...]] = (
    (
        N_("Mine"),
        (
            Way(N_("My trainings"), "web.mine.overview"),
            Way(N_("My staff"), "web.staff.every"),
        ),
    ),
    (
        "",
        (
            Way(N_("Overview"), "web.home.overview"),
            Way(N_("To review"), "web.review.queue"),
            Way(N_("Follow-up of alumni"), "web.cases.every"),
            Way(N_("Alumni and deadlines"), "web.alumni.every"),
            Way(N_("Reports"), "web.reports.every"),
        ),
    ),
    (
        N_("Agency"),
        (
            Way(N_("Programmes"), "web.programmes.every"),
            Way(N_("People"), "web.people.every"),
            Way(N_("Units"), "web.units.every"),
            Way(N_("Unknown accounts"), "web.identities.every"),
            Way(N_("Imports"), "web.imports.choose"),
            Way(N_("Invitations"), "web.invitations.every"),
        ),
    ),
    (
        N_("System"),
        (
            Way(N_("Activity records"), "web.statements.every"),
            Way(N_("Refused data"), "web.refusals.every"),
            Way(N_("Sources and keys"), "web.sources.every"),
            Way(N_("Accounts"), "web.users.every"),
            Way(N_("Webhooks"), "web.webhooks.every"),
            Way(N_("Letters"), "web.letters.every"),
            Way(N_("Audit trail"), "web.audit.every"),
            Way(N_("Jobs and settings"), "web.service.overview"),
        ),
    ),
)

#: Pages of somebody of the register → the role whose way it is.
OF_A_PERSON: Final = {"web.mine.overview": "learner", "web.staff.every": "superior"}

_STATUS: Final[dict[type[errors.JejakError], int]] = {
    errors.Refused: 400,
    errors.Unauthenticated: 401,
    LockedOut: 429,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.TooLarge: 413,
    errors.UnsupportedMedia: 415,
    errors.Busy: 503,
}

_SAID: Final = "jejak-said"

_TITLES: Final = {
    400: N_("That could not be read"),
    401: N_("Not signed in"),
    403: N_("That is not for you"),
    404: N_("There is nothing here"),
    405: N_("Nothing can be opened here"),
    409: N_("Something else stands there already"),
    413: N_("That is too large"),
    429: N_("Too many tries"),
    500: N_("Something failed on this side"),
    503: N_("The service is busy"),
}

#: Status → what happened, where only the address or the size of a request is wrong.
_HAPPENED: Final = {
    400: N_("What the browser sent could not be read."),
    404: N_("There is no page at this address: it is mistyped, or out of date."),
    405: N_("This address takes what a form sends, and cannot be opened by itself."),
    413: N_("At most %(most)s MB are taken here at once."),
}

#: Status → how it is mended, where what happened does not say it already.
_MENDS: Final = {
    400: N_("Go back, load the page again, and send it once more."),
    404: N_("Look for it from the first page, or ask the training admin."),
    405: N_("Begin from the first page."),
    413: N_("Go back, and send less: a smaller file, or several one after the other."),
}


def blueprint(rooms: tuple[Room, ...]) -> Blueprint:
    """All pages. Register it once, with `equip` beside it."""
    made = Blueprint("web", "lrs.web", template_folder="templates")
    for room in rooms:
        made.register_blueprint(room)
    made.add_url_rule("/static/<name>", "static", static)
    ACTIONS["web.static"] = (PUBLIC, False)
    made.before_request(_before)
    made.after_request(_after)
    made.register_error_handler(Exception, failed)
    made.context_processor(_at_hand)
    return made


def equip(app: Flask) -> None:
    """Give the application what the pages' templates use, and read what browsers keep."""
    i18n.equip(app.jinja_env)
    filters = words.FILTERS | {"told": sentences.shown}
    app.jinja_env.filters |= {name: i18n.live(function) for name, function in filters.items()}
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["jejak-assets"] = Assets()
    # What comes next on this thread is not in the language of who was there before.
    app.teardown_request(lambda _: i18n.speak(i18n.LOCALES[0]))


def static(name: str) -> Response:
    """A file that browsers keep."""
    assets: Assets = current_app.extensions["jejak-assets"]
    return assets.answer(name) or abort(404)


def _before() -> Any:
    if request.endpoint == "web.static":
        return None
    return security.let_in()


def _after(answer: Response) -> Response:
    """Also takes away what was said, once it was shown, and keeps what is to be said next."""
    if g.get("says"):
        packed = urlsafe_b64encode(json.dumps(g.says).encode()).decode()
        secure = security.is_https(here().context)
        answer.set_cookie(_SAID, packed, 60, httponly=True, samesite="Lax", secure=secure)
    elif g.get("said"):
        answer.delete_cookie(_SAID)
    return security.finish(answer)


# What templates have at hand ----------------------------------------------------------------


def say(sentence: str) -> None:
    """Have the next page say that something was done. A sentence in the reader's language."""
    g.setdefault("says", []).append(sentence)


def _said() -> list[str]:
    """What the page before wanted said. From a cookie: text, and shown as text."""
    try:
        told = json.loads(urlsafe_b64decode(request.cookies.get(_SAID, "").encode()))
    except ValueError:
        return []
    g.said = True
    return [each for each in told if isinstance(each, str)] if isinstance(told, list) else []


def _at_hand() -> dict[str, Any]:
    assets: Assets = current_app.extensions["jejak-assets"]
    return {
        "here": g.get("here"),
        "asset": lambda name: url_for("web.static", name=assets.name(name)),
        "form_token": security.form_token,
        "navigation": _navigation,
        "said": _said,
        "address": listing.address,
        "carried": slices.carried,
        "languages": words.LANGUAGES,
        "whence": security.whence,
        "event_word": words.event_word,
    }


def _navigation() -> Iterator[tuple[str, list[tuple[str, str, bool]]]]:
    """(group, [(called, address, whether one is there)]) of what the reader may see."""
    room = (request.endpoint or "").rpartition(".")[0]
    for group, ways in NAVIGATION:
        shown = [
            (_(way.called), url_for(way.endpoint), way.endpoint.rpartition(".")[0] == room)
            for way in ways
            if _may_go(way.endpoint)
        ]
        if shown:
            yield _(group), shown


def _may_go(endpoint: str) -> bool:
    if endpoint not in current_app.view_functions or endpoint not in ACTIONS:
        return False
    action, narrowed = ACTIONS[endpoint]
    if endpoint in OF_A_PERSON and (not here().signed_in or here().user.person is None):
        return False
    if endpoint in OF_A_PERSON:
        return OF_A_PERSON[endpoint] in here().user.roles
    if action in (PUBLIC, SIGNED_IN):
        return here().signed_in
    return here().may(action) or (narrowed and bool(here().reach(action)))


# When something fails -----------------------------------------------------------------------


def failed(error: Exception) -> Response | tuple[str, int]:
    """A page that says what went wrong and what can be done."""
    if "here" not in g:
        _stand_in()
    if is_away(error):
        log.warning("database_not_answering", extra={"error": type(error.__cause__).__name__})
        error = errors.Busy()
    if isinstance(error, security.Stale):
        return _failure(400, _(error.told), _(_MENDS[400]))
    if isinstance(error, LockedOut):
        return _failure(429, _("Try again after %(time)s.") % {"time": words.when(error.until)})
    if isinstance(error, NotPermitted):
        return _failure(403, _("Your roles do not open this page. Ask the training admin."))
    if isinstance(error, errors.JejakError):
        status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
        mend = _(_MENDS[404]) if isinstance(error, errors.NotFound) else ""
        return _failure(status, sentences.error(error), mend)
    if isinstance(error, HTTPException):
        if error.code is not None and error.code < 400:
            return error.get_response()  # type: ignore[return-value]
        status = error.code or 500
        happened = _(_HAPPENED.get(status, _HAPPENED[400]))
        if status == 413:
            happened %= {"most": i18n.number((request.max_content_length or 0) >> 20)}
        return _failure(status, happened, _(_MENDS.get(status, _MENDS[400])))
    number = secrets.token_hex(6)
    log.error("unexpected_error", exc_info=error, extra={"id": number, "method": request.method})
    told = _(
        "Try it once more in a while. If it fails again, tell the operator the number %(number)s:"
        " the log tells under it what happened."
    )
    return _failure(500, told % {"number": number})


def wants_page() -> bool:
    """Whether whoever asks for an address that nobody serves is a person with a browser."""
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith(
        ("/xapi", "/practice", "/api")
    )


def stray(error: HTTPException) -> Response:
    """The page for such an address, as whoever is signed in sees pages."""
    try:
        security.recognise()
    except Exception as wrong:
        if not is_away(wrong):
            raise
    answer = current_app.make_response(failed(error))
    return security.finish(answer)


def _stand_in() -> None:
    """Who is looking, for a page about a failure that came before that was known."""
    context = current_app.extensions["jejak"]
    settings = context.settings
    locale = words.language(settings.language)
    i18n.speak(locale)
    g.here = Here(
        context,
        context.clock(),
        locale,
        settings.zone,
        theme="",
        token=request.cookies.get(security.cookie_name(context)) or secrets.token_urlsafe(32),
    )


def _failure(status: int, happened: str, mend: str = "") -> tuple[str, int]:
    title = _(_TITLES.get(status, _TITLES[400]))
    told = {"title": title, "sentence": f"{happened} {mend}".strip(), "status": status}
    return render_template("failed.html", **_at_hand(), **told), status


def speak(locale: str) -> None:
    """Have the rest of this request be in the language that was just chosen."""
    i18n.speak(locale)
    here().locale = i18n.spoken()


def base() -> str:
    """What addresses of ours begin with: as the service was told, else as this browser reaches
    us."""
    return here().context.settings.public_url or request.host_url.rstrip("/")


def mails() -> bool:
    """Whether letters go out by themselves."""
    settings = here().context.settings
    return Post.from_settings(settings) is not None and bool(settings.public_url)


def qr(text: str) -> Markup:
    """A QR code as an image within the page, without styles of its own."""
    code = segno.make(text, error="m")
    drawn = code.svg_inline(svgclass="qr", lineclass=None, omitsize=True)
    return Markup(drawn)  # drawn by us: the text is in its dots only
