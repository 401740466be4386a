"""The values of parameters, read strictly: what cannot be right is refused with the way to mend it.

Each function takes the call and the name of a parameter, and raises Refused with that name as
its path. Where the parameter may be absent, so may the outcome (xAPI 1.0.3, Communication 2).
"""

import uuid
from typing import Any

from lrs.api.wire import Call, refused
from lrs.errors import Problem, Refused
from lrs.xapi import check, lexical
from lrs.xapi.statements import parse
from schemas.statements import explain_agent

CLAUSE = "Communication 2"


def boolean(call: Call, name: str) -> bool:
    """`true` or `false`, or as tincan writes them, `True` or `False`; false where absent."""
    value = call.parameters.get(name, "false")
    if value not in _BOOLEANS:
        refused(f"it must be true or false, not {value[:40]!r}", f"{CLAUSE}.1.3", name)
    return _BOOLEANS[value]


_BOOLEANS = {"true": True, "True": True, "false": False, "False": False}


def number(call: Call, name: str) -> int:
    """A whole number from 0 on; 0 where absent. One of more than 18 digits counts as 10¹⁸."""
    value = call.parameters.get(name, "0")
    if not (value.isascii() and value.isdigit()):
        refused(f"it must be a whole number from 0 on, not {value[:40]!r}", f"{CLAUSE}.1.3", name)
    digits = value.lstrip("0")
    return int(digits or "0") if len(digits) <= 18 else 10**18


def one_of(call: Call, name: str, words: tuple[str, ...]) -> str:
    """One of a few words; the first where absent."""
    value = call.parameters.get(name, words[0])
    if value not in words:
        refused(f"it must be {', '.join(words)}, not {value[:40]!r}", f"{CLAUSE}.1.3", name)
    return value


def iri(call: Call, name: str) -> str | None:
    """An absolute IRI."""
    value = call.parameters.get(name)
    if value is not None and not lexical.is_iri(value):
        refused(f"it must be an absolute IRI, not {value[:200]!r}", "Data 4.3", name)
    return value


def identifier(call: Call, name: str) -> bytes | None:
    """A UUID, as its 16 bytes."""
    value = call.parameters.get(name)
    if value is None:
        return None
    if not lexical.is_uuid(value):
        refused(f"it must be a UUID, not {value[:60]!r}", "Data 4.4", name)
    return uuid.UUID(value).bytes


def moment(call: Call, name: str) -> int | None:
    """A timestamp, in microseconds since 1970."""
    value = call.parameters.get(name)
    if value is None:
        return None
    if not lexical.is_timestamp(value):
        hint = ""
        if " " in value and lexical.is_timestamp("+".join(value.rsplit(" ", 1))):
            hint = "; a + in a URL means a blank, write it as %2B"
        refused(f"it must be a timestamp of ISO 8601, not {value[:60]!r}{hint}", "Data 4.5", name)
    return lexical.micros(value)


def agent(call: Call, name: str, *, groups: bool = False) -> dict[str, Any] | None:
    """An Agent, or where `groups` an identified Group, as JSON."""
    value = call.parameters.get(name)
    if value is None:
        return None
    try:
        tree = parse(value.encode())
    except Refused as error:
        raise Refused(
            [Problem(name, problem.message, problem.clause) for problem in error.problems]
        ) from error
    if not check.sound_agent(tree):
        raise Refused(explain_agent(tree, call.version, name))
    if not groups and tree.get("objectType") == "Group":
        refused(
            "it must be an Agent; for a Group, put its identifier into an Agent object",
            f"{CLAUSE}.6",
            name,
        )
    return dict(tree)
