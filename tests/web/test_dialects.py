"""A sender whose dialect nobody knows is understood once somebody wrote it down on a page."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from lrs import projector
from lrs.adapters import Adapters
from lrs.web.dialects import EXAMPLE
from tests import make
from tests.conftest import Cast
from tests.web.conftest import Browser, links

SignedIn = Callable[..., Browser]

CAMPUS = "https://kampus.example.go.id"


def passed_exam() -> dict[str, Any]:
    """What the campus portal sends of who passed an exam."""
    return make.statement(
        id=make.uuid4(),
        verb={"id": f"{CAMPUS}/verbs/lulus", "display": {"id": "lulus"}},
        object={"id": f"{CAMPUS}/ujian/7"},
        context={
            "platform": "Kampus ASN 3",
            "contextActivities": {
                "grouping": [{"id": f"{CAMPUS}/kursus/arsip", "definition": {"name": {"id": "A"}}}]
            },
        },
    )


@pytest.fixture
def record(app: Flask, cast: Cast) -> str:
    """The number of such a record, which is in the log."""
    told = passed_exam()
    headers = {"Authorization": cast.key("all"), "X-Experience-API-Version": "1.0.3"}
    client = app.test_client(use_cookies=False)
    assert client.post("/xapi/statements", json=told, headers=headers).status_code == 200
    work_out(cast)
    return str(told["id"])


def work_out(cast: Cast) -> None:
    while projector.catch_up(cast.database, cast.tenant, Adapters.installed()):
        pass


def test_a_dialect_is_written_down_tried_put_in_force_changed_and_taken_away(
    cast: Cast, admin: Browser, record: str
) -> None:
    address = f"/statements/{record}"
    assert "No adapter speaks for it" in admin.get(address).text
    (way,) = links(admin.get("/sources").html, "^/dialects$")
    assert "Nothing is declared." in admin.get(way).text
    admin.get("/dialects/declare")
    tried = admin.send("/dialects/declare", do="try", statement=record)
    assert tried.status == 200
    assert "It was tried on one record, the newest." in tried.text
    assert "new kampus" in tried.text
    assert "The adapter kampus (1) reads it so: completed" in tried.text
    assert "No adapter speaks for it" in admin.get(address).text  # nothing was entered

    admin.get("/dialects/declare")
    entered = admin.send("/dialects/declare", do="enter")
    assert "In force. All records are read again" in entered.text
    assert "Portal Kampus ASN" in entered.text
    work_out(cast)
    assert "The adapter kampus (1) reads it so: completed" in admin.get(address).text
    assert "adapter/entered" in admin.get("/audit").text

    admin.get("/dialects/declare?of=kampus")
    same = admin.send("/dialects/declare", do="enter")
    assert "It stands so already; nothing was changed." in same.text
    admin.get("/dialects/declare?of=kampus")
    other = EXAMPLE.replace("kind: completed", "kind: progressed").encode()
    files = {"file": (io.BytesIO(other), "kampus.yaml")}
    tried = admin.send("/dialects/declare", files, do="try")
    assert "changed kampus" in tried.text
    assert "kind: progressed" in tried.html

    admin.get("/dialects")
    assert "It is taken away." in admin.send("/remove").text
    work_out(cast)
    assert "No adapter speaks for it" in admin.get(address).text


def test_what_is_wrong_is_said_with_its_place(admin: Browser, signed_in: SignedIn) -> None:
    admin.get("/dialects/declare")
    wrong = admin.send("/dialects/declare", adapters="adapters: [{name: X, rules: []}]", do="try")
    assert wrong.status == 400
    assert "adapters[0].name: A name is of small letters" in wrong.text
    wrong = admin.send("/dialects/declare", adapters="a: [", do="enter")
    assert "This is no YAML" in wrong.text
    wrong = admin.send("/dialects/declare", adapters=EXAMPLE, do="try", statement="7")
    assert "There is no record with this number." in wrong.text
    assert admin.get("/dialects/declare?of=none").status == 404
    theirs = signed_in("operator", language="id")
    theirs.get("/dialects/declare")
    rule = "adapters: [{name: x, rules: [{kind: attended, verbs: [http://a.b/c], jp: x}]}]"
    wrong = theirs.send("/dialects/declare", adapters=rule, do="try")
    assert "Ini harus jumlah jam (JP) di atas 0" in wrong.text
    assert signed_in("reviewer").get("/dialects").status == 403


def test_nothing_fits_and_that_is_said(admin: Browser) -> None:
    admin.get("/dialects/declare")
    tried = admin.send("/dialects/declare", do="try")
    assert "It was tried on the newest 0 records." in tried.text
    assert "None of them fits a rule." in tried.text
