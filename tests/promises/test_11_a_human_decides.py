"""Promise 11: the machine proposes, a human decides; completion is not application.

Whatever systems send, however it looks, and however long nobody does anything: no link is accepted
and nothing counts as applied but by the verdict of a reviewer who is not the learner, given here.
"""

import json
import uuid
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs import casework, projector
from lrs.adapters import Adapters
from lrs.errors import JejakError
from lrs.practice import records, review
from lrs.practice.records import Evidence
from lrs.store.engine import run
from lrs.store.packing import unpack
from tests import make
from tests.agency import ANSWERS, HEAD, IRI, Agency
from tests.conftest import NOW, Cast
from tests.promises import parts

LEARNER, REVIEWERS = b"L" * 16, [b"A" * 16, b"B" * 16]

verdicts = st.lists(
    st.builds(
        lambda move, by, at, reason, second: review.Verdict(
            link=b"l" * 16,
            move=move,
            by=by,
            at=at,
            statement=at.to_bytes(16, "big"),
            reason=reason,
            rests_on="halaman 1",
            second=second,
        ),
        st.sampled_from(sorted(review.MOVES)),
        st.sampled_from([LEARNER, *REVIEWERS]),
        st.integers(0, 30),
        st.sampled_from(["", "Terlihat."]),
        st.booleans(),
    ),
    max_size=9,
    unique_by=lambda each: each.at,
)


@given(verdicts, st.randoms(use_true_random=False))
def test_a_link_is_accepted_only_by_taking_and_accepting_it(
    told: list[review.Verdict], chance: Any
) -> None:
    shuffled = list(told)
    chance.shuffle(shuffled)
    standing = review.after(shuffled)
    assert standing.state == review.after(told).state, "the order of arrival decides nothing"
    if standing.state == review.ACCEPTED:
        moves = [each.move for each in sorted(told, key=lambda e: e.at) if not each.second]
        assert "take" in moves
        assert "accept" in moves[moves.index("take") :]


@given(verdicts)
def test_the_learner_concerned_may_move_nothing_that_decides(told: list[review.Verdict]) -> None:
    standing = review.after(told)
    for move in ("take", "accept", "return", "reject"):
        asked = review.Verdict(
            link=b"l" * 16, move=move, by=LEARNER, at=99, statement=bytes(16), reason="Ya."
        )
        assert review.may(asked, standing, LEARNER, False) is not None


@pytest.fixture
def agency(cast: Cast) -> Agency:
    """Somebody completed the course and handed something in, which the machine proposes."""
    there = Agency(cast)
    there.setup(staff=1)
    there.complete()
    person = str(uuid.UUID(bytes=there.staff["Staf 01"]))
    case = there.rows()[0]["id"].hex()
    given_ = Evidence(
        person=person,
        of="observation",
        by=str(uuid.UUID(bytes=HEAD)),
        role=records.SUPERIOR,
        performed_on=date(2026, 2, 20),
        title="Menjawab keluhan",
        programme=IRI,
        case=case,
        behaviours=(ANSWERS,),
    )
    there.do(casework.hand_in, given_, now=NOW)
    assert {row["state"] for row in there.rows("links")} == {"submitted"}
    return there


def nothing_counts(agency: Agency) -> bool:
    return not [row for row in agency.rows("links") if row["state"] == "accepted"] and {
        row["applied_day"] for row in agency.rows("outcomes")
    } == {None}


def decide(agency: Agency, move: str, by: str) -> None:
    told = {"reason": "Terlihat.", "rests_on": "halaman 1", "now": NOW, "by": by}
    for link in [row["id"] for row in agency.rows("links")]:
        agency.do(casework.decide, link=link, move=move, **told)


def verdict_of_a_human(agency: Agency) -> dict[str, Any]:
    """A verdict as the service writes one, taken from its log."""
    for move in ("take", "accept"):
        decide(agency, move, "user:reviewer")
    with agency.database.read() as connection:
        rows = run(
            connection,
            "SELECT body FROM statements WHERE store_id = ? ORDER BY position DESC",
            (agency.tenant.practice.id,),
        ).all()
    tree: dict[str, Any] = json.loads(unpack(rows[0][0]))
    assert not nothing_counts(agency)
    decide(agency, "withdraw", "user:reviewer")
    assert nothing_counts(agency)
    return {name: tree[name] for name in tree if name not in ("id", "stored", "authority")}


def test_completion_is_not_application_however_long_nobody_looks(agency: Agency) -> None:
    assert nothing_counts(agency)
    agency.begin()
    for day in (10, 100, 200, 400, 700):
        agency.after(day)
        agency.plan()
    projector.replay(agency.database, agency.tenant, Adapters.installed())
    assert nothing_counts(agency)


def test_a_verdict_that_a_system_sends_counts_for_nothing(agency: Agency) -> None:
    """It may look like ours to the last letter: it is of another authority, or another store."""
    forged = verdict_of_a_human(agency)
    who = parts.principal(agency.cast)
    for place in (agency.tenant.learning, agency.tenant.practice):
        for move in ("take", "accept"):
            record = forged["context"]["extensions"][records.RECORD] | {"move": move}
            extensions = forged["context"]["extensions"] | {records.RECORD: record}
            context = forged["context"] | {"extensions": extensions}
            tree = forged | {"id": make.uuid4(), "context": context}
            parts.send(agency.database, who, [tree], place)
    agency.catch_up()
    assert nothing_counts(agency)
    projector.replay(agency.database, agency.tenant, Adapters.installed())
    assert nothing_counts(agency)


def test_a_learner_does_not_review_their_own_work(agency: Agency) -> None:
    own = str(uuid.UUID(bytes=agency.staff["Staf 01"]))
    for move in ("take", "accept"):
        with pytest.raises(JejakError):
            decide(agency, move, own)
    assert nothing_counts(agency)


def test_what_a_human_accepted_a_human_takes_back(agency: Agency) -> None:
    for move in ("take", "accept"):
        decide(agency, move, "user:reviewer")
    assert not nothing_counts(agency)
    decide(agency, "withdraw", "user:another")
    assert nothing_counts(agency)
