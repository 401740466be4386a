"""The tables that the code expects are the ones that the migrations make."""

from lrs.store import migrate
from lrs.store.engine import Database


def test_nothing_differs(database: Database) -> None:
    assert migrate.differences(database) == []


def test_migrating_again_does_nothing(database: Database) -> None:
    assert migrate.migrate(database) == []
    assert migrate.current(database) == migrate.head()
