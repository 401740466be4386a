"""What an operator may enter about tenants, sources, keys, issuers and users.

The words that these fields accept (scopes, repairs, ways with duplicates, roles) stand here once;
the rooms above take them from here. Each schema is loaded by `load`, which raises `errors.Refused`
with one sentence per field that says what to enter instead.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields

from lrs import errors
from lrs.xapi import lexical, repairs, versions
from schemas import statements

SCOPES: dict[str, str] = {
    "all": "everything in the learning store, read and write",
    "all/read": "everything in the learning store, read only",
    "statements/write": "send statements",
    "statements/read": "read all statements",
    "statements/read/mine": "read the statements of the source's own authority",
    "state": "read and write state documents",
    "profile": "read and write agent and activity profile documents",
    "define": "let statements sent change the merged definitions of activities",
    "practice/read": "read the practice store; never implied by all",
    "practice/write": "hand in evidence and answers; never implied by all",
    "practice/review": "give verdicts on links; never implied by all",
    "practice/admin": "keep people, units, programmes and invitations; never implied by all",
    "practice/all": "whatever a key may ever do with the practice store; never implied by all",
}
"""Scope → what it is good for. All but `practice/*` are those of xAPI 1.0.3, Communication 4.2."""

DEFAULT_SCOPES = ("statements/write", "statements/read/mine")
"""What a key gets when none are named (xAPI 1.0.3, Communication 4.2, Requirements)."""

REPAIRS: dict[str, str] = {name: repair.defect for name, repair in repairs.REPAIRS.items()}
"""Name of a repair → the sender's defect that it mends."""

DUPLICATES: dict[str, str] = {
    "off": "statements without ids are always new",
    "report": "a batch sent again is stored and the likeness is recorded",
    "answer": "a batch sent again is answered with the ids it got the first time",
}
"""What is done when a batch without ids looks like an earlier one whose answer was lost."""

ROLES: dict[str, str] = {
    "admin": "training admin: reviews, follows up, reports",
    "reviewer": "decides on links, on the evidence",
    "evaluator": "evaluation team: answers and figures, no evidence",
    "coach": "coach of a learner's assignment",
    "examiner": "examiner at a learner's seminar",
    "superior": "superior or mentor of a learner",
    "peer": "colleague who was drawn to answer",
    "learner": "who took part",
    "unit_contact": "contact of a unit: its people and who superiors are",
    "head": "head of the agency: figures only",
    "operator": "keeps the service, sees no practice",
}
"""Role of a person → what it is; what each may do is the table in `lrs/auth/roles.py`."""

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._@+-]{0,98}[a-z0-9])?")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PASSWORD_LEAST, PASSWORD_MOST = 12, 1024


class _Text(fields.String):
    """Text that is text: no control characters, no blanks at its ends."""

    def __init__(self, name: str, most: int, **options: Any) -> None:
        self.called, self.most = name, most
        super().__init__(
            error_messages={
                "required": f"Give {name}.",
                "null": f"Give {name}.",
                "invalid": f"{name} must be text.",
                "invalid_utf8": f"{name} must be UTF-8 text.",
            },
            **options,
        )

    def _deserialize(self, value: object, *rest: Any, **named: Any) -> str:
        text: str = super()._deserialize(value, *rest, **named)
        if self.required and not text:
            raise self.make_error("required")
        if text != text.strip() or not text.isprintable():
            raise ValidationError(
                f"{self.called} must not begin or end with blanks or hold control characters."
            )
        if len(text) > self.most:
            raise ValidationError(f"{self.called} must not be longer than {self.most} characters.")
        return text


class Name(_Text):
    """Name of a tenant or source: also a part of addresses and of authorities, hence so plain."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, 63, **options)

    def _deserialize(self, value: object, *rest: Any, **named: Any) -> str:
        text = super()._deserialize(value, *rest, **named)
        if not NAME.fullmatch(text):
            raise ValidationError(
                f"{self.called} is made of small letters a–z, digits and hyphens, at most 63,"
                f" such as moodle-pusdiklat; {text!r} is not."
            )
        return text


class Words(fields.Field[tuple[str, ...]]):
    """A set of words from a table, as a list or as text separated by commas or blanks.

    Gives them sorted and each once.
    """

    def __init__(self, name: str, table: Mapping[str, str], *, least: int, **options: Any) -> None:
        self.called, self.table, self.least = name, table, least
        super().__init__(**options)

    def _deserialize(self, value: object, *rest: Any, **named: Any) -> tuple[str, ...]:
        if isinstance(value, str):
            value = re.split(r"[\s,]+", value.strip()) if value.strip() else []
        if not isinstance(value, list | tuple | set | frozenset):
            raise ValidationError(f"{self.called} must be a list of words.")
        unknown = [word for word in value if not isinstance(word, str) or word not in self.table]
        if unknown:
            raise ValidationError(
                f"{unknown[0]!r} is none of the {self.called}; there are: {', '.join(self.table)}."
            )
        if len(value) < self.least:
            raise ValidationError(
                f"Give at least one of the {self.called}: {', '.join(self.table)}."
            )
        return tuple(sorted(set(value)))


class Word(fields.Field[str]):
    """One word from a table."""

    def __init__(self, name: str, table: Mapping[str, str], **options: Any) -> None:
        self.called, self.table = name, table
        super().__init__(**options)

    def _deserialize(self, value: object, *rest: Any, **named: Any) -> str:
        if not isinstance(value, str) or value not in self.table:
            raise ValidationError(
                f"{self.called} is one of {', '.join(self.table)}; {value!r} is not."
            )
        return value


class Authority(fields.Field[dict[str, Any]]):
    """The Agent that asserts what a source sends, as JSON text or as a tree.

    Gives the tree with its `objectType` written out. A Group is not accepted: xAPI knows one as
    authority only for an application together with a person (1.0.3, Data 2.4.9), and those are
    made from tokens, never entered.
    """

    def _deserialize(self, value: object, *rest: Any, **named: Any) -> dict[str, Any]:
        if isinstance(value, str):
            try:
                value = json.loads(value, object_pairs_hook=_members_once)
            except ValueError as wrong:
                raise ValidationError(f"The authority must be JSON: {wrong}.") from None
        if not isinstance(value, dict):
            raise ValidationError(
                "The authority must be a JSON object that is an Agent, such as "
                '{"account": {"homePage": "https://lms.example.org", "name": "moodle"}}.'
            )
        if value.get("objectType", "Agent") != "Agent":
            raise ValidationError(
                "The authority of a source must be an Agent; a Group stands only for an"
                " application together with a person, which tokens make by themselves."
            )
        problems = statements.explain_agent(value, versions.V1, "")
        if problems:
            raise ValidationError([str(problem) for problem in problems])
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValidationError("The authority holds half a character (a surrogate).") from None
        return {"objectType": "Agent", **value}


class Moment(fields.Field[datetime]):
    """A point in time in ISO 8601 (a bare date is its first moment in UTC); gives it in UTC."""

    def _deserialize(self, value: object, *rest: Any, **named: Any) -> datetime:
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                value = None
        if not isinstance(value, datetime):
            raise ValidationError("Give a date such as 2027-01-31 or 2027-01-31T17:00:00+07:00.")
        try:
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
        except OverflowError:
            raise ValidationError("That date is too far away to be reckoned with.") from None


class Truth(fields.Field[bool]):
    """true or false, and nothing that merely looks so."""

    def _deserialize(self, value: object, *rest: Any, **named: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(f"{self.name} is true or false; {value!r} is not.")
        return value


class Address(_Text):
    """An https address; http only where it never leaves the machine.

    Keys fetched over plain http could be changed on the way, and whoever changes them can sign
    in as anyone.
    """

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, 255, **options)

    def _deserialize(self, value: object, *rest: Any, **named: Any) -> str:
        text = super()._deserialize(value, *rest, **named)
        if not is_safe_address(text):
            raise ValidationError(
                f"{self.called} must be an https address without query or fragment, such as"
                f" https://login.example.org/realms/asn; {text!r} is not (http is accepted on"
                " this machine only)."
            )
        return text


class Password(fields.Field[str]):
    """A password to set. Long rather than odd: length is the only rule."""

    def _deserialize(self, value: object, *rest: Any, **named: Any) -> str:
        if not isinstance(value, str) or not PASSWORD_LEAST <= len(value) <= PASSWORD_MOST:
            raise ValidationError(
                f"A password has {PASSWORD_LEAST} to {PASSWORD_MOST} characters, of any kind."
            )
        return value


class Login(_Text):
    """The name that a person signs in with; letters are made small."""

    def __init__(self, **options: Any) -> None:
        super().__init__("the login", 100, **options)

    def _deserialize(self, value: object, *rest: Any, **named: Any) -> str:
        text = super()._deserialize(value, *rest, **named).lower()
        if not LOGIN.fullmatch(text):
            raise ValidationError(
                "The login is made of letters a–z, digits and . _ @ + -, such as"
                f" siti.rahma or siti@example.go.id; {text!r} is not."
            )
        return text


class Mail(_Text):
    """A mail address."""

    def __init__(self, **options: Any) -> None:
        super().__init__("the mail address", 200, **options)

    def _deserialize(self, value: object, *rest: Any, **named: Any) -> str:
        text = super()._deserialize(value, *rest, **named)
        if not lexical.is_mbox(f"mailto:{text}"):
            raise ValidationError(
                f"Give a mail address such as siti@example.go.id; {text!r} is none."
            )
        return text


class TenantSchema(Schema):
    name = Name("the name of the tenant", required=True)


class SourceSchema(Schema):
    name = Name("the name of the source", required=True)
    authority = Authority()


class KeySchema(Schema):
    scopes = Words("scopes", SCOPES, least=1)
    label = _Text("the label", 200)
    expires = Moment(allow_none=True)
    salvage = Truth()
    repairs = Words("repairs", REPAIRS, least=0)
    duplicates = Word("duplicates", DUPLICATES)


class IssuerSchema(Schema):
    issuer = Address("the issuer", required=True)
    audience = _Text("the audience", 200, required=True)
    prefix = _Text("the prefix of scopes", 100)


class ClientSchema(Schema):
    client = _Text("the client id", 200, required=True)


class UserSchema(Schema):
    login = Login(required=True)
    password = Password(required=True)
    roles = Words("roles", ROLES, least=1)
    mail = Mail()


class MailSchema(Schema):
    mail = Mail(required=True)


def load(schema: Schema, entered: Mapping[str, Any]) -> dict[str, Any]:
    """The checked values of what was entered; raises `errors.Refused`, one problem a sentence."""
    try:
        loaded: dict[str, Any] = schema.load(entered)
    except ValidationError as wrong:
        raise errors.Refused(list(_problems(wrong.messages_dict))) from None
    return loaded


def issuer(given: Mapping[str, Any], source: str, clients: Iterable[str]) -> dict[str, Any]:
    """What `accounts.add_issuer` takes, of an issuer as entered: `source` for clients that are not
    mapped (empty: none), `clients` as `ID=SOURCE`. Raises `errors.Refused`."""
    made = load(IssuerSchema(), given)
    mapped = {}
    for pair in clients:
        client, equals, name = pair.rpartition("=")
        if not equals:
            raise errors.Refused(
                errors.Problem("clients", f"Write it as ID=SOURCE; '{pair}' has no =.")
            )
        mapped[load(ClientSchema(), {"client": client.strip()})["client"]] = name.strip()
    if not source and not mapped:
        raise errors.Refused(
            errors.Problem(
                "source", "Name a source, or map a client to one: else no token leads to a source."
            )
        )
    return made | {"source_name": source or None, "clients": mapped}


def is_safe_address(text: str) -> bool:
    """True for https, or http to this machine itself, with a host and no query or fragment."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return False
    if not host or parts.query or parts.fragment or parts.username or re.search(r"[\s<>\"]", text):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)


def _problems(messages: Mapping[str, Any]) -> Iterable[errors.Problem]:
    for name, told in messages.items():
        for message in told if isinstance(told, list) else [str(told)]:
            yield errors.Problem(name, str(message))


def _members_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(members)
    if len(tree) != len(members):
        raise ValueError("an object names a member twice")
    return tree
