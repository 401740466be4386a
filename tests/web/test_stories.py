"""Stories of form F: drawn by lot, written down, and told only by who agreed."""

import io
import uuid
from collections.abc import Callable
from datetime import date, timedelta

import pypdf
import pytest
from sqlalchemy import Connection, delete

from lrs import casework, rights, stories
from lrs.practice import names
from lrs.practice.cases import days
from lrs.store import accounts, audit, papers, tables
from lrs.web import copies
from tests.agency import DONE, HEAD, IRI, Agency, graduated
from tests.conftest import NOW, Cast
from tests.rows import Rows, programme
from tests.web.conftest import Browser, Clock

STAFF = uuid.UUID(int=1, version=4).bytes
COURSE = programme(cohorts=("Angkatan I",))
PART = f"programme={COURSE.iri}&cohort=Angkatan+I"


@pytest.fixture
def agency(cast: Cast) -> Rows:
    """Eight that apply it and last, five of whom it is known that they do not."""
    rows = Rows(cast.tenant.id)
    rows.programme(COURSE)
    for n in range(13):
        who = f"Alumni {n}"
        rows.person(who)
        case = rows.case(COURSE, who=who, cohort="Angkatan I")
        case.outcome(applied=20, lasting=120) if n < 8 else case.outcome(known_not=90)
    rows.write(cast.database)
    return rows


@pytest.fixture
def office(cast: Cast, clock: Clock) -> Agency:
    """An agency whose two people completed the course, half a year on."""
    made = graduated(cast)
    clock.now = made.after(180)
    return made


def test_who_has_the_seed_draws_the_same_cases(cast: Cast, agency: Rows) -> None:
    day = date(2026, 11, 27)
    made = cast.database.write(
        lambda c: stories.draw(c, cast.tenant.id, COURSE.iri, "Angkatan I", day=day, by="user:siti")
    )
    assert (len(made.best), len(made.hard), made.of_best, made.of_hard) == (3, 3, 8, 5)
    with cast.database.read() as connection:
        found = papers.candidates(
            connection,
            cast.tenant.id,
            names.programme(cast.tenant.id, COURSE.iri),
            "Angkatan I",
            30_000,
        )
        assert stories.drawn(connection, cast.tenant.id, COURSE.iri, "Angkatan I") == made
    best = sorted((stories.lot(made.seed, c.case), c.case.hex()) for c in found if c.best)
    assert [case for _, case in best[:3]] == list(made.best)


def test_drawing_again_is_another_lot_and_both_are_kept(cast: Cast, agency: Rows) -> None:
    def draw() -> str:
        return cast.database.write(
            lambda c: stories.draw(
                c, cast.tenant.id, COURSE.iri, "", day=date(2026, 11, 27), by="user:siti"
            )
        ).seed

    assert draw() != draw()


def test_cases_are_drawn_and_sheets_printed(
    office: Agency, signed_in: Callable[..., Browser]
) -> None:
    first, second = (row["id"] for row in office.rows())
    day = days(DONE.date())
    known = {first: (day + 20, day + 90, None), second: (None, None, day + 90)}

    def work(connection: Connection) -> None:
        connection.execute(delete(tables.outcomes))
        for case, (applied, lasting, known_not) in known.items():
            connection.execute(
                tables.outcomes.insert().values(
                    case_id=case,
                    behaviour=names.ZERO,
                    tenant_id=office.tenant.id,
                    applied_day=applied,
                    applied_tier="7b",
                    lasting_day=lasting,
                    known_not_day=known_not,
                    contact_day=day + 90,
                )
            )

    office.database.write(work)
    part = f"programme={IRI}&cohort=Angkatan+I"
    admin = signed_in("admin")
    admin.get(f"/stories?{part}")
    page = admin.send("/stories/draw")
    assert page.status == 200
    assert page.text.count("1 of 1") == 2
    assert page.text.count("Not told yet") == 2
    made = pypdf.PdfReader(io.BytesIO(admin.get(f"/stories/sheets?{part}").answer.data))
    text = " ".join(" ".join(each.extract_text() for each in made.pages).split())
    assert text.count("What of the training was used, and how?") == 2
    assert "I agree that my story is told" in text
    assert "Staf 01" in text
    # Of whom what is held is only kept, an evaluator finds nothing in the lot, or in another.
    told = {"why": "Sengketa.", "by": "admin", "now": NOW}
    office.do(rights.restrict, STAFF, **told)
    evaluator = signed_in("evaluator")
    assert "Staf 01" not in evaluator.get(f"/stories?{part}").text
    case = next(row["id"].hex() for row in office.rows() if row["subject"] == STAFF)
    assert evaluator.get(f"/stories/{case}").status == 404
    assert admin.get(f"/stories/{case}").status == 200
    evaluator.get(f"/stories?{part}")
    evaluator.send("/stories/draw")
    assert "1 of 1" in evaluator.get(f"/stories?{part}").text
    assert "0 of 0" in evaluator.get(f"/stories?{part}").text


def test_who_may_not_write_answers_draws_nothing(
    agency: Rows, signed_in: Callable[..., Browser]
) -> None:
    for role in ("reviewer", "head", "operator"):
        assert signed_in(role).get(f"/stories?{PART}").status == 403


def test_a_story_is_shown_only_when_its_teller_agreed(
    office: Agency, signed_in: Callable[..., Browser]
) -> None:
    case = next(row["id"] for row in office.rows() if row["subject"] == STAFF).hex()
    admin = signed_in("admin")
    report = f"/reports/stories?programme={IRI}"
    for agreed, named in ((False, False), (True, False), (True, True)):
        admin.get(f"/stories/{case}?kind=best")
        form = admin.page.form(f"/stories/{case}")
        told = {"used": "<i>Antrean</i> dibagi dua", "chosen": "best"}
        more = {"agreed": "yes"} if agreed else {}
        more |= {"named": "yes"} if named else {}
        form.fields.pop("agreed", None)
        form.fields.pop("named", None)
        page = admin.post(f"/stories/{case}", {**form.fields, **told, **more})
        assert page.status_code == 303, page.get_data(as_text=True)
        office.catch_up()
        shown = admin.get(report)
        assert ("Antrean" in shown.text) is agreed
        assert ("Staf 01" in shown.text) is named
        assert "<i>Antrean" not in shown.html


def test_a_story_needs_what_the_form_needs(
    office: Agency, signed_in: Callable[..., Browser]
) -> None:
    case = next(row["id"] for row in office.rows() if row["subject"] == STAFF).hex()
    admin = signed_in("admin")
    admin.get(f"/stories/{case}?kind=best")
    assert admin.send(f"/stories/{case}").status == 400
    assert admin.get(f"/stories/{'0' * 32}").status == 404


# A copy of what is held ----------------------------------------------------------------------


def test_everybody_gets_a_copy_of_their_own_and_the_admin_anybodys(
    office: Agency, cast: Cast, signed_in: Callable[..., Browser]
) -> None:
    someone = str(uuid.UUID(bytes=STAFF))
    learner = signed_in("learner")
    assert learner.get(f"/copies/{someone}").status == 404
    office.database.write(lambda c: accounts.change_user(c, cast.tenant, "learner", person=STAFF))
    assert learner.get(f"/copies/{someone}").status == 200
    assert learner.get(f"/copies/{uuid.UUID(bytes=HEAD)}").status == 404
    assert signed_in("reviewer").get(f"/copies/{someone}").status == 404
    assert signed_in("admin").get(f"/copies/{someone}/pdf").answer.data.startswith(b"%PDF-")
    with office.database.read() as connection:
        found = audit.page(connection, cast.tenant.id, action="copy/")
    assert [(each.who, each.action) for each in found] == [
        ("user:admin", "copy/exported"),
        ("user:learner", "copy/seen"),
    ]


def test_a_copy_holds_all_that_is_theirs_and_nothing_that_others_said_of_them(
    office: Agency, signed_in: Callable[..., Browser]
) -> None:
    case = next(row["id"] for row in office.rows() if row["subject"] == STAFF).hex()
    for role, rater, note in (
        ("self", STAFF, "Kata saya"),
        ("superior", HEAD, "Kata atasan"),
    ):
        filled = casework.Filled(
            form="D",
            role=role,
            observed_on=DONE.date(),
            submission=str(uuid.uuid4()),
            case=case,
            rater=str(uuid.UUID(bytes=rater)),
            whole={"barriers": ["funds"], "note": note},
        )
        office.do(casework.answer, filled, now=office.now)
    admin = signed_in("admin")
    answer = admin.get(f"/copies/{uuid.UUID(bytes=STAFF)}/json").answer
    held = answer.get_json()
    assert held["person"]["name"] == "Staf 01"
    assert [each["verb"]["id"] for each in held["records"]][:1] == [
        "http://adlnet.gov/expapi/verbs/completed"
    ]
    assert [each["programme"] for each in held["cases"]] == ["Pelayanan Prima"]
    assert [each["role"] for each in held["answered_by_them"]] == ["self"]
    assert held["answered_about_them_by_others"] == 1
    assert "Kata atasan" not in answer.get_data(as_text=True)
    assert {each["kind"] for each in held["register"]} == {"person", "identifier", "post"}


def test_the_page_of_a_copy_reads_some_records_and_its_files_all(
    office: Agency, signed_in: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        office.complete("Staf 01", at=DONE + timedelta(days=n + 1))
    monkeypatch.setattr(copies, "COUNTED", 2)
    admin, path = signed_in("admin"), f"/copies/{uuid.UUID(bytes=STAFF)}"
    assert "2 more are not counted here" in admin.get(path).text
    assert len(admin.get(f"{path}/json").answer.get_json()["records"]) == 4
