"""Which tasks of an LMS ask for plans and reports."""

import json
from pathlib import Path

import pytest

from lrs.practice import submissions

CORPUS = Path(__file__).parent.parent / "data" / "moodle_statements.jsonl"


@pytest.mark.parametrize(
    ("title", "of"),
    [
        ("Rancangan Aktualisasi", "plan"),
        ("Tugas 3: Rencana Aksi", "plan"),
        ("Unggah RTL", "plan"),
        ("Rencana Tindak Lanjut (RTL) Angkatan II", "plan"),
        ("Laporan Aktualisasi", "project"),
        ("LAPORAN AKSI PERUBAHAN", "project"),
        ("Kuis Modul 1", None),
        ("Artlab", None),
    ],
)
def test_the_words_of_a_task_say_what_is_handed_in(title: str, of: str | None) -> None:
    found = submissions.taken_for(title)
    assert (found and found[0]) == of


def test_of_all_that_moodle_sends_only_submissions_count() -> None:
    trees = [json.loads(line) for line in CORPUS.read_text().splitlines()]
    for n, tree in enumerate(trees):
        tree.setdefault("id", str(n))
    found = [each for each in map(submissions.propose, trees) if each is not None]
    assert {(each.title, each.of) for each in found} == {("Rencana Aksi", "plan")}
    assert all(each.course and "/course/view.php" in each.course for each in found)
