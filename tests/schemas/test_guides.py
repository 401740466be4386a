"""The files that docs/adapters.md shows can be applied as they stand."""

import re
from pathlib import Path

import yaml

from lrs import hooks
from schemas import adapters
from schemas import hooks as mappings

GUIDE = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text("utf-8")
SHOWN = [yaml.safe_load(each) for each in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)]


def test_the_dialect_of_the_guide_can_be_applied() -> None:
    [tree] = [each for each in SHOWN if "adapters" in each]
    kinds = [rule["kind"] for each in adapters.load(tree) for rule in each["rules"]]
    assert kinds == ["completed", "attended", "nothing", "handed_in"]


def test_the_hook_of_the_guide_makes_a_statement() -> None:
    [tree] = [each for each in SHOWN if "statement" in each]
    event = {
        "petugas": {"nip": "198605022008091780", "nama": "Budi"},
        "tiket": {
            "id": 7,
            "status": "selesai",
            "kategori": "loket",
            "judul": "Antrean",
            "selesai_pada": "2026-11-20 09:30",
        },
    }
    made = hooks.preview(mappings.load(tree), event)
    assert made.problems == ()
    [statement] = made.statements
    assert statement["object"]["id"] == "https://tiket.example.go.id/loket/7"
    assert statement["context"]["contextActivities"]["other"][0]["id"].endswith("/prima/1")
