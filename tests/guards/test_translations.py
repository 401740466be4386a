"""Nothing that people read is without its Indonesian, and no Indonesian is without its use."""

import ast
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from lrs import i18n
from lrs.practice import forms
from lrs.settings import Settings

ROOT = Path(__file__).parents[2]
#: Sentences in code are marked so; those in templates by `_()` or `{% trans %}`.
MARKS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("**/templates/**", "jinja2"), ("**/letters/**", "jinja2")]
PLACE = re.compile(r"%\((\w+)\)|\{(\w*)\}")


#: What marshmallow says of a value, where a schema of ours says nothing else.
OF_LIBRARIES = (
    "Unknown field.",
    "Missing data for required field.",
    "Field may not be null.",
    "Not a valid string.",
    "Not a valid integer.",
    "Not a valid number.",
    "Not a valid boolean.",
    "Not a valid list.",
)


def read(file: Path) -> Iterable[Message]:
    """The sentences of a file, with the header."""
    with file.open("rb") as lines:
        return list(read_po(lines))


@cache
def marked() -> set[str]:
    """The first form of every sentence that is marked, in code, templates and data."""
    found = set(forms.sentences()) | {meaning for *_, meaning in Settings().lines()}
    for _, _, message, *_ in extract_from_dir(
        ROOT / "lrs", METHODS, {"**": {"trimmed": "true"}}, keywords=MARKS
    ):
        found.add(message if isinstance(message, str) else message[0])
    return found


def test_every_sentence_is_in_the_indonesian_catalogue() -> None:
    indonesian = i18n.catalogue("id")
    catalogue = indonesian._catalog  # type: ignore[attr-defined]
    there = {key[0] if isinstance(key, tuple) else key for key, said in catalogue.items() if said}
    assert sorted(marked() - there) == []


@cache
def written() -> set[str]:
    """Every text in code, marked or not: what is said below the pages is looked up as it is."""
    return {
        node.value
        for folder in ("lrs", "plugins", "schemas")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_nothing_is_translated_that_nobody_says() -> None:
    said = marked() | written() | set(OF_LIBRARIES)
    within = "\n".join(written())
    found = {
        (file.name, message.id if isinstance(message.id, str) else message.id[0])
        for file in sorted(i18n.FOLDER.rglob("*.po"))
        for message in read(file)
        if message.id
    }
    unsaid = sorted(each for each in found if each[1] not in said)
    # What is said of a row is written with the row before it.
    assert [each for each in unsaid if f": {each[1]}" not in within] == []


def test_a_sentence_is_translated_once_and_for_certain() -> None:
    every = [
        (message.id, file.name)
        for file in sorted(i18n.FOLDER.rglob("*.po"))
        for message in read(file)
        if message.id
    ]
    ids = [id_ for id_, _ in every]
    assert [each for each in every if ids.count(each[0]) > 1] == []
    for file in sorted(i18n.FOLDER.rglob("*.po")):
        text = file.read_text()
        assert "#~" not in text, f"{file.name} holds what is no more"
        assert "fuzzy" not in text, f"{file.name} holds what is not certain"


@pytest.mark.parametrize("file", sorted(i18n.FOLDER.rglob("*.po")), ids=lambda file: file.name)
def test_a_translation_names_what_its_sentence_names(file: Path) -> None:
    wrong = []
    for message in read(file):
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        allowed = set(PLACE.findall(" ".join(ids)))
        if message.id and any(set(PLACE.findall(each)) - allowed for each in said):
            wrong.append(message.id)
    assert wrong == []
