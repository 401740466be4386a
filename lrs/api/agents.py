"""The Agents resource: all that is known of one agent, as a Person (Communication 2.4)."""

from lrs.api import parameters
from lrs.api.wire import Answer, Call, Resource, Use, json_answer, tagged
from lrs.store import statements
from lrs.xapi import actors
from lrs.xapi.documents import etag
from lrs.xapi.statements import agent_digest


def get(call: Call) -> Answer:
    """The Person of an agent; one nobody has heard of is answered with what was asked.

    Only the identifier in the request is answered for: that two identifiers are one person is a
    decision of the register, which this door does not tell.
    """
    call.required("agent")
    agent = parameters.agent(call, "agent")
    assert agent is not None
    digest = agent_digest(call.store.salt, agent)
    assert digest is not None
    with call.context.database.read() as connection:
        seen = statements.agent_names(connection, digest)
    asked = (actors.ifi_json(agent), agent.get("name"))
    person = actors.person([asked, *((identifier, name or None) for identifier, name in seen)])
    answer = json_answer(person)
    return tagged(call, answer, etag(answer.get_data()))


RESOURCE = Resource("/agents", {"GET": Use(get, "agents/read", frozenset({"agent"}))})
