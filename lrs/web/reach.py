"""Whose things somebody may see on a page: what `Here.may`, which knows no person, cannot tell."""

from collections.abc import Iterable

from sqlalchemy import Connection

from lrs.auth import relations
from lrs.auth.relations import Viewer
from lrs.auth.roles import NotPermitted
from lrs.errors import NotFound
from lrs.web.rooms import Here


def viewer(there: Here) -> Viewer:
    """Who is looking, as relations are asked."""
    return Viewer(
        tenant_id=there.tenant.id,
        roles=there.user.roles,
        person=there.user.person,
        day=there.today,
    )


def within(connection: Connection, there: Here, action: str) -> frozenset[bytes] | None:
    """With whose things they may do it; none: nobody's; None: everybody's, but for those of whom
    what is held is only kept (`some`)."""
    try:
        return relations.whose(connection, viewer(there), action)
    except NotPermitted:
        return frozenset()


def reaches(connection: Connection, there: Here, action: str, subject: bytes | None) -> bool:
    """Whether they may do it with what is this person's."""
    some = within(connection, there, action)
    if some is None:
        return relations.may_see(connection, viewer(there), subject)
    return subject is not None and subject in some


def some(
    connection: Connection, there: Here, action: str, people: Iterable[bytes]
) -> frozenset[bytes]:
    """Of these people, those with whose things they may do it."""
    every = within(connection, there, action)
    wanted = frozenset(people)
    return relations.seen(connection, viewer(there), wanted if every is None else wanted & every)


def require(
    connection: Connection, there: Here, action: str, subject: bytes | None, what: str
) -> None:
    """That they may; else it is as if it were not there."""
    if not reaches(connection, there, action, subject):
        raise NotFound(what)
