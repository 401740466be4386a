"""For the pages: a browser without script, and people who sign in."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from lrs.context import Context
from lrs.settings import Settings
from lrs.store import accounts
from lrs.store.engine import Database
from tests.agency import Agency, asked
from tests.conftest import NOW, Cast, application

PASSWORD = "kucing tidur di atap"


@cache
def hashed() -> str:
    """The hash of PASSWORD: slow to make, so made once."""
    return accounts.hash_password(PASSWORD)


@dataclass
class Clock:
    """A clock that tests set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def on(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Form:
    """A form of a page: where it is sent, and its fields as they stand."""

    action: str
    method: str
    fields: dict[str, Any] = field(default_factory=dict)
    words: str = ""


class _Reader(HTMLParser):
    """Finds the forms of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.text: list[str] = []
        self._select: str | None = None
        self._area: str | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._hidden += 1
        if tag == "form":
            self.forms.append(Form(at.get("action", ""), at.get("method", "get")))
        if not self.forms:
            return
        fields = self.forms[-1].fields
        if tag == "input" and "name" in at:
            if at.get("type") in ("checkbox", "radio"):
                if "checked" in at:
                    fields.setdefault(at["name"], []).append(at.get("value", "on"))
            elif at.get("type") not in ("file", "submit"):
                fields[at["name"]] = at.get("value", "")
        elif tag == "select":
            self._select = at.get("name")
        elif tag == "option" and self._select and ("selected" in at or self._select not in fields):
            fields[self._select] = at.get("value", "")
        elif tag == "textarea":
            self._area = at.get("name")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden -= 1
        if tag == "select":
            self._select = None
        if tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self.text.append(data)
        if self.forms:
            self.forms[-1].words += data
            if self._area:
                held = self.forms[-1].fields.get(self._area, "")
                self.forms[-1].fields[self._area] = held + data.lstrip("\n")


@dataclass
class Seen:
    """A page as it was answered."""

    answer: TestResponse
    address: str

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def html(self) -> str:
        return self.answer.get_data(as_text=True)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._read().text).split())

    @property
    def forms(self) -> list[Form]:
        return self._read().forms

    def form(self, action: str) -> Form:
        """The form that is sent to an address with this part in it."""
        return next(each for each in self.forms if action in (each.action or self.address))

    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.html)
        return reader


class Browser:
    """What a person sees and does, without script. Follows redirects, as browsers do."""

    def __init__(self, app: Flask, language: str = "en") -> None:
        self.client = Client(app, TestResponse)
        self.language = language
        self.page: Seen

    def get(self, address: str, **headers: str) -> Seen:
        return self._seen(self.client.get(address, headers=self._headers(headers)), address)

    def send(self, action: str, _files: dict[str, Any] | None = None, **values: Any) -> Seen:
        """Fill in the form of this page that goes to `action`, and send it."""
        form = self.page.form(action)
        there = form.action or self.page.address
        data = {**form.fields, **values, **(_files or {})}
        if form.method == "get":
            answer = self.client.get(there, query_string=data, headers=self._headers({}))
        else:
            answer = self.client.post(there, data=data, headers=self._headers({}))
        return self._seen(answer, there)

    def post(self, address: str, data: Any = None, **headers: str) -> TestResponse:
        """Send something that no page offered."""
        return self.client.post(address, data=data, headers=self._headers(headers))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Accept": "text/html", "Accept-Language": self.language, **named}

    def _seen(self, answer: TestResponse, address: str) -> Seen:
        steps = 0
        while answer.status_code in (301, 302, 303) and answer.location.startswith("/"):
            address, steps = answer.location, steps + 1
            assert steps < 10
            answer = self.client.get(address, headers=self._headers({}))
        self.page = Seen(answer, address)
        return self.page

    def sign_in(self, login: str, password: str = PASSWORD) -> Seen:
        self.get("/sign-in")
        return self.send("/sign-in", login=login, password=password)

    @property
    def cookies(self) -> dict[str, str]:
        return {name[2]: cookie.value for name, cookie in (self.client._cookies or {}).items()}


@pytest.fixture
def agency(cast: Cast, settings: Settings, clock: Clock) -> Agency:
    """An agency that asked its people, and their superior, an hour ago."""
    made = asked(cast, settings)
    clock.now = made.now + timedelta(hours=1)
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(database: Database, settings: Settings, clock: Clock) -> Flask:
    return application(Context(settings=settings, database=database, clock=clock))


@pytest.fixture
def person(cast: Cast) -> Callable[..., accounts.User]:
    """Make somebody who signs in: `person("siti", "reviewer")`."""

    def make(login: str, *roles: str, owner: Cast = cast) -> accounts.User:
        return owner.database.write(
            lambda c: accounts.create_user(c, owner.tenant, login, hashed(), roles, NOW)
        )

    return make


@pytest.fixture
def signed_in(app: Flask, person: Callable[..., accounts.User]) -> Callable[..., Browser]:
    """A browser in which somebody with these roles is signed in."""

    def make(*roles: str, language: str = "en", login: str = "") -> Browser:
        login = login or "-".join(roles) or "nobody"
        person(login, *roles)
        browser = Browser(app, language)
        assert browser.sign_in(login).status == 200
        return browser

    return make


@pytest.fixture
def admin(signed_in: Callable[..., Browser]) -> Browser:
    """The training admin, who is the operator too, as on the first day."""
    return signed_in("admin", "operator", login="admin")


def links(html: str, pattern: str) -> Sequence[str]:
    """The addresses on a page that look like this."""
    return [each for each in re.findall(r'href="([^"]+)"', html) if re.search(pattern, each)]
