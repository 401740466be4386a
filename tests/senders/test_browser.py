"""Pages that send from a learner's browser, as xAPIWrapper and TinCanJS make it send.

A browser puts in headers of its own, asks first whether it may (the preflight), and gives the
page only what the answer allows. Course packages (Storyline, Captivate, H5P) carry such a sender.
"""

import gzip
import http.client
import json
from collections.abc import Callable
from contextlib import closing
from hashlib import sha1
from typing import Any
from urllib.parse import quote, urlencode

from tests import make
from tests.conftest import Server

PAGE = "https://course.example.org"
#: What Chrome adds by itself to a request of a page of another origin.
CHROME = {
    "Connection": "keep-alive",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Safari/537.36",
    "Accept": "*/*",
    "Origin": PAGE,
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
    "Referer": f"{PAGE}/",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7",
}
#: A page sees these of any answer; of other headers those that the answer exposes.
SAFE = {"cache-control", "content-language", "content-length", "content-type", "expires"}
SAFE |= {"last-modified", "pragma"}
JSON = "application/json"


class Blocked(Exception):
    """The browser keeps the request, or its answer, from the page."""


class Browser:
    """One page in one tab: preflights, then sends, then shows the page what it may see."""

    def __init__(self, server: Server, origin: str = PAGE) -> None:
        self.address = server.url.removeprefix("http://")
        self.origin = origin

    def fetch(
        self, method: str, path: str, headers: dict[str, str], body: str | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """(status, headers that the page may read, body)."""
        if method not in ("GET", "HEAD", "POST") or self._asks(headers):
            self._preflight(method, path, self._asks(headers))
        status, answered, content = self._send(method, path, headers, body)
        self._may_read(answered)
        shown = SAFE | _words(answered.get("access-control-expose-headers", ""))
        return status, {n: v for n, v in answered.items() if n in shown}, content

    @staticmethod
    def _asks(headers: dict[str, str]) -> list[str]:
        """The headers that no form could send, as the preflight lists them."""
        plain = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
        return sorted(
            name.lower()
            for name, value in headers.items()
            if name.lower() not in ("accept", "accept-language", "content-language")
            and not (name.lower() == "content-type" and value.split(";")[0] in plain)
        )

    def _preflight(self, method: str, path: str, names: list[str]) -> None:
        asked = {"Access-Control-Request-Method": method}
        if names:
            asked["Access-Control-Request-Headers"] = ",".join(names)
        status, answered, _ = self._send("OPTIONS", path, asked, None)
        if not 200 <= status < 300:
            raise Blocked(f"preflight answered {status}")
        self._may_read(answered)
        allowed = _words(answered.get("access-control-allow-methods", ""))
        if method.lower() not in allowed | {"get", "head", "post"}:
            raise Blocked(f"method {method}")
        # `*` never covers Authorization, so the names must stand there.
        if missing := set(names) - _words(answered.get("access-control-allow-headers", "")):
            raise Blocked(f"headers {missing}")

    def _may_read(self, answered: dict[str, str]) -> None:
        if answered.get("access-control-allow-origin") not in ("*", self.origin):
            raise Blocked("origin")

    def _send(
        self, method: str, path: str, headers: dict[str, str], body: str | None
    ) -> tuple[int, dict[str, str], bytes]:
        content = None if body is None else body.encode()
        everything = CHROME | {"Origin": self.origin} | headers
        with closing(http.client.HTTPConnection(self.address, timeout=20)) as connection:
            connection.request(method, path, content, everything)
            answer = connection.getresponse()
            answered = {name.lower(): value for name, value in answer.getheaders()}
            read = answer.read()
        if answered.get("content-encoding") == "gzip":
            read = gzip.decompress(read)
        return answer.status, answered, read


def _words(listed: str) -> set[str]:
    return {word.strip().lower() for word in listed.split(",")} - {""}


def wrapper(server: Server, **more: str) -> dict[str, str]:
    """The headers that xAPIWrapper sets."""
    return {
        "Content-Type": JSON,
        "Authorization": server.cast.key("all"),
        "X-Experience-API-Version": "1.0.3",
    } | more


def test_a_page_sends_and_reads_statements(server: Server) -> None:
    browser, headers = Browser(server), wrapper(server)
    statement = make.statement(id=make.uuid4())
    status, _, body = browser.fetch("POST", "/xapi/statements", headers, json.dumps(statement))
    assert (status, json.loads(body)) == (200, [statement["id"]])
    put = f"/xapi/statements?statementId={statement['id']}"
    assert browser.fetch("PUT", put, headers, json.dumps(statement))[0] == 204
    status, seen, body = browser.fetch("GET", "/xapi/statements?limit=1", headers)
    assert (status, [each["id"] for each in json.loads(body)["statements"]]) == (
        200,
        [statement["id"]],
    )
    assert seen["x-experience-api-version"] == "1.0.3"
    assert seen["x-experience-api-consistent-through"]


def test_a_page_can_read_why_it_was_refused(server: Server) -> None:
    browser = Browser(server)
    bad = json.dumps(make.statement(verb={"id": "completed"}))
    status, _, body = browser.fetch("POST", "/xapi/statements", wrapper(server), bad)
    assert (status, json.loads(body)["problems"][0]["path"]) == (400, "verb.id")
    stranger = wrapper(server, Authorization=make.basic("nobody", "guess"))
    status, _, body = browser.fetch("POST", "/xapi/statements", stranger, bad)
    assert (status, bool(json.loads(body)["error"])) == (401, True)


def test_a_page_keeps_its_state_by_tag(server: Server) -> None:
    """Where a learner left off: xAPIWrapper makes the tag itself, from the SHA-1 of what it had."""
    browser, headers = Browser(server), wrapper(server)
    agent = quote(json.dumps(make.agent()))
    activity = quote(make.activity()["id"])
    path = f"/xapi/activities/state?activityId={activity}&agent={agent}&stateId=bookmark"
    first, second = '{"page":3}', '{"page":4}'
    assert browser.fetch("PUT", path, headers | {"If-None-Match": "*"}, first)[0] == 204
    status, seen, body = browser.fetch("GET", path, headers)
    assert (status, body) == (200, first.encode())
    made = f'"{sha1(first.encode()).hexdigest()}"'
    assert seen["etag"] == made
    assert browser.fetch("PUT", path, headers | {"If-Match": made}, second)[0] == 204
    assert browser.fetch("PUT", path, headers | {"If-Match": made}, first)[0] == 412
    assert browser.fetch("POST", path, headers, '{"theme":"dark"}')[0] == 204
    assert json.loads(browser.fetch("GET", path, headers)[2]) == {"page": 4, "theme": "dark"}
    assert browser.fetch("DELETE", path, headers)[0] == 204


def test_a_page_of_an_origin_that_is_not_listed_is_kept_out(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(JEJAK_CORS_ORIGINS=f"{PAGE} https://other.example.org")
    body, headers = json.dumps(make.statement()), wrapper(server)
    assert Browser(server).fetch("POST", "/xapi/statements", headers, body)[0] == 200
    for origin in ("https://evil.example.net", f"{PAGE}.evil.example.net", "null"):
        try:
            Browser(server, origin).fetch("POST", "/xapi/statements", headers, body)
        except Blocked:
            continue
        raise AssertionError(f"{origin} was let in")


def test_old_browsers_send_everything_in_a_form(server: Server) -> None:
    """The alternate syntax, as both libraries use it where no header can be set; no preflight."""
    browser = Browser(server)
    statement: dict[str, Any] = make.statement(
        id=make.uuid4(), result={"response": "100 % & = + é😀"}
    )
    fields = wrapper(server) | {
        "statementId": statement["id"],
        "content": json.dumps(statement, ensure_ascii=False),
    }
    for kind in ("application/x-www-form-urlencoded", "text/plain;charset=UTF-8"):
        form = {"Content-Type": kind}
        status = browser.fetch("POST", "/xapi/statements?method=PUT", form, urlencode(fields))[0]
        assert status == 204
    asked = wrapper(server) | {"statementId": statement["id"]}
    del asked["Content-Type"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, body = browser.fetch(
        "POST", "/xapi/statements?method=GET", form, urlencode(asked, quote_via=quote)
    )
    assert (status, json.loads(body)["result"]) == (200, statement["result"])
