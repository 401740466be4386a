"""Reports, submissions of an LMS and answers on paper come in by the API, and wait for a word."""

import io
import json
import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from lrs import people as register_of_people
from lrs.api.practice import PREFIX
from lrs.context import Context
from lrs.practice import records
from lrs.practice.records import Evidence
from lrs.settings import Settings
from tests.agency import HEAD, Agency
from tests.conftest import Cast, Client
from tests.pdfs import pdf
from tests.test_imports_reports import REPORT
from tests.test_imports_submissions import HOME, submitted
from tests.test_people import BUDI, HEADINGS, SARI, SARI_ROW, known, take


@pytest.fixture
def api(client: Client, cast: Cast, app: Flask) -> Client:
    """Signed in with a key that may do whatever a key may, in the summer of that year."""
    old: Context = app.extensions["jejak"]
    now = datetime(2026, 6, 1, 3, tzinfo=UTC)
    app.extensions["jejak"] = Context(old.settings, old.database, lambda: now)
    return client.signed_in(cast.key("practice/all"))


@pytest.fixture
def people(cast: Cast) -> None:
    take(cast, HEADINGS + f"{SARI},Sari Dewi,Dinas,Analis,,\n{BUDI},Budi,Dinas,Kepala,,\n")


def evidence(cast: Cast) -> list[Evidence]:
    told = map(records.read, cast.statements())
    return [each for each in told if isinstance(each, Evidence)]


def bring(api: Client, content: bytes = REPORT) -> dict[str, Any]:
    answer = api.post(
        f"{PREFIX}/reports",
        data=content,
        content_type="application/pdf",
        headers={"X-File-Name": "laporan.pdf"},
    )
    assert answer.status_code == 201, answer.get_data(as_text=True)
    told: dict[str, Any] = answer.get_json()
    return told


def test_a_report_is_proposed_with_the_page_of_each_finding_and_confirmed(
    api: Client, cast: Cast, people: None
) -> None:
    told = bring(api)
    assert (told["author"]["name"], told["mentor"]["name"]) == ("Sari Dewi", "Budi")
    assert (told["sure"], told["approval"], told["name"]) == (True, 3, "laporan.pdf")
    pages = {each["what"]: each["page"] for each in told["findings"]}
    assert pages["mentor_number"] == 3
    assert evidence(cast) == []
    [listed] = api.get(f"{PREFIX}/reports").get_json()["items"]
    assert listed == told == api.get(f"{PREFIX}/reports/{told['id']}").get_json()
    there = f"{PREFIX}/reports/{told['id']}/confirm"
    assert api.post(there, json={"programme": "https://nowhere.example.org"}).status_code == 400
    done = api.post(there, json={"title": "Antrian", "mentor_is_superior": True})
    assert (done.status_code, done.get_json()["superior"]) == (201, True)
    (kept,) = evidence(cast)
    assert (kept.title, kept.of, kept.files) == ("Antrian", "project", 1)
    assert known(cast, SARI)[1].posts[-1].superior == known(cast, BUDI)[0]
    assert api.get(f"{PREFIX}/reports").get_json()["items"] == []
    assert api.post(there, json={}).status_code == 404


def test_a_report_of_which_nothing_could_be_read_is_said_by_hand_or_dismissed(
    api: Client, cast: Cast, people: None
) -> None:
    told = bring(api, pdf([]))
    assert (told["author"], told["sure"], told["findings"]) == (None, False, [])
    there = f"{PREFIX}/reports/{told['id']}"
    wrong = api.post(f"{there}/confirm", json={}).get_json()["problems"]
    assert {each["path"] for each in wrong} == {"person", "done_on", "title"}
    assert api.post(f"{there}/dismiss").get_json() == {"report": told["id"]}
    assert api.get(there).status_code == 404
    assert evidence(cast) == []
    refused = api.post(f"{PREFIX}/reports", data=b"no pdf", content_type="application/pdf")
    assert refused.status_code == 400
    assert api.post(f"{PREFIX}/reports", data=REPORT, content_type="text/csv").status_code == 415


def test_what_an_lms_was_handed_is_confirmed_dismissed_and_proposed_again(
    api: Client, cast: Cast, app: Flask
) -> None:
    take(cast, HEADINGS + SARI_ROW)
    sari = known(cast, SARI)[0]
    account = ("account", f"{HOME}\n7")
    cast.database.write(
        lambda c: register_of_people.confirm(c, cast.tenant.id, sari, account, "admin")
    )
    ids = [submitted(cast), submitted(cast, who="8", day=13)]
    every = api.get(f"{PREFIX}/submissions?since=2020-01-01").get_json()["items"]
    assert {each["statement"] for each in every} == set(ids)
    assert {each["state"] for each in every} <= {"proposed", "unknown"}
    first = api.get(f"{PREFIX}/submissions?since=2020-01-01&limit=1").get_json()
    rest = api.get(first["next"]).get_json()
    assert [*first["items"], *rest["items"]] == every

    def decide(decision: str, *which: str) -> Any:
        body = {"decision": decision, "statements": [each.replace("-", "") for each in which]}
        return api.post(f"{PREFIX}/submissions/decisions", json=body).get_json()["decided"]

    ours = next(each["statement"] for each in every if each["state"] == "proposed")
    [told] = decide("dismiss", ours)
    assert (told["evidence"], told["error"]) == (None, None)
    state = f"{PREFIX}/submissions?since=2020-01-01&states=dismissed"
    assert [each["statement"] for each in api.get(state).get_json()["items"]] == [ours]
    decide("resume", ours)
    [told] = decide("confirm", ours)
    (kept,) = evidence(cast)
    assert (kept.source, kept.of) == (ours, "plan")
    state = f"{PREFIX}/submissions?since=2020-01-01&states=accepted"
    assert api.get(state).get_json()["items"][0]["evidence"] == told["evidence"]
    [told] = decide("confirm", str(uuid.uuid4()))
    assert "a submission" in told["error"]


def test_an_answer_on_paper_is_keyed_once_with_its_scan(
    client: Client, cast: Cast, app: Flask, settings: Settings
) -> None:
    agency = Agency(cast, settings)
    agency.setup()
    agency.complete()
    agency.begin()
    agency.after(90)
    agency.plan()
    old: Context = app.extensions["jejak"]
    app.extensions["jejak"] = Context(old.settings, old.database, lambda: agency.now)
    api = client.signed_in(cast.key("practice/all"))
    row, other = agency.ledger(role="superior", window_name="W2")
    items = {
        each.iri: {"value": 3}
        for each in agency.page(row["round"]).rows[0].about.programme.behaviours
    }
    forms = [{"form": "C", "items": items}, {"form": "D", "whole": {"barriers": []}}]
    told = {"code": row["id"].hex()[:10], "observed_on": "2026-05-12", "forms": forms}

    def key(**more: Any) -> Any:
        scan = (io.BytesIO(pdf(["Lembar"])), "lembar.pdf")
        data = {"paper": json.dumps(told | more), "file": scan}
        return api.post(f"{PREFIX}/papers", data=data)

    assert key().get_json() == {"entered": True}
    assert key().get_json() == {"entered": False}
    agency.catch_up()
    answers = agency.rows("answers")
    assert {(each["role"], each["rater"]) for each in answers} == {("superior", HEAD)}
    assert {each["day"] for each in answers} == {(date(2026, 5, 12) - date(1970, 1, 1)).days}
    (scan,) = evidence(cast)
    assert (scan.files, scan.answers) == (1, True)
    wrong = key(code=other["id"].hex()[:10], forms=[{"form": "C", "items": {}}])
    assert wrong.status_code == 400
    assert wrong.get_json()["problems"][0]["path"].startswith("forms[0].items[")
    assert key(code="0" * 10).status_code == 404
    assert api.post(f"{PREFIX}/papers", json=told).get_json() == {"entered": False}
    keyed = {each.keyed_by for each in evidence(cast)}
    assert keyed == {f"user:key-of-{cast.source.name}"}
