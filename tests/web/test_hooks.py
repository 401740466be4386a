"""A system that knows no xAPI is let in by pages: its mapping is tried with a sample, its secret
shown once and renewed, its deliveries become records."""

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lrs import inbound
from lrs.web.hooks import EXAMPLE, SAMPLE
from tests.conftest import Cast
from tests.web.conftest import Browser, Clock, links

SignedIn = Callable[..., Browser]


def opened(admin: Browser) -> tuple[str, str]:
    """A hook for the example; its address and its secret."""
    admin.get("/inbound/new")
    return secret_of(admin.send("/inbound/new", do="enter").html)


def secret_of(html: str) -> tuple[str, str]:
    address = re.search(r'id="endpoint">http://[^/]+(/hooks/[0-9a-f]+)<', html)
    secret = re.search(r'id="secret">([^<]+)<', html)
    assert address is not None
    assert secret is not None
    return address[1], secret[1]


@pytest.fixture
def deliver(app: Flask, clock: Clock) -> Callable[..., TestResponse]:
    def post(address: str, secret: str, body: str) -> TestResponse:
        signed = inbound.sign(secret, body.encode(), clock())
        client = app.test_client(use_cookies=False)
        return client.post(address, data=body, headers={inbound.SIGNATURE: signed})

    return post


def test_a_ticket_system_is_let_in_with_a_mapping_that_was_tried(
    cast: Cast, admin: Browser, deliver: Callable[..., TestResponse]
) -> None:
    (way,) = links(admin.get("/sources").html, "^/inbound$")
    assert "No system delivers so yet." in admin.get(way).text
    admin.get("/inbound/new")
    tried = admin.send("/inbound/new", do="try")
    assert tried.status == 200
    assert "One record" in tried.text
    assert "Antrean loket tiga" in tried.text
    assert "No system delivers so yet." in admin.get("/inbound").text  # nothing was entered
    address, secret = opened(admin)
    assert "The secret is shown this once" in admin.page.text
    for page in (admin.get("/inbound"), admin.get("/inbound/tiket")):
        assert address in page.text
        assert secret not in page.html
    assert deliver(address, secret, SAMPLE).status_code == 200
    assert "menyelesaikan" in admin.get("/statements").text
    assert "hook/created" in admin.get("/audit").text


def test_what_is_wrong_is_said_at_the_mapping_or_the_sample(admin: Browser) -> None:
    admin.get("/inbound/new")
    assert "This is no YAML: look at line 1" in admin.send("/inbound/new", mapping="a: [").text
    wrong = admin.send("/inbound/new", mapping="name: tiket\nstatement: {verb: x}")
    assert wrong.status == 400
    assert "statement.actor: This is missing: a mapping with nip, mail or account." in wrong.text
    nobody = json.dumps({"tiket": {"status": "selesai"}})
    wrong = admin.send("/inbound/new", mapping=EXAMPLE, sample=nobody, do="try")
    assert "the event has nothing that can be used at tiket.id" in wrong.text
    wrong = admin.send("/inbound/new", mapping=EXAMPLE, sample="{", do="try")
    assert wrong.status == 400
    wrong = admin.send("/inbound/new", mapping=EXAMPLE, sample="", do="try")
    assert "This is missing." in wrong.text
    left = json.dumps({"tiket": {"status": "baru"}})
    page = admin.send("/inbound/new", mapping=EXAMPLE, sample=left, do="try")
    assert "one event is left out by 'when'" in page.text


def test_a_mapping_is_changed_from_a_file_and_its_address_and_secret_stay(
    admin: Browser, deliver: Callable[..., TestResponse]
) -> None:
    address, secret = opened(admin)
    admin.get("/inbound/tiket")
    other = EXAMPLE.replace("name: tiket", "name: surat")
    wrong = admin.send("/inbound/tiket", {"file": (io.BytesIO(other.encode()), "x.yaml")})
    assert "The name stays as it is" in wrong.text
    changed = EXAMPLE.replace("menyelesaikan", "menutup")
    page = admin.send(
        "/inbound/tiket", {"file": (io.BytesIO(changed.encode()), "tiket.yaml")}, do="enter"
    )
    assert "Saved. What is delivered from now on is read by it." in page.text
    assert deliver(address, secret, SAMPLE).status_code == 200
    assert "menutup" in admin.get("/statements").text
    admin.get("/inbound/new")
    assert "There is a hook of that name already" in admin.send("/inbound/new", do="enter").text
    admin.get("/inbound/tiket")
    picture = {"file": (io.BytesIO(b"\xff\xd8\xff"), "x.png")}
    assert "This file is no text in UTF-8." in admin.send("/inbound/tiket", picture).text


def test_a_secret_is_renewed_and_the_one_before_ends_after_a_day_or_at_once(
    admin: Browser, clock: Clock, deliver: Callable[..., TestResponse]
) -> None:
    address, first = opened(admin)
    admin.get("/inbound/tiket")
    same, second = secret_of(admin.send("/rotate").html)
    assert same == address
    assert deliver(address, first, SAMPLE).status_code == 200
    clock.now += timedelta(days=1, minutes=1)
    assert deliver(address, first, SAMPLE).status_code == 401
    assert deliver(address, second, SAMPLE).status_code == 200
    admin.sign_in("admin")  # the session of yesterday is over
    admin.get("/inbound/tiket")
    _same, third = secret_of(admin.send("/rotate", leaked="yes").html)
    assert deliver(address, second, SAMPLE).status_code == 401
    assert deliver(address, third, SAMPLE).status_code == 200
    admin.get("/inbound/tiket")
    assert "The hook is closed. What it delivered stays." in admin.send("/remove").text
    assert deliver(address, third, SAMPLE).status_code == 404
    assert "menyelesaikan" in admin.get("/statements").text


def test_hooks_are_for_who_keeps_sources_and_of_one_agency_alone(
    admin: Browser, signed_in: SignedIn
) -> None:
    opened(admin)
    for role in ("reviewer", "learner", "head"):
        assert signed_in(role).get("/inbound/tiket").status == 403
    assert admin.get("/inbound/surat").status == 404


def test_it_is_all_said_in_indonesian(signed_in: SignedIn) -> None:
    admin = signed_in("operator", language="id")
    admin.get("/inbound/new")
    wrong = admin.send("/inbound/new", mapping=EXAMPLE, sample="{}", do="try")
    assert "kejadian dilewati karena 'when'" in wrong.text
    wrong = admin.send("/inbound/new", mapping="name: X")
    assert "Nama terdiri atas huruf kecil" in wrong.text
