"""What operators may enter, and the sentence when they may not."""

from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import Schema

from lrs.errors import Refused
from schemas import accounts
from schemas.accounts import ClientSchema, IssuerSchema, KeySchema, SourceSchema, TenantSchema
from schemas.accounts import UserSchema as User

AGENT = '{"account": {"homePage": "https://lms.example.org", "name": "moodle"}}'
SAFE = {"issuer": "https://login.example.org", "audience": "jejak"}
PERSON = {"login": "siti", "password": "twelve chars"}


@pytest.mark.parametrize(
    ("schema", "entered", "loaded"),
    [
        (TenantSchema(), {"name": "pusdiklat-jabar"}, {"name": "pusdiklat-jabar"}),
        (TenantSchema(), {"name": "a"}, {"name": "a"}),
        (
            SourceSchema(),
            {"name": "moodle", "authority": AGENT},
            {
                "name": "moodle",
                "authority": {
                    "objectType": "Agent",
                    "account": {"homePage": "https://lms.example.org", "name": "moodle"},
                },
            },
        ),
        (KeySchema(), {}, {}),
        (KeySchema(), {"scopes": ["state", "all", "all"]}, {"scopes": ("all", "state")}),
        (KeySchema(), {"scopes": "state, all"}, {"scopes": ("all", "state")}),
        (KeySchema(), {"repairs": ""}, {"repairs": ()}),
        (KeySchema(), {"expires": None, "label": ""}, {"expires": None, "label": ""}),
        (KeySchema(), {"expires": "2027-01-31"}, {"expires": datetime(2027, 1, 31, tzinfo=UTC)}),
        (
            KeySchema(),
            {"expires": "2027-01-31T07:00:00+07:00"},
            {"expires": datetime(2027, 1, 31, tzinfo=UTC)},
        ),
        (
            KeySchema(),
            {"salvage": True, "repairs": "choices-object", "duplicates": "answer"},
            {"salvage": True, "repairs": ("choices-object",), "duplicates": "answer"},
        ),
        (IssuerSchema(), SAFE, SAFE),
        (IssuerSchema(), SAFE | {"prefix": "lrs:"}, SAFE | {"prefix": "lrs:"}),
        (
            IssuerSchema(),
            SAFE | {"issuer": "http://[::1]:8/x"},
            SAFE | {"issuer": "http://[::1]:8/x"},
        ),
        (ClientSchema(), {"client": "My Client=1"}, {"client": "My Client=1"}),
        (
            User(),
            PERSON | {"login": "Siti.R@Example.go.id"},
            PERSON | {"login": "siti.r@example.go.id"},
        ),
    ],
)
def test_taken(schema: Schema, entered: dict[str, Any], loaded: dict[str, Any]) -> None:
    assert accounts.load(schema, entered) == loaded


@pytest.mark.parametrize(
    ("schema", "entered", "sentence"),
    [
        (TenantSchema(), {}, "name: Give the name of the tenant."),
        (TenantSchema(), {"name": None}, "name: Give the name of the tenant."),
        (TenantSchema(), {"name": 7}, "must be text"),
        (TenantSchema(), {"name": ""}, "Give the name"),
        (TenantSchema(), {"name": "Pusdiklat"}, "is made of small letters"),
        (TenantSchema(), {"name": "-a"}, "is made of small letters"),
        (TenantSchema(), {"name": "a-"}, "is made of small letters"),
        (TenantSchema(), {"name": "a_b"}, "is made of small letters"),
        (TenantSchema(), {"name": "ａ"}, "is made of small letters"),
        (TenantSchema(), {"name": "a" * 64}, "longer than 63"),
        (TenantSchema(), {"name": "a\n"}, "blanks"),
        (TenantSchema(), {"name": "a", "x": 1}, "x: Unknown field"),
        (SourceSchema(), {"name": "m", "authority": "{"}, "must be JSON"),
        (SourceSchema(), {"name": "m", "authority": "[]"}, "must be a JSON object"),
        (SourceSchema(), {"name": "m", "authority": None}, "authority: "),
        (SourceSchema(), {"name": "m", "authority": "{}"}, "authority: "),
        (SourceSchema(), {"name": "m", "authority": '{"mbox": "a@b"}'}, "authority: "),
        (
            SourceSchema(),
            {"name": "m", "authority": '{"mbox": "mailto:a@b.id", "openid": "https://a.id"}'},
            "authority: ",
        ),
        (
            SourceSchema(),
            {"name": "m", "authority": '{"mbox": "mailto:a@b.id", "mbox": "mailto:c@b.id"}'},
            "names a member twice",
        ),
        (
            SourceSchema(),
            {"name": "m", "authority": '{"mbox": "mailto:a@b.id", "name": "\\ud800"}'},
            "half a character",
        ),
        (
            SourceSchema(),
            {"name": "m", "authority": '{"objectType": "Group", "mbox": "mailto:a@b.id"}'},
            "must be an Agent",
        ),
        (KeySchema(), {"scopes": []}, "Give at least one of the scopes"),
        (KeySchema(), {"scopes": ["ALL"]}, "'ALL' is none of the scopes; there are: all, "),
        (KeySchema(), {"scopes": [7]}, "7 is none of the scopes"),
        (KeySchema(), {"scopes": {"all": 1}}, "must be a list of words"),
        (KeySchema(), {"repairs": "everything"}, "none of the repairs; there are: choices-object"),
        (KeySchema(), {"duplicates": "on"}, "duplicates is one of off, report, answer"),
        (KeySchema(), {"salvage": "yes"}, "salvage is true or false"),
        (KeySchema(), {"expires": "soon"}, "Give a date such as"),
        (KeySchema(), {"expires": 7}, "Give a date such as"),
        (KeySchema(), {"expires": "0001-01-01T00:00:00+14:00"}, "too far away"),
        (KeySchema(), {"label": "x" * 201}, "longer than 200"),
        (IssuerSchema(), SAFE | {"issuer": "http://login.example.org"}, "must be an https address"),
        (IssuerSchema(), SAFE | {"issuer": "https://"}, "must be an https address"),
        (IssuerSchema(), SAFE | {"issuer": "https://a.id/?x"}, "must be an https address"),
        (IssuerSchema(), SAFE | {"issuer": "https://a.id:x"}, "must be an https address"),
        (IssuerSchema(), SAFE | {"issuer": "https://u:p@a.id"}, "must be an https address"),
        (IssuerSchema(), SAFE | {"issuer": "http://127.0.0.1.evil.id"}, "must be an https address"),
        (IssuerSchema(), {"issuer": "https://a.id"}, "Give the audience"),
        (IssuerSchema(), SAFE | {"audience": ""}, "Give the audience"),
        (ClientSchema(), {"client": " x"}, "blanks"),
        (User(), PERSON | {"login": "siti rahma"}, "is made of letters"),
        (User(), PERSON | {"password": "short"}, "has 12 to 1024 characters"),
        (User(), PERSON | {"roles": ["root"]}, "is none of the roles; there are: admin"),
    ],
)
def test_refused(schema: Schema, entered: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused) as caught:
        accounts.load(schema, entered)
    assert sentence in " ".join(str(problem) for problem in caught.value.problems)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(Refused) as caught:
        accounts.load(KeySchema(), {"scopes": ["x"], "salvage": 1, "duplicates": "x"})
    assert [problem.path for problem in caught.value.problems] == [
        "scopes",
        "salvage",
        "duplicates",
    ]
