"""What every file that an admin writes by hand has in common: programmes, adapters, hooks.

YAML or JSON, read strictly, and told in words that somebody understands who never saw a schema.
`problems` turns marshmallow's messages into `lrs.errors.Problem`, with paths as the admin would
write them.
"""

from collections.abc import Iterator
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

import yaml
from marshmallow import RAISE, Schema, ValidationError, fields

from lrs.errors import Problem, Refused
from lrs.xapi import lexical

#: What every field says of what is missing or empty.
SAID: dict[str, Any] = {
    "required": "This is missing.",
    "null": "This is empty; leave it out or fill it in.",
}


def read(content: str | bytes) -> Any:
    """What a file says, written as YAML or JSON, of whatever shape. Raises `Refused`."""
    try:
        return yaml.safe_load(content)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = "?" if mark is None else mark.line + 1
        told = f"This is no YAML: look at line {line}, and mind the indentation."
        raise Refused(Problem("", told)) from error
    except UnicodeDecodeError as error:
        raise Refused(Problem("", "This is no text in UTF-8.")) from error


def as_yaml(tree: Any) -> str:
    """A tree as a file to be changed and read again."""
    return str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=100))


class Text(fields.String):
    """Text that says something."""

    default_error_messages = SAID | {"invalid": "This must be text; put it in quotation marks."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        text = super()._deserialize(value, attr, data, **more).strip()
        if not text:
            raise self.make_error("null")
        return text


class Iri(Text):
    """An IRI, as the standard has it; whoever errs is shown `example`."""

    def __init__(self, example: str, **options: Any) -> None:
        self._example = example
        super().__init__(**options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        text = super()._deserialize(value, attr, data, **more)
        if not lexical.is_iri(text):
            raise ValidationError(f"This must be an IRI, such as {self._example}.")
        return text


class Day(fields.Field[date]):
    """A date: YAML knows dates, JSON has text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError("This must be a day, written 2026-01-31.") from None


class YesNo(fields.Field[bool]):
    """true or false, and nothing that could be taken for one of them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("This must be true or false.")
        return value


def listed(inner: fields.Field[Any], **options: Any) -> fields.List[Any]:
    """A list of these."""
    return fields.List(inner, error_messages=SAID | {"invalid": "This must be a list."}, **options)


class Shape(Schema):
    """A mapping that has no members but its own."""

    class Meta:
        unknown = RAISE

    def handle_error(self, error: ValidationError, data: Any, **_: Any) -> None:
        """Say of an unknown member which one may be meant."""
        if not isinstance(error.messages, dict):
            return
        for name, said in error.messages.items():
            if said == [self.error_messages["unknown"]]:
                near = get_close_matches(str(name), self.fields, 1)
                meant = (
                    f"did you mean '{near[0]}'?" if near else f"there are {', '.join(self.fields)}."
                )
                error.messages[name] = [f"There is no such member; {meant}"]


def problems(messages: Any, path: str) -> Iterator[Problem]:
    """marshmallow's messages as problems, with the path as the admin would write it."""
    if isinstance(messages, dict):
        for key, said in messages.items():
            step = f"[{key}]" if isinstance(key, int) else "" if key == "_schema" else f".{key}"
            yield from problems(said, path + step)
    else:
        for said in messages:
            told = "This must be a mapping of members." if said == "Invalid input type." else said
            yield Problem(path, told)
