"""Yes and no where the standard says so: xAPI 1.0.3 Data 2 and 4; IEEE 9274.1.1 4.2."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from lrs.xapi import check
from lrs.xapi.versions import V1, V2
from tests.make import account, agent, group, statement
from tests.xapi.soundness import SOUND, SOUND_2, UNSOUND, UNSOUND_2

DATA = Path(__file__).parent.parent / "data"
READ = msgspec.json.Decoder(float_hook=Decimal)
REAL = [READ.decode(line) for line in (DATA / "moodle_statements.jsonl").read_bytes().splitlines()]


@pytest.mark.parametrize("version", [V1, V2], ids=lambda version: version.text)
@pytest.mark.parametrize(("name", "tree"), SOUND)
def test_what_is_sound_is_accepted(name, tree, version):
    assert check.sound(tree, version)


@pytest.mark.parametrize("version", [V1, V2], ids=lambda version: version.text)
@pytest.mark.parametrize(("name", "tree", "path", "clause"), UNSOUND)
def test_what_breaks_a_rule_is_refused(name, tree, path, clause, version):
    assert not check.sound(tree, version)


@pytest.mark.parametrize(("name", "tree"), SOUND_2)
def test_what_came_with_2_0_is_refused_under_1_0(name, tree):
    assert check.sound(tree, V2)
    assert not check.sound(tree, V1)


@pytest.mark.parametrize(("name", "tree", "path"), UNSOUND_2)
def test_what_came_with_2_0_has_its_rules(name, tree, path):
    assert not check.sound(tree, V2)
    assert not check.sound(tree, V1)


@pytest.mark.parametrize("version", [V1, V2], ids=lambda version: version.text)
def test_what_moodle_sends_is_accepted(version):
    assert len(REAL) > 100
    for tree in REAL:
        assert check.sound(tree, version)


def test_the_known_defects_of_moodle_are_refused():
    for line in (DATA / "moodle_refused.jsonl").read_bytes().splitlines():
        assert not check.sound(READ.decode(line), V1)


def test_depth_inside_extensions_costs_nothing():
    deep: object = None
    for _ in range(100_000):
        deep = [deep]
    assert check.sound(statement(result={"extensions": {"a:b": deep}}), V1)
    # Taken apart from outside in, or the interpreter would recurse to free it.
    while isinstance(deep, list):
        deep = deep.pop()


def test_a_huge_exponent_is_compared_without_being_written_out():
    raw, more = Decimal("1e999999999"), Decimal("2e999999999")
    assert check.sound(statement(result={"score": {"raw": raw, "max": more}}), V1)
    assert not check.sound(statement(result={"score": {"raw": raw, "max": 1}}), V1)


@pytest.mark.parametrize("who", [agent(), account(), group(mbox="mailto:tim@example.org")])
def test_who_can_be_looked_up(who):
    assert check.sound_agent(who)


@pytest.mark.parametrize("who", [None, "sari", {}, {"name": "Sari"}, group(), agent(openid="a:b")])
def test_who_cannot_be_looked_up(who):
    """An anonymous group is no one: xAPI 1.0.3 Communication 2.1.3."""
    assert not check.sound_agent(who)
