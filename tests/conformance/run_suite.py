"""Run the ADL conformance suite against Jejak: `make conformance SUITE=<folder> [DB=…]`.

The suite (adlnet/lrs-conformance-test-suite, with its npm dependencies installed) is kept outside
this repository. Each version of the standard gets a fresh server with a fresh store, on SQLite or
what `DB` names, with JEJAK_ASSUMED_VERSION set to the version: the two suites expect different
version headers on the refusal of a request that names none. Exits non-zero unless all tests pass.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lrs.store import accounts, engine
from tests import databases
from tests.serving import serving

VERSIONS = ("1.0.3", "2.0.0")
LONGEST = 600


def main(suite: str, dialect: str = "sqlite") -> int:
    """Both versions; the exit code."""
    runner = Path(suite) / "bin" / "console_runner.js"
    if not suite or not runner.is_file():
        print("Name the suite's folder: make conformance SUITE=../lrs-conformance-test-suite")
        return 2
    good = [run(runner, version, dialect) for version in VERSIONS]
    return 0 if all(good) else 1


def run(runner: Path, version: str, dialect: str) -> bool:
    """One version; whether every test passed."""
    with (
        tempfile.TemporaryDirectory() as folder,
        databases.new(dialect, Path(folder)) as url,
        serving(
            Path(folder), {"JEJAK_DATABASE_URL": url, "JEJAK_ASSUMED_VERSION": version}
        ) as served,
    ):
        public, secret = first_key(url)
        started = time.monotonic()
        asked = ["-e", served.endpoint, "-a", "-u", public, "-p", secret, "-x", version, "-z"]
        ran = subprocess.run(
            ["node", "bin/console_runner.js", *asked],
            cwd=runner.parents[1],
            env={name: value for name, value in os.environ.items() if "JEJAK" not in name},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        took = time.monotonic() - started
        trouble = [line for line in served.log.read_text().splitlines() if "level=error" in line]
    totals = re.findall(r'\{"total":.*?\}', ran.stdout)
    if not totals:
        print(f"xAPI {version} on {dialect}: the suite did not run\n{ran.stdout}{ran.stderr}")
        return False
    counted = json.loads(totals[-1])
    print(
        f"xAPI {version} on {dialect}: {counted['passed']} of {counted['total']} passed"
        f" in {took:.0f} s"
    )
    for told in failures(ran.stdout):
        print(f"  {told}")
    for line in trouble:
        print(f"  server: {line}")
    return ran.returncode == 0 and counted["passed"] == counted["total"] > 0 and not trouble


def first_key(url: str) -> tuple[str, str]:
    """Public name and secret of a key that may do everything."""
    with closing(engine.connect(url)) as database:
        made = database.write(lambda c: accounts.first_run(c, now=datetime.now(UTC)))
    assert made is not None
    return made.key.public, made.secret


def failures(output: str) -> Iterator[str]:
    """What failed and why, from the log file that the suite says it wrote."""
    named = re.search(r"Full run log written to (.+)", output)
    if named:
        yield from _failures(json.loads(Path(named[1].strip()).read_text()).get("log") or {})


def _failures(node: dict[str, Any]) -> Iterator[str]:
    inner = [test for test in node.get("tests", []) if test]
    if not inner and node.get("status") == "failed":
        error = " ".join(str(node.get("error")).split())
        yield f"{node.get('requirement') or ''} {node.get('title')}: {error[:300]}"
    for test in inner:
        yield from _failures(test)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
