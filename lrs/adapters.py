"""The adapters that are installed, and which of them speaks for a statement.

An adapter is found by the entry point group `jejak.adapters`, ours and a stranger's alike. One
that cannot be loaded, or breaks on a statement, is logged and passed over: a stranger's defect
stops neither the service nor the adapters after it.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from lrs.learning import GROUP, Adapter, Event, Pass, Tree

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of asking: who spoke (None: nobody), what they said, and who passed, and why."""

    adapter: str | None
    events: tuple[Event, ...]
    passed: tuple[tuple[str, str], ...] = ()


class Adapters:
    """The installed adapters, in the order in which they are asked."""

    def __init__(self, every: Iterable[Adapter]) -> None:
        self.every = tuple(sorted(every, key=lambda each: (each.precedence, each.name)))

    @classmethod
    def installed(cls) -> "Adapters":
        """Those that entry points name. Two of one name: the first by where it is defined."""
        found: dict[str, Adapter] = {}
        for point in sorted(entry_points(group=GROUP), key=lambda each: (each.name, each.value)):
            try:
                adapter = point.load()
            except Exception as error:
                _log.error("adapter_not_loaded", exc_info=error, extra={"adapter": point.name})
                continue
            if not isinstance(adapter, Adapter) or adapter.name != point.name:
                _log.error("adapter_not_sound", extra={"adapter": point.name})
            else:
                found.setdefault(point.name, adapter)
        return cls(found.values())

    def read(self, statement: Tree, configs: Mapping[str, Any]) -> Reading:
        """Ask until one does not pass. `configs` holds each adapter's configuration by name."""
        passed: list[tuple[str, str]] = []
        for adapter in self.every:
            try:
                said = adapter.read(statement, configs.get(adapter.name, {}))
            except Exception as error:
                _log.error("adapter_failed", exc_info=error, extra={"adapter": adapter.name})
                said = Pass(f"it broke: {type(error).__name__}")
            if not isinstance(said, Pass):
                return Reading(adapter.name, said, tuple(passed))
            passed.append((adapter.name, said.why))
        return Reading(None, (), tuple(passed))
