"""Evidence is proposed for one case or none, for reasons that are kept."""

from hypothesis import given
from hypothesis import strategies as st

from lrs.learning import PracticeEvent
from lrs.practice import matching
from lrs.practice.cases import OPEN, Completion
from lrs.practice.matching import Case, Evidence, propose
from lrs.practice.programmes import Behaviour, Programme, Rule

DAY = 86_400_000_000
SERVE = "https://example.go.id/behaviours/serve"
TEXTS = Behaviour(iri=SERVE, text="Melayani warga dengan antrean daring")


def case(n: int, clock: int, programme: str = "p", ended: int | None = None) -> Case:
    made = Programme(iri=f"https://example.go.id/{programme}", title="P", behaviours=(TEXTS,))
    statement = bytes([n]) * 16
    return Case(
        statement,
        Completion(made, None, None, "c", None, OPEN, clock * DAY, (statement,)),
        ended,
    )


def evidence(n: int, day: int, voided: bool = False, refers: tuple[str, ...] = ()) -> Evidence:
    event = PracticeEvent(
        kind="worked", actor={}, at=day * DAY, verb="v", behaviours=(SERVE,), refers=refers
    )
    return Evidence(bytes([n]) * 16, voided, event, day, True)


def test_of_two_runs_the_latest_that_had_begun_is_meant() -> None:
    found, _ = propose(1, [case(1, 10), case(2, 100), case(3, 300)], [evidence(9, 150)])
    assert [(each.case[0], each.placed) for each in found] == [(2, matching.AFTER)]


def test_what_two_programmes_could_claim_is_left_to_a_human_unless_one_is_named() -> None:
    both = [case(1, 10, "p"), case(2, 10, "q")]
    assert propose(1, both, [evidence(9, 20)]) == ([], [(bytes([9]) * 16, SERVE)])
    found, _ = propose(1, both, [evidence(9, 20, refers=((bytes([2]) * 16).hex(),))])
    assert [each.case[0] for each in found] == [2]
    assert found[0].signals[0].name == "reference"


def test_what_was_done_after_observation_ended_is_nothing_and_before_is_labelled() -> None:
    assert propose(1, [case(1, 10, ended=15)], [evidence(9, 20)]) == ([], [])
    found, _ = propose(1, [case(1, 10)], [evidence(9, 5)])
    assert found[0].placed == matching.BEFORE


PIECES = st.lists(
    st.builds(evidence, st.integers(10, 200), st.integers(0, 400), st.booleans()),
    unique_by=lambda each: each.statement,
)


@given(PIECES, st.randoms(use_true_random=False))
def test_order_never_shows_and_no_piece_changes_another(pieces, random) -> None:  # type: ignore[no-untyped-def]
    runs = [case(1, 10), case(2, 100), case(3, 100, "q")]
    whole = propose(1, runs, pieces)
    apart = sorted(
        (found for each in pieces for found in propose(1, runs, [each])[0]),
        key=lambda found: found.link,
    )
    assert whole[0] == apart
    assert not {each.statement for each in pieces if each.voided} & {p.statement for p in apart}
    random.shuffle(pieces)
    random.shuffle(runs)
    assert propose(1, runs, pieces) == whole


RULE = Rule(
    name="tiket",
    behaviours=(SERVE,),
    verbs=frozenset(["v"]),
    activities=("https://tiket.example.go.id/*",),
)
IRIS = st.sampled_from(
    ["https://tiket.example.go.id/1", "https://example.go.id/p", SERVE, "c", "https://elsewhere"]
)
WORDS = st.sampled_from(
    ["", "Melayani warga dengan antrean daring", "antrean daring untuk warga, melayani", "rapat"]
)


@given(
    st.builds(
        PracticeEvent,
        kind=st.just("worked"),
        actor=st.just({}),
        at=st.just(150 * DAY),
        verb=st.sampled_from(["v", "w"]),
        activities=st.lists(IRIS, max_size=2).map(tuple),
        behaviours=st.lists(IRIS, max_size=1).map(tuple),
        refers=st.lists(st.just((bytes([1]) * 16).hex()), max_size=1).map(tuple),
        text=WORDS,
    )
)
def test_what_no_programme_takes_an_interest_in_is_proposed_for_nothing(
    event: PracticeEvent,
) -> None:
    programme = Programme(
        iri="https://example.go.id/p",
        title="P",
        courses=frozenset(["c"]),
        behaviours=(TEXTS,),
        rules=(RULE,),
    )
    statement = bytes([1]) * 16
    done = Completion(programme, None, None, "c", None, OPEN, 100 * DAY, (statement,))
    piece = Evidence(bytes([9]) * 16, False, event, 150, False)
    found, _ = propose(1, [Case(statement, done)], [piece])
    assert matching.Interest([programme]).takes(event) or not found


def test_noise_under_a_verb_that_a_rule_names_is_not_kept() -> None:
    programme = Programme(
        iri="https://example.go.id/p", title="P", behaviours=(TEXTS,), rules=(RULE,)
    )
    noise = PracticeEvent(
        kind="worked",
        actor={},
        at=0,
        verb="v",
        activities=("https://surat.example.go.id/7",),
        text="Undangan rapat koordinasi mingguan bagian umum",
    )
    assert not matching.Interest([programme]).takes(noise)
