"""What the pages point to is there: links, headings, commands, options, settings, files."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from lrs import i18n, settings
from lrs.cli.main import main
from lrs.settings import Settings
from schemas import accounts

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
TO_HEADING = re.compile(r"\]\(([^):#\s]*)#([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)

#: `jejak …` as a command: at the start of a line of code, or inside a code span.
COMMAND = re.compile(r"(?:^ *(?:\S*bin/)?|`)jejak +((?:[^`\n\\]|\\\n)+)", re.MULTILINE)
FILE = re.compile(r"`((?:lrs|schemas|plugins|tests|docs)/[\w./*-]+)`")
#: Variables that are not settings but belong to the tests.
OF_TESTS = "JEJAK_TEST_"

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in LINK.findall(page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    titles = HEADING.findall(FENCED.sub("", page.read_text()))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pages
def test_every_heading_linked_to_is_there(page: Path) -> None:
    broken = [
        f"{target}#{name}"
        for target, name in TO_HEADING.findall(page.read_text())
        if name not in anchors((page.parent / target) if target else page)
    ]
    assert broken == []


def test_every_page_is_listed_in_the_index_of_its_folder() -> None:
    unlisted = []
    for index in (ROOT / "docs" / "README.md", ROOT / "docs" / "decisions" / "README.md"):
        listed = set(LINK.findall(index.read_text()))
        unlisted += [
            str(page.relative_to(ROOT))
            for page in index.parent.glob("*.md")
            if page != index and page.name not in listed
        ]
    assert unlisted == []


def test_every_make_target_named_in_the_pages_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for page in PAGES
        for target in re.findall(r"(?:`|^ {4})make ([a-z0-9-]+)", page.read_text(), re.MULTILINE)
    }
    assert named - targets == set()


def commands(page: Path) -> Iterator[list[str]]:
    """The words after `jejak` of each command on a page, comments and redirections left out."""
    for words in COMMAND.findall(page.read_text()):
        line = re.sub(r"\s+#.*|[|>;&].*", "", words.replace("\\\n", " "))
        yield shlex.split(line.replace("…", ""))


def unknown(words: list[str]) -> Iterator[str]:
    """What of a command line is no command or no option of it."""
    command: click.Command = main
    told = "jejak"
    for word in words:
        if word.startswith("-"):
            names = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
            if word.partition("=")[0] not in {*names, "--help", "-h"}:
                yield f"{told} has no {word}"
        elif isinstance(command, click.Group):
            told = f"{told} {word}"
            if word not in command.commands:
                yield told
                return
            command = command.commands[word]


@pages
def test_every_command_on_a_page_exists_with_its_options(page: Path) -> None:
    assert [fault for words in commands(page) for fault in unknown(words)] == []


def test_a_command_that_went_away_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "Say `jejak keys forget KEY`, or\n\n    jejak keys create lms --scope all \\\n"
        "        --for-ever   # why not\n    /srv/venv/bin/jejak serve --port 1 > log\n"
    )
    assert [fault for words in commands(page) for fault in unknown(words)] == [
        "jejak keys forget",
        "jejak keys create has no --for-ever",
    ]


@pages
def test_every_setting_on_a_page_exists(page: Path) -> None:
    known = {settings.variable(name) for name in Settings.__dataclass_fields__}
    named = set(re.findall(r"\bJEJAK_[A-Z_]*[A-Z]\b", page.read_text()))
    assert {name for name in named if not name.startswith(OF_TESTS)} - known == set()


@pages
def test_every_file_named_on_a_page_exists(page: Path) -> None:
    named = set(FILE.findall(page.read_text()))
    assert [name for name in sorted(named) if not any(ROOT.glob(name))] == []


def test_the_scopes_repairs_and_ways_with_duplicates_are_all_explained() -> None:
    sender = (ROOT / "docs" / "connect-a-sender.md").read_text()
    moodle = (ROOT / "docs" / "connect-moodle.md").read_text()
    assert [scope for scope in accounts.SCOPES if f"`{scope}`" not in sender] == []
    choices = [
        *(f"--repairs {name}" for name in accounts.REPAIRS),
        *(f"--duplicates {word}" for word in accounts.DUPLICATES if word != "off"),
    ]
    assert [choice for choice in choices if f"`{choice}`" not in moodle] == []


#: What a guide calls by name, as a page does: `*Look again*`.
NAMED = re.compile(r"(?<![\w*])\*([^*()\n]+)\*(?![\w*])")
GUIDES = sorted((ROOT / "docs").glob("guide-*.md"))


def called(name: str) -> str:
    """A name without its last stop, in small letters, as it stands within a sentence."""
    return name.rstrip(".…: ").casefold()


@cache
def names_in(locale: str) -> set[str]:
    """What pages say in a language, whole or up to a colon."""
    said = i18n.catalogue("id")._catalog  # type: ignore[attr-defined]
    english = {key[0] if isinstance(key, tuple) else key for key in said}
    sentences = english if locale == "en" else set(said.values())
    return {called(each) for sentence in sentences for each in (sentence, sentence.split(":")[0])}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_what_a_guide_calls_by_name_is_called_so_on_the_pages(guide: Path) -> None:
    """In the guide's own language; its pictures are in that language, too."""
    locale = guide.name.split(".")[1]
    text = re.sub(r"`[^`]*`", "", FENCED.sub("", guide.read_text()))
    known = names_in(locale)
    unknown = [name for name in NAMED.findall(text) if called(name) not in known]
    assert unknown == []
    pictures = re.findall(r"pictures/([\w.-]+)", text)
    assert pictures
    assert [each for each in pictures if not each.endswith(f".{locale}.webp")] == []


def test_every_picture_is_shown_somewhere() -> None:
    shown = {name for page in PAGES for name in re.findall(r"pictures/([\w.-]+)", page.read_text())}
    there = {each.name for each in (ROOT / "docs" / "pictures").iterdir()}
    assert there - shown == set()
