"""One's own account: language, time zone, theme, password, second factor, devices."""

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs.auth import factors, passwords
from lrs.errors import Unauthenticated
from lrs.i18n import _
from lrs.store import accounts, sessions
from lrs.web import security, site, words
from lrs.web.forms import Form, choices
from lrs.web.rooms import PUBLIC, SIGNED_IN, Room, here
from lrs.web.signing import checked_password

ROOM = Room("account")

Page = str | tuple[str, int] | Answer


@ROOM.page("/account", SIGNED_IN)
def mine() -> Page:
    """What one's account is, and what can be changed."""
    return _page()


def _page(status: int = 200, **forms: Form) -> tuple[str, int]:
    user = here().user
    with here().read() as connection:
        devices = sessions.count(connection, user, here().now)
        left = len(accounts.secrets_of(connection, user.id).recovery)
    choice = Form.of(locale=user.locale, zone=user.zone, theme=user.theme)
    return render_template(
        "account.html",
        choice=forms.get("choice", choice),
        change=forms.get("change", Form()),
        devices=devices,
        left=left,
        roles=[_(words.ROLES[role]) for role in sorted(user.roles)],
        zones=choices(words.ZONES),
        themes=choices(words.THEMES),
    ), status


@ROOM.page("/account/choices", SIGNED_IN, methods=("POST",))
def choose() -> Page:
    """Language, time zone, theme."""
    form = Form.sent()
    for name, known in (
        ("locale", words.LANGUAGES),
        ("zone", words.ZONES),
        ("theme", words.THEMES),
    ):
        if form[name] and form[name] not in known:
            form.wrong(name, _("Choose one of the list."))
    if not form.sound:
        return _page(400, choice=form)
    _change(locale=form["locale"] or None, zone=form["zone"] or None, theme=form["theme"] or None)
    if form["locale"]:
        site.speak(form["locale"])
    site.say(_("Saved."))
    return redirect(url_for("web.account.mine"), 303)


@ROOM.page("/language", PUBLIC, methods=("POST",))
def speak() -> Page:
    """Another language, from any page: kept with the account of who is signed in, and by the
    browser."""
    form, there = Form.sent(), here()
    chosen = form["language"] if form["language"] in words.LANGUAGES else there.locale
    if there.signed_in:
        _change(locale=chosen)
    answer = redirect(security.safe_next(request.form.get("next")), 303)
    words.keep_language(answer, chosen, secure=security.is_https(there.context))
    return answer


def _change(**values: object) -> None:
    there = here()
    there.write(
        lambda connection: accounts.change_user(
            connection, there.tenant, there.user.login, **values
        )
    )


@ROOM.page("/account/password", SIGNED_IN, methods=("POST",))
def password() -> Page:
    """A new password, for who knows the old one. Other devices are signed out."""
    form, there = Form.sent(), here()
    try:
        passwords.sign_in(
            there.context.database, there.user.login, request.form.get("old", ""), there.now
        )
    except passwords.LockedOut as locked:
        form.wrong(
            "old",
            _("Too many tries. Try again after %(time)s.") % {"time": words.when(locked.until)},
        )
    except Unauthenticated:
        form.wrong("old", _("That is not your password."))
    hashed = checked_password(form, request.form.get("password", ""))
    if hashed is None or not form.sound:
        return _page(400, change=form)
    kept = hashed

    def work(connection: Connection) -> None:
        accounts.set_password(connection, there.tenant, there.user.login, kept)
        sessions.end_others(connection, there.user)
        there.did(connection, "user/password-set", f"user {there.user.login}")

    there.write(work)
    security.begin(there.user, sessions.IN)
    site.say(_("Your new password holds. Other devices were signed out."))
    return redirect(url_for("web.account.mine"), 303)


@ROOM.page("/account/devices", SIGNED_IN, methods=("POST",))
def sign_out_others() -> Page:
    """Sign out everywhere but here."""
    there = here()
    assert there.session is not None
    keep = there.session.digest
    there.write(lambda connection: sessions.end_others(connection, there.user, keep))
    site.say(_("Other devices were signed out."))
    return redirect(url_for("web.account.mine"), 303)


# The second factor --------------------------------------------------------------------------


@ROOM.page("/account/second", SIGNED_IN, methods=("GET", "POST"))
def second() -> Page:
    """Set up the app: show a secret, and believe it once a code of it is right."""
    there, form = here(), Form.sent()
    session = there.session
    assert session is not None
    secret = str(session.body.get("totp") or factors.new_secret())
    if request.method == "POST":
        step = factors.step_of(secret, form["code"], there.now)
        if "totp" in session.body and step is not None:
            codes = factors.new_codes()

            def take(connection: Connection) -> None:
                accounts.change_user(
                    connection,
                    there.tenant,
                    there.user.login,
                    totp=secret,
                    totp_step=step,
                    recovery=factors.kept(codes),
                )
                sessions.remember(connection, session, {})
                there.did(connection, "user/second-factor-set", f"user {there.user.login}")

            there.write(take)
            return render_template("codes.html", codes=codes)
        form.wrong("code", _("That code is not right. Is the clock of the phone right?"))
    if session.body.get("totp") != secret:
        there.write(lambda connection: sessions.remember(connection, session, {"totp": secret}))
    told = factors.address(secret, there.user.login, f"Jejak {there.tenant.name}")
    status = 200 if form.sound else 400
    return render_template("second_new.html", form=form, secret=secret, qr=site.qr(told)), status


@ROOM.page("/account/second/off", SIGNED_IN, methods=("POST",))
def second_off() -> Page:
    """Take the second factor off, for who knows the password."""
    there = here()
    try:
        passwords.sign_in(
            there.context.database, there.user.login, request.form.get("old", ""), there.now
        )
    except Unauthenticated:
        site.say(_("That is not your password; nothing was changed."))
        return redirect(url_for("web.account.mine"), 303)

    def work(connection: Connection) -> None:
        accounts.change_user(
            connection, there.tenant, there.user.login, totp=None, totp_step=None, recovery=None
        )
        there.did(connection, "user/second-factor-taken-off", f"user {there.user.login}")

    there.write(work)
    site.say(_("The second factor is off."))
    return redirect(url_for("web.account.mine"), 303)


@ROOM.page("/account/second/codes", SIGNED_IN, methods=("POST",))
def new_codes() -> Page:
    """New codes for who lost the phone; the old ones no longer count."""
    codes = factors.new_codes()
    if not here().user.second_factor:
        return redirect(url_for("web.account.mine"), 303)
    _change(recovery=factors.kept(codes))
    return render_template("codes.html", codes=codes)
