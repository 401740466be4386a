"""Nothing that people read is without its Indonesian."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from lrs import i18n
from lrs.practice import forms

ROOT = Path(__file__).parents[2]
#: Sentences in code are marked so; those in templates by `_()` or `{% trans %}`.
MARKS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("**/templates/**", "jinja2"), ("**/letters/**", "jinja2")]
PLACE = re.compile(r"%\((\w+)\)|\{(\w*)\}")


def marked() -> set[str]:
    """The first form of every sentence that is marked, in code, templates and data."""
    found = set(forms.sentences())
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


@pytest.mark.parametrize("file", sorted(i18n.FOLDER.rglob("*.po")), ids=lambda file: file.name)
def test_a_translation_names_what_its_sentence_names(file: Path) -> None:
    from babel.messages.pofile import read_po

    wrong = []
    with file.open("rb") as lines:
        for message in read_po(lines):
            said = message.string if isinstance(message.string, tuple) else (message.string,)
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            allowed = set(PLACE.findall(" ".join(ids)))
            if message.id and any(set(PLACE.findall(each)) - allowed for each in said):
                wrong.append(message.id)
    assert wrong == []
