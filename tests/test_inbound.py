"""Deliveries as statements: templates, actors, times, and the signature."""

import base64
import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs import hooks, inbound
from lrs.errors import Refused, Unauthenticated
from lrs.practice import imported
from lrs.xapi import check
from lrs.xapi.versions import V1
from schemas.hooks import load

HOME = "https://tiket.example.go.id"
NIP = "198605022008091780"
NOW = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
Tree = dict[str, Any]

MAPPING: Tree = {
    "name": "tiket",
    "id": "{tiket.id}/{tiket.versi}",
    "when": {"tiket.status": ["selesai", "ditutup"]},
    "statement": {
        "actor": {"nip": "{petugas.nip}", "name": "{petugas.nama}"},
        "verb": "http://activitystrea.ms/schema/1.0/resolve",
        "said": "menyelesaikan",
        "object": {
            "id": HOME + "/{tiket.kategori}/{tiket.id}",
            "type": "http://activitystrea.ms/schema/1.0/issue",
            "name": "{tiket.judul}",
            "description": "{tiket.uraian}",
        },
        "timestamp": "{tiket.selesai_pada}",
        "performed_on": "{tiket.tanggal}",
        "platform": "SILATIK",
        "response": "{tiket.catatan}",
        "score": {"raw": "{tiket.nilai}", "min": 0, "max": 4},
        "behaviours": [
            {
                "by": "{tiket.kategori}",
                "is": {"loket": "https://diklat.example.go.id/perilaku/prima/1"},
            }
        ],
        "extensions": {f"{HOME}/x/prioritas": "{tiket.prioritas}"},
    },
}
EVENT: Tree = {
    "petugas": {"nip": "19860502 200809 1 780", "nama": "Budi"},
    "tiket": {
        "id": 77,
        "versi": 2,
        "status": "selesai",
        "kategori": "loket",
        "judul": "Antrean loket tiga",
        "uraian": None,
        "selesai_pada": "2026-11-20 09:30:00",
        "tanggal": "19/11/2026",
        "nilai": "3,5",
        "prioritas": 2,
    },
}


def made(mapping: Tree = MAPPING, event: Any = EVENT, known: bytes | None = None) -> inbound.Made:
    return inbound.make(load(mapping), event, "1/tiket", lambda kind, digits: known)


def one(mapping: Tree = MAPPING, event: Any = EVENT, known: bytes | None = None) -> Tree:
    done = made(mapping, event, known)
    assert done.problems == ()
    [statement] = done.statements
    assert check.sound(statement, V1)
    return statement


def wrong(event: Any, mapping: Tree = MAPPING) -> str:
    done = made(mapping, event)
    assert done.statements == ()
    [problem] = done.problems
    return str(problem)


def changed(**changes: Any) -> Tree:
    return EVENT | {"tiket": EVENT["tiket"] | changes}


def saying(**changes: Any) -> Tree:
    return MAPPING | {"statement": MAPPING["statement"] | changes}


def test_an_event_becomes_the_statement_that_the_mapping_says() -> None:
    statement = one()
    assert statement["actor"] == {
        "objectType": "Agent",
        "name": "Budi",
        "account": {"homePage": inbound.NUMBERS, "name": NIP},
    }
    assert statement["object"]["id"] == HOME + "/loket/77"
    assert statement["object"]["definition"]["name"] == {"id": "Antrean loket tiga"}
    assert "description" not in statement["object"]["definition"]
    assert statement["timestamp"] == "2026-11-20T09:30:00+07:00"
    assert statement["result"] == {"score": {"raw": 3.5, "min": 0, "max": 4}}
    assert statement["context"] == {
        "platform": "SILATIK",
        "contextActivities": {
            "other": [
                {
                    "objectType": "Activity",
                    "id": "https://diklat.example.go.id/perilaku/prima/1",
                }
            ]
        },
        "extensions": {
            f"{HOME}/x/prioritas": 2,
            "https://w3id.org/xapi/jejak/extensions/performed-on": "2026-11-19",
        },
    }


def test_whoever_the_register_knows_by_the_number_is_named_by_the_register() -> None:
    person = bytes(range(16))
    assert one(known=person)["actor"] == imported.person_agent(person)


def test_the_same_event_gives_the_same_id_whatever_else_is_told() -> None:
    first = one()["id"]
    assert one(event=changed(judul="Antrean"))["id"] == first
    assert one(event=changed(versi=3))["id"] != first
    whole = {name: value for name, value in MAPPING.items() if name != "id"}
    assert one(whole)["id"] == one(whole)["id"]
    assert one(whole, changed(judul="Antrean"))["id"] != one(whole)["id"]
    other = inbound.make(load(MAPPING), EVENT, "2/tiket", lambda kind, digits: None)
    assert other.statements[0]["id"] != first


def test_what_is_not_finished_is_left_out_and_no_mistake() -> None:
    done = made(event=changed(status="dibuka"))
    assert (done.statements, done.skipped, done.problems) == ((), 1, ())


def test_one_delivery_may_hold_many_events() -> None:
    mapping = MAPPING | {"each": "data.baris"}
    rows = [changed(id=n, status="selesai" if n else "dibuka") for n in range(3)]
    done = made(mapping, {"data": {"baris": rows}})
    assert (len(done.statements), done.skipped) == (2, 1)
    assert len(made(event=rows).statements) == 2
    broken = {"data": {"baris": [rows[1], changed(id=None)]}}
    [problem] = made(mapping, broken).problems
    assert (problem.index, problem.path) == (1, "id")
    assert wrong({"data": 1}, mapping) == "each: the delivery has no list at data.baris"


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (changed(id=None), "id: the event has nothing that can be used at tiket.id, tiket.versi"),
        (changed(selesai_pada="besok"), "timestamp: 'besok' is no moment"),
        (changed(tanggal="besok"), "performed_on: 'besok' is no day"),
        (changed(nilai="baik"), "score.raw: 'baik' is no number"),
        (EVENT | {"petugas": {"nip": "123"}}, "actor.nip: The number has 3 digits"),
        (EVENT | {"petugas": {}}, "actor.nip: the event has nothing that can be used"),
    ],
)
def test_what_cannot_be_made_is_told_with_its_place(event: Tree, said: str) -> None:
    assert wrong(event).startswith(said)


@pytest.mark.parametrize(
    ("value", "timestamp"),
    [
        ("2026-11-20T02:30:00Z", "2026-11-20T02:30:00+00:00"),
        ("2026-11-20 09:30", "2026-11-20T09:30:00+07:00"),
        ("2026-11-20", "2026-11-20T12:00:00+07:00"),
        ("20/11/2026", "2026-11-20T12:00:00+07:00"),
        (1795228200, "2026-11-21T02:30:00+00:00"),
        (1795228200000, "2026-11-21T02:30:00+00:00"),
    ],
)
def test_times_are_taken_as_systems_write_them(value: Any, timestamp: str) -> None:
    assert one(event=changed(selesai_pada=value))["timestamp"] == timestamp


def test_an_actor_may_be_a_mailbox_or_an_account() -> None:
    event = EVENT | {"mail": "budi@example.go.id", "user": "budi"}
    assert one(saying(actor={"mail": "{mail}"}), event)["actor"]["mbox"] == (
        "mailto:budi@example.go.id"
    )
    account = one(saying(actor={"account": "{user}", "home": HOME}), event)["actor"]["account"]
    assert account == {"homePage": HOME, "name": "budi"}
    assert "is no mail address" in wrong(EVENT | {"mail": "budi"}, saying(actor={"mail": "{mail}"}))


def test_what_stands_in_an_address_is_made_fit_for_one() -> None:
    thing = one(event=changed(kategori="loket tiga/empat"))["object"]
    assert thing["id"] == HOME + "/loket%20tiga%2Fempat/77"
    whole = saying(object={"id": "{tautan}"})
    assert one(whole, EVENT | {"tautan": HOME + "/a?b=1"})["object"]["id"] == HOME + "/a?b=1"
    assert "is no IRI" in wrong(EVENT | {"tautan": "tiket 7"}, whole)


def test_the_guide_s_own_dry_run_needs_no_register() -> None:
    assert len(hooks.preview(load(MAPPING), EVENT).statements) == 1


# The mapping ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mapping", "path", "hint"),
    [
        ([], "", "must hold one hook"),
        (MAPPING | {"name": "Tiket 1"}, "name", "small letters"),
        (MAPPING | {"nama": "x"}, "nama", "There is no such member"),
        (MAPPING | {"when": ["x"]}, "when", "must map paths to lists"),
        (MAPPING | {"zone": "Jakarta"}, "zone", "no such time zone"),
        (MAPPING | {"each": "a..b"}, "each", "path of a list"),
        (MAPPING | {"signature": {"prefix": "x"}}, "signature.header", "X-Hub-Signature-256"),
        ({"name": "tiket"}, "statement", "This is missing"),
        (saying(verb="selesai"), "statement.verb", "must be an IRI"),
        (saying(actor={"nip": "{a}", "mail": "{b}"}), "statement.actor", "exactly one"),
        (saying(actor={"account": "{a}"}), "statement.actor.home", "home page"),
        (saying(object={}), "statement.object", "object's id"),
        (saying(response="{a b.}"), "statement.response", "is no place of an event"),
        (saying(response="{a"), "statement.response", "open or closed alone"),
        (saying(platform=7), "statement.platform", "must be text"),
        (saying(behaviours=[{"by": "{a}"}]), "statement.behaviours[0]", "members by"),
        (saying(extensions={"x": "{a}"}), "statement.extensions", "is no IRI"),
        (saying(score={"nilai": 1}), "statement.score.nilai", "there are max, min, raw, scaled"),
        (saying(said=datetime(2026, 1, 1, tzinfo=UTC)), "", "quotation marks"),
    ],
)
def test_a_mapping_with_mistakes_is_told_them(mapping: Any, path: str, hint: str) -> None:
    with pytest.raises(Refused) as told:
        load(mapping)
    said = [(each.path, each.message) for each in told.value.problems]
    assert any(where == path and hint in message for where, message in said), said


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(event=anything, part=anything, name=st.sampled_from(sorted(EVENT["tiket"])))
def test_no_delivery_breaks_a_mapping(event: Any, part: Any, name: str) -> None:
    """Whatever comes: a statement, or a problem that says what is wrong."""
    for delivery in (event, changed(**{name: part}), EVENT | {"petugas": part}):
        done = made(event=delivery)
        many = len(delivery) if isinstance(delivery, list) else 1
        assert len(done.statements) + len(done.problems) + done.skipped == many


# The signature ----------------------------------------------------------------------------------

BODY = b'{"tiket": 1}'


def checked(header: str | None, *secrets: str, told: Tree | None = None, now: Any = NOW) -> None:
    inbound.check(told or {}, secrets or ("rahasia",), lambda name: header, BODY, now)


def test_who_has_the_secret_and_the_time_may_come_in() -> None:
    header = inbound.sign("rahasia", BODY, NOW)
    checked(header)
    checked(header, "baru", "rahasia")
    checked(header, now=NOW + timedelta(minutes=4))
    checked(f"{header},v1=00")


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (None, "send the header X-Jejak-Signature"),
        ("", "send the header"),
        ("v1=00", "must be t="),
        ("t=x,v1=00", "must be t="),
        ("t=1,v1=00", "more than 5 minutes"),
        ("t=999999999999,v1=00", "more than 5 minutes"),
        (f"t={int(NOW.timestamp())}", "no v1"),
        (f"t={int(NOW.timestamp())},v1=é", "no v1"),
        (inbound.sign("lain", BODY, NOW), "no v1"),
        (inbound.sign("rahasia", BODY + b" ", NOW), "no v1"),
        (inbound.sign("rahasia", BODY, NOW - timedelta(minutes=6)), "more than 5 minutes"),
    ],
)
def test_nobody_else_comes_in_and_is_told_why(header: str | None, why: str) -> None:
    with pytest.raises(Unauthenticated, match=why):
        checked(header)


def test_systems_that_sign_only_the_body_may_do_it_their_way() -> None:
    told = {"header": "X-Hub-Signature-256", "prefix": "sha256="}
    mac = hmac.new(b"rahasia", BODY, sha256).digest()
    checked(f"sha256={mac.hex()}", told=told)
    checked(base64.b64encode(mac).decode(), told={"header": "X-WC-Webhook-Signature"})
    with pytest.raises(Unauthenticated, match="X-Hub-Signature-256"):
        checked("sha256=00", told=told)
