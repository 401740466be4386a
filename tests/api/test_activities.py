"""The Activities resource: what all statements told of an activity (Communication 2.5)."""

from typing import Any

import pytest

from tests import make
from tests.conftest import Cast, Client

URL = "/xapi/activities"


def test_definitions_are_merged(client: Client) -> None:
    for name in ({"en": "Course"}, {"id": "Diklat"}):
        told = make.activity(definition={"name": name})
        client.post("/xapi/statements", json=make.statement(object=told))
    answer = client.get(URL, query_string={"activityId": make.activity()["id"]})
    assert answer.json == make.activity(definition={"name": {"en": "Course", "id": "Diklat"}})
    assert answer.headers["ETag"]


def test_one_nobody_has_heard_of(client: Client) -> None:
    for version in ("1.0.3", "2.0.0"):
        answer = client.speaking(version).get(URL, query_string={"activityId": "urn:x:y"})
        assert answer.json == {"objectType": "Activity", "id": "urn:x:y"}


def test_who_may_not_define_changes_no_definition(client: Client, cast: Cast) -> None:
    writer = client.signed_in(cast.key("statements/write"))
    told = make.activity(definition={"name": {"en": "Course"}})
    assert writer.post("/xapi/statements", json=make.statement(object=told)).status_code == 200
    answer = client.get(URL, query_string={"activityId": told["id"]})
    assert answer.json == make.activity()


@pytest.mark.parametrize("query", [{}, {"activityId": "course"}, {"activityid": "urn:x:y"}])
def test_no_activity(client: Client, query: dict[str, Any]) -> None:
    assert client.get(URL, query_string=query).status_code == 400
