"""A naive record store: what the standard says a query answers, over a list in memory.

Written from xAPI 1.0.3, Communication 2.1.3 and Data 2.3.2, not from our code: it knows no terms,
no order of arrival and no transactions. Slow, and easy to read beside the text.
"""

from dataclasses import dataclass
from typing import Any

Tree = dict[str, Any]

VOIDED = "http://adlnet.gov/expapi/verbs/voided"


@dataclass(frozen=True)
class Asked:
    """The filters of a query."""

    agent: Tree | None = None
    verb: str | None = None
    activity: str | None = None
    registration: str | None = None
    related_agents: bool = False
    related_activities: bool = False

    def as_arguments(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


class World:
    """All that was ever sent to the two stores of one tenant: (place, statement)."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, Tree]] = []

    def add(self, place: str, statement: Tree) -> None:
        self.statements.append((place, statement))

    def answer(self, place: str, asked: Asked) -> set[str]:
        """The ids that a query of this place finds."""
        return {
            statement["id"]
            for here, statement in self.statements
            if here == place
            and not self.is_voided(place, statement)
            and self.is_match(place, statement, asked)
        }

    def is_voided(self, place: str, statement: Tree) -> bool:
        """A voiding statement cannot be voided, and is not itself affected (Data 2.3.2)."""
        return not _voids(statement) and any(
            here == place and _voids(other) and other["object"]["id"] == statement["id"]
            for here, other in self.statements
        )

    def is_match(
        self,
        place: str,
        statement: Tree,
        asked: Asked,
        seen: frozenset[tuple[str, str]] = frozenset(),
    ) -> bool:
        """It meets the filter, or targets one that is a match; "this applies recursively"."""
        if _meets(statement, asked):
            return True
        seen |= {(place, statement["id"])}
        target = self.target(place, statement)
        if target is None or (target[0], target[1]["id"]) in seen:
            return False
        return self.is_match(*target, asked, seen)

    def target(self, place: str, statement: Tree) -> tuple[str, Tree] | None:
        """What its StatementRef names: in its own place, or else in the tenant's other one."""
        if statement["object"].get("objectType") != "StatementRef":
            return None
        named = [each for each in self.statements if each[1]["id"] == statement["object"]["id"]]
        return min(named, key=lambda each: each[0] != place, default=None)


def _voids(statement: Tree) -> bool:
    return bool(statement["verb"]["id"] == VOIDED)


def _meets(statement: Tree, asked: Asked) -> bool:
    if asked.verb is not None and statement["verb"]["id"] != asked.verb:
        return False
    context = statement.get("context", {})
    if asked.registration is not None and context.get("registration") != asked.registration:
        return False
    if asked.agent is not None:
        people = _people_related(statement) if asked.related_agents else _people(statement)
        if not any(_is(asked.agent, each) for each in people):
            return False
    if asked.activity is not None:
        things = _activities_related(statement) if asked.related_activities else _object(statement)
        if asked.activity not in things:
            return False
    return True


def _people(statement: Tree) -> list[Tree]:
    """Actor and object."""
    thing = statement["object"]
    return [statement["actor"], *([thing] if thing.get("objectType") in ("Agent", "Group") else [])]


def _people_related(statement: Tree) -> list[Tree]:
    """Actor, object, authority, instructor, team, and the same of a SubStatement."""
    context = statement.get("context", {})
    people = _people(statement)
    people += [statement[role] for role in ("authority",) if role in statement]
    people += [context[role] for role in ("instructor", "team") if role in context]
    people += [each["agent"] for each in context.get("contextAgents", [])]
    people += [each["group"] for each in context.get("contextGroups", [])]
    if statement["object"].get("objectType") == "SubStatement":
        people += _people_related(statement["object"])
    return people


def _is(agent: Tree, other: Tree) -> bool:
    """The same identifier, or a group that has the agent for a member."""
    for name in ("mbox", "mbox_sha1sum", "openid", "account"):
        if name in agent and agent[name] == other.get(name):
            return True
    return any(_is(agent, member) for member in other.get("member", []))


def _object(statement: Tree) -> list[str]:
    thing = statement["object"]
    return [thing["id"]] if thing.get("objectType", "Activity") == "Activity" else []


def _activities_related(statement: Tree) -> list[str]:
    """The object, any context activity, and the same of a SubStatement."""
    found = _object(statement)
    for given in statement.get("context", {}).get("contextActivities", {}).values():
        found += [each["id"] for each in (given if isinstance(given, list) else [given])]
    if statement["object"].get("objectType") == "SubStatement":
        found += _activities_related(statement["object"])
    return found
