"""What holds on every page there is: the tour of `tests/tour.py`, walked by whom it is not for.

Strangers, learners and forged forms are sent to every address with the real ids of the furnished
agency; names that would run as a script, and cells that would run as a formula, are looked for on
every page and in every file.
"""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, template_rendered
from jinja2 import Template
from werkzeug.test import TestResponse

from lrs.practice import people
from lrs.store import register, tables
from lrs.store.register import Fact
from lrs.web import mobile, security, site
from lrs.web.evidence import SHOWN
from lrs.web.reports import REPORTS
from lrs.web.rooms import ACTIONS, PUBLIC
from tests.furnished import Furnished, furnish
from tests.tour import BARE, NO_PAGES, NOBODY, STOPS, Stop

#: Who is of the agency, and no page for anybody else names.
OURS = ("Staf 0", "Rina Kepala", "BPSDM Contoh", "Rekap keluhan")

#: Runs as a script where a page trusts it; a formula where a spreadsheet does.
EVIL = "=1+1<script>alert(1)</script><img src=x onerror=alert(1)>"

#: Addresses whose last part is no id of ours but a word that every agency has.
WORDS = ("web.reports.show", "web.sources.one", "web.setup.wait")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnish(tmp_path_factory.mktemp("furnished")) as made:
        yield made


def every_stop(made: Furnished) -> Iterator[tuple[str, Stop]]:
    for endpoint, stops in STOPS.items():
        for stop in stops(made):
            yield endpoint, stop


def get(made: Furnished, stop: Stop, by: str) -> TestResponse:
    made.clock.now = stop.at or made.now
    client, headers = made.client(by), {"Accept": "text/html"}
    try:
        page = client.get(stop.path, headers=headers)
        if stop.sends is None:
            return page
        tokens = re.findall(r'name="token" value="([^"]+)"', page.get_data(as_text=True))
        fields = {"token": tokens[-1] if tokens else "", **stop.sends}
        return client.post(stop.to or stop.path, data=fields, headers=headers)
    finally:
        made.clock.now = made.now


@cache
def token(made: Furnished, login: str) -> str:
    return re.findall(r'name="token" value="([^"]+)"', made.read("/account", login))[-1]


def posts(app: Flask) -> Iterator[tuple[str, str, frozenset[str]]]:
    """(endpoint, rule, its arguments) of everything that pages send to."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("web.") and "POST" in (rule.methods or ()):
            yield rule.endpoint, rule.rule, frozenset(rule.arguments)


def ids(made: Furnished) -> dict[str, str]:
    """An id of ours for every argument that an address or a form may have."""
    told = made.told
    person = made.office.staff["Staf 01"].hex()
    links = made.office.ledger(state="due") or made.office.ledger()
    return {
        "case": told["case"],
        "person": person,
        "one": person,
        "other": made.office.staff["Staf 02"].hex(),
        "subject": person,
        "link": told["waits"],
        "evidence": told["evidence"],
        "statement": told["evidence"],
        "programme": next(iter(STOPS["web.programmes.one"](made))).path.rpartition("/")[2],
        "behaviour": bytes(made.office.rows("links")[0]["behaviour"]).hex(),
        "unit": made.office.unit.hex(),
        "round": bytes(links[0]["round"]).hex(),
        "round_": bytes(links[0]["round"]).hex(),
        "number": next(iter(STOPS["web.refusals.one"](made))).path.rpartition("/")[2],
        "id": told["advice"],
        "login": "rina",
        "secret": told["list of people"].rpartition("/")[2],
    }


def held(made: Furnished) -> Counter[Any]:
    """What the agency holds, but for the trail of what was seen."""
    found: Counter[Any] = Counter()
    with made.database.read() as connection:
        for table in tables.metadata.sorted_tables:
            if "tenant_id" not in table.c or table.name in ("audit", "sessions", "attempts"):
                continue
            rows = connection.execute(
                table.select().where(table.c.tenant_id == made.cast.tenant.id)
            )
            found.update((table.name, *map(repr, row)) for row in rows)
    return found


def test_every_kind_of_page_there_is_is_seen_on_the_tour(made: Furnished) -> None:
    """Also those that no address shows, but only the answer to a form."""
    seen: set[str | None] = set()

    def note(_: object, template: Template, **__: object) -> None:
        seen.add(template.name)

    with template_rendered.connected_to(note, made.app):
        for _endpoint, stop in every_stop(made):
            assert get(made, stop, stop.by).status_code == stop.status, stop
    folder = Path(site.__file__).parent / "templates"
    pages = {
        each.name
        for each in folder.glob("*.html")
        if '{% extends "page.html" %}' in each.read_text()
    }
    assert pages - seen == set(), "Give each a stop in tests/tour.py."


# IDOR ---------------------------------------------------------------------------------------


def test_a_stranger_who_knows_every_id_sees_nothing_of_another_agency(made: Furnished) -> None:
    wrong = []
    for endpoint, stop in every_stop(made):
        if not endpoint.startswith("web.") or ACTIONS[endpoint][0] == PUBLIC:
            continue
        answer = get(made, stop, BARE)
        html = answer.get_data(as_text=True)
        wrong += [(stop.path, each) for each in OURS if each in html]
        rule = next(made.app.url_map.iter_rules(endpoint))
        if rule.arguments and endpoint not in WORDS and answer.status_code != 404:
            wrong.append((stop.path, str(answer.status_code)))
    assert wrong == []


def test_a_stranger_gets_no_file_of_another_agency(made: Furnished) -> None:
    told, known = made.told, ids(made)
    for path in (
        f"/copies/{known['person']}/json",
        f"/evidence/{told['evidence']}/0",
        f"/evidence/{told['evidence']}/0/page/1/picture",
        "/agency/logo",
    ):
        assert made.client(BARE).get(path).status_code == 404, path
        assert made.client("admin").get(path).status_code == 200, path


def test_a_stranger_who_knows_every_id_changes_nothing_of_another_agency(made: Furnished) -> None:
    """Every form there is, sent with the ids of ours in its address and in all of its fields."""
    known, before = ids(made), held(made)
    for endpoint, rule, arguments in posts(made.app):
        if ACTIONS[endpoint][0] == PUBLIC or endpoint == "web.signing.sign_out":
            continue
        path = re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", lambda m: known.get(m[1], "0" * 32), rule)
        fields = {name: value for name, value in known.items() if name not in arguments}
        data = {"token": token(made, BARE), "do": "enter", "why": "x", "reason": "x", **fields}
        answer = made.client(BARE).post(path, data=data)
        assert answer.status_code < 500, (path, answer.status_code)
        html = answer.get_data(as_text=True)
        assert [each for each in OURS if each in html] == [], path
    after = held(made)
    assert (before - after, after - before) == (Counter(), Counter())


def test_a_learner_sees_nothing_of_a_colleague(made: Furnished) -> None:
    """Every page there is, for somebody of the agency of whom none of it is."""
    for endpoint, stop in every_stop(made):
        if not endpoint.startswith("web.") or ACTIONS[endpoint][0] == PUBLIC:
            continue
        html = get(made, stop, "tamu").get_data(as_text=True)
        assert "Staf 0" not in html, stop.path
        assert "Rekap keluhan" not in html, stop.path


# CSRF, clickjacking -------------------------------------------------------------------------


def test_no_form_there_is_is_taken_without_our_token_or_from_elsewhere(made: Furnished) -> None:
    known, before = ids(made), held(made)
    for endpoint, rule, _arguments in posts(made.app):
        path = re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", lambda m: known.get(m[1], "0" * 32), rule)
        for data, headers in (
            (known, {}),
            ({**known, "token": token(made, "rina")}, {}),
            ({**known, "token": token(made, "admin")}, {"Sec-Fetch-Site": "cross-site"}),
            ({**known, "token": token(made, "admin")}, {"Origin": "https://evil.example"}),
        ):
            answer = made.client("admin").post(path, data=data, headers=headers)
            assert answer.status_code == 400, (endpoint, data.get("token"), headers)
    after = held(made)
    assert (before - after, after - before) == (Counter(), Counter())


def test_no_page_there_is_can_be_framed_or_runs_what_is_not_ours(made: Furnished) -> None:
    for _endpoint, stop in every_stop(made):
        headers = get(made, stop, stop.by).headers
        signed = stop.path.startswith("/f/")
        policy = mobile.HEADERS["Content-Security-Policy"] if signed else security.POLICY
        assert headers["Content-Security-Policy"] == policy, stop.path
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Frame-Options"] == "DENY", stop.path
        assert headers["X-Content-Type-Options"] == "nosniff", stop.path
        assert headers["Cache-Control"] == "no-store", stop.path


def test_no_address_there_is_leads_to_another_site(made: Furnished) -> None:
    evil = "next=https://evil.example&next=//evil.example&back=https://evil.example"
    for endpoint, stop in every_stop(made):
        path = f"{stop.path}{'&' if '?' in stop.path else '?'}{evil}"
        for by in {stop.by, NOBODY}:
            answer = get(made, Stop(path, at=stop.at), by)
            where = answer.headers.get("Location", "/")
            assert re.match(r"/(?![/\\])", where), (endpoint, where)
            assert 'href="https://evil' not in answer.get_data(as_text=True), endpoint


# Stored XSS, formulae -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def poisoned(made: Furnished) -> Furnished:
    """The same, everybody and everything called so that it would run where it is trusted."""
    office = made.office
    whose = [bytes(row["id"]) for row in office.rows("people")]
    facts = [Fact(people.PERSON, each, {"name": EVIL}) for each in whose]
    facts.append(Fact(register.UNIT, office.unit, {"path": EVIL}))
    office.enter(*facts)
    office.catch_up()
    return made


def test_a_name_runs_nowhere(poisoned: Furnished) -> None:
    shown = 0
    for endpoint, stop in every_stop(poisoned):
        if endpoint == "other roles":
            continue
        html = get(poisoned, stop, stop.by).get_data(as_text=True)
        assert "<script>alert" not in html, stop.path
        assert "<img src=x" not in html, stop.path
        shown += "&lt;script&gt;alert" in html
    assert shown > 30  # it is on the pages, as text


def test_no_cell_of_any_file_is_a_formula(poisoned: Furnished) -> None:
    seen = 0
    client = poisoned.client("admin")
    with_tables = [report for report in REPORTS if report.name != "one-page"]
    for report in with_tables:
        answer = client.get(f"/reports/{report.name}/csv")
        assert answer.status_code == 200, report.name
        if answer.content_type.startswith("text/csv"):
            files = [answer.data]
        else:
            packed = zipfile.ZipFile(io.BytesIO(answer.data))
            files = [packed.read(name) for name in packed.namelist()]
        for file in files:
            for row in csv.reader(io.StringIO(file.decode("utf-8-sig"))):
                for cell in row:
                    number = re.fullmatch(r"-?[\d.]+", cell)
                    assert number or not re.match(r"[\s\ufeff]*[=+\-@]", cell), (report.name, cell)
                    seen += "=1+1" in cell
        book = zipfile.ZipFile(io.BytesIO(client.get(f"/reports/{report.name}/xlsx").data))
        for name in book.namelist():
            if name.startswith("xl/worksheets/sheet"):
                assert b"<f>" not in book.read(name), report.name
    assert seen > 0  # the name is in the files, as text


def test_what_is_no_page_is_a_file_that_nothing_runs_in(made: Furnished) -> None:
    """What somebody handed in comes as a download, or as a picture in a box of its own."""
    told = made.told["evidence"]
    client = made.client("admin")
    for n in range(3):
        answer = client.get(f"/evidence/{told}/{n}")
        assert answer.status_code == 200
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        shown = answer.content_type in SHOWN  # a picture in which nothing runs
        assert shown or answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert {"web.evidence.file", "web.statements.file"} <= NO_PAGES.keys()
