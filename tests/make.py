"""Plain makers: each gives one sound thing with defaults; arguments change what a test is about."""

import base64
import uuid
from collections.abc import Mapping
from typing import Any

Tree = dict[str, Any]


def uuid4() -> str:
    return str(uuid.uuid4())


def agent(name: str = "sari", **changes: Any) -> Tree:
    """An agent known by a mailbox; `agent(mbox=None, openid=…)` changes the identifier."""
    return without_none({"objectType": "Agent", "mbox": f"mailto:{name}@example.org"} | changes)


def account(name: str = "sari", home: str = "https://course.example.org", **changes: Any) -> Tree:
    """An agent known by an account, as LMSs name their users."""
    return {"objectType": "Agent", "account": {"homePage": home, "name": name}} | changes


def group(*members: Tree, **changes: Any) -> Tree:
    """An anonymous group, unless an identifier is among the changes."""
    return {"objectType": "Group", "member": list(members) or [agent()]} | changes


def verb(name: str = "experienced", **changes: Any) -> Tree:
    return {"id": f"http://adlnet.gov/expapi/verbs/{name}", "display": {"en": name}} | changes


def activity(name: str = "course-1", **changes: Any) -> Tree:
    return {"objectType": "Activity", "id": f"https://course.example.org/{name}"} | changes


def reference(statement_id: str) -> Tree:
    return {"objectType": "StatementRef", "id": statement_id}


def statement(**changes: Any) -> Tree:
    """A statement without id, as LMSs send them; a member given as None is left out."""
    return without_none({"actor": agent(), "verb": verb(), "object": activity()} | changes)


def voiding(statement_id: str, **changes: Any) -> Tree:
    """The statement that voids another."""
    return statement(verb=verb("voided"), object=reference(statement_id), **changes)


def without_none(tree: Mapping[str, Any]) -> Tree:
    return {name: value for name, value in tree.items() if value is not None}


def basic(public: str, secret: str) -> str:
    """The Authorization header of a key."""
    return "Basic " + base64.b64encode(f"{public}:{secret}".encode()).decode()
