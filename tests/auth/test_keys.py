"""Signing in with a key: headers good and bad, what is remembered and for how long."""

import base64
import secrets
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from sqlalchemy import event

from lrs import errors
from lrs.auth import keys
from lrs.settings import Settings
from lrs.store import accounts
from lrs.store.accounts import Principal
from lrs.store.engine import Database
from tests import make
from tests.auth.conftest import wait_for_notes
from tests.conftest import NOW, Cast, new_tenant


def new_key(cast: Cast, **more: Any) -> accounts.NewKey:
    return cast.database.write(
        lambda c: accounts.create_key(c, cast.tenant, cast.source.name, now=NOW, **more)
    )


def header(made: accounts.NewKey) -> str:
    return make.basic(made.key.public, made.secret)


def sign_in(
    database: Database,
    authorization: str | None,
    *,
    after: float = 0,
    cached: int = 5,
) -> Principal:
    now = NOW + timedelta(seconds=after)
    return keys.authenticate(database, authorization, Settings(key_cache_seconds=cached), now)


def test_a_key_signs_in_as_its_source(own: Database, agency: Cast) -> None:
    kindness = accounts.Kindness(True, frozenset({"choices-object"}), "answer")
    made = new_key(agency, scopes=["all", "practice/read"], kindness=kindness)
    who = sign_in(own, header(made))
    assert who == Principal(
        tenant_id=agency.tenant.id,
        learning=agency.tenant.learning,
        practice=agency.tenant.practice,
        source_id=agency.source.id,
        key_id=made.key.id,
        authority=agency.source.authority,
        authority_tree=agency.source.authority_tree,
        scopes=frozenset({"all", "practice/read"}),
        kindness=kindness,
        name="lms",
        as_source=True,
    )


def test_the_scheme_is_read_in_any_case(own: Database, agency: Cast) -> None:
    """RFC 7235, 2.1."""
    made = header(new_key(agency))
    for scheme in ("basic", "BASIC", "Basic  "):
        assert sign_in(own, made.replace("Basic", scheme)).name == "lms"


def encoded(text: str | bytes) -> str:
    raw = text.encode() if isinstance(text, str) else text
    return "Basic " + base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("authorization", "sentence"),
    [
        (None, "send the Authorization header"),
        ("", "send the Authorization header"),
        ("Digest username=x", "of the scheme Basic or Bearer"),
        ("Basic", "no colon"),
        ("Basic !!!", "not Base64"),
        ("Basic YTp", "not Base64"),
        ("Basic ÄÖÜ", "not Base64"),
        (encoded(b"\xff\xfe:x"), "not Base64 of UTF-8"),
        (encoded("no colon"), "no colon"),
        (encoded(":"), "credentials are empty"),
        (encoded("nobody:secret"), "no such key"),
        (encoded("0" * 24 + ":secret"), "no such key"),
        (encoded("\x00:\x00"), "no such key"),
        (encoded("' OR 1=1 --:x"), "no such key"),
        (encoded("%:x"), "no such key"),
        (encoded("ключ:секрет"), "no such key"),
        ("Bearer", "not a JWT"),
        ("Bearer abc", "not a JWT"),
    ],
)
def test_a_wrong_header_is_told_what_is_wrong(
    own: Database, agency: Cast, authorization: str | None, sentence: str
) -> None:
    with pytest.raises(errors.Unauthenticated, match=sentence):
        sign_in(own, authorization)


@tried(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.one_of(
        st.text(),
        st.text().map(lambda text: f"Basic {text}"),
        st.text().map(lambda text: f"Bearer {text}"),
        st.binary().map(encoded),
    )
)
def test_no_header_breaks_the_door(own: Database, authorization: str) -> None:
    with pytest.raises(errors.Unauthenticated):
        sign_in(own, authorization)


def test_neither_words_tell_which_half_is_wrong(own: Database, agency: Cast) -> None:
    made = new_key(agency)

    def told(public: str, secret: str) -> str:
        with pytest.raises(errors.Unauthenticated) as caught:
            sign_in(own, make.basic(public, secret))
        return str(caught.value)

    assert told(made.key.public, "wrong") == told("0" * 24, made.secret)
    # A revoked key says so only to who holds its secret.
    keys.revoke(own, agency.tenant, made.key.public, NOW)
    assert told(made.key.public, "wrong") == told("0" * 24, made.secret)
    assert "revoked" in told(made.key.public, made.secret)


def test_a_hash_is_no_secret(own: Database, agency: Cast) -> None:
    """Whoever steals the table cannot sign in with what it holds."""
    made = new_key(agency)
    with own.read() as connection:
        found = accounts.credential(connection, made.key.public)
    assert found is not None
    for stolen in (found.secret_hash.hex(), base64.b64encode(found.secret_hash).decode()):
        with pytest.raises(errors.Unauthenticated):
            sign_in(own, make.basic(made.key.public, stolen))


def test_a_secret_of_one_key_opens_no_other(own: Database, agency: Cast) -> None:
    other = new_tenant(own, "neighbour")
    ours, theirs = new_key(agency), new_key(other)
    assert sign_in(own, header(theirs)).tenant_id == other.tenant.id
    with pytest.raises(errors.Unauthenticated):
        sign_in(own, make.basic(theirs.key.public, ours.secret))


# What is remembered


def count_reads(database: Database) -> list[str]:
    asked: list[str] = []
    event.listen(
        database._readers.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_: asked.append(statement),
    )
    return asked


def test_a_key_is_looked_up_once_in_a_while(own: Database, agency: Cast) -> None:
    made = header(new_key(agency))
    asked = count_reads(own)
    sign_in(own, made)
    first = len(asked)
    assert first > 0
    for after in (0.001, 1, 4.99):
        sign_in(own, made, after=after)
    assert len(asked) == first
    sign_in(own, made, after=5)
    assert len(asked) == 2 * first


def test_a_wrong_secret_is_not_helped_by_what_is_remembered(own: Database, agency: Cast) -> None:
    made = new_key(agency)
    sign_in(own, header(made))
    with pytest.raises(errors.Unauthenticated):
        sign_in(own, make.basic(made.key.public, made.secret + "x"))


def test_a_new_key_works_at_once_though_its_name_was_tried_before(
    own: Database, agency: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = "ab" * 12
    with pytest.raises(errors.Unauthenticated):
        sign_in(own, make.basic(public, "early"))
    monkeypatch.setattr(secrets, "token_hex", lambda _: public)
    assert sign_in(own, header(new_key(agency))).name == "lms"


def test_a_key_revoked_elsewhere_ends_within_the_time_set(own: Database, agency: Cast) -> None:
    made = new_key(agency)
    sign_in(own, header(made))
    own.write(lambda c: accounts.revoke_key(c, agency.tenant, made.key.public, NOW))
    sign_in(own, header(made), after=4.9)
    with pytest.raises(errors.Unauthenticated, match="revoked"):
        sign_in(own, header(made), after=5)


def test_a_key_revoked_here_ends_at_once(own: Database, agency: Cast) -> None:
    made = new_key(agency)
    sign_in(own, header(made))
    keys.revoke(own, agency.tenant, made.key.public, NOW)
    with pytest.raises(errors.Unauthenticated, match="revoked"):
        sign_in(own, header(made))


def test_a_key_expires_to_the_moment_though_remembered(own: Database, agency: Cast) -> None:
    made = new_key(agency, expires=NOW + timedelta(seconds=2))
    sign_in(own, header(made), after=1.999)
    with pytest.raises(errors.Unauthenticated, match="expired"):
        sign_in(own, header(made), after=2)


def test_a_clock_set_back_makes_nothing_remembered_longer(own: Database, agency: Cast) -> None:
    made = new_key(agency)
    sign_in(own, header(made), after=3600)
    own.write(lambda c: accounts.revoke_key(c, agency.tenant, made.key.public, NOW))
    with pytest.raises(errors.Unauthenticated, match="revoked"):
        sign_in(own, header(made), after=0)


def test_a_change_is_seen_at_once_after_forget(own: Database, agency: Cast) -> None:
    made = new_key(agency, scopes=["state"])
    assert sign_in(own, header(made)).scopes == {"state"}
    own.write(lambda c: accounts.change_key(c, agency.tenant, made.key.public, scopes=["profile"]))
    assert sign_in(own, header(made)).scopes == {"state"}
    keys.forget(own)
    assert sign_in(own, header(made)).scopes == {"profile"}


def test_what_is_remembered_has_a_bound_and_holds_no_secret(
    own: Database, agency: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "CACHE_MOST", 3)
    made = [new_key(agency) for _ in range(5)]
    for each in made:
        sign_in(own, header(each))
    kept = keys._memory(own).keys._kept
    assert list(kept) == [each.key.public for each in made[2:]]
    assert not any(each.secret in repr(kept) for each in made)


def test_many_threads_sign_in_at_once(own: Database, agency: Cast) -> None:
    made = [header(new_key(agency)) for _ in range(3)]
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(50):
                sign_in(own, made[(number + turn) % 3], after=turn / 4, cached=1)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


# When a source was last seen


def last_seen(cast: Cast) -> Any:
    with cast.database.read() as connection:
        return accounts.source(connection, cast.tenant, "lms").last_seen


def test_a_source_is_noted_at_most_once_a_minute(own: Database, agency: Cast) -> None:
    made = header(new_key(agency))
    written: list[int] = []
    write = own.write
    own.write = lambda work: written.append(1) or write(work)  # type: ignore[method-assign,func-returns-value]
    for after in (0, 1, 30, 59):
        sign_in(own, made, after=after)
    wait_for_notes()
    assert (last_seen(agency), len(written)) == (NOW, 1)
    sign_in(own, made, after=60)
    wait_for_notes()
    assert (last_seen(agency), len(written)) == (NOW + timedelta(seconds=60), 2)


def test_a_failed_note_is_logged_and_the_request_goes_on(
    own: Database, agency: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    made = header(new_key(agency))

    def broken(work: Any) -> Any:
        raise errors.Busy

    own.write = broken  # type: ignore[method-assign]
    assert sign_in(own, made).name == "lms"
    wait_for_notes()
    assert [record.message for record in caplog.records] == ["last_seen_not_noted"]


def test_a_request_does_not_wait_for_a_slow_writer(own: Database, agency: Cast) -> None:
    made = header(new_key(agency))
    go_on = threading.Event()
    slow = threading.Thread(
        target=lambda: own.write(lambda c: (accounts.create_tenant(c, "slow", NOW), go_on.wait(10)))
    )
    slow.start()
    try:
        began = time.monotonic()
        assert sign_in(own, made).name == "lms"
        assert time.monotonic() - began < 2
    finally:
        go_on.set()
        slow.join()
        wait_for_notes()
