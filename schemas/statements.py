"""What may come in as a statement, and the sentences when it may not.

`lrs.xapi.check` says yes or no to every statement that arrives; this runs only to explain a no:
everything that is wrong, where, how to mend it, and the clause that asks for it. Both call the
same lexical rules, and a guard proves that they agree
(tests/guards/test_check_equals_schema.py).

Clauses: xAPI 1.0.3 Data 2.2 to 2.4.11 and 4; IEEE 9274.1.1 4.2.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, validates_schema

from lrs.errors import Problem
from lrs.xapi import check, lexical
from lrs.xapi.versions import V1, V2, Version, may_carry
from schemas.fields import (
    ATTACHMENT,
    IDENTIFIER,
    IRI,
    UUID,
    Boolean,
    Clause,
    Closed,
    Duration,
    Extensions,
    Fault,
    LanguageMap,
    LanguageTag,
    Length,
    ListOf,
    Mbox,
    MboxSha1Sum,
    MediaType,
    Number,
    OneOf,
    OpenID,
    Part,
    Sha2,
    Strict,
    Text,
    Timestamp,
    kind,
    problems,
    reject,
    wrong,
)

STATEMENT = Clause("Data 2.4", "4.2.2")
ACTOR = Clause("Data 2.4.2", "4.2.2.1")
AGENT = Clause("Data 2.4.2.1", "4.2.2.1")
GROUP = Clause("Data 2.4.2.2", "4.2.2.1")
ACCOUNT = Clause("Data 2.4.2.4", "4.2.2.1")
VERB = Clause("Data 2.4.3", "4.2.2.2")
OBJECT = Clause("Data 2.4.4", "4.2.2.3")
ACTIVITY = Clause("Data 2.4.4.1", "4.2.2.3")
REFERENCE = Clause("Data 2.4.4.3", "4.2.2.3")
RESULT = Clause("Data 2.4.5", "4.2.2.4")
SCORE = Clause("Data 2.4.5.1", "4.2.2.4")
CONTEXT = Clause("Data 2.4.6", "4.2.2.5")
CONTEXT_ACTIVITIES = Clause("Data 2.4.6.2", "4.2.2.5")
AUTHORITY = Clause("Data 2.4.9", "4.2.4.2")
VERSION = Clause("Data 2.4.10", "4.2.4.2")
VOIDING = Clause("Data 2.3.2", "4.2.5")
PARAMETER = Clause("Communication 2.1.3", "4.1.6.1")


def explain(tree: object, version: Version) -> list[Problem]:
    """Everything wrong with a parsed statement; empty exactly where `check.sound` says yes.

    A run of the same fault in one array or object is told fifty times at most.
    """
    if type(tree) is not dict:
        said = f"It is {kind(tree)}; a statement is an object with actor, verb and object."
        return [Problem("", said, STATEMENT.under(version))]
    return problems(_STATEMENTS[version.major].validate(tree), version)


def explain_agent(tree: object, version: Version, path: str) -> list[Problem]:
    """Everything wrong with an agent or identified group, as the `agent` parameter gives one.

    `path` is what the problems' paths begin with. Empty exactly where `check.sound_agent` says
    yes.
    """
    try:
        _named_actor().deserialize(tree)
    except ValidationError as error:
        return problems(error.messages, version, path)
    return []


# --- people -----------------------------------------------------------------------------------


class Account(Closed):
    homePage = IRI(ACCOUNT, required=True)
    name = Text(ACCOUNT, required=True)


class Agent(Closed):
    hints: ClassVar[Mapping[str, str]] = {
        "member": 'only a group has it: add "objectType": "Group"'
    }

    objectType = OneOf("Agent", clause=AGENT)
    name = Text(AGENT)
    mbox = Mbox()
    mbox_sha1sum = MboxSha1Sum()
    openid = OpenID()
    account = Part(lambda _: _ACCOUNT, "an object with homePage and name", ACCOUNT)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def has_one_identifier(self, data: Any, original: dict[str, Any], **kwargs: Any) -> None:
        given = _identifiers(original)
        if not given:
            raise wrong(
                "It has no identifier; give one of mbox, mbox_sha1sum, openid, account.",
                IDENTIFIER,
            )
        _reject_several(given)


class Group(Closed):
    objectType = OneOf("Group", clause=GROUP, required=True)
    name = Text(GROUP)
    member = ListOf(Part(lambda _: _AGENT, "an agent", GROUP), GROUP)
    mbox = Mbox()
    mbox_sha1sum = MboxSha1Sum()
    openid = OpenID()
    account = Part(lambda _: _ACCOUNT, "an object with homePage and name", ACCOUNT)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def is_someone(self, data: Any, original: dict[str, Any], **kwargs: Any) -> None:
        given = _identifiers(original)
        if not given and not original.get("member"):
            raise wrong(
                "The group has neither an identifier nor members; list its members, or give one "
                "of mbox, mbox_sha1sum, openid, account.",
                GROUP,
                "member",
            )
        _reject_several(given)


class AuthorityGroup(Group):
    """Application and user together, as three-legged OAuth has it: two, and no identifier."""

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def is_a_pair(self, data: Any, original: dict[str, Any], **kwargs: Any) -> None:
        member = original.get("member")
        if type(member) is list and len(member) != 2:
            raise wrong(
                "A group as authority has exactly two members, the application and the user.",
                AUTHORITY,
                "member",
            )
        given = _identifiers(original)
        if given:
            raise wrong("A group as authority has no identifier of its own.", AUTHORITY, given[0])


class NamedGroup(Group):
    """A group that can be looked up."""

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def is_named(self, data: Any, original: dict[str, Any], **kwargs: Any) -> None:
        if not _identifiers(original):
            raise wrong(
                "An anonymous group cannot be looked up; give one of mbox, mbox_sha1sum, openid, "
                "account.",
                PARAMETER,
            )


def _identifiers(tree: dict[str, Any]) -> list[str]:
    return [key for key in tree if key in check.IFIS]


def _reject_several(given: list[str]) -> None:
    if len(given) > 1:
        raise wrong(
            f"It has {len(given)} identifiers ({', '.join(given)}); keep exactly one.", IDENTIFIER
        )


def _is_group(tree: dict[str, Any]) -> bool:
    return tree.get("objectType") == "Group"


def _actor(*, required: bool = False) -> Part:
    return Part(
        lambda tree: _GROUP if _is_group(tree) else _AGENT,
        "an agent or group, as an object",
        ACTOR,
        required=required,
    )


def _named_actor() -> Part:
    return Part(
        lambda tree: _NAMED_GROUP if _is_group(tree) else _AGENT,
        "an agent or identified group, as an object",
        PARAMETER,
    )


# --- verbs and activities ---------------------------------------------------------------------


class Verb(Closed):
    id = IRI(VERB, required=True)
    display = LanguageMap()


class Component(Closed):
    id = Text(ACTIVITY, required=True)
    description = LanguageMap()


def _components() -> ListOf:
    return ListOf(Part(lambda _: _COMPONENT, "an object with id", ACTIVITY), ACTIVITY)


class Definition(Closed):
    name = LanguageMap()
    description = LanguageMap()
    type = IRI(ACTIVITY)
    moreInfo = IRI(ACTIVITY)
    extensions = Extensions()
    interactionType = OneOf(*check.COMPONENTS, clause=ACTIVITY)
    correctResponsesPattern = ListOf(Text(ACTIVITY), ACTIVITY)
    choices = _components()
    scale = _components()
    source = _components()
    target = _components()
    steps = _components()

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def fits_its_interaction(self, data: Any, original: dict[str, Any], **kwargs: Any) -> None:
        used = [key for key in original if key in check.INTERACTION]
        if not used:
            return
        if "interactionType" not in original:
            raise wrong(
                f"It is required and missing, since {used[0]} is given; "
                f"add one of {', '.join(check.COMPONENTS)}.",
                ACTIVITY,
                "interactionType",
            )
        interaction = original["interactionType"]
        if type(interaction) is str and interaction in check.COMPONENTS:
            reject(
                Fault(
                    f"An interaction of type {interaction} has no {key}; leave it out, or "
                    "choose the interactionType that has it.",
                    ACTIVITY,
                    key,
                )
                for key in used
                if key in check.COMPONENT_LISTS - check.COMPONENTS[interaction]
            )


class Activity(Closed):
    hints: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(
            (*sorted(check.IFIS), "member"),
            'if the object is an agent or group, add its "objectType"',
        ),
        **dict.fromkeys(
            ("name", "description", "type", "moreInfo", "extensions"),
            "if it describes the activity, move it into definition",
        ),
    }

    objectType = OneOf("Activity", clause=ACTIVITY)
    id = IRI(ACTIVITY, required=True)
    definition = Part(lambda _: _DEFINITION, "an object", ACTIVITY)


class Activities(Strict):
    """One activity or an array of them, as statements of 0.95 had it."""

    def __init__(self) -> None:
        super().__init__(CONTEXT_ACTIVITIES)
        self.one = Part(lambda _: _ACTIVITY, "an activity", CONTEXT_ACTIVITIES)
        self.many = ListOf(self.one, CONTEXT_ACTIVITIES)

    def wanted(self) -> str:
        return "an array of activities"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if type(value) is list:
            return self.many.deserialize(value)
        if type(value) is dict:
            return self.one.deserialize(value)
        raise wrong(self.mistyped(value), self.clause)


# --- the object -------------------------------------------------------------------------------


class Reference(Closed):
    objectType = OneOf("StatementRef", clause=REFERENCE, required=True)
    id = UUID(REFERENCE, required=True)


def _reference() -> Part:
    return Part(
        lambda _: _REFERENCE, 'an object with "objectType": "StatementRef" and id', REFERENCE
    )


def _object(substatement: Callable[[], Closed] | None) -> Part:
    """The object of a statement; of a substatement, where there can be no other inside."""

    def choose(tree: dict[str, Any]) -> Closed:
        name = tree.get("objectType", "Activity")
        if name is None or name == "Activity":
            return _ACTIVITY
        if name == "Agent":
            return _AGENT
        if name == "Group":
            return _GROUP
        if name == "StatementRef":
            return _REFERENCE
        if name == "SubStatement":
            if substatement is not None:
                return substatement()
            raise ValidationError(
                {
                    "objectType": [
                        Fault("A SubStatement may not hold another SubStatement.", REFERENCE)
                    ]
                }
            )
        known = ["Activity", "Agent", "Group", "StatementRef"]
        known += ["SubStatement"] if substatement is not None else []
        field = OneOf(*known, clause=OBJECT)
        raise ValidationError({"objectType": [Fault(field.fault(name) or "", OBJECT)]})

    return Part(
        choose,
        "an object: an activity, agent, group, StatementRef or SubStatement",
        OBJECT,
        required=True,
    )


# --- result -----------------------------------------------------------------------------------


class Score(Closed):
    scaled = Number(SCORE)
    raw = Number(SCORE)
    min = Number(SCORE)
    max = Number(SCORE)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def lies_within(self, data: Any, original: dict[str, Any], **kwargs: Any) -> None:
        reject(self._strays({k: v for k, v in original.items() if lexical.is_number(v)}))

    def _strays(self, numbers: dict[str, Any]) -> Iterator[Fault]:
        scaled, raw = numbers.get("scaled"), numbers.get("raw")
        low, high = numbers.get("min"), numbers.get("max")
        if scaled is not None and not -1 <= scaled <= 1:
            yield Fault(
                "It lies outside -1 to 1; divide the score by the highest possible, or send it "
                "as raw.",
                SCORE,
                "scaled",
            )
        if low is not None and high is not None and not low < high:
            yield Fault("It is not less than max; correct one of the two.", SCORE, "min")
        if raw is not None and low is not None and raw < low:
            yield Fault("It is less than min; correct one of the two.", SCORE, "raw")
        if raw is not None and high is not None and raw > high:
            yield Fault("It is greater than max; correct one of the two.", SCORE, "raw")


class Result(Closed):
    score = Part(lambda _: _SCORE, "an object with scaled, raw, min, max", SCORE)
    success = Boolean(RESULT)
    completion = Boolean(RESULT)
    response = Text(RESULT)
    duration = Duration()
    extensions = Extensions()


# --- context ----------------------------------------------------------------------------------


class ContextActivities(Closed):
    parent = Activities()
    grouping = Activities()
    category = Activities()
    other = Activities()


class Context(Closed):
    hints: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("contextAgents", "contextGroups"),
        "it came with version 2.0; leave it out, or send the statement under 2.0",
    )

    registration = UUID()
    instructor = _actor()
    team = Part(lambda _: _GROUP, 'a group, with "objectType": "Group"', CONTEXT)
    contextActivities = Part(
        lambda _: _CONTEXT_ACTIVITIES,
        "an object with parent, grouping, category, other",
        CONTEXT_ACTIVITIES,
    )
    revision = Text(CONTEXT)
    platform = Text(CONTEXT)
    language = LanguageTag(CONTEXT)
    statement = _reference()
    extensions = Extensions()


def _relevant_types() -> ListOf:
    return ListOf(IRI(), CONTEXT, least=1)


class ContextAgent(Closed):
    objectType = OneOf("contextAgent", clause=CONTEXT, required=True)
    agent = Part(lambda _: _AGENT, "an agent", CONTEXT, required=True)
    relevantTypes = _relevant_types()


class ContextGroup(Closed):
    objectType = OneOf("contextGroup", clause=CONTEXT, required=True)
    group = Part(lambda _: _GROUP, "a group", CONTEXT, required=True)
    relevantTypes = _relevant_types()


class Context2(Context):
    hints: ClassVar[Mapping[str, str]] = {}

    contextAgents = ListOf(Part(lambda _: _CONTEXT_AGENT, "a contextAgent", CONTEXT), CONTEXT)
    contextGroups = ListOf(Part(lambda _: _CONTEXT_GROUP, "a contextGroup", CONTEXT), CONTEXT)


# --- attachments ------------------------------------------------------------------------------


class Attachment(Closed):
    usageType = IRI(ATTACHMENT, required=True)
    display = LanguageMap(required=True)
    description = LanguageMap()
    contentType = MediaType(required=True)
    length = Length(required=True)
    sha2 = Sha2(required=True)
    fileUrl = IRI(ATTACHMENT)


# --- statements -------------------------------------------------------------------------------


class VersionText(Strict):
    """The version that a statement says it was made under."""

    def __init__(self, version: Version) -> None:
        super().__init__(VERSION)
        self.version = version

    def wanted(self) -> str:
        return '"1.0.0"' if self.version.major == 1 else '"2.0.0"'

    def fault(self, value: Any) -> str | None:
        if may_carry(value, self.version):
            return None
        lines = "1.0.x" if self.version.major == 1 else "1.0.x or 2.0.x"
        return f"It is not {lines}; leave it out, or send {self.wanted()}."


class Event(Closed):
    """What statements and substatements share: someone, a verb, a thing, and how they tie."""

    actor = _actor(required=True)
    verb = Part(lambda _: _VERB, "an object with id", VERB, required=True)
    result = Part(lambda _: _RESULT, "an object", RESULT)
    context = Part(lambda _: _CONTEXT, "an object", CONTEXT)
    timestamp = Timestamp()
    attachments = ListOf(
        Part(lambda _: _ATTACHMENT, "an object that describes one attachment", ATTACHMENT),
        ATTACHMENT,
    )

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def ties_hold(self, data: Any, original: dict[str, Any], **kwargs: Any) -> None:
        about = original.get("object")
        if type(about) is not dict:
            return
        name = about.get("objectType", "Activity")
        verb, context = original.get("verb"), original.get("context")
        if type(verb) is dict and verb.get("id") == check.VOIDED and name != "StatementRef":
            raise ValidationError(
                {
                    "object": [
                        Fault(
                            "What voids a statement must point at it; send an object with "
                            '"objectType": "StatementRef" and the id of that statement.',
                            VOIDING,
                        )
                    ]
                }
            )
        if type(context) is dict and name != "Activity":
            reject_in(
                "context",
                [
                    Fault(
                        "It is allowed only where the statement's object is an Activity; leave "
                        "it out.",
                        CONTEXT,
                        key,
                    )
                    for key in ("revision", "platform")
                    if key in context
                ],
            )


def reject_in(member: str, faults: list[Fault]) -> None:
    if faults:
        raise ValidationError({member: faults})


class SubStatement(Event):
    hints: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("id", "stored", "version", "authority"), "a SubStatement may not have it; leave it out"
    )

    objectType = OneOf("SubStatement", clause=REFERENCE, required=True)
    object = _object(None)


class SubStatement2(SubStatement):
    context = Part(lambda _: _CONTEXT_2, "an object", CONTEXT)


class Statement(Event):
    id = UUID()
    object = _object(lambda: _SUBSTATEMENT)
    stored = Timestamp()
    authority = Part(
        lambda tree: _AUTHORITY_GROUP if _is_group(tree) else _AGENT,
        "an agent, or a group of an application and a user",
        AUTHORITY,
    )
    version = VersionText(V1)


class Statement2(Statement):
    object = _object(lambda: _SUBSTATEMENT_2)
    context = Part(lambda _: _CONTEXT_2, "an object", CONTEXT)
    version = VersionText(V2)


_ACCOUNT: Closed = Account()
_AGENT: Closed = Agent()
_GROUP: Closed = Group()
_AUTHORITY_GROUP: Closed = AuthorityGroup()
_NAMED_GROUP: Closed = NamedGroup()
_VERB: Closed = Verb()
_COMPONENT: Closed = Component()
_DEFINITION: Closed = Definition()
_ACTIVITY: Closed = Activity()
_REFERENCE: Closed = Reference()
_SCORE: Closed = Score()
_RESULT: Closed = Result()
_CONTEXT_ACTIVITIES: Closed = ContextActivities()
_CONTEXT: Closed = Context()
_CONTEXT_AGENT: Closed = ContextAgent()
_CONTEXT_GROUP: Closed = ContextGroup()
_CONTEXT_2: Closed = Context2()
_ATTACHMENT: Closed = Attachment()
_SUBSTATEMENT: Closed = SubStatement()
_SUBSTATEMENT_2: Closed = SubStatement2()
_STATEMENTS: Mapping[int, Closed] = {V1.major: Statement(), V2.major: Statement2()}
