"""The service as a conformance officer uses it: statements in, statements out, refusals read.

Everything goes through the WSGI application in this process; nothing here looks into it.
"""

import copy
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.conftest import Client
from tests.make import Tree

STATEMENTS = "/xapi/statements"
STATE = "/xapi/activities/state"
ACTIVITY_PROFILE = "/xapi/activities/profile"
AGENT_PROFILE = "/xapi/agents/profile"
JSON = "application/json"
VERSION = "X-Experience-API-Version"
CONSISTENT = "X-Experience-API-Consistent-Through"
ANSWERED = {"1.0.3": "1.0.3", "2.0.0": "2.0.0"}


class _Gone:
    """Marks a member to be taken out of a statement."""

    def __repr__(self) -> str:
        return "GONE"


GONE: Any = _Gone()


def steps(path: str) -> list[str | int]:
    """`context.contextActivities.parent[0].id` as keys and indexes."""
    found = re.findall(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)', path)
    return [int(index) if index else quoted or name for quoted, index, name in found]


def changed(tree: Tree, path: str, value: Any) -> Tree:
    """A copy of `tree` in which `path` has another value, or is gone; parents are made."""
    tree = copy.deepcopy(tree)
    *parents, last = steps(path)
    place: Any = tree
    for step in parents:
        place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return tree


@dataclass(frozen=True)
class Row:
    """One line of a table of rules: what is changed in a sound statement.

    `names` is the path that the refusal must name, where it is not the one that was changed.
    """

    what: str
    path: str
    value: Any
    names: str = ""

    @property
    def blamed(self) -> str:
        return self.names or self.path


def rows(*lines: tuple[Any, ...]) -> pytest.MarkDecorator:
    """A table of rules as the parameter `row`: (what, path, value[, path to be named])."""
    table = [Row(*line) for line in lines]
    return pytest.mark.parametrize("row", table, ids=[row.what for row in table])


def shown(value: Any) -> str:
    """A value as a line of a list of tests has it."""
    if value is None:
        return "absent"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("https://example.org/x/", "") if text.strip() else f"{text!r}"


def parameters(**given: Any) -> str:
    """A query string: trees as JSON, booleans as JSON has them."""
    return urlencode(
        {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in given.items()
        }
    )


class Service:
    """A signed-in client of one version of xAPI, with the requests that tests make again and
    again. Every answer is held to what the standard asks of all: the version header."""

    def __init__(self, client: Client, version: str) -> None:
        self.version = version
        self.client = client.speaking(version)

    def __call__(self, method: str, path: str, **options: Any) -> Any:
        answer = self.client.open(path, method=method, **options)
        assert answer.headers[VERSION] == ANSWERED[self.version]
        return answer

    def signed_in(self, authorization: str) -> "Service":
        return Service(self.client.signed_in(authorization), self.version)

    def post(self, statements: Tree | Sequence[Tree] | str | bytes, **options: Any) -> Any:
        body = statements if isinstance(statements, str | bytes) else json.dumps(statements)
        options = {"content_type": JSON} | options
        return self("POST", STATEMENTS, data=body, **options)

    def put(self, statement: Tree, statement_id: str, **options: Any) -> Any:
        options = {"content_type": JSON, "data": json.dumps(statement)} | options
        return self("PUT", f"{STATEMENTS}?statementId={statement_id}", **options)

    def store(self, *statements: Tree) -> list[str]:
        """Post statements that must be taken; their ids."""
        answer = self.post(list(statements))
        assert answer.status_code == 200, answer.text
        ids: list[str] = answer.json
        assert len(ids) == len(statements)
        return ids

    def get(self, headers: Mapping[str, str] | None = None, **given: Any) -> Any:
        return self("GET", f"{STATEMENTS}?{parameters(**given)}", headers=headers)

    def one(self, statement_id: str, **given: Any) -> Tree:
        """A statement as it is stored."""
        answer = self.get(statementId=statement_id, **given)
        assert answer.status_code == 200, answer.text
        tree: Tree = answer.json
        return tree

    def kept(self, statement: Tree, **given: Any) -> Tree:
        """A statement as it comes back after it was posted."""
        return self.one(self.store(statement)[0], **given)

    def found(self, **given: Any) -> list[str]:
        """The ids that a query answers, in its order."""
        answer = self.get(**given)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json["statements"]]

    def everything(self, **given: Any) -> list[str]:
        """The ids of all pages of a query."""
        ids: list[str] = []
        answer = self.get(**given)
        while True:
            assert answer.status_code == 200, answer.text
            ids += [each["id"] for each in answer.json["statements"]]
            more = answer.json.get("more")
            if not more:
                return ids
            answer = self("GET", more)

    def refusal(self, answer: Any, status: int = 400) -> list[Tree]:
        """The problems of a refusal, after it was held to the form of one."""
        assert answer.status_code == status, (answer.status_code, answer.text)
        assert answer.content_type == JSON
        body = answer.json
        assert isinstance(body["error"], str)
        assert body["error"][-1] in ".?"
        problems: list[Tree] = body.get("problems", [])
        for problem in problems:
            assert problem["message"]
            assert problem["clause"]
        return problems

    def refuses(self, row: Row, base: Tree, *, inside: bool = True) -> None:
        """One sound statement, the same one changed, and that as a SubStatement (Data 2.4.4.3:
        validated as a statement): the batch is refused whole, and the refusal names both."""
        bad = changed(base, row.path, row.value)
        batch, blamed = [base, bad], {(1, row.blamed)}
        if inside:
            batch.append(nested(bad))
            blamed.add((2, f"object.{row.blamed}"))
        problems = self.refusal(self.post(batch))
        assert blamed <= {(each["index"], each.get("path", "")) for each in problems}
        assert all(each["index"] for each in problems), "the sound one is blamed"
        assert self.found() == []

    def takes(self, row: Row, base: Tree, *, inside: bool = True) -> None:
        """The changed statement, alone and as a SubStatement, is stored and comes back as sent,
        its timestamps apart (Data 4.5)."""
        sent = changed(base, row.path, row.value)
        for each in [sent, nested(sent)] if inside else [sent]:
            kept = self.kept(each)
            assert untimed({name: kept[name] for name in each}) == untimed(each)


def untimed(tree: Tree) -> Tree:
    """A statement without its timestamp and its SubStatement's, which come back in UTC."""
    about = {name: value for name, value in tree["object"].items() if name != "timestamp"}
    return {name: value for name, value in tree.items() if name != "timestamp"} | {"object": about}


def nested(tree: Tree) -> Tree:
    """A statement about this one, as a SubStatement."""
    inner = {name: value for name, value in tree.items() if name not in ("id", "version")}
    return {
        "actor": {"mbox": "mailto:mentor@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/planned"},
        "object": {"objectType": "SubStatement", **inner},
    }


@dataclass(frozen=True)
class Part:
    """One part of a multipart body."""

    headers: Mapping[str, str]
    content: bytes


def multipart(*parts: Part, boundary: str = "a-boundary", end: bool = True) -> bytes:
    """A multipart/mixed body."""
    body = b""
    for part in parts:
        head = "".join(f"{name}: {value}\r\n" for name, value in part.headers.items())
        body += f"--{boundary}\r\n{head}\r\n".encode() + part.content + b"\r\n"
    return body + (f"--{boundary}--\r\n".encode() if end else b"")


def parts_of(answer: Any) -> list[Part]:
    """What a multipart/mixed answer holds, read by the letter of RFC 2046."""
    kind, _, rest = answer.content_type.partition(";")
    assert kind == "multipart/mixed"
    boundary = rest.strip().removeprefix("boundary=").strip('"').encode()
    assert 1 <= len(boundary) <= 70
    first, *middle, last = (b"\r\n" + answer.data).split(b"\r\n--" + boundary)
    assert first.strip() == b""
    assert last.strip() == b"--"
    found = []
    for piece in middle:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = [line.partition(":") for line in head.decode("ascii").split("\r\n")]
        headers = {name.strip().lower(): value.strip() for name, _, value in lines}
        found.append(Part(headers, content))
    return found


def table_of(test: Any) -> list[Row]:
    """The rows of a test that `rows` was put on, for another version of the same rule."""
    return next(mark.args[1] for mark in test.pytestmark if mark.args[0] == "row")
