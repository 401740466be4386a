"""Nothing on a page is written in one language only."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lrs.web import site

TEMPLATES = sorted((Path(site.__file__).parent / "templates").glob("**/*.html"))

#: What is the same in every language: our name, a command.
ALIKE = {
    "Jejak",
    "· Jejak",
    "jejak users password",
    'id="field-" name="" aria-invalid="true" aria-describedby=" "',
}

#: Attributes that people see or hear.
SAID = {"title", "alt", "placeholder", "aria-label", "data-label", "content", "label"}


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in = tag
        named = dict(attrs)
        for name, value in attrs:
            if name in SAID and value and not (tag == "meta" and named.get("name")):
                self.found.append(value)

    def handle_data(self, data: str) -> None:
        if self._in not in ("script", "style"):
            self.found.append(data)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_word_of_a_template_goes_through_the_catalogue(path: Path) -> None:
    text = path.read_text()
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.S)
    text = re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", text, flags=re.S)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.S)
    reader = _Words()
    reader.feed(text)
    words = {" ".join(each.split()) for each in reader.found}
    assert {each for each in words if re.search(r"[^\W\d_]{2,}", each)} - ALIKE == set()
