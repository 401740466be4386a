"""People sign in through their agency's OpenID Connect provider, run here for real."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from lrs.app import create_app
from lrs.context import Context
from lrs.settings import Settings
from lrs.store import accounts
from lrs.store.engine import Database
from tests.auth.issuer import Issuer, rsa_key
from tests.conftest import NOW, Cast
from tests.web.conftest import Browser, Clock

SITI = {"sub": "8f2c", "email": "Siti@example.go.id", "email_verified": True}


@pytest.fixture
def provider() -> Iterator[Issuer]:
    made = Issuer()
    made.who = dict(SITI)
    yield made
    made.stop()


@pytest.fixture
def app(database: Database, settings: Settings, clock: Clock, provider: Issuer) -> Flask:
    with_provider = replace(
        settings,
        sign_in_issuer=provider.url,
        sign_in_client="jejak-pages",
        sign_in_secret=provider.client_secret,
        sign_in_name="SSO Pemda",
    )
    return create_app(Context(settings=with_provider, database=database, clock=clock))


@pytest.fixture
def siti(cast: Cast) -> accounts.User:
    """An account without a password, made by the admin for who signs in there."""
    return cast.database.write(
        lambda c: accounts.create_user(
            c, cast.tenant, "siti@example.go.id", None, ("reviewer",), NOW
        )
    )


def come(browser: Browser, provider: Issuer, on: str = "") -> str:
    """Go there and back; answers the address that one is sent back to."""
    browser.get("/sign-in")
    assert "SSO Pemda" in browser.page.text
    there = browser.client.get(f"/sign-in/provider{on}").location
    back = provider.authorize(there)
    return back.removeprefix("http://localhost")


def test_whom_the_provider_knows_is_signed_in(
    app: Flask, provider: Issuer, siti: accounts.User
) -> None:
    browser = Browser(app)
    assert browser.get(come(browser, provider, "?next=/account")).address == "/account"
    assert "siti@example.go.id" in browser.page.text


def test_from_then_on_the_provider_s_own_name_counts(
    app: Flask, provider: Issuer, siti: accounts.User
) -> None:
    browser = Browser(app)
    browser.get(come(browser, provider))
    browser.get("/account")
    browser.send("/sign-out")
    provider.who["email"] = "siti.rahma@example.go.id"
    browser.get(come(browser, provider))
    assert "siti@example.go.id" in browser.get("/account").text
    browser.send("/sign-out")
    # Somebody else was given her old mail address.
    provider.who = {"sub": "another", "email": "siti@example.go.id", "email_verified": True}
    assert browser.get(come(browser, provider)).status == 401


def test_who_has_no_account_here_stays_outside(app: Flask, provider: Issuer, cast: Cast) -> None:
    browser = Browser(app)
    assert browser.get(come(browser, provider)).status == 401
    assert "nobody here has an account for you yet" in browser.page.text


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        ({"email_verified": False}, "has not verified"),
        ({"email_verified": None}, "has not verified"),
        ({"nonce": "another"}, "another sign-in"),
        ({"nonce": None}, "another sign-in"),
        ({"aud": "somebody-else"}, "not sound"),
        ({"azp": "somebody-else"}, "another application"),
        ({"iss": "https://evil.example"}, "not sound"),
        ({"exp": int((NOW - timedelta(hours=1)).timestamp())}, "expired"),
        ({"signed_by": rsa_key(7)}, "signature"),
        ({"headers": {"kid": "unknown"}}, "not published"),
    ],
)
def test_an_id_token_that_lies_lets_nobody_in(
    app: Flask, provider: Issuer, siti: accounts.User, lie: dict[str, Any], told: str
) -> None:
    provider.lies = lie
    browser = Browser(app)
    page = browser.get(come(browser, provider))
    assert page.status == 401
    assert told in page.text.lower() or told in page.text
    assert "Sign in" in browser.get("/account").text


#: What providers that keep to the standard tell of a scope only to who asks for user info.
APART = frozenset({"email", "email_verified"})


def test_what_the_id_token_does_not_say_is_asked_for(
    app: Flask, provider: Issuer, siti: accounts.User
) -> None:
    provider.apart = APART
    browser = Browser(app)
    browser.get(come(browser, provider))
    assert "siti@example.go.id" in browser.get("/account").text


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        ({"sub": "another"}, "somebody else than signed in"),
        ({"email_verified": False}, "has not verified"),
        ({"email": None}, "does not say who you are"),
    ],
)
def test_user_info_that_lies_lets_nobody_in(
    app: Flask, provider: Issuer, siti: accounts.User, lie: dict[str, Any], told: str
) -> None:
    provider.apart, provider.lied = APART, lie
    browser = Browser(app)
    page = browser.get(come(browser, provider))
    assert page.status == 401
    assert told in page.text


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (None, "does not say who you are (email)"),
        ("http://elsewhere.example.org/userinfo", "names no https address for userinfo_endpoint"),
        ("https://localhost:1/userinfo", "does not say who you are (it is not there)"),
    ],
)
def test_user_info_is_asked_for_only_where_it_is_safe(
    app: Flask, provider: Issuer, siti: accounts.User, address: str | None, told: str
) -> None:
    provider.apart, provider.about = APART, {"userinfo_endpoint": address}
    browser = Browser(app)
    assert told in browser.get(come(browser, provider)).text


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(
    app: Flask, provider: Issuer, siti: accounts.User
) -> None:
    provider.about = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    browser = Browser(app)
    assert browser.get(come(browser, provider, "?next=/account")).address == "/account"


def test_an_answer_is_good_only_in_the_browser_that_asked(
    app: Flask, provider: Issuer, siti: accounts.User
) -> None:
    thief, victim = Browser(app), Browser(app)
    back = come(thief, provider)
    assert victim.get(back).status == 401
    come(victim, provider)
    assert victim.get(back).status == 401
    assert "another sign-in" in victim.page.text


def test_an_answer_is_good_once(app: Flask, provider: Issuer, siti: accounts.User) -> None:
    browser = Browser(app)
    back = come(browser, provider)
    browser.get(back)
    browser.get("/account")
    browser.send("/sign-out")
    assert browser.get(back).status == 401


def test_a_provider_that_says_no_or_is_away_is_told(
    app: Flask, provider: Issuer, siti: accounts.User
) -> None:
    browser = Browser(app)
    back = come(browser, provider)
    assert browser.get(back.replace("code=", "error=")).status == 401
    back = come(browser, provider)
    provider.answer = lambda path: (500, b"") if path.endswith("/token") else None
    assert "did not take the code (it answered 500)" in browser.get(back).text


def test_without_a_provider_there_is_no_such_door(
    database: Database, settings: Settings, clock: Clock
) -> None:
    plain = Browser(create_app(Context(settings=settings, database=database, clock=clock)))
    assert plain.get("/sign-in/provider").status == 404
    assert plain.get("/sign-in/back?code=1&state=2").status == 404
