"""The versions of xAPI that this service speaks, one line each.

Behaviour that differs asks for `.major`, never for the full text, so that a later patch of a
line keeps its line's behaviour. Statements are stored alike under both: the version decides
what is accepted and which headers are answered.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from lrs.errors import Problem, Refused

HEADER = "X-Experience-API-Version"


@dataclass(frozen=True, slots=True)
class Version:
    """One line of the standard: `text` is what we answer, the latest patch that we implement."""

    text: str
    major: int


V1 = Version("1.0.3", 1)
V2 = Version("2.0.0", 2)
SUPPORTED = (V1, V2)

_LINE = re.compile(r"([12])\.0(?:\.[0-9]{1,9})?").fullmatch
# A statement may carry the version it was made under, with the pre-release mark that Semantic
# Versioning 1.0.0 admits. The 2.0 line takes statements of the 1.0 line too (its suite sends
# them, and its clause 4.2.4.2 asks not to refuse a statement for its version alone).
_IN_STATEMENT = {
    1: re.compile(r"1\.0(?:\.[0-9]+(?:-[0-9A-Za-z-]+)?)?").fullmatch,
    2: re.compile(r"[12]\.0(?:\.[0-9]+(?:-[0-9A-Za-z-]+)?)?").fullmatch,
}


@lru_cache(maxsize=16)
def negotiate(header: str | None) -> Version:
    """The version that a request asks for by its header, `1.0`, `1.0.x`, `2.0` or `2.0.x`.

    Raises Refused where it is absent or names a line that we do not speak
    (xAPI 1.0.3 Communication 3.3; IEEE 9274.1.1 4.1.2).
    """
    if header is None:
        raise Refused(
            Problem(
                "",
                f"The request has no {HEADER} header; send {V1.text} or {V2.text}.",
                "xAPI 1.0.3 Communication 3.3",
            )
        )
    match = _LINE(header.strip())
    if match is None:
        raise Refused(
            Problem(
                "",
                f"{HEADER} {header[:32]!r} is not spoken here; send {V1.text} or {V2.text}.",
                "xAPI 1.0.3 Communication 3.3",
            )
        )
    return V1 if match[1] == "1" else V2


def may_carry(value: object, version: Version) -> bool:
    """Whether a statement sent under `version` may have this value as its own "version".

    1.0.x: `1.0` and all of 1.0.x, nothing else (xAPI 1.0.3 Data 2.4.10); 2.0.x: those too.
    """
    return type(value) is str and _IN_STATEMENT[version.major](value) is not None
