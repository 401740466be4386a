"""The Activities resource: an activity with all that statements told of it (Communication 2.5)."""

import msgspec

from lrs.api import parameters
from lrs.api.wire import Answer, Call, Resource, Use, json_answer, tagged
from lrs.store import statements
from lrs.xapi.documents import etag
from lrs.xapi.statements import digest


def get(call: Call) -> Answer:
    """The activity with its merged definition; without one where none is known.

    An activity nobody has heard of is answered too: 1.0.3 says SHOULD, 2.0 says shall.
    """
    call.required("activityId")
    iri = parameters.iri(call, "activityId")
    assert iri is not None
    name = digest(call.store.salt, "activity", iri)
    with call.context.database.read() as connection:
        known = statements.definitions_of(connection, [name])
    activity: dict[str, object] = {"objectType": "Activity", "id": iri}
    if name in known:
        activity["definition"] = msgspec.Raw(known[name])
    answer = json_answer(activity)
    return tagged(call, answer, etag(answer.get_data()))


RESOURCE = Resource("/activities", {"GET": Use(get, "activities/read", frozenset({"activityId"}))})
