"""What is taught, and which run of it, told by the title of a course."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.practice.titles import key, part


@pytest.mark.parametrize(
    ("title", "run", "number", "year"),
    [
        ("Pelayanan Prima", None, None, None),
        ("Pelayanan Prima – Angkatan III", "Angkatan III", "angkatan 3", None),
        ("Pelayanan Prima Angkatan ke-3", "Angkatan 3", "angkatan 3", None),
        ("PELAYANAN PRIMA angkatan ketiga", "Angkatan ketiga", "angkatan 3", None),
        ("Pelayanan Prima (Angkatan III) 2026", "Angkatan III", "angkatan 3", 2026),
        ("Pelayanan Prima Batch 2", "Batch 2", "batch 2", None),
        ("Pelayanan Prima Angkatan CXLII", "Angkatan CXLII", "angkatan 142", None),
        ("Pelayanan Prima Angkatan I s.d. III", "Angkatan I–III", "angkatan 1–3", None),
        ("Pelayanan Prima Kelas C", "Kelas C", "kelas c", None),
        ("Pelayanan Prima - Gel. 1", "Gelombang 1", "gelombang 1", None),
        ("Pelayanan Prima Tahun 2026", None, None, 2026),
        ("Pelayanan Prima T.A. 2025/2026", None, None, 2025),
        ("[2025] Pelayanan Prima", None, None, 2025),
        ("Angkatan II: Pelayanan Prima", "Angkatan II", "angkatan 2", None),
        ("Pelayanan Prima III", "Angkatan III", "angkatan 3", None),
        ("Pelayanan Prima #2", "Angkatan 2", "angkatan 2", None),
        ("Pelayanan Prima, 2-13 Februari 2026", "2-13 Februari 2026", None, 2026),
        ("Pelayanan Prima Angkatan II Kelompok A", "Angkatan II Kelompok A", None, None),
    ],
)
def test_one_training_is_recognised_however_its_runs_are_named(
    title: str, run: str | None, number: str | None, year: int | None
) -> None:
    told = part(title)
    assert (told.key, told.run, told.year) == ("pelayanan prima", run, year)
    assert number is None or told.number == number


@pytest.mark.parametrize(
    "title",
    [
        "Pelatihan Kepemimpinan Nasional Tingkat II",
        "Latsar CPNS Golongan II dan III",
        "Diklat PIM IV",
        "Pengadaan Barang/Jasa Level 1",
        "Manajemen K3",
        "ISO 9001",
        "Vitamin C",
        "Kelas Jabatan",
        "Angkatan III",
        "2026",
    ],
)
def test_a_number_that_belongs_to_what_is_taught_stays(title: str) -> None:
    assert part(title).stem == title
    assert part(title).run is None


words = st.sampled_from(
    ["Pelayanan", "Arsip", "Audit", "Statistik", "Keuangan", "Étude", "e-Kinerja"]
)
runs = st.sampled_from(["Angkatan IV", "Batch 2", "Gel. 1", "(Angkatan 3)", "2026", "Tahun 2026"])


@given(st.lists(words, min_size=1, max_size=4).map(" ".join), st.lists(runs, max_size=3))
def test_whatever_runs_are_added_the_stem_is_the_same(stem: str, added: list[str]) -> None:
    assert part(f"{stem} {' - '.join(added)}").key == key(stem)


@given(st.text(max_size=120))
def test_any_text_is_parted_and_its_stem_holds_no_run(title: str) -> None:
    told = part(title)
    again = part(told.stem)
    assert told.key == key(told.stem)
    assert again.key == told.key or told.run is not None or told.year is not None
