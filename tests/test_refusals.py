"""What becomes of refused statements: mended, replayed once, dismissed."""

import hashlib
import json
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from lrs import refusals
from lrs.errors import Conflict, NotFound, Refused
from lrs.store import refused, statements
from lrs.store.accounts import Kindness
from lrs.store.engine import Database
from lrs.store.refused import Row, Which
from lrs.store.statements import Query
from tests import make
from tests.conftest import Cast, Client
from tests.senders import moodle

STATEMENTS = "/xapi/statements"

Tree = dict[str, Any]


def send(client: Client, raws: Sequence[bytes], status: int = 200) -> Any:
    body = b"[" + b",".join(raws) + b"]"
    answer = client.post(STATEMENTS, data=body, content_type="application/json")
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def spelt(tree: Any) -> bytes:
    return json.dumps(tree).encode()


def event(number: int = 0, **changes: Any) -> Tree:
    """An event such as Moodle sends: with a time, without an id."""
    at = {"timestamp": f"2026-03-01T00:00:{number:02}Z"}
    return make.statement(**at | {"context": {"registration": make.uuid4()}} | changes)


BAD = {"result": {"response": None, "completion": True}}


def kept(database: Database, cast: Cast, *states: str) -> list[Row]:
    with database.read() as connection:
        return refused.select(connection, refusals.meant(connection, cast.tenant, states=states))


def states(database: Database, cast: Cast) -> list[tuple[int | None, str]]:
    return [(row.index, row.state) for row in kept(database, cast)]


def stored(database: Database, cast: Cast) -> list[Tree]:
    """All that is stored, in log order."""
    with database.read() as connection:
        query = Query(cast.tenant.learning.id, ascending=True, limit=10_000)
        return [json.loads(each) for each in statements.select(connection, query).bodies]


def times(trees: Sequence[Tree]) -> list[str]:
    return [tree["timestamp"][-3:-1] for tree in trees]


def replayed(database: Database, cast: Cast, row: Row, **more: Any) -> refusals.Outcome:
    return refusals.replay(database, cast.tenant, row.request, **more)


# A batch of Moodle's with one bad statement ------------------------------------------------------


def lost_batch() -> moodle.Recorded:
    """The batch of the recording that a strict store refused for a blank answer, told twice."""
    (found,) = (
        each for each in moodle.recorded() if each.phase == "A-default" and each.answered == 400
    )
    return found


def mend_all(database: Database, cast: Cast) -> None:
    for row in kept(database, cast, refused.REFUSED):
        refusals.mend_by(database, cast.tenant, row.number, ["result-response-null"])


def test_a_lost_batch_of_moodle_is_stored_whole_and_once(
    client: Client, database: Database, cast: Cast
) -> None:
    raws = lost_batch().statements
    told = send(client, raws, 400)
    places = [(problem["index"], problem["path"]) for problem in told["problems"]]
    assert places == [(14, "result.response"), (15, "result.response")]
    rows = kept(database, cast)
    assert [row.index for row in rows] == list(range(43))
    bad, twin = (row for row in rows if row.state == refused.REFUSED)
    assert (bad.index, twin.index) == (14, 15)
    mend_all(database, cast)
    outcome = replayed(database, cast, bad)
    assert sorted(outcome.stored) == sorted(row.number for row in rows)
    assert (outcome.present, outcome.wrong) == ([], {})
    found = stored(database, cast)
    assert [each["timestamp"] for each in found] == [json.loads(raw)["timestamp"] for raw in raws]
    assert all(each["authority"] == cast.source.authority_tree for each in found)
    assert {state for _, state in states(database, cast)} == {refused.REPLAYED}
    assert replayed(database, cast, bad) == refusals.Outcome()
    assert len(stored(database, cast)) == 43


def bisect(client: Client, raws: Sequence[bytes]) -> None:
    """What the plug-in's resend does: on 400, each half by itself, with a new registration."""
    body = b"[" + b",".join(raws) + b"]"
    answer = client.post(STATEMENTS, data=body, content_type="application/json")
    if answer.status_code == 400 and len(raws) > 1:
        bisect(client, raws[: len(raws) // 2])
        bisect(client, raws[len(raws) // 2 :])


def test_what_the_sender_got_stored_by_itself_is_not_stored_again(
    client: Client, database: Database, cast: Cast
) -> None:
    raws = lost_batch().statements
    send(client, raws, 400)
    bad, twin = kept(database, cast, refused.REFUSED)
    registration = json.loads(raws[0])["context"]["registration"].encode()
    again = [raw.replace(registration, make.uuid4().encode()) for raw in raws]
    bisect(client, again)
    assert len(stored(database, cast)) == 41
    mend_all(database, cast)
    outcome = replayed(database, cast, bad)
    assert (outcome.stored, len(outcome.present)) == ([bad.number, twin.number], 41)
    assert len(kept(database, cast, refused.DELIVERED)) == 41
    with database.read() as connection:
        which = Which(refusals.store_ids(cast.tenant), states=refused.OPEN)
        requests = refused.requests(connection, which)
    for request in requests:
        assert refusals.replay(database, cast.tenant, request).stored == []
    assert kept(database, cast, *refused.OPEN) == []
    assert len(stored(database, cast)) == 43


def test_equal_events_of_one_batch_are_as_many(
    client: Client, database: Database, cast: Cast
) -> None:
    """Of three equal ones the sender got two stored since: the third is missing."""
    twins = [spelt(event(1))] * 3
    send(client, [*twins, spelt(event(2, **BAD))], 400)
    send(client, [spelt(event(1)), spelt(event(1))])
    (bad,) = kept(database, cast, refused.REFUSED)
    outcome = replayed(database, cast, bad)
    assert (len(outcome.stored), len(outcome.present)) == (1, 2)
    assert times(stored(database, cast)) == ["01"] * 3


def test_an_equal_event_from_before_is_another_event(
    client: Client, database: Database, cast: Cast
) -> None:
    send(client, [spelt(event(1))])
    send(client, [spelt(event(1)), spelt(event(2, **BAD))], 400)
    replayed(database, cast, kept(database, cast)[0])
    assert times(stored(database, cast)) == ["01", "01"]


def test_another_source_s_equal_statement_does_not_count(
    client: Client, database: Database, cast: Cast
) -> None:
    cast.another_source("other")
    send(client, [spelt(event(1)), spelt(event(2, **BAD))], 400)
    send(client.signed_in(cast.key(source="other")), [spelt(event(1))])
    replayed(database, cast, kept(database, cast)[0])
    assert times(stored(database, cast)) == ["01", "01"]


def test_what_was_stored_since_and_voided_stays_away(
    client: Client, database: Database, cast: Cast
) -> None:
    send(client, [spelt(event(1)), spelt(event(2, **BAD))], 400)
    (identity,) = send(client, [spelt(event(1))])
    send(client, [spelt(make.voiding(identity))])
    assert len(replayed(database, cast, kept(database, cast)[0]).present) == 1
    assert len(stored(database, cast)) == 1


@pytest.mark.parametrize(
    "actor", [make.agent(), make.group(make.agent()), make.group(mbox="mailto:team@example.org")]
)
@pytest.mark.parametrize("thing", [make.activity(), make.agent("budi")])
def test_whoever_did_it_to_whatever_is_told_again(
    client: Client, database: Database, cast: Cast, actor: Tree, thing: Tree
) -> None:
    def same() -> bytes:
        return spelt(event(1, actor=actor, object=thing, context={}))

    send(client, [same(), spelt(event(2, **BAD))], 400)
    send(client, [same()])
    assert replayed(database, cast, kept(database, cast)[0]).stored == []


def test_the_id_tells_by_itself(client: Client, database: Database, cast: Cast) -> None:
    first = spelt(event(1, id=make.uuid4()))
    send(client, [first, spelt(event(2, **BAD))], 400)
    send(client, [first])
    replayed(database, cast, kept(database, cast)[0])
    assert len(stored(database, cast)) == 1


def test_an_id_taken_by_another_statement_keeps_only_that_one_back(
    client: Client, database: Database, cast: Cast
) -> None:
    identity = make.uuid4()
    send(client, [spelt(event(1, id=identity)), spelt(event(2)), spelt(event(3, **BAD))], 400)
    send(client, [spelt(event(9, id=identity))])
    first = kept(database, cast)[0]
    outcome = replayed(database, cast, first)
    assert (list(outcome.wrong), len(outcome.stored)) == ([first.number], 1)
    row = kept(database, cast)[0]
    assert (row.state, row.problems[0].path) == (refused.REFUSED, "timestamp")
    assert states(database, cast)[1:] == [(1, refused.REPLAYED), (2, refused.REFUSED)]


def test_only_what_is_mended_goes_with_what_fell_with_it(
    client: Client, database: Database, cast: Cast
) -> None:
    send(client, [spelt(event(n, **(BAD if n in (1, 3) else {}))) for n in range(5)], 400)
    rows = kept(database, cast)
    refusals.mend(database, cast.tenant, rows[1].number, spelt(event(1)))
    replayed(database, cast, rows[1])
    assert times(stored(database, cast)) == ["00", "01", "02", "04"]
    assert states(database, cast)[3] == (3, refused.REFUSED)


def test_one_can_be_sent_alone(client: Client, database: Database, cast: Cast) -> None:
    send(client, [spelt(event(n, **(BAD if n == 1 else {}))) for n in range(3)], 400)
    rows = kept(database, cast)
    outcome = replayed(database, cast, rows[2], numbers={rows[2].number}, alone=True)
    assert outcome.stored == [rows[2].number]
    wrong = replayed(database, cast, rows[1], numbers={rows[1].number}, alone=True).wrong
    assert wrong[rows[1].number][0].path == "result.response"


def test_two_operators_at_once_store_once(client: Client, database: Database, cast: Cast) -> None:
    send(client, [spelt(event(n, **(BAD if n == 1 else {}))) for n in range(20)], 400)
    row = kept(database, cast)[1]
    refusals.mend(database, cast.tenant, row.number, spelt(event(1)))
    outcomes: list[refusals.Outcome] = []
    start = threading.Barrier(4)

    def operate() -> None:
        start.wait()
        outcomes.append(replayed(database, cast, row))

    threads = [threading.Thread(target=operate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 4
    assert sum(len(each.stored) for each in outcomes) == 20
    assert len(stored(database, cast)) == 20


def test_a_large_batch_keeps_its_order(
    client: Client, database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "PIECE", 7)
    send(client, [spelt(event(n, **(BAD if n == 0 else {}))) for n in range(40)], 400)
    assert len(replayed(database, cast, kept(database, cast)[0]).stored) == 39
    assert times(stored(database, cast)) == [f"{n:02}" for n in range(1, 40)]


def test_what_the_owner_asks_notice_of_is_noticed_when_the_sender_comes_later(
    client: Client, database: Database, cast: Cast
) -> None:
    answering = client.signed_in(cast.key(kindness=Kindness(duplicates="answer")))
    raws = [spelt(event(n)) for n in range(3)]
    send(answering, [*raws, spelt(event(4, **BAD))], 400)
    replayed(database, cast, kept(database, cast)[0])
    ids = send(answering, raws)
    assert ids == [each["id"] for each in stored(database, cast)]


def test_an_activity_is_changed_only_where_the_key_may(
    client: Client, database: Database, cast: Cast
) -> None:
    thing = make.activity(definition={"name": {"en": "Course"}})
    for scope, expected in (("statements/write", {}), ("all", {"name": {"en": "Course"}})):
        sender = client.signed_in(cast.key(scope))
        send(sender, [spelt(event(1, object=thing)), spelt(event(2, **BAD))], 400)
        replayed(database, cast, kept(database, cast, refused.BYSTANDER)[0])
        answer = client.get("/xapi/activities", query_string={"activityId": thing["id"]})
        assert answer.get_json().get("definition", {}) == expected


# Bodies that were no JSON, attachments -----------------------------------------------------------


def test_a_body_that_was_no_json_is_mended_into_statements(
    client: Client, database: Database, cast: Cast
) -> None:
    good = [spelt(event(n)) for n in range(3)]
    broken = b"[" + b",".join(good)
    client.post(STATEMENTS, data=broken, content_type="application/json")
    (row,) = kept(database, cast)
    assert (row.index, row.size) == (None, len(broken))
    (problem,) = replayed(database, cast, row, numbers={row.number}).wrong[row.number]
    assert "JSON" in problem.message
    half = b"[%s,%s]" % (good[0], spelt(event(1, actor=None)))
    with pytest.raises(Refused):
        refusals.mend(database, cast.tenant, row.number, broken)
    with pytest.raises(Refused, match="statement 1, actor"):
        refusals.mend(database, cast.tenant, row.number, half)
    refusals.mend(database, cast.tenant, row.number, broken + b"]")
    assert replayed(database, cast, row).stored == [row.number]
    assert times(stored(database, cast)) == ["00", "01", "02"]


def test_statements_under_another_type_can_be_sent_as_they_came(
    client: Client, database: Database, cast: Cast
) -> None:
    client.post(STATEMENTS, data=spelt([event(1)]), content_type="text/plain")
    (row,) = kept(database, cast)
    assert replayed(database, cast, row, numbers={row.number}).stored == [row.number]


def with_part(content: bytes, *trees: Tree) -> bytes:
    lines = [
        *(b"--B", b"Content-Type: application/json", b"", spelt(list(trees)), b"--B"),
        *(b"Content-Type: text/plain", b"Content-Transfer-Encoding: binary"),
        b"X-Experience-API-Hash: " + hashlib.sha256(content).hexdigest().encode(),
        *(b"", content, b"--B--", b""),
    ]
    return b"\r\n".join(lines)


def test_attachments_are_sent_again(client: Client, database: Database, cast: Cast) -> None:
    content = b"a certificate" * 100_000
    attachment = {
        "usageType": "https://example.org/usage",
        "display": {"en": "certificate"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": hashlib.sha256(content).hexdigest(),
    }
    good = event(1, attachments=[attachment])
    bad = event(2, attachments=[attachment], **BAD)
    body = with_part(content, good, bad, event(3))
    answer = client.post(STATEMENTS, data=body, content_type="multipart/mixed; boundary=B")
    assert answer.status_code == 400
    rows = kept(database, cast)
    refusals.mend(database, cast.tenant, rows[1].number, spelt(bad | {"result": {}}))
    assert len(replayed(database, cast, rows[0]).stored) == 3
    got = client.get(STATEMENTS, query_string={"attachments": "true"}).get_data()
    assert got.count(content) == 1


# Mending and dismissing --------------------------------------------------------------------------


def test_a_mend_is_checked_at_once(client: Client, database: Database, cast: Cast) -> None:
    send(client, [spelt(event(1, **BAD))], 400)
    (row,) = kept(database, cast)
    for mended, told in (
        (b"{", "not JSON"),
        (b"[]", "list"),
        (spelt([event(1)]), "list"),
        (spelt(event(1, verb=None)), "verb"),
        (spelt(event(1, attachments=[{}])), "attachments"),
    ):
        with pytest.raises(Refused, match=told) as caught:
            refusals.mend(database, cast.tenant, row.number, mended)
        assert "statement 0" not in str(caught.value)
    with pytest.raises(Refused, match="finds nothing to mend"):
        refusals.mend_by(database, cast.tenant, row.number, ["choices-object"])
    assert kept(database, cast)[0].state == refused.REFUSED
    refusals.mend(database, cast.tenant, row.number, spelt(event(1)))
    assert kept(database, cast)[0].state == refused.MENDED


def test_what_is_stored_can_be_neither_mended_nor_dismissed(
    client: Client, database: Database, cast: Cast
) -> None:
    send(client, [spelt(event(1)), spelt(event(2, **BAD))], 400)
    first, second = kept(database, cast)
    replayed(database, cast, first)
    with pytest.raises(Conflict, match="replayed"):
        refusals.mend(database, cast.tenant, first.number, spelt(event(1)))
    with pytest.raises(Conflict, match="Nothing was dismissed"):
        refusals.dismiss(database, cast.tenant, [second.number, first.number], "a test")
    assert states(database, cast)[1] == (1, refused.REFUSED)


def test_a_dismissal_says_why(client: Client, database: Database, cast: Cast) -> None:
    send(client, [spelt(event(1, **BAD))], 400)
    (row,) = kept(database, cast)
    with pytest.raises(Refused, match="say why"):
        refusals.dismiss(database, cast.tenant, [row.number], " ")
    refusals.dismiss(database, cast.tenant, [row.number], "sent by hand, for a trial")
    (row,) = kept(database, cast)
    assert (row.state, row.why) == (refused.DISMISSED, "sent by hand, for a trial")
    assert replayed(database, cast, row, numbers={row.number}) == refusals.Outcome()


def test_another_tenant_s_are_not_found(
    client: Client, database: Database, cast: Cast, neighbour: Cast
) -> None:
    send(client, [spelt(event(1, **BAD))], 400)
    (row,) = kept(database, cast)
    assert kept(database, neighbour) == []
    for work in (
        lambda: refusals.mend(database, neighbour.tenant, row.number, spelt(event(1))),
        lambda: refusals.mend_by(database, neighbour.tenant, row.number, []),
        lambda: refusals.dismiss(database, neighbour.tenant, [row.number], "not mine"),
        lambda: replayed(database, neighbour, row, numbers={row.number}),
    ):
        with pytest.raises(NotFound):
            work()
