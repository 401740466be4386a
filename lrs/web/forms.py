"""Forms: what was filled in, what is wrong with it, and where."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage

from lrs.errors import Problem, Refused
from lrs.i18n import _
from lrs.web import sentences


@dataclass(slots=True)
class Form:
    """One form: `values` by field as text, and the sentences of what is wrong by field (under the
    empty name: of the whole). A template shows each at its field, and all above the form."""

    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def sent(cls) -> "Form":
        """The form of this request. Blanks at the ends of fields do not count."""
        lists = {name: request.form.getlist(name) for name in request.form if name != "token"}
        return cls({name: all_[-1].strip() for name, all_ in lists.items()}, lists)

    @classmethod
    def of(cls, **values: Any) -> "Form":
        """A form with what stands now; None is empty."""
        return cls({name: "" if value is None else str(value) for name, value in values.items()})

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be chosen more than once."""
        return self.lists.get(name, [])

    def wrong(self, name: str, sentence: str) -> None:
        """Say what is wrong with a field (`""`: with the whole)."""
        self.problems.setdefault(name, []).append(sentence)

    def need(self, *names: str) -> None:
        """Each of these must be filled in."""
        for name in names:
            if not self[name]:
                self.wrong(name, _("This is missing."))

    def tick(self, name: str) -> None:
        """Of these boxes at least one must be ticked."""
        if not self.all(name):
            self.wrong(name, _("Choose at least one."))

    def refused(self, error: Refused, fields: Mapping[str, str] | None = None) -> None:
        """Take over what a schema found wrong, but for fields of which something was said already;
        `fields` maps its paths to fields of the form."""
        fields, said = fields or {}, set(self.problems)
        for problem in error.problems:
            if fields.get(problem.path, problem.path) not in said:
                self.take(problem, fields)

    def take(self, problem: Problem, fields: Mapping[str, str]) -> None:
        name = fields.get(problem.path, problem.path)
        known = name in self.values or name in fields.values()
        place = "" if known or not problem.path else f"{problem.path}: "
        sentence = sentences.told(problem.message)
        self.wrong(name if known else "", place + sentence)

    def found(self, name: str, problems: Iterable[Problem]) -> None:
        """Say of one field all that was found wrong in what stands there, each with its place."""
        for problem in problems:
            self.wrong(name, sentences.problem(problem))

    def try_(self, work: Callable[[], Any], fields: Mapping[str, str] | None = None) -> Any:
        """What `work` gives; None where it was refused, which then is told in the form."""
        try:
            return work()
        except Refused as error:
            self.refused(error, fields)
            return None

    @staticmethod
    def day(text: str) -> date | None:
        """A day as a field of the type `date` sends it; None for what is none."""
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None

    @property
    def sound(self) -> bool:
        return not self.problems

    def at(self, name: str) -> list[str]:
        """What is wrong with a field."""
        return self.problems.get(name, [])


def file_of(name: str) -> FileStorage | None:
    """The file that was sent in a field; None where none was chosen."""
    found = request.files.get(name)
    return found if found is not None and found.filename else None


def sending(text: str) -> uuid.UUID:
    """What names the sending of a form, by which the same sent twice counts once; a new one where
    the form brought none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()


def choices(words: Mapping[str, str] | Sequence[str]) -> list[tuple[str, str]]:
    """(value, what is shown) of a list to choose from, in the language of the reader."""
    pairs = words.items() if isinstance(words, Mapping) else ((each, each) for each in words)
    return [(value, _(shown)) for value, shown in pairs]


def take_file(form: Form, name: str, into: str) -> None:
    """Have the text of a file that was sent in the field `name` stand in the field `into`."""
    sent = file_of(name)
    if sent is None:
        return
    try:
        form.values[into] = sent.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        form.wrong(name, _("This file is no text in UTF-8."))
