"""Dialects that an admin declared in a file (`jejak adapters apply`), without a line of code.

Asked before the adapters of products: who writes a rule knows the sender better. What a rule may
ask for and say is told in docs/adapters.md. Configured by the register: `adapters`, those in force.
"""

from collections.abc import Mapping
from typing import Any

from lrs import dialects
from lrs.learning import Event, Pass, Tree


class Declared:
    """Reads what the declared adapters have rules for."""

    name = "declared"
    precedence = 50
    about = "What the agency itself declared in a file."

    def read(self, statement: Tree, config: Mapping[str, Any]) -> tuple[Event, ...] | Pass:
        said = dialects.speak(config.get("adapters", ()), statement)
        return Pass(said) if isinstance(said, str) else said.events


ADAPTER = Declared()
