"""What can go wrong, as a family.

    JejakError
    ├── Refused             what was sent breaks a rule: one or more problems
    ├── Unauthenticated     no credentials, or none that we know
    ├── Forbidden           known, but not allowed to do this
    ├── NotFound
    ├── Conflict            a different thing already stands there
    ├── PreconditionFailed  the ETag given is not the one that holds
    ├── TooLarge            over a limit that a setting sets
    ├── UnsupportedMedia    a content type we do not read
    └── Busy                the store cannot write just now; try again

Each carries the thing it is about and composes its own sentence; none knows HTTP.
Status codes are a table at the door (`lrs/api/wire.py`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what was sent.

    `path` is written as the sender would (`context.contextActivities.parent[0].id`, empty for
    the whole), `clause` names the rule in the standard, `index` the statement in its batch.
    """

    path: str
    message: str
    clause: str = ""
    index: int | None = None

    def __str__(self) -> str:
        where = [] if self.index is None else [f"statement {self.index}"]
        where += [self.path] if self.path else []
        rule = f" ({self.clause})" if self.clause else ""
        said = self.message.removesuffix(".") if rule else self.message
        return f"{', '.join(where)}: {said}{rule}" if where else f"{said}{rule}"

    def facts(self) -> dict[str, Any]:
        """As JSON for an answer or a kept record, without what is not known."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "")}


class JejakError(Exception):
    """The root: everything this service raises on purpose."""


class Refused(JejakError):
    """What was sent breaks one or more rules; nothing of it was stored."""

    def __init__(self, problems: Sequence[Problem] | Problem) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        first, *others = self.problems
        more = f" And {len(others)} more." if others else ""
        return f"{first}.{more}" if not str(first).endswith(".") else f"{first}{more}"


class Unauthenticated(JejakError):
    """Who is asking is not known."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)

    def __str__(self) -> str:
        return f"Not signed in: {self.why}"


class Forbidden(JejakError):
    """Who is asking is known and lacks the scope."""

    def __init__(self, action: str, held: Sequence[str] = ()) -> None:
        self.action, self.held = action, tuple(held)
        super().__init__(action, self.held)

    def __str__(self) -> str:
        held = ", ".join(sorted(self.held)) or "none"
        return f"This key may not do that: it needs the scope {self.action}; it holds {held}."


class NotFound(JejakError):
    """Nothing stands under that name, or nothing that this caller may see."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)

    def __str__(self) -> str:
        return f"Not found: {self.what}."


class Conflict(JejakError):
    """A different thing already stands under that name; it was left as it is.

    `problems` tell where it differs, if that is known.
    """

    def __init__(self, what: str, mend: str, problems: Sequence[Problem] = ()) -> None:
        self.what, self.mend, self.problems = what, mend, tuple(problems)
        super().__init__(what, mend, self.problems)

    def __str__(self) -> str:
        return f"{self.what} {self.mend}"


class PreconditionFailed(JejakError):
    """The ETag condition of the request does not hold; nothing was changed."""

    def __init__(self, what: str, etag: str | None) -> None:
        self.what, self.etag = what, etag
        super().__init__(what, etag)

    def __str__(self) -> str:
        now = f"its ETag is {self.etag}" if self.etag else "it does not exist"
        return f"The condition on {self.what} does not hold: {now}. Read it again, then write."


class TooLarge(JejakError):
    """Over a limit of so many `unit`; `setting` names where the operator can raise it."""

    def __init__(self, what: str, limit: int, setting: str, unit: str = "bytes") -> None:
        self.what, self.limit, self.setting, self.unit = what, limit, setting, unit
        super().__init__(what, limit, setting, unit)

    def __str__(self) -> str:
        most = f"{self.limit} {self.unit}"
        return f"{self.what} is larger than {most}, the limit set by {self.setting}."


class UnsupportedMedia(JejakError):
    """A content type or content encoding that this resource does not read; `header` says which."""

    def __init__(self, got: str, wanted: str, header: str = "Content-Type") -> None:
        self.got, self.wanted, self.header = got, wanted, header
        super().__init__(got, wanted, header)

    def __str__(self) -> str:
        return f"{self.header} {self.got or '(none)'} is not read here; send {self.wanted}."


class Busy(JejakError):
    """The store could not take the write in time; nothing of it was stored."""

    def __str__(self) -> str:
        return "The store is busy and took nothing of this request. Send it again in a moment."
