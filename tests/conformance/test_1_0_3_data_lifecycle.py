"""xAPI 1.0.3, Part Two (Data): what becomes of a statement: kept, compared, voided, given back.

Clauses 2.2 (serialisation), 2.3 (life cycle), what the LRS sets itself in 2.4, and 2.5.
"""

import itertools
import json
import re
import uuid
from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Any

import pytest

from tests import make
from tests.conformance.service import GONE, STATEMENTS, Service, changed, nested, parameters
from tests.conftest import Cast

ONE = "0193e1a4-2f63-4c4e-9d9a-6c1f2a3b4c51"
TWO = "0193e1a4-2f63-4c4e-9d9a-6c1f2a3b4c52"
THREE = "0193e1a4-2f63-4c4e-9d9a-6c1f2a3b4c53"
ISO_8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}Z").fullmatch

# Data 2.2: what arrived is what is returned ------------------------------------------------------

NUMBERS = [
    "1.0",
    "1e2",
    "-0.0",
    "0.1000000000000000055511151231257827",
    "1234567890123456789012345678901234567890",
    "3.4028234663852886e+38",
    "1E-400",
]


@pytest.mark.parametrize("number", NUMBERS)
def test_data_2_2_numbers_keep_their_spelling(v1: Service, number: str) -> None:
    """The LRS MUST store numbers with at least the precision of IEEE 754 32-bit floats; ours
    come back digit for digit, in extensions and in scores (Data 2.2)."""
    body = json.dumps(make.statement(id=ONE, result={"score": {"raw": 1}, "extensions": {}}))
    body = body.replace('"raw": 1', f'"raw": {number}')
    body = body.replace('"extensions": {}', f'"extensions": {{"https://example.org/x": {number}}}')
    assert v1.post(body).status_code == 200
    text = v1.get(statementId=ONE).text
    assert f'"raw": {number}' in text
    assert f'"https://example.org/x": {number}}}' in text


@pytest.mark.parametrize(
    "text",
    ["ꦱꦫꦶ", "😀", "e\u0301 is not \u00e9", "\u0000\u001f\u2028", 'quote " and \\ and /', "  a "],
    ids=["Javanese", "astral", "not normalised", "controls", "escapes", "blanks"],
)
def test_data_2_2_strings_keep_their_code_points(v1: Service, text: str) -> None:
    """All strings are UTF-8 and come back as they were (Data 2.2; Communication 1.4)."""
    assert v1.kept(make.statement(result={"response": text}))["result"]["response"] == text


def test_data_2_2_no_other_serialization_is_returned(v1: Service) -> None:
    """The LRS MUST NOT return a different serialization of any properties: members keep their
    order and their spelling, byte for byte (Data 2.2)."""
    members = (
        '"verb" : {"display":{"id":"menjawab","en":"answered"}, "id":"http://example.org/v"}',
        '"actor":{"name":"S\\u0061ri","account":{"name":"1","homePage":"https://example.org"}}',
        '"object": {"id":"https://example.org/%7Equiz/../1","objectType":"Activity"}',
        '"result":{"extensions":{"urn:z":[1.50, 2E3],"urn:a":{"b":null,"a":[ ]}}}',
    )
    assert v1.post("{" + ",".join(members) + f',"id":"{ONE}"}}').status_code == 200
    text = v1.get(statementId=ONE).text
    for member in members:
        value = member.partition(":")[2].strip()
        assert value in text
    listed = v1.get().text
    assert text in listed


@pytest.mark.parametrize("half", ['"\\ud800"', '"\\udc00\\ud800"'])
def test_data_2_2_half_a_surrogate_pair_is_no_string(v1: Service, half: str) -> None:
    """What is not Unicode cannot be interpreted as UTF-8 and is refused (Communication 1.4)."""
    body = json.dumps(make.statement(result={"response": "x"})).replace('"x"', half)
    v1.refusal(v1.post(body))


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "01", "1.", "+1", "0x1"])
def test_data_2_2_numbers_are_those_of_json(v1: Service, literal: str) -> None:
    """Statements are JSON, which has no such numbers (About 3.0, Data 2.2)."""
    body = json.dumps(make.statement(result={"score": {"raw": 1}}))
    v1.refusal(v1.post(body.replace('"raw": 1', f'"raw": {literal}')))


# Data 2.3.1: immutability, and what is the same statement ----------------------------------------

FULL = make.statement(
    id=ONE,
    actor=make.group(make.agent("ani"), make.account("budi")),
    verb=make.verb("answered"),
    object=make.activity(definition={"name": {"en": "Course"}}),
    result={"score": {"scaled": 0.5, "raw": 5}, "duration": "PT1M", "response": "a"},
    context={
        "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "contextActivities": {"parent": {"id": "https://course.example.org/1"}},
    },
    timestamp="2026-03-02T08:00:00.500Z",
)

SAME: dict[str, make.Tree] = {
    "the same bytes": FULL,
    "members in another order": dict(reversed(FULL.items())),
    "a number spelt otherwise": changed(FULL, "result.score.raw", 5.0),
    "the instant in another zone": changed(FULL, "timestamp", "2026-03-02T15:00:00.5+07:00"),
    "stored given": changed(FULL, "stored", "2020-01-01T00:00:00Z"),
    "authority given": changed(FULL, "authority", make.agent("somebody")),
    "version given": changed(FULL, "version", "1.0.0"),
    "the id in capitals": changed(FULL, "id", ONE.upper()),
    "the registration in capitals": changed(
        FULL, "context.registration", "EC531277-B57B-4C15-8D91-D292C5B2B8F7"
    ),
    "the domain of a mailbox in capitals": changed(
        FULL, "actor.member[0].mbox", "mailto:ani@EXAMPLE.ORG"
    ),
    "context activities as they come back": changed(
        FULL, "context.contextActivities.parent", [{"id": "https://course.example.org/1"}]
    ),
    "another verb display": changed(FULL, "verb.display", {"id": "menjawab"}),
    "another activity definition": changed(FULL, "object.definition.name.en", "Kursus"),
    "no activity definition": changed(FULL, "object.definition", GONE),
    "group members in another order": changed(
        FULL, "actor.member", [make.account("budi"), make.agent("ani")]
    ),
}
OTHER: dict[str, make.Tree] = {
    "another actor": changed(FULL, "actor", make.agent()),
    "another verb": changed(FULL, "verb.id", "http://example.org/verbs/other"),
    "another object": changed(FULL, "object.id", "https://course.example.org/other"),
    "another response": changed(FULL, "result.response", "b"),
    "another score": changed(FULL, "result.score.raw", 5.000001),
    "a duration written otherwise": changed(FULL, "result.duration", "PT60S"),
    "no result": changed(FULL, "result", GONE),
    "another instant": changed(FULL, "timestamp", "2026-03-02T08:00:00.501Z"),
    "an extension more": changed(FULL, 'context.extensions["urn:x"]', 1),
}


@pytest.mark.parametrize("what", SAME)
def test_data_2_3_1_what_immutability_excepts_is_no_difference(v1: Service, what: str) -> None:
    """Differences which could have been caused by exceptions to Statement immutability MUST be
    ignored: an equal statement sent again is acknowledged, and the first one stands."""
    v1.store(FULL)
    before = v1.get(statementId=ONE).data
    assert v1.post(SAME[what]).json == [ONE]
    assert v1.put(SAME[what], ONE).status_code == 204
    assert v1.get(statementId=ONE).data == before
    assert v1.found() == [ONE]


@pytest.mark.parametrize("what", OTHER)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_data_2_3_1_other_differences_conflict(v1: Service, what: str, method: str) -> None:
    """Other differences MUST NOT be ignored: 409, and the LRS MUST NOT modify the Statement or
    any other Object (Data 2.3.1; Communication 2.1.1, 2.1.2)."""
    v1.store(FULL)
    before = v1.get(statementId=ONE).data
    bystander = make.statement(id=TWO)
    answer = v1.post([bystander, OTHER[what]]) if method == "POST" else v1.put(OTHER[what], ONE)
    v1.refusal(answer, 409)
    assert v1.get(statementId=ONE).data == before
    assert v1.found() == [ONE]


@pytest.mark.parametrize(
    ("number", "status"),
    [("5.0", 200), ("50e-1", 200), ("5.0000000000000000000000001", 409), ("-5", 409)],
)
def test_data_2_3_1_numbers_compare_as_exact_decimals(
    v1: Service, number: str, status: int
) -> None:
    """Two spellings of one number are no difference; two numbers that a float cannot tell apart
    are one (Data 2.3.1, 2.2)."""
    v1.store(FULL)
    assert v1.post(json.dumps(FULL).replace('"raw": 5', f'"raw": {number}')).status_code == status


# Data 2.3.2: voiding -----------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["target first", "target last", "in one batch", "batch reversed"])
def test_data_2_3_2_a_statement_is_voided_in_whatever_order(v1: Service, order: str) -> None:
    """An LRS MUST consider a Statement voided if and only if it is not itself a voiding one and
    the LRS also contains a voiding Statement referring to it (Data 2.3.2)."""
    target, voiding = make.statement(id=ONE), make.voiding(ONE, id=TWO)
    requests = {
        "target first": [[target], [voiding]],
        "target last": [[voiding], [target]],
        "in one batch": [[target, voiding]],
        "batch reversed": [[voiding, target]],
    }
    for batch in requests[order]:
        v1.store(*batch)
    v1.refusal(v1.get(statementId=ONE), 404)
    assert v1.get(voidedStatementId=ONE).json["id"] == ONE
    assert v1.found() == [TWO]


def test_data_2_3_2_what_is_not_voided_is_not_found_as_voided(v1: Service) -> None:
    """voidedStatementId names a voided statement, no other (Communication 2.1.3)."""
    v1.store(make.statement(id=ONE))
    v1.refusal(v1.get(voidedStatementId=ONE), 404)
    v1.refusal(v1.get(voidedStatementId=TWO), 404)


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))), ids=str)
def test_data_2_3_2_a_voiding_statement_is_not_voided(v1: Service, order: tuple[int, ...]) -> None:
    """ "Any Statement that voids another cannot itself be voided" (Data 2.3.2), in any order."""
    all_three = {
        1: make.statement(id=ONE),
        2: make.voiding(ONE, id=TWO),
        3: make.voiding(TWO, id=THREE),
    }
    for number in order:
        v1.store(all_three[number])
    assert sorted(v1.found()) == [TWO, THREE]
    assert v1.one(TWO)["id"] == TWO
    v1.refusal(v1.get(voidedStatementId=TWO), 404)
    assert v1.get(voidedStatementId=ONE).status_code == 200


def test_data_2_3_2_voiding_twice_is_voiding(v1: Service) -> None:
    """A second voiding statement is a statement like others, and changes nothing (2.3.2)."""
    v1.store(make.statement(id=ONE), make.voiding(ONE, id=TWO), make.voiding(ONE, id=THREE))
    assert v1.get(voidedStatementId=ONE).status_code == 200
    assert sorted(v1.found()) == [TWO, THREE]


@pytest.mark.parametrize(
    "thing",
    [make.activity(), make.agent(), {"id": ONE}],
    ids=["an activity", "an agent", "an id alone"],
)
def test_data_2_3_2_voiding_needs_a_statement_reference(v1: Service, thing: make.Tree) -> None:
    """The Object of a voiding Statement MUST have "objectType" StatementRef and MUST specify
    the id of the Statement to be voided (Data 2.3.2)."""
    problems = v1.refusal(v1.post(make.voiding(ONE) | {"object": thing}))
    assert {each["path"].partition(".")[0] for each in problems} == {"object"}


def test_data_2_3_2_the_target_need_not_be_there(v1: Service) -> None:
    """The LRS SHOULD NOT* reject the request on the grounds of the Object of that voiding
    Statement not being present (Data 2.3.2)."""
    assert v1.store(make.voiding(ONE, id=TWO)) == [TWO]


def test_data_2_3_2_a_voided_statement_is_issued_again_under_a_new_id(v1: Service) -> None:
    """To "unvoid", a provider issues the Statement again under a new id (Data 2.3.2); under the
    old one it is acknowledged and stays voided."""
    v1.store(make.statement(id=ONE), make.voiding(ONE, id=TWO))
    assert v1.store(make.statement(id=THREE)) == [THREE]
    v1.store(make.statement(id=ONE))
    assert sorted(v1.found()) == [TWO, THREE]


def test_data_2_3_2_a_plan_to_void_voids_nothing(v1: Service) -> None:
    """A SubStatement is not a Statement: one with the verb voided voids nothing (2.4.4.3)."""
    v1.store(make.statement(id=ONE), nested(make.voiding(ONE)))
    assert v1.one(ONE)["id"] == ONE


# Data 2.4: what the LRS sets ---------------------------------------------------------------------


def test_data_2_4_1_the_lrs_makes_missing_ids(v1: Service) -> None:
    """Statement ids MUST be generated by the LRS if a Statement is received without (2.4.1);
    the answer lists all ids in the order of the batch (Communication 2.1.2)."""
    made, given, also_made = v1.store(make.statement(), make.statement(id=ONE), make.statement())
    assert given == ONE
    assert str(uuid.UUID(made)) == made != also_made
    assert v1.one(made)["id"] == made


def test_data_2_4_1_an_id_is_found_in_either_case(v1: Service) -> None:
    """A UUID is the same in capitals (Data 2.4.1, RFC 4122)."""
    v1.store(make.statement(id=ONE.upper()))
    assert v1.one(ONE)["id"].lower() == v1.one(ONE.upper())["id"].lower() == ONE


@pytest.mark.parametrize("inside", [False, True], ids=["statement", "SubStatement"])
@pytest.mark.parametrize("kind", ["parent", "grouping", "category", "other"])
def test_data_2_4_6_2_context_activities_come_back_as_arrays(
    v1: Service, kind: str, inside: bool
) -> None:
    """The LRS MUST return every value in contextActivities as an array, even if it arrived as a
    single Activity (Data 2.4.6.2)."""
    one = make.activity("of-context")
    sent = make.statement(context={"contextActivities": {kind: one}, "platform": "Moodle"})
    kept = v1.kept(nested(sent))["object"] if inside else v1.kept(sent)
    assert kept["context"] == {"contextActivities": {kind: [one]}, "platform": "Moodle"}


def test_data_2_4_7_timestamp_is_stored_where_none_was_sent(v1: Service) -> None:
    """ "timestamp" SHOULD* be set by the LRS to the value of "stored" if not provided (2.4.7)."""
    kept = v1.kept(make.statement())
    assert kept["timestamp"] == kept["stored"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-03-02T08:00:00.123456789Z", "2026-03-02T08:00:00.123456789Z"),
        ("2026-03-02T08:00:00.100Z", "2026-03-02T08:00:00.100Z"),
        ("2026-03-02T00:30:00.123+07:00", "2026-03-01T17:30:00.123Z"),
        ("2025-12-31T23:30:00.5-0330", "2026-01-01T03:00:00.5Z"),
        ("2026-03-02T15:00:00+07", "2026-03-02T08:00:00Z"),
    ],
)
def test_data_4_5_timestamps_keep_their_digits_in_utc(v1: Service, sent: str, kept: str) -> None:
    """A Timestamp MUST preserve precision to at least milliseconds; the LRS SHOULD* return it
    in UTC (Data 4.5)."""
    assert v1.kept(make.statement(timestamp=sent))["timestamp"] == kept


def test_data_2_4_7_a_future_timestamp_is_taken(v1: Service) -> None:
    """An LRS SHOULD* NOT reject a timestamp greater than the current time (Data 2.4.7)."""
    assert v1.kept(make.statement(timestamp="2999-01-01T00:00:00Z"))["timestamp"][:4] == "2999"


def test_data_2_4_8_stored_is_set_by_the_lrs(v1: Service) -> None:
    """ "stored" MUST be set by the LRS, which MUST overwrite any value received (Data 2.4.8), in
    ISO 8601 with at least milliseconds, increasing in the order of storing."""
    first, second = v1.store(
        make.statement(stored="2001-01-01T00:00:00Z"), make.statement(stored="2999-01-01T00:00:00Z")
    )
    stamps = [v1.one(first)["stored"], v1.one(second)["stored"]]
    assert all(ISO_8601(stamp) for stamp in stamps)
    assert "2001" < stamps[0][:4] < "2999"
    assert datetime.fromisoformat(stamps[0]) < datetime.fromisoformat(stamps[1])


def test_data_2_4_8_stored_is_validated(v1: Service) -> None:
    """An LRS SHOULD validate "stored" before it overwrites it (Data 2.4.8)."""
    problems = v1.refusal(v1.post(make.statement(stored="yesterday")))
    assert [each["path"] for each in problems] == ["stored"]


@pytest.mark.parametrize("claimed", [None, make.agent("somebody")], ids=["none", "another"])
def test_data_2_4_9_authority_is_whoever_signed_in(
    v1: Service, cast: Cast, claimed: make.Tree | None
) -> None:
    """The LRS MUST ensure that all Statements stored have an authority, and SHOULD overwrite
    the one that was sent (Data 2.4.9)."""
    kept = v1.kept(make.statement(authority=claimed))
    assert kept["authority"] == make.account("lms", "https://agency.example.org")


@pytest.mark.parametrize(
    "claimed",
    [
        make.group(make.agent("a")),
        make.group(make.agent("a"), make.agent("b"), make.agent("c")),
        make.group(make.agent("a"), make.agent("b"), mbox="mailto:g@example.org"),
        {"objectType": "Agent"},
        "mailto:a@example.org",
    ],
    ids=["group of one", "group of three", "identified group", "nobody", "a string"],
)
def test_data_2_4_9_authority_is_an_agent_or_a_pair(v1: Service, claimed: Any) -> None:
    """Authority MUST be an Agent, except in 3-legged OAuth, where it MUST be a Group with two
    Agents (Data 2.4.9)."""
    problems = v1.refusal(v1.post(make.statement(authority=claimed)))
    assert {each["path"].partition(".")[0] for each in problems} == {"authority"}


@pytest.mark.parametrize("given", ["1.0", "1.0.0", "1.0.1", "1.0.3", "1.0.9"])
def test_data_2_4_10_the_version_of_a_statement_stays(v1: Service, given: str) -> None:
    """An LRS MUST accept all Statements whose version starts with 1.0., and MUST retain the
    version they are accepted with (Data 2.4.10)."""
    assert v1.kept(make.statement(version=given))["version"] == given


def test_data_2_4_10_the_version_is_1_0_0_where_none_was_sent(v1: Service) -> None:
    """Statements that lack a version: it MUST be set to 1.0.0 (Data 2.4.10)."""
    assert v1.kept(make.statement())["version"] == "1.0.0"


@pytest.mark.parametrize(
    "pair", [("a/../b", "b"), ("A", "a"), ("%7Ea", "~a"), ("a", "a/")], ids=" ".join
)
def test_data_3_1_iris_are_compared_as_strings(v1: Service, pair: tuple[str, str]) -> None:
    """LRSs SHOULD* NOT compare IRIs by scheme- or protocol-based normalization; ours are
    strings, in statements and parameters alike (Data 3.1)."""
    one, other = (f"https://course.example.org/{name}" for name in pair)
    first, second = v1.store(*(make.statement(object={"id": each}) for each in (one, other)))
    assert v1.found(activity=one) == [first]
    assert v1.found(activity=other) == [second]


# Data 2.5: retrieval -----------------------------------------------------------------------------


def test_data_2_5_a_result_has_statements_and_more(v1: Service) -> None:
    """A StatementResult is a list "statements" and "more", empty when there are no more."""
    ids = v1.store(*(make.statement() for _ in range(3)))
    result = v1.get().json
    assert [each["id"] for each in result["statements"]] == ids[::-1]
    assert not result["more"]
    assert v1.get(verb="http://example.org/unheard").json == {"statements": [], "more": ""}


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 7, 13])
def test_data_2_5_more_leads_to_every_page(v1: Service, limit: int, ascending: bool) -> None:
    """ "more" is an IRL of the next page of the same query: all pages together hold each
    statement once, in order, whatever is stored meanwhile (Data 2.5)."""
    mine = [
        v1.store(make.statement(actor=make.agent("budi")), make.statement())[0] for _ in range(14)
    ]
    given = {"agent": make.agent("budi"), "limit": limit, "ascending": ascending}
    wanted = mine if ascending else mine[::-1]
    first = v1.get(**given).json
    assert len(first["statements"]) == limit
    assert first["more"].startswith("/xapi/statements?")
    seen, more = [each["id"] for each in first["statements"]], first["more"]
    while more:
        if not ascending:
            v1.store(make.statement(actor=make.agent("budi")))
        page = v1("GET", more).json
        assert len(page["statements"]) <= limit
        seen += [each["id"] for each in page["statements"]]
        more = page["more"]
    assert seen == wanted


def test_data_2_5_more_keeps_the_format_of_its_query(v1: Service) -> None:
    """The next page obeys the rules of the original request: format and language too (2.5)."""
    names = {"en": "Course", "id": "Kursus"}
    v1.store(*(make.statement(object=make.activity(definition={"name": names})) for _ in "ab"))
    first = v1.get(headers={"Accept-Language": "id"}, format="canonical", limit=1).json
    second = v1("GET", first["more"]).json
    assert second["statements"][0]["object"]["definition"] == {"name": {"id": "Kursus"}}
    first = v1.get(format="ids", limit=1).json
    assert "display" not in v1("GET", first["more"]).json["statements"][0]["verb"]


def test_data_2_5_more_shows_nobody(v1: Service) -> None:
    """An LRS SHOULD NOT generate extremely long IRLs within "more" (Data 2.5); and since they
    are written to logs, ours hold no identifier of a person, readable or encoded."""
    people = make.account("198501012010012001", "https://asn.example.org")
    v1.store(*(make.statement(actor=people) for _ in range(2)))
    more = v1.get(agent=people, limit=1, related_agents=True).json["more"]
    assert len(more) < 500
    token = more.partition("more=")[2]
    decoded = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for secret in (b"198501012010012001", b"asn.example.org"):
        assert secret not in decoded
        assert secret.decode() not in more


@pytest.mark.parametrize("spoil", ["cut", "changed", "with a parameter beside it"])
def test_data_2_5_more_is_taken_whole_or_refused(v1: Service, spoil: str) -> None:
    """Consumers SHOULD NOT interpret or alter "more"; one that was altered is refused (2.5)."""
    v1.store(make.statement(), make.statement())
    more = v1.get(limit=1).json["more"]
    spoilt = {
        "cut": more[:-4],
        "changed": more[:-6] + ("AAAAAA" if more[-6:] != "AAAAAA" else "BBBBBB"),
        "with a parameter beside it": f"{more}&{parameters(limit=5)}",
    }
    v1.refusal(v1("GET", spoilt[spoil]))


def test_data_2_5_statements_are_listed_newest_first(v1: Service) -> None:
    """Statements come in reverse order of "stored", or in that order with ascending
    (Communication 2.1.3), not in the order of "timestamp"."""
    ids = [
        v1.store(make.statement(timestamp=f"20{year}-01-01T00:00:00Z"))[0] for year in (24, 22, 23)
    ]
    assert v1.found() == ids[::-1]
    assert v1.found(ascending=True) == ids
    stored = [each["stored"] for each in v1("GET", STATEMENTS).json["statements"]]
    assert stored == sorted(stored, reverse=True)
