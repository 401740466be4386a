"""The npm package `@xapi/xapi`, over both its ways to send, against the service as users run it.

Needs Node 18 or newer and npm, so that `make test` leaves it out and `make test-all`, which
installs the package (`make clients`), does not.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Server

FOLDER = Path(__file__).parent / "javascript"

pytestmark = pytest.mark.skipif(
    not os.environ.get("JEJAK_TEST_CLIENTS"), reason="runs in `make test-all` (needs Node)"
)


@pytest.mark.parametrize("adapter", ["axios", "fetch"])
def test_everything_the_javascript_client_can_do(server: Server, adapter: str) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "JEJAK_ENDPOINT": server.endpoint,
        "JEJAK_AUTHORIZATION": server.cast.key("all"),
        "JEJAK_ADAPTER": adapter,
    }
    run = subprocess.run(
        ["node", "--test", "--test-reporter=tap", "xapi.test.js"],
        cwd=FOLDER,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}\n{server.log.read_text()}"
    passed = re.search(r"^# pass (\d+)$", run.stdout, re.MULTILINE)
    assert passed is not None
    assert int(passed[1]) == 15
