"""A module that the import contract does not name could import whatever it liked."""

import configparser
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_module_has_a_floor() -> None:
    written = configparser.ConfigParser()
    written.read(ROOT / "setup.cfg")
    floors = set(re.findall(r"[\w.]+", written["importlinter:contract:floors"]["layers"]))
    lrs = ROOT / "lrs"
    rooms = {f"lrs.{path.stem}" for path in lrs.glob("*.py") if path.stem != "__init__"}
    rooms |= {f"lrs.{path.parent.name}" for path in lrs.glob("*/__init__.py")}
    assert rooms - floors == set()
