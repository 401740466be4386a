"""Which version a request speaks: xAPI 1.0.3 Communication 3.3; IEEE 9274.1.1 4.1."""

import pytest

from lrs.errors import Refused
from lrs.xapi.versions import V1, V2, may_carry, negotiate


@pytest.mark.parametrize("header", ["1.0", "1.0.0", "1.0.1", "1.0.3", "1.0.99", " 1.0.3 "])
def test_every_patch_of_the_1_0_line_is_1_0_3(header):
    assert negotiate(header) == V1
    assert negotiate(header).text == "1.0.3"


@pytest.mark.parametrize("header", ["2.0", "2.0.0", "2.0.1"])
def test_every_patch_of_the_2_0_line_is_2_0_0(header):
    assert negotiate(header) == V2
    assert negotiate(header).text == "2.0.0"


@pytest.mark.parametrize(
    "header",
    ["", "0.9", "0.95", "1", "1.1.0", "1.0.", "1.0.x", "1.0.0.0", "2", "2.1", "3.0", "v1.0.3"],
)
def test_other_lines_are_refused_with_what_to_send(header):
    with pytest.raises(Refused, match=r"1\.0\.3 or 2\.0\.0"):
        negotiate(header)


def test_a_request_that_names_none_is_refused():
    with pytest.raises(Refused, match="no X-Experience-API-Version header"):
        negotiate(None)


@pytest.mark.parametrize(
    ("text", "under_1", "under_2"),
    [
        ("1.0", True, True),
        ("1.0.0", True, True),
        ("1.0.9", True, True),
        ("1.0.2-rc1", True, True),
        ("2.0", False, True),
        ("2.0.0", False, True),
        ("0.9.9", False, False),
        ("1.1.0", False, False),
        ("2.1.0", False, False),
        ("1.0.", False, False),
        ("", False, False),
        (1.0, False, False),
        (None, False, False),
    ],
)
def test_the_version_a_statement_may_carry(text, under_1, under_2):
    """xAPI 1.0.3 Data 2.4.10; IEEE 9274.1.1 4.2.4.2."""
    assert may_carry(text, V1) is under_1
    assert may_carry(text, V2) is under_2
