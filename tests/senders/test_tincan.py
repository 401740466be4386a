"""The `tincan` package, the Python client of xAPI 1.0.x, against the service as users run it.

The library has faults of its own, which tests here go around and say so: a test is about what
the service answers to what the library really sends.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tincan import (
    Activity,
    ActivityDefinition,
    Agent,
    Attachment,
    Context,
    LanguageMap,
    RemoteLRS,
    Result,
    Score,
    Statement,
    StatementRef,
    Verb,
)
from tincan.documents import ActivityProfileDocument, AgentProfileDocument, StateDocument

from tests import make
from tests.conftest import Server

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
REGISTRATION = "6f7d9e0c-3c0e-4f5b-8a56-0d5f3c7f1b11"


@pytest.fixture
def lrs(server: Server) -> RemoteLRS:
    return RemoteLRS(endpoint=server.endpoint, version="1.0.3", auth=server.cast.key("all"))


def learner(name: str = "sari") -> Agent:
    return Agent(name=name.title(), mbox=f"mailto:{name}@example.org")


def course(name: str = "course-1") -> Activity:
    definition = ActivityDefinition(
        name=LanguageMap({"id": "Pelayanan Prima"}),
        type="https://w3id.org/xapi/cmi5/activitytype/course",
    )
    return Activity(id=f"https://course.example.org/{name}", definition=definition)


def completed(name: str = "sari", **more: Any) -> Statement:
    verb = Verb(
        id="http://adlnet.gov/expapi/verbs/completed", display=LanguageMap({"id": "selesai"})
    )
    return Statement(actor=learner(name), verb=verb, object=course(), **more)


def etag(answer: Any) -> str:
    """The library looks for the tag where it never is; the answer has it."""
    return str(answer.response.getheader("ETag"))


def one_tag(content: str) -> str:
    return f'"{hashlib.sha1(content.encode()).hexdigest()}"'


# About -----------------------------------------------------------------------------------------


def test_about_names_the_versions(lrs: RemoteLRS) -> None:
    """The library takes no list with a version it does not know, and it knows none of 2.0."""
    with pytest.raises(ValueError, match=r"'2\.0\.0' in \['1\.0\.3', '2\.0\.0'\]"):
        lrs.about()


# Statements ------------------------------------------------------------------------------------


def test_a_statement_gets_an_id_and_comes_back(lrs: RemoteLRS) -> None:
    moment = datetime(2026, 3, 2, 8, 0, 0, 125000, tzinfo=UTC)
    sent = completed(
        timestamp=moment,
        result=Result(
            score=Score(scaled=0.85, raw=85, min=0, max=100),
            success=True,
            completion=True,
            duration=timedelta(hours=1, minutes=30),
            response="ya",
        ),
        context=Context(registration=REGISTRATION, platform="LMS", language="id"),
    )
    saved = lrs.save_statement(sent)
    assert saved.success
    assert saved.response.status == 200
    found = lrs.retrieve_statement(saved.content.id)
    assert found.success
    back = found.content
    assert back.id == saved.content.id
    assert back.timestamp == moment
    assert (back.result.score.scaled, back.result.success) == (0.85, True)
    assert back.result.duration == timedelta(hours=1, minutes=30)
    assert str(back.context.registration) == REGISTRATION
    assert back.object.definition.name["id"] == "Pelayanan Prima"
    assert back.authority.account.name == "lms"
    assert back.stored.tzinfo is not None


def test_a_statement_with_an_id_is_put_and_may_come_twice(lrs: RemoteLRS) -> None:
    sent = completed(id=make.uuid4())
    assert lrs.save_statement(sent).response.status == 204
    assert lrs.save_statement(sent).response.status == 204
    other = completed("budi", id=str(sent.id))
    refused = lrs.save_statement(other)
    assert not refused.success
    assert refused.response.status == 409
    assert str(sent.id) in json.loads(refused.data)["error"]


def test_a_batch_gets_its_ids_in_order_and_pages_to_the_end(lrs: RemoteLRS) -> None:
    names = [f"learner-{number}" for number in range(25)]
    saved = lrs.save_statements([completed(name) for name in names])
    assert saved.success
    assert len({str(each.id) for each in saved.content}) == 25
    page = lrs.query_statements({"limit": 10, "ascending": "true", "verb": completed().verb})
    came = [each.actor.mbox for each in page.content.statements]
    pages = 1
    while page.content.more:
        page = lrs.more_statements(page.content)
        assert page.success
        came += [each.actor.mbox for each in page.content.statements]
        pages += 1
    assert came == [f"mailto:{name}@example.org" for name in names]
    assert pages == 3


def test_queries_find_by_agent_activity_registration_and_time(lrs: RemoteLRS) -> None:
    first = lrs.save_statement(completed("sari", context=Context(registration=REGISTRATION)))
    second = lrs.save_statement(completed("budi"))

    def found(**query: Any) -> list[str]:
        answer = lrs.query_statements(query)
        assert answer.success, answer.data
        return [str(each.id) for each in answer.content.statements]

    sari, budi = str(first.content.id), str(second.content.id)
    assert found() == [budi, sari]
    assert found(agent=learner("sari")) == [sari]
    assert found(activity=course()) == [budi, sari]
    assert found(activity=course("another")) == []
    assert found(registration=REGISTRATION) == [sari]
    assert found(limit=1) == [budi]
    assert found(format="ids") == [budi, sari]
    stored = json.loads(lrs.retrieve_statement(sari).data)["stored"]
    assert found(since=stored) == [budi]
    assert found(until=stored) == [sari]


def test_an_attachment_is_described_where_it_lies_elsewhere(lrs: RemoteLRS) -> None:
    """The library sends no parts, so that only an attachment with a `fileUrl` can be sent."""
    certificate = Attachment(
        usage_type="http://adlnet.gov/expapi/attachments/certificate",
        display=LanguageMap({"id": "Sertifikat"}),
        content_type="application/pdf",
        length=4,
        sha2=hashlib.sha256(b"%PDF").hexdigest(),
        fileurl="https://course.example.org/certificate.pdf",
    )
    saved = lrs.save_statements(
        [completed(attachments=[certificate]), completed("budi", attachments=[certificate])]
    )
    assert saved.success, saved.data
    (back,) = lrs.retrieve_statement(saved.content[0].id).content.attachments
    assert (back.fileurl, back.sha2, back.length) == (certificate.fileurl, certificate.sha2, 4)

    certificate.fileurl = None
    refused = lrs.save_statement(completed(attachments=[certificate]))
    assert refused.response.status == 400
    (problem,) = json.loads(refused.data)["problems"]
    assert problem["path"].startswith("attachments[0]")


def test_a_voided_statement_is_found_only_as_one(lrs: RemoteLRS) -> None:
    target = lrs.save_statement(completed()).content
    voiding = Statement(
        actor=learner("admin"),
        verb=Verb(id=VOIDED, display=LanguageMap({"en": "voided"})),
        object=StatementRef(id=target.id),
    )
    assert lrs.save_statement(voiding).success
    gone = lrs.retrieve_statement(target.id)
    assert gone.response.status == 404
    kept = lrs.retrieve_voided_statement(target.id)
    assert kept.success
    assert kept.content.id == target.id
    assert [each.id for each in lrs.query_statements({}).content.statements] == [voiding.id]


def test_yes_and_no_as_python_writes_them(lrs: RemoteLRS) -> None:
    """The library sends `True`, which is no JSON; it is understood all the same."""
    sent = [lrs.save_statement(completed()).content.id for _ in range(2)]
    for ascending, expected in ((True, sent), (False, sent[::-1])):
        answer = lrs.query_statements({"ascending": ascending, "attachments": False})
        assert [each.id for each in answer.content.statements] == expected


def test_a_refusal_says_what_is_wrong(lrs: RemoteLRS) -> None:
    sent = completed()
    sent.actor.mbox = "mailto:not an address"
    refused = lrs.save_statement(sent)
    assert (refused.success, refused.response.status) == (False, 400)
    assert [each["path"] for each in json.loads(refused.data)["problems"]] == ["actor.mbox"]
    stranger = RemoteLRS(
        endpoint=lrs.endpoint, version="1.0.3", username="nobody", password="guess"
    )
    refused = stranger.query_statements({})
    assert (refused.success, refused.response.status) == (False, 401)
    assert json.loads(refused.data)["error"]


# Documents -------------------------------------------------------------------------------------


def test_state_is_saved_listed_guarded_by_its_tag_and_deleted(lrs: RemoteLRS) -> None:
    first, second = '{"page": 3}', '{"page": 4}'
    state = StateDocument(
        id="bookmark",
        activity=course(),
        agent=learner(),
        content=first,
        content_type="application/json",
    )
    assert lrs.save_state(state).response.status == 204
    found = lrs.retrieve_state(course(), learner(), "bookmark")
    assert (found.data, etag(found)) == (first, one_tag(first))
    assert found.response.getheader("Content-Type") == "application/json"
    assert found.response.getheader("Last-Modified")

    ids = lrs.retrieve_state_ids(course(), learner())
    assert ids.content == ["bookmark"]
    later = lrs.retrieve_state_ids(course(), learner(), since="2999-01-01T00:00:00Z")
    assert later.content == []

    # The library sends each state twice, and the second time its tag is that of what was there
    # before the first: the document is saved, and then the library hears that it was too late.
    state.content, state.etag = second, etag(found)
    assert lrs.save_state(state).response.status == 412
    changed = lrs.retrieve_state(course(), learner(), "bookmark")
    assert (changed.data, etag(changed)) == (second, one_tag(second))

    stale = lrs.delete_state(state)
    assert stale.response.status == 412
    assert json.loads(stale.data)["error"]
    state.etag = etag(changed)
    assert lrs.delete_state(state).response.status == 204
    gone = lrs.retrieve_state(course(), learner(), "bookmark")
    assert gone.response.status == 404
    assert gone.success


def test_states_are_cleared_all_together(lrs: RemoteLRS) -> None:
    for name in ("one", "two"):
        state = StateDocument(
            id=name, activity=course(), agent=learner(), content="catatan", content_type=None
        )
        assert lrs.save_state(state).success
    raw = lrs.retrieve_state(course(), learner(), "one")
    assert (raw.data, raw.response.getheader("Content-Type")) == (
        "catatan",
        "application/octet-stream",
    )
    assert lrs.retrieve_state_ids(course(), learner()).content == ["one", "two"]
    assert lrs.clear_state(course(), learner()).response.status == 204
    assert lrs.retrieve_state_ids(course(), learner()).content == []


@pytest.mark.parametrize("whose", ["activity", "agent"])
def test_profiles_are_saved_listed_guarded_by_their_tag_and_deleted(
    lrs: RemoteLRS, whose: str
) -> None:
    owner = course() if whose == "activity" else learner()
    document = ActivityProfileDocument if whose == "activity" else AgentProfileDocument
    save = getattr(lrs, f"save_{whose}_profile")
    retrieve = getattr(lrs, f"retrieve_{whose}_profile")
    listed = getattr(lrs, f"retrieve_{whose}_profile_ids")
    delete = getattr(lrs, f"delete_{whose}_profile")
    first, second = '{"language": "id"}', '{"language": "en"}'
    profile = document(id="settings", content=first, content_type="application/json")
    setattr(profile, whose, owner)

    # 1.0.3 wants to be told what is expected; the library can only name a tag that is there.
    refused = save(profile)
    assert refused.response.status == 400
    assert "If-None-Match" in json.loads(refused.data)["error"]
    made = lrs._send_request(_first_save(refused.request))
    assert made.response.status == 204

    found = retrieve(owner, "settings")
    assert (found.data, etag(found)) == (first, one_tag(first))
    assert listed(owner).content == ["settings"]
    assert listed(owner, since="2999-01-01T00:00:00Z").content == []

    assert save(profile).response.status == 409
    profile.content, profile.etag = second, etag(found)
    assert save(profile).response.status == 204
    assert save(profile).response.status == 412
    changed = retrieve(owner, "settings")
    assert (changed.data, etag(changed)) == (second, one_tag(second))

    assert delete(profile).response.status == 412
    profile.etag = etag(changed)
    assert delete(profile).response.status == 204
    assert listed(owner).content == []
    assert retrieve(owner, "settings").response.status == 404


def _first_save(request: Any) -> Any:
    """The same request, saying that nothing is there yet."""
    request.headers["If-None-Match"] = "*"
    return request
