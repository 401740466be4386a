"""What an admin may declare of a dialect, and the sentence when it may not be so.

`{"adapters": [...]}`, as YAML or JSON. `load` answers the adapters as plain mappings, ready for
`lrs/dialects.py` and the register, or tells everything that is wrong at once, each with its place
and how to mend it.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from lrs import learning
from lrs.dialects import NOTHING, PLACES
from lrs.errors import Problem, Refused
from lrs.xapi import lexical
from schemas import written
from schemas.written import Iri, Shape, Text, YesNo, listed

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
            problems += written.problems(error.messages, path)
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


class _Place(Text):
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
    return listed(
        inner,
        validate=validate.Length(min=1, error="This is empty; leave it out or fill it in."),
        **options,
    )


def _iri() -> Iri:
    return Iri("http://adlnet.gov/expapi/verbs/completed")


class _RuleSchema(Shape):
    kind = Text(
        required=True,
        validate=validate.OneOf(KINDS, error=f"'{{input}}' is none of {', '.join(KINDS)}."),
    )
    verbs = _several(_iri())
    types = _several(_iri())
    objects = _several(Text())
    categories = _several(Text())
    within = _several(Text())
    platforms = _several(Text())
    extensions = _Extensions()
    completion = YesNo()
    success = YesNo()
    course = _Place()
    course_types = _several(_iri())
    title = _Place()
    group = _Place()
    registration = YesNo()
    jp = _Hours()
    behaviours = _several(_iri())


class _AdapterSchema(Shape):
    name = Text(
        required=True,
        validate=validate.Regexp(
            r"[a-z0-9][a-z0-9-]{0,39}\Z",
            error="A name is of small letters, digits and '-', at most 40 of them.",
        ),
    )
    about = Text()
    platforms = _several(Text())
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
