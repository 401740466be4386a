"""Promise 12: people's data is theirs. Who is erased is gone from every table, and nothing of
others with them.

Melati learned, was a superior, a colleague, a reviewer and an instructor, and every table holds
something of her. She is erased, and every column of every table is searched for her.
"""

import gzip
import hashlib
import io
import json
import subprocess
import sys
import uuid
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from lrs import agency as letterheads
from lrs import (
    archive,
    casework,
    certificates,
    erasure,
    followup,
    imports,
    imports_reports,
    people,
    projector,
    spreadsheets,
    stories,
    units,
    webhooks,
)
from lrs.adapters import Adapters
from lrs.agency import Letterhead
from lrs.casework import Upload
from lrs.errors import Conflict, NotFound, Refused
from lrs.followup import FilledIn, Sheet
from lrs.practice import people as facts
from lrs.practice import records
from lrs.practice.records import Evidence, Meeting
from lrs.settings import Settings
from lrs.store import accounts, audit, cases, invitations, register, sessions, tables, waiting
from lrs.store import erasure as store
from lrs.store.engine import Database, run
from lrs.store.packing import unpack
from lrs.store.register import Assignment, Fact
from tests import make
from tests.agency import ANSWERS, COURSE, DONE, HEAD, HELPS, IRI, OFFICE, Agency
from tests.api.test_statements import attachment, multipart
from tests.conftest import NOW, Cast, Client, new_tenant
from tests.pdfs import pdf
from tests.promises import parts
from tests.xapi.test_signatures import jws

NAME, NIP = "Melati Kusumawardhani", "199003042015042003"
MAIL, PHONE = "melati.kw@example.go.id", "0811-2233-4455"
LMS, ACCOUNT = "https://lms.example.go.id", "melati-1990-kw"
LOGIN = "melati.masuk"
MELATI, OLDER = (uuid.UUID(int=n, version=4).bytes for n in (0x4D454C, 0x4D454D))
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"

URL = "/xapi/statements"
SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"


@dataclass
class Story:
    """The agency in which Melati was, and what the test has to ask for again."""

    agency: Agency
    client: Client
    ids: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    code: str = ""

    def post(self, name: str, tree: dict[str, Any], *contents: bytes) -> None:
        """Send a statement and remember its id."""
        self.ids[name] = tree.setdefault("id", make.uuid4())
        version = "2.0.0" if "contextAgents" in tree.get("context", {}) else "1.0.3"
        sender = self.client.speaking(version)
        answer = (
            sender.post(URL, **multipart(tree, *contents))
            if contents
            else sender.post(URL, json=tree)
        )
        assert answer.status_code == 200, answer.text

    def get(self, name: str) -> Any:
        return self.client.get(URL, query_string={"statementId": self.ids[name]})

    def look(self) -> erasure.Look:
        return erasure.look(self.agency.database, self.agency.tenant, MELATI)

    def erase(self, **changes: Any) -> erasure.Receipt:
        told: dict[str, Any] = {
            "reason": "Berhenti, dan memintanya sendiri.",
            "asked_by": "person",
            "confirmed": NAME,
            "by": "user:admin",
            "now": NOW,
        }
        database, tenant = self.agency.database, self.agency.tenant
        adapters = Adapters.installed()
        return erasure.erase(database, tenant, adapters, self.look(), **(told | changes))


def melati(**changes: Any) -> dict[str, Any]:
    return {"objectType": "Agent", "mbox": f"mailto:{MAIL}", "name": NAME} | changes


def melati_account() -> dict[str, Any]:
    return make.account(ACCOUNT, LMS) | {"name": NAME}


def mailbox(name: str) -> dict[str, Any]:
    return {"objectType": "Agent", "mbox": f"mailto:{name}@example.go.id"}


#: Every row of the story, by database: to live through it takes longer than to look at it.
_LIVED: dict[str, tuple[Story, dict[str, list[Any]]]] = {}


@pytest.fixture
def story(database: Database, app: Flask, settings: Settings) -> Story:
    url = str(database.url)
    if url not in _LIVED:
        _LIVED[url] = _live(database, app, settings)
    held, rows = _LIVED[url]

    def again(connection: Any) -> None:
        for table in tables.metadata.sorted_tables:
            if table.name in rows:
                connection.execute(table.delete())
                if rows[table.name]:
                    connection.execute(table.insert(), rows[table.name])
        if database.dialect == "postgresql":
            last = max(row["position"] for row in rows["register"] + rows["statements"])
            run(connection, "SELECT setval('log_clock', ?)", (last,))

    database.write(again)
    client = Client(app, app.response_class, use_cookies=False)
    client.usual = held.client.usual
    agency = replace(held.agency, cast=replace(held.agency.cast, database=database))
    return replace(held, agency=agency, client=client, ids=dict(held.ids))


def _live(database: Database, app: Flask, settings: Settings) -> tuple[Story, dict[str, list[Any]]]:
    cast = new_tenant(database, "agency")
    client = Client(app, app.response_class, use_cookies=False)
    client.usual = {"Authorization": cast.key("all"), "X-Experience-API-Version": "1.0.3"}
    there = Story(Agency(cast, settings), client)
    agency = there.agency
    agency.setup(staff=2)
    _enter(agency)
    _learn(there)
    _keep_documents(there)
    _be_refused(there)
    agency.catch_up()
    _follow_up(there)
    _practise(there)
    _sign_in(there)
    agency.catch_up()
    with database.read() as connection:
        rows = {
            table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
            for table in tables.metadata.sorted_tables
            if table.info.get("not_on") != database.dialect
        }
    return there, rows


def _enter(agency: Agency) -> None:
    """What lists and admins say of her."""
    unit = agency.unit.hex()
    identifiers = [
        ("mbox", f"mailto:{MAIL}"),
        ("mbox_sha1sum", hashlib.sha1(f"mailto:{MAIL}".encode()).hexdigest()),
        ("nip", NIP),
        ("account", f"{LMS}\n{ACCOUNT}"),
    ]
    post = {"unit": unit, "title": "Analis", "superior": HEAD.hex()}
    agency.enter(
        Fact(facts.PERSON, OLDER, {"name": NAME}),
        Fact(facts.PERSON, MELATI, {"name": NAME, "mail": MAIL, "phone": PHONE}),
        *(Fact(facts.IDENTIFIER, MELATI, {"kind": k, "text": t}) for k, t in identifiers),
        Fact(facts.POST, MELATI, post),
    )
    tenant = agency.tenant.id
    agency.write(people.merge, OLDER, MELATI, "admin")
    agency.staff[NAME] = MELATI
    # She leads one, speaks for the unit, is named as a superior and as nobody's double.
    agency.hire(uuid.UUID(int=40, version=4).bytes, "Yudi Bawahan", MELATI)
    agency.write(units.set_facts, OFFICE, "admin", contact=MELATI, superior=MELATI)
    agency.write(units.name_superior, agency.staff["Staf 02"], MELATI, "Staf 02", day=20_500)
    agency.enter(Fact(facts.DISTINCT, agency.staff["Staf 01"], {"other": MELATI.hex()}))
    agency.enter(
        Fact(facts.REFUSED, agency.staff["Staf 01"], {"kind": "mbox", "text": f"mailto:{MAIL}"})
    )
    coached = Assignment(MELATI, agency.staff["Staf 01"], "coach", None, None)
    agency.database.write(lambda c: register.assign(c, tenant, coached, "admin"))
    head = Letterhead(name="Dinas Kominfo", signs=f"{NAME}, NIP {NIP}", signs_as="Kepala")
    agency.write(letterheads.enter, head, f"user:{LOGIN}")


def _learn(story: Story) -> None:
    """What learning systems sent of her, and of others with her name in it."""
    course = {"id": COURSE, "definition": {"type": "http://adlnet.gov/expapi/activities/course"}}
    at = {"timestamp": DONE.isoformat()}
    story.files = {"own": b"laporan", "shared": b"bersama", "other": b"foto"}
    story.post(
        "completed",
        make.statement(actor=melati(), verb={"id": COMPLETED}, object=course, **at)
        | {"attachments": [attachment(b"laporan"), attachment(b"bersama")]},
        b"laporan",
        b"bersama",
    )
    story.post(
        "by account",
        make.statement(
            actor=melati_account(),
            object=make.activity("own") | {"definition": {"name": {"id": f"Halaman {NAME}"}}},
            **at,
        ),
    )
    story.post("about her", make.statement(actor=mailbox("staf.01"), object=melati(), **at))
    story.post(
        "instructor",
        make.statement(
            actor=mailbox("staf.01"),
            verb={"id": COMPLETED},
            object=course,
            context={
                "instructor": melati(),
                "team": make.group(mailbox("staf.02"), melati_account()),
                "extensions": {"https://example.org/nilai": 1.50},
            },
            **at,
        )
        | {"attachments": [attachment(b"bersama")]},
        b"bersama",
    )
    story.post("group", make.statement(actor=make.group(mailbox("staf.02"), melati()), **at))
    inner = {
        "objectType": "SubStatement",
        "actor": melati(),
        "verb": make.verb(),
        "object": make.activity(),
    }
    story.post("planned", make.statement(actor=mailbox("staf.02"), object=inner, **at))
    agents = [{"objectType": "contextAgent", "agent": melati()}]
    story.post(
        "context agents",
        make.statement(actor=mailbox("staf.02"), context={"contextAgents": agents}),
    )
    profile = make.activity(f"user/{NIP}", definition={"name": {"id": f"{NAME}: profil"}})
    story.post("profile seen", make.statement(actor=mailbox("staf.01"), object=profile, **at))
    story.post(
        "reply",
        make.statement(
            actor=mailbox("staf.02"),
            object=make.reference(story.ids["completed"]),
            result={"response": f"Selamat, {NAME}!"},
            **at,
        ),
    )
    story.post("voided by her", make.statement(actor=mailbox("staf.01"), **at))
    story.post("voids", make.voiding(story.ids["voided by her"], actor=melati(), **at))
    story.post("of hers, voided", make.statement(actor=melati(), **at))
    story.post("voids hers", make.voiding(story.ids["of hers, voided"], actor=mailbox("staf.01")))
    signed = make.statement(actor=mailbox("staf.01"), context={"instructor": melati()}, **at)
    signed["id"] = make.uuid4()
    seal = jws(signed)
    story.files["signature"] = seal
    mark = attachment(seal, usageType=SIGNATURE, contentType="application/octet-stream")
    story.ids["signed"] = signed["id"]
    sent = multipart(signed | {"attachments": [mark]}, seal)
    sent["data"] = sent["data"].replace(b"text/plain", b"application/octet-stream")
    assert story.client.post(URL, **sent).status_code == 200
    story.post("namesake's", make.statement(actor=mailbox("melati.lain") | {"name": NAME}, **at))
    story.agency.complete("Staf 01", "Staf 02", "Yudi Bawahan")


def _keep_documents(story: Story) -> None:
    state = {
        "activityId": COURSE,
        "agent": json.dumps(melati_account()),
        "stateId": "bookmark",
    }
    profile = {"agent": json.dumps(melati()), "profileId": "foto"}
    shared = {"activityId": COURSE, "profileId": "peserta"}
    for path, where, content in (
        ("activities/state", state, {"bab": 3}),
        ("agents/profile", profile, {"panggilan": NAME}),
        ("activities/profile", shared, {"ketua": NAME, "nilai": 1.5, "nip": NIP}),
    ):
        headers = {"If-None-Match": "*"}
        answer = story.client.put(
            f"/xapi/{path}", query_string=where, json=content, headers=headers
        )
        assert answer.status_code == 204, answer.text


def _be_refused(story: Story) -> None:
    """Faulty records: one of hers, with a file; one of somebody else that names her; no JSON."""
    faulty = {"verb": {"id": "no iri"}}
    theirs = make.statement(actor=melati(), **faulty) | {"attachments": [attachment(b"ditolak")]}
    story.files["refused"] = b"ditolak"
    others = make.statement(actor=mailbox("staf.01"), context={"instructor": melati()}, **faulty)
    assert story.client.post(URL, **multipart(theirs, b"ditolak")).status_code == 400
    assert story.client.post(URL, json=others).status_code == 400
    broken = f'{{"actor": {{"mbox": "mailto:{MAIL}"'.encode()
    assert story.client.post(URL, data=broken, content_type="application/json").status_code == 400


def _follow_up(story: Story) -> None:
    """She is asked and answers, as a learner and as a superior; the head answers about her."""
    agency = story.agency
    agency.begin()
    agency.after(90)
    agency.plan()
    for n, (name, who) in enumerate((("Rina Kepala", ""), (NAME, ""), (NAME, ""))):
        round_ = agency.round_of(name)
        page = agency.page(round_)
        _draft(agency, round_)
        agency.database.write(
            lambda c, p=page: followup.link_to(c, agency.tenant, p, "", agency.now)
        )
        items = {ANSWERS: {"value": 3}, HELPS: {"observed": False}}
        if page.role != "superior":
            items = {ANSWERS: {"value": 3}, HELPS: {"value": 2}}
        entries = tuple(
            FilledIn(row=row.key, form="C", items=items, whole={}) for row in page.waiting
        )
        sheet = Sheet(submission=str(uuid.UUID(int=n + 7, version=4)), entries=entries, who=who)
        agency.do(followup.answer, page, sheet, now=agency.now)
    agency.after(200)
    agency.plan()
    for name in ("Rina Kepala", NAME):
        _draft(agency, agency.round_of(name))


def _draft(agency: Agency, round_: bytes) -> None:
    typed = {"note": [f"Konsep tentang {NAME}"]}
    agency.write(invitations.save_draft, round_, typed, 1)


def _practise(story: Story) -> None:
    """Evidence of hers and about her, verdicts on it and by her, a meeting, a certificate."""
    agency, tenant = story.agency, story.agency.tenant
    hers = next(row["id"] for row in agency.rows() if row["subject"] == MELATI)
    person = str(uuid.UUID(bytes=MELATI))
    given = Evidence(
        person=person,
        of="artefact",
        by=person,
        role=records.SELF,
        performed_on=date(2026, 2, 21),
        title=f"Laporan {NAME}",
        programme=IRI,
        case=hers.hex(),
        behaviours=(ANSWERS,),
    )
    scan = Upload("laporan.txt", "text/plain", b"Laporan aktualisasi")
    story.files["evidence"] = scan.content
    story.ids["evidence"] = agency.do(casework.hand_in, given, now=NOW, files=[scan])
    said = Evidence(
        person=person,
        of="observation",
        by=str(uuid.UUID(bytes=HEAD)),
        role=records.SUPERIOR,
        performed_on=date(2026, 2, 22),
        title="Menjawab keluhan",
        programme=IRI,
        case=hers.hex(),
        behaviours=(ANSWERS,),
    )
    agency.do(casework.hand_in, said, now=NOW)
    other = agency.staff["Staf 01"]
    theirs = next(row["id"] for row in agency.rows() if row["subject"] == other)
    by_her = Evidence(
        person=str(uuid.UUID(bytes=other)),
        of="observation",
        by=person,
        role="coach",
        performed_on=date(2026, 2, 23),
        title="Melayani warga",
        text=f"Dicatat oleh {NAME}.",
        programme=IRI,
        case=theirs.hex(),
        behaviours=(ANSWERS,),
    )
    story.ids["by her"] = agency.do(casework.hand_in, by_her, now=NOW)
    met = Meeting(
        people=(person, str(uuid.UUID(bytes=other))),
        by=str(uuid.UUID(bytes=HEAD)),
        role="superior",
        held_on=date(2026, 2, 24),
        text=f"{NAME} dan rekan.",
        programme=IRI,
    )
    story.ids["meeting"] = agency.do(casework.meet, met, now=NOW)
    hook = "https://203.0.113.9/jejak"
    webhooks.add(agency.database, tenant, hook, (), "", targets="any", now=NOW - timedelta(days=1))
    agency.database.write(lambda c: run(c, "UPDATE webhooks SET since = 0"))
    agency.database.write(lambda c: run(c, "UPDATE webhook_places SET position = 0"))
    agency.database.write(lambda c: run(c, "UPDATE opened_cases SET told = 0"))
    for row in agency.rows("links"):
        if row["subject"] == MELATI:
            _decide(agency, row["id"], "user:reviewer")
        elif row["evidence"] == uuid.UUID(story.ids["by her"]).bytes:
            _decide(agency, row["id"], person, accept=False)
    while webhooks.announce(agency.database, tenant, NOW):
        pass
    agency.write(stories.agree, hers, agreed=True, named=True, by="admin")
    agency.do(followup.name_peers, theirs, [MELATI, HEAD], "Staf 01")
    agency.do(followup.name_peers, hers, [other], NAME)

    def certify(connection: Any) -> str:
        case = cases.case(connection, tenant.id, hers)
        assert case is not None
        made = certificates.issue(connection, tenant, case, by="admin", now=NOW)
        found = certificates.find(connection, tenant, made)
        assert found is not None
        assert found.holds
        return certificates.code(connection, tenant, found, NOW)

    story.code = agency.database.write(certify)


def _decide(agency: Agency, link: bytes, by: str, accept: bool = True) -> None:
    told = {"reason": f"Terlihat pada {NAME}.", "rests_on": "halaman 1", "now": NOW, "by": by}
    for move in ("take", "accept") if accept else ("take",):
        agency.do(casework.decide, link=link, move=move, **told)


def _sign_in(story: Story) -> None:
    agency, tenant = story.agency, story.agency.tenant

    def sign_in(connection: Any) -> None:
        user = accounts.create_user(connection, tenant, LOGIN, None, ["reviewer"], NOW)
        accounts.change_user(connection, tenant, LOGIN, person=MELATI, mail=MAIL)
        sessions.create(
            connection, user, "token", stage=sessions.IN, now=NOW, lasts=timedelta(hours=1)
        )
        for who, subject in (
            ("user:admin", f"person {uuid.UUID(bytes=MELATI)}"),
            ("user:admin", f"GET /people/<person> person {MELATI.hex()}"),
            (f"user:{LOGIN}", "case 1"),
        ):
            audit.note(
                connection, tenant.id, at=NOW, who=who, action="person/seen", subject=subject
            )

        report = waiting.add(
            connection, tenant.id, waiting.REPORT, f"{NAME}.pdf", b"%PDF-1.7", f"user:{LOGIN}", 1
        )
        waiting.tell(connection, tenant.id, report, {"name": NAME}, MELATI)

    agency.database.write(sign_in)


# What is searched for ---------------------------------------------------------------------------


def _needles() -> list[bytes]:
    texts = [NAME, NIP, MAIL, PHONE, ACCOUNT, LOGIN]
    for each in (MELATI, OLDER):
        texts += [str(uuid.UUID(bytes=each)), each.hex()]
    spelt = [text for each in texts for text in (each, each.lower(), each.upper())]
    return [each.encode() for each in spelt] + [MELATI, OLDER]


def found_in(story: Story) -> dict[str, list[str]]:
    """Where something of hers stands: table.column, and what."""
    found: dict[str, list[str]] = {}
    namesake = b"melati.lain"
    with story.agency.database.read() as connection:
        for table in tables.metadata.sorted_tables:
            if table.info.get("not_on") == story.agency.database.dialect:
                continue
            for row in map(dict, connection.execute(table.select()).mappings()):
                if table is tables.statements:
                    row["body"] = unpack(row["body"])
                for column, value in row.items():
                    if isinstance(value, str):
                        value = value.encode()
                    if not isinstance(value, (bytes, memoryview, bytearray)):
                        continue
                    value = bytes(value)
                    if namesake in value or namesake in str(row).encode():
                        continue  # somebody else of that name, known by another mailbox
                    for needle in _needles():
                        if needle in value:
                            found.setdefault(table.name, []).append(f"{column}: {value[:200]!r}")
    return found


# Erased -----------------------------------------------------------------------------------------


def test_each_table_is_in_the_plan_of_an_erasure() -> None:
    """Who adds a table says what an erasure does to it: in `store/erasure.py`."""
    assert set(store.TABLES) == {table.name for table in tables.metadata.sorted_tables}


def test_nothing_of_her_is_left_in_any_table(story: Story) -> None:
    before = found_in(story)
    with story.agency.database.read() as connection:
        empty = {
            name
            for name in (*store.GOES, *store.REDACTED_IN)
            if not run(connection, f"SELECT count(*) FROM {name}").scalar_one()
        }
    assert not empty - {"stale"}, "the story has to fill every table that is cleared"
    assert len(before) > 15, sorted(before)
    receipt = story.erase()
    assert found_in(story) == {}
    told = json.dumps([receipt.number, receipt.reason, dict(receipt.counts)])
    assert not any(each.decode() in told for each in _needles()[:-2])
    assert parts.halves(story.agency.database) == []


def test_nothing_of_her_is_left_in_the_files(story: Story) -> None:
    """On SQLite, where the database is a file: pages are written over, the journal is cut."""
    if story.agency.database.dialect != "sqlite":
        return
    path = Path(str(story.agency.database.url.database))
    # What was let go of before an erasure lies in free pages: `VACUUM`, as docs/operate.md says.
    with story.agency.database.read() as connection:
        connection.exec_driver_sql("VACUUM").close()
    before = _packed(story)
    story.erase()
    gone = before - _packed(story)
    assert len(gone) > 5
    for each in path.parent.glob("jejak.db*"):
        held = _read_apart(each)
        assert not [needle for needle in (NIP, MAIL, ACCOUNT) if needle.encode() in held], each
        assert not [packed for packed in gone if packed in held], each


def _packed(story: Story) -> set[bytes]:
    """The statements there are, packed as they are kept: nobody's name can be seen in them."""
    with story.agency.database.read() as connection:
        return {bytes(row[0]) for row in run(connection, "SELECT body FROM statements")}


def _read_apart(path: Path) -> bytes:
    """What is in this file, read by another process: to close a file drops all of a process's
    locks on it, SQLite's as well, and then who closes the database next takes its journal away."""
    command = "import pathlib, sys; sys.stdout.buffer.write(pathlib.Path(sys.argv[1]).read_bytes())"
    return subprocess.run(
        [sys.executable, "-c", command, path], stdout=subprocess.PIPE, check=True
    ).stdout


def test_a_replay_gives_what_stands_after_it(story: Story) -> None:
    agency = story.agency
    worked_out = ("people", "identifiers", "employments", "units", "events", "cases", "links")
    worked_out += ("answers", "outcomes", "participation", "identities")
    story.erase()
    stood = {name: sorted(map(str, agency.rows(name))) for name in worked_out}
    projector.replay(agency.database, agency.tenant, Adapters.installed())
    for name in worked_out:
        assert sorted(map(str, agency.rows(name))) == stood[name], name


def test_what_is_of_others_stays_without_her(story: Story) -> None:
    agency = story.agency
    before = {row["id"] for row in agency.rows() if row["subject"] != MELATI}
    raters = {row["rater"] for row in agency.rows("answers") if row["subject"] != MELATI}
    assert MELATI in raters, "she answered about whom she led"
    story.erase()
    assert {row["id"] for row in agency.rows()} == before
    yudi = next(i for n, i in agency.staff.items() if n.startswith("Yudi"))
    (rater,) = {row["rater"] for row in agency.rows("answers") if row["subject"] == yudi}
    assert rater not in (MELATI, None), "somebody answered: nobody can say who"
    told = story.get("instructor").json
    assert told["context"]["extensions"] == {"https://example.org/nilai": 1.50}
    assert b"1.5" in story.get("instructor").data
    assert len(told["context"]["team"]["member"]) == 2
    assert story.get("namesake's").json["actor"]["name"] == NAME, "somebody else of that name"
    profile = {"activityId": COURSE, "profileId": "peserta"}
    kept = story.client.get("/xapi/activities/profile", query_string=profile)
    assert kept.json == {"ketua": "erased", "nilai": 1.5, "nip": "erased"}
    shared = hashlib.sha256(b"bersama").digest()
    with agency.database.read() as connection:
        assert _kept(connection, agency.tenant.learning.id) == {shared}
        assert _kept(connection, agency.tenant.practice.id) == set()


def _kept(connection: Any, store_id: int) -> set[bytes]:
    rows = run(connection, "SELECT sha2 FROM contents WHERE store_id = ?", (store_id,))
    return {bytes(row[0]) for row in rows}


def test_who_looks_for_an_erased_record_is_told(story: Story) -> None:
    story.erase()
    for name in ("completed", "of hers, voided"):
        answer = story.get(name)
        assert answer.status_code == 404
        assert "erased for good" in answer.json["error"]
    query = {"voidedStatementId": story.ids["of hers, voided"]}
    assert story.client.get(URL, query_string=query).status_code == 404


def test_an_erased_record_that_is_sent_again_is_acknowledged_and_not_stored(story: Story) -> None:
    story.erase()
    again = make.statement(id=story.ids["completed"], actor=melati(), timestamp=DONE.isoformat())
    again |= {"attachments": [attachment(b"laporan")]}
    answer = story.client.post(URL, **multipart(again, b"laporan"))
    assert (answer.status_code, answer.json) == (200, [story.ids["completed"]])
    known = story.ids["by account"]
    other = make.statement(id=known, actor=melati_account())
    put = story.client.put(URL, query_string={"statementId": known}, json=other)
    assert put.status_code == 204
    # A redacted one, as its sender has it: acknowledged, and not set beside itself.
    whole = make.statement(
        id=story.ids["group"],
        actor=make.group(mailbox("staf.02"), melati()),
        timestamp=DONE.isoformat(),
    )
    assert story.client.post(URL, json=whole).status_code == 200
    # In a batch that is refused for another, no copy is set aside.
    bad = make.statement(verb={"id": "no iri"})
    assert story.client.post(URL, json=[again | {"attachments": []}, bad]).status_code == 400
    assert found_in(story) == {}
    assert story.get("completed").status_code == 404


def test_references_and_voids_behave_as_before(story: Story) -> None:
    agency = story.agency
    place = agency.tenant.learning
    reply = story.ids["reply"]
    assert reply in parts.found(agency.database, place, agent=melati())
    story.erase()
    assert parts.found(agency.database, place, agent=melati(), related_agents=True) == []
    assert reply in parts.found(agency.database, place, agent=mailbox("staf.02"))
    assert story.get("reply").json["result"]["response"] == "Selamat, erased!"
    assert story.get("voided by her").status_code == 404, "a record stays voided whoever voided it"
    # One that refers to her record from now on finds nothing there, and is taken.
    story.post("late", make.statement(object=make.reference(story.ids["completed"])))
    assert story.get("late").status_code == 200
    # Nor is it voided: there is nothing left to void.
    story.post("late void", make.voiding(story.ids["completed"]))
    assert story.get("completed").status_code == 404
    assert parts.halves(agency.database) == []


def test_paging_and_since_stay_complete(story: Story) -> None:
    """A client that had read half of the list goes on, and misses nothing that is there."""
    agency = story.agency
    place = agency.tenant.learning
    everything = parts.found(agency.database, place, ascending=True)
    first = story.client.get(URL, query_string={"limit": 5, "ascending": "true"}).json
    story.erase()
    left = parts.found(agency.database, place, ascending=True)
    assert left == [each for each in everything if each in set(left)], "in the order as before"
    ids, more = [each["id"] for each in first["statements"]], first["more"]
    while more:
        page = story.client.get(more).json
        ids += [each["id"] for each in page["statements"]]
        more = page["more"]
    assert set(left) <= set(ids)
    assert set(ids) - set(left) <= {each["id"] for each in first["statements"]}


def test_an_archive_from_before_brings_nothing_back(story: Story) -> None:
    agency = story.agency
    source = agency.cast.another_source("import")
    archives = {}
    for place in (agency.tenant.learning, agency.tenant.practice):
        archives[place.id] = _export(agency, place)
        held = gzip.decompress(archives[place.id])
        assert str(uuid.UUID(bytes=MELATI)).encode() in held or MAIL.encode() in held
    story.erase()
    for place in (agency.tenant.learning, agency.tenant.practice):
        who = source if place == agency.tenant.learning else _service(agency)
        done = archive.read(
            agency.database, agency.tenant, who, place, io.BytesIO(archives[place.id])
        )
        assert (done.stored, done.refused, done.documents) == (0, 0, 0), done
    agency.catch_up()
    assert found_in(story) == {}
    for place in (agency.tenant.learning, agency.tenant.practice):
        lines = gzip.decompress(_export(agency, place)).splitlines()
        held = b"".join(line for line in lines if b"melati.lain" not in line)
        assert not [each for each in _needles()[:-2] if each in held]


def _export(agency: Agency, place: Any) -> bytes:
    file = io.BytesIO()
    span = archive.span(agency.database, place)
    kind = "practice" if place == agency.tenant.practice else "learning"
    archive.write(agency.database, span, file, about={"store": kind}, compressed=True)
    return file.getvalue()


def _service(agency: Agency) -> accounts.Source:
    with agency.database.read() as connection:
        every = accounts.sources(connection, agency.tenant)
    return next(each for each in every if each.name == accounts.SERVICE)


def test_a_letter_on_applied_training_says_that_it_does_not_hold_any_more(story: Story) -> None:
    story.erase()
    with story.agency.database.read() as connection:
        letter = certificates.check(connection, story.code, NOW)
    assert letter is not None
    assert (letter.holds, letter.person, letter.name, letter.applied) == (False, None, "", ())


def test_nobody_who_is_gone_is_asked_or_written_to(story: Story) -> None:
    agency = story.agency
    story.erase()
    agency.plan()
    known = {row["id"] for row in agency.rows("people")}
    waiting = [row for row in agency.rows("invitations") if row["state"] in ("due", "sent")]
    assert {row["rater"] for row in waiting} - {None} <= known
    assert {row["person"] for row in agency.rows("letters")} - {None} <= known
    # Whom she led has nobody to be asked about them: that is told, not hidden.
    yudi = next(i for n, i in agency.staff.items() if n.startswith("Yudi"))
    case = next(row["id"] for row in agency.rows() if row["subject"] == yudi)
    assert "vacant" in {row["state"] for row in agency.ledger(case_id=case, role="superior")}


def test_a_list_that_brings_her_again_says_so(story: Story) -> None:
    story.erase()
    agency = story.agency
    sheet = spreadsheets.read(f"nip,nama\n{NIP},{NAME}\n".encode(), "pegawai.csv")
    reading = people.Reading(today=NOW.date())
    with agency.database.read() as connection:
        outcome = people.import_people(connection, agency.tenant.id, sheet, reading)
    (problem,) = outcome.problems
    assert NAME in problem.message
    assert "erased" in problem.message
    assert (outcome.facts, outcome.erased) == ([], 1)
    again = people.Reading(today=NOW.date(), erased_too=True)
    with agency.database.read() as connection:
        outcome = people.import_people(connection, agency.tenant.id, sheet, again)
    assert (outcome.new, outcome.erased) == (1, 1)
    (note,) = outcome.notes
    assert f"{NAME} was erased" in note


def test_a_list_of_graduates_and_a_report_that_she_signed_say_so_too(story: Story) -> None:
    story.erase()
    agency = story.agency
    rows = f"nip,nama,kursus,tanggal selesai\n{NIP},{NAME},{COURSE},2026-02-13\n"
    sheet = imports.read(rows.encode(), "lulusan.csv")
    reading = imports.Reading(today=NOW.date(), add_people=True)
    with agency.database.read() as connection:
        planned = imports.plan(connection, agency.tenant, sheet, reading, "lulusan.csv")
        again = replace(reading, erased_too=True)
        taken = imports.plan(connection, agency.tenant, sheet, again, "lulusan.csv")
    assert (planned.new, planned.added, planned.erased) == (0, 0, 1)
    assert [each.message for each in planned.problems if "was erased" in each.message]
    assert (taken.new, taken.added) == (1, 1)
    content = pdf(("LEMBAR PENGESAHAN", "Judul : Antrian pasien", "Mentor,", NAME, f"NIP. {NIP}"))
    with agency.database.read() as connection:
        report = imports_reports.propose(connection, agency.tenant, content, "laporan.pdf")
    assert report.mentor_erased
    told = {"by": "user:admin", "now": NOW, "person": HEAD, "title": "x", "done_on": NOW.date()}
    words = {imports_reports.SUPERIOR, imports_reports.ADD_MENTOR}
    before = agency.rows("people")
    with pytest.raises(Refused, match="erased"):
        agency.do(imports_reports.accept, report, **told, accepted=words)
    assert agency.rows("people") == before
    agency.do(imports_reports.accept, report, **told, accepted=words | {imports_reports.ERASED_TOO})
    assert len(agency.rows("people")) == len(before) + 1


# What has to be so before ------------------------------------------------------------------------


def test_to_look_changes_nothing_and_tells_what_would_go(story: Story) -> None:
    agency = story.agency
    stood = {name: len(agency.rows(name)) for name in ("register", "cases", "audit")}
    looked = story.look()
    assert looked.name == NAME
    assert looked.counts["cases"] == 1
    assert looked.counts["records"] > 5
    assert {name: len(agency.rows(name)) for name in stood} == stood


def test_a_quick_look_reads_no_texts_and_says_so(story: Story) -> None:
    database, tenant = story.agency.database, story.agency.tenant
    quick = erasure.look(database, tenant, MELATI, thorough=False)
    whole = story.look()
    assert erasure.AT_ONCE in quick.notes
    assert erasure.AT_ONCE not in whole.notes
    assert quick.counts["cases"] == whole.counts["cases"]
    assert 0 < quick.counts["records"] <= whole.counts["records"]
    assert quick.counts["redacted"] < whole.counts["redacted"], "some name her in a text only"
    assert "refused" not in quick.counts
    assert whole.counts["refused"]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"confirmed": "Melati"}, "confirmed"),
        ({"reason": " "}, "reason"),
        ({"reason": "Melati memintanya"}, "reason"),
        ({"reason": f"NIP {NIP} berhenti"}, "reason"),
        ({"asked_by": "nobody"}, "asked_by"),
    ],
)
def test_an_erasure_is_confirmed_with_a_reason_that_may_stay(
    story: Story, wrong: dict[str, str], path: str
) -> None:
    with pytest.raises(Refused) as refused:
        story.erase(**wrong)
    assert [problem.path for problem in refused.value.problems] == [path]
    assert story.get("completed").status_code == 200


def test_what_is_not_surely_hers_is_decided_by_a_human_first(story: Story) -> None:
    agency = story.agency
    number = make.statement(actor=make.account(NIP, "https://lain.example.go.id"))
    agency.send(
        number
        | {
            "verb": {"id": COMPLETED},
            "object": {
                "id": COURSE,
                "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
            },
        }
    )
    agency.catch_up()
    with pytest.raises(Conflict, match="surely theirs"):
        story.look()
    identifier = ("account", f"https://lain.example.go.id\n{NIP}")
    agency.write(people.confirm, MELATI, identifier, "admin")
    story.erase()
    assert found_in(story) == {}


def test_an_account_that_was_somebody_elses_before_keeps_their_records(story: Story) -> None:
    """Identifiers mean somebody from a time to a time."""
    agency = story.agency
    account = {"kind": "account", "text": f"{LMS}\nbidang-3"}
    turn = int(DONE.timestamp() * 1_000_000)
    agency.enter(
        Fact(facts.IDENTIFIER, MELATI, account | {"from": turn}),
        Fact(facts.IDENTIFIER, agency.staff["Staf 01"], account | {"to": turn}),
    )
    shared = make.account("bidang-3", LMS)
    earlier, later = ((DONE + timedelta(days=n)).isoformat() for n in (-9, 9))
    story.post("before her", make.statement(actor=shared, timestamp=earlier))
    story.post("hers then", make.statement(actor=shared, timestamp=later))
    agency.catch_up()
    story.erase()
    assert story.get("before her").status_code == 200
    assert story.get("hers then").status_code == 404


def test_who_is_not_there_or_is_somebody_elses_entry_is_told(story: Story) -> None:
    database, tenant = story.agency.database, story.agency.tenant
    with pytest.raises(NotFound):
        erasure.look(database, tenant, uuid.uuid4().bytes)
    with pytest.raises(Conflict, match="another person"):
        erasure.look(database, tenant, OLDER)
    story.erase()
    with pytest.raises(NotFound):
        erasure.look(database, tenant, MELATI)


def test_what_changed_since_it_was_looked_at_is_looked_at_again(story: Story) -> None:
    looked = story.look()
    story.post("meanwhile", make.statement(actor=melati()))
    story.agency.enter_number(MELATI, "199003042015042011")
    told = {"reason": "Berhenti.", "asked_by": "agency", "confirmed": NAME, "by": "user:admin"}
    database, tenant = story.agency.database, story.agency.tenant
    with pytest.raises(Conflict, match="meanwhile"):
        erasure.erase(database, tenant, Adapters.installed(), looked, now=NOW, **told)
    story.erase()
    assert story.get("meanwhile").status_code == 404


def test_what_comes_in_between_looking_and_erasing_goes_too(story: Story) -> None:
    looked = story.look()
    story.post("meanwhile", make.statement(actor=melati()))
    told = {"reason": "Berhenti.", "asked_by": "agency", "confirmed": NAME, "by": "user:admin"}
    database, tenant = story.agency.database, story.agency.tenant
    erasure.erase(database, tenant, Adapters.installed(), looked, now=NOW, **told)
    assert story.get("meanwhile").status_code == 404
    assert found_in(story) == {}


def test_another_tenant_loses_nothing(story: Story, neighbour: Cast) -> None:
    there = Agency(neighbour)
    there.hire(uuid.UUID(int=77, version=4).bytes, NAME, None)
    there.send(make.statement(actor=melati(), timestamp=DONE.isoformat()))
    there.catch_up()
    stood = {name: there.rows(name) for name in ("register", "people", "identifiers")}
    story.erase()
    assert {name: there.rows(name) for name in stood} == stood
    assert len(parts.found(there.database, neighbour.tenant.learning, agent=melati())) == 1


def test_a_receipt_stays_and_names_nobody(story: Story) -> None:
    receipt = story.erase()
    database, tenant = story.agency.database, story.agency.tenant
    with database.read() as connection:
        assert erasure.receipts(connection, tenant) == [receipt]
        assert erasure.receipt_of(connection, tenant, receipt.id) == receipt
        with pytest.raises(NotFound):
            erasure.receipt_of(connection, tenant, uuid.uuid4().bytes)
    assert receipt.number == "2026/0001"
    assert set(receipt.counts) <= set(erasure.COUNTED)
