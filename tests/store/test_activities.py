"""What is known of an activity is gathered from all who speak of it."""

import json

from lrs.store import statements
from lrs.store.engine import Database
from lrs.xapi.statements import digest
from tests import make
from tests.conftest import Cast
from tests.promises import parts


def known(database: Database, cast: Cast, name: str) -> dict[str, str]:
    place = cast.tenant.learning
    key = digest(place.salt, "activity", make.activity(name)["id"])
    with database.read() as connection:
        found = statements.definitions_of(connection, [key])
    names: dict[str, str] = json.loads(found[key])["name"]
    return names


def test_a_new_activity_beside_a_known_one_takes_nothing_from_it(
    database: Database, cast: Cast
) -> None:
    """One batch that brings both a new activity and less than all of what is known of another."""
    who = parts.principal(cast)

    def of(name: str, **names: str) -> dict[str, object]:
        return make.statement(object=make.activity(name, definition={"name": names}))

    parts.send(database, who, [of("old", en="Course", id="Kursus")])
    parts.send(database, who, [of("old", en="Course"), of("new", en="Quiz")])
    assert known(database, cast, "old") == {"en": "Course", "id": "Kursus"}
    assert known(database, cast, "new") == {"en": "Quiz"}
    parts.send(database, who, [of("old", id="Pelatihan"), of("newer", en="Page")])
    assert known(database, cast, "old") == {"en": "Course", "id": "Pelatihan"}
