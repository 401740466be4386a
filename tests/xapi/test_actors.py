"""Who an agent is: xAPI 1.0.3 Data 2.4.2, Communication 2.4; IEEE 9274.1.1 4.2.2.1, 4.1.6.3."""

import msgspec
import pytest

from lrs.xapi import actors
from tests import make


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ({"mbox": "mailto:Sari@Example.org"}, ("mbox", "mailto:Sari@Example.org")),
        ({"mbox_sha1sum": "AB" * 20}, ("mbox_sha1sum", "AB" * 20)),
        ({"openid": "https://id.example.org/"}, ("openid", "https://id.example.org/")),
        (make.account("1", home="https://a.example"), ("account", "https://a.example\n1")),
        (make.group(mbox="mailto:tim@example.org"), ("mbox", "mailto:tim@example.org")),
        (make.group(), None),
    ],
)
def test_the_identifier_is_exactly_what_was_sent(agent, expected):
    assert actors.ifi(agent) == expected


def test_accounts_with_line_feeds_in_the_name_stay_apart():
    one = make.account("b\nc", home="https://a.example/")
    other = make.account("c", home="https://a.example/b")
    assert actors.ifi(one) != actors.ifi(other)


def test_the_identifier_alone_is_the_same_bytes_however_the_agent_was_written():
    one = {"name": "Sari", "account": {"name": "1", "homePage": "https://a.example"}}
    other = {"account": {"homePage": "https://a.example", "name": "1"}, "objectType": "Agent"}
    assert actors.ifi_json(one) == actors.ifi_json(other)
    assert actors.ifi_json(one) == b'{"account":{"homePage":"https://a.example","name":"1"}}'
    assert actors.ifi_json(make.agent("sari")) == b'{"mbox":"mailto:sari@example.org"}'


def test_an_anonymous_group_has_no_identifier_to_write():
    with pytest.raises(ValueError, match="anonymous"):
        actors.ifi_json(make.group())


def test_a_person_gathers_names_and_identifiers_without_repeats():
    sari = actors.ifi_json(make.agent("sari"))
    moodle = actors.ifi_json(make.account("7", home="https://lms.example.org"))
    rows = [(sari, "Sari"), (sari, "Sari Dewi"), (sari, "Sari"), (moodle, None)]
    assert actors.person(rows) == {
        "objectType": "Person",
        "name": ["Sari", "Sari Dewi"],
        "mbox": ["mailto:sari@example.org"],
        "account": [{"homePage": "https://lms.example.org", "name": "7"}],
    }


def test_a_person_of_whom_nothing_is_known_has_only_the_identifier_asked_for():
    asked = msgspec.json.encode({"openid": "https://id.example.org/"})
    assert actors.person([(asked, None)]) == {
        "objectType": "Person",
        "openid": ["https://id.example.org/"],
    }
