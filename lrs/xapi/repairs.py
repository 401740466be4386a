"""Known defects of known senders, and how each is mended. Only where a key's owner chose it.

A repair is named, touches only the bytes of the defect, and leaves a statement alone that has it
not. Intake tries the chosen ones on a statement that is not sound, stores the outcome only if it
then is, and keeps the original beside it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

Raw = msgspec.Raw

_members = msgspec.json.Decoder(dict[str, Raw]).decode


@dataclass(frozen=True, slots=True)
class Repair:
    """`defect` names the sender and what it sends; `mend` gives the bytes without it, or None."""

    defect: str
    mend: Callable[[dict[str, Any], dict[str, Raw]], bytes | None]


def repair(raw: bytes, tree: Any, names: Iterable[str]) -> tuple[bytes, list[str]]:
    """A statement after those of the named repairs that have something to mend, and which those
    were. `tree` is the statement as parsed; it need not be sound."""
    used: list[str] = []
    for name in sorted(names):
        if isinstance(tree, dict) and name in REPAIRS:
            mended = REPAIRS[name].mend(tree, _members(raw))
            if mended is not None:
                raw, used = mended, [*used, name]
    return raw, used


def _drop_null_response(tree: dict[str, Any], members: dict[str, Raw]) -> bytes | None:
    """`{"result": {"response": null}}`: there was none. A result that held no more goes too."""
    result = tree.get("result")
    if not isinstance(result, dict) or result.get("response", "") is not None:
        return None
    inner = _members(members["result"])
    del inner["response"]
    if inner:
        members["result"] = Raw(msgspec.json.encode(inner))
    else:
        del members["result"]
    return msgspec.json.encode(members)


def _list_choices(tree: dict[str, Any], members: dict[str, Raw]) -> bytes | None:
    """`{"choices": {"4": {"id": …}, "5": {"id": …}}}`: a PHP array with keys. The order stays."""
    thing = tree.get("object")
    definition = thing.get("definition") if isinstance(thing, dict) else None
    if not isinstance(definition, dict) or not isinstance(definition.get("choices"), dict):
        return None
    outer = _members(members["object"])
    inner = _members(outer["definition"])
    inner["choices"] = Raw(msgspec.json.encode(list(_members(inner["choices"]).values())))
    outer["definition"] = Raw(msgspec.json.encode(inner))
    members["object"] = Raw(msgspec.json.encode(outer))
    return msgspec.json.encode(members)


REPAIRS: Final[Mapping[str, Repair]] = {
    "choices-object": Repair(
        "turns definition.choices sent as an object into the list it should be "
        "(Moodle, choice activity with response choices sent)",
        _list_choices,
    ),
    "result-response-null": Repair(
        "drops a result.response that is null (Moodle, blank short answer)", _drop_null_response
    ),
}
