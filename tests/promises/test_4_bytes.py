"""Promise 4: what arrived is what is returned, byte for byte.

But for four changes, made once at intake: `id`, `stored`, `authority`, and `version` where
absent; `timestamp` in UTC; context activities as arrays.
"""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from lrs.errors import Conflict, Refused
from lrs.store.engine import Database, run
from lrs.store.packing import unpack
from tests import conftest, make
from tests.promises import parts

SOME = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
DEEP = 150

# JSON as text, in spellings that parsers love to lose -------------------------------------------

NUMBERS = st.one_of(
    st.sampled_from(
        [
            *("1.0", "1", "1e2", "1E+2", "100", "-0", "-0.0", "0.10", "1E400", "-1e-400"),
            *("1e999999", "9007199254740993", "1" * 40, "0.1000000000000000055511151231257827"),
            *("18446744073709551616", "-9223372036854775809", "1.7976931348623159e308"),
        ]
    ),
    st.from_regex(
        re.compile(r"-?(0|[1-9][0-9]{0,45})(\.[0-9]{1,45})?([eE][+-]?[0-9]{1,5})?", re.ASCII),
        fullmatch=True,
    ),
)
PIECES = st.one_of(
    st.sampled_from(
        [
            *(r"\u0000", r"\/", "/", r"\n", r"\"", r"\\", r"\ud83d\ude00", "😀", r"\u00e9", "é"),
            *("e\u0301", "\u202e", "\ufeff", r"\uFEFF", "\u2028", "\x7f", "\U0010ffff", r"\u0041"),
            *('\\":', "{", "}", ":", ",", "%s", "?", "'", "`"),
        ]
    ),
    st.text(
        st.characters(exclude_categories=["Cs"], min_codepoint=0x20, exclude_characters='"\\'),
        max_size=4,
    ),
)
STRINGS = st.lists(PIECES, max_size=5).map(lambda pieces: '"' + "".join(pieces) + '"')
BLANKS = st.sampled_from(["", "", "", " ", "\n", "\t ", "\r\n"])
LEAVES = st.one_of(NUMBERS, STRINGS, st.sampled_from(["true", "false", "null", "[]", "{}"]))


@st.composite
def arrays(draw: Any, inner: Any) -> str:
    blank = draw(BLANKS)
    return "[" + blank + f"{blank},".join(draw(st.lists(inner, max_size=4))) + blank + "]"


@st.composite
def objects(draw: Any, inner: Any) -> str:
    """Names are unique once read; written as they were drawn, in the order they were drawn."""
    names = draw(st.lists(STRINGS, max_size=4, unique_by=json.loads))
    blank = draw(BLANKS)
    members = [f"{name}{draw(BLANKS)}:{blank}{draw(inner)}" for name in names]
    return "{" + blank + f"{blank},{blank}".join(members) + "}"


JSONS = st.recursive(LEAVES, lambda inner: arrays(inner) | objects(inner), max_leaves=12)


@st.composite
def extensions(draw: Any) -> str:
    """An extensions object: IRIs, to anything at all."""
    number = draw(st.integers(1, 3))
    members = [f'"https://x.example/{n}":{draw(BLANKS)}{draw(JSONS)}' for n in range(number)]
    return "{" + f"{draw(BLANKS)},".join(draw(st.permutations(members))) + "}"


@given(sent=st.lists(extensions(), min_size=4, max_size=4))
@SOME
def test_extensions_come_back_as_they_were_written(database: Database, sent: list[str]) -> None:
    """In all the places that have extensions; context activities alone are made arrays."""
    who = parts.tenant(database)
    of_context, of_result, of_activity, of_inner = (each.encode() for each in sent)
    lone = (
        b'{"parent":{"id":"https://x.example/lone","definition":{"extensions":%s}}}' % of_activity
    )
    body = b"""{"actor":{"mbox":"mailto:a@example.org"}, "verb" : {"id":"https://x.example/v"},
      "object":{"objectType":"SubStatement","actor":{"mbox":"mailto:b@example.org"},
        "verb":{"id":"https://x.example/v"},"object":{"id":"https://x.example/o"},
        "context":{"contextActivities":%s,"extensions":%s},"result":{"extensions":%s}},
      "result":{"extensions":%s},
      "context":{"contextActivities":%s,"extensions":%s}}""" % (
        lone,
        of_inner,
        of_result,
        of_result,
        lone,
        of_context,
    )
    (identity,) = parts.send(database, who, body)
    there = parts.stored(database, who.learning, identity)
    assert there.count(b'"extensions":' + of_result) >= 2
    assert b'"extensions":' + of_inner in there
    assert b'"extensions":' + of_context in there
    assert there.count(lone.replace(b'{"parent":', b"")[:-1]) >= 2
    assert changed(spelled(body)) == left(spelled(there))


def spelled(body: bytes) -> Any:
    """JSON with numbers as they are spelled and members in their order."""
    return json.loads(
        body,
        parse_int=lambda text: ("number", text),
        parse_float=lambda text: ("number", text),
        object_pairs_hook=lambda pairs: {"members": pairs},
    )


def changed(statement: Any) -> Any:
    """What context activities become; nothing else in a statement without our members."""
    return {"members": [(name, _with_arrays(name, value)) for name, value in statement["members"]]}


def _with_arrays(name: str, value: Any) -> Any:
    if name == "contextActivities":
        return {
            "members": [(k, v if isinstance(v, list) else [v]) for k, v in value["members"]],
        }
    return changed(value) if name in ("context", "object") else value


def left(statement: Any) -> Any:
    """A stored statement without what the store wrote."""
    ours = ("id", "stored", "authority", "version", "timestamp")
    return {"members": [each for each in statement["members"] if each[0] not in ours]}


@given(inner=JSONS)
@SOME
def test_deep_but_lawful_nesting_comes_back(database: Database, inner: str) -> None:
    who = parts.tenant(database)
    text = '{"https://x.example/e":' + '[{"a":' * (DEEP // 2) + inner + "}]" * (DEEP // 2) + "}"
    body = (
        b'{"actor":{"mbox":"mailto:a@example.org"},"verb":{"id":"https://x.example/v"},'
        b'"object":{"id":"https://x.example/o"},"context":{"extensions":%s},"id":"%s"}'
        % (text.encode(), make.uuid4().encode())
    )
    (identity,) = parts.send(database, who, body)
    assert text.encode() in parts.stored(database, who.learning, identity)
    assert parts.send(database, who, body) == [identity]


@pytest.mark.parametrize("levels", [201, 900, 1100, 50_000])
def test_nesting_beyond_the_bound_is_refused_wherever_python_stands(
    database: Database, levels: int
) -> None:
    """Not by chance of how deep the caller's stack is; else it could be stored and never read."""
    who = parts.tenant(database)
    extensions = {"https://x.example/e": 0}
    body = json.dumps(make.statement(context={"extensions": extensions})).encode()
    with pytest.raises(Refused, match=r"nested too deeply"):
        parts.send(
            database, who, body.replace(b": 0}", b": " + b"[" * levels + b"]" * levels + b"}")
        )


@pytest.mark.parametrize("number", ["1E9999999999999999999", "-0.1e-99999999999999999999"])
def test_an_exponent_beyond_reason_is_refused_not_an_error(database: Database, number: str) -> None:
    who = parts.tenant(database)
    extensions = {"https://x.example/e": 0}
    body = json.dumps(make.statement(context={"extensions": extensions})).encode()
    with pytest.raises(Refused, match="exponent"):
        parts.send(database, who, body.replace(b": 0}", b": " + number.encode() + b"}"))


# The four changes ---------------------------------------------------------------------------------

UTC = r"[0-9-]{10}T[0-9:]{8}\.[0-9]{6}Z"


def test_the_four_changes_and_nothing_else(database: Database, cast: conftest.Cast) -> None:
    who = parts.principal(cast)
    identity = "0B5A1A5E-6D09-4D58-8F3C-6D2F1D1A7E10"
    body = (
        b'{ "stored":"2001-01-01T00:00:00Z", "timestamp" : "2026-03-02T15:00:00.120+07:00",'
        b'"actor":{"name":"S\\u00e1ri ","mbox":"mailto:a@example.org"},"id":"%s",'
        b'"authority":{"mbox":"mailto:liar@example.org"},'
        b'"verb":{"id":"https://x.example/v","display":{"en":"\\/"}},'
        b'"object":{"id":"https://x.example/o"},'
        b'"result":{"score":{"scaled":0.50,"raw":1e1},"duration":"PT1.00S"},'
        b'"context":{"contextActivities":{"parent":{ "id":"https://x.example/p" }}}}'
        % identity.encode()
    )
    parts.send(database, who, body)
    there = parts.stored(database, who.learning, identity)
    expected = (
        r'\{"id":"0b5a1a5e-6d09-4d58-8f3c-6d2f1d1a7e10",'
        r'"timestamp":"2026-03-02T08:00:00\.120Z",'
        r'"actor":\{"name":"S\\u00e1ri ","mbox":"mailto:a@example\.org"\},'
        r'"verb":\{"id":"https://x\.example/v","display":\{"en":"\\/"\}\},'
        r'"object":\{"id":"https://x\.example/o"\},'
        r'"result":\{"score":\{"scaled":0\.50,"raw":1e1\},"duration":"PT1\.00S"\},'
        r'"context":\{"contextActivities":\{"parent":\[\{ "id":"https://x\.example/p" \}\]\}\},'
        rf'"stored":"{UTC}","authority":{re.escape(cast.source.authority.decode())},'
        r'"version":"1\.0\.0"\}'
    )
    assert re.fullmatch(expected, there.decode()), there.decode()


def test_a_statement_without_a_time_gets_that_of_storing(
    database: Database, cast: conftest.Cast
) -> None:
    who = parts.principal(cast)
    (identity,) = parts.send(database, who, [make.statement(version="1.0.2")])
    there = json.loads(parts.stored(database, who.learning, identity))
    assert there["timestamp"] == there["stored"]
    assert re.fullmatch(UTC, there["stored"])
    assert there["version"] == "1.0.2"


def test_the_door_answers_the_bytes_that_are_stored(
    client: conftest.Client, database: Database, cast: conftest.Cast
) -> None:
    extensions = '{"https://x.example/e":[1.0,1e2,-0,%s,"\\u0000\\/\ufeff"]}' % ("1" * 40)
    body = json.dumps(make.statement(id=make.uuid4(), context={"extensions": {}}))
    body = body.replace('"extensions": {}', '"extensions": ' + extensions)
    answer = client.post("/xapi/statements", data=body.encode(), content_type="application/json")
    (identity,) = answer.json
    there = parts.stored(database, cast.tenant.learning, identity)
    assert extensions.encode() in there
    one = client.get("/xapi/statements", query_string={"statementId": identity})
    assert one.data == there
    many = client.get("/xapi/statements")
    assert there in many.data


def test_a_store_of_a_version_that_packed_nothing_answers_as_it_did(
    client: conftest.Client, database: Database
) -> None:
    sent = [make.statement(id=make.uuid4(), context={"language": "id"}) for _ in range(5)]
    client.post("/xapi/statements", json=sent)
    by_id = {"statementId": sent[2]["id"]}
    before = [client.get("/xapi/statements", query_string=asked).data for asked in ({}, by_id)]

    def keep_as_it_came(connection: Connection) -> None:
        rows = run(connection, "SELECT position, body FROM statements").all()
        for position, body in rows[1:]:
            sql = "UPDATE statements SET body = ? WHERE position = ?"
            run(connection, sql, (unpack(body), position))

    database.write(keep_as_it_came)
    after = [client.get("/xapi/statements", query_string=asked).data for asked in ({}, by_id)]
    assert after == before
    assert client.post("/xapi/statements", json=sent).status_code == 200, "known, and equal"
    assert client.get("/xapi/statements").json == json.loads(before[0])


# Equal and different ----------------------------------------------------------------------------


def with_extension(text: str, identity: str) -> bytes:
    extensions = {"https://x.example/e": 0}
    body = json.dumps(make.statement(id=identity, context={"extensions": extensions}))
    return body.replace(": 0}", f": {text}}}").encode()


EQUAL = [
    ("1.0", "1"),
    ("100", "1e2"),
    ("-0", "0.0"),
    ("1E400", "10e399"),
    ("1" * 40, "1" * 40 + ".000"),
    ('"\\u0041\\/"', '"A/"'),
    ('{"a":1,"b":2}', '{"b": 2.0, "a":1}'),
    ('"\\ud83d\\ude00"', '"😀"'),
    ("1e999999", "10e999998"),
]
DIFFERENT = [
    ("0.1", "0.1000000000000000000000000000000000000001"),
    ("1" * 40, "1" * 39 + "2"),
    ("1", "true"),
    ("0", "false"),
    ("1", '"1"'),
    ("0", "null"),
    ("[1,2]", "[2,1]"),
    ("[1]", "[1,1]"),
    ("{}", "[]"),
    ('{"a":null}', "{}"),
    ('"é"', '"e\u0301"'),
    ('"a"', '"A"'),
    ('"a"', '"a "'),
    ('"a"', '"a\\u0000"'),
    ("1E400", "1E401"),
    ("9007199254740993", "9007199254740992.0"),
    ("true", "1.0"),
]


@pytest.mark.parametrize(("first", "second"), EQUAL)
def test_equal_statements_sent_again_are_no_conflict(
    database: Database, first: str, second: str
) -> None:
    who, identity = parts.tenant(database), make.uuid4()
    for text in (first, second, first):
        assert parts.send(database, who, with_extension(text, identity)) == [identity]
    assert f": {first}}}".encode() in parts.stored(database, who.learning, identity)
    assert len(parts.committed(database, who.learning)) == 1


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_different_statements_with_one_id_are_a_conflict(
    database: Database, first: str, second: str
) -> None:
    who, identity = parts.tenant(database), make.uuid4()
    parts.send(database, who, with_extension(first, identity))
    before = parts.stored(database, who.learning, identity)
    with pytest.raises(Conflict):
        parts.send(database, who, with_extension(second, identity))
    assert parts.stored(database, who.learning, identity) == before


@given(text=JSONS, other=JSONS)
@SOME
def test_what_is_equal_is_decided_exactly(database: Database, text: str, other: str) -> None:
    """Against a slow oracle: numbers as fractions of whole numbers, booleans apart."""
    who, identity = parts.tenant(database), make.uuid4()
    parts.send(database, who, with_extension(text, identity))
    parts.send(database, who, with_extension(text, identity))
    if exact(text) == exact(other):
        parts.send(database, who, with_extension(other, identity))
    else:
        with pytest.raises(Conflict):
            parts.send(database, who, with_extension(other, identity))


def exact(text: str) -> Any:
    return json.loads(
        text,
        parse_int=_digits,
        parse_float=_digits,
        parse_constant=lambda name: name,
        object_pairs_hook=lambda pairs: ("object", sorted(pairs, key=lambda pair: pair[0])),
    )


def _digits(text: str) -> tuple[str, str, str, int]:
    """A number as sign, digits without zeros at either end, and the power of ten: one spelling."""
    mantissa, _, power = text.lower().partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = int(power or 0) - len(fraction) + len(digits) - len(digits.rstrip("0"))
    digits = digits.rstrip("0")
    return ("number", sign, digits, exponent) if digits else ("number", "", "0", 0)
