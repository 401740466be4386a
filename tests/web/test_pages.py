"""An operator and a training admin do their work on the pages."""

import hashlib
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrs import people as register_of_people
from lrs import programmes as programmes_in_force
from lrs import projector, spreadsheets
from lrs.adapters import Adapters
from lrs.people import Reading
from lrs.store import accounts, audit, register
from lrs.web import statements
from schemas import programmes as written
from tests import make
from tests.conftest import NOW, Cast
from tests.web.conftest import Browser, Seen, links

EVIL = "<script>alert(1)</script>"
COURSE = "https://lms.example.go.id/course/view.php?id=2"

PEOPLE = """nip,nama,unit kerja,jabatan,nip atasan,email
197001011990011001,Budi Kepala,Dinas A / Bidang Satu,Kepala,,budi@example.go.id
199003042015042002,Siti Rahma,Dinas A / Bidang Satu,Analis,197001011990011001,siti@example.go.id
"""

PROGRAMME = {
    "iri": "https://diklat.example.go.id/prima",
    "title": "Pelayanan Prima",
    "courses": [COURSE],
    "cohorts": [{"name": "Angkatan I", "starts": "2026-02-01", "ends": "2026-02-20"}],
    "behaviours": [{"iri": "https://diklat.example.go.id/prima/1", "text": "Menjawab keluhan"}],
}


def completed(who: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A course completed, as Moodle says it."""
    return make.statement(
        actor=who,
        verb=make.verb("completed"),
        object={
            "id": COURSE,
            "definition": {
                "type": "https://w3id.org/xapi/cmi5/activitytype/course",
                "name": {"id": "Pelayanan Prima"},
            },
        },
        timestamp="2026-02-20T08:00:00Z",
        **changes,
    )


@pytest.fixture
def send(app: Flask, cast: Cast) -> Callable[..., Any]:
    """Send statements as an LMS does, and have them worked out."""

    def post(*given: dict[str, Any], key: str = "") -> Any:
        client: FlaskClient = app.test_client(use_cookies=False)
        headers = {
            "Authorization": key or cast.key("all"),
            "X-Experience-API-Version": "1.0.3",
        }
        answer = client.post("/xapi/statements", json=list(given), headers=headers)
        work_out(cast)
        return answer.get_json()

    return post


def work_out(cast: Cast) -> None:
    adapters = Adapters.installed()
    while projector.catch_up(cast.database, cast.tenant, adapters):
        pass


@pytest.fixture
def agency(cast: Cast) -> Cast:
    """Two people of the register, and a programme."""
    sheet = spreadsheets.read(PEOPLE.encode(), "people.csv")

    def enter(connection: Any) -> None:
        reading = Reading(today=NOW.date())
        done = register_of_people.import_people(connection, cast.tenant.id, sheet, reading)
        register.append(connection, cast.tenant.id, done.facts, "a test")
        loaded = written.load({"programmes": [PROGRAMME]})
        programmes_in_force.apply(connection, cast.tenant.id, loaded, "a test")

    cast.database.write(enter)
    return cast


def siti(**more: Any) -> dict[str, Any]:
    return {"mbox": "mailto:siti@example.go.id", "name": "Siti R.", **more}


# Records ------------------------------------------------------------------------------------


def test_a_record_is_found_by_the_name_of_the_person_and_told_what_became_of_it(
    agency: Cast, admin: Browser, send: Callable[..., Any]
) -> None:
    (told,) = send(completed(siti()))
    send(make.statement())
    page = admin.get("/statements?who=rahma")
    assert "Siti Rahma" in page.text
    assert "Pelayanan Prima" in page.text
    assert page.text.count("experienced") == 1  # only as a verb to choose
    assert "Nobody of this name" in admin.get("/statements?who=nobody-at-all").text

    page = admin.get(f"/statements/{told}")
    for words in ("reads it so", "completed", "Angkatan I", "Siti Rahma"):
        assert words in page.text
    (case,) = links(page.html, r"^/cases/[0-9a-f]{32}$")
    page = admin.get(case)
    assert "Menjawab keluhan" in page.text
    assert "Not known yet" in page.text


def test_filters_live_in_the_address_and_pages_go_on_by_key(
    admin: Browser, send: Callable[..., Any]
) -> None:
    send(*(make.statement(verb=make.verb("attempted")) for _ in range(60)))
    send(*(make.statement() for _ in range(5)))
    first = admin.get("/statements?verb=http://adlnet.gov/expapi/verbs/attempted")
    (on,) = set(links(first.html, "after="))
    assert "verb=" in on
    second = admin.get(on.replace("&amp;", "&"))
    shown = [set(links(page.html, r"^/statements/[0-9a-f-]{36}$")) for page in (first, second)]
    assert [len(each) for each in shown] == [50, 10]
    assert not shown[0] & shown[1]


def test_nothing_that_was_sent_runs(agency: Cast, admin: Browser, send: Callable[..., Any]) -> None:
    evil = completed(siti(name=EVIL), id=make.uuid4())
    evil["verb"]["display"] = {"en": EVIL}
    evil["object"]["definition"]["name"] = {"id": EVIL}
    send(evil)
    send(make.statement(actor={"mbox": "mailto:evil@example.org", "name": EVIL}))
    for address in ("/statements", f"/statements/{evil['id']}", "/identities", "/cases"):
        page = admin.get(address)
        assert page.status == 200
        assert EVIL not in page.html
    assert "&lt;script&gt;" in admin.get(f"/statements/{evil['id']}").html


def test_a_file_comes_as_a_download_that_nothing_runs_in(
    app: Flask, cast: Cast, admin: Browser
) -> None:
    page = b"<html><script>alert(1)</script>"
    sha2 = hashlib.sha256(page).hexdigest()
    told = make.statement(
        id=make.uuid4(),
        attachments=[
            {
                "usageType": "http://id.tincanapi.com/attachment/supporting_media",
                "display": {"en": 'laporan"../../<x>\r\n.html'},
                "contentType": "text/html",
                "length": len(page),
                "sha2": sha2,
            }
        ],
    )
    body = (
        b"--b\r\nContent-Type: application/json\r\n\r\n" + json.dumps(told).encode() + b"\r\n"
        b"--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: binary\r\n"
        b"X-Experience-API-Hash: " + sha2.encode() + b"\r\n\r\n" + page + b"\r\n--b--\r\n"
    )
    sent = app.test_client(use_cookies=False).post(
        "/xapi/statements",
        data=body,
        headers={
            "Authorization": cast.key("all"),
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "multipart/mixed; boundary=b",
        },
    )
    assert sent.status_code == 200
    answer = admin.get(f"/statements/{told['id']}/files/{sha2}").answer
    assert answer.data == page
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert "/" not in disposition.replace("attachment;", "")
    assert disposition.endswith(('.bin"', ".bin"))
    assert admin.get(f"/statements/{told['id']}/files/{'0' * 64}").status == 404


@pytest.mark.parametrize(
    ("said", "media", "named"),
    [
        ("Laporan aktualisasi.pdf", "application/pdf", "Laporan aktualisasi.pdf"),
        ("../../etc/passwd", "text/plain", "etc passwd.txt"),
        ("x.exe", "application/x-msdownload", "x.exe.bin"),
        ("..", "image/png", "file.png"),
        ("évidence\u202efdp.exe", "application/pdf", "vidence fdp.exe.pdf"),
    ],
)
def test_files_get_safe_names(said: str, media: str, named: str) -> None:
    assert statements.file_name(said, media) == named


def test_an_operator_sees_no_practice_store(
    agency: Cast, signed_in: Callable[..., Browser], send: Callable[..., Any]
) -> None:
    send(completed(siti()))
    operator = signed_in("operator")
    assert "Practice" not in operator.get("/statements?store=practice").text
    assert operator.get("/cases").status == 403
    assert operator.get("/people").status == 403


# Refusals -----------------------------------------------------------------------------------


def test_what_was_refused_is_mended_and_stored(admin: Browser, send: Callable[..., Any]) -> None:
    send(make.statement(verb={"id": "completed"}), make.statement())
    page = admin.get("/refused")
    assert "is no IRI" in page.text or "IRI" in page.text
    (number, *_) = links(page.html, r"^/refused/\d+$")
    page = admin.get(number)
    broken = page.form("/mend").fields["mended"]
    assert admin.send("/mend", mended=broken).status == 400
    admin.get(number)
    mended = broken.replace('"completed"', '"http://adlnet.gov/expapi/verbs/completed"')
    assert "stored" in admin.send("/mend", mended=mended).text
    assert "completed" in admin.get("/statements").text


def test_what_is_left_out_says_why(admin: Browser, send: Callable[..., Any]) -> None:
    send(make.statement(verb={"id": "x"}))
    (number,) = links(admin.get("/refused").html, r"^/refused/\d+$")
    admin.get(number)
    assert "Left out" in admin.send("/dismiss", why="a test of the vendor").text
    assert "a test of the vendor" in admin.get(number).text


def test_many_with_the_same_fault_are_repaired_stored_or_left_out_together(
    cast: Cast, admin: Browser, send: Callable[..., Any]
) -> None:
    blank = {"response": None}
    for _n in range(3):
        send(make.statement(id=make.uuid4(), result=blank))
    send(make.statement(id=make.uuid4(), verb={"id": "x"}))
    ways = links(admin.get("/refused").html, r"^/refused/\d+$")
    numbers = [each.rpartition("/")[2] for each in ways]
    assert len(numbers) == 4
    file = admin.client.get("/refused/file?source=lms").get_data(as_text=True).splitlines()
    assert [json.loads(each)["number"] for each in file] == [int(each) for each in numbers]
    assert "problems" in file[0]
    assert '"response"' in json.loads(file[0])["raw"]

    assert "Nothing was ticked." in admin.send("/refused/several", do="send").text
    rule = {"do": "repair", "name": "result-response-null"}
    page = admin.send("/refused/several", number=numbers, **rule)
    assert "3 stored, 0 were there already." in page.text
    assert "One is still wrong." in page.text
    page = admin.send("/refused/several", do="dismiss", number=numbers[3:])
    assert "Say why they are left out." in page.text
    page = admin.send("/refused/several", do="dismiss", number=numbers[3:], why="a test")
    assert "Left out." in page.text
    assert "all that was sent is stored" in page.text
    assert admin.get("/refused?state=dismissed").text.count("Left out") > 1
    with cast.database.read() as connection:
        done = {each.action for each in audit.page(connection, cast.tenant.id)}
    assert {"refused/replayed", "refused/dismissed", "refused/exported"} <= done


# Sources, keys, accounts --------------------------------------------------------------------


def test_a_key_is_shown_once_works_and_is_revoked(
    app: Flask, admin: Browser, send: Callable[..., Any]
) -> None:
    admin.get("/sources/new")
    assert "made of small letters" in admin.send("/sources/new", name="Not So!").text
    page = admin.send("/sources/new", name="moodle-pusdiklat")
    assert page.address == "/sources/moodle-pusdiklat"
    page = admin.send("/keys", label="cron", scopes=["statements/write"])
    key = re.search(r'id="key">([0-9a-f]{24})<', page.html)
    secret = re.search(r'id="secret">([^<]+)<', page.html)
    assert key is not None
    assert secret is not None
    assert len(send(make.statement(), key=make.basic(key[1], secret[1]))) == 1
    page = admin.get("/sources/moodle-pusdiklat")
    assert secret[1] not in page.html
    assert "cron" in page.text
    admin.send(f"/keys/{key[1]}/revoke")
    assert "revoked" in send(make.statement(), key=make.basic(key[1], secret[1]))["error"]


def test_an_account_is_made_and_its_person_sets_the_password(app: Flask, admin: Browser) -> None:
    admin.get("/users/new")
    assert admin.send("/users/new", login="wati", roles=[]).status == 400
    page = admin.send("/users/new", login="wati", roles=["reviewer"])
    link = re.search(r'id="link">([^<]+)<', page.html)
    assert link is not None
    wati = Browser(app)
    wati.get(link[1].removeprefix("http://localhost"))
    new = "sebuah kalimat yang pendek"
    wati.send("/sign-in/new", password=new, again=new)
    assert wati.sign_in("wati", new).status == 200
    assert wati.get("/users").status == 403
    admin.get("/users/wati")
    admin.send("/users/wati/end")
    assert "Sign in" in wati.get("/account").text


def test_who_is_given_no_role_is_told_at_the_roles(signed_in: Callable[..., Browser]) -> None:
    browser = signed_in("operator", language="id")
    browser.get("/users/new")
    browser.send("/users/new", login="rina")
    assert browser.page.status == 400
    assert "Peran : Pilih setidaknya satu." in browser.page.text
    assert 'href="#field-roles"' in browser.page.html


def test_an_account_is_tied_to_somebody_of_the_register_who_then_finds_their_own_page(
    app: Flask, admin: Browser, agency: Cast
) -> None:
    admin.get("/users/new")
    page = admin.send("/users/new", login="siti", roles=["learner"], person="199903042015042002")
    assert page.status == 400
    assert "Nobody in the register has this number" in page.text
    page = admin.send("/users/new", login="siti", roles=["learner"], person="siti@example.go.id")
    link = re.search(r'id="link">([^<]+)<', page.html)
    assert link is not None
    siti = Browser(app)
    siti.get(link[1].removeprefix("http://localhost"))
    new = "sebuah kalimat yang pendek"
    siti.send("/sign-in/new", password=new, again=new)
    siti.sign_in("siti", new)
    assert "Hours of learning" in siti.get("/mine").text
    # The admin sees whom, by number; taking it away takes the page away.
    assert "Siti Rahma" in admin.get("/users/siti").text
    assert admin.page.form("/users/siti").fields["person"] == "199003042015042002"
    admin.send("/users/siti", roles=["learner"], person="")
    assert "not tied to anybody" in siti.get("/mine").text


def test_nobody_locks_themselves_out(admin: Browser) -> None:
    admin.get("/users/admin")
    assert admin.send("/users/admin", roles=["admin"]).status == 400
    token = admin.page.form("/users/admin").fields["token"]
    assert admin.post("/users/admin/end", {"token": token}).status_code == 409


# People -------------------------------------------------------------------------------------


def test_a_list_of_people_is_looked_at_and_entered(cast: Cast, admin: Browser) -> None:
    admin.get("/imports")
    page = admin.send(
        "/imports", {"file": (io.BytesIO(PEOPLE.encode()), "pegawai.csv")}, kind="people"
    )
    assert "Nothing is entered yet" in page.text
    assert "2 new" in page.text
    assert "Nobody is known yet" in admin.get("/people").text
    admin.get(page.address)
    page = admin.send("/imports/", do="enter")
    assert page.address == "/setup"  # the first hour goes on
    assert "2 people are known" in page.text
    (person,) = links(admin.get("/people?name=siti").html, r"^/people/[0-9a-f-]{36}$")
    page = admin.get(person)
    for words in ("199003042015042002", "Budi Kepala", "Dinas A / Bidang Satu", "Analis"):
        assert words in page.text


def test_a_file_waits_for_nobody_else(
    app: Flask, admin: Browser, signed_in: Callable[..., Browser]
) -> None:
    admin.get("/imports")
    page = admin.send(
        "/imports", {"file": (io.BytesIO(PEOPLE.encode()), "pegawai.csv")}, kind="people"
    )
    other = signed_in("admin", login="another")
    assert other.get(page.address).status == 404
    other.client.set_cookie("jejak", page.address.rpartition("/")[2])
    assert "Sign in" in other.get("/people").text


def test_a_list_that_cannot_be_read_says_why(admin: Browser) -> None:
    admin.get("/imports")
    page = admin.send("/imports", {"file": (io.BytesIO(b"\0\1"), "x.csv")}, kind="people")
    assert page.status == 400
    assert "save it as CSV" in page.text


def test_graduates_are_entered_as_records(agency: Cast, admin: Browser) -> None:
    listed = "NIP,Nama,Pelatihan,Tanggal Selesai\n"
    listed += "199003042015042002,Siti Rahma,Pelayanan Prima,2026-02-20\n"
    admin.get("/imports")
    page = admin.send(
        "/imports", {"file": (io.BytesIO(listed.encode()), "alumni.csv")}, kind="graduates"
    )
    assert "1 new" in page.text
    admin.send("/imports/", do="enter")
    work_out(agency)
    assert "Siti Rahma" in admin.get("/cases").text


def test_an_unknown_account_is_given_to_somebody_and_the_case_follows(
    agency: Cast, admin: Browser, send: Callable[..., Any]
) -> None:
    send(completed(make.account("77", "https://lms.example.go.id") | {"name": "S. Rahma"}))
    assert "Unknown account" in admin.get("/cases").text
    assert "S. Rahma" in admin.get("/identities").text
    (way,) = links(admin.page.html, "/identities/match")
    page = admin.get(way.replace("&amp;", "&").replace("name=S.+Rahma", "name=siti"))
    assert "Siti Rahma" in page.text
    assert "means them from now on" in admin.send("/identities/confirm").text
    work_out(agency)
    assert "Siti Rahma" in admin.get("/cases").text
    person = links(admin.get("/people?name=siti").html, r"^/people/[0-9a-f-]{36}$")[0]
    admin.get(person)
    account = next(each for each in admin.page.forms if "lms.example" in str(each.fields))
    admin.page.forms.remove(account)
    data = {**account.fields}
    assert admin.post(account.action, data).status_code == 303
    work_out(agency)
    assert "Unknown account" in admin.get("/cases").text


# Programmes ---------------------------------------------------------------------------------


def test_a_programme_is_made_of_a_pack_changed_and_written(
    admin: Browser, cast: Cast, send: Callable[..., Any]
) -> None:
    send(completed(siti()))
    assert COURSE in admin.get("/programmes").text
    (way,) = links(admin.page.html, "/programmes/new.course=")
    admin.get(way)
    page = admin.send("/programmes/new", title="Pelayanan", pack="service", jp="40")
    assert "Pelayanan" in page.text
    there = page.address
    admin.get(f"{there}/edit")
    page = admin.send("/edit", **{"title": "Pelayanan Prima", "new-behaviour": ["Ramah", ""]})
    assert "Ramah" in page.text
    assert "Pelayanan Prima" in page.text
    page = admin.get(f"{there}/yaml")
    text = page.form("/yaml").fields["yaml"]
    assert admin.send("/yaml", yaml=text.replace("title:", "titel:")).status == 400
    admin.get(f"{there}/yaml")
    assert "would propose" in admin.send("/yaml", yaml=text, do="try").text
    assert admin.send("/yaml", yaml=text.replace("Ramah", "Sopan"), do="enter").status == 200
    assert "Sopan" in admin.get(there).text


def test_the_team_that_evaluates_a_programme_is_named_by_number(
    admin: Browser, agency: Cast, signed_in: Callable[..., Browser]
) -> None:
    (there,) = set(links(admin.get("/programmes").html, "/programmes/[0-9a-f]{32}$"))
    assert "None of its own" in admin.get(there).text
    admin.get(f"{there}/team")
    assert "Nobody in the register" in admin.send("/team", add="199003042015042009").text
    page = admin.send("/team", add="199003042015042002\n197001011990011001")
    assert "Siti Rahma" in page.text
    assert "Budi Kepala" in page.text
    page = admin.get(f"{there}/team")
    admin.send("/team", gone=_first(page.html))
    assert sum(name in admin.get(there).text for name in ("Siti Rahma", "Budi Kepala")) == 1
    admin.get("/programmes/team")
    assert admin.send("/programmes/team", add="199003042015042002").status == 200
    assert "Siti Rahma" in admin.get("/programmes/team").text
    assert signed_in("evaluator").get("/programmes/team").status == 403


def _first(html: str) -> str:
    found = re.search(r'name="gone" value="([0-9a-f]+)"', html)
    assert found is not None
    return found[1]


def programmes_in_force_of(cast: Cast) -> dict[str, float | None]:
    """Titles and hours of the programmes in force."""
    with cast.database.read() as connection:
        found = programmes_in_force.in_force(connection, cast.tenant.id)
    return {each.title: each.jp for each in found}


def test_programmes_are_proposed_from_the_courses_seen(
    admin: Browser, cast: Cast, send: Callable[..., Any]
) -> None:
    send(completed(siti()))
    page = admin.get("/programmes/proposed")
    assert "Pelayanan Prima" in page.text
    (hours,) = {name for name in page.form("/programmes/proposed").fields if name.startswith("jp-")}
    assert admin.send("/programmes/proposed", **{hours: "forty"}).status == 400
    assert "in force" in admin.send("/programmes/proposed", **{hours: "40"}).text
    assert programmes_in_force_of(cast) == {"Pelayanan Prima": 40.0}
    assert "Pelayanan Prima" in admin.get("/programmes").text


# The first hour, the trail, other agencies --------------------------------------------------


def test_an_empty_store_begins_with_the_two_ways_and_tells_of_the_first_record(
    admin: Browser, send: Callable[..., Any]
) -> None:
    assert "Where do completions come from" in admin.get("/").text
    page = admin.send("/setup/moodle")
    key = re.search(r'id="key">([0-9a-f]{24})<', page.html)
    secret = re.search(r'id="secret">([^<]+)<', page.html)
    assert key is not None
    assert secret is not None
    assert "Nothing yet" in admin.get("/setup/wait/moodle").text
    send(make.statement(), key=make.basic(key[1], secret[1]))
    assert "has come" in admin.get("/setup/wait/moodle").text


def test_who_saw_and_changed_what_is_told_without_names(agency: Cast, admin: Browser) -> None:
    (person,) = links(admin.get("/people?name=siti").html, r"^/people/[0-9a-f-]{36}$")
    admin.get(person)
    page = admin.get(f"/audit?subject=person+{person.rpartition('/')[2]}")
    assert "user:admin" in page.text
    assert "person/seen" in page.text
    with agency.database.read() as connection:
        told = audit.page(connection, agency.tenant.id)
    assert "Siti" not in str(told)


def test_nothing_of_another_agency_is_shown(
    agency: Cast,
    neighbour: Cast,
    app: Flask,
    person: Callable[..., accounts.User],
    admin: Browser,
    send: Callable[..., Any],
) -> None:
    (told,) = send(completed(siti()))
    theirs = {f"/statements/{told}", "/sources/lms", "/users/admin"}
    for address in ("/cases", "/people", "/programmes", "/units"):
        theirs |= set(links(admin.get(address).html, rf"^{address}/[0-9a-f-]{{32,36}}$"))
    assert len(theirs) == 8
    person("spy", "admin", "operator", owner=neighbour)
    spy = Browser(app)
    spy.sign_in("spy")
    for address in theirs - {"/sources/lms"}:  # they have one of that name
        assert spy.get(address).status == 404, address
        assert "Siti" not in spy.page.text
    for address in ("/cases", "/people", "/statements", "/audit", "/identities", "/users"):
        assert "Siti" not in spy.get(address).text
        assert "Rahma" not in spy.page.text


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_list_is_shown_in_either_language(
    agency: Cast, signed_in: Callable[..., Browser], send: Callable[..., Any], language: str
) -> None:
    send(completed(siti()))
    browser = signed_in("admin", "operator", language=language)
    seen: dict[str, Seen] = {}
    for address in (
        *("/", "/cases", "/people", "/programmes", "/units", "/identities", "/imports"),
        *("/identities/doubles", "/statements", "/refused", "/sources", "/users", "/audit"),
        *("/service", "/setup", "/programmes/new", "/programmes/proposed", "/account"),
    ):
        seen[address] = browser.get(address)
        assert seen[address].status == 200, address
        assert f'<html lang="{language}"' in seen[address].html
    word = {"id": "Tindak Lanjut Alumni", "en": "Follow-up of alumni"}[language]
    assert word in seen["/cases"].text
