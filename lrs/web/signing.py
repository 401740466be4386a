"""Signing in and out: by password, with a second factor, through a provider; a new password."""

import logging
import threading
from datetime import timedelta
from typing import Final
from weakref import WeakKeyDictionary

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import errors, mail
from lrs.auth import factors, openid, passwords
from lrs.auth.openid import Provider
from lrs.i18n import _
from lrs.store import accounts, audit, sessions
from lrs.store.accounts import User
from lrs.store.engine import Database
from lrs.web import security, sentences, site, words
from lrs.web.forms import Form
from lrs.web.rooms import PUBLIC, Room, here
from schemas import accounts as entered

ROOM = Room("signing")

log = logging.getLogger(__name__)

#: How long the second factor may take, and how long a link to set a password is good.
SECOND: Final = timedelta(minutes=10)
RESET: Final = timedelta(hours=24)

#: How often such a letter goes to one login at most.
PAUSE: Final = timedelta(minutes=5)

_TRAIL: Final = "jejak-trail"

Page = str | tuple[str, int] | Response | Answer

_discoveries: "WeakKeyDictionary[Database, openid.Discovery]" = WeakKeyDictionary()


# By password --------------------------------------------------------------------------------


@ROOM.page("/sign-in", PUBLIC, methods=("GET", "POST"))
def sign_in() -> Page:
    """Sign in by password."""
    on = security.safe_next(request.values.get("next"))
    if here().signed_in:
        return redirect(on, 303)
    form = Form.sent() if request.method == "POST" else Form()
    if request.method == "POST":
        form.need("login", "password")
        # A password may begin or end with blanks.
        password = request.form.get("password", "")
        try:
            if form.sound:
                signed = passwords.sign_in(
                    here().context.database, form["login"], password, here().now
                )
                return _let_in(signed.user, on)
        except passwords.LockedOut as locked:
            form.wrong("", _locked(locked))
            return _sign_in_page(form, on, 429)
        except errors.Unauthenticated:
            form.wrong("", _("There is no such login, or that is not its password."))
        return _sign_in_page(form, on, 401)
    return _sign_in_page(form, on, 200)


def _locked(error: passwords.LockedOut) -> str:
    return _(
        "Too many tries. For your protection, nobody is let in before %(time)s. If you forgot"
        " your password, set a new one."
    ) % {"time": words.when(error.until)}


def _sign_in_page(form: Form, on: str, status: int) -> tuple[str, int]:
    settings = here().context.settings
    return render_template(
        "sign_in.html", form=form, on=on, provider=settings.sign_in_issuer and settings.sign_in_name
    ), status


def _let_in(user: User, on: str, *, factor_given: bool = False) -> Answer:
    """With a second factor to that; else in."""
    if user.second_factor and not factor_given:
        security.begin(user, sessions.SECOND, SECOND)
        return redirect(url_for("web.signing.second", next=None if on == "/" else on), 303)
    security.begin(user, sessions.IN)
    _note(user, "user/signed-in")
    return redirect(on, 303)


def _note(user: User, action: str) -> None:
    now = here().now

    def work(connection: Connection) -> None:
        audit.note(
            connection,
            user.tenant_id,
            at=now,
            who=f"user:{user.login}",
            action=action,
            subject=f"user {user.login}",
        )

    here().write(work)


@ROOM.page("/sign-in/second", PUBLIC, methods=("GET", "POST"))
def second() -> Page:
    """The code of the app, or one of the codes for who lost the phone."""
    session = here().session
    on = security.safe_next(request.values.get("next"))
    if session is None or session.stage != sessions.SECOND:
        return redirect(url_for("web.signing.sign_in", next=None if on == "/" else on), 303)
    form = Form.sent()
    if request.method == "POST":
        who = passwords.second_of(session.user)
        try:
            with here().read() as connection:
                passwords.check_lock(connection, who, here().now)
            if _is_right(session.user, form["code"]):
                here().write(lambda connection: sessions.forgive(connection, who))
                return _let_in(session.user, on, factor_given=True)
        except passwords.LockedOut as locked:
            form.wrong("", _locked(locked))
            return render_template("second.html", form=form, on=on), 429
        passwords.count_failure(here().context.database, who, here().now)
        form.wrong("code", _("That code is not right, or was used already. Wait for the next one."))
        return render_template("second.html", form=form, on=on), 401
    return render_template("second.html", form=form, on=on)


def _is_right(user: User, code: str) -> bool:
    """Whether the code is; it is used up by that."""
    now = here().now

    def work(connection: Connection) -> bool:
        kept = accounts.secrets_of(connection, user.id)
        if kept.totp is None:
            return False
        step = factors.step_of(kept.totp, code, now)
        if step is not None:
            return accounts.use_step(connection, user.id, step)
        left = factors.left_without(kept.recovery, code)
        if left is None:
            return False
        tenant = accounts.user_by_id(connection, user.id)
        assert tenant is not None
        accounts.change_user(connection, tenant[0], user.login, recovery=left)
        return True

    return here().write(work)


@ROOM.page("/sign-out", PUBLIC, methods=("POST",))
def sign_out() -> Page:
    """Sign out on this device."""
    security.leave()
    site.say(_("You are signed out."))
    return redirect(url_for("web.signing.sign_in"), 303)


# Through a provider -------------------------------------------------------------------------


def _provider() -> Provider:
    """The one that the settings name. NotFound: none."""
    settings = here().context.settings
    if not settings.sign_in_issuer:
        raise errors.NotFound("a sign-in provider")
    return Provider(
        settings.sign_in_issuer,
        settings.sign_in_client,
        settings.sign_in_secret,
        settings.sign_in_claim,
    )


def _discovery() -> openid.Discovery:
    return _discoveries.setdefault(here().context.database, openid.Discovery())


def _back() -> str:
    base = site.base()
    return base + url_for("web.signing.come_back")


@ROOM.page("/sign-in/provider", PUBLIC)
def leave() -> Page:
    """Go to the provider. What comes back is believed only with the cookie that is set here."""
    trail = openid.new_trail()
    there = openid.leave(_provider(), _discovery(), _back(), trail, here().now)
    answer = redirect(there, 303)
    on = security.safe_next(request.args.get("next"))
    secure = security.is_https(here().context)
    answer.set_cookie(
        _TRAIL,
        f"{trail} {on}" if on != "/" else trail,
        int(SECOND.total_seconds()),
        path="/sign-in",
        httponly=True,
        samesite="Lax",
        secure=secure,
    )
    return answer


@ROOM.page("/sign-in/back", PUBLIC)
def come_back() -> Page:
    """Whom the provider lets in, if we know them."""
    trail, _space, on = request.cookies.get(_TRAIL, "").partition(" ")
    form = Form()
    try:
        identity = openid.come_back(
            _provider(), _discovery(), _back(), trail, request.args.to_dict(), here().now
        )
        user = here().write(lambda connection: _known(connection, identity))
        answer: Page = _let_in(user, security.safe_next(on), factor_given=True)
    except errors.Unauthenticated as why:
        told = {"why": sentences.error(why)}
        form.wrong("", _("Signing in there did not work: %(why)s") % told)
        answer = Response(_sign_in_page(form, "/", 401)[0], 401)
    assert isinstance(answer, Answer)
    answer.delete_cookie(_TRAIL, path="/sign-in")
    return answer


def _known(connection: Connection, identity: openid.Identity) -> User:
    """Who that is here: whom the provider called so before, else whose login it is. From then on
    the provider's own name for them counts, since mail addresses are given to others."""
    found = accounts.users_of_subject(connection, identity.subject)
    if not found:
        found = [
            (tenant, user)
            for tenant, user in accounts.users_called(connection, identity.login)
            if not user.has_subject
        ]
        if len(found) == 1:
            ((tenant, user),) = found
            accounts.change_user(connection, tenant, user.login, subject=identity.subject)
    if len(found) != 1 or found[0][1].ended is not None:
        raise errors.Unauthenticated("nobody here has an account for you yet; ask the admin.")
    return found[0][1]


# A new password -----------------------------------------------------------------------------


@ROOM.page("/sign-in/forgotten", PUBLIC, methods=("GET", "POST"))
def forgotten() -> Page:
    """What to do who forgot the password: ask for a link by mail, or an admin for one.

    Neither what is answered nor how soon tells whether there is such a login.
    """
    form, post = Form.sent(), mail.Post.from_settings(here().context.settings)
    if request.method == "POST" and post is not None:
        form.need("login")
        if form.sound:
            _write_to(form["login"].lower()[:200], post)
            return render_template("forgotten.html", form=form, mails=True, sent=True)
    return render_template("forgotten.html", form=form, mails=post is not None, sent=False)


def _write_to(login: str, post: mail.Post) -> None:
    """A link to everybody of that login who has an address; one letter in a few minutes."""
    there, who = here(), passwords.reset_of(login)
    base = site.base()
    secrets: list[str] = [accounts.new_secret(32) for _n in range(8)]
    way = base + url_for("web.signing.no_link")

    def work(connection: Connection) -> list[tuple[User, str, str]]:
        _failed, last, until = sessions.attempts(connection, who)
        if last <= there.now < until:
            return []
        sessions.fail(connection, who, 1, now=there.now, until=there.now + PAUSE)
        made = []
        called = accounts.users_called(connection, login)
        for (tenant, user), secret in zip(called, secrets, strict=False):
            if user.ended is None and user.address is not None:
                sessions.create(
                    connection, user, secret, stage=sessions.RESET, now=there.now, lasts=RESET
                )
                made.append((user, secret, tenant.name))
        return made

    locale = there.locale

    def send(letters: list[tuple[User, str, str]]) -> None:
        for user, secret, agency in letters:
            letter = mail.write(
                "password",
                str(user.address),
                user.login,
                sessions.digest(secret).hex()[:32],
                user.locale or locale,
                {"url": way + secret, "agency": agency},
            )
            try:
                post.send(letter)
            except (mail.Undeliverable, mail.NotSent, mail.Unsure) as why:
                log.warning("password_letter_not_sent", extra={"user": user.id, "why": str(why)})

    letters = there.write(work)
    # Beside the answer: how long a mail server takes would tell that there is somebody.
    threading.Thread(target=send, args=(letters,), name="jejak-letter", daemon=True).start()


def password_link(user: User) -> str:
    """An address that lets this user set a new password, once, within RESET."""
    secret, there = accounts.new_secret(32), here()
    there.write(
        lambda connection: sessions.create(
            connection, user, secret, stage=sessions.RESET, now=there.now, lasts=RESET
        )
    )
    base = site.base()
    return base + url_for("web.signing.new_password", secret=secret)


@ROOM.page("/sign-in/new/", PUBLIC)
def no_link() -> Page:
    """A link that lost its end on the way."""
    return render_template("new_password.html", form=Form(), login=None), 410


@ROOM.page("/sign-in/new/<secret>", PUBLIC, methods=("GET", "POST"))
def new_password(secret: str) -> Page:
    """Set a new password by a link that came by mail. Opening it uses nothing up: mail scanners
    do that too."""
    with here().read() as connection:
        link = sessions.find(connection, secret, now=here().now)
    if link is None or link.stage != sessions.RESET:
        return render_template("new_password.html", form=Form(), login=None), 410
    form = Form.sent()
    password = request.form.get("password", "")
    if request.method == "POST":
        hashed = checked_password(form, password)
        if hashed is not None:
            whose = link

            def work(connection: Connection) -> None:
                accounts.set_password(connection, whose.tenant, whose.user.login, hashed)
                sessions.end_others(connection, whose.user)

            here().write(work)
            _note(link.user, "user/password-set")
            site.say(_("Your new password holds. Sign in with it."))
            return redirect(url_for("web.signing.sign_in"), 303)
    return render_template("new_password.html", form=form, login=link.user.login)


def checked_password(form: Form, password: str) -> str | None:
    """The hash of a new password, typed twice; None where something is wrong, told in the form."""
    if password != request.form.get("again", ""):
        form.wrong("again", _("The two do not agree."))
    if not entered.PASSWORD_LEAST <= len(password) <= entered.PASSWORD_MOST:
        form.wrong(
            "password",
            _(
                "A password has at least %(least)s characters, of any kind. A short sentence is"
                " good."
            )
            % {"least": entered.PASSWORD_LEAST},
        )
    return accounts.hash_password(password) if form.sound else None
