"""What intake does for senders that cannot be mended, when the owner of their key says so."""

import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs import intake
from lrs.store import deliveries, refused
from lrs.store.accounts import Kindness, Principal
from lrs.store.engine import Database, run
from lrs.xapi.versions import V1
from tests import make
from tests.conftest import Cast
from tests.promises import parts
from tests.senders import moodle

Tree = dict[str, Any]

SALVAGE = Kindness(salvage=True)
REPAIR = Kindness(repairs=frozenset({"result-response-null", "choices-object"}))
REPORT = Kindness(duplicates="report")
ANSWER = Kindness(duplicates="answer")


@pytest.fixture
def who(cast: Cast) -> Principal:
    return parts.principal(cast)


def send(
    database: Database, who: Principal, sent: Sequence[Tree], kindness: Kindness
) -> intake.Stored:
    batch = parts.examined(replace(who, kindness=kindness), sent)
    return database.write(lambda connection: intake.store(connection, batch))


def kept(database: Database) -> list[tuple[str, int, Tree, list[str]]]:
    """What was set aside: state, place in the batch, statement, paths of its problems."""
    with database.read() as connection:
        rows = run(connection, "SELECT state, problems, raw, id FROM refused ORDER BY id").all()
    found = []
    for row in rows:
        problems = json.loads(bytes(row[1]))
        found.append(
            (
                str(row[0]),
                problems[0].get("index", -1),
                json.loads(bytes(row[2])),
                [each.get("path", "") for each in problems],
            )
        )
    return found


# Salvage -----------------------------------------------------------------------------------------


def test_the_good_ones_are_stored_and_the_bad_ones_set_aside(
    database: Database, who: Principal
) -> None:
    bad = make.statement(result={"success": "yes"})
    stored = send(database, who, [make.statement(), bad, make.statement()], SALVAGE)
    assert parts.found(database, who.learning, ascending=True) == stored.ids
    assert (len(stored.ids), stored.aside) == (2, [1])
    assert kept(database) == [("refused", 1, bad, ["result.success"])]


def test_without_salvage_nothing_of_such_a_batch_is_stored(
    database: Database, who: Principal
) -> None:
    with pytest.raises(intake.Rejected):
        send(database, who, [make.statement(), make.statement(verb=None)], Kindness())
    assert parts.found(database, who.learning) == []


def test_a_batch_without_one_good_statement_is_refused_all_the_same(
    database: Database, who: Principal
) -> None:
    with pytest.raises(intake.Rejected):
        send(database, who, [make.statement(verb=None)] * 2, SALVAGE)


def test_a_statement_whose_id_is_taken_is_set_aside_too(database: Database, who: Principal) -> None:
    first = make.statement(id=make.uuid4())
    send(database, who, [first], Kindness())
    other = first | {"verb": make.verb("failed")}
    stored = send(database, who, [make.statement(), other], SALVAGE)
    assert (len(stored.ids), stored.aside) == (1, [1])
    assert [(state, paths) for state, _, _, paths in kept(database)] == [("refused", ["verb.id"])]
    with pytest.raises(intake.Clash):
        send(database, who, [other], SALVAGE)


def test_the_attachment_of_a_bad_statement_is_not_held_against_a_good_one(
    client: Any, cast: Cast
) -> None:
    """Its part came for somebody: only who described it falls."""
    authorization = cast.key("all", kindness=SALVAGE)
    content = b"evidence"
    digest = sha256(content).hexdigest()
    attachment = {
        "usageType": "http://id.tincanapi.com/attachment/supporting_media",
        "display": {"en": "photo"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": digest,
    }
    batch = [make.statement(), make.statement(verb=None, attachments=[attachment])]
    body = (
        b"--b\r\nContent-Type: application/json\r\n\r\n"
        + json.dumps(batch).encode()
        + b"\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n"
        + b"X-Experience-API-Hash: "
        + digest.encode()
        + b"\r\n\r\n"
        + content
        + b"\r\n--b--\r\n"
    )
    answer = client.signed_in(authorization).post(
        "/xapi/statements", data=body, content_type="multipart/mixed; boundary=b"
    )
    assert (answer.status_code, len(answer.json)) == (200, 1), answer.json
    assert answer.headers["X-Jejak-Set-Aside"] == "1"


# Repairs -----------------------------------------------------------------------------------------


def test_a_repaired_statement_is_kept_beside_its_original(
    database: Database, who: Principal
) -> None:
    sent = make.statement(result={"response": None, "completion": True})
    stored = send(database, who, [sent], REPAIR)
    (came,) = (json.loads(parts.stored(database, who.learning, one)) for one in stored.ids)
    assert came["result"] == {"completion": True}
    assert kept(database) == [("repaired", 0, sent, ["result.response"])]
    assert stored.aside == []


def test_a_repair_mends_its_own_defect_and_no_other(database: Database, who: Principal) -> None:
    for more in ({"result": {"response": None, "success": 1}}, {"result": {"success": None}}):
        with pytest.raises(intake.Rejected) as refusal:
            send(database, who, [make.statement(**more)], REPAIR)
        assert refusal.value.kept[0].state == refused.REFUSED


def test_only_the_repairs_of_the_key_are_tried(database: Database, who: Principal) -> None:
    sent = make.statement(result={"response": None})
    with pytest.raises(intake.Rejected):
        send(database, who, [sent], Kindness(repairs=frozenset({"choices-object"})))


# Duplicates --------------------------------------------------------------------------------------


def event(name: str, **changes: Any) -> Tree:
    """As Moodle sends it: no id, a time, a registration that is another at each sending."""
    return make.statement(
        object=make.activity(name),
        timestamp="2026-11-22T02:27:44.000Z",
        context={"registration": make.uuid4()},
        **changes,
    )


def test_a_batch_sent_again_gets_the_ids_it_got_the_first_time(
    database: Database, who: Principal
) -> None:
    first = send(database, who, [event("a"), event("b")], ANSWER)
    again = send(database, who, [event("a"), event("b")], ANSWER)
    assert again.ids == first.ids
    assert (first.duplicates, again.duplicates) == (0, 2)
    assert parts.found(database, who.learning, ascending=True) == first.ids
    with database.read() as connection:
        (notice,) = deliveries.notices(connection, [who.source_id], 10)
    assert (notice.statements, notice.answered) == (2, True)


def test_with_report_it_is_stored_and_told(database: Database, who: Principal) -> None:
    first = send(database, who, [event("a")], REPORT)
    again = send(database, who, [event("a")], REPORT)
    assert set(first.ids).isdisjoint(again.ids)
    assert again.duplicates == 1
    assert len(parts.found(database, who.learning)) == 2
    with database.read() as connection:
        (notice,) = deliveries.notices(connection, [who.source_id], 10)
    assert (notice.statements, notice.answered) == (1, False)


def test_equal_events_of_one_request_are_as_many_events(database: Database, who: Principal) -> None:
    first = send(database, who, [event("a"), event("a")], ANSWER)
    assert len(set(first.ids)) == 2
    again = send(database, who, [event("a"), event("a"), event("a")], ANSWER)
    assert again.ids[:2] == first.ids
    assert again.duplicates == 2
    assert len(parts.found(database, who.learning)) == 3


def test_one_earlier_request_must_explain_it(database: Database, who: Principal) -> None:
    """Events that came apart do not make a request that holds both of them one sent again."""
    send(database, who, [event("a"), event("x")], ANSWER)
    send(database, who, [event("b"), event("y")], ANSWER)
    assert send(database, who, [event("a"), event("b")], ANSWER).duplicates == 0


def test_an_event_on_both_sides_of_the_end_of_a_batch_is_two_events(
    database: Database, who: Principal
) -> None:
    """It happened twice in one second; so it is in the recordings."""
    send(database, who, [event("a"), event("b")], ANSWER)
    assert send(database, who, [event("b"), event("c")], ANSWER).duplicates == 0
    assert len(parts.found(database, who.learning)) == 4


def test_a_batch_sent_again_with_what_else_had_failed(database: Database, who: Principal) -> None:
    first = send(database, who, [event("a"), event("b")], ANSWER)
    again = send(database, who, [event("c"), event("a"), event("b"), event("d")], ANSWER)
    assert (again.duplicates, again.ids[1:3]) == (2, first.ids)
    assert len(parts.found(database, who.learning)) == 4


def test_another_source_and_given_ids_are_never_duplicates(
    database: Database, cast: Cast, who: Principal
) -> None:
    other = replace(who, source_id=cast.another_source("lms-2").id)
    send(database, who, [event("a")], ANSWER)
    assert send(database, other, [event("a")], ANSWER).duplicates == 0
    assert send(database, who, [event("a", id=make.uuid4())], ANSWER).duplicates == 0


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": "2026-11-22T02:27:44.001Z"},
        {"verb": make.verb("failed")},
        {"actor": make.agent("budi")},
        {"result": {"score": {"raw": 1}}},
        {"object": make.activity("b")},
        {"context": {"extensions": {"http://a.b/info": {"event_name": "x"}}}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_differs_is_another_event(database: Database, who: Principal, change: Tree) -> None:
    send(database, who, [event("a")], ANSWER)
    assert send(database, who, [event("a") | change], ANSWER).duplicates == 0


def test_what_an_upgrade_of_the_plugin_changes_makes_no_other_event(
    database: Database, who: Principal
) -> None:
    def sent(version: str, name: str) -> Tree:
        info: Tree = {"http://moodle.org": version, "event_name": "viewed", "event_function": "f"}
        context = {"registration": make.uuid4(), "extensions": {"http://a.b/info": info}}
        return event("a") | {"context": context, "actor": make.agent("siti") | {"name": name}}

    send(database, who, [sent("4.5", "Siti")], ANSWER)
    assert send(database, who, [sent("4.6", "Siti Aminah")], ANSWER).duplicates == 1


def test_two_that_are_sent_again_at_the_same_moment(database: Database, who: Principal) -> None:
    """Whichever comes second sees the first."""
    start = threading.Barrier(2)
    answers: list[intake.Stored] = []

    def sender() -> None:
        start.wait()
        answers.append(send(database, who, [event("a"), event("b")], ANSWER))

    threads = [threading.Thread(target=sender) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert answers[0].ids == answers[1].ids
    assert len(parts.found(database, who.learning)) == 2


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batch=st.lists(st.sampled_from("abcd"), min_size=1, max_size=8),
    picks=st.data(),
)
def test_any_part_of_a_request_sent_again_stores_nothing(
    database: Database, batch: list[str], picks: st.DataObject
) -> None:
    """Moodle sends a failed batch again in parts, in no order that it promises."""
    who = parts.tenant(database)
    first = send(database, who, [event(name) for name in batch], ANSWER)
    part = picks.draw(st.lists(st.sampled_from(range(len(batch))), unique=True, min_size=1))
    again = send(database, who, [event(batch[n]) for n in part], ANSWER)
    assert again.duplicates == len(part)
    assert sorted(parts.found(database, who.learning)) == sorted(first.ids)
    of = dict(zip(first.ids, batch, strict=True))
    assert [of[each] for each in again.ids] == [batch[n] for n in part]
    assert len(set(again.ids)) == len(part)


def test_repeats_inside_the_requests_of_the_recording_are_all_stored(
    database: Database, who: Principal
) -> None:
    """Moodle's own recording has many events that equal another of the same request."""
    requests = [each for each in moodle.recorded() if each.phase == "A-default" and each.statements]
    repeats = stored = 0
    for each in requests:
        kind = replace(ANSWER, salvage=True, repairs=REPAIR.repairs)
        batch = intake.examine(
            each.body,
            [],
            version=V1,
            principal=replace(who, kindness=kind),
            place=who.learning,
            defines=False,
        )
        marks = Counter(intake.fingerprint(item.seen, b"") for item in batch.items)
        repeats += sum(count - 1 for count in marks.values())
        outcome = database.write(lambda connection, b=batch: intake.store(connection, b))
        assert outcome.duplicates == 0, each.number
        stored += len(outcome.ids)
    assert stored == 1667
    assert repeats > 0


# Kept as it was meant ----------------------------------------------------------------------------


def test_a_refused_put_is_kept_with_the_id_of_its_request(database: Database, client: Any) -> None:
    """Else it would become another statement when it is mended and sent again."""
    name = make.uuid4()
    for sent in (make.statement(verb=None), {}):
        answer = client.put(f"/xapi/statements?statementId={name}", json=sent)
        assert answer.status_code == 400
    assert [raw.get("id") for _, _, raw, _ in kept(database)] == [name, name]
