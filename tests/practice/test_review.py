"""A link moves only as the table says, whatever the order in which verdicts arrive."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lrs.practice import review
from lrs.practice.review import Verdict, after

LINK = bytes(16)


def verdict(move: str, at: int) -> Verdict:
    return Verdict(
        link=LINK, move=move, by=b"r" * 16, at=at, statement=at.to_bytes(16), reason="page 2"
    )


VERDICTS = st.lists(
    st.builds(verdict, st.sampled_from([*review.MOVES, "bless"]), st.integers(0, 50)),
    unique_by=lambda each: each.at,
)


def test_a_proposal_is_taken_accepted_and_later_withdrawn() -> None:
    moves = [verdict("take", 1), verdict("accept", 2), verdict("withdraw", 3)]
    assert after(moves[:2]).state == review.ACCEPTED
    assert after(moves).state == review.WITHDRAWN


def test_a_rejected_link_is_not_accepted_by_a_late_verdict() -> None:
    late = verdict("accept", 3)
    standing = after([verdict("take", 1), verdict("reject", 2), late])
    assert (standing.state, standing.out_of_order) == (review.REJECTED, (late,))


def test_who_has_not_seen_it_decides_nothing() -> None:
    standing = after([verdict("take", 1), verdict("not_seen", 2)])
    assert (standing.state, standing.out_of_order) == (review.IN_REVIEW, ())


@given(VERDICTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_shows(verdicts, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = [*verdicts, *verdicts]
    random.shuffle(shuffled)
    assert after(shuffled) == after(verdicts)


def test_what_somebody_took_is_decided_by_them_or_let_go() -> None:
    taken = after([verdict("take", 1)])
    other = replace(verdict("accept", 2), by=b"o" * 16, rests_on="page 2")
    assert "Another reviewer" in str(review.may(other, taken, b"l" * 16, False))
    assert taken.held_by == b"r" * 16
    freed = after([verdict("take", 1), verdict("release", 2)])
    assert (freed.state, freed.held_by) == (review.SUBMITTED, None)


def test_a_link_by_hand_begins_with_being_submitted() -> None:
    moves = [verdict("submit", 1), verdict("take", 2), verdict("accept", 3)]
    assert after(moves).state == review.ACCEPTED
    assert after(moves).out_of_order == ()


@given(VERDICTS)
def test_a_second_opinion_never_moves_a_link(verdicts: list[Verdict]) -> None:
    seconds = [replace(each, second=True, at=each.at + 100) for each in verdicts]
    assert after([*verdicts, *seconds]).state == after(verdicts).state


def test_about_a_tenth_is_drawn_for_a_second_review() -> None:
    drawn = sum(review.second_wanted(n.to_bytes(16)) for n in range(10_000))
    assert 900 < drawn < 1_100


def test_nobody_accepts_their_own_work_nor_what_only_the_learner_says() -> None:
    standing = after([verdict("take", 1)])
    bare = verdict("accept", 2)
    sound = replace(bare, rests_on="page 2")
    assert "own work" in str(review.may(sound, standing, b"r" * 16, False))
    assert "Only the learner" in str(review.may(sound, standing, b"l" * 16, True))
    assert "page" in str(review.may(bare, standing, b"l" * 16, False))
    assert review.may(sound, standing, b"l" * 16, False) is None
