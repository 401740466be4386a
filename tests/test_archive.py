"""Out to a file and in again: what an archive holds, and what other stores' files bring."""

import gzip
import hashlib
import io
import json
import tarfile
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

import pytest

from lrs import archive, refusals
from lrs.archive import Read
from lrs.errors import Refused
from lrs.store import archive as rows
from lrs.store import documents, refused, tables
from lrs.store.accounts import StoreRef
from lrs.store.engine import Database
from lrs.store.refused import Row
from lrs.xapi.signatures import USAGE
from tests import make
from tests.conftest import Cast, Client
from tests.senders import moodle
from tests.test_refusals import send, spelt, stored, with_part
from tests.xapi.test_signatures import LEAF, ROOT, der, jws

STATEMENTS = "/xapi/statements"
STATE = "/xapi/activities/state"

Tree = dict[str, Any]


def export(
    database: Database, cast: Cast, place: StoreRef | None = None, **more: Any
) -> tuple[bytes, archive.Written]:
    file = io.BytesIO()
    ends = {name: more.pop(name) for name in ("since", "until") if name in more}
    span = archive.span(database, place or cast.tenant.learning, **ends)
    kind = "practice" if place == cast.tenant.practice else "learning"
    done = archive.write(
        database, span, file, about={"tenant": cast.tenant.name, "store": kind}, **more
    )
    return file.getvalue(), done


def bring(database: Database, cast: Cast, content: bytes, place: StoreRef | None = None) -> Read:
    place = place or cast.tenant.learning
    return archive.read(database, cast.tenant, cast.source, place, io.BytesIO(content))


def everything(database: Database, cast: Cast) -> list[bytes]:
    """The bodies of all statements, in log order."""
    with database.read() as connection:
        return [
            body for _, body in rows.log(connection, cast.tenant.learning.id, -1, 1 << 62, 9999)
        ]


def but_ours(body: bytes) -> Tree:
    tree = json.loads(body, parse_int=str, parse_float=str)
    return {name: tree[name] for name in tree if name not in ("stored", "authority")}


def set_aside(database: Database, cast: Cast) -> list[Row]:
    with database.read() as connection:
        return refused.select(connection, refusals.meant(connection, cast.tenant))


def fill(client: Client) -> bytes:
    """A bit of everything that a store can hold; the content of its attachment."""
    content = b"a certificate" * 30_000
    attachment = {
        "usageType": "https://example.org/usage",
        "display": {"en": "certificate"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": hashlib.sha256(content).hexdigest(),
    }
    body = with_part(content, make.statement(attachments=[attachment]), make.statement())
    kind = "multipart/mixed; boundary=B"
    assert client.post(STATEMENTS, data=body, content_type=kind).status_code == 200
    raw = spelt(make.statement())[:-1]
    odd = b',"result":{"extensions":{"x:y":[1.0,1e2,%s,"\\u00e9\\/\\n"]}} }' % (b"9" * 40)
    ids = send(client, [raw + odd, raw.replace(b",", b",\n\t") + b"\n}"])
    send(
        client, [spelt(make.voiding(ids[1])), spelt(make.statement(object=make.reference(ids[0])))]
    )
    groups = make.statement(
        context={
            "contextAgents": [
                {"objectType": "contextAgent", "agent": make.agent(), "relevantTypes": ["x:y"]}
            ]
        }
    )
    send(client.speaking("2.0.0"), [spelt(groups)])
    again = client.post(STATEMENTS, data=body, content_type=kind)
    assert again.status_code == 200
    place = {"activityId": "https://course.example.org/1", "agent": json.dumps(make.agent())}
    for more in ({}, {"registration": "b9a2a0a4-9e6f-4f7c-8c52-3f27e8a6d0aa"}):
        url = {**place, "stateId": "é/1", **more}
        answer = client.put(STATE, query_string=url, data=b"\x00\xff", content_type="image/png")
        assert answer.status_code == 204
    for path, owner in (("agents", "agent"), ("activities", "activityId")):
        url = {owner: place[owner], "profileId": "p"}
        answer = client.post(f"/xapi/{path}/profile", query_string=url, json={"a": 1})
        assert answer.status_code == 204
    return content


def test_there_and_back_in_another_tenant(
    client: Client, database: Database, cast: Cast, neighbour: Cast
) -> None:
    content = fill(client)
    first, written = export(database, cast)
    assert (written.statements, written.attachments, written.documents) == (9, 1, 4)
    done = bring(database, neighbour, first)
    assert done == Read(stored=9, documents=4)
    assert set_aside(database, neighbour) == []
    ours, theirs = everything(database, cast), everything(database, neighbour)
    assert list(map(but_ours, theirs)) == list(map(but_ours, ours))
    assert json.loads(theirs[0])["authority"] == neighbour.source.authority_tree
    _, again = export(database, neighbour)
    assert again == written
    there = client.signed_in(neighbour.key())
    got = there.get(STATEMENTS, query_string={"attachments": "true"})
    assert content in got.get_data()
    assert len(stored(database, neighbour)) == len(stored(database, cast)) == 8
    place = {
        "activityId": "https://course.example.org/1",
        "agent": json.dumps(make.agent()),
        "stateId": "é/1",
    }
    documents = [each.get(STATE, query_string=place) for each in (client, there)]
    assert documents[0].get_data() == documents[1].get_data() == b"\x00\xff"
    assert documents[0].headers["Last-Modified"] == documents[1].headers["Last-Modified"]
    assert documents[1].content_type == "image/png"


def test_a_second_time_nothing_is_new(
    client: Client, database: Database, cast: Cast, neighbour: Cast
) -> None:
    fill(client)
    content, _ = export(database, cast)
    bring(database, neighbour, content)
    assert bring(database, neighbour, content) == Read(present=9, documents_present=4)


def test_what_broke_off_goes_on(
    client: Client,
    database: Database,
    cast: Cast,
    neighbour: Cast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archive, "BATCH", 2)
    fill(client)
    content, _ = export(database, cast)
    for size in range(512, content.index(b"end.json"), 7 * 512):
        with suppress(Refused):
            assert not bring(database, neighbour, content[:size]).whole
    assert set_aside(database, neighbour) == []
    assert bring(database, neighbour, content).well
    assert len(everything(database, neighbour)) == 9


def test_compressed(client: Client, database: Database, cast: Cast, neighbour: Cast) -> None:
    fill(client)
    content, _ = export(database, cast, compressed=True)
    assert content.startswith(b"\x1f\x8b")
    assert bring(database, neighbour, content).stored == 9
    with pytest.raises(Refused, match="breaks off"):
        bring(database, neighbour, content[: len(content) // 2])


def test_the_members_are_as_documented(client: Client, database: Database, cast: Cast) -> None:
    content = fill(client)
    packed, _ = export(database, cast)
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        files = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
    names = list(files)
    sha2 = hashlib.sha256(content).hexdigest()
    assert (names[0], names[1], names[-1]) == ("jejak.json", f"attachments/{sha2}", "end.json")
    assert json.loads(files["end.json"]) == {"statements": 9, "attachments": 1, "documents": 4}
    lines = [each[1:-1] for each in files["statements/00000001.json-seq"].split(b"\n\x1e")]
    assert len(lines) == 9
    for body in everything(database, cast):
        assert body in files["statements/00000001.json-seq"]
    assert json.loads(files["documents/00000001.json"])["kind"]


def test_only_a_span(client: Client, database: Database, cast: Cast) -> None:
    for _ in range(5):
        send(client, [spelt(make.statement())])
    with database.read() as connection:
        at = [each for each, _ in rows.log(connection, cast.tenant.learning.id, -1, 1 << 62, 9)]
    _, done = export(database, cast, since=at[0], until=at[3])
    assert done.statements == 3


def test_the_other_store_s_archive_is_not_taken_by_mistake(database: Database, cast: Cast) -> None:
    content, _ = export(database, cast, cast.tenant.practice)
    with pytest.raises(Refused, match="practice"):
        bring(database, cast, content)
    assert bring(database, cast, content, cast.tenant.practice).well


def test_an_attachment_that_is_not_what_it_is_called(
    client: Client, database: Database, cast: Cast, neighbour: Cast
) -> None:
    fill(client)
    content, _ = export(database, cast)
    done = bring(database, neighbour, content.replace(b"certificatea", b"certificateb"))
    assert (done.stored, done.refused) == (7, 2)
    assert {row.problems[0].path for row in set_aside(database, neighbour)} == {
        "attachments[0].sha2"
    }


def test_an_archive_that_is_not_ours(database: Database, cast: Cast) -> None:
    for member, content in (("x", b"1"), ("jejak.json", b'{"format": "jejak archive 9"}')):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as tar:
            info = tarfile.TarInfo(member)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        with pytest.raises(Refused, match=r"jejak\.json|format"):
            bring(database, cast, file.getvalue())


def test_a_signed_statement_is_verified_again(
    client: Client, database: Database, cast: Cast, neighbour: Cast
) -> None:
    """What intake changed of it (time zone, lists) is no difference to what was signed."""
    tree = make.statement(
        timestamp="2026-03-01T07:00:00.120+07:00",
        context={"contextActivities": {"parent": make.activity("parent")}},
    )
    signature = jws(tree, x5c=der(LEAF, ROOT))
    attachment = {
        "usageType": USAGE,
        "display": {"en": "signature"},
        "contentType": "application/octet-stream",
        "length": len(signature),
        "sha2": hashlib.sha256(signature).hexdigest(),
    }
    body = with_part(signature, tree | {"attachments": [attachment]})
    body = body.replace(b"text/plain", b"application/octet-stream")
    kind = "multipart/mixed; boundary=B"
    answer = client.post(STATEMENTS, data=body, content_type=kind)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    content, _ = export(database, cast)
    assert bring(database, neighbour, content) == Read(stored=1)
    with database.read() as connection:
        facts = connection.execute(tables.signatures.select()).all()
    assert len({bytes(row.facts) for row in facts}) == 1
    assert len(facts) == 2


# From other stores -------------------------------------------------------------------------------


def sent(count: int, **changes: Any) -> list[Tree]:
    return [make.statement(id=make.uuid4(), **changes) for _ in range(count)]


@pytest.mark.parametrize("pack", [lambda body: body, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    "shape",
    [
        lambda trees: json.dumps(trees),
        lambda trees: json.dumps(trees, indent=2),
        lambda trees: "\n".join(map(json.dumps, trees)),
        lambda trees: "\r\n\r\n".join(map(json.dumps, trees)) + "\n",
        lambda trees: json.dumps({"statements": trees, "more": ""}),
        lambda trees: "\ufeff \n" + json.dumps(trees),
    ],
    ids=["array", "indented", "lines", "crlf", "result", "mark"],
)
def test_every_shape_is_read(database: Database, cast: Cast, shape: Any, pack: Any) -> None:
    trees = sent(700, result={"response": 'a "quote" \\ {[,]} é' * 10})
    trees[3]["stored"] = "2020-01-01T00:00:00Z"
    trees[4]["authority"] = make.agent("somebody")
    trees[5]["version"] = "2.0.0"
    assert bring(database, cast, pack(shape(trees).encode())) == Read(stored=700)
    found = [json.loads(each) for each in everything(database, cast)]
    assert [each["id"] for each in found] == [each["id"] for each in trees]
    assert all(each["authority"] == cast.source.authority_tree for each in found)
    assert found[3]["stored"] > "2026"


def test_nothing_is_nothing(database: Database, cast: Cast) -> None:
    for content in (b"", b" \n", b"[]", b" [ ] ", b'{"statements": []}'):
        assert bring(database, cast, content) == Read()


def test_the_real_statements_come_in_and_what_is_bad_is_kept(
    database: Database, cast: Cast
) -> None:
    """They have no ids, and equal ones in them are as many events; yet twice is as once."""
    raws = moodle.lines("statements_username.jsonl")
    bad = [raw for raw in raws if moodle.defect(json.loads(raw))]
    whole = b"\n".join(raws)
    done = bring(database, cast, whole)
    assert done == Read(stored=len(raws) - len(bad), refused=len(bad))
    assert len(set_aside(database, cast)) == len(bad)
    again = bring(database, cast, whole)
    assert again == Read(present=len(raws) - len(bad), refused=len(bad))
    assert {(row.times, row.state) for row in set_aside(database, cast)} == {(2, "refused")}


def test_what_is_no_statement_keeps_nothing_else_out(database: Database, cast: Cast) -> None:
    good = sent(4)
    lines = [
        *(spelt(good[0]), b"{ no json", b'{"a": 1, "a": 1}', spelt(good[1]), b"1", b"{}"),
        *(spelt(good[2] | {"verb": 1}), b"\xff", spelt(good[3])),
    ]
    done = bring(database, cast, b"\n".join(lines))
    assert (done.stored, done.refused) == (3, 6)
    with database.read() as connection:
        raws = [refused.bodies(connection, row.number)[0] for row in set_aside(database, cast)]
    assert {b"{ no json", b"1", b"{}", b"\xff"} <= set(raws)


def test_an_id_that_another_statement_has(database: Database, cast: Cast) -> None:
    first, second, third = sent(3)
    bring(database, cast, spelt([first]))
    other = first | {"verb": make.verb("failed")}
    assert bring(database, cast, spelt([second, other, third])) == Read(stored=2, refused=1)
    assert bring(database, cast, spelt([other])) == Read(refused=1)
    assert bring(database, cast, spelt([first, first, second])) == Read(present=3)


@pytest.mark.parametrize("content", [b"[{}", b'[{"a": "', b"PK\x03\x04", b'"text"', b"<html>"])
def test_a_file_that_is_no_such_thing(database: Database, cast: Cast, content: bytes) -> None:
    with pytest.raises(Refused):
        bring(database, cast, content)


def test_what_came_before_the_break_is_stored(database: Database, cast: Cast) -> None:
    whole = spelt(sent(5))
    with pytest.raises(Refused, match="what came before is stored"):
        bring(database, cast, whole[:-30])
    assert len(everything(database, cast)) == 4


class Counted(io.RawIOBase):
    """A file that keeps nothing of what is written."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.size += len(data)
        return len(data)


class Made(io.RawIOBase):
    """A file whose lines are made as they are read."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self.lines, self.left = lines, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.left = self.left or next(self.lines, b"")
        data, self.left = self.left[: len(buffer)], self.left[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def test_memory_does_not_follow_the_file(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "BATCH", 20)
    long = {"response": "x" * 50_000}
    lines = (spelt(make.statement(id=make.uuid4(), result=long)) + b"\n" for _ in range(600))
    place, sink = cast.tenant.learning, Counted()
    tracemalloc.start()
    try:
        read = archive.read(database, cast.tenant, cast.source, place, Made(lines))
        archive.write(database, archive.span(database, place), cast_file(sink), about={})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read.stored == 600
    assert sink.size > 30_000_000
    assert peak < 16_000_000


def test_memory_does_not_follow_the_members(database: Database, cast: Cast) -> None:
    """Each document is two members, and a store may have a million of them."""
    place = cast.tenant.learning
    owner = documents.owner(place, "activity-profile", "https://a.example.org", None)

    def put(connection: Any) -> None:
        for n in range(1000):
            where = documents.place(place, owner, None, f"document {n}", "Activity profile")
            documents.put(connection, where, "text/plain", b"x", 1_700_000_000_000_000 + n)

    database.write(put)
    file = io.BytesIO()
    tracemalloc.start()
    try:
        archive.write(database, archive.span(database, place), cast_file(Counted()), about={})
        _, written = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert archive.write(database, archive.span(database, place), file, about={}).documents == 1000
    file.seek(0)
    read = archive.read(database, cast.tenant, cast.source, place, file)
    assert read.documents_present == 1000
    assert written < 500_000


def cast_file(file: Any) -> BinaryIO:
    """For the type checker: all that is asked of it is to write."""
    made: BinaryIO = file
    return made
