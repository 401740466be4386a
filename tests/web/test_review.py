"""The review queue: people take links, decide them, take back, and see what is theirs to see."""

import hashlib
import io
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from lrs import casework, intake, rights
from lrs.casework import Upload
from lrs.practice import people, records
from lrs.store import accounts, audit
from lrs.store.register import Fact
from lrs.web import told
from lrs.xapi.attachments import Part
from lrs.xapi.versions import V1
from tests import make
from tests.conftest import Cast
from tests.pdfs import pdf
from tests.promises import parts
from tests.test_casework import (
    ANSWERS,
    BUDI,
    HELPS,
    SARI,
    Desk,
    answered,
    desk,
    evidence,
)
from tests.web.conftest import Browser, links

__all__ = ["desk"]

XSS = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}"


def hand_in(desk: Desk, case: bytes, title: str, **more: Any) -> str:
    """Somebody else's evidence on the case of Sari; answers its statement."""
    files = more.pop("files", ())
    told: dict[str, Any] = {"by": BUDI, "role": records.SUPERIOR, "of": "observation"}
    piece = evidence(case=case.hex(), title=title, **(told | more))
    statement: str = desk.do(casework.hand_in, piece, files=files)
    return statement


def from_a_workplace(desk: Desk, *files: tuple[str, str, bytes]) -> str:
    """Work that a system says Sari did, with files that no door of ours looked at."""
    parts_ = []
    told: list[dict[str, Any]] = []
    for name, kind, content in files:
        sha2 = hashlib.sha256(content).hexdigest()
        parts_.append(Part(sha2, sha2, kind, len(content), io.BytesIO(content), {}))
        usage = "http://id.tincanapi.com/attachment/supporting_media"
        facts = {"usageType": usage, "display": {"en": name}, "contentType": kind}
        told.append({**facts, "length": len(content), "sha2": sha2})
    statement = make.statement(
        actor=make.agent("sari"),
        verb={"id": "https://w3id.org/xapi/dod-isd/verbs/performed"},
        object={"id": "https://kerja.example.go.id/1", "definition": {"name": {"id": XSS}}},
        context={"contextActivities": {"other": [{"id": ANSWERS}]}},
        timestamp="2026-04-01T03:00:00Z",
        attachments=told,
    )
    who = parts.principal(desk.cast)
    batch = intake.examine(
        json.dumps([statement]).encode(),
        parts_,
        version=V1,
        principal=who,
        place=who.learning,
        defines=True,
    )
    (made,) = desk.database.write(lambda c: intake.store(c, batch)).ids
    desk.catch_up()
    return made


@pytest.fixture
def waiting(desk: Desk) -> list[str]:
    """Three links of Sari that wait, by their ids in the order of the queue."""
    case = desk.completes("sari")
    for title in ("Antrean satu", "Antrean dua", "Antrean tiga"):
        hand_in(desk, case, title)
    return [bytes(each["id"]).hex() for each in desk.links()]


def post(browser: Browser, address: str, **values: Any) -> str:
    """Send a form of ours that stands on some page; answers what came back."""
    token = browser.get("/account").form("/account").fields["token"]
    return browser.post(address, {"token": token, **values}).get_data(as_text=True)


def state(desk: Desk, link: str) -> str:
    desk.catch_up()
    return next(str(row["state"]) for row in desk.links() if bytes(row["id"]).hex() == link)


def test_a_reviewer_goes_through_the_queue_one_press_each(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    rina = signed_in("reviewer", login="rina")
    assert rina.get("/review").text.count("Antrean") == 3
    assert "Antrean satu" in rina.send("/review/next").text
    for verdict in ("accept 1", "return 4", "reject 7"):
        page = rina.send("/decide", verdict=verdict)
        assert page.status == 200
    assert "Nothing is left to review here" in page.text
    assert [state(desk, each) for each in waiting] == ["accepted", "returned", "rejected"]
    body = desk.links()[0]["body"].decode()
    assert "The work shows this behaviour." in body
    assert "record " in body


def test_where_nothing_waits_there_is_nothing_to_begin(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    rina = signed_in("reviewer", login="rina")
    assert "Begin to review" in rina.get("/review").text
    assert "Begin to review" not in rina.get("/review?unit=" + "00" * 16).text
    rina.get("/review")
    rina.send("/review/next")
    for _link in waiting:
        rina.send("/decide", verdict="reject 7")
    desk.catch_up()
    page = rina.get("/review")
    assert "Nothing waits for a verdict." in page.text
    assert "Begin to review" not in page.text


def test_opening_a_link_does_not_take_it_and_who_holds_it_is_shown(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    rina, tono = signed_in("reviewer", login="rina"), signed_in("admin", login="tono")
    assert "Nobody reviews this link yet" in rina.get(f"/review/{waiting[0]}").text
    assert state(desk, waiting[0]) == "submitted"
    assert "The work shows this behaviour" in rina.send("/take").text
    assert state(desk, waiting[0]) == "in_review"
    assert "With rina" in tono.get("/review").text
    assert "rina took this link" in tono.get(f"/review/{waiting[0]}").text
    # Two begin at once, and none is given what the other holds.
    tono.get("/review")
    assert "Antrean dua" in tono.send("/review/next").text
    rina.get(f"/review/{waiting[0]}")
    post(rina, f"/review/{waiting[0]}/release")
    assert "others can take it now" in rina.get("/review").text
    assert state(desk, waiting[0]) == "submitted"


def test_what_was_decided_a_moment_ago_is_not_offered_again(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    rina = signed_in("reviewer", login="rina")
    rina.get("/review")
    rina.send("/review/next")
    # Nothing is projected between: the tables do not know yet.
    assert "Antrean dua" in rina.send("/decide", verdict="accept 1").text
    assert "Antrean satu" not in rina.get("/review").text
    assert desk.links()[0]["state"] == "submitted"


def test_a_verdict_is_undone_from_the_next_page(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    rina = signed_in("reviewer", login="rina")
    rina.get("/review")
    rina.send("/review/next")
    assert "Undo" in rina.send("/decide", verdict="reject 8").text
    assert "Antrean satu" in rina.send("/review/undo").text
    assert state(desk, waiting[0]) == "in_review"
    assert rina.send("/decide", verdict="accept 1").status == 200
    assert state(desk, waiting[0]) == "accepted"


def test_nobody_undoes_somebody_elses_verdict(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    rina, tono = signed_in("reviewer", login="rina"), signed_in("reviewer", login="tono")
    rina.get("/review")
    rina.send("/review/next")
    rina.send("/decide", verdict="reject 8")
    form = rina.page.form("/review/undo")
    token = tono.get("/account").form("/account").fields["token"]
    answer = tono.post("/review/undo", {"token": token, "statement": form.fields["statement"]})
    assert answer.status_code == 404
    assert state(desk, waiting[0]) == "rejected"


def test_what_cannot_be_told_yet_goes_back_to_the_queue_and_not_to_the_same_reviewer(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    rina, tono = signed_in("reviewer", login="rina"), signed_in("reviewer", login="tono")
    rina.get("/review")
    rina.send("/review/next")
    assert "Antrean dua" in rina.send("/decide", verdict="not_seen 0").text
    assert state(desk, waiting[0]) == "submitted"
    tono.get("/review")
    assert "Antrean satu" in tono.send("/review/next").text
    assert "Not observed yet by rina" in tono.page.text


def test_what_is_passed_over_does_not_come_again_until_one_begins_anew(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    rina = signed_in("reviewer", login="rina")
    rina.get("/review")
    assert "Antrean satu" in rina.send("/review/next").text
    assert "Antrean dua" in rina.send("/release").text
    assert "Antrean tiga" in rina.send("/release").text
    assert "Nothing is left to review here" in rina.send("/release").text
    assert [state(desk, each) for each in waiting] == ["submitted"] * 3
    rina.get("/review")
    assert "Antrean satu" in rina.send("/review/next").text
    assert "Antrean dua" in rina.send("/release").text
    # And what is decided then goes on from there.
    assert "Antrean tiga" in rina.send("/decide", verdict="accept 1").text


def test_nobody_reviews_their_own_work_even_by_an_older_id(
    desk: Desk, cast: Cast, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    sari = signed_in("reviewer", login="sari")
    cast.database.write(
        lambda c: accounts.change_user(c, cast.tenant, "sari", person=uuid.UUID(SARI).bytes)
    )
    sari.get("/review")
    assert "Nothing is left to review here" in sari.send("/review/next").text
    sari.get(f"/review/{waiting[0]}")
    assert "your own work" in sari.page.text
    token = sari.get("/account").form("/account").fields["token"]
    sari.post(f"/review/{waiting[0]}/take", {"token": token})
    answer = sari.post(
        f"/review/{waiting[0]}/decide",
        {"token": token, "verdict": "accept 1", "rests_on": "record x"},
    )
    assert answer.status_code == 400
    assert state(desk, waiting[0]) == "submitted"


def test_what_only_the_learner_says_cannot_be_accepted_and_says_why(
    desk: Desk, signed_in: Callable[..., Browser]
) -> None:
    case = desk.completes("sari")
    hand_in(desk, case, "Kata sendiri", by=SARI, role=records.SELF)
    rina = signed_in("reviewer", login="rina")
    rina.get("/review")
    page = rina.send("/review/next")
    assert "Only the alumni say so" in page.text
    assert rina.send("/decide", verdict="accept 1").status == 400
    assert "before accepting" in rina.page.text
    desk.do(casework.answer, answered(case))
    rina.get(page.address)
    assert rina.send("/decide", verdict="accept 1").status == 200
    assert desk.links()[0]["state"] == "in_review"
    assert state(desk, bytes(desk.links()[0]["id"]).hex()) == "accepted"


def test_two_reviewers_at_once_and_the_second_is_told(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    rina, tono = signed_in("reviewer", login="rina"), signed_in("reviewer", login="tono")
    rina.get(f"/review/{waiting[0]}")
    tono.get(f"/review/{waiting[0]}")
    rina.send("/take")
    assert "Somebody else took or decided it meanwhile" in tono.send("/take").text
    rina.send("/decide", verdict="accept 1")
    token = tono.get("/account").form("/account").fields["token"]
    answer = tono.post(f"/review/{waiting[0]}/decide", {"token": token, "verdict": "reject 7"})
    assert answer.status_code == 400


def test_the_filters_of_the_address_go_with_every_step(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    case = bytes(desk.rows()[0]["id"])
    hand_in(desk, case, "Perilaku lain", behaviours=(HELPS,))
    digest = next(
        bytes(row["behaviour"]).hex() for row in desk.links() if b"Perilaku lain" in row["body"]
    )
    rina = signed_in("reviewer", login="rina")
    page = rina.get(f"/review?behaviour={digest}")
    assert page.text.count("Antrean") == 0
    page = rina.send("/review/next")
    assert f"behaviour={digest}" in page.address
    assert "Perilaku lain" in page.text
    assert "Nothing is left" in rina.send("/decide", verdict="accept 1").text
    for wrong in ("?behaviour=xyz", "?unit=00", "?state=x&who=y&age=z", "?after=%00"):
        assert rina.get(f"/review{wrong}").status == 200
    desk.catch_up()
    assert "Perilaku lain" in rina.get("/review?state=decided").text
    assert "Perilaku lain" not in rina.get("/review?who=mine").text


def test_what_waits_too_long_is_overdue(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser], clock: Any
) -> None:
    rina = signed_in("reviewer", login="rina")
    since = max(int(row["at"]) for row in desk.links())
    moment = clock.now
    clock.now = moment.fromtimestamp(since / 1_000_000, moment.tzinfo) + timedelta(days=13)
    rina.sign_in("rina")
    assert "Overdue" not in re.sub(r"<select.*?</select>", "", rina.get("/review").html, flags=re.S)
    assert rina.get("/review?age=overdue").text.count("Antrean") == 0
    assert rina.get("/review?age=due").text.count("Antrean") == 3
    clock.on(days=2)
    rina.sign_in("rina")
    assert rina.get("/review?age=overdue").text.count("Antrean") == 3


# Many at once -------------------------------------------------------------------------------


def together(desk: Desk) -> str:
    row = desk.links()[0]
    programme = next(bytes(each["programme"]).hex() for each in desk.rows())
    return f"/review/together?programme={programme}&behaviour={bytes(row['behaviour']).hex()}"


def test_plain_links_are_decided_together_and_what_is_not_plain_is_left(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    case = bytes(desk.rows()[0]["id"])
    hand_in(desk, case, "Kata sendiri", by=SARI, role=records.SELF)
    own = next(bytes(r["id"]).hex() for r in desk.links() if b"Kata sendiri" in r["body"])
    rina = signed_in("reviewer", login="rina")
    page = rina.get(together(desk))
    assert "Antrean satu" in page.text
    assert "Kata sendiri" not in page.text
    answer = post(rina, page.address, verdict="accept 1", link=[*waiting[:2], own])
    assert "2 links were decided" in answer
    assert "It is not plain" in answer
    assert [state(desk, each) for each in (*waiting, own)] == [
        *("accepted", "accepted", "submitted", "submitted")
    ]


def test_what_was_decided_together_is_taken_back_together(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    rina, tono = signed_in("reviewer", login="rina"), signed_in("reviewer", login="tono")
    answer = post(rina, together(desk), verdict="accept 1", link=waiting)
    assert "3 links were decided" in answer
    made = re.findall(r'name="statement" value="([^"]+)"', answer)
    assert [state(desk, each) for each in waiting] == ["accepted"] * 3
    # By nobody else, and all or none.
    post(tono, "/review/together/undo", statement=made)
    post(rina, "/review/together/undo", statement=[*made, "0" * 32])
    assert [state(desk, each) for each in waiting] == ["accepted"] * 3
    post(rina, "/review/together/undo", statement=made)
    assert "3 verdicts were taken back" in rina.get("/review").text
    assert [state(desk, each) for each in waiting] == ["submitted"] * 3


def test_links_of_another_behaviour_are_not_taken_along(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    hand_in(desk, bytes(desk.rows()[0]["id"]), "Perilaku lain", behaviours=(HELPS,))
    other = next(bytes(r["id"]).hex() for r in desk.links() if b"Perilaku lain" in r["body"])
    rina = signed_in("reviewer", login="rina")
    answer = post(rina, together(desk), verdict="return 4", link=[waiting[0], other])
    assert "another training or behaviour" in answer
    assert state(desk, other) == "submitted"
    assert state(desk, waiting[0]) == "returned"


# Second opinions ----------------------------------------------------------------------------


def decided_by_the_first(
    desk: Desk, signed_in: Callable[..., Browser], app: Flask
) -> tuple[Browser, Browser]:
    """Rina rejected a link, every one of which is to have a second opinion; Tono may give it."""
    context = app.extensions["jejak"]
    app.extensions["jejak"] = replace(
        context, settings=replace(context.settings, second_opinions=100)
    )
    rina, tono = signed_in("reviewer", login="rina"), signed_in("reviewer", login="tono")
    rina.get("/review")
    rina.send("/review/next")
    rina.send("/decide", verdict="reject 8", note="Hanya latihan.")
    desk.catch_up()
    return rina, tono


def test_a_second_opinion_is_blind_and_somebody_elses(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser], app: Flask
) -> None:
    rina, tono = decided_by_the_first(desk, signed_in, app)
    assert "No second opinion is wanted" in rina.get("/review/second").text
    assert rina.get(f"/review/second/{waiting[0]}").status == 404
    assert "Antrean satu" in tono.get("/review/second").text
    page = tono.get(f"/review/second/{waiting[0]}")
    for told_ in (
        "Hanya latihan",
        "rina",
        "Rejected",
        "trial or an exercise, not the work itself. H",
    ):
        assert told_ not in page.text
    assert "Undo" in tono.send("/decide", verdict="accept 1").text
    desk.catch_up()
    row = desk.links()[0]
    assert (row["state"], row["first_move"], row["second_move"]) == ("rejected", "reject", "accept")
    assert "No second opinion" in tono.get("/review/second").text


# Of whom what is held is only kept -----------------------------------------------------------


def restrict(desk: Desk, lifted: bool = False) -> None:
    person = uuid.UUID(SARI).bytes
    if lifted:
        desk.do(lambda c, tenant, now: rights.lift(c, tenant, person, why="Selesai.", by="admin"))
    else:
        desk.do(rights.restrict, person, why="Sengketa.", by="admin")


def test_their_links_are_neither_in_the_queue_nor_counted_nor_opened(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    other = desk.completes("budi")
    hand_in(desk, other, "Loket Budi", person=BUDI, by=SARI)
    rina, tono = signed_in("reviewer", login="rina"), signed_in("admin", login="tono")
    assert "4 links wait" in rina.get("/review").text
    restrict(desk)
    for browser in (rina, tono):
        page = browser.get("/review")
        assert "One link waits" in page.text
        assert (page.text.count("Loket Budi"), page.text.count("Antrean")) == (1, 0)
        assert "1 links to review" in " ".join(browser.get("/").text.split())
        assert "Links to review 1 " in " ".join(browser.get("/summary").text.split())
    assert rina.get(f"/review/{waiting[0]}").status == 404
    assert tono.get(f"/review/{waiting[0]}").status == 200
    post(rina, f"/review/{waiting[0]}/take")
    assert state(desk, waiting[0]) == "submitted"
    # The next of the queue is somebody else's, and then there is none.
    rina.get("/review")
    assert "Loket Budi" in rina.send("/review/next").text
    assert "Nothing is left to review here" in rina.send("/decide", verdict="accept 1").text
    restrict(desk, lifted=True)
    assert "3 links wait" in rina.get("/review").text


def test_no_second_opinion_is_asked_of_them_and_no_document_of_theirs_is_opened(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser], app: Flask
) -> None:
    _, tono = decided_by_the_first(desk, signed_in, app)
    statement = uuid.UUID(bytes=bytes(desk.links()[0]["evidence"]))
    assert "Antrean satu" in tono.get("/review/second").text
    assert tono.get(f"/evidence/{statement}").status == 200
    restrict(desk)
    assert "No second opinion is wanted" in tono.get("/review/second").text
    assert tono.get(f"/review/second/{waiting[0]}").status == 404
    assert tono.get(f"/evidence/{statement}").status == 404
    assert signed_in("admin").get(f"/evidence/{statement}").status == 200


# What is seen -------------------------------------------------------------------------------


def test_what_people_write_is_text_and_nothing_else(
    desk: Desk, signed_in: Callable[..., Browser]
) -> None:
    case = desk.completes("sari")
    desk.enter(Fact(people.PERSON, uuid.UUID(SARI).bytes, {"name": XSS}))
    hand_in(desk, case, XSS, text=XSS)
    statement = from_a_workplace(
        desk,
        (XSS, "text/html", b"<script>alert(3)</script>"),
        (f"{XSS}.svg", "image/svg+xml", b"<svg onload=alert(4)>"),
        ("gambar.png", "image/png", b"<html><script>alert(5)</script>"),
    )
    rina = signed_in("reviewer", login="rina")
    rina.get("/review")
    for address in ("/review", f"/evidence/{statement}", f"/cases/{case.hex()}"):
        html = rina.get(address).html
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "49" not in re.findall(r"&#39;(\S+)", html)
    rina.get("/review")
    assert "<script>alert" not in rina.send("/review/next").html
    rina.send("/decide", verdict="return 4", note=XSS)
    assert "<script>alert" not in rina.get("/review?state=decided").html
    for n in range(3):
        answer = rina.client.get(f"/evidence/{statement}/{n}")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert rina.get(f"/evidence/{statement}/{n}/page/1").status == 200


def test_a_document_is_looked_at_a_page_at_a_time(
    desk: Desk, signed_in: Callable[..., Browser]
) -> None:
    case = desk.completes("sari")
    document = pdf(["Halaman satu"], ["Bukti di halaman dua"])
    statement = hand_in(
        desk, case, "Laporan", files=[Upload("laporan.pdf", "application/pdf", document)]
    )
    rina = signed_in("reviewer", login="rina")
    page = rina.get(f"/evidence/{statement}/0/page/2")
    assert "Page 2 of 2" in page.text
    assert "Bukti di halaman dua" in page.text
    (picture,) = re.findall(r'src="(/evidence/[^"]+/picture)"', page.html)
    answer = rina.client.get(picture)
    assert answer.data.startswith(b"\x89PNG")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert "only 2 pages" in rina.get(f"/evidence/{statement}/0/page/9").text
    rina.get("/review")
    rina.send("/review/next")
    rina.send("/decide", verdict="accept 1", rests_on="laporan.pdf", page="2")
    desk.catch_up()
    assert "laporan.pdf#page=2" in desk.links()[0]["body"].decode()
    assert "laporan.pdf, page 2" in rina.get(f"/review/{bytes(desk.links()[0]['id']).hex()}").text


def test_nothing_of_another_tenant_is_there(
    desk: Desk, waiting: list[str], neighbour: Cast, person: Callable[..., Any], app: Flask
) -> None:
    statement = hand_in(
        desk,
        bytes(desk.rows()[0]["id"]),
        "Laporan",
        files=[Upload("a.png", "image/png", b"\x89PNG\r\n\x1a\n")],
    )
    person("lain", "admin", "reviewer", "operator", owner=neighbour)
    other = Browser(app)
    other.sign_in("lain")
    token = other.get("/account").form("/account").fields["token"]
    for address in (
        f"/review/{waiting[0]}",
        f"/review/second/{waiting[0]}",
        f"/evidence/{statement}",
        f"/evidence/{statement}/0",
        f"/evidence/{statement}/0/page/1",
        f"/evidence/{statement}/0/page/1/picture",
    ):
        assert other.get(address).status == 404, address
    for step in ("take", "release", "decide", "withdraw", "submit"):
        data = {"token": token, "verdict": "accept 1", "note": "x", "rests_on": "x"}
        answer = other.post(f"/review/{waiting[0]}/{step}", data)
        assert answer.status_code in (404,), step
    answer = other.post(
        "/review/together", {"token": token, "verdict": "accept 1", "link": waiting[0]}
    )
    assert answer.status_code == 404
    assert state(desk, waiting[0]) == "submitted"


def test_a_record_that_shows_nobodys_work_is_no_evidence(
    desk: Desk, signed_in: Callable[..., Browser]
) -> None:
    desk.completes("sari")
    rina = signed_in("reviewer", login="rina")
    with desk.database.read() as connection:
        ids = [
            bytes(row[0]).hex()
            for row in connection.exec_driver_sql("SELECT id FROM statement_ids").all()
        ]
    assert ids
    for each in ids:
        assert rina.get(f"/evidence/{each}").status == 404


def test_who_saw_and_decided_what_is_in_the_trail(
    desk: Desk, cast: Cast, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    rina = signed_in("reviewer", login="rina")
    rina.get("/review")
    rina.send("/review/next")
    rina.send("/decide", verdict="accept 1")
    with cast.database.read() as connection:
        entries = audit.page(connection, cast.tenant.id, who="user:rina")
    done = {(each.action, each.subject) for each in entries}
    link = f"link {waiting[0]}"
    assert {("link/taken", link), ("link/seen", link), ("link/accept", link)} <= done


def test_an_acceptance_is_withdrawn_with_a_reason_and_a_return_comes_again(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    rina = signed_in("reviewer", login="rina")
    rina.get("/review")
    rina.send("/review/next")
    rina.send("/decide", verdict="accept 1")
    rina.send("/decide", verdict="return 5")
    desk.catch_up()
    rina.get(f"/review/{waiting[0]}")
    assert "needs a reason" in rina.send("/withdraw", note=" ").text
    rina.get(f"/review/{waiting[0]}")
    page = rina.send("/withdraw", why="1", note="Ternyata milik rekan.")
    assert "Withdrawn." in page.text
    assert "It is somebody else's work. Ternyata milik rekan." in page.text
    assert state(desk, waiting[0]) == "withdrawn"
    rina.get(f"/review/{waiting[1]}")
    assert "in the queue again" in rina.send("/submit", note="Lampiran datang.").text
    assert state(desk, waiting[1]) == "submitted"


def test_every_key_gives_one_verdict_with_its_reason(desk: Desk) -> None:
    with desk.database.read() as connection:
        some = told.reasons_of(connection, desk.tenant)
    every = [each for _move, _word, found in told.choices(some) for each in found]
    assert len({each.key for each in every}) == len(every) <= 10
    assert all(told.chosen(each.value, some) == each for each in every)
    assert told.chosen("accept 9", some) is None


ROWS = (
    ("accept", "Bukti sesuai.", "The evidence fits."),
    ("return", "Tanda tangan kurang.", ""),
    ("reject", "Bukan pekerjaannya.", ""),
    ("not_seen", "Belum ada yang mengamati.", ""),
    *[("accept", "", "")] * 6,
)
MINE = {
    f"{word}-{n}": text
    for n, row in enumerate(ROWS, 1)
    for word, text in zip(("move", "id", "en"), row, strict=True)
}


def test_an_agency_has_reasons_of_its_own_in_its_languages(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    admin = signed_in("admin")
    assert "These are the usual reasons." in admin.get("/review-reasons").text
    assert admin.page.form("/review-reasons").fields["en-1"] == "The work shows this behaviour."
    saved = admin.send("/review-reasons", do="save", **MINE)
    assert "Saved. Reviewers choose from these from now on." in saved.text
    assert "These are the usual reasons." not in saved.text
    rina = signed_in("reviewer", login="rina")
    post(rina, f"/review/{waiting[0]}/take")
    shown = rina.get(f"/review/{waiting[0]}")
    assert "The evidence fits." in shown.text
    assert "Tanda tangan kurang." in shown.text  # not written in English
    assert "The work shows this behaviour." not in shown.text
    rina.send("/decide", verdict="return 2")
    assert state(desk, waiting[0]) == "returned"
    # What was said stays, whatever the list says later.
    admin.get("/review-reasons")
    assert "These are the usual reasons." in admin.send("/review-reasons", do="usual").text
    assert "Tanda tangan kurang." in rina.get(f"/review/{waiting[0]}").text
    assert rina.get("/review-reasons").status == 403


def test_a_list_of_reasons_that_would_leave_a_verdict_out_is_not_kept(
    desk: Desk, signed_in: Callable[..., Browser]
) -> None:
    admin = signed_in("admin")
    admin.get("/review-reasons")
    wrong = admin.send("/review-reasons", do="save", **MINE | {"id-3": "", "en-2": "x" * 201})
    assert wrong.status == 400
    assert "Each verdict needs at least one reason" in wrong.text
    assert "A reason has at most 200 characters." in wrong.text
    wrong = admin.send("/review-reasons", do="save", **MINE | {"id-1": "", "en-1": "Only so."})
    assert "Write the reason in a sentence." in wrong.text
    assert "These are the usual reasons." in admin.get("/review-reasons").text


def test_links_lead_where_they_say(
    desk: Desk, waiting: list[str], signed_in: Callable[..., Browser]
) -> None:
    rina = signed_in("reviewer", login="rina")
    page = rina.get(f"/review/{waiting[0]}")
    for address in links(page.html, "^/(review|evidence|cases)"):
        assert rina.get(address.replace("&amp;", "&")).status == 200, address
    assert ANSWERS
