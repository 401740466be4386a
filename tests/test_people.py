"""Lists of people that come in, and decisions on who is who."""

from collections.abc import Callable
from datetime import date
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lrs import identities, people, projector, spreadsheets
from lrs.adapters import Adapters
from lrs.cli.main import main
from lrs.errors import Conflict, NotFound, Refused
from lrs.people import Outcome, Reading
from lrs.practice import names
from lrs.practice.cases import days
from lrs.practice.people import Person
from lrs.store import register
from lrs.store.engine import run
from tests import make
from tests.conftest import Cast
from tests.plugins.test_lms import course_completed
from tests.promises import parts

SARI, BUDI, ANI = "199001012015011001", "198502022010012002", "197003031995031003"
HEADINGS = "nip,nama,unit,jabatan,nip_atasan,email\n"
SARI_ROW = f"{SARI},Sari Dewi,Dinas / Bidang A,Analis,{BUDI},sari@example.org\n"
BUDI_ROW = f"{BUDI},Budi,Dinas / Bidang A,Kepala,,budi@example.org\n"
TODAY = date(2026, 3, 1)


def take(
    cast: Cast, text: str, work: Callable[..., Outcome] = people.import_people, **reading: Any
) -> Outcome:
    sheet = spreadsheets.read(text.encode(), "list.csv")

    def enter(connection: Any) -> Outcome:
        outcome = work(connection, cast.tenant.id, sheet, Reading(today=TODAY, **reading))
        register.append(connection, cast.tenant.id, outcome.facts, "admin")
        return outcome

    return cast.database.write(enter)


def known(cast: Cast, number: str) -> tuple[bytes, Person]:
    digest = names.identifier(cast.tenant.id, "nip", number)
    with cast.database.read() as connection:
        (person,) = register.holders(connection, cast.tenant.id, [digest])[digest]
        return person, register.people(connection, cast.tenant.id, [person])[person]


def counted(outcome: Outcome) -> tuple[int, int, int]:
    return outcome.new, outcome.changed, outcome.unchanged


def test_a_list_brings_people_units_and_superiors_in_whatever_order(cast: Cast) -> None:
    outcome = take(cast, HEADINGS + SARI_ROW + BUDI_ROW)
    assert (counted(outcome), outcome.problems, outcome.notes) == ((2, 0, 0), [], [])
    boss, _ = known(cast, BUDI)
    _, sari = known(cast, SARI)
    post = sari.post(days(TODAY))
    assert post is not None
    assert (post.superior, post.superior_state, post.title) == (boss, "confirmed", "Analis")
    with cast.database.read() as connection:
        assert [path for path, _ in register.units(connection, cast.tenant.id).values()] == [
            "Dinas / Bidang A"
        ]


def test_the_same_list_again_enters_nothing(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW + BUDI_ROW)
    outcome = take(cast, HEADINGS + SARI_ROW + BUDI_ROW)
    assert (counted(outcome), outcome.facts) == ((0, 0, 2), [])


def test_a_later_list_enters_only_what_changed_from_that_day_on(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW + BUDI_ROW)
    moved = SARI_ROW.replace("Bidang A", "Bidang B")
    assert counted(take(cast, HEADINGS + moved + BUDI_ROW)) == (0, 1, 1)
    _, sari = known(cast, SARI)
    assert [(each.last, each.ended) for each in sari.posts] == [
        (days(TODAY) - 1, "moved"),
        (None, None),
    ]


def test_who_retired_is_not_put_in_office_again_by_an_old_list(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW + BUDI_ROW)
    gone = f"nip,peristiwa,tanggal\n{SARI},pensiun,01/02/2026\n"
    assert counted(take(cast, gone, people.import_events)) == (0, 1, 0)
    assert counted(take(cast, gone, people.import_events)) == (0, 0, 1)
    outcome = take(cast, HEADINGS + SARI_ROW)
    assert outcome.facts == []
    assert "they left (retired)" in outcome.notes[0]
    _, sari = known(cast, SARI)
    assert sari.left is not None


def test_a_move_in_a_list_of_events_keeps_what_it_does_not_name(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW + BUDI_ROW)
    take(
        cast,
        f"nip,peristiwa,tanggal,unit\n{SARI},promosi,2026-02-01,Dinas / Bidang C\n",
        people.import_events,
    )
    _, sari = known(cast, SARI)
    before, after = sari.posts
    assert (before.ended, after.title, after.first) == (
        "promoted",
        "Analis",
        days(date(2026, 2, 1)),
    )


def test_a_row_with_a_fault_is_told_by_row_and_column_and_the_others_are_entered(
    cast: Cast,
) -> None:
    text = (
        HEADINGS
        + BUDI_ROW
        + "1990,Sari,,,,\n"
        + f"{SARI},Sari,Dinas,Analis,{SARI},\n"
        + f"{BUDI},Budi lagi,,,,\n"
        + ",Tanpa Nomor,,,,\n"
        + f"{ANI},Ani,,,,not a mail\n"
    )
    outcome = take(cast, text)
    assert [problem.path for problem in outcome.problems] == [
        "row 3, nip",
        "row 5, nip",
        "row 6, nip",
        "row 7, email",
        "row 4, nip_atasan",
    ]
    assert counted(outcome) == (1, 0, 0)


def test_a_unit_of_a_row_left_out_is_there_for_the_next(cast: Cast) -> None:
    bad = f"{SARI},Sari,Dinas Baru,Analis,{SARI},\n"
    take(cast, HEADINGS + bad + f"{ANI},Ani,Dinas Baru,Analis,,\n")
    with cast.database.read() as connection:
        assert len(register.units(connection, cast.tenant.id)) == 1


def test_a_number_and_a_mail_of_two_people_are_never_put_together(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW + BUDI_ROW)
    outcome = take(cast, HEADINGS + f"{SARI},Sari,,,,budi@example.org\n")
    assert "two different people" in outcome.problems[0].message
    outcome = take(cast, HEADINGS + f"{ANI},Ani,,,,budi@example.org\n")
    assert "somebody with another number" in outcome.problems[0].message
    assert outcome.facts == []


def test_two_people_of_one_name_stay_two(cast: Cast) -> None:
    outcome = take(cast, f"nip,nama\n{SARI},Sri\n{ANI},Sri\n")
    assert counted(outcome) == (2, 0, 0)
    assert known(cast, SARI)[0] != known(cast, ANI)[0]


def test_moodles_own_download_gives_everybody_their_account(cast: Cast) -> None:
    text = (
        "id,username,email,firstname,lastname,idnumber,institution,department,phone1\n"
        f"7,sari.dewi,sari@example.org,Sari,Dewi,{SARI},Dinas,Bidang A,0811\n"
    )
    take(cast, text, home="https://lms.example.go.id")
    _, sari = known(cast, SARI)
    assert (sari.name, sari.facts["phone"]) == ("Sari Dewi", "0811")
    assert ("account", "https://lms.example.go.id\n7") in {
        (each.kind, each.text) for each in sari.identifiers
    }


def test_a_list_tells_in_which_language_letters_to_somebody_are(cast: Cast) -> None:
    outcome = take(
        cast, f"nip,nama,Bahasa\n{SARI},Sari,Inggris\n{ANI},Ani,\n,Budi,\n{BUDI},Budi,Jawa\n"
    )
    assert known(cast, SARI)[1].facts["language"] == "en"
    assert "language" not in known(cast, ANI)[1].facts
    assert sorted(each.path for each in outcome.problems) == ["row 4, nip", "row 5, Bahasa"]
    assert any("'jawa' is none of id, indonesia" in each.message for each in outcome.problems)
    # Moodle's own column says what its site began with, and nobody chose.
    take(cast, f"idnumber,name,lang\n{ANI},Ani,en\n")
    assert "language" not in known(cast, ANI)[1].facts


def test_a_list_without_the_columns_it_needs_is_told_which(cast: Cast) -> None:
    with pytest.raises(Refused, match="no column for number"):
        take(cast, "nama\nSari\n")
    with pytest.raises(Refused, match="There is no column Nomor"):
        take(cast, "nama\nSari\n", columns={"number": "Nomor"})
    assert counted(take(cast, f"nama,N\nSari,{SARI}\n", columns={"number": "N"})) == (1, 0, 0)


def cases(cast: Cast) -> list[tuple[Any, ...]]:
    projector.catch_up(cast.database, cast.tenant, Adapters.installed())
    with cast.database.read() as connection:
        rows = run(connection, "SELECT subject, matched FROM cases").all()
    return sorted((bytes(subject), matched) for subject, matched in rows)


def completed(cast: Cast, actor: Any) -> None:
    parts.send(cast.database, parts.principal(cast), [course_completed(actor=actor)])


def test_a_completion_that_came_before_the_list_finds_its_person_and_loses_them_again(
    cast: Cast,
) -> None:
    completed(cast, make.agent("sari"))
    ((unknown, matched),) = cases(cast)
    assert matched == 0
    take(cast, HEADINGS + SARI_ROW)
    sari, _ = known(cast, SARI)
    assert cases(cast) == [(sari, 1)]
    mail = ("mbox", "mailto:sari@example.org")
    cast.database.write(lambda c: people.refuse(c, cast.tenant.id, sari, mail, "admin"))
    assert cases(cast) == [(unknown, 0)]
    assert "decided before" in take(cast, HEADINGS + SARI_ROW).notes[0]
    assert cases(cast) == [(unknown, 0)]


def test_a_mailbox_and_its_sum_are_confirmed_and_refused_together(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW)
    sari, _ = known(cast, SARI)
    mail = ("mbox", "mailto:other@example.org")
    summed = {"mbox_sha1sum": sha1(mail[1].encode()).hexdigest()}
    completed(cast, summed)
    assert cases(cast)[0][1] == 0
    cast.database.write(lambda c: people.confirm(c, cast.tenant.id, sari, mail, "admin"))
    assert cases(cast) == [(sari, 1)]
    cast.database.write(lambda c: people.refuse(c, cast.tenant.id, sari, mail, "admin"))
    assert cases(cast)[0][1] == 0


def test_an_account_named_by_a_number_is_proposed_and_only_a_human_confirms_it(
    cast: Cast, jejak: Callable[..., Result]
) -> None:
    take(cast, HEADINGS + SARI_ROW + BUDI_ROW)
    completed(cast, make.account(SARI, "https://lms.example.go.id") | {"name": "Budi"})
    ((_, matched),) = cases(cast)
    assert matched == 0
    sari, _ = known(cast, SARI)
    assert "named by their number" in jejak("people", "unknown", "--tenant", "agency").output
    assert cases(cast)[0][1] == 0
    said = jejak("people", "unknown", "--confirm", "--tenant", "agency").output
    assert "Confirmed 1." in said
    assert cases(cast) == [(sari, 1)]


def test_a_like_name_proposes_nobody(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW)
    completed(cast, make.account("u77", "https://lms.example.go.id") | {"name": "Sari Dewi"})
    cases(cast)
    with cast.database.read() as connection:
        (found,) = identities.unknown(connection, cast.tenant.id)
    assert (found.name, found.candidates) == ("Sari Dewi", ())


def test_an_identifier_of_one_person_is_not_given_to_another(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW + BUDI_ROW)
    budi, _ = known(cast, BUDI)
    mail = ("mbox", "mailto:sari@example.org")
    with pytest.raises(Conflict, match="confirmed to mean the person"):
        cast.database.write(lambda c: people.confirm(c, cast.tenant.id, budi, mail, "admin"))


def test_two_entries_of_one_person_are_merged_and_parted_again(cast: Cast) -> None:
    take(cast, HEADINGS + SARI_ROW + BUDI_ROW)
    sari, budi = known(cast, SARI)[0], known(cast, BUDI)[0]
    completed(cast, make.agent("sari"))

    def write(work: Callable[..., None], *who: bytes) -> None:
        cast.database.write(lambda c: work(c, cast.tenant.id, *who, "admin"))

    write(people.merge, sari, budi)
    assert cases(cast) == [(budi, 1)]
    with pytest.raises(Conflict, match="merged into another before"):
        write(people.merge, budi, sari)
    write(people.part, sari)
    assert cases(cast) == [(sari, 1)]
    with pytest.raises(NotFound):
        write(people.part, sari)
    with pytest.raises(Conflict, match="the same person"):
        write(people.merge, sari, sari)


@pytest.fixture
def jejak(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)
    return lambda *words: CliRunner().invoke(main, words)


def test_on_the_command_line_a_list_is_tried_entered_and_found(
    cast: Cast, jejak: Callable[..., Result], tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(HEADINGS + SARI_ROW + BUDI_ROW + "1990,Salah,,,,\n", encoding="utf-8")
    words = ("people", "import", str(file), "--tenant", "agency")
    tried = jejak(*words, "--dry-run")
    assert "Nothing was entered. It would be: 2 new" in tried.output
    assert "Left out: row 4, nip: The number has 4 digits" in tried.output
    assert tried.exit_code == 1
    assert "Sari" not in jejak("people", "find", "sari", "--tenant", "agency").output
    assert "Entered: 2 new, 0 changed, 0 unchanged, 1 rows left out." in jejak(*words).output
    assert "Dinas / Bidang A" in jejak("people", "find", "sari", "--tenant", "agency").output
