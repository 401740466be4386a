"""For sign-in: a database connection that remembers nothing from the test before."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from lrs.settings import Settings
from lrs.store import engine
from lrs.store.engine import Database
from tests.conftest import Cast, new_tenant


@pytest.fixture
def own(database: Database, settings: Settings) -> Iterator[Database]:
    """A connection of this test's own, on the emptied database: no key, no issuer remembered."""
    with closing(engine.connect(settings.database_url)) as there:
        yield there
        wait_for_notes()


@pytest.fixture
def agency(own: Database) -> Cast:
    """The tenant `agency` with the source `lms`, on that connection."""
    return new_tenant(own, "agency")


def wait_for_notes() -> None:
    """Until every visit is noted, or has failed to be."""
    for thread in threading.enumerate():
        if thread.name == "jejak-last-seen":
            thread.join(10)
