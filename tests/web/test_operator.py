"""Who looks after the service sees by pages whom it tells, what it sends, and what it does."""

import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from lrs import inbound, worker
from lrs.context import Context
from lrs.settings import Settings
from lrs.store import duties, invitations, webhooks
from tests.agency import Agency, graduated
from tests.conftest import Cast, application
from tests.web.conftest import Browser, Clock, links

SignedIn = Callable[..., Browser]


# Webhooks -----------------------------------------------------------------------------------


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes what is posted, and answers as it is told."""

    status = 204
    taken: ClassVar[list[tuple[Any, bytes]]] = []

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        type(self).taken.append((self.headers, self.rfile.read(length)))
        self.send_response(type(self).status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    Receiver.taken, Receiver.status = [], 204
    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/jejak"
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, webhook_targets="any")


def test_an_address_is_told_tried_and_removed(cast: Cast, admin: Browser, receiver: str) -> None:
    assert "Nobody is told." in admin.get("/webhooks").text
    made = admin.send("/webhooks/new", url=receiver, label="HR", events=["case.opened"])
    assert "The secret is shown this once" in made.text
    with cast.database.read() as connection:
        (hook,) = webhooks.of_tenant(connection, cast.tenant.id)
    assert hook.secret in made.html
    assert hook.events == ("case.opened",)
    shown = admin.get("/webhooks")
    assert hook.secret not in shown.html
    assert "A case opened" in shown.text
    tried = admin.send("/test")
    assert "It was taken: the answer was 204." in tried.text
    ((headers, body),) = Receiver.taken
    assert b"webhook.test" in body
    assert inbound.SIGNATURE in headers
    Receiver.status = 500
    admin.get("/webhooks")
    assert "It was not taken: the answer was 500" in admin.send("/test").text
    admin.get("/webhooks")
    assert "It is told no more." in admin.send("/remove").text
    assert "Nobody is told." in admin.page.text


def test_what_is_no_address_is_told_at_its_field(admin: Browser) -> None:
    admin.get("/webhooks")
    wrong = admin.send("/webhooks/new", url="no address", events=[])
    assert wrong.status == 400
    assert "Choose at least one." in wrong.text
    admin.get("/webhooks")
    wrong = admin.send("/webhooks/new", url="no address", events=["case.opened"])
    assert "This is no address; write one like https://example.go.id/jejak." in wrong.text


def test_a_delivery_that_was_given_up_is_tried_again(cast: Cast, admin: Browser) -> None:
    now = 1_000_000
    hook = webhooks.Webhook(
        *(bytes(range(16)), cast.tenant.id, "https://example.go.id/x", ("case.opened",)),
        *("", 0, now, "secret"),
    )

    def enter(connection: Any) -> None:
        webhooks.add(connection, hook)
        webhooks.post(connection, [(hook, bytes(16), "case.opened", b"{}")], now)
        (due,) = webhooks.due(connection, now, 5)
        webhooks.settle(
            connection, due.id, "given_up", next_at=None, status=503, error="busy", delivered=None
        )

    cast.database.write(enter)
    shown = admin.get("/webhooks?state=given_up")
    assert "503 busy" in shown.text
    admin.send("/again")
    with cast.database.read() as connection:
        (one,) = webhooks.deliveries(connection, cast.tenant.id).rows
    assert one.state == "waiting"


# Letters ------------------------------------------------------------------------------------


@pytest.fixture
def with_mail(settings: Settings) -> Settings:
    """Settings under which letters go out; nobody listens there."""
    return replace(
        settings,
        smtp_url="smtp://127.0.0.1:9",
        mail_from="jejak@example.go.id",
        public_url="https://lrs.example.go.id",
    )


def test_from_a_case_a_letter_is_sent_or_reminded_now(
    agency: Agency, cast: Cast, with_mail: Settings, clock: Clock, signed_in: SignedIn
) -> None:
    app = application(Context(settings=with_mail, database=cast.database, clock=clock))
    signed_in("admin", login="dina")
    admin = Browser(app)
    admin.sign_in("dina")
    case = next(bytes(row["case_id"]).hex() for row in agency.ledger(role="superior"))
    page = admin.get(f"/cases/{case}")
    assert "Send now" in page.text
    assert "A letter with the questions goes out." in admin.send("/send-now").text
    round_ = agency.round_of("Rina Kepala")
    agency.write(invitations.sent, round_, "mail", int(clock().timestamp() * 1e6))
    page = admin.get(f"/cases/{case}")
    assert "Remind now" in page.text
    form = next(each for each in page.forms if "Remind now" in each.words)
    told = {**form.fields}
    assert admin.post(form.action, told).status_code == 303
    again = admin.post(form.action, told).get_data(as_text=True)
    assert "They get a reminder today already." in again
    told["round"] = "00" * 16
    assert admin.post(form.action, told).status_code == 404
    reviewer = Browser(app)
    signed_in("reviewer", login="tono")
    reviewer.sign_in("tono")
    assert "Remind now" not in reviewer.get(f"/cases/{case}").text


def test_letters_are_listed_with_what_became_of_them_and_tried_again(
    agency: Agency, cast: Cast, admin: Browser, signed_in: SignedIn
) -> None:
    shown = admin.get("/letters")
    for words in ("Rina Kepala", "Invitation", "to go out", "No mail goes out"):
        assert words in shown.text
    with cast.database.read() as connection:
        (first, *_more) = invitations.letters_in(connection, cast.tenant.id, "due", 9)

    def fail(connection: Any) -> None:
        assert invitations.claim(connection, first.id, 1)
        invitations.went(connection, first.id, "undeliverable", 1, "550 no such user")

    cast.database.write(fail)
    assert "550 no such user" in admin.get("/letters?state=undeliverable").text
    admin.send(f"/letters/{first.id.hex()}/again")
    with cast.database.read() as connection:
        assert first.id in {
            each.id for each in invitations.letters_in(connection, cast.tenant.id, "due", 9)
        }
    token = admin.page.form("/sign-out").fields["token"]
    gone = admin.post(f"/letters/{bytes(16).hex()}/again", {"token": token})
    assert gone.status_code == 404

    operator = signed_in("operator")
    assert "Rina Kepala" not in operator.get("/letters").html  # sees no practice
    assert "to go out" in operator.page.text
    token = operator.page.form("/sign-out").fields["token"]
    assert operator.post("/letters/now", {"token": token}).status_code == 403


def test_asking_and_reminding_is_done_now_where_somebody_says_so(
    cast: Cast, settings: Settings, clock: Clock, admin: Browser
) -> None:
    there = graduated(cast, settings)
    there.begin()
    clock.now = there.after(90)
    admin.sign_in("admin")
    token = admin.page.form("/sign-out").fields["token"]
    assert admin.post("/letters/now", {"token": token}).status_code == 303
    assert "Rina Kepala" in admin.get("/invitations/waiting").text
    assert len(there.ledger(role="superior")) == 2


# What the worker does -----------------------------------------------------------------------


def test_what_the_worker_did_last_and_what_failed_is_on_the_page(
    cast: Cast, settings: Settings, admin: Browser, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = Context(settings=settings, database=cast.database, clock=clock)
    monkeypatch.setattr(worker, "_noted", {})
    assert "not done yet" in admin.get("/service").text
    worker._do(context, worker.Duty("project", 1, lambda _context: 7))

    def breaks(_context: Context) -> int:
        raise ValueError("of Siti Rahma")

    worker._do(context, worker.Duty("announce", 1, breaks))
    shown = admin.get("/service").text
    assert "fails" in shown
    assert "ValueError" in shown
    assert "Siti" not in shown  # what an error says may name people
    with cast.database.read() as connection:
        noted = duties.every(connection)
    assert (noted["project"].changed, noted["project"].broken) == (7, False)
    assert noted["announce"].broken
    worker._do(context, worker.Duty("project", 1, lambda _context: 8))  # a moment later
    with cast.database.read() as connection:
        assert duties.every(connection)["project"].changed == 7


def test_every_duty_of_the_worker_is_explained_on_the_page() -> None:
    from lrs.web import service

    assert set(service.DUTIES) == {duty.name for duty in worker.DUTIES}


def test_pages_of_the_service_are_for_who_looks_after_it(signed_in: SignedIn) -> None:
    for role in ("reviewer", "learner", "head", "superior", "admin"):
        browser = signed_in(role)
        assert browser.get("/webhooks").status == 403
        assert links(browser.get("/").html, "/webhooks") == []
