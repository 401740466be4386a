"""Tenants, sources, keys, issuers and users: what is kept, and who sees it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, select

from lrs import errors
from lrs.store import accounts, tables
from lrs.store.engine import Database
from tests import make
from tests.conftest import NOW, Cast

ISSUER = "https://login.example.org"


def write(database: Database, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return database.write(lambda connection: verb(connection, *args, **named))


def read(database: Database, verb: Callable[..., Any], *args: Any) -> Any:
    with database.read() as connection:
        return verb(connection, *args)


def new_key(cast: Cast, **more: Any) -> accounts.NewKey:
    made: accounts.NewKey = write(
        cast.database, accounts.create_key, cast.tenant, cast.source.name, now=NOW, **more
    )
    return made


# Tenants


def test_a_tenant_has_two_stores_with_salts_of_their_own(cast: Cast, neighbour: Cast) -> None:
    stores = [
        cast.tenant.learning,
        cast.tenant.practice,
        neighbour.tenant.learning,
        neighbour.tenant.practice,
    ]
    assert len({store.id for store in stores}) == 4
    assert len({store.salt for store in stores}) == 4
    assert {len(store.salt) for store in stores} == {16}


def test_a_tenant_is_found_as_it_was_made(database: Database, cast: Cast, neighbour: Cast) -> None:
    assert read(database, accounts.tenant, "agency") == cast.tenant
    assert read(database, accounts.tenants) == [cast.tenant, neighbour.tenant]
    assert cast.tenant.created == NOW


def test_a_tenant_name_is_taken_once(database: Database, cast: Cast) -> None:
    with pytest.raises(errors.Conflict, match="already a tenant agency"):
        write(database, accounts.create_tenant, "agency", NOW)
    assert len(read(database, accounts.tenants)) == 1


def test_a_name_is_what_it_is_to_the_letter(database: Database, cast: Cast) -> None:
    """Some collations hold 'a', 'A' and 'a ' to be equal."""
    for name in ("Agency", "agency ", "agency\u200b"):
        with pytest.raises(errors.NotFound):
            read(database, accounts.tenant, name)


# Sources


def test_a_source_keeps_its_authority(database: Database, cast: Cast) -> None:
    found = read(database, accounts.source, cast.tenant, "lms")
    assert found == cast.source
    assert found.authority_tree == make.account("lms", "https://agency.example.org")
    assert found.last_seen is None


def test_two_sources_share_neither_name_nor_authority(database: Database, cast: Cast) -> None:
    with pytest.raises(errors.Conflict, match="already a source lms"):
        write(database, accounts.create_source, cast.tenant, "lms", make.agent("x"), NOW)
    same = {**cast.source.authority_tree, "name": "under another display name"}
    with pytest.raises(errors.Conflict, match="The source lms has that authority"):
        write(database, accounts.create_source, cast.tenant, "copy", same, NOW)
    other = cast.another_source("other")
    with pytest.raises(errors.Conflict, match="The source lms has that authority"):
        write(database, accounts.set_authority, cast.tenant, other.name, same)


def test_another_tenant_may_have_a_source_of_that_name_and_authority(
    database: Database, cast: Cast, neighbour: Cast
) -> None:
    tree = cast.source.authority_tree
    write(database, accounts.create_source, neighbour.tenant, "twin", tree, NOW)


def test_an_authority_can_be_changed(database: Database, cast: Cast) -> None:
    changed = write(database, accounts.set_authority, cast.tenant, "lms", make.agent("lms"))
    assert changed == read(database, accounts.source, cast.tenant, "lms")
    assert changed.authority_tree == make.agent("lms")


def test_a_visit_is_noted_once_a_minute(database: Database, cast: Cast) -> None:
    def seen(after: int) -> Any:
        moment = NOW + timedelta(seconds=after)
        write(database, accounts.note_seen, cast.source.id, moment)
        return read(database, accounts.source, cast.tenant, "lms").last_seen - NOW

    assert seen(0) == timedelta(0)
    assert seen(59) == timedelta(0)
    assert seen(60) == timedelta(seconds=60)
    assert seen(30) == timedelta(seconds=60)


# Keys


def test_a_secret_is_nowhere_in_the_database(database: Database, cast: Cast) -> None:
    made = new_key(cast)
    with database.read() as connection:
        kept = [
            cell
            for table in (tables.tenants, tables.stores, tables.sources, tables.keys)
            for row in connection.execute(select(table))
            for cell in row
        ]
    assert made.key.public in kept
    assert made.secret not in kept
    assert made.secret.encode() not in kept
    assert made.secret not in repr(made)
    assert len(made.secret) == 43  # 32 bytes, urlsafe


def test_every_key_has_a_secret_of_its_own(cast: Cast) -> None:
    made = [new_key(cast) for _ in range(5)]
    assert len({each.secret for each in made}) == len({each.key.public for each in made}) == 5


def test_a_key_is_strict_and_narrow_unless_asked(cast: Cast) -> None:
    made = new_key(cast).key
    assert made.scopes == {"statements/write", "statements/read/mine"}
    assert made.kindness == accounts.Kindness(False, frozenset(), "off")
    assert (made.expires, made.revoked, made.state(NOW)) == (None, None, "active")


def test_a_key_keeps_what_was_chosen(database: Database, cast: Cast) -> None:
    kindness = accounts.Kindness(True, frozenset({"choices-object"}), "report")
    expires = NOW + timedelta(days=1)
    made = new_key(cast, scopes=["state"], label="lab", expires=expires, kindness=kindness).key
    assert read(database, accounts.key, cast.tenant, made.public) == made
    assert made.scopes == {"state"}
    assert (made.label, made.kindness) == ("lab", kindness)
    assert made.state(expires - timedelta(microseconds=1)) == "active"
    assert made.state(expires) == "expired"


def test_a_key_changes_only_where_told(database: Database, cast: Cast) -> None:
    old = new_key(cast, label="lab").key
    kindness = accounts.Kindness(salvage=True)
    new = write(database, accounts.change_key, cast.tenant, old.public, kindness=kindness)
    assert new == replace(old, kindness=kindness)
    new = write(database, accounts.change_key, cast.tenant, old.public, scopes=["all"], label="")
    assert new == replace(old, kindness=kindness, scopes=frozenset({"all"}), label="")


def test_a_key_is_revoked_once_and_for_good(database: Database, cast: Cast) -> None:
    key = new_key(cast).key
    write(database, accounts.revoke_key, cast.tenant, key.public, NOW)
    again = write(database, accounts.revoke_key, cast.tenant, key.public, NOW + timedelta(days=1))
    assert again.revoked == NOW
    assert again.state(NOW) == "revoked"
    with pytest.raises(errors.Conflict, match="is revoked"):
        write(
            database,
            accounts.rotate_key,
            cast.tenant,
            key.public,
            overlap=timedelta(0),
            now=NOW,
        )


def rotate(cast: Cast, key: accounts.Key, **overlap: int) -> accounts.NewKey:
    made: accounts.NewKey = write(
        cast.database,
        accounts.rotate_key,
        cast.tenant,
        key.public,
        overlap=timedelta(**overlap),
        now=NOW,
    )
    return made


def test_rotating_makes_a_like_key_and_ends_the_first_later(database: Database, cast: Cast) -> None:
    kindness = accounts.Kindness(True, frozenset({"choices-object"}), "answer")
    old = new_key(cast, scopes=["state", "profile"], label="lab", kindness=kindness).key
    made = rotate(cast, old, hours=24)
    assert made.key.public != old.public
    same = replace(made.key, id=old.id, public=old.public, created=old.created)
    assert same == old
    ending = read(database, accounts.key, cast.tenant, old.public)
    assert ending.state(NOW) == "active"
    assert ending.state(NOW + timedelta(hours=24)) == "expired"


def test_rotating_without_overlap_revokes_the_first_at_once(database: Database, cast: Cast) -> None:
    old = new_key(cast).key
    made = rotate(cast, old)
    states = {key.public: key.state(NOW) for key in read(database, accounts.keys, cast.tenant)}
    assert states == {old.public: "revoked", made.key.public: "active"}


def test_rotating_never_makes_the_first_live_longer(database: Database, cast: Cast) -> None:
    old = new_key(cast, expires=NOW + timedelta(hours=1)).key
    made = rotate(cast, old, hours=24)
    assert read(database, accounts.key, cast.tenant, old.public).expires == old.expires
    assert made.key.expires == NOW + timedelta(hours=1)


def test_a_credential_leads_to_its_tenant(database: Database, cast: Cast) -> None:
    made = new_key(cast)
    found = read(database, accounts.credential, made.key.public)
    assert (found.tenant, found.source, found.key) == (cast.tenant, cast.source, made.key)
    assert found.secret_hash == accounts.digest(made.secret)
    for unknown in ("", "0" * 24, made.key.public.upper(), made.key.public + " "):
        if unknown != made.key.public:
            assert read(database, accounts.credential, unknown) is None


# Issuers


def trust(cast: Cast, audience: str, **more: Any) -> accounts.Issuer:
    made: accounts.Issuer = write(
        cast.database, accounts.add_issuer, cast.tenant, ISSUER, audience, now=NOW, **more
    )
    return made


def test_an_issuer_keeps_its_sources(database: Database, cast: Cast) -> None:
    cast.another_source("tool")
    made = trust(cast, "jejak", source_name="lms", clients={"t": "tool"}, prefix="lrs:")
    assert (made.source, made.clients, made.prefix) == ("lms", {"t": "tool"}, "lrs:")
    assert read(database, accounts.issuers, cast.tenant) == [made]
    [found] = read(database, accounts.trusts, ISSUER)
    assert (found.tenant, found.issuer) == (cast.tenant, made)
    assert set(found.sources) == {"lms", "tool"}
    write(database, accounts.remove_issuer, cast.tenant, made.id)
    assert read(database, accounts.trusts, ISSUER) == []


def test_an_issuer_and_audience_lead_to_one_tenant(
    database: Database, cast: Cast, neighbour: Cast
) -> None:
    trust(cast, "jejak", source_name="lms")
    with pytest.raises(errors.Conflict, match="audience of its own"):
        trust(neighbour, "jejak", source_name="lms")
    trust(neighbour, "other", source_name="lms")
    assert {found.tenant.name for found in read(database, accounts.trusts, ISSUER)} == {
        "agency",
        "neighbour",
    }


def test_an_issuer_removed_leaves_no_clients_to_the_next(database: Database, cast: Cast) -> None:
    made = trust(cast, "jejak", source_name="lms", clients={"t": "lms"})
    write(database, accounts.remove_issuer, cast.tenant, made.id)
    assert trust(cast, "jejak", source_name="lms").clients == {}


# Users


def test_a_password_is_kept_as_argon2(database: Database, cast: Cast) -> None:
    hashed = accounts.hash_password("correct horse battery")
    write(database, accounts.create_user, cast.tenant, "siti", hashed, ("admin",), NOW)
    with database.read() as connection:
        kept = connection.execute(select(tables.users.c.password)).scalar_one()
    assert kept.startswith("$argon2id$")
    assert PasswordHasher().verify(kept, "correct horse battery")
    changed = write(database, accounts.set_password, cast.tenant, "siti", "$other")
    assert [changed] == read(database, accounts.users, cast.tenant)
    with pytest.raises(errors.Conflict, match="already a user siti"):
        write(database, accounts.create_user, cast.tenant, "siti", hashed, ("admin",), NOW)


def test_a_login_is_free_in_another_tenant(database: Database, cast: Cast, neighbour: Cast) -> None:
    for tenant in (cast.tenant, neighbour.tenant):
        write(database, accounts.create_user, tenant, "siti", "$", ("admin",), NOW)
    [ours] = read(database, accounts.users, cast.tenant)
    write(database, accounts.set_password, cast.tenant, "siti", "$new")
    with database.read() as connection:
        rows = connection.execute(select(tables.users.c.id, tables.users.c.password))
        kept = {row.id: row.password for row in rows}
    assert kept.pop(ours.id) == "$new"
    assert list(kept.values()) == ["$"]


# Nothing of one tenant is visible to another

Theirs = tuple[accounts.NewKey, accounts.Issuer]


@pytest.fixture
def theirs(cast: Cast) -> Theirs:
    """A source, a key, an issuer and a user of the tenant next door."""
    cast.another_source("secret-lab")
    key = cast.database.write(lambda c: accounts.create_key(c, cast.tenant, "secret-lab", now=NOW))
    write(cast.database, accounts.create_user, cast.tenant, "siti", "$", ("admin",), NOW)
    return key, trust(cast, "jejak", source_name="secret-lab")


INTRUSIONS: dict[str, Callable[[Connection, accounts.Tenant, Theirs], Any]] = {
    "see a source": lambda c, us, _: accounts.source(c, us, "secret-lab"),
    "change its authority": lambda c, us, _: accounts.set_authority(
        c, us, "secret-lab", make.agent("evil")
    ),
    "make a key of it": lambda c, us, _: accounts.create_key(c, us, "secret-lab", now=NOW),
    "list its keys": lambda c, us, _: accounts.keys(c, us, "secret-lab"),
    "see a key": lambda c, us, them: accounts.key(c, us, them[0].key.public),
    "widen a key": lambda c, us, them: accounts.change_key(
        c, us, them[0].key.public, scopes=["all", "practice/all"]
    ),
    "revoke a key": lambda c, us, them: accounts.revoke_key(c, us, them[0].key.public, NOW),
    "rotate a key": lambda c, us, them: accounts.rotate_key(
        c, us, them[0].key.public, overlap=timedelta(0), now=NOW
    ),
    "bring tokens into it": lambda c, us, _: accounts.add_issuer(
        c, us, ISSUER, "ours", now=NOW, source_name="secret-lab"
    ),
    "bring a client into it": lambda c, us, _: accounts.add_issuer(
        c, us, ISSUER, "ours", now=NOW, clients={"x": "secret-lab"}
    ),
    "remove an issuer": lambda c, us, them: accounts.remove_issuer(c, us, them[1].id),
    "set a password": lambda c, us, _: accounts.set_password(c, us, "siti", "$evil"),
}


@pytest.mark.parametrize("intrusion", INTRUSIONS)
def test_a_neighbour_cannot(
    intrusion: str, database: Database, neighbour: Cast, theirs: Theirs
) -> None:
    def everything() -> list[Any]:
        kept = (tables.sources, tables.keys, tables.issuers, tables.issuer_clients, tables.users)
        with database.read() as connection:
            return [list(connection.execute(select(table))) for table in kept]

    before = everything()
    with pytest.raises(errors.NotFound):
        write(database, INTRUSIONS[intrusion], neighbour.tenant, theirs)
    assert everything() == before


def test_a_neighbours_lists_hold_nothing_of_ours(
    database: Database, neighbour: Cast, theirs: Theirs
) -> None:
    us = neighbour.tenant
    assert read(database, accounts.sources, us) == [neighbour.source]
    assert read(database, accounts.keys, us) == []
    assert read(database, accounts.issuers, us) == []
    assert read(database, accounts.users, us) == []


# The first run


def test_the_first_run_is_the_first_only(database: Database) -> None:
    first = write(database, accounts.first_run, now=NOW, home_page="https://lrs.example.org")
    found = read(database, accounts.credential, first.key.public)
    assert found.tenant == first.tenant == read(database, accounts.tenant, "default")
    assert found.key.scopes == {"all"}
    assert found.secret_hash == accounts.digest(first.secret)
    assert found.source.authority_tree["account"]["homePage"] == "https://lrs.example.org"
    [admin] = read(database, accounts.users, first.tenant)
    assert (admin.login, admin.roles) == (first.login, {"admin", "operator"})
    with database.read() as connection:
        hashed = connection.execute(select(tables.users.c.password)).scalar_one()
    assert PasswordHasher().verify(hashed, first.password)
    assert first.secret not in repr(first)
    assert first.password not in repr(first)
    assert write(database, accounts.first_run, now=NOW) is None
    assert len(read(database, accounts.keys, first.tenant)) == 1
