"""Who an agent is: its inverse functional identifier, and the Person the Agents resource answers.

All of it expects agents that `check.sound_agent` or `check.sound` accepted.
Clauses: xAPI 1.0.3 Data 2.4.2 and Communication 2.4; IEEE 9274.1.1 4.2.2.1 and 4.1.6.3.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

KINDS = ("mbox", "mbox_sha1sum", "openid", "account")


def ifi(agent: dict[str, Any]) -> tuple[str, str] | None:
    """The kind and canonical text of the one identifier; None for an anonymous group.

    The text is exactly what was sent: no case folding, no normalisation, so that two people are
    never taken for one. An account is its homePage, a line feed, and its name; no homePage
    holds a line feed, so no two accounts share a text.
    """
    account = agent.get("account")
    if account is not None:
        return "account", f"{account['homePage']}\n{account['name']}"
    for kind in ("mbox", "mbox_sha1sum", "openid"):
        text = agent.get(kind)
        if text is not None:
            return kind, text
    return None


def ifi_json(agent: dict[str, Any]) -> bytes:
    """The identifier alone as minimal JSON, the same bytes for the same identifier.

    This is how `format=ids` names an agent, and what the register keeps of it. Raises
    ValueError for an anonymous group, which has none.
    """
    account = agent.get("account")
    if account is not None:
        kept = {"homePage": account["homePage"], "name": account["name"]}
        return msgspec.json.encode({"account": kept})
    found = ifi(agent)
    if found is None:
        raise ValueError("an anonymous group has no identifier")
    kind, text = found
    return msgspec.json.encode({kind: text})


def person(rows: Iterable[tuple[bytes, str | None]]) -> dict[str, Any]:
    """The Person that gathers what is known of one agent: every member but the type an array.

    `rows` are pairs of an identifier (as `ifi_json` writes it) and a name seen with it, None
    where there was none. Order is kept, repeats are dropped, members without values left out
    (xAPI 1.0.3 Communication 2.4; IEEE 9274.1.1 4.1.6.3).
    """
    gathered: dict[str, Any] = {"objectType": "Person"}
    for identifier, name in rows:
        if name is not None and name not in (names := gathered.setdefault("name", [])):
            names.append(name)
        for kind, value in msgspec.json.decode(identifier).items():
            if value not in (values := gathered.setdefault(kind, [])):
                values.append(value)
    return gathered
