"""Somebody signs in, and nobody else does."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from flask import Flask

from lrs.app import create_app
from lrs.context import Context
from lrs.settings import Settings
from lrs.store import accounts, audit, sessions
from lrs.store.engine import Database
from lrs.web import security
from tests.agency import mail_server, text_of
from tests.conftest import NOW, Cast
from tests.web.conftest import PASSWORD, Browser, Clock, hashed

Person = Callable[..., accounts.User]


def test_a_person_signs_in_sees_their_pages_and_signs_out(app: Flask, person: Person) -> None:
    person("siti", "admin")
    browser = Browser(app)
    assert "Sign in" in browser.get("/").text
    assert "Overview" in browser.sign_in("Siti").text
    browser.send("/sign-out")
    assert "You are signed out." in browser.page.text
    assert "Sign in" in browser.get("/account").text


def test_whoever_wanted_a_page_gets_it_after_signing_in(app: Flask, person: Person) -> None:
    person("siti", "admin")
    browser = Browser(app)
    browser.get("/account?x=1")
    assert browser.page.address == "/sign-in?next=/account?x%3D1"
    assert browser.send("/sign-in", login="siti", password=PASSWORD).address == "/account?x=1"


@pytest.mark.parametrize(
    "evil",
    [
        *("https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example"),
        *("javascript:alert(1)", "/\t/evil.example", "http:/evil.example", "", "evil"),
    ],
)
def test_signing_in_leads_nowhere_else(app: Flask, person: Person, evil: str) -> None:
    person("siti", "admin")
    browser = Browser(app)
    browser.get("/sign-in")
    token = browser.page.form("/sign-in").fields["token"]
    data = {"token": token, "login": "siti", "password": PASSWORD, "next": evil}
    assert browser.post("/sign-in", data).location == "/"
    assert security.safe_next(evil) == "/"


@pytest.mark.parametrize(
    ("login", "password"),
    [("siti", "wrong password"), ("nobody", PASSWORD), ("", ""), ("siti", PASSWORD + " ")],
)
def test_a_wrong_password_and_an_unknown_login_are_told_alike(
    app: Flask, person: Person, login: str, password: str
) -> None:
    person("siti", "admin")
    browser = Browser(app)
    assert browser.sign_in(login, password).status == 401
    assert PASSWORD not in browser.page.html
    if login:
        assert "There is no such login, or that is not its password." in browser.page.text


def test_who_fails_too_often_waits_known_or_not(app: Flask, person: Person, clock: Clock) -> None:
    person("siti", "admin")
    browser = Browser(app)
    for login in ("siti", "nobody"):
        for _ in range(5):
            assert browser.sign_in(login, "wrong").status == 401
        assert browser.sign_in(login, "wrong").status == 429
        assert browser.sign_in(login, PASSWORD).status == 429
        assert "nobody is let in before 2 Mar 2026" in browser.page.text.replace("Mar 2,", "2 Mar")
    clock.on(minutes=2)
    assert browser.sign_in("siti").status == 200


def test_locks_grow_and_are_forgotten(app: Flask, person: Person, clock: Clock) -> None:
    person("siti", "admin")
    browser = Browser(app)
    for _ in range(5):
        browser.sign_in("siti", "wrong")
    clock.on(minutes=1, seconds=1)
    assert browser.sign_in("siti", "wrong").status == 401
    clock.on(minutes=1, seconds=1)
    assert browser.sign_in("siti", "wrong").status == 429
    clock.on(minutes=1)
    assert browser.sign_in("siti").status == 200
    browser.send("/sign-out")
    assert browser.sign_in("siti", "wrong").status == 401


def test_two_agencies_may_have_the_same_login(
    app: Flask, person: Person, cast: Cast, neighbour: Cast
) -> None:
    person("siti", "admin")
    other = accounts.hash_password("a quite different one")
    neighbour.database.write(
        lambda c: accounts.create_user(c, neighbour.tenant, "siti", other, ("admin",), NOW)
    )
    browser = Browser(app)
    assert cast.tenant.name in browser.sign_in("siti").text
    browser.send("/sign-out")
    assert neighbour.tenant.name in browser.sign_in("siti", "a quite different one").text


# Sessions -----------------------------------------------------------------------------------


def test_a_token_known_before_signing_in_is_worth_nothing_after(app: Flask, person: Person) -> None:
    person("siti", "admin")
    browser, thief = Browser(app), Browser(app)
    browser.get("/sign-in")
    before = browser.cookies["jejak"]
    browser.send("/sign-in", login="siti", password=PASSWORD)
    assert browser.cookies["jejak"] != before
    thief.client.set_cookie("jejak", before)
    assert "Sign in" in thief.get("/account").text


def test_the_cookie_is_for_this_host_and_no_script(
    database: Database, settings: Settings, person: Person
) -> None:
    person("siti", "admin")
    safe = replace(settings, public_url="https://jejak.example.go.id")
    browser = Browser(create_app(Context(settings=safe, database=database)))
    cookie = browser.get("/sign-in").answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-jejak=")
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
    assert browser.page.answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_the_database_holds_no_token(app: Flask, person: Person, database: Database) -> None:
    person("siti", "admin")
    browser = Browser(app)
    browser.sign_in("siti")
    token = browser.cookies["jejak"]
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT digest FROM sessions").all()
    assert [bytes(row[0]) for row in rows] == [sessions.digest(token)]


def test_who_is_away_too_long_signs_in_again(app: Flask, person: Person, clock: Clock) -> None:
    person("siti", "admin")
    browser = Browser(app)
    browser.sign_in("siti")
    for _ in range(5):
        clock.on(minutes=100)
        assert "My account" in browser.get("/account").text
    clock.on(minutes=121)
    assert "Sign in" in browser.get("/account").text


def test_nobody_stays_signed_in_for_ever(app: Flask, person: Person, clock: Clock) -> None:
    person("siti", "admin")
    browser = Browser(app)
    browser.sign_in("siti")
    for _ in range(7):
        clock.on(minutes=100)
        browser.get("/account")
    clock.on(minutes=30)
    assert "Sign in" in browser.get("/account").text


def test_whose_account_ended_is_out_at_once(app: Flask, person: Person, cast: Cast) -> None:
    person("siti", "admin")
    browser = Browser(app)
    browser.sign_in("siti")
    cast.database.write(lambda c: accounts.change_user(c, cast.tenant, "siti", ended=NOW))
    assert "Sign in" in browser.get("/account").text
    assert browser.sign_in("siti").status == 401


def test_what_has_ended_is_swept(app: Flask, person: Person, cast: Cast) -> None:
    person("siti", "admin")
    browser = Browser(app)
    browser.sign_in("nobody", "wrong")
    browser.sign_in("siti")
    later = NOW + timedelta(days=2)
    assert cast.database.write(lambda c: sessions.sweep(c, later)) == 2
    assert cast.database.write(lambda c: sessions.sweep(c, later)) == 0


# The second factor --------------------------------------------------------------------------


def set_up(browser: Browser, clock: Clock) -> tuple[pyotp.TOTP, list[str]]:
    """Turn the second factor on; answers the app and the recovery codes."""
    browser.get("/account/second")
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", browser.page.html)
    assert secret is not None
    app = pyotp.TOTP(secret[1])
    assert browser.send("/account/second", code="123").status == 400
    page = browser.send("/account/second", code=app.at(clock.now))
    assert "Recovery codes" in page.text
    return app, re.findall(r"<code>([a-z0-9-]{11})</code>", page.html)


def test_with_a_second_factor_the_password_alone_opens_nothing(
    app: Flask, person: Person, clock: Clock
) -> None:
    person("siti", "admin")
    browser = Browser(app)
    browser.sign_in("siti")
    phone, codes = set_up(browser, clock)
    browser.send("/sign-out")
    assert "Second factor" in browser.sign_in("siti").text
    assert "Second factor" in browser.get("/account").text
    # The code with which it was set up counted already.
    assert browser.send("/sign-in/second", code=phone.at(clock.now)).status == 401
    clock.on(seconds=30)
    assert "Overview" in browser.send("/sign-in/second", code=phone.at(clock.now)).text

    browser.send("/sign-out")
    browser.sign_in("siti")
    assert "Overview" in browser.send("/sign-in/second", code=codes[0].upper()).text
    browser.send("/sign-out")
    browser.sign_in("siti")
    assert browser.send("/sign-in/second", code=codes[0]).status == 401
    assert "Overview" in browser.send("/sign-in/second", code=codes[1].replace("-", "")).text
    assert "8 recovery codes are left" in browser.get("/account").text


def test_guessing_codes_is_locked_out(app: Flask, person: Person, clock: Clock) -> None:
    person("siti", "admin")
    browser = Browser(app)
    browser.sign_in("siti")
    phone, _ = set_up(browser, clock)
    browser.send("/sign-out")
    browser.sign_in("siti")
    for n in range(5):
        assert browser.send("/sign-in/second", code=f"00000{n}").status == 401
    clock.on(seconds=31)
    assert browser.send("/sign-in/second", code=phone.at(clock.now)).status == 429


def test_it_is_taken_off_by_the_password_alone(app: Flask, person: Person, clock: Clock) -> None:
    person("siti", "admin")
    browser = Browser(app)
    browser.sign_in("siti")
    set_up(browser, clock)
    browser.get("/account")
    assert "nothing was changed" in browser.send("/account/second/off", old="wrong").text
    assert "is off" in browser.send("/account/second/off", old=PASSWORD).text


# One's own account --------------------------------------------------------------------------


def test_a_new_password_signs_other_devices_out(app: Flask, person: Person) -> None:
    person("siti", "admin")
    here, elsewhere = Browser(app), Browser(app)
    here.sign_in("siti")
    elsewhere.sign_in("siti")
    here.get("/account")
    new = "another short sentence"
    wrong = here.send("/account/password", old="wrong", password="short", again="other")
    assert wrong.status == 400
    for sentence in ("not your password", "do not agree", "at least 12 characters"):
        assert sentence in wrong.text
    assert "holds" in here.send("/account/password", old=PASSWORD, password=new, again=new).text
    assert "Sign in" in elsewhere.get("/account").text
    assert here.get("/account").status == 200
    assert elsewhere.sign_in("siti").status == 401
    assert elsewhere.sign_in("siti", new).status == 200


def test_language_zone_and_theme_are_chosen_by_account_else_by_browser(
    app: Flask, person: Person
) -> None:
    person("siti", "admin")
    browser = Browser(app, "id-ID,en;q=0.5")
    browser.sign_in("siti")
    assert '<html lang="id">' in browser.get("/account").html
    browser.send("/account/choices", locale="en", zone="Asia/Makassar", theme="dark")
    assert '<html lang="en" data-theme="dark">' in browser.page.html
    assert "Saved." in browser.page.text
    assert "Saved." not in browser.get("/account").text
    token = browser.page.form("/account/choices").fields["token"]
    assert browser.post("/account/choices", {"token": token, "zone": "Mars"}).status_code == 400


def test_another_language_is_one_press_away_and_is_remembered(app: Flask, person: Person) -> None:
    person("siti", "admin")
    browser = Browser(app, "en")
    assert '<html lang="en">' in browser.get("/sign-in?next=/people").html
    assert '<html lang="id">' in browser.send("/language", language="id").html
    assert browser.page.address == "/sign-in?next=/people"
    browser.sign_in("siti")
    assert '<html lang="id">' in browser.get("/account").html
    assert '<html lang="en">' in browser.send("/language", language="en").html
    # With the account it goes along to other devices; by the browser it outlasts signing out.
    other = Browser(app, "id")
    other.sign_in("siti")
    assert '<html lang="en">' in other.get("/account").html
    assert '<html lang="en">' in browser.send("/sign-out").html


@pytest.mark.parametrize("wrong", ["xx", ""])
def test_a_language_that_there_is_not_changes_nothing(app: Flask, wrong: str) -> None:
    browser = Browser(app, "en")
    browser.get("/sign-in")
    assert '<html lang="en">' in browser.send("/language", language=wrong, next="//evil").html
    assert browser.page.address in ("/", "/sign-in")


def test_a_link_sets_a_new_password_once(app: Flask, person: Person, cast: Cast) -> None:
    user = person("siti", "admin")
    secret = "s" * 43
    cast.database.write(
        lambda c: sessions.create(
            c, user, secret, stage=sessions.RESET, now=NOW, lasts=timedelta(hours=1)
        )
    )
    browser, new = Browser(app), "another short sentence"
    browser.client.set_cookie("jejak", secret)
    assert "Sign in" in browser.get("/account").text  # it is no session
    for _ in range(2):  # mail scanners open links, too
        browser.get(f"/sign-in/new/{secret}")
    assert browser.send("/sign-in/new", password=new, again="x").status == 200
    assert "Sign in with it" in browser.send("/sign-in/new", password=new, again=new).text
    assert browser.get(f"/sign-in/new/{secret}").status == 410
    assert browser.sign_in("siti", new).status == 200


def test_signing_in_is_in_the_trail(app: Flask, person: Person, cast: Cast) -> None:
    person("siti", "admin")
    Browser(app).sign_in("siti")
    with cast.database.read() as connection:
        (entry,) = audit.page(connection, cast.tenant.id)
    assert (entry.who, entry.action, entry.subject) == (
        "user:siti",
        "user/signed-in",
        "user siti",
    )


def test_a_password_hash_of_another_day_is_made_anew(
    app: Flask, person: Person, cast: Cast
) -> None:
    import argon2

    user = person("siti", "admin")
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    cast.database.write(lambda c: accounts.set_password(c, cast.tenant, "siti", weak))
    assert Browser(app).sign_in("siti").status == 200
    with cast.database.read() as connection:
        kept = accounts.secrets_of(connection, user.id).password
    assert kept not in (weak, hashed())


def test_who_forgot_the_password_gets_a_link_by_mail(
    database: Database, settings: Settings, person: Person, cast: Cast, clock: Clock
) -> None:
    person("siti@example.go.id", "admin")
    person("budi", "admin")  # of whom no mail address is known
    with mail_server() as (sink, post):
        able = replace(settings, smtp_url=post.url, mail_from=post.sender)
        app = create_app(Context(settings=able, database=database, clock=clock))
        answers = set()
        for login in ("siti@example.go.id", "budi", "nobody", "siti@example.go.id"):
            browser = Browser(app)
            browser.get("/sign-in/forgotten")
            answers.add(browser.send("/sign-in/forgotten", login=login).text)
            for thread in threading.enumerate():
                if thread.name == "jejak-letter":
                    thread.join(20)
        assert len(answers) == 1
        (letter,) = sink.letters
    link = re.search(r"http://localhost(/sign-in/new/\S+)", text_of(letter))
    assert link is not None
    new = "another short sentence"
    browser.get(link[1])
    browser.send("/sign-in/new", password=new, again=new)
    assert browser.sign_in("siti@example.go.id", new).status == 200


def test_without_a_mail_server_one_is_told_whom_to_ask(app: Flask) -> None:
    page = Browser(app).get("/sign-in/forgotten")
    assert "Ask your training admin" in page.text
    assert "Send me a link" not in page.text
