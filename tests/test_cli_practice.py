"""What an operator asks of the practice side on the command line, and that the service does it."""

import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from lrs.cli.main import main
from lrs.store.engine import Database, run
from tests.conftest import Cast, Server
from tests.plugins.test_lms import course_completed
from tests.promises import parts


@pytest.fixture
def jejak(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("JEJAK_DATABASE_URL", database_url)
    return lambda *words: CliRunner().invoke(main, words)


def sent(cast: Cast, **changes: Any) -> str:
    identity = str(uuid.uuid4())
    parts.send(cast.database, parts.principal(cast), [course_completed(id=identity, **changes)])
    return identity


def cases(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(run(connection, "SELECT id, state FROM cases").all())


def test_an_operator_sees_who_reads_what(jejak: Callable[..., Result]) -> None:
    said = jejak("adapters", "list").output
    assert said.index("moodle") < said.index("cmi5") < said.index("adl")


def test_any_statement_can_be_asked_who_spoke_for_it(
    cast: Cast, jejak: Callable[..., Result]
) -> None:
    said = jejak("adapters", "explain", sent(cast), "--tenant", "agency").output
    assert "moodle spoke" in said
    assert "completed in https://lms.example.go.id/course/view.php?id=2" in said
    elsewhere = {"id": "https://course.example.org/1"}
    said = jejak("adapters", "explain", sent(cast, object=elsewhere), "--tenant", "agency").output
    assert "No adapter speaks for it" in said
    assert "adl passed: its object is not of the type course." in said


def test_a_statement_that_is_not_there_is_said_to_be_missing(
    cast: Cast, jejak: Callable[..., Result]
) -> None:
    told = jejak("adapters", "explain", str(uuid.uuid4()), "--tenant", "agency")
    assert told.exit_code == 1
    assert "Not found: a statement" in told.output


def test_cases_come_back_the_same_after_a_replay(
    cast: Cast, jejak: Callable[..., Result], database: Database
) -> None:
    sent(cast)
    assert "from 1 records" in jejak("replay", "--tenant", "agency").output
    before = cases(database)
    assert len(before) == 1
    jejak("replay", "--tenant", "agency")
    assert cases(database) == before


def test_the_service_opens_a_case_for_what_moodle_sends_by_itself(server: Server) -> None:
    headers = {
        "Authorization": server.cast.key("statements/write"),
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
    }
    body = json.dumps([course_completed(timestamp=datetime.now(UTC).isoformat())])
    answer = requests.post(f"{server.url}/xapi/statements", body, headers=headers, timeout=30)
    assert answer.status_code == 200
    patience = time.monotonic() + 30
    while not (found := cases(server.cast.database)) and time.monotonic() < patience:
        time.sleep(0.05)
    assert [state for _, state in found] == ["open"]
