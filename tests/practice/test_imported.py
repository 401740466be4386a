"""Days, marks and names as people write them into lists."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.practice import imported
from lrs.practice.imported import Act

MONTHS = (
    "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split()
)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-12",
        "2026/3/12",
        "2026-03-12 10:15",
        "2026-03-12T10:15:00",
        "12/03/2026",
        "12-3-26",
        "12.03.2026",
        "12 / 03 / 2026",
        "12 Maret 2026",
        "12 maret  2026",
        "12 Mar 26",
        "12-Mar-2026",
        "Kamis, 12 Maret 2026",
        "Jum'at, 12 Maret 2026",
        "Thursday, 12 March 2026, 10:15 AM",
        "March 12, 2026",
        "tanggal 12 Maret 2026",
        "12 Maret 2026 14.00 WIB",
        "46093",  # as a spreadsheet counts days
        "1773280000",  # as Moodle counts seconds
    ],
)
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert imported.day(text) == date(2026, 3, 12)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("10 s.d. 14 Maret 2026", date(2026, 3, 10), date(2026, 3, 14)),
        ("10 s/d 14 Maret 2026", date(2026, 3, 10), date(2026, 3, 14)),
        ("10-14 Maret 2026", date(2026, 3, 10), date(2026, 3, 14)),
        ("10 – 14 Maret 2026", date(2026, 3, 10), date(2026, 3, 14)),
        ("10 sampai dengan 14 Maret 2026", date(2026, 3, 10), date(2026, 3, 14)),
        ("28 Februari s.d. 3 Maret 2026", date(2026, 2, 28), date(2026, 3, 3)),
        ("28 Desember - 3 Januari 2026", date(2025, 12, 28), date(2026, 1, 3)),
        ("10/03/2026 - 14/03/2026", date(2026, 3, 10), date(2026, 3, 14)),
        ("2026-03-10 s.d. 2026-03-14", date(2026, 3, 10), date(2026, 3, 14)),
    ],
)
def test_of_several_days_the_first_and_the_last_are_read(
    text: str, first: date, last: date
) -> None:
    assert imported.span(text) == (first, last)


@pytest.mark.parametrize("text", ["", "kemarin", "03/25/2026", "31 Februari 2026", "2026", "12"])
def test_what_is_no_day_is_told_with_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="day first"):
        imported.day(text)


@given(st.dates(date(1970, 1, 1), date(2069, 12, 31)))
def test_every_way_of_writing_a_day_means_that_day(day: date) -> None:
    d, m, y = day.day, day.month, day.year
    for text in (
        day.isoformat(),
        f"{d}/{m}/{y}",
        f"{d:02}-{m:02}-{y % 100:02}",
        f"{d} {MONTHS[m - 1]} {y}",
        f"{d} {MONTHS[m - 1][:3]} {y}",
    ):
        assert imported.day(text) == day, text


@given(st.text(alphabet="0123456789 /-.,sdSampaiMret:", max_size=40))
def test_whatever_is_written_is_a_day_or_told(text: str) -> None:
    try:
        first, last = imported.span(text)
    except ValueError:
        return
    assert first <= last


def test_marks_and_results_are_known_and_the_rest_is_nothing() -> None:
    assert [imported.mark(each) for each in ("V", "ya.", " hadir ", "-", "", "tidak", "12")] == [
        *(True, True, True, False, False, False, None)
    ]
    assert imported.status("LULUS (Sangat Memuaskan)") == (True, "completed")
    assert imported.status("Tidak Lulus - sakit") == (True, None)
    assert imported.status("Belum selesai") == (True, "enrolled")
    assert imported.status("dari Dinas Kesehatan") == (False, None)


def test_names_are_compared_without_degrees() -> None:
    assert {
        imported.bare_name(each)
        for each in ("Dr. Ir. H. Budi Santoso, S.E., M.M.", "BUDI SANTOSO", "Budi Santoso S.Kom")
    } == {"budi santoso"}


def test_a_file_called_by_a_number_is_not_named_by_it() -> None:
    agent = imported.person_agent(bytes(16))
    act = Act(kind="completed", course="https://a.example/c", on=date(2026, 3, 12))
    made = imported.statement(1, agent, act, file="199001012015011001.csv", row=2)
    assert "199001012015011001" not in str(made)
    assert made["id"] == imported.statement(1, agent, act, file="b.csv", row=9)["id"]
