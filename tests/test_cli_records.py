"""The operator's commands over what was refused, and over archives, as typed."""

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from lrs.cli import records as commands
from lrs.context import Context
from lrs.errors import JejakError
from lrs.settings import Settings
from lrs.store.accounts import Kindness
from lrs.store.engine import Database
from lrs.xapi.repairs import REPAIRS
from tests import make
from tests.conftest import Cast, Client
from tests.test_refusals import BAD, event, lost_batch, send, spelt, stored

Run = Callable[..., Result]
Jejak = Callable[..., str]


@pytest.fixture
def run(database: Database, settings: Settings, cast: Cast) -> Run:
    """Type a command, in the tenant `agency` unless it says another."""
    main = click.Group(commands={each.name or "": each for each in commands.commands})
    context = Context(settings=settings, database=database)

    def typed(*words: Any, tenant: str = "agency", stdin: str | bytes = "") -> Result:
        line = [*map(str, words), "--tenant", tenant]
        return CliRunner().invoke(main, line, obj=context, input=stdin)

    return typed


@pytest.fixture
def jejak(run: Run) -> Jejak:
    """The output of a command that must succeed."""

    def typed(*words: Any, **more: Any) -> str:
        result = run(*words, **more)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.stdout

    return typed


def lost(client: Client) -> None:
    """A batch of three, the second of them bad."""
    send(client, [spelt(event(n, **(BAD if n == 1 else {}))) for n in range(3)], 400)


def numbers(jejak: Jejak, *words: str) -> list[int]:
    return [
        row["number"] for row in json.loads(jejak("refused", "list", "--json", *words))["refused"]
    ]


def test_every_command_says_what_it_is_for() -> None:
    for group in commands.commands:
        for command in getattr(group, "commands", {"": group}).values():
            assert command.help
            assert len(command.help) > 40
            for option in command.params:
                assert not isinstance(option, click.Option) or option.help, option.name


def test_from_refusal_to_replay(
    jejak: Jejak, run: Run, client: Client, database: Database, cast: Cast
) -> None:
    send(client, lost_batch().statements, 400)
    listed = jejak("refused", "list", "--state", "refused")
    assert "result.response: " in listed
    assert listed.endswith("2: 2 refused of lms.\n")
    assert "43: 41 bystander of lms, 2 refused of lms." in jejak("refused", "list")
    bad, twin = numbers(jejak, "--state", "refused")
    shown = jejak("refused", "show", bad)
    assert "result.response" in shown
    assert '"response": null' in shown
    told = jejak("refused", "mend", bad, twin, "--repair", "result-response-null")
    assert told == f"{bad} is mended.\n{twin} is mended.\n"
    assert "Mended:" in jejak("refused", "show", bad)
    assert jejak("refused", "replay", "--mended") == "43 stored, 0 stored by the sender since.\n"
    assert len(stored(database, cast)) == 43
    assert jejak("refused", "list") == "Nothing.\n"
    assert "43: 43 replayed of lms." in jejak("refused", "list", "--state", "all")


def test_list_filters(jejak: Jejak, run: Run, client: Client, cast: Cast) -> None:
    cast.another_source("other")
    lost(client)
    assert len(numbers(jejak)) == 3
    assert numbers(jejak, "--source", "other") == []
    assert len(numbers(jejak, "--since", "2026-01-01")) == 3
    assert numbers(jejak, "--since", "2126-01-01T00:00:00+07:00") == []
    assert len(numbers(jejak, "--limit", "2")) == 2
    assert "2 of 3: " in jejak("refused", "list", "--limit", "2")
    assert run("refused", "list", "--since", "yesterday").exit_code == 2
    missing = run("refused", "list", "--source", "nobody")
    assert isinstance(missing.exception, JejakError)
    counts = json.loads(jejak("refused", "list", "--json"))["counts"]
    assert {"source": "lms", "state": "refused", "count": 1} in counts


def test_another_tenant_sees_nothing(
    jejak: Jejak, run: Run, client: Client, neighbour: Cast
) -> None:
    lost(client)
    (number,) = numbers(jejak, "--state", "refused")
    assert jejak("refused", "list", tenant="neighbour") == "Nothing.\n"
    for words in (
        ("show", number),
        ("replay", number),
        ("dismiss", number, "--why", "x"),
    ):
        assert run("refused", *words, tenant="neighbour").exit_code == 1


def test_mend_from_a_file_and_from_stdin(
    jejak: Jejak, run: Run, client: Client, tmp_path: Path
) -> None:
    lost(client)
    (number,) = numbers(jejak, "--state", "refused")
    wrong = run("refused", "mend", number, "--file", "-", stdin=json.dumps(event(1, verb=None)))
    assert wrong.exit_code == 1
    assert f"{number}: verb: " in wrong.stderr
    file = tmp_path / "mended.json"
    file.write_text(json.dumps(event(1), indent=2))
    jejak("refused", "mend", number, "--file", file)
    assert "3 stored" in jejak("refused", "replay", number)


def test_mend_in_an_editor(
    jejak: Jejak, run: Run, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second turn of the editor finds what the first left, and what was spelt as it was."""
    lost(client)
    (number,) = numbers(jejak, "--state", "refused")
    script = tmp_path / "editor.py"
    script.write_text(
        "import sys, pathlib\n"
        "file = pathlib.Path(sys.argv[-1]); text = file.read_text()\n"
        "once = pathlib.Path(__file__).with_suffix('.once')\n"
        "assert once.exists() == ('\"response\": 1' in text)\n"
        "file.write_text(text.replace('\"response\": null', '\"response\": 1')"
        ' if not once.exists() else text.replace(\'"response": 1\', \'"response": "1"\'))\n'
        "once.touch()\n"
    )
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")
    result = run("refused", "mend", number, "--edit", stdin="y\n")
    assert result.exit_code == 0, result.output
    assert "result.response" in result.stderr
    assert '"response": "1"' in jejak("refused", "show", number)


@pytest.mark.parametrize(
    "words",
    [
        ("mend", 1),
        ("mend", 1, "--edit", "--repair", "choices-object"),
        ("mend", 1, 2, "--edit"),
        ("mend", 1, "--repair", "nothing-such"),
        ("replay",),
        ("replay", 1, "--mended"),
        ("replay", "--request", "no-number"),
        ("dismiss", 1),
    ],
)
def test_what_is_not_said_is_asked_for(run: Run, words: tuple[Any, ...]) -> None:
    assert run("refused", *words).exit_code == 2


def test_replay_of_one_request_or_one_alone(jejak: Jejak, run: Run, client: Client) -> None:
    lost(client)
    rows = json.loads(jejak("refused", "list", "--json"))["refused"]
    assert "1 stored" in jejak("refused", "replay", rows[0]["number"], "--alone")
    assert "1 stored" in jejak("refused", "replay", "--request", rows[0]["request"])
    failed = run("refused", "replay", rows[1]["number"])
    assert failed.exit_code == 1
    assert "result.response" in failed.stderr


def test_export_with_reasons(jejak: Jejak, client: Client, tmp_path: Path) -> None:
    lost(client)
    client.post("/xapi/statements", data=b"\xff{", content_type="application/json")
    file = tmp_path / "refused.jsonl"
    jejak("refused", "export", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["index"] for row in rows] == [0, 1, 2, None]
    assert rows[1]["problems"][0]["path"] == "result.response"
    assert json.loads(rows[1]["raw"])["result"]["response"] is None
    assert rows[3]["raw_base64"] == "/3s="


def test_export_of_bare_statements(jejak: Jejak, run: Run, client: Client) -> None:
    lost(client)
    client.post("/xapi/statements", data=b"nonsense", content_type="application/json")
    (number, _) = numbers(jejak, "--state", "refused")
    indented = json.dumps(event(1), indent=2)
    jejak("refused", "mend", number, "--file", "-", stdin=indented)
    result = run("refused", "export", "-", "--raw")
    assert result.exit_code == 0
    trees = [json.loads(line) for line in result.stdout.splitlines()]
    assert [tree["timestamp"][-3:-1] for tree in trees] == ["00", "01", "02"]
    assert "1 left out" in result.stderr


def test_dismiss(jejak: Jejak, run: Run, client: Client) -> None:
    lost(client)
    assert jejak("refused", "dismiss", *numbers(jejak), "--why", "a trial") == "3 dismissed.\n"
    assert "a trial" in jejak("refused", "list", "--state", "dismissed")
    assert "Nothing" in jejak("refused", "list")


def test_repairs_are_listed() -> None:
    told = CliRunner().invoke(commands.list_repairs, ["--json"])
    assert [each["name"] for each in json.loads(told.stdout)] == list(REPAIRS)
    assert "result.response that is null" in CliRunner().invoke(commands.list_repairs).stdout


def test_pretty_keeps_the_spelling() -> None:
    raw = b'{"a":[ ],"b":{},"c":[1.0, 1e2,"\\u00e9 \\" [{,:"],"d":null}'
    pretty = commands._pretty(raw)
    assert pretty.splitlines() == [
        *("{", '  "a": [],', '  "b": {},', '  "c": [', "    1.0,", "    1e2,"),
        *('    "\\u00e9 \\" [{,:"', "  ],", '  "d": null', "}"),
    ]
    assert commands._pretty(b"\xff{") == "\\xff{"


# Archives ----------------------------------------------------------------------------------------


def test_export_and_import(
    run: Run, jejak: Jejak, client: Client, database: Database, neighbour: Cast, tmp_path: Path
) -> None:
    send(client, [spelt(event(n)) for n in range(3)])
    told = run("export", tmp_path)
    assert told.exit_code == 0
    assert "3 statements, 0 attachments, 0 documents written to " in told.stderr
    (file,) = tmp_path.glob("agency-learning-*.tar")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    words = ("import", file, "--source", "lms")
    assert "3 statements stored, 0 there already, 0 refused" in jejak(*words, tenant="neighbour")
    assert "0 statements stored, 3 there already" in jejak(*words, tenant="neighbour")
    assert json.loads(jejak(*words, "--json", tenant="neighbour"))["present"] == 3
    assert len(stored(database, neighbour)) == 3
    assert isinstance(run("export", file).exception, JejakError)


def test_export_to_stdout_and_import_from_stdin(
    run: Run, jejak: Jejak, client: Client, database: Database, neighbour: Cast
) -> None:
    send(client, [spelt(event(n)) for n in range(3)])
    packed = run("export", "-").stdout_bytes
    assert "3 statements stored" in jejak("import", "-", stdin=packed, tenant="neighbour")
    authority = stored(database, neighbour)[0]["authority"]
    assert authority == make.account("import", "https://jejak.invalid")
    assert "3 there already" in jejak("import", "-", stdin=packed, tenant="neighbour")


def test_what_an_import_refuses_is_counted_and_kept(run: Run, jejak: Jejak, tmp_path: Path) -> None:
    file = tmp_path / "statements.json"
    file.write_text(json.dumps([event(1), event(2, **BAD), event(3)]))
    result = run("import", file)
    assert result.exit_code == 1
    assert "2 statements stored, 0 there already, 1 refused" in result.stdout
    assert "jejak refused list --source import" in result.stdout
    (number,) = numbers(jejak, "--source", "import")
    jejak("refused", "mend", number, "--repair", "result-response-null")
    assert "1 stored" in jejak("refused", "replay", number)


def test_a_file_that_cannot_be_written_or_read(run: Run, tmp_path: Path) -> None:
    assert run("export", tmp_path / "nowhere" / "x.tar").exit_code == 1
    assert run("import", tmp_path / "nothing.tar").exit_code == 2
    file = tmp_path / "x.html"
    file.write_text("<html>")
    assert isinstance(run("import", file).exception, JejakError)
    assert isinstance(run("import", file, "--source", "nobody").exception, JejakError)


def test_nothing_half_written_stays(
    run: Run, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(commands.archive, "write", broken)
    assert run("export", tmp_path / "x.tar").exit_code == 1
    assert list(tmp_path.iterdir()) == []


# Duplicates


def test_what_was_sent_again_is_listed(jejak: Jejak, cast: Cast, client: Client) -> None:
    assert jejak("duplicates") == "Nothing.\n"
    sender = client.signed_in(cast.key("all", kindness=Kindness(duplicates="report")))
    for _ in range(2):
        send(sender, [spelt(event(n)) for n in range(3)], 200)
    (row,) = json.loads(jejak("duplicates", "--json"))
    assert (row["source"], row["statements"], row["done"]) == ("lms", 3, "stored again")
    assert row["before"] < row["came"]
    assert "stored again" in jejak("duplicates", "--source", "lms")
