"""The wheel holds all that runs and nothing of the tests."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("lrs", "schemas", "plugins")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Names of what the wheel holds, built from a copy: building leaves files behind."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "wsgi.py"):
        shutil.copy(ROOT / name, copy)
    for name in (*ROOMS, "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("node_modules"))
    alone = ("--no-deps", "--no-build-isolation", "--no-index")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", *alone, "-w", str(copy / "dist"), str(copy)],
        check=True,
    )
    (wheel,) = (copy / "dist").glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_everything_that_runs_is_packed(packed: list[str]) -> None:
    here = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert here | {"wsgi.py"} <= set(packed)


def test_tests_are_left_out(packed: list[str]) -> None:
    assert [name for name in packed if name.startswith("tests/")] == []
