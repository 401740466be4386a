"""Moodle's logstore plug-in, as recorded, against the service as users run it."""

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote

import msgspec

from lrs.store.accounts import Kindness
from lrs.xapi import lexical
from tests import make
from tests.conftest import Server
from tests.senders import moodle
from tests.senders.moodle import Answered, Recorded, Tree, send

#: What intake writes itself; everything else comes back as it was sent (promise 4).
OURS = frozenset({"id", "stored", "authority", "version", "timestamp"})
REPAIRS = frozenset({"result-response-null", "choices-object"})
Raws = list[msgspec.Raw]
members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Pages:
    """The log as a reader takes it: page after page, oldest first."""

    def __init__(self, server: Server, authorization: str) -> None:
        self.server, self.authorization = server, authorization

    def __call__(self, query: str) -> Iterator[bytes]:
        """The statements of a query, each as the bytes that came."""
        more = f"/xapi/statements?{query}"
        while more:
            request = urllib.request.Request(
                self.server.url + more,
                headers={
                    "Authorization": self.authorization,
                    "X-Experience-API-Version": "1.0.3",
                },
            )
            with urllib.request.urlopen(request, timeout=moodle.PATIENCE) as answer:
                page = members(answer.read())
            yield from (bytes(each) for each in msgspec.json.decode(page["statements"], type=Raws))
            more = msgspec.json.decode(page["more"], type=str)


def assert_same(sent: bytes, came: bytes) -> None:
    """The same statement: every member byte for byte but those intake writes."""
    before, after = members(sent), members(came)
    assert {name: bytes(raw) for name, raw in before.items() if name not in OURS} == {
        name: bytes(raw) for name, raw in after.items() if name not in OURS
    }
    tree, stored = json.loads(sent), json.loads(came)
    assert lexical.micros(stored.get("timestamp")) == lexical.micros(
        tree.get("timestamp", stored["stored"])
    )
    assert stored["timestamp"].endswith("Z")
    assert stored["authority"] == make.account("lms", "https://agency.example.org")
    assert stored["version"].startswith("1.0.")


def assert_kept_in_order(sent: Sequence[bytes], ids: Sequence[str], came: Sequence[bytes]) -> None:
    assert len(ids) == len(came) == len(sent)
    assert [json.loads(each)["id"] for each in came] == list(ids)
    for before, after in zip(sent, came, strict=True):
        assert_same(before, after)


def ids_of(answers: Sequence[Answered]) -> list[str]:
    return [name for each in answers if each.status == 200 for name in each.json()]


def test_what_was_recorded_is_put_together_again() -> None:
    requests = [each for each in moodle.recorded() if each.phase != "E-large"]
    assert len(requests) == 175
    assert all(moodle.fits(each) for each in requests)
    assert {each.answered for each in requests} == {200, 400}


def test_every_request_is_answered_and_what_is_sound_comes_back_the_same(server: Server) -> None:
    """200 exactly, for nothing else is success to the plug-in; or a reason that it can show."""
    authorization = server.cast.key("all")
    requests = [each for each in moodle.recorded() if each.phase != "E-large"]
    answers = [send(server, each, authorization) for each in requests]
    for request, answer in zip(requests, answers, strict=True):
        assert answer.status == request.answered, (request.number, answer.body)
        assert answer.headers["content-type"] == "application/json"
        if answer.status == 200:
            assert len(answer.json()) == len(request.statements)
        else:
            assert_explained(request, answer)
    accepted = [each for each in requests if each.answered == 200]
    sent = [text for each in accepted for text in each.statements]
    came = list(Pages(server, authorization)("ascending=true&limit=500"))
    assert len(sent) == 2959 - 73
    assert_kept_in_order(sent, ids_of(answers), came)
    down = [json.loads(each)["id"] for each in Pages(server, authorization)("limit=333")]
    assert down == ids_of(answers)[::-1]


def assert_explained(request: Recorded, answer: Answered) -> None:
    """Each of the two known defects is named: which statement, which member, why, which clause."""
    expected = {
        (index, path)
        for index, text in enumerate(request.statements)
        if (path := moodle.defect(json.loads(text))) is not None
    }
    told = answer.json()
    assert {(each["index"], each["path"]) for each in told["problems"]} == expected
    assert all(each["message"] and each["clause"] for each in told["problems"])
    assert told["error"]


def completions(texts: Iterable[bytes]) -> Counter[tuple[str, str, str]]:
    """Who completed which course when, as often as it stands there."""
    return Counter(
        (json.dumps(tree["actor"]["account"]), tree["object"]["id"], tree["timestamp"])
        for tree in map(json.loads, texts)
        if moodle.is_course_completion(tree)
    )


def replay_completions(
    server: Server, kindness: Kindness
) -> tuple[Counter[tuple[str, str, str]], Counter[tuple[str, str, str]], list[Answered]]:
    """The two large recordings, under a key of such kindness: what was sent, kept, answered."""
    authorization = server.cast.key("all", kindness=kindness)
    requests = [each for each in moodle.recorded() if each.phase in ("A-default", "B-username")]
    answers = [send(server, each, authorization) for each in requests]
    verb = quote("http://adlnet.gov/expapi/verbs/completed")
    came = Pages(server, authorization)(f"ascending=true&verb={verb}")
    return completions(t for each in requests for t in each.statements), completions(came), answers


def test_a_strict_key_loses_a_course_completion_beside_a_bad_statement(server: Server) -> None:
    """What the standard asks, and why there is a choice: batches are refused whole."""
    sent, kept, answers = replay_completions(server, Kindness())
    assert sum(sent.values()) == 39
    assert sum((sent - kept).values()) == 1
    assert Counter(each.status for each in answers) == {200: 139, 400: 26}


def test_with_salvage_no_course_completion_is_lost(server: Server) -> None:
    sent, kept, answers = replay_completions(server, Kindness(salvage=True))
    assert kept == sent
    # What is left are batches of one defect and nothing else, bisected down to it.
    left = [each.json()["problems"] for each in answers if each.status == 400]
    assert {(len(problems), problems[0]["path"]) for problems in left} <= {
        (1, "object.definition.choices")
    }


@dataclass(frozen=True)
class Resend:
    """The ids in the log before a batch came again, its answer, and the ids after."""

    before: list[str]
    answer: Answered
    after: list[str]


def lose_the_answer_and_resend(server: Server, authorization: str) -> Resend:
    """A batch that was stored, its answer lost; then the same one after Resend was pressed.

    The two differ in nothing but the registrations, which the plug-in makes anew for each run.
    """

    def log() -> list[str]:
        return [json.loads(each)["id"] for each in Pages(server, authorization)("ascending=true")]

    moodle.send_and_hear_nothing(server, moodle.phase("F-commit-then-close"), authorization)
    until = time.monotonic() + moodle.PATIENCE
    while not (before := log()) and time.monotonic() < until:
        time.sleep(0.05)
    assert len(before) == 12
    return Resend(before, send(server, moodle.phase("G-replay"), authorization), log())


def test_a_batch_sent_again_after_a_lost_answer_is_stored_again(server: Server) -> None:
    """As the standard has it: statements without ids are new ones. A key may choose otherwise."""
    authorization = server.cast.key("all")
    resend = lose_the_answer_and_resend(server, authorization)
    assert (resend.answer.status, len(resend.answer.json())) == (200, 12)
    assert resend.after == resend.before + resend.answer.json()


def test_an_empty_batch_is_a_success(server: Server) -> None:
    """The task posts `[]` when nothing is queued, and is stopped by anything but 200."""
    answer = send(server, moodle.phase("E-empty"), server.cast.key("all"))
    assert (answer.status, answer.body) == (200, b"[]")


def test_a_thousand_statements_that_wait_for_leave_to_be_sent(server: Server) -> None:
    authorization = server.cast.key("all")
    sent = list(islice(moodle.sound(moodle.recorded()), 1000))
    body = b"[" + b",".join(sent) + b"]"
    assert len(body) > 1_500_000
    answer = send(server, moodle.phase("E-large"), authorization, body)
    assert (answer.status, answer.continued) == (200, True)
    came = list(Pages(server, authorization)("ascending=true&limit=100"))
    assert_kept_in_order(sent, answer.json(), came)


def test_everything_that_the_plugins_own_tests_expect_is_accepted(server: Server) -> None:
    authorization = server.cast.key("all")
    events = moodle.plugin_fixtures()
    pattern = moodle.phase("G-replay")
    answers = []
    for event in events:
        body = json.dumps(event, ensure_ascii=False).encode()
        answers.append(send(server, pattern, authorization, body))
        assert answers[-1].status == 200, answers[-1].body
    came = list(Pages(server, authorization)("ascending=true"))
    sent = [json.dumps(each, ensure_ascii=False).encode() for event in events for each in event]
    assert len(sent) == 83
    assert_kept_in_order([text.strip() for text in sent], ids_of(answers), came)


def test_with_salvage_and_repairs_nothing_that_moodle_sends_is_lost(server: Server) -> None:
    authorization = server.cast.key("all", kindness=Kindness(salvage=True, repairs=REPAIRS))
    requests = [each for each in moodle.recorded() if each.phase in ("A-default", "B-username")]
    answers = [send(server, each, authorization) for each in requests]
    assert {each.status for each in answers} == {200}
    sent = [text for each in requests for text in each.statements]
    came = list(Pages(server, authorization)("ascending=true&limit=500"))
    assert completions(came) == completions(sent)
    assert [json.loads(each)["id"] for each in came] == ids_of(answers)
    assert len(came) == len(sent) == 1667 + 1251
    mended: Counter[str] = Counter()
    for before, after in zip(sent, came, strict=True):
        tree = json.loads(before)
        if (path := moodle.defect(tree)) is None:
            assert_same(before, after)
        else:
            mended[path] += 1
            assert_mended(tree, json.loads(after))
    assert mended == {"object.definition.choices": 24, "result.response": 4}


def assert_mended(sent: Tree, came: Tree) -> None:
    """The defect is gone and nothing else is: no member but the one that could not be."""
    if moodle.defect(sent) == "result.response":
        del sent["result"]["response"]
        if not sent["result"]:
            del sent["result"]
    else:
        choices = sent["object"]["definition"]["choices"]
        sent["object"]["definition"]["choices"] = list(choices.values())
    assert {n: v for n, v in came.items() if n not in OURS} == {
        n: v for n, v in sent.items() if n not in OURS
    }


def test_a_batch_sent_again_is_answered_with_the_earlier_ids_if_the_key_says_so(
    server: Server,
) -> None:
    authorization = server.cast.key("all", kindness=Kindness(duplicates="answer"))
    resend = lose_the_answer_and_resend(server, authorization)
    assert resend.answer.status == 200
    assert resend.answer.json() == resend.before == resend.after
