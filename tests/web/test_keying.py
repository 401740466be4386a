"""Sheets of paper that came back are keyed by a page, with their scan, and mended."""

import io
import re
import uuid
from collections.abc import Callable
from typing import Any

from lrs import channels, followup, pdf
from lrs.practice import records
from lrs.store.engine import run
from lrs.store.packing import unpack
from lrs.xapi.statements import parse
from tests.agency import ANSWERS, HELPS, Agency
from tests.conftest import Cast
from tests.pdfs import pdf as document
from tests.web.conftest import Browser, Seen

SignedIn = Callable[..., Browser]

SCAN = document(["Lembar satu"], ["Lembar dua"], ["Lembar tiga"])
SAID = {"cell-1": "4", "cell-2": "b", "cell-contoh-1": "Surat 12 Mei", "cell-barriers": "1 7"}


def codes(agency: Agency, role: str = "superior") -> list[str]:
    rows = sorted(agency.ledger(role=role), key=lambda row: row["id"])
    return [row["id"].hex()[: channels.CODE] for row in rows]


def begin(browser: Browser, scan: bytes = b"", **more: str) -> str:
    browser.get("/invitations/paper-back")
    sent = {"scan": (io.BytesIO(scan), "tumpukan.pdf" if scan else "")}
    browser.send("/invitations/paper-back", sent, **more)
    return browser.page.address.partition("?")[0]


def answers(agency: Agency) -> list[dict[str, Any]]:
    agency.catch_up()
    return agency.rows("answers")


def key(browser: Browser, stack: str, code: str, **said: str) -> Seen:
    browser.get(stack)
    browser.send("/find", sheet=code)
    return browser.send("/enter", do="enter", **(said or SAID))


def evidence(cast: Cast) -> list[dict[str, object]]:
    with cast.database.read() as connection:
        rows = run(connection, "SELECT body FROM statements WHERE voided = 0 ORDER BY position")
        trees = [parse(unpack(row[0])) for row in rows]
    return [each for each in trees if isinstance(records.read(each), records.Evidence)]


def test_sheets_are_keyed_in_the_order_of_the_table_each_with_its_own_page_of_the_scan(
    agency: Agency, cast: Cast, admin: Browser
) -> None:
    stack = begin(admin, SCAN)
    assert "Page 1 of 3" in admin.page.text
    assert admin.client.get(f"{stack}/page/2").data.startswith(b"\x89PNG")
    first, second = codes(agency)
    done = key(admin, stack, first)
    assert "Entered: Rina Kepala." in done.text
    # Both rows stand on one sheet: the second is next, on the same page.
    assert "About Staf" in done.text
    assert "Page 1 of 3" in done.text
    done = admin.send("/enter", do="enter", **{"cell-1": "2", "cell-2": "3", "cell-barriers": "-"})
    assert "Sheet 3" in done.text
    assert "Page 2 of 3" in done.text
    found = answers(agency)
    assert {row["barriers"] for row in found if row["form"] == "D"} == {"funds workload", ""}
    assert sorted(r["value"] for r in found if r["value"] is not None) == [2, 3, 4]
    scans = evidence(cast)
    assert len(scans) == 2
    told = records.read(scans[0])
    assert isinstance(told, records.Evidence)
    assert (told.keyed_by, told.answers) == ("user:admin", True)
    with cast.database.read() as connection:
        rows = run(connection, "SELECT data FROM contents ORDER BY sha2, part").all()
    held = b"".join(bytes(row[0]) for row in rows)
    assert [page.strip() for page in pdf.pages(held, "x.pdf")] == ["Lembar satu"]

    again = admin.send("/find", sheet=first)
    assert "This sheet was keyed already" in again.text
    assert second in codes(agency)


def test_a_code_that_is_none_and_a_sheet_that_is_wrong_are_told_at_the_field(
    agency: Agency, admin: Browser
) -> None:
    stack = begin(admin)
    wrong = admin.send("/find", sheet="ffffffffff")
    assert (wrong.status, "No sheet of paper with this code" in wrong.text) == (400, True)
    (first, _second) = codes(agency)
    told = key(admin, stack, first, **{"cell-1": "4", "cell-tanggal": "kapan"})
    assert told.status == 400
    assert "Write the day as 2026-01-31 or 31/01/2026." in told.text
    told = admin.send("/enter", do="enter", **{"cell-1": "7", "cell-tanggal": ""})
    for words in (
        "A value is a whole number from 0 to 4.",
        "Nothing was said of this behaviour; choose a value, or say that you have not seen it yet.",
    ):
        assert words in told.text
    assert admin.page.form("/enter").fields["cell-1"] == "7"
    assert answers(agency) == []


def test_what_was_keyed_wrongly_is_mended_or_taken_back_with_its_scan(
    agency: Agency, cast: Cast, admin: Browser
) -> None:
    stack = begin(admin, SCAN)
    first, _second = codes(agency)
    key(admin, stack, first)
    admin.get(stack)
    (mend,) = set(re.findall(r'href="([^"]+mend=yes[^"]*)"', admin.page.html))
    admin.get(mend.replace("&amp;", "&"))
    stands = admin.page.form("/enter").fields
    assert (stands["cell-1"], stands["cell-2"], stands["cell-barriers"]) == ("4", "B", "1 7")
    assert stands["cell-contoh-1"] == "Surat 12 Mei"
    admin.send("/enter", do="enter", **{"cell-1": "3"})
    assert [row["value"] for row in answers(agency) if row["value"] is not None] == [3]
    assert len(evidence(cast)) == 1
    admin.get(mend.replace("&amp;", "&"))
    gone = admin.send("/enter", do="remove")
    assert "Taken back: the sheet waits again." in gone.text
    assert answers(agency) == []
    assert evidence(cast) == []
    assert {row["state"] for row in agency.ledger(role="superior")} >= {"sent"}
    key(admin, stack, first)  # the same once more is an answer again
    assert [row["value"] for row in answers(agency) if row["value"] is not None] == [4]


def test_a_qr_code_or_a_name_names_a_sheet_too(agency: Agency, admin: Browser) -> None:
    stack = begin(admin)
    (row, *_more) = agency.ledger(role="superior")
    page = agency.page(row["round"])
    url = agency.do(followup.link_to, page, "https://lrs.example.go.id", agency.now)
    assert "About Staf" in admin.send("/find", sheet=url).text
    admin.get(stack)
    assert "About Staf 01" in admin.send("/find", sheet="staf 01").text


def test_who_answered_on_the_phone_needs_no_paper(agency: Agency, admin: Browser) -> None:
    row = min(agency.ledger(role="superior"), key=lambda each: each["id"])
    page = agency.page(row["round"])
    filled = followup.FilledIn(
        row=row["id"].hex(), form="C", items={ANSWERS: {"value": 3}, HELPS: {"value": 2}}
    )
    sheet = followup.Sheet(submission=str(uuid.uuid4()), entries=(filled,))
    agency.do(followup.answer, page, sheet, now=agency.now)
    stack = begin(admin)
    told = admin.send("/find", sheet=row["id"].hex()[: channels.CODE])
    assert "They answered themselves on the page" in told.text
    assert "Mend it" not in told.text
    token = admin.page.form("/sign-out").fields["token"]
    sent = {"token": token, "row": row["id"].hex(), "mend": "yes", "do": "remove"}
    assert admin.post(f"{stack}/enter", sent).status_code == 400  # nobody takes back theirs


def test_a_table_of_many_sheets_is_shown_before_it_is_entered(
    agency: Agency, admin: Browser
) -> None:
    first, _second = codes(agency)
    table = f"kode;tanggal;1;2;contoh 1;hambatan\n{first};;4;B;Surat 12 Mei;1\n0000000000;;1;1;;-\n"
    admin.get("/imports?kind=paper")
    shown = admin.send("/imports", {"file": (io.BytesIO(table.encode()), "kertas.csv")})
    assert "No sheet of paper with this code" in shown.text
    assert answers(agency) == []
    admin.send("/imports/", do="enter")
    assert len({row["form"] for row in answers(agency)}) == 2


def test_a_units_contact_keys_what_is_said_of_their_own_people_alone(
    agency: Agency, cast: Cast, signed_in: SignedIn, admin: Browser
) -> None:
    contact = signed_in("unit_contact")
    stack = begin(contact)
    (first, _second) = codes(agency)
    assert "No sheet of paper" in contact.send("/find", sheet=first).text  # of no unit of theirs
    with cast.database.read() as connection:
        row = run(
            connection,
            "SELECT id FROM invitations WHERE role = 'superior' ORDER BY id",
        ).first()
    assert row is not None
    assert contact.get(f"{stack}?row={bytes(row[0]).hex()}").status == 404
    assert admin.get(stack).status == 200
    assert signed_in("evaluator").get(stack).status == 200
    for role in ("reviewer", "learner", "superior", "head"):
        assert signed_in(role).get("/invitations/paper-back").status == 403


def test_a_stack_of_another_agency_is_not_there_and_one_that_is_done_goes(
    agency: Agency,
    admin: Browser,
    neighbour: Cast,
    person: Callable[..., object],
) -> None:
    stack = begin(admin, SCAN)
    person("other", "admin", owner=neighbour)
    stranger = Browser(admin.client.application)  # type: ignore[arg-type]
    stranger.sign_in("other")
    assert stranger.get(stack).status == 404
    assert stranger.get(f"{stack}/page/1").status == 404
    admin.get(stack)
    assert "The stack is done." in admin.send("/end").text
    assert admin.get(stack).status == 404
    broken = begin(admin, b"%PDF-1.4 nothing in it")
    assert broken == "/invitations/paper-back"
    assert admin.page.status == 400
