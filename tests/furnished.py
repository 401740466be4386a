"""An agency with something on every page: the demonstration agency, small, and around it the few
who are followed up to the day, so that each form is asked of somebody.

`furnish(folder)` makes it once for a session, on a store of its own; `tests/tour.py` says which
addresses show what of it. Beside it stands an agency with nothing at all: for what pages say then,
and as the stranger who must see nothing of the other.
"""

import io
import re
import secrets
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from lrs import (
    advice,
    agency,
    casework,
    certificates,
    declared,
    erasure,
    followup,
    projector,
    rights,
    stories,
    units,
)
from lrs.adapters import Adapters
from lrs.app import create_app
from lrs.auth import factors, links
from lrs.casework import Upload
from lrs.context import Context
from lrs.demo import deeds, files
from lrs.demo.agency import Habits
from lrs.demo.agency import make as make_agency
from lrs.mail import Post
from lrs.practice import programmes, records
from lrs.practice.cases import days
from lrs.practice.records import Evidence
from lrs.settings import Settings
from lrs.store import accounts, cases, sessions, tables
from lrs.store import hooks as hooks_there
from lrs.store.engine import Database, connect
from lrs.web import dialects as dialects_page
from lrs.web.hooks import EXAMPLE
from schemas import adapters, hooks, written
from tests import databases, make
from tests.agency import ANSWERS, CONTACT, IRI, Agency, mail_server
from tests.conftest import Cast, new_tenant
from tests.journeys.test_agency import send
from tests.pdfs import pdf
from tests.web.conftest import PASSWORD, hashed

__all__ = ["PASSWORD", "Clock", "Furnished", "Letter", "furnish"]

#: A name as long as names are.
LONG = "Raden Ajeng Siti Nurhaliza Kusumaningrum Wiryodiningrat"

#: The smallest picture there is.
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)

#: The first page of what is handed in.
RECORD = (
    "Rekap keluhan",
    "Loket 1, Bidang Layanan, Dinas Kominfo",
    None,
    "Tanggal      Keluhan                        Dijawab",
    "1 April      Antrean pagi terlalu lama      1 April",
    "2 April      Formulir habis                 2 April",
    "3 April      Nomor antrean terlewat         3 April",
    None,
    "3 keluhan, semuanya dijawab dalam satu hari kerja.",
)

#: Lists that were sent and wait to be entered, one of them with something wrong, by their kind.
LISTS = {
    "graduates": """No;NIP;Nama;Nama Pelatihan;Tanggal Lulus
1;198503152010011002;Budi Santoso;Pelatihan Kepemimpinan Pengawas;12 Oktober 2026
2;19900101201502200;Terpotong;Pelatihan Kepemimpinan Pengawas;12 Oktober 2026
""",
    "people": """nip,nama,unit kerja,jabatan
197001011990011001,Budi Kepala,Dinas A / Bidang Satu,Kepala
""",
}

#: On which days after the training which forms are asked.
DAYS: tuple[tuple[int, set[str]], ...] = (
    (7, {"A"}),
    (40, {"B", "H"}),
    (100, {"C", "D"}),
    (200, {"C", "D"}),
    (405, {"E"}),
)

#: On this day what is asked goes out by mail.
MAILED = 200

#: Login → roles, and, for who is of the register, their name in it.
ACCOUNTS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "admin": (("admin", "operator"), None),
    "rina": (("reviewer",), None),
    "tono": (("reviewer",), None),
    "kepala": (("head",), None),
    "operator": (("operator",), None),
    "evaluator": (("evaluator",), None),
    "kontak": (("unit_contact",), "Tono Kontak"),
    "alumni": (("learner",), "Staf 01"),
    "atasan": (("superior",), "Rina Kepala"),
    "tamu": (("learner", "superior"), None),
}


@dataclass
class Clock:
    """The clock of the service, which tests set."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Letter:
    """A signed link as it stands at a moment, and what is on its page."""

    path: str
    at: datetime
    forms: frozenset[str]
    role: str


@dataclass(eq=False)
class Furnished:
    """The service in this process, on its store; `now` is the moment at which all is looked at,
    `mailed` when letters went out whose window was open then."""

    app: Flask
    database: Database
    clock: Clock
    now: datetime
    cast: Cast
    bare: Cast
    office: Agency
    mailed: datetime = field(init=False)
    letters: list[Letter] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    _sessions: dict[str, str] = field(default_factory=dict)

    def session(self, login: str) -> str:
        """The cookie of a browser in which somebody is signed in; of `half:login`, who has still to
        give the second factor; of `reset:login`, what a link that sets a new password carries."""
        if login not in self._sessions:
            token = secrets.token_urlsafe(32)
            kind, _, name = login.rpartition(":")
            stage = {"": sessions.IN, "half": sessions.SECOND, "reset": sessions.RESET}[kind]
            owner = self.bare if name.endswith("-baru") else self.cast

            def begin(connection: Any) -> None:
                user = accounts.user(connection, owner.tenant, name)
                sessions.create(
                    connection, user, token, stage=stage, now=self.now, lasts=timedelta(days=9)
                )

            self.database.write(begin)
            self._sessions[login] = token
        return self._sessions[login]

    def client(self, login: str) -> FlaskClient:
        """A browser without script in which somebody is signed in."""
        made = self.app.test_client()
        if login:
            made.set_cookie("jejak", self.session(login))
        return made

    def read(self, path: str, login: str) -> str:
        """A page as somebody gets it."""
        answer = self.client(login).get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, path
        return answer.get_data(as_text=True)


@contextmanager
def furnish(folder: Path) -> Iterator[Furnished]:
    """Make the agency on an SQLite store in this folder; takes some seconds."""
    with (
        databases.new("sqlite", folder) as url,
        closing(connect(url)) as database,
        mail_server() as (_sink, post),
    ):
        settings = Settings(
            database_url=url,
            data_dir=str(folder),
            key_cache_seconds=0,
            public_url="http://lrs.example.go.id",
            superior_visits=12,
            smtp_url=post.url,
            mail_from=post.sender,
        )
        now = datetime.now(UTC)
        clock = Clock(now)
        app = create_app(Context(settings=settings, database=database, clock=clock))
        cast, bare = (
            new_tenant(database, "Badan Pengembangan SDM Contoh"),
            new_tenant(database, "baru"),
        )
        made = Furnished(app, database, clock, now, cast, bare, Agency(cast, settings))
        _demonstration(made, folder)
        _followed_up(made, post)
        _sign_up(made)
        _odds_and_ends(made)
        _rights_of_people(made)
        yield made


def _project(made: Furnished) -> None:
    projector.catch_up(made.database, made.cast.tenant, Adapters.installed())


def _demonstration(made: Furnished, folder: Path) -> None:
    """What the demonstration agency's systems send and its people do."""
    habits = Habits(people=24, yearly_noise=2.0, strangers=0.1, alike=0.1, silent=0.2)
    there = make_agency(habits)
    files.write(there, folder)
    deeds.enter_lists(made.database, made.cast.tenant, there, folder)
    send(made.cast, there)
    deeds.enact(made.database, made.cast.tenant, there.actions, lambda: _project(made))


def _followed_up(made: Furnished, post: Post) -> None:
    """A head and three staff who are asked every form; each letter as it stood on its day, those
    of one day sent by mail."""
    office = made.office
    windows = (
        *programmes.windows("full"),
        programmes.Window(
            name="W9", opens=400, closes=420, raters=(records.SELF, "evaluator"), forms=("E",)
        ),
    )
    office.setup(staff=3, windows=windows, forms=("G", "H"))
    office.hire(uuid.UUID(int=77, version=4).bytes, LONG, office.staff["Rina Kepala"])
    # The same person twice, as the lists of two offices have it.
    for n, name in enumerate(("Ahmad Fauzi", "Ahmad Fauzi, S.E."), 78):
        office.hire(uuid.UUID(int=n, version=4).bytes, name, None)
    office.speak_for_the_unit(CONTACT)
    # Enrolled before it begins: one of them never comes.
    office.complete("Staf 02", LONG, verb="enrolled", at=office.now - timedelta(days=20))
    # Who grades somebody else teaches, though enrolled like the others.
    office.complete("Tono Kontak", verb="enrolled", at=office.now - timedelta(days=20))
    office.send(
        make.statement(
            actor=make.agent("somebody"),
            verb={"id": "https://w3id.org/xapi/tla/verbs/scored"},
            context={"instructor": {"mbox": "mailto:tono.kontak@example.go.id"}},
        )
    )
    office.begin()
    office.after(-15)
    office.plan()
    _collect(made, {"G"})
    office.after(0)
    office.complete("Staf 01", "Staf 02", "Staf 03")
    near = [office.staff[name] for name in ("Tono Kontak", "Ahmad Fauzi", LONG)]
    for row in office.rows("cases"):
        if row["subject"] in office.staff.values():
            by = str(uuid.UUID(bytes=bytes(row["subject"])))
            office.do(followup.name_peers, bytes(row["id"]), near, by)
            office.do(followup.confirm_peers, bytes(row["id"]), near, "user:admin")
    for day, forms in DAYS:
        office.after(day)
        office.plan()
        _collect(made, forms)
        if day == MAILED:
            office.post(post)
            made.mailed = office.now
    _states_of_a_letter(made)


def _states_of_a_letter(made: Furnished) -> None:
    """Of three letters alike, one is answered, one is begun, one is closed."""
    mine = [each for each in made.letters if each.role == records.SELF and "C" in each.forms]
    sent, begun, closed = mine[:3]
    client = made.app.test_client()
    for letter, do in ((sent, "send"), (begun, "draft")):
        made.clock.now = letter.at
        page = client.get(letter.path).get_data(as_text=True)
        names = dict.fromkeys(re.findall(r'name="([^"]+\.value)"', page), "2")
        submission = str(uuid.uuid4())
        told = {"submission": submission, "part": "answer", "who": "me", "do": do, **names}
        answer = client.post(letter.path, data=told)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        made.told[do] = letter.path
        made.told["visit"] = made.told.get("visit", submission)
    with made.database.read() as connection:
        found = links.redeem(connection, closed.path.rpartition("/")[2], closed.at)
    assert isinstance(found, links.Opened)
    made.office.do(followup.revoke, found.subject, closed.at)
    made.told["revoked"] = closed.path
    made.clock.now = made.now


def _collect(made: Furnished, forms: set[str]) -> None:
    """The letters that wait on this day."""
    office = made.office
    with made.database.read() as connection:
        rounds = {
            bytes(row["round"]) for row in office.rows("invitations") if row["state"] == "due"
        }
        pages = [
            followup.page(connection, office.tenant, each, office.now) for each in sorted(rounds)
        ]
    for page in pages:
        asked = {form for row in page.waiting for form in row.forms}
        if not asked & forms or page.rater is None:
            continue
        url = office.do(followup.link_to, page, "", office.now)
        made.letters.append(Letter(url, office.now, frozenset(asked), page.role))


def _sign_up(made: Furnished) -> None:
    """Accounts of every role, and the first admin of the agency that has nothing yet."""

    def create(connection: Any) -> None:
        for login, (roles, name) in ACCOUNTS.items():
            accounts.create_user(connection, made.cast.tenant, login, hashed(), roles, made.now)
            if name is not None:
                person = uuid.UUID(bytes=made.office.staff[name]).bytes
                accounts.change_user(connection, made.cast.tenant, login, person=person)
        secret = factors.new_secret()
        accounts.change_user(connection, made.cast.tenant, "operator", totp=secret)
        for login in ("admin", "rina", "kepala", "tamu"):
            roles = ACCOUNTS[login][0]
            accounts.create_user(
                connection, made.bare.tenant, f"{login}-baru", hashed(), roles, made.now
            )

    made.database.write(create)


def _odds_and_ends(made: Furnished) -> None:
    """What else pages show: evidence with files, a letter that holds, one that does not, what was
    refused, advice, stories, a list that waits to be entered."""
    office, tenant = made.office, made.cast.tenant
    cases = {
        bytes(row["subject"]): bytes(row["id"]) for row in office.rows("cases") if row["subject"]
    }
    whose = {name: cases[office.staff[name]] for name in ("Staf 01", "Staf 02", "Staf 03")}
    letters = [_hand_in(made, name, whose[name]) for name in ("Staf 01", "Staf 02")]
    made.told["letter"], made.told["fallen letter"] = letters
    links_ = [row for row in office.rows("links") if bytes(row["case_id"]) == whose["Staf 02"]]
    for row in links_:
        if row["state"] == "accepted":
            office.do(
                casework.decide,
                link=bytes(row["id"]),
                move="withdraw",
                by="user:tono",
                reason="Berkas milik orang lain.",
                rests_on="halaman 1",
                now=made.now,
            )
    made.told["case"] = whose["Staf 01"].hex()
    # Two that wait, one of them held by who looks.
    for n in (1, 2, 3):
        _evidence(made, "Staf 03", whose["Staf 03"], f"Rekap keluhan bulan ke-{n}")
    waits = [row for row in office.rows("links") if bytes(row["case_id"]) == whose["Staf 03"]]
    made.told["waits"] = bytes(waits[0]["id"]).hex()
    made.told["held"] = bytes(waits[1]["id"]).hex()
    office.do(
        casework.decide, link=bytes(waits[1]["id"]), move="take", by="user:admin", now=made.now
    )
    made.told["evidence"] = bytes(waits[0]["evidence"]).hex()

    def enter(connection: Any) -> None:
        agency.enter(
            connection,
            tenant.id,
            agency.Letterhead(name="BPSDM Contoh", place="Bandung", logo=DOT),
            "user:admin",
        )
        made.told["advice"] = advice.new_id()
        advice.enter(
            connection,
            tenant.id,
            advice.Advice(
                id=made.told["advice"],
                text="Atasan mendampingi alumni pada bulan pertama.",
                owner="Bidang Pengembangan Kompetensi Manajerial",
                due=date(2026, 12, 1),
            ),
            "user:admin",
        )
        unit = office.unit
        opened = (
            ("page of a unit", links.UNIT, unit),
            ("citizen", links.CITIZEN, unit),
            ("disown", links.DISOWN, uuid.UUID(made.told["visit"]).bytes),
            ("disowned", links.DISOWN, uuid.uuid4().bytes),
        )
        hook = hooks.load(written.read(EXAMPLE))
        hooks_there.create(connection, tenant, hook, "http://lrs.example.go.id", made.now)
        # It has sent, and is silent since.
        sources = tables.sources
        micros = int((made.now - timedelta(days=5)).timestamp() * 1_000_000)
        connection.execute(
            sources.update().where(sources.c.name == "hook-tiket").values(last_seen=micros)
        )
        dialects = adapters.load(written.read(dialects_page.EXAMPLE))
        declared.apply(connection, tenant.id, dialects, "user:admin")
        for name, purpose, subject in opened:
            made.told[name] = "/f/" + links.make(
                connection, tenant, purpose, subject, expires=made.now + timedelta(9), now=made.now
            )

    made.database.write(enter)
    office.write(
        units.name_superior,
        office.staff["Staf 02"],
        office.staff["Tono Kontak"],
        "user:alumni",
        day=days(made.now.date()),
    )
    made.database.write(
        lambda c: stories.draw(c, tenant.id, IRI, "", day=made.now.date(), by="user:admin")
    )
    for kind, content in LISTS.items():
        made.told[f"list of {kind}"] = send_list(made, kind, content)
    _waiting_files(made)
    refused = make.statement(verb={"id": "bukan alamat"})
    headers = {"Authorization": made.cast.key("all"), "X-Experience-API-Version": "1.0.3"}
    answer = made.app.test_client().post("/xapi/statements", json=[refused], headers=headers)
    assert answer.status_code == 400
    _project(made)


def _waiting_files(made: Furnished) -> None:
    """A report that was read and waits, and a stack of sheets with its scan."""
    client = made.client("admin")

    def sent(path: str, field_: str, content: bytes, **more: str) -> str:
        page = client.get(path).get_data(as_text=True)
        token = re.findall(r'name="token" value="([^"]+)"', page)[-1]
        data = {"token": token, field_: (io.BytesIO(content), "pindaian.pdf"), **more}
        answer = client.post(path, data=data)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return answer.headers["Location"]

    sent("/imports/reports", "files", pdf(["LAPORAN AKTUALISASI", "Nama : Staf 01"]))
    page = client.get("/imports/reports").get_data(as_text=True)
    (made.told["waiting report"],) = set(re.findall(r"/imports/reports/[0-9a-f]{32}", page))
    client.get(made.told["waiting report"])
    made.told["stack"] = sent("/invitations/paper-back", "scan", pdf(["Lembar satu"]), per="1")
    rows = made.office.ledger(role="superior")
    row = min(rows, key=lambda each: bytes(each["id"]))
    made.told["sheet"] = f"{made.told['stack']}?row={bytes(row['id']).hex()}"


def _rights_of_people(made: Furnished) -> None:
    """Somebody asks for a copy; somebody else was erased."""
    office, tenant = made.office, made.cast.tenant
    told: dict[str, Any] = {"asked_by": "person", "by": "user:admin", "now": made.now}
    office.do(rights.ask, office.staff["Staf 01"], rights.COPY, **told, note="Lewat surat.")
    gone = uuid.uuid4().bytes
    office.hire(gone, "Gita Purnabakti", None)
    looked = erasure.look(made.database, tenant, gone)
    receipt = erasure.erase(
        *(made.database, tenant, Adapters.installed(), looked),
        reason="Diminta lewat surat.",
        confirmed="Gita Purnabakti",
        **told,
    )
    made.told["receipt"] = f"/cek/{office.do(erasure.code, receipt, made.now)}"


def send_list(made: Furnished, kind: str, content: str, by: str = "admin") -> str:
    """The address at which a list waits that was sent."""
    client = made.client(by)
    page = client.get(f"/imports?kind={kind}").get_data(as_text=True)
    token = re.findall(r'name="token" value="([^"]+)"', page)[-1]
    file = (io.BytesIO(content.encode()), f"{kind}.csv")
    answer = client.post("/imports", data={"token": token, "kind": kind, "file": file})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def _hand_in(made: Furnished, name: str, case: bytes) -> str:
    """Evidence that is accepted; answers the path of the letter that says so."""
    office, tenant = made.office, made.cast.tenant
    statement = _evidence(made, name, case, "Antrean pagi lebih singkat")
    row = next(
        each
        for each in office.rows("links")
        if uuid.UUID(bytes=bytes(each["evidence"])) == uuid.UUID(statement)
    )
    for move, more in (
        ("take", {}),
        ("accept", {"reason": "Sesuai.", "rests_on": "1", "tier": "7b"}),
    ):
        office.do(
            casework.decide, link=bytes(row["id"]), move=move, by="user:rina", now=made.now, **more
        )
    by = str(uuid.UUID(bytes=office.staff[name]))

    def issue(connection: Any) -> str:
        held = cases.case(connection, tenant.id, case)
        assert held is not None
        named = certificates.issue(connection, tenant, held, by=by, now=made.now)
        found = certificates.find(connection, tenant, named)
        assert found is not None
        return f"/cek/{certificates.code(connection, tenant, found, made.now)}"

    path: str = made.database.write(issue)
    return path


def _evidence(made: Furnished, name: str, case: bytes, title: str) -> str:
    office = made.office
    piece = Evidence(
        person=str(uuid.UUID(bytes=office.staff[name])),
        of="artefact",
        by=str(uuid.UUID(bytes=office.staff["Rina Kepala"])),
        role=records.SUPERIOR,
        performed_on=date(2026, 4, 1),
        title=title,
        text="Semua keluhan dijawab dalam satu hari kerja.\nDaftarnya terlampir.",
        programme=IRI,
        case=case.hex(),
        behaviours=(ANSWERS,),
    )
    files = [
        Upload("rekap keluhan.pdf", "application/pdf", pdf(RECORD, ["Lampiran"])),
        Upload("foto loket.png", "image/png", DOT),
        Upload("daftar.csv", "text/csv", b"nama,jumlah\nLoket 1,12\n"),
    ]
    statement: str = office.do(casework.hand_in, piece, files=files, now=made.now)
    return statement
