"""Every curl command of README.md and docs/ works as written.

What a reader puts in is put in here: the address of the service for http://127.0.0.1:8080 and
https://lrs.example.org, a key with the scope `all` for KEY:SECRET and one with `practice/all` for
PRACTICE:SECRET. The blocks of code with curl
in them, indented or fenced and marked `sh`, run in their order on the page, in one empty folder,
so that a later one may use a file or a variable of an earlier one; curl must end with a success
each time.
"""

import os
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from textwrap import dedent

import pytest

from tests.conftest import Server

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCS = sorted(ROOT.joinpath("docs").rglob("*.md"))
ADDRESSES = re.compile(r"http://(127\.0\.0\.1|localhost):8080|https://lrs\.example\.org")
FENCED = r"^(?P<fence> *```)(?P<mark>\w*)\n(?P<fenced>(?s:.*?))^(?P=fence)$"
INDENTED = r"(?<=\n\n)(?P<indented>(?: {4}.*\n|\n(?= {4}))+)"
CODE = re.compile(f"{FENCED}|{INDENTED}", re.MULTILINE)
PREAMBLE = f"""
set -euo pipefail
curl() {{ command curl --silent --show-error --fail-with-body --max-time 20 "$@"; }}
jejak() {{ {sys.executable} -m lrs.cli "$@"; }}
"""

pytestmark = pytest.mark.skipif(
    not os.environ.get("JEJAK_TEST_CLIENTS") or shutil.which("curl") is None,
    reason="runs in `make test-all` (needs curl)",
)


def blocks(page: str) -> list[str]:
    """The shell blocks of a page that have a curl command."""
    found = [
        dedent(each["indented"] or each["fenced"])
        for each in CODE.finditer(page)
        if each["mark"] in (None, "sh")
    ]
    return [block for block in found if re.search(r"^curl |[|(] *curl ", block, re.MULTILINE)]


def walk(page: str, server: Server, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the curl blocks of a page as a reader would."""
    key = b64decode(server.cast.key("all").removeprefix("Basic ")).decode()
    script = PREAMBLE + "\n".join(blocks(page))
    practice = b64decode(server.cast.key("practice/all").removeprefix("Basic ")).decode()
    script = ADDRESSES.sub(server.url, script)
    script = script.replace("KEY:SECRET", key).replace("PRACTICE:SECRET", practice)
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**server.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    "page",
    [README, *(page for page in DOCS if blocks(page.read_text()))],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_curl_commands_of_the_documentation(server: Server, tmp_path: Path, page: Path) -> None:
    assert blocks(page.read_text())
    ran = walk(page.read_text(), server, tmp_path)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"


SAMPLE = """
Write a statement:

```sh
cat >statement.json <<'END'
{"actor": {"mbox": "mailto:sari@example.org"},
 "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
 "object": {"id": "https://course.example.org/course-1"}}
END
curl -u KEY:SECRET -H "X-Experience-API-Version: 1.0.3" -H "Content-Type: application/json" \\
  --data-binary @statement.json http://127.0.0.1:8080/xapi/statements
```

1. Read it:

   ```sh
   curl -u KEY:SECRET -H "X-Experience-API-Version: 2.0.0" \\
     "https://lrs.example.org/xapi/statements?limit=1"
   ```

And see what is spoken:

    curl http://127.0.0.1:8080/xapi/about

    curl http://127.0.0.1:8080/health

```sh
make run
```

```text
curl: (7) Failed to connect
```
"""


def test_a_command_that_fails_is_seen(server: Server, tmp_path: Path) -> None:
    assert [block.count("curl ") for block in blocks(SAMPLE)] == [1, 1, 2]
    ran = walk(SAMPLE, server, tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert '"mailto:sari@example.org"' in ran.stdout
    assert '"2.0.0"' in ran.stdout
    stale = SAMPLE.replace('-H "X-Experience-API-Version: 2.0.0"', "")
    assert walk(stale, server, tmp_path).returncode == 22
