"""Strict marshmallow fields over the rules of `lrs.xapi.lexical`, and what they say to a sender.

marshmallow's own fields are kind: they take "1_0" for a number, "on" for true, braces around a
UUID, and change what they read. These take a value as it is or say no. They change nothing, add
nothing, and never repeat an identifier of a person in what they say.

A fault is a sentence and the clause it rests on; `problems` turns the faults of a schema into
`lrs.errors.Problem` with paths as the sender would write them.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, missing, validates_schema
from marshmallow.exceptions import SCHEMA
from marshmallow.fields import Field

from lrs.errors import Problem
from lrs.xapi import lexical
from lrs.xapi.versions import Version

# One statement with a long list of the same fault is told so often, no more: enough to see
# the pattern, and an answer that stays readable.
SAME_FAULT = 50
_LONGEST_KEY = 80


@dataclass(frozen=True, slots=True)
class Clause:
    """Where both versions of the standard hold one rule: sections of Data, and of 9274.1.1."""

    data: str
    ieee: str

    def under(self, version: Version) -> str:
        return f"IEEE 9274.1.1 {self.ieee}" if version.major == 2 else f"xAPI 1.0.3 {self.data}"


FORMAT = Clause("Data 2.2", "4.2.1")
IDENTIFIER = Clause("Data 2.4.2.3", "4.2.2.1")
EXTENSION = Clause("Data 4.1", "4.2.7")
LANGUAGE = Clause("Data 4.2", "4.2.7")
IRIS = Clause("Data 4.3", "4.2.7")
UUIDS = Clause("Data 4.4", "4.2.7")
TIMESTAMPS = Clause("Data 4.5", "4.2.7")
DURATIONS = Clause("Data 4.6", "4.2.7")
ATTACHMENT = Clause("Data 2.4.11", "4.2.2.6")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong. `member` names a member below the place where it was found, if any.

    marshmallow keeps its own faults of a whole object under the key "_schema", so the members
    that a sender named are never keys of its dictionaries: one of them might be called so.
    """

    message: str
    clause: Clause
    member: str | None = None


def wrong(message: str, clause: Clause, member: str | None = None) -> ValidationError:
    return ValidationError([Fault(message, clause, member)])


def problems(messages: Any, version: Version, path: str = "") -> list[Problem]:
    """The faults of a schema as problems with full paths, in the order they were found."""
    return list(_flatten(messages, version, path))


def _flatten(messages: Any, version: Version, path: str) -> Iterator[Problem]:
    if isinstance(messages, dict):
        for key, below in messages.items():
            yield from _flatten(below, version, path if key == SCHEMA else step(path, key))
    else:
        for fault in messages:
            where = path if fault.member is None else step(path, fault.member)
            yield Problem(where, fault.message, fault.clause.under(version))


def step(path: str, key: str | int) -> str:
    """One step down: `.name`, `[0]`, or `["http://…"]` where a key is no plain name."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if len(key) > _LONGEST_KEY:
        key = key[:_LONGEST_KEY] + "…"
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
        return f"{path}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key


def kind(value: object) -> str:
    """What a value is, in JSON's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "a string" if value else "an empty string"
    if isinstance(value, (int, float, Decimal)):
        return "a number"
    return "an array" if isinstance(value, list) else "an object"


# --- fields -----------------------------------------------------------------------------------


class Strict(Field[Any]):
    """A member that takes its value as it is, or says what is wrong with it.

    `clause` is where the standard says what belongs here.
    """

    def __init__(self, clause: Clause, *, required: bool = False) -> None:
        super().__init__(required=required)
        self.clause = clause

    def _validate_missing(self, value: Any) -> None:
        if value is None:
            raise wrong(
                "It is null, which is allowed only inside extensions; leave this member out, "
                f"or send {self.wanted()}.",
                FORMAT,
            )
        if value is missing and self.required:
            raise wrong(f"It is required and missing; add {self.wanted()}.", self.clause)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        fault = self.fault(value)
        if fault is not None:
            raise wrong(fault, self.clause)
        return value

    def wanted(self) -> str:
        """What belongs here, to end a sentence with."""
        raise NotImplementedError

    def fault(self, value: Any) -> str | None:
        """The sentence that says what is wrong; None where nothing is."""
        raise NotImplementedError

    def mistyped(self, value: Any) -> str:
        return f"It is {kind(value)}; send {self.wanted()}."


class Lexical(Strict):
    """A value held to one rule of `lrs.xapi.lexical`."""

    form: ClassVar[str]
    basis: ClassVar[Clause] = FORMAT

    def __init__(self, clause: Clause | None = None, *, required: bool = False) -> None:
        super().__init__(clause or self.basis, required=required)

    @staticmethod
    def rule(value: object) -> bool:
        raise NotImplementedError

    def wanted(self) -> str:
        return self.form

    def fault(self, value: Any) -> str | None:
        if self.rule(value):
            return None
        if type(value) is not str or not value:
            return self.mistyped(value)
        return f"It is not {self.form}{self.because(value)}."

    def because(self, text: str) -> str:
        """What exactly is wrong with a text that breaks the rule, where that can be told."""
        return ""


class IRI(Lexical):
    rule = staticmethod(lexical.is_iri)
    form = "an absolute IRI such as https://example.com/thing"
    basis = IRIS

    def because(self, text: str) -> str:
        return iri_because(text)


def iri_because(text: str) -> str:
    """Why a text is no absolute IRI, as the end of a sentence."""
    if not re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", text):
        return ": it has no scheme (what stands before the first colon, as https)"
    if text.endswith(":") and text.count(":") == 1:
        return ": nothing follows its scheme"
    if (place := lexical.forbidden_in_iri(text)) is not None:
        sign = text[place]
        escaped = "".join(f"%{octet:02X}" for octet in sign.encode(errors="replace"))
        return f": character {place + 1} ({_named(sign)}) must be escaped as {escaped}"
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        return ": a percent sign must begin an escape such as %20, or be written %25"
    if text.count("#") > 1:
        return ": it has more than one #; escape the later ones as %23"
    return ": square brackets must be escaped as %5B and %5D"


def _named(sign: str) -> str:
    return "a space" if sign == " " else f"U+{ord(sign):04X}"


class OpenID(Lexical):
    rule = staticmethod(lexical.is_openid)
    form = "an absolute URI in ASCII such as https://id.example.com/someone"
    basis = IDENTIFIER


class Mbox(Lexical):
    rule = staticmethod(lexical.is_mbox)
    form = "a mailto IRI with one address, such as mailto:someone@example.com"
    basis = IDENTIFIER

    def because(self, text: str) -> str:
        if text.startswith("mailto:"):
            return ""
        return ": it does not begin with mailto: in small letters"


class MboxSha1Sum(Lexical):
    rule = staticmethod(lexical.is_mbox_sha1sum)
    form = "the SHA-1 of a mailto IRI in 40 hexadecimal digits"
    basis = IDENTIFIER


class UUID(Lexical):
    rule = staticmethod(lexical.is_uuid)
    form = "a UUID such as 6e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1"
    basis = UUIDS

    def because(self, text: str) -> str:
        bare = text.lower().removeprefix("urn:uuid:").strip("{} ")
        return f": write it as {bare}" if lexical.is_uuid(bare) else ""


class Timestamp(Lexical):
    rule = staticmethod(lexical.is_timestamp)
    form = "a date and time of ISO 8601 such as 2026-03-01T09:30:00.000Z"
    basis = TIMESTAMPS

    def because(self, text: str) -> str:
        if re.search(r"-00(:?00)?\Z", text):
            return ": an offset of minus zero says nothing; write Z or +00:00"
        if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ t]", text):
            return ": a capital T stands between date and time"
        return ""


class Duration(Lexical):
    rule = staticmethod(lexical.is_duration)
    form = "a duration of ISO 8601 by designators such as PT1H30M or PT59.14S"
    basis = DURATIONS

    def because(self, text: str) -> str:
        if "W" in text and re.search(r"[YMDHS]", text):
            return ": weeks stand alone; count them as days"
        return ""


class LanguageTag(Lexical):
    rule = staticmethod(lexical.is_language_tag)
    form = "a language tag of RFC 5646 such as id or en-GB"
    basis = LANGUAGE

    def because(self, text: str) -> str:
        return language_because(text)


def language_because(text: str) -> str:
    """A tag to write instead, as the end of a sentence; nothing where none comes to mind."""
    if len(text) < 64 and lexical.is_language_tag(text.replace("_", "-")):
        return f": write {text.replace('_', '-')}"
    return ""


class Sha2(Lexical):
    rule = staticmethod(lexical.is_sha2)
    form = "a SHA-2 hash in 56, 64, 96 or 128 hexadecimal digits"
    basis = ATTACHMENT


class MediaType(Lexical):
    rule = staticmethod(lexical.is_media_type)
    form = "an Internet media type such as application/pdf"
    basis = ATTACHMENT


class Number(Lexical):
    rule = staticmethod(lexical.is_number)
    form = "a number, without quotes"

    def fault(self, value: Any) -> str | None:
        return None if lexical.is_number(value) else self.mistyped(value)


class Length(Lexical):
    rule = staticmethod(lexical.is_length)
    form = "a whole number of octets, not below 0"
    basis = ATTACHMENT

    def fault(self, value: Any) -> str | None:
        return None if lexical.is_length(value) else f"It is not {self.form}."


class Text(Strict):
    def wanted(self) -> str:
        return "a string"

    def fault(self, value: Any) -> str | None:
        return None if type(value) is str else self.mistyped(value)


class Boolean(Strict):
    def wanted(self) -> str:
        return "true or false, without quotes"

    def fault(self, value: Any) -> str | None:
        return None if type(value) is bool else self.mistyped(value)


class OneOf(Strict):
    """One of a few exact texts; case counts."""

    def __init__(self, *texts: str, clause: Clause, required: bool = False) -> None:
        super().__init__(clause, required=required)
        self.texts = texts

    def wanted(self) -> str:
        quoted = [f'"{text}"' for text in self.texts]
        return quoted[0] if len(quoted) == 1 else "one of " + ", ".join(quoted)

    def fault(self, value: Any) -> str | None:
        if type(value) is not str:
            return self.mistyped(value)
        if value in self.texts:
            return None
        said = json.dumps(value, ensure_ascii=False) if len(value) < 40 else "another text"
        return f"It is {said}; send {self.wanted()}."


class LanguageMap(Strict):
    """Texts by language tag."""

    def __init__(self, clause: Clause = LANGUAGE, *, required: bool = False) -> None:
        super().__init__(clause, required=required)

    def wanted(self) -> str:
        return 'an object of texts by language tag, such as {"id": "selesai"}'

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if type(value) is not dict:
            raise wrong(self.mistyped(value), self.clause)
        reject(self._each(value))
        return value

    def _each(self, texts: Mapping[str, Any]) -> Iterator[Fault]:
        for tag, text in texts.items():
            if not lexical.is_language_tag(tag):
                yield Fault(
                    f"The key is not {LanguageTag.form}{language_because(tag)}.", LANGUAGE, tag
                )
            if type(text) is not str:
                yield Fault(f"It is {kind(text)}; send a string.", self.clause, tag)


class Extensions(Strict):
    """Anything at all, by IRI; what stands under a key is its owner's affair."""

    def __init__(self) -> None:
        super().__init__(EXTENSION)

    def wanted(self) -> str:
        return "an object whose keys are absolute IRIs"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if type(value) is not dict:
            raise wrong(self.mistyped(value), self.clause)
        reject(
            Fault(f"The key is not {IRI.form}{iri_because(key)}.", EXTENSION, key)
            for key in value
            if not lexical.is_iri(key)
        )
        return value


def reject(faults: Iterable[Fault]) -> None:
    """Raises ValidationError if there are any, telling the first of them."""
    told = [fault for fault, _ in zip(faults, range(SAME_FAULT), strict=False)]
    if told:
        raise ValidationError(told)


class Part(Strict):
    """An object held to a schema, which may depend on the object.

    `choose` gives the schema, or raises ValidationError where the object does not say what it is.
    """

    def __init__(
        self,
        choose: Callable[[dict[str, Any]], "Closed"],
        what: str,
        clause: Clause,
        *,
        required: bool = False,
    ) -> None:
        super().__init__(clause, required=required)
        self.choose, self.what = choose, what

    def wanted(self) -> str:
        return self.what

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if type(value) is not dict:
            raise wrong(self.mistyped(value), self.clause)
        messages = self.choose(value).validate(value)
        if messages:
            raise ValidationError(messages)
        return value


class ListOf(Strict):
    """An array, every element of which passes one field. `least` is 0 or 1."""

    def __init__(self, each: Strict, clause: Clause, *, least: int = 0, required: bool = False):
        super().__init__(clause, required=required)
        self.each, self.least = each, least

    def wanted(self) -> str:
        more = "an array of one or more" if self.least else "an array"
        return f"{more}, each of them {self.each.wanted()}"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if type(value) is not list:
            hint = " Keep its values and drop its keys." if type(value) is dict else ""
            raise wrong(self.mistyped(value) + hint, self.clause)
        if len(value) < self.least:
            raise wrong(f"It is empty; leave it out, or send {self.wanted()}.", self.clause)
        errors: dict[str | int, Any] = {}
        for index, element in enumerate(value):
            try:
                self.each.deserialize(element)
            except ValidationError as error:
                errors[index] = error.messages
                if len(errors) == SAME_FAULT:
                    break
        if errors:
            raise ValidationError(errors)
        return value


# --- objects ----------------------------------------------------------------------------------


class Closed(Schema):
    """An object with these members and no others; `hints` say what a stranger may have meant."""

    hints: ClassVar[Mapping[str, str]] = {}

    class Meta:
        # marshmallow would tell of unknown members under their own names; see Fault.
        unknown = EXCLUDE

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def has_no_strangers(self, data: Any, original: dict[str, Any], **kwargs: Any) -> None:
        reject(
            Fault(f"There is no such member here; {self._instead(key)}.", FORMAT, key)
            for key in original
            if key not in self.fields
        )

    def _instead(self, key: str) -> str:
        if key in self.hints:
            return self.hints[key]
        if len(key) < _LONGEST_KEY:
            same = [name for name in self.fields if name.lower() == key.lower()]
            for near in same or get_close_matches(key, self.fields, n=1):
                return f'write "{near}" if that is what it is, or leave it out'
        return "leave it out, or move it into extensions"
