"""Moodle's web service, as it answers over HTTP; the site is ours and small."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from click.testing import CliRunner

from lrs.cli.main import main
from lrs.moodle_service import Moodle, NotAnswered
from tests.conftest import Cast
from tests.test_people import HEADINGS, SARI, SARI_ROW, take

TOKEN = "0123456789abcdef0123456789abcdef"
USERS = [
    {
        "id": 7,
        "username": "sari",
        "idnumber": SARI,
        "fullname": "Sari",
        "email": "sari@example.org",
    },
    {"id": 8, "username": "budi", "fullname": "Budi"},
    {"id": 9, "username": "guru", "fullname": "Guru"},
]


def status(*times: int, completed: bool = True) -> dict[str, Any]:
    criteria = [{"type": 4, "complete": bool(at), "timecompleted": at or None} for at in times]
    return {"completionstatus": {"completed": completed, "completions": criteria}, "warnings": []}


class Site:
    """A Moodle that answers what it is told to; `asked` is what came."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.answers: dict[tuple[str, str], Any] = {
            ("core_enrol_get_enrolled_users", ""): USERS,
            ("core_completion_get_course_completion_status", "7"): status(0, 1773280000),
            ("core_completion_get_course_completion_status", "8"): status(0, completed=False),
            ("core_completion_get_course_completion_status", "9"): {
                "exception": "moodle_exception",
                "errorcode": "nopermissions",
                "message": "no",
            },
        }
        self.raw: Callable[[BaseHTTPRequestHandler], None] | None = None
        self.url = ""


@pytest.fixture
def site() -> Iterator[Site]:
    there = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            there.paths.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            there.asked.append(asked)
            if there.raw is not None:
                there.raw(self)
                return
            answer: Any = there.answers[asked["wsfunction"], asked.get("userid", "")]
            if asked["wstoken"] != TOKEN:
                answer = {"exception": "x", "errorcode": "invalidtoken", "message": "Invalid token"}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *words: object) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    there.url = f"http://127.0.0.1:{server.server_port}"
    yield there
    server.shutdown()
    thread.join()
    server.server_close()


def test_who_completed_a_course_and_when_comes_as_a_list(site: Site) -> None:
    with Moodle(site.url, TOKEN) as moodle:
        sheet = moodle.completions([2])
    assert [row.cells["timecompleted"] for row in sheet.rows] == ["2026-03-12", "", ""]
    assert sheet.rows[0].cells["course"] == f"{site.url}/course/view.php?id=2"
    assert {each["wstoken"] for each in site.asked} == {TOKEN}
    assert all(TOKEN not in path for path in site.paths)
    assert all("_get_" in each["wsfunction"] for each in site.asked)


def test_a_refusal_is_told_without_the_token(site: Site) -> None:
    with Moodle(site.url, "wrong") as moodle, pytest.raises(NotAnswered) as told:
        moodle.completions([2])
    assert "Invalid token" in str(told.value)
    assert "wrong" not in str(told.value)


@pytest.mark.parametrize("what", ["status", "redirect", "html", "nothing"])
def test_a_site_that_answers_otherwise_is_told(site: Site, what: str) -> None:
    def raw(handler: BaseHTTPRequestHandler) -> None:
        if what == "nothing":
            handler.close_connection = True
            return
        handler.send_response({"status": 500, "redirect": 302}.get(what, 200))
        if what == "redirect":
            handler.send_header("Location", "https://elsewhere.example.org/")
        handler.end_headers()
        handler.wfile.write(b"<html>")

    site.raw = raw
    with Moodle(site.url, TOKEN) as moodle, pytest.raises(NotAnswered):
        moodle.completions([2])


def test_a_site_that_is_silent_is_left(site: Site) -> None:
    waiting = threading.Event()
    site.raw = lambda handler: (waiting.wait(5), None)[1]
    impatient = Moodle(site.url, TOKEN, patience=(0.2, 0.2))
    with impatient as moodle, pytest.raises(NotAnswered, match="Timeout"):
        moodle.completions([2])
    waiting.set()


def test_a_token_is_not_sent_in_the_clear() -> None:
    with pytest.raises(NotAnswered, match="https://"):
        Moodle("http://lms.example.go.id", TOKEN)


def test_on_the_command_line_moodle_is_asked_and_what_is_missing_entered(
    cast: Cast, site: Site, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)
    take(cast, HEADINGS + SARI_ROW)
    words = ["reconcile", "--moodle", site.url, "--course-id", "2", "--tenant", "agency"]
    assert "MOODLE_TOKEN" in CliRunner().invoke(main, words).output
    monkeypatch.setenv("MOODLE_TOKEN", TOKEN)
    said = CliRunner().invoke(main, words)
    assert "0 arrived, 1 never came" in said.output
    assert "2 of the list have not completed." in said.output
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    done = CliRunner().invoke(main, [*words, "--token-file", str(token), "--enter", "--yes"])
    assert ("Entered: 1 records." in done.output, done.exit_code) == (True, 0)
