"""Statements that are sound and statements that are not, made by hand, one rule each.

Both the lean check and the schemas are held to them: `test_check.py` asks for yes and no,
`tests/schemas/test_statements.py` for the path and the clause.
"""

import copy
from decimal import Decimal
from typing import Any

from tests.make import (
    Tree,
    account,
    activity,
    agent,
    group,
    reference,
    statement,
    verb,
    without_none,
)

UUID = "6e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1"
HASH = "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a"
INTERACTION = "http://adlnet.gov/expapi/activities/cmi.interaction"


def attachment(**changes: Any) -> Tree:
    described = {
        "usageType": "http://example.com/attachment-usage/certificate",
        "display": {"id": "Sertifikat"},
        "contentType": "application/pdf",
        "length": 27,
        "sha2": HASH,
    }
    return without_none(described | changes)


def interaction(kind: str | None, **members: Any) -> Tree:
    return activity(
        definition=without_none({"type": INTERACTION, "interactionType": kind} | members)
    )


def substatement(**changes: Any) -> Tree:
    return statement(objectType="SubStatement", **changes)


def context_agent(**changes: Any) -> Tree:
    return without_none({"objectType": "contextAgent", "agent": agent()} | changes)


def context_group(**changes: Any) -> Tree:
    return without_none({"objectType": "contextGroup", "group": group()} | changes)


def scored(**score: Any) -> Tree:
    return statement(result={"score": score})


def within(**context: Any) -> Tree:
    return statement(context=context)


def authorised(who: Any) -> Tree:
    return statement(authority=who)


PAIR = group(account("consumer", home="http://example.com/token"), agent("user"))

# --- every member there is, in one statement ----------------------------------------------------

_INNER: Tree = {
    "objectType": "SubStatement",
    "actor": group(agent("a"), account("2"), name="Tim", openid="https://id.example.org/tim"),
    "verb": verb("answered"),
    "object": activity(
        definition={
            "name": {"id": "Soal 1", "en-GB": "Question 1"},
            "description": {"id": "Pilih satu"},
            "type": INTERACTION,
            "moreInfo": "https://course.example.org/info?q=1#top",
            "extensions": {"https://course.example.org/x": None},
            "interactionType": "matching",
            "correctResponsesPattern": ["a[.]1[,]b[.]2"],
            "source": [{"id": "a", "description": {"id": "satu"}}, {"id": "b"}],
            "target": [{"id": "1", "description": {"id": "one"}}, {"id": "2"}],
        }
    ),
    "result": {
        "score": {"scaled": Decimal("0.95"), "raw": 95, "min": 0, "max": Decimal("100.0")},
        "success": True,
        "completion": False,
        "response": "a[.]1",
        "duration": "PT1H0M0.1S",
        "extensions": {"https://course.example.org/x": {"deep": [None]}},
    },
    "context": {
        "registration": UUID,
        "instructor": agent("guru"),
        "team": group(agent("b"), name="Regu"),
        "contextActivities": {
            "parent": activity("parent"),
            "grouping": [activity("grouping"), activity("other")],
            "category": [],
            "other": [activity("other", definition={"name": {"id": "Lain"}})],
        },
        "revision": "2",
        "platform": "Moodle",
        "language": "id-ID",
        "statement": reference(UUID),
        "extensions": {"https://course.example.org/y": ""},
    },
    "timestamp": "2026-03-01T09:30:00.123+07:00",
    "attachments": [
        attachment(description={"id": "Isi"}, fileUrl="https://course.example.org/file")
    ],
}
FULL_1: Tree = {
    "id": UUID,
    "actor": account("1985") | {"name": "Sari"},
    "verb": verb("planned"),
    "object": _INNER,
    "result": copy.deepcopy(_INNER["result"]),
    "context": without_none(
        copy.deepcopy(_INNER["context"]) | {"revision": None, "platform": None}
    ),
    "timestamp": "2026-03-01T02:30:00Z",
    "stored": "2026-03-01T02:30:01.000001Z",
    "authority": copy.deepcopy(PAIR),
    "version": "1.0.0",
    "attachments": [attachment()],
}
FULL_2: Tree = copy.deepcopy(FULL_1)
FULL_2["version"] = "2.0.0"
for _place in (FULL_2["context"], FULL_2["object"]["context"]):
    _place["contextAgents"] = [
        context_agent(relevantTypes=["https://course.example.org/role/mentor"]),
        context_agent(),
    ]
    _place["contextGroups"] = [
        context_group(relevantTypes=["https://course.example.org/role/class"]),
        context_group(group=group(mbox="mailto:tim@example.org")),
    ]

# --- sound under both versions ------------------------------------------------------------------

SOUND: list[tuple[str, Tree]] = [
    ("the least there is", statement()),
    ("every member there is", FULL_1),
    ("actor by sha1", statement(actor={"mbox_sha1sum": "0F" * 20})),
    ("actor by openid", statement(actor={"openid": "http://toby.openid.example.org/"})),
    ("actor by account", statement(actor=account())),
    ("actor with empty name", statement(actor=agent() | {"name": ""})),
    ("anonymous group", statement(actor=group(agent("a"), agent("b")))),
    ("identified group without members", statement(actor={"objectType": "Group", "openid": "a:b"})),
    ("identified group with no members", statement(actor=group(mbox="mailto:a@b", member=[]))),
    ("verb without display", statement(verb=verb(display=None) | {"display": {}})),
    ("object without objectType", statement(object={"id": "https://course.example.org/1"})),
    ("object an agent", statement(object=agent())),
    ("object a group", statement(object=group())),
    ("object a reference", statement(object=reference(UUID))),
    ("object a substatement", statement(object=substatement())),
    ("substatement about a reference", statement(object=substatement(object=reference(UUID)))),
    ("substatement about an agent", statement(object=substatement(object=agent()))),
    ("voiding", statement(verb=verb("voided"), object=reference(UUID))),
    ("empty definition", statement(object=activity(definition={}))),
    ("empty result, context", statement(result={}, context={}, attachments=[])),
    ("choice", statement(object=interaction("choice", choices=[{"id": "a"}, {"id": "b"}]))),
    ("sequencing", statement(object=interaction("sequencing", choices=[]))),
    ("likert", statement(object=interaction("likert", scale=[{"id": "1"}]))),
    ("performance", statement(object=interaction("performance", steps=[{"id": "1"}]))),
    ("numeric", statement(object=interaction("numeric", correctResponsesPattern=["4[:]"]))),
    ("no right answer", statement(object=interaction("other", correctResponsesPattern=[]))),
    ("interactionType alone", statement(object=interaction("true-false"))),
    ("components of one id, as Moodle's lesson sends", statement(
        object=interaction("choice", choices=[{"id": ""}, {"id": ""}])
    )),
    ("score at the edges", scored(scaled=Decimal("-1.0000"), raw=0, min=0, max=1)),
    ("score with 40 digits", scored(raw=10**40)),
    ("score of floats", scored(scaled=1.0, raw=0.5, min=0.25, max=Decimal("0.75"))),
    ("null inside extensions", statement(result={"extensions": {"a:b": None, "c:d": [None]}})),
    ("instructor a group", within(instructor=group())),
    ("one activity in place of an array", within(contextActivities={"parent": activity()})),
    ("no context activities", within(contextActivities={})),
    ("platform about an activity", within(platform="Moodle", revision="1")),
    ("platform inside a substatement", statement(
        object=substatement(context={"platform": "Moodle"})
    )),
    ("timestamp in the future", statement(timestamp="2999-01-01T00:00:00Z")),
    ("timestamp without offset", statement(timestamp="2026-03-01T09:30:00")),
    ("upper-case UUID", statement(id=UUID.upper())),
    ("UUID version 7", statement(id="018f3c2e-7b1a-7cc3-98c4-dc0c0c07398f")),
    ("authority an agent", authorised(agent())),
    ("authority a pair", authorised(PAIR)),
    ("version 1.0", statement(version="1.0")),
    ("version 1.0.9", statement(version="1.0.9")),
    ("empty attachment", statement(attachments=[attachment(length=0)])),
    ("sha-512", statement(attachments=[attachment(sha2="0" * 128)])),
]  # fmt: skip

# --- sound under 2.0 only -----------------------------------------------------------------------

SOUND_2: list[tuple[str, Tree]] = [
    ("every member there is", FULL_2),
    ("context agents", within(contextAgents=[context_agent()])),
    ("context groups", within(contextGroups=[context_group()])),
    ("no context agents", within(contextAgents=[], contextGroups=[])),
    ("in a substatement", statement(object=substatement(context={"contextAgents": []}))),
    ("version 2.0", statement(version="2.0")),
    ("version 2.0.0", statement(version="2.0.0")),
]

# --- sound under neither: name, statement, path of the problem, section of 1.0.3 and of 9274.1.1 --

_F = ("Data 2.2", "4.2.1")
_IFI = ("Data 2.4.2.3", "4.2.2.1")
_GROUP = ("Data 2.4.2.2", "4.2.2.1")
_ACT = ("Data 2.4.4.1", "4.2.2.3")
_REF = ("Data 2.4.4.3", "4.2.2.3")
_RES = ("Data 2.4.5", "4.2.2.4")
_SCORE = ("Data 2.4.5.1", "4.2.2.4")
_CTX = ("Data 2.4.6", "4.2.2.5")
_AUTH = ("Data 2.4.9", "4.2.4.2")
_FILE = ("Data 2.4.11", "4.2.2.6")

UNSOUND: list[tuple[str, Any, str, tuple[str, str]]] = [
    ("an array", [], "", ("Data 2.4", "4.2.2")),
    ("null", None, "", ("Data 2.4", "4.2.2")),
    ("no actor", statement(actor=None), "actor", ("Data 2.4.2", "4.2.2.1")),
    ("no verb", statement(verb=None), "verb", ("Data 2.4.3", "4.2.2.2")),
    ("no object", statement(object=None), "object", ("Data 2.4.4", "4.2.2.3")),
    ("unknown member", statement(extra=1), "extra", _F),
    ("a member named _schema", statement(_schema=1), "_schema", _F),
    ("a member with an odd name", statement(**{"a b": 1}), '["a b"]', _F),
    ("case of a member", statement(timeStamp="2026-03-01T09:30:00Z"), "timeStamp", _F),
    ("null member", statement() | {"result": None}, "result", _F),
    ("null deep", statement(result={"response": None}), "result.response", _F),
    ("null in an array", within(contextActivities={"parent": [None]}),
     "context.contextActivities.parent[0]", _F),
    ("id no UUID", statement(id="{" + UUID + "}"), "id", ("Data 4.4", "4.2.7")),
    ("id a number", statement(id=5), "id", ("Data 4.4", "4.2.7")),
    # people
    ("actor a string", statement(actor="sari"), "actor", ("Data 2.4.2", "4.2.2.1")),
    ("actor empty", statement(actor={}), "actor", _IFI),
    ("no identifier", statement(actor={"name": "Sari"}), "actor", _IFI),
    ("two identifiers", statement(actor=agent(openid="a:b")), "actor", _IFI),
    ("mbox no mailto", statement(actor={"mbox": "sari@example.org"}), "actor.mbox", _IFI),
    ("mbox empty", statement(actor={"mbox": ""}), "actor.mbox", _IFI),
    ("sha1 short", statement(actor={"mbox_sha1sum": "ab"}), "actor.mbox_sha1sum", _IFI),
    ("openid relative", statement(actor={"openid": "id"}), "actor.openid", _IFI),
    ("account empty", statement(actor={"account": {}}), "actor.account.name",
     ("Data 2.4.2.4", "4.2.2.1")),
    ("account without name", statement(actor={"account": {"homePage": "a:b"}}),
     "actor.account.name", ("Data 2.4.2.4", "4.2.2.1")),
    ("homePage relative", statement(actor=account(home="lms.example.org")),
     "actor.account.homePage", ("Data 2.4.2.4", "4.2.2.1")),
    ("account with more", statement(actor={"account": {"homePage": "a:b", "name": "1", "id": 1}}),
     "actor.account.id", _F),
    ("objectType in small letters", statement(actor=agent(objectType="agent")),
     "actor.objectType", ("Data 2.4.2.1", "4.2.2.1")),
    ("name a number", statement(actor=agent() | {"name": 5}), "actor.name",
     ("Data 2.4.2.1", "4.2.2.1")),
    ("members of an agent", statement(actor=agent(member=[])), "actor.member", _F),
    ("anonymous group without members", statement(actor={"objectType": "Group"}),
     "actor.member", _GROUP),
    ("anonymous group of none", statement(actor={"objectType": "Group", "member": []}),
     "actor.member", _GROUP),
    ("group in a group", statement(actor=group(agent(), group())), "actor.member[1].objectType",
     ("Data 2.4.2.1", "4.2.2.1")),
    ("members an object", statement(actor={"objectType": "Group", "member": {}}),
     "actor.member", _GROUP),
    # verb
    ("verb without id", statement(verb={}), "verb.id", ("Data 2.4.3", "4.2.2.2")),
    ("verb relative", statement(verb={"id": "completed"}), "verb.id", ("Data 2.4.3", "4.2.2.2")),
    ("display a string", statement(verb=verb(display="done")), "verb.display",
     ("Data 4.2", "4.2.7")),
    ("no language", statement(verb=verb(display={"a12345678": "x"})), "verb.display.a12345678",
     ("Data 4.2", "4.2.7")),
    ("text a number", statement(verb=verb(display={"en-US": 5})), 'verb.display["en-US"]',
     ("Data 4.2", "4.2.7")),
    # object
    ("object type unknown", statement(object=activity(objectType="activity")),
     "object.objectType", ("Data 2.4.4", "4.2.2.3")),
    ("agent without objectType", statement(object={"mbox": "mailto:a@b"}), "object.mbox", _F),
    ("activity without id", statement(object={"objectType": "Activity"}), "object.id", _ACT),
    ("activity relative", statement(object={"id": "course/1"}), "object.id", _ACT),
    ("reference no UUID", statement(object=reference("1")), "object.id", _REF),
    ("reference with more", statement(object=reference(UUID) | {"definition": {}}),
     "object.definition", _F),
    ("definition with more", statement(object=activity(definition={"title": {}})),
     "object.definition.title", _F),
    ("type relative", statement(object=activity(definition={"type": "course"})),
     "object.definition.type", _ACT),
    ("extension relative", statement(object=activity(definition={"extensions": {"x y": 1}})),
     'object.definition.extensions["x y"]', ("Data 4.1", "4.2.7")),
    ("interaction unknown", statement(object=interaction("Choice")),
     "object.definition.interactionType", _ACT),
    ("choices without interactionType", statement(object=interaction(None, choices=[])),
     "object.definition.interactionType", _ACT),
    ("pattern without interactionType",
     statement(object=interaction(None, correctResponsesPattern=[])),
     "object.definition.interactionType", _ACT),
    ("another type's components", statement(object=interaction("likert", choices=[])),
     "object.definition.choices", _ACT),
    ("choices an object", statement(object=interaction("choice", choices={"4": {"id": "a"}})),
     "object.definition.choices", _ACT),
    ("component without id", statement(object=interaction("choice", choices=[{"id": "a"}, {}])),
     "object.definition.choices[1].id", _ACT),
    ("pattern of numbers", statement(object=interaction("other", correctResponsesPattern=[5])),
     "object.definition.correctResponsesPattern[0]", _ACT),
    ("voiding an activity", statement(verb=verb("voided")), "object", ("Data 2.3.2", "4.2.5")),
    ("nested substatement", statement(object=substatement(object=substatement())),
     "object.object.objectType", _REF),
    ("substatement with id", statement(object=substatement(id=UUID)), "object.id", _F),
    ("substatement with stored", statement(object=substatement(stored="2026-03-01T09:30:00Z")),
     "object.stored", _F),
    ("substatement with version", statement(object=substatement(version="1.0.0")),
     "object.version", _F),
    ("substatement with authority", statement(object=substatement(authority=agent())),
     "object.authority", _F),
    ("substatement without verb", statement(object=substatement(verb=None)), "object.verb",
     ("Data 2.4.3", "4.2.2.2")),
    # result
    ("success a string", statement(result={"success": "true"}), "result.success", _RES),
    ("completion a number", statement(result={"completion": 1}), "result.completion", _RES),
    ("response a number", statement(result={"response": 5}), "result.response", _RES),
    ("duration wrong", statement(result={"duration": "P4W1D"}), "result.duration",
     ("Data 4.6", "4.2.7")),
    ("score a number", statement(result={"score": 5}), "result.score", _SCORE),
    ("scaled a string", scored(scaled="0.9"), "result.score.scaled", _SCORE),
    ("scaled too high", scored(scaled=Decimal("1.01")), "result.score.scaled", _SCORE),
    ("scaled too low", scored(scaled=Decimal("-1.00001")), "result.score.scaled", _SCORE),
    ("scaled true", scored(scaled=True), "result.score.scaled", _SCORE),
    ("raw above max", scored(raw=101, max=100), "result.score.raw", _SCORE),
    ("raw below min", scored(raw=Decimal("-0.1"), min=0), "result.score.raw", _SCORE),
    ("min above max", scored(min=2, max=1), "result.score.min", _SCORE),
    ("min equal to max", scored(min=0, max=Decimal("0.0")), "result.score.min", _SCORE),
    ("not finite", scored(raw=float("nan")), "result.score.raw", _SCORE),
    # context
    ("registration no UUID", within(registration="1"), "context.registration",
     ("Data 4.4", "4.2.7")),
    ("team an agent", within(team=agent()), "context.team.objectType", _GROUP),
    ("statement no reference", within(statement=activity()), "context.statement.objectType", _REF),
    ("language wrong", within(language="en_US"), "context.language", _CTX),
    ("unknown context activities", within(contextActivities={"parents": []}),
     "context.contextActivities.parents", _F),
    ("context activities a string", within(contextActivities={"parent": "a:b"}),
     "context.contextActivities.parent", ("Data 2.4.6.2", "4.2.2.5")),
    ("parent relative", within(contextActivities={"parent": [activity(), {"id": "x"}]}),
     "context.contextActivities.parent[1].id", _ACT),
    ("parent alone relative", within(contextActivities={"parent": {"id": "x"}}),
     "context.contextActivities.parent.id", _ACT),
    ("revision about an agent", statement(object=agent(), context={"revision": "1"}),
     "context.revision", _CTX),
    ("platform about a substatement", statement(object=substatement(), context={"platform": "x"}),
     "context.platform", _CTX),
    ("platform about a reference inside",
     statement(object=substatement(object=reference(UUID), context={"platform": "x"})),
     "object.context.platform", _CTX),
    # time, authority, version
    ("timestamp wrong", statement(timestamp="01/011/2015"), "timestamp", ("Data 4.5", "4.2.7")),
    ("minus zero", statement(timestamp="2026-03-01T09:30:00-00:00"), "timestamp",
     ("Data 4.5", "4.2.7")),
    ("stored wrong", statement(stored="today"), "stored", ("Data 4.5", "4.2.7")),
    ("authority of one", authorised(group(agent())), "authority.member", _AUTH),
    ("authority of three", authorised(group(agent("a"), agent("b"), agent("c"))),
     "authority.member", _AUTH),
    ("authority identified", authorised(PAIR | {"mbox": "mailto:a@b"}), "authority.mbox", _AUTH),
    ("version of another line", statement(version="1.1.0"), "version", ("Data 2.4.10", "4.2.4.2")),
    ("version 0.9.9", statement(version="0.9.9"), "version", ("Data 2.4.10", "4.2.4.2")),
    # attachments
    ("attachments an object", statement(attachments=attachment()), "attachments", _FILE),
    ("attachment a string", statement(attachments=["x"]), "attachments[0]", _FILE),
    ("usageType relative", statement(attachments=[attachment(usageType="x")]),
     "attachments[0].usageType", _FILE),
    ("no display", statement(attachments=[attachment(display=None)]), "attachments[0].display",
     ("Data 4.2", "4.2.7")),
    ("contentType wrong", statement(attachments=[attachment(contentType="pdf")]),
     "attachments[0].contentType", _FILE),
    ("length a string", statement(attachments=[attachment(length="27")]),
     "attachments[0].length", _FILE),
    ("length below zero", statement(attachments=[attachment(length=-1)]),
     "attachments[0].length", _FILE),
    ("no sha2", statement(attachments=[attachment(sha2=None)]), "attachments[0].sha2", _FILE),
    ("sha2 wrong", statement(attachments=[attachment(sha2="x")]), "attachments[0].sha2", _FILE),
    ("fileUrl relative", statement(attachments=[attachment(), attachment(fileUrl="x")]),
     "attachments[1].fileUrl", _FILE),
]  # fmt: skip

# --- sound under neither, for reasons of the 2.0 line --------------------------------------------

UNSOUND_2: list[tuple[str, Tree, str]] = [
    ("contextAgents an object", within(contextAgents={}), "context.contextAgents"),
    ("contextAgent of another type", within(contextAgents=[context_agent(objectType="x")]),
     "context.contextAgents[0].objectType"),
    ("contextAgent without type", within(contextAgents=[context_agent(objectType=None)]),
     "context.contextAgents[0].objectType"),
    ("contextAgent without agent", within(contextAgents=[context_agent(agent=None)]),
     "context.contextAgents[0].agent"),
    ("contextAgent a group", within(contextAgents=[context_agent(agent=group())]),
     "context.contextAgents[0].agent.objectType"),
    ("relevantTypes empty", within(contextAgents=[context_agent(relevantTypes=[])]),
     "context.contextAgents[0].relevantTypes"),
    ("relevantTypes relative",
     within(contextAgents=[context_agent(relevantTypes=["a:b", "abc"])]),
     "context.contextAgents[0].relevantTypes[1]"),
    ("contextGroup an agent", within(contextGroups=[context_group(group=agent())]),
     "context.contextGroups[0].group.objectType"),
    ("contextGroup with more", within(contextGroups=[context_group(member=[])]),
     "context.contextGroups[0].member"),
    ("in a substatement", statement(object=substatement(context={"contextGroups": [5]})),
     "object.context.contextGroups[0]"),
    ("version 2.1.0", statement(version="2.1.0"), "version"),
]  # fmt: skip
