"""The operator's commands over accounts, as typed."""

import json
from collections.abc import Callable
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from lrs.auth import keys
from lrs.cli import accounts as commands
from lrs.context import Context, utcnow
from lrs.errors import JejakError
from lrs.settings import Settings
from lrs.store.accounts import Principal
from lrs.store.engine import Database
from tests import make
from tests.conftest import Cast

Jejak = Callable[..., str]


@pytest.fixture
def run(database: Database, settings: Settings, cast: Cast) -> Callable[..., Result]:
    """Type a command, in the tenant `agency` where it takes one."""
    main = click.Group(commands={group.name or "": group for group in commands.commands})
    context = Context(settings=settings, database=database)

    def typed(*words: str, tenant: str = "agency", stdin: str = "") -> Result:
        group, command = words[0], words[1]
        takes = any(
            "--tenant" in option.opts
            for option in main.commands[group].commands[command].params  # type: ignore[attr-defined]
        )
        owner = ["--tenant", tenant] if takes else []
        return CliRunner().invoke(main, [*words, *owner], obj=context, input=stdin)

    return typed


@pytest.fixture
def jejak(run: Callable[..., Result]) -> Jejak:
    """The output of a command that must succeed."""

    def typed(*words: str, **more: str) -> str:
        result = run(*words, **more)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    return typed


@pytest.fixture
def told(run: Callable[..., Result]) -> Jejak:
    """The sentence of a command that must fail, as `jejak` prints it."""

    def typed(*words: str, **more: str) -> str:
        result = run(*words, **more)
        assert isinstance(result.exception, JejakError), result.output
        return str(result.exception)

    return typed


def sign_in(database: Database, made: dict[str, Any]) -> Principal:
    return keys.authenticate(
        database, make.basic(made["key"], made["secret"]), Settings(key_cache_seconds=0), utcnow()
    )


def test_every_command_says_what_it_is_for() -> None:
    for group in commands.commands:
        assert isinstance(group, click.Group)
        for command in group.commands.values():
            assert command.help
            assert len(command.help) > 20
            for option in command.params:
                assert not isinstance(option, click.Option) or option.help, option.name


def test_help_lists_the_words_that_are_taken(run: Callable[..., Result]) -> None:
    told = CliRunner().invoke(commands.keys, ["create", "--help"]).output
    for word in ("statements/read/mine", "result-response-null", "answer", "practice/all"):
        assert f"\n    {word} " in told


def test_from_tenant_to_key(jejak: Jejak, database: Database) -> None:
    jejak("tenants", "create", "pusdiklat")
    assert "pusdiklat" in jejak("tenants", "list")
    jejak("sources", "create", "moodle", tenant="pusdiklat")
    words = ("--scope", "all", "--scope", "practice/read", "--label", "lab", "--json")
    made = json.loads(jejak("keys", "create", "moodle", *words, tenant="pusdiklat"))
    who = sign_in(database, made)
    assert who.scopes == {"all", "practice/read"}
    assert who.authority_tree == make.account("moodle", "https://jejak.invalid")
    assert made["key"] in jejak("keys", "list", tenant="pusdiklat")
    assert made["key"] not in jejak("keys", "list")


def test_a_secret_is_printed_once(jejak: Jejak) -> None:
    shown = jejak("keys", "create", "lms")
    assert "kept nowhere" in shown
    [secret] = [line.split()[1] for line in shown.splitlines() if line.startswith("secret")]
    assert len(secret) == 43
    for words in (("keys", "list"), ("sources", "show", "lms"), ("keys", "list", "--json")):
        assert secret not in jejak(*words)


def test_output_is_aligned(jejak: Jejak) -> None:
    jejak("sources", "create", "a-much-longer-name")
    head, *rows = jejak("sources", "list").splitlines()
    column = head.index("authority")
    assert [row[column - 2 : column + 1] for row in rows] == ["  {", "  {"]
    assert jejak("issuers", "list") == "No issuers.\n"
    assert json.loads(jejak("issuers", "list", "--json")) == []


def test_kindness_is_asked_for(jejak: Jejak) -> None:
    words = "--salvage --repairs result-response-null,choices-object --duplicates report"
    made = json.loads(jejak("keys", "create", "lms", *words.split(), "--json"))
    assert made["salvage"] is True
    assert made["repairs"] == ["choices-object", "result-response-null"]
    assert made["duplicates"] == "report"
    changed = json.loads(jejak("keys", "set", made["key"], "--repairs", "", "--json"))
    assert (changed["salvage"], changed["repairs"], changed["duplicates"]) == (True, [], "report")
    changed = json.loads(jejak("keys", "set", made["key"], "--no-salvage", "--json"))
    assert (changed["salvage"], changed["duplicates"]) == (False, "report")
    strict = json.loads(jejak("keys", "create", "lms", "--json"))
    assert (strict["salvage"], strict["repairs"], strict["duplicates"]) == (False, [], "off")


def test_a_key_rotates_and_ends(jejak: Jejak, database: Database) -> None:
    first = json.loads(jejak("keys", "create", "lms", "--json"))
    second = json.loads(jejak("keys", "rotate", first["key"], "--json"))
    assert sign_in(database, first).source_id == sign_in(database, second).source_id
    third = json.loads(jejak("keys", "rotate", second["key"], "--overlap", "0", "--json"))
    jejak("keys", "revoke", third["key"])
    states = {key["key"]: key["state"] for key in json.loads(jejak("keys", "list", "--json"))}
    assert states == {
        first["key"]: "active",
        second["key"]: "revoked",
        third["key"]: "revoked",
    }


def test_a_source_changes_its_authority(jejak: Jejak) -> None:
    shown = jejak("sources", "set", "lms", "--authority", '{"mbox": "mailto:lms@example.org"}')
    assert '{"objectType": "Agent", "mbox": "mailto:lms@example.org"}' in shown
    assert "No keys." in jejak("sources", "show", "lms")


def test_an_authority_without_an_address_is_pointed_out(run: Callable[..., Result]) -> None:
    bare = run("sources", "create", "lms-2")
    assert "JEJAK_PUBLIC_URL is not set" in bare.stderr
    own = run("sources", "create", "lms-3", "--authority", '{"mbox": "mailto:lms@example.org"}')
    assert own.stderr == ""
    assert json.loads(run("sources", "create", "lms-4", "--json").output)["name"] == "lms-4"


def test_an_issuer_comes_and_goes(jejak: Jejak) -> None:
    words = ("--audience", "jejak", "--client", "a=b=lms", "--prefix", "lrs:", "--json")
    made = json.loads(jejak("issuers", "add", "https://login.example.org", *words))
    assert made["clients"] == {"a=b": "lms"}
    assert "https://login.example.org" in jejak("issuers", "list")
    jejak("issuers", "remove", str(made["number"]))
    assert jejak("issuers", "list") == "No issuers.\n"


def test_a_person_gets_a_password(jejak: Jejak) -> None:
    made = json.loads(jejak("users", "create", "Siti", "--generate", "--json"))
    assert (made["login"], made["roles"], len(made["password"])) == ("siti", ["admin"], 20)
    assert "password" not in jejak("users", "create", "budi", "--stdin", stdin="correct horse 1\n")
    assert "kept nowhere" in jejak("users", "password", "siti", "--generate")
    assert [user["login"] for user in json.loads(jejak("users", "list", "--json"))] == [
        "budi",
        "siti",
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("tenants create Agency", "small letters"),
        ("tenants create agency", "already a tenant agency"),
        ("sources create lms", "already a source lms"),
        ("sources show nothing", "a source nothing of tenant agency"),
        ("sources set lms --authority {}", "authority"),
        ("keys create nothing", "a source nothing of tenant agency"),
        ("keys create lms --scope everything", "none of the scopes; there are: all,"),
        ("keys create lms --repairs all", "none of the repairs"),
        ("keys create lms --duplicates drop", "is one of off, report, answer"),
        ("keys create lms --expires soon", "Give a date such as 2027-01-31"),
        ("keys create lms --expires 2001-01-01", "passed already"),
        ("keys rotate nokey", "a key nokey of tenant agency"),
        ("keys rotate nokey --overlap long", "Give a span such as 30m"),
        ("keys revoke nokey", "a key nokey of tenant agency"),
        ("keys set nokey --salvage", "a key nokey of tenant agency"),
        ("issuers add http://a.id --audience x --source lms", "must be an https address"),
        ("issuers add https://a.id --audience x", "Name a source, or map a client"),
        ("issuers add https://a.id --audience x --client lms", "Write it as ID=SOURCE"),
        ("issuers add https://a.id --audience x --client a=nothing", "a source nothing"),
        ("issuers remove 7", "an issuer 7 of tenant agency"),
        ("users password nobody --generate", "a user nobody of tenant agency"),
        ("users create siti --stdin", "12 to 1024 characters"),
    ],
)
def test_a_mistake_is_told(told: Jejak, words: str, sentence: str) -> None:
    assert sentence in told(*words.split())


def test_another_tenants_key_is_unknown(told: Jejak, jejak: Jejak, neighbour: Cast) -> None:
    made = json.loads(jejak("keys", "create", "lms", "--json"))
    for verb in ("revoke", "rotate"):
        sentence = told("keys", verb, made["key"], tenant="neighbour")
        assert sentence == f"Not found: a key {made['key']} of tenant neighbour."
    assert "unknown" not in jejak("keys", "list", tenant="neighbour")
