"""What every page has at hand: who is looking, what they may do, and how a page is registered.

A room of the pages is a `Room`; each of its addresses names the action of `lrs/auth/roles.py` that
it is, or that it is public. `here()` is who is looking.
"""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from flask import Blueprint, g
from sqlalchemy import Connection

from lrs.auth import roles
from lrs.context import Context
from lrs.practice.cases import days
from lrs.practice.people import canonical
from lrs.store import audit, practice
from lrs.store.accounts import Tenant, User
from lrs.store.sessions import Session

T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., Any])

#: For addresses that everybody who is signed in may ask: their own account, the first page.
SIGNED_IN: Final = "signed in"

#: Bytes that a form may have, unless its page says otherwise.
LIMIT: Final = 2 << 20

#: For addresses that need no sign-in.
PUBLIC: Final = "public"


@dataclass(slots=True)
class Here:
    """One request of a page. `session` None: nobody is signed in (public pages alone)."""

    context: Context
    now: datetime
    locale: str
    zone: str
    theme: str
    token: str
    session: Session | None = None
    seen: list[tuple[str, str]] = field(default_factory=list)

    @property
    def tenant(self) -> Tenant:
        assert self.session is not None
        return self.session.tenant

    @property
    def user(self) -> User:
        assert self.session is not None
        return self.session.user

    @property
    def signed_in(self) -> bool:
        return self.session is not None and self.session.stage == "in"

    @property
    def today(self) -> int:
        """Today where the reader is, in days since 1970."""
        return days(self.now.astimezone(ZoneInfo(self.zone)).date())

    @property
    def who(self) -> str:
        """As the register and the audit trail name them; a person of the register by its UUID is
        `reviewer`."""
        return f"user:{self.user.login}"

    def reviewer(self, connection: Connection) -> str:
        """As records of the practice side name them: whom of the register they were found to be,
        so that nobody reviews their own work under an older id, else as `who`."""
        if self.user.person is None:
            return self.who
        merged = practice.merged(connection, self.tenant.id)
        return str(uuid.UUID(bytes=canonical(self.user.person, merged)))

    def may(self, action: str) -> bool:
        """Whether they may do it with what is everybody's."""
        return self.signed_in and bool(roles.decide(self.user.roles, action))

    def reach(self, action: str) -> frozenset[str]:
        """With whose things they may: to narrow a list to."""
        return roles.reach(self.user.roles, action) if self.signed_in else frozenset()

    def read(self) -> AbstractContextManager[Connection]:
        return self.context.database.read()

    def write(self, work: Callable[[Connection], T]) -> T:
        """One transaction. `work` may run in another thread, and more than once: it asks neither
        `here()` nor `_()`, but uses what was taken from them before."""
        return self.context.database.write(work)

    def saw(self, kind: str, subject: str) -> None:
        """Note in the audit trail that something about people was shown."""
        self.seen.append((f"{kind}/seen", f"{kind} {subject}"))

    def did(self, connection: Connection, action: str, subject: str) -> None:
        """Note a change in the audit trail, in the transaction that makes it."""
        audit.note(
            connection, self.tenant.id, at=self.now, who=self.who, action=action, subject=subject
        )


def here() -> Here:
    """Who is looking, in this request."""
    found: Here = g.here
    return found


class Room(Blueprint):
    """A room of the pages: its addresses begin with `/`, its endpoints are `web.<name>.<view>`."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "lrs.web")

    def page(
        self,
        rule: str,
        action: str,
        *,
        methods: tuple[str, ...] = ("GET",),
        narrowed: bool = False,
        limit: int = LIMIT,
    ) -> Callable[[View], View]:
        """Serve a view. `action` is one of `roles.SCOPES_FOR`, SIGNED_IN or PUBLIC.

        Let in is who may do it with everybody's. With `narrowed`, also who may with some: then
        the view itself asks `here().reach(action)` and shows no more than that. `limit` is how many
        bytes may be sent.
        """
        if action not in (PUBLIC, SIGNED_IN):
            roles.SCOPES_FOR[action]

        def add(view: View) -> View:
            self.add_url_rule(
                rule,
                view_func=view,
                methods=list(methods),
            )
            ACTIONS[f"web.{self.name}.{view.__name__}"] = (action, narrowed)
            LIMITS[f"web.{self.name}.{view.__name__}"] = limit
            return view

        return add


ACTIONS: Final[dict[str, tuple[str, bool]]] = {}
"""Endpoint → its action, and whether the view narrows by itself. A view without one is served to
nobody (`security.let_in`)."""

LIMITS: Final[dict[str, int]] = {}
"""Endpoint → how many bytes may be sent to it: what is more is refused before it is read."""
