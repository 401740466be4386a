"""Pages that say no: each says what happened and how it is mended, in the reader's language, and
leads on."""

import io
import re
import sqlite3
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from lrs import errors, i18n
from lrs.web.rooms import LIMITS
from tests.web.conftest import Browser, Seen, links

SignedIn = Callable[..., Browser]


def raising(error: Exception) -> Callable[..., Any]:
    def view(*_: Any, **__: Any) -> Any:
        raise error

    return view


def away() -> OperationalError:
    """What the driver says where the database does not answer."""
    return OperationalError("SELECT 1", {}, sqlite3.OperationalError("unable to open"))


def says(page: Seen, status: int, language: str, *sentences: str, **values: str) -> None:
    """The page has this status, says these in the reader's language, and leads on."""
    assert page.status == status
    assert f'<html lang="{language}"' in page.html
    main = page.html.partition("<main")[2]
    with i18n.speaking(language):
        wanted, on = [i18n._(each) % values for each in sentences], i18n._("To the first page")
    assert language == "en" or not set(wanted) & {each % values for each in sentences}
    (told,) = re.findall(r"<p>([^<]+)</p>", main)
    assert unescape(told) == " ".join(wanted)
    assert f'<a href="/" role="button">{on}</a>' in main


@pytest.fixture(params=["id", "en"])
def admin(request: pytest.FixtureRequest, signed_in: SignedIn) -> Browser:
    return signed_in("admin", language=request.param, login="admin")


def test_an_address_that_nobody_serves(admin: Browser) -> None:
    says(
        admin.get("/tidak-ada"),
        404,
        admin.language,
        "There is no page at this address: it is mistyped, or out of date.",
        "Look for it from the first page, or ask the training admin.",
    )
    # Who is signed in has their menu there, as on any other page.
    assert links(admin.page.html, "^/people$")


def test_something_that_is_gone(admin: Browser) -> None:
    says(
        admin.get("/people/00000000-0000-4000-8000-000000000000"),
        404,
        admin.language,
        "It is not there, or not there any more, or not for you to see.",
        "Look for it from the first page, or ask the training admin.",
    )


def test_an_address_that_only_a_form_is_sent_to(admin: Browser) -> None:
    says(
        admin.get("/sign-out"),
        405,
        admin.language,
        "This address takes what a form sends, and cannot be opened by itself.",
        "Begin from the first page.",
    )


def test_a_page_of_another_role(admin: Browser) -> None:
    says(
        admin.get("/service"),
        403,
        admin.language,
        "Your roles do not open this page. Ask the training admin.",
    )


def test_a_form_that_was_open_too_long(admin: Browser) -> None:
    answer = admin.post("/imports", {"kind": "people", "token": "lama"})
    says(
        Seen(answer, "/imports"),
        400,
        admin.language,
        "This form was open too long, or came from another page; nothing was taken of it.",
        "Go back, load the page again, and send it once more.",
    )


def test_more_than_is_taken_at_once(admin: Browser) -> None:
    most = LIMITS["web.imports.choose"]
    admin.get("/imports")
    file = (io.BytesIO(b"x" * (most + 1)), "besar.csv")
    says(
        admin.send("/imports", {"file": file}),
        413,
        admin.language,
        "At most %(most)s MB are taken here at once.",
        "Go back, and send less: a smaller file, or several one after the other.",
        most=str(most >> 20),
    )


def test_a_long_text_is_taken_as_far_as_the_form_may_be(admin: Browser) -> None:
    admin.get("/people")
    answer = admin.post("/programmes/new", {"token": "lama", "text": "x" * 1_000_000})
    assert answer.status_code == 400  # not 413: a form may have two megabytes


@pytest.mark.parametrize("error", [away(), errors.Busy()])
def test_a_database_that_does_not_answer_or_is_written_to_by_others(
    app: Flask, admin: Browser, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setitem(app.view_functions, "web.people.every", raising(error))
    says(
        admin.get("/people"),
        503,
        admin.language,
        "Nothing was taken of this: the database is busy, or does not answer. Wait a moment,"
        " and try once more; if that does not help, tell the operator.",
    )


def test_a_defect_of_ours_has_a_number_that_the_operator_finds(
    app: Flask,
    admin: Browser,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(app.view_functions, "web.people.every", raising(RuntimeError("a test")))
    page = admin.get("/people")
    (record,) = [each for each in caplog.records if each.getMessage() == "unexpected_error"]
    says(
        page,
        500,
        admin.language,
        "Try it once more in a while. If it fails again, tell the operator the number %(number)s:"
        " the log tells under it what happened.",
        number=record.id,  # type: ignore[attr-defined]
    )


def test_a_stranger_gets_the_page_and_no_session_that_others_could_guess(app: Flask) -> None:
    one, other = Browser(app), Browser(app)
    for browser in (one, other):
        assert browser.get("/tidak-ada").status == 404
    assert one.cookies["jejak"] != other.cookies["jejak"]


def test_the_page_of_an_address_that_nobody_serves_needs_no_database(
    app: Flask, admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrs.store.sessions.find", raising(away()))
    assert admin.get("/tidak-ada").status == 404
