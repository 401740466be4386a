"""No committed file names the machine it was written on, or where packages came from."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Spelled so that this file does not name what it looks for.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"(?<![\w.])/" + r"(work|root|home/[a-z]+|Users/[A-Za-z]+|opt/(pypi|wheels)[\w-]*)/",
            r"pypi" + r"\.org",
            r"files\." + r"pythonhosted",
            r"registry\." + r"npmjs",
            r"^\s*--(extra-)?" + r"index-url",
            r'"resol' + r'ved":',
        ]
    ),
    re.MULTILINE,
)


def committed() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout: nothing here is committed")
    return [name for name in listed.stdout.split("\0") if name]


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = []
    for name in committed():
        path = ROOT / name
        if not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{name}: {match[0].strip()}" for match in FORBIDDEN.finditer(text)]
    assert found == []
