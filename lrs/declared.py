"""The declared adapters of an agency: entered, changed, taken away, one version in force of each.

One that is entered again as it stands enters nothing. One that changed is a new entry of the
register, and the projector reads the whole log again by it.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection

from lrs import dialects
from lrs.errors import NotFound
from lrs.practice import names
from lrs.store import practice, register, statements
from lrs.store.accounts import Tenant
from lrs.store.register import Applied, Fact
from lrs.xapi.statements import parse

Tree = dict[str, Any]

#: How many of the newest statements a dry run tries adapters on.
NEWEST: Final = 2000


def in_force(connection: Connection, tenant_id: int) -> list[Tree]:
    """Every declared adapter, in the version in force, in the order in which they are asked."""
    return practice.declared(connection, tenant_id)


def plan(connection: Connection, tenant_id: int, adapters: Sequence[Tree]) -> Applied:
    """What applying these would do. Enters nothing."""
    standing = {each["name"]: each for each in in_force(connection, tenant_id)}
    differ = [each for each in adapters if standing.get(each["name"]) != each]
    return Applied(
        tuple(each["name"] for each in differ if each["name"] not in standing),
        tuple(each["name"] for each in differ if each["name"] in standing),
        tuple(each["name"] for each in adapters if standing.get(each["name"]) == each),
        tuple(
            Fact(register.ADAPTER, names.adapter(tenant_id, each["name"]), each) for each in differ
        ),
    )


def apply(connection: Connection, tenant_id: int, adapters: Sequence[Tree], by: str) -> Applied:
    """Have these adapters in force; those that are not named stay as they are. See `plan`."""
    done = plan(connection, tenant_id, adapters)
    register.append(connection, tenant_id, done.facts, by)
    return done


def remove(connection: Connection, tenant_id: int, name: str, by: str) -> None:
    """Take an adapter away; what it said is taken back by reading the log again. NotFound."""
    if name not in {each["name"] for each in in_force(connection, tenant_id)}:
        raise NotFound(f"a declared adapter {name}")
    gone = {"name": name, "gone": True}
    fact = Fact(register.ADAPTER, names.adapter(tenant_id, name), gone)
    register.append(connection, tenant_id, [fact], by)


def trial(
    connection: Connection, tenant: Tenant, adapters: Sequence[Tree], newest: int = NEWEST
) -> tuple[int, Counter[tuple[str, int, str]]]:
    """What these adapters would say of the newest statements: how many there are, and how many
    events of which kind each rule would give (`nothing` for one that says nothing)."""
    page = statements.select(connection, statements.Query(tenant.learning.id, limit=newest))
    found: Counter[tuple[str, int, str]] = Counter()
    for body in page.bodies:
        said = dialects.speak(adapters, parse(body))
        if not isinstance(said, str):
            kinds = [each.kind for each in said.events] or [dialects.NOTHING]
            found.update((said.adapter, said.rule, kind) for kind in kinds)
    return len(page.bodies), found
