"""What every door needs, built once for each process: settings, database, clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from lrs.settings import Settings
from lrs.store.engine import Database, connect


def utcnow() -> datetime:
    """The time now, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Context:
    """The service's surroundings. Made after fork, closed with the process."""

    settings: Settings
    database: Database
    clock: Callable[[], datetime] = utcnow

    @classmethod
    def build(cls, settings: Settings) -> "Context":
        """Connect to the database the settings name. It is not migrated here."""
        return cls(settings, connect(settings.database_url, threads=settings.threads))

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()
