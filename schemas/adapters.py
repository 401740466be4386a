"""What an admin may declare of a dialect, and the sentence when it may not be so.

`{"adapters": [...]}`, as YAML or JSON. `load` answers the adapters as plain mappings, ready for
`lrs/dialects.py` and the register, or tells everything that is wrong at once, each with its place
and how to mend it.
"""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from lrs import learning
from lrs.dialects import NOTHING, PLACES
from lrs.errors import Problem, Refused
from lrs.xapi import lexical

Tree = dict[str, Any]

KINDS = (*learning.LEARNING, *learning.PRACTICE, NOTHING)

#: What a rule may ask of a statement; one of the first seven at least.
_CONDITIONS = ("verbs", "types", "objects", "categories", "within", "platforms", "extensions")
#: What only a rule about learning, and only one about work, may say.
_OF_LEARNING = ("course", "course_types", "title", "group", "registration", "jp")
_OF_PRACTICE = ("behaviours",)


def load(tree: Any) -> list[Tree]:
    """The adapters of a file. Refused: all that is wrong with it."""
    if not isinstance(tree, Mapping) or not isinstance(tree.get("adapters"), list):
        raise Refused(
            Problem("", "The file must hold a member 'adapters' with a list of adapters.")
        )
    problems = [
        Problem(str(name), "There is nothing of that name; write 'adapters'.")
        for name in sorted(map(str, tree))
        if name != "adapters"
    ]
    found: list[Tree] = []
    for n, each in enumerate(tree["adapters"]):
        path = f"adapters[{n}]"
        if not isinstance(each, Mapping):
            problems.append(Problem(path, "An adapter is a mapping of its members."))
            continue
        try:
            adapter: Tree = _AdapterSchema().load(each)
        except ValidationError as error:
            problems += _flat(error.messages, path)
        else:
            found.append(adapter)
            for m, rule in enumerate(adapter["rules"]):
                problems += _within(rule, f"{path}.rules[{m}]")
    names = [each["name"] for each in found]
    problems += [
        Problem("adapters", f"Two are called {name}; give each its own name.")
        for name in sorted({each for each in names if names.count(each) > 1})
    ]
    if problems:
        raise Refused(problems)
    return found


# Fields -----------------------------------------------------------------------------------------

_SAID: dict[str, Any] = {
    "required": "This is missing.",
    "null": "This is empty; leave it out or fill it in.",
}


class _Text(fields.String):
    """Text that says something."""

    default_error_messages = _SAID | {"invalid": "This must be text; put it in quotation marks."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        text = super()._deserialize(value, attr, data, **more).strip()
        if not text:
            raise self.make_error("null")
        return text


class _Iri(_Text):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        text = super()._deserialize(value, attr, data, **more)
        if not lexical.is_iri(text):
            raise ValidationError(
                "This must be an IRI, such as http://adlnet.gov/expapi/verbs/completed."
            )
        return text


class _Place(_Text):
    """Where to look: one of the uses of activities, or an extension by its IRI."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        text = super()._deserialize(value, attr, data, **more)
        if text not in PLACES and not lexical.is_iri(text):
            raise ValidationError(
                f"'{text}' is no place to look: write one of {', '.join(PLACES)}, or the IRI of"
                " an extension."
            )
        return text


class _Hours(fields.Field[Any]):
    """A number of hours, or the extension that holds it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        if lexical.is_iri(value) or learning.hours(value) is not None:
            return value
        raise ValidationError(
            "This must be a number of hours (JP) above 0, or the IRI of the extension that holds"
            " it."
        )


class _YesNo(fields.Field[bool]):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("This must be true or false.")
        return value


class _Extensions(fields.Field[Tree]):
    """Extensions by IRI, each with the value it must have; null: whatever its value."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Tree:
        if not isinstance(value, Mapping):
            raise ValidationError("This must be a mapping of extensions to their values.")
        for iri in value:
            if not lexical.is_iri(iri):
                raise ValidationError(f"'{iri}' is no IRI; extensions are named by IRIs.")
            try:
                json.dumps(value[iri], allow_nan=False)
            except (TypeError, ValueError):
                raise ValidationError(
                    f"The value of {iri} is nothing that JSON can hold, such as a date; put it in"
                    " quotation marks."
                ) from None
        return dict(value)


def _several(inner: fields.Field[Any], **options: Any) -> fields.List[Any]:
    return fields.List(
        inner,
        error_messages=_SAID | {"invalid": "This must be a list."},
        validate=validate.Length(min=1, error="This is empty; leave it out or fill it in."),
        **options,
    )


class _Shape(Schema):
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


class _RuleSchema(_Shape):
    kind = _Text(
        required=True,
        validate=validate.OneOf(KINDS, error=f"'{{input}}' is none of {', '.join(KINDS)}."),
    )
    verbs = _several(_Iri())
    types = _several(_Iri())
    objects = _several(_Text())
    categories = _several(_Text())
    within = _several(_Text())
    platforms = _several(_Text())
    extensions = _Extensions()
    completion = _YesNo()
    success = _YesNo()
    course = _Place()
    course_types = _several(_Iri())
    title = _Place()
    group = _Place()
    registration = _YesNo()
    jp = _Hours()
    behaviours = _several(_Iri())


class _AdapterSchema(_Shape):
    name = _Text(
        required=True,
        validate=validate.Regexp(
            r"[a-z0-9][a-z0-9-]{0,39}\Z",
            error="A name is of small letters, digits and '-', at most 40 of them.",
        ),
    )
    about = _Text()
    platforms = _several(_Text())
    rules = _several(fields.Nested(_RuleSchema), required=True)


# What fields alone cannot see -------------------------------------------------------------------


def _within(rule: Tree, path: str) -> Iterator[Problem]:
    if not any(each in rule for each in _CONDITIONS):
        yield Problem(
            path,
            "The rule fits every statement there is; say of which, by one of"
            f" {', '.join(_CONDITIONS)}.",
        )
    kind = rule["kind"]
    for wrong, kinds, what in (
        (_OF_LEARNING, learning.LEARNING, "learning"),
        (_OF_PRACTICE, learning.PRACTICE, "work"),
    ):
        if kind not in kinds:
            for member in wrong:
                if member in rule:
                    yield Problem(
                        f"{path}.{member}",
                        f"This is only for kinds of {what} ({', '.join(kinds)}), not for {kind}.",
                    )
    if "course_types" in rule and rule.get("course", "object") not in PLACES:
        yield Problem(
            f"{path}.course_types", "The course is under an extension, which has no type; drop it."
        )


def _flat(messages: Any, path: str) -> Iterator[Problem]:
    """marshmallow's messages as problems, with the path as the admin would write it."""
    if isinstance(messages, dict):
        for key, said in messages.items():
            step = f"[{key}]" if isinstance(key, int) else "" if key == "_schema" else f".{key}"
            yield from _flat(said, path + step)
    else:
        for said in messages:
            told = "This must be a mapping of members." if said == "Invalid input type." else said
            yield Problem(path, told)
