"""Ringkasan and reports, as the admin, the head of agency and others see them."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pypdf
import pytest
from sqlalchemy import Connection, update

from lrs import reporting
from lrs.reports.shapes import Described
from lrs.store import audit, papers, tables
from lrs.web.reports import MOST, REPORTS
from tests.conftest import Cast
from tests.rows import DAY, Rows, iri, later, programme
from tests.web.conftest import Browser, Clock, links

NAMES = [each.name for each in REPORTS]
FIGURES = [each.name for each in REPORTS if each.action == "figures/read"]
SERVICE = iri("Pelayanan Prima")

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


@pytest.fixture
def agency(cast: Cast, clock: Clock) -> Rows:
    """Forty completions, of which twelve are applied and eleven are known not to be."""
    clock.now = datetime(2026, 11, 27, 3, tzinfo=UTC)
    rows = Rows(cast.tenant.id)
    course = rows.programme(programme(cohorts=("Angkatan I", "Angkatan II")))
    office = "Dinas Kominfo"
    for n in range(40):
        case = rows.case(course, cohort="Angkatan I", unit=office)
        if n < 12:
            case.outcome(applied=20 + n, tier="7b")
            case.answer(form="D", barriers="funds workload")
            case.link()
        elif n < 23:
            case.outcome(known_not=30)
    rows.case(course, cohort="Angkatan II", unit=office).outcome(applied=3)
    rows.write(cast.database)
    return rows


@pytest.fixture
def owner(agency: Rows, signed_in: Callable[..., Browser]) -> Browser:
    return signed_in("admin")


# Ringkasan ----------------------------------------------------------------------------------


def test_a_number_stands_with_what_it_may_be_and_of_how_many(owner: Browser) -> None:
    page = owner.get("/summary")
    assert page.status == 200
    assert "13 of 41: 32–100%" in page.text  # of the others nobody said what was by then
    assert "Known not to be applied yet" in page.text
    assert "Not known yet" in page.text
    assert "As of 27 November 2026" in page.text
    assert "census" in page.text


def test_filters_live_in_the_address(owner: Browser) -> None:
    page = owner.get(f"/summary?programme={SERVICE}&cohort=Angkatan+II")
    assert "1 of 1: 100%" in page.text
    assert re.search(r'<option value="Angkatan II" selected', page.html)
    assert owner.get("/summary?unit=Dinas+Kominfo").status == 200
    left_over = owner.get(f"/summary?programme={SERVICE}&cohort=Angkatan+of+another")
    assert "13 of 41" in left_over.text
    young = owner.get(f"/summary?since={later(1).isoformat()}")
    assert "nothing to count" in young.text
    assert owner.get("/summary?programme=https://nowhere.example/x").status == 404


def test_nothing_of_an_address_is_carried_on_but_filters(owner: Browser) -> None:
    odd = "name=x&format=y&table=z&_external=1&_scheme=javascript&_anchor=a"
    for address in ("/summary", "/reports", "/reports/barriers", "/reports/evaluation"):
        page = owner.get(f"{address}?{odd}&programme={SERVICE}")
        assert page.status == 200
        assert not re.search(r'(href|action|src)="[^"]*javascript', page.html)
        assert links(page.html, r"/reports/[a-z/-]+\?programme=https")


def test_every_chart_has_its_numbers_behind_it(owner: Browser) -> None:
    html = owner.get("/summary").html
    charts = html.count('class="chart" role="img"')
    assert charts == 3
    assert html.count("The numbers behind it") == charts
    assert " style=" not in html


def test_a_sender_that_fell_silent_is_told(owner: Browser, cast: Cast, clock: Clock) -> None:
    assert "lms never ○ Never seen" in owner.get("/summary").text
    cast.database.write(lambda c: c.execute(update(tables.sources).values(last_seen=1_000_000)))
    assert "lms 57 years ago ✕ Silent" in owner.get("/summary").text


# The head of agency -------------------------------------------------------------------------


def test_a_head_sees_figures_and_no_small_number(
    agency: Rows, signed_in: Callable[..., Browser]
) -> None:
    head = signed_in("head")
    page = head.get("/reports")
    assert {each.rsplit("/", 1)[-1] for each in links(page.html, "^/reports/")} == set(FIGURES)
    told = head.get(f"/reports/evaluation?programme={SERVICE}")
    assert told.status == 200
    assert "Counts only" in told.text
    one = head.get(f"/summary?programme={SERVICE}&cohort=Angkatan+II")
    assert "held back: few people" in one.text
    assert "1 of 1" not in one.text
    for name in set(NAMES) - set(FIGURES):
        assert head.get(f"/reports/{name}").status == 404
        assert head.get(f"/reports/{name}/csv").status == 404


def test_the_page_for_the_head_holds_back_even_for_the_admin(owner: Browser) -> None:
    page = owner.get(f"/reports/one-page?programme={SERVICE}&cohort=Angkatan+II")
    assert "cannot be told yet: too few people" in page.text
    page = owner.get("/reports/one-page")
    assert page.text.count("Named most as standing in the way") == 1
    made = pypdf.PdfReader(io.BytesIO(owner.get("/reports/one-page/pdf").answer.data))
    assert len(made.pages) == 1


# Reports ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "id"])
def test_every_report_is_there_as_page_and_as_files(
    agency: Rows, signed_in: Callable[..., Browser], name: str, language: str
) -> None:
    browser = signed_in("admin", language=language)
    part = f"?programme={SERVICE}"
    page = browser.get(f"/reports/{name}{part}")
    assert page.status == 200
    answer = browser.get(f"/reports/{name}/pdf{part}").answer
    assert answer.data.startswith(b"%PDF-")
    assert answer.content_type == "application/pdf"
    assert "attachment" in answer.headers["Content-Disposition"]
    held = zipfile.ZipFile(io.BytesIO(browser.get(f"/reports/{name}/docx{part}").answer.data))
    assert "word/document.xml" in held.namelist()
    for there in links(page.html, f"/reports/{name}/(xlsx|csv)"):
        assert browser.get(there.replace("&amp;", "&")).status == 200
    assert browser.get(f"/reports/{name}/exe").status == 404
    assert browser.get(f"/reports/{name}/csv?table=99").status == 404


def test_the_report_of_a_cohort_has_its_chapters_filled(owner: Browser) -> None:
    page = owner.get(f"/reports/evaluation?programme={SERVICE}&cohort=Angkatan+I")
    for number, title in enumerate(
        (
            *("Background", "Method", "Participants and response", "Results by behaviour"),
            *("How long until applied", "Barriers", "Lasting practice", "Stories"),
            "Recommendations",
        ),
        1,
    ):
        assert f"{number}. {title}" in page.text
    assert "12 of 40: 30–100%" in page.text
    assert "Pelayanan Prima satu" in page.text  # the behaviours expected
    assert "Funds or equipment" in page.text


def test_a_file_that_names_people_stands_in_the_audit_trail(owner: Browser, cast: Cast) -> None:
    owner.get("/reports/siasn/xlsx")
    owner.get("/reports/barriers/xlsx")
    with cast.database.read() as connection:
        found = audit.page(connection, cast.tenant.id, action="report/exported")
    assert [each.subject for each in found] == ["report siasn.xlsx"]


def test_completions_go_to_the_office_of_personnel_with_nip(
    owner: Browser, cast: Cast, agency: Rows
) -> None:
    rows = Rows(cast.tenant.id)
    rows.person("Sari")
    course = programme()
    rows.participation(course, "Sari", cohort="Angkatan I", completed=0, jp=20.0)
    rows.write(cast.database)
    text = owner.get(f"/reports/siasn/csv?since={DAY.isoformat()}").answer.data.decode("utf-8-sig")
    head, row = text.splitlines()
    assert head.startswith("nipBaru,namaKursus,jenisDiklatId,jenisKursusSertifikat,")
    assert "Pelayanan Prima" in row
    assert row.endswith("2025,,06-01-2025")


# Figure by figure ---------------------------------------------------------------------------


@pytest.mark.parametrize("described", reporting.ALL, ids=lambda each: each.id)
def test_every_figure_is_shown_by_all_it_is_taken_apart_by(
    owner: Browser, described: Described
) -> None:
    for by in ("", *described.by):
        page = owner.get(f"/figures?figure={described.id}&by={by}")
        assert page.status == 200
        assert f"{described.key}</h2>" in page.html
        assert "to be mended" not in page.text
    for there in links(page.html, "^/figures/"):
        assert owner.get(there.replace("&amp;", "&")).status == 200


def test_a_figure_is_told_with_its_parts_its_bounds_and_what_must_be_read(owner: Browser) -> None:
    part = f"figure=M1&by=cohort&programme={SERVICE}"
    page = owner.get(f"/figures?{part}")
    for told in ("Pelayanan Prima, Angkatan II", "census, bounds", "90 days", "By cohort"):
        assert told in page.text
    assert re.search(r'<option value="M1" selected', page.html)
    assert re.search(r'<option value="cohort" selected', page.html)
    narrowed = owner.get(f"/figures?{part}&tier=7b&horizon=25&unit=Dinas+Kominfo")
    assert "25 days" in narrowed.text
    assert "On one's own" in narrowed.text
    csv = owner.get(f"/figures/csv?{part}&table=3").answer
    head, *rows = csv.data.decode("utf-8-sig").splitlines()
    assert head == "Cohort,What was counted,k,n,Result,Range"
    assert '"Pelayanan Prima, Angkatan II","Applied, evidence accepted",1,1,100%,census' in rows
    assert owner.get("/figures/csv?figure=M1&by=cohort&table=9").status == 404


def test_what_a_figure_cannot_tell_is_said_beside_the_filters(
    agency: Rows, owner: Browser, signed_in: Callable[..., Browser]
) -> None:
    page = owner.get("/figures?figure=M11&by=cohort&tier=7a")
    assert page.status == 200
    assert "This figure is taken apart by unit, not by cohort." in page.text
    assert re.search(r'<option value="7a" selected', page.html)  # shown, so it can be taken away
    assert "leave it out" in owner.get("/figures?figure=M11&tier=7a").text
    assert "from 1 to 3650" in owner.get("/figures?figure=M1&horizon=soon").text
    assert "M5 looks at W3 or W4, not at W1" in owner.get("/figures?figure=M5&window=W1").text
    for query in ("figure=M11&by=cohort", "figure=M1&horizon=0"):
        assert owner.get(f"/figures/csv?{query}").status == 400
    for query in ("figure=M99", "behaviour=https://nowhere.example/b", "tier=8", "window=W9"):
        assert owner.get(f"/figures?{query}").status == 404
    left_over = f"programme={SERVICE}&behaviour=https://nowhere.example/b&window=W9"
    assert "13 of 41" not in owner.get("/figures?figure=M1&window=W2").text
    assert "32–100%" in owner.get(f"/figures?figure=M1&{left_over}").text
    indonesian = signed_in("admin", language="id", login="budi")
    told = indonesian.get("/figures?figure=M11&by=cohort").text
    assert "Angka ini dirinci menurut unit kerja, bukan menurut angkatan." in told


def test_a_head_sees_a_figure_as_it_may_be_published(
    agency: Rows, owner: Browser, signed_in: Callable[..., Browser]
) -> None:
    part = f"/figures?figure=M1&programme={SERVICE}&cohort=Angkatan+II"
    assert "1 of 1" not in (small := owner.get(f"{part}&published=yes").text)
    assert "held back: few people" in small
    assert "Small numbers" in small
    head = signed_in("head")
    page = head.get(part)
    assert "held back: few people" in page.text
    assert "Small numbers" not in page.text
    assert "100%" not in head.get(part.replace("?", "/csv?")).answer.data.decode("utf-8-sig")
    assert signed_in("learner").get("/figures").status == 403


# What the agency adds -----------------------------------------------------------------------


def test_the_letterhead_stands_on_papers(owner: Browser) -> None:
    owner.get("/agency")
    page = owner.send(
        "/agency", name="Badan Diklat", place="Kupang", _files={"logo": (io.BytesIO(PNG), "l.png")}
    )
    assert page.status == 200
    assert "Saved" in page.text
    assert owner.get("/agency/logo").answer.data == PNG
    made = pypdf.PdfReader(io.BytesIO(owner.get("/reports/barriers/pdf").answer.data))
    assert "BADAN DIKLAT" in made.pages[0].extract_text()


def test_a_logo_that_is_none_is_not_taken(owner: Browser) -> None:
    for bad in (b"<svg onload=alert(1)>", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"x" * 300_000):
        owner.get("/agency")
        page = owner.send("/agency", name="Badan", _files={"logo": (io.BytesIO(bad), "l.png")})
        assert page.status == 400
        assert "The logo" in page.text
    assert owner.get("/agency/logo").status == 404


def test_a_recommendation_comes_back_until_it_is_done(owner: Browser) -> None:
    report = f"/reports/evaluation?programme={SERVICE}&cohort=Angkatan+I"
    owner.get("/recommendations/new")
    page = owner.send(
        "/recommendations/new",
        text="<b>Sediakan</b> dana",
        owner="Sekretariat",
        due="2026-10-01",
        programme=SERVICE,
    )
    assert "Overdue" in page.text
    assert "<b>Sediakan" not in page.html
    assert "Sekretariat" in owner.get(report).text
    there = links(owner.get("/recommendations").html, "/recommendations/[0-9a-f]{8}-")[0]
    owner.get(there)
    assert owner.send(there, state="done").status == 400  # what came of it is missing
    owner.send(there, state="done", outcome="Dana tersedia")
    told = owner.get(report).text
    earlier = told.rindex("What came of earlier recommendations")
    assert told.rindex("Dana tersedia") > earlier > told.index("9. Recommendations")
    assert owner.get("/recommendations/0").status == 404


# Of many people -----------------------------------------------------------------------------


def test_hours_of_many_people_are_a_page_of_some_and_a_file_of_all(
    cast: Cast, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Rows(cast.tenant.id)
    for kind in ("nip", "ni_pppk"):
        for n in range(MOST + 30):
            rows.person(f"{kind} {n}", kind=kind)
            rows.employment(f"{kind} {n}", unit="Dinas Kominfo / Bidang Layanan")
    rows.write(cast.database)
    read: list[int] = []
    asked = papers.named

    def named(connection: Connection, tenant_id: int, people: Iterable[bytes]) -> Any:
        wanted = list(people)
        read.append(len(wanted))
        return asked(connection, tenant_id, wanted)

    monkeypatch.setattr(papers, "named", named)
    page = owner.get("/reports/hours")
    assert len(page.answer.data) < 150_000
    assert "The first 200 are listed" in page.text
    assert read == [MOST, MOST]
    lines = owner.get("/reports/hours/csv?table=3").answer.data.splitlines()
    assert len(lines) == MOST + 30 + 1
