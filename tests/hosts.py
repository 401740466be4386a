"""Three hosts, one PostgreSQL, HAProxy in front: `make hosts DATABASE=postgresql://…`.

Each host is a network namespace with an address and a data folder of its own, on a bridge with the
addresses of docs/examples/haproxy.cfg, which HAProxy is started with. Needs root, iproute2 and
haproxy, and a PostgreSQL that lets in 10.77.0.0/24 and answers at 10.77.0.1; a database is made
there and dropped. What is tried is what an operator relies on: nothing acknowledged is lost and the
log can be followed while hosts come, go and are killed; no document loses a write; people stay
signed in whichever host answers them. Then the pace is measured with one, two and three hosts.
"""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from lrs.context import utcnow
from lrs.store import accounts, engine
from tests import databases, make
from tests.bench import data, load, targets
from tests.bench.load import Endpoint

HAPROXY = Path(__file__).parent.parent / "docs" / "examples" / "haproxy.cfg"
BRIDGE, OURS = "jejak-br", "10.77.0.1"
PORT = 8080
COUNT = 3
PASSWORD = "a password for trying hosts"

Tree = dict[str, Any]


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@contextmanager
def network() -> Iterator[None]:
    """A bridge with our address, and a namespace for each host; gone at the end."""
    with ExitStack() as stack:
        ip("link", "add", BRIDGE, "type", "bridge")
        stack.callback(ip, "link", "del", BRIDGE)
        ip("addr", "add", f"{OURS}/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for number in range(1, COUNT + 1):
            there, veth = f"jejak-host{number}", f"jejak-v{number}"
            ip("netns", "add", there)
            stack.callback(ip, "netns", "del", there)
            ip("link", "add", veth, "type", "veth", "peer", "name", "eth0", "netns", there)
            ip("link", "set", veth, "master", BRIDGE, "up")
            ip("-n", there, "addr", "add", f"{address(number)}/24", "dev", "eth0")
            ip("-n", there, "link", "set", "eth0", "up")
            ip("-n", there, "link", "set", "lo", "up")
        yield


def address(number: int) -> str:
    return f"10.77.0.{10 + number}"


@dataclass
class Host:
    """`jejak serve` in a namespace of its own, as on a machine of its own."""

    number: int
    folder: Path
    url: str
    workers: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        return f"http://{address(self.number)}:{PORT}"

    def cpu(self) -> float:
        """Processor time of its processes, seconds."""
        return targets.cpu_seconds(self.process.pid) if self.process is not None else 0.0

    def start(self) -> None:
        """Start it, and wait until it answers."""
        environ = {name: each for name, each in os.environ.items() if not name.startswith("JEJAK")}
        environ |= {
            "JEJAK_DATABASE_URL": self.url,
            "JEJAK_DATA_DIR": str(self.folder),
            "JEJAK_HOST": address(self.number),
            "JEJAK_PORT": str(PORT),
            "JEJAK_WORKERS": str(self.workers),
            "JEJAK_PUBLIC_URL": f"http://{OURS}:{PORT}",
            "JEJAK_DRAIN_SECONDS": "4",
            "JEJAK_PROXIES": "1",
            "JEJAK_LOG_LEVEL": "warning",
        }
        into = ["ip", "netns", "exec", f"jejak-host{self.number}"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*into, sys.executable, "-m", "lrs.cli", "serve"],
                env=environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            until(lambda: status(f"{self.address}/health") == 200, f"host {self.number}")
        except RuntimeError as late:
            raise RuntimeError(f"{late}:\n{(self.folder / 'log').read_text()}") from late

    def stop(self) -> None:
        """As systemd does, and wait for the end."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(90)
            self.process = None

    def kill(self) -> None:
        """As if its power were cut: all of its processes at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


class Rows:
    """The PostgreSQL under them, on this machine: the processor time of its processes."""

    def __init__(self, url: str) -> None:
        with closing(engine.connect(url)) as database, database.read() as connection:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            numbers = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        self._pid = int(numbers[1])  # who all connections are forked from

    def cpu(self) -> float:
        """Seconds, of the processes that ended too."""
        numbers = Path(f"/proc/{self._pid}/stat").read_text().rsplit(")", 1)[1].split()
        ended = (int(numbers[13]) + int(numbers[14])) / os.sysconf("SC_CLK_TCK")
        return ended + targets.cpu_seconds(self._pid)


def until(work: Callable[[], bool], what: str, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if work():
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{what} does not come to be in {seconds:.0f} s")


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


@contextmanager
def balancer() -> Iterator[None]:
    """HAProxy, with the configuration of the documentation as it stands there."""
    process = subprocess.Popen(["haproxy", "-db", "-q", "-f", str(HAPROXY)])
    try:
        until(lambda: status(f"http://{OURS}:{PORT}/health") == 200, "HAProxy with a host")
        yield
    finally:
        process.terminate()
        process.wait(30)


@dataclass
class Client:
    """One that asks over one connection, opened anew when it breaks off."""

    authorization: str
    host: str = OURS
    opened: http.client.HTTPConnection | None = None

    def ask(
        self, method: str, path: str, body: bytes = b"", **more: str
    ) -> tuple[int, dict[str, str], bytes]:
        if self.opened is None:
            self.opened = http.client.HTTPConnection(self.host, PORT, timeout=60)
        headers = {
            "Authorization": self.authorization,
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/json",
        } | {name.replace("_", "-"): value for name, value in more.items()}
        try:
            self.opened.request(method, path, body or None, headers)
            answer = self.opened.getresponse()
            got = answer.read()
        except (OSError, http.client.HTTPException):
            self.opened.close()
            self.opened = None
            return 0, {}, b""
        return answer.status, {n.title(): v for n, v in answer.getheaders()}, got


@dataclass
class Counts:
    """What came of the writers: ids acknowledged, and how often there was no good answer."""

    acknowledged: set[str] = field(default_factory=set)
    failed: list[int] = field(default_factory=list)


# What is tried -----------------------------------------------------------------------------------


def followed(hosts: Sequence[Host], authorization: str, seconds: float) -> list[str]:
    """Writers and followers through the balancer, while one host is restarted and one killed."""
    done, written, counts = threading.Event(), threading.Event(), Counts()
    drained: list[int] = []

    def write() -> None:
        client = Client(authorization)
        while not done.is_set():
            sent = [make.statement() for _ in range(5)]
            code, _, body = client.ask("POST", "/xapi/statements", json.dumps(sent).encode())
            if code == 200:
                counts.acknowledged.update(json.loads(body))
            else:
                counts.failed.append(code)

    seen: list[tuple[list[str], list[str]]] = []

    def follow() -> None:
        client = Client(authorization)
        stored: list[str] = []
        ids: list[str] = []
        seen.append((stored, ids))
        last = "1970-01-01T00:00:00Z"
        ended = False
        while not ended:
            ended = written.is_set()
            rest = f"/xapi/statements?ascending=true&since={urllib.parse.quote(last)}"
            while rest:
                code, _, body = client.ask("GET", rest)
                if code != 200:
                    continue
                page = json.loads(body)
                stored += [each["stored"] for each in page["statements"]]
                ids += [each["id"] for each in page["statements"]]
                rest = page["more"]
            last = stored[-1] if stored else last

    writers = [threading.Thread(target=write) for _ in range(6)]
    followers = [threading.Thread(target=follow) for _ in range(2)]
    for each in (*writers, *followers):
        each.start()
    try:
        time.sleep(seconds / 4)
        hosts[0].stop()
        hosts[0].start()
        time.sleep(seconds / 4)
        drained += counts.failed
        hosts[1].kill()
        time.sleep(seconds / 4)
        hosts[1].start()
        time.sleep(seconds / 4)
    finally:
        done.set()
        for each in writers:
            each.join(120)
        written.set()  # what was acknowledged last is to be seen too
        for each in followers:
            each.join(120)
    say(
        f"log: {len(counts.acknowledged):,} statements acknowledged; without a good answer:"
        f" {len(drained)} requests while a host was drained and restarted,"
        f" {len(counts.failed) - len(drained)} when one was killed"
    )
    wrong = [f"drained, and a request failed: {code}" for code in drained]
    for stored, ids in seen:
        if stored != sorted(stored) or len(set(ids)) != len(ids):
            wrong.append("a follower saw statements out of order, or twice")
        if missed := counts.acknowledged - set(ids):
            wrong.append(f"a follower missed {len(missed)} acknowledged statements")
    return wrong


def counted(authorization: str, turns: int) -> list[str]:
    """Six who read, add one and write back with If-Match, each on whichever host answers."""
    path = "/xapi/activities/state?" + urllib.parse.urlencode(
        {
            "activityId": "https://course.example.org/course",
            "agent": json.dumps(make.agent("sari")),
            "stateId": "counter",
        }
    )
    Client(authorization).ask("PUT", path, b"0", If_None_Match="*")
    raced: list[int] = []

    def add() -> None:
        client = Client(authorization)
        left = turns
        while left:
            code, headers, body = client.ask("GET", path)
            if code != 200:
                continue
            more = str(int(body) + 1).encode()
            code, _, _ = client.ask("PUT", path, more, If_Match=headers["Etag"])
            left -= code == 204
            raced.extend([1] * (code == 412))

    threads = [threading.Thread(target=add) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(300)
    _, _, body = Client(authorization).ask("GET", path)
    say(f"document: {6 * turns} additions, {len(raced)} of them raced; it holds {body.decode()}")
    return [] if int(body) == 6 * turns else [f"the counter holds {body!r}, not {6 * turns}"]


def signed_in(hosts: Sequence[Host]) -> list[str]:
    """Somebody signs in at one host; the next two know them, and take forms of the first."""
    jar: dict[str, str] = {}

    def page(host: Host, path: str, **form: str) -> str:
        """A page of a host, after the redirects, with the cookies that any host gave."""
        opened = http.client.HTTPConnection(address(host.number), PORT, timeout=60)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
        if form:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"http://{OURS}:{PORT}",
            }
        sent = urllib.parse.urlencode(form) if form else None
        opened.request("POST" if form else "GET", path, sent, headers)
        answer = opened.getresponse()
        text = answer.read().decode()
        for each in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = each.partition(";")[0].partition("=")
            jar[name] = value
        opened.close()
        if answer.status in (302, 303):
            there = urllib.parse.urlsplit(answer.headers["Location"])
            return page(host, f"{there.path}?{there.query}" if there.query else there.path)
        return text

    def token(text: str) -> str:
        found = re.search(r'name="token" value="([^"]+)"', text)
        assert found is not None, "a page without a form"
        return found[1]

    first, second, third = hosts
    form = page(first, "/sign-in")
    page(second, "/sign-in", login="rina", password=PASSWORD, token=token(form))
    wrong = [
        f"host {host.number} does not know who signed in"
        for host in (third, first)
        if "/sign-out" not in page(host, "/")
    ]
    page(third, "/sign-out", token=token(page(first, "/")))
    if "/sign-out" in page(second, "/"):
        wrong.append("signed out at one host, and known at another")
    say("pages: signed in at one host, known at the others; signed out at one, at all")
    return wrong


def paced(hosts: Sequence[Host], served: Rows, endpoint: Endpoint, seconds: float) -> None:
    """Statements and pages a second through the balancer, with so many hosts."""
    raws = [each.json for each in islice(data.statements(7), 500)]
    batches = [
        endpoint.request("POST", "/statements", b"[" + b",".join(raws[n : n + 50]) + b"]")
        for n in range(0, 500, 50)
    ]
    singles = [endpoint.request("POST", "/statements", raw) for raw in raws]
    pages = [endpoint.request("GET", "/statements?limit=25")]
    for each in hosts:
        each.stop()
    for count in range(1, len(hosts) + 1):
        hosts[count - 1].start()
        time.sleep(3)
        running = hosts[:count]
        for name, requests, each_ in (
            ("batches of 50, statements/s", batches, 50),
            ("single POST, requests/s", singles, 1),
            ("newest 25, requests/s", pages, 1),
        ):
            before = sum(each.cpu() for each in running), served.cpu()
            answers = load.run(endpoint.address, requests, 12, seconds)
            web, rows = sum(each.cpu() for each in running) - before[0], served.cpu() - before[1]
            many = max(1, len(answers.times) * each_)
            fine = sum(answers.statuses.values()) == answers.statuses[200] and not answers.broken
            say(
                f"{count} host{'s' * (count > 1)}: {name} {answers.pace * each_:,.0f}"
                f" (p50 {answers.quantile(0.5) * 1000:.0f} ms,"
                f" p99 {answers.quantile(0.99) * 1000:.0f} ms; processor time for each:"
                f" Jejak {web / many * 1e6:,.0f} µs, PostgreSQL {rows / many * 1e6:,.0f} µs)"
                + ("" if fine else f" WRONG {answers.statuses} {answers.broken} broken")
            )


def say(text: str) -> None:
    click.echo(text)


@click.command()
@click.option("--database", "server", help="URL of a PostgreSQL at 10.77.0.1 with any database.")
@click.option("--seconds", default=40.0, show_default=True, help="How long the log is followed.")
@click.option(
    "--round", "length", default=10.0, show_default=True, help="Of a measurement; 0: none."
)
@click.option("--workers", default=1, show_default=True, help="Server processes of each host.")
def main(server: str | None, seconds: float, length: float, workers: int) -> None:
    """Try three hosts on one PostgreSQL behind HAProxy, and measure them."""
    if os.geteuid() != 0 or not server:
        raise click.UsageError("run as root, with DATABASE=postgresql://postgres@10.77.0.1/test")
    databases.SERVERS["postgresql"] = server
    wrong: list[str] = []
    with ExitStack() as stack:
        stack.enter_context(network())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        made = stack.enter_context(databases.new("postgresql", folder))
        url = make_url(made).set(drivername="postgresql").render_as_string(hide_password=False)
        public, secret = prepared(url)
        hosts = []
        for number in range(1, COUNT + 1):
            (folder / str(number)).mkdir()
            hosts.append(Host(number, folder / str(number), url, workers))
            stack.callback(hosts[-1].stop)
            hosts[-1].start()
        stack.enter_context(balancer())
        time.sleep(3)
        authorization = make.basic(public, secret)
        wrong += followed(hosts, authorization, seconds)
        wrong += counted(authorization, 20)
        wrong += signed_in(hosts)
        if length:
            paced(hosts, Rows(url), Endpoint(f"http://{OURS}:{PORT}/xapi", public, secret), length)
        for host in hosts:
            errors = (host.folder / "log").read_text().count("level=error")
            if errors:
                say(f"host {host.number}: {errors} errors in its log")
    for each in wrong:
        say(f"WRONG {each}")
    sys.exit(bool(wrong))


def prepared(url: str) -> tuple[str, str]:
    """A tenant, a source, a key for it, and somebody who may sign in."""

    def work(connection: Connection) -> tuple[str, str]:
        now = utcnow()
        tenant = accounts.create_tenant(connection, "agency", now)
        accounts.create_source(connection, tenant, "lms", make.account("lms"), now)
        accounts.create_user(
            connection, tenant, "rina", accounts.hash_password(PASSWORD), ("admin",), now
        )
        new = accounts.create_key(connection, tenant, "lms", now=now, scopes=("all",))
        return new.key.public, new.secret

    with closing(engine.connect(url)) as database:
        return database.write(work)


if __name__ == "__main__":
    main()
