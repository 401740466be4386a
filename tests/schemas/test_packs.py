"""Packs: programmes that are usable as they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import NotFound, Refused
from lrs.practice.programmes import DEPTHS, default_depth
from schemas import packs
from schemas.programmes import dump, load

NAMES = [pack.name for pack in packs.every()]
VALUES = {
    "Berorientasi Pelayanan",
    "Akuntabel",
    "Kompeten",
    "Harmonis",
    "Loyal",
    "Adaptif",
    "Kolaboratif",
}


def test_there_is_one_for_each_sort_of_training() -> None:
    assert NAMES == ["latsar", "pka", "pkp", "service", "technical", "webinar"]


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_is_usable_unedited(name: str) -> None:
    made = packs.make(
        name, "https://diklat.example.go.id/p/1", "Pelatihan", courses=["https://x/1"]
    )
    assert load({"programmes": [dump(made)]}) == [made], "it can be written, and read again"
    assert (made.pack, made.title, made.courses) == (name, "Pelatihan", {"https://x/1"})
    assert len(made.behaviours) >= 2
    for behaviour in made.behaviours:
        assert len(set(behaviour.anchors)) == 5
        assert behaviour.value in VALUES
    assert made.drivers.encourages
    assert bool(made.windows) == (made.depth != "none")


@pytest.mark.parametrize("name", ["latsar", "pka", "pkp"])
def test_the_long_ones_are_followed_for_a_year(name: str) -> None:
    made = packs.make(name, "https://x/p", "Pelatihan")
    assert [window.name for window in made.windows] == ["W0", "W1", "W2", "W3", "W4"]
    # Of leaders, those they lead are asked too.
    asked = {rater for window in made.windows for rater in window.raters}
    assert ("subordinate" in asked) == (name != "latsar")


def test_two_programmes_of_one_pack_share_no_name() -> None:
    one, other = (packs.make("service", iri, "Layanan") for iri in ("https://x/1", "https://x/2"))
    assert not {each.iri for each in one.behaviours} & {each.iri for each in other.behaviours}


@pytest.mark.parametrize(
    ("title", "pack"),
    [
        ("Pelatihan Dasar CPNS Golongan III Angkatan II", "latsar"),
        ("LATSAR 2026", "latsar"),
        ("Pelatihan Dasar Kearsipan", "technical"),
        ("Pelatihan Kepemimpinan Pengawas", "pkp"),
        ("Pelatihan Kepemimpinan Administrator", "pka"),
        ("Webinar Pelayanan Publik", "webinar"),
        ("Diklat Pelayanan Prima", "service"),
        ("Bimtek Layanan Konsultasi", "service"),
        ("Pengelolaan Arsip Dinamis", "technical"),
    ],
)
def test_a_pack_is_suggested_by_the_words_of_the_title(title: str, pack: str) -> None:
    assert packs.suggest(title) == pack


def test_what_is_wrong_is_told() -> None:
    with pytest.raises(NotFound, match="there are latsar, pka"):
        packs.make("latzar", "https://x/p", "Pelatihan")
    with pytest.raises(Refused, match="must be an IRI"):
        packs.make("latsar", "no iri", "Pelatihan")


@pytest.mark.parametrize(
    ("jp", "kind", "depth"),
    [
        (2, "webinar", "none"),
        (None, "webinar", "none"),
        (10, "webinar", "light"),
        (40, "webinar", "light"),
        (8, "technical", "light"),
        (20, "technical", "full"),
        (None, None, "light"),
        (None, "latsar", "full"),
    ],
)
def test_how_far_a_programme_is_followed_up_comes_of_its_kind_and_hours(
    jp: float | None, kind: str | None, depth: str
) -> None:
    assert default_depth(jp, kind) == depth


@given(st.floats(0, 2000), st.floats(0, 2000), st.sampled_from([None, "webinar", "service"]))
def test_more_hours_are_never_followed_up_less(one: float, other: float, kind: str | None) -> None:
    less, more = sorted((one, other))
    assert DEPTHS.index(default_depth(less, kind)) <= DEPTHS.index(default_depth(more, kind))


def test_a_pack_has_the_hours_that_a_source_in_force_tells_and_no_others() -> None:
    hours = {name: packs.make(name, "https://x/p", "Pelatihan").jp for name in NAMES}
    assert hours["latsar"] == 647
    assert hours["pka"] == 908
    assert hours["pkp"] is None
