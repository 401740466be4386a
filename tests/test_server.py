"""`jejak serve` as it runs: processes that come and go, senders that stall, break off or lie."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from lrs import settings as table
from lrs.server import processes
from lrs.settings import BadSetting, Settings
from tests import make
from tests.conftest import Server

Start = Callable[..., Server]
PATIENCE = 20


def head(server: Server, method: str, path: str, **more: str) -> bytes:
    """A request up to its body, signed in; a header is given by its name with `_` for `-`."""
    headers = {
        "Host": "localhost",
        "Authorization": server.cast.key("all"),
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
    } | {name.replace("_", "-"): value for name, value in more.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


@contextmanager
def connection(server: Server) -> Iterator[socket.socket]:
    port = int(server.url.rsplit(":", 1)[1])
    with closing(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)) as opened:
        yield opened


def answer(opened: socket.socket) -> tuple[int, bytes]:
    """Status and body of one answer; (0, b"") when the connection ended without one."""
    with opened.makefile("rb") as stream:
        return read(stream)


def read(stream: BinaryIO) -> tuple[int, bytes]:
    first = stream.readline()
    if not first:
        return 0, b""
    length = 0
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return int(first.split()[1]), stream.read(length)


def health(server: Server) -> int:
    with urllib.request.urlopen(f"{server.url}/health", timeout=PATIENCE) as told:
        return int(told.status)


def document(name: str) -> str:
    return (
        f"/xapi/activities/profile?activityId=https://course.example.org/course-1&profileId={name}"
    )


def exists(server: Server, name: str) -> bool:
    with connection(server) as opened:
        opened.sendall(head(server, "GET", document(name)))
        return answer(opened)[0] == 200


def children(server: Server) -> list[int]:
    """The processes that the supervisor runs now."""
    listed = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    return [int(pid) for pid in listed.split()]


def eventually(what: Callable[[], Any]) -> Any:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"did not come true in {PATIENCE} s")


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


# Processes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [0, -1], ids=["web", "worker"])
def test_a_killed_process_is_replaced(server: Server, which: int) -> None:
    before = children(server)
    assert len(before) >= 2  # the worker is none of those that answer
    os.kill(before[which], signal.SIGKILL)
    assert health(server) == 200
    assert eventually(lambda: len(set(children(server)) - {before[which]}) == len(before))


def test_processes_do_not_outlive_a_killed_supervisor(server: Server) -> None:
    before = children(server)
    assert before
    server.process.kill()
    server.process.wait(PATIENCE)
    assert eventually(lambda: all(map(gone, before)))


def test_a_request_under_way_is_answered_before_the_end(server: Server) -> None:
    body = json.dumps(make.statement()).encode()
    with connection(server) as opened:
        opened.sendall(head(server, "POST", "/xapi/statements", Content_Length=str(len(body))))
        opened.sendall(body[:10])
        time.sleep(0.3)
        server.process.terminate()
        time.sleep(0.3)
        opened.sendall(body[10:])
        status, told = answer(opened)
    assert (status, len(json.loads(told))) == (200, 1)
    assert server.process.wait(PATIENCE) == 0


def test_hanging_up_replaces_the_processes_and_refuses_nobody(server: Server) -> None:
    before = children(server)
    server.process.send_signal(signal.SIGHUP)
    while set(children(server)) & set(before):
        assert health(server) == 200
    assert len(children(server)) == len(before)
    assert health(server) == 200
    assert server.process.poll() is None


def test_a_balancer_is_told_before_the_server_leaves(start_server: Start) -> None:
    """Requests are taken until it has had the time to send them elsewhere."""
    server = start_server(JEJAK_DRAIN_SECONDS="4")
    assert health(server) == 200
    server.process.send_signal(signal.SIGTERM)
    until = time.monotonic() + 3
    told = 200
    while told == 200 and time.monotonic() < until:
        try:
            told = health(server)
        except urllib.error.HTTPError as refused:
            told = refused.code
    assert told == 503
    assert not exists(server, "none"), "a document that nobody made"
    with connection(server) as opened:
        opened.sendall(head(server, "GET", "/xapi/about"))
        assert answer(opened)[0] == 200, "leaving, and still taking requests"
    assert server.process.wait(PATIENCE) == 0


def test_a_second_server_on_the_same_port_says_so(server: Server) -> None:
    second = subprocess.run(
        [*server.process.args],  # type: ignore[misc]
        env=server.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert second.returncode == 1
    assert "another program listens there" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_store_that_is_not_migrated_is_not_served(start_server: Start, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="jejak migrate"):
        start_server(JEJAK_DATABASE_URL=f"sqlite:///{tmp_path}/other.db")


def test_sqlite_is_served_by_one_process() -> None:
    assert processes(Settings()) == 1
    with pytest.raises(BadSetting, match=table.variable("workers")):
        processes(Settings(workers=2))


def test_other_databases_are_served_by_as_many_as_asked() -> None:
    assert processes(Settings(database_url="postgresql://db.example.org/jejak", workers=3)) == 3


# Senders ------------------------------------------------------------------------------------


def test_stalled_bodies_keep_nobody_waiting(start_server: Start) -> None:
    server = start_server(JEJAK_THREADS="2")
    request = head(server, "POST", "/xapi/statements", Content_Length="500")
    stalled = []
    try:
        for _ in range(20):
            opened = socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])))
            opened.sendall(request + b"[")
            stalled.append(opened)
        started = time.monotonic()
        assert health(server) == 200
        assert time.monotonic() - started < 5
    finally:
        for opened in stalled:
            opened.close()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content_Length": "500"}, b"half of it"),
        ({"Transfer_Encoding": "chunked"}, b"5\r\nhal"),
        ({"Transfer_Encoding": "chunked"}, b"5\r\nhalf \r\n"),
    ],
    ids=["shorter than its length", "in mid-chunk", "without the last chunk"],
)
def test_a_body_that_broke_off_is_not_stored(
    server: Server, headers: dict[str, str], body: bytes
) -> None:
    more = headers | {"Content_Type": "application/octet-stream", "If_None_Match": "*"}
    with connection(server) as opened:
        opened.sendall(head(server, "PUT", document("half"), **more) + body)
        opened.shutdown(socket.SHUT_WR)
        status, _ = answer(opened)
    assert status in (0, 400)
    assert not exists(server, "half")


def test_a_body_in_chunks_is_stored_whole(server: Server) -> None:
    more = {"Transfer_Encoding": "chunked", "Content_Type": "text/plain", "If_None_Match": "*"}
    with connection(server) as opened:
        opened.sendall(head(server, "PUT", document("whole"), **more))
        opened.sendall(b"3\r\nwho\r\n2\r\nle\r\n0\r\n\r\n")
        assert answer(opened)[0] == 204
    with connection(server) as opened:
        opened.sendall(head(server, "GET", document("whole")))
        assert answer(opened) == (200, b"whole")


def test_a_sender_that_waits_for_100_continue_gets_it(server: Server) -> None:
    body = json.dumps(make.statement()).encode()
    more = {"Content_Length": str(len(body)), "Expect": "100-continue"}
    with connection(server) as opened:
        opened.sendall(head(server, "POST", "/xapi/statements", **more))
        assert answer(opened)[0] == 100
        opened.sendall(body)
        assert answer(opened)[0] == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"NOT HTTP AT ALL\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (
            b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
            b"Content-Length: 2\r\n\r\n[]",
            400,
        ),
        (
            b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (
            b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n",
            413,
        ),
    ],
    ids=[
        "no HTTP",
        "endless header",
        "negative length",
        "two lengths",
        "length and chunks",
        "endless body",
    ],
)
def test_what_is_no_request_is_refused_in_json(server: Server, sent: bytes, status: int) -> None:
    with connection(server) as opened:
        opened.sendall(sent)
        got, body = answer(opened)
    assert got == status
    assert json.loads(body)["error"]
    assert health(server) == 200


def test_requests_sent_without_waiting_are_answered_in_order(server: Server) -> None:
    with connection(server) as opened, opened.makefile("rb") as stream:
        opened.sendall(head(server, "GET", "/health") * 2 + head(server, "GET", "/nowhere"))
        assert [read(stream)[0] for _ in range(3)] == [200, 200, 404]
