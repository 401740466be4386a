"""What guards every page: forms of ours alone, headers, roles, and nothing from elsewhere."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from lrs.auth import roles
from lrs.store import accounts
from lrs.web import security
from lrs.web.rooms import ACTIONS, PUBLIC, SIGNED_IN
from schemas.accounts import ROLES
from tests.web.conftest import PASSWORD, Browser

TEMPLATES = Path(security.__file__).parent / "templates"


def pages(app: Flask) -> list[tuple[str, str, frozenset[str]]]:
    """(endpoint, rule, methods) of everything the pages serve."""
    return [
        (rule.endpoint, rule.rule, frozenset(rule.methods or ()))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("web.")
    ]


#: Who has not signed in may choose the language to do so in.
LANGUAGE = "web.account.speak"


def filled(rule: str) -> str:
    """An address that a rule serves, of things that are not there."""
    return re.sub(r"<(?:(int|uuid):)?[^>]+>", lambda m: "9" if m[1] == "int" else "0" * 32, rule)


def test_every_page_names_its_action(app: Flask) -> None:
    for endpoint, _, methods in pages(app):
        action, _ = ACTIONS[endpoint]
        assert action in (PUBLIC, SIGNED_IN) or action in roles.SCOPES_FOR
        if "POST" in methods:
            assert action != PUBLIC or endpoint.startswith("web.signing.") or endpoint == LANGUAGE


def test_only_signing_in_checking_a_letter_and_the_language_are_public(app: Flask) -> None:
    public = {endpoint for endpoint, _, _ in pages(app) if ACTIONS[endpoint][0] == PUBLIC}
    assert public - {"web.static", "web.check.one", LANGUAGE} <= {
        e for e in public if e.startswith("web.signing.")
    }


def test_without_signing_in_no_page_shows_anything(app: Flask) -> None:
    browser = Browser(app)
    for endpoint, rule, methods in pages(app):
        if ACTIONS[endpoint][0] == PUBLIC or "GET" not in methods:
            continue
        answer = browser.client.get(filled(rule), headers={"Accept": "text/html"})
        assert answer.status_code == 303, rule
        assert answer.location.startswith("/sign-in"), rule


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_the_pages_of_its_actions_and_no_others(
    app: Flask, signed_in: Callable[..., Browser], role: str
) -> None:
    browser = signed_in(role)
    for endpoint, rule, methods in pages(app):
        action, narrowed = ACTIONS[endpoint]
        if action in (PUBLIC, SIGNED_IN):
            continue
        may = bool(roles.decide({role}, action)) or (narrowed and bool(roles.reach({role}, action)))
        if "GET" in methods:
            status = browser.get(filled(rule)).status
        else:
            token = browser.get("/account").form("/account").fields["token"]
            status = browser.post(filled(rule), {"token": token}).status_code
        assert (status != 403) is may, (role, rule, status)
        assert status < 500, (role, rule, status)


# Forms --------------------------------------------------------------------------------------


def test_a_form_without_our_token_changes_nothing(
    app: Flask, signed_in: Callable[..., Browser]
) -> None:
    browser, other = signed_in("admin"), signed_in("reviewer")
    token = browser.get("/account").form("/account/choices").fields["token"]
    theirs = other.get("/account").form("/account/choices").fields["token"]
    for bad in ("", "x", theirs, token[:-4] + "AAAA"):
        answer = browser.post("/account/choices", {"token": bad, "theme": "dark"})
        assert answer.status_code == 400
        assert "send it once more" in answer.get_data(as_text=True)
    assert "data-theme" not in browser.get("/account").html
    assert browser.post("/account/choices", {"token": token, "theme": "dark"}).status_code == 303


def test_every_form_of_ours_carries_the_token() -> None:
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text()
        for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.S):
            assert "token()" in form, (path.name, form[:80])


@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_elsewhere_is_refused_even_with_the_token(
    signed_in: Callable[..., Browser], header: dict[str, str]
) -> None:
    browser = signed_in("admin")
    token = browser.get("/account").form("/account/choices").fields["token"]
    name, value = next(iter(header.items()))
    answer = browser.post("/account/choices", {"token": token}, **{name.replace("-", "_"): value})
    assert answer.status_code == 400


def test_signing_somebody_in_from_elsewhere_fails_too(
    app: Flask, person: Callable[..., accounts.User]
) -> None:
    person("siti", "admin")
    answer = Browser(app).post("/sign-in", {"login": "siti", "password": PASSWORD})
    assert answer.status_code == 400


def test_the_token_looks_different_in_every_answer(signed_in: Callable[..., Browser]) -> None:
    browser = signed_in("admin")
    seen = {browser.get("/account").form("/account").fields["token"] for _ in range(3)}
    assert len(seen) == 3


# Headers ------------------------------------------------------------------------------------


def test_every_answer_carries_the_headers(app: Flask, signed_in: Callable[..., Browser]) -> None:
    browser = signed_in("admin")
    for address in ("/", "/account", "/sign-in", "/nothing-here", "/static/nothing.css"):
        headers = browser.client.get(address, headers={"Accept": "text/html"}).headers
        assert headers["Content-Security-Policy"] == security.POLICY, address
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "camera=()" in headers["Permissions-Policy"]
    assert "unsafe" not in security.POLICY
    assert "*" not in security.POLICY


def test_no_template_needs_what_the_policy_forbids() -> None:
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text()
        assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|javascript:", text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path
        assert not re.search(r'(src|href|action)="(https?:)?//', text), path
        assert "|safe" not in text, path


def test_what_browsers_keep_is_named_by_its_content(app: Flask) -> None:
    browser = Browser(app)
    html = browser.get("/sign-in").html
    total = len(gzip.compress(html.encode()))
    for address in set(re.findall(r'(?:href|src)="(/static/[^"]+)"', html)):
        answer = browser.client.get(address, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["Cache-Control"]
        total += len(answer.data)
        assert b"http-equiv" not in answer.data
    assert total < 150_000


def test_the_stylesheet_asks_nobody_else_for_anything(app: Flask) -> None:
    browser = Browser(app)
    (address,) = set(re.findall(r'href="(/static/[^"]+css)"', browser.get("/sign-in").html))
    css = browser.client.get(address).get_data(as_text=True)
    assert "@import" not in css
    used = set(re.findall(r'url\("?([^")]+)', css.replace("data:", "data:")))
    assert all(each.startswith("data:") or each.endswith(".svg") for each in used)


def test_pages_are_packed_for_who_takes_that(signed_in: Callable[..., Browser]) -> None:
    browser = signed_in("admin")
    answer = browser.client.get("/account", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) < 30_000
    assert b"<html" in gzip.decompress(answer.data)


def test_an_address_nobody_serves_is_a_page_for_people_and_json_for_machines(app: Flask) -> None:
    browser = Browser(app)
    assert browser.get("/nothing").status == 404
    assert "There is nothing here" in browser.page.text
    answer = browser.client.get("/nothing", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.content_type) == (404, "application/json")
    answer = browser.client.get("/xapi/nothing", headers={"Accept": "text/html"})
    assert answer.content_type == "application/json"
