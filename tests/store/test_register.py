"""The register: what is entered stands, marks whom it touches, and can be worked out anew."""

import uuid
from typing import Any

import pytest

from lrs.practice import names, people
from lrs.store import practice, register, tables
from lrs.store.engine import Database
from lrs.store.register import Fact
from tests.conftest import Cast, new_tenant

SARI, BUDI = uuid.UUID(int=1).bytes, uuid.UUID(int=2).bytes
MAIL = {"kind": "mbox", "text": "mailto:sari@example.org"}


def enter(cast: Cast, *facts: Fact) -> list[int]:
    return cast.database.write(lambda c: register.append(c, cast.tenant.id, facts, "admin"))


def rows(cast: Cast) -> dict[str, list[Any]]:
    """All that is worked out of the register, of this tenant."""
    found = {}
    with cast.database.read() as connection:
        for name in ("people", "identifiers", "units", "employments", "programmes"):
            table = tables.metadata.tables[name]
            there = connection.execute(table.select().where(table.c.tenant_id == cast.tenant.id))
            found[name] = sorted(map(repr, there))
    return found


def marked(cast: Cast) -> set[bytes]:
    with cast.database.read() as connection:
        marks = practice.stale(connection, cast.tenant.id, 100)
    cast.database.write(lambda c: practice.unmark(c, cast.tenant.id, marks))
    return {mark for mark, _ in marks}


def fill(cast: Cast) -> None:
    unit = names.unit(cast.tenant.id, "Dinas / Bidang")
    programme = {"iri": "https://example.org/p", "title": "Pelayanan"}
    enter(
        cast,
        Fact(register.UNIT, unit, {"path": "Dinas / Bidang", "contact": "Ani"}),
        Fact(people.PERSON, SARI, {"name": "Sari Dewi"}),
        Fact(people.IDENTIFIER, SARI, MAIL),
        Fact(people.POST, SARI, {"unit": unit.hex(), "title": "Analis", "first": 100}),
        Fact(people.LEFT, SARI, {"day": 200, "why": "retired"}),
        Fact(people.PERSON, BUDI, {"name": "Budi"}),
        Fact(people.MERGED, BUDI, {"into": SARI.hex()}),
        Fact(register.PROGRAMME, names.programme(cast.tenant.id, programme["iri"]), programme),
    )


def test_what_is_dropped_comes_back_as_it_was(cast: Cast) -> None:
    fill(cast)
    before = rows(cast)
    assert all(before.values())
    cast.database.write(lambda c: register.rebuild(c, cast.tenant.id))
    assert rows(cast) == before


def test_entries_have_one_order_and_are_never_changed(cast: Cast) -> None:
    first = enter(cast, Fact(people.PERSON, SARI, {"name": "Sari"}))
    second = enter(cast, Fact(people.PERSON, SARI, {"name": "Sari Dewi"}))
    assert first < second
    with cast.database.read() as connection:
        held = register.entries(connection, cast.tenant.id, [SARI])
        person = register.people(connection, cast.tenant.id, [SARI])[SARI]
    assert [(each.entry.body["name"], each.by) for each in held] == [
        ("Sari", "admin"),
        ("Sari Dewi", "admin"),
    ]
    assert person.name == "Sari Dewi"


def test_an_entry_marks_the_person_and_what_meant_and_means_them(cast: Cast) -> None:
    digest = names.identifier(cast.tenant.id, MAIL["kind"], MAIL["text"])
    enter(cast, Fact(people.IDENTIFIER, SARI, MAIL))
    assert marked(cast) == {SARI, digest}
    enter(cast, Fact(people.REFUSED, SARI, MAIL))
    assert marked(cast) == {SARI, digest}
    with cast.database.read() as connection:
        assert register.holders(connection, cast.tenant.id, [digest]) == {}


def test_both_are_marked_when_a_merge_is_made_and_when_it_is_taken_back(cast: Cast) -> None:
    enter(cast, Fact(people.MERGED, BUDI, {"into": SARI.hex()}))
    assert marked(cast) == {SARI, BUDI}
    enter(cast, Fact(people.PARTED, BUDI, {}))
    assert marked(cast) == {SARI, BUDI}


def test_people_are_found_by_a_part_of_their_name(cast: Cast) -> None:
    enter(
        cast,
        Fact(people.PERSON, SARI, {"name": "Sari Dewi"}),
        Fact(people.PERSON, BUDI, {"name": r"Budi 100%_\ "}),
    )
    with cast.database.read() as connection:
        found = {
            words: [person for person, _ in register.search(connection, cast.tenant.id, words, 10)]
            for words in ("DEWI", "%", "_", "\\", "i", "xyz")
        }
    assert found["DEWI"] == [SARI]
    assert found["%"] == found["_"] == found["\\"] == [BUDI]
    assert found["i"] == [BUDI, SARI]
    assert found["xyz"] == []


def test_nothing_of_a_neighbour_is_seen(cast: Cast, database: Database) -> None:
    other = new_tenant(database, "another agency")
    fill(cast)
    assert not any(rows(other).values())
    with database.read() as connection:
        assert register.people(connection, other.tenant.id, [SARI]) == {}
    # The same programme in another agency has another name.
    assert names.programme(1, "https://example.org/p") != names.programme(
        2, "https://example.org/p"
    )


def test_a_kind_nobody_knows_is_not_entered(cast: Cast) -> None:
    with pytest.raises(ValueError, match="no such kinds of entries: gossip"):
        enter(cast, Fact("gossip", SARI, {}))
